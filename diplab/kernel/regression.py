"""Fitting a regression by Newton's method, or Fisher scoring, over blocks of rows.

Each pass reads the rows once, a block at a time, and gathers two small sums: the score X'Ws and the information X'WX.
Every likelihood here is concave in its parameters, so that a step has gone too far where the score at its end points
back along it, and it ends too far off to go on from where the information along it has faded: an outcome that is rare
is all but certain one step from the constant alone, and there next to nothing tells the way back. Both show in the two
sums, and no likelihood has to be computed.

References
----------
McCullagh and Nelder (1989), *Generalized Linear Models*, section 2.5; Binder (1983) for survey weights.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from diplab.kernel.information import inverse, scaled_to_ones, solve

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from diplab.kernel.conditioning import Conditioning

__all__ = [
    "BLOCK",
    "Block",
    "Blocks",
    "Fit",
    "Likelihood",
    "bread",
    "fit",
    "maximise",
]

Floats = NDArray[np.float64]
BLOCK = 1 << 13
"""Rows of a block: a few columns of it stay in the processor's cache."""

WARM_ROWS = 50_000
_CLOSE = 1e-12
_ROUNDING, _ALIKE = 1e-6, 1e-9
_FADED = 0.1
"""Of the information in each direction, what must be left at the end of a step."""


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
        """Return the weighted sum of scores (parameters,) and of the information (parameters, parameters).

        Where answers are few or uneven, only the observed information keeps the steps of Newton from going to and fro.
        """

    def expected(self, block: Block, theta: Floats) -> Floats | None:
        """Return the information that the covariance takes, where that is another one."""

    def log_likelihood(self, block: Block, theta: Floats) -> float:
        """Return the weighted sum of the logarithms of the probabilities or densities of the answers."""

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
    shortens : bool
        Whether it gave up while steps were getting shorter by a tenth each, as on the way to an answer.
    """

    theta: Floats
    information: Floats
    converged: bool
    passes: int
    direction: Floats = field(default_factory=lambda: np.zeros(0))
    shortens: bool = False


def _summed(likelihood: Likelihood, blocks: Iterable[Block], theta: Floats) -> tuple[Floats, Floats]:
    gradient, information = np.zeros(theta.size), np.zeros((theta.size, theta.size))
    with np.errstate(all="ignore"):  # a step too far overflows, is seen and is taken back
        for block in blocks:
            some, square = likelihood.score(block, theta)
            gradient += some
            information += square
    return gradient, (information + information.T) / 2


def bread(likelihood: Likelihood, blocks: Blocks, found: Fit) -> Floats:
    """Return the inverse of the information that the covariance takes."""
    total = np.zeros_like(found.information)
    for block in blocks:
        some = likelihood.expected(block, found.theta)
        if some is None:
            return inverse(found.information)
        total += some
    return inverse((total + total.T) / 2)


def maximise(likelihood: Likelihood, blocks: Blocks, start: Floats, most: int = 40) -> Fit:
    """Climb to the maximum of a concave likelihood.

    Parameters
    ----------
    likelihood : Likelihood
    blocks : Blocks
    start : array, shape (parameters,)
    most : int
        Steps before giving up; ten times as many while they still shorten by a tenth each.

    Returns
    -------
    Fit
        `converged` once a step moves the linear predictor by less than 1e-12 of its size. Both are measured by the
        information at the start: near a limit at infinity the information fades, and steps would seem short. Nor
        may it move rows that have next to no weight.
    """
    theta = start
    gradient, information = _summed(likelihood, blocks, theta)
    metric, direction = information, np.zeros(theta.size)
    passes, steps, before, reference, shortens = 1, 0, np.inf, 0.0, False
    while steps < (10 * most if shortens else most):
        step = solve(information, gradient)
        if step is None:
            break
        direction = step
        moved = _size(step, metric)
        reference = max(reference, moved if passes == 1 else 0.0, _size(theta, metric))
        # what is left below a millionth and no longer falls is rounding; and in a large file a pass is not spent on
        # an error that, falling no faster than so far, is already below that limit once this step is taken
        rounding = moved < _ROUNDING * reference and moved > 0.9 * before
        falls = moved / before if np.isfinite(before) and blocks.rows > 2 * WARM_ROWS else 1.0
        close = moved * min(falls, 1.0) <= _CLOSE * reference or rounding
        if close and _moves_nobody(
            likelihood, blocks, (start, theta, step), _ROUNDING if rounding else _ALIKE
        ):
            return Fit(theta + step, information, converged=True, passes=passes, direction=direction)
        theta, gradient, information, used = _stepped(
            likelihood, blocks, theta, step, (float(gradient @ step), information)
        )
        passes, steps, before, shortens = passes + used, steps + 1, moved, moved <= 0.9 * before
    shortens = shortens and steps >= 10 * most
    return Fit(theta, information, converged=False, passes=passes, direction=direction, shortens=shortens)


def _size(parameters: Floats, metric: Floats) -> float:
    return float(np.sqrt(max(float(parameters @ metric @ parameters), 0.0)))


def _moves_nobody(
    likelihood: Likelihood, blocks: Blocks, along: tuple[Floats, Floats, Floats], nothing: float
) -> bool:
    """Return whether a step is nothing to rows of any weight: the people of a category may have next to none."""
    start, theta, step = along
    if (np.abs(step) <= _ROUNDING * np.abs(theta)).all():
        return True
    alike = (replace(block, weight=np.where(block.weight > 0, 1.0, 0.0)) for block in blocks)
    metric = _summed(likelihood, alike, start)[1]
    return _size(step, metric) <= nothing * max(_size(theta, metric), _size(theta - start, metric))


def _stepped(
    likelihood: Likelihood, blocks: Blocks, theta: Floats, step: Floats, before: tuple[float, Floats]
) -> tuple[Floats, Floats, Floats, int]:
    """Take a step, halved until the score at its end does not point back by as much as it pointed forward.

    Nor may the information have faded there, in whatever direction.
    """
    share, passes, (climb, start) = 1.0, 0, before
    while True:
        tried = theta + share * step
        gradient, information = _summed(likelihood, blocks, tried)
        passes += 1
        finite = bool(np.isfinite(gradient).all() and np.isfinite(information).all())
        back = finite and float(gradient @ step) < -0.9 * climb
        if (finite and not back and _least_left(start, information) >= _FADED) or share < 1e-10:
            return tried, gradient, information, passes
        share /= 2


def _least_left(before: Floats, after: Floats) -> float:
    """Return how much of the information is left along the direction that lost most of it."""
    scaled, size = scaled_to_ones(before)
    triangle = np.linalg.inv(np.linalg.cholesky(scaled))  # `solve` found that it has one
    return float(np.linalg.eigvalsh(triangle @ (after / np.outer(size, size)) @ triangle.T)[0])


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
