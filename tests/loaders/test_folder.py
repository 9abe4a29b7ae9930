"""Folders and queries: kept lazy, typed as files are, counted when asked, and the same numbers as in memory.

Parquet: kinds of columns of Arrow, part of a file, damaged files.
"""

from __future__ import annotations

import datetime as dt
import decimal
import sys
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any
from unittest import mock

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import diplab as dl
from diplab.errors import ColumnError, LoadError, OptionError
from diplab.loaders.codebooks.file import write_codebook
from diplab.loaders.parquet import write_parquet
from diplab.loaders.read import read
from diplab.loaders.write import write
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata
from diplab.microdata.variable import MissingRange, Variable
from diplab.presentation.codebook.of_file import codebooks_of
from tests.loaders.factories import codes, raised

if TYPE_CHECKING:
    from pathlib import Path


CODEBOOK = Codebook({
    "age": Variable("age", missing={99: "refused"}, missing_ranges=(MissingRange(200, 300, "odd"),)),
    "status": Variable("status", missing={"EXPIRED": "expired"}), "day": Variable("day", storage="date"),
})  # fmt: skip


def answers() -> pd.DataFrame:
    rng, place = np.random.default_rng(1), np.arange(400)
    weights, strata = np.round(rng.gamma(2, 50, 400), 3), rng.choice(["01", "02", "75"], 400)
    ages = np.where(place % 17 == 0, 99, np.where(place == 5, 250, rng.integers(18, 80, 400)))
    status = rng.choice(["full", "part, time", "EXPIRED"], 400)
    hours = np.where(place % 5 == 0, np.nan, np.round(rng.gamma(3, 5, 400), 1))
    siret = [f"{12345678900000 + row * 1000}{row % 10}12" for row in place]
    return pd.DataFrame(
        {
            "w": weights, "st": strata, "psu": place // 10, "age": ages, "status": status, "hours": hours,
            "day": "2026-01-02", "siret": siret,
        }
    )  # fmt: skip


def folder(place: Path, suffix: str) -> Path:
    made = place / "survey"
    for year, part in (("2023", answers()[:150]), ("2024", answers()[150:])):
        (made / f"year={year}").mkdir(parents=True)
        for half in (0, 1):
            file = made / f"year={year}" / f"part{half}{suffix}"
            if suffix == ".parquet":
                part[half::2].to_parquet(file)
            else:
                part[half::2].to_csv(file, index=False, sep=";", decimal=",")
    (made / "_SUCCESS").touch()
    (made / ".hidden.csv").write_text("no", encoding="utf-8")
    write_codebook(CODEBOOK, made / "codebook.toml")
    return made


def eager(place: Path) -> Microdata:
    answers().assign(year=np.repeat([2023, 2024], [150, 250])).to_csv(
        place / "whole.csv", index=False
    )
    return read(place / "whole.csv", codebook=CODEBOOK)


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_a_folder_is_the_file_that_it_would_make(tmp_path: Path, suffix: str, engine: str) -> None:
    made = folder(tmp_path, suffix)
    absent = mock.patch.dict(sys.modules, {"polars": None})
    with absent if engine == "duckdb" else nullcontext():
        data = read(made)
    whole = eager(tmp_path)
    assert isinstance(nw.from_native(data.frame), nw.LazyFrame)
    assert (repr(data), len(data)) == ("<microdata survey: 400 rows, 9 columns>", 400)
    frame: Any = nw.from_native(data.frame).collect(backend="pandas").to_native()
    assert list(frame) == list(whole.frame)
    frame, own = (each.sort_values("siret", ignore_index=True) for each in (frame, whole.frame))
    for name in frame:
        assert frame[name].isna().equals(own[name].isna()), name
        if name != "day":
            assert frame[name].dropna().tolist() == own[name].dropna().tolist(), name
    assert frame["siret"].dtype == frame["st"].dtype == own["st"].dtype
    assert {
        name: dict(each) for name, each in data.codebook.reasons.items()
    } == whole.codebook.reasons
    assert data.codebook.origin.file == "survey"
    assert data.codebook.origin.reader.startswith(engine)
    assert data.codebook.origin.reader.endswith(f"4 files of {suffix}")
    assert [str(each) for each in data.codebook.origin.notices] == [
        "The checksum of the folder is that of the names, sizes, beginnings and ends of its files."
    ]


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_estimates_are_those_of_the_file_in_memory(tmp_path: Path, suffix: str) -> None:
    design: dict[str, Any] = {"weights": "w", "strata": "st", "psu": "psu"}
    there = dl.declare_design(read(folder(tmp_path, suffix)), **design)
    here = dl.declare_design(eager(tmp_path), **design)
    collected: list[int] = []
    there.engine.collected = collected.append  # type: ignore[attr-defined]
    for statistic in (dl.mean("age"), dl.total("hours"), dl.share("status")):
        lazy, memory = (dl.estimate(sample, statistic, by="year").frame for sample in (there, here))
        assert lazy.select_dtypes(exclude="number").equals(memory.select_dtypes(exclude="number"))
        numbers = lazy.select_dtypes("number").to_numpy(), memory.select_dtypes("number").to_numpy()
        assert np.allclose(*numbers, rtol=1e-9, equal_nan=True)
    # units by domain and answer come to memory, never rows
    assert max(collected) < 400


