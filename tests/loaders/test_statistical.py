"""SPSS, Stata and SAS files: what is kept, what becomes missing and why, and what each format says of its answers."""

from __future__ import annotations

import contextlib
import datetime as dt
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from diplab.errors import ColumnError, LoadError
from diplab.loaders.answers.dates import date_kind, dates_from_numbers, dates_to_numbers
from diplab.loaders.read import read
from diplab.loaders.readstat.spss import SpssSet, multiple_responses, parse_sets
from diplab.microdata.codebook import Codebook
from diplab.microdata.multiple_response import Responses
from diplab.microdata.variable import MissingRange, Variable
from diplab.reference.text import Text

if TYPE_CHECKING:
    from pathlib import Path


LOADERS = "data/loaders"


def survey(path: Path, **options: object) -> Path:
    days = [dt.date(2018, 5, 6), None, dt.date(2018, 5, 7), None, None]
    answers = pd.DataFrame(
        {"age": [31.0, 99.0, 98.0, np.nan, -1.0], "sex": ["F", "M", "?", "", "F"], "day": days}
    )
    labels = {"age": {98.0: "don't know", 99.0: "refused", 31.0: "just so"}, "sex": {"F": "femme"}}
    missing = {"age": [{"lo": 97, "hi": 99}, -1], "sex": ["?"]}
    measures = {"age": "scale", "sex": "nominal"}
    pyreadstat.write_sav(
        answers, path, column_labels={"age": "âge"}, variable_value_labels=labels, missing_ranges=missing,
        variable_measure=measures, **options,
    )  # fmt: skip
    return path


def test_declared_missing_are_never_numbers_and_keep_their_reasons(tmp_path: Path) -> None:
    data = read(survey(tmp_path / "s.sav"))
    assert data.frame["age"].dropna().tolist() == [31.0]
    assert data.frame["sex"].dropna().tolist() == ["F", "M", "F"]
    assert data.codebook["age"] == Variable(
        "age", label=Text.same("âge"), values={31.0: Text.same("just so")}, measure="scale",
        missing={-1.0: "", 98.0: "don't know", 99.0: "refused"}, missing_ranges=(MissingRange(97.0, 99.0),),
    )  # fmt: skip
    assert data.codebook.reasons == {
        "age": {"-1": 1, "don't know": 1, "refused": 1, "system": 1}, "sex": {"?": 1, "system": 1},
        "day": {"system": 3},
    }  # fmt: skip
    assert data.frame["day"].tolist()[0] == dt.date(2018, 5, 6)


@pytest.mark.shared
def test_isolated_and_in_process_read_the_same(shared: Path, tmp_path: Path) -> None:
    """One of each format: the child says the same as this process."""
    basic = shared / LOADERS / "pyreadstat/basic"
    files = [basic / f"sample.{suffix}" for suffix in ("por", "xpt", "sas7bdat", "dta", "zsav")]
    for file in (*files, survey(tmp_path / "s.sav"), survey(tmp_path / "s.zsav", compress=True)):
        apart, here = read(file), read(file, isolated=False)
        pd.testing.assert_frame_equal(apart.frame, here.frame)
        assert apart.codebook == here.codebook


def test_origin_names_file_checksum_and_reader(tmp_path: Path) -> None:
    origin = read(survey(tmp_path / "s.sav"), isolated=False).codebook.origin
    assert (origin.file, len(origin.sha256), origin.reader) == (
        "s.sav",
        64,
        f"pyreadstat {pyreadstat.__version__}",
    )
    assert not origin.synthetic
    for options in ({"file_label": "Synthetic file"}, {"note": "données synthétiques"}):
        assert read(survey(tmp_path / "s.sav", **options), isolated=False).codebook.origin.synthetic


def test_columns_are_read_in_the_order_asked(tmp_path: Path, refused: Any) -> None:
    data = read(survey(tmp_path / "s.sav"), columns=["sex", "age"])
    assert list(data.frame) == list(data.codebook) == ["sex", "age"]
    refused(lambda: read(survey(tmp_path / "s.sav"), columns=["agee"]), ColumnError)


