"""A table as plain content: title, header, cells with their numbers, notes."""

from __future__ import annotations

import hashlib
import numbers
from dataclasses import dataclass, field, replace
from html import escape as html_escape
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import pandas as pd
from great_tables import GT, html

from diplab.presentation.language import colon
from diplab.reference.text import NO_BREAK, Language

if TYPE_CHECKING:
    from rich.console import RenderableType

INDENT = NO_BREAK * 4
Align: TypeAlias = Literal["left", "center", "right"]


@dataclass(frozen=True)
class Cell:
    """One cell: what is printed and, where it is a number, the number itself."""

    text: str
    number: float | None = None
    form: str = "General"


@dataclass(frozen=True)
class Span:
    """A title over several columns side by side."""

    title: str
    start: int
    stop: int


@dataclass(frozen=True)
class Sheet:
    """A table apart from any format."""

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
        """Return the titles over the columns, those over nothing too; none where no column has one."""
        starts = [at for at, words in enumerate(self.over) if at == 0 or not words or words != self.over[at - 1]]
        stops = [*starts[1:], len(self.over)]
        return tuple(Span(self.over[at], at, stop) for at, stop in zip(starts, stops, strict=False))

    def full_header(self) -> tuple[str, ...]:
        """Return the titles of the columns as one line, for formats that have no line over it."""
        return tuple(
            f"{above}{colon(self.language)}{head}" if above else head
            for above, head in zip(self.over or ("",) * len(self.header), self.header, strict=True)
        )

    def goes_on(self, line: int) -> bool:
        """Return whether a line belongs to the one above it: it has no words, or is indented under its title."""
        texts = [cell.text for cell, side in zip(self.rows[line], self.align, strict=True) if side == "left"]
        return line > 0 and bool(texts) and (not any(texts) or any(each.startswith(NO_BREAK) for each in texts))

    def note_lines(self) -> tuple[str, ...]:
        """Return the lines below the table as printed, label and content together."""
        return tuple(f"{label}{colon(self.language)}{content}" if label else content for label, content in self.notes)


class PrintedTable(GT):  # type: ignore[misc, unused-ignore]
    """A great_tables table that remembers its plain content in `sheet`.

    Its great_tables methods work as usual and keep `sheet`. What they change shows in HTML; the other formats are
    written from `sheet`.
    """

    sheet: Sheet

    def __repr__(self) -> str:
        return on_console(self.sheet, 160)


def on_console(sheet: Sheet, width: int) -> str:
    """Return a table as plain text of some width."""
    from rich.console import Console

    console = Console(width=width, color_system=None)
    with console.capture() as shown:
        console.print(as_console(sheet, width), highlight=False)
    return shown.get().rstrip()


def stacked(sheet: Sheet) -> Sheet:
    """Return a table with the cells of each line one below the other, beside the titles of their columns."""
    lines = [zip(map(Cell, sheet.full_header()), row, strict=True) for row in sheet.rows]
    pairs = [pair for line in lines for pair in ((Cell(""), Cell("")), *line) if pair[1].text or not pair[0].text][1:]
    return replace(sheet, header=("", ""), rows=tuple(pairs), align=("left", "right"), over=())


