"""A published crosstab recomputed whole: every cell, the blank ones, and what the weights leave of its columns."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import replace
from math import sqrt
from typing import TYPE_CHECKING

import pytest

from diplab.replication.registry import study

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

    from diplab.microdata.microdata import Microdata
    from diplab.replication.rerun import Run

pytestmark = pytest.mark.shared

STUDY = "masculinity-2018"
SEVERAL = {
    "q0004": (6, 1_615, 14), "q0008": (12, 1_615, 3), "q0010": (8, 880, 3), "q0011": (5, 880, 5), "q0012": (7, 880, 7),
    "q0019": (7, 1_251, 4), "q0020": (6, 1_615, 41), "q0021": (4, 1_615, 34), "q0025": (3, 1_615, 9),
}  # fmt: skip
"""Columns of each question with several answers, men asked, and men who ticked nothing: counted by another program."""


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    return shared / "data" / "open" / "masculinity-2018" / "masculinity-survey"


@pytest.fixture(scope="module")
def men(folder: Path) -> list[dict[str, str]]:
    """Return the responses read with the standard library alone."""
    with (folder / "raw-responses.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_verdicts_counted(rows: pd.DataFrame) -> None:
    assert Counter(rows["verdict"]) == {"as published": 1_950, "not reproducible": 1, "our own": 5}
    cells = rows[rows["table"] != ""]
    assert Counter(cells["table"]) == {
        "manhood": 190, "habits": 660, "worries": 120, "work": 410, "intimacy": 290, "profile": 280,
    }  # fmt: skip
    assert (cells["printed"] == "").sum() == 130
    assert set(cells["rests_on"]) == {"respondents' rows"}


def test_the_tables_are_the_published_file(folder: Path) -> None:
    """Cell by cell and in order, with the questions and answers as they are spelt there."""
    with (folder / "masculinity-survey.csv").open(encoding="utf-8-sig", newline="") as file:
        _, heads, *lines = csv.reader(file)
    block, published = "", []
    for title, answer, *cells in lines:
        block = title or block
        if answer:
            published.append(((block, answer), tuple(cells)))
    entered = [
        (row, tuple(cells))
        for table in study(STUDY).tables.values()
        for row, cells in zip(table.rows, table.printed.to_numpy().tolist(), strict=True)
    ]
    assert entered == published
    assert len({block for (block, _), _ in published}) == 35
    assert study(STUDY).tables["work"].columns == ("Adult Men", *heads[3:])


def test_questions_with_several_answers(men: list[dict[str, str]]) -> None:
    for question, (columns, asked, nothing) in SEVERAL.items():
        names = [name for name in men[0] if name.startswith(f"{question}_")]
        given = [[each[name] for name in names] for each in men if each[names[0]] not in ("", "NA")]
        assert (len(names), len(given)) == (columns, asked), question
        assert sum(set(answers) == {"Not selected"} for answers in given) == nothing, question


def share(men: list[dict[str, str]], column: str, answer: str, **group: str) -> float:
    """Return a weighted share of those asked, in per cent."""
    asked = [each for each in men if each[column] not in ("", "NA")]
    asked = [each for each in asked if all(each[name] == code for name, code in group.items())]
    total = sum(float(each["weight"]) for each in asked)
    return 100 * sum(float(each["weight"]) for each in asked if each[column] == answer) / total


def test_cells_by_the_standard_library(men: list[dict[str, str]], rows: pd.DataFrame) -> None:
    masculine = 'manhood/In general, how masculine or "manly" do you feel? | Very masculine'
    ideas = "manhood/Where have you gotten your ideas about what it means to be a good man? (Select all that apply.)"
    reasons = (
        "intimacy/AMONG THOSE WHO TRY TO PAY ON FIRST DATE: Which of the following are reasons why "
        "you try to pay on "
        "dates? (Select all that apply)."
    )
    found = {
        f"{masculine}/18 - 34": share(men, "q0001", "Very masculine", age3="18 - 34"),
        f"{ideas} | Pop culture/Gay/Bisexual": share(
            men, "q0004_0004", "Pop culture", orientation="Gay/Bisexual"
        ),
        f"{reasons} | It's the right thing to do/White": share(
            men, "q0019_0001", "It?s the right thing to do", race2="White"
        ),
    }
    for key, value in found.items():
        assert rows.loc[key, "reproduced"] == pytest.approx(value, rel=1e-12)
        assert rows.loc[key, "published"] == round(value)


def test_precision_by_the_standard_library(men: list[dict[str, str]], rows: pd.DataFrame) -> None:
    for group, ending in (("", ""), ("Gay/Bisexual", "_gay_bisexual")):
        weights = [float(each["weight"]) for each in men if group in ("", each["orientation"])]
        effective = sum(weights) ** 2 / sum(weight**2 for weight in weights)
        assert rows.loc[f"effective_size{ending}", "reproduced"] == pytest.approx(
            effective, rel=1e-12
        )
        margin = 100 * 1.959964 * sqrt(0.25 / effective)
        assert rows.loc[f"margin{ending}", "reproduced"] == pytest.approx(margin, rel=1e-6)
    assert rows.loc["modelled_error", "reproduced"] == rows.loc["margin", "reproduced"]


def without_weights_and_with_few_young_men(frame: pd.DataFrame) -> pd.DataFrame:
    frame = frame.assign(weight=1.0)
    young = frame.index[frame["age3"] == "18 - 34"]
    frame.loc[young[99:], "age3"] = None
    return frame


def test_other_weights_and_a_column_under_100_men(disturbed: Callable[..., pd.DataFrame]) -> None:
    """Weights do not blank a cell and move the others; a column of 99 men is blank from top to bottom."""
    cells = disturbed(without_weights_and_with_few_young_men)
    cells = cells[cells["table"] != ""]
    few = cells["column"] == "18 - 34"
    assert (cells[few]["verdict"] == "as published").tolist() == (
        cells[few]["printed"] == ""
    ).tolist()
    blank = cells[~few & (cells["printed"] == "")]
    assert set(blank["verdict"]) == {"as published"}
    printed = cells[~few & (cells["printed"] != "")]
    assert (printed["verdict"] == "differs").mean() > 0.5


def ticked_at_least_one(_kind: str, _name: str, survey: Microdata) -> Microdata:
    frame = survey.frame.copy()
    for question in SEVERAL:
        columns = list(survey.codebook.sets[question].columns)
        frame[columns] = frame[columns].where(frame[columns].max(axis="columns") == 1)
    return replace(survey, frame=frame)


def test_the_base_of_several_answers_is_everyone_asked(
    compared: Callable[..., pd.DataFrame],
) -> None:
    """91 of their 526 percentages come out differently among those who ticked at least one answer."""
    cells = compared(ticked_at_least_one)
    assert Counter(cells["verdict"])["differs"] == 91


def test_the_report_shows_the_published_crosstab(rerun: Run) -> None:
    """Cell for cell as it was printed, the questions and answers in the words of the reader."""
    readings = {
        "fr": ("Lecture", "Des 1\u202f615 hommes"),
        "en": ("Reading note", "Of the 1,615 men"),
    }
    for language, (label, reading) in readings.items():
        for name, table in study(STUDY).tables.items():
            sheet = rerun.tables[name](language).sheet
            shown = [[cell.text.replace("\xa0", "") for cell in row[2:]] for row in sheet.rows]
            assert shown == table.printed.to_numpy().tolist()
            assert "{" not in "".join(dict(sheet.notes).values())
        assert dict(rerun.tables["manhood"](language).sheet.notes)[label].startswith(reading)


def test_age_gaps_by_another_route(men: list[dict[str, str]], rerun: Run) -> None:
    """The gap, and its error from the two groups apart: people of different groups are drawn independently."""
    row = next(row for row in rerun.chart("age-gap", "fr").rows if row.label.en == "Watch sports")
    gap, variance = 0.0, 0.0
    for age, sign in (("18 - 34", 1), ("65 and up", -1)):
        group = [
            (float(each["weight"]), each["q0007_0008"] in ("Often", "Sometimes"))
            for each in men
            if each["age3"] == age
        ]
        total = sum(weight for weight, _ in group)
        part = sum(weight for weight, does in group if does) / total
        gap += sign * part
        variance += sum((weight * (does - part) / total) ** 2 for weight, does in group)
    assert row.point == pytest.approx(100 * gap, rel=1e-12)
    # 1,614 degrees of freedom: 1.9614; the design's error has n / (n - 1) once more
    assert row.high - row.point == pytest.approx(
        100 * 1.96143 * sqrt(variance * 1_615 / 1_614), rel=1e-4
    )
