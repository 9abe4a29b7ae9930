"""Means by group with the covariance that the design gives them: what t and rank tests compare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from diplab.errors import EmptyDomainError, MisleadingError, OptionError, one_of
from diplab.inference.computed import Computed, joint_covariance
from diplab.inference.estimate import design_degrees_of_freedom
from diplab.microdata.answers import answer_label, code_said
from diplab.sampling.sample import Sample

if TYPE_CHECKING:
    from diplab.estimators.statistic import Bound
    from diplab.microdata.codebook import Codebook

__all__ = ["GroupMeans", "check_asked", "degrees_left", "group_means", "needs_company", "needs_spread"]

Floats = NDArray[np.float64]
DF_RULES = ("design-1", "design", "infinity")


@dataclass(frozen=True, eq=False)
class GroupMeans:
    """Means of the groups that have answers.

    Parameters
    ----------
    categories : tuple
        The groups, in their order; one, `None`, where nothing is cut into groups.
    means : array, shape (groups,)
    covariance : array, shape (groups, groups)
    n : int
        Respondents.
    computed : Computed
        What they were read from.
    """

    categories: tuple[Any, ...]
    means: Floats
    covariance: Floats
    n: int
    computed: Computed

    def differences(self) -> tuple[Floats, Floats]:
        """Return each mean minus the first, and their covariance."""
        apart = np.c_[-np.ones(len(self.means) - 1), np.eye(len(self.means) - 1)]
        return apart @ self.means, apart @ self.covariance @ apart.T


def group_means(sample: Sample, bound: Bound, by: str | None) -> GroupMeans:
    """Return the means of groups, with their covariance.

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
    covariance = joint_covariance(sample, [computed])[np.ix_(there, there)]
    cells = sample.engine.cells(domains)
    categories = tuple(cells[place][0] if domains else None for place in there)
    return GroupMeans(categories, computed.linearised.point[there], covariance, int(counted.sum()), computed)


def check_asked(sample: object, test: str, confidence: float = 0.95, df: str = "design-1") -> None:
    """Refuse a test on what is not a sample, or with options that it does not have."""
    if not isinstance(sample, Sample):
        raise OptionError(
            f"A {test} on a {type(sample).__name__} was asked for.",
            "Uncertainty needs to know how the people were drawn.",
            "Write `declare_design(data, ...)` first, and test on what it returns.",
        )
    if not isinstance(confidence, int | float) or not 0 < confidence < 1:
        raise OptionError(
            f"A confidence of {confidence} was asked for.",
            "It lies between 0 and 1.",
            "Write for example `confidence=0.95`.",
        )
    if df not in DF_RULES:
        raise one_of("`df`", df, DF_RULES)


def needs_company(groups: GroupMeans, by: str, asked: str, codebook: Codebook) -> None:
    """Refuse a test with a group of one person: the difference would look as sure as the other groups are."""
    counted = groups.computed.n[groups.computed.n > 0]
    for category, respondents in zip(groups.categories, counted, strict=True):
        if respondents == 1:
            label = answer_label(codebook, by, category)
            said = repr(category) if isinstance(category, str) else code_said(category)
            said = f"{label!r}" if label else said
            raise MisleadingError(
                asked,
                f"One respondent only is in `{by}` = {said}, and one shows no spread.",
                "Merge that category with another, or leave it out with `sample.where(...)`.",
            )


def needs_spread(variance: float, mean: float, asked: str) -> None:
    """Refuse a test where the difference has no sampling variance: nothing tells it from chance."""
    # what is left of rounding is not a variance
    if not variance > (1e-14 * mean) ** 2:
        raise MisleadingError(
            asked,
            "What is tested has no sampling variance in this design, or an undefined one.",
            "Look at the answers: a test needs some that differ, in more than one primary unit.",
        )


def degrees_left(sample: Sample, rule: str, less: int = 1) -> float:
    """Return degrees of freedom: those of the design, less the parameters tested."""
    if rule == "infinity":
        return np.inf
    whole = design_degrees_of_freedom(sample)
    return float(whole - less if rule == "design-1" else whole)
