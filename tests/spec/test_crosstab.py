"""Crosstabs of drawn tables, worked by hand, on every engine; what is refused, in whole sentences."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import ColumnError, DiplabError, EmptyDomainError, OptionError
from diplab.kernel.rao_scott import Pearson, wald
from diplab.microdata.codebook import Codebook
from diplab.results.tables import column_letter
from diplab.types import Crosstab, Responses

if TYPE_CHECKING:
    from tests.conftest import EngineUnderTest

PEOPLE = """
sex pay  age w
f   low  o   1
f   low  y   1
f   low  o   1
f   high y   1
m   high o   2
m   high y   2
m   low  o   1
m   .    y   1
"""
EIGHT = pd.DataFrame({"sex": list("ffffmmmm"), "pay": list("hlllhhhl")})


def shares(found: Crosstab) -> list[float]:
    return found.cells.frame["estimate"].tolist()


def test_shares_by_hand_and_by_group(engine: EngineUnderTest) -> None:
    """Weighted cells: f high 1, f low 3, m high 4, m low 1; of 9 people, 7 of whom answered in rows."""
    sample = dl.declare_design(engine.draw(PEOPLE), weights="w")
    found = dl.crosstab(sample, "sex", "pay", shares="row")
    assert shares(found) == pytest.approx([1 / 4, 3 / 4, 4 / 5, 1 / 5])
    assert found.columns.frame["estimate"].tolist() == pytest.approx([1 / 5, 3 / 4, 4 / 5, 1 / 4])
    assert found.shares_of["cell"].frame["estimate"].tolist() == pytest.approx(
        [1 / 9, 3 / 9, 4 / 9, 1 / 9]
    )
    assert found.margins.frame[["variable", "category"]].values.tolist() == [
        ["sex", "f"], ["sex", "m"], ["pay", "high"], ["pay", "low"],
    ]  # fmt: skip
    assert found.margins.frame["estimate"].tolist() == pytest.approx([4 / 9, 5 / 9, 5 / 9, 4 / 9])
    assert found.counts.frame["estimate"].tolist() == [1, 3, 4, 1]
    assert (found.frame["n"].tolist(), found.frame["base_n"].tolist()) == (
        [1, 3, 2, 1],
        [4, 4, 3, 3],
    )
    assert found.cells.provenance.missing == {"pay": 1}
    # By age: o has f low 2, m high 2, m low 1; y has f high 1, f low 1, m high 2.
    sample = dl.declare_design(engine.draw(PEOPLE), weights="w")
    found = dl.crosstab(sample, "sex", "pay", by="age", shares="row")
    assert list(found.cells.frame.columns[3:6]) == ["age", "sex", "pay"]
    assert shares(found) == pytest.approx([0, 1, 2 / 3, 1 / 3, 1 / 2, 1 / 2, 1, 0])
    assert [test.hypothesis for test in found.tests] == [
        "sex x pay independent where age = o",
        "sex x pay independent where age = y",
    ]
    assert found.test is None
    layered = dl.crosstab(sample, "sex", "pay", "age", shares="row")
    pd.testing.assert_frame_equal(layered.frame, found.frame)


def test_errors_and_tests_by_hand() -> None:
    """Row share of f: p = 1/4 of four people; z = (1 - p)/4 and three -p/4: 8/7 (3/16 / 4) = 3/56, by 8 people."""
    found = dl.crosstab(dl.declare_design(EIGHT), "sex", "pay", shares="row").frame
    assert found["std_error"].tolist() == pytest.approx([math.sqrt(3 / 56)] * 4)
    # p (1 - p) / se^2 = 3/16 * 56/3
    assert found["effective_n"].tolist() == pytest.approx([3.5] * 4)
    # Eight people, cells 1 3 3 1: X2 = 2; V of shares is (diag(p) - pp')/7, so that every effect is
    # 8/7.
    sample = dl.declare_design(EIGHT)
    found = dl.crosstab(sample, "sex", "pay", df="design").test
    assert found.estimates == pytest.approx({"pearson": 2.0, "mean_effect": 8 / 7})
    assert (found.statistic, found.df) == (pytest.approx(2 * 7 / 8), pytest.approx((1.0, 7.0)))
    # 1.75 as an F with 1 and 7 degrees of freedom, and as a chi2 with 1 (R: pf, pchisq, upper tail)
    assert found.p_value == pytest.approx(0.22745281805976314)
    # of means of four linearisation finds 3/4 of the variance, of all eight 7/8: the effect is 7/6
    # times as large, known by 3 + 3 degrees of freedom (R: pf(1.5, 1, 6, lower.tail = FALSE))
    few = dl.crosstab(sample, "sex", "pay").test
    assert few.estimates["mean_effect"] == pytest.approx(4 / 3)
    assert (few.statistic, few.df, few.p_value) == (
        pytest.approx(1.5),
        pytest.approx((1.0, 6.0)),
        pytest.approx(0.2665697),
    )
    first = dl.crosstab(sample, "sex", "pay", test="rao_scott_chi2", df="design").test
    assert (first.df, first.p_value) == ((1.0,), pytest.approx(0.18587673236587593))
    assert found.hypothesis == "sex x pay independent"
    # Everybody copied three times within a cluster: every effect is three times larger, X2 too, F
    # the same.
    people = pd.DataFrame({"sex": list("ffffmmmm"), "pay": list("hlllhhhl"), "home": range(8)})
    once = dl.crosstab(dl.declare_design(people, psu="home"), "sex", "pay").test
    thrice = dl.crosstab(dl.declare_design(pd.concat([people] * 3), psu="home"), "sex", "pay").test
    assert thrice.estimates["pearson"] == pytest.approx(3 * once.estimates["pearson"])
    assert thrice.estimates["mean_effect"] == pytest.approx(3 * once.estimates["mean_effect"])
    assert (thrice.statistic, thrice.p_value) == pytest.approx((once.statistic, once.p_value))
    found = dl.crosstab(dl.declare_design(EIGHT), "sex", "pay", df="infinity").test
    assert found.df[1] == math.inf
    assert found.p_value == pytest.approx(0.18587673236587593)


def test_engines_agree_in_clusters(engine: EngineUnderTest) -> None:
    drawn = PEOPLE.replace("w\n", "w c\n", 1).splitlines()
    text = "\n".join([*drawn[:2], *(f"{line} {at // 2}" for at, line in enumerate(drawn[2:]))])
    found = dl.crosstab(
        dl.declare_design(engine.draw(text), weights="w", psu="c"), "sex", "pay", df="design"
    )
    # R survey 4.4-2: svychisq(~sex + pay, subset(svydesign(~c, weights = ~w, data = .),
    # !is.na(pay)))
    assert found.test.statistic == pytest.approx(1.8259074519230774, rel=1e-10)


def test_empty_cells_and_tables_without_a_test() -> None:
    """Nobody is m and low: share 0 with the exact interval of 2 people, 1 - 0.025^(1/2)."""
    people = pd.DataFrame({"sex": list("ffmm"), "pay": ["low", "high", "high", "high"]})
    found = dl.crosstab(dl.declare_design(people), "sex", "pay", shares="row").frame
    row = found.iloc[3]
    assert row[["sex", "pay", "n", "count", "estimate", "std_error", "flag"]].tolist() == [
        "m", "low", 0, 0.0, 0.0, 0.0, "empty",
    ]  # fmt: skip
    assert row["ci_high"] == pytest.approx(1 - 0.025**0.5)
    people = pd.DataFrame({"pay": ["low", "low", "low", "high"]})
    found = dl.crosstab(dl.declare_design(people), "pay")
    assert found.frame[["pay", "estimate", "n"]].values.tolist() == [
        ["high", 0.25, 1],
        ["low", 0.75, 3],
    ]
    assert (found.column, found.test, found.tests) == (None, None, ())
    people = pd.DataFrame({"sex": list("ffff"), "pay": list("hlll")})
    found = dl.crosstab(dl.declare_design(people), "sex", "pay").test
    assert math.isnan(found.statistic)
    assert math.isnan(found.p_value)
    assert math.isnan(Pearson(1.0, 1, np.eye(1)).second_order(0.0).p_value)
    words = {
        3: dl.Text("trois", "three"),
        1: dl.Text("un", "one"),
        2: dl.Text("deux", "two"),
        9: dl.Text("?", "?"),
    }
    codebook = Codebook().described("times", values=words, missing={9: "refused"})
    people = dl.Microdata(pd.DataFrame({"times": [1.0, 1.0, 2.0], "sex": list("ffm")}), codebook)
    found = dl.crosstab(dl.declare_design(people), "times", "sex", shares="column")
    assert (found.categories("times"), shares(found)) == (
        [3, 1.0, 2.0],
        [0.0, 0.0, 1.0, 0.0, 0.0, 1.0],
    )
    # the empty row is not a degree of freedom
    assert found.test.df[0] == pytest.approx(1.0)


def test_missing_answers_as_a_category(engine: EngineUnderTest) -> None:
    sample = dl.declare_design(engine.draw(PEOPLE), weights="w")
    found = dl.crosstab(sample, "sex", "pay", shares="row", na="keep")
    assert found.categories("pay") == ["high", "low", "missing"]
    assert shares(found) == pytest.approx([1 / 4, 3 / 4, 0, 4 / 6, 1 / 6, 1 / 6])
    assert found.cells.provenance.missing == {}
    # a domain keeps its meaning: a missing answer is not different from `low`
    others = dl.crosstab(sample.where("pay != 'low'"), "sex", "pay", na="keep")
    assert others.categories("pay") == ["high", "low"]


ANSWERS = "mail phone sex w\n1 0 f 1\n1 1 f 1\n0 1 f 2\n0 0 m 1\n1 . m 2\n. . m 4"
CODED = "first second told also w\n1 2 Y N 1\n2 . N N 2\n1 1 . N 4\n. . . . 8"


def test_several_answers(engine: EngineUnderTest) -> None:
    """Of the 4 women 2 use mail and 3 the phone; of the 3 men who answered one, 2 use mail; the sixth is out."""
    sample = dl.declare_design(engine.draw(ANSWERS), weights="w")
    uses = Responses("uses", ["mail", "phone"])
    found = dl.crosstab(sample, uses, "sex", shares="column")
    assert found.cells.frame[["uses", "sex"]].values.tolist() == [
        ["mail", "f"], ["mail", "m"], ["phone", "f"], ["phone", "m"],
    ]  # fmt: skip
    assert shares(found) == pytest.approx([2 / 4, 2 / 3, 3 / 4, 0])
    assert (found.frame["n"].tolist(), found.frame["base_n"].tolist()) == (
        [2, 1, 2, 0],
        [3, 2, 3, 2],
    )
    assert found.rows.frame["estimate"].tolist() == pytest.approx([2 / 4, 2 / 4, 1, 0])
    assert found.margins.frame["estimate"].tolist() == pytest.approx([4 / 7, 3 / 7, 4 / 7, 3 / 7])
    assert found.cells.provenance.missing == {"uses": 1}
    assert found.several
    # only those who answered both: the man of weight 1
    both = dl.crosstab(
        sample, Responses("uses", ["mail", "phone"], base="all"), "sex", shares="column"
    )
    assert shares(both) == pytest.approx([2 / 4, 0, 3 / 4, 0])
    assert both.cells.provenance.missing == {"uses": 2}
    # 1 is named by the first and third of three (1 + 4 of 7), 2 by the first two (1 + 2); `Y` is
    # told by one (1).
    sample = dl.declare_design(engine.draw(CODED), weights="w")
    codes = dl.crosstab(sample, Responses("platforms", ["first", "second"], kind="categories"))
    assert codes.cells.frame["platforms"].tolist() == [1, 2]
    assert codes.cells.frame["estimate"].tolist() == pytest.approx([5 / 7, 3 / 7])
    assert codes.cells.provenance.missing == {"platforms": 1}
    words = dl.crosstab(sample, Responses("uses", ["told", "also"], counted="Y"))
    assert words.cells.frame["uses"].tolist() == ["told", "also"]
    assert words.cells.frame["estimate"].tolist() == pytest.approx([1 / 7, 0])


def test_single_answers_imputations_and_variances_below_zero() -> None:
    """X2 of one answer by column is that of the table answer given or not, by column."""
    people = pd.DataFrame({"sex": list("ffffmmmm"), "mail": [1, 0, 0, 0, 1, 1, 1, 0]})
    sample = dl.declare_design(people)
    one = dl.crosstab(sample, Responses("uses", ["mail"]), "sex").test
    table = dl.crosstab(sample, "mail", "sex").test
    assert one.estimates["pearson"] == pytest.approx(table.estimates["pearson"])
    assert (one.df, table.df) == (pytest.approx((1.0, 6.0)), pytest.approx((1.0, 6.0)))
    # Two imputations of one answer: shares 1/4 and 2/4 of women, their mean 3/8; V = W + 3/2 B, B =
    # 1/32.
    people = [
        pd.DataFrame({"sex": list("ffffmmmm"), "pay": list(f"hl{each}lhhhl")}) for each in "lh"
    ]
    both = dl.imputed([dl.declare_design(each) for each in people])
    found = dl.crosstab(both, "sex", "pay", shares="row")
    assert shares(found)[0] == pytest.approx(3 / 8)
    # of four people out of eight: 8/7 p (1 - p) / 4
    within = (8 / 7 * (3 / 16) / 4 + 8 / 7 * (1 / 4) / 4) / 2
    assert found.frame["std_error"][0] == pytest.approx(math.sqrt(within + 1.5 / 32))
    assert (found.test.name, found.test.provenance.rules["imputations"]) == ("rao_scott_f", "2")
    low, high = found.frame.loc[0, ["ci_low", "ci_high"]]
    assert 0 < low < 3 / 8 < high < 1
    # Two units hardly ever drawn together: 1 - p p / p_12 = -24, and V(count) = 4 (1/2 + 1/2 - 2 *
    # 24) < 0.
    people = pd.DataFrame({"p": [0.5, 0.5], "sex": ["f", "f"], "town": [1, 2]})
    joint = [[0.5, 0.01], [0.01, 0.5]]
    sample = dl.declare_design(people, psu="town", fpc="p", unequal="joint", joint=joint)
    counts = dl.crosstab(sample, "sex").counts
    assert counts.frame["estimate"].tolist() == [4.0]
    assert counts.frame["std_error"].isna().all()
    assert counts.frame["flag"].tolist() == ["no variance"]
    assert np.isnan(counts.covariance).all()


def test_variables_side_by_side() -> None:
    people = pd.DataFrame(
        {"sex": list("ffmm"), "age": list("oyoy"), "pay": ["low", "high", "low", "low"]}
    )
    sample = dl.declare_design(people)
    found = dl.crosstab(sample, "pay", columns=["sex", "age"])
    assert [each.column for each in found.panels] == ["sex", "age"]
    assert found.frame[["column_variable", "column"]].drop_duplicates().values.tolist() == [
        ["sex", "f"], ["sex", "m"], ["age", "o"], ["age", "y"],
    ]  # fmt: skip
    assert [test.hypothesis for test in found.tests] == [
        "pay x sex independent",
        "pay x age independent",
    ]
    alone = dl.crosstab(sample, "pay")
    pd.testing.assert_frame_equal(found.cells.frame, alone.cells.frame)
    pd.testing.assert_frame_equal(found.counts.frame, alone.counts.frame)
    for panel, name in zip(found.panels, ["sex", "age"], strict=True):
        own = dl.crosstab(sample, "pay", name, shares="column")
        pd.testing.assert_frame_equal(panel.frame, own.frame)
        assert panel.test.p_value == own.test.p_value
    assert dl.crosstab(sample, "pay", columns="sex").frame["column_variable"].unique().tolist() == [
        "sex"
    ]
    people = pd.DataFrame(
        {
            "sex": list("ffmmffmm"),
            "age": list("oyoyoyyo"),
            "pay": list("hlhlllhh"),
            "g": list("aaaabbbb"),
        }
    )
    both = dl.imputed(
        [dl.declare_design(people), dl.declare_design(people.assign(pay=list("hlllhlhh")))]
    )
    found = dl.crosstab(both, "pay", columns=["sex", "age"], by="g", shares="row")
    assert len(found.tests) == 4  # by group, of each variable
    for panel, name in zip(found.panels, ["sex", "age"], strict=True):
        own = dl.crosstab(both, "pay", name, by="g", shares="row")
        pd.testing.assert_frame_equal(panel.frame, own.frame)
    assert found.cells.provenance.rules["imputations"] == "2"


def test_wald_by_hand() -> None:
    """Counts 1 3 3 1 of a multinomial of 8: h = 1 - 2 = -1, and 8 Var(s) is its variance, s the slopes.

    N11 - N1. N.1 / N moves by 1 - 1/2 - 1/2 + 1/4 = 1/4 with N11, by 1/4 - 1/2 with N12 and N21, by
    1/4 with N22: mean of s 1/16 - 3/16, of s^2 1/16, V = 8 (1/16 - 1/64) = 3/8, W = 8/3.
    """
    totals = pd.DataFrame([[1.0, 3.0], [3.0, 1.0]]).to_numpy()
    p = totals.ravel() / 8
    covariance = 8 * (
        pd.DataFrame({at: [0.0] * 4 for at in range(4)}).to_numpy() - p[:, None] * p[None, :]
    )
    covariance[range(4), range(4)] += 8 * p
    assert wald(totals, covariance, 20, adjusted=False).statistic == pytest.approx(8 / 3)
    assert wald(totals, covariance, 20, adjusted=True).df == (1.0, 20.0)
    assert math.isnan(wald(totals[:1], covariance[:2, :2], 20, adjusted=False).p_value)


BOTH = Responses("uses", ["mail", "phone"])
EVEN = {"f": 0.5, "m": 0.5}
NOBODY = "sex == 'm' and w == 1 and age == 'y'"
# of `PEOPLE`: what is named, and the options
REFUSED: list[tuple[type[DiplabError], tuple[Any, ...], dict[str, Any]]] = [
    (OptionError, (), {}), (ColumnError, ("sexe", "pay"), {}), (OptionError, ("pay", "pay"), {"by": "sex"}),
    (ColumnError, ("sex", "pay"), {"na": "fail"}), (OptionError, ("sex", "pay"), {"expected": EVEN}),
    (OptionError, ("sex",), {"expected": {"w": 0.5, "m": 0.5}}), (OptionError, ("sex",), {"expected": {"f": 1.0}}),
    (OptionError, ("sex",), {"expected": EVEN, "test": "wald"}), (OptionError, ("sex", "pay"), {"confidence": 95}),
    (OptionError, ("sex", "pay"), {"shares": "rows"}), (OptionError, ("sex", "pay"), {"test": "chi2"}),
    (OptionError, ("sex", "pay"), {"df": "designs"}), (OptionError, ("sex", "pay"), {"interval": "logits"}),
    (OptionError, ("sex", "pay"), {"na": "dropped"}), (OptionError, ("sex", "pay"), {"adjust": "holms"}),
]  # fmt: skip
# of `ANSWERS`: questions with several answers
REFUSED_OF_QUESTIONS: list[tuple[type[DiplabError], tuple[Any, ...], dict[str, Any]]] = [
    (OptionError, ("sex", BOTH), {}),
    (OptionError, (BOTH, "sex"), {"test": "wald"}),
    (ColumnError, (Responses("uses", ["mail", "w"]), "sex"), {}),
]


def test_refused(table: Any, refused: Any) -> None:
    for drawn, calls in ((PEOPLE, REFUSED), (ANSWERS, REFUSED_OF_QUESTIONS)):
        sample = dl.declare_design(table(drawn), weights="w")
        for error, variables, options in calls:
            refused(lambda s=sample, v=variables, o=options: dl.crosstab(s, *v, **o), error)
    refused(lambda: dl.crosstab(table(PEOPLE), "sex"), OptionError)
    people = dl.declare_design(table(PEOPLE), weights="w")
    refused(lambda: dl.crosstab(people.where(NOBODY), "sex", "pay"), EmptyDomainError)
    refused(
        lambda: dl.crosstab(dl.make_replicates(people, "jk1"), "sex", "pay", df="domain"),
        OptionError,
    )
    refused(lambda: dl.crosstab(people, "pay", columns=[]), OptionError)
    refused(lambda: dl.crosstab(people, "pay", columns=["sex"], shares="cell"), OptionError)
    refused(lambda: dl.crosstab(people, "pay", "sex", columns=["age"]), OptionError)
    assert dl.crosstab(people, "sex", "age", na="fail").test is not None
    reserved = dl.declare_design(pd.DataFrame({"flag": [1, 2], "sex": ["f", "m"]}))
    refused(lambda: dl.crosstab(reserved, "flag", "sex"), ColumnError)
    called = dl.declare_design(pd.DataFrame({"pay": ["low", "missing", None], "sex": list("ffm")}))
    refused(lambda: dl.crosstab(called, "pay", "sex", na="keep"), ColumnError)
    one, other = (
        dl.declare_design(pd.DataFrame({"sex": list("fm"), "pay": list(pay)}))
        for pay in ("hl", "hh")
    )
    refused(lambda: dl.crosstab(dl.imputed([one, other]), "sex", "pay"), OptionError)
    refused(lambda: Responses("uses", []), OptionError)
    refused(lambda: Responses("uses", ["mail", "mail"]), OptionError)
    refused(lambda: Responses("uses", ["mail"], base="some"), OptionError)  # type: ignore[arg-type]


def test_design_effects_flags_and_letters_by_hand() -> None:
    """4 of 40 people: the variance is p (1 - p) / 3, and (1 - 4/40) of that without replacement: 1 / 0.9."""
    people = pd.DataFrame({"sex": list("ffmm"), "w": 10.0})
    assert dl.crosstab(dl.declare_design(people, weights="w"), "sex").frame[
        "deff"
    ].tolist() == pytest.approx([1 / 0.9] * 2)
    people = pd.DataFrame({"sex": list("fmmm"), "job": list("aabb")})
    found = dl.crosstab(dl.declare_design(people), "sex", "job", shares="row")
    assert found.frame["flag"].tolist() == ["one respondent", "empty", "few units", "few units"]
    assert found.counts.frame["flag"].tolist() == [
        "one respondent",
        "empty",
        "one respondent",
        "few units",
    ]
    # 90 of 100 women are paid little, and 10 of 100 men: the letter is in the cell of the larger
    # share
    pay = ["low"] * 90 + ["high"] * 10 + ["low"] * 10 + ["high"] * 90
    people = pd.DataFrame({"sex": ["f"] * 100 + ["m"] * 100, "pay": pay})
    found = dl.crosstab(dl.declare_design(people), "pay", "sex", shares="column")
    assert found.frame["estimate"].tolist() == pytest.approx([0.1, 0.9, 0.9, 0.1])
    assert found.larger_than == ("", "A", "B", "")
    assert [column_letter(place) for place in (0, 25, 26, 52)] == ["A", "Z", "AA", "BA"]


def test_a_share_whose_base_weighs_nothing_is_empty() -> None:
    people = pd.DataFrame(
        {"sex": ["f", "f", "m", "m"], "job": ["x", "y", "x", "y"], "w": [1.0, 2.0, 0.0, 0.0]}
    )
    shares = dl.crosstab(
        dl.declare_design(people, weights="w"), "sex", "job", shares="row"
    ).cells.frame
    men = shares[shares["sex"] == "m"]
    assert men["estimate"].isna().all()
    assert men["flag"].tolist() == ["empty"] * 2