def test_a_codebook_corrects_and_completes_the_file(tmp_path: Path) -> None:
    age = Variable("age", label=Text("âge", "age"), values={-1: Text("à naître", "unborn")})
    sex = Variable("sex", missing={"M": "withdrawn"})
    given = Codebook({"age": age, "sex": sex, "elsewhere": Variable("elsewhere")})
    data = read(survey(tmp_path / "s.sav"), codebook=given, isolated=False)
    assert (list(data.codebook), data.codebook["age"].label) == (
        ["age", "sex", "day"],
        Text("âge", "age"),
    )
    assert data.frame["age"].dropna().tolist() == [31.0, -1.0]
    assert data.codebook.reasons["sex"] == {"?": 1, "withdrawn": 1, "system": 1}


def test_declared_missing_dates_are_missing(tmp_path: Path) -> None:
    file = tmp_path / "d.sav"
    # SPSS compares the numbers as stored: 99 seconds are the code 99, and 14 October 1582 (0
    # seconds) is a day.
    days = pd.DataFrame(
        {"day": [(dt.date(2020, 1, 1) - dt.date(1582, 10, 14)).days * 86400.0, 99.0, 0.0]}
    )
    pyreadstat.write_sav(
        days, file, missing_ranges={"day": [99.0]}, variable_format={"day": "DATE11"}
    )
    data = read(file)
    assert data.frame["day"].dropna().tolist() == [dt.date(2020, 1, 1), dt.date(1582, 10, 14)]
    assert (data.codebook.reasons, data.missing["day"].codes) == ({"day": {"99": 1}}, (99,))
    assert data.missing["day"].places.tolist() == [-1, 0, -1]
    # a declared missing code does not make a date impossible
    frame = pd.DataFrame({"day": [0.0, 9e17]})
    pyreadstat.write_sav(
        frame, file, variable_format={"day": "DATE11"}, missing_ranges={"day": [9e17]}
    )
    data = read(file, isolated=False)
    assert (data.frame["day"].dropna().tolist(), data.codebook.origin.notices) == (
        [dt.date(1582, 10, 14)],
        (),
    )


@pytest.mark.shared
def test_user_missing_of_a_published_file(shared: Path) -> None:
    file, name = shared / LOADERS / "pspp_gpl/nhtsa_2008_usermissing.sav", "startAgeOfDrinking"
    data = read(file)
    codes = pyreadstat.read_sav(file, user_missing=True, usecols=[name])[0][name]
    assert data.frame.shape == (6999, 121)
    counts = {"Never drink/drank": 97, "Don't know": 98, "Refused": 99}
    known = {reason: (codes == code).sum() for reason, code in counts.items()}
    assert data.codebook.reasons[name] == known | {"system": codes.isna().sum()}
    assert data.frame[name].max() < 97
    assert (codes == 99).sum() == 6


@pytest.mark.shared
def test_missing_codes_of_published_spss_files(shared: Path) -> None:
    data = read(shared / LOADERS / "haven/spss/labelled-num-na.sav")
    assert data.frame["VAR00002"].isna().tolist() == [False, True]
    assert data.codebook.reasons == {"VAR00002": {"9": 1}}
    assert data.codebook["VAR00002"].values == {1.0: Text.same("This is one")}
    # words that stand for no answer
    data = read(shared / LOADERS / "pyreadstat/missing_data/missing_char.sav", isolated=False)
    assert (data.frame["mychar"].dropna().tolist(), data.codebook.reasons) == (
        ["a"],
        {"mychar": {"Z": 1}},
    )
    assert data.missing["mychar"].codes == ("Z",)
    # lowest is the end of a range
    data = read(shared / LOADERS / "savreaderwriter/spssio_test.sav", isolated=False)
    assert data.codebook["Income1"].missing_ranges == (MissingRange(-np.inf, -1),)
    assert (data.codebook["Income2"].missing, data.codebook.title.en) == (
        {999: ""},
        "This is a file label",
    )
    assert sorted(data.codebook.sets) == ["V", "ages", "incomes"]
    assert data.codebook.reasons["aShortStringVar"] == {"someValue label": 5, "y": 4}


