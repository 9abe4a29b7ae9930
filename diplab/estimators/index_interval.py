"""Intervals of indices: on the scale of the index, of its logarithm or of its log-odds.

Indices of inequality are skewed in samples: symmetric intervals lie low, and may leave the range of the index. On a
transformed scale (with the standard error of the delta method) they stay within it and cover a little better; no scale
makes up for top incomes that the sample happens not to hold. A point at or outside the ends of a scale has the
symmetric interval.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import special

from diplab.errors import one_of
from diplab.estimators.statistic import Bounds, symmetric

if TYPE_CHECKING:
    from collections.abc import Callable

    from diplab.kernel.intervals import Precision

__all__ = ["index_interval"]

Floats = NDArray[np.float64]


def index_interval(name: str, index: str, scale: str) -> Callable[[Floats, Precision], Bounds]:
    """Return an interval of an index.

    Parameters
    ----------
    name : str
        `wald`, or the name of the scale.
    index : str
        Name of the statistic, for errors.
    scale : {"log", "logit"}
        That of the index: any positive number, or between 0 and 1.

    Raises
    ------
    OptionError
        Where the name is neither.
    """
    if name not in (scale, "wald"):
        raise one_of(f"`interval` of `{index}`", name, [scale, "wald"])
    return {"wald": symmetric, "log": _on_log, "logit": _on_logit}[name]


def _on_log(point: Floats, spread: Precision) -> Bounds:
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        factor = np.exp(spread.t * spread.std_error / point)
        return _where(point > 0, Bounds(point / factor, point * factor), symmetric(point, spread))


def _on_logit(point: Floats, spread: Precision) -> Bounds:
    with np.errstate(divide="ignore", invalid="ignore"):
        middle, half = special.logit(point), spread.t * spread.std_error / (point * (1 - point))
        ends = Bounds(special.expit(middle - half), special.expit(middle + half))
    return _where((point > 0) & (point < 1), ends, symmetric(point, spread))


def _where(inside: NDArray[np.bool_], ends: Bounds, otherwise: Bounds) -> Bounds:
    return Bounds(np.where(inside, ends.low, otherwise.low), np.where(inside, ends.high, otherwise.high))
