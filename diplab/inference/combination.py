"""Combinations of estimates: differences, ratios and linear contrasts, with a test that each is nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from diplab.errors import ColumnError
from diplab.inference.computed import standard_errors
from diplab.kernel.intervals import edge_variance, student
from diplab.kernel.p_values import t_p_value

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from diplab.results.estimates import Estimates

__all__ = ["Combination", "check_free", "combined", "compared", "key_columns", "with_edges"]

_FURTHER = ("p_value", "p_adjusted", "fmi")


@dataclass(frozen=True, eq=False)
class Combination:
    """What is made of the rows of a result, to first order a weighted sum of them.

    Parameters
    ----------
    keys : pandas.DataFrame
        What each combination is about: the columns of a result that stand before its estimates.
    value : array, shape (combinations,)
        The combination.
    weights : array, shape (combinations, rows)
        Its derivative by each row of the result.
    involved : array of bool, shape (combinations, rows)
        The rows it is made of.
    n : array of int, shape (combinations,)
        Respondents behind it.
    null : float
        What it is where there is nothing to see: 0 for a difference, 1 for a ratio.
    """

    keys: pd.DataFrame
    value: NDArray[np.float64]
    weights: NDArray[np.float64]
    involved: NDArray[np.bool_]
    n: NDArray[np.int64]
    null: float = 0.0


def key_columns(estimates: Estimates) -> list[str]:
    """Return the columns that say what a row is about: those before its estimate."""
    names = [str(name) for name in estimates.frame.columns]
    return names[: names.index("estimate")]


def compared(
    joined: Estimates,
    keys: pd.DataFrame,
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    kind: str,
) -> Combination:
    """Return the difference or the ratio of pairs of rows.

    Parameters
    ----------
    joined : Estimates
        All rows.
    keys : pandas.DataFrame
        What each pair is about.
    left, right : array of int, shape (pairs,)
        Rows of the first and of the second of each pair.
    kind : {"difference", "ratio"}
    """
    point = joined.frame["estimate"].to_numpy(dtype=float)
    n = joined.frame["n"].to_numpy()
    a, b = point[left], point[right]
    rows = np.arange(left.size)
    weights = np.zeros((left.size, point.size))
    involved = np.zeros(weights.shape, dtype=bool)
    involved[rows, left] = involved[rows, right] = True
    with np.errstate(divide="ignore", invalid="ignore"):
        value = a - b if kind == "difference" else np.where(b == 0, np.nan, a / b)
        weights[rows, left] += 1.0 if kind == "difference" else 1.0 / b
        weights[rows, right] -= 1.0 if kind == "difference" else value / b
    return Combination(keys, value, weights, involved, n[left] + n[right], float(kind == "ratio"))


def combined(joined: Estimates, made: Combination) -> Estimates:
    """Return combinations as estimates, with their covariance and a t test of each against its null value.

    Variance c'Vc for weights c and covariance V of the rows; t = (value - null) / standard error, on the smallest
    degrees of freedom of the rows involved.

    Parameters
    ----------
    joined : Estimates
        The rows.
    made : Combination
        What is made of them.

    Returns
    -------
    Estimates
        With the column `p_value` after the measures: NaN where there is no standard error.
    """
    check_free(made.keys)
    # an undefined combination is blanked below; a row without variance counts only where it is involved
    weights = np.where(np.isfinite(made.weights), made.weights, 0.0)
    every = with_edges(joined)
    covariance = weights @ np.nan_to_num(every, nan=0.0) @ weights.T
    lost = np.isnan(made.value)
    blank = lost | (made.involved & np.isnan(np.diag(every))).any(axis=1)
    covariance[blank, :] = np.nan
    covariance[:, blank] = np.nan
    # as if all rows moved together in the worst way
    worst = np.abs(weights) @ np.sqrt(np.maximum(np.nan_to_num(np.diag(every), nan=0.0), 0.0))
    std_error = standard_errors(covariance, worst)
    df = np.where(made.involved, joined.frame["df"].to_numpy(dtype=float), np.inf).min(axis=1)
    confidence = joined.provenance.confidence
    half = student(confidence, df) * std_error
    with np.errstate(divide="ignore", invalid="ignore"):
        cv = np.where(made.value == 0, np.nan, std_error / np.abs(made.value))
        t = np.where(std_error > 0, (made.value - made.null) / std_error, np.nan)
    flags = _flags(joined, made)
    flags[np.isnan(std_error) & ~blank & (flags == "")] = "no variance"
    measured = made.keys.assign(
        estimate=made.value, std_error=std_error, ci_low=made.value - half, ci_high=made.value + half, cv=cv,
        deff=np.nan, df=df, n=made.n, flag=flags, p_value=t_p_value(t, df),
    )  # fmt: skip
    # whatever interval the rows have, that of a combination is symmetric
    rules = {name: rule for name, rule in joined.provenance.rules.items() if name != "interval"}
    if (made.involved & _at_edge(joined)).any():
        rules["edge_shares"] = "exact"
    return replace(joined, frame=measured, covariance=covariance).described(rules=rules)


def with_edges(estimates: Estimates) -> NDArray[np.float64]:
    """Return the covariance of a result for a comparison: a share of 0 or 1 is not known without error.

    It has the variance that its exact interval recovers, where its standard error is zero.
    """
    edge = _at_edge(estimates)
    if not edge.any():
        return estimates.covariance
    frame, every = estimates.frame, estimates.covariance.copy()
    point, n, df = (frame[name].to_numpy(dtype=float)[edge] for name in ("estimate", "n", "df"))
    confidence = estimates.provenance.confidence
    every[edge, edge] = edge_variance(point, n, df, confidence)
    return every


def _at_edge(estimates: Estimates) -> NDArray[np.bool_]:
    frame = estimates.frame
    point = frame["estimate"].to_numpy(dtype=float)
    still = np.diag(estimates.covariance) == 0
    counted = frame["n"].to_numpy() > 0
    found: NDArray[np.bool_] = (
        estimates.rows_described(of_people=True) & still & counted & ((point == 0) | (point == 1))
    )
    return found


def check_free(keys: pd.DataFrame) -> None:
    """Refuse a domain variable that bears the name of a column which a result is about to get."""
    for name in _FURTHER:
        if name in keys:
            raise ColumnError(
                f"`{name}` was asked for as a domain variable.",
                f"The result has a column of that name ({', '.join(_FURTHER)} stand after the measures).",
                f"Rename it in the data, for example `{name}_`.",
            )


def _flags(joined: Estimates, made: Combination) -> NDArray[np.object_]:
    """Return the remark on each combination: why it is not defined, or what is said of its rows."""
    of_rows = joined.frame["flag"].to_numpy(dtype=object)
    flags = np.full(made.value.size, "", dtype=object)
    for flag in dict.fromkeys(each for each in of_rows if each):
        said = (made.involved & (of_rows == flag)).any(axis=1)
        flags[said] = [f"{before}, {flag}" if before else flag for before in flags[said]]
    flags[np.isnan(made.value)] = "undefined"
    flags[(made.involved & (joined.frame["n"].to_numpy() == 0)).any(axis=1)] = "empty"
    return flags
