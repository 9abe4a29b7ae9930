"""The rows of a result of a regression, from points and their covariance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.kernel.interval import student
from diplab.kernel.tails import two_sided

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from diplab.sampling.engine import Floats

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
) -> pd.DataFrame:
    """Return the frame of estimates, with a p-value after the measures.

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

    std_error = np.sqrt(np.maximum(np.diag(covariance), 0.0))
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
        "flag": [_flag(count, float(each)) for count, each in zip(n, df, strict=True)],
        "p_value": two_sided(t, df),
    }
    return pd.DataFrame(columns)


def _flag(n: int, df: float) -> str:
    if n == 1:
        return "one respondent"
    return "no degrees of freedom" if df <= 0 else ""
