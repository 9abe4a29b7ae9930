"""Sizes under Mb, Mbh and Mtb: once seen, persons are seen again more, or less, easily."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import expit, logit, xlog1py, xlogy

from diplab.kernel.abundance import Abundance
from diplab.kernel.behaviour import FirstCaptures, first_captures, removal, removal_profile
from diplab.kernel.multinomial_profile import Profile
from diplab.kernel.shifted_captures import fit_shifted, shifted_profile
from diplab.population.closed_population.fitted_size import FittedSize, criteria_of_histories, described

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from diplab.population.closed_population.captures import Captures
    from diplab.population.closed_population.histories import Histories

__all__ = ["fitted_behaviour"]

FEWEST = {"Mb": 2, "Mbh": 3, "Mtb": 3}
"""Occasions that each model needs: first captures, and captures again, are at least as many as its parameters."""


class _Behaviour(NamedTuple):
    """A size with the probabilities behind it: of first captures, of captures again, by occasion."""

    size: float
    variance: float
    profile: Profile
    first: NDArray[np.float64]
    again: NDArray[np.float64]
    terms: tuple[str, ...]
    estimates: NDArray[np.float64]
    errors: NDArray[np.float64]


def fitted_behaviour(captures: Captures, model: str, confidence: float = 0.95) -> FittedSize:
    """Return the size of one model in which being seen changes persons.

    Parameters
    ----------
    captures : Captures
        With histories.
    model : str
        `Mb`, `Mbh` or `Mtb`.
    confidence : float
        Probability of the interval.
    """
    histories = captures.histories
    assert histories is not None
    told = first_captures(histories.seen, histories.persons)
    used = (told.first + told.again > 0) | (model != "Mtb")
    if used.sum() < FEWEST[model]:
        return _no_size(model, "not identified")
    if model == "Mtb" and told.again.sum() in (0, told.marked.sum()):
        return _no_size(model, "not identified")
    fit = _shift if model == "Mtb" else _removed
    with np.errstate(all="ignore"):
        found = fit(told, model, histories, used, confidence)
        if not math.isfinite(found.size) or math.isinf(found.profile.high):
            return _no_size(model, "boundary")
        log_expected = _log_expected(histories, found)
    everyone = found.size - captures.seen < 1e-6
    parameters = {"Mb": 3, "Mbh": 4}.get(model, int(used.sum()) + 2)
    return FittedSize(
        model,
        "",
        Abundance(found.size, math.nan if everyone else found.variance, float(captures.seen)),
        found.profile,
        (found.profile.low, found.profile.high),
        described(
            model,
            captures.seen,
            criteria_of_histories(captures, log_expected, parameters),
            {"term": found.terms, "estimate": found.estimates, "std_error": found.errors},
            parameters,
            _probabilities(histories, model, found),
        ),
        "all seen" if everyone else "",
    )


def _no_size(model: str, flag: str) -> FittedSize:
    return FittedSize(model, "", None, None, (math.nan, math.nan), None, flag)


def _removed(
    told: FirstCaptures, model: str, histories: Histories, used: NDArray[np.bool_], confidence: float
) -> _Behaviour:
    """Return Mb, or Mbh, whose first occasion stands apart."""
    apart = float(told.first[0]) if model == "Mbh" else 0.0
    first = told.first[1:] if model == "Mbh" else told.first
    if first[1:].sum() == 0:
        size, variance, capture, error = told.seen, math.nan, 1.0, math.nan
    else:
        size, variance, capture, error = removal(first, apart)
    if not math.isfinite(size):
        nothing = np.array([])
        return _Behaviour(
            size, variance, Profile(size, told.seen, math.inf), nothing, nothing, (), nothing, nothing
        )
    profile = removal_profile(first, size, confidence, apart)
    again = told.recapture
    p = np.full(len(told.first), capture)
    if model == "Mbh":
        p[0] = apart / size
    chances = float(told.marked.sum())
    shown = {"logit p": (capture, error), "logit c": (again, _error(again, chances))}
    if model == "Mbh":
        shown = {"logit p1": (float(p[0]), math.nan)} | shown
    terms, values = tuple(shown), np.array(list(shown.values()))
    return _Behaviour(
        size, variance, profile, p, np.full_like(p, again), terms, logit(values[:, 0]), values[:, 1]
    )


def _shift(
    told: FirstCaptures, model: str, histories: Histories, used: NDArray[np.bool_], confidence: float
) -> _Behaviour:
    """Return Mtb; an occasion that saw nobody has a probability of zero and tells nothing."""
    kept = FirstCaptures(told.first[used], told.again[used])
    everyone = bool((kept.first + kept.again == kept.seen).any())
    found = fit_shifted(kept)
    size, variance = (kept.seen, math.nan) if everyone else (found.size, found.variance)
    profile = Profile(size, kept.seen, math.inf)
    if math.isfinite(size):
        profile = shifted_profile(kept, size, confidence)
    first, again = np.zeros(len(used)), np.zeros(len(used))
    first[used] = expit(found.coefficients[:-1])
    again[used] = expit(found.coefficients[:-1] + found.coefficients[-1])
    names = [name for name, kept_here in zip(histories.occasions, used, strict=True) if kept_here]
    terms = (*(f"logit p {name}" for name in names), "shift")
    errors = np.sqrt(np.diagonal(found.covariance))
    return _Behaviour(size, variance, profile, first, again, terms, found.coefficients, errors)


def _error(share: float, chances: float) -> float:
    spread = chances * share * (1.0 - share)
    return 1.0 / math.sqrt(spread) if spread > 0 else math.nan


def _log_expected(histories: Histories, found: _Behaviour) -> NDArray[np.float64]:
    """Return the logarithm of the persons expected with each history: not seen, first seen, seen again or not."""
    seen = histories.seen
    once = np.cumsum(seen, axis=1)
    before, first = once == 0, (once == 1) & (seen == 1)
    after = (once > 0) & ~first
    p, c = np.broadcast_to(found.first, seen.shape), np.broadcast_to(found.again, seen.shape)
    each = xlog1py(before, -p) + xlogy(first, p) + xlogy(after & (seen == 1), c)
    log_expected: NDArray[np.float64] = np.log(found.size) + (each + xlog1py(after & (seen == 0), -c)).sum(
        axis=1
    )
    return log_expected


def _probabilities(histories: Histories, model: str, found: _Behaviour) -> dict[str, float]:
    if model == "Mb":
        return {"p": float(found.first[0]), "c": float(found.again[0])}
    if model == "Mbh":
        return {"p1": float(found.first[0]), "p": float(found.first[1]), "c": float(found.again[0])}
    shown = {f"p {name}": float(p) for name, p in zip(histories.occasions, found.first, strict=True)}
    later = zip(histories.occasions[1:], found.again[1:], strict=True)
    return shown | {f"c {name}": float(c) for name, c in later}
