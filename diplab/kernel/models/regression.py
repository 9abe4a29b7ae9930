"""Maximum likelihood regression by Newton or Fisher scoring in blocks. See docs/formulas.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import special

from diplab.kernel.arrays import Booleans, Floats

Integers = NDArray[np.intp]
# a column with a smaller independent share than this is replaced: products lose four digits there
_NEAR = 1e-2
_CONSTANT = 1e-12


@dataclass(frozen=True, eq=False)
class Conditioning:
    """What is taken out of the columns of a model matrix."""

    constant: Floats  # (columns,); taken from each column: nothing where the model has no constant
    # (columns, columns); of the other columns, once these are conditioned, taken from each
    multiples: Floats
    order: tuple[int, ...]  # the columns that change, in the order in which they do

    def apply(self, x: Any) -> None:
        """Take it out of some rows, shape (columns, rows), in place; complex ones too."""
        for place in self.order:
            if self.constant[place]:
                x[place] -= self.constant[place]
            for other in np.flatnonzero(self.multiples[place]):
                x[place] -= self.multiples[place, other] * x[other]

    @property
    def slopes(self) -> Floats:
        """The matrix from coefficients of conditioned columns to those of the originals."""
        mixed = np.eye(self.constant.size) + self.multiples
        return np.asarray(np.linalg.inv(mixed).T, dtype=float)

    @property
    def coefficients(self) -> Floats:
        """The same where the first column is the constant of the model, or where it has none."""
        result = self.slopes
        result[0] -= self.level
        return result

    @property
    def level(self) -> Floats:
        """What the coefficients of the conditioned columns take from the constant of the model."""
        return np.asarray(self.constant @ self.slopes, dtype=float)


def conditioning(
    x: Floats, weight: Floats, least: Floats, *, constant: bool
) -> Conditioning | None:
    """Choose what to take out of the columns of a model matrix, from some of its rows."""
    # shapes: `x` (columns, rows), `weight` (rows,), `least` (columns,)
    share, own = weight / weight.sum(), np.isfinite(least)
    taken, multiples = np.zeros(len(x)), np.zeros((len(x),) * 2)
    if constant:
        # the mean of each column that is large relative to its deviation; 0 for columns that do not
        # vary
        mean = x @ share
        deviation = np.sqrt(
            np.array([share @ (line - level) ** 2 for line, level in zip(x, mean, strict=True)])
        )
        near = (deviation < _NEAR * np.abs(mean)) & (deviation > _CONSTANT * np.abs(mean))
        taken = np.where(own & near, mean, 0.0)
        x -= taken[:, None]
    order = np.argsort(own, kind="stable")  # what is not replaced comes first
    fixed = int(np.count_nonzero(~own))
    # as many numbers a column as there are columns, with the products that these have over the
    # rows; on the diagonal, what those before it leave of each
    triangle = np.asarray(np.linalg.qr((x[order] * np.sqrt(share)).T, mode="r"), dtype=float)
    size, left = np.linalg.norm(triangle, axis=0), np.abs(np.diag(triangle))
    if (left < _NEAR * size[: left.size])[fixed:].any():
        x = triangle[:, np.argsort(order)].T.copy()
        for position in range(fixed, len(order)):
            place, before = order[position], order[:position]
            multiples[place] = _multiples(x, place, (before[:fixed], before), least[place])
            x[place] -= multiples[place] @ x
    changed = tuple(int(place) for place in order if taken[place] or multiples[place].any())
    return Conditioning(taken, multiples, changed) if changed else None


def _multiples(x: Floats, place: int, others: tuple[Integers, Integers], least: float) -> Floats:
    """Return the multiples of other columns to subtract from one, if they leave little of it."""
    # the first of the others hold no numbers. They may leave very little of a column, as the
    # constant may
    result, left = np.zeros(len(x)), x[place]
    for among, enough in zip(others, (_CONSTANT, least), strict=True):
        columns = x[among].T
        size = np.linalg.norm(columns, axis=0)
        size = np.where(size > 0, size, 1.0)
        taken = np.zeros(len(x))
        taken[among] = np.linalg.lstsq(columns / size, left, rcond=None)[0] / size
        own = left - columns @ taken[among]
        before, after = np.linalg.norm(left), np.linalg.norm(own)
        if enough * before < after < _NEAR * before:
            result, left = result + taken, own
    return result


BLOCK = 1 << 13  # rows of a block: a few columns of it stay in the processor's cache
WARM_ROWS = 50_000
_CLOSE = 1e-12
_STEPS = 40  # before a maximum is given up, ten times as many if steps are shortened
_ROUNDING, _ALIKE = 1e-6, 1e-9
_FADED = 0.1  # of the information in each direction, what must be left at the end of a step


@dataclass(frozen=True, eq=False)
class Block:
    """Some rows of a regression."""

    x: Floats  # (columns, rows); the model matrix, one line per column
    y: Floats  # (rows,); the answers; codes of categories for ordinal and multinomial models
    weight: Floats  # (rows,)
    place: slice  # their place among all rows
    offset: Floats | float = 0.0  # (rows,); what is added to the linear predictor as it is


class Blocks(Protocol):
    """Rows that can be read again and again, a block at a time."""

    @property
    def rows(self) -> int:
        """How many rows there are."""

    def __iter__(self) -> Iterator[Block]:
        """Yield the blocks; the arrays of one may be overwritten by the next."""

    def every(self, step: int) -> Blocks:
        """Return one row in `step`."""


class Likelihood:
    """A model of an answer given the model matrix, with what its fit and use need."""

    @property
    def predictor_count(self) -> int:
        """How many linear predictors have coefficients of their own."""
        return 1

    def needed(self, y: Floats) -> Iterator[tuple[int | None, Booleans]]:
        """Yield sets of rows, one of which a group needs for finite coefficients; None: of all."""
        del y
        return iter(())

    def score(self, block: Block, theta: Floats) -> tuple[Floats, Floats]:
        """Return weighted sums of scores (parameters,) and information (parameters, parameters).

        Where answers are few or uneven, only the observed information keeps the steps of Newton
        from going to and fro.
        """
        raise NotImplementedError

    def expected(self, block: Block, theta: Floats) -> Floats | None:
        """Return the information used in the covariance; None if it is the observed one."""
        return None

    def log_likelihood(self, block: Block, theta: Floats) -> float:
        """Return the weighted sum of the log-probabilities or log-densities of the answers."""
        raise NotImplementedError

    def deviance(self, block: Block, theta: Floats) -> float:
        """Return twice the log-likelihood of the saturated model less that of this one."""
        # of a category that is certain, the logarithm is 0
        return -2 * self.log_likelihood(block, theta)

    def by_row(self, block: Block, theta: Floats) -> Floats:
        """Return the score of each row without its weight, shape (parameters, rows)."""
        raise NotImplementedError

    def expected_by_row(self, block: Block, theta: Floats) -> Iterator[Floats]:
        """Yield arrays (parameters, rows) whose squares add up to the expected information."""
        raise NotImplementedError

    def predictors(self, x: Floats, theta: Floats) -> Floats:
        """Return the linear predictors of each row, shape (predictors, rows)."""
        return theta.reshape(-1, len(x)) @ x

    def moved(self, along: Floats, theta: Floats) -> Floats:
        """Return how these change as the model matrix moves along another."""
        return self.predictors(along, theta)

    def gathered(self, slopes: Floats, x: Floats, *, constants: bool) -> Floats:
        """Return row sums by parameter from slopes by predictor, (outcomes, predictors, rows)."""
        # without `constants`, of predictors that `moved` gives, in which cut points have no part
        return (slopes @ x.T).reshape(len(slopes), -1)

    def outcome(self, eta: Floats) -> Floats:
        """Return fitted means from predictors, shape (outcomes, rows); complex ones too."""
        raise NotImplementedError

    def drift(self, eta: Floats, moved: Floats) -> Floats:
        """Return how that changes as the predictors move; complex ones too."""
        raise NotImplementedError

    def constants(self, place: slice) -> Floats:
        """Return the columns added to the model matrix, shape (constants, rows)."""
        return np.zeros((0, place.stop - place.start))

    def lines(self, mix: Floats, columns: int) -> Floats:
        """Return combinations by predictor, constants first; (outputs, predictors, both)."""
        return mix.reshape(len(mix), -1, columns)

    def restored(self, conditioning: Conditioning) -> Floats:
        """Return the matrix from parameters of conditioned columns to those of the originals."""
        return np.asarray(
            np.kron(np.eye(self.predictor_count), conditioning.coefficients), dtype=float
        )


@dataclass(frozen=True, eq=False)
class Fit:
    """Where the passes ended."""

    theta: Floats  # (parameters,); the estimate
    information: Floats  # (parameters, parameters); at the estimate
    converged: bool
    # (parameters,); the last step: where a fit does not converge, the way in which it goes on for
    # ever
    direction: Floats = field(default_factory=lambda: np.zeros(0))
    # whether it gave up while steps got shorter by a tenth each, as on the way to an answer
    shortens: bool = False


def _summed(
    likelihood: Likelihood, blocks: Iterable[Block], theta: Floats
) -> tuple[Floats, Floats]:
    gradient, information = np.zeros(theta.size), np.zeros((theta.size, theta.size))
    with np.errstate(all="ignore"):  # a step too far overflows, is seen and is taken back
        for block in blocks:
            some, square = likelihood.score(block, theta)
            gradient += some
            information += square
    return gradient, (information + information.T) / 2


def inverse_information(likelihood: Likelihood, blocks: Blocks, result: Fit) -> Floats:
    """Return the inverse of the information that the covariance takes."""
    total = np.zeros_like(result.information)
    for block in blocks:
        some = likelihood.expected(block, result.theta)
        if some is None:
            return inverse(result.information)
        total += some
    return inverse((total + total.T) / 2)


def maximise(likelihood: Likelihood, blocks: Blocks, start: Floats) -> Fit:
    """Climb to the maximum of a concave likelihood. Shapes: `start` (parameters,)."""
    theta = start
    gradient, information = _summed(likelihood, blocks, theta)
    metric, direction = information, np.zeros(theta.size)
    steps, before, reference, shortens = 0, np.inf, 0.0, False
    while steps < (10 * _STEPS if shortens else _STEPS):
        step = solve(information, gradient)
        if step is None:
            break
        direction = step
        moved = _size(step, metric)
        reference = max(reference, moved if steps == 0 else 0.0, _size(theta, metric))
        # what is left below a millionth and no longer falls is rounding; and in a large file a pass
        # is not spent on an error that, falling no faster than so far, is already below that limit
        # once this step is taken
        rounding = moved < _ROUNDING * reference and moved > 0.9 * before
        falls = moved / before if np.isfinite(before) and blocks.rows > 2 * WARM_ROWS else 1.0
        close = moved * min(falls, 1.0) <= _CLOSE * reference or rounding
        if close and _moves_nobody(
            likelihood, blocks, (start, theta, step), _ROUNDING if rounding else _ALIKE
        ):
            return Fit(theta + step, information, converged=True, direction=direction)
        climb = float(gradient @ step)
        theta, gradient, information = _stepped(
            likelihood, blocks, theta, step, (climb, information)
        )
        steps, before, shortens = steps + 1, moved, moved <= 0.9 * before
    shortens = shortens and steps >= 10 * _STEPS
    return Fit(theta, information, converged=False, direction=direction, shortens=shortens)


def _size(parameters: Floats, metric: Floats) -> float:
    return float(np.sqrt(max(float(parameters @ metric @ parameters), 0.0)))


def _moves_nobody(
    likelihood: Likelihood, blocks: Blocks, along: tuple[Floats, Floats, Floats], nothing: float
) -> bool:
    """Return whether a step is negligible for all rows, including those of nearly zero weight."""
    start, theta, step = along
    if (np.abs(step) <= _ROUNDING * np.abs(theta)).all():
        return True
    alike = (replace(block, weight=np.where(block.weight > 0, 1.0, 0.0)) for block in blocks)
    metric = _summed(likelihood, alike, start)[1]
    return _size(step, metric) <= nothing * max(_size(theta, metric), _size(theta - start, metric))


def _stepped(
    likelihood: Likelihood,
    blocks: Blocks,
    theta: Floats,
    step: Floats,
    before: tuple[float, Floats],
) -> tuple[Floats, Floats, Floats]:
    """Take a step, halved until the score at its end does not reverse by as much."""
    # nor may the information have faded there, in whatever direction
    share, (climb, start) = 1.0, before
    while True:
        tried = theta + share * step
        gradient, information = _summed(likelihood, blocks, tried)
        finite = bool(np.isfinite(gradient).all() and np.isfinite(information).all())
        back = finite and float(gradient @ step) < -0.9 * climb
        if (finite and not back and least_left(start, information) >= _FADED) or share < 1e-10:
            return tried, gradient, information
        share /= 2


def least_left(before: Floats, after: Floats) -> float:
    """Return how much of the information is left along the direction that lost most of it."""
    scaled, size = scaled_to_ones(before)
    triangle = np.linalg.inv(np.linalg.cholesky(scaled))  # `solve` found that it has one
    return float(np.linalg.eigvalsh(triangle @ (after / np.outer(size, size)) @ triangle.T)[0])


def fit(likelihood: Likelihood, blocks: Blocks, start: Floats) -> Fit:
    """Fit on a subset of the rows first if there are many. Shapes: `start` (parameters,)."""
    step = blocks.rows // WARM_ROWS
    if step >= 4:
        some = maximise(likelihood, blocks.every(step), start)
        if some.converged:
            start = some.theta
    return maximise(likelihood, blocks, start)


_COLLINEAR = 1e-12


def scaled_to_ones(information: Floats) -> tuple[Floats, Floats]:
    """Return the information with ones on its diagonal, and what it was divided by."""
    size = np.sqrt(np.maximum(np.diag(information), 0.0))
    size = np.where(size > 0, size, 1.0)
    return information / np.outer(size, size), size


def rank_lost(information: Floats) -> tuple[int, Floats] | None:
    """Return the first linearly dependent column and its coefficients on those before it."""
    scaled, size = scaled_to_ones(information)
    try:
        left_of_each = np.diag(np.linalg.cholesky(scaled)) ** 2
    except np.linalg.LinAlgError:
        left_of_each = np.zeros(1)
    if (left_of_each > _COLLINEAR).all():
        return None
    # which of them it is
    lower = np.zeros_like(scaled)
    for position in range(len(scaled)):
        row = np.zeros(position)
        for before in range(position):
            row[before] = (
                scaled[position, before] - row[:before] @ lower[before, :before]
            ) / lower[before, before]
        left = scaled[position, position] - row @ row
        if not left > _COLLINEAR:
            own = np.linalg.solve(lower[:position, :position].T, row)
            return position, np.asarray(own * size[position] / size[:position], dtype=float)
        lower[position, :position], lower[position, position] = row, np.sqrt(left)
    return None


def solve(information: Floats, gradient: Floats) -> Floats | None:
    """Return the Newton step; None where the information is singular to working precision."""
    if not (np.isfinite(information).all() and np.isfinite(gradient).all()):
        return None
    scaled, size = scaled_to_ones(information)
    try:
        np.linalg.cholesky(scaled)
        result: Floats = np.linalg.solve(scaled, gradient / size) / size
    except np.linalg.LinAlgError:
        return None
    return result


def inverse(information: Floats) -> Floats:
    """Return the inverse of the information, whatever the units of the columns."""
    scaled, size = scaled_to_ones(information)
    return np.linalg.inv(scaled) / np.outer(size, size)


def dispersion(likelihood: Likelihood, blocks: Blocks, coefficients: Floats) -> float:
    """Return the maximum-likelihood theta, infinite if answers vary no more than Poisson counts."""
    # shapes: `coefficients` (columns,)
    y, mu, weight = (np.empty(blocks.rows) for _ in range(3))
    for block in blocks:
        own, eta = block.place, likelihood.predictors(block.x, coefficients) + block.offset
        y[own], mu[own], weight[own] = block.y, likelihood.outcome(eta)[0], block.weight
    total = weight.sum()
    excess = float((weight * ((y - mu) ** 2 - mu)).sum() / (weight * mu * mu).sum())
    theta = 1.0 / excess if excess > 1e-4 else 1e4
    for _ in range(100):
        score, information = _derivatives(theta, y, mu, weight / total)
        # in log theta, which has no edge at 0
        bent = theta * theta * information - theta * score
        step = float(np.clip(theta * score / bent if bent > 0 else np.sign(score), -1.0, 1.0))
        theta *= float(np.exp(step))
        if theta > 1e7:
            return np.inf
        if abs(step) < 1e-12:
            break
    return theta


def _derivatives(theta: float, y: Floats, mu: Floats, weight: Floats) -> tuple[float, float]:
    both = theta + mu
    score = (
        special.digamma(theta + y)
        - special.digamma(theta)
        + np.log(theta / both)
        + 1.0
        - (y + theta) / both
    )
    information = (
        special.polygamma(1, theta)
        - special.polygamma(1, theta + y)
        - 1 / theta
        + 2 / both
        - (y + theta) / both**2
    )
    return float(weight @ score), float(weight @ information)
