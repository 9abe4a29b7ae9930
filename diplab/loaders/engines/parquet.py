"""Parquet files: typed columns, with the codebook in a TOML file beside them."""

from __future__ import annotations

import io
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from diplab.loaders.cells import Answers, microdata_of_answers, words_of
from diplab.loaders.engines.arrow_columns import answers_of_lists, is_list_of_words, is_words, values_of
from diplab.loaders.engines.engine_needed import engine
from diplab.loaders.missing import SYSTEM, unanswered
from diplab.loaders.overlay import completed, described, synthetic
from diplab.loaders.source import refused, unknown_columns
from diplab.microdata.codebook import Codebook, Origin
from diplab.microdata.missing import MissingCodes, missing_codes
from diplab.microdata.multiple_response import Responses
from diplab.microdata.variable import Variable
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from diplab.loaders.request import Request
    from diplab.loaders.source import SourceFile
    from diplab.microdata.microdata import Microdata
    from diplab.microdata.variable import Code

__all__ = ["MISSING_BESIDE", "read_parquet"]

MISSING_BESIDE = ".missing"
"""End of the name of a column of words that holds the missing codes of another, which its own kind cannot hold."""

_ANEW = "Copy it again from its source, or write it anew."


def read_parquet(source: SourceFile, request: Request) -> Microdata:
    """Read a Parquet file.

    Only the columns and the groups of rows that are asked for are read. Categories are words; a column of lists of
    words is a question with several answers; other nested columns are refused. Whole numbers with gaps are floats.

    Parameters
    ----------
    source : SourceFile
        The file.
    request : Request
        Codebook, columns and rows.

    Returns
    -------
    Microdata
        Codes as stored, and the codebook.

    Raises
    ------
    LoadError
        Where `pyarrow` is not installed, the file is damaged or cut, or a column cannot stand in a table of answers.
    ColumnError
        Where one of the columns asked for is not in the file.
    """
    engine(("pyarrow.parquet",), f"The file `{source.path.name}` was to be read.")
    pa: Any = import_module("pyarrow")
    try:
        table, names = _table(source, request)
        return _microdata(source, request, table, names)
    except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError, KeyError) as broken:
        reason = str(broken).strip().splitlines() or [type(broken).__name__]
        raise refused(source, f"It cannot be read: {reason[0].rstrip('.')}.", _ANEW) from broken


def _table(source: SourceFile, request: Request) -> tuple[Any, list[str]]:
    """Return the columns and rows asked for, and the names of all columns."""
    pq: Any = import_module("pyarrow.parquet")
    file = pq.ParquetFile(io.BytesIO(source.content))
    names = list(file.schema_arrow.names)
    if len(set(names)) < len(names):
        twice = next(name for place, name in enumerate(names) if name in names[:place])
        raise refused(source, f"It has two columns named `{twice}`.", "Give each column a name of its own.")
    if request.columns is not None and not set(request.columns) <= set(names):
        raise unknown_columns(source, request.columns, names)
    beside = {f"{name}{MISSING_BESIDE}" for name in request.columns or ()}
    read = (
        None if request.columns is None else [*request.columns, *(each for each in names if each in beside)]
    )
    if request.rows is None:
        return file.read(read), names
    groups: list[int] = []
    first = begun = 0
    for group in range(file.num_row_groups):
        size = file.metadata.row_group(group).num_rows
        if begun < request.rows.stop and begun + size > request.rows.start:
            first = begun if not groups else first
            groups.append(group)
        begun += size
    found = file.read_row_groups(groups, read) if groups else file.read(read).slice(0, 0)
    part = found.slice(max(request.rows.start - first, 0), len(request.rows))
    return part, names


