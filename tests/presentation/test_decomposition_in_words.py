"""A decomposition as a table and as a figure, in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

import diplab as dl
from diplab.presentation.layouts.decomposition import decomposition_drawing
from diplab.presentation.layouts.registry import ChartRequest
from diplab.reference.text import Text

if TYPE_CHECKING:
    from diplab.types import Decomposition


def decomposed(statistic: object = None) -> Decomposition:
    people = pd.DataFrame({"job": [1, 1, 2, 2, 2], "income": [400.0, 900.0, 500.0, 1500.0, 1700.0]})
    book = dl.Codebook().described(
        "job", label=Text("Emploi", "Job"), values={1: Text("aucun", "none"), 2: Text("salarié", "employee")}
    )
    sample = dl.declare_design(dl.Microdata(people, book))
    return dl.decompose(sample, statistic or dl.arpr("income", threshold=600), "job")  # type: ignore[arg-type]


def texts(shown: object) -> list[list[str]]:
    return [[cell.text for cell in row] for row in shown.sheet.rows]  # type: ignore[attr-defined]


def test_poverty_in_english() -> None:
    """Poor: 1 of 2, 1 of 3; 2/5 of all: 20 % each, a half each."""
    shown = dl.table(decomposed(), language="en")
    assert shown.sheet.title == "At-risk-of-poverty rate – income, decomposed by Job"
    assert shown.sheet.header == (
        *("Job", "Population share", "At-risk-of-poverty rate", "Contribution to the index"),
        *("Share of the index", "95% confidence interval", "Respondents"),
    )
    lines = texts(shown)
    assert [line[:5] for line in lines] == [
        ["none", "40.0%", "50.0%", "20.0%", "50.0%"],
        ["employee", "60.0%", "33.3%", "20.0%", "50.0%"],
        ["All", "100.0%", "40.0%", "40.0%", "100.0%"],
    ]
    assert [line[6] for line in lines] == ["2 *", "3 *", "5 *"]
    assert "sum over groups of their population share times their index" in dict(shown.sheet.notes)["Rules"]


def test_inequality_in_french() -> None:
    shown = dl.table(decomposed(dl.theil("income")), language="fr")
    lines = texts(shown)
    assert [line[0] for line in lines] == [
        "aucun", "salarié", "À l’intérieur des groupes", "Entre les groupes", "Ensemble",
    ]  # fmt: skip
    assert lines[2][1:3] == ["", ""]
    assert lines[4][4] == "100,0\u00a0%"
    assert "décomposition selon Emploi" in shown.sheet.title


def test_figure_sets_the_two_shares_side_by_side() -> None:
    figure = dl.chart(decomposed(), language="fr")
    assert figure.caption.title == "Taux de pauvreté – income, décomposition selon Emploi"
    drawn = decomposition_drawing(decomposed(), ChartRequest()).estimates.frame
    assert drawn["statistic"].tolist() == ["population_share", "contribution_share"] * 2
    assert drawn["job"].tolist() == [1, 1, 2, 2]
    kept = decomposed().rows(decomposed().frame["statistic"] == "contribution_share")
    assert not kept.has_all_parts
    assert [row[1] for row in texts(dl.table(kept))] == ["50.0%", "50.0%"]
    assert np.isfinite(kept.covariance).all()


def test_a_group_with_nobody_is_said() -> None:
    people = pd.DataFrame({"job": ["a", "a", "b", "c"], "income": [400.0, 900.0, 500.0, np.nan]})
    made = dl.decompose(dl.declare_design(people), dl.arpr("income", threshold=600), "job")
    lines = texts(dl.table(made))
    assert lines[2][0] == "c"
    assert lines[2][-1] == "no one"
    assert decomposition_drawing(made, ChartRequest()).estimates.frame["job"].tolist() == ["a", "a", "b", "b"]
