"""The poverty threshold and rate, worked by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import diplab as dl

TIES = """
psu  w income
1    1    300
2    1    300
3    1    500
4    1    500
5    1    900
"""
EVEN = """
psu  w income
1    1     10
2    1     20
3    1     30
4    1     40
"""


def sample_of(engine: Any, text: str) -> Any:
    return dl.declare_design(engine.draw(text), weights="w", psu="psu")


def points(sample: Any, *statistics: Any) -> list[float]:
    found: list[float] = dl.estimate(sample, *statistics).frame["estimate"].tolist()
    return found


def test_people_at_the_line_are_not_under_it(engine: Any) -> None:
    """Median 500, line 300, two people exactly there: below the line nobody, at or below it two of five."""
    assert points(
        sample_of(engine, TIES), dl.arpt("income"), dl.arpr("income"), dl.arpr("income", convention="convey")
    ) == pytest.approx([300, 0, 0.4], rel=1e-12)


def test_median_where_half_is_reached_exactly(engine: Any) -> None:
    """F(20) = 1/2: midway, 25, for Eurostat; 20 for the inverse of F. Lines 15 and 12."""
    assert points(
        sample_of(engine, EVEN), dl.arpt("income"), dl.arpt("income", convention="convey")
    ) == pytest.approx([15, 12], rel=1e-12)


def test_fraction(engine: Any) -> None:
    """At 0.4 times 25 the line is 10, where one person stands: not under it. At 0.5 it is 12.5."""
    asked = [dl.arpr("income", fraction=0.4), dl.arpr("income", fraction=0.5)]
    assert points(sample_of(engine, EVEN), *asked) == pytest.approx([0, 0.25], rel=1e-12)


def test_an_official_line_has_no_sampling_error(engine: Any) -> None:
    """Under 30: two of four, and the standard error is that of a share: 4/3 * 4 * .25 / 16 = 1/12."""
    row = dl.estimate(sample_of(engine, EVEN), dl.arpr("income", threshold=30)).frame.iloc[0]
    at = dl.estimate(sample_of(engine, EVEN), dl.arpr("income", threshold=30, convention="convey")).frame
    assert row["estimate"] == pytest.approx(0.5, rel=1e-12)
    assert row["std_error"] == pytest.approx((1 / 12) ** 0.5, rel=1e-12)
    assert at["estimate"].tolist() == pytest.approx([0.75], rel=1e-12)


def test_std_error_of_the_threshold(engine: Any) -> None:
    """z = -.6 / (N f(25)) (1[y <= 25] - 1/2), the two halves opposed: 4/3 * 4 * (.3 / (4 f))^2.

    f: normal kernel of bandwidth sqrt(125) / 4^.2 = 8.4731 at distances 15 and 5.
    """
    width = np.sqrt(125) / 4**0.2
    f = 2 * sum(np.exp(-0.5 * (gap / width) ** 2) for gap in (15, 5)) / (4 * width * np.sqrt(2 * np.pi))
    row = dl.estimate(sample_of(engine, EVEN), dl.arpt("income")).frame.iloc[0]
    assert row["std_error"] == pytest.approx(np.sqrt(4 / 3 * 4) * 0.3 / (4 * f), rel=1e-10)
    assert width == pytest.approx(8.4731, abs=5e-5)


def test_a_domain_that_is_empty_leaves_the_others_their_error(engine: Any) -> None:
    """Nobody of b is in the domain; the rate of a owes its error to the national median as before."""
    sample = dl.declare_design(
        engine.draw("psu g income\n1 a 100\n2 a 250\n3 a 280\n4 b 500\n5 b 600\n6 b 700\n7 b 800"), psu="psu"
    ).where("income < 300")
    rates = dl.estimate(sample, dl.arpr("income"), dl.mean("income"), by="g")
    alone = dl.estimate(sample, dl.arpr("income"), dl.mean("income"))
    assert rates.frame["flag"].tolist() == ["", "empty", "", "empty"]
    assert rates.frame["std_error"].tolist()[::2] == pytest.approx(
        alone.frame["std_error"].tolist(), rel=1e-12
    )
    assert rates.covariance[0, 2] == pytest.approx(alone.covariance[0, 1], abs=1e-12)
