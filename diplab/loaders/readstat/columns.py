"""Columns of microdata as SPSS and Stata files hold them."""

from __future__ import annotations

import datetime as dt
import math
import re
import string
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from diplab.kernel.arrays import Array
from diplab.loaders.answers.cells import codes_by_cell
from diplab.loaders.answers.dates import DateKind, Family, dates_to_numbers
from diplab.loaders.answers.numbers import number_codes, word_codes
from diplab.loaders.codebooks.sidecar import MOMENTS, STORAGES, ColumnStorage
from diplab.loaders.source import not_written
from diplab.microdata.microdata import Microdata
from diplab.microdata.variable import Code, Variable, code_written, given_reason
from diplab.reference.text import Language


@dataclass(frozen=True)
class ColumnValues:
    """A column without its missing codes."""

    values: NDArray[
        Any
    ]  # numbers (float, NaN where missing), or words (object, `""` where missing)
    words: bool = False  # true for words
    kind: DateKind = ""  # what the numbers are
    storage: str = ""  # kind of the column in the frame, where numbers and words do not say it


@dataclass(frozen=True)
class FileColumn:
    """A column as it is passed to the writer of a file."""

    values: Array  # codes for missing answers among the others
    name: str = ""  # in the file
    label: str = ""  # in one language
    labels: Mapping[Any, str] = field(
        default_factory=dict
    )  # of answers, and reasons of missing codes
    missing: tuple[
        Any, ...
    ] = ()  # declared missing: codes (letters in Stata), and ranges `{"lo": ..., "hi": ...}`
    display: str = ""  # display format of dates; empty for others
    letters: NDArray[np.uint8] | None = (
        None  # in Stata, the letter in a missing cell: 1 for `.a`, 0 for none
    )
    stored_as: ColumnStorage = field(default_factory=ColumnStorage)


def stored_column(answers: pd.Series[Any], family: Family, file: Path) -> ColumnValues:
    """Return a column of a frame as numbers or words."""
    storage = str(answers.dtype)
    found = f"{storage}, which this format cannot hold"
    if answers.dtype == object:
        kinds = set(map(type, answers.dropna()))
        if not kinds:
            return ColumnValues(np.full(len(answers), np.nan), storage=storage)
        if kinds == {str}:
            return ColumnValues(_as_words(answers), words=True, storage=storage)
        if kinds == {dt.date}:
            return ColumnValues(dates_to_numbers(answers, "date", family), kind="date")
        if kinds == {dt.time}:
            return ColumnValues(dates_to_numbers(answers, "time", family), kind="time")
        found = (
            f"{' and '.join(sorted({kind.__name__ for kind in kinds}))}, mixed or of an unknown "
            "kind"
        )
    elif isinstance(answers.dtype, pd.StringDtype):
        return ColumnValues(
            _as_words(answers), words=True, storage="" if storage == "str" else storage
        )
    elif storage == "datetime64[us]" or storage in MOMENTS:
        moments = dates_to_numbers(answers, "moment", family)
        return ColumnValues(moments, kind="moment", storage=storage if storage in MOMENTS else "")
    elif storage == "float64" or storage in STORAGES:
        values = answers.to_numpy(dtype=np.float64, na_value=np.nan)
        return ColumnValues(values, storage=storage if storage in STORAGES else "")
    write = (
        "Write numbers, words, dates (`datetime.date`), moments or times of day, one kind in a "
        "column."
    )
    raise not_written(file, f"`{answers.name}` holds {found}.", write)


def _as_words(answers: pd.Series[Any]) -> Array:
    return np.where(answers.isna(), "", answers.to_numpy(dtype=object))


@dataclass(frozen=True)
class Target:
    """What a format can hold."""

    family: Family
    name: re.Pattern[str]  # of columns; words of the program itself are none
    longest_name: int  # bytes
    label: int  # bytes of the label of a column
    answer: int  # bytes of the label of an answer
    displays: Mapping[DateKind, str]  # formats in which numbers are shown as dates
    label_signs: int | None = None  # characters of the label of a column


