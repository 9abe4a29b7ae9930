"""Strata, stages and finite populations, by hand; the statistic is the total of `y`."""

from __future__ import annotations

from math import sqrt
from typing import Any

import pytest

import diplab as dl
from tests.drawn_tables import FOUR_PEOPLE, HOMES, NESTED, STRATIFIED

TWO_STAGES = """
town home w N1 N2  f1 f2  y
1    1    4  4  4  .5 .5  1
1    2    4  4  4  .5 .5  3
2    1    4  4  4  .5 .5  5
2    2    4  4  4  .5 .5  9
"""
TOWN_WHOLE = "h psu w N y\na 1 2 4 1\na 2 2 4 2\nb 3 1 1 9"


@pytest.mark.parametrize(
    ("design", "variance", "df"),
    [
        pytest.param({}, 6800, 2, id="with replacement"),
        pytest.param({"fpc": "N"}, 3400, 2, id="finite population by counts"),
        pytest.param({"fpc": "f"}, 3400, 2, id="finite population by fractions"),
    ],
)
def test_two_units_in_two_strata(
    engine: Any, estimated: Any, holds: Any, design: dict[str, Any], variance: float, df: int
) -> None:
    """Stratum a: 10, 30 about 20, 2 * 200; stratum b: 80, 160, 2 * 3200; half of it where 2 of 4 were drawn."""
    found = estimated(engine.draw(FOUR_PEOPLE), dl.total("y"), dl.mean("y"), **STRATIFIED, **design)
    holds(found, {"std_error": [sqrt(variance), sqrt(variance) / 60], "df": [df, df]})


@pytest.mark.parametrize(
    ("drawn", "design", "expected"),
    [
        # towns 16 and 56: (1 - 1/2) * 2 * 800 = 800. Homes 4, 12 and 20, 36, times the 1/2 of the
        # towns: 1/2 * 1/2 * (2 * 32 + 2 * 128) = 80
        pytest.param(
            TWO_STAGES,
            {**HOMES, "fpc": ["N1", "N2"]},
            {"estimate": 72, "variance": 880},
            id="two stages by counts",
        ),
        pytest.param(
            TWO_STAGES,
            {**HOMES, "fpc": ["f1", "f2"]},
            {"estimate": 72, "variance": 880},
            id="two stages by fractions",
        ),
        # with replacement: 2 * 800, homes or no homes; with the fpc of towns alone, homes add 1/2 *
        # 320 = 160
        pytest.param(
            TWO_STAGES, HOMES, {"estimate": 72, "variance": 1600}, id="homes without an fpc"
        ),
        pytest.param(
            TWO_STAGES,
            {**HOMES, "psu": "town"},
            {"estimate": 72, "variance": 1600},
            id="towns without an fpc",
        ),
        pytest.param(
            TWO_STAGES,
            {**HOMES, "fpc": "N1"},
            {"estimate": 72, "variance": 960},
            id="fpc of towns alone",
        ),
        # all 2 of 2 towns: only the homes vary, 1/2 * (2 * 32 + 2 * 128) = 160
        pytest.param(
            TWO_STAGES.replace(" 4  4  .5", " 2  4   1"),
            {**HOMES, "fpc": ["N1", "N2"]},
            {"estimate": 72, "variance": 160},
            id="towns taken whole leave the homes",
        ),
        # towns 4 and 12, 2 * 32 = 64; the people in them do not count apart
        pytest.param(
            "town y\n1 1\n1 3\n2 4\n2 8",
            {"psu": "town"},
            {"variance": 64, "df": 1, "n": 4},
            id="clusters",
        ),
    ],
)
def test_stages(
    engine: Any,
    estimated: Any,
    holds: Any,
    drawn: str,
    design: dict[str, Any],
    expected: dict[str, Any],
) -> None:
    holds(estimated(engine.draw(drawn), dl.total("y"), **design), expected)


@pytest.mark.parametrize(
    ("drawn", "design", "expected"),
    [
        # four units in two strata: 2 * 2 + 2 * 8 = 20
        pytest.param(
            NESTED,
            STRATIFIED,
            {"variance": 20, "df": 2},
            id="identifiers start again in each stratum",
        ),
        # strata (a, 1), (a, 2), (b, 1): 2 * 2, 2 * 8, 2 * 2; six units minus three strata
        pytest.param(
            "h k psu y\na 1 1 1\na 1 2 3\na 2 3 4\na 2 4 8\nb 1 5 1\nb 1 6 3",
            {"strata": ["h", "k"], "psu": "psu"},
            {"variance": 24, "df": 3},
            id="strata of two columns",
        ),
        # one of one: nothing was drawn in stratum b, nothing is missing from its variance: a gives
        # 1/2 * 2 * 2
        pytest.param(
            TOWN_WHOLE,
            {**STRATIFIED, "fpc": "N"},
            {"estimate": 15, "variance": 2},
            id="a unit taken whole is not lonely",
        ),
    ],
)
def test_strata(
    engine: Any,
    estimated: Any,
    holds: Any,
    drawn: str,
    design: dict[str, Any],
    expected: dict[str, Any],
) -> None:
    holds(estimated(engine.draw(drawn), dl.total("y"), **design), expected)


@pytest.mark.parametrize(
    ("drawn", "design", "expected"),
    [
        # weights follow from rows at hand only. 2 of 4 towns, 2 of 4 homes: each home stands for 2 *
        # 2 = 4
        pytest.param(
            TWO_STAGES,
            {"psu": ["town", "home"], "fpc": ["N1", "N2"]},
            {"estimate": 72, "variance": 880},
            id="weights follow from the fpc",
        ),
        # 2 of 4 and 2 of 10: each of a stands for 2, each of b for 5: 2 * (1 + 3) + 5 * (2 + 4) = 38
        pytest.param(
            "h N y\na 4 1\na 4 3\nb 10 2\nb 10 4",
            {"strata": "h", "fpc": "N"},
            {"estimate": 38},
            id="weights of strata follow from the fpc",
        ),
        # homes have no fpc: no weight follows
        pytest.param(
            TWO_STAGES,
            {"psu": ["town", "home"], "fpc": "N1"},
            {"estimate": 18},
            id="rows weigh one without every fpc",
        ),
    ],
)
def test_weights_that_follow_from_the_fpc(
    table: Any,
    estimated: Any,
    holds: Any,
    drawn: str,
    design: dict[str, Any],
    expected: dict[str, Any],
) -> None:
    holds(estimated(table(drawn), dl.total("y"), **design), expected)
