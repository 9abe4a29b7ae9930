"""What a test says: the hypothesis as facts, its statistic, its degrees of freedom, its p-value, its flag."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeAlias

import numpy as np

from diplab.microdata.codebook import Codebook
from diplab.microdata.variable import Code
from diplab.reference.display import Displayed, sentence_of
from diplab.results.estimates import Provenance

HypothesisKind: TypeAlias = Literal[
    "mean_value",
    "mean_equal",
    "mean_apart",
    "distribution",
    "above_median",
    "survival",
    "independent",
    "expected",
    "log_linear",
    "coefficients",
    "proportional",
    "rows",
]
"""What is tested: one mean; means of groups, equal or a given number apart; distributions, shares above the common
median or survival of groups; two variables independent; given shares; a log-linear model of a
table; coefficients that are 0; coefficients that are the same at all cut points; rows of a result
that are all one value."""


@dataclass(frozen=True, kw_only=True)
class Hypothesis:
    """What a test is about, as facts: `str` of it is the sentence in English, with columns and codes as they are.

    Parameters
    ----------
    kind : str
        What is tested, one of `HypothesisKind`.
    variable : str
        Column or expression that is compared, or the rows of a table; of survival the time.
    paired_with : str
        Another answer of the same people, which is taken off `variable`.
    by : str
        Column of the groups, or the columns of a table.
    groups : tuple
        The codes of two groups, first and second, where the test is of the second minus the first.
    null : float
        The value that holds if the hypothesis does: of a mean, of a difference of means, of rows.
    count : int
        How many coefficients or rows are tested at once.
    terms : tuple of str
        The terms of a regression whose coefficients are tested.
    formula : str
        The regression, or the log-linear model.
    rows : tuple of (str, str)
        Of rows of a result, their statistics and variables, each pair once.
    domain : tuple of (str, code)
        The group in which the test is made: columns and codes.

    Examples
    --------
    >>> str(Hypothesis(kind="independent", variable="sex", by="job", domain=(("region", 2),)))
    'sex x job independent where region = 2'
    """

    kind: HypothesisKind
    variable: str = ""
    paired_with: str = ""
    by: str = ""
    groups: tuple[Code, ...] = ()
    null: float = 0.0
    count: int = 0
    terms: tuple[str, ...] = ()
    formula: str = ""
    rows: tuple[tuple[str, str], ...] = ()
    domain: tuple[tuple[str, Code], ...] = ()

    def __str__(self) -> str:
        return sentence_of(self)


FEW_JOINT_DF = 4  # of a test of several at once, under which it is marked (Pustejovsky and Tipton 2018)


@dataclass(frozen=True)
class LoneCategory:
    """A category of a table that lies in one sampling unit, or in one respondent where no unit is declared."""

    variable: str
    category: Any
    n: int  # respondents
    declared: bool  # whether the unit is declared, and the test refused


@dataclass(frozen=True, repr=False)
class Test(Displayed):
    """What the data say against a hypothesis, as one statistic.

    Parameters
    ----------
    name : str
        The test, for example `rao_scott_f`, `wald`, `t`.
    statistic : float
        Its value.
    df : tuple of float
        Degrees of freedom: one for t and chi2, two (numerator, denominator) for F; infinite for a
        normal law.
    p_value : float
        Probability, were the hypothesis true, of a statistic at least as far from it.
    tested : Hypothesis or str
        What is tested, as facts; or a sentence of your own.
    estimates : mapping of str to float
        Numbers that belong to the test (`difference`, `std_error`, `ci_low`, `ci_high`...), by
        name.
    n : int
        Respondents.
    provenance : Provenance
        Rules in force, missing answers, source.
    codebook : Codebook
        What the variables of the hypothesis and their codes mean, for tables in words.
    lone : LoneCategory, optional
        A row or column in one sampling unit: the test has no value; if no unit is declared it has
        one, and a flag.
    joint_df : float
        What few units leave to a test of all parts of a table: under one it has no value, under
        four it is flagged.

    Examples
    --------
    >>> tested = Hypothesis(kind="mean_equal", variable="api00", by="awards")
    >>> Test("t", 1.445, (13.0,), 0.172, tested, {"difference": 25.5}, 200)
    t test: mean of api00 equal over awards
     Difference      t   Degrees of freedom   p-value   Respondents
    ────────────────────────────────────────────────────────────────
          25.50   1.45                   13     0.172           200
    """

    # pytest collects classes of this name
    __test__: ClassVar[bool] = False

    name: str
    statistic: float
    df: tuple[float, ...]
    p_value: float
    tested: Hypothesis | str
    estimates: Mapping[str, float] = field(default_factory=dict, repr=False)
    n: int = field(default=0, repr=False)
    provenance: Provenance = field(default_factory=Provenance, repr=False)
    codebook: Codebook = field(default_factory=Codebook, repr=False)
    lone: LoneCategory | None = field(default=None, repr=False)
    joint_df: float = field(default=np.inf, repr=False)

    @property
    def hypothesis(self) -> str:
        """What is tested, as a sentence in the terms of the data: `sch.wide x stype independent`."""
        return str(self.tested)

    @property
    def flag(self) -> str:
        """`no variance` or `no degrees of freedom` for no test; `one respondent`; `few units`: F of under 4."""
        if self.lone is not None and (self.lone.declared or self.joint_df >= 1 - 1e-9):
            return "no variance" if self.lone.declared else "one respondent"
        if self.joint_df < 1 - 1e-9:
            return "no degrees of freedom"
        return "few units" if min((self.joint_df, *self.df[1:])) < FEW_JOINT_DF else ""
