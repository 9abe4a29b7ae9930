"""After how long half of the people have left."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from diplab.checks import check_confidence, is_number
from diplab.errors import EmptyDomainError, MisleadingError, OptionError
from diplab.kernel.repeated_catches import student_deviate
from diplab.population.sizes import gather_sizes, known_size
from diplab.results.estimates import Estimates
from diplab.results.provenance import Provenance

if TYPE_CHECKING:
    from diplab.results.sizes import Sizes

__all__ = ["half_life", "half_life_row"]


@overload
def half_life(
    rate: float | None = ..., *, survival: float | None = ..., interval_days: float | None = ...
) -> float: ...
@overload
def half_life(
    rate: float | None = ..., *, survival: Estimates, interval_days: float, confidence: float = ...
) -> Sizes: ...
def half_life(
    rate: float | None = None,
    *,
    survival: float | Estimates | None = None,
    interval_days: float | None = None,
    confidence: float = 0.95,
) -> float | Sizes:
    """Return after how many days half of those present have left.

    Parameters
    ----------
    rate : float, optional
        Departures per person and day (lambda): the chance of leaving in a short time, over that time.
    survival : float or Estimates, optional
        Share that stays from one occasion to the next; or the result of `open_population`, whose survivals are
        averaged on the logarithm (their geometric mean). In place of `rate`.
    interval_days : float, optional
        Days from one occasion to the next, the same for all; needed with `survival`.
    confidence : float
        Probability of the interval, where there is one.

    Returns
    -------
    float or Sizes
        Days. From a result, one row `half_life` with the interval that follows from that of the rate of departure;
        its upper end is infinite, and the flag `no upper limit`, where it is not shown that anybody leaves.

    Raises
    ------
    OptionError
        Where neither or both of `rate` and `survival` are given, or the interval is missing.
    MisleadingError
        Where nobody leaves: there is no half-life.

    Notes
    -----
    ln 2/lambda, with lambda = -ln(survival)/interval: departures are taken as equally likely at any time, whatever the
    time already spent.

    Examples
    --------
    >>> round(half_life(0.0009180753286719494), 1)
    755.0
    >>> half_life(survival=0.5, interval_days=30)
    30.0
    """
    if (rate is None) == (survival is None):
        raise OptionError(
            asked="A half-life was asked for.",
            found="It follows from a rate of departure or from a survival, one of them.",
            write="Write `half_life(rate)`, or `half_life(survival=..., interval_days=...)`.",
        )
    if survival is None:
        return _of_rate(_number("rate", rate))
    if (
        interval_days is None
        or not is_number(interval_days)
        or not interval_days > 0
        or math.isinf(interval_days)
    ):
        raise OptionError(
            asked=f"A half-life was asked for from a survival, with `interval_days={interval_days}`.",
            found="A survival holds over some time, and without it gives no rate.",
            write="Write `interval_days=`, the days from one occasion to the next.",
        )
    if isinstance(survival, Estimates):
        return _of_estimates(survival, float(interval_days), check_confidence(confidence))
    share = _number("survival", survival)
    if not 0 < share <= 1:
        raise OptionError(
            asked=f"`survival` was given as {share:g}.",
            found="It is the share that stays, above 0 and at most 1.",
            write="Write it as 0.8 where 80% stay.",
        )
    return _of_rate(-math.log(share) / interval_days)


def half_life_row(rate: float, error: float, deviate: float, df: float = math.inf) -> dict[str, Any]:
    """Return the row of a half-life from a rate of departure and its standard error.

    Examples
    --------
    >>> row = half_life_row(0.001, 0.0002, 1.96)
    >>> [round(row[name], 1) for name in ("estimate", "ci_low", "ci_high")]
    [693.1, 498.0, 1140.0]
    """
    if not rate > 0:
        return {**known_size("half_life", math.nan, flag="nobody leaves"), "variable": "half-life"}
    low, high = rate - deviate * error, rate + deviate * error
    return {
        **known_size("half_life", math.log(2) / rate, flag="" if low > 0 else "no upper limit"),
        "variable": "half-life",
        "std_error": math.log(2) * error / rate**2,
        "ci_low": math.log(2) / high,
        "ci_high": math.log(2) / low if low > 0 else math.inf,
        "cv": error / rate,
        "df": df,
    }


def _of_rate(rate: float) -> float:
    if not rate > 0:
        raise MisleadingError(
            asked="A half-life was asked for.",
            found="Nobody leaves, at this rate or survival, so half of them never do.",
            write="Write a rate above zero or a survival below one, or say that no departure was seen.",
        )
    return math.log(2) / rate


def _of_estimates(found: Estimates, interval_days: float, confidence: float) -> Sizes:
    rows = (found.frame["statistic"] == "survival").to_numpy()
    known = np.flatnonzero(
        rows & found.frame["estimate"].notna().to_numpy() & (found.frame["estimate"] > 0).to_numpy()
    )
    if not known.size:
        raise EmptyDomainError(
            asked="A half-life was asked for from survivals.",
            found="The result holds no survival that is known.",
            write="Write the result of `open_population`, with three occasions or more.",
        )
    share = found.frame["estimate"].to_numpy(dtype=float)[known]
    # The logarithm of each survival has the relative error of the survival.
    relative = found.covariance[np.ix_(known, known)] / np.outer(share, share)
    relative = np.where(np.isnan(relative) & ~np.eye(len(known), dtype=bool), 0.0, relative)
    rate = -float(np.log(share).mean()) / interval_days
    error = math.sqrt(max(float(relative.sum()), 0.0)) / len(known) / interval_days
    row = half_life_row(rate, error, student_deviate(confidence))
    row["n"] = float(found.frame["n"].to_numpy(dtype=float)[known].sum())
    rules = {
        **found.provenance.rules,
        "interval": "inverse_rate",
        "confidence": f"{confidence:g}",
        "interval_days": f"{interval_days:g}",
    }
    old = found.provenance
    new = Provenance(
        rules=rules, base=old.base, source=old.source, status=old.status, assumptions=old.assumptions
    )
    return gather_sizes([row], new)


def _number(name: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise OptionError(
            asked=f"`{name}` was given as {value!r}.",
            found="It is no number.",
            write="Write a number, or for `survival` the result of `open_population`.",
        )
    return number
