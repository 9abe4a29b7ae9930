"""The questionnaire of a LimeSurvey survey, as its structure (.lss) says: groups, questions, answers, languages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from diplab.loaders.limesurvey.tables import member_of, read_document
from diplab.loaders.limits import open_archive
from diplab.loaders.source import refused
from diplab.loaders.wording import plain_words
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from diplab.loaders.limesurvey.tables import Document
    from diplab.loaders.source import SourceFile

__all__ = ["Answer", "Item", "Question", "Questionnaire", "read_questionnaire"]

_Row = dict[str, str]
_Wordings = dict[str, dict[str, str]]


@dataclass(frozen=True)
class Answer:
    """One answer that a question offers.

    Parameters
    ----------
    code : str
        As the data hold it.
    label : Text
        As respondents read it.
    """

    code: str
    label: Text


@dataclass(frozen=True)
class Item:
    """One line (or column) of a question: a subquestion.

    Parameters
    ----------
    code : str
        Its code within the question (`SQ001`).
    wording : Text
        As respondents read it.
    """

    code: str
    wording: Text


@dataclass(frozen=True)
class Question:
    """One question.

    Parameters
    ----------
    qid : str
        Its number in the survey.
    gid : str
        Number of its group.
    code : str
        As the data name it.
    kind : str
        The letter or sign of its type (`L` a list, `M` multiple choice, `F` an array).
    wording : Text
        As respondents read it.
    group : Text
        Name of its group.
    other : bool
        Whether it offers "other", with words to write.
    items : mapping of int to sequence of Item
        Subquestions, on the first scale (0, lines) and on the second (1, columns).
    answers : mapping of int to sequence of Answer
        Answers, on the first scale and on the second.
    attributes : mapping of str to Text
        Its settings.
    """

    qid: str
    gid: str
    code: str
    kind: str
    wording: Text = NOTHING
    group: Text = NOTHING
    other: bool = False
    items: Mapping[int, Sequence[Item]] = field(default_factory=dict)
    answers: Mapping[int, Sequence[Answer]] = field(default_factory=dict)
    attributes: Mapping[str, Text] = field(default_factory=dict)

    def setting(self, name: str) -> str:
        """Return one of its settings in its main wording; empty where it has none."""
        return self.attributes.get(name, NOTHING).en


@dataclass(frozen=True)
class Questionnaire:
    """A survey of LimeSurvey.

    Parameters
    ----------
    sid : str
        Its number.
    title : Text
        Its title.
    languages : tuple of str
        Tags of its languages, the main one first.
    questions : tuple of Question
        In the order in which they are asked.
    groups : mapping of str to Text
        Names of the groups by number.
    """

    sid: str = ""
    title: Text = NOTHING
    languages: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    groups: Mapping[str, Text] = field(default_factory=dict)


def read_questionnaire(source: SourceFile) -> Questionnaire:
    """Return the questionnaire that a structure (.lss), alone or in an archive (.lsa), describes in all its languages.

    Structures of LimeSurvey 1.9 to 6 are read: up to 3 each row bears its language, from 4 on wordings stand in
    tables of their own.

    Parameters
    ----------
    source : SourceFile
        The structure, or the archive that holds it.

    Raises
    ------
    LoadError
        Where it is not a structure of LimeSurvey, or describes no question.
    """
    document = read_document(_in_archive(source) if source.suffix == ".lsa" else source)
    if document.kind != "Survey":
        found = f"It is a document of LimeSurvey of another kind: `{document.kind}`."
        raise refused(source, found, "Export the survey structure (.lss).")
    languages = _languages(document)
    groups = _by_number(document, "groups", "gid", "group_name", languages)
    questions = _questions(document, languages, groups)
    if not questions:
        found = "It describes no question."
        raise refused(source, found, "Export the survey structure (.lss) of a survey that has questions.")
    surveys = document.rows("surveys")
    titles: dict[str, str] = {}
    for row in document.rows("surveys_languagesettings"):
        titles[row.get("surveyls_language", "")] = plain_words(row.get("surveyls_title", ""))
    sid = surveys[0].get("sid", "") if surveys else ""
    return Questionnaire(sid, _text(titles, languages), languages, questions, groups)


def _in_archive(source: SourceFile) -> SourceFile:
    """Return the structure that an archive holds."""
    structure = member_of(source, open_archive(source), ".lss")
    if structure is None:
        found = "It holds no structure of a survey (.lss)."
        raise refused(source, found, "Export it anew from LimeSurvey as a survey archive (.lsa).")
    return structure


def _languages(document: Document) -> tuple[str, ...]:
    """Return the languages of a survey, the main one first."""
    surveys = document.rows("surveys")
    main = [surveys[0].get("language", "")] if surveys else []
    return tuple(dict.fromkeys(each for each in (*main, *document.languages) if each))


def _questions(
    document: Document, languages: tuple[str, ...], groups: Mapping[str, Text]
) -> tuple[Question, ...]:
    wordings = _by_number(document, "questions", "qid", "question", languages)
    lines = _by_number(document, "subquestions", "qid", "question", languages, also="question_l10ns")
    items: dict[str, dict[int, list[Item]]] = {}
    for row in _once(document.rows("subquestions"), "qid"):
        scales = items.setdefault(row.get("parent_qid", ""), {})
        item = Item(row.get("title", ""), lines.get(row.get("qid", ""), NOTHING))
        scales.setdefault(_whole(row, "scale_id"), []).append(item)
    answers = _answers(document, languages)
    attributes = _attributes(document, languages)
    order = {row.get("gid", ""): _whole(row, "group_order") for row in document.rows("groups")}
    rows = _once(
        [row for row in document.rows("questions") if row.get("parent_qid", "0") in ("", "0")], "qid"
    )
    rows.sort(key=lambda row: order.get(row.get("gid", ""), 0))
    return tuple(
        Question(
            qid := row.get("qid", ""),
            gid := row.get("gid", ""),
            row.get("title", ""),
            row.get("type", ""),
            wordings.get(qid, NOTHING),
            groups.get(gid, NOTHING),
            row.get("other") == "Y",
            items.get(qid, {}),
            answers.get(qid, {}),
            attributes.get(qid, {}),
        )
        for row in rows
        if row.get("title")
    )


def _answers(document: Document, languages: tuple[str, ...]) -> dict[str, dict[int, list[Answer]]]:
    """Return the answers by question and scale, in the order in which they are shown."""
    apart: _Wordings = {}
    for row in document.rows("answer_l10ns"):
        said = apart.setdefault(row.get("aid", ""), {})
        said[row.get("language", "")] = plain_words(row.get("answer", ""))
    found: dict[str, dict[int, dict[str, dict[str, str]]]] = {}
    for row in sorted(document.rows("answers"), key=lambda row: _whole(row, "sortorder")):
        scale = found.setdefault(row.get("qid", ""), {}).setdefault(_whole(row, "scale_id"), {})
        said = scale.setdefault(row.get("code", ""), {})
        if row.get("answer"):
            said[row.get("language", "")] = plain_words(row["answer"])
        said.update(apart.get(row.get("aid", ""), {}))
    return {
        qid: {
            scale: [Answer(code, _text(said, languages)) for code, said in codes.items()]
            for scale, codes in scales.items()
        }
        for qid, scales in found.items()
    }


def _attributes(document: Document, languages: tuple[str, ...]) -> dict[str, dict[str, Text]]:
    said: dict[str, _Wordings] = {}
    for row in document.rows("question_attributes"):
        settings = said.setdefault(row.get("qid", ""), {}).setdefault(row.get("attribute", ""), {})
        settings[row.get("language", "")] = plain_words(row.get("value", ""))
    return {
        qid: {name: _text(words, languages) for name, words in settings.items()}
        for qid, settings in said.items()
    }


def _by_number(
    document: Document, table: str, number: str, words: str, languages: tuple[str, ...], also: str = ""
) -> dict[str, Text]:
    """Return wordings by the number of what they word: from rows with a language, or from the table of wordings."""
    said: _Wordings = {}
    for rows in (document.rows(table), document.rows(also or f"{table.removesuffix('s')}_l10ns")):
        for row in rows:
            if row.get(words):
                said.setdefault(row.get(number, ""), {})[row.get("language", "")] = plain_words(row[words])
    return {key: _text(wordings, languages) for key, wordings in said.items()}


def _text(said: Mapping[str, str], languages: tuple[str, ...]) -> Text:
    """Return wordings as a text, the main language first; those without a language are of the main one."""
    main = languages[0] if languages else "en"
    named = {language or main: words for language, words in said.items() if words}
    order = {language: place for place, language in enumerate(languages)}
    ordered = sorted(named, key=lambda language: order.get(language, len(order)))
    return Text.of({language: named[language] for language in ordered})


def _once(rows: Sequence[_Row], number: str) -> list[_Row]:
    """Return the first row of each number (older structures repeat them by language), in the order asked."""
    first: dict[str, _Row] = {}
    for row in rows:
        first.setdefault(row.get(number, ""), row)
    return sorted(first.values(), key=lambda row: _whole(row, "question_order"))


def _whole(row: _Row, name: str) -> int:
    """Return a number of a row; 0 where it is none."""
    words = row.get(name, "").strip()
    return int(words) if words.isascii() and words.removeprefix("-").isdigit() and len(words) < 10 else 0
