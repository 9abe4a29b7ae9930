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
from tests.loaders.factories import codes, notices, of, read_text

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
            assert (back.frame["department"].tolist(), back.frame["day"].tolist()[0]) == (
                ["01", "75"],
                day,
            )
            assert list(back.codebook) == ["department", "uses[SQ001]", "day"]


def test_missing_words_of_pandas_and_empty_ones(tmp_path: Path) -> None:
    words = pd.DataFrame({"a": pd.array(["x", None, "R"], dtype="string")})
    data = Microdata(words, Codebook().described("a", missing={"R": "refused"}))
    for suffix in STATISTICAL:
        back = read(write(data, tmp_path / f"a{suffix}"), isolated=False)
        assert (str(back.frame["a"].dtype), back.frame["a"].isna().tolist()) == (
            "string",
            [False, True, True],
        )
        assert back.codebook.reasons["a"] == {"refused": 1, "system": 1}
    for suffix in TEXTS:
        back = read(write(of(a=["x", "", None]), tmp_path / f"b{suffix}"))
        assert (back.frame["a"].isna().tolist(), back.codebook.reasons["a"]) == (
            [False, True, True],
            {"system": 2},
        )


def test_no_file_keeps_a_time_zone_or_half_a_character(not_written: Any) -> None:
    paris = pd.Series(pd.to_datetime(["2026-07-01 12:00"])).dt.tz_localize("Europe/Paris")
    half = Codebook({"a": Variable("a", label=Text.same("\ud800"))})
    for suffix in ALL:
        for answer in (
            paris,
            [dt.datetime(2026, 7, 1, 12, tzinfo=dt.UTC)],
            [dt.time(12, tzinfo=dt.UTC)],
        ):
            not_written(
                f"a{suffix}", of(d=pd.Series(answer, dtype=None if answer is paris else object))
            )
        not_written(f"a{suffix}", Microdata(pd.DataFrame({"a": [1.0]}), half))


def test_answers_that_a_file_cannot_hold(not_written: Any) -> None:
    undeclared = Microdata(
        pd.DataFrame({"a": [1.0, np.nan]}), Codebook(), {"a": codes([99], -1, 0)}
    )
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
    names_written = (pyreadstat.read_sav if suffix == ".sav" else pyreadstat.read_dta)(file)[
        1
    ].column_names
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
        frame.to_stata(
            file, version=release, write_index=False, convert_strl=["w"], byteorder=order
        )  # type: ignore[arg-type]
        assert read(file, isolated=False).frame["w"].fillna("").tolist() == words
        content = bytearray(file.read_bytes())
        at = content.index(b"GSO") + 3
        content[at : at + 4] = struct.pack("<I" if order == "little" else ">I", 7)
        file.write_bytes(content)
        with pytest.raises(
            LoadError,
            match="1 of its cells point to long words that are not there, as those of haven",
        ):
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
        pd.DataFrame(
            {"age": [31.0, np.nan, np.nan], "town": town, "day": day, "yes": [True, False, True]}
        ),
        Codebook().described("age", missing={99: "refused"}),
        {"age": codes([99], -1, 0, -1)},
    )
    file = write_delimited(data, tmp_path / "a.csv")
    assert file.read_bytes().decode() == (
        'age,town,day,yes\r\n31.0,"Orléans, centre",2026-01-02,true\r\n99,"dit '
        '""le""",,false\r\n,"a\nb",,true\r\n'
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
        Codebook()
        .described("age", missing={99: "refused"})
        .described("town", missing={"?": "unclear"}),
    )
    for writer, name in ((write_delimited, "a.csv"), (write_parquet, "a.parquet")):
        back = read(writer(kinds, tmp_path / name))
        assert (back.frame["c"].tolist()[::2], back.frame["i"].tolist()[::2]) == (
            ["01", "02"],
            [1.0, 3.0],
        )
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
        Microdata(
            pd.DataFrame({"a": ["9", "x"]}), Codebook().described("a", missing={9: "refused"})
        ),
        of(**{" a": [1]}),
        Microdata(pd.DataFrame(), Codebook()),
        of(a=["x\0"]),
        Microdata(
            pd.DataFrame({"k": [1]}), Codebook(), linked={"../b": LinkedTable(of(f=[1]), "k", "f")}
        ),
    ):
        refused(partial(write_delimited, made, tmp_path / "a.csv"), LoadError)
        assert list(tmp_path.iterdir()) == []


