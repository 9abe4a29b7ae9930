"""The naive answer: amounts spread evenly within each band, as a share read on a line between its ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from diplab.estimators.conventions import convention_named
from diplab.inference.banded.answer import Answer
from diplab.inference.banded.bound_ends import totals_of, unused_bound
from diplab.inference.banded.relative_rate import fixed_share
from diplab.inference.computed import Computed, joint_spread
from diplab.inference.degrees_of_freedom import degrees_of_freedom
from diplab.inference.spread import spread_for
from diplab.reference.text import Text
from diplab.sampling.expression import Rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from diplab.inference.banded.answer import Asked
    from diplab.sampling.engine import Floats

__all__ = ["INTERPOLATED", "interpolated"]

INTERPOLATED = "interpolated"
EVENLY = Text(
    "Interpolation : les montants sont répartis également dans chaque tranche.",
    "Interpolation: amounts are spread evenly within each band.",
)


def interpolated(asked: Asked) -> tuple[Answer, ...]:
    """Return the rate under a fixed line, were amounts spread evenly within bands; nothing for other questions.

    There is none either where the line of a household is itself known between two ends, or falls in an open band.
    """
    if asked.name != "arpr" or asked.line_low is None or asked.line_high is None:
        return ()
    told = ~np.isnan(asked.low)
    if (asked.line_low[told] != asked.line_high[told]).any():
        return ()
    shares = np.zeros(asked.low.size)
    shares[told] = _evenly(asked, told)
    totals = totals_of(asked)
    (open_ones,) = totals(Rows(np.isnan(shares).astype(float)))
    if open_ones.sum() > 0:
        return ()
    found = fixed_share(totals, Rows(np.nan_to_num(shares)), asked.options.get("interval", "logit"))
    computed = Computed(unused_bound(asked.name), totals, found, totals.n)
    _, error = joint_spread(asked.sample, [computed])
    df = degrees_of_freedom(asked.sample, totals, asked.df)
    point = np.where(totals.n == 0, np.nan, found.point)
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = found.interval(point, spread_for(asked.sample, computed, error, df, asked.confidence))
    flags = tuple("empty" if n == 0 else "" for n in totals.n)
    return (Answer(INTERPOLATED, point, error, ends.low, ends.high, df, totals.n, flags, {}, (EVENLY,)),)


def _evenly(asked: Asked, told: NDArray[np.bool_]) -> Floats:
    """Return the part of each band that is below the line; of a known amount all of it or nothing."""
    assert asked.line_low is not None
    low, high, line = asked.low[told], asked.high[told], asked.line_low[told]
    strict = convention_named(asked.options.get("convention", "eurostat")).poor == "<"
    known = low == high
    with np.errstate(invalid="ignore", divide="ignore"):
        part = np.clip((line - low) / (high - low), 0.0, 1.0)
        part = np.where(np.isinf(high) | np.isinf(low), np.where(line <= low, 0.0, np.nan), part)
    return np.asarray(np.where(known, (low < line) if strict else (low <= line), part), dtype=float)
