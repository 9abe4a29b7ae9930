"""Calibration against R survey 4.4-2.

Values recorded in the shared folder are held by `test_every_recorded_value.py`. These were made
with R 4.5 as

    pop <- c(`(Intercept)`=6194, stypeH=755, stypeM=1018, api99=3914069)
    d1 <- svydesign(id=~dnum, weights=~pw, fpc=~fpc, data=apiclus1)
    ds <- svydesign(id=~1, strata=~stype, weights=~pw, fpc=~fpc, data=apistrat)
    g  <- calibrate(design, formula, pop, calfun=..., bounds=..., epsilon=1e-12, maxit=500)
    svymean(~api00, g); svytotal(~enroll, g); range(weights(g) / weights(design))

with the formula of each case in its name. Everything is held to 1e-8 relative: the climb stops at
1e-12 of each total.

R's `rake` of 4.4-2 takes its variance from ten rounds of residuals that are not weighted: under
unequal weights (here 9.29218421877933 for the mean of `strat_rake`, where
`calibrate(calfun="raking")` gives 9.28557159081258 on the same weights) that is neither the
regression nor its limit. Ours is the regression weighted before calibration.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import CalibrationError
from diplab.sampling._replicates import replicates
from tests.recorded_values import recorded_file

pytestmark = pytest.mark.shared

TYPES = {"E": 4421, "H": 755, "M": 1018}
SCHOOL = {"stype": TYPES, "api99": 3914069}
AWARDS = {"awards": {"No": 2027, "Yes": 4167}, "sch.wide": {"No": 1072, "Yes": 5122}}
CROSSED = {
    ("E", "No"): 1200, ("H", "No"): 390, ("M", "No"): 437, ("E", "Yes"): 3221, ("H", "Yes"): 365, ("M", "Yes"): 581
}  # fmt: skip

# mean, its error, total and its error, lowest and highest ratio of weights; mean, total and their
# errors of replicates
FILE = recorded_file("calibration")
CASES: dict[str, tuple[Any, dict[str, Any]]] = {
    "clus1, linear between .55 and 1.7": (SCHOOL, {"bounds": (0.55, 1.7)}),
    "clus1, raking between .55 and 1.7": (SCHOOL, {"distance": "raking", "bounds": (0.55, 1.7)}),
    "clus1, linear, weights between 18 and 58 (bounds.const=TRUE)": (SCHOOL, {"trim": (18, 58)}),
    "clus1, raking, weights between 18 and 58 (bounds.const=TRUE)": (
        SCHOOL,
        {"distance": "raking", "trim": (18, 58)},
    ),
    "clus1, postStratify(~stype+awards)": ({("stype", "awards"): CROSSED}, {}),
    "strat, logit between .7 and 1.4": (SCHOOL, {"distance": "logit", "bounds": (0.7, 1.4)}),
    "strat, postStratify(~awards), within strata of unequal weights": (
        {"awards": AWARDS["awards"]},
        {},
    ),
    "strat, raking ~awards+sch.wide": (AWARDS, {"distance": "raking"}),
    "strat, linear ~api99+meals-1, no count of people": ({"api99": 3914069, "meals": 297000}, {}),
    "strat, linear, weights between 14 and 45 (bounds.const=TRUE)": (SCHOOL, {"trim": (14, 45)}),
}


def numbers(sample):
    found = dl.estimate(sample, dl.mean("api00"), dl.total("enroll")).frame
    return list(found[["estimate", "std_error"]].to_numpy().ravel())


def same(found: Any, wanted: Any) -> None:
    np.testing.assert_allclose(found, wanted, rtol=1e-8)


def ratios(sample, before):
    ratio = sample.engine.weights / before.engine.weights
    return [ratio.min(), ratio.max()]


@pytest.mark.parametrize("name", CASES)
def test_bounds_trims_and_margins(clus1, strat, name):
    (margins, options), sample = CASES[name], clus1 if name.startswith("clus1") else strat
    found = dl.calibrate(sample, margins, **options)
    same(numbers(found), FILE[name]["estimates"])
    same(ratios(found, sample), FILE[name]["ratios"])


def jackknifed(frame: pd.DataFrame, strata: str, units: str) -> tuple[pd.DataFrame, list[float]]:
    """Delete one unit at a time, as `as.svrepdesign` does, the fpc in the scales."""
    factors, scales = [], []
    for stratum, rows in frame.groupby(strata):
        names = rows[units].unique()
        count = len(names)
        for name in names:
            inside = frame[strata] == stratum
            factors.append(
                np.where(inside, np.where(frame[units] == name, 0.0, count / (count - 1)), 1.0)
            )
            scales.append((count - 1) / count * (1 - count / rows["fpc"].iloc[0]))
    return pd.DataFrame(np.array(factors).T).add_prefix("r"), scales


# svymean and svytotal of the same calls on as.svrepdesign(ds, type="JKn") and as.svrepdesign(d1,
# type="JK1")
JKN: dict[str, tuple[Any, dict[str, Any]]] = {
    "linear": (SCHOOL, {}), "raking": (SCHOOL, {"distance": "raking"}), "rake": (AWARDS, {"distance": "raking"})
}  # fmt: skip


@pytest.mark.parametrize("name", JKN)
def test_each_replicate_is_calibrated(design, strat, name):
    """The same from factors of units, and from columns of weights as a file brings them."""
    (margins, options), wanted = JKN[name], FILE[f"JKn, {name}"]
    frame = pd.read_csv(design / "apistrat.csv").assign(unit=lambda every: np.arange(len(every)))
    factors, scales = jackknifed(frame, "stype", "unit")
    same(numbers(dl.calibrate(dl.make_replicates(strat, "jkn"), margins, **options)), wanted)
    columns = factors.mul(frame["pw"], axis=0)
    given = replicates(list(columns), "jkn", scale=1.0, rscales=scales, mse=False)
    sample = dl.declare_design(pd.concat([frame, columns], axis=1), weights="pw", replicates=given)
    same(numbers(dl.calibrate(sample, margins, **options)), wanted)


def test_jackknife_of_clusters(design):
    frame = pd.read_csv(design / "apiclus1.csv").assign(all=1)
    factors, scales = jackknifed(frame, "all", "dnum")
    columns = factors.mul(frame["pw"], axis=0)
    given = replicates(list(columns), "jk1", scale=scales[0], mse=False)
    sample = dl.declare_design(pd.concat([frame, columns], axis=1), weights="pw", replicates=given)
    same(numbers(dl.calibrate(sample, {"stype": TYPES})), FILE["JK1, poststratified"])
    logit = dl.calibrate(sample, SCHOOL, distance="logit", bounds=(0.3, 3))
    same(numbers(logit), FILE["JK1, logit between .3 and 3"])


def frame_of(sample, *statistics, by=()):
    found = dl.estimate(sample, *statistics, by=by).frame
    return list(found[["estimate", "std_error"]].to_numpy().ravel())


def test_domains_of_a_calibrated_sample(clus1, refused, clus2):
    """With the logit case of the shared folder: `svymean(~api00, subset(g, awards == v))`,

    `svyratio(~api.stu, ~enroll, subset(g, stype == "E"))`, and, for the covariance between domains,
    `svycontrast(svytotal(~I(api00 * (awards == "No")) + I(api00 * (awards == "Yes")), g), c(1,
    -1))`.
    """
    found = dl.calibrate(clus1, SCHOOL, distance="logit", bounds=(0.5, 2))
    wanted = [643.26499454912528, 14.552054879106143, 675.66980086253659, 7.3276192303841192]
    same(frame_of(found, dl.mean("api00"), by="awards"), wanted)
    elementary = found.where("stype == 'E'")
    same(
        frame_of(elementary, dl.ratio("api.stu", "enroll")),
        [0.85444245505864247, 0.012594697375015576],
    )
    totals = dl.estimate(found, dl.total("api00"), by="awards")
    apart = dl.contrast(totals, {"awards": ("No", "Yes")}).frame
    same(
        apart[["estimate", "std_error"]].to_numpy().ravel(),
        [-1599751.2522103742, 302066.84045709384],
    )
    # 14 high schools weigh 33.846996307373 each, 473.858 together: at most 710.787 with a ratio of
    # 1.5
    refused(
        lambda: dl.calibrate(clus1, SCHOOL, distance="logit", bounds=(0.5, 1.5)), CalibrationError
    )
    # `calibrate(svydesign(id=~dnum+snum, fpc=~fpc1+fpc2), ~stype+api99+meals, calfun="raking")`,
    # meals at 297000.
    found = dl.calibrate(clus2, {**SCHOOL, "meals": 297000}, distance="raking")
    same(frame_of(found, dl.mean("api00")), [658.57147016679107, 2.7916275806760411])
    awarded = found.where("awards == 'Yes'")
    same(frame_of(awarded, dl.total("api99")), [2567331.1474458608, 140572.76225269306])
    same(ratios(found, clus2), [0.18912369071966995, 3.4808281811152426])
