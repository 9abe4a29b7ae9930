"""The table of an R file: the object that holds it, and its vectors as columns.

It runs in a child process.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import rdata
from numpy.typing import NDArray
from rdata.parser import RObject, RObjectInfo, RObjectType

from diplab.errors import suggestion
from diplab.kernel.arrays import Array, Floats, Integers
from diplab.loaders.r_files.design import StoredDesign, is_design, stored_design
from diplab.loaders.r_files.parser import (
    MISSING_PAYLOAD,
    MISSING_WHOLE,
    RFileError,
    attribute_words,
    attributes_of,
    classes_of,
    parse_r_file,
)
from diplab.loaders.readstat.reader import NativeTable, Range, StoredColumn

NOT_COMPUTED = "nan"  # the letter of NaN among those of missing values; NaN is not NA
_VECTORS = (RObjectType.LGL, RObjectType.INT, RObjectType.REAL, RObjectType.STR)
_KINDS = {"Date": "date", "POSIXct": "moment", "hms": "time", "ITime": "time"}
_UNITS = {"secs": "seconds", "mins": "minutes", "hours": "hours", "days": "days", "weeks": "weeks"}
_PLAIN = {
    *(
        "factor",
        "ordered",
        "POSIXct",
        "POSIXt",
        "Date",
        "IDate",
        "ITime",
        "difftime",
        "hms",
        "integer64",
    ),
    *("haven_labelled", "haven_labelled_spss", "labelled", "labelled_spss", "vctrs_vctr", "AsIs"),
    *("double", "integer", "character", "numeric", "logical"),
}
_SHOWN = {
    **dict.fromkeys((RObjectType.CLO, RObjectType.BUILTIN, RObjectType.SPECIAL), "a function"),
    **dict.fromkeys(
        (RObjectType.LANG, RObjectType.EXPR, RObjectType.SYM, RObjectType.PROM), "code"
    ),
    **dict.fromkeys(_VECTORS, "a vector"),
    RObjectType.CPLX: "a vector of complex numbers",
    RObjectType.RAW: "a vector of bytes",
    RObjectType.ENV: "an environment",
    RObjectType.LIST: "a list",
    RObjectType.VEC: "a list",
    RObjectType.NILVALUE: "NULL",
}
_MISSING_LONG = np.iinfo(np.int64).min
_EXACT = 2**53
_SHORT = 60
_MAKE = "Convert it to columns of numbers and words in R."


def is_vector(vector: RObject) -> bool:
    """Return whether an object is a plain vector, which can be a column.

    A matrix of one column is too.
    """
    dim = list(map(int, attribute_words(vector, "dim", numbers=True)))
    return vector.info.type in _VECTORS and (len(dim) <= 1 or dim[1:] == [1])


def describe_object(vector: RObject) -> str:
    """Return what an object is, in words: its first class, or what it is made of."""
    classes = classes_of(vector)
    if classes:
        return f"of class `{_printable(classes[0])}`"
    if vector.info.type in _VECTORS and not is_vector(vector):
        return "a matrix"
    return _SHOWN.get(vector.info.type, "no vector")


def _printable(name: str) -> str:
    return "".join(filter(str.isprintable, name[:_SHORT]))


def read_column(name: str, vector: RObject, rows: slice) -> StoredColumn:
    """Return a vector of R as a column."""
    classes = classes_of(vector)
    if not is_vector(vector):
        held = f"Its column `{name}` is {describe_object(vector)}"
        write = f"Leave it out of `columns=`, or {_MAKE[0].lower()}{_MAKE[1:]}"
        raise RFileError(f"{held}, and a column of answers is a vector of numbers or words.", write)
    common: dict[str, Any] = {
        "label": next(iter(attribute_words(vector, "label")), ""),
        "unknown": _printable(next((class_ for class_ in classes if class_ not in _PLAIN), "")),
    }
    if "factor" in classes:
        return _factor(name, vector, rows, ordered="ordered" in classes, **common)
    if vector.info.type == RObjectType.STR:
        words = np.array(vector.value[rows], dtype=object)
        words[words == None] = ""  # noqa: E711
        return StoredColumn(
            words, codes=_labels(vector, words=True), ranges=_ranges(vector), **common
        )
    if "integer64" in classes:
        return StoredColumn(_long(vector.value[rows].view(np.int64)), **common)
    real, logical = vector.info.type == RObjectType.REAL, vector.info.type == RObjectType.LGL
    values = vector.value[rows] if real else _integers(vector.value[rows], logical=logical)
    tags = None
    if real:
        tags = _tags(values)
    if real and (missing := np.isnan(values)).any():
        # NA of R is a signalling NaN, which makes numpy warn in the first sum it enters
        values = np.where(missing, np.nan, values)
    kind = next((_KINDS[class_] for class_ in classes if class_ in _KINDS), "")
    if kind:
        zone = ""
        if kind == "moment":
            zone = next(iter(attribute_words(vector, "tzone")), "")
        return StoredColumn(values, kind=kind, zone=zone, **common)
    uncomputed = []
    if tags is not None and NOT_COMPUTED in tags:
        uncomputed = [(NOT_COMPUTED, "not a number")]
    unit = ""
    if "difftime" in classes:
        unit = next(iter(attribute_words(vector, "units")), "")
    return StoredColumn(
        values,
        tags,
        kind="boolean" if logical else "",
        codes=[*_labels(vector, words=False), *uncomputed],
        ranges=_ranges(vector),
        unit=_UNITS.get(unit, unit),
        **common,
    )


def _factor(
    name: str, vector: RObject, rows: slice, *, ordered: bool, label: str, unknown: str
) -> StoredColumn:
    """Return a factor under its levels, which are words; one of them may be NA."""
    attribute = attributes_of(vector).get("levels")
    levels = []
    if attribute is not None and attribute.info.type == RObjectType.STR:
        levels = list(attribute.value)
    places = np.asarray(vector.value)[rows]
    known = places[places != MISSING_WHOLE].astype(np.int64)
    if known.size and not (known.min() >= 1 and known.max() <= len(levels)):
        raise RFileError(
            f"Its column `{name}` has codes that are none of its {len(levels)} levels."
        )
    words = np.array(["", *(level or "" for level in levels)], dtype=object)
    return StoredColumn(
        words[np.where(places == MISSING_WHOLE, 0, places).astype(np.int64)],
        label=label,
        codes=[(level, level) for level in levels if level],
        measure="ordinal" if ordered else "nominal",
        unknown=unknown,
    )


def _integers(values: NDArray[np.int32], *, logical: bool) -> Array:
    missing = values == MISSING_WHOLE
    if missing.any():
        return np.where(missing, np.nan, values)
    return values.astype(np.int8 if logical else np.int64)


def _long(values: Integers) -> Array:
    """Return 64-bit integers as they are, as floats if some are missing, as words if inexact."""
    missing = values == _MISSING_LONG
    if not missing.any():
        return values
    if np.abs(values[~missing]).max(initial=0) < _EXACT:
        return np.where(missing, np.nan, values)
    return np.where(missing, "", values.astype(object).astype(str)).astype(object)


def _tags(values: Floats) -> NDArray[np.str_] | None:
    """Return the letters of missing numbers that are not plain NA; None where there are none."""
    missing = np.isnan(values)
    if not missing.any():
        return None
    bits = np.where(missing, values, 0.0).view(np.uint64)
    letters = np.where(bits & 0xFFFFFFFF == MISSING_PAYLOAD, bits >> 32 & 0xFF, 0).astype(np.uint8)
    tags = np.full(len(values), "", dtype="<U3")
    tags[missing & (bits & 0xFFFFFFFF != MISSING_PAYLOAD)] = NOT_COMPUTED
    for letter in np.unique(letters[letters > 0]).tolist():
        if chr(letter).isascii() and chr(letter).isalnum():
            tags[letters == letter] = chr(letter)
    if (tags != "").any():
        return tags
    return None


def _labels(vector: RObject, *, words: bool) -> list[tuple[Any, str]]:
    """Return the labels of answers, as haven (`labels`) or foreign (`value.labels`) keeps them."""
    attributes = attributes_of(vector)
    codes = attributes.get("labels", attributes.get("value.labels"))
    if codes is None:
        return []
    names = attribute_words(codes, "names")
    pairs = list[tuple[Any, Any]]()
    for item, label in zip(_elements(codes), names, strict=False):
        pairs.append((_code(item, words=words), label))
    return [(code, label) for code, label in pairs if code is not None]


def _elements(vector: RObject) -> list[Any]:
    """Return the elements of a vector: words, numbers, tags of missing values, None for NA."""
    if vector.info.type not in _VECTORS:
        return []
    if vector.info.type == RObjectType.STR:
        return list(vector.value)
    if vector.info.type != RObjectType.REAL:
        return [None if item == MISSING_WHOLE else item for item in vector.value.tolist()]
    tags = _tags(vector.value)
    letters = [""] * len(vector.value) if tags is None else tags.tolist()
    cells = zip(vector.value.tolist(), letters, np.isnan(vector.value).tolist(), strict=True)
    return [letter or (None if lost else number) for number, letter, lost in cells]


def _code(code: Any, *, words: bool) -> Any:
    """Return a code as the column holds it; None where it cannot be one of its answers."""
    if code is None or isinstance(code, str) == words:
        return code
    if words:
        return f"{code:.15g}"
    try:
        return float(code)
    except ValueError:
        if len(code) == 1 and code.isalpha():
            return code
        return None


def _ranges(vector: RObject) -> list[tuple[Any, Any]]:
    """Return the codes that SPSS declares missing, as haven keeps them."""
    codes = attributes_of(vector).get("na_values")
    declared = []
    if codes is not None:
        declared = list[tuple[Any, Any]]()
        for code in _elements(codes):
            if code is not None:
                declared.append((code, code))
    span = attribute_words(vector, "na_range", numbers=True)
    if len(span) == 2:
        return [*declared, (float(span[0]), float(span[1]))]
    return declared


MOST_BYTES = 512 * 1024**2  # bytes that a file may have once decompressed
_ROW_NAMES = "row.names"  # the column that the names of rows become
_FEW = 6
_WORDS = RObjectInfo(RObjectType.STR, object=False, attributes=False, tag=False, gp=0, reference=0)
_SAVE = 'In R, save the data frame alone: `saveRDS(data, "data.rds")`.'


def read_r(
    file: Path | bytes,
    columns: Sequence[str] | None,
    rows: Range,
    table: str | None,
    *,
    most: int | None,
) -> NativeTable:
    """Read a table from a file of R."""
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            stored = _read(file, columns, slice(*rows), table, most)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as wrong:
            raise RFileError(
                f"It contradicts itself ({type(wrong).__name__}), as no file of R does."
            ) from wrong
        except MemoryError as full:
            raise RFileError("It holds more than fits into the memory allowed.", _SAVE) from full
    messages = list(dict.fromkeys(str(item.message) for item in warned))
    return NativeTable(stored.columns, {**stored.about, "warnings": messages})


def _read(
    file: Path | bytes,
    columns: Sequence[str] | None,
    rows: slice,
    table: str | None,
    most: int | None,
) -> NativeTable:
    stored, encoding = parse_r_file(file if isinstance(file, bytes) else file.read_bytes(), most)
    objects = _objects(stored)
    if not "".join(objects).isprintable():
        raise RFileError("One of its objects has a name that cannot be shown.")
    name = _chosen(objects, table)
    design = None
    if is_design(objects[name]):
        design = stored_design(objects[name])
    frame = objects[name] if design is None else design.frame
    vectors = _vectors(name, frame) | ({} if design is None else design.vectors())
    left_out = []
    if columns is None:
        left_out = list[str]()
        for vector in vectors:
            if not is_vector(vectors[vector]):
                left_out.append(vector)
    if len(left_out) == len(vectors):
        held = f"`{left_out[0]}` is {describe_object(vectors[left_out[0]])}"
        raise RFileError(f"None of its columns is a vector of numbers or words: {held}.", _MAKE)
    about = {
        "encoding": encoding,
        "object": name,
        "left_out": [item.partition("\0")[0] for item in left_out],
        "others": [other for other in objects if other != name],
        "plain": not _is_frame(frame),
        "row_names": sorted({_ROW_NAMES} & set(vectors) - set(attribute_words(frame, "names"))),
        "names": list(vectors),
        "reader": f"rdata {rdata.__version__}",
        "made": "",
        "title": next(iter(attribute_words(frame, "label")), ""),
        "notes": attribute_words(frame, "notes"),
        "design": _facts(design),
    }
    if columns is not None and not set(columns) <= set(vectors):
        return NativeTable({}, about)
    labels = _labels_of_foreign(frame, list(vectors))
    read: dict[str, StoredColumn] = {}
    for item in (
        [vector for vector in vectors if vector not in left_out] if columns is None else columns
    ):
        column = read_column(item, vectors[item], rows)
        read[item] = replace(column, label=column.label or labels.get(item, ""))
    return NativeTable(read, about)


def _facts(design: StoredDesign | None) -> dict[str, Any]:
    """Return what is known of a design; nothing of a table."""
    if design is None:
        return {}
    return {"facts": design.facts, "why": design.why, "added": list(design.added)}


def _objects(objects: Mapping[str, RObject]) -> dict[str, RObject]:
    """Return the objects of a file; of a single list of data frames, what it holds."""
    top = objects.get("")
    names = []
    if top is not None and not classes_of(top):
        names = attribute_words(top, "names")
    if top is None or top.info.type != RObjectType.VEC or len(names) != len(top.value):
        return dict(objects)
    if any(map(_is_frame, top.value)):
        return dict(zip(names, top.value, strict=True))
    return dict(objects)


def _chosen(objects: Mapping[str, RObject], table: str | None) -> str:
    frames = list[str]()
    for name, item in objects.items():
        if _is_frame(item) or is_design(item):
            frames.append(name)
    tables = frames or [name for name, item in objects.items() if _is_table(item)]
    names = _listed([f"`{name}`" for name in tables])
    if table is not None:
        if list(objects) == [""]:
            raise RFileError(
                f"It holds one object, which has no name, and not `{table}`.", "Leave `table` out."
            )
        if table not in objects:
            there = ", and no table"
            if tables:
                there = f": its tables are {names}"
            raise RFileError(
                f"It has no object `{table}`{there}.",
                suggestion(table, tables) if tables else _SAVE,
            )
        if not any(is_one(objects[table]) for is_one in (_is_frame, _is_table, is_design)):
            raise RFileError(
                f"Its object `{table}` is {describe_object(objects[table])}, and no table.", _SAVE
            )
        return table
    if not tables:
        shown = list[str]()
        for name, item in objects.items():
            shown.append(f"{f'`{name}`' if name else 'it'} is {describe_object(item)}")
        raise RFileError(f"It holds no data frame: {_listed(shown) or 'it is empty'}.", _SAVE)
    if len(tables) > 1:
        write = f'Write `table="{tables[0]}"`, or another of them.'
        raise RFileError(f"It holds {len(tables)} tables: {names}.", write)
    return tables[0]


def _is_frame(vector: RObject) -> bool:
    return vector.info.type == RObjectType.VEC and "data.frame" in classes_of(vector)


def _is_table(vector: RObject) -> bool:
    """Return whether an object is a table without the class: a named matrix, a list of columns."""
    if vector.info.type == RObjectType.VEC:
        names = attribute_words(vector, "names")
        lengths = set()
        for item in vector.value:
            lengths.add(len(item.value) if is_vector(item) else -1)
        named = not classes_of(vector) and _are_names(names, len(vector.value))
        return named and len(lengths) == 1 and min(lengths) > 1
    dim = attribute_words(vector, "dim", numbers=True)
    plain = vector.info.type in _VECTORS and set(classes_of(vector)) <= {
        "matrix",
        "array",
        "mts",
        "ts",
    }
    return plain and len(dim) == 2 and _are_names(_of_dimension(vector, 1), int(dim[1]))


def _are_names(names: Sequence[str], count: int) -> bool:
    return len(names) == count > 0 and all(names) and len(set(names)) == count


def _of_dimension(vector: RObject, place: int) -> list[str]:
    attribute = attributes_of(vector).get("dimnames")
    if attribute is None or attribute.info.type != RObjectType.VEC or place >= len(attribute.value):
        return []
    names = attribute.value[place]
    if names.info.type == RObjectType.STR:
        return [item or "" for item in names.value]
    return []


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_FEW])
    if len(names) > _FEW:
        return f"{shown} and {len(names) - _FEW} more"
    return shown


def _vectors(name: str, frame: RObject) -> dict[str, RObject]:
    """Return the columns of a table, its row names first where they are words."""
    if frame.info.type == RObjectType.VEC:
        names, vectors = attribute_words(frame, "names"), list(frame.value)
        row_names = attribute_words(frame, "row.names")
    else:
        names, row_names = _of_dimension(frame, 1), _of_dimension(frame, 0)
        count = int(attribute_words(frame, "dim", numbers=True)[0])
        vectors = list[Any]()
        for item in range(len(names)):
            vectors.append(
                RObject(frame.info, frame.value[item * count : (item + 1) * count], None)
            )
    if not vectors:
        raise RFileError(
            f"Its table `{name}` has no columns." if name else "Its table has no columns.", _SAVE
        )
    if len(names) != len(vectors):
        raise RFileError(f"It has {len(vectors)} columns and {len(names)} names for them.")
    # a name that an earlier column has is followed by its place, after a character that no word of
    # R holds
    first = {name: place for place, name in reversed(list(enumerate(names)))}
    keys = [
        name if first[name] == place else f"{name}\0{place}" for place, name in enumerate(names)
    ]
    columns = dict(zip(keys, vectors, strict=True))
    lengths = set()
    for vector in vectors:
        if is_vector(vector):
            lengths.add(len(vector.value))
    if len(lengths) > 1:
        raise RFileError(
            f"Its columns are not equally long: {min(lengths)} to {max(lengths)} rows."
        )
    if len(row_names) == next(iter(lengths), 0) and not all(item.isdecimal() for item in row_names):
        if _ROW_NAMES in columns:
            return columns
        return {_ROW_NAMES: RObject(_WORDS, row_names, None), **columns}
    return columns


def _labels_of_foreign(frame: RObject, names: Sequence[str]) -> dict[str, str]:
    """Return the labels of columns that foreign keeps with a data frame."""
    labels = attribute_words(frame, "variable.labels") or attribute_words(frame, "var.labels")
    of_foreign = attributes_of(frame).get("variable.labels")
    labelled = names
    if of_foreign is not None:
        labelled = attribute_words(of_foreign, "names")
    return dict(zip(labelled, labels, strict=False))
