"""Files of R, written by R itself (r_samples/make.R): what is kept, what becomes missing and why, what is refused.

Data that packages of R publish stand column by column against what R 4.5.0 finds in them.
Recorded with this script, run in the folder of the data:

    for (f in Sys.glob("*/data/*.rda")) {
      e <- new.env(); o <- get(load(f, e), e)
      for (k in names(o)) {
        v <- o[[k]]; u <- if (is.factor(v)) as.character(v) else v; attributes(u) <- NULL
        s <- if (is.character(u)) sum(nchar(u[!is.na(u)])) else sum(as.numeric(u), na.rm = TRUE)
        cat(basename(f), k, length(u), sum(is.na(u)), sum(u == "", na.rm = TRUE), sprintf("%.17g",
        s),
            length(unique(u)), "\\n")
      }
    }
"""

from __future__ import annotations

import bz2
import datetime as dt
import gzip
import lzma
import struct
import subprocess
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import rdata

import diplab as dl
from diplab.errors import ColumnError, LoadError, OptionError
from diplab.loaders.r_files import table
from diplab.loaders.readstat.child_process import read_table
from diplab.loaders.readstat.reader import NativeReaderError
from diplab.loaders.source import Request, SourceFile
from diplab.microdata.variable import MissingRange, Variable
from diplab.reference.text import Text
from tests.loaders.factories import notices
from tests.recorded_values import recorded_file

SAMPLES = Path(__file__).with_name("r_samples")
SAVE_AGAIN = "Copy it again from its source, or read it in R and save it again."
CUT = "It is cut or damaged: what it holds ends too early, or is not an object of R."


def sample(name: str, **options: object) -> dl.Microdata:
    return dl.read(SAMPLES / name, **options)


def answers(data: dl.Microdata, column: str) -> list[object]:
    found = data.frame[column]
    return found.astype(object).where(found.notna(), None).tolist()


@pytest.fixture
def people() -> dl.Microdata:
    return sample("people.rds")


# -- vectors ----------------------------------------------------------------------------------------------------

PARIS = ["2018-07-06 09:30", None, "2018-01-06 23:59:59", "1969-12-31", "2018-12-31 12:00"]
DAYS = [dt.date(2018, 5, 6), None, dt.date(1968, 2, 29), dt.date(2018, 5, 7), dt.date(1, 1, 1)]
ANSWERS: dict[str, list[object]] = {
    "region": ["nord", "sud", None, "sud", "est"],
    "gap": ["a", None, "b", "a", None],  # its missing level is missing
    "owns": [True, False, False, True, True],
    "works": [1.0, 0.0, None, 1.0, 1.0],
    "age": [31.0, None, 45.0, 52.0, 28.0],
    "rank": [1, 2, 3, 4, 5],
    "pay": [1520.5, None, None, 0.0, -1.0],
    "town": ["Orléans", None, None, "Lyon", "Le Mans"],
    "day": DAYS,
    "spent": [1.5, 2.0, None, 4.0, 0.0],
    "asked": [each and pd.Timestamp(each) for each in PARIS],
    "lost": [pd.Timestamp("1970-01-01")] * 5,
}
REASONS = {
    "gap": {"system": 2},
    "age": {"system": 1},
    "pay": {"not a number": 1, "system": 1},
    "town": {"system": 2},  # blank words are missing like NA
}


def test_answers_and_reasons_of_vectors(people: dl.Microdata) -> None:
    assert {column: answers(people, column) for column in ANSWERS} == ANSWERS
    assert {column: people.codebook.reasons[column] for column in REASONS} == REASONS


