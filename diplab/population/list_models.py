"""Tables of overlapping lists, the bracket notation of models, and one log-linear model fitted to a table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy.special import ndtr

from diplab.checks import argument, check_one_of
from diplab.errors import ColumnError, EmptyDomainError, MisleadingError, OptionError, suggestion
from diplab.population.kernel.abundance import Abundance, chao_lists, lognormal_interval, normal_interval
from diplab.population.kernel.hierarchical import (
    HETEROGENEITY,
    ListModel,
    closure,
    coefficient_limits,
    fit_on_support,
    generators,
    members,
    unseen_row,
)
from diplab.population.kernel.loglinear import multinomial_profile, unseen_size
from diplab.population.sizes import bound_flag, join_flags, known_size, no_size, size
from diplab.population.tables import LIST, read_marks
from diplab.results.sizes import ModelFit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import narwhals as nw
    import pandas as pd
    from numpy.typing import NDArray

    from diplab.population.kernel.hierarchical import Support, SupportCache
    from diplab.population.kernel.loglinear import LogLinearFit
    from diplab.results.provenance import Provenance


MOST_LISTS = 12
MOST_PERSONS = 1e10


DIGITS = 9
LOG_LINEAR = "log_linear"
Interval = Literal["profile", "log-normal", "normal"]


@dataclass(frozen=True, eq=False)
class ListTable:
    """Persons by the set of lists they are on."""

    names: tuple[str, ...]
    # persons in each cell; cell number c (from 1) is the set of lists whose bits are in c
    counts: NDArray[np.float64]
    stratum: tuple[Any, ...] = ()  # values of the columns in `by`

    @property
    def lists(self) -> int:
        """Number of lists."""
        return len(self.names)

    @property
    def seen(self) -> float:
        """Persons on one list at least."""
        return float(self.counts.sum())

    @property
    def overlapping(self) -> float:
        """Persons on two lists or more."""
        return self.seen - sum(self._alone)

    @property
    def bound(self) -> Abundance:
        """Chao's lower bound for lists."""
        twice = sum(self.counts[cell - 1] for cell in range(1, 2**self.lists) if len(members(cell)) == 2)
        return chao_lists(self._alone, float(twice), self.seen)

    @property
    def _alone(self) -> list[float]:
        return [float(self.counts[2**place - 1]) for place in range(self.lists)]


def list_tables(
    table: Any, count: str | None, columns: Sequence[str] | None = None, by: Sequence[str] = ()
) -> tuple[ListTable, ...]:
    """Return the table of the lists, one for each stratum of the columns in `by`, checked."""
    _check_columns(columns)
    by, columns = [str(name) for name in by], [str(name) for name in columns or ()]
    _check_once([*([] if count is None else [str(count)]), *by, *columns])
    read = read_marks(table, LIST, count, columns, by)
    names, persons = read.names, read.persons
    _check_number_of_lists(names)
    cells = read.marks @ (1 << np.arange(len(names)))
    table_of_all = ListTable(names, _cell_counts(cells, persons, len(names)))
    _check_people(table_of_all, float(persons[cells == 0].sum()))
    if not by:
        return (table_of_all,)
    strata, which = _read_strata(read.columns.frame, by)
    return tuple(
        ListTable(names, _cell_counts(cells[which == place], persons[which == place], len(names)), stratum)
        for place, stratum in enumerate(strata)
    )


def _check_columns(columns: Any) -> None:
    if isinstance(columns, str) or not (columns is None or hasattr(columns, "__iter__")):
        raise OptionError(
            asked=f"{argument('columns', columns)} is not a list of columns.",
            found="It names two or more columns, each of them a list of persons.",
            write='Write `columns=["police", "ngo"]`.',
        )


def _check_once(columns: list[str]) -> None:
    if len(set(columns)) < len(columns):
        twice = next(name for name in columns if columns.count(name) > 1)
        raise OptionError(
            asked=f"The column `{twice}` is named twice.",
            found="A column is a list, the number of persons or a stratum.",
            write=f"Write `{twice}` in one place of `columns=`, `count=` and `by=`.",
        )


