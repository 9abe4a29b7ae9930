"""Shares of respondents beside a share of the population of the same coverage."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from diplab.microdata.codebook import Codebook
from diplab.reference.display import as_html

if TYPE_CHECKING:
    import pandas as pd

    from diplab.results.coverage import Coverage, PopulationFigure
    from diplab.results.provenance import Provenance

__all__ = ["PopulationComparison"]


@dataclass(frozen=True, eq=False, repr=False)
class PopulationComparison:
    """How shares of respondents differ from one of the population.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a share: what it is (`statistic`, `variable`, `category` and domains), `estimate`, `std_error`,
        `ci_low`, `ci_high`, `reference`, `difference`, `difference_std_error`, `difference_low`, `difference_high`,
        `ratio`, `ratio_std_error`, `ratio_low`, `ratio_high`, `p_value`, `n`, `verdict`
        (`above`, `below`, `not told apart`; for a published share `above, without error`...).
    reference : PopulationFigure
        The share of the population.
    coverage : Coverage
        Of the shares of respondents.
    provenance : Provenance
        Rules in force, base, sources, status.
    by : tuple of str
        Domain variables.
    codebook : Codebook
        What the variables mean.
    """

    frame: pd.DataFrame
    reference: PopulationFigure
    coverage: Coverage
    provenance: Provenance
    by: tuple[str, ...] = ()
    codebook: Codebook = field(default_factory=Codebook)

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        columns = [
            "estimate",
            "reference",
            "difference",
            "difference_std_error",
            "ratio",
            "ratio_std_error",
            "verdict",
        ]
        named = [name for name in ("category", *self.by) if (self.frame[name] != "").any()]
        return self.frame[[*named, *columns]].to_string(
            index=False, float_format=lambda value: f"{value:.6g}"
        )

    def _repr_html_(self) -> str:
        return as_html(self)
