"""Half-lives, pairs of windows and unequal chances: MT2, MT3 and MT4 of the notebooks behind Difallah et al. (2018)."""

from __future__ import annotations

import math
from datetime import date, timedelta
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy.special import betaln, gammaln

from diplab import population
from diplab.population.kernel.abundance import fit_beta_binomial, moments, profile, size_of_fit
from diplab.population.kernel.open import covariance_of_pairs, fit_pairs
from tests.recorded_histories import MTURK as MT1


def test_half_lives():
    assert population.half_life(0.0009180753286719494) == pytest.approx(
        755.0003348446623, rel=1e-14
    )
    assert round(population.half_life(0.0008717947686771045), 1) == 795.1
    assert round(population.half_life(0.0009606402995450986), 1) == 721.5
    assert population.half_life(survival=0.25, interval_days=60) == pytest.approx(30)
    rate = -math.log(0.8) / 30
    assert population.half_life(survival=0.8, interval_days=30) == pytest.approx(
        population.half_life(rate)
    )
    histories = pd.DataFrame([[1, 1, 1, 1], [1, 0, 1, 1], [1, 1, 0, 1], [0, 1, 1, 1], [1, 0, 1, 0]])
    found = population.open_population(histories)
    row = population.survival_half_life(found, 30).frame.iloc[0]
    assert row["flag"] == "nobody leaves"
    assert math.isnan(row["estimate"])
    histories = pd.concat([histories] * 3 + [pd.DataFrame([[1, 0, 0, 0]] * 2 + [[0, 1, 0, 0]] * 2)])
    row = population.survival_half_life(population.open_population(histories), 30).frame.iloc[0]
    assert row["flag"] == "no upper limit"
    assert math.isinf(row["ci_high"])
    assert row["estimate"] > 0


def test_half_life_of_an_open_population():
    draw = np.random.default_rng(3)
    present = np.cumprod(
        np.column_stack([np.ones(900), draw.random((900, 5)) < 0.8]), axis=1
    ).astype(bool)
    met = pd.DataFrame(present & (draw.random(present.shape) < 0.4))
    found = population.open_population(met)
    row = population.survival_half_life(found, 30).frame.iloc[0]
    survival = found.frame[
        (found.frame["statistic"] == "survival") & found.frame["estimate"].notna()
    ]
    rate = -np.log(survival["estimate"]).mean() / 30
    assert row["statistic"] == "half_life"
    assert row["estimate"] == pytest.approx(math.log(2) / rate)
    # By hand: four survivals, each tied to the next.
    places = survival.index
    share = survival["estimate"].to_numpy()
    total = sum(
        found.covariance[a, b] / (share[i] * share[j])
        for i, a in enumerate(places)
        for j, b in enumerate(places)
        if abs(i - j) <= 1
    )
    error = math.sqrt(total) / 4 / 30
    assert row["std_error"] == pytest.approx(math.log(2) * error / rate**2)
    low, high = (math.log(2) / (rate + side * 1.959963984540054 * error) for side in (1, -1))
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((low, high))
    # The truth: 30 ln 2/-ln 0.8 = 93.2.
    assert low < 93.2 < high


def test_refusals(refused):
    refused(population.half_life)
    refused(lambda: population.half_life(0.1, survival=0.5))
    refused(lambda: population.half_life(0))
    refused(lambda: population.half_life(survival=1.0, interval_days=30))
    refused(lambda: population.half_life(survival=1.1, interval_days=30))
    refused(lambda: population.half_life(survival=0.5))
    refused(lambda: population.half_life("fast"))
    refused(lambda: population.survival_half_life(population.two_sample(9, 9, 3), 30))
    table = exact_pairs(0.001, [2e8] * 3, [0.0, 60, 130])
    refused(lambda: population.window_pairs({0: ["a"], 30: ["a"]}))
    refused(lambda: population.window_pairs({0: ["a"], 30: ["a"], 60: ["b"]}))
    refused(lambda: population.window_pairs({0: ["a"], 30: ["a"]}, apart_days=60))
    refused(lambda: population.window_pairs({0: [1], 30: ["1"]}))
    refused(lambda: population.window_pairs([("2015-01-01", ["a"]), ("2015-01-01", ["b"])]))
    refused(lambda: population.window_pairs({"01/02/2015": ["a"], "03/04/2015": ["a"]}))
    refused(lambda: population.window_pairs(12))
    refused(lambda: population.window_pairs(table.drop(columns="date2")))
    refused(lambda: population.window_pairs(table.assign(m=-1)))
    refused(lambda: population.window_pairs(table.assign(m=10**9)))
    refused(
        lambda: population.window_pairs(table.rename(columns={"date1": "date2", "date2": "date1"}))
    )
    refused(lambda: population.window_pairs(table, effects="both"))
    refused(lambda: population.propensity_factor(0, 3))
    refused(lambda: population.propensity_factor(1, 3, 1.5))
    refused(lambda: population.never_seen(1, math.nan, 3))
    refused(lambda: population.beta_binomial([12], 5))
    refused(lambda: population.beta_binomial({2: 5, 3: 1}, 5))
    refused(lambda: population.beta_binomial(MT1, 12))
    refused(lambda: population.beta_binomial(MT1, None))
    refused(lambda: population.beta_binomial(MT1, 29, "bayes"))


