"""A table as plain content: title, header, cells with their numbers, notes."""

from __future__ import annotations

import hashlib
import math
import numbers
import re
from bisect import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape as html_escape
from html import unescape
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar, cast, get_args

import pandas as pd
from great_tables import GT, html

from diplab.errors import OptionError, suggestion
from diplab.presentation.language import headed
from diplab.presentation.made import Made
from diplab.reference.text import NO_BREAK, Language, tied

if TYPE_CHECKING:
    from rich.console import RenderableType

T = TypeVar("T")
INDENT = NO_BREAK * 4
Align: TypeAlias = Literal["left", "center", "right"]


@dataclass(frozen=True)
class Cell:
    """A cell: the printed text and, for a number, its value."""

    text: str
    number: float | None = None
    form: str = "General"
    # the number in brackets after it, as a standard deviation, which spreadsheets have in its own
    beside: Cell | None = None
    small: bool = False  # marked, as few respondents are behind it


BLANK = Cell("")


def _with_printed_digits(cell: Cell) -> Cell:
    if cell.beside is not None:
        cell = replace(cell, beside=_with_printed_digits(cell.beside))
    if cell.number is None or not math.isfinite(cell.number):
        return cell
    if not (found := _DECIMALS.search(cell.form)):
        return replace(cell, number=None)
    decimals = len(found["decimals"] or "") + 2 * ("%" in cell.form)
    shown = round(cell.number, decimals)
    # below the smallest number of its form it is printed in words, as `< 0.001`
    return replace(cell, number=None if cell.number and not shown else shown)


def _detail_in_print(
    name: object, value: str | float | None, printed: Mapping[float, float | None]
) -> str | float | None:
    """Return a number behind a table as it is printed.

    To two significant digits where it is not.
    """
    if value is None or isinstance(value, str) or name == "n" or not math.isfinite(value):
        return value
    return printed[value] if value in printed else float(f"{value:.2g}")


_DECIMALS = re.compile(r"0(\.(?P<decimals>0+))?")
"""The last digits of the format of a spreadsheet: `#,##0.0`, `0.0%`."""


@dataclass(frozen=True)
class Span:
    """A title over several adjacent columns."""

    title: str
    start: int
    stop: int


