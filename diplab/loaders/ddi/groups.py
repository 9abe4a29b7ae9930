"""Groups of variables in a DDI file: sections of a questionnaire, items of a question, answers of one question."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from diplab.errors import OptionError
from diplab.loaders.ddi.words import children, held_in, marked, noted, worded
from diplab.microdata.multiple_response import Responses

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from xml.etree.ElementTree import Element

    from diplab.loaders.ddi.words import Wordings
    from diplab.microdata.codebook import Codebook
    from diplab.microdata.variable import Variable
    from diplab.reference.text import Text

__all__ = ["group_lines", "groups_in"]


def group_lines(codebook: Codebook) -> list[str]:
    """Return the groups of a codebook as elements; they stand before the variables."""
    places = {name: f"V{number}" for number, name in enumerate(codebook.variables, 1)}
    sections: dict[Text, list[str]] = {}
    questions: dict[str, list[str]] = {}
    for name, variable in codebook.variables.items():
        if variable.group:
            sections.setdefault(variable.group, []).append(places[name])
        if variable.part_of:
            questions.setdefault(variable.part_of, []).append(places[name])
    lines = [
        marked("varGrp", worded("labl", group), ID=f"S{number}", type="section", var=" ".join(held))
        for number, (group, held) in enumerate(sections.items(), 1)
    ]
    lines += [
        marked("varGrp", ID=f"Q{number}", type="grid", var=" ".join(held), name=name)
        for number, (name, held) in enumerate(questions.items(), 1)
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
    return marked(
        "varGrp",
        [*worded("labl", each.label), *noted("set", json.dumps(rules))],
        ID=f"M{number}",
        type="multipleResp",
        var=" ".join(known) or None,
        name=name,
    )


def groups_in(
    groups: Iterable[Element], variables: Mapping[str, Variable], names: Mapping[str, str], wordings: Wordings
) -> tuple[dict[str, Variable], dict[str, Responses]]:
    """Return variables with their section and question, and the questions with several answers.

    Parameters
    ----------
    groups : iterable of Element
        As the file holds them.
    variables : mapping of str to Variable
        By name.
    names : mapping of str to str
        Name of the variable of each identifier.
    wordings : Wordings
        Reads their words.
    """
    held = dict(variables)
    sets: dict[str, Responses] = {}
    for each in groups:
        columns = [names[place] for place in each.get("var", "").split() if place in names]
        label = wordings.wording(children(each, "labl"))
        kind = each.get("type", "other")
        if kind == "multipleResp":
            name = str(each.get("name") or ("" if wordings.exact else label.en or each.get("ID", "")))
            found = _responses(name, columns, label, each, held, wordings)
            sets |= {} if found is None else {name: found}
        elif kind == "grid" and (name := each.get("name", "")):
            held |= {column: replace(held[column], part_of=name) for column in columns}
        elif kind != "grid":
            group = label or wordings.same(each.get("name", ""))
            held |= {
                column: replace(held[column], group=group) for column in columns if not held[column].group
            }
    return held, sets


def _responses(
    name: str,
    columns: list[str],
    label: Text,
    group: Element,
    variables: Mapping[str, Variable],
    wordings: Wordings,
) -> Responses | None:
    found = held_in(wordings.notes(group).get("set"))
    rules: dict[str, Any] = found if isinstance(found, dict) else {}
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
