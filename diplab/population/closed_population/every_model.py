"""One closed-population model or all of them as rows of a result, each set against the lower bound."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from diplab.errors import MisleadingError
from diplab.kernel.abundance import Abundance, lognormal_interval
from diplab.population.closed_population.behaviour_models import fitted_behaviour
from diplab.population.closed_population.bias_correction import bias_corrected_size
from diplab.population.closed_population.fitted_size import FittedSize
from diplab.population.closed_population.log_linear_models import fitted_log_linear
from diplab.population.counts import few_singletons
from diplab.population.lower_bound import against_bound
from diplab.population.sizes import no_size, size

if TYPE_CHECKING:
    from collections.abc import Iterable

    from diplab.population.closed_population.captures import Captures
    from diplab.results.sizes import ModelFit

__all__ = ["HETEROGENEITIES", "Row", "every_model", "intervals_of", "models_for", "one_model"]

HETEROGENEITIES = ("chao", "poisson2", "darroch", "gamma3.5", "normal")
WITHOUT_BOUND = ("Mb", "Mbh", "Mtb")
"""Models that the bound does not hold for: it supposes that being seen changes nothing."""


@dataclass(frozen=True, eq=False)
class Row:
    """A row of a result, with the model behind it.

    Parameters
    ----------
    values : dict
        A row of `Estimates`.
    fit : ModelFit or None
    interval : str
        How its interval was made: `profile` or `log-normal`; nothing where it has none.
    """

    values: dict[str, Any]
    fit: ModelFit | None
    interval: str


def models_for(captures: Captures) -> list[tuple[str, str]]:
    """Return every model that captures allow, lower bounds first, with its heterogeneity.

    Examples
    --------
    >>> from diplab.population.closed_population.captures import captures_of
    >>> models_for(captures_of([25, 22, 13], occasions=6))[:3]
    [('Mh', 'chao'), ('M0', ''), ('Mh', 'poisson2')]
    """
    laws = HETEROGENEITIES[1:]
    timeless = [("M0", ""), *(("Mh", law) for law in laws)]
    if captures.histories is None or captures.up_to < captures.limit:
        return [("Mh", "chao"), *timeless]
    timed = [("Mt", ""), *(("Mth", law) for law in laws)]
    return [("Mth", "chao"), ("Mh", "chao"), *timeless, *timed, ("Mb", ""), ("Mbh", ""), ("Mtb", "")]


def every_model(
    captures: Captures, confidence: float = 0.95, point: str = "poisson", nodes: int | None = None
) -> list[Row]:
    """Return every closed-population model of the same captures as rows, lower bounds first.

    Parameters
    ----------
    captures : Captures
    confidence : float
        Probability of the intervals.
    point : str
        `poisson` or `multinomial`: which of the two points stands in `estimate`. Models with a normal law have no
        multinomial point and are left out there.
    nodes : int, optional
        Points of the quadrature of a normal law.

    Examples
    --------
    >>> from diplab.population.closed_population.captures import captures_of
    >>> rows = every_model(captures_of([25, 22, 13, 5, 1, 2], occasions=6))
    >>> [(row.values["statistic"], row.values["category"], row.values["flag"]) for row in rows][:2]
    [('Mh', 'chao', 'lower bound'), ('M0', '', 'below bound')]
    """
    asked = [each for each in models_for(captures) if each[1] != "normal" or point == "poisson"]
    bounds: dict[str, FittedSize] = {}
    rows = []
    for model, heterogeneity in asked:
        found = _fitted(captures, model, heterogeneity, confidence, nodes, bounds)
        rows.append(_row(captures, found, point, confidence, bounds.get(_family(model))))
    return rows


def one_model(
    captures: Captures,
    model: str,
    heterogeneity: str = "",
    confidence: float = 0.95,
    point: str = "poisson",
    bias_corrected: bool = False,
    nodes: int | None = None,
) -> list[Row]:
    """Return the row of one model, and under it the lower bound where the model itself has no size.

    Parameters
    ----------
    captures : Captures
    model, heterogeneity : str
    confidence, point, nodes
        As for `every_model`.
    bias_corrected : bool
        Whether the size is corrected for bias.
    """
    found = _fitted(captures, model, heterogeneity, confidence, nodes, {}, safely=False)
    bound = None
    if model not in WITHOUT_BOUND:
        family = _family(model)
        bound = found
        if heterogeneity != "chao":
            bound = _fitted(captures, family, "chao", confidence, nodes, {})
    if bias_corrected and found.found is not None:
        corrected = bias_corrected_size(captures, model, heterogeneity)
        interval = lognormal_interval(corrected, confidence)
        found = FittedSize(model, heterogeneity, corrected, None, interval, found.fit, found.flag)
    rows = [_row(captures, found, point, confidence, bound)]
    if found.found is None and bound is not None and bound.found is not None and bound is not found:
        rows.append(_row(captures, bound, point, confidence, bound))
    return rows


def _family(model: str) -> str:
    """Return the model of which Chao's bound bounds another."""
    return "Mth" if model in ("Mt", "Mth") else "Mh"


