"""A table as plain content: title, header, cells with their numbers, notes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from great_tables import GT

from diplab.presentation.punctuation import colon

if TYPE_CHECKING:
    from diplab.reference.text import Language

__all__ = ["Align", "Cell", "PrintedTable", "Sheet"]

Align: TypeAlias = Literal["left", "center", "right"]


@dataclass(frozen=True)
class Cell:
    """One cell: what is printed and, where it is a number, the number itself.

    Parameters
    ----------
    text : str
        As printed.
    number : float, optional
        The number at full precision, for spreadsheets.
    form : str
        Spreadsheet format of the number (`0.0%`, `#,##0`).
    """

    text: str
    number: float | None = None
    form: str = "General"


@dataclass(frozen=True)
class Sheet:
    """A table apart from any format.

    Parameters
    ----------
    title, subtitle : str
        Printed above.
    header : tuple of str
        Column titles.
    rows : tuple of tuple of Cell
        The body.
    align : tuple of {"left", "center", "right"}
        One a column.
    notes : tuple of (str, str)
        Lines below: label (may be empty) and content.
    language : {"fr", "en"}
        Language of the words.
    detail : tuple of tuple
        Raw numbers behind the table, first row the names; second sheet of a workbook.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    align: tuple[Align, ...]
    subtitle: str = ""
    notes: tuple[tuple[str, str], ...] = ()
    language: Language = "en"
    detail: tuple[tuple[str | float | None, ...], ...] = field(default=(), repr=False)

    def note_lines(self) -> tuple[str, ...]:
        """Return the lines below the table as printed, label and content together."""
        return tuple(
            f"{label}{colon(self.language)}{content}" if label else content for label, content in self.notes
        )


class PrintedTable(GT):  # type: ignore[misc, unused-ignore]
    """A great_tables table that remembers its plain content in `sheet`.

    Its great_tables methods work as usual and keep `sheet`. What they change shows in HTML; the other formats
    are written from `sheet`.
    """

    sheet: Sheet
