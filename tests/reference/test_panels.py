"""Change and gross flows against R survey 4.4-2 (R 4.5.0), by `panels.R`: a panel of 96 persons in 24 units.

Everybody is in both waves, where the stacked sample of R has the covariance;
`tests/laws/test_panels.py` and `benchmarks/panels.py` hold partial overlap, which R's does not
estimate.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from tests.recorded_values import close, recorded_file

IN_R = recorded_file("panels")
PANEL = pd.DataFrame(IN_R["panel"])
SIZES = {1: 300, 2: 500, 3: 400}
AGES = {
    wave * 10 + age: size * grown
    for wave, grown in ((1, 1.0), (2, 1.05))
    for age, size in SIZES.items()
}
WAVES: dict[str, Any] = {"wave": "wave", "person": "id"}


def sample(name: str):
    people = PANEL.assign(M=9)
    if name == "clustered":
        return dl.declare_design(people, weights="w", strata="h", psu="c")
    if name == "finite":
        return dl.declare_design(people, weights="w", strata="h", psu="c", fpc="N")
    if name == "stages":
        return dl.declare_design(people, weights="w", strata="h", psu=["c", "id"], fpc=["N", "M"])
    persons = dl.declare_design(people, weights="w", strata="h")
    return dl.calibrate(persons, {"wave_age": AGES}) if name == "calibrated" else persons


@pytest.mark.parametrize("name", IN_R["change"])
def test_net_change(name):
    """Means, ratios, shares, totals and domains; by units, by persons, with fpc of two stages, calibrated by wave."""
    drawn, recorded = sample(name), IN_R["change"][name]
    asked = (
        dl.mean("pay"),
        dl.ratio("pay", "hours"),
        dl.share("status == 'employed'"),
        dl.total("pay"),
    )
    found = dl.change(drawn, *asked, **WAVES).frame
    close(
        found[["estimate", "std_error"]],
        [recorded[each] for each in ("mean", "ratio", "share", "total")],
        1e-9,
    )
    found = dl.change(drawn, dl.mean("pay"), by="age", **WAVES).frame
    close(found[["estimate", "std_error"]], recorded["domain"], 1e-9)
    found = dl.change(drawn, dl.mean("pay"), kind="ratio", **WAVES).frame
    close(found[["estimate", "std_error"]], recorded["quotient"], 1e-9)


def flows(table) -> np.ndarray:
    counts, rows = table.counts.frame, table.rows.frame
    parts = [each[name] for each in (counts, rows) for name in ("estimate", "std_error")]
    return np.column_stack(parts)


def test_gross_flows():
    """Those of the later wave with its weights (`svytotal`, `svycontrast` of two totals)."""
    found = flows(dl.gross_flows(sample("clustered"), "status", **WAVES))
    close(found, IN_R["later"], 1e-9)


def test_attrition_as_a_second_phase():
    """`twophase(method="full")` of the first wave, within classes of response, some of whom do not come back."""
    people = PANEL[(PANEL["wave"] == 1) | np.tile(IN_R["there"], 2)].assign(M=400)
    drawn = dl.declare_design(people, strata="h", fpc="M")
    found = flows(dl.gross_flows(drawn, "status", response="age", **WAVES))
    close(found, IN_R["response"], 1e-9)
