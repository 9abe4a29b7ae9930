"""Portable SPSS, Stata 8 to 19, SAS and its catalogues: what each format says of its answers."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from diplab.errors import LoadError
from diplab.loaders.read import read
from diplab.loaders.readstat.spss import SpssSet, multiple_responses, parse_sets
from diplab.microdata.multiple_response import Responses
from diplab.microdata.variable import MissingRange
from diplab.reference.text import Text

if TYPE_CHECKING:
    from pathlib import Path

LOADERS = "data/loaders"


def portable(shared: Path, folder: Path, record: bytes, after: bytes) -> Path:
    """Return the portable sample with a record of missing codes put after the description of a column.

    Tags of the format: `8` one code, `9` from the lowest, `A` to the highest, `B` a range; numbers in base 30 and
    ended by a slash.
    """
    whole = (shared / LOADERS / "pyreadstat/basic/sample.por").read_bytes().replace(b"\r\n", b"").rstrip(b"Z")
    at = whole.index(after) + len(after)
    text = whole[:at] + record + whole[at:]
    text += b"Z" * (80 - len(text) % 80)
    file = folder / "sample.por"
    file.write_bytes(b"".join(text[at : at + 80] + b"\r\n" for at in range(0, len(text), 80)))
    return file


@pytest.mark.shared
@pytest.mark.parametrize(
    ("record", "answers", "ranges", "reasons"),
    [
        (b"81/", [np.nan, 2, np.nan, 2, np.nan], (), {"Male": 3}),
        (b"91/", [np.nan, 2, np.nan, 2, np.nan], (MissingRange(-np.inf, 1),), {"Male": 3}),
        (b"A2/", [1, np.nan, 1, np.nan, 1], (MissingRange(2, np.inf),), {"Female": 2}),
        (b"B1/2/", [np.nan] * 5, (MissingRange(1, 2),), {"Male": 3, "Female": 2}),
    ],
    ids=["code", "from the lowest", "to the highest", "range"],
)
def test_missing_codes_of_a_portable_file(
    shared: Path,
    tmp_path: Path,
    record: bytes,
    answers: list[float],
    ranges: tuple[MissingRange, ...],
    reasons: dict[str, int],
) -> None:
    data = read(portable(shared, tmp_path, record, b"70/6/MYLABL5/8/2/5/8/2/"), isolated=False)
    np.testing.assert_array_equal(data.frame["MYLABL"], answers)
    assert data.codebook["MYLABL"].missing_ranges == ranges
    assert data.codebook.reasons["MYLABL"] == reasons


@pytest.mark.shared
def test_missing_words_of_a_portable_file(shared: Path, tmp_path: Path) -> None:
    data = read(portable(shared, tmp_path, b"81/a", b"71/6/MYCHAR1/1/0/1/1/0/"), isolated=False)
    assert data.frame["MYCHAR"].dropna().tolist() == ["b", "c", "d", "e"]
    assert data.codebook.reasons["MYCHAR"] == {"a": 1}
    assert data.codebook.origin.date == "2018-12-16"


def test_characters_that_a_portable_file_does_not_have(tmp_path: Path) -> None:
    file = tmp_path / "a.por"
    pyreadstat.write_por(pd.DataFrame({"A": ["abxx"]}), file)
    file.write_bytes(file.read_bytes().replace(b"abxx", b"ab\xe9x"))
    [notice] = read(file, isolated=False).codebook.origin.notices
    assert notice.en == "Characters could not be read and are replaced by \ufffd: `A`."


@pytest.mark.parametrize("version", range(8, 16))
def test_stata_of_every_version(tmp_path: Path, version: int) -> None:
    frame = pd.DataFrame(
        {
            "work": np.array([1.0, "a", np.nan, "z"], dtype=object),
            "town": ["Lyon", "", "Nice", "Metz"],
            "whole": np.array([1, -2, 3, 4], dtype=np.int32),
            "day": [dt.date(2018, 5, 6), None, dt.date(1899, 1, 1), None],
        }
    )
    file = tmp_path / "a.dta"
    pyreadstat.write_dta(
        frame,
        file,
        version=version,
        file_label="Enquete",
        column_labels={"work": "Work"},
        missing_user_values={"work": ["a", "z"]},
        variable_value_labels={"work": {1.0: "yes", "a": "refused"}},
    )
    data = read(file, isolated=False)
    assert data.frame["work"].dropna().tolist() == [1.0]
    assert data.frame["town"].dropna().tolist() == ["Lyon", "Nice", "Metz"]
    assert data.frame["whole"].tolist() == [1, -2, 3, 4]
    assert data.frame["day"].dropna().tolist() == [dt.date(2018, 5, 6), dt.date(1899, 1, 1)]
    assert data.codebook["work"].label.en == "Work"
    assert data.codebook["work"].values == {1: Text.same("yes")}
    assert data.codebook["work"].missing == {".a": "refused", ".z": ""}
    assert data.codebook.reasons["work"] == {"refused": 1, ".z": 1, "system": 1}
    assert data.missing["work"].codes == (".a", ".z")
    assert data.missing["work"].places.tolist() == [-1, 0, -1, 1]
    assert data.codebook.title.en == "Enquete"


@pytest.mark.parametrize("version", [114, 117, 118, 119])
def test_stata_written_by_pandas(tmp_path: Path, version: int) -> None:
    file = tmp_path / "a.dta"
    frame = pd.DataFrame(
        {"age": [31, 40], "story": ["x" * 240, "y"], "when": pd.to_datetime(["2020-01-02", None])}
    )
    frame.to_stata(
        file,
        version=version,
        write_index=False,
        time_stamp=dt.datetime(2021, 3, 4),
        value_labels={"age": {31: "just so"}},
        convert_dates={"when": "td"},
        convert_strl=["story"] if version >= 117 else None,
    )
    data = read(file, isolated=False)
    assert data.frame["age"].tolist() == [31, 40]
    assert data.frame["story"].tolist() == ["x" * 240, "y"]
    assert data.frame["when"].dropna().tolist() == [dt.date(2020, 1, 2)]
    assert data.codebook["age"].values == {31: Text.same("just so")}
    assert data.codebook.origin.date == "2021-03-04"


@pytest.mark.shared
def test_letters_and_labels_of_a_stata_file(shared: Path) -> None:
    data = read(shared / LOADERS / "pyreadstat/missing_data/missing_test.dta", isolated=False)
    assert data.codebook.reasons["var1"] == {"missing": 1}
    assert data.codebook.reasons["var2"] == {".b": 1}
    assert data.frame["var9"].tolist() == [1.0]


@pytest.mark.shared
def test_title_and_day_of_a_stata_file(shared: Path) -> None:
    codebook = read(shared / LOADERS / "haven/stata/notes.dta", isolated=False).codebook
    assert (codebook.title.en, codebook.origin.date) == ("This is a test dataset.", "2016-07-29")


@pytest.mark.shared
def test_a_catalogue_labels_a_sas_data_set(shared: Path) -> None:
    folder = shared / LOADERS / "haven/sas"
    data = read(folder / "hadley.sas7bdat", structure=folder / "formats.sas7bcat")
    assert data.codebook["workshop"].values == {1: Text.same("R"), 2: Text.same("SAS")}
    assert data.codebook["gender"].values == {"f": Text.same("Female"), "m": Text.same("Male")}
    assert data.codebook["q1"].values == {}
    assert data.codebook.reasons == {"gender": {"system": 1}, "q3": {"system": 1}}
    [notice] = data.codebook.origin.notices
    assert notice.en == "Its labels come from the catalogue `formats.sas7bcat`."


@pytest.mark.shared
def test_a_catalogue_that_bears_the_name_of_its_data_set_is_found(shared: Path) -> None:
    data = read(shared / LOADERS / "haven/sas/tagged-na.sas7bdat", isolated=False)
    assert data.codebook["x"].missing == {".A": "Apple", ".H": "", ".Z": "Zebra"}
    assert data.codebook.reasons == {"x": {"Apple": 1, ".H": 1, "Zebra": 1}}
    assert data.frame["x"].dropna().tolist() == [1, 2, 3, 4, 5]


@pytest.mark.shared
def test_labels_that_are_in_a_catalogue_not_given(shared: Path) -> None:
    notices = read(shared / LOADERS / "haven/sas/hadley.sas7bdat", isolated=False).codebook.origin.notices
    assert [each.en for each in notices] == [
        "The labels of the formats `$GENDER`, `WORKSHOP` are in a catalogue (.sas7bcat) that was not given."
    ]
    own = read(shared / LOADERS / "pyreadstat/basic/sample.sas7bdat", isolated=False).codebook.origin.notices
    assert own == ()


@pytest.mark.shared
def test_dates_of_sas(shared: Path) -> None:
    data = read(shared / LOADERS / "haven/sas/datetime.sas7bdat", isolated=False).frame
    assert data.iloc[0].tolist() == [
        pd.Timestamp(2015, 2, 2, 14, 42, 12),
        *[dt.date(2015, 2, 2)] * 3,
        dt.time(14, 42, 12),
    ]


@pytest.mark.shared
@pytest.mark.parametrize("version", ["5", "8"])
def test_transport_files(shared: Path, tmp_path: Path, version: str) -> None:
    content = bytearray((shared / LOADERS / f"pyreadstat/basic/sas.xpt{version}").read_bytes())
    at = content.index(b"HEADER RECORD*******OBS") + 80
    # SAS writes its missing values as one character, `.`, `_` or a letter, and seven zeros.
    for row, letter in ((1, b"A"), (2, b"_"), (3, b".")):
        content[at + 8 * row : at + 8 * row + 8] = letter + bytes(7)
    (tmp_path / "a.xpt").write_bytes(content)
    data = read(tmp_path / "a.xpt", isolated=False)
    [name] = data.frame
    assert data.frame[name].dropna().tolist() == [1, 5, 6, 7, 8, 9, 10]
    assert data.codebook.reasons == {name: {".A": 1, "._": 1, "system": 1}}
    assert data.codebook.origin.date == "2019-06-20"


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "structure"),
    [
        ("haven/stata/notes.dta", "haven/sas/formats.sas7bcat"),
        ("haven/spss/umlauts.sav", "haven/sas/formats.sas7bcat"),
        ("haven/sas/hadley.sas7bdat", "limesurvey/blank-survey.lss"),
    ],
)
def test_a_structure_that_is_of_no_use(shared: Path, name: str, structure: str, error_text: Any) -> None:
    file = shared / LOADERS / name
    with pytest.raises(LoadError) as error:
        read(file, structure=shared / LOADERS / structure)
    error_text(error)


@pytest.mark.shared
def test_sets_of_an_spss_file(shared: Path) -> None:
    file = shared / LOADERS / "pyreadstat/multiple_response/simple_alltypes.sav"
    data = read(file, isolated=False)
    assert data.codebook.sets == {
        "categorical_array": Responses(
            "categorical_array", ("ca_subvar_1", "ca_subvar_2", "ca_subvar_3"), kind="categories"
        ),
        "mymrset": Responses(
            "mymrset", ("bool1", "bool2", "bool3"), label=Text.same("My multiple response set"), counted=1
        ),
    }
    assert data.codebook.origin.date == "2014-12-05"
    some = read(file, isolated=False, columns=["bool1", "bool2"]).codebook
    assert (some.sets, some.origin.notices) == ({}, ())
    whole = read(file, isolated=False, columns=["bool3", "bool1", "bool2", "ca_subvar_1"]).codebook
    assert whole.sets == {"mymrset": data.codebook.sets["mymrset"]}


def test_sets_as_spss_writes_them() -> None:
    """The three forms that the description of the format published with PSPP gives."""
    found = parse_sets(
        b"$a=C 8 Some set x y\n$b=D2 55 0  g e\n$c=D3 Yes 6 caf\xc3\xa9s h i\n$d=E 11 2 34 0  k l\n", "UTF-8"
    )
    assert found == (
        SpssSet("a", ("X", "Y"), "Some set", None),
        SpssSet("b", ("G", "E"), "", "55"),
        SpssSet("c", ("H", "I"), "cafés", "Yes"),
        SpssSet("d", ("K", "L"), "", "34"),
    )


@pytest.mark.parametrize(
    "record", [b"", b"$a", b"$a=", b"$a=D", b"$a=C x", b"$a=D9999 1 0 a", b"\n\n$=C 1 a b"]
)
def test_broken_sets_are_left_out(record: bytes) -> None:
    assert all(not each.columns for each in parse_sets(record, "nonsense"))


def test_a_set_without_one_of_its_columns_is_named() -> None:
    written = [
        SpssSet("a", ("X", "Y"), "", "1"),
        SpssSet("b", ("X",), "", "Yes"),
        SpssSet("c", ("X",), "", "Yes"),
    ]
    known, notices = multiple_responses(written[:2], {"X": "x"}, [])
    assert known == {}
    assert [each.en for each in notices] == [
        f"The question with several answers `{name}` is left out: its columns are not all in the file."
        for name in ("a", "b")
    ]
    assert multiple_responses(written[2:], {"X": "x"}, ["x"])[0]["c"].counted == "Yes"


@pytest.mark.shared
def test_lowest_is_the_end_of_a_range(shared: Path) -> None:
    data = read(shared / LOADERS / "savreaderwriter/spssio_test.sav", isolated=False)
    assert data.codebook["Income1"].missing_ranges == (MissingRange(-np.inf, -1),)
    assert data.codebook["Income2"].missing == {999: ""}
    assert data.codebook.title.en == "This is a file label"
    assert sorted(data.codebook.sets) == ["V", "ages", "incomes"]
    assert data.codebook.reasons["aShortStringVar"] == {"someValue label": 5, "y": 4}


@pytest.mark.shared
def test_words_that_stand_for_no_answer(shared: Path) -> None:
    data = read(shared / LOADERS / "pyreadstat/missing_data/missing_char.sav", isolated=False)
    assert data.frame["mychar"].dropna().tolist() == ["a"]
    assert data.codebook.reasons == {"mychar": {"Z": 1}}
    assert data.missing["mychar"].codes == ("Z",)


def test_only_the_columns_with_impossible_dates_stay_numbers(tmp_path: Path) -> None:
    file = tmp_path / "d.sav"
    day = 86400.0
    frame = pd.DataFrame(
        {"good": [0.0, day], "late": [1e18, day], "time": [3600.0, 90000.0], "odd": [0.0, -day * 1e6]}
    )
    formats = {"good": "DATE11", "late": "DATETIME20", "time": "TIME8", "odd": "DATE11"}
    pyreadstat.write_sav(frame, file, variable_format=formats)
    data = read(file, isolated=False)
    assert data.frame["good"].tolist() == [dt.date(1582, 10, 14), dt.date(1582, 10, 15)]
    for name in ("late", "time", "odd"):
        assert data.frame[name].tolist() == frame[name].tolist()
    assert data.codebook.origin.notices == (
        Text(
            "Laissées en nombres, parce qu’une de leurs dates ou heures n’existe pas\u00a0: `late`, `time`, `odd`.",
            "Left as numbers, because one of their dates or times does not exist: `late`, `time`, `odd`.",
        ),
    )


def test_a_declared_missing_code_does_not_make_a_date_impossible(tmp_path: Path) -> None:
    file = tmp_path / "d.sav"
    frame = pd.DataFrame({"day": [0.0, 9e17]})
    pyreadstat.write_sav(frame, file, variable_format={"day": "DATE11"}, missing_ranges={"day": [9e17]})
    data = read(file, isolated=False)
    assert data.frame["day"].dropna().tolist() == [dt.date(1582, 10, 14)]
    assert data.codebook.origin.notices == ()


def declared(folder: Path, suffix: str, old: bytes, new: bytes) -> Path:
    frame = pd.DataFrame({"town": ["abéxy", "Lyon"]})
    file = folder / f"e{suffix}"
    if suffix == ".sav":
        pyreadstat.write_sav(frame, file, column_labels={"town": "né"})
    else:
        pyreadstat.write_dta(frame, file, column_labels={"town": "né"}, version=14)
    content = file.read_bytes()
    assert old in content
    file.write_bytes(content.replace(old, new))
    return file


@pytest.mark.parametrize(
    ("suffix", "old", "new", "encoding", "town"),
    [
        (".sav", "abé".encode(), b"abc\xe9", "WINDOWS-1252", "abcéxy"),
        (".sav", "abé".encode(), b"abc\x81", "ISO-8859-1", "abc\x81xy"),
        # the library drops the last letter of a label that is not in UTF-8, and says nothing
        (".sav", "né".encode(), b"nn\xe9", "WINDOWS-1252", "abÃ©xy"),
        (".dta", "abé".encode(), b"abc\xe9", "WINDOWS-1252", "abcéxy"),
    ],
)
def test_words_in_another_encoding_than_declared(
    tmp_path: Path, suffix: str, old: bytes, new: bytes, encoding: str, town: str
) -> None:
    data = read(declared(tmp_path, suffix, old, new), isolated=False)
    assert data.frame["town"].tolist() == [town, "Lyon"]
    assert data.codebook.origin.notices == (
        Text(
            f"Ses mots ne sont pas dans l’encodage qu’il annonce\u202f; ils ont été lus en {encoding}.",
            f"Its words are not in the encoding that it declares; they were read as {encoding}.",
        ),
    )


def test_very_long_words_and_names_that_differ_by_case(tmp_path: Path) -> None:
    file = tmp_path / "a.sav"
    frame = pd.DataFrame(
        {"Age": [1.0, 2.0], "age": [3.0, 4.0], "story": ["é" * 3000, "b"], "s": ["c" * 300, ""]}
    )
    pyreadstat.write_sav(frame, file)
    data = read(file, isolated=False)
    assert list(data.frame) == ["Age", "age", "story", "s"]
    assert data.frame["story"].tolist() == ["é" * 3000, "b"]
    assert data.frame["s"].dropna().tolist() == ["c" * 300]


@pytest.mark.shared
def test_every_sample_reads_isolated(shared: Path) -> None:
    """One of each format: the child says the same as this process."""
    for name in ("sample.por", "sample.xpt", "sample.sas7bdat", "sample.dta", "sample.zsav"):
        file = shared / LOADERS / "pyreadstat/basic" / name
        apart, here = read(file), read(file, isolated=False)
        pd.testing.assert_frame_equal(apart.frame, here.frame)
        assert apart.codebook == here.codebook


def test_months_that_stata_counts_stay_numbers_and_a_notice_says_so(tmp_path: Path) -> None:
    file = tmp_path / "months.dta"
    frame = pd.DataFrame({"month": pd.to_datetime(["2020-01-01", "2026-11-01"]), "age": [31, 40]})
    frame.to_stata(file, convert_dates={"month": "tm"}, write_index=False)
    data = read(file)
    # months since January 1960: 60 years, and 66 years and ten months
    assert data.frame["month"].tolist() == [720, 802]
    assert data.codebook.origin.notices[-1].en == (
        "Left as numbers, as Stata counts them (weeks, months... since 1960): `month`."
    )
