"""Running totals along an order in memory, mapped back to the rows: sorted once, whatever the weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from diplab.kernel.cumulated import cumulated, cumulated_halfway
from diplab.sampling.expression import ONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diplab.sampling.engine import Along, Floats, Scope
    from diplab.sampling.expression import Expression
    from diplab.sampling.memory_engine import MemoryEngine

__all__ = ["running"]


def running(
    engine: MemoryEngine,
    scope: Scope,
    along: Along,
    complete: Sequence[Expression],
    weights: Floats,
    *,
    own: float,
) -> Floats:
    """Return on every row the total of one expression where another is at or below the row's own; 0 outside.

    Parameters
    ----------
    engine : MemoryEngine
    scope : Scope
        Whom the total is about; it runs within each domain.
    along : (Expression, Expression)
        What orders people, and what is added up.
    complete : sequence of Expression
        A row counts only where each has an answer.
    weights : array, shape (rows,)
        Those of the sample, or of one replicate.
    own : {0, 0.5, 1}
        How much of the people of the row's own value counts: nobody, half or all of them.
    """
    order, what = along
    masses = engine.sorted_masses(scope, order, complete)
    assert masses.rows is not None  # kept in memory
    added = masses.weights if weights is engine.weights else weights[masses.rows]
    if what != ONE:
        added = added * engine.columns.evaluate(what, engine.scoped(scope).domain)[masses.rows]
    found = np.zeros(engine.rows)
    if own == 0.5:
        found[masses.rows] = cumulated_halfway(masses.starts, masses.values, added)
    else:
        found[masses.rows] = cumulated(masses.starts, masses.values, added, strict=own == 0)
    return found