def _microdata(source: SourceFile, request: Request, table: Any, names: list[str]) -> Microdata:
    pa: Any = import_module("pyarrow")
    beside = {
        name: f"{name}{MISSING_BESIDE}"
        for name in table.column_names
        if f"{name}{MISSING_BESIDE}" in table.column_names and is_words(table[f"{name}{MISSING_BESIDE}"].type)
    }
    chosen = [name for name in table.column_names if name not in beside.values()]
    held, sets, notices = _held(source, table, chosen, names)
    items = {each: name for name, responses in sets.items() for each in responses.columns}
    found = Codebook(sets=sets)
    plain = {name: Variable(name, part_of=items.get(name, ""), label=_label(name, items)) for name in held}
    variables = described(plain, request.codebook, source)
    answers = {
        name: _answers(values, variables[name], table[beside[name]] if name in beside else None)
        for name, values in held.items()
    }
    origin = Origin(
        source.path.name,
        source.sha256,
        f"pyarrow {pa.__version__}",
        synthetic(found, request.codebook),
        notices=notices,
    )
    codebook = replace(
        completed(found, request.codebook, list(held)),
        variables=variables,
        origin=origin,
        reasons={name: each.reasons for name, each in answers.items() if each.reasons},
    )
    return microdata_of_answers(answers, codebook)


def _held(
    source: SourceFile, table: Any, chosen: list[str], names: list[str]
) -> tuple[dict[str, NDArray[Any]], dict[str, Responses], tuple[Text, ...]]:
    """Return the columns as a frame holds them, the questions with several answers among them, and the notices."""
    held: dict[str, NDArray[Any]] = {}
    sets: dict[str, Responses] = {}
    notices: list[Text] = []
    for name in chosen:
        if is_list_of_words(table[name].type):
            several = answers_of_lists(table[name], name, source.path.name, names)
            held |= {each: answers.to_numpy() for each, answers in several.items()}
            sets |= {name: Responses(name, list(several))} if several else {}
        else:
            held[name], said = values_of(table[name], name, source.path.name)
            notices += said
    return held, sets, tuple(notices)


def _label(name: str, items: Mapping[str, str]) -> Text:
    return Text.same(name.removeprefix(f"{items[name]}_")) if name in items else Text("", "")


def _answers(values: NDArray[Any], variable: Variable, beside: Any) -> Answers:
    """Return a column without its missing codes, those in its cells and those in the column beside."""
    words = values.dtype == object and all(isinstance(each, str) for each in values)
    empty = np.array(values == "", dtype=bool) if words else np.asarray(pd.isna(values))
    if beside is not None:
        return _answers_beside(values, empty, variable, beside, words=words)
    typed = values if words or values.dtype.kind in "iufb" else np.zeros(len(values))
    if typed is values and values.dtype.kind != "b":
        found = unanswered(values, variable, empty=empty)
        missing = missing_codes(values, found.declared)
        return Answers(_column(values, found.declared, words=words), found.reasons, missing)
    reasons = {SYSTEM: int(empty.sum())} if empty.any() else {}
    return Answers(_column(values, np.zeros(len(values), dtype=bool), words=words), reasons, None)


def _answers_beside(
    values: NDArray[Any], empty: NDArray[np.bool_], variable: Variable, beside: Any, *, words: bool
) -> Answers:
    pa: Any = import_module("pyarrow")
    written = beside.cast(pa.large_string()).to_pylist()
    codes = {word: _code(word, variable) for word in dict.fromkeys(written) if word is not None}
    held = list(codes)
    places = np.array([-1 if word is None else held.index(word) for word in written], dtype=np.int32)
    missing = MissingCodes(tuple(codes.values()), places) if held else None
    reasons = dict(missing.reasons(variable)) if missing else {}
    gone = int((empty & (places < 0)).sum())
    column = _column(values, places >= 0, words=words)
    return Answers(column, {**reasons, **({SYSTEM: gone} if gone else {})}, missing)


def _code(word: str, variable: Variable) -> Code:
    """Return the code that a word writes, as the codebook has it."""
    if variable.why(word) is not None:
        return word
    try:
        number = float(word)
    except ValueError:
        return word
    if variable.why(number) is None:
        return word
    return int(number) if number.is_integer() else number


def _column(values: NDArray[Any], declared: NDArray[np.bool_], *, words: bool) -> pd.Series[Any]:
    if words:
        return words_of(np.where(declared, "", values))
    if not declared.any():
        return pd.Series(values)
    if values.dtype.kind == "M":
        return pd.Series(np.where(declared, np.datetime64("NaT"), values))
    return pd.Series(np.where(declared, np.nan, values), dtype=object if values.dtype == object else None)
