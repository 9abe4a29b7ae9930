r"""Pay by the hour: that of all hours together, and that of each person, which are different numbers.

The ratio of totals answers what an hour of this work pays; the mean of people's own hourly pay what people get an
hour, those who work one hour counting as much as those who work forty. Both by paid time, and by paid and unpaid time
(searching, qualifying tests, work that is rejected).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from diplab.errors import OptionError
from diplab.estimators.bound_by_sample import BoundBySample
from diplab.estimators.bound_statistic import Bound
from diplab.estimators.misplaced_data import check_columns_named
from diplab.estimators.moments import mean, ratio
from diplab.estimators.quantiles import quantile
from diplab.reference.text import Text
from diplab.sampling.condition import parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diplab.estimators.statistic import Linearised
    from diplab.sampling.expression import Expression
    from diplab.sampling.sample import Sample
    from diplab.sampling.totals import Totals

__all__ = ["hourly_pay"]


def hourly_pay(
    earnings: str,
    paid_time: str,
    unpaid_time: str | Sequence[str] | None = None,
    *,
    quantiles: Sequence[float] = (0.1, 0.25, 0.75, 0.9),
    interval: str = "woodruff",
    rule: str = "math",
) -> BoundBySample:
    """Pay by the hour, as a ratio of totals and as a distribution over people, by paid and by all time.

    Parameters
    ----------
    earnings : str
        Column or expression: what was earned in a period.
    paid_time : str
        Hours that were paid in the same period.
    unpaid_time : str or list of str, optional
        Hours that were not, one column a kind (searching, qualifying, rejected work): each gets its share of all
        hours, and every number a second row in which they count.
    quantiles : sequence of float
        Shares of people, between 0 and 1.
    interval, rule : str
        Of the median and the quantiles, as for `quantile`.

    Returns
    -------
    Statistic
        For `dl.estimate`. Rows, first by paid time and then by all time:
        `hourly_pay_of_hours`, sum(w e) / sum(w t), with z = (e - R t) / sum(w t) (Woodruff 1971);
        `hourly_pay_of_people_mean`, the mean of e / t; `hourly_pay_of_people_median`; `hourly_pay_of_people_quantile`
        with its share as category; then `share_of_hours`, sum(w u) / sum(w t), for paid time and each kind of unpaid
        time. People with no hours have no hourly pay of their own: the distribution leaves them out, the ratio of
        totals keeps what they earned, and says how many they are.

    Raises
    ------
    OptionError
        Where a share of people is not between 0 and 1, or data are given in the place of a column.
    ColumnError, ConditionError
        When it is estimated: where a column does not exist or holds words.

    Examples
    --------
    One person earns 10 in an hour, another 10 in nine hours: an hour pays 2, people get 5.56 on average.

    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"earned": [10.0, 10.0], "hours": [1.0, 9.0]}))
    >>> dl.estimate(sample, dl.hourly_pay("earned", "hours", quantiles=())).frame["estimate"].round(2).tolist()
    [2.0, 5.56, 1.11]
    """
    kinds = (
        [] if unpaid_time is None else [unpaid_time] if isinstance(unpaid_time, str) else list(unpaid_time)
    )
    check_columns_named("hourly_pay", earnings, paid_time, *kinds)
    for share in quantiles:
        if not isinstance(share, int | float) or not 0 < share < 1:
            raise OptionError(
                f"A quantile of hourly pay of share {share!r} was asked for.",
                "A share of people lies between 0 and 1.",
                "Write for example `quantiles=(0.1, 0.9)`.",
            )
    options = {"interval": interval, "rule": rule}

    def binding(sample: Sample) -> list[Bound]:
        return _rows(sample, (earnings, paid_time, *kinds), tuple(quantiles), options)

    return BoundBySample("hourly_pay", (earnings, paid_time, *kinds), options, _pay_of_hours, binding=binding)


def _rows(
    sample: Sample, written: tuple[str, ...], quantiles: tuple[float, ...], options: dict[str, Any]
) -> list[Bound]:
    read = [
        parse(each, sample.names, sample.codebook, f"a variable of `hourly_pay` ({place})")
        for each, place in zip(
            written, ("earnings", "paid time", *["unpaid time"] * len(written)), strict=False
        )
    ]
    earned, paid, *unpaid = read
    named = [str(each) for each in written]
    times = [(paid, named[1])]
    if unpaid:
        everything = paid
        for each in unpaid:
            everything = everything + each
        times.append((everything, f"({' + '.join(named[1:])})"))
    rows = []
    for time, words in times:
        said = f"{named[0]} / {words}"
        # a division by zero has no answer: neither has a person without hours, nor with fewer than none
        own = earned / (time * (time > 0.0))
        rows.append(Bound("hourly_pay_of_hours", said, "", (earned, time), {}, _pay_of_hours))
        rows.append(Bound("hourly_pay_of_people_mean", said, "", (own,), {}, mean.on))
        middle = {"p": 0.5, **options}
        rows.append(Bound("hourly_pay_of_people_median", said, "", (own,), middle, quantile.on))
        rows += [
            Bound("hourly_pay_of_people_quantile", said, share, (own,), {"p": share, **options}, quantile.on)
            for share in quantiles
        ]
    if unpaid:
        everything = times[1][0]
        rows += [
            Bound("share_of_hours", name, "", (kind, everything), {}, ratio.on)
            for kind, name in zip(read[1:], named[1:], strict=True)
        ]
    return rows


def _pay_of_hours(totals: Totals, earned: Expression, time: Expression) -> Linearised:
    """Return the pay of all hours together, and how many people without hours it counts."""
    found = ratio.on(totals, earned, time)
    idle = int(totals.within(time <= 0.0).n.sum())
    if not idle:
        return found
    said = Text(
        f"Personnes sans heure travaillée\u00a0: {idle}. Le rapport des totaux garde ce qu’elles ont gagné\u202f; sans "
        "paie horaire propre, elles ne sont pas dans la distribution.",
        f"People with no hours: {idle}. The ratio of totals keeps what they earned; with no hourly pay of their own, "
        "they are not in the distribution.",
    )
    return replace(found, assumptions=(said,))
