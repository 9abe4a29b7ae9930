"""Variances, correlations, design effects and coefficients of variation against R 4.5.0, survey 4.4-2, in full digits.

    d1 <- svydesign(id=~dnum, weights=~pw, fpc=~fpc, data=apiclus1)
    ds <- svydesign(id=~1, strata=~stype, weights=~pw, fpc=~fpc, data=apistrat)
    v <- svyvar(~api00, ds); svyby(~api00, ~stype, ds, svyvar)

The correlation is r = v12 / sqrt(v11 v22) of v <- svyvar(~x + y, ds), its variance g' vcov(v) g
with g = (-r / (2 v11), 1 / sqrt(v11 v22), 0, -r / (2 v22)). Design effects are `deff` of svymean,
svytotal and svyratio with deff=TRUE ("wor") and deff="replace" ("wr").
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import diplab as dl
from diplab.inference.computed import design_effect
from tests.recorded_values import close, recorded_file

pytestmark = pytest.mark.shared

FILE = recorded_file("dispersion")


def numbers(sample, *statistics, by=""):
    frame = dl.estimate(sample, *statistics, by=by or (), df="design").frame
    found: list[list[float]] = frame[["estimate", "std_error"]].to_numpy().tolist()
    return found


@pytest.mark.parametrize("which", ["d1", "ds"])
def test_variances_and_correlations(schools, which):
    sample, pairs = schools[which], [("api00", "api99"), ("enroll", "api00"), ("meals", "api00")]
    variances = [dl.variance(name) for name in ("api00", "api99", "enroll")]
    close(numbers(sample, *variances), FILE["variances"][which])
    close(numbers(sample, dl.variance("api00"), by="stype"), FILE["variances by domain"][which])
    close(numbers(sample, *[dl.correlation(*pair) for pair in pairs]), FILE["correlations"][which])


def test_intervals(schools):
    """R's r and error: on Fisher's scale atanh(r) -/+ t(14) se / (1 - r^2), carried back; symmetric by name."""
    r, error, t = 0.96501768814224498, 0.0070700076175942619, stats.t.ppf(0.975, 14)
    asked = [dl.correlation("api00", "api99", interval=name) for name in ("fisher", "wald")]
    found = (
        dl.estimate(schools["d1"], *asked, df="design")
        .frame[["ci_low", "ci_high"]]
        .to_numpy()
        .tolist()
    )
    half = t * error / (1 - r**2)
    assert found[0] == pytest.approx(
        [np.tanh(np.arctanh(r) - half), np.tanh(np.arctanh(r) + half)], rel=1e-8
    )
    assert found[1] == pytest.approx([r - t * error, r + t * error], rel=1e-8)
    # confint(svymean(~api00, d1)) with df=14 and without (normal), cv(.).
    student = dl.estimate(schools["d1"], dl.mean("api00"), df="design").frame.iloc[0]
    normal = dl.estimate(schools["d1"], dl.mean("api00"), df="infinity").frame.iloc[0]
    assert [student["df"], normal["df"]] == [14, np.inf]
    assert [student["ci_low"], student["ci_high"]] == pytest.approx(
        [593.67631446332553, 694.66248335088221], rel=1e-8
    )
    assert [normal["ci_low"], normal["ci_high"]] == pytest.approx(
        [598.02745503191977, 690.31134278228797], rel=1e-8
    )
    assert [student["cv"], normal["cv"]] == pytest.approx([0.036546661070399715] * 2, rel=1e-8)


def effects(sample, reference, *statistics, by=()):
    found: list[float] = []
    for statistic in statistics:
        (bound,) = statistic.prepare(sample)
        totals = sample.totals(by, bound.arguments)
        error = dl.estimate(sample, statistic, by=by, df="design").frame["std_error"].to_numpy()
        found += design_effect(totals, bound(totals), error, reference).tolist()
    return found


def test_design_effects(schools):
    """Of domains: svyby(~api00, ~stype, d1, svymean, deff=)."""
    asked = (
        dl.mean("api00"),
        dl.total("api00"),
        dl.ratio("`api.stu`", "enroll"),
        dl.share("`sch.wide` == 'Yes'"),
    )
    for case, recorded in FILE["design effects"].items():
        design, reference = case.split()
        close(effects(schools[design], reference, *asked), recorded)
    for reference, recorded in FILE["design effects by domain"].items():
        close(effects(schools["d1"], reference, dl.mean("api00"), by=("stype",)), recorded)


def test_with_replicate_weights(recs):
    """dr <- svrepdesign(weights=~NWEIGHT, repweights="BRRWT[0-9]+", type="Fay", rho=.5, mse=TRUE, data=recs);
    svyvar(~TOTSQFT_EN, dr), by Urbanicity with svyby, and the weighted correlation with TOTHSQFT in
    withReplicates.
    """
    found = numbers(recs, dl.variance("TOTSQFT_EN"), dl.correlation("TOTSQFT_EN", "TOTHSQFT"))
    assert found[0] == pytest.approx([1611231.0495988855, 64773.253869826345], rel=1e-8)
    assert found[1] == pytest.approx([0.90468307250595226, 0.0052400354727561039], rel=1e-8)
    by_domain = numbers(recs, dl.variance("TOTSQFT_EN"), by="Urbanicity")
    recorded = [
        [1646812.8022174777, 112280.001007952655],
        [1614913.8696605728, 81522.300876469264],
        [1292387.3561024806, 107568.209131465701],
    ]
    assert by_domain == [pytest.approx(row, rel=1e-8) for row in recorded]
