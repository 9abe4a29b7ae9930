"""What another package adds in one file: a statistic with its words, a kind of result, a format of files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

import diplab as dl
from diplab.estimators import Linearised, statistic
from diplab.reference.display import Displayed


@statistic(
    kind="ratio",
    label=dl.Text("Rapport du haut au bas", "Top to bottom ratio"),
    label_options=("top",),
)
def top_to_bottom(totals: Any, income: Any, *, top: float = 0.9, bottom: float = 0.5) -> Linearised:
    """Return the sum above one amount over the sum below another.

    The label is what is printed; the name is what results say.
    """
    high, low = totals(income * (income > top), income * (income <= bottom))
    variable = (income * (income > top) - income * (income <= bottom) * (high / low)) / low
    return Linearised(high / low, variable)


@statistic(kind="amount", label=dl.Text("Moyenne du double", "Mean of the double"))
def mean(totals: Any, y: Any) -> Linearised:
    """A statistic whose name is that of one in the package."""
    people, total = totals(y * 0.0 + 1.0, y)
    return Linearised(2 * total / people, (y * 2.0 - 2 * total / people) / people)


SAMPLE = dl.declare_design(pd.DataFrame({"y": np.r_[0.1:4.1:0.1], "sex": ["f", "m"] * 20}))


def printed(result: Any, language: Any) -> str:
    """Everything that a table shows, with plain spaces."""
    sheet = dl.table(result, language, notes=dl.Notes(reading={})).sheet
    cells = [cell.text for row in sheet.rows for cell in row]
    shown = " | ".join([sheet.title, *sheet.header, *cells, *map(" ".join, sheet.notes)])
    return shown.replace("\u00a0", " ").replace("\u202f", " ")


def test_a_statistic_from_outside_has_words_of_its_own_in_both_languages() -> None:
    found = dl.estimate(SAMPLE, top_to_bottom("y"))
    assert found.frame["statistic"].tolist() == ["top_to_bottom"]
    for language, words in (("fr", "Rapport du haut au bas"), ("en", "Top to bottom ratio")):
        shown = printed(found, language)
        assert shown.casefold().count(words.casefold()) == 2, (
            shown
        )  # the title, and the sentence that reads its number
        assert "top_to_bottom" not in shown
        several = dl.table(
            dl.estimate(SAMPLE, top_to_bottom("y"), dl.mean("y"), by="sex"), language
        ).sheet
        assert {words} < {cell.text for row in several.rows for cell in row}
        chart = dl.chart(dl.estimate(SAMPLE, top_to_bottom("y"), by="sex"), language=language)
        drawn = chart.axes[0].get_xlabel() + chart.caption.title
        assert words.casefold() in drawn.casefold()
        beside = dl.table({"a": found, "b": found}, language).sheet
        told = beside.title + " ".join(beside.header)
        assert words.casefold() in told.casefold()


def test_its_words_are_its_own_where_its_name_is_one_of_the_package() -> None:
    found = dl.estimate(SAMPLE, mean("y"))
    assert "La valeur" not in printed(found, "fr")
    assert "la valeur de « Moyenne du double – y » est de 4,1" in printed(found, "fr")
    assert printed(found, "en").startswith("Mean of the double of y")
    assert "the mean of" not in printed(found, "en").casefold().replace("mean of the double", "")


@dataclass(frozen=True, eq=False, repr=False)
class Answer(Displayed):
    """A kind of result that has no layout."""

    frame: pd.DataFrame


@dataclass(frozen=True, eq=False, repr=False)
class Number(Displayed):
    """Another, without a frame."""

    value: float


def test_a_result_without_a_layout_is_shown_by_what_it_holds() -> None:
    shown = repr(Answer(pd.DataFrame({"size": [12, 34]})))
    assert shown.splitlines() == ["Answer", "   size", "0    12", "1    34"]
    assert repr(Number(1.5)) == "Number\nvalue = 1.5"
