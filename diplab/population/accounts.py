"""Accounts a person: the mean that divides a number of accounts, whoever was met."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, overload

import numpy as np

from diplab.checks import check_confidence
from diplab.errors import EmptyDomainError, MisleadingError, OptionError, one_of
from diplab.estimators.moments import ratio
from diplab.estimators.statistic import Bounds, Linearised, statistic
from diplab.kernel.interval import Spread, wald
from diplab.population.account_assumptions import MULTI_HOMING
from diplab.population.kernel.platforms import MeanAccounts, mean_over_accounts, mean_over_persons
from diplab.population.sizes import gather_sizes, join_sources, known_size, weakest_status
from diplab.reference.text import Text
from diplab.results.estimates import Estimates
from diplab.results.provenance import Provenance
from diplab.sampling.expression import ONE, Apply, Constant, Expression

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from diplab.estimators.statistic import Statistic
    from diplab.sampling.totals import Totals

__all__ = [
    "MOST",
    "bounds_from_one_platform",
    "impossible_number",
    "mean_estimated",
    "multi_homing",
    "multi_homing_curve",
    "numbers_held",
    "outer_bounds",
    "range_of_sizes",
]

SAMPLED = ("persons", "accounts", "one_platform")
VARIABLE = "accounts a person"
CONFIDENCE = 0.95
MOST = 1000
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
    check_confidence(confidence)
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
    found = (mean_over_persons if sampled == "persons" else mean_over_accounts)(held, weighed)
    return gather_sizes([_row(sampled, found, confidence)], _mean_provenance(sampled, confidence))


@statistic
def multi_homing_persons(totals: Totals, held: Expression) -> Linearised:
    """Mean number of accounts a person, from persons: sum(w L) / sum(w)."""
    _refuse_impossible(totals, held)
    return _above_one(ratio.on(totals, held, ONE), "persons")


@statistic
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
    if check_confidence(confidence) != CONFIDENCE:
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
    found = mean_over_persons(held, weighed)
    if math.isnan(found.std_error):
        raise MisleadingError(
            "A range was asked for from one respondent.",
            "One person tells nothing of how others differ.",
            "Write the number of platforms of several respondents.",
        )
    low, high = _interval(found, confidence)
    return found.mean - 1, low - 1, high - 1, None, found.n


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


def _interval(found: MeanAccounts, confidence: float) -> tuple[float, float]:
    spread = Spread(np.array([found.std_error]), np.array([found.df]), np.array([found.n]), confidence)
    bounds = _from_one(np.array([found.mean]), spread)
    return float(bounds.low[0]), float(bounds.high[0])


def _row(sampled: str, found: MeanAccounts, confidence: float) -> dict[str, Any]:
    low, high = _interval(found, confidence)
    flag = "one respondent" if found.n == 1 else ""
    return {
        **known_size(f"multi_homing_{sampled}", found.mean, flag=flag),
        "variable": VARIABLE,
        "std_error": found.std_error,
        "ci_low": low,
        "ci_high": high,
        "cv": found.std_error / found.mean,
        "df": found.df,
        "n": found.n,
    }


def _mean_provenance(sampled: str, confidence: float) -> Provenance:
    rules = {"sampled": sampled, "variance": "with replacement", "confidence": f"{confidence:g}"}
    return Provenance(rules=rules, base=BASE, assumptions=MULTI_HOMING[sampled])


OthersHeld: TypeAlias = "tuple[float, float, float, Estimates | None, float]"
ELSEWHERE = ("any", "no_more")


def bounds_from_one_platform(
    held: OthersHeld,
    relative_size: tuple[float, float] | None,
    others: int,
    elsewhere: str,
    confidence: float,
) -> Estimates:
    """Return the range of accounts a person that people met on one platform allow."""
    import pandas as pd

    mean, low, high, estimated, seen = held
    _check_others(mean, others, elsewhere)
    uncertain = math.isfinite(low) and math.isfinite(high) and high > low
    few, many = (max(low, 0.0), min(high, others)) if uncertain else (mean, mean)
    sizes = range_of_sizes(relative_size, mean)
    reach = (few, math.inf) if relative_size is None else sizes
    rows = [("point", mean, mean, *_factor_bounds((mean, mean), sizes, others, elsewhere))]
    if uncertain:
        rows.append(("outer limits", few, many, *_factor_bounds((few, many), reach, others, elsewhere)))
    found = pd.DataFrame(rows, columns=["limits", "others_low", "others_high", "ci_low", "ci_high"])
    row = {
        **known_size("multi_homing_one_platform", math.nan, flag="bounds"),
        "variable": "accounts a person",
        "ci_low": rows[-1][3],
        "ci_high": rows[-1][4],
        "n": seen,
    }
    rules = {"sampled": "one_platform", "limits": rows[-1][0], "others": str(others)}
    rules["relative_size_low"] = f"{sizes[0]:.6g}"
    if math.isfinite(sizes[1]):
        rules["relative_size_high"] = f"{sizes[1]:.6g}"
    if others > 1:
        rules["elsewhere"] = elsewhere
    if uncertain:
        behind = {} if estimated is None else estimated.provenance.rules
        rules["confidence"] = behind.get("confidence", f"{confidence:g}")
    return gather_sizes(
        [row],
        _bounds_provenance(rules, elsewhere if others > 1 else "any", estimated, math.isfinite(seen)),
        details=found,
    )


def mean_estimated(estimates: Estimates) -> OthersHeld:
    """Return an estimated mean number of other platforms with its interval, refused where none is known."""
    if len(estimates) != 1:
        raise OptionError(
            f"{len(estimates)} estimates were given for the mean number of other platforms.",
            "One is needed.",
            "Write `estimates.rows([0])` for the first of them.",
        )
    statistic = str(estimates.frame["statistic"].iloc[0])
    if statistic.startswith("multi_homing"):
        raise MisleadingError(
            f"The mean number of other platforms was given as an estimate of `{statistic}`.",
            "That counts all platforms of a person, the one of the meeting included.",
            "Write an estimate of the others, as `dl.estimate(sample, dl.mean('others'))`, or the numbers themselves.",
        )
    mean, low, high, seen = map(float, estimates.frame[["estimate", "ci_low", "ci_high", "n"]].iloc[0])
    if math.isnan(low) or math.isnan(high):
        raise MisleadingError(
            f"An estimate of {mean:g} for the mean number of other platforms was given without an interval.",
            "Its uncertainty is unknown, and would be taken as nothing.",
            f"Write `multi_homing({mean:g}, sampled='one_platform')` to take it as known.",
        )
    return mean, low, high, estimates, seen


def _factor_bounds(
    held: tuple[float, float], sizes: tuple[float, float], others: int, elsewhere: str
) -> tuple[float, float]:
    most = float(others) if elsewhere == "any" else min(float(others), 1 + held[1])
    return outer_bounds(held, sizes, most)


def _bounds_provenance(
    rules: dict[str, str], elsewhere: str, estimated: Estimates | None, counted: bool
) -> Provenance:
    assumptions = MULTI_HOMING["one_platform"] + (MULTI_HOMING["no_more"] if elsewhere == "no_more" else ())
    if estimated is None:
        # a number that others found, where nobody was counted here
        status = "estimated" if counted else "derived"
        return Provenance(rules=rules, base=BASE, assumptions=assumptions, status=status)
    behind = estimated.provenance
    return Provenance(
        rules=rules,
        base=BASE,
        source=join_sources([behind.source]),
        status=weakest_status([behind.status]),
        assumptions=(*behind.assumptions, *assumptions),
        synthetic=behind.synthetic,
        indicative=behind.indicative,
    )


def _check_others(mean: float, others: int, elsewhere: str) -> None:
    if not isinstance(elsewhere, str) or elsewhere not in ELSEWHERE:
        raise one_of("`elsewhere`", elsewhere, ELSEWHERE)
    if isinstance(others, bool) or not isinstance(others, int) or others < 1:
        raise OptionError(
            f"`others` was given as {others!r}.",
            "It is the number of other platforms in scope.",
            "Write a whole number from 1.",
        )
    if not 0 <= mean <= others:
        what = (
            "the share who are on the other platform" if others == 1 else "a mean number of other platforms"
        )
        raise OptionError(
            f"People met on one platform were said to be on {mean:g} others on average.",
            f"With {others} in scope this is {what}, from 0 to {others}.",
            "Write that mean, and how many other platforms there are as `others=`.",
        )


def numbers_held(
    platforms: ArrayLike, weights: ArrayLike | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return numbers of platforms and weights as arrays, refused where they cannot be what they are."""
    held = _numbers(platforms, "platforms")
    weighed = np.ones_like(held) if weights is None else _numbers(weights, "weights")
    if held.size == 0:
        raise EmptyDomainError(
            "Accounts a person were asked for.",
            "No respondent was given.",
            "Write the number of platforms of each respondent.",
        )
    wrong = ~((held >= 1) & (held == np.floor(held)) & (held <= MOST))
    if wrong.any():
        raise impossible_number(f"{held[wrong][0]:g}", int(wrong.sum()))
    if weighed.shape != held.shape or not bool(np.all(np.isfinite(weighed) & (weighed >= 0))):
        raise OptionError(
            f"{weighed.size} weights were given for {held.size} respondents.",
            "A weight is missing, negative or infinite, or there is not one a respondent.",
            "Write one weight a respondent, zero or more.",
        )
    if not weighed.sum() > 0:
        raise EmptyDomainError(
            "Accounts a person were asked for.", "All weights are zero.", "Write a positive weight at least."
        )
    return held, weighed


