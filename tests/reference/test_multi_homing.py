"""Accounts a person: constructed cases worked by hand, R survey 4.4-2, and simulation."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import diplab as dl
from diplab import population
from diplab.population.accounts import outer_bounds
from diplab.presentation.language import rule, terms
from tests.population_support import only

# MH1: 100 persons on 1, 2, 3, 4 platforms; each account of theirs is one row of the sample of
# accounts
PERSONS = np.repeat([1, 2, 3, 4], [60, 25, 10, 5])
ACCOUNTS = np.repeat(PERSONS, PERSONS)
SURVEY = pd.DataFrame(
    {
        "L": [1, 1, 2, 3, 1, 2, 4, 1, 2, 1],
        "w": [10, 12, 8, 20, 15, 9, 11, 30, 5, 10],
        "h": [1, 1, 1, 1, 1, 2, 2, 2, 2, 2],
        "psu": [1, 1, 2, 2, 3, 1, 1, 2, 2, 3],
    }
)


def test_mh1_by_hand():
    assert len(ACCOUNTS) == 160
    assert only(population.multi_homing(PERSONS))["estimate"] == pytest.approx(1.6, rel=1e-14)
    right = population.multi_homing(ACCOUNTS, sampled="accounts")
    assert only(right)["estimate"] == pytest.approx(1.6, rel=1e-14)
    accounts = [population.Source("all", 160, "published", "report")]
    assert population.headcount(accounts, right).frame["estimate"].item() == pytest.approx(
        100, rel=1e-14
    )
    # the mistake: the plain mean over accounts, 330/160, which makes 77.6 persons of 100
    wrong = population.multi_homing(ACCOUNTS, sampled="persons")
    assert only(wrong)["estimate"] == pytest.approx(2.0625, rel=1e-14)
    assert population.headcount(accounts, wrong).frame["estimate"].item() == pytest.approx(
        160 / 2.0625
    )
    assert round(160 / 2.0625, 1) == 77.6
    kinds = [
        population.multi_homing(PERSONS),
        population.multi_homing(ACCOUNTS, sampled="accounts"),
        population.multi_homing(0.352, sampled="one_platform"),
    ]
    assert [only(each)["statistic"] for each in kinds] == [
        "multi_homing_persons",
        "multi_homing_accounts",
        "multi_homing_one_platform",
    ]
    for each in kinds:
        assert len(each.provenance.assumptions) == 2
        assert each.provenance.base.fr == "Personnes ayant un compte sur une plateforme au moins."
        for name, value in each.provenance.rules.items():
            assert f"rule.{name}" in terms() or f"rule.{name}={value}" in terms()
            assert "=" not in rule(name, value, "fr")
    assert only(kinds[0])["n"] == 100
    assert only(kinds[1])["n"] == 160


@pytest.mark.parametrize(
    ("sampled", "designed", "point", "error"),
    [
        # R survey 4.4-2: svyratio(~I(L^0), ~I(1/L)) and svymean(~L), then its SE
        ("accounts", True, 1.33447390932421, 0.268286682405921),
        ("accounts", False, 1.33447390932421, 0.205356453722872),
        ("persons", True, 1.73076923076923, 0.458020464283182),
        ("persons", False, 1.73076923076923, 0.368398309710571),
    ],
)
@pytest.mark.parametrize("engine", ["pandas", "polars"])
def test_variance_under_the_design_equals_r(sampled, designed, point, error, engine):
    data: Any = SURVEY if engine == "pandas" else pl.from_pandas(SURVEY).lazy()
    options: Any = {"strata": "h", "psu": "psu"} if designed else {}
    sample = dl.declare_design(data, weights="w", **options)
    row = only(dl.estimate(sample, population.multi_homing("L", sampled=sampled), df="design"))
    assert row["estimate"] == pytest.approx(point, rel=1e-13)
    assert row["std_error"] == pytest.approx(error, rel=1e-12)
    assert row["statistic"] == f"multi_homing_{sampled}"
    assert row["ci_low"] >= 1
    if not designed:
        own = only(population.multi_homing(SURVEY["L"], sampled=sampled, weights=SURVEY["w"]))
        for column in ("estimate", "std_error", "ci_low", "ci_high", "df", "n"):
            assert own[column] == pytest.approx(row[column], rel=1e-12)


def test_it_is_the_ratio_of_two_totals_in_each_domain():
    sample = dl.declare_design(SURVEY, weights="w")
    harmonic = dl.estimate(
        sample, population.multi_homing("L", sampled="accounts"), by="h", df="design"
    )
    ratio = dl.estimate(sample, dl.ratio("L / L", "1 / L"), by="h", df="design")
    np.testing.assert_allclose(harmonic.frame["estimate"], ratio.frame["estimate"], rtol=1e-13)
    np.testing.assert_allclose(harmonic.covariance, ratio.covariance, rtol=1e-12)
    plain = dl.declare_design(SURVEY, weights="w", strata="h", psu="psu")
    made = dl.make_replicates(plain, "jkn")
    one, other = (
        only(dl.estimate(each, population.multi_homing("L", sampled="accounts"), df="design"))
        for each in (plain, made)
    )
    assert one["estimate"] == pytest.approx(other["estimate"], rel=1e-13)
    # the jackknife and linearisation agree to first order, here with six units
    assert one["std_error"] == pytest.approx(other["std_error"], rel=0.15)
    weights = SURVEY["w"].where(SURVEY.index > 1, 0)
    sample = dl.declare_design(SURVEY.assign(v=weights), weights="v")
    designed = only(
        dl.estimate(sample, population.multi_homing("L", sampled="accounts"), df="design")
    )
    own = only(population.multi_homing(SURVEY["L"], sampled="accounts", weights=weights))
    for column in ("estimate", "std_error", "ci_high", "df", "n"):
        assert own[column] == pytest.approx(designed[column], rel=1e-12)


def test_both_means_find_the_population_and_their_error_by_simulation():
    draw = np.random.default_rng(2)
    held = draw.choice([1, 2, 3, 5], p=[0.6, 0.25, 0.1, 0.05], size=4000)
    truth = held.mean()
    of_accounts = np.repeat(held, held)
    found: dict[str, list[tuple[float, float, bool]]] = {"persons": [], "accounts": []}
    for _ in range(600):
        for sampled, frame in (("persons", held), ("accounts", of_accounts)):
            row = only(population.multi_homing(draw.choice(frame, 150), sampled=sampled))
            covered = row["ci_low"] <= truth <= row["ci_high"]
            found[sampled].append((row["estimate"], row["std_error"], covered))
    for rows in found.values():
        points, errors, covered = (np.array(each) for each in zip(*rows, strict=True))
        spread = points.std(ddof=1)
        # three Monte-Carlo errors: of a mean, of a standard deviation of 600, of a share
        assert abs(points.mean() - truth) < 3 * spread / math.sqrt(600)
        assert errors.mean() == pytest.approx(spread, rel=3 / math.sqrt(1200))
        assert abs(covered.mean() - 0.95) < 3 * math.sqrt(0.95 * 0.05 / 600) + 0.01


def test_one_platform_and_others_by_hand():
    # 0.352 of the people met are on the other one too. As large as this one: 2,000 accounts of
    # 1,648 persons; four times: 5,000 of 4,648; at least 0.352 times, when all of the other are
    # here: 1,352 of 1,000.
    everything = only(population.multi_homing(0.352, sampled="one_platform"))
    assert math.isnan(everything["estimate"])
    assert (everything["ci_low"], everything["ci_high"]) == (1, pytest.approx(1.352, rel=1e-14))
    assert everything["flag"] == "bounds"
    assert population.multi_homing(0.352, sampled="one_platform").provenance.status == "derived"
    some = only(population.multi_homing(0.352, sampled="one_platform", relative_size=(1, 4)))
    assert some["ci_low"] == pytest.approx(5000 / 4648, rel=1e-14)
    assert some["ci_high"] == pytest.approx(2000 / 1648, rel=1e-14)
    curve = population.multi_homing_curve(0.352, [4, 1])
    assert [some["ci_low"], some["ci_high"]] == pytest.approx(list(curve), rel=1e-14)
    # 100 people of A hold 80 accounts on B and C; B and C have 200 accounts: 120 are of people
    # outside A, who are 60 (each on both) to 120 (each on one): 300 accounts of 160 to 220 persons.
    some = only(
        population.multi_homing(0.8, sampled="one_platform", relative_size=(2, 2), others=2)
    )
    assert (some["ci_low"], some["ci_high"]) == pytest.approx((300 / 220, 300 / 160), rel=1e-14)
    # over all sizes, all of them outside and on both: 2
    every = only(population.multi_homing(0.8, sampled="one_platform", others=2))
    assert (every["ci_low"], every["ci_high"]) == pytest.approx((1, 2))
    # no more accounts outside than inside: 1 + 0.8, whatever the size
    at_most = population.multi_homing(0.8, sampled="one_platform", others=2, elsewhere="no_more")
    assert (only(at_most)["ci_low"], only(at_most)["ci_high"]) == pytest.approx((1, 1.8))
    assert len(at_most.provenance.assumptions) == 3
    row = only(population.multi_homing([2]))
    assert row["estimate"] == 2
    assert math.isnan(row["std_error"])
    assert row["flag"] == "one respondent"


def test_no_population_is_outside_the_bounds():
    draw = np.random.default_rng(8)
    for _ in range(200):
        platforms = int(draw.integers(2, 5))
        member = draw.random((60, platforms)) < draw.random(platforms)
        member[:, 0] |= ~member[:, 1:].any(axis=1)
        member[0, 0] = True
        here = member[:, 0]
        others = member[here, 1:].sum(axis=1).mean()
        size = member[:, 1:].sum() / here.sum()
        factor = member.sum() / len(member)
        low, high = outer_bounds((others, others), (size, size), platforms - 1)
        assert low * (1 - 1e-12) <= factor <= high * (1 + 1e-12)
        low, high = outer_bounds((others, others), (others, math.inf), platforms - 1)
        assert low <= factor <= high * (1 + 1e-12)


def test_a_share_from_a_survey_widens_the_bounds_to_its_interval():
    people = pd.DataFrame({"also": [1] * 35 + [0] * 65, "w": 1.0})
    share = dl.estimate(dl.declare_design(people, weights="w"), dl.share("also == 1"), df="design")
    found = population.multi_homing(share, sampled="one_platform")
    low, high = share.frame[["ci_low", "ci_high"]].iloc[0]
    assert only(found)["ci_low"] == 1
    assert only(found)["ci_high"] == pytest.approx(1 + high, rel=1e-14)
    assert only(found)["n"] == 100
    assert found.provenance.rules["limits"] == "outer limits"
    assert found.provenance.rules["confidence"] == "0.95"
    assert found.provenance.status == "estimated"
    assert found.details["limits"].tolist() == ["point", "outer limits"]
    assert found.details["ci_high"].tolist() == pytest.approx([1.35, 1 + high])
    # between one and two times as large: the lowest factor at the lower end of the share, the
    # highest at the upper
    some = only(population.multi_homing(share, sampled="one_platform", relative_size=(1, 2)))
    assert some["ci_low"] == pytest.approx(3 / (3 - low), rel=1e-14)
    assert some["ci_high"] == pytest.approx(2 / (2 - high), rel=1e-14)
    # as numbers of platforms, this one included
    rows = population.multi_homing(people["also"] + 1, sampled="one_platform")
    mean = only(population.multi_homing(people["also"] + 1))
    assert only(rows)["ci_high"] == pytest.approx(mean["ci_high"], rel=1e-14)


def test_the_outer_limits_hold_the_factor_at_least_as_often_as_they_say():
    draw = np.random.default_rng(4)
    first, second, both = 2000, 3000, 700
    factor = (first + second) / (first + second - both)
    covering = 0
    for _ in range(300):
        met = 1 + (draw.random(200) < both / first)
        row = only(population.multi_homing(met, sampled="one_platform", relative_size=(1.5, 1.5)))
        covering += row["ci_low"] <= factor <= row["ci_high"]
    assert covering / 300 > 0.95 - 3 * math.sqrt(0.95 * 0.05 / 300)


def test_impossible_numbers_are_refused(refused):
    for numbers in ([1, 0, 2], [1, 1.5, 2.5], [1, math.nan], [-1, 2], [1, math.inf], [1, 4000]):
        for sampled in ("persons", "accounts", "one_platform"):
            refused(partial(population.multi_homing, numbers, sampled=sampled))
    for numbers in ([1, 0, 2], [1, 1.5, 2], [1, 4000, 2]):
        sample = dl.declare_design(pd.DataFrame({"platforms": numbers}))
        for sampled in ("persons", "accounts"):
            refused(
                partial(dl.estimate, sample, population.multi_homing("platforms", sampled=sampled))
            )


def test_from_a_survey_of_accounts_to_people():
    sample = dl.declare_design(SURVEY, weights="w", strata="h", psu="psu")
    factor = dl.estimate(sample, population.multi_homing("L", sampled="accounts"), df="design")
    found = population.headcount([population.Source("all", 1000, "published", "report")], factor)
    row = only(found)
    # R survey 4.4-2: 1.33447390932421 (0.268286682405921), 4 degrees of freedom
    assert row["estimate"] == pytest.approx(1000 / 1.33447390932421, rel=1e-12)
    assert row["std_error"] == pytest.approx(
        1000 * 0.268286682405921 / 1.33447390932421**2, rel=1e-11
    )
    assert row["ci_low"] == pytest.approx(
        1000 / (1.33447390932421 + 2.7764451052 * 0.268286682405921), rel=1e-9
    )
    # 1.334 - 2.776 x 0.268 is below 1
    assert row["ci_high"] == pytest.approx(1000)
    assert any("met as many times" in each.en for each in found.provenance.assumptions)
    sample = dl.declare_design(pd.DataFrame({"platforms": [1, 2, 0, math.nan]}))
    asked = population.multi_homing("platforms", sampled="accounts")
    row = only(dl.estimate(sample.universe("platforms >= 1"), asked, df="design"))
    assert row["estimate"] == pytest.approx(2 / 1.5)
    assert row["n"] == 2


def test_refusals(refused):
    cases = [
        *(
            (([1, 2],), {"sampled": "people"}),
            (([1, 2],), {"weights": [1]}),
            (([1, 2],), {"weights": [0, 0]}),
        ),
        *((([],), {}), ((["many", "few"],), {}), (([1, 2],), {"relative_size": (1, 2)})),
        *((("platforms",), {"sampled": "one_platform"}), (("platforms",), {"confidence": 0.9})),
        *((("platforms",), {"others": 2}), (("platforms",), {"weights": [1]})),
        *(
            ((35.2,), {"sampled": "one_platform"}),
            ((0.3,), {"sampled": "one_platform", "relative_size": (0.2, 1)}),
        ),
        ((0.3,), {"sampled": "one_platform", "relative_size": (2, 1)}),
        ((0.3,), {"sampled": "one_platform", "others": 0}),
        ((0.3,), {"sampled": "one_platform", "elsewhere": "few"}),
    ]
    for arguments, options in cases:
        refused(partial(population.multi_homing, *arguments, **options))
    gaps = pd.Series([1, None, 2], dtype="Int64")
    refused(lambda: population.multi_homing(gaps))
    whole = population.multi_homing(pl.Series([1, 3]))
    assert (
        only(whole)["estimate"]
        == only(population.multi_homing(gaps.dropna() * 2 - 1))["estimate"]
        == 2
    )
    sample = dl.declare_design(SURVEY.assign(others=SURVEY["L"] - 1), weights="w")
    found = dl.estimate(sample, dl.mean("others"), df="design")
    alone = replace(found, frame=found.frame.assign(estimate=2.0, ci_low=np.nan, ci_high=np.nan))
    refused(lambda: population.multi_homing(alone, sampled="one_platform", others=2))
    refused(lambda: population.multi_homing([2], sampled="one_platform"))
    refused(lambda: population.multi_homing(0.3, sampled="one_platform", weights=[1]))
    refused(lambda: population.multi_homing(None, sampled="one_platform"))
    sample = dl.declare_design(SURVEY.assign(others=SURVEY["L"] - 1), weights="w")
    two = dl.estimate(sample, dl.mean("others"), by="h", df="design")
    refused(lambda: population.multi_homing(two, sampled="one_platform", others=3))
    refused(lambda: population.multi_homing(two, sampled="accounts"))
