"""Families and links: the mean and variance of an answer. See docs/formulas.md."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import special

from diplab.kernel.arrays import Booleans, Floats, Integers
from diplab.kernel.models.regression import Block, Conditioning, Likelihood

Numbers = Any  # arrays of numbers, real or complex


@dataclass(frozen=True)
class Link:
    """How the linear predictor becomes an expected answer."""

    name: str
    inverse: Callable[[Numbers], Numbers]  # expected answer mu from the linear predictor
    slope: Callable[[Numbers, Numbers], Numbers]  # d mu / d eta, from eta and mu
    forward: Callable[[float], float]  # linear predictor from an expected answer

    def __reduce__(self) -> tuple[Callable[[str], Link], tuple[str]]:
        # its functions are known by its name
        return _link_named, (self.name,)


def _link_named(name: str) -> Link:
    return LINKS[name]


def _logistic(eta: Numbers) -> Numbers:
    if not np.iscomplexobj(eta):
        return special.expit(eta)
    away = np.where(eta.real > 0, -eta, eta)
    small = np.exp(away)
    return np.where(eta.real > 0, 1.0 / (1.0 + small), small / (1.0 + small))


def _density(eta: Numbers) -> Numbers:
    return np.exp(-0.5 * eta * eta) / np.sqrt(2 * np.pi)


def _extreme(eta: Numbers) -> Numbers:
    # beyond 40 the answer is 1 to the last digit, and exp(exp(.)) would overflow
    return -np.expm1(-np.exp(np.where(eta.real > 40, 40.0, eta)))


def _extreme_slope(eta: Numbers, _: Numbers) -> Numbers:
    bounded = np.where(eta.real > 40, 40.0, eta)
    return np.exp(bounded - np.exp(bounded))


INVERSE_LINKS = ("inverse", "inverse_squared")
LINKS = {
    "identity": Link("identity", lambda eta: eta, lambda eta, _: np.ones_like(eta), lambda mu: mu),
    "log": Link("log", np.exp, lambda _, mu: mu, lambda mu: float(np.log(mu))),
    "inverse": Link("inverse", lambda eta: 1.0 / eta, lambda _, mu: -mu * mu, lambda mu: 1.0 / mu),
    "inverse_squared": Link(
        "inverse_squared",
        lambda eta: 1.0 / np.sqrt(eta),
        lambda _, mu: -0.5 * mu**3,
        lambda mu: mu**-2.0,
    ),
    "logit": Link(
        "logit", _logistic, lambda _, mu: mu * (1.0 - mu), lambda mu: float(np.log(mu / (1 - mu)))
    ),
    "probit": Link(
        "probit", special.ndtr, lambda eta, _: _density(eta), lambda mu: float(special.ndtri(mu))
    ),
    "cloglog": Link("cloglog", _extreme, _extreme_slope, lambda mu: float(np.log(-np.log1p(-mu)))),
}

_HIGHEST = 700.0  # beyond, the exponential overflows


def logs_of_chances(link: str, eta: Numbers) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """Return log F, log(1 - F), log f and the derivative of the last, accurate in both tails."""
    # F is the inverse of a link of chances: logit, probit or cloglog
    if link == "logit":
        below, above = special.log_expit(eta), special.log_expit(-eta)
        return below, above, below + above, -np.tanh(eta / 2)
    if link == "probit":
        return (
            special.log_ndtr(eta),
            special.log_ndtr(-eta),
            -0.5 * (eta * eta + np.log(2 * np.pi)),
            -eta,
        )
    grown = np.exp(np.minimum(eta, _HIGHEST))
    return np.where(eta < -30, eta, np.log(-np.expm1(-grown))), -grown, eta - grown, 1.0 - grown


@dataclass(frozen=True)
class Family:
    """How answers vary about what is expected of them."""

    name: str
    link: Link
    # variance of an answer expected to be mu, up to a constant
    variance: Callable[[Numbers], Numbers]
    # whether the slope of the link is that variance, so that a score is simply y - mu
    canonical: bool
    theta: float = np.inf  # of the negative binomial: variance mu + mu^2 / theta

    def __reduce__(self) -> tuple[Callable[..., Family], tuple[Any, ...]]:
        # its functions are known by its name
        if np.isfinite(self.theta):
            return negative_binomial, (self.theta,)
        return family_of, (self.name, self.link.name)


FAMILIES = {
    "gaussian": ("identity",),
    "binomial": ("logit", "probit", "cloglog"),
    "poisson": ("log",),
    "negative_binomial": ("log",),
    "gamma": ("log", "inverse", "identity"),
    "inverse_gaussian": ("log", "inverse_squared", "inverse", "identity"),
    "ordinal": ("logit", "probit", "cloglog"),
    "multinomial": ("logit",),
    "quantile": ("identity",),
}
"""Families, with the links that each may have; the first is the default."""
POSITIVE = ("gamma", "inverse_gaussian")
"""Families of positive amounts, with a dispersion parameter and positive means."""

_VARIANCES: dict[str, Callable[[Numbers], Numbers]] = {
    "gaussian": np.ones_like,
    "binomial": lambda mu: mu * (1.0 - mu),
    "poisson": lambda mu: mu,
    "gamma": lambda mu: mu * mu,
    "inverse_gaussian": lambda mu: mu**3,
}


def family_of(name: str, link: str) -> Family:
    """Return the family of that name, with a link."""
    canonical = link == FAMILIES[name][0] and name in ("gaussian", "binomial", "poisson")
    return Family(name, LINKS[link], _VARIANCES[name], canonical)


def negative_binomial(theta: float) -> Family:
    """Return the negative binomial family: variance mu + mu^2 / theta."""
    return Family(
        "negative_binomial",
        LINKS["log"],
        lambda mu: mu + mu * mu / theta,
        canonical=False,
        theta=theta,
    )


@dataclass(frozen=True, eq=False)
class SingleIndex(Likelihood):
    """A generalised linear model: one linear predictor, one link."""

    family: Family
    observed: bool = False  # whether the information of amounts is the observed one

    def needed(self, y: Floats) -> Iterator[tuple[int | None, Booleans]]:
        """Yield who had the event, and of a binomial outcome who had not."""
        if self.family.name in ("binomial", "poisson", "negative_binomial"):
            yield None, y > 0
        if self.family.name == "binomial":
            yield None, y < 1

    def index(self, block: Block, theta: Floats) -> Floats:
        """Return the linear predictor of each row, its offset included."""
        return np.asarray(theta @ block.x + block.offset, dtype=float)

    def _residual(self, block: Block, theta: Floats) -> tuple[Floats, Floats]:
        """Return the score and the information with respect to the linear predictor, row by row."""
        # the information is the observed one: of an unlikely answer, the expected one is zero. Of
        # amounts it is that only where it is asked for, near the maximum: under some links their
        # likelihood is not concave elsewhere
        family, link = self.family, self.family.link
        eta = self.index(block, theta)
        mu = link.inverse(eta)
        if family.name in POSITIVE:
            mu = np.where(mu > 0, mu, np.nan)  # no model: the fit sees it and takes a shorter step
            slope = link.slope(eta, mu)
            relative = slope / family.variance(mu)
            expected = slope * relative
            if not self.observed:
                return (block.y - mu) * relative, expected
            moved = link.inverse(eta + 1e-20j)
            bent = (link.slope(eta + 1e-20j, moved) / family.variance(moved)).imag / 1e-20
            return (block.y - mu) * relative, expected - (block.y - mu) * bent
        if family.canonical:
            return block.y - mu, link.slope(eta, mu)
        if family.name == "binomial":
            below, above, height, bend = logs_of_chances(link.name, eta)
            up, down = block.y * np.exp(height - below), (1.0 - block.y) * np.exp(height - above)
            return up - down, np.maximum(up * (up - bend) + down * (down + bend), 0.0)
        share = 1.0 / (1.0 + mu / family.theta)  # counts of the negative binomial distribution
        return (block.y - mu) * share, mu * (1.0 + block.y / family.theta) * share**2

    def expected(self, block: Block, theta: Floats) -> Floats | None:
        """Return the weighted sum of the expected information; None if equal to the observed."""
        family, link = self.family, self.family.link
        if family.canonical:
            return None
        eta = self.index(block, theta)
        if family.name == "binomial":
            below, above, height, _ = logs_of_chances(link.name, eta)
            information = np.exp(2 * height - below - above)
        else:
            mu = link.inverse(eta)
            information = link.slope(eta, mu) ** 2 / family.variance(mu)
        return np.asarray((block.x * (information * block.weight)) @ block.x.T, dtype=float)

    def score(self, block: Block, theta: Floats) -> tuple[Floats, Floats]:
        """Return the weighted sum of scores and of the information."""
        residual, information = self._residual(block, theta)
        gradient = block.x @ (residual * block.weight)
        # a plain product: of a matrix with its own transpose, BLAS takes a slower road for so few
        # columns
        return gradient, (block.x * (information * block.weight)) @ block.x.T

    def log_likelihood(self, block: Block, theta: Floats) -> float:
        """Return the weighted sum of the logarithms of the probabilities of the answers."""
        # Gaussian answers have the density of a unit variance, without the constant: minus half the
        # squared residuals. Other amounts have minus half the deviance, likewise
        family, y = self.family, block.y
        if family.name in POSITIVE:
            return -0.5 * self.deviance(block, theta)
        eta = self.index(block, theta)
        if family.name == "binomial":
            one, none = logs_of_chances(family.link.name, eta)[:2]
            return float(block.weight @ np.where(y > 0, one, none))
        mu = family.link.inverse(eta)
        if family.name == "gaussian":
            return float(-0.5 * (block.weight @ (y - mu) ** 2))
        constant = special.gammaln(y + 1.0)
        if family.name == "poisson":
            return float(block.weight @ (y * eta - mu - constant))
        size = family.theta
        counted = special.gammaln(y + size) - special.gammaln(size) - constant
        return float(
            block.weight @ (counted - size * np.log1p(mu / size) + y * (eta - np.log(size + mu)))
        )

    def deviance(self, block: Block, theta: Floats) -> float:
        """Return twice the log-likelihood of the saturated model less that of this one."""
        name, y = self.family.name, block.y
        mu = self.family.link.inverse(self.index(block, theta))
        if name == "gamma":
            return float(2 * block.weight @ ((y - mu) / mu - np.log(y / mu)))
        if name == "inverse_gaussian":
            return float(block.weight @ (((y - mu) / mu) ** 2 / y))
        if name == "poisson":
            return float(2 * block.weight @ (special.xlogy(y, y / mu) - (y - mu)))
        return super().deviance(block, theta)

    def pearson(self, block: Block, theta: Floats) -> float:
        """Return the weighted sum of squared residuals over the variance function."""
        mu = self.family.link.inverse(self.index(block, theta))
        return float(block.weight @ ((block.y - mu) ** 2 / self.family.variance(mu)))

    def by_row(self, block: Block, theta: Floats) -> Floats:
        """Return the score of each row without its weight."""
        return block.x * self._residual(block, theta)[0]

    def expected_by_row(self, block: Block, theta: Floats) -> Iterator[Floats]:
        """Yield the only one of these arrays."""
        family, eta = self.family, self.index(block, theta)
        mu = family.link.inverse(eta)
        spread = np.sqrt(family.variance(mu))
        # an answer that is certain to the last digit holds no information
        yield block.x * np.divide(
            family.link.slope(eta, mu), spread, out=np.zeros_like(mu), where=spread > 0
        )

    def outcome(self, eta: Floats) -> Floats:
        """Return the expected answer of each row, shape (1, rows)."""
        return np.asarray(self.family.link.inverse(eta))

    def drift(self, eta: Floats, moved: Floats) -> Floats:
        """Return how the expected answer changes as the predictor moves."""
        return np.asarray(self.family.link.slope(eta, self.family.link.inverse(eta)) * moved)


class Categorical(Likelihood):
    """What models of a category have in common."""

    categories: int

    def expected_by_row(self, block: Block, theta: Floats) -> Iterator[Floats]:
        """Yield the score of each possible answer times the root of its probability."""
        chance = self.outcome(self.predictors(block.x, theta))
        for answer in range(self.categories):
            given = replace(block, y=np.full(block.y.shape, float(answer)))
            yield self.by_row(given, theta) * np.sqrt(chance[answer])


@dataclass(frozen=True)
class Cumulative(Categorical):
    """A cumulative logit, probit or complementary log-log model."""

    categories: int  # how many the answer has; answers are codes 0, 1, ... categories - 1, in order
    link: str

    def needed(self, y: Floats) -> Iterator[tuple[int | None, Booleans]]:
        """Yield who is above the lowest category, and below the highest."""
        yield None, y > 0
        yield None, y < self.categories - 1

    def predictors(self, x: Floats, theta: Floats) -> Floats:
        """Return c_k - x'b, shape (cuts, rows)."""
        columns = len(x)
        return theta[columns:, None] - (theta[:columns] @ x)[None]

    def moved(self, along: Floats, theta: Floats) -> Floats:
        """Return how these change as the model matrix moves along another: all alike."""
        return np.broadcast_to(
            -(theta[: len(along)] @ along), (self.categories - 1, along.shape[1])
        )

    def gathered(self, slopes: Floats, x: Floats, *, constants: bool) -> Floats:
        """Return sums over rows in the parameters: coefficients, then cut points."""
        of_cuts = slopes.sum(axis=2) if constants else np.zeros(slopes.shape[:2])
        return np.concatenate([-slopes.sum(axis=1) @ x.T, of_cuts], axis=1)

    def _below(self, cut: Floats) -> tuple[Floats, Floats]:
        """Return F and f at the cut points."""
        below = LINKS[self.link].inverse(cut)
        return below, LINKS[self.link].slope(cut, below)

    def outcome(self, eta: Floats) -> Floats:
        """Return the probability of each category, shape (categories, rows)."""
        below = self._below(eta)[0]
        edge = np.zeros((1, eta.shape[1]), dtype=below.dtype)
        return np.diff(np.concatenate([edge, below, edge + 1.0]), axis=0)

    def drift(self, eta: Floats, moved: Floats) -> Floats:
        """Return how these change as the predictors move."""
        density = self._below(eta)[1] * moved
        edge = np.zeros((1, eta.shape[1]), dtype=density.dtype)
        return np.diff(np.concatenate([edge, density, edge]), axis=0)

    def _around(
        self, block: Block, theta: Floats
    ) -> tuple[Floats, Floats, Floats, Floats, Integers, Floats]:
        """Return f / P and f' / P at the cuts above and below each answer, 0 if none; and log P."""
        cut = self.predictors(block.x, theta)
        rows = np.arange(block.y.size)
        code = block.y.astype(np.int64)
        has_upper, has_lower = code < self.categories - 1, code > 0
        upper = logs_of_chances(self.link, cut[np.where(has_upper, code, 0), rows])
        lower = logs_of_chances(self.link, cut[np.where(has_lower, code - 1, 0), rows])
        below, after = np.where(has_upper, upper[0], 0.0), np.where(has_lower, lower[0], -np.inf)
        beyond, above = np.where(has_upper, upper[1], -np.inf), np.where(has_lower, lower[1], 0.0)
        # the difference is taken in the tail that is the smaller: in the other both are 1 to the
        # last digit
        tail = above < below
        larger, smaller = np.where(tail, above, below), np.where(tail, beyond, after)
        # cuts out of order are not a model: the logarithm is none, the fit sees it and takes a
        # shorter step
        chance = larger + np.log(-np.expm1(smaller - larger))
        high = np.exp(np.where(has_upper, upper[2] - chance, -np.inf))
        low = np.exp(np.where(has_lower, lower[2] - chance, -np.inf))
        return high, low, high * upper[3], low * lower[3], code, chance

    def score(self, block: Block, theta: Floats) -> tuple[Floats, Floats]:
        """Return the weighted sum of scores and of the observed information."""
        x, weight = block.x, block.weight
        high, low, curve_high, curve_low, code, _ = self._around(block, theta)
        columns, cuts = len(x), self.categories - 1
        # with respect to the upper and the lower cut of each answer
        upper_upper = weight * (high * high - curve_high)
        lower_lower = weight * (low * low + curve_low)
        upper_lower = -weight * high * low
        onto = np.zeros((2, cuts, code.size))
        rows = np.arange(code.size)
        there, under = code < cuts, code > 0
        onto[0, code[there], rows[there]] = 1.0
        onto[1, code[under] - 1, rows[under]] = 1.0
        gradient = np.concatenate(
            [-x @ (weight * (high - low)), onto[0] @ (weight * high) - onto[1] @ (weight * low)]
        )
        information = np.empty((columns + cuts, columns + cuts))
        information[:columns, :columns] = (x * (upper_upper + lower_lower + 2 * upper_lower)) @ x.T
        mixed = -(
            (x * (upper_upper + upper_lower)) @ onto[0].T
            + (x * (lower_lower + upper_lower)) @ onto[1].T
        )
        information[:columns, columns:], information[columns:, :columns] = mixed, mixed.T
        crossed = (onto[0] * upper_lower) @ onto[1].T
        information[columns:, columns:] = (
            (onto[0] * upper_upper) @ onto[0].T
            + (onto[1] * lower_lower) @ onto[1].T
            + crossed
            + crossed.T
        )
        return gradient, information

    def log_likelihood(self, block: Block, theta: Floats) -> float:
        """Return the weighted sum of the logarithms of the probabilities of the answers."""
        return float(block.weight @ self._around(block, theta)[-1])

    def by_row(self, block: Block, theta: Floats) -> Floats:
        """Return the score of each row without its weight."""
        high, low, _, _, code, _ = self._around(block, theta)
        cuts = np.arange(self.categories - 1)[:, None]
        of_cuts = (code == cuts) * high - (code - 1 == cuts) * low
        return np.concatenate([block.x * (low - high), of_cuts])

    def constants(self, place: slice) -> Floats:
        """Return the constant that the cut points are."""
        return np.ones((1, place.stop - place.start))

    def lines(self, mix: Floats, columns: int) -> Floats:
        """Return combinations by constant and column; in x'b - c_k all cuts move together."""
        return np.concatenate(
            [-mix[:, columns:].sum(axis=1, keepdims=True), mix[:, :columns]], axis=1
        )[:, None]

    def restored(self, conditioning: Conditioning) -> Floats:
        """Return the matrix from parameters of conditioned columns to those of the originals."""
        slopes, cuts = conditioning.slopes, self.categories - 1
        return np.block(
            [
                [slopes, np.zeros((len(slopes), cuts))],
                [np.tile(conditioning.level, (cuts, 1)), np.eye(cuts)],
            ]
        )


