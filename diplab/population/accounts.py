"""Multi-homing: the mean number of accounts a person holds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal, overload

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from diplab import checks
from diplab.errors import EmptyDomainError, MisleadingError, OptionError
from diplab.estimators.moments import ratio
from diplab.estimators.statistic import Bounds, Linearised, Statistic, statistic
from diplab.kernel.arrays import Floats
from diplab.kernel.intervals import Precision, student_deviate, wald
from diplab.population import sizes
from diplab.population.kernel.abundance import Abundance
from diplab.population.kernel.networks import mean_accounts
from diplab.population.sizes import UncertainNumber
from diplab.population.tables import floats, respondent_weights
from diplab.results.estimates import Estimates, Provenance
from diplab.sampling.expression import ONE, Apply, ColumnOrExpression, Constant, Expression
from diplab.sampling.totals import Totals

Sampled = Literal["persons", "accounts", "one_platform"]
Elsewhere = Literal["any", "no_more"]
VARIABLE = "accounts a person"
CONFIDENCE = 0.95
MOST = 1000
POSSIBLE = Constant(tuple(map(float, range(1, MOST + 1))))


@overload
def multi_homing(
    platforms: str | Expression, sampled: Literal["persons", "accounts"] = ...
) -> Statistic: ...
@overload
def multi_homing(
    platforms: Sequence[float] | NDArray[Any] | pd.Series | float | Estimates,
    sampled: Sampled = ...,
    *,
    weights: ArrayLike | None = ...,
    relative_size: tuple[float, float] | None = ...,
    others: int = ...,
    elsewhere: Elsewhere = ...,
    confidence: float = ...,
) -> Estimates: ...
def multi_homing(
    platforms: Any,
    sampled: Sampled = "persons",
    *,
    weights: ArrayLike | None = None,
    relative_size: tuple[float, float] | None = None,
    others: int = 1,
    elsewhere: Elsewhere = "any",
    confidence: float = CONFIDENCE,
) -> Statistic | Estimates:
    """Return how many accounts a person holds on average: what a number of accounts is divided by.

    Parameters
    ----------
    platforms : str, Expression, array of int, float or Estimates
        Number of platforms (accounts) each respondent holds, all platforms in scope counted: the
        name of a column, which then waits for its sample; or the numbers themselves, one per
        respondent. With `one_platform` also the mean number of *other* platforms its people are on
        (with a single other one: the share m who are on it too), as a number or as estimated.
    sampled : {"persons", "accounts", "one_platform"}
        Whom the sample is of: persons, each met once; accounts of all platforms in scope, so that a
        person with L accounts is met L times as often; or people met on one platform.
    weights : array of float, optional
        With numbers only: how many persons each respondent represents.
    relative_size : (float, float), optional
        With `one_platform`: range of the accounts on the other platforms together over those on
        this one. All that are possible by default.
    others : int
        With `one_platform`: how many other platforms are in scope.
    elsewhere : {"any", "no_more"}
        With several other platforms: whether persons who are not on this one may hold an account on
        each of them, or hold on average no more accounts than persons who are.
    confidence : float
        Probability of the interval of numbers; that of a column is given to `dl.estimate`.

    Returns
    -------
    Statistic or Estimates
        For a column, a statistic for `dl.estimate`, whose design gives the variance. For numbers,
        one row under simple random sampling with replacement. With `one_platform` one row of
        bounds: estimate NaN, `ci_low` and `ci_high` the lowest and highest factor over the sizes,
        flag `bounds`; `details` holds the bounds without sampling error and with it.

    Raises
    ------
    MisleadingError
        Where somebody holds less than one platform, no whole number of them, or none that is known
        (in numbers; rows of a sample without an answer are left out and counted by `dl.estimate`).
    OptionError
        Where an option does not go with what was sampled.

    Notes
    -----
    A number of accounts A represents A / F persons. Persons drawn with weights w: F = sum(w L) /
    sum(w) over the accounts L they hold; z = (L - F) / sum(w). Accounts drawn: F = sum(w) / sum(w /
    L), z = (1 - F / L) / sum(w / L) (Woodruff 1971; Lavallée 1995), for a plain mean would count
    each person L times. Name the person as `psu=` of the design where one may be met through two
    accounts. The interval is -/+ t standard errors, not below 1.

    One platform: with k accounts elsewhere and r on the others for each of its own, (1 + r)/(1 + r
    - k) <= F <= (1 + r)/(1 + (r - k)/c), c the most accounts that persons outside hold on average:
    the number of other platforms, or with `no_more` at most 1 + k. With one other both sides are
    `multi_homing_curve`; over all r >= k the factor lies between 1 and 1 + k. Where k has an
    interval, the row holds the outer limits, the lowest factor at its lower end and the highest at
    its upper end (Horowitz and Manski 2000).

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
    checks.check_one_of("sampled", sampled, Sampled)
    options = (
        relative_size is None
        and checks.is_number(others)
        and others == 1
        and str(elsewhere) == "any"
    )
    if sampled != "one_platform" and not options:
        raise OptionError(
            f"`relative_size`, `others` or `elsewhere` was given with `sampled={sampled!r}`.",
            "Such a sample identifies the mean itself, not a range over other platforms.",
            "Leave them out, or write `sampled='one_platform'`.",
        )
    if isinstance(platforms, str | Expression):
        return _statistic_of_column(platforms, sampled, weights, confidence)
    checks.check_confidence(confidence)
    if sampled == "one_platform":
        mean = _mean_of_others(platforms, weights, confidence)
        return _bounds_from_one_platform(mean, relative_size, others, elsewhere, confidence)
    if isinstance(platforms, Estimates):
        raise OptionError(
            f"`platforms` is an estimate, with `sampled={sampled!r}`.",
            "The mean is computed from the numbers of platforms of the respondents.",
            "Write `dl.estimate(sample, dl.population.multi_homing('platforms', "
            f"sampled='{sampled}'))`.",
        )
    accounts = mean_accounts(*numbers_held(platforms, weights), over_accounts=sampled == "accounts")
    flag = "one respondent" if accounts.seen == 1 else ""
    row = sizes.known_size(f"multi_homing_{sampled}", accounts.size, flag=flag, variable=VARIABLE)
    error, interval = math.sqrt(accounts.variance), _interval(accounts, confidence)
    row = sizes.with_error(row, error, interval, accounts.seen - 1, accounts.seen)
    rules = {"sampled": sampled, "variance": "with replacement", "confidence": f"{confidence:g}"}
    assumed = sizes.ASSUMED["multi_homing"][sampled]
    return sizes.gather_sizes([row], sizes.provenance_of(rules, *assumed, of="platforms.persons"))


