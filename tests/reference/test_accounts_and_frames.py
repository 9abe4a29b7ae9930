"""Persons reached through accounts: constructed cases, R survey 4.4-2 for variances, and simulation.

Totals over two frames: constructed values, R survey 4.4-2 for variances, and simulation.
"""

from __future__ import annotations

import math
from functools import partial
from typing import get_args

import numpy as np
import pandas as pd
import polars as pl
import pytest

import diplab as dl
from diplab import population
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata
from diplab.population._dual_frame import Estimator, _frame_sample, _total_of_frames
from diplab.population.kernel.networks import (
    DomainTotals,
    best_overlap_share,
    fuller_burmeister,
    hartley,
)
from diplab.presentation.language import rule, terms
from tests.population_support import only

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


def test_mh2_by_multiplicity_and_by_shared_weights():
    found = population.multiplicity(ACCOUNTS, HELD)
    assert only(found)["estimate"] == pytest.approx(1400, rel=1e-13)
    assert found.details["persons"].tolist() == pytest.approx(
        [200 * 23 / 6, 350, 100 * 17 / 6], rel=1e-13
    )
    assert found.details["persons"].round(3).tolist() == [766.667, 350, 283.333]
    assert found.provenance.rules["multi_homing"] == "1.428571"
    assert found.provenance.rules["accounts"] == "2000"
    # R survey 4.4-2: svytotal(~I(1/L)) of the stratified design with fpc, SE and t interval of degf
    # 10
    assert only(found)["std_error"] == pytest.approx(182.018008877022, rel=1e-12)
    assert only(found)["df"] == 10
    assert only(found)["ci_high"] == pytest.approx(1805.56139734007, rel=1e-12)
    # R's 994.4 is below the 1,000 accounts of A, each of a person
    assert only(found)["ci_low"] == 1000
    for name, value in found.provenance.rules.items():
        assert f"rule.{name}" in terms() or f"rule.{name}={value}" in terms()
        assert "=" not in rule(name, value, "fr")
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
    assert (own["ci_low"], own["ci_high"]) == pytest.approx(
        (926.819477817556, 1873.18052218244), rel=1e-12
    )
    assert own["n"] == 13


def test_weights_shared_by_hand():
    # four respondents report 2, 1, 2, 1 persons, each of whom three respondents can report: 2
    # persons, prevalence 0.5
    links = pd.DataFrame(
        {"account": [1, 1, 2, 3, 3, 4], "person": list("ababab"), "weight": 1.0, "links": 3}
    )
    shared = population.weight_share(links)
    assert shared.persons["weight"].tolist() == [1, 1]
    assert shared.accounts["share"].tolist() == pytest.approx([2 / 3, 1 / 3, 2 / 3, 1 / 3])
    assert only(shared.total())["estimate"] / 4 == pytest.approx(0.5)
    # p holds 3 accounts, met through two of weight 10 and 6; q 1 account: (10 + 6)/3 and 10, on pay
    # 4 and 7
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
    # accounts carry 10 x (4/3 + 7) and 6 x 4/3; with two of them the variance is the squared
    # difference
    assert pay["estimate"] == pytest.approx(250 / 3 + 8)
    assert pay["estimate"] == pytest.approx(
        (shared.persons["weight"] * shared.persons["pay"]).sum()
    )
    assert pay["std_error"] == pytest.approx(250 / 3 - 8)
    assert pay["variable"] == "pay"
    sized = population.weight_share(links.assign(size=[2.0, 1, 1]), size="size")
    # 10 x 2/3 + 6 x 1/3
    assert sized.persons["weight"].tolist() == pytest.approx([26 / 3, 10])
    alone = only(population.multiplicity({"A": 10, "B": 5}, {"A": [1], "B": [2, 1]}))
    assert alone["flag"] == "no variance"
    assert math.isnan(alone["std_error"])
    assert math.isnan(alone["ci_low"])
    everyone = only(population.multiplicity({"A": 3, "B": 2}, {"A": [1, 2, 1], "B": [2, 1]}))
    assert everyone["estimate"] == pytest.approx(4)
    assert (everyone["std_error"], everyone["ci_low"], everyone["ci_high"]) == pytest.approx(
        (0, 4, 4)
    )
    single = only(population.weight_share(LINKS.head(1)).total())
    assert single["flag"] == "no variance"


def test_equal_to_the_multiplicity_estimator_whatever_the_numbers():
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


