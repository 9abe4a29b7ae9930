"""Where the words at the left of a dot chart stand: labels and headings wrapped, each with its height."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from diplab.presentation.punctuation import NO_BREAK, words
from diplab.presentation.style import LEADING, SIZES, text_width, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from diplab.presentation.charts.dots import Dot
    from diplab.reference.text import Language

__all__ = ["LINE", "SIZE", "Block", "hanging", "label_width", "placed"]

SIZE = SIZES["label"]
LINE = SIZE * LEADING
HEADING = 15.0
"""Height of a heading of one line."""


@dataclass(frozen=True)
class Block:
    """A heading, or the label of a dot.

    Parameters
    ----------
    lines : list of str
        Its lines.
    middle : float
        Middle of its height, in points from the top of the axes.
    bold : bool
        True for a first heading.
    dot : Dot, optional
        The dot that it labels; none for a heading.
    """

    lines: list[str]
    middle: float
    bold: bool = False
    dot: Dot | None = None

    @property
    def width(self) -> float:
        """Width of its longest line in points."""
        return max(text_width(line, SIZE, self.bold) for line in self.lines)


def hanging(text: str, room: float, *, bold: bool = False) -> list[str]:
    r"""Return a text cut into lines, each with the indent of the first.

    Examples
    --------
    >>> [line.count("\u00a0") for line in hanging("\u00a0\u00a0one two", 30.0)]
    [2, 2]
    """
    own = text.lstrip(NO_BREAK)
    indent = text[: len(text) - len(own)]
    return [f"{indent}{line}" for line in wrapped(own, room - text_width(indent, SIZE, bold), SIZE, bold)]


def label_width(rows: Sequence[Dot], language: Language, room: float) -> float:
    """Return the width of the longest label or heading, without the headings that must run over the axes.

    Parameters
    ----------
    rows : sequence of Dot
        The rows.
    language : {"fr", "en"}
        Language of the reader.
    room : float
        Width of the figure between its edges, in points.
    """
    blocks, _ = placed(rows, language, room)
    labels = max((each.width for each in blocks if each.dot is not None), default=0.0)
    heads = (each.width for each in blocks if each.dot is None)
    return max([labels, *(wide for wide in heads if wide <= room / 2)])


def placed(rows: Sequence[Dot], language: Language, room: float) -> tuple[list[Block], float]:
    """Return headings and labels from top to bottom, and the height of all."""
    blocks = []
    y = 2.0
    before = ("", "")
    for row in rows:
        heads = (words(row.group, language), words(row.under, language))
        for lines, bold in _headings(heads, before, room):
            blocks.append(Block(lines, y + 8 + LINE * (len(lines) - 1) / 2, bold))
            y += HEADING + LINE * (len(lines) - 1)
        before = heads
        lines = hanging(words(row.label, language), room * 0.38)
        tall = max(len(lines) * LINE, 9.0) + 6
        blocks.append(Block(lines, y + tall / 2, dot=row))
        y += tall
    return blocks, y + 3


def _headings(
    heads: tuple[str, str], before: tuple[str, str], room: float
) -> Iterator[tuple[list[str], bool]]:
    """Yield the headings above a row that the row before it does not have."""
    (group, under), other = heads, heads[0] != before[0]
    if group and other:
        yield hanging(group, room, bold=True), True
    if under and (other or under != before[1]):
        yield hanging(under, room), False
