"""Closed-population models fitted to captures: size, interval, fit, and bias corrections."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy.special import expit, gammaln, logit, xlog1py, xlogy

from diplab.errors import MisleadingError, OptionError
from diplab.kernel.arrays import Booleans, Floats
from diplab.population.counts import Captures, Histories
from diplab.population.kernel import closed as kernel
from diplab.population.kernel import loglinear
from diplab.population.kernel.abundance import Abundance, chapman, lognormal_interval
from diplab.population.kernel.loglinear import CaptureCells, fit_normal_effect, is_unbounded
from diplab.population.sizes import model_fit
from diplab.results.sizes import ModelFit

LONGEST = 15  # most occasions of which every history is laid out in a table
_FARTHEST = 1e8
FEWEST_OCCASIONS = {"Mt": 2, "Mb": 2, "Mbh": 3, "Mtb": 3}
"""The number of occasions each model needs for its first captures and recaptures."""
CORRECTED_MODELS = (("M0", ""), ("Mt", ""), ("Mb", ""), ("Mh", "chao"), ("Mth", "chao"))
"""Models for which a correction is known and checked."""


@dataclass(frozen=True, eq=False)
class ClosedFit:
    """A population size under one model."""

    model: str
    heterogeneity: str  # empty for none
    abundance: Abundance | None = None  # of Poisson counts; None where the data give no size
    # of the multinomial likelihood; None where it is not computed
    profile: loglinear.ProfileInterval | None = None
    interval: tuple[float, float] = (math.nan, math.nan)
    fit: ModelFit | None = None
    flag: str = ""


def history_criteria(
    captures: Captures, log_expected: Floats, parameters: int
) -> tuple[float, float, float]:
    """Return the goodness of fit to all 2^t - 1 histories.

    Empty cells enter only through the number seen.
    """
    persons = captures.known_histories.persons
    deviance = 2.0 * float(persons @ (np.log(persons) - log_expected))
    log_likelihood = float(persons @ log_expected - persons.sum() - gammaln(persons + 1).sum())
    return deviance, 2.0**captures.limit - 1.0 - parameters, log_likelihood


def fit_log_linear(
    captures: Captures, model: str, heterogeneity: str = "", confidence: float = 0.95
) -> ClosedFit:
    """Return the size of one log-linear model, also where its likelihood has no maximum inside."""
    if captures.frequencies.counts[-1][0] == 1:
        return ClosedFit(model, heterogeneity, flag="boundary")
    if model == "Mt" and int(_used_occasions(captures).sum()) > LONGEST:
        return fit_from_sums(captures, "Mt", confidence)
    table = capture_cells(captures, model, heterogeneity)
    columns = table.x.shape[1] + (heterogeneity == "normal")
    if columns > len(table.x) or np.linalg.matrix_rank(table.x) < table.x.shape[1]:
        return ClosedFit(model, heterogeneity, flag="not identified")
    if heterogeneity == "normal":
        normal = fit_normal_effect(table)
        bounded = loglinear.BoundedFit(normal, np.arange(normal.coefficients.size))
    else:
        bounded = loglinear.fit_bounded(table.x, table.counts, table.bounded, table.offset)
    location = _maximum_location(table, bounded, heterogeneity, confidence)
    missed, variance = map(
        float, loglinear.unseen_size(bounded.fit, np.eye(1, len(bounded.kept))[0])
    )
    if location == "without end" or missed > _FARTHEST * captures.seen or not math.isfinite(missed):
        return ClosedFit(model, heterogeneity, flag="boundary")
    if location == "all seen":
        missed, variance = 0.0, math.nan
    elif not variance >= 0 or (location == "inside" and not bounded.fit.converged):
        return ClosedFit(model, heterogeneity, flag="ill-posed")
    abundance = Abundance(captures.seen + missed, variance, float(captures.seen))
    profile = None
    if heterogeneity != "normal":
        cells = table.x, table.counts, table.unseen, confidence, table.offset, table.bounded
        profile = loglinear.ProfileInterval(
            *(end + captures.beyond for end in loglinear.multinomial_profile(*cells))
        )
    if profile is not None and math.isinf(profile.high):
        return ClosedFit(model, heterogeneity, flag="boundary")
    interval = (
        lognormal_interval(abundance, confidence)
        if profile is None
        else (profile.low, profile.high)
    )
    flag = "all seen" if location == "all seen" else ""
    if heterogeneity == "normal" and bounded.fit.coefficients[-1] == 0:
        flag = "no heterogeneity"
    fit = _log_linear_model_fit(captures, table, bounded, model, heterogeneity, abundance.size)
    return ClosedFit(model, heterogeneity, abundance, profile, interval, fit, flag)


def _maximum_location(
    table: CaptureCells, bounded: loglinear.BoundedFit, heterogeneity: str, confidence: float
) -> str:
    """Return where the maximum lies.

    A distribution under which everybody is seen has no maximum.
    """
    if bounded.fit.converged and np.isfinite(bounded.fit.covariance).all():
        varies = heterogeneity == "normal" and bounded.fit.coefficients[-1] > 0
        if varies and is_unbounded(table, bounded.fit, confidence):
            return "without end"
        return "inside"
    location = loglinear.locate_maximum(table.x, table.counts, table.unseen, table.bounded)
    if location == "all seen" and heterogeneity == "normal":
        return "without end"
    if location == "all seen" and heterogeneity in loglinear.HETEROGENEITY_COLUMNS:
        alike = loglinear.locate_maximum(table.x[:, :-1], table.counts, table.unseen[:-1])
        return location if alike == location else "without end"
    return location


def capture_cells(captures: Captures, model: str, heterogeneity: str = "") -> CaptureCells:
    """Return the cells of a model: frequencies if time plays no part, otherwise histories."""
    kind = heterogeneity if heterogeneity not in ("", "normal") else None
    if model in ("M0", "Mh"):
        return kernel.frequency_cells(captures.fitted_frequencies, captures.limit, kind)
    histories = captures.known_histories
    used = _used_occasions(captures)
    occasions = int(used.sum())
    if occasions > LONGEST:
        raise MisleadingError(
            f"The model `{model}` needs a table of every history over {occasions} occasions.",
            f"It supports at most {LONGEST} occasions at most.",
            "Write the model `Mt`, `M0` or `Mh`, or join occasions.",
        )
    places = 2 ** np.arange(occasions - 1, -1, -1)
    counts = np.zeros(2**occasions)
    counts[(histories.seen[:, used] @ places).astype(int)] = histories.persons
    names = tuple(itertools.compress(histories.occasions, used))
    return kernel.history_cells(kernel.all_histories(occasions), counts[1:], names, kind)


def _used_occasions(captures: Captures) -> Booleans:
    return np.asarray(captures.known_histories.seen.max(axis=0) > 0)


def _log_linear_model_fit(
    captures: Captures,
    table: CaptureCells,
    bounded: loglinear.BoundedFit,
    model: str,
    heterogeneity: str,
    size: float,
) -> ModelFit:
    terms = (*table.terms, "sigma") if heterogeneity == "normal" else table.terms
    estimates, errors = np.zeros(len(terms)), np.full(len(terms), np.nan)
    estimates[bounded.kept] = bounded.fit.coefficients
    errors[bounded.kept] = np.sqrt(np.diagonal(bounded.fit.covariance))
    if not bounded.fit.converged:
        errors[:] = np.nan
    cells: dict[str, Any] = {"captures": table.times.astype(int)}
    if model not in ("M0", "Mh"):
        patterns = table.x[:, 1 : 1 + int(_used_occasions(captures).sum())].astype(int)
        cells = {"history": ["".join(map(str, pattern)) for pattern in patterns]}
    fit, histories = bounded.fit, captures.histories
    criteria = float(fit.deviance), float(fit.df), float(fit.log_likelihood)
    if histories is not None and model in ("M0", "Mh") and captures.up_to >= captures.limit:
        # over histories where these are known, so that models compare
        log_each = np.log(fit.fitted) - table.offset
        log_expected = log_each[histories.seen.sum(axis=1).astype(int) - 1]
        criteria = history_criteria(captures, log_expected, fit.coefficients.size)
    return model_fit(
        f"{model} {heterogeneity}".strip(),
        captures.seen - captures.beyond,
        len(bounded.kept),
        criteria,
        {"term": terms, "estimate": estimates, "std_error": errors},
        fitted={**cells, "seen": table.counts, "expected": fit.fitted},
        probabilities=_capture_probabilities(captures, fit, model, size),
    )


def _capture_probabilities(
    captures: Captures, fit: loglinear.LogLinearFit, model: str, size: float
) -> dict[str, float]:
    """Return capture probabilities by occasion, averaged over persons if these differ."""
    if math.isinf(captures.limit):
        return {"rate": float(np.exp(fit.coefficients[1]))} if model == "M0" else {}
    if model == "M0":
        return {"p": float(expit(fit.coefficients[1]))}
    if model == "Mh":
        return {"p": captures.frequencies.sightings / (captures.limit * size)}
    histories = captures.known_histories
    caught = histories.persons @ histories.seen
    return {
        f"p {name}": float(item)
        for name, item in zip(histories.occasions, caught / size, strict=True)
    }


class _FitFromSums(NamedTuple):
    """A size with its probabilities of first capture and recapture by occasion."""

    size: float
    variance: float
    profile: loglinear.ProfileInterval
    first: Floats
    again: Floats
    terms: tuple[str, ...]
    estimates: Floats
    errors: Floats


def fit_from_sums(captures: Captures, model: str, confidence: float = 0.95) -> ClosedFit:
    """Return the size of Mt, or of a behavioural model, without a table of histories."""
    histories = captures.known_histories
    counts = kernel.first_captures(histories.seen, histories.persons)
    used = (counts.first + counts.again > 0) | (model in ("Mb", "Mbh"))
    few = used.sum() < FEWEST_OCCASIONS[model]
    if few or (model == "Mtb" and counts.again.sum() in (0, counts.marked.sum())):
        return ClosedFit(model, "", flag="not identified")
    with np.errstate(all="ignore"):
        if model in ("Mb", "Mbh"):
            sums = _fit_removal(counts, model, confidence)
        else:
            fit = _fit_mt if model == "Mt" else _fit_mtb
            sums = fit(counts, histories.occasions, used, confidence)
        # a removal has a maximum where first captures fall off (Zippin 1956), whether or not the
        # data limit it above
        unlimited = sums is not None and math.isinf(sums.profile.high)
        if sums is None or (unlimited and model in ("Mt", "Mtb")):
            return ClosedFit(model, "", flag="boundary")
        log_expected = _log_expected(histories, sums)
    everyone = sums.size - captures.seen < 1e-6
    parameters = {"Mb": 3, "Mbh": 4, "Mt": int(used.sum()) + 1}.get(model, int(used.sum()) + 2)
    record = model_fit(
        model,
        captures.seen,
        parameters,
        history_criteria(captures, log_expected, parameters),
        {"term": sums.terms, "estimate": sums.estimates, "std_error": sums.errors},
        probabilities=_behaviour_probabilities(histories, model, sums),
    )
    size = Abundance(sums.size, math.nan if everyone else sums.variance, float(captures.seen))
    flag = "all seen" if everyone else "no upper limit" if unlimited else ""
    return ClosedFit(
        model, "", size, sums.profile, (sums.profile.low, sums.profile.high), record, flag
    )


def _fit_removal(
    counts: kernel.FirstCaptures, model: str, confidence: float
) -> _FitFromSums | None:
    """Return Mb, or Mbh, whose first occasion has a probability of its own."""
    first_occasion, first = (
        (counts.first[0], counts.first[1:]) if model == "Mbh" else (0.0, counts.first)
    )
    if first[1:].sum() == 0:
        size, variance, capture, error = counts.seen, math.nan, 1.0, math.nan
    else:
        size, variance, capture, error = kernel.fit_removal(first, first_occasion)
    if not math.isfinite(size):
        return None
    profile = kernel.profile_removal(first, size, confidence, first_occasion)
    chances = float(counts.marked.sum())
    again = float(counts.again.sum()) / chances if chances else math.nan
    p = np.full(len(counts.first), capture)
    if model == "Mbh":
        p[0] = first_occasion / size
    spread = chances * again * (1.0 - again)
    shown = {
        "logit p": (capture, error),
        "logit c": (again, 1.0 / math.sqrt(spread) if spread > 0 else math.nan),
    }
    if model == "Mbh":
        shown = {"logit p1": (float(p[0]), math.nan)} | shown
    terms, values = tuple(shown), np.array(list(shown.values()))
    return _FitFromSums(
        size, variance, profile, p, np.full_like(p, again), terms, logit(values[:, 0]), values[:, 1]
    )


def _fit_mt(
    counts: kernel.FirstCaptures, occasions: tuple[str, ...], used: Booleans, confidence: float
) -> _FitFromSums | None:
    """Return Mt; persons seen before are seen again as easily as others."""
    caught = counts.first + counts.again
    fitted = kernel.fit_mt(caught[used], counts.seen)
    if math.isinf(fitted.size):
        return None
    profile = kernel.profile_mt(caught[used], counts.seen, fitted.size, confidence)
    p = caught / fitted.size
    terms = ("intercept", *itertools.compress(occasions, used))
    errors = np.sqrt(np.diagonal(fitted.covariance))
    return _FitFromSums(
        fitted.size, fitted.variance, profile, p, p, terms, fitted.coefficients, errors
    )


def _fit_mtb(
    counts: kernel.FirstCaptures, occasions: tuple[str, ...], used: Booleans, confidence: float
) -> _FitFromSums | None:
    """Return Mtb; an occasion that saw no one has a probability of zero."""
    observed = kernel.FirstCaptures(counts.first[used], counts.again[used])
    everyone = bool((observed.first + observed.again == observed.seen).any())
    fitted = kernel.fit_mtb(observed)
    size, variance = (observed.seen, math.nan) if everyone else (fitted.size, fitted.variance)
    if math.isinf(size):
        return None
    profile = kernel.profile_mtb(observed, size, confidence)
    first, again = np.zeros(len(used)), np.zeros(len(used))
    first[used] = expit(fitted.coefficients[:-1])
    again[used] = expit(fitted.coefficients[:-1] + fitted.coefficients[-1])
    terms = (*(f"logit p {name}" for name in itertools.compress(occasions, used)), "shift")
    errors = np.sqrt(np.diagonal(fitted.covariance))
    return _FitFromSums(size, variance, profile, first, again, terms, fitted.coefficients, errors)


def _log_expected(histories: Histories, fitted: _FitFromSums) -> Floats:
    """Return the logarithm of the expected number of persons with each history."""
    seen = histories.seen
    once = np.cumsum(seen, axis=1)
    before, first = once == 0, (once == 1) & (seen == 1)
    after = (once > 0) & ~first
    p, c = np.broadcast_to(fitted.first, seen.shape), np.broadcast_to(fitted.again, seen.shape)
    each = xlog1py(before, -p) + xlogy(first, p) + xlogy(after & (seen == 1), c)
    return np.asarray(np.log(fitted.size) + (each + xlog1py(after & (seen == 0), -c)).sum(axis=1))


def _behaviour_probabilities(
    histories: Histories, model: str, fitted: _FitFromSums
) -> dict[str, float]:
    if model == "Mb":
        return {"p": float(fitted.first[0]), "c": float(fitted.again[0])}
    if model == "Mbh":
        return {
            "p1": float(fitted.first[0]),
            "p": float(fitted.first[1]),
            "c": float(fitted.again[0]),
        }
    shown = {
        f"p {name}": float(p) for name, p in zip(histories.occasions, fitted.first, strict=True)
    }
    later = zip(histories.occasions[1:], fitted.again[1:], strict=True)
    return shown if model == "Mt" else shown | {f"c {name}": float(c) for name, c in later}


def bias_corrected_size(captures: Captures, model: str, heterogeneity: str = "") -> Abundance:
    """Return the bias-corrected size (Firth, 1993; Rivest and Lévesque, 2001)."""
    name = f"{model} {heterogeneity}".strip()
    if (model, heterogeneity) not in CORRECTED_MODELS:
        raise OptionError(
            f"`bias_corrected` was given with the model `{name}`.",
            "A correction is known for M0, Mt, Mb, Mh chao and Mth chao.",
            "Leave `bias_corrected` out, or take one of these models.",
        )
    if model == "Mb":
        abundance = _corrected_removal(captures)
    elif model == "Mh":
        abundance = _corrected_chao(captures)
    elif model == "Mt" and captures.limit == 2:
        histories = captures.known_histories
        first, second = histories.persons @ histories.seen
        abundance = chapman(float(first), float(second), first + second - captures.seen)
    else:
        abundance = _adjusted_counts(captures, capture_cells(captures, model, heterogeneity), model)
    if not (
        np.isfinite(abundance.size)
        and abundance.variance >= 0
        and abundance.size <= 1e8 * captures.seen
    ):
        raise MisleadingError(
            f"The model `{name}` has no bias-corrected size on these data.",
            "The corrected counts set no upper limit to it.",
            f"Write that at least {captures.seen} persons exist, or take another model.",
        )
    return abundance


def _adjusted_counts(captures: Captures, table: CaptureCells, model: str) -> Abundance:
    changes = np.zeros_like(table.counts)
    once, twice = table.times == 1, table.times == 2
    if model == "M0":
        changes[once], changes[twice] = -0.5, 1.0
    else:
        occasions = captures.limit
        changes[once] = (occasions - 2.0) / (2.0 * occasions)
        changes[twice] = 2.0 / (occasions * (occasions - 1.0))
    counts = np.maximum(table.counts + changes, 0.0)
    bounded = loglinear.fit_bounded(table.x, counts, table.bounded, table.offset)
    missed, variance = loglinear.unseen_size(bounded.fit, np.eye(1, len(bounded.kept))[0])
    return Abundance(captures.seen + float(missed), float(variance), float(captures.seen))


def _corrected_chao(captures: Captures) -> Abundance:
    """Return Chao's bias-corrected bound and its variance (Rivest and Lévesque, 2001)."""
    once, twice = float(captures.frequencies.of(1)), float(captures.frequencies.of(2))
    share = 1.0 if np.isinf(captures.limit) else (captures.limit - 1.0) / captures.limit
    missed = share * once * (once - 1.0) / (2.0 * (twice + 1.0))
    spread = (
        share**2
        * once
        * (once - 1.0)
        * (once**2 + 4.0 * once * twice + 3.0 * once - 6.0 * twice - 6.0)
    )
    variance = missed + spread / (4.0 * (twice + 1.0) ** 2 * (twice + 2.0))
    return Abundance(captures.seen + missed, variance, float(captures.seen))


def _corrected_removal(captures: Captures) -> Abundance:
    histories = captures.known_histories
    first = kernel.first_captures(histories.seen, histories.persons).first
    if len(first) < 3:
        return Abundance(np.inf, np.nan, float(captures.seen))
    changed = np.maximum(first + np.pad([2.0, -1.0, -1.0], (0, len(first) - 3)), 0.0)
    found = kernel.fit_removal(changed)
    return Abundance(found.size, found.variance, float(captures.seen))