LINK = '[links.trips]\nfile = "{}"\nkey = "{}"\nforeign = "{}"\n'


def test_links_that_cannot_be_followed(tmp_path: Path, refused: Any) -> None:
    (tmp_path / "a.csv").write_text("k,x\n1,2\n", encoding="utf-8")
    (tmp_path / "a.trips.csv").write_text("f,y\n1,2\n", encoding="utf-8")
    link = ("a.trips.csv", "k", "f")
    for wrong in (
        ("../a.trips.csv", *link[1:]),
        ("a.csv", *link[1:]),
        (*link[:2], "g"),
        (link[0], "", "f"),
    ):
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
            held = pd.read_csv(
                file, sep="," if suffix == ".csv" else "\t", dtype=str, keep_default_na=False
            )["a"].tolist()
            assert held == [f"'{word}" for word in words[:7]] + words[7:12] + [""]
            assert read(file).frame["a"].tolist()[:12] == words[:12]
    assert read(tmp_path / "k.csv").frame["a"].tolist()[:12] == words[:12]


def french(folder: Path, *cells: str, delimiter: str = ";", **options: Any) -> Microdata:
    """Read a column of cells, beside another."""
    written = "\n".join(f'"{cell}"{delimiter}z' for cell in cells)
    return read_text(folder, f"n{delimiter}m\n{written}\n", **options)


@pytest.mark.parametrize(
    ("cells", "known", "unit"),
    [
        (("1 234,50 €", "850 €", "12€"), [1234.5, 850.0, 12.0], "EUR"),
        (("1\u202f234,50\u00a0€", "2\u00a0000,00\u202f€"), [1234.5, 2000.0], "EUR"),
        (("€12.50", "-€3.00", "7"), [12.5, -3.0, 7.0], "EUR"),
        (("$1,234.50", "$2,000.00"), [1234.5, 2000.0], "$"),
        (("12 EUR", "1 200 eur", ""), [12.0, 1200.0, None], "EUR"),
        (("12,5 %", "7%", "NSP"), [12.5, 7.0, None], "%"),
        (("1 234 €", "5 678 €"), [1234.0, 5678.0], "EUR"),  # of one length, and yet no telephones
        (("£5", "NR", "£6.20"), [5.0, None, 6.2], "GBP"),
    ],
)
def test_amounts_with_a_unit(
    tmp_path: Path, cells: tuple[str, ...], known: list[float | None], unit: str
) -> None:
    data = french(tmp_path, *cells)
    assert data.frame["n"].astype(object).where(data.frame["n"].notna(), None).tolist() == known
    assert data.codebook["n"].unit == unit
    assert notices(data)[0] == (
        'The unit written in the cells is now that of the variable (`storage = "words"` in a '
        "codebook leaves the cells "
        f"as they are): `n` ({unit})."
    )
    by_hand = Codebook({"n": Variable("n", unit="EUR a month, net")})
    assert french(tmp_path, *cells, codebook=by_hand).codebook["n"].unit == "EUR a month, net"
    words = Codebook({"n": Variable("n", storage="words")})
    again = french(tmp_path, *cells, codebook=words)
    assert (again.frame["n"].fillna("").tolist(), notices(again)) == (list(cells), [])


def test_measures_are_units_too(tmp_path: Path) -> None:
    for cells, numbers, unit in (
        (("65 kg", "70 Kg"), [65, 70], "kg"),
        (("35h", "39 heures", "20"), [35, 39, 20], "h"),
        (("1 an", "2 ans"), [1, 2], "years"),
        (("1,5 km", "1 200 km"), [1.5, 1200], "km"),
    ):
        data = french(tmp_path, *cells)
        assert (data.frame["n"].tolist(), data.codebook["n"].unit) == (numbers, unit)
        assert notices(data)[0].startswith(
            "The unit written in the cells is now that of the variable"
        )


