"""Weighted totals by domain: all that a statistic sees of a sample."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from itertools import chain, product
from operator import add

import numpy as np

from diplab.kernel import quantiles
from diplab.kernel.arrays import Floats, Integers
from diplab.kernel.variance import MOST_CELLS
from diplab.sampling.engines.memory import MemoryEngine
from diplab.sampling.engines.protocol import Engine, GridTotals, Scope, UnitTotals
from diplab.sampling.expression import (
    ONE,
    Apply,
    ByDomain,
    Expression,
    Rows,
    Term,
    linear_terms,
    only_where,
)


@dataclass(eq=False)
class Totals:
    """Totals over the domains of one scope, remembered by sampling unit for the variance."""

    engine: Engine  # runs the queries
    scope: Scope  # whom the totals are about
    population: Scope  # the universe, not cut into domains
    complete: tuple[Expression, ...] = ()  # a row counts only where each of these has an answer
    only: tuple[
        Expression, ...
    ] = ()  # conditions by which they are about a part of what was asked for (`within`)
    first: tuple[Expression, ...] = (
        ONE,
    )  # totalled in the first query, as a second one would read the data again
    _stored: dict[Expression, Floats] = field(default_factory=dict, init=False, repr=False)
    _layout: list[UnitTotals | GridTotals] = field(default_factory=list, init=False, repr=False)
    _others: dict[object, Totals] = field(default_factory=dict, init=False, repr=False)
    _cumulated: dict[object, Expression] = field(default_factory=dict, init=False, repr=False)

    def __call__(self, *expressions: Expression) -> tuple[Floats, ...]:
        """Return the weighted total of each expression, an array with one value per domain."""
        split = list(map(linear_terms, expressions))
        self._fetch([term.rows for term in chain(*split)])
        with np.errstate(invalid="ignore"):  # an undefined coefficient times zero
            return tuple(
                reduce(add, (self._total(term.rows) * term.coefficient for term in terms))
                for terms in split
            )

    def _total(self, term: Expression) -> Floats:
        """Return the total by domain of a term whose totals by unit are stored."""
        layout, by_entry = self._layout[0], self._stored[term]
        if layout.is_grid:
            return np.asarray(by_entry.reshape(-1, self.domains).sum(axis=0))
        return np.bincount(layout.domain, weights=by_entry, minlength=self.domains).astype(float)

    @property
    def universe(self) -> Totals:
        """The same statistic's totals over everyone under study, whatever the domain."""
        if self.scope == self.population:
            return self
        return self._other(self.population, self.complete)

    def _other(
        self,
        scope: Scope,
        complete: tuple[Expression, ...],
        only: tuple[Expression, ...] = (),
        first: tuple[Expression, ...] = (ONE,),
    ) -> Totals:
        """Return stored totals over another scope, or over rows that answer more expressions."""
        asked = scope, complete, only, first
        if asked not in self._others:
            self._others[asked] = Totals(self.engine, scope, self.population, complete, only, first)
        return self._others[asked]

    def on(self, engine: Engine) -> Totals:
        """Return the totals of the same scope on another engine."""
        return Totals(engine, self.scope, self.population, self.complete, self.only)

    @property
    def domains(self) -> int:
        """Number of domains."""
        return len(self.engine.cells(self.scope.by))

    @cached_property
    def n(self) -> Integers:
        """Respondents by domain: rows with positive weight and an answer."""
        return self.engine.counts(self.scope, self.complete)

    def quantile(self, value: Expression, share: float | Floats, rule: str) -> Floats:
        """Return a quantile of an expression by domain."""
        shares = np.broadcast_to(np.asarray(share, dtype=float), (self.domains,))
        if rule in quantiles.BY_ROW:
            masses = self.engine.sorted_masses(self.scope, value, self.complete)
        else:
            masses = self.engine.masses(self.scope, value, self.complete, shares[:, None])
        return quantiles.quantiles(masses.starts, masses.values, masses.weights, shares, rule)

    def distinct(self, value: Expression, share: float) -> Integers:
        """Return the number of distinct values of an expression by domain.

        If there are very many, only those near the quantile count.
        """
        masses = self.engine.masses(
            self.scope, value, self.complete, np.full((self.domains, 1), share)
        )
        new = np.ones(masses.values.size, dtype=np.int64)
        new[1:] = masses.values[1:] != masses.values[:-1]
        new[masses.starts[:-1][np.diff(masses.starts) > 0]] = 1
        return np.asarray(np.diff(np.r_[0, np.cumsum(new)][masses.starts]))

    def at_or_below(self, order: Expression, what: Expression = ONE) -> Expression:
        """Return on each row the weighted total of `what` in its domain, up to its own `order`."""
        return self._running(order, what, 1.0)

    def below(self, order: Expression, what: Expression = ONE) -> Expression:
        """Return the same, without ties at the row's own value."""
        return self._running(order, what, 0.0)

    def halfway(self, order: Expression, what: Expression = ONE) -> Expression:
        """Return the same with half of the ties: mid-ranks, where `what` is one."""
        return self._running(order, what, 0.5)

    def _running(self, order: Expression, what: Expression, own: float) -> Expression:
        asked = order, what, own
        if asked not in self._cumulated:
            for condition in self.only:
                # a query adds up over the rows of its caller, which may be more than these
                what = only_where(condition, what)
            self._cumulated[asked] = self.engine.cumulated(
                self.scope, (order, what), self.complete, own=own
            )
        return self._cumulated[asked]

    def on_rows(self, expression: Expression) -> Expression:
        """Return an expression evaluated once on every row in memory: one term instead of many."""
        return self.engine.on_rows(self.scope, expression)

    @property
    def weight(self) -> Expression:
        """The weight of each row, for formulas that square it."""
        return self.engine.row_weight

    def within(self, condition: Expression) -> Totals:
        """Return the totals over those of each domain for whom a condition holds."""
        scope = replace(self.scope, conditions=(*self.scope.conditions, condition))
        return self._other(scope, self.complete, (*self.only, condition))

    def across(self, variables: tuple[str, ...]) -> Totals:
        """Return totals over cells: each domain crossed with the categories of variables."""
        scope = replace(self.scope, by=(*self.scope.by, *variables))
        return self._other(scope, self.complete, self.only, self.first)

    def answering(self, *expressions: Expression) -> Totals:
        """Return the totals over those of each domain who also answered these expressions."""
        return self._other(self.scope, (*self.complete, *expressions))

    def by_unit(self, expression: Expression) -> tuple[Integers, Integers, Floats]:
        """Return unit, domain and value of the totals of an expression by sampling unit."""
        terms = linear_terms(expression)
        self._fetch([term.rows for term in terms])
        layout = self._layout[0]
        if layout.is_grid:
            return layout.unit, layout.domain, self._gridded(terms).ravel()
        value = np.zeros(layout.domain.size)
        for term in terms:
            factor = term.coefficient
            if isinstance(factor, np.ndarray) and factor.ndim:
                factor = factor[layout.domain]
            with np.errstate(invalid="ignore"):
                value += self._stored[term.rows] * factor
        return layout.unit, layout.domain, value

    def on_grid(self, expression: Expression) -> Floats | None:
        """Return the same totals as an array of units by domains; None where cells are sparse."""
        terms = linear_terms(expression)
        self._fetch([term.rows for term in terms])
        return self._gridded(terms) if self._layout[0].is_grid else None

    def _gridded(self, terms: Sequence[Term]) -> Floats:
        value: Floats | None = None
        if len(terms) == 1 and np.ndim(terms[0].coefficient) == 0 and terms[0].coefficient == 1:
            value = self._stored[terms[0].rows].reshape(-1, self.domains)
            value.flags.writeable = False  # as it is remembered
            return value
        for term in terms:
            with np.errstate(invalid="ignore"):
                own = self._stored[term.rows].reshape(-1, self.domains) * term.coefficient
            value = own if value is None else np.add(value, own, out=value)
        if value is None:
            return np.zeros((self._layout[0].values.shape[0] // self.domains, self.domains))
        return value

    def steps(
        self, order: Rows, several: Sequence[Expression], limits: Floats
    ) -> list[list[Expression]]:
        """Return expressions cut at rising limits of `order`, totalled by unit in one pass."""
        # shapes: `limits` (limits, domains)
        conditions = [order <= ByDomain(limit) for limit in limits]
        found = [[only_where(condition, what) for condition in conditions] for what in several]
        self._fetch([ONE])
        layout, width = self._layout[0], len(limits) + 1
        if not layout.is_grid or width * layout.values.shape[0] > MOST_CELLS:
            return found
        domain, weight = self.row_weights()
        step = np.searchsorted(limits[:, 0], order.values)
        for position in range(1, self.domains):
            own = np.flatnonzero(domain == position)
            step[own] = np.searchsorted(limits[:, position], order.values[own])
        cell = (self._memory.units.of_record * self.domains + domain) * width + step
        for what, steps in zip(several, found, strict=True):
            added = np.where(weight > 0, weight * self._memory.columns.evaluate(what, domain), 0.0)
            totals = np.bincount(
                cell, weights=added, minlength=layout.values.shape[0] * width
            ).reshape(-1, width)
            self._stored |= zip(steps, np.cumsum(totals, axis=1).T, strict=False)
        return found

    def on_auxiliary(self, expression: Expression) -> Floats:
        """Return the regression of an expression on the auxiliary variables.

        The shape is (variables, domains).
        """
        auxiliary = self.engine.auxiliary
        assert auxiliary is not None  # who asks has calibrated weights
        coefficients = np.zeros((auxiliary.width, self.domains))
        for term in linear_terms(expression):
            domain, value = self._memory.values_inside(self.scope, term.rows, self.complete)
            with np.errstate(invalid="ignore"):
                coefficients += (
                    auxiliary.coefficients(value, domain, self.domains) * term.coefficient
                )
        return coefficients

    def row_weights(self) -> tuple[Integers, Floats]:
        """Return domain and weight of every row in memory; the weight is 0 outside the scope."""
        domain, inside = self._memory.values_inside(self.scope, ONE, self.complete)
        return domain, inside * self._memory.weights

    @property
    def _memory(self) -> MemoryEngine:
        assert isinstance(self.engine, MemoryEngine)  # samples are collected before rows are needed
        return self.engine

    def cross_products(self, left: Expression, right: Expression) -> Floats:
        """Return by domain the weighted total of the product of two expressions over the rows."""
        pairs = list(product(linear_terms(left), linear_terms(right)))
        products = [_product(a.rows, b.rows) for a, b in pairs]
        totals = self._by_domain(products)
        sums, size = np.zeros((2, self.domains))
        for (a, b), term in zip(pairs, products, strict=True):
            with np.errstate(invalid="ignore"):
                part = totals[term] * a.coefficient * b.coefficient
                sums, size = sums + part, size + np.abs(part)
        # what rounding leaves where the products cancel is set to zero
        sums[np.abs(sums) < 1e-14 * size] = 0.0
        return sums

    def fetch_products(self, pairs: Iterable[tuple[Expression, Expression]]) -> None:
        """Fetch the totals of products of pairs of expressions in a single query."""
        self._fetch(
            [
                _product(a.rows, b.rows)
                for x, y in pairs
                for a in linear_terms(x)
                for b in linear_terms(y)
            ]
        )

    def _by_domain(self, terms: list[Expression]) -> dict[Expression, Floats]:
        """Return totals by domain, from those by unit where they are remembered."""
        result, others = {}, []
        for term in dict.fromkeys(terms):
            if term in self._stored:
                result[term] = self._total(term)
            else:
                others.append(term)
        if others:
            result |= zip(
                others, self.engine.domain_totals(self.scope, others, self.complete).T, strict=True
            )
        return result

    def _fetch(self, terms: list[Expression]) -> None:
        """Have the engine total what is not remembered yet, in one query."""
        if not self._layout:
            terms = [*terms, *self.first]
        needed = [term for term in dict.fromkeys(terms) if term not in self._stored]
        if not needed:
            return
        result = self.engine.unit_totals(self.scope, needed, self.complete)
        if not self._layout:
            self._layout.append(result)
        self._stored |= zip(needed, result.values.T, strict=True)


def _product(left: Expression, right: Expression) -> Expression:
    if ONE in (left, right):
        return right if left == ONE else left
    # one spelling for x y and y x, so that it is totalled once
    first, second = sorted((left, right), key=repr)
    return Apply("*", (first, second))