@statistic(kind="amount", sampled="persons")
def multi_homing_persons(totals: Totals, held: ColumnOrExpression) -> Linearised:
    """Mean number of accounts per person, from persons: sum(w L) / sum(w)."""
    _check_possible(totals, held)
    return _at_least_one(ratio.on(totals, held, ONE), "persons")


@statistic(kind="amount", sampled="accounts")
def multi_homing_accounts(totals: Totals, held: ColumnOrExpression) -> Linearised:
    """Mean number of accounts per person, from accounts: sum(w) / sum(w / L)."""
    _check_possible(totals, held)
    return _at_least_one(ratio.on(totals, ONE, ONE / held), "accounts")


def _check_possible(totals: Totals, held: Expression) -> None:
    possible, everyone = totals(Apply("in", (held, POSSIBLE)), ONE)
    if np.any(np.abs(everyone - possible) > 1e-9 * np.abs(everyone)):
        raise _impossible_number("not a whole number from 1 to 1000")


def _at_least_one(mean: Linearised, sampled: str) -> Linearised:
    assumed = sizes.assumptions(*sizes.ASSUMED["multi_homing"][sampled])
    return Linearised(mean.point, mean.variable, interval=_interval_from_one, assumptions=assumed)


def _interval_from_one(point: Floats, spread: Precision) -> Bounds:
    low, high = wald(point, spread)
    return Bounds(np.maximum(low, 1.0), high)


def _interval(mean: Abundance, confidence: float) -> tuple[float, float]:
    reach = student_deviate(confidence, mean.seen - 1) * math.sqrt(mean.variance)
    return max(mean.size - reach, 1.0), mean.size + reach


def _statistic_of_column(
    platforms: str | Expression, sampled: str, weights: object, confidence: float
) -> Statistic:
    if sampled == "one_platform":
        raise OptionError(
            f"`sampled='one_platform'` was given with the column `{platforms}`.",
            "People met on one platform identify a range only, which is not a statistic of a "
            "sample.",
            "Write `multi_homing(dl.estimate(sample, dl.mean('others')), sampled='one_platform')`, "
            "where `others` is "
            "the number of other platforms.",
        )
    why = "A column takes the weights of its sample, as in `dl.declare_design(data, weights=...)`."
    checks.check_left_out(f"the column `{platforms}`", why, weights=weights)
    why = "The interval of a column is made with its sample, in "
    why += "`dl.estimate(sample, ..., confidence=...)`."
    if checks.check_confidence(confidence) != CONFIDENCE:
        checks.check_left_out(f"the column `{platforms}`", why, confidence=confidence)
    mean = multi_homing_persons if sampled == "persons" else multi_homing_accounts
    return mean(platforms)