def test_what_is_no_amount_stays_words(tmp_path: Path) -> None:
    for cells in (
        ("12 €", "15 $"),  # two currencies
        ("12 %", "0.5"),  # a share of one, or of a hundred
        ("12 €", "about 15 €"),
        ("1,5 €", "1.5 €"),
        ("€12€", "5€"),
        ("01", "75"),
        ("1 an", "2 mois"),
        ("4G", "5G"),  # of networks, and not grams
        ("35h30", "39h"),
    ):
        data = french(tmp_path, *cells)
        assert (data.frame["n"].tolist(), data.codebook["n"].unit, notices(data)) == (
            list(cells),
            "",
            [],
        )


def test_dates_as_people_write_them(tmp_path: Path) -> None:
    data = french(tmp_path, "03/04/2021", "13/04/2021", "", "NR")
    assert data.frame["n"].tolist()[:2] == [dt.date(2021, 4, 3), dt.date(2021, 4, 13)]
    assert data.codebook.reasons["n"] == {"no answer": 1, "system": 1}
    assert notices(data)[0] == (
        'Dates read with the day first, as one of them proves (`storage = "words"` in a codebook '
        "leaves them as they "
        "are): `n`."
    )
    data = french(tmp_path, "4/13/2021 09:30", "4/3/2021 17:05:10")
    moments = [dt.datetime(2021, 4, 13, 9, 30), dt.datetime(2021, 4, 3, 17, 5, 10)]
    assert data.frame["n"].tolist() == moments
    assert notices(data)[0].startswith("Dates read with the month first, as one of them proves")
    # nothing proves the order, or one contradicts the other
    for cells in (("03/04/2021", "05.06.2021"), ("13/04/2021", "04/13/2021")):
        data = french(tmp_path, *cells)
        assert data.frame["n"].tolist() == list(cells)
        [notice] = notices(data)
        assert notice == (
            "Dates left as words, because the order of day and month is ambiguous, or one of them does "
            "not exist "
            "(`day_first=True` or `day_first=False` decides): `n`."
        )
    # the call says
    for day_first, month in ((True, 4), (False, 3)):
        data = french(tmp_path, "03/04/2021", day_first=day_first)
        assert (data.frame["n"][0].month, notices(data)) == (month, [])
    kept = french(tmp_path, "13/04/2021", day_first=False)
    assert (kept.frame["n"].tolist(), len(notices(kept))) == (["13/04/2021"], 1)
    # a codebook that says that a column holds days is followed; years of two digits may be of
    # either century
    days = Codebook({"n": Variable("n", storage="date")})
    assert french(tmp_path, "13.04.1967", codebook=days).frame["n"].tolist() == [
        dt.date(1967, 4, 13)
    ]
    for cell in ("13/04/67", "1.2.3", "13/04/2021 soir", "31/02/2021"):
        assert french(tmp_path, cell).frame["n"].tolist() == [cell]