def exact_pairs(rate: float, sizes: list[float], days: list[float]) -> pd.DataFrame:
    """Return pairs whose n1 n2/m is exp(rate t) times the size at the second date, but for whole numbers."""
    rows = []
    for (i, first), (j, second) in combinations(enumerate(days), 2):
        both = 10**6
        product = sizes[j] * math.exp(rate * (second - first)) * both
        rows.append((round(math.sqrt(product)), round(math.sqrt(product)), both, first, second))
        assert i < j
    return pd.DataFrame(rows, columns=["n1", "n2", "m", "date1", "date2"])


def test_exact_pairs():
    days = [0.0, 60, 125, 190, 250]
    steady = exact_pairs(0.001, [2e8] * 5, days)
    for effects in ("second", "first", "none"):
        found = population.window_pairs(steady, effects=effects).frame.set_index("statistic")
        assert found.loc["departure_rate", "estimate"] == pytest.approx(0.001, rel=1e-5)
        assert found.loc["abundance", "estimate"] == pytest.approx(2e8, rel=1e-6)
        assert found.loc["half_life", "estimate"] == pytest.approx(math.log(2) / 0.001, rel=1e-5)
        assert found.loc["departure_rate", "std_error"] < 1e-8
        assert found["df"].tolist() == [4, 4, 4]
    days = [0.0, 60, 125, 190, 250]
    growing = exact_pairs(0.001, [2e8 * 1.2**at for at in range(5)], days)
    rates = {
        effects: population.window_pairs(growing, effects=effects).frame["estimate"].iloc[0]
        for effects in ("second", "first", "none")
    }
    assert rates["second"] == pytest.approx(0.001, rel=1e-5)
    # Growth passes for departures.
    assert rates["first"] > 0.003
    assert rates["none"] > 0.002
    table = exact_pairs(0.001, [2e8] * 3, [0.0, 60, 130])
    found = population.window_pairs(table).frame.set_index("statistic")
    assert found["flag"].tolist() == ["no variance"] * 3
    assert found["estimate"].notna().all()
    assert found[["std_error", "ci_low", "ci_high"]].isna().all().all()
    table = exact_pairs(-0.001, [2e8] * 5, [0.0, 60, 125, 190, 250])
    row = population.window_pairs(table).frame.set_index("statistic").loc["half_life"]
    assert row["flag"] == "nobody leaves"
    assert math.isnan(row["estimate"])


def test_the_line_is_that_of_least_squares_with_date_effects():
    draw = np.random.default_rng(8)
    first, second = np.array(list(combinations(range(5), 2))).T
    apart = (second - first) * 30.0 + draw.random(10)
    values = 8 + 0.002 * apart + draw.normal(0, 0.1, 10)
    design = np.column_stack([apart, *(second == at for at in range(1, 5))]).astype(float)
    slope = np.linalg.lstsq(design, values, rcond=None)[0][0]
    found = fit_pairs(apart, values, second)
    assert found.rate == pytest.approx(slope)
    assert found.log_size == pytest.approx((values - slope * apart).mean())
    plain = np.linalg.lstsq(np.column_stack([apart, np.ones(10)]), values, rcond=None)[0]
    found = fit_pairs(apart, values, np.zeros(10, dtype=int))
    assert (found.rate, found.log_size) == pytest.approx((plain[0], plain[1]))
    # The jackknife over windows less that over pairs, written out.
    whole = np.array(
        [
            fit_pairs(*(x[(first != w) & (second != w)] for x in (apart, values, second)))
            for w in range(5)
        ]
    )
    own = np.array(
        [fit_pairs(*(np.delete(x, p) for x in (apart, values, second))) for p in range(10)]
    )
    by_window = 4 / 5 * ((whole - whole.mean(axis=0)) ** 2).sum(axis=0)
    by_pair = 9 / 10 * ((own - own.mean(axis=0)) ** 2).sum(axis=0)
    variances = np.diag(covariance_of_pairs(apart, values, second, first, second))
    assert variances == pytest.approx(np.maximum(by_window - by_pair, by_pair))


