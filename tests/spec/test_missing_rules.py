"""Rows without an answer: left out, refused with their reasons, or a category; and counted by reason."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import ColumnError, MisleadingError, OptionError
from diplab.inference.missing import categories_with_missing, prepare_statistics
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata
from diplab.microdata.variable import Variable
from diplab.reference.text import Text

PEOPLE = """
w  sex  job    hours  town
1  f    open   10     1
2  f    .      20     1
1  m    fixed  .      2
3  m    open   40     2
1  .    fixed  50     3
2  f    .      60     3
"""


@pytest.fixture
def sample(engine):
    return dl.declare_design(engine.draw(PEOPLE), weights="w", psu="town")


def test_missing_as_a_category_in_every_engine(sample):
    """Weights 4 open, 2 fixed, 4 without an answer, of 10."""
    found = dl.estimate(sample, dl.share("job"), na="keep")
    assert found.frame[["category", "estimate", "n"]].values.tolist() == [
        ["fixed", 0.2, 6], ["open", 0.4, 6], ["missing", 0.4, 6],
    ]  # fmt: skip
    assert found.covariance.sum() == pytest.approx(0, abs=1e-12)
    assert found.provenance.missing == {}
    assert found.provenance.rules["na"] == "keep"
    assert dl.table(found, "fr").sheet.rows[2][0].text == "sans réponse"


def test_the_variance_of_a_missing_category_is_that_of_any_condition():
    people = pd.DataFrame({"job": ["open", None, "fixed", "open"], "w": [1.0, 2.0, 1.0, 3.0]})
    sample = dl.declare_design(people.assign(gone=people["job"].isna().astype(float)), weights="w")
    found = dl.estimate(sample, dl.share("job"), na="keep").frame.iloc[2]
    plain = dl.estimate(sample, dl.share("gone == 1")).frame.iloc[0]
    measures = ["estimate", "std_error", "ci_low", "ci_high", "deff", "n"]
    assert found[measures].tolist() == pytest.approx(plain[measures].tolist())
    people = pd.DataFrame({"grade": [1.0, 2.0, np.nan, 1.0]})
    found = dl.estimate(dl.declare_design(people), dl.share("grade"), na="keep").frame
    assert found[["category", "estimate"]].values.tolist() == [
        [1.0, 0.5],
        [2.0, 0.25],
        ["missing", 0.25],
    ]


def test_only_what_is_missing_under_the_condition_makes_a_category(sample):
    found = dl.estimate(
        sample.where("hours == 40 or hours == 10"), dl.share("job"), na="keep"
    ).frame
    assert found[["category", "estimate"]].values.tolist() == [["fixed", 0.0], ["open", 1.0]]
    found = dl.estimate(sample, dl.mean("hours"), na="keep")
    assert found.frame["n"].tolist() == [5]
    assert found.provenance.missing == {"hours": 1}


def test_a_condition_that_cannot_be_decided_is_a_row_of_its_own(sample):
    """Of six, one did not say hours: the shares are of all six, and those above 30 are the same people as before."""
    known = dl.estimate(sample, dl.share("hours > 30")).frame.iloc[0]
    found = dl.estimate(sample, dl.share("hours > 30"), na="keep")
    assert found.frame["category"].tolist() == ["", "missing"]
    assert found.frame["n"].tolist() == [6, 6]
    gone = found.frame["estimate"].iloc[1]
    assert found.frame["estimate"].iloc[0] == pytest.approx(known["estimate"] * (1 - gone))
    assert found.provenance.missing == {}
    plain = dl.estimate(sample.where("hours > 0"), dl.share("hours > 30"), na="keep").frame
    assert plain["category"].tolist() == [""]


def test_true_false_and_missing():
    for kind in ("boolean", "object"):
        people = pd.DataFrame({"paid": pd.array([True, None, False, True], dtype=kind)})
        found = dl.estimate(dl.declare_design(people), dl.share("paid"), na="keep").frame
        assert found[["category", "estimate"]].values.tolist() == [
            [False, 0.25],
            [True, 0.5],
            ["missing", 0.25],
        ]


def test_missing_answers_refused_in_every_engine(sample, refused: Any):
    refused(lambda: dl.estimate(sample, dl.mean("hours"), na="fail"), MisleadingError)
    refused(lambda: dl.estimate(sample, dl.mean("w"), na="fail", by="sex"), MisleadingError)
    complete = sample.where("sex == 'f'")
    found = dl.estimate(complete, dl.mean("hours"), by="sex", na="fail")
    assert found.frame["n"].tolist() == [3, 0]
    assert found.provenance.rules["na"] == "fail"


def microdata():
    reasons = {"pay": {"refused": 2, "system": 1}, "age": {"not asked": 3}}
    people = pd.DataFrame(
        {"pay": [10.0, None, None, None, 5.0], "age": [1.0, None, 3.0, None, None]}
    )
    return Microdata(
        people, Codebook({"pay": Variable("pay", label=Text("paie", "pay"))}, reasons=reasons)
    )


def test_refusals(refused: Any):
    sample = dl.declare_design(microdata())
    refused(lambda: dl.estimate(sample, dl.ratio("pay", "age"), na="fail"), MisleadingError)
    refused(
        lambda: dl.estimate(sample.where("age == 3"), dl.mean("pay"), na="fail"), MisleadingError
    )
    people = pd.DataFrame({"pay": [1.0, 2.0], "hours": [0.0, 2.0]})
    refused(
        lambda: dl.estimate(dl.declare_design(people), dl.mean("pay / hours"), na="fail"),
        MisleadingError,
    )
    refused(lambda: prepare_statistics(sample, [dl.mean("pay")], (), "ignore"), OptionError)
    people = pd.DataFrame({"job": ["missing", None, "fixed"]})
    refused(lambda: categories_with_missing(dl.declare_design(people), "job"), ColumnError)
    plain = dl.declare_design(pd.DataFrame({"pay": [1.0]}))
    refused(plain.missing, OptionError)
    for source in (plain, Microdata(pd.DataFrame({"pay": [1.0]}), Codebook())):
        refused(lambda source=source: source.missing("pai"), ColumnError)


def test_reasons_counted():
    data = microdata()
    for source in (data, dl.declare_design(data)):
        found = source.missing()
        assert found.frame[["variable", "category", "count", "n"]].values.tolist() == [
            ["pay", "answered", 2.0, 5], ["pay", "refused", 2.0, 5], ["pay", "system", 1.0, 5],
            ["age", "answered", 2.0, 5], ["age", "not asked", 3.0, 5],
        ]  # fmt: skip
    shown = dl.table(found, "fr").sheet
    categories = "a répondu|refus|sans réponse|a répondu|question non posée"
    assert "|".join(row[1].text for row in shown.rows) == categories
    assert "Règles\u00a0: sans pondération" in shown.note_lines()
    data = Microdata(microdata().frame.iloc[:2], microdata().codebook)
    found = data.missing("pay").frame
    assert found[["category", "count"]].values.tolist() == [["answered", 1.0], ["system", 1.0]]


def test_reasons_in_every_engine(sample):
    found = sample.missing("job", "hours").frame
    assert found[["variable", "category", "count"]].values.tolist() == [
        ["job", "answered", 4.0], ["job", "system", 2.0], ["hours", "answered", 5.0], ["hours", "system", 1.0],
    ]  # fmt: skip


@pytest.mark.shared
def test_reasons_of_a_file_as_read(shared):
    """The loader counts what it makes missing: the same by reason and in all."""
    data = dl.read(shared / "data" / "loaders" / "pspp_gpl" / "nhtsa_2008_usermissing.sav")
    found = data.missing("freqOfDriving").frame.set_index("category")["count"]
    assert found[["Don't know", "Refused"]].tolist() == [8, 19]
    assert found["answered"] == 6999 - 8 - 19
    for name, reasons in data.codebook.reasons.items():
        found = data.missing(name).frame.set_index("category")["count"]
        assert (
            found.drop("answered").sum() == sum(reasons.values()) == data.frame[name].isna().sum()
        )


def test_rows_without_an_answer_stay_in_the_design() -> None:
    """As in R; Stata deletes them first: n / (n - 1) of all rows, or of respondents, times the same sum of squares."""
    people = pd.DataFrame({"y": [1.0, 3.0, 4.0, 8.0, *[np.nan] * 6]})
    kept, deleted = (
        dl.estimate(dl.declare_design(each), dl.mean("y")).frame["std_error"].item()
        for each in (people, people.dropna())
    )
    assert (kept / deleted) ** 2 == pytest.approx((10 / 9) / (4 / 3), rel=1e-12)