def test_persons_and_their_error_are_found_by_simulation():
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
            [
                (f"{name}{one}", one, accounts[name] / 40, held[one])
                for name, at in met.items()
                for one in at
            ],
            columns=["account", "person", "weight", "links"],
        )
        shares.append(population.weight_share(links).persons["weight"].sum())
    points, errors, covered = (np.array(each) for each in zip(*rows, strict=True))
    np.testing.assert_allclose(shares, points[:50], rtol=1e-12)
    assert abs(points.mean() - persons) < 3 * points.std(ddof=1) / math.sqrt(500)
    assert errors.mean() == pytest.approx(points.std(ddof=1), rel=3 / math.sqrt(1000))
    assert abs(covered.mean() - 0.95) < 3 * math.sqrt(0.95 * 0.05 / 500) + 0.01


def test_tables_of_other_libraries_are_read():
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


def test_refusals_of_links_and_platforms(refused):
    cases = [
        *({"person": ["p"] * 13, "links": 5}, {"person": ["p"] * 13}, {"account": ["a"] * 13}),
        {"account": ["a"] * 13, "person": ["p"] * 13, "weight": 1.0, "links": 20},
        *({"person": [None, *range(12)]}, {"weight": -1.0}, {"links": "many"}, {"links": math.nan}),
    ]
    for changes in cases:
        refused(partial(population.weight_share, LINKS.assign(**changes)))
    refused(lambda: population.weight_share(LINKS, held="L"))
    refused(lambda: population.weight_share([1, 2]))
    refused(lambda: population.weight_share(LINKS.head(0)))
    refused(lambda: population.weight_share(LINKS).total("pay"))
    cases = [
        *(
            ({"A": 10}, {"B": [1]}),
            ({}, {}),
            ({"A": 2}, {"A": [1, 1, 1]}),
            ({"A": 20}, {"A": [1, 2]}),
        ),
        ({"A": 20}, {"A": [1, 0]}),
    ]
    for accounts, held in cases:
        refused(partial(population.multiplicity, accounts, held))


# DF1: weights 10 and 8; 30 in the first frame alone and 20 in both; 45 in the second alone and 15
# in both
FIRST = pd.DataFrame(
    {
        "y": [4] * 7 + [1] * 23 + [2] * 10 + [1] * 10,
        "both": [False] * 30 + [True] * 20,
        "weight": 10.0,
    }
)
SECOND = pd.DataFrame(
    {
        "y": [1] * 20 + [3] * 25 + [2] * 5 + [1] * 10,
        "both": [False] * 45 + [True] * 15,
        "weight": 8.0,
    }
)


@pytest.mark.parametrize(
    ("y", "options", "total", "error"),
    [
        # R survey 4.4-2: svytotal of the domain variables of each frame, their vcov combined by the
        # coefficients; the best theta and the two of Fuller and Burmeister by R's optimize and
        # optim
        (None, {"theta": 0}, 780, 34.9927106111883),
        (None, {"theta": 0.5}, 820, 22.1172624082914),
        (None, {"theta": 1}, 860, 27.0592570081018),
        (None, {}, 830.06364022, 21.4058307117455),
        (None, {"estimator": "kalton_anderson"}, 815.555555555556, 22.85960887065),
        (None, {"estimator": "multiplicity", "frame_sizes": (510, 470)}, 819.25, 22.2259527103895),
        ("y", {"theta": 0}, 1430, 109.635255787802),
        ("y", {"theta": 0.5}, 1500, 103.130018719005),
        ("y", {"theta": 1}, 1570, 107.905918769225),
        ("y", {}, 1505.5046853, 103.094154943949),
        ("y", {"estimator": "fuller_burmeister"}, 1505.5427842, 103.093759568723),
        ("y", {"estimator": "kalton_anderson"}, 1492.22222222222, 103.302788688420),
    ],
)
def test_totals_and_errors_equal_r(y, options, total, error):
    row = only(population.dual_frame(FIRST, SECOND, y=y, **options))
    assert row["estimate"] == pytest.approx(total, rel=1e-8)
    assert row["std_error"] == pytest.approx(error, rel=1e-9)
    assert row["ci_high"] - row["estimate"] == pytest.approx(
        1.959963984540054 * row["std_error"], rel=1e-12
    )
    assert row["n"] == 110
    assert row["variable"] == (y or "population size")


