"""The size behind overlapping lists under one log-linear model, by stratum too."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from diplab.checks import check_confidence, check_one_of
from diplab.errors import MisleadingError
from diplab.population.assumptions import assumptions_of_list_model, base
from diplab.population.kernel.abundance import Abundance, lognormal_interval
from diplab.population.kernel.hierarchical import SupportCache
from diplab.population.list_models import (
    LOG_LINEAR,
    Interval,
    bracket_notation,
    fit_list_model,
    list_model,
    list_tables,
    lower_bound_row,
    record_bound,
    record_log_normal,
)
from diplab.population.sizes import add_data_sources, gather_sizes, join_flags, no_size, size
from diplab.results.estimates import COLUMNS
from diplab.results.provenance import Provenance
from diplab.results.sizes import ModelFit, Sizes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from diplab.population.kernel.hierarchical import ListModel
    from diplab.population.list_models import ListTable


Duplicates = Literal["undeclared", "removed"]


TOTAL = "total"
THIN = 10
"""Fewer persons than this on two lists or more say little about those on none."""


def lists(
    table: Any,
    count: str | None = None,
    terms: str | Sequence[str | Sequence[str]] | None = None,
    heterogeneity: Literal["poisson2", "darroch", "gamma3.5"] | None = None,
    interval: Interval = "profile",
    confidence: float = 0.95,
    *,
    by: str | Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    duplicates: Duplicates = "undeclared",
) -> Sizes:
    """Return how many people there are, from overlapping lists, under one log-linear model of who is on which.

    Parameters
    ----------
    table : data frame, Microdata or array, shape (rows, lists)
        Columns of 0 and 1, one a list; one row a person, or one row a set of lists with `count`.
    count : str, optional
        The column that says how many persons a row represents.
    terms : str or sequence of sequence of str, optional
        Which lists depend on one another. `"[12,3,4]"`: lists 1 and 2 do (digits are columns, up to nine);
        `"[police:ngo,health]"` or `[("police", "ngo"), ("health",)]` by name. What a term includes comes with it.
        None is independence, each list on its own.
    heterogeneity : str, optional
        Lets persons differ in their chance of being listed: `poisson2`, `darroch` or `gamma3.5`.
    interval : str
        `profile` (multinomial likelihood, the default), `log-normal` or `normal`.
    confidence : float
        Probability of the interval.
    by : str or sequence of str, optional
        Columns that part the persons: the model is fitted in each stratum, and the last row is the sum.
    columns : sequence of str, optional
        The columns that are lists; all others than `count` and `by` by default.
    duplicates : str
        `removed` where one person is one row for sure; else `undeclared` is said beside the result.

    Returns
    -------
    Sizes
        One row a model or stratum; `fits` holds coefficients and expected counts. A list pair that never overlaps puts
        its term at minus infinity. Where the likelihood has no finite maximum for those on no list, the estimate is
        NaN, flagged `boundary` (they run to none, or without limit) or `not identified`, and Chao's lower bound
        follows. A size under that bound is flagged; the bound holds where no two lists repel each other.

    Raises
    ------
    OptionError
        Where terms name no list or leave one out, or there are fewer than two lists.
    ColumnError
        Where a column is absent or holds anything else than 0 and 1.
    MisleadingError
        Where no data could identify the model, no one is on two lists, or persons on no list are given.

    Notes
    -----
    log E(persons on exactly a set of lists) = sum of the terms inside that set; N = n + exp(constant), with variance
    u + u^2 var(constant), u = exp(constant) (Fienberg, 1972; Rivest and Lévesque, 2001). The point is that of Poisson
    counts; the interval is of the multinomial likelihood (Cormack, 1992). Existence: Fienberg and Rinaldo (2012).

    Examples
    --------
    >>> import pandas as pd
    >>> from diplab import population
    >>> spina = pd.DataFrame(
    ...     {
    ...         "hospital": [0, 0, 0, 1, 1, 1, 1],
    ...         "death": [0, 1, 1, 0, 0, 1, 1],
    ...         "school": [1, 0, 1, 0, 1, 0, 1],
    ...         "persons": [60, 49, 4, 247, 112, 142, 12],
    ...     }
    ... )
    >>> population.lists(spina, "persons", "[1,23]").frame["estimate"].round(2).tolist()
    [730.93]
    """
    check_one_of("interval", interval, Interval)
    check_one_of("duplicates", duplicates, Duplicates)
    check_confidence(confidence)
    columns_of_strata: Any = () if by is None else by
    several = hasattr(columns_of_strata, "__iter__") and not isinstance(columns_of_strata, str)
    strata = tuple(str(name) for name in (columns_of_strata if several else (columns_of_strata,)))
    tables = list_tables(table, count, columns, strata)
    names = tables[0].names
    model, supports = list_model(terms, names, heterogeneity), SupportCache()
    _check_identified(model, names, supports)
    record = add_data_sources(
        _provenance(model, names, interval, confidence, duplicates, bool(strata)), table
    )
    if strata:
        return sizes_by_stratum(model, tables, strata, interval, confidence, record)
    row, fit = fit_list_model(model, tables[0], supports, interval, confidence)
    if not math.isnan(row["estimate"]):
        return gather_sizes([row], record_bound(record, [row], tables[0]), [fit])
    bound = lower_bound_row(tables[0], confidence)
    return gather_sizes([row, bound], _record_bound_interval(record, bound), [fit, None])


def _record_bound_interval(record: Provenance, bound: dict[str, Any]) -> Provenance:
    """Return the record where only the bound has an interval, or nothing has one."""
    interval = "none" if math.isnan(bound["ci_low"]) else "log-normal"
    return replace(record, rules={**record.rules, "interval": interval})


def _check_identified(model: ListModel, names: Sequence[str], supports: SupportCache) -> None:
    """Refuse a model whose persons on no list could not be identified, whoever is on the lists."""
    x = supports.matrix(model)
    if supports.support(model, np.ones(len(x), dtype=bool)).identified:
        return
    raise MisleadingError(
        asked=f"The model `{bracket_notation(model, names)}` is not identified.",
        found=f"It has {model.parameters} coefficients, and there are {len(x)} sets of lists a person can be on.",
        write="Write fewer terms, or no `heterogeneity`.",
    )


def _provenance(
    model: ListModel, names: Sequence[str], interval: str, confidence: float, duplicates: str, strata: bool
) -> Provenance:
    return Provenance(
        rules={
            "estimator": LOG_LINEAR,
            "terms": bracket_notation(model, names),
            "interval": interval,
            "confidence": f"{confidence:g}",
            "duplicates": duplicates,
            "lists": ", ".join(names),
        },
        base=base(),
        assumptions=assumptions_of_list_model(model, strata),
    )


def sizes_by_stratum(
    model: ListModel,
    tables: Sequence[ListTable],
    by: tuple[str, ...],
    interval: str,
    confidence: float,
    record: Provenance,
) -> Sizes:
    """Return the size of each stratum, then their sum.

    The sum has the sum of the variances, strata being independent. A stratum with fewer than ten persons on two lists
    or more is flagged `thin stratum`; one without a size leaves the sum without one too.
    """
    supports = SupportCache()
    rows: list[dict[str, Any]] = []
    fits: list[ModelFit | None] = []
    for table in tables:
        row, fit = (
            fit_list_model(model, table, supports, interval, confidence)
            if table.seen
            else (no_size(LOG_LINEAR, 0.0, "empty"), None)
        )
        thin = "thin stratum" if table.overlapping < THIN else ""
        flag = join_flags(row["flag"], thin)
        rows.append(row | dict(zip(by, table.stratum, strict=True)) | {"flag": flag})
        fits.append(fit)
    total = (
        _sum_of_strata(rows, confidence)
        | dict.fromkeys(by, TOTAL)
        | {"category": bracket_notation(model, tables[0].names)}
    )
    summed = record if math.isnan(total["estimate"]) else record_log_normal(record)
    return _stratified_sizes([*rows, total], by, [*fits, None], summed)


def _sum_of_strata(rows: Sequence[dict[str, Any]], confidence: float) -> dict[str, Any]:
    seen = float(sum(row["n"] for row in rows))
    sizes = np.array([row["estimate"] for row in rows])
    if np.isnan(sizes).any():
        return no_size(LOG_LINEAR, seen, "stratum without size")
    total_size = Abundance(float(sizes.sum()), float(sum(row["std_error"] ** 2 for row in rows)), seen)
    thin = any("thin stratum" in row["flag"] for row in rows)
    return size(
        LOG_LINEAR, total_size, lognormal_interval(total_size, confidence), "thin stratum" if thin else ""
    )


def _stratified_sizes(
    rows: Sequence[dict[str, Any]], by: tuple[str, ...], fits: Sequence[ModelFit | None], record: Provenance
) -> Sizes:
    import pandas as pd

    frame = pd.DataFrame(rows, columns=[*COLUMNS[:3], *by, *COLUMNS[3:]])
    errors = frame["std_error"].to_numpy(dtype=float)
    return Sizes(frame, _stratum_covariance(errors), record, by=by, fits=tuple(fits))


def _stratum_covariance(errors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the covariance of strata, independent of one another, and of their sum."""
    found = np.diag(errors**2)
    found[-1, :-1] = found[:-1, -1] = errors[:-1] ** 2
    return found
