"""Parquet (read and written) and Feather (Arrow, read): typed columns, with a TOML codebook."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from diplab.kernel.arrays import Array, Floats
from diplab.loaders.answers import cells
from diplab.loaders.codebooks import sidecar
from diplab.loaders.notices import WORDS, Notices, column_notice, count_notice
from diplab.loaders.questionnaire import OWN_WORDS
from diplab.loaders.source import (
    Request,
    SourceFile,
    chosen_columns,
    not_written,
    refused,
    repaired_names,
)
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata
from diplab.microdata.missing import MissingCodes
from diplab.microdata.multiple_response import Responses, are_answers, in_own_words
from diplab.microdata.variable import Code, Storage, Variable, as_code
from diplab.reference.text import Text

_EXACT = 2**53
_MOST_ANSWERS = 200


def is_words(kind: Any) -> bool:
    """Return whether a column of Arrow holds words, spelt out or by their place in a list."""
    types = pa.types
    if types.is_dictionary(kind):
        return is_words(kind.value_type)
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def is_list_of_words(kind: Any) -> bool:
    """Return whether each cell of a column of Arrow holds several words."""
    types = pa.types
    listed = types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)
    return bool(listed and is_words(kind.value_type))


def values_of(column: Any, name: str, source: SourceFile) -> tuple[Array, Notices]:
    """Return the cells of a column: numbers, words (`""` if none), datetimes, dates or times."""
    # whole numbers with gaps are floats, words where a float would change them; moments are on the
    # clocks of their zone
    column = _spelt_out(column)
    types, kind = pa.types, column.type
    if is_words(kind):
        return _objects(column.cast(pa.large_string()), ""), ()
    if types.is_boolean(kind) and not column.null_count:
        return np.asarray(column.to_numpy(zero_copy_only=False), dtype=bool), ()
    if types.is_boolean(kind) or types.is_decimal(kind):
        return np.array(
            [np.nan if item is None else float(item) for item in column.to_pylist()]
        ), ()
    if types.is_integer(kind):
        return _integers(column, name)
    if types.is_floating(kind) or types.is_null(kind):
        return column.cast(pa.float64()).to_numpy(zero_copy_only=False).astype(np.float64), ()
    if types.is_timestamp(kind):
        clocks = column
        if kind.tz:
            clocks = pc.local_timestamp(column)
        moments = clocks.cast(pa.timestamp("us"), safe=False).to_numpy().astype("datetime64[us]")
        return moments, column_notice("notice.clocks", [name] if kind.tz else [], zone=kind.tz)
    if types.is_date(kind) or types.is_time(kind):
        bare = (
            column.cast(pa.date32())
            if types.is_date(kind)
            else column.cast(pa.time64("us"), safe=False)
        )
        return _objects(bare, np.nan), ()
    if types.is_duration(kind):
        seconds = _objects(column.cast(pa.duration("us"), safe=False), None)
        return np.array(
            [np.nan if second is None else second.total_seconds() for second in seconds]
        ), ()
    found = f"Its column `{name}` holds {kind}, which cannot be a column of answers."
    raise refused(
        source, found, "Leave it out with `columns=`, or save it as columns of numbers and words."
    )


def _spelt_out(column: Any) -> Any:
    """Return a dictionary-encoded or extension-typed column as plain values."""
    kind = column.type
    if isinstance(kind, pa.BaseExtensionType):
        return _spelt_out(column.cast(kind.storage_type))
    if not pa.types.is_dictionary(kind):
        return column
    own = pa.large_string() if is_words(kind) else kind.value_type
    parts = list[Any]()
    for part in column.chunks:
        parts.append(part.dictionary.cast(own).take(part.indices))
    return pa.chunked_array(parts, own)


def _holds_answers(kind: Any) -> bool:
    """Return whether each cell of a type is one number or word, or several words."""
    types = pa.types
    if types.is_dictionary(kind):
        return _holds_answers(kind.value_type)
    if isinstance(kind, pa.BaseExtensionType):
        return _holds_answers(kind.storage_type)
    files = (
        types.is_binary,
        types.is_large_binary,
        types.is_fixed_size_binary,
        types.is_binary_view,
    )
    return is_list_of_words(kind) or not (
        types.is_nested(kind) or any(is_file(kind) for is_file in files)
    )


_UNORDERED = b"_PL_CATEGORICAL"
"""Beginning of what Polars notes of words that it numbers in passing, which are not categories."""


def _with_levels(field: Any, column: Any) -> tuple[Variable, bool]:
    """Return a variable with its factor levels in the order written by pandas, R or Polars."""
    # and whether its levels are what single persons said, which a codebook would publish
    noted = any(key.startswith(_UNORDERED) for key in field.metadata or ())
    if noted or not pa.types.is_dictionary(field.type) or not is_words(field.type):
        return Variable(field.name), False
    given = _spelt_out(column).combine_chunks().drop_null()
    words = pc.value_counts(given.filter(pc.not_equal(given, "")))
    people = dict(
        zip(words.field("values").to_pylist(), words.field("counts").to_pylist(), strict=True)
    )
    levels = dict.fromkeys(
        word for part in column.chunks for word in part.dictionary.to_pylist() if word
    )
    if not field.type.ordered and are_answers([*levels], people):
        return Variable(field.name), True
    if not field.type.ordered and [*levels] == sorted(levels):
        return Variable(field.name), False  # the order of the alphabet says nothing
    values: dict[Code, Text] = {}
    for word in levels:
        values[word] = Text.same(word)
    return Variable(
        field.name, values=values, measure="ordinal" if field.type.ordered else "nominal"
    ), False


def _objects(column: Any, gap: Any) -> Array:
    objects = np.empty(len(column), dtype=object)
    objects[:] = [gap if item is None else item for item in column.to_pylist()]
    return objects


def _integers(column: Any, name: str) -> tuple[Array, Notices]:
    ends = pc.min_max(column).as_py()
    largest = max(abs(ends["min"] or 0), abs(ends["max"] or 0))
    if largest < 2**63 and not column.null_count:
        return column.cast(pa.int64()).to_numpy(zero_copy_only=False).astype(np.int64), ()
    if largest > _EXACT:
        return _objects(column.cast(pa.large_string()), ""), column_notice("notice.exact", [name])
    return column.cast(pa.float64()).to_numpy(zero_copy_only=False).astype(np.float64), ()


def answers_of_lists(
    column: Any, name: str, source: SourceFile, taken: Sequence[str]
) -> tuple[dict[str, Floats], Array]:
    """Return a 0/1 column per answer of a column of lists, and the other answers as words."""
    # NaN where there is no cell. What one person alone says is not a name of a column, which a
    # codebook would publish
    rows: list[list[str] | None] = column.to_pylist()
    given = list[list[str]]()
    for row in rows:
        given.append([word for word in row or () if word is not None])
    distinct = list(dict.fromkeys(word for row in given for word in row))
    people = Counter(word for row in given for word in set(row))
    own = in_own_words(
        np.array([people[word] for word in distinct], dtype=int), sum(map(bool, given))
    )
    alone = set()
    for word, is_own in zip(distinct, own, strict=True):
        if is_own:
            alone.add(word)
    names = {}
    for word in distinct:
        if word not in alone:
            names[word] = f"{name}_{word}"
    others = np.array(
        ["; ".join(word for word in row if word in alone) for row in given], dtype=object
    )
    twice = list[str]()
    for item in names.values():
        if item in taken:
            twice.append(item)
    if twice or len(names) > _MOST_ANSWERS:
        why = (
            f"would become `{twice[0]}`, which it has already"
            if twice
            else f"has {len(distinct)} different words"
        )
        found = f"Its column `{name}` holds lists of words and {why}."
        raise refused(source, found, "Leave it out with `columns=`, or save one column per answer.")
    boxes = {}
    for word, column_name in names.items():
        boxes[column_name] = np.array(
            [np.nan if row is None else float(word in row) for row in rows]
        )
    return boxes, others


_MOST_IN_WORDS = 2 * 1024**3  # bytes of words that a file which folds them may hold
MISSING_BESIDE = ".missing"
"""Suffix of the text column that holds the missing codes which another column's type cannot."""
_SAVE_AGAIN = "Copy it again from its source, or write it again."


