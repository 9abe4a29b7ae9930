"""Terms of a regression that follow from others, wholly or nearly: what is said of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import OptionError


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    place = np.arange(300)
    found = pd.DataFrame({"x": np.sin(place * 1.7), "z": np.cos(place * 2.3), "year": 2010 + place % 14})
    found["level"] = np.digitize(found["x"] + found["z"], [-1, 0, 1])
    found["twice"], found["five"], found["none"] = 2 * found["x"] + 1, 5.0, 0.0
    found["h"] = np.where(place % 3, "p", "q")
    found["time"] = 1.6e9 + place % 10
    return found


APART = "so that they cannot be told apart."
TOLD = {
    (
        "level ~ x + twice",
        "ordinal",
    ): f"`twice` follows from the cut points, `x`, {APART} Leave `twice` or one of the others out.",
    ("level ~ x + five", "ordinal"): f"`five` follows from the cut points, {APART} Leave `five` out.",
    (
        "level ~ h - 1",
        "ordinal",
    ): f"`h` (q) follows from the cut points, `h` (p), {APART} Leave `h` or one of the others out.",
    (
        "level ~ x + none",
        "ordinal",
    ): "`none` is 0 for all respondents. Leave `none` out, or merge its categories.",
    ("z ~ I(x) + x", "gaussian"): "`x` is in the formula twice, bare and in `I(...)`. Write `x` once.",
    (
        "z ~ x + I(2 * x + 3)",
        "gaussian",
    ): f"`2 * x + 3` follows from `intercept`, `x`, {APART} Leave `2 * x + 3` or one of the others out.",
    (
        "z ~ year + I(year ** 2) + I(year ** 3) + I(year ** 4)",
        "gaussian",
    ): "`year ** 4` goes so nearly in line with "
    "`intercept`, `year`, `year ** 2`, `year ** 3` that the fit cannot tell them apart. Centre `year`: write "
    "`year - 2016` in its place, for example `I((year - 2016) ** 2)`.",
    (
        "level ~ time + I(time ** 2)",
        "ordinal",
    ): "`time ** 2` goes so nearly in line with the cut points, `time` that "
    "the fit cannot tell them apart. Centre `time`: write `time - 1600000004` in its place, for example "
    "`I((time - 1600000004) ** 2)`.",
}


@pytest.mark.parametrize(("formula", "family"), TOLD)
def test_what_follows_from_what(people: pd.DataFrame, formula: str, family: str, refused: Any) -> None:
    refused(lambda: dl.regress(dl.declare_design(people), formula, family=family), OptionError)


def test_centred_as_told_it_fits(people: pd.DataFrame) -> None:
    found = dl.regress(dl.declare_design(people), "z ~ I(time - 1600000004) + I((time - 1600000004) ** 2)")
    assert np.isfinite(found.frame["std_error"]).all()
