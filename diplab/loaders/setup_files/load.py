"""Read a text by its setup file, or give the columns of another file the labels of one."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from diplab.errors import suggestion
from diplab.loaders.answers.cells import (
    Answers,
    answers_from_values,
    answers_in,
    merge_variable,
    merge_variables,
    microdata_of_columns,
)  # fmt: skip
from diplab.loaders.notices import WORDS, column_notice, count_notice, listed
from diplab.loaders.setup_files.layout import SPECIAL, Draft, Field, Layout, Program, Setup
from diplab.loaders.setup_files.sas import read_sas
from diplab.loaders.setup_files.spss import read_spss
from diplab.loaders.setup_files.stata import read_stata
from diplab.loaders.source import Request, SourceFile, chosen_columns, open_source, refused
from diplab.loaders.text.encoding import decode
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata
from diplab.microdata.variable import Code, Storage, Variable
from diplab.reference.text import Text

_PROGRAMS: dict[str, Program] = {".sps": "SPSS", ".sas": "SAS", ".do": "Stata", ".dct": "Stata"}
_PARSERS: dict[Program, Callable[[Draft, str], object]] = {"SPSS": read_spss, "SAS": read_sas, "Stata": read_stata}
_WITHOUT_NAMES = (".dat", ".asc", ".raw", ".txt")  # texts that have no header of their own
_AGAIN = "Write the setup file that came with these data, or copy both again."


def read_setup(path: Path, columns: Sequence[str] = ()) -> Setup:
    """Return what a setup file says; a dictionary of Stata and the do-file beside it of its name are read together."""
    files = [open_source(path)]
    draft, used = Draft(_PROGRAMS[files[0].suffix], list(columns)), ""
    if draft.program == "Stata":
        beside = [
            path.with_suffix(suffix) for suffix in (".dct", ".DCT", ".do", ".DO") if suffix.lower() != files[0].suffix
        ]
        files += [open_source(each) for each in beside if each.is_file()][:1]
    for each in sorted(files, key=lambda each: each.suffix):
        used = str(_PARSERS[draft.program](draft, decode(each).text) or used)
    if draft.failed is not None:
        line, where = draft.failed
        found = f"Its statement on line {line} says where the columns are, and is not understood at `{where}`."
        raise refused(files[0], found, "Write the columns in it by their numbers or names, without macros.")
    if used and draft.layout is None:
        found = f"It reads the columns by the dictionary `{Path(used).name}`, and none is beside it under its own name."
        raise refused(files[0], found, f"Put it beside as `{path.with_suffix('.dct').name}`.")
    setup = draft.finished(" + ".join(each.path.name for each in files))
    if setup.layout is None and not setup.codebook.variables:
        found = "It says neither where columns are nor what they mean."
        if setup.unread:
            line, statement = setup.unread[0]
            found += f" The first statement that is not understood is on line {line}: `{statement}`."
        raise refused(files[0], found, _AGAIN)
    names = [each.name for each in (setup.layout or Layout()).fields]
    counts = Counter(names if setup.program == "Stata" else map(str.upper, names))
    for name in [name for name, count in counts.items() if count > 1]:
        raise refused(files[0], f"It names two columns `{name}`.", "Give each column a name of its own.")
    return setup


def read_with_setup(source: SourceFile, request: Request) -> Microdata:
    """Read a text by its setup file (`.sps`, `.sas`, `.do`, `.dct`), which is read as text and never run."""
    path = request.structure
    if path is None or path.suffix.lower() not in _PROGRAMS:
        found = "It holds data without the names of their columns, which their setup file would give."
        raise refused(source, found, "Write `structure=` and its .sps, .sas, .do or .dct file.")
    setup = read_setup(path)
    if setup.layout is None:
        return _labelled(source, request, path)
    layout = replace(
        setup.layout, delimiter=source.delimiter or setup.layout.delimiter, skip=request.skip or setup.layout.skip
    )
    decoded, notes = decode(source), Notes()
    chosen = chosen_columns(source, request, [each.name for each in layout.fields])
    if layout.arrangement == "fixed":
        by_bytes = decoded.encoding == "utf-8" and setup.program != "SPSS"
        raw = fixed_cells(source, layout, decoded.text, notes, by_bytes=by_bytes)
    else:
        rows = delimited_rows(source, layout, decoded.text, notes)
        columns = list(map(list, zip(*rows, strict=True))) or [[]] * len(layout.fields)
        raw = dict(zip(layout.fields, columns, strict=True)).__getitem__
    described = {each.name: setup.codebook.variables.get(each.name, Variable(each.name)) for each in layout.fields}
    variables = merge_variables(described, request.codebook, source)
    fields = {each.name: each for each in layout.fields}
    taken = slice(None) if request.rows is None else slice(request.rows.start, request.rows.stop)
    read = {name: answers(fields[name], variables, raw(fields[name])[taken], setup, notes) for name in chosen}
    absent = [name for name in setup.codebook.variables if name not in fields]
    shown = "fixed columns" if layout.arrangement == "fixed" else "delimited"
    return microdata_of_columns(
        source,
        request,
        read,
        Codebook({name: variables[name] for name in chosen}, title=setup.codebook.title),
        reader=f"{shown}, {setup.program} setup file `{setup.name}`, {decoded.encoding}",
        notices=(*decoded.notices, *_notices(source, setup, absent, layout.data), *notes.in_words()),
    )


def _labelled(source: SourceFile, request: Request, path: Path) -> Microdata:
    """Read a file that names its own columns, and give them the labels of a setup file that says no more."""
    from diplab.loaders.formats import format_of

    if source.suffix in _WITHOUT_NAMES:
        unread = read_setup(path).unread
        line = f" Its line {unread[0][0]} is not understood: `{unread[0][1]}`." if unread else ""
        raise refused(source, f"Its setup file `{path.name}` does not say where its columns are.{line}", _AGAIN)
    plain = replace(request, structure=None)
    own = format_of(source, plain)
    names = [*own.load(source, replace(plain, rows=range(0), columns=None, codebook=None)).frame]
    setup = read_setup(path, names)
    by_key = {name.casefold(): name for name in reversed(names)}
    described = setup.codebook.variables
    found = {written: written if written in names else by_key.get(written.casefold(), "") for written in described}
    absent = [written for written, name in found.items() if not name]
    if len(absent) == len(found):
        none = (
            f"Its setup file `{path.name}` labels {listed([f'`{name}`' for name in absent])} The file has none of them."
        )
        raise refused(source, none, f"Write the names that the file uses. {suggestion(absent[0], names)}")
    given = request.codebook or Codebook()
    variables = {name: replace(described[written], name=name) for written, name in found.items() if name}
    variables |= {
        name: merge_variable(variables[name], each) if name in variables else each
        for name, each in given.variables.items()
    }
    codebook = replace(given, variables=variables, title=given.title or setup.codebook.title)
    data = own.load(source, replace(plain, codebook=codebook))
    origin = data.codebook.origin
    reader = f"{origin.reader}, labels of the {setup.program} setup file `{setup.name}`"
    origin = replace(origin, reader=reader, notices=(*origin.notices, *_notices(source, setup, absent)))
    return replace(data, codebook=replace(data.codebook, origin=origin))


def _notices(source: SourceFile, setup: Setup, absent: Sequence[str], data: str = "") -> tuple[Text, ...]:
    """Say what a setup file says that was not followed."""
    hinted, notices = re.split(r"[\\/]", data)[-1], list[Text]()
    if "." in hinted and hinted.casefold() != source.path.name.casefold():
        notices.append(WORDS("setup.other_name", file=setup.name, name=hinted))
    if setup.unread:
        lines = listed([f"{line} (`{statement}`)" for line, statement in setup.unread])
        notices.append(WORDS("setup.unread", file=setup.name, count=len(setup.unread), lines=lines))
    return (*notices, *column_notice("setup.absent", absent), *column_notice("setup.ranges", setup.ranged))


@dataclass
class Notes:
    """What reading the cells has shown, by the key of its sentence in `words.toml`."""

    columns: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    cells: dict[str, int] = field(default_factory=dict)  # how many cells of a column of numbers are none
    lines: Counter[str] = field(default_factory=Counter)

    def in_words(self) -> tuple[Text, ...]:
        """Return them as sentences."""
        columns = [column_notice(key, names) for key, names in self.columns.items()]
        lines = [WORDS(key, count=count) for key, count in self.lines.items() if count]
        return (*count_notice("setup.no_numbers", self.cells), *chain.from_iterable(columns), *lines)


def fixed_cells(
    source: SourceFile, layout: Layout, text: str, notes: Notes, *, by_bytes: bool
) -> Callable[[Field], list[str]]:
    """Return a function that cuts the cells of a field out of the lines of a text."""
    ended = text.endswith(("\n", "\r"))
    lines = text.rstrip("\x1a").replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")[layout.skip :]
    if len(lines) % layout.records or not any(lines):
        found = f"It has {len(lines):,} lines of data, and its setup file describes cases of {layout.records}."
        raise refused(source, found, _AGAIN)
    # SAS and Stata count columns in bytes; a text in UTF-8 whose lines are all as long in characters was cut in those
    by_bytes = not text.isascii() and (by_bytes or len({len(line.encode()) for line in lines}) == 1)
    if by_bytes := by_bytes and len(set(map(len, lines))) > 1:
        lines = [line.encode().decode("latin-1") for line in lines]
    records = [lines[place :: layout.records] for place in range(layout.records)]
    for place, record in enumerate(records):
        fields = [each for each in layout.fields if each.record == place]
        last = max((each.start + each.width for each in fields), default=0)
        lengths = np.fromiter(map(len, record), dtype=np.int64)
        beyond = [each.name for each in fields if each.start >= lengths.max()]
        if 2 * len(beyond) > len(fields):
            found = f"Its longest line has {lengths.max():,} characters, and its setup file describes {last:,} columns."
            raise refused(source, found, _AGAIN)
        if not ended and place == len(records) - 1 and lengths[-1] < lengths[:-1].min(initial=last):
            found = f"Its last line has {lengths[-1]:,} characters, fewer than all others."
            raise refused(source, found, "The file is cut: copy it again from its source.")
        notes.columns["setup.beyond"] += beyond
        notes.lines["setup.short"] += int((lengths < last).sum())
        notes.lines["setup.long"] += sum(bool(record[at][last:].strip()) for at in np.flatnonzero(lengths > last))

    def cut(each: Field) -> list[str]:
        cells = [line[each.start : each.start + each.width] for line in records[each.record]]
        return [cell.encode("latin-1").decode(errors="replace") for cell in cells] if by_bytes else cells

    return cut


_UNMARKED = re.compile(r"\"([^\"]*)\"|'([^']*)'|([^\s,\"'][^\s,]*|[\"'])|(,)")


def delimited_rows(source: SourceFile, layout: Layout, text: str, notes: Notes) -> list[list[str]]:
    """Return the cases of a delimited text, each with as many fields as its layout."""
    width, rows = len(layout.fields), list[list[str]]()
    if layout.arrangement == "stream":
        lines = (fields[:-1] if fields[-1:] == [""] else fields for _, fields in _fields_of_lines(source, layout, text))
        flat = list(chain.from_iterable(lines))
        if len(flat) % width:
            found = f"It has {len(flat):,} fields, and its setup file describes cases of {width}."
            raise refused(source, found, _AGAIN)
        return [flat[at : at + width] for at in range(0, len(flat), width)]
    for number, fields in _fields_of_lines(source, layout, text):
        if any(fields[width:]) or (len(fields) < width and not layout.short):
            found = f"Its line {number} has {len(fields)} fields, and its setup file describes {width}."
            raise refused(source, found, _AGAIN)
        notes.lines["setup.short"] += len(fields) < width
        rows.append((fields + [""] * (width - len(fields)))[:width])
    return rows


def _fields_of_lines(source: SourceFile, layout: Layout, text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of each line that is not blank, and its fields."""
    if len(layout.delimiter) == 1:
        mark = layout.quotes[:1] or "\0"  # no text holds a zero byte
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=layout.delimiter, quotechar=mark)
        try:
            for fields in lines:
                if fields and lines.line_num > layout.skip:
                    yield lines.line_num, [*filter(None, fields)] if layout.merges else fields
        except csv.Error as broken:
            found = f"Its line {lines.line_num} cannot be read: {broken}."
            raise refused(source, found, "Correct that line, or copy the file again.") from broken
        return
    marks = re.compile(f"[{re.escape(layout.delimiter or ',')}]")
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        if number > layout.skip and line.strip():
            yield number, marks.split(line) if layout.delimiter else _unmarked(line, layout)


