"""The size behind overlapping lists under one log-linear model."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from diplab.errors import MisleadingError, one_of
from diplab.kernel.extended_fit import Faces
from diplab.population.assumptions import BASE
from diplab.population.evidence import from_data
from diplab.population.overlapping_lists.bracket_notation import list_model, written
from diplab.population.overlapping_lists.dependence import assumptions_of_model
from diplab.population.overlapping_lists.fitted_model import (
    INTERVALS,
    LOG_LINEAR,
    bound_row,
    fitted_row,
    with_bound,
)
from diplab.population.overlapping_lists.list_table import list_tables
from diplab.population.overlapping_lists.strata import sizes_by_stratum
from diplab.population.sizes import gathered, strict_confidence
from diplab.results.provenance import Provenance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diplab.kernel.hierarchical import ListModel
    from diplab.results.sizes import Sizes

__all__ = ["DUPLICATES", "lists"]

DUPLICATES = ("undeclared", "removed")


def lists(
    table: Any,
    count: str | None = None,
    terms: str | Sequence[str | Sequence[str]] | None = None,
    heterogeneity: Literal["poisson2", "darroch", "gamma3.5"] | None = None,
    interval: Literal["profile", "log-normal", "normal"] = "profile",
    confidence: float = 0.95,
    *,
    by: str | Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    duplicates: Literal["undeclared", "removed"] = "undeclared",
) -> Sizes:
    """Return how many people stand behind overlapping lists, under one log-linear model of who is on which.

    Parameters
    ----------
    table : data frame, Microdata or array, shape (rows, lists)
        Columns of 0 and 1, one a list; one row a person, or one row a set of lists with `count`.
    count : str, optional
        The column that says how many persons a row stands for.
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
        Where no data could tell the model, nobody is on two lists, or persons on no list are given.

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
    if interval not in INTERVALS:
        raise one_of("`interval`", interval, INTERVALS)
    if duplicates not in DUPLICATES:
        raise one_of("`duplicates`", duplicates, DUPLICATES)
    strict_confidence(confidence)
    named: Any = () if by is None else by
    several = hasattr(named, "__iter__") and not isinstance(named, str)
    strata = tuple(str(name) for name in (named if several else (named,)))
    tables = list_tables(table, count, columns, strata)
    names = tables[0].names
    model, faces = list_model(terms, names, heterogeneity), Faces()
    _check_told(model, names, faces)
    record = from_data(_record(model, names, interval, confidence, duplicates, bool(strata)), table)
    if strata:
        return sizes_by_stratum(model, tables, strata, interval, confidence, record)
    row, fit = fitted_row(model, tables[0], faces, interval, confidence)
    if not math.isnan(row["estimate"]):
        return gathered([row], with_bound(record, [row], tables[0]), [fit])
    bound = bound_row(tables[0], confidence)
    return gathered([row, bound], _of_the_bound(record, bound), [fit, None])


def _of_the_bound(record: Provenance, bound: dict[str, Any]) -> Provenance:
    """Return the record where only the bound has an interval, or nothing has one."""
    said = "none" if math.isnan(bound["ci_low"]) else "log-normal"
    return replace(record, rules={**record.rules, "interval": said})


def _check_told(model: ListModel, names: Sequence[str], faces: Faces) -> None:
    """Refuse a model whose persons on no list could not be told, whoever is on the lists."""
    x = faces.matrix(model)
    if faces.of(model, np.ones(len(x), dtype=bool)).identified:
        return
    raise MisleadingError(
        asked=f"The model `{written(model, names)}` was asked for.",
        found=f"Its {model.parameters} coefficients stand against {len(x)} sets of lists, whoever is on them.",
        write="Write fewer terms, or no `heterogeneity`.",
    )


def _record(
    model: ListModel, names: Sequence[str], interval: str, confidence: float, duplicates: str, strata: bool
) -> Provenance:
    return Provenance(
        rules={
            "estimator": LOG_LINEAR,
            "terms": written(model, names),
            "interval": interval,
            "confidence": f"{confidence:g}",
            "duplicates": duplicates,
            "lists": ", ".join(names),
        },
        base=BASE,
        assumptions=assumptions_of_model(model, strata),
    )
