"""Persons reached through accounts: constructed cases, R survey 4.4-2 for variances, and simulation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import diplab as dl
from diplab import population
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata
from diplab.presentation.terms import rule, terms
from tests.population_support import only, refused

# MH2: simple random samples of 5, 4 and 4 accounts, and the platforms of each holder
ACCOUNTS = {"A": 1000, "B": 600, "C": 400}
HELD = {"A": [1, 1, 2, 3, 1], "B": [2, 2, 1, 3], "C": [1, 3, 2, 1]}
LINKS = pd.DataFrame(
    [
        {
            "account": f"{platform}{place}",
            "person": f"{platform}{place}",
            "platform": platform,
            "N": ACCOUNTS[platform],
            "weight": ACCOUNTS[platform] / len(HELD[platform]),
            "links": links,
        }
        for platform in ACCOUNTS
        for place, links in enumerate(HELD[platform])
    ]
)


def test_mh2_contributions_and_factor() -> None:
    found = population.multiplicity(ACCOUNTS, HELD)
    assert only(found)["estimate"] == pytest.approx(1400, rel=1e-13)
    assert found.details["persons"].tolist() == pytest.approx([200 * 23 / 6, 350, 100 * 17 / 6], rel=1e-13)
    assert found.details["persons"].round(3).tolist() == [766.667, 350, 283.333]
    assert found.provenance.rules["multi_homing"] == "1.428571"
    assert found.provenance.rules["accounts"] == "2000"
    # R survey 4.4-2: svytotal(~I(1/L)) of the stratified design with fpc, SE and t interval of degf 10
    assert only(found)["std_error"] == pytest.approx(182.018008877022, rel=1e-12)
    assert only(found)["df"] == 10
    assert only(found)["ci_high"] == pytest.approx(1805.56139734007, rel=1e-12)
    # R's 994.4 is below the 1,000 accounts of A, each of a person
    assert only(found)["ci_low"] == 1000
    for name, value in found.provenance.rules.items():
        assert f"rule.{name}" in terms() or f"rule.{name}={value}" in terms()
        assert "=" not in rule(name, value, "fr")


def test_mh2_by_shared_weights_and_under_the_design() -> None:
    shared = population.weight_share(LINKS)
    assert shared.persons["weight"].sum() == pytest.approx(1400, rel=1e-13)
    assert shared.persons["platform"].tolist() == LINKS["platform"].tolist()
    people = dl.declare_design(shared.persons, weights="weight")
    assert dl.estimate(people, dl.count()).frame["estimate"].item() == pytest.approx(1400)
    stratified = dl.declare_design(shared.accounts, weights="weight", strata="platform", fpc="N")
    row = only(dl.estimate(stratified, dl.total("share")))
    assert row["estimate"] == pytest.approx(1400)
    assert row["std_error"] == pytest.approx(182.018008877022, rel=1e-12)
    # R survey 4.4-2: the same weights, with replacement, t interval of degf 12
    own = only(shared.total())
    assert own["std_error"] == pytest.approx(217.173552376554, rel=1e-12)
    assert (own["ci_low"], own["ci_high"]) == pytest.approx((926.819477817556, 1873.18052218244), rel=1e-12)
    assert own["n"] == 13


def test_the_four_nodes_of_networkreporting() -> None:
    # four respondents report 2, 1, 2, 1 persons, each of whom three respondents can report: 2 persons, prevalence 0.5
    links = pd.DataFrame({"account": [1, 1, 2, 3, 3, 4], "person": list("ababab"), "weight": 1.0, "links": 3})
    shared = population.weight_share(links)
    assert shared.persons["weight"].tolist() == [1, 1]
    assert shared.accounts["share"].tolist() == pytest.approx([2 / 3, 1 / 3, 2 / 3, 1 / 3])
    assert only(shared.total())["estimate"] / 4 == pytest.approx(0.5)


def test_a_person_met_twice_shares_both_weights_by_hand() -> None:
    # p holds 3 accounts, met through two of weight 10 and 6; q 1 account: (10 + 6)/3 and 10, on pay 4 and 7
    links = pd.DataFrame(
        {
            "account": [1, 2, 1],
            "person": ["p", "p", "q"],
            "weight": [10.0, 6, 10],
            "links": [3, 3, 1],
            "pay": [4.0, 4, 7],
        }
    )
    shared = population.weight_share(links)
    assert shared.persons["person"].tolist() == ["p", "q"]
    assert shared.persons["weight"].tolist() == pytest.approx([16 / 3, 10])
    assert shared.persons["links_seen"].tolist() == [2, 1]
    assert shared.accounts["share"].tolist() == pytest.approx([1 / 3 + 1, 1 / 3])
    pay = only(shared.total("pay"))
    # accounts carry 10 x (4/3 + 7) and 6 x 4/3; with two of them the variance is the squared difference
    assert pay["estimate"] == pytest.approx(250 / 3 + 8)
    assert pay["estimate"] == pytest.approx((shared.persons["weight"] * shared.persons["pay"]).sum())
    assert pay["std_error"] == pytest.approx(250 / 3 - 8)
    assert pay["variable"] == "pay"
    sized = population.weight_share(links.assign(size=[2.0, 1, 1]), size="size")
    # 10 x 2/3 + 6 x 1/3
    assert sized.persons["weight"].tolist() == pytest.approx([26 / 3, 10])


def test_equal_to_the_multiplicity_estimator_whatever_the_numbers() -> None:
    draw = np.random.default_rng(3)
    for _ in range(20):
        held = {name: draw.integers(1, 4, draw.integers(2, 9)).tolist() for name in "ABC"}
        accounts = {name: int(len(held[name]) + draw.integers(1, 500)) for name in "ABC"}
        frame = pd.DataFrame(
            [
                (name, accounts[name], accounts[name] / len(held[name]), links)
                for name in "ABC"
                for links in held[name]
            ],
            columns=["platform", "N", "weight", "links"],
        )
        frame["account"] = frame["person"] = np.arange(len(frame))
        shared = population.weight_share(frame)
        sample = dl.declare_design(shared.accounts, weights="weight", strata="platform", fpc="N")
        designed, own = (
            only(dl.estimate(sample, dl.total("share"))),
            only(population.multiplicity(accounts, held)),
        )
        assert own["estimate"] == pytest.approx(designed["estimate"], rel=1e-12)
        assert own["std_error"] == pytest.approx(designed["std_error"], rel=1e-9, abs=1e-9)


def test_persons_and_their_error_are_found_by_simulation() -> None:
    draw = np.random.default_rng(14)
    persons = 900
    member = draw.random((persons, 3)) < np.array([0.6, 0.4, 0.3])
    member[~member.any(axis=1), 0] = True
    holders = {name: np.flatnonzero(member[:, place]) for place, name in enumerate("ABC")}
    accounts = {name: len(each) for name, each in holders.items()}
    held = member.sum(axis=1)
    rows, shares = [], []
    for _ in range(500):
        met = {name: draw.choice(each, 40, replace=False) for name, each in holders.items()}
        row = only(population.multiplicity(accounts, {name: held[at] for name, at in met.items()}))
        rows.append((row["estimate"], row["std_error"], row["ci_low"] <= persons <= row["ci_high"]))
        if len(rows) > 50:
            continue
        links = pd.DataFrame(
            [(f"{name}{one}", one, accounts[name] / 40, held[one]) for name, at in met.items() for one in at],
            columns=["account", "person", "weight", "links"],
        )
        shares.append(population.weight_share(links).persons["weight"].sum())
    points, errors, covered = (np.array(each) for each in zip(*rows, strict=True))
    np.testing.assert_allclose(shares, points[:50], rtol=1e-12)
    assert abs(points.mean() - persons) < 3 * points.std(ddof=1) / math.sqrt(500)
    assert errors.mean() == pytest.approx(points.std(ddof=1), rel=3 / math.sqrt(1000))
    assert abs(covered.mean() - 0.95) < 3 * math.sqrt(0.95 * 0.05 / 500) + 0.01


def test_tables_of_other_libraries_are_read() -> None:
    shared = population.weight_share(pl.from_pandas(LINKS))
    assert shared.persons["weight"].sum() == pytest.approx(1400)
    lazy = population.weight_share(pl.from_pandas(LINKS).lazy())
    assert lazy.persons.equals(shared.persons)
    frame = pl.DataFrame({"weight": [10.0, 10, 10], "both": [True, False, True]})
    assert only(population.dual_frame(frame, frame, theta=0.5))["estimate"] == pytest.approx(40)
    table = pl.DataFrame(
        {"platform": ["A"], "accounts": [160], "status": ["published"], "source": ["report"]}
    )
    assert only(population.headcount(table, 1.6))["estimate"] == pytest.approx(100)
    with_codebook = Microdata(LINKS, Codebook())
    assert population.weight_share(with_codebook).persons.equals(shared.persons)


def test_one_account_has_no_error_and_everyone_has_none_to_make() -> None:
    alone = only(population.multiplicity({"A": 10, "B": 5}, {"A": [1], "B": [2, 1]}))
    assert alone["flag"] == "no variance"
    assert math.isnan(alone["std_error"])
    assert math.isnan(alone["ci_low"])
    everyone = only(population.multiplicity({"A": 3, "B": 2}, {"A": [1, 2, 1], "B": [2, 1]}))
    assert everyone["estimate"] == pytest.approx(4)
    assert (everyone["std_error"], everyone["ci_low"], everyone["ci_high"]) == pytest.approx((0, 4, 4))
    single = only(population.weight_share(LINKS.head(1)).total())
    assert single["flag"] == "no variance"


@pytest.mark.parametrize(
    "changes",
    [
        {"person": ["p"] * 13, "links": 5},
        {"person": ["p"] * 13},
        {"account": ["a"] * 13},
        {"account": ["a"] * 13, "person": ["p"] * 13, "weight": 1.0, "links": 20},
        {"person": [None, *range(12)]},
        {"weight": -1.0},
        {"links": "many"},
        {"links": math.nan},
    ],
)
def test_refusals_of_links(changes: dict[str, Any], error_text: Any) -> None:
    error_text(refused(population.weight_share, LINKS.assign(**changes)))


def test_refusals_of_columns(error_text: Any) -> None:
    error_text(refused(population.weight_share, LINKS, held="L"), "1")
    error_text(refused(population.weight_share, [1, 2]), "2")
    error_text(refused(population.weight_share, LINKS.head(0)), "3")
    error_text(refused(population.weight_share(LINKS).total, "pay"), "4")


@pytest.mark.parametrize(
    ("accounts", "held"),
    [
        ({"A": 10}, {"B": [1]}),
        ({}, {}),
        ({"A": 2}, {"A": [1, 1, 1]}),
        ({"A": 20}, {"A": [1, 2]}),
        ({"A": 20}, {"A": [1, 0]}),
    ],
)
def test_refusals_of_platforms(accounts: Any, held: Any, error_text: Any) -> None:
    error_text(refused(population.multiplicity, accounts, held))
