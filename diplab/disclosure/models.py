"""Regressions as linear equations, and the respondents whom equations together identify."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from diplab.disclosure.amounts import DOMINANCE, is_dominated
from diplab.disclosure.people import People
from diplab.disclosure.profile import Profile
from diplab.disclosure.respondents import (
    Breakdown,
    Line,
    RespondentSet,
    Variable,
    conditions,
    read_again,
)
from diplab.errors import DiplabError, DisclosureError, OptionError
from diplab.inference.regression.rows import ModelRows, read_respondents
from diplab.kernel.arrays import Booleans, Floats, Integers
from diplab.results.estimates import Estimates
from diplab.sampling.expression import Expression
from diplab.sampling.formula import ModelFormula, read_formula
from diplab.sampling.model_matrix import Categories, MatrixColumn
from diplab.sampling.sample import Sample, SampleInMemory

_ALONE = (
    0.9  # of the squares of an answer that what is printed accounts for, from which on it is known
)
_SPANNED = 1e-8  # the relative residual below which a sum follows from the published values


@dataclass(frozen=True, eq=False)
class Fit:
    """A regression as it was fitted: who, and the columns of its matrix."""

    name: str
    base: Breakdown
    rows: Integers  # of the sample
    x: Floats  # (columns, respondents)
    y: Floats
    weight: Floats
    blocks: ModelRows
    outcome: Expression | None
    categorical: bool

    @property
    def columns(self) -> tuple[MatrixColumn, ...]:
        """What each column is for."""
        return self.blocks.matrix.columns

    def reference(self, factor: int) -> Booleans:
        """Return who is in the category that others of a factor are compared with."""
        held = self.blocks.matrix.values[factor]
        if not isinstance(held, Categories):
            return np.zeros(self.y.size, dtype=bool)
        there: Booleans = held.codes == 0
        return there

    @cached_property
    def of_two_values(self) -> Floats:
        """Columns of two values, and first the intercept."""
        ends = self.x.min(axis=1, keepdims=True), self.x.max(axis=1, keepdims=True)
        two = self.x[((self.x == ends[0]) | (self.x == ends[1])).all(axis=1)]
        return np.vstack([np.ones(self.y.size), two])

    def rows_by_column(self) -> Iterator[Integers]:
        """Yield who has a value of a column of two, or the reference of a factor."""
        for column in self.of_two_values:
            yield from (self.rows[column == value] for value in np.unique(column))
        for factor in range(len(self.blocks.matrix.values)):
            yield self.rows[self.reference(factor)]

    def rows_by_columns(self) -> Iterator[Integers]:
        """Yield who has the same values of all columns of two."""
        _, kind = np.unique(self.of_two_values, axis=1, return_inverse=True)
        order = np.argsort(kind.ravel(), kind="stable")
        yield from np.split(self.rows[order], np.cumsum(np.bincount(kind.ravel()))[:-1])


def names_of(estimates: Estimates, sample: Sample) -> tuple[str, ...]:
    """Return the columns that the regression behind a result reads."""
    try:
        return _formula(estimates, sample).names
    except DiplabError as error:
        raise _unknown(estimates) from error


def _formula(estimates: Estimates, sample: Sample) -> ModelFormula:
    return read_formula(
        estimates.provenance.rules["formula"], sample.names, sample.codebook, whole_model=True
    )


def _unknown(estimates: Estimates) -> OptionError:
    formula = estimates.provenance.rules.get("formula", "the model")
    return OptionError(
        f"The respondents behind `{formula}` cannot be found again.",
        "Which of them a coefficient tells of cannot be said without them.",
        "Write `sample=` with the sample of the regression.",
    )


def fit_of(
    estimates: Estimates, fitted: Any, here: SampleInMemory, name: str, *, exact: bool = True
) -> Fit:
    """Return the regression behind a result, as fitted; refuse another sample if n is `exact`."""
    rules = estimates.provenance.rules
    universe, where = (rules.get(item, "") for item in ("universe", "where"))
    try:
        if (
            isinstance(getattr(fitted, "blocks", None), ModelRows)
            and fitted.sample.engine.rows == here.engine.rows
        ):
            blocks, index, outcomes = fitted.blocks, fitted.row_index, fitted.outcomes
            formula = blocks.matrix.formula
        else:
            formula = _formula(estimates, here)
            population, domain = (conditions(text, here) for text in (universe, where))
            within = replace(here, population=population, domain=domain)
            ((family, _),) = estimates.provenance.values_of("model")
            again = read_respondents(within, formula, family, "drop")
            blocks, index, outcomes = again.blocks, again.row_index, again.outcomes
    except (DiplabError, KeyError, ValueError) as error:
        raise _unknown(estimates) from error
    matrix = replace(blocks.matrix, conditioning=None)
    x = matrix.block(slice(0, blocks.rows))
    if index is None:
        index = np.arange(here.engine.rows)
    try:
        outcome = read_again(formula.outcome.text, here)
    except OptionError:
        outcome = None
    # n is not known where all is hidden
    n = estimates.frame["n"].max()
    if exact and not np.isnan(n) and n != blocks.rows:
        raise OptionError(
            "`sample` is not the sample of the result.",
            f"`{formula.text}` has {n:.0f} respondents, and {blocks.rows} in `sample`.",
            "Write the sample that the result was estimated on.",
        )
    base = Breakdown(universe=universe, where=where, answered=(name,), model=name)
    model_rows = replace(blocks, matrix=matrix)
    two = np.unique(blocks.y).size == 2
    # several quantiles are not several answers
    categorical = two or (bool(outcomes) and "quantile_order" not in rules)
    return Fit(name, base, index, x, blocks.y, blocks.weight, model_rows, outcome, categorical)


def lines_of_fit(
    estimates: Estimates, lines: Sequence[Line], fit: Fit, minimum: float, *, has_coefficients: bool
) -> list[Line]:
    """Return the lines of coefficients, or of what follows from them, with the sets they reveal."""
    base: RespondentSet = (fit.base, ())
    orders = estimates.provenance.values_of("quantile_order")
    sets = [_sets(fit, at, minimum) for at in range(len(fit.columns))]
    every = tuple(dict.fromkeys(who for subset in sets for who in subset))
    column_of = {(item.variable, str(item.category)): at for at, item in enumerate(fit.columns)}
    completed = []
    for line, row in zip(lines, estimates.frame.to_dict("records"), strict=True):
        at = (
            column_of.get((str(row["variable"]), str(row["category"])), -1)
            if has_coefficients
            else -1
        )
        beside = every if at < 0 else sets[at]
        sizes = _sizes(fit, at)
        among = min(sizes, key=sizes.__getitem__)
        own_line = replace(line, base=base, others=beside, model=fit.name, column=at)
        own_line = replace(own_line, fewest=float(sizes[among]))
        if orders:
            order = float(row.get("quantile", min(orders, key=lambda item: min(item, 1 - item))))
            # at the intercept, a quantile of the outcome itself
            variable: Variable = fit.blocks.matrix.formula.outcome.text
            if at < 0 or fit.columns[at].parts:
                variable = (str(variable), str(row["variable"]), str(row["category"]))
            own_line = replace(own_line, order=order, among=among, variable=variable)
        completed.append(own_line)
    return completed


def _sizes(fit: Fit, at: int) -> dict[RespondentSet, int]:
    """Return the sets a coefficient rests on, with their sizes: its column and its references."""
    columns = range(len(fit.columns)) if at < 0 else (at,)
    sizes = {(fit.base, ()): fit.y.size}
    factors = set(range(len(fit.blocks.matrix.values)))
    if at >= 0 and fit.columns[at].parts:
        factors = {factor for factor, _ in fit.columns[at].parts}
    for column in columns:
        if fit.columns[column].parts and np.unique(fit.x[column]).size == 2:
            there = int(np.count_nonzero(_support(fit.x[column])))
            sizes[replace(fit.base, holds=f"{fit.name} column {column}"), ()] = there
    for factor in factors:
        if (there := int(np.count_nonzero(fit.reference(factor)))) > 0:
            sizes[replace(fit.base, holds=f"{fit.name} reference {factor}"), ()] = there
    return sizes


def _sets(fit: Fit, at: int, minimum: float) -> tuple[RespondentSet, ...]:
    """Return the sets whose size a column reveals: its non-zero rows, few references, answers."""
    column, names = fit.columns[at], []
    there = _support(fit.x[at])
    if column.parts and (np.unique(fit.x[at]).size == 2 or np.count_nonzero(there) < minimum):
        names.append(f"{fit.name} column {at}")
    factors = (
        range(len(fit.blocks.matrix.values))
        if not column.parts
        else [factor for factor, _ in column.parts]
    )
    few = [factor for factor in factors if 0 < np.count_nonzero(fit.reference(factor)) < minimum]
    names += [f"{fit.name} reference {factor}" for factor in few]
    sets: list[RespondentSet] = [(replace(fit.base, holds=name), ()) for name in names]
    if fit.categorical:
        values = np.unique(fit.y).tolist()
        cuts = [fit.base, *(cut for cut, _ in sets)]
        sets += [(_answering(cut, fit, value), ()) for cut in cuts for value in values[1:]]
        for factor in factors:
            there = fit.reference(factor)
            cut = replace(fit.base, holds=f"{fit.name} reference {factor}")
            rare = [
                value
                for value in values
                if 0 < np.count_nonzero(there & (fit.y == value)) < minimum
            ]
            sets += [(_answering(cut, fit, value), ()) for value in rare]
    return tuple(dict.fromkeys(sets))


def _answering(cut: Breakdown, fit: Fit, value: float) -> Breakdown:
    return replace(cut, answered=(*cut.answered, f"{fit.name} outcome {value}"))


def given_of(fit: Fit, rows: int) -> Iterator[tuple[str, Booleans]]:
    """Yield the sets of respondents that a regression names, each with who is in it, row by row."""

    def spread(there: Booleans) -> Booleans:
        every = np.zeros(rows, dtype=bool)
        every[fit.rows[there]] = True
        return every

    yield fit.name, spread(np.ones(fit.y.size, dtype=bool))
    for at, column in enumerate(fit.columns):
        if column.parts:
            yield f"{fit.name} column {at}", spread(_support(fit.x[at]))
    for factor in range(len(fit.blocks.matrix.values)):
        yield f"{fit.name} reference {factor}", spread(fit.reference(factor))
    if fit.categorical:
        outcomes = np.unique(fit.y).tolist()
        yield from ((f"{fit.name} outcome {value}", spread(fit.y == value)) for value in outcomes)


def _support(column: Floats) -> Booleans:
    """Return who is not 0 in a column; of one of two values, who has the rarer."""
    values, count = np.unique(column, return_counts=True)
    return np.asarray(column == values[count.argmin()] if values.size == 2 else column != 0.0)


@dataclass(frozen=True, eq=False)
class SumEquations:
    """The published sums of one amount as equations, and the respondents that they identify."""

    amount: Expression | None
    fits: Sequence[Fit]
    people: People
    profile: Profile
    unweighted: bool = (
        False  # whether some sums are without weights, so that groups do not move as one
    )

    @cached_property
    def scale(self) -> tuple[Floats, Floats]:
        """Return the norm of the weights of each unit, and one respondent's largest share of it."""
        # units are respondents where a regression is published; else the groups that sets
        # distinguish
        weight, atom = self.people.weights, self.people.atom
        if self.by_respondent or atom is None:
            return weight, np.ones(weight.size)
        there = np.flatnonzero(atom >= 0)
        squares = np.bincount(atom[there], weights=weight[there] ** 2, minlength=self.people.n.size)
        most = np.zeros(squares.size)
        np.maximum.at(most, atom[there], weight[there] ** 2)
        return np.sqrt(squares), most / squares

    @property
    def by_respondent(self) -> bool:
        """Whether the respondents of a group have different weights in two sums."""
        return bool(self.fits) or self.unweighted

    def of_line(self, line: Line) -> Floats | None:
        """Return the equations of a line, by unit; None where it has none of this amount."""
        norm, _ = self.scale
        if line.model:
            fit = next((item for item in self.fits if item.name == line.model), None)
            if fit is None:
                return None
            sums = np.zeros((1 if line.column >= 0 else len(fit.x), norm.size))
            weighed = fit.x * fit.weight
            if line.column >= 0:
                weighed = np.linalg.pinv(weighed @ fit.x.T)[[line.column]] @ weighed
            sums[:, fit.rows] = weighed
            return sums
        if line.base is None or not line.is_sum or self.amount not in line.amounts:
            return None
        groups = self.people.sets[line.base]
        if not self.by_respondent:
            return (norm * groups)[None, :]
        within = self._in(groups)
        return (within if line.unweighted else norm * within)[None, :]

    def _in(self, groups: Booleans) -> Floats:
        indicator = np.zeros(self.scale[0].size)
        indicator[self.people.rows_of(groups)] = 1.0
        return indicator

    def tested(self, released: Collection[RespondentSet]) -> list[Integers]:
        """Return the sets whose sum is sought, by row: those that are small or dominated by few."""
        minimum, sets = self.profile.minimum, []
        if not self.by_respondent:
            # sums by group are protected with the sizes of groups
            return []
        # sums and fits with and without weights distinguish the few who have another weight than
        # all others; one alone is tested in any case
        kinds, count = np.unique(self.people.weights, return_counts=True)
        few = kinds[(count > 1) & (count < minimum) & (kinds > 0)]
        sets += [np.flatnonzero(self.people.weights == kind) for kind in few]
        groups = [*np.eye(self.people.n.size, dtype=bool), *self.people.sets.values()]
        sets += [
            self.people.rows_of(mask) for mask in groups if 0 < self.people.n[mask].sum() < minimum
        ]
        large = [
            self.people.rows_of(mask)
            for who, mask in self.people.sets.items()
            if who not in released
        ]
        for fit in self.fits:
            of_fit = [*fit.rows_by_column(), *fit.rows_by_columns()]
            sets += [rows for rows in of_fit if 0 < rows.size < minimum]
            large += of_fit
        if self.amount is not None and self.profile.is_about_amounts:
            sets += [
                rows for rows in large if is_dominated(self.people, rows, self.amount, self.profile)
            ]
        sets += self._of_pairs()
        return list({subset.tobytes(): subset for subset in sets}.values())

    def _of_pairs(self) -> list[Integers]:
        """Return small sets that are the union of two disjoint sets, or one set less a subset."""
        sets = list(map(self.people.rows_of, self.people.sets.values()))
        sets += [rows for fit in self.fits for rows in fit.rows_by_column()]
        sets = list({np.sort(subset).tobytes(): np.sort(subset) for subset in sets}.values())
        size = np.array([subset.size for subset in sets])
        ends = np.concatenate([[0], np.cumsum(size)])
        members = sparse.csr_array(
            (np.ones(ends[-1]), np.concatenate(sets), ends), (size.size, self.people.weights.size)
        )
        common = (members @ members.T).toarray()
        left = size[:, None] + size - 2 * common
        apart_or_within = np.triu(common == 0, 1) | (common == size)
        small = apart_or_within & (size > 0) & (left > 0) & (left < self.profile.minimum)
        return [np.setxor1d(sets[one], sets[other]) for one, other in np.argwhere(small)]

    def disclosed(self, sums: Sequence[Floats], tested: Sequence[Integers]) -> Integers:
        """Return a respondent whom the sums identify, or a small set whose sum follows.

        Empty where there is none.
        """
        if not sums:
            return np.zeros(0, dtype=np.int64)
        matrix = np.concatenate(list(sums))
        scale = np.linalg.norm(matrix, axis=1, keepdims=True)
        q, r = np.linalg.qr((matrix / np.where(scale > 0, scale, 1.0)).T)
        u, values, _ = np.linalg.svd(r)
        span = q @ u[:, : values.size][:, values > 1e-9 * values.max(initial=0.0)]
        known = (span**2).sum(axis=1) * self.scale[1]
        if known.max(initial=0.0) > _ALONE:
            return np.array([known.argmax()])
        for rows in tested:
            weight = self.people.weights[rows]
            for wanted in (weight, np.ones(weight.size)):
                along = span[rows].T @ wanted
                if wanted @ wanted - along @ along < _SPANNED * (wanted @ wanted):
                    return rows
        return np.zeros(0, dtype=np.int64)


