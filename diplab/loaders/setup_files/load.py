"""Read a text by its setup file, or give the columns of another file the labels of one."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from operator import attrgetter
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from diplab.loaders.cells import Answers, answers_from_values, answers_in, merge_variables, microdata_of_columns
from diplab.loaders.encoding import decode
from diplab.loaders.notices import WORDS, column_notice, count_notice, listed
from diplab.loaders.setup_files.layout import Field, Language, Layout, Setup
from diplab.loaders.setup_files.sas import SAS
from diplab.loaders.setup_files.spss import SPSS
from diplab.loaders.setup_files.stata import STATA
from diplab.loaders.source import Request, SourceFile, chosen_columns, open_source, refused
from diplab.loaders.text import Dialect, record_blocks
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata
from diplab.microdata.variable import Code, Storage, Variable
from diplab.reference.text import Text

_LANGUAGES: dict[str, Language] = {".sps": SPSS, ".sas": SAS, ".do": STATA, ".dct": STATA}
_WITHOUT_NAMES = (".dat", ".asc", ".raw", ".txt")  # texts that have no header of their own
_AGAIN = "Write the setup file that came with these data, or copy both again."


def read_setup(path: Path, columns: Sequence[str] = ()) -> Setup:
    """Return what a setup file says; a dictionary of Stata and the do-file beside it of its name are read together."""
    files = [open_source(path)]
    language = _LANGUAGES[files[0].suffix]
    if language is STATA:
        suffixes = (each for each in (".dct", ".DCT", ".do", ".DO") if each.lower() != files[0].suffix)
        files += [open_source(each) for each in map(path.with_suffix, suffixes) if each.is_file()][:1]
    setup = Setup(language, " + ".join(each.path.name for each in files), columns)
    for each in sorted(files, key=attrgetter("suffix")):
        setup.follow(decode(each).text)
    if setup.failed is not None:
        line, where = setup.failed
        found = f"Its statement on line {line} says where the columns are, and is not understood at `{where}`."
        raise refused(files[0], found, "Write the columns in it by their numbers or names, without macros.")
    if setup.layout is None and setup.plan.data and language is STATA:
        used = Path(setup.plan.data).name
        found = f"It reads the columns by the dictionary `{used}`, and none is beside it under its own name."
        raise refused(files[0], found, f"Put it beside as `{path.with_suffix('.dct').name}`.")
    if setup.layout is None and not setup.variables and not setup.sets:
        found = "It says neither where columns are nor what they mean."
        for line, statement in setup.unread[:1]:
            found += f" The first statement that is not understood is on line {line}: `{statement}`."
        raise refused(files[0], found, _AGAIN)
    return setup


def read_with_setup(source: SourceFile, request: Request) -> Microdata:
    """Read a text by its setup file (`.sps`, `.sas`, `.do`, `.dct`), which is read as text and never run."""
    path = request.structure
    if path is None or path.suffix.lower() not in _LANGUAGES:
        found = "It holds data without the names of their columns, which their setup file would give."
        raise refused(source, found, "Write `structure=` and its .sps, .sas, .do or .dct file.")
    setup = read_setup(path)
    if setup.layout is None:
        return _labelled(source, request, path)
    decoded, layout = decode(source), replace(setup.layout, skip=request.skip or setup.layout.skip)
    fields, codebook = setup.columns_read(), setup.codebook()
    absent = [name for name in codebook.variables if name not in fields]
    notices = [*decoded.notices, *_notices(source, setup, absent, layout.data)]
    text = decoded.text.replace("\r\n", "\n").replace("\r", "\n")
    if layout.delimiter:
        layout = replace(layout, delimiter=source.delimiter or layout.delimiter)
        cells = delimited_cells(source, layout, [*fields.values()], text, decoded.encoding)
    else:
        in_bytes = decoded.encoding == "utf-8" and setup.language.program != "SPSS"
        cells = fixed_cells(source, layout, [*fields.values()], text, notices, in_bytes=in_bytes)
    chosen = chosen_columns(source, request, list(fields))
    described = {name: codebook.variables.get(name, Variable(name)) for name in fields}
    variables = merge_variables(described, request.codebook, source)
    rows = slice(None) if request.rows is None else slice(request.rows.start, request.rows.stop)
    read = {name: answers(fields[name], variables[name], cells(fields[name])[rows]) for name in chosen}
    for key in dict.fromkeys(key for each in read.values() for key in each.told):
        told = {name: each.told[key] for name, each in read.items() if key in each.told}
        notices += count_notice(key if "." in key else f"notice.{key}", told)
    shown = "delimited" if layout.delimiter else "fixed columns"
    return microdata_of_columns(
        source,
        request,
        read,
        Codebook({name: each.variable or variables[name] for name, each in read.items()}, title=codebook.title),
        reader=f"{shown}, {setup.language.program} setup file `{setup.name}`, {decoded.encoding}",
        notices=tuple(notices),
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
    said = setup.codebook()
    variables = merge_variables({name: Variable(name) for name in names}, said, source)
    given = request.codebook or Codebook()
    variables = {**given.variables, **merge_variables(variables, request.codebook, source)}
    codebook = replace(given, variables=variables, title=given.title or said.title)
    data = own.load(source, replace(plain, codebook=codebook))
    absent = [name for name in said.variables if name not in names]
    origin = data.codebook.origin
    reader = f"{origin.reader}, labels of the {setup.language.program} setup file `{setup.name}`"
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
    ranged = {key: setup.ranged[labels] for key, labels in setup.sets.items() if labels in setup.ranged}
    ranges = {setup.called[key]: listed(labels, "") for key, labels in ranged.items()}
    return (*notices, *column_notice("setup.absent", absent), *count_notice("setup.ranges", ranges))


Cells: TypeAlias = Callable[[Field], Sequence[str]]


def fixed_cells(
    source: SourceFile, layout: Layout, fields: Sequence[Field], text: str, notices: list[Text], *, in_bytes: bool
) -> Cells:
    """Return a function that cuts the cells of a field out of the lines of a text."""
    lines = text.rstrip("\x1a").rstrip("\n").split("\n")[layout.skip :]
    if len(lines) % layout.records or not any(lines):
        found = f"It has {len(lines):,} lines of data, and its setup file describes cases of {layout.records}."
        raise refused(source, found, _AGAIN)
    # SAS and Stata count columns in bytes; a text in UTF-8 whose lines are all as long in characters was cut in those
    in_bytes = not text.isascii() and (in_bytes or len({len(line.encode()) for line in lines}) == 1)
    if in_bytes := in_bytes and len(set(map(len, lines))) > 1:
        lines = [line.encode().decode("latin-1") for line in lines]
    lengths = np.fromiter(map(len, lines), dtype=np.int64).reshape(-1, layout.records)  # a row a case
    most, last = lengths.max(axis=0), np.zeros(layout.records, dtype=np.int64)
    for each in fields:
        last[each.record] = max(last[each.record], each.start + each.width)
    beyond = [each.name for each in fields if each.start >= most[each.record]]
    if 2 * len(beyond) > len(fields):
        found = f"Its longest line has {most.max():,} characters, and its setup file describes {last.max():,} columns."
        raise refused(source, found, _AGAIN)
    if not text.endswith("\n") and lengths[-1, -1] < lengths[:-1, -1].min(initial=last[-1]):
        found = f"Its last line has {lengths[-1, -1]:,} characters, fewer than all others."
        raise refused(source, found, "The file is cut: copy it again from its source.")
    longer = np.flatnonzero(lengths > last).tolist()
    long = sum(bool(lines[at][last[at % layout.records] :].strip()) for at in longer)
    notices += column_notice("setup.beyond", beyond)
    for key, count in (("setup.short", int((lengths < last).sum())), ("setup.long", long)):
        notices += [WORDS(key, count=count)] if count else []

    def cells(each: Field) -> list[str]:
        cut = [line[each.start : each.start + each.width] for line in lines[each.record :: layout.records]]
        return [cell.encode("latin-1").decode(errors="replace") for cell in cut] if in_bytes else cut

    return cells


def delimited_cells(source: SourceFile, layout: Layout, fields: Sequence[Field], text: str, encoding: str) -> Cells:
    """Return a function that gives the cells of a field of a delimited text, each line of which is a case."""
    mark, below = layout.delimiter, text.split("\n", layout.skip)[-1]
    if layout.merges or len(mark) > 1:  # any of several marks is one tabulator
        between = f"[{re.escape(mark)}]{'+' * layout.merges}"
        below = re.sub(rf'("[^"\n]*")|{between}', lambda found: found[1] or "\t", re.sub("(?m)^ +| +$", "", below))
        mark = "\t"
    dialect = Dialect(encoding, mark, layout.quote or "\0", layout.skip)
    rows = [row for block in record_blocks(source, below, dialect) for row in block]
    width, described = len(rows[0]) if rows else 0, len(fields)
    # a delimiter at the end of each line begins a field that is none
    if width != described and (width != described + 1 or any(row[-1] for row in rows)):
        found = f"Its lines have {width} fields, and its setup file describes {described}."
        raise refused(source, found, _AGAIN)
    return dict(zip(fields, zip(*rows, strict=True), strict=False)).__getitem__


_WRITTEN = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?", re.ASCII)
_LONG = re.compile(r"[-+]?0*[1-9]\d{15,}")  # digits that a number does not hold exactly
_FEW = 20  # words in a column of numbers that may be missing codes


def answers(each: Field, variable: Variable, cells: Sequence[str]) -> Answers:
    """Return the answers of a column; distinct cells are judged once."""
    places, distinct = pd.factorize(np.array(cells, dtype=object))
    words: list[str] = [cell.rstrip() if each.kind == "text" else cell.strip() for cell in distinct]
    storage: Storage = "words"
    told: dict[str, str] = {}
    if each.kind in ("words", "text"):
        return answers_from_values(np.array(words, dtype=object)[places], None, variable)
    if each.kind in ("number", "comma", "dot"):
        # SAS reads the letter of a special missing value without its point
        words = [code if (code := f".{word}".upper()) in variable.missing else word for word in words]
        numbers, counts = _numbers(each, words), np.bincount(places, minlength=len(words))
        odd = [at for at in np.flatnonzero(np.isnan(numbers)).tolist() if words[at] not in ("", ".")]
        others = [at for at in odd if words[at] not in variable.missing]
        lost, long = int(counts[others].sum()), any(map(_LONG.fullmatch, words))
        if not long and len(others) <= _FEW and 2 * lost <= counts[~np.isnan(numbers)].sum() + counts[odd].sum():
            missing: dict[Code, str] = {**dict.fromkeys((words[at] for at in odd), ""), **variable.missing}
            variable = replace(variable, missing=missing)
            letters = np.array([word if at in odd else "" for at, word in enumerate(words)])[places] if odd else None
            told = {"setup.no_numbers": str(lost)} if lost else {}
            told |= {"setup.comma": ""} if each.kind == "number" and "," in "".join(words) else {}
            return replace(answers_from_values(numbers[places], letters, variable), variable=variable, told=told)
        told = {"notice.exact" if long else "setup.words": ""}
    elif each.kind == "open":
        storage, words = "", ["" if word == "." else word for word in words]
    else:
        dated = [iso_moment(word, each.kind) for word in words]
        if None in dated:
            told = {"setup.undated": ""}
        else:
            words = [word or "" for word in dated]
            storage = "time" if each.kind == "clock" else "moment" if "clock" in each.kind else "date"
    read = answers_in(np.array(words, dtype=object)[places], replace(variable, storage=storage), comma=False)
    return replace(read, told={**read.told, **told})


def _numbers(each: Field, words: Sequence[str]) -> NDArray[np.float64]:
    """Return words as numbers, implied decimals put in; NaN for what is none."""
    if each.kind != "number":
        words = [word.strip("$%€ ").replace("." if each.kind == "dot" else ",", "") for word in words]
    words = [word.replace(",", ".", 1) for word in words]
    numbers = np.array([float(word) if _WRITTEN.fullmatch(word) else np.nan for word in words], dtype=np.float64)
    if each.decimals:
        marked = np.array([not set(".eE").isdisjoint(word) for word in words], dtype=bool)
        numbers = np.where(marked, numbers, numbers / 10.0**each.decimals)
    return np.where(np.isinf(numbers), np.nan, numbers / 10.0**each.divided)


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY = {"d": r"(?P<d>\d\d?)", "m": rf"(?P<m>\d\d?|(?:{'|'.join(_MONTHS)})[a-z]*)", "y": r"(?P<y>\d{4})"}
_THEN = r"(?:\W+|(?=[^\W\d])|(?<=[^\W\d]))"  # between a number and a word no mark is needed
_CLOCK = r"(?P<hour>\d\d?)\W(?P<minute>\d\d)(?:\W(?P<second>\d\d(?:\.\d{1,6})?))?"


def iso_moment(word: str, kind: str) -> str | None:
    """Return a day, a moment or a time of day as ISO writes it; None where it is not clear (two digits of a year)."""
    order, clock = kind.removesuffix("clock").strip(), _CLOCK if "clock" in kind else ""
    if order and re.match(r"\d{8}(?!\d)", word):
        word = "-".join((word[:4], word[4:6], word[6:]) if order == "ymd" else (word[:2], word[2:4], word[4:]))
    day = _THEN.join(_DAY[part] for part in order)
    found = re.fullmatch(rf"{day}(?:\W+|T){clock}" if day and clock else day or clock, word, re.IGNORECASE)
    if found is None or not word:
        return None if word else ""
    said = {name: (part or "0").zfill(2) for name, part in found.groupdict().items()}
    if order and not said["m"].isdigit():
        said["m"] = f"{_MONTHS.index(said['m'][:3].lower()) + 1:02}"
    pieces = ("{y}-{m}-{d}" if order else "", "{hour}:{minute}:{second}" if clock else "")
    return " ".join(filter(None, pieces)).format(**said)
