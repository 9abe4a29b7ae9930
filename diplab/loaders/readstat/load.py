"""SPSS, Stata, SAS and R files: codes in the frame, labels and kinds of missing in the codebook."""

from __future__ import annotations

import re
import zoneinfo
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np

from diplab.loaders.answers import cells
from diplab.loaders.answers.dates import DAY, DateKind, Family, date_kind
from diplab.loaders.answers.numbers import word_codes
from diplab.loaders.codebooks.sidecar import ColumnStorage, WrittenFile
from diplab.loaders.notices import WORDS, Notices, column_notice, notice_if, unreadable_notice
from diplab.loaders.readstat.answers import SpssAnswers, decode_answers
from diplab.loaders.readstat.child_process import read_table
from diplab.loaders.readstat.headers import (
    Header,
    HeaderError,
    Wordings,
    por_header,
    sas_header,
    xpt_header,
)
from diplab.loaders.readstat.reader import NativeReaderError, NativeTable, StoredColumn
from diplab.loaders.readstat.spss import multiple_responses, spss_header
from diplab.loaders.readstat.stata import stata_header
from diplab.loaders.source import (
    Request,
    SourceFile,
    chosen_columns,
    open_source,
    refused,
    repaired_names,
)
from diplab.microdata.codebook import Codebook, Origin
from diplab.microdata.microdata import FileDesign, Microdata
from diplab.microdata.missing import SYSTEM, MissingCodes
from diplab.microdata.multiple_response import Responses, are_answers
from diplab.microdata.variable import Code, MissingRange, Variable
from diplab.reference.text import Text

_SAVE_AGAIN = (
    "Copy it again from its source, or open it in the program that made it and save it again."
)
_ENCRYPTED = b"ENCRYPTEDSAV"
_STATA_MARKS = (b"<stata_dta>", *(bytes([release]) for release in range(104, 116)))
_SAS_MARK = bytes(12) + bytes.fromhex("c2ea8160b31411cfbd92080009c7318c181f1011")
_SAS_CATALOGUE = bytes(12) + bytes.fromhex("c2ea8163b31411cfbd92080009c7318c181f1011")
_PORTABLE = b"SPSSPORT"
_TITLE = 1000  # bytes within which the title and the alphabet of a portable file end


@dataclass(frozen=True)
class _Beginning:
    program: str
    family: Family  # whose epoch and units its dates have
    shown: str
    marks: tuple[bytes, ...]
    header: Callable[[bytes], Header]


_SPSS = _Beginning("SPSS", "spss", "`$FL2`, `$FL3`", (b"$FL2", b"$FL3"), spss_header)
_BEGINNINGS = {
    ".sav": _SPSS,
    ".zsav": _SPSS,
    ".por": _Beginning("SPSS", "spss", "`SPSSPORT` after their title", (), por_header),
    ".dta": _Beginning("Stata", "stata", "`<stata_dta>`", _STATA_MARKS, stata_header),
    ".sas7bdat": _Beginning("SAS", "sas", "twelve zeros and `c2ea8160`", (_SAS_MARK,), sas_header),
    ".sas7bcat": _Beginning(
        "SAS", "sas", "twelve zeros and `c2ea8163`", (_SAS_CATALOGUE,), sas_header
    ),
    ".xpt": _Beginning(
        "SAS", "sas", "`HEADER RECORD*******LIB`", (b"HEADER RECORD*******LIB",), xpt_header
    ),
}


def check_header(source: SourceFile) -> Header:
    """Return what a statistical file says of itself, checked by what its own bytes show."""
    known = _BEGINNINGS[source.suffix]
    content = source.mapped
    head = content[:_TITLE]
    if _ENCRYPTED in head[:64]:
        found = "It is encrypted: SPSS asks for its password before it shows anything."
        raise refused(source, found, "Open it in SPSS with its password and save it without one.")
    portable = source.suffix == ".por" and _PORTABLE in head.replace(b"\r", b"").replace(b"\n", b"")
    if not portable and not head.startswith(known.marks):
        found = (
            f"It does not begin as {known.program} files do ({known.shown}) but with {head[:8]!r}."
        )
        write = (
            f"Save it as {source.suffix} from {known.program}, or give it the suffix of what it is."
        )
        raise refused(source, found, write)
    try:
        return known.header(content)
    except HeaderError as wrong:
        raise refused(source, str(wrong), _SAVE_AGAIN) from wrong