def workers(seed: int, windows: int = 10) -> dict[date, list[str]]:
    """Return who was met in windows 60 days apart: 3000 at any time, who leave at 0.002 a day; 12% are met."""
    draw = np.random.default_rng(seed)
    last = 60 * (windows - 1)
    came = draw.uniform(0, last, draw.poisson(3000 * 0.002 * last))
    start = np.concatenate([np.zeros(3000), came])
    end = start + draw.exponential(500, len(start))
    windows_met = {}
    for at in range(windows):
        there = (start <= 60 * at) & (end > 60 * at) & (draw.random(len(start)) < 0.12)
        windows_met[date(2015, 4, 1) + timedelta(days=60 * at)] = [
            f"A{each}" for each in np.flatnonzero(there)
        ]
    return windows_met


def test_windows_of_workers():
    windows_met = workers(5)
    found = population.window_pairs(windows_met, apart_days=60)
    rows = found.frame.set_index("statistic")
    assert found.provenance.rules["pairs"] == "45"
    assert rows["n"].unique().tolist() == [len(set().union(*windows_met.values()))]
    for statistic, truth in (("departure_rate", 0.002), ("abundance", 3000), ("half_life", 346.57)):
        assert rows.loc[statistic, "ci_low"] < truth < rows.loc[statistic, "ci_high"]
        assert rows.loc[statistic, "estimate"] == pytest.approx(truth, rel=0.25)
    # The same as a table of pairs, and in any order.
    table = pd.DataFrame(
        [
            (
                len(windows_met[a]),
                len(windows_met[b]),
                len(set(windows_met[a]) & set(windows_met[b])),
                a,
                b,
            )
            for a, b in combinations(sorted(windows_met), 2)
        ],
        columns=["n1", "n2", "m", "date1", "date2"],
    )
    columns = ["estimate", "std_error", "ci_low", "ci_high"]
    pd.testing.assert_frame_equal(
        population.window_pairs(table).frame[columns], found.frame[columns]
    )
    backwards = population.window_pairs(list(reversed(windows_met.items())), apart_days=60)
    pd.testing.assert_frame_equal(backwards.frame, found.frame)
    windows_met: dict[int, list[str | None]] = {
        0: ["a", "b", "c", None, "a"],
        30: ["a", "b"],
        60: ["a", "c"],
        90: ["a", "b"],
    }
    found = population.window_pairs(windows_met, effects="none")
    assert dict(found.provenance.missing) == {"windows": 1}
    assert found.frame["n"].tolist() == [3, 3, 3]


def test_intervals_of_windows_hold_the_truth():
    covering = 0
    for seed in range(60):
        rows = population.window_pairs(workers(1000 + seed, windows=7)).frame.set_index("statistic")
        row = rows.loc["departure_rate"]
        covering += row["ci_low"] < 0.002 < row["ci_high"]
    # 95% of 60 is 57; fewer than 53 has a chance of 1%.
    assert covering >= 53


def test_propensity_factor_and_those_never_seen():
    # MT2: published, and derived from the closed form.
    assert population.propensity_factor(2.3, 18.6) == pytest.approx(1.3692674210839786, rel=1e-14)
    assert population.propensity_factor(0.29, 20.9) == pytest.approx(4.2478127768, rel=1e-10)
    # By hand: E(a^3)/E(a)^3 of Beta(1, 1) is (1/4)/(1/8).
    assert population.propensity_factor(1, 1, 3) == pytest.approx(2)
    assert population.propensity_factor(5, 2, 1) == 1
    assert population.never_seen(0.29, 20.9, 27) == pytest.approx(0.784031716414, rel=1e-11)
    assert population.never_seen(0.60, 67.9, 98) == pytest.approx(0.584468297261, rel=1e-11)
    assert 37830 / (1 - population.never_seen(0.29, 20.9, 27)) == pytest.approx(
        175164.609228, rel=1e-11
    )
    assert 123507 / (1 - population.never_seen(0.60, 67.9, 98)) == pytest.approx(
        297226.41903323017, rel=1e-11
    )
    # of laws by moments
    assert population.never_seen(0.6413738386, 8.0467867080, 29) == pytest.approx(
        0.3714208996, abs=1e-9
    )
    assert population.never_seen(0.3007047003, 3.7726929908, 29) == pytest.approx(
        0.5090863300, abs=1e-9
    )
    # by hand over one occasion: the mean of the others
    assert population.never_seen(2.3, 18.6, 1) == pytest.approx(18.6 / 20.9, rel=1e-13)
    assert population.never_seen(1, 1, 1) == pytest.approx(0.5)


