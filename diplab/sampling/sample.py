"""The sample: data with a sampling design, a universe and a domain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from types import FunctionType
from typing import TYPE_CHECKING, Any, ClassVar, Self

import narwhals as nw
import numpy as np
import pandas as pd

from diplab.checks import type_name
from diplab.errors import ColumnError, ConditionError, EmptyDomainError, OptionError, quoted_names
from diplab.kernel.arrays import Floats
from diplab.microdata.display import facts_html, file_facts
from diplab.microdata.frames import check_new_answers
from diplab.microdata.identifiers import is_row_identifier
from diplab.microdata.microdata import Microdata
from diplab.microdata.missing import Level, MissingCodes, ReasonCounts, count_by_reason, level_of
from diplab.microdata.variable import Code, code_quoted
from diplab.public_names import explained
from diplab.reference.text import Text
from diplab.sampling.condition import conjunction, known_column, parse
from diplab.sampling.engines.columns import MemoryColumns, on_rows, with_categories
from diplab.sampling.engines.memory import MemoryEngine
from diplab.sampling.engines.protocol import Engine, Scope
from diplab.sampling.expression import (
    ONE,
    Apply,
    Column,
    Constant,
    Expression,
    column_names,
    reads_native,
    reads_rows,
)
from diplab.sampling.totals import Totals

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook
    from diplab.sampling.auxiliary import Auxiliary
    from diplab.sampling.design import Design
    from diplab.sampling.replication import Replication


_USED = (
    "where", "universe", "with_columns", "recode", "missing", "respondents",
    "names", "codebook", "design", "condition", "undeclared",
)  # fmt: skip
"""Members of a sample that completion shows."""


_explained = explained(
    "sample",
    "A sample has",
    "data.frame[{}]",
    lambda sample: sample.names if "engine" in vars(sample) else (),
)


@_explained
@dataclass(frozen=True, eq=False)
class Sample:
    """Microdata with a sampling design, a universe and a domain.

    Parameters
    ----------
    engine : Engine
        Runs queries on the data.
    design : Design
        How the sample was drawn.
    names : tuple of str
        Columns of the data.
    codebook : Codebook
        Meaning of the columns.
    population, domain : tuple of Expression
        Conditions of the universe and of the domain.
    population_text, domain_text : tuple of str
        The same conditions as written, for the provenance.
    made : Replication or None
        Replicate weights made from the design.
    missing_codes : mapping of str to MissingCodes
        The missing code in each cell, of columns that have some.
    undeclared : mapping of str to tuple of str
        Columns that look like `weights`, `strata` or `psu`, for parts of the design left
        undeclared.

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
    population_text: tuple[str, ...] = ()
    domain_text: tuple[str, ...] = ()
    made: Replication | None = None
    missing_codes: Mapping[str, MissingCodes] = field(default_factory=dict, repr=False)
    undeclared: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)

    def __dir__(self) -> list[str]:
        """Return what a user needs, for completion."""
        return [*_USED, *(name for name in super().__dir__() if name.startswith("_"))]

    @property
    def replication(self) -> Replication | None:
        """The replicate weights: those made from the design, or those of the file; None without."""
        return self.made if self.made is not None else self.engine.replication

    def check_lonely(self) -> None:
        """Refuse strata with a single primary unit, unless a policy or replicates handle them."""
        if self.replication is None:
            self.engine.units.check_lonely()

    @property
    def auxiliary(self) -> Auxiliary | None:
        """The margins that the weights were calibrated to, or None."""
        return self.engine.auxiliary

    @property
    def condition(self) -> str:
        """The conditions of the universe and of the domain, as written, joined into one."""
        return conjunction((*self.population_text, *self.domain_text))

    def __repr__(self) -> str:
        where = f" where {self.condition}" if self.condition else ""
        facts = self._design_in_words()
        weights = f"weights {facts['weights']}" if facts["weights"] else ""
        if facts["calibrated"]:
            weights = f"{weights or 'weights'} calibrated to {facts['calibrated']}"
        parts = [
            f"sample of {self.engine.rows:,} rows", f"{len(self.names)} columns",
            facts["selection"], weights,
            *(f"{name} {facts[name]}" if facts[name] else "" for name in ("strata", "psu", "fpc")),
            facts["replicates"].replace(" ", " replicates ", 1),
            *(f"undeclared {part}? {', '.join(names)}" for part, names in self.undeclared.items()),
        ]  # fmt: skip
        return f"<{', '.join(filter(None, parts))}{where}>"

    def _repr_html_(self) -> str:
        title = f"sample of {self.engine.rows:,} rows, {len(self.names)} columns"
        domains = {
            "universe": conjunction(self.population_text),
            "domain": conjunction(self.domain_text),
        }
        undeclared = {
            f"undeclared_{part}": ", ".join(names) for part, names in self.undeclared.items()
        }
        facts = {
            **file_facts(self.codebook, self.names),
            **self._design_in_words(),
            **undeclared,
            **domains,
        }
        # no rows: a notebook saved with microdata in its outputs is a leak
        return facts_html(f"synthetic {title}" if self.codebook.origin.synthetic else title, facts)

    def _design_in_words(self) -> dict[str, str]:
        """Return the columns of the design, its phases, calibration and replicates."""
        # the units of a query are not collected for this: it has one phase
        twice = isinstance(self, SampleInMemory) and "phases" in self.engine.units.rules
        rules = {} if self.auxiliary is None else self.auxiliary.rules
        selection = (
            "two phases" if twice else "",
            "opt-in" if self.design.kind == "opt-in" else "",
            "nonresponse" if "nonresponse" in rules else "",
        )
        columns = self.design.replicates
        replicates = ""
        if self.made is not None:
            replicates = f"{self.made.count} ({self.made.kind})"
        elif columns is not None:
            replicates = f"{len(columns.columns)} ({columns.kind})"
        margins = rules.get("margins", ())
        calibrated = ", ".join(map(" × ".join, margins))
        return {
            "weights": self.design.weights or "",
            "calibrated": calibrated,
            **{name: ", ".join(getattr(self.design, name)) for name in ("strata", "psu", "fpc")},
            "replicates": replicates,
            "selection": ", ".join(filter(None, selection)),
        }

    def where(self, condition: Any) -> Sample:
        """Return the sample restricted to a domain; the design is kept, and no row is dropped.

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
        """Return the sample with a study population, on which poverty lines are also estimated.

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
                f"`{condition}` cannot be {use}.",
                "It uses no column, so it is true for everyone or for no one.",
                "Write a condition on the answers, for example `age >= 18`.",
            )
        self.check_condition(added[0], use)
        changes = {which: getattr(self, which) + added}
        changes[f"{which}_text"] = (*getattr(self, f"{which}_text"), str(condition))
        narrowed = replace(self, **changes)
        if not narrowed.respondents():
            written = condition if isinstance(condition, str) else ""
            read = [name for name in self.names if name in written]
            raise EmptyDomainError(
                f"`{condition}` is {use} without respondents.",
                f"None of the {self.engine.rows} rows with a positive weight is in it"
                + (f" together with `{self.condition}`." if self.condition else "."),
                f"Check the values of {quoted_names(read[:3]) or 'its columns'} and write a "
                "wider condition.",
            )
        return narrowed

    def missing_by_reason(self, name: str, scope: Scope, count: int) -> Mapping[str, int]:
        """Return the counts of missing answers of `count` respondents of a scope, by reason.

        Empty if reasons are unknown.
        """
        codes, engine = self.missing_codes.get(name), self.engine
        if codes is None or not isinstance(engine, MemoryEngine) or len(codes) != engine.rows:
            known = self.codebook.reasons.get(name, {})
            return known if sum(known.values()) == count else {}
        rows = engine.scoped(scope)
        found = dict(
            codes.take(rows.inside & (rows.weight > 0)).reasons(self.codebook.variable(name))
        )
        coded = sum(found.values())
        if coded > count:
            return {}
        return found | ({"system": count - coded + found.get("system", 0)} if coded < count else {})

    def missing(self, *variables: str) -> ReasonCounts:
        """Count the rows with an answer, and those without by reason (refused, not asked...).

        The whole file is counted, without weights, whatever the universe and domain. For weighted
        shares with standard errors, by domain, write `data.with_reasons("pay")` before the design
        is declared, then `estimate(sample, share("pay_reason"), by=...)`. For data in a database,
        these columns are collected.

        Parameters
        ----------
        *variables : str
            Columns; by default, all with reasons in the codebook.

        Returns
        -------
        ReasonCounts
            For `dl.table`, `dl.chart` or a notebook, with its numbers in `.frame`.

        Raises
        ------
        ColumnError
            Where a column does not exist.
        OptionError
            Where no column is named and the codebook knows no reason.
        """

        def gaps(names: Sequence[str]) -> tuple[int, list[int]]:
            for name in names:
                known_column(name, self.names, "a variable with missing answers")
            engine = self.collect(tuple(dict.fromkeys([*self.design.columns, *names]))).engine
            one_domain = np.zeros(engine.rows, dtype=np.int64)
            return engine.rows, [
                int(engine.columns.gaps(Column(name), one_domain).sum()) for name in names
            ]

        return count_by_reason(self.codebook, variables, gaps)

    @property
    def scope(self) -> Scope:
        """The rows of the universe and the domain."""
        return Scope((*self.population, *self.domain))

    def answering(self, names: Iterable[str]) -> Self:
        """Return the sample of those who answered some of its columns: the rows that are used."""
        known = [
            Apply("not", (Apply("missing", (Column(name),)),))
            for name in names
            if name in self.names
        ]
        return replace(self, domain=(*self.domain, *known))

    def undecided(self) -> Mapping[str, int]:
        """Return by column the rows with too little data for universe and domain."""
        found = self.engine.undecided((*self.population, *self.domain))
        return {name or self.condition: count for name, count in found.items()}

    def with_columns(self, **columns: Any) -> Self:
        """Return the sample with new variables; design, weights and calibration are unchanged.

        Parameters
        ----------
        **columns : str, array or narwhals expression
            A condition or an expression, `"age >= 60"` or `"pay / hours"`, missing if an operand
            is; or one value per row. For data in a database, narwhals expressions.

        Raises
        ------
        ColumnError
            Where the sample already has a column of that name, which its design or a domain may
            use.
        OptionError
            Where the number of values is not that of the rows.

        Examples
        --------
        >>> import pandas as pd, diplab as dl
        >>> sample = dl.declare_design(pd.DataFrame({"age": [17.0, 64.0, 70.0, 20.0]}))
        >>> sample = sample.with_columns(old="age >= 60")
        >>> dl.estimate(sample, dl.share("old")).frame["estimate"].item()
        0.5
        """
        self._check_new(columns)
        texts = {name: item for name, item in columns.items() if isinstance(item, str)}
        codebook = self.codebook
        for name, text in texts.items():
            codebook = codebook.described(name, label=Text.same(text))
        added = [self._new_column(name, item) for name, item in columns.items()]
        for item in added:
            if isinstance(item, nw.Series):
                codebook = with_categories(codebook, item.to_frame())
        return self._extended(tuple(columns), added, codebook)

    def recode(self, name: str, *arguments: Any, into: str, **options: Any) -> SampleInMemory:
        """Return the sample with a variable recoded, as `Microdata.recode`; weights are unchanged.

        Parameters
        ----------
        name : str
            The variable that is recoded.
        *arguments, **options
            As in `Microdata.recode`: `rules`, `bands=`, `quantiles=` (with the weights of the
            sample), `label=`...
        into : str
            Name of the new variable; the old one is kept, as the design or a domain may use it.

        Raises
        ------
        ColumnError
            Where the sample has a column of that name.

        Examples
        --------
        >>> import pandas as pd, diplab as dl
        >>> sample = dl.declare_design(pd.DataFrame({"age": [17.0, 64.0, 70.0, 20.0]}))
        >>> banded = sample.recode("age", bands=[0, 18, 60, 100], into="age_band")
        >>> len(dl.estimate(banded, dl.share("age_band")))
        3
        """
        self._check_new({into: None})
        known_column(name, self.names, "a variable to recode")
        held = self.collect()
        frame = held.engine.columns.frame.select(name).to_pandas()
        if "quantiles" in options:
            # groups of equal size in the population that the weights represent
            options = {"weights": self.design.weights or "weights", **options}
            frame[options["weights"]] = held.engine.weights
        own = {known: codes for known, codes in self.missing_codes.items() if known == name}
        data = Microdata(frame, self.codebook, own).recode(name, *arguments, into=into, **options)
        return held._extended((into,), [held._new_column(into, data.frame[into])], data.codebook)

    def _extended(self, names: tuple[str, ...], added: Sequence[Any], codebook: Codebook) -> Self:
        """Return the sample with columns of these names, and the codebook that describes them."""
        engine = self.engine.with_columns(*added, codebook=codebook)
        return replace(self, engine=engine, names=(*self.names, *names), codebook=codebook)

    def _check_new(self, columns: Mapping[str, Any]) -> None:
        """Refuse to write over a column of the sample."""
        taken = [name for name in columns if name in self.names]
        if taken:
            raise ColumnError(
                f"The sample already has a column `{taken[0]}`.",
                "Its design, a domain or its weights may use it.",
                f"Write another name, for example `{taken[0]}_2`.",
            )

    def _new_column(self, name: str, given: Any) -> Any:
        """Return a new column as the engine takes it."""
        if not isinstance(given, nw.Expr):
            raise OptionError(
                f"`{name}` cannot be a new variable of data in a database.",
                f"It is a {type_name(given)}.",
                "Write an expression, such as `nw.col('hours') * 60` of narwhals.",
            )
        return given.alias(name)

    def respondents(self) -> int:
        """Return how many rows with a positive weight are in the universe and the domain."""
        try:
            return int(self.engine.counts(Scope((*self.population, *self.domain)), ()).sum())
        except nw.exceptions.ColumnNotFoundError as error:
            raise ColumnError(
                f"`{self.condition}` reads a column that the data do not have.",
                write=f"Write one of {quoted_names(self.names[:8])}.",
            ) from error

    def check_condition(self, expression: Expression, use: str) -> None:
        """Refuse a column alone as a condition, unless it holds true and false, or 1 and 0."""
        if not isinstance(expression, Column) or self.is_boolean(expression.name):
            return
        others = [value for value in self.categories(expression.name) if value not in (0, 1)]
        if others:
            raise ConditionError(
                f"The column `{expression.name}` alone cannot be {use}.",
                f"It holds {code_quoted(others[0])}, which is neither true nor false.",
                f"Compare it with something, for example `{expression.name} == "
                f"{code_quoted(others[0])}`.",
            )

    def categories(self, name: str) -> list[Any]:
        """Return the distinct answers of a column, in the order of categories."""
        return [answer for (answer,) in self.engine.cells((name,))]

    def is_boolean(self, name: str) -> bool:
        """Return whether a column holds true and false, so that it is a condition by itself."""
        return self.engine.is_boolean(name)

    def level(self, name: str) -> Level:
        """Return the level of measurement of a column, according to the codebook."""

        def holds_only(codes: tuple[Code, ...]) -> bool:
            other = Apply("not", (Apply("in", (Column(name), Constant(codes))),))
            return not self.engine.counts(Scope((other,)), ()).any()

        variable, declared = self.codebook.variable(name), self.engine.category_level(name)
        try:
            if self.is_boolean(name):
                return "amount"
            if declared is not None and variable.measure != "scale" and not holds_only((0, 1)):
                return "ordinal" if variable.measure == "ordinal" else declared
            return level_of(variable, holds_only)
        except (ColumnError, ConditionError):
            # words have no codes that are numbers, and what reads numbers refuses them by itself
            return "amount"

    def prepare_for(self, *expressions: Expression, by: tuple[str, ...] = ()) -> Sample:
        """Return the sample ready for a question.

        Its columns are collected where each row is a sampling unit.
        """
        # a query that returns one row per unit would return them all. Replicate weights are weights
        # of rows too
        replicated = self.design.replicates is not None or self.made is not None
        if self.design.psu and not replicated:
            return self
        return self.collect_for(*expressions, by=by)

    def collect_for(self, *expressions: Expression, by: Sequence[str] = ()) -> SampleInMemory:
        """Return the sample in memory, with the columns that a question, design or domain reads."""
        read = (*expressions, *self.population, *self.domain)
        if reads_native(*read):
            # which columns a narwhals expression reads is not known
            return self.collect()
        needed = {*self.design.columns, *by, *column_names(*read)}
        if not self.design.psu and not self.design.id:
            # identifiers show whether persons have several rows
            needed.update(name for name in self.names if is_row_identifier(name.lower()))
        return self.collect(tuple(name for name in self.names if name in needed))

    def collect(self, names: tuple[str, ...] | None = None) -> SampleInMemory:
        """Return the sample with columns, by default all, in memory."""
        columns = MemoryColumns(self.engine.in_memory(names or self.names), self.codebook)
        engine = MemoryEngine(columns, self.design, self.engine.drawn)
        held = {item.name: getattr(self, item.name) for item in fields(self)}
        return SampleInMemory(**held | {"engine": engine})

    def with_replication(self, replication: Replication) -> Self:
        """Return the sample with replicate weights."""
        return replace(self, made=replication)

    def totals(
        self,
        by: tuple[str, ...],
        complete: tuple[Expression, ...],
        first: tuple[Expression, ...] = (ONE,),
    ) -> Totals:
        """Return the totals of a statistic by domain, over rows that answer all of `complete`.

        Those of `first` are asked of the engine with the first of others.
        """
        scope = Scope((*self.population, *self.domain), by)
        return Totals(self.engine, scope, Scope(self.population), complete, first=first)


