"""`compare_with_population`: shares of respondents against a dated share of the population, of the same people only."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from diplab.errors import MisleadingError, OptionError
from diplab.estimators.moments import share
from diplab.inference.differing_coverage import contradicted, differences_in
from diplab.kernel.intervals import NumberWithInterval, difference, quotient, student
from diplab.kernel.p_values import t_p_value
from diplab.population.sizes import join_sources, weakest_status
from diplab.reference.parameter import Parameter
from diplab.reference.text import NOTHING, Text
from diplab.results.estimates import COLUMNS, Estimates
from diplab.results.population_comparison import Coverage, PopulationComparison, PopulationFigure
from diplab.results.provenance import Provenance

__all__ = ["compare_with_population"]

_ASKED = "A share of respondents was to be compared with one of the population."


def compare_with_population(
    estimates: Estimates | float,
    reference: PopulationFigure | Parameter,
    coverage: Coverage,
    *,
    years: int = 3,
    source: Text = NOTHING,
) -> PopulationComparison:
    """Compare shares of respondents with a dated share of the population, if both are of the same people.

    Parameters
    ----------
    estimates : Estimates or float
        Shares or poverty rates, one a row; or a share as published, which has no error.
    reference : PopulationFigure or Parameter
        The share of the population, dated and sourced.
    coverage : Coverage
        Of whom the estimates are shares: narrow the sample first, `sample.where("15 <= age and age <= 64")`, and then
        declare it here.
    years : int
        How far apart the two years may be.
    source : Text
        Of a published share.

    Returns
    -------
    PopulationComparison
        Difference p - P and ratio p / P, with standard errors sqrt(se^2 + SE^2) and (p / P) sqrt((se / p)^2 +
        (SE / P)^2); SE is 0 where the reference is taken as known. Their intervals are recovered from those of p and P
        (Zou and Donner 2008), so that a ratio never has one below zero.

    Raises
    ------
    MisleadingError
        Where ages, base, exclusions, poverty line, definition or year differ, or the estimates themselves say another
        line or base than declared: all the reasons are named. Where the reference is another survey.
    OptionError
        Where an estimate is no share.

    Examples
    --------
    >>> import diplab as dl
    >>> from diplab.reference.parameter import parameter
    >>> ours = dl.Coverage(2018, excluded="students", fraction=0.5)
    >>> found = compare_with_population(0.22, parameter("poverty_rate_50", 2016), ours)
    >>> float(found.frame["ratio"].round(2).iloc[0]), found.frame["verdict"].iloc[0]
    (2.75, 'above, without error')
    """
    figure = _figure(reference)
    if not isinstance(coverage, Coverage):
        raise OptionError(
            _ASKED,
            f"Of whom the estimates are shares was given as a {type(coverage).__name__}.",
            "Write for example `coverage=dl.Coverage(2018, ages=(15, 64))`.",
        )
    if isinstance(years, bool) or not isinstance(years, int) or years < 0:
        raise OptionError(_ASKED, f"`years` was given as {years!r}.", "Write a whole number of years from 0.")
    given = _given(estimates, source)
    apart = [*contradicted(given, coverage), *differences_in(coverage, figure.coverage, years)]
    if apart:
        raise MisleadingError(_ASKED, f"They are not of the same people: {'; '.join(each.found for each in apart)}.",
                              f"{'; '.join(each.write for each in apart)}.")  # fmt: skip
    rows = [_compared(dict(row), figure, given) for row in given.frame.to_dict("records")]
    import pandas as pd

    keys = list(given.frame.columns[: list(given.frame.columns).index("estimate")])
    frame = pd.concat([given.frame[keys].reset_index(drop=True), pd.DataFrame(rows)], axis=1)
    return PopulationComparison(
        frame, figure, coverage, _record(given, figure, coverage, years), given.by, given.codebook
    )


def _figure(reference: object) -> PopulationFigure:
    if isinstance(reference, PopulationFigure):
        return reference
    if isinstance(reference, Parameter):
        return PopulationFigure.from_parameter(reference)
    if isinstance(reference, Estimates):
        raise MisleadingError(
            _ASKED,
            "What was given as the population is the result of a survey, with a selection of its own.",
            "Show the two side by side, or write a `dl.PopulationFigure` with its source.",
        )
    raise OptionError(
        _ASKED,
        f"The population was given as a {type(reference).__name__}, without date, base and source.",
        'Write `parameter("inactive_share_15_64", 2018)` or a `dl.PopulationFigure`.',
    )


def _given(estimates: object, source: Text) -> Estimates:
    """Return shares of respondents as estimates; a published one is a row without error."""
    import pandas as pd

    if isinstance(estimates, Estimates):
        others = sorted(set(estimates.frame["statistic"][~estimates.rows_described(of_people=True)]))
        if others or estimates.provenance.contrast:
            raise OptionError(
                _ASKED,
                f"{', '.join(f'`{each}`' for each in others) or 'A contrast'} is no share.",
                'Write for example `dl.estimate(sample, dl.share("main_job"))`.',
            )
        return estimates
    if not isinstance(estimates, int | float) or isinstance(estimates, bool) or not 0 <= estimates <= 1:
        percent = isinstance(estimates, int | float) and 1 < estimates <= 100
        raise OptionError(
            _ASKED,
            f"It was given as {estimates!r}, and a share lies between 0 and 1.",
            f"Write {estimates / 100:g} for {estimates:g}%."  # type: ignore[operator]
            if percent
            else 'Write for example `0.22`, or `dl.estimate(sample, dl.share("main_job"))`.',
        )
    row: dict[str, Any] = dict.fromkeys(COLUMNS, math.nan)
    row |= {"statistic": "share", "variable": "", "category": "", "estimate": float(estimates), "flag": ""}
    record = Provenance(status="derived", source=source)
    frame, descriptions = pd.DataFrame([row], columns=list(COLUMNS)), {"share": share.description}
    return Estimates(frame, np.full((1, 1), np.nan), record, descriptions=descriptions)


def _compared(row: dict[Any, Any], figure: PopulationFigure, given: Estimates) -> dict[str, Any]:
    point, error = float(row["estimate"]), float(row["std_error"])
    value, own = figure.value, figure.std_error
    level = given.provenance.confidence
    df = float(row["df"]) if not math.isnan(float(row["df"])) else math.inf
    t = float(student(level, np.array([math.inf]))[0])
    ends = float(row["ci_low"]), float(row["ci_high"])
    told = not math.isnan(ends[0])
    ours = NumberWithInterval(point, *ends) if told else NumberWithInterval(point, point, point)
    theirs = NumberWithInterval(value, value - t * own, value + t * own)
    apart = difference(ours, theirs) if told else (math.nan, math.nan)
    ratio = point / value if value > 0 else math.nan
    ratios = quotient(ours, theirs) if told and point > 0 and theirs.low > 0 else (math.nan, math.nan)
    spread = math.sqrt(error**2 + own**2)
    relative = math.hypot(error / point, own / value) if point > 0 and value > 0 else math.nan
    gap = point - value
    by_chance = t_p_value(np.array([gap / spread if spread > 0 else math.nan]), np.array([df]))
    return {
        "estimate": point, "std_error": error, "ci_low": ends[0], "ci_high": ends[1], "reference": value,
        "difference": gap, "difference_std_error": spread, "difference_low": apart[0], "difference_high": apart[1],
        "ratio": ratio, "ratio_std_error": ratio * relative, "ratio_low": ratios[0], "ratio_high": ratios[1],
        "p_value": float(by_chance[0]), "n": row["n"], "verdict": _verdict(point, gap, apart, value, ends),
    }  # fmt: skip


def _verdict(
    point: float, gap: float, apart: tuple[float, float], value: float, ends: tuple[float, float]
) -> str:
    if math.isnan(point):
        # only bounds are known
        if math.isnan(ends[0]):
            return "undefined"
        return "above" if ends[0] > value else "below" if ends[1] < value else "not told apart"
    side = "above" if gap > 0 else "below" if gap < 0 else "equal"
    if math.isnan(apart[0]):
        return f"{side}, without error"
    return side if apart[0] > 0 or apart[1] < 0 else "not told apart"


def _own_line(given: Estimates) -> tuple[Text, ...]:
    """Return that a line drawn from respondents is not that of the population."""
    if not given.rows_described(poverty_line=True).any() or "fraction" not in given.provenance.rules:
        return ()
    return (
        Text(
            "Le seuil est celui de la médiane des répondants, non de la population\u00a0: avec le seuil publié, écrire "
            "`arpr(revenu, threshold=...)`.",
            "The line is drawn from the median of respondents, not of the population: with the published line, write "
            "`arpr(income, threshold=...)`.",
        ),
    )


def _record(given: Estimates, figure: PopulationFigure, coverage: Coverage, years: int) -> Provenance:
    ours, theirs = coverage.said(), figure.coverage.said()
    same = Text(
        f"répondants : {ours.fr} ; population : {theirs.fr}",
        f"respondents: {ours.en}; population: {theirs.en}",
    )
    apart = abs(coverage.year - figure.coverage.year)
    rules = {**given.provenance.rules, "reference": "known" if figure.std_error == 0 else "estimated"}
    if apart:
        rules["years_apart"] = str(apart)
    return replace(
        given.provenance,
        rules=rules,
        assumptions=(*given.provenance.assumptions, *_own_line(given)),
        base=same,
        source=join_sources(each for each in (given.provenance.source, figure.source) if each),
        status=weakest_status([given.provenance.status, figure.status, "derived"]),
    )
