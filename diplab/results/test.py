"""The result of a test of hypothesis: its statistic, its degrees of freedom, its p-value and its rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from diplab.microdata.codebook import Codebook
from diplab.results.provenance import Provenance
from diplab.results.rich_display import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Test"]


@dataclass(frozen=True)
class Test:
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
    >>> Test("t", 1.445, (13.0,), 0.172, "mean of api00 equal over awards")
    Test(name='t', statistic=1.445, df=(13.0,), p_value=0.172, hypothesis='mean of api00 equal over awards')
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

    def _repr_html_(self) -> str:
        return shown(self)
