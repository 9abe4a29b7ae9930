"""The sample: data, how they were drawn, and whom the next question is about."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import narwhals as nw

from diplab.errors import ColumnError, ConditionError, EmptyDomainError
from diplab.microdata.variable import code_quoted
from diplab.sampling.condition import parse, together
from diplab.sampling.engine import Engine, Scope
from diplab.sampling.expression import Column, Expression, Native, column_names, reads_rows, walk
from diplab.sampling.memory_engine import MemoryEngine
from diplab.sampling.totals import Totals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diplab.microdata.codebook import Codebook
    from diplab.sampling.auxiliary import Auxiliary
    from diplab.sampling.design import Design
    from diplab.sampling.engine import Floats
    from diplab.sampling.replication import Replication

__all__ = ["Sample"]


@dataclass(frozen=True, eq=False)
class Sample:
    """A file of answers with its sampling design, its universe and its domain.

    Parameters
    ----------
    engine : Engine
        Runs queries on the data.
    design : Design
        How the sample was drawn.
    names : tuple of str
        Columns of the data.
    codebook : Codebook
        What they mean.
    population, domain : tuple of Expression
        Conditions of the universe and of the domain.
    said_of_population, said_of_domain : tuple of str
        The same conditions as written, for the provenance.
    made : Replication or None
        Replicate weights made from the design.

    Examples
    --------
    >>> import pandas as pd
    >>> import diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"age": [17, 40, 60], "hours": [1.0, 10.0, 20.0]}))
    >>> dl.estimate(sample.where("age >= 18"), dl.mean("hours")).frame["estimate"].item()
    15.0
    """

    engine: Engine
    design: Design
    names: tuple[str, ...]
    codebook: Codebook
    population: tuple[Expression, ...] = ()
    domain: tuple[Expression, ...] = ()
    said_of_population: tuple[str, ...] = ()
    said_of_domain: tuple[str, ...] = ()
    made: Replication | None = None

    @property
    def replication(self) -> Replication | None:
        """The replicate weights: those made from the design, or those that the file holds; None without."""
        if self.made is not None:
            return self.made
        return self.engine.replication if isinstance(self.engine, MemoryEngine) else None

    @property
    def auxiliary(self) -> Auxiliary | None:
        """The margins that the weights were calibrated to; None where they were not."""
        return self.engine.auxiliary if isinstance(self.engine, MemoryEngine) else None

    @property
    def asked(self) -> str:
        """Everything asked of it so far, in one condition."""
        return together((*self.said_of_population, *self.said_of_domain))

    def __repr__(self) -> str:
        asked = f" where {self.asked}" if self.asked else ""
        parts = [f"sample of {self.engine.rows:,} rows", f"{len(self.names)} columns", *self._weighed()]
        return f"<{', '.join(parts)}{asked}>"

    def _weighed(self) -> list[str]:
        """Return in words what happened to the weights since the sample was drawn, and how replicates hold it."""
        said = []
        engine = self.engine
        if isinstance(engine, MemoryEngine) and "phases" in engine.units.said:
            said.append("two phases")
        if self.auxiliary is not None:
            said.append(f"weights calibrated to {self.auxiliary.said.get('margins', 'margins')}")
        given = self.design.replicates
        if self.made is not None:
            said.append(f"{self.made.count} replicates ({self.made.kind})")
        elif given is not None:
            said.append(f"{len(given.columns)} replicates ({given.kind})")
        return said

    def where(self, condition: Any) -> Sample:
        """Return the sample with its attention on a domain; the design is kept and no row is dropped.

        Parameters
        ----------
        condition : str or narwhals expression
            For example `"age >= 18 and sex == 'female'"`. A missing answer is outside the domain.

        Raises
        ------
        EmptyDomainError
            Where nobody is in the domain.
        """
        return self._narrowed("domain", condition)

    def universe(self, condition: Any) -> Sample:
        """Return the sample with the population under study: thresholds and medians are estimated on it.

        Parameters
        ----------
        condition : str or narwhals expression
            For example `"income > 0"`. Counts of sampling units stay those of the whole file.

        Raises
        ------
        EmptyDomainError
            Where nobody is in the universe.
        """
        return self._narrowed("population", condition)

    def _narrowed(self, which: str, condition: Any) -> Sample:
        use = "a domain" if which == "domain" else "a universe"
        added = (parse(condition, self.names, self.codebook, use),)
        if not reads_rows(added[0]):
            raise ConditionError(
                f"`{condition}` was asked for as {use}.",
                "It reads no column, and so holds for everybody or for nobody.",
                "Write a condition on the answers, for example `age >= 18`.",
            )
        self._check_condition(added[0], use)
        words = (str(condition),)
        if which == "domain":
            narrowed = replace(self, domain=self.domain + added, said_of_domain=self.said_of_domain + words)
        else:
            narrowed = replace(
                self, population=self.population + added, said_of_population=self.said_of_population + words
            )
        if not narrowed.respondents():
            raise EmptyDomainError(
                f"`{condition}` was asked for as {use}.",
                f"None of the {self.engine.rows} rows with a positive weight is in it"
                + (f" together with `{self.asked}`." if self.asked else "."),
                f"Look at the values of {_columns_in(condition, self.names)} and write a wider condition.",
            )
        return narrowed

    def respondents(self) -> int:
        """Return how many rows with a positive weight are in the universe and the domain."""
        try:
            return int(self.engine.counts(Scope((*self.population, *self.domain)), ()).sum())
        except nw.exceptions.ColumnNotFoundError as error:
            raise ColumnError(
                f"`{self.asked}` was asked for, as a narwhals expression.",
                "It reads a column that the data do not have.",
                f"Write one of {', '.join(f'`{name}`' for name in self.names[:8])}.",
            ) from error

    def _check_condition(self, expression: Expression, use: str) -> None:
        """A column alone is a condition where it holds true and false, or 1 and 0."""
        if not isinstance(expression, Column) or self.is_boolean(expression.name):
            return
        others = [value for (value,) in self.engine.cells((expression.name,)) if value not in (0, 1)]
        if others:
            raise ConditionError(
                f"The column `{expression.name}` alone was asked for as {use}.",
                f"It holds {code_quoted(others[0])}, which is neither true nor false.",
                f"Compare it with something, for example `{expression.name} == {code_quoted(others[0])}`.",
            )

    def is_boolean(self, name: str) -> bool:
        """Return whether a column holds true and false, so that it is a condition by itself."""
        return self.engine.is_boolean(name)

    def in_memory(self, *expressions: Expression, by: tuple[str, ...] = ()) -> Sample:
        """Return the sample with the columns a question needs brought to memory, where units are rows.

        Without sampling units every row is one, and a query that returns one row a unit returns them all. Replicate
        weights are weights of rows too.
        """
        if isinstance(self.engine, MemoryEngine):
            return self
        replicated = self.design.replicates is not None or self.made is not None
        if self.design.psu and not replicated:
            return self
        return self.held_for(*expressions, by=by)

    def held_for(self, *expressions: Expression, by: Sequence[str] = ()) -> Sample:
        """Return the sample with the columns in memory that a question reads, its design and its conditions."""
        asked = (*expressions, *self.population, *self.domain)
        if any(isinstance(part, Native) for expression in asked for part in walk(expression)):
            # what a narwhals expression reads is its own
            return self.held()
        needed = {*self.design.columns, *by, *column_names(*asked)}
        return self.held(tuple(name for name in self.names if name in needed))

    def held(self, names: tuple[str, ...] | None = None) -> Sample:
        """Return the sample with columns (all of them, where none is named) in memory."""
        if isinstance(self.engine, MemoryEngine):
            return self
        frame: nw.LazyFrame[Any] = self.engine.frame  # type: ignore[attr-defined]
        engine = MemoryEngine(frame.select(*(names or self.names)).collect(), self.design)
        engine.drawn = self.engine.drawn
        return replace(self, engine=engine)

    def calibrated(self, weights: Floats, auxiliary: Auxiliary | None) -> Sample:
        """Return the sample with calibrated weights, remembering the margins they were fitted to."""
        held = self.held()
        assert isinstance(held.engine, MemoryEngine)  # what `held` is for
        return replace(held, engine=held.engine.reweighted(weights, auxiliary))

    def replicated(self, replication: Replication) -> Sample:
        """Return the sample with replicate weights."""
        return replace(self, made=replication)

    def totals(self, by: tuple[str, ...], complete: tuple[Expression, ...]) -> Totals:
        """Return the totals of a statistic by domain, over rows that answer all of `complete`."""
        return Totals(
            self.engine,
            Scope((*self.population, *self.domain), by),
            Scope(self.population),
            complete,
        )


def _columns_in(condition: Any, names: Sequence[str]) -> str:
    found = [name for name in names if isinstance(condition, str) and name in condition]
    return ", ".join(f"`{name}`" for name in found[:3]) or "its columns"
