"""Statistics of poverty and inequality: their conventions, where the schools agree, and what a few incomes decide."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import OptionError

PEOPLE = "psu w income sex\n1 1 10 f\n2 2 20 m\n3 1 20 f\n4 3 45 m\n5 1 90 f"
CONVENTIONS = ("eurostat", "convey", "vardpoor")
ALL = [
    "aggregate_replacement_ratio", "arope", "arpr", "arpt", "atkinson", "fgt", "gender_pay_gap", "generalised_entropy",
    "generalised_lorenz", "gini", "lorenz", "palma_ratio", "quantile_shares", "quintile_ratio",
    "relative_median_gap", "relative_median_income_ratio", "theil", "zenga",
]  # fmt: skip


def test_the_option_is_everywhere(refused: Any) -> None:
    for name in ALL:
        parameter = inspect.signature(getattr(dl, name)).parameters["convention"]
        assert (parameter.default, parameter.kind) == ("eurostat", parameter.KEYWORD_ONLY), name
    refused(lambda: dl.atkinson("income", 1, convention="Eurostat"), OptionError)


def test_the_schools_agree_on_entropy_and_means(table: Any) -> None:
    sample = dl.declare_design(table(PEOPLE), weights="w", psu="psu")

    def asked(**given: Any) -> list[Any]:
        return [
            dl.theil("income", **given), dl.generalised_entropy("income", 2, **given),
            dl.atkinson("income", 0.5, **given), dl.zenga("income", **given),
            dl.gender_pay_gap("income", "sex == 'f'", **given),
        ]  # fmt: skip

    plain = dl.estimate(sample, *asked()).frame[["estimate", "std_error"]]
    note = (
        "Zenga index: the same in all definitions; the convey software, which cumulates weights "
        "row by row in the "
        "order of the file, is a little off."
    )
    for convention in CONVENTIONS:
        chosen = dl.estimate(sample, *asked(convention=convention))
        np.testing.assert_array_equal(chosen.frame[["estimate", "std_error"]], plain)
        assert chosen.provenance.rules["convention"] == convention
        alone = dl.estimate(
            sample, dl.zenga("income", convention=convention)
        ).provenance.assumptions
        assert [text.en for text in alone] == ([] if convention == "eurostat" else [note])


def test_shares_and_medians(engine: Any) -> None:
    """Half of 8 people is 4 of weight, 10 + 60 of 295: groups are cut exactly under every convention."""
    sample = dl.declare_design(engine.draw(PEOPLE), weights="w", psu="psu")
    asked = [dl.quantile_shares("income", groups=2, convention=each) for each in CONVENTIONS]
    found = dl.estimate(sample, *asked).frame["estimate"].tolist()
    assert found == pytest.approx([70 / 295, 225 / 295] * 3, rel=1e-12)
    fourths = [
        dl.quantile_shares("income", groups=4, convention=each) for each in ("eurostat", "convey")
    ]
    found = dl.estimate(sample, *fourths).frame["estimate"].tolist()
    # fourths of 2 of weight: 10 + 20, 40, 90, 45 + 90
    assert found == pytest.approx([*np.array([30, 40, 90, 135]) / 295] * 2, rel=1e-12)
    # Women 10, 20, 90 with one each, men 20 (2) and 45 (2): midway 32.5, or 20 for the inverse of
    # F.
    sample = dl.declare_design(
        engine.draw(PEOPLE.replace("4 3 45", "4 2 45")), weights="w", psu="psu"
    )
    asked = [
        dl.gender_pay_gap("income", "sex == 'f'", gap_of="median", convention=each)
        for each in CONVENTIONS
    ]
    found = dl.estimate(sample, *asked).frame["estimate"].tolist()
    assert found == pytest.approx([1 - 20 / 32.5, 0, 0], rel=1e-12, abs=1e-15)


@pytest.mark.parametrize(
    ("weight", "order"), [(0.1, "up"), (0.1, "down"), (1 / 3, "up"), (1.1e-9, "down"), (7e11, "up")]
)
def test_rounding_of_weights_does_not_decide(engine: Any, weight: float, order: str) -> None:
    """Ten people with 1 to 10: every tenth is reached exactly, in numbers and not in sums of 0.1."""
    incomes = range(1, 11) if order == "up" else range(10, 0, -1)
    text = "w income old\n" + "".join(f"{weight!r} {each} {each % 2}\n" for each in incomes)
    sample = dl.declare_design(engine.draw(text), weights="w")
    for convention, line, gap in (
        ("eurostat", 3.3, 1.3 / 3.3),
        ("convey", 3, 1 / 3),
        ("vardpoor", 3, 1 / 3),
    ):
        given = {"convention": convention}
        asked = [
            dl.arpt("income", **given), dl.arpr("income", **given), dl.relative_median_gap("income", **given),
            dl.quintile_ratio("income", **given), dl.palma_ratio("income", **given),
            dl.relative_median_income_ratio("income", "old == 1", **given),
            dl.quantile_shares("income", groups=10, **given),
        ]  # fmt: skip
        found = dl.estimate(sample, *asked).frame["estimate"].tolist()
        # old: 1, 3, 5, 7, 9; the others 2, 4, 6, 8, 10
        shares = [each / 55 for each in range(1, 11)]
        assert found == pytest.approx([line, 0.3, gap, 19 / 3, 1, 5 / 6, *shares], rel=1e-12)


def notes(sample: Any, *asked: Any, **given: Any) -> list[tuple[str, str]]:
    found = dl.estimate(sample, *asked, **given).provenance.assumptions
    return [(text.en, text.fr) for text in found]


def table_of(top: float) -> str:
    """99 people with incomes from 1 to 99, and one more."""
    return "y w g\n" + "".join(f"{y} 1 a\n" for y in range(1, 100)) + f"{top} 1 a\n"


def test_a_few_respondents_carry_the_sampling_error(engine: Any, table: Any) -> None:
    """One income of 100,000 among 99 below 100: its squared part is all, the equivalent of one respondent."""
    asked = dl.theil("y"), dl.generalised_entropy("y", 2), dl.atkinson("y", 0.5)
    said = notes(dl.declare_design(engine.draw(table_of(100_000)), weights="w"), *asked)
    assert said == [
        (
            (
                "A few respondents carry the sampling error of the index: the equivalent of 1. Its "
                "interval holds the "
                "true value less often than it says, and most often lies too low."
            ),
            (
                "Quelques répondants portent l’erreur d’échantillonnage de l’indice\u00a0: "
                "l’équivalent de 1. Son "
                "intervalle contient la vraie valeur moins souvent qu’annoncé, et se trouve le "
                "plus souvent trop bas."
            ),
        )
    ]
    asked = dl.theil("y"), dl.generalised_entropy("y", 2), dl.atkinson("y", 0.5)
    assert notes(dl.declare_design(engine.draw(table_of(100)), weights="w"), *asked) == []
    # Zeros that are dropped have no part in the sum.
    text = table_of(100) + "0 1 a\n0 1 a\n"
    said = notes(
        dl.declare_design(engine.draw(text), weights="w"), dl.theil("y", nonpositive="drop")
    )
    assert len(said) == 1
    assert said[0][0].startswith(
        "Respondents with an income at or below zero, left out of the index: 2"
    )
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
    """0.1 has no exact mean in binary: what rounding leaves is not a spread, as it is none of 7."""
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
        assert frame["flag"].tolist() == ["undefined", "undefined", "few units, influential units"]
