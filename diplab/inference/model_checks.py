"""Why a regression has no answer: collinear terms, separated outcomes, fits that do not settle."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from diplab.errors import OptionError
from diplab.inference.model_columns import check_columns, column_said
from diplab.kernel.regression import rank_lost
from diplab.microdata.variable import code_text
from diplab.sampling.model_matrix import Categories

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diplab.errors import DiplabError
    from diplab.inference.model_rows import ModelRows
    from diplab.kernel.regression import Fit, Likelihood
    from diplab.sampling.engines.protocol import Floats
    from diplab.sampling.model_matrix import ModelMatrix

__all__ = ["check_fit"]


def check_fit(
    fit: Fit, likelihood: Likelihood, rows: ModelRows, family: str, parameters: Sequence[int]
) -> None:
    """Refuse a fit that has no single, finite answer.

    Parameters
    ----------
    fit : Fit
    likelihood : Likelihood
    rows : ModelRows
    family : str
    parameters : sequence of int
        The column of the model matrix that each parameter is for; -1 for a cut point.

    Raises
    ------
    OptionError
    """
    asked = f"The regression `{rows.matrix.formula.text}` was asked for ({family})."
    # a dependence among columns is one at every fit, and shows in the plain products of the columns
    if not fit.converged or rank_lost(fit.information) is not None:
        check_columns(asked, rows, constant=-1 in parameters)
        if family != "gaussian" and fit.direction.size and not fit.shortens:
            conditioning = rows.matrix.conditioning
            if conditioning is not None:
                fit = replace(fit, direction=likelihood.restored(conditioning) @ fit.direction)
            raise _separated(asked, fit, rows, _square(rows), parameters)
        raise _unsettled(asked)


def _square(rows: ModelRows) -> Floats:
    """Return the mean square of each column."""
    total = np.zeros(len(rows.matrix.columns))
    for block in rows:
        total += block.x**2 @ block.weight
    return np.asarray(total / rows.weight.sum())


def _separated(
    asked: str, fit: Fit, rows: ModelRows, square: Floats, parameters: Sequence[int]
) -> DiplabError:
    """Name the term along which the fit goes on for ever, and its category where one is behind it."""
    matrix = rows.matrix
    width = [
        0.0 if at < 0 or matrix.columns[at].term < 0 else float(np.sqrt(square[at])) for at in parameters
    ]
    # a number is judged by how far it moves people; a category, rare or not, by its own pace
    pace = np.abs(fit.direction) * np.asarray(width)
    fastest = np.abs(fit.direction) * (np.asarray(width) > 0)
    dummies = [at >= 0 and bool(_single(matrix, at)) for at in parameters]
    alone = [_alone(rows, at) if dummy else None for at, dummy in zip(parameters, dummies, strict=True)]
    # where the information has faded, nothing goes fast any more
    going = fastest > (0.1 if fastest.max() > 0.1 else -1.0)
    named = [(place, found) for place, found in enumerate(alone) if found is not None and going[place]]
    if named:
        place, (level, count, answer) = named[0]
        at = parameters[place]
        who = f"All {count} respondents" if count > 1 else "The one respondent"
        have = "have the same outcome" if count > 1 else "has one outcome"
        return OptionError(
            asked,
            f"{who} of `{matrix.columns[at].variable}` ({code_text(level)}) {have}{answer}: its coefficient has no "
            "finite value.",
            f"Leave `{matrix.columns[at].variable}` out, merge that category with another, or write a condition that "
            "leaves it out.",
        )
    at = parameters[int(np.argmax(pace))]
    return OptionError(
        asked,
        f"{column_said(matrix.columns[max(at, 0)])} separates the answers to `{matrix.formula.outcome.text}`, wholly "
        "or nearly: its coefficient has no finite value.",
        f"Leave `{matrix.columns[max(at, 0)].variable}` out, or cut it into fewer categories.",
    )


def _single(matrix: ModelMatrix, at: int) -> bool:
    parts = matrix.columns[at].parts
    return len(parts) == 1 and isinstance(matrix.values[parts[0][0]], Categories)


def _alone(rows: ModelRows, at: int) -> tuple[object, int, str] | None:
    """Return the category of a variable whose respondents all gave one outcome, how many, and which, in words."""
    ((factor, own),) = rows.matrix.columns[at].parts
    held = rows.matrix.values[factor]
    assert isinstance(held, Categories)  # asked of these only
    for level in (own, 0):
        there = rows.y[held.codes == level]
        if there.size and there.min() == there.max():
            return held.levels[level], there.size, f" ({there[0]:g})"
    return None


def _unsettled(asked: str) -> DiplabError:
    return OptionError(
        asked,
        "The fit does not settle on an answer.",
        "Write fewer terms, or variables on a more usual scale (thousands in place of units, years since 2000).",
    )
