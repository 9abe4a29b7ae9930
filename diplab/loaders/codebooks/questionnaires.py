"""A codebook written as a questionnaire: a LimeSurvey structure (.lss) or an XLSForm (.xlsx)."""

from __future__ import annotations

import datetime as dt
import html
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count, groupby
from pathlib import Path
from typing import Literal, TypeAlias
from xml.etree.ElementTree import Element

from diplab.loaders.codebooks.ddi import write_xml, xml_element
from diplab.loaders.kobo.xlsform import TABLE
from diplab.loaders.limesurvey.structure import OTHER
from diplab.loaders.notices import WORDS, column_notice, count_notice
from diplab.loaders.questionnaire import Choice, Question, known_headings, strip_markdown, yes_no
from diplab.loaders.source import new_file, not_written
from diplab.loaders.text.recognition import is_standard
from diplab.microdata.codebook import Codebook
from diplab.microdata.display import in_language, join_wordings
from diplab.microdata.search import fold_accents
from diplab.microdata.variable import Measure, Variable, code_text
from diplab.reference.text import LANGUAGES, NOTHING, Language, Text

_Answer: TypeAlias = Literal[
    "one", "several", "ranked", "whole", "number", "words", "date", "moment", "time"
]
_Key: TypeAlias = tuple[
    str, _Answer, tuple[Choice, ...]
]  # name of a question, what its answers are, its choices


@dataclass(frozen=True, kw_only=True)
class _Asked(Question):
    """A question to write; `kind` is what its answers are."""

    items: tuple[Choice, ...] = ()  # boxes of several answers, rows of a table, places of a ranking
    choices: tuple[Choice, ...] = ()
    measure: Measure = "unknown"
    other: Text = NOTHING  # how "other" is worded, where it is offered with words to write


def write_questionnaire(codebook: Codebook, file: Path, language: Language) -> Path:
    """Write a codebook as a structure of LimeSurvey or an XLSForm.

    Warn of what is left out or has another name.
    """
    limesurvey, left_out = file.suffix.lower() == ".lss", _not_asked(codebook)
    kept = {name: item for name, item in codebook.variables.items() if name not in left_out}
    asking = _Asking(replace(codebook, variables=kept), limesurvey=limesurvey)
    questions, renamed = (
        asking.questions,
        {old: new for old, new in asking.columns.items() if old != new},
    )
    if not questions:
        raise not_written(
            file, "No variable of the codebook can be asked.", "Describe at least one question."
        )
    changed = count_notice("asked.renamed", renamed) + count_notice("asked.recoded", asking.recoded)
    for notice in column_notice("asked.left_out", left_out) + changed:
        warnings.warn(in_language(notice, language), stacklevel=5)  # where `dl.save` is called
    languages, title = (
        _languages(codebook, questions, language),
        codebook.title or Text.same(file.stem),
    )
    if limesurvey:
        return write_xml(_structure(questions, title, languages or (language,)), file)
    return _write_xlsform(questions, title, languages, file)


_WEIGHT = re.compile(r"(?:^|[^a-z])(?:weights?|poids|ponderations?|pond|wgt|wt)(?:$|[^a-z])")


def _not_asked(codebook: Codebook) -> list[str]:
    """Return the variables that are not asked: added by a program, computed, or weights."""
    computed = set()
    for step in codebook.steps:
        for item in step.variables[int(step.kind == "recode") :]:
            computed.add(item)
    boxes, names = (
        {name for subset in codebook.sets.values() for name in subset.columns},
        list[str](),
    )
    for name, variable in codebook.variables.items():
        own = is_standard(name) or name.startswith("_") or f"kobo_column.{name}" in WORDS.texts
        made = name in computed or (
            not variable.values and _WEIGHT.search(fold_accents(f"{name} {variable.label}"))
        )
        if own or (made and not variable.question and name not in boxes):
            names += [name]
    return names


def _languages(codebook: Codebook, questions: Sequence[_Asked], main: Language) -> tuple[str, ...]:
    """Return the languages of the wordings, the main one first.

    None where there is one, which nothing names.
    """
    texts = list[Text]()
    for question in questions:
        for choice in (*question.items, *question.choices):
            texts.append(choice.label)
    texts += [
        codebook.title,
        *(text for question in questions for text in (question.wording, question.group)),
    ]
    both = (main, *LANGUAGES) if any(text.fr != text.en for text in texts) else ()
    others = sorted({tag for text in texts for tag, _ in text.others})
    return tuple(dict.fromkeys((*codebook.languages, *both, *others)))


def _answer(variable: Variable) -> _Answer:
    if variable.storage in ("date", "moment", "time"):
        return variable.storage
    if variable.storage == "boolean" or (variable.values and variable.measure != "scale"):
        return "one"
    if variable.storage in ("whole", "number", "words"):
        return variable.storage
    if variable.measure in ("scale", "ordinal") or variable.unit:
        return "number"
    return "words"


