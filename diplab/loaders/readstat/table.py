"""The columns of a statistical file as stored: its header checked, its table read in a child process, its labels."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from diplab.errors import LoadError
from diplab.loaders.cells import Answers, words_of
from diplab.loaders.dates import date_kind, dates_from_numbers
from diplab.loaders.notices import WORDS, column_notice
from diplab.loaders.readstat.child_process import read_here, read_isolated
from diplab.loaders.readstat.headers import HeaderError, por_header, sas_header, xpt_header
from diplab.loaders.readstat.reader import NativeReaderError, NativeTable
from diplab.loaders.readstat.spss import spss_header
from diplab.loaders.readstat.stata import stata_header
from diplab.loaders.source import chosen_columns, open_source, refused
from diplab.microdata.missing import SYSTEM, MissingCodes, missing_codes, unanswered
from diplab.microdata.variable import Code, MissingRange, Variable
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from diplab.loaders.dates import DateKind, Family
    from diplab.loaders.readstat.headers import Header
    from diplab.loaders.source import Request, SourceFile

__all__ = [
    "answers_from_values",
    "catalogue_notice",
    "catalogue_path",
    "check_header",
    "check_names",
    "checked_table",
    "date_family",
    "date_kinds",
    "mixed_codes",
    "native_table",
    "read_catalogue",
    "tag_codes",
    "variable_in_file",
]


_ANEW = "Copy it again from its source, or open it in the program that made it and save it anew."
_ENCRYPTED = b"ENCRYPTEDSAV"
_OLD_STATA = range(104, 116)
_SAS_MARK = bytes(12) + bytes.fromhex("c2ea8160b31411cfbd92080009c7318c181f1011")
_SAS_CATALOGUE = bytes(12) + bytes.fromhex("c2ea8163b31411cfbd92080009c7318c181f1011")
_PORTABLE = b"SPSSPORT"
_TITLE = 1000  # bytes within which the title and the alphabet of a portable file end


@dataclass(frozen=True)
class _Beginning:
    program: str
    shown: str
    begins: Callable[[bytes], bool]
    header: Callable[[bytes], Header]


_SPSS = _Beginning("SPSS", "`$FL2`, `$FL3`", lambda content: content[:4] in (b"$FL2", b"$FL3"), spss_header)
_BEGINNINGS = {
    ".sav": _SPSS,
    ".zsav": _SPSS,
    ".por": _Beginning(
        "SPSS",
        "`SPSSPORT` after their title",
        lambda content: _PORTABLE in content[:_TITLE].replace(b"\r", b"").replace(b"\n", b""),
        por_header,
    ),
    ".dta": _Beginning(
        "Stata",
        "`<stata_dta>`",
        lambda content: content.startswith(b"<stata_dta>") or content[0] in _OLD_STATA,
        stata_header,
    ),
    ".sas7bdat": _Beginning(
        "SAS", "twelve zeros and `c2ea8160`", lambda content: content.startswith(_SAS_MARK), sas_header
    ),
    ".sas7bcat": _Beginning(
        "SAS", "twelve zeros and `c2ea8163`", lambda content: content.startswith(_SAS_CATALOGUE), sas_header
    ),
    ".xpt": _Beginning(
        "SAS", "`HEADER RECORD*******LIB`", lambda content: content.startswith(b"HEADER RECORD*******LIB"), xpt_header
    ),
}


def check_header(source: SourceFile) -> Header:
    """Return what a statistical file says of itself, checked by what its own bytes show."""
    known = _BEGINNINGS[source.suffix]
    content = source.mapped
    if _ENCRYPTED in content[:64]:
        raise refused(
            source,
            "It is encrypted: SPSS asks for its password before it shows anything.",
            "Open it in SPSS with its password and save it without one.",
        )
    if not known.begins(content):
        raise refused(
            source,
            f"It does not begin as {known.program} files do ({known.shown}) but with {content[:8]!r}.",
            f"Save it as {source.suffix} from {known.program}, or give it the suffix of what it is.",
        )
    try:
        return known.header(content)
    except HeaderError as wrong:
        raise refused(source, str(wrong), _ANEW) from wrong


def checked_table(source: SourceFile, request: Request, columns: Sequence[str] | None) -> tuple[Header, NativeTable]:
    """Return what a file says of itself and the columns of the call, as stored."""
    header = check_header(source)
    table = native_table(source, request, columns)
    names: list[str] = list(table.about["names"])
    check_names(source, names)
    chosen_columns(source, replace(request, columns=columns), names)
    if columns is None and header.columns not in (-1, len(names)):
        raise refused(source, f"Its header says {header.columns} columns and {len(names)} can be read.", _ANEW)
    rows_read = len(next(iter(table.columns.values()), ()))
    if request.rows is None and table.columns and header.rows not in (-1, rows_read):
        raise refused(source, f"Its header says {header.rows} rows and {rows_read} can be read.", _ANEW)
    return header, table


def check_names(source: SourceFile, names: Sequence[str]) -> None:
    """Refuse a file of which a column has no name, or one that cannot be shown."""
    if not all(names):
        raise refused(source, "One of its columns has no name.", _ANEW)
    odd = [name for name in names if not name.isprintable()]
    if odd:
        raise refused(source, f"One of its columns has a name that cannot be shown: {odd[0]!r}.", _ANEW)


def native_table(source: SourceFile, request: Request, columns: Sequence[str] | None) -> NativeTable:
    """Return the columns of a file as stored, or the error with which its reader refused it."""
    run = read_isolated if request.isolated else read_here
    try:
        return run(source.stored, source.suffix, columns, request.rows, request.table)
    except NativeReaderError as refusal:
        raise refused(source, str(refusal), _ANEW) from refusal


def date_family(source: SourceFile) -> Family:
    """Return whose epoch and units the dates of a file have."""
    families: dict[str, Family] = {".dta": "stata", ".sas7bdat": "sas", ".xpt": "sas"}
    return families.get(source.suffix, "spss")


def date_kinds(table: NativeTable, source: SourceFile, columns: Sequence[str]) -> dict[str, DateKind]:
    """Return what the numbers of each column are, by its display format."""
    family = date_family(source)
    return {
        name: "" if table.columns[name].dtype == object else date_kind(table.about["formats"].get(name), family)
        for name in columns
    }


def tag_codes(table: NativeTable, name: str) -> NDArray[np.str_] | None:
    """Return the tagged missing values of a column as codes (`.a`), `""` elsewhere; None where it has none."""
    tags = table.tags.get(name)
    return None if tags is None else np.where(tags == "", "", np.char.add(".", tags))


_CATALOGUE = ".sas7bcat"
_SAS = ".sas7bdat"
_NUMBERS = "BEST F D E Z COMMA COMMAX DOLLAR DOLLARX EURO EUROX NUMX PERCENT PERCENTN NEGPAREN FRACT HEX BINARY"
_PARTS = "YEAR MONTH DAY WEEKDAY QTR QTRR MONNAME DOWNAME HOUR MMSS"
_WORDS = "$ $CHAR $F $VARYING $UPCASE $HEX $ASCII $QUOTE"
_OWN = frozenset(["", *f"{_NUMBERS} {_PARTS} {_WORDS}".split()])  # formats of SAS itself, which label nothing


def catalogue_path(source: SourceFile, request: Request) -> Path | None:
    """Return where the catalogue of a file is: the structure of the call, or the one beside it of the same name."""
    structure = request.structure
    if structure is None:
        beside = source.path.with_suffix(_CATALOGUE)
        return beside if source.suffix == _SAS and beside.is_file() else None
    if source.suffix == _SAS and structure.suffix.lower() == _CATALOGUE:
        return structure
    found = (
        f"The labels of a SAS data set are in a catalogue ({_CATALOGUE}), which that is not."
        if source.suffix == _SAS
        else f"A {source.suffix} file has no use for one: it holds its labels itself, or none."
    )
    raise LoadError(
        f"The file `{source.path.name}` cannot be read with the structure `{structure.name}`.",
        found,
        "Leave `structure` out, or write `codebook=` and a codebook in TOML.",
    )


def read_catalogue(path: Path, request: Request) -> Mapping[str, Any]:
    """Return the tables of labels of a catalogue, by the name of their format."""
    opened = open_source(path)
    check_header(opened)
    labels: Mapping[str, Any] = native_table(opened, replace(request, rows=None), None).about["label_sets"]
    return labels


def catalogue_notice(source: SourceFile, about: Mapping[str, Any], path: Path | None) -> tuple[Text, ...]:
    """Say where the labels of a SAS data set come from, or that their catalogue is absent."""
    if source.suffix != _SAS:
        return ()
    if path is not None:
        return (WORDS("statistical.catalogue", file=path.name),)
    formats = sorted({each for each in about["label_sets"].values() if _labels(each)})
    return column_notice("statistical.no_catalogue", formats)


def _labels(written: str) -> bool:
    name = re.sub(r"\d*(\.\d*)?$", "", written.upper())
    return name not in _OWN and not date_kind(written, "sas")


def variable_in_file(name: str, about: Mapping[str, Any], catalogue: Mapping[str, Any] | None = None) -> Variable:
    """Return a column of an SPSS, Stata or SAS file as a variable: its labels, its missing codes."""
    labels: dict[Code, str] = dict(about["values"].get(name, []))
    if catalogue is not None:
        known = {key.upper(): codes for key, codes in catalogue.items()}
        labels |= dict(known.get(_format(name, about), []))
    missing: dict[Code, str] = {}
    ranges: list[MissingRange] = []
    for low, high in about["ranges"].get(name, []):
        if low == high:
            missing[low] = labels.get(low, "")
        else:
            ranges.append(MissingRange(low, high))
    missing |= {
        code: label
        for code, label in labels.items()
        if not isinstance(code, str) and any(each.low <= code <= each.high for each in ranges)
    }
    if not about["words"].get(name, False):
        # A letter in a column of numbers is a tagged missing value of Stata or SAS.
        letters = {code for code in labels if isinstance(code, str)} | set(about["tags"].get(name, []))
        missing |= {f".{letter}": labels.pop(letter, "") for letter in sorted(map(str, letters))}
    measure = about["measures"].get(name, "unknown")
    return Variable(
        name,
        label=Text.same(about["labels"].get(name, "")),
        values={code: Text.same(label) for code, label in labels.items() if code not in missing},
        measure=measure if measure in {"nominal", "ordinal", "scale"} else "unknown",
        missing=missing,
        missing_ranges=tuple(ranges),
    )


def _format(name: str, about: Mapping[str, Any]) -> str:
    return str(about["label_sets"].get(name, "")).upper()


def answers_from_values(
    values: NDArray[Any], letters: NDArray[Any] | None, variable: Variable, kind: DateKind = "", family: Family = "spss"
) -> Answers:
    """Return a stored column as answers."""
    if values.dtype == object:
        missing_answers = unanswered(values, variable, empty=np.array([not word for word in values], dtype=bool))
        words = words_of(np.where(missing_answers.declared, "", values))
        return Answers(words, missing_answers.reasons, missing_codes(values, missing_answers.declared))
    empty = np.asarray(pd.isna(values))
    missing_answers = unanswered(values, variable, empty=empty)
    reasons, declared = missing_answers.reasons, missing_answers.declared
    if letters is None:
        codes = missing_codes(values, declared)
    else:
        tagged = unanswered(letters.astype(object), variable, empty=letters == "")
        system = int((empty & ~tagged.declared).sum())
        reasons = dict(Counter({**tagged.reasons, SYSTEM: 0}) + Counter({**reasons, SYSTEM: system}))
        codes = mixed_codes(
            np.where(tagged.declared, letters.astype(object), values.astype(object)), declared | tagged.declared
        )
    numbers = np.where(declared, np.nan, values) if declared.any() else values
    dated = dates_from_numbers(numbers.astype(np.float64), kind, family) if kind else None
    return Answers(pd.Series(numbers, copy=False) if dated is None else dated, reasons, codes)


def mixed_codes(codes: NDArray[Any], declared: NDArray[np.bool_]) -> MissingCodes | None:
    """Return the missing codes of a column that has words and numbers among them; None where none is declared."""
    distinct = dict.fromkeys(codes[declared].tolist())
    if not distinct:
        return None
    codes_as_integers = {
        code: int(code) if isinstance(code, float) and code.is_integer() else code for code in distinct
    }
    order = sorted(set(codes_as_integers.values()), key=lambda code: (isinstance(code, str), code))
    rank = {code: order.index(known) for code, known in codes_as_integers.items()}
    places = [
        rank[code] if is_missing else -1 for code, is_missing in zip(codes.tolist(), declared.tolist(), strict=True)
    ]
    size = np.int8 if len(order) < np.iinfo(np.int8).max else np.int32
    return MissingCodes(tuple(order), np.array(places, dtype=size))