def identifying_lines(
    lines: Sequence[Line],
    released: Sequence[Line],
    fits: Sequence[Fit],
    people: People,
    profile: Profile,
) -> set[int]:
    """Return the indices of lines to hide: with all others they identify a respondent."""
    amounts: dict[Expression | None, list[Fit]] = {}
    for fit in fits:
        amounts.setdefault(fit.outcome, []).append(fit)
    for line in lines:
        if line.is_sum:
            for summed in line.amounts:
                amounts.setdefault(summed, [])
    hidden = {at for at, line in enumerate(lines) if line.reason}
    new: set[int] = set()
    for amount, fits_of_amount in amounts.items():
        mixed = any(line.unweighted and amount in line.amounts for line in (*lines, *released))
        asked = SumEquations(amount, fits_of_amount, people, profile, mixed)
        before = [
            sums_of_line
            for line in released
            if not line.reason and (sums_of_line := asked.of_line(line)) is not None
        ]
        sums = {
            at: sums_of_line
            for at, line in enumerate(lines)
            if (sums_of_line := asked.of_line(line)) is not None
        }
        # the base of a released count is not a sum of this amount
        sums_before = [
            line for line in released if not line.reason and line.is_sum and amount in line.amounts
        ]
        tested = asked.tested({line.base for line in sums_before if line.base is not None})
        while True:
            shown = {at: item for at, item in sums.items() if at not in hidden}
            rows = asked.disclosed([*before, *shown.values()], tested)
            if not rows.size:
                break
            gone = _to_hide(lines, shown, rows)
            if not gone:
                raise DisclosureError(
                    "What is released gives away what somebody answered.",
                    "Sums and coefficients together single out too few respondents.",
                    "Publish fewer results beside each other.",
                )
            hidden |= gone
            new |= gone
    return new


