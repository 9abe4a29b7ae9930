"""The size of a closed population under one model or all of them."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import Any, Literal, NamedTuple, get_args

from diplab.checks import argument, check_confidence, check_left_out, check_one_of
from diplab.errors import MisleadingError, OptionError
from diplab.population import sizes
from diplab.population.closed_models import (
    ClosedFit,
    bias_corrected_size,
    fit_from_sums,
    fit_log_linear,
)
from diplab.population.counts import Captures, few_singletons, read_captures
from diplab.population.kernel.abundance import Abundance, lognormal_interval
from diplab.reference.text import Text
from diplab.results.sizes import ModelFit, Sizes

Model = Literal["M0", "Mt", "Mh", "Mth", "Mb", "Mbh", "Mtb", "all"]
Heterogeneity = Literal["chao", "poisson2", "darroch", "gamma3.5", "normal"]
Point = Literal["poisson", "multinomial"]
MIXED = ("Mh", "Mth")  # models in which persons differ, as `heterogeneity` says
TIMELESS = ("M0", "Mh", "all")  # models that need to know only how often each person was seen
DEFAULT = "darroch"
HETEROGENEITIES: tuple[Heterogeneity, ...] = get_args(Heterogeneity)
WITHOUT_BOUND = ("Mb", "Mbh", "Mtb")
"""Models that the bound does not hold for: it supposes that being seen changes nothing."""


def closed(
    histories: Any,
    model: Model = "Mth",
    heterogeneity: Heterogeneity = "darroch",
    count: str | None = None,
    *,
    occasions: int | None = None,
    up_to: int | None = None,
    point: Point = "poisson",
    bias_corrected: bool = False,
    confidence: float = 0.95,
) -> Sizes:
    """Return the size of a closed population, from who was seen on which occasion.

    Parameters
    ----------
    histories : frame, array of two dimensions, or frequencies
        Columns of 0 (not seen) and 1 (seen), one per occasion, one row per person. Frequencies are
        persons by number of times seen (`{1: 25, 2: 22}`), or persons seen once, twice, and so on;
        they do for M0 and Mh.
    model : str
        What makes the chance of being seen differ: nothing (`M0`), occasions (`Mt`), persons
        (`Mh`), both (`Mth`, the default), having been seen (`Mb`), also with persons easily seen
        (`Mbh`) or occasions (`Mtb`); `all` gives every model that the data allow, lower bounds
        first.
    heterogeneity : str
        How persons differ, for Mh and Mth: `chao` (in any way: a lower bound), `poisson2`,
        `darroch` (the default), `gamma3.5`, `normal`. The other models take none.
    count : str, optional
        Column of how many persons have the history of each row.
    occasions : int, optional
        With frequencies, occasions on which a person could be seen; no limit where it is left out.
    up_to : int, optional
        Highest number of times seen that M0 and Mh fit; persons seen more often are counted as
        seen.
    point : str
        Which point `estimate` holds: `poisson` (the default), or `multinomial`, a little lower.
    bias_corrected : bool
        Whether the size is corrected for small samples, for M0, Mt, Mb, Mh chao and Mth chao.
    confidence : float
        Probability of the interval.

    Returns
    -------
    Sizes
        A row a model, `statistic` being the model and `category` its heterogeneity; `.models` and
        `.fits` show how well each fits. The interval is that of the profile of the multinomial
        likelihood, log-normal for a normal effect and for corrected sizes. Flags: `lower bound`;
        `below bound`, perhaps `contradicted`, where a size lies under the bound of the same data;
        `boundary`, where the likelihood has no finite maximum, and `not identified`, where the data
        do not identify it: these have no point, and the bound follows them (but for Mb, Mbh and
        Mtb, for which it does not hold); `no upper limit` (Mb and Mbh), where it has one, since
        first captures fall off (Zippin 1956), but does not limit the size above; `all seen`, where
        the fit leaves no one unseen, as with an occasion that saw everyone (no standard error); `no
        heterogeneity`, where a normal effect has a spread of zero.

    Raises
    ------
    OptionError
        Where an option does not go with the model or the data.
    ColumnError, EmptyDomainError
        Where the columns are not 0 and 1, or no one was seen.
    MisleadingError
        Where a person was seen at no occasion, there is one occasion, or too many for a table of
        histories.

    Notes
    -----
    log E(f_h) = b0 + sum b_j h_j + tau g(k) for history h with k captures, N = n + exp(b0), with
    variance exp(b0) + exp(2 b0) var(b0) (Cormack, 1989; Rivest and Lévesque, 2001). g(k) is 2^k - 1
    (`poisson2`), k^2/2 (`darroch`), log 3.5 - log(3.5 + k) (`gamma3.5`); `chao` asks only that the
    rest be convex in k (Rivest and Baillargeon, 2007). Each row is taken for another person:
    duplicates are not looked for.

    Examples
    --------
    >>> from diplab import population
    >>> found = population.closed({1: 25, 2: 22, 3: 13, 4: 5, 5: 1, 6: 2}, model="Mh", occasions=6)
    >>> found.frame[["estimate", "ci_low", "ci_high"]].round(1).values.tolist()
    [[90.4, 73.5, 121.0]]
    """
    _check_options(model, heterogeneity, point, bias_corrected, up_to)
    check_confidence(confidence)
    captures = read_captures(histories, count, occasions, up_to)
    if captures.histories is None and model not in TIMELESS:
        raise OptionError(
            f"The model `{model}` needs to know when each person was seen.",
            "Frequencies count only how often.",
            "Write the histories as columns, or the model `M0` or `Mh`.",
        )
    distribution: str = heterogeneity
    if model not in MIXED:
        distribution = ""
    if model == "all":
        rows = fit_every_model(captures, confidence, point)
    else:
        rows = fit_one_model(captures, model, distribution, confidence, point, bias_corrected)
    models = [(row.values["statistic"], row.values["category"]) for row in rows]
    limited = not math.isinf(captures.limit)
    by_history = captures.histories is not None and captures.up_to >= captures.limit
    rules = {
        "capture_model": {" ".join(filter(None, model)): model for model in models},
        "point": "bias-corrected" if bias_corrected else point,
        "interval": [row.interval for row in rows if row.interval] or "none",
        "confidence": f"{confidence:g}",
        "occasions": f"{captures.limit:.0f}" if limited else "unlimited",
        "cells": "histories" if by_history else "frequencies",
        "duplicates": "undeclared",
    }
    if captures.beyond:
        rules["up_to"] = str(captures.up_to)
    if any(distribution == "normal" for _, distribution in models):
        rules["nodes"] = "even"
    record = sizes.provenance_of(
        rules, *sizes.assumptions_of_closed_models(models, limited), data=[histories]
    )
    assumed = [row.assumptions for row in rows]
    return sizes.gather_sizes(
        [row.values for row in rows], record, [row.fit for row in rows], assumed=assumed
    )


def _check_options(
    model: str, heterogeneity: str, point: str, bias_corrected: bool, up_to: int | None
) -> None:
    check_one_of("model", model, Model)
    check_one_of("heterogeneity", heterogeneity, Heterogeneity)
    check_one_of("point", point, Point)
    if model not in MIXED and heterogeneity != DEFAULT:
        why = "Only `Mh` and `Mth` have persons that differ."
        check_left_out(argument("model", model), why, heterogeneity=heterogeneity)
    if model not in TIMELESS:
        check_left_out(
            argument("model", model),
            "Only `M0` and `Mh` are fitted to numbers of times seen.",
            up_to=up_to,
        )
    if model in MIXED and heterogeneity == "normal" and point == "multinomial":
        why = "The profile likelihood of a normal random effect is not computed."
        check_left_out("`heterogeneity='normal'`", why, point=point)
    if bias_corrected and (model == "all" or point == "multinomial"):
        given = argument("model", model) if model == "all" else argument("point", point)
        why = "A corrected size has its own point, under a single model."
        check_left_out(given, why, bias_corrected=bias_corrected)


class ModelRow(NamedTuple):
    """A row of a result, with the model behind it."""

    values: dict[str, Any]
    fit: ModelFit | None
    assumptions: tuple[Text, ...]
    interval: str = ""  # `profile` or `log-normal`; empty where it has none


def fit_every_model(
    captures: Captures, confidence: float = 0.95, point: str = "poisson"
) -> list[ModelRow]:
    """Return every closed-population model that the captures allow as rows, lower bounds first."""
    distributions: list[str] = [*HETEROGENEITIES[1:]]
    if point != "poisson":
        distributions.remove("normal")
    models = [("Mh", "chao"), ("M0", ""), *itertools.product(["Mh"], distributions)]
    if captures.histories is not None and captures.up_to >= captures.limit:
        timed = [("Mt", ""), *itertools.product(["Mth"], distributions)]
        models = [("Mth", "chao"), *models, *timed, *itertools.product(WITHOUT_BOUND, [""])]
    bounds, fits = {}, []
    for model, heterogeneity in models:
        fit = _fit_among_others(captures, model, heterogeneity, confidence)
        fits.append(fit)
        if heterogeneity == "chao":
            bounds[model] = fit
    rows = []
    for fit in fits:
        bound = bounds.get(_bounding_model(fit.model))
        rows.append(_model_row(captures, fit, point, confidence, bound))
    return rows


def fit_one_model(
    captures: Captures,
    model: str,
    heterogeneity: str = "",
    confidence: float = 0.95,
    point: str = "poisson",
    bias_corrected: bool = False,
) -> list[ModelRow]:
    """Return the row of a model, followed by the lower bound if the model itself has no size."""
    fit = _fit(captures, model, heterogeneity, confidence)
    bound: ClosedFit | None = fit
    if model in WITHOUT_BOUND:
        bound = None
    elif heterogeneity != "chao":
        bound = _fit_among_others(captures, _bounding_model(model), "chao", confidence)
    if bias_corrected and fit.abundance is not None:
        corrected = bias_corrected_size(captures, model, heterogeneity)
        fit = replace(
            fit,
            abundance=corrected,
            profile=None,
            interval=lognormal_interval(corrected, confidence),
        )
    rows = [_model_row(captures, fit, point, confidence, bound)]
    if (
        fit.abundance is None
        and bound is not None
        and bound.abundance is not None
        and bound is not fit
    ):
        rows.append(_model_row(captures, bound, point, confidence, bound))
    return rows


def _bounding_model(model: str) -> str:
    return "Mth" if model in ("Mt", "Mth") else "Mh"


def _fit(captures: Captures, model: str, heterogeneity: str, confidence: float) -> ClosedFit:
    if model in WITHOUT_BOUND:
        return fit_from_sums(captures, model, confidence)
    return fit_log_linear(captures, model, heterogeneity, confidence)


def _fit_among_others(
    captures: Captures, model: str, heterogeneity: str, confidence: float
) -> ClosedFit:
    """Return one model; one that needs too large a table has no size rather than an error."""
    try:
        return _fit(captures, model, heterogeneity, confidence)
    except MisleadingError:
        return ClosedFit(model, heterogeneity, flag="too many occasions")


def _model_row(
    captures: Captures, fit: ClosedFit, point: str, confidence: float, bound: ClosedFit | None
) -> ModelRow:
    category = {"category": fit.heterogeneity}
    assumed = sizes.assumptions_of_closed_models(
        [(fit.model, fit.heterogeneity)], not math.isinf(captures.limit)
    )
    if fit.abundance is None:
        return ModelRow(
            sizes.no_size(fit.model, float(captures.seen), fit.flag) | category, None, assumed
        )
    shown = fit.abundance
    if point == "multinomial" and fit.profile is not None:
        shown = Abundance(fit.profile.size, shown.variance, shown.seen)
    flags = sizes.join_flags(
        fit.flag or _flags_against_bound(fit, shown, bound, confidence),
        _singleton_flag(captures, fit, confidence),
    )
    values = sizes.size(fit.model, shown, fit.interval, flags) | category
    return ModelRow(values, fit.fit, assumed, "log-normal" if fit.profile is None else "profile")


def _singleton_flag(captures: Captures, fit: ClosedFit, confidence: float) -> str:
    """Return the flag for too few persons met once, as when they were filtered out.

    Chances that differ between occasions make them few too.
    """
    if captures.histories is not None or fit.model not in ("M0", "Mh"):
        return ""
    if captures.frequencies.of(1) == 0:
        return "no singletons"
    if few_singletons(captures.frequencies, confidence):
        return "few singletons"
    return ""


def _flags_against_bound(
    fit: ClosedFit, shown: Abundance, bound: ClosedFit | None, confidence: float
) -> sizes.Flagged:
    if fit.heterogeneity == "chao":
        return "lower bound"
    # without a variance the bound has no interval to set a size against
    if (
        bound is None
        or bound.abundance is None
        or not bound.abundance.variance >= 0
        or fit.model in WITHOUT_BOUND
    ):
        return ""
    return sizes.bound_flags(shown.size * (1.0 + 1e-9), bound.abundance, confidence)
