"""The rows of a result of a regression, from points and their covariance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.inference.covariance import blank_undefined, standard_errors
from diplab.kernel.intervals import student
from diplab.kernel.p_values import t_p_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from diplab.sampling.engines.protocol import Floats

__all__ = ["RowName", "model_frame"]

RowName = tuple[str, str, Any, Any, int]
"""Statistic, variable, category, category of the outcome, and respondents."""


def model_frame(
    names: Sequence[RowName],
    point: Floats,
    covariance: Floats,
    df: Floats,
    confidence: float,
    by: tuple[str, ...],
) -> tuple[pd.DataFrame, Floats]:
    """Return the frame of estimates, with a p-value after the measures, and their covariance.

    A variance that the design estimates below zero is none: its row and column are NaN, as its error is.

    Parameters
    ----------
    names : sequence of RowName
        What each row is about.
    point : array, shape (rows,)
    covariance : array, shape (rows, rows)
    df : array, shape (rows,)
        Degrees of freedom.
    confidence : float
    by : tuple of str
        The outcome, where rows are for its categories; nothing elsewhere.
    """
    import pandas as pd

    std_error = standard_errors(covariance, point)
    reach = student(confidence, df) * std_error
    with np.errstate(divide="ignore", invalid="ignore"):
        cv = np.where(point == 0, np.nan, std_error / np.abs(point))
        t = point / std_error
    statistic, variable, category, outcome, n = zip(*names, strict=True)
    columns: dict[str, Any] = {"statistic": statistic, "variable": variable, "category": category}
    columns |= dict.fromkeys(by, outcome)
    columns |= {
        "estimate": point,
        "std_error": std_error,
        "ci_low": point - reach,
        "ci_high": point + reach,
        "cv": cv,
        "deff": np.nan,
        "df": df,
        "n": n,
        "flag": [_flag(*each) for each in zip(n, df, std_error, strict=True)],
        "p_value": t_p_value(t, df),
    }
    return pd.DataFrame(columns), blank_undefined(covariance, np.isnan(std_error))


def _flag(n: int, df: float, std_error: float) -> str:
    if n == 1:
        return "one respondent"
    if np.isnan(std_error):
        return "no variance"
    return "" if df > 0 else "no degrees of freedom"
