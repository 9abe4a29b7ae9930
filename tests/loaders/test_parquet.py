"""Parquet: kinds of columns of Arrow, part of a file, damaged files."""

from __future__ import annotations

import datetime as dt
import decimal
import sys
from typing import TYPE_CHECKING, Any
from unittest import mock

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from diplab.errors import ColumnError, LoadError
from diplab.loaders.parquet import write_parquet
from diplab.loaders.read import read
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata
from tests.loaders.factories import codes, raised

if TYPE_CHECKING:
    from pathlib import Path


def written(folder: Path, **columns: Any) -> Path:
    file = folder / "a.parquet"
    pq.write_table(pa.table(columns), file, row_group_size=2)
    return file


def test_kinds_of_columns(tmp_path: Path) -> None:
    moment = dt.datetime(2026, 7, 1, 12, 30)
    data = read(
        written(
            tmp_path, small=pa.array([1, 2, 3], pa.int8()), gaps=pa.array([1, None, 3], pa.int32()),
            huge=pa.array([9_007_199_254_740_993, None, 1], pa.int64()), single=pa.array([0.5, None, 1], pa.float32()),
            words=pa.array(["a", "", None]), category=pa.array(["x", None, "y"]).dictionary_encode(),
            yes=pa.array([True, False, True]), perhaps=pa.array([True, None, False]),
            price=pa.array([decimal.Decimal("1.50"), None, decimal.Decimal(2)]),
            day=pa.array([dt.date(2026, 1, 2), None, None]), hour=pa.array([dt.time(9, 5), None, None]),
            moment=pa.array([moment, None, None]),
            paris=pa.array([moment, None, None], pa.timestamp("us", tz="Europe/Paris")),
            lasted=pa.array([dt.timedelta(seconds=90), None, None]), none=pa.nulls(3),
        )
    )  # fmt: skip
    frame = data.frame
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == {
        "small": "int64", "gaps": "float64", "huge": "str", "single": "float64", "words": "str", "category": "str",
        "yes": "bool", "perhaps": "float64", "price": "float64", "day": "object", "hour": "object",
        "moment": "datetime64[us]", "paris": "datetime64[us]", "lasted": "float64", "none": "float64",
    }  # fmt: skip
    assert frame["huge"].tolist()[::2] == ["9007199254740993", "1"]
    assert frame["words"].isna().tolist() == [False, True, True]
    assert (frame["category"].tolist()[::2], frame["perhaps"].tolist()[::2]) == (["x", "y"], [1.0, 0.0])
    assert (frame["price"].tolist()[::2], frame["day"][0]) == ([1.5, 2.0], dt.date(2026, 1, 2))
    assert frame["hour"][0] == dt.time(9, 5)
    # Arrow takes a moment given without zone as UTC; in July the clocks of Paris are two hours ahead.
    assert (frame["paris"][0] - frame["moment"][0], frame["lasted"][0]) == (pd.Timedelta(hours=2), 90.0)
    assert [str(each) for each in data.codebook.origin.notices] == [
        "The numbers of `huge` are too long to stay exact: they are read as words.",
        "The hours of `paris` are those on the clocks of Europe/Paris.",
    ]
    assert data.codebook.origin.reader == f"pyarrow {pa.__version__}"
    assert data.codebook.reasons["none"] == {"system": 3}


def test_lists_of_words_are_a_question_with_several_answers(tmp_path: Path) -> None:
    data = read(written(tmp_path, uses=pa.array([["mail", "phone"], [], None, ["phone"]]), n=[1, 2, 3, 4]))
    assert list(data.frame) == ["uses_mail", "uses_phone", "n"]
    assert np.array_equal(data.frame["uses_phone"], [1, 0, np.nan, 1], equal_nan=True)
    assert data.codebook.sets["uses"].columns == ("uses_mail", "uses_phone")
    assert (data.codebook["uses_phone"].part_of, data.codebook["uses_phone"].label.fr) == ("uses", "phone")


def test_missing_codes_in_cells_and_beside(tmp_path: Path) -> None:
    made = Microdata(
        pd.DataFrame({"age": [31.0, np.nan, np.nan]}),
        Codebook().described("age", missing={".a": "refused", ".b": ""}),
        {"age": codes([".a", ".b"], -1, 0, 1)},
    )
    file = write_parquet(made, tmp_path / "a.parquet")
    assert pq.read_table(file).to_pydict() == {"age": [31.0, None, None], "age.missing": [None, ".a", ".b"]}
    for columns in (None, ["age"]):
        back = read(file, columns=columns)
        assert (list(back.frame), back.codebook.reasons["age"]) == (["age"], {"refused": 1, ".b": 1})
        assert (back.missing["age"].codes, back.missing["age"].places.tolist()) == ((".a", ".b"), [-1, 0, 1])


def test_nested_columns_are_refused_by_name(tmp_path: Path, refused: Any) -> None:
    file = written(tmp_path, n=[1], where=pa.array([{"x": 1}]))
    refused(lambda: read(file), LoadError)
    assert list(read(file, columns=["n"]).frame) == ["n"]
    file = written(tmp_path, a=[1, 2, 3, 4, 5], b=list("vwxyz"))
    assert read(file, columns=["b"], rows=range(1, 4)).frame.to_dict("list") == {"b": ["w", "x", "y"]}
    assert read(file, rows=range(4, 9)).frame["a"].tolist() == [5]
    assert len(read(file, rows=0)) == len(read(file, rows=range(8, 9))) == 0
    with pytest.raises(ColumnError):
        read(file, columns=["c"])


def test_without_pyarrow(tmp_path: Path, refused: Any) -> None:
    file = written(tmp_path, n=[1])
    with mock.patch.dict(sys.modules, {"pyarrow": None, "pyarrow.parquet": None}):
        refused(lambda: read(file), LoadError)


def test_not_parquet(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"a,b\n1,2\n" * 10)
    text = str(raised(LoadError, read, tmp_path / "a.parquet"))
    assert text.startswith("The file `a.parquet` cannot be read. It cannot be read: Parquet magic bytes")
    assert text.endswith("Copy it again from its source, or write it anew.")