def checked_table(
    source: SourceFile, request: Request, columns: Sequence[str] | None
) -> tuple[Header, NativeTable, Notices]:
    """Return the header of a file, the columns of the call as stored, and notices on names."""
    header = check_header(source)
    asked = columns
    if header.binary and columns is None:
        asked = list[str]()
        for name in header.names.values():
            if name not in header.binary:
                asked.append(name)
    barred = list[str]()
    for name in asked or ():
        if name in header.binary:
            barred.append(name)
    if barred or (header.binary and not asked):
        found = f"Its column `{header.binary[0]}` holds files, such as pictures, and no words."
        raise refused(source, found, "Leave it out of `columns=`, or drop it in Stata.")
    table, notices = named_table(source, request, asked, header)
    if header.binary:
        shown = list[Any]()
        for name in table.about["names"]:
            if name not in header.binary:
                shown.append(name)
        table = NativeTable(table.columns, {**table.about, "names": shown})
        columns, notices = asked, (*notices, *column_notice("statistical.binary", header.binary))
    names: list[str] = list(table.about["names"])
    chosen_columns(source, replace(request, columns=columns), names)
    if columns is None and header.columns not in (-1, len(names)):
        raise refused(
            source,
            f"Its header says {header.columns} columns and {len(names)} can be read.",
            _SAVE_AGAIN,
        )
    rows_read = max((len(column.values) for column in table.columns.values()), default=0)
    rows = request.taken
    if table.columns and header.rows != -1 and rows_read != len(range(header.rows)[rows]):
        there = rows.start + rows_read
        raise refused(
            source, f"Its header says {header.rows} rows and {there} can be read.", _SAVE_AGAIN
        )
    return header, table, notices


def _decoded(
    source: SourceFile, request: Request, columns: Sequence[str] | None, header: Header
) -> NativeTable | None:
    """Return the columns of an SPSS or Stata file decoded by numpy, with the reader's labels."""
    answers, content = header.answers, source.mapped
    if answers is None or request.rows is not None:
        return None
    found = None
    labels = native_table(source, replace(request, rows=range(0)), columns)
    places = {name: position for position, name in enumerate(header.names.values())}
    names = list[str]()
    for name in places:
        if columns is None or name in columns:
            names.append(name)
    if (
        len(answers.words) == len(places)
        and names == labels.about["names"]
        and not labels.about["encoding"]
    ):
        words = list[bool]()
        for name in names:
            words.append(labels.columns[name].values.dtype == object)
        if words == [answers.words[places[name]] for name in names]:
            found = decode_answers(content, answers, [places[name] for name in names])
    if found is not None:
        decoded = zip(names, *found, strict=True)
        read = {}
        for name, cells, tags in decoded:
            read[name] = replace(labels.columns[name], values=cells, tags=tags)
        return NativeTable(read, labels.about)
    if isinstance(answers, SpssAnswers) and (there := answers.count(content)) != answers.rows:
        # of which the native reader reads no more than the header says, in silence
        raise refused(
            source, f"Its header says {answers.rows} rows and {there} can be read.", _SAVE_AGAIN
        )
    return None


def named_table(
    source: SourceFile,
    request: Request,
    columns: Sequence[str] | None,
    header: Header | None = None,
) -> tuple[NativeTable, Notices]:
    """Return the columns of a file as stored, under printable names, and notices on repairs."""
    table = None
    if header is not None:
        table = _decoded(source, request, columns, header)
    table = table or native_table(source, request, columns)
    stored: list[str] = table.about["names"]
    if not all(isinstance(name, str) for name in stored):
        raise refused(source, "One of its columns has no name.", _SAVE_AGAIN)
    names, notices = repaired_names(source, request, [name.partition("\0")[0] for name in stored])
    if names == stored:
        return table, notices
    if columns is not None and not table.columns:  # names of the call may be repaired ones
        wanted = chosen_columns(source, replace(request, columns=columns), names)
        table = native_table(source, request, [stored[names.index(name)] for name in wanted])
    new = dict(zip(stored, names, strict=True))
    read = {}
    for name, column in table.columns.items():
        read[new[name]] = column
    return NativeTable(read, {**table.about, "names": names}), notices


