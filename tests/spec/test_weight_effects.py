"""What uneven weights cost, and what trimming them keeps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import diplab as dl
from diplab.errors import CalibrationError, ColumnError, DiplabError, EmptyDomainError, OptionError

# base R, with the moments written out:
# w <- c(10,20,20,40,40,80,25,50); y <- c(3,5,4,9,7,12,6,8); p <- 1/w/8/1.3; p[2] <- .004
# K <- n*sum(w^2)/N^2; reg <- lm(y ~ p, weights=w); e <- residuals(reg); A <- coef(reg)[[1]]
# A^2*(K-1)/vy + K*(1-r^2) + n*cov(e^2,w)/(N*vy) + 2*n*A*cov(e,w)/(N*vy), moments weighted
WEIGHTS = np.array([10, 20, 20, 40, 40, 80, 25, 50.0])
PEOPLE = pd.DataFrame(
    {
        "w": WEIGHTS,
        "y": [3, 5, 4, 9, 7, 12, 6, 8.0],
        "p": 1 / WEIGHTS / 8 / 1.3,
        "g": list("aabbabab"),
    }
)
PEOPLE.loc[1, "p"] = 0.004


def effects(*arguments: Any, **options: Any) -> pd.Series:
    return dl.weight_effects(*arguments, **options).frame.set_index("statistic")["estimate"]


def test_design_effects_are_those_of_their_formulas() -> None:
    found = effects(dl.declare_design(PEOPLE, weights="w"), "y", probability="p")
    assert found["weight_deff"] == pytest.approx(1.3419513696522, rel=1e-12)
    assert found["effective_n"] == pytest.approx(5.96146788990826, rel=1e-12)
    assert (found["weight_extremes"], found["largest_weight"]) == pytest.approx((8, 80 / 32.5))
    assert found["spencer_deff"] == pytest.approx(8.23725025465331, rel=1e-9)


def test_after_calibration_the_effect_on_an_outcome_is_that_of_its_mean() -> None:
    """Where people are drawn one by one it is the design effect of the estimate, in every domain."""
    draw = np.random.default_rng(3)
    data = pd.DataFrame(
        {
            "w": draw.lognormal(2, 1, 300),
            "x": draw.normal(5, 1, 300),
            "g": draw.choice(list("ab"), 300),
        }
    )
    data["y"] = 2 * data["x"] + draw.normal(0, 1, 300)
    data.loc[:9, "y"] = np.nan
    data["sex"] = draw.choice(list("fm"), 300)
    sample = dl.calibrate(
        dl.declare_design(data, weights="w"), {"sex": {"f": 2000, "m": 1500}, "x": 17_600.0}
    )
    for by in ((), "g"):
        found = dl.weight_effects(sample, "y", by=by).frame
        found = found[found["statistic"] == "calibration_deff"]
        expected = dl.estimate(sample, dl.mean("y"), by=by, deff="wr").frame
        assert found["estimate"].to_numpy() == pytest.approx(expected["deff"].to_numpy(), rel=1e-9)
        assert found["n"].tolist() == expected["n"].tolist()
    # the margins explain most of the outcome, which Kish's effect cannot know
    whole = effects(sample, "y")
    assert whole["calibration_deff"] < whole["weight_deff"] / 2


def test_a_calibration_past_the_limits_is_pointed_out() -> None:
    people = pd.DataFrame({"sex": ["f"] * 90 + ["m"] * 10, "y": range(100)})
    even = dl.calibrate(dl.declare_design(people), {"sex": {"f": 600, "m": 400}})
    far = dl.calibrate(dl.declare_design(people), {"sex": {"f": 100, "m": 900}})
    rules = [dl.estimate(each, dl.mean("y")).provenance.rules for each in (even, far)]
    assert "kish_deff" not in rules[0]
    # weights 100/90 and 90: 100 (90 (100/90)^2 + 10 90^2) / 1000^2
    assert (rules[1]["kish_deff"], rules[1]["effective_n"], rules[1]["largest_weight"]) == (
        "8.11",
        "12",
        "81",
    )
    assert "taille effective" in str(dl.table(dl.estimate(far, dl.mean("y")), "fr").as_raw_html())
    # where one looks first, in a terminal
    assert "Uneven weights: Kish design effect 8.11; largest weight: 81 times the median." in repr(
        dl.estimate(far, dl.mean("y"))
    )
    assert "Uneven" not in repr(dl.estimate(even, dl.mean("y")))
    assert set(dl.weight_effects(far).frame["flag"]) == {"uneven weights"}
    assert set(dl.weight_effects(even).frame["flag"]) == {""}


@given(
    st.lists(st.floats(0.01, 1000), min_size=2, max_size=30),
    st.floats(0.1, 0.95),
    st.floats(1.05, 10),
)
def test_trimmed_weights_keep_sums_order_and_limits(
    weights: list[float], low: float, high: float
) -> None:
    frame = pd.DataFrame({"w": weights, "g": [place % 2 for place in range(len(weights))]})
    sample = dl.declare_design(frame, weights="w")
    middle = np.mean(weights)
    after = dl.trim_weights(sample, (low * middle, high * middle)).engine.weights
    assert after.sum() == pytest.approx(sum(weights), rel=1e-9)
    assert after.min() >= low * middle * (1 - 1e-12)
    assert after.max() <= high * middle * (1 + 1e-12)
    assert (np.diff(after[np.argsort(weights)]) >= -1e-9 * middle).all()
    # weights within the limits stay in proportion
    free = (after > low * middle * (1 + 1e-9)) & (after < high * middle * (1 - 1e-9))
    assert (
        np.ptp(after[free] / np.array(weights)[free]) <= 1e-9 * high * len(weights)
        if free.any()
        else True
    )


def test_trimming_within_groups_and_in_medians() -> None:
    sample = dl.declare_design(PEOPLE, weights="w")
    after = dl.trim_weights(sample, (None, 1.5), within="g", medians=True)
    both = [
        dl.estimate(each, dl.count(), by="g").frame["estimate"].tolist() for each in (sample, after)
    ]
    assert both[0] == pytest.approx(both[1], rel=1e-12)
    assert after.engine.weights.max() == pytest.approx(1.5 * 32.5)
    assert PEOPLE["w"].max() == 80


def test_an_outcome_without_calibration_is_told_why() -> None:
    found = dl.weight_effects(SAMPLE, "y").frame.set_index("statistic")
    assert found.loc[["calibration_deff", "spencer_deff"], "flag"].tolist() == [
        "not calibrated", "no probability of selection"
    ]  # fmt: skip
    assert found.loc[["calibration_deff", "spencer_deff"], "estimate"].isna().all()
    assert (
        found.loc["weight_deff", "estimate"] == dl.weight_effects(SAMPLE).frame["estimate"].iloc[0]
    )
    printed = dl.table(dl.weight_effects(SAMPLE, "y", by="g"), "fr").as_raw_html()
    assert "poids non calés" in printed
    assert "sans probabilité de tirage" in printed


SAMPLE = dl.declare_design(PEOPLE, weights="w")
CALIBRATED = dl.calibrate(SAMPLE, {"g": {"a": 150, "b": 200}})


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: dl.weight_effects(PEOPLE), OptionError),
        (lambda: dl.weight_effects(SAMPLE, probability="p"), OptionError),
        (lambda: dl.weight_effects(SAMPLE, "y", probability="w"), OptionError),
        (lambda: dl.weight_effects(CALIBRATED, "g"), ColumnError),
        (lambda: dl.weight_effects(CALIBRATED, "z"), ColumnError),
        (
            lambda: dl.weight_effects(
                dl.declare_design(PEOPLE.assign(y=np.nan)), "y", probability="p"
            ),
            EmptyDomainError,
        ),
        (lambda: dl.trim_weights(PEOPLE, (0, 1)), OptionError),
        (lambda: dl.trim_weights(SAMPLE, (None, 2)), CalibrationError),
        (lambda: dl.trim_weights(SAMPLE, (50, 40)), OptionError),
        (lambda: dl.trim_weights(SAMPLE, (None, None)), OptionError),
        (lambda: dl.trim_weights(SAMPLE, 5), OptionError),
        (lambda: dl.trim_weights(SAMPLE, ("a", 5)), OptionError),
        (lambda: dl.trim_weights(SAMPLE, (-1, 50)), OptionError),
        (lambda: dl.trim_weights(SAMPLE, (0, 50), within="z"), ColumnError),
        (lambda: dl.trim_weights(CALIBRATED, (0, 50)), OptionError),
        (lambda: dl.trim_weights(dl.make_replicates(SAMPLE, "jk1"), (0, 60)), OptionError),
    ],
)
def test_what_is_refused(call: Any, error: type[DiplabError], refused: Any) -> None:
    refused(call, error)
