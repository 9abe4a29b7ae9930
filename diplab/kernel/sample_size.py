"""How many respondents a precision or a power takes, and what a number of them gives.

Everything rests on one variance: that of an estimate from n respondents in each group of N people,

    V(n) = deff S^2 (1 / n - 1 / N)

with S^2 the sum over the groups of the variance of the variable (Cochran 1977, ch. 4) and deff the design effect
against a simple random sample without replacement (Kish 1965, section 8.2). Normal quantiles z are used throughout.
"""

from __future__ import annotations

import math

from scipy import special


def _z(probability: float) -> float:
    return float(special.ndtri(probability))


def share_variance(share: float, population: float = math.inf) -> float:
    """Return the variance of a trait that a share of people have: p (1 - p) N / (N - 1)."""
    return share * (1 - share) * (1.0 if math.isinf(population) else population / (population - 1))


def _with_fpc(needed: float, population: float) -> float:
    return needed / (1 + needed / population)


def respondents(
    variance: float, margin: float, confidence: float, deff: float = 1.0, population: float = math.inf
) -> float:
    """Return how many respondents a margin takes: n0 / (1 + n0 / N), n0 = deff z^2 S^2 / margin^2 (Cochran 1977)."""
    return _with_fpc(deff * _z(0.5 + confidence / 2) ** 2 * variance / margin**2, population)


def half_width(variance: float, n: float, confidence: float, deff: float = 1.0, population: float = math.inf) -> float:
    """Return the margin that respondents give: z sqrt(deff S^2 (1 / n - 1 / N))."""
    return _z(0.5 + confidence / 2) * math.sqrt(deff * variance * (1 / n - 1 / population))


def respondents_for_power(
    difference: float,
    alike: float,
    apart: float,
    confidence: float,
    power: float,
    deff: float = 1.0,
    population: float = math.inf,
) -> float:
    """Return how many respondents in each of two groups show a difference with some power (two-sided test).

    n0 = deff (z_a sqrt(S0^2) + z_b sqrt(S1^2))^2 / difference^2 with z_a of the confidence and z_b of the power; S0^2
    is the summed variance if the groups are alike, S1^2 if they are apart (Fleiss 1981, ch. 3, without continuity
    correction).
    """
    reach = _z(0.5 + confidence / 2) * math.sqrt(alike) + _z(power) * math.sqrt(apart)
    return _with_fpc(deff * (reach / difference) ** 2, population)


def power_of(
    n: float,
    difference: float,
    alike: float,
    apart: float,
    confidence: float,
    deff: float = 1.0,
    population: float = math.inf,
) -> float:
    """Return the power that respondents in each of two groups give: the reverse of `respondents_for_power`."""
    left = deff * (1 / n - 1 / population)
    if left <= 0:
        return 1.0
    reach = abs(difference) / math.sqrt(left) - _z(0.5 + confidence / 2) * math.sqrt(alike)
    return float(special.ndtr(reach / math.sqrt(apart)))
