"""Nonresponse: weights of those who answered, and the error of the estimated propensities.

The twelve rows are worked by hand: two classes of six, four and three of whom answered.
"""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import ColumnError, DesignError, OptionError

if TYPE_CHECKING:
    from collections.abc import Callable

TWELVE = pd.DataFrame(
    {
        "home": list("AAAAAABBBBBB"),
        "y": [2, 4, 6, 8, None, None, 10, 12, 17, None, None, None],
        "w": 10.0,
        "answered": [1, 1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 0],
    }
)


def asked(frame: pd.DataFrame = TWELVE, **design: Any) -> Any:
    return dl.declare_design(frame, weights="w", **design)


def row(estimates: Any) -> tuple[float, float]:
    """Return the first estimate and its standard error."""
    return tuple(estimates.frame[["estimate", "std_error"]].iloc[0])


@pytest.mark.parametrize("model", [["home"], "home", "~ home"])
@pytest.mark.parametrize("weighted", [True, False])
def test_twelve_rows_by_hand(model: Any, weighted: bool) -> None:
    """Rates 2/3 and 1/2, weights 15 and 20, mean 9, squares 341: V = 12/11 x 341/144."""
    sample = dl.selection.nonresponse(asked(), "answered == 1", model, weighted=weighted)
    found = dl.estimate(sample, dl.mean("y"))
    assert row(found) == pytest.approx((9.0, np.sqrt(12 / 11 * 341 / 144)))
    assert found.frame["n"].item() == 7
    assert found.provenance.rules["response_rate"] == f"{7 / 12:.15g}"
    total = dl.estimate(sample, dl.total("y"), dl.count())
    assert total.frame["estimate"].tolist() == pytest.approx([1080, 120])


@pytest.mark.parametrize("model", [["home"], "~ home"])
def test_propensities_are_estimated_again_in_each_replicate(model: Any) -> None:
    """The jackknife of the twelve rows, by hand: 1.762521."""
    replicated = dl.make_replicates(asked(), "jk1")
    sample = dl.selection.nonresponse(replicated, "answered == 1", model)
    found = dl.estimate(sample, dl.mean("y"))
    assert row(found) == pytest.approx((9.0, 1.762521), abs=1e-6)
    again = pickle.loads(pickle.dumps(sample))
    assert row(dl.estimate(again, dl.mean("y"))) == pytest.approx(row(found))
    margins = {"home": {"A": 60, "B": 60}}
    calibrated = dl.estimate(dl.calibrate(sample, margins), dl.mean("y"))
    assert row(calibrated)[0] == pytest.approx(9.0)
    assert row(calibrated)[1] < row(found)[1]


def test_domains_and_contrasts_have_the_error_of_the_propensities() -> None:
    sample = dl.selection.nonresponse(asked(), "answered == 1", ["home"])
    found = dl.estimate(sample, dl.mean("y"), by="home")
    assert found.frame["estimate"].tolist() == pytest.approx([5, 13])
    # of a class its own rate cancels: (r / p) (y - mean), over six people asked
    by_hand = [12 / 11 * squares for squares in (1.5**2 * 20 / 36, 2**2 * 26 / 36)]
    assert np.diag(found.covariance) == pytest.approx(by_hand)
    difference = dl.contrast(found, {"home": ("B", "A")})
    assert difference.frame["std_error"].item() == pytest.approx(np.sqrt(sum(by_hand)))


def test_calibration_follows_nonresponse() -> None:
    """Margins of the classes take their rates out: what is left is the spread within classes."""
    adjusted = dl.selection.nonresponse(asked(), "answered == 1", ["home"])
    calibrated = dl.calibrate(adjusted, {"home": {"A": 60, "B": 60}})
    squares = 15**2 * 20 + 20**2 * 26
    expected = np.sqrt(12 / 11 * squares) / 120
    assert row(dl.estimate(calibrated, dl.mean("y"))) == pytest.approx((9.0, expected))
    other = dl.calibrate(adjusted, {"home": {"A": 30, "B": 90}})
    assert row(dl.estimate(other, dl.mean("y")))[0] == pytest.approx((30 * 5 + 90 * 13) / 120)
    rules = dl.estimate(other, dl.mean("y")).provenance.rules
    assert {"nonresponse", "margins"} <= set(rules)


def population(draw: np.random.Generator) -> pd.DataFrame:
    frame = pd.DataFrame(
        {"age": draw.uniform(18, 70, 600).round(1), "job": draw.choice(list("xyz"), 600)}
    )
    frame["h"] = draw.integers(0, 4, 600)
    frame["w"] = draw.uniform(5, 15, 600)
    chance = 1 / (1 + np.exp(1.5 - 0.04 * frame["age"] + 0.7 * (frame["job"] == "z")))
    frame["answered"] = draw.random(600) < chance
    frame["y"] = 10 + 0.1 * frame["age"] + draw.normal(0, 2, 600)
    return frame


