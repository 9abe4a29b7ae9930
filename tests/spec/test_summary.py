"""Summaries: each number against a separate call, standardised differences by hand, and what cannot be told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import diplab as dl
from diplab.inference._summary import standardised
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata
from diplab.microdata.variable import Variable
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from diplab.types import Summary

NAMES = ["age", "income", "job", "member", "note", "tired", "empty"]
BOOK = Codebook({
    "g": Variable("g", values={code: Text.same(word) for code, word in {3: "c", 1: "a", 2: "b", 4: "d"}.items()}),
    "job": Variable("job", values={2: Text("b", "b"), 1: Text("a", "a")}, measure="nominal"),
    "note": Variable("note", measure="ordinal"),
    "member": Variable("member", values={0: Text("non", "no"), 1: Text("oui", "yes")}),
})  # fmt: skip


def people() -> pd.DataFrame:
    drawn = np.random.default_rng(5)
    n = 240
    found = pd.DataFrame({
        "h": np.arange(n) % 4, "psu": np.arange(n) // 6, "w": drawn.uniform(1, 3, n),
        "g": drawn.choice([1.0, 2.0, 3.0], n),
        "age": drawn.normal(40, 9, n), "income": drawn.lognormal(7, 1, n), "job": drawn.choice([1.0, 2.0], n),
        "member": drawn.choice([0.0, 1.0], n), "note": drawn.integers(0, 11, n).astype(float),
        "tired": drawn.random(n) < 0.3, "empty": np.nan,
    })  # fmt: skip
    found.loc[:9, "age"] = np.nan
    found.loc[5:12, "g"] = np.nan
    return found


@pytest.fixture(scope="module", params=["memory", "polars", "one stage"])
def described(request: pytest.FixtureRequest) -> tuple[Any, Summary]:
    data = (
        people() if request.param != "polars" else pl.from_pandas(people(), nan_to_null=True).lazy()
    )
    design = {} if request.param == "one stage" else {"strata": "h", "psu": "psu", "nest": True}
    sample = dl.declare_design(Microdata(data, BOOK), weights="w", **design).where("income > 100")
    return sample, dl.summary(
        sample, NAMES, by="g", statistics={"income": "median"}, differences=True
    )


def test_the_scale_of_a_variable_decides(described: tuple[Any, Summary]) -> None:
    _, found = described
    assert found.statistics == {
        "age": "mean", "income": "median", "job": "share", "member": "share", "note": "median", "tired": "share",
        "empty": "",
    }  # fmt: skip
    frame = found.groups.frame
    assert frame["category"][frame["variable"] == "job"].tolist() == [2.0] * 3 + [1.0] * 3
    assert frame["g"].tolist()[:3] == [3.0, 1.0, 2.0]
    assert frame["category"][frame["variable"] == "member"].tolist() == [0.0] * 3 + [1.0] * 3
    assert frame["category"][frame["variable"] == "tired"].tolist() == [""] * 3
    assert set(found.frame["g"]) == {3.0, 1.0, 2.0, ""}


def test_each_number_is_that_of_a_separate_call(described: tuple[Any, Summary]) -> None:
    sample, found = described
    apart = {
        "mean": dl.mean("age"), "variance": dl.variance("age"), "quantile": dl.quantile("income", [0.25, 0.5, 0.75]),
        "share": dl.share("job"),
    }  # fmt: skip
    columns = ["estimate", "std_error", "ci_low", "ci_high", "df", "n"]
    for estimates, where, by in ((found.groups, "g < 9", "g"), (found.everybody, "g < 9", ())):
        for name, statistic in apart.items():
            once = dl.estimate(sample.where(where), statistic, by=by).frame.sort_values(
                ["category", *([by] if by else [])]
            )
            own = estimates.frame[
                (estimates.frame["statistic"] == name)
                & estimates.frame["variable"].isin(["age", "income", "job"])
            ].sort_values(["category", *([by] if by else [])])
            np.testing.assert_allclose(
                own[columns].to_numpy(float), once[columns].to_numpy(float), rtol=1e-12
            )


def test_tests_are_those_of_their_own_functions(described: tuple[Any, Summary]) -> None:
    sample, found = described
    assert list(found.tests) == ["age", "income", "job", "member", "note", "tired"]
    table = dl.crosstab(sample, "job", "g").test
    assert table is not None
    assert found.tests["job"].p_value == pytest.approx(table.p_value, rel=1e-10)
    assert found.tests["note"].p_value == pytest.approx(
        dl.rank_test(sample, "note", "g").p_value, rel=1e-12
    )
    model = dl.regress(sample, "age ~ C(g)")
    wald = dl.term_test(model, "g")
    assert found.tests["age"].estimates["chi2"] == pytest.approx(wald.estimates["chi2"], rel=1e-8)
    pair = sample.where("g != 3")
    t = dl.summary(pair, "age", by="g").tests["age"]
    assert (t.name, t.p_value) == ("t", dl.t_test(pair, "age", "g").p_value)


def test_people_are_counted(described: tuple[Any, Summary]) -> None:
    _, found = described
    rows = people().query("income > 100 and g == g")
    counts = found.counts.set_index(["variable", "g"])
    for group in (1.0, 2.0, 3.0):
        own = rows[rows["g"] == group]
        assert counts.loc[("", group), "n"] == len(own)
        assert counts.loc[("age", group)].tolist() == [
            own["age"].notna().sum(),
            own["age"].isna().sum(),
        ]
    assert counts.loc[("empty", "")].tolist() == [0, len(rows)]
    without = people().query("income > 100")["g"].isna().sum()
    assert found.groups.provenance.missing == {
        "empty": len(rows),
        "age": rows["age"].isna().sum(),
        "g": without,
    }


def test_standardised_differences_by_hand() -> None:
    """Means 11 and 27, variances 14/3 and 164/3: 16 / sqrt(89/3). Shares 1/4 and 3/4: (1/2) / sqrt(3/16).

    Of a, b and c, (1/2, 1/4, 1/4) and (1/4, 1/4, 1/2): S = [[7/32, -3/32], [-3/32, 6/32]], d =
    (1/4, 0), and d' S^-1 d = (1/16) (6/32) / (33/1024) = 4/11.
    """
    data = pd.DataFrame({
        "sex": list("ffffmmmm"), "hours": [9.0, 10, 11, 14, 20, 22, 30, 36], "yes": [0, 0, 0, 1, 1, 1, 1, 0],
        "job": list("aabcabcc"), "same": ["x"] * 8,
    })  # fmt: skip
    found = dl.summary(
        dl.declare_design(data), ["hours", "yes", "job", "same"], by="sex", differences=True
    )
    known = [16 / np.sqrt(89 / 3), 2 / np.sqrt(3), np.sqrt(4 / 11), 0.0]
    np.testing.assert_allclose(list(found.differences.values()), known, rtol=1e-12, atol=1e-12)
    assert list(found.tests) == ["hours", "yes", "job"]
    # nothing varies within the groups, and they are apart: no deviation to count in
    assert np.isnan(standardised(np.array([1.0]), np.zeros((1, 1))))
    three = pd.concat([data, data.assign(sex="n", hours=100.0)])
    largest = dl.summary(dl.declare_design(three), "hours", by="sex", differences=True).differences[
        "hours"
    ]
    assert largest == pytest.approx((100 - 11) / np.sqrt(14 / 6), rel=1e-12)


def test_p_values_are_adjusted_over_the_variables() -> None:
    sample = dl.declare_design(people(), weights="w")
    plain = dl.summary(sample, ["age", "note", "tired"], by="g")
    holm = dl.summary(sample, ["age", "note", "tired"], by="g", adjust="holm")
    assert min(holm.p_values.values()) == pytest.approx(
        min(1.0, 3 * min(plain.p_values.values())), rel=1e-12
    )
    assert holm.groups.provenance.rules["adjust"] == "holm"
    bare = dl.summary(sample, "age", total=False, tests=False)
    assert (bare.everybody, bare.tests, bare.by) == (None, {}, None)
    assert dl.summary(sample, "age", by="g", total=False).everybody is None


def test_what_cannot_be_tested_is_told_without_a_test() -> None:
    """A group of one respondent, answers that do not vary, a group without any answer."""
    data = pd.DataFrame(
        {
            "g": list("aaabbbc"),
            "y": [1.0, 2, 3, 4, 5, 7, 9],
            "one": 5.5,
            "late": [1.5, 2, 4, *[np.nan] * 4],
        }
    )
    found = dl.summary(dl.declare_design(data), ["y", "one", "late"], by="g")
    assert not found.tests
    late = found.groups.frame.query("variable == 'late' and statistic == 'mean'")
    assert late["n"].tolist() == [3, 0, 0]
    assert late["estimate"].isna().tolist() == [False, True, True]


def test_refused(refused: Callable[..., None]) -> None:
    sample = dl.declare_design(people(), weights="w")
    refused(lambda: dl.summary(sample, ["agee"], by="g"), dl.DiplabError)
    refused(lambda: dl.summary(sample, ["age", "g"], by="g"), dl.DiplabError)
    refused(lambda: dl.summary(sample, ["age", "age"]), dl.DiplabError)
    refused(lambda: dl.summary(sample, []), dl.DiplabError)
    refused(lambda: dl.summary(sample, ["age"], statistics={"agee": "mean"}), dl.DiplabError)
    refused(lambda: dl.summary(sample, ["age"], statistics={"age": "medain"}), dl.DiplabError)  # type: ignore[dict-item]
    refused(lambda: dl.summary(sample, ["age"], differences=True), dl.DiplabError)
    refused(lambda: dl.summary(sample, ["empty"], by="g"), dl.DiplabError)
    refused(lambda: dl.summary(people(), ["age"]), dl.DiplabError)  # type: ignore[arg-type]


def test_a_summary_of_two_groups_is_refused_with_a_line_that_works() -> None:
    frame = pd.DataFrame(
        {"sex": list("fm") * 20, "region": list("nnss") * 10, "pay": np.arange(40.0)}
    )
    sample = dl.declare_design(frame)
    with pytest.raises(dl.DiplabError, match="names several columns") as caught:
        dl.summary(sample, ["pay"], by=["sex", "region"])
    line = str(caught.value).split("`")[3]
    found = eval(line, {"dl": dl, "sample": sample, "variables": ["pay"]})
    assert set(found.groups.frame["n"]) == {10}


def test_numbers_of_people_come_before_percentages(described: tuple[Any, Summary]) -> None:
    sample, summary = described
    counted = dl.table(summary, "en", show="n_percent").sheet
    weighted = dl.table(summary, "en", show="counts").sheet
    shares = dl.estimate(sample, dl.share("job"), by="g", numerator=True).frame
    counts = dl.estimate(sample.answering(("job",)), dl.count(), by="g").frame
    first = shares.iloc[0]
    people = round(first["estimate"] * counts["estimate"].iloc[0])
    percentage = f"({100 * first['estimate']:.1f}%)"
    heads = [row[0].text for row in counted.rows]
    place = heads.index("job, n (%)") + 1
    cell = counted.rows[place][2]
    assert cell.text == f"{first['numerator']:.0f}\N{NO-BREAK SPACE}{percentage}"
    assert (cell.number, cell.beside and cell.beside.number) == (
        first["numerator"],
        first["estimate"],
    )
    assert weighted.rows[place - 1][0].text == "job, weighted N (%)"
    assert weighted.rows[place][2].text == f"{people}\N{NO-BREAK SPACE}{percentage}"
    everyone = dl.estimate(sample.answering(("g",)), dl.count()).frame["estimate"].iloc[0]
    assert weighted.rows[-2][0].text == "Weighted N"
    assert f"{everyone:.0f}" in [cell.text for cell in weighted.rows[-2]]
