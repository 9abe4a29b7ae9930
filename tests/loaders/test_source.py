"""A file on the disk: read where it is asked for, and no more than is asked."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

import pytest

from diplab.loaders.source import SourceFile, open_source

LARGE = b"<stata_dta>" + b"\0" * 1_500_000 + b"end"


def test_nothing_is_read_before_it_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "a.dta"
    file.write_bytes(LARGE)
    source = open_source(file)
    assert "content" not in vars(source)
    assert source.head(4) == b"<sta"
    assert source.sha256 == hashlib.sha256(LARGE).hexdigest()
    assert "content" not in vars(source)
    assert source.content == LARGE


@pytest.mark.parametrize("content", [LARGE, b"<stata_dta>end"])
def test_a_file_looked_at_is_as_its_bytes(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "a.dta"
    file.write_bytes(content)
    mapped = open_source(file).mapped
    assert len(mapped) == len(content)
    assert (mapped[:6], mapped[0], mapped[-3:]) == (b"<stata", ord("<"), b"end")
    assert mapped.startswith(b"dta>", 7)
    assert not mapped.startswith(b"dta>")
    assert mapped.index(b"end") == len(content) - 3
    assert mapped.rstrip(b"end") == content.rstrip(b"end")


def test_a_member_of_an_archive_is_what_it_holds() -> None:
    source = SourceFile(Path("a.csv"), b"sex;hours")
    assert (source.content, source.head(3), source.mapped) == (b"sex;hours", b"sex", b"sex;hours")


def test_a_pipe_is_read_once(tmp_path: Path) -> None:
    pipe = tmp_path / "a.csv"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(b"sex;hours\n"))
    writer.start()
    source = open_source(pipe)
    writer.join()
    assert (source.head(3), source.content) == (b"sex", b"sex;hours\n")
