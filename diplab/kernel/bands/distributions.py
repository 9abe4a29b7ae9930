"""Income distributions: log-normal, GB2, and both with zeros. See docs/formulas.md."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from scipy import special

from diplab.kernel.arrays import Floats


def between(low: tuple[Floats, Floats], high: tuple[Floats, Floats]) -> Floats:
    """Return log(F(high) - F(low)) from the logarithms of both tails at each end."""
    # far in the upper tail the shares below are all 1 but for rounding: the difference of the
    # shares above is taken there, so that a band that one in 1e100 has keeps all its digits
    (below_low, above_low), (below_high, above_high) = low, high
    lower = below_high < above_low
    larger = np.where(lower, below_high, above_low)
    smaller = np.where(lower, below_low, above_high)
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = np.where(np.isneginf(smaller), 0.0, np.log(-np.expm1(smaller - larger)))
        return np.where(np.isneginf(larger), -np.inf, larger + apart)


def log_of_likelihood(
    distribution: IncomeDistribution, low: Floats, high: Floats, theta: Floats
) -> Floats:
    """Return the log-probability of each band, or the log-density where its ends are equal."""
    # shapes: `low`, `high` (bands,), `theta` (parameters, ..., 1)
    result = np.full((*theta.shape[1:-1], low.size), -np.inf)
    of_bands, of_known = np.flatnonzero(low < high), np.flatnonzero((low == high) & (low > 0))
    if of_bands.size:
        # bands share ends, and tails are what takes time
        ends, place = np.unique(np.stack([low[of_bands], high[of_bands]]), return_inverse=True)
        below, above = distribution.log_tails(ends, theta)
        first, last = place.reshape(2, -1)
        result[..., of_bands] = between(
            (below[..., first], above[..., first]), (below[..., last], above[..., last])
        )
    if of_known.size:
        result[..., of_known] = distribution.log_density(low[of_known], theta)
    return result


_DIFFERENCE_STEP = 0.01
_WEIGHTS = ((1, 3 / 4), (2, -3 / 20), (3, 1 / 60))
"""Of the sixth-order rule: f' = sum of weight (f(x + k h) - f(x - k h)) / h."""
_WIDE = 2e-3


def gradient(function: Callable[[Floats], Floats], theta: Floats) -> Floats:
    """Return the derivatives of an elementwise function, shape (parameters, ...)."""
    # the error of the rule is of order h^6 with h = 0.01, and rounding brings about 1e-13:
    # parameters are logarithms or shares of them, of the order of one. Shapes: `theta` (parameters,
    # ...)
    places, steps = (
        range(len(theta)),
        [(side * count * _DIFFERENCE_STEP) for count, _ in _WEIGHTS for side in (1, -1)],
    )
    moved = _at(function, theta, [[(place, step)] for place in places for step in steps])
    ahead, behind = moved[::2], moved[1::2]
    slopes = ((ahead - behind).reshape(len(theta), len(_WEIGHTS), *ahead.shape[1:])).swapaxes(0, 1)
    return np.asarray(
        sum(weight * item for (_, weight), item in zip(_WEIGHTS, slopes, strict=True))
        / _DIFFERENCE_STEP
    )


def curvature(function: Callable[[Floats], Floats], theta: Floats) -> Floats:
    """Return second derivatives of an elementwise function, shape (parameters, parameters, ...)."""
    # of second order, with an error near 1e-6 of the third derivatives: enough to steer a climb
    width, signs = len(theta), (_WIDE, -_WIDE)
    pairs = [(one, other) for one in range(width) for other in range(one)]
    alone = [[(position, sign)] for position in range(width) for sign in signs]
    both = [
        [(one, sign), (other, turn)] for one, other in pairs for sign in signs for turn in signs
    ]
    centre, *moved = _at(function, theta, [[], *alone, *both])
    result = np.empty((width, width, *centre.shape))
    for position in range(width):
        result[position, position] = (
            moved[2 * position] - 2 * centre + moved[2 * position + 1]
        ) / _WIDE**2
    for position, (one, other) in enumerate(pairs):
        same, crossed, turned, opposite = moved[2 * width + 4 * position :][:4]
        result[one, other] = result[other, one] = (same - crossed - turned + opposite) / (
            4 * _WIDE**2
        )
    return result


