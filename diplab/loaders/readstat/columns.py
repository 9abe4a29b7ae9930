"""Columns of microdata as SPSS and Stata files hold them."""

from __future__ import annotations

import datetime as dt
import math
import re
import string
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from diplab.loaders.answers.cells import codes_by_cell
from diplab.loaders.answers.dates import DateKind, Family, dates_to_numbers
from diplab.loaders.codebooks.sidecar import MOMENTS, STORAGES, ColumnStorage
from diplab.loaders.source import not_written
from diplab.microdata.microdata import Microdata
from diplab.microdata.variable import Code, Variable, code_written, given_reason
from diplab.reference.text import Language


@dataclass(frozen=True)
class ColumnValues:
    """A column without its missing codes."""

    values: NDArray[Any]  # numbers (float, NaN where missing), or words (object, `""` where missing)
    words: bool = False  # true for words
    kind: DateKind = ""  # what the numbers are
    storage: str = ""  # kind of the column in the frame, where numbers and words do not say it


@dataclass(frozen=True)
class FileColumn:
    """A column as it is passed to the writer of a file."""

    name: str  # in the file
    values: NDArray[Any]  # codes for missing answers among the others
    label: str = ""  # in one language
    labels: Mapping[Any, str] = field(default_factory=dict)  # of answers, and reasons of missing codes
    missing: tuple[Any, ...] = ()  # declared missing: codes (letters in Stata), and ranges `{"lo": ..., "hi": ...}`
    display: str = ""  # display format of dates; empty for others
    letters: NDArray[np.uint8] | None = None  # in Stata, the letter in a missing cell: 1 for `.a`, 0 for none
    stored_as: ColumnStorage = field(default_factory=ColumnStorage)


def stored_column(answers: pd.Series[Any], family: Family, file: Path) -> ColumnValues:
    """Return a column of a frame as numbers or words."""
    storage = str(answers.dtype)
    found = f"{storage}, which no such file can hold"
    if answers.dtype == object:
        kinds = {type(each) for each in answers.dropna()}
        if not kinds:
            return ColumnValues(np.full(len(answers), np.nan), storage=storage)
        if kinds == {str}:
            return ColumnValues(_as_words(answers), words=True, storage=storage)
        if kinds == {dt.date}:
            return ColumnValues(dates_to_numbers(answers, "date", family), kind="date")
        if kinds == {dt.time}:
            return ColumnValues(dates_to_numbers(answers, "time", family), kind="time")
        found = f"{' and '.join(sorted({each.__name__ for each in kinds}))}, mixed or of an unknown kind"
    elif isinstance(answers.dtype, pd.StringDtype):
        return ColumnValues(_as_words(answers), words=True, storage="" if storage == "str" else storage)
    elif storage == "datetime64[us]" or storage in MOMENTS:
        moments = dates_to_numbers(answers, "moment", family)
        return ColumnValues(moments, kind="moment", storage=storage if storage in MOMENTS else "")
    elif storage == "float64" or storage in STORAGES:
        values = answers.to_numpy(dtype=np.float64, na_value=np.nan)
        return ColumnValues(values, storage=storage if storage in STORAGES else "")
    raise not_written(
        file,
        f"`{answers.name}` holds {found}.",
        "Write numbers, words, dates (`datetime.date`), moments or times of day, one kind in a column.",
    )


def _as_words(answers: pd.Series[Any]) -> NDArray[Any]:
    return np.where(answers.isna(), "", answers.to_numpy(dtype=object))


_LONGEST_NAME = 28  # of the 32 characters of Stata; the table of labels of a column takes its name and a number


def file_columns(data: Microdata, language: Language, file: Path) -> dict[str, FileColumn]:
    """Return the columns of data as an SPSS or Stata file holds them, by their names in the frame."""
    stata, columns = file.suffix.lower() == ".dta", {}
    for name, in_file in _file_names(list(map(str, data.frame)), _stata_allows if stata else _spss_allows).items():
        column = stored_column(data.frame[name], "stata" if stata else "spss", file)
        codes = codes_by_cell(data.missing.get(name), len(data.frame))
        of_format = _stata_column if stata else _spss_column
        columns[name] = of_format(in_file, column, codes, data.codebook[name], language, file)
    return columns


