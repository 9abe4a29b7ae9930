"""Dominance of a few respondents: in sums, in squares around the mean, in sums of the largest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np

from diplab.disclosure.cells import Cells
from diplab.disclosure.people import People
from diplab.disclosure.profile import Profile
from diplab.disclosure.respondents import Cut, Line, Who, unions
from diplab.kernel.arrays import Booleans, Floats, Integers
from diplab.sampling.expression import Expression

Told: TypeAlias = Literal[
    "sum", "squares"
]  # what a number tells of amounts: their sum, or their squares too
Differences: TypeAlias = list[tuple[Integers, Integers]]
"""Places of cells, and of others that are within them."""
_FEW_VALUES = 12  # different values of an amount up to which a base may hold two of them
_SAME = 1e-9  # of a number, what is rounding
DOMINANCE, SECONDARY = "dominance", "secondary"


@dataclass(frozen=True, eq=False)
class Contributions:
    """The contributions to the sums of cells: the two largest, in order, and the sum, by cell."""

    largest: Floats  # (cells, 2)
    total: Floats
    count: Floats  # respondents whose amount is not 0
    # of squares, by how much they must stay unknown to tell no largest amount to within p %
    reach: Floats


def with_two_values(lines: Sequence[Line], people: People) -> list[Line]:
    """Return lines of amounts that have but two values with whom that makes them a share of."""
    several: dict[Expression, Floats] = {}
    found = []
    everybody = people.rows_of(np.ones(people.n.size, dtype=bool))
    known: dict[tuple[Who, Expression], tuple[float, ...]] = {}
    for line in lines:
        beside, two = list(line.beside), line.two_values
        for amount in line.adds if line.base is not None else ():
            assert line.base is not None
            if amount not in several:
                value = people.values(amount)
                several[amount] = (
                    value if np.unique(value[everybody]).size <= _FEW_VALUES else np.zeros(0)
                )
            if (line.base, amount) not in known:
                known[line.base, amount] = _two_values(
                    several[amount], people.rows_of(people.sets[line.base])
                )
            if values := known[line.base, amount]:
                cut, by = line.base
                beside.append((replace(cut, apart=(amount, values[0])), by))
                two = (values[0], values[1])
        found.append(replace(line, beside=tuple(beside), two_values=two))
    return found


def _two_values(value: Floats, rows: Integers) -> tuple[float, ...]:
    """Return the rarer of two values of some rows, and the other.

    Nothing where there are more values, or one.
    """
    if not value.size:
        return ()
    own, count = np.unique(value[rows], return_counts=True)
    own, count = own[~np.isnan(own)], count[~np.isnan(own)]
    return tuple(own[np.argsort(count, kind="stable")].tolist()) if own.size == 2 else ()


def with_own_weights(lines: Sequence[Line], people: People) -> list[Line]:
    """Return lines with a mark on sums that are unweighted, as their numbers show."""
    ways = [replace(people, unweighted=plain) for plain in (False, True)]
    if np.array_equal(ways[0].weights, ways[1].weights):
        return list(lines)
    sums: dict[tuple[bool, Expression | None], Floats] = {}

    def near(line: Line, way: People) -> bool:
        """Return whether the weights of `way` reproduce the sum, mean or ratio of a line."""
        found = []
        for amount in (*line.adds, None):
            if (way.unweighted, amount) not in sums:
                sums[way.unweighted, amount] = _weighed(way, amount)
            found.append(
                float(
                    sums[way.unweighted, amount][
                        people.sets[line.base]  # type: ignore[index]
                    ].sum()
                )
            )
        whole = found[1] if line.is_ratio else found[-1]
        return any(
            abs(item - line.printed) < _SAME * abs(line.printed)
            for item in (found[0], found[0] / whole)
        )

    told = []
    for line in lines:
        asked = (
            line.base is not None and line.is_sum and not line.model and not np.isnan(line.printed)
        )
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


@dataclass(frozen=True, eq=False)
class _Grouped:
    """An amount of those who told it, in the order of their groups."""

    value: Floats
    weight: Floats
    starts: Integers  # of each group, then where the last ends

    @classmethod
    def of(cls, people: People, amount: Expression) -> _Grouped:
        assert people.atom is not None
        value = people.values(amount)
        rows = np.flatnonzero((people.atom >= 0) & np.isfinite(value))
        rows = rows[np.argsort(people.atom[rows], kind="stable")]
        starts = np.searchsorted(people.atom[rows], np.arange(people.n.size + 1))
        return cls(value[rows], people.weights[rows], starts)

    @cached_property
    def group(self) -> Integers:
        return np.repeat(np.arange(self.starts.size - 1), np.diff(self.starts))

    def sums(self, own: Floats) -> Floats:
        """Return sums by group."""
        return np.bincount(self.group, weights=own, minlength=self.starts.size - 1).astype(float)

    def two_largest(self, own: Floats) -> Floats:
        """Return the largest two by group; 0 where there are fewer."""
        found = np.zeros((self.starts.size - 1, 2))
        order = np.lexsort((-own, self.group))
        for place in (0, 1):
            there = np.diff(self.starts) > place
            found[there, place] = own[order[self.starts[:-1][there] + place]]
        return found

    def rows(self, groups: Integers) -> Integers:
        """Return who is in some groups."""
        first, size = self.starts[groups], np.diff(self.starts)[groups]
        return np.repeat(first - np.cumsum(size) + size, size) + np.arange(size.sum())


def contributions_of(
    people: People,
    masks: Booleans,
    there: Booleans,
    amount: Expression,
    told: Told,
    profile: Profile,
) -> Contributions:
    """Return the contributions, by cell, to the sum of an amount or of squares around its mean."""
    # contributions are amounts times their weights, or the amounts of units; their sum is weighted
    # in any case
    held, by_weight = _Grouped.of(people, amount), profile.contributions == "respondents"
    largest, reach, total = np.zeros((there.size, 2)), np.zeros(there.size), np.zeros(there.size)
    if told == "sum":
        parts = np.abs(held.value) * (held.weight if by_weight else 1.0)
        top = held.two_largest(parts)
        for position in np.flatnonzero(there):
            largest[position] = np.sort(top[masks[position]], axis=None)[:-3:-1]
        return Contributions(
            largest, masks @ held.sums(parts), masks @ held.sums(held.value != 0), reach
        )
    for position in np.flatnonzero(there & _squares_may_be_told(held, masks, profile)):
        rows = held.rows(np.flatnonzero(masks[position]))
        value, weight = held.value[rows], held.weight[rows]
        own = (value - np.average(value, weights=weight)) ** 2
        own[own < 1e-18 * value**2] = 0.0  # what rounding leaves
        reach[position] = unknown_power(value, weight, 2, profile)
        parts = own * weight if by_weight else own
        top = np.sort(np.partition(parts, max(0, parts.size - 2))[-2:])[::-1]
        largest[position, : top.size], total[position] = top, parts.sum()
    return Contributions(largest, total, masks @ held.sums(held.value != 0), reach)


def _squares_may_be_told(held: _Grouped, masks: Booleans, profile: Profile) -> Booleans:
    """Return cells whose squares somebody may dominate, given the ends and sums of their groups."""
    # two as far from the mean as anybody, and as heavy, one of them told to within p % of the
    # largest amount of all
    centre = float(np.average(held.value, weights=held.weight)) if held.value.size else 0.0
    value, weight = held.value - centre, held.weight
    ends = np.full((held.starts.size - 1, 3), -np.inf)
    np.maximum.at(ends, held.group, np.column_stack([value, -value, weight]))
    parts = weight if profile.contributions == "respondents" else np.ones(weight.size)
    powers = [by * value**power for by in (weight, parts) for power in (0, 1, 2)]
    sums = masks.astype(float) @ np.column_stack(list(map(held.sums, powers)))
    margin = (profile.p_percent or 0.0) / 100 * np.abs(held.value).max(initial=0.0)
    asked = sums[:, 0] > 0
    for position in np.flatnonzero(asked):
        high, low, heavy = ends[masks[position]].max(axis=0).tolist()
        whole, first, second, *of_parts = sums[position].tolist()
        mean = first / whole
        far, rest, squares = max(high - mean, low + mean), whole - 2 * heavy, second - mean * first
        if rest <= 0 or squares <= 1e-9 * second:
            continue
        two = heavy * ((far + margin) ** 2 + far**2) + (heavy * (2 * far + margin)) ** 2 / rest
        total = of_parts[2] - 2 * mean * of_parts[1] + mean**2 * of_parts[0]
        top = np.full(2, far**2 * (heavy if parts is weight else 1.0))
        asked[position] = (
            two > squares * (1 - 1e-6) or profile.needs_protection(top, total * (1 - 1e-6)) > 0
        )
    return np.asarray(asked)


def unknown_power(value: Floats, weight: Floats, power: int, profile: Profile) -> float:
    """Return how uncertain a sum of powers of deviations must be to protect the largest amount."""
    # one contributor knows the mean, and the own distance: what is left to the largest is most
    # where all others are alike. Where the mean is within p % of the largest itself, nothing is
    # left to be told
    mean, first = np.average(value, weights=weight), int(np.abs(value * weight).argmax())
    far = value - mean
    margin = (profile.p_percent or 0.0) / 100 * value[first]
    if abs(far[first]) <= abs(margin) or value.size < 3:
        return 0.0
    moved, others = far[first] + margin, np.arange(value.size) != first
    own, of_own = far[others], weight[others]
    rest = weight.sum() - weight[first] - of_own
    if power == 2:
        left = (weight[first] * moved + of_own * own) ** 2 / rest
    else:
        squares = (weight * far**2).sum() - weight[first] * moved**2 - of_own * own**2
        left = np.maximum(squares, 0.0) ** 2 / rest
    least = weight[first] * moved**power + of_own * own**power + left
    return float(max(least.max() - (weight * far**power).sum(), 0.0))


def is_dominated(people: People, rows: Integers, amount: Expression, profile: Profile) -> bool:
    """Return whether few make the sum of an amount over some rows."""
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
    """Return whether a sum of the largest amounts is of few respondents, or dominated by few."""
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
        if (
            profile.is_about_amounts
            and profile.needs_protection(largest[:2], float(largest.sum())) > 0
        ):
            return True
    return False


def error_is_dominated(line: Line, people: People, profile: Profile) -> bool:
    """Return whether few make the fourth powers that the error of a mean of squares tells."""
    if line.base is None or not profile.is_about_amounts:
        return False
    rows = people.rows_of(people.sets[line.base])
    for amount in line.adds:
        value, weight = people.values(amount)[rows], people.weights[rows]
        there = np.isfinite(value)
        value, weight = value[there], weight[there]
        if not value.size:
            continue
        powers = weight * (value - np.average(value, weights=weight)) ** 4
        if profile.needs_protection(np.sort(powers)[::-1][:2], float(powers.sum())) > 0:
            return True
        if unknown_power(value, weight, 4, profile) > 0:
            return True
    return False


def dominated(
    lines: Sequence[Line],
    released: Sequence[Line],
    people: People,
    cells: Cells,
    profile: Profile,
    hidden: Booleans,
) -> dict[tuple[Told, Expression, int], str]:
    """Return why cells dominated by few are hidden, by kind of sum, amount and place."""
    found: dict[tuple[Told, Expression, int], str] = {}
    both: tuple[Told, ...] = ("sum", "squares")
    for amount in dict.fromkeys(add for line in lines if not line.tail for add in line.adds):
        before, new = (
            [
                item
                for item in own
                if amount in item.adds and item.base is not None and not item.tail
            ]
            for own in (released, lines)
        )
        sets = [
            who
            for line in (*new, *before)
            for who in [line.base]
            if who is not None and cells.place[who] >= 0
        ]
        there = _at(cells, sets)
        closed = hidden | _at(cells, [line.base for line in before if line.why])
        pairs, left = _differences(dict.fromkeys(sets), people, cells)
        masks = np.concatenate([cells.masks, left])
        for told in both:
            out = _at(
                cells,
                [
                    line.base
                    for line in before
                    if not line.why and not (told == "squares" and line.error)
                ],
            )
            # a small group that is printed nowhere is looked for in the numbers of respondents
            asked = there | ((cells.size >= profile.minimum) & np.isfinite(cells.size))
            beside = np.ones(len(pairs), dtype=bool)
            own = contributions_of(people, masks, np.append(asked, beside), amount, told, profile)
            few = (told == "sum") & np.append(asked, ~beside)
            levels = _levels(own, np.append(asked & ~out, beside), profile, few)
            levels, more = levels[: asked.size], levels[asked.size :]
            kept = [pair for pair, level in zip(pairs, more, strict=True) if level > 0]
            more = more[more > 0]
            levels = np.concatenate([levels, more])
            if not (levels > 0).any():
                continue
            wider = cells.with_differences(kept, people.n) if kept else cells
            values = wider.masks @ sums_of(people, amount, told)
            printed, told_before, gone = (
                np.append(item, more < 0) for item in (there, out, closed & ~out)
            )
            forced = gone | ~printed
            _, chosen = wider.protected(
                wider.table(values, levels, forced, told_before, integer=False, n=people.n)
            )
            for position in np.flatnonzero(printed & (chosen.hidden | (levels > 0))):
                found[told, amount, int(position)] = (
                    DOMINANCE if levels[position] > 0 else SECONDARY
                )
    return found


def _at(cells: Cells, sets: Sequence[Who | None]) -> Booleans:
    """Return which cells some sets are."""
    places = [cells.place[who] for who in sets if who is not None]
    return np.isin(np.arange(len(cells.masks)), places)


def _differences(sets: Iterable[Who], people: People, cells: Cells) -> tuple[Differences, Booleans]:
    """Return pairs of nested sums whose difference is not itself a cell, and their groups."""
    sums = [*([who] for who in sets), *unions(sets).values()]
    pairs: Differences = []
    found = [np.zeros(people.n.size, dtype=bool)]
    masks = np.array([np.any([people.sets[who] for who in own], axis=0) for own in sums]).reshape(
        -1, people.n.size
    )
    known = {item.tobytes() for item in (*cells.masks, *found)}
    sizes: dict[frozenset[Cut], Floats] = {}
    for whole, part in np.argwhere(masks.astype(float) @ (1.0 - masks).T == 0)[:, ::-1]:
        left = masks[whole] & ~masks[part]
        if left.tobytes() in known:
            continue
        known.add(left.tobytes())
        cuts = frozenset((sums[whole][0][0], sums[part][0][0]))
        if cuts not in sizes:
            sizes[cuts] = people.size(cuts)
        if np.isfinite(sizes[cuts][left].min()):
            above, within = (
                np.array([cells.place[who] for who in sums[item]]) for item in (whole, part)
            )
            pairs.append((above, within))
            found.append(left)
    return pairs, np.array(found[1:]).reshape(-1, people.n.size).astype(bool)


def _levels(own: Contributions, asked: Booleans, profile: Profile, few: Booleans) -> Floats:
    """Return by how much readers must stay wrong about each sum; 0 where nobody dominates it."""
    # `few`: cells of which the number of those who contribute counts too
    levels = np.zeros(asked.size)
    for position in np.flatnonzero(asked):
        level = profile.needs_protection(own.largest[position], own.total[position])
        levels[position] = max(level, own.reach[position])
        if (
            few[position]
            and 0 < own.count[position] < profile.minimum
            and profile.counted == "respondents"
        ):
            levels[position] = max(levels[position], 0.1 * own.largest[position, 0])
    return levels
