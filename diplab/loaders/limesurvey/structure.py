"""LimeSurvey's documents (.lss, .lsr, .lst, .lsi), tables of its database as XML, and the questionnaire in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from diplab.loaders.limits import open_archive, xml_elements
from diplab.loaders.questionnaire import Choice, Question, Questionnaire, strip_html
from diplab.loaders.source import SourceFile, refused
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "LimeSurveyDocument",
    "LimeSurveyQuestion",
    "LimeSurveyQuestionnaire",
    "member_of",
    "read_document",
    "read_questionnaire",
]


_Row = dict[str, str]


@dataclass(frozen=True)
class LimeSurveyDocument:
    """What one document of LimeSurvey holds."""

    kind: str = ""  # what it calls itself: `Survey`, `Responses`, `Tokens`, `Timings`
    languages: tuple[str, ...] = ()  # tags of its languages
    # rows by table. A field that is absent from a row was never filled (NULL in the database); an empty one
    # is empty words
    tables: Mapping[str, Sequence[_Row]] = field(default_factory=dict)
    # names of the fields by table, in order
    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def rows(self, table: str) -> Sequence[_Row]:
        """Return the rows of a table; none where the document has no such table."""
        return self.tables.get(table, ())


def read_document(source: SourceFile) -> LimeSurveyDocument:
    """Return the tables of a document."""
    kind, languages = "", list[str]()
    tables: dict[str, list[_Row]] = {}
    fields: dict[str, list[str]] = {}
    path: list[str] = []
    for event, element in xml_elements(source):
        if event == "start":
            path.append(element.tag)
            continue
        words = element.text or ""
        match path:
            case ["document", "LimeSurveyDocType"]:
                kind = words.strip()
            case ["document", "languages", "language"]:
                languages.append(words.strip())
            case ["document", table, "fields", "fieldname"]:
                fields.setdefault(table, []).append(field_name(words.strip()))
            case ["document", table, "rows", "row"]:
                row = {field_name(each.tag): each.text or "" for each in element}
                tables.setdefault(table, []).append(row)
                element.clear()
            case _:
                pass
        path.pop()
    if not kind:
        raise refused(
            source,
            "It is XML, and not a document of LimeSurvey: it has no `LimeSurveyDocType`.",
            "Export it from LimeSurvey as a survey structure (.lss) or a survey archive (.lsa).",
        )
    return LimeSurveyDocument(kind, tuple(each for each in languages if each), tables, fields)


def member_of(source: SourceFile, archive: Mapping[str, bytes], suffix: str) -> SourceFile | None:
    """Return the first member of an archive with a suffix, named after both; None where there is none."""
    for name in archive:
        if name.lower().endswith(suffix):
            return SourceFile(Path(f"{source.path.name}: {name}"), archive[name])
    return None


def field_name(tag: str) -> str:
    """Return the name of a field as the database has it: XML forbids names that begin with a digit, and `#`."""
    if len(tag) > 1 and tag[0] == "_" and tag[1].isdigit():
        return tag[1:].replace("-", "#")
    return tag


_Wordings = dict[str, dict[str, str]]


@dataclass(frozen=True, kw_only=True)
class LimeSurveyQuestion(Question):
    """One question of LimeSurvey: `name` is its code, `kind` the letter or sign of its type (`M` multiple choice)."""

    qid: str  # its number in the survey
    gid: str  # number of its group
    other: bool = False  # whether it offers "other", with words to write
    # subquestions and answers, each on the first scale (0; of subquestions, the lines) and on the second (1, columns)
    items: Mapping[int, Sequence[Choice]] = field(default_factory=dict)
    answers: Mapping[int, Sequence[Choice]] = field(default_factory=dict)
    attributes: Mapping[str, Text] = field(default_factory=dict)  # its settings

    def setting(self, name: str) -> str:
        """Return one of its settings in its main wording; empty where it has none."""
        return self.attributes.get(name, NOTHING).en


@dataclass(frozen=True)
class LimeSurveyQuestionnaire(Questionnaire):
    """A survey of LimeSurvey."""

    sid: str = ""  # its number
    questions: tuple[LimeSurveyQuestion, ...] = ()  # in the order in which they are asked
    groups: Mapping[str, Text] = field(default_factory=dict)  # names of the groups by number


def read_questionnaire(source: SourceFile) -> LimeSurveyQuestionnaire:
    """Return the questionnaire that a structure (.lss), alone or in an archive (.lsa), describes in all its languages.

    LimeSurvey 1.9 to 6: up to 3 each row bears its language, from 4 on wordings are in tables of their own.
    """
    structure: SourceFile | None = source
    if source.suffix == ".lsa":
        structure = member_of(source, open_archive(source), ".lss")
    if structure is None:
        found = "It holds no structure of a survey (.lss)."
        raise refused(source, found, "Export it anew from LimeSurvey as a survey archive (.lsa).")
    document = read_document(structure)
    if document.kind != "Survey":
        found = f"It is a document of LimeSurvey of another kind: `{document.kind}`."
        raise refused(source, found, "Export the survey structure (.lss).")
    main = [each.get("language", "") for each in document.rows("surveys")[:1]]
    languages = tuple(dict.fromkeys(each for each in (*main, *document.languages) if each))
    groups = _by_number(document, "groups", "gid", "group_name", languages)
    questions = _questions(document, languages, groups)
    if not questions:
        found = "It describes no question."
        raise refused(source, found, "Export the survey structure (.lss) of a survey that has questions.")
    surveys = document.rows("surveys")
    titles: dict[str, str] = {}
    for row in document.rows("surveys_languagesettings"):
        titles[row.get("surveyls_language", "")] = strip_html(row.get("surveyls_title", ""))
    sid = surveys[0].get("sid", "") if surveys else ""
    return LimeSurveyQuestionnaire(_text(titles, languages), languages, sid, questions, groups)


def _questions(
    document: LimeSurveyDocument, languages: tuple[str, ...], groups: Mapping[str, Text]
) -> tuple[LimeSurveyQuestion, ...]:
    wordings = _by_number(document, "questions", "qid", "question", languages)
    lines = _by_number(document, "subquestions", "qid", "question", languages, also="question_l10ns")
    items: dict[str, dict[int, list[Choice]]] = {}
    for row in _first_rows(document.rows("subquestions"), "qid"):
        scales = items.setdefault(row.get("parent_qid", ""), {})
        item = Choice(row.get("title", ""), lines.get(row.get("qid", ""), NOTHING))
        scales.setdefault(_whole_number(row, "scale_id"), []).append(item)
    answers = _answers(document, languages)
    attributes = _attributes(document, languages)
    order = {row.get("gid", ""): _whole_number(row, "group_order") for row in document.rows("groups")}
    rows = _first_rows([row for row in document.rows("questions") if row.get("parent_qid", "0") in ("", "0")], "qid")
    rows.sort(key=lambda row: order.get(row.get("gid", ""), 0))
    return tuple(
        LimeSurveyQuestion(
            row["title"],
            row.get("type", ""),
            wordings.get(qid := row.get("qid", ""), NOTHING),
            groups.get(gid := row.get("gid", ""), NOTHING),
            qid=qid,
            gid=gid,
            other=row.get("other") == "Y",
            items=items.get(qid, {}),
            answers=answers.get(qid, {}),
            attributes=attributes.get(qid, {}),
        )
        for row in rows
        if row.get("title")
    )


def _answers(document: LimeSurveyDocument, languages: tuple[str, ...]) -> dict[str, dict[int, list[Choice]]]:
    """Return the answers by question and scale, in the order in which they are shown."""
    translated: _Wordings = {}
    for row in document.rows("answer_l10ns"):
        wordings = translated.setdefault(row.get("aid", ""), {})
        wordings[row.get("language", "")] = strip_html(row.get("answer", ""))
    by_question: dict[str, dict[int, dict[str, dict[str, str]]]] = {}
    for row in sorted(document.rows("answers"), key=lambda row: _whole_number(row, "sortorder")):
        scale = by_question.setdefault(row.get("qid", ""), {}).setdefault(_whole_number(row, "scale_id"), {})
        wordings = scale.setdefault(row.get("code", ""), {})
        if row.get("answer"):
            wordings[row.get("language", "")] = strip_html(row["answer"])
        wordings.update(translated.get(row.get("aid", ""), {}))
    return {
        qid: {
            scale: [Choice(code, _text(wordings, languages)) for code, wordings in codes.items()]
            for scale, codes in scales.items()
        }
        for qid, scales in by_question.items()
    }


def _attributes(document: LimeSurveyDocument, languages: tuple[str, ...]) -> dict[str, dict[str, Text]]:
    attributes: dict[str, _Wordings] = {}
    for row in document.rows("question_attributes"):
        settings = attributes.setdefault(row.get("qid", ""), {}).setdefault(row.get("attribute", ""), {})
        settings[row.get("language", "")] = strip_html(row.get("value", ""))
    return {
        qid: {name: _text(words, languages) for name, words in settings.items()} for qid, settings in attributes.items()
    }


def _by_number(
    document: LimeSurveyDocument, table: str, number: str, words: str, languages: tuple[str, ...], also: str = ""
) -> dict[str, Text]:
    """Return wordings by the number of what they word: from rows with a language, or from the table of wordings."""
    wordings: _Wordings = {}
    for rows in (document.rows(table), document.rows(also or f"{table.removesuffix('s')}_l10ns")):
        for row in rows:
            if row.get(words):
                wordings.setdefault(row.get(number, ""), {})[row.get("language", "")] = strip_html(row[words])
    return {key: _text(each, languages) for key, each in wordings.items()}


def _text(wordings: Mapping[str, str], languages: tuple[str, ...]) -> Text:
    """Return wordings as a text, the main language first; those without a language are of the main one."""
    main = languages[0] if languages else "en"
    known = {language or main: words for language, words in wordings.items() if words}
    order = {language: place for place, language in enumerate(languages)}
    ordered = sorted(known, key=lambda language: order.get(language, len(order)))
    return Text.of({language: known[language] for language in ordered})


def _first_rows(rows: Sequence[_Row], number: str) -> list[_Row]:
    """Return the first row of each number (older structures repeat them by language), in the order asked."""
    first: dict[str, _Row] = {}
    for row in rows:
        first.setdefault(row.get(number, ""), row)
    return sorted(first.values(), key=lambda row: _whole_number(row, "question_order"))


def _whole_number(row: _Row, name: str) -> int:
    """Return a number of a row; 0 where it is none."""
    words = row.get(name, "").strip()
    return int(words) if words.isascii() and words.removeprefix("-").isdigit() and len(words) < 10 else 0