def impossible_number(found: str, count: int | None) -> MisleadingError:
    """Return the error for a number of platforms that nobody can hold."""
    of = "somebody" if count is None else f"{count} of the respondents"
    return MisleadingError(
        "Accounts a person were asked for.",
        f"A number of platforms is {found}, for {of}: whoever is counted holds one account at least.",
        "Write whole numbers from 1 to 1000, and leave out people on no platform "
        "(`sample.universe('platforms >= 1')`).",
    )


def _numbers(values: Any, what: str) -> NDArray[np.float64]:
    try:
        # a column of pandas may hold <NA>
        extended = hasattr(getattr(values, "dtype", None), "na_value")
        found = values.to_numpy(np.float64, na_value=np.nan) if extended else np.asarray(values, np.float64)
    except (TypeError, ValueError):
        found = np.full((1, 1), np.nan)
    if found.ndim != 1:
        raise OptionError(
            f"`{what}` was given as {str(values)[:60]!r}.",
            "It is one number a respondent, or the name of a column.",
            f"Write `{what}=[1, 2, 1]`, say.",
        )
    return found


def multi_homing_curve(share_second: float, relative_size: ArrayLike) -> NDArray[np.float64]:
    """Return the multi-homing factor over two platforms, by the size of the second against the first.

    Of persons met on the first platform a share m also works on the second. That alone does not tell the
    factor: it depends on how large the second platform is.

    Parameters
    ----------
    share_second : float
        Share m of the persons on the first platform who are on the second too, from 0 to 1.
    relative_size : array of float
        Accounts on the second platform over accounts on the first, r; at least m, since the second platform
        holds all who are on both.

    Returns
    -------
    array of float, shape of `relative_size`
        (1 + r) / (1 + r - m): accounts over persons, m persons in each account of the first being on both.
        It falls from 1 + m at r = m towards 1 as r grows.

    Raises
    ------
    OptionError
        Where the share is outside 0 to 1.
    MisleadingError
        Where a relative size is below the share, which no two platforms can have.

    Examples
    --------
    >>> multi_homing_curve(0.352, [0.352, 1.0]).round(3).tolist()
    [1.352, 1.214]
    """
    share_second = _share(share_second)
    try:
        sizes = np.asarray(relative_size, dtype=np.float64)
    except (TypeError, ValueError):
        raise OptionError(
            asked=f"`relative_size` was given as {str(relative_size)[:60]!r}.",
            found="It is the accounts on the second platform over those on the first.",
            write="Write one number or several, such as `[0.5, 1, 2]`.",
        ) from None
    if not bool(np.all(sizes >= share_second)):
        raise MisleadingError(
            asked=f"A second platform {float(np.min(sizes)):g} times as large as the first was asked for.",
            found=f"It holds at least the {share_second:g} who are on both.",
            write=f"Write relative sizes of {share_second:g} or more.",
        )
    # the same as (1 + r)/(1 + r - m), and 1 for a second platform without end
    return np.asarray(1 + share_second / (1 + sizes - share_second), dtype=np.float64)