def test_what_vectors_mean(people: dl.Microdata) -> None:
    levels = ["nord", "sud", "est", "ouest"]
    values = {level: Text.same(level) for level in levels}
    assert people.codebook["region"] == Variable("region", values=values, measure="nominal")
    assert (list(people.codebook["region"].values), list(people.codebook["gap"].values)) == (
        levels,
        ["a", "b"],
    )
    assert (people.frame["owns"].dtype, people.frame["children"].dtype) == (bool, np.int64)
    assert people.codebook["age"].label == Text.same("Âge")
    assert people.codebook["pay"].missing == {".nan": "not a number"}
    assert (people.missing["pay"].codes, people.codebook["spent"].unit) == ((".nan",), "hours")
    noted = [pd.Timestamp("1970-01-01"), pd.Timestamp("1970-01-02 00:00:00.25"), None]
    assert answers(people, "noted")[:3] == noted
    # R keeps NA as a signalling NaN, which raises a floating-point exception in the first product
    with np.errstate(invalid="raise"):
        assert np.isnan(people.frame["pay"].to_numpy() * 2.0).any()
    assert people.codebook["often"].measure == "ordinal"
    assert people.as_categorical("often").cat.categories.tolist() == ["never", "weekly", "daily"]
    assert people.as_categorical("often").cat.ordered
    # moments are the hour on the clocks of their zone
    zones = {"`asked`": "Europe/Paris", "`noted`, `lost`": "UTC"}
    assert people.codebook.origin.notices == tuple(
        Text(
            f"Les heures de {names} sont à l’heure locale de {zone}.",
            f"The hours of {names} are in the local time of {zone}.",
        )
        for names, zone in zones.items()
    )
    origin = people.codebook.origin
    assert (origin.file, origin.reader) == ("people.rds", f"rdata {rdata.__version__}")
    assert not origin.synthetic
    # As R prints `as.character(...)` of them; until they are needed R saves the numbers.
    data = sample("numbers.rds")
    assert answers(data, "whole") == ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", None]
    assert answers(data, "number") == [
        *("1e+05", "0.1", "1e-05", "1e+15", "123456.7", None),
        *("NaN", "-Inf", "0.333333333333333", "100", "123456"),
    ]


def test_however_r_writes_it_the_file_reads_the_same(people: dl.Microdata) -> None:
    for name in ("people-plain", "people-ascii", "people-v2", "people-bzip2"):
        other = sample(f"{name}.rds")
        pd.testing.assert_frame_equal(other.frame, people.frame)
        assert other.codebook.variables == people.codebook.variables
        assert other.codebook.reasons == people.codebook.reasons
    here = sample("people.rds", isolated=False)
    pd.testing.assert_frame_equal(here.frame, people.frame)
    assert here.codebook == people.codebook


def test_words_in_other_encodings(tmp_path: Path) -> None:
    data = sample("latin.rds")
    assert data.frame.iloc[0].tolist() == ["été", "été €"]
    assert notices(data) == [
        "It does not state the encoding of all its text, which was read as windows-1252."
    ]
    file = tmp_path / "a.rda"
    pair = whole(0x402, 1, 9, 7) + b"donn\xe9es"  # the name of what follows
    matrix = gzip.decompress((SAMPLES / "matrix.rds").read_bytes())[
        len(HEADER) + 9 :
    ]  # behind the encoding
    file.write_bytes(b"RDX2\n" + HEADER + pair + matrix + whole(254))
    assert dl.read(file, table="données").frame.to_dict("list") == {
        "a": [1.5, 2.0],
        "b": [3.0, 4.0],
    }


# -- labels of haven and foreign --------------------------------------------------------------------------------


def test_labels_and_missing_codes_of_haven_and_foreign() -> None:
    data = sample("labelled.rds")
    assert answers(data, "work") == [1.0, 2.0, None, None, None]
    values = {1.0: Text.same("yes"), 2.0: Text.same("no")}
    assert data.codebook["work"] == Variable(
        "work", label=Text.same("Emploi"), values=values, missing={".a": "refused", ".z": ""}
    )
    assert data.codebook.reasons["work"] == {"refused": 1, ".z": 1, "system": 1}
    assert data.codebook["whole"].values == {1: Text.same("low"), 2: Text.same("high")}
    # missing codes of spss
    assert answers(data, "health") == [1.0, None, None, None, 3.0]
    health = data.codebook["health"]
    assert (health.missing, health.missing_ranges) == (
        {8.0: "", 9.0: "refused"},
        (MissingRange(90.0, np.inf),),
    )
    assert data.codebook.reasons["health"] == {"8": 1, "refused": 1, "90 to inf": 1}
    assert answers(data, "code") == ["A", "B", None, "A", None]
    assert data.codebook.reasons["code"] == {"other": 1, "system": 1}
    # labels that foreign keeps with the data frame
    data = sample("two.RData", table="foreign")
    assert [data.codebook[name].label.en for name in data.frame] == ["Premier", "Second"]


