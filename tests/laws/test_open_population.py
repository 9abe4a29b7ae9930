"""Laws of open populations, whatever the histories."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from diplab import population
from diplab.errors import EmptyDomainError

law = settings(max_examples=40)

tables = st.integers(3, 6).flatmap(
    lambda occasions: st.lists(
        st.lists(st.booleans(), min_size=occasions, max_size=occasions), min_size=1, max_size=25
    )
)


def sized(table, corrected=True):
    try:
        return population.open_population(np.array(table), corrected=corrected)
    except EmptyDomainError:
        assume(False)
        raise


@law
@given(tables, st.booleans())
def test_what_is_unknown_says_why_and_no_size_is_below_those_met(table, corrected):
    frame = sized(table, corrected).frame
    unknown = frame["estimate"].isna()
    assert (frame.loc[unknown, "flag"] != "").all()
    known = frame[~unknown]
    numbers = known[["estimate", "std_error", "ci_low", "ci_high"]].to_numpy(dtype=float)
    assert np.isfinite(numbers).all()
    assert (known["ci_low"] <= known["estimate"] + 1e-9).all()
    assert (known["estimate"] <= known["ci_high"] + 1e-9).all()
    frame = sized(table, corrected).frame
    sizes = frame[
        frame["statistic"].isin(["abundance", "ever_present"]) & frame["estimate"].notna()
    ]
    assert (sizes["estimate"] >= sizes["n"] - 1e-9).all()
    assert (sizes["ci_low"] >= sizes["n"] - 1e-9).all()


@law
@given(tables, st.integers(2, 5))
def test_persons_many_times_over_scale_the_plain_sizes(table, times):
    once, more = sized(table, corrected=False).frame, sized(table * times, corrected=False).frame
    scaled = once["estimate"] * np.where(once["statistic"] == "survival", 1, times)
    assert more["estimate"].to_numpy() == pytest.approx(
        scaled.to_numpy(), rel=1e-9, abs=1e-9, nan_ok=True
    )


@law
@given(tables)
def test_the_order_of_rows_does_not_matter(table):
    one, other = sized(table).frame, sized(table[::-1]).frame
    assert one["estimate"].to_numpy() == pytest.approx(other["estimate"].to_numpy(), nan_ok=True)
