"""A population that people join and leave between occasions: how many on each, who stays, who comes."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from diplab.checks import check_confidence
from diplab.errors import EmptyDomainError, MisleadingError, OptionError, one_of
from diplab.population.assumptions import BASE, CLOSED, EQUAL_CATCH, MARKED_AT_ONCE, MATCHED, OPEN
from diplab.population.kernel import open as kernel
from diplab.population.kernel.abundance import Abundance, lognormal_interval, normal_interval
from diplab.population.kernel.open import (
    OpenSizes,
    Tallies,
    ever_present,
    jolly_seber,
    student_deviate,
    tallies,
)
from diplab.population.sizes import add_data_sources, gather_sizes, known_size, size
from diplab.population.tables import OCCASION, marks, read_marks
from diplab.results.provenance import Provenance

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from diplab.results.sizes import Sizes

__all__ = ["OccasionHistories", "occasion_histories", "open_population", "schnabel"]

ARROW = " → "
"""Between the names of two occasions, in the category of what happens between them."""


def open_population(
    histories: Any,
    count: str | None = None,
    lost: str | None = None,
    corrected: bool = True,
    confidence: float = 0.95,
) -> Sizes:
    """Return how many people were present on each occasion, how many stayed and how many came.

    Parameters
    ----------
    histories : DataFrame, Microdata or array, shape (rows, occasions)
        One column an occasion in order of time, 1 where the person was met and 0 elsewhere; one row a person, or a
        history with `count`. Three occasions at least.
    count : str, optional
        Column of the persons with each history.
    lost : str, optional
        Column of 0/1: persons known to have left when last met (an account closed, a person excluded).
    corrected : bool
        With the correction for bias (the default), or the plain ratios.
    confidence : float
        Probability of the intervals.

    Returns
    -------
    Sizes
        Rows `abundance` (present on the occasion), `marked` (of them, met before), `survival` (share of those present
        that stays until the next occasion), `entries` (persons who came since an occasion and are there on the next),
        with the occasion as `category` or the two as `a → b`; and `ever_present`, from the second occasion to the last
        but one. `n` holds the persons met on the (first) occasion. Sizes have log-normal intervals above the number
        met, survival intervals on its logarithm, entries normal ones.

        What cannot be estimated is NaN, and `flag` says why: `not estimable` (first and last occasions), `nobody met`,
        `nobody met before`, `nobody met again`. `survival above one` and `negative entries` are left as they come out:
        they tell of chance, or of a wrong model, and cutting them would hide it. `at the number seen` marks a size
        raised to the number met.

    Raises
    ------
    MisleadingError
        Where there are fewer than three occasions.
    ColumnError, OptionError, EmptyDomainError
        Where the histories cannot be read.

    Notes
    -----
    Jolly (1965) and Seber (1965): M = m + R z/r, N = n M/m, phi = M'/(M - m + R), B = N' - phi (N - n + R), with the
    variances of Seber (1982) and Pollock et al. (1990), written out in `diplab.population.kernel.open`. Survival is
    *apparent*: who leaves for good and who is no longer met are one.

    Examples
    --------
    >>> import pandas as pd
    >>> from diplab import population
    >>> met = pd.DataFrame({"a": [1, 0, 0, 1, 0], "b": [0, 1, 1, 1, 0], "c": [1, 1, 0, 0, 1], "d": [1, 0, 1, 0, 1]})
    >>> met["persons"] = [5, 8, 4, 6, 7]
    >>> found = population.open_population(met, count="persons", corrected=False)
    >>> found.frame.loc[1:2, ["statistic", "category", "estimate"]].round(1).values.tolist()
    [['abundance', 'b', 40.5], ['abundance', 'c', 30.3]]
    """
    check_confidence(confidence)
    read = occasion_histories(histories, count, lost)
    if len(read.occasions) < 3:
        raise MisleadingError(
            asked=f"An open population was asked for from {len(read.occasions)} occasions.",
            found="Stayers are told from newcomers by those met before and after an occasion, so three are needed.",
            write="Write three occasions or more, or `two_sample` if nobody came or left.",
        )
    counted = tallies(read.met, read.count, read.lost)
    found = jolly_seber(counted, corrected)
    rows = [
        *_sizes(read, counted, found, confidence),
        *_changes(read, counted, found, confidence),
        *_ever(read, corrected, confidence),
    ]
    rules = {
        "estimator": "jolly_seber_corrected" if corrected else "jolly_seber",
        "interval": "jolly_seber",
        "confidence": f"{confidence:g}",
        "occasions": str(len(read.occasions)),
    }
    if read.never:
        rules["never_met"] = str(read.never)
    provenance = add_data_sources(Provenance(rules=rules, base=BASE, assumptions=(MATCHED, *OPEN)), histories)
    gathered_rows = gather_sizes(rows, provenance)
    _survival_covariance(gathered_rows, found)
    return gathered_rows


def _reasons(counted: Tallies) -> list[str]:
    """Return why an occasion has no estimate, or nothing."""
    reasons = []
    last = len(counted.caught) - 1
    for at, (n, m, again, between) in enumerate(
        zip(counted.caught, counted.met, counted.again, counted.between, strict=True)
    ):
        if at in (0, last):
            reasons.append("not estimable")
        elif n == 0:
            reasons.append("nobody met")
        elif again == 0:
            reasons.append("nobody met again")
        elif m == 0 and between == 0:
            reasons.append("nobody met before")
        else:
            reasons.append("")
    return reasons


def _sizes(
    read: OccasionHistories, counted: Tallies, found: OpenSizes, confidence: float
) -> list[dict[str, Any]]:
    rows = []
    reasons = _reasons(counted)
    for statistic in ("abundance", "marked"):
        for at, occasion in enumerate(read.occasions):
            n, m = counted.caught[at], counted.met[at]
            if statistic == "abundance":
                value = Abundance(float(found.size[at]), float(found.size_variance[at]), float(n))
                reason = reasons[at] or ("" if m else "nobody met before")
            else:
                value = Abundance(float(found.marked[at]), float(found.marked_variance[at]), float(m))
                reason = reasons[at]
            if reason:
                row = known_size(statistic, math.nan, flag=reason)
            else:
                flag = "at the number seen" if statistic == "abundance" and value.size <= n > m else ""
                row = size(statistic, value, lognormal_interval(value, confidence), flag)
            rows.append({**row, "category": occasion, "n": float(n)})
    return rows


def _changes(
    read: OccasionHistories, counted: Tallies, found: OpenSizes, confidence: float
) -> list[dict[str, Any]]:
    rows = []
    for statistic in ("survival", "entries"):
        for at, (before, after) in enumerate(zip(read.occasions[:-1], read.occasions[1:], strict=True)):
            reason = _change_reason(statistic, at, counted)
            row = (
                known_size(statistic, math.nan, flag=reason)
                if reason
                else _change(statistic, at, found, confidence)
            )
            variable = {"variable": "survival"} if statistic == "survival" else {}
            category = f"{before}{ARROW}{after}"
            rows.append({**row, **variable, "category": category, "n": float(counted.caught[at])})
    return rows


def _change_reason(statistic: str, at: int, counted: Tallies) -> str:
    """Return why nothing is known of what happens after an occasion: that of the first end that lacks."""
    reasons = _reasons(counted)
    # Nobody is marked before the first occasion, so that survival is known from there.
    if statistic == "survival" and at == 0:
        return reasons[1] or ("" if counted.released[0] else "nobody met again")
    for end in (at, at + 1):
        if reasons[end]:
            return reasons[end]
        if statistic == "entries" and not counted.met[end]:
            return "nobody met before"
    return ""


def _change(statistic: str, at: int, found: OpenSizes, confidence: float) -> dict[str, Any]:
    if statistic == "survival":
        value, variance = float(found.survival[at]), float(found.survival_variance[at])
        error = math.sqrt(variance)
        # On the logarithm: a share that may come out above one has no other natural scale.
        spread = math.exp(student_deviate(confidence) * error / value) if value else math.nan
        ends = (value / spread, value * spread)
        flag = "survival above one" if value > 1 else ""
    else:
        value, variance = float(found.entries[at]), float(found.entries_variance[at])
        error = math.sqrt(variance)
        ends = normal_interval(Abundance(value, variance, -math.inf), confidence)
        flag = "negative entries" if value < 0 else ""
    row = size(statistic, Abundance(value, variance, math.nan), ends, flag)
    return row | {"cv": error / value if value > 0 else math.nan}


def _ever(read: OccasionHistories, corrected: bool, confidence: float) -> list[dict[str, Any]]:
    """Return the row of all who were ever present, where four occasions or more tell of entries."""
    if len(read.occasions) < 4:
        return []
    found = ever_present(read.met, read.count, read.lost, corrected)
    category = f"{read.occasions[1]}{ARROW}{read.occasions[-2]}"
    if math.isnan(found.size):
        row = known_size("ever_present", math.nan, flag="not estimable")
    else:
        flag = "at the number seen" if found.size < found.seen else ""
        found = found._replace(size=max(found.size, found.seen))
        row = size("ever_present", found, lognormal_interval(found, confidence), flag)
    return [{**row, "category": category, "n": found.seen}]


def _survival_covariance(rows: Sizes, found: OpenSizes) -> None:
    """Write the covariances between survivals, known in full: each depends on the next only."""
    places = np.flatnonzero((rows.frame["statistic"] == "survival").to_numpy())
    block = np.diag(rows.covariance[places, places])
    for at in range(len(places) - 1):
        block[at, at + 1] = block[at + 1, at] = found.survival_covariance[at]
    rows.covariance[np.ix_(places, places)] = block


LOST = replace(
    OCCASION,
    place="a column of those who left",
    ones="those known to have left",
    gap="Write 0 for those who are not known to have left.",
    other="Write 1 for those who left when last met, and 0 for the others.",
)


@dataclass(frozen=True, eq=False)
class OccasionHistories:
    """Histories of being met, each with the persons who have it."""

    met: NDArray[np.bool_]  # met or not
    count: NDArray[np.float64]  # persons with each history
    lost: NDArray[np.bool_]  # known to have left when last met
    occasions: tuple[str, ...]  # names of the occasions, in order
    never: int  # persons of the table met on no occasion, left out


def occasion_histories(table: Any, count: str | None = None, lost: str | None = None) -> OccasionHistories:
    """Return histories read from 0/1 columns.

    Examples
    --------
    >>> occasion_histories([[1, 0, 1], [0, 1, 1], [0, 0, 0]]).never
    1
    """
    read = read_marks(table, OCCASION, count, beside=[] if lost is None else [lost])
    met, persons = read.marks, read.persons
    gone = np.zeros(len(met), dtype=bool) if lost is None else marks(read.columns, str(lost), LOST)
    some = met.any(axis=1)
    if not persons[some].sum():
        raise EmptyDomainError(
            asked="A size was asked for from histories.",
            found=f"Nobody was met on any of the {len(read.names)} occasions.",
            write="Write 1 where a person was met.",
        )
    return OccasionHistories(
        met[some],
        persons[some],
        gone[some],
        read.names,
        int(persons[~some].sum()),
    )


FEW = 50
"""Recaptures under which the Poisson law is asymmetric enough to matter (Seber, 1982; Krebs, 1989)."""

INTERVALS = {
    "schnabel": ("poisson", "normal", "t"),
    "schnabel_chapman": ("poisson", "normal", "t"),
    "schumacher": ("t",),
}


def schnabel(
    marked: ArrayLike | None,
    caught: ArrayLike,
    recaptured: ArrayLike,
    estimator: Literal["schnabel", "schnabel_chapman", "schumacher"] = "schnabel",
    interval: Literal["poisson", "normal", "t"] | None = None,
    confidence: float = 0.95,
    released: ArrayLike | None = None,
) -> Sizes:
    """Return how many people there are, from several catches and how many of each had been met before.

    Parameters
    ----------
    marked : sequence of int, or None
        Persons already met and still known just before each occasion: 0 on the first, then all new persons of the
        occasions before. It is not the number newly marked on the occasion. None where `released` is given.
    caught : sequence of int
        Persons met on each occasion, those met before included.
    recaptured : sequence of int
        Of them, persons met on an earlier occasion.
    estimator : str
        `schnabel` (the default: all recaptures pooled), `schnabel_chapman` (the same with Chapman's correction of one
        recapture more) or `schumacher` (Schumacher and Eschmeyer: a line through the shares met before).
    interval : str, optional
        For the first two `poisson` (exact limits of the recaptures; taken where they are fewer than 50), `normal`
        (taken otherwise; normal on 1/N) or `t` (on 1/N with Student's law, occasions less one); `t` for `schumacher`.
    confidence : float
        Probability of the interval.
    released : sequence of int, optional
        Persons let go marked after each occasion, in place of `marked`, which is then counted from them. The last is
        not needed and may be missing.

    Returns
    -------
    Sizes
        One row; column `n` holds the distinct persons seen. An unknown first number of recaptures is taken as none,
        which the provenance says: nobody was marked then. Occasions on which nobody was caught tell nothing and are
        counted there too.

    Raises
    ------
    OptionError
        Where lengths differ, a number is no count, more were recaptured than caught or marked, or more are marked than
        could have been.
    EmptyDomainError
        Where nobody was caught at all.
    MisleadingError
        Where nobody was met again, or only one occasion tells something and a line was asked for.

    Notes
    -----
    N = sum(n M)/sum(m) for Schnabel (1938), over sum(m) + 1 with Chapman's correction (Chapman, 1952),
    sum(n M^2)/sum(m M) for Schumacher and Eschmeyer (1943); intervals after Ricker (1975) and Krebs (1989).

    Examples
    --------
    >>> from diplab import population
    >>> found = population.schnabel([0, 10, 37, 54], [10, 27, 17, 7], [0, 0, 0, 2])
    >>> float(found.frame["estimate"].iloc[0])
    638.5
    """
    if not isinstance(estimator, str) or estimator not in INTERVALS:
        raise one_of("`estimator`", estimator, INTERVALS)
    if interval is not None and str(interval) not in INTERVALS[estimator]:
        raise one_of(f"`interval` of `{estimator}`", interval, INTERVALS[estimator])
    check_confidence(confidence)
    rules: dict[str, str] = {}
    met = _counts("caught", caught)
    again = _counts("recaptured", recaptured, len(met), first=0.0)
    if np.size(recaptured) and np.isnan(np.asarray(recaptured, dtype=float)[0]):
        rules["first_recaptures"] = "0"
    known = _known(marked, released, met, again)
    _possible(known, met, again)
    sums = kernel.recapture_sums(known, met, again)
    _telling(sums, estimator, met)
    if empty := int((met == 0).sum()):
        rules["empty_occasions"] = str(empty)
    found = (
        kernel.schumacher(sums) if estimator == "schumacher" else kernel.schnabel(sums, _modified(estimator))
    )
    chosen = interval or _usual(estimator, sums)
    df = _df(chosen, estimator, sums)
    flag = "at the number seen" if found.size < found.seen else ""
    floored = found._replace(size=max(found.size, found.seen))
    ends = _ends(chosen, estimator, sums, found, confidence, df)
    row = {**size(estimator, floored, ends, flag), "df": df}
    rules = {"estimator": estimator, "interval": chosen, "confidence": f"{confidence:g}", **rules}
    rules["occasions"] = str(len(met))
    assumptions = (CLOSED, MATCHED, EQUAL_CATCH, MARKED_AT_ONCE)
    return gather_sizes([row], Provenance(rules=rules, base=BASE, assumptions=assumptions))


def _modified(estimator: str) -> bool:
    return estimator == "schnabel_chapman"


def _usual(estimator: str, sums: kernel.RecaptureSums) -> str:
    if estimator == "schumacher":
        return "t"
    return "poisson" if sums.m < FEW else "normal"


def _df(interval: str, estimator: str, sums: kernel.RecaptureSums) -> float:
    if interval != "t":
        return math.inf
    # The first occasion, before which nobody is marked, is one of the s of Krebs: s - 1 is the telling ones.
    return sums.occasions - 1 if estimator == "schumacher" else sums.occasions


def _ends(
    interval: str,
    estimator: str,
    sums: kernel.RecaptureSums,
    found: Abundance,
    confidence: float,
    df: float,
) -> tuple[float, float]:
    if interval == "poisson":
        return kernel.schnabel_poisson(sums, _modified(estimator), confidence)
    return kernel.inverse_interval(found, kernel.student_deviate(confidence, df))


def _counts(
    name: str, given: ArrayLike, length: int | None = None, first: float | None = None
) -> NDArray[np.float64]:
    """Return counts by occasion; a missing first one takes the value given for it."""
    try:
        counts = np.array(given, dtype=float)
    except (TypeError, ValueError):
        counts = np.array([math.nan])
    if counts.ndim == 1 and counts.size and first is not None and np.isnan(counts[0]):
        counts[0] = first
    if counts.ndim != 1 or not np.all(np.isfinite(counts)) or (counts < 0).any() or (counts % 1).any():
        raise OptionError(
            asked=f"`{name}` was given by occasion.",
            found="It holds something else than numbers of persons.",
            write="Write one whole number an occasion, zero or more.",
        )
    if length is not None and len(counts) != length:
        raise OptionError(
            asked=f"`{name}` was given for {len(counts)} occasions and `caught` for {length}.",
            found="Each occasion has one number of each.",
            write=f"Write {length} numbers in `{name}`.",
        )
    if not counts.size:
        raise EmptyDomainError(
            asked="A size was asked for from catches.",
            found="There is no occasion.",
            write="Write the persons caught on each occasion.",
        )
    return counts


def _known(
    marked: ArrayLike | None,
    released: ArrayLike | None,
    met: NDArray[np.float64],
    again: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the persons marked before each occasion, as given or counted from those let go."""
    if (marked is None) == (released is None):
        raise OptionError(
            asked="A size was asked for from catches.",
            found="Persons known before each occasion are wanted once: in `marked`, or in `released` let go after it.",
            write="Write one of `marked` and `released`.",
        )
    if marked is not None:
        return _counts("marked", marked, len(met), first=0.0)
    let_go = np.array(released, dtype=object)
    if let_go.ndim == 1 and let_go.size:
        # Nobody is met after the last occasion: how many were let go then is not needed.
        let_go[-1] = 0
    freed = _counts("released", let_go, len(met))
    if (freed[:-1] > met[:-1]).any():
        at = int(np.argmax(freed[:-1] > met[:-1]))
        raise OptionError(
            asked=f"{freed[at]:g} persons were given as released after occasion {at + 1}.",
            found=f"Only {met[at]:g} were caught on it.",
            write="Write in `released` those let go again, new and met before.",
        )
    return np.concatenate([[0.0], np.cumsum(freed - again)[:-1]])


def _possible(known: NDArray[np.float64], met: NDArray[np.float64], again: NDArray[np.float64]) -> None:
    for what, most in (("caught", met), ("marked before it", known)):
        if (again > most).any():
            at = int(np.argmax(again > most))
            raise OptionError(
                asked=f"{again[at]:g} recaptured persons were given on occasion {at + 1}.",
                found=f"Only {most[at]:g} were {what}.",
                write="Write in `recaptured` those of the persons caught who had been met on an earlier occasion.",
            )
    most = known[:-1] + met[:-1] - again[:-1]
    if (known[1:] > most).any():
        at = int(np.argmax(known[1:] > most))
        raise OptionError(
            asked=f"{known[at + 1]:g} persons were given as marked before occasion {at + 2}.",
            found=f"At most {most[at]:g} can be, with those marked before and the new ones of occasion {at + 1}.",
            write="Write in `marked` all persons met on the occasions before, and on none later.",
        )


def _telling(sums: kernel.RecaptureSums, estimator: str, met: NDArray[np.float64]) -> None:
    if not met.any():
        raise EmptyDomainError(
            asked=f"A size was asked for from {len(met)} catches.",
            found="Nobody was caught on any occasion, where it is undefined.",
            write="Write the persons caught on each occasion.",
        )
    if sums.m == 0:
        raise MisleadingError(
            asked=f"A size was asked for from {len(met)} catches.",
            found="Nobody was met again, so the catches set no upper limit to it.",
            write=f"Write that at least {sums.seen:g} persons exist, or match the catches again.",
        )
    if estimator == "schumacher" and sums.occasions < 2:
        raise MisleadingError(
            asked="A line through the shares met before was asked for.",
            found="Only one occasion has both a catch and persons marked before it, and one point has no spread.",
            write="Write the estimator `schnabel`, which needs one occasion only.",
        )