def test_a_logit_followed_by_calibration_is_one_set_of_equations() -> None:
    """The two steps at once, by the derivative of the estimating equations (numerical)."""
    frame = population(np.random.default_rng(3))
    sample = dl.selection.nonresponse(
        dl.declare_design(frame, weights="w", strata="h"), "answered", "~ age + job"
    )
    margins = {"job": {"x": 2200.0, "y": 2000.0, "z": 1900.0}}
    found = dl.estimate(dl.calibrate(sample, margins), dl.total("y"))

    x = np.column_stack([np.ones(600), frame["age"] / 50, frame["job"] == "y", frame["job"] == "z"])
    x = x.astype(float)
    groups = np.column_stack([frame["job"] == code for code in "xyz"]).astype(float)
    r, y, d = frame["answered"].to_numpy(float), frame["y"].to_numpy(), frame["w"].to_numpy()

    def total(design: np.ndarray) -> float:
        theta = np.zeros(4)
        for _ in range(50):
            p = 1 / (1 + np.exp(-x @ theta))
            information = (x.T * (design * p * (1 - p))) @ x
            theta += np.linalg.solve(information, (design * (r - p)) @ x)
        w = design * r * (1 + np.exp(-x @ theta))
        ratio = np.array([*margins["job"].values()]) / (w @ groups)
        return float((w * (groups @ ratio)) @ y)

    assert found.frame["estimate"].item() == pytest.approx(total(d), rel=1e-10)
    influence = np.empty(600)
    for at in range(600):
        moved = d.copy()
        moved[at] *= 1 + 1e-5
        other = d.copy()
        other[at] *= 1 - 1e-5
        influence[at] = (total(moved) - total(other)) / 2e-5
    variance = 0.0
    for stratum in range(4):
        inside = influence[frame["h"] == stratum]
        variance += inside.size / (inside.size - 1) * ((inside - inside.mean()) ** 2).sum()
    assert found.frame["std_error"].item() == pytest.approx(np.sqrt(variance), rel=1e-6)


def test_classes_of_a_propensity_do_not_depend_on_the_order_of_rows() -> None:
    frame = population(np.random.default_rng(4))
    options: Any = {"method": "score_classes", "classes": 4}
    weights = []
    for rows in (frame, frame.sample(frac=1, random_state=1)):
        sample = dl.selection.nonresponse(
            dl.declare_design(rows, weights="w"), "answered", "~ age + job", **options
        )
        found = pd.Series(sample.engine.weights, index=rows.index).sort_index()
        weights.append(found)
        factors = (found / frame["w"])[frame["answered"]].round(9)
        assert factors.nunique() == 4
    np.testing.assert_allclose(*weights)


def test_a_least_propensity_bounds_the_weights() -> None:
    frame = population(np.random.default_rng(5))
    sample = dl.declare_design(frame, weights="w")
    free = dl.selection.nonresponse(sample, "answered", "~ age + job")
    bound = dl.selection.nonresponse(sample, "answered", "~ age + job", least=0.4)
    factors = bound.engine.weights[frame["answered"]] / frame["w"][frame["answered"]]
    assert factors.max() == pytest.approx(1 / 0.4)
    assert (free.engine.weights / frame["w"]).max() > 1 / 0.4
    assert bound.auxiliary.rules["nonresponse_least"] == "0.4"


def test_those_who_did_not_answer_stay_in_the_design() -> None:
    sample = dl.selection.nonresponse(asked(psu="home"), "answered == 1", "~ 1")
    assert dl.estimate(sample, dl.mean("y")).frame["n"].item() == 7
    inside = sample.where("home == 'A'")
    assert dl.estimate(inside, dl.mean("y")).frame["estimate"].item() == pytest.approx(5)
    outside = dl.selection.nonresponse(asked().universe("home == 'A'"), "answered == 1", "home")
    weights = outside.engine.weights
    assert weights.tolist() == pytest.approx([15] * 4 + [0, 0] + [10] * 6)


def test_what_cannot_be_adjusted_is_refused(refused: Callable[..., None]) -> None:
    adjust, frame = dl.selection.nonresponse, population(np.random.default_rng(6))
    silent = TWELVE.assign(answered=[0] * 6 + [1] * 6)
    unknown = TWELVE.assign(answered=[None, *TWELVE["answered"][1:]])
    missing = frame.assign(age=frame["age"].where(frame["age"] > 20))
    calls: list[tuple[Callable[[], Any], Any]] = [
        (lambda: adjust(asked(silent), "answered == 1", ["home"]), DesignError),
        (lambda: adjust(asked(silent), "answered == 1", "~ home"), OptionError),
        (lambda: adjust(asked(unknown), "answered == 1", ["home"]), DesignError),
        (lambda: adjust(asked(), "answered == 2", ["home"]), DesignError),
        (lambda: adjust(asked(), "answered == 1", ["hame"]), ColumnError),
        (lambda: adjust(asked(), "answered == 1", ["home"], method="logit"), OptionError),
        (lambda: adjust(asked(), "answered == 1", "~ home", method="classes"), OptionError),
        (lambda: adjust(asked(missing), "answered", "~ age"), OptionError),
        (lambda: adjust(asked().where("home == 'A'"), "answered == 1", ["home"]), DesignError),
        (lambda: adjust(adjust(asked(), "answered == 1", "home"), "y > 4", "home"), DesignError),
        (lambda: dl.make_replicates(adjust(asked(), "answered == 1", "home"), "jk1"), DesignError),
        (lambda: adjust(asked(), "answered == 1", "home", least=2), OptionError),
    ]
    for call, error in calls:
        refused(call, error)
