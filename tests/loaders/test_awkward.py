"""Data that are awkward to keep: each file gives them back as they were, or refuses them in a clear sentence."""

from __future__ import annotations

import datetime as dt
import itertools
import struct
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from diplab.errors import LoadError, OptionError
from diplab.loaders.parquet import write_parquet
from diplab.loaders.read import read
from diplab.loaders.write import write, write_delimited
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import LinkedTable, Microdata
from diplab.microdata.variable import Variable
from diplab.reference.text import Text
from tests.loaders.factories import codes, of

TEXTS = (".csv", ".tsv")
STATISTICAL = (".sav", ".zsav", ".dta")
ALL = (*STATISTICAL, *TEXTS, ".parquet")


@pytest.fixture
def not_written(tmp_path: Path, refused: Any) -> Any:
    """Return a check that data are not written, and that nothing is left behind."""

    def check(name: str, data: Microdata) -> None:
        refused(lambda: write(data, tmp_path / name), LoadError)
        assert sorted(tmp_path.iterdir()) == []

    return check


def test_one_codebook_beside_four_files_written_in_any_order(tmp_path: Path) -> None:
    day = dt.date(2026, 1, 2)
    data = of(department=["01", "75"], **{"uses[SQ001]": [1.0, np.nan]}, day=[day, None])
    for place, order in enumerate(itertools.permutations([".csv", ".sav", ".dta", ".parquet"])):
        files = [write(data, tmp_path / f"survey{place}{suffix}") for suffix in order]
        for file in files:
            back = read(file, isolated=False)
            assert (back.frame["department"].tolist(), back.frame["day"].tolist()[0]) == (["01", "75"], day)
            assert list(back.codebook) == ["department", "uses[SQ001]", "day"]


def test_missing_words_of_pandas_and_empty_ones(tmp_path: Path) -> None:
    words = pd.DataFrame({"a": pd.array(["x", None, "R"], dtype="string")})
    data = Microdata(words, Codebook().described("a", missing={"R": "refused"}))
    for suffix in STATISTICAL:
        back = read(write(data, tmp_path / f"a{suffix}"), isolated=False)
        assert (str(back.frame["a"].dtype), back.frame["a"].isna().tolist()) == ("string", [False, True, True])
        assert back.codebook.reasons["a"] == {"refused": 1, "system": 1}
    for suffix in TEXTS:
        back = read(write(of(a=["x", "", None]), tmp_path / f"b{suffix}"))
        assert (back.frame["a"].isna().tolist(), back.codebook.reasons["a"]) == ([False, True, True], {"system": 2})


def test_no_file_keeps_a_time_zone_or_half_a_character(not_written: Any) -> None:
    paris = pd.Series(pd.to_datetime(["2026-07-01 12:00"])).dt.tz_localize("Europe/Paris")
    half = Codebook({"a": Variable("a", label=Text.same("\ud800"))})
    for suffix in ALL:
        for answer in (paris, [dt.datetime(2026, 7, 1, 12, tzinfo=dt.UTC)], [dt.time(12, tzinfo=dt.UTC)]):
            not_written(f"a{suffix}", of(d=pd.Series(answer, dtype=None if answer is paris else object)))
        not_written(f"a{suffix}", Microdata(pd.DataFrame({"a": [1.0]}), half))


def test_answers_that_a_file_cannot_hold(not_written: Any) -> None:
    undeclared = Microdata(pd.DataFrame({"a": [1.0, np.nan]}), Codebook(), {"a": codes([99], -1, 0)})
    for suffix in (*TEXTS, ".parquet"):
        not_written(f"a{suffix}", undeclared)
    for suffix in (".sav", *TEXTS):
        not_written(f"a{suffix}", of(a=pd.Series(["\ud800"], dtype=object)))
    not_written("a.parquet", of(a=[[1], [2]]))
    not_written("a.csv", of(a=[[1], [2]]))
    not_written("a.sav", of(a=["é" * 20_000]))
    not_written("a.csv", of(a=["x" * 131_073]))
    not_written("a.parquet", of(a=pd.array([2**60 + 1, None], dtype="Int64")))


@pytest.mark.parametrize("suffix", [".sav", ".dta"])
def test_names_keep_their_letters(tmp_path: Path, suffix: str) -> None:
    names = ["id. Réponse", "استخدام[SQ001]", "q[一]", "名" * 70]
    file = write(of(**{name: [1.0] for name in names}), tmp_path / f"a{suffix}")
    names_written = (pyreadstat.read_sav if suffix == ".sav" else pyreadstat.read_dta)(file)[1].column_names
    long = "名" * 18 if suffix == ".sav" else names_written[3]
    assert names_written == ["id_Réponse", "استخدام_SQ001", "q_一", long]
    assert list(read(file, isolated=False).frame) == names


