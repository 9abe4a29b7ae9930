"""The share below a fraction of the median where both are known by band only: its bounds, linearised."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from diplab.estimators.income_rules import Convention
from diplab.estimators.moments import mean, share
from diplab.estimators.statistic import Linearised
from diplab.inference.banded.data import distinct_bands
from diplab.kernel.arrays import Floats
from diplab.kernel.bands.bounds import most_below
from diplab.sampling.expression import ONE, Apply, Expression, Rows, expression_of
from diplab.sampling.totals import Totals

_MOST_PAIRS = 50_000_000


def fixed_share(totals: Totals, condition: Expression, interval: str) -> Linearised:
    """Return a share whose condition replicates do not move: the line is where the full sample puts it."""
    found = share.on(totals, condition, interval=interval)
    return replace(found, replicated=lambda others: mean.on(others, condition).point)


@dataclass(frozen=True, eq=False)
class RelativeRate:
    """Bounds of a rate under a fraction of the median, for medians between two values."""

    totals: Totals  # of the domains
    scope: Totals  # of those whose median it is
    low: Floats
    high: Floats
    above: Floats  # (rows,): upper ends, just above the value where it is known
    fraction: float
    convention: Convention
    interval: str

    def at_least(self, median: Floats) -> Linearised:
        """Return the share surely below the line of the smallest median."""
        # who has a known amount at the line is below it, or is not, by convention
        end = self.above if self.convention.poor == "<" else self.high
        return fixed_share(self.totals, Rows(end) <= expression_of(self.fraction * median), self.interval)

    def at_most(self, smallest: Floats, largest: Floats, half: Floats) -> Linearised:
        """Return the largest share that may be below the line of a median between two, with a share below it."""
        possibly = self._possibly(largest)
        tried = self._tried(smallest, largest, half)
        if tried is None:
            return fixed_share(self.totals, possibly, self.interval)
        median, most, at_half = tried
        found = fixed_share(self.totals, self._possibly(median), self.interval)
        return self._at_half(found, median, most, at_half, half) if at_half.any() else found

    def _possibly(self, median: Floats) -> Expression:
        return Apply(self.convention.poor, (Rows(self.low), expression_of(self.fraction * median)))

    def _tried(
        self, smallest: Floats, largest: Floats, half: Floats
    ) -> tuple[Floats, Floats, NDArray[np.bool_]] | None:
        """Return the median with most people below its line; None where the largest median is it, or may be taken."""
        bottom, top = np.nanmin(smallest), np.nanmax(largest)
        both = (self.low <= self.fraction * top) & (self.above > bottom)
        strict = self.convention.poor == "<"
        if not self.fraction < 1 or not (bottom > 0 or (strict and bottom == 0)) or not both.any():
            return None
        (low, above), inside, of_all = self._by_band
        domains = self.totals.domains
        if low.size**2 * 4 * domains > _MOST_PAIRS:
            return None
        found = most_below(
            (low, above),
            of_all,
            inside,
            self.fraction,
            (np.broadcast_to(smallest, domains), np.broadcast_to(largest, domains)),
            strict=strict,
            half=half,
        )
        return found.median, found.share, found.held

    @cached_property
    def _by_band(self) -> tuple[tuple[Floats, Floats], Floats, Floats]:
        """Return both ends of each different band, its weight by domain, and among those whose median it is."""
        domain, weight = self.totals.row_weights()
        _, everybody = self.scope.row_weights()
        low, above, of_row = distinct_bands(self.low, self.above)
        domains = self.totals.domains
        summed = np.bincount(of_row * domains + np.maximum(domain, 0), weight, low.size * domains)
        inside = summed.astype(np.float64).reshape(-1, domains)
        of_all: Floats = inside
        if self.scope is not self.totals:
            of_all = np.bincount(of_row, everybody, low.size).astype(np.float64)[:, None]
        at_half = (inside > 0).any(axis=1) | (of_all > 0).any(axis=1)
        return (low[at_half], above[at_half]), inside[at_half], of_all[at_half]

    def _at_half(
        self, found: Linearised, median: Floats, most: Floats, at_half: NDArray[np.bool_], half: Floats
    ) -> Linearised:
        """Return the bound where the half below the median holds it down: known ones, and the room that is left."""
        totals, holds = self.totals, at_half.astype(float)
        (people,) = totals(ONE)
        line = expression_of(median)
        below = Rows(self.above) <= line
        poor = Apply("and", (self._possibly(median), below))
        point = np.where(at_half, most, found.point)
        inside = self._possibly(median) * (1 - holds) + poor * holds
        beyond: tuple[tuple[Floats, Expression], ...] = ()
        if self.scope is self.totals:
            inside = inside + (half - below) * holds
        else:
            beyond = tuple(
                (holds * (np.arange(holds.size) == place) / people, self._room(median[place].item(), half))
                for place in np.flatnonzero(at_half)
            )

        def replicated(others: Totals) -> Floats:
            counted, those = others(inside, ONE)
            for coefficient, expression in beyond:
                (room,) = others.universe(expression)
                counted = counted + (coefficient > 0) * room
            return counted / those

        return replace(found, point=point, variable=(inside - point) / people, beyond=beyond, replicated=replicated)

    def _room(self, median: float, half: Floats) -> Expression:
        """Return the part of the half below a median that is not taken by known amounts."""
        return half - (Rows(self.above) <= median)
