"""Rows of population sizes gathered as `Sizes`, their flags against the lower bound, their sources and status."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.checks import check_one_of
from diplab.microdata.microdata import Microdata
from diplab.population.kernel.abundance import lognormal_interval
from diplab.population.tables import PersonTable
from diplab.reference.text import Text
from diplab.results.estimates import COLUMNS
from diplab.results.provenance import STATUSES, Provenance
from diplab.results.sizes import ModelFit, Sizes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from diplab.population.kernel.abundance import Abundance


VARIABLE = "population size"


STRONGEST_FIRST = ("published", "estimated", "second-hand", "derived", "inferred", "synthetic")


def size(statistic: str, found: Abundance, interval: tuple[float, float], flag: str = "") -> dict[str, Any]:
    """Return the row of a size estimated with a variance."""
    error = math.sqrt(found.variance)
    return {
        **known_size(statistic, found.size, flag=flag),
        "std_error": error,
        "ci_low": interval[0],
        "ci_high": interval[1],
        "cv": error / found.size if found.size else math.nan,
        "df": math.inf,
        "n": found.seen,
    }


def known_size(statistic: str, value: float, category: str = "", flag: str = "") -> dict[str, Any]:
    """Return the row of a size without a sampling error."""
    row: dict[str, Any] = dict.fromkeys(COLUMNS, math.nan)
    return row | {
        "statistic": statistic,
        "variable": VARIABLE,
        "category": category,
        "estimate": float(value),
        "flag": flag,
    }


def no_size(statistic: str, seen: float, flag: str) -> dict[str, Any]:
    """Return the row of an estimator that has no answer on these data."""
    return {**known_size(statistic, math.nan, flag=flag), "n": seen}


def gather_sizes(
    rows: Iterable[Mapping[str, Any]],
    provenance: Provenance,
    fits: Sequence[ModelFit | None] = (),
    details: Any = None,
    covariance: NDArray[np.float64] | None = None,
    assumed: Sequence[tuple[Text, ...]] = (),
) -> Sizes:
    """Return rows as `Sizes`, with the model behind each where one was fitted.

    Unless it is given, the covariance is known on the diagonal only and NaN elsewhere: rows of one table often rest
    on the same data, so that zero would be false.
    """
    import pandas as pd

    frame = pd.DataFrame(list(rows), columns=list(COLUMNS))
    if covariance is None:
        covariance = np.full((len(frame), len(frame)), np.nan)
        np.fill_diagonal(covariance, frame["std_error"].to_numpy(dtype=float) ** 2)
    return Sizes(frame, covariance, provenance, fits=tuple(fits), details=details, assumed=tuple(assumed))


def bound_flag(size: float, bound: Abundance, confidence: float = 0.95) -> str:
    """Return the flag of a size, given Chao's lower bound of the same data.

    `contradicted` where the interval of the bound lies wholly above the size. Where all persons have the same rate, a
    size falls under the bound in half of all samples, so that being under it alone says little.
    """
    if not size < bound.size:
        return ""
    contradicted = lognormal_interval(bound, confidence)[0] > size
    return "below bound, contradicted" if contradicted else "below bound"


def join_flags(*flags: str) -> str:
    """Return the flags of a size as one, without empty ones."""
    return ", ".join(filter(None, flags))


def weakest_status(statuses: Iterable[str]) -> str:
    """Return the weakest of several statuses."""
    each = list(statuses)
    for status in each:
        check_one_of("status", status, STATUSES)
    return max(each, key=STRONGEST_FIRST.index)


def join_sources(sources: Iterable[Text]) -> Text:
    """Return several sources as one text, each of them once."""
    each = tuple(dict.fromkeys(sources))
    return Text("\u202f; ".join(text.fr for text in each), "; ".join(text.en for text in each))


def add_data_sources(record: Provenance, *data: object) -> Provenance:
    """Return a record with the files of the data, and synthetic where one of them is."""
    origins = [each.codebook.origin for each in data if isinstance(each, Microdata | PersonTable)]
    sources = [Text.same(origin.file) for origin in origins if origin.file]
    if sources:
        record = replace(record, source=join_sources([*([record.source] if record.source else []), *sources]))
    if any(origin.synthetic for origin in origins):
        record = replace(record, synthetic=True, status="synthetic")
    return record