def read_parquet(source: SourceFile, request: Request) -> Microdata:
    """Read the columns and the groups of rows of the call from a file of Parquet or Feather."""
    # a column of lists of words is a question with several answers; other nested columns are left
    # out, or refused where the call names them
    try:
        table, names, notices = _read_table(source, request)
        return _microdata(source, request, table, names, notices)
    except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError, KeyError) as broken:
        reason = str(broken).strip().splitlines() or [type(broken).__name__]
        raise refused(
            source, f"It cannot be read: {reason[0].rstrip('.')}.", _SAVE_AGAIN
        ) from broken


def _read_table(source: SourceFile, request: Request) -> tuple[Any, list[str], Notices]:
    """Return the columns and rows of the call, all column names, and notices on repaired names."""
    stream, feather = io.BytesIO(source.content), source.head(6) == b"ARROW1"
    file = pa.ipc.open_file(stream).read_all() if feather else pq.ParquetFile(stream)
    stored = list(file.column_names if feather else file.schema_arrow.names)
    names, notices = repaired_names(source, request, stored)
    chosen = chosen_columns(source, request, names)
    beside = set()
    for name in chosen:
        beside.add(f"{name}{MISSING_BESIDE}")
    wanted = names
    if request.columns is not None:
        wanted = [*chosen, *(item for item in names if item in beside)]
    if not feather:
        _check_repeated_words(source, file, [stored[names.index(name)] for name in wanted])
    # columns of one name are not distinguished where they are read
    read = None
    if request.columns is not None and names == stored and not feather:
        read = wanted
    if feather:
        table = file
        if request.rows is not None:
            table = file.slice(request.rows.start, len(request.rows))
    elif request.rows is None:
        table = file.read(read)
    else:
        sizes = list[Any]()
        for group in range(file.num_row_groups):
            sizes.append(file.metadata.row_group(group).num_rows)
        ends = np.cumsum(sizes, dtype=np.int64)
        groups = np.flatnonzero(
            (ends - sizes < request.rows.stop) & (ends > request.rows.start)
        ).tolist()
        before = 0
        if groups:
            before = sum(sizes[: groups[0]])
        table = file.read_row_groups(groups, read).slice(
            max(request.rows.start - before, 0), len(request.rows)
        )
    table.validate(full=True)  # what is damaged would end otherwise than in an error of Arrow
    return (table if read else table.rename_columns(names)).select(wanted), names, notices


