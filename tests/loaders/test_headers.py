"""Files whose header and content disagree: each refused by name, before the reader underneath sees it."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyreadstat
import pytest

from diplab.errors import LoadError
from diplab.loaders.read import read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Change = Callable[[bytes], bytes]

COLUMN = 176  # of the first column in an SPSS file
FRAME = pd.DataFrame({"work": [1.0, 2.0, 9.0] * 5, "town": ["Orléans", "Lyon", ""] * 5})
LABELS = {"work": {1.0: "yes", 9.0: "refused"}, "town": {"Lyon": "city"}}
OF_NUMBERS = struct.pack("<3i", 4, 1, 1)  # labels that belong to the first column


def spss(folder: Path) -> Path:
    pyreadstat.write_sav(FRAME, folder / "a.sav", variable_value_labels=LABELS)
    return folder / "a.sav"


def stata(folder: Path) -> Path:
    labels = {"work": {1: "yes", 9: "refused"}}
    pyreadstat.write_dta(FRAME, folder / "a.dta", version=14, variable_value_labels=labels)
    return folder / "a.dta"


def read_changed(file: Path, content: bytes) -> object:
    file.write_bytes(content)
    return read(file, isolated=False)


def put(at: int | bytes, kind: str, value: int, beyond: int = 0) -> Change:
    """Return the change that writes a number at a place, or so many bytes beyond where a mark begins."""

    def change(whole: bytes) -> bytes:
        content = bytearray(whole)
        place = at if isinstance(at, int) else whole.index(at) + beyond
        struct.pack_into(f"<{kind}", content, place, value)
        return bytes(content)

    return change


def swap(old: bytes, new: bytes) -> Change:
    def change(whole: bytes) -> bytes:
        assert old in whole
        return whole.replace(old, new)

    return change


def labels_on_words(whole: bytes) -> bytes:
    content = bytearray(whole)
    names = whole.index(b"<value_label_names>") + len(b"<value_label_names>")
    content[names + 129 : names + 258] = content[names : names + 129]
    return bytes(content)


SPSS: dict[str, Change] = {
    "elements in a row": put(68, "i", 7),
    "compression": put(72, "i", 2),
    "weights": put(76, "i", 9),
    "order of bytes": put(64, "i", 7),
    "labels of no column": put(OF_NUMBERS, "i", 3, beyond=8),
    "labels of numbers and words": swap(OF_NUMBERS, struct.pack("<4i", 4, 2, 1, 2)),
    "labels that belong to nothing": put(OF_NUMBERS, "i", 7),
    "label in another encoding": swap(b"Lyon    \x04city", b"Lyo\xe9    \x04city"),  # the reader dies on it
    "unknown record": put(COLUMN, "i", 5),
    "width": put(COLUMN + 4, "i", 300),
    "label of a column": put(COLUMN + 8, "i", 2),
    "missing codes": put(COLUMN + 12, "i", 4),
    "words longer than their width": put(COLUMN + 4, "i", 20),
    "no whole number of rows": lambda whole: whole + b"1234",
}
TABLE = 5 + 4 + 129 + 3  # of a table of labels in a Stata file, beyond its mark
STATA: dict[str, Change] = {
    "rows": put(b"<N>", "Q", 14, beyond=3), "name": swap(b"<varnames>work", b"<varnames>w\x01rk"),
    "no name": swap(b"<varnames>work", b"<varnames>\0ork"), "end": lambda whole: whole[:-5],
    "more": lambda whole: whole + b"more", "cut": lambda whole: whole[:1000], "cut header": lambda whole: whole[:80],
    "release": swap(b"<release>118", b"<release>120"), "section": swap(b"<sortlist>", b"<sortlisp>"),
    "labels of numbers on words": labels_on_words, "length of labels": put(b"<lbl>", "i", 3, beyond=TABLE),
    "codes of labels": put(b"<lbl>", "i", 9, beyond=TABLE + 16),
    "end of labels": swap(b"yes\0refused\0", b"yes refused\0"),
    "type": put(b"<variable_types>", "H", 40_000, beyond=16),
}  # fmt: skip


@pytest.mark.parametrize("change", SPSS)
def test_headers_of_spss(tmp_path: Path, change: str, refused: Any) -> None:
    file = spss(tmp_path)
    refused(lambda: read_changed(file, SPSS[change](file.read_bytes())), LoadError)


@pytest.mark.parametrize("change", STATA)
def test_headers_of_stata(tmp_path: Path, change: str, refused: Any) -> None:
    file = stata(tmp_path)
    refused(lambda: read_changed(file, STATA[change](file.read_bytes())), LoadError)


@pytest.mark.parametrize("count", [0, -1])
def test_a_count_that_says_nothing_is_taken(tmp_path: Path, count: int) -> None:
    file = spss(tmp_path)
    file.write_bytes(put(68, "i", count)(file.read_bytes()))
    assert len(read(file, isolated=False)) == 15


def test_labels_and_compressed_answers_of_spss(tmp_path: Path, refused: Any) -> None:
    file, long = tmp_path / "a.sav", pd.DataFrame({"work": [1.0], "story": ["a long answer"]})
    pyreadstat.write_sav(long, file, variable_value_labels={"work": {1.0: "yes"}})
    refused(lambda: read_changed(file, put(OF_NUMBERS, "i", 2, beyond=8)(file.read_bytes())), LoadError)
    pyreadstat.write_sav(FRAME, tmp_path / "a.zsav", compress=True)
    refused(lambda: read_changed(tmp_path / "a.zsav", (tmp_path / "a.zsav").read_bytes()[:-5]), LoadError)
    pyreadstat.write_sav(FRAME, tmp_path / "a.sav", row_compress=True)
    refused(lambda: read_changed(tmp_path / "a.sav", put(80, "i", 0)((tmp_path / "a.sav").read_bytes())), LoadError)


def test_other_files(tmp_path: Path, refused: Any) -> None:
    file = tmp_path / "a.dta"
    pyreadstat.write_dta(FRAME, file, version=12)
    whole = file.read_bytes()
    refused(lambda: read_changed(file, whole[:-30]), LoadError)
    refused(lambda: read_changed(file, whole[:200]), LoadError)
    refused(lambda: read_changed(file, whole[:1] + b"\7" + whole[2:]), LoadError)
    # The mark that the description of encrypted files published with PSPP gives.
    encrypted = struct.pack("<II", 0x1C, 0) + b"ENCRYPTEDSAV" + bytes(2000)
    refused(lambda: read_changed(tmp_path / "a.sav", encrypted), LoadError)
    file = tmp_path / "a.xpt"
    pyreadstat.write_xport(pd.DataFrame({"a": [1.0], "b": ["x"]}), file, file_format_version=5)
    whole = file.read_bytes()
    refused(lambda: read_changed(file, whole[:-7]), LoadError)
    changed = bytearray(whole)
    at = whole.index(b"HEADER RECORD*******NAMESTR") + 80 + 140 + 84
    changed[at : at + 4] = struct.pack(">I", 5)
    refused(lambda: read_changed(file, bytes(changed)), LoadError)
    pyreadstat.write_por(pd.DataFrame({"A": [1.0, 2.0]}), tmp_path / "a.por")
    refused(
        lambda: read_changed(tmp_path / "a.por", (tmp_path / "a.por").read_bytes().rstrip(b"Z\r\n")[:-10]), LoadError
    )


@pytest.mark.parametrize("name", ["a.por", "a.sas7bdat", "a.xpt"])
def test_files_of_other_programs(tmp_path: Path, name: str, refused: Any) -> None:
    refused(lambda: read_changed(tmp_path / name, b"PK\x03\x04 and so on"), LoadError)


@pytest.mark.shared
def test_pages_of_a_sas_file(shared: Path, tmp_path: Path, refused: Any) -> None:
    whole = (shared / "data/loaders/haven/sas/hadley.sas7bdat").read_bytes()
    refused(lambda: read_changed(tmp_path / "a.sas7bdat", whole[:100_000]), LoadError)