@dataclass(frozen=True)
class Multinomial(Categorical):
    """A multinomial logit."""

    # how many categories the answer has; answers are codes 0, 1, ... categories - 1
    categories: int

    def needed(self, y: Floats) -> Iterator[tuple[int | None, Booleans]]:
        """Yield who is in the first category, and in each of the others."""
        yield None, y == 0
        for category in range(1, self.categories):
            yield category - 1, y == category

    @property
    def predictor_count(self) -> int:
        """One of each category but the first."""
        return self.categories - 1

    def outcome(self, eta: Floats) -> Floats:
        """Return the probability of each category, shape (categories, rows)."""
        eta = np.concatenate([np.zeros((1, eta.shape[1]), dtype=eta.dtype), eta])
        grown = np.exp(eta - eta.real.max(axis=0))
        return np.asarray(grown / grown.sum(axis=0))

    def drift(self, eta: Floats, moved: Floats) -> Floats:
        """Return how these change as the predictors move."""
        chance = self.outcome(eta)
        moved = np.concatenate([np.zeros((1, moved.shape[1]), dtype=moved.dtype), moved])
        return np.asarray(chance * (moved - (chance * moved).sum(axis=0)))

    def _residual(self, block: Block, theta: Floats) -> tuple[Floats, Floats]:
        chance = self.outcome(self.predictors(block.x, theta))[1:]
        given = block.y == np.arange(1, self.categories)[:, None]
        return given - chance, chance

    def score(self, block: Block, theta: Floats) -> tuple[Floats, Floats]:
        """Return the weighted sum of scores and of the information, which is the observed one."""
        residual, chance = self._residual(block, theta)
        gradient = (residual * block.weight) @ block.x.T
        width, columns = len(chance), len(block.x)
        information = np.empty((width, columns, width, columns))
        for one in range(width):
            for other in range(one + 1):
                shared = chance[one] * (float(one == other) - chance[other]) * block.weight
                square = (block.x * shared) @ block.x.T
                information[one, :, other, :] = square
                information[other, :, one, :] = square
        return gradient.ravel(), information.reshape(width * columns, width * columns)

    def log_likelihood(self, block: Block, theta: Floats) -> float:
        """Return the weighted sum of the logarithms of the probabilities of the answers."""
        eta = self.predictors(block.x, theta)
        every = np.concatenate([np.zeros((1, eta.shape[1])), eta])
        own = every[block.y.astype(np.int64), np.arange(block.y.size)]
        return float(block.weight @ (own - special.logsumexp(every, axis=0)))

    def by_row(self, block: Block, theta: Floats) -> Floats:
        """Return the score of each row without its weight."""
        residual, _ = self._residual(block, theta)
        return (residual[:, None, :] * block.x[None]).reshape(-1, block.x.shape[1])
