"""Read a text by its setup file, or give the columns of another file the labels of one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from operator import attrgetter
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from diplab.kernel.arrays import Floats, Places
from diplab.loaders.answers.cells import (
    Answers,
    answers_from_values,
    answers_in,
    merge_variables,
    microdata_of_columns,
)
from diplab.loaders.codebooks.ddi import read_ddi, read_locations
from diplab.loaders.notices import WORDS, Notices, column_notice, count_notice, listed
from diplab.loaders.setup_files.layout import Field, Kind, Language, Layout, Setup
from diplab.loaders.setup_files.sas import SAS
from diplab.loaders.setup_files.spss import SPSS
from diplab.loaders.setup_files.stata import STATA
from diplab.loaders.source import (
    WITHOUT_NAMES,
    Request,
    SourceFile,
    chosen_columns,
    open_source,
    refused,
)
from diplab.loaders.text.dialect import Dialect
from diplab.loaders.text.encoding import decode
from diplab.loaders.text.recognition import SETUP_FILES, setup_beside
from diplab.loaders.text.records import record_blocks
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata
from diplab.microdata.variable import Code, Storage, Variable
from diplab.reference.text import Text

_LANGUAGES: dict[str, Language] = {".sps": SPSS, ".sas": SAS, ".do": STATA, ".dct": STATA}
_WITH_DATA = 'Write `read("data.dat", structure="{}")`.'
_AGAIN = "Write the setup file that came with these data, or copy both again."


def read_setup(path: Path, columns: Sequence[str] = ()) -> Setup:
    """Return what a setup file says.

    A dictionary of Stata and the do-file beside it of its name are read together.
    """
    files = [open_source(path)]
    if files[0].suffix == ".xml":
        return DescribedSetup(path)
    language = _LANGUAGES[files[0].suffix]
    if language is STATA:
        suffixes = (
            item for item in (".dct", ".DCT", ".do", ".DO") if item.lower() != files[0].suffix
        )
        files += [open_source(item) for item in map(path.with_suffix, suffixes) if item.is_file()][
            :1
        ]
    if files[0].suffix == ".do":
        alone = Setup(language, files[0].path.name, columns)
        alone.follow(decode(files[0]).text)
        if (
            alone.layout is not None and alone.failed is None
        ):  # it places its columns without a dictionary
            return alone
    setup = Setup(language, " + ".join(file.path.name for file in files), columns)
    for file in sorted(files, key=attrgetter("suffix")):
        setup.follow(decode(file).text)
        if setup.failed is not None:
            line, where = setup.failed
            found = (
                f"Its statement on line {line} says where the columns are, and is not understood "
                f"at `{where}`."
            )
            raise refused(
                file, found, "Write the columns in it by their numbers or names, without macros."
            )
    if setup.layout is None and setup.plan.data and language is STATA:
        used = Path(setup.plan.data).name
        found = (
            f"It reads the columns by the dictionary `{used}`, and none is beside it under its own "
            "name."
        )
        raise refused(files[0], found, f"Put it beside as `{path.with_suffix('.dct').name}`.")
    return setup


_DDI = Language("DDI", lambda _: (), ())


class DescribedSetup(Setup):
    """What a file of DDI Codebook says: where the columns of a text are, and what they mean."""

    def __init__(self, path: Path) -> None:
        locations, data = read_locations(path)
        super().__init__(_DDI, path.name, [location.name for location in locations])
        self.book = read_ddi(path)
        for location in locations:
            kind: Kind = "number"
            if location.words:
                kind = "words"
            place = {
                "start": location.start - 1,
                "width": location.width,
                "record": location.record - 1,
            }
            self.fields[self.key(location.name)] = Field(
                location.name, kind, **place, decimals=location.decimals
            )
        if locations:
            self.layout = Layout(records=max(location.record for location in locations), data=data)

    def codebook(self) -> Codebook:
        """Return what is said of variables."""
        return self.book


def read_with_setup(source: SourceFile, request: Request) -> Microdata:
    """Read a text by its setup file (`.sps`, `.sas`, `.do`, `.dct`, DDI), which is never run."""
    path = request.structure or setup_beside(source)
    if source.suffix == ".dct":
        path = source.path  # which holds its data itself
    if path is None or path.suffix.lower() not in SETUP_FILES:
        found = (
            "It holds data without the names of their columns, which their setup file would give."
        )
        raise refused(
            source, found, "Write `structure=` and its .sps, .sas, .do, .dct or DDI file (.xml)."
        )
    setup = read_setup(path)
    if setup.layout is None:
        return _labelled(source, request, path, setup)
    recodes = setup.recodes_in_comments(follow=request.recodes_in_comments)
    decoded, fields, codebook = decode(source), setup.columns_read(), setup.codebook()
    layout = replace(
        setup.layout, fields=tuple(fields.values()), skip=request.skip or setup.layout.skip
    )
    absent = [name for name in codebook.variables if name not in fields]
    notices = [*decoded.notices, *_notices(source, setup, absent, recodes, layout.data)]
    if not (request.structure or path == source.path):
        notices += [WORDS("setup.beside", file=setup.name)]
    text = decoded.text.replace("\r\n", "\n").replace("\r", "\n")
    if path == source.path:
        text = text.split("\n", setup.end)[-1] if setup.end else ""
        if not text.strip():
            raise refused(
                source,
                "It is a setup file of Stata, without answers.",
                _WITH_DATA.format(path.name),
            )
    rows = request.taken
    if layout.delimiter:
        layout = replace(layout, delimiter=source.delimiter or layout.delimiter)
        cells = delimited_cells(source, layout, text, decoded.encoding, rows)
    else:
        cells = fixed_cells(source, layout, text, decoded.encoding, rows, notices)
    chosen = chosen_columns(source, request, list(fields))
    described = {name: codebook.variables.get(name, Variable(name)) for name in fields}
    variables = merge_variables(described, request.codebook, source)
    read = {name: answers(fields[name], variables[name], *cells(fields[name])) for name in chosen}
    for key in dict.fromkeys(key for item in read.values() for key in item.told):
        remarks = {name: item.told[key] for name, item in read.items() if key in item.told}
        notices += count_notice(key if "." in key else f"notice.{key}", remarks)
    shown = "fixed columns"
    if layout.delimiter:
        shown = "delimited"
    kind = " setup file"
    if setup.language is _DDI:
        kind = ""
    reader = f"{shown}, {setup.language.program}{kind} `{setup.name}`, {decoded.encoding}"
    known = Codebook(
        {name: item.variable or variables[name] for name, item in read.items()},
        title=codebook.title,
    )
    return microdata_of_columns(source, request, read, known, reader=reader, notices=tuple(notices))


def _labelled(source: SourceFile, request: Request, path: Path, setup: Setup) -> Microdata:
    """Read a file that names its columns, with labels from a setup file without positions."""
    from diplab.loaders.formats import format_of

    if source.suffix in WITHOUT_NAMES or not (setup.variables or setup.sets):
        wanted = "what its columns mean"
        if source.suffix in WITHOUT_NAMES:
            wanted = "where its columns are"
        line = ""
        if setup.unread:
            line = f" Its line {setup.unread[0]} is not understood."
        raise refused(source, f"Its setup file `{path.name}` does not say {wanted}.{line}", _AGAIN)
    plain = replace(request, structure=None, recodes_in_comments=False)
    own = format_of(source, plain)
    names = [*own.load(source, replace(plain, rows=range(0), columns=None, codebook=None)).frame]
    setup = read_setup(path, names)
    recodes = setup.recodes_in_comments(follow=request.recodes_in_comments)
    labels = setup.codebook()
    variables = merge_variables({name: Variable(name) for name in names}, labels, source)
    given = request.codebook or Codebook()
    variables = {**given.variables, **merge_variables(variables, request.codebook, source)}
    codebook = replace(given, variables=variables, title=given.title or labels.title)
    data = own.load(source, replace(plain, codebook=codebook))
    absent = list[str]()
    for name in labels.variables:
        if name not in names:
            absent.append(name)
    origin = data.codebook.origin
    reader = f"{origin.reader}, labels of the {setup.language.program} setup file `{setup.name}`"
    origin = replace(
        origin, reader=reader, notices=(*origin.notices, *_notices(source, setup, absent, recodes))
    )
    return replace(data, codebook=replace(data.codebook, origin=origin))


def _notices(
    source: SourceFile,
    setup: Setup,
    absent: Sequence[str],
    recodes: Mapping[str, int],
    data: str = "",
) -> Notices:
    """Return notices on statements not followed; `recodes` gives lines of those in comments."""
    hinted, notices = re.split(r"[\\/]", data)[-1], list[Text]()
    if "." in hinted and hinted.casefold() != source.path.name.casefold():
        notices.append(WORDS("setup.other_name", file=setup.name, name=hinted))
    if setup.unread:
        count, lines = len(setup.unread), listed(setup.unread)
        notices.append(WORDS("setup.unread", file=setup.name, count=count, lines=lines))
    if recodes:
        line = min(recodes.values())
        notices += column_notice("setup.commented", recodes, file=setup.name, line=line)
    ranged = {}
    for key, labels in setup.sets.items():
        if labels in setup.ranged:
            ranged[key] = setup.ranged[labels]
    ranges = {setup.called[key]: listed(labels, "") for key, labels in ranged.items()}
    return (*notices, *column_notice("setup.absent", absent), *count_notice("setup.ranges", ranges))


Cells: TypeAlias = tuple[
    Places, list[str]
]  # the place of each row among the words of a column; these words
CellsOf: TypeAlias = Callable[[Field], Cells]


def _lines_of_cases(source: SourceFile, layout: Layout, text: str) -> list[str]:
    """Return the lines of a text, those of each case complete; refuse a text that ends in one."""
    lines = text.rstrip("\n").split("\n")[layout.skip :]
    blank = -len(lines) % layout.records
    if blank < text.count("\n", len(text.rstrip("\n"))):  # at the end of a case
        lines += [""] * blank
    if len(lines) % layout.records or not any(lines):
        found = (
            f"It has {len(lines):,} lines of data, and its setup file describes cases of "
            f"{layout.records}."
        )
        raise refused(source, found, _AGAIN)
    return lines


def fixed_cells(
    source: SourceFile, layout: Layout, text: str, encoding: str, rows: slice, told: list[Text]
) -> CellsOf:
    """Return a function that cuts the cells of a field out of the lines of a text."""
    text = text.rstrip("\x1a")
    lines = _lines_of_cases(source, layout, text)
    # the programs count columns in bytes; a text whose lines have one length in characters was cut
    # in those
    in_bytes = encoding == "utf-8" and len(set(map(len, lines))) > 1
    codec, size = (
        ("utf-8", 1) if in_bytes or text.isascii() else ("utf-32-le", 4)
    )  # bytes of a column
    written = [line.encode(codec) for line in lines]
    lengths = (
        np.fromiter(map(len, written), dtype=np.int64).reshape(-1, layout.records) // size
    )  # a row a case
    most, last = lengths.max(axis=0), np.zeros(layout.records, dtype=np.int64)
    np.maximum.at(
        last,
        [field.record for field in layout.fields],
        [field.start + field.width for field in layout.fields],
    )
    beyond = [field.name for field in layout.fields if field.start >= most[field.record]]
    if 2 * len(beyond) > len(layout.fields):
        found = (
            f"Its longest line has {most.max():,} characters, and its setup file describes "
            f"{last.max():,} columns."
        )
        raise refused(source, found, _AGAIN)
    if not text.endswith("\n") and lengths[-1, -1] < lengths[:-1, -1].min(initial=last[-1]):
        found = f"Its last line has {lengths[-1, -1]:,} characters, fewer than all others."
        raise refused(source, found, "The file is cut: copy it again from its source.")
    counts = {"setup.bytes": int(not text.isascii() and in_bytes and (lengths != lengths[0]).any())}
    counts["setup.short"] = int((lengths < last).sum())
    longer = np.flatnonzero(lengths > last).tolist()
    counts["setup.long"] = sum(
        bool(written[at][size * last[at % layout.records] :].strip(b" \t\0")) for at in longer
    )
    told += column_notice("setup.beyond", beyond)
    told += [WORDS(key, count=count) for key, count in counts.items() if count]
    records = [
        pa.array(written[position :: layout.records][rows], pa.large_binary())
        for position in range(layout.records)
    ]

    def cells(field: Field) -> Cells:
        start, stop = size * field.start, size * (field.start + field.width)
        cut = pc.binary_slice(records[field.record], start, stop).dictionary_encode()
        return cut.indices.to_numpy(), [
            word.decode(codec, "replace") for word in cut.dictionary.to_pylist()
        ]

    return cells


def delimited_cells(
    source: SourceFile, layout: Layout, text: str, encoding: str, rows: slice
) -> CellsOf:
    """Return a function giving the cells of a field of a delimited text, one case per line."""
    mark, quote, below = (
        layout.delimiter,
        layout.quote[:1] or "\0",
        text.split("\n", layout.skip)[-1],
    )
    if (
        layout.merges or len(mark) > 1 or mark in f"{quote}\r\n"
    ):  # any of several marks is one tabulator
        between = f"[{re.escape(mark)}]{'+' * layout.merges}"
        below = re.sub(
            rf'("[^"\n]*")|{between}',
            lambda found: found[1] or "\t",
            re.sub("(?m)^ +| +$", "", below),
        )
        mark = "\t"
    dialect = Dialect(encoding, mark, quote, layout.skip)
    cases = [*chain.from_iterable(record_blocks(source, below, dialect, headed=False))]
    width, described = len(cases[0]) if cases else 0, len(layout.fields)
    # a delimiter at the end of each line begins a field that is none
    if width != described and (width != described + 1 or any(case[-1] for case in cases)):
        found = f"Its lines have {width} fields, and its setup file describes {described}."
        raise refused(source, found, _AGAIN)

    def cells(field: Field) -> Cells:
        place = layout.fields.index(field)
        places, words = pd.factorize(np.array([case[place] for case in cases[rows]], dtype=object))
        return places, list(words)

    return cells


_WRITTEN = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?", re.ASCII)
_LONG = re.compile(r"[-+]?0*[1-9]\d{15,}")  # digits that a number does not hold exactly
_CODE = re.compile(r"[^\W\d_]{1,2}|[^\w\s]{1,9}")  # what a codebook may show of a column of numbers
_FEW = 20  # words in a column of numbers that may be missing codes


def answers(field: Field, variable: Variable, places: Places, words: list[str]) -> Answers:
    """Return the answers of a column; distinct cells are judged once."""
    words = [word.rstrip() if field.kind == "text" else word.strip() for word in words]
    storage: Storage = "words"
    told: dict[str, str] = {}
    if field.kind in ("words", "text"):
        return answers_from_values(np.array(words, dtype=object)[places], None, variable)
    if field.kind in ("number", "comma", "dot"):
        # SAS reads the letter of a special missing value without its point
        words = [
            code if (code := f".{word}".upper()) in variable.missing else word for word in words
        ]
        numbers, counts = _numbers(field, words), np.bincount(places, minlength=len(words))
        odd = [
            at for at in np.flatnonzero(np.isnan(numbers)).tolist() if words[at] not in ("", ".")
        ]
        others = [at for at in odd if words[at] not in variable.missing]
        answered = not all(map(_CODE.fullmatch, (words[at] for at in others)))
        lost, long = int(counts[others].sum()), any(map(_LONG.fullmatch, words))
        most = counts[~np.isnan(numbers)].sum() + counts[odd].sum()
        if not long and not answered and len(others) <= _FEW and 2 * lost <= most:
            missing: dict[Code, str] = {
                **dict.fromkeys((words[at] for at in odd), ""),
                **variable.missing,
            }
            variable = replace(variable, missing=missing)
            letters = None
            if odd:
                letters = np.array([word if at in odd else "" for at, word in enumerate(words)])[
                    places
                ]
            told = {}
            if lost:
                told = {"setup.no_numbers": str(lost)}
            if field.kind == "number" and "," in "".join(words):
                told |= {"setup.comma": ""}
            return replace(
                answers_from_values(numbers[places], letters, variable),
                variable=variable,
                told=told,
            )
        told = {"notice.exact" if long else "setup.words": ""}
    elif field.kind == "open":
        storage, words = "", ["" if word == "." else word for word in words]
    else:
        dated = [iso_moment(word, field.kind) for word in words]
        if None in dated:
            told = {"setup.undated": ""}
        else:
            words = [word or "" for word in dated]
            storage = "time"
            if field.kind != "clock":
                storage = "date"
                if "clock" in field.kind:
                    storage = "moment"
    read = answers_in(
        np.array(words, dtype=object)[places], replace(variable, storage=storage), comma=False
    )
    return replace(read, told={**read.told, **told})


def _numbers(field: Field, words: Sequence[str]) -> Floats:
    """Return words as numbers, implied decimals put in; NaN for what is none."""
    if field.kind != "number":
        words = [
            word.strip("$%€ ").replace("." if field.kind == "dot" else ",", "") for word in words
        ]
    words = [word.replace(",", ".", 1) for word in words]
    numbers = np.array(
        [float(word) if _WRITTEN.fullmatch(word) else np.nan for word in words], dtype=np.float64
    )
    if field.decimals:
        marked = np.array([not set(".eE").isdisjoint(word) for word in words], dtype=bool)
        numbers = np.where(marked, numbers, numbers / 10.0**field.decimals)
    return np.where(np.isinf(numbers), np.nan, numbers / 10.0**field.divided)


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY = {
    "d": r"(?P<d>\d\d?)",
    "m": rf"(?P<m>\d\d?|(?:{'|'.join(_MONTHS)})[a-z]*)",
    "y": r"(?P<y>\d{4})",
}
_THEN = r"(?:\W+|(?=[^\W\d])|(?<=[^\W\d]))"  # between a number and a word no mark is needed
_CLOCK = r"(?P<hour>\d\d?)\W(?P<minute>\d\d)(?:\W(?P<second>\d\d(?:\.\d{1,6})?))?"


def iso_moment(word: str, kind: str) -> str | None:
    """Return a day, a moment or a time of day as ISO writes it.

    None where it is not clear (two digits of a year).
    """
    order, clock = kind.removesuffix("clock").strip(), _CLOCK if "clock" in kind else ""
    if order and re.match(r"\d{8}(?!\d)", word):
        word = "-".join(
            (word[:4], word[4:6], word[6:]) if order == "ymd" else (word[:2], word[2:4], word[4:])
        )
    day = _THEN.join(_DAY[part] for part in order)
    found = re.fullmatch(
        rf"{day}(?:\W+|T){clock}" if day and clock else day or clock, word, re.IGNORECASE
    )
    if found is None or not word:
        if word:
            return None
        return ""
    fields = {}
    for name, part in found.groupdict().items():
        fields[name] = (part or "0").zfill(2)
    if order and not fields["m"].isdigit():
        fields["m"] = f"{_MONTHS.index(fields['m'][:3].lower()) + 1:02}"
    pieces = ("{y}-{m}-{d}" if order else "", "{hour}:{minute}:{second}" if clock else "")
    return " ".join(filter(None, pieces)).format(**fields)