SPSS = Target(
    "spss",
    re.compile(
        r"(?!(?i:ALL|AND|BY|EQ|GE|GT|LE|LT|NE|NOT|OR|TO|WITH)\Z)[^\W\d_][\w.@#$]*(?<!\.)"
    ),
    longest_name=64, label=255, answer=120,
    displays={"date": "DATE11", "moment": "DATETIME20", "time": "TIME8"},
)  # fmt: skip
_STATA_WORDS = (
    r"_all|_b|_coef|_cons|_n|_N|_pi|_pred|_rc|_skip|byte|double|float|if|in|int|long|using|with"
    r"|strL|str\d+"
)
_LONGEST_NAME = (
    28  # of the 32 characters of Stata; the table of labels of a column takes its name and a number
)
STATA = Target(
    "stata", re.compile(rf"(?!(?:{_STATA_WORDS})\Z)[^\W\d]\w{{,{_LONGEST_NAME - 1}}}"),
    longest_name=4 * _LONGEST_NAME, label=4 * 80, label_signs=80, answer=32_000,
    displays={"date": "%td", "moment": "%tc", "time": "%tcHH:MM:SS"},
)  # fmt: skip


def file_columns(data: Microdata, language: Language, file: Path) -> dict[str, FileColumn]:
    """Return the columns of data as an SPSS or Stata file holds them, by name in the frame."""
    target, columns = STATA if file.suffix.lower() == ".dta" else SPSS, {}
    for name, in_file in _file_names(list(map(str, data.frame)), target).items():
        variable, column = data.codebook[name], stored_column(data.frame[name], target.family, file)
        codes = codes_by_cell(data.missing.get(name), len(data.frame))
        used = list(dict.fromkeys(code for code in codes if code is not None))
        of_format = _spss_column
        if target is STATA:
            of_format = _stata_column
        made = of_format(column, codes, used, variable, language, file)
        columns[name] = replace(
            made,
            name=in_file,
            label=shorten(variable.label.in_(language)[: target.label_signs], target.label),
            labels={
                code: shorten(words, target.answer) for code, words in made.labels.items() if words
            },
            display=target.displays.get(column.kind, ""),
            stored_as=replace(made.stored_as, name="" if in_file == name else in_file),
        )
    return columns


def _file_names(names: Sequence[str], target: Target) -> dict[str, str]:
    """Return a name that a file allows for each column: its own, or the nearest that is free."""
    # two names that differ by case only are one in SPSS

    def allowed(name: str) -> bool:
        return bool(target.name.fullmatch(name)) and len(name.encode()) <= target.longest_name

    own: dict[str, str] = {}
    for name in filter(allowed, names):
        own.setdefault(name.casefold(), name)
    chosen, taken = {name: name for name in own.values()}, set(own)
    for name in names:
        if name in chosen:
            continue
        letters = re.sub(r"\W+", "_", unicodedata.normalize("NFC", name)).strip("_")
        if not letters[:1].isalpha():
            letters = f"v_{letters}".rstrip("_")
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
    """Truncate words to a number of bytes at a character boundary, marked by an ellipsis."""
    if len(words.encode()) <= size:
        return words
    return words.encode()[: size - len("…".encode())].decode(errors="ignore") + "…"


def replaced_codes(
    stand_ins: Mapping[Code, Code], used: Sequence[Code], variable: Variable
) -> dict[Code, Code]:
    """Return the missing codes in use that the file replaces, by the code in the file."""
    return {
        stand_in: code
        for code, stand_in in stand_ins.items()
        if code in used and (stand_in != code or variable.why(code) is None)
    }


_SPSS_CODES = 3
_SPSS_WORD = 8  # bytes of a missing code in a column of words
_SPSS_WIDEST = 32_767  # bytes of a word