def test_dates_with_the_year_first(tmp_path: Path) -> None:
    for cells in (
        ("2021-04-03", "2021-12-31"),
        ("2021/4/3", "2021/12/31"),
        ("2021.04.03", "NSP", "2021.12.31"),
    ):
        data = french(tmp_path, *cells)
        assert data.frame["n"].dropna().tolist() == [dt.date(2021, 4, 3), dt.date(2021, 12, 31)]
        assert notices(data)[0] == (
            'Days or moments written with the year first, read as dates (`storage = "words"` in a '
            "codebook leaves them "
            "as they are): `n`."
        )
    moments = french(
        tmp_path, "2021-04-03T10:12:00.25Z", "2021-04-03 09:05", "2021-05-01T23:00:00+02:00"
    )
    assert moments.frame["n"].tolist() == [
        pd.Timestamp(each)
        for each in ("2021-04-03 10:12:00.25", "2021-04-03 09:05", "2021-05-01 23:00")
    ]
    assert notices(moments)[1] == ("Their hours are kept as written, without the UTC offset: `n`.")
    # numbers of files, a day that does not exist, and what a codebook leaves in words
    for cell in ("2021-13-01", "1021-04-03", "2021-04", "2021-04-03-7"):
        assert french(tmp_path, cell).frame["n"].tolist() == [cell]
    kept = french(tmp_path, "2021-02-30", "2021-02-03")
    assert kept.frame["n"].tolist() == ["2021-02-30", "2021-02-03"]
    assert notices(kept) == ["Dates left as words, since one of them does not exist: `n`."]
    words = Codebook({"n": Variable("n", storage="words")})
    assert french(tmp_path, "2021-04-03", codebook=words).frame["n"].tolist() == ["2021-04-03"]
    declared = Codebook({"n": Variable("n", storage="date")})
    assert notices(french(tmp_path, "2021-04-03", codebook=declared)) == []


def test_other_words_for_no_answer_among_numbers(tmp_path: Path) -> None:
    words = (
        "NSPP",
        "Ne se prononce pas",
        "NSP/NR",
        "Non répondu",
        "Non concernée",
        "Ne sait pas / ne veut pas dire",
    )
    more = (
        "DK",
        "Don't know / refused",
        "Sans objet",
        "valeur manquante",
        "je préfère ne pas le dire",
        "Inapplicable",
    )
    data = french(tmp_path, "31", "45", *words, *more)
    assert data.frame["n"].dropna().tolist() == [31, 45]
    assert sum(data.codebook.reasons["n"].values()) == len(words) + len(more)
    assert {*data.missing["n"].codes} == {*words, *more}
    # among words they may be answers
    assert french(tmp_path, "Lyon", "Sans objet").frame["n"].tolist() == ["Lyon", "Sans objet"]


def test_words_that_say_why_there_is_no_answer(tmp_path: Path) -> None:
    data = french(tmp_path, "1", "2", "NSP", "refus", "n/a", "nsp", "")
    assert data.frame["n"].dropna().tolist() == [1, 2]
    reasons = {"does not know": 2, "refused": 1, "not available or not applicable": 1, "system": 1}
    assert (data.codebook.reasons["n"], data.missing["n"].codes) == (
        reasons,
        ("NSP", "refus", "n/a", "nsp"),
    )
    [notice] = notices(data)
    assert notice == (
        "Cells that say that there is no answer, read as missing with their reason (`storage = "
        '"words"` in a codebook, '
        "or the word among its `values`, makes it an answer): `n` (4)."
    )
    # among words only what can mean nothing else
    cells = (
        "oui",
        "Ne sait pas",
        "NE SOUHAITE PAS REPONDRE",
        "Prefer not to say",
        "don't know",
        "ND",
        "Refus",
        "NA",
    )
    data = french(tmp_path, *cells)
    assert data.frame["n"].dropna().tolist() == ["oui", "ND", "Refus", "NA"]
    assert data.codebook.reasons["n"] == {"does not know": 2, "refused": 2}
    # the codes that a codebook labels; an answer that it labels is one
    labelled = Codebook(
        {"n": Variable("n", values={"A": Text.same("a"), "NSP": Text.same("unsure")})}
    )
    data = french(tmp_path, "A", "NSP", "NR", codebook=labelled)
    assert (data.frame["n"].dropna().tolist(), data.codebook.reasons["n"]) == (
        ["A", "NSP"],
        {"no answer": 1},
    )
    declared = Codebook({"n": Variable("n", missing={"NSP": "unsure"})})
    assert french(tmp_path, "1", "NSP", codebook=declared).codebook.reasons["n"] == {"unsure": 1}
    kept = Codebook({"n": Variable("n", storage="words")})
    assert french(tmp_path, "oui", "NSP", codebook=kept).frame["n"].tolist() == ["oui", "NSP"]
    # reasons have names in both languages
    assert data.missing("n").frame["category"].tolist() == ["answered", "no answer"]


