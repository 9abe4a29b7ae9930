"""Whether a handful of respondents carry the sampling error of an index: its interval is then surer than it should be.

With u = w z the weighted linearised variable, the equivalent number of respondents that the variance rests on is
(sum u^2)^2 / sum u^4: n where all count alike, one where one respondent is all. Samples of very skewed incomes hold the
largest of them by chance. A sample without them has a smaller index and, at once, a smaller standard error, so that no
interval from the sample alone, on whatever scale, covers as often as it says. Of log-normal incomes (2,000 samples and
more a case, simple random), with the equivalent at its median over samples:

    at 9 Theil's interval holds the true value in 93 % of samples, at 5 in 88 to 89 %, at 3 in 73 to 83 %
    at 10 that of GE(2) in 93 %, at 4 in 87 %, at 3 in 62 to 77 %

and one sample cannot tell itself from another with more of the largest: the note is about the population.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from diplab.reference.text import Text
from diplab.sampling.expression import power

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from diplab.sampling.expression import Expression
    from diplab.sampling.totals import Totals

__all__ = ["few_carry"]

FEW = 10.0
"""Below this equivalent, intervals of 95 % were seen to hold the true value in 93 % of samples or less."""

_PART = 0.1
"""And below this part of all respondents: with few of them the number of respondents says it already."""


def few_carry(totals: Totals, variable: Expression) -> tuple[Text, ...]:
    """Return what is to be said where few respondents carry the sampling error, in the domain where they are fewest.

    Parameters
    ----------
    totals : Totals
        Of those who count.
    variable : Expression
        Linearised variable, on any scale.
    """
    second, fourth = totals(
        totals.weight * power(variable, 2.0), power(totals.weight, 3.0) * power(variable, 4.0)
    )
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        equivalent: NDArray[np.float64] = second**2 / fourth
        few = (equivalent < FEW) & (equivalent < _PART * totals.n)
    if not few.any():
        return ()
    fewest = max(round(float(equivalent[few].min())), 1)
    return (
        Text(
            "Quelques répondants portent l’erreur d’échantillonnage de l’indice\u00a0: l’équivalent de "
            f"{fewest}. Son intervalle contient la vraie valeur moins souvent qu’annoncé, et se trouve le plus souvent "
            "trop bas.",
            f"A few respondents carry the sampling error of the index: the equivalent of {fewest}. Its interval holds "
            "the true value less often than it says, and most often lies too low.",
        ),
    )
