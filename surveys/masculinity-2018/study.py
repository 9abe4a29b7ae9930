"""Being a man in the United States (FiveThirtyEight and WNYC 2018): a published crosstab recomputed whole.

The tables are in `published/`, where `tables.toml` says which variable stands behind each printed
question. One pass over all men and one for each variable of the columns give every cell, blank ones
included. The words are in `words.toml`.
"""

from __future__ import annotations

import tomllib
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

import diplab as dl
from diplab import wording
from diplab.presentation.charts.dots import Dot
from diplab.types import Estimates, Result

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from diplab.presentation.charts.chart import PrintedFigure
    from diplab.types import Comparison, Inputs, Language, PublishedTable

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
    gaps: Estimates


def results(inputs: Inputs) -> dict[str, Any]:
    found = _found(inputs)
    everyone, smallest = found.columns.loc[EVERYONE], found.columns.loc["Gay/Bisexual"]
    return {
        **{name: _crosstab(found, inputs.table(name)) for name in TABLES},
        "modelled_error": Result.nothing(base="men", nearest=everyone["margin"]),
        "margin_equal_weights": 100
        * dl.planning.expected_precision("share", int(everyone["n"])).margin,
        "margin": everyone["margin"],
        "effective_size": everyone["effective"],
        "margin_gay_bisexual": smallest["margin"],
        "effective_size_gay_bisexual": smallest["effective"],
    }


def _found(inputs: Inputs) -> Found:
    return inputs.once("found", partial(_computed, inputs))


def _computed(inputs: Inputs) -> Found:
    # no number rests on the columns that the codebook leaves out: dates, device, other groupings of
    # age and education
    codebook = tomllib.loads((inputs.study.folder / "codebook.toml").read_text(encoding="utf-8"))
    columns = [*codebook["variables"], "weight"]
    survey = inputs.read("masculinity-2018/responses", columns=columns)
    sample = dl.declare_design(survey, weights="weight", kind="opt-in")
    questions = [name for each in TABLES for name in inputs.table(each).maps.values()]
    answers = [answer for name in questions for answer in _answers(survey.codebook, name).values()]
    shares = [dl.share(variable) for variable in dict.fromkeys(variable for variable, _ in answers)]
    parts = [dl.estimate(sample, *shares, df="design", deff=None).frame.assign(column=EVERYONE)]
    for group in GROUPS:
        of_group = dl.estimate(sample, *shares, by=group, df="design", deff=None).frame
        parts.append(of_group.assign(column=of_group[group]))
    habits = [
        dl.share(f"{name} in {list(REGULARLY)}") for name in inputs.table("habits").maps.values()
    ]
    by_age = dl.estimate(sample, *habits, by="age3", df="design", deff=None)
    return Found(
        survey.codebook,
        pd.concat(parts).set_index(["variable", "category", "column"]).sort_index(),
        _precision(survey.frame),
        dl.contrast(by_age, {"age3": (YOUNG, OLD)}),
    )


def _crosstab(found: Found, table: PublishedTable) -> pd.DataFrame:
    """Return a part of the crosstab in per cent, blank where the publisher's rule leaves a cell blank."""
    answers = {block: _answers(found.codebook, question) for block, question in table.maps.items()}
    keys = [answers[block][answer.translate(APOSTROPHES)] for block, answer in table.rows]
    rows = pd.MultiIndex.from_tuples(table.rows, names=["block", "answer"])
    share, asked = (
        found.shares[name].unstack("column").loc[keys, table.columns].set_axis(rows)
        for name in ("estimate", "n")
    )
    return (100 * share).astype(object).where(asked >= FEWEST, "")


def _answers(codebook: dl.Codebook, question: str) -> dict[str, tuple[str, str]]:
    """Return by its words what each answer is in the estimates: a variable and its category, or a column given."""
    if question in codebook.sets:
        labels = {name: codebook[name].label.en for name in codebook.sets[question].columns}
        return {
            label.translate(APOSTROPHES): (f"{name} == 1", "") for name, label in labels.items()
        }
    return {
        str(code).translate(APOSTROPHES): (question, str(code))
        for code in codebook[question].values
    }


