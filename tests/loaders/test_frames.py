"""A frame is read as a file is: with a codebook, its missing codes, columns and rows."""

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import diplab as dl
from diplab.errors import ColumnError, OptionError

COLUMNS = {
    "sex": [1, 2, 1, 9, 2],
    "pay": [10.0, 20.0, np.nan, -9.0, 40.0],
    "job": ["a", "b", "NSP", None, "b"],
}
FRAME = pd.DataFrame(COLUMNS)
BOOK = (
    dl.Codebook()
    .described(
        "sex",
        values={1: dl.Text("femme", "woman"), 2: dl.Text("homme", "man")},
        missing={9: "refused"},
    )
    .described("pay", missing={-9: "refused"})
    .described("job", missing={"NSP": "don't know"})
)
MAKERS = [
    pd.DataFrame,
    lambda each: pl.from_pandas(pd.DataFrame(each)),
    lambda each: pa.Table.from_pandas(FRAME),
]


@pytest.mark.parametrize("make", MAKERS)
def test_a_frame_with_a_codebook_is_what_its_file_would_be(make: Any, tmp_path: Any) -> None:
    data = dl.read(make(COLUMNS), codebook=BOOK)
    FRAME.to_csv(tmp_path / "file.csv", index=False)
    of_file = dl.read(tmp_path / "file.csv", codebook=BOOK)
    assert data.codebook.reasons == of_file.codebook.reasons
    assert data.frame["sex"].tolist()[:3] == of_file.frame["sex"].tolist()[:3] == [1.0, 2.0, 1.0]
    assert data.frame["sex"].isna().tolist() == [False, False, False, True, False]
    assert data.frame["job"].isna().tolist() == of_file.frame["job"].isna().tolist()
    assert data.missing["pay"].codes == of_file.missing["pay"].codes
    assert data.codebook["sex"].values[1].en == "woman"
    asked = dl.mean("pay"), dl.share("sex"), dl.share("job")
    answers = [
        dl.estimate(dl.declare_design(each), *asked).frame["estimate"].tolist()
        for each in (data, of_file)
    ]
    assert answers[0] == pytest.approx(answers[1], nan_ok=True)


def test_a_path_of_a_codebook_columns_and_rows(tmp_path: Any) -> None:
    (tmp_path / "book.toml").write_text(
        '[variables.sex]\nlabel = "Sexe"\nmissing = [{ code = 9, reason = "refused" }]\n', "utf-8"
    )
    data = dl.read(FRAME, codebook=tmp_path / "book.toml", columns=["sex", "pay"], rows=3)
    assert (list(data.frame), len(data)) == (["sex", "pay"], 3)
    assert data.codebook["sex"].label.fr == "Sexe"


def test_types_categories_and_index_stay() -> None:
    frame = FRAME.assign(
        k=pd.Categorical(["low", "high", "low", "high", "low"], ["low", "high"], ordered=True),
        day=pd.to_datetime(["2024-01-01"] * 5), n=pd.array([1, 2, None, 4, 5], dtype="Int64"), flag=True,
    ).set_index(pd.Index([5, 6, 7, 8, 9]))  # fmt: skip
    data = dl.read(frame)
    assert (
        data.frame.dtypes[["k", "day", "n", "flag"]].tolist()
        == frame.dtypes[["k", "day", "n", "flag"]].tolist()
    )
    assert data.exclude(frame["pay"] < 0, "no pay").frame["pay"].isna().sum() == 1
    assert data.codebook.reasons["n"] == {"system": 1}
    # what is done to the frame afterwards is not done to the microdata
    frame["pay"] = 0.0
    assert data.frame["pay"].max() == 40.0


def test_everything_that_asks_for_microdata_takes_it() -> None:
    data = dl.read(FRAME.assign(number=range(5)))
    assert data.codebook.origin.file == ""
    assert len(data.check().frame) >= 0
    assert len(data.disclosure_risk(["sex"]).frame) > 0
    assert repr(data) == "<microdata in memory: 5 rows, 4 columns>"


@pytest.mark.parametrize("make", MAKERS)
def test_microdata_need_no_codebook(make: Any) -> None:
    data = dl.Microdata(make(COLUMNS))
    assert isinstance(data.frame, pd.DataFrame)
    assert len(data.codebook) == 0
    assert len(dl.declare_design(data).names) == 3


def test_what_is_no_table_is_refused(refused: Any) -> None:
    refused(lambda: dl.Microdata([1, 2, 3]), OptionError)  # type: ignore[arg-type]
    refused(lambda: dl.read({"x": [1, 2]}), OptionError)
    refused(lambda: dl.read(FRAME, sheet="answers"), OptionError)
    refused(lambda: dl.read(pd.DataFrame([[1, 2]])), ColumnError)
    refused(lambda: dl.read(FRAME, columns=["seks"]), ColumnError)
