"""Summaries against R survey 4.4-2 (R 4.5.0), by `summary.R`: `svyby`, `svychisq`, `svyttest`, `svyranktest`...

A design of 40 units in four strata with an fpc; `hours` and `job` have missing answers.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import diplab as dl
from tests.recorded_values import close, recorded_file

IN_R = recorded_file("summary")
VARIABLES = ["hours", "job", "open", "pay"]


@pytest.fixture(scope="module", params=["g", "sex"])
def by(request: Any) -> Any:
    people = pd.DataFrame(IN_R["data"]).astype({"hours": float})
    sample = dl.declare_design(people, weights="w", strata="h", psu="c", fpc="N")
    return request.param, dl.summary(
        sample, VARIABLES, by=request.param, statistics={"pay": "median"}, df="design"
    )


def test_estimates_by_group(by: Any) -> None:
    name, found = by
    frame, known = found.groups.frame, IN_R[name]
    for variable, statistic in (("hours", "mean"), ("job", "share"), ("open", "share")):
        own = frame[(frame["variable"] == variable) & (frame["statistic"] == statistic)]
        close(own["estimate"], known[variable]["estimate"], 1e-12)
        close(own["std_error"], known[variable]["std_error"], 1e-10)
    close(frame["estimate"][frame["statistic"] == "variance"], known["variance"]["estimate"], 1e-12)
    close(frame["estimate"][frame["statistic"] == "quantile"], known["pay"], 1e-12)
    everybody = found.everybody.frame
    for variable, statistic in (("hours", "mean"), ("job", "share")):
        own = everybody[(everybody["variable"] == variable) & (everybody["statistic"] == statistic)]
        close(
            own[["estimate", "std_error"]].to_numpy().T,
            list(IN_R["whole"][variable].values()),
            1e-10,
        )


def test_tests_of_each_variable(by: Any) -> None:
    """Rao and Scott's F; rank tests (of three groups R gives the p-value alone); t of two means, Wald's F of three."""
    name, found = by
    for variable in ("job", "open"):
        close(found.tests[variable].statistic, IN_R[name][f"{variable}_test"]["statistic"], 1e-9)
        close(found.p_values[variable], IN_R[name][f"{variable}_test"]["p"], 1e-8)
    close(found.p_values["pay"], IN_R[name]["pay_test"]["p"], 1e-7)
    # R takes the second mean minus the first, as we do
    of_means = IN_R["t" if name == "sex" else "f"]
    close(found.tests["hours"].statistic, of_means["statistic"], 1e-9)
    close(found.p_values["hours"], of_means["p"], 1e-8)
