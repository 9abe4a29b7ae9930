"""The design effect: the variance over that of a simple random sample of as many respondents."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

from diplab.checks import check_one_of
from diplab.estimators.statistic import Linearised
from diplab.kernel.arrays import Floats
from diplab.sampling.expression import ONE
from diplab.sampling.totals import Totals

SimpleRandomSample: TypeAlias = Literal["wor", "wr"]
"""Simple random sampling without replacement, and with."""


def design_effect(
    totals: Totals, linearised: Linearised, std_error: Floats, reference: SimpleRandomSample = "wor"
) -> Floats:
    """Return the variance over that of a simple random sample, N^2 (1 - n / N) S^2(z) / n (Kish 1965).

    With replacement (`wr`) without 1 - n / N; NaN where nothing varies, or there are fewer people than respondents.
    """
    check_one_of("deff", reference, SimpleRandomSample)
    z = linearised.variable
    (sum_z,) = totals(z)
    squares = totals.cross_products(z, z)
    if linearised.beyond:
        n, people, sum_z, squares = _with_everyone(totals, linearised, sum_z, squares)
    else:
        n = totals.n.astype(float)
        (people,) = totals(ONE)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = (squares / people - (sum_z / people) ** 2) * n / (n - 1)
        simple = people**2 * spread / n
        # what is left of rounding in a variable that does not vary is not a variance
        defined = (spread > 1e-14 * squares / people) & (n > 1)
        if reference == "wor":
            simple = simple * (1 - n / people)
            defined &= people > n
        return np.where(defined, std_error**2 / simple, np.nan)


def _with_everyone(
    totals: Totals, linearised: Linearised, sum_z: Floats, squares: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """Add to the sums of z inside the domain those of its part on the universe."""
    everyone = totals.universe
    n = np.full(totals.domains, float(everyone.n.sum()))
    people = np.full(totals.domains, float(everyone(ONE)[0][0]))
    for coefficient, expression in linearised.beyond:
        (sum_u,) = everyone(expression)
        sum_z = sum_z + coefficient * sum_u
        squares = squares + 2 * coefficient * totals.cross_products(linearised.variable, expression)
    for first, u in linearised.beyond:
        for second, v in linearised.beyond:
            squares = squares + first * second * everyone.cross_products(u, v)
    return n, people, sum_z, squares