def as_console(sheet: Sheet, width: int) -> RenderableType:
    """Return a table as a console of some width shows it: its title, its lines, its notes.

    Columns whose words do not fit side by side stand in blocks, with numbers whole, each after those that name lines;
    where one does not fit there either, the cells of a line stand below each other.
    """
    from rich.box import SIMPLE_HEAD
    from rich.cells import cell_len
    from rich.console import Group
    from rich.markup import escape
    from rich.table import Table

    columns = list(zip(sheet.full_header(), *([cell.text for cell in row] for row in sheet.rows), strict=True))
    words = [max(map(cell_len, " ".join(texts).split(" "))) for texts in columns]
    cells = [max(map(cell_len, texts[1:]), default=0) for texts in columns]
    whole = [max(words[at], cells[at] * (side == "right")) for at, side in enumerate(sheet.align)]
    # between two columns there are three spaces
    first = [*range(next((at for at, side in enumerate(sheet.align) if side != "left"), 1) or 1)]
    blocks = [first] if sum(words) + 3 * len(words) > width + 1 else [[*range(len(words))]]
    if len(words) > 2 and sum(words[at] + 3 for at in blocks[0]) + max(words[len(blocks[0]) :], default=-3) > width - 2:
        return as_console(stacked(sheet), width)
    for at in range(len(blocks[0]), len(words)):
        together = [*blocks[-1], at]
        fits = blocks[-1] == first or sum(whole[each] + 3 for each in together) <= width + 1
        blocks[-1:] = [together] if fits else [blocks[-1], [*first, at]]
    shown: list[RenderableType] = []
    for block in blocks if sheet.rows else ():
        room = width + 1 - 3 * len(block)
        least = whole if sum(whole[at] for at in block) <= room else words
        wide = {at: max(1, *map(cell_len, columns[at])) for at in block}
        while sum(wide.values()) > room and any(wide[at] > least[at] for at in block):
            wide[max(block, key=lambda at: (wide[at] > least[at], wide[at]))] -= 1
        # a header over nothing says nothing
        table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=True, show_header=any(sheet.header))
        for at in block:
            table.add_column(escape(columns[at][0]), justify=sheet.align[at], width=wide[at], overflow="fold")
        for row in zip(*(columns[at][1:] for at in block), strict=True):
            table.add_row(*map(escape, row))
        shown += [table, ""]
    head = [f"[bold]{escape(sheet.title)}[/bold]", *([escape(sheet.subtitle)] if sheet.subtitle else [])]
    return Group(*head, *shown[:-1], *map(escape, sheet.note_lines()))


def detail_of(frame: pd.DataFrame) -> tuple[tuple[str | float | None, ...], ...]:
    """Return the raw numbers behind a table, names first."""
    head = tuple(str(name) for name in frame.columns)
    return (head, *(tuple(_raw(value) for value in row) for row in frame.itertuples(index=False, name=None)))


def _raw(value: Any) -> str | float | None:
    if isinstance(value, str | bool):
        return str(value)
    if pd.isna(value):
        return None
    return float(value) if isinstance(value, numbers.Real) else str(value)


def printed_table(sheet: Sheet) -> PrintedTable:
    """Return a sheet as a great_tables table: title left, three rules, notes below."""
    names = [f"c{position}" for position in range(len(sheet.header))]
    body = pd.DataFrame([[cell.text for cell in row] for row in sheet.rows], columns=names, dtype=object)
    # A fixed id instead of a random one: the same table gives the same file.
    mark = hashlib.sha256(repr(sheet).encode()).hexdigest()[:10]
    shown = PrintedTable(body, id=f"diplab-{mark}", locale=sheet.language, auto_align=False)
    # as HTML of our own: plain words are taken for a notation of units there, and are not escaped
    shown = shown.cols_label({name: html(html_escape(head)) for name, head in zip(names, sheet.header, strict=True)})
    for span in sheet.spans():
        if span.title:
            shown = shown.tab_spanner(
                html(html_escape(span.title)), columns=names[span.start : span.stop], id=f"over-{span.start}"
            )
    for side in ("left", "center", "right"):
        if chosen := [name for name, align in zip(names, sheet.align, strict=True) if align == side]:
            shown = shown.cols_align(side, columns=chosen)
    if sheet.title:
        below = html(html_escape(sheet.subtitle)) if sheet.subtitle else None
        shown = shown.tab_header(title=html(html_escape(sheet.title)), subtitle=below)
    for label, content in sheet.notes:
        head = f"<em>{html_escape(label)}</em>{colon(sheet.language)}" if label else ""
        shown = shown.tab_source_note(html(head + html_escape(content)))
    shown = shown.opt_align_table_header("left").tab_options(
        table_font_size="14px",
        heading_title_font_size="15px",
        heading_title_font_weight="bold",
        heading_subtitle_font_size="13px",
        source_notes_font_size="12px",
        table_body_hlines_style="none",
        table_border_top_style="none",
        data_row_padding="4px",
    )
    shown.sheet = sheet
    return shown
