"""CSV as it is written: its very words, what is refused, what is made safe for spreadsheets."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from diplab.errors import LoadError
from diplab.loaders.parquet import write_parquet
from diplab.loaders.read import read
from diplab.loaders.write import write_delimited
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import LinkedTable, Microdata
from diplab.microdata.missing import MissingCodes

if TYPE_CHECKING:
    from pathlib import Path


def of(**columns: Any) -> Microdata:
    return Microdata(pd.DataFrame(columns), Codebook())


def test_words_of_the_file(tmp_path: Path) -> None:
    data = Microdata(
        pd.DataFrame(
            {
                "age": [31.0, np.nan, np.nan],
                "town": ["Orléans, centre", 'dit "le"', "a\nb"],
                "day": pd.Series([dt.date(2026, 1, 2), np.nan, np.nan], dtype=object),
                "yes": [True, False, True],
            }
        ),
        Codebook().described("age", missing={99: "refused"}),
        {"age": MissingCodes((99,), np.array([-1, 0, -1]))},
    )
    file = write_delimited(data, tmp_path / "a.csv")
    assert file.read_bytes().decode() == (
        'age,town,day,yes\r\n31.0,"Orléans, centre",2026-01-02,true\r\n99,"dit ""le""",,false\r\n,"a\nb",,true\r\n'
    )
    written = (tmp_path / "a.codebook.toml").read_text(encoding="utf-8")
    assert '[variables."day"]\nstorage = "date"' in written
    assert '[variables."yes"]\nstorage = "boolean"' in written
    assert written.count("storage") == 2


def test_one_column_with_gaps(tmp_path: Path) -> None:
    back = read(write_delimited(of(a=["x", None, "y;z"]), tmp_path / "a.csv"))
    assert back.frame["a"].isna().tolist() == [False, True, False]
    assert back.frame["a"].dropna().tolist() == ["x", "y;z"]


def test_categories_and_numbers_with_gaps_of_pandas(tmp_path: Path) -> None:
    made = of(c=pd.Categorical(["01", None, "02"]), i=pd.array([1, None, 3], dtype="Int64"))
    for write, name in ((write_delimited, "a.csv"), (write_parquet, "a.parquet")):
        back = read(write(made, tmp_path / name))
        assert back.frame["c"].tolist()[::2] == ["01", "02"]
        assert back.frame["i"].tolist()[::2] == [1.0, 3.0]
        assert back.frame.isna().sum().tolist() == [1, 1]


def test_codes_left_in_the_frame_are_declared(tmp_path: Path) -> None:
    made = Microdata(
        pd.DataFrame({"age": [31, 99], "town": ["Lyon", "?"]}),
        Codebook().described("age", missing={99: "refused"}).described("town", missing={"?": "unclear"}),
    )
    for write, name in ((write_delimited, "a.csv"), (write_parquet, "a.parquet")):
        back = read(write(made, tmp_path / name))
        assert back.codebook.reasons == {"age": {"refused": 1}, "town": {"unclear": 1}}
        assert back.frame.isna().sum().tolist() == [1, 1]


NOT_THE_SAME = (
    "The answers of `a` would not read back as they are: they are of several kinds, or look like its missing codes. "
    "Write them as words, numbers, yes and no, or dates, none of which is a missing code."
)


@pytest.mark.parametrize(
    "made",
    [
        of(a=[1, "x"]),
        Microdata(pd.DataFrame({"a": ["9", "x"]}), Codebook().described("a", missing={9: "refused"})),
        of(**{" a": [1]}),
        Microdata(pd.DataFrame(), Codebook()),
        of(a=["x\0"]),
        Microdata(pd.DataFrame({"k": [1]}), Codebook(), linked={"../b": LinkedTable(of(f=[1]), "k", "f")}),
    ],
)
def test_refusals(tmp_path: Path, made: Microdata, error_text: Any) -> None:
    with pytest.raises(LoadError) as error:
        write_delimited(made, tmp_path / "a.csv")
    error_text(error)
    assert list(tmp_path.iterdir()) == []


def test_another_suffix(tmp_path: Path, error_text: Any) -> None:
    with pytest.raises(LoadError) as error:
        write_delimited(of(a=[1]), tmp_path / "a.txt")
    error_text(error)


LINK = '[links.trips]\nfile = "{}"\nkey = "{}"\nforeign = "{}"\n'


@pytest.mark.parametrize(
    "link",
    [
        LINK.format("../a.trips.csv", "k", "f"),
        LINK.format("a.csv", "k", "f"),
        LINK.format("a.trips.csv", "k", "g"),
        LINK.format("a.trips.csv", "", "f"),
    ],
)
def test_links_that_cannot_be_followed(tmp_path: Path, link: str, error_text: Any) -> None:
    (tmp_path / "a.csv").write_text("k,x\n1,2\n", encoding="utf-8")
    (tmp_path / "a.trips.csv").write_text("f,y\n1,2\n", encoding="utf-8")
    (tmp_path / "a.codebook.toml").write_text(link, encoding="utf-8")
    with pytest.raises(LoadError) as error:
        read(tmp_path / "a.csv")
    error_text(error)
    assert list(read(tmp_path / "a.csv", columns=["k"]).frame) == ["k"]
