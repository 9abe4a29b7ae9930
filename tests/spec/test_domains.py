"""Domains and universes, in every engine: units outside them stay, empty cells are kept; by hand."""

from __future__ import annotations

from math import nan, sqrt
from typing import Any

import pytest

import diplab as dl
from tests.drawn_tables import BY_UNIT, TWO_REGIONS, TWO_WOMEN_TWO_MEN, WEIGHTED, WITH_GAPS


@pytest.mark.parametrize(
    ("drawn", "design", "statistics", "expected"),
    [
        # the third row is neither f nor m
        pytest.param(
            WITH_GAPS,
            {**WEIGHTED, "by": "sex"},
            [dl.count()],
            {"sex": ["f", "m"], "estimate": [3, 24], "missing": {"sex": 1}},
            id="a missing domain is none",
        ),
        # women: mean 2; units -.5, .5, 0, 0: 4/3 * .5 = 2/3. Cut to two rows it would be 2 * .5 = 1
        pytest.param(
            TWO_WOMEN_TWO_MEN,
            {**BY_UNIT, "where": "sex == 'f'"},
            [dl.mean("y")],
            {"estimate": 2, "n": 2, "df": 3, "std_error": sqrt(2 / 3)},
            id="units outside a where stay",
        ),
        pytest.param(
            TWO_WOMEN_TWO_MEN,
            {**BY_UNIT, "universe": "sex == 'f'"},
            [dl.mean("y")],
            {"estimate": 2, "n": 2, "df": 3, "std_error": sqrt(2 / 3)},
            id="units outside a universe stay",
        ),
        # two of the four units hold women
        pytest.param(
            TWO_WOMEN_TWO_MEN,
            {**BY_UNIT, "where": "sex == 'f'", "df": "domain"},
            [dl.mean("y")],
            {"df": 1},
            id="degrees of freedom of the domain",
        ),
        # units (-.5, .5, 0, 0) and (0, 0, -1, 1)
        pytest.param(
            TWO_WOMEN_TWO_MEN,
            {**BY_UNIT, "by": "sex"},
            [dl.mean("y")],
            {
                "sex": ["f", "m"],
                "estimate": [2, 7],
                "n": [2, 2],
                "covariance": [[2 / 3, 0], [0, 8 / 3]],
            },
            id="means of domains",
        ),
        # units (1, 3, 0, 0) about 1 and (0, 0, 5, 9) about 3.5: covariance 4/3 * (0*-3.5 + 2*-3.5 +
        # -1*1.5 + -1*5.5)
        pytest.param(
            TWO_WOMEN_TWO_MEN,
            {**BY_UNIT, "by": "sex"},
            [dl.total("y")],
            {
                "estimate": [4, 14],
                "covariance": [[4 / 3 * 6, 4 / 3 * -14], [4 / 3 * -14, 4 / 3 * 57]],
            },
            id="totals of domains go together",
        ),
        pytest.param(
            "psu sex old y\n1 f 0 1\n2 f 1 2\n3 m 0 3\n4 m 0 5",
            {**BY_UNIT, "by": ["sex", "old"]},
            [dl.mean("y")],
            {"sex": ["f", "f", "m"], "old": [0, 1, 0], "estimate": [1, 2, 4]},
            id="combinations that the file holds",
        ),
        # nobody of b is under 300; the cell keeps its row
        pytest.param(
            TWO_REGIONS,
            {**BY_UNIT, "where": "income < 300", "by": "region"},
            [dl.mean("income")],
            {
                "region": ["a", "b"],
                "flag": ["few units", "empty"],
                "n": [3, 0],
                "estimate": [210, nan],
                **{each: [..., nan] for each in ("std_error", "ci_low", "ci_high", "cv")},
                "deff": [nan, nan],
                "covariance": [[..., nan], [nan, nan]],
            },
            id="an empty cell is kept",
        ),
    ],
)
def test_domains(
    engine: Any,
    estimated: Any,
    holds: Any,
    drawn: str,
    design: dict[str, Any],
    statistics: list[Any],
    expected: dict[str, Any],
) -> None:
    holds(estimated(engine.draw(drawn), *statistics, **design), expected)
