"""Rows left out: counted, written down, and everything that counts rows put right."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import OptionError
from diplab.microdata.microdata import LinkedTable
from diplab.microdata.missing import MissingCodes


def survey() -> dl.Microdata:
    frame = pd.DataFrame(
        {"key": [1, 2, 3, 4], "minutes": [1.0, 9, np.nan, 12], "pay": [np.nan, 5, np.nan, np.nan]}
    )
    book = dl.Codebook(
        reasons={"minutes": {"system": 1}, "pay": {"refused": 2, "system": 1}}
    ).described("pay", missing={99: "refused"})
    children = dl.Microdata(
        pd.DataFrame({"parent": [1, 1, 2, 4], "age": [3, 5, 7, 9]}), dl.Codebook()
    )
    return dl.Microdata(
        frame, book, {"pay": MissingCodes((99,), np.array([0, -1, 0, -1]))},
        {"children": LinkedTable(children, "key", "parent")},
    )  # fmt: skip


def test_rows_are_left_out_and_the_step_says_why() -> None:
    data = survey()
    kept = data.exclude(data.frame["minutes"] < 2, dl.Text("trop rapides", "too fast"))
    assert kept.frame["key"].tolist() == [2, 3, 4]
    assert kept.frame.index.tolist() == [0, 1, 2]
    (step,) = kept.codebook.steps
    assert (step.kind, step.variables, step.rows) == ("exclude", ("minutes",), 1)
    assert step.words == dl.Text("trop rapides", "too fast")
    assert kept.missing["pay"].places.tolist() == [-1, 0, -1]
    assert kept.codebook.reasons == {"minutes": {"system": 1}, "pay": {"refused": 1, "system": 1}}
    assert kept.linked["children"].table.frame["age"].tolist() == [7, 9]
    # what was given is as it was
    assert len(data) == 4
    assert data.codebook.steps == ()


def test_several_exclusions_are_several_steps() -> None:
    data = survey()
    data = data.exclude(np.array([True, False, False, False]), "first")
    data = data.exclude([False, False, False], "nobody")
    data = data.exclude((data.frame["minutes"] > 10).to_numpy(), "slow")
    assert [(step.words.en, step.rows) for step in data.codebook.steps] == [
        ("first", 1),
        ("nobody", 0),
        ("slow", 1),
    ]
    assert data.frame["key"].tolist() == [2, 3]


def test_a_condition_in_words_excludes_those_for_whom_it_is_known_to_hold() -> None:
    data = survey()
    kept = data.exclude("minutes < 2 or minutes > 10", "too fast or too slow")
    assert kept.frame["key"].tolist() == [2, 3]
    by_flags = data.exclude((data.frame["minutes"] < 2) | (data.frame["minutes"] > 10), "x")
    pd.testing.assert_frame_equal(kept.frame, by_flags.frame)
    assert data.with_columns(slow="minutes > 10").exclude("slow", "slow").frame["key"].tolist() == [
        1,
        2,
        3,
    ]
    # labels are told, as in `where`
    labelled = data.described("key", values={1: "first", 2: "second", 3: "third", 4: "fourth"})
    assert labelled.exclude("key == 'second'", "x").frame["key"].tolist() == [1, 3, 4]


def test_rows_and_reasons_that_are_refused(refused: Any) -> None:
    for rows in (
        [True], [1, 0, 0, 0], "minutes", "minute < 2", "minutes <", pd.Series([True] * 4, index=[3, 2, 1, 0]),
        pd.array([True, None, False, False], dtype="boolean"), [True] * 4,
    ):  # fmt: skip
        refused(lambda rows=rows: survey().exclude(rows, "x"))
    refused(lambda: survey().exclude([True, False, False, False], " "), OptionError)


def test_lazy_answers_are_refused_in_a_sentence() -> None:
    import polars as pl

    lazy = dl.Microdata(pl.LazyFrame({"x": [1, 2]}), dl.Codebook())  # type: ignore[arg-type]
    for verb in (
        lambda: lazy.exclude([True, False], "x"), lambda: lazy.describe("x"), lambda: lazy.recode("x", {1: 2}),
        lazy.identifiers, lambda: lazy.pseudonymise("x", "a" * 16), lambda: lazy.as_categorical("x"),
        lambda: lazy.with_reasons("x"), lambda: lazy.multiple_response("x"), lambda: lazy.split_responses("x"),
        lambda: lazy.join(lazy, on="x"), lazy.check,
    ):  # fmt: skip
        with pytest.raises(OptionError) as caught:
            verb()
        assert str(caught.value).endswith(
            "The answers are not in memory: they are a polars LazyFrame. Write "
            '`Microdata(data.frame.select("x").collect().to_pandas(), data.codebook)`.'
        )