def _choices(variable: Variable) -> tuple[Choice, ...]:
    """Return what a variable may be answered, refusals and other missing codes at the end."""
    labels = dict(variable.values or (yes_no() if variable.storage == "boolean" else {}))
    for code, reason in variable.missing.items():
        label = labels.pop(code, NOTHING)
        if reason != "not asked":
            labels[code] = variable.missing_labels.get(code) or label or Text.same(reason)
    return tuple(
        Choice(code_text(code), label or Text.same(code_text(code)))
        for code, label in labels.items()
    )


class _Asking:
    """Makes the questions of a codebook, under names that a program takes."""

    def __init__(self, codebook: Codebook, *, limesurvey: bool) -> None:
        self.codebook, self.limesurvey = codebook, limesurvey
        # the signs that names are made of, and how long names and codes may be
        self.signs, self.longest, self.longest_code = (
            ("A-Za-z0-9", 20, 5) if limesurvey else ("A-Za-z0-9_", 64, 64)
        )
        parents = list[str]()
        for item in codebook.variables.values():
            if item.part_of:
                parents.append(item.part_of)
        self.names = _fitted(
            [*codebook.variables, *codebook.sets, *parents], self.signs, self.longest, "q"
        )
        self.set_of = {name: subset for subset in codebook.sets.values() for name in subset.columns}
        self.keys: dict[str, _Key] = {}  # by name of the question
        self.columns: dict[str, str] = {}  # names that the data will have, by those of the codebook
        self.recoded: dict[str, str] = {}
        members: dict[_Key, list[Variable]] = {}
        for variable in codebook.variables.values():
            members.setdefault(self._key(variable), []).append(variable)
        self.questions = [self._question(*key, item) for key, item in members.items()]  # in order

    def _key(self, variable: Variable) -> _Key:
        """Return the question that asks for a variable: its set, a table of rows, or its own."""
        name, part, kind, choices = (
            variable.name,
            variable.part_of,
            _answer(variable),
            _choices(variable),
        )
        several = self.set_of.get(name)
        if several and several.kind == "dichotomies":
            return self.keys.setdefault(several.name, (several.name, "several", ()))
        if several and choices and (self.limesurvey or len(choices) == len(several.columns)):
            return self.keys.setdefault(several.name, (several.name, "ranked", choices))
        if self.limesurvey and name == f"{part}[other]" and part in self.keys:
            return self.keys[part]
        if kind != "one":
            choices = ()
        rows, key = (
            kind == "one" or (self.limesurvey and kind in ("whole", "number", "words")),
            (part, kind, choices),
        )
        free = rows and part and part not in self.codebook and part not in self.codebook.sets
        if free and self.keys.setdefault(part, key) == key:
            return key
        return self.keys.setdefault(name, (name, kind, choices))

    def _question(
        self, name: str, kind: _Answer, choices: tuple[Choice, ...], members: Sequence[Variable]
    ) -> _Asked:
        """Return a question, and keep the names and codes that it changes."""
        first, new, items, other = members[0], self.names[name], tuple[Choice, ...](), NOTHING
        others = list[Variable]()
        for member in members[1:]:
            if member.name == f"{name}[other]":
                others.append(member)
        if first.name == name:
            self.columns[name] = new
            labels: list[Text] = []
            if first.part_of:
                labels = list(dict.fromkeys(filter(None, (first.question, first.label))))
            wording = join_wordings(labels) or first.question or first.label or Text.same(name)
        else:
            parts = [member for member in members if member not in others]
            asked = NOTHING
            if name in self.codebook.sets:
                asked = self.codebook.sets[name].label
            wording, mark = (
                asked or first.question or Text.same(name),
                "{}[{}]" if self.limesurvey else "{}/{}",
            )
            codes = [
                re.sub(r"^\W*_?|\W*$", "", part.name.removeprefix(name)) or part.name
                for part in parts
            ]
            if kind == "ranked":
                codes = list(map(str, range(1, len(parts) + 1)))
            codes = list(_fitted(codes, self.signs, self.longest).values())
            if kind == "one" and not self.limesurvey:  # a row is a question with a name of its own
                codes, mark = [self.names[part.name] for part in parts], "{1}"
            for item, code in zip(parts, codes, strict=True):
                self.columns[item.name] = mark.format(new, code)
            items = tuple(
                map(Choice, codes, [part.label or Text.same(part.name) for part in parts])
            )
        if others:
            other = next(
                (choice.label for choice in choices if choice.code == OTHER), others[0].label
            )
            other = other or WORDS("asked.other")
            choices = tuple(choice for choice in choices if choice.code != OTHER)
        signs = self.signs if self.limesurvey else f"{self.signs}.-"
        fitted = _fitted([choice.code for choice in choices], signs, self.longest_code)
        for old, code in fitted.items():
            if old != code:
                self.recoded[f"{first.name} {old}"] = code
        choices = tuple(Choice(fitted[choice.code], choice.label) for choice in choices)
        group, measure = first.group, first.measure
        return _Asked(
            new, kind, wording, group, items=items, choices=choices, measure=measure, other=other
        )