def test_coefficients_equal_those_r_finds_by_search():
    found = population.dual_frame(FIRST, SECOND, y="y")
    assert float(found.provenance.rules["overlap_share"]) == pytest.approx(
        0.539319181796294, rel=1e-5
    )
    fuller = population.dual_frame(FIRST, SECOND, "fuller_burmeister", y="y")
    assert float(fuller.provenance.rules["overlap_share"]) == pytest.approx(
        0.5489701657641, rel=1e-5
    )
    assert only(population.dual_frame(FIRST, SECOND, "multiplicity"))["estimate"] == pytest.approx(
        820, rel=1e-13
    )
    one, other = (
        population.dual_frame(FIRST, SECOND, estimator)
        for estimator in ("hartley", "fuller_burmeister")
    )
    for column in ("estimate", "std_error", "ci_low", "ci_high"):
        assert only(one)[column] == only(other)[column]
    first = FIRST.assign(v=np.where(FIRST["both"], 8.0, math.nan))
    second = SECOND.assign(v=np.where(SECOND["both"], 10.0, math.nan))
    found = population.dual_frame(first, second, "kalton_anderson", other_weight="v")
    assert only(found)["estimate"] == pytest.approx(815.555555555556, rel=1e-12)


def test_fuller_and_burmeister_by_hand_and_never_worse_than_hartley():
    # first: V(Ya) 4, V(Yab) 3, V(Nab) 1, Cov(Ya, Yab) 1, Cov(Ya, Nab) 0, Cov(Yab, Nab) 1; second:
    # V(Yb) 5, V(Yab) 1, V(Nab) 1, no covariance. Var(D) = [[4, 1], [1, 2]]; Cov(D, Y0) = (1 - 1, 0)
    # + ... = (0, 0) + (0, 0): for the first difference Cov(Ya, Yab1) - V(Yab2) = 0, for the second
    # Cov(Ya, Nab1) - Cov(Yab2, Nab2) = 0, so b = 0: all is taken from the second sample, variance 4
    # + 5 + 1 = 10.
    first = DomainTotals(np.array([10.0, 6, 4]), np.array([[4.0, 1, 0], [1, 3, 1], [0, 1, 1]]))
    second = DomainTotals(np.array([20.0, 8, 5]), np.diag([5.0, 1, 1]))
    found = fuller_burmeister(first, second)
    assert found.coefficients == pytest.approx((0, 0), abs=1e-15)
    assert (found.total, found.variance) == pytest.approx((38, 10))
    # now Cov(Ya, Nab1) = -1: Cov(D, Y0) = (0, -1), b = -[[4, 1], [1, 2]]^-1 (0, -1) = (-1/7, 4/7);
    # Y = 10 + 20 - 6/7 + 8 x 8/7 + 4/7 x (4 - 5) = 30 + 54/7,
    # variance 10 - (0, 1) [[4, 1], [1, 2]]^-1 (0, 1) = 10 - 4/7
    first = DomainTotals(first.totals, np.array([[4.0, 1, -1], [1, 3, 1], [-1, 1, 1]]))
    found = fuller_burmeister(first, second)
    assert found.coefficients == pytest.approx((-1 / 7, 4 / 7))
    assert found.total == pytest.approx(30 + 54 / 7)
    assert found.variance == pytest.approx(10 - 4 / 7)
    # Hartley: theta = (1 + 0 - 1)/(3 + 1) = 0, variance 10
    assert best_overlap_share(first, second) == 0
    assert hartley(first, second, 0).variance == pytest.approx(10)
    draw = np.random.default_rng(9)
    for _ in range(50):
        parts = []
        for _ in range(2):
            root = draw.standard_normal((3, 3))
            parts.append(DomainTotals(draw.random(3) * 100, root @ root.T))
        best = best_overlap_share(*parts)
        least = hartley(*parts, best).variance
        for theta in (best - 0.1, best + 0.1, 0, 0.5, 1):
            assert hartley(*parts, theta).variance >= least
        assert fuller_burmeister(*parts).variance <= least * (1 + 1e-12)


def test_estimates_of_a_design_give_the_same_as_rows():
    samples = [dl.declare_design(each, weights="weight") for each in (FIRST, SECOND)]
    counted = [dl.estimate(each, dl.count(), by="both") for each in samples]
    totals = [dl.estimate(each, dl.total("y"), dl.count(), by="both") for each in samples]
    for estimator in ("hartley", "fuller_burmeister", "multiplicity"):
        for given, y in ((counted, None), (totals, "y")):
            rows = only(population.dual_frame(FIRST, SECOND, estimator, y=y))
            designed = only(population.dual_frame(*given, estimator, y=y))
            for column in ("estimate", "std_error", "n"):
                assert designed[column] == pytest.approx(rows[column], rel=1e-11)
    first = FIRST.assign(N=500.0)
    sample = dl.estimate(dl.declare_design(first, fpc="N"), dl.count(), by="both")
    second = dl.estimate(dl.declare_design(SECOND, weights="weight"), dl.count(), by="both")
    small = only(population.dual_frame(sample, second, theta=1))
    large = only(population.dual_frame(FIRST, SECOND, theta=1))
    assert small["estimate"] == pytest.approx(large["estimate"])
    # by hand: those of the first frame add up to 500 whatever is drawn, so what is left is the
    # second frame alone
    assert small["std_error"] == pytest.approx(large["std_error"], rel=1e-9)


