"""Answers from incomes imputed within their bands, several times over.

Each time the parameters of a regression of log-incomes on covariates are drawn from their normal law, and an income of
every respondent from the regression within the respondent's own band. The statistic is that of complete data on each,
and the answers are combined by the rules of Rubin (1987): what the bands hide is part of the error.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import narwhals as nw
import numpy as np

from diplab.errors import EmptyDomainError, MisleadingError, OptionError
from diplab.estimators._gini import gini
from diplab.estimators.moments import mean
from diplab.estimators.poverty import arpr, arpt
from diplab.estimators.quantiles import median, quantile
from diplab.inference.banded.answer import Answer
from diplab.inference.banded.answered_rows import answered_rows
from diplab.inference.banded.imputation_model import imputation_model
from diplab.inference.degrees_of_freedom import degrees_of_freedom
from diplab.reference.text import NOTHING, Text
from diplab.sampling._imputed import Imputed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from diplab.inference.banded.answer import Asked
    from diplab.microdata.codebook import Codebook
    from diplab.results.estimates import Estimates
    from diplab.sampling.sample import SampleInMemory

    Floats = NDArray[np.float64]

__all__ = ["by_imputation", "completed"]

_INCOME, _LINE = "diplab_imputed_income", "diplab_line"

_OF_AMOUNTS = {each.name: each for each in (arpr, arpt, mean, median, quantile, gini)}
"""What a statistic of a banded variable is once there are amounts."""


def by_imputation(asked: Asked, *, m: int = 20, seed: int = 1) -> tuple[Answer, ...]:
    """Return what incomes imputed within their bands say.

    Parameters
    ----------
    asked : Asked
        The model has its covariates and domain variables: domains that it did not know would be drawn towards each
        other.
    m : int
        Imputations.
    seed : int
        Of the draws, the same for the same number.

    Returns
    -------
    tuple of Answer
        One, named `imputed`; two, `imputed, at least` and `imputed, at most`, where the line of a household is known
        between two ends. Within the bounds of a fixed line in each imputation.

        Where no model of incomes can be fitted there is no point, and the flag says why: `not identified`, `negative
        incomes`.
    """
    by = tuple(asked.by)
    covariates = tuple(dict.fromkeys([*asked.covariates, *by]))
    # read once: replicate weights are the same for every draw
    sample = replace(asked.sample, made=asked.sample.replication)
    low, high, names = asked.low, asked.high, [""]
    lines: list[Floats | None] = [asked.line_low]
    if asked.line_low is not None and asked.line_high is not None:
        gone = np.isnan(asked.line_low) | np.isnan(asked.line_high)
        low, high = np.where(gone, np.nan, low), np.where(gone, np.nan, high)
        if not (gone | (asked.line_low == asked.line_high)).all():
            names, lines = [", at least", ", at most"], [asked.line_low, asked.line_high]
    try:
        samples = completed(sample, low, high, covariates, {"m": m, "seed": seed}, _INCOME)
    except (EmptyDomainError, MisleadingError):
        return _none(asked, names, "not identified")
    except OptionError:
        return _none(asked, names, "negative incomes")
    rules = {"imputations": str(m), "seed": str(seed)}
    said = (_assumed(covariates, asked.sample.codebook),)
    return tuple(
        _answer(asked, samples, line, f"imputed{name}", rules, said)
        for line, name in zip(lines, names, strict=True)
    )


def _none(asked: Asked, names: list[str], flag: str) -> tuple[Answer, ...]:
    """Return answers without a point."""
    rows = answered_rows(asked)
    nothing = np.full(rows.domains, np.nan)
    df = degrees_of_freedom(asked.sample, rows.totals, asked.df)
    flags = tuple("empty" if n == 0 else flag for n in rows.totals.n)
    return tuple(
        Answer(f"imputed{name}", nothing, nothing, nothing, nothing, df, rows.totals.n, flags, {}, ())
        for name in names
    )


def completed(
    sample: SampleInMemory,
    low: Floats,
    high: Floats,
    covariates: tuple[str, ...],
    draws: Mapping[str, int],
    name: str,
    top: str = "regression",
) -> tuple[SampleInMemory, ...]:
    """Return the sample several times over, each time with a column of incomes drawn within their bands.

    Parameters
    ----------
    sample : Sample
        In memory.
    low, high : array, shape (rows,)
    covariates : tuple of str
    draws : mapping
        `m`, how many, and their `seed`.
    name : str
        Of the new column.
    top : {"regression", "pareto"}
        What incomes in the open band are drawn from.
    """
    model = imputation_model(sample, low, high, covariates, top)
    random = np.random.default_rng(draws["seed"])
    return tuple(_with_column(sample, name, model.drawn(random)) for _ in range(draws["m"]))


def _with_column(sample: SampleInMemory, name: str, values: Floats) -> SampleInMemory:
    engine = sample.engine
    frame = engine.columns.frame
    index = nw.maybe_get_index(frame)
    if index is None:
        series = nw.new_series(name, values, nw.Float64, backend=nw.get_native_namespace(frame))
    else:
        import pandas as pd

        series = nw.from_native(pd.Series(values, index=index, name=name), series_only=True)
    names = sample.names if name in sample.names else (*sample.names, name)
    return replace(sample, engine=engine.with_columns(series), names=names)


def _answer(
    asked: Asked,
    samples: tuple[SampleInMemory, ...],
    line: Floats | None,
    method: str,
    rules: dict[str, str],
    assumptions: tuple[Text, ...],
) -> Answer:
    from diplab.inference.imputation import estimate_imputed

    options = {name: value for name, value in asked.options.items() if name != "threshold"}
    if line is not None:
        samples = tuple(_with_column(each, _LINE, line) for each in samples)
        options["threshold"] = _LINE
    found = estimate_imputed(
        Imputed(samples),
        [_OF_AMOUNTS[asked.name](_INCOME, **options)],
        asked.by,
        confidence=asked.confidence,
        df=asked.df,
    )
    return _from_estimates(found, method, rules, assumptions)


def _from_estimates(
    found: Estimates, method: str, rules: dict[str, str], assumptions: tuple[Text, ...]
) -> Answer:
    frame = found.frame
    columns = {name: frame[name].to_numpy(dtype=float) for name in _MEASURES}
    return Answer(
        method=method,
        point=columns["estimate"],
        std_error=columns["std_error"],
        ci_low=columns["ci_low"],
        ci_high=columns["ci_high"],
        df=columns["df"],
        n=frame["n"].to_numpy(dtype=np.int64),
        flag=tuple(frame["flag"]),
        rules=rules,
        assumptions=(*assumptions, *found.provenance.assumptions),
    )


_MEASURES = ("estimate", "std_error", "ci_low", "ci_high", "df")


def _assumed(covariates: tuple[str, ...], codebook: Codebook) -> Text:
    labels = [codebook[each].label if each in codebook else NOTHING for each in covariates]
    said = [label or Text.same(each) for label, each in zip(labels, covariates, strict=True)]
    french, english = ", ".join(each.fr for each in said), ", ".join(each.en for each in said)
    fr, en = (f" (sachant\u00a0: {french})", f" (given: {english})") if covariates else ("", "")
    return Text(
        f"Les revenus suivent une loi log-normale{fr} à l’intérieur de chaque tranche.",
        f"Incomes follow a log-normal law{en} within each band.",
    )