@pytest.mark.shared
def test_stata_tagged_missing(shared: Path) -> None:
    for name in ("tagged-na-int.dta", "tagged-na-double.dta"):
        data = read(shared / LOADERS / "haven/stata" / name)
        assert data.frame["x"].dropna().tolist() == [1, 2, 3, 4, 5]
        assert data.codebook["x"].missing == {".a": "apple", ".h": "", ".z": ".zebra"}
        assert data.codebook["x"].values == {}
        assert data.codebook.reasons == {"x": {"apple": 1, ".h": 1, ".zebra": 1}}


@pytest.mark.shared
def test_every_sample_reads_the_same_as_pyreadstat(shared: Path) -> None:
    samples = [
        *(shared / LOADERS / "pyreadstat/basic").glob("*.*sav"),
        *(shared / LOADERS / "haven/stata").glob("*.dta"),
    ]
    assert len(samples) > 10
    for sample in samples:
        mine = read(sample, isolated=False).frame
        reader = pyreadstat.read_dta if sample.suffix == ".dta" else pyreadstat.read_sav
        theirs = reader(sample)[0].replace("", np.nan)
        # Integers stay integers only where nothing is missing, for both.
        pd.testing.assert_frame_equal(mine, theirs, check_dtype=False)


def portable(shared: Path, folder: Path, record: bytes, after: bytes) -> Path:
    """Return the portable sample with a record of missing codes put after the description of a column.

    Tags of the format: `8` one code, `9` from the lowest, `A` to the highest, `B` a range; numbers
    in base 30 and ended by a slash.
    """
    whole = (
        (shared / LOADERS / "pyreadstat/basic/sample.por")
        .read_bytes()
        .replace(b"\r\n", b"")
        .rstrip(b"Z")
    )
    at = whole.index(after) + len(after)
    text = whole[:at] + record + whole[at:]
    text += b"Z" * (80 - len(text) % 80)
    file = folder / "sample.por"
    file.write_bytes(b"".join(text[at : at + 80] + b"\r\n" for at in range(0, len(text), 80)))
    return file


@pytest.mark.shared
def test_missing_codes_of_a_portable_file(shared: Path, tmp_path: Path) -> None:
    infinity, no = np.inf, np.nan
    for record, answers, ranges, reasons in (
        (b"81/", [no, 2, no, 2, no], (), {"Male": 3}),
        (b"91/", [no, 2, no, 2, no], (MissingRange(-infinity, 1),), {"Male": 3}),
        (b"A2/", [1, no, 1, no, 1], (MissingRange(2, infinity),), {"Female": 2}),
        (b"B1/2/", [no] * 5, (MissingRange(1, 2),), {"Male": 3, "Female": 2}),
    ):
        data = read(portable(shared, tmp_path, record, b"70/6/MYLABL5/8/2/5/8/2/"), isolated=False)
        np.testing.assert_array_equal(data.frame["MYLABL"], answers)
        assert (data.codebook["MYLABL"].missing_ranges, data.codebook.reasons["MYLABL"]) == (
            ranges,
            reasons,
        )
    data = read(portable(shared, tmp_path, b"81/a", b"71/6/MYCHAR1/1/0/1/1/0/"), isolated=False)
    assert data.frame["MYCHAR"].dropna().tolist() == ["b", "c", "d", "e"]
    assert (data.codebook.reasons["MYCHAR"], data.codebook.origin.date) == ({"a": 1}, "2018-12-16")


def test_characters_that_a_portable_file_does_not_have(tmp_path: Path) -> None:
    file = tmp_path / "a.por"
    pyreadstat.write_por(pd.DataFrame({"A": ["abxx"]}), file)
    file.write_bytes(file.read_bytes().replace(b"abxx", b"ab\xe9x"))
    [notice] = read(file, isolated=False).codebook.origin.notices
    assert notice.en == "Characters could not be read and are replaced by \ufffd: `A`."


