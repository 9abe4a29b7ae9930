"""One source that counts how often each person was seen: those never seen are told from those rarely seen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from diplab.checks import check_confidence
from diplab.errors import MisleadingError, one_of
from diplab.population.assumptions import BASE, BOUNDARY, assumptions_of_counts
from diplab.population.kernel.abundance import Abundance, lognormal_interval, normal_interval
from diplab.population.one_source.count_estimators import (
    ESTIMATORS,
    LOWER_BOUNDS,
    WITHOUT_BOUND,
    Found,
    found_by,
)
from diplab.population.one_source.count_models import model_of
from diplab.population.one_source.frequencies import Frequencies, frequencies
from diplab.population.one_source.singletons import few_singletons, without_duplicates
from diplab.population.sizes import bound_flag, gather_sizes, no_size, size
from diplab.results.provenance import Provenance

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from diplab.population.one_source.count_estimators import Estimator
    from diplab.results.sizes import Sizes

__all__ = ["abundance_of", "counted", "record_of", "row_of", "single_source"]


def single_source(
    counts: Mapping[int, int] | Sequence[int],
    estimator: Estimator = "chao",
    occasions: int | None = None,
    confidence: float = 0.95,
    duplicates: int | None = None,
) -> Sizes:
    """Return how many people there are, from how often each one seen was seen.

    Parameters
    ----------
    counts : mapping of int to int, or sequence of int
        Persons by number of times seen, or persons seen once, twice, and so on.
    estimator : str
        Lower bounds: `chao` (the default), `chao_bc` (bias-corrected), `chao_t` (over `occasions`), `chao1` and
        `chao1_bc` (for a finite number of sightings), `chao2` and `chao2_bc` (the same over `occasions`), `ichao`
        (improved by those seen three and four times). Points: `zelterman`, `poisson` (everyone at the same rate),
        `geometric` and `negative_binomial` (rates that differ), `ace` and `ace_1` (coverage), `jackknife1` and
        `jackknife2`. Where too many were seen once: `oichao` (Chao's bound from those seen twice and three times),
        `one_inflated_poisson`, `one_inflated_geometric` (extra persons among those seen),
        `truncated_one_inflated_poisson`, `truncated_one_inflated_geometric` (a share of all who are seen once and
        never more nor less), `zero_one_truncated_poisson`, `zero_one_truncated_geometric` (those seen once say
        nothing of the rate), `hurdle_poisson`.
    occasions : int, optional
        Occasions on which a person could be seen, once on each. `chao_t`, `chao2` and `chao2_bc` need it; `ichao`,
        `ace`, `ace_1` (then ICE) and the jackknives take it in place of the number of sightings.
    confidence : float
        Probability of the interval.
    duplicates : int, optional
        Accounts seen once that are known to be duplicates or false; they are taken away from those seen once. Left
        out, the provenance says that duplicates are undeclared.

    Returns
    -------
    Sizes
        One row, with a log-normal interval; column `n` holds the persons seen. The flag says `lower bound`,
        or `below bound` where a point lies under the Chao bound of the same counts, and `contradicted` too
        where the interval of the bound lies wholly above it. `one-inflated` says that the bound does not hold for this
        model. `boundary` comes with no point: the likelihood rises to the edge, and an assumption says which estimator
        to read. `no upper limit` has an infinite upper end: the counts set none. `at the number seen` was raised to
        it. `no singletons` and `few singletons` warn that persons seen once may have been filtered out.

    Raises
    ------
    OptionError
        Where the counts are not counts, or an estimator comes without the `occasions` that it needs.
    MisleadingError
        Where the estimator has no finite answer on these counts.

    Notes
    -----
    Chao (1984, 1987), N = n + f1^2/(2 f2); Zelterman (1988), N = n/(1 - exp(-2 f2/f1)); zero-truncated laws by maximum
    likelihood, N by Horvitz-Thompson (van der Heijden et al., 2003), variance in two parts, that of the coefficients
    and that of the drawing, sum (1 - p)/p^2; improved bound of Chiu et al. (2014); coverage of Chao and Lee (1992) and
    of Lee and Chao (1994); jackknife of Burnham and Overton (1978). With f1 accounts seen once and d of them declared
    as duplicates, f1 - d are counted.

    Where everyone is seen alike two of the lower bounds may lie above the size: `chao_t`, which takes sightings
    as Poisson, by about f0/(occasions - 1) with f0 never seen (`chao2` has the right factor for few occasions), and
    `ichao`, because its third term is never taken below zero.

    Examples
    --------
    >>> from diplab import population
    >>> population.single_source([1645, 183, 37, 13, 1, 1]).frame["estimate"].round(1).tolist()
    [9273.5]
    >>> population.single_source([1645, 183, 37, 13, 1, 1], "negative_binomial").frame["flag"].tolist()
    ['boundary']
    """
    if not isinstance(estimator, str) or estimator not in ESTIMATORS:
        raise one_of("`estimator`", estimator, ESTIMATORS)
    check_confidence(confidence)
    seen = counted(counts, occasions, duplicates)
    found = found_by(estimator, seen, confidence)
    row = row_of(estimator, seen, found, confidence)
    record = record_of((estimator,), seen, confidence, duplicates, [found])
    if "below bound" in row["flag"]:
        record = replace(record, rules={**record.rules, "lower_bound": f"{_bound(seen).size:.0f}"})
    return gather_sizes([row], record, [model_of(estimator, found.fit, seen)])


def counted(
    counts: Mapping[int, int] | Sequence[int], occasions: int | None, duplicates: int | None
) -> Frequencies:
    """Return the counts that a size rests on: checked, without the duplicates declared."""
    return without_duplicates(frequencies(counts, occasions), duplicates)


def abundance_of(seen: Frequencies, estimator: str) -> Abundance:
    """Return the size of one estimator, refused where it has none."""
    return found_by(estimator, seen).abundance


def row_of(estimator: str, seen: Frequencies, found: Found, confidence: float) -> dict[str, Any]:
    """Return the row of one estimator: its size with its interval, or that there is none."""
    fit, abundance = found.fit, found.abundance
    if fit is not None and fit.boundary:
        return no_size(estimator, seen.seen, "boundary")
    flags = [_against(seen, estimator, abundance, confidence)]
    interval = lognormal_interval(abundance, confidence)
    if fit is not None and fit.highest == fit.highest:
        interval = (interval[0], fit.highest)
        flags.append("no upper limit")
    if abundance.size < seen.seen:
        # only the second jackknife can; `record_of` names the interval
        interval = normal_interval(abundance, confidence)
        interval = (interval[0], max(interval[1], float(seen.seen)))
        abundance = abundance._replace(size=float(seen.seen))
        flags.insert(0, "at the number seen")
    if estimator not in WITHOUT_BOUND and few_singletons(seen, confidence):
        flags.append("few singletons")
    return size(estimator, abundance, interval, ", ".join(flag for flag in flags if flag))


def _against(seen: Frequencies, estimator: str, found: Abundance, confidence: float) -> str:
    """Return what a reader must know of one size: a bound, or a point under the bound of the same counts."""
    if estimator in LOWER_BOUNDS:
        return "lower bound"
    if estimator in WITHOUT_BOUND:
        return "one-inflated"
    if seen.of(1) == 0:
        return "no singletons"
    return bound_flag(found.size, _bound(seen), confidence)


def _bound(seen: Frequencies) -> Abundance:
    # over a number of occasions the bound of the Poisson law is too high
    plain = "chao" if seen.occasions is None else "chao2"
    try:
        return found_by(plain, seen).abundance
    except MisleadingError:
        return found_by(f"{plain}_bc", seen).abundance


def record_of(
    estimators: tuple[str, ...],
    seen: Frequencies,
    confidence: float,
    duplicates: int | None = None,
    found: Iterable[Found] = (),
) -> Provenance:
    """Return the provenance of sizes from one source, and what to read in place of a fit at its boundary."""
    answers = tuple(found)
    raised = [each.abundance.size < seen.seen for each in answers]
    intervals = ["log-normal"] * (not raised or not all(raised)) + ["normal"] * any(raised)
    rules = {
        "estimator": estimators[0] if len(estimators) == 1 else "several",
        "interval": ", ".join(intervals),
        "confidence": f"{confidence:g}",
        "sightings": str(seen.sightings),
        "duplicates": "undeclared" if duplicates is None else str(int(duplicates)),
    }
    if seen.occasions is not None:
        rules["occasions"] = str(seen.occasions)
    record = Provenance(rules=rules, base=BASE, assumptions=assumptions_of_counts(estimators))
    edges = dict.fromkeys(BOUNDARY[each.fit.boundary] for each in answers if each.fit and each.fit.boundary)
    return replace(record, assumptions=(*record.assumptions, *edges))
