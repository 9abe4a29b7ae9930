"""Linear contrasts: weighted sums of estimates, `the young minus the average of the others`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import ColumnError, OptionError, suggestion
from diplab.inference.combination import Combination, combined, key_columns
from diplab.inference.pairwise import category_code
from diplab.microdata.variable import code_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from diplab.results.estimates import Estimates

__all__ = ["CONTRAST", "by_array", "by_coefficients", "respondents"]

CONTRAST = "contrast"
"""The column that names contrasts which are not of one domain variable."""


def by_coefficients(estimates: Estimates, wanted: Mapping[str, Mapping[Any, float]]) -> Estimates:
    """Return named contrasts, each a coefficient by domain, for every statistic of the result.

    Parameters
    ----------
    estimates : Estimates
        A result with domain variables, or without.
    wanted : mapping of str to mapping of label to float
        By name of the contrast. A label is a category of the domain variable (code or label), a tuple of them
        where there are several, and without domains a category, a variable or a statistic of the result.

    Returns
    -------
    Estimates
        By statistic, then by contrast; a statistic of which some domain is absent gives `undefined`.
    """
    _check_numbers(wanted)
    frame = estimates.frame
    if not estimates.by:
        weights = np.zeros((len(wanted), len(frame)))
        for number, coefficients in enumerate(wanted.values()):
            for label, coefficient in coefficients.items():
                weights[number, _row_of(estimates, label)] += float(coefficient)
        return by_array(estimates, weights, list(wanted))
    statistics = [name for name in key_columns(estimates) if name not in estimates.by]
    # two quantiles of one variable bear the same keys: each is contrasted with its like
    repeat = frame.groupby(key_columns(estimates), sort=False, dropna=False).cumcount()
    alike = [*(frame[name] for name in statistics), repeat]
    group = frame.groupby(alike, sort=False, dropna=False).ngroup().to_numpy()
    domain = frame[list(estimates.by)].apply(tuple, axis=1).tolist()
    place = {key: row for row, key in enumerate(zip(group.tolist(), domain, strict=True))}
    first = np.unique(group, return_index=True)[1]
    weights = np.zeros((first.size * len(wanted), len(frame)))
    absent = np.zeros(weights.shape[0], dtype=bool)
    for number, coefficients in enumerate(wanted.values()):
        for label, coefficient in coefficients.items():
            cell = _cell_of(estimates, label, set(domain))
            for each in range(first.size):
                at, row = each * len(wanted) + number, place.get((each, cell))
                absent[at] |= row is None
                if row is not None:
                    weights[at, row] += float(coefficient)
    keys = frame.iloc[np.repeat(first, len(wanted))][statistics].reset_index(drop=True)
    names = list(wanted) * first.size
    return _contrasts(estimates, keys, names, weights, absent)


def by_array(estimates: Estimates, weights: NDArray[np.float64], names: list[str] | None = None) -> Estimates:
    """Return contrasts given as an array of coefficients, whatever the rows are about.

    Parameters
    ----------
    estimates : Estimates
        Any result.
    weights : array, shape (contrasts, rows) or (rows,)
        One contrast a line.
    names : list of str, optional
        Of the contrasts; by default their numbers from 1.

    Returns
    -------
    Estimates
        What all rows of a contrast have in common stays in its columns (the statistic, the variable...).
    """
    weights = np.atleast_2d(np.asarray(weights, dtype=float))
    if weights.ndim != 2 or weights.shape[1] != len(estimates) or not np.isfinite(weights).all():
        raise OptionError(
            f"Contrasts were asked for by an array of shape {weights.shape}.",
            f"The result has {len(estimates)} rows, and each contrast needs a finite coefficient for each row.",
            f"Write an array of shape (contrasts, {len(estimates)}), in the order of the rows.",
        )
    names = names or [str(number) for number in range(1, len(weights) + 1)]
    statistics = [name for name in key_columns(estimates) if name not in estimates.by]
    shared = [[_common(estimates.frame.loc[line != 0, name]) for name in statistics] for line in weights]
    import pandas as pd

    keys = pd.DataFrame(shared, columns=statistics)
    keys["statistic"] = keys["statistic"].replace("", CONTRAST)
    return _contrasts(estimates, keys, names, weights, np.zeros(len(weights), dtype=bool))


def _contrasts(
    estimates: Estimates,
    keys: pd.DataFrame,
    names: list[str],
    weights: NDArray[np.float64],
    absent: NDArray[np.bool_],
) -> Estimates:
    column = estimates.by[0] if len(estimates.by) == 1 else CONTRAST
    keys = keys.assign(**{column: names})
    point = estimates.frame["estimate"].to_numpy(dtype=float)
    involved = weights != 0
    value = np.where(involved, weights * np.where(involved, point, 0.0), 0.0).sum(axis=1)
    value[absent] = np.nan
    found = combined(estimates, Combination(keys, value, weights, involved, respondents(estimates, involved)))
    apart = np.abs(weights.sum(axis=1)) <= 1e-9 * np.abs(weights).sum(axis=1)
    kind = "difference by coefficients" if apart.all() else "sum by coefficients"
    found = replace(found, by=(column,))
    return found.described(rules={**found.provenance.rules, "contrast": kind})


def respondents(estimates: Estimates, involved: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the respondents behind each contrast: those of a domain count once, whatever is asked of them."""
    n = estimates.frame["n"].to_numpy(dtype=float)
    if estimates.by:
        cell = estimates.frame.groupby(list(estimates.by), sort=False, dropna=False).ngroup().to_numpy()
    else:
        cell = np.zeros(len(n), dtype=np.int64)
    largest = np.zeros((len(involved), cell.max(initial=-1) + 1))
    for place, rows in enumerate(involved):
        np.maximum.at(largest[place], cell[rows], n[rows])
    counted: NDArray[np.int64] = largest.sum(axis=1).astype(np.int64)
    return counted