def _spss_column(
    column: ColumnValues,
    codes: Array,
    used: list[Code],
    variable: Variable,
    language: Language,
    file: Path,
) -> FileColumn:
    """Return a column as an SPSS file holds it."""
    # missing codes that it cannot declare become numbers below every answer, in one range declared
    # missing
    stated = _spss_numbers
    if column.words:
        stated = _spss_words
    stand_ins, declared = stated(column, used, variable)
    values = column.values.copy()
    for code, stand_in in stand_ins.items():
        values[codes == code] = stand_in
    widest = 0
    if column.words:
        widest = max((len(word.encode()) for word in values), default=0)
    if widest > _SPSS_WIDEST:
        found = (
            f"`{variable.name}` holds an answer of {widest:,} bytes, and an SPSS file holds "
            f"{_SPSS_WIDEST:,}."
        )
        raise not_written(file, found, "Write a .dta or a .parquet file, or cut the answer.")
    reasons = {}
    for code, stand_in in stand_ins.items():
        reasons[stand_in] = given_reason(variable, code) or (
            code if isinstance(code, str) and not column.words else ""
        )
    labels: dict[Code, str] = {}
    for code, label in variable.values.items():
        if isinstance(code, str) == column.words and code not in reasons:
            labels[code] = label.in_(language)
    # those of words are no wider than the column
    fitting: dict[Any, str] = {
        code if isinstance(code, str) else float(code): label
        for code, label in {**labels, **reasons}.items()
        if not isinstance(code, str) or (code and len(code.encode()) <= max(widest, len(code)))
    }
    storage = ColumnStorage(storage=column.storage, codes=replaced_codes(stand_ins, used, variable))
    return FileColumn(values=values, labels=fitting, missing=tuple(declared), stored_as=storage)


def _stand_in_words(
    column: ColumnValues, used: list[Code], codes: list[Code], *, padded: bool = False
) -> dict[Code, str]:
    """Return the word for each missing code of a text column; `padded` loses trailing spaces."""
    answers = set(column.values)
    taken = answers | {*word_codes(used)}
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


def _spss_words(
    column: ColumnValues, used: list[Code], variable: Variable
) -> tuple[dict[Code, Code], list[Any]]:
    """Return the word that replaces each missing code, and those that SPSS can declare missing."""
    codes = [*used, *filter(None, word_codes(variable.missing))]
    stand_ins = _stand_in_words(column, used, codes, padded=True)
    declared = list(stand_ins.values())
    fits = len(declared) <= _SPSS_CODES and all(
        len(str(word).encode()) <= _SPSS_WORD for word in declared
    )
    return {**stand_ins}, declared if fits else []


def _spss_numbers(
    column: ColumnValues, used: list[Code], variable: Variable
) -> tuple[dict[Code, Code], list[Any]]:
    """Return the number that replaces each missing code, and what SPSS declares missing."""
    known = number_codes(variable.missing)
    direct = [code for code in number_codes(used) if variable.why(code) is not None]
    others = [code for code in used if code not in direct]
    spans = list[dict[str, float]]()
    for range_ in variable.missing_ranges:
        spans.append({"lo": float(range_.low), "hi": float(range_.high)})
    ends = list[float]()
    for span in spans:
        for end in span.values():
            ends.append(end)
    labelled = number_codes(variable.values)
    numbers = [
        float(column.values[np.isfinite(column.values)].min(initial=0.0)),
        *labelled,
        *known,
        *direct,
        *ends,
    ]
    # a whole number below zero, below all answers and below other numbers
    below = min(math.floor(item) for item in numbers if math.isfinite(item)) - 1.0
    stand_ins: dict[Code, Code] = {code: float(code) for code in (*direct, *known)}
    stand_ins |= {code: below - rank for rank, code in enumerate(others)}
    singles = list[float]()
    for number in dict.fromkeys(map(float, stand_ins.values())):
        if not any(span["lo"] <= number <= span["hi"] for span in spans):
            singles.append(number)
    if len(spans) <= 1 and len(singles) <= (1 if spans else _SPSS_CODES):
        return stand_ins, [*spans, *singles]
    order = list(dict.fromkeys((*direct, *known, *others)))
    stand_ins = {code: below - rank for rank, code in enumerate(order)}
    return stand_ins, [{"lo": below - len(order) + 1, "hi": below}] if len(order) > 1 else [below]


