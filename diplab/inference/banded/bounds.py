"""The first answer to a question on a banded variable: what the bands alone say, and no assumption."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from diplab.errors import EmptyDomainError
from diplab.inference.banded.answer import Answer
from diplab.inference.banded.bound_ends import BoundEnds, bound_ends, totals_of, unused_bound
from diplab.inference.covariance import ComputedStatistic, covariance_and_errors, precision_of
from diplab.inference.degrees_of_freedom import degrees_of_freedom, of_one_unit
from diplab.kernel.intervals import identified_quantile, level_of_quantile
from diplab.reference.text import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from diplab.inference.banded.answer import Asked
    from diplab.sampling.engines.protocol import Floats, Integers
    from diplab.sampling.totals import Totals

Booleans: TypeAlias = "NDArray[np.bool_]"
__all__ = ["AT_LEAST", "AT_MOST", "NOT_BOUNDED", "Identified", "bounds", "identified"]

AT_LEAST, AT_MOST = "at least", "at most"
NOT_BOUNDED = "not bounded"
NOTHING_ASSUMED = Text(
    "Bornes : aucune hypothèse sur la place des montants dans leurs tranches ; l’intervalle couvre la "
    "valeur, où qu’elle soit entre les bornes, au niveau de confiance annoncé (Imbens et Manski, 2004).",
    "Bounds: nothing is assumed of where amounts lie within their bands; the interval covers the value, wherever it is "
    "between the bounds, at the stated confidence (Imbens and Manski 2004).",
)


@dataclass(frozen=True, eq=False)
class Identified:
    """The bounds of a statistic by domain.

    Parameters
    ----------
    low, high : array, shape (domains,)
    std_error : array, shape (2, domains)
    covariance : array, shape (2 domains, 2 domains)
        Of the lower bounds, then the upper ones.
    ci_low, ci_high : array, shape (domains,)
        The interval of the statistic, wherever between the bounds it is.
    df : array, shape (domains,)
    n : array of int, shape (domains,)
    open : array of bool, shape (domains,)
        Where an open band leaves the upper bound without end.
    """

    low: Floats
    high: Floats
    std_error: Floats
    covariance: Floats
    ci_low: Floats
    ci_high: Floats
    df: Floats
    n: Integers
    open: Booleans


def bounds(asked: Asked) -> tuple[Answer, ...]:
    """Return the bounds of a statistic of a banded variable.

    Parameters
    ----------
    asked : Asked

    Returns
    -------
    tuple of Answer
        `at least`, whose `ci_low` is where the interval begins, and `at most`, whose `ci_high` is where it ends; their
        other ends are NaN.

    Raises
    ------
    EmptyDomainError
        Where nobody has a band.
    OptionError
        Where an option has no sense for a banded variable.
    """
    return answers(identified(asked))


def answers(found: Identified) -> tuple[Answer, Answer]:
    """Return bounds as two answers."""
    nothing = np.full(found.low.size, np.nan)
    one, other = found.std_error
    # a lower bound that is minus infinity is no bound either
    low_flags = tuple(map(_flag, found.n, np.isinf(found.low), found.low, one))
    flags = tuple(map(_flag, found.n, found.open, found.high, other))
    shared = {"df": found.df, "n": found.n, "rules": {}, "assumptions": (NOTHING_ASSUMED,)}
    return (
        Answer(AT_LEAST, found.low, one, found.ci_low, nothing, flag=low_flags, **shared),  # type: ignore[arg-type]
        Answer(AT_MOST, found.high, other, nothing, found.ci_high, flag=flags, **shared),  # type: ignore[arg-type]
    )


def _flag(n: int, opened: bool, point: float, std_error: float) -> str:
    if n == 0:
        return "empty"
    if np.isnan(point):
        return "undefined"
    if opened:
        return NOT_BOUNDED
    return "no variance" if np.isfinite(point) and np.isnan(std_error) else ""


def identified(asked: Asked) -> Identified:
    """Return the bounds of a statistic, their covariance, and the interval of Imbens and Manski (2004).

    Raises
    ------
    EmptyDomainError
        Where nobody has a band.
    OptionError
        Where an option has no sense for a banded variable.
    """
    everybody = asked.name == "arpt" and asked.options.get("threshold_on", "universe") == "universe"
    if everybody and (asked.by or asked.sample.domain):
        return _of_everybody(asked)
    if asked.sample.replication is None:
        asked.sample.engine.units.check_lonely(asked.sample.design.lonely_psu)
    totals = totals_of(asked)
    if not totals.n.sum():
        raise EmptyDomainError(
            f"`{asked.said}` of `{asked.variable}` was asked for on "
            + (f"`{asked.sample.condition}`." if asked.sample.condition else "the whole sample."),
            "Nobody there has a band and a positive weight.",
            "Write a wider condition, or look at the missing values of the variable.",
        )
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return _with_interval(asked, totals, bound_ends(asked, totals))


def _of_everybody(asked: Asked) -> Identified:
    """Return the bounds of a threshold that all domains share, with the respondents of each."""
    whole = identified(replace(asked, by=(), sample=replace(asked.sample, domain=(), domain_text=())))
    n = totals_of(asked).n
    width = n.size
    blown = {
        name: np.full(width, getattr(whole, name).item())
        for name in ("low", "high", "ci_low", "ci_high", "df", "open")
    }
    return Identified(
        std_error=np.repeat(whole.std_error, width, axis=1),
        covariance=np.asarray(np.kron(whole.covariance, np.ones((width, width))), dtype=np.float64),
        n=n,
        **blown,
    )


def _with_interval(asked: Asked, totals: Totals, ends: BoundEnds) -> Identified:
    """Return bounds with their errors and the interval, on the scale of the statistic's own interval."""
    sample, n = asked.sample, totals.n
    df = degrees_of_freedom(sample, totals, asked.df)
    pair = [ComputedStatistic(unused_bound(asked.name), totals, each, n) for each in (ends.low, ends.high)]
    covariance, with_error = covariance_and_errors(sample, pair)
    error = np.split(with_error, 2)
    points = [np.where(n == 0, np.nan, each.point) for each in (ends.low, ends.high)]
    # rounding may take an upper bound below the lower one
    points[1] = np.where(points[1] < points[0], points[0], points[1])
    alone = of_one_unit(sample, totals)
    own = [
        _own_error(asked, each, point, spread, df, alone)
        for each, point, spread in zip(pair, points, error, strict=True)
    ]
    apart = _apart(*points)
    level = level_of_quantile(identified_quantile(apart, np.fmax(*own), df, asked.confidence), df)
    limits = []
    for place, outer in enumerate(ends.outer):
        moved = ComputedStatistic(unused_bound(asked.name), totals, outer, n)
        inner = outer is (ends.low, ends.high)[place]
        spread = precision_of(
            sample, moved, error[place] if inner else covariance_and_errors(sample, [moved])[1], df, 0.95
        )
        found = outer.interval(np.where(n == 0, np.nan, outer.point), replace(spread, confidence=level))  # type: ignore[arg-type]
        # an interval may have no end where a quantile falls into the open band, and still be one
        end = np.where(alone & np.isnan(own[place]), np.nan, (found.low, found.high)[place])
        limits.append(np.where(np.isinf(points[place]), points[place], end))
    scale = np.where(with_error > 0, np.concatenate(own) / with_error, 1.0)
    low, high = _never_inside(points, limits)
    return Identified(
        low=points[0],
        high=points[1],
        std_error=np.array(own),
        covariance=np.asarray(covariance * np.outer(scale, scale), dtype=np.float64),
        ci_low=low,
        ci_high=high,
        df=df,
        n=n,
        open=ends.open & (n > 0),
    )


def _apart(low: Floats, high: Floats) -> Floats:
    """Return how far apart bounds are, nothing where rounding alone parts them."""
    apart = np.nan_to_num(high - low, nan=np.inf, posinf=np.inf)
    return np.where(apart <= 1e-12 * np.abs(low), 0.0, apart)


def _own_error(
    asked: Asked, computed: ComputedStatistic, point: Floats, error: Floats, df: Floats, alone: Booleans
) -> Floats:
    """Return the standard errors of a bound on its own scale; NaN where nothing tells them."""
    found = computed.linearised.interval(
        point, precision_of(asked.sample, computed, error, df, asked.confidence)
    )
    own = error if found.std_error is None else found.std_error
    # one primary unit shows no spread, which says nothing
    known = np.isfinite(point) & np.isfinite(own) & ~(alone & (error <= 1e-14))
    return np.where(known, own, np.nan)


def _never_inside(points: list[Floats], limits: list[Floats]) -> tuple[Floats, Floats]:
    """Return the interval, which holds both bounds."""
    return np.minimum(limits[0], points[0]), np.maximum(limits[1], points[1])
