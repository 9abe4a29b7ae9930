"""The network scale-up size as a statistic that waits for its sample, so that its error is that of the design."""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from diplab.errors import OptionError
from diplab.estimators.moments import ratio
from diplab.estimators.statistic import Bounds, Linearised, statistic
from diplab.population.networks.acquaintances import positive_number
from diplab.population.networks.scaling_up import AWARE, KNOWN, MIXING, OUTSIDE
from diplab.sampling.expression import Expression
from diplab.sampling.totals import Totals

if TYPE_CHECKING:
    from diplab.kernel.interval import Spread

__all__ = ["scale_up_ratio"]


@statistic(kind="amount", rules=())
def scale_up_ratio(
    totals: Totals,
    hidden: Expression,
    *known: Expression,
    sizes: Sequence[float] = (),
) -> Linearised:
    """Size of a hidden group, from how many of it people know beside groups of known size.

    Parameters
    ----------
    hidden : str
        Column: persons known in the hidden group.
    *known : str
        Columns: persons known in each group of known size.
    sizes : sequence of float
        Persons in each of these groups, in their order.

    Returns
    -------
    Statistic
        Point S sum(w y) / sum(w x), S the sum of the sizes and x the persons known in these groups: the
        maximum-likelihood size of Killworth et al. (1998b), in which the population cancels out. Linearised variable
        as for a ratio (Woodruff 1971), interval on the log scale. Ratios of degrees and rates of reports are declared
        in `scale_up`, which prints them.

    Raises
    ------
    OptionError
        When it is estimated: where there is not one size above 0 for each known group.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"doctors": [2, 1, 4], "riders": [1, 0, 2], "w": [1.0, 2.0, 1.0]})
    >>> sample = dl.declare_design(people, weights="w")
    >>> found = dl.estimate(sample, dl.population.scale_up_ratio("riders", "doctors", sizes=[2_000]))
    >>> found.frame["estimate"].item()
    750.0
    """
    if len(sizes) != len(known) or not known:
        raise OptionError(
            f"A scale-up was asked for with {len(known)} known groups.",
            f"Sizes were given for {len(sizes)} groups.",
            'Write one size a group, as in `scale_up_ratio("riders", "doctors", "nurses", sizes=[2_000, 3_000])`.',
        )
    whole = sum(positive_number("sizes", each) for each in sizes)
    found = ratio.on(totals, hidden, functools.reduce(operator.add, known))
    return Linearised(
        found.point * whole,
        found.variable * whole,
        interval=_log_scale,
        assumptions=(KNOWN, MIXING, AWARE, OUTSIDE),
    )


def _log_scale(point: np.ndarray, spread: Spread) -> Bounds:
    """Return an interval symmetric on the log scale; none around 0."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        wide = np.exp(spread.t * spread.std_error / point)
        return Bounds(np.where(point > 0, point / wide, np.nan), np.where(point > 0, point * wide, np.nan))
