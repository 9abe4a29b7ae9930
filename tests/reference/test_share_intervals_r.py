"""Intervals of shares against R 4.5.0, survey 4.4-2, in full digits.

    d1 <- svydesign(id=~dnum, weights=~pw, fpc=~fpc, data=apiclus1)
    ds <- svydesign(id=~1, strata=~stype, weights=~pw, fpc=~fpc, data=apistrat)
    confint(svyciprop(~I(ell == 0), d1, method=m))

Closed forms are held to 1e-8. `logit` in R fits a model by iteration, whose estimate differs from
the share by 2e-9.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import diplab as dl
from diplab.kernel.intervals import SHARE_INTERVALS, Precision
from tests.recorded_values import recorded_file

IN_R = recorded_file("share_intervals")


@pytest.mark.parametrize(("which", "condition", "interval", "low", "high"), IN_R["intervals"])
def test_intervals(schools, which, condition, interval, low, high):
    row = dl.estimate(
        schools[which], dl.share(condition, interval=interval), df="design"
    ).frame.iloc[0]
    assert [row["ci_low"], row["ci_high"]] == pytest.approx([low, high], rel=1e-8)


def test_the_angle_is_held_at_zero(schools):
    """R gives .00030719270888787534 to .095576736366842913: its angle, asin(sqrt(p)) less t errors, is -.0175, and the
    squared sine of that climbs again. An interval of angles from below zero holds zero, and so do
    the shares.
    """
    row = dl.estimate(schools["d1"], dl.share("ell == 0", interval="asin"), df="design").frame.iloc[
        0
    ]
    assert row["ci_low"] == 0.0
    assert row["ci_high"] == pytest.approx(0.095576736366842913, rel=1e-8)
    p, t = row["estimate"], stats.t.ppf(0.975, 14)
    angle = np.arcsin(np.sqrt(p)) - t * row["std_error"] / (2 * np.sqrt(p * (1 - p)))
    assert angle < 0
    assert np.sin(angle) ** 2 == pytest.approx(0.00030719270888787534, rel=1e-8)


@pytest.mark.parametrize(("which", "condition", "default", "fine"), IN_R["likelihood"])
def test_likelihood(schools, which, condition, default, fine):
    """`svyciprop(method="likelihood")`, and the same with a fine profile: `confint(svyglm(., family=quasibinomial()),
    method="likelihood", ddf=degf(d), del=.02, maxsteps=2000)`, back from the log-odds (del=.001 for
    `ell == 0`).

    Looser, 2e-4, against R's fine profile: R takes the naive variance from the last but one step of
    its fit. Looser, 4e-3, against its default, which draws a curve through some ten points. The
    next test takes both out.
    """
    row = dl.estimate(
        schools[which], dl.share(condition, interval="likelihood"), df="design"
    ).frame.iloc[0]
    assert [row["ci_low"], row["ci_high"]] == pytest.approx(fine, rel=2e-4)
    assert [row["ci_low"], row["ci_high"]] == pytest.approx(default, rel=4e-3)


@pytest.mark.parametrize(
    ("naive", "unscaled", "share", "df", "n", "ends"), IN_R["numbers of the likelihood"]
)
def test_likelihood_from_the_numbers_of_r(naive, unscaled, share, df, n, ends):
    """m$naive.cov and m$cov.unscaled of R's fit: with the naive variance that R has (1 / (n p (1 - p)) would be exact)
    our interval is R's finest profile (del=.001), to 1e-6.
    """
    p = np.array([share])
    # the error on the log-odds for which the effective size is the one behind R's ratio
    error = p * (1 - p) * np.sqrt(unscaled / naive / (n * p * (1 - p)))
    spread = Precision(error, np.array([float(df)]), np.array([float(n)]), 0.95)
    low, high = SHARE_INTERVALS["likelihood"](p, spread)
    assert [low.item(), high.item()] == pytest.approx(ends, rel=1e-6)
    assert naive == pytest.approx(1 / (n * share * (1 - share)), rel=2e-4)
