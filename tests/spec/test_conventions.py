"""Every statistic of poverty and inequality takes a convention; where the schools agree, the word changes nothing."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
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


@pytest.mark.parametrize("name", ALL)
def test_the_option_is_everywhere(name: str) -> None:
    parameter = inspect.signature(getattr(dl, name)).parameters["convention"]
    assert parameter.default == "eurostat"
    assert parameter.kind is parameter.KEYWORD_ONLY


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_the_schools_agree_on_entropy_and_means(engine: Any, convention: str) -> None:
    sample = dl.declare_design(engine.draw(PEOPLE), weights="w", psu="psu")
    plain, chosen = (
        [
            dl.theil("income", **given), dl.generalised_entropy("income", 2, **given),
            dl.atkinson("income", 0.5, **given), dl.zenga("income", **given),
            dl.gender_pay_gap("income", "sex == 'f'", **given),
        ]
        for given in ({}, {"convention": convention})
    )  # fmt: skip
    ours = dl.estimate(sample, *plain).frame[["estimate", "std_error"]]
    theirs = dl.estimate(sample, *chosen)
    np.testing.assert_array_equal(theirs.frame[["estimate", "std_error"]], ours)
    assert theirs.provenance.rules["convention"] == convention


def test_shares_of_groups_of_whole_people(engine: Any) -> None:
    """Half of 8 people is 4 of weight: reached at 45, where everybody counts under convey: 10 + 60 + 135 of 295."""
    sample = dl.declare_design(engine.draw(PEOPLE), weights="w", psu="psu")
    asked = [dl.quantile_shares("income", groups=2, convention=each) for each in CONVENTIONS]
    found = dl.estimate(sample, *asked).frame["estimate"].tolist()
    # the first four: 10 + 60; then everybody at the quantile 20 for `math`
    assert found == pytest.approx([70 / 295, 225 / 295] * 3, rel=1e-12)
    thirds = [dl.quantile_shares("income", groups=4, convention=each) for each in ("eurostat", "convey")]
    found = dl.estimate(sample, *thirds).frame["estimate"].tolist()
    # fourths of 2 of weight: 10 + 20, 40, 90, 45 + 90; whole people: 70, 0, 135, 90
    assert found == pytest.approx([*np.array([30, 40, 90, 135]) / 295, *np.array([70, 0, 135, 90]) / 295], rel=1e-12)


def test_the_median_pay_gap_where_half_is_reached_exactly(engine: Any) -> None:
    """Women 10, 20, 90 with one each, men 20 (2) and 45 (2): midway 32.5, or 20 for the inverse of F."""
    sample = dl.declare_design(engine.draw(PEOPLE.replace("4 3 45", "4 2 45")), weights="w", psu="psu")
    asked = [dl.gender_pay_gap("income", "sex == 'f'", gap_of="median", convention=each) for each in CONVENTIONS]
    found = dl.estimate(sample, *asked).frame["estimate"].tolist()
    assert found == pytest.approx([1 - 20 / 32.5, 0, 0], rel=1e-12, abs=1e-15)


def test_a_convention_that_there_is_not(refused: Any) -> None:
    refused(lambda: dl.atkinson("income", 1, convention="Eurostat"), OptionError)


def test_zenga_says_where_convey_is_elsewhere(table: Any) -> None:
    sample = dl.declare_design(table(PEOPLE), weights="w")
    said = {
        each: [text.en for text in dl.estimate(sample, dl.zenga("income", convention=each)).provenance.assumptions]
        for each in CONVENTIONS
    }
    note = (
        "Zenga index: the same in all definitions; the convey software, which cumulates weights row by row in the "
        "order of the file, is a little off."
    )
    assert said == {"eurostat": [], "convey": [note], "vardpoor": [note]}


@pytest.mark.parametrize("weight", [0.1, 1 / 3, 1.1e-9, 7e11])
@pytest.mark.parametrize("order", ["up", "down"])
def test_rounding_of_weights_does_not_decide(engine: Any, weight: float, order: str) -> None:
    """Ten people with 1 to 10: every tenth is reached exactly, in numbers and not in sums of 0.1."""
    incomes = range(1, 11) if order == "up" else range(10, 0, -1)
    text = "w income old\n" + "".join(f"{weight!r} {each} {each % 2}\n" for each in incomes)
    sample = dl.declare_design(engine.draw(text), weights="w")
    for convention, line, gap in (("eurostat", 3.3, 1.3 / 3.3), ("convey", 3, 1 / 3), ("vardpoor", 3, 1 / 3)):
        given = {"convention": convention}
        asked = [
            dl.arpt("income", **given), dl.arpr("income", **given), dl.relative_median_gap("income", **given),
            dl.quintile_ratio("income", **given), dl.palma_ratio("income", **given),
            dl.relative_median_income_ratio("income", "old == 1", **given),
        ]  # fmt: skip
        found = dl.estimate(sample, *asked).frame["estimate"].tolist()
        # old: 1, 3, 5, 7, 9; the others 2, 4, 6, 8, 10
        assert found == pytest.approx([line, 0.3, gap, 19 / 3, 1, 5 / 6], rel=1e-12)
        shares = dl.estimate(sample, dl.quantile_shares("income", groups=10, **given)).frame["estimate"]
        assert shares.tolist() == pytest.approx([each / 55 for each in range(1, 11)], rel=1e-12)
