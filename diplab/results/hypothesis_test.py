"""Results of tests: hypothesis, statistic, degrees of freedom, p-value and flag."""

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
"""The kind of hypothesis: one mean; means of groups, equal or a given number apart; distributions,
shares above the common median or survival of groups; two variables independent; given shares; a
log-linear model of a table; coefficients that are 0; coefficients that are the same at all cut
points; rows of a result that are all one value."""


@dataclass(frozen=True, kw_only=True)
class Hypothesis:
    """The hypothesis of a test; `str` gives it in English, with columns and codes as they are.

    Parameters
    ----------
    kind : str
        The kind of hypothesis, one of `HypothesisKind`.
    variable : str
        Column or expression that is compared, or the rows of a table; the time for survival.
    paired_with : str
        Another answer of the same people, subtracted from `variable`.
    by : str
        Column of the groups, or the columns of a table.
    groups : tuple
        The codes of two groups, first and second, if the test is of the second minus the first.
    null : float
        The value under the hypothesis: of a mean, of a difference of means, of rows.
    count : int
        Number of coefficients or rows tested jointly.
    terms : tuple of str
        The terms of a regression whose coefficients are tested.
    factors : tuple of tuple of str
        The variables of each term: several for a product.
    formula : str
        The regression, or the log-linear model.
    rows : tuple of (str, str)
        Distinct statistics and variables of the rows of a result.
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
    factors: tuple[tuple[str, ...], ...] = ()
    formula: str = ""
    rows: tuple[tuple[str, str], ...] = ()
    domain: tuple[tuple[str, Code], ...] = ()

    def __str__(self) -> str:
        return sentence_of(self)


FEW_JOINT_DF = (
    4  # degrees of freedom of a joint test, below which it is flagged (Pustejovsky and Tipton 2018)
)


@dataclass(frozen=True)
class LoneCategory:
    """A category of a table in a single sampling unit, or respondent if no unit is declared."""

    variable: str
    category: Any
    n: int  # respondents
    declared: bool  # whether the unit is declared, so that the test is not made


@dataclass(frozen=True, repr=False)
class Test(Displayed):
    """The result of a test of a hypothesis.

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
        Probability, under the hypothesis, of a statistic at least as extreme.
    tested : Hypothesis or str
        The hypothesis; or your own sentence.
    estimates : mapping of str to float
        Numbers of the test by name, such as `difference`, `std_error`, `ci_low`, `ci_high`.
    n : int
        Respondents.
    provenance : Provenance
        Rules in force, missing answers, source.
    codebook : Codebook
        Labels of the variables of the hypothesis and their codes, for tables.
    lone : LoneCategory, optional
        A row or column in one sampling unit: the test has no value; if no unit is declared, it has
        a value and a flag.
    joint_df : float
        Degrees of freedom that few units leave for a test of all parts of a table: below one it has
        no value, below four it is flagged.
    few_units : bool
        Whether the difference tested, or one of several whose covariance is linearised, is worth
        fewer than eight degrees of freedom, whatever others were asked.

    Examples
    --------
    >>> tested = Hypothesis(kind="mean_equal", variable="api00", by="awards")
    >>> Test("t", 1.445, (13.0,), 0.172, tested, {"difference": 25.5}, 200)
    t test: mean of api00 equal across awards
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
    few_units: bool = field(default=False, repr=False)

    @property
    def hypothesis(self) -> str:
        """The hypothesis as a sentence, with names of columns: `sch.wide x stype independent`."""
        return str(self.tested)

    @property
    def flag(self) -> str:
        """`no variance`, `no degrees of freedom`, `one respondent`, `few units` or empty."""
        if self.lone is not None and (self.lone.declared or self.joint_df >= 1 - 1e-9):
            return "no variance" if self.lone.declared else "one respondent"
        if self.joint_df < 1 - 1e-9:
            return "no degrees of freedom"
        few = self.few_units or min((self.joint_df, *self.df[1:])) < FEW_JOINT_DF
        return "few units" if few else ""
