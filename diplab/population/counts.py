"""Counts of how often persons were seen: input, and population sizes from one source."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np

from diplab.checks import (
    argument,
    check_confidence,
    check_left_out,
    check_one_of,
    check_whole_number,
    is_whole_number,
)
from diplab.errors import EmptyDomainError, MisleadingError, OptionError
from diplab.kernel.arrays import Floats
from diplab.population import sizes
from diplab.population.kernel import abundance as kernel
from diplab.population.kernel import truncated
from diplab.population.kernel.abundance import (
    LARGEST,
    Abundance,
    lognormal_interval,
    normal_interval,
)
from diplab.population.kernel.truncated import CountFit
from diplab.population.tables import (
    OCCASION,
    check_persons,
    check_size,
    mark_table_or_none,
    read_marks,
)
from diplab.results.estimates import Provenance
from diplab.results.sizes import ModelFit, Sizes


def single_source(
    counts: Mapping[int, int] | Sequence[int],
    estimator: Estimator = "chao",
    occasions: int | None = None,
    *,
    confidence: float = 0.95,
    duplicates: int | None = None,
) -> Sizes:
    """Return how many people there are, from how often each one seen was seen.

    Parameters
    ----------
    counts : mapping of int to int, or sequence of int
        Persons by number of times seen, or persons seen once, twice, and so on.
    estimator : str
        Lower bounds: `chao` (the default), `chao_bc` (bias-corrected), `chao_t` (over `occasions`),
        `chao1` and `chao1_bc` (for a finite number of sightings), `chao2` and `chao2_bc` (the same
        over `occasions`), `ichao` (improved by those seen three and four times). Points:
        `zelterman`, `poisson` (everyone at the same rate), `geometric` and `negative_binomial`
        (rates that differ), `ace` and `ace_1` (coverage), `jackknife1` and `jackknife2`. Where too
        many were seen once: `oichao` (Chao's bound from those seen twice and three times),
        `one_inflated_poisson`, `one_inflated_geometric` (extra persons among those seen),
        `truncated_one_inflated_poisson`, `truncated_one_inflated_geometric` (a share of all who are
        seen once and never more nor less), `zero_one_truncated_poisson`,
        `zero_one_truncated_geometric` (those seen once say nothing of the rate), `hurdle_poisson`.
    occasions : int, optional
        Occasions on which a person could be seen, once on each. `chao_t`, `chao2` and `chao2_bc`
        need it; `ichao`, `ace`, `ace_1` (then ICE) and the jackknives take it in place of the
        number of sightings.
    confidence : float
        Probability of the interval.
    duplicates : int, optional
        Accounts seen once that are known to be duplicates or false; they are taken away from those
        seen once. Left out, the provenance says that duplicates are undeclared.

    Returns
    -------
    Sizes
        One row, with a log-normal interval; column `n` holds the persons seen. The flag says `lower
        bound`, or `below bound` where a point lies under the Chao bound of the same counts, and
        `contradicted` too where the interval of the bound lies wholly above it. `one-inflated` says
        that the bound does not hold for this model. `boundary` comes with no point: the likelihood
        rises to the edge, and an assumption says which estimator to read. `no upper limit` has an
        infinite upper end: the counts set none. `at the number seen` was raised to it. `no
        singletons` and `few singletons` warn that persons seen once may have been filtered out.

    Raises
    ------
    OptionError
        Where the counts are not counts, or an estimator comes without the `occasions` that it
        needs.
    MisleadingError
        Where the estimator has no finite answer on these counts.

    Notes
    -----
    Chao (1984, 1987), N = n + f1^2/(2 f2); Zelterman (1988), N = n/(1 - exp(-2 f2/f1));
    zero-truncated distributions by maximum likelihood, N by Horvitz-Thompson (van der Heijden et
    al., 2003), variance in two parts, that of the coefficients and that of the drawing, sum (1 -
    p)/p^2; improved bound of Chiu et al. (2014); coverage of Chao and Lee (1992) and of Lee and
    Chao (1994); jackknife of Burnham and Overton (1978). With f1 accounts seen once and d of them
    declared as duplicates, f1 - d are counted.

    Where everyone is seen alike two of the lower bounds may lie above the size: `chao_t`, which
    takes sightings as Poisson, by about f0/(occasions - 1) with f0 never seen (`chao2` has the
    right factor for few occasions), and `ichao`, because its third term is never taken below zero.

    Examples
    --------
    >>> from diplab import population
    >>> population.single_source([1645, 183, 37, 13, 1, 1]).frame["estimate"].round(1).tolist()
    [9273.5]
    >>> counts = [1645, 183, 37, 13, 1, 1]
    >>> population.single_source(counts, "negative_binomial").frame["flag"].tolist()
    ['boundary']
    """
    check_one_of("estimator", estimator, Estimator)
    check_confidence(confidence)
    seen = read_counts(counts, occasions, duplicates)
    estimate = estimate_counts(estimator, seen, confidence)
    row = count_row(estimator, seen, estimate, confidence)
    provenance = count_provenance((estimator,), seen, confidence, duplicates, [estimate])
    if "below bound" in row["flag"]:
        rules = {**provenance.rules, "lower_bound": f"{_lower_bound(seen).size:.0f}"}
        provenance = replace(provenance, rules=rules)
    return sizes.gather_sizes([row], provenance, [count_model(estimator, estimate, seen)])


def read_counts(
    counts: Mapping[int, int] | Sequence[int], occasions: int | None, duplicates: int | None
) -> Frequencies:
    """Return checked counts, without the accounts seen once known to be duplicates."""
    seen = frequencies(counts, occasions)
    if duplicates is None:
        return seen
    duplicates = check_whole_number("duplicates", duplicates, low=0)
    once = seen.of(1)
    if duplicates > once:
        raise OptionError(
            f"{argument('duplicates', duplicates)} is above the {once} accounts seen exactly once."
        )
    pairs = ((1, once - duplicates), *(pair for pair in seen.counts if pair[0] != 1))
    rest = tuple(pair for pair in pairs if pair[1])
    if not rest:
        raise EmptyDomainError(
            f"{argument('duplicates', duplicates)} leaves no person to count.",
            write=f"Write fewer than {once} duplicates.",
        )
    return replace(seen, counts=rest)


def count_row(
    estimator: str, seen: Frequencies, fit: CountFit, confidence: float
) -> dict[str, Any]:
    """Return the row of one estimator: its size with its interval, or NaN at a boundary."""
    abundance = fit.abundance
    if fit.boundary:
        return sizes.no_size(estimator, seen.seen, "boundary")
    if estimator in LOWER_BOUNDS:
        flags = ["lower bound"]
    elif estimator in WITHOUT_BOUND:
        flags = ["one-inflated"]
    elif seen.of(1) == 0:
        flags = ["no singletons"]
    else:
        flags = [*sizes.bound_flags(abundance.size, _lower_bound(seen), confidence)]
    interval = lognormal_interval(abundance, confidence)
    if not math.isnan(fit.highest):
        interval = (interval[0], fit.highest)
        flags.append("no upper limit")
    if abundance.size < seen.seen:
        # only the second jackknife can; `count_provenance` names the interval
        interval = normal_interval(abundance, confidence)
        interval = (interval[0], max(interval[1], float(seen.seen)))
        abundance = abundance._replace(size=float(seen.seen))
        flags.insert(0, "at the number seen")
    if estimator not in WITHOUT_BOUND and few_singletons(seen, confidence):
        flags.append("few singletons")
    return sizes.size(estimator, abundance, interval, sizes.join_flags(*flags))


def _lower_bound(seen: Frequencies) -> Abundance:
    # over a number of occasions Chao's bound for the Poisson distribution is too high
    bound = "chao" if seen.occasions is None else "chao2"
    try:
        return estimate_counts(bound, seen).abundance
    except MisleadingError:
        return estimate_counts(f"{bound}_bc", seen).abundance


def count_provenance(
    estimators: tuple[str, ...],
    seen: Frequencies,
    confidence: float,
    duplicates: int | None = None,
    estimates: Sequence[CountFit] = (),
) -> Provenance:
    """Return the provenance of sizes from one source, with remarks on fits at a boundary."""
    raised = [estimate.abundance.size < seen.seen for estimate in estimates]
    intervals = ["log-normal"] * (not raised or not all(raised)) + ["normal"] * any(raised)
    rules = {
        "estimator": estimators[0] if len(estimators) == 1 else "several",
        "interval": list(intervals),
        "confidence": f"{confidence:g}",
        "sightings": str(seen.sightings),
        "duplicates": "undeclared" if duplicates is None else str(int(duplicates)),
    }
    if seen.occasions is not None:
        rules["occasions"] = str(seen.occasions)
    boundaries = dict.fromkeys(
        sizes.WORDS(f"boundary.{estimate.boundary.replace(' ', '_')}")
        for estimate in estimates
        if estimate.boundary
    )
    assumed = [
        sizes.assumptions(*sizes.ASSUMED["single_source"][estimator]) for estimator in estimators
    ]
    return sizes.provenance_of(rules, *sizes.shared_first(assumed), *boundaries)


@dataclass(frozen=True)
class Frequencies:
    """Persons by number of times seen."""

    counts: tuple[tuple[int, int], ...]  # (times, persons seen so often), in order
    occasions: int | None = None  # on which a person could be seen

    def of(self, times: int) -> int:
        """Return the persons seen exactly this number of times."""
        return dict(self.counts).get(times, 0)

    @property
    def seen(self) -> int:
        """Persons seen at least once."""
        return sum(persons for _, persons in self.counts)

    @property
    def sightings(self) -> int:
        """Times they were seen, in all."""
        return sum(times * persons for times, persons in self.counts)


def frequencies(
    counts: Mapping[int, int] | Sequence[int], occasions: int | None = None, name: str = "counts"
) -> Frequencies:
    """Return counts as `Frequencies`, checked; `name` is that of the argument."""
    if not hasattr(counts, "items") and (
        isinstance(counts, str | bytes) or not hasattr(counts, "__iter__")
    ):
        raise OptionError(
            f"{argument(name, counts)} is neither persons by number of times seen nor a list of "
            "them.",
            write="Write `{1: f1, 2: f2}`, or f1, f2 and so on in a list.",
        )
    # a pandas Series is not a Mapping, but has `items`
    pairs: list[tuple[Any, Any]] = list(
        counts.items() if hasattr(counts, "items") else enumerate(counts, start=1)
    )
    for times, persons in pairs:
        if not is_whole_number(times) or not 1 <= times <= LARGEST:
            raise OptionError(
                f"`{name}` has {times!r} for the number of times that persons were seen.",
                "Only persons seen at least once, a whole number of times, are counted.",
                "Write `{1: f1, 2: f2}`, or f1, f2 and so on in a list.",
            )
        check_whole_number(f"{name}[{times}]", persons, low=0, high=LARGEST)
    seen = tuple(sorted((int(times), int(persons)) for times, persons in pairs if persons))
    if not seen:
        raise EmptyDomainError(
            f"`{name}` has no person seen.",
            write="Write how many persons were seen once, twice and so on.",
        )
    if occasions is not None:
        occasions = check_whole_number("occasions", occasions, low=1, high=LARGEST)
        if seen[-1][0] > occasions:
            raise OptionError(
                f"{argument('occasions', occasions)} is below the {seen[-1][0]} times someone was "
                "seen."
            )
    return Frequencies(seen, occasions)


def few_singletons(seen: Frequencies, confidence: float = 0.95) -> bool:
    """Return whether fewer persons were seen once than any distribution of rates allows."""
    return kernel.too_few_seen_once(seen.of(1), seen.of(2), seen.of(3), seen.occasions, confidence)


Bound = Literal["chao", "chao_bc", "chao_t", "chao1", "chao1_bc", "chao2", "chao2_bc", "ichao"]
Point = Literal[
    "zelterman",
    "poisson",
    "geometric",
    "negative_binomial",
    "ace",
    "ace_1",
    "jackknife1",
    "jackknife2",
]
WithoutBound = Literal[
    "oichao", "one_inflated_poisson", "one_inflated_geometric",
    "truncated_one_inflated_poisson", "truncated_one_inflated_geometric",
    "zero_one_truncated_poisson", "zero_one_truncated_geometric", "hurdle_poisson",
]  # fmt: skip
Estimator = Literal[Bound, Point, WithoutBound]
ESTIMATORS: tuple[Estimator, ...] = get_args(Estimator)
LOWER_BOUNDS = get_args(Bound)
# estimators that model persons seen once separately: Chao's bound does not hold
WITHOUT_BOUND = get_args(WithoutBound)
OF_TWICE_SEEN = {
    "zero_one_truncated_poisson": (truncated.POISSON, truncated.zero_one_truncated),
    "zero_one_truncated_geometric": (truncated.GEOMETRIC, truncated.zero_one_truncated),
    "hurdle_poisson": (truncated.POISSON, truncated.hurdle),
}
SURPLUS_OF_ONES = {
    "one_inflated_poisson": "one_inflated_poisson",
    "one_inflated_geometric": "one_inflated_geometric",
    "truncated_one_inflated_poisson": "ones_for_all_poisson",
    "truncated_one_inflated_geometric": "ones_for_all_geometric",
}
OF_TWO_COUNTS = {
    "chao": kernel.chao,
    "chao_bc": kernel.chao_bias_corrected,
    "zelterman": kernel.zelterman,
}


def estimate_counts(estimator: str, seen: Frequencies, confidence: float = 0.95) -> CountFit:
    """Return the size of one estimator, refused where it has none."""
    times, persons = (np.array(column, dtype=float) for column in zip(*seen.counts, strict=True))
    if estimator in truncated.DISTRIBUTIONS:
        return truncated.zero_truncated(estimator, times, persons)
    if estimator == "negative_binomial":
        return truncated.truncated_negative_binomial(times, persons, confidence)
    if estimator in SURPLUS_OF_ONES:
        return truncated.one_inflated(SURPLUS_OF_ONES[estimator], times, persons)
    if estimator in OF_TWICE_SEEN:
        distribution, model = OF_TWICE_SEEN[estimator]
        return model(truncated.fit_zero_one_truncated(times, persons, distribution))
    return CountFit(_formula(estimator, seen))


def _formula(estimator: str, seen: Frequencies) -> Abundance:
    once, twice, thrice = seen.of(1), seen.of(2), seen.of(3)
    if estimator in OF_TWO_COUNTS:
        return OF_TWO_COUNTS[estimator](once, twice, seen.seen)
    if estimator == "oichao":
        return truncated.one_inflated_chao(twice, thrice, seen.seen)
    if estimator == "chao_t":
        return kernel.chao_occasions(once, twice, thrice, seen.seen, _occasions(estimator, seen))
    # of persons seen often only the number matters
    persons = np.array(list(map(seen.of, range(1, kernel.RARE + 1))), dtype=float)
    persons = np.append(persons, seen.seen - persons.sum())
    draws = seen.sightings if seen.occasions is None else seen.occasions
    corrected = estimator in ("chao1_bc", "chao2_bc")
    if estimator in ("chao1", "chao1_bc"):
        return kernel.finite_chao(persons, seen.sightings, corrected)
    if estimator in ("chao2", "chao2_bc"):
        return kernel.finite_chao(persons, _occasions(estimator, seen), corrected)
    if estimator == "ichao":
        return kernel.improved_chao(persons, draws)
    if estimator in ("ace", "ace_1"):
        return kernel.coverage(persons, seen.occasions, twice_corrected=estimator == "ace_1")
    return kernel.jackknife(persons, draws, order=1 if estimator == "jackknife1" else 2)


def _occasions(estimator: str, seen: Frequencies) -> int:
    if seen.occasions is None:
        other = "chao" if estimator == "chao_t" else "chao1"
        raise OptionError(
            f"`estimator={estimator!r}` is without `occasions`.",
            "It needs the number of occasions on which a person could be seen.",
            f"Write `occasions=`, or the estimator `{other}`.",
        )
    return seen.occasions


def count_model(estimator: str, fit: CountFit, seen: Frequencies) -> ModelFit | None:
    """Return the model behind a size, or None for a formula.

    AIC and BIC are missing unless everyone seen enters the fit.
    """
    if not fit.terms and not fit.boundary:
        return None
    times, persons = (np.array(column, dtype=float) for column in zip(*seen.counts, strict=True))
    included = times >= fit.least
    expected = fit.chance(times[included]) * persons[included].sum()
    return sizes.model_fit(
        estimator,
        seen.seen,
        len(fit.terms),
        (math.nan, math.nan, fit.log_likelihood),
        {"term": fit.terms, "estimate": fit.estimates, "std_error": fit.errors},
        fitted={
            "times": times[included].astype(int),
            "seen": persons[included].astype(int),
            "expected": expected,
        },
        compared=fit.least == 1 and not fit.boundary,
    )


MOST_OCCASIONS = 10_000  # most occasions of which frequencies are laid out in a table


@dataclass(frozen=True, eq=False)
class Histories:
    """Distinct histories of persons seen at least once."""

    occasions: tuple[str, ...]
    seen: Floats  # (histories, occasions), 0 and 1
    persons: Floats  # with each history


def read_histories(data: Any, count: str | None = None) -> Histories | None:
    """Return the histories that a frame or an array holds; None where the data are not a table."""
    table = mark_table_or_none(data)
    if table is None:
        return None
    read = read_marks(table, OCCASION, count)
    persons = read.persons
    check_persons(persons, read.marks, OCCASION)
    kept = persons > 0
    distinct, at = np.unique(read.marks[kept].astype(np.float64), axis=0, return_inverse=True)
    return Histories(
        read.names, distinct, np.bincount(at.ravel(), weights=persons[kept]).astype(np.float64)
    )


@dataclass(frozen=True, eq=False)
class Captures:
    """Persons by how often they were seen, and by their histories where these are known."""

    frequencies: Frequencies
    limit: float  # occasions on which a person could be seen; infinite where there is no limit
    up_to: int  # persons seen more often are counted as seen, and not fitted
    histories: Histories | None = None  # None where only frequencies are known

    @property
    def known_histories(self) -> Histories:
        """The histories, for models that rest on them."""
        assert self.histories is not None
        return self.histories

    @property
    def seen(self) -> int:
        """Persons seen at least once."""
        return self.frequencies.seen

    @property
    def fitted_frequencies(self) -> Floats:
        """Persons seen 1, 2, ... times, as far as they are fitted."""
        return np.array(list(map(self.frequencies.of, range(1, self.up_to + 1))), dtype=np.float64)

    @property
    def beyond(self) -> float:
        """Persons seen more often than is fitted."""
        return self.seen - float(self.fitted_frequencies.sum())


def read_captures(
    data: Any, count: str | None = None, occasions: int | None = None, up_to: int | None = None
) -> Captures:
    """Return captures from a table of histories or from frequencies, checked."""
    histories = read_histories(data, count)
    if histories is None:
        return _from_frequencies(data, count, occasions, up_to)
    limit = len(histories.occasions)
    check_left_out(
        "histories", f"They have {limit} columns, one per occasion.", occasions=occasions
    )
    _check_two_occasions(limit)
    times = histories.seen.sum(axis=1).astype(int)
    by_times = np.bincount(times, weights=histories.persons, minlength=limit + 1)
    counts = frequencies(
        {at: int(persons) for at, persons in enumerate(by_times) if at and persons}, limit
    )
    return Captures(counts, float(limit), _highest_frequency(up_to, limit), histories)


def _from_frequencies(
    data: Mapping[int, int] | Sequence[int],
    count: str | None,
    occasions: int | None,
    up_to: int | None,
) -> Captures:
    check_left_out(
        "frequencies", "They already count persons, by number of times seen.", count=count
    )
    if occasions is not None:
        check_whole_number("occasions", occasions, high=MOST_OCCASIONS, example=6)
        _check_two_occasions(occasions)
    counts = frequencies(data, occasions, "histories")
    check_size(counts.seen)
    highest = counts.counts[-1][0] if occasions is None else int(occasions)
    if highest > MOST_OCCASIONS:
        raise OptionError(
            f"Someone was seen {highest} times, and {MOST_OCCASIONS} are the most that are read.",
            write="Write the frequencies again, as persons by number of times seen.",
        )
    limit = math.inf if occasions is None else float(occasions)
    return Captures(counts, limit, _highest_frequency(up_to, highest))


def _highest_frequency(up_to: int | None, highest: int) -> int:
    if up_to is None:
        return highest
    return min(check_whole_number("up_to", up_to, low=2, example=3), highest)


def _check_two_occasions(occasions: int) -> None:
    if occasions < 2:
        raise MisleadingError(
            f"There {'are' if occasions != 1 else 'is'} {occasions} "
            f"occasion{'s' if occasions != 1 else ''}.",
            "The number missed is estimated from persons seen again, and no one could be.",
            "Write two occasions or more.",
        )
