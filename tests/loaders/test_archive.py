"""Archives are read in memory, and those made to harm are refused by name of what is wrong."""

from __future__ import annotations

import gzip
import io
import stat
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from diplab.errors import LoadError
from diplab.loaders import limits
from diplab.loaders.limits import open_archive
from diplab.loaders.read import read
from diplab.loaders.source import SourceFile

UNPACK = "Unpack it yourself if you trust where it comes from, and read the files in it."
GUNZIP = "Unpack it with `gunzip` if you trust where it comes from, and read the file."
ANEW = "Copy it again from its source, or export it anew from the program that made it."


def packed(*members: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> SourceFile:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as written:
        for name, content in members:
            written.writestr(name, content)
    return SourceFile(Path("survey.lsa"), held.getvalue())


def refusal(source: SourceFile) -> Exception:
    with pytest.raises(LoadError) as refused:
        dict(open_archive(source))
    return refused.value


def test_members_are_read_by_name() -> None:
    source = packed(("a.xml", b"one"), ("folder/", b""), ("folder/b.xml", b"two"))
    found = open_archive(source)
    assert dict(found) == {"a.xml": b"one", "folder/b.xml": b"two"}
    assert len(found) == 2
    with pytest.raises(KeyError):
        found["c.xml"]


def test_what_is_no_archive_is_refused(error_text: Any) -> None:
    source = SourceFile(Path("survey.lsa"), b"id;submitdate\n")
    error_text(refusal(source))


def test_a_cut_archive_is_refused(error_text: Any) -> None:
    whole = packed(("a.xml", bytes(range(256)) * 20))
    source = SourceFile(whole.path, whole.content[:-30])
    error_text(refusal(source))


def test_a_damaged_member_is_named(error_text: Any) -> None:
    whole = packed(("a.xml", b"what was answered"), method=zipfile.ZIP_STORED)
    source = SourceFile(whole.path, whole.content.replace(b"what was", b"what xas"))
    error_text(refusal(source))


def test_a_member_that_swells_is_refused(error_text: Any) -> None:
    source = packed(("a.xml", b"\0" * 3 * 1024**2))
    error_text(refusal(source))


def test_a_small_member_may_swell() -> None:
    # A kilobyte of blanks is no danger, and the parts of real workbooks are often so.
    assert open_archive(packed(("a.xml", b" " * 900_000)))["a.xml"] == b" " * 900_000


def test_the_sum_of_the_members_is_limited(monkeypatch: pytest.MonkeyPatch, error_text: Any) -> None:
    monkeypatch.setattr(limits, "MOST_BYTES", 2 * 1024**2)
    noise = np.random.default_rng(1).bytes(1024**2)
    assert len(open_archive(packed(("a", noise), ("b", noise)))) == 2
    error_text(refusal(packed(("a", noise), ("b", noise), ("c", noise))))


def test_the_number_of_members_is_limited(monkeypatch: pytest.MonkeyPatch, error_text: Any) -> None:
    monkeypatch.setattr(limits, "MOST_MEMBERS", 2)
    error_text(refusal(packed(("a", b""), ("b", b""), ("c", b""))))


@pytest.mark.parametrize("name", ["../a.xml", "b/../../a.xml", "/etc/a.xml", "..\\a.xml", "C:/a.xml"])
def test_a_name_that_leaves_the_archive_is_refused(name: str, error_text: Any) -> None:
    error_text(refusal(packed((name, b"x"))))


def test_a_name_with_points_in_it_stays_inside() -> None:
    assert list(open_archive(packed(("a..b.xml", b"x")))) == ["a..b.xml"]


def test_a_link_is_refused(error_text: Any) -> None:
    link = zipfile.ZipInfo("a.xml")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    error_text(refusal(packed((link, b"/etc/passwd"))))


def test_an_archive_in_an_archive_is_not_opened(error_text: Any) -> None:
    inner = packed(("a.xml", b"x")).content
    error_text(refusal(packed(("b.zip", inner))))


def test_an_encrypted_member_is_refused(error_text: Any) -> None:
    # The flag stands at byte 6 of a member's own header and at byte 8 of its entry in the table of contents.
    content = bytearray(packed(("a.xml", b"x")).content)
    content[content.index(b"PK\x03\x04") + 6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    error_text(refusal(SourceFile(Path("survey.lsa"), bytes(content))))


def test_an_unusual_compression_is_refused(error_text: Any) -> None:
    error_text(refusal(packed(("a.xml", b"x"), method=zipfile.ZIP_LZMA)))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_refused(error_text: Any) -> None:
    error_text(refusal(packed(("a.xml", b"x"), ("a.xml", b"y"))))


def test_damage_ends_in_members_or_in_a_refusal() -> None:
    whole = packed(("a.xml", b"<a/>" * 50), ("b.xml", b"<b>1</b>" * 50)).content
    rng = np.random.default_rng(20_261_125)
    ends = {"read": 0, "refused": 0}
    for _ in range(300):
        content = bytearray(whole)
        for _ in range(3):
            content[rng.integers(len(content))] = rng.integers(256)
        try:
            dict(open_archive(SourceFile(Path("survey.lsa"), bytes(content))))
            ends["read"] += 1
        except LoadError:
            ends["refused"] += 1
    assert min(ends.values()) > 10


@pytest.mark.parametrize("name", ["survey.csv.gz", "survey.TSV.gz"])
def test_compressed_text_is_read_as_text(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(
        gzip.compress("sex\thours\nF\t3\nM\t5\n".replace("\t", ";" if "csv" in name else "\t").encode())
    )
    found = read(path, columns=["hours"])
    assert found.frame["hours"].tolist() == [3, 5]
    assert found.codebook.origin.file == name.removesuffix(".gz")


@pytest.mark.parametrize(
    "content",
    [
        b"sex;hours\n",
        gzip.compress(b"sex;hours\n" * 100, mtime=0)[:-12],
        gzip.compress(b"0" * 3 * 1024**2, mtime=0),
    ],
)
def test_compressed_text_that_is_not_read(tmp_path: Path, content: bytes, error_text: Any) -> None:
    path = tmp_path / "survey.csv.gz"
    path.write_bytes(content)
    with pytest.raises(LoadError) as refused:
        read(path)
    error_text(refused)
