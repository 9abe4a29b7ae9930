"""Sizes under M0, Mt, Mh and Mth: log-linear models of captures, and those with a normal random effect."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit

from diplab.errors import MisleadingError
from diplab.kernel.abundance import Abundance, lognormal_interval
from diplab.kernel.capture_tables import SHAPES, CaptureTable, all_histories, frequency_table, history_table
from diplab.kernel.convex_loglinear import Bounded, fit_bounded
from diplab.kernel.edge_of_fit import edge_of_fit
from diplab.kernel.loglinear import LogLinear, unseen_size
from diplab.kernel.multinomial_profile import Profile, multinomial_profile
from diplab.kernel.normal_captures import fit_normal, sets_no_limit
from diplab.population.closed_population.apart import fitted_apart
from diplab.population.closed_population.fitted_size import (
    Criteria,
    FittedSize,
    criteria_of_histories,
    described,
    name_of,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

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
    if model == "Mt" and int(_used(captures).sum()) > LONGEST:
        return fitted_apart(captures, confidence)
    table = table_of(captures, model, heterogeneity)
    columns = table.x.shape[1] + (heterogeneity == "normal")
    if columns > len(table.x) or np.linalg.matrix_rank(table.x) < table.x.shape[1]:
        return _no_size(model, heterogeneity, "not identified")
    bounded = _fit(table, heterogeneity, nodes)
    edge = _edge(table, bounded, heterogeneity, nodes, confidence)
    missed, variance = (float(each) for each in unseen_size(bounded.fit, np.eye(1, len(bounded.kept))[0]))
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
    fit = _described(captures, table, bounded, model, heterogeneity, found.size)
    return FittedSize(model, heterogeneity, found, profile, interval, fit, flag)


def _fit(table: CaptureTable, heterogeneity: str, nodes: int | None) -> Bounded:
    if heterogeneity == "normal":
        fit = fit_normal(table, nodes)
        return Bounded(fit, np.arange(fit.parameters))
    return fit_bounded(table.x, table.counts, table.bent, table.offset)


def _edge(
    table: CaptureTable, bounded: Bounded, heterogeneity: str, nodes: int | None, confidence: float
) -> str:
    """Return where the maximum lies; a law that leaves nobody unseen by itself has no maximum at all."""
    if bounded.fit.converged and np.isfinite(bounded.fit.covariance).all():
        varies = heterogeneity == "normal" and bounded.fit.coefficients[-1] > 0
        return "without end" if varies and sets_no_limit(table, bounded.fit, nodes, confidence) else "inside"
    edge = edge_of_fit(table.x, table.counts, table.unseen, table.bent)
    if edge == "all seen" and heterogeneity == "normal":
        return "without end"
    if edge == "all seen" and heterogeneity in SHAPES:
        alike = edge_of_fit(table.x[:, :-1], table.counts, table.unseen[:-1])
        return edge if alike == edge else "without end"
    return edge


def table_of(captures: Captures, model: str, heterogeneity: str = "") -> CaptureTable:
    """Return the cells of a model: frequencies where time plays no part, histories where it does.

    An occasion that saw nobody has a probability of zero under Mt and Mth and tells nothing: it is left out.
    """
    kind = heterogeneity if heterogeneity not in ("", "normal") else None
    if model in ("M0", "Mh"):
        return frequency_table(captures.fitted_frequencies, captures.limit, kind)
    histories = captures.histories
    assert histories is not None
    used = _used(captures)
    occasions = int(used.sum())
    if occasions > LONGEST:
        raise MisleadingError(
            asked=f"The model {model} was asked for over {occasions} occasions.",
            found=f"It needs a table of every history, which is laid out for {LONGEST} occasions at most.",
            write="Write the model `Mt`, `M0` or `Mh`, or join occasions.",
        )
    places = 2 ** np.arange(occasions - 1, -1, -1)
    counts = np.zeros(2**occasions)
    counts[(histories.seen[:, used] @ places).astype(int)] = histories.persons
    names = tuple(name for name, kept in zip(histories.occasions, used, strict=True) if kept)
    return history_table(all_histories(occasions), counts[1:], names, kind)


def _used(captures: Captures) -> NDArray[np.bool_]:
    """Return which occasions saw someone."""
    assert captures.histories is not None
    return np.asarray(captures.histories.seen.max(axis=0) > 0)


def _profile(captures: Captures, table: CaptureTable, confidence: float) -> Profile:
    found = multinomial_profile(table.x, table.counts, table.unseen, confidence, table.offset, table.bent)
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
    if not bounded.fit.converged:
        errors[:] = np.nan
    cells: dict[str, Any] = {}
    if model in ("M0", "Mh"):
        cells = {"captures": table.times.astype(int)}
    else:
        patterns = table.x[:, 1 : 1 + int(_used(captures).sum())].astype(int)
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
