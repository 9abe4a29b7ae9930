"""What `lists` reads, what it refuses, and what it says of a size that the lists do not tell.

Whether a model of lists has a fit on a table with empty cells: by hand, and against what tiny
counts lead to.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from diplab import population
from diplab.population.kernel.hierarchical import (
    ListModel,
    Support,
    SupportCache,
    all_models,
    closure,
    coefficient_limits,
    find_support,
    fit_on_support,
    fit_tables,
    members,
    model_matrix,
    unseen_row,
)
from tests.recorded_histories import SPINA

SB1 = {"001": 60, "010": 49, "011": 4, "100": 247, "101": 112, "110": 142, "111": 12}
NAMES = ["hospital", "death", "school"]


def frame(cells: dict[str, int]) -> pd.DataFrame:
    names = [f"list{place + 1}" for place in range(len(next(iter(cells))))]
    rows = [[*(int(on) for on in history), persons] for history, persons in cells.items()]
    return pd.DataFrame(rows, columns=[*names, "persons"])


def people(cells: dict[str, int]) -> np.ndarray:
    return np.array(
        [[int(on) for on in history] for history, persons in cells.items() for _ in range(persons)]
    )


def only(table: Any = SPINA, **options: Any) -> pd.Series:
    found = population.lists(table, **({"count": "persons", "interval": "normal"} | options))
    return found.frame.iloc[0]


def test_persons_and_sets_of_lists_are_the_same_table() -> None:
    each, expected = people(SB1), pytest.approx(only(terms="[1,23]")["estimate"], rel=1e-12)
    named = pd.DataFrame(each, columns=NAMES)
    for table in (
        *(
            each,
            each.astype(bool),
            named,
            pd.DataFrame(each),
            named.astype("Int64"),
            pl.DataFrame(each, schema=NAMES),
        ),
        pl.DataFrame(each.astype(bool), schema=NAMES).lazy(),
    ):
        assert only(table, count=None, terms="[1,23]")["estimate"] == expected
    # ways to write one model
    lists = [("hospital",), ("school", "death")], ["hospital", ["death", "school"]]
    for terms in ("[1,23]", "1, 32", "[hospital, death:school]", *lists):
        row = only(terms=terms)
        assert row["category"] == "[23,1]"
        assert row["estimate"] == pytest.approx(730.92857143, rel=1e-9)


def test_rows_of_the_same_set_add_up_and_absent_sets_hold_nobody() -> None:
    half = SPINA["persons"] // 2
    split = pd.concat([SPINA.assign(persons=half), SPINA.assign(persons=SPINA["persons"] - half)])
    assert only(split)["estimate"] == only()["estimate"]
    some = SPINA.iloc[[0, 1, 3, 4, 5]]
    with_none = pd.concat([some, SPINA.iloc[[2, 6]].assign(persons=0)])
    assert only(some, terms="[12,3]")["estimate"] == only(with_none, terms="[12,3]")["estimate"]
    # lists are chosen by name
    table = SPINA.assign(town="A", born=1987)
    assert only(table, columns=NAMES)["estimate"] == only()["estimate"]
    turned = only(table, columns=NAMES[::-1], terms="[12,3]")
    assert turned["estimate"] == pytest.approx(only(terms="[1,23]")["estimate"], rel=1e-10)


def test_ten_lists_are_written_by_name() -> None:
    draw = np.random.default_rng(3)
    names = [f"list{place}" for place in "abcdefghij"]
    persons = pd.DataFrame((draw.random((4000, 10)) < 0.3).astype(int), columns=names)
    persons = persons[persons.any(axis=1)]
    found = population.lists(
        persons, terms=[("lista", "listb"), *((name,) for name in names[2:])], interval="normal"
    )
    assert found.frame["category"].iloc[0].startswith("[lista:listb,listc,")
    assert found.frame["estimate"].iloc[0] == pytest.approx(4000, rel=0.02)


def test_what_a_result_carries() -> None:
    found = population.lists(SPINA, "persons", "[1,23]")
    # 731 lies under the bound, which is stated
    assert dict(found.provenance.rules) == {
        "estimator": "log_linear", "terms": "[23,1]", "interval": "profile", "confidence": "0.95",
        "duplicates": "undeclared", "lists": "hospital, death, school", "lower_bound": "742",
    }  # fmt: skip
    assert (
        str(found.provenance.assumptions[2])
        == "Only lists joined by a term of the model depend on one another."
    )
    assert len(found.provenance.assumptions) == 5
    assert found.provenance.status == "estimated"
    fit = found.fits[0]
    assert list(fit.fitted.columns) == [*NAMES, "seen", "expected"]
    assert fit.fitted["expected"].sum() == pytest.approx(626, rel=1e-9)
    declared = population.lists(SPINA, "persons", duplicates="removed", heterogeneity="darroch")
    assert declared.provenance.rules["duplicates"] == "removed"
    assert declared.provenance.rules["terms"] == "[1,2,3] darroch"
    assert "other sizes" in " ".join(str(each) for each in declared.provenance.assumptions)


def test_a_column_that_the_pairs_hold_already_adds_nothing() -> None:
    """Darroch's k^2/2 is the sum of all lists and all pairs: the size is that of the pairs, and so is the criterion."""
    pairs, more = (
        population.lists(SPINA, "persons", "[12,13,23]", kind, interval="normal")
        for kind in (None, "darroch")
    )
    for column in ("estimate", "std_error", "parameters", "aic", "df"):
        assert more.models[column].iloc[0] == pytest.approx(
            pairs.models[column].iloc[0], rel=1e-7, abs=1e-9
        )
    assert [each.frame["flag"].iloc[0] for each in (pairs, more)] == ["", "heterogeneity repeated"]
    terms = more.fits[0].coefficients.set_index("term")["estimate"]  # type: ignore[union-attr]
    assert terms.drop("intercept").isna().all()
    assert terms["intercept"] == pytest.approx(math.log(136.9806338), rel=1e-8)