def test_other_classes() -> None:
    data = sample("labelled.rds")
    assert answers(data, "at") == [
        dt.time(1),
        dt.time(12, 34, 56),
        None,
        dt.time(0),
        dt.time(23, 59, 59),
    ]
    assert answers(data, "beyond") == [0.0, 1e12, None, 0.0, 0.0]
    assert data.codebook["spss"].values == {2.0: Text.same("women"), 1.0: Text.same("men")}
    assert answers(data, "long") == [1.0, 2.0, 3.0, 4.0, None]
    assert answers(data, "quarter") == [2018.0, 2018.25, None, 2019.0, 2020.0]
    assert notices(data) == [
        (
            "Left as numbers, because one of their dates is not between the years 1 and 9999: "
            "`beyond`."
        ),
        "The class `yearqtr` of `quarter` is ignored: the column is read as a plain vector.",
    ]
    assert data.codebook.title == Text.same("Enquête (synthetic)")
    assert data.codebook.origin.synthetic


# -- which object, which columns --------------------------------------------------------------------------------


def test_which_object_is_read_and_nothing_is_run() -> None:
    data = sample("one.rda")
    assert data.frame.to_dict("list") == {"h": [1, 2, 3], "n": [2.0, 1.0, 4.0]}
    assert notices(data) == [
        (
            "The object `households` was read; the others were not: `answer`, `double`, `person`, "
            "`here`, `never`."
        )
    ]
    assert sample("two.RData", table="foreign").frame.to_dict("list") == {
        "V1": [1, 2],
        "V2": [3, 4],
    }
    assert sample("frames.rds", table="households").frame["n"].tolist() == [2.0, 1.0, 4.0]


def test_what_is_no_table_is_refused_by_name(refused: Any) -> None:
    tables = {
        "two.RData": (None, "household", "answer"),
        "none.rda": (None, "data"),
        "people.rds": ("people",),
    }
    for name, asked in (tables | dict.fromkeys(("table.rds", "empty.rds"), (None,))).items():
        for each in asked:
            refused(lambda: sample(name, table=each), LoadError)  # noqa: B023


def test_columns_of_one_name_are_numbered(refused: Any) -> None:
    assert sample("twice.rds").frame.to_dict("list") == {"a": [1.0], "a_2": [2.0]}
    assert sample("twice.rds", columns=["a_2"]).frame.to_dict("list") == {"a_2": [2.0]}
    refused(lambda: sample("twice.rds", names="refuse"), LoadError)


def test_columns_that_are_no_vectors_are_refused_where_they_are_asked(refused: Any) -> None:
    assert sample("nested.rds", columns=["h"]).frame["h"].tolist() == [1, 2, 3]
    for column in ("complex", "bytes", "moment", "matrix"):
        refused(partial(sample, "nested.rds", columns=[column]), LoadError)


def test_columns_that_are_no_vectors_are_left_out_with_a_notice(refused: Any) -> None:
    data = sample("nested.rds")
    assert data.frame.to_dict("list") == {"h": [1, 2, 3]}
    left = "`several`, `complex`, `bytes`, `moment`, `matrix`"
    assert data.codebook.origin.notices == (
        Text(
            "Colonnes laissées de côté, car leurs cellules sont des listes, des matrices ou des "
            "objets, et non un "
            f"nombre ou un mot\u00a0: {left}.",
            "Columns left out, because their cells are lists, matrices or objects, not single numbers "
            "or words: "
            f"{left}.",
        ),
    )
    assert sample("lists.rds", table="some", columns=["c"]).frame["c"].tolist() == [
        1.5,
        2.5,
    ]  # a matrix of one column
    refused(lambda: sample("lists.rds", table="all"), LoadError)  # nothing but lists
    assert list(sample("lists.rds", table="some").frame) == ["c"]


