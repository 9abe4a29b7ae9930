"""`t_test`, `rank_test`: means and ranks of groups compared under a design."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial, reduce
from operator import add
from typing import Any, Literal, TypeAlias

import numpy as np

from diplab.checks import argument, check_confidence, check_one_of
from diplab.errors import EmptyDomainError, MisleadingError, OptionError
from diplab.estimators.measurement import in_places, read_variables
from diplab.estimators.moments import mean
from diplab.estimators.prepared import PreparedStatistic
from diplab.estimators.statistic import Linearised, Statistic, Statistics
from diplab.inference.covariance import (
    ComputedStatistic,
    covariance_with_enlarged_residuals,
    enlarges,
    joint_covariance,
    linearised_statistic,
    not_enlarged,
)
from diplab.inference.degrees_of_freedom import (
    DegreesOfFreedom,
    degrees_of_freedom,
    effective_df,
    heavy_units,
    hotelling,
    of_one_unit,
)
from diplab.inference.imputation import pooled_test
from diplab.inference.measures import FEW_DF, check_size
from diplab.inference.provenance import provenance_of
from diplab.kernel.arrays import Floats
from diplab.kernel.effective_df import EffectiveDf
from diplab.kernel.intervals import f_p_value, student, t_p_value
from diplab.kernel.quantiles import SCORES, Score, mid_ranks
from diplab.microdata.variable import answer_label, code_quoted, label_and_code
from diplab.results.estimates import Combined, Provenance
from diplab.results.hypothesis_test import Hypothesis, HypothesisKind, Test
from diplab.sampling._imputed import Imputed
from diplab.sampling.condition import known_column, parse
from diplab.sampling.engines.protocol import Scope
from diplab.sampling.expression import ONE, Column, Expression, Rows, only_where
from diplab.sampling.people import check_persons_apart
from diplab.sampling.sample import Sample, SampleInMemory, check_sample
from diplab.sampling.totals import Totals

EffectSize: TypeAlias = Literal["cohens_d", "hedges_g"]
"""A difference in standard deviations, as it is or corrected for few respondents."""
_LESS_ONE = {"design": "design, less one", "domain": "domain, less one"}
"""The rule for degrees of freedom as a result records it."""


@dataclass(frozen=True, eq=False)
class GroupMeans:
    """Means of the groups that have answers."""

    categories: tuple[Any, ...]  # in their order; one, None, where there are no groups
    means: Floats
    n: int  # respondents
    computed: ComputedStatistic

    def variance(self, sample: Sample) -> float:
        """Return the variance of the mean of the only group."""
        place = int(np.flatnonzero(self.computed.n)[0])
        return float(joint_covariance(sample, [self.computed])[place, place])

    def difference(self, sample: Sample) -> tuple[float, float]:
        """Return the second mean minus the first, and its variance."""
        (gap,), ((variance,),) = self.differences(sample)
        return float(gap), float(variance)

    def differences(self, sample: Sample) -> tuple[Floats, Floats]:
        """Return each mean minus the first, and their covariance."""
        judged = np.zeros(self.computed.n.size, dtype=np.int64)  # by the people of all groups
        return self.means[1:] - self.means[0], joint_covariance(
            sample, [self.computed], self.differences_mix(), judged
        )

    def differences_mix(self) -> Floats:
        """Return what makes these differences of the means, shape (groups, differences)."""
        there = np.flatnonzero(self.computed.n)
        mix = np.zeros((self.computed.n.size, there.size - 1))
        mix[there[0]] = -1.0
        mix[there[1:], np.arange(there.size - 1)] = 1.0
        return mix

    def enlarged_differences(self, sample: Sample) -> tuple[Floats, float]:
        """Return covariance and degrees of freedom of differences, from enlarged residuals."""
        spread, mix = (
            covariance_with_enlarged_residuals(sample, [self.computed]),
            self.differences_mix(),
        )
        covariance = spread.covariance if spread.compared is None else spread.compared
        there = np.flatnonzero(self.computed.n)
        among = mix[there].T @ covariance[np.ix_(there, there)] @ mix[there]
        effective: EffectiveDf = spread.effective[self.computed.bound.complete]
        return among, effective.of_covariance(mix.T)


def _group_means(sample: Sample, bound: PreparedStatistic, by: str | None) -> GroupMeans:
    """Return the mean of each group that has answers; refuse a variable without answers."""
    domains = () if by is None else (by,)
    sample.check_lonely()
    totals = sample.totals(domains, bound.arguments)
    counted = totals.n
    if not counted.sum():
        raise EmptyDomainError(
            f"`{bound.variable}` has no respondents"
            + (f" where `{sample.condition}`." if sample.condition else "."),
            "No respondent there has an answer and a positive weight.",
            "Write a wider condition, or check the missing values of the variable.",
        )
    computed = ComputedStatistic(bound, totals, bound(totals), counted)
    check_size(bound.variable, computed.linearised.point)
    there = np.flatnonzero(counted)
    cells = sample.engine.cells(domains)
    categories = tuple(cells[place][0] if domains else None for place in there)
    return GroupMeans(categories, computed.linearised.point[there], int(counted.sum()), computed)


def _check_group_sizes(sample: Sample, groups: GroupMeans, by: str) -> None:
    """Refuse groups of one person or one primary unit, whose mean would seem too certain."""
    if isinstance(sample, SampleInMemory):
        check_persons_apart(sample, by)
    counted = groups.computed.n[groups.computed.n > 0]
    alone = of_one_unit(sample, groups.computed.totals)[groups.computed.n > 0]
    for category, respondents, one_unit in zip(groups.categories, counted, alone, strict=True):
        if respondents > 1 and not one_unit:
            continue
        label = answer_label(sample.codebook, by, category)
        group = repr(label) if label else code_quoted(category)
        raise MisleadingError(
            f"Only one respondent is in `{by}` = {group}, and a single one has no variance."
            if respondents == 1
            else f"The {respondents} respondents in `{by}` = {group} are all of one primary unit, "
            "and a single one has no variance.",
            write="Merge that category with another, or leave it out with `sample.where(...)`.",
        )


def _check_heavy_units(sample: Sample, groups: GroupMeans, by: str, remedy: str) -> None:
    """Refuse linearised comparisons of two groups if one unit has most of the weight of one."""
    heavy = heavy_units(sample, groups.computed.totals)[groups.computed.n > 0]
    for category in [item for item, own in zip(groups.categories, heavy, strict=True) if own]:
        label = answer_label(sample.codebook, by, category)
        group = repr(label) if label else code_quoted(category)
        write = "Merge that category with another, or leave it out with `sample.where(...)`."
        if remedy and not_enlarged(sample) is None:
            write = f"Write `{remedy}`."
        raise MisleadingError(
            f"One sampling unit holds more than three quarters of the weight of `{by}` = {group}.",
            "The linearised standard error of its mean is too small to test by.",
            write,
        )


def _check_variance(variance: float, mean: float, variable: object) -> None:
    """Refuse a test of a difference without sampling variance."""
    # what is left of rounding is not a variance
    if not variance > (1e-14 * mean) ** 2:
        raise MisleadingError(
            f"`{variable}` has no sampling variance in this design, or an undefined one.",
            write="Check the answers: a test needs some that differ, in more than one primary "
            "unit.",
        )


def _degrees_left(
    sample: Sample, groups: GroupMeans, rule: DegreesOfFreedom, less: int = 1
) -> float:
    """Return degrees of freedom, of the design or those compared, less the parameters tested."""
    there = np.flatnonzero(groups.computed.n)
    if rule == "effective" and (there.size <= 2 or sample.replication is None or sample.made):
        # of the mean, or of the covariance of all differences, which counts the parameters itself
        by_group = effective_df(sample, groups.computed.totals)
        if there.size == 1:
            return float(by_group.df[there[0]])
        return by_group.of_covariance(groups.differences_mix().T)
    together = np.where(groups.computed.n > 0, 0, -1)
    left = float(degrees_of_freedom(sample, groups.computed.totals, rule, together, 1)[0])
    return left if rule == "effective" else left - less


def in_few_units(
    sample: Sample, groups: GroupMeans, rule: DegreesOfFreedom, *, enlarged: bool = False
) -> bool:
    """Return whether the mean, or a difference of two, rests on few units, whatever the rule."""
    there = np.flatnonzero(groups.computed.n)
    if enlarged and there.size > 2 and rule == "effective" and enlarges(sample):
        return False  # the F of enlarged residuals says it by its own
    lines = np.eye(groups.computed.n.size)[there]
    if there.size > 1:
        lines = groups.differences_mix().T
    worth = effective_df(sample, groups.computed.totals).of_combinations(lines)
    return bool(worth.min() < FEW_DF)


def pooled_over_imputations(
    test: Callable[..., Test], imputed: Imputed, *arguments: Any, **options: Any
) -> Test:
    """Ask a test of each imputation, and combine what they say by `pooled_test`."""
    tests = imputed.results(test, *arguments, **options)
    # what is tested, and how many differences at once
    compared = [(item.tested, item.df[0] if len(item.df) == 2 else 1.0) for item in tests]
    for position, other in enumerate(compared[1:], start=2):
        if other != compared[0]:
            raise OptionError(
                f"Imputation {position} of {len(tests)} does not have the same groups as the "
                "first.",
                f"The test is that {tests[0].hypothesis}.",
                "Keep those that all of them have, for example with `imputations.where(...)`.",
            )
    return pooled_test(tests)


def t_test(
    sample: Sample | Imputed,
    y: Any,
    by: str | None = None,
    *,
    mu: float = 0.0,
    paired_with: Any = None,
    confidence: float = 0.95,
    df: DegreesOfFreedom = "effective",
    effect_size: EffectSize | None = None,
) -> Test:
    """Test a mean: against a value, between two groups, or between two answers of the same people.

    Parameters
    ----------
    sample : Sample or Imputed
        From `declare_design`, possibly narrowed by `where` and `universe`; or from `imputed`: what
        is tested is combined over the imputations as any estimate.
    y : str
        Column or expression, in its own unit.
    by : str, optional
        Column with two categories (among those who answered): the difference is the second minus
        the first, in the order of the categories.
    mu : float
        What the mean, or the difference, is under the hypothesis.
    paired_with : str, optional
        Another answer of the same people: the mean of `y` minus it is tested.
    confidence : float
        Level of the interval of the mean or of the difference.
    df : {"effective", "design", "domain", "infinity"}
        Degrees of freedom: those of the mean in `estimate`, or of the difference of two means, by
        how the weights of both groups are spread over primary units; those of the design minus one
        (`svyttest` in R survey); those of the respondents who are compared minus one (`svyttest` on
        a subset); or the normal distribution.
    effect_size : {"cohens_d", "hedges_g"}, optional
        The mean less `mu`, or the difference, over the standard deviation (Cohen 1988), of two
        groups the pooled one; or d with Hedges' (1981) correction for few respondents.

    Returns
    -------
    Test
        `t = (estimate - mu) / standard error`; `estimates` holds `mean` (one group) or
        `difference`, `std_error`, `ci_low`, `ci_high`, and `mean_first` and `mean_second` for two
        groups; and the effect size under its name, with `effect_std_error`, `effect_low`,
        `effect_high`.

    Raises
    ------
    OptionError
        Where `by` does not have two categories, or both `by` and `paired_with` are given; for an
        effect size over imputations.
    MisleadingError
        Where what is tested does not vary, or a group has one respondent or one primary unit.

    Notes
    -----
    Two groups are two domains of one sample: V(b - a) = V(a) + V(b) - 2 C(a, b), the covariance
    being that of the design (Korn and Graubard 1999); it is the test of the slope of a regression
    on the group. The effective degrees of freedom are those of Kott (1994) and Bell and McCaffrey
    (2002), without any answer.

    The standard deviation is the root of S = n / (n - k) sum(w (y - m_k)^2) / sum(w), with k means;
    d = D / sqrt(S) has the linearised variable (z_D - d / (2 sqrt(S)) z_S) / sqrt(S) with z_S = (n
    / (n - k) (y - m_k)^2 - S) / sum(w); Hedges' g = d (1 - 3 / (4 (n - k) - 1)).

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"sex": ["f", "f", "m", "m"], "hours": [10.0, 20.0, 30.0, 50.0]})
    >>> found = dl.t_test(dl.declare_design(people), "hours", "sex")
    >>> found.estimates["difference"], round(found.df[0], 2), found.hypothesis
    (25.0, 2.0, 'mean of hours equal across sex (difference: m minus f)')
    """
    _check_effect_size(effect_size, sample)
    if isinstance(sample, Imputed):
        test = partial(t_test, mu=mu, paired_with=paired_with, confidence=confidence, df=df)
        return pooled_over_imputations(test, sample, y, by)
    check_sample(sample, "A t test", "test")
    check_confidence(confidence)
    check_one_of("df", df, DegreesOfFreedom)
    domains = () if by is None else (by,)
    if by is not None:
        _check_groups_or_pairs(by, paired_with)
        known_column(by, sample.names, "the groups of a t test", sample.codebook)
    bound = _variable(sample.answering(domains), y, paired_with)
    sample = sample.prepare_for(*bound.arguments, by=domains)
    groups = _group_means(sample, bound, by)
    if by is None:
        estimates, variance = _one_mean(sample, groups, paired=paired_with is not None)
    else:
        remedy = f"regress(sample, '{y} ~ {by}', variance='bell_mccaffrey')" if mu == 0 else ""
        estimates, variance = _difference_of_two(sample, groups, bound, by, remedy)
    tested = next(iter(estimates.values()))
    _check_variance(variance, max(map(abs, groups.means)), bound.variable)
    error, freedom = float(np.sqrt(variance)), _degrees_left(sample, groups, df)
    half = float(student(confidence, np.array(freedom))) * error
    statistic = (tested - mu) / error
    estimates |= {"std_error": error, "ci_low": tested - half, "ci_high": tested + half}
    if effect_size:
        estimates |= _effect_size(sample, groups, by, mu, effect_size, confidence, freedom)
    if by is not None:
        kind: HypothesisKind = "mean_equal" if mu == 0 else "mean_apart"
        compared: dict[str, Any] = {"by": by, "groups": tuple(groups.categories)}
        hypothesis = Hypothesis(kind=kind, variable=bound.variable, null=mu, **compared)
    elif paired_with is not None:
        pair: dict[str, Any] = {"variable": str(y), "paired_with": str(paired_with)}
        hypothesis = Hypothesis(kind="mean_value", null=mu, **pair)
    else:
        hypothesis = Hypothesis(kind="mean_value", null=mu, variable=bound.variable)
    p_value = float(t_p_value(np.array(statistic), np.array(freedom)))
    rule = _LESS_ONE.get(df, df)
    provenance = provenance_of(sample, [groups.computed], confidence, rule, domains)
    return Test(
        *("t", statistic, (freedom,), p_value, hypothesis, estimates),
        *(groups.n, provenance, sample.codebook),
        few_units=in_few_units(sample, groups, df),
    )


def _difference_of_two(
    sample: Sample, groups: GroupMeans, bound: PreparedStatistic, by: str, remedy: str
) -> tuple[dict[str, float], float]:
    """Return the difference of two means and these, and its variance; refuse what has none."""
    _check_two(sample, groups, bound, by)
    _check_group_sizes(sample, groups, by)
    _check_heavy_units(sample, groups, by, remedy)
    difference, variance = groups.difference(sample)
    first, second = map(float, groups.means)
    return {"difference": difference, "mean_first": first, "mean_second": second}, variance


def _one_mean(
    sample: Sample, groups: GroupMeans, *, paired: bool
) -> tuple[dict[str, float], float]:
    """Return a mean, or the mean difference of pairs, and its variance."""
    variance = groups.variance(sample)
    if of_one_unit(sample, groups.computed.totals).any():
        # calibration gives it the variance of the margins
        variance = np.nan
    return {"difference" if paired else "mean": float(groups.means[0])}, variance


def _check_groups_or_pairs(by: str, paired_with: Any) -> None:
    if paired_with is not None:
        raise OptionError(
            f"`by={by!r}` and `paired_with={str(paired_with)!r}` exclude each other.",
            "Groups are different people, pairs are two answers of the same.",
            "Write one of the two; for the change in two groups, write the difference as the "
            "variable.",
        )


def _check_effect_size(effect_size: object, sample: object) -> None:
    if effect_size is None:
        return
    check_one_of("effect_size", effect_size, EffectSize)
    if isinstance(sample, Imputed):
        raise OptionError(
            f"`effect_size={effect_size!r}` does not apply to imputations.",
            "Their tests are combined, and effect sizes are not.",
            "Leave it out, or write `t_test` of each of `imputations.samples`.",
        )


def _effect_size(
    sample: Sample,
    groups: GroupMeans,
    by: str | None,
    mu: float,
    name: EffectSize,
    confidence: float,
    df: float,
) -> dict[str, float]:
    """Return an effect size with its linearised error, over all compared as one domain."""
    (y,), left = groups.computed.bound.arguments, groups.n - len(groups.categories)
    of_group = [] if by is None else [Column(by).is_(category) for category in groups.categories]
    scale = 1 - 3 / (4 * left - 1) if name == "hedges_g" else 1.0
    totals = sample.totals((), (y,) if by is None else (y, Column(by)))
    effect = linearised_statistic(
        totals, _standardised_difference(totals, y, of_group, mu, groups.n / left)
    )
    value, ((square,),) = (
        scale * float(effect.linearised.point[0]),
        joint_covariance(sample, [effect]),
    )
    error = scale * float(np.sqrt(square))
    half = float(student(confidence, np.array(df))) * error
    return {
        name: value,
        "effect_std_error": error,
        "effect_low": value - half,
        "effect_high": value + half,
    }


def _standardised_difference(
    totals: Totals, y: Expression, of_group: Sequence[Expression], mu: float, ratio: float
) -> Linearised:
    """Return the standardised mean, or difference of two means, less `mu`.

    It is divided by the standard deviation within groups.
    """
    inside = [only_where(item, ONE) for item in of_group] or [ONE]
    answers = [only_where(item, y) for item in of_group] or [y]
    everybody, *sums = totals(ONE, *inside, *answers)
    people = sums[: len(inside)]
    means = [total / size for total, size in zip(sums[len(inside) :], people, strict=True)]
    away = [answer - own * item for answer, own, item in zip(answers, inside, means, strict=True)]
    squares = reduce(add, [item * item for item in away])
    spread = (
        totals(squares)[0] * ratio / everybody
    )  # n / (n - k), for the k means that the squares are taken from
    sides = (-1.0, 1.0) if of_group else (1.0,)
    moved = reduce(
        add, [item * (side / size) for item, side, size in zip(away, sides, people, strict=True)]
    )
    deviation = np.sqrt(spread)
    d = (
        reduce(add, [side * item for side, item in zip(sides, means, strict=True)]) - mu
    ) / deviation
    variable = (moved - (squares * ratio - spread) * (d / (2 * deviation * everybody))) * (
        1 / deviation
    )
    return Linearised(
        d,
        variable,
        replicated=lambda others: _standardised_difference(others, y, of_group, mu, ratio).point,
    )


def _check_two(sample: Sample, groups: GroupMeans, bound: PreparedStatistic, by: str) -> None:
    count = len(groups.categories)
    if count != 2:
        labels = (
            label_and_code(sample.codebook, by, category) for category in groups.categories[:6]
        )
        listed = ", ".join(labels) + (", ..." if count > 6 else "")
        raise OptionError(
            f"`t_test` compares two groups, and `by={by!r}` makes {count}.",
            f"Among those who answered `{bound.variable}`: {listed}.",
            "Keep two with `sample.where(...)`, or write `rank_test` or a contrast for more.",
        )


def _mean_of(y: Any) -> Statistic:
    """Return the mean of one variable."""
    each: Statistic | Statistics = mean(y)
    if isinstance(each, Statistics):
        raise OptionError(
            f"{argument('y', y)} is a list.", write="Write one test for each variable."
        )
    return each


def _variable(sample: Sample, y: Any, paired_with: Any) -> PreparedStatistic:
    """Return the mean of the variable tested: `y`, or `y` minus the other answer."""
    written = (y,) if paired_with is None else (y, paired_with)
    variables = read_variables(sample, "t_test", written, mean.description.scale)
    (bound,) = _mean_of(y).prepare(sample)
    if paired_with is None:
        return bound
    other = parse(paired_with, sample.names, sample.codebook, "the other answer of a t test")
    combined = Combined((str(y), str(paired_with)), "difference")
    return replace(
        bound,
        variable=str(combined),
        combined=combined,
        arguments=(bound.arguments[0] - other,),
        variables=variables,
    )


def mean_test(sample: Sample, y: str, by: str, *, df: DegreesOfFreedom = "effective") -> Test:
    """Test whether groups have one mean: two by `t_test`, more by Wald's F of their differences."""
    bound = _variable(sample.answering((by,)), y, None)
    sample = sample.prepare_for(*bound.arguments, by=(by,))
    groups = _group_means(sample, bound, by)
    if len(groups.categories) == 2:
        return t_test(sample, y, by, df=df)
    if df == "effective" and enlarges(sample):
        # residuals are enlarged by row
        sample = sample.collect_for(*bound.arguments, by=(by,))
        groups = _group_means(sample, bound, by)
    left = check_groups(sample, groups, df, by, "summary", "by", f"answered `{y}`")
    statistic, freedom, p_value, estimates = _f_of_groups(sample, groups, y, left, df)
    record = provenance_of_test(sample, groups, df, by, **_joint_rules(sample, groups, df))
    hypothesis = Hypothesis(kind="mean_equal", variable=y, by=by)
    return Test(
        "wald",
        statistic,
        freedom,
        p_value,
        hypothesis,
        estimates,
        groups.n,
        record,
        sample.codebook,
        few_units=in_few_units(sample, groups, df, enlarged=True),
    )


