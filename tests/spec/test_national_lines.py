"""Poverty lines of everybody, of a universe and of domains, and the error of rates under them, by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from tests.conftest import BY_HAND
from tests.drawn_tables import BY_UNIT, TWO_REGIONS

OF_DOMAIN = {"threshold_on": "domain"}


@BY_HAND
@pytest.mark.parametrize(
    ("drawn", "design", "statistics", "expected"),
    [
        # median 500, line 300: everybody of a is under it, nobody of b; 3 of 7 in all
        pytest.param(
            TWO_REGIONS, BY_UNIT, [dl.arpr("income")], {"estimate": 3 / 7}, id="a threshold"
        ),
        pytest.param(
            TWO_REGIONS,
            {**BY_UNIT, "where": "region == 'a'"},
            [dl.arpr("income")],
            {"estimate": 1},
            id="a threshold stays national where",
        ),
        pytest.param(
            TWO_REGIONS,
            {**BY_UNIT, "by": "region"},
            [dl.arpr("income"), dl.arpt("income")],
            {"estimate": [1, 0, 300, 300]},
            id="a threshold stays national by",
        ),
        # in a alone: median 250, line 150, one of three under it
        pytest.param(
            TWO_REGIONS,
            {**BY_UNIT, "universe": "region == 'a'"},
            [dl.arpt("income"), dl.arpr("income")],
            {"estimate": [150, 1 / 3]},
            id="a universe moves the threshold",
        ),
        # a: 150, one of three; b: median midway 650, line 390, nobody
        pytest.param(
            TWO_REGIONS,
            {**BY_UNIT, "by": "region"},
            [dl.arpt("income", **OF_DOMAIN), dl.arpr("income", **OF_DOMAIN)],
            {"estimate": [150, 390, 1 / 3, 0]},
            id="thresholds of domains",
        ),
        # incomes above 100: 250, 280, 500, 600, 700, 800, median midway 550, line 330; b holds nobody
        # under it
        pytest.param(
            TWO_REGIONS,
            {**BY_UNIT, "where": "region == 'a'", "universe": "income > 100"},
            [dl.arpt("income"), dl.arpr("income"), dl.mean("income")],
            {"estimate": [330, 1, 265], "n": [2, 2, 2]},
            id="where and universe hold together",
        ),
    ],
)
def test_lines_of_everybody_and_of_domains(
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
def test_std_error_of_a_domain_rate_counts_everybody(engine: Any, estimated: Any) -> None:
    """Deville's variable, written out here with plain numpy: the rate's own part in the domain, and the part of
    the national median, f_d(line) z(line), on everybody. Cutting it at the domain's edge changes
    the answer.
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

    people = engine(
        pd.DataFrame({"psu": range(8), "region": np.where(inside, "a", "b"), "income": y})
    )
    for how in ({"where": "region == 'a'"}, {"by": "region"}):
        row = estimated(people, dl.arpr("income"), **BY_UNIT, **how).frame.iloc[0]
        assert row["estimate"] == pytest.approx(0.25, rel=1e-12)
        assert row["std_error"] == pytest.approx(error(whole), rel=1e-10)
    assert error(whole) > 1.01 * error(cut)
