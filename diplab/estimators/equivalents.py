"""Hours of many people as full-time jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.estimators.statistic import Linearised, statistic

if TYPE_CHECKING:
    from diplab.sampling.expression import Expression
    from diplab.sampling.totals import Totals

__all__ = ["full_time_equivalents"]


@statistic
def full_time_equivalents(totals: Totals, hours: Expression, *, week: float = 35.0) -> Linearised:
    """Hours that the whole population works, counted in full-time weeks: sum(w h) / week, linearised h / week."""
    (worked,) = totals(hours)
    return Linearised(worked / week, hours / week)
