"""Running totals along an order, mapped back to the rows: in every engine, by domain, under replicates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import diplab as dl
from diplab.estimators.statistic import Linearised, statistic
from diplab.kernel.quantiles import running_totals
from diplab.sampling.expression import log, only_where, power

PEOPLE = "psu g w income pension\n1 a 1 10 7\n2 a 2 20 .\n3 a 1 20 1\n4 b 3 5 .\n5 b 1 40 2"


@statistic(kind="amount")
def climbed(totals: Any, y: Any) -> Linearised:
    """Sum of w y (at or below + below), a total of incomes at or below nested in it left beside."""
    both = y * (totals.at_or_below(y) + totals.below(y))
    (found,) = totals(both)

    def again(others: Any) -> Any:
        return others(y * (others.at_or_below(y) + others.below(y)))[0]

    return Linearised(found, both, replicated=again)


@statistic(kind="amount")
def nested(totals: Any, y: Any) -> Linearised:
    """Sum of w times the total, at or below, of incomes times the weight below these."""
    inner = totals.at_or_below(y, y * totals.below(y))
    return Linearised(totals(inner)[0], inner)


@statistic(kind="amount")
def squared(totals: Any, y: Any) -> Linearised:
    return Linearised(totals(y * totals.weight)[0], y * totals.weight)


@statistic(kind="amount")
def functions(totals: Any, y: Any, pension: Any) -> Linearised:
    """Logarithm, root, inverse, and pensions of those at 20 or less."""
    each = log(y) + power(y, 0.5) + power(y, -1.0)
    kept = only_where(y <= 20.0, pension)
    return Linearised(totals(each + kept)[0], each)


def points(engine: Any, what: Any, **options: Any) -> list[float]:
    sample = dl.declare_design(engine.draw(PEOPLE), weights="w", psu="psu")
    found: list[float] = dl.estimate(sample, what, **options).frame["estimate"].tolist()
    return found


def test_totals_along_an_order(engine: Any) -> None:
    """Order 5 (3), 10 (1), 20 (3 in two rows), 40 (1): 3*5*3 + 10*(4+3) + 60*(7+4) + 40*(8+7) = 1375.

    In a: 10*1 + 60*(4+1) = 310; in b: 3*5*3 + 40*(4+3) = 325.
    """
    assert points(engine, climbed("income")) == pytest.approx([1375], rel=1e-12)
    assert points(engine, climbed("income"), by="g") == pytest.approx([310, 325], rel=1e-12)
    # w y times the weight below: 0, 10*3 = 30, 60*4 = 240, 40*7 = 280; at or below: 0, 30, 270,
    # 550. Over people: 3*0 + 1*30 + 3*270 + 1*550 = 1390
    assert points(engine, nested("income")) == pytest.approx([1390], rel=1e-12)
    # 10 + 4*20 + 20 + 9*5 + 40 = 195
    assert points(engine, squared("income")) == pytest.approx([195], rel=1e-12)
    # those with both answers: 10 (w 1, pension 7), 20 (w 1, pension 1), 40 (w 1; above 20, its
    # pension counts 0)
    y = np.array([10.0, 20.0, 40.0])
    by_hand = float((np.log(y) + np.sqrt(y) + 1 / y).sum()) + 7 + 1
    assert points(engine, functions("income", "pension")) == pytest.approx([by_hand], rel=1e-12)


def test_under_replicates_each_has_its_own_order(engine: Any) -> None:
    """Jackknife of five units, weights 5/4 of the others: the sum is quadratic in the weights.

    Without unit 1 (10): 3*5*3 + 60*(6+3) + 40*(7+6) = 1105, times (5/4)^2; and so on. Spread around
    their mean.
    """
    sample = dl.declare_design(engine.draw(PEOPLE), weights="w", psu="psu")
    held = sample.collect()
    found = (
        dl.estimate(dl.make_replicates(held, "jk1"), climbed("income")).frame["std_error"].item()
    )
    y, w = np.array([10.0, 20, 20, 5, 40]), np.array([1.0, 2, 1, 3, 1])

    def whole(weights: Any) -> float:
        return float(
            sum(weights * y * [weights[y <= each].sum() + weights[y < each].sum() for each in y])
        )

    assert whole(w) == 1375
    without = [whole(np.where(np.arange(5) == out, 0, w * 5 / 4)) for out in range(5)]
    assert without[0] == pytest.approx(1105 * 25 / 16)
    spread = 4 / 5 * np.sum((np.array(without) - np.mean(without)) ** 2)
    assert found == pytest.approx(spread**0.5, rel=1e-12)


def test_order_of_tied_rows_does_not_count() -> None:
    starts, y = np.array([0, 2, 2, 5]), np.array([1.0, 1.0, 1.0, 2.0, 2.0])
    mass = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    assert running_totals(starts, y, mass).tolist() == [3, 3, 4, 28, 28]
    assert running_totals(starts, y, mass, own=0.0).tolist() == [0, 0, 0, 4, 4]
    assert running_totals(np.array([0, 0]), y[:0], mass[:0]).size == 0
