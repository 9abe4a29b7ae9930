"""A sample is a snapshot of the data it was declared on: what is done to them afterwards changes no answer."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import diplab as dl
from diplab.sampling import design

PAY = np.arange(1.0, 41.0) * 10
HOURS = np.arange(1.0, 41.0)
SEX = ["f", "m"] * 20


def people() -> pd.DataFrame:
    """Return 40 people who are paid 10 an hour."""
    columns = {"w": np.ones(40), "pay": PAY.copy(), "hours": HOURS.copy(), "sex": SEX}
    return pd.DataFrame(columns | {"rw1": np.ones(40), "rw2": np.ones(40) * 2, "old": HOURS > 20})


def answers(sample: Any) -> str:
    """Return every kind of answer that reads columns in its own way."""
    found = [
        dl.estimate(sample, dl.ratio("pay", "hours"), dl.mean("hours"), dl.median("pay")).frame[
            "estimate"
        ],
        dl.estimate(sample, dl.share("sex"), dl.gini("pay")).frame["estimate"],
        dl.estimate(sample.where("hours > 20 and sex == 'f'"), dl.mean("pay"), by="old").frame[
            "estimate"
        ],
        dl.crosstab(sample, "sex", "old").frame["estimate"],
        dl.regress(sample, "pay ~ hours + sex").frame["estimate"],
        dl.summary(sample, ["pay", "sex"]).frame["estimate"],
    ]
    return str([float(each) for column in found for each in column])


def columns_replaced(frame: pd.DataFrame) -> None:
    """Change a frame as the next cell of a notebook does."""
    frame["hours"] *= 4.33
    frame["pay"] = 0.0
    frame["w"] = HOURS
    frame["sex"] = "m"


def cells_written(frame: pd.DataFrame) -> None:
    """Change cells in place."""
    frame.loc[frame["hours"] > 3, "pay"] = np.nan
    frame.iloc[5:30, 2] = 99.0
    frame.at[0, "sex"] = "m"
    frame.loc[:, "w"] = 7.0


def columns_moved(frame: pd.DataFrame) -> None:
    """Take a column out, and give its name to another."""
    frame.pop("pay")
    frame.columns = ["w", "sex", "hours", "rw1", "rw2", "old"]
    frame.insert(0, "pay", HOURS)
    frame.index = range(100, 140)


def arrays_written(frame: pd.DataFrame) -> None:
    """Write into the arrays behind the columns."""
    for name in ("pay", "hours", "w"):
        values = frame[name].to_numpy()
        values.flags.writeable = True
        values[:] = 5.0


CHANGES = [columns_replaced, cells_written, columns_moved, arrays_written]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("asked_before", [False, True])
def test_what_is_done_to_a_frame_afterwards_changes_no_answer(
    change: Callable[[pd.DataFrame], None], asked_before: bool
) -> None:
    frame = people()
    sample = dl.declare_design(frame, weights="w")
    expected = answers(dl.declare_design(people(), weights="w"))
    if asked_before:
        # a column that was read already is not read again
        dl.estimate(sample, dl.mean("hours"))
    change(frame)
    assert answers(sample) == expected


@pytest.mark.parametrize("change", CHANGES[:-1])
def test_a_large_frame_is_shared_until_it_is_written_to(
    change: Callable[[pd.DataFrame], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(design, "COPIED", 0)
    frame = people()
    sample = dl.declare_design(frame, weights="w")
    expected = answers(dl.declare_design(people(), weights="w"))
    change(frame)
    assert answers(sample) == expected


def test_reading_extension_arrays_categories_and_codes_are_of_the_snapshot() -> None:
    frame = pd.DataFrame({
        "k": pd.Categorical(["a", "b"] * 20, ["a", "b"]),
        "n": pd.array([1, 2] * 20, dtype="Int64"),
    })  # fmt: skip
    sample = dl.declare_design(frame)
    frame["k"].array[:] = "a"
    frame["n"].array[:] = 7
    found = dl.estimate(sample, dl.share("k"), dl.mean("n")).frame["estimate"]
    assert found.tolist() == [0.5, 0.5, 1.5]


def test_a_polars_frame_written_in_place_and_the_arrays_it_was_made_of() -> None:
    pay = PAY.copy()
    frame = pl.DataFrame({"pay": pay, "hours": HOURS.copy(), "sex": SEX})
    sample = dl.declare_design(frame)
    frame[0, "hours"] = 1000.0
    frame.replace_column(2, pl.Series("sex", ["m"] * 40))
    frame.drop_in_place("sex")
    pay *= 10
    found = dl.estimate(sample, dl.mean("hours"), dl.mean("pay"), dl.share("sex")).frame["estimate"]
    assert found.tolist() == [20.5, 205.0, 0.5, 0.5]


def test_the_arrays_that_an_arrow_table_was_made_of() -> None:
    pay = PAY.copy()
    sample = dl.declare_design(pa.table({"pay": pay, "sex": SEX}))
    pay *= 10
    found = dl.estimate(sample, dl.mean("pay"), dl.share("sex")).frame["estimate"]
    assert found.tolist() == [205.0, 0.5, 0.5]


def test_a_pandas_frame_that_shares_the_memory_of_an_array() -> None:
    pay = PAY.copy()
    sample = dl.declare_design(pd.DataFrame(pay[:, None], columns=["pay"], copy=False))
    pay *= 10
    assert dl.estimate(sample, dl.mean("pay")).frame["estimate"].item() == 205.0


def test_microdata_changed_before_the_design_counts_and_afterwards_does_not() -> None:
    data = dl.Microdata(
        people(), dl.Codebook().described("sex", values={"f": dl.Text("femme", "woman")})
    )
    data.frame["hours"] *= 2
    sample = dl.declare_design(data, weights="w")
    data.frame["hours"] = 0.0
    data.frame["pay"] = 0.0
    found = dl.estimate(sample, dl.mean("hours"), dl.mean("pay")).frame["estimate"]
    assert found.tolist() == [41.0, 205.0]


def test_labels_changed_in_the_dictionaries_of_a_codebook_are_not_those_of_the_sample() -> None:
    values = {"f": dl.Text("femme", "woman"), "m": dl.Text("homme", "man")}
    variables = {"sex": dl.Codebook().described("sex", values=values)["sex"]}
    book = dl.Codebook(variables)
    sample = dl.declare_design(dl.Microdata(people(), book))
    values["f"] = dl.Text("homme", "man")
    variables["sex"] = dl.Codebook().described("sex", label=dl.Text("x", "x"))["sex"]
    assert sample.codebook["sex"].values["f"].en == "woman"


def test_replicate_weights_are_of_the_snapshot() -> None:
    frame = people()
    frame["rw1"], frame["rw2"] = HOURS, HOURS[::-1]
    given = dl.replicates(["rw1", "rw2"], kind="jk1")
    sample = dl.declare_design(frame, weights="w", replicates=given)
    expected = dl.estimate(
        dl.declare_design(frame.copy(), weights="w", replicates=given), dl.mean("pay")
    ).frame
    frame["rw1"] = 1.0
    frame["rw2"] = 1.0
    assert (
        dl.estimate(sample, dl.mean("pay")).frame["std_error"].tolist()
        == expected["std_error"].tolist()
    )


def test_imputations_that_refill_one_frame_stay_apart() -> None:
    frame, samples = people(), []
    for value in (100.0, 200.0):
        frame.loc[0, "pay"] = value
        samples.append(dl.declare_design(frame, weights="w"))
    apart = [dl.estimate(each, dl.mean("pay")).frame["estimate"].item() for each in samples]
    assert apart[1] - apart[0] == pytest.approx(100 / 40)
    assert dl.estimate(dl.imputed(samples), dl.mean("pay")).frame[
        "estimate"
    ].item() == pytest.approx(sum(apart) / 2)


def test_joint_probabilities_changed_afterwards_change_no_error() -> None:
    frame = pd.DataFrame({"p": [0.5] * 4, "y": [1.0, 2.0, 4.0, 8.0]})
    joint = np.full((4, 4), 0.2)
    np.fill_diagonal(joint, 0.5)
    sample = dl.declare_design(frame, fpc="p", unequal="joint", joint=joint)
    expected = dl.estimate(
        dl.declare_design(frame, fpc="p", unequal="joint", joint=joint.copy()), dl.total("y")
    )
    joint[:] = 0.25
    assert (
        dl.estimate(sample, dl.total("y")).frame["std_error"].item()
        == expected.frame["std_error"].item()
    )