def test_a_place_where_nothing_can_stand(tmp_path: Path) -> None:
    (tmp_path / "c.codebook.toml").mkdir()
    for suffix in ALL:
        (tmp_path / f"b{suffix}").mkdir()
        texts = {
            f"no/a{suffix}": f"There is no folder `{tmp_path / 'no'}`. "
            "Write in a folder that exists, and in which you may write.",
            f"b{suffix}": f"There is a folder named `b{suffix}`. Write another name.",
            f"c{suffix}": "There is a folder named `c.codebook.toml`. Write another name.",
        }
        for name, text in texts.items():
            with pytest.raises(LoadError) as caught:
                write(of(a=[1.0]), tmp_path / name)
            assert str(caught.value) == f"The file `{Path(name).name}` cannot be written. {text}"
    assert len(list(tmp_path.iterdir())) == len(ALL) + 1


def test_a_column_asked_for_without_a_list(tmp_path: Path, refused: Any) -> None:
    file = write(of(age=[1.0]), tmp_path / "a.csv")
    refused(lambda: read(file, columns="age"), OptionError)
    with pytest.raises(OptionError, match=r"Write `columns=\['1'\]`"):
        read(file, columns=[1])  # type: ignore[list-item]


@pytest.mark.parametrize("order", ["little", "big"])
def test_long_words_of_stata(tmp_path: Path, order: Any) -> None:
    file, words = tmp_path / "a.dta", ["x" * 3000, "", "é" * 2000]
    frame = pd.DataFrame({"a": [1, 2, 3], "w": words})
    for release in (117, 118, 119):
        frame.to_stata(file, version=release, write_index=False, convert_strl=["w"], byteorder=order)  # type: ignore[arg-type]
        assert read(file, isolated=False).frame["w"].fillna("").tolist() == words
        content = bytearray(file.read_bytes())
        at = content.index(b"GSO") + 3
        content[at : at + 4] = struct.pack("<I" if order == "little" else ">I", 7)
        file.write_bytes(content)
        with pytest.raises(LoadError, match="1 of its cells point to long words that are not there, as those of haven"):
            read(file, isolated=False)


def test_long_words_of_a_large_stata_file(tmp_path: Path) -> None:
    # from a megabyte on a file is mapped and not read
    file, words = tmp_path / "a.dta", [f"{place:04}" * 900 for place in range(400)]
    pd.DataFrame({"w": words}).to_stata(file, version=118, write_index=False, convert_strl=["w"])
    assert read(file, isolated=False).frame["w"].tolist() == words


def test_a_wide_file_is_read_within_the_limits_of_memory(tmp_path: Path) -> None:
    columns = [f"q{place}" for place in range(2500)]
    file = tmp_path / "wide.sav"
    pyreadstat.write_sav(pd.DataFrame({name: [1.0, np.nan] for name in columns}), file)
    assert read(file).frame.shape == (2, 2500)
    content = bytearray(file.read_bytes())
    content[80:84] = struct.pack("<i", 1)
    file.write_bytes(content)
    with pytest.raises(LoadError, match="Its header says 1 rows and 2 can be read"):
        read(file)


def test_words_of_the_file(tmp_path: Path) -> None:
    day = pd.Series([dt.date(2026, 1, 2), np.nan, np.nan], dtype=object)
    town = ["Orléans, centre", 'dit "le"', "a\nb"]
    data = Microdata(
        pd.DataFrame({"age": [31.0, np.nan, np.nan], "town": town, "day": day, "yes": [True, False, True]}),
        Codebook().described("age", missing={99: "refused"}),
        {"age": codes([99], -1, 0, -1)},
    )
    file = write_delimited(data, tmp_path / "a.csv")
    assert file.read_bytes().decode() == (
        'age,town,day,yes\r\n31.0,"Orléans, centre",2026-01-02,true\r\n99,"dit ""le""",,false\r\n,"a\nb",,true\r\n'
    )
    written = (tmp_path / "a.codebook.toml").read_text(encoding="utf-8")
    assert '[variables."day"]\nstorage = "date"' in written
    assert '[variables."yes"]\nstorage = "boolean"' in written
    assert written.count("storage") == 2


