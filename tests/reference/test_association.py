"""Association, effect sizes and adjusted totals against R survey 4.4-2 (R 4.5.0), in full digits, to 1e-8 relative.

s <- svydesign(~dnum, weights=~pw, data=apiclus1, fpc=~fpc); y is api00, missing where meals > 60
p <- svydesign(~1, strata=~stype, weights=~pw, data=apistrat, fpc=~fpc)
k <- svytotal of the six cells of sch.wide by stype in p; V: svycontrast(k, quote(sqrt(k1^2/(...) +
... - 1))) residual: svycontrast(k, quote(k1/(k1+...+k6) - (k1+k2+k3)*(k1+k4)/(k1+...+k6)^2)) ...
log odds ratio: svyglm(I(comp.imp == "Yes") ~ I(meals > 50), s, family=quasibinomial,
control=list(epsilon=1e-14)) d of awards (f No, m Yes; sq = api00^2; kk = 183/181):
svycontrast(svytotal(~f+m+fy+my+sq, s),
  quote((my/m - fy/f) / sqrt(kk * (sq - fy^2/f - my^2/m) / (f + m))))
adjusted: svycontrast(svytotal(~y0+r+one, s), quote(one*y0/r)); by class: quote(nE*yE/rE + nH*yH/rH
+ nM*yM/rM)
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from tests.recorded_values import close, recorded_file

pytestmark = pytest.mark.shared
R = recorded_file("association")
MEASURED = ["estimate", "std_error"]


def test_cramers_v_and_residuals_of_cells(strat) -> None:
    found = dl.crosstab(strat, "sch.wide", "stype")
    close(found.association.frame.loc[0, MEASURED], R["v"])
    close(found.residuals.frame[MEASURED], R["residuals"])
    residuals = np.array(R["residuals"])
    close(found.residuals.frame["standardised"], residuals[:, 0] / residuals[:, 1])
    # by groups, each is that of its own domain
    groups = dl.crosstab(strat, "sch.wide", "stype", by="awards")
    for at, group in enumerate(("No", "Yes")):
        own = dl.crosstab(strat.where(f"awards == '{group}'"), "sch.wide", "stype")
        close(groups.residuals.frame[MEASURED][6 * at : 6 * at + 6], own.residuals.frame[MEASURED])


@pytest.mark.parametrize("kind", ["linearised", "jk1"])
def test_the_log_odds_ratio_is_the_slope_of_a_logit(clus1, kind) -> None:
    sample = clus1 if kind == "linearised" else dl.make_replicates(clus1, kind)
    found = dl.crosstab(sample, "meal", "comp.imp").association.frame.set_index("statistic")
    slope = dl.regress(sample, "I(`comp.imp` == 'Yes') ~ meal", family="binomial")
    ratio = dl.effect_ratios(slope).frame.iloc[0]
    close(
        found.loc["log_odds_ratio", MEASURED].astype(float),
        slope.frame.loc[1, MEASURED].astype(float),
    )
    close(found.loc["odds_ratio", MEASURED].astype(float), ratio[MEASURED].astype(float))
    if kind == "linearised":
        close(found.loc["log_odds_ratio", MEASURED].astype(float), R["log_odds_ratio"])


def test_effect_sizes(clus1) -> None:
    found = dl.t_test(clus1, "api00", "awards", effect_size="cohens_d").estimates
    close([found["cohens_d"], found["effect_std_error"]], R["cohens_d"])


def test_adjusted_totals(design) -> None:
    data = pd.read_csv(design / "apiclus1.csv")
    data["y"] = data["api00"].where(data["meals"] <= 60)
    sample = dl.declare_design(data, weights="pw", psu="dnum", fpc="fpc")
    by_class = dl.total("y", na="adjusted", classes="stype")
    found = dl.estimate(sample, dl.total("y", na="adjusted"), by_class).frame
    close(found[MEASURED], [R["adjusted"], R["by_class"]])
    narrowed = dl.estimate(sample.where("`sch.wide` == 'Yes'"), by_class).frame
    close(narrowed[MEASURED], R["by_class_in_domain"])
    assert found["n"].tolist() == [int(data["y"].notna().sum())] * 2
