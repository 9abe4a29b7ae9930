"""The syntax files that LimeSurvey writes beside data for R and SPSS: read as text, never run."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from diplab.loaders.cells import microdata_of_cells
from diplab.loaders.codebook_merge import left_out, plain_words
from diplab.loaders.limesurvey.headers import private_columns, standard_variable
from diplab.loaders.limesurvey.structure import Questionnaire
from diplab.loaders.source import open_source, refused
from diplab.loaders.text.dialect import Dialect, decoded, records
from diplab.microdata.codebook import Codebook
from diplab.microdata.responses import Responses
from diplab.microdata.variable import Variable
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from diplab.loaders.request import Request
    from diplab.loaders.source import SourceFile
    from diplab.microdata.microdata import Microdata
    from diplab.microdata.variable import Code, Measure, Storage

__all__ = ["Described", "has_syntax", "r_syntax", "read_with_syntax", "spss_syntax"]


_LIST = r'c\(((?:"(?:[^"\\]|\\.)*"|[^")])*)\)'
_R_KIND = re.compile(r"# LimeSurvey Field type: *(\S+)")
_R_STORED = re.compile(r"data\[, *(\d{1,6})\] *<- *as\.(\w+)\(.*")
_R_LABEL = re.compile(r'attributes\(data\)\$variable\.labels\[(\d{1,6})\] *<- *"((?:[^"\\]|\\.)*)" *')
_R_FACTOR = re.compile(
    r"data\[, *(\d{1,6})\] *<- *factor\(data\[, *\d{1,6}\], *levels="
    + _LIST
    + r", *labels="
    + _LIST
    + r"\) *"
)
_R_NAME = re.compile(r'names\(data\)\[(\d{1,6})\] *<- *"((?:[^"\\]|\\.)*)" *')
_R_ITEM = re.compile(r'"((?:[^"\\]|\\.)*)"|([^",\s]+)')
_ESCAPE = re.compile(r"\\(.)")

_COMMENT = re.compile(r"(?m)^[ \t]*\*[^\n]*$")
# A quotation that is never closed takes the rest, so that no text is read twice.
_TOKEN = re.compile(
    r'"(?:[^"\\]|\\.|"")*"|\'(?:[^\']|\'\')*\'|["\'][\s\S]*|[^\s"\'()=+/.,]+(?:\.[^\s"\'()=+/.,]+)*|[()=+/.,]'
)
_MISSING_AT_MOST = 1000


@dataclass(frozen=True)
class Described:
    """What a syntax file says of one column.

    Parameters
    ----------
    name : str
        Name of the variable.
    kind : str
        LimeSurvey's kind of field: `F` a number, `A` words, `DATETIME23.2` a moment.
    label : str
        Label of the variable.
    values : mapping of code to str
        Labels of the answers.
    level : str
        Level of measurement, where it is said: `nominal`, `ordinal`, `scale`.
    missing : tuple of code
        Codes declared missing.
    """

    name: str
    kind: str = ""
    label: str = ""
    values: dict[Code, str] = field(default_factory=dict)
    level: str = ""
    missing: tuple[Code, ...] = ()


def r_syntax(source: SourceFile, text: str) -> list[Described]:
    """Return what an R syntax file of LimeSurvey says of each column, in order.

    Raises
    ------
    LoadError
        Where it names no column, or gives a column other than as many labels as levels.
    """
    found: dict[int, Described] = {}
    kind = ""
    for line in map(str.strip, text.splitlines()):
        if said := _R_KIND.fullmatch(line):
            kind = said.group(1)
        elif said := _R_STORED.fullmatch(line):
            stored = kind or ("F" if said.group(2) == "numeric" else "A")
            _put(found, said.group(1), kind=stored)
            kind = ""
        elif said := _R_LABEL.fullmatch(line):
            _put(found, said.group(1), label=plain_words(_unescaped(said.group(2))))
        elif said := _R_NAME.fullmatch(line):
            _put(found, said.group(1), name=_unescaped(said.group(2)).strip())
        elif said := _R_FACTOR.fullmatch(line):
            levels, labels = _items(said.group(2)), [str(each) for each in _items(said.group(3))]
            if len(levels) != len(labels):
                raise refused(
                    source,
                    f"It gives the column {said.group(1)} {len(levels)} levels and {len(labels)} labels.",
                    "Export the data and their R syntax anew from LimeSurvey.",
                )
            _put(found, said.group(1), values=dict(zip(levels, map(plain_words, labels), strict=True)))
    return _complete(source, [found[place] for place in sorted(found)])


def spss_syntax(source: SourceFile, text: str) -> list[Described]:
    """Return what an SPSS syntax file says of each column, in order.

    The variables listed by `GET DATA`, `VARIABLE LABELS`, `VALUE LABELS`, `MISSING VALUES`, `VARIABLE LEVEL` and
    `RENAME VARIABLES` are read, and the rest is left alone.

    Raises
    ------
    LoadError
        Where it names no column.
    """
    found: dict[str, Described] = {}
    for words in _statements(_COMMENT.sub("", text)):
        match [each.upper() for each in words[:2]]:
            case ["GET", "DATA"]:
                found |= _listed(words)
            case ["VARIABLE", "LABELS"]:
                for name, label in zip(words[2::2], words[3::2], strict=False):
                    _say(found, name, label=plain_words(_string(label)))
            case ["VALUE", "LABELS"] if len(words) > 2:
                codes = [_code(each) for each in words[3::2]]
                labels = [plain_words(_string(each)) for each in words[4::2]]
                _say(found, words[2], values=dict(zip(codes, labels, strict=False)))
            case ["MISSING", "VALUES"] if len(words) > 2:
                codes = [_code(each) for each in words[3:_MISSING_AT_MOST] if each not in "(),"]
                _say(found, words[2], missing=tuple(codes))
            case ["VARIABLE", "LEVEL"] if len(words) > 4:
                _say(found, words[2], level=words[4].lower())
            case ["RENAME", "VARIABLE" | "VARIABLES"] if len(words) > 5:
                _say(found, words[3], name=words[5])
            case _:
                pass
    return _complete(source, list(found.values()))


def _complete(source: SourceFile, found: list[Described]) -> list[Described]:
    named = [each for each in found if each.name]
    twice = [name for name, count in Counter(each.name for each in named).items() if count > 1]
    if not named:
        found_no = "It names no column as LimeSurvey's syntax files do."
        raise refused(source, found_no, "Write the syntax file that LimeSurvey exported with the data.")
    if twice:
        raise refused(source, f"It names two columns `{twice[0]}`.", "Give each column a name of its own.")
    return named


def _put(found: dict[int, Described], place: str, **changes: object) -> None:
    number = int(place)
    found[number] = replace(found.get(number, Described("")), **changes)  # type: ignore[arg-type]


def _say(found: dict[str, Described], variable: str, **changes: object) -> None:
    found[variable] = replace(found.get(variable, Described(variable)), **changes)  # type: ignore[arg-type]


def _items(words: str) -> list[Code]:
    """Return what `c(...)` holds: words in quotation marks, numbers without."""
    return [_code(bare) if bare else _unescaped(quoted) for quoted, bare in _R_ITEM.findall(words)]


def _unescaped(words: str) -> str:
    return _ESCAPE.sub(r"\1", words)


def _statements(text: str) -> Iterator[list[str]]:
    """Return the statements of SPSS as words: quotations kept with their marks, those joined by `+` made one."""
    words: list[str] = []
    joins = False
    for said in _TOKEN.finditer(text):
        word = said.group()
        if word == "." and words:
            yield words
            words = []
        elif word == "+":
            joins = True
            continue
        elif joins and words and word[0] in "\"'" and words[-1][0] == word[0]:
            words[-1] = words[-1][:-1] + word[1:]
        elif word != ".":
            words.append(word)
        joins = False
    if words:
        yield words


def _listed(words: list[str]) -> dict[str, Described]:
    """Return the variables that `GET DATA ... /VARIABLES=` lists."""
    upper = [each.upper() for each in words]
    if "VARIABLES" not in upper:
        return {}
    names = words[upper.index("VARIABLES") + 1 :]
    pairs = [each for each in names if each != "="]
    return {
        name: Described(name, kind=kind.upper().rstrip("0123456789.") if kind[0] in "aAfF" else kind.upper())
        for name, kind in zip(pairs[::2], pairs[1::2], strict=False)
    }


def _string(word: str) -> str:
    """Return what a quotation says: SPSS doubles the mark within, LimeSurvey puts a backslash before it."""
    mark = word[0]
    if mark not in "\"'" or len(word) < 2 or word[-1] != mark:
        return word.strip("\"'")
    inner = word[1:-1].replace(mark * 2, mark)
    return _unescaped(inner) if mark == '"' else inner


def _code(word: str) -> Code:
    """Return a code as it is written: words in quotation marks, whole numbers without."""
    if word[0] in "\"'":
        return _string(word)
    try:
        number = float(word) if len(word) < 20 else float("nan")
    except ValueError:
        return word
    if number != number:  # noqa: PLR0124  (not a number)
        return word
    return int(number) if number.is_integer() else number


_SUFFIXES = {".csv": ".R", ".dat": ".sps"}
_SYNTAX = (".r", ".sps")
_DAY = re.compile(r"(\d\d)-(\d\d)-(\d{4})(.*)", re.DOTALL)
_BRACKETS = re.compile(r"((?:\[[^\[\]]*\] ?)+)(.*)", re.DOTALL)
_LEVELS: dict[str, Measure] = {"nominal": "nominal", "ordinal": "ordinal", "scale": "scale"}


def has_syntax(source: SourceFile, request: Request) -> bool:
    """Return whether a file is data of LimeSurvey for R or SPSS: its syntax file is given, or lies beside it."""
    if request.structure is not None:
        return request.structure.suffix.lower() in _SYNTAX
    return source.suffix == ".dat" or _beside(source.path) is not None


def read_with_syntax(source: SourceFile, request: Request) -> Microdata:
    """Read data that LimeSurvey exported for R (`.csv` with `.R`) or for SPSS (`.dat` with `.sps`).

    The syntax file is the one given as structure, or the one beside under LimeSurvey's name for it
    (`survey_782678_R_syntax_file.R`). It is read as text and never run. Multiple choices are 1 and 0, and missing
    where the question was not asked; they make sets.

    Parameters
    ----------
    source : SourceFile
        The data.
    request : Request
        Syntax file as structure, codebook, columns and rows; `private` keeps access codes and addresses.

    Raises
    ------
    LoadError
        Where there is no syntax file, it is not one of LimeSurvey's, or it describes other columns.
    ColumnError
        Where one of the columns asked for is not in the file.
    """
    path = request.structure or _beside(source.path)
    if path is None:
        raise refused(
            source,
            "It holds data without the names of its columns, which their SPSS syntax (.sps) would give.",
            f'Write `read("{source.path.name}", structure="...sps")`.',
        )
    syntax = open_source(path)
    words, _ = decoded(syntax)
    described = (spss_syntax if syntax.suffix == ".sps" else r_syntax)(syntax, words)
    rows, dialect, described = _rows(source, syntax, described)
    columns = {each.name: place for place, each in enumerate(described)}
    private = private_columns(source, request, {name: name for name in columns})
    kept = [each for each in described if each.name not in private]
    cells = {each.name: np.array([row[columns[each.name]] for row in rows], dtype=object) for each in kept}
    variables = {each.name: _variable(each) for each in kept}
    cells |= {name: _moments(cells[name]) for name, each in variables.items() if each.storage == "moment"}
    return microdata_of_cells(
        source,
        request,
        cells,
        Codebook(variables, sets=_sets(variables)),
        reader=f"LimeSurvey data with `{syntax.path.name}`, {dialect}",
        notices=left_out(private),
    )


def _beside(path: Path) -> Path | None:
    """Return the syntax file that lies beside data under LimeSurvey's name."""
    suffix = _SUFFIXES.get(path.suffix.lower(), "")
    if not suffix or "data_file" not in path.stem:
        return None
    beside = path.with_name(path.stem.replace("data_file", "syntax_file") + suffix)
    return beside if beside.is_file() else None


