"""The answers of SPSS and Stata files, which numpy decodes: as the native reader reads them, or left to it."""

from __future__ import annotations

import random
import struct
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from diplab.errors import ColumnError, LoadError
from diplab.loaders.read import read
from diplab.loaders.readstat import load
from diplab.loaders.readstat.answers import SpssAnswers, StataAnswers, decode_answers
from diplab.loaders.source import Request, open_source

WIDTHS = (0, 11, 0)  # a number, words of eleven bytes in two elements, a number
MISSING = -float.fromhex("0x1.fffffffffffffp+1023")


def decoded(content: bytes, compression: int, *, little: bool = True, rows: int = 2) -> Any:
    answers = SpssAnswers(0, rows, WIDTHS, compression, 100.0, little, "UTF-8")
    found = decode_answers(content, answers, [2, 1, 0])
    return found and [
        np.nan_to_num(each, nan=-1).tolist() if each.dtype != object else list(each)
        for each in found[0]
    ]


ROWS = [[2.5, -1.0], ["Le Mans é", ""], [7.0, -1.0]]


@pytest.mark.parametrize("little", [True, False])
def test_bytes_worked_by_hand(little: bool) -> None:
    """The format as PSPP describes it: a code of a block stands for an element, 253 for one that follows the block."""
    order = "<" if little else ">"
    town = "Le Mans é".encode().ljust(16)
    plain = struct.pack(f"{order}d", 7.0) + town + struct.pack(f"{order}d", 2.5)
    plain += struct.pack(f"{order}d", MISSING) + b" " * 16 + struct.pack(f"{order}d", MISSING)
    assert decoded(plain, 0, little=little) == ROWS
    # 7 is 107; the town takes two literals; 2.5 one; then missing, blanks, and missing, in the next
    # block
    packed = bytes([107, 253, 253, 253, 255, 254, 254, 0]) + town + struct.pack(f"{order}d", 2.5)
    packed += bytes([255, 252, 0, 0, 0, 0, 0, 0])
    assert decoded(packed, 1, little=little) == ROWS
    body = zlib.compress(packed)
    table = struct.pack(f"{order}qqii", -100, 0, 4096, 1) + struct.pack(
        f"{order}qqii", 24, 24, len(packed), len(body)
    )
    whole = struct.pack(f"{order}qqq", 0, 24 + len(body), len(table)) + body + table
    assert decoded(whole, 2, little=little) == ROWS
    swollen = whole[: 24 + len(body)] + table[:-8] + struct.pack(f"{order}ii", 10**9, len(body))
    for content, compression, rows in (
        *((plain[:-1], 0, 2), (packed[:-8], 1, 2), (packed, 1, 3), (packed, 1, 1), (packed, 1, 2**40), (swollen, 2, 2)),
        (packed.replace(bytes([107, 253]), bytes([254, 253])), 1, 2),  # blanks for a number
        (packed.replace(bytes([254, 254]), bytes([254, 100])), 1, 2),  # a small number for words
        *((plain.replace(b"Mans", bad), 0, 2) for bad in (b"M\0ns", b"M\xffns")),
        (whole[:30], 2, 2), (b"", 0, 2),
    ):  # fmt: skip
        assert decoded(content, compression, little=little, rows=rows) is None