def native_table(
    source: SourceFile, request: Request, columns: Sequence[str] | None
) -> NativeTable:
    """Return the columns of a file as stored, or the error with which its reader refused it."""
    try:
        return read_table(source, request, columns)
    except NativeReaderError as refusal:
        raise refused(source, str(refusal), refusal.write or _SAVE_AGAIN) from refusal


def _date_kind(column: StoredColumn, family: Family) -> DateKind:
    """Return what the numbers of a column are, by its display format."""
    values = column.values
    kind: DateKind = ""
    if values.dtype != object:
        kind = date_kind(column.display, family)
    # Stata shows the hour alone of moments too
    of_moments = (
        kind == "time" and family == "stata" and ((values < 0) | (values >= 1000 * DAY)).any()
    )
    if of_moments:
        return "moment"
    return kind


def _answers_of(
    column: StoredColumn, variable: Variable, kind: DateKind, family: Family
) -> cells.Answers:
    """Return a column as answers, its tagged missing values under their codes (`.a`)."""
    tags = column.tags
    letters = None
    if tags is not None:
        letters = np.where(tags == "", "", np.char.add(".", tags))
    return cells.answers_from_values(column.values, letters, variable, kind, family)


_CATALOGUE = ".sas7bcat"
_SAS = ".sas7bdat"
_NUMBERS = (
    "BEST F D E Z COMMA COMMAX DOLLAR DOLLARX EURO EUROX NUMX PERCENT PERCENTN NEGPAREN FRACT "
    "HEX BINARY"
)
_PARTS = "YEAR MONTH DAY WEEKDAY QTR QTRR MONNAME DOWNAME HOUR MMSS"
_WORDS = "$ $CHAR $F $VARYING $UPCASE $HEX $ASCII $QUOTE"
_OWN = frozenset(
    ["", *f"{_NUMBERS} {_PARTS} {_WORDS}".split()]
)  # formats of SAS itself, which label nothing


def catalogue_path(source: SourceFile, request: Request) -> Path | None:
    """Return the path of the catalogue: the structure of the call, or the file of the same name."""
    structure = request.structure
    if structure is None:
        beside = source.path.with_suffix(_CATALOGUE)
        if source.suffix == _SAS and beside.is_file():
            return beside
        return None
    if source.suffix == _SAS and structure.suffix.lower() == _CATALOGUE:
        return structure
    found = f"A {source.suffix} file does not take one: it contains its own labels, or none."
    if source.suffix == _SAS:
        found = (
            f"The value labels of a SAS data set are in a catalogue ({_CATALOGUE}), and this is "
            "none."
        )
    write = "Leave `structure` out, or write `codebook=` and a codebook in TOML."
    raise refused(source, found, write, f"with the structure `{structure.name}`")


def read_catalogue(path: Path, request: Request) -> dict[str, Any]:
    """Return the tables of labels of a catalogue, by the name of their format in capitals."""
    opened = open_source(path)
    check_header(opened)
    labels = native_table(opened, replace(request, rows=None), None).about["label_sets"]
    catalogue: dict[str, Any] = {}
    for name, codes in labels.items():
        catalogue[name.upper()] = codes
    return catalogue


