"""Strata, stages, finite populations and lonely units, worked by hand."""

from __future__ import annotations

from math import sqrt
from typing import Any

import pytest

import diplab as dl

TWO_STAGES = """
town home w N1 N2  f1 f2  y
1    1    4  4  4  .5 .5  1
1    2    4  4  4  .5 .5  3
2    1    4  4  4  .5 .5  5
2    2    4  4  4  .5 .5  9
"""


def total_of(sample: Any) -> tuple[float, float]:
    row = dl.estimate(sample, dl.total("y")).frame.iloc[0]
    return row["estimate"], row["std_error"] ** 2


@pytest.mark.parametrize("fpc", [["N1", "N2"], ["f1", "f2"]])
def test_two_stages(engine: Any, fpc: list[str]) -> None:
    """Towns 16 and 56: (1 - 1/2) * 2 * 800 = 800. Homes 4, 12 and 20, 36, times the 1/2 of the towns:
    1/2 * 1/2 * (2 * 32 + 2 * 128) = 80.
    """
    sample = dl.declare_design(engine.draw(TWO_STAGES), weights="w", psu=["town", "home"], fpc=fpc)
    assert total_of(sample) == pytest.approx((72, 880), rel=1e-12)


def test_the_second_stage_counts_only_below_an_fpc(engine: Any) -> None:
    """With replacement: 2 * 800, homes or no homes; with the fpc of towns alone, homes add 1/2 * 320 = 160."""
    data = engine.draw(TWO_STAGES)
    both = dl.declare_design(data, weights="w", psu=["town", "home"])
    towns = dl.declare_design(data, weights="w", psu="town")
    first = dl.declare_design(data, weights="w", psu=["town", "home"], fpc="N1")
    assert total_of(both) == pytest.approx((72, 1600), rel=1e-12)
    assert total_of(towns) == pytest.approx((72, 1600), rel=1e-12)
    assert total_of(first) == pytest.approx((72, 960), rel=1e-12)


def test_towns_taken_whole_leave_the_homes(engine: Any) -> None:
    """All 2 of 2 towns: only the homes vary, 1/2 * (2 * 32 + 2 * 128) = 160."""
    data = engine.draw(TWO_STAGES.replace(" 4  4  .5", " 2  4   1"))
    sample = dl.declare_design(data, weights="w", psu=["town", "home"], fpc=["N1", "N2"])
    assert total_of(sample) == pytest.approx((72, 160), rel=1e-12)


def test_weights_follow_from_the_fpc(table: Any) -> None:
    """2 of 4 towns, 2 of 4 homes: each home stands for 2 * 2 = 4."""
    sample = dl.declare_design(table(TWO_STAGES), psu=["town", "home"], fpc=["N1", "N2"])
    assert total_of(sample) == pytest.approx((72, 880), rel=1e-12)


def test_weights_of_strata_follow_from_the_fpc(table: Any) -> None:
    """2 of 4 and 1 of 10... each of a stands for 2, each of b for 5: 2 * (1 + 3) + 5 * (2 + 4) = 38."""
    sample = dl.declare_design(table("h N y\na 4 1\na 4 3\nb 10 2\nb 10 4"), strata="h", fpc="N")
    assert dl.estimate(sample, dl.total("y")).frame["estimate"].tolist() == [38]


def test_without_the_fpc_of_every_stage_rows_weigh_one(table: Any) -> None:
    """Homes have no fpc: no weight follows, and the total is that of the rows, 18."""
    sample = dl.declare_design(table(TWO_STAGES), psu=["town", "home"], fpc="N1")
    assert dl.estimate(sample, dl.total("y")).frame["estimate"].tolist() == [18]


NESTED = """
h psu w y
a 1   1 1
a 2   1 3
b 1   1 4
b 2   1 8
"""


def test_identifiers_start_again_in_each_stratum(engine: Any) -> None:
    """Four units in two strata: 2 * 2 + 2 * 8 = 20, two degrees of freedom."""
    sample = dl.declare_design(engine.draw(NESTED), weights="w", strata="h", psu="psu")
    row = dl.estimate(sample, dl.total("y")).frame.iloc[0]
    assert (row["std_error"] ** 2, row["df"]) == (pytest.approx(20, rel=1e-12), 2)


def test_strata_of_two_columns(engine: Any) -> None:
    """Strata (a, 1), (a, 2), (b, 1): 2 * 2, 2 * 8, 2 * 2; six units minus three strata."""
    drawn = engine.draw("h k psu y\na 1 1 1\na 1 2 3\na 2 3 4\na 2 4 8\nb 1 5 1\nb 1 6 3")
    sample = dl.declare_design(drawn, strata=["h", "k"], psu="psu")
    row = dl.estimate(sample, dl.total("y")).frame.iloc[0]
    assert (row["std_error"] ** 2, row["df"]) == (pytest.approx(24, rel=1e-12), 3)


def test_clusters(engine: Any) -> None:
    """Towns 4 and 12, 2 * 32 = 64; the people in them do not count apart."""
    sample = dl.declare_design(engine.draw("town y\n1 1\n1 3\n2 4\n2 8"), psu="town")
    row = dl.estimate(sample, dl.total("y")).frame.iloc[0]
    assert (row["std_error"] ** 2, row["df"], row["n"]) == (pytest.approx(64, rel=1e-12), 1, 4)


LONELY = """
s psu  w  y
1 1   10  1
1 2   10  3
2 3   20  4
2 4   20  8
3 5   30 10
"""


@pytest.mark.parametrize(
    ("policy", "variance", "recorded"),
    [
        ("remove", 68 / 81, 0.91625),
        ("certainty", 68 / 81, 0.91625),
        ("average", 68 / 81 * 3 / 2, 1.12217),
        ("adjust", 68 / 81 + (32 / 27) ** 2, 1.49806),
    ],
)
def test_lonely_units(engine: Any, policy: Any, variance: float, recorded: float) -> None:
    """Mean 580/90. Strata 1 and 2 give (20/90)^2 + (80/90)^2 = 68/81; the third has one unit, whose residual is
    30 (10 - 58/9) / 90 = 32/27 about a mean of all units of zero. Recorded from R survey 4.4-2.
    """
    sample = dl.declare_design(engine.draw(LONELY), weights="w", strata="s", psu="psu", lonely_psu=policy)
    row = dl.estimate(sample, dl.mean("y")).frame.iloc[0]
    assert row["estimate"] == pytest.approx(58 / 9, rel=1e-12)
    assert row["std_error"] == pytest.approx(sqrt(variance), rel=1e-12)
    assert row["std_error"] == pytest.approx(recorded, abs=5e-6)


def test_a_lonely_unit_taken_whole_is_no_lonely_unit(engine: Any) -> None:
    """One of one: nothing was drawn in stratum b, nothing is missing from its variance: a gives 1/2 * 2 * 2."""
    drawn = engine.draw("h psu w N y\na 1 2 4 1\na 2 2 4 2\nb 3 1 1 9")
    sample = dl.declare_design(drawn, weights="w", strata="h", psu="psu", fpc="N")
    assert total_of(sample) == pytest.approx((15, 2), rel=1e-12)


def test_an_opt_in_sample_says_so(engine: Any) -> None:
    """People who chose themselves: the numbers are the same, the intervals indicative."""
    sample = dl.declare_design(engine.draw(NESTED), kind="opt-in", psu="psu", strata="h")
    found = dl.estimate(sample, dl.mean("y"))
    assert found.provenance.indicative
    assert found.frame["estimate"].tolist() == [4]