def _rows(
    source: SourceFile, syntax: SourceFile, described: list[Described]
) -> tuple[list[list[str]], Dialect, list[Described]]:
    """Return the records of the data, and what is said of each of their columns, in their order."""
    text, encoding = decoded(source)
    dialect = Dialect(encoding, ",")
    if source.suffix == ".dat":
        rows = _quoted_records(source, text)
        width = len(rows[0]) if rows else len(described)
    else:
        header, rows = records(source, text, dialect, repeated=True)
        width = len(header)
        by_name = {each.name: each for each in described}
        if set(header) <= set(by_name):
            described = [by_name[name] for name in header]
    if width != len(described):
        raise refused(
            source,
            f"It has {width} columns, and its syntax `{syntax.path.name}` describes {len(described)}.",
            "Export the data and their syntax anew from LimeSurvey, together.",
        )
    return rows, dialect, described


def _quoted_records(source: SourceFile, text: str) -> list[list[str]]:
    """Return the records of data for SPSS: no header, commas, words in single quotation marks."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=",", quotechar="'", strict=True)
    rows: list[list[str]] = []
    again = "Export the data and their syntax anew from LimeSurvey, together."
    try:
        for row in reader:
            if rows and row and len(row) != len(rows[0]):
                found = (
                    f"Its line {reader.line_num} has {len(row)} fields where the first has {len(rows[0])}."
                )
                raise refused(source, found, again)
            if row:
                rows.append(row)
    except csv.Error as broken:
        raise refused(source, f"Its line {reader.line_num} cannot be read: {broken}.", again) from broken
    return rows


def _variable(described: Described) -> Variable:
    own = standard_variable(described.name, Questionnaire())
    if own is not None:
        return own
    label = question = described.label
    part_of = ""
    bracketed = _BRACKETS.fullmatch(described.label)
    if bracketed is not None and bracketed.group(2):
        items = re.findall(r"\[([^\[\]]*)\]", bracketed.group(1))
        label, question = " – ".join(items), bracketed.group(2)
        part_of = described.name.partition("_")[0]
    storage: Storage = "words" if described.kind == "A" else ""
    if described.kind.startswith(("DATE", "SDATE")):
        storage = "moment"
    measure: Measure = "nominal" if described.values or storage == "words" else "scale"
    return Variable(
        described.name,
        label=Text.same(label),
        question=Text.same(question),
        values={code: Text.same(words or str(code)) for code, words in described.values.items()},
        measure=_LEVELS.get(described.level, measure),
        missing={code: described.values.get(code, "") for code in described.missing},
        part_of=part_of,
        storage=storage,
    )


def _sets(variables: dict[str, Variable]) -> dict[str, Responses]:
    """Return the multiple choices: items of one question that are each 1 or 0."""
    items: dict[str, list[Variable]] = {}
    for each in variables.values():
        if each.part_of and set(each.values) == {0, 1}:
            items.setdefault(each.part_of, []).append(each)
    return {
        name: Responses(name, [each.name for each in members], label=members[0].question)
        for name, members in items.items()
    }


def _moments(cells: NDArray[Any]) -> NDArray[Any]:
    """Return moments as ISO 8601 writes them: for SPSS, LimeSurvey puts the day before the month and the year."""
    places, distinct = pd.factorize(cells)
    written = []
    for word in distinct:
        day = _DAY.fullmatch(str(word).strip())
        written.append(f"{day.group(3)}-{day.group(2)}-{day.group(1)}{day.group(4)}" if day else word)
    return np.array(written, dtype=object)[places] if written else cells