def catalogue_notice(
    source: SourceFile,
    table: NativeTable,
    path: Path | None,
    catalogue: Mapping[str, Any] | None = None,
) -> Notices:
    """Return notices on the catalogue of labels of a SAS data set: used, absent or unused."""
    if source.suffix != _SAS:
        return ()
    if path is not None:
        labelled = any(
            column.label_set.upper() in (catalogue or {}) for column in table.columns.values()
        )
        return (
            WORDS(
                "statistical.catalogue" if labelled else "statistical.catalogue_unused",
                file=path.name,
            ),
        )
    formats = sorted(
        written
        for written in {column.label_set for column in table.columns.values()}
        if re.sub(r"\d*(\.\d*)?$", "", written.upper()) not in _OWN
        and not date_kind(written, "sas")
    )
    return column_notice("statistical.no_catalogue", formats)


def variable_in_file(
    name: str, column: StoredColumn, catalogue: Mapping[str, Any] | None = None
) -> Variable:
    """Return the variable of an SPSS, Stata, SAS or R column: its labels and missing codes."""
    labels: dict[Code, str] = dict(column.codes)
    if catalogue:
        labels |= dict(catalogue.get(column.label_set.upper(), []))
    missing: dict[Code, str] = {}
    ranges: list[MissingRange] = []
    for low, high in column.ranges:
        if low == high:
            missing[low] = labels.get(low, "")
        else:
            ranges.append(MissingRange(low, high))
    missing |= {
        code: label
        for code, label in labels.items()
        if not isinstance(code, str) and any(range_.low <= code <= range_.high for range_ in ranges)
    }
    if column.values.dtype != object:
        # A letter in a column of numbers is a tagged missing value of Stata or SAS.
        met = () if column.tags is None else set(column.tags.tolist()) - {""}
        letters = {*word_codes(labels), *met}
        for letter in sorted(map(str, letters)):
            missing[f".{letter}"] = labels.pop(letter, "")
    return Variable(
        name,
        label=Text.same(column.label),
        values={code: Text.same(label) for code, label in labels.items() if code not in missing},
        measure=column.measure,
        missing=missing,
        missing_ranges=tuple(ranges),
    )


_SYNTHETIC = ("synthetic", "synthétique", "synthetique")
_STATA_PERIODS = re.compile(r"%-?\d*t[wmqh]")
"""Formats of Stata in which numbers count weeks, months, quarters or halves of years since 1960."""
_R_MARKS = (
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ\0",
    b"RDX2\n",
    b"RDX3\n",
    b"RDA2\n",
    b"RDA3\n",
    b"X\n",
    b"A\n",
    b"A\r\n",
)
"""How files of R begin: compressed by gzip, bzip2 or xz, or not compressed."""


def read_statistical(source: SourceFile, request: Request) -> Microdata:
    """Read an SPSS (.sav, .zsav, .por), Stata (.dta) or SAS (.sas7bdat, .xpt) file."""
    # blank words are missing. A column with an impossible date or time stays numbers, and a notice
    # names it
    if request.codebook is not None:
        for written in request.written.values():
            if written.sha256 == source.sha256:
                return read_pair(source, request, written)
    labels_at = catalogue_path(source, request)
    catalogue = None
    if labels_at is not None:
        catalogue = read_catalogue(labels_at, request)
    header, table, renamed = checked_table(source, request, request.columns)
    about = table.about
    chosen = chosen_columns(source, request, about["names"])
    family, columns = _BEGINNINGS[source.suffix].family, table.columns
    kinds = {}
    for name in chosen:
        kinds[name] = _date_kind(columns[name], family)
    stated = {}
    for name in chosen:
        stated[name] = variable_in_file(name, columns[name], catalogue)
    if header.wordings is not None:
        stated = _in_languages(stated, header.wordings, source.renamed)
    variables = cells.merge_variables(stated, request.codebook, source)
    answers = {}
    for name, kind in kinds.items():
        answers[name] = _answers_of(columns[name], variables[name], kind, family)
    short_names = {}
    for short, name in header.names.items():
        short_names[short] = source.renamed.get(name, name)
    sets, notices = multiple_responses(header.sets, short_names, header.words)
    periods = list[str]()
    for name in chosen:
        if _STATA_PERIODS.match(columns[name].display):
            periods.append(name)
    notices = (
        *(*renamed, *notices),
        *notice_if(about["encoding"], "statistical.encoding", encoding=about["encoding"]),
        *_impossible_dates(kinds, answers),
        *column_notice("statistical.stata_periods", periods),
        *catalogue_notice(source, table, labels_at, catalogue),
        *unreadable_notice(answers, variables),
        *notice_if(request.written, "statistical.other_version"),
    )
    known = _codebook(about, variables, sets)
    return cells.microdata_of_columns(
        source, request, answers, known, reader=about["reader"], notices=notices
    )