def _check_number_of_lists(names: tuple[str, ...]) -> None:
    if len(names) < 2:
        raise OptionError(
            asked=f"There is {len(names)} list, and two are needed.",
            found="",
            write="Write two lists or more, or `single_source` for how often each person was seen.",
        )
    if len(names) > MOST_LISTS:
        raise OptionError(
            asked=f"There are {len(names)} lists, and {MOST_LISTS} are the most that are read.",
            found=f"A table of {len(names)} lists has 2^{len(names)} cells, nearly all of them empty.",
            write=f"Write at most {MOST_LISTS} in `columns=`, or join lists that serve the same people.",
        )


def _cell_counts(cells: NDArray[np.int64], persons: NDArray[np.float64], lists: int) -> NDArray[np.float64]:
    return np.bincount(cells, weights=persons, minlength=2**lists)[1:].astype(np.float64)


def _check_people(table: ListTable, on_none: float) -> None:
    if on_none:
        raise MisleadingError(
            asked=f"The table counts {on_none:,.0f} persons on no list.",
            found="Their number is what is estimated.",
            write="Write the persons on one list at least; leave out those on none.",
        )
    if table.seen > MOST_PERSONS:
        raise OptionError(
            asked=f"The lists have {table.seen:,.0f} persons, more than there are people.",
            found="The ends of an interval would lose their digits.",
            write="Write numbers of persons in the column of `count=`.",
        )
    if not table.seen:
        raise EmptyDomainError(
            asked=f"No one is on any of the {table.lists} lists.",
            found="",
            write="Write a table with the persons on each list.",
        )
    cells = np.arange(1, 2**table.lists)
    for place, name in enumerate(table.names):
        if not table.counts[cells >> place & 1 == 1].any():
            raise OptionError(
                asked=f"No one is on the list `{name}`.",
                found="",
                write=f"Write the other lists in `columns=`, without `{name}`.",
            )
    if not table.overlapping:
        raise MisleadingError(
            asked=f"No one is on two of the {table.lists} lists, of {table.seen:,.0f} persons.",
            found="They set no upper limit to the size.",
            write=f"Write that at least {table.seen:,.0f} persons exist, or match the lists again.",
        )


def _read_strata(
    frame: nw.DataFrame[Any], by: Sequence[str]
) -> tuple[list[tuple[Any, ...]], NDArray[np.intp]]:
    """Return the strata in order, and that of each row."""
    rows = list(zip(*(frame[name].to_list() for name in by), strict=True))
    for name, values in zip(by, zip(*rows, strict=True), strict=True):
        absent = sum(value is None or value != value for value in values)  # noqa: PLR0124 NaN is not itself
        if absent:
            raise ColumnError(
                asked=f"`{name}` is missing in {absent} rows.",
                found="Each person is in one stratum.",
                write=f"Write a category for them, or keep the rows where `{name}` is known.",
            )
    strata = sorted(set(rows), key=lambda row: tuple((str(type(value)), value) for value in row))
    places = {stratum: place for place, stratum in enumerate(strata)}
    return strata, np.array([places[row] for row in rows], dtype=np.intp)


def list_model(
    terms: str | Sequence[str | Sequence[str]] | None,
    names: Sequence[str],
    heterogeneity: str | None = None,
) -> ListModel:
    """Return the model that terms name."""
    _check_heterogeneity(heterogeneity, len(names))
    asked = _terms_as_names(terms, names)
    model = ListModel(len(names), closure(_term_bits(each, names) for each in asked), heterogeneity)
    for place, name in enumerate(names):
        if 1 << place not in model.terms:
            raise OptionError(
                asked=f"The list `{name}` is in none of the terms {_quoted_terms(terms)}.",
                found="Half the people would be expected on it.",
                write=f"Write `{bracket_notation(_with_every_list(model), names)}`.",
            )
    if 2 ** len(names) - 1 in model.terms:
        independent = ListModel(len(names), closure(1 << place for place in range(len(names))))
        raise MisleadingError(
            asked=f"The terms {_quoted_terms(terms)} join all {len(names)} lists at once.",
            found="No data identify that term.",
            write=f"Write fewer, such as `{bracket_notation(independent, names)}`.",
        )
    return model


def bracket_notation(model: ListModel, names: Sequence[str]) -> str:
    """Return a model in the bracket notation, its column of heterogeneity after it."""
    if len(names) <= DIGITS:
        each = ["".join(str(place + 1) for place in members(term)) for term in generators(model.terms)]
    else:
        each = [term_name(term, names) for term in generators(model.terms)]
    bracket = f"[{','.join(each)}]"
    return f"{bracket} {model.heterogeneity}" if model.heterogeneity else bracket