def _fitted(
    captures: Captures,
    model: str,
    heterogeneity: str,
    confidence: float,
    nodes: int | None,
    bounds: dict[str, FittedSize],
    safely: bool = True,
) -> FittedSize:
    """Return one model; among others one that needs too large a table has no size rather than an error."""
    if model in WITHOUT_BOUND:
        return fitted_behaviour(captures, model, confidence)
    try:
        found = fitted_log_linear(captures, model, heterogeneity, confidence, nodes)
    except MisleadingError:
        if not safely:
            raise
        return FittedSize(model, heterogeneity, None, None, (math.nan, math.nan), None, "too many occasions")
    if heterogeneity == "chao":
        bounds[model] = found
    return found


def _row(
    captures: Captures, found: FittedSize, point: str, confidence: float, bound: FittedSize | None
) -> Row:
    category = {"category": found.heterogeneity}
    if found.found is None:
        return Row(no_size(found.model, float(captures.seen), found.flag) | category, None, "")
    shown = found.found
    if point == "multinomial" and found.profile is not None:
        shown = Abundance(found.profile.size, shown.variance, shown.seen)
    flags = (
        found.flag or _against(found, shown, bound, confidence),
        _singletons(captures, found, confidence),
    )
    flag = ", ".join(filter(None, flags))
    values = size(found.model, shown, found.interval, flag) | category
    return Row(values, found.fit, "log-normal" if found.profile is None else "profile")


def _singletons(captures: Captures, found: FittedSize, confidence: float) -> str:
    """Return whether those met once look filtered out.

    Where histories are known, chances that differ by occasion make those met once few too: only counts are judged.
    """
    if captures.histories is not None or found.model not in ("M0", "Mh"):
        return ""
    if captures.frequencies.of(1) == 0:
        return "no singletons"
    return "few singletons" if few_singletons(captures.frequencies, confidence) else ""


def _against(found: FittedSize, shown: Abundance, bound: FittedSize | None, confidence: float) -> str:
    if found.heterogeneity == "chao":
        return "lower bound"
    # without a variance the bound has no interval to set a size against
    known = bound is not None and bound.found is not None and bound.found.variance >= 0
    if found.model in WITHOUT_BOUND or not known:
        return ""
    assert bound is not None
    assert bound.found is not None
    return against_bound(shown.size * (1.0 + 1e-9), bound.found, confidence)


def intervals_of(rows: Iterable[Row]) -> str:
    """Return how the intervals of rows were made.

    Examples
    --------
    >>> intervals_of([Row({}, None, "profile"), Row({}, None, ""), Row({}, None, "log-normal")])
    'profile, log-normal'
    """
    return ", ".join(dict.fromkeys(row.interval for row in rows if row.interval)) or "none"
