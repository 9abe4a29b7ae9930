"""The answers of a large SPSS file, decoded in this process by numpy.

The native reader makes a Python object of each cell. Numpy reads whole columns, five times as fast, and nothing that a
damaged file holds can make it leave its memory, so that it needs no process of its own. It reads files without
surprises only: whatever is not as its header says is left to the native reader, which refuses it in its own words.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from diplab.loaders.readstat.headers import Cursor, HeaderError

_ELEMENT = 8  # bytes of a number, and of the pieces of words
_SYSTEM_MISSING = -np.finfo(np.float64).max
_PADDING, _END, _LITERAL, _BLANKS, _MISSING = 0, 252, 253, 254, 255  # bytes that are no small number
_EIGHT_BLANKS = np.frombuffer(b" " * _ELEMENT, dtype=np.uint64)[0]
_ROWS_AT_ONCE = 8_192
_BLOCKS_AT_ONCE = 1 << 18
_MOST_COMPRESSED = 100  # times the bytes of a file that its answers may take before they are decoded
_SURPRISES = (HeaderError, ValueError, LookupError, UnicodeError, OverflowError, zlib.error)


@dataclass(frozen=True)
class SpssAnswers:
    """Where the answers of an SPSS file are, and how they are written."""

    start: int  # byte of the file
    rows: int
    widths: tuple[int, ...]  # of each column: 0 for numbers, bytes of words
    compression: int  # 0 for none, 1 for bytes that stand for small numbers, 2 for these compressed by zlib
    bias: float  # added to the small numbers
    little: bool  # order of the bytes of numbers
    encoding: str  # of words, as the file declares it

    @property
    def elements(self) -> list[int]:
        """How many elements of eight bytes each column takes."""
        return [max(1, -(-width // _ELEMENT)) for width in self.widths]


def decode_answers(content: bytes, answers: SpssAnswers, wanted: Sequence[int]) -> list[NDArray[Any]] | None:
    """Return the wanted columns as numbers (float, NaN where missing) or words (object); None at any surprise."""
    try:
        row = sum(answers.elements)
        if answers.compression:
            flat = _decompressed(content, answers, answers.rows * row)
        else:
            order = "<u8" if answers.little else ">u8"
            flat = np.frombuffer(content, order, answers.rows * row, answers.start)
        return _columns(flat.reshape(answers.rows, row), answers, wanted)
    except _SURPRISES:
        return None


def _columns(table: NDArray[Any], answers: SpssAnswers, wanted: Sequence[int]) -> list[NDArray[Any]]:
    starts = [0, *accumulate(answers.elements)]
    # elements as they lie in memory, one column after the other; by pieces, which stay in the processor's cache
    taken = [place for column in wanted for place in range(starts[column], starts[column + 1])]
    whole = taken == list(range(table.shape[1]))
    turned = np.empty((len(taken), len(table)), dtype=np.uint64)
    for begin in range(0, len(table), _ROWS_AT_ONCE):
        piece = table[begin : begin + _ROWS_AT_ONCE]
        turned[:, begin : begin + len(piece)] = (piece if whole else piece[:, taken]).T
    columns: list[NDArray[Any]] = []
    at = 0
    for column in wanted:
        size, width = answers.elements[column], answers.widths[column]
        own = turned[at : at + size]
        at += size
        if width:
            letters = np.ascontiguousarray(own.T, dtype="<u8" if answers.little else ">u8")
            columns.append(_words(letters.view(f"S{size * _ELEMENT}")[:, 0], width, answers.encoding))
        else:
            numbers = own[0].view(np.float64)
            numbers[numbers == _SYSTEM_MISSING] = np.nan
            columns.append(numbers)
    return columns


def _words(cells: NDArray[np.bytes_], width: int, encoding: str) -> NDArray[Any]:
    """Return words without the blanks that fill them."""
    places, distinct = pd.factorize(cells)
    filled = [bytes(each)[:width].rstrip(b" \0") for each in distinct]
    if any(b"\0" in each for each in filled):
        raise ValueError(width)
    words = [each.decode(encoding) for each in filled]
    found: NDArray[Any] = np.array([*words, None], dtype=object)[:-1][places]
    return found


def _decompressed(content: bytes, answers: SpssAnswers, count: int) -> NDArray[np.uint64]:
    """Return the elements of compressed answers: a byte for each, eight bytes ahead of those that they announce."""
    body = _inflated(content, answers) if answers.compression == 2 else memoryview(content)[answers.start :]
    if count > _ELEMENT * len(body):
        raise ValueError(count)
    pieces = np.frombuffer(body, np.uint64, len(body) // _ELEMENT)
    codes = pieces.view(np.uint8).reshape(-1, _ELEMENT)
    # the bytes of a block say how many literal elements follow it, hence where the next block is
    following = bytes((codes == _LITERAL).sum(axis=1, dtype=np.uint8))
    blocks, at = [], 0
    while at < len(following):
        blocks.append(at)
        at += 1 + following[at]
    is_block = np.zeros(len(pieces), dtype=bool)
    is_block[blocks] = True
    of_words = np.repeat(np.array(answers.widths) > 0, answers.elements)
    elements = np.empty(count, dtype=np.uint64)
    done = 0
    for begin in range(0, len(blocks), _BLOCKS_AT_ONCE):
        first, next_begin = blocks[begin], begin + _BLOCKS_AT_ONCE
        after = blocks[next_begin] if next_begin < len(blocks) else len(pieces)
        inside = is_block[first:after]
        written = codes[first:after][inside].reshape(-1)
        ends = np.flatnonzero(written == _END)
        written = written[: ends[0]] if len(ends) else written
        written = written[written != _PADDING]
        values = (written - answers.bias).view(np.uint64)
        literal = written == _LITERAL
        own = pieces[first:after][~inside][: literal.sum()]
        values[literal] = own if answers.little else own.byteswap()
        values[written == _MISSING] = np.float64(_SYSTEM_MISSING).view(np.uint64)
        values[written == _BLANKS] = _EIGHT_BLANKS
        # a small number among words, or blanks among numbers, are left to the native reader
        place = of_words[(done + np.arange(len(written))) % len(of_words)]
        if (place & ~(literal | (written == _BLANKS))).any() or (~place & (written == _BLANKS)).any():
            raise ValueError(begin)
        elements[done : done + len(values)] = values
        done += len(values)
    if done != count:
        raise ValueError(done)
    return elements


def _inflated(content: bytes, answers: SpssAnswers) -> bytearray:
    """Return answers that zlib compressed in blocks, of which a table after them says where they are."""
    place = Cursor(content, little=answers.little, at=answers.start)
    trailer = Cursor(content, little=answers.little, at=place.numbers("q", 3)[1])
    _, _, _, count = (*trailer.numbers("q", 2), *trailer.numbers("i", 2))
    body, most = bytearray(), _MOST_COMPRESSED * len(content)
    for _ in range(count):
        _, at, full, size = (*trailer.numbers("q", 2), *trailer.numbers("i", 2))
        if not 0 < full <= most - len(body):
            raise ValueError(full)
        block = zlib.decompressobj().decompress(content[at : at + size], full + 1)
        if len(block) != full:
            raise ValueError(at)
        body += block
    return body
