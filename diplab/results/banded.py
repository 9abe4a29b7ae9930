"""Answers to questions on a variable that is known by band only."""

from __future__ import annotations

from dataclasses import dataclass

from diplab.results.estimates import Estimates

__all__ = ["AT_LEAST", "AT_MOST", "BandedEstimates"]

AT_LEAST, AT_MOST = "at least", "at most"
"""The categories of the two bounds of each statistic."""


@dataclass(frozen=True, eq=False, repr=False)
class BandedEstimates(Estimates):
    """What bands leave open of a statistic: its two bounds, and the points that further assumptions give.

    `category` says which: `at least`, `at most`, or the assumption.
    """

    @property
    def has_bounds(self) -> bool:
        """True where the bounds are among the rows, and the rows were not compared with each other."""
        return AT_LEAST in set(self.frame["category"]) and not self.provenance.contrast