@pytest.mark.parametrize("version", range(8, 16))
def test_stata_of_every_version(tmp_path: Path, version: int) -> None:
    days = [dt.date(2018, 5, 6), None, dt.date(1899, 1, 1), None]
    whole = np.array([1, -2, 3, 4], dtype=np.int32)
    work = np.array([1.0, "a", np.nan, "z"], dtype=object)
    frame = pd.DataFrame(
        {"work": work, "town": ["Lyon", "", "Nice", "Metz"], "whole": whole, "day": days}
    )
    file = tmp_path / "a.dta"
    pyreadstat.write_dta(
        frame, file, version=version, file_label="Enquete", column_labels={"work": "Work"},
        missing_user_values={"work": ["a", "z"]}, variable_value_labels={"work": {1.0: "yes", "a": "refused"}},
    )  # fmt: skip
    data = read(file, isolated=False)
    assert data.frame["work"].dropna().tolist() == [1.0]
    assert data.frame["town"].dropna().tolist() == ["Lyon", "Nice", "Metz"]
    assert data.frame["whole"].tolist() == [1, -2, 3, 4]
    assert data.frame["day"].dropna().tolist() == [dt.date(2018, 5, 6), dt.date(1899, 1, 1)]
    assert (data.codebook["work"].label.en, data.codebook["work"].values) == (
        "Work",
        {1: Text.same("yes")},
    )
    assert data.codebook["work"].missing == {".a": "refused", ".z": ""}
    assert data.codebook.reasons["work"] == {"refused": 1, ".z": 1, "system": 1}
    assert (data.missing["work"].codes, data.missing["work"].places.tolist()) == (
        (".a", ".z"),
        [-1, 0, -1, 1],
    )
    assert data.codebook.title.en == "Enquete"


@pytest.mark.parametrize("version", [114, 117, 118, 119])
def test_stata_written_by_pandas(tmp_path: Path, version: int) -> None:
    file = tmp_path / "a.dta"
    frame = pd.DataFrame(
        {"age": [31, 40], "story": ["x" * 240, "y"], "when": pd.to_datetime(["2020-01-02", None])}
    )
    frame.to_stata(
        file, version=version, write_index=False, time_stamp=dt.datetime(2021, 3, 4),
        value_labels={"age": {31: "just so"}}, convert_dates={"when": "td"},
        convert_strl=["story"] if version >= 117 else None,
    )  # fmt: skip
    data = read(file, isolated=False)
    assert (data.frame["age"].tolist(), data.frame["story"].tolist()) == (
        [31, 40],
        ["x" * 240, "y"],
    )
    assert data.frame["when"].dropna().tolist() == [dt.date(2020, 1, 2)]
    assert data.codebook["age"].values == {31: Text.same("just so")}
    assert data.codebook.origin.date == "2021-03-04"