MT4 = [
    # Recorded as -60994.5914; in exact fractions -60994.591259 (at beta 22.1118008).
    (1, 22.1118, -60994.5913, 69547.30),
    (0.6, 16.4951, -58823.9385, 86069.69),
    (0.3, 12.4017, -56942.5507, 128276.50),
    (0.2, 11.0713, -56266.8585, 170888.18),
    (0.1, 9.7635, -55570.0824, 299282.96),
    (0.05, 9.1196, -55215.2287, 556575.23),
    (0.01, 8.6098, -54929.0420, 2616306),
    (0.001, 8.4959, -54864.4348, 25790135),
]


@pytest.mark.parametrize(("alpha", "beta", "likelihood", "size"), MT4)
def test_profile_of_the_beta_binomial(alpha, beta, likelihood, size):
    found = profile(np.array(MT1, dtype=float), alpha)
    # The record gives four decimals; a flat maximum leaves the last of beta open.
    assert found == (pytest.approx(beta, abs=1.1e-4), pytest.approx(likelihood, abs=6e-5))
    assert 39460 / (1 - population.never_seen(alpha, found[0], 29)) == pytest.approx(size, rel=1e-6)


def test_the_likelihood_is_that_of_the_truncated_law():
    counts = np.array([60.0, 25, 10, 5])
    times = np.arange(1, 5)
    beta, value = profile(counts, 0.7)
    law = np.exp(
        gammaln(5)
        - gammaln(times + 1)
        - gammaln(5 - times)
        + betaln(times + 0.7, 4 - times + beta)
        - betaln(0.7, beta)
    )
    assert value == pytest.approx(counts @ np.log(law / (1 - population.never_seen(0.7, beta, 4))))


def test_boundaries_of_the_beta_law():
    found = population.beta_binomial(MT1, occasions=29)
    bound, row = (found.frame.iloc[at] for at in range(2))
    assert (bound["statistic"], bound["flag"]) == ("chao", "lower bound")
    assert bound["estimate"] == pytest.approx(95987.8178166, rel=1e-11)
    assert (row["statistic"], row["flag"], row["n"]) == ("beta_binomial", "boundary", 39460)
    assert row[["estimate", "std_error", "ci_low", "ci_high"]].isna().all()
    assert found.provenance.rules["beta_law"] == "unbounded"
    alike = population.beta_binomial([40, 60, 50, 10, 1], 12)
    assert alike.frame["flag"].iloc[1] == "boundary"
    assert alike.provenance.rules["beta_law"] == "equal"
    counts = np.bincount(
        np.random.default_rng(1).binomial(6, np.random.default_rng(2).beta(0.4, 3, 400)),
        minlength=7,
    )
    row = population.beta_binomial(dict(enumerate(counts[1:].tolist(), start=1)), 6).frame.iloc[1]
    assert row["flag"] == "no upper limit"
    assert math.isinf(row["ci_high"])


@pytest.mark.parametrize(
    ("fit", "alpha", "beta", "size"),
    [
        ("moments", 0.6413738386, 8.0467867080, 62776.506524),
        ("notebook", 0.3007047003, 3.7726929908, 80380.731708),
    ],
)
def test_published_moments_are_replications_under_the_bound(fit, alpha, beta, size):
    law = moments(2.1408261530663966, 12.296426761277242, 29, bracket=fit == "moments")
    assert law == pytest.approx((alpha, beta), rel=1e-9)
    row = population.beta_binomial(MT1, 29, fit).frame.iloc[1]
    assert row["estimate"] == pytest.approx(size, rel=1e-11)
    assert row["statistic"] == f"beta_binomial_{fit}"
    assert row["flag"] == "below bound, contradicted"
    assert math.isnan(row["std_error"])


def test_a_beta_law_inside_its_boundaries():
    draw = np.random.default_rng(11)
    errors, variances = [], []
    for _ in range(60):
        times = draw.binomial(12, draw.beta(1.5, 6, 1500))
        counts = np.bincount(times, minlength=13)[1:]
        fitted = fit_beta_binomial(counts.astype(float))
        assert fitted.boundary == ""
        found = size_of_fit(counts.astype(float), fitted)
        errors.append(found.size - 1500)
        variances.append(found.variance)
    expected = math.sqrt(np.mean(variances))
    assert abs(np.mean(errors)) < 0.4 * expected
    assert np.std(errors) == pytest.approx(expected, rel=0.3)
    row = population.beta_binomial(dict(enumerate(counts.tolist(), start=1)), 12).frame.iloc[1]
    assert (row["estimate"], row["std_error"] ** 2) == pytest.approx((found.size, found.variance))
    assert row["ci_low"] < 1500 < row["ci_high"]
    assert row["flag"] == ""