@pytest.mark.parametrize("name", [".RData", ".rdata", "survey.RDATA", "survey.Rds"])
def test_files_of_r_by_any_writing_of_their_suffix(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_bytes((SAMPLES / "named.rds").read_bytes())
    assert dl.read(file).frame["x"].tolist() == [1, 2]
    assert dl.read(file, file_format="r").frame["x"].tolist() == [1, 2]


def test_tables_that_are_no_data_frames() -> None:
    made = "The object is not a data frame; its named columns are read as one."
    matrix, listed = sample("matrix.rds"), sample("list.rds")
    assert matrix.frame.to_dict("list") == {"a": [1.5, 2.0], "b": [3.0, 4.0]}
    assert answers(listed, "b") == ["x", "y", None]
    assert notices(matrix) == notices(listed) == [made]
    data = sample("named.rds")
    assert data.frame.to_dict("list") == {"row.names": ["France", "Chili"], "x": [1, 2]}
    assert notices(data) == ["The names of the rows are the column `row.names`."]
    assert notices(sample("named.rds", columns=["x"])) == []
    data = sample("norows.rds")
    assert (len(data), list(data.frame)) == (0, ["a", "b"])


def test_columns_and_rows_that_are_asked_for(people: dl.Microdata, refused: Any) -> None:
    part = sample("people.rds", columns=["town", "pay", "gap"], rows=range(1, 4))
    assert (list(part.frame), answers(part, "gap")) == (["town", "pay", "gap"], [None, "b", "a"])
    reasons = {"town": {"system": 2}, "pay": {"not a number": 1, "system": 1}, "gap": {"system": 1}}
    assert part.codebook.reasons == reasons
    assert len(sample("people.rds", rows=range(9, 12))) == 0
    refused(lambda: sample("people.rds", columns=["towns"]), ColumnError)
    given = dl.Codebook({"children": Variable("children", missing={0: "none"})})
    data = sample("people.rds", codebook=given)
    assert answers(data, "children") == [None, 2.0, 1.0, None, 3.0]
    assert data.codebook.reasons["children"] == {"none": 2}


def test_table_is_for_files_of_several_tables(tmp_path: Path, refused: Any) -> None:
    file = tmp_path / "a.csv"
    file.write_text("a,b\n1,2\n", encoding="utf-8")
    refused(lambda: dl.read(file, table="a"), LoadError)
    refused(lambda: dl.read(tmp_path, table="a"), OptionError)


@pytest.mark.parametrize("suffix", [".sav", ".dta", ".parquet", ".csv"])
def test_what_was_read_can_be_written_and_read_again(
    people: dl.Microdata, tmp_path: Path, suffix: str
) -> None:
    dl.write(people, tmp_path / f"people{suffix}")
    again = dl.read(tmp_path / f"people{suffix}")
    pd.testing.assert_frame_equal(again.frame, people.frame)
    assert again.codebook.reasons == people.codebook.reasons


# -- damaged and hostile files ----------------------------------------------------------------------------------


def whole(*numbers: int) -> bytes:
    return struct.pack(f">{len(numbers)}i", *numbers)


HEADER = b"X\n" + whole(2, 0x40500, 0x20300)
PLAIN = (SAMPLES / "people-plain.rds").read_bytes()
LONG = struct.pack(">ddd", 1e9, 1, 1)
PACKED = (SAMPLES / "people.rds").read_bytes()


def damaged() -> list[bytes]:
    sequence = (
        whole(238, 2, 1, 0x40009, 14) + b"compact_intseq" + whole(254, 14, 3) + LONG + whole(254)
    )
    after_header = (
        *(whole(14, 2**31 - 1) + bytes(80), whole(14, 2) + bytes(9)),  # numbers
        whole(16, 2**31 - 1) + bytes(80),  # words
        whole(19, 2**31 - 1) + whole(254) * 200,  # a list
        whole(14, -5) + bytes(80),
        whole(77, 1),  # a kind that R does not know
        whole(0x5FF),  # a reference to nothing
        *(whole(19, 1) * 100_000 + whole(254), whole(2, 254) * 100_000 + whole(254), sequence),
    )
    return [
        *(
            PACKED[:300],
            lzma.compress(PLAIN)[:-20],
            bz2.compress(PLAIN)[:-20],
            PLAIN[:700],
            PLAIN + b"more",
        ),
        *(b"a,b\n1,2\n", gzip.compress(b"a,b\n1,2\n", mtime=0)),
        *(HEADER + content for content in after_header),
        *(b"RDX3\n", HEADER + whole(254)),
    ]


def test_damaged_files_are_refused(tmp_path: Path, refused: Any) -> None:
    file = tmp_path / "a.rds"
    for content in damaged():
        file.write_bytes(content)
        refused(lambda: dl.read(file), LoadError)


def test_a_small_file_that_decompresses_to_a_huge_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "MOST_BYTES", 2 * 1024**2)
    file = tmp_path / "a.rds"
    for pack in (gzip.compress, bz2.compress, lzma.compress):
        file.write_bytes(pack(b"X\n" + bytes(3 * 1024**2)))
        with pytest.raises(
            NativeReaderError, match=r"^Decompressed it holds over 2 MiB, which is the most"
        ) as huge:
            table.read_r(file, None, (0, None), None, most=table.MOST_BYTES)
        assert huge.value.write == "Write `isolated=False` where you trust where it comes from."
        with pytest.raises(NativeReaderError) as cut:
            table.read_r(file, None, (0, None), None, most=None)
        assert (str(cut.value), cut.value.write) == (CUT, SAVE_AGAIN)


