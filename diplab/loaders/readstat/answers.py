"""The answers of SPSS and Stata files, decoded in this process by numpy.

The native reader makes a Python object of each cell. Numpy reads whole columns, five times as fast,
and nothing that a damaged file holds can make it leave its memory, so that it needs no process of
its own. It reads files without surprises only: whatever is not as its header says is left to the
native reader, which refuses it in its own words.
"""

from __future__ import annotations

import string
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from diplab.kernel.arrays import Array, Booleans
from diplab.loaders.readstat.headers import Cursor, HeaderError

_ELEMENT = 8  # bytes of a number, and of the pieces of words
_SYSTEM_MISSING = -np.finfo(np.float64).max
_PADDING, _END, _LITERAL, _BLANKS, _MISSING = (
    0,
    252,
    253,
    254,
    255,
)  # bytes that are not a small number
_EIGHT_BLANKS = np.frombuffer(b" " * _ELEMENT, dtype=np.uint64)[0]
_ROWS_AT_ONCE = 8_192
_BLOCKS_AT_ONCE = 1 << 18
_MOST_COMPRESSED = (
    100  # times the bytes of a file that its answers may take before they are decoded
)
_SURPRISES = (HeaderError, ValueError, LookupError, UnicodeError, OverflowError, zlib.error)


