"""Columns of Arrow as the frame of microdata holds them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from diplab.errors import LoadError
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["answers_of_lists", "is_list_of_words", "is_words", "values_of"]

_EXACT = 2**53
_MOST_ANSWERS = 200


def is_words(kind: Any) -> bool:
    """Return whether a column of Arrow holds words, spelt out or by their place in a list."""
    pa: Any = import_module("pyarrow")
    types = pa.types
    if types.is_dictionary(kind):
        return is_words(kind.value_type)
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def is_list_of_words(kind: Any) -> bool:
    """Return whether each cell of a column of Arrow holds several words."""
    pa: Any = import_module("pyarrow")
    types = pa.types
    listed = types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)
    return bool(listed and is_words(kind.value_type))


def values_of(column: Any, name: str, file: str) -> tuple[NDArray[Any], tuple[Text, ...]]:
    """Return the cells of a column: numbers, words (`""` where there is none), moments, or days and times as objects.

    Whole numbers with gaps are floats; where a float would change them they are words. Yes and no with gaps are 1,
    0 and NaN. A moment with a time zone is the hour on the clocks of its zone.

    Parameters
    ----------
    column : pyarrow.Array or ChunkedArray
    name : str
    file : str
        For the error.

    Raises
    ------
    LoadError
        Where the column is of a kind that a frame of answers cannot hold.
    """
    pa: Any = import_module("pyarrow")
    types, kind = pa.types, column.type
    if is_words(kind):
        return _objects(column.cast(pa.large_string()), ""), ()
    if types.is_boolean(kind):
        return _booleans(column), ()
    if types.is_integer(kind):
        return _integers(column, name)
    if types.is_floating(kind) or types.is_null(kind):
        return column.cast(pa.float64()).to_numpy(zero_copy_only=False).astype(np.float64), ()
    if types.is_decimal(kind):
        return np.array([np.nan if each is None else float(each) for each in column.to_pylist()]), ()
    if types.is_timestamp(kind):
        return _moments(column, name)
    if types.is_date(kind) or types.is_time(kind):
        bare = column.cast(pa.date32()) if types.is_date(kind) else column.cast(pa.time64("us"), safe=False)
        return _objects(bare, np.nan), ()
    if types.is_duration(kind):
        seconds = _objects(column.cast(pa.duration("us"), safe=False), None)
        return np.array([np.nan if each is None else each.total_seconds() for each in seconds]), ()
    raise LoadError(
        f"The file `{file}` was to be read.",
        f"Its column `{name}` holds {kind}, of which a table of answers has no place.",
        "Leave it out with `columns=`, or save it as columns of numbers and words.",
    )


def _objects(column: Any, gap: Any) -> NDArray[Any]:
    held = np.empty(len(column), dtype=object)
    held[:] = [gap if each is None else each for each in column.to_pylist()]
    return held


def _booleans(column: Any) -> NDArray[Any]:
    if not column.null_count:
        return np.asarray(column.to_numpy(zero_copy_only=False), dtype=bool)
    return np.array([np.nan if each is None else float(each) for each in column.to_pylist()])


def _integers(column: Any, name: str) -> tuple[NDArray[Any], tuple[Text, ...]]:
    pa: Any = import_module("pyarrow")
    pc: Any = import_module("pyarrow.compute")
    ends = pc.min_max(column).as_py()
    largest = max(abs(ends["min"] or 0), abs(ends["max"] or 0))
    if largest < 2**63 and not column.null_count:
        return column.cast(pa.int64()).to_numpy(zero_copy_only=False).astype(np.int64), ()
    if largest > _EXACT:
        kept = Text(
            f"Les nombres de `{name}` sont trop longs pour rester exacts : ils sont lus comme des mots.",
            f"The numbers of `{name}` are too long to stay exact: they are read as words.",
        )
        return _objects(column.cast(pa.large_string()), ""), (kept,)
    return column.cast(pa.float64()).to_numpy(zero_copy_only=False).astype(np.float64), ()


def _moments(column: Any, name: str) -> tuple[NDArray[Any], tuple[Text, ...]]:
    pa: Any = import_module("pyarrow")
    pc: Any = import_module("pyarrow.compute")
    zone, notices = column.type.tz, ()
    if zone:
        column = pc.local_timestamp(column)
        clocks = Text(
            f"Les heures de `{name}` sont celles des horloges de {zone}.",
            f"The hours of `{name}` are those on the clocks of {zone}.",
        )
        return column.cast(pa.timestamp("us"), safe=False).to_numpy().astype("datetime64[us]"), (clocks,)
    return column.cast(pa.timestamp("us"), safe=False).to_numpy().astype("datetime64[us]"), notices


def answers_of_lists(column: Any, name: str, file: str, taken: Sequence[str]) -> dict[str, pd.Series[Any]]:
    """Return one column an answer, 1 where a cell of several words has it and 0 where not; NaN for no cell.

    Examples
    --------
    >>> import pyarrow as pa
    >>> found = answers_of_lists(pa.array([["mail", "phone"], [], None]), "uses", "a.parquet", [])
    >>> {name: answers.tolist() for name, answers in found.items()}
    {'uses_mail': [1.0, 0.0, nan], 'uses_phone': [1.0, 0.0, nan]}
    """
    rows: list[list[str] | None] = column.to_pylist()
    given = list(dict.fromkeys(word for row in rows if row for word in row if word is not None))
    names = {word: f"{name}_{word}" for word in given}
    twice = [each for each in names.values() if each in taken]
    if twice or len(given) > _MOST_ANSWERS:
        found = (
            f"would become `{twice[0]}`, which it has already"
            if twice
            else f"has {len(given)} different words"
        )
        raise LoadError(
            f"The file `{file}` was to be read.",
            f"Its column `{name}` holds lists of words and {found}.",
            "Leave it out with `columns=`, or save one column an answer.",
        )
    return {
        column_name: pd.Series([np.nan if row is None else float(word in row) for row in rows], dtype=float)
        for word, column_name in names.items()
    }
