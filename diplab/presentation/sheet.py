"""A table as plain content: title, header, cells with their numbers, notes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from great_tables import GT

from diplab.presentation.punctuation import NO_BREAK, colon

if TYPE_CHECKING:
    from diplab.reference.text import Language

__all__ = ["Align", "Cell", "PrintedTable", "Sheet", "Span"]

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
class Span:
    """A title over several columns side by side.

    Parameters
    ----------
    title : str
        Its words; empty over columns that stand alone.
    start, stop : int
        Its first column, and the one after its last.
    """

    title: str
    start: int
    stop: int


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
    over : tuple of str
        What is printed over each column, where there is such a line: the variable whose categories the columns are.
        Neighbours with the same words share them.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    align: tuple[Align, ...]
    subtitle: str = ""
    notes: tuple[tuple[str, str], ...] = ()
    language: Language = "en"
    detail: tuple[tuple[str | float | None, ...], ...] = field(default=(), repr=False)
    over: tuple[str, ...] = ()

    def spans(self) -> tuple[Span, ...]:
        """Return the titles over the columns, those over nothing too; none where no column has one.

        Examples
        --------
        >>> [span.stop for span in Sheet("", ("", "f", "m"), (), ("left",) * 3, over=("", "sex", "sex")).spans()]
        [1, 3]
        """
        starts = [
            at for at, words in enumerate(self.over) if at == 0 or not words or words != self.over[at - 1]
        ]
        stops = [*starts[1:], len(self.over)]
        return tuple(Span(self.over[at], at, stop) for at, stop in zip(starts, stops, strict=False))

    def whole_header(self) -> tuple[str, ...]:
        """Return the titles of the columns as one line, for formats that have no line over it."""
        return tuple(
            f"{above}{colon(self.language)}{head}" if above else head
            for above, head in zip(self.over or ("",) * len(self.header), self.header, strict=True)
        )

    def goes_on(self, line: int) -> bool:
        """Return whether a line belongs to the one above it: it has no words of its own, or stands under its title."""
        said = [cell.text for cell, side in zip(self.rows[line], self.align, strict=True) if side == "left"]
        return line > 0 and bool(said) and (not any(said) or any(each.startswith(NO_BREAK) for each in said))

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

    def __repr__(self) -> str:
        from rich.console import Console

        from diplab.presentation.sheet_console import as_console

        console = Console(width=160, color_system=None)
        with console.capture() as shown:
            console.print(as_console(self.sheet), highlight=False)
        return shown.get().rstrip()
