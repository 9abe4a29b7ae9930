"""Mt over more occasions than a table of histories holds, from the numbers seen at each."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import xlog1py, xlogy

from diplab.kernel.abundance import Abundance
from diplab.kernel.occasions_apart import fit_apart, profile_apart
from diplab.population.closed_population.fitted_size import FittedSize, criteria_of_histories, described

if TYPE_CHECKING:
    from diplab.population.closed_population.captures import Captures

__all__ = ["fitted_apart"]


def fitted_apart(captures: Captures, confidence: float = 0.95) -> FittedSize:
    """Return the size under Mt, without a table of histories.

    Parameters
    ----------
    captures : Captures
        With histories, of persons some of whom were seen twice.
    confidence : float
        Probability of the interval.
    """
    histories = captures.histories
    assert histories is not None
    by_occasion = histories.persons @ histories.seen
    used = by_occasion > 0
    caught, seen = by_occasion[used], float(captures.seen)
    found = fit_apart(caught, seen)
    if math.isinf(found.size):
        return FittedSize("Mt", "", None, None, (math.nan, math.nan), None, "boundary")
    profile = profile_apart(caught, seen, found.size, confidence)
    p = by_occasion / found.size
    with np.errstate(divide="ignore"):
        each = xlogy(histories.seen, p) + xlog1py(1.0 - histories.seen, -p)
    parameters = int(used.sum()) + 1
    names = [name for name, kept in zip(histories.occasions, used, strict=True) if kept]
    fit = described(
        "Mt",
        seen,
        criteria_of_histories(captures, math.log(found.size) + each.sum(axis=1), parameters),
        {"term": ["intercept", *names], "estimate": found.coefficients, "std_error": found.errors},
        parameters,
        {f"p {name}": float(share) for name, share in zip(histories.occasions, p, strict=True)},
    )
    return FittedSize(
        "Mt",
        "",
        Abundance(found.size, found.variance, seen),
        profile,
        (profile.low, profile.high),
        fit,
        "all seen" if found.size <= seen else "",
    )
