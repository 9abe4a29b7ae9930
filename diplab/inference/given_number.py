"""A number given as such, as a range, or as a result, with what is known of its error."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.checks import is_number
from diplab.errors import MisleadingError, OptionError
from diplab.inference.banded.bounds import AT_LEAST, AT_MOST
from diplab.kernel.intervals import NumberWithInterval, student
from diplab.results.estimates import Estimates

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["GivenNumber", "given_number"]


@dataclass(frozen=True, eq=False)
class GivenNumber:
    """A number given: its value, NaN where only its ends are known, with what is known of its error."""

    name: str
    value: float
    std_error: float
    low: float
    high: float
    df: float
    flag: str
    n: float
    level: str
    behind: Estimates | None

    @property
    def bounds(self) -> bool:
        """Whether only ends are known."""
        return math.isnan(self.value)

    @property
    def exact(self) -> bool:
        """Whether it has no error."""
        return not self.bounds and not self.std_error > 0

    @property
    def most(self) -> float:
        """The highest that it may be without sampling."""
        return self.high if self.bounds else self.value

    @property
    def is_range(self) -> bool:
        """Whether it was given as a range of numbers."""
        return self.bounds and self.behind is None

    def known(self, level: float) -> NumberWithInterval:
        """Return the number with its interval; where that reaches zero, with one on the log scale (delta method)."""
        if self.bounds:
            return NumberWithInterval(self.low, self.low, self.high)
        if self.exact:
            return NumberWithInterval(self.value, self.value, self.value)
        if self.low > 0 and self.high >= self.value:
            return NumberWithInterval(self.value, self.low, self.high)
        t = float(student(level, np.array([self.df]))[0])
        spread = math.exp(t * self.std_error / self.value)
        return NumberWithInterval(self.value, self.value / spread, self.value * spread)


def given_number(given: object, name: str, asked: str) -> GivenNumber:
    """Read a number above or at zero: as such, as a range `(low, high)`, or as a result.

    Parameters
    ----------
    given : float, (float, float) or Estimates
        A result has one row, or the two rows of the bounds of a variable in bands.
    name : str
        Of the option, for errors.
    asked : str
        What was asked, for errors.

    Raises
    ------
    OptionError
        Where it is none of these.
    MisleadingError
        Where one bound of a variable in bands stands alone.
    """
    if isinstance(given, Estimates):
        return _of_result(given, name, asked)
    ends: tuple[Any, ...] = given if isinstance(given, tuple) and len(given) == 2 else (given, given)
    read = [float(each) for each in ends if is_number(each) and math.isfinite(each) and each >= 0]
    if len(read) != 2:
        raise _no_number(name, repr(given), asked)
    if read[0] > read[1]:
        raise OptionError(
            asked,
            f"`{name}` goes from {read[0]:g} to {read[1]:g}, the highest first.",
            f"Write `({read[1]:.15g}, {read[0]:.15g})`.",
        )
    value = read[0] if read[0] == read[1] else math.nan
    return GivenNumber(name, value, math.nan, read[0], read[1], math.inf, "", math.nan, "", None)


def _of_result(given: Estimates, name: str, asked: str) -> GivenNumber:
    categories = list(map(str, given.frame["category"]))
    if categories == [AT_LEAST, AT_MOST]:
        return _of_ends(given, name, asked)
    if len(given) != 1:
        raise OptionError(
            asked,
            f"`{name}` has {len(given)} rows, and one number is needed.",
            f"Write one of them, for example `{name}=estimates.rows([0])`.",
        )
    if categories[0] in (AT_LEAST, AT_MOST):
        raise MisleadingError(
            asked,
            f"`{name}` is the bound `{categories[0]}` of a variable in bands, and no estimate.",
            f"Write both bounds, `{name}=estimates.rows([0, 1])`, or an answer by a law.",
        )
    record: dict[Any, Any] = given.frame.iloc[0].to_dict()
    number = {key: float(record[key]) for key in ("estimate", "std_error", "ci_low", "ci_high", "df", "n")}
    value, bounded = number["estimate"], number["ci_low"] >= 0 and number["ci_high"] >= number["ci_low"]
    if not value > 0 and not (math.isnan(value) and bounded):
        raise _no_number(name, f"{value:g}", asked)
    return _read(given, name, number, str(record["flag"]))


def _of_ends(given: Estimates, name: str, asked: str) -> GivenNumber:
    """Return two bounds as one number; their interval holds the number as often as it says (Imbens and Manski 2004)."""
    first, last = (given.frame.iloc[row] for row in (0, 1))
    low, high = (
        float(row["estimate"] if math.isnan(float(row[end])) else row[end])
        for row, end in ((first, "ci_low"), (last, "ci_high"))
    )
    if not math.isfinite(high):
        raise OptionError(
            asked,
            f"`{name}` has no upper end.",
            "Close the open band at the top, for example at `(40, 168)` for hours a week.",
        )
    number = {"estimate": math.nan, "std_error": math.nan, "ci_low": max(low, 0.0), "ci_high": high,
              "df": float(first["df"]), "n": float(first["n"])}  # fmt: skip
    return _read(given, name, number, "bounds")


def _read(given: Estimates, name: str, number: Mapping[str, float], flag: str) -> GivenNumber:
    return GivenNumber(
        name, number["estimate"], number["std_error"], number["ci_low"], number["ci_high"],
        math.inf if math.isnan(number["df"]) else number["df"], flag, number["n"],
        given.provenance.rules.get("confidence", ""), given,
    )  # fmt: skip


def _no_number(name: str, shown: str, asked: str) -> OptionError:
    return OptionError(
        asked,
        f"`{name}` is {shown}, and is to be a number above zero or a result of one row.",
        "Write for example `dl.full_time_equivalents(260_000, 0.67, week=35)`, or a range `(0.6, 0.7)`.",
    )
