"""Files that cannot be read: one clear error each, never the end of this process, and no more read than needed."""

from __future__ import annotations

import hashlib
import os
import struct
import threading
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat
import pytest

from diplab.errors import LoadError
from diplab.loaders.read import read
from diplab.loaders.readstat.child_process import read_isolated
from diplab.loaders.readstat.reader import NativeReaderError
from diplab.loaders.source import SourceFile, open_source


@pytest.fixture
def sav(tmp_path: Path) -> Path:
    file = tmp_path / "survey.sav"
    pyreadstat.write_sav(pd.DataFrame({"hours": [1.5, 2.5, 3.5] * 20, "sex": ["F", "M", "F"] * 20}), file)
    return file


def refusal(file: Path, **options: Any) -> LoadError:
    with pytest.raises(LoadError) as error:
        read(file, **options)
    return error.value


NOT_READ: dict[str, bytes | None] = {
    "surveys.sav": None, "a.xyz": None, "a": None, "empty.sav": b"", "empty.dta": b"", "empty.csv": b"",
    "zip.sav": b"PK\x03\x04 and so on", "spss.dta": b"$FL2@(#)",
}  # fmt: skip


@pytest.mark.parametrize("name", NOT_READ)
@pytest.mark.usefixtures("sav")
def test_files_that_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, refused: Any) -> None:
    monkeypatch.chdir(tmp_path)
    content = NOT_READ[name]
    if content is not None:
        Path(name).write_bytes(content)
    refused(lambda: read(Path(name)), LoadError)


def test_places_that_are_no_files(tmp_path: Path, refused: Any) -> None:
    (tmp_path / "a.sav").mkdir()
    refused(lambda: read(tmp_path / "a.sav"), LoadError)
    absent = str(refusal(tmp_path / "none" / "a.sav"))
    assert absent == (
        f"The file `a.sav` cannot be read. There is no such file in `{tmp_path / 'none'}`. "
        "Write the path of a file that exists."
    )
    name = f"{'a' * 300}.csv"
    barred = str(refusal(tmp_path / name))
    assert barred.startswith(f"The file `{name}` cannot be read. It cannot be opened: ")


@pytest.mark.parametrize("isolated", [True, False])
def test_cut_in_the_dictionary(sav: Path, isolated: bool, refused: Any) -> None:
    sav.write_bytes(sav.read_bytes()[:300])
    refused(lambda: read(sav, isolated=isolated), LoadError)


@pytest.mark.parametrize("rows", [57, 63, None])
def test_other_rows_than_the_header_counts(sav: Path, rows: int | None, refused: Any) -> None:
    content = bytearray(sav.read_bytes())
    if rows is None:
        del content[-30:]
    else:
        content[80:84] = struct.pack("<i", rows)
    sav.write_bytes(content)
    refused(lambda: read(sav), LoadError)


def test_every_cut_is_refusal(sav: Path) -> None:
    whole = sav.read_bytes()
    for length in range(1, len(whole), 41):
        sav.write_bytes(whole[:length])
        refusal(sav, isolated=False)


CHILDREN = {
    "dies": "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
    "fails": "raise RuntimeError('no such luck')",
    "waits": "import time; time.sleep(60)",
}


@pytest.mark.parametrize("child", CHILDREN)
def test_readers_that_do_not_read(tmp_path: Path, child: str, refused: Any) -> None:
    script = tmp_path / "child.py"
    script.write_text(CHILDREN[child], encoding="utf-8")
    options = {"seconds": 0.2} if child == "waits" else {}
    refused(lambda: read_isolated(b"$FL2", ".sav", script=script, **options), NativeReaderError)


def test_structures_and_codebooks_of_no_use(tmp_path: Path, refused: Any) -> None:
    for name, text in {"a.csv": "x;y\n1;2\n", "a.lss.toml": "", "a.qsf": "{}"}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    refused(lambda: read(tmp_path / "a.csv", structure=tmp_path / "a.lss.toml"), LoadError)
    questionnaire = str(refusal(tmp_path / "a.csv", codebook=tmp_path / "a.qsf"))
    assert questionnaire.startswith("The codebook `a.qsf` cannot be read. It is not TOML: ")
    assert questionnaire.endswith('Write it as `structure="a.qsf"`, for it describes a questionnaire.')


LARGE = b"<stata_dta>" + b"\0" * 1_500_000 + b"end"


def test_no_more_is_read_than_is_needed(tmp_path: Path) -> None:
    file = tmp_path / "a.dta"
    file.write_bytes(LARGE)
    source = open_source(file)
    assert "content" not in vars(source)
    assert (source.head(4), source.sha256) == (b"<sta", hashlib.sha256(LARGE).hexdigest())
    assert "content" not in vars(source)
    assert source.content == LARGE


@pytest.mark.parametrize("content", [LARGE, b"<stata_dta>end"], ids=["large", "small"])
def test_a_mapped_file_is_as_its_bytes(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.dta").write_bytes(content)
    mapped = open_source(tmp_path / "a.dta").mapped
    assert (len(mapped), (mapped[:6], mapped[0], mapped[-3:])) == (len(content), (b"<stata", ord("<"), b"end"))
    assert (mapped.startswith(b"dta>", 7), mapped.startswith(b"dta>")) == (True, False)
    assert (mapped.index(b"end"), mapped.rstrip(b"end")) == (len(content) - 3, content.rstrip(b"end"))


def test_members_of_archives_and_pipes(tmp_path: Path) -> None:
    member = SourceFile(Path("a.csv"), b"sex;hours")
    assert (member.content, member.head(3), member.mapped) == (b"sex;hours", b"sex", b"sex;hours")
    pipe = tmp_path / "a.csv"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(b"sex;hours\n"))
    writer.start()
    source = open_source(pipe)
    writer.join()
    assert (source.head(3), source.content) == (b"sex", b"sex;hours\n")