def _at(
    function: Callable[[Floats], Floats], theta: Floats, moves: list[list[tuple[int, float]]]
) -> Floats:
    """Return an elementwise function at moved parameters, shape (moves, ...)."""
    moved = np.repeat(theta[:, None], len(moves), axis=1)
    for row, move in enumerate(moves):
        for place, step in move:
            moved[place, row] += step
    return np.moveaxis(function(moved), -theta.ndim, 0)


@dataclass(frozen=True)
class LogNormal:
    """The log-normal distribution, parameters mu and log(sigma) of log-incomes."""

    name: str = "log-normal"
    size: int = 2

    @property
    def limits(self) -> tuple[Floats, Floats]:
        """Of log(sigma); beyond them incomes differ by 0.2 % or by a factor of 3000."""
        return np.array([-np.inf, -6.0]), np.array([np.inf, 2.1])

    def starts(self, centre: Floats, spread: Floats) -> list[Floats]:
        """Return the moments themselves."""
        return [np.stack([centre, np.log(spread)])]

    def log_tails(self, y: Floats, theta: Floats) -> tuple[Floats, Floats]:
        """Return log Phi of both sides."""
        z = _standardised(y, theta)
        return special.log_ndtr(z), special.log_ndtr(-z)

    def log_density(self, y: Floats, theta: Floats) -> Floats:
        """Return the logarithm of phi(z) / (sigma y)."""
        z = _standardised(y, theta)
        return np.asarray(-(z**2) / 2 - np.log(2 * np.pi) / 2 - theta[1] - np.log(y))

    def log_density_derivatives(
        self, y: Floats, theta: Floats
    ) -> tuple[list[Floats], dict[tuple[int, int], Floats]]:
        """Return z / sigma and z^2 - 1, with their derivatives."""
        z, sigma = _standardised(y, theta), np.exp(theta[1])
        second = {(0, 0): -1 / sigma**2 + 0.0 * z, (0, 1): -2 * z / sigma, (1, 1): -2 * z**2}
        return [z / sigma, z**2 - 1], second

    def cdf(self, y: Floats, theta: Floats) -> Floats:
        """Return Phi((log y - mu) / sigma)."""
        return np.asarray(special.ndtr(_standardised(y, theta)))

    def quantile(self, share: Floats, theta: Floats) -> Floats:
        """Return exp(mu + sigma Phi^-1(share))."""
        return np.asarray(np.exp(theta[0] + np.exp(theta[1]) * special.ndtri(share)))

    def mean(self, theta: Floats) -> Floats:
        """Return exp(mu + sigma^2 / 2)."""
        return np.asarray(np.exp(theta[0] + np.exp(2 * theta[1]) / 2))

    def gini(self, theta: Floats) -> Floats:
        """Return 2 Phi(sigma / sqrt 2) - 1 (Aitchison and Brown 1957)."""
        return np.asarray(special.erf(np.exp(theta[1]) / 2))


