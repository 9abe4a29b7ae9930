"""The fields of a delimited text whose records are all as wide as its header, found without a Python object a cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from diplab.loaders.numbers import DistinctCells, text_of

_QUOTE, _LINE, _RETURN = 34, 10, 13
_SCANNED, _COUNTED, _ROWS = 1 << 20, 1 << 16, 1 << 13
"""Bytes scanned, bytes counted and rows compared together: so many stay in the cache of a processor."""
_WORD = 8  # bytes compared at once
_MOST_WORDS = 8  # a longer field is not compared with others
_NUMBER = 2  # words of eight bytes that the longest number takes
_KEPT = np.array([(1 << 8 * count) - 1 for count in range(_WORD + 1)], dtype=np.uint64)
_MIXED = np.uint64(0x9E3779B97F4A7C15)
_MANY, _SAMPLES, _DISTINCT = 50_000, (100, 10_000), 0.7


@dataclass(frozen=True, eq=False)
class RegularText:
    """Where the fields of a text are whose records are all as wide as its header."""

    letters: NDArray[np.uint8]  # the text in UTF-8
    begins: Sequence[NDArray[Any]]  # of each record but the header and blank ones, some at a time
    ends: Sequence[NDArray[Any]]  # of each field (a row) of these records
    quoted: NDArray[np.bool_]  # whether some field of a column stands in quotation marks

    def column(self, place: int, stop: int | None) -> DistinctCells:
        """Return the cells of one column, up to a row."""
        parts: list[NDArray[Any]] = [np.zeros(0, dtype=np.uint8)]
        count = 0
        for begins, ends in self._fields(place):
            if int((ends - begins).max()) > _WORD:
                spans = [np.concatenate(each)[:stop] for each in zip(*self._fields(place), strict=True)]
                return _distinct(self.letters, *spans)
            parts.append(_words(self.letters, begins, ends - begins))
            count += len(begins)
            if stop is not None and count >= stop:
                break
        words = np.concatenate(parts)[:stop]
        places = np.arange(len(words))
        if not _are_all_different(words):
            places, words = pd.factorize(words)
        return DistinctCells(places, words.astype(f"<u{words.itemsize}", copy=False).view(f"S{words.itemsize}"))

    def _fields(self, place: int) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Yield where the fields of a column begin and end, without quotation marks around them, some at a time."""
        for first, block in zip(self.begins, self.ends, strict=True):
            begins, ends = first.astype(np.intp), block[place].astype(np.intp)
            if place:
                begins = block[place - 1].astype(np.intp) + 1
            if self.quoted[place]:
                marks = self.letters[begins] == _QUOTE
                begins, ends = begins + marks, ends - marks
            if len(begins):
                yield begins, ends


class RegularColumns(Mapping[str, DistinctCells]):
    """The columns of a regular text, each read when it is asked for, so that one is in memory at a time."""

    def __init__(self, text: RegularText, header: Sequence[str], stop: int | None) -> None:
        self._text, self._stop = text, stop
        self._places = {name: place for place, name in enumerate(header)}

    def __getitem__(self, name: str) -> DistinctCells:
        return self._text.column(self._places[name], self._stop)

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def utf8_of(text: str, content: bytes, encoding: str) -> bytes:
    """Return a text in UTF-8: the content of its file, where that is all of it, else encoded anew."""
    # as many characters, that begin alike, are the same: of the content of a file a call may cut the first lines
    letters = np.frombuffer(content, dtype=np.uint8)
    blocks = (letters[start : start + _COUNTED] for start in range(0, len(letters), _COUNTED))
    same = encoding == "utf-8" and content.startswith(text[: text.find("\n") + 1].encode())
    if same and sum(np.count_nonzero((block & 0xC0) != 0x80) for block in blocks) == len(text):
        return content
    return text.encode()


def regular_text(content: bytes, delimiter: str, width: int) -> RegularText | None:
    """Return where the fields of a text in UTF-8 are; None where that is uncertain unless it is read one by one."""
    # certain it is where quotations are closed, all records are as wide, and lines end in one of two ways
    returns = b"\r" in content
    if not delimiter.isascii() or b"\0" in content or (returns and content.count(b"\r") != content.count(b"\r\n")):
        return None
    letters = np.frombuffer(content if content.endswith(b"\n") else content + b"\n", dtype=np.uint8)
    scan = _Scan(letters, ord(delimiter), width)
    if not all(map(scan.goes_on, range(0, len(letters), _SCANNED))) or not scan.ends_well():
        return None
    for block in scan.ends if returns else ():
        block[-1] -= letters[block[-1] - 1] == _RETURN
    return RegularText(letters, scan.begins, scan.ends, scan.quoted)


