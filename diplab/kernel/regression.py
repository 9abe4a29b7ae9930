"""Fitting a regression by Newton's method, or Fisher scoring, over blocks of rows.

Each pass reads the rows once, a block at a time, and gathers two small sums: the score X'Ws and the information X'WX.
Every likelihood here is concave in its parameters, so a step has gone too far exactly where the score at its end points
back along it; no likelihood has to be computed.

References
----------
McCullagh and Nelder (1989), *Generalized Linear Models*, section 2.5; Binder (1983) for survey weights.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from diplab.kernel.conditioning import Conditioning

__all__ = ["BLOCK", "Block", "Blocks", "Fit", "Likelihood", "fit", "inverse", "maximise", "rank_lost"]

Floats = NDArray[np.float64]
BLOCK = 1 << 13
"""Rows of a block: a few columns of it stay in the processor's cache."""

WARM_ROWS = 50_000
_CLOSE = 1e-12
_COLLINEAR = 1e-12


@dataclass(frozen=True, eq=False)
class Block:
    """Some rows of a regression.

    Parameters
    ----------
    x : array, shape (columns, rows)
        The model matrix, one line a column.
    y : array, shape (rows,)
        The answers; codes of categories for ordinal and multinomial models.
    weight : array, shape (rows,)
    place : slice
        Where they stand among all rows.
    """

    x: Floats
    y: Floats
    weight: Floats
    place: slice


class Blocks(Protocol):
    """Rows that can be read again and again, a block at a time."""

    @property
    def rows(self) -> int:
        """How many rows there are."""

    def __iter__(self) -> Iterator[Block]:
        """Yield the blocks; the arrays of one may be overwritten by the next."""

    def every(self, step: int) -> Blocks:
        """Return one row in `step`."""


class Likelihood(Protocol):
    """A model of an answer given the columns of the model matrix."""

    def score(self, block: Block, theta: Floats) -> tuple[Floats, Floats]:
        """Return the weighted sum of scores (parameters,) and of the information (parameters, parameters)."""

    def by_row(self, block: Block, theta: Floats) -> Floats:
        """Return the score of each row without its weight, shape (parameters, rows)."""

    def predictors(self, x: Floats, theta: Floats) -> Floats:
        """Return the linear predictors of each row, shape (predictors, rows)."""

    def moved(self, along: Floats, theta: Floats) -> Floats:
        """Return how these change as the model matrix moves along another."""

    def gathered(self, slopes: Floats, x: Floats, *, constants: bool) -> Floats:
        """Return sums over rows in the parameters from slopes in the predictors, (outcomes, predictors, rows).

        Without `constants`, of predictors that `moved` gives, in which those have no part.
        """

    def outcome(self, eta: Floats) -> Floats:
        """Return what is expected of each row from its predictors, shape (outcomes, rows); complex ones too."""

    def drift(self, eta: Floats, moved: Floats) -> Floats:
        """Return how that changes as the predictors move; complex ones too."""

    def restored(self, conditioning: Conditioning) -> Floats:
        """Return what takes the parameters of conditioned columns to those of the columns as they were."""


@dataclass(frozen=True, eq=False)
class Fit:
    """Where the passes ended.

    Parameters
    ----------
    theta : array, shape (parameters,)
        The estimate.
    information : array, shape (parameters, parameters)
        At the estimate.
    converged : bool
    passes : int
        Over the full data.
    direction : array, shape (parameters,)
        The last step: where a fit does not converge, the way in which it goes on for ever.
    """

    theta: Floats
    information: Floats
    converged: bool
    passes: int
    direction: Floats = field(default_factory=lambda: np.zeros(0))


def _summed(likelihood: Likelihood, blocks: Iterable[Block], theta: Floats) -> tuple[Floats, Floats]:
    gradient, information = np.zeros(theta.size), np.zeros((theta.size, theta.size))
    with np.errstate(all="ignore"):  # a step too far overflows, is seen and is taken back
        for block in blocks:
            some, square = likelihood.score(block, theta)
            gradient += some
            information += square
    return gradient, (information + information.T) / 2


def _scaled(information: Floats) -> tuple[Floats, Floats]:
    """Return the information with ones on its diagonal, and what it was divided by."""
    size = np.sqrt(np.maximum(np.diag(information), 0.0))
    size = np.where(size > 0, size, 1.0)
    return information / np.outer(size, size), size