def _unmarked(line: str, layout: Layout) -> list[str]:
    """Return the fields of a line between blanks or commas; two commas enclose an empty one."""
    if not layout.quotes or not set(line) & set("\"',"):
        return line.split()
    fields, after_comma = list[str](), True
    for double, single, bare, comma in _UNMARKED.findall(line):
        if not comma or after_comma:
            fields.append(double or single or bare)
        after_comma = bool(comma)
    return fields


_PLAIN = re.compile(r"(?:(?:[-+]?(?:\d+\.?\d*|\.\d+)|\.?)\n)*+", re.ASCII)
_WRITTEN = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?", re.ASCII)
_EXACT = 15  # digits that a number holds exactly
_FEW = 20  # words in a column of numbers that may be missing codes


def answers(each: Field, variables: dict[str, Variable], raw: Sequence[str], setup: Setup, notes: Notes) -> Answers:
    """Return the answers of a column; distinct cells are judged once."""
    places, distinct = pd.factorize(np.array(raw, dtype=object))
    words: list[str] = [cell.rstrip() if each.kind == "text" else cell.strip() for cell in distinct]
    variable = variables[each.name]
    storage: Storage = "" if each.kind == "open" else "words"
    if each.kind in ("words", "text"):
        return answers_from_values(np.array([*words, ""], dtype=object)[places], None, variable)
    if each.kind in ("number", "comma", "dot"):
        numbers, counts = _numbers(each, words), np.bincount(places, minlength=len(words))
        odd = [at for at in np.flatnonzero(np.isnan(numbers)).tolist() if words[at] not in ("", ".")]
        codes = {at: _letter(words[at], setup) for at in odd}
        others = [at for at in odd if codes[at] == words[at] and not SPECIAL.fullmatch(words[at])]
        lost, long = int(counts[others].sum()), _are_long(words)
        if not long and len(others) <= _FEW and 2 * lost <= counts[~np.isnan(numbers)].sum() + counts[odd].sum():
            notes.cells |= {each.name: lost} if lost else {}
            notes.columns["setup.comma"] += [each.name] if each.kind == "number" and "," in "".join(words) else []
            missing: dict[Code, str] = {**dict.fromkeys(codes.values(), ""), **variable.missing}
            variables[each.name] = variable = replace(variable, missing=missing)
            letters = np.array([codes.get(at, "") for at in range(len(words))])[places] if odd else None
            return answers_from_values(numbers[places], letters, variable)
        notes.columns["notice.exact" if long else "setup.words"].append(each.name)
    elif each.kind == "open":
        words = ["" if word == "." else word for word in words]
    else:
        dated = [iso_moment(word, each.kind) for word in words]
        if None in dated:
            notes.columns["setup.undated"].append(each.name)
        else:
            words = [word or "" for word in dated]
            storage = "time" if each.kind == "clock" else "moment" if "clock" in each.kind else "date"
    cells = np.array([*words, ""], dtype=object)[places]
    return answers_in(cells, replace(variable, storage=storage), comma=False)


