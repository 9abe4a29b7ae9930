"""Shares, worked by hand."""

from __future__ import annotations

from math import asin, exp, log, sin, sqrt
from typing import Any

import pytest

import diplab as dl

FIVE = """
psu  w contract pay late
1   10 open      20 True
2   10 fixed     30 False
3   20 open       5 False
4   10 none       .  True
5   10 .         15 False
"""


def sample_of(engine: Any) -> Any:
    return dl.declare_design(engine.draw(FIVE), weights="w", psu="psu")


def test_every_category_gets_a_row(engine: Any) -> None:
    """Of 50 who answered: 10 fixed, 10 none, 30 open; the fifth did not answer."""
    found = dl.estimate(sample_of(engine), dl.share("contract"))
    assert found.frame["category"].tolist() == ["fixed", "none", "open"]
    assert found.frame["estimate"].tolist() == pytest.approx([0.2, 0.2, 0.6], rel=1e-12)
    assert found.frame["n"].tolist() == [4, 4, 4]
    assert found.covariance.sum(axis=1).tolist() == pytest.approx([0, 0, 0], abs=1e-15)
    assert found.provenance.missing == {"contract": 1}


def test_std_error_of_a_share(engine: Any) -> None:
    """Residuals of `open` times w: 4, -6, 8, -6, and 0 for the fifth: 5/4 * 152, over 50^2."""
    row = dl.estimate(sample_of(engine), dl.share("contract == 'open'")).frame.iloc[0]
    assert row["category"] == ""
    assert row["estimate"] == pytest.approx(0.6, rel=1e-12)
    assert row["std_error"] == pytest.approx(sqrt(5 / 4 * 152) / 50, rel=1e-12)


def test_a_condition_on_a_missing_answer_is_missing(engine: Any) -> None:
    """Pay under 20: 20 + 10 of 50 who told their pay."""
    row = dl.estimate(sample_of(engine), dl.share("pay < 20")).frame.iloc[0]
    assert (row["estimate"], row["n"]) == (pytest.approx(0.6, rel=1e-12), 4)


def test_a_boolean_column_is_a_condition(engine: Any) -> None:
    """10 + 10 of 60, one row and not two."""
    frame = dl.estimate(sample_of(engine), dl.share("late")).frame
    assert frame["estimate"].tolist() == pytest.approx([1 / 3], rel=1e-12)


T4 = 2.7764451051977987  # Student, 97.5 %, 4 degrees of freedom (printed tables: 2.776)
P, SE = 0.6, sqrt(5 / 4 * 152) / 50


def on_the_log_odds(side: float) -> float:
    odds = exp(log(P / (1 - P)) + side * T4 * SE / (P * (1 - P)))
    return odds / (1 + odds)


@pytest.mark.parametrize(
    ("interval", "low", "high"),
    [
        ("wald", P - T4 * SE, P + T4 * SE),
        ("logit", on_the_log_odds(-1), on_the_log_odds(1)),
        ("xlogit", on_the_log_odds(-1), on_the_log_odds(1)),
        # asin(sqrt(.6)) = .886 -/+ .781: the high end stays under pi / 2 = 1.571 only when held there
        ("asin", sin(asin(sqrt(P)) - T4 * SE / (2 * sqrt(P * (1 - P)))) ** 2, 1.0),
    ],
)
def test_intervals(engine: Any, interval: str, low: float, high: float) -> None:
    """p = .6, se = .27568, t(4) = 2.7764: plain, on the log-odds, on the arcsine root."""
    asked = dl.share("contract == 'open'", interval=interval)
    row = dl.estimate(sample_of(engine), asked).frame.iloc[0]
    assert [row["ci_low"], row["ci_high"]] == pytest.approx([low, high], rel=1e-9)


def test_wald_may_leave_the_unit_interval_and_logit_may_not(engine: Any) -> None:
    """.6 + 2.7764 * .27568 = 1.365."""
    frame = dl.estimate(
        sample_of(engine), dl.share("contract == 'open'", interval="wald"), dl.share("contract == 'open'")
    ).frame
    assert frame["ci_high"].iloc[0] == pytest.approx(1.3654, abs=5e-5)
    assert frame["ci_high"].iloc[1] < 1


@pytest.mark.parametrize("interval", ["logit", "xlogit", "beta", "asin"])
def test_nobody_and_everybody_have_the_exact_interval(engine: Any, interval: str) -> None:
    """None of 4: at most 1 - .025^(1/4) = .6024; all of 4: at least .025^(1/4) (Clopper and Pearson 1934)."""
    sample = sample_of(engine)
    none, every = dl.share("pay > 99", interval=interval), dl.share("pay > 1", interval=interval)
    frame = dl.estimate(sample, none, every).frame
    edge = 0.025**0.25
    assert frame["estimate"].tolist() == [0, 1]
    assert frame["std_error"].tolist() == [0, 0]
    assert frame["ci_low"].tolist() == pytest.approx([0, edge], rel=1e-9)
    assert frame["ci_high"].tolist() == pytest.approx([1 - edge, 1], rel=1e-9)


def test_categories_of_the_file_stay_in_a_domain_without_them(engine: Any) -> None:
    """Pay of at least 15: fixed and open, nobody with `none`; its share is zero, not absent."""
    frame = dl.estimate(sample_of(engine).where("pay >= 15"), dl.share("contract")).frame
    assert frame["category"].tolist() == ["fixed", "none", "open"]
    assert frame["estimate"].tolist() == pytest.approx([0.5, 0, 0.5], rel=1e-12)
