"""dBASE and FoxPro tables (.dbf), as INSEE still delivers detailed files: records of fixed width.

Described in "Xbase File Format Description" (E. Bachmann) and in the help of Visual FoxPro ("Table
File Structure").
"""

from __future__ import annotations

import struct
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diplab.kernel.arrays import Array, Booleans
from diplab.loaders.answers.cells import microdata_of_cells
from diplab.loaders.excel import ERROR
from diplab.loaders.notices import Notices, column_notice, notice_if
from diplab.loaders.questionnaire import known_headings
from diplab.loaders.source import Request, SourceFile, chosen_columns, refused, repaired_names
from diplab.loaders.text.encoding import decode
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata
from diplab.microdata.variable import Code, Storage, Variable

_SAVE_AGAIN = "Copy it again from its source, or open it in LibreOffice and save it as .csv."
_SIZE = 32  # bytes of the header, and of the description of each column
_DBASE_7, _FOXPRO = (0x04, 0x8C), (0x30, 0x31, 0x32)  # first bytes of some versions
_ENCODINGS = {
    mark: encoding
    for encoding, marks in known_headings("dbase_encodings").items()
    for mark in marks
}
"""The code page that a byte of the header marks."""
_TRUTH = {**dict.fromkeys(b"TtYy", "1"), **dict.fromkeys(b"FfNn", "0")}
_STORED: dict[str, Storage] = {"D": "date", "T": "moment", "L": "boolean"}
_BINARY = {"I": "<i", "B": "<d", "Y": "<q", "T": "<ii"}
_JULIAN = 2_440_588  # Julian day of 1970-01-01
_OVERFLOW = "*"  # what is in a cell too narrow for its number


