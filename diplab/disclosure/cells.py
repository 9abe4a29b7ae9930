"""The published sets as a system of linear equations over the smallest groups they distinguish."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import sparse

from diplab.disclosure.hypercube import Hypercubes
from diplab.disclosure.people import MOST_GROUPS, People, Table
from diplab.disclosure.respondents import Breakdown, RespondentSet
from diplab.kernel.arrays import Booleans, Floats, Integers
from diplab.kernel.suppression import CellTable, Suppression, audit, exposed, protect

MOST_HIDDEN = 300
"""Number of primary cells above which secondary cells are chosen by the hypercube method."""
_SECONDS = 10.0  # time limit of the search for the least information loss
_ZERO = 1e-7  # rounding error in a random direction, for a set that is determined
_SEED = 20261202
_DIGITS = 10  # of random sums, by which sets are distinguished


@dataclass(frozen=True, eq=False)
class Cells:
    """Cells: printed sets, then sets readers may derive, then the groups that make them up."""

    masks: Booleans  # (cells, groups)
    size: Floats  # respondents under complete response; infinite for nonrespondents
    cell_of: Mapping[RespondentSet, int]  # -1 for an empty set
    printed: int
    equations: sparse.csr_array
    unasked: Booleans  # small groups that are not printed: readers may bound them, not too narrowly

    @classmethod
    def of(cls, people: People, every: Sequence[RespondentSet], minimum: float) -> Cells:
        """Return each set once, however many lines refer to it, and the equations between sets."""
        asked = [who for who in dict.fromkeys(every) if people.sets[who].any()]
        at: dict[bytes, int] = {}
        for who in asked:
            at.setdefault(people.sets[who].tobytes(), len(at))
        cell_of = {who: at.get(people.sets[who].tobytes(), -1) for who in every}
        one_of = {cell_of[who]: who for who in reversed(asked)}
        system = _System([people.sets[one_of[item]] for item in range(len(at))])
        system.size = [float(people.n[mask].sum()) for mask in system.masks]
        free = (
            _free_direction(np.array(system.masks, dtype=float))
            if system.masks
            else np.zeros(people.n.size)
        )
        separators: dict[tuple[frozenset[int], tuple[int, ...]], int] = {}
        homes = [
            system.add(table, people, cell_of, free, minimum, separators) for table in people.tables
        ]
        if len(homes) > 1:
            system.add_crossed(homes, people, minimum)
        masks, unasked = np.array(system.masks), np.zeros(len(system.masks), dtype=bool)
        unasked[system.unasked] = True
        return cls(masks, np.array(system.size), cell_of, len(at), system.equations(), unasked)

    def with_differences(self, sums: Sequence[tuple[Integers, Integers]], n: Floats) -> Cells:
        """Return cells with differences added: cells minus cells nested in them."""
        rows, masks = [], [*self.masks]
        for at, (whole, part) in enumerate(sums):
            masks.append(self.masks[whole].any(axis=0) & ~self.masks[part].any(axis=0))
            row = np.zeros(len(self.masks) + len(sums))
            row[whole], row[len(self.masks) + at] = 1.0, -1.0
            row[part] -= 1.0
            rows.append(row)
        wider = sparse.csr_array((self.equations.shape[0], len(sums)))
        equations = sparse.vstack(
            [sparse.hstack([self.equations, wider]), np.array(rows)], format="csr"
        )
        every = np.array(masks)
        size = np.concatenate([self.size, every[len(self.masks) :] @ n])
        unasked = np.append(self.unasked, np.zeros(len(sums), dtype=bool))
        return replace(self, masks=every, size=size, equations=equations, unasked=unasked)

    def protected(self, table: CellTable) -> tuple[CellTable, Suppression]:
        """Return the table and the cells to hide to protect those with an upper level."""
        looked_for = (table.upper > 0) & (np.arange(table.upper.size) < self.printed)
        width = table.lower + table.upper
        large = self.masks.shape[1] > MOST_GROUPS or np.count_nonzero(looked_for) > MOST_HIDDEN
        cubes = Hypercubes(self.masks, self.cell_of, self.printed)
        while True:
            below, above = (
                np.where(looked_for, level, 0.0) for level in (table.lower, table.upper)
            )
            asked = replace(table, lower=below, upper=above)
            chosen = cubes.protect(asked) if large else protect(asked, time_limit=_SECONDS)
            short = exposed(replace(table, insiders=()), chosen.hidden) & ~looked_for
            table, short = self._without_wide(table, short, chosen.hidden, width)
            others = []
            if not short.any():
                others = [item for item in table.own if item not in table.insiders]
            printed = replace(table, lower=below, upper=above)
            insiders = [
                other
                for other in others
                if exposed(replace(printed, insiders=(other,)), chosen.hidden).any()
            ]
            if not short.any() and not insiders:
                return table, chosen
            looked_for |= short
            table = replace(table, insiders=(*table.insiders, *insiders))

    def has_narrow(self, table: CellTable, hidden: Booleans) -> bool:
        """Return whether these hidden cells leave too narrow bounds on unprinted groups."""
        every = np.ones(len(self.masks), dtype=bool)
        every[: self.printed] = hidden
        short = exposed(replace(table, insiders=()), every)
        short[: self.printed] = False
        return bool(self._without_wide(table, short, every, table.lower + table.upper)[1].any())

    def table(
        self,
        values: Floats,
        upper: Floats,
        forced: Booleans,
        released: Booleans,
        *,
        integer: bool,
        n: Floats,
    ) -> CellTable:
        """Return the table with suppressed cells; `own`: cells that a single contributor knows."""
        # `forced` cells and those not printed are hidden too. Unprinted groups and single
        # contributors are added only once an audit shows that they matter, since each of them
        # adds linear programmes
        hidden = (upper > 0) | forced
        hidden[self.printed :] = True
        insiders = np.flatnonzero(
            ((self.masks @ n) == 1)[: self.printed] & (upper[: self.printed] > 0)
        )
        lower = np.where(upper > 0, np.minimum(values, values if integer else upper), 0.0)
        known_to, around = {}, {}
        for cell in insiders.tolist():
            inside = self.masks[:, (self.masks[cell] * n).argmax()] & (
                np.arange(values.size) != cell
            )
            around[cell] = np.flatnonzero(inside)
            known_to[cell] = np.flatnonzero(~(self.masks & ~self.masks[cell]).any(axis=1))
        released = released & ~hidden
        return CellTable(
            values,
            self.equations,
            hidden,
            lower,
            upper,
            released,
            values,
            integer,
            own=known_to,
            around=around,
        )

    def _without_wide(
        self, table: CellTable, short: Booleans, hidden: Booleans, width: Floats
    ) -> tuple[CellTable, Booleans]:
        """Return disclosed cells, without unprinted groups with a wide interval, and the table."""
        asked = short & self.unasked
        if not asked.any():
            return table, short
        low, high = audit(table, hidden, asked)
        narrow = asked & (high - low < width * (1 - _ZERO))
        # released results may already give such narrow bounds
        low, high = audit(table, ~table.released, narrow)
        lower = np.where(narrow, np.minimum(table.values - low, table.lower), table.lower)
        upper = np.where(narrow, np.minimum(high - table.values, width - lower), table.upper)
        return replace(table, lower=lower, upper=upper), short & (narrow | ~asked)


@dataclass(eq=False)
class _System:
    """A builder of cells and of the equations between them."""

    masks: list[Booleans]
    size: list[float] = field(default_factory=list)
    sums: dict[tuple[int, ...], None] = field(default_factory=dict)  # a whole, then its parts
    unasked: list[int] = field(default_factory=list)

    def cell(self, mask: Booleans, size: float) -> int:
        """Return the index of a new cell."""
        self.masks.append(mask)
        self.size.append(size)
        return len(self.masks) - 1

    def add(
        self,
        table: Table,
        people: People,
        cell_of: Mapping[RespondentSet, int],
        free: Floats,
        minimum: float,
        separators: dict[tuple[frozenset[int], tuple[int, ...]], int],
    ) -> Integers:
        """Add the groups of a table, the sets they add up to, and sets that readers may derive.

        Return the cell of each group of respondents.
        """
        printed = {who: mask for who, mask in table.members.items() if cell_of.get(who, -1) >= 0}
        unions = {who: mask for who, mask in table.members.items() if who not in cell_of}
        within = _Within(table, people, printed, unions)
        at: dict[bytes, int] = {}
        single: dict[int, int] = {}
        for who, mask in within.members.items():
            at.setdefault(mask.tobytes(), cell_of[who])
            if mask.sum() == 1:
                single.setdefault(int(mask.argmax()), cell_of[who])
        looked_for = [*within.looked_for(free, minimum)]
        home = [
            single[item] if item in single else self.cell(table.home == item, np.inf)
            for item in range(table.size)
        ]
        for mask, size in looked_for:
            if mask.tobytes() in at:
                continue
            if mask.sum() == 1:
                cell = home[int(mask.argmax())]
                self.size[cell] = min(self.size[cell], size)
            else:
                at[mask.tobytes()] = self.cell(mask[table.home], size)
                self._sum(at[mask.tobytes()], mask, home)
        left = [
            (home[group], size)
            for group, size in within.small_groups(minimum)
            if np.isinf(self.size[home[group]])
        ]
        for cell, size in left:
            self.size[cell] = size
        self.unasked += [cell for cell, _ in left]
        for who, mask in within.members.items():
            self._sum(cell_of[who], mask, home)
        for part, keys in table.shared.items():
            groups: dict[tuple[int, ...], list[int]] = {}
            for group, key in enumerate(keys):
                groups.setdefault(key, []).append(group)
            for key, members in groups.items():
                mask = np.isin(np.arange(table.size), members)
                if (part, key) not in separators:
                    separators[part, key] = self.cell(mask[table.home], np.inf)
                self._sum(separators[part, key], mask, home)
        return np.array(home)[table.home]

    def add_crossed(self, homes: Sequence[Integers], people: People, minimum: float) -> None:
        """Add the small groups that only several tables together distinguish.

        A combination of answers is at most as frequent as each of them, in any table.
        """
        size = people.size(people.whatever, outside=True)
        small = np.flatnonzero((people.n < minimum) & (size < minimum))
        alone = {int(item.argmax()): at for at, item in enumerate(self.masks) if item.sum() == 1}
        crossed = {
            group: self.cell(np.arange(people.n.size) == group, float(size[group]))
            for group in small.tolist()
            if group not in alone
        }
        self.unasked += crossed.values()
        for home in homes:
            inside: dict[int, list[int]] = {}
            for group in crossed:
                inside.setdefault(int(home[group]), []).append(group)
            for whole, groups in inside.items():
                rest = self.masks[whole] & ~np.isin(np.arange(people.n.size), groups)
                parts = [crossed[group] for group in groups]
                self.sums[whole, *parts, self.cell(rest, np.inf)] = None

    def _sum(self, whole: int, mask: Booleans, home: Sequence[int]) -> None:
        parts = [home[item] for item in np.flatnonzero(mask).tolist()]
        if parts != [whole]:
            self.sums[whole, *parts] = None

    def equations(self) -> sparse.csr_array:
        """Return the equations that set each whole equal to the sum of its parts."""
        rows, columns, signs = [], [], []
        for row, (whole, *parts) in enumerate(self.sums):
            rows += [row] * (1 + len(parts))
            columns += [whole, *parts]
            signs += [-1.0] + [1.0] * len(parts)
        return sparse.csr_array((signs, (rows, columns)), (len(self.sums), len(self.masks)))


@dataclass(frozen=True, eq=False)
class _Within:
    """The sets of a table."""

    table: Table
    people: People
    members: Mapping[RespondentSet, Booleans]
    unions: Mapping[RespondentSet, Booleans]  # unions of members that are not printed
    sizes: dict[frozenset[Breakdown], Floats] = field(default_factory=dict)

    def looked_for(self, free: Floats, minimum: float) -> Iterator[tuple[Booleans, float]]:
        """Yield the unprinted sets that readers can distinguish, and their sizes."""
        if not self.members:
            return
        yield from self._of_same_variables()
        sets = {**self.members, **self.unions}
        cuts = [cut for cut, _ in sets]
        masks = np.array([*sets.values()])
        n = _by_group(self.table, self.people.n)
        for (cut, _), mask in self.unions.items():
            if 0 < n[mask].sum() < minimum:
                yield self._sized(mask, [cut])
        yield from self._remainders(masks, cuts, n, minimum)
        yield from self._determined(masks, cuts, n, _by_group(self.table, free), minimum)

    def small_groups(self, minimum: float) -> Iterator[tuple[int, float]]:
        """Yield the groups that would be small under complete response, and their sizes."""
        if not self.members:
            return
        n = _by_group(self.table, self.people.n)
        # respondents outside a condition are grouped by the other features
        sizes = self.people.size((cut for cut, _ in (*self.members, *self.unions)), outside=True)
        for group in np.flatnonzero((n > 0) & (n < minimum)).tolist():
            size = float(sizes[self.table.home == group].min())
            if size < minimum:
                yield group, size

    def _sized(self, group: Booleans, cuts: Iterable[Breakdown]) -> tuple[Booleans, float]:
        asked = frozenset(cuts)
        if asked not in self.sizes:
            self.sizes[asked] = self.people.size(asked)
        return group, float(self.sizes[asked][group[self.table.home]].min())

    def _of_same_variables(self) -> Iterator[tuple[Booleans, float]]:
        """Yield the sets distinguished by cuts by the same variables in different domains."""
        names = {frozenset(cut.by) for cut, _ in self.members if not cut.model}
        for widest in (name for name in names if not any(name < other for other in names)):
            sets = [
                who for who in self.members if widest.issuperset(who[0].by) and not who[0].model
            ]
            kinds, kind = np.unique(
                [self.members[who] for who in sets], axis=1, return_inverse=True
            )
            size = self.people.size(cut for cut, _ in sets)
            for position in np.flatnonzero(kinds.sum(axis=0)):
                group = kind.ravel() == position
                if group[self.table.home].any():
                    yield group, float(size[group[self.table.home]].min())

    def _remainders(
        self, masks: Booleans, cuts: Sequence[Breakdown], n: Floats, minimum: float
    ) -> Iterator[tuple[Booleans, float]]:
        """Yield small remainders: a set minus one or two of its subsets, or minus a whole cut."""
        common = (masks * n) @ masks.T
        left = np.diag(common)[:, None] - common
        within = masks.astype(float) @ (1.0 - masks).T == 0  # row is within column
        for whole, part in np.argwhere(within.T & (left > 0) & (left < minimum)):
            yield self._sized(masks[whole] & ~masks[part], (cuts[whole], cuts[part]))
        for cut in dict.fromkeys(cuts):
            parts = np.flatnonzero([item == cut for item in cuts])
            for whole in range(len(masks)):
                inside = parts[within[parts, whole] & (parts != whole)]
                rest = masks[whole] & ~masks[inside].any(axis=0)
                if inside.size > 1 and 0 < n[rest].sum() < minimum:
                    yield self._sized(rest, (cuts[whole], cut))
        kind, sizes = np.array([[*dict.fromkeys(cuts)].index(cut) for cut in cuts]), np.diag(common)
        apart = (masks.astype(float) @ masks.T == 0) & (kind[:, None] < kind)
        for whole in range(len(masks)):
            inside = np.flatnonzero(within[:, whole] & (sizes > 0))
            rest = sizes[whole] - sizes[inside][:, None] - sizes[inside]
            small = apart[np.ix_(inside, inside)] & (rest > 0) & (rest < minimum)
            for one, other in inside[np.argwhere(small)].tolist():
                left_of = masks[whole] & ~masks[one] & ~masks[other]
                yield self._sized(left_of, (cuts[whole], cuts[one], cuts[other]))

    def _determined(
        self, masks: Booleans, cuts: Sequence[Breakdown], n: Floats, move: Floats, minimum: float
    ) -> Iterator[tuple[Booleans, float]]:
        """Yield small intersections and differences of two sets that the printed sums determine."""
        # non-empty groups may move a little both ways, so a set is determined if it is constant
        # along every direction that leaves the printed sums unchanged; one random direction shows
        # this with probability one
        every = tuple(dict.fromkeys(cuts))
        # pairs with the same intersection or difference are kept once, and printed ones are left
        # out: random sums of groups identify sets
        drawn = np.random.default_rng(_SEED).uniform(size=n.size)
        common, moved, mark = ((masks * item) @ masks.T for item in (n, move, drawn))
        printed = (masks @ drawn).round(_DIGITS)

        def unprotected_pairs(
            size: Floats, moves: Floats, of_set: Floats
        ) -> Iterator[tuple[int, int]]:
            """Yield one pair of cuts for each small unprinted set that is determined."""
            pairs = np.argwhere((size > 0) & (size < minimum) & (np.abs(moves) < _ZERO))
            marks = of_set[tuple(pairs.T)].round(_DIGITS)
            pairs, marks = pairs[~np.isin(marks, printed)], marks[~np.isin(marks, printed)]
            _, first = np.unique(np.column_stack([marks, kind[pairs]]), axis=0, return_index=True)
            yield from pairs[first].tolist()

        kind = np.array(list(map(every.index, cuts)))
        for one, other in unprotected_pairs(np.triu(common, 1), moved, mark):
            yield self._sized(masks[one] & masks[other], (cuts[one], cuts[other]))
        left, rest, kept = (np.diag(item)[:, None] - item for item in (common, moved, mark))
        for one, other in unprotected_pairs(left, rest, kept):
            yield self._sized(masks[one] & ~masks[other], (cuts[one], cuts[other]))


def _by_group(table: Table, values: Floats) -> Floats:
    """Return sums of values of respondents by group of a table."""
    return np.bincount(table.home, weights=values, minlength=table.size).astype(float)


def _free_direction(masks: Floats) -> Floats:
    """Return a random direction of the groups in the null space of the printed sums."""
    drawn = np.random.default_rng(_SEED).normal(size=masks.shape[1])
    values, vectors = np.linalg.eigh(masks @ masks.T)
    kept = values > 1e-9 * values.max(initial=0.0)
    for _ in range(2):  # twice, to remove rounding error
        along = vectors[:, kept].T @ (masks @ drawn)
        drawn = drawn - masks.T @ (vectors[:, kept] @ (along / values[kept]))
    return np.asarray(drawn)
