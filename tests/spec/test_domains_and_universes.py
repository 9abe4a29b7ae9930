"""Domains keep the design; universes move thresholds. Worked by hand."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np
import pytest

import diplab as dl

FOUR = """
psu  w sex y
1   10 f   1
2   10 f   3
3   10 m   5
4   10 m   9
"""
SEVEN = """
psu region income
1   a         100
2   a         250
3   a         280
4   b         500
5   b         600
6   b         700
7   b         800
"""


def test_a_domain_keeps_the_units_outside_it(engine: Any) -> None:
    """Women: mean 2; units -.5, .5, 0, 0: 4/3 * .5 = 2/3. Cut to two rows it would be 2 * .5 = 1."""
    sample = dl.declare_design(engine.draw(FOUR), weights="w", psu="psu")
    for narrowed in (sample.where("sex == 'f'"), sample.universe("sex == 'f'")):
        row = dl.estimate(narrowed, dl.mean("y")).frame.iloc[0]
        assert (row["estimate"], row["n"], row["df"]) == (pytest.approx(2), 2, 3)
        assert row["std_error"] == pytest.approx(sqrt(2 / 3), rel=1e-12)


def test_degrees_of_freedom_of_the_domain_by_name(engine: Any) -> None:
    """Two of the four units hold women: 2 - 1."""
    sample = dl.declare_design(engine.draw(FOUR), weights="w", psu="psu").where("sex == 'f'")
    assert dl.estimate(sample, dl.mean("y"), df="domain").frame["df"].tolist() == [1]


def test_by_gives_domains_and_their_covariance(engine: Any) -> None:
    """Means 2 and 7, units (-.5, .5, 0, 0) and (0, 0, -1, 1): variances 2/3 and 8/3, covariance 0."""
    sample = dl.declare_design(engine.draw(FOUR), weights="w", psu="psu")
    found = dl.estimate(sample, dl.mean("y"), by="sex")
    assert found.frame[["sex", "estimate", "n"]].values.tolist() == [["f", 2, 2], ["m", 7, 2]]
    assert found.covariance == pytest.approx(np.array([[2 / 3, 0], [0, 8 / 3]]), abs=1e-15)
    assert found.by == ("sex",)


def test_domain_totals_are_correlated(engine: Any) -> None:
    """Units (10, 30, 0, 0) about 10 and (0, 0, 50, 90) about 35:
    covariance 4/3 * (0*-35 + 20*-35 + -10*15 + -10*55).
    """
    sample = dl.declare_design(engine.draw(FOUR), weights="w", psu="psu")
    found = dl.estimate(sample, dl.total("y"), by="sex")
    assert found.frame["estimate"].tolist() == pytest.approx([40, 140], rel=1e-12)
    assert found.covariance[0, 1] == pytest.approx(4 / 3 * -1400, rel=1e-12)


def test_a_threshold_stays_national_in_a_domain(engine: Any) -> None:
    """Median 500, line 300: everybody of a is under it, nobody of b; 3 of 7 in all."""
    sample = dl.declare_design(engine.draw(SEVEN), psu="psu")
    rate = dl.arpr("income")
    assert dl.estimate(sample, rate).frame["estimate"].tolist() == pytest.approx([3 / 7], rel=1e-12)
    assert dl.estimate(sample.where("region == 'a'"), rate).frame["estimate"].tolist() == [1]
    assert dl.estimate(sample, rate, by="region").frame["estimate"].tolist() == [1, 0]
    lines = dl.estimate(sample, dl.arpt("income"), by="region").frame["estimate"]
    assert lines.tolist() == pytest.approx([300, 300], rel=1e-12)


def test_a_universe_moves_the_threshold(engine: Any) -> None:
    """In a alone: median 250, line 150, one of three under it."""
    sample = dl.declare_design(engine.draw(SEVEN), psu="psu").universe("region == 'a'")
    frame = dl.estimate(sample, dl.arpt("income"), dl.arpr("income")).frame
    assert frame["estimate"].tolist() == pytest.approx([150, 1 / 3], rel=1e-12)


def test_a_threshold_of_each_domain_by_name(engine: Any) -> None:
    """a: 150, one of three; b: median midway 650, line 390, nobody."""
    sample = dl.declare_design(engine.draw(SEVEN), psu="psu")
    asked = [dl.arpt("income", threshold_on="domain"), dl.arpr("income", threshold_on="domain")]
    frame = dl.estimate(sample, *asked, by="region").frame
    assert frame["estimate"].tolist() == pytest.approx([150, 390, 1 / 3, 0], rel=1e-12)


def test_where_then_universe_hold_together(engine: Any) -> None:
    """Incomes above 100: 250, 280, 500, 600, 700, 800, median midway 550, line 330; b holds nobody under it."""
    sample = dl.declare_design(engine.draw(SEVEN), psu="psu").where("region == 'a'").universe("income > 100")
    frame = dl.estimate(sample, dl.arpt("income"), dl.arpr("income"), dl.mean("income")).frame
    assert frame["estimate"].tolist() == pytest.approx([330, 1, 265], rel=1e-12)
    assert frame["n"].tolist() == [2, 2, 2]


def test_an_empty_cell_is_kept_and_said(engine: Any) -> None:
    """Nobody of b is under 300; the cell keeps its row."""
    sample = dl.declare_design(engine.draw(SEVEN), psu="psu").where("income < 300")
    found = dl.estimate(sample, dl.mean("income"), by="region")
    empty = found.frame.iloc[1]
    assert found.frame["region"].tolist() == ["a", "b"]
    assert found.frame["flag"].tolist() == ["", "empty"]
    assert empty["n"] == 0
    assert empty.isna()[["estimate", "std_error", "ci_low", "ci_high", "cv", "deff"]].all()
    assert np.isnan(found.covariance[1]).all()
    assert np.isfinite(found.covariance[0, 0])


def test_two_domain_variables(engine: Any) -> None:
    """Combinations the file holds, sorted, and no others."""
    drawn = engine.draw("psu sex old y\n1 f 0 1\n2 f 1 2\n3 m 0 3\n4 m 0 5")
    frame = dl.estimate(dl.declare_design(drawn, psu="psu"), dl.mean("y"), by=["sex", "old"]).frame
    assert frame[["sex", "old", "estimate"]].values.tolist() == [["f", 0, 1], ["f", 1, 2], ["m", 0, 4]]


RATES = """
psu region income
1   a         100
2   b         150
3   a         300
4   b         350
5   a         400
6   b         500
7   a         650
8   b         900
"""


def test_std_error_of_a_domain_rate_counts_everybody(engine: Any) -> None:
    """Deville's variable, written out here with plain numpy: the rate's own part in the domain, and the part of
    the national median, f_d(line) z(line), on everybody. Cutting it at the domain's edge changes the answer.
    """
    y = np.array([100, 150, 300, 350, 400, 500, 650, 900.0])
    inside = np.array([1, 0, 1, 0, 1, 0, 1, 0.0])

    def density(at: float, weight: np.ndarray) -> float:
        people = weight.sum()
        spread = np.sqrt((weight * y**2).sum() / people - ((weight * y).sum() / people) ** 2)
        width = spread / people**0.2
        heights = np.exp(-0.5 * ((y - at) / width) ** 2) / np.sqrt(2 * np.pi)
        return float((weight * heights).sum() / (people * width))

    median = 375.0  # midway between 350 and 400
    line = 0.6 * median  # 225: the first of the four of a is under it
    of_line = -0.6 / (8 * density(median, np.ones(8))) * ((y <= median) - 0.5)
    own = inside * ((y < line) - 0.25) / 4
    slope = density(line, inside)
    whole, cut = own + slope * of_line, own + inside * slope * of_line

    def error(z: np.ndarray) -> float:
        return float(np.sqrt(8 / 7 * ((z - z.mean()) ** 2).sum()))

    sample = dl.declare_design(engine.draw(RATES), psu="psu")
    for found in (
        dl.estimate(sample.where("region == 'a'"), dl.arpr("income")).frame.iloc[0],
        dl.estimate(sample, dl.arpr("income"), by="region").frame.iloc[0],
    ):
        assert found["estimate"] == pytest.approx(0.25, rel=1e-12)
        assert found["std_error"] == pytest.approx(error(whole), rel=1e-10)
    assert error(whole) > 1.01 * error(cut)