def _check_repeated_words(source: SourceFile, file: pq.ParquetFile, wanted: Sequence[str]) -> None:
    """Refuse a file of few bytes whose words, written for each row, would fill the memory."""
    described, content = file.metadata, source.content
    of_words = {field.name for field in file.schema_arrow if is_words(field.type)}
    words = list[str]()
    for name in wanted:
        if name in of_words:
            words.append(name)
    if not words or 2 * len(content) > described.num_rows * described.num_columns:
        return
    folded = pq.ParquetFile(io.BytesIO(content), read_dictionary=words).read(words)
    parts = [part for column in folded.columns for part in column.chunks]
    lengths = 0
    for part in filter(lambda part: pa.types.is_dictionary(part.type), parts):
        in_bytes = pc.binary_length(part.dictionary).cast(pa.int64()).take(part.indices)
        lengths += pc.sum(in_bytes).as_py() or 0
    if lengths > _MOST_IN_WORDS:
        raise refused(
            source,
            f"Its text would take {lengths // 1024**2:,} MiB, in a file of "
            f"{len(content) // 1024:,} KiB.",
            "Write the columns that you need as `columns=`, without those of repeated long words.",
        )


def _microdata(
    source: SourceFile, request: Request, table: Any, names: list[str], renamed: Notices
) -> Microdata:
    beside = {}
    for name in table.column_names:
        if f"{name}{MISSING_BESIDE}" in table.column_names and is_words(
            table[f"{name}{MISSING_BESIDE}"].type
        ):
            beside[name] = f"{name}{MISSING_BESIDE}"
    chosen = list[Any]()
    for name in table.column_names:
        if name not in beside.values():
            chosen.append(name)
    held = list[Any]()
    for name in chosen:
        if request.columns is not None or _holds_answers(table[name].type):
            held.append(name)
    read = _columns_of(source, table, held or chosen, names)
    variables = cells.merge_variables(read.variables, request.codebook, source)
    answers = {}
    for name, values in read.columns.items():
        answers[name] = _answers(
            values, variables[name], table[beside[name]] if name in beside else None
        )
    left_out = list[Any]()
    for name in chosen:
        if held and name not in held:
            left_out.append(name)
    notices = (*renamed, *column_notice("notice.left_out", left_out), *read.notices)
    known, reader = Codebook(variables, sets=read.sets), f"pyarrow {pa.__version__}"
    return cells.microdata_of_columns(
        source, request, answers, known, reader=reader, notices=notices
    )


