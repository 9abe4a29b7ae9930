"""`reproduce`: rerun a study and set what it gives beside what was published."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from diplab.errors import DiplabError, OptionError, StudyError, nearest, one_of
from diplab.reference.text import LANGUAGES, NOTHING, Language, Text
from diplab.replication.archive import NotAvailableError, locate
from diplab.replication.registry import study as find_study
from diplab.replication.study import Inputs, Study
from diplab.replication.verdict import difference, verdict
from diplab.results.comparison import Comparison

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator, Mapping

    from great_tables import GT

    from diplab.microdata.microdata import Microdata
    from diplab.presentation.charts.chart import Chart
    from diplab.replication.published import Published
    from diplab.replication.result import Result

__all__ = ["Run", "check_data", "reproduce", "run"]


@dataclass(frozen=True, eq=False)
class Run:
    """A study as rerun: the comparison in each language, its figures and its tables."""

    study: Study
    comparisons: Mapping[Language, Comparison]
    figures: Mapping[str, Chart]
    tables: Mapping[str, Callable[[Language], GT]]


def reproduce(
    name: str,
    *,
    data: str | os.PathLike[str] | None = None,
    mapping: str | os.PathLike[str] | None = None,
    studies: str | os.PathLike[str] | None = None,
    language: Language = "en",
) -> Comparison:
    """Rerun a published study and compare, number by number.

    Parameters
    ----------
    name : str
        Its identifier, as in `studies()`.
    data : path, optional
        The real file, for studies whose data are not public and whose holders run them.
    mapping : path, optional
        TOML file that says which of its columns and codes are the study's.
    studies : path, optional
        Folder to look for the study in, before `./surveys` and the package's own.
    language : {"fr", "en"}
        Of the words in the comparison.

    Returns
    -------
    Comparison

    Raises
    ------
    StudyError
        Where there is no such study, or its code does not answer its keys.
    DataError
        Where a data file is not the one that the registry describes.

    Examples
    --------
    >>> import diplab as dl
    >>> found = dl.reproduce("france-2019-headcount").frame
    >>> found.loc[found["key"] == "registered", "verdict"].item()
    'circular'
    """
    if language not in LANGUAGES:
        raise one_of("`language`", language, LANGUAGES)
    with run(find_study(name, studies), data=data, mapping=mapping) as found:
        return found.comparisons[language]


def check_data(study: Study) -> None:
    """Refuse a study whose data file is not the registered one; data that are absent are no error.

    Raises
    ------
    DataError
        Where a file differs from the registry.
    """
    for name in study.data:
        with suppress(NotAvailableError):
            locate(name)


@contextmanager
def run(
    study: Study,
    *,
    data: str | os.PathLike[str] | None = None,
    mapping: str | os.PathLike[str] | None = None,
) -> Iterator[Run]:
    """Rerun a study; within the context its figures can be drawn, and files made on the way still exist."""
    with tempfile.TemporaryDirectory(prefix="diplab-") as scratch:
        try:
            files = {} if data is not None else {name: locate(name) for name in study.data}
        except NotAvailableError:
            why = Text(
                f"les données ne sont ni ici ni accessibles ({', '.join(study.data)})",
                f"the data are neither here nor within reach ({', '.join(study.data)})",
            )
            yield Run(study, _compared(study, None, synthetic=study.synthetic, why_not=why), {}, {})
            return
        inputs = Inputs(study, files, _real_data(study, data, mapping), Path(scratch))
        found: Mapping[str, Result] = _results(study, inputs)
        _check_keys(study, found)
        made_up = inputs.data is not None and inputs.data.codebook.origin.synthetic
        if made_up:
            # a file that says it is synthetic proves nothing, whoever gives it
            found = {key: _on_synthetic(result) for key, result in found.items()}
        synthetic = made_up or (study.synthetic and inputs.data is None)
        comparisons = _compared(study, found, synthetic=synthetic, real=inputs.data is not None)
        figures: dict[str, Chart] = {}
        tables: dict[str, Callable[[Language], GT]] = {}
        if hasattr(study.module, "figures"):
            figures = study.module.figures(inputs, comparisons["en"])
        if hasattr(study.module, "tables"):
            tables = study.module.tables(inputs)
        yield Run(study, comparisons, figures, tables)


_MISTAKES = (
    ArithmeticError,
    AttributeError,
    ImportError,
    LookupError,
    NameError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What code written by others raises by mistake; interruptions and exhausted memory pass through."""


