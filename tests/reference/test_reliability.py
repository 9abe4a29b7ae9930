"""Alpha and omega against R survey 4.4-2 (R 4.5.0), in full digits.

Alpha is `svycralpha(~ell+meals+not.hsg+emer, design)`. R survey has no omega, and no standard error
of alpha; these are made with its design functions:

    s <- cov.wt(x, w/sum(w), method="ML")$cov
    alpha <- k/(k-1)*(1-sum(diag(s))/sum(s))
    omega: l[i] <- sum(s[i,-i]*l[-i])/sum(l[-i]^2), over all i until still;
    sum(l)^2/(sum(l)^2+sum(diag(s)-l^2))
    z[i] <- (f(w + 1e-4 w[i]) - f(w - 1e-4 w[i])) / (2e-4 w[i])           infinitesimal jackknife
    SE(svytotal(z, design)); SE(withReplicates(as.svrepdesign(design, mse=TRUE), f))

Central differences are good to 1e-6 relative: so are the standard errors held.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.kernel.calibration import Controls
from diplab.sampling.auxiliary import Auxiliary
from diplab.sampling.replication import Replication

pytestmark = pytest.mark.shared

ITEMS = ("ell", "meals", "not.hsg", "emer")


@pytest.mark.parametrize(
    ("which", "statistic", "point", "std_error"),
    [
        ("clus1", dl.cronbach_alpha(*ITEMS), 0.69525257510427463, 0.0649750703355403),
        ("clus1", dl.mcdonald_omega(*ITEMS), 0.77916340725875910, 0.052827312133037957),
        (
            "clus1",
            dl.cronbach_alpha("ell", "mobility", "meals"),
            0.62149746185170951,
            0.027187879761261673,
        ),
        ("strat", dl.cronbach_alpha(*ITEMS), 0.82334857920637727, 0.016222922357040228),
        ("strat", dl.mcdonald_omega(*ITEMS), 0.88549737108799653, 0.012992446093041413),
        (
            "strat",
            dl.cronbach_alpha("ell", "mobility", "meals"),
            0.6456507812996426,
            0.030370010306170103,
        ),
    ],
)
def test_point_and_standard_error(which, statistic, point, std_error, request):
    row = dl.estimate(request.getfixturevalue(which), statistic).frame.iloc[0]
    assert row["estimate"] == pytest.approx(point, rel=1e-8)
    assert row["std_error"] == pytest.approx(std_error, rel=1e-6)


def test_a_factor_beyond_the_variance_of_an_item_gets_no_point(clus1):
    """The same loop in R ends at 0.9502 with a negative variance left to `ell`: a boundary fit."""
    row = dl.estimate(clus1, dl.mcdonald_omega("ell", "mobility", "meals")).frame.iloc[0]
    assert np.isnan(row["estimate"])
    assert np.isnan(row["std_error"])
    assert row["flag"] == "undefined"


@pytest.mark.parametrize(
    ("statistic", "std_error"),
    [
        (dl.cronbach_alpha(*ITEMS), 0.070092383427493923),
        (dl.mcdonald_omega(*ITEMS), 0.057947771047527935),
    ],
)
def test_jackknife_of_clusters(clus1, statistic, std_error):
    """`as.svrepdesign(d1, type="JK1", mse=TRUE)`; the linearised error is 7 and 9 % below it with 15 clusters."""
    n = 15
    factors = (np.ones((n, n)) - np.eye(n)) * n / (n - 1)
    replication = Replication("jk1", (n - 1) / n * (1 - n / 757), np.ones(n), True, factors=factors)
    found = dl.estimate(clus1.with_replication(replication), statistic).frame.iloc[0]
    assert found["std_error"] == pytest.approx(std_error, rel=1e-8)
    linearised = dl.estimate(clus1, statistic).frame.iloc[0]
    assert linearised["std_error"] == pytest.approx(std_error, rel=0.1)


@pytest.mark.parametrize(
    ("statistic", "std_error"),
    [
        (dl.cronbach_alpha(*ITEMS), 0.016525776984206202),
        (dl.mcdonald_omega(*ITEMS), 0.013103063782357472),
    ],
)
def test_jackknife_of_a_stratified_sample(strat, design, statistic, std_error):
    """`as.svrepdesign(ds, type="JKn", mse=TRUE)`; with 200 units the linearised error is within 2 %."""
    data = pd.read_csv(design / "apistrat.csv")
    stratum, counts = (
        pd.factorize(data["stype"])[0],
        data.groupby("stype", sort=False)["fpc"].agg(["size", "first"]),
    )
    n, fpc = counts["size"].to_numpy()[stratum], counts["first"].to_numpy()[stratum]
    same = stratum[:, None] == stratum[None, :]
    factors = np.where(same, (n / (n - 1))[None, :], 1.0)
    np.fill_diagonal(factors, 0.0)
    # units are numbered by stratum, in the order of the strata
    unit = strat.engine.units.of_record
    by_unit = np.empty_like(factors)
    by_unit[unit] = factors
    replication = Replication("jkn", 1.0, (n - 1) / n * (1 - n / fpc), True, factors=by_unit)
    found = dl.estimate(strat.with_replication(replication), statistic).frame.iloc[0]
    assert found["std_error"] == pytest.approx(std_error, rel=1e-8)
    assert dl.estimate(strat, statistic).frame["std_error"].item() == pytest.approx(
        std_error, rel=0.02
    )


def test_alpha_of_a_poststratified_sample(clus1, design):
    """`svycralpha` on `postStratify(d1, ~stype, ...)`."""
    data = pd.read_csv(design / "apiclus1.csv")
    before, codes = data["pw"].to_numpy(), pd.factorize(data["stype"], sort=True)[0]
    raised = np.array([4421, 755, 1018]) / np.bincount(codes, weights=before)
    calibrated = clus1.with_weights(
        before * raised[codes], Auxiliary(Controls((codes,), (3,), ()), before)
    )
    found = dl.estimate(calibrated, dl.cronbach_alpha(*ITEMS)).frame["estimate"].item()
    assert found == pytest.approx(0.7042755285179958, rel=1e-8)