def rank_test(
    sample: Sample | Imputed,
    y: Any,
    by: str,
    *,
    score: Score = "wilcoxon",
    df: DegreesOfFreedom = "effective",
) -> Test:
    """Test whether groups have the same distribution of a variable, by its ranks.

    Parameters
    ----------
    sample : Sample or Imputed
        From `declare_design`, possibly narrowed by `where` and `universe`; or from `imputed`: the
        difference of two groups is combined as any estimate, the F of more by the rule D2 of
        `pooled_test`.
    y : str
        Column or expression that can be ordered.
    by : str
        Column with two categories or more (among those who answered).
    score : {"wilcoxon", "van_der_waerden", "median"}
        What a rank counts: itself (Wilcoxon for two groups, Kruskal-Wallis for more), the normal
        quantile of it, or whether it is in the upper half.
    df : {"effective", "design", "domain", "infinity"}
        Degrees of freedom, as in `t_test`; of G groups, those of the design (or of the respondents)
        minus G - 1, or effective ones of the covariance of the differences, d, which is from
        residuals enlarged by primary unit, as in `term_test`.

    Returns
    -------
    Test
        Two groups: t; `estimates` holds the `difference` of mean scores (second minus first
        category) and its `std_error`. More: F, a Wald statistic of the k = G - 1 differences
        (`estimates["chi2"]`) over k; with effective degrees of freedom times (d - k + 1) / d, on k
        and d - k + 1.

    Raises
    ------
    OptionError
        Where `score` is not one of its words, or `by` has too few or too many categories.
    MisleadingError
        Where the scores do not vary, or a group has one respondent or one primary unit.

    Notes
    -----
    Ranks are estimated ranks in the population of those compared, R(y) = (W(< y) + W(= y) / 2) / W,
    and do not depend on the order of ties. Under the hypothesis the error of the ranks themselves
    cancels between the groups to first order, so scores are treated as known (Lumley and Scott
    2013, Biometrika 100, 831-842); for that reason no interval is given. The variance is that of
    the design, finite population correction included. Ranks need the rows: where the data are
    queried, the columns of the test and of the design come to memory.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"sex": ["f", "f", "f", "m", "m"], "pay": [1.0, 2.0, 4.0, 3.0, 5.0]})
    >>> found = dl.rank_test(dl.declare_design(people), "pay", "sex")
    >>> round(found.estimates["difference"], 4), round(found.df[0], 2)
    (0.3333, 2.56)
    """
    if isinstance(sample, Imputed):
        return pooled_over_imputations(rank_test, sample, y, by, score=score, df=df)
    check_sample(sample, "A rank test", "test")
    check_one_of("df", df, DegreesOfFreedom)
    check_one_of("score", score, Score)
    known_column(by, sample.names, "the groups of a rank test", sample.codebook)
    value = parse(y, sample.names, sample.codebook, "the variable of `rank_test`")
    variables = read_variables(sample.answering((by,)), "rank_test", (y,), "order")
    of_any = _mean_of(y)
    # refuses what reads no column
    replace(of_any, description=replace(of_any.description, scale="any")).prepare(sample)
    value = in_places(sample, value)
    sample = sample.collect_for(value, by=(by,))  # ranks need the rows
    mean_score = partial(_mean_score, Rows(_scores(sample, value, by, score)))
    ranks = PreparedStatistic("rank", str(y), "", (value,), {}, mean_score, variables=variables)
    groups = _group_means(sample, ranks, by)
    left = check_groups(sample, groups, df, by, "rank_test", "by", f"answered `{y}`")
    two = len(groups.categories) == 2
    freedom: tuple[float, ...]
    test_name: str
    if two:
        gap, variance = groups.difference(sample)
        _check_variance(variance, 1.0, y)
        error, freedom, test_name = float(np.sqrt(variance)), (left,), score
        statistic, estimates = gap / error, {"difference": gap, "std_error": error}
        p_value = float(t_p_value(np.array(statistic), np.array(left)))
    else:
        statistic, freedom, p_value, estimates = _f_of_groups(sample, groups, y, left, df)
        test_name = "kruskal_wallis" if score == "wilcoxon" else score
    kind: HypothesisKind = "above_median" if score == "median" else "distribution"
    compared = tuple(groups.categories) if two else ()
    hypothesis = Hypothesis(kind=kind, variable=str(y), by=by, groups=compared)
    provenance = provenance_of_test(
        sample, groups, df, by, score=score, **_joint_rules(sample, groups, df)
    )
    return Test(
        *(test_name, statistic, freedom, p_value, hypothesis, estimates),
        *(groups.n, provenance, sample.codebook),
        few_units=in_few_units(sample, groups, df, enlarged=True),
    )


