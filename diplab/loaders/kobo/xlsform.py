"""An XLSForm as it was asked: questions in order, their wordings by language, lists of choices."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from diplab.errors import LoadError
from diplab.loaders.excel import ExcelSheet, open_workbook, table_of
from diplab.loaders.questionnaire import Question, Questionnaire, strip_markdown
from diplab.loaders.source import WORKBOOKS, Request, SourceFile, forms_beside, open_source, refused
from diplab.loaders.text.records import delimited_text, records
from diplab.microdata.variable import Code
from diplab.reference.text import Text

TABLE = "table-list"  # the appearance of a group whose questions are rows of one table
UNTAGGED = "default"  # what XLSForm calls the language of a column of labels that names none


@dataclass(frozen=True)
class ChoiceList:
    """A list of choices."""

    labels: Mapping[
        str, Mapping[str, str]
    ]  # by code, as written in the form: the wordings by language

    @property
    def has_numbers(self) -> bool:
        """True where every code is a whole number, so that the data hold numbers."""
        return all(
            code.removeprefix("-").isdecimal() and str(int(code)) == code for code in self.labels
        )

    def values(self, *, in_numbers: bool) -> dict[Code, Text]:
        """Return the labels by code, as a codebook has them."""
        labels = {}
        for code, wordings in self.labels.items():
            labels[code] = text_of(wordings) or Text.same(code)
        values: dict[Code, Text] = {}
        for code, label in labels.items():
            values[int(code) if in_numbers else code] = label
        return values

    def codes_by_label(self, language: str) -> dict[str, str]:
        """Return the code of each label in one language; labels of two codes are left out."""
        labels = list[tuple[str, str]]()
        for code, wordings in self.labels.items():
            labels.append((strip_markdown(wordings.get(language, "")), code))
        counts = Counter(label for label, _ in labels)
        return {label: code for label, code in labels if label and counts[label] == 1}

    def codes_by_writing(self) -> dict[str, str]:
        """Return the code of each choice by itself and by its label in every language."""
        labels = list[tuple[str, str]]()
        for code, wordings in self.labels.items():
            for words in wordings.values():
                labels.append((words, code))
        return {strip_markdown(words): code for words, code in labels} | {
            code: code for code in self.labels
        }

    def codes_by_any_label(self, first: str) -> dict[str, str]:
        """Return the code of each label, in one language before the others."""
        codes: dict[str, str] = {}
        for language in dict.fromkeys(
            (first, *(item for label in self.labels.values() for item in label))
        ):
            codes = {**self.codes_by_label(language), **codes}
        return codes


@dataclass(frozen=True, kw_only=True)
class XlsformQuestion(Question):
    """One line of a form with a column in the data: `kind` as `select_one`, `wording` and hint."""

    path: tuple[str, ...] = ()  # the names of the groups that hold it, the outer first
    wordings: Mapping[str, str] = field(
        default_factory=dict
    )  # the question by language, as written
    choices: ChoiceList | None = None  # its list
    group_wordings: Mapping[str, str] = field(
        default_factory=dict
    )  # of the innermost group that has any
    repeat: str = ""  # name of the innermost repeated group that holds it; empty outside
    # the question of which it is an item (a row of a score or a table, a level of a ranking, the
    # words of "other")
    part_of: str = ""

    @property
    def label(self) -> Text:
        """The question in words."""
        return text_of(self.wordings)


@dataclass(frozen=True)
class Xlsform(Questionnaire):
    """A form of KoboToolbox or ODK; it may name no language."""

    questions: tuple[XlsformQuestion, ...] = ()  # in the order of the form
    repeats: Mapping[str, Mapping[str, str]] = field(
        default_factory=dict
    )  # labels of repeated groups, by language
    # groups that are one question (scores and rankings of KoboToolbox), by name
    parents: Mapping[str, XlsformQuestion] = field(default_factory=dict)


def text_of(wordings: Mapping[str, str]) -> Text:
    """Return wordings by language as plain words."""
    by_language = {}
    for language, words in wordings.items():
        if strip_markdown(words):
            by_language[language] = strip_markdown(words)
    if set(by_language) == {UNTAGGED}:
        return Text.same(by_language[UNTAGGED])
    return Text.of(by_language)


_TAG = re.compile(r"\(([A-Za-z]{2,3}(?:[-_][A-Za-z0-9]+)*)\)\s*$")
_BY_NAME = {"english": "en", "anglais": "en", "french": "fr", "français": "fr", "francais": "fr"}
_OLD_TYPES = (
    (re.compile(r"(?i)^(select1|select one( from)?|add select one prompt using)\s"), "select_one "),
    (
        re.compile(r"(?i)^(select all that apply( from)?|select multiple( from)?|select)\s"),
        "select_multiple ",
    ),
    (re.compile(r"(?i)^(begin|end)[ _](lgroup|looped group)\b"), r"\1 repeat"),
)
_OTHER = {"en": "Other", "fr": "Autre"}
_SPECIFY = {"en": "Other: specify", "fr": "Autre : précisez"}
_ITEMS = {"score__row": "begin_score", "rank__level": "begin_rank"}
_LISTS_OF_GROUPS = {"begin_score": "kobo--score-choices", "begin_rank": "kobo--rank-items"}
_DEEPEST = 100
_CLOSE = "Write `end_group` or `end_repeat` where each of them ends."
_LIST_TYPES = ("select_one", "select_multiple", "rank", "select_one_external")


def _repeat_of(groups: Sequence[XlsformQuestion]) -> str:
    """Return the innermost repeated group of those that are open."""
    return next((group.name for group in reversed(groups) if group.kind == "begin_repeat"), "")


def is_xlsform(source: SourceFile, request: Request) -> bool:
    """Return whether a workbook is an XLSForm: its sheet `survey` has columns `type`, `name`."""
    return any(map(_is_survey, open_workbook(source, request, ["survey"]).sheets))


def form_of(source: SourceFile, request: Request) -> Xlsform:
    """Return the form that an XLSForm describes."""
    book = open_workbook(source, request, ["survey", "choices", "settings"])
    sheets = {}
    for sheet in book.sheets:
        sheets[sheet.name.strip().lower()] = sheet
    if "survey" not in sheets or not _is_survey(sheets["survey"]):
        found = "It is not an XLSForm: it has no sheet `survey` with the columns `type` and `name`."
        raise refused(
            source,
            found,
            "Write the path of the form, as downloaded from KoboToolbox or ODK as XLS.",
        )
    settings = next(_lines(sheets.get("settings"), source), {})
    main = language_tag(settings.get("default_language", ""))
    lists = _choices(sheets.get("choices"), source, main)
    questions: list[XlsformQuestion] = []
    repeats: dict[str, Mapping[str, str]] = {}
    parents: dict[str, XlsformQuestion] = {}
    open_groups: list[XlsformQuestion] = []
    languages: dict[str, None] = {main: None} if main != UNTAGGED else {}
    for line in _lines(sheets["survey"], source):
        wordings = _wordings(line, "label", main)
        kind, _ = _kind(line.get("type", ""))
        if kind == "begin_group" and TABLE in line.get("appearance", "").lower():
            kind = "begin_table"
        languages |= dict.fromkeys(wordings)
        if kind.startswith("begin_"):
            name, choices = (
                line.get("name", ""),
                lists.get(line.get(_LISTS_OF_GROUPS.get(kind, ""), "")),
            )
            repeat = _repeat_of(open_groups)
            open_groups.append(
                XlsformQuestion(name, kind, wordings=wordings, choices=choices, repeat=repeat)
            )
            if kind == "begin_repeat":
                repeats[name] = wordings
            elif kind in _LISTS_OF_GROUPS:
                parents[name] = open_groups[-1]
            if len(open_groups) > _DEEPEST:
                raise refused(source, f"Its groups are nested more than {_DEEPEST} deep.", _CLOSE)
        elif kind.startswith("end_"):
            del open_groups[-1:]
        elif kind and kind != "note" and line.get("name"):
            questions += _questions(line, open_groups, lists, main)
    known_languages = tuple(
        language for language in languages if language != UNTAGGED or len(languages) > 1
    )
    title = text_of({UNTAGGED: settings.get("form_title", "")})
    return Xlsform(title, known_languages, tuple(questions), repeats, parents)


def language_tag(written: str) -> str:
    """Return the tag of a language, as forms write it."""
    tag = _TAG.search(written)
    bare = written.strip()
    if tag:
        return tag[1].replace("_", "-")
    return _BY_NAME.get(bare.lower(), bare) or UNTAGGED


def _is_survey(sheet: ExcelSheet) -> bool:
    header = set()
    for row in sheet.rows(20):
        for cell in row:
            header.add(cell.strip().lower())
    return sheet.name.strip().lower() == "survey" and {"type", "name"} <= header


def _lines(sheet: ExcelSheet | None, source: SourceFile) -> Iterator[dict[str, str]]:
    """Yield the lines of a sheet: the content of each column that is not empty."""
    table = {}
    if sheet is not None:
        table = table_of(sheet, source)[0]
    columns = {}
    for name, column in table.items():
        columns[_heading(name)] = column.words
    for cells in zip(*columns.values(), strict=True):
        line = {}
        for name, cell in zip(columns, cells, strict=True):
            line[name] = str(cell).strip()
        yield {name: words for name, words in line.items() if words}


def _heading(written: str) -> str:
    """Return the heading of a column, in small letters, the language that it names apart."""
    name, mark, language = re.sub(r"::?\s*", "::", written.strip(), count=1).partition("::")
    bare = name.strip().lower()
    known = {"list name": "list_name", "caption": "label", "form title": "form_title"}
    return f"{known.get(bare, bare)}{mark}{language}"


def _wordings(line: Mapping[str, str], key: str, main: str) -> dict[str, str]:
    """Return what a line says under `label` or `hint` by language, the main one first."""
    wordings: dict[str, str] = {}
    for heading, words in line.items():
        name, mark, language = heading.partition("::")
        if name == key:
            wordings[language_tag(language) if mark else main] = words
    return {
        language: wordings[language] for language in sorted(wordings, key=lambda item: item != main)
    }


def _kind(written: str) -> tuple[str, list[str]]:
    """Return the type of a line and the words after it, with old names of types as present ones."""
    text = f"{' '.join(written.split())} "
    for pattern, present in _OLD_TYPES:
        text = pattern.sub(present, text, count=1)
    first, *words = text.split() or [""]
    kind = first.lower().removesuffix("_from_file")
    if kind in ("begin", "end") and words:
        return f"{kind}_{words[0].lower()}", words[1:]
    return kind, words


def _choices(sheet: ExcelSheet | None, source: SourceFile, main: str) -> dict[str, ChoiceList]:
    lists: dict[str, dict[str, dict[str, str]]] = {}
    for line in _lines(sheet, source):
        code = line.get("name", line.get("value", ""))
        if code:
            lists.setdefault(line.get("list_name", ""), {})[code] = _wordings(line, "label", main)
    choices: dict[str, ChoiceList] = {}
    for name, labels in lists.items():
        choices[name] = ChoiceList(labels)
    return choices


def _questions(
    line: Mapping[str, str],
    open_groups: Sequence[XlsformQuestion],
    lists: Mapping[str, ChoiceList],
    main: str,
) -> list[XlsformQuestion]:
    """Return the question of a line and, where "other" may be said, the question of its words."""
    (written, words), name, wordings = (
        _kind(line["type"]),
        line["name"],
        _wordings(line, "label", main),
    )
    item = written in _ITEMS and bool(open_groups) and open_groups[-1].kind == _ITEMS[written]
    named = ""
    if written in _LIST_TYPES and words:
        named = words[0]
    choices = open_groups[-1].choices if item else lists.get(named)
    other = "or_other" in line.get("type", "").lower().replace(" or other", " or_other").split()
    if other and choices is not None:
        choices = ChoiceList({**choices.labels, "other": _OTHER})
    hints = _wordings(line, "hint", main)
    languages = dict.fromkeys((*wordings, *hints)) if hints else ()
    with_hint = {
        language: f"{wordings.get(language, '')} {hints.get(language, '')}"
        for language in languages
    } or wordings
    path = tuple(element.name for element in open_groups if element.name)
    group = next((element.wordings for element in reversed(open_groups) if element.wordings), {})
    table = next((element for element in open_groups[-1:] if element.kind == "begin_table"), None)
    section = next(
        (
            element.wordings
            for element in reversed(open_groups)
            if element.wordings and element is not table
        ),
        {},
    )
    question = XlsformQuestion(
        name,
        "select_one" if item else written,
        text_of(table.wordings if table else with_hint),
        text_of(section),
        path=path,
        wordings=wordings,
        choices=choices,
        group_wordings=group,
        repeat=_repeat_of(open_groups),
        part_of=open_groups[-1].name if item or table else "",
    )
    if not other:
        return [question]
    own = replace(question, name=f"{name}_other", kind="text", choices=None, part_of=name)
    return [question, replace(own, wording=text_of(_SPECIFY), wordings=_SPECIFY)]


@dataclass(frozen=True)
class FormSource:
    """What is known of the questions."""

    form: Xlsform | None = None  # the XLSForm
    # wordings by header, where there is a CSV of labels
    labels: Mapping[str, str] = field(default_factory=dict)
    file: str = ""  # name of the file that says so; empty where there is none


def find_form(source: SourceFile, request: Request) -> FormSource:
    """Return the file that describes the questions: the one given, or one beside the data."""
    # beside `workers.csv`: `workers.xlsform.xlsx`, an XLSForm `workers.xlsx`, or
    # `workers.labels.csv`
    given = request.structure
    for path in forms_beside(source.path) if given is None else (given,):
        file = open_source(path)
        if file.suffix == ".csv":
            return FormSource(labels=read_labels(file), file=path.name)
        if given is not None and file.suffix not in WORKBOOKS:
            found = f"Its suffix `{file.suffix}` is not that of a form that diplab reads."
            write = (
                "Write the path of the XLSForm, a workbook, or of a CSV with the columns `name` "
                "and `label`."
            )
            raise refused(file, found, write)
        try:
            is_form = (
                given is not None
                or path.name.endswith(".xlsform.xlsx")
                or is_xlsform(file, request)
            )
        except LoadError:  # a damaged workbook under the name of the data is not their form
            continue
        if is_form:
            return FormSource(form=form_of(file, request), file=path.name)
    return FormSource()


def read_labels(source: SourceFile) -> dict[str, str]:
    """Return the label of each column from a CSV with the columns `name` and `label`."""
    written = delimited_text(source)
    header, rows = records(source, written.text, written.dialect)
    if not {"name", "label"} <= set(header):
        found = "It has no columns `name` and `label`."
        write = (
            "Write the path of the XLSForm (.xlsx), or of a CSV with the columns `name` and "
            "`label`."
        )
        raise refused(source, found, write)
    name, label = header.index("name"), header.index("label")
    labels: dict[str, str] = {}
    for row in rows:
        if row[label] != row[name]:
            labels[row[name]] = row[label]
    return labels
