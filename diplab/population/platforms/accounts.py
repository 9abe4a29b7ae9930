"""From accounts on platforms to people: who holds several accounts is counted once."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import OptionError, one_of
from diplab.population.assumptions import ACCOUNTS
from diplab.population.evidence import joined, weakest
from diplab.population.held_table import pandas_table
from diplab.population.platforms.account_assumptions import IMPUTED, SHARED_OUT
from diplab.population.platforms.account_factor import AccountFactor, factor_of
from diplab.population.platforms.measure_circles import nested_measures
from diplab.population.platforms.platform_figures import measured, read_figures
from diplab.population.platforms.traffic import Counted, counted
from diplab.population.sizes import gathered, known_size, strict_confidence
from diplab.reference.text import Text
from diplab.results.provenance import Provenance
from diplab.results.statistic_description import StatisticDescription

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from diplab.population.platforms.sources import Source
    from diplab.reference.parameter import Parameter
    from diplab.results.estimates import Estimates
    from diplab.results.sizes import Sizes

__all__ = ["headcount"]

BASE = Text(
    "Personnes ayant un compte sur une plateforme au moins.",
    "Persons with an account on one platform at least.",
)
OF_ACCOUNTS = Text("Comptes de chaque plateforme.", "Accounts of each platform.")


def headcount(
    sources: pd.DataFrame | Sequence[Source],
    multi_homing: float | Parameter | Estimates = 1.27,
    traffic: pd.DataFrame | str | None = None,
    *,
    measure: str | Sequence[str] | None = None,
    by: str | None = None,
    confidence: float = 0.95,
    draws: int = 20_000,
    seed: int = 1,
) -> Estimates:
    """Return how many people stand behind the accounts of several platforms.

    Parameters
    ----------
    sources : pandas.DataFrame or sequence of Source
        One row a platform: `platform`, `accounts`, `status`, `source`. Instead of `accounts` a table may hold
        `registered`, monthly `visitors` and `active`, empty where not known, and `share`: the share of the platform in
        the country, where its figures are worldwide (empty where they are of the country). A figure may have a status
        and a source of its own (`visitors_status`, `share_source`...).
    multi_homing : float, Parameter or Estimates
        Mean number of accounts a person holds over these platforms (1.27 for micro-work after Le Ludec,
        Tubaro and Casilli, 2019; 1.83 for all online labour after Kässi, Lehdonvirta and Stephany, 2021), or what
        `multi_homing` estimated: its error is then carried, and bounds give bounds.
    traffic : pandas.DataFrame or str, optional
        Imputes registrations left empty: `"visitors"` fits on the platforms of the table that have both figures, a
        table with `registered` and `visitors` on its own platforms instead.
    measure : {"registered", "visitors", "active"} or several of them, optional
        What is counted; `accounts` where the table has that column, otherwise `registered`. Several give nested
        circles, the largest first.
    by : "platform", optional
        Accounts of each platform in the country instead of people, with what was imputed.
    confidence : float
        Probability of the interval.
    draws, seed : int
        Random draws behind the interval, where registrations were imputed.

    Returns
    -------
    Estimates
        One row, accounts / multi-homing, not rounded; `details` is the table of platforms. There is no sample, hence no
        standard error, unless registrations were imputed (flags `imputed`, `extrapolated`: beyond the traffic of the
        fit) or the factor estimated. The status is the weakest of the inputs', and `derived` at best; `inferred` where
        anything was imputed.

    Raises
    ------
    ColumnError
        Where the table lacks a column.
    EmptyDomainError
        Where no platform is given.
    MisleadingError
        Where the factor is below 1 (nobody who is counted holds less than one account), a figure is missing that
        cannot be imputed, fewer than four platforms have both figures, or measures contradict their nesting.

    Notes
    -----
    Missing registrations follow log(registered) = a + b log(visitors) + e over the platforms that have both (the form
    of Kässi, Lehdonvirta and Stephany 2021). The point is unbiased for the mean of accounts at that traffic under
    log-normal errors (Bradu and Mundlak 1970): the exponential of the line is their median, and a sum of medians is too
    small a total. The standard error holds the residual of each platform and the coefficients that all share. The
    interval of the total is read from draws of its predictive law (residual variance, line and residuals drawn), so it
    is skewed, and never below what was given. An estimated factor enters the standard error by the delta method, and
    the interval through draws of Student's law; where nothing was imputed the interval is the accounts over the ends of
    its interval.

    Examples
    --------
    >>> from diplab import population
    >>> all_seven = population.Source("seven platforms", 337_980, "derived", "266,126 x 1.27")
    >>> float(population.headcount([all_seven]).frame["estimate"].round(0).iloc[0])
    266126.0
    """
    strict_confidence(confidence)
    if by is not None and not (isinstance(by, str) and by == "platform"):
        raise one_of("`by`", by, ["platform"])
    _check_draws(draws, seed)
    if not isinstance(measure, str | None):
        if by is not None:
            raise OptionError(
                "Several measures were asked for by platform.",
                "Their circles are of people, and nobody knows on which platform a person counts.",
                "Write one measure, or leave out `by`.",
            )

        def of(name: str) -> Estimates:
            return headcount(
                sources, multi_homing, traffic, measure=name, confidence=confidence, draws=draws, seed=seed
            )

        return nested_measures(measure, of)
    sources, traffic = pandas_table(sources), pandas_table(traffic)
    column = measured(sources, measure)
    factor = factor_of(multi_homing)
    found = counted(read_figures(sources, column), column, traffic, draws, seed)
    if by == "platform":
        return _by_platform(found, column, confidence)
    row = _persons(found, factor, confidence, seed)
    provenance = _record(found, factor, column, confidence, {"draws": str(draws), "seed": str(seed)})
    sizes = gathered([row], provenance, details=_by_platform(found, column, confidence).details)
    return replace(sizes, descriptions={"headcount": StatisticDescription(kind="count", is_total=True)})


def _persons(found: Counted, factor: AccountFactor, confidence: float, seed: int) -> dict[str, Any]:
    total = float(found.accounts.sum())
    totals = None if found.drawn is None else found.drawn.sum(axis=1)
    variance = float(found.covariance.sum())
    tails = [50 * (1 - confidence), 50 * (1 + confidence)]
    if factor.only_bounds:
        ends = (total, total) if totals is None else np.percentile(totals, tails)
        flag = ", ".join(each for each in ("bounds", found.flag) if each)
        row = known_size("headcount", math.nan, flag=flag)
        return row | {"ci_low": float(ends[0]) / factor.high, "ci_high": float(ends[1]) / factor.low}
    persons = total / factor.value
    row = known_size("headcount", persons, flag=found.flag)
    if totals is None and factor.std_error == 0:
        return row
    relative = (variance / total**2 if total else 0.0) + (factor.std_error / factor.value) ** 2
    if totals is None:
        low, high = factor.interval(confidence)
        ends = (total / high, total / low)
    else:
        # another stream than that of the traffic
        ends = np.percentile(totals / factor.draws(len(totals), seed + 1), tails)
    error = persons * math.sqrt(relative)
    return row | {
        "std_error": error,
        "ci_low": float(ends[0]),
        "ci_high": float(ends[1]),
        "cv": error / persons if persons else math.nan,
        "df": min(factor.df, math.inf if found.fit is None else found.fit.df),
    }


def _by_platform(found: Counted, measure: str, confidence: float) -> Sizes:
    import pandas as pd

    rows, table = [], []
    errors = np.sqrt(np.diag(found.covariance))
    tails = [50 * (1 - confidence), 50 * (1 + confidence)]
    for place, figure in enumerate(found.figures):
        row = {**known_size("accounts", figure.accounts, figure.platform, figure.flag), "variable": measure}
        if figure.flag and found.drawn is not None and found.fit is not None:
            low, high = np.percentile(found.drawn[:, place], tails)
            error = float(errors[place])
            row |= {"std_error": error, "ci_low": float(low), "ci_high": float(high)}
            row |= {"cv": error / figure.accounts if figure.accounts else math.nan, "df": float(found.fit.df)}
        rows.append(row)
        names = ("std_error", "ci_low", "ci_high", "flag")
        table.append(
            {
                "platform": figure.platform,
                "accounts": figure.accounts,
                **{name: row[name] for name in names},
                "visitors": figure.visitors,
                "share": figure.share,
                "status": weakest(figure.statuses),
                "source": "; ".join(dict.fromkeys(figure.sources)),
            }
        )
    statuses = [status for figure in found.figures for status in figure.statuses]
    rules = {**found.rules, "confidence": f"{confidence:g}"} if found.fit is not None else {}
    provenance = Provenance(
        rules=rules,
        base=OF_ACCOUNTS,
        source=joined(Text.same(each) for figure in found.figures for each in figure.sources),
        status=weakest(statuses),
        assumptions=(*ACCOUNTS[:1], *_assumed(found)),
        synthetic="synthetic" in statuses,
    )
    return gathered(rows, provenance, details=pd.DataFrame(table), covariance=found.covariance)


def _record(
    found: Counted, factor: AccountFactor, measure: str, confidence: float, random: dict[str, str]
) -> Provenance:
    accounts = float(found.accounts.sum())
    rules = {
        "accounts": f"{accounts:g}" if accounts != int(accounts) else str(int(accounts)),
        **factor.rules,
        "platforms": str(len(found.figures)),
    }
    if measure != "accounts":
        rules["measure"] = measure
    if found.fit is not None:
        rules |= {**found.rules, **random}
    if found.fit is not None or factor.std_error > 0:
        rules["confidence"] = f"{confidence:g}"
    elif factor.confidence:
        rules["confidence"] = factor.confidence
    statuses = ["derived", *factor.statuses, *(each for figure in found.figures for each in figure.statuses)]
    documents = [Text.same(each) for figure in found.figures for each in figure.sources]
    behind = factor.behind
    return Provenance(
        rules=rules,
        base=BASE,
        source=joined(text for text in (*documents, *factor.sources) if text),
        status=weakest(statuses),
        assumptions=(*ACCOUNTS, *_assumed(found), *factor.assumptions),
        synthetic="synthetic" in statuses or (behind is not None and behind.provenance.synthetic),
        indicative=behind is not None and behind.provenance.indicative,
    )


def _assumed(found: Counted) -> tuple[Text, ...]:
    shared = any(figure.share != 1 for figure in found.figures)
    return (*((SHARED_OUT,) if shared else ()), *(IMPUTED if found.fit is not None else ()))


def _check_draws(draws: int, seed: int) -> None:
    for name, value, least in (("draws", draws, 1000), ("seed", seed, 0)):
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise OptionError(
                f"`{name}` was given as {value!r}.",
                f"It is a whole number from {least}.",
                f"Write `{name}={20_000 if least else 1}`, say.",
            )
