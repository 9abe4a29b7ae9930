"""Accounts a person: the mean that divides a number of accounts, whoever was met."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np

from diplab.errors import MisleadingError, OptionError, one_of
from diplab.estimators.moments import ratio
from diplab.estimators.statistic import Bounds, Linearised, statistic
from diplab.kernel.accounts_held import Held, arithmetic, harmonic
from diplab.kernel.interval import Spread, wald
from diplab.population.platforms.account_assumptions import MULTI_HOMING
from diplab.population.platforms.met_on_one import bounds_from_one_platform, mean_estimated
from diplab.population.platforms.numbers_held import MOST, impossible_number, numbers_held
from diplab.population.sizes import gathered, known_size, strict_confidence
from diplab.reference.text import Text
from diplab.results.estimates import Estimates
from diplab.results.provenance import Provenance
from diplab.sampling.expression import ONE, Apply, Constant, Expression
from diplab.sampling.totals import Totals

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from diplab.estimators.statistic import Statistic

__all__ = ["multi_homing"]

SAMPLED = ("persons", "accounts", "one_platform")
VARIABLE = "accounts a person"
CONFIDENCE = 0.95
WHOLE = Constant(tuple(float(number) for number in range(1, MOST + 1)))
BASE = Text(
    "Personnes ayant un compte sur une plateforme au moins.",
    "Persons with an account on one platform at least.",
)


@overload
def multi_homing(platforms: str | Expression, sampled: Literal["persons", "accounts"] = ...) -> Statistic: ...
@overload
def multi_homing(
    platforms: Sequence[float] | NDArray[Any] | pd.Series | float | Estimates,
    sampled: str = ...,
    *,
    weights: ArrayLike | None = ...,
    relative_size: tuple[float, float] | None = ...,
    others: int = ...,
    elsewhere: str = ...,
    confidence: float = ...,
) -> Estimates: ...
def multi_homing(
    platforms: Any,
    sampled: str = "persons",
    *,
    weights: ArrayLike | None = None,
    relative_size: tuple[float, float] | None = None,
    others: int = 1,
    elsewhere: str = "any",
    confidence: float = CONFIDENCE,
) -> Statistic | Estimates:
    """Return how many accounts a person holds on average: what a number of accounts is divided by.

    Parameters
    ----------
    platforms : str, Expression, array of int, float or Estimates
        Number of platforms (accounts) each respondent holds, all platforms in scope counted: the name of a column,
        which then waits for its sample; or the numbers themselves, one a respondent. With `one_platform` also the
        mean number of *other* platforms its people are on (with a single other one: the share m who are on it too),
        as a number or as estimated.
    sampled : {"persons", "accounts", "one_platform"}
        Whom the sample is of: persons, each met once; accounts of all platforms in scope, so that a person with L
        accounts is met L times as often; or people met on one platform.
    weights : array of float, optional
        With numbers only: what each respondent stands for.
    relative_size : (float, float), optional
        With `one_platform`: range of the accounts on the other platforms together over those on this one. All that
        are possible by default.
    others : int
        With `one_platform`: how many other platforms are in scope.
    elsewhere : {"any", "no_more"}
        With several other platforms: whether persons who are not on this one may hold an account on each of them, or
        hold on average no more accounts than persons who are.
    confidence : float
        Probability of the interval of numbers; that of a column is given to `dl.estimate`.

    Returns
    -------
    Statistic or Estimates
        For a column, a statistic for `dl.estimate`, whose design gives the variance. For numbers, one row under simple
        random sampling with replacement. With `one_platform` one row of bounds: estimate NaN, `ci_low` and `ci_high`
        the lowest and highest factor over the sizes, flag `bounds`; `details` holds the bounds without sampling error
        and with it.

    Raises
    ------
    MisleadingError
        Where somebody holds less than one platform, no whole number of them, or none that is known (in numbers; rows
        of a sample without an answer are left out and counted by `dl.estimate`).
    OptionError
        Where an option does not go with what was sampled.

    Notes
    -----
    A number of accounts A stands for A / F persons, with F the mean over *persons* of the accounts L they hold.

    Persons drawn with weights w: F = sum(w L) / sum(w); linearised variable z = (L - F) / sum(w).

    Accounts drawn with weights w: each person is in the frame L times, so the plain mean of L over accounts is the
    mean of L^2 over that of L, which is too large. The share 1/L of an account belongs to each person once:
    F = sum(w) / sum(w / L), the harmonic mean; z = (1 - F / L) / sum(w / L) (ratio of two totals, Woodruff 1971; the
    multiplicity weights of Lavallée 1995). A person met through two accounts stays in the file twice; name the person
    as `psu=` of the design where that may happen. The interval is -/+ t standard errors, not below 1.

    One platform A: people of A hold 1 + k accounts on average, k of them elsewhere. If the other platforms have r
    accounts for each of A, then (1 + r)/(1 + r - k) <= F <= (1 + r)/(1 + (r - k)/c), where c is the most accounts that
    persons outside A hold on average: the number of other platforms, or with `no_more` at most 1 + k. With one other
    platform c = 1 and both sides are `multi_homing_curve`; over all r >= k the factor lies between 1 and 1 + k. Where
    k has a confidence interval, the row holds the outer limits: the lowest factor at its lower end, the highest at its
    upper end, which hold the whole range with at least that confidence (Horowitz and Manski 2000).

    Examples
    --------
    >>> from diplab import population
    >>> round(population.multi_homing([1, 1, 2, 4], sampled="persons").frame["estimate"].item(), 4)
    2.0
    >>> round(population.multi_homing([1, 1, 2, 4], sampled="accounts").frame["estimate"].item(), 4)
    1.4545
    >>> population.multi_homing(0.352, sampled="one_platform").frame["ci_high"].round(6).tolist()
    [1.352]
    """
    if not isinstance(sampled, str) or sampled not in SAMPLED:
        raise one_of("`sampled`", sampled, SAMPLED)
    if sampled != "one_platform":
        _refuse_range(sampled, relative_size, others, elsewhere)
    if isinstance(platforms, str | Expression):
        return _waiting(platforms, sampled, weights, confidence)
    strict_confidence(confidence)
    if sampled == "one_platform":
        return bounds_from_one_platform(
            _others_held(platforms, weights, confidence), relative_size, others, elsewhere, confidence
        )
    if isinstance(platforms, Estimates):
        raise OptionError(
            f"Accounts a person were asked for from {sampled}, and an estimate was given.",
            "The mean is computed from the numbers of platforms of the respondents.",
            f"Write `dl.estimate(sample, dl.population.multi_homing('platforms', sampled='{sampled}'))`.",
        )
    held, weighed = numbers_held(platforms, weights)
    found = (arithmetic if sampled == "persons" else harmonic)(held, weighed)
    return gathered([_row(sampled, found, confidence)], _record(sampled, confidence))


@statistic(kind="amount")
def multi_homing_persons(totals: Totals, held: Expression) -> Linearised:
    """Mean number of accounts a person, from persons: sum(w L) / sum(w)."""
    _refuse_impossible(totals, held)
    return _above_one(ratio.on(totals, held, ONE), "persons")


@statistic(kind="amount")
def multi_homing_accounts(totals: Totals, held: Expression) -> Linearised:
    """Mean number of accounts a person, from accounts: sum(w) / sum(w / L)."""
    _refuse_impossible(totals, held)
    return _above_one(ratio.on(totals, ONE, ONE / held), "accounts")


def _refuse_range(sampled: str, relative_size: object, others: object, elsewhere: object) -> None:
    if relative_size is None and isinstance(others, int) and others == 1 and str(elsewhere) == "any":
        return
    raise OptionError(
        f"A range over other platforms was asked for a sample of {sampled}.",
        "Such a sample tells the mean itself.",
        "Leave out `relative_size`, `others` and `elsewhere`, or write `sampled='one_platform'`.",
    )


def _waiting(platforms: str | Expression, sampled: str, weights: object, confidence: float) -> Statistic:
    if sampled == "one_platform":
        raise OptionError(
            f"Accounts a person were asked for from the column `{platforms}` of people met on one platform.",
            "They identify a range only, which is no statistic of a sample.",
            "Write `multi_homing(dl.estimate(sample, dl.mean('others')), sampled='one_platform')`, where `others` is "
            "the number of other platforms.",
        )
    if weights is not None:
        raise OptionError(
            f"Weights were given beside the column `{platforms}`.",
            "A column takes the weights of its sample.",
            "Write them in `dl.declare_design(data, weights=...)`.",
        )
    if strict_confidence(confidence) != CONFIDENCE:
        raise OptionError(
            f"`confidence={confidence:g}` was given beside the column `{platforms}`.",
            "A column waits for its sample, and the interval is made there.",
            f"Write `dl.estimate(sample, multi_homing(...), confidence={confidence:g})`.",
        )
    return (multi_homing_persons if sampled == "persons" else multi_homing_accounts)(platforms)


def _others_held(
    platforms: Any, weights: ArrayLike | None, confidence: float
) -> tuple[float, float, float, Estimates | None, float]:
    """Return the mean number of other platforms, its interval, the estimate behind it, and respondents."""
    given = isinstance(platforms, Estimates) or np.ndim(platforms) == 0
    if given and weights is not None:
        raise OptionError(
            "Weights were given beside the mean number of other platforms.",
            "They belong to the numbers of respondents.",
            "Leave them out, or write the number of platforms of each respondent.",
        )
    if isinstance(platforms, Estimates):
        return mean_estimated(platforms)
    if given:
        alone = _alone(platforms)
        return alone, alone, alone, None, math.nan
    held, weighed = numbers_held(platforms, weights)
    found = arithmetic(held, weighed)
    if math.isnan(found.std_error):
        raise MisleadingError(
            "A range was asked for from one respondent.",
            "One person tells nothing of how others differ.",
            "Write the number of platforms of several respondents.",
        )
    low, high = _interval(found, confidence)
    return found.mean - 1, low - 1, high - 1, None, found.seen


def _alone(platforms: Any) -> float:
    if isinstance(platforms, bool) or not isinstance(platforms, int | float | np.number):
        raise OptionError(
            f"The mean number of other platforms was given as {str(platforms)[:60]!r}.",
            "It is a number.",
            "Write for example `multi_homing(0.352, sampled='one_platform')`.",
        )
    return float(platforms)


def _refuse_impossible(totals: Totals, held: Expression) -> None:
    possible, everyone = totals(Apply("in", (held, WHOLE)), ONE)
    if np.any(np.abs(everyone - possible) > 1e-9 * np.abs(everyone)):
        raise impossible_number("something else than a whole number from 1", None)


def _above_one(found: Linearised, sampled: str) -> Linearised:
    return Linearised(found.point, found.variable, interval=_from_one, assumptions=MULTI_HOMING[sampled])


def _from_one(point: NDArray[np.float64], spread: Spread) -> Bounds:
    low, high = wald(point, spread)
    return Bounds(np.maximum(low, 1.0), high)


def _interval(found: Held, confidence: float) -> tuple[float, float]:
    spread = Spread(np.array([found.std_error]), np.array([found.df]), np.array([found.seen]), confidence)
    bounds = _from_one(np.array([found.mean]), spread)
    return float(bounds.low[0]), float(bounds.high[0])


def _row(sampled: str, found: Held, confidence: float) -> dict[str, Any]:
    low, high = _interval(found, confidence)
    flag = "one respondent" if found.seen == 1 else ""
    return {
        **known_size(f"multi_homing_{sampled}", found.mean, flag=flag),
        "variable": VARIABLE,
        "std_error": found.std_error,
        "ci_low": low,
        "ci_high": high,
        "cv": found.std_error / found.mean,
        "df": found.df,
        "n": found.seen,
    }


def _record(sampled: str, confidence: float) -> Provenance:
    rules = {"sampled": sampled, "variance": "with replacement", "confidence": f"{confidence:g}"}
    return Provenance(rules=rules, base=BASE, assumptions=MULTI_HOMING[sampled])