_TAGS = {"french": "fr", "francais": "fr", "français": "fr", "english": "en", "anglais": "en"}
_UNNAMED = "default"  # how Stata calls the language of labels that were there before it was told


def _in_languages(
    stated: Mapping[str, Variable], wordings: Wordings, renamed: Mapping[str, str]
) -> dict[str, Variable]:
    """Return variables with their labels in all languages of a file of Stata."""
    found = dict(stated)
    places = [*wordings.labels, *(item for item in wordings.codes if item not in wordings.labels)]
    for column in dict.fromkeys(column for column, _ in places):
        name = renamed.get(column, column)
        if name not in found:
            continue
        variable, languages = found[name], [language for item, language in places if item == column]
        labels = {}
        for language in languages:
            labels[language] = wordings.labels.get((column, language), "")
        codes = {}
        for language in languages:
            codes[language] = wordings.codes.get((column, language), {})
        numbers = dict.fromkeys(
            [*variable.values, *(code for item in codes.values() for code in item)]
        )
        values: dict[Code, Text] = {}
        for number in numbers:
            if (
                number not in variable.missing
                and isinstance(number, int | float)
                and number < _LETTERED
            ):
                own = variable.values.get(number, Text.same("")).en
                by_language = {}
                for language, item in codes.items():
                    by_language[language] = item.get(int(number), "")
                values[number] = _in_all(wordings.current, own, by_language)
        label = _in_all(wordings.current, variable.label.en, labels)
        found[name] = replace(variable, label=label, values=values or variable.values)
    return found


_LETTERED = 2_147_483_621  # from here on codes are missing values with a letter (`.a` is one more)


def _in_all(current: str, own: str, others: Mapping[str, str]) -> Text:
    """Return words in the current language and in others."""
    by_language = {}
    for language, words in {current: own, **others}.items():
        by_language[_TAGS.get(language.lower(), language)] = words
    text = Text.of(by_language)
    kept = tuple(
        other for other in text.others if other[0] != _UNNAMED or other[1] not in (text.fr, text.en)
    )
    return replace(text, others=kept)


def _codebook(
    about: Mapping[str, Any], variables: Mapping[str, Variable], sets: Mapping[str, Responses]
) -> Codebook:
    """Return what a file says of the whole survey."""
    title = about["title"].strip()
    notes = " ".join([title, *about["notes"]]).casefold()
    origin = Origin(synthetic=any(word in notes for word in _SYNTHETIC), date=about["made"])
    return Codebook(variables, origin, sets=sets, title=Text.same(title))


def _impossible_dates(kinds: Mapping[str, str], answers: Mapping[str, cells.Answers]) -> Notices:
    """Say which columns of dates and times stay numbers, and why."""
    dated = list[str]()
    for name, kind in kinds.items():
        if kind not in ("", "boolean") and name in answers:
            dated.append(name)
    left = list[str]()
    for name in dated:
        if answers[name].column.dtype.kind in "iuf":
            left.append(name)
    return (
        *column_notice(
            "statistical.impossible_dates", [name for name in left if kinds[name] != "time"]
        ),
        *column_notice("statistical.long_times", [name for name in left if kinds[name] == "time"]),
    )


