"""Files read by ranges of rows: the same as whole, and a cut is found."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from diplab.errors import LoadError
from diplab.loaders.read import read
from diplab.loaders.readstat import child_process
from diplab.loaders.readstat.child_process import Assembly, read_plan
from diplab.loaders.readstat.reader import Extent, NativeTable, measure_extent

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 40


def written(file: Path) -> Path:
    late = ROWS - 3
    frame = pd.DataFrame(
        {
            "age": [31.0, 99.0, np.nan, -1.0] * 10,
            "whole": pd.array([1] * late + [None] * 3, dtype="Int32"),
            "full": np.arange(ROWS, dtype=np.int32),
            "day": [None] * late + [dt.date(2018, 5, 6), None, dt.date(2018, 5, 7)],
            "moment": [dt.datetime(2018, 5, 6, 7, 8, 9)] + [None] * (ROWS - 1),
            "time": [None] * 20 + [dt.time(7, 8, 9)] * 20,
            "never": [np.nan] * ROWS,
            "town": ["Orléans", "Lyon", "", "Le Mans"] * 10,
        }
    )
    if file.suffix == ".dta":
        tagged = frame.drop(columns=["day", "moment", "time"]).assign(age=[31.0, 99.0, "a", "b"] * 10)
        tagged["late"] = pd.Series([1.0] * late + ["c", 2.0, "d"], dtype=object)
        pyreadstat.write_dta(tagged, file, missing_user_values={"age": ["a", "b"], "late": ["c", "d"]})
    else:
        pyreadstat.write_sav(
            frame, file, missing_ranges={"age": [99.0, -1.0]}, compress=file.suffix == ".zsav",
            row_compress=file.stem == "rows",
        )  # fmt: skip
    return file


@pytest.fixture
def by_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the smallest file in ranges of a few rows, in two processes."""
    monkeypatch.setattr(child_process, "_LARGE", 0)
    monkeypatch.setattr(child_process, "_SMALL", 0)
    monkeypatch.setattr(child_process, "_CHUNK", 600)
    monkeypatch.setattr(child_process, "_COMPRESSED_CHUNK", 600)
    monkeypatch.setattr(child_process, "_processors", lambda: 2)


@pytest.mark.usefixtures("by_ranges")
@pytest.mark.parametrize("name", ["plain.sav", "rows.sav", "packed.zsav", "new.dta"])
@pytest.mark.parametrize("apart", [True, False])
def test_ranges_make_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, apart: bool
) -> None:
    file = written(tmp_path / name)
    extent = measure_extent(file, file.suffix)
    assert len(read_plan(extent, None, (0, None)).ranges) > 3
    found = read(file, isolated=apart)
    with monkeypatch.context() as whole:
        whole.setattr(child_process, "_LARGE", 10**9)
        expected = read(file, isolated=False)
    pd.testing.assert_frame_equal(found.frame, expected.frame)
    assert found.codebook == expected.codebook
    assert set(found.missing) == set(expected.missing)
    for column, codes in expected.missing.items():
        assert found.missing[column].codes == codes.codes
        assert found.missing[column].places.tolist() == codes.places.tolist()


@pytest.mark.usefixtures("by_ranges")
@pytest.mark.parametrize("length", [30, 900, 2000])
def test_a_cut_is_found_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, length: int) -> None:
    file = written(tmp_path / "plain.sav")
    file.write_bytes(file.read_bytes()[:-length])
    with pytest.raises(LoadError) as error:
        read(file)
    monkeypatch.setattr(child_process, "_LARGE", 10**9)
    with pytest.raises(LoadError) as expected:
        read(file, isolated=False)
    assert str(error.value) == str(expected.value)
    assert "Its header says 40 rows and" in str(error.value)


@pytest.mark.usefixtures("by_ranges")
def test_rows_beyond_those_of_the_header_are_found(tmp_path: Path) -> None:
    file = written(tmp_path / "plain.sav")
    content = bytearray(file.read_bytes())
    content[80:84] = (30).to_bytes(4, "little")
    file.write_bytes(content)
    with pytest.raises(LoadError, match="Its header says 30 rows and 40 can be read"):
        read(file)


@pytest.mark.parametrize("name", ["plain.sav", "rows.sav", "packed.zsav", "new.dta"])
@pytest.mark.parametrize("apart", [True, False])
@pytest.mark.parametrize("rows", [range(3), range(5, 9), range(38, 60), range(50, 60), range(0), range(7, 7)])
def test_only_the_rows_asked(tmp_path: Path, name: str, apart: bool, rows: range) -> None:
    file = written(tmp_path / name)
    found = read(file, rows=rows, isolated=apart)
    assert found.frame["full"].tolist() == list(range(ROWS))[rows.start : rows.stop]
    assert list(found.frame) == list(read(file).frame)


def test_rows_and_columns_together(tmp_path: Path) -> None:
    found = read(written(tmp_path / "plain.sav"), rows=range(2, 4), columns=["town", "full"])
    assert found.frame.to_dict("list") == {"town": [np.nan, "Le Mans"], "full": [2, 3]}


def test_ranges_of_a_compressed_file_are_few() -> None:
    # A million rows of 400 bytes: 20 MB at once where rows are found directly, 200 MB where they are not.
    widths = {f"q{number}": 8 for number in range(50)}
    direct = read_plan(Extent(1_000_000, widths, direct=True), None, (0, None), 2)
    packed = read_plan(Extent(1_000_000, widths, direct=False), None, (0, None), 2)
    assert (len(direct.ranges), len(packed.ranges)) == (20, 2)
    assert direct.ranges[-1] == (950_000, None)
    assert direct.bytes_at_once == 20_000_000


def test_words_that_one_range_alone_reads_in_another_encoding_are_seen() -> None:
    about = {"tags": {}, "encoding": ""}
    assembly = Assembly(0, 2)
    assembly.add(0, NativeTable({"town": np.array(["Lyon"], dtype=object)}, {}, dict(about)))
    other = {**about, "encoding": "WINDOWS-1252"}
    assembly.add(1, NativeTable({"town": np.array(["Orléans"], dtype=object)}, {}, other))
    assert not assembly.agrees