@dataclass(frozen=True)
class Sheet:
    """The plain content of a table, independent of formats."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    align: tuple[Align, ...]
    subtitle: str = ""
    notes: tuple[tuple[str, str], ...] = ()
    language: Language = "en"
    detail: tuple[tuple[str | float | None, ...], ...] = field(default=(), repr=False)
    over: tuple[str, ...] = ()

    def as_printed(self) -> Sheet:
        """Return the table without unprinted digits: next to n, those of a share give its count."""
        rows = tuple(tuple(map(_with_printed_digits, row)) for row in self.rows)
        pairs = zip(chain(*self.rows), chain(*rows), strict=True)
        printed = {own.number: shown.number for own, shown in pairs if own.number is not None}
        detail = list(self.detail)
        for at, row in enumerate(self.detail[1:], start=1):
            pairs_of_row = zip(self.detail[0], row, strict=True)
            detail[at] = tuple(_detail_in_print(*pair, printed) for pair in pairs_of_row)
        return replace(self, rows=rows, detail=tuple(detail))

    def spans(self) -> tuple[Span, ...]:
        """Return the titles over columns, with gaps; empty if there are none."""
        spans: list[Span] = []
        for at, words in enumerate(self.over):
            if spans and words and words == spans[-1].title:
                spans[-1] = replace(spans[-1], stop=at + 1)
            else:
                spans.append(Span(words, at, at + 1))
        return tuple(spans)

    def full_header(self) -> tuple[str, ...]:
        """Return the heads of the columns in one line, for formats without spanning titles."""
        if not self.over:
            return self.header
        pairs = zip(self.over, self.header, strict=True)
        return tuple(headed(*pair, self.language) for pair in pairs)

    @property
    def texts(self) -> list[list[str]]:
        """The printed text of the cells of each row."""
        return [[cell.text for cell in row] for row in self.rows]

    @property
    def stub(self) -> int:
        """The number of first columns that label lines; 0 if all columns are at the left."""
        for at, side in enumerate(self.align):
            if side != "left":
                return at
        return 0

    def of_columns(self, places: Sequence[int]) -> Sheet:
        """Return the table with some of its columns, in order; the raw numbers are unchanged."""

        def taken(values: Sequence[T]) -> tuple[T, ...]:
            return tuple(values[at] for at in places)

        shown = replace(
            self,
            header=taken(self.header),
            rows=tuple(map(taken, self.rows)),
            align=taken(self.align),
        )
        if self.over:
            shown = replace(shown, over=taken(self.over))
        return shown

    def tied(self) -> Sheet:
        """Return the table with no-break spaces in numbers, intervals and units."""
        return replace(
            self,
            title=tied(self.title),
            subtitle=tied(self.subtitle),
            header=tuple(map(tied, self.header)),
            rows=tuple(tuple(map(_unbroken, row, self.align)) for row in self.rows),
            over=tuple(map(tied, self.over)),
            notes=tuple((label, tied(content)) for label, content in self.notes),
        )

    def with_brackets_apart(self) -> Sheet:
        """Return the table with numbers in brackets in columns of their own."""
        places = range(len(self.header))
        wide = {at for at in places if any(row[at].beside for row in self.rows)}
        doubled = sorted((*places, *wide))
        rows = []
        for row in self.rows:
            cells: list[Cell] = []
            for at, cell in enumerate(row):
                cells.append(cell)
                if at in wide:
                    cells.append(cell.beside or BLANK)
            rows.append(tuple(cells))
        shown = self.of_columns(doubled)
        header = list(shown.header)
        for at in wide:
            header[bisect(doubled, at) - 1] = f"({self.header[at]})"
        return replace(shown, header=tuple(header), rows=tuple(rows))

    def goes_on(self, line: int) -> bool:
        """Return whether a line belongs to the one above: it has no label, or an indented one."""
        pairs = zip(self.rows[line], self.align, strict=True)
        texts = [cell.text for cell, side in pairs if side == "left"]
        if line == 0 or not texts:
            return False
        return not any(texts) or any(text.startswith(NO_BREAK) for text in texts)

    def note_lines(self) -> tuple[str, ...]:
        """Return the lines below the table as printed, with label and content joined."""
        return tuple(headed(*note, self.language) for note in self.notes)


_HIDDEN = ("interval", "letters", "n", "p_value")  # what `dl.table(hide=)` takes


class PrintedTable(GT, Made):  # type: ignore[misc, unused-ignore]
    """A great_tables table with its plain content, from which other formats are written.

    Columns hidden, moved, renamed or aligned by methods of great_tables, titles and notes are
    edited in `sheet` too; `save` raises an error for other edits in these formats. Colours and
    fonts apply to HTML only.
    """

    _given: Sheet
    _made: PrintedTable

    def __repr__(self) -> str:
        return on_console(self.sheet, 160)

    @property
    def edited(self) -> bool:
        """Whether methods of great_tables changed the table."""
        return self is not self._made

    def cols_hide(self, columns: Any) -> PrintedTable:
        """Return the table without columns, named by printed head or great_tables name."""
        return super().cols_hide(self._internal_names(columns))

    def cols_move(self, columns: Any, after: str) -> PrintedTable:
        """Return the table with columns moved after another, named as in `cols_hide`."""
        return super().cols_move(self._internal_names(columns), self._internal_names([after])[0])

    def cols_move_to_start(self, columns: Any) -> PrintedTable:
        """Return the table with columns moved to the left, named as in `cols_hide`."""
        return super().cols_move_to_start(self._internal_names(columns))

    def cols_move_to_end(self, columns: Any) -> PrintedTable:
        """Return the table with columns moved to the right, named as in `cols_hide`."""
        return super().cols_move_to_end(self._internal_names(columns))

    def _internal_names(self, columns: Any) -> Any:
        """Return the great_tables names of columns; an unknown name raises an error."""
        names = [columns] if isinstance(columns, str) else columns
        if not isinstance(names, list | tuple):
            return columns  # a selector
        heads = {" ".join(head.split()): f"c{at}" for at, head in enumerate(self._given.header)}
        known = {item.var for item in self._boxhead}
        for name in names:
            if name not in known and name not in heads:
                shown = ", ".join(repr(head) for head in heads if head)
                asked = f"The printed table has no column `{name}`."
                write = suggestion(name, heads)
                if name in _HIDDEN:
                    write = f"Write `dl.table(result, hide={name!r})`."
                raise OptionError(asked, f"Its columns are: {shown}.", write)
        return [name if name in known else heads[name] for name in names]

    @property
    def sheet(self) -> Sheet:
        """The plain content, as edited; without raw numbers if a column is hidden."""
        given, made = self._given, self._made
        columns = {int(item.var[1:]): item for item in self._boxhead if item.visible}
        if self._spanners != made._spanners:
            over = [""] * len(given.header)
            for span in self._spanners:
                for name in span.vars:
                    over[int(name[1:])] = _without_markup(span.built_label())
            given = replace(given, over=tuple(over) * any(over))
        if self._heading != made._heading:
            given = replace(
                given,
                title=_without_markup(self._heading.title),
                subtitle=_without_markup(self._heading.subtitle),
            )
        shown = given.of_columns(list(columns))
        header, align = list(shown.header), list[Align]()
        for place, (at, item) in enumerate(columns.items()):
            side = str(item.column_align)
            align.append(cast("Align", side) if side in get_args(Align) else "left")
            if item.column_label != made._boxhead[at].column_label:
                header[place] = _without_markup(item.column_label)
        if len(columns) != len(given.header):
            shown = replace(shown, detail=())
        known = dict(zip(map(str, made._source_notes), given.notes, strict=True))
        notes = [known.get(str(note), ("", _without_markup(note))) for note in self._source_notes]
        return replace(shown, header=tuple(header), align=tuple(align), notes=tuple(notes))

    def not_carried(self) -> str:
        """Return the great_tables method that made changes missing from `sheet`, if any."""
        made = self._made
        for held, method in _NOT_CARRIED.items():
            if getattr(self, held):
                return method
        stub = (self._stub.rows, self._stub.group_ids)
        if stub != (made._stub.rows, made._stub.group_ids):
            return "tab_stub"
        if any(item.is_stub for item in self._boxhead):
            return "tab_stub"
        if any(span.spanner_level for span in self._spanners):
            return "tab_spanner(level=...)"
        if self._options.column_labels_hidden.value:
            return "tab_options(column_labels_hidden=True)"
        return ""

    def as_raw_html(self, *args: Any, **kwargs: Any) -> str:
        """Return the table as HTML, with caption, row heads and language."""
        page: str = super().as_raw_html(*args, **kwargs)
        heads: list[str] = []
        for tag in _TITLES.findall(page):
            page = page.replace(tag, "")
            place, words = _TITLE_CELL.findall(tag)[0]
            place = re.sub("gt_heading | gt_font_normal| gt_bottom_border", "", place)
            heads.append(f"<div{place}>{words}</div>")
        caption = f'<caption style="text-align:left">{"".join(heads)}</caption>' * bool(heads)
        page = _TABLE_TAG.sub(
            lambda found: f'{found[1]} lang="{self._given.language}">{caption}', page, count=1
        )
        visible = [item.var for item in self._boxhead if item.visible]
        sheet = self.sheet
        names = "|".join(visible[: sheet.stub or sheet.align[:1].count("left")])
        page = re.sub(
            rf'<td((?: style="[^"]*")? headers="[^"]*-(?:{names})" '
            r'class="[^"]*)("[^>]*>[^<]+)</td>',
            r'<th scope="row"\1 gt_font_normal\2</th>',
            page,
        )
        # an edited table may be on the same page as its original: each has its own id
        mine = hashlib.sha256(page.encode()).hexdigest()[:10]
        if not self.edited:
            return page
        return re.sub(r"diplab-[0-9a-f]{10}", f"diplab-{mine}", page)


_NOT_CARRIED = {
    "_formats": "fmt_...", "_substitutions": "sub_...", "_transforms": "text_...",
    "_col_merge": "cols_merge...", "_footnotes": "tab_footnote", "_stubhead": "tab_stubhead",
    "_summary_rows": "summary_rows", "_summary_rows_grand": "grand_summary_rows",
}  # fmt: skip
_TITLES = re.compile(r"<tr class=\"gt_heading\">.*?</tr>", re.DOTALL)
_TITLE_CELL = re.compile(r"<td colspan=\"\d+\"([^>]*)>(.*?)</td>", re.DOTALL)
_TABLE_TAG = re.compile(r"(<table [^>]*)>")


def _unbroken(cell: Cell, side: Align) -> Cell:
    if side == "right" and len(cell.text) < 40:
        return replace(cell, text=cell.text.replace(" ", NO_BREAK))
    return replace(cell, text=tied(cell.text))


def _without_markup(text: Any) -> str:
    """Return a text of great_tables without markup."""
    if hasattr(text, "to_html"):
        return unescape(re.sub(r"<[^>]+>", "", text.to_html()))
    return text or ""


def on_console(sheet: Sheet, width: int) -> str:
    """Return a table as plain text of a given width."""
    from rich.console import Console

    console = Console(width=width, color_system=None)
    with console.capture() as shown:
        console.print(as_console(sheet, width), highlight=False)
    return shown.get().rstrip()


def stacked(sheet: Sheet) -> Sheet:
    """Return a table with the cells of each line below each other, after their heads."""
    pairs: list[tuple[Cell, Cell]] = []
    for row in sheet.rows:
        pairs.append((BLANK, BLANK))
        for head, cell in zip(sheet.full_header(), row, strict=True):
            if cell.text or not head:
                pairs.append((Cell(head), cell))
    return replace(sheet, header=("", ""), rows=tuple(pairs[1:]), align=("left", "right"), over=())


def as_console(sheet: Sheet, width: int) -> RenderableType:
    """Return a table for a console of a given width: title, lines, notes."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Group
    from rich.markup import escape
    from rich.table import Table

    blocks = _blocks_of_columns(sheet, width)
    if blocks is None:  # the cells of a line are below each other
        return as_console(stacked(sheet), width)
    heads = sheet.full_header()
    shown: list[RenderableType] = []
    if not sheet.rows:
        blocks = []
    for block in blocks:
        # a header without content is omitted
        table = Table(
            box=SIMPLE_HEAD, show_edge=False, pad_edge=True, show_header=any(sheet.header)
        )
        for at, wide in block.items():
            table.add_column(
                escape(heads[at]), justify=sheet.align[at], width=wide, overflow="fold"
            )
        for row in sheet.rows:
            table.add_row(*(escape(row[at].text) for at in block))
        shown += [table, ""]
    title = [f"[bold]{escape(sheet.title)}[/bold]"]
    if sheet.subtitle:
        title.append(escape(sheet.subtitle))
    return Group(*title, *shown[:-1], *map(escape, sheet.note_lines()))


