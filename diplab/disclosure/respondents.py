"""Whom each printed number is about: sets of respondents, and the smallest groups that these sets tell apart."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np

from diplab.errors import ColumnError, ConditionError, OptionError
from diplab.kernel.arrays import Booleans, Floats, Integers
from diplab.results.crosstab import Crosstab
from diplab.results.estimates import CONFIDENTIAL, Estimates, StatisticDescription
from diplab.results.summary import Summary
from diplab.sampling.condition import parse
from diplab.sampling.engines.protocol import Scope
from diplab.sampling.expression import Apply, Expression
from diplab.sampling.sample import Sample, SampleInMemory


@dataclass(frozen=True, kw_only=True)
class Cut:
    """How respondents are cut into sets: of a universe and a domain, by variables, those who answered others."""

    universe: str = ""
    where: str = ""
    by: tuple[str, ...] = ()
    answered: tuple[str, ...] = ()
    holds: str = ""  # a condition that they satisfy
    poorest: tuple[tuple[tuple[Any, ...], float], ...] = ()  # the share of each set that its poorest are, by `answered`
    keep: bool = False  # whether no answer is a category


Who: TypeAlias = tuple[Cut, tuple[Any, ...]]
"""A set of respondents: how they are cut, and their values of the variables they are cut by."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """A row of a result: its base, whom of them it counts, and the amounts that it adds up, as they are read."""

    base: Who | None  # None where the respondents cannot be found again: in models, bounds and curves
    n: float
    inside: Who | None = None
    counted: float = math.nan
    amount: str = ""
    is_ratio: bool = False
    adds: tuple[Expression, ...] = ()
    named: str = ""
    # once protected
    why: str = ""  # it is hidden; empty where it is shown
    width: str = ""  # how wide the interval is in which readers can place whom it counts
    # whether the number of its base may be told, as where a share is hidden and others of the same base are not
    tells_base: bool = False

    @property
    def sets(self) -> list[Who]:
        """The sets that it is about."""
        return [each for each in (self.base, self.inside) if each is not None]


def lines_of_estimates(found: Estimates) -> list[Line]:
    """Return whom each row of estimates is about."""
    rules = found.provenance.rules
    scope: dict[str, Any] = {"universe": rules.get("universe", ""), "where": rules.get("where", "")}
    again = type(found) is Estimates and not found.provenance.model
    lines = []
    for row in found.frame.to_dict("records"):
        described, variable = found.description_of(row["statistic"]), str(row["variable"])
        named = f"`{row['statistic']}` of `{variable}`" if variable else f"`{row['statistic']}`"
        counted = float(row.get("numerator", math.nan))
        line = Line(base=None, n=float(row["n"]), counted=counted, named=named, why=_before(row["flag"]))
        of_people = described.every_category or described.of_people
        if again:
            keep = described.every_category and rules.get("na") == "keep" and row["category"] != ""
            base = (
                Cut(by=found.by, answered=(variable,) if variable and not keep else (), **scope),
                tuple(row[name] for name in found.by),
            )
            inside = _counted_by(found, row, base, described, keep=keep) if of_people else None
            is_ratio = described.kind == "ratio"
            amount = variable if described.of_sums or is_ratio else ""
            line = replace(line, base=base, inside=inside, amount=amount, is_ratio=is_ratio)
        if of_people and line.inside is None and math.isnan(line.counted):
            # nearest to what a reader would reckon
            line = replace(line, counted=float(np.round(row["estimate"] * row["n"])))
        lines.append(line)
    return lines


def _before(flag: str) -> str:
    """Return why a row of a result that is published already is hidden; empty where it is shown."""
    return "hidden before" if flag == CONFIDENTIAL else ""


def _counted_by(
    found: Estimates, row: Mapping[Any, Any], base: Who, described: StatisticDescription, *, keep: bool
) -> Who | None:
    """Return who is counted by a share of people; None where that cannot be found again."""
    cut, values = base
    if described.every_category and row["category"] == "":
        return replace(cut, holds=str(row["variable"])), values
    if described.every_category:
        return replace(cut, by=(*cut.by, str(row["variable"])), answered=(), keep=keep), (*values, row["category"])
    if not described.poverty_line:
        return None
    names = ("statistic", "variable", "category")
    alike = [each for each in found.frame.to_dict("records") if all(each[name] == row[name] for name in names)]
    shares = ((tuple(each[name] for name in cut.by), float(each["estimate"])) for each in alike)
    return replace(cut, poorest=tuple(shares)), values


def lines_of_crosstab(table: Crosstab) -> dict[str, list[Line]]:
    """Return whom each row of the parts of a crosstab is about: its shares, its margins, its counts."""
    rules = table.cells.provenance.rules
    keep = rules.get("na") == "keep"
    scope: dict[str, Any] = {"universe": rules.get("universe", ""), "where": rules.get("where", ""), "keep": keep}
    by, crossed = table.by, [table.row, *([] if table.column is None else [table.column])]
    named = f"`{' × '.join(crossed)}`"

    def who(row: Mapping[Any, Any], *names: str) -> Who:
        answered = () if keep else tuple(name for name in crossed if name not in names)
        return Cut(by=(*by, *names), answered=answered, **scope), tuple(row[name] for name in (*by, *names))

    cells = table.counts.frame.to_dict("records")
    parts: dict[str, list[Line]] = {}
    for kind, shares in table.shares_of.items():
        # with one variable, the whole is the only column
        names = {"row": [table.row], "column": crossed[1:]}.get(kind, [])
        parts[kind] = [
            Line(
                base=who(row, *names), n=float(n), inside=who(row, *crossed), counted=float(row["n"]), named=named,
                why=_before(flag),
            )
            for row, n, flag in zip(cells, shares.frame["n"], shares.frame["flag"], strict=True)
        ]  # fmt: skip
    parts["counts"] = [
        Line(base=who(row, *crossed), n=row["n"], named=named, why=_before(row["flag"])) for row in cells
    ]
    parts["margins"] = [
        Line(
            base=who(row), n=row["n"], inside=who({**row, name: row["category"]}, name), named=named, why=_before(flag)
        )
        for row in table.margins.frame.to_dict("records")
        for name, flag in [(row["variable"], row["flag"])]
    ]
    return parts


def lines_of_summary(found: Summary) -> dict[str, list[Line]]:
    """Return whom each row of the parts of a summary is about: its groups, everybody in one, and its counts."""
    rules, by = found.groups.provenance.rules, found.groups.by
    scope: dict[str, Any] = {"universe": rules.get("universe", ""), "where": rules.get("where", "")}

    def in_a_group(who: Who | None) -> Who | None:
        return who and (replace(who[0], answered=(*who[0].answered, *by)), who[1])

    lines = lines_of_estimates(found.everybody) if found.everybody is not None else []
    everybody = [replace(line, base=in_a_group(line.base), inside=in_a_group(line.inside)) for line in lines]
    counts, last = [], ~found.counts["variable"].duplicated(keep="last")
    for row, whole in zip(found.counts.to_dict("records"), last, strict=True):
        answered = ((row["variable"],) if row["variable"] else ()) + (by if whole else ())
        cut = Cut(by=() if whole else by, answered=answered, **scope)
        named = f"`{row['variable']}`" if row["variable"] else "The summary"
        counts.append(Line(base=(cut, tuple(row[name] for name in cut.by)), n=float(row["n"]), named=named))
    return {"groups": lines_of_estimates(found.groups), "everybody": everybody, "counts": counts}


@dataclass(frozen=True, eq=False)
class People:
    """Respondents in the smallest groups that the sets of some results tell apart."""

    n: Floats  # of each group
    weight: Floats  # of each group; NaN where it is not known
    sets: Mapping[Who, Booleans]  # which groups each set is made of
    whatever: Mapping[Cut, Integers] = field(default_factory=dict)  # set of each group in a cut, had all answered
    sample: SampleInMemory | None = None
    atom: Integers | None = None  # of a sample, the group of each row; -1 for rows that are in no set

    def size(self, cuts: Iterable[Cut]) -> Floats:
        """Return how many each group would be under some cuts, had all answered; infinite for those who did not."""
        # they are no group to look for, nor is one that is small for want of answers only
        if not self.whatever:
            return self.n
        codes = np.column_stack([self.whatever[cut] for cut in cuts])
        _, broad = np.unique(codes, axis=0, return_inverse=True)
        size = np.bincount(broad.ravel(), weights=self.n)[broad.ravel()]
        return np.where((codes == _UNKNOWN).any(axis=1), np.inf, size)

    def contributions(self, amount: Expression, *, weighted: bool) -> tuple[Floats, Floats]:
        """Return of each group its two largest contributions to an amount, whatever their sign, and their total."""
        # contributions are amounts times their weights, or the amounts of units
        assert self.sample is not None  # who asks has the sample
        assert self.atom is not None
        value = self.sample.engine.columns.evaluate(amount)
        there = (self.atom >= 0) & np.isfinite(value)
        atom, value, weight = self.atom[there], value[there], self.sample.engine.weights[there]
        weighed = np.abs(value) * weight
        total: Floats = np.bincount(atom, weights=weighed, minlength=self.n.size).astype(float)
        parts = weighed if weighted else np.abs(value)
        largest, left = np.zeros((self.n.size, 2)), np.lexsort((-parts, atom))
        for place in range(2):
            _, first = np.unique(atom[left], return_index=True)
            largest[atom[left[first]], place] = parts[left[first]]
            left = np.delete(left, first)
        return largest, total


def people_of_groups(groups: Iterable[tuple[float, float, Sequence[Who]]]) -> People:
    """Return respondents from their groups: how many, of what weight, and in which sets."""
    held = list(groups)
    every = dict.fromkeys(who for *_, sets in held for who in sets)
    members = {who: np.array([who in sets for *_, sets in held], dtype=bool) for who in every}
    n, weight = (np.array([each[place] for each in held], dtype=float) for place in (0, 1))
    filled = n > 0
    return People(n[filled], weight[filled], {who: each[filled] for who, each in members.items()})


def people_of_crosstab(table: Crosstab, parts: Mapping[str, Sequence[Line]]) -> People:
    """Return the respondents of one crosstab in its cells."""
    counts = table.counts.frame
    lines = zip(*(parts[kind] for kind in table.shares_of), strict=True)
    cells = zip(counts["n"], counts["estimate"], lines, strict=True)
    return people_of_groups((n, weight, [who for each in line for who in each.sets]) for n, weight, line in cells)


def people_of_estimates(lines: Sequence[Line]) -> People:
    """Return the respondents of estimates by base, and those of shares by category: no more is known of them."""
    bases: dict[Who, tuple[float, dict[Who, float]]] = {}
    for line in lines:
        if line.base is not None:
            _, inside = bases.setdefault(line.base, (line.n, {}))
            if line.inside is not None:
                inside[line.inside] = line.counted
    groups: list[tuple[float, float, list[Who]]] = []
    for base, (n, inside) in bases.items():
        groups += [(counted, math.nan, [base, who]) for who, counted in inside.items()]
        groups.append((n - sum(inside.values()), math.nan, [base]))
    return people_of_groups(groups)


def people_of_sample(sample: Sample, lines: Sequence[Line]) -> People:
    """Return the respondents of a sample in the groups that its results tell apart; columns of these come to memory."""
    every = dict.fromkeys(who for line in lines for who in line.sets)
    cuts = tuple(dict.fromkeys(cut for cut, _ in every)) or (Cut(),)
    texts = [text for cut in cuts for text in (cut.universe, cut.where, cut.holds, *cut.answered) if text]
    needed = [read_again(text, sample) for text in dict.fromkeys(texts)]
    amounts = dict.fromkeys(each for line in lines for each in line.adds)
    everybody = replace(sample, population=(), domain=(), population_text=(), domain_text=())
    here = everybody.collect_for(*needed, *amounts, by=tuple(dict.fromkeys(name for cut in cuts for name in cut.by)))
    found = {cut: _coded(here, cut) for cut in cuts}
    codes = np.column_stack([each for each, *_ in found.values()])
    whatever = np.column_stack([each for _, each, _ in found.values()])
    inside = np.flatnonzero((codes >= 0).any(axis=1))
    label = np.zeros(inside.size, dtype=np.int64)
    for column in (*codes.T, *whatever.T):
        _, label = np.unique(label * (column.max() + 3) + column[inside], return_inverse=True)
    _, first = np.unique(label, return_index=True)
    n = np.bincount(label).astype(float)
    atom = np.full(len(codes), -1)
    atom[inside] = label
    weight = np.bincount(label, weights=here.engine.weights[inside]).astype(float)
    of_group = dict(zip(cuts, codes[inside[first]].T, strict=True))
    broad = dict(zip(cuts, whatever[inside[first]].T, strict=True))
    sets = {who: of_group[who[0]] == found[who[0]][2].get(who[1], _UNKNOWN) for who in every}
    return People(n, weight, sets, broad, here, atom)


_NOWHERE, _UNKNOWN = -1, -2


def _coded(sample: SampleInMemory, cut: Cut) -> tuple[Integers, Integers, dict[tuple[Any, ...], int]]:
    """Return the set of each row under a cut, the same whatever it answered, and the sets by their values."""
    engine = sample.engine
    by = tuple(engine.columns.with_missing(name) for name in cut.by) if cut.keep else cut.by
    conditions = tuple(read_again(each, sample) for each in (cut.universe, cut.where) if each)
    rows, scope = engine.scoped(Scope(conditions, by)), engine.scoped(Scope(conditions))
    there = rows.inside & (rows.weight > 0)
    places = {values: at for at, values in enumerate(engine.cells(by))}
    whatever = np.where(there, rows.domain, np.where(scope.inside & (scope.weight > 0), _UNKNOWN, _NOWHERE))
    for text in cut.answered:
        there &= ~engine.columns.gaps(read_again(text, sample), rows.domain)
    answered = there.copy()
    if cut.holds:
        there &= engine.columns.evaluate(read_again(cut.holds, sample), rows.domain) == 1.0
    if cut.poorest:
        value = engine.columns.evaluate(read_again(cut.answered[0], sample), rows.domain)
        for values, share in cut.poorest:
            own = np.flatnonzero(there & (rows.domain == places.get(values, _UNKNOWN)))
            own = own[np.argsort(value[own], kind="stable")]
            within = np.cumsum(rows.weight[own]) <= (share + 1e-9) * rows.weight[own].sum()
            there[own[~within]] = False
    if cut.holds or cut.poorest:
        whatever = np.where(answered, 2 * rows.domain + there, np.where(whatever >= 0, _UNKNOWN, whatever))
    return np.where(there, rows.domain, _NOWHERE), whatever, places


def read_again(text: str, sample: Sample) -> Expression:
    """Return the expression that a result names."""
    try:
        return parse(text, sample.names, sample.codebook)
    except (ConditionError, ColumnError) as error:
        raise OptionError(
            f"The respondents behind `{text}` cannot be found again in `sample`.",
            "It is no column of the data and no expression that can be read.",
            "Write the sample of the result, or publish this number in another call, without `sample`.",
        ) from error


def with_amounts(line: Line, sample: Sample) -> Line:
    """Return a line with the amounts that its number adds up: of a ratio, those above and below."""
    if not line.amount:
        return line
    read = read_again(line.amount, sample)
    return replace(line, adds=read.arguments if line.is_ratio and isinstance(read, Apply) else (read,))
