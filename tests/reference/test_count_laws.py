"""Sizes from counts that doubt persons seen once, coverage, jackknives and the negative binomial, against records.

NL1 and MT1 recorded from R singleRcapture 1.1.0, SP1 from R SpadeR 0.1.1 (printed to three
decimals), the column `count` of MT1 derived from closed formulas, a negative binomial from R 4.5.0
and VGAM 1.1.13. Four recorded standard errors are not met, because the software is not right there;
each is found again here from its formula, so that what differs is held: zero-one-truncated Poisson
and geometric, one-inflated then truncated geometric, iChao2.
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from diplab import population
from diplab.population.kernel.abundance import Abundance, improved_chao, lognormal_interval
from diplab.population.kernel.truncated import (
    GEOMETRIC,
    POISSON,
    fit_zero_one_truncated,
    truncated_negative_binomial,
    zero_one_truncated,
)
from tests.recorded_histories import MTURK as MT1
from tests.recorded_histories import NETHERLANDS as NL1

MT1_COUNT = [
    *(31996, 4090, 1387, 642, 367, 235, 177, 101, 102, 67, 41, 52, 39, 34, 25, 14, 17, 14, 13, 8),
    *(7, 7, 6, 7, 7, 1, 3, 1),
]
SP1_PERSONS = [
    752,
    276,
    194,
    126,
    121,
    97,
    95,
    83,
    72,
    44,
    39,
    16,
    15,
    14,
    9,
    9,
    9,
    8,
    7,
    4,
    2,
    2,
    1,
    1,
    1,
]
SP1_COUNTS = {times: SP1_PERSONS.count(times) for times in sorted(set(SP1_PERSONS))}
SP1_OCCASIONS = {1: 43, 2: 16, 3: 8, 4: 6, 6: 2, 7: 1}


def of(found):
    assert len(found) == 1
    return found.frame.iloc[0]


def model(found):
    fit = found.fits[0]
    assert fit is not None
    return fit


# size, standard error and interval as recorded, and the drawing part that the software has for m
# persons seen at least twice who stand for a each, R being the chance of two sightings or more
TWICE = [
    ("zero_one_truncated_poisson", POISSON, (2455.56126901, 156.4379448, 2221.070682, 2851.267224),
     lambda m, a, rest: m * a**2 * (1 - rest)),
    ("zero_one_truncated_geometric", GEOMETRIC, (5317.4744898, 830.9186241, 4034.755761, 7363.791288),
     lambda m, a, rest: m * a),
]  # fmt: skip


@pytest.mark.parametrize(("estimator", "law", "recorded", "theirs"), TWICE)
def test_zero_one_truncated_sizes_and_where_the_recorded_error_comes_from(
    estimator, law, recorded, theirs
):
    size, error, low, high = recorded
    row = of(population.single_source(NL1, estimator))
    assert row["estimate"] == pytest.approx(size, rel=1e-9)
    more = sum(NL1[1:])
    each = (size - NL1[0]) / more
    rest = fit_zero_one_truncated(np.arange(1.0, 7), np.array(NL1, dtype=float), law).rest
    ours, software = more * each * (each - 1), theirs(more, each, rest)
    variance = row["std_error"] ** 2 - ours + software
    assert math.sqrt(variance) == pytest.approx(error, rel=1e-7)
    # the interval apart from the error: theirs from their error, ours from ours
    assert lognormal_interval(Abundance(size, error**2, 1880)) == pytest.approx(
        (low, high), rel=1e-8
    )
    assert lognormal_interval(
        Abundance(row["estimate"], row["std_error"] ** 2, 1880)
    ) == pytest.approx((row["ci_low"], row["ci_high"]), rel=1e-12)


def test_one_inflated_then_truncated_and_where_the_recorded_error_comes_from():
    row = of(population.single_source(MT1, "truncated_one_inflated_geometric"))
    assert row["estimate"] == pytest.approx(47677.6499472, rel=1e-10)
    # singleRcapture has sum (1 - p) / p for the drawing, where p = n / N, and not sum (1 - p) / p^2
    chance = 39460 / row["estimate"]
    drawn = 39460 * (1 - chance)
    variance = row["std_error"] ** 2 - drawn / chance**2 + drawn / chance
    assert math.sqrt(variance) == pytest.approx(153.59849, rel=1e-7)
    assert lognormal_interval(Abundance(47677.6499472, 153.59849**2, 39460)) == pytest.approx(
        (47382.07537, 47984.25248), rel=1e-8
    )
    for counts in (NL1, MT1):
        for law in ("poisson", "geometric"):
            one, other = (
                of(population.single_source(counts, f"{way}_{law}"))
                for way in ("zero_one_truncated", "truncated_one_inflated")
            )
            for column in ("estimate", "std_error", "ci_low", "ci_high"):
                assert one[column] == pytest.approx(other[column], rel=1e-10)


@pytest.mark.parametrize("law", [POISSON, GEOMETRIC])
def test_errors_of_sizes_from_two_sightings_on_by_simulation(law):
    # 5,000 persons with a mean of 4 sightings, 4,000 times: the spread of the sizes is the mean
    # standard error. With the drawing part of the software it would be 2.06 times (Poisson) and
    # 1.59 times (geometric) as much.
    draw = np.random.default_rng(5)
    sizes, variances = [], []
    for _ in range(4000):
        seen = draw.poisson(4.0, 5000) if law is POISSON else draw.geometric(0.2, 5000) - 1
        counts = np.bincount(seen)[1:].astype(float)
        found = zero_one_truncated(
            fit_zero_one_truncated(np.arange(1.0, len(counts) + 1), counts, law)
        ).abundance
        sizes.append(found.size)
        variances.append(found.variance)
    # relative standard error of a standard deviation from 4,000 draws: 1.1 %
    assert np.std(sizes) == pytest.approx(math.sqrt(np.mean(variances)), rel=0.04)
    assert np.mean(sizes) == pytest.approx(5000, rel=0.01)


@pytest.mark.parametrize(
    ("occasions", "estimator", "size", "error", "interval"),
    [
        (None, "chao1", 27.249, 3.394, (25.266, 44.030)), (None, "chao1_bc", 25.999, 1.817, None),
        (None, "ace", 26.920, None, None), (None, "jackknife1", 27.998, None, None),
        (None, "jackknife2", 28.998, None, None), (18, "chao2", 130.571, 22.753, (100.899, 195.605)),
        (18, "chao2_bc", 126.167, 20.718, (99.048, 185.193)), (18, "ichao", 139.901, None, None),
        (18, "ace", 133.595, 20.793, None), (18, "ace_1", 155.184, 34.275, None),
        (18, "jackknife1", 116.611, 8.886, None), (18, "jackknife2", 141.448, 14.872, None),
    ],
)  # fmt: skip
def test_spader(occasions, estimator, size, error, interval):
    found = population.single_source(
        SP1_OCCASIONS if occasions else SP1_COUNTS, estimator, occasions=occasions
    )
    row = of(found)
    assert row["n"] == (76 if occasions else 25)
    assert found.provenance.rules.get("occasions") == (str(occasions) if occasions else None)
    assert row["estimate"] == pytest.approx(size, abs=5e-4)
    assert error is None or row["std_error"] == pytest.approx(error, abs=5e-4)
    assert interval is None or (row["ci_low"], row["ci_high"]) == pytest.approx(interval, abs=5e-4)


def test_improved_chao_slopes_by_hand_and_where_the_recorded_error_comes_from():
    counts, t = np.array([43.0, 16, 8, 6, 0, 2, 1]), 18

    def size(f: np.ndarray) -> float:
        beyond = f[0] - (t - 3) / (2 * (t - 1)) * f[1] * f[2] / f[3]
        return float(
            f.sum()
            + (t - 1) / t * f[0] ** 2 / (2 * f[1])
            + (t - 3) / (4 * t) * f[2] / f[3] * beyond
        )

    step = 1e-5
    units = np.eye(7) * step
    slopes = np.array([(size(counts + unit) - size(counts - unit)) / (2 * step) for unit in units])
    persons = size(counts)
    variance = (slopes**2) @ counts - (slopes @ counts) ** 2 / persons
    found = improved_chao(counts, t)
    assert found.size == pytest.approx(persons, rel=1e-12)
    assert found.variance == pytest.approx(variance, rel=1e-6)
    assert math.sqrt(found.variance) == pytest.approx(24.948, abs=5e-4)
    # SpadeR prints 15.602: it leaves out those seen, turns round a sign in the slopes by f1 and f2,
    # and drops a term of the slope by f3
    theirs = slopes[:4] - 1
    theirs[0] -= 2 * (t - 3) / (4 * t) * 8 / 6
    theirs[1] = -theirs[1] - 2 * (t - 3) ** 2 / (8 * t * (t - 1)) * (8 / 6) ** 2
    theirs[2] = (t - 3) / (4 * t) * 43 / 6
    software = (theirs**2) @ counts[:4] - (theirs @ counts[:4]) ** 2 / persons
    assert math.sqrt(software) == pytest.approx(15.602, abs=5e-4)


def test_counts_of_the_second_column():
    # derived from closed formulas
    sizes = {
        "chao": 164612.080196,
        "chao_bc": 164577.577609,
        "zelterman": 174917.223246,
        "geometric": 122077.477583,
    }
    for estimator, size in sizes.items():
        row = of(population.single_source(MT1_COUNT, estimator))
        assert row["n"] == 39_460
        assert row["estimate"] == pytest.approx(size, rel=1e-11)
    assert population.single_source(MT1_COUNT).provenance.rules["sightings"] == "58307"
    # f1 = 1: the corrected bound is n, its variance (1/12)^2 by hand, and a single point would
    # claim certainty.
    row = population.single_source({1: 1, 2: 5, 3: 5}, "chao_bc").frame.iloc[0]
    assert (row["estimate"], row["n"], row["ci_low"]) == (11, 11, 11)
    assert row["std_error"] == pytest.approx(1 / 12, rel=1e-12)
    assert row["ci_high"] == pytest.approx(11 + 1.959963984540054 / 12, rel=1e-12)
    assert lognormal_interval(Abundance(50.0, 0.0, 50.0)) == (50.0, 50.0)
    assert lognormal_interval(Abundance(50.0, math.nan, 50.0)) == (50.0, 50.0)


# set.seed(20261125); y <- rnbinom(5000, size = 1.5, mu = 2.2), those above zero; vglm(y ~ 1,
# posnegbinomial()) with a density dposnegbin2 written for it, which VGAM 1.1.13 calls and does not
# hold. Errors from optimHess of the same log-likelihood at those coefficients (VGAM has the
# expected information: 0.02419680, 0.07722131).
DRAWN = [1144, 856, 590, 413, 273, 192, 98, 58, 34, 18, 7, 14, 9, 6, 1, 1, 1, 1, 0, 0, 1]


def test_negative_binomial_with_a_maximum_inside_and_without():
    found = population.single_source(DRAWN, "negative_binomial")
    fit, row = model(found), of(found)
    assert fit.log_likelihood == pytest.approx(-7002.08904055, abs=1e-8)
    assert fit.coefficients["term"].tolist() == ["log mean", "log shape"]
    assert fit.coefficients["estimate"].tolist() == pytest.approx(
        [0.801847534065, 0.499595314110], abs=1e-7
    )
    assert fit.coefficients["std_error"].tolist() == pytest.approx(
        [0.02420507847, 0.07727729403], rel=1e-6
    )
    assert row["estimate"] == pytest.approx(4917.3493945, rel=1e-8)
    assert row["std_error"] == pytest.approx(94.7509954616, rel=1e-6)
    assert row["flag"] == ""
    assert row["ci_low"] < 5000 < row["ci_high"]
    found = population.single_source([50, 40, 30, 20, 8, 1], "negative_binomial")
    assert of(found)["flag"] == "boundary"
    assert any("Read the truncated Poisson" in text.en for text in found.provenance.assumptions)
    # the log-series lies 0.02 under the best log-likelihood, far less than 1.92
    row = of(population.single_source(SP1_OCCASIONS, "negative_binomial"))
    assert row["flag"] == "no upper limit"
    assert math.isinf(row["ci_high"])
    assert 76 < row["ci_low"] < row["estimate"] < math.inf


def test_rates_that_differ_next_to_nothing():
    """With u = 1 / k the profile is a u - b u^2 above Poisson: along log k its curvature is twice the gain a^2 / 4 b.

    Rounding made it negative, and its square root a warning.
    """
    persons = [4659, 7173, 6979, 5146, 3227, 1554, 650, 265, 95, 17, 6, 1]
    fit = truncated_negative_binomial(np.arange(1.0, 13.0), np.array(persons, dtype=float))
    assert fit.errors[1] == pytest.approx(1 / np.sqrt(2 * 2.546907e-5), rel=0.03)
    poisson = population.single_source(persons, "poisson").frame.iloc[0]
    assert fit.abundance.size == pytest.approx(poisson["estimate"], rel=2e-3)
    assert np.isfinite(fit.abundance.variance)


def test_the_maximum_is_found_across_a_ridge_that_bends_upwards():
    """R 4.5.0: Newton on exact derivatives (`deriv` of the log-likelihood); the fit once stopped short at 27.561."""
    fit = truncated_negative_binomial(np.arange(1.0, 8), np.array([1.0, 6, 8, 2, 3, 1, 6]))
    assert fit.estimates == pytest.approx((1.3649320977343937, 4.8524875758229840), rel=1e-9)
    assert fit.log_likelihood == pytest.approx(-54.697872052759429, rel=1e-12)
    assert fit.errors == pytest.approx((0.10291196935538507, 10.34464814058155824), rel=1e-8)
    assert fit.abundance.size == pytest.approx(27.582985890359286, rel=1e-10)


@pytest.mark.parametrize(
    ("persons", "size", "error", "log_shape", "accuracy"),
    [
        (
            [44, 82, 100, 94, 70, 44, 25, 10, 5, 2, 1],
            488.97727389941,
            4.0939409312504,
            5.4028941887326,
            1e-9,
        ),
        (
            [36447, 12567, 2890, 498, 70, 7, 1],
            105324.83535159,
            1267.848845999,
            10.652440063566,
            1e-5,
        ),
    ],
)
def test_a_maximum_far_along_a_narrow_ridge(persons, size, error, log_shape, accuracy):
    """By 50 digits of mpmath 1.4.1: the maximum by Newton's steps, the error by the delta method at it.

    Newton's first leap goes beyond the maximum, to where the likelihood bends the other way.
    """
    fit = truncated_negative_binomial(
        np.arange(1.0, len(persons) + 1), np.array(persons, dtype=float)
    )
    assert fit.abundance.size == pytest.approx(size, rel=min(accuracy, 1e-9))
    assert np.sqrt(fit.abundance.variance) == pytest.approx(error, rel=accuracy)
    assert fit.estimates[1] == pytest.approx(log_shape, rel=accuracy)


@pytest.mark.parametrize("counts", [NL1, MT1, MT1_COUNT])
def test_negative_binomial_without_a_maximum_gets_no_point(counts):
    found = population.single_source(counts, "negative_binomial")
    row = of(found)
    assert row["flag"] == "boundary"
    assert row[["estimate", "std_error", "ci_low", "ci_high"]].isna().all()
    assert row["n"] == sum(counts)
    assert any(
        "no estimate under this distribution" in text.en for text in found.provenance.assumptions
    )
    assert any("borne inférieure de Chao" in text.fr for text in found.provenance.assumptions)


def test_the_likelihood_rises_to_the_log_series_as_the_size_grows():
    times, persons = np.arange(1.0, 7), np.array(NL1, dtype=float)
    fit = truncated_negative_binomial(times, persons)
    assert (fit.boundary, math.isnan(fit.abundance.size)) == ("no upper limit", True)
    # by hand: the best log-likelihood at shapes 1 (the geometric), 0.1, 0.01, by a search over the
    # mean
    means = np.exp(np.linspace(-9, 1, 20_001))

    def best(shape: float) -> float:
        none = (1 + means / shape) ** -shape
        share = means / (means + shape)
        heights = np.log(none / (1 - none)) * persons.sum() + np.log(share) * float(times @ persons)
        rises = sum(
            f * sum(math.log((shape + j) / (j + 1)) for j in range(int(y)))
            for y, f in zip(times, persons, strict=True)
        )
        return float(heights.max()) + rises

    heights = [best(shape) for shape in (1.0, 0.1, 0.01)]
    assert heights[0] == pytest.approx(-883.2099131, abs=1e-4)
    assert all(lower < higher for lower, higher in pairwise([*heights, fit.log_likelihood + 1e-6]))


def test_expected_counts_of_a_fitted_law():
    # saturated for those seen once; by hand for the geometric from two on: 235 x 0.770492 x
    # 0.229508^(y - 2)
    table = model(population.single_source(NL1, "one_inflated_geometric")).fitted
    assert table is not None
    ratio = 0.29787234 / 1.29787234
    expected = [1645, *(235 * (1 - ratio) * ratio**power for power in range(5))]
    assert table["expected"].tolist() == pytest.approx(expected, rel=1e-7)
    assert table["seen"].tolist() == NL1
    for estimator, persons in [
        ("poisson", 1880),
        ("negative_binomial", 3717),
        ("hurdle_poisson", 1880),
    ]:
        counts = NL1 if persons == 1880 else DRAWN
        found = model(population.single_source(counts, estimator)).fitted
        assert found is not None
        assert found["expected"].sum() == pytest.approx(persons, rel=2e-3)