def _mean_score(scores: Rows, totals: Totals, _: Expression) -> Linearised:
    """Return mean scores, which are treated as known, in replicates too."""
    average = mean.on(totals, scores)
    return replace(average, replicated=lambda totals: totals(average.variable)[0])


def check_groups(
    sample: Sample,
    groups: GroupMeans,
    df: DegreesOfFreedom,
    by: str,
    verb: str,
    asked: str,
    have: str,
) -> float:
    """Return the degrees of freedom to compare two or more groups; refuse too few or too small."""
    count, effective = len(groups.categories), df == "effective"
    if count < 2:
        only = ", ".join(
            label_and_code(sample.codebook, by, category) for category in groups.categories
        )
        raise OptionError(
            f"`{verb}` compares two groups or more, and `{asked}={by!r}` makes "
            f"{('none', 'one')[count]}.",
            f"Among those who {have}: {only or 'none'}.",
            "Write a variable with two categories or more, or a wider condition.",
        )
    left = _degrees_left(sample, groups, df, count - 1)
    if not left >= (count - 2 + 1e-9 if effective else 1):
        behind = left if effective else left + count - 1
        raise OptionError(
            f"`{asked}={by!r}` makes {count} groups, too many for the {behind:.3g} degrees of "
            "freedom.",
            write="Merge categories, so that there are fewer than primary units minus strata.",
        )
    _check_group_sizes(sample, groups, by)
    if count == 2 or not (effective and enlarges(sample)):
        # those of several groups are of enlarged residuals
        _check_heavy_units(sample, groups, by, "")
    return left