def _results(study: Study, inputs: Inputs) -> Mapping[str, Result]:
    """Run the study's own code; whatever goes wrong in it is said to be the study's."""
    try:
        results: Mapping[str, Result] = study.module.results(inputs)
    except DiplabError:
        raise
    except _MISTAKES as error:
        raise StudyError(
            f"The study `{study.id}` was rerun.",
            f"Its `study.py` raised {type(error).__name__}: {error}.",
            'Correct `results(inputs)` there; `python -c "import diplab; '
            f"diplab.reproduce('{study.id}')\"` shows the whole trace.",
        ) from error
    return results


def _on_synthetic(result: Result) -> Result:
    return replace(result, rests_on="synthetic data") if result.rests_on == "data" else result


def _real_data(
    study: Study, data: str | os.PathLike[str] | None, mapping: str | os.PathLike[str] | None
) -> Microdata | None:
    if data is None:
        return None
    if not study.accepts_data:
        raise OptionError(
            f"The study `{study.id}` was asked for with the data `{Path(data).name}`.",
            "It does not take a file: its inputs are published figures or open data.",
            f"Write `diplab reproduce {study.id}` without `--data`.",
        )
    from diplab.loaders.codebook_file import read_codebook
    from diplab.loaders.read import read
    from diplab.replication.mapping import mapped

    wanted = read_codebook(study.folder / "codebook.toml")
    return mapped(read(data), wanted, Path(data), None if mapping is None else Path(mapping))


def _check_keys(study: Study, found: Mapping[str, Result]) -> None:
    keys = [row.key for row in study.published]
    for key in keys:
        if key not in found:
            raise StudyError(
                f"The study `{study.id}` was rerun.",
                f"Its `study.py` gives nothing for the published number `{key}`.",
                f"Return a Result for it (its keys are near: {nearest(key, found)}).",
            )
    for key in found:
        if key not in keys:
            raise StudyError(
                f"The study `{study.id}` was rerun.",
                f"Its `study.py` gives `{key}`, which `published.csv` does not have.",
                f"Write one of the nearest: {nearest(key, keys)}.",
            )


def _compared(
    study: Study,
    found: Mapping[str, Result] | None,
    *,
    synthetic: bool,
    real: bool = False,
    why_not: Text = NOTHING,
) -> dict[Language, Comparison]:
    import pandas as pd

    return {
        language: Comparison(
            frame=pd.DataFrame(
                [
                    _row(row, None if found is None else found[row.key], language, real=real)
                    for row in study.published
                ]
            ),
            study=study.id,
            title=study.title,
            citation=study.citation.in_(language),
            language=language,
            synthetic=synthetic,
            ran=found is not None,
            why_not=why_not,
        )
        for language in LANGUAGES
    }


def _expected(row: Published, found: str, *, real: bool) -> str:
    """Return the verdict to expect; on a holder's real file a synthetic margin becomes a number like any other."""
    if real and row.expected in ("by construction", "within tolerance"):
        agree = ("as published", "within tolerance")
        return found if found in agree else agree[0]
    return row.expected


def _row(row: Published, result: Result | None, language: Language, *, real: bool) -> dict[str, object]:
    value = np.nan if result is None else result.value
    found = verdict(row, result)
    return {
        "key": row.key,
        "published": row.value,
        "reproduced": value,
        "difference": np.nan if result is None or np.isnan(value) else difference(row, result),
        "tolerance": row.tolerance,
        "base": row.base.in_(language),
        "source": row.source.in_(language),
        "status": row.status,
        "verdict": found,
        "expected": _expected(row, found, real=real),
        "label": row.label.in_(language),
        "unit": row.unit,
        "low": np.nan if result is None else result.low,
        "high": np.nan if result is None else result.high,
        "bounds": result is not None and result.bounds,
        "published_high": row.high,
        "relation": row.relation,
        "decimals": row.decimals,
        "reason": row.reason.in_(language),
    }
