"""A data file and the codebook written beside it: together the same microdata, alone what `write_limits` says."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from diplab.errors import ColumnError, LoadError, OptionError
from diplab.loaders.codebooks.sidecar import read_written
from diplab.loaders.deliveries import read_codebook
from diplab.loaders.formats import WRITE_LIMITS, write_limits
from diplab.loaders.read import read
from diplab.loaders.write import write
from diplab.microdata.codebook import Codebook, Origin
from diplab.microdata.history import Step
from diplab.microdata.microdata import FileDesign, LinkedTable, Microdata
from diplab.microdata.missing import MissingCodes
from diplab.microdata.multiple_response import Responses
from diplab.microdata.variable import MissingRange, Variable, code_written
from diplab.reference.text import Text
from tests.loaders.factories import codes, of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

OPEN = (".csv", ".tsv", ".xlsx", ".parquet")
NATIVE = (".sav", ".zsav", ".por", ".dta", ".sas7bdat", ".xpt")
TWINS = ("sodp2020_pt.csv", "Sample_Survey_(Insights).csv", "api_clus2.csv", "api_strat.csv")
"""Wide samples of which another holds the same survey: in French, in other headers, as another package has it."""


KIND = np.frompyfunc(type, 1, 1)


def cells(microdata: Microdata, name: str) -> NDArray[Any]:
    """Return each cell of a column: its answer, or the missing code that stands in it, or None."""
    column = microdata.frame[name]
    answers = column.to_numpy(dtype=object, copy=True)
    answers[pd.isna(column).to_numpy()] = None
    if name in microdata.missing:
        codes = microdata.missing[name]
        words = np.array(
            [*(f"missing {code_written(code)}" for code in codes.codes), None], dtype=object
        )
        assert [
            each
            for each, place in zip(answers, codes.places, strict=True)
            if place >= 0 and each is not None
        ] == []
        answers = np.where(codes.places >= 0, words[codes.places], answers)
    return answers


def meaning(codebook: Codebook, *, storage: bool = False) -> dict[str, Any]:
    """Return what a codebook means, but for the file it comes from and how that file stores its cells."""
    described = codebook.variables.items()
    return {
        "variables": {name: each if storage else replace(each, storage="") for name, each in described},
        "order": list(codebook.variables), "reasons": {name: dict(each) for name, each in codebook.reasons.items()},
        "sets": dict(codebook.sets), "title": codebook.title, "languages": codebook.languages, "steps": codebook.steps,
        "synthetic": codebook.origin.synthetic,
    }  # fmt: skip


def differences(one: Microdata, other: Microdata, *, storage: bool = False) -> list[str]:
    """Return in what two microdata differ, in words; nothing where they are the same."""
    if list(one.frame) != list(other.frame) or len(one) != len(other):
        return [f"columns or rows: {one} and {other}"]
    found = []
    if set(one.missing) != set(other.missing):
        found.append(f"missing codes in {sorted(one.missing)} and {sorted(other.missing)}")
    for name in one.frame:
        kinds = one.frame[name].dtype, other.frame[name].dtype
        if kinds[0] != kinds[1]:
            found.append(f"`{name}` is {kinds[0]} and {kinds[1]}")
        here, there = cells(one, name), cells(other, name)
        odd = np.flatnonzero((here != there) | (KIND(here) != KIND(there)))
        if len(odd):
            found.append(f"`{name}` holds {here[odd[0]]!r} and {there[odd[0]]!r}")
    words, again = (meaning(each.codebook, storage=storage) for each in (one, other))
    found += [
        f"{key}: {words[key]!r} and {again[key]!r}" for key in words if words[key] != again[key]
    ]
    if list(one.linked) != list(other.linked):
        return [*found, f"linked: {list(one.linked)} and {list(other.linked)}"]
    for name, link in one.linked.items():
        there = other.linked[name]
        if (link.key, link.foreign) != (there.key, there.foreign):
            found.append(f"the columns that join `{name}`")
        found += [f"{name}: {each}" for each in differences(link.table, there.table)]
    return found


def same(back: Microdata, data: Microdata) -> None:
    """Everything but where the data came from."""
    pd.testing.assert_frame_equal(back.frame, data.frame)
    assert differences(data, back, storage=True) == []


@pytest.mark.shared
def test_every_sample_comes_back(shared: Path, tmp_path: Path) -> None:
    """Those of native formats written as SPSS and Stata, small ones as text and Parquet."""
    written, kinds = Counter[str](), set()
    for file in sorted((shared / "data").rglob("*")):
        native = file.suffix in NATIVE and file.is_relative_to(shared / "data/loaders")
        small = (
            file.suffix.lower() in {".sav", ".zsav", ".dta", ".csv", ".tsv"}
            and file.stat().st_size <= 60_000
        )
        if file.name in TWINS or not (native or small):
            continue
        try:
            data = read(file, isolated=False, rows=100)
        except LoadError:
            assert not native
            continue
        for suffix in (".sav", ".dta") * native + (".csv", ".parquet") * small:
            back = read(write(data, tmp_path / f"{written.total()}{suffix}"), isolated=False)
            if suffix in NATIVE:
                same(back, data)  # the storage of cells too
            else:
                assert differences(data, back) == [], file.name
            written[suffix] += 1
        kinds |= {file.suffix} if native else set()
    assert kinds == set(NATIVE)
    assert min(written[".csv"], written[".parquet"]) > 90
    assert min(written[".sav"], written[".dta"]) > 50


def people() -> Microdata:
    """Return what no format holds as it is."""
    moments = pd.to_datetime(
        ["2020-01-01T10:11:12.123", None, None, "9999-12-31"], format="ISO8601"
    )
    frame = pd.DataFrame(
        {
            "my age": [31.0, np.nan, np.nan, 7.5], "My Age": [1, 2, 3, 4], "if": [True, False, True, True],
            "with": [1, 2, 3, 2**40], "hours": [np.nan] * 4,
            "words": pd.Series(["a", np.nan, np.nan, "b"], dtype="str"),
            "plain": pd.Series(["a", np.nan, "é", "b"], dtype="str"),
            "day": pd.Series([dt.date(2020, 1, 1), np.nan, np.nan, dt.date(1, 1, 1)], dtype=object),
            "moment": moments.astype("datetime64[us]"),
            "time": pd.Series([dt.time(1, 2, 3, 456_000), np.nan, np.nan, dt.time(0)], dtype=object),
            "a name that goes on and on, beyond what Stata takes": [1, 2, 3, 4],
            "whole": pd.array([1, None, 3, 4], dtype="Int64"), "small": np.array([0.5, 1, 2, np.nan], dtype="float32"),
            "code": np.array([1, 2, 3, 4], dtype="int8"), "income": [100.0, np.nan, np.nan, 2.0],
            "none": pd.Series([np.nan] * 4, dtype=object),
        }
    )  # fmt: skip
    missing = {
        "my age": codes([98, 99], -1, 0, 1, -1), "hours": codes([-1, 97, ".a", "REVOKED"], 0, 1, 2, 3),
        "words": codes(["REVOKED_LONG", 99], -1, 0, 1, -1), "day": codes([99], -1, 0, -1, -1),
        "income": codes([95, -5], -1, 0, 1, -1),
    }  # fmt: skip
    variables = [
        Variable(
            "my age", label=Text("âge " * 100, "age " * 100), question=Text("Quel âge ?", "How old?"),
            group=Text("Vous", "You"), part_of="q1", measure="scale", missing={98: "", 99: "refused"},
        ),
        Variable(
            "hours", values={1.5: Text("un et demi", "one and a half"), 2: Text("deux", "two")},
            missing={-1: "left", 97: "other", ".a": "not asked", "REVOKED": "revoked", 4: "", 5: "five"},
        ),
        Variable(
            "words", values={"a": Text("non", "no")},
            missing={"REVOKED_LONG": "consent revoked", "U": "", "V": "", "W": ""},
        ),
        Variable("plain", values={"a": Text("oui", "yes")}, storage="words"), Variable("day", missing={99: "no day"}),
        Variable("income", missing_ranges=(MissingRange(90, 99, "refused"), MissingRange(-9, -1, "lost"))),
        Variable("elsewhere", label=Text.same("not in the frame")),
    ]  # fmt: skip
    described = {name: Variable(str(name)) for name in frame} | {
        each.name: each for each in variables
    }
    empty = {name: {"system": 2} for name in ("moment", "time")}
    reasons = {
        "my age": {"98": 1, "refused": 1}, "hours": {"left": 1, "other": 1, "not asked": 1, "revoked": 1},
        "words": {"99": 1, "consent revoked": 1}, "day": {"no day": 1, "system": 1},
        "income": {"refused": 1, "lost": 1}, "none": {"system": 4},
        **{name: {"system": 1} for name in ("plain", "whole", "small")}, **empty,
    }  # fmt: skip
    codebook = Codebook(
        described, Origin(), reasons, {"s": Responses("s", ("My Age", "if"), "all", Text("deux", "two"), counted="x")},
        Text("Enquête " * 30, "Survey " * 30), ("fr", "pt"),
        (Step("recode", ("code",), Text("en classes", "in bands"), 4),),
    )  # fmt: skip
    return Microdata(frame, codebook, missing)


@pytest.mark.parametrize("suffix", [".sav", ".zsav", ".dta"])
def test_what_a_format_cannot_hold_the_codebook_brings_back(tmp_path: Path, suffix: str) -> None:
    data = people()
    file = write(data, tmp_path / f"p{suffix}")
    assert {each.name for each in tmp_path.iterdir()} == {f"p{suffix}", "p.codebook.toml"}
    same(read(file), data)
    same(read(file, isolated=False, codebook=tmp_path / "p.codebook.toml"), data)


def bare(folder: Path, suffix: str, data: Microdata, **options: Any) -> Microdata:
    return read(write(data, folder / f"p{suffix}", **options), codebook=Codebook(), isolated=False)


@pytest.mark.parametrize("suffix", [".sav", ".dta"])
def test_no_missing_code_enters_a_mean_of_the_bare_file(tmp_path: Path, suffix: str) -> None:
    alone = bare(tmp_path, suffix, people())
    assert alone.frame["my_age"].mean() == (31 + 7.5) / 2
    assert alone.frame["hours"].isna().all()
    assert alone.frame["income"].mean() == 51
    assert alone.codebook.reasons["hours"] == {"left": 1, "other": 1, "not asked": 1, "revoked": 1}
    assert alone.codebook.reasons["income"] == {"refused": 1, "lost": 1}


def test_codes_stand_as_they_are_in_spss_and_as_letters_in_stata(tmp_path: Path) -> None:
    write(people(), tmp_path / "p.sav")
    answers, meta = pyreadstat.read_sav(tmp_path / "p.sav", user_missing=True)
    assert answers["my_age"].tolist() == [31.0, 98.0, 99.0, 7.5]
    assert meta.missing_ranges["my_age"] == [{"lo": 98.0, "hi": 98.0}, {"lo": 99.0, "hi": 99.0}]
    # six codes, two of them no numbers: one range below every answer and every other code
    assert answers["hours"].tolist() == [-2.0, -3.0, -6.0, -7.0]
    assert meta.missing_ranges["hours"] == [{"lo": -7.0, "hi": -2.0}]
    assert meta.variable_value_labels["hours"][-7.0] == "revoked"
    write(people(), tmp_path / "p.dta")
    answers, meta = pyreadstat.read_dta(tmp_path / "p.dta", user_missing=True)
    assert answers["my_age"].tolist() == [31.0, "a", "b", 7.5]
    # `.a` keeps its letter; the codes in use come first
    assert answers["hours"].tolist() == ["b", "c", "a", "d"]
    assert meta.variable_value_labels["hours"] == {
        2: "two", "a": "not asked", "b": "left", "c": "other", "d": "revoked", "e": "4", "f": "five",
    }  # fmt: skip
    frame = pd.read_stata(tmp_path / "p.dta", convert_categoricals=False)
    assert frame["my_age"].dropna().tolist() == [31.0, 7.5]


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".xlsx", ".sav", ".dta", ".parquet"])
def test_codes_that_zeros_tell_apart_come_back(tmp_path: Path, suffix: str) -> None:
    """Codes of activities lost their last zero where diplab read what it had written."""
    codes_of_activities = ["47.10", "47.1", "0.10", "0.1"]
    data = Microdata(pd.DataFrame({"code": pd.Series(codes_of_activities * 6, dtype="str")}))
    write(data, tmp_path / f"a{suffix}")
    assert read(tmp_path / f"a{suffix}").frame["code"].tolist() == codes_of_activities * 6


@pytest.mark.parametrize("suffix", [".sav", ".dta"])
def test_columns_and_sets_of_a_pair(tmp_path: Path, suffix: str) -> None:
    file = write(people(), tmp_path / f"p{suffix}")
    some = read(file, columns=["words", "My Age"], isolated=False)
    assert list(some.frame) == list(some.codebook) == ["words", "My Age"]
    assert (some.codebook.sets, some.codebook.reasons) == (
        {},
        {"words": {"99": 1, "consent revoked": 1}},
    )
    assert list(read(file, columns=["if", "My Age"], isolated=False).codebook.sets) == ["s"]
    with pytest.raises(ColumnError) as error:
        read(file, columns=["elsewhere"], isolated=False)
    assert str(error.value).startswith(
        f"`elsewhere` is not a column of the file `p{suffix}`. It has 16 columns."
    )


LOST: dict[str, Callable[[Microdata], bool]] = {
    "second_language": lambda alone: (
        alone.codebook["my_age"].label.fr == alone.codebook["my_age"].label.en
    ),
    **{
        field: lambda alone, field=field: (
            not any(getattr(each, field) for each in alone.codebook.variables.values())
        )
        for field in ("question", "group", "unit", "part_of")
    },
    "sets": lambda alone: alone.codebook.sets == {},
    "languages": lambda alone: alone.codebook.languages == (),
    "linked": lambda alone: alone.linked == {},
    "design": lambda alone: alone.design is None,
    "steps": lambda alone: alone.codebook.steps == (),
    "range_reasons": lambda alone: (
        not any(
            span.reason
            for each in alone.codebook.variables.values()
            for span in each.missing_ranges
        )
    ),
    "range": lambda alone: (
        not any(each.missing_ranges for each in alone.codebook.variables.values())
    ),
    "long_title": lambda alone: alone.codebook.title.en != people().codebook.title.en,
    "names": lambda alone: not {"my age", "with"} & set(alone.frame),
    "storage": lambda alone: (
        str(alone.frame["My_Age_2"].dtype) == str(alone.frame["if"].dtype) == "float64"
    ),
    "small_storage": lambda alone: (
        str(alone.frame["My_Age_2"].dtype) == str(alone.frame["if_2"].dtype) == "int64"
    ),
    "many_codes": lambda alone: set(alone.missing["hours"].codes) == {-2, -3, -6, -7},
    "letters": lambda alone: set(alone.missing["my_age"].codes) == {".a", ".b"},
    "word_codes": lambda alone: "REVOKED_LONG" in alone.frame["words"].tolist(),
    "all_word_codes": lambda alone: "REVOKED_LONG" in alone.frame["words"].tolist(),
    "word_labels": lambda alone: alone.codebook["plain"].values == {},
    "fraction_labels": lambda alone: 1.5 not in alone.codebook["hours"].values,
    "long_labels": lambda alone: len(alone.codebook["my_age"].label.en) < 400,
    "measure": lambda alone: alone.codebook["my_age"].measure == "unknown",
}


@pytest.mark.parametrize("suffix", [".sav", ".zsav", ".dta"])
def test_what_the_bare_file_loses(tmp_path: Path, suffix: str) -> None:
    linked = {"trips": LinkedTable(of(code=[1.0, 1.0]), "code", "code")}
    made = replace(people(), linked=linked, design=FileDesign("code"))
    alone = bare(tmp_path, suffix, made)
    assert [lost for lost in WRITE_LIMITS[suffix] if not LOST[lost](alone)] == []  # type: ignore[index]


def simple() -> Microdata:
    """Return what each format holds without its codebook."""
    days = {"day": [dt.date(2020, 1, 1)] * 3, "hour": [dt.time(10)] * 3}
    town = pd.Series(["Lyon", np.nan, "Nice"], dtype="str")
    frame = pd.DataFrame({"work": [1.0, 2.0, np.nan], "town": town, **days})
    work = Variable(
        "work", label=Text.same("emploi"), values={1: Text.same("oui"), 2: Text.same("non")}
    )
    others = {name: Variable(name) for name in ("town", "day", "hour")}
    reasons = {"work": {"refus": 1}, "town": {"system": 1}}
    return Microdata(
        frame, Codebook({"work": work, **others}, reasons=reasons, title=Text.same("Enquete"))
    )


@pytest.mark.parametrize(("suffix", "code"), [(".sav", 9), (".zsav", 9), (".dta", ".a")])
def test_what_the_bare_file_keeps(tmp_path: Path, suffix: str, code: int | str) -> None:
    whole = simple()
    work = replace(whole.codebook["work"], missing={code: "refus"}, measure="unknown")
    data = Microdata(
        whole.frame,
        replace(whole.codebook, variables={**whole.codebook.variables, "work": work}),
        {"work": codes([code], -1, -1, 0)},
    )
    same(bare(tmp_path, suffix, data), data)


@pytest.mark.parametrize("suffix", [".sav", ".dta", ".csv", ".parquet"])
def test_tables_that_hang_on_the_data_come_back(tmp_path: Path, suffix: str) -> None:
    members = of(of_home=[1.0, 1.0, 2.0], age=[31.0, 4.0, 77.0])
    data = replace(of(home=[1.0, 2.0]), linked={"members": LinkedTable(members, "home", "of_home")})
    back = read(write(data, tmp_path / f"homes{suffix}"))
    link = back.linked["members"]
    assert (link.key, link.foreign) == ("home", "of_home")
    assert (link.table.frame["age"].tolist(), back.frame["home"].tolist()) == (
        [31.0, 4.0, 77.0],
        [1.0, 2.0],
    )


def test_one_codebook_serves_files_of_several_formats(tmp_path: Path) -> None:
    # an SPSS file declares three codes, and holds other numbers
    reasons = {91: "a", 92: "b", 93: "c", 94: "d"}
    data = Microdata(
        pd.DataFrame({"pay": [1.0, 91.0, 94.0], "town": ["01", "75", "13"]}),
        Codebook().described("pay", missing=reasons),
    )
    for name in ("a.sav", "a.csv", "a.dta", "a.parquet"):
        write(data, tmp_path / name)
    for name in ("a.sav", "a.csv", "a.dta", "a.parquet"):
        back = read(tmp_path / name)
        assert back.codebook.reasons["pay"] == {"a": 1, "d": 1}, name
        assert sorted(back.missing["pay"].codes) == [91, 94], name
        assert back.frame["town"].tolist() == ["01", "75", "13"], name


def test_frames_that_hold_the_codes_of_missing_answers(tmp_path: Path, refused: Any) -> None:
    frame = pd.DataFrame({"age": [31, 99], "town": ["REF", "Lyon "]}, index=[5, 9])
    codebook = Codebook(
        {
            "age": Variable("age", missing={99: "refused"}),
            "town": Variable("town", missing={"REF": ""}),
        }
    )
    for suffix, town in ((".sav", "Lyon"), (".dta", "Lyon ")):
        back = read(write(Microdata(frame, codebook), tmp_path / f"a{suffix}"), isolated=False)
        assert (back.frame["age"].dropna().tolist(), back.frame["town"].dropna().tolist()) == (
            [31.0],
            [town],
        )
        assert back.codebook.reasons == {"age": {"refused": 1}, "town": {"REF": 1}}
        assert (back.missing["age"].codes, list(back.frame.index)) == ((99,), [0, 1])
    assert bare(tmp_path, ".dta", people(), language="fr").codebook["hours"].values == {
        2: Text.same("deux")
    }
    refused(lambda: write_limits(".odt"), OptionError)


@pytest.mark.parametrize("suffix", [".sav", ".dta"])
def test_the_same_data_give_the_same_bytes_and_synthetic_ones_say_so(
    tmp_path: Path, suffix: str
) -> None:
    data = replace(simple(), codebook=replace(simple().codebook, origin=Origin(synthetic=True)))
    first = write(data, tmp_path / f"a{suffix}").read_bytes()
    assert write(data, tmp_path / f"b{suffix}").read_bytes() == first
    alone = read(tmp_path / f"a{suffix}", codebook=Codebook(), isolated=False)
    assert alone.codebook.origin.synthetic
    assert alone.codebook.origin.date == ""


@pytest.mark.parametrize("suffix", [".sav", ".dta"])
def test_no_rows(tmp_path: Path, suffix: str) -> None:
    none = Microdata(simple().frame.iloc[:0], replace(simple().codebook, reasons={}))
    assert read(write(none, tmp_path / f"a{suffix}"), isolated=False).frame.shape == (0, 4)


def test_two_files_beside_one_codebook(tmp_path: Path) -> None:
    first, second = write(people(), tmp_path / "p.sav"), write(people(), tmp_path / "p.dta")
    assert sorted(read_written(tmp_path / "p.codebook.toml")) == ["p.dta", "p.sav"]
    same(read(first, isolated=False), people())
    same(read(second, isolated=False), people())
    write(simple(), tmp_path / "p.dta")
    assert sorted(read_written(tmp_path / "p.codebook.toml")) == ["p.dta"]
    # a file changed since is read like any other
    file = write(simple(), tmp_path / "a.sav")
    pyreadstat.write_sav(pd.DataFrame({"work": [2.0], "new": [1.0]}), file)
    data = read(file, isolated=False)
    assert (list(data.codebook), data.codebook["work"].label.en) == (["work", "new"], "emploi")
    assert data.codebook.origin.notices == (
        Text(
            "Le dictionnaire a été écrit avec une autre version de ce fichier\u202f; il y est "
            "appliqué comme un autre.",
            "The codebook was written with another version of this file; it is applied like any "
            "other.",
        ),
    )
    # a codebook corrected by hand is followed
    file = write(simple(), tmp_path / "a.sav")
    beside = tmp_path / "a.codebook.toml"
    assert 'label = "emploi"' in beside.read_text(encoding="utf-8")
    beside.write_text(
        beside.read_text(encoding="utf-8").replace('label = "emploi"', 'label = "travail"'), "utf-8"
    )
    assert read(file, isolated=False).codebook["work"].label.en == "travail"
    assert read_codebook(beside)["work"].label.en == "travail"


def test_what_was_written_is_checked(tmp_path: Path, refused: Any) -> None:
    file = write(people(), tmp_path / "p.sav")
    beside = tmp_path / "p.codebook.toml"
    head, mark, tail = beside.read_text(encoding="utf-8").partition("[written")
    for old, new in (('storage = "bool"', 'storage = "complex"'), ("sha256", "sha")):
        beside.write_text(head + mark + tail.replace(old, new, 1), encoding="utf-8")
        refused(lambda: read(file, isolated=False), LoadError)
    beside.write_text(
        (head + mark + tail).replace('storage = "Int64"', 'storage = "int64"'), encoding="utf-8"
    )
    refused(lambda: read(file, isolated=False), LoadError)


def refusal(folder: Path, name: str, data: Microdata, **options: Any) -> Exception:
    """Return why data are not written, once nothing is left behind."""
    (folder / name).write_bytes(b"what was there")
    with pytest.raises((LoadError, OptionError)) as error:
        write(data, folder / name, **options)
    assert [each.name for each in folder.iterdir()] == [name]
    assert (folder / name).read_bytes() == b"what was there"
    return error.value


REFUSED = {
    "suffix": ("a.xls", of(a=[1.0])),
    "no suffix": ("a", of(a=[1.0])),
    "no column": ("a.sav", Microdata(pd.DataFrame(), Codebook())),
    "names": ("a.sav", Microdata(pd.DataFrame([[1.0, 2.0]], columns=["a", "a"]), Codebook())),
    "mixed": ("a.sav", of(a=["x", 3])),
    "category": ("a.dta", of(a=pd.Categorical(["x"]))),
    "long number": ("a.sav", of(a=[2**60 + 1])),
    "microsecond": ("a.sav", of(a=pd.to_datetime(["2020-01-01T00:00:00.000001"]))),
    "infinite": ("a.dta", of(a=[np.inf])),
    "more codes than letters": (
        "a.dta",
        Microdata(
            pd.DataFrame({"a": [np.nan] * 27}),
            Codebook({"a": Variable("a", missing_ranges=(MissingRange(100, 200),))}),
            {"a": codes(range(100, 127), *range(27))},
        ),
    ),
}


def test_refusals(tmp_path: Path, error_text: Any) -> None:
    for what, (name, data) in REFUSED.items():
        error_text(refusal(tmp_path, name, data), what)
        (tmp_path / name).unlink()


LONG_NOTE = " ".join(["Données d'enquête, réunies à l'été"] * 8)


def test_a_note_is_for_spss(tmp_path: Path, error_text: Any) -> None:
    error_text(refusal(tmp_path, "a.dta", of(a=[1.0]), note="for you"))
    (tmp_path / "a.dta").unlink()
    _, meta = pyreadstat.read_sav(write(of(a=[1.0]), tmp_path / "a.sav", note=f"{LONG_NOTE} "))
    assert " ".join(meta.notes) == LONG_NOTE


def test_a_hundred_letters_before_a_number(tmp_path: Path) -> None:
    """The writer underneath looks at the first hundred answers of a column, and takes them for words."""
    variable = Variable("a", missing={9: "refused"})
    data = Microdata(
        pd.DataFrame({"a": [np.nan] * 150 + [1.0]}),
        Codebook({"a": variable}, reasons={"a": {"refused": 150}}),
        {"a": codes([9], *[0] * 150, -1)},
    )
    same(read(write(data, tmp_path / "a.dta"), isolated=False), data)


WORDS = pd.StringDtype(na_value=np.nan)


def one_of_everything() -> Microdata:
    """Return what text and Parquet hold."""
    moments = ["2026-01-02T09:05:00.000001", "NaT", "2026-01-02", "1999-12-31"]
    frame = pd.DataFrame(
        {
            "id": [9_007_199_254_740_993, 2, 3, 4], "whole": [1, 2, 3, 4], "float": [1.0, 0.1, -2e-300, 1e300],
            "infinite": [np.inf, -np.inf, 0.5, np.nan], "gaps": [1.0, np.nan, np.nan, np.nan],
            "letters": [1.5, np.nan, np.nan, np.nan], "range": [10.0, np.nan, 20.0, np.nan],
            "status": pd.Series(["full, time", np.nan, 'say "no"', "a\r\nb;c\td|e"], dtype=WORDS),
            "mixed": pd.Series(["x", np.nan, "-1", "=1+1"], dtype=WORDS),
            "department": pd.Series(["01", "75", "2A", "13"], dtype=WORDS),
            "figures": pd.Series(["1", "2", np.nan, "3"], dtype=WORDS),
            "no words": pd.Series([np.nan] * 4, dtype=WORDS), "no number": [np.nan] * 4,
            "yes": [True, False, True, True],
            "day": pd.Series([dt.date(2026, 1, 2), np.nan, np.nan, dt.date(1582, 10, 14)], dtype=object),
            "hour": pd.Series([dt.time(9, 5), np.nan, dt.time(23, 59, 59, 1), dt.time()], dtype=object),
            "moment": np.array(moments, dtype="datetime64[us]"),
            "é; ,": pd.Series(["NA", "nan", ".", "  two "], dtype=WORDS), "mail": [1, 0, 1, 0], "phone": [0, 0, 1, 1],
        }
    )  # fmt: skip
    both = Text("fr", "en", others=(("pt", "pt"),))
    variables = {
        **{name: Variable(name) for name in frame},
        "whole": Variable(
            "whole", both, both, {1: both, 2: Text.same("two")}, "ordinal", group=both, part_of="q"
        ),
        "gaps": Variable("gaps", missing={99: "refused", 98.5: ""}, unit="EUR a month, net"),
        "letters": Variable("letters", missing={".a": "refused", ".b": "not asked"}),
        "range": Variable("range", missing_ranges=(MissingRange(90, 99, "not asked"),)),
        "status": Variable("status", missing={"CONSENT_REVOKED": "withdrawn"}),
        "mixed": Variable("mixed", missing={9: "refused"}),
        "day": Variable("day", missing={99.0: "refused"}),
    }

    missing = {
        "gaps": codes([99, 98.5], -1, 0, 1, -1), "letters": codes([".a", ".b"], -1, 1, 0, -1),
        "range": codes([97], -1, 0, -1, 0), "status": codes(["CONSENT_REVOKED"], -1, 0, -1, -1),
        "mixed": codes([9], -1, 0, -1, -1), "day": codes([99], -1, 0, -1, -1),
    }  # fmt: skip
    reasons = {
        "infinite": {"system": 1}, "gaps": {"refused": 1, "98.5": 1, "system": 1},
        "letters": {"not asked": 1, "refused": 1, "system": 1}, "range": {"not asked": 2}, "status": {"withdrawn": 1},
        "mixed": {"refused": 1}, "figures": {"system": 1}, "no words": {"system": 4}, "no number": {"system": 4},
        "day": {"refused": 1, "system": 1}, "hour": {"system": 1}, "moment": {"system": 1},
    }  # fmt: skip
    trips = Microdata(
        pd.DataFrame({"of": [1, 1, 3], "km": [1.5, np.nan, 2.0]}),
        Codebook({"of": Variable("of"), "km": Variable("km")}, reasons={"km": {"system": 1}}),
    )
    codebook = Codebook(
        variables, Origin(synthetic=True), reasons, {"uses": Responses("uses", ["mail", "phone"], label=both)},
        Text("enquête", "survey"), ("fr", "pt"), (Step("recode", ("age",), Text("âge", "age"), 3),),
    )  # fmt: skip
    design = FileDesign(
        "float",
        ("phone",),
        replicates={"columns": ["mail"], "kind": "jk1", "scale": 0.5, "mse": True},
    )
    return Microdata(
        frame, codebook, missing, {"trips": LinkedTable(trips, "whole", "of")}, design=design
    )


@pytest.mark.parametrize("suffix", OPEN)
def test_everything_comes_back(tmp_path: Path, suffix: str) -> None:
    made = one_of_everything()
    file = write(made, tmp_path / f"survey{suffix}", formulas="keep")
    assert differences(made, read(file)) == []
    again = write(read(file), tmp_path / f"again{suffix}", formulas="keep")
    assert again.read_bytes() == file.read_bytes()
    assert {each.name for each in tmp_path.iterdir() if "again" not in each.name} == {
        f"survey{suffix}", "survey.codebook.toml", f"survey.trips{suffix}", "survey.trips.codebook.toml",
    }  # fmt: skip


@pytest.mark.parametrize("suffix", OPEN)
def test_no_row_at_all_comes_back(tmp_path: Path, suffix: str) -> None:
    made = one_of_everything()
    # days and times of day are objects, of which no row says nothing
    frame = made.frame.iloc[:0].drop(columns=["day", "hour"])
    known = {name: each for name, each in made.codebook.variables.items() if name in frame}
    empty = Microdata(frame, replace(made.codebook, variables=known, reasons={}))
    back = read(write(empty, tmp_path / f"empty{suffix}"))
    assert differences(empty, back) == []


def aspects_lost(made: Microdata, back: Microdata) -> set[str]:
    """Return in which respects data read back differ, in the words of `WRITE_LIMITS`."""
    lost: set[str] = set()
    for name in set(made.codebook).intersection(back.codebook):
        here, there = made.codebook[name], back.codebook[name]
        fields = ("label", "question", "values", "measure", "missing", "group", "part_of", "unit")
        lost |= {each for each in fields if getattr(here, each) != getattr(there, each)}
    words, again = meaning(made.codebook), meaning(back.codebook)
    lost |= {
        key
        for key in ("sets", "title", "languages", "steps", "synthetic")
        if words[key] != again[key]
    }
    lost |= {"linked"} if made.linked and not back.linked else set()
    lost |= {"design"} if made.design != back.design else set()
    kinds = {
        "words": "figures", "boolean": "yes", "date": "day", "moment": "moment", "time": "hour", "gaps": "no words",
    }  # fmt: skip
    lost |= {
        kind
        for kind, name in kinds.items()
        if made.frame[name].dtype != back.frame[name].dtype
        or (
            made.frame[name].dtype == object
            and type(made.frame[name][0]) is not type(back.frame[name][0])
        )
    }
    kept = [
        name for name in ("whole", "float", "gaps", "department", "status") if name in back.frame
    ]
    for name in kept:
        if name not in made.missing:
            assert made.frame[name].equals(back.frame[name]), name
    return lost


@pytest.mark.parametrize("suffix", OPEN)
def test_what_the_file_alone_loses_is_what_is_listed(tmp_path: Path, suffix: str) -> None:
    made = one_of_everything()
    file = write(made, tmp_path / f"survey{suffix}", formulas="keep")
    assert aspects_lost(made, read(file)) == set()
    (tmp_path / "survey.codebook.toml").unlink()
    plain = {".parquet": "parquet", ".xlsx": "excel"}.get(
        suffix, "delimited"
    )  # its words of Prolific would be known again
    assert aspects_lost(made, read(file, file_format=plain)) == set(WRITE_LIMITS[suffix])


def test_differences_are_seen() -> None:
    made = one_of_everything()
    assert differences(made, one_of_everything()) == []
    changes = [
        replace(made, frame=made.frame.assign(whole=[1, 2, 3, 5])),
        replace(made, frame=made.frame.assign(whole=[1.0, 2.0, 3.0, 4.0])),
        replace(made, frame=made.frame.drop(columns="yes")),
        replace(
            made,
            missing={**made.missing, "range": MissingCodes((96,), made.missing["range"].places)},
        ),
        replace(made, linked={}),
        replace(made, codebook=made.codebook.described("whole", measure="nominal")),
        replace(made, codebook=replace(made.codebook, title=Text.same("other"))),
        replace(made, codebook=replace(made.codebook, reasons={})),
        replace(made, codebook=replace(made.codebook, steps=())),
    ]
    assert all(differences(made, changed) for changed in changes)
