"""The size of a closed population from who was seen at which occasion, or from how many were seen how often."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

from diplab.errors import OptionError, one_of
from diplab.population.assumptions import BASE
from diplab.population.closed_population.assumed import assumed
from diplab.population.closed_population.captures import Captures, captures_of
from diplab.population.closed_population.every_model import (
    HETEROGENEITIES,
    Row,
    every_model,
    intervals_of,
    one_model,
)
from diplab.population.evidence import from_data
from diplab.population.sizes import gathered, strict_confidence
from diplab.results.provenance import Provenance

if TYPE_CHECKING:
    from diplab.results.sizes import Sizes

__all__ = ["closed"]

MODELS = ("M0", "Mt", "Mh", "Mth", "Mb", "Mbh", "Mtb", "all")
POINTS = ("poisson", "multinomial")
MIXED = ("Mh", "Mth")
"""Models in which persons differ, by a law named with `heterogeneity`."""
TIMELESS = ("M0", "Mh", "all")
"""Models that need to know only how often each person was seen."""
DEFAULT = "darroch"


def closed(
    histories: Any,
    model: Literal["M0", "Mt", "Mh", "Mth", "Mb", "Mbh", "Mtb", "all"] = "Mth",
    heterogeneity: Literal["chao", "poisson2", "darroch", "gamma3.5", "normal"] = "darroch",
    count: str | None = None,
    *,
    occasions: int | None = None,
    up_to: int | None = None,
    point: Literal["poisson", "multinomial"] = "poisson",
    bias_corrected: bool = False,
    confidence: float = 0.95,
    nodes: int | None = None,
) -> Sizes:
    """Return how many people a closed population has, seen or not, from who was seen at which occasion.

    Parameters
    ----------
    histories : frame, array of two dimensions, or frequencies
        Columns of 0 (not seen) and 1 (seen), one an occasion, one row a person. Frequencies are persons by number of
        times seen (`{1: 25, 2: 22}`), or persons seen once, twice, and so on; they do for M0 and Mh.
    model : str
        What makes the chance of being seen differ: nothing (`M0`), occasions (`Mt`), persons (`Mh`), both (`Mth`,
        the default), having been seen (`Mb`), also with persons easily seen (`Mbh`) or occasions (`Mtb`); `all`
        gives every model that the data allow, lower bounds first.
    heterogeneity : str
        How persons differ, for Mh and Mth: `chao` (in any way: a lower bound), `poisson2`, `darroch` (the default),
        `gamma3.5`, `normal`. The other models take none.
    count : str, optional
        Column that tells how many persons have the history of each row.
    occasions : int, optional
        With frequencies, occasions on which a person could be seen; no limit where it is left out.
    up_to : int, optional
        Highest number of times seen that M0 and Mh fit; persons seen more often are counted as seen.
    point : str
        Which point stands in `estimate`: `poisson` (the default), or `multinomial`, a little lower.
    bias_corrected : bool
        Whether the size is corrected for small samples, for M0, Mt, Mb, Mh chao and Mth chao.
    confidence : float
        Probability of the interval.
    nodes : int, optional
        Points of a Gauss-Hermite quadrature for `normal`; by default a finer sum.

    Returns
    -------
    Sizes
        A row a model, `statistic` being the model and `category` its heterogeneity; `.models` and `.fits` tell how
        well each fits. The interval is that of the profile of the multinomial likelihood, log-normal for a normal law
        and for corrected sizes. Flags: `lower bound`; `below bound`, perhaps `contradicted`, where a size lies
        under the bound of the same data; `boundary`, where the likelihood sets no upper limit to the size, and
        `not identified`, where the data cannot tell it: these have no point, and the bound stands under them
        (but for Mb, Mbh and Mtb, for which it does not hold);
        `all seen`, where the fit leaves nobody unseen, as with an occasion that saw everyone (no standard error);
        `no heterogeneity`, where a normal law comes to a spread of zero.

    Raises
    ------
    OptionError
        Where an option does not go with the model or the data.
    ColumnError, EmptyDomainError
        Where the columns are not 0 and 1, or nobody was seen.
    MisleadingError
        Where a person was seen at no occasion, there is one occasion, or too many for a table of histories.

    Notes
    -----
    log E(f_h) = b0 + sum b_j h_j + tau g(k) for history h with k captures, N = n + exp(b0), with variance exp(b0) +
    exp(2 b0) var(b0) (Cormack, 1989; Rivest and Lévesque, 2001). g(k) is 2^k - 1 (`poisson2`), k^2/2 (`darroch`),
    log 3.5 - log(3.5 + k) (`gamma3.5`); `chao` asks only that the rest be convex in k (Rivest and Baillargeon, 2007).
    Each row is taken for another person: duplicates are not looked for.

    Examples
    --------
    >>> from diplab import population
    >>> found = population.closed({1: 25, 2: 22, 3: 13, 4: 5, 5: 1, 6: 2}, model="Mh", occasions=6)
    >>> found.frame[["estimate", "ci_low", "ci_high"]].round(1).values.tolist()
    [[90.4, 73.5, 121.0]]
    """
    _allowed(model, heterogeneity, point, bias_corrected, up_to, nodes)
    strict_confidence(confidence)
    captures = captures_of(histories, count, occasions, up_to)
    if captures.histories is None and model not in TIMELESS:
        raise OptionError(
            asked=f"The model {model} was asked for from frequencies.",
            found="They tell how often each person was seen, and not when.",
            write="Write the histories as columns, or the model `M0` or `Mh`.",
        )
    law = heterogeneity if model in MIXED else ""
    if model == "all":
        rows = every_model(captures, confidence, point, nodes)
    else:
        rows = one_model(captures, model, law, confidence, point, bias_corrected, nodes)
    record = from_data(_record(captures, rows, point, confidence, bias_corrected, nodes), histories)
    limited = not math.isinf(captures.limit)
    own = [assumed([(row.values["statistic"], row.values["category"])], limited) for row in rows]
    return gathered([row.values for row in rows], record, [row.fit for row in rows], assumed=own)


def _allowed(
    model: str, heterogeneity: str, point: str, bias_corrected: bool, up_to: int | None, nodes: int | None
) -> None:
    """Refuse options that are unknown, or do not go together."""
    for name, value, words in (
        ("`model`", model, MODELS),
        ("`heterogeneity`", heterogeneity, HETEROGENEITIES),
        ("`point`", point, POINTS),
    ):
        if value not in words:
            raise one_of(name, value, words)
    if model not in MIXED and heterogeneity != DEFAULT:
        raise OptionError(
            asked=f"`heterogeneity` was given as {heterogeneity!r} with the model `{model}`.",
            found="Only Mh and Mth take a law by which persons differ.",
            write="Leave `heterogeneity` out, or write the model `Mh` or `Mth`.",
        )
    if up_to is not None and model not in TIMELESS:
        raise OptionError(
            asked=f"`up_to` was given as {up_to!r} with the model `{model}`.",
            found="Only M0 and Mh are fitted to numbers of times seen.",
            write="Leave `up_to` out, or write the model `M0` or `Mh`.",
        )
    _points_apart(model, heterogeneity, point, bias_corrected)
    if nodes is not None and (isinstance(nodes, bool) or not isinstance(nodes, int) or not 5 <= nodes <= 100):
        raise OptionError(
            asked=f"`nodes` was given as {nodes!r}.",
            found="It is the number of points of a quadrature, from 5 to 100.",
            write="Write a whole number, or leave `nodes` out for a finer sum.",
        )


def _points_apart(model: str, heterogeneity: str, point: str, bias_corrected: bool) -> None:
    if model in MIXED and heterogeneity == "normal" and point == "multinomial":
        raise OptionError(
            asked="The multinomial point was asked for under a normal law.",
            found="Its profile is not computed.",
            write="Write `point='poisson'`, or another `heterogeneity`.",
        )
    if bias_corrected and (model == "all" or point == "multinomial"):
        given = "the model `all`" if model == "all" else "`point='multinomial'`"
        raise OptionError(
            asked=f"`bias_corrected` was given with {given}.",
            found="A corrected size is a point of its own, of one model.",
            write="Leave `bias_corrected` out, or write one model and leave `point` out.",
        )


def _record(
    captures: Captures,
    rows: list[Row],
    point: str,
    confidence: float,
    bias_corrected: bool,
    nodes: int | None,
) -> Provenance:
    models = [(row.values["statistic"], row.values["category"]) for row in rows]
    limited = not math.isinf(captures.limit)
    by_history = captures.histories is not None and captures.up_to >= captures.limit
    rules = {
        "capture_model": ", ".join(f"{model} {law}".strip() for model, law in models),
        "point": "bias-corrected" if bias_corrected else point,
        "interval": intervals_of(rows),
        "confidence": f"{confidence:g}",
        "occasions": f"{captures.limit:.0f}" if limited else "unlimited",
        "cells": "histories" if by_history else "frequencies",
        "duplicates": "undeclared",
    }
    if captures.beyond:
        rules["up_to"] = str(captures.up_to)
    if any(law == "normal" for _, law in models):
        rules["nodes"] = "even" if nodes is None else str(nodes)
    return Provenance(rules=rules, base=BASE, assumptions=assumed(models, limited))
