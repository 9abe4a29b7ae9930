"""Means by group, with the covariance of their differences under the design: what t and rank tests compare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from diplab.errors import EmptyDomainError, MisleadingError, one_of
from diplab.inference.computed import Computed, joint_covariance
from diplab.inference.degrees_of_freedom import degrees_of_freedom, of_one_unit
from diplab.inference.question import check_confidence, check_sample
from diplab.microdata.answers import answer_label, code_quoted

if TYPE_CHECKING:
    from diplab.estimators.prepared import PreparedStatistic
    from diplab.sampling.sample import Sample

__all__ = ["GroupMeans", "check_asked", "check_company", "check_varies", "degrees_left", "group_means"]

Floats = NDArray[np.float64]
DF_RULES = ("design-1", "design", "domain-1", "domain", "infinity")


@dataclass(frozen=True, eq=False)
class GroupMeans:
    """Means of the groups that have answers.

    Parameters
    ----------
    categories : tuple
        The groups, in their order; one, `None`, where nothing is cut into groups.
    means : array, shape (groups,)
    n : int
        Respondents.
    computed : Computed
        What they were read from.
    """

    categories: tuple[Any, ...]
    means: Floats
    n: int
    computed: Computed

    def variance(self, sample: Sample) -> float:
        """Return the variance of the mean of the only group."""
        place = int(np.flatnonzero(self.computed.n)[0])
        return float(joint_covariance(sample, [self.computed])[place, place])

    def differences(self, sample: Sample) -> tuple[Floats, Floats]:
        """Return each mean minus the first, and their covariance."""
        there = np.flatnonzero(self.computed.n)
        mix = np.zeros((self.computed.n.size, there.size - 1))
        mix[there[0]] = -1.0
        mix[there[1:], np.arange(there.size - 1)] = 1.0
        return self.means[1:] - self.means[0], joint_covariance(sample, [self.computed], mix)


def group_means(sample: Sample, bound: PreparedStatistic, by: str | None) -> GroupMeans:
    """Return the means of groups.

    Parameters
    ----------
    sample : Sample
        Columns in memory where units are rows.
    bound : Bound
        A mean, on columns of the sample.
    by : str or None
        The variable of the groups.

    Raises
    ------
    EmptyDomainError
        Where nobody has an answer.
    """
    domains = () if by is None else (by,)
    if sample.replication is None:
        sample.engine.units.check_lonely(sample.design.lonely_psu)
    totals = sample.totals(domains, bound.arguments)
    counted = totals.n
    if not counted.sum():
        raise EmptyDomainError(
            f"A test on `{bound.variable}` was asked for"
            + (f" where `{sample.asked}`." if sample.asked else "."),
            "Nobody there has an answer and a positive weight.",
            "Write a wider condition, or look at the missing values of the variable.",
        )
    computed = Computed(bound, totals, bound(totals), counted)
    there = np.flatnonzero(counted)
    cells = sample.engine.cells(domains)
    categories = tuple(cells[place][0] if domains else None for place in there)
    return GroupMeans(categories, computed.linearised.point[there], int(counted.sum()), computed)


def check_asked(sample: object, test: str, confidence: float = 0.95, df: str = "design-1") -> None:
    """Refuse a test on what is not a sample, or with options that it does not have."""
    check_sample(sample, f"A {test}", "test")
    check_confidence(confidence)
    if df not in DF_RULES:
        raise one_of("`df`", df, DF_RULES)


def check_company(sample: Sample, groups: GroupMeans, by: str, asked: str) -> None:
    """Refuse a test with a group of one person, or of one primary unit.

    Its mean has no spread, and the difference would look as sure as the other groups are.
    """
    counted = groups.computed.n[groups.computed.n > 0]
    alone = of_one_unit(sample, groups.computed.totals)[groups.computed.n > 0]
    for category, respondents, one_unit in zip(groups.categories, counted, alone, strict=True):
        if respondents > 1 and not one_unit:
            continue
        label = answer_label(sample.codebook, by, category)
        said = repr(label) if label else code_quoted(category)
        raise MisleadingError(
            asked,
            f"One respondent only is in `{by}` = {said}, and one shows no spread."
            if respondents == 1
            else f"The {respondents} respondents in `{by}` = {said} are all of one primary unit, and one shows no "
            "spread.",
            "Merge that category with another, or leave it out with `sample.where(...)`.",
        )


def check_varies(variance: float, mean: float, asked: str) -> None:
    """Refuse a test where the difference has no sampling variance: nothing tells it from chance."""
    # what is left of rounding is not a variance
    if not variance > (1e-14 * mean) ** 2:
        raise MisleadingError(
            asked,
            "What is tested has no sampling variance in this design, or an undefined one.",
            "Look at the answers: a test needs some that differ, in more than one primary unit.",
        )


def degrees_left(sample: Sample, groups: GroupMeans, rule: str, less: int = 1) -> float:
    """Return degrees of freedom: those of the design or of all who are compared, less the parameters tested."""
    whole, _, apart = rule.partition("-")
    together = np.where(groups.computed.n > 0, 0, -1)
    found = float(degrees_of_freedom(sample, groups.computed.totals, whole, together, 1)[0])
    return found - less if apart else found
