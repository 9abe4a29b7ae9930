"""Regressions that have an answer, far from where the fit starts or beside an outlier; and some that have none."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, special, stats

import diplab as dl
from diplab.errors import OptionError
from diplab.inference.regression.rows import check_fit
from diplab.kernel.models.regression import Fit

# R 4.5, survey 4.4-2:
#   d <- data.frame(g = rep(c("a", "b"), c(4000, 20)), y = c(rep(1, 20), rep(0, 3980), rep(1, 12),
# rep(0, 8)))
#   m <- svyglm(y ~ g, svydesign(~1, weights = ~1, data = d), family = quasibinomial(link),
#               control = glm.control(epsilon = 1e-14, maxit = 100)); summary(m)$coef
RARE = {
    "logit": [(-5.29330482472449, 0.224195806616027), (5.69876993283186, 0.508575392783170)],
    "probit": [(-2.57582930354888, 0.0771365117511632), (2.82917640668492, 0.2938815592775814)],
}


def two_groups(n: int, yes: int, few: int, few_yes: int, weight: float = 1.0) -> pd.DataFrame:
    """Return many people of group a and few of group b, so many of whom say yes."""
    return pd.DataFrame({
        "g": ["a"] * n + ["b"] * few, "y": [1] * yes + [0] * (n - yes) + [1] * few_yes + [0] * (few - few_yes),
        "w": [1.0] * n + [weight] * few,
    })  # fmt: skip


def test_a_rare_outcome_is_not_separated() -> None:
    sample = dl.declare_design(two_groups(4000, 20, 20, 12))
    for link, recorded in RARE.items():
        found = dl.regress(sample, "y ~ g", family="binomial", link=link).frame
        np.testing.assert_allclose(found[["estimate", "std_error"]], recorded, rtol=1e-8)


@pytest.mark.parametrize("family", ["binomial", "multinomial", "ordinal"])
@pytest.mark.parametrize("rare", [0.05, 0.02, 0.005, 0.0005])
@pytest.mark.parametrize("common", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("weight", [1.0, 1e-6, 1e-12])
def test_log_odds_of_a_rare_outcome_by_hand(
    family: str, rare: float, common: float, weight: float
) -> None:
    yes, few_yes = int(rare * 4000), int(common * 40)
    sample = dl.declare_design(two_groups(4000, yes, 40, few_yes, weight), weights="w")
    found = dl.regress(sample, "y ~ g", family=family, df="design").frame["estimate"].to_numpy()
    odds = np.log(yes / (4000 - yes))
    gap = np.log(few_yes / (40 - few_yes)) - odds
    expected = [gap, -odds] if family == "ordinal" else [odds, gap]
    np.testing.assert_allclose(found, expected, rtol=1e-11 if weight > 1e-10 else 1e-8)


def test_one_respondent_of_little_weight_is_still_separated(refused: Any) -> None:
    for family, answer in (("binomial", 1), ("poisson", 0), ("multinomial", 1)):
        for weight in (1e-3, 1e-8, 1e-12, 1e-20):
            sample = dl.declare_design(two_groups(200, 80, 1, answer, weight), weights="w")
            refused(
                lambda sample=sample, family=family: dl.regress(sample, "y ~ g", family=family),
                OptionError,
            )


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog"])
def test_a_separated_category_is_refused_under_each_link(link: str, refused: Any) -> None:
    for others, few in itertools.product((20, 100, 400), (1, 3, 8)):
        for yes in (1, 5, others // 2):
            sample = dl.declare_design(two_groups(others, yes, few, few))
            refused(
                lambda sample=sample: dl.regress(sample, "y ~ g", family="binomial", link=link),
                OptionError,
            )


# -- outliers --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def outlier() -> pd.DataFrame:
    """2,000 people with answers that go with x, and one very far out who answers the other way."""
    place = np.arange(1, 2001)
    x = stats.norm.ppf(place / 2001)
    told = 2 * x - stats.logistic.ppf(((place * 779) % 2000 + 0.5) / 2000)
    answer = (told > -0.5).astype(int) + (told > 1)
    x[-1], answer[-1] = 10.0, 0
    return pd.DataFrame({"x": x, "y": answer, "reversed": 2 - answer, "some": answer > 0})


def logs_of(link: str, cut: Any) -> tuple[Any, Any]:
    """Return log F and log(1 - F)."""
    if link == "logit":
        return -np.logaddexp(0, -cut), -np.logaddexp(0, cut)
    if link == "probit":
        return special.log_ndtr(cut), special.log_ndtr(-cut)
    return np.log(-np.expm1(-np.exp(cut))), -np.exp(cut)


def most_likely(minus_log_likelihood: Any, start: list[float]) -> np.ndarray:
    """Return the minimum that two of scipy's methods reach, one after the other."""
    near = optimize.minimize(
        minus_log_likelihood, start, method="Nelder-Mead", options={"maxiter": 5000}
    )
    return optimize.minimize(minus_log_likelihood, near.x, method="BFGS", options={"gtol": 1e-7}).x


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog"])
def test_an_outlier_does_not_keep_a_binary_model_from_its_answer(
    outlier: pd.DataFrame, link: str
) -> None:
    # R's glm ends at coefficients of 1e15 under cloglog: the steps of Fisher go to and fro
    x, some = outlier["x"].to_numpy(), outlier["some"].to_numpy()

    def lost(b: np.ndarray) -> float:
        below, above = logs_of(link, b[0] + b[1] * x)
        return -float(np.where(some, below, above).mean())

    found = dl.regress(dl.declare_design(outlier), "some ~ x", family="binomial", link=link).frame
    expected = most_likely(lost, [0.0, 0.1])
    np.testing.assert_allclose(found["estimate"], expected, atol=1e-5)
    assert lost(found["estimate"].to_numpy()) <= lost(expected) + 1e-14


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog"])
@pytest.mark.parametrize("outcome", ["y", "reversed"])
def test_an_outlier_does_not_keep_an_ordinal_model_from_its_answer(
    outlier: Any, link: str, outcome: str
) -> None:
    x, answer = outlier["x"].to_numpy(), outlier[outcome].to_numpy()

    def lost(b: np.ndarray) -> float:
        (low, low_above), (_, high_above) = (logs_of(link, b[1 + k] - b[0] * x) for k in (0, 1))
        with np.errstate(all="ignore"):
            middle = low_above + np.log(-np.expm1(high_above - low_above))
        found = -float(np.select([answer == 0, answer == 1], [low, middle], high_above).mean())
        return found if np.isfinite(found) else 1e9

    found = dl.regress(
        dl.declare_design(outlier), f"{outcome} ~ x", family="ordinal", link=link
    ).frame
    expected = most_likely(lost, [0.1 if outcome == "y" else -0.1, -0.5, 0.5])
    np.testing.assert_allclose(found["estimate"], expected, atol=1e-5)
    assert lost(found["estimate"].to_numpy()) <= lost(expected) + 1e-14