def _standardised(y: Floats, theta: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        return np.asarray((np.log(np.maximum(y, 0.0)) - theta[0]) / np.exp(theta[1]))


# of u: beyond, e^u or e^-u has no number, and the first term of a share is all of it
_FARTHEST = 600.0
# where the incomplete beta function is near its underflow and is taken from its series
_LEAST = 1e-280
# of u in the sum for the Gini coefficient: its error falls as exp(-2 pi^2 / step), 1e-21 here
_STEP = 0.4


@dataclass(frozen=True)
class GeneralisedBeta:
    """The GB2 distribution, parameters log(a), log(b), log(p), log(q) unless fixed."""

    name: str
    # which of the four are parameters; the others are 0, and so a, b, p or q is 1
    free: tuple[int, ...]

    @property
    def size(self) -> int:
        """Number of parameters."""
        return len(self.free)

    @property
    def limits(self) -> tuple[Floats, Floats]:
        """Bounds of a, p and q, beyond which it is log-normal, Weibull or gamma."""
        low, high = np.array([-2.5, -np.inf, -4.0, -4.0]), np.array([4.6, np.inf, 5.0, 5.0])
        return low[list(self.free)], high[list(self.free)]

    def starts(self, centre: Floats, spread: Floats) -> list[Floats]:
        """Return log-logistic distributions with the moments given, bent to either side."""
        result = []
        for p, q in _BENDS:
            if (p != 1 and 2 not in self.free) or (q != 1 and 3 not in self.free):
                continue
            # the logarithm of odds of a beta variable has these moments
            a = np.sqrt(special.polygamma(1, p) + special.polygamma(1, q)) / spread
            log_b = centre - (special.digamma(p) - special.digamma(q)) / a
            whole = np.stack(
                [np.log(a), log_b, np.full_like(centre, np.log(p)), np.full_like(centre, np.log(q))]
            )
            result.append(whole[list(self.free)])
        return result

    def log_tails(self, y: Floats, theta: Floats) -> tuple[Floats, Floats]:
        """Return the logarithms of I_z(p, q) and I_{1-z}(q, p), accurate where small."""
        u, p, q = self._odds(y, theta)
        with np.errstate(invalid="ignore"):  # no distribution, no share
            if 2 not in self.free:
                above = -q * np.logaddexp(0.0, u)
                return np.where(u < -_FARTHEST, np.log(q) + u, _other_side(above)), above
            if 3 not in self.free:
                below = -p * np.logaddexp(0.0, -u)
                return below, np.where(u > _FARTHEST, np.log(p) - u, _other_side(below))
            return _both_sides(u, p, q)

    def log_density(self, y: Floats, theta: Floats) -> Floats:
        """Return log a + p u - (p + q) log(1 + e^u) - log y - log B(p, q)."""
        u, p, q = self._odds(y, theta)
        log_a = self._all_parameters(theta)[0]
        with np.errstate(invalid="ignore"):  # no distribution, no density
            return np.asarray(
                log_a + p * u - (p + q) * np.logaddexp(0.0, u) - np.log(y) - special.betaln(p, q)
            )

    def log_density_derivatives(
        self, y: Floats, theta: Floats
    ) -> tuple[list[Floats], dict[tuple[int, int], Floats]]:
        """Return derivatives by log-parameters, through u: du = u dlog(a) - a dlog(b)."""
        u, p, q = self._odds(y, theta)
        a, z, above = np.exp(self._all_parameters(theta)[0]), special.expit(u), special.expit(-u)
        steep, bent = p * above - q * z, -(p + q) * z * above  # of the log-density in u
        first, second = [1 + steep * u, -a * steep], {}
        second[0, 0] = (bent * u + steep) * u
        second[0, 1], second[1, 1] = -a * (bent * u + steep), a**2 * bent
        both = special.polygamma(1, p + q)
        centre = special.digamma(p + q)
        for place, own, share, side in ((2, p, u, above), (3, q, -u, -z)):
            first.append(own * (centre - special.digamma(own) - np.logaddexp(0.0, -share)))
            second[0, place], second[1, place] = own * u * side, -a * own * side
            second[place, place] = first[place] + own**2 * (both - special.polygamma(1, own))
        second[2, 3] = p * q * both + 0.0 * u
        free = {item: place for place, item in enumerate(self.free)}
        of_free = {
            (free[i], free[j]): value for (i, j), value in second.items() if i in free and j in free
        }
        return [first[item] for item in self.free], of_free

    def cdf(self, y: Floats, theta: Floats) -> Floats:
        """Return I_z(p, q)."""
        return np.exp(self.log_tails(y, theta)[0])

    def quantile(self, share: Floats, theta: Floats) -> Floats:
        """Return b (z / (1 - z))^(1/a) at the z whose incomplete beta function is the share."""
        log_a, log_b, log_p, log_q = self._all_parameters(theta)
        p, q = np.exp(log_p), np.exp(log_q)
        below, above = special.betaincinv(p, q, share), special.betainccinv(q, p, share)
        with np.errstate(divide="ignore", invalid="ignore"):
            # scipy's inverse is 1e-8 off at the median of some (p = q = 1.1875): one step of
            # Newton's
            log_density = (
                (p - 1) * np.log(below) + (q - 1) * np.log1p(-below) - special.betaln(p, q)
            )
            nearer = below - (special.betainc(p, q, below) - share) / np.exp(log_density)
            middle = (below > 0.1) & (below < 0.9)
            below, above = np.where(middle, nearer, below), np.where(middle, 1 - nearer, above)
            odds = np.where(
                below < 0.5, np.log(below) - np.log1p(-below), np.log1p(-above) - np.log(above)
            )
        return np.asarray(np.exp(log_b + odds / np.exp(log_a)))

    def mean(self, theta: Floats) -> Floats:
        """Return b B(p + 1/a, q - 1/a) / B(p, q); infinite where a q is not above 1."""
        log_a, log_b, log_p, log_q = self._all_parameters(theta)
        p, q, one = np.exp(log_p), np.exp(log_q), np.exp(-log_a)
        left = np.where(q > one, q - one, np.nan)
        result = np.exp(log_b + special.betaln(p + one, left) - special.betaln(p, q))
        return np.where(q > one, result, np.inf)

    def gini(self, theta: Floats) -> Floats:
        """Return the Gini coefficient, closed for Singh-Maddala and Dagum, otherwise an integral.

        1 - G = integral of S^2 / integral of S, with S the share above. Along v = log(y / b) the
        integrand falls exponentially on both sides and is analytic, so that the plain sum over
        equal steps is exact to rounding.
        """
        log_a, _, log_p, log_q = self._all_parameters(theta)
        a, p, q = np.exp(log_a), np.exp(log_p), np.exp(log_q)
        heavy = a * q <= 1
        if 2 not in self.free:
            q = np.where(heavy, np.nan, q)
            of_two = special.gammaln(q) + special.gammaln(2 * q - 1 / a)
            result = -np.expm1(of_two - special.gammaln(q - 1 / a) - special.gammaln(2 * q))
        elif 3 not in self.free:
            a = np.where(heavy, np.nan, a)
            of_two = special.gammaln(p) + special.gammaln(2 * p + 1 / a)
            result = np.expm1(of_two - special.gammaln(2 * p) - special.gammaln(p + 1 / a))
        else:
            lost = ~np.isfinite(a * p * q)
            plain = [np.where(lost, 2.0, item) for item in (a, p, np.where(heavy, 2 / a, q))]
            result = np.where(lost, np.nan, self._gini_by_sum(*plain))
        return np.where(heavy, 1.0, result)

    def _gini_by_sum(self, a: Floats, p: Floats, q: Floats) -> Floats:
        # people's own centre, where their shares turn, as the origin of both sides
        origin = (special.digamma(p) - special.digamma(q)) / a
        width = 4 * np.sqrt(special.polygamma(1, p) + special.polygamma(1, q)) / a
        left = origin - width - 38.0
        right = origin + width + 38.0 / (2 * a * q - 1)
        nodes = int(np.ceil(np.max(a * (right - left), initial=1.0) / _STEP))
        step = (right - left) / nodes
        v = left[..., None] + step[..., None] * np.arange(nodes + 1)
        _, above = _both_sides(a[..., None] * v, p[..., None], q[..., None])
        log_mean = special.betaln(p + 1 / a, q - 1 / a) - special.betaln(p, q)
        return np.asarray(1 - np.exp(2 * above + v - log_mean[..., None]).sum(axis=-1) * step)

    def _all_parameters(self, theta: Floats) -> list[Floats]:
        zero = np.zeros_like(np.asarray(theta[0], dtype=float))
        return [
            theta[self.free.index(position)] if position in self.free else zero
            for position in range(4)
        ]

    def _odds(self, y: Floats, theta: Floats) -> tuple[Floats, Floats, Floats]:
        log_a, log_b, log_p, log_q = self._all_parameters(theta)
        with np.errstate(divide="ignore"):
            u = np.exp(log_a) * (np.log(np.maximum(y, 0.0)) - log_b)
        return u, np.exp(log_p), np.exp(log_q)


_BENDS = (
    (1.0, 1.0),
    (0.5, 1.0),
    (2.0, 1.0),
    (1.0, 0.5),
    (1.0, 2.0),
    (0.5, 2.0),
    (2.0, 0.5),
    (2.5, 2.5),
)
SINGH_MADDALA = GeneralisedBeta("Singh-Maddala", (0, 1, 3))
DAGUM = GeneralisedBeta("Dagum", (0, 1, 2))
GB2 = GeneralisedBeta("GB2", (0, 1, 2, 3))


def _other_side(log_share: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        return np.log(-np.expm1(log_share))


def _both_sides(u: Floats, p: Floats, q: Floats) -> tuple[Floats, Floats]:
    """Return the logarithms of both tails, the larger as the complement of the smaller."""
    below, above = _incomplete(p, q, u), _incomplete(q, p, -u)
    small = below < above
    return np.where(small, below, _other_side(above)), np.where(small, _other_side(below), above)


def _incomplete(p: Floats, q: Floats, u: Floats) -> Floats:
    """Return log I_z(p, q) at z = 1 / (1 + exp(-u)), by its series where it underflows."""
    z = special.expit(u)
    share = np.asarray(special.betainc(p, q, z))
    with np.errstate(divide="ignore"):
        result: Floats = np.log(share)
    low = (share < _LEAST) & np.isfinite(u)
    if low.any():
        p, q, u, z = (np.broadcast_to(item, share.shape)[low] for item in (p, q, u, z))
        term, total = np.ones_like(z), np.ones_like(z)
        for k in range(200):
            term = term * z * (p + q + k) / (p + 1 + k)
            total = total + term
        lead = (
            -p * np.logaddexp(0.0, -u) - q * np.logaddexp(0.0, u) - np.log(p) - special.betaln(p, q)
        )
        result = np.array(result)
        result[low] = lead + np.log(total)
    return result


IncomeDistribution: TypeAlias = LogNormal | GeneralisedBeta
"""A family of distributions on incomes.

Parameters stand along the first axis of `theta`; their other axes and those of incomes go together
as in numpy. One of them is the logarithm of a unit of money, so that the family is the same in
euros and in dollars; beyond the `limits` of the others it is another distribution.
"""


@dataclass(frozen=True)
class WithZeros:
    """A share s of people without income, and a distribution of the other incomes."""

    # the mean is (1 - s) times that of the distribution, and the Gini coefficient s + (1 - s) G
    distribution: IncomeDistribution  # of incomes above zero. Parameters are its own, then 100 s

    @property
    def name(self) -> str:
        """That of the distribution."""
        return self.distribution.name

    @property
    def size(self) -> int:
        """Number of parameters."""
        return self.distribution.size + 1

    def log_density(self, y: Floats, theta: Floats) -> Floats:
        """Return that of incomes above zero."""
        return np.log1p(-_share(theta)) + self.distribution.log_density(y, theta[:-1])

    def cdf(self, y: Floats, theta: Floats) -> Floats:
        """Return the share without an income, and of the others those below."""
        zero = _share(theta)
        return zero + (1 - zero) * self.distribution.cdf(y, theta[:-1])

    def quantile(self, share: Floats, theta: Floats) -> Floats:
        """Return 0 up to the share without an income, then the quantiles of the others."""
        zero = _share(theta)
        result = self.distribution.quantile(
            np.clip((share - zero) / (1 - zero), 0.0, 1.0), theta[:-1]
        )
        return np.where(share <= zero, 0.0, result)

    def mean(self, theta: Floats) -> Floats:
        """Return the mean of everybody."""
        return (1 - _share(theta)) * self.distribution.mean(theta[:-1])

    def gini(self, theta: Floats) -> Floats:
        """Return the Gini coefficient of everybody."""
        zero = _share(theta)
        return zero + (1 - zero) * self.distribution.gini(theta[:-1])


def _share(theta: Floats) -> Floats:
    return np.asarray(theta[-1] / 100)
