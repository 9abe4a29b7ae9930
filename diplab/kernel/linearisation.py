"""Variance of totals from the totals of sampling units: strata, stages, finite populations, lonely units.

The design-based covariance of the total of a linearised variable z is, at the first stage,

    sum over strata h of (1 - f_h) n_h / (n_h - 1) * sum over units i of (z_hi - mean_h)(z_hi - mean_h)'

and each later stage adds the same expression within every unit above it, times the sampling fractions of the stages
above (Särndal, Swensson and Wretman 1992, ch. 4). z_hi is the weighted total of the unit, zero where the domain has
nobody in it: rows are never dropped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Stage", "covariance", "lonely_groups"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_DENSE_CELLS = 4_000_000


@dataclass(frozen=True, eq=False)
class Stage:
    """One stage of selection: its units, sorted by the group they were drawn from.

    Parameters
    ----------
    group : array of int, shape (units,)
        Non-decreasing code of the group: the stratum at the first stage, the unit above at later ones.
    fraction : array, shape (groups,)
        Sampling fraction of each group; 0 for drawing with replacement.
    multiplier : array, shape (groups,)
        Product of the sampling fractions of the stages above.
    """

    group: Integers
    fraction: Floats
    multiplier: Floats

    @property
    def starts(self) -> Integers:
        """Position of the first unit of each group."""
        return np.flatnonzero(np.r_[True, self.group[1:] != self.group[:-1]])

    @property
    def sizes(self) -> Floats:
        """How many units each group has."""
        return np.bincount(self.group).astype(float)


def lonely_groups(stage: Stage) -> Integers:
    """Return the groups that have one unit and were not taken whole."""
    return np.flatnonzero((stage.sizes == 1) & (stage.fraction < 1 - 1e-12) & (stage.multiplier > 0))


def covariance(
    unit: Integers,
    column: Integers,
    value: Floats,
    columns: int,
    stages: Sequence[Stage],
    lonely_psu: str = "fail",
    combine: Floats | None = None,
) -> Floats:
    """Return the covariance of the totals of several variables, given by unit of the last stage.

    Parameters
    ----------
    unit, column : array of int, shape (entries,)
        Unit of the last stage and variable of each entry; entries of the same place add up.
    value : array, shape (entries,)
        Weighted total of the variable in the unit.
    columns : int
        Number of variables.
    stages : sequence of Stage
        From the first to the last.
    lonely_psu : str
        Policy for strata with one unit: `remove`, `certainty`, `adjust` or `average` (`fail` is decided by the
        caller, who can name the strata).
    combine : array, shape (columns, outputs), optional
        The variables wanted are `columns @ combine`. Where memory allows they are combined before their products are
        taken, so that the small residual of two large totals keeps its digits.

    Returns
    -------
    array, shape (columns, columns), or (outputs, outputs)

    Examples
    --------
    Four people, no strata, weight 1, total of y = 1, 2, 3, 4: n / (n - 1) * 5 = 6.667.

    >>> one = Stage(np.zeros(4, int), np.zeros(1), np.ones(1))
    >>> covariance(np.arange(4), np.zeros(4, int), np.array([1.0, 2, 3, 4]), 1, [one]).round(3)
    array([[6.667]])
    """
    units = len(stages[-1].group)
    total = np.zeros((columns, columns))
    if units * columns <= _DENSE_CELLS:
        cells = np.bincount(unit * columns + column, weights=value, minlength=units * columns)
        dense: Floats = cells.reshape(units, columns).astype(float)
        if combine is not None:
            dense = dense @ combine
            total = np.zeros((combine.shape[1], combine.shape[1]))
        for depth in range(len(stages) - 1, -1, -1):
            total += _dense_stage(dense, stages[depth], lonely_psu if depth == 0 else "remove")
            if depth:
                dense = np.add.reduceat(dense, stages[depth].starts, axis=0)
        return total
    thin = sparse.csr_array((value, (unit, column)), shape=(units, columns))
    for depth in range(len(stages) - 1, -1, -1):
        stage = stages[depth]
        total += _sparse_stage(thin, stage, lonely_psu if depth == 0 else "remove")
        if depth:
            thin = sparse.csr_array(_membership(stage) @ thin)
    return total if combine is None else combine.T @ total @ combine


def _factors(stage: Stage) -> Floats:
    """(1 - f) n / (n - 1) times the fractions above, by group; lonely groups get no variance here."""
    sizes = stage.sizes
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.where(sizes > 1, sizes / (sizes - 1), 0.0)
    return stage.multiplier * (1 - stage.fraction) * spread


def _dense_stage(cells: Floats, stage: Stage, lonely_psu: str) -> Floats:
    means = np.add.reduceat(cells, stage.starts, axis=0) / stage.sizes[:, None]
    centred = cells - means[stage.group]
    factors = _factors(stage)
    # the square root of the factor scales each unit, so that one product does for all groups
    scaled = centred * np.sqrt(factors)[stage.group][:, None]
    total = scaled.T @ scaled
    return total + _lonely_part(cells, stage, lonely_psu, total)


def _lonely_part(cells: Floats, stage: Stage, lonely_psu: str, total: Floats) -> Floats:
    lonely = lonely_groups(stage)
    if not lonely.size or lonely_psu in ("remove", "certainty", "fail"):
        return np.zeros_like(total)
    if lonely_psu == "average":
        # a taken-whole group has a known variance of zero and counts among the others
        known = len(stage.sizes) - lonely.size
        return total * (lonely.size / known) if known else np.full_like(total, np.nan)
    apart = cells[stage.starts[lonely]] - cells.mean(axis=0)
    centred: Floats = (apart * (1 - stage.fraction[lonely])[:, None]).T @ apart
    return centred


def _membership(stage: Stage) -> sparse.csr_array:
    units = len(stage.group)
    return sparse.csr_array(
        (np.ones(units), (stage.group, np.arange(units))), shape=(len(stage.sizes), units)
    )


def _sparse_stage(cells: sparse.csr_array, stage: Stage, lonely_psu: str) -> Floats:
    """The same covariance for many units and many domains, most cells being empty.

    The diagonal is centred cell by cell, so that a small variance is not the difference of two large numbers; off the
    diagonal sum(z z') - n mean mean' is used.
    """
    factors, sizes = _factors(stage), stage.sizes
    member = _membership(stage)
    sums = np.asarray((member @ cells).todense())
    means = sums / sizes[:, None]
    weighted = sparse.csr_array(sparse.diags_array(factors[stage.group]) @ cells)
    total = np.asarray((cells.T @ weighted).todense())
    total -= (means * (factors * sizes)[:, None]).T @ means
    entries = sparse.coo_array(cells)
    rows = stage.group[entries.row]
    apart = (entries.data - means[rows, entries.col]) ** 2 * factors[rows]
    filled = np.zeros_like(means)
    np.add.at(filled, (rows, entries.col), 1.0)
    empty = ((sizes[:, None] - filled) * means**2 * factors[:, None]).sum(axis=0)
    diagonal = np.bincount(entries.col, weights=apart, minlength=cells.shape[1]) + empty
    np.fill_diagonal(total, diagonal)
    if lonely_psu in ("adjust", "average") and lonely_groups(stage).size:
        first = np.asarray(cells[stage.starts].todense())
        return total + _lonely_sparse(first, cells, stage, lonely_psu, total)
    return total


def _lonely_sparse(
    first: Floats, cells: sparse.csr_array, stage: Stage, lonely_psu: str, total: Floats
) -> Floats:
    lonely = lonely_groups(stage)
    if lonely_psu == "average":
        known = len(stage.sizes) - lonely.size
        return total * (lonely.size / known) if known else np.full_like(total, np.nan)
    apart = first[lonely] - np.asarray(cells.mean(axis=0)).ravel()
    centred: Floats = (apart * (1 - stage.fraction[lonely])[:, None]).T @ apart
    return centred
