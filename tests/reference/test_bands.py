"""Banded incomes against a line: every number here is worked by hand in the comment beside it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diplab.errors import OptionError
from diplab.kernel.bands import (
    interpolated_median,
    interpolated_share_below,
    possibly_below,
    surely_below,
)

LOW = [0.0, 25_000.0, 50_000.0, 75_000.0]
HIGH = [25_000.0, 50_000.0, 75_000.0, math.inf]


def test_a_line_inside_a_band_leaves_that_band_undecided() -> None:
    assert surely_below(LOW, HIGH, 30_000).tolist() == [True, False, False, False]
    assert possibly_below(LOW, HIGH, 30_000).tolist() == [True, True, False, False]


def test_a_line_on_an_end_decides_every_band() -> None:
    # [0, 25000) does not hold 25000, so all of it is below; [25000, 50000) begins on the line, not below it
    assert surely_below(LOW, HIGH, 25_000).tolist() == [True, False, False, False]
    assert possibly_below(LOW, HIGH, 25_000).tolist() == [True, False, False, False]


def test_an_income_not_told_is_never_sure_and_always_possible() -> None:
    assert not surely_below([0.0], [math.inf], 1e9).item()
    assert possibly_below([0.0], [math.inf], 1.0).item()


def test_a_line_for_each_person() -> None:
    # the HHS guidelines of 2022 for households of 1, 2, 3 and 8 on the same band
    lines = [13_590, 18_310, 23_030, 46_630]
    assert surely_below([0] * 4, [25_000] * 4, lines).tolist() == [False, False, False, True]
    assert possibly_below([0] * 4, [25_000] * 4, lines).all()
    assert interpolated_share_below([0] * 4, [25_000] * 4, lines).tolist() == [
        0.5436,  # 13590 / 25000
        0.7324,  # 18310 / 25000
        0.9212,  # 23030 / 25000
        1.0,
    ]


def test_interpolated_share_of_each_band() -> None:
    # (30000 - 25000) / 25000 = 0.2
    assert interpolated_share_below(LOW, HIGH, 30_000).tolist() == [1.0, 0.2, 0.0, 0.0]


def test_the_open_band_has_nothing_to_interpolate_to() -> None:
    shares = interpolated_share_below(LOW, HIGH, 80_000)
    assert shares[:3].tolist() == [1.0, 1.0, 1.0]
    assert math.isnan(shares[3])


def test_interpolated_median() -> None:
    # 100 people, half is 50; 20 below 25000, 30 of the 40 people of the next band: 25000 + 25000 x 30/40
    assert interpolated_median(LOW, HIGH, [20, 40, 25, 15]) == 43_750.0


def test_median_of_bands_in_any_order_and_by_weight() -> None:
    assert interpolated_median(LOW[::-1], HIGH[::-1], [1.5, 2.5, 4.0, 2.0]) == 43_750.0


def test_median_on_the_end_of_a_band() -> None:
    # half of 100 is reached exactly at 25000
    assert interpolated_median(LOW, HIGH, [50, 20, 20, 10]) == 25_000.0


def test_no_median_in_the_open_band_or_of_nobody() -> None:
    assert math.isnan(interpolated_median(LOW, HIGH, [10, 10, 10, 70]))
    assert math.isnan(interpolated_median(LOW, HIGH, [0, 0, 0, 0]))


@pytest.mark.parametrize("function", [surely_below, possibly_below, interpolated_share_below])
@pytest.mark.parametrize(("low", "high", "ends"), [
    ([0.0, 50.0], [50.0, 25.0], "from 50 to 25"),
    ([0.0, math.nan], [50.0, 75.0], "from nan to 75"),
    ([30.0], [30.0], "from 30 to 30"),
])  # fmt: skip
def test_what_is_no_band_is_refused(function, low, high, ends) -> None:
    with pytest.raises(OptionError) as caught:
        function(low, high, 10.0)
    assert str(caught.value) == (
        f"Bands of income were given, one of them {ends}. A band has two ends, the upper above the lower. "
        "Write both ends; the upper one is infinite for the open band, or for an income not told from 0."
    )


@given(
    lows=st.lists(st.integers(0, 200_000), min_size=1, max_size=20),
    width=st.integers(1, 50_000),
    line=st.integers(0, 250_000),
)
def test_the_guess_lies_between_the_bounds_and_bounds_hold_for_any_income_in_the_band(
    lows, width, line
) -> None:
    low = np.array(lows, dtype=float)
    high = low + width
    sure, maybe = surely_below(low, high, line), possibly_below(low, high, line)
    guess = interpolated_share_below(low, high, line)
    assert (sure <= guess).all()
    assert (guess <= maybe).all()
    for income in (low, (low + high) / 2, np.nextafter(high, 0.0)):
        poor = income < line
        assert (sure <= poor).all()
        assert (poor <= maybe).all()
