"""Exports of KoboToolbox and ODK: their tables (workbook, CSV files, zip) and their links."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np

from diplab.errors import LoadError
from diplab.kernel.arrays import Array
from diplab.loaders.excel import SheetColumn, open_workbook, table_of
from diplab.loaders.kobo.xlsform import Xlsform
from diplab.loaders.limits import open_archive
from diplab.loaders.notices import Notices, notice_if
from diplab.loaders.questionnaire import strip_markdown
from diplab.loaders.source import (
    WORKBOOKS,
    Request,
    SourceFile,
    open_source,
    refused,
    repaired_names,
    stem_of,
)
from diplab.loaders.text.records import column_at, delimited_text, first_record, records

FOREIGN = {"_parent_index": "_index", "PARENT_KEY": "KEY", "_submission__id": "_id"}
"""Columns by which the rows of a repeated group refer to another table, and the column there."""
_SEPARATORS = "-._"
_MOST_SIBLINGS = 200


@dataclass(frozen=True, eq=False)
class ExportTable:
    """One table of an export."""

    source: SourceFile  # the file that holds it
    name: str  # name of its sheet; for CSV what distinguishes the file from that of the main table
    columns: Mapping[str, SheetColumn]  # under the headers of the file
    reader: str  # how it was read
    comma: bool = False  # true where a decimal comma is understood
    notices: Notices = ()

    @property
    def is_repeated(self) -> bool:
        """True for a repeated group, whose rows belong to rows of another table."""
        return any(name in self.columns for name in FOREIGN)


def read_tables(source: SourceFile, request: Request) -> list[ExportTable]:
    """Return the tables of an export, the main one first."""
    if source.suffix in WORKBOOKS:
        sheets = [
            (sheet.name, *table_of(sheet, source))
            for sheet in open_workbook(source, request).sheets
        ]
        tables = list[ExportTable]()
        for name, columns, notices in sheets:
            tables.append(
                ExportTable(
                    source, name, columns, f"KoboToolbox or ODK, sheet `{name}`", notices=notices
                )
            )
        if not tables:
            raise refused(source, "It holds no table.", "Export it again from KoboToolbox or ODK.")
        return sorted(tables, key=lambda table: table.is_repeated)
    # a repeated group read alone is its own main table
    main, *others = _members(source) if source.suffix == ".zip" else [source, *_siblings(source)]
    stem = stem_of(main.path)
    repeated = list[SourceFile]()
    for other in others:
        if _is_repeated(other):
            repeated.append(other)
    return [_read_text(main, main.path.stem if stem == main.path.stem else "main")] + [
        _read_text(item, item.path.stem.removeprefix(stem).lstrip(_SEPARATORS)) for item in repeated
    ]


def headers_of(source: SourceFile, request: Request) -> list[list[str]]:
    """Return the headers of the tables of an archive or a workbook, without reading further."""
    if source.suffix == ".zip":
        return list(map(first_record, _members(source)[:_MOST_SIBLINGS]))
    return [
        [cell for row in sheet.rows(3) for cell in row]
        for sheet in open_workbook(source, request).sheets
    ]


def _is_repeated(source: SourceFile) -> bool:
    return not set(FOREIGN).isdisjoint(first_record(source))


def _members(source: SourceFile) -> list[SourceFile]:
    """Return the texts in an archive, that of the main table first."""
    archive = open_archive(source)
    names = [name for name in archive if name.lower().endswith(".csv") and "media/" not in name]
    if not names:
        raise refused(
            source, "No CSV file is in it.", "Write the path of an export of KoboToolbox or ODK."
        )
    opened = {name: source.member(Path(PurePosixPath(name).name), archive[name]) for name in names}
    main = min(names, key=lambda name: (_is_repeated(opened[name]), len(name)))
    return [opened.pop(main), *opened.values()]


def _siblings(source: SourceFile) -> list[SourceFile]:
    """Return the texts beside that of a main table whose names begin as its name."""
    beginnings = tuple(f"{stem_of(source.path)}{mark}" for mark in _SEPARATORS)
    try:
        beside = sorted(
            item for item in source.path.parent.iterdir() if item.stem.startswith(beginnings)
        )
    except OSError:
        return []
    beside = [
        item for item in beside if item.suffix.lower() == ".csv" and item.name != source.path.name
    ]
    opened = []
    for path in beside[:_MOST_SIBLINGS]:
        with suppress(LoadError):
            opened.append(open_source(path, encoding=source.encoding, delimiter=source.delimiter))
    return opened


def _read_text(source: SourceFile, name: str) -> ExportTable:
    text = delimited_text(source)
    dialect = text.dialect
    header, rows = records(source, text.text, dialect, repeated=True)
    names, renamed = (
        repaired_names(source, Request(), header)
        if len(set(header)) < len(header)
        else (header, ())
    )
    cells = {}
    for position, title in enumerate(names):
        cells[title] = column_at(rows, position)
    absent = _written_by_r(cells)
    columns = {}
    for title, words in cells.items():
        columns[title] = SheetColumn(np.where(words == "NA", "", words) if absent else words)
    reader = f"KoboToolbox or ODK, delimited text, {dialect}"
    notices = (*text.notices, *renamed, *notice_if(absent, "kobo.written_by_r", count=absent))
    return ExportTable(source, name, columns, reader, dialect.delimiter != ",", notices)


def _written_by_r(cells: Mapping[str, Array]) -> int:
    """Return how many cells hold `NA` where R wrote it for no answer.

    0 where it may be an answer.
    """
    # the servers leave cells empty. Where none is, and one that they fill themselves is `NA`, R has
    # written the file
    marks = {}
    for name, words in cells.items():
        marks[name] = words == "NA"
    by_server = any(item.any() for name, item in marks.items() if name.startswith("_"))
    if not by_server or any((words == "").any() for words in cells.values()):
        return 0
    return sum(int(mark.sum()) for mark in marks.values())


_MOST_LETTERS = (
    31  # letters that the name of a sheet has at most: longer names of groups are cut there
)


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
    # the row of the main table to which each row belongs, whatever is between; `""` where there is
    # none
    root: Array
    notices: Notices = ()  # rows that belong to none


def linked_groups(
    main: ExportTable, tables: Sequence[ExportTable], form: Xlsform | None
) -> list[LinkedGroup]:
    """Return the repeated groups of a main table, those within others after them."""
    found: dict[str, tuple[ExportTable, str, str]] = {}
    for table in tables:
        for foreign, key in reversed(FOREIGN.items()):
            if foreign in table.columns and key in main.columns:
                found[_name(table, form)] = (table, key, foreign)
    by_name = {}
    for name, (table, *_) in found.items():
        by_name[name] = table
    parents = {}
    for name, item in found.items():
        parents[name] = _parent(name, *item, main, by_name)
    groups: dict[str, LinkedGroup] = {}
    while waiting := [name for name in found if name not in groups]:
        # tables that refer to each other refer to nothing: they are shown as belonging to the main
        # one
        ready = list[str]()
        for name in waiting:
            if parents[name] not in waiting:
                ready.append(name)
        for name in ready or waiting:
            groups[name] = _link(
                name, *found[name], main, groups.get(parents[name]) if ready else None
            )
    return list(groups.values())


def _name(table: ExportTable, form: Xlsform | None) -> str:
    """Return the name of a repeated group: in the form, or that of its table."""
    repeats = {} if form is None else form.repeats
    for name, wordings in repeats.items():
        for written in (name, *map(strip_markdown, wordings.values())):
            if written[:_MOST_LETTERS] == table.name[:_MOST_LETTERS]:
                return name
    last = table.name.rsplit("-", 1)[-1]
    if last in repeats:
        return last
    return table.name


def _parent(
    name: str,
    table: ExportTable,
    key: str,
    foreign: str,
    main: ExportTable,
    by_name: Mapping[str, ExportTable],
) -> str:
    """Return the repeated group to which another belongs.

    Nothing where it belongs to the main table.
    """
    if "_parent_table_name" in table.columns and foreign == "_parent_index":
        parents = {
            str(word)[:_MOST_LETTERS] for word in table.columns["_parent_table_name"].words
        } - {""}
        for other, item in by_name.items():
            if other != name and {item.name[:_MOST_LETTERS], other[:_MOST_LETTERS]} & parents:
                return other
    if foreign != "PARENT_KEY":
        return ""
    # the table that holds most of the keys; the main one, which is the first, where another holds
    # as many
    wanted = set(table.columns[foreign].words.tolist())
    holding = {"": main} | {
        other: item for other, item in by_name.items() if other != name and key in item.columns
    }
    hits = {
        other: len(wanted & set(item.columns[key].words.tolist()))
        for other, item in holding.items()
    }
    return max(hits, key=lambda other: hits[other])


def _link(
    name: str,
    table: ExportTable,
    key: str,
    foreign: str,
    main: ExportTable,
    parent: LinkedGroup | None,
) -> LinkedGroup:
    """Return a repeated group linked to its parent, with its orphans counted."""
    above = main
    if parent is not None:
        above = parent.table
    if key not in above.columns:
        above, parent = main, None
    keys_above = list(map(str, above.columns[key].words))
    for item, count in Counter(keys_above).items():
        if item and count > 1:
            found = (
                f"Two rows of its table `{above.name}` have the same `{key}`, {item}, to which "
                "others refer."
            )
            write = "Export it again: one row per submission, and each repeated group whole."
            raise refused(above.source, found, write)
    roots = keys_above
    if parent is not None:
        roots = parent.root.tolist()
    root_of = {item: root for item, root in zip(keys_above, roots, strict=True) if item}
    pointing = list(map(str, table.columns[foreign].words))
    root = np.array([root_of.get(item, "") for item in pointing], dtype=object)
    orphans = sum(item not in root_of for item in pointing)
    about = {"count": orphans, "name": name, "parent": above.name, "foreign": foreign}
    notices = notice_if(orphans, "kobo.orphans", **about)
    if parent is None:
        return LinkedGroup(table, name, "", key, foreign, foreign, root, notices)
    main_foreign = f"_main{key}" if key.startswith("_") else f"_main_{key}"
    columns = {**table.columns, main_foreign: SheetColumn(root)}
    return LinkedGroup(
        replace(table, columns=columns),
        name,
        parent.name,
        key,
        foreign,
        main_foreign,
        root,
        notices,
    )