@dataclass(frozen=True)
class SpssAnswers:
    """Where the answers of an SPSS file are, and how they are written."""

    start: int  # byte of the file
    rows: int
    widths: tuple[int, ...]  # of each column: 0 for numbers, bytes of words
    compression: (
        int  # 0 for none, 1 for bytes that stand for small numbers, 2 for these compressed by zlib
    )
    bias: float  # added to the small numbers
    little: bool  # order of the bytes of numbers
    encoding: str  # of words, as the file declares it
    plain: bool = True  # false where very long words are divided, or a number of its own is missing

    @property
    def words(self) -> list[bool]:
        """Whether each column holds words."""
        return [width > 0 for width in self.widths]

    @property
    def elements(self) -> list[int]:
        """How many elements of eight bytes each column takes."""
        return [max(1, -(-width // _ELEMENT)) for width in self.widths]

    def count(self, content: bytes) -> int:
        """Return the number of rows counted in compressed answers, or else that of the header."""
        if not self.compression or not self.widths:
            return self.rows  # which was compared with the length of the file
        try:
            pieces, is_block = _blocks(content, self)
        except _SURPRISES:
            return self.rows
        codes = _without_end(pieces.view(np.uint8).reshape(-1, _ELEMENT)[is_block].reshape(-1))
        absent = int((codes == _LITERAL).sum()) - int((~is_block).sum())
        return (len(codes) - max(0, absent)) // sum(self.elements)

    def columns(self, content: bytes, wanted: Sequence[int]) -> Decoded:
        """Return the wanted columns."""
        if not self.plain:
            raise ValueError(self)
        row = sum(self.elements)
        if self.compression:
            flat = _decompressed(content, self, self.rows * row)
        else:
            flat = np.frombuffer(
                content, "<u8" if self.little else ">u8", self.rows * row, self.start
            )
        return _spss_columns(flat.reshape(self.rows, row), self, wanted), [None] * len(wanted)


STATA_MISSING = {
    "i1": ("i1", 101, 1), "i2": ("i2", 32_741, 1), "i4": ("i4", 2_147_483_621, 1),
    "f4": ("i4", 0x7F00_0000, 0x800), "f8": ("i8", 0x7FE0_0000_0000_0000, 0x100_0000_0000),
}  # fmt: skip
"""By type: integer type of the same bits, value of `.`, step to each next missing value (`.a`)."""
_LETTERS = np.array(["", *string.ascii_lowercase])


@dataclass(frozen=True)
class StataAnswers:
    """Where the answers of a Stata file are, and how they are written."""

    start: int  # byte of the file
    rows: int
    kinds: tuple[
        str, ...
    ]  # of each column, as numpy names them: `i1 i2 i4 f4 f8`, `S12` for words of twelve bytes
    little: bool  # order of the bytes of numbers
    encoding: str  # of words
    plain: bool = True  # false where missing values have no letters, before Stata 8

    @property
    def words(self) -> list[bool]:
        """Whether each column holds words."""
        return [kind[0] in "SV" for kind in self.kinds]

    @property
    def size(self) -> int:
        """Bytes of a row."""
        return sum(int(kind[1:]) for kind in self.kinds)

    def table(self, content: bytes | bytearray) -> Array:
        """Return the rows as the file holds them, their fields named by the place of the column."""
        order = ">"
        if self.little:
            order = "<"
        record = np.dtype(
            [(str(position), f"{order}{kind}") for position, kind in enumerate(self.kinds)]
        )
        return np.frombuffer(content, record, self.rows, self.start)

    def columns(self, content: bytes, wanted: Sequence[int]) -> Decoded:
        """Return the wanted columns."""
        if not self.plain:
            raise ValueError(self)
        table = self.table(content)
        stored = [np.empty(self.rows, table.dtype[place]) for place in wanted]
        for begin in range(0, self.rows, _ROWS_AT_ONCE):
            piece = table[begin : begin + _ROWS_AT_ONCE]
            for place, cells in zip(wanted, stored, strict=True):
                cells[begin : begin + len(piece)] = piece[str(place)]
        decoded = [_stata_column(stored.pop(0), self.encoding) for _ in wanted]
        return [cells for cells, _ in decoded], [letters for _, letters in decoded]


def _stata_column(cells: Array, encoding: str) -> tuple[Array, NDArray[np.str_] | None]:
    """Return a column, and the letters of its missing values where there are any."""
    if cells.dtype.kind == "S":
        return _words(cells, encoding, ended=True), None
    of_bits, first, step = STATA_MISSING[cells.dtype.str[1:]]
    bits = cells.view(np.dtype(of_bits).newbyteorder(cells.dtype.byteorder)).astype(np.int64)
    missing = bits >= first
    if not missing.any():
        return cells.astype(np.int64 if cells.dtype.kind == "i" else np.float64, copy=False), None
    ranks, odd = np.divmod(bits - first, step)
    if odd[missing].any():
        raise ValueError(step)
    ranks[~missing] = 0
    letters = None
    if ranks.any():
        letters = _LETTERS[ranks]
    return np.where(missing, np.nan, cells.astype(np.float64, copy=False)), letters


Decoded = tuple[list[Array], list[NDArray[np.str_] | None]]
"""Columns as floats (NaN if missing) or words (object), and letters of missing values (or `""`)."""


def decode_answers(
    content: bytes, answers: SpssAnswers | StataAnswers, wanted: Sequence[int]
) -> Decoded | None:
    """Return the wanted columns; None at any surprise."""
    try:
        return answers.columns(content, wanted)
    except _SURPRISES:
        return None


def _spss_columns(table: Array, answers: SpssAnswers, wanted: Sequence[int]) -> list[Array]:
    elements = answers.elements
    starts = [0, *accumulate(elements)]
    # elements as they lie in memory, one column after the other; by pieces, which stay in the
    # processor's cache
    taken = list[int]()
    for column in wanted:
        for position in range(starts[column], starts[column + 1]):
            taken.append(position)
    whole = taken == list(range(table.shape[1]))
    turned = np.empty((len(taken), len(table)), dtype=np.uint64)
    for begin in range(0, len(table), _ROWS_AT_ONCE):
        piece = table[begin : begin + _ROWS_AT_ONCE]
        turned[:, begin : begin + len(piece)] = (piece if whole else piece[:, taken]).T
    columns: list[Array] = []
    at = 0
    for column in wanted:
        size, width = elements[column], answers.widths[column]
        own = turned[at : at + size]
        at += size
        if width:
            letters = np.ascontiguousarray(own.T, dtype="<u8" if answers.little else ">u8")
            cells = letters.view(f"S{size * _ELEMENT}")[:, 0].astype(f"S{width}")
            columns.append(_words(cells, answers.encoding, ended=False))
        else:
            numbers = own[0].view(np.float64)
            numbers[numbers == _SYSTEM_MISSING] = np.nan
            columns.append(numbers)
    return columns


def _words(cells: NDArray[np.bytes_], encoding: str, *, ended: bool) -> Array:
    """Return words up to their null terminator or, in other files, without trailing padding."""
    places, distinct = pd.factorize(cells)
    filled = [
        bytes(item).partition(b"\0")[0] if ended else bytes(item).rstrip(b" \0")
        for item in distinct
    ]
    if any(b"\0" in item for item in filled):
        raise ValueError(encoding)
    words = [item.decode(encoding) for item in filled]
    found: Array = np.array([*words, None], dtype=object)[:-1][places]
    return found


def _blocks(content: bytes, answers: SpssAnswers) -> tuple[NDArray[np.uint64], Booleans]:
    """Return compressed answers in 8-byte pieces, and which are codes that precede literals."""
    body = (
        _inflated(content, answers)
        if answers.compression == 2
        else memoryview(content)[answers.start :]
    )
    pieces = np.frombuffer(body, np.uint64, len(body) // _ELEMENT)
    # the bytes of a block say how many literal elements follow it, hence where the next block is
    following = bytes(
        (pieces.view(np.uint8).reshape(-1, _ELEMENT) == _LITERAL).sum(axis=1, dtype=np.uint8)
    )
    blocks, at = [], 0
    while at < len(following):
        blocks.append(at)
        at += 1 + following[at]
    is_block = np.zeros(len(pieces), dtype=bool)
    is_block[blocks] = True
    return pieces, is_block


def _without_end(codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the bytes that stand for elements, up to the one that ends them."""
    ends = np.flatnonzero(codes == _END)
    if len(ends):
        codes = codes[: ends[0]]
    kept: NDArray[np.uint8] = codes[codes != _PADDING]
    return kept


def _decompressed(content: bytes, answers: SpssAnswers, count: int) -> NDArray[np.uint64]:
    """Return the elements of compressed answers, from byte codes and the literals after them."""
    pieces, is_block = _blocks(content, answers)
    if count > _ELEMENT * _ELEMENT * len(pieces):
        raise ValueError(count)
    blocks, codes = np.flatnonzero(is_block), pieces.view(np.uint8).reshape(-1, _ELEMENT)
    of_words = np.repeat(answers.words, answers.elements)
    elements = np.empty(count, dtype=np.uint64)
    done = 0
    for begin in range(0, len(blocks), _BLOCKS_AT_ONCE):
        first, next_begin = blocks[begin], begin + _BLOCKS_AT_ONCE
        after = blocks[next_begin] if next_begin < len(blocks) else len(pieces)
        inside = is_block[first:after]
        written = _without_end(codes[first:after][inside].reshape(-1))
        values = (written - answers.bias).view(np.uint64)
        literal = written == _LITERAL
        own = pieces[first:after][~inside][: literal.sum()]
        values[literal] = own if answers.little else own.byteswap()
        values[written == _MISSING] = np.float64(_SYSTEM_MISSING).view(np.uint64)
        values[written == _BLANKS] = _EIGHT_BLANKS
        # a small number among words, or blanks among numbers, are left to the native reader
        place = of_words[(done + np.arange(len(written))) % len(of_words)]
        if (place & ~(literal | (written == _BLANKS))).any() or (
            ~place & (written == _BLANKS)
        ).any():
            raise ValueError(begin)
        elements[done : done + len(values)] = values
        done += len(values)
    if done != count:
        raise ValueError(done)
    return elements


def _inflated(content: bytes, answers: SpssAnswers) -> bytearray:
    """Return answers that zlib compressed in blocks, located by the table that follows them."""
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
