"""A sheet read as a table: its header, and each column as text with what its cells were."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.loaders.excel.workbook import UNCOMPUTED, ErrorCell
from diplab.loaders.notices import naming
from diplab.loaders.source import refused
from diplab.microdata.variable import Variable
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from diplab.loaders.excel.workbook import Cell, Sheet
    from diplab.loaders.source import SourceFile
    from diplab.microdata.variable import Storage

__all__ = ["ERROR", "Column", "Table", "column_of", "table_of"]

ERROR = "error in the cell"
"""The reason of an answer in whose place Excel writes an error."""

_EXACT = 1e15


@dataclass(frozen=True, eq=False)
class Column:
    """One column, as text.

    Parameters
    ----------
    words : array of str, shape (rows,)
        Its cells as they are written; `""` where empty.
    storage : {"", "whole", "number", "words", "boolean", "date", "moment", "time"}
        What the cells are, where the file says so.
    errors : tuple of str
        Errors that stand in it (`#N/A`).
    """

    words: NDArray[Any]
    storage: Storage = ""
    errors: tuple[str, ...] = ()

    def variable(self, name: str) -> Variable:
        """Return what the file itself says of the column."""
        return Variable(name, missing=dict.fromkeys(self.errors, ERROR), storage=self.storage)


@dataclass(frozen=True, eq=False)
class Table:
    """Columns under their header.

    Parameters
    ----------
    name : str
        Name of the sheet, or of the file.
    columns : mapping of str to Column
        In the order of the file.
    notices : tuple of Text
        What was left out, and what could not be read.
    """

    name: str
    columns: Mapping[str, Column]
    notices: tuple[Text, ...] = field(default=())

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())).words) if self.columns else 0


def table_of(sheet: Sheet, source: SourceFile) -> Table | None:
    """Return the table that a sheet holds; None where it holds nothing.

    The header is the first row that is not empty; one cell alone above a wider table is its title, and is left
    out. Rows that are empty, and columns without a name and without an answer after the last, are left out.

    Parameters
    ----------
    sheet : Sheet
    source : SourceFile
        For errors.

    Raises
    ------
    LoadError
        Where two columns have the same name.

    Examples
    --------
    >>> from pathlib import Path
    >>> from diplab.loaders.source import SourceFile
    >>> from diplab.loaders.excel.workbook import Sheet
    >>> held = Sheet("answers", [["Survey of 2026"], ["sex", "hours"], ["F", 3.5], [], ["M", 4]])
    >>> table = table_of(held, SourceFile(Path("a.xlsx"), b""))
    >>> {name: column.words.tolist() for name, column in table.columns.items()}
    {'sex': ['F', 'M'], 'hours': ['3.5', '4']}
    >>> len(table.notices)
    2
    """
    rows = [row for row in sheet.rows if any(cell is not None for cell in row)]
    if not rows:
        return None
    notices: list[Text] = []
    if len(rows) > 1 and _filled(rows[0]) == 1 < _filled(rows[1]):
        notices.append(_title_left_out(_written(next(cell for cell in rows[0] if cell is not None))))
        rows = rows[1:]
    header, *answers = rows
    width = max(map(len, rows))
    names = _names(header, width)
    twice = [name for place, name in enumerate(names) if name in names[:place]]
    if twice:
        found = f"Its sheet `{sheet.name}` has two columns named `{twice[0]}`."
        raise refused(source, found, "Give each column a name of its own.")
    empty = _empty_between(sheet.rows)
    if empty:
        notices.append(
            Text(
                f"Feuille « {sheet.name} » : {empty} ligne(s) vide(s) laissée(s) de côté.",
                f"Sheet “{sheet.name}”: {empty} empty row(s) left out.",
            )
        )
    cells = {
        name: [row[place] if place < len(row) else None for row in answers]
        for place, name in enumerate(names)
    }
    return Table(
        sheet.name,
        {name: column_of(each) for name, each in cells.items()},
        (*notices, *_unnamed(header, names), *_uncomputed(cells)),
    )


def column_of(cells: Sequence[Cell]) -> Column:
    """Return a column of cells as text, with what they all are.

    Examples
    --------
    >>> found = column_of([dt.datetime(2026, 11, 25), None, ErrorCell("#N/A")])
    >>> found.words.tolist(), found.storage, found.errors
    (['2026-11-25', '', '#N/A'], 'date', ('#N/A',))
    """
    held = [cell for cell in cells if cell is not None and not isinstance(cell, ErrorCell)]
    storage = _storage([cell for cell in held if cell is not UNCOMPUTED])
    errors = dict.fromkeys(cell.code for cell in cells if isinstance(cell, ErrorCell))
    words = np.array([_written(cell, storage) for cell in cells], dtype=object)
    return Column(words, storage, tuple(errors))


def _storage(held: Sequence[Cell]) -> Storage:
    if not held:
        return ""
    if all(isinstance(cell, bool) for cell in held):
        return "boolean"
    if all(isinstance(cell, dt.date) for cell in held):
        moments = [cell for cell in held if isinstance(cell, dt.datetime)]
        return "moment" if any(cell.time() != dt.time() for cell in moments) else "date"
    if all(isinstance(cell, dt.time | dt.timedelta) for cell in held):
        return "time"
    return ""


def _written(cell: Cell, storage: Storage = "") -> str:
    """Return a cell as it is written: as Excel shows it, moments as ISO 8601."""
    match cell:
        case None:
            return ""
        case str():
            return cell
        case ErrorCell():
            return cell.code
        case bool():
            return str(int(cell)) if storage == "boolean" else str(cell).upper()
        case float():
            return str(int(cell)) if cell.is_integer() and abs(cell) < _EXACT else repr(cell)
        case int():
            return str(cell)
        case dt.datetime():
            day = storage == "date" or (not storage and cell.time() == dt.time())
            return cell.date().isoformat() if day else cell.isoformat()
        case dt.date() | dt.time():
            return cell.isoformat()
        case dt.timedelta():
            minutes, seconds = divmod(round(cell.total_seconds()), 60)
            return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
        case _:
            return ""


def _filled(row: Sequence[Cell]) -> int:
    return sum(cell is not None for cell in row)


def _names(header: Sequence[Cell], width: int) -> list[str]:
    written = [_written(cell).strip() for cell in header] + [""] * (width - len(header))
    return [name or f"column_{place}" for place, name in enumerate(written, 1)]


def _empty_between(rows: Sequence[Sequence[Cell]]) -> int:
    filled = [place for place, row in enumerate(rows) if _filled(row)]
    return filled[-1] - filled[0] + 1 - len(filled)


def _title_left_out(title: str) -> Text:
    return Text(
        f"La ligne « {title} », au-dessus de la table, a été prise pour un titre et laissée de côté.",
        f"The line “{title}” above the table was taken for a title and left out.",
    )


def _unnamed(header: Sequence[Cell], names: Sequence[str]) -> tuple[Text, ...]:
    """Return a notice of columns without a name: cells merged across a header leave all but the first empty."""
    blank = [name for place, name in enumerate(names) if place >= len(header) or header[place] is None]
    return naming(
        blank,
        "Colonnes sans nom dans l'en-tête (cellule vide ou fusionnée) : {names}.",
        "Columns without a name in the header (an empty or a merged cell): {names}.",
    )


def _uncomputed(cells: Mapping[str, Sequence[Cell]]) -> tuple[Text, ...]:
    counts = {name: sum(cell is UNCOMPUTED for cell in column) for name, column in cells.items()}
    found = ", ".join(f"`{name}` ({count})" for name, count in counts.items() if count)
    if not found:
        return ()
    return (
        Text(
            f"Formules jamais calculées, lues comme manquantes : {found}. Enregistrez le classeur depuis Excel.",
            f"Formulas never computed, read as missing: {found}. Save the workbook from Excel.",
        ),
    )