def sampled_of(estimates: Estimates) -> str:
    """Return what a mean number of accounts was sampled by; empty for other results."""
    described = estimates.description_of(str(estimates.frame["statistic"].iloc[0]))
    return estimates.provenance.rules.get("sampled", described.sampled)


def _mean_of_others(
    platforms: Any, weights: ArrayLike | None, confidence: float
) -> UncertainNumber:
    """Return the mean number of other platforms of people met on one, with its interval."""
    if isinstance(platforms, Estimates) or np.ndim(platforms) == 0:
        why = "Weights belong to the numbers of platforms of respondents."
        checks.check_left_out("the mean number of other platforms", why, weights=weights)
        if isinstance(platforms, Estimates):
            return _estimated_mean_of_others(platforms)
        mean = checks.check_number("platforms", platforms, example=0.352)
        # without respondents the number is that of another source
        return UncertainNumber(
            mean, mean, mean, math.nan, math.inf, math.nan, Provenance(status="derived")
        )
    accounts = mean_accounts(*numbers_held(platforms, weights))
    if math.isnan(accounts.variance):
        raise MisleadingError(
            "`platforms` has one respondent.",
            "One person gives no variance between persons.",
            "Write the number of platforms of several respondents.",
        )
    low, high = _interval(accounts, confidence)
    error, df = math.sqrt(accounts.variance), accounts.seen - 1
    return UncertainNumber(
        accounts.size - 1, low - 1, high - 1, error, df, accounts.seen, Provenance()
    )


def _estimated_mean_of_others(estimates: Estimates) -> UncertainNumber:
    others = sizes.one_estimate("platforms", estimates)
    statistic = str(estimates.frame["statistic"].iloc[0])
    if sampled_of(estimates):
        raise MisleadingError(
            f"`platforms` is an estimate of `{statistic}`.",
            "That counts all platforms of a person, including the one on which they were met.",
            "Write an estimate of the others, as `dl.estimate(sample, dl.mean('others'))`, or the "
            "numbers themselves.",
        )
    if math.isnan(others.low) or math.isnan(others.high):
        raise MisleadingError(
            f"`platforms` is an estimate of {others.value:g} without an interval.",
            "Its unknown uncertainty would be taken as zero.",
            f"Write `multi_homing({others.value:g}, sampled='one_platform')` to take it as known.",
        )
    return others


def _bounds_from_one_platform(
    held: UncertainNumber,
    relative_size: tuple[float, float] | None,
    others: int,
    elsewhere: str,
    confidence: float,
) -> Estimates:
    mean = held.value
    checks.check_one_of("elsewhere", elsewhere, Elsewhere)
    others = checks.check_whole_number("others", others, low=1, example=1)
    if not 0 <= mean <= others:
        raise OptionError(
            f"{checks.argument('platforms', mean)} is not from 0 to {others}.",
            f"With {others} in scope it is "
            + (
                "the share who are on the other platform."
                if others == 1
                else "a mean number of other platforms."
            ),
            "Write that mean, and how many other platforms there are as `others=`.",
        )
    uncertain = math.isfinite(held.low) and math.isfinite(held.high) and held.high > held.low
    few, many = (max(held.low, 0.0), min(held.high, others)) if uncertain else (mean, mean)
    relative = _range_of_sizes(relative_size, mean)

    def bounds(low: float, high: float, relative: tuple[float, float]) -> tuple[float, float]:
        most = float(others) if elsewhere == "any" else min(float(others), 1 + high)
        return outer_bounds((low, high), relative, most)

    rows = [("point", mean, mean, *bounds(mean, mean, relative))]
    if uncertain:
        reach = (few, math.inf) if relative_size is None else relative
        rows.append(("outer limits", few, many, *bounds(few, many, reach)))
    details = pd.DataFrame(
        rows, columns=["limits", "others_low", "others_high", "ci_low", "ci_high"]
    )
    row = sizes.known_size("multi_homing_one_platform", math.nan, flag="bounds", variable=VARIABLE)
    row |= {"ci_low": rows[-1][3], "ci_high": rows[-1][4], "n": held.n}
    rules = {"sampled": "one_platform", "limits": rows[-1][0], "others": str(others)}
    rules["relative_size_low"] = f"{relative[0]:.6g}"
    if math.isfinite(relative[1]):
        rules["relative_size_high"] = f"{relative[1]:.6g}"
    if others > 1:
        rules["elsewhere"] = elsewhere
    if uncertain:
        rules["confidence"] = held.record.rules.get("confidence", f"{confidence:g}")
    names = [*sizes.ASSUMED["multi_homing"]["one_platform"]]
    if others > 1 and elsewhere == "no_more":
        names += sizes.ASSUMED["multi_homing"]["no_more"]
    record = sizes.provenance_of(
        rules, *held.record.assumptions, *names, of="platforms.persons", behind=[held.record]
    )
    return sizes.gather_sizes([row], record, details=details)


