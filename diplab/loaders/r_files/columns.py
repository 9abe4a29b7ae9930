"""Vectors of R as columns: codes with their labels, missing values with their kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from rdata.parser import RObject, RObjectType

from diplab.loaders.r_files.compact import MISSING_PAYLOAD, MISSING_WHOLE
from diplab.loaders.r_files.stream import RFileError, attributes_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["NOT_COMPUTED", "RColumn", "classes_of", "column_of", "is_vector", "kind_of", "words_in"]

NOT_COMPUTED = "nan"
"""What stands among the letters of missing values for NaN, which is not NA."""

_VECTORS = (RObjectType.LGL, RObjectType.INT, RObjectType.REAL, RObjectType.STR)
_KINDS = {"Date": "date", "POSIXct": "moment", "hms": "time", "ITime": "time"}
_UNITS = {"secs": "seconds", "mins": "minutes", "hours": "hours", "days": "days", "weeks": "weeks"}
_PLAIN = {
    *("factor", "ordered", "POSIXct", "POSIXt", "Date", "IDate", "ITime", "difftime", "hms", "integer64"),
    *("haven_labelled", "haven_labelled_spss", "labelled", "labelled_spss", "vctrs_vctr", "AsIs"),
    *("double", "integer", "character", "numeric", "logical"),
}
_SHOWN = {
    **dict.fromkeys((RObjectType.CLO, RObjectType.BUILTIN, RObjectType.SPECIAL), "a function"),
    **dict.fromkeys((RObjectType.LANG, RObjectType.EXPR, RObjectType.SYM, RObjectType.PROM), "code"),
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


@dataclass(frozen=True)
class RColumn:
    """One column, before any code is declared missing.

    Parameters
    ----------
    values : array, shape (rows,)
        Numbers, NaN where missing; or words (object), `""` where blank or missing.
    tags : array of str, shape (rows,), or None
        Letters of tagged missing values and `NOT_COMPUTED`, `""` elsewhere.
    kind : {"", "boolean", "date", "moment", "time"}
        What the numbers are.
    label : str
    codes : list of (code, label)
        Labels of answers.
    ranges : list of (low, high)
        Codes declared missing.
    measure : {"unknown", "nominal", "ordinal"}
    zone, unit : str
        Of moments, and of durations.
    unknown : str
        A class of R that was left aside.
    """

    values: NDArray[Any]
    tags: NDArray[np.str_] | None = None
    kind: str = ""
    label: str = ""
    codes: Sequence[tuple[Any, str]] = ()
    ranges: Sequence[tuple[Any, Any]] = ()
    measure: str = "unknown"
    zone: str = ""
    unit: str = ""
    unknown: str = ""


def is_vector(held: RObject) -> bool:
    """Return whether an object is a plain vector, which can be a column."""
    return held.info.type in _VECTORS and len(words_in(held, "dim", numbers=True)) <= 1


def classes_of(held: RObject) -> list[str]:
    """Return the classes that an object bears."""
    return words_in(held, "class")


def kind_of(held: RObject) -> str:
    """Return what an object is, in words: its first class, or what it is made of."""
    classes = classes_of(held)
    if classes:
        return f"of class `{_printable(classes[0])}`"
    if held.info.type in _VECTORS and not is_vector(held):
        return "a matrix"
    return _SHOWN.get(held.info.type, "no vector")


def _printable(name: str) -> str:
    return "".join(filter(str.isprintable, name[:_SHORT]))


def words_in(held: RObject, name: str, *, numbers: bool = False) -> list[Any]:
    """Return the words of an attribute, or its numbers where they are asked for; none where there is no such one."""
    found = attributes_of(held).get(name)
    if found is None:
        return []
    if numbers:
        return list(found.value) if isinstance(found.value, np.ndarray) else []
    return [each or "" for each in found.value] if found.info.type == RObjectType.STR else []


def column_of(name: str, held: RObject, rows: slice) -> RColumn:
    """Return a vector of R as a column.

    Parameters
    ----------
    name : str
        For the error.
    held : RObject
        The vector.
    rows : slice
        Rows that are read.

    Raises
    ------
    RFileError
        Where it is no vector of numbers or words (a list, a matrix), or its codes are not among its levels.
    """
    classes = classes_of(held)
    if not is_vector(held):
        raise RFileError(
            f"Its column `{name}` is {kind_of(held)}, and a column of answers is a vector of numbers or words.",
            "Leave it out with `columns=`, or make columns of numbers and words of it in R.",
        )
    said: dict[str, Any] = {
        "label": next(iter(words_in(held, "label")), ""),
        "unknown": _printable(next((each for each in classes if each not in _PLAIN), "")),
    }
    if "factor" in classes:
        return _factor(name, held, rows, ordered="ordered" in classes, **said)
    if held.info.type == RObjectType.STR:
        words = np.array(held.value[rows], dtype=object)
        words[words == None] = ""  # noqa: E711
        return RColumn(words, codes=_labels(held, words=True), ranges=_ranges(held), **said)
    if "integer64" in classes:
        return RColumn(_long(held.value[rows].view(np.int64)), **said)
    real, logical = held.info.type == RObjectType.REAL, held.info.type == RObjectType.LGL
    values = held.value[rows] if real else _integers(held.value[rows], logical=logical)
    tags = _tags(values) if real else None
    if real and (gone := np.isnan(values)).any():
        # NA of R is a signalling NaN, which makes numpy warn in the first sum it enters
        values = np.where(gone, np.nan, values)
    kind = next((_KINDS[each] for each in classes if each in _KINDS), "")
    if kind:
        zone = next(iter(words_in(held, "tzone")), "") if kind == "moment" else ""
        return RColumn(values, kind=kind, zone=zone, **said)
    unit = next(iter(words_in(held, "units")), "") if "difftime" in classes else ""
    return RColumn(
        values,
        tags,
        "boolean" if logical else "",
        codes=_labels(held, words=False),
        ranges=_ranges(held),
        unit=_UNITS.get(unit, unit),
        **said,
    )


def _factor(name: str, held: RObject, rows: slice, *, ordered: bool, label: str, unknown: str) -> RColumn:
    """Return a factor under its levels, which are words; one of them may be NA."""
    found = attributes_of(held).get("levels")
    levels = [] if found is None or found.info.type != RObjectType.STR else list(found.value)
    places = np.asarray(held.value)[rows]
    known = places[places != MISSING_WHOLE].astype(np.int64)
    if known.size and not (known.min() >= 1 and known.max() <= len(levels)):
        raise RFileError(f"Its column `{name}` has codes that are none of its {len(levels)} levels.")
    words = np.array(["", *(level or "" for level in levels)], dtype=object)
    return RColumn(
        words[np.where(places == MISSING_WHOLE, 0, places).astype(np.int64)],
        label=label,
        codes=[(level, level) for level in levels if level],
        measure="ordinal" if ordered else "nominal",
        unknown=unknown,
    )


def _integers(values: NDArray[np.int32], *, logical: bool) -> NDArray[Any]:
    gone = values == MISSING_WHOLE
    if gone.any():
        return np.where(gone, np.nan, values)
    return values.astype(np.int8 if logical else np.int64)


def _long(values: NDArray[np.int64]) -> NDArray[Any]:
    """Return numbers of 64 bits as they are, as floats where some are missing, as words where floats change them."""
    gone = values == _MISSING_LONG
    if not gone.any():
        return values
    if np.abs(values[~gone]).max(initial=0) < _EXACT:
        return np.where(gone, np.nan, values)
    return np.where(gone, "", values.astype(object).astype(str)).astype(object)


def _tags(values: NDArray[np.float64]) -> NDArray[np.str_] | None:
    """Return the letters of missing numbers that are not plain NA; None where there are none."""
    gone = np.isnan(values)
    if not gone.any():
        return None
    bits = np.where(gone, values, 0.0).view(np.uint64)
    letters = np.where(bits & 0xFFFFFFFF == MISSING_PAYLOAD, bits >> 32 & 0xFF, 0).astype(np.uint8)
    tags = np.full(len(values), "", dtype="<U3")
    tags[gone & (bits & 0xFFFFFFFF != MISSING_PAYLOAD)] = NOT_COMPUTED
    for letter in np.unique(letters[letters > 0]).tolist():
        if chr(letter).isascii() and chr(letter).isalnum():
            tags[letters == letter] = chr(letter)
    return tags if (tags != "").any() else None


def _labels(held: RObject, *, words: bool) -> list[tuple[Any, str]]:
    """Return the labels of answers, as haven (`labels`) or foreign (`value.labels`) keeps them."""
    attributes = attributes_of(held)
    codes = attributes.get("labels", attributes.get("value.labels"))
    if codes is None or codes.info.type not in _VECTORS:
        return []
    names = words_in(codes, "names")
    found = [(_code(each, words=words), label) for each, label in zip(_elements(codes), names, strict=False)]
    return [(code, label) for code, label in found if code is not None]


def _elements(held: RObject) -> list[Any]:
    """Return the elements of a vector: words, numbers, the letter of a tagged missing value, None for NA."""
    if held.info.type == RObjectType.STR:
        return list(held.value)
    if held.info.type != RObjectType.REAL:
        return [None if each == MISSING_WHOLE else each for each in held.value.tolist()]
    tags = _tags(held.value)
    letters = [""] * len(held.value) if tags is None else tags.tolist()
    gone = np.isnan(held.value).tolist()
    cells = zip(held.value.tolist(), letters, gone, strict=True)
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
        return code if len(code) == 1 and code.isalpha() else None


def _ranges(held: RObject) -> list[tuple[Any, Any]]:
    """Return the codes that SPSS declares missing, as haven keeps them."""
    attributes = attributes_of(held)
    codes = attributes.get("na_values")
    found = [] if codes is None or codes.info.type not in _VECTORS else _elements(codes)
    span = [float(each) for each in words_in(held, "na_range", numbers=True)]
    return [
        *((code, code) for code in found if code is not None),
        *([(span[0], span[1])] if len(span) == len(("low", "high")) else []),
    ]