def _blocks_of_columns(sheet: Sheet, width: int) -> list[dict[int, int]] | None:
    """Return the widths of columns by block; None if a column does not fit next to the labels."""
    # columns that do not fit side by side are in blocks, each after the columns of labels, with
    # numbers unbroken
    from rich.cells import cell_len

    columns = list(zip(sheet.full_header(), *sheet.texts, strict=True))
    words = [max(map(cell_len, " ".join(texts).split(" "))) for texts in columns]
    cells = [max(map(cell_len, texts[1:]), default=0) for texts in columns]
    whole = [max(words[at], cells[at] * (side == "right")) for at, side in enumerate(sheet.align)]
    # between two columns there are three spaces
    first = [*range(sheet.stub or 1)]
    blocks = [[*range(len(words))]]
    if sum(words) + 3 * len(words) > width + 1:
        blocks = [first]
    least_wide = sum(words[at] + 3 for at in blocks[0])
    if len(words) > 2 and least_wide + max(words[len(blocks[0]) :], default=-3) > width - 2:
        return None
    for at in range(len(blocks[0]), len(words)):
        together = [*blocks[-1], at]
        fits = blocks[-1] == first or sum(whole[item] + 3 for item in together) <= width + 1
        if fits:
            blocks[-1] = together
        else:
            blocks.append([*first, at])
    sized = []
    for block in blocks:
        room = width + 1 - 3 * len(block)
        least = whole if sum(whole[at] for at in block) <= room else words
        wide = {at: max(1, *map(cell_len, columns[at])) for at in block}
        while sum(wide.values()) > room and any(wide[at] > least[at] for at in block):
            wide[max(block, key=lambda at: (wide[at] > least[at], wide[at]))] -= 1
        sized.append(wide)
    return sized


