"""Truncated counts and their regressions: likelihoods, sizes, influences. See docs/formulas.md."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import NamedTuple

import numpy as np
from scipy.special import digamma, expit, gammaln, polygamma

from diplab.kernel.arrays import Floats, Integers
from diplab.kernel.models.regression import scaled_to_ones, solve

_EMPTY = np.zeros(0)
_LARGEST = 690.0
_LONGEST_TABLE = 200_000

FAMILIES = (
    "chao", "zelterman", "poisson", "geometric", "negative_binomial",
    "one_inflated_poisson", "one_inflated_geometric",
    "ones_for_all_poisson", "ones_for_all_geometric",
)  # fmt: skip
"""`ones_for_all`: the excess of ones is drawn among everybody; `one_inflated`: among those seen."""
SURPLUS_OVER = {
    "one_inflated_poisson": "poisson",
    "one_inflated_geometric": "geometric",
    "ones_for_all_poisson": "poisson",
    "ones_for_all_geometric": "geometric",
}
"""Families with a surplus of ones, and the count that the others have."""
AMONG_EVERYBODY = {
    "one_inflated_poisson": "ones_for_all_poisson",
    "one_inflated_geometric": "ones_for_all_geometric",
}
"""The same families, the surplus drawn among everybody."""
SHARED = FAMILIES[4:]
"""Families with one shared parameter: log of the size, or logit of the share of surplus ones."""


class CountTerms(NamedTuple):
    """Log-likelihoods of counts, with derivatives by linear predictor and shared parameter."""

    log_likelihood: Floats  # (rows,); value, first and second derivative by the linear predictor
    slope: Floats
    curvature: Floats
    # (rows,); by the shared parameter, by both, and twice by it; empty where none
    shared_slope: Floats = _EMPTY
    cross: Floats = _EMPTY
    shared_curvature: Floats = _EMPTY


def poisson(y: Floats, log_rate: Floats) -> CountTerms:
    """Return a zero-truncated Poisson count: P(y) = l^y / (y! (exp(l) - 1))."""
    rate = np.exp(np.clip(log_rate, -_LARGEST, _LARGEST))
    total = rate + np.log(-np.expm1(-rate))
    # expected sightings beyond the first, l / (1 - exp(-l)) - 1, and their derivative by log l
    small = rate < 1e-3
    safe, tiny = np.where(small, 1.0, rate), np.where(small, rate, 0.0)
    seen, unseen = -np.expm1(-safe), np.exp(-safe)
    excess = np.where(small, tiny / 2 + tiny**2 / 12 - tiny**4 / 720, safe / seen - 1)
    exact = safe / seen - np.where(unseen > 0, safe, 0.0) ** 2 * unseen / seen**2
    slope = np.where(small, tiny / 2 + tiny**2 / 6 - tiny**4 / 180, exact)
    return CountTerms(y * log_rate - total - gammaln(y + 1), (y - 1) - excess, -slope)


def geometric(y: Floats, log_rate: Floats) -> CountTerms:
    """Return a zero-truncated geometric count of untruncated mean l: P(y) = l^(y-1) / (1 + l)^y."""
    share = expit(log_rate)
    value = (y - 1) * log_rate - y * np.logaddexp(0.0, log_rate)
    return CountTerms(value, y - 1 - y * share, -y * share * (1 - share))


_COUNTS = {"poisson": poisson, "geometric": geometric}


def negative_binomial(y: Floats, log_odds: Floats, size: float) -> CountTerms:
    """Return a zero-truncated negative binomial, with derivatives by log_odds and log(size)."""
    share, length = expit(log_odds), np.logaddexp(0.0, log_odds)
    value, first, second = log_t_over_expm1(size * length)
    # odds so small that L is r itself: q / L is 1
    pace = np.where(log_odds < -30.0, 1.0, share / np.where(length > 0, length, 1.0))
    log_length = np.where(log_odds < -30.0, log_odds, np.log(np.where(length > 0, length, 1.0)))
    rising, by_size, twice_by_size = rising_factorial_logs(y, size)
    total = rising - gammaln(y + 1) + y * -np.logaddexp(0.0, -log_odds) - log_length + value
    slope = y * (1 - share) - pace + first * size * share
    curvature = (
        -y * share * (1 - share)
        - (pace * (1 - share) - pace**2)
        + second * (size * share) ** 2
        + first * size * share * (1 - share)
    )
    shared = by_size + first * length
    cross = share * (second * size * length + first)
    shared_curvature = twice_by_size + second * length**2
    if size == 0:
        return CountTerms(total, slope, curvature, shared, cross, shared_curvature)
    return CountTerms(
        total,
        slope,
        curvature,
        size * shared,
        size * cross,
        size * (size * shared_curvature + shared),
    )


def log_t_over_expm1(t: Floats) -> tuple[Floats, Floats, Floats]:
    """Return g(t) = log(t / (exp(t) - 1)) for t of 0 or more, and its two derivatives."""
    small = t < 1e-2
    safe = np.where(small, 1.0, t)
    below = np.exp(-safe)
    seen = -np.expm1(-safe)
    value = np.where(small, -t / 2 - t**2 / 24 + t**4 / 2880, np.log(safe) - safe - np.log(seen))
    first = np.where(small, -0.5 - t / 12 + t**3 / 720, 1 / safe - 1 / seen)
    return (
        value,
        first,
        np.where(small, -1 / 12 + t**2 / 240 - t**4 / 6048, below / seen**2 - 1 / safe**2),
    )


def rising_factorial_logs(y: Floats, size: float) -> tuple[Floats, Floats, Floats]:
    """Return by count the sum of log(j + size) over 1 <= j < y, and two derivatives by size."""
    largest = float(y.max()) if y.size else 1.0
    if largest > _LONGEST_TABLE:
        top, bottom = y + size, np.full_like(y, 1.0 + size)
        return (
            gammaln(top) - gammaln(bottom),
            digamma(top) - digamma(bottom),
            polygamma(1, top) - polygamma(1, bottom),
        )
    step = np.arange(1.0, largest) + size
    place = y.astype(np.int64) - 1
    tables = (np.log(step), 1 / step, -((1 / step) ** 2))
    first, second, third = (np.concatenate([[0.0], np.cumsum(table)])[place] for table in tables)
    return first, second, third


class SightingProbability(NamedTuple):
    """The chance of being seen and of not being seen, with derivatives."""

    seen: Floats
    unseen: Floats
    slope: Floats
    shared_slope: Floats


class RepresentedPersons(NamedTuple):
    """How many persons each person seen represents."""

    persons: Floats  # (rows,)
    slope: Floats  # (rows,); derivatives by the linear predictor and by the shared parameter
    shared_slope: Floats
    drawn: Floats  # (rows,); what the chance of being seen adds to the variance, (1 - p) / p^2


def count_terms(family: str, y: Floats, predictor: Floats, shared: float) -> CountTerms:
    """Return the log-likelihood of each count and its derivatives."""
    if family in ("chao", "zelterman"):
        # among counts of one or two, two has the logit log(l/2); other counts hold no information
        # (Zelterman, 1988)
        share, rare = expit(predictor), np.where(y <= 2, 1.0, 0.0)
        value = np.where(y == 2, predictor, 0.0) - np.logaddexp(0.0, predictor)
        return CountTerms(rare * value, rare * ((y == 2) - share), rare * -share * (1 - share))
    if family == "negative_binomial":
        return negative_binomial(y, predictor, float(np.exp(shared)))
    others = SURPLUS_OVER.get(family, family)
    base = _COUNTS[others](y, predictor)
    if family not in SHARED:
        return base
    if family in AMONG_EVERYBODY:
        return _inflated(y, base, shared)
    # a surplus among everybody is, among those seen, one whose share grows as fewer of the others
    # are
    probability = sighting_probability(others, predictor, 0.0)
    found = _inflated(y, base, shared - np.log(probability.seen))
    pace = probability.slope / probability.seen
    # the second derivative of log p by the predictor
    bend = -probability.seen * probability.unseen
    if others == "poisson":
        rate = np.exp(np.clip(predictor, -_LARGEST, _LARGEST))
        bend = np.where(rate < 1e-4, -rate / 2, pace * (1 - rate - pace))
    return CountTerms(
        found.log_likelihood,
        found.slope - pace * found.shared_slope,
        found.curvature
        - 2 * pace * found.cross
        + pace**2 * found.shared_curvature
        - bend * found.shared_slope,
        found.shared_slope,
        found.cross - pace * found.shared_curvature,
        found.shared_curvature,
    )


def _inflated(y: Floats, base: CountTerms, shared: float | Floats) -> CountTerms:
    """Return a count with a share `expit(shared)` of surplus ones among those seen."""
    surplus, rest = expit(shared), expit(-np.asarray(shared))
    once = y == 1
    own = rest * np.exp(np.where(once, base.log_likelihood, 0.0))
    mixed = surplus + own
    true = np.where(once, own / mixed, 1.0)  # chance that the person is one of the others
    with np.errstate(divide="ignore"):  # no surplus at all, or nothing else
        value = np.where(once, np.log(mixed), np.log(rest) + base.log_likelihood)
    spread = true * (1 - true)
    slope = np.where(spread > 0, base.slope, 0.0)  # infinite only where no information is left
    return CountTerms(
        value,
        true * base.slope,
        true * base.curvature + spread * slope**2,
        1 - true - surplus,
        -spread * slope,
        spread - surplus * rest,
    )


def sighting_probability(family: str, predictor: Floats, shared: float) -> SightingProbability:
    """Return the chance that a person is seen at least once."""
    nothing = np.zeros_like(predictor)
    if family == "negative_binomial":
        size = float(np.exp(shared))
        share, length = expit(predictor), np.logaddexp(0.0, predictor)
        unseen = np.exp(-size * length)
        return SightingProbability(
            -np.expm1(-size * length), unseen, unseen * size * share, unseen * size * length
        )
    others = SURPLUS_OVER.get(family, family)
    if family in AMONG_EVERYBODY.values():
        probability = sighting_probability(others, predictor, 0.0)
        surplus, rest = float(expit(shared)), float(expit(-shared))
        return SightingProbability(
            surplus + rest * probability.seen,
            rest * probability.unseen,
            rest * probability.slope,
            surplus * rest * probability.unseen,
        )
    if others == "geometric":
        seen, unseen = expit(predictor), expit(-predictor)
        return SightingProbability(seen, unseen, seen * unseen, nothing)
    log_rate = predictor + np.log(2.0) if family in ("chao", "zelterman") else predictor
    rate = np.exp(np.clip(log_rate, -_LARGEST, _LARGEST))
    unseen = np.exp(-rate)
    return SightingProbability(
        -np.expm1(-rate), unseen, np.where(unseen > 0, rate * unseen, 0.0), nothing
    )


def represented_persons(
    family: str, y: Floats, predictor: Floats, shared: float
) -> RepresentedPersons:
    """Return how many persons each person seen represents."""
    if family == "chao":
        return _chao_representation(y, predictor)
    own = sighting_probability(family, predictor, shared)
    square = own.seen**2
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        return RepresentedPersons(
            1 / own.seen, -own.slope / square, -own.shared_slope / square, own.unseen / square
        )


def _chao_representation(y: Floats, log_half_rate: Floats) -> RepresentedPersons:
    """Return 1 + 1 / (l + l^2/2) for persons seen once or twice, and 1 for the others."""
    rate = 2 * np.exp(np.clip(log_half_rate, -_LARGEST / 2, _LARGEST / 2))
    rare = y <= 2
    both = rate + rate**2 / 2
    added = 1 / both
    seen = np.exp(-rate) * both
    return RepresentedPersons(
        np.where(rare, 1 + added, 1.0),
        np.where(rare, -(rate + rate**2) * added**2, 0.0),
        np.zeros_like(rate),
        np.where(rare, (1 - seen) * (1 + added) ** 2, 0.0),
    )


_STEPS, _HALVINGS, _CLOSE, _FAR = 100, 40, 1e-9, 30.0
# the longest step of a parameter: rates and sizes then stay among numbers that floats distinguish
_LEAP = 4.0
_FEW = 0.25  # of the rows, how many may be left for it to pay to gather those that are alike
# logarithm of a size, or of its inverse, beyond which a maximum is compared with the edge it lies
# near
_INSIDE = 3.0


@dataclass(frozen=True, eq=False)
class TruncatedFit:
    """A regression of times seen, as fitted."""

    family: str
    coefficients: Floats  # (columns,); of the linear predictor of the family
    # log of the size, or logit of the share of surplus ones; 0 where the family has none
    shared: float
    information: Floats  # (parameters, parameters); observed, the shared parameter last
    log_likelihood: float
    gradient: Floats  # (parameters,); of the log-likelihood
    converged: bool = True  # false where it has no finite maximum, or none was found
    # `poisson` (size infinite), `series` (size 0), `no surplus` (of ones beyond those expected)
    edge: str = ""

    @property
    def theta(self) -> Floats:
        """All parameters, the shared one last."""
        return np.concatenate([self.coefficients, [self.shared] if self.family in SHARED else []])


def fit_truncated(
    family: str, x: Floats, y: Floats, weight: Floats, start: Floats | None = None
) -> TruncatedFit:
    """Fit a regression of times seen."""
    x, y, weight = _distinct_rows(x, y, weight)
    if start is not None:
        return _newton(family, x, y, weight, start)
    first = _starting_values(family, x, y, weight)
    if family not in SHARED:
        return _newton(family, x, y, weight, first)
    if family == "negative_binomial":
        return _fit_negative_binomial(x, y, weight, first)
    base = SURPLUS_OVER[family]
    base_fit = _newton(base, x, y, weight, first)
    fit = _newton(family, x, y, weight, np.append(base_fit.coefficients, -1.0))
    # a second hill, where most of those seen once are surplus and the rates are those of persons
    # seen again
    again = _newton(
        base, x, np.maximum(y - 1, 1), np.where(y > 1, weight, 0.0), base_fit.coefficients
    )
    if again.converged:
        other = _newton(family, x, y, weight, np.append(again.coefficients, 0.0))
        if other.converged and not (fit.converged and fit.log_likelihood >= other.log_likelihood):
            fit = other
    if fit.converged and fit.log_likelihood > base_fit.log_likelihood + 1e-9:
        return fit
    expected = np.exp(
        count_terms(base, np.ones_like(y), x.T @ base_fit.coefficients, 0.0).log_likelihood
    )
    rising = float(weight @ (np.where(y == 1, 1 / expected, 0.0) - 1))
    return replace(fit, converged=False, edge="" if rising > 0 else "no surplus")


def _distinct_rows(x: Floats, y: Floats, weight: Floats) -> tuple[Floats, Floats, Floats]:
    """Return distinct rows with their weights added; all rows if few are alike."""
    every = np.vstack([x, y])
    # rows alike have one sum of unlike multiples; that rows of one sum are alike is looked at below
    sums = np.sin(np.arange(1.0, len(every) + 1)) @ every
    _, first, place = np.unique(sums, return_index=True, return_inverse=True)
    if first.size > _FEW * y.size or not (every[:, first][:, place] == every).all():
        return x, y, weight
    return (
        x[:, first],
        y[first],
        np.bincount(place, weights=weight, minlength=first.size).astype(np.float64),
    )


def _starting_values(family: str, x: Floats, y: Floats, weight: Floats) -> Floats:
    """Return the constant that the counts suggest by themselves."""
    start = np.zeros(len(x))
    if family in ("chao", "zelterman"):
        twice, once = weight[y == 2].sum(), weight[y == 1].sum()
        start[0] = np.log(max(twice, 0.5) / max(once, 0.5))
    else:
        beyond = max(float(weight @ y / weight.sum()) - 1, 1e-8)
        if SURPLUS_OVER.get(family, family) == "poisson":
            beyond = min(2 * beyond, beyond + 1)
        start[0] = np.log(beyond)
    return start


def _fit_negative_binomial(x: Floats, y: Floats, weight: Floats, first: Floats) -> TruncatedFit:
    """Fit a negative binomial, and compare it with what it is at either end of its size."""
    near = _newton("geometric", x, y, weight, first)
    found = _newton("negative_binomial", x, y, weight, np.append(near.coefficients, 0.0))
    if found.converged and abs(found.shared) < _INSIDE:
        return found
    series = _newton("negative_binomial", x, y, weight, np.append(near.coefficients, -np.inf))
    poisson = _newton("poisson", x, y, weight, _starting_values("poisson", x, y, weight))
    edges = {"series": series.log_likelihood, "poisson": poisson.log_likelihood}
    highest = max(edges, key=lambda edge: edges[edge])
    if found.converged and found.log_likelihood > edges[highest] + 1e-9:
        return found
    return replace(found, converged=False, edge=highest)


def evaluate(family: str, x: Floats, y: Floats, weight: Floats, theta: Floats) -> TruncatedFit:
    """Return the likelihood at some parameters, as at a fit."""
    width = len(x)
    shared = float(theta[width]) if theta.size > width else 0.0
    terms = count_terms(family, y, x.T @ theta[:width], shared)
    value = float(weight @ terms.log_likelihood)
    gradient = x @ (weight * terms.slope)
    information = -(x * (weight * terms.curvature)) @ x.T
    if theta.size > width and np.isfinite(shared):
        cross = -(x @ (weight * terms.cross))
        corner = -float(weight @ terms.shared_curvature)
        gradient = np.append(gradient, weight @ terms.shared_slope)
        information = np.block(
            [[information, cross[:, None]], [cross[None, :], np.array([[corner]])]]
        )
    return TruncatedFit(family, theta[:width], shared, information, value, gradient)


def _newton(family: str, x: Floats, y: Floats, weight: Floats, start: Floats) -> TruncatedFit:
    """Climb from a start; a shared parameter that starts at minus infinity stays there."""
    theta = start.astype(float)
    moving = theta.size if np.isfinite(theta).all() else len(x)
    here, converged = evaluate(family, x, y, weight, theta), False
    for _ in range(_STEPS):
        direction = _ascent_direction(here)
        length = min(1.0, _LEAP / max(float(np.abs(direction).max()), _LEAP))
        for _ in range(_HALVINGS):
            ahead = theta.copy()
            ahead[:moving] += length * direction
            there = evaluate(family, x, y, weight, ahead)
            if there.log_likelihood >= here.log_likelihood - 1e-12 * (abs(here.log_likelihood) + 1):
                break
            length /= 2
        else:
            break  # nothing rises from here
        size = float(np.abs(length * direction).max())
        theta, here = ahead, there
        if size <= _CLOSE * (1 + float(np.abs(theta[:moving]).max())):
            converged = solve(here.information, here.gradient) is not None
            break
        if float(np.abs(theta[:moving]).max()) > _FAR:
            break
    return replace(
        here, converged=converged and not (family in SURPLUS_OVER and abs(here.shared) > _FAR / 2)
    )


def _ascent_direction(here: TruncatedFit) -> Floats:
    """Return Newton's step, reversed along axes where the likelihood is convex."""
    if (found := solve(here.information, here.gradient)) is not None:
        return found
    _, size = scaled_to_ones(np.abs(here.information))
    bends, axes = np.linalg.eigh(here.information / np.outer(size, size))
    bends = np.maximum(np.abs(bends), np.finfo(float).eps * np.abs(bends).max())
    return np.asarray(axes @ (axes.T @ (here.gradient / size) / bends) / size)


