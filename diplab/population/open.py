"""Populations met on several occasions: Jolly-Seber for an open one, Schnabel for a closed one."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from diplab.checks import check_confidence, check_one_of
from diplab.errors import EmptyDomainError, MisleadingError, OptionError
from diplab.kernel.arrays import Booleans, Floats
from diplab.kernel.intervals import student_deviate
from diplab.population.kernel import open as kernel
from diplab.population.kernel.abundance import (
    Abundance,
    log_interval,
    lognormal_interval,
    normal_interval,
)
from diplab.population.kernel.open import OpenSizes, Tallies, ever_present, jolly_seber, tallies
from diplab.population.sizes import gather_sizes, known_size, provenance_of, size
from diplab.population.tables import OCCASION, MarkTable, check_persons, floats, marks, read_marks
from diplab.results.sizes import Sizes

ARROW = " → "  # between the names of two occasions, in the category of survival and entries
# fewest recaptures for a normal interval: the Poisson distribution is asymmetric (Seber, 1982;
# Krebs, 1989)
FEW = 50
Estimator = Literal["schnabel", "schnabel_chapman", "schumacher"]
INTERVALS = {
    "schnabel": ("poisson", "normal", "t"),
    "schnabel_chapman": ("poisson", "normal", "t"),
    "schumacher": ("t",),
}


def open_population(
    histories: Any,
    count: str | None = None,
    lost: str | None = None,
    corrected: bool = True,
    *,
    confidence: float = 0.95,
) -> Sizes:
    """Return how many people were present on each occasion, how many stayed and how many came.

    Parameters
    ----------
    histories : DataFrame, Microdata or array, shape (rows, occasions)
        One column per occasion in order of time, 1 where the person was met and 0 elsewhere; one
        row per person, or a history with `count`. Three occasions at least.
    count : str, optional
        Column of the persons with each history.
    lost : str, optional
        Column of 0/1: persons known to have left when last met (an account closed, a person
        excluded).
    corrected : bool
        With the correction for bias (the default), or the uncorrected ratios.
    confidence : float
        Probability of the intervals.

    Returns
    -------
    Sizes
        Rows `abundance` (present on the occasion), `marked` (of them, met before), `survival`
        (share of those present that stays until the next occasion), `entries` (persons who came
        since an occasion and are there on the next), with the occasion as `category` or the two as
        `a → b`; and `ever_present`, from the second occasion to the last but one. `n` holds the
        persons met on the (first) occasion. Sizes have log-normal intervals above the number met,
        survival intervals on its logarithm, entries normal ones.

        What cannot be estimated is NaN, and `flag` says why: `not estimable` (first and last
        occasions), `nobody met`, `nobody met before`, `nobody met again`. `survival above one` and
        `negative entries` are not truncated: they result from chance or from a wrong model. `at the
        number seen` marks a size raised to the number met.

    Raises
    ------
    MisleadingError
        Where there are fewer than three occasions.
    ColumnError, OptionError, EmptyDomainError
        Where the histories cannot be read.

    Notes
    -----
    Jolly (1965) and Seber (1965): M = m + R z/r, N = n M/m, phi = M'/(M - m + R), B = N' - phi (N -
    n + R), with the variances of Seber (1982) and Pollock et al. (1990), written out in
    `diplab.population.kernel.open`. Survival is *apparent*: leaving for good and no longer being
    met are not distinguished.

    Examples
    --------
    >>> import pandas as pd
    >>> from diplab import population
    >>> met = pd.DataFrame({"a": [1, 0, 0, 1, 0], "b": [0, 1, 1, 1, 0], "c": [1, 1, 0, 0, 1]})
    >>> met["d"] = [1, 0, 1, 0, 1]
    >>> met["persons"] = [5, 8, 4, 6, 7]
    >>> found = population.open_population(met, count="persons", corrected=False)
    >>> found.frame.loc[1:2, ["statistic", "category", "estimate"]].round(1).values.tolist()
    [['abundance', 'b', 40.5], ['abundance', 'c', 30.3]]
    """
    check_confidence(confidence)
    data = _read_histories(histories, count, lost)
    if len(data.names) < 3:
        raise MisleadingError(
            f"`histories` has {len(data.names)} occasions.",
            "Meetings before and after an occasion distinguish persons who stay from newcomers.",
            "Write three occasions or more, or `two_sample` if no person came or left.",
        )
    counts = tallies(data.marks, data.persons, data.lost)
    estimates = jolly_seber(counts, corrected)
    rows = _sizes(data, counts, estimates, confidence) + _changes(
        data, counts, estimates, confidence
    )
    rows += _ever_present(data, corrected, confidence)
    rules = {
        "estimator": "jolly_seber_corrected" if corrected else "jolly_seber",
        "interval": "jolly_seber",
        "confidence": f"{confidence:g}",
        "occasions": str(len(data.names)),
    }
    if data.never:
        rules["never_met"] = str(data.never)
    assumed = ("matched", "open_equal_chance", "open_equal_survival", "open_no_return")
    sizes = gather_sizes(rows, provenance_of(rules, *assumed, data=[histories]))
    # known in full: each survival depends on the next only
    places = np.flatnonzero((sizes.frame["statistic"] == "survival").to_numpy())
    block = np.diag(sizes.covariance[places, places])
    for at in range(len(places) - 1):
        block[at, at + 1] = block[at + 1, at] = estimates.survival_covariance[at]
    sizes.covariance[np.ix_(places, places)] = block
    return sizes


def _not_estimable(counts: Tallies) -> list[str]:
    """Return why each occasion has no estimate, empty where it has one."""
    unmarked = (counts.met == 0) & (counts.between == 0)
    why = ["nobody met", "nobody met again", "nobody met before"]
    reasons = np.select([counts.caught == 0, counts.again == 0, unmarked], why, "")
    return ["not estimable", *reasons[1:-1].tolist(), "not estimable"]


def _sizes(
    data: OccasionHistories, counts: Tallies, estimates: OpenSizes, confidence: float
) -> list[dict[str, Any]]:
    rows = []
    reasons = _not_estimable(counts)
    abundance = "abundance", estimates.size, estimates.size_variance, counts.caught
    marked = "marked", estimates.marked, estimates.marked_variance, counts.met
    for statistic, values, variances, least in (abundance, marked):
        for at, occasion in enumerate(data.names):
            n, m = counts.caught[at], counts.met[at]
            value = Abundance(float(values[at]), float(variances[at]), float(least[at]))
            reason = reasons[at]
            if not reason and statistic == "abundance" and not m:
                reason = "nobody met before"
            if reason:
                row = known_size(statistic, math.nan, flag=reason)
            else:
                at_least = statistic == "abundance" and value.size <= n > m
                interval = lognormal_interval(value, confidence)
                row = size(statistic, value, interval, at_least and "at the number seen")
            rows.append({**row, "category": occasion, "n": float(n)})
    return rows


def _changes(
    data: OccasionHistories, counts: Tallies, estimates: OpenSizes, confidence: float
) -> list[dict[str, Any]]:
    rows = []
    survival = "survival", estimates.survival, estimates.survival_variance
    for statistic, values, variances in (
        survival,
        ("entries", estimates.entries, estimates.entries_variance),
    ):
        for at, (before, after) in enumerate(itertools.pairwise(data.names)):
            reason = _change_not_estimable(statistic, at, counts)
            abundance = Abundance(float(values[at]), float(variances[at]), math.nan)
            if reason:
                row = known_size(statistic, math.nan, flag=reason)
            elif statistic == "survival":
                ends = math.nan, math.nan
                if abundance.size:
                    # on the logarithm, since a survival may come out above one
                    ends = log_interval(abundance, student_deviate(confidence))
                row = size(statistic, abundance, ends, abundance.size > 1 and "survival above one")
            else:
                ends = normal_interval(abundance._replace(seen=-math.inf), confidence)
                row = size(statistic, abundance, ends, abundance.size < 0 and "negative entries")
                if abundance.size < 0:
                    row["cv"] = math.nan
            if statistic == "survival":
                row["variable"] = "survival"
            rows.append(
                {**row, "category": f"{before}{ARROW}{after}", "n": float(counts.caught[at])}
            )
    return rows


def _change_not_estimable(statistic: str, at: int, counts: Tallies) -> str:
    """Return why a change is not known: the reason of its first end without an estimate."""
    reasons = _not_estimable(counts)
    # no one is marked before the first occasion, so survival is known from there
    if statistic == "survival" and at == 0:
        if not reasons[1] and not counts.released[0]:
            return "nobody met again"
        return reasons[1]
    for end in (at, at + 1):
        if reasons[end]:
            return reasons[end]
        if statistic == "entries" and not counts.met[end]:
            return "nobody met before"
    return ""


def _ever_present(
    data: OccasionHistories, corrected: bool, confidence: float
) -> list[dict[str, Any]]:
    """Return the row of all who were ever present, if four occasions or more identify entries."""
    if len(data.names) < 4:
        return []
    abundance = ever_present(data.marks, data.persons, data.lost, corrected)
    category = f"{data.names[1]}{ARROW}{data.names[-2]}"
    if math.isnan(abundance.size):
        row = known_size("ever_present", math.nan, flag="not estimable")
    else:
        flag = abundance.size < abundance.seen and "at the number seen"
        abundance = abundance._replace(size=max(abundance.size, abundance.seen))
        row = size("ever_present", abundance, lognormal_interval(abundance, confidence), flag)
    return [{**row, "category": category, "n": abundance.seen}]


LOST = replace(
    OCCASION,
    place="a column of those who left",
    ones="those known to have left",
    gap="Write 0 for those who are not known to have left.",
    other="Write 1 for those who left when last met, and 0 for the others.",
)


@dataclass(frozen=True, eq=False)
class OccasionHistories(MarkTable):
    """Capture histories, with their persons and the removals known at the last capture."""

    lost: Booleans
    never: int  # persons met on no occasion, left out


def _read_histories(table: Any, count: str | None, lost: str | None) -> OccasionHistories:
    if lost is None:
        read = read_marks(table, OCCASION, count)
        left = np.zeros(len(read.marks), dtype=bool)
    else:
        read = read_marks(table, OCCASION, count, others=[lost])
        left = marks(read.columns, str(lost), LOST)
    some = read.marks.any(axis=1)
    check_persons(read.persons[some], read.marks[some], OCCASION)
    never = int(read.persons[~some].sum())
    return OccasionHistories(
        read.names, read.marks[some], read.persons[some], read.columns, left[some], never
    )


def schnabel(
    marked: ArrayLike | None,
    caught: ArrayLike,
    recaptured: ArrayLike,
    estimator: Estimator = "schnabel",
    interval: Literal["poisson", "normal", "t"] | None = None,
    *,
    confidence: float = 0.95,
    released: ArrayLike | None = None,
) -> Sizes:
    """Return the population size from several catches and their recaptures.

    Parameters
    ----------
    marked : sequence of int, or None
        Persons already met and still known just before each occasion: 0 on the first, then all new
        persons of the occasions before. It is not the number newly marked on the occasion. None
        where `released` is given.
    caught : sequence of int
        Persons met on each occasion, those met before included.
    recaptured : sequence of int
        Of them, persons met on an earlier occasion.
    estimator : str
        `schnabel` (the default: all recaptures pooled), `schnabel_chapman` (the same with Chapman's
        correction of one recapture more) or `schumacher` (Schumacher and Eschmeyer: a line through
        the shares met before).
    interval : str, optional
        For the first two `poisson` (exact limits of the recaptures; taken where they are fewer than
        50), `normal` (taken otherwise; normal on 1/N) or `t` (on 1/N with Student's distribution,
        occasions less one); `t` for `schumacher`.
    confidence : float
        Probability of the interval.
    released : sequence of int, optional
        Persons let go marked after each occasion, in place of `marked`, which is counted from them.
        The last is not needed and may be missing.

    Returns
    -------
    Sizes
        One row; column `n` holds the distinct persons seen. An unknown first number of recaptures
        is taken as none, which the provenance says: no one was marked then. Occasions on which
        no one was caught are not informative and are counted there too.

    Raises
    ------
    OptionError
        Where lengths differ, a number is not a count, more were recaptured than caught or marked,
        or more are marked than could have been.
    EmptyDomainError
        Where no one was caught at all.
    MisleadingError
        Where no one was met again, or a line has only one informative occasion.

    Notes
    -----
    N = sum(n M)/sum(m) for Schnabel (1938), over sum(m) + 1 with Chapman's correction (Chapman,
    1952), sum(n M^2)/sum(m M) for Schumacher and Eschmeyer (1943); intervals after Ricker (1975)
    and Krebs (1989).

    Examples
    --------
    >>> from diplab import population
    >>> found = population.schnabel([0, 10, 37, 54], [10, 27, 17, 7], [0, 0, 0, 2])
    >>> float(found.frame["estimate"].iloc[0])
    638.5
    """
    check_one_of("estimator", estimator, Estimator)
    if interval is not None:
        check_one_of(
            "interval", interval, INTERVALS[estimator], of=f"with `estimator={estimator!r}`"
        )
    check_confidence(confidence)
    rules: dict[str, str] = {}
    met = _counts("caught", caught)
    again = _counts("recaptured", recaptured, len(met), first=0.0)
    if np.size(recaptured) and np.isnan(np.asarray(recaptured, dtype=float)[0]):
        rules["first_recaptures"] = "0"
    known = _marked_before(marked, released, met, again)
    _check_possible(known, met, again)
    sums = kernel.recapture_sums(known, met, again)
    _check_identified(sums, estimator, met)
    if empty := int((met == 0).sum()):
        rules["empty_occasions"] = str(empty)
    modified = estimator == "schnabel_chapman"
    # Krebs counts the first occasion too, before which no one is marked: his s - 1 is
    # `sums.occasions`
    df: float = sums.occasions
    if estimator == "schumacher":
        abundance, usual = kernel.schumacher(sums), "t"
        df -= 1
    else:
        abundance, usual = kernel.schnabel(sums, modified), "normal"
        if sums.m < FEW:
            usual = "poisson"
    kind: str = interval or usual
    if kind != "t":
        df = math.inf
    if kind == "poisson":
        ends = kernel.schnabel_poisson(sums, modified, confidence)
    else:
        ends = kernel.inverse_interval(abundance, student_deviate(confidence, df))
    flag = abundance.size < abundance.seen and "at the number seen"
    floored = abundance._replace(size=max(abundance.size, abundance.seen))
    row = {**size(estimator, floored, ends, flag), "df": df}
    rules = {"estimator": estimator, "interval": kind, "confidence": f"{confidence:g}", **rules}
    rules["occasions"] = str(len(met))
    return gather_sizes(
        [row], provenance_of(rules, "closed", "matched", "equal_catch", "marked_at_once")
    )


def _counts(
    name: str, values: ArrayLike, length: int | None = None, first: float | None = None
) -> Floats:
    """Return counts by occasion; `first` takes the place of a missing first one."""
    counts = np.array(floats(values))
    if counts.ndim == 1 and counts.size and first is not None and np.isnan(counts[0]):
        counts[0] = first
    if (
        counts.ndim != 1
        or not np.all(np.isfinite(counts))
        or (counts < 0).any()
        or (counts % 1).any()
    ):
        raise OptionError(
            f"`{name}` is not a number of persons for each occasion.",
            write="Write one whole number per occasion, zero or more.",
        )
    if length is not None and len(counts) != length:
        raise OptionError(
            f"`{name}` has {len(counts)} occasions and `caught` has {length}.",
            write=f"Write {length} numbers in `{name}`.",
        )
    if not counts.size:
        raise EmptyDomainError(
            f"`{name}` has no occasion.", write="Write the persons caught on each occasion."
        )
    return counts


def _marked_before(
    marked: ArrayLike | None, released: ArrayLike | None, met: Floats, again: Floats
) -> Floats:
    """Return the persons marked before each occasion, as given or counted from those released."""
    if (marked is None) == (released is None):
        raise OptionError(
            "Persons known before each occasion come from `marked` or from `released`, one of "
            "them.",
            write="Write one of `marked` and `released`.",
        )
    if marked is not None:
        return _counts("marked", marked, len(met), first=0.0)
    values = np.array(released, dtype=object)
    if values.ndim == 1 and values.size:
        # no one is met after the last occasion, so the last release is not needed
        values[-1] = 0
    releases = _counts("released", values, len(met))
    above = np.flatnonzero(releases[:-1] > met[:-1])
    if above.size:
        at = int(above[0])
        raise OptionError(
            f"`released` has {releases[at]:g} persons after occasion {at + 1}, on which "
            f"{met[at]:g} were caught.",
            write="Write in `released` those let go again, new and met before.",
        )
    return np.concatenate([[0.0], np.cumsum(releases - again)[:-1]])


def _check_possible(known: Floats, met: Floats, again: Floats) -> None:
    for what, most in (("caught", met), ("marked before it", known)):
        if (again > most).any():
            at = int(np.argmax(again > most))
            raise OptionError(
                f"`recaptured` has {again[at]:g} persons on occasion {at + 1}.",
                f"Only {most[at]:g} were {what}.",
                "Write in `recaptured` those of the persons caught who had been met on an earlier "
                "occasion.",
            )
    most = known[:-1] + met[:-1] - again[:-1]
    if (known[1:] > most).any():
        at = int(np.argmax(known[1:] > most))
        raise OptionError(
            f"`marked` has {known[at + 1]:g} persons before occasion {at + 2}.",
            f"At most {most[at]:g} can be, with those marked before and the new ones of occasion "
            f"{at + 1}.",
            "Write in `marked` all persons met on the occasions before, and on none later.",
        )


def _check_identified(sums: kernel.RecaptureSums, estimator: str, met: Floats) -> None:
    if not met.any():
        raise EmptyDomainError(
            f"No person was caught on any of {len(met)} occasions.",
            write="Write the persons caught on each occasion.",
        )
    if sums.m == 0:
        raise MisleadingError(
            f"No person was met again on {len(met)} occasions.",
            "They set no upper limit to the size.",
            f"Write that at least {sums.seen:g} persons exist, or match the catches again.",
        )
    if estimator == "schumacher" and sums.occasions < 2:
        raise MisleadingError(
            "Only one occasion has both a catch and persons marked before it.",
            "A line through a single point has no standard error.",
            "Write the estimator `schnabel`, which needs one occasion only.",
        )