@pytest.mark.parametrize("far", [10.0, 25.0, 60.0])
@pytest.mark.parametrize("link", ["logit", "probit"])
def test_answers_in_reverse_order_turn_the_signs(
    outlier: pd.DataFrame, link: str, far: float
) -> None:
    people = outlier.assign(x=np.where(outlier["x"] == 10.0, far, outlier["x"]))
    one, other = (
        dl.regress(dl.declare_design(people), f"{name} ~ x", family="ordinal", link=link).frame
        for name in ("y", "reversed")
    )
    np.testing.assert_allclose(
        one["estimate"], -other["estimate"].to_numpy()[[0, 2, 1]], rtol=1e-11
    )
    np.testing.assert_allclose(
        one["std_error"], other["std_error"].to_numpy()[[0, 2, 1]], rtol=1e-9
    )


@pytest.mark.parametrize("far", [-60.0, 10.0, 60.0])
@pytest.mark.parametrize("count", [0, 200])
def test_an_outlier_does_not_keep_counts_from_their_answer(
    outlier: pd.DataFrame, far: float, count: int
) -> None:
    place = np.arange(2000)
    told = np.exp(0.3 * np.clip(outlier["x"], -3, 3))
    y = stats.nbinom.ppf(((place * 1321) % 2000 + 0.5) / 2000, 1, 1 / (1 + told))
    people = outlier.assign(count=np.where(outlier["x"] == 10.0, count, y), w=1 + place * 37 % 11)
    people["x"] = np.where(people["x"] == 10.0, far, people["x"])
    fit = dl.regress(
        dl.declare_design(people, weights="w"), "count ~ x", family="negative_binomial"
    )
    x = np.stack([np.ones(2000), people["x"]])
    mu, theta = np.exp(fit.frame["estimate"].to_numpy() @ x), float(fit.provenance.rules["theta"])
    share, w, y = 1 / (1 + mu / theta), people["w"].to_numpy(), people["count"].to_numpy()
    scores = x * (y - mu) * share * w
    np.testing.assert_allclose(scores.sum(axis=1) / np.abs(scores).sum(axis=1), 0, atol=1e-8)
    bread = np.linalg.inv((x * mu * share * w) @ x.T)
    covariance = bread @ (scores @ scores.T) @ bread * 2000 / 1999
    expected, away = np.sqrt(np.diag(covariance)), w * (x[1] - np.average(x[1], weights=w)) ** 2
    if away.max() > 0.5 * away.sum():
        # the outlier alone has more than half of what tells the slope
        assert fit.frame["flag"].tolist() == ["", "correctable leverage"]
        expected[1] = np.nan
    np.testing.assert_allclose(fit.frame["std_error"], expected, rtol=1e-6)


def test_the_covariance_takes_the_expected_information(outlier: pd.DataFrame) -> None:
    x = np.stack([np.ones(2000), outlier["x"]])
    found = dl.regress(
        dl.declare_design(outlier), "some ~ x", family="binomial", link="cloglog"
    ).frame
    rate = np.exp(found["estimate"].to_numpy() @ x)
    mu = -np.expm1(-rate)
    scores = x * np.where(outlier["some"], rate * np.exp(-rate) / mu, -rate)
    bread = np.linalg.inv((x * rate**2 * np.exp(-rate) / mu) @ x.T)
    # both sums of scores are 0, and the sample is simple: n / (n - 1) of their squares
    covariance = bread @ (scores @ scores.T) @ bread * 2000 / 1999
    np.testing.assert_allclose(found["std_error"], np.sqrt(np.diag(covariance)), rtol=1e-8)


def test_steps_that_still_shorten_are_not_called_separation(
    outlier: pd.DataFrame, refused: Any
) -> None:
    fitted = dl.regress(dl.declare_design(outlier), "some ~ x", family="binomial").fitted
    information, given = (
        np.linalg.inv(fitted.inverse_information),
        (fitted.likelihood, fitted.blocks, "binomial", (0, 1)),
    )
    gave_up = Fit(fitted.theta, information, False, np.array([0.0, 0.1]), shortens=True)
    refused(lambda: check_fit(gave_up, *given), OptionError)
    refused(lambda: check_fit(replace(gave_up, shortens=False), *given), OptionError)