def term_name(term: int, names: Sequence[str]) -> str:
    """Return a term by the names of its lists."""
    return ":".join(names[place] for place in members(term)) if term else "intercept"


def _check_heterogeneity(heterogeneity: str | None, lists: int) -> None:
    if heterogeneity is None:
        return
    if heterogeneity == "chao":
        raise OptionError(
            asked="`heterogeneity='chao'` is not a model of lists.",
            found="It is a model of occasions.",
            write='Write `closed(table, "Mth", "chao")`, or one of: ' + ", ".join(HETEROGENEITY) + ".",
        )
    check_one_of("heterogeneity", heterogeneity, HETEROGENEITY)
    if lists == 2:
        raise MisleadingError(
            asked=f"`heterogeneity={heterogeneity!r}` was given with two lists.",
            found="Two lists give three numbers, and independence has three coefficients.",
            write="Write no `heterogeneity`, or add a third list.",
        )


def _terms_as_names(
    terms: str | Sequence[str | Sequence[str]] | None, names: Sequence[str]
) -> list[list[str]]:
    """Return terms as lists of names."""
    if terms is None:
        return [[name] for name in names]
    if not isinstance(terms, str):
        return _terms_from_names(terms)
    inside = terms.strip().removeprefix("[").removesuffix("]")
    each = [part.strip() for part in inside.split(",") if part.strip()]
    if not each:
        raise OptionError(
            asked=f"The terms {_quoted_terms(terms)} name no list.",
            found="",
            write="Write them as `[12,3]`, or leave `terms` out for independence.",
        )
    return [_names_of_part(part, names) for part in each]


def _terms_from_names(terms: Any) -> list[list[str]]:
    """Return terms given as names, one by one or several together."""
    try:
        return [[term] if isinstance(term, str) else [str(name) for name in term] for term in terms]
    except TypeError as error:
        raise OptionError(
            asked=f"The terms {_quoted_terms(terms)} are neither a text nor lists of names.",
            found="",
            write='Write them as `"[12,3]"`, or as `[("police", "ngo"), ("health",)]`.',
        ) from error


def _names_of_part(part: str, names: Sequence[str]) -> list[str]:
    if part.isdecimal() and len(names) <= DIGITS:
        return [_list_at(int(digit), names, part) for digit in part]
    return [name.strip() for name in part.split(":")]


def _list_at(place: int, names: Sequence[str], part: str) -> str:
    if not 1 <= place <= len(names):
        raise OptionError(
            asked=f"The term `{part}` names the list {place}, and there are {len(names)} lists.",
            found="",
            write=f"Write the digits 1 to {len(names)}, in the order of the columns.",
        )
    return names[place - 1]


def _term_bits(term: Iterable[str], names: Sequence[str]) -> int:
    known = {name: place for place, name in enumerate(names)}
    found = 0
    for name in term:
        if name not in known:
            raise OptionError(
                asked=f"A term names the list `{name}`, which is not in the table.",
                found="",
                write=suggestion(name, names),
            )
        found |= 1 << known[name]
    return found


def _with_every_list(model: ListModel) -> ListModel:
    return ListModel(
        model.lists,
        closure([*model.terms, *(1 << place for place in range(model.lists))]),
        model.heterogeneity,
    )


def _quoted_terms(terms: object) -> str:
    return f"`{terms}`" if isinstance(terms, str) else repr(terms)


def fit_list_model(
    model: ListModel, table: ListTable, supports: SupportCache, interval: str, confidence: float
) -> tuple[dict[str, Any], ModelFit]:
    """Return the size under one model, NaN and flagged where it is not identified, and the model as fitted."""
    x, unseen = supports.matrix(model), unseen_row(model)
    support = supports.support(model, table.counts > 0)
    fit = fit_on_support(x, support, table.counts)
    record = _model_fit(model, table, supports, support, fit)
    if not support.identified or not fit.converged:
        direction = coefficient_limits(x, support, unseen[None])[0]
        flag = "not identified" if np.isnan(direction) else "boundary"
        return no_size(LOG_LINEAR, table.seen, flag) | {"category": record.model}, record
    missed, variance = unseen_size(fit, unseen @ support.basis)
    found = Abundance(table.seen + float(missed), float(variance), table.seen)
    if interval == "profile":
        kept = table.counts[support.kept]
        profile = multinomial_profile(
            x[support.kept] @ support.basis, kept, unseen @ support.basis, confidence
        )
        ends = (profile.low, profile.high)
    else:
        ends = (lognormal_interval if interval == "log-normal" else normal_interval)(found, confidence)
    row = size(LOG_LINEAR, found, ends, _size_flag(found, model, table, record, confidence))
    return row | {"category": record.model}, record


