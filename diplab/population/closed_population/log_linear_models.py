"""Sizes under M0, Mt, Mh and Mth: log-linear models of captures, and those with a normal random effect."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

from diplab.errors import MisleadingError
from diplab.kernel.abundance import Abundance, lognormal_interval
from diplab.kernel.capture_tables import CaptureTable, all_histories, frequency_table, history_table
from diplab.kernel.convex_loglinear import Bounded, fit_bounded
from diplab.kernel.edge_of_fit import edge_of_fit
from diplab.kernel.loglinear import LogLinear, unseen_size
from diplab.kernel.multinomial_profile import Profile, multinomial_profile
from diplab.kernel.normal_captures import fit_normal
from diplab.population.closed_population.fitted_size import (
    Criteria,
    FittedSize,
    criteria_of_histories,
    described,
    name_of,
)

if TYPE_CHECKING:
    from diplab.population.closed_population.captures import Captures
    from diplab.results.sizes import ModelFit

__all__ = ["LONGEST", "fitted_log_linear", "table_of"]

LONGEST = 15
"""Most occasions of which every history is laid out in a table."""

_FARTHEST = 1e8


def fitted_log_linear(
    captures: Captures,
    model: str,
    heterogeneity: str = "",
    confidence: float = 0.95,
    nodes: int | None = None,
) -> FittedSize:
    """Return the size of one log-linear model, with what its edge says where it has no maximum inside.

    Parameters
    ----------
    captures : Captures
    model : str
        `M0`, `Mt`, `Mh` or `Mth`.
    heterogeneity : str
        For Mh and Mth.
    confidence : float
        Probability of the interval.
    nodes : int, optional
        Points of the quadrature of a normal law.

    Raises
    ------
    MisleadingError
        Where there are too many occasions for a table of histories.
    """
    if captures.frequencies.counts[-1][0] == 1:
        return _no_size(model, heterogeneity, "boundary")
    table = table_of(captures, model, heterogeneity)
    columns = table.x.shape[1] + (heterogeneity == "normal")
    if columns > len(table.x) or np.linalg.matrix_rank(table.x) < table.x.shape[1]:
        return _no_size(model, heterogeneity, "not identified")
    if heterogeneity == "normal":
        fit = fit_normal(table, nodes)
        bounded = Bounded(fit, np.arange(fit.parameters))
    else:
        bounded = fit_bounded(table.x, table.counts, table.bent, table.offset)
    unseen = np.eye(1, len(bounded.kept))[0]
    missed, variance = (float(each) for each in unseen_size(bounded.fit, unseen))
    edge = "inside"
    if not (bounded.fit.converged and np.isfinite(bounded.fit.covariance).all()):
        edge = edge_of_fit(table.x, table.counts, table.unseen, table.bent)
    if edge == "without end" or missed > _FARTHEST * captures.seen or not math.isfinite(missed):
        return _no_size(model, heterogeneity, "boundary")
    if edge == "all seen":
        missed, variance = 0.0, math.nan
    elif not variance >= 0 or (edge == "inside" and not bounded.fit.converged):
        return _no_size(model, heterogeneity, "ill-posed")
    found = Abundance(captures.seen + missed, variance, float(captures.seen))
    profile = None if heterogeneity == "normal" else _profile(captures, table, confidence)
    if profile is not None and math.isinf(profile.high):
        return _no_size(model, heterogeneity, "boundary")
    interval = lognormal_interval(found, confidence) if profile is None else (profile.low, profile.high)
    flag = "all seen" if edge == "all seen" else ""
    if heterogeneity == "normal" and bounded.fit.coefficients[-1] == 0:
        flag = "no heterogeneity"
    fit_found = _described(captures, table, bounded, model, heterogeneity, found.size)
    return FittedSize(model, heterogeneity, found, profile, interval, fit_found, flag)


def table_of(captures: Captures, model: str, heterogeneity: str = "") -> CaptureTable:
    """Return the cells of a model: frequencies where time plays no part, histories where it does."""
    kind = heterogeneity if heterogeneity not in ("", "normal") else None
    if model in ("M0", "Mh"):
        return frequency_table(captures.fitted_frequencies, captures.limit, kind)
    histories = captures.histories
    assert histories is not None
    occasions = len(histories.occasions)
    if occasions > LONGEST:
        raise MisleadingError(
            asked=f"The model {model} was asked for over {occasions} occasions.",
            found=f"It needs a table of every history, which is laid out for {LONGEST} occasions at most.",
            write="Write the model `M0` or `Mh`, or join occasions.",
        )
    places = 2 ** np.arange(occasions - 1, -1, -1)
    counts = np.zeros(2**occasions)
    counts[(histories.seen @ places).astype(int)] = histories.persons
    return history_table(all_histories(occasions), counts[1:], histories.occasions, kind)


def _profile(captures: Captures, table: CaptureTable, confidence: float) -> Profile:
    found = multinomial_profile(
        table.x, table.counts, table.unseen, confidence, table.offset, table.bent
    )
    return Profile(*(end + captures.beyond for end in found))


def _no_size(model: str, heterogeneity: str, flag: str) -> FittedSize:
    return FittedSize(model, heterogeneity, None, None, (math.nan, math.nan), None, flag)


def _described(
    captures: Captures, table: CaptureTable, bounded: Bounded, model: str, heterogeneity: str, size: float
) -> ModelFit:
    terms = (*table.terms, "sigma") if heterogeneity == "normal" else table.terms
    estimates, errors = np.zeros(len(terms)), np.full(len(terms), np.nan)
    estimates[bounded.kept] = bounded.fit.coefficients
    errors[bounded.kept] = np.sqrt(np.diagonal(bounded.fit.covariance))
    if model in ("M0", "Mh"):
        cells = {"captures": table.times.astype(int)}
    else:
        patterns = table.x[:, 1 : 1 + int(captures.limit)].astype(int)
        cells = {"history": ["".join(map(str, pattern)) for pattern in patterns]}
    return described(
        name_of(model, heterogeneity),
        captures.seen - captures.beyond,
        _criteria(captures, table, bounded.fit, model),
        {"term": terms, "estimate": estimates, "std_error": errors},
        len(bounded.kept),
        _probabilities(captures, bounded.fit, model, size),
        {**cells, "seen": table.counts, "expected": bounded.fit.fitted},
    )


def _criteria(captures: Captures, table: CaptureTable, fit: LogLinear, model: str) -> Criteria:
    """Return criteria over histories where these are known, so that models compare, and over frequencies else."""
    histories = captures.histories
    if histories is None or model not in ("M0", "Mh") or captures.up_to < captures.limit:
        return Criteria(float(fit.deviance), float(fit.df), float(fit.log_likelihood))
    log_each = np.log(fit.fitted) - table.offset
    log_expected = log_each[histories.seen.sum(axis=1).astype(int) - 1]
    return criteria_of_histories(captures, log_expected, fit.parameters)


def _probabilities(captures: Captures, fit: LogLinear, model: str, size: float) -> dict[str, float]:
    """Return probabilities of being seen at an occasion, the mean over persons where these differ."""
    if math.isinf(captures.limit):
        return {"rate": float(np.exp(fit.coefficients[1]))} if model == "M0" else {}
    if model == "M0":
        return {"p": float(expit(fit.coefficients[1]))}
    if model == "Mh":
        return {"p": captures.frequencies.sightings / (captures.limit * size)}
    histories = captures.histories
    assert histories is not None
    caught = histories.persons @ histories.seen
    return {f"p {name}": float(each) for name, each in zip(histories.occasions, caught / size, strict=True)}
