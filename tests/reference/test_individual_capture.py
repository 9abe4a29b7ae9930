"""Sizes by conditional likelihood against recorded values.

Recorded from R 4.5.0, VGAM 1.1.13, with `vglm.control(epsilon = 1e-12, maxit = 200)`:

    d <- data.frame(...)  # the 64 persons below: t1..t4, age, male
    vglm(cbind(t1, t2, t3, t4) ~ age + male, posbernoulli.t(parallel.t = TRUE ~ age + male), d)  #
    M0 vglm(cbind(t1, t2, t3, t4) ~ age + male, posbernoulli.t, d)   # Mt vglm(cbind(t1, t2, t3, t4)
    ~ age + male, posbernoulli.b, d)   # Mb vglm(cbind(t1, t2, t3, t4) ~ age + male,
    posbernoulli.tb, d)  # Mtb fit@extra$N.hat; fit@extra$SE.N.hat; logLik(fit); coef(fit);
    sqrt(diag(vcov(fit)))

and the same with `~ 1` on the hares. The 64 persons are invented. VGAM stops for Mb and Mtb at a
half-step, which leaves its last digits loose: the log-likelihoods here are not below its own.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from diplab import population
from diplab.population.kernel.closed import fit_conditional, occasion_bound
from diplab.population.kernel.loglinear import fit_loglinear
from tests.recorded_histories import HARES
from tests.recorded_values import recorded_file

RECORDED = recorded_file("individual_capture")


HARES_RECORDED = {
    "M0": (75.4336186293, 3.45499995261, -259.568104333),
    "Mt": (75.0662013449, 3.35233099848, -254.467079919),
    "Mb": (81.1460605194, 8.26148575024, -258.823387874),
    "Mtb": (71.7229646416, 3.60755634309, -254.13246474),
}
HARES_LOGLINEAR = {"M0": 75.43361863, "Mt": 75.06620134, "Mb": 81.14606052, "Mtb": 71.72280272}
"""Recorded from R Rcapture 1.4-4, table `abundance`."""


def persons() -> pd.DataFrame:
    """Return four occasions, age and sex."""
    rows = [[*map(int, each[:4]), int(each[4:6]), each[6]] for each in RECORDED["persons"].split()]
    return pd.DataFrame(rows, columns=["t1", "t2", "t3", "t4", "age", "sex"])


def hares() -> pd.DataFrame:
    rows = [list(map(int, history)) for history, times in HARES.items() for _ in range(times)]
    return pd.DataFrame(rows, columns=[f"y{place}" for place in range(1, 7)])


def sized(model):
    return population.individual("t1 + t2 + t3 + t4 ~ age + sex", persons(), model=model)


@pytest.mark.parametrize("model", RECORDED["models"])
def test_sizes_with_covariates(model):
    recorded = RECORDED["models"][model]
    log_likelihood = recorded["log_likelihood"]
    found = sized(model)
    row, fit = found.frame.iloc[0], found.fits[0]
    assert fit is not None
    assert row["estimate"] == pytest.approx(recorded["size"], rel=1e-6)
    assert row["std_error"] == pytest.approx(recorded["size_error"], rel=1e-5)
    assert fit.log_likelihood == pytest.approx(log_likelihood, abs=1e-6)
    assert fit.log_likelihood >= log_likelihood - 1e-8
    assert fit.coefficients["estimate"].tolist() == pytest.approx(
        recorded["coefficients"], abs=1e-5
    )
    assert fit.coefficients["std_error"].tolist() == pytest.approx(recorded["std_error"], rel=1e-5)
    assert row["n"] == 64
    assert math.isinf(row["df"])
    assert row["statistic"] == "individual"
    assert row["flag"] == ""


def test_terms_rules_criteria_and_interval():
    found = sized("Mtb")
    fit = found.fits[0]
    assert fit is not None
    assert fit.coefficients["term"].tolist() == [
        *("intercept, t1", "intercept, t2", "intercept, t3", "intercept, t4"),
        *("age", "sex = m", "caught before"),
    ]
    assert (fit.model, fit.parameters) == ("Mtb", 7)
    assert fit.aic == pytest.approx(14 + 2 * 155.748095288, abs=1e-6)
    assert fit.bic == pytest.approx(7 * math.log(64) + 2 * 155.748095288, abs=1e-6)
    assert math.isnan(fit.deviance)
    assert found.provenance.rules == {
        "conditional_likelihood": "Mtb",
        "formula": "t1 + t2 + t3 + t4 ~ age + sex",
        "occasions": "4",
        "interval": "log-normal",
        "confidence": "0.95",
    }
    assert "Having been caught before" in found.provenance.assumptions[-1].en
    assert (1 / found.details).sum() == pytest.approx(found.frame["estimate"].iloc[0])
    # n + (N - n) / C and n + (N - n) C, C = exp(1.959964 sqrt(log(1 + SE^2 / (N - n)^2))), from the
    # recorded values
    size, error = (RECORDED["models"]["M0"][name] for name in ("size", "size_error"))
    spread = math.exp(1.959963984540054 * math.sqrt(math.log(1 + error**2 / (size - 64) ** 2)))
    row = sized("M0").frame.iloc[0]
    assert row["ci_low"] == pytest.approx(64 + (size - 64) / spread, rel=1e-8)
    assert row["ci_high"] == pytest.approx(64 + (size - 64) * spread, rel=1e-8)


@pytest.mark.parametrize("model", HARES_RECORDED)
def test_hares_without_covariates(model):
    size, error, log_likelihood = HARES_RECORDED[model]
    found = population.individual("y1 + y2 + y3 + y4 + y5 + y6 ~ 1", hares(), model=model)
    row, fit = found.frame.iloc[0], found.fits[0]
    assert fit is not None
    assert row["estimate"] == pytest.approx(size, rel=1e-6)
    assert row["std_error"] == pytest.approx(error, rel=1e-5)
    assert fit.log_likelihood == pytest.approx(log_likelihood, abs=1e-6)
    # the log-linear model of the same name has the same size
    assert row["estimate"] == pytest.approx(HARES_LOGLINEAR[model], rel=1e-5)


def test_the_standard_error_of_mt_is_that_of_the_log_linear_model():
    """For M0, Mt and Mb; that of Mtb, 3.587207737 in Rcapture, rests on the observed information there."""
    cells = np.array(
        [[int(digit) for digit in f"{cell:06b}"] for cell in range(1, 64)], dtype=float
    )
    counts = np.array(
        [np.all(hares().to_numpy() == cell, axis=1).sum() for cell in cells], dtype=float
    )
    fit = fit_loglinear(np.column_stack([np.ones(63), cells]), counts)
    assert float(np.exp(fit.coefficients.ravel()[0])) == pytest.approx(75.06620134 - 68, rel=1e-6)
    found = population.individual("y1 + y2 + y3 + y4 + y5 + y6 ~ 1", hares(), model="Mt")
    assert found.frame["std_error"].iloc[0] == pytest.approx(3.352330991, rel=1e-6)
    simple = population.individual("y1 + y2 + y3 + y4 + y5 + y6 ~ 1", hares(), model="Mb")
    assert simple.frame["std_error"].iloc[0] == pytest.approx(8.261485708, rel=1e-6)


def test_bounds_by_hand():
    # by hand: 30 and 30 caught once, 20 twice; 30 x 30 / 20 unseen; variance 45 + 30 x 1.5^2 x 2 +
    # 45^2 / 20
    seen = np.array([[1.0, 0]] * 30 + [[0, 1.0]] * 30 + [[1.0, 1.0]] * 20)
    bound = occasion_bound(seen)
    assert bound.size == pytest.approx(125)
    assert bound.variance == pytest.approx(45 + 2 * 30 * 1.5**2 + 45**2 / 20)
    # by hand: once 3, 6, 5, 3, 4, 4, so f1 = 25; twice 22; (25^2 - 111) / 44 unseen
    assert occasion_bound(hares().to_numpy(dtype=float)).size == pytest.approx(
        68 + (625 - 111) / 44
    )


def test_the_slope_of_the_likelihood_is_nil_at_the_fit():
    """By differences of the log-likelihood itself, written again here."""
    table = persons()
    y = table[["t1", "t2", "t3", "t4"]].to_numpy(dtype=float)
    own = np.column_stack([np.ones(64), table["age"], table["sex"] == "m"])
    fresh = np.repeat(own[:, None, :], 4, axis=1)
    fresh = np.concatenate([fresh, np.zeros((64, 4, 1))], axis=2)
    again = fresh.copy()
    again[:, :, -1] = 1

    def log_likelihood(beta: np.ndarray) -> float:
        value = 0.0
        for history, first, later in zip(y, fresh @ beta, again @ beta, strict=True):
            caught = False
            for seen, one, other in zip(history, first, later, strict=True):
                p = 1 / (1 + math.exp(-(other if caught else one)))
                value += math.log(p if seen else 1 - p)
                caught = caught or bool(seen)
            value -= math.log(1 - math.prod(1 - 1 / (1 + math.exp(-each)) for each in first))
        return value

    fit = fit_conditional(y, fresh, again)
    assert log_likelihood(fit.coefficients) == pytest.approx(fit.log_likelihood, rel=1e-12)
    for place, step in enumerate((1e-4, 1e-6, 1e-4, 1e-4)):
        aside = np.zeros(4)
        aside[place] = step
        for side in (1, -1):
            assert log_likelihood(fit.coefficients + side * aside) < fit.log_likelihood
