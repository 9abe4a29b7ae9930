"""Sample sizes and expected precision: textbook values, and R's `power.prop.test` (R 4.5.0)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from statsmodels.stats.power import NormalIndPower

import diplab as dl
from diplab.errors import OptionError
from diplab.inference.planning import Groups
from diplab.types import Plan

NB, THIN = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"


def test_respondents_for_a_share():
    """384.15, 1067.07, 384.15 / (1 + 383.15 / 1000) = 277.74, 3.8415 * 0.09 / 0.0025 = 138.29, 768.29, 663.49."""
    for n, options in {
        385: {}, 1068: {"margin": 0.03}, 278: {"population": 1000}, 139: {"share": 0.1}, 769: {"deff": 2},
        664: {"confidence": 0.99},
    }.items():  # fmt: skip
        assert dl.planning.sample_size("share", **{"margin": 0.05, **options}).n == n


def test_sizes_and_power_by_hand_and_against_r():
    """(1.959964 * 12.5 / 1)^2 = 600.2; of 2,000 people 600.2 / (1 + 600.2 / 2000) = 461.7."""
    assert dl.planning.sample_size("mean", spread=12.5, margin=1).n == 601
    assert dl.planning.sample_size("mean", spread=12.5, margin=1, population=2000).n == 462
    # 3.841459 (0.25 + 0.24) / 0.05^2 = 752.9; 3.841459 (100 + 144) / 4 = 234.3.
    assert dl.planning.sample_size("share_difference", share=(0.5, 0.4), margin=0.05).n == 753
    assert dl.planning.sample_size("mean_difference", spread=(10, 12), margin=2).n == 235
    # `power.prop.test(n=388, p1=.5, p2=.4)$power`.
    found = dl.planning.expected_precision("share_difference", 388, share=(0.5, 0.4))
    assert found.power == pytest.approx(0.80067115103768649, rel=1e-10)
    # Both use the normal law: 62.79 in each group (t would ask for one more).
    needed = NormalIndPower().solve_power(effect_size=0.5, power=0.8, alpha=0.05)
    found = dl.planning.sample_size("mean_difference", spread=10, difference=5, power=0.8)
    assert needed == pytest.approx(62.79088416571135, rel=1e-6)
    assert found.n == 63
    everyone = dl.planning.expected_precision("share", 500, population=500)
    assert everyone.margin == 0
    assert Groups(0.5, 0.49, 0.95, population=500).power(500, 0.1) == 1
    assert dl.planning.sample_size("share", margin=0.0001, population=500).n == 500
    plan = dl.planning.sample_size(
        "share_difference", share=(0.5, 0.4), power=0.8, response_rate=0.3
    )
    assert plan.contacts == 2 * 1294  # 388 / 0.3 = 1293.3
    row = plan.frame.iloc[0]
    assert (row["n"], row["groups"], row["contacts"]) == (388, 2, 2588)
    assert (row["expected"], row["expected_second"], row["power"]) == (0.5, 0.4, 0.8)
    assert (
        dl.planning.sample_size("share", margin=0.05, population=1000, response_rate=0.278).contacts
        == 1000
    )


def test_two_shares_against_r():
    """`power.prop.test(p1, p2, power, sig.level)$n`, which R finds by a search of about 1e-5."""
    for first, second, power, confidence, n in (
        (0.5, 0.4, 0.8, 0.95, 387.33851669559442144), (0.2, 0.15, 0.9, 0.95, 1211.52893728909430138),
        (0.5, 0.4, 0.9, 0.99, 734.05375958377885581),
    ):  # fmt: skip
        middle = (first + second) / 2
        alike, apart = 2 * middle * (1 - middle), first * (1 - first) + second * (1 - second)
        needed = Groups(alike, apart, confidence).respondents_for_power(first - second, power)
        assert needed == pytest.approx(n, rel=1e-4)
        asked = {"share": (first, second), "power": power, "confidence": confidence}
        found = dl.planning.sample_size("share_difference", **asked)
        assert found.n == int(n) + 1
        assert found.difference == pytest.approx(abs(first - second))


@pytest.mark.parametrize("population", [None, 2000])
@pytest.mark.parametrize("deff", [1.0, 1.7])
def test_precision_is_the_reverse_of_size(population, deff):
    asked = {"population": population, "deff": deff}
    for kind, needs, margin in (
        ("share", {"share": 0.3}, 0.04),
        ("mean", {"spread": 12}, 1.5),
        ("share_difference", {"share": (0.3, 0.4)}, 0.06),
        ("mean_difference", {"spread": (10, 12)}, 2.0),
    ):
        plan = dl.planning.sample_size(kind, margin=margin, **needs, **asked)
        assert dl.planning.expected_precision(kind, plan.n, **needs, **asked).margin <= margin
        assert dl.planning.expected_precision(kind, plan.n - 1, **needs, **asked).margin > margin


@pytest.mark.parametrize("population", [None, 900])
def test_power_is_the_reverse_of_size(population):
    asked = {"spread": 10, "difference": 3, "deff": 1.4, "population": population}
    plan = dl.planning.sample_size("mean_difference", power=0.9, **asked)
    assert dl.planning.expected_precision("mean_difference", plan.n, **asked).power >= 0.9
    assert dl.planning.expected_precision("mean_difference", plan.n - 1, **asked).power < 0.9


def test_sentences():
    known = dl.planning.sample_size("share", margin=0.03, response_rate=0.5)
    finite = dl.planning.sample_size("share", margin=0.015, population=1000, deff=1.5)
    apart = dl.planning.sample_size("share_difference", share=(0.5, 0.4), power=0.8)
    assert "\n".join(
        each.sentence("fr").replace(NB, "~").replace(THIN, "_") for each in (known, finite, apart)
    ) == (
        "1_068 répondants pour connaître une part de 50~% à 3~points près, avec une confiance de "
        "95~%_; "
        "2_136 personnes à solliciter si 50~% répondent.\n"
        "866 répondants pour connaître une part de 50~% à 1,5~point près, avec une confiance de "
        "95~% "
        "(effet de plan 1,5, population de 1_000).\n"
        "388 répondants par groupe pour détecter une différence entre 50~% et 40~%, "
        "avec une puissance de 80~% et une confiance de 95~%."
    )
    plans = [
        dl.planning.sample_size("mean", spread=12.5, margin=1),
        dl.planning.sample_size("mean_difference", spread=(10, 12), margin=2),
        dl.planning.sample_size("mean_difference", spread=10, difference=5, power=0.8),
        dl.planning.expected_precision("share_difference", 8537),
    ]
    assert "\n".join(each.sentence("en").replace(NB, "~") for each in plans) == (
        "601 respondents to know a mean within ±1 (standard deviation 12.5), with 95% confidence.\n"
        "235 respondents in each group to know the difference of two means within ±2 "
        "(standard deviation 10 and 12), with 95% confidence.\n"
        "63 respondents in each group to detect a difference of 5 between two means (standard "
        "deviation 10), "
        "with 80% power and 95% confidence.\n"
        "8,537 respondents in each group to know the difference of two shares (50%) within "
        "±1.5~points, "
        "with 95% confidence."
    )
    # halves are rounded up
    assert "within ±1.3 points" in repr(Plan("share", 10, 0.0125, 0.95, (0.5,)))


REFUSED = [
    ("shares", {"margin": 0.1}), ("share", {}), ("share", {"margin": 3}), ("share", {"margin": 0.03, "share": 50}),
    ("share", {"margin": 0.03, "share": (0.5, 0.4)}), ("share", {"power": 0.8}), ("share", {"margin": 0.03, "deff": 0}),
    ("share", {"margin": 0.03, "population": 1}), ("share", {"margin": 0.03, "difference": 0.1}),
    ("mean", {"margin": 3}), ("mean_difference", {"spread": 3, "power": 0.8}), ("share_difference", {"power": 0.8}),
    ("share_difference", {"power": 0.8, "share": (0.5, 0.4), "difference": 0.1}),
    ("share_difference", {"power": 0.8, "share": (0.5, 0.4), "margin": 0.1}), ("share", {"margin": math.inf}),
    ("mean", {"margin": math.inf, "spread": 3}),
    # plans that cannot be
    ("share", {"margin": 0.05, "population": 1000, "response_rate": 0.2}),
    ("share_difference", {"share": (0.5, 0.4), "power": 0.8, "population": 1000, "response_rate": 0.25}),
    ("share", {"margin": 0.05, "spread": 3}), ("mean", {"margin": 0.5, "spread": 3, "share": 0.2}),
]  # fmt: skip


def test_plans_that_are_refused(refused: Any):
    for kind, options in REFUSED:
        refused(
            lambda kind=kind, options=options: dl.planning.sample_size(kind, **options), OptionError
        )
    # more respondents than people
    refused(lambda: dl.planning.expected_precision("share", 600, population=500), OptionError)


def test_numbers_of_numpy_are_numbers(refused: Any):
    known = dl.planning.sample_size(
        "share", margin=0.05, share=0.25, deff=1.5, population=1000, response_rate=0.5
    )
    given = {
        "margin": np.float64(0.05),
        "share": np.float32(0.25),
        "deff": np.float32(1.5),
        "population": np.int32(1000),
    }
    assert dl.planning.sample_size("share", **given, response_rate=np.float16(0.5)) == known
    assert dl.planning.expected_precision("share", np.int64(400)) == dl.planning.expected_precision(
        "share", 400
    )
    two = dl.planning.sample_size("share_difference", margin=0.05, share=np.array([0.25, 0.5]))
    assert two == dl.planning.sample_size("share_difference", margin=0.05, share=(0.25, 0.5))
    refused(lambda: dl.planning.expected_precision("share", True), OptionError)
