"""Data that stay where they are: a query whose columns are those of the codebook, read when a number is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals as nw

from diplab.errors import LoadError, OptionError
from diplab.loaders.codebooks.merge import is_synthetic, merge_codebooks, merge_variables
from diplab.loaders.engines.parquet import MISSING_BESIDE
from diplab.loaders.missing import SYSTEM
from diplab.loaders.numbers import NO_NUMBER, NUMBER
from diplab.loaders.source import SourceFile, unknown_columns
from diplab.microdata.codebook import Codebook, Origin
from diplab.microdata.microdata import Microdata
from diplab.microdata.variable import Variable

if TYPE_CHECKING:
    from collections.abc import Callable

    from diplab.loaders.request import Request

    Typed = Callable[[nw.LazyFrame[Any], Mapping[str, Variable]], Mapping[str, tuple[nw.Expr, bool]]]

__all__ = ["LazyReasons", "lazy_microdata", "read_query"]

_NESTED = (nw.List, nw.Struct, nw.Array, nw.Object, nw.Binary)
_FINAL = "diplab_answer"


def read_query(native: Any, request: Request) -> Microdata:
    """Return microdata of a table that is queried: a lazy frame of Polars, a relation of DuckDB.

    Parameters
    ----------
    native : object
        The table.
    request : Request
        Codebook, columns and rows.

    Raises
    ------
    OptionError
        Where it is not a table of this kind.
    """
    try:
        frame = nw.from_native(native)
    except TypeError:
        frame = None
    if not isinstance(frame, nw.LazyFrame):
        raise OptionError(
            f"Data were to be read from a {type(native).__name__}.",
            "It is no file, no folder and no table that is queried.",
            "Write the path of a file, a lazy frame of Polars or a relation of DuckDB; "
            "for a frame in memory, `Microdata(frame, codebook)`.",
        )
    source = SourceFile(Path("query"), b"")
    reader = f"query of {frame.implementation.name.lower()}"
    return lazy_microdata(frame, source, request, Origin(reader=reader))


def lazy_microdata(
    frame: nw.LazyFrame[Any], source: SourceFile, request: Request, origin: Origin, typed: Typed | None = None
) -> Microdata:
    """Return microdata whose frame is a query: missing codes are null in it, and counted only when they are asked for.

    Parameters
    ----------
    frame : narwhals lazy frame
    source : SourceFile
        For the errors.
    request : Request
        Codebook, columns and rows.
    origin : Origin
        File, checksum, reader.
    typed : callable, optional
        Of the frame and its variables, the columns of words as what they write, and whether that is numbers.

    Raises
    ------
    LoadError
        Where a column is nested, or the codebook describes none of them.
    ColumnError
        Where one of the columns asked for is not in it.
    OptionError
        Where rows other than the first are asked for.
    """
    schema = frame.collect_schema()
    names = [
        name
        for name in schema.names()
        if name.removesuffix(MISSING_BESIDE) not in set(schema.names()) - {name}
    ]
    if request.columns is not None and not set(request.columns) <= set(names):
        raise unknown_columns(source, request.columns, names)
    chosen = names if request.columns is None else list(request.columns)
    for name in chosen:
        if isinstance(schema[name], _NESTED):
            raise LoadError(
                f"The table `{source.path.name}` was to be read.",
                f"Its column `{name}` holds {schema[name]}, of which a table of answers has no place.",
                "Leave it out with `columns=`, or save it as columns of numbers and words.",
            )
    if request.rows is not None:
        if request.rows.start:
            raise OptionError(
                f"The rows {request.rows!r} were asked for.",
                "Data that stay in a folder or a database have no order, but for the first rows of a look.",
                "Write `rows=100` for a hundred of them.",
            )
        frame = frame.head(len(request.rows))
    variables = merge_variables({name: Variable(name) for name in chosen}, request.codebook, source)
    frame = frame.select(chosen)
    answers = {} if typed is None else typed(frame, variables)
    final = {name: _answers(name, schema[name], answers.get(name), variables[name]) for name in chosen}
    codebook = replace(
        merge_codebooks(Codebook(), request.codebook, chosen),
        variables=variables,
        origin=replace(origin, synthetic=is_synthetic(Codebook(), request.codebook)),
        reasons=LazyReasons(frame, final, variables),
    )
    query = frame.select(**final)
    return Microdata(query.to_native(), codebook)


def _answers(name: str, kind: Any, typed: tuple[nw.Expr, bool] | None, variable: Variable) -> nw.Expr:
    """Return a column without its missing codes."""
    words = kind in (nw.String, nw.Categorical, nw.Enum)
    answer, number = typed or (nw.col(name), kind.is_numeric())
    if typed is None and words:
        answer = answer.cast(nw.String)
    elif kind == nw.Decimal:
        answer = answer.cast(nw.Float64)
    spelt = [code for code in variable.missing if isinstance(code, str)]
    numbers = [float(code) for code in variable.missing if not isinstance(code, str)]
    if words and spelt:
        answer = nw.when(~nw.col(name).cast(nw.String).str.strip_chars().is_in(spelt)).then(answer)
    if number and numbers:
        answer = nw.when(~answer.cast(nw.Float64).is_in(numbers)).then(answer)
    for each in variable.missing_ranges if number else ():
        answer = nw.when(~answer.is_between(each.low, each.high)).then(answer)
    return answer


class LazyReasons(Mapping[str, Mapping[str, int]]):
    """Missing answers by reason, counted by a query the first time that a variable is asked for.

    Parameters
    ----------
    frame : narwhals lazy frame
        Cells as stored.
    answers : mapping of str to narwhals expression
        Of them, the answers; null where missing.
    variables : mapping of str to Variable
    """

    def __init__(
        self, frame: nw.LazyFrame[Any], answers: Mapping[str, nw.Expr], variables: Mapping[str, Variable]
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
        return f"<reasons of {len(self._answers)} variables, counted when asked for>"

    def _count(self, name: str) -> dict[str, int]:
        if name not in self._answers:
            return {}
        if name not in self._counted:
            query = self._frame.select(nw.col(name), self._answers[name].alias(_FINAL))
            query = query.filter(nw.col(_FINAL).is_null()).group_by(name).agg(nw.len().alias("rows"))
            found = query.collect(backend="pyarrow").to_native().to_pydict()
            counts: dict[str, int] = {}
            for value, rows in zip(found[name], found["rows"], strict=True):
                reason = _reason(value, self._variables[name])
                counts[reason] = counts.get(reason, 0) + rows
            self._counted[name] = counts
        return self._counted[name]


def _reason(value: Any, variable: Variable) -> str:
    word = value.strip() if isinstance(value, str) else value
    if word is None or word == "" or word in NO_NUMBER:
        return SYSTEM
    if isinstance(word, str) and (why := variable.why(word)) is not None:
        return why
    plain = word.replace(",", ".") if isinstance(word, str) else word
    if isinstance(plain, str) and not NUMBER.fullmatch(plain):
        return SYSTEM
    return variable.why(float(plain)) or SYSTEM
