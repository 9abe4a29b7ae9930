"""Being a man in the United States (FiveThirtyEight and WNYC 2018): a published crosstab recomputed whole.

The tables are in `published/`, where `tables.toml` says which variable stands behind each printed question. One pass over
all men and one for each variable of the columns give every cell, blank ones included. The words are in `words.toml`.
"""

from __future__ import annotations

import tomllib
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

import diplab as dl
from diplab.presentation.charts.dots import Dot, Dots

if TYPE_CHECKING:
    from collections.abc import Mapping

    from diplab.types import Comparison, Inputs, PublishedTable

TABLES = ("manhood", "habits", "worries", "work", "intimacy", "profile")
EVERYONE = "Adult Men"
GROUPS = ("age3", "race2", "kids", "orientation")
"""Variables of the columns; their answers are the heads of the printed columns."""
FEWEST = 100
"""The publisher leaves a cell blank where fewer men of the column were asked."""
APOSTROPHES = str.maketrans("", "", "?'’")
"""Some apostrophes have become question marks, in the table and in the responses: answers are compared without them."""
REGULARLY = ("Often", "Sometimes")
YOUNG, OLD = "18 - 34", "65 and up"


class Found(NamedTuple):
    """Shares by variable, answer and column; men and their precision by column; age gaps by habit."""

    codebook: dl.Codebook
    shares: pd.DataFrame
    columns: pd.DataFrame
    gaps: dl.Estimates


def results(inputs: Inputs) -> dict[str, Any]:
    found = _found(inputs)
    everyone, smallest = found.columns.loc[EVERYONE], found.columns.loc["Gay/Bisexual"]
    return {
        **{name: _crosstab(found, inputs.table(name)) for name in TABLES},
        "modelled_error": dl.Result.nothing(base="men", nearest=everyone["margin"]),
        "margin_equal_weights": 100 * dl.expected_precision("share", int(everyone["n"])).margin,
        "margin": everyone["margin"],
        "effective_size": everyone["effective"],
        "margin_gay_bisexual": smallest["margin"],
        "effective_size_gay_bisexual": smallest["effective"],
    }


def _found(inputs: Inputs) -> Found:
    return inputs.once("found", partial(_computed, inputs))


def _computed(inputs: Inputs) -> Found:
    survey = inputs.read("masculinity-2018/responses", codebook="study")
    sample = dl.declare_design(survey, weights="weight", kind="opt-in")
    questions = [name for each in TABLES for name in inputs.table(each).maps.values()]
    shares = [dl.share(column) for name in questions for column in _columns(survey, name)]
    parts = [dl.estimate(sample, *shares, df="design").frame.assign(column=EVERYONE)]
    parts += [
        dl.estimate(sample, *shares, by=group, df="design").frame.assign(column=lambda rows, by=group: rows[by])
        for group in GROUPS
    ]
    habits = [dl.share(f"{name} in {list(REGULARLY)}") for name in inputs.table("habits").maps.values()]
    by_age = dl.estimate(sample, *habits, by="age3", df="design")
    return Found(
        survey.codebook,
        pd.concat(parts).set_index(["variable", "category", "column"]),
        _precision(survey.frame),
        dl.contrast(by_age, {"age3": (YOUNG, OLD)}),
    )


def _columns(survey: dl.Microdata, question: str) -> tuple[str, ...]:
    """Return the columns of a question: one, or one an answer."""
    if question in survey.codebook.sets:
        return dl.multiple_response(survey, question).columns
    return (question,)


def _crosstab(found: Found, table: PublishedTable) -> pd.DataFrame:
    """Return a part of the crosstab in per cent, blank where the publisher's rule leaves a cell blank."""
    answers = {block: _answers(found, question) for block, question in table.maps.items()}
    keys = [answers[block][answer.translate(APOSTROPHES)] for block, answer in table.rows]
    rows = pd.MultiIndex.from_tuples(table.rows, names=["block", "answer"])
    share, asked = (
        found.shares[name].unstack("column").loc[keys, table.columns].set_axis(rows) for name in ("estimate", "n")
    )
    return (100 * share).astype(object).where(asked >= FEWEST, "")


def _answers(found: Found, question: str) -> dict[str, tuple[str, Any]]:
    """Return the variable and the code of each answer, by its words."""
    if question in found.codebook.sets:
        columns = found.codebook.sets[question].columns
        return {found.codebook[name].label.en.translate(APOSTROPHES): (name, 1) for name in columns}
    codes = found.codebook[question].values
    return {str(code).translate(APOSTROPHES): (question, code) for code in codes}


def _precision(frame: pd.DataFrame) -> pd.DataFrame:
    """Return by column how many men there are, how many of equal weight would tell as much, and the margin of one half.

    The design effect of weights alone is n times the sum of squared weights over the square of their sum (Kish 1965,
    section 11.7).
    """
    men = {EVERYONE: frame["weight"]}
    men |= {code: weights for group in GROUPS for code, weights in frame.groupby(group)["weight"]}
    effects = {name: len(each) * (each**2).sum() / each.sum() ** 2 for name, each in men.items()}
    margins = {
        name: 100 * dl.expected_precision("share", len(each), deff=effects[name]).margin
        for name, each in men.items()
    }
    sizes = {name: len(each) for name, each in men.items()}
    columns = pd.DataFrame({"n": sizes, "deff": effects, "margin": margins})
    return columns.assign(effective=columns["n"] / columns["deff"])


def figures(inputs: Inputs, comparison: Comparison) -> dict[str, Dots]:
    found, words = _found(inputs), _words(inputs)
    heads = inputs.table("profile").heads
    precision = tuple(
        Dot(_counted(heads[name], row), row["margin"] / 100)
        for name, row in found.columns.loc[list(inputs.table("profile").columns)].iterrows()
    )
    gaps = sorted(found.gaps.frame.to_dict("records"), key=lambda row: -row["estimate"])
    return {
        "precision": Dots(
            rows=precision, points=True, decimals=1, line=inputs.value("modelled_error") / 100, **words["precision"]
        ),
        "age-gap": Dots(
            rows=tuple(_gap(found.codebook, row) for row in gaps), points=True, zero=False, line=0.0, **words["age-gap"]
        ),
    }