def _common(values: pd.Series[Any]) -> Any:
    distinct = list(dict.fromkeys(values))
    return distinct[0] if len(distinct) == 1 else ""


def _cell_of(estimates: Estimates, label: object, known: set[tuple[Any, ...]]) -> tuple[Any, ...]:
    parts = label if isinstance(label, tuple) and len(estimates.by) > 1 else (label,)
    if len(parts) != len(estimates.by):
        raise OptionError(
            f"A contrast with a coefficient for {label!r} was asked for.",
            f"The result has {len(estimates.by)} domain variables: {', '.join(estimates.by)}.",
            "Write a tuple with one category of each, in that order.",
        )
    cell = tuple(category_code(estimates, name, part) for name, part in zip(estimates.by, parts, strict=True))
    if cell not in known:
        words = [" × ".join(map(code_text, each)) for each in known]
        said = " × ".join(map(code_text, cell))
        raise ColumnError(
            f"A contrast with a coefficient for {said} was asked for.",
            f"The result has {len(words)} domains, and not that one.",
            suggestion(said, sorted(words)),
        )
    return cell


def _row_of(estimates: Estimates, label: object) -> int:
    """Return the only row that a label names: by its category, else its variable, else its statistic."""
    frame = estimates.frame
    for name in ("category", "variable", "statistic"):
        rows = np.flatnonzero([each == label for each in frame[name]])
        if rows.size == 1:
            return int(rows[0])
        if rows.size > 1:
            raise OptionError(
                f"A contrast with a coefficient for {label!r} was asked for.",
                f"{rows.size} rows of the result have that {name}.",
                f"Write an array with one coefficient for each of the {len(frame)} rows.",
            )
    words = list(
        dict.fromkeys(code_text(each) for each in [*frame["category"], *frame["variable"]] if each != "")
    )
    raise ColumnError(
        f"A contrast with a coefficient for {label!r} was asked for.",
        f"The result has {', '.join(words)}.",
        suggestion(label, words),
    )


def _check_numbers(wanted: Mapping[str, Mapping[Any, float]]) -> None:
    for name, coefficients in wanted.items():
        for label, coefficient in coefficients.items():
            if not isinstance(coefficient, int | float | np.number) or not np.isfinite(coefficient):
                raise OptionError(
                    f"The contrast `{name}` was asked for with the coefficient {coefficient!r} for {label!r}.",
                    "A coefficient is a finite number.",
                    f"Write for example `{{'{name}': {{first: 1, second: -1}}}}`.",
                )