class _Scan:
    """The marks between fields, gathered part by part."""

    def __init__(self, letters: NDArray[np.uint8], delimiter: int, width: int) -> None:
        self.letters, self.delimiter = letters, delimiter
        self.size = np.int32 if len(letters) < np.iinfo(np.int32).max else np.int64
        self.expected = np.full(width, delimiter, dtype=np.uint8)
        self.expected[-1] = _LINE
        # of the last mark: where it is, whether it is a quotation mark, within a quotation, the end of a line
        self.last, self.after_quote, self.inside, self.begun = -1, False, 0, True
        # marks, their kinds and whether a quotation is before them, of a record that is not complete
        self.rest: list[NDArray[Any]] = [
            np.zeros(0, dtype=np.intp),
            np.zeros(0, dtype=np.uint8),
            np.zeros(0, dtype=bool),
        ]
        self.open = np.zeros(0, dtype=np.intp)  # where the records begin that are not complete
        self.begins: list[NDArray[Any]] = []
        self.ends: list[NDArray[Any]] = []
        self.quoted = np.zeros(width, dtype=bool)
        self.quotes = [np.zeros(0, dtype=np.intp)]

    def goes_on(self, start: int) -> bool:
        """Gather the marks of the next part, without blank lines; return whether records are as wide as expected."""
        part = self.letters[start : start + _SCANNED]
        at = np.flatnonzero((part == self.delimiter) | (part == _LINE) | (part == _QUOTE))
        if not len(at):
            return True
        kinds = part[at]
        at += start
        quotes, closed = kinds == _QUOTE, np.zeros(len(at), dtype=bool)
        if self.inside or self.after_quote or quotes.any():
            self.quotes.append(at[quotes])
            depth = (np.cumsum(quotes, dtype=np.uint8) + np.uint8(self.inside)) & 1
            outside = ~(quotes | depth.view(bool))
            closed = np.append(self.after_quote, quotes[:-1])[outside]
            self.inside, self.after_quote = int(depth[-1]), bool(quotes[-1])
            at, kinds = at[outside], kinds[outside]
            if not len(at):
                return True
        begun = np.append(self.begun, kinds[:-1] == _LINE)
        begins = np.append(self.last, at[:-1])[begun] + 1
        self.last, self.begun = int(at[-1]), bool(kinds[-1] == _LINE)
        if (begun & (kinds == _LINE)).any():  # lines of one field, which may be blank
            ends = at[begun]
            blank = (kinds[begun] == _LINE) & (ends - (self.letters[ends - 1] == _RETURN) <= begins)
            begins, begun[begun] = begins[~blank], blank
            at, kinds, closed = at[~begun], kinds[~begun], closed[~begun]
        self.open = np.append(self.open, begins)
        if len(self.rest[0]):
            now: list[NDArray[Any]] = [at, kinds, closed]
            at, kinds, closed = (np.concatenate(each) for each in zip(self.rest, now, strict=True))
        width = len(self.expected)
        whole = len(at) // width * width
        self.rest = [at[whole:], kinds[whole:], closed[whole:]]
        header = 0 if self.ends or not whole else 1
        if whole:
            self.begins.append(self.open[header : whole // width].astype(self.size))
            self.ends.append(at[:whole].reshape(-1, width).T[:, header:].astype(self.size, order="C"))
        self.open = self.open[whole // width :]
        self.quoted |= closed[:whole].reshape(-1, width).any(axis=0)
        return bool((kinds[:whole].reshape(-1, width) == self.expected).all())

    def ends_well(self) -> bool:
        """Return whether no record and no quotation is left open, and all quotations are around fields."""
        return not len(self.rest[0]) and not self.inside and self.quotes_are_regular()

    def quotes_are_regular(self) -> bool:
        """Return whether each quotation begins where a field does and ends where it does, or is doubled."""
        quotes, letters = np.concatenate(self.quotes), self.letters
        opening, closing = quotes[::2], quotes[1::2]
        before, after = letters[np.maximum(opening - 1, 0)], letters[closing + 1]
        begins = np.isin(before, (self.delimiter, _LINE, _QUOTE)) | (opening == 0)
        ends = np.isin(after, (self.delimiter, _LINE, _RETURN, _QUOTE))
        # a quotation mark beside another is one that is doubled inside a quotation
        doubled = np.append(False, closing[:-1] == opening[1:] - 1)
        return bool((begins & ((before != _QUOTE) | doubled | (opening == 0))).all() and ends.all())


def _distinct(letters: NDArray[np.uint8], begins: NDArray[np.intp], ends: NDArray[np.intp]) -> DistinctCells:
    """Return the distinct fields of a column, some of them long, in the order in which they appear."""
    lengths = ends - begins
    sizes = np.clip((lengths + _WORD - 1) >> 3, 1, _MOST_WORDS + 1)  # in words of eight bytes
    places = np.empty(len(begins), dtype=np.intp)
    firsts: list[NDArray[np.intp]] = []
    fields: list[bytes] = []
    memory = letters.data
    for size in np.flatnonzero(np.bincount(sizes)).tolist():
        rows = np.flatnonzero(sizes == size)
        alike = _alike(letters, begins[rows], lengths[rows], size)
        first = np.empty(alike.max() + 1, dtype=np.intp)
        first[alike[::-1]] = rows[::-1]
        places[rows] = alike + len(fields)
        firsts.append(first)
        fields += [bytes(memory[at:end]) for at, end in zip(begins[first].tolist(), ends[first].tolist(), strict=True)]
    order = np.argsort(np.concatenate(firsts))
    rank = np.empty(len(order), dtype=np.intp)
    rank[order] = np.arange(len(order))
    number = int(lengths.max()) <= _WORD * _NUMBER
    stored = np.array(fields, dtype=bytes) if number else np.array(text_of(fields), dtype=object)
    return DistinctCells(rank[places], stored[order])


def _are_all_different(words: NDArray[Any]) -> bool:
    """Return whether words are numbers of which few are there twice, as far as samples tell."""
    for size in _SAMPLES if len(words) > _MANY else ():
        sample = words[:: max(len(words) // size, 1)].copy()
        letters = sample.view(np.uint8)
        numbers = (letters == 0) | ((letters > ord("*")) & (letters < ord(":")) & (letters != ord("/")))
        if not numbers.all() or len(np.unique(sample)) < _DISTINCT * len(sample):
            return False
    return len(words) > _MANY


def _alike(
    letters: NDArray[np.uint8], begins: NDArray[np.intp], lengths: NDArray[np.intp], size: int
) -> NDArray[np.intp]:
    """Number fields of as many words of eight bytes, equal ones alike; the longest are not compared."""
    alone = np.arange(len(begins))
    if size > _MOST_WORDS:
        return alone
    mixed = np.zeros(len(begins), dtype=np.uint64)
    parts = [slice(start, start + _ROWS) for start in range(0, len(begins), _ROWS)]
    words = [
        np.concatenate(
            [_words(letters, begins[rows] + before, np.minimum(lengths[rows] - before, _WORD)) for rows in parts]
        )
        for before in range(0, _WORD * size, _WORD)
    ]
    for each in words:
        mixed = (mixed ^ (mixed >> np.uint64(29)) ^ each) * _MIXED
    alike, distinct = pd.factorize(mixed)
    first = np.empty(len(distinct), dtype=np.intp)
    first[alike[::-1]] = alone[::-1]
    # two different fields may be mixed to one number, if somebody looks for them: then none is taken for another
    return alike if all((each[first][alike] == each).all() for each in words) else alone


def _words(letters: NDArray[np.uint8], begins: NDArray[np.intp], lengths: NDArray[np.intp]) -> NDArray[Any]:
    """Return fields of at most eight bytes as whole numbers, the first byte the lowest, zeros after the last."""
    if lengths.max(initial=0) < 2:
        return letters.take(begins, mode="clip") * (lengths > 0)  # numbers of one byte
    whole = len(letters) // _WORD * _WORD
    aligned = letters[:whole].view("<u8") if whole else np.zeros(1, dtype=np.uint64)
    at, shift = begins >> 3, ((begins & 7) << 3).view(np.uint64)
    low, high = aligned.take(at, mode="clip"), aligned.take(at + 1, mode="clip")
    words: NDArray[np.uint64] = (low >> shift | high << (np.uint64(64) - shift)) & _KEPT.take(lengths)
    for row in range(len(begins) - 1, -1, -1):  # at the end, where no whole word follows
        begin = int(begins[row])
        if begin + _WORD <= whole:
            break
        words[row] = int.from_bytes(letters[begin : begin + int(lengths[row])].tobytes(), "little")
    return words