def detail_of(frame: pd.DataFrame) -> tuple[tuple[str | float | None, ...], ...]:
    """Return the raw numbers behind a table, names first."""
    head = tuple(map(str, frame.columns))
    return (head, *(tuple(map(_raw, row)) for row in frame.itertuples(index=False, name=None)))


def _raw(value: Any) -> str | float | None:
    if isinstance(value, str | bool):
        return str(value)
    if pd.isna(value):
        return None
    if isinstance(value, numbers.Real):
        return float(value)
    return str(value)


def printed_table(sheet: Sheet) -> PrintedTable:
    """Return a sheet as a great_tables table: title left, three rules, notes below."""
    given, sheet = sheet, sheet.tied()
    names = [f"c{position}" for position in range(len(sheet.header))]
    body = pd.DataFrame(sheet.texts, columns=names, dtype=object)
    # A fixed id instead of a random one: the same table gives the same file.
    mark = hashlib.sha256(repr(sheet).encode()).hexdigest()[:10]
    shown = PrintedTable(body, id=f"diplab-{mark}", locale=sheet.language, auto_align=False)
    # as our own HTML: great_tables reads plain words as units, and does not escape them
    heads = map(html, map(html_escape, sheet.header))
    shown = shown.cols_label(dict(zip(names, heads, strict=True)))
    for span in sheet.spans():
        if span.title:
            shown = shown.tab_spanner(
                html(html_escape(span.title)),
                columns=names[span.start : span.stop],
                id=f"over-{span.start}",
            )
    for side in dict.fromkeys(sheet.align):
        chosen = [name for name, align in zip(names, sheet.align, strict=True) if align == side]
        shown = shown.cols_align(side, columns=chosen)
    if sheet.title:
        below = None
        if sheet.subtitle:
            below = html(html_escape(sheet.subtitle))
        shown = shown.tab_header(title=html(html_escape(sheet.title)), subtitle=below)
    for label, content in sheet.notes:
        head = f"<em>{html_escape(label)}</em>" * bool(label)
        shown = shown.tab_source_note(html(headed(head, html_escape(content), sheet.language)))
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
    shown._given, shown._made = given, shown
    return shown
