"""Laws of calibration, whatever the answers and the margins."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import diplab as dl

law = settings(max_examples=20)


@st.composite
def calibrations(draw: st.DrawFn) -> tuple[pd.DataFrame, dict[Any, Any]]:
    """Two strata of two to four units, every cell of sex by age filled; margins of the same people, weighed otherwise.

    Totals that some positive weights give can be met by positive weights: raking has an answer.
    """
    rows = [(stratum, unit) for stratum in (1, 2) for unit in range(draw(st.integers(2, 4)))]
    rows = [row for row in rows for _ in range(draw(st.integers(1, 3)))]
    rows += [rows[0]] * max(0, 6 - len(rows))
    n = len(rows)
    column = lambda values: draw(st.lists(values, min_size=n, max_size=n))  # noqa: E731
    frame = pd.DataFrame(rows, columns=["h", "psu"]).assign(
        w=np.array(column(st.integers(1, 40))) / 4.0,
        y=np.array(column(st.integers(1, 60)), dtype=float),
        sex=[*"ffmm", *column(st.sampled_from("fm"))[4:]],
        age=[*"oyoy", *column(st.sampled_from("oy"))[4:]],
    )
    other = frame.assign(w=frame["w"] * np.array(column(st.integers(8, 16))) / 10.0)
    margins: dict[Any, Any] = {
        name: {code: float(total) for code, total in other.groupby(name)["w"].sum().items()}
        for name in ("sex", "age")
    }
    if draw(st.booleans()):
        margins["y"] = float(other["w"] @ other["y"])
    return frame, margins


def declared(frame):
    return dl.declare_design(frame, weights="w", strata="h", psu="psu")


def weights(sample):
    return sample.engine.weights


@law
@given(calibrations(), st.sampled_from(["raking", "linear"]))
def test_the_margins_hold_and_have_no_error(drawn, distance):
    frame, margins = drawn
    bounds = (0.0, None) if distance == "linear" else None
    sample = dl.calibrate(declared(frame), margins, distance=distance, bounds=bounds)
    for name, wanted in margins.items():
        totals = dl.estimate(
            sample, dl.total("y") if name == "y" else dl.count(), by=() if name == "y" else name
        ).frame
        np.testing.assert_allclose(
            totals["estimate"], list(wanted.values()) if name != "y" else wanted, rtol=1e-9
        )
        assert (totals["std_error"] <= 1e-7 * totals["estimate"]).all()


@law
@given(calibrations(), st.sampled_from([0.5, 2.0, 1024.0]))
def test_the_unit_of_weights_before_does_not_matter(drawn, constant):
    frame, margins = drawn
    # margins that sum to a hundred are taken for percentages of a larger population, and refused
    assume(
        all(name == "y" or abs(sum(each.values()) - 100) >= 0.5 for name, each in margins.items())
    )
    found = weights(dl.calibrate(declared(frame), margins, distance="raking"))
    scaled = declared(frame.assign(w=frame["w"] * constant))
    np.testing.assert_allclose(
        weights(dl.calibrate(scaled, margins, distance="raking")), found, rtol=1e-7
    )


@law
@given(calibrations())
def test_limits_are_kept_and_no_order_matters(drawn):
    """The margins come from ratios between 0.8 and 1.6, so such ratios meet them."""
    frame, margins = drawn
    ratio = weights(dl.calibrate(declared(frame), margins, bounds=(0.79, 1.61))) / frame["w"]
    assert ratio.between(0.79 - 1e-12, 1.61 + 1e-12).all()
    frame, margins = drawn
    found = weights(dl.calibrate(declared(frame), margins, distance="raking"))
    turned = {
        name: dict(reversed(own.items())) if name != "y" else own
        for name, own in reversed(margins.items())
    }
    again = weights(dl.calibrate(declared(frame.iloc[::-1]), turned, distance="raking"))
    np.testing.assert_allclose(again[::-1], found, rtol=1e-7)
    frame, margins = drawn
    own = {name: frame.groupby(name)["w"].sum().to_dict() for name in margins if name != "y"}
    for distance in ("linear", "raking"):
        found = weights(dl.calibrate(declared(frame), own, distance=distance))
        np.testing.assert_allclose(found, frame["w"], rtol=1e-9)
