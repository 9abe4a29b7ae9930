"""The gender pay gap: how much less women earn than men, as a share of what men earn.

With m and f the mean (or median) pay of men and women, G = 1 - f / m, and

    z = ((f / m) z(m) - z(f)) / m

where z(mean) = 1[group] (y - mean) / N_group, and z(median) as in `diplab.estimators.quantiles`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from diplab.errors import one_of
from diplab.estimators.conventions import convention_named
from diplab.estimators.density import density
from diplab.estimators.options import ConventionName
from diplab.estimators.statistic import Linearised, statistic
from diplab.sampling.expression import ONE, Apply, Expression
from diplab.sampling.row_functions import only_where
from diplab.sampling.totals import Totals

if TYPE_CHECKING:
    from collections.abc import Callable


__all__ = ["gender_pay_gap"]

Floats = NDArray[np.float64]
OF = ("mean", "median")


@statistic(kind="share")
def gender_pay_gap(
    totals: Totals,
    pay: Expression,
    women: Expression,
    *,
    gap_of: Literal["mean", "median"] = "mean",
    convention: ConventionName = "eurostat",
) -> Linearised:
    """Gender pay gap: mean pay of men less that of women, as a share of that of men.

    Parameters
    ----------
    pay : str
        Gross pay of an hour; Eurostat's unadjusted gap is that of employees.
    women : str
        A condition that holds for women, as `"sex == 'female'"`: whoever answered and for whom it does not hold is
        counted with men.
    gap_of : {"mean", "median"}
        Means (Eurostat) or medians (OECD).
    convention : {"eurostat", "convey", "vardpoor"}
        How a median is read where half is reached exactly; gaps of means are the same in all three.

    Returns
    -------
    Statistic
        Point (men - women) / men; linearised variable as in the module's text (Eurostat; delta method). Positive where
        women earn less; undefined where nobody is a man, or nobody a woman.

    Raises
    ------
    OptionError
        Where an option is not one of its words.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"pay": [9.0, 11.0, 12.0, 13.0], "sex": ["f", "f", "m", "m"]})
    >>> dl.estimate(dl.declare_design(people), dl.gender_pay_gap("pay", "sex == 'f'")).frame["estimate"].item()
    0.2
    """
    if gap_of not in OF:
        raise one_of("`gap_of` of `gender_pay_gap`", gap_of, OF)
    rule = convention_named(convention).rule
    groups = women, Apply("not", (women,))

    def levels(others: Totals) -> tuple[Floats, Floats]:
        if gap_of == "median":
            female, male = (others.within(each).quantile(pay, 0.5, rule) for each in groups)
        else:
            counts = others(*groups)
            sums = others(*(only_where(each, pay) for each in groups))
            with np.errstate(divide="ignore", invalid="ignore"):
                female, male = (each / count for each, count in zip(sums, counts, strict=True))
        return female, np.where(male > 0, male, np.nan)

    def gap(others: Totals) -> Floats:
        female, male = levels(others)
        return (male - female) / male

    female, male = levels(totals)
    with np.errstate(divide="ignore", invalid="ignore"):
        of_women, of_men = (
            _influence(totals, pay, each, level, gap_of)
            for each, level in zip(groups, (female, male), strict=True)
        )
        variable = (of_men * (female / male) - of_women) / male
    varied = gap if gap_of == "mean" else _around(totals, pay, groups, (female, male))
    return Linearised(gap(totals), totals.on_rows(variable), replicated=varied)


def _around(
    totals: Totals, pay: Expression, groups: tuple[Expression, Expression], medians: tuple[Floats, Floats]
) -> Callable[[Totals], Floats]:
    """Return what replicates are to vary: medians moved by their distribution functions over the densities there.

    A median jumps from one value to the next, and a jackknife takes each jump for spread.
    """
    heights = [density(totals.within(each), pay, level) for each, level in zip(groups, medians, strict=True)]

    def gap(others: Totals) -> Floats:
        moved = []
        for each, level, height in zip(groups, medians, heights, strict=True):
            below, people = others.within(each)(pay <= level, ONE)
            with np.errstate(divide="ignore", invalid="ignore"):
                moved.append(level - (below / people - 0.5) / height)
        with np.errstate(divide="ignore", invalid="ignore"):
            found: Floats = 1 - moved[0] / moved[1]
        return found

    return gap


def _influence(totals: Totals, pay: Expression, group: Expression, level: Floats, of: str) -> Expression:
    """Return the linearised variable of the mean or median of a group."""
    if of == "mean":
        (people,) = totals(group)
        return only_where(group, pay - level) / people
    inside = totals.within(group)
    (people,) = inside(ONE)
    return only_where(group, (pay <= level) - 0.5) * (-1.0 / (people * density(inside, pay, level)))
