"""The syntax files that LimeSurvey writes beside data for R and SPSS: read as text, never run."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from diplab.loaders.answers.numbers import NUMBER
from diplab.loaders.limesurvey.load import is_private, standard_variable
from diplab.loaders.limesurvey.structure import LimeSurveyQuestionnaire
from diplab.loaders.questionnaire import FormColumns, strip_html
from diplab.loaders.setup_files.layout import Draft, Field, Layout
from diplab.loaders.setup_files.load import Notes, delimited_rows, iso_moment
from diplab.loaders.setup_files.spss import LIMESURVEY_GRAMMAR, read_spss
from diplab.loaders.source import Request, SourceFile, open_source, refused
from diplab.loaders.text.encoding import decode
from diplab.loaders.text.recognition import syntax_beside
from diplab.loaders.text.records import Dialect, records
from diplab.microdata.microdata import Microdata
from diplab.microdata.multiple_response import Responses
from diplab.microdata.variable import Code, Measure, Storage, Variable, as_code
from diplab.reference.text import Text

_LIST = r'c\(((?:"(?:[^"\\]|\\.)*"|[^")])*)\)'
_R_KIND = re.compile(r"# LimeSurvey Field type: *(\S+)")
_R_STORED = re.compile(r"data\[, *(\d{1,6})\] *<- *as\.(\w+)\(.*")
_R_LABEL = re.compile(r'attributes\(data\)\$variable\.labels\[(\d{1,6})\] *<- *"((?:[^"\\]|\\.)*)" *')
_R_FACTOR = re.compile(
    r"data\[, *(\d{1,6})\] *<- *factor\(data\[, *\d{1,6}\], *levels=" + _LIST + r", *labels=" + _LIST + r"\) *"
)
_R_NAME = re.compile(r'names\(data\)\[(\d{1,6})\] *<- *"((?:[^"\\]|\\.)*)" *')
_R_ITEM = re.compile(r'"((?:[^"\\]|\\.)*)"|([^",\s]+)')
_ESCAPE = re.compile(r"\\(.)")


@dataclass(frozen=True)
class SyntaxVariable:
    """What a syntax file says of one column."""

    name: str  # name of the variable
    kind: str = ""  # LimeSurvey's kind of field: `F` a number, `A` words, `DATETIME23.2` a moment
    label: str = ""  # label of the variable
    values: dict[Code, str] = field(default_factory=dict)  # labels of the answers
    level: str = ""  # level of measurement, where it is said: `nominal`, `ordinal`, `scale`
    missing: tuple[Code, ...] = ()  # codes declared missing


def r_syntax(source: SourceFile, text: str) -> list[SyntaxVariable]:
    """Return what an R syntax file of LimeSurvey says of each column, in order."""
    columns: dict[int, SyntaxVariable] = {}
    kind = ""
    for line in map(str.strip, text.splitlines()):
        if match := _R_KIND.fullmatch(line):
            kind = match.group(1)
        elif match := _R_STORED.fullmatch(line):
            _update(columns, int(match.group(1)), kind=kind or ("F" if match.group(2) == "numeric" else "A"))
            kind = ""
        elif match := _R_LABEL.fullmatch(line):
            _update(columns, int(match.group(1)), label=strip_html(_unescaped(match.group(2))))
        elif match := _R_NAME.fullmatch(line):
            _update(columns, int(match.group(1)), name=_unescaped(match.group(2)).strip())
        elif match := _R_FACTOR.fullmatch(line):
            levels, labels = _items(match.group(2)), [str(each) for each in _items(match.group(3))]
            if len(levels) != len(labels):
                found = f"It gives the column {match.group(1)} {len(levels)} levels and {len(labels)} labels."
                raise refused(source, found, "Export the data and their R syntax anew from LimeSurvey.")
            _update(columns, int(match.group(1)), values=dict(zip(levels, map(strip_html, labels), strict=True)))
    return _check_names(source, [columns[place] for place in sorted(columns)])


def spss_syntax(source: SourceFile, text: str) -> list[SyntaxVariable]:
    """Return what an SPSS syntax file says of each column, in order."""
    draft = Draft("SPSS")
    read_spss(draft, text, LIMESURVEY_GRAMMAR)
    setup = draft.finished(source.path.name)
    columns: list[SyntaxVariable] = []
    for each in () if setup.layout is None else setup.layout.fields:
        known = setup.codebook.variables.get(each.name, Variable(each.name))
        labels = {**{code: words.en for code, words in known.values.items()}, **known.missing}
        columns.append(
            SyntaxVariable(
                each.name,
                {"text": "A", "dmy clock": "DATETIME"}.get(each.kind, "F"),
                strip_html(_unescaped(known.label.en)),
                {code: strip_html(_unescaped(words)) for code, words in labels.items()},
                known.measure,
                tuple(known.missing),
            )
        )
    return _check_names(source, columns)


def _check_names(source: SourceFile, columns: list[SyntaxVariable]) -> list[SyntaxVariable]:
    columns = [each for each in columns if each.name]
    twice = [name for name, count in Counter(each.name for each in columns).items() if count > 1]
    if not columns:
        found = "It names no column as LimeSurvey's syntax files do."
        raise refused(source, found, "Write the syntax file that LimeSurvey exported with the data.")
    if twice:
        raise refused(source, f"It names two columns `{twice[0]}`.", "Give each column a name of its own.")
    return columns


def _update(columns: dict[Any, SyntaxVariable], key: int | str, **changes: object) -> None:
    """Add to what is known of a column: by its place in a syntax of R, by its name in one of SPSS."""
    known = columns.get(key) or SyntaxVariable(key if isinstance(key, str) else "")
    columns[key] = replace(known, **changes)  # type: ignore[arg-type]


def _items(words: str) -> list[Code]:
    """Return what `c(...)` holds: words in quotation marks, numbers without."""
    items = _R_ITEM.findall(words)
    return [as_code(float(bare)) if NUMBER.fullmatch(bare) else bare or _unescaped(quoted) for quoted, bare in items]


def _unescaped(words: str) -> str:
    return _ESCAPE.sub(r"\1", words)


_BRACKETS = re.compile(r"((?:\[[^\[\]]*\] ?)+)(.*)", re.DOTALL)
_LEVELS: dict[str, Measure] = {"nominal": "nominal", "ordinal": "ordinal", "scale": "scale"}


def read_with_syntax(source: SourceFile, request: Request) -> Microdata:
    """Read data that LimeSurvey exported for R (`.csv` with `.R`) or for SPSS (`.dat` with `.sps`)."""
    # the syntax, given as structure or beside under its usual name, is read as text and never run
    path = request.structure or syntax_beside(source.path)
    if path is None:
        found = "It holds data without the names of its columns, which their SPSS syntax (.sps) would give."
        raise refused(source, found, f'Write `read("{source.path.name}", structure="...sps")`.')
    syntax = open_source(path)
    words = decode(syntax).text
    described = (spss_syntax if syntax.suffix == ".sps" else r_syntax)(syntax, words)
    rows, dialect, described = _rows(source, syntax, described)
    form = FormColumns()
    for place, each in enumerate(described):
        variable, cells = _variable(each), [row[place] for row in rows]
        if variable.storage == "moment":
            # for SPSS, LimeSurvey puts the day before the month and the year
            cells = [iso_moment(cell.strip(), "dmy clock") or cell for cell in cells]
        form.add(variable, np.array(cells, dtype=object))
    form.sets = _sets(form.variables)
    form.leave_out(source, request, [name for name in form.cells if is_private(name)])
    return form.microdata(source, request, f"LimeSurvey data with `{syntax.path.name}`, {dialect}")


def _rows(
    source: SourceFile, syntax: SourceFile, described: list[SyntaxVariable]
) -> tuple[list[list[str]], Dialect, list[SyntaxVariable]]:
    """Return the records of the data, and what is said of each of their columns, in their order."""
    decoded = decode(source)
    text, dialect = decoded.text, Dialect(decoded.encoding, ",")
    if source.suffix == ".dat":
        fields = tuple(Field(each.name) for each in described)
        rows = delimited_rows(source, Layout(fields, "lines", ",", "'", short=False), text, Notes())
        width = len(described)
    else:
        header, rows = records(source, text, dialect, repeated=True)
        width = len(header)
        by_name = {each.name: each for each in described}
        if set(header) <= set(by_name):
            described = [by_name[name] for name in header]
    if width != len(described):
        found = f"It has {width} columns, and its syntax `{syntax.path.name}` describes {len(described)}."
        raise refused(source, found, "Export the data and their syntax anew from LimeSurvey, together.")
    return rows, dialect, described


def _variable(described: SyntaxVariable) -> Variable:
    own = standard_variable(described.name, LimeSurveyQuestionnaire())
    if own is not None:
        return own
    label, question, part_of = described.label, described.label, ""
    bracketed = _BRACKETS.fullmatch(label)
    if bracketed is not None and bracketed[2]:
        items = re.findall(r"\[([^\[\]]*)\]", bracketed[1])
        label, question = " – ".join(items), bracketed[2]
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
    items: dict[str, list[str]] = {}
    for each in variables.values():
        if each.part_of and set(each.values) == {0, 1}:
            items.setdefault(each.part_of, []).append(each.name)
    return {name: Responses(name, boxes, label=variables[boxes[0]].question) for name, boxes in items.items()}
