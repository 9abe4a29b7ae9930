"""Respondents in the smallest groups that results distinguish, and groups readers may think of."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np

from diplab.disclosure.respondents import (
    Breakdown,
    Line,
    RespondentSet,
    read_again,
    read_variable,
    unions,
)
from diplab.errors import OptionError
from diplab.kernel.arrays import Booleans, Floats, Integers
from diplab.results.tables import Crosstab
from diplab.sampling.engines.protocol import Scope
from diplab.sampling.expression import Expression, column_names
from diplab.sampling.sample import Sample, SampleInMemory

MOST_GROUPS = 2_000
"""Groups of respondents up to which readers are assumed to consider groups not in the sample."""
_FEW_GROUPS = 500  # up to which all answers are one table, whatever is asked together
# respondents in a pair of answers that nobody gave, from which on the pair is taken as impossible
_EXPECTED = 5.0
_MISSING = -1
_UNKNOWN, _NOWHERE = -1, -2
_NOWHERE_UNKNOWN = -(1 << 40)  # outside the domain of a breakdown, in an unknown group

Feature: TypeAlias = tuple[str, Any, bool]
"""What a set asks of respondents: the kind of question, its text or cut, if no answer counts."""


@dataclass(frozen=True, eq=False)
class Table:
    """The groups that readers hold possible, by some answers, including unobserved ones."""

    members: Mapping[RespondentSet, Booleans]  # which groups each set of these answers is made of
    home: Integers  # for each group of respondents, its group here
    size: int
    # answers that other tables have too, by group; tables that share some have the same respondents
    # by them
    shared: Mapping[frozenset[int], list[tuple[int, ...]]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class People:
    """Respondents in the smallest groups that the sets of some results distinguish."""

    n: Floats  # of each group
    weight: Floats  # of each group; NaN where it is not known
    sets: Mapping[RespondentSet, Booleans]  # which groups each set is made of
    tables: tuple[Table, ...] = ()
    # by breakdown, the set of each group had everyone answered; -2 and below outside its domain
    whatever: Mapping[Breakdown, Integers] = field(default_factory=dict)
    sample: SampleInMemory | None = None
    atom: Integers | None = None  # of a sample, the group of each row; -1 for rows without weight
    unweighted: bool = False  # whether amounts are added up as they are
    joint: Table | None = None  # of several tables, one of all answers, where that is small enough

    def size(self, cuts: Iterable[Breakdown], *, outside: bool = False) -> Floats:
        """Return how large each group would be under some breakdowns, had everyone answered.

        Infinite for those who did not; `outside` distinguishes the groups outside the domain of a
        breakdown too.
        """
        # they are not a group to look for, nor is one that is small for want of answers only
        if not self.whatever:
            return self.n
        codes = np.column_stack([self.whatever[cut] for cut in dict.fromkeys(cuts)])
        if not outside:
            codes = np.maximum(codes, _NOWHERE)
        _, broad = np.unique(codes, axis=0, return_inverse=True)
        size = np.bincount(broad.ravel(), weights=self.n)[broad.ravel()]
        unknown = (codes == _UNKNOWN) | (codes == _NOWHERE_UNKNOWN)
        return np.where(unknown.any(axis=1), np.inf, size)

    def rows_of(self, groups: Booleans) -> Integers:
        """Return the rows of the sample in some groups."""
        assert self.atom is not None  # callers have a sample
        return np.flatnonzero((self.atom >= 0) & groups[self.atom])

    def values(self, amount: Expression) -> Floats:
        """Return an amount of every row of the sample."""
        assert self.sample is not None
        return self.sample.engine.columns.evaluate(amount)

    @property
    def weights(self) -> Floats:
        """The weight of every row of the sample."""
        assert self.sample is not None
        weights = self.sample.engine.weights
        return np.asarray(weights > 0, dtype=float) if self.unweighted else weights


def people_of_groups(groups: Iterable[tuple[float, float, Sequence[RespondentSet]]]) -> People:
    """Return respondents from their groups: how many, of what weight, and in which sets."""
    held = list(groups)
    every = dict.fromkeys(who for *_, sets in held for who in sets)
    members = {who: np.array([who in sets for *_, sets in held], dtype=bool) for who in every}
    n, weight = (np.array([item[position] for item in held], dtype=float) for position in (0, 1))
    filled = n > 0
    sets = {who: item[filled] for who, item in members.items()}
    size = int(filled.sum())
    return People(n[filled], weight[filled], sets, (Table(sets, np.arange(size), size),))


def people_of_crosstab(table: Crosstab, parts: Mapping[str, Sequence[Line]]) -> People:
    """Return the respondents of one crosstab in its cells."""
    counts = table.counts.frame
    lines = zip(*(parts[kind] for kind in table.shares_of), strict=True)
    cells = zip(counts["n"], counts["estimate"], lines, strict=True)
    return people_of_groups(
        (n, weight, [who for item in line for who in item.sets]) for n, weight, line in cells
    )


def people_of_estimates(lines: Sequence[Line]) -> People:
    """Return the respondents of estimates by base, and of shares by category: all that is known."""
    bases: dict[RespondentSet, tuple[float, dict[RespondentSet, float]]] = {}
    for line in lines:
        # the group of a statistic whose respondents are unknown
        for who in line.sets[:1]:
            _, inside = bases.setdefault(who, (line.n, {}))
            if line.numerator is not None:
                inside[line.numerator] = line.counted
    groups: list[tuple[float, float, list[RespondentSet]]] = []
    for base, (n, inside) in bases.items():
        groups += [(counted, math.nan, [base, who]) for who, counted in inside.items()]
        groups.append((n - sum(inside.values()), math.nan, [base]))
    return people_of_groups(groups)


def collected(sample: Sample, lines: Sequence[Line], names: Iterable[str]) -> SampleInMemory:
    """Return the whole sample in memory, with the columns of the lines and those in `names`."""
    cuts = dict.fromkeys(cut for line in lines for cut, _ in line.sets)
    variables = dict.fromkeys(item for cut in cuts for item in cut.columns)
    needed = [item for variable in variables for item in read_variable(variable, sample)]
    amounts = dict.fromkeys(amount for line in lines for amount in line.amounts)
    everybody = replace(sample, population=(), domain=(), population_text=(), domain_text=())
    by = dict.fromkeys([*(name for cut in cuts for name in cut.by), *names])
    return everybody.collect_for(*needed, *amounts, by=tuple(by))


def people_of_sample(
    here: SampleInMemory, lines: Sequence[Line], given: Mapping[str, Booleans]
) -> People:
    """Return the respondents in the groups that results distinguish; `given`: rows by name."""
    every = dict.fromkeys(who for line in lines for who in line.sets)
    every |= dict.fromkeys(unions(every))
    cuts = tuple(dict.fromkeys(cut for cut, _ in every)) or (Breakdown(),)
    answers = _Answers(here, given)
    for cut in cuts:
        answers.ask(cut)
    here_rows = np.flatnonzero(here.engine.weights > 0)
    answers.codes.setdefault(("everybody", "", False), np.zeros(here.engine.rows, dtype=np.int64))
    answers.names.setdefault(("everybody", "", False), frozenset())
    codes = np.column_stack([answers.codes[code][here_rows] for code in answers.codes]) + 2
    label = np.zeros(here_rows.size, dtype=np.int64)
    for column in codes.T:
        _, label = np.unique(label * (column.max() + 1) + column, return_inverse=True)
    _, first = np.unique(label, return_index=True)
    observed = codes[first] - 2
    n = np.bincount(label).astype(float)
    weight = np.bincount(label, weights=here.engine.weights[here_rows]).astype(float)
    of_feature = dict(zip(answers.codes, observed.T, strict=True))
    sets = {who: answers.members(who, of_feature) for who in every}
    whatever = {cut: answers.whatever(cut, of_feature) for cut in cuts}
    atom = np.full(here.engine.rows, -1)
    atom[here_rows] = label
    tables, joint = answers.tables(observed, n, sets)
    return People(n, weight, sets, tables, whatever, here, atom, joint=joint)


@dataclass(eq=False)
class _Answers:
    """What the sets of some results ask of respondents, and what each row answers."""

    here: SampleInMemory
    given: Mapping[str, Booleans]
    codes: dict[Feature, Integers] = field(default_factory=dict)
    places: dict[Feature, dict[Any, int]] = field(default_factory=dict)
    names: dict[Feature, frozenset[str]] = field(default_factory=dict)

    def ask(self, cut: Breakdown) -> None:
        """Read the features of a breakdown, once for all breakdowns that share them."""
        for feature in _features(cut):
            if feature in self.codes:
                continue
            if feature[0] == "by":
                self._by(feature)
            elif feature[0] == "poorest":
                self._poorest(feature, feature[1])
            else:
                self._condition(feature)

    def _by(self, feature: Feature) -> None:
        _, name, keep = feature
        columns, engine = self.here.engine.columns, self.here.engine
        by = (columns.with_missing(name),) if keep else (name,)
        rows = engine.scoped(Scope((), by))
        self.codes[feature] = np.where(rows.inside, rows.domain, _MISSING)
        self.places[feature] = {value: at for at, (value,) in enumerate(engine.cells(by))}
        self.names[feature] = frozenset([name])

    def _condition(self, feature: Feature) -> None:
        kind, asked, _ = feature
        if kind != "apart" and asked in self.given:
            self.codes[feature] = self.given[asked].astype(np.int64)
            self.names[feature] = frozenset()
            return
        everybody = np.zeros(self.here.engine.rows, dtype=np.int64)
        columns = self.here.engine.columns
        variable = asked[0] if kind == "apart" else asked
        read = read_variable(variable, self.here)
        if kind == "answered":
            gaps = np.any([columns.gaps(item, everybody) for item in read], axis=0)
            self.codes[feature] = (~gaps).astype(np.int64)
        elif kind == "apart":
            has_value = columns.evaluate(read[0], everybody) == asked[1]
            self.codes[feature] = has_value.astype(np.int64)
        else:
            value = columns.evaluate(read[0], everybody)
            unknown = np.isnan(value) if kind == "holds" else np.zeros(value.size, dtype=bool)
            self.codes[feature] = np.where(unknown, _MISSING, value == 1.0).astype(np.int64)
        self.names[feature] = frozenset(column_names(*read))

    def _poorest(self, feature: Feature, cut: Breakdown) -> None:
        """Read who is in the poorest share of each set of a cut, or at risk, as results define."""
        engine = self.here.engine
        conditions = tuple(
            read_again(item, self.here) for item in (cut.universe, cut.where) if item
        )
        rows = engine.scoped(Scope(conditions, cut.by))
        read = read_variable(cut.answered[0], self.here)
        value = engine.columns.evaluate(read[0], rows.domain)
        within = np.zeros(engine.rows, dtype=np.int64)
        places = {values: at for at, values in enumerate(engine.cells(cut.by))}
        for values, share in cut.poorest:
            there = rows.inside & (rows.weight > 0) & (rows.domain == places.get(values, _NOWHERE))
            in_order = np.flatnonzero(there & ~np.isnan(value))
            in_order = in_order[np.argsort(value[in_order], kind="stable")]
            weight = np.cumsum(rows.weight[in_order])
            within[in_order[weight <= (share + 1e-9) * rows.weight[in_order].sum()]] = 1
            others = [engine.columns.evaluate(item, rows.domain) for item in read[1:]]
            for other in others:
                within[there & (other == 1)] = 1
            unknown = np.any(list(map(np.isnan, (value, *others))), axis=0)
            within[there & unknown & (within == 0)] = _MISSING
        self.codes[feature] = within
        self.names[feature] = frozenset([*column_names(*read, *conditions), *map(str, cut.by)])

    def members(self, who: RespondentSet, of_feature: Mapping[Feature, Integers]) -> Booleans:
        """Return the groups that a set is made of."""
        cut, values = who
        by = dict(zip(cut.by, values, strict=True))
        there = np.ones(len(next(iter(of_feature.values()))) if of_feature else 1, dtype=bool)
        # a variable within itself has one value
        there &= all(by[name] == value for name, value in zip(cut.by, values, strict=True))
        for feature in _features(cut):
            kind, text, _ = feature
            code = of_feature[feature]
            if cut.at_risk in ("decided", "possible") and kind == "poorest":
                there &= code != (_MISSING if cut.at_risk == "decided" else 0)
                continue
            wanted = self.places[feature].get(by[text], _NOWHERE) if kind == "by" else 1
            there &= code == wanted
        return there

    def whatever(self, cut: Breakdown, of_feature: Mapping[Feature, Integers]) -> Integers:
        """Return the set of each group under a breakdown, whatever its members answered."""
        size = len(next(iter(of_feature.values())))
        inside, unknown = np.ones(size, dtype=bool), np.zeros(size, dtype=bool)
        label, answered = np.zeros(size, dtype=np.int64), np.ones(size, dtype=bool)
        decided = cut.at_risk == "decided"
        counts = bool(cut.holds or cut.apart or (cut.poorest and not decided))
        for feature in _features(cut):
            kind, code = feature[0], of_feature[feature]
            if kind == "if":
                inside &= code == 1
            elif kind == "answered":
                answered &= code == 1
            elif kind != "poorest" or not decided:
                unknown |= code == _MISSING
                _, label = np.unique(
                    label * (code.max() + 2) + np.maximum(code, 0), return_inverse=True
                )
        of_outside = np.where(unknown, _NOWHERE_UNKNOWN, _NOWHERE - label)
        unknown |= counts & ~answered
        return np.where(inside, np.where(unknown, _UNKNOWN, label), of_outside)

    def tables(
        self, observed: Integers, n: Floats, sets: Mapping[RespondentSet, Booleans]
    ) -> tuple[tuple[Table, ...], Table | None]:
        """Return one table of all answers, or tables of the answers asked together if equivalent.

        Of several tables also the one of all answers, unless it has too many groups.
        """
        blocks = self._blocks(observed, n)
        kinds = [np.unique(observed[:, block], axis=0) for block in blocks]
        block_of = {item: at for at, block in enumerate(blocks) for item in block}
        position = {feature: at for at, feature in enumerate(self.codes)}
        # what all answer alike is not a condition
        varying = {
            item for item, column in zip(self.codes, observed.T, strict=True) if np.ptp(column)
        }
        asked = {
            who: frozenset(
                block_of[position[item]] for item in _features(who[0]) if item in varying
            )
            for who in sets
        }
        every = set(asked.values())
        widest = sorted(
            (item for item in every if not any(item < other for other in every)), key=sorted
        )
        size = math.prod(map(len, kinds))
        joint = None
        if size <= MOST_GROUPS:
            joint = self._table(observed, blocks, kinds, sets, range(len(blocks)))
        if joint is not None and (size <= _FEW_GROUPS or not _is_acyclic(widest)):
            return (joint,), None
        common = {one & other for one in widest for other in widest if one != other}
        tables = tuple(
            self._table(
                observed, blocks, kinds,
                {who: sets[who] for who in sets if asked[who] <= item}, sorted(item),
                [part for part in common if part <= item],
            )
            for item in widest
        )  # fmt: skip
        return tables, joint

    def _table(
        self,
        observed: Integers,
        blocks: Sequence[Sequence[int]],
        kinds: Sequence[Integers],
        sets: Mapping[RespondentSet, Booleans],
        within: Sequence[int],
        common: Sequence[frozenset[int]] = (),
    ) -> Table:
        """Return the groups by some blocks of answers: observed ones, then other possible ones."""
        codes = np.column_stack(
            [
                np.unique(observed[:, block], axis=0, return_inverse=True)[1].ravel()
                for block in (blocks[at] for at in within)
            ]
            or [np.zeros(len(observed), dtype=np.int64)]
        )
        held, home = np.unique(codes, axis=0, return_inverse=True)
        groups = np.concatenate([held, _exchanged(held, [len(kinds[at]) for at in within])])
        of_feature: dict[Feature, Integers] = {}
        features = [*self.codes]
        for column, at in zip(groups.T, within, strict=False):
            for position, feature in enumerate(blocks[at]):
                of_feature[features[feature]] = kinds[at][column, position]
        for asked, column in zip(features, observed.T, strict=True):
            if not np.ptp(column):
                of_feature[asked] = np.full(len(groups), column[0])
        of_feature.setdefault(("everybody", "", False), np.zeros(len(groups), dtype=np.int64))
        members = {who: self.members(who, of_feature) for who in sets}
        # a printed 0 is known
        kept = np.ones(len(groups), dtype=bool)
        for who, mask in members.items():
            if not sets[who].any():
                kept[len(held) :] &= ~mask[len(held) :]
        members = {who: mask[kept] for who, mask in members.items()}
        places = {at: column for column, at in enumerate(within)}
        shared = {
            part: list(map(tuple, groups[kept][:, [places[at] for at in sorted(part)]].tolist()))
            for part in common
        }
        return _merged(Table(members, home.ravel(), int(kept.sum()), shared))

    def _blocks(self, observed: Integers, n: Floats) -> list[list[int]]:
        """Return features that are bound together: nested, overlapping, or of the same columns."""
        held = [*self.codes]
        block = list(range(len(held)))
        dense = [np.unique(column, return_inverse=True)[1].ravel() for column in observed.T]
        for one in range(len(held)):
            for other in range(one):
                if block[one] == block[other]:
                    continue
                shared = self.names[held[one]] & self.names[held[other]]
                if shared or _is_bound(dense[one], dense[other], n):
                    block = [block[other] if item == block[one] else item for item in block]
        return [
            [at for at, item in enumerate(block) if item == label] for label in dict.fromkeys(block)
        ]


def _is_acyclic(parts: Iterable[frozenset[int]]) -> bool:
    """Return whether tables with equal margins in common always are margins of one joint table."""
    # answers of one table alone are left out, and tables within others, until one or none is left
    # (Graham 1979)
    left, before = list(map(set, parts)), -1
    while sum(map(len, left)) + len(left) != before:
        before = sum(map(len, left)) + len(left)
        left = [{at for at in item if sum(at in other for other in left) > 1} for item in left]
        left = [
            item
            for at, item in enumerate(left)
            if not any(item <= other for other in left[at + 1 :])
        ]
        left = [item for item in left if not any(item < other for other in left)]
    return len(left) <= 1


def _merged(table: Table) -> Table:
    """Return a table whose groups that are in the same sets are one."""
    keys = [
        np.unique(item, axis=0, return_inverse=True)[1].ravel() for item in table.shared.values()
    ]
    stacked = np.column_stack(
        [np.zeros(table.size, dtype=np.int64), *table.members.values(), *keys]
    )
    _, first, kind = np.unique(stacked, axis=0, return_index=True, return_inverse=True)
    members = {who: mask[first] for who, mask in table.members.items()}
    shared = {
        part: [keys_of_groups[at] for at in first] for part, keys_of_groups in table.shared.items()
    }
    return Table(members, kind.ravel()[table.home], first.size, shared)


def _exchanged(held: Integers, sizes: Sequence[int]) -> Integers:
    """Return unobserved combinations: all, or those with one answer changed as far as they fit."""
    if len(sizes) < 2:
        return held[:0]
    if math.prod(sizes) <= MOST_GROUPS:
        combinations = np.indices(sizes).reshape(len(sizes), -1).T
    else:
        room, parts = max(0, MOST_GROUPS - len(held)) // len(sizes), []
        for column, size in enumerate(sizes):
            pairs = len(held) * size
            taken = np.unique(np.linspace(0, pairs - 1, min(pairs, room)).astype(np.int64))
            part = held[taken // size].copy()
            part[:, column] = taken % size
            parts.append(part)
        combinations = np.concatenate(parts)
    every = np.concatenate([held, combinations])
    _, first = np.unique(every, axis=0, return_index=True)
    return every[np.sort(first[first >= len(held)])]


def _features(cut: Breakdown) -> list[Feature]:
    """Return the features of a breakdown."""
    features: list[Feature] = [("if", text, False) for text in (cut.universe, cut.where) if text]
    features += [("by", name, cut.keep) for name in cut.by]
    features += [("answered", text, False) for text in cut.answered if text and not cut.at_risk]
    if cut.holds:
        features.append(("holds", cut.holds, False))
    if cut.apart:
        features.append(("apart", cut.apart, False))
    if cut.poorest:
        features.append(("poorest", replace(cut, holds="", apart=(), at_risk=""), False))
    return features


def _is_bound(one: Integers, other: Integers, n: Floats) -> bool:
    """Return whether one answer determines the other, or a pair is absent, but not by chance."""
    rows, columns = int(one.max()) + 1, int(other.max()) + 1
    if min(rows, columns) < 2:
        return False
    table = np.bincount(one * columns + other, weights=n, minlength=rows * columns).reshape(
        rows, columns
    )
    if np.count_nonzero(table) == max(rows, columns):
        return True
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    return bool(((table == 0) & (expected >= _EXPECTED)).any())


def checked(line: Line, people: People, *, exact: bool = True) -> Line:
    """Return a line with the respondents it counts; refuse another sample where n is `exact`."""
    if line.base is None or line.model:
        return line
    here = float(people.n[people.sets[line.base]].sum())
    if exact and not np.isnan(line.n) and here != line.n:
        raise OptionError(
            "`sample` is not the sample of the result.",
            f"{line.label} has {line.n:.0f} respondents there, and {here:.0f} in `sample`.",
            "Write the sample that the result was estimated on.",
        )
    completed = line
    if line.two_values:
        completed = replace(
            completed, n_of_first=float(people.n[people.sets[line.others[-1]]].sum())
        )
    if line.numerator is not None:
        completed = replace(completed, counted=float(people.n[people.sets[line.numerator]].sum()))
    return completed
