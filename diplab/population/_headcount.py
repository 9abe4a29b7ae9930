"""From accounts on platforms to people: who holds several accounts is counted once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.checks import check_confidence
from diplab.errors import MisleadingError, OptionError, one_of
from diplab.kernel.interval import student
from diplab.population.account_assumptions import IMPUTED, MULTI_HOMING, SHARED_OUT
from diplab.population.assumptions import ACCOUNTS
from diplab.population.nested_populations import nested_measures
from diplab.population.platforms import Counted, counted, measured, read_figures
from diplab.population.sizes import VARIABLE, gather_sizes, join_sources, known_size, weakest_status
from diplab.population.tables import to_pandas
from diplab.reference.parameter import Parameter
from diplab.reference.text import Text
from diplab.results.estimates import Estimates
from diplab.results.provenance import Provenance

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from diplab.population.platforms import Source
    from diplab.results.sizes import Sizes

__all__ = ["AccountFactor", "factor_of", "headcount"]

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
    check_confidence(confidence)
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
    sources, traffic = to_pandas(sources), to_pandas(traffic)
    column = measured(sources, measure)
    factor = factor_of(multi_homing)
    found = counted(read_figures(sources, column), column, traffic, draws, seed)
    if by == "platform":
        return _by_platform(found, column, confidence)
    row = _persons(found, factor, confidence, seed)
    provenance = _record(found, factor, column, confidence, {"draws": str(draws), "seed": str(seed)})
    return gather_sizes([row], provenance, details=_by_platform(found, column, confidence).details)


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
                "status": weakest_status(figure.statuses),
                "source": "; ".join(dict.fromkeys(figure.sources)),
            }
        )
    statuses = [status for figure in found.figures for status in figure.statuses]
    rules = {**found.rules, "confidence": f"{confidence:g}"} if found.fit is not None else {}
    provenance = Provenance(
        rules=rules,
        base=OF_ACCOUNTS,
        source=join_sources(Text.same(each) for figure in found.figures for each in figure.sources),
        status=weakest_status(statuses),
        assumptions=(*ACCOUNTS[:1], *_assumed(found)),
        synthetic="synthetic" in statuses,
    )
    return gather_sizes(rows, provenance, details=pd.DataFrame(table), covariance=found.covariance)


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
        source=join_sources(text for text in (*documents, *factor.sources) if text),
        status=weakest_status(statuses),
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


NUMBERS = ("count", "total")
"""Statistics that are no mean."""


@dataclass(frozen=True, eq=False)
class AccountFactor:
    """Accounts a person."""

    value: float  # the mean; NaN where only bounds are known
    # bounds, where only they are known; otherwise the value twice
    low: float
    high: float
    # zero and infinity where the number is taken as known
    std_error: float = 0.0
    df: float = math.inf
    statuses: tuple[str, ...] = ()
    sources: tuple[Text, ...] = ()
    assumptions: tuple[Text, ...] = ()
    behind: Estimates | None = None  # the estimate it is

    @property
    def only_bounds(self) -> bool:
        """Whether the number itself is not identified."""
        return math.isnan(self.value)

    @property
    def rules(self) -> dict[str, str]:
        """As written among the rules of a result."""
        if self.only_bounds:
            return {"multi_homing_low": f"{self.low:g}", "multi_homing_high": f"{self.high:g}"}
        return {"multi_homing": f"{self.value:g}"}

    @property
    def confidence(self) -> str:
        """Probability its bounds were widened for; empty where they were not."""
        if self.behind is None or not self.only_bounds:
            return ""
        return self.behind.provenance.rules.get("confidence", "")

    def interval(self, confidence: float) -> tuple[float, float]:
        """Return t standard errors on both sides, not below 1."""
        reach = float(student(confidence, np.array([self.df]))[0]) * self.std_error
        return max(self.value - reach, 1.0), self.value + reach

    def draws(self, number: int, seed: int) -> NDArray[np.float64]:
        """Return draws from the same law as the interval, not below 1."""
        random = np.random.default_rng(seed)
        law = random.standard_normal(number) if math.isinf(self.df) else random.standard_t(self.df, number)
        return np.maximum(self.value + self.std_error * law, 1.0)


def factor_of(multi_homing: float | Parameter | Estimates) -> AccountFactor:
    """Return accounts a person as given."""
    if isinstance(multi_homing, Estimates):
        return _estimated(multi_homing)
    value = _number(multi_homing)
    if isinstance(multi_homing, Parameter):
        source = (Text.same(multi_homing.source),)
        return AccountFactor(value, value, value, statuses=(multi_homing.status,), sources=source)
    return AccountFactor(value, value, value)


def _number(multi_homing: Any) -> float:
    try:
        # True would be one account a person
        value = float("" if isinstance(multi_homing, bool) else multi_homing)
    except (TypeError, ValueError):
        raise OptionError(
            f"`multi_homing` was given as {str(multi_homing)[:60]!r}.",
            "It is the mean number of accounts a person.",
            "Write a number such as 1.27, a parameter, or what `multi_homing(...)` estimated.",
        ) from None
    _from_one(value)
    return value


def _from_one(value: float) -> None:
    if not 1 <= value < math.inf:
        raise MisleadingError(
            asked=f"`multi_homing` was given as {value:g}.",
            found="Everyone counted holds at least one account, so the mean is 1 or more.",
            write="Write accounts a person, such as 1.27.",
        )


def _estimated(multi_homing: Estimates) -> AccountFactor:
    if len(multi_homing) != 1:
        raise OptionError(
            f"{len(multi_homing)} estimates were given as `multi_homing`.",
            "One is needed.",
            "Write `estimates.rows([0])` for the first of them.",
        )
    row = multi_homing.frame.iloc[0]
    if row["variable"] == VARIABLE or row["statistic"] in NUMBERS:
        raise MisleadingError(
            "`multi_homing` was given as an estimate.",
            "It is a number of persons or a total, and no number of accounts a person.",
            "Write what `multi_homing(...)` estimated, or a mean of accounts.",
        )
    value, low, high = (float(row[name]) for name in ("estimate", "ci_low", "ci_high"))
    error, df = float(row["std_error"]), float(row["df"])
    behind = multi_homing.provenance
    # a statistic of a sample does not bring its assumptions
    own = MULTI_HOMING.get(str(row["statistic"]).removeprefix("multi_homing_"), ())
    said: dict[str, Any] = {
        "statuses": (behind.status,),
        "sources": (behind.source,),
        "assumptions": tuple(dict.fromkeys((*behind.assumptions, *own))),
        "behind": multi_homing,
    }
    if math.isnan(value):
        _from_one(low)
        _from_one(high)
        return AccountFactor(value, low, high, **said)
    _from_one(value)
    if math.isnan(error):
        raise MisleadingError(
            f"An estimate of {value:g} accounts a person was given without a standard error.",
            "Its uncertainty is unknown, and would be taken as nothing.",
            f"Write `multi_homing={value:g}` to take it as known.",
        )
    return AccountFactor(value, value, value, error, math.inf if math.isnan(df) else df, **said)