def _file_names(names: Sequence[str], allowed: Callable[[str], bool]) -> dict[str, str]:
    """Return a name that a file allows for each column: its own, or the nearest that is free."""
    # two names that differ by case only are one in SPSS
    own: dict[str, str] = {}
    for name in filter(allowed, names):
        own.setdefault(name.casefold(), name)
    chosen, taken = {name: name for name in own.values()}, set(own)
    for name in names:
        if name in chosen:
            continue
        letters = re.sub(r"\W+", "_", unicodedata.normalize("NFC", name)).strip("_")
        letters = letters if letters[:1].isalpha() else f"v_{letters}".rstrip("_")
        made, rank = _shortened(letters, _LONGEST_NAME), 1
        while made.casefold() in taken or not allowed(made):
            rank += 1
            made = f"{_shortened(letters, _LONGEST_NAME - len(str(rank)) - 1)}_{rank}"
        chosen[name] = made
        taken.add(made.casefold())
    return {name: chosen[name] for name in names}


def _shortened(name: str, longest: int) -> str:
    """Return the first characters of a name, in at most twice as many bytes."""
    return name[:longest].encode()[: 2 * longest].decode(errors="ignore")


def shorten(words: str, size: int) -> str:
    """Return words cut to a number of bytes at a character boundary, with an ellipsis where they were cut."""
    if len(words.encode()) <= size:
        return words
    return words.encode()[: size - len("…".encode())].decode(errors="ignore") + "…"


def shorten_labels(labels: Mapping[Code, str], size: int) -> dict[Code, str]:
    """Return labels cut to a number of bytes, without the empty ones."""
    return {code: shorten(words, size) for code, words in labels.items() if words}


def replaced_codes(stand_ins: Mapping[Code, Code], used: Sequence[Code], variable: Variable) -> dict[Code, Code]:
    """Return the missing codes in use that the file replaces, by the code in the file."""
    return {
        stand_in: code
        for code, stand_in in stand_ins.items()
        if code in used and (stand_in != code or variable.why(code) is None)
    }


_SPSS_RESERVED = frozenset({"ALL", "AND", "BY", "EQ", "GE", "GT", "LE", "LT", "NE", "NOT", "OR", "TO", "WITH"})
_SPSS_NAME = re.compile(r"[^\W\d_][\w.@#$]*")
_SPSS_LONGEST_NAME = 64
_SPSS_LABEL, _SPSS_ANSWER = 255, 120  # bytes of the label of a column, and of that of an answer
_SPSS_CODES = 3
_SPSS_WORD = 8  # bytes of a missing code in a column of words
_SPSS_WIDEST = 32_767  # bytes of a word
_SPSS_DISPLAYS = {"date": "DATE11", "moment": "DATETIME20", "time": "TIME8"}


def _spss_allows(name: str) -> bool:
    """Return whether SPSS allows a name."""
    fits = len(name.encode()) <= _SPSS_LONGEST_NAME and not name.endswith(".")
    return bool(_SPSS_NAME.fullmatch(name)) and fits and name.upper() not in _SPSS_RESERVED


def _spss_column(
    name: str, column: ColumnValues, codes: NDArray[Any], variable: Variable, language: Language, file: Path
) -> FileColumn:
    """Return a column as an SPSS file holds it."""
    # missing codes that it cannot declare become numbers below every answer, in one range declared missing
    used = list(dict.fromkeys(code for code in codes if code is not None))
    stated = _spss_words if column.words else _spss_numbers
    stand_ins, declared = stated(column, used, variable)
    values = column.values.copy()
    for code, stand_in in stand_ins.items():
        values[codes == code] = stand_in
    widest = max((len(word.encode()) for word in values), default=0) if column.words else 0
    if widest > _SPSS_WIDEST:
        raise not_written(
            file,
            f"`{variable.name}` holds an answer of {widest:,} bytes, and an SPSS file holds {_SPSS_WIDEST:,}.",
            "Write a .dta or a .parquet file, or cut the answer.",
        )
    reasons = {
        stand_in: given_reason(variable, code) or (code if isinstance(code, str) and not column.words else "")
        for code, stand_in in stand_ins.items()
    }
    labels: dict[Code, str] = {
        code: label.in_(language)
        for code, label in variable.values.items()
        if isinstance(code, str) == column.words and code not in reasons
    }
    labels = shorten_labels({**labels, **reasons}, _SPSS_ANSWER)
    # those of words are no wider than the column
    fitting: dict[Any, str] = {
        code if isinstance(code, str) else float(code): label
        for code, label in labels.items()
        if not isinstance(code, str) or (code and len(code.encode()) <= max(widest, len(code)))
    }
    return FileColumn(
        name,
        values,
        shorten(variable.label.in_(language), _SPSS_LABEL),
        fitting,
        tuple(declared),
        _SPSS_DISPLAYS.get(column.kind, ""),
        stored_as=ColumnStorage(
            "" if name == variable.name else name, column.storage, replaced_codes(stand_ins, used, variable)
        ),
    )