class Grouping(NamedTuple):
    """The groups that persons are in: everybody, then those of each variable."""

    # each (rows,); the group of each row, groups being numbered through all variables
    codes: tuple[Integers, ...]
    groups: int  # how many there are in all


class SizeParts(NamedTuple):
    """Sizes of groups, and what their covariance is made of."""

    sizes: Floats  # (groups,)
    slopes: Floats  # (groups, parameters); derivatives of the sizes by the parameters
    drawn: Floats  # (groups, groups); the part of the covariance that comes from having been seen

    def covariance(self, parameters: Floats) -> Floats:
        """Return the covariance of the sizes, given that of the parameters."""
        return np.asarray(self.slopes @ parameters @ self.slopes.T + self.drawn)


class PersonTerms(NamedTuple):
    """The contribution of each row to the parameters and to the size."""

    # (parameters, rows); first derivatives of the log-likelihood of one person of the row
    scores: Floats
    # (rows, 2, 2); minus its second derivatives by the linear predictor and the shared parameter
    curvature: Floats
    persons: Floats  # (rows,); persons that one person of the row represents
    slopes: Floats  # (parameters, rows); its derivatives by the parameters
    drawn: Floats  # (rows,)


def person_terms(fit: TruncatedFit, x: Floats, y: Floats) -> PersonTerms:
    """Return the contribution of each row to the parameters and the size, at the fit."""
    predictor = x.T @ fit.coefficients
    counts = count_terms(fit.family, y, predictor, fit.shared)
    own = represented_persons(fit.family, y, predictor, fit.shared)
    scores, slopes = x * counts.slope, x * own.slope
    curvature = np.zeros((y.size, 2, 2))
    curvature[:, 0, 0] = -counts.curvature
    if fit.family in SHARED:
        scores = np.vstack([scores, counts.shared_slope])
        slopes = np.vstack([slopes, own.shared_slope])
        curvature[:, 0, 1] = curvature[:, 1, 0] = -counts.cross
        curvature[:, 1, 1] = -counts.shared_curvature
    return PersonTerms(scores, curvature, own.persons, slopes, own.drawn)


