"""DDI Codebook, the language in which archives describe surveys (version 2.5; 1.2 to 2.1 are read too).

What a file of DDI holds: title; file, checksum and reader; sections of the questionnaire; questions with several
answers; for each variable its name, label, question, answers, measure, missing codes and ranges with their reasons,
in every language. What it has no element for (`storage`, `languages`, steps, notices) is in notes of type `diplab`,
which other programs show as they are. What it loses: `Codebook.reasons`, since counts of answers are written only with
`data`; a sign that XML cannot hold (a control sign, half a pair), which becomes a mark.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

import pandas as pd

from diplab.errors import LoadError, OptionError
from diplab.loaders.codebooks.ddi_variables import (
    LANGUAGE,
    Wordings,
    note_elements,
    parse_json,
    variable_in,
    variable_lines,
    wording_elements,
    xml_element,
)
from diplab.loaders.codebooks.file import refused_codebook
from diplab.loaders.limits import parsed_xml
from diplab.loaders.source import new_file, open_source
from diplab.microdata.codebook import Codebook, Origin
from diplab.microdata.disclosure import disclose
from diplab.microdata.history import Step, StepKind
from diplab.microdata.multiple_response import Responses
from diplab.microdata.variable import Variable
from diplab.reference.text import NOTHING, Text, Words

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from diplab.microdata.microdata import Microdata

_NAMESPACE = "ddi:codebook:2_5"
_SCHEMA = "https://ddialliance.org/Specification/DDI-Codebook/2.5/XMLSchema/codebook.xsd"
_DEEPEST = 100_000  # elements in one another: archives put the markup of pages in their descriptions


def read_ddi(path: str | os.PathLike[str]) -> Codebook:
    """Read the codebook of a survey from a file of DDI Codebook, versions 1.2 to 2.5.

    Entities are refused, and what a file points to is never fetched.
    """
    file = Path(path)
    book = _codebook_element(file)
    exact = any((each.text or "").startswith("diplab") for each in book.iterfind(".//{*}software"))
    wordings = Wordings(exact=exact, language="" if exact else book.get(LANGUAGE, ""))
    names: dict[str, str] = {}
    variables = {}
    for element in book.iterfind("{*}dataDscr/{*}var"):
        variable = variable_in(element, wordings)
        # a file with several tables may describe a key in each of them
        if variable is not None and variable.name not in variables:
            variables[variable.name] = variable
            names[element.get("ID", "")] = variable.name
    if not variables and not exact:
        raise refused_codebook(
            file.name, "It describes no variable.", "Ask the archive for the description of its variables."
        )
    variables, sets = _read_groups(book.findall("{*}dataDscr/{*}varGrp"), variables, names, wordings)
    notes: dict[str, Text] = {}
    for part in (*book.iterfind("{*}stdyDscr"), *book.iterfind("{*}fileDscr")):
        notes = {**wordings.notes(part), **notes}
    return Codebook(
        variables,
        _read_origin(wordings.words(book.find("{*}fileDscr/{*}fileTxt/{*}fileName")), notes),
        sets=sets,
        title=_read_title(book, wordings),
        languages=tuple(notes.get("languages", NOTHING).en.split() if exact else wordings.met),
        steps=_read_steps(notes),
    )


def write_ddi(codebook: Codebook, path: str | os.PathLike[str], *, data: Microdata | None = None) -> Path:
    """Write a codebook as a file of DDI Codebook 2.5, from which `read_ddi` gives the same codebook back."""
    file = Path(path)
    frame: Any = None if data is None else data.frame
    variables = []
    for number, (name, variable) in enumerate(codebook.variables.items(), 1):
        there = isinstance(frame, pd.DataFrame) and name in frame
        shown = disclose(data, name) if data is not None and there else None
        variables.append(variable_lines(variable, number, shown))
    lines = [
        (
            f'<codeBook xmlns="{_NAMESPACE}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" version="2.5" '
            f'xsi:schemaLocation="{_NAMESPACE} {_SCHEMA}">'
        ),
        *_study_lines(codebook, None if frame is None else frame.shape),
        xml_element("dataDscr", [*_group_lines(codebook), *variables]),
        "</codeBook>",
    ]
    with new_file(file) as part:
        content = '<?xml version="1.0" encoding="UTF-8"?>\n' + "\n".join(lines) + "\n"
        part.write_text(content, encoding="utf-8", newline="\n")
    return file


def _codebook_element(file: Path) -> Element:
    """Return the element that holds the codebook: the whole file, or a part of what a catalogue answered."""
    try:
        # DDI 1 and 2 begin with a document type that names a file
        root = parsed_xml(open_source(file), named_type=True, deepest=_DEEPEST)
    except LoadError as wrong:
        raise refused_codebook(file.name, wrong.found or wrong.asked, wrong.write) from wrong
    name = str(root.tag).rpartition("}")[2]
    book = root if name == "codeBook" else root.find(".//{*}codeBook")
    if book is None:
        found = f"It is XML of another kind: its first element is `{name[:60]}`."
        if name in ("DDIInstance", "FragmentInstance"):
            found = "It is DDI Lifecycle, the other language of the DDI."
        raise refused_codebook(file.name, found, "Write a file of DDI Codebook, whose first element is `codeBook`.")
    return book


def _study_lines(codebook: Codebook, shape: tuple[int, ...] | None) -> list[str]:
    """Return the parts of a file before its variables."""
    from diplab import __version__

    origin = codebook.origin
    of_file = f"Codebook of {origin.file}" if origin.file else "Codebook"
    document = xml_element(
        "citation",
        [
            xml_element("titlStmt", [xml_element("titl", f"{of_file} (DDI Codebook 2.5)")]),
            xml_element("prodStmt", [xml_element("software", "diplab", version=__version__)]),
        ],
    )
    notes = [
        *note_elements("languages", " ".join(codebook.languages)),
        *(note_elements("synthetic", Words("diplab.loaders")("ddi.synthetic")) if origin.synthetic else []),
    ]
    for number, notice in enumerate(origin.notices, 1):
        notes += note_elements(f"notice {number}", notice) or note_elements(f"notice {number} is empty", "-")
    for number, step in enumerate(codebook.steps, 1):
        rule = {"kind": step.kind, "variables": list(step.variables), "rows": step.rows}
        notes += [*note_elements(f"step {number}", step.words), *note_elements(f"step {number} rule", json.dumps(rule))]
    return [
        xml_element("docDscr", [document]),
        xml_element("stdyDscr", [xml_element("citation", [xml_element("titlStmt", _titles(codebook))]), *notes]),
        _file_line(origin, shape),
    ]


def _titles(codebook: Codebook) -> list[str]:
    if not codebook.title:
        # the schema asks for a title: one that was not given says that it comes from the archive
        return [xml_element("titl", codebook.origin.file or "?", source="archive")]
    first, *others = wording_elements("titl", codebook.title)
    return [first, *(each.replace("<titl ", "<parTitl ", 1).replace("</titl>", "</parTitl>") for each in others)]


def _file_line(origin: Origin, shape: tuple[int, ...] | None) -> str:
    counts = [] if shape is None else [xml_element("caseQnty", str(shape[0])), xml_element("varQnty", str(shape[1]))]
    about = [xml_element("fileName", origin.file)] if origin.file else []
    about += [xml_element("dimensns", counts)] if counts else []
    known = {"sha256": origin.sha256, "reader": origin.reader, "date": origin.date}
    notes = [line for subject, words in known.items() for line in note_elements(subject, words)]
    return xml_element("fileDscr", [*([xml_element("fileTxt", about)] if about else []), *notes], ID="F1")


def _read_title(book: Element, wordings: Wordings) -> Text:
    """Return the title of the survey."""
    for statement in book.iterfind("{*}stdyDscr/{*}citation/{*}titlStmt"):
        every = [*statement.iterfind("{*}titl"), *statement.iterfind("{*}parTitl")]
        titles = [each for each in every if not (wordings.exact and each.get("source") == "archive")]
        if titles:
            return wordings.wording(titles)
    return NOTHING


def _read_origin(file: str, notes: Mapping[str, Text]) -> Origin:
    """Return where the data come from, as diplab noted it."""
    words = {key: notes[key].en for key in ("sha256", "reader", "date") if key in notes}
    notices: list[Text] = []
    while {f"notice {len(notices) + 1}", f"notice {len(notices) + 1} is empty"} & set(notes):
        notices.append(notes.get(f"notice {len(notices) + 1}", NOTHING))
    return Origin(file, synthetic="synthetic" in notes, notices=tuple(notices), **words)


def _read_steps(notes: Mapping[str, Text]) -> tuple[Step, ...]:
    """Return what was done to the data, as diplab noted it."""
    steps: list[Step] = []
    while f"step {len(steps) + 1} rule" in notes:
        step = _step(notes, f"step {len(steps) + 1}")
        if step is None:
            break
        steps.append(step)
    return tuple(steps)


def _step(notes: Mapping[str, Text], subject: str) -> Step | None:
    rule = parse_json(notes[f"{subject} rule"])
    if not isinstance(rule, dict):
        return None
    kind, variables, rows = rule.get("kind"), rule.get("variables"), rule.get("rows")
    if not isinstance(variables, list) or not isinstance(rows, int):
        return None
    if kind not in get_args(StepKind):
        return None
    return Step(cast("StepKind", kind), tuple(map(str, variables)), notes.get(subject, NOTHING), rows)


def _group_lines(codebook: Codebook) -> list[str]:
    """Return the groups of a codebook as elements, which come before the variables."""
    places = {name: f"V{number}" for number, name in enumerate(codebook.variables, 1)}
    sections: dict[Text, list[str]] = {}
    questions: dict[str, list[str]] = {}
    for name, variable in codebook.variables.items():
        if variable.group:
            sections.setdefault(variable.group, []).append(places[name])
        if variable.part_of:
            questions.setdefault(variable.part_of, []).append(places[name])
    lines = [
        xml_element("varGrp", wording_elements("labl", group), ID=f"S{number}", type="section", var=" ".join(members))
        for number, (group, members) in enumerate(sections.items(), 1)
    ]
    lines += [
        xml_element("varGrp", ID=f"Q{number}", type="grid", var=" ".join(members), name=name)
        for number, (name, members) in enumerate(questions.items(), 1)
    ]
    return lines + [
        _set_line(name, each, number, places) for number, (name, each) in enumerate(codebook.sets.items(), 1)
    ]


def _set_line(name: str, each: Responses, number: int, places: Mapping[str, str]) -> str:
    known = [places[column] for column in each.columns if column in places]
    rules: dict[str, Any] = {"base": each.base, "kind": each.kind, "counted": each.counted}
    if each.name != name:
        rules["name"] = each.name
    if len(known) < len(each.columns):
        rules["columns"] = list(each.columns)
    content = [*wording_elements("labl", each.label), *note_elements("set", json.dumps(rules))]
    members = " ".join(known) or None
    return xml_element("varGrp", content, ID=f"M{number}", type="multipleResp", var=members, name=name)


def _read_groups(
    groups: Iterable[Element], variables: Mapping[str, Variable], names: Mapping[str, str], wordings: Wordings
) -> tuple[dict[str, Variable], dict[str, Responses]]:
    """Return variables with their section and question, and the questions with several answers."""
    described = dict(variables)
    sets: dict[str, Responses] = {}
    for each in groups:
        columns = [names[place] for place in each.get("var", "").split() if place in names]
        label = wordings.wording(each.iterfind("{*}labl"))
        kind = each.get("type", "other")
        if kind == "multipleResp":
            name = str(each.get("name") or ("" if wordings.exact else label.en or each.get("ID", "")))
            responses = _responses(name, columns, label, each, described, wordings)
            sets |= {} if responses is None else {name: responses}
        elif kind == "grid" and (name := each.get("name", "")):
            described |= {column: replace(described[column], part_of=name) for column in columns}
        elif kind != "grid":
            group = label or Text.same(each.get("name", ""))
            described |= {
                column: replace(described[column], group=group) for column in columns if not described[column].group
            }
    return described, sets


def _responses(
    name: str, columns: list[str], label: Text, group: Element, variables: Mapping[str, Variable], wordings: Wordings
) -> Responses | None:
    note = parse_json(wordings.notes(group).get("set"))
    rules: dict[str, Any] = note if isinstance(note, dict) else {}
    listed = rules.get("columns", columns)
    answers = max((len(variables[column].values) for column in columns), default=0)
    kind = rules.get("kind", "categories" if answers > 2 else "dichotomies")
    counted = rules.get("counted", 1)
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        return None
    try:
        return Responses(
            str(rules.get("name", name)),
            listed,
            "all" if rules.get("base") == "all" else "any",
            label,
            "categories" if kind == "categories" else "dichotomies",
            counted if isinstance(counted, str | int | float) else 1,
        )
    except OptionError:
        # a group that names no variable of this file, or one twice
        return None
