"""A variable of which most respondents have a category to themselves is not a table; many occupations are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import diplab as dl
from diplab.errors import CallError, OptionError

ROWS = 600
MADE = [lambda frame: frame, pl.from_pandas, lambda frame: pl.from_pandas(frame).lazy()]


def people() -> pd.DataFrame:
    draw = np.random.default_rng(5)
    first = date(2021, 1, 1)
    return pd.DataFrame(
        {
            "w": draw.uniform(1, 2, ROWS),
            "idno": np.arange(ROWS) + 10_000,
            "person": [f"p{place:04d}" for place in range(ROWS)],
            "day": [first + timedelta(place) for place in range(ROWS)],
            "occupation": draw.choice([f"{code}" for code in range(1000, 1250)], ROWS),
            "sex": draw.choice(["f", "m"], ROWS),
        }
    )


def test_categories_that_nobody_shares_are_refused_by_every_table(refused: Any) -> None:
    sample = dl.declare_design(people(), weights="w")
    for name in ("idno", "person", "day"):
        refused(lambda n=name: dl.estimate(sample, dl.share(n)))
        refused(lambda n=name: dl.crosstab(sample, n, "sex"))
        refused(lambda n=name: dl.estimate(sample, dl.share("sex"), by=n))
    refused(lambda: dl.summary(sample, ["person"]))
    banded = sample.recode("idno", bands=[10000, 10149.8, 10299.5, 10449.2, 10600], into="bands")
    assert len(dl.estimate(banded, dl.share("bands"))) == 4


@pytest.mark.parametrize("name", ["idno", "person", "day"])
@pytest.mark.parametrize("made", MADE)
def test_they_are_refused_for_few_of_them_too_in_every_engine(made: Any, name: str) -> None:
    few = dl.declare_design(made(people()), weights="w").where("idno < 10080")
    with pytest.raises(OptionError):
        dl.estimate(few, dl.share(name), na="keep")
    with pytest.raises(OptionError):
        dl.crosstab(few, "sex", name)
    with pytest.raises(OptionError):
        dl.estimate(few, dl.share("sex"), by=name)


def test_many_occupations_and_labelled_codes_are_categories() -> None:
    frame = people()
    sample = dl.declare_design(frame, weights="w")
    several = frame["occupation"].nunique()
    assert several > 200
    assert len(dl.estimate(sample, dl.share("occupation"))) == several
    assert len(dl.estimate(sample, dl.mean("idno"), by="occupation")) == several
    # each has a label: 600 communes among 600 respondents
    named = dl.Microdata(frame).described("person", values={each: each for each in frame["person"]})
    assert len(dl.estimate(dl.declare_design(named, weights="w"), dl.share("person"))) == ROWS


def test_answers_in_their_own_words_are_counted_among_those_who_gave_one(refused: Any) -> None:
    frame = people()
    frame["why"] = frame["person"].where(frame["idno"] < 10_100)
    sample = dl.declare_design(frame, weights="w")
    refused(lambda: dl.estimate(sample, dl.share("why")))


@pytest.mark.parametrize("by", [b"sex", [b"sex"], bytearray(b"sex")])
def test_bytes_are_no_names_in_the_words_of_the_call(by: Any, error_text: Any) -> None:
    sample = dl.declare_design(people(), weights="w")
    calls: dict[str, Callable[[], object]] = {
        "estimate": lambda: dl.estimate(sample, dl.mean("idno"), by=by),
        "summary": lambda: dl.summary(sample, ["idno"], by=by),
        "crosstab": lambda: dl.crosstab(sample, "occupation", by=by),
        "standardise": lambda: dl.standardise(
            sample, dl.mean("idno"), {"sex": {"f": 0.5, "m": 0.5}}, by=by
        ),
        "variables of summary": lambda: dl.summary(sample, by),
    }
    for name, call in calls.items():
        with pytest.raises(CallError) as caught:
            call()
        error_text(caught, name)


def test_the_label_of_a_variable_names_its_column(refused: Any) -> None:
    data = (
        dl.Microdata(people())
        .described("idno", label="Number, in order")
        .described("sex", label=dl.Text("Sexe", "Gender"))
    )
    sample = dl.declare_design(data, weights="w")
    refused(lambda: dl.estimate(sample, dl.mean("idno"), by="Gender"))
    refused(lambda: dl.estimate(sample, dl.share("Sexe")))
    refused(lambda: dl.crosstab(sample, "occupation", "Sexe"))
    refused(lambda: dl.t_test(sample, "idno", "Gender"))
    refused(lambda: dl.estimate(sample, dl.mean("Number, in order")))