def read_pair(source: SourceFile, request: Request, written: WrittenFile) -> Microdata:
    """Read a statistical file written by diplab, described by the codebook written with it."""
    # names, kinds of columns and missing codes that the file holds in another manner are put back
    codebook = request.codebook or Codebook()
    in_file = {}
    for name, stored in written.columns.items():
        if stored.name:
            in_file[name] = stored.name
    in_frame = {stored: name for name, stored in in_file.items()}
    wanted = None
    if request.columns is not None:
        wanted = list[str]()
        for name in request.columns:
            wanted.append(in_file.get(name, name))
    _, table, _ = checked_table(source, request, wanted)
    names = list[Any]()
    for name in table.about["names"]:
        names.append(in_frame.get(name, name))
    chosen = chosen_columns(source, request, names)
    answers = {}
    for name in chosen:
        answers[name] = _answers_restored(
            table.columns[in_file.get(name, name)],
            written.columns.get(name),
            codebook.variable(name),
            source,
        )
    complete = request.columns is None and request.rows is None
    # a text file written since says nothing in the codebook of columns that have nothing to say
    described = {}
    for name in names if complete else chosen:
        described[name] = codebook.variable(name)
    own = Codebook(
        {**described, **codebook.variables} if complete else described,
        Origin(date=table.about["made"]),
    )
    data = cells.microdata_of_columns(source, request, answers, own, reader=table.about["reader"])
    if not complete:
        return data
    return replace(
        data, codebook=replace(data.codebook, reasons={**data.codebook.reasons, **codebook.reasons})
    )


def _answers_restored(
    column: StoredColumn, stored: ColumnStorage | None, variable: Variable, source: SourceFile
) -> cells.Answers:
    """Return a column as answers, restoring codes and types that the file stores differently."""
    stored = stored or ColumnStorage()
    held = replace(variable, missing={**variable.missing, **dict.fromkeys(stored.codes, "")})
    family = _BEGINNINGS[source.suffix].family
    answers = _answers_of(column, held, _date_kind(column, family), family)
    if stored.codes and answers.missing is not None:
        codes = tuple(stored.codes.get(code, code) for code in answers.missing.codes)
        missing = MissingCodes(codes, answers.missing.places)
        reasons = cells.with_system(missing.reasons(variable), answers.reasons.get(SYSTEM, 0))
        answers = replace(answers, reasons=reasons, missing=missing)
    if not stored.storage:
        return answers
    try:
        return replace(
            answers,
            column=answers.column.astype(stored.storage),  # type: ignore[call-overload]
        )
    except (ValueError, TypeError) as other:
        found = (
            f"`{variable.name}` was written as {stored.storage}, and the file holds other answers."
        )
        raise refused(source, found, "Write the data and their codebook again.") from other


def read_r_file(source: SourceFile, request: Request) -> Microdata:
    """Read a data frame that R saved (.rds, .rda, .RData); nothing in the file is run."""
    # a factor is words, ordinal where R has it ordered; NaN is missing under the code `.nan`. A
    # moment is the hour on the clocks of its zone, or in UTC. Row names that are words become the
    # column `row.names`
    if not source.head(8).startswith(_R_MARKS):
        found = (
            f"It does not begin as files of R do, compressed or not, but with {source.head(8)!r}."
        )
        raise refused(
            source, found, "Save it in R with `saveRDS`, or give it the suffix of what it is."
        )
    table, renamed = named_table(source, request, request.columns)
    about = table.about
    chosen_columns(source, request, about["names"])
    of_persons = list[str]()
    for name, item in table.columns.items():
        if _has_levels_of_persons(item):
            of_persons.append(name)
    about_columns = table.columns | {
        name: replace(table.columns[name], codes=()) for name in of_persons
    }
    stated = {}
    for name, item in about_columns.items():
        stated[name] = replace(variable_in_file(name, item), unit=item.unit)
    variables = cells.merge_variables(stated, request.codebook, source)
    answers = {}
    for name, item in table.columns.items():
        answers[name] = _r_answers(item, variables[name])
    known = _codebook(about, variables, {})
    notices = (*renamed, *_r_notices(table, answers), *unreadable_notice(answers, variables))
    notices += column_notice("notice.levels_of_persons", of_persons)
    design = _r_design(about["design"], answers, request)
    notices += _r_design_notices(about["design"], design)
    data = cells.microdata_of_columns(
        source, request, answers, known, reader=about["reader"], notices=notices
    )
    return replace(data, design=design)


