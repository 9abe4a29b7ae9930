"""Calls as type checkers and editors see them: `make types` reads this file, and nothing runs it.

Where a wrong call was not refused, its `type: ignore` would be unused, which mypy reports.
"""

from __future__ import annotations

import diplab as dl
from diplab.estimators import ColumnOrExpression, Linearised, Totals, statistic


@statistic(kind="ratio")
def odds(totals: Totals, yes: ColumnOrExpression, no: ColumnOrExpression) -> Linearised:
    """Return how many have one thing for each who has another."""
    a, b = totals(yes, no)
    return Linearised(a / b, (yes - no * (a / b)) / b)


def called() -> None:
    """Right calls, then wrong ones."""
    odds("works", "rests")
    dl.mean(["hours", "pay"])
    dl.share("sex", interval="beta")
    dl.quantile("pay", [0.25, 0.5], rule="hf7")
    dl.arpr("income", threshold=dl.parameter("poverty_threshold_60", 2016))
    dl.cronbach_alpha("item_1", "item_2", interval="log")
    dl.population.scale_up_ratio("hidden", "nurses", "teachers", sizes=(100.0, 200.0))

    odds("works")  # type: ignore[call-arg]
    dl.share("sex", intervall="beta")  # type: ignore[call-arg]
    dl.share("sex", interval="betta")  # type: ignore[arg-type]
    dl.quantile("pay")  # type: ignore[call-arg]
    dl.estimate(level=0.9)  # type: ignore[call-arg]
