"""Laws of poverty indicators, whatever the incomes."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

import diplab as dl

law = settings(max_examples=20)
SCHOOLS = st.sampled_from(["eurostat", "convey", "vardpoor"])


@st.composite
def incomes(draw: st.DrawFn, least: int = 0) -> pd.DataFrame:
    """Two to five units of one to four people; ties are common."""
    unit = np.repeat(np.arange(draw(st.integers(2, 5))), draw(st.integers(1, 4)))
    n = unit.size
    column = lambda values: draw(st.lists(values, min_size=n, max_size=n))  # noqa: E731
    return pd.DataFrame(
        {
            "unit": unit,
            "w": np.array(column(st.integers(1, 20))) / 4.0,
            "y": np.array(column(st.integers(least, 40)), dtype=float),
            "old": [0, 1, *column(st.integers(0, 1))][:n] if n > 1 else [0],
            "d": column(st.sampled_from([0.0, 1.0, np.nan])),
            "l": column(st.sampled_from([0.0, 1.0, np.nan])),
        }
    )


def found(frame, *statistics):
    sample = dl.declare_design(frame, weights="w", psu="unit")
    found = dl.estimate(sample, *statistics, df="design", deff=None)  # neither is in these numbers
    return found.frame[["estimate", "std_error"]].to_numpy(float)


def same(left: np.ndarray, right: np.ndarray) -> None:
    np.testing.assert_allclose(left, right, rtol=1e-8, atol=1e-9)


@law
@given(incomes(), st.integers(1, 50), SCHOOLS)
def test_an_index_falls_with_its_order(frame, line, school):
    """Of incomes at or above zero, gaps are shares of the line: from the rate, at order 0, down."""
    for fixed in ({"threshold": line}, {}):
        options = {**fixed, "convention": school}
        rate, *indices = found(
            frame,
            dl.arpr("y", **options),
            *[dl.fgt("y", each, **options) for each in (0, 0.5, 1, 2, 3)],
        )[:, 0]
        assert np.isnan(rate) or rate == indices[0]
        assert (np.diff(indices) <= 1e-12).all() or np.isnan(indices).all()


@law
@given(incomes(), SCHOOLS)
def test_rates_fall_with_the_line_and_hold_the_undecided(frame, school):
    rate, index = found(frame, dl.arpr("y", convention=school), dl.fgt("y", 0, convention=school))
    np.testing.assert_array_equal(rate, index)
    rates = found(
        frame, *[dl.arpr("y", fraction=each, convention=school) for each in (0.4, 0.5, 0.6, 0.7)]
    )[:, 0]
    assert (np.diff(rates) >= -1e-12).all() or np.isnan(rates).all()
    # Whatever the missing answers are, the share is between that with none at risk and that with
    # all of them.
    asked = [
        dl.arope("y", "d", "l", convention=school, undecided=each) for each in ("no", "drop", "yes")
    ]
    low, middle, high = found(frame, *asked)[:, 0]
    known, whole = frame.fillna(0.0), frame.fillna(1.0)
    none, every = (
        found(each, dl.arope("y", "d", "l", convention=school))[0, 0] for each in (known, whole)
    )
    if np.isfinite(low):
        np.testing.assert_allclose([low, high], [none, every], atol=1e-12)
        assert np.isnan(middle) or low - 1e-12 <= middle <= high + 1e-12


@law
@given(incomes(1), st.sampled_from([0.25, 3.0, 1000.0, 0.1]), SCHOOLS)
def test_the_unit_of_income_does_not_matter(frame, unit, school):
    """Under an estimated line, and under a fixed one in the same unit; a line itself is multiplied."""
    options = {"convention": school}
    relative = [
        dl.arpr("y", **options), dl.relative_median_gap("y", **options), dl.fgt("y", 2, **options),
        dl.arope("y", "d", "l", **options), dl.relative_median_income_ratio("y", "old", **options),
    ]  # fmt: skip

    def fixed(by):
        line = 20 * by
        return [dl.arpr("y", threshold=line), dl.fgt("y", 1, threshold=line)]

    scaled = frame.assign(y=frame["y"] * unit)
    same(found(scaled, *relative, *fixed(unit)), found(frame, *relative, *fixed(1)))
    same(found(scaled, dl.arpt("y", **options)), unit * found(frame, dl.arpt("y", **options)))


@law
@given(incomes(), st.integers(1, 50))
def test_a_column_of_one_line_is_that_line(frame, line):
    def asked(given):
        return [
            dl.arpr("y", threshold=given),
            dl.relative_median_gap("y", threshold=given),
            dl.fgt("y", 1, threshold=given),
            dl.arope("y", "d", "l", threshold=given),
        ]

    frame = frame.assign(line=float(line))
    same(found(frame, *asked("line")), found(frame, *asked(line)))


@law
@given(incomes(), st.randoms())
def test_the_order_of_rows_does_not_matter(frame, luck):
    order = list(range(len(frame)))
    luck.shuffle(order)
    asked = [
        dl.arpr("y"), dl.relative_median_gap("y"), dl.fgt("y", 1), dl.arope("y", "d", "l"),
        dl.relative_median_income_ratio("y", "old"),
    ]  # fmt: skip
    same(found(frame.iloc[order], *asked), found(frame, *asked))


@law
@given(incomes(), st.integers(2, 40))
def test_a_gap_of_the_poor_lies_within_the_line(frame, line):
    """Above zero where somebody is poor, and at most one without negative incomes."""
    rate, gap = found(
        frame, dl.arpr("y", threshold=line), dl.relative_median_gap("y", threshold=line)
    )[:, 0]
    assert np.isnan(gap) if rate == 0 else 0 < gap <= 1


@law
@given(incomes(), st.integers(1, 50))
def test_a_row_split_in_two_changes_nothing(frame, line):
    """Official definitions: two rows of half the weight are the same person."""
    halves = pd.concat([frame, frame]).assign(w=lambda rows: rows["w"] / 2)
    asked = [
        dl.arpt("y"), dl.arpr("y"), dl.relative_median_gap("y"), dl.fgt("y", 1.5, threshold=line),
        dl.arope("y", "d", "l"), dl.relative_median_income_ratio("y", "old"),
    ]  # fmt: skip
    same(found(halves, *asked), found(frame, *asked))
