"""How many rows of a file answered, and how many did not, by reason."""

from __future__ import annotations

from dataclasses import dataclass

from diplab.results.estimates import Estimates

__all__ = ["ReasonCounts"]


@dataclass(frozen=True, eq=False, repr=False)
class ReasonCounts(Estimates):
    """Rows of a file that answered each variable, and those that did not by reason; without weights."""