def rank_lost(information: Floats) -> tuple[int, Floats] | None:
    """Return the first column that those before it make up, and its coefficients on them; None where none is.

    Examples
    --------
    >>> x = np.array([[1.0, 1.0, 1.0], [1.0, 2.0, 3.0], [3.0, 5.0, 7.0]])
    >>> place, coefficients = rank_lost(x @ x.T)
    >>> place, coefficients.round(6)
    (2, array([1., 2.]))
    """
    scaled, size = _scaled(information)
    lower = np.zeros_like(scaled)
    for place in range(len(scaled)):
        row = np.zeros(place)
        for before in range(place):
            row[before] = (scaled[place, before] - row[:before] @ lower[before, :before]) / lower[
                before, before
            ]
        left = scaled[place, place] - row @ row
        if not left > _COLLINEAR:
            own = np.linalg.solve(lower[:place, :place].T, row)
            return place, np.asarray(own * size[place] / size[:place], dtype=float)
        lower[place, :place], lower[place, place] = row, np.sqrt(left)
    return None


def solve(information: Floats, gradient: Floats) -> Floats | None:
    """Return the Newton step; None where the information is singular to working precision."""
    if not (np.isfinite(information).all() and np.isfinite(gradient).all()):
        return None
    scaled, size = _scaled(information)
    try:
        np.linalg.cholesky(scaled)
        found: Floats = np.linalg.solve(scaled, gradient / size) / size
    except np.linalg.LinAlgError:
        return None
    return found


def inverse(information: Floats) -> Floats:
    """Return the inverse of the information, whatever the units of the columns."""
    scaled, size = _scaled(information)
    found: Floats = np.linalg.inv(scaled) / np.outer(size, size)
    return found


def maximise(likelihood: Likelihood, blocks: Blocks, start: Floats, most: int = 40) -> Fit:
    """Climb to the maximum of a concave likelihood.

    Parameters
    ----------
    likelihood : Likelihood
    blocks : Blocks
    start : array, shape (parameters,)
    most : int
        Passes before giving up; ten times as many while steps still shorten by a tenth each. Without the canonical
        link the steps of Fisher shorten by a constant share, which in a small sample may be a small one.

    Returns
    -------
    Fit
        `converged` once a step moves the linear predictor by less than 1e-12 of its size. Both are measured by the
        information at the start: near a limit at infinity the information fades, and steps would seem short.
    """
    theta = start
    gradient, information = _summed(likelihood, blocks, theta)
    metric, direction = information, np.zeros(theta.size)
    passes, before, reference, shortens = 1, np.inf, 0.0, False
    while passes < (10 * most if shortens else most):
        step = solve(information, gradient)
        if step is None:
            break
        direction = step
        moved = float(np.sqrt(max(float(step @ metric @ step), 0.0)))
        reference = max(reference, moved if passes == 1 else 0.0, float(np.sqrt(theta @ metric @ theta)))
        # what is left below a millionth and no longer falls is rounding; and in a large file a pass is not spent on
        # an error that, falling no faster than so far, is already below that limit once this step is taken
        rounding = moved < 1e-6 * reference and moved > 0.9 * before
        falls = moved / before if np.isfinite(before) and blocks.rows > 2 * WARM_ROWS else 1.0
        if moved * min(falls, 1.0) <= _CLOSE * reference or rounding:
            return Fit(theta + step, information, converged=True, passes=passes, direction=direction)
        theta, gradient, information, used = _stepped(likelihood, blocks, theta, step, float(gradient @ step))
        passes, before, shortens = passes + used, moved, moved <= 0.9 * before
    return Fit(theta, information, converged=False, passes=passes, direction=direction)


def _stepped(
    likelihood: Likelihood, blocks: Blocks, theta: Floats, step: Floats, climb: float
) -> tuple[Floats, Floats, Floats, int]:
    """Take a step, halved until the score at its end does not point back by as much as it pointed forward."""
    share, passes = 1.0, 0
    while True:
        tried = theta + share * step
        gradient, information = _summed(likelihood, blocks, tried)
        passes += 1
        along = float(gradient @ step)
        if (np.isfinite(along) and along >= -0.9 * climb) or share < 1e-6:
            return tried, gradient, information, passes
        share /= 2


def fit(likelihood: Likelihood, blocks: Blocks, start: Floats) -> Fit:
    """Fit on one row in many first, where there are many, then on all from there.

    Parameters
    ----------
    likelihood : Likelihood
    blocks : Blocks
    start : array, shape (parameters,)
    """
    step = blocks.rows // WARM_ROWS
    if step >= 4:
        some = maximise(likelihood, blocks.every(step), start)
        if some.converged:
            start = some.theta
    return maximise(likelihood, blocks, start)