def _fitted(names: Iterable[str], signs: str, longest: int, start: str = "") -> Mapping[str, str]:
    """Return names of those signs, all different without regard to case, by those given.

    One that may stay is kept.
    """
    given, mark, fitted = dict.fromkeys(names), "_" if "_" in signs else "", dict[str, str]()
    taken, wanted = set[str](), {name.casefold() for name in given}
    for name in given:
        plain = name
        if not name.isascii():
            plain = fold_accents(name)
        bare = plain
        if re.search(f"[^{signs}]", plain):
            bare = re.sub(f"[^{signs}]+", mark, plain).strip(mark)
        bare = ((start if not bare[:1].isalpha() else "") + bare or "x")[:longest]
        new, numbers = bare, count(2)
        while new.casefold() in taken or (new != name and new.casefold() in wanted):
            new = bare[: longest - len(number := str(next(numbers)))] + number
        taken.add(new.casefold())
        fitted[name] = new
    return fitted


def _escaped(words: str) -> str:
    """Return words as HTML in which no program finds a formula: `{` begins one."""
    return html.escape(words, quote=False).replace("{", "&#123;")


_SID = "100000"  # a server gives a survey another number where it has this one
_EXPORTED = {"nominal": "1", "ordinal": "2", "scale": "3"}
_Row: TypeAlias = tuple[str, Mapping[str, object]]  # the table that it is in, and its fields


def _structure(questions: Sequence[_Asked], title: Text, languages: Sequence[str]) -> Element:
    """Return the document of a structure, as LimeSurvey 6 exports it."""
    tables: dict[str, list[Mapping[str, object]]] = {}
    for table, row in _rows(questions, title, languages):
        tables.setdefault(table, []).append(row)
    parts = [xml_element("LimeSurveyDocType", "Survey"), xml_element("DBVersion", "623")]
    parts.append(
        xml_element("languages", [xml_element("language", language) for language in languages])
    )
    for table, rows in tables.items():
        fields = xml_element("fields", [xml_element("fieldname", item) for item in rows[0]])
        written = list[Element]()
        for row in rows:
            written.append(
                xml_element("row", [xml_element(key, str(item)) for key, item in row.items()])
            )
        parts.append(xml_element(table, [fields, xml_element("rows", written)]))
    return xml_element("document", parts)


def _rows(questions: Sequence[_Asked], title: Text, languages: Sequence[str]) -> Iterator[_Row]:
    qids, aids = count(1), count(1)
    for gid, (group, members) in enumerate(groupby(questions, key=lambda item: item.group), 1):
        yield "groups", {"gid": gid, "sid": _SID, "group_order": gid}
        yield from _in_each(
            languages, "group_l10ns", "group_name", group or WORDS("asked.group"), gid=gid
        )
        for order, question in enumerate(members, 1):
            yield from _rows_of_question(question, gid, order, qids, aids, languages)
    others = " ".join(languages[1:])
    yield "surveys", {"sid": _SID, "language": languages[0], "additional_languages": others}
    for language in languages:
        wording = _escaped(in_language(title, language))
        settings = {"surveyls_title": wording, "surveyls_language": language}
        yield "surveys_languagesettings", {"surveyls_survey_id": _SID, **settings}


def _rows_of_question(
    question: _Asked,
    gid: int,
    order: int,
    qids: Iterator[int],
    aids: Iterator[int],
    languages: Sequence[str],
) -> Iterator[_Row]:
    """Yield the rows of a question, of its items and answers, and of its settings."""
    known, qid = known_headings("limesurvey_questions")[question.kind], next(qids)
    kind, theme = known["rows" if question.items and "rows" in known else "type"]
    shared = {
        "qid": qid,
        "sid": _SID,
        "gid": gid,
        "mandatory": "N",
        "scale_id": 0,
        "relevance": "1",
    }
    own = {
        "parent_qid": 0,
        "type": kind,
        "question_order": order,
        "title": question.name,
        "other": "Y" if question.other else "N",
        "question_theme_name": theme,
    }
    yield "questions", shared | own
    yield from _in_each(languages, "question_l10ns", "question", question.wording, qid=qid)
    # the items of a ranking are its answers
    items = () if kind == "R" else question.items
    for position, item in enumerate(items, 1):
        of_item = {"qid": next(qids), "parent_qid": qid, "type": "T", "question_order": position}
        yield "subquestions", {**shared, **of_item, "title": item.code}
        qid_of_item = of_item["qid"]
        yield from _in_each(languages, "question_l10ns", "question", item.label, qid=qid_of_item)
    for position, choice in enumerate(question.choices):
        aid = next(aids)
        of_choice = {"code": choice.code, "sortorder": position, "scale_id": 0}
        yield "answers", {"aid": aid, "qid": qid, **of_choice}
        yield from _in_each(languages, "answer_l10ns", "answer", choice.label, aid=aid)
    settings = {"scale_export": _EXPORTED.get(question.measure), **known.get("settings", {})}
    if kind == "R":
        settings["max_subquestions"] = len(question.items)
    for name, value in settings.items():
        if value:
            setting = {"qid": qid, "attribute": name, "value": value, "language": ""}
            yield "question_attributes", setting
    if question.other:
        setting = {"qid": qid, "attribute": "other_replace_text"}
        yield from _in_each(languages, "question_attributes", "value", question.other, **setting)


