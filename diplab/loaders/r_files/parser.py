"""The objects of a file of R, decompressed and parsed within limits; nothing in them is executed.

It runs in a child process, like the native readers of other formats.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import math
import struct
import sys
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
from rdata.parser import DEFAULT_ALTREP_MAP, CharFlags, RObject, RObjectInfo, RObjectType
from rdata.parser._ascii import ParserASCII
from rdata.parser._parser import Parser
from rdata.parser._xdr import ParserXDR

from diplab.kernel.arrays import Array
from diplab.loaders.readstat.reader import NativeReaderError

MISSING_WHOLE = -(2**31)  # the whole number that R writes for NA
MISSING_PAYLOAD = (
    1954  # what tells NA from a number that could not be computed: the lower half of the double
)
_LONGEST = 2**27  # most numbers that a compact sequence may have


def info_of(kind: RObjectType) -> RObjectInfo:
    """Return what the parser says of a plain object of a kind."""
    return RObjectInfo(kind, object=False, attributes=False, tag=False, gp=0, reference=0)


def _sequence(state: RObject) -> tuple[RObjectInfo, Array]:
    count, first, step = state.value.tolist()
    if not 0 <= count <= _LONGEST:
        raise EOFError
    return info_of(RObjectType.REAL), first + step * np.arange(int(count), dtype=np.float64)


def _numbers_in_words(state: RObject) -> tuple[RObjectInfo, list[str | None]]:
    numbers, penalty = state.value[0], int(state.value[1].value[0])
    values = numbers.value.tolist()
    if numbers.info.type == RObjectType.INT:
        return info_of(RObjectType.STR), [
            None if value == MISSING_WHOLE else str(value) for value in values
        ]
    missing = np.isnan(numbers.value) & (
        numbers.value.view(np.uint64) & 0xFFFFFFFF == MISSING_PAYLOAD
    )
    words = [
        None if lost else _in_words(item, penalty)
        for item, lost in zip(values, missing.tolist(), strict=True)
    ]
    return info_of(RObjectType.STR), words


def _in_words(number: float, penalty: int) -> str:
    """Return a number as R writes it: 15 digits, in scientific notation if that is shorter."""
    if not math.isfinite(number):
        if math.isnan(number):
            return "NaN"
        if number > 0:
            return "Inf"
        return "-Inf"
    mantissa, power = f"{number:.14e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".")
    scientific = f"{mantissa}e{power}"
    fixed = np.format_float_positional(float(scientific), trim="-")
    if len(fixed) <= len(scientific) + penalty:
        return fixed
    return scientific


RULES = {
    **DEFAULT_ALTREP_MAP,
    b"compact_intseq": lambda state: (
        info_of(RObjectType.INT),
        _sequence(state)[1].astype(np.int32),
    ),
    b"compact_realseq": _sequence,
    b"deferred_string": _numbers_in_words,
    b"wrap_list": DEFAULT_ALTREP_MAP[b"wrap_string"],
}
"""How each compact vector is expanded, by its name in R."""
_COMPRESSED: dict[bytes, Callable[..., Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\0": lzma.open,
}
"""How a compressed file begins."""
_WORKSPACES = (b"RDX2\n", b"RDX3\n", b"RDA2\n", b"RDA3\n")
"""How a file of named objects begins, once decompressed; a file of a single object has none."""

_BROKEN = (
    ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, NotImplementedError,
    OSError, TypeError, ValueError, lzma.LZMAError, struct.error, zlib.error,
)  # fmt: skip
_DEPTH = 3000
SAVE_AGAIN = "Copy it again from its source, or read it in R and save it again."


class RFileError(NativeReaderError):
    """A file of R that is refused: what was found in it, and what to write instead."""

    def __init__(self, found: str, write: str = SAVE_AGAIN) -> None:
        super().__init__(found, write)


def parse_r_file(content: bytes, most: int | None) -> tuple[dict[str, RObject], str]:
    """Return the objects of a file by name (`""` if none) and the encoding guessed (or `""`)."""
    try:
        decompressed = _decompressed(content, most)
    except _BROKEN as broken:
        raise RFileError("It is cut or damaged: it cannot be decompressed.") from broken
    workspace = decompressed.startswith(_WORKSPACES)
    start = 0
    if workspace:
        start = 5
    if decompressed.startswith(b"X\n", start):
        reader: _Binary | _Text = _Binary(decompressed, start + 2)
    elif decompressed.startswith((b"A\n", b"A\r\n"), start):
        reader = _Text(decompressed, decompressed.index(b"\n", start) + 1)
    else:
        found = (
            "Decompressed, it does not begin as files of R do (`RDX3`, `X`) but with "
            f"{decompressed[:8]!r}."
        )
        raise RFileError(found, "Save it in R with `saveRDS`, or give it the suffix of what it is.")
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _DEPTH))
    try:
        top = reader.parse_all().object
        reader.check_complete()
        objects = dict(_pairs(top)) if workspace else {"": top}
    except RecursionError as deep:
        raise RFileError("Its objects are nested too deeply to be those of a survey.") from deep
    except _BROKEN as broken:
        raise RFileError(
            "It is cut or damaged: what it holds ends too early, or is not an object of R."
        ) from broken
    finally:
        sys.setrecursionlimit(before)
    return objects, reader.guessed


def attributes_of(vector: RObject) -> dict[str, RObject]:
    """Return the attributes of an object by name."""
    return dict(_pairs(vector.attributes))


def classes_of(vector: RObject) -> list[str]:
    """Return the classes of an object."""
    return attribute_words(vector, "class")


def attribute_words(vector: RObject, name: str, *, numbers: bool = False) -> list[Any]:
    """Return the words of an attribute, or its numbers; none where the attribute is absent."""
    attribute = attributes_of(vector).get(name)
    if attribute is None:
        return []
    if numbers:
        if isinstance(attribute.value, np.ndarray):
            return list(attribute.value)
        return []
    if attribute.info.type == RObjectType.STR:
        return [item or "" for item in attribute.value]
    return []


def _decompressed(content: bytes, most: int | None) -> bytes:
    opened = next(
        (opener for mark, opener in _COMPRESSED.items() if content.startswith(mark)), None
    )
    decompressed = content
    if opened is not None:
        with opened(io.BytesIO(content)) as stream:
            decompressed = stream.read(-1 if most is None else most + 1)
    if most is not None and len(decompressed) > most:
        found = (
            f"Decompressed it holds over {most // 1024**2:,} MiB, which is the most that is read."
        )
        raise RFileError(found, "Write `isolated=False` where you trust where it comes from.")
    return decompressed


def _pairs(node: RObject | None) -> list[tuple[str, RObject]]:
    pairs = []
    while node is not None and node.info.type == RObjectType.LIST:
        tag = node.tag
        while tag is not None and tag.info.type == RObjectType.REF:
            tag = tag.referenced_object
        if tag is not None:
            pairs.append(
                (_decoded(tag.value.value, "utf-8") or _western(tag.value.value), node.value[0])
            )
        node = node.value[1]
    return pairs


class _Bounded(Parser):
    """The parser of rdata, which refuses lengths that the file cannot hold."""

    # words are read into lists of `str` and None, whole and logical numbers as stored (the lowest
    # for NA)
    def __init__(self, body: bytes, start: int) -> None:
        options: dict[str, Any] = {"expand_altrep": True, "altrep_constructor_dict": RULES}
        super().__init__(memoryview(body)[start:], **options)  # type: ignore[arg-type, call-arg]
        self._body = body
        self._native = ""
        self._words: dict[bytes, str | None] = {}
        self.guessed = ""

    def parse_extra_info(self, versions: Any) -> Any:
        extra = super().parse_extra_info(versions)
        self._native = extra.encoding or ""
        return extra

    def _parse_array(self, dtype: Any) -> Array:
        length = self._length()
        values = self._parse_array_values(dtype, length)
        if len(values) != length:
            raise EOFError
        return values

    def parse_nullable_int_array(self, **_: Any) -> Array:
        return self._parse_array(np.int32)

    parse_nullable_bool_array = parse_nullable_int_array

    def _length(self) -> int:
        length = self.parse_int()
        if not 0 <= length <= len(self._body):
            raise EOFError
        return length

    def _word(self, flags: int, written: bytes) -> str:
        """Return a word in the encoding that it says, or else the one of the file."""
        if flags & CharFlags.UTF8 << 12 or written.isascii():
            return written.decode("utf-8", "replace")
        if flags & CharFlags.LATIN1 << 12:
            return _western(written)
        word = _decoded(written, self._native or "utf-8")
        if not word:
            self.guessed = "windows-1252"
        return word or _western(written)


def _decoded(written: bytes, encoding: str) -> str:
    """Return a word, empty where it is not in an encoding."""
    try:
        return written.decode(encoding)
    except (UnicodeError, LookupError):
        return ""


def _western(written: bytes) -> str:
    # R calls latin1 what Windows writes, in which five bytes are not letters
    return _decoded(written, "cp1252") or written.decode("latin-1")


class _Binary(_Bounded, ParserXDR):
    """Files as R writes them by default."""

    def __init__(self, body: bytes, start: int) -> None:
        super().__init__(body, len(body))
        self.file = io.BytesIO(body)  # shared with `body`, where rdata would copy it
        self.file.seek(start)

    def parse_int(self) -> int:
        number: int = _INT.unpack(self.file.read(4))[0]
        return number

    def parse_R_object(self, *known: Any, **more: Any) -> RObject:  # noqa: N802
        at = self.file.tell()
        kind = self._body[at + 3 : at + 4]
        if kind == _RAW and more.get("info_int") is None:
            return self._bytes(*known)
        if kind == _UNBOUND and more.get("info_int") is None:
            self.parse_int()
            return RObject(info_of(RObjectType.NILVALUE), None, None)
        return super().parse_R_object(*known, **more)

    def _bytes(self, *known: Any) -> RObject:
        """Return a vector of bytes, which rdata does not know."""
        flags = self.parse_int()
        value = self.parse_string(self._length())
        attributes = None
        if flags & _HAS_ATTRIBUTES:
            attributes = self.parse_R_object(*known)
        return RObject(info_of(RObjectType.RAW), value, attributes)

    def _parse_vector_value(self, *known: Any) -> list[Any]:
        length, at, body, words = self._length(), self.file.tell(), self._body, self._words
        if not length or body[at + 3 : at + 4] != _CHAR:
            return [self.parse_R_object(*known) for _ in range(length)]
        values: list[str | None] = []
        for _ in range(length):
            flags, size = _TWO.unpack_from(body, at)
            end = at + 8 + max(size, 0)
            record = body[at:end]
            if record not in words:
                if flags & 0xFF != _CHAR[0] or flags & _HAS_ATTRIBUTES or end > len(body):
                    raise EOFError
                words[record] = self._word(flags, record[8:]) if size >= 0 else None
            values.append(words[record])
            at = end
        self.file.seek(at)
        return values


class _Text(_Bounded, ParserASCII):
    """Files written with `ascii=TRUE`."""

    def _parse_vector_value(self, *known: Any) -> list[Any]:
        values = list[RObject]()
        for _ in range(self._length()):
            values.append(self.parse_R_object(*known))
        if values and values[0].info.type == RObjectType.CHAR:
            return [
                None if value.value is None else self._word(value.info.gp << 12, value.value)
                for value in values
            ]
        return values


_INT = struct.Struct(">i")
_TWO = struct.Struct(">ii")
_CHAR, _RAW = b"\x09", b"\x18"
_UNBOUND = b"\xfc"  # the value of a promise that R did not run, which rdata does not know
_HAS_ATTRIBUTES = 1 << 9