def _has_levels_of_persons(column: StoredColumn) -> bool:
    """Return whether the levels of a factor are answers, one of which a single person gave."""
    if column.measure != "nominal" or any(code != label for code, label in column.codes):
        return False
    people = Counter(filter(None, column.values.tolist()))
    return are_answers([str(code) for code, _ in column.codes], people)


def _r_design(
    about: Mapping[str, Any], answers: Mapping[str, cells.Answers], request: Request
) -> FileDesign | None:
    """Return the design that a file holds, where all its columns and rows were read."""
    facts = about.get("facts")
    if not facts or request.rows is not None:
        return None
    lists: dict[str, Any] = {}
    for name, item in facts.items():
        lists[name] = tuple(item) if isinstance(item, list) else item
    design = FileDesign(**lists, undeclared=about["why"])
    if set(design.columns) <= set(answers):
        return design
    return None


def _r_design_notices(about: Mapping[str, Any], design: FileDesign | None) -> Notices:
    """Say how the design of a file is declared, or why it is not."""
    if about.get("why"):
        names = []
        if about["facts"]["weights"]:
            names = [f"`{about['facts']['weights']}`"]
        return (
            WORDS("r.no_design", why=WORDS(f"r_design.{about['why']}"), weights=", ".join(names)),
        )
    if design is None:
        return ()
    declared = {}
    for name in ("strata", "psu", "fpc"):
        declared[name] = getattr(design, name)
    written = list[str]()
    for name, item in declared.items():
        if item:
            written.append(f"{name}={list(item) if len(item) > 1 else item[0]!r}")
    if design.replicates:
        columns, kind = design.replicates["columns"], design.replicates["kind"]
        written.append(f"replicates={len(columns)} × {kind!r} ({columns[0]!r}...{columns[-1]!r})")
    shown = ", ".join([f"weights={design.weights!r}", *written])
    calibrated = (*design.categories, *design.numbers)
    return (
        WORDS("r.design", design=shown.replace("'", '"')),
        *column_notice("r.design_calibrated", calibrated, before=design.before),
    )


def _r_answers(column: StoredColumn, variable: Variable) -> cells.Answers:
    """Return a column as answers: booleans, datetimes in local time, numbers or words."""
    if column.kind == "boolean":
        answers = _answers_of(column, variable, "", "r")
        if answers.column.dtype.kind == "f":
            return answers
        return replace(answers, column=answers.column.astype(bool))
    answers = _answers_of(column, variable, cast("DateKind", column.kind), "r")
    if answers.column.dtype.kind == "M" and _is_zone(column.zone):
        moments = (
            answers.column.dt.tz_localize("UTC").dt.tz_convert(column.zone).dt.tz_localize(None)
        )
        return replace(answers, column=moments)
    return answers


def _is_zone(zone: str) -> bool:
    return zone not in ("", "UTC", "GMT") and zone in zoneinfo.available_timezones()


def _r_notices(table: NativeTable, answers: Mapping[str, cells.Answers]) -> Notices:
    """Say how the file was read, where the microdata do not show it."""
    about, columns = table.about, table.columns
    by_zone: dict[str, list[str]] = {}
    for name in (name for name, column in columns.items() if column.kind == "moment"):
        by_zone.setdefault(
            columns[name].zone if _is_zone(columns[name].zone) else "UTC", []
        ).append(name)
    return (
        *column_notice("r.object", about["others"], name=about["object"]),
        *notice_if(about["plain"], "r.no_data_frame"),
        *column_notice("notice.left_out", about["left_out"]),
        *notice_if(about["encoding"], "r.encoding", encoding=about["encoding"]),
        *(WORDS("r.warning", warning=item) for item in about["warnings"]),
        *column_notice("r.row_names", [name for name in about["row_names"] if name in answers]),
        *(
            notice
            for zone, names in by_zone.items()
            for notice in column_notice("notice.clocks", names, zone=zone)
        ),
        *_impossible_dates({name: column.kind for name, column in columns.items()}, answers),
        *(
            WORDS("r.class", unknown=item.unknown, name=name)
            for name, item in columns.items()
            if item.unknown
        ),
    )
