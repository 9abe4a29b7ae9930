"""The t test: a mean against a value, two groups, or two answers of the same people."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import OptionError
from diplab.estimators.moments import mean
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
from diplab.kernel.interval import student
from diplab.kernel.tails import two_sided
from diplab.microdata.answers import answer_said, code_said
from diplab.results.test import Test
from diplab.sampling.condition import known_column, parse
from diplab.sampling.imputed import Imputed

if TYPE_CHECKING:
    from diplab.estimators.prepared import PreparedStatistic
    from diplab.sampling.sample import Sample

__all__ = ["t_test"]


def t_test(
    sample: Sample | Imputed,
    y: Any,
    by: str | None = None,
    *,
    mu: float = 0.0,
    paired_with: Any = None,
    confidence: float = 0.95,
    df: str = "design-1",
) -> Test:
    """Test a mean: against a value, between two groups, or between two answers of the same people.

    Parameters
    ----------
    sample : Sample or Imputed
        From `declare_design`, possibly narrowed by `where` and `universe`; or from `imputed`: what is tested is
        combined over the imputations as any estimate.
    y : str
        Column or expression, in its own unit.
    by : str, optional
        Column with two categories (among those who answered): the difference is the second minus the first, in the
        order of the categories.
    mu : float
        What the mean, or the difference, is under the hypothesis.
    paired_with : str, optional
        Another answer of the same people: the mean of `y` minus it is tested.
    confidence : float
        Level of the interval of the mean or of the difference.
    df : {"design-1", "design", "domain-1", "domain", "infinity"}
        Degrees of freedom: one less than those of the design; these, primary units minus strata (replicates minus
        one for replicate weights of a file, the smaller of both for replicates made from the design); the same of the
        respondents who are compared, their primary units minus their strata, as R has it on a subset; the normal law.

    Returns
    -------
    Test
        `t = (estimate - mu) / standard error`; `estimates` holds `mean` (one group) or `difference`, `std_error`,
        `ci_low`, `ci_high`, and `mean_first` and `mean_second` for two groups.

    Raises
    ------
    OptionError
        Where `by` does not have two categories, or both `by` and `paired_with` are given.
    MisleadingError
        Where what is tested does not vary, or a group has one respondent or one primary unit.

    Notes
    -----
    Two groups are two domains of one sample: V(b - a) = V(a) + V(b) - 2 C(a, b), the covariance being that of the
    design (Korn and Graubard 1999); it is the test of the slope of a regression on the group. The default
    degrees of freedom are those of `svyttest` in R survey (Lumley 2004).

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"sex": ["f", "f", "m", "m"], "hours": [10.0, 20.0, 30.0, 50.0]})
    >>> found = dl.t_test(dl.declare_design(people), "hours", "sex")
    >>> found.estimates["difference"], found.df, found.hypothesis
    (25.0, (2.0,), 'mean of hours equal over sex (difference: m minus f)')
    """
    if isinstance(sample, Imputed):
        options: dict[str, Any] = {"mu": mu, "paired_with": paired_with, "confidence": confidence, "df": df}
        return imputed_test(t_test, sample, y, by, **options)
    check_asked(sample, "t test", confidence, df)
    domains = () if by is None else (by,)
    _check_groups(sample, by, paired_with)
    bound = _variable(sample, y, paired_with)
    sample = sample.in_memory(*bound.arguments, by=domains)
    groups = group_means(sample, bound, by)
    if by is not None:
        _check_two(sample, groups, bound, by)
        check_company(sample, groups, by, f"A t test of `{bound.variable}` over `{by}` was asked for.")
    tested, variance, estimates = _tested(sample, groups, "difference" if paired_with is not None else "mean")
    check_varies(variance, max(map(abs, groups.means)), f"A t test of `{bound.variable}` was asked for.")
    error, freedom = float(np.sqrt(variance)), degrees_left(sample, groups, df)
    half = float(student(confidence, np.array(freedom))) * error
    statistic = (tested - mu) / error
    return Test(
        name="t",
        statistic=statistic,
        df=(freedom,),
        p_value=float(two_sided(np.array(statistic), np.array(freedom))),
        hypothesis=_hypothesis(groups, bound, by, mu),
        estimates={**estimates, "std_error": error, "ci_low": tested - half, "ci_high": tested + half},
        n=groups.n,
        provenance=provenance_of(sample, [groups.computed], confidence, df, domains),
        codebook=sample.codebook,
    )


def _check_groups(sample: Sample, by: str | None, paired_with: Any) -> None:
    if by is None:
        return
    if paired_with is not None:
        raise OptionError(
            f"A t test with `by={by!r}` and `paired_with={str(paired_with)!r}` was asked for.",
            "Groups are different people, pairs are two answers of the same.",
            "Write one of the two; for the change in two groups, write the difference as the variable.",
        )
    known_column(by, sample.names, "the groups of a t test")


def _variable(sample: Sample, y: Any, paired_with: Any) -> PreparedStatistic:
    """Return the mean of the variable tested: `y`, or `y` minus the other answer."""
    (bound,) = mean(y).prepare(sample)
    if paired_with is None:
        return bound
    other = parse(paired_with, sample.names, sample.codebook, "the other answer of a t test")
    return replace(bound, variable=f"{y} - {paired_with}", arguments=(bound.arguments[0] - other,))


def _check_two(sample: Sample, groups: GroupMeans, bound: PreparedStatistic, by: str) -> None:
    count = len(groups.categories)
    if count == 2:
        return
    said = (answer_said(sample.codebook, by, each) for each in groups.categories[:6])
    named = ", ".join(said) + (", ..." if count > 6 else "")
    raise OptionError(
        f"A t test of `{bound.variable}` over `{by}` was asked for.",
        f"`{by}` has {count} categor{'y' if count == 1 else 'ies'} among those who answered: {named}.",
        "Keep two with `sample.where(...)`, or write `rank_test` or a contrast for more.",
    )


def _tested(sample: Sample, groups: GroupMeans, alone: str) -> tuple[float, float, dict[str, float]]:
    """Return what is tested, its variance, and the estimates by name."""
    if len(groups.means) == 1:
        only = float(groups.means[0])
        return only, groups.variance(sample), {alone: only}
    (apart,), ((variance,),) = groups.differences(sample)
    first, second = map(float, groups.means)
    return (
        float(apart),
        float(variance),
        {"difference": float(apart), "mean_first": first, "mean_second": second},
    )


def _hypothesis(groups: GroupMeans, bound: PreparedStatistic, by: str | None, mu: float) -> str:
    if by is None:
        return f"mean of {bound.variable} equal to {mu:g}"
    first, second = map(code_said, groups.categories)
    apart = "equal" if mu == 0 else f"{mu:g} apart"
    return f"mean of {bound.variable} {apart} over {by} (difference: {second} minus {first})"
