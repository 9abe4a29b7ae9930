"""Exports of KoboToolbox and ODK as tables: a workbook of sheets, a CSV with its repeated groups beside it, a zip."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import LoadError
from diplab.loaders.excel import SheetColumn, sheets_of, table_of
from diplab.loaders.limits import open_archive
from diplab.loaders.source import SourceFile, open_source, refused
from diplab.loaders.text import decode, dialect_of, records, text_and_encoding
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["FOREIGN", "ExportTable", "export_of", "headers_of", "stem_of"]

FOREIGN = {"_parent_index": "_index", "PARENT_KEY": "KEY", "_submission__id": "_id"}
"""Columns by which the rows of a repeated group hang on others, and the column of those that they name."""

_SEPARATORS = "-._"
_TEXT = (".csv", ".tsv", ".txt")
_HEAD = 65_536
_MOST_SIBLINGS = 200


@dataclass(frozen=True, eq=False)
class ExportTable:
    """One table of an export.

    Parameters
    ----------
    source : SourceFile
        The file that holds it.
    name : str
        Name of its sheet; for CSV what distinguishes the file from that of the main table.
    columns : mapping of str to Column
        Under the headers of the file.
    reader : str
        How it was read.
    comma : bool
        True where a decimal comma is understood.
    notices : tuple of Text
    """

    source: SourceFile
    name: str
    columns: Mapping[str, SheetColumn]
    reader: str
    comma: bool = False
    notices: tuple[Text, ...] = ()

    @property
    def hangs(self) -> bool:
        """True for a repeated group, whose rows hang on those of another table."""
        return any(name in self.columns for name in FOREIGN)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())).words) if self.columns else 0


def export_of(source: SourceFile) -> list[ExportTable]:
    """Return the tables of an export, the main one first.

    Parameters
    ----------
    source : SourceFile
        A workbook, an archive of CSV files, or the CSV file of the main table; those of its repeated groups lie
        in the same folder, under its name and a word more.

    Raises
    ------
    LoadError
        Where a table cannot be read, or there is none.
    """
    if source.suffix == ".zip":
        tables = _of_archive(source)
    elif source.suffix in _TEXT:
        tables = [_of_text(source, _own_name(source.path)), *_siblings(source)]
    else:
        found = [(sheet.name, table_of(sheet, source)) for sheet in sheets_of(source)]
        tables = [
            ExportTable(
                source, name, each.columns, f"KoboToolbox or ODK, sheet `{name}`", notices=each.notices
            )
            for name, each in found
            if each is not None
        ]
    if not tables:
        raise refused(source, "It holds no table.", "Export it again from KoboToolbox or ODK.")
    # A repeated group read alone is its own main table.
    if source.suffix in _TEXT:
        return tables
    return sorted(tables, key=lambda table: table.hangs)


def headers_of(source: SourceFile) -> list[list[str]]:
    """Return the headers of the tables of a file, without reading further; none where it cannot be read."""
    try:
        if source.suffix in _TEXT:
            return [_header(source)]
        if source.suffix == ".zip":
            archive = open_archive(source)
            members = [each for each in archive if each.lower().endswith(".csv")][:_MOST_SIBLINGS]
            return [_header(SourceFile(Path(each), archive[each])) for each in members]
        return [[str(cell) for row in sheet.rows for cell in row] for sheet in sheets_of(source, first=3)]
    except LoadError:
        return []


def stem_of(path: Path) -> str:
    """Return the name that the files of one export share.

    Examples
    --------
    >>> stem_of(Path("workers.csv")), stem_of(Path("workers.main.csv"))
    ('workers', 'workers')
    """
    for separator in _SEPARATORS:
        if path.stem.lower().endswith(f"{separator}main"):
            return path.stem[: -len("main") - 1]
    return path.stem


def _own_name(path: Path) -> str:
    return path.stem if stem_of(path) == path.stem else "main"


def _header(source: SourceFile) -> list[str]:
    """Return the header of a delimited text, judged on its beginning."""
    head = source.content[:_HEAD]
    if len(source.content) > _HEAD:
        head = head[: head.rfind(b"\n") + 1] or head
    beginning = SourceFile(source.path, head)
    text, encoding = text_and_encoding(beginning)
    try:
        return records(beginning, text, dialect_of(text, encoding, source.suffix))[0]
    except LoadError:
        # A damaged record below is for the loader to tell.
        line = text.splitlines()[:1]
        return records(beginning, line[0], dialect_of(line[0], encoding, source.suffix))[0] if line else []


def _of_text(source: SourceFile, name: str) -> ExportTable:
    text = decode(source)
    dialect = dialect_of(text.text, text.encoding, source.suffix)
    header, rows = records(source, text.text, dialect)
    cells = {
        title: np.array([row[place] for row in rows], dtype=object) for place, title in enumerate(header)
    }
    absent = _written_by_r(cells)
    columns = {
        title: SheetColumn(np.where(words == "NA", "", words) if absent else words)
        for title, words in cells.items()
    }
    return ExportTable(
        source,
        name,
        columns,
        f"KoboToolbox or ODK, delimited text, {dialect}",
        dialect.delimiter != ",",
        (*text.notices, *_notice_of_r(absent)),
    )


def _written_by_r(cells: Mapping[str, NDArray[Any]]) -> int:
    """Return how many cells hold `NA` where R wrote it for no answer; 0 where it may be an answer.

    The servers leave cells empty. Where none is, and one that they fill themselves is `NA`, R has written the file.
    """
    marks = {name: words == "NA" for name, words in cells.items()}
    by_server = any(each.any() for name, each in marks.items() if name.startswith("_"))
    if not by_server or any((words == "").any() for words in cells.values()):
        return 0
    return sum(int(each.sum()) for each in marks.values())


def _notice_of_r(absent: int) -> tuple[Text, ...]:
    """Return a notice where a file was written by R: no cell is empty, and `NA` stands for no answer."""
    if not absent:
        return ()
    return (
        Text(
            f"Aucune cellule n'est vide et {absent} portent NA, comme R l'écrit : elles sont lues comme manquantes.",
            f"No cell is empty and {absent} hold NA, as R writes it: they are read as missing.",
        ),
    )


def _siblings(source: SourceFile) -> list[ExportTable]:
    """Return the repeated groups whose files lie beside that of the main table."""
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
            header = _header(opened)
        except LoadError:
            continue
        if any(name in header for name in FOREIGN):
            tables.append(_of_text(opened, rest[1:]))
    return tables


def _of_archive(source: SourceFile) -> list[ExportTable]:
    archive = open_archive(source)
    members = [name for name in archive if name.lower().endswith(".csv") and "media/" not in name]
    if not members:
        raise refused(source, "No CSV file is in it.", "Write the path of an export of KoboToolbox or ODK.")
    opened = {name: SourceFile(Path(PurePosixPath(name).name), archive[name]) for name in members}
    heads = {name: _header(each) for name, each in opened.items()}
    hanging = {name for name, header in heads.items() if any(each in header for each in FOREIGN)}
    main = min(members, key=lambda name: (name in hanging, len(name)))
    stem = stem_of(opened[main].path)
    return [_of_text(opened[main], _own_name(opened[main].path))] + [
        _of_text(opened[name], opened[name].path.stem.removeprefix(stem).lstrip(_SEPARATORS))
        for name in members
        if name != main and name in hanging
    ]
