"""The poverty line: a fraction of a median, with the sampling error that it brings to everything measured against it.

A line at `fraction` times the median q of the incomes y of N people has the linearised variable (Deville 1999)

    z_i(line) = -fraction / (N f(q)) (1[y_i <= q] - 1/2)

with the density f by a normal kernel. An estimate that changes by `slope` when the line moves by one owes it
`slope z(line)`: on everybody, where the line is that of the universe and the estimate that of a domain.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from diplab.errors import OptionError, one_of
from diplab.estimators.conventions import Convention, convention_named
from diplab.estimators.density import density
from diplab.sampling.expression import ONE, Apply, Expression, expression_of

if TYPE_CHECKING:
    from diplab.estimators.statistic import Linearised
    from diplab.reference.parameter import Parameter
    from diplab.sampling.totals import Totals

__all__ = ["Line", "owing", "poverty_line"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Line:
    """A poverty line as an estimate may use it.

    Parameters
    ----------
    totals : Totals
        Of the estimate.
    income : Expression
    convention : Convention
    fraction : float
    fixed : Expression or None
        A line that has no sampling error: one number, or a column with the line of each household. None where the
        line is estimated.
    of_everybody : bool
        Whether an estimated line is that of the universe rather than of the domain.
    """

    totals: Totals
    income: Expression
    convention: Convention
    fraction: float
    fixed: Expression | None
    of_everybody: bool

    def at(self, totals: Totals) -> Expression:
        """Return the line as an expression: of the row's domain, or of its own; by replicate where totals are."""
        return self.fixed if self.fixed is not None else expression_of(self.level(totals))

    def level(self, totals: Totals) -> Floats:
        """Return the estimated line by domain (and replicate)."""
        scope = totals.universe if self.of_everybody else totals
        middle = scope.quantile(self.income, 0.5, self.convention.rule)
        found: Floats = self.fraction * middle * np.ones(totals.domains)
        return found

    def poor(self, totals: Totals) -> Expression:
        """Return the condition of being poor."""
        return Apply(self.convention.poor, (self.income, self.at(totals)))

    @property
    def variable(self) -> Expression:
        """Linearised variable of an estimated line, on its own scope."""
        scope = self.totals.universe if self.of_everybody else self.totals
        middle = scope.quantile(self.income, 0.5, self.convention.rule)
        (people,) = scope(ONE)
        with np.errstate(divide="ignore", invalid="ignore"):
            steep = -self.fraction / (people * density(scope, self.income, middle))
        return ((self.income <= middle) - 0.5) * steep

    def height(self, totals: Totals) -> Floats:
        """Return the density by domain where the convention takes the slope of a rate: at the line, or the median."""
        at = self.level(totals)
        return density(totals, self.income, at if self.convention.slope_at == "line" else at / self.fraction)


def poverty_line(
    totals: Totals,
    income: Expression,
    *,
    fraction: float,
    threshold: float | Parameter | Expression | None,
    threshold_on: str,
    convention: str,
) -> Line:
    """Return the line that the options of a poverty statistic ask for.

    Raises
    ------
    OptionError
        Where an option is not one of its words, or the fraction not above zero.
    """
    if threshold_on not in ("universe", "domain"):
        raise one_of("`threshold_on`", threshold_on, ["universe", "domain"])
    school = convention_named(convention)
    if not fraction > 0:
        raise OptionError(
            f"A poverty line at {fraction:g} times the median was asked for.",
            "A line at or below zero has nobody under it.",
            "Write for example `fraction=0.6`.",
        )
    fixed: Expression | None = None
    if threshold is not None:
        fixed = threshold if isinstance(threshold, Expression) else expression_of(float(threshold))
    # on one scope there is nobody else to owe anything to
    of_everybody = threshold_on == "universe" and totals.universe is not totals
    return Line(totals, income, school, fraction, fixed, of_everybody)


def owing(found: Linearised, slope: Floats, line: Line) -> Linearised:
    """Return an estimate with what it owes to the sampling error of its line.

    Parameters
    ----------
    found : Linearised
        The estimate, its line taken as known.
    slope : array, shape (domains,)
        Its change when the line moves by one.
    line : Line
    """
    if line.fixed is not None:
        return found
    if line.of_everybody:
        return replace(found, beyond=(*found.beyond, (slope, line.variable)))
    return replace(found, variable=found.variable + slope * line.variable)