def test_one_column_with_gaps_and_kinds_of_pandas(tmp_path: Path) -> None:
    back = read(write_delimited(of(a=["x", None, "y;z"]), tmp_path / "a.csv"))
    assert back.frame["a"].isna().tolist() == [False, True, False]
    assert back.frame["a"].dropna().tolist() == ["x", "y;z"]
    kinds = of(c=pd.Categorical(["01", None, "02"]), i=pd.array([1, None, 3], dtype="Int64"))
    declared = Microdata(
        pd.DataFrame({"age": [31, 99], "town": ["Lyon", "?"]}),
        Codebook().described("age", missing={99: "refused"}).described("town", missing={"?": "unclear"}),
    )
    for writer, name in ((write_delimited, "a.csv"), (write_parquet, "a.parquet")):
        back = read(writer(kinds, tmp_path / name))
        assert (back.frame["c"].tolist()[::2], back.frame["i"].tolist()[::2]) == (["01", "02"], [1.0, 3.0])
        assert back.frame.isna().sum().tolist() == [1, 1]
        back = read(writer(declared, tmp_path / name))
        assert back.codebook.reasons == {"age": {"refused": 1}, "town": {"unclear": 1}}
        assert back.frame.isna().sum().tolist() == [1, 1]
    write(of(a=["01", "02"]), tmp_path / "a.csv")
    write(of(a=["01", "02"]), tmp_path / "a.tsv")
    write(of(a=[1.5, 2.0]), tmp_path / "a.csv")
    assert read(tmp_path / "a.csv").frame["a"].tolist() == [1.5, 2.0]


def test_refusals(tmp_path: Path, refused: Any) -> None:
    for made in (
        of(a=[1, "x"]),
        Microdata(pd.DataFrame({"a": ["9", "x"]}), Codebook().described("a", missing={9: "refused"})),
        of(**{" a": [1]}),
        Microdata(pd.DataFrame(), Codebook()),
        of(a=["x\0"]),
        Microdata(pd.DataFrame({"k": [1]}), Codebook(), linked={"../b": LinkedTable(of(f=[1]), "k", "f")}),
    ):
        refused(partial(write_delimited, made, tmp_path / "a.csv"), LoadError)
        assert list(tmp_path.iterdir()) == []


LINK = '[links.trips]\nfile = "{}"\nkey = "{}"\nforeign = "{}"\n'


def test_links_that_cannot_be_followed(tmp_path: Path, refused: Any) -> None:
    (tmp_path / "a.csv").write_text("k,x\n1,2\n", encoding="utf-8")
    (tmp_path / "a.trips.csv").write_text("f,y\n1,2\n", encoding="utf-8")
    link = ("a.trips.csv", "k", "f")
    for wrong in (("../a.trips.csv", *link[1:]), ("a.csv", *link[1:]), (*link[:2], "g"), (link[0], "", "f")):
        (tmp_path / "a.codebook.toml").write_text(LINK.format(*wrong), encoding="utf-8")
        refused(lambda: read(tmp_path / "a.csv"), LoadError)
        assert list(read(tmp_path / "a.csv", columns=["k"]).frame) == ["k"]


def test_answers_that_begin_like_formulas(tmp_path: Path) -> None:
    words = [
        "=cmd|' /C calc'!A0",
        "+x",
        "-y",
        "@SUM(A1)",
        "\tz",
        "'=1",
        "'-5",
        "-5",
        "-5,0",
        "+33 6 12",
        "'",
        "it's",
        None,
    ]
    data = of(a=words, n=[-1.0, *[float("-inf")] * 12], **{"=b": ["plain"] * 13})
    with pytest.warns(UserWarning, match='`formulas="escape"` puts an apostrophe before') as warned:
        write(data, tmp_path / "a.csv")
    assert "might run them: `a`. " in str(warned[0].message)
    assert warned[0].filename == __file__
    with pytest.warns(UserWarning, match="Des réponses commencent comme une formule"):
        write(data, tmp_path / "a.tsv", language="fr")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write(data, tmp_path / "k.csv", formulas="keep")
        write(Microdata(data.frame[["n"]], Codebook()), tmp_path / "n.csv")
        for suffix in (".csv", ".tsv"):
            file = write(data, tmp_path / f"e{suffix}", formulas="escape")
            held = pd.read_csv(file, sep="," if suffix == ".csv" else "\t", dtype=str, keep_default_na=False)[
                "a"
            ].tolist()
            assert held == [f"'{word}" for word in words[:7]] + words[7:12] + [""]
            assert read(file).frame["a"].tolist()[:12] == words[:12]
    assert read(tmp_path / "k.csv").frame["a"].tolist()[:12] == words[:12]