def numbers_held(platforms: ArrayLike, weights: ArrayLike | None) -> tuple[Floats, Floats]:
    """Return numbers of platforms, whole from 1, and weights as arrays."""
    held = floats(platforms)
    if held.ndim != 1:
        raise OptionError(
            f"{checks.argument('platforms', platforms)} is neither one number per respondent nor "
            "the name of a column.",
            write="Write for example `platforms=[1, 2, 1]`.",
        )
    if held.size == 0:
        raise EmptyDomainError(
            "`platforms` is empty.", write="Write the number of platforms of each respondent."
        )
    invalid = ~((held >= 1) & (held == np.floor(held)) & (held <= MOST))
    if invalid.any():
        raise _impossible_number(f"{held[invalid][0]:g}", int(invalid.sum()))
    return held, respondent_weights("weights", weights, held.size)


def _impossible_number(value: str, count: int | None = None) -> MisleadingError:
    of = "a respondent" if count is None else f"{count} of the respondents"
    return MisleadingError(
        f"The number of platforms is {value} for {of}.",
        "Everyone counted holds at least one account.",
        "Write whole numbers from 1 to 1000, and leave out people on no platform "
        "(`sample.universe('platforms >= 1')`).",
    )


def multi_homing_curve(share_second: float, relative_size: ArrayLike) -> Floats:
    """Return the multi-homing factor of two platforms, by their relative size.

    Parameters
    ----------
    share_second : float
        Share m of the persons on the first platform who are on the second too, from 0 to 1.
    relative_size : array of float
        Accounts on the second platform over accounts on the first, r; at least m, since the second
        platform holds all who are on both.

    Returns
    -------
    array of float, shape of `relative_size`
        (1 + r) / (1 + r - m): accounts over persons, m persons in each account of the first being
        on both. It falls from 1 + m at r = m towards 1 as r grows.

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
    example = 0.35
    if checks.is_number(share_second) and 1 < share_second <= 100:
        example = share_second / 100
    share_second = checks.check_number(
        "share_second", share_second, low=0, high=1, example=round(example, 6)
    )
    relative = floats(relative_size)
    if np.isnan(relative).any():
        raise OptionError(
            f"{checks.argument('relative_size', relative_size)} is not a number or several.",
            "It is the accounts on the second platform over those on the first.",
            "Write for example `[0.5, 1, 2]`.",
        )
    if not bool(np.all(relative >= share_second)):
        raise MisleadingError(
            f"`relative_size` goes down to {float(np.min(relative)):g}, below `share_second`.",
            f"The second platform holds at least the {share_second:g} who are on both.",
            f"Write relative sizes of {share_second:g} or more.",
        )
    # the same as (1 + r)/(1 + r - m), and 1 for a second platform without end
    return np.asarray(1 + share_second / (1 + relative - share_second), dtype=np.float64)


def _range_of_sizes(
    relative_size: tuple[float, float] | None, others: float
) -> tuple[float, float]:
    """Return the range of relative sizes, by default from the mean number of others upwards."""
    if relative_size is None:
        return others, math.inf
    ends = np.asarray(relative_size, dtype=object).ravel()
    numbers = len(ends) == 2 and all(checks.is_number(end) and not math.isnan(end) for end in ends)
    if not numbers or ends[0] > ends[1] or math.isinf(ends[0]):
        raise OptionError(
            f"{checks.argument('relative_size', relative_size)} is not a range.",
            "It is that of the accounts on the other platforms over those on this one.",
            "Write the lower end first, such as `relative_size=(0.5, 4)`.",
        )
    low, high = float(ends[0]), float(ends[1])
    if low < others * (1 - 1e-12):
        raise MisleadingError(
            f"`relative_size` begins at {low:g}, below the {others:g} accounts a person has on the "
            "others.",
            write=f"Write relative sizes of {others:g} or more.",
        )
    return low, high


def outer_bounds(
    others: tuple[float, float], relative: tuple[float, float], most: float
) -> tuple[float, float]:
    """Return the lowest and highest mean number of accounts over ranges of others and of sizes."""
    smallest, largest = relative
    few, many = others[0], min(others[1], largest)
    low = 1.0 if math.isinf(largest) else (1 + largest) / (1 + largest - min(few, largest))
    start = max(smallest, many)
    ends = [(1 + start) / (1 + (start - many) / most)]
    ends.append(most if math.isinf(largest) else (1 + largest) / (1 + (largest - many) / most))
    return low, max(ends)