def size_parts(terms: PersonTerms, weight: Floats, grouping: Grouping) -> SizeParts:
    """Return the sizes of groups of persons."""
    sizes = sums_by_group(grouping, weight * terms.persons)
    slopes = np.column_stack([sums_by_group(grouping, weight * by_row) for by_row in terms.slopes])
    # each person is in two groups of two variables
    pairs = tuple(one * grouping.groups + other for one, other in product(grouping.codes, repeat=2))
    drawn = sums_by_group(Grouping(pairs, grouping.groups**2), weight * terms.drawn)
    return SizeParts(sizes, slopes, drawn.reshape(grouping.groups, grouping.groups))


def sums_by_group(grouping: Grouping, value: Floats) -> Floats:
    """Return the sum of a value over each group."""
    return np.asarray(
        sum(np.bincount(code, value, grouping.groups) for code in grouping.codes), dtype=float
    )


def parameter_changes(
    terms: PersonTerms, x: Floats, inverse_information: Floats, removed: Floats | float = 1.0
) -> Floats:
    """Return the change in parameters as a person leaves, (A - A_i)^-1 s_i.

    One Newton step (Pregibon, 1981).
    """
    return np.asarray(
        inverse_information @ _leverage_adjusted_scores(terms, x, inverse_information, removed)
    )


