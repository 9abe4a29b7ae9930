"""Families of counts truncated at zero: the likelihood of each count, and how many persons each one seen stands for.

A person whose chance of being seen is p stands for 1/p persons (Horvitz and Thompson, 1952). Chao's bound counts those
seen three times or more once each, and adds to those seen once or twice the persons never seen.

References
----------
Böhning, Vidal-Diez, Lerdsuwansri, Viwatwongkasem and Arnold (2013), *Biometrics* 69 (Chao's bound with covariates);
Böhning and van der Heijden (2009), *Annals of Applied Statistics* 3 (Zelterman); Godwin and Böhning (2017), *Journal of
the Royal Statistical Society* C 66 (one-inflation); Chlebicki and Beręsewicz (2025), *Journal of Statistical Software*
115(1).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from diplab.kernel.truncated_counts import (
    CountTerms,
    geometric,
    negative_binomial,
    poisson,
    twice_or_once,
)

__all__ = [
    "FAMILIES",
    "ONE_INFLATED",
    "SHARED",
    "Chance",
    "Represented",
    "chance",
    "count_terms",
    "represented",
]

Floats = NDArray[np.float64]

FAMILIES = (
    "chao",
    "zelterman",
    "poisson",
    "geometric",
    "negative_binomial",
    "one_inflated_poisson",
    "one_inflated_geometric",
    "ones_for_all_poisson",
    "ones_for_all_geometric",
)
"""`ones_for_all`: the excess of ones is drawn among everybody; `one_inflated`: among those seen."""
ONE_INFLATED = FAMILIES[5:]
SHARED = FAMILIES[4:]
"""Families with one parameter beside the coefficients: log of the size, or logit of the share of surplus ones."""

_LARGEST = 690.0


class Chance(NamedTuple):
    """The chance of being seen: itself, that of not being seen, and derivatives by predictor and shared parameter."""

    seen: Floats
    unseen: Floats
    slope: Floats
    shared_slope: Floats


class Represented(NamedTuple):
    """How many persons each person seen stands for.

    Parameters
    ----------
    persons : array, shape (rows,)
    slope, shared_slope : array, shape (rows,)
        Derivatives by the linear predictor and by the shared parameter.
    drawn : array, shape (rows,)
        What the chance of being seen adds to the variance, (1 - p) / p^2.
    """

    persons: Floats
    slope: Floats
    shared_slope: Floats
    drawn: Floats


def count_terms(family: str, y: Floats, predictor: Floats, shared: float) -> CountTerms:
    """Return the log-likelihood of each count and its derivatives.

    Parameters
    ----------
    family : str
        One of `FAMILIES`.
    y : array, shape (rows,)
        Times seen, 1 or more.
    predictor : array, shape (rows,)
        Log of the rate; of half the rate for `chao` and `zelterman`; of rate over size for `negative_binomial`.
    shared : float
        Log of the size, or logit of the share of surplus ones; unused elsewhere.

    Examples
    --------
    >>> terms = count_terms("one_inflated_poisson", np.array([1.0]), np.array([0.0]), 0.0)
    >>> float(np.exp(terms.log_likelihood[0]).round(6))  # half of them, and half of 0.581977
    0.790988
    """
    if family in ("chao", "zelterman"):
        return twice_or_once(y, predictor)
    if family == "negative_binomial":
        return negative_binomial(y, predictor, float(np.exp(shared)))
    base = (geometric if family.endswith("geometric") else poisson)(y, predictor)
    if family not in SHARED:
        return base
    if family.startswith("one_inflated"):
        return _inflated(y, base, shared)
    # a surplus among everybody is, among those seen, one whose share grows as fewer of the others are
    held = chance(family.removeprefix("ones_for_all_"), predictor, 0.0)
    found = _inflated(y, base, shared - np.log(held.seen))
    pace = held.slope / held.seen
    bend = _bend(family, predictor, held)
    return CountTerms(
        found.log_likelihood,
        found.slope - pace * found.shared_slope,
        found.curvature
        - 2 * pace * found.cross
        + pace**2 * found.shared_curvature
        - bend * found.shared_slope,
        found.shared_slope,
        found.cross - pace * found.shared_curvature,
        found.shared_curvature,
    )


def _bend(family: str, predictor: Floats, held: Chance) -> Floats:
    """Return the second derivative of log p by the predictor."""
    if family.endswith("geometric"):
        return -held.seen * held.unseen
    rate = np.exp(np.clip(predictor, -_LARGEST, _LARGEST))
    pace = held.slope / held.seen
    return np.where(rate < 1e-4, -rate / 2, pace * (1 - rate - pace))


def _inflated(y: Floats, base: CountTerms, shared: float | Floats) -> CountTerms:
    """Return a count of which a share `expit(shared)` of those seen are ones beside the others."""
    surplus, rest = expit(shared), expit(-np.asarray(shared))
    once = y == 1
    own = rest * np.exp(np.where(once, base.log_likelihood, 0.0))
    mixed = surplus + own
    true = np.where(once, own / mixed, 1.0)  # chance that the person is one of the others
    with np.errstate(divide="ignore"):  # no surplus at all, or nothing else
        value = np.where(once, np.log(mixed), np.log(rest) + base.log_likelihood)
    spread = true * (1 - true)
    slope = np.where(spread > 0, base.slope, 0.0)  # infinite only where nothing is left to tell
    return CountTerms(
        value,
        true * base.slope,
        true * base.curvature + spread * slope**2,
        1 - true - surplus,
        -spread * slope,
        spread - surplus * rest,
    )


def chance(family: str, predictor: Floats, shared: float) -> Chance:
    """Return the chance that a person is seen at least once.

    Examples
    --------
    >>> float(chance("geometric", np.array([0.0]), 0.0).seen[0])
    0.5
    """
    nothing = np.zeros_like(predictor)
    if family == "negative_binomial":
        size = float(np.exp(shared))
        share, length = expit(predictor), np.logaddexp(0.0, predictor)
        unseen = np.exp(-size * length)
        return Chance(-np.expm1(-size * length), unseen, unseen * size * share, unseen * size * length)
    if family.startswith("ones_for_all"):
        held = chance(family.removeprefix("ones_for_all_"), predictor, 0.0)
        surplus, rest = float(expit(shared)), float(expit(-shared))
        return Chance(
            surplus + rest * held.seen,
            rest * held.unseen,
            rest * held.slope,
            surplus * rest * held.unseen,
        )
    if family.endswith("geometric"):
        seen, unseen = expit(predictor), expit(-predictor)
        return Chance(seen, unseen, seen * unseen, nothing)
    log_rate = predictor + np.log(2.0) if family in ("chao", "zelterman") else predictor
    rate = np.exp(np.clip(log_rate, -_LARGEST, _LARGEST))
    unseen = np.exp(-rate)
    return Chance(-np.expm1(-rate), unseen, np.where(unseen > 0, rate * unseen, 0.0), nothing)


def represented(family: str, y: Floats, predictor: Floats, shared: float) -> Represented:
    """Return how many persons each person seen stands for.

    Examples
    --------
    >>> represented("geometric", np.array([1.0]), np.array([0.0]), 0.0).persons.tolist()
    [2.0]
    >>> represented("chao", np.array([1.0, 3.0]), np.zeros(2), 0.0).persons.tolist()
    [1.25, 1.0]
    """
    if family == "chao":
        return _bound(y, predictor)
    own = chance(family, predictor, shared)
    square = own.seen**2
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        return Represented(1 / own.seen, -own.slope / square, -own.shared_slope / square, own.unseen / square)


def _bound(y: Floats, log_half_rate: Floats) -> Represented:
    """Return 1 + 1 / (l + l^2/2) for persons seen once or twice, and 1 for the others."""
    rate = 2 * np.exp(np.clip(log_half_rate, -_LARGEST / 2, _LARGEST / 2))
    rare = y <= 2
    both = rate + rate**2 / 2
    added = 1 / both
    seen = np.exp(-rate) * both
    return Represented(
        np.where(rare, 1 + added, 1.0),
        np.where(rare, -(rate + rate**2) * added**2, 0.0),
        np.zeros_like(rate),
        np.where(rare, (1 - seen) * (1 + added) ** 2, 0.0),
    )
