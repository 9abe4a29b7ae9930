"""Households of US crowd workers (Berke et al. 2024): size up to "4+", income in bands, no age of anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.reference.parameter import parameter

if TYPE_CHECKING:
    from pathlib import Path

INCOME, SIZE = "Q-demos-income", "Q-amazon-use-hh-size"
BANDS = {
    "Less than $25,000": (0, 25_000), "$25,000 - $49,999": (25_000, 50_000), "$50,000 - $74,999": (50_000, 75_000),
    "$75,000 - $99,999": (75_000, 100_000), "$100,000 - $149,999": (100_000, 150_000),
    "$150,000 or more": (150_000, np.inf),
}  # fmt: skip

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def surveyed(shared: Path) -> dl.Microdata:
    path = shared / "data" / "open" / "berke-2024" / "data" / "survey-data" / "survey.csv"
    data = dl.Microdata(pd.read_csv(path, usecols=[INCOME, SIZE]), dl.Codebook())
    bands = data.frame[INCOME].map(BANDS)
    low, high = (bands.map(lambda band, end=end: band[end], na_action="ignore") for end in (0, 1))
    return data.with_columns(low=low.astype(float), high=high.astype(float))


def test_who_is_below_the_guidelines_of_2022(surveyed: dl.Microdata) -> None:
    """113 surely and 1,124 possibly of 6,195, which the study `us-crowdworkers-2022` counts by another route.

    An income below its guideline is an income by unit below 1, with the guideline of each size as its units; "4+" goes
    up to 8 persons.
    """
    lines = {size: parameter(f"us_poverty_guideline_{size}", 2022).value for size in range(1, 9)}
    found = dl.equivalise(surveyed, ("low", "high"), persons=SIZE, scale=lines, largest=8).frame
    told = found["equivalised_low"].notna()
    assert [int(told.sum()), len(found)] == [6195, 6325]
    # a band ends below its upper limit
    assert int((found["equivalised_high"] <= 1).sum()) == 113
    assert int((found["equivalised_low"] < 1).sum()) == 1124


def test_units_by_answer(surveyed: dl.Microdata) -> None:
    """1,518 alone, 1,984 of two, 1,233 of three, 1,590 of four or more, counted in the file."""
    root = dl.equivalise(surveyed, persons=SIZE, scale="square-root")
    assert root.frame["units"].round(4).value_counts().to_dict() == {1.4142: 1984, 1.0: 1518, 1.7321: 1233}
    assert int(np.isinf(root.frame["units_high"]).sum()) == 1590
    modified = dl.equivalise(surveyed, persons=SIZE, largest=8).frame
    both = modified.groupby(["units_low", "units_high"]).size()
    assert {tuple(np.round(ends, 10)): count for ends, count in both.items()} == {
        (1.0, 1.0): 1518,
        (1.3, 1.5): 1984,
        (1.6, 2.0): 1233,
        (1.9, 4.5): 1590,
    }


def test_a_rate_between_bounds(surveyed: dl.Microdata) -> None:
    """Declared on both ends, the rate under a line lies between its two counts, whoever lives in the households."""
    found = dl.equivalise(surveyed, ("low", "high"), persons=SIZE, largest=8)
    sample = dl.declare_design(found, kind="opt-in")
    least, most = dl.estimate(sample, dl.share("equivalised_high <= 20000"), dl.share("equivalised_low < 20000")).frame[
        "estimate"
    ]
    frame = found.frame.dropna(subset=["equivalised_low"])
    assert least == pytest.approx((frame["equivalised_high"] <= 20_000).mean(), rel=1e-12)
    assert most == pytest.approx((frame["equivalised_low"] < 20_000).mean(), rel=1e-12)
    assert least < most
