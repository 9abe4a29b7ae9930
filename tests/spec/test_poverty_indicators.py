"""Depth of poverty, medians compared, poverty or exclusion: worked by hand, in every engine."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import diplab as dl

if TYPE_CHECKING:
    import pandas as pd

PEOPLE = """
psu g w income line d l old
1   a 1  100   200  0 0 0
2   a 2  200   500  0 0 1
3   a 1  300   300  1 0 0
4   b 1  400   400  0 0 1
5   b 3  800  1000  0 1 0
"""
GAPS_IN_ANSWERS = """
psu  w income d l
1    1  100   . 0
2    2   .    1 0
3    4   .    0 0
4    8  900   . 0
5   16  900   0 0
6   32  900   0 .
7   64   .    . 1
"""
TWO_AGES = """
psu w pension old pay busy
1   1  10     1   .   0
2   2  20     1   .   0
3   1  30     1   5   0
4   1   .     0  40   1
5   1   .     0  60   1
6   2   .     0  80   1
7   9   .     0   .   0
8   5   .     1   .   0
"""
UNDECIDED = ("drop", "no", "yes")


def declared(engine: Any, text: str) -> dl.Sample:
    return dl.declare_design(engine.draw(text), weights="w", psu="psu")


def points(sample: dl.Sample, *statistics: dl.Statistic, by: Any = ()) -> list[float]:
    found: list[float] = dl.estimate(sample, *statistics, by=by).frame["estimate"].tolist()
    return found


def first(sample: dl.Sample, statistic: dl.Statistic) -> pd.Series:
    row: pd.Series = dl.estimate(sample, statistic).frame.iloc[0]
    return row


# -- points -----------------------------------------------------------------------------------------------------------


def test_gaps_below_a_fixed_line(engine: Any) -> None:
    """Under 400: gaps .75, .5 (twice), .25 of 8 people. Order 1: 2 / 8; order 2: 1.125 / 8; order 0: 4 / 8."""
    asked = [dl.fgt("income", order, threshold=400) for order in (0, 1, 2, 0.5)]
    roots = (sqrt(0.75) + 2 * sqrt(0.5) + 0.5) / 8
    found = dl.estimate(declared(engine, PEOPLE), *asked).frame
    assert found["estimate"].tolist() == pytest.approx([0.5, 0.25, 0.140625, roots], rel=1e-12)
    assert found["category"].tolist() == [0, 1, 2, 0.5]


def test_std_error_of_an_index(engine: Any) -> None:
    """Totals of w z, with z = (g - 1/4) / 8: .5, .5, 0, -.25, -.75 eighths; 5/4 of the sum of their squares."""
    row = first(declared(engine, PEOPLE), dl.fgt("income", 1, threshold=400))
    assert row["std_error"] == pytest.approx(sqrt(1.25 * (0.25 + 0.25 + 0.0625 + 0.5625)) / 8, rel=1e-12)


def test_median_of_the_poor(engine: Any) -> None:
    """Of weights 1, 2, 1 half is passed at 200; at or below 400 there are five people, and half is passed there too.

    With equal weights 100 and 200 share the half below 300: midway, 150, for Eurostat; 100 for the inverse of F.
    """
    asked = [
        dl.relative_median_gap("income", threshold=400, convention=each) for each in ("eurostat", "convey")
    ]
    assert points(declared(engine, PEOPLE), *asked) == pytest.approx([0.5, 0.5], rel=1e-12)
    even = dl.declare_design(engine.draw(PEOPLE), psu="psu")
    halved = [
        dl.relative_median_gap("income", threshold=250, convention=each) for each in ("eurostat", "convey")
    ]
    assert points(even, *halved) == pytest.approx([1 - 150 / 250, 1 - 100 / 250], rel=1e-12)


def test_a_line_of_each_household(engine: Any) -> None:
    """Incomes over lines: .5, .4 (2), 1, 1, .8 (3): 6 of 8 below; gaps .5, .6 (2), .2 (3).

    The median of .4 (2), .5 (1), .8 (3): half is reached exactly at .5, hence .65.
    """
    asked = [
        dl.arpr("income", threshold="line"),
        dl.fgt("income", 1, threshold="line"),
        dl.relative_median_gap("income", threshold="line"),
        dl.arpr("income", threshold="line", convention="convey"),
    ]
    found = dl.estimate(declared(engine, PEOPLE), *asked)
    assert found.frame["estimate"].tolist() == pytest.approx([0.75, 2.3 / 8, 0.35, 1], rel=1e-12)
    assert found.provenance.rules["threshold"] == "line"


def test_an_estimated_line(engine: Any) -> None:
    """Half is reached at 300: median 350, line 210; gaps 110 and 10 (2) of 210. By convey: 300, 180; 80 of 180."""
    asked = [
        each("income", *order, convention=school)
        for school in ("eurostat", "convey")
        for each, order in ((dl.arpr, ()), (dl.relative_median_gap, ()), (dl.fgt, (1,)))
    ]
    expected = [3 / 8, 10 / 210, 130 / 210 / 8, 1 / 8, 80 / 180, 80 / 180 / 8]
    assert points(declared(engine, PEOPLE), *asked) == pytest.approx(expected, rel=1e-12)


def test_a_line_of_each_domain(engine: Any) -> None:
    """Medians 200 and 800, lines 120 and 480: one poor in four in each, at 100 and 400, a sixth below the line."""
    asked = [
        dl.arpr("income", threshold_on="domain"),
        dl.relative_median_gap("income", threshold_on="domain"),
        dl.fgt("income", 2, threshold_on="domain"),
    ]
    expected = [1 / 4] * 2 + [1 / 6] * 2 + [1 / 4 / 36] * 2
    assert points(declared(engine, PEOPLE), *asked, by="g") == pytest.approx(expected, rel=1e-12)


def test_median_of_a_group_over_that_of_all_others(engine: Any) -> None:
    """Old: 200 (2), 400 (1), median 200; others: 100, 300, 800 (3), median 800. A condition, or a column of 1 and 0."""
    asked = [dl.relative_median_income_ratio("income", each) for each in ("old == 1", "old", "old > 0.5")]
    assert points(declared(engine, PEOPLE), *asked) == pytest.approx([0.25] * 3, rel=1e-12)


def test_pensions_over_earnings(engine: Any) -> None:
    """Median pension 20; half of earnings is reached at 60: 70, or 60. Row 7 is in no group; row 8 has no answer."""
    found = [
        dl.estimate(
            declared(engine, TWO_AGES),
            dl.aggregate_replacement_ratio("pension", "old == 1", "pay", "busy == 1", convention=each),
        )
        for each in ("eurostat", "convey")
    ]
    assert [each.frame["estimate"].item() for each in found] == pytest.approx([2 / 7, 1 / 3], rel=1e-12)
    assert [each.frame["n"].item() for each in found] == [6, 6]
    assert found[0].provenance.missing == {"pension, old == 1, pay, busy == 1": 1}


def test_one_of_three_is_enough(engine: Any) -> None:
    """Poor (1, 2, 3), deprived (3), of low work (5): 7 of 8."""
    assert points(declared(engine, PEOPLE), dl.arope("income", "d", "l", threshold=400)) == [7 / 8]


def test_known_by_one_answer_or_not_at_all(engine: Any) -> None:
    """At risk: 1 + 2 + 64; not: 16; undecided: 4, 8 and 32 of 127 people, 3 of 7 respondents."""
    found = [
        dl.estimate(
            declared(engine, GAPS_IN_ANSWERS), dl.arope("income", "d", "l", threshold=400, undecided=each)
        )
        for each in UNDECIDED
    ]
    assert [each.frame["estimate"].item() for each in found] == pytest.approx(
        [67 / 83, 67 / 127, 111 / 127], rel=1e-12
    )
    assert [each.frame["n"].item() for each in found] == [4, 7, 7]
    assert [each.frame["category"].item() for each in found] == ["", "no", "yes"]
    assert [each.provenance.missing for each in found] == [{"income, d, l": 3}, {}, {}]
    assert [each.provenance.rules["undecided"] for each in found] == list(UNDECIDED)


def test_the_line_is_that_of_everybody_with_an_income(engine: Any) -> None:
    """Incomes 100 (1), 900 (56): line 540, so that the first is poor though its deprivation is unknown."""
    sample = declared(engine, GAPS_IN_ANSWERS)
    assert points(sample, dl.arope("income", "d", "l"), dl.arpt("income")) == pytest.approx(
        [67 / 83, 540], rel=1e-12
    )
    assert np.isfinite(first(sample, dl.arope("income", "d", "l"))["std_error"])


# -- edges ------------------------------------------------------------------------------------------------------------


def test_everybody_poor_and_nobody_poor(engine: Any) -> None:
    """Under 400 are all of a and none of b: rates 1 and 0, a gap of 1/2 and none at all, an index of 1/2 and of 0."""
    asked = [
        dl.arpr("income", threshold=400),
        dl.relative_median_gap("income", threshold=400),
        dl.fgt("income", 1, threshold=400),
    ]
    frame = dl.estimate(declared(engine, PEOPLE), *asked, by="g").frame
    assert frame["estimate"].tolist() == pytest.approx([1, 0, 0.5, np.nan, 0.5, 0], nan_ok=True)
    assert frame["flag"].tolist() == ["", "", "", "undefined", "", ""]
    # an index of zero is no certainty: its interval is the exact one of a rate of 0 among two
    assert frame["ci_low"].tolist()[1::2] == pytest.approx([0, np.nan, 0], nan_ok=True)
    high = frame["ci_high"].tolist()
    assert high[5] == pytest.approx(high[1], rel=1e-12)
    assert high[1] == pytest.approx(1 - 0.025**0.5, rel=1e-9)


def test_an_index_is_not_below_zero(engine: Any) -> None:
    """One poor of five: the symmetric interval would start below zero."""
    row = first(declared(engine, PEOPLE), dl.fgt("income", 1, threshold=150))
    assert row["estimate"] == pytest.approx(1 / 24)
    assert row["ci_low"] == 0
    assert row["ci_high"] > 2 * row["estimate"]


def test_one_household(engine: Any) -> None:
    """Its own median is its income: nobody is under 60 % of it, and nothing tells an error."""
    text = "psu g w income\n1 a 1 100\n2 b 2 200\n3 b 1 300\n4 b 1 90"
    asked = [
        each("income", *more, threshold_on="domain")
        for each, more in ((dl.arpt, ()), (dl.arpr, ()), (dl.relative_median_gap, ()), (dl.fgt, (1,)))
    ]
    frame = dl.estimate(declared(engine, text), *asked, by="g").frame.iloc[::2]
    assert frame["estimate"].tolist() == pytest.approx([60, 0, np.nan, 0], nan_ok=True)
    assert frame["flag"].tolist() == ["one respondent", "one respondent", "undefined", "one respondent"]
    assert frame["std_error"].isna().all()


def test_a_domain_of_one_unit_has_no_error(engine: Any) -> None:
    """What the line of others, or the steps of a median, leave of a variance measures nothing about it."""
    rows = "1 a 100 0, 1 a 300 0, 1 a 900 1, 2 b 200 0, 3 b 500 1, 4 b 400 0, 5 b 90 1"
    text = "psu g income old\n" + rows.replace(", ", "\n")
    sample = dl.declare_design(engine.draw(text), psu="psu")
    asked = [
        dl.arpr("income"),
        dl.relative_median_gap("income"),
        dl.fgt("income", 1),
        dl.relative_median_income_ratio("income", "old"),
        dl.arpr("income", threshold_on="domain"),
        dl.arope("income", "income < 0", "income < 0"),
    ]
    frame = dl.estimate(sample, *asked, by="g").frame
    assert frame["std_error"].isna().tolist() == [True, False] * 6
    assert frame["flag"].tolist() == ["no variance", ""] * 6
    # the line of everybody has one, whomever it is set against
    assert dl.estimate(sample, dl.arpt("income"), by="g").frame["std_error"].notna().all()


def test_equal_incomes(engine: Any) -> None:
    """Nobody is under 60 % of what all have; there is no density, and so no standard error."""
    text = "psu w income\n1 1 50\n2 1 50\n3 1 50"
    frame = dl.estimate(
        declared(engine, text), dl.arpt("income"), dl.arpr("income"), dl.fgt("income", 1)
    ).frame
    assert frame["estimate"].tolist() == [30, 0, 0]
    assert frame["std_error"].isna().all()


def test_a_median_that_makes_no_line(engine: Any) -> None:
    """Half of incomes are zero: nobody is under a line at zero, which says nothing about poverty."""
    text = "psu w income\n1 1 0\n2 1 0\n3 1 0\n4 1 10\n5 1 20"
    asked = [
        dl.arpr("income"),
        dl.arpr("income", convention="convey"),
        dl.relative_median_gap("income"),
        dl.fgt("income", 1),
        dl.arope("income", "income > 10", "income > 10"),
    ]
    frame = dl.estimate(declared(engine, text), dl.arpt("income"), *asked).frame
    assert frame["estimate"].tolist() == pytest.approx([0] + [np.nan] * 5, nan_ok=True)
    assert frame["flag"].tolist() == [""] + ["undefined"] * 5
    assert frame["std_error"].iloc[1:].isna().all()


def test_incomes_below_zero(engine: Any, error_text: Any) -> None:
    """Line 100: gaps 6 (at -500), 1.07, .91, none, none; as zeros 1, 1, .91."""
    sample = declared(engine, "psu w income\n1 1 -500\n2 1 -7\n3 1 9\n4 1 100\n5 1 200")
    asked = [dl.fgt("income", 1, threshold=100, nonpositive=each) for each in ("keep", "zero")]
    found = dl.estimate(sample, *asked)
    assert found.frame["estimate"].tolist() == pytest.approx([7.98 / 5, 2.91 / 5], rel=1e-12)
    assert found.provenance.rules["nonpositive"] == "keep, zero"
    assert [text.en for text in found.provenance.assumptions] == [
        "Negative incomes kept as they are, with which an index may exceed 1 and a share be negative: 2.",
        "Negative incomes counted as zero: 2.",
    ]
    assert points(sample, dl.arpr("income", threshold=100)) == [0.6]
    with pytest.raises(dl.DiplabError) as caught:
        dl.estimate(sample, dl.fgt("income", 1, threshold=100, nonpositive="fail"))
    error_text(caught)


@pytest.mark.parametrize(
    ("middle", "at", "rounded"),
    [(5.11, 3.066, ">"), (9.21, 5.526, ">"), (0.41, 0.246, "<"), (15.0, 9.0, "=")],
)
def test_an_income_at_the_line_is_at_the_line(engine: Any, middle: float, at: float, rounded: str) -> None:
    """0.6 x 5.11 is a little over 3.066 in binary, 0.6 x 0.41 a little under 0.246: never below, always at or below."""
    line = 0.6 * middle
    assert {">": line > at, "<": line < at, "=": line == at}[rounded]
    text = f"psu w income\n1 1 {at}\n2 1 {middle}\n3 1 {2 * middle}"
    schools = [dl.arpr("income"), dl.arpr("income", convention="convey")]
    index = dl.fgt("income", 0.5, convention="convey")
    assert points(declared(engine, text), *schools, index) == pytest.approx([0, 1 / 3, 0], abs=1e-12)


@pytest.mark.parametrize("line", [900, 901, 902, 903, 905, 906])
def test_a_quotient_at_the_line_is_at_the_line(engine: Any, line: int) -> None:
    """Incomes of households of 2.3 and 1.3 units, over these units: a little under or over the line, or at it."""
    text = f"psu all units\n1 {line * 2.3!r} 2.3\n2 {line * 1.3!r} 1.3\n3 5000 1"
    asked = [dl.arpr("all / units", threshold=line, convention=each) for each in ("eurostat", "convey")]
    assert points(dl.declare_design(engine.draw(text), psu="psu"), *asked) == [0, pytest.approx(2 / 3)]


def test_nobody_counts_who_has_no_weight(engine: Any) -> None:
    text = PEOPLE + "6 a 0 -5 5 0 0 1\n7 b 0 2 9000 0 0 0\n"
    asked = [
        dl.arpr("income"),
        dl.relative_median_gap("income"),
        dl.fgt("income", 2),
        dl.relative_median_income_ratio("income", "old"),
        dl.arope("income", "d", "l"),
        dl.arpr("income", threshold="line"),
        dl.fgt("income", 1, threshold=300, nonpositive="fail"),
    ]
    with_zeros = dl.estimate(declared(engine, text), *asked).frame
    without = dl.estimate(declared(engine, PEOPLE), *asked).frame
    assert with_zeros[["estimate", "n"]].values.tolist() == [
        pytest.approx(row, rel=1e-12) for row in without[["estimate", "n"]].values.tolist()
    ]
