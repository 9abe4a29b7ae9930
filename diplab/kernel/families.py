"""Families and links of regressions: what an answer is expected to be, and how widely it varies about that.

Every function here takes complex numbers as well: the derivative of an average is then the imaginary part of that
average a very small imaginary step away, without rounding (Squire and Trapp 1998).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FAMILIES", "LINKS", "Family", "Link", "family_of", "logs_of_chances", "negative_binomial"]

Floats = Any
"""Arrays of numbers, real or complex."""


@dataclass(frozen=True)
class Link:
    """How the linear predictor becomes an expected answer.

    Parameters
    ----------
    name : str
    inverse : callable
        Expected answer mu from the linear predictor.
    slope : callable
        d mu / d eta, from eta and mu.
    forward : callable
        Linear predictor from an expected answer.
    complement, hazard : callable or None
        1 - mu from eta, and the slope over mu (1 - mu) from eta and mu, right to the last digit where mu is 1 to the
        last digit; for links of chances that are not logit.
    bend : callable or None
        How the slope changes as eta does, beside itself: its logarithmic derivative, from eta and mu; for links of
        chances.
    """

    name: str
    inverse: Callable[[Floats], Floats]
    slope: Callable[[Floats, Floats], Floats]
    forward: Callable[[float], float]
    complement: Callable[[Floats], Floats] | None = None
    hazard: Callable[[Floats, Floats], Floats] | None = None
    bend: Callable[[Floats, Floats], Floats] | None = None


def _logistic(eta: Floats) -> Floats:
    if not np.iscomplexobj(eta):
        return special.expit(eta)
    away = np.where(eta.real > 0, -eta, eta)
    small = np.exp(away)
    return np.where(eta.real > 0, 1.0 / (1.0 + small), small / (1.0 + small))


def _density(eta: Floats) -> Floats:
    return np.exp(-0.5 * eta * eta) / np.sqrt(2 * np.pi)


def _extreme(eta: Floats) -> Floats:
    # beyond 40 the answer is 1 to the last digit, and exp(exp(.)) would overflow
    return -np.expm1(-np.exp(np.where(eta.real > 40, 40.0, eta)))


def _extreme_slope(eta: Floats, _: Floats) -> Floats:
    bounded = np.where(eta.real > 40, 40.0, eta)
    return np.exp(bounded - np.exp(bounded))


def _probit_hazard(eta: Floats, mu: Floats) -> Floats:
    bounded = np.clip(eta, -37.0, 37.0)  # beyond, the density itself is nothing
    return _density(bounded) / (special.ndtr(bounded) * special.ndtr(-bounded))


def _extreme_hazard(eta: Floats, mu: Floats) -> Floats:
    bounded = np.clip(eta, -700.0, 40.0)
    return np.exp(bounded) / np.maximum(mu, np.exp(-700.0))


LINKS = {
    "identity": Link("identity", lambda eta: eta, lambda eta, _: np.ones_like(eta), lambda mu: mu),
    "log": Link("log", np.exp, lambda _, mu: mu, lambda mu: float(np.log(mu))),
    "logit": Link(
        "logit",
        _logistic,
        lambda _, mu: mu * (1.0 - mu),
        lambda mu: float(np.log(mu / (1 - mu))),
        bend=lambda _, mu: 1.0 - 2.0 * mu,
    ),
    "probit": Link(
        "probit",
        special.ndtr,
        lambda eta, _: _density(eta),
        lambda mu: float(special.ndtri(mu)),
        lambda eta: special.ndtr(-eta),
        _probit_hazard,
        lambda eta, _: -np.clip(eta, -37.0, 37.0),
    ),
    "cloglog": Link(
        "cloglog",
        _extreme,
        _extreme_slope,
        lambda mu: float(np.log(-np.log1p(-mu))),
        lambda eta: np.exp(-np.exp(np.minimum(eta, 40.0))),
        _extreme_hazard,
        lambda eta, _: 1.0 - np.exp(np.minimum(eta, 40.0)),
    ),
}


_HIGHEST = 700.0
"""Beyond, the exponential overflows."""


def logs_of_chances(link: str, eta: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return the logarithms of F, 1 - F and f, and the derivative of the last; right in both tails.

    F is the inverse of a link of chances: logit, probit or cloglog.
    """
    if link == "logit":
        below, above = special.log_expit(eta), special.log_expit(-eta)
        return below, above, below + above, -np.tanh(eta / 2)
    if link == "probit":
        return special.log_ndtr(eta), special.log_ndtr(-eta), -0.5 * (eta * eta + np.log(2 * np.pi)), -eta
    grown = np.exp(np.minimum(eta, _HIGHEST))
    return np.where(eta < -30, eta, np.log(-np.expm1(-grown))), -grown, eta - grown, 1.0 - grown


@dataclass(frozen=True)
class Family:
    """How answers vary about what is expected of them.

    Parameters
    ----------
    name : str
    link : Link
    variance : callable
        Variance of an answer expected to be mu, up to a constant.
    canonical : bool
        Whether the slope of the link is that variance, so that a score is simply y - mu.
    theta : float
        Of the negative binomial: variance mu + mu^2 / theta.

    Examples
    --------
    >>> family = family_of("poisson", "log")
    >>> float(family.variance(3.0)), family.canonical
    (3.0, True)
    """

    name: str
    link: Link
    variance: Callable[[Floats], Floats]
    canonical: bool
    theta: float = np.inf


FAMILIES = {
    "gaussian": ("identity",),
    "binomial": ("logit", "probit", "cloglog"),
    "poisson": ("log",),
    "negative_binomial": ("log",),
    "ordinal": ("logit", "probit", "cloglog"),
    "multinomial": ("logit",),
}
"""Families, with the links that each may have; the first is the one it has unless told."""

_VARIANCES: dict[str, Callable[[Floats], Floats]] = {
    "gaussian": np.ones_like,
    "binomial": lambda mu: mu * (1.0 - mu),
    "poisson": lambda mu: mu,
}


def family_of(name: str, link: str) -> Family:
    """Return the family of that name, with a link."""
    canonical = link == FAMILIES[name][0] and name != "negative_binomial"
    return Family(name, LINKS[link], _VARIANCES[name], canonical)


def negative_binomial(theta: float) -> Family:
    """Return the negative binomial family: variance mu + mu^2 / theta.

    Examples
    --------
    >>> float(negative_binomial(2.0).variance(4.0))
    12.0
    """
    family = Family("negative_binomial", LINKS["log"], np.ones_like, canonical=False, theta=theta)
    return replace(family, variance=lambda mu: mu + mu * mu / theta)