def _size_flag(
    found: Abundance, model: ListModel, table: ListTable, record: ModelFit, confidence: float
) -> str:
    """Return the flag of a size against the lower bound, which holds where no lists repel each other."""
    flag = bound_flag(found.size, table.bound, confidence)
    joined = np.array([term.bit_count() > 1 for term in model.terms])
    estimates = record.coefficients["estimate"].to_numpy()[: len(joined)]
    flags = ["below bound, repelling lists" if flag and (estimates[joined] < 0).any() else flag]
    if model.heterogeneity and record.parameters < model.parameters:
        flags.append("heterogeneity repeated")
    return join_flags(*flags)


def record_bound(record: Provenance, rows: Iterable[Mapping[str, Any]], table: ListTable) -> Provenance:
    """Return a record with the lower bound, where a row is flagged below it."""
    if not any("below bound" in str(row["flag"]) for row in rows):
        return record
    return replace(record, rules={**record.rules, "lower_bound": f"{table.bound.size:.0f}"})


def lower_bound_row(table: ListTable, confidence: float) -> dict[str, Any]:
    """Return the lower bound of the table, offered where a model has no size."""
    bound = table.bound
    if np.isnan(bound.variance):
        return known_size("chao_lists", bound.size, flag="lower bound") | {"n": bound.seen}
    return size("chao_lists", bound, lognormal_interval(bound, confidence), "lower bound")


def record_log_normal(record: Provenance) -> Provenance:
    """Return a record that says that one more row has a log-normal interval."""
    intervals = dict.fromkeys((record.rules["interval"], "log-normal"))
    return replace(record, rules={**record.rules, "interval": ", ".join(intervals)})


def _model_fit(
    model: ListModel, table: ListTable, supports: SupportCache, support: Support, fit: LogLinearFit
) -> ModelFit:
    log_likelihood, parameters = float(fit.log_likelihood), supports.rank(model)
    return ModelFit(
        model=bracket_notation(model, table.names),
        parameters=parameters,
        deviance=max(float(fit.deviance), 0.0),
        df=float(fit.df),
        log_likelihood=log_likelihood,
        aic=-2.0 * log_likelihood + 2.0 * parameters,
        bic=-2.0 * log_likelihood + float(np.log(table.seen)) * parameters,
        coefficients=_coefficients(model, table, supports.matrix(model), support, fit),
        fitted=_fitted_cells(table, support, fit),
    )


def _coefficients(
    model: ListModel, table: ListTable, x: NDArray[np.float64], support: Support, fit: LogLinearFit
) -> pd.DataFrame:
    """Return each coefficient: finite, at minus or plus infinity, or NaN where it is not identified."""
    import pandas as pd

    each = np.eye(model.parameters)
    direction = coefficient_limits(x, support, each)
    finite = direction == 0
    estimate = np.where(finite, support.basis @ fit.coefficients, direction)
    variance = np.einsum("ij,jk,ik->i", support.basis, fit.covariance, support.basis)
    error = np.where(finite, np.sqrt(np.maximum(variance, 0.0)), np.nan)
    terms = [term_name(term, table.names) for term in model.terms]
    return pd.DataFrame(
        {
            "term": terms + ([model.heterogeneity] if model.heterogeneity else []),
            "estimate": estimate,
            "std_error": error,
            "p_value": 2.0 * ndtr(-np.abs(estimate / error)),
        }
    )


def _fitted_cells(table: ListTable, support: Support, fit: LogLinearFit) -> pd.DataFrame:
    import pandas as pd

    cells = range(1, 2**table.lists)
    expected = np.zeros(len(table.counts))
    expected[support.kept] = fit.fitted
    on = {name: [int(place in members(cell)) for cell in cells] for place, name in enumerate(table.names)}
    return pd.DataFrame(on | {"seen": table.counts, "expected": expected})