def simulated(rounds: int) -> tuple[dict[str, np.ndarray], float]:
    """Two frames of 3,000 persons: 1,200 in the first alone, 800 in both, 1,000 in the second alone."""
    draw = np.random.default_rng(21)
    where = np.repeat([0, 1, 2], [1200, 800, 1000])
    y = draw.gamma(2, 1.5, 3000) * np.array([1.0, 3, 1])[where]
    frames = [np.flatnonzero(where <= 1), np.flatnonzero(where >= 1)]
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in get_args(Estimator)}
    for _ in range(rounds):
        samples = []
        for frame, size in zip(frames, (200, 150), strict=True):
            at = draw.choice(frame, size)
            samples.append(
                pd.DataFrame({"y": y[at], "both": where[at] == 1, "weight": len(frame) / size})
            )
        # each sample is read once for all four; the first rounds hold that this is what the public
        # function gives
        columns = ("weight", "both", None)
        one, other = (_frame_sample(table, "", None, "y", columns) for table in samples)
        for name, rows in found.items():
            total = _total_of_frames(name, (one, other), None)
            rows.append((total.total, math.sqrt(total.variance)))
            if len(rows) <= 10:
                row = only(population.dual_frame(*samples, name, y="y"))
                assert (row["estimate"], row["std_error"]) == rows[-1]
    return {name: np.array(rows) for name, rows in found.items()}, float(y.sum())


def test_every_estimator_finds_the_total_and_its_error_by_simulation():
    rounds = 400
    found, truth = simulated(rounds)
    spreads = {}
    for name, rows in found.items():
        spreads[name] = rows[:, 0].std(ddof=1)
        assert abs(rows[:, 0].mean() - truth) < 3.5 * spreads[name] / math.sqrt(rounds)
        assert rows[:, 1].mean() == pytest.approx(spreads[name], rel=3 / math.sqrt(2 * rounds))
        covered = np.abs(rows[:, 0] - truth) <= 1.96 * rows[:, 1]
        assert abs(covered.mean() - 0.95) < 3 * math.sqrt(0.95 * 0.05 / rounds) + 0.01
    # the number of persons of the overlap is known better than their total: it must help, and help
    # for real here
    assert spreads["fuller_burmeister"] < spreads["hartley"] * 1.01
    assert spreads["hartley"] < spreads["multiplicity"] * 1.02


def test_refusals_of_frames(refused):
    cases = [
        *(
            ({}, {"estimator": "bankier"}),
            ({}, {"estimator": "multiplicity", "theta": 0.5}),
            ({}, {"theta": 50}),
        ),
        *(({}, {"other_weight": "v"}), ({}, {"frame_sizes": (500,)})),
        *(({}, {"frame_sizes": (500, 480), "estimator": "kalton_anderson"}), ({"both": False}, {})),
        *(
            ({"both": 2}, {}),
            ({"weight": 0}, {}),
            ({"weight": math.nan}, {}),
            ({"y": "much"}, {"y": "y"}),
        ),
        *(({}, {"y": "pay"}), ({"weight": np.arange(50) + 1.0}, {"estimator": "kalton_anderson"})),
    ]
    for changes, options in cases:
        refused(partial(population.dual_frame, FIRST.assign(**changes), SECOND, **options))
    refused(lambda: population.dual_frame(FIRST.head(1), SECOND))
    refused(lambda: population.dual_frame(FIRST, [1, 2]))
    sample = dl.declare_design(FIRST, weights="weight")
    refused(lambda: population.dual_frame(dl.estimate(sample, dl.count()), SECOND))
    counted = dl.estimate(sample, dl.count(), by="both")
    refused(lambda: population.dual_frame(counted, SECOND, "kalton_anderson"))
    refused(lambda: population.dual_frame(counted, SECOND, frame_sizes=(500, 480)))
    totals = dl.estimate(sample, dl.total("y"), by="both")
    refused(lambda: population.dual_frame(totals, SECOND, "fuller_burmeister", y="y"))