def _share(given: Any) -> float:
    number = isinstance(given, int | float | np.number) and not isinstance(given, bool)
    if not number or not 0 <= given <= 1:
        percent = number and 1 < given <= 100
        raise OptionError(
            asked=f"`share_second` was given as {given!r}.",
            found="It is a share" + ("; it looks like a percentage." if percent else "."),
            write=f"Write {given / 100:g}." if percent else "Write a number from 0 to 1.",
        )
    return float(given)


def range_of_sizes(relative_size: tuple[float, float] | None, others: float) -> tuple[float, float]:
    """Return the range of relative sizes asked for, from the mean number of others upwards where none is."""
    if relative_size is None:
        return others, math.inf
    ends = np.asarray(relative_size, dtype=object).ravel()
    told = len(ends) == 2 and all(isinstance(end, int | float) and not math.isnan(end) for end in ends)
    if not told or ends[0] > ends[1] or math.isinf(ends[0]):
        raise OptionError(
            asked=f"`relative_size` was given as {relative_size!r}.",
            found="It is the range of the accounts on the other platforms over those on this one.",
            write="Write the lower end first, such as `relative_size=(0.5, 4)`.",
        )
    low, high = float(ends[0]), float(ends[1])
    if low < others * (1 - 1e-12):
        raise MisleadingError(
            asked=f"Other platforms {low:g} times as large as this one were asked for.",
            found=f"They hold at least the {others:g} accounts a person of this one has on them.",
            write=f"Write relative sizes of {others:g} or more.",
        )
    return low, high


def outer_bounds(others: tuple[float, float], sizes: tuple[float, float], most: float) -> tuple[float, float]:
    """Return the lowest and the highest mean number of accounts a person, over others and over sizes.

    Of 1 + r accounts, the persons of the first platform (1) hold 1 + k; the r - k left are held by at most r - k
    persons and by at least (r - k) / c. Hence (1 + r)/(1 + r - k) <= factor <= (1 + r)/(1 + (r - k)/c). The
    first falls with r and rises with k; the second is monotone in r and rises with k.

    Examples
    --------
    >>> [round(end, 6) for end in outer_bounds((0.352, 0.352), (0.352, math.inf), 1)]
    [1.0, 1.352]
    """
    smallest, largest = sizes
    few, many = others[0], min(others[1], largest)
    low = 1.0 if math.isinf(largest) else (1 + largest) / (1 + largest - min(few, largest))
    start = max(smallest, many)
    ends = [(1 + start) / (1 + (start - many) / most)]
    ends.append(most if math.isinf(largest) else (1 + largest) / (1 + (largest - many) / most))
    return low, max(ends)
