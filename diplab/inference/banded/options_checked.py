"""Options of a statistic of a banded variable, which are those of the statistic of amounts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from diplab.errors import MisleadingError
from diplab.sampling.design import declare_design

if TYPE_CHECKING:
    from diplab.estimators.statistic import Statistic
    from diplab.inference.banded.answer import Asked

__all__ = ["check_lines", "check_options"]


def check_options(statistic: Statistic) -> None:
    """Refuse options that the statistic of amounts would refuse, before any answer is made.

    Parameters
    ----------
    statistic : Statistic
        Of a banded variable.

    Raises
    ------
    OptionError
        Where the statistic of three amounts is refused with these options.
    """
    if statistic.line is not None:
        # checked where it was made
        return
    import pandas as pd

    from diplab.inference._estimate import estimate

    options = dict(statistic.options)
    if options.get("threshold") is not None:
        # lines are looked at where they are read
        options["threshold"] = 1.0
    if statistic.name in ("median", "quantile"):
        # which intervals bands allow is a question of their own
        options.pop("interval", None)
    amounts = declare_design(pd.DataFrame({"y": [1.0, 2.0, 3.0]}))
    plain = replace(statistic, written=("y",), options=options)
    estimate(amounts, plain)


def check_lines(asked: Asked) -> None:
    """Refuse lines at or below zero, unless incomes may be there.

    Raises
    ------
    MisleadingError
        Where some household has one.
    """
    if asked.line_low is None:
        return
    low = int((asked.line_low <= 0).sum())
    if low and not (asked.low < 0).any():
        raise MisleadingError(
            "A share under a poverty line was asked for.",
            f"In {low} rows the line is at or below zero, where nobody can be poor.",
            "Write lines in the unit of income, and leave a household without a line missing.",
        )
