"""What a law fitted to bands says of a statistic, and how that moves with the law and with who answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from diplab.kernel.income_laws.differences import gradient

if TYPE_CHECKING:
    from collections.abc import Mapping

    from diplab.kernel.income_laws.law import Law

__all__ = ["LawValue", "law_value"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LawValue:
    """A statistic read from a law in each domain.

    Parameters
    ----------
    point : array, shape (domains,)
    slope : array, shape (parameters, domains)
        Its derivative in the parameters of the domain's own law.
    of_universe : array, shape (domains,)
        Its derivative in the poverty line, where that is of everybody; 0 elsewhere.
    line_slope : array, shape (parameters,)
        Derivative of that line in the parameters of everybody's law.
    by_group : array, shape (domains, groups), or None
        What it says of each group of rows, where the statistic is a mean of that.
    """

    point: Floats
    slope: Floats
    of_universe: Floats
    line_slope: Floats
    by_group: Floats | None = None


def law_value(
    law: Law,
    theta: Floats,
    name: str,
    options: Mapping[str, Any],
    line: Floats | None,
    share: Floats,
    everybody: Floats | None,
) -> LawValue:
    """Return a statistic of the laws of several domains.

    Parameters
    ----------
    law : Law
    theta : array, shape (parameters, domains)
    name : str
        `mean`, `median`, `quantile`, `gini`, `arpt` or `arpr`.
    options : mapping
        Of the statistic.
    line : array, shape (groups,), or None
        Fixed line of each group of rows.
    share : array, shape (domains, groups)
        Share of each group among the people of a domain.
    everybody : array, shape (parameters, 1), or None
        The law whose median makes the line; None for that of the domain.
    """
    nothing, flat = np.zeros(theta.shape[1]), np.zeros(law.size)
    if name == "arpr" and line is not None:
        return _under_fixed(law, theta, line, share)
    fraction = float(options.get("fraction", 0.6))

    def threshold(at: Floats) -> Floats:
        found: Floats = fraction * law.quantile(np.array(0.5), at)
        return found

    if name in ("arpr", "arpt") and everybody is not None:
        level, turned = threshold(everybody)[0], gradient(threshold, everybody)[:, 0]
        if name == "arpt":
            point = np.full(theta.shape[1], level)
            return LawValue(point, np.zeros_like(theta), np.ones_like(point), turned)
        density = np.exp(law.log_density(level, theta))
        return LawValue(
            law.cdf(level, theta), gradient(lambda at: law.cdf(level, at), theta), density, turned
        )

    def value(at: Floats) -> Floats:
        if name == "arpr":
            return law.cdf(threshold(at), at)
        if name == "arpt":
            return threshold(at)
        if name == "mean":
            return law.mean(at)
        if name == "gini":
            return law.gini(at)
        return law.quantile(np.array(float(options["p"]) if name == "quantile" else 0.5), at)

    point = value(theta)
    with np.errstate(invalid="ignore"):
        return LawValue(point, gradient(value, theta), nothing, flat)


def _under_fixed(law: Law, theta: Floats, line: Floats, share: Floats) -> LawValue:
    """Return the share of people under the line of their own household: the mean of F(line) over rows."""
    lines, place = np.unique(line, return_inverse=True)

    def below(at: Floats) -> Floats:
        return law.cdf(lines, at[..., None])[:, place]

    def rate(at: Floats) -> Floats:
        found: Floats = (below(at) * share).sum(axis=-1)
        return found

    return LawValue(
        rate(theta), gradient(rate, theta), np.zeros(theta.shape[1]), np.zeros(law.size), below(theta)
    )
