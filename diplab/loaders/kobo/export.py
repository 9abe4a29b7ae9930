"""Exports of KoboToolbox and ODK: their tables (a workbook, a CSV with others beside it, a zip) and their answers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diplab.errors import LoadError
from diplab.loaders.excel import SheetColumn, open_workbook, table_of
from diplab.loaders.kobo.xlsform import ChoiceList, FormSource, Xlsform
from diplab.loaders.limits import open_archive
from diplab.loaders.notices import WORDS, column_notice, count_notice
from diplab.loaders.questionnaire import FormColumns, number_wording, strip_markdown
from diplab.loaders.source import Request, SourceFile, open_source, refused, repaired_names
from diplab.loaders.text.recognition import header_of_text, stem_of
from diplab.loaders.text.records import delimited_text, records
from diplab.microdata.multiple_response import Responses, tick
from diplab.microdata.variable import Code, Storage, Variable
from diplab.reference.text import NOTHING, Text

FOREIGN = {"_parent_index": "_index", "PARENT_KEY": "KEY", "_submission__id": "_id"}
"""Columns by which the rows of a repeated group refer to rows of another table, and the column there."""
_SEPARATORS = "-._"
_TEXT = (".csv", ".tsv", ".txt")
_MOST_SIBLINGS = 200


@dataclass(frozen=True, eq=False)
class ExportTable:
    """One table of an export."""

    source: SourceFile  # the file that holds it
    name: str  # name of its sheet; for CSV what distinguishes the file from that of the main table
    columns: Mapping[str, SheetColumn]  # under the headers of the file
    reader: str  # how it was read
    comma: bool = False  # true where a decimal comma is understood
    notices: tuple[Text, ...] = ()

    @property
    def is_repeated(self) -> bool:
        """True for a repeated group, whose rows belong to rows of another table."""
        return any(name in self.columns for name in FOREIGN)


def read_tables(source: SourceFile, request: Request) -> list[ExportTable]:
    """Return the tables of an export, the main one first."""
    if source.suffix == ".zip":
        tables = _read_archive(source)
    elif source.suffix in _TEXT:
        tables = [_read_text(source, _main_name(source.path)), *_siblings(source)]
    else:
        sheets = [(sheet.name, *table_of(sheet, source)) for sheet in open_workbook(source, request).sheets]
        tables = [
            ExportTable(source, name, columns, f"KoboToolbox or ODK, sheet `{name}`", notices=notices)
            for name, columns, notices in sheets
        ]
    if not tables:
        raise refused(source, "It holds no table.", "Export it again from KoboToolbox or ODK.")
    # A repeated group read alone is its own main table.
    return tables if source.suffix in _TEXT else sorted(tables, key=lambda table: table.is_repeated)


def headers_of(source: SourceFile, request: Request) -> list[list[str]]:
    """Return the headers of the tables of an archive or a workbook, without reading further."""
    if source.suffix != ".zip":
        return [[cell for row in sheet.rows(3) for cell in row] for sheet in open_workbook(source, request).sheets]
    archive = open_archive(source)
    members = [each for each in archive if each.lower().endswith(".csv")][:_MOST_SIBLINGS]
    return [header_of_text(source.member(Path(each), archive[each])) for each in members]


def _main_name(path: Path) -> str:
    return path.stem if stem_of(path) == path.stem else "main"


def _read_text(source: SourceFile, name: str) -> ExportTable:
    text = delimited_text(source)
    dialect = text.dialect
    header, rows = records(source, text.text, dialect, repeated=True)
    names, renamed = repaired_names(source, Request(), header) if len(set(header)) < len(header) else (header, ())
    cells = {title: np.array([row[place] for row in rows], dtype=object) for place, title in enumerate(names)}
    absent = _written_by_r(cells)
    columns = {
        title: SheetColumn(np.where(words == "NA", "", words) if absent else words) for title, words in cells.items()
    }
    reader = f"KoboToolbox or ODK, delimited text, {dialect}"
    notices = (*text.notices, *renamed, *((WORDS("kobo.written_by_r", count=absent),) if absent else ()))
    return ExportTable(source, name, columns, reader, dialect.delimiter != ",", notices)


def _written_by_r(cells: Mapping[str, NDArray[Any]]) -> int:
    """Return how many cells hold `NA` where R wrote it for no answer; 0 where it may be an answer."""
    # the servers leave cells empty. Where none is, and one that they fill themselves is `NA`, R has written the file
    marks = {name: words == "NA" for name, words in cells.items()}
    by_server = any(each.any() for name, each in marks.items() if name.startswith("_"))
    if not by_server or any((words == "").any() for words in cells.values()):
        return 0
    return sum(int(each.sum()) for each in marks.values())


def _siblings(source: SourceFile) -> list[ExportTable]:
    """Return the repeated groups whose files are beside that of the main table."""
    stem = stem_of(source.path)
    beginnings = tuple(f"{stem}{mark}" for mark in _SEPARATORS)
    try:
        beside = sorted(each for each in source.path.parent.iterdir() if each.stem.startswith(beginnings))
    except OSError:
        return []
    beside = [each for each in beside if each.suffix.lower() == ".csv" and each.name != source.path.name]
    tables = []
    for path in beside[:_MOST_SIBLINGS]:
        try:
            opened = open_source(path, encoding=source.encoding, delimiter=source.delimiter)
            header = header_of_text(opened)
        except LoadError:
            continue
        if any(name in header for name in FOREIGN):
            tables.append(_read_text(opened, path.stem[len(stem) + 1 :]))
    return tables


def _read_archive(source: SourceFile) -> list[ExportTable]:
    archive = open_archive(source)
    members = [name for name in archive if name.lower().endswith(".csv") and "media/" not in name]
    if not members:
        raise refused(source, "No CSV file is in it.", "Write the path of an export of KoboToolbox or ODK.")
    opened = {name: source.member(Path(PurePosixPath(name).name), archive[name]) for name in members}
    heads = {name: header_of_text(each) for name, each in opened.items()}
    repeated = {name for name, header in heads.items() if any(each in header for each in FOREIGN)}
    main = min(members, key=lambda name: (name in repeated, len(name)))
    stem = stem_of(opened[main].path)
    return [_read_text(opened[main], _main_name(opened[main].path))] + [
        _read_text(opened[name], opened[name].path.stem.removeprefix(stem).lstrip(_SEPARATORS))
        for name in members
        if name != main and name in repeated
    ]


_MOST_LETTERS = 31  # letters that the name of a sheet has at most: longer names of groups are cut there


@dataclass(frozen=True, eq=False)
class LinkedGroup:
    """A repeated group and the table to which its rows belong."""

    # with a column that names the row of the main table, where it belongs to another repeated group
    table: ExportTable
    name: str  # of the group
    parent: str  # of the table to which its rows belong; empty for the main one
    key: str  # column of the parent that names its rows
    foreign: str  # column of the table that holds those names
    main_foreign: str  # column of the table that names rows of the main table
    # the row of the main table to which each row belongs, whatever is between; `""` where there is none
    root: NDArray[Any]
    notices: tuple[Text, ...] = ()  # rows that belong to none

    def rows(self, rows: NDArray[np.bool_]) -> LinkedGroup:
        """Return the group with some of its rows."""
        columns = {header: replace(column, words=column.words[rows]) for header, column in self.table.columns.items()}
        return replace(self, table=replace(self.table, columns=columns), root=self.root[rows])


def linked_groups(main: ExportTable, tables: Sequence[ExportTable], form: Xlsform | None) -> list[LinkedGroup]:
    """Return the repeated groups of a main table, those within others after them."""
    waiting = {}
    for table in tables:
        columns = ((key, foreign) for foreign, key in FOREIGN.items() if foreign in table.columns)
        # the key of the parent, and the column that holds it in the repeated group
        keys = next((each for each in columns if each[0] in main.columns), None)
        if keys:
            waiting[_name(table, form)] = (table, keys)
    by_name = {name: table for name, (table, _) in waiting.items()}
    groups: dict[str, LinkedGroup] = {}
    parents = {name: _parent(name, table, keys, main, by_name) for name, (table, keys) in waiting.items()}
    while waiting:
        ready = [name for name in waiting if parents[name] not in waiting]
        if not ready:
            # tables that refer to each other refer to nothing: they are shown as belonging to the main one
            ready = list(waiting)
            parents |= dict.fromkeys(ready, "")
        for name in ready:
            table, keys = waiting.pop(name)
            groups[name] = _link(table, name, keys, main, groups.get(parents[name]))
    return list(groups.values())


def _name(table: ExportTable, form: Xlsform | None) -> str:
    """Return the name of a repeated group: in the form, or that of its table."""
    repeats = {} if form is None else form.repeats
    for name, wordings in repeats.items():
        for written in (name, *map(strip_markdown, wordings.values())):
            if written[:_MOST_LETTERS] == table.name[:_MOST_LETTERS]:
                return name
    last = table.name.rsplit("-", 1)[-1]
    return last if last in repeats else table.name


def _parent(
    name: str, table: ExportTable, keys: tuple[str, str], main: ExportTable, by_name: Mapping[str, ExportTable]
) -> str:
    """Return the repeated group to which another belongs; nothing where it belongs to the main table."""
    key, foreign = keys
    if "_parent_table_name" in table.columns and foreign == "_parent_index":
        parents = {str(word)[:_MOST_LETTERS] for word in table.columns["_parent_table_name"].words} - {""}
        for other, each in by_name.items():
            if other != name and {each.name[:_MOST_LETTERS], other[:_MOST_LETTERS]} & parents:
                return other
    if foreign != "PARENT_KEY":
        return ""
    # the table that holds most of the keys; the main one, which is the first, where another holds as many
    wanted = set(table.columns[foreign].words.tolist())
    holding = {"": main} | {other: each for other, each in by_name.items() if other != name and key in each.columns}
    hits = {other: len(wanted & set(each.columns[key].words.tolist())) for other, each in holding.items()}
    return max(hits, key=lambda other: hits[other])


def _link(
    table: ExportTable, name: str, keys: tuple[str, str], main: ExportTable, parent: LinkedGroup | None
) -> LinkedGroup:
    """Return a repeated group linked to its parent, with its orphans counted."""
    key, foreign = keys
    above = main if parent is None else parent.table
    if key not in above.columns:
        above, parent = main, None
    keys_above = [str(word) for word in above.columns[key].words]
    for each, count in Counter(keys_above).items():
        if each and count > 1:
            raise refused(
                above.source,
                f"Two rows of its table `{above.name}` have the same `{key}`, {each}, to which others refer.",
                "Export it again: one row of each submission, and each repeated group whole.",
            )
    roots = keys_above if parent is None else parent.root.tolist()
    root_of = {each: root for each, root in zip(keys_above, roots, strict=True) if each}
    pointing = [str(word) for word in table.columns[foreign].words]
    root = np.array([root_of.get(each, "") for each in pointing], dtype=object)
    orphans = sum(each not in root_of for each in pointing)
    notice = WORDS("kobo.orphans", count=orphans, name=name, parent=above.name, foreign=foreign)
    notices = (notice,) if orphans else ()
    if parent is None:
        return LinkedGroup(table, name, "", key, foreign, foreign, root, notices)
    main_foreign = f"_main{key}" if key.startswith("_") else f"_main_{key}"
    columns = {**table.columns, main_foreign: SheetColumn(root)}
    return LinkedGroup(replace(table, columns=columns), name, parent.name, key, foreign, main_foreign, root, notices)


_OFFSET = re.compile(r"(?<=\d)(?:Z|[+-]\d{2}:?\d{2})$")
_CLOCK = re.compile(r"\d{1,2}:\d{2}")
_NUMBER = re.compile(r"\d{1,10}(?:\.\d{1,9})?")
_SECONDS = (1_000_000_000, 5_000_000_000)
_DAYS = (10_000, 60_000)
_MOST_WORDS = 40


def language_of_answers(columns: Iterable[tuple[NDArray[Any], ChoiceList, bool]]) -> str:
    """Return the language in whose labels answers are written; nothing where they are codes."""
    # judged on all questions of a table together, since a label of one list may be a code of it
    hits = Counter({"": 0})
    for words, choices, several in columns:
        distinct = {strip_markdown(word) for word in {*map(str, words)}} - {""}
        for language in dict.fromkeys(("", *(each for label in choices.labels.values() for each in label))):
            known = set(choices.codes_by_label(language)) if language else set(choices.labels)
            hits[language] += sum(
                word in known or (several and all(each in known for each in _cut(word, known))) for word in distinct
            )
    return max(hits, key=lambda language: hits[language])


def code_answers(words: NDArray[Any], choices: ChoiceList, language: str) -> tuple[NDArray[Any], int]:
    """Return answers as codes, and how many are in no list and stay as they were written."""
    known = {code: code for code in choices.labels} | (choices.codes_by_any_label(language) if language else {})
    cells = [*map(str, words)]
    code_of = {word: known.get(word.strip(), known.get(strip_markdown(word), "")) for word in dict.fromkeys(cells)}
    strange = sum(bool(word.strip()) and not code_of[word] for word in cells)
    return np.array([code_of[word] or word.strip() for word in cells], dtype=object), strange


def _cut(words: str, labels: Collection[str]) -> list[str]:
    """Return the labels of which a cell is made, the longest that fits first, and the words that are in none."""
    left = words.split()
    longest = min(max((len(label.split()) for label in labels), default=1), _MOST_WORDS)
    cuts: list[str] = []
    place = 0
    while place < len(left):
        for length in range(min(longest, len(left) - place), 0, -1):
            candidate = " ".join(left[place : place + length])
            if candidate in labels or length == 1:
                cuts.append(candidate)
                place += length
                break
    return cuts


def iso_times(words: NDArray[Any], storage: Storage) -> tuple[NDArray[Any], str]:
    """Return days and times as ISO 8601 in the clock of the device, and what was done to them."""
    cells = [str(word).strip() for word in words]
    answered = [word for word in cells if word]
    low, high = _DAYS if storage == "date" else _SECONDS
    numbers = all(_NUMBER.fullmatch(word) and low <= float(word) <= high for word in answered)
    if answered and numbers and storage != "time":
        return np.array([_since_1970(word, storage) for word in cells], dtype=object), "numbers"
    bare = [_OFFSET.sub("", word) if _CLOCK.search(word) else word for word in cells]
    if storage == "date":
        bare = [word[:10] if _CLOCK.search(word) and word[:4].isdigit() else word for word in bare]
    return np.array(bare, dtype=object), "offset" if bare != cells else ""


def _since_1970(word: str, storage: Storage) -> str:
    if not word:
        return ""
    if storage == "date":
        return str(np.datetime64(int(float(word)), "D"))
    return str(np.datetime64(round(float(word) * 1000), "ms"))


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
    unlisted: dict[str, int] = field(default_factory=dict)  # rows whose cell holds what is in no list of the form
    disagreeing: dict[str, int] = field(default_factory=dict)  # rows whose cell of codes and columns of 0 and 1 differ
    clocks: dict[str, list[str]] = field(default_factory=dict)

    def notices_on_answers(self) -> tuple[Text, ...]:
        """Return what was done to the answers."""
        return (
            *([WORDS("kobo.labels", language=self.language)] if self.language else []),
            *count_notice("kobo.unlisted", self.unlisted),
            *count_notice("kobo.disagreeing", self.disagreeing),
            *column_notice("kobo.offset", self.clocks.get("offset", ())),
            *column_notice("kobo.since_1970", self.clocks.get("numbers", ())),
        )

    def check_width(self, name: str, width: int) -> None:
        """Refuse a question of so many answers that they are no choices."""
        if width > MOST_CHOICES:
            raise refused(
                self.source,
                f"The answers to `{name}` hold {width:,} different words, and a question has at most "
                f"{MOST_CHOICES:,} choices.",
                "Export it with one column per choice, or correct its type in the form.",
            )


def add_select_multiple(
    made: KoboColumns,
    question: Variable,
    joined: NDArray[Any] | None,
    columns: Mapping[str, NDArray[Any]],
    choices: ChoiceList | None = None,
    *,
    names: Mapping[str, str] | None = None,
    labels: Mapping[str, Text] | None = None,
) -> None:
    """Add one column of 0 and 1 for each choice of a question, missing where the question was not answered."""
    boxes = {code: _ticked(cells) for code, cells in columns.items()}
    rows = len(joined) if joined is not None else max(map(len, boxes.values()), default=0)
    codes_of_rows = [] if joined is None else _codes_by_row(joined, choices, made.language)
    mentioned = dict.fromkeys(code for codes in codes_of_rows for code in codes)
    strange = set(mentioned) - set(choices.labels) if choices is not None else set()
    if boxes and choices is None and not set(mentioned) <= set(boxes):
        # Words that no column bears are labels that only the missing form could tell apart.
        mentioned, codes_of_rows = {}, []
    listed = choices.labels if choices is not None and not boxes else {}
    codes = list(dict.fromkeys((*boxes, *listed, *mentioned)))
    if not codes:
        # Nobody answered, and nothing says what could have been.
        made.add(question, np.full(rows, "", dtype=object))
        return
    made.check_width(question.name, len(codes))
    column_names = {code: (names or {}).get(code, f"{question.name}/{code}") for code in codes}
    known = choices.values(in_numbers=False) if choices is not None else (labels or {})
    box = replace(question, label=NOTHING, question=question.question or question.label, part_of=question.name)
    for code, name in column_names.items():
        made.variables[name] = replace(box, name=name, label=known.get(code) or Text.same(code))
    cells = np.array([boxes.get(code, np.full(rows, "", dtype=object)) for code in codes], dtype=object).T
    says = tick(codes, codes_of_rows or [()] * rows)
    ticked = np.where(cells == "", says, cells == "1")
    disagreeing = ((cells != "") & (ticked != says)).any(axis=1) if codes_of_rows else np.zeros(rows, dtype=bool)
    if joined is None:
        answered = (cells != "").any(axis=1)
    else:
        answered = (cells == "1").any(axis=1) | [str(cell).strip() != "" for cell in joined]
    values: dict[Code, Text] = {0: WORDS("answer.not_mentioned"), 1: WORDS("answer.mentioned")}
    made.make_boxes(question.name, list(column_names.values()), question.label, ticked, answered, values=values)
    made.disagreeing[question.name] = int(disagreeing.sum())
    made.unlisted[question.name] = sum(not strange.isdisjoint(codes) for codes in codes_of_rows)


def _codes_by_row(joined: NDArray[Any], choices: ChoiceList | None, language: str) -> list[list[str]]:
    """Return the codes of the choices that each cell holds, separated by spaces."""
    # where they are labels, which may hold spaces themselves, the longest label that fits is taken
    words = [str(cell) for cell in joined]
    codes = {word: word.split() for word in dict.fromkeys(words)}
    if choices is not None and language:
        labels = choices.codes_by_any_label(language)
        for word, parts in codes.items():
            if not all(part in choices.labels for part in parts):
                codes[word] = [labels.get(label, label) for label in _cut(strip_markdown(word), labels)]
    distinct = {word: list(dict.fromkeys(parts)) for word, parts in codes.items()}
    return [distinct[word] for word in words]


def add_ranking(made: KoboColumns, question: Variable, joined: NDArray[Any], choices: ChoiceList | None) -> None:
    """Add one column for each place of a ranking, which holds the code of what was put there."""
    codes_of_rows = _codes_by_row(joined, choices, made.language)
    longest = max(map(len, codes_of_rows), default=1) or 1
    made.check_width(question.name, longest)
    names = [f"{question.name}/{place}" for place in range(1, longest + 1)]
    for place, name in enumerate(names):
        column = np.array([each[place] if place < len(each) else "" for each in codes_of_rows], dtype=object)
        in_numbers = choices is not None and choices.has_numbers and all(not w or w in choices.labels for w in column)
        ranked = replace(
            question,
            name=name,
            label=number_wording(WORDS("kobo.rank"), place + 1),
            values=choices.values(in_numbers=in_numbers) if choices is not None else {},
            measure="nominal",
            part_of=question.name,
        )
        made.add(ranked, column)
    made.sets[question.name] = Responses(question.name, names, label=question.label, kind="categories")


def find_select_multiple(columns: Mapping[str, NDArray[Any]]) -> dict[str, dict[str, str]]:
    """Return the questions with several answers that a table shows by itself: column by code, by question."""
    # a column of words is followed by columns of 0 and 1 under its name, with as many 1 as it has words
    names = list(columns)
    questions: dict[str, dict[str, str]] = {}
    for place, name in enumerate(names):
        following = _following(name, names[place + 1 :], columns)
        if len(following) < 2:
            continue
        words = np.array([len(str(cell).split()) for cell in columns[name]])
        ticked = np.sum([_ticked(columns[each]) == "1" for each in following], axis=0)
        if (words == ticked).all() and words.any():
            questions[name] = {each[len(name) + 1 :]: each for each in following}
    return questions


def _following(name: str, after: Sequence[str], columns: Mapping[str, NDArray[Any]]) -> list[str]:
    """Return the columns of 0 and 1 right after a column, under its name and one mark."""
    boxes: list[str] = []
    for each in after:
        mark = each[len(name) : len(name) + 1]
        same = not boxes or mark == boxes[0][len(name)]
        if not each.startswith(name) or mark not in _MARKS or not mark or not each[len(name) + 1 :] or not same:
            break
        if not set(_ticked(columns[each]).tolist()) <= {"", "0", "1"}:
            break
        boxes.append(each)
    return boxes


def _ticked(cells: NDArray[Any]) -> NDArray[Any]:
    """Return cells of a column of 0 and 1 as `0`, `1` and nothing; others as they are."""
    marks = {**dict.fromkeys(_YES, "1"), **dict.fromkeys(_NO, "0")}
    return np.array([marks.get(str(cell).strip().lower(), str(cell).strip()) for cell in cells], dtype=object)