_STATA_LEAST, _STATA_MOST = (
    -2_147_483_647,
    2_147_483_620,
)  # the whole numbers that Stata can hold and label
_STATA_GREATEST, _STATA_LOWEST = (
    float.fromhex("0x1.fffffffffffffp+1022"),
    float.fromhex("0x1.fffffffffffffp+1023"),
)
"""The largest double of Stata, and the smallest without its sign.

Numbers above the first are missing values.
"""


def _stata_column(
    column: ColumnValues,
    codes: Array,
    used: list[Code],
    variable: Variable,
    language: Language,
    file: Path,
) -> FileColumn:
    """Return a column as a Stata file holds it."""
    # missing codes of numbers become letters (`.a`) labelled with their reason; those of words are
    # written as they are
    numbers = column.values[:0] if column.words else column.values
    beyond = numbers[(numbers > _STATA_GREATEST) | (numbers < -_STATA_LOWEST)]
    if len(beyond):
        found = (
            f"`{variable.name}` holds {beyond[0]:g}, and a Stata file holds numbers up to "
            f"{_STATA_GREATEST:.3g}."
        )
        raise not_written(file, found, "Write a .sav or a .parquet file, or take it out.")
    stand_ins = (
        _stand_in_words(column, used, used)
        if column.words
        else _stata_letters(used, variable, file)
    )
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
    labels = {}
    if not column.words:
        labels = _stata_labels(variable, stand_ins, language)
    declared: tuple[str, ...] = ()
    if not column.words:
        declared = tuple(dict.fromkeys(stand_ins[code][1:] for code in stand_ins))
    stored_as = ColumnStorage(storage=storage, codes=replaced_codes(stand_ins, used, variable))
    return FileColumn(
        values=values, labels=labels, missing=declared, letters=letters, stored_as=stored_as
    )


def _stata_labels(
    variable: Variable, stand_ins: Mapping[Code, str], language: Language
) -> dict[Any, str]:
    """Return what Stata can label: whole numbers, and letters with the reason of their code."""
    labels: dict[Any, str] = {}
    for code, label in variable.values.items():
        if (
            not isinstance(code, str)
            and float(code).is_integer()
            and _STATA_LEAST <= code <= _STATA_MOST
        ):
            labels[int(code)] = label.in_(language)
    reasons = {}
    for code, letter in stand_ins.items():
        reasons[letter[1:]] = variable.missing.get(code) or variable.why(code) or ""
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
    """Return the letter that replaces each missing code (`.a`): its own, or the first free one."""
    codes = list(dict.fromkeys((*used, *variable.missing)))
    stand_ins: dict[Code, str] = {}
    for code in codes:
        own = ""
        if isinstance(code, str):
            own = code.lower()
        if re.fullmatch(r"\.[a-z]", own) and own not in stand_ins.values():
            stand_ins[code] = own
    free = list[str]()
    for letter in string.ascii_lowercase:
        if f".{letter}" not in stand_ins.values():
            free.append(f".{letter}")
    wanting = list[Code]()
    for code in codes:
        if code not in stand_ins:
            wanting.append(code)
    if len([code for code in wanting if code in used]) > len(free):
        found = (
            f"`{variable.name}` has {len(used)} missing codes in use, and a Stata file holds 26 "
            "(.a to .z)."
        )
        raise not_written(file, found, "Write a .sav or a .parquet file, or fewer codes.")
    return {**stand_ins, **dict(zip(wanting, free, strict=False))}
