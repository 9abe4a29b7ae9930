"""Two lists: exact and approximate intervals, and lists of identifiers.

Numbers of each case and printed intervals: Krebs (1989, box 2.1), Ricker (1975), Pine et al. (2013, box 11.2), Seber
(1982, tables 3.7 and 3.8), R epiR 2.0.80. Exact limits were recorded from R 4.5.0 (`phyper`, `binom.test`,
`poisson.test`).
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import polars as pl
import pytest

from diplab import population
from diplab.errors import EmptyDomainError, MisleadingError, OptionError
from diplab.presentation.terms import terms

EXACT = [
    # first, second, both, ends by R phyper
    (948, 421, 167, 2154, 2682),
    (109, 177, 57, 295, 403),
    (421, 332, 88, 1361, 1892),
    (500, 149, 7, 5334, 26102),
    (1000, 243, 21, 7788, 18355),
    (400, 400, 40, 3044, 5452),
    (2775, 2831, 584, 12623, 14376),
    (2876, 2849, 633, 12189, 13783),
    (5, 10, 5, 10, 18),
    (20, 20, 1, 89, 15818),
    (7, 7, 7, 7, 9),
]


def ends(*arguments: object, **options: object) -> tuple[float, float]:
    row = population.two_sample(*arguments, **options).frame.iloc[0]  # type: ignore[arg-type]
    return row["ci_low"], row["ci_high"]


@pytest.mark.parametrize(("first", "second", "both", "low", "high"), EXACT)
def test_exact_interval(first: int, second: int, both: int, low: float, high: float) -> None:
    for estimator in ("petersen", "chapman"):
        assert ends(first, second, both, estimator, "hypergeometric") == (low, high)
    assert ends(second, first, both, "chapman", "hypergeometric") == (low, high)


def test_poisson_interval() -> None:
    # R: p <- poisson.test(7)$conf.int; (M + 1)(n + 1)/(p + 1) - 1, M n/p, M (n + 1)/(p + 1).
    assert ends(500, 149, 7, "chapman", "poisson") == pytest.approx(
        (4871.69544599, 19700.84772266), rel=1e-11
    )
    assert ends(500, 149, 7, "petersen", "poisson") == pytest.approx(
        (5165.47714842, 26471.35377924), rel=1e-11
    )
    assert ends(500, 149, 7, "bailey", "poisson") == pytest.approx((4862.96950698, 19662.52267731), rel=1e-11)


def test_binomial_interval_of_bailey() -> None:
    # R: 948/rev(binom.test(167, 421)$conf.int).
    assert ends(948, 421, 167, "bailey", "binomial") == pytest.approx(
        (2129.45141955, 2711.46149525), rel=1e-11
    )
    # Everyone drawn was on the list: the share is 1 at most.
    assert ends(10, 4, 4, "bailey", "binomial") == pytest.approx((10, 10 / 0.025**0.25))


def test_intervals_published_of_chapman_are_normal() -> None:
    # Pine: 1330 to 1826. Seber: 15316, and by z = 1.96 3470, 6820 and 15382.
    assert [round(end) for end in ends(421, 332, 88)] == [1330, 1826]
    assert round(ends(500, 149, 7)[1]) == 15316
    assert ends(500, 149, 7)[0] == pytest.approx(3470, abs=0.8)
    assert ends(1000, 243, 21) == pytest.approx((6820, 15382), abs=1.2)


def test_interval_published_by_krebs_is_that_of_the_share() -> None:
    # Krebs prints 2153 and 2685, both by his equation 2.4.
    assert [round(end) for end in ends(948, 421, 167, "petersen", "share")] == [2153, 2685]


def test_interval_printed_by_epir_is_that_of_the_share_with_another_correction() -> None:
    # epiR prints 3125 to 5557: n in place of n - 1, and 1/(2N) in place of the correction for continuity 1/(2n).
    share, size, z = 0.1, 4000, 1.959963984540054
    half = z * math.sqrt(share * (1 - share) / 400 * (1 - 400 / size)) + 1 / (2 * size)
    assert (round(400 / (share + half)), math.ceil(400 / (share - half))) == (3125, 5557)
    # With both as in Krebs, by hand: 3096.5 to 5647.8.
    half = z * math.sqrt(share * (1 - share) / 399 * 0.9) + 1 / 800
    found = ends(400, 400, 40, "petersen", "share")
    assert found == pytest.approx((400 / (share + half), 400 / (share - half)), rel=1e-12)
    assert [round(end) for end in found] == [3097, 5648]


def test_share_not_told_from_nothing_sets_no_upper_limit() -> None:
    low, high = ends(100, 50, 1, "petersen", "share")
    assert low >= 149
    assert math.isinf(high)
    assert ends(3, 1, 1, "petersen", "share") == (3, math.inf)


def test_wider_confidence_is_a_wider_interval() -> None:
    for estimator, interval in (
        ("chapman", "hypergeometric"),
        ("chapman", "poisson"),
        ("bailey", "binomial"),
        ("petersen", "share"),
    ):
        narrow = ends(948, 421, 167, estimator, interval, confidence=0.8)
        wide = ends(948, 421, 167, estimator, interval, confidence=0.99)
        assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_interval_is_said() -> None:
    rules = population.two_sample(
        948, 421, 167, "petersen", "hypergeometric", confidence=0.9
    ).provenance.rules
    assert dict(rules) == {"estimator": "petersen", "interval": "hypergeometric", "confidence": "0.9"}
    for interval in ("hypergeometric", "poisson", "binomial", "share"):
        assert f"rule.interval={interval}" in terms()


def test_lists_of_identifiers_are_counted() -> None:
    first = ["w1", "w2", "w3", None, "w4", " "]
    second = pd.Series(["w3", "w4", "w5", np.nan, "w6", "w7"])
    found = population.two_sample(first, second)
    # 4, 5, 2 by hand: (5 x 6)/3 - 1.
    assert found.frame["estimate"].iloc[0] == 9
    assert found.frame["n"].iloc[0] == 7
    assert dict(found.provenance.missing) == {"first": 2, "second": 1}
    assert found.provenance.rules["matching"] == "exact"


@pytest.mark.parametrize(
    "kind",
    [list, tuple, set, pd.Series, np.array, pd.Index, lambda cells: pd.Series(cells, dtype="Int64"), iter],
)
def test_any_column_of_numbers_is_a_list(kind: object) -> None:
    found = population.two_sample(kind([1, 2, 3]), kind([3.0, 4.0, 5.0]), estimator="petersen")  # type: ignore[operator]
    assert found.frame["estimate"].iloc[0] == 9


def test_polars_columns_are_lists() -> None:
    found = population.two_sample(pl.Series([1, 2, None]), pl.Series([2, 3]), estimator="petersen")
    assert found.frame["estimate"].iloc[0] == 4
    assert dict(found.provenance.missing) == {"first": 1}


def test_duplicates_are_dropped_where_declared() -> None:
    found = population.two_sample(
        ["a", "a", "b", "c"], ["c", "c", "c", "d"], estimator="petersen", duplicates="drop"
    )
    assert found.frame["estimate"].iloc[0] == 3 * 2 / 1
    assert found.provenance.rules["duplicates_first"] == "1"
    assert found.provenance.rules["duplicates_second"] == "2"
    assert {"rule.duplicates_first", "rule.duplicates_second", "rule.matching=exact"} <= terms().keys()


def refused(*arguments: object, **options: object) -> str:
    with pytest.raises((MisleadingError, OptionError, EmptyDomainError)) as caught:
        population.two_sample(*arguments, **options)  # type: ignore[arg-type]
    return str(caught.value)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (["a", "a", "b"], ["a", "c", "c", "c"]),
        ([1, 2, 3], ["2", "3", "4"]),
        (["1", "2", 3], ["1", "2", "3"]),
        (["A1", "A2"], ["a1", "a3"]),
        (["0012", "0013"], [12, 14]),
        ([1, "1", "2"], ["2"]),
        (["a", "b"], ["c"]),
        (["a", [1]], ["c"]),
        (["a"], [None, float("nan"), ""]),
        (pd.DataFrame({"id": ["a"]}), ["a"]),
        ("ann", ["a"]),
        (["a"], None),
        (12, 9),
        (12, ["a"]),
    ],
)
def test_refusals(first: object, second: object, error_text) -> None:
    error_text(refused(first, second))


def test_refusals_of_options(error_text) -> None:
    error_text(refused(["a"], ["a"], 1), "1")
    error_text(refused(["a"], ["a"], duplicates="keep"), "2")
    error_text(refused(9, 9, 3, "bailey", "hypergeometric"), "3")
    error_text(refused(9, math.nan, 3), "4")
    error_text(refused(9, 9, "3"), "5")