def test_intervals() -> None:
    row = {
        kind: only(terms="[1,23]", interval=kind) for kind in ("profile", "log-normal", "normal")
    }
    for each in row.values():
        assert 626 < each["ci_low"] < each["estimate"] < each["ci_high"]
    assert row["normal"]["ci_high"] - row["normal"]["estimate"] == pytest.approx(
        1.959964 * 16.980228524, rel=1e-5
    )
    narrow = only(terms="[1,23]", interval="profile", confidence=0.5)
    assert (
        row["profile"]["ci_low"] < narrow["ci_low"] < narrow["ci_high"] < row["profile"]["ci_high"]
    )
    # huge counts
    huge = SPINA.assign(persons=SPINA["persons"] * 10_000_000)
    assert only(huge, terms="[1,23]")["estimate"] == pytest.approx(7309285714.3, rel=1e-9)
    profile = only(huge, terms="[1,23]", interval="profile")
    assert profile["ci_low"] < profile["estimate"] < profile["ci_high"]


def test_lists_without_a_size() -> None:
    few = {"100": 40, "010": 25, "001": 9, "110": 0, "101": 3, "011": 4}
    for cells, terms, flag in (
        # list 1 holds everyone: those on none run to none
        ({"100": 40, "110": 25, "101": 12, "111": 9}, "[1,2,3]", "boundary"),
        # nobody on 1 and 3 without 2, nor on 2 and 3 without 1
        ({**few, "111": 2}, "[12,13,23]", "boundary"),
        ({**few, "111": 0}, "[12,13,23]", "not identified"),
        # everyone on every list
        ({"111": 40}, "[1,2,3]", "boundary"),
    ):
        found = population.lists(frame(cells), "persons", terms)
        assert found.frame["statistic"].tolist() == ["log_linear", "chao_lists"]
        assert found.frame["flag"].tolist() == [flag, "lower bound"]
        assert np.isnan(found.frame[["estimate", "std_error"]].iloc[0].astype(float)).all()
        assert found.frame["estimate"].iloc[1] >= sum(cells.values())
        assert [each is None for each in found.fits] == [False, True]


def test_a_size_under_the_lower_bound() -> None:
    """Persons that differ: 60 on all three lists where independence expects fewer, so that it lies under the bound."""
    cells = {"100": 500, "010": 500, "001": 500, "110": 60, "101": 60, "011": 60, "111": 60}
    bound = 1740 + 3 * 500 * 500 / 180
    row = only(frame(cells))
    assert row["estimate"] < bound
    assert row["flag"] == "below bound, contradicted"
    assert only(frame(cells), heterogeneity="darroch")["flag"] == ""
    # in SB1 lists 2 and 3 repel each other, and the bound does not hold for the model that says so
    assert only(terms="[1,23]")["flag"] == "below bound, repelling lists"
    assert only(terms="[12,3]")["flag"] == ""


