"""Statistics computed on a sample, and the covariance between them that the design gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from diplab.kernel.linearisation import covariance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diplab.estimators.statistic import Bound, Linearised
    from diplab.sampling.sample import Sample
    from diplab.sampling.totals import Totals

__all__ = ["Computed", "joint_covariance"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Computed:
    """One bound statistic on one sample: its totals and what came of them, by domain.

    Parameters
    ----------
    bound : Bound
        The statistic.
    totals : Totals
        What it was given.
    linearised : Linearised
        What it returned.
    n : array of int, shape (domains,)
        Respondents.
    """

    bound: Bound
    totals: Totals
    linearised: Linearised
    n: NDArray[np.int64]


def joint_covariance(sample: Sample, computed: Sequence[Computed]) -> Floats:
    """Return the covariance of all linearised variables: the one line where statistics meet the design.

    Parameters
    ----------
    sample : Sample
        For its units and its policy on lonely ones.
    computed : sequence of Computed
        On the same domains.

    Returns
    -------
    array, shape (rows, rows)
        In the order of statistics, then domains; NaN for an estimate that has no variance.
    """
    width = computed[0].totals.domains
    inside = len(computed) * width
    unit, column, value = [], [], []
    carried: list[tuple[NDArray[np.int64], Floats]] = []
    for place, each in enumerate(computed):
        u, domain, z = each.totals.by_unit(each.linearised.variable)
        unit.append(u)
        column.append(place * width + domain)
        value.append(z)
        for coefficient, expression in each.linearised.beyond:
            u, _, z = each.totals.universe.by_unit(expression)
            unit.append(u)
            column.append(np.full(u.size, inside + len(carried)))
            value.append(z)
            carried.append((np.arange(place * width, (place + 1) * width), coefficient))
    columns, values = np.concatenate(column), np.concatenate(value)
    # an estimate without a variance must not take it from the others: it counts zero, and is blanked at the end
    lost = ~np.isfinite(values)
    every = covariance(
        np.concatenate(unit),
        columns,
        np.where(lost, 0.0, values),
        inside + len(carried),
        sample.engine.units.stages,
        sample.design.lonely_psu,
    )
    undefined = np.bincount(columns[lost], minlength=inside + len(carried)) > 0
    undefined[:inside] |= np.concatenate([each.n == 0 for each in computed])
    return _blanked(*_brought_inside(every, undefined, inside, carried))


def _brought_inside(
    every: Floats,
    undefined: NDArray[np.bool_],
    inside: int,
    carried: Sequence[tuple[NDArray[np.int64], Floats]],
) -> tuple[Floats, NDArray[np.bool_]]:
    """Add to each estimate what it owes to people outside its domain."""
    if not carried:
        return every, undefined
    spread = np.eye(inside + len(carried), inside)
    missing = undefined[:inside].copy()
    for extra, (own, coefficient) in enumerate(carried, start=inside):
        known = np.isfinite(coefficient)
        spread[extra, own] = np.where(known, coefficient, 0.0)
        missing[own] |= ~known | undefined[extra]
    return spread.T @ every @ spread, missing


def _blanked(every: Floats, undefined: NDArray[np.bool_]) -> Floats:
    every[undefined, :] = np.nan
    every[:, undefined] = np.nan
    return every
