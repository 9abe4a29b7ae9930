"""Quantile regressions against R quantreg 6.1 and survey 4.4-2 (R 4.5.0), and statsmodels.

Recorded by, on the files of the fixtures (`ce` where eq = FINCBTAX / sqrt(FAM_SIZE) is positive):

    fit <- function(f, tau, data, w, m="br") {data$.w <- w; rq(f, tau, data=data, weights=.w,
    method=m)} replicated <- function(d, f, tau) withReplicates(d, function(w, data) coef(fit(f,
    tau, data[w > 0, ], w[w > 0])))
    linearised <- function(d, f, tau, hs) {            # r: the residuals of fit(), those below 1e-8 set to 0
      h <- bandwidth.rq(tau, sum(w)^2 / sum(w^2), hs=hs)
      q <- coef(svyquantile(~r, d, tau + c(-h, h), qrule="hf7", ci=FALSE))
      A <- solve(crossprod(x * (w * (r >= q[1] & r <= q[2]) / diff(q)), x))
      SE(svytotal((x * (tau - (r <= 0))) %*% A, d))}

Points of which several are as good are held by their loss; the others to 1e-9, errors to 1e-8.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

import diplab as dl
from diplab.kernel.models.quantile_regression import bandwidth
from tests.recorded_values import close, recorded_file

IN_R = recorded_file("quantile_regression")
FORMULAS = {
    "strat": "api00 ~ ell + meals + stype", "clus2": "api00 ~ ell + meals + mobility", "spent": "eq ~ FAM_SIZE + SEX",
    "recs": "TOTSQFT_EN ~ TOTCSQFT + HousingUnitType",
}  # fmt: skip


@pytest.fixture(scope="module")
def samples(strat, clus1, clus2, spent, recs):
    homes = spent[spent["eq"] > 0].assign(SEX=spent["SEX"].astype(str))
    people = recs.engine.columns.frame.to_native()[
        ["TOTSQFT_EN", "TOTCSQFT", "HousingUnitType", "NWEIGHT"]
    ]
    return {
        "strat": strat, "clus1": dl.make_replicates(clus1, "jk1"), "clus2": clus2,
        "spent": dl.declare_design(homes, weights="FINLWT21"), "recs": dl.declare_design(people, weights="NWEIGHT"),
    }  # fmt: skip


@pytest.mark.shared
@pytest.mark.parametrize("name", IN_R["points"])
def test_points(samples, name):
    """`fit(f, tau, data, w)` with "br" and "fn", which differ where several coefficients are as good."""
    data, order = name.split()
    known = IN_R["points"][name]
    found = dl.regress(samples[data], FORMULAS[data], family="quantile", quantile=float(order))
    fitted = found.fitted
    x = fitted.matrix.block(slice(0, fitted.n))
    residual = fitted.blocks.y - fitted.theta @ x
    loss = fitted.blocks.weight @ (residual * (float(order) - (residual < 0)))
    assert loss == pytest.approx(known["loss"], rel=1e-12)
    several = not np.allclose(known["br"], known["fn"], rtol=1e-6, atol=1e-9)
    assert all(("not unique" in flag) == several for flag in found.frame["flag"])
    if not several:
        close(found.frame["estimate"], known["br"], 1e-9)


@pytest.mark.shared
def test_replicates(samples, recs):
    """`replicated(as.svrepdesign(d1, "JK1"), api00 ~ ell + meals + avg.ed, tau)`, and on the 96 of RECS (Fay)."""
    for order in (0.25, 0.5):
        fit = dl.regress(
            samples["clus1"], "api00 ~ ell + meals + `avg.ed`", family="quantile", quantile=order
        ).frame
        assert all("jackknife" in flag for flag in fit["flag"])
        close([fit["estimate"], fit["std_error"]], IN_R["replicated"][f"clus1 {order}"])
    fit = dl.regress(recs, "TOTSQFT_EN ~ TOTCSQFT + WinterTempDay", family="quantile").frame
    close([fit["estimate"], fit["std_error"]], IN_R["replicated"]["recs 0.5"])


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "data", "order", "kind"),
    [
        ("strat", "strat", 0.25, "hall_sheather"),
        ("clus2", "clus2", 0.5, "hall_sheather"),
        ("clus2_bofinger", "clus2", 0.75, None),
    ],
)
def test_linearised_errors(samples, name, data, order, kind):
    """`linearised(ds, f, .25, TRUE)`, and in two stages; weights of `clus2` differ, so that quantiles are weighted."""
    fit = dl.regress(
        samples[data], FORMULAS[data], family="quantile", quantile=order, bandwidth=kind
    ).frame
    close([fit["estimate"], fit["std_error"]], IN_R["linearised"][name])


def test_bandwidths():
    """`bandwidth.rq(.3, 500, hs=TRUE)` and `hs=FALSE`; halved until it stays inside."""
    close(
        [bandwidth(0.3, 500, kind) for kind in ("hall_sheather", "bofinger")],
        IN_R["bandwidth"],
        1e-13,
    )
    assert 0 < bandwidth(0.999, 10, "bofinger") < 0.001


def test_statsmodels():
    """`QuantReg`, which takes no weights and stops at 1e-6."""
    random = np.random.default_rng(5)
    people = pd.DataFrame({"x": random.normal(size=300), "z": random.uniform(size=300)})
    people["y"] = people["x"] + (1 + people["z"]) * random.standard_t(4, 300)
    for order in (0.2, 0.7):
        known = sm.QuantReg(people["y"], sm.add_constant(people[["x", "z"]])).fit(
            q=order, p_tol=1e-10, max_iter=5000
        )
        fit = dl.regress(dl.declare_design(people), "y ~ x + z", family="quantile", quantile=order)
        close(fit.frame["estimate"], known.params, 1e-5)