def test_limits_of_the_child(tmp_path: Path, refused: Any) -> None:
    file = tmp_path / "a.rds"
    file.write_bytes(
        gzip.compress(bytes(27 * 1024**2), 1, mtime=0) * 19
    )  # 513 MiB of zeros, in parts
    refused(lambda: dl.read(file), LoadError)
    # a reader that takes too long is stopped
    file.write_bytes(gzip.compress(HEADER + whole(19, 20_000_000) + whole(254) * 20_000_000, 1))
    with pytest.raises(
        NativeReaderError, match=r"was still running after 0\.5 seconds and was stopped"
    ):
        read_table(SourceFile(file), Request(), None, seconds=0.5)


def test_factors_and_columns_that_do_not_fit(tmp_path: Path, refused: Any) -> None:
    file = tmp_path / "a.rds"
    at = PLAIN.index(whole(1, 2, -(2**31), 2, 3))
    for code in (0, 9):  # none of its levels
        file.write_bytes(PLAIN[:at] + whole(1, 2, -(2**31), 2, code) + PLAIN[at + 20 :])
        refused(lambda: dl.read(file), LoadError)
    children = whole(13, 5, 0, 2, 1, 0, 3)
    assert PLAIN.count(children) == 1
    file.write_bytes(PLAIN.replace(children, whole(13, 4, 0, 2, 1, 0)))
    refused(lambda: dl.read(file), LoadError)


def test_warnings_of_the_parser_are_notices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = table.parse_r_file

    def warns(content: bytes, most: int | None) -> object:
        warnings.warn("Tag not implemented", stacklevel=1)
        return kept(content, most)

    monkeypatch.setattr(table, "parse_r_file", warns)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data = sample("matrix.rds", isolated=False)
    assert "Its reader warns: Tag not implemented." in notices(data)


# -- data that packages publish -----------------------------------------------------------------------------------

OPEN = "data/open"
RECS = f"{OPEN}/recs-2015/data/recs_2015.rda"

RECORDED = recorded_file("r_published")
"""By file its columns and rows; by column: missing, blank, sum of numbers or of letters, distinct answers (NA and
blank too)."""

LEVELS_OF_ROWS = {
    "sae/data/cornsoybeanmeans.rda": ["`CountyName`."],
    "sae/data/sizeprov.rda": ["`provlab`."],
    "sae/data/sizeprovedu.rda": ["`provlab`."],
}


@pytest.mark.shared
@pytest.mark.parametrize("file", RECORDED)
def test_columns_as_r_finds_them(shared: Path, file: str) -> None:
    data = dl.read(shared / OPEN / file)
    assert [len(data.frame.columns), len(data)] == RECORDED[file]["columns and rows"]
    # tables by province and by county have a level for each row
    assert [
        each.en.rpartition(": ")[2] for each in data.codebook.origin.notices
    ] == LEVELS_OF_ROWS.get(file, [])
    assert RECORDED[file]["columns"] != {}
    for name, (missing, blank, total, distinct) in RECORDED[file]["columns"].items():
        found = data.frame[name]
        words = isinstance(found.dtype, pd.StringDtype)
        present = found.dropna()
        assert int(found.isna().sum()) == missing + blank, name
        assert present.nunique() + bool(missing) + bool(blank) == distinct, name
        summed = present.str.len().sum() if words else present.astype(float).sum()
        assert float(summed) == pytest.approx(total, rel=1e-12), name


