"""Totals, means, counts and ratios, with their standard errors and design effects, by hand."""

from __future__ import annotations

from math import nan, sqrt
from typing import Any

import pytest

import diplab as dl
from tests.conftest import BY_HAND
from tests.drawn_tables import (
    BY_UNIT,
    FOUR_PEOPLE,
    ONE_WITHOUT_WEIGHT,
    PAY_AND_HOURS,
    STUDENT_3,
    WEIGHTED,
)


@BY_HAND
@pytest.mark.parametrize(
    ("drawn", "design", "statistics", "expected"),
    [
        # 10*1 + 10*3 + 20*4 + 20*8 = 280. Units 10, 30, 80, 160 about 70: 4/3 * 13400
        pytest.param(
            FOUR_PEOPLE,
            WEIGHTED,
            [dl.total("y")],
            {
                "estimate": 280,
                "std_error": sqrt(4 / 3 * 13400),
                "cv": sqrt(4 / 3 * 13400) / 280,
                "df": 3,
                "n": 4,
                "flag": "few units",
                "ci_low": 280 - STUDENT_3 * sqrt(4 / 3 * 13400),
                "ci_high": 280 + STUDENT_3 * sqrt(4 / 3 * 13400),
                "statistic": "total",
                "variable": "y",
                "category": "",
            },
            id="total",
        ),
        pytest.param(
            FOUR_PEOPLE,
            {"weights": "w"},
            [dl.total("y")],
            {"std_error": sqrt(4 / 3 * 13400)},
            id="rows are units where no unit is named",
        ),
        # 280 / 60 = 14/3. Residuals times w: -110/3, -50/3, -40/3, 200/3, squares 56200/9, over 60^2.
        # Design effect: weighted S^2 of the residuals is 4/3 * (3540/9) / 60; simple random sampling:
        # (1 - 4/60) S^2 / 4
        pytest.param(
            FOUR_PEOPLE,
            WEIGHTED,
            [dl.mean("y")],
            {
                "estimate": 14 / 3,
                "std_error": sqrt(4 / 3 * 56200 / 9) / 60,
                "deff": (4 / 3 * 56200 / 9 / 3600) / ((1 - 4 / 60) * (4 / 3 * (3540 / 9) / 60) / 4),
            },
            id="mean",
        ),
        # four people of weight 1 stand for four people: nothing was sampled, and the denominator is
        # zero
        pytest.param(
            FOUR_PEOPLE,
            BY_UNIT,
            [dl.mean("y")],
            {"estimate": 4, "deff": nan},
            id="no design effect where everyone answered",
        ),
        # 60 people; units 10, 10, 20, 20 about 15: 4/3 * 100
        pytest.param(
            FOUR_PEOPLE,
            WEIGHTED,
            [dl.count()],
            {"estimate": 60, "std_error": sqrt(400 / 3)},
            id="count",
        ),
        # units (10, 10), (30, 10), (80, 20), (160, 20) about (70, 15): 4/3 * (300 + 200 + 50 + 450)
        pytest.param(
            FOUR_PEOPLE,
            WEIGHTED,
            [dl.total("y"), dl.count()],
            {"covariance": [[4 / 3 * 13400, 4 / 3 * 1000], [4 / 3 * 1000, 4 / 3 * 100]]},
            id="covariance of a total and a count",
        ),
        # 2 * 14/3 - 1
        pytest.param(
            FOUR_PEOPLE, WEIGHTED, [dl.mean("2 * y - 1")], {"estimate": 25 / 3}, id="an expression"
        ),
        # mean (10 + 30) / 20 = 2 of two people; three units: -.5, .5, 0, so 3/2 * .5; two of them
        # have weight
        pytest.param(
            ONE_WITHOUT_WEIGHT,
            WEIGHTED,
            [dl.mean("y")],
            {"estimate": 2, "n": 2, "df": 1, "std_error": sqrt(0.75)},
            id="zero weights are units, not respondents",
        ),
    ],
)
def test_totals_and_means(
    engine: Any,
    estimated: Any,
    holds: Any,
    drawn: str,
    design: dict[str, Any],
    statistics: list[Any],
    expected: dict[str, Any],
) -> None:
    holds(estimated(engine.draw(drawn), *statistics, **design), expected)


@BY_HAND
@pytest.mark.parametrize(
    ("drawn", "design", "statistics", "expected"),
    [
        # 40 / 10 = 4 over the first two; z = (pay - 4 hours) / 10 = -1, 1, and 0, 0: 4/3 * 2
        pytest.param(
            PAY_AND_HOURS,
            BY_UNIT,
            [dl.ratio("pay", "hours")],
            {
                "estimate": 4,
                "n": 2,
                "variable": "pay / hours",
                "std_error": sqrt(8 / 3),
                "missing": {"pay / hours": 2},
            },
            id="ratio of rows that answer both",
        ),
        # 30 is the mean of 10, 30, 50; (-20, 0, 20, 0) / 3: 4/3 * 800 / 9
        pytest.param(
            PAY_AND_HOURS,
            BY_UNIT,
            [dl.ratio("pay", "1"), dl.mean("pay")],
            {"estimate": [30, 30], "std_error": [sqrt(4 / 3 * 800 / 9)] * 2},
            id="ratio to one is the mean",
        ),
        pytest.param(
            "psu pay hours\n1 10 0\n2 20 0",
            BY_UNIT,
            [dl.ratio("pay", "hours")],
            {
                **dict.fromkeys(["estimate", "std_error", "ci_low", "ci_high", "deff"], nan),
                "n": 2,
                "flag": "undefined",
            },
            id="ratio to nothing",
        ),
        # hourly pay of each row: 10/5 = 2, 30/5 = 6, and none where hours are zero or missing: mean 4
        # of 2
        pytest.param(
            "psu pay hours\n1 10 5\n2 30 5\n3 50 0\n4 50 .",
            BY_UNIT,
            [dl.mean("pay / hours")],
            {"estimate": 4, "n": 2},
            id="a row divided by zero",
        ),
    ],
)
def test_ratios(
    engine: Any,
    estimated: Any,
    holds: Any,
    drawn: str,
    design: dict[str, Any],
    statistics: list[Any],
    expected: dict[str, Any],
) -> None:
    holds(estimated(engine.draw(drawn), *statistics, **design), expected)


@BY_HAND
def test_confidence_and_the_normal_distribution(engine: Any, estimated: Any) -> None:
    """90 %, 3 degrees of freedom: 2.353363; normal at 95 %: 1.959964 (printed tables)."""
    for options, quantile in (({"confidence": 0.9}, 2.353363), ({"df": "infinity"}, 1.959964)):
        row = estimated(engine.draw(FOUR_PEOPLE), dl.total("y"), **WEIGHTED, **options).frame.iloc[
            0
        ]
        assert (row["ci_high"] - 280) / row["std_error"] == pytest.approx(quantile, abs=5e-7)
