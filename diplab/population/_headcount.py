"""From accounts on platforms to people: a person with several accounts is counted once."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from diplab.checks import (
    check_confidence,
    check_left_out,
    check_one_of,
    check_seed,
    check_whole_number,
)
from diplab.errors import MisleadingError
from diplab.kernel.arrays import Floats
from diplab.kernel.intervals import student_deviate
from diplab.population import platforms, sizes
from diplab.population.accounts import sampled_of
from diplab.population.several_sizes import nested_measures
from diplab.population.sizes import UncertainNumber
from diplab.population.tables import to_pandas
from diplab.reference.parameter import Parameter
from diplab.reference.text import Text
from diplab.results.estimates import Estimates, Provenance, StatisticDescription, weakest_status
from diplab.results.sizes import Sizes


def headcount(
    sources: pd.DataFrame | Sequence[platforms.Source],
    multi_homing: float | Parameter | Estimates = 1.27,
    traffic: pd.DataFrame | str | None = None,
    *,
    measure: platforms.Measure | Sequence[platforms.Measure] | None = None,
    by: Literal["platform"] | None = None,
    confidence: float = 0.95,
    draws: int = 20_000,
    seed: int = 1,
) -> Estimates:
    """Return how many people stand behind the accounts of several platforms.

    Parameters
    ----------
    sources : pandas.DataFrame or sequence of Source
        One row per platform: `platform`, `accounts`, `status`, `source`. Instead of `accounts` a
        table may hold `registered`, monthly `visitors` and `active`, empty where not known, and
        `share`: the share of the platform in the country, where its figures are worldwide (empty
        where they are of the country). A figure may have a status and a source of its own
        (`visitors_status`, `share_source`...).
    multi_homing : float, Parameter or Estimates
        Mean number of accounts a person holds over these platforms (1.27 for micro-work after Le
        Ludec, Tubaro and Casilli, 2019; 1.83 for all online labour after Kässi, Lehdonvirta and
        Stephany, 2021), or what `multi_homing` estimated: its error is then carried, and bounds
        give bounds.
    traffic : pandas.DataFrame or str, optional
        Imputes registrations left empty: `"visitors"` fits on the platforms of the table that have
        both figures, a table with `registered` and `visitors` on its own platforms instead.
    measure : {"registered", "visitors", "active"} or several of them, optional
        What is counted; `accounts` where the table has that column, otherwise `registered`. Several
        give nested circles, the largest first.
    by : "platform", optional
        Accounts of each platform in the country instead of people, with what was imputed.
    confidence : float
        Probability of the interval.
    draws, seed : int
        Random draws behind the interval, where registrations were imputed.

    Returns
    -------
    Estimates
        One row, accounts / multi-homing, not rounded; `details` is the table of platforms. There is
        no sample, hence no standard error, unless registrations were imputed (flags `imputed`,
        `extrapolated`: beyond the traffic of the fit) or the factor estimated. The status is the
        weakest of the inputs', and `derived` at best; `inferred` where anything was imputed.

    Raises
    ------
    ColumnError
        Where the table lacks a column.
    EmptyDomainError
        Where no platform is given.
    MisleadingError
        Where the factor is below 1 (everyone counted holds at least one account), a figure is
        missing that cannot be imputed, fewer than four platforms have both figures, or measures
        contradict their nesting.

    Notes
    -----
    Missing registrations follow log(registered) = a + b log(visitors) + e over the platforms that
    have both (the form of Kässi, Lehdonvirta and Stephany 2021). The point is unbiased for the mean
    of accounts at that traffic under log-normal errors (Bradu and Mundlak 1970); the exponential of
    the line would be their median. The standard error holds the residual of each platform and the
    coefficients that all share. The interval of the total is read from draws of its predictive
    distribution, so it is skewed, and never below what was given. An estimated factor enters the
    standard error by the delta method, and the interval through draws of Student's distribution, or
    by the ends of its interval where nothing was imputed.

    Examples
    --------
    >>> from diplab import population
    >>> all_seven = population.Source("seven platforms", 337_980, "derived", "266,126 x 1.27")
    >>> float(population.headcount([all_seven]).frame["estimate"].round(0).iloc[0])
    266126.0
    """
    check_confidence(confidence)
    if by is not None:
        check_one_of("by", by, ("platform",))
    draws = check_whole_number("draws", draws, low=1000, example=20_000)
    seed = check_seed(seed)
    if measure is not None and not isinstance(measure, str):
        check_left_out(
            "several measures",
            "Their circles are of people, who may be on several platforms.",
            by=by,
        )
        options: Any = {"confidence": confidence, "draws": draws, "seed": seed}
        return nested_measures(
            measure, functools.partial(headcount, sources, multi_homing, traffic, **options)
        )
    sources, traffic = to_pandas(sources), to_pandas(traffic)
    column = platforms.measure_column(sources, measure)
    factor = _account_factor(multi_homing)
    counts = platforms.impute_registrations(
        platforms.read_figures(sources, column), column, traffic, draws, seed
    )
    by_platform = _accounts_by_platform(counts, column, confidence)
    if by == "platform":
        return by_platform
    row = _persons(counts, factor, confidence, seed)
    provenance = _provenance(
        counts, factor, column, confidence, {"draws": str(draws), "seed": str(seed)}
    )
    described = {"headcount": StatisticDescription(kind="count", is_total=True)}
    return sizes.gather_sizes(
        [row], provenance, details=by_platform.details, descriptions=described
    )


def _persons(
    counts: platforms.PlatformAccounts, factor: UncertainNumber, confidence: float, seed: int
) -> dict[str, Any]:
    total = float(counts.accounts.sum())
    totals = None if counts.draws is None else counts.draws.sum(axis=1)
    variance = float(counts.covariance.sum())
    tails = [50 * (1 - confidence), 50 * (1 + confidence)]
    if math.isnan(factor.value):
        ends = (total, total) if totals is None else np.percentile(totals, tails)
        row = sizes.known_size("headcount", math.nan, flag=sizes.join_flags("bounds", counts.flags))
        return row | {
            "ci_low": float(ends[0]) / factor.high,
            "ci_high": float(ends[1]) / factor.low,
        }
    persons = total / factor.value
    row = sizes.known_size("headcount", persons, flag=counts.flags)
    if totals is None and factor.error == 0:
        return row
    relative = (variance / total**2 if total else 0.0) + (factor.error / factor.value) ** 2
    if totals is None:
        reach = student_deviate(confidence, factor.df) * factor.error
        ends = (total / (factor.value + reach), total / max(factor.value - reach, 1.0))
    else:
        # another stream than that of the traffic
        ends = np.percentile(totals / _factor_draws(factor, len(totals), seed + 1), tails)
    error = persons * math.sqrt(relative)
    df = factor.df
    if counts.fit is not None:
        df = min(df, counts.fit.df)
    return sizes.with_error(row, error, (float(ends[0]), float(ends[1])), df)


def _accounts_by_platform(
    counts: platforms.PlatformAccounts, measure: str, confidence: float
) -> Sizes:
    rows = []
    errors = np.sqrt(np.diag(counts.covariance))
    tails = [50 * (1 - confidence), 50 * (1 + confidence)]
    for at, figure in enumerate(counts.figures):
        row = sizes.known_size("accounts", figure.accounts, figure.platform, figure.flags, measure)
        if figure.flags and counts.draws is not None and counts.fit is not None:
            low, high = np.percentile(counts.draws[:, at], tails)
            row = sizes.with_error(
                row, float(errors[at]), (float(low), float(high)), float(counts.fit.df)
            )
        rows.append(row)
    rules = counts.rules
    if counts.fit is not None:
        rules["confidence"] = f"{confidence:g}"
    assumed = ("accounts_same_footing", *_assumptions(counts))
    columns = {"category": "platform", "estimate": "accounts"}
    provenance = sizes.provenance_of(
        rules, *assumed, of="platforms.accounts", behind=_records(counts)
    )
    accounts = sizes.gather_sizes(rows, provenance, covariance=counts.covariance)
    details = accounts.frame[[*columns, "std_error", "ci_low", "ci_high", "flag"]]
    details = details.rename(columns=columns).assign(
        visitors=[figure.visitors for figure in counts.figures],
        share=[figure.share for figure in counts.figures],
        status=[weakest_status(figure.statuses) for figure in counts.figures],
        source=["; ".join(dict.fromkeys(figure.sources)) for figure in counts.figures],
    )
    return replace(accounts, details=details)


def _provenance(
    counts: platforms.PlatformAccounts,
    factor: UncertainNumber,
    measure: str,
    confidence: float,
    drawing: dict[str, str],
) -> Provenance:
    rules = {"accounts": sizes.number_text(float(counts.accounts.sum()))}
    if math.isnan(factor.value):
        rules["multi_homing_low"] = f"{factor.low:g}"
        rules["multi_homing_high"] = f"{factor.high:g}"
    else:
        rules["multi_homing"] = f"{factor.value:g}"
    rules["platforms"] = str(len(counts.figures))
    if measure != "accounts":
        rules["measure"] = measure
    if counts.fit is not None:
        rules |= {**counts.rules, **drawing}
    if counts.fit is not None or factor.error > 0:
        rules["confidence"] = f"{confidence:g}"
    elif math.isnan(factor.value) and factor.record.level is not None:
        rules["confidence"] = f"{factor.record.level:g}"
    records = [Provenance(status="derived"), *_records(counts), factor.record]
    names = ("accounts_same_footing", "accounts_factor", *_assumptions(counts))
    return sizes.provenance_of(
        rules, *names, *factor.record.assumptions, of="platforms.persons", behind=records
    )


def _records(counts: platforms.PlatformAccounts) -> list[Provenance]:
    """Return a record for each source of the figures and one for each status."""
    sources = itertools.chain.from_iterable(figure.sources for figure in counts.figures)
    statuses = itertools.chain.from_iterable(figure.statuses for figure in counts.figures)
    documents = [Provenance(source=Text.same(source), status="published") for source in sources]
    return documents + [
        Provenance(status=status, synthetic=status == "synthetic") for status in statuses
    ]


def _assumptions(counts: platforms.PlatformAccounts) -> list[str]:
    names = ["platforms.share_of_accounts"] * any(figure.share != 1 for figure in counts.figures)
    return names + ["platforms.imputed_from_traffic", "platforms.imputed_same_place"] * (
        counts.fit is not None
    )


def _factor_draws(factor: UncertainNumber, number: int, seed: int) -> Floats:
    """Return draws from the distribution of the interval of accounts per person, not below 1."""
    random = np.random.default_rng(seed)
    deviates = (
        random.standard_normal(number)
        if math.isinf(factor.df)
        else random.standard_t(factor.df, number)
    )
    return np.maximum(factor.value + factor.error * deviates, 1.0)


def _account_factor(multi_homing: float | Parameter | Estimates) -> UncertainNumber:
    if isinstance(multi_homing, Estimates):
        return _estimated_factor(multi_homing)
    write = "Write a number such as 1.27, a parameter, or what `multi_homing(...)` estimated."
    value = sizes.number_of(
        "multi_homing", multi_homing, "is not a number of accounts per person", write
    )
    _check_at_least_one(value)
    return UncertainNumber(
        value, value, value, 0.0, math.inf, math.nan, sizes.derived_from(multi_homing)
    )


def _check_at_least_one(value: float) -> None:
    if not 1 <= value < math.inf:
        raise MisleadingError(
            f"`multi_homing={value:g}` is below 1."
            if value < 1
            else f"`multi_homing={value:g}` is not finite.",
            "Everyone counted holds at least one account.",
            "Write accounts per person, such as 1.27.",
        )


def _estimated_factor(estimates: Estimates) -> UncertainNumber:
    factor = sizes.one_estimate("multi_homing", estimates)
    row = estimates.frame.iloc[0]
    if row["variable"] == sizes.VARIABLE or row["statistic"] in ("count", "total"):
        raise MisleadingError(
            "`multi_homing` is an estimate of a number of persons or a total.",
            "It is not a number of accounts per person.",
            "Write what `multi_homing(...)` estimated, or a mean of accounts.",
        )
    behind = factor.record
    # a statistic of a sample does not bring its assumptions
    names = sizes.ASSUMED["multi_homing"].get(sampled_of(estimates), ())
    record = replace(
        behind, assumptions=tuple(dict.fromkeys((*behind.assumptions, *sizes.assumptions(*names))))
    )
    if math.isnan(factor.value):
        _check_at_least_one(factor.low)
        _check_at_least_one(factor.high)
        return replace(factor, record=record, error=0.0, df=math.inf)
    _check_at_least_one(factor.value)
    if math.isnan(factor.error):
        raise MisleadingError(
            f"`multi_homing` is an estimate of {factor.value:g} without a standard error.",
            "Its unknown uncertainty would be taken as zero.",
            f"Write `multi_homing={factor.value:g}` to take it as known.",
        )
    return replace(factor, record=record)