def test_the_mark_of_decimals_that_the_call_names(tmp_path: Path) -> None:
    comma, point = {"decimal": ","}, {"decimal": "."}
    assert french(tmp_path, "1,5", "1.234", delimiter=",", **comma).frame["n"].tolist() == [
        1.5,
        1234.0,
    ]
    assert french(tmp_path, "1.5", "1,234", **point).frame["n"].tolist() == [1.5, 1234.0]
    assert french(tmp_path, "1,234", "2", **comma).frame["n"].tolist() == [1.234, 2.0]
    assert french(tmp_path, "1.234,50 €", "7", **comma).frame["n"].tolist() == [1234.5, 7.0]
    # not what it names: words
    assert french(tmp_path, "3.5", "2", **comma).frame["n"].tolist() == ["3.5", "2"]
    assert french(tmp_path, "3,5", "2", **point).frame["n"].tolist() == ["3,5", "2"]
    many = [str(place) + ",5" for place in range(100)]
    assert french(tmp_path, *many, **comma).frame["n"].tolist() == [
        place + 0.5 for place in range(100)
    ]


def test_what_diplab_wrote_is_read_as_it_was(tmp_path: Path) -> None:
    frame = pd.DataFrame({
        "pay": ["12 €", "15 €"], "day": ["13/04/2021", "03/04/2021"], "q": ["oui", "NSP"], "n": [1.0, 2.0],
    })  # fmt: skip
    for data in (Microdata(frame, Codebook()), french(tmp_path, "12 €", "NSP", "3,50 €")):
        back = read(write(data, tmp_path / "b.csv"))
        pd.testing.assert_frame_equal(back.frame, data.frame)
        assert (back.codebook.reasons, notices(back)) == (data.codebook.reasons, [])
    # by a codebook of an earlier version too, which does not say that the words are such
    file = write(Microdata(frame, Codebook()), tmp_path / "b.csv")
    beside = tmp_path / "b.codebook.toml"
    beside.write_text(
        beside.read_text(encoding="utf-8").replace('storage = "words"\n', ""), encoding="utf-8"
    )
    assert read(file).frame["q"].tolist() == ["oui", "NSP"]


def test_french_words_for_no_opinion(tmp_path: Path) -> None:
    data = french(tmp_path, "oui", "NSPP", "Ne se prononce pas", "NSP/NR", "Non répondu")
    assert data.frame["n"].dropna().tolist() == ["oui"]
    assert data.codebook.reasons["n"] == {"does not know": 3, "no answer": 1}
    assert french(tmp_path, "12", "Non concerné").frame["n"].dropna().tolist() == [12]


def test_text_of_two_bytes_a_letter_and_a_text_of_blanks(tmp_path: Path) -> None:
    file = tmp_path / "u.csv"
    file.write_bytes("sexe;âge\nF;30\n".encode("utf-16-le"))
    with pytest.raises(LoadError, match='Write `encoding="utf-16-le"`'):
        read(file)
    assert list(read(file, encoding="utf-16-le").frame) == ["sexe", "âge"]
    file.write_text("   \n  \n", encoding="utf-8")
    with pytest.raises(LoadError, match="Nothing is in it but blanks"):
        read(file)


def test_accents_that_were_encoded_twice_are_told(tmp_path: Path) -> None:
    file = tmp_path / "towns.csv"
    file.write_text(
        "town,note\nOrlÃ©ans,Â©\nNÃ®mes,bon\nÃ\x81vila,âge\nPâris,Ãge\n", encoding="utf-8"
    )
    (told,) = [notice for notice in notices(read(file)) if "encoded twice" in notice]
    assert told.endswith(": `town` (3), `note` (1).")
    file.write_text("town\nOrléans\nÂge\nSÃO PAULO\nfrançais “â”\n", encoding="utf-8")
    assert not any("encoded twice" in notice for notice in notices(read(file)))