@_explained
@dataclass(frozen=True, eq=False, repr=False)
class SampleInMemory(Sample):
    """A sample of which the engine has the columns, weights, units and cells in memory."""

    public_name: ClassVar[str] = "Sample"
    engine: MemoryEngine

    def collect(self, names: tuple[str, ...] | None = None) -> SampleInMemory:
        """Return the sample itself: its columns are in memory."""
        return self

    def collect_for(self, *expressions: Expression, by: Sequence[str] = ()) -> SampleInMemory:
        """Return the sample itself: its columns are in memory."""
        return self

    def _new_column(self, name: str, given: Any) -> Any:
        """Return a new column as the engine takes it."""
        if isinstance(given, nw.Expr):
            return given.alias(name)
        frame = self.engine.columns.frame
        if isinstance(given, FunctionType):
            given = given(frame.to_pandas())
        check_new_answers(name, given)
        answers = given
        if isinstance(given, str):
            expression = parse(given, self.names, self.codebook, "a new variable")
            if isinstance(expression, Column):
                return frame[expression.name].alias(name)
            answers = on_rows(frame.to_pandas(), self.codebook, given)
        answers = pd.Series(answers)
        if len(answers) != len(frame):
            raise OptionError(
                f"`{name}` has {len(answers):,} answers, and the sample has {len(frame):,} rows.",
                write="Write one for each row of the data, in their order, or a condition such as "
                '`"age >= 60"`.',
            )
        if frame.implementation.is_pandas():
            rows = frame.to_native().index
            moved = isinstance(given, pd.Series) and rows.is_unique and answers.index.is_unique
            # a Series in another order of the same rows goes by its index, as in pandas
            if moved and rows.isin(answers.index).all():
                answers = answers.reindex(rows)
            own = answers.set_axis(rows)
            return nw.from_native(own, series_only=True).alias(name)
        plain = [
            None if gap else item
            for item, gap in zip(answers.tolist(), answers.isna(), strict=True)
        ]
        return nw.new_series(name, plain, backend=frame.implementation)

    def in_units(self, name: str) -> SampleInMemory:
        """Return the sample with the values of a column as its primary units."""
        design = replace(self.design, psu=(name,))
        engine = MemoryEngine(self.engine.columns, design, self.engine.drawn)
        engine = engine.reweighted(self.engine.weights, self.engine.auxiliary)
        return replace(self, engine=engine, design=engine.design)

    def with_weights(self, weights: Floats, auxiliary: Auxiliary | None) -> SampleInMemory:
        """Return the sample with other weights, and the margins they were calibrated to."""
        return replace(self, engine=self.engine.reweighted(weights, auxiliary))


def check_sample(value: object, subject: str, verb: str) -> None:
    """Refuse a value that is not a sample; `subject` (`A regression`) and `verb` are quoted."""
    if not isinstance(value, Sample):
        raise OptionError(
            f"{subject} needs a sample, not a {type(value).__name__}.",
            "Standard errors depend on how the people were drawn.",
            f"Write `declare_design(data, ...)` first, and {verb} on what it returns.",
        )
