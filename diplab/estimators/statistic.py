"""Statistics: a point and a linearised variable (Deville 1999) from weighted totals.

The linearised variable of an estimator is the row expression z whose total has, to first order, the
same sampling error as the estimator. The design turns the totals of z by sampling unit into a
variance; neither knows the other.

A new statistic is a function decorated with `statistic`, in this package or in another:

>>> from diplab.estimators import Linearised, statistic
>>> @statistic(kind="ratio")
... def odds(totals, yes, no):
...     a, b = totals(yes, no)
...     return Linearised(a / b, (yes - no * (a / b)) / b)
>>> odds("works", "rests").variable
'works / rests'
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import update_wrapper
from typing import (
    Any,
    Concatenate,
    Generic,
    Literal,
    ParamSpec,
    TypeAlias,
    cast,
    get_args,
    get_origin,
)

import numpy as np

from diplab.checks import check_one_of
from diplab.errors import ConditionError, OptionError
from diplab.estimators._banded import Banded
from diplab.estimators.call_signature import CallSignature, documented, parameter_types
from diplab.estimators.measurement import ReadVariables, check_same_unit, in_places, read_variables
from diplab.estimators.prepared import PreparedStatistic, option_text
from diplab.kernel.arrays import Booleans, Floats, Integers
from diplab.kernel.intervals import Precision, wald
from diplab.microdata.variable import without
from diplab.public_names import explained
from diplab.reference.text import NOTHING, Text
from diplab.results.estimates import (
    BandedForm,
    CategoryForm,
    Combined,
    Estimates,
    ScaleNeeded,
    StatisticDescription,
    StatisticKind,
)
from diplab.sampling.condition import bare_name, parse
from diplab.sampling.expression import Expression, reads_rows
from diplab.sampling.sample import Sample
from diplab.sampling.totals import Totals

P = ParamSpec("P")
"""The parameters of a statistic but its totals, which callers, editors and type checkers see."""


@dataclass(frozen=True, eq=False)
class Bounds:
    """An interval by domain, and its own standard error, or None for that of the variable."""

    low: Floats
    high: Floats
    std_error: Floats | None = None


def symmetric(point: Floats, spread: Precision) -> Bounds:
    """Return the interval of t standard errors on both sides of the point."""
    return Bounds(*wald(point, spread))


@dataclass(frozen=True, eq=False)
class Linearised:
    """A point by domain and the linearised variable that carries its sampling error.

    Parameters
    ----------
    point : array, shape (domains,)
        The estimate.
    variable : Expression
        Linearised variable inside the domain.
    beyond : tuple of (array, Expression)
        Contributions of people outside the domain: a coefficient by domain and an expression on the
        whole universe (a rate under a national line depends on everybody's median).
    interval : callable
        From the point and its spread to `Bounds`; point -/+ t standard errors by default.
    independent : tuple of array, shape (domains, rows), and Estimates, or None
        Its derivatives with respect to the rows of a result on an independent sample, and that
        result.
    replicated : callable or None
        Function of totals whose variance replicates estimate, if that is not the point (for a
        quantile, the distribution function at the quantile); of the same sign as the variable.
    assumptions : tuple of Text
        Assumptions of the estimate beyond the sample.
    counted : array of int, shape (domains,), or None
        Number of respondents used, if not all who answered.
    respondents : Totals or None
        Totals over those whose answers are used, if everybody in the domain counts: they give the
        degrees of freedom, and domain membership must be known.
    average_of : tuple of Totals and array, shape (cells, domains), or None
        The cells it averages, with the weight of each: degrees of freedom are those
        of the average.
    groups : tuple of Expression
        Conditions of the groups compared: undefined without people in each, with the degrees of
        freedom of the group that has fewer.
    slopes_on : tuple of Expression
        Variables on each of which it is a slope (both, for a correlation): undefined where one
        varies within a single unit only.
    varying : tuple of Expression
        Variables that must vary: undefined where one varies within a single unit only.
    divisors : tuple of Expression
        Amounts by whose sum it divides: undefined where they all come from one unit.
    undecided : int
        Number of rows excluded because their answers are undecided.
    residual : bool
        Whether its variable is the distance to a mean over the sum of weights: residuals of a mean
        are smaller than errors, and are corrected for it.
    steps : bool
        Whether its variable sums to zero but for the steps of a quantile, or the line of others: in
        a domain of one primary unit, the remainder is not a sampling error.
    remarks : mapping of str to array of bool, shape (domains,)
        Flags, and the domains whose rows bear them.
    origin : float
        Number subtracted from all values first, if the mean is far from zero relative to the
        spread.
    jackknifed : callable or None
        Function that returns its replacement under jackknife replicate weights, which are
        inconsistent for a quantile.

    Examples
    --------
    >>> import numpy as np
    >>> from diplab.sampling.expression import Column
    >>> Linearised(np.array([280.0]), Column("pay")).variable
    Column(name='pay')
    """

    point: Floats
    variable: Expression
    beyond: tuple[tuple[Floats, Expression], ...] = ()
    interval: Callable[[Floats, Precision], Bounds] = symmetric
    replicated: Callable[[Totals], Floats] | None = None
    assumptions: tuple[Text, ...] = ()
    counted: Integers | None = None
    respondents: Totals | None = None
    average_of: tuple[Totals, Floats] | None = None
    groups: tuple[Expression, ...] = ()
    slopes_on: tuple[Expression, ...] = ()
    varying: tuple[Expression, ...] = ()
    divisors: tuple[Expression, ...] = ()
    undecided: int = 0
    residual: bool = False
    steps: bool = False
    remarks: Mapping[str, Booleans] = field(default_factory=dict)
    jackknifed: Callable[[], Linearised] | None = None
    origin: float = 0.0
    independent: tuple[Floats, Estimates] | None = None


def linear_in_replicates(linearised: Linearised) -> Linearised:
    """Return a statistic whose replicates vary the linearised total instead of the point."""

    def total(others: Totals) -> Floats:
        varied = others(linearised.variable)[0]
        for slope, variable in linearised.beyond:
            varied = varied + slope * others.universe(variable)[0]
        return varied

    return replace(linearised, replicated=total, jackknifed=None)


Needs: TypeAlias = Callable[
    [tuple[Expression, ...], Mapping[str, Any]], "tuple[Expression, ...] | None"
]
Expansion: TypeAlias = Callable[
    [Sample, tuple[Expression, ...]], list[tuple[object, tuple[Expression, ...]]]
]
RowsOf: TypeAlias = Callable[[Mapping[str, Any]], "list[tuple[object, Mapping[str, Any]]]"]


@dataclass(frozen=True, eq=False)
class SampleLine:
    """A line that depends on the sample, as the minimum wage on the date of each respondent."""

    expression: Expression
    assumptions: tuple[Text, ...]


@explained("", "A statistic has")
@dataclass(frozen=True, eq=False)
class Statistic:
    """A statistic to estimate on a sample, such as `mean("income")`.

    Parameters
    ----------
    name : str
        Its name in results.
    written : tuple
        The columns or expressions as the user wrote them.
    options : mapping
        Options of the statistic.
    function : callable
        From totals, expressions and options to `Linearised`.
    description : StatisticDescription
        Its kind, and how its options are printed.
    expansion : callable or None
        For statistics of every category of a variable: the categories and their conditions.
    rows_of : callable or None
        For statistics of several rows, as the points of a curve: from the options to the category
        and options of each.
    columns_of_options : tuple of str
        Options that may name a column, as the line of each household.
    needs : callable or None
        From columns and options to the expressions that a row must answer, if not all of them.
    prepared_by : callable or None
        For statistics whose rows depend on the sample: from the sample to its rows.
    line : callable or None
        For a share of a banded variable under a line that depends on the sample: from the sample to
        the line.

    Examples
    --------
    >>> import diplab as dl
    >>> dl.mean("income").variable, dl.mean("income").description.kind
    ('income', 'amount')
    """

    name: str
    written: tuple[Any, ...]
    options: Mapping[str, Any]
    function: Callable[..., Linearised] = field(repr=False)
    description: StatisticDescription = field(repr=False)
    expansion: Expansion | None = field(default=None, repr=False)
    rows_of: RowsOf | None = field(default=None, repr=False)
    columns_of_options: tuple[str, ...] = ()
    needs: Needs | None = field(default=None, repr=False)
    prepared_by: Callable[[Sample], list[PreparedStatistic]] | None = field(
        default=None, repr=False
    )
    line: Callable[[Sample], SampleLine] | None = field(default=None, repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        # what its author wrote is known by its name in its module; the columns and options are its
        # own
        held = {item.name: getattr(self, item.name) for item in fields(self)}
        module = sys.modules.get(self.function.__module__)
        author = getattr(module, self.function.__qualname__, None)
        if not isinstance(author, StatisticFunction) or author.on is not self.function:
            return Statistic, tuple(held.values())
        own = {
            name: value
            for name, value in held.items()
            if value is not getattr(author.unwritten, name)
        }
        return _written_again, (author, own)

    @property
    def banded(self) -> Banded | None:
        """Its variable, if known only by band; otherwise None."""
        return next((item for item in self.written if isinstance(item, Banded)), None)

    @property
    def variable(self) -> str:
        """Its columns, as written; a column alone without backticks."""
        if len(self.written) == 1:
            return bare_name(str(self.written[0]))
        if self.description.kind == "ratio":
            return " / ".join(map(str, self.written))
        return str(self._combined)

    @property
    def _combined(self) -> Combined | None:
        """What its variable is made of where that is a list; None for one variable or a ratio."""
        if self.banded is not None and len(self.written) == 1:
            return self.banded.combined
        if len(self.written) == 1 or self.description.kind == "ratio":
            return None
        return Combined(tuple(map(str, self.written)), "list")

    def prepare(self, sample: Sample, domains: Sequence[str] = ()) -> list[PreparedStatistic]:
        """Resolve columns on a sample; one prepared statistic per row, `domains` included."""
        if self.banded is not None:
            asked = f"`{self.variable}`, the variable of `{self.name}`, is known only by band."
            found = (
                "Bounds, distributions and imputations answer for it, which `estimate` alone gives."
            )
            raise OptionError(
                asked, found, f"Write `dl.estimate(sample, dl.{self.name}(dl.banded(...)))`."
            )
        variables = self.read_variables(sample.answering(domains))
        return [replace(row, variables=variables) for row in self._rows(sample)]

    def read_variables(self, sample: Sample) -> ReadVariables:
        """Check variables against the codebook: amounts are not codes, lines are in their unit."""
        supposed: tuple[tuple[str, str], ...] = ()
        if self.description.poverty_line:
            supposed = check_same_unit(sample, self.name, self.written, self.options)
        found = read_variables(sample, self.name, self.written, self.description.scale)
        return replace(found, supposed=supposed)

    def _rows(self, sample: Sample) -> list[PreparedStatistic]:
        if self.prepared_by is not None:
            return self.prepared_by(sample)
        of = f"the variable of `{self.name}`"
        arguments = tuple(parse(text, sample.names, sample.codebook, of) for text in self.written)
        if arguments and not any(map(reads_rows, arguments)):
            asked = f"`{self.variable}`, the variable of `{self.name}`, reads no column."
            found = "It is the same for everybody."
            raise ConditionError(
                asked, found, "Write the name of a column, or an expression on columns."
            )
        if self.description.scale == "order":
            arguments = tuple(in_places(sample, column) for column in arguments)
        options = {**self.options}
        for name in self.columns_of_options:
            if isinstance(options.get(name), str):
                options[name] = parse(
                    options[name], sample.names, sample.codebook, f"`{name}` of `{self.name}`"
                )
        row = PreparedStatistic(
            self.name,
            self.variable,
            self._label,
            arguments,
            options,
            self.function,
            None,
            self.description,
            combined=self._combined,
            written=self.written,
        )
        if self.needs is not None:
            row = replace(row, needed=self.needs(arguments, options))
        labels = self.description.label_options
        if len(labels) > 1:
            row = replace(row, category_options=("", {name: self.options[name] for name in labels}))
        rows = [row]
        if self.expansion is not None:
            expanded = self.expansion(sample, arguments)
            rows = [
                replace(row, category=category, arguments=columns) for category, columns in expanded
            ]
        if self.rows_of is not None:
            several = list(self.rows_of(options))
            rows = [
                replace(row, category=category, options=own)
                for row in rows
                for category, own in several
            ]
        return rows

    @property
    def _label(self) -> object:
        """The category that its label options make."""
        labels = {name: self.options[name] for name in self.description.label_options}
        if len(labels) == 1:
            return next(iter(labels.values()))
        return ", ".join(f"{name}={option_text(value)}" for name, value in labels.items())


class Statistics(tuple[Statistic, ...]):
    """Several statistics in one call, such as `mean(["hours", "pay"])`, estimated in order.

    >>> import diplab as dl
    >>> dl.quantile("pay", [0.25, 0.5])
    <quantile of pay (p=0.25), quantile of pay (p=0.5)>
    """

    __slots__ = ()

    def __repr__(self) -> str:
        texts = []
        for statistic in self:
            names = statistic.description.label_options
            label = " ".join(f"{name}={statistic.options[name]}" for name in names)
            texts.append(f"{statistic.name} of {statistic.variable}")
            if label:
                texts[-1] += f" ({label})"
        return f"<{', '.join(texts)}>"


def expand_statistics(statistics: Iterable[Any]) -> tuple[Any, ...]:
    """Return statistics with those written as one call side by side."""
    expanded: list[Any] = []
    for given in statistics:
        if isinstance(given, Statistics):
            expanded += given
        else:
            expanded.append(given)
    return tuple(expanded)


def _written_again(author: StatisticFunction[Any], own: Mapping[str, Any]) -> Statistic:
    return replace(author.unwritten, **own)


class StatisticFunction(Generic[P]):
    """A decorated function: a call returns a `Statistic`, and `.on(totals, ...)` computes it."""

    def __init__(
        self,
        function: Callable[..., Linearised],
        description: StatisticDescription,
        rules: Sequence[str] | Mapping[str, str] | None,
        expansion: Expansion | None,
        rows_of: RowsOf | None,
        needs: Needs | None,
        vectors: Sequence[str] = (),
    ) -> None:
        update_wrapper(self, function)
        # division by zero and logarithms of zero give NaN without a warning
        self.name, self.on = (
            function.__name__,
            np.errstate(divide="ignore", invalid="ignore")(function),
        )
        signature = inspect.signature(function)
        self.__signature__ = signature.replace(
            parameters=list(signature.parameters.values())[1:], return_annotation="Statistic"
        )
        parameters = self.__signature__.parameters
        self.types = types = parameter_types(function, parameters)
        self.columns = [
            name
            for name, parameter in parameters.items()
            if parameter.default is parameter.empty
            and types.get(name, Expression) in (Expression, Any)
        ]
        self._signature = CallSignature(
            self.name, parameters, types, tuple(self.columns), tuple(vectors)
        )
        options = tuple(name for name in parameters if name not in self.columns)
        if description.bands and (len(self.columns) != 1 or expansion or rows_of):
            found = "Bands are known of a statistic of one column, which has one row."
            raise OptionError(
                f"`{self.name}` declares `bands={description.bands!r}`.",
                found,
                "Leave `bands` out.",
            )
        if rules is None:
            rules = [name for name in options if name not in description.label_options]
        if not isinstance(rules, Mapping):
            rules = dict(zip(rules, rules, strict=True))
        rule_names = dict(rules)
        for which, names in (("label_options", description.label_options), ("rules", rule_names)):
            for name in names:
                check_one_of(which, name, options, of=f"the options of `{self.name}`")
        self.description = replace(description, options=options, rules=tuple(rule_names.items()))
        named = tuple(name for name in options if Expression in get_args(types.get(name)))
        self.unwritten = Statistic(
            self.name, (), {}, self.on, self.description, expansion, rows_of, named, needs
        )
        self.__doc__ = documented(inspect.cleandoc(function.__doc__ or ""), self._signature)

    def __repr__(self) -> str:
        """Return the call as one writes it, which `help` and notebooks show."""
        parameters = [
            parameter.replace(annotation=parameter.empty)
            for parameter in self.__signature__.parameters.values()
        ]
        return f"{self.name}{inspect.Signature(parameters)}"

    def __reduce__(self) -> str:
        # known by its name in its module, as any function
        return self.name

    def __call__(self, *arguments: P.args, **options: P.kwargs) -> Statistic:
        """Return the statistic of some columns, or one for each column or order of a list."""
        calls = self._signature.read(arguments, options)
        if isinstance(calls, dict):
            return self._of(calls)
        statistics: Any = Statistics(map(self._of, calls))
        return cast("Statistic", statistics)

    def _of(self, given: Mapping[str, Any]) -> Statistic:
        """Return the statistic of one value for each argument."""
        bound = self.__signature__.bind_partial()
        bound.arguments |= given
        bound.apply_defaults()
        for name, type_of in self.types.items():
            if get_origin(type_of) is Literal:
                check_one_of(name, bound.arguments[name], type_of, of=f"in `{self.name}`")
        parameters = self.__signature__.parameters
        written: list[Any] = []
        for name in self.columns:
            if parameters[name].kind is inspect.Parameter.VAR_POSITIONAL:
                written += bound.arguments[name]
            else:
                written.append(bound.arguments[name])
        if any(isinstance(column, Banded) for column in written) and not self.description.bands:
            found = "Its definition does not declare `@statistic(bands=...)`; "
            found += "`help(dl.banded)` names those that do."
            write = "Write one of these, or turn the bands into amounts first: "
            write += "`data.recode('income', amounts={...})`."
            raise OptionError(
                f"`{self.name}` has no answer for a variable that is known only by band.",
                found,
                write,
            )
        options = without(bound.arguments, self.columns)
        return replace(self.unwritten, written=tuple(written), options=options)


def statistic(
    function: object = None,
    *,
    kind: StatisticKind | None = None,
    label: Text = NOTHING,
    scale: ScaleNeeded = "amount",
    unit: str = "",
    of_people: bool = False,
    is_total: bool = False,
    of_sums: bool = False,
    of_squares: bool = False,
    tail: float = 0.0,
    poverty_line: bool = False,
    parts: Literal["", "poverty", "entropy"] = "",
    bands: BandedForm = "",
    label_options: Sequence[str] = (),
    category: CategoryForm = "",
    most_decimals: int | None = None,
    sampled: Literal["", "persons", "accounts"] = "",
    rules: Sequence[str] | Mapping[str, str] | None = None,
    expansion: Expansion | None = None,
    rows_of: RowsOf | None = None,
    needs: Needs | None = None,
    vectors: Sequence[str] = (),
) -> Callable[[Callable[Concatenate[Totals, P], Linearised]], StatisticFunction[P]]:
    """Make a statistic of a function from totals and row expressions to `Linearised`.

    The first parameter of the function is the totals. Its parameters without default that are
    annotated `ColumnOrExpression`, or not annotated, are columns or expressions on the rows, and so
    are all those that `*items` collects; the others are options. An option whose type contains
    `Expression` may name a column.

    Parameters
    ----------
    kind : {"share", "amount", "index", "count", "ratio"}
        Kind of statistic. Shares are printed as percentages, and those of two surveys are not
        divided; an index has no unit; a ratio is in the units of its two variables.
    label : Text
        Name in titles, headers and rows, in French and in English; by default the name of the
        function.
    scale : {"any", "order", "scores", "amount"}
        Required level of measurement, if the codebook labels all answers of a variable: any codes;
        ordered codes; ordered codes used as equally spaced scores, which is printed; or, by
        default, amounts only.
    unit : str
        Its unit, if not that of its variable.
    of_people : bool
        Whether it is a share of people, with an exact interval at 0 and 1.
    is_total : bool
        Whether it is a sum over the population.
    of_sums : bool
        Whether it is a sum of amounts, or such a sum divided by people or by another sum:
        disclosure control then checks the largest contributors, and for other statistics of
        amounts, the respondents furthest from the mean.
    of_squares : bool
        Whether it is a mean of squared amounts: disclosure control then checks the largest
        contributors to the sum of their fourth powers.
    tail : float
        Share of people with the largest amounts that it sums over, if not everybody: disclosure
        control then checks the largest contributors.
    poverty_line : bool
        Whether it has the options `fraction` (of the median), `threshold`, `threshold_on` of a
        poverty line.
    parts : {"", "poverty", "entropy"}
        How `decompose` splits it between groups.
    bands : {"", "mean", "quantile", "gini", "threshold", "rate", "ends"}
        How it is computed for a variable known only by band (see `BandedForm`): `ends` for any
        statistic that never decreases with an amount, which is computed at both ends and on imputed
        amounts.
    label_options : sequence of str
        Options whose values are the category of its row, as the order of a quantile. Any other
        option on which two rows of one result differ is written in their categories too.
    category : str
        How the category is written (see `CategoryForm`).
    most_decimals : int, optional
        Largest number of decimals printed.
    sampled : {"", "persons", "accounts"}
        What was sampled, of a mean number of accounts per person.
    rules : sequence of str, or mapping of str to str, optional
        Options printed under the result, or the rule that each is; all but label options by
        default.
    expansion, rows_of, needs : callable, optional
        As in `Statistic`.
    vectors : sequence of str
        Columns and options that may be lists, which make a statistic for each value.

    Returns
    -------
    callable
        The decorator. The decorated function called with columns returns a `Statistic`;
        `.on(totals, ...)` computes inside another statistic.

    Raises
    ------
    OptionError
        Where the kind is missing, an option is not one of the function, or a type cannot be read.

    Examples
    --------
    >>> @statistic(kind="amount")
    ... def total_twice(totals, y):
    ...     (once,) = totals(y)
    ...     return Linearised(2 * once, y * 2.0)
    >>> total_twice("pay").name
    'total_twice'
    """
    if kind is None:
        name = getattr(function, "__name__", "")
        subject = "The statistic"
        if name:
            subject += f" `{name}`"
        asked = f"{subject} has no kind."
        found = f"It is one of: {', '.join(map(repr, get_args(StatisticKind)))}."
        raise OptionError(
            asked, found, "Write for example `@statistic(kind='index')` above its definition."
        )
    check_one_of("kind", kind, StatisticKind)
    check_one_of("scale", scale, ScaleNeeded)
    check_one_of("bands", bands, BandedForm)
    expands = expansion is not None
    description = StatisticDescription(
        kind=kind, label=label, scale=scale, unit=unit, of_people=of_people,
        every_category=expands, shared_base=expands, is_total=is_total, of_sums=of_sums,
        of_squares=of_squares, tail=tail, poverty_line=poverty_line, parts=parts, bands=bands,
        category=category, most_decimals=most_decimals, sampled=sampled,
        label_options=tuple(label_options),
    )  # fmt: skip
    return lambda decorated: StatisticFunction(
        decorated, description, rules, expansion, rows_of, needs, vectors
    )
