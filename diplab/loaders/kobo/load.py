"""Exports of KoboToolbox and ODK as microdata: codes in the frame, the form in the codebook."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from diplab.loaders.excel import SheetColumn
from diplab.loaders.kobo.export import (
    ExportTable,
    KoboColumns,
    LinkedGroup,
    add_ranking,
    add_select_multiple,
    code_answers,
    find_select_multiple,
    iso_times,
    language_of_answers,
    linked_groups,
    read_tables,
)
from diplab.loaders.kobo.xlsform import FormSource, Xlsform, XlsformQuestion, find_form
from diplab.loaders.notices import WORDS, column_notice
from diplab.loaders.questionnaire import identifying_column_error, strip_markdown
from diplab.loaders.source import Request, SourceFile, refused
from diplab.microdata.microdata import LinkedTable, Microdata
from diplab.microdata.multiple_response import Responses
from diplab.microdata.variable import Storage, Variable
from diplab.reference.text import NOTHING, Text

IDENTIFYING_KINDS = {"geopoint", "geotrace", "geoshape", "start-geopoint", "deviceid"}
IDENTIFYING_KINDS |= {"phonenumber", "subscriberid", "simserial", "username", "email", "audit", "background-audio"}
"""Types of questions that place or name a person without being an answer."""
_IDENTIFYING = {"_geolocation", "_attachments", "username", "deviceid", "phonenumber", "devicephonenum"}
_IDENTIFYING |= {"subscriberid", "simserial", "simid", "email", "audit", "audit_url"}
_IDENTIFYING |= {"_submitted_by", "_submission__submitted_by", "submitterid", "submittername", "start-geopoint"}

_KOBO_POINT = re.compile(r"^(?=.{1,500}$)(.*?)_([^/]+)_(?:latitude|longitude|altitude|precision)$")
_CENTRAL_POINT = re.compile(r"^(.+)-(?:Latitude|Longitude|Altitude|Accuracy)$")
# positions on the earth, as ODK writes them (north, east, height, precision), or as well-known text
_POSITION = re.compile(
    r"-?\d{1,2}\.\d+ -?\d{1,3}\.\d+ -?\d+(?:\.\d+)? -?\d+(?:\.\d+)?(?:;.*)?"
    r"|(?i:point|linestring|polygon)(?: z)? ?\(+-?\d{1,3}(?:\.\d+)? -?\d.*",
    re.DOTALL,
)
_STORAGE_OF_KIND: dict[str, Storage] = {"today": "date", "date": "date", "time": "time"}
_STORAGE_OF_KIND |= dict.fromkeys(("start", "end", "datetime"), "moment")
_STORAGE_OF_KIND |= dict.fromkeys(("text", "barcode", "image", "photo", "audio", "video", "file"), "words")
_MOMENTS = ("start", "end", "_submission_time", "_submission__submission_time", "SubmissionDate")
_STORAGE_OF_NAME: dict[str, Storage] = {"today": "date", **dict.fromkeys(_MOMENTS, "moment")}
_STORAGE_OF_NAME |= dict.fromkeys(("_id", "_index", "_parent_index", "_submission__id"), "")


def metadata_label(name: str) -> Text:
    """Return what a column that the server adds means; nothing for other columns."""
    return WORDS.texts.get(f"kobo_column.{name}", NOTHING)


def storage_of(name: str, kind: str) -> Storage:
    """Return what the cells of a column are, by the type of its question, or by its name where there is none."""
    if kind:
        return _STORAGE_OF_KIND.get(kind, "")
    return _STORAGE_OF_NAME.get(name, "words" if metadata_label(name) else "")


_SEPARATORS = ("/", "_", ".", ":")
_MOST_CUTS = 64


@dataclass(frozen=True)
class FormColumn:
    """What a column of an export is."""

    # its name in the data: that of the question in the form, `question/choice` for one choice of several, the
    # header where the form does not know it
    name: str
    question: XlsformQuestion | None = None  # the question that it answers
    choice: str = ""  # code of the choice, where the column says whether it was made


def match_columns(headers: Sequence[str], form: Xlsform | None, repeat: str = "") -> dict[str, FormColumn]:
    """Return what each column of a table is."""
    # the same answers exported with names or labels as headers, with or without groups, have the same names here
    if form is None:
        return {header: FormColumn(header) for header in headers}
    within = [each for each in form.questions if each.repeat == repeat]
    questions = _by_writing(within)
    several = [each for each in within if each.kind == "select_multiple"]
    choices = {id(each): each.choices.codes_by_writing() for each in several if each.choices is not None}
    names = [each.name for each in within]
    matched: dict[str, FormColumn] = {}
    taken: set[str] = set()
    for header in headers:
        question, choice = _match_header(header, questions, choices)
        name = header
        if question is not None:
            alone = names.count(question.name) == 1
            name = question.name if alone else "/".join((*question.path, question.name))
            name += f"/{choice}" if choice else ""
        if name in taken or (name != header and name in headers):
            question, choice, name = None, "", header
        taken.add(name)
        matched[header] = FormColumn(name, question, choice)
    return matched


def _by_writing(questions: Sequence[XlsformQuestion]) -> dict[str, XlsformQuestion | None]:
    """Return questions by every header that they may have; None for a header of two."""
    by_header: dict[str, XlsformQuestion | None] = {}
    # the surest first: the path of a question, its name, its labels
    for written_headers in zip(*map(_headers_of, questions), strict=True):
        here: dict[str, XlsformQuestion | None] = {}
        for question, headers in zip(questions, written_headers, strict=True):
            for written in headers:
                here[written] = None if here.get(written, question) is not question else question
        by_header = {**here, **by_header}
    return by_header


def _headers_of(question: XlsformQuestion) -> tuple[list[str], list[str], list[str]]:
    """Return the headers that a question may have: its paths, its name, its labels alone and under their group."""
    # inside a repeated group the path may begin at the group
    parts = (*question.path, question.name)
    paths = [mark.join(parts[start:]) for start in range(len(question.path)) for mark in "/-"]
    labels = []
    for language, words in question.wordings.items():
        label, group = strip_markdown(words), strip_markdown(question.group_wordings.get(language, ""))
        labels += [each for each, known in ((label, label), (f"{group}/{label}", label and group)) if known]
    return paths, [question.name], labels


def _match_header(
    header: str, questions: Mapping[str, XlsformQuestion | None], choices: Mapping[int, Mapping[str, str]]
) -> tuple[XlsformQuestion | None, str]:
    """Return the question of a header, and the choice that it adds."""
    bare = strip_markdown(header) if header not in questions else header
    if bare in questions:
        return questions[bare], ""
    for separator in _SEPARATORS:
        cuts = [place for place, mark in enumerate(bare) if mark == separator]
        for cut in reversed(cuts[-_MOST_CUTS:]):
            question = questions.get(bare[:cut])
            known = choices.get(id(question), {}) if question is not None else {}
            if bare[cut + 1 :] in known:
                return question, known[bare[cut + 1 :]]
    head, _, tail = bare.rpartition("/")
    several = questions.get(head)
    if several is not None and several.kind == "select_multiple" and tail:
        # A choice that the form has no longer, or whose list is in another file.
        return several, tail
    # A group that the form has no longer, or not yet.
    return questions.get(tail), ""


def read_kobo(source: SourceFile, request: Request) -> Microdata:
    """Read an export of KoboToolbox, or of ODK Central, with its form."""
    # however it was exported, the same answers are the same data: columns are named as in the form, and hold its codes.
    # Several answers are columns of 0 and 1, `question/choice`; repeated groups are linked tables
    main, *others = read_tables(source, request)
    return read_export(source, request, main, others)


def read_export(source: SourceFile, request: Request, main: ExportTable, others: Sequence[ExportTable]) -> Microdata:
    """Read the tables of an export, with its form."""
    structure = find_form(source, request)
    check_form_fits(source, request, structure, [header for each in (main, *others) for header in each.columns])
    groups = linked_groups(main, [table for table in others if table.is_repeated], structure.form)
    read = [each.table.name for each in groups]
    unread = ", ".join(table.name for table in others if table.name not in read)
    linked = _linked(groups, main, structure, request)
    return microdata_of_table(
        main,
        structure,
        request,
        linked={each.name: LinkedTable(linked[each.name], each.key, each.main_foreign) for each in groups},
        notices=(
            *(notice for each in groups for notice in each.notices),
            *([WORDS("kobo.unread", names=unread)] if unread else []),
        ),
    )


def _linked(
    groups: Sequence[LinkedGroup], main: ExportTable, structure: FormSource, request: Request
) -> dict[str, Microdata]:
    """Return the repeated groups as microdata by name, each with those that belong to it."""
    tables: dict[str, Microdata] = {}
    whole = replace(request, columns=None, rows=None)
    # those that belong to others come after them
    for each in reversed(groups):
        below = {
            other.name: LinkedTable(tables[other.name], other.key, other.foreign)
            for other in groups
            if other.parent == each.name
        }
        shown = each
        if request.rows is not None:
            keys = {*main.columns[each.key].words[request.rows.start : request.rows.stop].tolist()} - {""}
            shown = each.rows(np.array([root in keys for root in each.root.tolist()], dtype=bool))
        tables[each.name] = microdata_of_table(
            shown.table, structure, whole, repeat=each.name, linked=below, notices=each.notices
        )
    return tables


def refuse_form(source: SourceFile, request: Request) -> Microdata:
    """Say of an XLSForm that it holds no answers."""
    raise refused(
        source,
        "It is the form of a survey (XLSForm): its questions, without answers.",
        f'Write `read("answers.csv", structure="{source.path.name}")`, '
        'or `file_format="excel"` to read its first sheet.',
    )


def check_form_fits(source: SourceFile, request: Request, structure: FormSource, headers: Sequence[str]) -> None:
    """Refuse a form, or labels, that were given and know none of the columns."""
    if request.structure is None:
        return
    form, labels = structure.form, structure.labels
    repeats = () if form is None else dict.fromkeys(each.repeat for each in form.questions)
    known = any(
        each.question is not None for repeat in repeats for each in match_columns(headers, form, repeat).values()
    )
    if known or (form is None and (not labels or set(labels) & set(headers))):
        return
    raise refused(
        source,
        f"None of its columns is a question of the form in `{structure.file}`.",
        "Write the form of the survey that was answered, or leave `structure` out.",
    )


def microdata_of_table(
    table: ExportTable,
    structure: FormSource,
    request: Request,
    *,
    repeat: str = "",
    linked: Mapping[str, LinkedTable],
    notices: tuple[Text, ...],
) -> Microdata:
    """Return one table of an export as microdata."""
    placed = match_columns(list(table.columns), structure.form, repeat)
    left_out = [] if request.private else _identifying(table, placed)
    columns = {header: each for header, each in placed.items() if header not in left_out}
    language = language_of_answers(
        (table.columns[header].words, each.question.choices, not each.question.kind.startswith("select_one"))
        for header, each in columns.items()
        if each.question is not None and each.question.choices is not None and not each.choice
    )
    draft = KoboColumns(source=table.source, structure=structure, language=language)
    if structure.form is None:
        _fill_without_form(draft, table, columns)
    else:
        _fill(draft, table, columns)
        _add_rankings(draft, structure.form, repeat)
    by_name = _request_by_name(request, table, draft, placed, left_out)
    codebook = request.codebook
    if repeat and codebook is not None and not set(codebook.variables) & set(draft.cells):
        # a codebook of the main table says nothing of its repeated groups
        by_name = replace(by_name, codebook=None)
    left_out_notice = column_notice("identifying.left_out", left_out)
    draft.notices = [*table.notices, *notices, *left_out_notice, *draft.notices_on_answers()]
    wanted = by_name.columns
    return draft.microdata(
        table.source,
        by_name,
        table.reader + (f", with `{structure.file}`" if structure.file else ""),
        comma=table.comma,
        questionnaire=structure.form,
        linked={name: link for name, link in linked.items() if wanted is None or link.key in wanted},
    )


def _identifying(table: ExportTable, placed: Mapping[str, FormColumn]) -> list[str]:
    """Return the headers of columns that place or name people without being an answer, in the order of the table."""
    points: set[str] = set()
    for header in placed:
        kobo, central = _KOBO_POINT.match(header), _CENTRAL_POINT.match(header)
        if kobo and f"{kobo[1]}{kobo[2]}" in placed:
            points |= {header, f"{kobo[1]}{kobo[2]}"}
        elif central:
            points |= {header, central[1]} & set(placed)
    identifying = []
    for header, each in placed.items():
        if each.question is not None:
            left_out = each.question.kind in IDENTIFYING_KINDS
        else:
            words = {str(word).strip() for word in table.columns[header].words} - {""}
            named = header.split("/")[-1].lower() in _IDENTIFYING or header.lower().startswith("_geolocation")
            left_out = named or header in points or (bool(words) and all(map(_POSITION.fullmatch, words)))
        identifying += [header] if left_out else []
    return identifying


def _request_by_name(
    request: Request, table: ExportTable, draft: KoboColumns, placed: Mapping[str, FormColumn], left_out: Sequence[str]
) -> Request:
    """Return what was asked with the names of the data in the place of those of the file."""
    if request.columns is None:
        return request
    columns: list[str] = []
    for name in request.columns:
        if name in left_out or name in [placed[header].name for header in left_out]:
            raise identifying_column_error(table.source, name)
        if name in draft.sets and name not in draft.cells:
            columns += draft.sets[name].columns
        else:
            columns.append(placed[name].name if name in placed and name not in draft.cells else name)
    return replace(request, columns=list(dict.fromkeys(columns)))


def _fill(draft: KoboColumns, table: ExportTable, placed: Mapping[str, FormColumn]) -> None:
    """Put in the columns of a table whose form is known."""
    for header, each in placed.items():
        column, question = table.columns[header], each.question
        if question is None or question.kind not in ("select_multiple", "rank"):
            _add_column(draft, each.name, column, question, header)
            continue
        name = each.name.removesuffix(f"/{each.choice}") if each.choice else each.name
        if name in draft.sets or name in draft.cells:
            continue
        same = {key: other for key, other in placed.items() if other.question is question}
        joined = [table.columns[key].words for key, other in same.items() if not other.choice]
        variable = _variable_of(name, question)
        if question.kind == "rank":
            add_ranking(draft, variable, joined[0], question.choices)
            continue
        boxes = {other.choice: table.columns[key].words for key, other in same.items() if other.choice}
        add_select_multiple(draft, variable, joined[0] if joined else None, boxes, question.choices)


def _fill_without_form(draft: KoboColumns, table: ExportTable, placed: Mapping[str, FormColumn]) -> None:
    """Put in the columns of a table by what it shows of itself, and the labels of a file of labels."""
    labels = draft.structure.labels
    words = {header: table.columns[header].words for header in placed}
    multiple = find_select_multiple(words)
    boxed = {box for boxes in multiple.values() for box in boxes.values()}
    for header in placed:
        if header in boxed:
            continue
        if header not in multiple:
            _add_column(draft, header, table.columns[header], None, header)
            continue
        boxes = multiple[header]
        box_labels = {code: strip_markdown(labels.get(box, "").rpartition("::")[2]) for code, box in boxes.items()}
        add_select_multiple(
            draft,
            Variable(header, label=Text.same(strip_markdown(labels.get(header, "")))),
            words[header],
            {code: words[box] for code, box in boxes.items()},
            names=boxes,
            labels={code: Text.same(label) for code, label in box_labels.items() if label},
        )


def _add_column(
    draft: KoboColumns, name: str, column: SheetColumn, question: XlsformQuestion | None, header: str
) -> None:
    """Put in one column that holds one answer."""
    words = column.words
    storage = storage_of(header, question.kind if question is not None else "") or column.storage
    if storage in ("date", "moment", "time"):
        words, done = iso_times(words, storage)
        if done:
            draft.clocks.setdefault(done, []).append(name)
    variable = column.variable(name)
    if question is None:
        label = Text.same(strip_markdown(draft.structure.labels.get(header, "")))
        variable = replace(variable, label=label or metadata_label(header), question=label)
    else:
        variable = replace(_variable_of(name, question), missing=variable.missing)
        if question.choices is not None and question.kind.startswith("select_one"):
            words, unlisted = code_answers(words, question.choices, draft.language)
            draft.unlisted[name] = unlisted
            in_numbers = question.choices.has_numbers and all(
                not word or word.removeprefix("-").isdecimal() for word in words.tolist()
            )
            variable = replace(variable, values=question.choices.values(in_numbers=in_numbers), measure="nominal")
    draft.add(replace(variable, storage=storage), words)


def _variable_of(name: str, question: XlsformQuestion) -> Variable:
    return Variable(
        name,
        label=question.label or metadata_label(name),
        question=question.wording,
        measure="scale" if question.kind in ("integer", "decimal", "range") else "unknown",
        group=question.group,
        part_of=question.part_of,
    )


def _add_rankings(draft: KoboColumns, form: Xlsform, repeat: str) -> None:
    """Put in the sets of the rankings of KoboToolbox, groups with one question a level."""
    for name, parent in form.parents.items():
        levels = [each for each, variable in draft.variables.items() if variable.part_of == name]
        if parent.kind == "begin_rank" and parent.repeat == repeat and levels and name not in draft.sets:
            draft.sets[name] = Responses(name, levels, label=parent.label, kind="categories")
