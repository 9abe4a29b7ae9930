"""Persons who differ in how easily they are met, their chances following a beta distribution."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy.special import chdtri

from diplab.checks import check_confidence, check_number, check_one_of, check_whole_number
from diplab.errors import MisleadingError
from diplab.population.assumptions import assumptions, base
from diplab.population.counts import Frequencies, few_singletons, frequencies
from diplab.population.kernel import beta_binomial as kernel
from diplab.population.kernel.abundance import Abundance, lognormal_interval
from diplab.population.kernel.counts import chao, chao_bias_corrected
from diplab.population.sizes import bound_flag, gather_sizes, known_size, no_size, size
from diplab.results.provenance import Provenance

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from diplab.results.sizes import Sizes

__all__ = ["beta_binomial", "never_seen", "propensity_factor"]

MOST_OCCASIONS = 10_000
"""Most occasions over which a beta-binomial distribution is fitted."""

Fit = Literal["likelihood", "moments", "notebook"]


def propensity_factor(alpha: float, beta: float, occasions: int = 2) -> float:
    """Return by how much a size from two lists is too small where persons differ in how easily they are met.

    Parameters
    ----------
    alpha, beta : float
        Parameters of the beta distribution of the chance of being met on an occasion.
    occasions : int
        Number k of occasions on which the same persons are met.

    Returns
    -------
    float
        E(a^k)/E(a)^k, at least 1: multiply n1 n2/m by it (k = 2).

    Raises
    ------
    OptionError
        Where a parameter is not above zero, or `occasions` is not a whole number above zero.

    Notes
    -----
    E(m) = (n1 n2/N)(1 + Var(a)/E(a)^2), so that N = (n1 n2/m)(1 + Var(a)/E(a)^2) (Difallah, Filatova and Ipeirotis,
    2018).

    Examples
    --------
    >>> round(propensity_factor(2.3, 18.6), 4)
    1.3693
    """
    alpha, beta = _positive(alpha, beta)
    return kernel.propensity_ratio(alpha, beta, _occasions(occasions))


def never_seen(alpha: float, beta: float, occasions: int) -> float:
    """Return the share of persons never met in so many occasions, their chances following a beta distribution.

    Parameters
    ----------
    alpha, beta : float
        Parameters of the beta distribution of the chance of being met on an occasion.
    occasions : int
        Number of occasions.

    Returns
    -------
    float
        P0 = B(alpha, T + beta)/B(alpha, beta); persons met over 1 - P0 are all persons.

    Raises
    ------
    OptionError
        Where a parameter is not above zero, or `occasions` is not a whole number above zero.

    Examples
    --------
    >>> round(123_507 / (1 - never_seen(0.60, 67.9, 98)), 2)
    297226.42
    """
    alpha, beta = _positive(alpha, beta)
    return kernel.chance_of_none(alpha, beta, _occasions(occasions))


def beta_binomial(
    counts: Mapping[int, int] | Sequence[int],
    occasions: int,
    fit: Fit = "likelihood",
    confidence: float = 0.95,
) -> Sizes:
    """Return how many people there are if chances of being met follow a beta distribution, after the lower bound.

    Parameters
    ----------
    counts : mapping of int to int, or sequence of int
        Persons by number of occasions on which they were met, or persons met once, twice, and so on.
    occasions : int
        Occasions on which a person could be met, at most once each.
    fit : str
        `likelihood` (the default: of persons met at least once). The two others replicate published work and are not
        estimates: `moments`, by moments as if those never met were in the counts, and `notebook`, the same with the
        misplaced bracket of the published notebook of Difallah et al. (2018).
    confidence : float
        Probability of the intervals.

    Returns
    -------
    Sizes
        Chao's lower bound first, then the size. Where the likelihood rises up to a boundary, the size is NaN with the
        flag `boundary`: with counts that fall slowly it rises for ever as more and more persons are supposed never to
        be met. `no upper limit` says that a maximum exists, but the data do not exclude an unlimited size. A size under
        the bound is flagged `below bound`, or `below bound, contradicted`.

    Raises
    ------
    OptionError
        Where the counts are not counts, or someone was met more often than there were occasions.
    MisleadingError
        Where nobody was met more than once, or nobody just once.

    Notes
    -----
    N = n/(1 - P0), P0 = B(alpha, T + beta)/B(alpha, beta).

    Examples
    --------
    >>> from diplab import population
    >>> found = population.beta_binomial([25984, 5972, 2470, 1340, 853, 577, 448, 326, 271], occasions=9)
    >>> found.frame[["statistic", "flag"]].values.tolist()
    [['chao', 'lower bound'], ['beta_binomial', 'boundary']]
    """
    check_one_of("fit", fit, Fit)
    occasions = _occasions(occasions)
    check_confidence(confidence)
    seen = frequencies(counts, occasions)
    if seen.sightings == seen.seen:
        raise MisleadingError(
            f"`counts` has {seen.seen} persons, none of them met more than once.",
            "The size has no upper limit.",
            'Write `single_source(counts, "chao_bc")`, a lower bound.',
        )
    twice = seen.of(2) > 0
    bound = (chao if twice else chao_bias_corrected)(seen.of(1), seen.of(2), seen.seen)
    first = size("chao" if twice else "chao_bc", bound, lognormal_interval(bound, confidence), "lower bound")
    row, distribution = (_likelihood_row if fit == "likelihood" else _moments_row)(
        seen, fit, bound, confidence
    )
    if few_singletons(seen, confidence):
        for each in (first, row):
            each["flag"] = ", ".join(filter(None, (each["flag"], "few singletons")))
    rules = {
        "estimator": f"{first['statistic']}, {row['statistic']}",
        "interval": "log-normal",
        "confidence": f"{confidence:g}",
        "occasions": str(occasions),
        **distribution,
    }
    assumed = assumptions("closed", "matched", "singletons", "occasions", "bound", "beta_chances")
    return gather_sizes([first, row], Provenance(rules=rules, base=base(), assumptions=assumed))


def _likelihood_row(
    seen: Frequencies, fit: str, bound: Abundance, confidence: float
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the row of the size, and the distribution as a rule."""
    counts = np.array([seen.of(times + 1) for times in range(seen.occasions or 0)], dtype=float)
    fitted = kernel.fit_beta_binomial(counts)
    if fitted.boundary:
        return no_size("beta_binomial", seen.seen, "boundary"), {"beta_law": fitted.boundary}
    abundance = kernel.size_of_fit(counts, fitted)
    low, high = lognormal_interval(abundance, confidence)
    flags = [bound_flag(abundance.size, bound, confidence)]
    # a likelihood-ratio test does not exclude an unlimited size
    if 2 * (fitted.log_likelihood - fitted.limit) < float(chdtri(1, 1 - confidence)):
        flags.append("no upper limit")
        high = math.inf
    row = size("beta_binomial", abundance, (low, high), ", ".join(filter(None, flags)))
    return row, {"beta_law": f"{fitted.alpha:.6g}; {fitted.beta:.6g}"}


def _moments_row(
    seen: Frequencies, fit: str, bound: Abundance, confidence: float
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the row of a published computation, replicated, and the distribution as a rule."""
    square = sum(times**2 * persons for times, persons in seen.counts) / seen.seen
    occasions = seen.occasions or 0
    alpha, beta = kernel.moments(seen.sightings / seen.seen, square, occasions, bracket=fit == "moments")
    name = f"beta_binomial_{fit}"
    if not (alpha > 0 and beta > 0):
        return no_size(name, seen.seen, "ill-posed"), {}
    value = seen.seen / (1 - kernel.chance_of_none(alpha, beta, occasions))
    row = {**known_size(name, value, flag=bound_flag(value, bound, confidence)), "n": seen.seen}
    return row, {"beta_law": f"{alpha:.6g}; {beta:.6g}"}


def _positive(alpha: float, beta: float) -> tuple[float, float]:
    return check_number("alpha", alpha, above=0), check_number("beta", beta, above=0)


def _occasions(occasions: int) -> int:
    return check_whole_number("occasions", occasions, low=1, high=MOST_OCCASIONS)
