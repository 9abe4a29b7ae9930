"""Persons who differ in how easily they are met, their chances following a beta law."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy.special import chdtri

from diplab.checks import check_confidence
from diplab.errors import MisleadingError, OptionError, one_of
from diplab.population.assumptions import BASE, BETA_CHANCES, BOUND, CLOSED, MATCHED, OCCASIONS, SINGLETONS
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

MOST = 10_000
"""Most occasions over which a law is fitted."""

FITS = ("likelihood", "moments", "notebook")


def propensity_factor(alpha: float, beta: float, occasions: int = 2) -> float:
    """Return by how much a size from two lists is too small where persons differ in how easily they are met.

    Parameters
    ----------
    alpha, beta : float
        The beta law of the chance of being met on an occasion.
    occasions : int
        Number k of occasions on which the same persons are met.

    Returns
    -------
    float
        E(a^k)/E(a)^k, at least 1: multiply n1 n2/m by it (k = 2).

    Raises
    ------
    OptionError
        Where a parameter is not above zero, or `occasions` is no whole number above zero.

    Notes
    -----
    E(m) = (n1 n2/N)(1 + Var(a)/E(a)^2), so that N = (n1 n2/m)(1 + Var(a)/E(a)^2) (Difallah, Filatova and Ipeirotis,
    2018).

    Examples
    --------
    >>> round(propensity_factor(2.3, 18.6), 4)
    1.3693
    """
    _law(alpha, beta)
    _whole("occasions", occasions)
    return kernel.propensity_ratio(alpha, beta, int(occasions))


def never_seen(alpha: float, beta: float, occasions: int) -> float:
    """Return the share of persons never met in so many occasions, their chances following a beta law.

    Parameters
    ----------
    alpha, beta : float
        The beta law of the chance of being met on an occasion.
    occasions : int
        Number of occasions.

    Returns
    -------
    float
        P0 = B(alpha, T + beta)/B(alpha, beta); persons met over 1 - P0 are all persons.

    Raises
    ------
    OptionError
        Where a parameter is not above zero, or `occasions` is no whole number above zero.

    Examples
    --------
    >>> round(123_507 / (1 - never_seen(0.60, 67.9, 98)), 2)
    297226.42
    """
    _law(alpha, beta)
    _whole("occasions", occasions)
    return kernel.chance_of_none(alpha, beta, occasions)


def beta_binomial(
    counts: Mapping[int, int] | Sequence[int],
    occasions: int,
    fit: Literal["likelihood", "moments", "notebook"] = "likelihood",
    confidence: float = 0.95,
) -> Sizes:
    """Return how many people there are if chances of being met follow a beta law, after the lower bound.

    Parameters
    ----------
    counts : mapping of int to int, or sequence of int
        Persons by number of occasions on which they were met, or persons met once, twice, and so on.
    occasions : int
        Occasions on which a person could be met, at most once each.
    fit : str
        `likelihood` (the default: of persons met at least once). The two others replicate published work and are no
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
    if fit not in FITS:
        raise one_of("`fit`", fit, FITS)
    _whole("occasions", occasions)
    check_confidence(confidence)
    seen = frequencies(counts, int(occasions))
    if seen.sightings == seen.seen:
        raise MisleadingError(
            asked="A beta law of chances was to be fitted.",
            found=f"None of the {seen.seen} persons was met more than once, so the size has no upper limit.",
            write='Write `single_source(counts, "chao_bc")`, a lower bound.',
        )
    twice = seen.of(2) > 0
    bound = (chao if twice else chao_bias_corrected)(seen.of(1), seen.of(2), seen.seen)
    first = size("chao" if twice else "chao_bc", bound, lognormal_interval(bound, confidence), "lower bound")
    row, law = _fitted(seen, fit, bound, confidence)
    if few_singletons(seen, confidence):
        for each in (first, row):
            each["flag"] = ", ".join(filter(None, (each["flag"], "few singletons")))
    rules = {
        "estimator": f"{first['statistic']}, {row['statistic']}",
        "interval": "log-normal",
        "confidence": f"{confidence:g}",
        "occasions": f"{occasions:g}",
        **law,
    }
    assumptions = (CLOSED, MATCHED, SINGLETONS, OCCASIONS, BOUND, BETA_CHANCES)
    return gather_sizes([first, row], Provenance(rules=rules, base=BASE, assumptions=assumptions))


def _fitted(
    seen: Frequencies, fit: str, bound: Abundance, confidence: float
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the row of the size, and the law in words."""
    counts = np.array([seen.of(times + 1) for times in range(seen.occasions or 0)], dtype=float)
    if fit != "likelihood":
        return _replicated(seen, fit, bound, confidence)
    law = kernel.fit_beta_binomial(counts)
    if law.boundary:
        return no_size("beta_binomial", seen.seen, "boundary"), {"beta_law": law.boundary}
    found = kernel.size_of_fit(counts, law)
    low, high = lognormal_interval(found, confidence)
    flags = [bound_flag(found.size, bound, confidence)]
    # An unlimited size that costs less likelihood than the ends of an interval do is not excluded by the data.
    if 2 * (law.log_likelihood - law.limit) < float(chdtri(1, 1 - confidence)):
        flags.append("no upper limit")
        high = math.inf
    row = size("beta_binomial", found, (low, high), ", ".join(filter(None, flags)))
    return row, {"beta_law": f"{law.alpha:.6g}; {law.beta:.6g}"}


def _replicated(
    seen: Frequencies, fit: str, bound: Abundance, confidence: float
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the row of a published computation, done again as it was."""
    square = sum(times**2 * persons for times, persons in seen.counts) / seen.seen
    occasions = seen.occasions or 0
    alpha, beta = kernel.moments(seen.sightings / seen.seen, square, occasions, bracket=fit == "moments")
    name = f"beta_binomial_{fit}"
    if not (alpha > 0 and beta > 0):
        return no_size(name, seen.seen, "ill-posed"), {}
    value = seen.seen / (1 - kernel.chance_of_none(alpha, beta, occasions))
    row = {**known_size(name, value, flag=bound_flag(value, bound, confidence)), "n": seen.seen}
    return row, {"beta_law": f"{alpha:.6g}; {beta:.6g}"}


def _law(alpha: Any, beta: Any) -> None:
    for name, value in (("alpha", alpha), ("beta", beta)):
        if not _number(value) or value <= 0:
            raise OptionError(
                asked=f"`{name}` of a beta law was given as {value!r}.",
                found="It is a number above zero.",
                write=f"Write `{name}` as it was estimated.",
            )


def _whole(name: str, value: Any) -> None:
    if not _number(value) or value < 1 or value % 1:
        raise OptionError(
            asked=f"`{name}` was given as {value!r}.",
            found="It counts occasions.",
            write="Write a whole number, one or more.",
        )
    if value > MOST:
        raise OptionError(
            asked=f"`{name}` was given as {value!r}.",
            found=f"A law is fitted over {MOST} occasions at most.",
            write="Write the counts again, over longer and fewer occasions.",
        )


def _number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and math.isfinite(value)
