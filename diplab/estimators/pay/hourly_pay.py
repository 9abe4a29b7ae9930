r"""Pay by the hour: that of all hours together, and that of each person, which are different numbers.

The ratio of totals answers what an hour of this work pays; the mean of people's own hourly pay what people get an
hour, those who work one hour counting as much as those who work forty. Both by paid time, and by paid and unpaid time
(searching, qualifying tests, work that is rejected).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from diplab.errors import OptionError
from diplab.estimators.moments import mean, ratio
from diplab.estimators.options import QuantileInterval, QuantileRule
from diplab.estimators.quantiles import quantile
from diplab.estimators.statistic import Linearised, Statistic, check_columns_named, statistic
from diplab.reference.text import Text
from diplab.sampling.condition import parse
from diplab.sampling.expression import Expression
from diplab.sampling.totals import Totals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diplab.estimators.prepared import PreparedStatistic
    from diplab.sampling.sample import Sample

__all__ = ["hourly_pay"]


def hourly_pay(
    earnings: str,
    paid_time: str,
    unpaid_time: str | Sequence[str] | None = None,
    *,
    quantiles: Sequence[float] = (0.1, 0.25, 0.75, 0.9),
    interval: str = "woodruff",
    rule: str = "math",
) -> Statistic:
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

    def prepared(sample: Sample) -> list[PreparedStatistic]:
        return _rows(sample, (earnings, paid_time, *kinds), tuple(quantiles), options)

    return Statistic(
        "hourly_pay",
        (earnings, paid_time, *kinds),
        options,
        hourly_pay_of_hours.on,
        hourly_pay_of_hours.description,
        prepared_by=prepared,
    )


@statistic(kind="amount", most_decimals=2)
def hourly_pay_of_hours(totals: Totals, earned: Expression, time: Expression) -> Linearised:
    """Pay of all hours together, with how many people without hours it counts."""
    hourly = ratio.on(totals, earned, time)
    idle = int(totals.within(time <= 0.0).n.sum())
    return replace(hourly, assumptions=(_idle(idle),)) if idle else hourly


@statistic(kind="amount", most_decimals=2)
def hourly_pay_of_people_mean(totals: Totals, own: Expression) -> Linearised:
    """Mean of people's own hourly pay."""
    return mean.on(totals, own)


@statistic(
    kind="amount",
    most_decimals=2,
    label_options=("p",),
    category="order",
    rules=dict(quantile.description.rules),
)
def hourly_pay_of_people_quantile(
    totals: Totals, own: Expression, p: float, *, interval: QuantileInterval, rule: QuantileRule
) -> Linearised:
    """Quantile of people's own hourly pay."""
    return quantile.on(totals, own, p, interval=interval, rule=rule)


@statistic(kind="amount", most_decimals=2, rules=dict(quantile.description.rules))
def hourly_pay_of_people_median(
    totals: Totals, own: Expression, *, interval: QuantileInterval, rule: QuantileRule
) -> Linearised:
    """Median of people's own hourly pay."""
    return quantile.on(totals, own, 0.5, interval=interval, rule=rule)


@statistic(kind="share")
def share_of_hours(totals: Totals, hours: Expression, everything: Expression) -> Linearised:
    """Share of one kind of hours in all hours."""
    return ratio.on(totals, hours, everything)


def _rows(
    sample: Sample, written: tuple[str, ...], quantiles: tuple[float, ...], options: dict[str, Any]
) -> list[PreparedStatistic]:
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
        rows.append(hourly_pay_of_hours.prepared(said, (earned, time)))
        rows.append(hourly_pay_of_people_mean.prepared(said, (own,)))
        rows.append(hourly_pay_of_people_median.prepared(said, (own,), options))
        rows += [
            hourly_pay_of_people_quantile.prepared(said, (own,), {"p": p, **options}, p) for p in quantiles
        ]
    if unpaid:
        everything = times[1][0]
        rows += [
            share_of_hours.prepared(name, (kind, everything))
            for kind, name in zip(read[1:], named[1:], strict=True)
        ]
    return rows


def _idle(count: int) -> Text:
    return Text(
        f"Personnes sans heure travaillée\u00a0: {count}. Le rapport des totaux garde ce qu’elles ont gagné\u202f; "
        "sans paie horaire propre, elles ne sont pas dans la distribution.",
        f"People with no hours: {count}. The ratio of totals keeps what they earned; with no hourly pay of their own, "
        "they are not in the distribution.",
    )
