"""Archives, compressed text and XML, read in memory: those made to harm are refused by name of what is wrong."""

from __future__ import annotations

import gzip
import io
import stat
import zipfile
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from diplab.errors import LoadError
from diplab.loaders import limits
from diplab.loaders.limits import open_archive, parsed_xml, xml_elements
from diplab.loaders.read import read
from diplab.loaders.source import SourceFile


def packed(*members: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as written:
        for name, content in members:
            written.writestr(name, content)
    return buffer.getvalue()


def source(content: bytes) -> SourceFile:
    return SourceFile(Path("survey.lsa"), content)


def opened(content: bytes) -> dict[str, bytes]:
    return dict(open_archive(source(content)))


def link() -> bytes:
    member = zipfile.ZipInfo("a.xml")
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    return packed((member, b"/etc/passwd"))


def encrypted() -> bytes:
    # The flag is at byte 6 of a member's own header and at byte 8 of its entry in the table of contents.
    content = bytearray(packed(("a.xml", b"x")))
    content[content.index(b"PK\x03\x04") + 6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


OUTSIDE = ("../a.xml", "b/../../a.xml", "/etc/a.xml", "..\\a.xml", "C:/a.xml")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_archives_that_are_refused(refused: Any) -> None:
    for content in (
        b"id;submitdate\n",  # no archive
        packed(("a.xml", bytes(range(256)) * 20))[:-30],  # cut
        packed(("a.xml", b"what was"), method=zipfile.ZIP_STORED).replace(b"wh", b"xh", 1),  # damaged
        packed(("a.xml", b"\0" * 3 * 1024**2)),  # swelling
        packed(("b.zip", packed(("a.xml", b"x")))),  # an archive in it
        *(encrypted(), link(), packed(("a.xml", b"x"), method=zipfile.ZIP_LZMA)),
        packed(("a.xml", b"x"), ("a.xml", b"y")),  # one name twice
        *(packed((name, b"x")) for name in OUTSIDE),
    ):
        refused(partial(opened, content), LoadError)


def test_members_are_read_by_name() -> None:
    # A kilobyte of blanks is no danger, and the parts of real workbooks are often so.
    members = {"a.xml": b" " * 900_000, "folder/b.xml": b"two", "a..b.xml": b"x"}
    archive = open_archive(source(packed(*members.items(), ("folder/", b""))))
    assert (dict(archive), len(archive)) == (members, 3)
    with pytest.raises(KeyError):
        archive["c.xml"]


def test_the_sum_and_the_number_of_members_are_limited(monkeypatch: pytest.MonkeyPatch, refused: Any) -> None:
    monkeypatch.setattr(limits, "MOST_BYTES", 2 * 1024**2)
    noise = np.random.default_rng(1).bytes(1024**2)
    assert len(open_archive(source(packed(("a", noise), ("b", noise))))) == 2
    refused(lambda: opened(packed(("a", noise), ("b", noise), ("c", noise))), LoadError)
    monkeypatch.setattr(limits, "MOST_MEMBERS", 2)
    refused(lambda: opened(packed(("a", b""), ("b", b""), ("c", b""))), LoadError)


def test_compressed_text_is_read_as_text(tmp_path: Path) -> None:
    for name, text in {"survey.csv.gz": "sex;hours\nF;3\nM;5\n", "survey.TSV.gz": "sex\thours\nF\t3\nM\t5\n"}.items():
        (tmp_path / name).write_bytes(gzip.compress(text.encode()))
        data = read(tmp_path / name, columns=["hours"])
        assert (data.frame["hours"].tolist(), data.codebook.origin.file) == ([3, 5], name.removesuffix(".gz"))


def test_compressed_text_that_is_not_read(tmp_path: Path, refused: Any) -> None:
    cut, swelling = gzip.compress(b"sex;hours\n" * 100, mtime=0)[:-12], gzip.compress(b"0" * 3 * 1024**2, mtime=0)
    for content in (b"sex;hours\n", cut, swelling):
        (tmp_path / "survey.csv.gz").write_bytes(content)
        refused(lambda: read(tmp_path / "survey.csv.gz"), LoadError)


def test_xml_is_read() -> None:
    document = parsed_xml(source("<?xml version='1.0'?><a><b><![CDATA[é < 1]]></b><c/></a>".encode()))
    assert [(each.tag, each.text) for each in document] == [("b", "é < 1"), ("c", None)]
    assert parsed_xml(source(b"<a>" * 100 + b"</a>" * 100)).tag == "a"
    events = [(event, element.tag) for event, element in xml_elements(source(b"<a><b/></a>"))]
    assert events == [("start", "a"), ("start", "b"), ("end", "b"), ("end", "a")]


XML = [
    *("<!DOCTYPE a><a/>", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', '<!DOCTYPE a SYSTEM "a.dtd"><a/>', "<a><b>"),
    *('<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>', "id;age", "<a>" * 101),
    *("<?xml version='1.0' encoding='klingon'?><a/>", "<a>" + " " * 2 * 1024**2 + "</a>"),
]


def test_xml_that_is_refused(monkeypatch: pytest.MonkeyPatch, refused: Any) -> None:
    monkeypatch.setattr(limits, "LARGEST_XML", 1024**2)
    for text in XML:
        refused(partial(parsed_xml, source(text.encode())), LoadError)
