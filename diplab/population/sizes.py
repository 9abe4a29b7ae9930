"""Population sizes gathered as `Estimates`: one row a size, NaN where nothing is known."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import OptionError
from diplab.results.estimates import COLUMNS
from diplab.results.sizes import ModelFit, Sizes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from diplab.kernel.abundance import Abundance
    from diplab.reference.text import Text
    from diplab.results.provenance import Provenance

__all__ = ["gathered", "known_size", "no_size", "size", "strict_confidence"]

VARIABLE = "population size"


def size(statistic: str, found: Abundance, interval: tuple[float, float], flag: str = "") -> dict[str, Any]:
    """Return the row of a size estimated with a variance."""
    error = math.sqrt(found.variance)
    return {
        **known_size(statistic, found.size, flag=flag),
        "std_error": error,
        "ci_low": interval[0],
        "ci_high": interval[1],
        "cv": error / found.size if found.size else math.nan,
        "df": math.inf,
        "n": found.seen,
    }


def known_size(statistic: str, value: float, category: str = "", flag: str = "") -> dict[str, Any]:
    """Return the row of a size without a sampling error."""
    row: dict[str, Any] = dict.fromkeys(COLUMNS, math.nan)
    return row | {
        "statistic": statistic,
        "variable": VARIABLE,
        "category": category,
        "estimate": float(value),
        "flag": flag,
    }


def no_size(statistic: str, seen: float, flag: str) -> dict[str, Any]:
    """Return the row of an estimator that has no answer on these data."""
    return {**known_size(statistic, math.nan, flag=flag), "n": seen}


def gathered(
    rows: Iterable[Mapping[str, Any]],
    provenance: Provenance,
    fits: Sequence[ModelFit | None] = (),
    details: Any = None,
    covariance: NDArray[np.float64] | None = None,
    assumed: Sequence[tuple[Text, ...]] = (),
) -> Sizes:
    """Return rows as `Sizes`, with the model behind each where one was fitted.

    Unless it is given, the covariance is known on the diagonal only and NaN elsewhere: rows of one table often
    rest on the same data, so that zero would be false.
    """
    import pandas as pd

    frame = pd.DataFrame(list(rows), columns=list(COLUMNS))
    if covariance is None:
        covariance = np.full((len(frame), len(frame)), np.nan)
        np.fill_diagonal(covariance, frame["std_error"].to_numpy(dtype=float) ** 2)
    return Sizes(frame, covariance, provenance, fits=tuple(fits), details=details, assumed=tuple(assumed))


def strict_confidence(confidence: Any) -> float:
    """Return a confidence level, refused outside ]0, 1[."""
    if not isinstance(confidence, int | float) or not 0 < confidence < 1:
        raise OptionError(
            asked=f"`confidence` was given as {confidence!r}.",
            found="It is a probability strictly between 0 and 1.",
            write="Write `confidence=0.95` for a 95% interval.",
        )
    return float(confidence)
