"""A population that people join and leave between occasions: how many on each, who stays, who comes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.checks import check_confidence
from diplab.errors import MisleadingError
from diplab.kernel.jolly_seber import OpenSizes, Tallies, ever_present, jolly_seber, tallies
from diplab.kernel.repeated_catches import student_deviate
from diplab.population.assumptions import BASE, MATCHED, OPEN
from diplab.population.kernel.abundance import Abundance, lognormal_interval, normal_interval
from diplab.population.over_time.occasion_histories import OccasionHistories, occasion_histories
from diplab.population.sizes import add_data_sources, gather_sizes, known_size, size
from diplab.results.provenance import Provenance

if TYPE_CHECKING:
    from diplab.results.sizes import Sizes

__all__ = ["open_population"]

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
    variances of Seber (1982) and Pollock et al. (1990), written out in `diplab.kernel.jolly_seber`. Survival is
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