def _precision(frame: pd.DataFrame) -> pd.DataFrame:
    """Return by column how many men there are, how many of equal weight would tell as much, and the margin of one half.

    The design effect of weights alone is n times the sum of squared weights over the square of
    their sum (Kish 1992).
    """
    men = {EVERYONE: frame["weight"]}
    men |= {code: weights for group in GROUPS for code, weights in frame.groupby(group)["weight"]}
    effects = {name: len(each) * (each**2).sum() / each.sum() ** 2 for name, each in men.items()}
    margins = {
        name: 100 * dl.planning.expected_precision("share", len(each), deff=effects[name]).margin
        for name, each in men.items()
    }
    sizes = {name: len(each) for name, each in men.items()}
    columns = pd.DataFrame({"n": sizes, "deff": effects, "margin": margins})
    return columns.assign(effective=columns["n"] / columns["deff"])


def figures(inputs: Inputs, comparison: Comparison) -> dict[str, PrintedFigure]:
    found = _found(inputs)
    numbers = _numbers(inputs, found)
    columns = inputs.table("profile").columns
    gaps = found.gaps.frame.sort_values("estimate", ascending=False).to_dict("records")
    return {
        "precision": dl.chart(
            tuple(_margin(inputs, name, found.columns.loc[name]) for name in columns),
            "dots",
            points=True,
            decimals=1,
            line=inputs.value("modelled_error"),
            **inputs.caption("precision", **numbers),
        ),
        "age-gap": dl.chart(
            tuple(_gap(found.codebook, row) for row in gaps),
            "dots",
            points=True,
            decimals=1,
            zero=False,
            line=0.0,
            **inputs.caption("age-gap", **numbers),
        ),
    }


def _margin(inputs: Inputs, column: str, row: pd.Series) -> Dot:
    """Return a column of the table as a row of the figure, with its men and what they tell."""
    men = {name: wording.both(wording.number, row[name]) for name in ("n", "effective")}
    head = inputs.table("profile").heads[column]
    return Dot(inputs.words("row", head=head, **men)["column"], row["margin"])


def _gap(codebook: dl.Codebook, row: Mapping[str, Any]) -> Dot:
    """Return the age gap of a habit, named by its variable."""
    points = (100 * row[name] for name in ("estimate", "ci_low", "ci_high"))
    return Dot(codebook[row["variable"].split()[0]].label, *points)


def _numbers(inputs: Inputs, found: Found) -> dict[str, dl.Text]:
    """Return the numbers that the notes read."""
    both, number = wording.both, wording.number
    smallest = found.columns.loc["Gay/Bisexual"]
    lonely = found.gaps.frame.set_index("variable").filter(like="q0007_0011", axis="index").iloc[0]
    points = {"lonely": lonely["estimate"], "low": lonely["ci_low"], "high": lonely["ci_high"]}
    return {
        "stated": inputs.digits("modelled_error"),
        "n": both(number, smallest["n"]),
        "effective": both(number, smallest["effective"]),
        "margin": both(number, smallest["margin"], decimals=1),
        **{name: both(number, 100 * value, decimals=1) for name, value in points.items()},
    }


def tables(inputs: Inputs) -> dict[str, Callable[[Language], Any]]:
    return {name.replace("_", "-"): partial(_shown, inputs, inputs.table(name)) for name in TABLES}


def _shown(inputs: Inputs, table: PublishedTable, language: Language) -> Any:
    """Return a part of the crosstab as it was printed, from the recomputed shares, in the words of a language."""
    found = _found(inputs)
    codebook, cells = found.codebook, _crosstab(found, table)
    lines = []
    for block, question in table.maps.items():
        answers = _answers(codebook, question)
        several = codebook.sets.get(question)
        asked = wording.number(
            found.shares.loc[next(iter(answers.values()))].loc[EVERYONE, "n"], language
        )
        head = f"{(several or codebook[question]).label.in_(language)} ({asked})"
        for printed, row in cells.loc[block].iterrows():
            variable, code = answers[printed.translate(APOSTROPHES)]
            answer = (
                codebook[variable.split()[0]].label if several else codebook[question].values[code]
            )
            shares = (
                value if value == "" else wording.percent(value / 100, language, 0) for value in row
            )
            lines.append([head, answer.in_(language), *shares])
            head = ""
    heads = (*inputs.words("head").values(), *(table.heads[name] for name in table.columns))
    frame = pd.DataFrame(lines, columns=[head.in_(language) for head in heads])
    first = {
        "n": lines[0][0].rpartition("(")[2].rstrip(")"),
        "answer": lines[0][1],
        "share": lines[0][2],
    }
    align = dict.fromkeys(frame.columns[2:], "right")
    return dl.table(
        frame, language, title=table.title, align=align, **inputs.caption("crosstab", **first)
    )