def test_reasons_are_counted_when_asked_for(tmp_path: Path) -> None:
    reasons = read(folder(tmp_path, ".parquet")).codebook.reasons
    assert repr(reasons) == "<reasons of 9 variables, counted on demand>"
    assert reasons["age"] == {"refused": 24, "odd": 1}
    assert "w" not in reasons
    assert reasons.get("none") is None


def test_columns_and_rows(tmp_path: Path, refused: Any) -> None:
    made = folder(tmp_path, ".parquet")
    data = read(made, columns=["year", "age"], rows=7)
    assert (repr(data), list(data.codebook)) == (
        "<microdata survey: 7 rows, 2 columns>",
        ["year", "age"],
    )
    with pytest.raises(ColumnError):
        read(made, columns=["pay"])
    refused(lambda: read(made, rows=range(3, 9)), OptionError)


def test_queries_of_both_engines(tmp_path: Path, refused: Any) -> None:
    frame = answers()
    relation = duckdb.from_df(
        frame.astype({"st": object, "status": object, "day": object, "siret": object})
    )
    for native in (pl.from_pandas(frame).lazy(), relation):
        data = read(native, codebook=CODEBOOK)
        assert repr(data) == "<microdata of a query: 400 rows, 8 columns>"
        assert data.codebook.reasons["age"] == {"refused": 24, "odd": 1}
        minutes = data.with_columns(minutes=nw.col("hours") * 60)
        assert nw.from_native(minutes.frame).collect_schema().names()[-1] == "minutes"
        refused(partial(data.with_columns, minutes=np.zeros(400)), OptionError)
    data = read(pl.from_pandas(frame).lazy()).with_columns(double=pl.col("age") * 2)
    assert data.frame.collect()["double"].to_list() == (frame["age"] * 2).tolist()
    refused(lambda: read({"a": [1]}), OptionError)


