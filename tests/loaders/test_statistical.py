"""SPSS and Stata files: what is kept, what becomes missing and why."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from diplab.errors import ColumnError
from diplab.loaders.read import read
from diplab.microdata.codebook import Codebook
from diplab.microdata.variable import MissingRange, Variable
from diplab.reference.text import Text

if TYPE_CHECKING:
    from pathlib import Path


def survey(path: Path, **options: object) -> Path:
    answers = pd.DataFrame(
        {
            "age": [31.0, 99.0, 98.0, np.nan, -1.0],
            "sex": ["F", "M", "?", "", "F"],
            "day": [dt.date(2018, 5, 6), None, dt.date(2018, 5, 7), None, None],
        }
    )
    pyreadstat.write_sav(
        answers,
        path,
        column_labels={"age": "âge"},
        variable_value_labels={
            "age": {98.0: "don't know", 99.0: "refused", 31.0: "just so"},
            "sex": {"F": "femme"},
        },
        missing_ranges={"age": [{"lo": 97, "hi": 99}, -1], "sex": ["?"]},
        variable_measure={"age": "scale", "sex": "nominal"},
        **options,
    )
    return path


def test_declared_missing_are_never_numbers_and_keep_their_reasons(tmp_path: Path) -> None:
    data = read(survey(tmp_path / "s.sav"))
    assert data.frame["age"].dropna().tolist() == [31.0]
    assert data.frame["sex"].dropna().tolist() == ["F", "M", "F"]
    assert data.codebook["age"] == Variable(
        "age",
        label=Text.same("âge"),
        values={31.0: Text.same("just so")},
        measure="scale",
        missing={-1.0: "", 98.0: "don't know", 99.0: "refused"},
        missing_ranges=(MissingRange(97.0, 99.0),),
    )
    assert data.codebook.reasons == {
        "age": {"-1": 1, "don't know": 1, "refused": 1, "system": 1},
        "sex": {"?": 1, "system": 1},
        "day": {"system": 3},
    }
    assert data.frame["day"].tolist()[0] == dt.date(2018, 5, 6)


@pytest.mark.parametrize("name", ["s.sav", "s.zsav"])
def test_isolated_and_in_process_read_the_same(tmp_path: Path, name: str) -> None:
    file = survey(tmp_path / name, compress=name.endswith(".zsav"))
    apart, here = read(file), read(file, isolated=False)
    pd.testing.assert_frame_equal(apart.frame, here.frame)
    assert apart.codebook == here.codebook


def test_origin_names_file_checksum_and_reader(tmp_path: Path) -> None:
    file = survey(tmp_path / "s.sav")
    origin = read(file, isolated=False).codebook.origin
    assert origin.file == "s.sav"
    assert len(origin.sha256) == 64
    assert origin.reader == f"pyreadstat {pyreadstat.__version__}"
    assert not origin.synthetic


@pytest.mark.parametrize("options", [{"file_label": "Synthetic file"}, {"note": "données synthétiques"}])
def test_a_file_that_says_synthetic_is_synthetic(tmp_path: Path, options: dict[str, str]) -> None:
    assert read(survey(tmp_path / "s.sav", **options), isolated=False).codebook.origin.synthetic


def test_columns_are_read_in_the_order_asked(tmp_path: Path) -> None:
    data = read(survey(tmp_path / "s.sav"), columns=["sex", "age"])
    assert list(data.frame) == list(data.codebook) == ["sex", "age"]


def test_unknown_column(tmp_path: Path, error_text: Any) -> None:
    with pytest.raises(ColumnError) as error:
        read(survey(tmp_path / "s.sav"), columns=["agee"])
    error_text(error)


def test_a_codebook_corrects_and_completes_the_file(tmp_path: Path) -> None:
    given = Codebook(
        {
            "age": Variable("age", label=Text("âge", "age"), values={-1: Text("à naître", "unborn")}),
            "sex": Variable("sex", missing={"M": "withdrawn"}),
            "elsewhere": Variable("elsewhere"),
        }
    )
    data = read(survey(tmp_path / "s.sav"), codebook=given, isolated=False)
    assert list(data.codebook) == ["age", "sex", "day"]
    assert data.codebook["age"].label == Text("âge", "age")
    assert data.frame["age"].dropna().tolist() == [31.0, -1.0]
    assert data.codebook.reasons["sex"] == {"?": 1, "withdrawn": 1, "system": 1}


def test_declared_missing_dates_are_missing(tmp_path: Path) -> None:
    file = tmp_path / "d.sav"
    # SPSS compares the numbers as stored: 99 seconds are the code 99, and 14 October 1582 (0 seconds) is a day.
    days = pd.DataFrame({"day": [(dt.date(2020, 1, 1) - dt.date(1582, 10, 14)).days * 86400.0, 99.0, 0.0]})
    pyreadstat.write_sav(days, file, missing_ranges={"day": [99.0]}, variable_format={"day": "DATE11"})
    data = read(file)
    assert data.frame["day"].dropna().tolist() == [dt.date(2020, 1, 1), dt.date(1582, 10, 14)]
    assert data.codebook.reasons == {"day": {"99": 1}}
    assert data.missing["day"].codes == (99,)
    assert data.missing["day"].places.tolist() == [-1, 0, -1]


@pytest.mark.shared
def test_user_missing_of_a_published_file(shared: Path) -> None:
    data = read(shared / "data/loaders/pspp_gpl/nhtsa_2008_usermissing.sav")
    raw, _ = pyreadstat.read_sav(
        shared / "data/loaders/pspp_gpl/nhtsa_2008_usermissing.sav",
        user_missing=True,
        usecols=["startAgeOfDrinking"],
    )
    codes = raw["startAgeOfDrinking"]
    assert data.frame.shape == (6999, 121)
    assert data.codebook.reasons["startAgeOfDrinking"] == {
        "Never drink/drank": (codes == 97).sum(),
        "Don't know": (codes == 98).sum(),
        "Refused": (codes == 99).sum(),
        "system": codes.isna().sum(),
    }
    assert data.frame["startAgeOfDrinking"].max() < 97
    assert (codes == 99).sum() == 6


@pytest.mark.shared
def test_unlabelled_missing_code_is_counted_under_itself(shared: Path) -> None:
    data = read(shared / "data/loaders/haven/spss/labelled-num-na.sav")
    assert data.frame["VAR00002"].isna().tolist() == [False, True]
    assert data.codebook.reasons == {"VAR00002": {"9": 1}}
    assert data.codebook["VAR00002"].values == {1.0: Text.same("This is one")}


@pytest.mark.shared
@pytest.mark.parametrize("name", ["tagged-na-int.dta", "tagged-na-double.dta"])
def test_stata_tagged_missing(shared: Path, name: str) -> None:
    data = read(shared / "data/loaders/haven/stata" / name)
    assert data.frame["x"].dropna().tolist() == [1, 2, 3, 4, 5]
    assert data.codebook["x"].missing == {".a": "apple", ".h": "", ".z": ".zebra"}
    assert data.codebook["x"].values == {}
    assert data.codebook.reasons == {"x": {"apple": 1, ".h": 1, ".zebra": 1}}


@pytest.mark.shared
def test_every_sample_reads_the_same_as_pyreadstat(shared: Path) -> None:
    samples = [
        *(shared / "data/loaders/pyreadstat/basic").glob("*.*sav"),
        *(shared / "data/loaders/haven/stata").glob("*.dta"),
    ]
    assert len(samples) > 10
    for sample in samples:
        mine = read(sample, isolated=False).frame
        reader = pyreadstat.read_dta if sample.suffix == ".dta" else pyreadstat.read_sav
        theirs = reader(sample)[0].replace("", np.nan)
        # Integers stay integers only where nothing is missing, for both.
        pd.testing.assert_frame_equal(mine, theirs, check_dtype=False)
