"""Rank tests under a sampling design (Lumley and Scott 2013)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from diplab.errors import OptionError, one_of
from diplab.estimators.moments import mean
from diplab.estimators.prepared import PreparedStatistic
from diplab.inference.group_means import (
    GroupMeans,
    check_asked,
    check_company,
    check_varies,
    degrees_left,
    group_means,
)
from diplab.inference.imputed_test import imputed_test
from diplab.inference.record import provenance_of
from diplab.kernel.tails import two_sided, upper_f
from diplab.kernel.weighted_rank import SCORES, mid_ranks
from diplab.microdata.answers import answer_said, code_said
from diplab.results.test import Test
from diplab.sampling.condition import known_column, parse
from diplab.sampling.engine import Scope
from diplab.sampling.expression import Expression, Rows
from diplab.sampling.imputed import Imputed
from diplab.sampling.memory_engine import MemoryEngine

if TYPE_CHECKING:
    from diplab.estimators.statistic import Linearised
    from diplab.sampling.sample import Sample
    from diplab.sampling.totals import Totals

__all__ = ["rank_test"]

Floats = NDArray[np.float64]
Tested = tuple[str, float, tuple[float, ...], float, dict[str, float]]


def rank_test(
    sample: Sample | Imputed, y: Any, by: str, *, score: str = "wilcoxon", df: str = "design-1"
) -> Test:
    """Test whether groups have the same distribution of a variable, by its ranks.

    Parameters
    ----------
    sample : Sample or Imputed
        From `declare_design`, possibly narrowed by `where` and `universe`; or from `imputed`: the difference of two
        groups is combined as any estimate, the F of more by the rule D2 of `pooled_test`.
    y : str
        Column or expression that can be ordered.
    by : str
        Column with two categories or more (among those who answered).
    score : {"wilcoxon", "van_der_waerden", "median"}
        What a rank counts: itself (Wilcoxon for two groups, Kruskal-Wallis for more), the normal quantile of it, or
        whether it is in the upper half.
    df : {"design-1", "design", "domain-1", "domain", "infinity"}
        Degrees of freedom, as in `t_test`; of more than two groups G - 1 less, not one.

    Returns
    -------
    Test
        Two groups: t, with one degree of freedom less than the design unless told; `estimates` holds the `difference`
        of mean scores (second minus first category) and its `std_error`. More: F, a Wald statistic of the G - 1
        differences (`estimates["chi2"]`) over G - 1, with G - 1 and the design's degrees of freedom minus G - 1.

    Raises
    ------
    OptionError
        Where `score` is not one of its words, or `by` has too few or too many categories.
    MisleadingError
        Where the scores do not vary, or a group has one respondent or one primary unit.

    Notes
    -----
    Ranks are estimated ranks in the population of those compared, R(y) = (W(< y) + W(= y) / 2) / W, and do not depend
    on the order of ties. Under the hypothesis the error of the ranks themselves cancels between the groups to first
    order, so scores are treated as known (Lumley and Scott 2013, Biometrika 100, 831-842); for that reason no interval
    is given. The variance is that of the design, finite population correction included. Ranks need the rows: where the
    data are queried, the columns of the test and of the design come to memory.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"sex": ["f", "f", "f", "m", "m"], "pay": [1.0, 2.0, 4.0, 3.0, 5.0]})
    >>> found = dl.rank_test(dl.declare_design(people), "pay", "sex")
    >>> round(found.estimates["difference"], 4), found.df
    (0.3333, (3.0,))
    """
    if isinstance(sample, Imputed):
        return imputed_test(rank_test, sample, y, by, score=score, df=df)
    check_asked(sample, "rank test", df=df)
    if score not in SCORES:
        raise one_of("`score` of `rank_test`", score, SCORES)
    known_column(by, sample.names, "the groups of a rank test")
    value = parse(y, sample.names, sample.codebook, "the variable of `rank_test`")
    mean(y).prepare(sample)  # refuses what reads no column
    sample = sample.held_for(value, by=(by,))  # ranks need the rows
    scores = Rows(_scores(sample, value, by, score))
    groups = group_means(sample, PreparedStatistic("rank", str(y), "", (value,), {}, _MeanScore(scores)), by)
    if len(groups.categories) < 2:
        only = answer_said(sample.codebook, by, groups.categories[0])
        raise OptionError(
            f"A rank test of `{y}` over `{by}` was asked for.",
            f"`{by}` has one category among those who answered: {only}.",
            "Write a variable with two categories or more, or a wider condition.",
        )
    two = len(groups.categories) == 2
    left = degrees_left(sample, groups, df, len(groups.categories) - 1)
    _check_many(groups, y, by, left)
    check_company(sample, groups, by, f"A rank test of `{y}` over `{by}` was asked for.")
    tested = _two(sample, groups, y, by, left) if two else _more(sample, groups, y, by, left)
    name, statistic, freedom, p_value, estimates = tested
    named = {"t": score, "f": "kruskal_wallis" if score == "wilcoxon" else score}[name]
    said = "distribution" if score != "median" else "share above the common median"
    hypothesis = f"{said} of {y} equal over {by}"
    if name == "t":
        first, second = map(code_said, groups.categories)
        hypothesis += f" (difference: {second} minus {first})"
    provenance = provenance_of(sample, [groups.computed], 0.95, df, (by,))
    # a rank test has no interval, and says its degrees of freedom itself
    rules = {key: rule for key, rule in provenance.rules.items() if key not in ("confidence", "df")}
    provenance = replace(provenance, rules={**rules, "score": score})
    return Test(
        named, statistic, freedom, p_value, hypothesis, estimates, groups.n, provenance, sample.codebook
    )


class _MeanScore:
    """The mean of scores that are treated as known, in replicates too."""

    def __init__(self, scores: Rows) -> None:
        self.scores = scores

    def __call__(self, totals: Totals, _: Expression) -> Linearised:
        found = mean.on(totals, self.scores)
        return replace(found, replicated=lambda anew: anew(found.variable)[0])


def _scores(sample: Sample, value: Expression, by: str, score: str) -> Floats:
    """Return the score of every row; 0 for those who are not compared."""
    engine = sample.engine
    assert isinstance(engine, MemoryEngine)  # rows are held
    rows = engine.scoped(Scope((*sample.population, *sample.domain), (by,)))
    values = engine.columns.evaluate(value, rows.domain)
    compared = np.flatnonzero((rows.weight > 0) & ~np.isnan(values))
    scores = np.zeros(values.size)
    scores[compared] = SCORES[score](mid_ranks(values[compared], rows.weight[compared]))
    return scores


def _two(sample: Sample, groups: GroupMeans, y: Any, by: str, df: float) -> Tested:
    (apart,), ((variance,),) = groups.differences(sample)
    check_varies(variance, 1.0, f"A rank test of `{y}` over `{by}` was asked for.")
    error = float(np.sqrt(variance))
    statistic = float(apart) / error
    p_value = float(two_sided(np.array(statistic), np.array(df)))
    return "t", statistic, (df,), p_value, {"difference": float(apart), "std_error": error}


def _check_many(groups: GroupMeans, y: Any, by: str, df: float) -> None:
    """Refuse more groups than the design can compare."""
    count = len(groups.categories) - 1
    if count > 1 and df < 1:
        raise OptionError(
            f"A rank test of `{y}` over `{by}` was asked for.",
            f"It compares {count + 1} categories with {df + count:.0f} degrees of freedom.",
            "Merge categories, so that there are fewer than primary units minus strata.",
        )


def _more(sample: Sample, groups: GroupMeans, y: Any, by: str, df: float) -> Tested:
    apart, covariance = groups.differences(sample)
    count = len(apart)
    asked = f"A rank test of `{y}` over `{by}` was asked for."
    known = bool(np.isfinite(covariance).all())
    smallest, *_, largest = np.linalg.eigvalsh(covariance) if known else (np.nan, np.nan)
    # a combination of differences without variance, but for rounding, would decide alone
    check_varies(smallest - 1e-12 * largest, 0.0, asked)
    chi2 = float(apart @ np.linalg.solve(covariance, apart))
    statistic = chi2 / count
    return "f", statistic, (float(count), df), upper_f(statistic, count, df), {"chi2": chi2}
