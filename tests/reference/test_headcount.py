"""From accounts to persons, nested circles, prevalence: values published, or worked by hand beside them.

Headcounts with imputed registrations, with an estimated factor, and as circles: R, hand and
simulation.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest

from diplab import population
from diplab.errors import BaseMissingError, ColumnError, MisleadingError
from diplab.population import Circle, Source
from diplab.population.kernel.networks import draw_accounts, fit_traffic, predict_accounts
from diplab.presentation.language import rule, terms
from diplab.reference.parameter import parameter
from diplab.reference.text import Text
from diplab.results.estimates import COLUMNS, STATUSES, STRONGEST_FIRST
from tests.population_support import only


def test_headcount_of_the_three_circles_and_its_status():
    # C1, C2, C7 (MH1): 337,980 and 66,468 accounts over 1.27, and the first over 1.83.
    registered = [Source("seven platforms", 337_980, "derived", "arXiv 1901.03889, times 1.27")]
    assert round(only(population.headcount(registered))["estimate"]) == 266_126
    monthly = [Source("seven platforms", 66_468, "derived", "arXiv 1901.03889, times 1.27")]
    assert round(only(population.headcount(monthly))["estimate"]) == 52_337
    factor = parameter("multi_homing_online_work")
    other = population.headcount(registered, factor)
    assert round(only(other)["estimate"]) == 184_689
    assert list(other.frame.columns) == list(COLUMNS)
    assert math.isnan(only(other)["std_error"])
    assert np.isnan(other.covariance).all()
    assert len(other.provenance.assumptions) == 2
    assert other.provenance.rules == {
        "accounts": "337980",
        "multi_homing": "1.83",
        "platforms": "1",
    }
    assert other.provenance.source.en == f"arXiv 1901.03889, times 1.27; {factor.source}"
    table = pd.DataFrame(
        {
            "platform": ["A", "B"],
            "accounts": [100, 60],
            "status": ["published", "inferred"],
            "source": ["report A", "report B"],
        }
    )
    # MH1: 160 accounts of 100 persons, 1.6 each.
    found = population.headcount(table, 1.6)
    assert only(found)["estimate"] == pytest.approx(100)
    assert found.provenance.status == "inferred"
    assert found.provenance.source == Text("report A\u202f; report B", "report A; report B")
    assert population.headcount(table.head(1), 1.6).provenance.status == "derived"
    assert set(STRONGEST_FIRST) == set(STATUSES)
    # MH1: 337,980/1.27 = 266,126 and 66,468/1.27 = 52,337
    table = platforms(registered=[337_980], visitors=[66_468])
    micro = parameter("multi_homing_micro_work")
    assert round(only(population.headcount(table, micro))["estimate"]) == 266_126
    assert round(only(population.headcount(table, micro, measure="visitors"))["estimate"]) == 52_337


def test_multi_homing_curve_by_hand(refused):
    # 1,000 accounts on the first, 352 persons on both. Second of 352: 1,352 accounts of 1,000
    # persons; of 1,000: 2,000 accounts of 1,648 persons; of 4,000: 5,000 accounts of 4,648 persons.
    factors = population.multi_homing_curve(0.352, [0.352, 1, 4])
    assert factors == pytest.approx([1.352, 2000 / 1648, 5000 / 4648])
    assert population.multi_homing_curve(0.352, 1e9) == pytest.approx(1)
    assert population.multi_homing_curve(0, [0.5, 2]).tolist() == [1, 1]
    refused(lambda: population.multi_homing_curve(0.352, [1, 0.2]))
    refused(lambda: population.multi_homing_curve(35.2, [1]))


SIGHTINGS = [1645, 183, 37, 13, 1, 1]
PAPER = Text.same("arXiv 1901.03889")
REGISTERED = Circle(
    *("registered", 266_126, Text("inscrits", "registered")),
    *(Text("inscrits sur une plateforme", "registered on a platform"), PAPER, "published"),
)
MONTHLY = Circle(
    *("monthly", 52_337, Text("mensuels", "monthly"), Text("chaque mois", "each month"), PAPER),
    *("published", "registered"),
)
VERY_ACTIVE = Circle(
    *(
        "very_active",
        14_903,
        Text("très actifs", "very active"),
        Text("chaque semaine", "each week"),
        PAPER,
    ),
    *("inferred", "monthly"),
)


def test_circles(refused):
    rows = population.circles([VERY_ACTIVE, REGISTERED, MONTHLY])
    assert rows.frame["category"].tolist() == ["registered", "monthly", "very_active"]
    assert rows.frame["estimate"].tolist() == [266_126, 52_337, 14_903]
    assert rows.provenance.nested
    assert rows.provenance.status == "inferred"
    assert rows.provenance.source == PAPER
    assert rows.provenance.base == REGISTERED.definition
    # C6: 333,366, as some outlets printed, is refused.
    refused(lambda: REGISTERED + MONTHLY, MisleadingError)
    refused(lambda: sum([REGISTERED, MONTHLY, VERY_ACTIVE]))
    refused(lambda: population.circles([REGISTERED, MONTHLY, VERY_ACTIVE]).sum())
    assert sum([REGISTERED]) is REGISTERED
    with pytest.raises(TypeError):
        REGISTERED + 1
    with pytest.raises(TypeError):
        1 + REGISTERED
    refused(lambda: population.circles([]))
    refused(lambda: population.circles([REGISTERED, REGISTERED]))
    refused(lambda: population.circles([REGISTERED, VERY_ACTIVE]))
    alone = Circle("weekly", 20_000, PAPER, PAPER, PAPER, "published")
    refused(lambda: population.circles([REGISTERED, alone]))
    large = Circle("weekly", 300_000, PAPER, PAPER, PAPER, "published", "registered")
    refused(lambda: population.circles([REGISTERED, large]))


def test_prevalence(refused):
    # C10: 64.1, 12.6 and 3.6 per 10,000 aged 15-64.
    inhabitants = parameter("population_15_64", 2018)
    rates = population.prevalence(
        population.circles([REGISTERED, MONTHLY, VERY_ACTIVE]), inhabitants
    )
    assert rates.frame["estimate"].round(1).tolist() == [64.1, 12.6, 3.6]
    assert rates.frame["variable"].unique().tolist() == ["prevalence"]
    assert rates.provenance.nested
    assert rates.provenance.rules["population"] == "41519102"
    sizes = population.single_source(SIGHTINGS)
    rates = population.prevalence(sizes, 1_000_000, per=1000)
    for column in ("estimate", "std_error", "ci_low", "ci_high"):
        assert only(rates)[column] == pytest.approx(only(sizes)[column] / 1000)
    assert only(rates)["cv"] == only(sizes)["cv"]
    assert rates.covariance[0, 0] == pytest.approx(only(rates)["std_error"] ** 2)
    assert only(sizes)["variable"] == "population size"
    refused(lambda: population.prevalence(266_126, 100_000))


ACCOUNTS = [1200.0, 5400, 900, 26000, 310, 8100, 47000]
VISITORS = [300.0, 1500, 400, 4200, 150, 1300, 9800]
KNOWN = np.array(ACCOUNTS), np.array(VISITORS)


def platforms(**columns: Any) -> pd.DataFrame:
    size = len(next(iter(columns.values())))
    return pd.DataFrame(
        {
            "platform": [f"P{place}" for place in range(size)],
            "status": "published",
            "source": "report",
        }
        | columns
    )


def one_without(visitors: float = 700) -> pd.DataFrame:
    return platforms(registered=[*ACCOUNTS, math.nan], visitors=[*VISITORS, visitors])


def test_the_line_and_its_intervals_equal_r():
    # R 4.5.0: lm(log(reg) ~ log(vis)), coef, summary()$sigma, exp(predict(interval = "prediction"))
    fit = fit_traffic(*KNOWN)
    assert fit.coefficients == pytest.approx([-0.168046975470102, 1.217574357118220], rel=1e-12)
    assert fit.residual == pytest.approx(0.332917312378051, rel=1e-12)
    assert fit.df == 5
    drawn = draw_accounts(fit, np.array([700.0, 20000]), 400_000, 3)
    ends = np.percentile(drawn, [50, 2.5, 97.5], axis=0)
    expected = [
        [2461.14126916846, 145828.34860559603],
        [980.930401715836, 46396.973088581566],
        [6174.97055469878, 458346.86707765097],
    ]
    # the Monte-Carlo error of an end of 400,000 draws is about 0.3 %
    np.testing.assert_allclose(ends, expected, rtol=0.015)


def test_the_mean_is_carried_back_without_bias_by_simulation():
    draw = np.random.default_rng(6)
    visitors, at, sigma = np.array([1.0, 2, 3, 5, 8]), np.array([4.0]), 0.8
    truth = math.exp(0.5 + 1.1 * math.log(4) + sigma**2 / 2)
    medians, plugged, unbiased = [], [], []
    # 5,000 draws: the two biased means are 34 and 18 Monte-Carlo errors from the truth, so that
    # either is found
    rounds = 5000
    for _ in range(rounds):
        fit = fit_traffic(
            np.exp(0.5 + 1.1 * np.log(visitors) + sigma * draw.standard_normal(5)), visitors
        )
        medians.append(math.exp(fit.coefficients @ [1, math.log(4)]))
        plugged.append(medians[-1] * math.exp(fit.residual**2 / 2))
        unbiased.append(float(predict_accounts(fit, at).mean[0]))
    error = np.std(unbiased) / math.sqrt(rounds)
    assert abs(np.mean(unbiased) - truth) < 3 * error
    assert np.mean(medians) < truth - 5 * error
    assert np.mean(plugged) > truth + 5 * error


def test_missing_registrations_are_imputed_with_their_error():
    # with one residual scale, 1 + z + z^2 m/(2 (m + 2)) + ... at z = (1 - h) s^2/2: three terms by
    # hand
    fit = fit_traffic(*KNOWN)
    x = np.array([1, math.log(700)])
    leverage = x @ fit.unscaled @ x
    z, m = (1 - leverage) * fit.residual**2 / 2, 5
    by_hand = 1 + z + z**2 * m / (2 * (m + 2)) + z**3 * m**2 / (6 * (m + 2) * (m + 4))
    point = math.exp(fit.coefficients @ x)
    assert predict_accounts(fit, np.array([700.0])).mean[0] / point == pytest.approx(
        by_hand, rel=1e-6
    )
    found = population.headcount(one_without(), 1.25, traffic="visitors")
    line = predict_accounts(fit_traffic(*KNOWN), np.array([700.0]))
    known = sum(ACCOUNTS)
    row = only(found)
    assert row["estimate"] == pytest.approx((known + line.mean[0]) / 1.25, rel=1e-12)
    assert row["std_error"] == pytest.approx(math.sqrt(line.covariance[0, 0]) / 1.25, rel=1e-12)
    assert row["flag"] == "imputed"
    assert row["df"] == 5
    # of 20,000 draws: the ends of R's interval, added to what is known
    assert row["ci_low"] == pytest.approx((known + 980.93) / 1.25, rel=1e-3)
    assert row["ci_high"] == pytest.approx((known + 6174.97) / 1.25, rel=3e-3)
    assert found.provenance.status == "inferred"
    assert found.provenance.rules["imputed"] == "1"
    assert found.provenance.rules["elasticity"] == "1.218"
    assert len(found.provenance.assumptions) == 4
    for name, value in found.provenance.rules.items():
        assert f"rule.{name}" in terms() or f"rule.{name}={value}" in terms()
        assert "=" not in rule(name, value, "fr")
    again = population.headcount(one_without(), 1.25, traffic="visitors")
    assert again.frame.equals(found.frame)


def test_imputed_platforms():
    table = one_without(20_000)
    found = population.headcount(table, traffic="visitors", by="platform")
    assert found.frame["category"].tolist() == list(table["platform"])
    assert found.frame["estimate"].tolist()[:7] == ACCOUNTS
    assert found.frame["flag"].tolist() == [*[""] * 7, "imputed, extrapolated"]
    assert found.frame["std_error"].isna().tolist() == [*[True] * 7, False]
    assert found.covariance[:7].sum() == 0
    assert found.covariance[7, 7] == pytest.approx(found.frame["std_error"].iloc[7] ** 2)
    total = population.headcount(table, traffic="visitors")
    assert only(total)["flag"] == "imputed, extrapolated"
    assert total.details["status"].tolist() == [*["published"] * 7, "inferred"]
    assert total.details["accounts"].sum() / 1.27 == pytest.approx(only(total)["estimate"])
    table = platforms(
        registered=[*ACCOUNTS, math.nan, math.nan],
        visitors=[*VISITORS, 700, 20_000],
        share=[*[1.0] * 8, 0.1],
    )
    found = population.headcount(table, 1, traffic="visitors")
    line = predict_accounts(fit_traffic(*KNOWN), np.array([700.0, 20_000]))
    part = np.array([1, 0.1])
    assert only(found)["estimate"] == pytest.approx(sum(ACCOUNTS) + line.mean @ part, rel=1e-12)
    assert only(found)["std_error"] == pytest.approx(
        math.sqrt(part @ line.covariance @ part), rel=1e-12
    )
    assert line.covariance[0, 1] > 0
    traffic = pd.DataFrame({"registered": ACCOUNTS, "visitors": VISITORS})
    table = platforms(registered=[100.0, math.nan], visitors=[50.0, 700])
    found = population.headcount(table, 1, traffic=traffic)
    assert only(found)["estimate"] == pytest.approx(
        100 + predict_accounts(fit_traffic(*KNOWN), np.array([700.0])).mean[0]
    )
    assert found.provenance.rules["traffic_platforms"] == "7"


def test_the_interval_of_a_total_covers_by_simulation():
    """300 draws; 1,000 are in `benchmarks/README.md`, where 95.1 % of the intervals hold the total."""
    draw = np.random.default_rng(11)
    visitors = np.exp(draw.normal(7, 1.5, 10))
    inside = 0
    for _ in range(300):
        registered = np.exp(1 + 0.9 * np.log(visitors) + 0.5 * draw.standard_normal(10))
        given = np.where(np.arange(10) < 7, registered, np.nan)
        table = platforms(registered=given, visitors=visitors)
        row = only(population.headcount(table, 1, traffic="visitors", draws=2000))
        inside += row["ci_low"] <= registered.sum() <= row["ci_high"]
    # three Monte-Carlo errors of 300, and one point for a law known to first order only
    assert abs(inside / 300 - 0.95) < 3 * math.sqrt(0.95 * 0.05 / 300) + 0.01


def test_shares_bring_figures_to_the_country_with_the_status_of_the_weakest():
    table = platforms(
        registered=[1000, 500.0],
        share=[0.1, math.nan],
        share_status=["inferred", ""],
        share_source=["panel", ""],
    )
    found = population.headcount(table, 1.2)
    # by hand: (1,000 x 0.1 + 500)/1.2
    assert only(found)["estimate"] == pytest.approx(500)
    assert math.isnan(only(found)["std_error"])
    assert found.provenance.status == "inferred"
    assert found.provenance.source.en == "report; panel"
    assert found.provenance.rules == {
        "accounts": "600",
        "multi_homing": "1.2",
        "platforms": "2",
        "measure": "registered",
    }
    assert len(found.provenance.assumptions) == 3
    assert population.headcount(table.tail(1), 1.2).provenance.status == "derived"


def test_an_estimated_factor_carries_its_error_or_its_bounds():
    factor = population.multi_homing([1, 1, 2, 4, 1, 1, 3, 1], sampled="accounts")
    one = only(factor)
    table = platforms(registered=[1000.0])
    row = only(population.headcount(table, factor))
    assert row["estimate"] == pytest.approx(1000 / one["estimate"], rel=1e-14)
    assert row["cv"] == pytest.approx(one["cv"], rel=1e-13)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(
        (1000 / one["ci_high"], 1000 / one["ci_low"]), rel=1e-12
    )
    assert row["df"] == 7
    # both errors: independent, so that squared coefficients of variation add up
    plain = only(population.headcount(one_without(), 1, traffic="visitors"))
    both = population.headcount(one_without(), factor, traffic="visitors")
    assert only(both)["cv"] == pytest.approx(math.hypot(plain["cv"], one["cv"]), rel=1e-12)
    assert only(both)["ci_low"] < only(both)["estimate"] < only(both)["ci_high"]
    assert set(factor.provenance.assumptions) < set(both.provenance.assumptions)
    factor = population.multi_homing(0.352, sampled="one_platform")
    found = population.headcount([population.Source("all", 1352, "published", "report")], factor)
    row = only(found)
    assert math.isnan(row["estimate"])
    assert math.isnan(row["std_error"])
    # by hand: 1,352/1.352 and 1,352/1
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((1000, 1352), rel=1e-12)
    assert row["flag"] == "bounds"
    assert found.provenance.rules["multi_homing_high"] == "1.352"
    imputed = only(population.headcount(one_without(), factor, traffic="visitors"))
    assert imputed["flag"] == "bounds, imputed"
    plain = only(population.headcount(one_without(), 1, traffic="visitors"))
    assert (imputed["ci_low"], imputed["ci_high"]) == pytest.approx(
        (plain["ci_low"] / 1.352, plain["ci_high"])
    )


def test_several_measures_are_nested_circles(refused):
    table = platforms(registered=[1000.0, 600], visitors=[400.0, 300], active=[80.0, 20])
    found = population.headcount(table, 1.25, measure=["active", "registered", "visitors"])
    assert found.provenance.nested
    assert found.frame["category"].tolist() == ["registered", "visitors", "active"]
    # by hand: 1,600, 700 and 100 over 1.25
    assert found.frame["estimate"].tolist() == pytest.approx([1280, 560, 80])
    assert found.frame["statistic"].unique().tolist() == ["circle"]
    assert found.provenance.base.fr == "Personnes inscrites sur une plateforme au moins."
    assert found.provenance.rules["visitors"] == "700"
    with pytest.raises(MisleadingError):
        found.sum()
    assert population.prevalence(found, 1_000_000).provenance.nested
    factor = population.multi_homing(0.25, sampled="one_platform")
    bounds = population.headcount(table, factor, measure=["registered", "active"])
    assert bounds.frame["ci_high"].tolist() == [1600, 100]
    imputed = population.headcount(
        one_without().assign(active=10.0), 1, traffic="visitors", measure=["registered", "active"]
    )
    assert imputed.frame["flag"].tolist() == ["imputed", ""]
    table = platforms(registered=[1000.0, 600], active=[80.0, 700])
    refused(lambda: population.headcount(table, measure=["registered", "active"]))
    refused(lambda: population.headcount(table, measure=["active"]))
    refused(lambda: population.headcount(table, measure=["registered", "active"], by="platform"))


def test_refusals(refused):
    cases = [
        *((one_without(), {}), (one_without(math.nan), {"traffic": "visitors"})),
        (one_without().tail(4), {"traffic": "visitors"}),
        (one_without().assign(visitors=700.0), {"traffic": "visitors"}),
        (
            platforms(registered=[4.0, 3, 2, 1, math.nan], visitors=[1.0, 2, 3, 4, 5]),
            {"traffic": "visitors"},
        ),
        (one_without(), {"traffic": "visits"}),
        (one_without(), {"traffic": pd.DataFrame({"registred": [1], "visitors": [1]})}),
        (one_without(), {"traffic": pd.DataFrame({"registered": ["many"], "visitors": [1]})}),
        (platforms(active=[1.0, math.nan]), {"measure": "active"}),
        *((platforms(registered=[1.0], share=[12.0]), {}), (platforms(registered=[-1.0]), {})),
        *(
            (platforms(registered=["many"]), {}),
            (platforms(registered=[1.0, 2]).assign(platform="A"), {}),
        ),
        (platforms(registered=[1.0]).assign(source=""), {}),
        (platforms(registered=[1.0]), {"measure": "actives"}),
        (platforms(registered=[1.0]), {"measure": "active"}),
        ([population.Source("A", 1, "published", "report")], {"measure": "active"}),
        *(
            (platforms(registered=[1.0]), {"by": "country"}),
            (platforms(registered=[1.0]), {"draws": 10}),
        ),
        (platforms(registered=[1.0]), {"multi_homing": "many"}),
        (platforms(registered=[1.0]), {"multi_homing": population.multi_homing([2])}),
        (
            platforms(registered=[1.0]),
            {"multi_homing": population.headcount(platforms(registered=[1.0, 2]), by="platform")},
        ),
    ]
    for table, options in cases:
        refused(partial(population.headcount, table, **options))
    one = [Source("A", 100, "published", "report A")]
    refused(lambda: population.headcount(one, 0.9))
    refused(lambda: population.headcount([]))
    refused(lambda: Source("A", math.nan, "published", "report A"))
    refused(lambda: Source("A", 10, "publishd", "report A"))
    refused(lambda: Source("A", 100, "published", ""), BaseMissingError)
    refused(
        lambda: population.headcount(
            pd.DataFrame({"platform": ["A"], "acounts": [1], "status": [""], "source": [""]})
        ),
        ColumnError,
    )
