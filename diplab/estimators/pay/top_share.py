"""How concentrated earnings are: the share of all of them that goes to the few who earn most."""

from __future__ import annotations

import numpy as np

from diplab.errors import OptionError
from diplab.estimators.index_interval import index_interval
from diplab.estimators.lorenz import poorest
from diplab.estimators.options import LogitInterval
from diplab.estimators.statistic import Linearised, statistic
from diplab.reference.text import Text
from diplab.sampling.expression import Expression
from diplab.sampling.totals import Totals

__all__ = ["top_share"]


@statistic(kind="share", label_options=("share",), category="top")
def top_share(
    totals: Totals, earnings: Expression, share: float = 0.1, *, interval: LogitInterval = "logit"
) -> Linearised:
    """Share of all earnings that goes to the top share of people: 1 - L(1 - share), with the Lorenz curve L.

    Parameters
    ----------
    earnings : str
        Column or expression, one value a person.
    share : float
        Of people, from the top: 0.01 for the top hundredth.
    interval : {"logit", "wald"}
        On the log-odds, so that it stays between 0 and 1; or symmetric, as also where the share is at or outside them.

    Returns
    -------
    Statistic
        With N people who earn Y in all, and q the quantile of order 1 - share, the inverse of the weighted
        distribution function: point T = (sum(w (y - q) 1[y > q]) + share N q) / Y. People who earn q exactly are
        split so that the top holds `share` of the people and not one more. Linearised variable
        z = ((y - q) 1[y > q] + share q - T y) / Y: the quantile brings no error of its own, because the top total is
        at its lowest there (Kovačević and Binder 1997; Langel and Tillé 2011). A domain whose total is not above
        zero has no point; earnings below zero are kept, counted in the notes, and may bring the share above 1.

    Raises
    ------
    OptionError
        Where the share is not between 0 and 1, or the interval is not one of its words.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"pay": [1.0, 1.0, 1.0, 7.0]}))
    >>> dl.estimate(sample, dl.top_share("pay", share=0.25)).frame["estimate"].item()
    0.7
    """
    if not isinstance(share, int | float) or isinstance(share, bool) or not 0 < share < 1:
        raise OptionError(
            f"The share of earnings of the top {share!r} of people was asked for.",
            "A share of people lies between 0 and 1.",
            "Write for example `share=0.01` for the top hundredth.",
        )
    bounds = index_interval(interval, "top_share", "logit")
    rest = poorest(totals, earnings, 1.0 - share)
    (earned,) = totals(earnings)
    with np.errstate(divide="ignore", invalid="ignore"):
        all_earned = np.where(earned > 0, earned, np.nan)
        point = (all_earned - rest.total) / all_earned
        variable = (earnings - rest.variable - earnings * point) / all_earned
    below = int(totals.within(earnings < 0.0).n.sum())
    return Linearised(point, variable, interval=bounds, assumptions=(_negative(below),) if below else ())


def _negative(count: int) -> Text:
    return Text(
        f"Gains négatifs\u00a0: {count}, gardés\u202f; la part du haut peut alors dépasser 100\u00a0%.",
        f"Earnings below zero: {count}, kept; the top share may then be above 100%.",
    )
