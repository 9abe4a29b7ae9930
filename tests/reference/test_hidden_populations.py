"""The multiplier method: published ratios, values worked by hand beside them, and what is refused.

Respondent-driven sampling.

RD1: aggregates of data sets of R RDS 0.9-10 (`faux`, `fauxmadrona`), and the shares it gives, to
the digits that follow from the closed form. The small chains are worked by hand beside them.
Intervals are held to the law of the chains drawn again, since published ones depend on their draws.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import diplab as dl
from diplab import population
from diplab.population import Source
from diplab.population.kernel.networks import (
    RecruitmentChain,
    chain_shares,
    closed_groups,
    equilibrium,
    inverse_degree_shares,
    resampled_shares,
)
from diplab.reference.parameter import parameter

Z = 1.959963984540054


def only(found: Any) -> pd.Series:
    assert len(found) == 1
    assert found.frame["statistic"].item() == "multiplier"
    return found.frame.iloc[0]


def share():
    """Return a share of 8 in 40, with 39 degrees of freedom."""
    sample = dl.declare_design(pd.DataFrame({"on": [1] * 8 + [0] * 32}))
    return dl.estimate(sample, dl.share("on == 1"))


def test_the_multiplier_by_hand():
    # PL1, World Bank (2023): 17.5 million are 80.6% of the traffic of their region; published 21.7
    # million
    found = population.multiplier(17.5e6, 0.806)
    row = only(found)
    assert round(row["estimate"] / 1e6, 1) == 21.7
    assert row["estimate"] == pytest.approx(17.5e6 / 0.806, rel=1e-12)
    assert row[["std_error", "ci_low", "ci_high", "n"]].isna().all()
    assert found.provenance.status == "derived"
    assert found.provenance.rules == {"multiplier_count": "17500000", "multiplier_share": "0.806"}
    assert any("another base" in text.en for text in found.provenance.assumptions)
    # Var(M)/P^2 + M^2 Var(P)/P^4 = 100 / 0.04 + 250000 x 0.0004 / 0.0016 = 2500 + 62500
    row = only(population.multiplier(500, 0.2, count_error=10, share_error=0.02))
    assert row["estimate"] == pytest.approx(2500)
    assert row["std_error"] == pytest.approx(math.sqrt(65_000), rel=1e-12)
    # the relative variances add up: 0.02^2 + 0.1^2 = 0.0104
    spread = math.exp(Z * math.sqrt(0.0104))
    assert row["ci_low"] == pytest.approx(2500 / spread, rel=1e-10)
    assert row["ci_high"] == pytest.approx(2500 * spread, rel=1e-10)
    assert math.isinf(row["df"])
    row = only(population.multiplier(500, 0.2, share_n=400))
    # sqrt(0.2 x 0.8 / 400) = 0.02
    assert row["std_error"] == pytest.approx(500 * 0.02 / 0.04, rel=1e-12)
    assert row["n"] == 400


def test_a_share_from_a_survey_brings_its_error_and_its_degrees_of_freedom():
    part = share()
    found = population.multiplier(500, part)
    row = only(found)
    error = part.frame["std_error"].item()
    assert error == pytest.approx(math.sqrt(0.2 * 0.8 / 39), rel=1e-12)
    assert row["std_error"] == pytest.approx(500 * error / 0.04, rel=1e-12)
    spread = math.exp(
        2.0226909117347285 * error / 0.2
    )  # Student's quantile with 39 degrees of freedom
    assert row["ci_high"] == pytest.approx(2500 * spread, rel=1e-8)
    assert (row["df"], row["n"]) == (39, 40)
    # the count was copied, so that the result is no better than derived
    assert found.provenance.status == "derived"
    persons = population.headcount([Source("A", 1000, "second-hand", "a report")], 1.25)
    found = population.multiplier(persons, share())
    assert only(found)["estimate"] == pytest.approx(800 / 0.2)
    assert found.provenance.status == "derived"
    assert found.provenance.source.en == "a report"
    invented = population.headcount([Source("A", 1000, "synthetic", "drawn")], 1.25)
    assert population.multiplier(invented, share()).provenance.synthetic
    assert population.multiplier(share(), 0.5, share_n=10).provenance.status == "derived"
    both = population.multiplier(population.single_source([20, 10]), share())
    assert both.provenance.status == "estimated"
    assert only(both)["std_error"] > 0
    factor = parameter("multi_homing_micro_work")
    found = population.multiplier(factor, 0.5)
    assert found.provenance.source.en == factor.source


def test_limits_of_the_multiplier():
    row = only(population.multiplier(500, 0.02, share_n=40))
    assert row["flag"] == "unbounded above"
    assert math.isinf(row["ci_high"])
    assert row["ci_low"] >= 500
    assert only(population.multiplier(500, 0.02, share_n=4000))["flag"] == ""
    # the edge is where Fieller's interval opens: P = z SE(P)
    assert (
        only(population.multiplier(500, 0.2, share_error=0.2 / Z + 1e-9))["flag"]
        == "unbounded above"
    )
    assert only(population.multiplier(500, 0.2, share_error=0.2 / Z - 1e-9))["flag"] == ""
    assert only(population.multiplier(500, 0.9, share_n=20))["ci_low"] == 500
    row = only(population.multiplier(500, 0.25, share_error=0))
    assert (row["estimate"], row["std_error"], row["ci_low"], row["ci_high"]) == (
        2000,
        0,
        2000,
        2000,
    )


def test_refusals_of_the_multiplier(refused):
    cases = [
        *(((500, 0.0), {"share_n": 40}), ((500, 1.0), {}), ((500, 20), {}), ((500, -0.2), {})),
        *(((500, math.nan), {}), ((-1, 0.2), {}), (("many", 0.2), {}), (([1, 2], 0.2), {})),
        *(((500, 0.2), {"share_error": 0.1, "share_n": 40}), ((500, 0.2), {"share_error": -0.1})),
        ((500, 0.2), {"share_n": 0}),
    ]
    for arguments, options in cases:
        refused(partial(population.multiplier, *arguments, **options))
    sample = dl.declare_design(pd.DataFrame({"on": ["yes"] * 8 + ["no"] * 32}))
    refused(lambda: population.multiplier(500, dl.estimate(sample, dl.share("on"))))
    refused(lambda: population.multiplier(500, share(), share_error=0.1))
    refused(lambda: population.multiplier(100, 1e-300))
    refused(lambda: population.multiplier(1e308, 0.1))
    row = only(population.multiplier(1, 0.5, count_error=1e5, share_error=0.1))
    assert row["ci_low"] == pytest.approx(0, abs=1e-300)
    assert row["ci_high"] > 1e300


AGGREGATES = [
    # members, sums of 1/degree, recruitments, RDS-I and RDS-II of the group named
    ([118, 271], [8.113819817, 18.031613389], [[39, 82], [79, 188]], 0, 0.3109132855, 0.3103341128),
    ([371, 129], [61.14681152, 12.00837136], [[299, 57], [64, 70]], 1, 0.1591980938, 0.1641492904),
]


def met(**columns: Any) -> pd.DataFrame:
    """Return six persons: 0 recruited 1 and 2; 1 recruited 3; 2 recruited 4; 3 recruited 5."""
    table = pd.DataFrame(
        {
            "id": ["p", "q", "r", "s", "t", "u"],
            "recruiter": [None, "p", "p", "q", "r", "s"],
            "degree": [4, 2, 2, 4, 2, 4],
            "sex": ["f", "m", "f", "f", "m", "f"],
        }
    )
    return table.assign(**columns)


def chained(persons: int = 300, seed: int = 3) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    group, recruiter, degree = ["a"] * 3, [-1] * 3, [10] * 3
    for person in range(3, persons):
        by = int(draw.integers(max(0, person - 30), person))
        group.append("a" if draw.random() < (0.7 if group[by] == "a" else 0.4) else "b")
        recruiter.append(by)
        degree.append(int(draw.integers(35, 60)))
    found = pd.DataFrame(
        {"id": range(persons), "recruiter": recruiter, "degree": degree, "group": group}
    )
    return found.assign(recruiter=found["recruiter"].where(found["recruiter"] >= 0))


@pytest.mark.parametrize("case", AGGREGATES)
def test_shares_from_aggregates(case):
    members, inverse, recruitments, group, first, second = case
    shares = chain_shares(
        np.array(recruitments, float), np.array(members, float), np.array(inverse)
    )
    assert shares[group] == pytest.approx(first, abs=1e-10)
    assert inverse_degree_shares(np.array(inverse))[group] == pytest.approx(second, abs=1e-10)
    assert shares.sum() == pytest.approx(1)


def test_groups_by_hand():
    members, inverse = AGGREGATES[0][:2]
    found = np.array(members) / np.array(inverse)
    assert found.tolist() == pytest.approx([14.54308854, 15.02915985], rel=1e-9)
    # C_fm = 2/4, C_mf = 1; D_f = 4 / 1.25 = 3.2, D_m = 2 / 1 = 2; P_f = D_m C_mf / (D_f C_fm + D_m
    # C_mf) = 2 / 3.6
    first = population.rds(met(), "sex", replicates=0, estimator="rds_i")
    assert first.frame["estimate"].tolist() == pytest.approx([2 / 3.6, 1.6 / 3.6])
    assert first.frame["category"].tolist() == ["f", "m"]
    assert first.frame["statistic"].unique().tolist() == ["rds_i"]
    assert first.frame["variable"].unique().tolist() == ["sex"]
    # sums of 1/d: 1.25 and 1
    second = population.rds(met(), "sex", replicates=0, estimator="rds_ii")
    assert second.frame["estimate"].tolist() == pytest.approx([1.25 / 2.25, 1 / 2.25])
    for found in (first, second):
        assert found.frame["n"].tolist() == [6, 6]
        assert found.frame[["std_error", "ci_low", "ci_high"]].isna().all(axis=None)
        assert found.provenance.rules == {
            "estimator": found.frame["statistic"].iloc[0],
            "seeds": "1",
        }
        assert found.provenance.indicative
    recruitments = np.array([[2.0, 1, 1], [1, 1, 2], [1, 2, 5]])
    found = equilibrium(recruitments)
    shares = recruitments / recruitments.sum(axis=1, keepdims=True)
    assert found @ shares == pytest.approx(found)
    # a table with as many recruitments both ways settles at its margins: 4, 4, 8 of 16
    assert found.tolist() == pytest.approx([0.25, 0.25, 0.5])
    # smoothing to equal recruitments both ways leaves the equilibrium as it is
    uneven = np.array([[2.0, 3, 1], [1, 1, 2], [4, 2, 5]])
    settled = equilibrium(uneven)
    flows = settled[:, None] * uneven / uneven.sum(axis=1, keepdims=True)
    assert equilibrium((flows + flows.T) / 2) == pytest.approx(settled)


def test_equal_degrees_leave_the_sample_as_it_is_and_identifiers_may_be_of_any_kind():
    table = chained().assign(degree=50)
    second = population.rds(table, "group", replicates=0, estimator="rds_ii").frame
    assert second["estimate"].iloc[0] == pytest.approx((table["group"] == "a").mean())
    words = chained().assign(
        id=lambda table: "p" + table["id"].astype(str),
        recruiter=lambda table: [
            None if np.isnan(by) else f"p{by:.0f}" for by in table["recruiter"]
        ],
    )
    plain = population.rds(chained(), "group", replicates=0, estimator="rds_i").frame["estimate"]
    assert (
        population.rds(words, "group", replicates=0, estimator="rds_i").frame["estimate"].tolist()
        == plain.tolist()
    )
    native = pl.from_pandas(words)
    assert (
        population.rds(native, "group", replicates=0, estimator="rds_i").frame["estimate"].tolist()
        == plain.tolist()
    )


def test_chains_drawn_anew_follow_their_law():
    """In such a chain the group of each step follows from the last by the recruitment seen."""
    table = chained()
    codes = (table["group"] == "b").to_numpy().astype(np.int64)
    above = table["recruiter"].fillna(-1).to_numpy().astype(np.int64)
    chain = RecruitmentChain(codes, np.ones(300), above, 2)
    _, shares = resampled_shares(chain, 4000, np.random.default_rng(1))
    step = np.zeros((2, 2))
    np.add.at(step, (codes[above[3:]], codes[3:]), 1)
    step /= step.sum(axis=1, keepdims=True)
    # by hand: the group begins as the sample is, and moves by the matrix; its mean over 300 steps
    # is expected
    at, expected = np.array([1 - codes.mean(), codes.mean()]), np.zeros(2)
    for _ in range(300):
        expected += at / 300
        at = at @ step
    assert shares.mean(axis=0) == pytest.approx(
        expected, abs=4 * shares[:, 1].std() / math.sqrt(4000)
    )
    # and the variance of that mean, nearly pi (1 - pi) (1 + r) / (1 - r) / 300, r the second
    # eigenvalue
    r = np.trace(step) - 1
    settled = equilibrium(step)[1]
    assert shares[:, 1].var() == pytest.approx(
        settled * (1 - settled) * (1 + r) / (1 - r) / 300, rel=0.1
    )


@pytest.mark.parametrize("estimator", ["rds_i", "rds_ii"])
def test_intervals_are_indicative_and_say_so(estimator):
    call = partial(population.rds, estimator=estimator)
    found = call(chained(), "group", replicates=400, seed=7)
    frame = found.frame
    assert (frame["ci_low"] < frame["estimate"]).all()
    assert (frame["estimate"] < frame["ci_high"]).all()
    assert found.provenance.indicative
    assert "Goel and Salganik, 2010" in found.provenance.assumptions[-1].en
    assert found.provenance.rules == {
        "estimator": frame["statistic"].iloc[0],
        "seeds": "3",
        "variance": "salganik",
        "interval": "quantiles",
        "confidence": "0.95",
        "replicates": "400",
        "seed": "7",
    }
    # two shares that add up to 1
    assert found.covariance[0, 1] == pytest.approx(-found.covariance[0, 0])
    assert frame["std_error"].iloc[0] == pytest.approx(math.sqrt(found.covariance[0, 0]))
    again = call(chained(), "group", replicates=400, seed=7)
    assert again.frame["ci_low"].tolist() == frame["ci_low"].tolist()
    other = call(chained(), "group", replicates=400, seed=8)
    assert other.frame["ci_low"].tolist() != frame["ci_low"].tolist()
    narrow = call(chained(), "group", replicates=400, seed=7, confidence=0.5).frame
    assert (narrow["ci_low"] > frame["ci_low"]).all()


def test_answers_and_groups_that_lack(refused):
    found = population.rds(
        met(sex=["f", "m", None, "f", "m", "f"]), "sex", replicates=0, estimator="rds_ii"
    )
    # 1/4 + 1/4 + 1/4 against 1/2 + 1/2
    assert found.frame["estimate"].tolist() == pytest.approx([0.75 / 1.75, 1 / 1.75])
    assert found.provenance.missing == {"sex": 1}
    assert found.frame["n"].tolist() == [5, 5]
    found = population.rds(met(degree=[1, 2, 2, 4, 2, 4]), "sex", replicates=0, estimator="rds_ii")
    assert found.frame["flag"].tolist() == ["degree below recruits"] * 2
    # one recruitment each way among 60: most chains redrawn stay in one group
    group = ["a"] * 30 + ["b"] * 30
    recruiter = [None, *range(29), 0, *range(30, 59)]
    table = pd.DataFrame({"id": range(60), "recruiter": recruiter, "degree": 5, "group": group})
    table.loc[29, "recruiter"] = 35
    found = population.rds(table, "group", replicates=200, estimator="rds_i")
    assert found.frame["flag"].tolist() == ["no variance"] * 2
    assert found.frame["std_error"].isna().all()
    assert found.frame["estimate"].notna().all()
    apart = met(sex=["f", "m", "f", "m", "f", "m"], recruiter=[None, None, "p", "q", "r", "s"])
    refused(lambda: population.rds(apart, "sex", estimator="rds_i"))
    second = population.rds(apart, "sex", estimator="rds_ii").frame
    assert second["flag"].tolist() == ["groups apart"] * 2
    assert second["estimate"].notna().all()
    assert second[["std_error", "ci_low", "ci_high"]].isna().all(axis=None)
    # one way only: the women recruit men, and no man recruits a woman
    one_way = met(sex=["f", "m", "f", "m", "f", "m"])
    refused(lambda: population.rds(one_way, "sex", estimator="rds_i"))
    assert closed_groups(np.array([[1.0, 1, 0], [1, 1, 1], [0, 0, 1]])) == [[0, 1], [2]]


def test_refusals_of_chains(refused):
    cases = [
        *(
            {"degree": [4, 0, 2, 4, 2, None]},
            {"degree": "many"},
            {"recruiter": [None, "p", "p", "z", "r", "s"]},
        ),
        *(
            {"recruiter": [None, "p", "p", "s", "r", "s"]},
            {"recruiter": [None, "u", "p", "q", "r", "s"]},
        ),
        *(
            {"recruiter": None},
            {"id": ["p", "q", "r", "s", "t", "t"]},
            {"id": ["p", "q", "r", "s", None, None]},
        ),
        {"sex": "f"},
    ]
    for columns in cases:
        refused(partial(population.rds, met(**columns), "sex"))
    refused(lambda: population.rds(met(), "gender", estimator="rds_i"))
    refused(lambda: population.rds([1], "sex", estimator="rds_i"))
    refused(lambda: population.rds(met().iloc[:0], "sex", estimator="rds_ii"))
    for wrong in (1, -5, 2.5, "many", True):
        refused(partial(population.rds, met(), "sex", replicates=wrong, estimator="rds_ii"))
    refused(lambda: population.rds(met(), "sex", confidence=1, estimator="rds_ii"))
