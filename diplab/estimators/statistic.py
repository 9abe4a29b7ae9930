"""What a statistic is: a point and a linearised variable (Deville 1999), from weighted totals and nothing else.

The linearised variable of an estimator is the row expression z whose total has, to first order, the same sampling
error as the estimator. The design turns the totals of z by sampling unit into a variance; neither knows the other.

A new indicator is a function decorated with `statistic`:

>>> from diplab.estimators.statistic import Linearised, statistic
>>> @statistic
... def odds(totals, yes, no):
...     a, b = totals(yes, no)
...     return Linearised(a / b, (yes - no * (a / b)) / b)
>>> odds("works", "rests").variable
'works, rests'
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

from diplab.errors import ConditionError
from diplab.estimators.banded import Banded, check_answered, only_estimated
from diplab.estimators.bound_statistic import Bound
from diplab.estimators.misplaced_data import holds_data, misplaced
from diplab.kernel.intervals import Precision, wald
from diplab.sampling.condition import parse
from diplab.sampling.expression import Expression, reads_rows
from diplab.sampling.sample import Sample

if TYPE_CHECKING:
    from diplab.reference.text import Text
    from diplab.sampling.totals import Totals

__all__ = ["Bounds", "Linearised", "Statistic", "statistic", "symmetric"]

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Bounds:
    """An interval by domain, and a standard error of its own where the statistic has one.

    Parameters
    ----------
    low, high : array, shape (domains,)
    std_error : array or None
        None keeps that of the linearised variable.
    """

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
        What the estimate also owes to people outside the domain: a coefficient by domain and an expression on the
        whole universe (a rate under a national line depends on everybody's median).
    interval : callable
        From the point and its spread to `Bounds`; point -/+ t standard errors by default.
    replicated : callable or None
        From totals to what replicate weights are to vary, where that is not the point itself (the interval of a
        quantile rests on the distribution function at the quantile). It has the sign of the variable.
    assumptions : tuple of Text
        What must be true for the number to be right, beyond the sample.
    counted : array of int, shape (domains,), or None
        Respondents that the point rests on, where these are not all who answered.
    undecided : int
        Rows that were left out since their answers do not decide.
    steps : bool
        Whether its variable sums to zero but for the steps of a quantile, or the line of others: in a domain of one
        primary unit, what these leave is no error.

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
    counted: NDArray[np.int64] | None = None
    undecided: int = 0
    steps: bool = False


Needs: TypeAlias = Callable[[tuple[Expression, ...]], tuple[Expression, ...]]
Expansion: TypeAlias = Callable[[Sample, tuple[Expression, ...]], list[tuple[object, tuple[Expression, ...]]]]
RowsOf: TypeAlias = Callable[[Mapping[str, Any]], "list[tuple[object, Mapping[str, Any]]]"]


@dataclass(frozen=True, eq=False)
class Statistic:
    """A statistic waiting for a sample, as `mean("income")`.

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
    expansion : callable or None
        For statistics of every category of a variable: the categories and their conditions.
    rows_of : callable or None
        For statistics of several rows, as the points of a curve: from the options to the category and options of each.
    columns_of_options : tuple of str
        Options that may name a column, as the line of each household.
    needs : callable or None
        From columns to what a row must have an answer to, where that is less than all.

    Examples
    --------
    >>> import diplab as dl
    >>> dl.mean("income").variable
    'income'
    """

    name: str
    written: tuple[Any, ...]
    options: Mapping[str, Any]
    function: Callable[..., Linearised] = field(repr=False)
    expansion: Expansion | None = field(default=None, repr=False)
    rows_of: RowsOf | None = field(default=None, repr=False)
    columns_of_options: tuple[str, ...] = ()
    needs: Needs | None = field(default=None, repr=False)

    @property
    def banded(self) -> Banded | None:
        """What it is about where that is known only by band."""
        return next((each for each in self.written if isinstance(each, Banded)), None)

    @property
    def variable(self) -> str:
        """The columns it is about, as written."""
        return (" / " if self.name == "ratio" else ", ").join(str(each) for each in self.written)

    def bind(self, sample: Sample) -> list[Bound]:
        """Read the columns on a sample; one bound statistic, or one a category."""
        if self.banded is not None:
            raise only_estimated(self.name, self.variable)
        arguments = tuple(
            parse(each, sample.names, sample.codebook, f"the variable of `{self.name}`")
            for each in self.written
        )
        if arguments and not any(map(reads_rows, arguments)):
            raise ConditionError(
                f"`{self.variable}` was asked for as the variable of `{self.name}`.",
                "It reads no column, and so is the same for everybody.",
                "Write the name of a column, or an expression on columns.",
            )
        options = {
            name: parse(value, sample.names, sample.codebook, f"`{name}` of `{self.name}`")
            if name in self.columns_of_options and isinstance(value, str)
            else value
            for name, value in self.options.items()
        }
        # what tells two of them apart: the share of a quantile or of the top, the order of a poverty index, a bound
        # from none
        told = (self.options.get(name, "drop") for name in ("p", "share", "order", "undecided"))
        one = next((each for each in told if each != "drop"), "")
        expanded = self.expansion(sample, arguments) if self.expansion else [(one, arguments)]
        needed = self.needs(arguments) if self.needs else None
        return [
            Bound(self.name, self.variable, category, each, own, self.function, needed)
            for one, each in expanded
            for category, own in (self.rows_of(options) if self.rows_of else [(one, options)])
        ]


class StatisticFunction:
    """A decorated statistic: called by the user it waits for a sample, `.on(totals, ...)` computes."""

    def __init__(
        self,
        function: Callable[..., Linearised],
        expansion: Expansion | None,
        rows_of: RowsOf | None,
        needs: Needs | None = None,
    ) -> None:
        update_wrapper(self, function)
        self.name, self.on = function.__name__, function
        self.expansion, self.rows_of, self.needs = expansion, rows_of, needs
        signature = inspect.signature(function)
        self.__signature__ = signature.replace(
            parameters=list(signature.parameters.values())[1:], return_annotation="Statistic"
        )

    def __call__(self, *arguments: Any, **options: Any) -> Statistic:
        if arguments and holds_data(arguments[0]):
            raise misplaced(self.__name__, self.__signature__, arguments, options)  # type: ignore[attr-defined]
        given = self.__signature__.bind(*arguments, **options)
        given.apply_defaults()
        parameters = self.__signature__.parameters
        # a parameter without default is on the rows, unless its annotation says that it is a number
        rows = [
            name
            for name, parameter in parameters.items()
            if parameter.default is parameter.empty
            and str(parameter.annotation) not in ("float", "<class 'float'>", "int", "<class 'int'>")
        ]
        written = tuple(
            each
            for name in rows
            for each in (
                given.arguments[name]
                if parameters[name].kind is inspect.Parameter.VAR_POSITIONAL
                else (given.arguments[name],)
            )
        )
        if any(isinstance(each, Banded) for each in written):
            check_answered(self.__name__)  # type: ignore[attr-defined]
        kept = {name: value for name, value in given.arguments.items() if name not in rows}
        may_be_columns = tuple(name for name in kept if "Expression" in str(parameters[name].annotation))
        return Statistic(
            *(self.name, written, kept, self.on, self.expansion, self.rows_of, may_be_columns, self.needs)
        )


@overload
def statistic(function: Callable[..., Linearised]) -> StatisticFunction: ...


@overload
def statistic(
    *, expansion: Expansion | None = None, rows_of: RowsOf | None = None, needs: Needs | None = None
) -> Callable[[Callable[..., Linearised]], StatisticFunction]: ...


def statistic(
    function: Callable[..., Linearised] | None = None,
    *,
    expansion: Expansion | None = None,
    rows_of: RowsOf | None = None,
    needs: Needs | None = None,
) -> StatisticFunction | Callable[[Callable[..., Linearised]], StatisticFunction]:
    """Make a statistic of a function from totals and row expressions to `Linearised`.

    Parameters
    ----------
    function : callable
        Its first parameter is the totals; parameters without default are expressions on the rows (unless annotated
        `float` or `int`), and so are all those that `*items` collects; the others are options.
    expansion, rows_of : callable, optional
        For statistics of every category of a variable, and of several rows: as in `Statistic`.
    needs : callable, optional
        What a row must have an answer to, where that is less than all columns.

    Returns
    -------
    StatisticFunction
        Called with columns it returns a `Statistic`; `.on(totals, ...)` computes inside another statistic.

    Examples
    --------
    >>> @statistic
    ... def total_twice(totals, y):
    ...     (once,) = totals(y)
    ...     return Linearised(2 * once, y * 2.0)
    >>> total_twice("pay").name
    'total_twice'
    """
    if function is None:
        return lambda late: StatisticFunction(late, expansion, rows_of, needs)
    return StatisticFunction(function, expansion, rows_of, needs)
