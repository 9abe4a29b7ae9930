"""Log-linear models of which some coefficients may not be negative, by maximum likelihood."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from diplab.kernel.loglinear import LogLinear, fit_loglinear

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Bounded", "fit_bounded"]

_ROUNDS, _FLAT = 200, 1e-9


class Bounded(NamedTuple):
    """A fit in which the columns at their bound of zero are left out.

    Parameters
    ----------
    fit : LogLinear
        Of the columns kept.
    kept : array of int
        Their positions.
    """

    fit: LogLinear
    kept: NDArray[np.intp]


def fit_bounded(
    x: NDArray[np.float64],
    counts: NDArray[np.float64],
    bounded: Sequence[int] = (),
    offset: NDArray[np.float64] | None = None,
    start: Sequence[int] = (),
    near: NDArray[np.float64] | None = None,
) -> Bounded:
    """Fit a log-linear model to one table, some coefficients being at least zero.

    Parameters
    ----------
    x : array, shape (cells, parameters)
    counts : array, shape (cells,)
    bounded : sequence of int
        Columns whose coefficient may not be negative.
    offset : array, shape (cells,), optional
        Known part of the logarithm of each expected count.
    start : sequence of int
        Bounded columns to begin with, none by default; those kept by a fit to nearly the same counts are near.

    near : array, shape (parameters,), optional
        Coefficients that may be near.

    Returns
    -------
    Bounded
        The maximum of a concave likelihood under linear bounds: the columns left out have a coefficient of zero and
        a score of at most zero (Karush, Kuhn and Tucker). A column comes in where its score is highest, and goes out
        on the way to a fit where it would turn negative (Lawson and Hanson, 1974).

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[1.0, 0.0], [1.0, 1.0]])
    >>> [fit_bounded(x, np.array(counts), (1,)).kept.tolist() for counts in ([5.0, 9.0], [9.0, 5.0])]
    [[0, 1], [0]]
    """
    free = [at for at in range(x.shape[1]) if at not in set(bounded)]
    active = list(start)
    held = np.zeros(x.shape[1])
    for _ in range(_ROUNDS):
        fit = fit_loglinear(
            x[:, free + active], counts, offset, None if near is None else near[free + active]
        )
        ahead = fit.coefficients[len(free) :]
        if (ahead < 0).any():
            active = _shortened(held, active, ahead)
            continue
        held[active] = ahead
        idle = [at for at in bounded if at not in active]
        scores = (counts - fit.fitted) @ x[:, idle]
        if not idle or scores.max() <= _FLAT * (1.0 + counts.sum()):
            break
        active = sorted([*active, idle[int(scores.argmax())]])
    return Bounded(fit, np.array(free + active))


def _shortened(held: NDArray[np.float64], active: list[int], ahead: NDArray[np.float64]) -> list[int]:
    """Return the columns still above zero where a step towards a fit first meets a bound; `held` moves there."""
    here = held[active]
    down = ahead < 0
    share = float((here[down] / (here[down] - ahead[down])).min())
    there = np.where(down & (here + share * (ahead - here) <= 1e-12), 0.0, here + share * (ahead - here))
    held[active] = there
    return [at for at, value in zip(active, there, strict=True) if value > 0]
