"""`compare_with_population`: respondents' shares against a dated share of the population."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from diplab.checks import argument, check_whole_number, is_number
from diplab.errors import MisleadingError, OptionError, quoted_names
from diplab.estimators.moments import share
from diplab.kernel.intervals import NumberWithInterval, difference, quotient, student, t_p_value
from diplab.reference.parameter import Parameter
from diplab.reference.text import NOTHING, Text, Words
from diplab.results.comparison import OF_WHOM, Coverage, PopulationComparison, PopulationFigure
from diplab.results.estimates import (
    COLUMNS,
    Complement,
    Estimates,
    Provenance,
    join_sources,
    weakest_status,
)

_WORDS = Words("diplab.inference")

OF_ROWS = dict.fromkeys(("everyone", "at_least", "at_most"), "all") | {
    item: item for item in ("employed", "employees", "permanent")
}
"""Of whom each row of a full-time complement is a share."""


def _aged(ages: tuple[int, int] | None) -> str:
    return f"aged {ages[0]} to {ages[1]}" if ages else "of no stated age"


def _coverage_differences(
    ours: Coverage, theirs: Coverage, years: int
) -> Iterator[tuple[str, str]]:
    """Yield the differences in coverage from respondents to population, each with a remedy."""
    if ours.ages != theirs.ages:
        write = "Take a figure of the same ages"
        if theirs.ages is not None:
            low, high = theirs.ages
            narrow = f'sample.where("{low} <= age and age <= {high}")'
            write = f"Narrow the sample with `{narrow}` and declare `ages=({low}, {high})`"
        wrong = f"respondents are {_aged(ours.ages)}, the population {_aged(theirs.ages)}"
        yield wrong, write
    if ours.of != theirs.of:
        whom = OF_WHOM[theirs.of].en
        wrong = f"the estimate is a share of {OF_WHOM[ours.of].en}, the population figure one of "
        yield wrong + whom, f'Estimate it among {whom} and declare `of="{theirs.of}"`'
    for name in sorted(set(theirs.excluded) - set(ours.excluded)):
        narrow = f'sample.where("not {name.removesuffix("s")}")'
        yield (
            f"the population leaves out {name}, the estimate does not",
            f'Leave them out with `{narrow}` and declare `excluded="{name}"`',
        )
    for name in sorted(set(ours.excluded) - set(theirs.excluded)):
        yield (
            f"the estimate leaves out {name}, the population does not",
            f"Keep {name} in the estimate",
        )
    if ours.fraction != theirs.fraction:
        lines = f"{_line(ours.fraction)}, that of the population {_line(theirs.fraction)}"
        write = "Compare a rate with a rate whose line is stated"
        if theirs.fraction is not None:
            write = f"Estimate the rate at {theirs.fraction:g} of the median and declare "
            write += f"`fraction={theirs.fraction:g}`"
        yield f"the poverty line of the estimate is {lines}", write
    if ours.definition.casefold() != theirs.definition.casefold():
        own, other = (
            f"“{item}”" if item else "not stated" for item in (ours.definition, theirs.definition)
        )
        yield (
            f"the definition of the estimate is {own}, that of the population {other}",
            "Use a figure with the same definition, or recode the answers to it and declare it",
        )
    gap = abs(ours.year - theirs.year)
    if gap > years:
        wrong = f"the estimate is of {ours.year} and the population of {theirs.year}, more than "
        yield (
            f"{wrong}{years} years apart",
            f"Use a figure closer to {ours.year}, or write `years={gap}` if nothing has changed",
        )


def _line(fraction: float | None) -> str:
    return "not stated" if fraction is None else f"{fraction:g} of the median"


def _contradictions(estimates: Estimates, declared: Coverage) -> Iterator[tuple[str, str]]:
    """Yield contradictions between the estimates and their declared coverage, with a remedy."""
    of_line = estimates.rows_described(poverty_line=True).any()
    for line in estimates.provenance.values_of("fraction"):
        if not of_line or declared.fraction == line:
            continue
        declared_line = "no line" if declared.fraction is None else f"{declared.fraction:g}"
        yield (
            f"the rate was estimated at {line:g} of the median, and {declared_line} was declared",
            f"Declare `fraction={line:g}`, and compare with a rate at that line",
        )
    for row in (
        dict.fromkeys(estimates.frame["category"]) if isinstance(estimates, Complement) else ()
    ):
        of = OF_ROWS.get(row)
        if of is not None and of != declared.of:
            yield (
                (
                    f"the row `{row}` is a share of {OF_WHOM[of].en}, and was declared one of "
                    f"{OF_WHOM[declared.of].en}"
                ),
                (
                    f'Keep the rows of one base, `found.rows(found.frame["category"] == "{row}")` '
                    f'with `of="{of}"`'
                ),
            )


def compare_with_population(
    estimates: Estimates | float,
    reference: PopulationFigure | Parameter,
    coverage: Coverage,
    *,
    years: int = 3,
    source: Text = NOTHING,
) -> PopulationComparison:
    """Compare shares of respondents with a dated population share, if both cover the same people.

    Parameters
    ----------
    estimates : Estimates or float
        Shares or poverty rates, one per row; or a share as published, which has no error.
    reference : PopulationFigure or Parameter
        The share of the population, dated and sourced.
    coverage : Coverage
        Of whom the estimates are shares: narrow the sample first, `sample.where("15 <= age and age
        <= 64")`, and then declare it here.
    years : int
        How far apart the two years may be.
    source : Text
        Of a published share.

    Returns
    -------
    PopulationComparison
        Difference p - P and ratio p / P, with standard errors sqrt(se^2 + SE^2) and (p / P)
        sqrt((se / p)^2 + (SE / P)^2); SE is 0 where the reference is taken as known. Their
        intervals are recovered from those of p and P (Zou and Donner 2008), so that a ratio never
        has one below zero.

    Raises
    ------
    MisleadingError
        Where ages, base, exclusions, poverty line, definition or year differ, or the estimates
        themselves say another line or base than declared: all the reasons are named. Where the
        reference is another survey.
    OptionError
        Where an estimate is not a share.

    Examples
    --------
    >>> import diplab as dl
    >>> from diplab.reference.parameter import parameter
    >>> from diplab.types import Coverage
    >>> ours = Coverage(2018, excluded="students", fraction=0.5)
    >>> found = compare_with_population(0.22, parameter("poverty_rate_50", 2016), ours)
    >>> float(found.frame["ratio"].round(2).iloc[0]), found.frame["verdict"].iloc[0]
    (2.75, 'above, without error')
    """
    figure = _figure(reference)
    if not isinstance(coverage, Coverage):
        raise OptionError(
            f"{argument('coverage', coverage)} is not a `Coverage` of `diplab.types`.",
            write="Write for example `coverage=Coverage(2018, ages=(15, 64))`.",
        )
    years = check_whole_number("years", years, low=0, example=3)
    given = _as_estimates(estimates, source)
    reasons = [
        *_contradictions(given, coverage),
        *_coverage_differences(coverage, figure.coverage, years),
    ]
    if reasons:
        raise MisleadingError(
            f"The two shares describe different people: {'; '.join(how for how, _ in reasons)}.",
            write=f"{'; '.join(write for _, write in reasons)}.",
        )
    rows = [_comparison_row(dict(row), figure, given) for row in given.frame.to_dict("records")]
    keys = list(given.frame.columns[: list(given.frame.columns).index("estimate")])
    frame = pd.concat([given.frame[keys].reset_index(drop=True), pd.DataFrame(rows)], axis=1)
    return PopulationComparison(
        frame, figure, coverage, _provenance(given, figure, coverage), given.by, given.codebook
    )


def _figure(reference: object) -> PopulationFigure:
    if isinstance(reference, PopulationFigure):
        return reference
    if isinstance(reference, Parameter):
        return PopulationFigure.from_parameter(reference)
    if isinstance(reference, Estimates):
        raise MisleadingError(
            "`reference` is the result of a survey, with a selection of its own.",
            write="Show the two side by side, or write a `PopulationFigure` of `diplab.types` with "
            "its source.",
        )
    raise OptionError(
        f"{argument('reference', reference)} is not a figure of the population, with date, base "
        "and source.",
        write='Write `parameter("inactive_share_15_64", 2018)` or a `PopulationFigure` of '
        "`diplab.types`.",
    )


def _as_estimates(estimates: object, source: Text) -> Estimates:
    """Return shares of respondents as estimates; a published one is a row without error."""
    if isinstance(estimates, Estimates):
        others = sorted(
            set(estimates.frame["statistic"][~estimates.rows_described(of_people=True)])
        )
        if others or estimates.provenance.contrast:
            raise OptionError(
                f"{quoted_names(others) or 'A contrast'} is not a share of people.",
                write='Write for example `dl.estimate(sample, dl.share("main_job"))`.',
            )
        return estimates
    share_given: Any = estimates
    if not is_number(share_given) or not 0 <= share_given <= 1:
        percent = is_number(share_given) and 1 < share_given <= 100
        raise OptionError(
            f"{argument('estimates', estimates)} is not a share from 0 to 1.",
            write=f"Write {share_given / 100:g} for {share_given:g}%."
            if percent
            else 'Write for example `0.22`, or `dl.estimate(sample, dl.share("main_job"))`.',
        )
    row: dict[str, Any] = dict.fromkeys(COLUMNS, math.nan)
    row |= {
        "statistic": "share",
        "variable": "",
        "category": "",
        "estimate": float(share_given),
        "flag": "",
    }
    record = Provenance(status="derived", source=source)
    frame, descriptions = pd.DataFrame([row], columns=list(COLUMNS)), {"share": share.description}
    return Estimates(frame, np.full((1, 1), np.nan), record, descriptions=descriptions)


def _comparison_row(
    row: dict[Any, Any], figure: PopulationFigure, given: Estimates
) -> dict[str, Any]:
    point, error = float(row["estimate"]), float(row["std_error"])
    value, own = figure.value, figure.std_error
    level = given.provenance.confidence
    df = float(row["df"]) if not math.isnan(float(row["df"])) else math.inf
    t = float(student(level, np.array([math.inf]))[0])
    ends = float(row["ci_low"]), float(row["ci_high"])
    has_interval = not math.isnan(ends[0])
    ours = (
        NumberWithInterval(point, *ends)
        if has_interval
        else NumberWithInterval(point, point, point)
    )
    theirs = NumberWithInterval(value, value - t * own, value + t * own)
    gap_interval = difference(ours, theirs) if has_interval else (math.nan, math.nan)
    ratio = point / value if value > 0 else math.nan
    ratios = (
        quotient(ours, theirs)
        if has_interval and point > 0 and theirs.low > 0
        else (math.nan, math.nan)
    )
    spread = math.sqrt(error**2 + own**2)
    relative = math.hypot(error / point, own / value) if point > 0 and value > 0 else math.nan
    gap = point - value
    by_chance = t_p_value(np.array([gap / spread if spread > 0 else math.nan]), np.array([df]))
    return {
        "estimate": point, "std_error": error, "ci_low": ends[0], "ci_high": ends[1],
        "reference": value, "difference": gap, "difference_std_error": spread,
        "difference_low": gap_interval[0], "difference_high": gap_interval[1],
        "ratio": ratio, "ratio_std_error": ratio * relative,
        "ratio_low": ratios[0], "ratio_high": ratios[1], "p_value": float(by_chance[0]),
        "n": row["n"], "verdict": _verdict(point, gap, gap_interval, value, ends),
    }  # fmt: skip


def _verdict(
    point: float,
    gap: float,
    gap_interval: tuple[float, float],
    value: float,
    ends: tuple[float, float],
) -> str:
    if math.isnan(point):
        # only bounds are known
        if math.isnan(ends[0]):
            return "undefined"
        return "above" if ends[0] > value else "below" if ends[1] < value else "not told apart"
    side = "above" if gap > 0 else "below" if gap < 0 else "equal"
    if math.isnan(gap_interval[0]):
        return f"{side}, without error"
    return side if gap_interval[0] > 0 or gap_interval[1] < 0 else "not told apart"


def _provenance(given: Estimates, figure: PopulationFigure, coverage: Coverage) -> Provenance:
    ours, theirs = coverage.in_words(), figure.coverage.in_words()
    same = _WORDS("population.both_bases", respondents=ours, population=theirs)
    gap = abs(coverage.year - figure.coverage.year)
    assumptions = given.provenance.assumptions
    if given.rows_described(poverty_line=True).any() and "fraction" in given.provenance.rules:
        # a line drawn from respondents is not that of the population
        assumptions = (*assumptions, _WORDS("population.own_poverty_line"))
    rules = {
        **given.provenance.rules,
        "reference": "known" if figure.std_error == 0 else "estimated",
    }
    if gap:
        rules["years_apart"] = str(gap)
    source = join_sources(filter(None, (given.provenance.source, figure.source)))
    status = weakest_status([given.provenance.status, figure.status, "derived"])
    return replace(
        given.provenance,
        rules=rules,
        assumptions=assumptions,
        base=same,
        source=source,
        status=status,
    )
