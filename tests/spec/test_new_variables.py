"""New variables of data and of a sample: conditions are read as everywhere else, and weights stay as they are."""

from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pytest

import diplab as dl
from diplab.errors import ColumnError, ConditionError, OptionError

FRAME = pd.DataFrame({
    "age": [17.0, 64.0, np.nan, 70.0, 20.0] * 20, "sex": ["f", "m"] * 50, "pay": np.arange(100.0), "w": 1.5,
})  # fmt: skip
DATA = dl.Microdata(FRAME)
MAKERS = [pd.DataFrame, pl.from_pandas, lambda each: pl.from_pandas(each).lazy()]


def test_a_condition_is_no_constant_and_missing_stays_missing() -> None:
    data = DATA.with_columns(
        old="age >= 60", double="pay * 2", both="sex == 'f' and age < 30", copy="sex"
    )
    assert data.frame["old"].isna().tolist() == FRAME["age"].isna().tolist()
    assert data.frame["old"].fillna(value=False).tolist() == (FRAME["age"] >= 60).tolist()
    assert data.frame["double"].tolist() == (FRAME["pay"] * 2).tolist()
    assert data.frame["copy"].tolist() == FRAME["sex"].tolist()
    assert data.codebook.reasons["old"] == {"system": 20}
    assert data.codebook["old"].label.en == "age >= 60"
    sample = dl.declare_design(data, weights="w")
    found = dl.estimate(sample, dl.share("old")).frame
    assert (found["estimate"].item(), found["n"].item()) == (0.5, 80)
    assert dl.estimate(sample.where("old"), dl.count()).frame["n"].item() == 40


def test_what_is_no_condition_is_refused(refused: Any) -> None:
    refused(lambda: DATA.with_columns(country="France"), ColumnError)
    refused(lambda: DATA.with_columns(old="agee >= 60"), ColumnError)
    refused(lambda: DATA.with_columns(old="age >= "), ConditionError)


@pytest.mark.parametrize("make", MAKERS)
def test_a_calibrated_sample_takes_new_variables(make: Any) -> None:
    """As if they had been in the data before: design, weights and residuals are the same."""
    margins = {"sex": {"f": 900.0, "m": 1100.0}}
    before = dl.calibrate(
        dl.declare_design(DATA.with_columns(old="age >= 60"), weights="w"), margins
    )
    calibrated = dl.calibrate(dl.declare_design(make(FRAME), weights="w"), margins)
    after = calibrated.with_columns(old="age >= 60", log=np.log1p(FRAME["pay"]))
    asked = dl.share("old"), dl.mean("pay")
    found, expected = (dl.estimate(each, *asked).frame for each in (after, before))
    for name in ("estimate", "std_error", "n"):
        assert found[name].tolist() == pytest.approx(expected[name].tolist())
    assert dl.estimate(after, dl.mean("log")).frame["n"].item() == 100
    assert "old" not in calibrated.names


def test_a_sample_is_recoded_with_its_replicates_and_its_domain() -> None:
    sample = dl.make_replicates(dl.declare_design(DATA, weights="w"), "rao_wu", n=30, seed=1).where(
        "age >= 18"
    )
    banded = sample.recode("age", bands=[0, 30, 65, 100], into="band", label="Âge")
    data = dl.Microdata(FRAME).recode("age", bands=[0, 30, 65, 100], into="band", label="Âge")
    again = dl.make_replicates(dl.declare_design(data, weights="w"), "rao_wu", n=30, seed=1).where(
        "age >= 18"
    )
    found, expected = (
        dl.estimate(each, dl.share("band"), dl.mean("pay")).frame for each in (banded, again)
    )
    pd.testing.assert_frame_equal(found, expected)
    assert banded.codebook["band"].label.fr == "Âge"
    words = sample.recode("sex", {"f": "women", "m": "men"}, into="who")
    assert dl.estimate(words, dl.share("who")).frame["category"].tolist() == ["women", "men"]


@pytest.mark.parametrize("make", MAKERS[1:])
def test_recodes_of_other_frames(make: Any) -> None:
    sample = dl.declare_design(make(FRAME), weights="w").recode(
        "age", bands=[0, 30, 65, 100], into="band"
    )
    expected = dl.declare_design(
        DATA.recode("age", bands=[0, 30, 65, 100], into="band"), weights="w"
    )
    found, other = (
        dl.estimate(each, dl.share("band")).frame["estimate"].tolist()
        for each in (sample, expected)
    )
    assert found == pytest.approx(other)


def test_a_sample_stays_a_snapshot() -> None:
    frame = FRAME.copy()
    sample = dl.declare_design(frame, weights="w").with_columns(rich="pay > 50")
    frame["pay"] = 0.0
    assert dl.estimate(sample, dl.share("rich"), dl.mean("pay")).frame["estimate"].tolist() == [
        0.49,
        49.5,
    ]


def test_new_variables_of_samples_that_are_refused(refused: Any) -> None:
    sample = dl.declare_design(DATA, weights="w")
    refused(lambda: sample.with_columns(w="w * 2"), ColumnError)
    refused(lambda: sample.recode("age", bands=[0, 30, 100], into="age"), ColumnError)
    refused(lambda: sample.recode("agee", bands=[0, 30, 100], into="band"), ColumnError)
    refused(lambda: sample.with_columns(x=[1, 2]), OptionError)
    lazy = dl.declare_design(pl.from_pandas(FRAME).lazy(), weights="w")
    assert (
        dl.estimate(lazy.with_columns(x=nw.col("pay") * 2), dl.mean("x")).frame["estimate"].item()
        == 99.0
    )
    refused(lambda: lazy.with_columns(x=[1.0] * 100), OptionError)


@pytest.mark.parametrize("index", [[3, 1, 2, 0], ["a", "b", "c", "d"]])
def test_a_series_goes_to_the_rows_of_its_index(index: list[Any]) -> None:
    frame = pd.DataFrame({"age": [20.0, 30.0, 40.0, 50.0]}, index=index)
    sample = dl.declare_design(frame)
    turned = frame["age"].sort_values(ascending=False)
    made = sample.with_columns(again=turned, computed=lambda rows: rows["age"] + 1)
    assert dl.estimate(made.where("again == age"), dl.count()).frame["n"].item() == 4
    assert dl.estimate(made.where("computed == age + 1"), dl.count()).frame["n"].item() == 4
    # another index is that of other rows: answers go in order, as arrays do
    in_order = sample.with_columns(again=pd.Series(frame["age"].to_numpy(), index=[9, 8, 7, 6]))
    assert dl.estimate(in_order.where("again == age"), dl.count()).frame["n"].item() == 4


def test_tables_are_no_variable_however_they_are_given(refused: Any) -> None:
    frame = pd.DataFrame({"age": [20.0, 30.0, 40.0, 50.0]})
    for verb in (dl.Microdata(frame).with_columns, dl.declare_design(frame).with_columns):
        refused(lambda v=verb: v(x=lambda rows: rows))
        refused(lambda v=verb: v(x=np.zeros((4, 2))))
        refused(lambda v=verb: v(x=pl.DataFrame({"y": [1, 2, 3, 4]})))
        refused(lambda v=verb: v("age > 30"))