@dataclass
class _Read:
    """Columns of the frame, their variables, and the questions with several answers among them."""

    columns: dict[str, Array] = field(default_factory=dict)
    variables: dict[str, Variable] = field(default_factory=dict)
    sets: dict[str, Responses] = field(default_factory=dict)
    notices: list[Text] = field(default_factory=list)


def _columns_of(source: SourceFile, table: Any, chosen: list[str], names: list[str]) -> _Read:
    read, own_words, of_persons = _Read(), dict[str, int](), list[str]()
    for name in chosen:
        if not is_list_of_words(table[name].type):
            read.columns[name], notice = values_of(table[name], name, source)
            read.variables[name], of_one = _with_levels(table.schema.field(name), table[name])
            read.notices += notice
            if of_one:
                of_persons += [name]
            continue
        boxes, others = answers_of_lists(table[name], name, source, names)
        read.columns |= boxes
        for box in boxes:
            read.variables[box] = Variable(
                box, part_of=name, label=Text.same(box.removeprefix(f"{name}_"))
            )
        if boxes:
            read.sets |= {name: Responses(name, list(boxes))}
        if (others != "").any():
            own = f"{name}_{OWN_WORDS}"
            read.columns[own], own_words[own] = others, int((others != "").sum())
            read.variables[own] = Variable(own, label=WORDS("answer.own_words"), storage="words")
    read.notices += count_notice("multi_select.own_words", own_words)
    read.notices += column_notice("notice.levels_of_persons", of_persons)
    return read


def _answers(values: Array, variable: Variable, beside: Any) -> cells.Answers:
    """Return a column without the missing codes in its cells and in its `.missing` column."""
    words = values.dtype == object and all(isinstance(value, str) for value in values)
    if beside is None and (words or values.dtype.kind in "iuf"):
        return cells.answers_from_values(values, None, variable)
    written = pa.nulls(len(values)) if beside is None else beside.cast(pa.large_string())
    places, distinct = pd.factorize(_objects(written, None))
    codes = tuple(_code(word, variable) for word in distinct)
    missing = None
    if codes:
        missing = MissingCodes(codes, places.astype(np.int32))
    empty = np.array(values == "", dtype=bool) if words else np.asarray(pd.isna(values))
    reasons = cells.with_system(
        {} if missing is None else missing.reasons(variable), int((empty & (places < 0)).sum())
    )
    declared = places >= 0
    if words:
        return cells.Answers(cells.words_of(np.where(declared, "", values)), reasons, missing)
    gaps = values.dtype.kind == "b" and declared.any()
    return cells.Answers(
        pd.Series(values.astype(np.float64) if gaps else values).mask(declared), reasons, missing
    )


