"""Rounding is zero and has no p-value; numbers too large, too small or of no kind are refused in words."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import diplab as dl


def people() -> pd.DataFrame:
    draw = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "w": draw.uniform(50, 150, 200),
            "k": draw.choice(list("ab"), 200),
            "x": draw.normal(size=200),
        }
    )
    frame["line"], frame["none_in_a"] = (
        3 + 2 * frame["x"],
        np.where(frame["k"] == "a", 0.0, frame["x"]),
    )
    frame["tiny"], frame["huge"], frame["far"] = (
        frame["x"] * 1e-170,
        frame["x"] * 1e200,
        1e13 + frame["x"],
    )
    frame["small"] = frame["x"] * 1e-12
    return frame


def test_what_rounding_leaves_is_zero_and_has_no_p_value() -> None:
    sample = dl.declare_design(people(), weights="w")
    zeros = dl.regress(sample, "none_in_a ~ k").frame
    assert zeros.loc[0, ["estimate", "std_error", "ci_low", "ci_high"]].tolist() == [0, 0, 0, 0]
    assert np.isnan(zeros["p_value"][0])
    assert zeros["p_value"][1] > 0
    fit = dl.regress(sample, "line ~ x + k").frame
    assert fit["estimate"].tolist() == pytest.approx([3, 2, 0], abs=1e-12)
    assert (fit["estimate"][2], fit["std_error"].tolist()) == (0, [0, 0, 0])
    assert fit["p_value"].isna().all()
    # small numbers are numbers, and their fit is that of the same in another unit
    one, other = (dl.regress(sample, f"{name} ~ k").frame for name in ("small", "x"))
    assert one["std_error"].to_numpy() * 1e12 == pytest.approx(other["std_error"].to_numpy())
    assert one["p_value"].to_numpy() == pytest.approx(other["p_value"].to_numpy())


@pytest.mark.parametrize("made", [lambda frame: frame, lambda frame: pl.from_pandas(frame).lazy()])
def test_a_mean_far_from_zero_has_the_error_of_its_spread(made: Any) -> None:
    """1e13 + N(0, 1): the error was 0, where the t test and the regression had 0.14."""
    frame = people()
    sample = dl.declare_design(made(frame), weights="w")
    far, near = (dl.estimate(sample, dl.mean(name)).frame for name in ("far", "x"))
    assert far["std_error"].item() == pytest.approx(near["std_error"].item(), rel=1e-2)
    assert far["estimate"].item() - 1e13 == pytest.approx(near["estimate"].item(), abs=0.01)
    means = dl.estimate(sample, dl.mean("far"), by="k")
    pair = dl.contrast(means, {"k": ("b", "a")}).frame.iloc[0]
    test = dl.t_test(sample, "far", "k")
    slope = dl.regress(sample, "far ~ k").frame.iloc[1]
    assert pair["std_error"] == pytest.approx(test.estimates["std_error"], rel=1e-2)
    assert slope["std_error"] == pytest.approx(test.estimates["std_error"], rel=1e-2)
    # whole numbers above 2^53, of which every second is a float
    frame["whole"] = 2**53 + np.arange(200)
    found = dl.estimate(dl.declare_design(made(frame)), dl.mean("whole")).frame["std_error"].item()
    assert found == pytest.approx(np.arange(200).std(ddof=1) / np.sqrt(200), rel=1e-2)
    # under replicate weights too
    replicated = dl.make_replicates(dl.declare_design(frame, weights="w"), "jk1")
    assert dl.estimate(replicated, dl.mean("far")).frame["std_error"].item() == pytest.approx(
        dl.estimate(replicated, dl.mean("x")).frame["std_error"].item(), rel=1e-2
    )


def test_numbers_beyond_arithmetic_and_columns_of_no_answers_are_refused(refused: Any) -> None:
    frame = people().assign(pair=[[1, 2]] * 200)
    frame["complex"] = frame["x"] + 1j
    sample = dl.declare_design(frame, weights="w")
    for name in ("tiny", "huge"):
        refused(lambda n=name: dl.regress(sample, f"{n} ~ k"))
        refused(lambda n=name: dl.estimate(sample, dl.mean(n)))
        refused(lambda n=name: dl.t_test(sample, n, "k"))
    rescaled = sample.with_columns(rescaled="(huge) * 1e-200")
    assert dl.estimate(rescaled, dl.mean("rescaled")).frame["estimate"].item() == pytest.approx(
        dl.estimate(sample, dl.mean("x")).frame["estimate"].item()
    )
    for name in ("pair", "complex"):
        refused(lambda n=name: dl.estimate(sample, dl.mean(n)))
        refused(lambda n=name: dl.estimate(sample, dl.mean("x"), by=n))
        refused(lambda n=name: dl.regress(sample, f"{n} ~ k"))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("made", [lambda frame: frame, lambda frame: pl.from_pandas(frame).lazy()])
def test_infinite_answers_are_said_and_left_out_by_the_line_named(made: Any) -> None:
    frame = pd.DataFrame({"w": 2.0, "y": np.arange(1.0, 21.0), "odd name": np.arange(1.0, 21.0)})
    for name, written in (("y", "y"), ("odd name", "`odd name`")):
        odd = frame.assign(**{name: frame[name].replace({1.0: -np.inf, 2.0: np.inf, 3.0: np.inf})})
        sample, line = dl.declare_design(made(odd), weights="w"), f"-1e300 < {written} < 1e300"
        result = dl.estimate(sample, dl.mean(name), dl.total(name))
        assert result.frame["flag"].tolist() == ["undefined", "undefined"]
        (notice,) = (each.en for each in result.provenance.notices)
        assert f"Infinite answers to “{name}”: 3." in notice
        assert f"`sample.where('{line}')`" in notice
        after = dl.estimate(sample.where(line), dl.mean(name), dl.total(name))
        # 4 to 20, with weights of 2
        assert after.frame["estimate"].tolist() == pytest.approx([12.0, 408.0])
        assert after.provenance.notices == ()


@pytest.mark.parametrize("missing", [None, Decimal("nan"), math.nan])
def test_decimals_of_python_are_numbers_as_those_of_other_engines_are(missing: Any) -> None:
    written = [Decimal(cents) / 100 for cents in range(1001, 1201)]
    frame = people().assign(pay=[missing, *written[1:]])
    of_polars = pl.from_pandas(frame.drop(columns="pay")).with_columns(
        pl.Series("pay", [None, *written[1:]])
    )
    samples = [dl.declare_design(made, weights="w") for made in (frame, of_polars)]
    for asked in (
        lambda one: dl.estimate(one, dl.mean("pay"), dl.median("pay"), by="k"),
        lambda one: dl.estimate(one.where("pay >= 11.07"), dl.count()),
        lambda one: dl.estimate(one.where("pay == 11.07"), dl.count()),
        lambda one: dl.regress(one, "pay ~ k"),
        lambda one: dl.regress(one, "x ~ pay"),
        lambda one: dl.estimate(one.with_columns(twice="pay * 2"), dl.mean("twice")),
    ):
        first, second = (asked(one).frame for one in samples)
        pd.testing.assert_frame_equal(first, second, check_dtype=False)


def test_decimals_of_more_digits_than_arrow_holds_are_floats() -> None:
    frame = pd.DataFrame({"y": [Decimal("1e90"), Decimal("1e-30"), Decimal(3)]})
    sample = dl.declare_design(frame)
    assert dl.estimate(sample, dl.mean("y")).frame["estimate"].item() == pytest.approx(1e90 / 3)
