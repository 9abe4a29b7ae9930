"""Log-linear models of overlapping lists: input, one fitted model, and sizes by stratum."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from scipy.special import ndtr

from diplab.checks import check_confidence, check_one_of
from diplab.errors import MisleadingError, OptionError, suggestion
from diplab.population import sizes
from diplab.population.kernel import hierarchical
from diplab.population.kernel.abundance import Abundance, lognormal_interval, normal_interval
from diplab.population.kernel.hierarchical import (
    HETEROGENEITY,
    ListModel,
    SupportCache,
    closure,
    members,
)
from diplab.population.kernel.loglinear import LogLinearFit, multinomial_profile, unseen_size
from diplab.population.tables import ListTable, list_tables
from diplab.results.estimates import Provenance
from diplab.results.sizes import CaptureModel, ModelFit, Sizes

DIGITS = 9
LOG_LINEAR = "log_linear"
Interval = Literal["profile", "log-normal", "normal"]


def list_model(
    terms: str | Sequence[str | Sequence[str]] | None,
    names: Sequence[str],
    heterogeneity: str | None = None,
) -> ListModel:
    """Return the model that terms name."""
    _check_heterogeneity(heterogeneity, len(names))
    asked = _terms_as_names(terms, names)
    model = ListModel(len(names), closure(_term_bits(item, names) for item in asked), heterogeneity)
    every = [1 << position for position in range(len(names))]
    for name, alone in zip(names, every, strict=True):
        if alone not in model.terms:
            complete = replace(model, terms=closure([*model.terms, *every]))
            raise OptionError(
                f"The list `{name}` is in none of the terms {_quoted_terms(terms)}.",
                "The model would put half of the people on it.",
                f"Write `{bracket_notation(complete, names)}`.",
            )
    if 2 ** len(names) - 1 in model.terms:
        independent = ListModel(len(names), closure(every))
        raise MisleadingError(
            f"The terms {_quoted_terms(terms)} join all {len(names)} lists at once.",
            "No data identify that term.",
            f"Write fewer, such as `{bracket_notation(independent, names)}`.",
        )
    return model


def capture_model(model: ListModel, names: Sequence[str]) -> CaptureModel:
    """Return a model in the bracket notation, with its heterogeneity."""
    shown, between = [str(place) for place in range(1, len(names) + 1)], ""
    if len(names) > DIGITS:
        shown, between = list(names), ":"
    generators = hierarchical.generators(model.terms)
    terms = [tuple(map(shown.__getitem__, members(term))) for term in generators]
    linked = tuple(term for term in terms if len(term) > 1)
    lists = f"[{','.join(map(between.join, terms))}]"
    return CaptureModel(lists=lists, linked=linked, heterogeneity=model.heterogeneity or "")


def bracket_notation(model: ListModel, names: Sequence[str]) -> str:
    """Return a model in the bracket notation, its column of heterogeneity after it."""
    return str(capture_model(model, names))


def term_name(term: int, names: Sequence[str]) -> str:
    """Return a term by the names of its lists."""
    return ":".join(names[place] for place in members(term)) if term else "intercept"


def _check_heterogeneity(heterogeneity: str | None, lists: int) -> None:
    if heterogeneity is None:
        return
    if heterogeneity == "chao":
        raise OptionError(
            "`heterogeneity='chao'` is not a model of lists.",
            "It is a model of occasions.",
            'Write `closed(table, "Mth", "chao")`, or one of: ' + ", ".join(HETEROGENEITY) + ".",
        )
    check_one_of("heterogeneity", heterogeneity, HETEROGENEITY)
    if lists == 2:
        raise MisleadingError(
            f"`heterogeneity={heterogeneity!r}` was given with two lists.",
            "Two lists give three numbers, and independence has three coefficients.",
            "Write no `heterogeneity`, or add a third list.",
        )


def _terms_as_names(
    terms: str | Sequence[str | Sequence[str]] | None, names: Sequence[str]
) -> list[list[str]]:
    if terms is None:
        return [[name] for name in names]
    if not isinstance(terms, str):
        try:
            return [_names_of_term(term, names) for term in terms]
        except TypeError as error:
            raise OptionError(
                f"The terms {_quoted_terms(terms)} are neither a text nor lists of names.",
                write='Write them as `"[12,3]"`, or as `[("police", "ngo"), ("health",)]`.',
            ) from error
    inside = terms.strip().removeprefix("[").removesuffix("]")
    parts = [part.strip() for part in inside.split(",") if part.strip()]
    if not parts:
        raise OptionError(
            f"The terms {_quoted_terms(terms)} name no list.",
            write="Write them as `[12,3]`, or leave `terms` out for independence.",
        )
    digits = len(names) <= DIGITS
    return [
        [_list_at(int(digit), names, part) for digit in part]
        if digits and part.isdecimal()
        else [name.strip() for name in part.split(":")]
        for part in parts
    ]


def _names_of_term(term: str | Sequence[str], names: Sequence[str]) -> list[str]:
    """Return the lists that a term joins: `("A", "E")`, or `"A:E"` as in other formulas."""
    if isinstance(term, str):
        return [term] if term in names else term.split(":")
    return list(map(str, term))


def _list_at(place: int, names: Sequence[str], part: str) -> str:
    if not 1 <= place <= len(names):
        raise OptionError(
            f"The term `{part}` names the list {place}, and there are {len(names)} lists.",
            write=f"Write the digits 1 to {len(names)}, in the order of the columns.",
        )
    return names[place - 1]


def _term_bits(term: Iterable[str], names: Sequence[str]) -> int:
    known = {name: position for position, name in enumerate(names)}
    bits = 0
    for name in term:
        if name not in known:
            raise OptionError(
                f"A term names the list `{name}`, which is not in the table.",
                write=suggestion(name, names),
            )
        bits |= 1 << known[name]
    return bits


def _quoted_terms(terms: object) -> str:
    return f"`{terms}`" if isinstance(terms, str) else repr(terms)


def fit_list_model(
    model: ListModel, table: ListTable, supports: SupportCache, interval: str, confidence: float
) -> tuple[dict[str, Any], ModelFit]:
    """Return the size under one model, NaN if not identified, and the fitted model."""
    x, unseen = supports.matrix(model), hierarchical.unseen_row(model)
    support = supports.support(model, table.counts > 0)
    fit = hierarchical.fit_on_support(x, support, table.counts)
    record = _model_fit(model, table, supports, support, fit)
    named = capture_model(model, table.names)
    if not support.identified or not fit.converged:
        direction = hierarchical.coefficient_limits(x, support, unseen[None])[0]
        flag = "not identified" if np.isnan(direction) else "boundary"
        return sizes.no_size(LOG_LINEAR, table.seen, flag) | {"category": named}, record
    missed, variance = unseen_size(fit, unseen @ support.basis)
    abundance = Abundance(table.seen + float(missed), float(variance), table.seen)
    if interval == "profile":
        kept = table.counts[support.kept]
        profile = multinomial_profile(
            x[support.kept] @ support.basis, kept, unseen @ support.basis, confidence
        )
        ends = (profile.low, profile.high)
    else:
        ends = (lognormal_interval if interval == "log-normal" else normal_interval)(
            abundance, confidence
        )
    # the lower bound holds where no lists repel each other
    flags = sizes.bound_flags(abundance.size, table.bound, confidence)
    joined = np.array([term.bit_count() > 1 for term in model.terms])
    estimates = record.coefficients["estimate"].to_numpy()[: len(joined)]
    if flags and (estimates[joined] < 0).any():
        flags = ("below bound", "repelling lists")
    if model.heterogeneity and record.parameters < model.parameters:
        flags = (*flags, "heterogeneity repeated")
    row = sizes.size(LOG_LINEAR, abundance, ends, flags)
    return row | {"category": named}, record


def record_bound(
    record: Provenance, rows: Iterable[Mapping[str, Any]], table: ListTable
) -> Provenance:
    """Return a record with the lower bound, where a row is flagged below it."""
    if not any("below bound" in row["flag"] for row in rows):
        return record
    return replace(record, rules={**record.rules, "lower_bound": f"{table.bound.size:.0f}"})


def lower_bound_row(table: ListTable, confidence: float) -> dict[str, Any]:
    """Return the lower bound of the table, offered where a model has no size."""
    bound = table.bound
    if np.isnan(bound.variance):
        return sizes.known_size("chao_lists", bound.size, flag="lower bound") | {"n": bound.seen}
    return sizes.size("chao_lists", bound, lognormal_interval(bound, confidence), "lower bound")


def _model_fit(
    model: ListModel,
    table: ListTable,
    supports: SupportCache,
    support: hierarchical.Support,
    fit: LogLinearFit,
) -> ModelFit:
    # each coefficient is finite, at minus or plus infinity, or NaN where it is not identified
    direction = hierarchical.coefficient_limits(
        supports.matrix(model), support, np.eye(model.parameters)
    )
    finite = direction == 0
    estimate = np.where(finite, support.basis @ fit.coefficients, direction)
    variance = np.einsum("ij,jk,ik->i", support.basis, fit.covariance, support.basis)
    error = np.where(finite, np.sqrt(np.maximum(variance, 0.0)), np.nan)
    terms = [term_name(term, table.names) for term in model.terms]
    coefficients = {
        "term": terms + ([model.heterogeneity] if model.heterogeneity else []),
        "estimate": estimate,
        "std_error": error,
        "p_value": 2.0 * ndtr(-np.abs(estimate / error)),
    }
    cells, expected = range(1, 2**table.lists), np.zeros(len(table.counts))
    expected[support.kept] = fit.fitted
    on = {
        name: [int(position in members(cell)) for cell in cells]
        for position, name in enumerate(table.names)
    }
    return sizes.model_fit(
        bracket_notation(model, table.names),
        table.seen,
        supports.rank(model),
        (max(float(fit.deviance), 0.0), float(fit.df), float(fit.log_likelihood)),
        coefficients,
        fitted=on | {"seen": table.counts, "expected": expected},
    )


Duplicates = Literal["undeclared", "removed"]
TOTAL = "total"
THIN = 10  # fewer persons than this on two lists or more say little about those on none


def lists(
    table: Any,
    count: str | None = None,
    terms: str | Sequence[str | Sequence[str]] | None = None,
    heterogeneity: Literal["poisson2", "darroch", "gamma3.5"] | None = None,
    interval: Interval = "profile",
    *,
    confidence: float = 0.95,
    by: str | Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    duplicates: Duplicates = "undeclared",
) -> Sizes:
    """Return the population size from overlapping lists under one log-linear model.

    Parameters
    ----------
    table : data frame, Microdata or array, shape (rows, lists)
        Columns of 0 and 1, one per list; one row per person, or one row per set of lists with
        `count`.
    count : str, optional
        The column that says how many persons a row represents.
    terms : str or sequence of sequence of str, optional
        Which lists depend on one another. `"[12,3,4]"`: lists 1 and 2 do (digits are columns, up to
        nine); by name `"[police:ngo,health]"`, `["police:ngo", "health"]` or `[("police", "ngo"),
        ("health",)]`. What a term includes comes with it. None is independence, each list on its
        own.
    heterogeneity : str, optional
        Lets persons differ in their chance of being listed: `poisson2`, `darroch` or `gamma3.5`.
    interval : str
        `profile` (multinomial likelihood, the default), `log-normal` or `normal`.
    confidence : float
        Probability of the interval.
    by : str or sequence of str, optional
        Columns that part the persons: the model is fitted in each stratum, and the last row is the
        sum.
    columns : sequence of str, optional
        The columns that are lists; all others than `count` and `by` by default.
    duplicates : str
        `removed` where one person is certainly one row; otherwise the result reports `undeclared`.

    Returns
    -------
    Sizes
        One row per model or stratum; `fits` holds coefficients and expected counts. The term of two
        lists that never overlap is at minus infinity. Where the likelihood has no finite maximum
        for those on no list, the estimate is NaN, flagged `boundary` (they run to none, or without
        limit) or `not identified`, and Chao's lower bound follows. A size under that bound is
        flagged; the bound holds where no two lists repel each other.

    Raises
    ------
    OptionError
        Where terms name no list or leave one out, or there are fewer than two lists.
    ColumnError
        Where a column is absent or holds anything else than 0 and 1.
    MisleadingError
        Where no data could identify the model, no one is on two lists, or persons on no list are
        given.

    Notes
    -----
    log E(persons on exactly a set of lists) = sum of the terms inside that set; N = n +
    exp(constant), with variance u + u^2 var(constant), u = exp(constant) (Fienberg, 1972; Rivest
    and Lévesque, 2001). The point is that of Poisson counts; the interval is of the multinomial
    likelihood (Cormack, 1992). Existence: Fienberg and Rinaldo (2012).

    Examples
    --------
    >>> import pandas as pd
    >>> from diplab import population
    >>> spina = pd.DataFrame({"hospital": [0, 0, 0, 1, 1, 1, 1], "death": [0, 1, 1, 0, 0, 1, 1]})
    >>> spina = spina.assign(school=[1, 0, 1, 0, 1, 0, 1], persons=[60, 49, 4, 247, 112, 142, 12])
    >>> population.lists(spina, "persons", "[1,23]").frame["estimate"].round(2).tolist()
    [730.93]
    """
    check_one_of("interval", interval, Interval)
    check_one_of("duplicates", duplicates, Duplicates)
    check_confidence(confidence)
    named: Any = () if by is None else by
    strata = (
        tuple(map(str, named))
        if hasattr(named, "__iter__") and not isinstance(named, str)
        else (str(named),)
    )
    tables = list_tables(table, count, columns, strata)
    names = tables[0].names
    model, supports = list_model(terms, names, heterogeneity), SupportCache()
    x = supports.matrix(model)
    # whoever is on the lists
    if not supports.support(model, np.ones(len(x), dtype=bool)).identified:
        raise MisleadingError(
            f"The model `{bracket_notation(model, names)}` is not identified.",
            f"It has {model.parameters} coefficients, and there are {len(x)} sets of lists a "
            "person can be on.",
            "Write fewer terms, or no `heterogeneity`.",
        )
    named = capture_model(model, names)
    rules: dict[str, Any] = {
        "estimator": LOG_LINEAR,
        "terms": {str(named): named},
        "interval": interval,
        "confidence": f"{confidence:g}",
        "duplicates": duplicates,
        "lists": list(names),
    }
    joined = any(term.bit_count() > 1 for term in model.terms)
    assumed = sizes.assumptions_of_lists(
        heterogeneity, "lists.dependent_by_term" if joined else "lists.independent"
    )
    record = sizes.provenance_of(
        rules, *assumed, *(["lists.strata"] if strata else []), data=[table]
    )
    if strata:
        return sizes_by_stratum(model, tables, strata, interval, confidence, record)
    row, fit = fit_list_model(model, tables[0], supports, interval, confidence)
    if not math.isnan(row["estimate"]):
        return sizes.gather_sizes([row], record_bound(record, [row], tables[0]), [fit])
    bound = lower_bound_row(tables[0], confidence)
    # only the bound has an interval, or nothing has one
    rules = {**record.rules, "interval": "none" if math.isnan(bound["ci_low"]) else "log-normal"}
    return sizes.gather_sizes([row, bound], replace(record, rules=rules), [fit, None])


def sizes_by_stratum(
    model: ListModel,
    tables: Sequence[ListTable],
    by: tuple[str, ...],
    interval: str,
    confidence: float,
    record: Provenance,
) -> Sizes:
    """Return the size of each stratum, then their sum; variances add, as strata are independent."""
    supports = SupportCache()
    rows: list[dict[str, Any]] = []
    fits: list[ModelFit | None] = []
    for table in tables:
        row, fit = (
            fit_list_model(model, table, supports, interval, confidence)
            if table.seen
            else (sizes.no_size(LOG_LINEAR, 0.0, "empty"), None)
        )
        flag = sizes.join_flags(row["flag"], table.overlapping < THIN and "thin stratum")
        rows.append(row | dict(zip(by, table.stratum, strict=True)) | {"flag": flag})
        fits.append(fit)
    seen = float(sum(row["n"] for row in rows))
    found_sizes = np.array([row["estimate"] for row in rows])
    if np.isnan(found_sizes).any():
        total = sizes.no_size(LOG_LINEAR, seen, "stratum without size")
    else:
        whole = Abundance(
            float(found_sizes.sum()), float(sum(row["std_error"] ** 2 for row in rows)), seen
        )
        thin = "thin stratum" if any("thin stratum" in row["flag"] for row in rows) else ""
        total = sizes.size(LOG_LINEAR, whole, lognormal_interval(whole, confidence), thin)
        intervals: Any = {"interval": [interval, "log-normal"]}
        record = replace(record, rules={**record.rules, **intervals})
    total |= dict.fromkeys(by, TOTAL) | {"category": capture_model(model, tables[0].names)}
    # strata are independent of one another, and not of their sum
    covariance = np.diag([row["std_error"] ** 2 for row in (*rows, total)])
    covariance[-1, :-1] = covariance[:-1, -1] = np.diag(covariance)[:-1]
    return sizes.gather_sizes([*rows, total], record, [*fits, None], covariance, by=by)
