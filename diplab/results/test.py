"""The result of a test of hypothesis: its statistic, its degrees of freedom, its p-value and its rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from diplab.microdata.codebook import Codebook
from diplab.reference.display import Displayed
from diplab.results.estimates import Provenance


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
        Degrees of freedom: one for t and chi2, two (numerator, denominator) for F; infinite for a normal law.
    p_value : float
        Probability, were the hypothesis true, of a statistic at least as far from it.
    hypothesis : str
        What is tested, in the terms of the data: `sch.wide x stype independent`.
    estimates : mapping of str to float
        Numbers that belong to the test (`difference`, `std_error`, `ci_low`, `ci_high`...), by name.
    n : int
        Respondents.
    provenance : Provenance
        Rules in force, missing answers, source.
    codebook : Codebook
        What the variables of the hypothesis and their codes mean, for tables in words.

    Examples
    --------
    >>> Test("t", 1.445, (13.0,), 0.172, "mean of api00 equal over awards", {"difference": 25.5}, 200)
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
    hypothesis: str
    estimates: Mapping[str, float] = field(default_factory=dict, repr=False)
    n: int = field(default=0, repr=False)
    provenance: Provenance = field(default_factory=Provenance, repr=False)
    codebook: Codebook = field(default_factory=Codebook, repr=False)