def _stand_in_words(
    column: ColumnValues, used: list[Code], codes: list[Code], *, padded: bool = False
) -> dict[Code, str]:
    """Return the word that replaces each missing code in a column of words; `padded` files lose spaces at the end."""
    answers = set(column.values)
    taken = answers | {code for code in used if isinstance(code, str)}
    stand_ins: dict[Code, str] = {}
    for code in codes:
        if isinstance(code, str) and code not in answers and not (padded and code != code.rstrip()):
            stand_ins[code] = code
        elif code not in stand_ins:
            word = code_written(code)
            if padded:
                word = word.strip() or "."
            while word in taken:
                word = f".{word}"
            taken.add(word)
            stand_ins[code] = word
    return stand_ins


def _spss_words(column: ColumnValues, used: list[Code], variable: Variable) -> tuple[dict[Code, Code], list[Any]]:
    """Return the word that replaces each missing code, and those that SPSS can declare missing."""
    codes = [*used, *(code for code in variable.missing if isinstance(code, str) and code)]
    stand_ins = _stand_in_words(column, used, codes, padded=True)
    declared = list(stand_ins.values())
    fits = len(declared) <= _SPSS_CODES and all(len(str(word).encode()) <= _SPSS_WORD for word in declared)
    return {**stand_ins}, declared if fits else []


def _spss_numbers(column: ColumnValues, used: list[Code], variable: Variable) -> tuple[dict[Code, Code], list[Any]]:
    """Return the number that replaces each missing code, and what SPSS declares missing."""
    known = [code for code in variable.missing if not isinstance(code, str)]
    direct = [code for code in used if not isinstance(code, str) and variable.why(code) is not None]
    others = [code for code in used if code not in direct]
    spans = [{"lo": float(each.low), "hi": float(each.high)} for each in variable.missing_ranges]
    ends = [end for span in spans for end in span.values()]
    labelled = [code for code in variable.values if not isinstance(code, str)]
    numbers = [float(column.values[np.isfinite(column.values)].min(initial=0.0)), *labelled, *known, *direct, *ends]
    # a whole number below zero, below all answers and below other numbers
    below = min(math.floor(each) for each in numbers if math.isfinite(each)) - 1.0
    stand_ins: dict[Code, Code] = {code: float(code) for code in (*direct, *known)}
    stand_ins |= {code: below - rank for rank, code in enumerate(others)}
    singles = [
        number
        for number in dict.fromkeys(float(each) for each in stand_ins.values())
        if not any(span["lo"] <= number <= span["hi"] for span in spans)
    ]
    if len(spans) <= 1 and len(singles) <= (1 if spans else _SPSS_CODES):
        return stand_ins, [*spans, *singles]
    order = list(dict.fromkeys((*direct, *known, *others)))
    stand_ins = {code: below - rank for rank, code in enumerate(order)}
    return stand_ins, [{"lo": below - len(order) + 1, "hi": below}] if len(order) > 1 else [below]


_STATA_SYSTEM_NAMES = ("_all", "_b", "_coef", "_cons", "_n", "_N", "_pi", "_pred", "_rc", "_skip")
_STATA_RESERVED = frozenset(
    {*_STATA_SYSTEM_NAMES, "byte", "double", "float", "if", "in", "int", "long", "using", "with", "strL"}
)
_STATA_NAME = re.compile(r"[^\W\d]\w*")
_STATA_LABEL, _STATA_ANSWER = 80, 32_000  # characters of the label of a column, bytes of that of an answer
_STATA_LEAST, _STATA_MOST = -2_147_483_647, 2_147_483_620  # the whole numbers that Stata can hold and label
_STATA_GREATEST, _STATA_LOWEST = (float.fromhex("0x1.fffffffffffffp+1022"), float.fromhex("0x1.fffffffffffffp+1023"))
"""The largest double of Stata, and the smallest without its sign; numbers above the first are missing values."""
_STATA_DISPLAYS = {"date": "%td", "moment": "%tc", "time": "%tcHH:MM:SS"}


