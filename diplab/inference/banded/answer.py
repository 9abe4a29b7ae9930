"""What is asked of a banded variable, and each answer to it: the nouns that bounds, laws and imputations share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Mapping

    from diplab.reference.text import Text
    from diplab.sampling.sample import SampleInMemory

__all__ = ["Answer", "Asked"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Asked:
    """A statistic of a banded variable on a sample.

    Parameters
    ----------
    sample : SampleInMemory
    name : str
        Key of the statistic: `arpr`, `arpt`, `mean`, `median`, `quantile`, `gini`.
    options : mapping
        Its options.
    variable : str
        As written, for results.
    low, high : array, shape (rows,)
        Ends of the band of each row of the file, high infinite where it is open; equal where the value is known.
        A band holds its lower end and not its upper. Both NaN where there is no answer.
    line_low, line_high : array, shape (rows,), or None
        The fixed line of each row, between two ends where the household is not known; None where it is estimated, or
        the statistic has none.
    covariates : tuple of str
        Columns that imputations within bands may use.
    by : tuple of str
        Domain variables.
    confidence : float
    df : str
    called : str
        The statistic as it was asked for, where that is not its key: `below_minimum_wage` is a rate.
    """

    sample: SampleInMemory
    name: str
    options: Mapping[str, Any]
    variable: str
    low: Floats
    high: Floats
    line_low: Floats | None
    line_high: Floats | None
    covariates: tuple[str, ...]
    by: tuple[str, ...]
    confidence: float
    df: str
    called: str = ""

    @property
    def said(self) -> str:
        """The statistic as it was asked for."""
        return self.called or self.name


@dataclass(frozen=True, eq=False)
class Answer:
    """One answer, by domain.

    Parameters
    ----------
    method : str
        The category of its rows: `at least`, `at most`, the name of a law, `imputed`.
    point, std_error, ci_low, ci_high : array, shape (domains,)
    df : array, shape (domains,)
    n : array of int, shape (domains,)
        Respondents with a band.
    flag : tuple of str
        One a domain.
    rules : mapping of str to str
        What the provenance must say of it (`aic`, `laws`, `imputations`...).
    assumptions : tuple of Text
    """

    method: str
    point: Floats
    std_error: Floats
    ci_low: Floats
    ci_high: Floats
    df: Floats
    n: NDArray[np.int64]
    flag: tuple[str, ...]
    rules: Mapping[str, str]
    assumptions: tuple[Text, ...]
