"""A table of people made from published shares alone: maximum entropy, then whole people.

What is known is a list of sets of cells and how many people stand in each (561 women; 284 holders
of a permanent contract who work full time). Among all tables that agree with it, the one of maximum
entropy supposes nothing more: what no margin links is independent, what no margin fixes is even. It
is found by iterative proportional fitting (Deming and Stephan 1940), here on any sets of cells,
which converges to it (Csiszár 1975, I-projections).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import LinearConstraint, milp

import diplab as dl

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["controlled_rounding", "maximum_entropy", "whole_parts"]

Floats: TypeAlias = NDArray[np.float64]
Cells: TypeAlias = NDArray[np.bool_]

EXACT = 1e-6
"""How near to a whole number a fitted sum must be to be kept exactly."""


def maximum_entropy(
    start: Floats,
    sets: Sequence[Cells],
    sizes: Sequence[float],
    people: float,
    *,
    tolerance: float = 1e-9,
    rounds: int = 10_000,
) -> Floats:
    """Return the table nearest to a start, in relative entropy, in which each set of cells holds its people.

    Each round multiplies the cells of a set by what brings them to its size, and all others by what
    brings them to the rest, set after set, until nothing moves.

    Parameters
    ----------
    start : array
        One cell a combination of answers: 1 where it may occur, 0 where it cannot (a structural
        zero).
    sets : sequence of boolean arrays
        Cells of each set, in the shape of `start`.
    sizes : sequence of float
        People in each set.
    people : float
        People in the whole table.
    tolerance : float
        Largest distance from a size at the end, in people.
    rounds : int
        How often to go through the sets before giving up.

    Returns
    -------
    array
        Expected people in each cell, not whole numbers.

    Raises
    ------
    DiplabError
        Where no table agrees with all sizes and structural zeros.
    """
    table = np.asarray(start, dtype=np.float64) * (people / np.sum(start))
    possible = all(0 <= size <= people for size in sizes)
    for _ in range(rounds if possible else 0):
        for cells, size in zip(sets, sizes, strict=True):
            table = _brought(table, cells, size, people)
        away = [
            abs(float(table[cells].sum()) - size) for cells, size in zip(sets, sizes, strict=True)
        ]
        if not np.isfinite(away).all():
            break
        if max(away, default=0.0) <= tolerance:
            return table
    raise dl.DiplabError(
        f"A table of {people:g} people was requested from {len(sets)} margins.",
        "No table agrees with all of them and with the answers that cannot occur together.",
        "Check the margins: one of them is wrong, or they describe different populations.",
    )


def _brought(table: Floats, cells: Cells, size: float, people: float) -> Floats:
    inside, outside = table[cells].sum(), table[~cells].sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        up = 1.0 if size == inside == 0 else size / inside
        rest = 1.0 if people - size == outside == 0 else (people - size) / outside
        return np.where(cells, table * up, table * rest)


def controlled_rounding(table: Floats, sets: Sequence[Cells], *, seed: int) -> NDArray[np.int64]:
    """Return whole people: each cell and each set rounded up or down, never further; whole numbers stay.

    Cells are rounded up at random, those with a larger fraction more often, within what the sets
    allow (Cox 1987 on controlled rounding; solved here as an integer programme). A set whose fitted
    sum is a whole number keeps it exactly, so that margins are not lost.

    Parameters
    ----------
    table : array
        Expected people by cell, with a whole number in all.
    sets : sequence of boolean arrays
        Sets of cells whose sums are controlled; the whole table always is.
    seed : int
        Of the random order; the same seed gives the same people.

    Returns
    -------
    array of int

    Raises
    ------
    DiplabError
        Where no rounding keeps every set.
    """
    flat = np.asarray(table, dtype=np.float64).ravel()
    near = np.rint(flat)
    flat = np.where(np.abs(flat - near) < EXACT, near, flat)
    down = np.floor(flat)
    part = flat - down
    open_cells = np.flatnonzero(part > 0)
    if not open_cells.size:
        return down.astype(np.int64).reshape(table.shape)
    members = np.array([np.ones(flat.size, dtype=bool), *(cells.ravel() for cells in sets)])
    sums, fixed = members @ flat, members @ down
    near = np.rint(sums)
    sums = np.where(np.abs(sums - near) < EXACT, near, sums)
    # The order of a sample drawn with chances in proportion to the fractions (Efraimidis and
    # Spirakis 2006): a random order makes the solution unique, hence the same with every version of
    # the solver.
    chance = np.random.default_rng(seed).random(open_cells.size)
    found = milp(
        -np.log1p(-chance) / part[open_cells],
        integrality=np.ones(open_cells.size),
        bounds=(0, 1),
        constraints=LinearConstraint(
            members[:, open_cells].astype(float), np.floor(sums) - fixed, np.ceil(sums) - fixed
        ),
        options={"mip_rel_gap": 0.0},
    )
    if found.x is None:
        raise dl.DiplabError(
            f"A table of {flat.sum():g} people was to be rounded to whole people within "
            f"{len(sets)} sets.",
            "No rounding up or down of its cells keeps the sums of all sets.",
            "Control fewer sets.",
        )
    whole = down.astype(np.int64)
    whole[open_cells] += np.rint(found.x).astype(np.int64)
    return whole.reshape(table.shape)


def whole_parts(amounts: Floats, total: int) -> NDArray[np.int64]:
    """Return amounts scaled to a total and rounded to whole parts that add up to it exactly.

    Every amount is rounded down, and the parts left over go to the largest remainders (Hamilton's
    method).

    Parameters
    ----------
    amounts : array, shape (people,)
        Positive amounts.
    total : int
        What they must add up to, in parts (in cents, for money).

    Returns
    -------
    array of int, shape (people,)
    """
    exact = np.asarray(amounts, dtype=np.float64) * (total / np.sum(amounts))
    parts = np.floor(exact).astype(np.int64)
    left = int(total - parts.sum())
    first = np.argsort(parts - exact, kind="stable")[:left]
    parts[first] += 1
    return parts
