"""Files that cannot be read: one clear error each, and never the end of this process."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyreadstat
import pytest

from diplab.errors import LoadError
from diplab.loaders.formats import FORMATS
from diplab.loaders.read import read
from diplab.loaders.readstat.child_process import read_isolated
from diplab.loaders.readstat.reader import NativeReaderError

if TYPE_CHECKING:
    from pathlib import Path

SUFFIXES = ", ".join(dict.fromkeys(suffix for each in FORMATS for suffix in each.suffixes))
ANEW = "Copy it again from its source, or open it in the program that made it and save it anew."


@pytest.fixture
def sav(tmp_path: Path) -> Path:
    file = tmp_path / "survey.sav"
    pyreadstat.write_sav(pd.DataFrame({"hours": [1.5, 2.5, 3.5] * 20, "sex": ["F", "M", "F"] * 20}), file)
    return file


def message(file: Path) -> Exception:
    with pytest.raises(LoadError) as error:
        read(file)
    return error.value


def test_absent(sav: Path, error_text: Any) -> None:
    error_text(message(sav.with_name("surveys.sav")))


def test_absent_folder(tmp_path: Path) -> None:
    assert str(message(tmp_path / "none" / "a.sav")) == (
        f"The file `a.sav` cannot be read. There is no such file in `{tmp_path / 'none'}`. "
        "Write the path of a file that exists."
    )


def test_folder(tmp_path: Path, error_text: Any) -> None:
    (tmp_path / "a.sav").mkdir()
    error_text(message(tmp_path / "a.sav"))


@pytest.mark.parametrize("name", ["a.sav", "a.dta", "a.csv"])
def test_empty(tmp_path: Path, name: str, error_text: Any) -> None:
    (tmp_path / name).touch()
    error_text(message(tmp_path / name))


def test_unknown_suffix(tmp_path: Path, error_text: Any) -> None:
    error_text(message(tmp_path / "a.xyz"))


def test_no_suffix(tmp_path: Path, error_text: Any) -> None:
    error_text(message(tmp_path / "a"))


def test_not_spss(tmp_path: Path, error_text: Any) -> None:
    (tmp_path / "a.sav").write_bytes(b"PK\x03\x04 and so on")
    error_text(message(tmp_path / "a.sav"))


def test_not_stata(tmp_path: Path, error_text: Any) -> None:
    (tmp_path / "a.dta").write_bytes(b"$FL2@(#)")
    error_text(message(tmp_path / "a.dta"))


@pytest.mark.parametrize("isolated", [True, False])
def test_cut_in_the_dictionary(sav: Path, isolated: bool, error_text: Any) -> None:
    sav.write_bytes(sav.read_bytes()[:300])
    with pytest.raises(LoadError) as error:
        read(sav, isolated=isolated)
    error_text(error)


def test_cut_in_the_answers(sav: Path, error_text: Any) -> None:
    sav.write_bytes(sav.read_bytes()[:-30])
    error_text(message(sav))


@pytest.mark.parametrize("rows", [57, 63])
def test_header_that_counts_other_rows(sav: Path, rows: int, error_text: Any) -> None:
    content = bytearray(sav.read_bytes())
    content[80:84] = struct.pack("<i", rows)
    sav.write_bytes(content)
    error_text(message(sav))


def test_every_cut_is_refused(sav: Path) -> None:
    whole = sav.read_bytes()
    for length in range(1, len(whole), 41):
        sav.write_bytes(whole[:length])
        with pytest.raises(LoadError):
            read(sav, isolated=False)


def test_reader_that_dies(tmp_path: Path, error_text: Any) -> None:
    script = tmp_path / "dies.py"
    script.write_text("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", encoding="utf-8")
    with pytest.raises(NativeReaderError) as error:
        read_isolated(b"$FL2", ".sav", script=script)
    error_text(error)


def test_reader_that_fails(tmp_path: Path, error_text: Any) -> None:
    script = tmp_path / "fails.py"
    script.write_text("raise RuntimeError('no such luck')", encoding="utf-8")
    with pytest.raises(NativeReaderError) as error:
        read_isolated(b"$FL2", ".sav", script=script)
    error_text(error)


def test_reader_that_does_not_end(tmp_path: Path, error_text: Any) -> None:
    script = tmp_path / "waits.py"
    script.write_text("import time; time.sleep(60)", encoding="utf-8")
    with pytest.raises(NativeReaderError) as error:
        read_isolated(b"$FL2", ".sav", script=script, seconds=0.2)
    error_text(error)


def test_a_structure_that_has_no_use_is_refused(tmp_path: Path, error_text: Any) -> None:
    (tmp_path / "a.csv").write_text("x;y\n1;2\n", encoding="utf-8")
    (tmp_path / "a.lss.toml").write_text("", encoding="utf-8")
    with pytest.raises(LoadError) as caught:
        read(tmp_path / "a.csv", structure=tmp_path / "a.lss.toml")
    error_text(caught)


def test_a_questionnaire_given_as_a_codebook_says_where_it_goes(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x;y\n1;2\n", encoding="utf-8")
    (tmp_path / "a.qsf").write_text("{}", encoding="utf-8")
    with pytest.raises(LoadError) as caught:
        read(tmp_path / "a.csv", codebook=tmp_path / "a.qsf")
    assert str(caught.value).startswith("The codebook `a.qsf` cannot be read. It is not TOML: ")
    assert str(caught.value).endswith('Write it as `structure="a.qsf"`, for it describes a questionnaire.')


def test_a_name_that_no_disk_takes(tmp_path: Path) -> None:
    name = f"{'a' * 300}.csv"
    assert str(message(tmp_path / name)).startswith(
        f"The file `{name}` cannot be read. It cannot be opened: "
    )
