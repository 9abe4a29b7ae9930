"""One source that counts how often each person was seen: those never seen are told from those rarely seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from diplab.errors import MisleadingError, OptionError, one_of
from diplab.kernel import single_source as kernel
from diplab.kernel.abundance import Abundance, lognormal_interval
from diplab.population.assumptions import BASE, assumptions_of
from diplab.population.frequencies import Frequencies, frequencies
from diplab.population.lower_bound import against_bound
from diplab.population.sizes import gathered, size, strict_confidence
from diplab.results.provenance import Provenance

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from diplab.results.estimates import Estimates

__all__ = ["ESTIMATORS", "LOWER_BOUNDS", "abundance_of", "flag_of", "record_of", "single_source"]

ESTIMATORS = ("chao", "chao_bc", "chao_t", "zelterman", "poisson", "geometric")
LOWER_BOUNDS = ("chao", "chao_bc", "chao_t")


def single_source(
    counts: Mapping[int, int] | Sequence[int],
    estimator: Literal["chao", "chao_bc", "chao_t", "zelterman", "poisson", "geometric"] = "chao",
    occasions: int | None = None,
    confidence: float = 0.95,
) -> Estimates:
    """Return how many people there are, from how often each one seen was seen.

    Parameters
    ----------
    counts : mapping of int to int, or sequence of int
        Persons by number of times seen, or persons seen once, twice, and so on.
    estimator : str
        `chao` (lower bound, the default), `chao_bc` (bias-corrected), `chao_t` (over `occasions`),
        `zelterman`, `poisson` (everyone at the same rate), `geometric` (rates that differ).
    occasions : int, optional
        Occasions on which a person could be seen; `chao_t` needs it.
    confidence : float
        Probability of the interval.

    Returns
    -------
    Estimates
        One row, with a log-normal interval; column `n` holds the persons seen. The flag says `lower bound`,
        or `below bound` where a point lies under the Chao bound of the same counts, and `contradicted` too
        where the interval of the bound lies wholly above it. `no singletons` warns that nobody was seen once.

    Raises
    ------
    OptionError
        Where the counts are not counts, or `chao_t` comes without `occasions`.
    MisleadingError
        Where the estimator has no finite answer on these counts.

    Notes
    -----
    Chao (1984, 1987), N = n + f1^2/(2 f2); Zelterman (1988), N = n/(1 - exp(-2 f2/f1)); zero-truncated
    Poisson and geometric by maximum likelihood, N by Horvitz-Thompson (van der Heijden et al., 2003).

    Examples
    --------
    >>> from diplab import population
    >>> population.single_source([1645, 183, 37, 13, 1, 1]).frame["estimate"].round(1).tolist()
    [9273.5]
    """
    if estimator not in ESTIMATORS:
        raise one_of("`estimator`", estimator, ESTIMATORS)
    strict_confidence(confidence)
    seen = frequencies(counts, occasions)
    found = abundance_of(seen, estimator)
    row = size(
        estimator, found, lognormal_interval(found, confidence), flag_of(seen, estimator, found, confidence)
    )
    return gathered([row], record_of((estimator,), seen, confidence))


def abundance_of(seen: Frequencies, estimator: str) -> Abundance:
    """Return the size of one estimator, refused where it has none."""
    once, twice = seen.of(1), seen.of(2)
    if estimator == "chao":
        return kernel.chao(once, twice, seen.seen)
    if estimator == "chao_bc":
        return kernel.chao_bias_corrected(once, twice, seen.seen)
    if estimator == "chao_t":
        if seen.occasions is None:
            raise OptionError(
                asked="The estimator `chao_t` was asked for.",
                found="It needs to know on how many occasions a person could be seen.",
                write="Write `occasions=`, or the estimator `chao`.",
            )
        return kernel.chao_occasions(once, twice, seen.of(3), seen.seen, seen.occasions)
    if estimator == "zelterman":
        return kernel.zelterman(once, twice, seen.seen)
    if estimator == "poisson":
        return kernel.truncated_poisson(seen.seen, seen.sightings)
    return kernel.truncated_geometric(seen.seen, seen.sightings)


def flag_of(seen: Frequencies, estimator: str, found: Abundance, confidence: float) -> str:
    """Return what a reader must know of one size: a bound, or a point under the bound of the same counts."""
    if estimator in LOWER_BOUNDS:
        return "lower bound"
    if seen.of(1) == 0:
        return "no singletons"
    try:
        bound = abundance_of(seen, "chao")
    except MisleadingError:
        bound = abundance_of(seen, "chao_bc")
    return against_bound(found.size, bound, confidence)


def record_of(estimators: tuple[str, ...], seen: Frequencies, confidence: float) -> Provenance:
    """Return the provenance of sizes from one source."""
    rules = {
        "estimator": ", ".join(estimators),
        "interval": "log-normal",
        "confidence": f"{confidence:g}",
        "sightings": str(seen.sightings),
    }
    if seen.occasions is not None:
        rules["occasions"] = str(seen.occasions)
    return Provenance(rules=rules, base=BASE, assumptions=assumptions_of(estimators))