def _are_long(words: Sequence[str]) -> bool:
    """Return whether some whole numbers have more digits than a number holds exactly."""
    long = [word.lstrip("-+0") for word in words if len(word) > _EXACT]
    return any(word.isdigit() and len(word) > _EXACT for word in long)


def _letter(word: str, setup: Setup) -> str:
    """Return the special missing value that a cell without a number is; otherwise what it holds."""
    code = word if SPECIAL.fullmatch(word) else f".{word}" if word.upper() in setup.special else ""
    return (code.upper() if setup.program == "SAS" else code.lower()) or word


def _numbers(each: Field, words: Sequence[str]) -> NDArray[np.float64]:
    """Return words as numbers, implied decimals put in; NaN for what is none."""
    if each.kind != "number":
        words = [word.strip("$%€ ").replace("." if each.kind == "dot" else ",", "") for word in words]
    if "," in "".join(words):
        words = [word.replace(",", ".", 1) for word in words]
    plain = _PLAIN.fullmatch("\n".join([*words, ""])) is not None
    read = [float(word) if word not in ("", ".") and (plain or _WRITTEN.fullmatch(word)) else np.nan for word in words]
    numbers = np.array(read, dtype=np.float64)
    if each.decimals:
        marked = np.array([not set(".eE").isdisjoint(word) for word in words], dtype=bool)
        numbers = np.where(marked, numbers, numbers / 10.0**each.decimals)
    return np.where(np.isinf(numbers), np.nan, numbers / 10.0**each.divided)


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def iso_moment(word: str, kind: str) -> str | None:
    """Return a day, a moment or a time of day as ISO writes it; None where it is not clear (two digits of a year)."""
    order, pieces = kind.replace("clock", "").strip(), re.findall(r"\d+|[^\W\d_]+", word)
    if order and pieces and re.fullmatch(r"\d{8}", pieces[0]):
        first, second = (4, 6) if order == "ymd" else (2, 4)
        pieces[:1] = [pieces[0][:first], pieces[0][first:second], pieces[0][second:]]
    hours = pieces[len(order) :]
    if not word:
        return ""
    if len(pieces) < len(order) or len(hours) not in ((2, 3, 4) if "clock" in kind else (0,)):
        return None
    written, shape = [], []
    if order:
        parts = dict(zip(order, pieces, strict=False))
        month = parts["m"][:3].lower()
        parts["m"] = str(_MONTHS.index(month) + 1) if month in _MONTHS else parts["m"]
        written.append(f"{parts['y']}-{parts['m'].zfill(2)}-{parts['d'].zfill(2)}")
        shape.append(r"\d{4}-\d\d-\d\d")
    if hours:
        seconds = ".".join([*hours[2:], "00"][: max(len(hours) - 2, 1)])
        written.append(f"{hours[0].zfill(2)}:{hours[1].zfill(2)}:{seconds.zfill(2)}")
        shape.append(r"\d\d:\d\d:\d\d(?:\.\d{1,6})?")
    return " ".join(written) if re.fullmatch(" ".join(shape), " ".join(written)) else None