def _to_hide(lines: Sequence[Line], shown: Mapping[int, Floats], rows: Integers) -> set[int]:
    """Return the lines to hide first: a whole model on these rows, or the sum of fewest rows."""
    about = {at: item for at, item in shown.items() if np.abs(item[:, rows]).max(initial=0.0) > 0}
    about = about or dict(shown)
    models = [lines[at].model for at in about if lines[at].model]
    if models:
        return {at for at in shown if lines[at].model == models[-1]}
    return {min(about, key=lambda at: int(np.count_nonzero(about[at])))} if about else set()


def errors_of(lines: Sequence[Line], fits: Collection[Fit], profile: Profile) -> list[Line]:
    """Return lines without the errors of models whose squared residuals are dominated by few."""
    made_by_few = set()
    for fit in fits:
        if fit.categorical or not profile.is_about_amounts:
            continue
        root = np.sqrt(fit.weight)
        solved, *_ = np.linalg.lstsq((fit.x * root).T, fit.y * root, rcond=None)
        squares = (fit.y - solved @ fit.x) ** 2
        squares[squares < 1e-18 * fit.y**2] = 0.0
        parts = squares * (fit.weight if profile.contributions == "respondents" else 1.0)
        if profile.needs_protection(np.sort(parts)[::-1][:2], float(parts.sum())) > 0:
            made_by_few.add(fit.name)
    return [
        replace(line, error_reason=DOMINANCE) if line.model in made_by_few else line
        for line in lines
    ]
