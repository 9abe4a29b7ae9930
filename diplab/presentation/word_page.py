"""The page and the columns of a table in a text document: as wide as their content, on paper that holds them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from diplab.presentation.text_width import text_width, widest_piece

if TYPE_CHECKING:
    from diplab.presentation.sheet import Sheet

__all__ = ["A4", "MARGIN", "PADDING", "Layout", "layout_of"]

A4 = (595.3, 841.9)
"""Short and long side of a page, in points: readers are in Europe, whatever their language."""

MARGIN = 42.5
PADDING = 3.5
"""Between the edge of a column and its words, in points."""

_COMFORT = 150.0
"""A column of words wider than this, in points at a size of ten, may as well go on a second line."""

_SHORT = 50.0
"""A title of a column narrower than this stays on one line."""

_TRIED = ((False, 10.0), (False, 9.0), (True, 10.0), (True, 9.0), (True, 8.0), (True, 7.0), (True, 6.5))
"""Upright or sideways, and the size of letters: the first that holds the table is taken."""


@dataclass(frozen=True)
class Layout:
    """How a table stands on its page.

    Parameters
    ----------
    sideways : bool
        True where the page lies on its long side.
    size : float
        Of the letters of the table, in points.
    parts : tuple of tuple of int
        Columns of each part; one part where the page holds them all.
    widths : tuple of float
        One a column, in points.
    """

    sideways: bool
    size: float
    parts: tuple[tuple[int, ...], ...]
    widths: tuple[float, ...]


def layout_of(sheet: Sheet) -> Layout:
    """Return how a table stands on its page: nothing is cut, and no number or interval goes on a second line.

    A table too wide for an upright page lies on its side; its letters then grow smaller, to a size that can be read,
    and what is wider still goes on in a second part that names its rows again.

    Parameters
    ----------
    sheet : Sheet
        The table, spaces that must not break already bound.

    Examples
    --------
    >>> from diplab.presentation.sheet import Cell
    >>> from diplab.presentation.sheet import Sheet
    >>> small = Sheet("", ("Pay", "Share"), ((Cell("low"), Cell("50.0%")),), ("left", "right"))
    >>> layout_of(small).sideways, layout_of(small).size
    (False, 10.0)
    """
    everything = tuple(range(len(sheet.header)))
    for sideways, size in _TRIED:
        least, whole = _least(sheet, size), _whole(sheet, size)
        if sum(least) <= _room(sideways):
            return Layout(sideways, size, (everything,), _shared(least, whole, _room(sideways)))
    parts = _parts(sheet, least, _room(sideways))
    widths = list(least)
    for part in parts:
        given = _shared([least[at] for at in part], [whole[at] for at in part], _room(sideways))
        for at, width in zip(part, given, strict=True):
            # the columns that name the rows are as wide in each part
            widths[at] = width if len(parts) == 1 else max(least[at], min(width, least[at] * 1.2))
    return Layout(sideways, size, tuple(parts), tuple(widths))


def _room(sideways: bool) -> float:
    return A4[sideways] - 2 * MARGIN


def _least(sheet: Sheet, size: float) -> list[float]:
    """Return the least width of each column: no word or number breaks, and no words stand in a narrow tower."""
    widths = []
    for at, head in enumerate(sheet.header):
        texts = [row[at].text for row in sheet.rows]
        title = text_width(head, size, bold=True)
        pieces = [widest_piece(head, size, bold=True), title / 3, min(title, _SHORT * size / 10)]
        pieces += [widest_piece(text, size) for text in texts]
        if sheet.align[at] == "left":
            pieces += [min(text_width(text, size), _COMFORT * size / 10) for text in texts]
        widths.append(max(pieces) + 2 * PADDING)
    return widths


def _whole(sheet: Sheet, size: float) -> list[float]:
    """Return the width of each column with everything on one line, titles over several columns too."""
    widths = [
        max([text_width(head, size, bold=True), *(text_width(row[at].text, size) for row in sheet.rows)])
        + 2 * PADDING
        for at, head in enumerate(sheet.header)
    ]
    for span in sheet.spans():
        lacking = text_width(span.title, size, bold=True) + 2 * PADDING - sum(widths[span.start : span.stop])
        if span.title and lacking > 0:
            for at in range(span.start, span.stop):
                widths[at] += lacking / (span.stop - span.start)
    return widths


def _shared(least: list[float], whole: list[float], room: float) -> tuple[float, ...]:
    """Return the widths of columns on one page: all on one line where there is room, else a part of what each wants."""
    if sum(whole) <= room:
        return tuple(whole)
    wanted = [max(wide - narrow, 0) for wide, narrow in zip(whole, least, strict=True)]
    part = min((room - sum(least)) / sum(wanted), 1.0) if sum(wanted) else 0.0
    return tuple(narrow + part * more for narrow, more in zip(least, wanted, strict=True))


def _parts(sheet: Sheet, least: list[float], room: float) -> list[tuple[int, ...]]:
    """Return the columns of each part: those that name the rows, then as many others as the page holds."""
    names = next((at for at, side in enumerate(sheet.align) if side != "left"), 0)
    keys = tuple(range(names))
    room -= sum(least[:names])
    parts: list[tuple[int, ...]] = [()]
    for group in _together(sheet, names, least, room):
        held = sum(least[at] for at in parts[-1])
        if parts[-1] and held + sum(least[at] for at in group) > room:
            parts.append(())
        parts[-1] += group
    return [keys + part for part in parts]


def _together(sheet: Sheet, names: int, least: list[float], room: float) -> list[tuple[int, ...]]:
    """Return the columns that are not to be parted: those under one title, unless they alone fill more than a page."""
    spans = [tuple(range(span.start, span.stop)) for span in sheet.spans()]
    groups = spans or [(at,) for at in range(len(sheet.header))]
    kept: list[tuple[int, ...]] = []
    for group in groups:
        own = tuple(at for at in group if at >= names)
        kept += [own] if sum(least[at] for at in own) <= room else [(at,) for at in own]
    return [group for group in kept if group]
