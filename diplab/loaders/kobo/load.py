"""Exports of KoboToolbox and ODK as microdata: codes in the frame, the form in the codebook."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from diplab.kernel.arrays import Array
from diplab.loaders.excel import SheetColumn
from diplab.loaders.kobo.export import ExportTable, LinkedGroup, linked_groups, read_tables
from diplab.loaders.kobo.xlsform import ChoiceList, FormSource, Xlsform, XlsformQuestion, find_form
from diplab.loaders.notices import WORDS, Notices, column_notice, count_notice, notice_if
from diplab.loaders.questionnaire import (
    FormColumns,
    distinct_words,
    known_headings,
    number_wording,
    strip_markdown,
    stripped,
    unrelated,
)
from diplab.loaders.source import Request, SourceFile, refused
from diplab.microdata.microdata import LinkedTable, Microdata
from diplab.microdata.multiple_response import Responses, split_known, tick
from diplab.microdata.variable import Code, Storage, Variable
from diplab.reference.text import NOTHING, Text

_KOBO_POINT = re.compile(r"^(?=.{1,500}$)(.*?)_([^/]+)_(?:latitude|longitude|altitude|precision)$")
_CENTRAL_POINT = re.compile(r"^(.+)-(?:Latitude|Longitude|Altitude|Accuracy)$")
# positions on the earth, as ODK writes them (north, east, height, precision), or as well-known text
_POSITION = re.compile(
    r"-?\d{1,2}\.\d+ -?\d{1,3}\.\d+ -?\d+(?:\.\d+)? -?\d+(?:\.\d+)?(?:;.*)?"
    r"|(?i:point|linestring|polygon)(?: z)? ?\(+-?\d{1,3}(?:\.\d+)? -?\d.*",
    re.DOTALL,
)


def metadata_label(name: str) -> Text:
    """Return what a column that the server adds means; nothing for other columns."""
    return WORDS.texts.get(f"kobo_column.{name}", NOTHING)


def storage_of(name: str, kind: str) -> Storage:
    """Return what the cells of a column hold, by the type of its question, or else by its name."""
    table = "kobo_columns"
    if kind:
        table = "kobo_types"
    kinds: dict[Storage, list[str]] = known_headings(table)["storage"]
    known = {}
    for storage, names in kinds.items():
        for item in names:
            known[item] = storage
    plain: Storage = "words"
    if kind or not metadata_label(name):
        plain = ""
    return known.get(kind or name, plain)


_SEPARATORS = ("/", "_", ".", ":")
_MOST_CUTS = 64


@dataclass(frozen=True)
class FormColumn:
    """What a column of an export is."""

    # its name in the data: that of the question in the form, `question/choice` for one choice of
    # several, the header where the form does not know it
    name: str
    question: XlsformQuestion | None = None  # the question that it answers
    choice: str = ""  # code of the choice, where the column says whether it was made


def match_columns(
    headers: Sequence[str], form: Xlsform | None, repeat: str = ""
) -> dict[str, FormColumn]:
    """Return what each column of a table is."""
    # the same answers exported with names or labels as headers, with or without groups, have the
    # same names here
    if form is None:
        return {header: FormColumn(header) for header in headers}
    within = list[XlsformQuestion]()
    for item in form.questions:
        if item.repeat == repeat:
            within.append(item)
    questions = _by_writing(within)
    several = list[XlsformQuestion]()
    for item in within:
        if item.kind == "select_multiple":
            several.append(item)
    choices = {}
    for item in several:
        if item.choices is not None:
            choices[id(item)] = item.choices.codes_by_writing()
    names = [item.name for item in within]
    matched: dict[str, FormColumn] = {}
    taken: set[str] = set()
    for header in headers:
        question, choice = _match_header(header, questions, choices)
        name = header
        if question is not None:
            alone = names.count(question.name) == 1
            name = question.name
            if not alone:
                name = "/".join((*question.path, question.name))
            if choice:
                name += f"/{choice}"
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
    """Return the headers that a question may have: paths, name, labels alone and by group."""
    # inside a repeated group the path may begin at the group
    parts = (*question.path, question.name)
    paths = list[str]()
    for start in range(len(question.path)):
        for mark in "/-":
            paths.append(mark.join(parts[start:]))
    labels = []
    for language, words in question.wordings.items():
        label, group = (
            strip_markdown(words),
            strip_markdown(question.group_wordings.get(language, "")),
        )
        labels += [
            item for item, known in ((label, label), (f"{group}/{label}", label and group)) if known
        ]
    return paths, [question.name], labels


def _match_header(
    header: str,
    questions: Mapping[str, XlsformQuestion | None],
    choices: Mapping[int, Mapping[str, str]],
) -> tuple[XlsformQuestion | None, str]:
    """Return the question of a header, and the choice that it adds."""
    bare = header
    if header not in questions:
        bare = strip_markdown(header)
    if bare in questions:
        return questions[bare], ""
    for separator in _SEPARATORS:
        cuts = list[int]()
        for position, mark in enumerate(bare):
            if mark == separator:
                cuts.append(position)
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


_OFFSET = re.compile(r"(?<=\d)(?:Z|[+-]\d{2}:?\d{2})$")
_CLOCK = re.compile(r"\d{1,2}:\d{2}")
_NUMBER = re.compile(r"\d{1,10}(?:\.\d{1,9})?")
_SECONDS = (1_000_000_000, 5_000_000_000)
_DAYS = (10_000, 60_000)


def language_of_answers(columns: Iterable[tuple[Array, ChoiceList, bool]]) -> str:
    """Return the language in whose labels answers are written; nothing where they are codes."""
    # judged on all questions of a table together, since a label of one list may be a code of it
    hits = Counter({"": 0})
    for words, choices, several in columns:
        distinct = set(map(strip_markdown, {*map(str, words)})) - {""}
        for language in dict.fromkeys(
            ("", *(item for label in choices.labels.values() for item in label))
        ):
            known = set(choices.codes_by_label(language)) if language else set(choices.labels)
            told = list[bool]()
            for word in distinct:
                told.append(
                    word in known or (several and split_known(word, " ", known) is not None)
                )
            hits[language] += sum(told)
    return max(hits, key=lambda language: hits[language])


def code_answers(words: Array, choices: ChoiceList, language: str) -> tuple[Array, int]:
    """Return answers as codes, and how many are in no list and stay as they were written."""
    known = {code: code for code in choices.labels} | (
        choices.codes_by_any_label(language) if language else {}
    )
    cells = [*map(str, words)]
    code_of = {}
    for word in dict.fromkeys(cells):
        code_of[word] = known.get(word.strip(), known.get(strip_markdown(word), ""))
    strange = sum(bool(word.strip()) and not code_of[word] for word in cells)
    return np.array([code_of[word] or word.strip() for word in cells], dtype=object), strange


def iso_times(words: Array, storage: Storage) -> tuple[Array, str]:
    """Return days and times as ISO 8601 in the clock of the device, and what was done to them."""
    cells = stripped(words).tolist()
    answered = list(filter(None, cells))
    low, high = _DAYS if storage == "date" else _SECONDS
    numbers = all(_NUMBER.fullmatch(word) and low <= float(word) <= high for word in answered)
    if answered and numbers and storage != "time":
        since_1970 = np.array([float(word) if word else np.nan for word in cells])
        moments = (
            since_1970.astype("M8[D]")
            if storage == "date"
            else np.rint(1000 * since_1970).astype("M8[ms]")
        )
        return np.where(np.isnan(since_1970), "", moments.astype(str)).astype(object), "numbers"
    bare = [_OFFSET.sub("", word) if _CLOCK.search(word) else word for word in cells]
    if storage == "date":
        bare = [word[:10] if _CLOCK.search(word) and word[:4].isdigit() else word for word in bare]
    return np.array(bare, dtype=object), "offset" if bare != cells else ""


_YES = {"1", "true", "1.0", "yes", "oui"}
_NO = {"0", "false", "0.0", "no", "non"}
_MARKS = "/_."
MOST_CHOICES = 1_000  # choices that a question with several answers may have: each becomes a column


@dataclass(kw_only=True)
class KoboColumns(FormColumns):
    """What has been made of a table so far."""

    source: SourceFile
    structure: FormSource
    language: str = ""  # in whose labels answers are written; empty where they are codes
    unlisted: dict[str, int] = field(
        default_factory=dict
    )  # rows whose cell holds what is in no list of the form
    disagreeing: dict[str, int] = field(
        default_factory=dict
    )  # rows whose cell of codes and columns of 0 and 1 differ
    clocks: dict[str, list[str]] = field(default_factory=dict)

    def check_width(self, name: str, width: int) -> None:
        """Refuse a question of so many answers that they are not choices."""
        if width > MOST_CHOICES:
            most = f"and a question has at most {MOST_CHOICES:,} choices."
            found = f"The answers to `{name}` hold {width:,} different words, {most}"
            raise refused(
                self.source,
                found,
                "Export it with one column per choice, or correct its type in the form.",
            )

    def fill(self, table: ExportTable, placed: Mapping[str, FormColumn]) -> None:
        """Put in the columns of a table whose form is known."""
        for header, item in placed.items():
            column, question = table.columns[header], item.question
            if question is None or question.kind not in ("select_multiple", "rank"):
                self._add_column(item.name, column, question, header)
                continue
            name = item.name.removesuffix(f"/{item.choice}") if item.choice else item.name
            if name in self.sets or name in self.cells:
                continue
            same = {key: other for key, other in placed.items() if other.question is question}
            joined = list[Array]()
            for key, other in same.items():
                if not other.choice:
                    joined.append(table.columns[key].words)
            variable = _variable_of(name, question)
            if question.kind == "rank":
                self._add_ranking(variable, joined[0], question.choices)
                continue
            boxes = {}
            for key, other in same.items():
                if other.choice:
                    boxes[other.choice] = table.columns[key].words
            self._add_select_multiple(
                variable, joined[0] if joined else None, boxes, question.choices
            )

    def fill_without_form(self, table: ExportTable, placed: Mapping[str, FormColumn]) -> None:
        """Add the columns of a table by its own headers, and the labels of a file of labels."""
        labels = self.structure.labels
        words = {}
        for header in placed:
            words[header] = table.columns[header].words
        multiple = find_select_multiple(words)
        boxed = {box for boxes in multiple.values() for box in boxes.values()}
        for header in placed:
            if header in boxed:
                continue
            if header not in multiple:
                self._add_column(header, table.columns[header], None, header)
                continue
            boxes = multiple[header]
            question = Variable(header, label=Text.same(strip_markdown(labels.get(header, ""))))
            worded = {}
            for code, box in boxes.items():
                worded[code] = strip_markdown(labels.get(box, "").rpartition("::")[2])
            known = {}
            for code, label in worded.items():
                if label:
                    known[code] = Text.same(label)
            cells = {}
            for code, box in boxes.items():
                cells[code] = words[box]
            self._add_select_multiple(question, words[header], cells, names=boxes, labels=known)

    def _add_column(
        self, name: str, column: SheetColumn, question: XlsformQuestion | None, header: str
    ) -> None:
        """Put in one column that holds one answer."""
        words = column.words
        storage = (
            storage_of(header, question.kind if question is not None else "") or column.storage
        )
        if storage in ("date", "moment", "time"):
            words, done = iso_times(words, storage)
            if done:
                self.clocks.setdefault(done, []).append(name)
        variable = column.variable(name)
        if question is None:
            label = Text.same(strip_markdown(self.structure.labels.get(header, "")))
            variable = replace(variable, label=label or metadata_label(header), question=label)
        else:
            variable = replace(_variable_of(name, question), missing=variable.missing)
            if question.choices is not None and question.kind.startswith("select_one"):
                words, self.unlisted[name] = code_answers(words, question.choices, self.language)
                in_numbers = question.choices.has_numbers and all(
                    not word or word.removeprefix("-").isdecimal() for word in words.tolist()
                )
                variable = replace(
                    variable,
                    values=question.choices.values(in_numbers=in_numbers),
                    measure="nominal",
                )
        self.add(replace(variable, storage=storage), words)

    def add_ranking_sets(self, form: Xlsform, repeat: str) -> None:
        """Put in the sets of the rankings of KoboToolbox, groups with one question a level."""
        for name, parent in form.parents.items():
            levels = list[str]()
            for item, variable in self.variables.items():
                if variable.part_of == name:
                    levels.append(item)
            if (
                parent.kind == "begin_rank"
                and parent.repeat == repeat
                and levels
                and name not in self.sets
            ):
                self.sets[name] = Responses(name, levels, label=parent.label, kind="categories")

    def _add_select_multiple(
        self,
        question: Variable,
        joined: Array | None,
        columns: Mapping[str, Array],
        choices: ChoiceList | None = None,
        *,
        names: Mapping[str, str] | None = None,
        labels: Mapping[str, Text] | None = None,
    ) -> None:
        """Add a column of 0 and 1 for each choice of a question, missing if it was not answered."""
        boxes = {code: _ticked(cells) for code, cells in columns.items()}
        rows = len(joined) if joined is not None else max(map(len, boxes.values()), default=0)
        codes_of_rows = []
        if joined is not None:
            codes_of_rows = self._codes_by_row(joined, choices)
        mentioned = dict.fromkeys(code for codes in codes_of_rows for code in codes)
        strange = set()
        if choices is not None:
            strange = set(mentioned) - set(choices.labels)
        if boxes and choices is None and not set(mentioned) <= set(boxes):
            # Words that no column bears are labels that only the missing form could distinguish.
            mentioned, codes_of_rows = {}, []
        listed = choices.labels if choices is not None and not boxes else {}
        codes = list(dict.fromkeys((*boxes, *listed, *mentioned)))
        if not codes:
            # Nobody answered, and nothing says what could have been.
            self.add(question, np.full(rows, "", dtype=object))
            return
        self.check_width(question.name, len(codes))
        column_names = {code: (names or {}).get(code, f"{question.name}/{code}") for code in codes}
        known = choices.values(in_numbers=False) if choices is not None else (labels or {})
        box = replace(
            question,
            label=NOTHING,
            question=question.question or question.label,
            part_of=question.name,
        )
        for code, name in column_names.items():
            self.variables[name] = replace(box, name=name, label=known.get(code) or Text.same(code))
        cells = np.array(
            [boxes.get(code, np.full(rows, "", dtype=object)) for code in codes], dtype=object
        ).T
        says = tick(codes, codes_of_rows or [()] * rows)
        ticked = np.where(cells == "", says, cells == "1")
        differ = ((cells != "") & (ticked != says)).any(axis=1)
        if joined is None:
            answered = (cells != "").any(axis=1)
        else:
            answered = (cells == "1").any(axis=1) | [str(cell).strip() != "" for cell in joined]
        values: dict[Code, Text] = {0: WORDS("answer.not_mentioned"), 1: WORDS("answer.mentioned")}
        self.make_boxes(
            question.name,
            list(column_names.values()),
            question.label,
            ticked,
            answered,
            values=values,
        )
        self.disagreeing[question.name] = int(differ.sum()) if codes_of_rows else 0
        self.unlisted[question.name] = sum(not strange.isdisjoint(codes) for codes in codes_of_rows)

    def _codes_by_row(self, joined: Array, choices: ChoiceList | None) -> list[list[str]]:
        """Return the codes of the choices that each cell holds, separated by spaces."""
        # where they are labels, which may hold spaces themselves, the longest label that fits is
        # taken
        words = list(map(str, joined))
        codes = {}
        for word in dict.fromkeys(words):
            codes[word] = word.split()
        if choices is not None and self.language:
            labels = choices.codes_by_any_label(self.language)
            for word, parts in codes.items():
                if not all(part in choices.labels for part in parts):
                    cut = split_known(strip_markdown(word), " ", labels, others=True) or []
                    codes[word] = [labels.get(label, label) for label in cut]
        distinct = {}
        for word, parts in codes.items():
            distinct[word] = list(dict.fromkeys(parts))
        return [distinct[word] for word in words]

    def _add_ranking(self, question: Variable, joined: Array, choices: ChoiceList | None) -> None:
        """Add a column for each place of a ranking, which holds the code of the item there."""
        codes_of_rows = self._codes_by_row(joined, choices)
        longest = max(map(len, codes_of_rows), default=1) or 1
        self.check_width(question.name, longest)
        names = list[str]()
        for position in range(1, longest + 1):
            names.append(f"{question.name}/{position}")
        for position, name in enumerate(names):
            column = np.array(
                [row[position] if position < len(row) else "" for row in codes_of_rows],
                dtype=object,
            )
            values: Mapping[Code, Text] = {}
            if choices is not None:
                in_numbers = choices.has_numbers and {"", *choices.labels}.issuperset(column)
                values = choices.values(in_numbers=in_numbers)
            ranked = replace(
                question,
                name=name,
                label=number_wording(WORDS("kobo.rank"), position + 1),
                values=values,
            )
            self.add(replace(ranked, measure="nominal", part_of=question.name), column)
        self.sets[question.name] = Responses(
            question.name, names, label=question.label, kind="categories"
        )


def find_select_multiple(columns: Mapping[str, Array]) -> dict[str, dict[str, str]]:
    """Return the questions with several answers that a table itself shows: column by code."""
    # a column of words is followed by columns of 0 and 1 under its name, with as many 1 as it has
    # words
    names = list(columns)
    questions: dict[str, dict[str, str]] = {}
    for position, name in enumerate(names):
        following = _following(name, names[position + 1 :], columns)
        if len(following) < 2:
            continue
        words = np.array([len(str(cell).split()) for cell in columns[name]])
        ticked = np.sum([_ticked(columns[item]) == "1" for item in following], axis=0)
        if (words == ticked).all() and words.any():
            questions[name] = {item[len(name) + 1 :]: item for item in following}
    return questions


def _following(name: str, after: Sequence[str], columns: Mapping[str, Array]) -> list[str]:
    """Return the columns of 0 and 1 right after a column, under its name and one mark."""
    boxes: list[str] = []
    for item in after:
        mark = item[len(name) : len(name) + 1]
        same = not boxes or mark == boxes[0][len(name)]
        if (
            not item.startswith(name)
            or mark not in _MARKS
            or not mark
            or not item[len(name) + 1 :]
            or not same
        ):
            break
        if not set(_ticked(columns[item]).tolist()) <= {"", "0", "1"}:
            break
        boxes.append(item)
    return boxes


def _ticked(cells: Array) -> Array:
    """Return cells of a column of 0 and 1 as `0`, `1` and nothing; others as they are."""
    marks = {**dict.fromkeys(_YES, "1"), **dict.fromkeys(_NO, "0")}
    return np.array(
        [marks.get(str(cell).strip().lower(), str(cell).strip()) for cell in cells], dtype=object
    )


def read_kobo(source: SourceFile, request: Request) -> Microdata:
    """Read an export of KoboToolbox, or of ODK Central, with its form."""
    # however it was exported, the same answers are the same data: columns are named as in the form,
    # and hold its codes. Several answers are columns of 0 and 1, `question/choice`; repeated groups
    # are linked tables
    main, *others = read_tables(source, request)
    return read_export(source, request, main, others)


def read_export(
    source: SourceFile, request: Request, main: ExportTable, others: Sequence[ExportTable]
) -> Microdata:
    """Read the tables of an export, with its form."""
    structure = find_form(source, request)
    check_form_fits(
        source, request, structure, [header for item in (main, *others) for header in item.columns]
    )
    groups = linked_groups(main, [table for table in others if table.is_repeated], structure.form)
    read = list[str]()
    for group in groups:
        read.append(group.table.name)
    unread = ", ".join(table.name for table in others if table.name not in read)
    tables = _linked(groups, main, structure, request)
    linked = {}
    for group in groups:
        linked[group.name] = LinkedTable(tables[group.name], group.key, group.main_foreign)
    notices = list[Text]()
    for group in groups:
        for notice in group.notices:
            notices.append(notice)
    notices += notice_if(unread, "kobo.unread", names=unread)
    return microdata_of_table(main, structure, request, linked=linked, notices=tuple(notices))


def _linked(
    groups: Sequence[LinkedGroup], main: ExportTable, structure: FormSource, request: Request
) -> dict[str, Microdata]:
    """Return the repeated groups as microdata by name, each with those that belong to it."""
    tables: dict[str, Microdata] = {}
    whole = replace(request, columns=None, rows=None)
    # those that belong to others come after them
    for group in reversed(groups):
        inner = list[LinkedGroup]()
        for other in groups:
            if other.parent == group.name:
                inner.append(other)
        below = {}
        for other in inner:
            below[other.name] = LinkedTable(tables[other.name], other.key, other.foreign)
        columns = group.table.columns
        if request.rows is not None:
            keys = {
                *main.columns[group.key].words[request.rows.start : request.rows.stop].tolist()
            } - {""}
            rows = np.isin(group.root, list(keys))
            columns = {
                header: replace(column, words=column.words[rows])
                for header, column in columns.items()
            }
        tables[group.name] = microdata_of_table(
            replace(group.table, columns=columns),
            structure,
            whole,
            repeat=group.name,
            linked=below,
            notices=group.notices,
        )
    return tables


def check_form_fits(
    source: SourceFile, request: Request, structure: FormSource, headers: Sequence[str]
) -> None:
    """Refuse a form, or labels, that were given and know none of the columns."""
    if request.structure is None:
        return
    form, labels = structure.form, structure.labels
    repeats = () if form is None else dict.fromkeys(question.repeat for question in form.questions)
    matched = list[FormColumn]()
    for repeat in repeats:
        for column in match_columns(headers, form, repeat).values():
            matched.append(column)
    known = any(item.question is not None for item in matched)
    if known or (form is None and (not labels or set(labels) & set(headers))):
        return
    raise unrelated(source, structure.file)


def microdata_of_table(
    table: ExportTable,
    structure: FormSource,
    request: Request,
    *,
    repeat: str = "",
    linked: Mapping[str, LinkedTable],
    notices: Notices,
) -> Microdata:
    """Return one table of an export as microdata."""
    placed = match_columns(list(table.columns), structure.form, repeat)
    left_out = []
    if not request.private:
        left_out = _identifying(table, placed)
    columns = {header: item for header, item in placed.items() if header not in left_out}
    language = language_of_answers(
        (
            table.columns[header].words,
            item.question.choices,
            not item.question.kind.startswith("select_one"),
        )
        for header, item in columns.items()
        if item.question is not None and item.question.choices is not None and not item.choice
    )
    draft = KoboColumns(source=table.source, structure=structure, language=language)
    if structure.form is None:
        draft.fill_without_form(table, columns)
    else:
        draft.fill(table, columns)
        draft.add_ranking_sets(structure.form, repeat)
    by_name = _request_by_name(request, table, draft, placed, left_out)
    codebook = request.codebook
    if repeat and codebook is not None and not set(codebook.variables) & set(draft.cells):
        # a codebook of the main table says nothing of its repeated groups
        by_name = replace(by_name, codebook=None)
    draft.notices = [
        *(*table.notices, *notices, *column_notice("identifying.left_out", left_out)),
        *notice_if(language, "kobo.labels", language=language),
        *count_notice("kobo.unlisted", draft.unlisted),
        *count_notice("kobo.disagreeing", draft.disagreeing),
        *column_notice("kobo.offset", draft.clocks.get("offset", ())),
        *column_notice("kobo.since_1970", draft.clocks.get("numbers", ())),
    ]
    wanted, form = by_name.columns, structure.form
    linked = {name: link for name, link in linked.items() if wanted is None or link.key in wanted}
    reader = table.reader + (f", with `{structure.file}`" if structure.file else "")
    return draft.microdata(
        table.source, by_name, reader, comma=table.comma, questionnaire=form, linked=linked
    )


def _identifying(table: ExportTable, placed: Mapping[str, FormColumn]) -> list[str]:
    """Return the headers of columns that locate or name people without being answers, in order."""
    points: set[str] = set()
    for header in placed:
        kobo, central = _KOBO_POINT.match(header), _CENTRAL_POINT.match(header)
        if kobo and f"{kobo[1]}{kobo[2]}" in placed:
            points |= {header, f"{kobo[1]}{kobo[2]}"}
        elif central:
            points |= {header, central[1]} & set(placed)
    identifying = []
    for header, item in placed.items():
        if item.question is not None:
            left_out = item.question.kind in known_headings("kobo_types")["identifying"]
        else:
            words = distinct_words(table.columns[header].words) - {""}
            names = known_headings("kobo_columns")["identifying"]
            named = header.split("/")[-1].lower() in names or header.lower().startswith(
                "_geolocation"
            )
            left_out = (
                named or header in points or (bool(words) and all(map(_POSITION.fullmatch, words)))
            )
        if left_out:
            identifying += [header]
    return identifying


def _request_by_name(
    request: Request,
    table: ExportTable,
    draft: KoboColumns,
    placed: Mapping[str, FormColumn],
    left_out: Sequence[str],
) -> Request:
    """Return what was asked with the names of the data in the place of those of the file."""
    if request.columns is None:
        return request
    draft.refuse_chosen(
        table.source, request, {*left_out, *(placed[header].name for header in left_out)}
    )
    columns: list[str] = []
    for name in request.columns:
        if name in draft.sets and name not in draft.cells:
            columns += draft.sets[name].columns
        else:
            columns.append(
                placed[name].name if name in placed and name not in draft.cells else name
            )
    return replace(request, columns=list(dict.fromkeys(columns)))


def _variable_of(name: str, question: XlsformQuestion) -> Variable:
    return Variable(
        name,
        label=question.label or metadata_label(name),
        question=question.wording,
        measure="scale" if question.kind in ("integer", "decimal", "range") else "unknown",
        group=question.group,
        part_of=question.part_of,
    )