def _stata_allows(name: str) -> bool:
    """Return whether a Stata file can have a column of this name, with labels."""
    fits = len(name) <= _LONGEST_NAME and name not in _STATA_RESERVED and not re.fullmatch(r"str\d+", name)
    return bool(_STATA_NAME.fullmatch(name)) and fits


def _stata_column(
    name: str, column: ColumnValues, codes: NDArray[Any], variable: Variable, language: Language, file: Path
) -> FileColumn:
    """Return a column as a Stata file holds it."""
    # missing codes of numbers become letters (`.a`) labelled with their reason; those of words are written as they are
    numbers = column.values[:0] if column.words else column.values
    beyond = numbers[(numbers > _STATA_GREATEST) | (numbers < -_STATA_LOWEST)]
    if len(beyond):
        raise not_written(
            file,
            f"`{variable.name}` holds {beyond[0]:g}, and a Stata file holds numbers up to {_STATA_GREATEST:.3g}.",
            "Write a .sav or a .parquet file, or take it out.",
        )
    used = list(dict.fromkeys(code for code in codes if code is not None))
    stand_ins = _stand_in_words(column, used, used) if column.words else _stata_letters(used, variable, file)
    values, storage = (column.values, column.storage) if used else _stata_integers(column)
    letters = None
    if used and column.words:
        values = values.copy()
        for code in used:
            values[codes == code] = stand_ins[code]
    elif used:
        letters = np.zeros(len(values), dtype=np.uint8)
        for code in used:
            letters[codes == code] = string.ascii_lowercase.index(stand_ins[code][1:]) + 1
        values = np.where(letters > 0, np.nan, values)
    labels = {} if column.words else _stata_labels(variable, stand_ins, language)
    return FileColumn(
        name,
        values,
        shorten(variable.label.in_(language)[:_STATA_LABEL], 4 * _STATA_LABEL),
        shorten_labels(labels, _STATA_ANSWER),
        tuple(dict.fromkeys(stand_ins[code][1:] for code in stand_ins)) if not column.words else (),
        _STATA_DISPLAYS.get(column.kind, ""),
        letters,
        ColumnStorage("" if name == variable.name else name, storage, replaced_codes(stand_ins, used, variable)),
    )


def _stata_labels(variable: Variable, stand_ins: Mapping[Code, str], language: Language) -> dict[Any, str]:
    """Return what Stata can label: whole numbers, and letters with the reason of their code."""
    labels: dict[Any, str] = {
        int(code): label.in_(language)
        for code, label in variable.values.items()
        if not isinstance(code, str) and float(code).is_integer() and _STATA_LEAST <= code <= _STATA_MOST
    }
    reasons = {letter[1:]: variable.missing.get(code) or variable.why(code) or "" for code, letter in stand_ins.items()}
    return labels | reasons


def _stata_integers(column: ColumnValues) -> tuple[Any, str]:
    """Return whole numbers as integers of Stata, which read back unchanged."""
    values, storage = column.values, column.storage
    if not storage or column.words or (values != np.floor(values)).any():  # which NaN never equals
        return values, storage
    if not ((values >= _STATA_LEAST) & (values <= _STATA_MOST)).all():
        return values, storage
    return values.astype(np.int32), "" if storage == "int64" else storage


def _stata_letters(used: list[Code], variable: Variable, file: Path) -> dict[Code, str]:
    """Return the letter that replaces each missing code, with its point: its own, or the first that is free."""
    codes = list(dict.fromkeys((*used, *variable.missing)))
    stand_ins: dict[Code, str] = {}
    for code in codes:
        own = code.lower() if isinstance(code, str) else ""
        if re.fullmatch(r"\.[a-z]", own) and own not in stand_ins.values():
            stand_ins[code] = own
    free = [f".{letter}" for letter in string.ascii_lowercase if f".{letter}" not in stand_ins.values()]
    wanting = [code for code in codes if code not in stand_ins]
    if len([code for code in wanting if code in used]) > len(free):
        raise not_written(
            file,
            f"`{variable.name}` has {len(used)} missing codes in use, and a Stata file holds 26 (.a to .z).",
            "Write a .sav or a .parquet file, or fewer codes.",
        )
    return {**stand_ins, **dict(zip(wanting, free, strict=False))}