def test_refused_options(refused: Any) -> None:
    for options in (
        *(
            {"terms": terms}
            for terms in ("[12,4]", "[12]", "[123]", [1, 23], "[]", "[hospitl:death,school]")
        ),
        *(
            {"heterogeneity": "chao"},
            {"terms": "[12,13,23]", "heterogeneity": "gamma3.5"},
            {"heterogeneity": "normal"},
        ),
        *(
            {"interval": "wald"},
            {"duplicates": "none"},
            {"confidence": 1.0},
            {"by": "sex"},
            {"count": None},
        ),
        *({"columns": ["hospital", *more]} for more in (["deth"], [], ["death", "hospital"])),
    ):
        refused(lambda options=options: population.lists(SPINA, **({"count": "persons"} | options)))


def test_refused_tables(refused: Any) -> None:
    counts = [60, 49, 4, 247, 112, 142]
    for last in (-1, 1.5, math.nan, math.inf):
        refused(
            lambda last=last: population.lists(SPINA.assign(persons=[*counts, last]), "persons")
        )
    refused(lambda: population.lists(SPINA.assign(persons=[*"abcdefg"]), "persons"))
    refused(lambda: population.lists(SPINA.assign(sex=["f", None, *"mffmm"]), "persons", by="sex"))
    tables: list[Any] = [
        *(
            pd.DataFrame({"a": met, "b": [1, 1, 1, 0, 1]})
            for met in ([0, 0, 1, 1, 2], [*"01101"], [0, 1, math.nan, 1, 1])
        ),
        *(np.array([[1, 0], [0, 1], [0, 0]]), np.zeros((0, 2)), np.eye(3, dtype=int)),
        *(
            np.array([[1, 0, 0], [0, 1, 0], [1, 1, 0]]),
            pd.DataFrame([[1, 0], [1, 1]], columns=["a", "a"]),
        ),
        *(np.ones(4), [1, 0], np.ones((3, 13))),
    ]
    for table in tables:
        refused(lambda table=table: population.lists(table))
    # two lists have no other model than independence
    two = frame({"10": 20, "01": 30, "11": 10})
    assert only(two)["estimate"] == pytest.approx(30 * 40 / 10)
    refused(lambda: population.lists(two, "persons", "[12]"))
    refused(lambda: population.lists(two, "persons", heterogeneity="darroch"))


def strata() -> pd.DataFrame:
    few = SPINA.assign(persons=[30, 20, 1, 50, 3, 3, 0])
    women, men = (
        SPINA.assign(sex="f", wave=1),
        SPINA.assign(sex="m", wave=1, persons=SPINA["persons"] * 2),
    )
    return pd.concat([women, men, few.assign(sex="m", wave=2)])


def test_strata_and_their_sum() -> None:
    found = population.lists(strata().drop(columns="wave"), "persons", "[1,23]", by="sex")
    assert list(found.frame.columns)[:4] == ["statistic", "variable", "category", "sex"]
    assert found.frame["sex"].tolist() == ["f", "m", "total"]
    assert found.by == ("sex",)
    of_women = population.lists(SPINA, "persons", "[1,23]").frame.iloc[0]
    for column in ("estimate", "std_error", "ci_low", "ci_high", "n"):
        assert found.frame[column].iloc[0] == of_women[column]
    estimates, errors = found.frame["estimate"], found.frame["std_error"]
    assert estimates.iloc[2] == pytest.approx(estimates.iloc[:2].sum(), rel=1e-12)
    assert errors.iloc[2] == pytest.approx(math.hypot(*errors.iloc[:2]), rel=1e-12)
    assert found.frame["n"].tolist() == [626, 1252 + 107, 626 + 1252 + 107]
    assert found.covariance[0, 1] == 0
    assert found.covariance[0, 2] == pytest.approx(errors.iloc[0] ** 2)
    assert found.covariance[2, 2] == pytest.approx(errors.iloc[2] ** 2)
    assert [fit is None for fit in found.fits] == [False, False, True]
    assert "stratum" in str(found.provenance.assumptions[-1])


