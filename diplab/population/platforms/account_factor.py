"""The number of accounts a person, as given: a number, a published parameter, an estimate or bounds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import MisleadingError, OptionError
from diplab.kernel.intervals import student
from diplab.population.platforms.account_assumptions import MULTI_HOMING
from diplab.population.sizes import VARIABLE
from diplab.reference.parameter import Parameter
from diplab.reference.text import Text
from diplab.results.estimates import Estimates

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["AccountFactor", "factor_of"]

NUMBERS = ("count", "total")
"""Statistics that are no mean."""


@dataclass(frozen=True, eq=False)
class AccountFactor:
    """Accounts a person.

    Parameters
    ----------
    value : float
        The mean; NaN where only bounds are known.
    low, high : float
        Bounds, where only they are known; otherwise the value twice.
    std_error, df : float
        Zero and infinity where the number is taken as known.
    statuses : tuple of str
    sources : tuple of Text
    assumptions : tuple of Text
    behind : Estimates or None
        The estimate it is.
    """

    value: float
    low: float
    high: float
    std_error: float = 0.0
    df: float = math.inf
    statuses: tuple[str, ...] = ()
    sources: tuple[Text, ...] = ()
    assumptions: tuple[Text, ...] = ()
    behind: Estimates | None = None

    @property
    def only_bounds(self) -> bool:
        """Whether the number itself is not identified."""
        return math.isnan(self.value)

    @property
    def rules(self) -> dict[str, str]:
        """As written among the rules of a result."""
        if self.only_bounds:
            return {"multi_homing_low": f"{self.low:g}", "multi_homing_high": f"{self.high:g}"}
        return {"multi_homing": f"{self.value:g}"}

    @property
    def confidence(self) -> str:
        """Probability its bounds were widened for; empty where they were not."""
        if self.behind is None or not self.only_bounds:
            return ""
        return self.behind.provenance.rules.get("confidence", "")

    def interval(self, confidence: float) -> tuple[float, float]:
        """Return t standard errors on both sides, not below 1."""
        reach = float(student(confidence, np.array([self.df]))[0]) * self.std_error
        return max(self.value - reach, 1.0), self.value + reach

    def draws(self, number: int, seed: int) -> NDArray[np.float64]:
        """Return draws from the same law as the interval, not below 1."""
        random = np.random.default_rng(seed)
        law = random.standard_normal(number) if math.isinf(self.df) else random.standard_t(self.df, number)
        return np.maximum(self.value + self.std_error * law, 1.0)


def factor_of(multi_homing: float | Parameter | Estimates) -> AccountFactor:
    """Return accounts a person as given.

    Raises
    ------
    MisleadingError
        Where they are below 1: nobody who is counted holds less than one account.
    OptionError
        Where they are no number, or not one estimate.
    """
    if isinstance(multi_homing, Estimates):
        return _estimated(multi_homing)
    value = _number(multi_homing)
    if isinstance(multi_homing, Parameter):
        source = (Text.same(multi_homing.source),)
        return AccountFactor(value, value, value, statuses=(multi_homing.status,), sources=source)
    return AccountFactor(value, value, value)


def _number(multi_homing: Any) -> float:
    try:
        # True would be one account a person
        value = float("" if isinstance(multi_homing, bool) else multi_homing)
    except (TypeError, ValueError):
        raise OptionError(
            f"`multi_homing` was given as {str(multi_homing)[:60]!r}.",
            "It is the mean number of accounts a person.",
            "Write a number such as 1.27, a parameter, or what `multi_homing(...)` estimated.",
        ) from None
    _from_one(value)
    return value


def _from_one(value: float) -> None:
    if not 1 <= value < math.inf:
        raise MisleadingError(
            asked=f"`multi_homing` was given as {value:g}.",
            found="Everyone counted holds at least one account, so the mean is 1 or more.",
            write="Write accounts a person, such as 1.27.",
        )


def _estimated(multi_homing: Estimates) -> AccountFactor:
    if len(multi_homing) != 1:
        raise OptionError(
            f"{len(multi_homing)} estimates were given as `multi_homing`.",
            "One is needed.",
            "Write `estimates.rows([0])` for the first of them.",
        )
    row = multi_homing.frame.iloc[0]
    if row["variable"] == VARIABLE or row["statistic"] in NUMBERS:
        raise MisleadingError(
            "`multi_homing` was given as an estimate.",
            "It is a number of persons or a total, and no number of accounts a person.",
            "Write what `multi_homing(...)` estimated, or a mean of accounts.",
        )
    value, low, high = (float(row[name]) for name in ("estimate", "ci_low", "ci_high"))
    error, df = float(row["std_error"]), float(row["df"])
    behind = multi_homing.provenance
    # a statistic of a sample does not bring its assumptions
    own = MULTI_HOMING.get(str(row["statistic"]).removeprefix("multi_homing_"), ())
    said: dict[str, Any] = {
        "statuses": (behind.status,),
        "sources": (behind.source,),
        "assumptions": tuple(dict.fromkeys((*behind.assumptions, *own))),
        "behind": multi_homing,
    }
    if math.isnan(value):
        _from_one(low)
        _from_one(high)
        return AccountFactor(value, low, high, **said)
    _from_one(value)
    if math.isnan(error):
        raise MisleadingError(
            f"An estimate of {value:g} accounts a person was given without a standard error.",
            "Its uncertainty is unknown, and would be taken as nothing.",
            f"Write `multi_homing={value:g}` to take it as known.",
        )
    return AccountFactor(value, value, value, error, math.inf if math.isnan(df) else df, **said)
