"""Hours of many people as full-time jobs."""

from __future__ import annotations

from diplab.estimators.statistic import Linearised, statistic
from diplab.reference.text import Text
from diplab.sampling.expression import Expression
from diplab.sampling.totals import Totals

__all__ = ["full_time_equivalents"]

WHOLE_WEEK = 168.0


@statistic(kind="amount", unit="full-time jobs", rules={"week": "full_week"})
def full_time_equivalents(totals: Totals, hours: Expression, *, week: float = 35.0) -> Linearised:
    """Hours that the whole population works, counted in full-time weeks: sum(w h) / week, linearised h / week."""
    (worked,) = totals(hours)
    odd = int(totals.within(hours < 0.0).n.sum() + totals.within(hours > WHOLE_WEEK).n.sum())
    return Linearised(worked / week, hours / week, assumptions=(_odd(odd),) if odd else ())


def _odd(count: int) -> Text:
    return Text(
        f"Heures sous 0 ou au-dessus des {WHOLE_WEEK:g} d’une semaine\u00a0: {count}, gardées.",
        f"Hours below 0 or above the {WHOLE_WEEK:g} of a week: {count}, kept.",
    )
