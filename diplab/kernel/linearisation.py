"""Variance of totals from the totals of sampling units: strata, stages, finite populations, lonely units.

The design-based covariance of the total of a linearised variable z is, at the first stage,

    sum over strata h of (1 - f_h) n_h / (n_h - 1) * sum over units i of (z_hi - mean_h)(z_hi - mean_h)'

and each later stage adds the same expression within every unit above it, times the sampling fractions of the stages
above (Särndal, Swensson and Wretman 1992, ch. 4). z_hi is the weighted total of the unit, zero where the domain has
nobody in it: rows are never dropped.

Where units had unequal probabilities the factor is one a unit, or one a pair of units (`kernel.unequal`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from diplab.kernel.lonely import Policy, Presence, presence
from diplab.kernel.stage import Stage, lonely_groups

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["MOST_CELLS", "covariance", "covariance_of_grid"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

_FEW_CELLS = 4_000_000
MOST_CELLS = 32_000_000
"""Units times variables, beyond which no dense array of them is made."""
_FILLED = 1 / 16
"""From this share of cells filled on, a product of dense arrays is faster than one of sparse ones."""

_IGNORED = Policy("remove")


def covariance(
    unit: Integers,
    column: Integers,
    value: Floats,
    columns: int,
    stages: Sequence[Stage],
    policy: Policy = _IGNORED,
    mix: Floats | None = None,
    present: Booleans | None = None,
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
    policy : Policy
        For strata with one unit, and for those with one unit in a domain.
    mix : array, shape (columns, outputs), optional
        The variables wanted are `columns @ mix`. Where memory allows they are combined before their products are
        taken, so that the small residual of two large totals keeps its digits.
    present : array of bool, shape (entries,), optional
        Whether somebody of the domain is in the unit; by default, whether the value is not zero.

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
    reach = presence(unit, column, value != 0 if present is None else present, columns, stages, policy, mix)
    cells = units * columns
    filled = _FEW_CELLS < cells <= MOST_CELLS and np.count_nonzero(value) > _FILLED * cells
    if cells <= _FEW_CELLS or filled:
        totals = np.bincount(unit * columns + column, weights=value, minlength=cells)
        dense: Floats = totals.reshape(units, columns).astype(float, copy=False)
        return _dense(dense if mix is None else dense @ mix, stages, policy, reach)
    thin = sparse.csr_array((value, (unit, column)), shape=(units, columns))
    if mix is None:
        return _sparse(thin, stages, policy, reach)
    if reach is not None:
        # a policy speaks of the combined variables, not of their parts
        return _sparse(sparse.csr_array(thin @ sparse.csr_array(mix)), stages, policy, reach)
    products: Floats = mix.T @ _sparse(thin, stages, policy, None) @ mix
    return products


def covariance_of_grid(
    cells: Floats, stages: Sequence[Stage], policy: Policy = _IGNORED, mix: Floats | None = None
) -> Floats:
    """Return the same covariance, of totals given as an array of units by variables.

    Parameters
    ----------
    cells : array, shape (units, columns)
    stages, policy, mix
        As in `covariance`; no policy asks who is in a unit.

    Examples
    --------
    >>> one = Stage(np.zeros(4, int), np.zeros(1), np.ones(1))
    >>> covariance_of_grid(np.array([[1.0], [2.0], [3.0], [4.0]]), [one]).round(3)
    array([[6.667]])
    """
    if cells.size <= _FEW_CELLS or np.count_nonzero(cells) > _FILLED * cells.size:
        return _dense(cells if mix is None else cells @ mix, stages, policy, None)
    every = _sparse(sparse.csr_array(cells), stages, policy, None)
    if mix is None:
        return every
    products: Floats = mix.T @ every @ mix
    return products


def _dense(cells: Floats, stages: Sequence[Stage], policy: Policy, reach: Presence | None) -> Floats:
    total = np.zeros((cells.shape[1], cells.shape[1]))
    for depth in range(len(stages) - 1, 0, -1):
        total += _dense_products(cells, stages[depth], None)
        cells = np.add.reduceat(cells, stages[depth].starts, axis=0)
    first = stages[0]
    if reach is None:
        return total + _dense_products(cells, first, None)
    means = np.add.reduceat(cells, first.starts, axis=0) / first.sizes[:, None]
    grand = cells.sum(axis=0) / reach.units(first)
    kept = _kept(cells, reach, policy, first.group, np.arange(cells.shape[1]))
    spread = _dense_products(kept, first, _centres(means, grand, reach, policy))
    lonely = lonely_groups(first)
    return total + _with_lonely(spread, cells[first.starts[lonely]], grand, first, policy, reach)


def _dense_products(cells: Floats, stage: Stage, centres: Floats | None) -> Floats:
    if stage.pairs is not None:
        pairwise: Floats = cells.T @ (stage.pairs @ cells)
        return pairwise
    if centres is None:
        centres = np.add.reduceat(cells, stage.starts, axis=0) / stage.sizes[:, None]
    apart = centres[stage.group]
    np.subtract(cells, apart, out=apart)
    # the square root of the factor scales each unit, so that one product does for all groups
    apart *= np.sqrt(stage.factors)[:, None]
    products: Floats = apart.T @ apart
    if stage.own is not None:
        products = products + cells.T @ (cells * (stage.own * stage.multiplier[stage.group])[:, None])
    return products


def _kept(cells: Floats, reach: Presence, policy: Policy, group: Integers, column: Integers) -> Floats:
    """Return values with those of strata that get no variance of their own set to zero."""
    if policy.domain not in ("remove", "certainty", "average") or not reach.single.any():
        return cells
    found: Floats = np.where(
        reach.single[group] if cells.ndim == 2 else reach.single[group, column], 0.0, cells
    )
    return found


def _centres(means: Floats, grand: Floats, reach: Presence, policy: Policy) -> Floats:
    """Return what units are measured from: the mean of their stratum, that of all units, or zero."""
    if policy.domain is None:
        return means
    return np.where(reach.single, grand if policy.domain == "adjust" else 0.0, means)


def _with_lonely(
    spread: Floats, only: Floats, grand: Floats, stage: Stage, policy: Policy, reach: Presence
) -> Floats:
    """Give strata with one unit the variance their policy says, beside the spread of the others."""
    scale = reach.scale(stage, policy)
    if scale is not None:
        spread = spread * np.sqrt(np.outer(scale, scale))
    if policy.stratum != "adjust":
        return spread
    lonely = lonely_groups(stage)
    apart = (only - grand) * reach.there[lonely]
    total: Floats = spread + (apart * (1 - stage.fraction[lonely])[:, None]).T @ apart
    return total


def _sparse(
    cells: sparse.csr_array, stages: Sequence[Stage], policy: Policy, reach: Presence | None
) -> Floats:
    """The same covariance for many units and many domains, most cells being empty."""
    total = np.zeros((cells.shape[1], cells.shape[1]))
    for depth in range(len(stages) - 1, 0, -1):
        total += _sparse_products(cells, stages[depth], None)
        cells = sparse.csr_array(stages[depth].membership @ cells)
    first = stages[0]
    if reach is None:
        return total + _sparse_products(cells, first, None)
    means = np.asarray((first.membership @ cells).todense()) / first.sizes[:, None]
    grand = np.asarray(cells.sum(axis=0)).ravel() / reach.units(first)
    entries = sparse.coo_array(cells)
    data = _kept(entries.data, reach, policy, first.group[entries.row], entries.col)
    kept = sparse.csr_array((data, (entries.row, entries.col)), shape=cells.shape)
    spread = _sparse_products(kept, first, _centres(means, grand, reach, policy))
    only = np.asarray(cells[first.starts[lonely_groups(first)]].todense())
    return total + _with_lonely(spread, only, grand, first, policy, reach)


def _sparse_products(cells: sparse.csr_array, stage: Stage, centres: Floats | None) -> Floats:
    """Products of what is apart from the centres, of which no dense array is made.

    The diagonal is centred cell by cell, so that a small variance is not the difference of two large numbers; off the
    diagonal sum(c z z') - s a' - a s' + c a a' is used, a being the centres, s the sums of c z.
    """
    if stage.pairs is not None:
        return np.asarray((cells.T @ sparse.csr_array(stage.pairs @ cells)).todense())
    factors, member = stage.factors, stage.membership
    if centres is None:
        centres = np.asarray((member @ cells).todense()) / stage.sizes[:, None]
    weighted = sparse.csr_array(sparse.diags_array(factors) @ cells)
    sums = np.asarray((member @ weighted).todense())
    by_group = member @ factors
    crossed = sums.T @ centres
    total = np.asarray((cells.T @ weighted).todense()) - crossed - crossed.T
    total += (centres * by_group[:, None]).T @ centres
    entries = sparse.coo_array(cells)
    rows, own = stage.group[entries.row], factors[entries.row]
    apart = (entries.data - centres[rows, entries.col]) ** 2 * own
    filled = np.zeros_like(centres)
    np.add.at(filled, (rows, entries.col), own)
    empty = ((by_group[:, None] - filled) * centres**2).sum(axis=0)
    np.fill_diagonal(total, np.bincount(entries.col, weights=apart, minlength=cells.shape[1]) + empty)
    if stage.own is not None:
        squares = sparse.diags_array(stage.own * stage.multiplier[stage.group])
        total = total + np.asarray((cells.T @ (squares @ cells)).todense())
    return total
