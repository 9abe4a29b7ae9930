"""The totals of a statistic under every set of replicate weights at once.

A statistic called with these gets arrays of shape (replicates, domains) where `Totals` gives (domains,): it is written
once, in elementwise arithmetic, and called once for all replicates.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from diplab.kernel import weighted_quantile
from diplab.sampling.expression import Apply, ByDomain, Expression, linear_terms, walk

if TYPE_CHECKING:
    from diplab.sampling.engine import Floats, Integers, Masses
    from diplab.sampling.memory_engine import MemoryEngine
    from diplab.sampling.replication import Replication
    from diplab.sampling.totals import Totals

__all__ = ["ReplicatedTotals"]


@dataclass(eq=False)
class ReplicatedTotals:
    """Totals over domains, one row a replicate.

    Parameters
    ----------
    full : Totals
        Those of the full sample, on an engine in memory.
    replication : Replication
        The replicate weights.
    """

    full: Totals
    replication: Replication
    _stored: dict[Expression, Floats] = field(default_factory=dict, init=False, repr=False)
    _universe: list[ReplicatedTotals] = field(default_factory=list, init=False, repr=False)

    def __call__(self, *expressions: Expression) -> tuple[Floats, ...]:
        """Return the weighted total of each expression, shape (replicates, domains)."""
        sums = []
        for expression in expressions:
            total = np.zeros((self.replication.count, self.domains))
            for term in linear_terms(expression):
                with np.errstate(invalid="ignore"):  # nobody times an undefined coefficient
                    total = total + self._total(term.rows) * term.coefficient
            sums.append(total)
        return tuple(sums)

    @property
    def universe(self) -> ReplicatedTotals:
        """The same over everyone under study; shape (replicates, 1)."""
        if self.full.universe is self.full:
            return self
        if not self._universe:
            self._universe.append(ReplicatedTotals(self.full.universe, self.replication))
        return self._universe[0]

    @property
    def domains(self) -> int:
        """Number of domains."""
        return self.full.domains

    @property
    def n(self) -> Integers:
        """Respondents by domain, whatever the replicate."""
        return self.full.n

    def quantile(self, value: Expression, share: float | Floats, rule: str) -> Floats:
        """Return a quantile of an expression by replicate and domain; values are sorted once."""
        engine = self._engine
        shares = np.broadcast_to(np.asarray(share, dtype=float), (self.replication.count, self.domains))
        masses = engine.sorted_masses(self.full.scope, value, self.full.complete)
        assert masses.rows is not None  # an engine in memory keeps them
        found = np.empty(shares.shape)
        for replicate in range(self.replication.count):
            weights = self._row_weights(replicate)[masses.rows]
            own = _reweighted(masses, weights)
            for domain in range(self.domains):
                found[replicate, domain] = weighted_quantile.quantile(
                    *own.of(domain), float(shares[replicate, domain]), rule
                )
        return found

    @property
    def _engine(self) -> MemoryEngine:
        return self.full.engine  # type: ignore[return-value]

    def _row_weights(self, replicate: int) -> Floats:
        engine = self._engine
        return self.replication.row_weights(replicate, engine.weights, engine.units.of_record)

    def _total(self, term: Expression) -> Floats:
        if _varies(term):
            return self._varying(term)
        if term not in self._stored:
            self._stored[term] = (
                self._by_row(term) if self.replication.factors is None else self._by_unit(term)
            )
        return self._stored[term]

    def _by_unit(self, term: Expression) -> Floats:
        """Totals by unit times the factors of the units: the data are read once, whatever the replicates."""
        unit, domain, value = self.full.by_unit(term)
        factors = self.replication.factors
        assert factors is not None
        totals = sparse.csr_array((value, (domain, unit)), shape=(self.domains, len(factors)))
        by_domain: Floats = np.asarray(totals @ factors)
        return by_domain.T

    def _by_row(self, term: Expression) -> Floats:
        """Weigh the rows anew in each replicate."""
        domain, value = self._engine.values_inside(self.full.scope, term, self.full.complete)
        found = np.empty((self.replication.count, self.domains))
        for replicate in range(self.replication.count):
            weighted = self._row_weights(replicate) * value
            found[replicate] = np.bincount(domain, weights=weighted, minlength=self.domains)
        return found

    def _varying(self, term: Expression) -> Floats:
        """A term that depends on a number of each replicate (a poverty line): one pass a replicate."""
        found = np.empty((self.replication.count, self.domains))
        for replicate in range(self.replication.count):
            own = _of_replicate(term, replicate)
            domain, value = self._engine.values_inside(self.full.scope, own, self.full.complete)
            weighted = self._row_weights(replicate) * value
            found[replicate] = np.bincount(domain, weights=weighted, minlength=self.domains)
        return found


def _varies(term: Expression) -> bool:
    return any(isinstance(part, ByDomain) and part.values.ndim > 1 for part in walk(term))


def _of_replicate(term: Expression, replicate: int) -> Expression:
    """Return a term with the numbers of one replicate in it."""
    if isinstance(term, ByDomain) and term.values.ndim > 1:
        return ByDomain(term.values[replicate])
    if isinstance(term, Apply):
        return Apply(term.operation, tuple(_of_replicate(each, replicate) for each in term.arguments))
    return term


def _reweighted(masses: Masses, weights: Floats) -> Masses:
    """Return the same sorted values with other weights, those without weight left out."""
    kept = weights > 0
    starts = np.r_[0, np.cumsum(kept)][masses.starts]
    return replace(masses, starts=starts, values=masses.values[kept], weights=weights[kept], rows=None)
