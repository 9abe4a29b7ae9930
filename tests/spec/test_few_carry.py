"""Indices of entropy say when a handful of respondents carry their sampling error."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl


def notes(sample: Any, *asked: Any, **given: Any) -> list[tuple[str, str]]:
    found = dl.estimate(sample, *asked, **given).provenance.assumptions
    return [(text.en, text.fr) for text in found]


def table_of(top: float) -> str:
    """99 people with incomes from 1 to 99, and one more."""
    return "y w g\n" + "".join(f"{y} 1 a\n" for y in range(1, 100)) + f"{top} 1 a\n"


def test_one_large_income_is_said(engine: Any) -> None:
    """One income of 100,000 among 99 below 100: its squared part is all, the equivalent of one respondent."""
    asked = dl.theil("y"), dl.generalised_entropy("y", 2), dl.atkinson("y", 0.5)
    said = notes(dl.declare_design(engine.draw(table_of(100_000)), weights="w"), *asked)
    assert said == [
        (
            (
                "A few respondents carry the sampling error of the index: the equivalent of 1. Its interval holds the "
                "true value less often than it says, and most often lies too low."
            ),
            (
                "Quelques répondants portent l’erreur d’échantillonnage de l’indice\u00a0: l’équivalent de 1. Son "
                "intervalle contient la vraie valeur moins souvent qu’annoncé, et se trouve le plus souvent trop bas."
            ),
        )
    ]
    asked = dl.theil("y"), dl.generalised_entropy("y", 2), dl.atkinson("y", 0.5)
    assert notes(dl.declare_design(engine.draw(table_of(100)), weights="w"), *asked) == []
    # Zeros that are dropped have no part in the sum.
    text = table_of(100) + "0 1 a\n0 1 a\n"
    said = notes(dl.declare_design(engine.draw(text), weights="w"), dl.theil("y", nonpositive="drop"))
    assert len(said) == 1
    assert said[0][0].startswith("Respondents with an income at or below zero, left out of the index: 2")


def test_few_respondents_say_it_themselves(table: Any) -> None:
    people = table("y\n1\n2\n3\n4\n5\n6\n7\n8\n9\n1000")
    assert notes(dl.declare_design(people), dl.theil("y")) == []
    people = pd.concat([table(table_of(100)), table(table_of(100_000)).assign(g="b")])
    ((said, _),) = notes(dl.declare_design(people, weights="w"), dl.theil("y"), by="g")
    assert "the equivalent of 1." in said


def test_the_equivalent_number_by_hand() -> None:
    """(sum u^2)^2 / sum u^4 of u = w z, with z of Theil's index written out; the same for other units of weight."""
    random = np.random.default_rng(12)
    y, w = np.exp(1.2 * random.normal(size=400)), random.uniform(0.5, 3, 400)
    ratio = y / np.average(y, weights=w)
    index = np.average(ratio * np.log(ratio), weights=w)
    u = w * (ratio * np.log(ratio) - index - (index + 1) * (ratio - 1))
    by_hand = round((u**2).sum() ** 2 / (u**4).sum())
    assert 1 < by_hand < 10
    for scale in (1, 1e-6, 1e6):
        sample = dl.declare_design(pd.DataFrame({"y": y, "w": w * scale}), weights="w")
        ((said, _),) = notes(sample, dl.theil("y"))
        assert f"the equivalent of {by_hand}." in said


@pytest.mark.parametrize("value", [7.0, 0.1])
def test_equal_incomes_have_no_density(table: Any, value: float) -> None:
    """0.1 has no exact mean in binary: what rounding leaves is no spread, as it is none of 7."""
    people = pd.DataFrame({"y": np.full(12, value), "old": np.arange(12) % 2})
    asked = dl.arpt("y"), dl.arpr("y"), dl.relative_median_income_ratio("y", "old == 1")
    frame = dl.estimate(dl.declare_design(people), *asked).frame
    assert frame["estimate"].tolist() == pytest.approx([0.6 * value, 0, 1], rel=1e-12)
    assert frame["std_error"].isna().all()
    assert frame["flag"].tolist() == ["no variance"] * 3


def test_no_ratio_where_nobody_is_above_the_fourth_quintile(engine: Any) -> None:
    """Equal incomes, and one person: 0 would read as the poor having more."""
    text = "y w g\n5 1 a\n5 1 a\n5 1 a\n8 1 b\n1 1 c\n1 1 c\n1 1 c\n1 1 c\n1 1 c\n9 1 c\n"
    sample = dl.declare_design(engine.draw(text), weights="w")
    for convention in ("eurostat", "convey"):
        frame = dl.estimate(sample, dl.quintile_ratio("y", convention=convention), by="g").frame
        assert frame["estimate"].tolist() == pytest.approx([np.nan, np.nan, 9 / 5], nan_ok=True)
        assert frame["std_error"].isna().tolist() == [True, True, False]
        assert frame["flag"].tolist() == ["undefined", "undefined", ""]
