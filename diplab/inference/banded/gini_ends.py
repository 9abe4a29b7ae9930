"""The two bounds of the Gini index of a banded variable, as linearised statistics, by domain."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from diplab.errors import OptionError
from diplab.estimators.statistic import Linearised
from diplab.inference.banded.distinct_bands import distinct_bands
from diplab.kernel.bands.bounds import GiniBetween, largest_gini, smallest_gini
from diplab.sampling.expression import Rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from diplab.inference.banded.answer import Asked
    from diplab.sampling.engines.protocol import Floats, Integers
    from diplab.sampling.totals import Totals

__all__ = ["gini_ends"]


@dataclass(frozen=True, eq=False)
class _DomainBands:
    """The different bands of a domain with their weights, its rows, and the band of each."""

    rows: Integers
    of_row: Integers
    low: Floats
    high: Floats
    mass: Floats


def gini_ends(asked: Asked, totals: Totals) -> tuple[Linearised, Linearised]:
    """Return the smallest and the largest Gini index that amounts within the bands can have.

    Raises
    ------
    OptionError
        Where a band reaches below zero, or an option has no sense here.
    """
    for option, only in (("convention", "eurostat"), ("nonpositive", "keep")):
        chosen = asked.options.get(option, only)
        if chosen != only:
            raise OptionError(
                f"`{option}={chosen!r}` was asked for, of a Gini index known by band.",
                "Its bounds are those of the official definition, incomes kept as they are.",
                f"Leave `{option}` out.",
            )
    domain, weight = totals.row_weights()
    negative = int((weight[asked.low < 0] > 0).sum())
    if negative:
        raise OptionError(
            "The Gini index of a variable known by band was asked for.",
            f"Bands of {negative} respondents reach below zero, where the index has no upper bound.",
            "Write bands from 0, or a sample of those with positive incomes: `sample.universe(...)`.",
        )
    by_domain = _bands_by_domain(asked, domain, weight, totals.domains)
    return _gini(smallest_gini, by_domain, weight.size), _gini(largest_gini, by_domain, weight.size)


def _bands_by_domain(asked: Asked, domain: Integers, weight: Floats, domains: int) -> list[_DomainBands]:
    """Return the different bands of each domain, their weights, and whose they are."""
    kept = np.flatnonzero(weight > 0)
    low, high, band = distinct_bands(asked.low[kept], asked.high[kept])
    order = np.argsort(domain[kept], kind="stable") if domains > 1 else np.arange(kept.size)
    starts = np.searchsorted(domain[kept][order], np.arange(domains + 1))
    found = []
    for first, last in pairwise(starts):
        rows = order[first:last]
        mass = np.bincount(band[rows], weight[kept[rows]], low.size).astype(np.float64)
        own = np.flatnonzero(mass)
        of_row = np.searchsorted(own, band[rows])
        found.append(_DomainBands(kept[rows], of_row, low[own], high[own], mass[own]))
    return found


def _gini(of: Callable[..., GiniBetween], by_domain: Sequence[_DomainBands], size: int) -> Linearised:
    """Return one bound of the index; under replicates its linearised variable varies."""
    point = np.full(len(by_domain), np.nan)
    influence = np.zeros(size)
    for place, each in enumerate(by_domain):
        if each.rows.size:
            found = of(each.low, each.high, each.mass)
            point[place] = found.gini
            influence[each.rows] = (found.influence / each.mass.sum())[each.of_row]
    moved = Rows(influence)
    return Linearised(point, moved, replicated=lambda others: others(moved)[0])