def _in_each(
    languages: Sequence[str], table: str, field: str, words: Text, **keys: object
) -> Iterator[_Row]:
    """Yield a row with a wording in each language."""
    for language in languages:
        yield table, {**keys, field: _escaped(in_language(words, language)), "language": language}


_NAMES = {"fr": "Français (fr)", "en": "English (en)"}
_Line: TypeAlias = dict[str, str]


def _write_xlsform(
    questions: Sequence[_Asked], title: Text, languages: Sequence[str], file: Path
) -> Path:
    """Write an XLSForm, in which every cell is words and none a formula."""
    import xlsxwriter

    survey, lists = list[_Line](), dict[tuple[Choice, ...], str]()
    for number, (group, members) in enumerate(groupby(questions, key=lambda item: item.group), 1):
        inside = list[dict[str, str]]()
        for member in members:
            for line in _lines_of(member, lists, languages):
                inside.append(line)
        begun = {"type": "begin_group", "name": f"group_{number}_", **_worded(group, languages)}
        survey += [begun, *inside, {"type": "end_group"}] if group else inside
    offered = [
        (name, choice.code, choice.label) for choices, name in lists.items() for choice in choices
    ]
    choices = list[dict[str, str]]()
    for name, code, label in offered:
        choices.append({"list_name": name, "name": code, **_worded(label, languages)})
    form_id = re.sub(r"[^\w.-]", "_", file.stem)
    settings = {
        "form_title": in_language(title, languages[0] if languages else "en"),
        "form_id": form_id,
    }
    if languages:
        settings |= {"default_language": _NAMES.get(languages[0], languages[0])}
    with new_file(file) as part, xlsxwriter.Workbook(str(part), {"in_memory": True}) as book:
        book.set_properties(
            {"created": dt.datetime(2000, 1, 1)}
        )  # the same codebook gives the same bytes
        for name, lines in {"survey": survey, "choices": choices, "settings": [settings]}.items():
            page, headings = (
                book.add_worksheet(name),
                list(dict.fromkeys(key for line in lines for key in line)),
            )
            for row, cells in enumerate([dict(zip(headings, headings, strict=True)), *lines]):
                for heading, words in cells.items():
                    # half a letter, which a damaged file may hold, is not a sign of any text
                    page.write_string(
                        row, headings.index(heading), words.encode("utf-8", "replace").decode()
                    )
    return file


def _lines_of(
    question: _Asked, lists: dict[tuple[Choice, ...], str], languages: Sequence[str]
) -> list[_Line]:
    """Return the lines of a question.

    Its list, where no other has the same, is put among the lists.
    """
    offered = question.items if question.kind == "several" else question.choices
    listed = ""
    if offered:
        listed = f" {lists.setdefault(offered, question.name)}"
    kind = f"{known_headings('xlsform_questions')[question.kind]}{listed}"
    line = {"type": kind, "name": question.name, **_worded(question.wording, languages)}
    if question.kind != "one" or not question.items:
        return [line]
    rows = list[dict[str, str]]()
    for item in question.items:
        rows.append({"type": kind, "name": item.code, **_worded(item.label, languages)})
    return [{**line, "type": "begin_group", "appearance": TABLE}, *rows, {"type": "end_group"}]


def _worded(words: Text, languages: Sequence[str]) -> _Line:
    """Return a wording under the heading of each language."""
    by_heading = {}
    for language in languages:
        by_heading[f"label::{_NAMES.get(language, language)}"] = in_language(words, language)
    written = by_heading or {"label": words.en}
    # `${name}` would be the answer to a question, `<b>` bold
    odd = list[str]()
    for key, item in written.items():
        if "${" in item or strip_markdown(item) != item:
            odd.append(key)
    line: _Line = {}
    for key, item in written.items():
        line[key] = _escaped(item) if key in odd else item
    return line
