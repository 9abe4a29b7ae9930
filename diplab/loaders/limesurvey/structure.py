"""LimeSurvey documents (.lss, .lsr, .lst, .lsi): the questionnaire and the columns it yields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal, TypeAlias

from diplab.loaders.answers.numbers import word_codes
from diplab.loaders.limits import open_archive, xml_elements
from diplab.loaders.questionnaire import (
    Choice,
    Question,
    Questionnaire,
    number_wording,
    strip_html,
    written_words,
)
from diplab.loaders.source import SourceFile, refused
from diplab.loaders.text.recognition import fold_case
from diplab.microdata.display import join_wordings
from diplab.microdata.multiple_response import Responses, ResponsesKind
from diplab.microdata.variable import Code, Measure, Storage, Variable
from diplab.reference.text import NOTHING, Text

_Row = dict[str, str]
_Choices = dict[str, dict[int, list[Choice]]]  # by question and scale


@dataclass(frozen=True)
class LimeSurveyDocument:
    """What one document of LimeSurvey holds."""

    kind: str = ""  # what it calls itself: `Survey`, `Responses`, `Tokens`, `Timings`
    languages: tuple[str, ...] = ()  # tags of its languages
    # rows by table. A field that is absent from a row was never filled (NULL in the database); an
    # empty one is empty words
    tables: Mapping[str, Sequence[_Row]] = field(default_factory=dict)
    # names of the fields by table, in order
    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def rows(self, table: str) -> Sequence[_Row]:
        """Return the rows of a table; none where the document lacks it."""
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
                tables.setdefault(table, []).append(
                    {field_name(item.tag): item.text or "" for item in element}
                )
                element.clear()
        path.pop()
    if not kind:
        found = "It is XML, and not a document of LimeSurvey: it has no `LimeSurveyDocType`."
        write = "Export it from LimeSurvey as a survey structure (.lss) or a survey archive (.lsa)."
        raise refused(source, found, write)
    return LimeSurveyDocument(kind, tuple(filter(None, languages)), tables, fields)


def member_of(source: SourceFile, archive: Mapping[str, bytes], suffix: str) -> SourceFile | None:
    """Return the first member of an archive with a suffix, named after both.

    None where there is none.
    """
    name = next((item for item in archive if item.lower().endswith(suffix)), None)
    if name is None:
        return None
    return SourceFile(Path(f"{source.path.name}: {name}"), archive[name])


def field_name(tag: str) -> str:
    """Return the database name of a field: XML names cannot begin with a digit or contain `#`."""
    if len(tag) > 1 and tag[0] == "_" and tag[1].isdigit():
        return tag[1:].replace("-", "#")
    return tag


@dataclass(frozen=True, kw_only=True)
class LimeSurveyQuestion(Question):
    """A LimeSurvey question: `name` is its code, `kind` its type (`M` for multiple choice)."""

    qid: str  # its number in the survey
    gid: str  # number of its group
    other: bool = False  # whether it offers "other", with words to write
    # subquestions and answers, each on the first scale (0; of subquestions, the lines) and on the
    # second (1, columns)
    items: Mapping[int, Sequence[Choice]] = field(default_factory=dict)
    answers: Mapping[int, Sequence[Choice]] = field(default_factory=dict)
    attributes: Mapping[str, Text] = field(default_factory=dict)  # its settings


@dataclass(frozen=True)
class LimeSurveyQuestionnaire(Questionnaire):
    """A survey of LimeSurvey."""

    sid: str = ""  # its number
    questions: tuple[LimeSurveyQuestion, ...] = ()  # in the order in which they are asked
    groups: Mapping[str, Text] = field(default_factory=dict)  # names of the groups by number


def read_questionnaire(source: SourceFile) -> LimeSurveyQuestionnaire:
    """Return the questionnaire of a structure (.lss, or in an archive .lsa), in all languages."""
    # LimeSurvey 1.9 to 6: up to 3 each row bears its language, from 4 on wordings are in tables of
    # their own
    structure: SourceFile | None = source
    if source.suffix == ".lsa":
        structure = member_of(source, open_archive(source), ".lss")
    if structure is None:
        found = "It holds no structure of a survey (.lss)."
        raise refused(source, found, "Export it again from LimeSurvey as a survey archive (.lsa).")
    document = read_document(structure)
    if document.kind != "Survey":
        found = f"It is a document of LimeSurvey of another kind: `{document.kind}`."
        raise refused(source, found, "Export the survey structure (.lss).")
    survey = next(iter(document.rows("surveys")), {})
    languages = tuple(
        dict.fromkeys(filter(None, (survey.get("language", ""), *document.languages)))
    )
    worded = _texts(
        [*document.rows("groups"), *document.rows("group_l10ns")], languages, "group_name", "gid"
    )
    groups = {}
    for (gid,), name in worded.items():
        groups[gid] = name
    questions = _questions(document, languages, groups)
    if not questions:
        found = "It describes no question."
        raise refused(
            source, found, "Export the survey structure (.lss) of a survey that has questions."
        )
    settings = document.rows("surveys_languagesettings")
    titles = {}
    for row in settings:
        titles[row.get("surveyls_language", "")] = strip_html(row.get("surveyls_title", ""))
    return LimeSurveyQuestionnaire(
        _text(titles, languages), languages, survey.get("sid", ""), questions, groups
    )


def _questions(
    document: LimeSurveyDocument, languages: tuple[str, ...], groups: Mapping[str, Text]
) -> tuple[LimeSurveyQuestion, ...]:
    asked, lines = document.rows("questions"), document.rows("subquestions")
    wordings = _texts(
        [*asked, *lines, *document.rows("question_l10ns")], languages, "question", "qid"
    )
    items: _Choices = {}
    for row in _first_rows(lines):
        item = Choice(row.get("title", ""), wordings[(row.get("qid", ""),)])
        _add_choice(items, row.get("parent_qid", ""), row.get("scale_id", ""), item)
    answers, attributes = _answers(document, languages), dict[str, dict[str, Text]]()
    settings = _texts(document.rows("question_attributes"), languages, "value", "qid", "attribute")
    for (qid, name), text in settings.items():
        attributes.setdefault(qid, {})[name] = text
    order = {
        row.get("gid", ""): _whole_number(row.get("group_order", ""))
        for row in document.rows("groups")
    }
    rows = _first_rows([row for row in asked if row.get("parent_qid", "0") in ("", "0")])
    rows.sort(key=lambda row: order.get(row.get("gid", ""), 0))
    return tuple(
        LimeSurveyQuestion(
            row["title"],
            row.get("type", ""),
            wordings[(qid := row.get("qid", ""),)],
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


def _answers(document: LimeSurveyDocument, languages: tuple[str, ...]) -> _Choices:
    """Return the answers by question and scale, in the order in which they are shown."""
    rows = sorted(document.rows("answers"), key=lambda row: _whole_number(row.get("sortorder", "")))
    by_number = {row.get("aid", ""): row for row in rows}
    rows += [
        by_number[aid] | row
        for row in document.rows("answer_l10ns")
        if (aid := row.get("aid", "")) in by_number
    ]
    worded = _texts(rows, languages, "answer", "qid", "scale_id", "code")
    answers: _Choices = {}
    for (qid, scale, code), text in worded.items():
        _add_choice(answers, qid, scale, Choice(code, text))
    return answers


def _add_choice(choices: _Choices, qid: str, scale: str, choice: Choice) -> None:
    choices.setdefault(qid, {}).setdefault(_whole_number(scale), []).append(choice)


def _texts(
    rows: Iterable[_Row], languages: tuple[str, ...], words: str, *by: str
) -> dict[tuple[str, ...], Text]:
    """Return the texts of a field in all languages, keyed by the identifiers `by`."""
    wordings: dict[tuple[str, ...], dict[str, str]] = {}
    for row in rows:
        own = wordings.setdefault(tuple(row.get(item, "") for item in by), {})
        if row.get(words):
            own[row.get("language", "")] = strip_html(row[words])
    texts: dict[tuple[str, ...], Text] = {}
    for key, item in wordings.items():
        texts[key] = _text(item, languages)
    return texts


def _text(wordings: Mapping[str, str], languages: tuple[str, ...]) -> Text:
    """Return wordings as a text, the main language first.

    Those without a language are of the main one.
    """
    main = "en"
    if languages:
        main = languages[0]
    known = {}
    for language, words in wordings.items():
        if words:
            known[language or main] = words
    return Text.of(
        {language: known[language] for language in (*languages, *known) if language in known}
    )


def _first_rows(rows: Sequence[_Row]) -> list[_Row]:
    """Return the first row of each question, in order; older structures repeat rows by language."""
    first: dict[str, _Row] = {}
    for row in rows:
        first.setdefault(row.get("qid", ""), row)
    return sorted(first.values(), key=lambda row: _whole_number(row.get("question_order", "")))


def _whole_number(words: str) -> int:
    """Return a number in words; 0 where it is none."""
    bare = words.strip()
    if bare.isascii() and bare.removeprefix("-").isdigit() and len(bare) < 10:
        return int(bare)
    return 0


_WORDS = "limesurvey/exported_words.toml"


def word_of(key: str, languages: Iterable[str] = (), section: str = "answers") -> Text:
    """Return a word of LimeSurvey in French, in English, and in the languages of the survey."""
    known = written_words(_WORDS)[section][key]
    # `de-informal` is German: LimeSurvey's own words are the same in both.
    forms = {}
    for language in ("fr", "en", *languages):
        forms[language] = known.get(language.split("-")[0])
    return Text.of({language: written[0] for language, written in forms.items() if written})


@cache
def forms_of(key: str) -> frozenset[str]:
    """Return the forms of a LimeSurvey word in exports, case-folded and without blanks."""
    return frozenset(
        fold_case(form)
        for forms in written_words(_WORDS)["answers"][key].values()
        for form in forms
    )


# how LimeSurvey's own exports write a question that was not put to a respondent
NOT_SHOWN = "{question_not_shown}"
OTHER = "-oth-"  # the code of "other" in a list
Role: TypeAlias = Literal["box", "choice", "plain", "none"]
"""A box that is ticked or not; one answer among several; anything else.

