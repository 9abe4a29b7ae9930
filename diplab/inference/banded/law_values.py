"""What a law fitted to bands says of a statistic, and how that moves with the law and with who answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from diplab.kernel.bands.distributions import gradient

if TYPE_CHECKING:
    from collections.abc import Mapping

    from diplab.kernel.bands.distributions import IncomeDistribution

__all__ = ["LawValue", "Question", "law_point", "law_value"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Question:
    """A statistic of a law.

    Parameters
    ----------
    name : str
        `mean`, `median`, `quantile`, `gini`, `arpt` or `arpr`.
    p : float
        Share of a quantile.
    fraction : float
        Of the median, that makes a line.
    line : array, shape (groups,), or None
        Fixed line of each group of rows.
    """

    name: str
    p: float
    fraction: float
    line: Floats | None

    @classmethod
    def of(cls, name: str, options: Mapping[str, Any], line: Floats | None) -> Question:
        """Return the question that a statistic with its options asks."""
        p = float(options["p"]) if name == "quantile" else 0.5
        return cls(name, p, float(options.get("fraction", 0.6)), line)


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


def law_point(
    law: IncomeDistribution,
    theta: Floats,
    question: Question,
    share: Floats,
    everybody: Floats | None,
) -> Floats:
    """Return a statistic of laws, one a column of `theta`.

    Parameters
    ----------
    law : Law
    theta : array, shape (parameters, domains)
    question : Question
    share : array, shape (domains, groups)
        Share of each group of rows among the people of a domain.
    everybody : array, shape (parameters, domains) or (parameters, 1), or None
        The laws whose medians make the lines; None for those of the domains.
    """
    if question.name == "arpr" and question.line is not None:
        found: Floats = (_below(law, theta, question.line) * share).sum(axis=-1)
        return found
    if question.name in ("arpr", "arpt"):
        level = question.fraction * law.quantile(np.array(0.5), theta if everybody is None else everybody)
        if question.name == "arpt":
            line: Floats = level + 0.0 * theta[0]
            return line
        # half of everybody without an income leave no line, and so no rate
        under: Floats = np.where(level > 0, law.cdf(level, theta), np.nan)
        return under
    if question.name == "mean":
        return law.mean(theta)
    if question.name == "gini":
        return law.gini(theta)
    return law.quantile(np.array(question.p), theta)


def law_value(
    law: IncomeDistribution,
    theta: Floats,
    question: Question,
    share: Floats,
    everybody: Floats | None,
) -> LawValue:
    """Return a statistic of laws and how it moves; parameters as for `law_point`."""

    def value(at: Floats) -> Floats:
        return law_point(law, at, question, share, everybody)

    point, nothing, flat = value(theta), np.zeros(theta.shape[1]), np.zeros(law.size)
    with np.errstate(invalid="ignore"):
        slope = gradient(value, theta)
    if question.name == "arpr" and question.line is not None:
        return LawValue(point, slope, nothing, flat, _below(law, theta, question.line))
    if question.name not in ("arpr", "arpt") or everybody is None:
        return LawValue(point, slope, nothing, flat)

    def threshold(at: Floats) -> Floats:
        found: Floats = question.fraction * law.quantile(np.array(0.5), at)
        return found

    level, turned = threshold(everybody), gradient(threshold, everybody)[:, 0]
    if question.name == "arpt":
        return LawValue(point, slope, np.ones_like(point), turned)
    with np.errstate(divide="ignore"):
        steep = np.exp(law.log_density(level, theta))
    return LawValue(point, slope, steep, turned)


def _below(law: IncomeDistribution, theta: Floats, line: Floats) -> Floats:
    """Return the share of people of each law below the line of each group of rows, (domains, groups)."""
    lines, place = np.unique(line, return_inverse=True)
    found: Floats = law.cdf(lines, theta[..., None])[:, place]
    return found
