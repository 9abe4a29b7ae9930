"""Replicate weights in use: scaling, weights and totals of replicates (docs/formulas.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, overload

import numpy as np
from scipy import sparse

from diplab.kernel.arrays import Booleans, Floats, Integers
from diplab.kernel.quantiles import replicated_quantiles
from diplab.kernel.replication import replicated_sums
from diplab.sampling.expression import (
    ONE,
    OPERATORS,
    Apply,
    ByDomain,
    ByReplicate,
    Expression,
    Rows,
    walk,
)
from diplab.sampling.totals import Totals

if TYPE_CHECKING:
    from diplab.sampling.engines.memory import MemoryEngine
    from diplab.sampling.engines.protocol import Scope


@dataclass(frozen=True, eq=False)
class Replication:
    """Replicate weights, as factors on units or weights of rows, and their scaling."""

    kind: str  # a `ReplicateKind` or a `MadeKind`
    scale: float  # what multiplies the sum over replicates
    rscales: Floats  # (replicates,); what multiplies each of them
    # true to centre on the estimate of the full sample, False on the mean of the replicates
    mse: bool
    factors: Floats | None = (
        None  # (units of the last stage, replicates); what multiplies the weights of the unit
    )
    weights: Sequence[Floats] | None = (
        None  # those of the rows by replicate, where units do not tell them
    )
    df: int | None = (
        None  # the most degrees of freedom that an estimate has, where the producer states them
    )
    made: Mapping[str, str] = field(
        default_factory=dict
    )  # what the provenance says of how it was made

    @property
    def rules(self) -> dict[str, str]:
        """Its description for the provenance."""
        centre = "full" if self.mse else "mean"
        return {
            "variance": self.kind,
            "replicates": str(self.count),
            "replicate_centre": centre,
            **self.made,
        }

    @property
    def count(self) -> int:
        """Number of replicates."""
        return len(self.rscales)

    def of_rows(self, engine: MemoryEngine) -> Sequence[Floats]:
        """Return the weights of the rows, one array per replicate."""
        if self.weights is not None:
            return self.weights
        unit = engine.units.of_record
        return WeightsWhenRead(
            self.count, lambda place: engine.weights * self.factor_of(unit, place)
        )

    def factor_of(self, unit: Integers, replicate: int) -> Floats:
        """Return what multiplies the weights of rows of some units, where factors are by unit."""
        assert self.factors is not None  # one of the two is given
        return np.ascontiguousarray(self.factors[:, replicate])[unit]

    def covariance(self, replicates: Floats, full: Floats, *, compared: bool = False) -> Floats:
        """Return the covariance of estimates.

        NaN where too few replicates define one, or do not vary.
        """
        # a replicate that leaves an estimate undefined, as it does an empty domain, is left out for
        # it, the scale kept (R's `svrVar`); where estimates are `compared`, for all of them.
        # Shapes: `replicates` (replicates, estimates)
        used, lost = self.defined(replicates, full)
        gaps = (~used & ~lost).any(axis=0)
        if compared and gaps.any():
            whole: Booleans = np.logical_and.reduce(used[:, ~lost], axis=1)
            used, lost = (
                (used & whole[:, None], lost)
                if 2 * whole.sum() > self.count
                else (used, lost | gaps)
            )
        full = np.where(lost, 0.0, full)
        counted = used & (self.rscales > 0)[:, None]
        centre = full
        if not self.mse:
            centre = np.where(counted, replicates, 0.0).sum(axis=0) / np.maximum(
                counted.sum(axis=0), 1
            )
        distance = np.where(used & ~lost, replicates, centre) - centre
        deviations = distance * np.sqrt(self.scale * self.rscales)[:, None]
        product: Floats = deviations.T @ deviations
        # without the replicates that lack its people, a domain of one unit is the same in all of
        # them
        lost |= gaps & (np.diag(product) <= (1e-9 * full) ** 2)
        product[lost, :] = np.nan
        product[:, lost] = np.nan
        return product

    def defined(self, replicates: Floats, full: Floats) -> tuple[Booleans, Booleans]:
        """Return where replicates are defined, and the estimates with too few that are."""
        used: Booleans = np.isfinite(replicates)
        return used, ~np.isfinite(full) | (2 * used.sum(axis=0) <= self.count)


@dataclass(frozen=True, eq=False)
class WeightsWhenRead(Sequence[Floats]):
    """Weights of the rows, one array per replicate, each made when it is read."""

    size: int
    made: Callable[[int], Floats]

    def __len__(self) -> int:
        return self.size

    def __reduce__(self) -> tuple[type[tuple[Floats, ...]], tuple[list[Floats]]]:
        # what makes them may be a closure over the sample: a copy has the weights themselves
        return tuple, (list(self),)

    @overload
    def __getitem__(self, place: int) -> Floats: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Floats]: ...
    def __getitem__(self, place: int | slice) -> Floats | Sequence[Floats]:
        chosen = range(self.size)[place]
        return list(map(self.made, chosen)) if isinstance(chosen, range) else self.made(chosen)


class ReplicatedTotals(Totals):
    """Totals over domains, one row per replicate, next to those of the full sample."""

    def __init__(self, full: Totals, replication: Replication) -> None:
        super().__init__(full.engine, full.scope, full.population, full.complete, full.only)
        self.full, self.replication = full, replication

    def _other(
        self,
        scope: Scope,
        complete: tuple[Expression, ...],
        only: tuple[Expression, ...] = (),
        first: tuple[Expression, ...] = (ONE,),
    ) -> Totals:
        asked = scope, complete, only, first
        if asked not in self._others:
            self._others[asked] = ReplicatedTotals(self.full._other(*asked), self.replication)
        return self._others[asked]

    def quantile(self, value: Expression, share: float | Floats, rule: str) -> Floats:
        """Return a quantile of an expression by replicate and domain; values are sorted once."""
        engine = self._memory
        shares = np.broadcast_to(
            np.asarray(share, dtype=float), (self.replication.count, self.domains)
        )
        masses = engine.sorted_masses(self.scope, value, self.complete)
        assert masses.rows is not None  # an engine in memory keeps them
        return replicated_quantiles(
            masses.starts, masses.values, masses.rows, self._sets, shares, rule
        )

    def on_rows(self, expression: Expression) -> Expression:
        """Return an expression worked out on every row once a replicate."""
        engine, scope = self._memory, self.scope
        if not _varies(expression):
            return engine.on_rows(scope, expression)

        @lru_cache(maxsize=1)  # one term often reads the same numbers several times
        def made(replicate: int) -> Floats:
            return engine.on_rows(scope, _of_replicate(expression, replicate)).values

        return ByReplicate(made)

    def _running(self, order: Expression, what: Expression, own: float) -> Expression:
        engine, sets = self._memory, self._sets

        @lru_cache(maxsize=1)  # one term often reads the same numbers several times
        def made(replicate: int) -> Floats:
            along = _of_replicate(order, replicate), _of_replicate(what, replicate)
            return engine.running(self.scope, along, self.complete, sets[replicate], own=own)

        return ByReplicate(made)

    @property
    def weight(self) -> Expression:
        """The weight of each row, by replicate."""
        return ByReplicate(self._sets.__getitem__)

    @property
    def _sets(self) -> Sequence[Floats]:
        """The weights of the rows, one array per replicate."""
        return self.replication.of_rows(self._memory)

    def _total(self, term: Expression) -> Floats:
        if not _varies(term):
            self._fetch([term])
            return self._stored[term]
        match term:
            case Apply(operation="<" | "<=" | ">" | ">=", arguments=(left, ByDomain())) if (
                not _varies(left)
            ):
                return self._under_thresholds(term)
        # any other term with a number of each replicate in it: one pass a replicate
        result = np.empty((self.replication.count, self.domains))
        for replicate, weights in enumerate(self._sets):
            own = _of_replicate(term, replicate)
            domain, value = self._memory.values_inside(self.scope, own, self.complete)
            # who has no weight counts nothing, though a rank of zero has no inverse
            added = np.where(weights == 0, 0.0, weights * value)
            result[replicate] = np.bincount(domain, weights=added, minlength=self.domains)
        return result

    def _fetch(self, terms: list[Expression]) -> None:
        """Total what is the same variable in all replicates and not remembered yet, in one pass."""
        needed = [
            term for term in dict.fromkeys(terms) if term not in self._stored and not _varies(term)
        ]
        if not needed:
            return
        if self.replication.factors is not None:
            for term in needed:
                self._stored[term] = self._by_unit(term)
            return
        assert self.replication.weights is not None  # one of the two is given
        rows = [self._memory.values_inside(self.scope, term, self.complete) for term in needed]
        cell = rows[0][0] if self.domains > 1 else None
        values = [value for _, value in rows]
        result = replicated_sums(self.replication.weights, values, cell, self.domains)
        for position, term in enumerate(needed):
            self._stored[term] = result[:, position]

    def _by_unit(self, term: Expression) -> Floats:
        """Return totals by unit times the factors of units: the data are read only once."""
        unit, domain, value = self.full.by_unit(term)
        factors = self.replication.factors
        assert factors is not None
        totals = sparse.csr_array((value, (domain, unit)), shape=(self.domains, len(factors)))
        by_domain: Floats = np.asarray(totals @ factors)
        return by_domain.T

    def _under_thresholds(self, term: Apply) -> Floats:
        """Return the totals of a comparison whose threshold varies with the replicate.

        Only rows between the lowest and the highest threshold differ.
        """
        left, line = term.arguments
        assert isinstance(line, ByDomain)  # what makes the term one with thresholds
        thresholds = np.broadcast_to(line.values, (self.replication.count, self.domains))
        compare = OPERATORS[term.operation]
        # NaN only where a domain has no threshold in any replicate
        ends = np.fmin.reduce(thresholds, axis=0), np.fmax.reduce(thresholds, axis=0)
        strict = ends[0] if term.operation in ("<", "<=") else ends[1]
        result = self._total(Apply(term.operation, (left, ByDomain(strict)))).copy()
        scope, complete = self.scope, self.complete
        domain, value = self._memory.values_inside(scope, left, complete)
        _, inside = self._memory.values_inside(scope, ONE, complete)
        differs = compare(value, ends[0][domain]) != compare(value, ends[1][domain])
        rows = np.flatnonzero(differs & (inside > 0))
        value, domain = value[rows], domain[rows]
        for replicate in range(self.replication.count):
            holds = compare(value, thresholds[replicate, domain])
            weight = np.where(holds, self._weights_of(rows, replicate), 0.0)
            result[replicate] += np.bincount(domain, weights=weight, minlength=self.domains)
        return np.where(np.isnan(thresholds), np.nan, result)

    def _weights_of(self, rows: Integers, replicate: int) -> Floats:
        """Return the weights of some rows in one replicate."""
        if self.replication.weights is not None:
            return self.replication.weights[replicate][rows]
        engine = self._memory
        return engine.weights[rows] * self.replication.factor_of(
            engine.units.of_record[rows], replicate
        )


def _varies(term: Expression) -> bool:
    return any(
        isinstance(part, ByReplicate) or (isinstance(part, ByDomain) and part.values.ndim > 1)
        for part in walk(term)
    )


def _of_replicate(term: Expression, replicate: int) -> Expression:
    """Return a term with the numbers of one replicate in it."""
    if isinstance(term, ByReplicate):
        return Rows(term.made(replicate))
    if isinstance(term, ByDomain) and term.values.ndim > 1:
        return ByDomain(term.values[replicate])
    if isinstance(term, Apply):
        return Apply(
            term.operation, tuple(_of_replicate(argument, replicate) for argument in term.arguments)
        )
    return term