def _leverage_adjusted_scores(
    terms: PersonTerms, x: Floats, inverse_information: Floats, removed: Floats | float = 1.0
) -> Floats:
    """Return (I - A_i A^-1)^-1 s_i, through the linear predictor and the shared parameter."""
    width, size = len(x), 1 + len(inverse_information) - len(x)
    weight = np.broadcast_to(np.asarray(removed, dtype=float), x.shape[1:])[:, None]
    covariance = np.empty((x.shape[1], size, size))  # of these two numbers
    covariance[:, 0, 0] = np.einsum("pr,pr->r", x, inverse_information[:width, :width] @ x)
    covariance[:, 0, 1:] = covariance[:, 1:, 0] = (inverse_information[width:, :width] @ x).T
    covariance[:, 1:, 1:] = inverse_information[width:, width:]
    # the line of the constant holds the derivative by the predictor
    own = weight * np.vstack([terms.scores[:1], terms.scores[width:]]).T
    left = np.eye(size) - weight[:, None] * (terms.curvature[:, :size, :size] @ covariance)
    alone = np.abs(np.linalg.det(left)) <= 1e-9
    left[alone], own[alone] = np.eye(size), np.nan  # one person alone determines a parameter
    found = np.linalg.solve(left, own[:, :, None])[:, :, 0].T
    return np.vstack([x * found[0], found[1:]])


