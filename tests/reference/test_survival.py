"""Survival against R survey 4.4-2 and survival 3.8-3 (R 4.5.0), by `survival.R`, on R's own data and a random design.

Points are held to 1e-6 and errors to 1e-5 (decision: both agree to 1e-12). Errors of curves are
those of `svytotal` on the influences of `survfit`, since `svykm(se=TRUE)` is about exp(-H); those
under a jackknife come from a fit for each replicate, since `svycoxph` stops early there and counts
events without weight as ties; the log-rank score is Breslow's, since `svylogrank` mixes Efron's
hazard with other means where times are tied (without ties it is compared itself).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from tests.recorded_values import close, recorded_file

IN_R = recorded_file("survival")
DATA = {name: pd.DataFrame(columns) for name, columns in IN_R["data"].items()}
WEEK: dict[str, Any] = {"time": "week", "event": "status == 2"}
SPELL: dict[str, Any] = {"time": "t", "event": "e", "entry": "a"}
CELLS = "C(celltype, levels=['squamous', 'smallcell', 'adeno', 'large'])"


@pytest.fixture(scope="module")
def samples():
    lung = dl.declare_design(DATA["lung"], weights="w", psu="inst")
    veteran = dl.declare_design(DATA["veteran"], weights="w", psu="c")
    phases = dl.two_phase(dl.declare_design(DATA["nwtco"], fpc="N"), "ins", strata="rel")
    return {
        "lung": lung,
        "domain": lung.where("ecog < 2"),
        "calibrated": dl.calibrate(lung, {"ecog": {0: 150, 1: 200, 2: 100, 3: 2}}),
        "jackknife": dl.make_replicates(lung, "jk1", mse=True),
        "veteran": veteran,
        "veteran_domain": veteran.where("karno > 50"),
        "random": dl.declare_design(
            DATA["random"], weights="w", strata="h", psu=["c", "u"], fpc=["N", "M"]
        ),
        "nwtco": phases,
    }


CURVES = [
    ("lung", ("time", "status == 2"), [100, 300, 500], {"by": "sex"}, ("lung", "km")),
    (
        "calibrated",
        ("time", "status == 2"),
        [100, 300, 500],
        {"by": "sex"},
        ("lung", "km_calibrated"),
    ),
    ("veteran", ("time", "status"), [30, 90, 180, 400], {"by": "trt"}, ("veteran", "km")),
    ("veteran_domain", ("time", "status"), [30, 90, 180], {}, ("veteran", "km_domain")),
    ("random", ("t", "e"), [2, 5, 10, 15], {"entry": "a"}, ("random", "km")),
]


@pytest.mark.parametrize(("name", "columns", "times", "options", "place"), CURVES)
def test_curves(samples, name, columns, times, options, place):
    found = dl.survival.kaplan_meier(
        samples[name], *columns, at=times, quantiles=[], **options
    ).frame
    recorded = IN_R[place[0]][place[1]].values()
    shape = (len(times), -1)
    close(found["estimate"].to_numpy().reshape(shape).T, [each["s"] for each in recorded], 1e-6)
    close(found["std_error"].to_numpy().reshape(shape).T, [each["se"] for each in recorded], 1e-5)


def test_times_by_which_a_share_has_died(samples):
    """`quantile(svykm(Surv(time, status == 2) ~ sex, d))`, whose points are those of `survfit` too."""
    asked = {"by": "sex", "at": [], "quantiles": [0.25, 0.5, 0.75]}
    found = dl.survival.kaplan_meier(samples["lung"], "time", "status == 2", **asked)
    close(found.frame["estimate"], IN_R["lung"]["q"])
    close([each["s"] for each in IN_R["lung"]["km"].values()], [*IN_R["lung"]["svykm"].values()])


MODELS = [
    ("lung", "age + sex + ecog", WEEK, ("lung", "efron")),
    ("lung", "age + sex + ecog", {**WEEK, "ties": "breslow"}, ("lung", "breslow")),
    ("lung", "age + ecog", {**WEEK, "strata": "sex"}, ("lung", "strata")),
    ("domain", "age + sex", WEEK, ("lung", "domain")),
    ("calibrated", "age + sex", WEEK, ("lung", "calibrated")),
    ("jackknife", "age + sex", WEEK, ("lung", "jackknife")),
    (
        "veteran",
        f"trt + {CELLS} + karno",
        {"time": "time", "event": "status"},
        ("veteran", "efron"),
    ),
    ("random", "x + g", SPELL, ("random", "efron")),
    ("random", "x + g", {**SPELL, "strata": "h", "ties": "breslow"}, ("random", "breslow")),
    ("nwtco", "histol + age", {"time": "edrel", "event": "rel"}, ("nwtco", "fit")),
]


@pytest.mark.parametrize(("name", "terms", "options", "place"), MODELS)
def test_hazards(samples, name, terms, options, place):
    found = dl.survival.cox(samples[name], terms, **options).frame
    recorded = IN_R[place[0]][place[1]]
    close(found["estimate"], recorded["b"], 1e-6)
    close(found["std_error"], recorded["se"], 1e-5)


def test_hazards_without_weights():
    sample, n = dl.declare_design(DATA["lung"]), len(DATA["lung"])
    found = dl.survival.cox(sample, "age + sex + ecog", df="design", **WEEK)
    close(found.frame["estimate"], IN_R["plain"]["lung"], 1e-6)
    # `robust=TRUE` leaves out n / (n - 1)
    close(found.frame["std_error"] * np.sqrt(1 - 1 / n), IN_R["plain"]["robust"], 1e-5)
    # `degf.resid` of `svycoxph`: units less strata, less the coefficients, plus one
    assert found.residual_df == n - 1 + 1 - 3
    event = {"time": "time", "event": "status == 2"}
    fit = dl.survival.cox(
        dl.declare_design(DATA["pbc"]), "bili + C(sex, levels=['m', 'f']) + trt", **event
    )
    close(fit.frame["estimate"], IN_R["plain"]["pbc"], 1e-6)


def test_log_rank(samples):
    lung = samples["lung"]
    found = dl.survival.log_rank(lung, "week", "status == 2", "sex", df="design")
    close(found.estimates["chi2"], IN_R["lung"]["rank"], 1e-6)
    assert found.df == (1, 17 - 1)
    within = dl.survival.log_rank(lung, "week", "status == 2", "sex", strata="ecog")
    close(within.estimates["chi2"], IN_R["lung"]["rank_strata"], 1e-6)
    cells = dl.survival.log_rank(samples["veteran"], "u", "status", "celltype", df="design")
    close(cells.estimates["chi2"], IN_R["veteran"]["rank"], 1e-6)
    assert cells.df == (3, samples["veteran"].engine.units.degrees_of_freedom - 3)