def provenance_of_test(
    sample: Sample, groups: GroupMeans, df: str, by: str, **rules: str
) -> Provenance:
    """Return the provenance of a test without an interval, which reports its degrees of freedom."""
    record = provenance_of(sample, [groups.computed], 0.95, df, (by,))
    return replace(record, rules=record.rules_without("confidence", "df") | rules)


def _scores(sample: SampleInMemory, value: Expression, by: str, score: Score) -> Floats:
    """Return the score of every row; 0 for those who are not compared."""
    engine = sample.engine
    rows = engine.scoped(Scope((*sample.population, *sample.domain), (by,)))
    values = engine.columns.evaluate(value, rows.domain)
    compared = np.flatnonzero((rows.weight > 0) & ~np.isnan(values))
    scores = np.zeros(values.size)
    scores[compared] = SCORES[score](mid_ranks(values[compared], rows.weight[compared]))
    return scores


def _joint_rules(sample: Sample, groups: GroupMeans, rule: DegreesOfFreedom) -> dict[str, str]:
    """Return the variance rule of three or more groups, whose variance few units would bias."""
    several = len(groups.categories) > 2 and rule == "effective"
    return {"variance": "bell_mccaffrey"} if several and enlarges(sample) else {}


def _f_of_groups(
    sample: Sample, groups: GroupMeans, y: Any, df: float, rule: DegreesOfFreedom
) -> tuple[float, tuple[float, ...], float, dict[str, float]]:
    """Return F, its degrees of freedom, p-value and chi2 of three groups or more."""
    gaps, covariance = groups.differences(sample)
    if _joint_rules(sample, groups, rule):
        covariance, df = groups.enlarged_differences(sample)
    return f_of_differences(gaps, covariance, y, df, rule)


def f_of_differences(
    gaps: Floats, covariance: Floats, y: Any, df: float, rule: DegreesOfFreedom
) -> tuple[float, tuple[float, ...], float, dict[str, float]]:
    """Return F, its degrees of freedom, p-value and chi2 of differences that are zero under H0."""
    count = len(gaps)
    spread = np.linalg.eigvalsh(covariance) if np.isfinite(covariance).all() else np.full(1, np.nan)
    # a combination of differences without variance, but for rounding, would decide alone
    _check_variance(spread[0] - 1e-12 * spread[-1], 0.0, y)
    chi2 = float(gaps @ np.linalg.solve(covariance, gaps))
    statistic = chi2 / count
    if rule == "effective":
        statistic, df = hotelling(chi2, count, df, f"the {count + 1} groups")
    return statistic, (float(count), df), f_p_value(statistic, count, df), {"chi2": chi2}
