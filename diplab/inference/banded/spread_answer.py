"""An answer from a point and its linearised variable: the one place where answers meet the design."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from diplab.estimators.prepared import PreparedStatistic
from diplab.estimators.statistic import Bounds, Linearised, symmetric
from diplab.inference.banded.answer import Answer
from diplab.inference.covariance import ComputedStatistic, covariance_and_errors, precision_of
from diplab.inference.degrees_of_freedom import degrees_of_freedom, of_one_unit
from diplab.kernel.intervals import SHARE_INTERVALS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from diplab.inference.banded.answer import Asked, Floats
    from diplab.kernel.intervals import Precision
    from diplab.reference.text import Text
    from diplab.sampling.totals import Totals

__all__ = ["computed_of", "spread_answer"]


def spread_answer(
    asked: Asked,
    totals: Totals,
    method: str,
    linearised: Linearised,
    flags: Sequence[str],
    rules: Mapping[str, str],
    assumptions: tuple[Text, ...],
) -> Answer:
    """Return an answer with the error and the interval that the design gives.

    Parameters
    ----------
    asked : Asked
    totals : Totals
        By domain, over those with a band.
    method : str
    linearised : Linearised
        NaN or infinite where there is no answer.
    flags : sequence of str
        Why there is none, by domain.
    rules : mapping
    assumptions : tuple of Text
    """
    n = totals.n
    infinite = np.isposinf(linearised.point)
    point = np.where((n == 0) | ~np.isfinite(linearised.point), np.nan, linearised.point)
    known = Linearised(point, linearised.variable, linearised.beyond, _interval(asked), linearised.replicated)
    computed = computed_of(asked, totals, known)
    _, std_error = covariance_and_errors(asked.sample, [computed])
    df = degrees_of_freedom(asked.sample, totals, asked.df)
    # one primary unit shows no spread, which says nothing
    nothing = std_error <= 1e-14
    if nothing.any():
        nothing &= of_one_unit(asked.sample, totals)
    std_error = np.where(np.isnan(point) | nothing, np.nan, std_error)
    with np.errstate(divide="ignore", invalid="ignore"):
        bounds = known.interval(point, precision_of(asked.sample, computed, std_error, df, asked.confidence))
    told = ~np.isnan(std_error)
    return Answer(
        method=method,
        point=point,
        std_error=std_error,
        ci_low=np.where(told, bounds.low, np.nan),
        ci_high=np.where(told, bounds.high, np.nan),
        df=df,
        n=n,
        flag=tuple(_flag(*each) for each in zip(flags, n, infinite, point, std_error, strict=True)),
        rules=rules,
        assumptions=assumptions,
    )


def computed_of(asked: Asked, totals: Totals, linearised: Linearised) -> ComputedStatistic:
    """Return a linearised answer as the design reads it."""
    bound = PreparedStatistic(asked.name, asked.variable, "", (), {}, _unused)
    return ComputedStatistic(bound, totals, linearised, totals.n)


def _unused(*_: object, **__: object) -> Linearised:
    raise AssertionError  # answers say what replicates vary


def _interval(asked: Asked) -> Callable[[Floats, Precision], Bounds]:
    if asked.name != "arpr":
        return symmetric
    chosen = SHARE_INTERVALS[asked.options.get("interval", "logit")]
    return lambda point, spread: Bounds(*chosen(point, spread))


def _flag(said: str, n: int, infinite: bool, point: float, std_error: float) -> str:
    if n == 0:
        return "empty"
    if said:
        return said
    if infinite:
        return "infinite mean"
    if np.isnan(point):
        return "undefined"
    return "no variance" if np.isnan(std_error) else ""
