"""The result of a test of hypothesis: its statistic, its degrees of freedom, its p-value and its rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from diplab.microdata.codebook import Codebook
from diplab.reference.display import as_html
from diplab.results.provenance import Provenance

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, repr=False)
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
    >>> Test("t", 1.445, (13.0,), 0.172, "mean of api00 equal over awards", {"difference": 25.5}, 200)
    hypothesis: mean of api00 equal over awards
    t = 1.445, df = 13, p = 0.172
    difference = 25.5
    n = 200
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

    def __repr__(self) -> str:
        df = " and ".join(f"{each:.6g}" for each in self.df)
        p = "p < 0.001" if self.p_value < 0.001 else f"p = {self.p_value:.3g}"
        lines = [f"hypothesis: {self.hypothesis}", f"{self.name} = {self.statistic:.6g}, df = {df}, {p}"]
        lines += [", ".join(f"{name} = {value:.6g}" for name, value in self.estimates.items())]
        lines += [f"n = {self.n}" if self.n else ""]
        return "\n".join(line for line in lines if line)

    def _repr_html_(self) -> str:
        return as_html(self)