@pytest.mark.shared
def test_labels_of_a_survey_that_haven_read(shared: Path) -> None:
    """As `attributes(casen$activ)` has them in R."""
    data = dl.read(shared / OPEN / "chile-calidad/data/casen_2020.rda", columns=["activ", "edad"])
    activ = data.codebook["activ"]
    assert activ.label.en == "Condición de actividad"
    labels = {code: label.en for code, label in activ.values.items()}
    assert labels == {1.0: "Ocupados", 2.0: "Desocupados", 3.0: "Inactivos"}
    assert (data.codebook["edad"].label.en, list(data.frame)) == ("Edad", ["activ", "edad"])


@pytest.mark.shared
def test_levels_of_factors(shared: Path) -> None:
    """As `levels(recs_2015$HeatingBehavior)` has them, with NA among them; `YearMade` is ordered."""
    data = dl.read(shared / RECS)
    assert [label.en for label in data.codebook["HeatingBehavior"].values.values()] == [
        "Set one temp and leave it", "Manually adjust at night/no one home",
        "Program thermostat to change at certain times", "Turn on or off as needed", "No control", "Other",
    ]  # fmt: skip
    assert data.codebook["HeatingBehavior"].measure == "nominal"
    assert data.codebook["YearMade"].measure == "ordinal"
    assert list(data.codebook["YearMade"].values)[::7] == ["Before 1950", "2010-2015"]


@pytest.mark.shared
def test_the_same_survey_as_the_text_of_it_exported_apart(shared: Path) -> None:
    """All 141 columns of the residential energy survey, against a CSV that was made of it elsewhere."""
    data = dl.read(shared / RECS).frame
    text = pd.read_csv(
        shared / "data/design/recs2015_brr96.csv.gz", na_values=[""], keep_default_na=False
    )
    assert list(data) == list(text)
    for name in text:
        if isinstance(data[name].dtype, pd.StringDtype):
            assert data[name].fillna("").tolist() == text[name].fillna("").tolist(), name
        else:
            np.testing.assert_array_equal(
                data[name].astype(float), text[name].astype(float), err_msg=name
            )


# -- beside R, where it is installed ----------------------------------------------------------------------------

EXPORT = """
args <- commandArgs(TRUE)
load(args[1], kept <- new.env())
words <- function(x) {
  if (is.factor(x) || is.character(x)) return(as.character(x))
  if (is.logical(x)) x <- as.integer(x)
  ifelse(is.na(x), NA, sprintf("%.17g", as.numeric(unclass(x))))
}
columns <- lapply(get(args[2], kept), words)
write.csv(as.data.frame(columns, check.names = FALSE), args[3], row.names = FALSE, na = "", fileEncoding = "UTF-8")
"""


@pytest.mark.r
@pytest.mark.parametrize(("path", "name"), [
    ("chile-calidad/data/epf_personas.rda", "epf_personas"), ("chile-calidad/data/ene.rda", "ene"),
    ("mturk-sensitive-questions/data/MTURK.rda", "MTURK"), ("nonprobsvy/data/admin.rda", "admin"),
])  # fmt: skip
def test_every_cell_is_the_one_that_r_exports(shared, tmp_path, path, name):
    file = shared / "data" / "open" / path
    script = tmp_path / "export.R"
    script.write_text(EXPORT, encoding="utf-8")
    subprocess.run(["Rscript", script, file, name, tmp_path / "r.csv"], check=True, timeout=300)
    theirs = pd.read_csv(tmp_path / "r.csv", dtype=str, keep_default_na=False)
    ours = dl.read(file, table=name).frame
    assert (list(ours), len(ours)) == (list(theirs), len(theirs))
    for column in ours:
        values, exported = ours[column], theirs[column]
        if pd.api.types.is_numeric_dtype(values):
            assert values.notna().tolist() == (exported != "").tolist(), column
            assert (
                values.dropna().astype(float).tolist()
                == exported[exported != ""].astype(float).tolist()
            ), column
        else:
            assert values.fillna("").astype(str).tolist() == exported.tolist(), column