@dataclass(frozen=True)
class _Field:
    """A column: words (`C`), digits (`N`, `F`), dates (`D`, `T`), logical (`L`) or binary values.

    `T` holds datetimes; `I`, `B` and `Y` are binary.
    """

    name: bytes
    kind: str
    begin: int
    end: int
    nullable: bool = False

    def of(self, records: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the bytes of its cells."""
        return np.ascontiguousarray(records[:, self.begin : self.end])


def read_dbase(source: SourceFile, request: Request) -> Microdata:
    """Read a table; its deleted records and its memos, which are in another file, are left out."""
    fields, records = _table(source)
    deleted = records[:, 0] == ord("*")
    if deleted.any():
        records = records[~deleted]
    words = list[bytes]()
    for field in fields:
        if field.kind == "C":
            words.append(field.of(records).tobytes())
    encoding, notices = _encoding(
        source, b"\n".join([*(field.name for field in fields), *words]).replace(b"\0", b" ")
    )
    read = list[_Field]()
    for field in fields:
        if field.kind in {*"CNFDL", *_BINARY}:
            read.append(field)
    names, repaired = repaired_names(
        source, request, [item.name.decode(encoding, "replace") for item in read]
    )
    chosen, nulls = chosen_columns(source, request, names), _nulls(fields, records)
    cells, own = dict.fromkeys(names, np.array([], dtype=object)), {}
    for name, item in zip(names, read, strict=True):
        if name in chosen:
            cells[name] = _cells(item, records, nulls.get(item), encoding)
        missing: dict[Code, str] = {}
        if _OVERFLOW in cells[name]:
            missing = {_OVERFLOW: ERROR}
        own[name] = Variable(name, missing=missing, storage=_STORED.get(item.kind, ""))
    memos = list[str]()
    for field in fields:
        if field not in read and field.kind != "0":
            memos.append(field.name.decode(encoding, "replace"))
    notices += (*column_notice("dbase.memos", memos), *repaired)
    notices += notice_if(deleted.any(), "dbase.deleted", count=int(deleted.sum()))
    reader = f"dBASE table, {encoding}"
    return microdata_of_cells(source, request, cells, Codebook(own), reader=reader, notices=notices)


def _table(source: SourceFile) -> tuple[list[_Field], NDArray[np.uint8]]:
    """Return the columns of a table and the bytes of its records."""
    content = source.content
    if len(content) < _SIZE or content[0] in _DBASE_7:
        raise refused(source, "It is not a dBASE III, dBASE IV or FoxPro table.", _SAVE_AGAIN)
    count, begin, width = struct.unpack_from("<IHH", content, 4)
    fields: list[_Field] = []
    end = 1
    for at in range(_SIZE, begin - _SIZE, _SIZE):
        about = content[at : at + _SIZE]
        if about[:1] in (b"\r", b"") or len(about) < _SIZE:
            break
        kind, foxpro = chr(about[11]), content[0] in _FOXPRO
        kind = "M" if kind == "B" and not foxpro else kind  # in dBASE it is a memo too
        size = about[16] + (256 * about[17] if kind == "C" else 0)
        if not size or size != struct.calcsize(_BINARY.get(kind, f"{size}s")):
            found = f"Its column {len(fields) + 1} has cells of {size} bytes, as none of its kind."
            raise refused(source, found, _SAVE_AGAIN)
        fields.append(
            _Field(
                about[:11].partition(b"\0")[0],
                kind,
                end,
                end + size,
                foxpro and bool(about[18] & 2),
            )
        )
        end += size
    if not fields or end != width:
        raise refused(
            source,
            f"Its columns do not make up records of {width} bytes, as its header says.",
            _SAVE_AGAIN,
        )
    if (there := max(len(content) - begin, 0) // width) < count:
        raise refused(
            source, f"Its header says {count} records and {there} can be read.", _SAVE_AGAIN
        )
    return fields, np.frombuffer(content, np.uint8, count * width, begin).reshape(count, width)


def _encoding(source: SourceFile, text: bytes) -> tuple[str, Notices]:
    """Return the encoding of a table: that of the call, UTF-8, that of the header, or a guess."""
    marked = _ENCODINGS.get(source.content[29])
    for encoding in ("utf-8", marked) if marked and source.encoding is None else ():
        with suppress(UnicodeDecodeError):
            text.decode(encoding)
            return encoding, ()
    decoded = decode(source.member(source.path, text))
    return decoded.encoding, decoded.notices


def _nulls(fields: list[_Field], records: NDArray[np.uint8]) -> dict[_Field, Booleans]:
    """Return which cells of FoxPro hold no answer, as bits of a hidden column say."""
    hidden = list[_Field]()
    for field in fields:
        if field.kind == "0":
            hidden.append(field)
    able = list[_Field]()
    for field in fields:
        if field.nullable:
            able.append(field)
    if not hidden or any(field.kind in "VQ" for field in fields):  # which have bits of their own
        return {}
    bits = np.unpackbits(hidden[0].of(records), axis=1, bitorder="little").astype(bool)
    nulls: dict[_Field, Booleans] = {}
    for position, item in enumerate(able):
        if position < bits.shape[1]:
            nulls[item] = bits[:, position]
    return nulls


def _cells(
    field: _Field, records: NDArray[np.uint8], null: Booleans | None, encoding: str
) -> Array:
    """Return the cells of a column as they are written in text."""
    size = field.end - field.begin
    stored, places = np.unique(field.of(records).view(f"V{size}")[:, 0], return_inverse=True)
    distinct = list[str]()
    for item in stored:
        distinct.append(_word(field.kind, item.tobytes(), encoding))
    words: Array = np.array([*distinct, ""], dtype=object)[places]
    if null is None:
        return words
    return np.where(null, "", words)


def _word(kind: str, cell: bytes, encoding: str) -> str:
    if kind == "C":
        return cell.decode(encoding, "replace").rstrip(" \0")
    if kind == "L":
        return _TRUTH.get(cell[0], "")
    if kind in _BINARY:
        values = struct.unpack(_BINARY[kind], cell)
        if kind != "T":
            return str(values[0] / 10_000 if kind == "Y" else values[0])
        moment = np.datetime64(values[0] - _JULIAN, "D") + np.timedelta64(values[1], "ms")
        if any(values):
            return str(moment.astype("datetime64[s]"))
        return ""
    written = cell.decode("ascii", "replace").strip(" \0")
    if kind == "D":
        if written.strip("0"):
            return f"{written[:4]}-{written[4:6]}-{written[6:]}"
        return ""
    if written[:1] == _OVERFLOW:
        return _OVERFLOW
    return written
