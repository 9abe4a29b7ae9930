"""Intervals of shares against R 4.5.0, survey 4.4-2, in full digits.

    d1 <- svydesign(id=~dnum, weights=~pw, fpc=~fpc, data=apiclus1)
    ds <- svydesign(id=~1, strata=~stype, weights=~pw, fpc=~fpc, data=apistrat)
    confint(svyciprop(~I(ell == 0), d1, method=m))

Closed forms are held to 1e-8. `logit` in R fits a model by iteration, whose estimate differs from the share by 2e-9.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import diplab as dl
from diplab.kernel.intervals import SHARE_INTERVALS, Precision

if TYPE_CHECKING:
    from pathlib import Path

    from diplab.types import Sample


@pytest.fixture(scope="module")
def samples(shared: Path) -> dict[str, Sample]:
    clusters, strata = (pd.read_csv(shared / "data" / "design" / f"{name}.csv") for name in ("apiclus1", "apistrat"))
    return {
        "d1": dl.declare_design(clusters, weights="pw", psu="dnum", fpc="fpc"),
        "ds": dl.declare_design(strata, weights="pw", strata="stype", fpc="fpc"),
    }


NONE, LARGE, POOR = "ell == 0", "`sch.wide` == 'Yes'", "meals > 95"
RECORDED = {
    ("d1", NONE, "logit"): [0.0023046912985385092, 0.17774776651355734],
    ("d1", NONE, "beta"): [0.00021614683274315727, 0.13750776391498076],
    ("d1", NONE, "wald"): [-0.026662407957766979, 0.070378254952302502],
    ("d1", NONE, "xlogit"): [0.0023046912841354992, 0.17774776682269947],
    ("d1", LARGE, "logit"): [0.8237988923790337, 0.91190007702122267],
    ("d1", LARGE, "asin"): [0.82753345332108619, 0.9146145718489066],
    ("d1", LARGE, "beta"): [0.82370221084750106, 0.91470449212686533],
    ("d1", LARGE, "wald"): [0.83065020412346802, 0.91798367565795269],
    ("d1", LARGE, "xlogit"): [0.82379889238300175, 0.91190007702439313],
    ("d1", POOR, "logit"): [0.020001694691359047, 0.22270631503803975],
    ("d1", POOR, "asin"): [0.009992716837668331, 0.18100165359224019],
    ("d1", POOR, "beta"): [0.011383823023285299, 0.21427138766994536],
    ("d1", POOR, "wald"): [-0.016129335477112858, 0.1582058382093533],
    ("d1", POOR, "xlogit"): [0.020001694691122597, 0.22270631503821528],
    ("ds", NONE, "logit"): [0.02913388994281052, 0.094644726778798968],
    ("ds", NONE, "asin"): [0.026161657514133751, 0.088643225949744733],
    ("ds", NONE, "beta"): [0.026309548733682683, 0.093986733571854497],
    ("ds", NONE, "wald"): [0.021695566093301116, 0.084381283336257981],
    ("ds", NONE, "xlogit"): [0.029133889894976516, 0.094644726737670631],
}


@pytest.mark.shared
@pytest.mark.parametrize(("design", "condition", "interval"), RECORDED)
def test_intervals(samples: dict[str, Sample], design: str, condition: str, interval: str) -> None:
    row = dl.estimate(samples[design], dl.share(condition, interval=interval)).frame.iloc[0]
    recorded = RECORDED[design, condition, interval]
    assert [row["ci_low"], row["ci_high"]] == pytest.approx(recorded, rel=1e-8)


@pytest.mark.shared
def test_the_angle_is_held_at_zero(samples: dict[str, Sample]) -> None:
    """R gives .00030719270888787534 to .095576736366842913: its angle, asin(sqrt(p)) less t errors, is -.0175, and the
    squared sine of that climbs again. An interval of angles from below zero holds zero, and so do the shares.
    """
    row = dl.estimate(samples["d1"], dl.share(NONE, interval="asin")).frame.iloc[0]
    assert row["ci_low"] == 0.0
    assert row["ci_high"] == pytest.approx(0.095576736366842913, rel=1e-8)
    p, t = row["estimate"], stats.t.ppf(0.975, 14)
    angle = np.arcsin(np.sqrt(p)) - t * row["std_error"] / (2 * np.sqrt(p * (1 - p)))
    assert angle < 0
    assert np.sin(angle) ** 2 == pytest.approx(0.00030719270888787534, rel=1e-8)


LIKELIHOOD = {
    ("d1", NONE): ([0.00066392118093420527, 0.10777840838159268], [0.00066533381086557894, 0.10812077709646717]),
    ("d1", LARGE): ([0.82628824196357609, 0.9136944918924953], [0.82628554220928729, 0.91369437588425884]),
    ("d1", POOR): ([0.014517804489488299, 0.1904888096693392], [0.014528988106177809, 0.19061336900357398]),
    ("ds", NONE): ([0.027298086337402341, 0.090375004379820129], [0.027300316769047438, 0.090382858160514792]),
    ("ds", LARGE): ([0.77641185342849117, 0.87241586605152788], [0.77640933138873713, 0.87241391666916979]),
    ("ds", POOR): ([0.048797653675226052, 0.13837508215380293], [0.048801367598366611, 0.13838427697798342]),
}
"""svyciprop(method="likelihood"), and the same with a fine profile: confint(svyglm(., family=quasibinomial()),
method="likelihood", ddf=degf(d), del=.02, maxsteps=2000), back from the log-odds (del=.001 for `ell == 0`)."""


@pytest.mark.shared
@pytest.mark.parametrize(("design", "condition"), LIKELIHOOD)
def test_likelihood(samples: dict[str, Sample], design: str, condition: str) -> None:
    """Looser, 2e-4, against R's fine profile: R takes the naive variance from the last but one step of its fit. Looser,
    4e-3, against its default, which draws a curve through some ten points. The next test takes both out.
    """
    row = dl.estimate(samples[design], dl.share(condition, interval="likelihood")).frame.iloc[0]
    default, fine = LIKELIHOOD[design, condition]
    assert [row["ci_low"], row["ci_high"]] == pytest.approx(fine, rel=2e-4)
    assert [row["ci_low"], row["ci_high"]] == pytest.approx(default, rel=4e-3)


@pytest.mark.parametrize(
    ("naive", "unscaled", "share", "df", "n", "ends"),
    [
        (
            0.25557049398599929, 1.1195864141430396, 0.02185792349726776, 14, 183,
            [0.00066533381086557894, 0.10812077709646717],
        ),
        (
            0.099546936123582522, 0.10013424492003013, 0.053038424714779549, 197, 200,
            [0.027300316769047438, 0.090382858160514792],
        ),
    ],
)  # fmt: skip
def test_likelihood_from_the_numbers_of_r(
    naive: float, unscaled: float, share: float, df: int, n: int, ends: list[float]
) -> None:
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