def test_a_thin_stratum_is_named() -> None:
    found = population.lists(strata(), "persons", by=["sex", "wave"]).frame
    assert (found["sex"] + found["wave"].astype(str)).tolist() == ["f1", "m1", "m2", "totaltotal"]
    assert found["flag"].iloc[2].split(", ")[-1] == "thin stratum"
    assert "thin stratum" not in found["flag"].iloc[0]
    assert found["flag"].iloc[3] == "thin stratum"
    # a stratum without size leaves the sum without one
    parts = (
        SPINA.assign(sex="f"),
        SPINA.iloc[[3, 4, 5, 6]].assign(sex="m"),
        SPINA.assign(sex="x", persons=0),
    )
    table = pd.concat(parts)
    found = population.lists(table, "persons", by="sex").frame
    assert found["flag"].iloc[1:].tolist() == [
        "boundary",
        "empty, thin stratum",
        "stratum without size",
    ]
    assert found["estimate"].isna().tolist() == [False, True, True, True]


def test_the_interval_is_named_as_each_row_has_it() -> None:
    sexes = pd.DataFrame(
        {
            "a": [1, 0, 1] * 2,
            "b": [0, 1, 1] * 2,
            "sex": [*"fffmmm"],
            "persons": [40, 50, 20, 60, 30, 25],
        }
    )
    for interval in ("profile, log-normal", "normal, log-normal", "log-normal"):
        found = population.lists(sexes, "persons", interval=interval.split(", ")[0], by="sex")  # type: ignore[arg-type]
        assert found.provenance.rules["interval"] == interval
        # by hand, the sum: 110 + 115 seen, 40 x 50 / 20 = 100 and 60 x 30 / 25 = 72 not
        assert found.frame["estimate"].iloc[-1] == pytest.approx(397, rel=1e-9)
    # everybody on the second list is on the first: nobody is left, and only the bound has an
    # interval
    inside = pd.DataFrame({"a": [1, 1], "b": [1, 0], "persons": [40, 10]})
    assert population.lists(inside, "persons").provenance.rules["interval"] == "log-normal"


def model(lists: int, *terms: str) -> ListModel:
    return ListModel(lists, closure(sum(1 << (int(digit) - 1) for digit in term) for term in terms))


def face(of: ListModel, counts: list[float]) -> tuple[Support, float]:
    """Return the face, and where the logarithm of the persons on no list goes."""
    x = model_matrix(of)
    found = find_support(x, unseen_row(of), np.array(counts) > 0)
    return found, float(coefficient_limits(x, found, unseen_row(of)[None])[0])


# Cells are 1, 2, 12, 3, 13, 23, 123. With all pairs of three lists, those on none are
# f123 f1 f2 f3 / (f12 f13 f23): an empty cell above the line makes them none, one below it makes
# them endless.
def test_all_pairs_of_three_lists_by_hand() -> None:
    inf, nan = math.inf, math.nan
    empties = {(): 0.0, (6,): -inf, (0,): -inf, (2,): inf, (2, 4): inf, (2, 6): nan, (0, 5): nan}
    for empty, limit in empties.items():
        counts = [0.0 if cell in empty else 9.0 for cell in range(7)]
        found, end = face(model(3, "12", "13", "23"), counts)
        assert end == pytest.approx(limit, nan_ok=True)
        assert found.identified == (limit == 0.0)
        assert (~found.kept).sum() == len(empty)
    # one model of two lists is never identified: [12] has four coefficients for three cells
    found, end = face(model(2, "12"), [5, 6, 7])
    assert math.isnan(end)
    assert not found.identified


def test_empty_cells_under_independence() -> None:
    independent = model(3, "1", "2", "3")
    # a list of everyone leaves nobody unseen, as everyone on every list; lists that never meet set
    # no limit
    found, end = face(independent, [20, 0, 5, 0, 7, 0, 3])
    assert (end, np.flatnonzero(~found.kept).tolist()) == (-math.inf, [1, 3, 5])
    assert face(independent, [0, 0, 0, 0, 0, 0, 9])[1] == -math.inf
    assert face(independent, [20, 5, 0, 7, 0, 0, 0])[1] == math.inf
    # whichever one cell on several lists is empty, independence has its fit, list by list
    for cell in (2, 4, 5, 6):
        found, end = face(independent, [0.0 if at == cell else 9.0 for at in range(7)])
        assert end == 0.0
        assert found.kept.all()


