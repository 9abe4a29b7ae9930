"""What predicted margins are asked for: a variable, with categories or numbers, and how wide their intervals are."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import OptionError
from diplab.kernel.intervals import SHARE_INTERVALS, Precision

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CHANCES", "margin_numbers", "margin_values", "within_chances"]

CHANCES = ("binomial", "ordinal", "multinomial")


def margin_values(variable: object) -> tuple[str, tuple[Any, ...]]:
    """Return the variable that margins are asked of, and the values; none where all categories are meant.

    Examples
    --------
    >>> margin_values({"age": [20, 40]}), margin_values({"age": 20}), margin_values("sex")
    (('age', (20, 40)), ('age', (20,)), ('sex', ()))
    """
    if isinstance(variable, str):
        return variable, ()
    if not isinstance(variable, Mapping) or len(variable) != 1:
        many = isinstance(variable, Mapping) and len(variable) > 1
        raise OptionError(
            f"Predicted margins of {variable!r} were asked for.",
            "Margins are of one variable, all others as people answered."
            if many
            else "That names no variable with values.",
            "Write a call for each variable." if many else "Write for example `{'age': [20, 40]}`.",
        )
    ((name, values),) = variable.items()
    if isinstance(values, str) or not hasattr(values, "__iter__"):
        return name, (values,)
    return name, tuple(values)


def margin_numbers(name: str, values: tuple[Any, ...], usual: float) -> list[float]:
    """Return the numbers that everybody is given, checked.

    Parameters
    ----------
    name : str
    values : tuple
    usual : float
        A number to offer.
    """
    example = f"`{{'{name}': [{np.floor(usual):g}]}}`"
    if not values:
        raise OptionError(
            f"Predicted margins of `{name}` were asked for.",
            "It is a number, and no values were given.",
            f"Write some, for example {example}.",
        )
    for value in values:
        if isinstance(value, bool | np.bool_) or not isinstance(value, Real) or not isfinite(value):
            raise OptionError(
                f"Predicted margins of `{name}` at {value!r} were asked for.",
                "It is a number in the model, and that is none that people could have.",
                f"Write numbers, for example {example}.",
            )
    return [float(value) for value in values]


def within_chances(frame: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Return margins that are chances with their intervals on the log-odds, which stay inside 0 to 1."""
    column = {name: frame[name].to_numpy(dtype=float) for name in ("estimate", "std_error", "df", "n")}
    spread = Precision(column["std_error"], column["df"], column["n"], confidence)
    low, high = SHARE_INTERVALS["logit"](column["estimate"], spread)
    return frame.assign(ci_low=low, ci_high=high)
