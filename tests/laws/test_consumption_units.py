"""Laws of consumption units: whatever is not told, the bounds hold it, and telling more never widens them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import diplab as dl
from diplab.microdata.equivalise import SCALES

law = settings(max_examples=60)

people = st.lists(st.integers(0, 90), min_size=0, max_size=7)
household = st.tuples(st.integers(14, 90), people).map(lambda both: [both[0], *both[1]])
scales = st.sampled_from([*SCALES])
LARGEST = 12


def bounds(columns: dict[str, Any], **asked: Any) -> tuple[float, float]:
    data = dl.Microdata(
        pd.DataFrame({name: [value] for name, value in columns.items()}), dl.Codebook()
    )
    frame = dl.equivalise(data, **asked).frame
    return frame["units_low"].item(), frame["units_high"].item()


def exact(ages: list[int], scale: str) -> float:
    grown = sum(age >= 14 for age in ages)
    return float(SCALES[scale].units(np.array(grown), np.array(len(ages) - grown)))


def answers_of(ages: list[int], top: int, under: int, top_kids: int) -> dict[str, Any]:
    size, kids = len(ages), sum(age < under for age in ages)
    return {
        "size": f"{top}+" if size >= top else str(size),
        "kids": f"{top_kids} or more" if kids >= top_kids else str(kids),
    }


@law
@given(household, scales, st.integers(2, 9), st.sampled_from([6, 14, 18, 25]), st.integers(1, 5))
def test_bounds_hold_the_household_and_telling_more_never_widens_them(
    ages, scale, top, under, top_kids
):
    answers = answers_of(ages, top, under, top_kids)
    asked: dict[str, Any] = {"scale": scale, "persons": "size"}
    kids: dict[str, Any] = {"children": "kids", "children_under": under}
    young = sum(age < 14 for age in ages)
    steps = [
        bounds({"size": np.nan}, **asked),
        bounds(answers, **asked),
        bounds(answers, **asked, **kids),
        bounds(answers, **asked, **kids, largest=LARGEST),
        bounds(answers, **asked, **kids, largest=max(len(ages), top)),
        bounds({**answers, "size": str(len(ages))}, **asked, **kids),
        bounds({"size": len(ages), "kids": sum(age < under for age in ages)}, **asked, **kids),
        bounds({"size": len(ages), "kids": young}, **asked, children="kids"),
    ]
    truth = exact(ages, scale)
    for low, high in (*steps[1:4], bounds(answers, **asked, largest=LARGEST)):
        assert low <= truth * (1 + 1e-12)
        assert truth <= high * (1 + 1e-12)
    for before, after in pairwise(steps):
        assert before[0] <= after[0] * (1 + 1e-12)
        assert after[1] <= before[1] * (1 + 1e-12)
    assert steps[-1][0] == steps[-1][1] == pytest.approx(truth, rel=1e-12)


@law
@given(household, st.sets(st.integers(0, 7)), scales)
def test_bounds_hold_the_household_of_which_ages_are_hidden(ages, hidden, scale):
    answers: dict[str, Any] = {
        f"age_{place}": np.nan if place in hidden else float(age) for place, age in enumerate(ages)
    }
    low, high = bounds(
        {**answers, "size": len(ages)}, scale=scale, persons="size", ages=list(answers)
    )
    assert low <= exact(ages, scale) * (1 + 1e-12)
    assert exact(ages, scale) <= high * (1 + 1e-12)
    if not hidden & set(range(len(ages))):
        assert low == high == pytest.approx(exact(ages, scale), rel=1e-12)


@law
@given(household, st.integers(0, 90), scales)
def test_one_more_person_is_never_worth_less(ages, more, scale):
    assert exact([*ages, more], scale) > exact(ages, scale)
    alone = bounds({"size": len(ages)}, persons="size", scale=scale)
    joined = bounds({"size": len(ages) + 1}, persons="size", scale=scale)
    assert joined[0] > alone[0]
    assert joined[1] > alone[1]


@law
@given(
    st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=2).map(sorted),
    st.floats(0.001, 1000),
    st.integers(1, 6),
)
def test_incomes_in_another_currency_are_bounds_in_that_currency(incomes, rate, size):
    frame = pd.DataFrame({"low": [incomes[0]], "high": [incomes[1]], "size": [size]})
    asked: dict[str, Any] = {"persons": "size", "largest": 8}

    def ends(data: pd.DataFrame) -> list[float]:
        found = dl.equivalise(dl.Microdata(data, dl.Codebook()), ("low", "high"), **asked).frame
        return [found["equivalised_low"].item(), found["equivalised_high"].item()]

    both = ends(frame)
    assert both[0] <= both[1]
    assert ends(frame.assign(low=frame["low"] * rate, high=frame["high"] * rate)) == pytest.approx(
        [each * rate for each in both], rel=1e-12, abs=1e-300
    )