def _code(word: str, variable: Variable) -> Code:
    """Return the code that a word writes, as the codebook has it."""
    if variable.why(word) is not None:
        return word
    try:
        number = float(word)
    except ValueError:
        return word
    return word if variable.why(number) is None else as_code(number)


_ROWS = 100_000
_TYPES: dict[Storage, str] = {
    "boolean": "bool", "whole": "int64", "number": "double", "words": "string", "date": "date32",
    "time": "time64[us]", "moment": "timestamp[us]",
}  # fmt: skip
"""The type of Arrow, by its name there, of each kind of column."""


def write_parquet(microdata: Microdata, file: Path) -> Path:
    """Write microdata as a Parquet file, and their codebook beside it (`name.codebook.toml`)."""
    # missing cells hold their code; where a column cannot hold it, it is in words beside it,
    # `age.missing` for `age`
    sidecar.check_names(microdata, file)
    sidecar.check_declared(microdata, file, words=False)
    columns: dict[str, Any] = {}
    for name in microdata.frame.columns:
        if name.endswith(MISSING_BESIDE) and name.removesuffix(MISSING_BESIDE) in microdata.frame:
            found = f"The name of the column `{name}` is kept for the missing codes of another."
            raise not_written(file, found, "Rename it.")
        own, beside = _arrays(microdata.frame[name], microdata.missing.get(name), file)
        columns |= {name: own} if beside is None else {name: own, f"{name}{MISSING_BESIDE}": beside}
    written = io.BytesIO()
    try:
        pq.write_table(pa.table(columns), written, compression="zstd", row_group_size=_ROWS)
    except (pa.ArrowException, OSError, UnicodeEncodeError) as refusal:
        raise not_written(
            file, f"Parquet cannot hold it: {refusal}.", "Change that in the data."
        ) from refusal
    links = sidecar.write_linked(microdata, file, write_parquet)
    known, design = (
        sidecar.with_storage_beside(microdata.codebook, file),
        sidecar.written_design(microdata),
    )
    return sidecar.write_pair(written.getvalue(), known, links, file, design=design)


def _arrays(column: pd.Series[Any], codes: MissingCodes | None, file: Path) -> tuple[Any, Any]:
    """Return a column of Arrow, and that of its missing codes where they are of another kind.

    None otherwise.
    """
    kind = cells.storage_kind(column)
    if not kind:
        found = f"The answers of `{column.name}` are of several kinds."
        raise not_written(file, found, "Write them all as words, or as numbers.")
    if kind == "whole" and column.isna().any() and (column.dropna().abs() > _EXACT).any():
        found = f"`{column.name}` has gaps and integers too long to be stored exactly with them."
        raise not_written(file, found, "Write them as words.")
    answers, typed, beside = column, _TYPES[kind], None
    of_words = set()
    if codes is not None:
        of_words = {isinstance(code, str) for code in codes.codes}
    if of_words == {kind == "words"} and kind in ("whole", "number", "words"):
        answers = column.astype(object).where(
            column.notna(), cells.codes_by_cell(codes, len(column))
        )
        if kind == "whole":
            typed = "double"
    elif codes is not None:
        own = codes.places >= 0
        beside = pa.array(
            np.where(own, cells.code_words(codes), np.array(None, dtype=object)), type=pa.string()
        )
    try:
        return pa.array(answers, type=typed, from_pandas=True), beside
    except (pa.ArrowException, UnicodeEncodeError, TypeError, ValueError) as refusal:
        found = f"Parquet cannot hold the answers of `{column.name}`: {refusal}."
        raise not_written(file, found, "Change that in the data.") from refusal
