"""Regression of how often persons were seen, on those seen at least once, by maximum likelihood (Newton's method).

Where the likelihood has no maximum inside, the fit says at which edge it is highest: a negative binomial of infinite
size is a Poisson count, one of size 0 has no finite number of unseen persons, a share of surplus ones of 0 is none.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from diplab.kernel.regression import scaled_to_ones, solve
from diplab.population.kernel.truncated_families import ONE_INFLATED, SHARED, count_terms

__all__ = ["TruncatedFit", "fit_truncated"]

Floats = NDArray[np.float64]

_STEPS, _HALVINGS, _CLOSE, _FAR = 100, 40, 1e-9, 30.0
_LEAP = 4.0
"""The longest step of a parameter: rates and sizes then stay among numbers that can be told apart."""
_FEW = 0.25
"""Of the rows, how many may be left for it to pay to gather those that are alike."""
_INSIDE = 3.0
"""Logarithm of a size, or of its inverse, beyond which a maximum is compared with the edge it lies near."""


@dataclass(frozen=True, eq=False)
class TruncatedFit:
    """A regression of times seen, as fitted.

    Parameters
    ----------
    family : str
    coefficients : array, shape (columns,)
        Of the linear predictor of the family.
    shared : float
        Log of the size, or logit of the share of surplus ones; 0 where the family has none.
    information : array, shape (parameters, parameters)
        Minus the second derivatives of the log-likelihood (observed), the shared parameter last.
    log_likelihood : float
    converged : bool
        False where it has no finite maximum, or none was found.
    direction : array, shape (parameters,)
        The last step: where the parameters still go if it has not converged.
    edge : str
        `poisson` (size infinite), `series` (size 0), `no surplus` (no more ones than expected), or nothing.
    """

    family: str
    coefficients: Floats
    shared: float
    information: Floats
    log_likelihood: float
    converged: bool
    direction: Floats
    edge: str = ""

    @property
    def theta(self) -> Floats:
        """All parameters, the shared one last."""
        own = [self.shared] if self.family in SHARED else []
        return np.concatenate([self.coefficients, own])


def fit_truncated(
    family: str, x: Floats, y: Floats, weight: Floats, start: Floats | None = None
) -> TruncatedFit:
    """Fit a regression of times seen.

    Parameters
    ----------
    family : str
        One of `FAMILIES`.
    x : array, shape (columns, rows)
        Model matrix, its first line a constant; columns of about the same spread.
    y : array, shape (rows,)
        Times seen, 1 or more.
    weight : array, shape (rows,)
        Persons of each row (or what a row weighs).
    start : array, shape (parameters,), optional
        Parameters nearby; then the edges are not looked at.

    Returns
    -------
    TruncatedFit

    Examples
    --------
    >>> y, persons = np.arange(1.0, 7.0), np.array([1645.0, 183.0, 37.0, 13.0, 1.0, 1.0])
    >>> fit = fit_truncated("poisson", np.ones((1, 6)), y, persons)
    >>> round(float(fit.coefficients[0]), 6), round(fit.log_likelihood, 6)
    (-1.175648, -901.951907)
    """
    x, y, weight = _gathered(x, y, weight)
    if start is not None:
        return _newton(family, x, y, weight, start)
    first = _start(family, x, y, weight)
    if family not in SHARED:
        return _newton(family, x, y, weight, first)
    if family == "negative_binomial":
        return _overdispersed(x, y, weight, first)
    base = "geometric" if family.endswith("geometric") else "poisson"
    plain = _newton(base, x, y, weight, first)
    found = _newton(family, x, y, weight, np.append(plain.coefficients, -1.0))
    # a second hill, where most of those seen once are surplus and the rates are those of persons seen again
    again = _newton(base, x, np.maximum(y - 1, 1), np.where(y > 1, weight, 0.0), plain.coefficients)
    if again.converged:
        other = _newton(family, x, y, weight, np.append(again.coefficients, 0.0))
        if other.converged and not (found.converged and found.log_likelihood >= other.log_likelihood):
            found = other
    if found.converged and found.log_likelihood > plain.log_likelihood + 1e-9:
        return found
    expected = np.exp(count_terms(base, np.ones_like(y), x.T @ plain.coefficients, 0.0).log_likelihood)
    rising = float(weight @ (np.where(y == 1, 1 / expected, 0.0) - 1))
    return replace(found, converged=False, edge="" if rising > 0 else "no surplus")


def _gathered(x: Floats, y: Floats, weight: Floats) -> tuple[Floats, Floats, Floats]:
    """Return rows alike in every column as one, their weights added; all rows as they are where few are alike."""
    every = np.vstack([x, y])
    # rows alike have one sum of unlike multiples; that rows of one sum are alike is looked at below
    sums = np.sin(np.arange(1.0, len(every) + 1)) @ every
    _, first, place = np.unique(sums, return_index=True, return_inverse=True)
    if first.size > _FEW * y.size or not (every[:, first][:, place] == every).all():
        return x, y, weight
    persons = np.bincount(place, weights=weight, minlength=first.size).astype(np.float64)
    return x[:, first], y[first], persons


def _start(family: str, x: Floats, y: Floats, weight: Floats) -> Floats:
    """Return the constant that the counts suggest by themselves."""
    start = np.zeros(len(x))
    if family in ("chao", "zelterman"):
        twice, once = weight[y == 2].sum(), weight[y == 1].sum()
        start[0] = np.log(max(twice, 0.5) / max(once, 0.5))
    else:
        beyond = max(float(weight @ y / weight.sum()) - 1, 1e-8)
        poisson = family.endswith("poisson")
        start[0] = np.log(min(2 * beyond, beyond + 1) if poisson else beyond)
    return start


def _overdispersed(x: Floats, y: Floats, weight: Floats, first: Floats) -> TruncatedFit:
    """Fit a negative binomial, and compare it with what it is at either end of its size."""
    near = _newton("geometric", x, y, weight, first)
    found = _newton("negative_binomial", x, y, weight, np.append(near.coefficients, 0.0))
    if found.converged and abs(found.shared) < _INSIDE:
        return found
    series = _newton("negative_binomial", x, y, weight, np.append(near.coefficients, -np.inf))
    poisson = _newton("poisson", x, y, weight, _start("poisson", x, y, weight))
    edges = {"series": series.log_likelihood, "poisson": poisson.log_likelihood}
    highest = max(edges, key=lambda edge: edges[edge])
    if found.converged and found.log_likelihood > edges[highest] + 1e-9:
        return found
    return replace(found, converged=False, edge=highest)


@dataclass(frozen=True, eq=False)
class _Place:
    """The log-likelihood at one point, its gradient and its information."""

    value: float
    gradient: Floats
    information: Floats


def _at(family: str, x: Floats, y: Floats, weight: Floats, theta: Floats) -> _Place:
    width = len(x)
    shared = float(theta[width]) if theta.size > width else 0.0
    terms = count_terms(family, y, x.T @ theta[:width], shared)
    value = float(weight @ terms.log_likelihood)
    gradient = x @ (weight * terms.slope)
    information = -(x * (weight * terms.curvature)) @ x.T
    if theta.size > width and np.isfinite(shared):
        cross = -(x @ (weight * terms.cross))
        corner = -float(weight @ terms.shared_curvature)
        gradient = np.append(gradient, weight @ terms.shared_slope)
        information = np.block([[information, cross[:, None]], [cross[None, :], np.array([[corner]])]])
    return _Place(value, gradient, information)


def _newton(family: str, x: Floats, y: Floats, weight: Floats, start: Floats) -> TruncatedFit:
    """Climb from a start; a shared parameter that starts at minus infinity is held there."""
    theta = start.astype(float)
    width = len(x)
    moving = theta.size if np.isfinite(theta).all() else width
    direction = np.zeros(moving)
    here, converged = _at(family, x, y, weight, theta), False
    for _ in range(_STEPS):
        direction = _uphill(here)
        length = min(1.0, _LEAP / max(float(np.abs(direction).max()), _LEAP))
        for _ in range(_HALVINGS):
            ahead = theta.copy()
            ahead[:moving] += length * direction
            there = _at(family, x, y, weight, ahead)
            if there.value >= here.value - 1e-12 * (abs(here.value) + 1):
                break
            length /= 2
        else:
            break  # nothing rises from here
        size = float(np.abs(length * direction).max())
        theta, here = ahead, there
        if size <= _CLOSE * (1 + float(np.abs(theta[:moving]).max())):
            converged = solve(here.information, here.gradient) is not None
            break
        if float(np.abs(theta[:moving]).max()) > _FAR:
            break
    shared = float(theta[width]) if theta.size > width else 0.0
    if family in ONE_INFLATED and abs(shared) > _FAR / 2:
        converged = False
    return TruncatedFit(family, theta[:width], shared, here.information, here.value, converged, direction)


def _uphill(here: _Place) -> Floats:
    """Return Newton's step; where the likelihood bends the wrong way, one between it and the gradient's."""
    found = solve(here.information, here.gradient)
    if found is not None and found @ here.gradient >= 0:
        return found
    _, size = scaled_to_ones(np.abs(here.information))
    ridge = 1e-3
    for _ in range(30):
        found = solve(here.information + ridge * np.diag(size**2), here.gradient)
        if found is not None and found @ here.gradient >= 0:
            return found
        ridge *= 4
    return np.zeros_like(here.gradient)