A text shown, which yields no answer.
"""

_SINGLE = frozenset("5DGILN!OSTUXYWZ*|")
_LISTS = frozenset("L!OWZ")
_LINES = frozenset("ABCEFHKQ")
_GRIDS = frozenset(";:")
_BOXES = frozenset("MP")
_MEASURES: dict[str, Measure] = {
    **dict.fromkeys("NKD", "scale"),
    **dict.fromkeys("5ABEFH1", "ordinal"),
    "*": "unknown",
}
_EXPORTED: Mapping[str, Measure] = {"1": "nominal", "2": "ordinal", "3": "scale"}


@dataclass(frozen=True)
class QuestionColumn:
    """One column that a question yields."""

    # its name as LimeSurvey's question codes write it (`Q1[SQ001]`), and what it means
    variable: Variable
    # the wordings of which LimeSurvey makes its heading: the question, then each subquestion
    parts: tuple[Text, ...]
    role: Role  # how its cells are read
    # what follows the numbers of survey, group and question in the database's name of the column
    suffix: str
    question: LimeSurveyQuestion  # the question

    @property
    def expression(self) -> str:
        """Name in LimeSurvey expressions: `Q1_SQ001`, `Q1_SQ001_0` on the first of two scales."""
        head, *tail = self.variable.name.replace("]", "").split("[")
        if self.question.kind == "1" and len(tail) == 2:
            tail[1] = "0" if tail[1] == "1" else "1"
        return "_".join((head, *tail))


def columns_of(questionnaire: LimeSurveyQuestionnaire) -> tuple[QuestionColumn, ...]:
    """Return the columns that a questionnaire yields, in the order of LimeSurvey exports."""
    languages = questionnaire.languages
    return tuple(
        column for question in questionnaire.questions for column in _columns(question, languages)
    )


def sets_of(columns: Sequence[QuestionColumn]) -> dict[str, Responses]:
    """Return the questions with several answers among columns that a file has."""
    # boxes make a set of dichotomies, ranks a set of categories; the words of "other" and comments
    # are in neither
    questions: dict[str, list[QuestionColumn]] = {}
    for column in columns:
        ranked = column.question.kind == "R"
        if column.role == "box" or (ranked and column.role == "choice"):
            questions.setdefault(column.question.name, []).append(column)
    sets: dict[str, Responses] = {}
    for code, members in questions.items():
        names, question = [member.variable.name for member in members], members[0].question
        kind: ResponsesKind = "dichotomies"
        if question.kind == "R":
            kind = "categories"
        sets[code] = Responses(code, names, label=question.wording, kind=kind)
    return sets


def _columns(question: LimeSurveyQuestion, languages: Sequence[str]) -> Iterator[QuestionColumn]:
    kind, items, values = question.kind, question.items.get(0, ()), _values(question, 0, languages)
    if kind in _BOXES:
        yield from _boxes(question, languages)
    elif kind == "1":
        for item in items:
            for scale, letter in enumerate("AB"):
                heading = question.attributes.get(f"dualscale_header{letter}")
                shown = heading or number_wording(word_of("scale", languages), scale + 1)
                own, suffix = _values(question, scale, languages), f"{item.code}#{scale}"
                yield _column(
                    question,
                    (item.code, str(scale + 1)),
                    (item.label, shown),
                    values=own,
                    suffix=suffix,
                )
    elif kind == "R":
        # older surveys rank answers, newer ones may rank subquestions
        ranked = values or {item.code: item.label for item in items}
        most = _whole_number(question.attributes.get("max_subquestions", NOTHING).en) or len(ranked)
        for position in range(1, min(most, len(ranked)) + 1):
            shown = number_wording(word_of("rank", languages), position)
            yield _column(question, (str(position),), (shown,), values=ranked)
    elif kind in _GRIDS:
        yield from _grid(question, languages)
    elif kind in _LINES or (kind not in _SINGLE and question.items):
        for item in items:
            yield _column(question, (item.code,), (item.label,), values=values)
    else:
        yield from _single(question, values, languages)


def _single(
    question: LimeSurveyQuestion, values: Mapping[Code, Text], languages: Sequence[str]
) -> Iterator[QuestionColumn]:
    lists = question.kind in _LISTS
    if lists and question.other:
        other = question.attributes.get("other_replace_text") or word_of("other", languages)
        values = {**{str(code): label for code, label in values.items()}, OTHER: other}
    yield _column(question, (), (), values=values, role="none" if question.kind == "X" else None)
    if lists and question.kind != "O" and question.other:
        yield _column(question, ("other",), (word_of("other", languages),), storage="words")
    if question.kind == "O":
        yield _column(question, ("comment",), (word_of("comment", languages),), storage="words")
    if question.kind == "|":
        yield _column(
            question,
            ("filecount",),
            (Text.same("filecount"),),
            suffix="_filecount",
            storage="whole",
        )


def _boxes(question: LimeSurveyQuestion, languages: Sequence[str]) -> Iterator[QuestionColumn]:
    ticked: dict[Code, Text] = {1: word_of("yes", languages), 0: word_of("no", languages)}
    comment, other = word_of("comment", languages), word_of("other", languages)
    lines = list[tuple[str, Text, Text]]()
    for item in question.items.get(0, ()):
        lines.append((item.code, item.label, item.label))
    if question.other:
        lines.append(("other", other, question.attributes.get("other_replace_text") or other))
    for code, shown, label in lines:
        if code == "other":
            yield _column(question, (code,), (shown,), label=label, storage="words")
        else:
            yield _column(question, (code,), (shown,), values=ticked, role="box", storage="whole")
        if question.kind == "P":
            worded = join_wordings([label, comment])
            yield _column(question, (f"{code}comment",), (comment,), label=worded, storage="words")


def _grid(question: LimeSurveyQuestion, languages: Sequence[str]) -> Iterator[QuestionColumn]:
    boxes = (
        question.kind == ":"
        and question.attributes.get("multiflexible_checkbox", NOTHING).en == "1"
    )
    values: dict[Code, Text] = {}
    if boxes:
        values = {1: word_of("yes", languages), 0: word_of("no", languages)}
    measure: Measure = "nominal"
    if question.kind == ":" and not boxes:
        measure = "scale"
    storage: Storage = ""
    if question.kind == ";":
        storage = "words"
    for line in question.items.get(0, ()):
        for across in question.items.get(1, ()):
            codes, labels = (f"{line.code}_{across.code}",), (line.label, across.label)
            yield _column(
                question,
                codes,
                labels,
                values=values,
                role="plain",
                measure=measure,
                storage=storage,
            )


def _column(
    question: LimeSurveyQuestion,
    codes: tuple[str, ...],
    parts: tuple[Text, ...],
    *,
    label: Text = NOTHING,
    values: Mapping[Code, Text] | None = None,
    role: Role | None = None,
    measure: Measure | None = None,
    suffix: str | None = None,
    storage: Storage = "",
) -> QuestionColumn:
    closed = values or {}
    variable = Variable(
        question.name + "".join(f"[{code}]" for code in codes),
        label=label or join_wordings(parts or (question.wording,)),
        question=question.wording,
        values=closed,
        measure=measure or _measure(question, storage),
        group=question.group,
        part_of=question.name if parts else "",
        storage=storage or _storage(question.kind, closed),
    )
    own_role: Role = role or ("choice" if closed else "plain")
    own_suffix = "".join(codes) if suffix is None else suffix
    return QuestionColumn(variable, (question.wording, *parts), own_role, own_suffix, question)


def _values(question: LimeSurveyQuestion, scale: int, languages: Sequence[str]) -> dict[Code, Text]:
    """Return the answers of a question: their codes are numbers where all of them are."""
    if provided := written_words("formats.toml")["limesurvey_answers"].get(question.kind):
        return {code: word_of(key, languages) for code, key in provided.items()}
    answers = question.answers.get(scale, ())
    codes = list[str]()
    for answer in answers:
        codes.append(answer.code)
    numeric = all(
        code.isascii() and code.isdigit() and len(code) < 10 and str(int(code)) == code
        for code in codes
    )
    return {
        int(answer.code) if numeric else answer.code: answer.label or Text.same(answer.code)
        for answer in answers
    }


def _measure(question: LimeSurveyQuestion, storage: Storage) -> Measure:
    if storage == "words":
        return "nominal"
    exported = _EXPORTED.get(question.attributes.get("scale_export", NOTHING).en)
    return exported or _MEASURES.get(question.kind, "nominal")


def _storage(kind: str, values: Mapping[Code, Text]) -> Storage:
    if values:
        if word_codes(values):
            return "words"
        return "whole"
    if kind == "D":
        return "moment"
    if kind in "5ABNK:*":
        return ""
    return "words"
