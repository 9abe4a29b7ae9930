"""The poverty line: a fraction of a median, with the sampling error that it brings to everything measured against it.

A line at `fraction` times the median q of the incomes y of N people has the linearised variable (Deville 1999)

    z_i(line) = -fraction / (N f(q)) (1[y_i <= q] - 1/2)

with the density f by a normal kernel. An estimate that changes by `slope` when the line moves by one owes it
`slope z(line)`: on everybody, where the line is that of the universe and the estimate that of a domain.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from diplab.errors import MisleadingError, OptionError, one_of
from diplab.estimators.conventions import Convention, convention_named
from diplab.estimators.density import bandwidth, density
from diplab.reference.parameter import Parameter
from diplab.sampling.expression import ONE, Apply, Constant, Expression, expression_of, only_where

if TYPE_CHECKING:
    from diplab.estimators.statistic import Linearised
    from diplab.sampling.totals import Totals

__all__ = ["Line", "owing", "poverty_line"]

Floats = NDArray[np.float64]

USUAL = 0.6
"""The European fraction of the median."""

_SLACK = 1e-12
"""Relative distance within which an income is at the line: 0.6 times a median is rounded."""


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
    _medians: dict[Totals, Floats] = field(default_factory=dict, init=False, repr=False)

    def at(self, totals: Totals) -> Expression:
        """Return the line as an expression: of the row's domain, or of its own; by replicate where totals are."""
        return self.fixed if self.fixed is not None else expression_of(self.level(totals))

    def level(self, totals: Totals) -> Floats:
        """Return the estimated line by domain (and replicate)."""
        scope = totals.universe if self.of_everybody else totals
        found: Floats = self.fraction * self._median(scope) * np.ones(totals.domains)
        return found

    def _median(self, scope: Totals) -> Floats:
        if scope not in self._medians:
            self._medians[scope] = scope.quantile(self.income, 0.5, self.convention.rule)
        return self._medians[scope]

    def poor(self, totals: Totals) -> Expression:
        """Return the condition of being poor; an income within rounding of the line is at the line."""
        return self._compared(totals, self.convention.poor)

    def below(self, totals: Totals) -> Expression:
        """Return the condition of being strictly below the line, in every convention."""
        return self._compared(totals, "<")

    def _compared(self, totals: Totals, how: str) -> Expression:
        near = 1 - _SLACK if how == "<" else 1 + _SLACK
        at = self.fixed * near if self.fixed is not None else expression_of(self.level(totals) * near)
        return Apply(how, (self.income, at))

    def known(self, totals: Totals, found: Floats) -> Floats:
        """Return what was measured against the line, undefined where an estimated line is not above zero."""
        return found if self.fixed is not None else np.where(self.level(totals) > 0, found, np.nan)

    @property
    def variable(self) -> Expression:
        """Linearised variable of an estimated line, on its own scope."""
        scope = self.totals.universe if self.of_everybody else self.totals
        middle = self._median(scope)
        (people,) = scope(ONE)
        with np.errstate(divide="ignore", invalid="ignore"):
            steep = -self.fraction / (people * density(scope, self.income, middle))
        return ((self.income <= middle) - 0.5) * steep

    def width_of(self, y: Expression) -> Floats:
        """Return the bandwidth of the densities of a median gap."""
        return bandwidth(
            self.totals.universe if self.convention.bandwidth_of == "universe" else self.totals, y
        )

    def slope_point(self, totals: Totals) -> Floats:
        """Return where the convention takes the density that is the slope of a rate: at the line, or the median."""
        at = self.level(totals)
        return at if self.convention.slope_at == "line" else at / self.fraction

    def height(self, totals: Totals) -> Floats:
        """Return the density by domain that is the slope of a rate."""
        return density(totals, self.income, self.slope_point(totals))


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
        Where an option is not one of its words, the fraction is not above zero and at most one, the threshold is not a
        number above zero, or both a threshold and what would estimate it are given.
    MisleadingError
        Where some household's line is not above zero.
    """
    if threshold_on not in ("universe", "domain"):
        raise one_of("`threshold_on`", threshold_on, ["universe", "domain"])
    school = convention_named(convention)
    _check_fraction(fraction)
    fixed: Expression | None = None
    if threshold is not None:
        _check_alone(threshold, fraction, threshold_on)
        fixed = _fixed(totals, threshold)
    # on one scope there is nobody else to owe anything to
    of_everybody = threshold_on == "universe" and totals.universe is not totals
    return Line(totals, income, school, fraction, fixed, of_everybody)


def _check_fraction(fraction: float) -> None:
    number = isinstance(fraction, int | float | np.integer | np.floating) and not isinstance(fraction, bool)
    if number and 0 < fraction <= 1:
        return
    found = "A line at or below zero has nobody under it." if number else "A fraction is a number."
    if number and fraction > 1:
        found = "A line above the median has more than half of everybody under it."
    raise OptionError(
        f"A poverty line at {f'{fraction:g}' if number else repr(fraction)} times the median was asked for.",
        found,
        "Write for example `fraction=0.6`.",
    )


def _check_alone(threshold: object, fraction: float, threshold_on: str) -> None:
    """Refuse a fixed line together with what would estimate one: either would be silently left out."""
    both = {"fraction": fraction != USUAL, "threshold_on": threshold_on != "universe"}
    given = {"fraction": fraction, "threshold_on": threshold_on}
    for option in (name for name, too in both.items() if too):
        raise OptionError(
            f"A fixed `threshold` was asked for together with `{option}={given[option]!r}`.",
            "A fixed line is estimated on nobody, as a fraction of nothing.",
            f"Write `threshold` or `{option}`, not both.",
        )


def _fixed(totals: Totals, threshold: float | Parameter | Expression) -> Expression:
    """Return a line without sampling error, which is above zero for everybody."""
    if isinstance(threshold, Expression) and not isinstance(threshold, Constant):
        low = int(totals.within(threshold <= 0.0).n.sum())
        if low:
            raise MisleadingError(
                "A column with the line of each household was asked for as `threshold`.",
                f"In {low} rows it is at or below zero, where nobody can be poor.",
                "Write the lines in the unit of income, and leave a household without a line missing.",
            )
        return threshold
    value = threshold.value if isinstance(threshold, Constant | Parameter) else threshold
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float | np.integer | np.floating)
        or not 0 < value < np.inf
    ):
        raise OptionError(
            f"A poverty line was asked for with `threshold={value!r}`.",
            "A line is a number above zero, a dated parameter, or a column.",
            "Write for example `threshold=1026`, `threshold=parameter('poverty_threshold_60', 2016)` or "
            "`threshold='line'`.",
        )
    return expression_of(float(value))


def owing(found: Linearised, slope: Floats, line: Line, asked: Expression = ONE) -> Linearised:
    """Return an estimate with what it owes to the sampling error of its line.

    Parameters
    ----------
    found : Linearised
        The estimate, its line taken as known.
    slope : array, shape (domains,)
        Its change when the line moves by one.
    line : Line
    asked : Expression
        1 where there is an income and 0 elsewhere, for an estimate that counts people without one.
    """
    if line.fixed is not None:
        return found
    own = line.variable if asked is ONE else only_where(asked, line.variable)
    if line.of_everybody:
        return replace(found, beyond=(*found.beyond, (slope, own)), steps=True)
    return replace(found, variable=found.variable + slope * own, steps=True)