def test_bytes_of_stata_worked_by_hand() -> None:
    """Missing values as the help of Stata (`dta`) has them: `.` above the largest number, `.a` one step further."""
    kinds = ("i1", "i2", "i4", "f4", "f8", "S5")
    rows = [
        (100, 32_740, 2_147_483_620, 1.5, -2.5, "né".encode()),
        (101, 32_741, 2_147_483_621, *map(float.fromhex, ("0x1p127", "0x1p1023")), b""),
        (
            102,
            32_767,
            2_147_483_622,
            *map(float.fromhex, ("0x1.001p127", "0x1.01ap1023")),
            b"ab \0c",
        ),
    ]
    for order in "<>":
        content = b"".join(struct.pack(f"{order}bhifd5s", *row) for row in rows)
        answers = StataAnswers(0, 3, kinds, order == "<", "utf-8")
        columns, letters = decode_answers(content, answers, range(6))
        assert [[None if pd.isna(each) else each for each in column.tolist()] for column in columns] == [
            [100, None, None], [32_740, None, None], [2_147_483_620, None, None], [1.5, None, None],
            [-2.5, None, None], ["né", "", "ab "],
        ]  # fmt: skip
        ends = [None if each is None else each.tolist() for each in letters]
        assert ends == [
            ["", "", "a"],
            ["", "", "z"],
            ["", "", "a"],
            ["", "", "a"],
            ["", "", "z"],
            None,
        ]
        assert [each.dtype for each in decode_answers(content, replace(answers, rows=1), range(5))[0]] == [
            *(np.int64,) * 3, *(np.float64,) * 2
        ]  # fmt: skip
    # between two missing values, beyond the last, not in the encoding, cut
    for place, value in (
        (7, struct.pack("<f", float.fromhex("0x1.0000000002p127") * 1.0001)),
        (0, None),
    ):
        changed = content if value is None else content[:place] + value + content[place + 4 :]
        assert (
            decode_answers(
                changed, StataAnswers(0, 4 if value is None else 3, kinds, True, "utf-8"), [3]
            )
            is None
        )
    assert decode_answers(b"n\xe9", StataAnswers(0, 1, ("S2",), True, "utf-8"), [0]) is None


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Return files of all kinds, with words in accents, codes declared missing, and letters."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({
        "full": np.arange(900.0), "pay": rng.gamma(2, 700, 900).round(2),
        "code": rng.integers(-3, 200, 900).astype(float),
        "town": rng.choice(["Paris", "", "Le Mans", "Orléans-la-Source"], 900), "very": ["x"] * 900,
    })  # fmt: skip
    frame.loc[::7, "pay"] = np.nan
    written = [
        tmp_path / name for name in ("a.sav", "b.sav", "c.zsav", "d.dta", "e.dta", "f.dta", "g.dta")
    ]
    for file, options in zip(
        written, ({}, {"row_compress": True}, {"compress": True}), strict=False
    ):
        pyreadstat.write_sav(frame, file, missing_ranges={"code": [9]}, **options)
    whole = frame.assign(
        **{kind: rng.integers(0, 100, 900).astype(kind) for kind in ("int8", "int16", "int32")}
    )
    lettered = whole.assign(late=pd.Series([1.0] * 898 + ["c", 2.0], dtype=object))
    for file, release in zip(written[3:5], (12, 14), strict=True):
        pyreadstat.write_dta(lettered, file, version=release, missing_user_values={"late": ["c"]})
    for file, release, order in zip(written[5:], (114, 118), ("little", "big"), strict=True):
        whole.assign(single=whole["pay"].astype("float32")).to_stata(
            file, version=release, byteorder=order
        )
    return written


def tables(file: Path, columns: list[str] | None = None) -> tuple[Any, Any]:
    source, request = open_source(file), Request(isolated=False)
    return load._decoded(source, request, columns, load.check_header(source)), load.native_table(
        source, request, columns
    )


def plain(table: Any) -> Any:
    """Return what is compared of a table: all that it says, and its cells."""
    columns = {
        name: {
            **vars(each),
            "codes": list(map(list, each.codes)),
            "values": (
                each.values.dtype,
                [None if pd.isna(cell) else cell for cell in each.values.tolist()],
            ),
            "tags": None if each.tags is None else each.tags.tolist(),
        }
        for name, each in table.columns.items()
    }
    return columns, dict(table.about)


def test_numpy_reads_what_the_native_reader_reads(
    files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("diplab.loaders.readstat.answers._BLOCKS_AT_ONCE", 7)
    monkeypatch.setattr("diplab.loaders.readstat.answers._ROWS_AT_ONCE", 7)
    for file in files:
        for columns in (None, ["town", "full"]):
            found, native = tables(file, columns)
            assert plain(found) == plain(native)
        assert read(file, isolated=False).codebook.reasons["pay"] == {"system": 129}
        with pytest.raises(ColumnError, match="nowhere"):
            read(file, isolated=False, columns=["nowhere"])
    assert read(files[4]).codebook.reasons["late"] == {".c": 1}


def test_damaged_files_are_read_alike_or_left_to_the_native_reader(
    files: list[Path], monkeypatch: Any
) -> None:
    rng, decoded_at_all = random.Random(20261129), 0
    for turn in range(150):
        file = files[turn % len(files)]
        whole = bytearray(file.read_bytes())
        for _ in range(rng.choice([1, 1, 2, 5])):
            whole[rng.randrange(len(whole))] = rng.choice(
                [0, 1, 32, 100, 252, 253, 254, 255, rng.randrange(256)]
            )
        damaged = file.with_name(f"d{turn}{file.suffix}")
        damaged.write_bytes(whole)
        try:
            found, native = tables(damaged)
        except LoadError:
            continue
        decoded_at_all += found is not None
        assert found is None or plain(found) == plain(native)
    assert decoded_at_all > 30


@pytest.mark.shared
def test_real_files(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    by_numpy = 0
    files = (
        each
        for kind in ("*.*sav", "*.dta")
        for each in sorted((shared / "data/loaders").rglob(kind))
    )
    for file in files:
        try:
            found, native = tables(file)
        except LoadError:
            continue
        by_numpy += found is not None
        assert found is None or plain(found) == plain(native), file.name
    assert by_numpy > 25