def size_changes(
    terms: PersonTerms,
    x: Floats,
    inverse_information: Floats,
    slope: Floats,
    removed: Floats | float = 1.0,
) -> Floats:
    """Return by how much the size falls as each person leaves the data, by one Newton step."""
    moved = parameter_changes(terms, x, inverse_information, removed)
    beside = slope @ moved - removed * np.einsum("pr,pr->r", terms.slopes, moved)
    return np.asarray(removed * terms.persons + beside)


def sandwich(
    terms: PersonTerms,
    x: Floats,
    weight: Floats,
    inverse_information: Floats,
    kind: str,
    clusters: Integers | None = None,
) -> Floats:
    """Return a robust covariance of the parameters, which does not trust the model's dispersion."""
    people, width = float(weight.sum()), len(inverse_information)
    if clusters is None:
        scores = (
            _leverage_adjusted_scores(terms, x, inverse_information)
            if kind == "HC3"
            else terms.scores
        )
        meat: Floats = (scores * weight) @ scores.T
        factor = people / (people - width) if kind == "HC1" else 1.0
    else:
        totals = np.stack(
            [np.bincount(clusters, weight * score).astype(float) for score in terms.scores]
        )
        groups = float(np.count_nonzero(np.bincount(clusters, weights=weight)))
        meat = totals @ totals.T
        factor = groups / (groups - 1) * ((people - 1) / (people - width) if kind == "HC1" else 1.0)
    return np.asarray(factor * inverse_information @ meat @ inverse_information, dtype=np.float64)
