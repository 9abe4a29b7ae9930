"""A table in a console."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from rich.console import RenderableType

    from diplab.presentation.sheet import Sheet

__all__ = ["as_console"]


def as_console(sheet: Sheet) -> RenderableType:
    """Return a table as the console shows it: its title, its lines, its notes.

    Examples
    --------
    >>> from rich.console import Console
    >>> from diplab.presentation.sheet import Cell, Sheet
    >>> shown = Sheet("Pay", ("a",), ((Cell("[1]"),),), ("left",))
    >>> Console(width=20).print(as_console(shown))
    Pay
     a
    ─────
     [1]
    """
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=True)
    for name, side in zip(sheet.header, sheet.align, strict=True):
        table.add_column(escape(name), justify=side, overflow="fold")
    for row in sheet.rows:
        table.add_row(*(escape(cell.text) for cell in row))
    head = [f"[bold]{escape(sheet.title)}[/bold]", *([escape(sheet.subtitle)] if sheet.subtitle else [])]
    # a header over nothing says nothing
    return Group(*head, *([table] if sheet.rows else []), *map(escape, sheet.note_lines()))
