"""Exports of KoboToolbox and ODK as tables: a workbook of sheets, a CSV with its repeated groups beside it, a zip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from diplab.errors import LoadError
from diplab.loaders.excel import SheetColumn, sheets_of, table_of
from diplab.loaders.limits import open_archive
from diplab.loaders.notices import WORDS
from diplab.loaders.questionnaire import strip_markdown
from diplab.loaders.recognition import header_of_text, stem_of
from diplab.loaders.source import SourceFile, open_source, refused
from diplab.loaders.text import decode, dialect_of, records
from diplab.reference.text import Text

if TYPE_CHECKING:
    from diplab.loaders.kobo.xlsform import Xlsform

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

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())).words) if self.columns else 0


def read_tables(source: SourceFile) -> list[ExportTable]:
    """Return the tables of an export, the main one first."""
    if source.suffix == ".zip":
        tables = _read_archive(source)
    elif source.suffix in _TEXT:
        tables = [_read_text(source, _main_name(source.path)), *_siblings(source)]
    else:
        sheets = [(sheet.name, table_of(sheet, source)) for sheet in sheets_of(source)]
        tables = [
            ExportTable(source, name, each[0], f"KoboToolbox or ODK, sheet `{name}`", notices=each[1])
            for name, each in sheets
            if each is not None
        ]
    if not tables:
        raise refused(source, "It holds no table.", "Export it again from KoboToolbox or ODK.")
    # A repeated group read alone is its own main table.
    return tables if source.suffix in _TEXT else sorted(tables, key=lambda table: table.is_repeated)


def headers_of(source: SourceFile) -> list[list[str]]:
    """Return the headers of the tables of an archive or a workbook, without reading further."""
    if source.suffix != ".zip":
        return [[str(cell) for row in sheet.rows for cell in row] for sheet in sheets_of(source, first=3)]
    archive = open_archive(source)
    members = [each for each in archive if each.lower().endswith(".csv")][:_MOST_SIBLINGS]
    return [header_of_text(SourceFile(Path(each), archive[each])) for each in members]


def _main_name(path: Path) -> str:
    return path.stem if stem_of(path) == path.stem else "main"


def _read_text(source: SourceFile, name: str) -> ExportTable:
    text = decode(source)
    dialect = dialect_of(text.text, text.encoding, source.suffix)
    header, rows = records(source, text.text, dialect)
    cells = {title: np.array([row[place] for row in rows], dtype=object) for place, title in enumerate(header)}
    absent = _written_by_r(cells)
    columns = {
        title: SheetColumn(np.where(words == "NA", "", words) if absent else words) for title, words in cells.items()
    }
    reader = f"KoboToolbox or ODK, delimited text, {dialect}"
    notices = (*text.notices, *((WORDS("kobo.written_by_r", count=absent),) if absent else ()))
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
    try:
        beside = sorted(
            each
            for each in source.path.parent.iterdir()
            if each.suffix.lower() == ".csv" and each.stem.startswith(stem) and each.stem[len(stem) :]
        )
    except OSError:
        return []
    tables = []
    for path in beside[:_MOST_SIBLINGS]:
        rest = path.stem[len(stem) :]
        if path.name == source.path.name or rest[0] not in _SEPARATORS:
            continue
        try:
            opened = open_source(path)
            header = header_of_text(opened)
        except LoadError:
            continue
        if any(name in header for name in FOREIGN):
            tables.append(_read_text(opened, rest[1:]))
    return tables


def _read_archive(source: SourceFile) -> list[ExportTable]:
    archive = open_archive(source)
    members = [name for name in archive if name.lower().endswith(".csv") and "media/" not in name]
    if not members:
        raise refused(source, "No CSV file is in it.", "Write the path of an export of KoboToolbox or ODK.")
    opened = {name: SourceFile(Path(PurePosixPath(name).name), archive[name]) for name in members}
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
    for each in form.repeats.values() if form is not None else ():
        labels = {strip_markdown(words) for words in each.wordings.values()}
        for written in (each.name, *labels):
            if written[:_MOST_LETTERS] == table.name[:_MOST_LETTERS]:
                return each.name
    last = table.name.rsplit("-", 1)[-1]
    return last if form is not None and last in form.repeats else table.name


def _parent(
    name: str, table: ExportTable, keys: tuple[str, str], main: ExportTable, by_name: Mapping[str, ExportTable]
) -> str:
    """Return the repeated group to which another belongs; nothing where it belongs to the main table."""
    if "_parent_table_name" in table.columns and keys[1] == "_parent_index":
        parents = {str(word)[:_MOST_LETTERS] for word in table.columns["_parent_table_name"].words} - {""}
        for other, each in by_name.items():
            if other != name and {each.name[:_MOST_LETTERS], other[:_MOST_LETTERS]} & parents:
                return other
        return ""
    if keys[1] != "PARENT_KEY":
        return ""
    wanted = set(table.columns[keys[1]].words.tolist())
    in_main = len(wanted & set(main.columns[keys[0]].words.tolist()))
    hits = {
        other: len(wanted & set(each.columns[keys[0]].words.tolist()))
        for other, each in by_name.items()
        if other != name and keys[0] in each.columns
    }
    best = max(hits, key=lambda other: hits[other], default="")
    return best if best and hits[best] > in_main else ""


def _link(
    table: ExportTable, name: str, keys: tuple[str, str], main: ExportTable, parent: LinkedGroup | None
) -> LinkedGroup:
    """Return a repeated group linked to its parent, with its orphans counted."""
    key, foreign = keys
    above = main if parent is None else parent.table
    if key not in above.columns:
        above, parent = main, None
    keys_above = [str(word) for word in above.columns[key].words]
    _check_keys(above, key, keys_above)
    roots = keys_above if parent is None else parent.root.tolist()
    root_of = {each: root for each, root in zip(keys_above, roots, strict=True) if each}
    pointing = [str(word) for word in table.columns[foreign].words]
    root = np.array([root_of.get(each, "") for each in pointing], dtype=object)
    orphans = sum(each not in root_of for each in pointing)
    notice = WORDS("kobo.orphans", count=orphans, name=name, parent=above.name, foreign=foreign)
    notices = (notice,) if orphans else ()
    main_foreign = foreign
    columns = dict(table.columns)
    if parent is not None:
        main_foreign = f"_main{key}" if key.startswith("_") else f"_main_{key}"
        columns[main_foreign] = SheetColumn(root)
    belongs_to = "" if parent is None else parent.name
    return LinkedGroup(replace(table, columns=columns), name, belongs_to, key, foreign, main_foreign, root, notices)


def _check_keys(table: ExportTable, key: str, values: Sequence[str]) -> None:
    seen: set[str] = set()
    for each in values:
        if each and each in seen:
            raise refused(
                table.source,
                f"Two rows of its table `{table.name}` have the same `{key}`, {each}, to which others refer.",
                "Export it again: one row of each submission, and each repeated group whole.",
            )
        seen.add(each)
