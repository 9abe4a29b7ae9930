"""Averages over the respondents of a regression, and how each row of the file moves them.

Derivatives are imaginary parts a very small imaginary step away, taken in the linear predictors of each respondent and
gathered into the parameters, which the predictors are linear in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Callable

    from diplab.inference.fitted_model import FittedModel
    from diplab.kernel.regression import Likelihood
    from diplab.sampling.engines.protocol import Floats
    from diplab.sampling.model_matrix import ModelMatrix

__all__ = ["Average", "check_slopes", "means", "movements"]

_STEP = 1e-20
"""An imaginary step so small that its square is nothing."""


def _slopes(matrix: ModelMatrix, variable: str, place: slice, step: float) -> Floats:
    """Return how the columns of the model matrix change with a variable, for some respondents."""
    own = matrix.raw_numbers(variable)[place]
    # in proportion to the number: of a root, the step is to be far smaller than what it is taken of
    wide = step * np.where(own == 0, 1.0, np.abs(own))
    found: Floats = matrix.block(place, {variable: own + 1j * wide}).imag / wide
    return found


def check_slopes(fitted: FittedModel, variable: str) -> None:
    """Refuse an infinite slope, as that of a square root at 0: it grows for ever as the step gets smaller.

    Parameters
    ----------
    fitted : FittedModel
    variable : str
        A number of the model.

    Raises
    ------
    OptionError
    """
    formula, matrix, steep = fitted.matrix.formula, replace(fitted.matrix, conditioning=None), 0
    for place in matrix.places:
        near, nearer = (np.abs(_slopes(matrix, variable, place, step)) for step in (_STEP, _STEP**2))
        rounding = 0.1 * near.max(axis=1, keepdims=True)
        steep += int(np.count_nonzero((~(nearer <= 1.1 * near + rounding)).any(axis=0)))
    if steep:
        said = [each.text for each in formula.factors if each.tree is not None and variable in each.names]
        raise OptionError(
            f"Marginal effects of `{variable}` were asked for.",
            f"The slope of {', '.join(f'`{each}`' for each in said)} is infinite for {steep} respondents.",
            "Write `predicted_margins` at some of its values, or a condition that leaves them out.",
        )


@dataclass(frozen=True)
class Average:
    """Something to average: an expected outcome with a variable put at a value, a gap between two, or a slope.

    `at` is the code or number that everybody is given, `less` the one whose expected outcome is taken from that; with
    `slope` there is neither, and it is the derivative of what is expected of respondents as they are.
    """

    variable: str
    category: Any = ""
    at: Any = None
    less: Any = None
    slope: bool = False

    def pieces(self, fitted: FittedModel, place: slice, theta: Floats) -> list[_Piece]:
        """Return what it is made of for some respondents."""
        matrix, likelihood = fitted.matrix, fitted.likelihood
        if self.slope:
            x = matrix.block(place)
            along = _slopes(matrix, self.variable, place, _STEP)
            eta, moved = likelihood.predictors(x, theta), likelihood.moved(along, theta)
            return [_Piece(likelihood, 1.0, x, eta, along, moved)]
        found = []
        for value, sign in ((self.at, 1.0), (self.less, -1.0)):
            if value is not None:
                x = matrix.block(place, {self.variable: value})
                found.append(_Piece(likelihood, sign, x, likelihood.predictors(x, theta)))
        return found


@dataclass(frozen=True, eq=False)
class _Piece:
    """An expected outcome of some respondents, or with `along` its derivative, taken `sign` times."""

    likelihood: Likelihood
    sign: float
    x: Floats
    eta: Floats
    along: Floats | None = None
    moved: Floats | None = None

    def value(self, eta: Any) -> Any:
        """Return it at some predictors, shape (outcomes, respondents)."""
        if self.moved is None:
            return self.sign * self.likelihood.outcome(eta)
        return self.sign * self.likelihood.drift(eta, self.moved)

    def gradient(self, weight: Floats) -> Floats:
        """Return the weighted sum of its derivatives in the parameters, shape (outcomes, parameters)."""
        found = self._gathered(
            lambda unit: self.value(self.eta + 1j * _STEP * unit).imag / _STEP, self.x, weight, constants=True
        )
        if self.along is None:
            return found
        return found + self._gathered(
            lambda unit: self.likelihood.drift(self.eta, np.broadcast_to(unit, self.eta.shape)),
            self.along,
            weight,
            constants=False,
        )

    def _gathered(
        self, slope: Callable[[Floats], Floats], x: Floats, weight: Floats, *, constants: bool
    ) -> Floats:
        units = np.eye(len(self.eta))[:, :, None]
        slopes = np.stack([slope(unit) for unit in units], axis=1)
        return self.likelihood.gathered(slopes * weight, x, constants=constants)


def _values(fitted: FittedModel, averages: list[Average], theta: Floats, place: slice) -> Floats:
    """Return what is averaged for some respondents, shape (averages * outcomes, respondents)."""
    return np.concatenate(
        [sum(piece.value(piece.eta) for piece in each.pieces(fitted, place, theta)) for each in averages]
    )


def means(fitted: FittedModel, averages: list[Average], theta: Floats, weight: Floats) -> Floats:
    """Return weighted means over the respondents, shape (averages * outcomes,)."""
    total: Any = 0.0
    for place in fitted.matrix.places:
        total = total + _values(fitted, averages, theta, place) @ weight[place]
    found: Floats = total / weight.sum()
    return found


def movements(
    fitted: FittedModel, averages: list[Average], point: Floats, covariates: str
) -> tuple[Floats, Floats | None]:
    """Return how the averages move with each coefficient, and how each respondent moves them by being averaged over.

    The latter is None with `covariates` fixed.
    """
    weight, theta = fitted.blocks.weight, fitted.theta
    total = weight.sum()
    slopes = np.zeros((point.size, theta.size))
    own = None if covariates == "fixed" else np.empty((point.size, fitted.n))
    for place in fitted.matrix.places:
        pieces = [each.pieces(fitted, place, theta) for each in averages]
        slopes += (
            np.concatenate([sum(piece.gradient(weight[place]) for piece in each) for each in pieces]) / total
        )
        if own is not None:
            values = np.concatenate([sum(piece.value(piece.eta) for piece in each) for each in pieces])
            own[:, place] = (values - point[:, None]) / total
    return slopes, own
