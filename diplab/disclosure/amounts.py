"""Dominance rules for sums, sums of squared deviations, and sums of the largest amounts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np

from diplab.disclosure.cells import Cells
from diplab.disclosure.people import People
from diplab.disclosure.profile import Profile
from diplab.disclosure.respondents import Breakdown, Line, RespondentSet, unions
from diplab.kernel.arrays import Booleans, Floats, Integers
from diplab.sampling.expression import Expression

Moment: TypeAlias = Literal[
    "sum", "squares"
]  # what a published value is: a sum of amounts or a sum of squares
Differences: TypeAlias = list[tuple[Integers, Integers]]
"""Indices of cells, and of the cells nested in them."""
_FEW_VALUES = 12  # at most this many distinct values of an amount: a base may hold only two
_SAME = 1e-9  # relative rounding error
DOMINANCE, SECONDARY = "dominance", "secondary"


@dataclass(frozen=True, eq=False)
class Contributions:
    """The two largest contributions to each cell, in order, and their total."""

    largest: Floats  # (cells, 2)
    total: Floats
    count: Floats  # respondents whose amount is not 0
    # for squares: the protection level that keeps readers from estimating the largest amount to
    # within p %
    reach: Floats


def with_two_values(lines: Sequence[Line], people: People) -> list[Line]:
    """Return lines with the respondents who have the rarer value of each two-valued amount."""
    several: dict[Expression, Floats] = {}
    completed = []
    everybody = people.rows_of(np.ones(people.n.size, dtype=bool))
    known: dict[tuple[RespondentSet, Expression], tuple[float, ...]] = {}
    for line in lines:
        beside, two = list(line.others), line.two_values
        for amount in line.amounts if line.base is not None else ():
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
        completed.append(replace(line, others=tuple(beside), two_values=two))
    return completed


def _two_values(value: Floats, rows: Integers) -> tuple[float, ...]:
    """Return the rarer of two values, then the other; empty unless there are exactly two."""
    if not value.size:
        return ()
    values, count = np.unique(value[rows], return_counts=True)
    values, count = values[~np.isnan(values)], count[~np.isnan(values)]
    return tuple(values[np.argsort(count, kind="stable")].tolist()) if values.size == 2 else ()


def with_unweighted_sums(lines: Sequence[Line], people: People) -> list[Line]:
    """Return lines with unweighted sums marked, as inferred from their values."""
    ways = [replace(people, unweighted=plain) for plain in (False, True)]
    if np.array_equal(ways[0].weights, ways[1].weights):
        return list(lines)
    sums: dict[tuple[bool, Expression | None], Floats] = {}

    def near(line: Line, way: People) -> bool:
        """Return whether the weights of `way` reproduce the sum, mean or ratio of a line."""
        sums_of_way = []
        for amount in (*line.amounts, None):
            if (way.unweighted, amount) not in sums:
                sums[way.unweighted, amount] = _weighed(way, amount)
            sums_of_way.append(
                float(
                    sums[way.unweighted, amount][
                        people.sets[line.base]  # type: ignore[index]
                    ].sum()
                )
            )
        whole = sums_of_way[1] if line.is_ratio else sums_of_way[-1]
        return any(
            abs(item - line.printed) < _SAME * abs(line.printed)
            for item in (sums_of_way[0], sums_of_way[0] / whole)
        )

    marked = []
    for line in lines:
        asked = (
            line.base is not None and line.is_sum and not line.model and not np.isnan(line.printed)
        )
        plain = asked and bool(line.amounts) and near(line, ways[1]) and not near(line, ways[0])
        marked.append(replace(line, unweighted=plain))
    return marked


def _weighed(people: People, amount: Expression | None) -> Floats:
    """Return the sum of an amount in each group, or of the weights."""
    assert people.atom is not None
    value = np.ones(people.atom.size) if amount is None else people.values(amount)
    there = (people.atom >= 0) & np.isfinite(value)
    weighed = (value * people.weights)[there]
    return np.bincount(people.atom[there], weights=weighed, minlength=people.n.size).astype(float)


@dataclass(frozen=True, eq=False)
class _Grouped:
    """An amount of the respondents who gave it, sorted by group."""

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

    def sums(self, contribution: Floats) -> Floats:
        """Return sums by group."""
        return np.bincount(self.group, weights=contribution, minlength=self.starts.size - 1).astype(
            float
        )

    def two_largest(self, contribution: Floats) -> Floats:
        """Return the largest two by group; 0 where there are fewer."""
        largest = np.zeros((self.starts.size - 1, 2))
        order = np.lexsort((-contribution, self.group))
        for rank in (0, 1):
            there = np.diff(self.starts) > rank
            largest[there, rank] = contribution[order[self.starts[:-1][there] + rank]]
        return largest

    def rows(self, groups: Integers) -> Integers:
        """Return the rows in the given groups."""
        first, size = self.starts[groups], np.diff(self.starts)[groups]
        return np.repeat(first - np.cumsum(size) + size, size) + np.arange(size.sum())


def contributions_of(
    people: People,
    masks: Booleans,
    there: Booleans,
    amount: Expression,
    moment: Moment,
    profile: Profile,
) -> Contributions:
    """Return the contributions, by cell, to the sum of an amount or of squares around its mean."""
    # contributions are amounts times their weights, or the amounts of units; their sum is weighted
    # in any case
    held, by_weight = _Grouped.of(people, amount), profile.contributions == "respondents"
    largest, reach, total = np.zeros((there.size, 2)), np.zeros(there.size), np.zeros(there.size)
    if moment == "sum":
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
        squares = (value - np.average(value, weights=weight)) ** 2
        squares[squares < 1e-18 * value**2] = 0.0  # what rounding leaves
        reach[position] = unknown_power(value, weight, 2, profile)
        parts = squares * weight if by_weight else squares
        top = np.sort(np.partition(parts, max(0, parts.size - 2))[-2:])[::-1]
        largest[position, : top.size], total[position] = top, parts.sum()
    return Contributions(largest, total, masks @ held.sums(held.value != 0), reach)


def _squares_may_be_told(held: _Grouped, masks: Booleans, profile: Profile) -> Booleans:
    """Return cells whose sum of squares one respondent may dominate, by an upper bound."""
    # upper bound: two contributors at the largest distance from the mean and with the largest
    # weight in the cell, one estimating the other to within p % of the largest amount
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
    # the attacker is another contributor who knows the mean and their own amount; the bounds on
    # the largest are tightest if all others are equal. A mean within p % of the largest amount
    # already discloses it
    mean, first = np.average(value, weights=weight), int(np.abs(value * weight).argmax())
    far = value - mean
    margin = (profile.p_percent or 0.0) / 100 * value[first]
    if abs(far[first]) <= abs(margin) or value.size < 3:
        return 0.0
    moved, others = far[first] + margin, np.arange(value.size) != first
    deviation, its_weight = far[others], weight[others]
    rest = weight.sum() - weight[first] - its_weight
    if power == 2:
        left = (weight[first] * moved + its_weight * deviation) ** 2 / rest
    else:
        squares = (weight * far**2).sum() - weight[first] * moved**2 - its_weight * deviation**2
        left = np.maximum(squares, 0.0) ** 2 / rest
    least = weight[first] * moved**power + its_weight * deviation**power + left
    return float(max(least.max() - (weight * far**power).sum(), 0.0))


def is_dominated(people: People, rows: Integers, amount: Expression, profile: Profile) -> bool:
    """Return whether a few respondents dominate the sum of an amount over some rows."""
    parts = np.abs(people.values(amount)[rows])
    if profile.contributions == "respondents":
        parts = parts * people.weights[rows]
    parts = np.sort(parts[np.isfinite(parts)])[::-1]
    return profile.needs_protection(parts[:2], float(parts.sum())) > 0


def sums_of(people: People, amount: Expression, moment: Moment) -> Floats:
    """Return the weighted sum of an amount, or of its squares, in each group."""
    value, weight = people.values(amount), people.weights
    assert people.atom is not None
    there = (people.atom >= 0) & np.isfinite(value)
    contribution = np.abs(value[there]) if moment == "sum" else value[there] ** 2
    sums = np.bincount(
        people.atom[there], weights=contribution * weight[there], minlength=people.n.size
    )
    return sums.astype(float)


def tail_is_dominated(line: Line, people: People, profile: Profile) -> bool:
    """Return whether a sum of the largest amounts has few contributors or is dominated by few."""
    if line.base is None:
        return False
    rows = people.rows_of(people.sets[line.base])
    for amount in line.amounts:
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
    """Return whether few dominate the fourth powers disclosed by the error of a mean of squares."""
    if line.base is None or not profile.is_about_amounts:
        return False
    rows = people.rows_of(people.sets[line.base])
    for amount in line.amounts:
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
) -> dict[tuple[Moment, Expression, int], str]:
    """Return why dominated cells are hidden, by kind of sum, amount and cell index."""
    reasons: dict[tuple[Moment, Expression, int], str] = {}
    moments: tuple[Moment, ...] = ("sum", "squares")
    for amount in dict.fromkeys(
        amount for line in lines if not line.tail for amount in line.amounts
    ):
        before, new = (
            [
                item
                for item in contributions
                if amount in item.amounts and item.base is not None and not item.tail
            ]
            for contributions in (released, lines)
        )
        sets = [
            who
            for line in (*new, *before)
            for who in [line.base]
            if who is not None and cells.cell_of[who] >= 0
        ]
        there = _at(cells, sets)
        closed = hidden | _at(cells, [line.base for line in before if line.reason])
        pairs, left = _differences(dict.fromkeys(sets), people, cells)
        masks = np.concatenate([cells.masks, left])
        for moment in moments:
            out = _at(
                cells,
                [
                    line.base
                    for line in before
                    if not line.reason and not (moment == "squares" and line.error_reason)
                ],
            )
            # small groups that are not printed are searched for in the counts
            asked = there | ((cells.size >= profile.minimum) & np.isfinite(cells.size))
            beside = np.ones(len(pairs), dtype=bool)
            contributions = contributions_of(
                people, masks, np.append(asked, beside), amount, moment, profile
            )
            few = (moment == "sum") & np.append(asked, ~beside)
            levels = _levels(contributions, np.append(asked & ~out, beside), profile, few)
            levels, more = levels[: asked.size], levels[asked.size :]
            kept = [pair for pair, level in zip(pairs, more, strict=True) if level > 0]
            more = more[more > 0]
            levels = np.concatenate([levels, more])
            if not (levels > 0).any():
                continue
            wider = cells.with_differences(kept, people.n) if kept else cells
            values = wider.masks @ sums_of(people, amount, moment)
            printed, told_before, gone = (
                np.append(item, more < 0) for item in (there, out, closed & ~out)
            )
            forced = gone | ~printed
            _, chosen = wider.protected(
                wider.table(values, levels, forced, told_before, integer=False, n=people.n)
            )
            for position in np.flatnonzero(printed & (chosen.hidden | (levels > 0))):
                reasons[moment, amount, int(position)] = (
                    DOMINANCE if levels[position] > 0 else SECONDARY
                )
    return reasons


def _at(cells: Cells, sets: Sequence[RespondentSet | None]) -> Booleans:
    """Return a mask of the cells of some sets."""
    places = [cells.cell_of[who] for who in sets if who is not None]
    return np.isin(np.arange(len(cells.masks)), places)


def _differences(
    sets: Iterable[RespondentSet], people: People, cells: Cells
) -> tuple[Differences, Booleans]:
    """Return pairs of nested sums whose difference is not a cell, and the groups in it."""
    sums = [*([who] for who in sets), *unions(sets).values()]
    pairs: Differences = []
    groups = [np.zeros(people.n.size, dtype=bool)]
    masks = np.array(
        [np.any([people.sets[who] for who in parts], axis=0) for parts in sums]
    ).reshape(-1, people.n.size)
    known = {item.tobytes() for item in (*cells.masks, *groups)}
    sizes: dict[frozenset[Breakdown], Floats] = {}
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
                np.array([cells.cell_of[who] for who in sums[item]]) for item in (whole, part)
            )
            pairs.append((above, within))
            groups.append(left)
    return pairs, np.array(groups[1:]).reshape(-1, people.n.size).astype(bool)


def _levels(
    contributions: Contributions, asked: Booleans, profile: Profile, few: Booleans
) -> Floats:
    """Return the protection level of each sum; 0 if no respondent dominates it."""
    # `few`: cells where the number of contributors must also reach the minimum
    levels = np.zeros(asked.size)
    for position in np.flatnonzero(asked):
        level = profile.needs_protection(
            contributions.largest[position], contributions.total[position]
        )
        levels[position] = max(level, contributions.reach[position])
        if (
            few[position]
            and 0 < contributions.count[position] < profile.minimum
            and profile.counted == "respondents"
        ):
            levels[position] = max(levels[position], 0.1 * contributions.largest[position, 0])
    return levels
