"""Population sizes against recorded values.

Two lists (TS1): published in Krebs, Ricker, Pine, Seber and in the notebook behind Difallah et al.
(2018), and recorded from R (Rcapture). One source: MT1 and NL1 recorded from R singleRcapture 1.1.0
and Rcapture 1.4-4, MT2 published. Values are held to the digits the record gives.

Two lists: exact and approximate intervals, and lists of identifiers.

Numbers of each case and printed intervals: Krebs (1989, box 2.1), Ricker (1975), Pine et al. (2013,
box 11.2), Seber (1982, tables 3.7 and 3.8), R epiR 2.0.80. Exact limits were recorded from R 4.5.0
(`phyper`, `binom.test`, `poisson.test`).
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from diplab import population
from diplab.errors import MisleadingError
from diplab.population.kernel.abundance import finite_chao, petersen
from diplab.presentation.language import terms
from diplab.results.estimates import COLUMNS, Estimates
from tests.recorded_histories import MTURK as MT1
from tests.recorded_histories import NETHERLANDS as NL1
from tests.recorded_values import recorded_file

# lists, both, Petersen, Chapman, Bailey, standard error of Chapman, exact ends by R phyper
TS1: list[tuple[Any, ...]] = [
    (948, 421, 167, 2389.868263, 2382.797619, 2381.285714, 129.0563, 2154, 2682),
    (109, 177, 57, 338.473684, 336.586207, 334.517241, 24.8110, 295, 403),
    (421, 332, 88, 1588.318182, 1577.943820, 1575.202247, 126.5564, 1361, 1892),
    (500, 149, 7, 10642.857143, 9392.75, 9375.0, 3022.1839, 5334, 26102),
    (1000, 243, 21, 11571.428571, 11101.0, 11090.909091, 2183.7011, 7788, 18355),
    (400, 400, 40, 4000, 3920.975610, 3912.195122, None, 3044, 5452),
    (2775, 2831, 584, 13452.097602739726, 13437.687179, 13433.846154, 439.3133554, 12623, 14376),
    (2876, 2849, 633, 12944.271721958925, 12931.886435, 12928.391167, 399.5911, 12189, 13783),
    (5, 10, 5, None, None, None, None, 10, 18),
    (20, 20, 1, None, None, None, None, 89, 15818),
    (7, 7, 7, None, None, None, None, 7, 9),
]

MT2_SHORT = {1: 25070, 2: 5642, 3: 2346, 4: 37830 - 25070 - 5642 - 2346}
MT2_LONG = {1: 79469, 2: 19584, 3: 8297, 4: 123508 - 79469 - 19584 - 8297}


def only(estimates: Estimates) -> pd.Series:
    assert list(estimates.frame.columns) == list(COLUMNS)
    assert len(estimates) == 1
    return estimates.frame.iloc[0]


def ends(*arguments: object, **options: object) -> tuple[float, float]:
    row = population.two_sample(*arguments, **options).frame.iloc[0]
    return row["ci_low"], row["ci_high"]


@pytest.mark.parametrize("case", TS1)
def test_two_samples(case):
    (first, second, both), sizes, (error, *exact) = case[:3], case[3:6], case[6:]
    for estimator, size in zip(("petersen", "chapman", "bailey"), sizes, strict=True):
        row = only(population.two_sample(first, second, both, estimator))
        if size is not None:
            assert row["estimate"] == pytest.approx(size, rel=1e-8)
        assert (row["n"], row["statistic"]) == (first + second - both, estimator)
        assert row["variable"] == "population size"
        if estimator != "bailey":
            assert list(ends(first, second, both, estimator, "hypergeometric")) == exact
            assert list(ends(second, first, both, estimator, "hypergeometric")) == exact
    if error is not None:
        assert only(population.two_sample(first, second, both))["std_error"] == pytest.approx(
            error, abs=5e-5
        )


def test_errors_and_normal_intervals_of_two_samples():
    assert only(population.two_sample(948, 421, 167, "bailey"))["std_error"] == pytest.approx(
        142.1114, abs=5e-5
    )
    # The log-linear model of two lists (Rcapture, Mt) has the delta-method error of
    # Lincoln-Petersen.
    error = only(population.two_sample(2775, 2831, 584, "petersen"))["std_error"]
    assert error == pytest.approx(440.6612689, rel=1e-7)
    # Published (Seber): 9393, standard error 3022, upper end 15316.
    row = only(population.two_sample(500, 149, 7))
    assert round(row["ci_high"]) == 15316
    assert row["ci_low"] == pytest.approx(9392.75 - 1.959963984540054 * 3022.1839, abs=1e-3)
    assert row["cv"] == pytest.approx(3022.1839 / 9392.75, rel=1e-6)
    assert math.isinf(row["df"])
    assert math.isnan(row["deff"])
    # 90 % by hand: z = 1.6448536.
    narrow = only(population.two_sample(500, 149, 7, confidence=0.9))
    assert narrow["ci_high"] == pytest.approx(9392.75 + 1.6448536269514722 * 3022.1839, abs=1e-3)
    row = only(population.two_sample(20, 20, 1))
    assert row["ci_low"] == 39 == row["n"]
    # 5 x 11 / 6 = 9.17, but ten persons were seen.
    row = only(population.two_sample(5, 10, 5, "bailey"))
    assert (row["estimate"], row["flag"]) == (10, "at the number seen")
    assert only(population.two_sample(948, 421, 167, "bailey"))["flag"] == ""


@pytest.mark.parametrize("source", ["NL1", "MT1"])
def test_sizes_errors_and_intervals_of_one_source_as_singlercapture(source):
    counts = NL1 if source == "NL1" else MT1
    for estimator, recorded in recorded_file("one_source")[source].items():
        found = population.single_source(counts, estimator)
        row, (size, error, low, high) = only(found), recorded["size"]
        assert (row["statistic"], row["n"]) == (estimator, sum(counts))
        # only the Poisson size is found by iteration, in R too
        assert row["estimate"] == pytest.approx(
            size, rel=1e-8 if estimator == "poisson" and source == "MT1" else 1e-9
        )
        assert row["std_error"] == pytest.approx(error, rel=1e-7)
        assert (row["ci_low"], row["ci_high"]) == pytest.approx((low, high), rel=1e-8)
        doubted = estimator not in ("poisson", "geometric", "chao", "zelterman")
        assert (row["flag"] == "one-inflated") == doubted
        fit = found.fits[0]
        if "log_likelihood" in recorded:
            assert fit is not None
            height = recorded["log_likelihood"]
            assert fit.log_likelihood == pytest.approx(height, rel=1e-10)
            assert fit.aic == pytest.approx(2 * fit.parameters - 2 * height, rel=1e-10)
            assert fit.bic == pytest.approx(
                math.log(sum(counts)) * fit.parameters - 2 * height, rel=1e-10
            )
        if "coefficients" in recorded and fit is not None:
            # the share of extra persons is recorded as log-odds: logit(0.512578) = 0.050323
            assert fit.coefficients["estimate"].tolist() == pytest.approx(
                recorded["coefficients"], abs=6e-9
            )


def test_bounds_of_chao():
    assert only(population.single_source(MT1, "chao_bc"))["estimate"] == pytest.approx(
        95976.1788046, rel=1e-11
    )
    over = population.single_source(MT1, "chao_t", occasions=29)
    assert only(over)["estimate"] == pytest.approx(97578.4672514, rel=1e-11)
    assert over.provenance.rules["occasions"] == "29"
    # Rcapture, Chao's lower bound with t infinite: 9273.510929 (662.5899972).
    assert math.sqrt(finite_chao(np.array([1645.0, 183, 52]), math.inf).variance) == pytest.approx(
        662.5899972
    )
    # SP1: SpadeR prints Chao1 27.249 (3.394), bias-corrected 25.999 (1.817); it multiplies the
    # unseen by 1700/1701, which moves the third decimal.
    counts = {1: 3, 2: 2, 3: 20}
    plain = finite_chao(np.array([3.0, 2, 20]), math.inf)
    assert (plain.size, math.sqrt(plain.variance)) == pytest.approx((27.249, 3.394), abs=2.1e-3)
    row = only(population.single_source(counts, "chao_bc"))
    assert (row["estimate"], row["std_error"]) == pytest.approx((25.999, 1.817), abs=2e-3)
    # By hand: f1 = 4, f2 = 0, n = 10: unseen 4 x 3 / 2 = 6, N = 16,
    # variance 6 + (7/2)^2 x 4 - 4^4 / (4 x 16) = 6 + 49 - 4 = 51.
    row = only(population.single_source({1: 4, 3: 6}, "chao_bc"))
    assert row["estimate"] == 16
    assert row["std_error"] ** 2 == pytest.approx(51)
    # f1 = 1, f2 = 373: by hand N = 374 + 1 / 746; exp(-746) is nothing to a computer and must not
    # divide.
    found = population.single_source({1: 1, 2: 373}).frame.iloc[0]
    assert found["estimate"] == pytest.approx(374 + 1 / 746, rel=1e-12)
    assert 374 <= found["ci_low"] <= found["estimate"] <= found["ci_high"]


@pytest.mark.parametrize(
    ("counts", "occasions", "sizes"),
    [
        (MT2_SHORT, 27, (95253.26843134017, 93528.768167, 93516.676413, 104377.212795)),
        (MT2_LONG, 82, (286298.87152284285, 284744.773923, 284734.512433, 317395.052665)),
    ],
)
def test_published_mturk_summaries(counts, occasions, sizes):
    # MT2: the first of each line is published by the authors' notebook, the others derived from its
    # counts.
    for estimator, size in zip(("chao_t", "chao", "chao_bc", "zelterman"), sizes, strict=True):
        row = only(population.single_source(counts, estimator, occasions=occasions))
        assert row["estimate"] == pytest.approx(size, rel=1e-11)


def test_chao_over_occasions_variance_by_hand():
    # Slopes taken numerically: variance = unseen + sum (slope^2 x count), unseen scaling with the
    # counts.
    f1, f2, f3, t = 25070.0, 5642.0, 2346.0, 27

    def unseen(f1: float, f2: float, f3: float) -> float:
        m1, m2 = 2 * f2 / f1, 6 * f3 / f1
        return f1**2 / (2 * f2) * (1 - m1 / t) / (1 - m2 / (t * m1))

    step = 1e-3
    slopes = [
        (unseen(f1 + step, f2, f3) - unseen(f1 - step, f2, f3)) / (2 * step),
        (unseen(f1, f2 + step, f3) - unseen(f1, f2 - step, f3)) / (2 * step),
        (unseen(f1, f2, f3 + step) - unseen(f1, f2, f3 - step)) / (2 * step),
    ]
    worked = unseen(f1, f2, f3) + sum(
        slope**2 * f for slope, f in zip(slopes, (f1, f2, f3), strict=True)
    )
    error = only(population.single_source(MT2_SHORT, "chao_t", occasions=27))["std_error"]
    assert error**2 == pytest.approx(worked, rel=1e-7)


def test_counts_as_mapping_sequence_or_series():
    as_list = population.single_source(NL1).frame
    as_mapping = population.single_source(dict(enumerate(NL1, start=1))).frame
    times = pd.Series(np.repeat(np.arange(1, 7), NL1))
    as_series = population.single_source(times.value_counts()).frame
    pd.testing.assert_frame_equal(as_list, as_mapping)
    pd.testing.assert_frame_equal(as_list, as_series)


def test_sensitivity_puts_the_lower_bound_first_and_flags_what_lies_below():
    table = population.sensitivity(MT1, occasions=29)
    assert table.frame["statistic"].tolist()[:6] == [
        *("chao", "chao_bc", "chao_t", "chao2", "ichao", "zelterman")
    ]
    flags = table.frame.set_index("statistic")["flag"]
    assert flags.iloc[:6].tolist() == [*["lower bound"] * 5, ""]
    # 47,467 and 74,049 lie under the lower end of the bound's interval.
    assert flags[["poisson", "geometric"]].tolist() == ["below bound, contradicted"] * 2
    assert np.isnan(table.covariance[0, 1])
    assert table.covariance[0, 0] == pytest.approx(1041.3986**2, rel=1e-6)
    assert len(table.provenance.assumptions) == len(set(table.provenance.assumptions))
    # The Poisson size, 106.0, lies under the bound, 115.4, but inside the bound's interval, from
    # 95.4.
    counts = [40, 22, 9, 6, 2]
    rows = population.sensitivity(counts).frame.set_index("statistic")
    assert rows.loc["poisson", "estimate"] < rows.loc["chao", "estimate"]
    assert rows.loc["poisson", "estimate"] > rows.loc["chao", "ci_low"]
    assert rows.loc["poisson", "flag"] == "below bound"
    assert only(population.single_source(counts, "poisson"))["flag"] == "below bound"
    rows = population.sensitivity({1: 30}).frame.set_index("statistic")
    answered = ["chao_bc", "jackknife1", "jackknife2"]
    assert rows.index[:3].tolist() == answered
    # by hand: the bound 30 + 30 x 29 / 2 = 465, the jackknives 30 + 29 and 30 + 57
    assert rows.loc[answered, "estimate"].tolist() == pytest.approx([465, 59, 87])
    assert rows.loc["chao_bc", "flag"] == "lower bound"
    assert set(rows["flag"].iloc[3:]) == {"ill-posed"}
    assert rows["estimate"].iloc[3:].isna().all()
    assert set(rows["n"]) == {30}


def test_refusals_of_counts(refused):
    assert only(population.single_source({2: 10, 3: 4}, "poisson"))["flag"] == "no singletons"
    refused(lambda: population.single_source({2: 10, 3: 4}), MisleadingError)
    refused(lambda: population.single_source({1: 5, 3: 2}))
    refused(lambda: population.single_source([5], "poisson"))
    refused(lambda: population.single_source([5, 3], "chao_t"))
    refused(lambda: population.single_source([5, 5, 9], "chao_t", occasions=4))
    refused(lambda: population.single_source(NL1, occasions=5))
    refused(lambda: population.single_source(NL1, "chaos"))
    refused(lambda: population.single_source({0: 12, 1: 5}))
    refused(lambda: population.single_source([5, -1]))
    refused(lambda: population.single_source([0, 0]))
    refused(lambda: population.sensitivity(NL1, confidence=95))
    refused(lambda: population.two_sample(100, 80, 0))
    refused(lambda: petersen(100, 80, 0))
    refused(lambda: population.two_sample(100, 80, 90))
    refused(lambda: population.two_sample(100.5, 80, 9))
    refused(lambda: population.two_sample(100, 80, 9, "peterson"))


def test_poisson_and_binomial_intervals():
    # R: p <- poisson.test(7)$conf.int; (M + 1)(n + 1)/(p + 1) - 1, M n/p, M (n + 1)/(p + 1).
    assert ends(500, 149, 7, "chapman", "poisson") == pytest.approx(
        (4871.69544599, 19700.84772266), rel=1e-11
    )
    assert ends(500, 149, 7, "petersen", "poisson") == pytest.approx(
        (5165.47714842, 26471.35377924), rel=1e-11
    )
    assert ends(500, 149, 7, "bailey", "poisson") == pytest.approx(
        (4862.96950698, 19662.52267731), rel=1e-11
    )
    # R: 948/rev(binom.test(167, 421)$conf.int).
    assert ends(948, 421, 167, "bailey", "binomial") == pytest.approx(
        (2129.45141955, 2711.46149525), rel=1e-11
    )
    # Everyone drawn was on the list: the share is 1 at most.
    assert ends(10, 4, 4, "bailey", "binomial") == pytest.approx((10, 10 / 0.025**0.25))


def test_intervals_published_of_chapman_are_normal_and_by_krebs_of_the_share():
    # Krebs prints 2153 and 2685, both by his equation 2.4.
    assert [round(end) for end in ends(948, 421, 167, "petersen", "share")] == [2153, 2685]
    # Pine: 1330 to 1826. Seber: 15316, and by z = 1.96 3470, 6820 and 15382.
    assert [round(end) for end in ends(421, 332, 88)] == [1330, 1826]
    assert round(ends(500, 149, 7)[1]) == 15316
    assert ends(500, 149, 7)[0] == pytest.approx(3470, abs=0.8)
    assert ends(1000, 243, 21) == pytest.approx((6820, 15382), abs=1.2)
    # epiR prints 3125 to 5557: n in place of n - 1, and 1/(2N) in place of the correction for
    # continuity 1/(2n).
    share, size, z = 0.1, 4000, 1.959963984540054
    half = z * math.sqrt(share * (1 - share) / 400 * (1 - 400 / size)) + 1 / (2 * size)
    assert (round(400 / (share + half)), math.ceil(400 / (share - half))) == (3125, 5557)
    # With both as in Krebs, by hand: 3096.5 to 5647.8.
    half = z * math.sqrt(share * (1 - share) / 399 * 0.9) + 1 / 800
    found = ends(400, 400, 40, "petersen", "share")
    assert found == pytest.approx((400 / (share + half), 400 / (share - half)), rel=1e-12)
    assert [round(end) for end in found] == [3097, 5648]
    low, high = ends(100, 50, 1, "petersen", "share")
    assert low >= 149
    assert math.isinf(high)
    assert ends(3, 1, 1, "petersen", "share") == (3, math.inf)


def test_wider_confidence_is_a_wider_interval():
    for estimator, interval in (
        ("chapman", "hypergeometric"),
        ("chapman", "poisson"),
        ("bailey", "binomial"),
        ("petersen", "share"),
    ):
        narrow = ends(948, 421, 167, estimator, interval, confidence=0.8)
        wide = ends(948, 421, 167, estimator, interval, confidence=0.99)
        assert wide[0] < narrow[0] < narrow[1] < wide[1]
    rules = population.two_sample(
        948, 421, 167, "petersen", "hypergeometric", confidence=0.9
    ).provenance.rules
    assert dict(rules) == {
        "estimator": "petersen",
        "interval": "hypergeometric",
        "confidence": "0.9",
    }
    for interval in ("hypergeometric", "poisson", "binomial", "share"):
        assert f"rule.interval={interval}" in terms()


def test_lists_of_identifiers_are_counted():
    first = ["w1", "w2", "w3", None, "w4", " "]
    second = pd.Series(["w3", "w4", "w5", np.nan, "w6", "w7"])
    found = population.two_sample(first, second)
    # 4, 5, 2 by hand: (5 x 6)/3 - 1.
    assert found.frame["estimate"].iloc[0] == 9
    assert found.frame["n"].iloc[0] == 7
    assert dict(found.provenance.missing) == {"first": 2, "second": 1}
    assert found.provenance.rules["matching"] == "exact"
    found = population.two_sample(pl.Series([1, 2, None]), pl.Series([2, 3]), estimator="petersen")
    assert found.frame["estimate"].iloc[0] == 4
    assert dict(found.provenance.missing) == {"first": 1}
    found = population.two_sample(
        ["a", "a", "b", "c"], ["c", "c", "c", "d"], estimator="petersen", duplicates="drop"
    )
    assert found.frame["estimate"].iloc[0] == 3 * 2 / 1
    assert found.provenance.rules["duplicates_first"] == "1"
    assert found.provenance.rules["duplicates_second"] == "2"
    assert {
        "rule.duplicates_first",
        "rule.duplicates_second",
        "rule.matching=exact",
    } <= terms().keys()


@pytest.mark.parametrize(
    "kind",
    [
        list,
        tuple,
        set,
        pd.Series,
        np.array,
        pd.Index,
        lambda cells: pd.Series(cells, dtype="Int64"),
        iter,
    ],
)
def test_any_column_of_numbers_is_a_list(kind):
    found = population.two_sample(kind([1, 2, 3]), kind([3.0, 4.0, 5.0]), estimator="petersen")
    assert found.frame["estimate"].iloc[0] == 9


def test_refusals_of_lists(refused):
    cases = [
        *(
            (["a", "a", "b"], ["a", "c", "c", "c"]),
            ([1, 2, 3], ["2", "3", "4"]),
            (["1", "2", 3], ["1", "2", "3"]),
        ),
        *(
            (["A1", "A2"], ["a1", "a3"]),
            (["0012", "0013"], [12, 14]),
            ([1, "1", "2"], ["2"]),
            (["a", "b"], ["c"]),
        ),
        *(
            (["a", [1]], ["c"]),
            (["a"], [None, float("nan"), ""]),
            (pd.DataFrame({"id": ["a"]}), ["a"]),
        ),
        *(("ann", ["a"]), (["a"], None), (12, 9), (12, ["a"])),
    ]
    for first, second in cases:
        refused(partial(population.two_sample, first, second))
    refused(lambda: population.two_sample(["a"], ["a"], 1))
    refused(lambda: population.two_sample(["a"], ["a"], duplicates="keep"))
    refused(lambda: population.two_sample(9, 9, 3, "bailey", "hypergeometric"))
    refused(lambda: population.two_sample(9, math.nan, 3))
    refused(lambda: population.two_sample(9, 9, "3"))