def test_two_empty_cells_that_no_single_term_explains() -> None:
    """All pairs on a whole table of eight cells with two opposite corners empty (Haberman, 1974).

    No margin of two lists is empty, yet lowering both corners together raises no other cell.
    """
    of = model(3, "12", "13", "23")
    whole = np.vstack([unseen_row(of), model_matrix(of)])
    positive = np.ones(8, dtype=bool)
    positive[[0, 7]] = False
    found = find_support(whole, np.zeros(7), positive)
    assert np.flatnonzero(~found.kept).tolist() == [0, 7]
    margins = [
        positive[[cell for cell in range(8) if cell & pair == part]].any()
        for pair in (3, 5, 6)
        for part in range(8)
        if part & pair == part
    ]
    assert len(margins) == 12
    assert all(margins)


def test_coefficients_that_run_away_or_are_not_told() -> None:
    """Nobody on lists 1 and 2: the pair runs to minus infinity, the triple with list 3 could be anything."""
    of = model(4, "123", "4")
    counts = np.array(
        [0.0 if {0, 1} <= set(members(cell)) else 9.0 + cell for cell in range(1, 16)]
    )
    x = model_matrix(of)
    found = find_support(x, unseen_row(of), counts > 0)
    ends = dict(zip(of.terms, coefficient_limits(x, found, np.eye(of.parameters)), strict=True))
    assert found.identified
    assert ends[3] == -math.inf
    assert math.isnan(ends[7])
    assert all(end == 0.0 for term, end in ends.items() if term not in (3, 7))


@pytest.mark.parametrize("lists", [3, 4])
def test_random_sparse_tables_against_tiny_counts(lists: int) -> None:
    """With 1e-9 persons added to each cell a fit exists; it must lie where the extended one says.

    Cells left out must run to zero, the others to their fit; persons on none to theirs, to none or
    without limit.
    """
    draw = np.random.default_rng(lists)
    models, faces = all_models(lists), SupportCache()
    seen = {0.0: 0, math.inf: 0, -math.inf: 0}
    for _ in range(150):
        counts = draw.poisson(draw.gamma(0.5, 4, 2**lists - 1)).astype(float)
        counts[draw.integers(len(counts))] += 1
        of = models[draw.integers(len(models))]
        x, found = faces.matrix(of), faces.support(of, counts > 0)
        whole = Support(np.ones(len(x), dtype=bool), np.eye(of.parameters), True)
        near, nearer = (fit_on_support(x, whole, counts + tiny) for tiny in (1e-6, 1e-9))
        extended = fit_on_support(x, found, counts)
        assert extended.converged
        fitted = np.zeros(len(x))
        fitted[found.kept] = extended.fitted
        assert np.abs(fitted - nearer.fitted).max() < 1e-2
        end = float(coefficient_limits(x, found, unseen_row(of)[None])[0])
        if math.isnan(end):
            continue
        seen[end] += 1
        if end == 0.0:
            constant = float(extended.coefficients @ (unseen_row(of) @ found.basis))
            assert math.exp(constant) == pytest.approx(
                math.exp(nearer.coefficients[0]), rel=1e-2, abs=1e-2
            )
        else:
            assert (nearer.coefficients[0] - near.coefficients[0]) * math.copysign(1, end) > 0.5
    assert min(seen.values()) > 5


def test_one_answer_serves_all_tables_with_the_same_empty_cells() -> None:
    faces, of = SupportCache(), model(3, "12", "13")
    tables = np.array([[9.0, 5, 0, 4, 3, 2, 0], [8.0, 4, 0, 6, 2, 1, 0], [9.0, 5, 1, 4, 3, 2, 0]])
    together = fit_tables(of, tables, faces)
    assert len(faces.known) == 2
    for at, table in enumerate(tables):
        alone = fit_tables(of, table[None], SupportCache())
        for name in ("missed", "variance", "deviance", "log_likelihood", "df"):
            assert getattr(together, name)[at] == pytest.approx(
                getattr(alone, name)[0], rel=1e-9, abs=1e-9
            )


def test_a_term_may_be_written_as_in_other_formulas() -> None:
    table = frame(SB1)
    asked = (["list1:list2", "list3"], [("list1", "list2"), ("list3",)], "[12,3]")
    found = [
        population.lists(table, count="persons", terms=terms).frame["estimate"].tolist()
        for terms in asked
    ]
    assert found[0] == found[1] == found[2]
