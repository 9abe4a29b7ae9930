"""The syntax files that LimeSurvey writes beside data for R and SPSS: read as text, never run."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np

from diplab.loaders.answers.numbers import NUMBER
from diplab.loaders.limesurvey.load import is_private, standard_variable
from diplab.loaders.limesurvey.structure import LimeSurveyQuestionnaire
from diplab.loaders.notices import column_notice
from diplab.loaders.questionnaire import FormColumns, strip_html
from diplab.loaders.setup_files.layout import Setup
from diplab.loaders.setup_files.load import iso_moment
from diplab.loaders.setup_files.spss import LIMESURVEY
from diplab.loaders.source import Request, SourceFile, open_source, refused, repeated_names
from diplab.loaders.text.dialect import Dialect
from diplab.loaders.text.encoding import decode
from diplab.loaders.text.recognition import syntax_beside
from diplab.loaders.text.records import record_blocks, records
from diplab.microdata.microdata import Microdata
from diplab.microdata.multiple_response import Responses
from diplab.microdata.variable import Code, Measure, Storage, Variable, as_code
from diplab.reference.text import Text

_LIST = r'c\(((?:"(?:[^"\\]|\\.)*"|[^")])*)\)'
_R_KIND = re.compile(r"# LimeSurvey Field type: *(\S+)")
_R_STORED = re.compile(r"data\[, *(\d{1,6})\] *<- *as\.(\w+)\(.*")
_R_LABEL = re.compile(
    r'attributes\(data\)\$variable\.labels\[(\d{1,6})\] *<- *"((?:[^"\\]|\\.)*)" *'
)
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


def r_syntax(source: SourceFile, text: str) -> list[Variable]:
    """Return what an R syntax file of LimeSurvey says of each column, in order."""
    columns: defaultdict[int, Variable] = defaultdict(lambda: Variable(""))
    kind = ""

    def add(found: re.Match[str], **changes: Any) -> None:
        columns[int(found[1])] = replace(columns[int(found[1])], **changes)

    for line in map(str.strip, text.splitlines()):
        if match := _R_KIND.fullmatch(line):
            kind = match[1]
        elif match := _R_STORED.fullmatch(line):
            add(match, storage=_storage(kind or ("F" if match[2] == "numeric" else "A")))
            kind = ""
        elif match := _R_LABEL.fullmatch(line):
            add(match, label=_words(match[2]))
        elif match := _R_NAME.fullmatch(line):
            add(match, name=_unescaped(match[2]).strip())
        elif match := _R_FACTOR.fullmatch(line):
            levels, labels = _items(match[2]), _items(match[3])
            if len(levels) != len(labels):
                found = (
                    f"It gives the column {match[1]} {len(levels)} levels and {len(labels)} labels."
                )
                raise refused(
                    source, found, "Export the data and their R syntax again from LimeSurvey."
                )
            add(
                match,
                values={
                    code: _words(str(words)) for code, words in zip(levels, labels, strict=True)
                },
            )
    return _check_names(source, [columns[place] for place in sorted(columns)])


def _storage(kind: str) -> Storage:
    """Return the storage of a LimeSurvey type: `F` numbers, `A` words, `DATETIME23.2` datetimes."""
    if kind == "A":
        return "words"
    if kind.startswith(("DATE", "SDATE")):
        return "moment"
    return ""


def _words(written: str) -> Text:
    return Text.same(strip_html(_unescaped(written)))


def spss_syntax(source: SourceFile, text: str) -> list[Variable]:
    """Return what an SPSS syntax file says of each column, in order."""
    setup = Setup(LIMESURVEY, source.path.name)
    setup.follow(text)
    known, columns = setup.codebook().variables, list[Variable]()
    for item in setup.columns_read().values():
        variable = known.get(item.name, Variable(item.name))
        columns.append(
            replace(
                variable,
                label=_words(variable.label.en),
                values={code: _words(words.en) for code, words in variable.values.items()},
                missing={code: _words(why).en for code, why in variable.missing.items()},
                storage=_storage({"text": "A", "dmy clock": "DATETIME"}.get(item.kind, "F")),
            )
        )
    return _check_names(source, columns)


def _check_names(source: SourceFile, columns: list[Variable]) -> list[Variable]:
    columns = [column for column in columns if column.name]
    twice = repeated_names(column.name for column in columns)
    if not columns:
        found = "It names no column as LimeSurvey's syntax files do."
        raise refused(
            source, found, "Write the syntax file that LimeSurvey exported with the data."
        )
    if twice:
        raise refused(
            source, f"It names two columns `{twice[0]}`.", "Give each column a distinct name."
        )
    return columns


def _items(words: str) -> list[Code]:
    """Return what `c(...)` holds: words in quotation marks, numbers without."""
    items = _R_ITEM.findall(words)
    return [
        as_code(float(bare)) if NUMBER.fullmatch(bare) else bare or _unescaped(quoted)
        for quoted, bare in items
    ]


def _unescaped(words: str) -> str:
    return _ESCAPE.sub(r"\1", words)


_BRACKETS = re.compile(r"((?:\[[^\[\]]*\] ?)+)(.*)", re.DOTALL)


def read_with_syntax(source: SourceFile, request: Request) -> Microdata:
    """Read data exported by LimeSurvey for R (`.csv` with `.R`) or SPSS (`.dat` with `.sps`)."""
    # the syntax, given as structure or beside under its usual name, is read as text and never run
    path = request.structure or syntax_beside(source.path)
    if path is None:
        found = (
            "It holds data without the names of its columns, which their SPSS syntax (.sps) would "
            "give."
        )
        raise refused(source, found, f'Write `read("{source.path.name}", structure="...sps")`.')
    syntax = open_source(path)
    words = decode(syntax).text
    described = (spss_syntax if syntax.suffix == ".sps" else r_syntax)(syntax, words)
    known = set()
    for item in described:
        known.add(item.name)
    rows, dialect, described = _rows(source, syntax, described)
    undescribed = list[str]()
    for item in described:
        if item.name not in known:
            undescribed.append(item.name)
    form = FormColumns()
    for position, item in enumerate(described):
        variable, cells = _variable(item), [row[position] for row in rows]
        if variable.storage == "moment":
            # for SPSS, LimeSurvey puts the day before the month and the year
            cells = [iso_moment(cell.strip(), "dmy clock") or cell for cell in cells]
        form.add(variable, np.array(cells, dtype=object))
    form.sets = _sets(form.variables)
    form.notices += column_notice("limesurvey.undescribed", undescribed, syntax=syntax.path.name)
    form.leave_out(source, request, [name for name in form.cells if is_private(name)])
    return form.microdata(source, request, f"LimeSurvey data with `{syntax.path.name}`, {dialect}")


def _rows(
    source: SourceFile, syntax: SourceFile, described: list[Variable]
) -> tuple[list[list[str]], Dialect, list[Variable]]:
    """Return the records of the data, and what is said of each of their columns, in their order."""
    decoded = decode(source)
    text, dialect = decoded.text, Dialect(decoded.encoding, ",")
    if source.suffix == ".dat":
        dialect = replace(dialect, quote="'")
        rows = [*chain.from_iterable(record_blocks(source, text, dialect, headed=False))]
        width = len(rows[0])
    else:
        header, rows = records(source, text, dialect, repeated=True)
        width = len(header)
        described = _of_columns(header, described)
    if width != len(described):
        found = (
            f"It has {width} columns, and its syntax `{syntax.path.name}` describes "
            f"{len(described)}."
        )
        write = "Export the data and their syntax again from LimeSurvey, together"
        alone = "."
        if source.suffix == ".csv":
            alone = ', or write `file_format="limesurvey"` to read the data alone.'
        raise refused(source, found, write + alone)
    return rows, dialect, described


def _of_columns(header: list[str], described: list[Variable]) -> list[Variable]:
    """Return what is said of each column of a text.

    Those of which nothing is said have their name alone.
    """
    by_name = {item.name: item for item in described}
    named = list[str]()
    for name in header:
        if name in by_name:
            named.append(name)
    if len(named) == len(header) or (
        len(header) != len(described) and 2 * len(named) >= len(described)
    ):
        found = list(map(by_name.get, header))
    elif len(header) > len(described) and _agree(header, described):
        # as R does, by their places: times and equations come last
        found = [*described, *[None] * (len(header) - len(described))]
    else:
        return described
    taken = {item.name for item in found if item is not None}
    columns = list[Variable]()
    for name, item in zip(header, found, strict=True):
        own, number = name, 2
        while item is None and own in taken:
            own, number = f"{name}_{number}", number + 1
        taken.add(own)
        columns.append(item or Variable(own))
    return columns


def _agree(header: list[str], described: list[Variable]) -> bool:
    """Return whether headings in words match the columns described at the same positions."""
    headings = list(map(_bag, header))
    labels = [{_bag(item.name), _bag(item.label.en)} for item in described]
    there = list[bool]()
    for heading, said in zip(headings, labels, strict=False):
        there.append(heading in said)
    elsewhere = [said & {*headings} for fits, said in zip(there, labels, strict=True) if not fits]
    return 2 * sum(there) >= len(described) and not any(elsewhere)


def _bag(words: str) -> frozenset[str]:
    """Return the words of a heading: of an item and its question, either may come first."""
    return frozenset(re.findall(r"\w+", words.casefold()))


def _variable(described: Variable) -> Variable:
    own = standard_variable(described.name, LimeSurveyQuestionnaire())
    if own is not None:
        return own
    label, question, part_of = described.label, described.label, ""
    bracketed = _BRACKETS.fullmatch(label.en)
    if bracketed is not None and bracketed[2]:
        items = re.findall(r"\[([^\[\]]*)\]", bracketed[1])
        label, question = Text.same(" – ".join(items)), Text.same(bracketed[2])
        part_of = described.name.partition("_")[0]
    measure: Measure = "scale"
    if described.values or described.storage == "words":
        measure = "nominal"
    return replace(
        described,
        label=label,
        question=question,
        values={
            code: words if words.en else Text.same(str(code))
            for code, words in described.values.items()
        },
        measure=measure if described.measure == "unknown" else described.measure,
        part_of=part_of,
    )


def _sets(variables: dict[str, Variable]) -> dict[str, Responses]:
    """Return the multiple choices: items of one question that are each 1 or 0."""
    items: dict[str, list[str]] = {}
    for variable in variables.values():
        if variable.part_of and set(variable.values) == {0, 1}:
            items.setdefault(variable.part_of, []).append(variable.name)
    sets: dict[str, Responses] = {}
    for name, boxes in items.items():
        sets[name] = Responses(name, boxes, label=variables[boxes[0]].question)
    return sets