@pytest.mark.shared
def test_letters_labels_title_and_day_of_a_stata_file(shared: Path) -> None:
    data = read(shared / LOADERS / "pyreadstat/missing_data/missing_test.dta", isolated=False)
    assert (data.codebook.reasons["var1"], data.codebook.reasons["var2"]) == (
        {"missing": 1},
        {".b": 1},
    )
    assert data.frame["var9"].tolist() == [1.0]
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
    # a catalogue that bears the name of its data set is found
    data = read(shared / LOADERS / "haven/sas/tagged-na.sas7bdat", isolated=False)
    assert data.codebook["x"].missing == {".A": "Apple", ".H": "", ".Z": "Zebra"}
    assert data.codebook.reasons == {"x": {"Apple": 1, ".H": 1, "Zebra": 1}}
    assert data.frame["x"].dropna().tolist() == [1, 2, 3, 4, 5]
    # labels that are in a catalogue not given
    notices = read(
        shared / LOADERS / "haven/sas/hadley.sas7bdat", isolated=False
    ).codebook.origin.notices
    assert [each.en for each in notices] == [
        (
            "The labels of the formats `$GENDER`, `WORKSHOP` are in a catalogue (.sas7bcat) that was "
            "not given."
        )
    ]
    own = read(
        shared / LOADERS / "pyreadstat/basic/sample.sas7bdat", isolated=False
    ).codebook.origin.notices
    assert own == ()
    data = read(shared / LOADERS / "haven/sas/datetime.sas7bdat", isolated=False).frame
    day = dt.date(2015, 2, 2)
    assert data.iloc[0].tolist() == [
        pd.Timestamp(2015, 2, 2, 14, 42, 12),
        day,
        day,
        day,
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
def test_a_structure_that_is_of_no_use(shared: Path, refused: Any) -> None:
    folder = shared / LOADERS
    catalogue, questionnaire = (
        folder / "haven/sas/formats.sas7bcat",
        folder / "limesurvey/blank-survey.lss",
    )
    refused(lambda: read(folder / "haven/stata/notes.dta", structure=catalogue), LoadError)
    refused(lambda: read(folder / "haven/spss/umlauts.sav", structure=catalogue), LoadError)
    refused(lambda: read(folder / "haven/sas/hadley.sas7bdat", structure=questionnaire), LoadError)


@pytest.mark.shared
def test_sets_of_an_spss_file(shared: Path) -> None:
    file = shared / LOADERS / "pyreadstat/multiple_response/simple_alltypes.sav"
    data = read(file, isolated=False)
    array = Responses(
        "categorical_array", [f"ca_subvar_{each}" for each in (1, 2, 3)], kind="categories"
    )
    label = Text.same("My multiple response set")
    boxes = Responses("mymrset", ["bool1", "bool2", "bool3"], label=label, counted=1)
    assert data.codebook.sets == {"categorical_array": array, "mymrset": boxes}
    assert data.codebook.origin.date == "2014-12-05"
    some = read(file, isolated=False, columns=["bool1", "bool2"]).codebook
    assert (some.sets, some.origin.notices) == ({}, ())
    whole = read(file, isolated=False, columns=["bool3", "bool1", "bool2", "ca_subvar_1"]).codebook
    assert whole.sets == {"mymrset": data.codebook.sets["mymrset"]}


def test_sets_as_spss_writes_them() -> None:
    """The three forms that the description of the format published with PSPP gives."""
    found = parse_sets(
        b"$a=C 8 Some set x y\n$b=D2 55 0  g e\n$c=D3 Yes 6 caf\xc3\xa9s h i\n$d=E 11 2 34 0  k l\n",
        "UTF-8",
    )
    sets = [
        ("a", ("X", "Y"), "Some set", None),
        ("b", ("G", "E"), "", "55"),
        ("c", ("H", "I"), "cafés", "Yes"),
    ]
    assert found == tuple(SpssSet(*each) for each in [*sets, ("d", ("K", "L"), "", "34")])
    for record in (b"", b"$a", b"$a=", b"$a=D", b"$a=C x", b"$a=D9999 1 0 a", b"\n\n$=C 1 a b"):
        assert all(not each.columns for each in parse_sets(record, "nonsense"))


@pytest.mark.parametrize(
    "cut",
    [
        b"$cut",
        b"$cut=",
        b"$cut=D",
        b"$cut=D2 5",
        b"$cut=D2 55 9 lab",
        b"$cut=C 3 abc",
        b"$cut=F 1 X",
    ],
)
def test_a_set_whose_definition_is_cut_is_named(cut: bytes) -> None:
    record = b"$a=C 8 Some set x y\n" + cut + b"\n"
    known, notices = multiple_responses(parse_sets(record, "UTF-8"), {"X": "x", "Y": "y"}, [])
    assert list(known) == ["a"]
    [notice] = notices
    assert notice.en.startswith(
        "The question with several answers `cut` is left out: its definition"
    )


def test_a_set_without_one_of_its_columns_is_named() -> None:
    written = [
        SpssSet("a", ("X", "Y"), "", "1"),
        SpssSet("b", ("X",), "", "Yes"),
        SpssSet("c", ("X",), "", "Yes"),
    ]
    known, notices = multiple_responses(written[:2], {"X": "x"}, [])
    assert known == {}
    assert [each.en for each in notices] == [
        f"The question with several answers `{name}` is left out: its definition is cut, or its "
        "columns are not all in the file."
        for name in ("a", "b")
    ]
    assert multiple_responses(written[2:], {"X": "x"}, ["x"])[0]["c"].counted == "Yes"


def test_only_the_columns_with_impossible_dates_stay_numbers(tmp_path: Path) -> None:
    file = tmp_path / "d.sav"
    day = 86400.0
    frame = pd.DataFrame(
        {
            "good": [0.0, day],
            "late": [1e18, day],
            "time": [3600.0, 90000.0],
            "odd": [0.0, -day * 1e6],
        }
    )
    formats = {"good": "DATE11", "late": "DATETIME20", "time": "TIME8", "odd": "DATE11"}
    pyreadstat.write_sav(frame, file, variable_format=formats)
    data = read(file, isolated=False)
    assert data.frame["good"].tolist() == [dt.date(1582, 10, 14), dt.date(1582, 10, 15)]
    for name in ("late", "time", "odd"):
        assert data.frame[name].tolist() == frame[name].tolist()
    assert data.codebook.origin.notices == (
        Text(
            "Laissées en nombres, parce qu’une de leurs dates n’est pas entre les années 1 et "
            "9999\u00a0: "
            "`late`, `odd`.",
            "Left as numbers, because one of their dates is not between the years 1 and 9999: "
            "`late`, `odd`.",
        ),
        Text(
            "Laissées en nombres, parce qu’une de leurs heures n’est pas entre 0 et 24 h (des "
            "durées\u202f?)\u00a0: "
            "`time`.",
            "Left as numbers, because one of their times is not between 0 and 24 hours "
            "(durations?): `time`.",
        ),
    )


def test_moments_of_which_stata_shows_a_part(tmp_path: Path) -> None:
    """Milliseconds since 1960, worked by hand: 2011-06-29 10:27 is 18,807 days, 10 hours and 27 minutes after it.

    Stata's manual (Datetime conversion) gives %tC one second more for each leap second before: 24
    by June 2011.
    """
    moment = (18_807 * 86_400 + 10 * 3600 + 27 * 60) * 1000.0
    columns = {
        "shown_hour": ("%tcHH:MM", moment), "shown_seconds": ("%-tcHH:MM:SS", moment), "hour": ("%tcHH:MM", 36e6),
        "plain": ("%tc", moment), "detailed": ("%tcCCYY-NN-DD!THH:MM:SS.sss", moment), "leap": ("%tC", moment + 24e3),
        "leap_shown": ("%tCDDmonCCYY_HH:MM:SS", moment + 24e3), "day": ("%tdDD/NN/CCYY", 18_807.0),
        "old": ("%d", 18_807.0), "far": ("%tc", 200_000 * 365.25 * 864e5), "month": ("%tmMon_CCYY", 617.0),
        "quarter": ("%tqCCYY!qq", 205.0), "year": ("%ty", 2011.0),
    }  # fmt: skip
    frame = pd.DataFrame({name: [number, np.nan] for name, (_, number) in columns.items()})
    formats = {name: written for name, (written, _) in columns.items()}
    pyreadstat.write_dta(frame, tmp_path / "a.dta", variable_format=formats)
    data = read(tmp_path / "a.dta", isolated=False)
    at = pd.Timestamp(2011, 6, 29, 10, 27)
    expected = {
        **dict.fromkeys(("shown_hour", "shown_seconds", "plain", "detailed", "leap", "leap_shown"), at),
        "hour": dt.time(10), "day": at.date(), "old": at.date(), "far": frame["far"][0], "month": 617.0,
        "quarter": 205.0, "year": 2011.0,
    }  # fmt: skip
    assert data.frame.iloc[0].to_dict() == expected
    assert data.frame.iloc[1].isna().all()
    assert [each.en for each in data.codebook.origin.notices] == [
        "Left as numbers, because one of their dates is not between the years 1 and 9999: `far`.",
        "Left as numbers, as Stata counts them (weeks, months... since 1960): `month`, `quarter`.",
    ]
    by_pandas = tmp_path / "b.dta"
    pd.DataFrame({"at": [at, pd.NaT]}).to_stata(
        by_pandas, convert_dates={"at": "tc"}, write_index=False
    )
    assert read(by_pandas, isolated=False).frame["at"][0] == at


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


def test_words_in_another_encoding_than_declared(tmp_path: Path) -> None:
    e, label = "abé".encode(), "né".encode()
    for suffix, old, new, encoding, town in (
        (".sav", e, b"abc\xe9", "WINDOWS-1252", "abcéxy"),
        (".sav", e, b"abc\x81", "ISO-8859-1", "abc\x81xy"),
        # the library drops the last letter of a label that is not in UTF-8, and says nothing
        (".sav", label, b"nn\xe9", "WINDOWS-1252", "abÃ©xy"),
        (".dta", e, b"abc\xe9", "WINDOWS-1252", "abcéxy"),
    ):
        data = read(declared(tmp_path, suffix, old, new), isolated=False)
        assert data.frame["town"].tolist() == [town, "Lyon"]
        assert data.codebook.origin.notices == (
            Text(
                "Ses textes ne sont pas dans l’encodage qu’il annonce\u202f; ils ont été lus en "
                f"{encoding}.",
                f"Its text is not in the encoding that it declares; it was read as {encoding}.",
            ),
        )


def test_very_long_words_and_names_that_differ_by_case(tmp_path: Path) -> None:
    file = tmp_path / "a.sav"
    frame = pd.DataFrame(
        {"Age": [1.0, 2.0], "age": [3.0, 4.0], "story": ["é" * 3000, "b"], "s": ["c" * 300, ""]}
    )
    pyreadstat.write_sav(frame, file)
    data = read(file, isolated=False)
    assert (list(data.frame), data.frame["story"].tolist()) == (
        ["Age", "age", "story", "s"],
        ["é" * 3000, "b"],
    )
    assert data.frame["s"].dropna().tolist() == ["c" * 300]


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


# days from the epoch of each to 1 January 2000: 1582-10-14 to 1970-01-01 is 141,428, 1960 to 1970
# is 3,653
TO_2000 = 10_957
SPSS, LATER = 141_428 + TO_2000, 3_653 + TO_2000


def test_numbers_as_dates_and_numbers_that_are_no_date() -> None:
    for number, kind, family, answer in (
        (SPSS * 86400.0, "date", "spss", dt.date(2000, 1, 1)),
        (SPSS * 86400.0 + 3600.5, "date", "spss", dt.date(2000, 1, 1)),
        (SPSS * 86400.0 + 3600.123, "moment", "spss", pd.Timestamp(2000, 1, 1, 1, 0, 0, 123_000)),
        (LATER * 1.0, "date", "stata", dt.date(2000, 1, 1)),
        (LATER * 86_400_000.0 + 1.5, "moment", "stata", pd.Timestamp(2000, 1, 1, 0, 0, 0, 1_500)),
        (61_001.0, "time", "stata", dt.time(0, 1, 1, 1_000)),
        (LATER * 1.0, "date", "sas", dt.date(2000, 1, 1)),
        (LATER * 86400.0, "day moment", "sas", dt.date(2000, 1, 1)),
        (LATER * 86400.0 + 0.25, "moment", "sas", pd.Timestamp(2000, 1, 1, 0, 0, 0, 250_000)),
        (86399.0, "time", "sas", dt.time(23, 59, 59)),
        (-1.0, "date", "stata", dt.date(1959, 12, 31)),
    ):
        first, second = dates_from_numbers(np.array([number, np.nan]), kind, family).tolist()  # type: ignore[union-attr]
        assert (first, pd.isna(second)) == (answer, True), (number, kind, family)
    for kind, numbers in {
        "date": [np.inf, -6e10],
        "moment": [1e300, 3.2e11],
        "time": [86400.0, -1.0],
    }.items():
        for number in numbers:
            assert dates_from_numbers(np.array([0.0, number]), kind, "spss") is None


def test_dates_come_back_from_their_numbers() -> None:
    days = pd.Series([dt.date(1, 1, 1), np.nan, dt.date(9999, 12, 31)], dtype=object)
    moments = pd.Series(
        pd.to_datetime(["1583-01-01T10:11:12.987", None, "2026-11-25"], format="ISO8601")
    )
    times = pd.Series([dt.time(0), np.nan, dt.time(23, 59, 59, 999_000)], dtype=object)
    for answers, kind in (
        (days, "date"),
        (moments.astype("datetime64[us]"), "moment"),
        (times, "time"),
    ):
        for family in ("spss", "stata"):
            back = dates_from_numbers(dates_to_numbers(answers, kind, family), kind, family)
            pd.testing.assert_series_equal(back, answers, check_names=False)


KINDS = {
    "spss": {"QYR8": "date", "EDATE10": "date", "MONTH9": "", "A10": "", "F8.2": ""},
    "stata": {
        "%-tdD_m_Y": "date", "%d": "date", "%tcHH:MM": "time", "%tCCCYY-NN-DD_HH:MM:SS": "leap moment", "%tm": "",
        "%9.0g": "",
    },
    "sas": {
        "YYMMDD10": "date", "DTDATE9": "day moment", "TIME20.3": "time", "DATETIME19.3": "moment", "BEST12": "",
        "12": "", None: "",
    },
}  # fmt: skip


def test_kinds_of_display_formats() -> None:
    for family, kinds in KINDS.items():
        assert {written: date_kind(written, family) for written in kinds} == kinds


def _with_languages(file: Path, version: int) -> None:
    """Write a file of Stata with labels in two languages, and the notes in which `label language` keeps the second."""
    # [D] label language; the tables of labels of a language that is not in use lie beside the
    # others
    frame = pd.DataFrame({"sex": [1, 2, 1], "age": [31, 40, 52], "spare": [1, 2, 2]})
    labels = {"sex": {1: "Man", 2: "Woman"}, "spare": {1: "Homme", 2: "Femme", 3: "Autre"}}
    frame.to_stata(
        file,
        write_index=False,
        version=version,
        variable_labels={"sex": "Sex", "age": "Age"},
        value_labels=labels,
    )
    size = 129 if version == 118 else 33
    encoding = "utf-8" if version == 118 else "latin-1"

    def note(column: str, name: str, words: str) -> bytes:
        said = words.encode(encoding) + b"\0"
        return column.encode().ljust(size, b"\0") + name.encode().ljust(size, b"\0") + said

    notes = [
        note("_dta", "_lang_c", "default"),
        note("_dta", "_lang_list", "default fr"),
        note("_dta", "note1", "nothing of languages"),
        note("sex", "_lang_v_fr", "Sexe"),
        note("sex", "_lang_l_fr", "spare"),
        note("age", "_lang_v_fr", "Âge"),
        note("age", "_lang_v_de", "Alter"),  # of no language of the list
        note("gone", "_lang_v_fr", "Parti"),
    ]
    content = file.read_bytes()
    if version == 114:
        written = b"".join(b"\1" + struct.pack("<i", len(each)) + each for each in notes)
        end = 4 + 2 + 4 + 81 + 18 + 3 + 3 * 33 + 2 * 4 + 3 * 49 + 3 * 33 + 3 * 81
        assert content[end : end + 5] == bytes(5)
        file.write_bytes(content[:end] + written + content[end:])
        return
    written = b"".join(b"<ch>" + struct.pack("<I", len(each)) + each + b"</ch>" for each in notes)
    begin = content.index(b"<characteristics>") + len(b"<characteristics>")
    at = content.index(b"<map>") + len(b"<map>")
    starts = np.frombuffer(content[at : at + 14 * 8], "<u8").copy()
    starts[9:] += len(written)
    content = content[:at] + starts.tobytes() + content[at + 14 * 8 :]
    file.write_bytes(content[:begin] + written + content[begin:])


@pytest.mark.parametrize("version", [114, 118])
def test_labels_of_stata_in_further_languages(tmp_path: Path, version: int) -> None:
    _with_languages(tmp_path / "a.dta", version)
    book = read(tmp_path / "a.dta").codebook
    assert (book["sex"].label.fr, book["sex"].label.en, book["sex"].label.others) == (
        "Sexe",
        "Sex",
        (),
    )
    assert {code: (each.fr, each.en) for code, each in book["sex"].values.items()} == {
        1: ("Homme", "Man"),
        2: ("Femme", "Woman"),
        3: ("Autre", "Autre"),
    }
    assert (book["age"].label.fr, book["age"].label.en, dict(book["age"].values)) == (
        "Âge",
        "Age",
        {},
    )
    assert book["spare"].values[1].en == "Homme"
    assert "gone" not in book.variables
    content = (tmp_path / "a.dta").read_bytes()
    for at in range(content.index(b"_lang_c") - 200, content.index(b"_lang_v_de") + 40, 17):
        (tmp_path / "b.dta").write_bytes(content[:at] + b"\xff\xfe" + content[at + 2 :])
        with contextlib.suppress(LoadError):
            assert read(tmp_path / "b.dta").frame["age"].tolist() == [31, 40, 52]