def test_files_that_differ_are_named(tmp_path: Path, refused: Any) -> None:
    pd.DataFrame({"a": [1], "b": [2]}).to_parquet(tmp_path / "1.parquet")
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "2.parquet")
    asked = f"The folder `{tmp_path.name}` cannot be read. "
    refused(lambda: read(tmp_path), LoadError)
    pd.DataFrame({"a": [1], "b": ["x"]}).to_parquet(tmp_path / "2.parquet")
    refused(lambda: read(tmp_path), LoadError)
    (tmp_path / "2.parquet").write_bytes(b"PAR1 and so on")
    assert str(raised(LoadError, read, tmp_path)).startswith(
        f"{asked}Its file `2.parquet` cannot be read: "
    )
    (tmp_path / "2.parquet").unlink()
    (tmp_path / "3.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    refused(lambda: read(tmp_path), LoadError)


def test_texts_of_a_folder_are_checked(tmp_path: Path, refused: Any) -> None:
    (tmp_path / "1.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    for content in (b"a,b\n1,2\n3\n", "a,b\n1,é\n".encode("cp1252"), b""):
        (tmp_path / "2.csv").write_bytes(content)
        refused(lambda: read(tmp_path), LoadError)


def test_a_folder_of_other_things(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no", encoding="utf-8")
    assert str(raised(LoadError, read, tmp_path)) == (
        f"The file `{tmp_path.name}` cannot be read. It is a folder. Write the name of a file in "
        "it."
    )


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_codes_and_days_in_several_texts_are_those_of_one(tmp_path: Path, engine: str) -> None:
    # neither text alone shows that zeros distinguish codes
    (tmp_path / "a.csv").write_text("naf,pay,day,odd,e\n47.10,1.50,2024-02-29,2023-02-28,1E3\n")
    (tmp_path / "b.csv").write_text("naf,pay,day,odd,e\n47.1,12.25,2023-12-31,2023-02-29,12\n")
    with mock.patch.dict(sys.modules, {"polars": None}) if engine == "duckdb" else nullcontext():
        data = read(tmp_path)
        frame = nw.from_native(data.frame).collect(backend="pandas").to_native().sort_values("pay")
    assert frame["naf"].tolist() == ["47.10", "47.1"]
    assert (frame["pay"].tolist(), frame["e"].tolist()) == ([1.5, 12.25], ["1E3", "12"])
    assert [str(each)[:10] for each in frame["day"]] == ["2024-02-29", "2023-12-31"]
    assert frame["odd"].tolist() == ["2023-02-28", "2023-02-29"]  # the second does not exist
    said = [each.en for each in data.codebook.origin.notices[1:]]
    assert [each.rpartition(": ")[2] for each in said] == ["`day`.", "`naf`, `e`."]
    told = Codebook(
        {name: Variable(name, storage=kind) for name, kind in (("naf", "number"), ("day", "words"))}
    )
    kept = nw.from_native(read(tmp_path, codebook=told).frame).collect(backend="pandas").to_native()
    assert (kept["naf"].tolist(), sorted(kept["day"])) == (
        [47.1, 47.1],
        ["2023-12-31", "2024-02-29"],
    )


def test_codebook_beside_the_folder(tmp_path: Path) -> None:
    made = tmp_path / "wave"
    made.mkdir()
    pd.DataFrame({"age": [30, 99]}).to_parquet(made / "1.parquet")
    write_codebook(CODEBOOK, tmp_path / "wave.codebook.toml")
    data = read(made)
    assert (data.codebook.reasons["age"], data.frame.collect()["age"].to_list()) == (
        {"refused": 1},
        [30, None],
    )


def test_the_codebook_of_a_folder_points_out_who_could_be_recognised(tmp_path: Path) -> None:
    (tmp_path / "waves").mkdir()
    mails = [f"w{place}@example.org" for place in range(30)]
    pd.DataFrame({"q1": mails, "age": range(30)}).to_parquet(tmp_path / "waves" / "a.parquet")
    written = codebooks_of(tmp_path / "waves", ["en"], out=tmp_path / "waves.html")
    assert written.identifiers == ("q1",)
    assert mails[0] not in (tmp_path / "waves.html").read_text(encoding="utf-8")


def test_a_folder_is_written_once_its_columns_are_in_memory(tmp_path: Path, refused: Any) -> None:
    (tmp_path / "waves").mkdir()
    pd.DataFrame({"age": [31, 99]}).to_parquet(tmp_path / "waves" / "a.parquet")
    data = read(tmp_path / "waves", codebook=Codebook().described("age", missing={99: "refused"}))
    refused(lambda: write(data, tmp_path / "a.sav"), LoadError)
    memory = Microdata(data.frame.select("age").collect().to_pandas(), data.codebook)  # type: ignore[operator]
    assert read(write(memory, tmp_path / "a.sav")).frame["age"].tolist()[0] == 31


# -- Parquet ------------------------------------------------------------------------------------------------------


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
    assert (frame["category"].tolist()[::2], frame["perhaps"].tolist()[::2]) == (
        ["x", "y"],
        [1.0, 0.0],
    )
    assert (frame["price"].tolist()[::2], frame["day"][0]) == ([1.5, 2.0], dt.date(2026, 1, 2))
    assert frame["hour"][0] == dt.time(9, 5)
    # Arrow takes a moment given without zone as UTC; in July the clocks of Paris are two hours
    # ahead.
    assert (frame["paris"][0] - frame["moment"][0], frame["lasted"][0]) == (
        pd.Timedelta(hours=2),
        90.0,
    )
    assert [str(each) for each in data.codebook.origin.notices] == [
        "The numbers of `huge` are too long to stay exact: they are read as words.",
        "The hours of `paris` are in the local time of Europe/Paris.",
    ]
    assert data.codebook.origin.reader == f"pyarrow {pa.__version__}"
    assert data.codebook.reasons["none"] == {"system": 3}


def test_lists_of_words_are_a_question_with_several_answers(tmp_path: Path) -> None:
    data = read(
        written(tmp_path, uses=pa.array([["mail", "phone"], [], None, ["phone"]]), n=[1, 2, 3, 4])
    )
    assert list(data.frame) == ["uses_mail", "uses_phone", "n"]
    assert np.array_equal(data.frame["uses_phone"], [1, 0, np.nan, 1], equal_nan=True)
    assert data.codebook.sets["uses"].columns == ("uses_mail", "uses_phone")
    assert (data.codebook["uses_phone"].part_of, data.codebook["uses_phone"].label.fr) == (
        "uses",
        "phone",
    )


def test_missing_codes_in_cells_and_beside(tmp_path: Path) -> None:
    made = Microdata(
        pd.DataFrame({"age": [31.0, np.nan, np.nan]}),
        Codebook().described("age", missing={".a": "refused", ".b": ""}),
        {"age": codes([".a", ".b"], -1, 0, 1)},
    )
    file = write_parquet(made, tmp_path / "a.parquet")
    assert pq.read_table(file).to_pydict() == {
        "age": [31.0, None, None],
        "age.missing": [None, ".a", ".b"],
    }
    for columns in (None, ["age"]):
        back = read(file, columns=columns)
        assert (list(back.frame), back.codebook.reasons["age"]) == (
            ["age"],
            {"refused": 1, ".b": 1},
        )
        assert (back.missing["age"].codes, back.missing["age"].places.tolist()) == (
            (".a", ".b"),
            [-1, 0, 1],
        )


def test_nested_columns_are_left_out_and_refused_by_name(tmp_path: Path, refused: Any) -> None:
    file = written(tmp_path, n=[1], where=pa.array([{"x": 1}]), shape=[b"\x00\xff"])
    data = read(file)
    assert list(data.frame) == ["n"]
    [said] = data.codebook.origin.notices
    assert said.en.endswith("not single numbers or words: `where`, `shape`.")
    refused(lambda: read(file, columns=["n", "where"]), LoadError)
    assert list(read(file, columns=["n"]).frame) == ["n"]
    with pytest.raises(LoadError):
        read(written(tmp_path, where=pa.array([{"x": 1}])))
    file = written(tmp_path, a=[1, 2, 3, 4, 5], b=list("vwxyz"))
    assert read(file, columns=["b"], rows=range(1, 4)).frame.to_dict("list") == {
        "b": ["w", "x", "y"]
    }
    assert read(file, rows=range(4, 9)).frame["a"].tolist() == [5]
    assert len(read(file, rows=0)) == len(read(file, rows=range(8, 9))) == 0
    with pytest.raises(ColumnError):
        read(file, columns=["c"])


@pytest.mark.parametrize("suffix", [".parquet", ".feather"])
def test_categories_keep_their_order_and_their_type(tmp_path: Path, suffix: str) -> None:
    frame = pd.DataFrame(
        {
            "often": pd.Categorical(
                ["rarely", "often", None], categories=["rarely", "often", "always"], ordered=True
            ),
            "town": pd.Categorical(["Pau", "Lyon", "Pau"], categories=["Pau", "Lyon"]),
            "plain": pd.Categorical(["b", "a", "b"]),
            "code": pd.Categorical([7, 9, 7]),
            "pay": pd.Categorical([1.5, None, 2.5]),
            "day": pd.Categorical(pd.to_datetime(["2024-02-29", "2024-03-01", None])),
        }
    )
    (frame.to_parquet if suffix == ".parquet" else frame.to_feather)(tmp_path / f"a{suffix}")
    data = read(tmp_path / f"a{suffix}")
    assert list(data.codebook["often"].values) == ["rarely", "often", "always"]
    assert list(data.codebook["town"].values) == ["Pau", "Lyon"]
    assert [data.codebook[name].measure for name in frame] == [
        "ordinal",
        "nominal",
        *["unknown"] * 4,
    ]
    assert not data.codebook["plain"].values  # the order of the alphabet says nothing
    assert data.frame["code"].tolist() == [7, 9, 7]
    assert data.frame["pay"].fillna(0).tolist() == [1.5, 0, 2.5]
    assert data.frame["day"].dt.day.fillna(0).tolist() == [29, 1, 0]


def test_enumerations_of_polars(tmp_path: Path) -> None:
    levels = pl.Enum(["low", "high"])
    table = pl.DataFrame(
        {"e": pl.Series(["high", "low", None], dtype=levels), "c": ["z", "a", "z"]}
    )
    table = table.with_columns(pl.col("c").cast(pl.Categorical))
    table.write_ipc(tmp_path / "a.arrow")
    table.write_parquet(tmp_path / "a.parquet")
    for name in ("a.arrow", "a.parquet"):
        data = read(tmp_path / name)
        assert (list(data.codebook["e"].values), data.codebook["e"].measure) == (
            ["low", "high"],
            "ordinal",
        )
        assert (data.frame["c"].tolist(), dict(data.codebook["c"].values)) == (["z", "a", "z"], {})


def test_not_parquet(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"a,b\n1,2\n" * 10)
    text = str(raised(LoadError, read, tmp_path / "a.parquet"))
    assert text.startswith(
        "The file `a.parquet` cannot be read. It cannot be read: Parquet magic bytes"
    )
    assert text.endswith("Copy it again from its source, or write it again.")
