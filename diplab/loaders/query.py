"""Frames in memory, and data that stay where they are, as a lazy query: folders, Polars, DuckDB."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from pandas.api.types import is_datetime64_any_dtype, is_numeric_dtype

from diplab.checks import argument
from diplab.errors import LoadError, OptionError
from diplab.loaders.answers.cells import (
    TRUTH,
    Answers,
    answers_from_values,
    is_synthetic,
    merge_codebooks,
    merge_variables,
    microdata_of_columns,
    with_system,
)
from diplab.loaders.answers.numbers import (
    IDENTIFIER,
    NO_NUMBER,
    NUMBER,
    NUMBERS,
    UNSIGNED_EXPONENT,
    number_codes,
    word_codes,
)
from diplab.loaders.notices import WORDS, column_notice
from diplab.loaders.parquet import MISSING_BESIDE
from diplab.loaders.source import Request, SourceFile, chosen_columns
from diplab.loaders.text.dialect import dialect_of
from diplab.loaders.text.load import check_delimited
from diplab.microdata.codebook import Codebook, Origin
from diplab.microdata.frames import frame_in_memory
from diplab.microdata.microdata import Microdata
from diplab.microdata.missing import SYSTEM
from diplab.microdata.variable import Variable

_NESTED = (nw.List, nw.Struct, nw.Array, nw.Object, nw.Binary)
_FINAL = "diplab_answer"


def read_table(native: Any, request: Request) -> Microdata:
    """Return microdata of a table in memory, or of one that is queried."""
    try:
        frame = None
        if not nw.dependencies.is_pandas_dataframe(native):
            frame = nw.from_native(native)
    except TypeError:
        frame = None
    if isinstance(frame, nw.DataFrame) or nw.dependencies.is_pandas_dataframe(native):
        return read_frame(native, request)
    if not isinstance(frame, nw.LazyFrame):
        raise OptionError(
            f"Data cannot be read from a {type(native).__name__}.",
            "It is not a file, a folder or a table.",
            "Write the path of a file, a frame of pandas, Polars or Arrow, or a relation of "
            "DuckDB.",
        )
    source = SourceFile(Path("query"), b"")
    reader = f"query of {frame.implementation.name.lower()}"
    return lazy_microdata(frame, source, request, Origin(reader=reader))


def read_frame(native: Any, request: Request) -> Microdata:
    """Return the microdata of a pandas, Polars or Arrow frame, as if read with that codebook."""
    reader = f"frame of {type(native).__module__.partition('.')[0]}"
    # what is done to the frame afterwards is not done to the microdata
    table = frame_in_memory(Microdata(native)).copy()
    source = SourceFile(Path("frame"), b"")
    chosen = chosen_columns(source, request, list(table.columns))
    table = table[chosen]
    if request.rows is not None:
        table = table.iloc[request.rows.start : request.rows.stop]
    variables = merge_variables({name: Variable(name) for name in chosen}, request.codebook, source)
    answers = {}
    for name in chosen:
        answers[name] = _answers_of_frame(table[name], variables[name])
    data = microdata_of_columns(source, request, answers, Codebook(variables), reader=reader)
    origin = replace(data.codebook.origin, file="", sha256="")
    return replace(
        data, frame=data.frame.set_axis(table.index), codebook=replace(data.codebook, origin=origin)
    )


def _answers_of_frame(column: pd.Series[Any], variable: Variable) -> Answers:
    """Return a column of a frame without the codes that the codebook declares missing.

    Its type stays.
    """
    gaps = column.isna()
    if not (variable.missing or variable.missing_ranges):
        return Answers(column, with_system({}, int(gaps.sum())), None)
    words = not (is_numeric_dtype(column) or is_datetime64_any_dtype(column))
    if isinstance(column.dtype, pd.CategoricalDtype):
        words = not is_numeric_dtype(column.cat.categories)
    if words:
        return answers_from_values(
            column.astype(object).where(~gaps, "").to_numpy(), None, variable
        )
    found = answers_from_values(column.to_numpy(dtype=float, na_value=np.nan), None, variable)
    if found.missing is None:
        return Answers(column, found.reasons, None)
    return found


def lazy_microdata(
    frame: nw.LazyFrame[Any],
    source: SourceFile,
    request: Request,
    origin: Origin,
    delimiter: str = "",
) -> Microdata:
    """Return microdata whose frame is a query.

    Missing codes are null in it, and counted only on demand.
    """
    # columns of words of a delimited text are read as what they write
    schema = frame.collect_schema()
    names = [
        name
        for name in schema.names()
        if name.removesuffix(MISSING_BESIDE) not in set(schema.names()) - {name}
    ]
    chosen = chosen_columns(source, request, names)
    for name in chosen:
        if isinstance(schema[name], _NESTED):
            asked = f"The table `{source.path.name}` cannot be read."
            found = (
                f"Its column `{name}` holds {schema[name]}, which cannot be a column of answers."
            )
            raise LoadError(
                asked,
                found,
                "Leave it out with `columns=`, or save it as columns of numbers and words.",
            )
    if request.rows is not None:
        if request.rows.start:
            asked = f"{argument('rows', request.rows)} does not begin at 0."
            found = (
                "Data that stay in a folder or a database have no order: only their first rows can "
                "be read."
            )
            raise OptionError(asked, found, "Write `rows=100` for a hundred of them.")
        frame = frame.head(len(request.rows))
    variables = merge_variables({name: Variable(name) for name in chosen}, request.codebook, source)
    frame = frame.select(chosen)
    answers = {}
    if delimiter:
        answers = _typed_words(frame, variables, comma=delimiter != ",")
    final = {
        name: _answers(name, schema[name], answers.get(name), variables[name]) for name in chosen
    }
    notices = [*origin.notices]
    for told in ("year_first", "kept_codes"):
        notices += column_notice(
            f"notice.{told}", [name for name, item in answers.items() if item.told == told]
        )
    codebook = replace(
        merge_codebooks(Codebook(), request.codebook, chosen),
        variables=variables,
        origin=replace(
            origin, synthetic=is_synthetic(Codebook(), request.codebook), notices=tuple(notices)
        ),
        reasons=LazyReasons(frame, final, variables),
    )
    return Microdata(frame.select(**final).to_native(), codebook)


@dataclass(frozen=True)
class _Typed:
    """What a column of words is read as."""

    answer: nw.Expr
    number: bool = False
    told: str = ""  # a notice


def _answers(name: str, kind: Any, typed: _Typed | None, variable: Variable) -> nw.Expr:
    """Return a column without its missing codes."""
    words = kind in (nw.String, nw.Categorical, nw.Enum)
    answer, number = (typed.answer, typed.number) if typed else (nw.col(name), kind.is_numeric())
    if typed is None and words:
        answer = answer.cast(nw.String)
    elif kind == nw.Decimal:
        answer = answer.cast(nw.Float64)
    spelt = word_codes(variable.missing)
    numbers = list(map(float, number_codes(variable.missing)))
    if words and spelt:
        answer = nw.when(~nw.col(name).cast(nw.String).str.strip_chars().is_in(spelt)).then(answer)
    if number and numbers:
        answer = nw.when(~answer.cast(nw.Float64).is_in(numbers)).then(answer)
    for item in variable.missing_ranges if number else ():
        answer = nw.when(~answer.is_between(item.low, item.high)).then(answer)
    return answer


class LazyReasons(Mapping[str, Mapping[str, int]]):
    """Missing answers by reason, counted by a query at the first access to a variable."""

    def __init__(
        self,
        frame: nw.LazyFrame[Any],
        answers: Mapping[str, nw.Expr],
        variables: Mapping[str, Variable],
    ) -> None:
        self._frame, self._answers, self._variables = frame, answers, variables
        self._counted: dict[str, dict[str, int]] = {}

    def __getitem__(self, name: str) -> Mapping[str, int]:
        counts = self._count(name)
        if not counts:
            raise KeyError(name)
        return counts

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._answers if self._count(name))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"<reasons of {len(self._answers)} variables, counted on demand>"

    def _count(self, name: str) -> dict[str, int]:
        if name not in self._answers:
            return {}
        if name not in self._counted:
            query = self._frame.select(nw.col(name), self._answers[name].alias(_FINAL))
            query = (
                query.filter(nw.col(_FINAL).is_null()).group_by(name).agg(nw.len().alias("rows"))
            )
            counted = query.collect(backend="pyarrow").to_native().to_pydict()
            counts: dict[str, int] = {}
            for value, rows in zip(counted[name], counted["rows"], strict=True):
                reason = _reason(value, self._variables[name])
                counts[reason] = counts.get(reason, 0) + rows
            self._counted[name] = counts
        return self._counted[name]


def _reason(value: Any, variable: Variable) -> str:
    word = value
    if isinstance(value, str):
        word = value.strip()
    if word is None or word == "" or word in NO_NUMBER:
        return SYSTEM
    if isinstance(word, str) and (why := variable.why(word)) is not None:
        return why
    number = word
    if isinstance(word, str):
        number = word.replace(",", ".")
    if isinstance(number, str) and not NUMBER.fullmatch(number):
        return SYSTEM
    return variable.why(float(number)) or SYSTEM


_WHOLE = r"^[-+\x{2212}]?[0-9]+$"
_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_LEAP = "[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00"
_REAL_DAY = (
    "^(?:(?:1[5-9]|2[01])[0-9]{2}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    f"|02-(?:0[1-9]|1[0-9]|2[0-8]))|(?:{_LEAP})-02-29)$"
)
"""A day that exists: an engine that meets another fails in the middle of an answer."""
_COUNTS = (
    "rows",
    "answers",
    "plain",
    "comma",
    "point",
    "whole",
    "days",
    "real days",
    "truth",
    "zeros",
    "exponents",
)


def _typed_words(
    frame: nw.LazyFrame[Any], variables: Mapping[str, Variable], *, comma: bool
) -> dict[str, _Typed]:
    """Return what the columns of words of a frame write, as delimited text is read."""
    # moments, days in another order, times of day, and numbers with marks between thousands stay
    # words here
    schema = frame.collect_schema()
    names = list[str]()
    for name in variables:
        if schema[name] == nw.String:
            names.append(name)
    if not names:
        return {}
    looks = [look for name in names for look in _looks(name, variables[name], comma=comma)]
    looked = frame.select(*looks).collect(backend="pyarrow").to_native().to_pylist()[0]
    counts = {}
    for name in names:
        counts[name] = {count: looked[f"{count} {name}"] or 0 for count in _COUNTS}
    typed = {name: _typed(name, variables[name], counts[name]) for name in names}
    doubtful = list[str]()
    for name, item in typed.items():
        if item.number and counts[name]["zeros"]:
            doubtful.append(name)
    doubtful = [
        name for name in doubtful if not variables[name].storage and not variables[name].values
    ]
    codes = []
    if doubtful:
        codes = _same_but_for_zeros(frame, doubtful)
    exponents = [
        name
        for name in typed
        if typed[name].number and counts[name]["exponents"] < counts[name]["plain"]
    ]
    codes += [
        name for name in exponents if counts[name]["exponents"] and not variables[name].storage
    ]
    return typed | {name: _Typed(_words(name), told="kept_codes") for name in codes}


def _same_but_for_zeros(frame: nw.LazyFrame[Any], names: Sequence[str]) -> list[str]:
    """Return the columns in which trailing zeros distinguish decimals, as in classifications."""
    decimals = {}
    for name in names:
        decimals[name] = nw.when(_bare(name).str.contains("[.,]")).then(_bare(name))
    looks = [item.n_unique().alias(f"all {name}") for name, item in decimals.items()]
    looks += [
        item.str.replace_all("0+$", "").n_unique().alias(f"apart {name}")
        for name, item in decimals.items()
    ]
    looked = frame.select(*looks).collect(backend="pyarrow").to_native().to_pylist()[0]
    return [name for name in names if looked[f"apart {name}"] < looked[f"all {name}"]]


def _bare(name: str) -> nw.Expr:
    return nw.col(name).str.strip_chars()


def _answered(name: str, variable: Variable) -> nw.Expr:
    spelt = word_codes(variable.missing)
    bare = _bare(name)
    return ~(bare.is_null() | (bare == "") | bare.is_in([*NO_NUMBER, *spelt]))


def _looks(name: str, variable: Variable, *, comma: bool) -> list[nw.Expr]:
    """Return the counts by which a column is judged."""
    answered, bare = _answered(name, variable), _bare(name)
    number = answered & ~bare.str.contains(f"^{IDENTIFIER}$")
    point = bare.str.contains(f"^{NUMBERS['.']}$")
    tests = {
        "rows": nw.col(name).is_null() | ~nw.col(name).is_null(),
        "answers": answered,
        "plain": number & point,
        "comma": number & ~point & bare.str.contains(f"^{NUMBERS[',']}$" if comma else "^$"),
        "point": answered & bare.str.contains(r"\."),
        "whole": answered & bare.str.contains(_WHOLE),
        "days": answered & bare.str.contains(_DAY),
        "real days": answered & bare.str.contains(_REAL_DAY),
        "zeros": number & bare.str.contains("[.,][0-9]*0$"),
        "exponents": number & bare.str.contains(UNSIGNED_EXPONENT),
        "truth": answered & bare.str.to_lowercase().is_in(list(TRUTH)),
    }
    return [test.cast(nw.Int64).sum().alias(f"{count} {name}") for count, test in tests.items()]


def _words(name: str) -> nw.Expr:
    return nw.when(_bare(name) != "").then(nw.col(name))


def _typed(name: str, variable: Variable, counts: Mapping[str, int]) -> _Typed:
    answered, bare = _answered(name, variable), _bare(name)
    answer = nw.when(answered).then(bare)
    if variable.storage == "date" and counts["days"] == counts["answers"]:
        return _Typed(answer.str.to_date())
    if (
        not variable.storage
        and not variable.values
        and 0 < counts["answers"] == counts["real days"]
    ):
        return _Typed(answer.str.to_date(), told="year_first")
    if variable.storage == "boolean" and counts["truth"] == counts["answers"]:
        yes = answer.str.to_lowercase().is_in([word for word, value in TRUTH.items() if value])
        return _Typed(nw.when(answered).then(yes))
    spelt = not variable.storage and word_codes(variable.values)
    mixed = counts["comma"] and counts["point"]
    others = counts["plain"] + counts["comma"] < counts["answers"]
    if spelt or mixed or others or variable.storage not in ("", "whole", "number"):
        return _Typed(_words(name))
    number = answer.str.replace_all("\u2212", "-", literal=True).str.replace_all(
        ",", ".", literal=True
    )
    if variable.storage != "number" and counts["rows"] and counts["whole"] == counts["rows"]:
        return _Typed(number.cast(nw.Int64), number=True)
    return _Typed(number.cast(nw.Float64), number=True)


_SUFFIXES = (".parquet", ".csv", ".tsv")
_END = 65_536
_PARTITION = re.compile(r"([^=]+)=(.*)")
_Values = tuple[tuple[str, str], ...]  # what the names of the folders of a file say of all its rows


def files_of_tables(folder: Path) -> list[Path]:
    """Return the table files of a folder (Parquet or delimited text), recursively, by path."""
    # codebooks and files whose name begins with a point or an underscore are left out
    tables = (
        item for item in folder.rglob("*") if item.suffix.lower() in _SUFFIXES and item.is_file()
    )
    hidden = re.compile(r"[._]")
    return sorted(
        table
        for table in tables
        if not any(map(hidden.match, table.relative_to(folder).parts))
        and not re.search(r"(^|\.)codebook$", table.stem)
    )


def read_folder(folder: Path, request: Request) -> Microdata:
    """Return the microdata of a folder of Parquet or UTF-8 delimited text, which stay on disk."""
    # folders within it that are named `year=2024` give a column `year`
    files = files_of_tables(folder)
    suffixes = sorted({file.suffix.lower() for file in files})
    source = SourceFile(folder, _manifest(folder, files))
    if len(suffixes) > 1:
        raise _refused(
            folder,
            f"It holds files of {' and of '.join(suffixes)}.",
            "Keep those of one format in it.",
        )
    module = _engine(folder)
    delimiter = ""
    if suffixes[0] != ".parquet":
        delimiter = _delimiter(files)
    _check_columns(files, folder, module, delimiter)
    parts: dict[_Values, list[Path]] = {}
    for file in files:
        values = list(map(_PARTITION.fullmatch, file.relative_to(folder).parts[:-1]))
        parts.setdefault(tuple((match[1], match[2]) for match in values if match), []).append(file)
    scanned = list[Any]()
    for members in parts.values():
        scanned.append(_scanned(members, delimiter, module))
    frame = _with_partitions(scanned, list(parts), folder)
    reader = f"{module.__name__} {module.__version__}, {len(files)} files of {suffixes[0]}"
    origin = Origin(
        folder.name, source.sha256, reader, notices=(WORDS("notice.checksum_of_folder"),)
    )
    return lazy_microdata(frame, source, request, origin, delimiter)


def _engine(folder: Path) -> Any:
    """Return Polars, or DuckDB where it is not installed."""
    for name in ("polars", "duckdb"):
        with suppress(ImportError):
            return import_module(name)
    found = "It needs `polars` or `duckdb`, which is not installed."
    raise _refused(folder, found, 'Write `pip install "diplab[engines]"`.')


def _refused(folder: Path, found: str, write: str) -> LoadError:
    return LoadError(f"The folder `{folder.name}` cannot be read.", found, write)


def _manifest(folder: Path, files: list[Path]) -> bytes:
    lines = []
    for file in files:
        size = file.stat().st_size
        with file.open("rb") as opened:
            ends = opened.read(_END)
            opened.seek(max(size - _END, 0))
            ends += opened.read(_END)
        lines.append(f"{file.relative_to(folder).as_posix()} {size} ".encode() + ends)
    return b"\n".join(lines)


def _delimiter(files: list[Path]) -> str:
    """Return the delimiter of the files, of which each record is checked."""
    with files[0].open("rb") as opened:
        head = opened.read(1_000_000).decode("utf-8-sig", errors="replace")
    dialect = dialect_of(head, "utf-8", files[0].suffix.lower())
    for file in files:
        check_delimited(file, dialect)
    return dialect.delimiter


def _check_columns(files: list[Path], folder: Path, module: Any, delimiter: str) -> None:
    """Refuse a file whose columns are not those of the first."""
    known: dict[str, Any] = {}
    of_engine: type[Exception] = (
        module.exceptions.PolarsError if module.__name__ == "polars" else module.Error
    )
    for file in files:
        try:
            schema = dict(nw.from_native(_scanned([file], delimiter, module)).collect_schema())
        except (of_engine, OSError, ValueError, MemoryError) as broken:
            reason = str(broken).strip().splitlines() or [type(broken).__name__]
            found = f"Its file `{file.name}` cannot be read: {reason[0].rstrip('.')}."
            raise _refused(folder, found, "Copy that file again from its source.") from broken
        known = known or schema
        odd = [
            *(name for name in known if name not in schema),
            *(name for name in schema if name not in known),
        ]
        if odd:
            there = "a"
            if odd[0] in known:
                there = "no"
            found = (
                f"Its file `{file.name}` has {there} column `{odd[0]}`, unlike `{files[0].name}`."
            )
            raise _refused(
                folder, found, "Give all files the same columns, or put them in two folders."
            )
        other = next((name for name in known if schema[name] != known[name]), None)
        if other is not None:
            kinds = f"{known[other]} in `{files[0].name}` and {schema[other]} in `{file.name}`"
            found = f"Its column `{other}` holds {kinds}."
            raise _refused(folder, found, "Write that column of the same kind in all files.")


def _scanned(files: list[Path], delimiter: str, module: Any) -> Any:
    names = list(map(str, files))
    if module.__name__ == "polars":
        if not delimiter:
            return module.scan_parquet(names, hive_partitioning=False, glob=False)
        return module.scan_csv(names, separator=delimiter, infer_schema=False, glob=False)
    if not delimiter:
        return module.read_parquet(names, hive_partitioning=False)
    return module.read_csv(
        names,
        sep=delimiter,
        all_varchar=True,
        header=True,
        hive_partitioning=False,
        quotechar='"',
        escapechar='"',
    )


def _with_partitions(scanned: list[Any], parts: list[_Values], folder: Path) -> nw.LazyFrame[Any]:
    frames = list(map(nw.from_native, scanned))
    names = Counter(name for part in parts for name, _ in part)
    columns = frames[0].collect_schema().names()
    for name, count in names.items():
        if count != len(parts) or name in columns:
            found = (
                f"Its folders are not all named `{name}=...`, or its files have that column "
                "already."
            )
            raise _refused(folder, found, "Name all folders in the same way.")
        values = list[str]()
        for part in parts:
            values.append(dict(part)[name])
        integers = all(re.fullmatch("0|-?[1-9][0-9]{0,14}", value) for value in values)
        kind = nw.Int64 if integers else nw.String
        literals = [nw.lit(int(value) if integers else value, kind).alias(name) for value in values]
        frames = [
            frame.with_columns(literal) for frame, literal in zip(frames, literals, strict=True)
        ]
    order = [*columns, *names]
    return nw.concat([frame.select(order) for frame in frames], how="vertical")
