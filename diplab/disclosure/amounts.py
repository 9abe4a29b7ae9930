"""Amounts that few respondents make: sums of them, squares around their mean, sums of the largest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from diplab.disclosure.cells import Cells
from diplab.disclosure.people import People
from diplab.disclosure.profile import Profile
from diplab.disclosure.respondents import Line, Who
from diplab.kernel.arrays import Booleans, Floats, Integers
from diplab.sampling.expression import Expression

Told: TypeAlias = Literal["sum", "squares"]  # what a number tells of amounts: their sum, or their squares too
_FEW_VALUES = 12  # different values of an amount up to which a base may hold two of them
_SAME = 1e-9  # of a number, what is rounding
DOMINANCE, SECONDARY = "dominance", "secondary"


@dataclass(frozen=True, eq=False)
class Contributions:
    """What respondents contribute to the sum of some cells: the largest, in order, and the sum, cell by cell."""

    largest: Floats  # (cells, 2)
    total: Floats
    count: Floats  # respondents whose amount is not 0


def with_two_values(lines: Sequence[Line], people: People) -> list[Line]:
    """Return lines of amounts that have but two values with whom that makes them a share of."""
    several: dict[Expression, Floats] = {}
    found = []
    everybody = people.rows_of(np.ones(people.n.size, dtype=bool))
    known: dict[tuple[Who, Expression], tuple[float, ...]] = {}
    for line in lines:
        beside, two = list(line.beside), line.two_values
        for place, amount in enumerate(line.adds if line.base is not None else ()):
            assert line.base is not None
            if amount not in several:
                value = people.values(amount)
                several[amount] = value if np.unique(value[everybody]).size <= _FEW_VALUES else np.zeros(0)
            if (line.base, amount) not in known:
                known[line.base, amount] = _two_values(several[amount], people.rows_of(people.sets[line.base]))
            if values := known[line.base, amount]:
                cut, by = line.base
                beside.append((replace(cut, apart=(line.amount, place, values[0])), by))
                two = (values[0], values[1])
        found.append(replace(line, beside=tuple(beside), two_values=two))
    return found


def _two_values(value: Floats, rows: Integers) -> tuple[float, ...]:
    """Return the rarer of two values of some rows, and the other; nothing where there are more values, or one."""
    if not value.size:
        return ()
    own, count = np.unique(value[rows], return_counts=True)
    own, count = own[~np.isnan(own)], count[~np.isnan(own)]
    return tuple(own[np.argsort(count, kind="stable")].tolist()) if own.size == 2 else ()


def with_own_weights(lines: Sequence[Line], people: People) -> list[Line]:
    """Return lines with whether their sums are without the weights of the sample, as their numbers show."""
    ways = [replace(people, unweighted=plain) for plain in (False, True)]
    if np.array_equal(ways[0].weights, ways[1].weights):
        return list(lines)
    sums: dict[tuple[bool, Expression | None], Floats] = {}

    def near(line: Line, way: People) -> bool:
        """Return whether the number of a line is the sum, the mean or the ratio that weights give."""
        found = []
        for amount in (*line.adds, None):
            if (way.unweighted, amount) not in sums:
                sums[way.unweighted, amount] = _weighed(way, amount)
            found.append(float(sums[way.unweighted, amount][people.sets[line.base]].sum()))  # type: ignore[index]
        whole = found[1] if line.is_ratio else found[-1]
        return any(abs(each - line.printed) < _SAME * abs(line.printed) for each in (found[0], found[0] / whole))

    told = []
    for line in lines:
        asked = line.base is not None and line.is_sum and not line.model and not np.isnan(line.printed)
        plain = asked and bool(line.adds) and near(line, ways[1]) and not near(line, ways[0])
        told.append(replace(line, unweighted=plain))
    return told


def _weighed(people: People, amount: Expression | None) -> Floats:
    """Return the sum of an amount in each group, or of the weights."""
    assert people.atom is not None
    value = np.ones(people.atom.size) if amount is None else people.values(amount)
    there = (people.atom >= 0) & np.isfinite(value)
    weighed = (value * people.weights)[there]
    return np.bincount(people.atom[there], weights=weighed, minlength=people.n.size).astype(float)


def contributions_of(
    people: People, cells: Cells, there: Booleans, amount: Expression, told: Told, *, weighted: bool
) -> Contributions:
    """Return what respondents contribute to the sum of an amount, or of squares around its mean, in each cell."""
    # contributions are amounts times their weights, or the amounts of units; their sum is weighted in any case
    value, weight = people.values(amount), people.weights
    largest, total, count = np.zeros((there.size, 2)), np.zeros(there.size), np.zeros(there.size)
    assert people.atom is not None
    order = np.argsort(people.atom, kind="stable")
    starts = np.searchsorted(people.atom[order], np.arange(people.n.size + 1))
    for place in np.flatnonzero(there):
        groups = np.flatnonzero(cells.masks[place])
        if groups.size == people.n.size or groups.size * 4 > people.n.size:
            rows = people.rows_of(cells.masks[place])
        else:
            rows = order[np.concatenate([np.arange(starts[at], starts[at + 1]) for at in groups])]
        rows = rows[np.isfinite(value[rows])]
        if not rows.size:
            continue
        own, counted = np.abs(value[rows]), weight[rows]
        if told == "squares":
            own = (value[rows] - np.average(value[rows], weights=counted)) ** 2
            own[own < 1e-18 * value[rows] ** 2] = 0.0  # what rounding leaves
        parts = own * counted if weighted else own
        top = np.sort(np.partition(parts, max(0, parts.size - 2))[-2:])[::-1]
        largest[place, : top.size], total[place] = top, parts.sum()
        count[place] = np.count_nonzero(value[rows])
    return Contributions(largest, total, count)


def is_dominated(people: People, groups: Booleans, amount: Expression, profile: Profile) -> bool:
    """Return whether few make the sum of an amount over some groups."""
    rows = people.rows_of(groups)
    parts = np.abs(people.values(amount)[rows])
    if profile.contributions == "respondents":
        parts = parts * people.weights[rows]
    parts = np.sort(parts[np.isfinite(parts)])[::-1]
    return profile.needs_protection(parts[:2], float(parts.sum())) > 0


def sums_of(people: People, amount: Expression, told: Told) -> Floats:
    """Return the weighted sum of an amount, or of its squares, in each group."""
    value, weight = people.values(amount), people.weights
    assert people.atom is not None
    there = (people.atom >= 0) & np.isfinite(value)
    own = np.abs(value[there]) if told == "sum" else value[there] ** 2
    sums = np.bincount(people.atom[there], weights=own * weight[there], minlength=people.n.size)
    return sums.astype(float)


def tail_is_dominated(line: Line, people: People, profile: Profile) -> bool:
    """Return whether the sum of the largest amounts that a line tells is that of few, or made by few of them."""
    if line.base is None:
        return False
    rows = people.rows_of(people.sets[line.base])
    for amount in line.adds:
        value, weight = people.values(amount)[rows], people.weights[rows]
        order = np.argsort(-value, kind="stable")
        order = order[np.isfinite(value[order])]
        within = np.cumsum(weight[order]) <= line.tail * weight[order].sum() * (1 + 1e-9)
        parts = np.abs(value[order]) * weight[order]
        top = order[within].size
        if top < profile.step:
            return True
        largest = np.sort(parts[:top])[::-1]
        if profile.is_about_amounts and profile.needs_protection(largest[:2], float(largest.sum())) > 0:
            return True
    return False


def dominated(
    lines: Sequence[Line], people: People, cells: Cells, profile: Profile, hidden: Booleans, out: Booleans
) -> dict[tuple[Told, Expression, int], str]:
    """Return why cells are hidden of amounts that few contribute to, by what is told of the amount, and place."""
    found: dict[tuple[Told, Expression, int], str] = {}
    both: tuple[Told, ...] = ("sum", "squares")
    weighted = profile.contributions == "respondents"
    for amount in dict.fromkeys(each for line in lines if not line.tail for each in line.adds):
        of_amount = [line for line in lines if amount in line.adds and line.base is not None and not line.tail]
        places = [cells.place[line.base] for line in of_amount if line.base is not None]
        there = np.zeros(len(cells.masks), dtype=bool)
        there[[place for place in places if place >= 0]] = True
        # a small group that is printed nowhere is looked for in the numbers of respondents
        group = ~there & (np.arange(there.size) >= cells.printed) & (cells.size >= profile.minimum)
        group &= np.isfinite(cells.size)
        for told in both:
            asked = there | group if told == "sum" else there
            own = contributions_of(people, cells, asked, amount, told, weighted=weighted)
            levels = _levels(own, asked & ~out, profile, few=told == "sum")
            if not (levels > 0).any():
                continue
            values = cells.masks @ sums_of(people, amount, told)
            _, chosen = cells.protected(values, levels, hidden | ~there, out & there, integer=False, n=people.n)
            for place in np.flatnonzero(there & (chosen.hidden | (levels > 0))):
                found[told, amount, int(place)] = DOMINANCE if levels[place] > 0 else SECONDARY
    return found


def _levels(own: Contributions, asked: Booleans, profile: Profile, *, few: bool) -> Floats:
    """Return by how much readers must stay wrong about each sum; 0 where nobody dominates it."""
    levels = np.zeros(asked.size)
    for place in np.flatnonzero(asked):
        levels[place] = profile.needs_protection(own.largest[place], own.total[place])
        if few and 0 < own.count[place] < profile.minimum and profile.counted == "respondents":
            levels[place] = max(levels[place], 0.1 * own.largest[place, 0])
    return levels
