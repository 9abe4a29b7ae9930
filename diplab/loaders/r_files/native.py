"""A table out of a file of R: which of its objects, and its columns. It runs in a child process."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import rdata
from rdata.parser import RObject, RObjectInfo, RObjectType

from diplab.errors import suggestion
from diplab.loaders.r_files.columns import NOT_COMPUTED, classes_of, column_of, is_vector, kind_of, words_in
from diplab.loaders.r_files.stream import ANEW, RFileError, attributes_of, parsed
from diplab.loaders.statistical.native import NativeTable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from diplab.loaders.r_files.columns import RColumn

__all__ = ["MOST_BYTES", "read_r"]

MOST_BYTES = 512 * 1024**2
"""Bytes that a file may have once decompressed."""

_ROW_NAMES = "row.names"
"""The column that the names of rows become."""

_FEW = 6
_WORDS = RObjectInfo(RObjectType.STR, object=False, attributes=False, tag=False, gp=0, reference=0)
_SAVE = 'In R, save the data frame alone: `saveRDS(data, "data.rds")`.'


def read_r(
    file: Path | bytes,
    columns: Sequence[str] | None = None,
    rows: tuple[int, int | None] | None = None,
    table: str | None = None,
    *,
    most: int | None = MOST_BYTES,
) -> NativeTable:
    """Read a table from a file of R.

    Parameters
    ----------
    file : Path or bytes
        Where it lies, or the whole of it.
    columns : sequence of str, optional
        Columns to read. Where one of them is not in the table nothing is read but `about["names"]`.
    rows : tuple of int, optional
        The first row, counted from 0, and the one after the last; None for the last reads to the end.
    table : str, optional
        Name of the object; by default the only data frame.
    most : int or None
        Bytes that the file may have once decompressed.

    Returns
    -------
    NativeTable
        Columns with raw codes, and what the file says about them; where the file is refused, why and what to write
        instead as `about["refused"]`.
    """
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            found = _read(file, columns, slice(*(rows or (0, None))), table, most)
        except RFileError as refusal:
            return _refused(refusal.found, refusal.write)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as wrong:
            return _refused(f"It contradicts itself ({type(wrong).__name__}), as no file of R does.", ANEW)
        except MemoryError:
            return _refused("It holds more than fits into the memory allowed.", _SAVE)
    said = list(dict.fromkeys(str(each.message) for each in warned))
    return NativeTable(found.columns, found.tags, {**found.about, "warnings": said})


def _read(
    file: Path | bytes, columns: Sequence[str] | None, rows: slice, table: str | None, most: int | None
) -> NativeTable:
    held = parsed(file if isinstance(file, bytes) else file.read_bytes(), most)
    objects = _objects(held.objects)
    if not "".join(objects).isprintable():
        raise RFileError("One of its objects has a name that cannot be shown.")
    name = _chosen(objects, table)
    found = _vectors(name, objects[name])
    about = {
        "encoding": held.encoding,
        "object": name,
        "others": [other for other in objects if other != name],
        "plain": not _is_frame(objects[name]),
        "row_names": sorted({_ROW_NAMES} & set(found) - set(words_in(objects[name], "names"))),
        "names": list(found),
        "reader": f"rdata {rdata.__version__}",
        **_about_table(objects[name], list(found)),
    }
    if columns is not None and not set(columns) <= set(found):
        return NativeTable({}, {}, about)
    wanted = found if columns is None else columns
    return _table({each: column_of(each, found[each], rows) for each in wanted}, about)


def _refused(found: str, write: str) -> NativeTable:
    return NativeTable({}, {}, {"refused": [found, write]})


# -- which object -----------------------------------------------------------------------------------------------


def _objects(held: Mapping[str, RObject]) -> dict[str, RObject]:
    """Return the objects of a file; of a single list of data frames, what it holds."""
    top = held.get("")
    names = [] if top is None or classes_of(top) else words_in(top, "names")
    if top is None or top.info.type != RObjectType.VEC or len(names) != len(top.value):
        return dict(held)
    return dict(zip(names, top.value, strict=True)) if any(map(_is_frame, top.value)) else dict(held)


def _chosen(objects: Mapping[str, RObject], table: str | None) -> str:
    frames = [name for name, held in objects.items() if _is_frame(held)]
    tables = frames or [name for name, held in objects.items() if _is_table(held)]
    if table is not None:
        if list(objects) == [""]:
            raise RFileError(
                f"It holds one object, which has no name, and not `{table}`.", "Leave `table` out."
            )
        if table not in objects:
            raise RFileError(
                f"It has no object `{table}`: its tables are {_listed(tables)}."
                if tables
                else f"It has no object `{table}`, and no table.",
                suggestion(table, tables) if tables else _SAVE,
            )
        if not (_is_frame(objects[table]) or _is_table(objects[table])):
            raise RFileError(f"Its object `{table}` is {kind_of(objects[table])}, and no table.", _SAVE)
        return table
    if not tables:
        shown = [f"{f'`{name}`' if name else 'it'} is {kind_of(held)}" for name, held in objects.items()]
        more = f" and {len(shown) - _FEW} more" if len(shown) > _FEW else ""
        raise RFileError(f"It holds no data frame: {', '.join(shown[:_FEW]) or 'it is empty'}{more}.", _SAVE)
    if len(tables) > 1:
        raise RFileError(
            f"It holds {len(tables)} tables: {_listed(tables)}.",
            f'Write `table="{tables[0]}"`, or another of them.',
        )
    return tables[0]


def _is_frame(held: RObject) -> bool:
    return held.info.type == RObjectType.VEC and "data.frame" in classes_of(held)


def _is_table(held: RObject) -> bool:
    """Return whether an object is a table but for its class: a matrix with named columns, a list of columns."""
    if held.info.type == RObjectType.VEC:
        names = words_in(held, "names")
        lengths = {len(each.value) if is_vector(each) else -1 for each in held.value}
        return (
            not classes_of(held)
            and _are_names(names, len(held.value))
            and len(lengths) == 1
            and min(lengths) > 1
        )
    known = held.info.type in (RObjectType.LGL, RObjectType.INT, RObjectType.REAL, RObjectType.STR)
    dim = words_in(held, "dim", numbers=True)
    if not known or len(dim) != 2 or not set(classes_of(held)) <= {"matrix", "array", "mts", "ts"}:
        return False
    return _are_names(_of_dimension(held, 1), int(dim[1]))


def _are_names(names: Sequence[str], count: int) -> bool:
    return len(names) == count > 0 and all(names) and len(set(names)) == count


def _of_dimension(held: RObject, place: int) -> list[str]:
    named = attributes_of(held).get("dimnames")
    if named is None or named.info.type != RObjectType.VEC or place >= len(named.value):
        return []
    names = named.value[place]
    return [each or "" for each in names.value] if names.info.type == RObjectType.STR else []


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:_FEW])
    return f"{shown} and {len(names) - _FEW} more" if len(names) > _FEW else shown


# -- its columns ------------------------------------------------------------------------------------------------


def _vectors(name: str, held: RObject) -> dict[str, RObject]:
    """Return the columns of a table, its row names first where they are words."""
    if held.info.type == RObjectType.VEC:
        names, vectors = words_in(held, "names"), list(held.value)
        row_names = words_in(held, "row.names")
    else:
        names, row_names = _of_dimension(held, 1), _of_dimension(held, 0)
        count = int(words_in(held, "dim", numbers=True)[0])
        vectors = [
            RObject(held.info, held.value[each * count : (each + 1) * count], None)
            for each in range(len(names))
        ]
    if not vectors:
        raise RFileError(
            f"Its table `{name}` has no columns." if name else "Its table has no columns.", _SAVE
        )
    if len(names) != len(vectors):
        raise RFileError(f"It has {len(vectors)} columns and {len(names)} names for them.")
    if len(set(names)) < len(names):
        twice = next(each for place, each in enumerate(names) if each in names[:place])
        raise RFileError(f"It has two columns named `{twice}`.", "Give each column a name of its own.")
    found = dict(zip(names, vectors, strict=True))
    lengths = {len(each.value) for each in vectors if is_vector(each)}
    if len(lengths) > 1:
        raise RFileError(f"Its columns are not equally long: {min(lengths)} to {max(lengths)} rows.")
    if len(row_names) == next(iter(lengths), 0) and not all(each.isdecimal() for each in row_names):
        named = RObject(_WORDS, row_names, None)
        return found if _ROW_NAMES in found else {_ROW_NAMES: named, **found}
    return found


def _about_table(held: RObject, names: Sequence[str]) -> dict[str, Any]:
    """Return what a data frame says of itself, and the labels of columns that foreign keeps with it."""
    attributes = attributes_of(held)
    labels = words_in(held, "variable.labels") or words_in(held, "var.labels")
    labelled = (
        words_in(attributes["variable.labels"], "names") if "variable.labels" in attributes else list(names)
    )
    return {
        "title": next(iter(words_in(held, "label")), ""),
        "notes": words_in(held, "notes"),
        "frame_labels": dict(zip(labelled, labels, strict=False)),
    }


def _table(columns: Mapping[str, RColumn], about: dict[str, Any]) -> NativeTable:
    tags = {name: each.tags for name, each in columns.items() if each.tags is not None}
    of_columns: dict[str, dict[str, Any]] = {
        "labels": {name: each.label or about["frame_labels"].get(name, "") for name, each in columns.items()},
        "values": {name: _coded(each) for name, each in columns.items()},
        "measures": {name: each.measure for name, each in columns.items()},
        "ranges": {name: [list(span) for span in each.ranges] for name, each in columns.items()},
        "words": {name: each.values.dtype == object for name, each in columns.items()},
        "kinds": {name: each.kind for name, each in columns.items()},
        "zones": {name: each.zone for name, each in columns.items() if each.kind == "moment"},
        "units": {name: each.unit for name, each in columns.items() if each.unit},
        "unknown": {name: each.unknown for name, each in columns.items() if each.unknown},
        "tags": {
            name: [word for word in np.unique(letters).tolist() if word] for name, letters in tags.items()
        },
    }
    return NativeTable({name: each.values for name, each in columns.items()}, tags, about | of_columns)


def _coded(column: RColumn) -> list[list[Any]]:
    uncomputed = column.tags is not None and bool((column.tags == NOT_COMPUTED).any())
    return [*map(list, column.codes), *([[NOT_COMPUTED, "not a number"]] if uncomputed else [])]
