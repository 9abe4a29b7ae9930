"""Shares of categories and conditions, and their seven intervals, by hand."""

from __future__ import annotations

from math import asin, exp, log, nan, sin, sqrt
from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.kernel.intervals import SHARE_INTERVALS
from tests.conftest import BY_HAND, EDGES
from tests.drawn_tables import CONTRACTS, STUDENT_4, WEIGHTED

# contract open in `CONTRACTS`: residuals times w are 4, -6, 8, -6, and 0 for the fifth, who did not answer
P, SE = 0.6, sqrt(5 / 4 * 152) / 50
SIZE = P * (1 - P) / SE**2


@EDGES
@pytest.mark.parametrize(
    ("drawn", "design", "statistics", "expected"),
    [
        # of 50 who answered: 10 fixed, 10 none, 30 open; the fifth did not answer
        pytest.param(
            CONTRACTS,
            WEIGHTED,
            [dl.share("contract")],
            {
                "category": ["fixed", "none", "open"],
                "estimate": [0.2, 0.2, 0.6],
                "n": [4, 4, 4],
                "missing": {"contract": 1},
            },
            id="share of every category",
        ),
        pytest.param(
            CONTRACTS,
            WEIGHTED,
            [dl.share("contract == 'open'")],
            {"category": "", "estimate": P, "std_error": SE},
            id="share of a condition",
        ),
        # pay under 20: 20 + 10 of 50 who told their pay
        pytest.param(
            CONTRACTS,
            WEIGHTED,
            [dl.share("pay < 20")],
            {"estimate": 0.6, "n": 4},
            id="a condition on a missing answer is missing",
        ),
        # 10 + 10 of 60, one row and not two
        pytest.param(
            CONTRACTS,
            WEIGHTED,
            [dl.share("late")],
            {"estimate": 1 / 3},
            id="a column of true and false is a condition",
        ),
        # pay of at least 15: fixed and open, nobody with `none`; its share is zero, not absent
        pytest.param(
            CONTRACTS,
            {**WEIGHTED, "where": "pay >= 15"},
            [dl.share("contract")],
            {"category": ["fixed", "none", "open"], "estimate": [0.5, 0, 0.5]},
            id="categories of the file stay",
        ),
    ],
)
def test_shares(
    engine: Any,
    estimated: Any,
    holds: Any,
    drawn: str,
    design: dict[str, Any],
    statistics: list[Any],
    expected: dict[str, Any],
) -> None:
    holds(estimated(engine.draw(drawn), *statistics, **design), expected)


def on_the_log_odds(side: float) -> float:
    odds = exp(log(P / (1 - P)) + side * STUDENT_4 * SE / (P * (1 - P)))
    return odds / (1 + odds)


# p = .6, se = .27568, t(4) = 2.7764: plain, on the log-odds, on the arcsine root
ENDS = {
    "wald": (P - STUDENT_4 * SE, P + STUDENT_4 * SE),
    "logit": (on_the_log_odds(-1), on_the_log_odds(1)),
    "xlogit": (on_the_log_odds(-1), on_the_log_odds(1)),
    # asin(sqrt(.6)) = .886 -/+ .781: the high end stays under pi / 2 = 1.571 only when held there
    "asin": (sin(asin(sqrt(P)) - STUDENT_4 * SE / (2 * sqrt(P * (1 - P)))) ** 2, 1.0),
}


def of_open(data: Any, estimated: Any, interval: str) -> list[float]:
    share = dl.share("contract == 'open'", interval=interval)
    return estimated(data, share, **WEIGHTED).frame.iloc[0][["ci_low", "ci_high"]].tolist()


@BY_HAND
@pytest.mark.parametrize("interval", ENDS)
def test_intervals(engine: Any, estimated: Any, interval: str) -> None:
    found = of_open(engine.draw(CONTRACTS), estimated, interval)
    assert found == pytest.approx(ENDS[interval], rel=1e-9)
    # .6 + 2.7764 * .27568 = 1.365 leaves the unit interval
    assert (found[1] <= 1) == (interval != "wald")


@BY_HAND
def test_wilson(engine: Any, estimated: Any) -> None:
    """p = .6, se = .27568, so that n* = .24 / .076 = 3.158, and k = t^2 / n* = 7.7086 / 3.158 = 2.441: the centre is
    (.6 + 1.2205) / 3.441 = .52906, half the length sqrt(2.441 * .24 + 1.4896) / 3.441 = .41866.
    """
    found = of_open(engine.draw(CONTRACTS), estimated, "wilson")
    assert found == pytest.approx([0.52906 - 0.41866, 0.52906 + 0.41866], abs=2e-5)
    for end in found:
        assert (end - P) ** 2 == pytest.approx(STUDENT_4**2 * end * (1 - end) / SIZE, rel=1e-9)
    # Four answered: n* is divided by 4 / 3. At each end 2 n* (p log(p/q) + (1-p) log((1-p)/(1-q)))
    # = t^2.
    found = of_open(engine.draw(CONTRACTS), estimated, "likelihood")
    assert 0 < found[0] < P < found[1] < 1
    for end in found:
        fall = P * log(P / end) + (1 - P) * log((1 - P) / (1 - end))
        assert 2 * SIZE * 3 / 4 * fall == pytest.approx(STUDENT_4**2, rel=1e-9)


@pytest.mark.parametrize("interval", SHARE_INTERVALS)
def test_every_interval_of_a_share(table: Any, estimated: Any, interval: str) -> None:
    """Yes and no mirror each other. Weights of 10, 10, 20 and 10 make four respondents worth 50^2 / 700 = 25/7 (Kish
    1965), of whom none is at most 1 - .025^(7/25) = .6440, and all the rest of it (Clopper and
    Pearson 1934)."""
    asked = [
        dl.share(each, interval=interval)
        for each in ("pay < 18", "pay >= 18", "pay > 99", "pay > 1")
    ]
    frame = estimated(table(CONTRACTS), *asked, **WEIGHTED).frame
    low, high = frame["ci_low"].tolist(), frame["ci_high"].tolist()
    assert low[:2] == pytest.approx([1 - high[1], 1 - high[0]], rel=1e-9, abs=1e-12)
    assert (frame["estimate"].tolist()[2:], frame["std_error"].tolist()[2:]) == ([0, 1], [0, 0])
    if interval != "wald":
        assert low[2:] == pytest.approx([0, 0.025**0.28], rel=1e-9)
        assert high[2:] == pytest.approx([1 - 0.025**0.28, 1], rel=1e-9)
    # a: two units that differ; b: one respondent; c: nobody answered; d: no weight.
    drawn = table("psu g w yes\n1 a 1 1\n2 a 1 0\n3 b 1 1\n4 c 1 .\n5 d 0 1\n6 d 0 0")
    found = estimated(drawn, dl.share("yes == 1", interval=interval), by="g", **WEIGHTED).frame
    assert found["n"].tolist() == [2, 1, 0, 0]
    assert found["flag"].tolist() == ["few units", "one respondent", "empty", "empty"]
    assert found["estimate"].tolist() == pytest.approx([0.5, 1.0, nan, nan], nan_ok=True)
    bounds = found[["ci_low", "ci_high"]]
    # one respondent is the exact interval of 1 of 1, or has none
    assert bounds.isna().all(axis=1).tolist() == [False, interval == "wald", True, True]
    assert found["std_error"].isna().tolist() == [False, True, True, True]
    if interval != "wald":
        assert ((bounds[:2] >= 0) & (bounds[:2] <= 1)).all(axis=None)


def test_a_share_of_none_rests_on_what_clustered_respondents_are_worth() -> None:
    """By hand: 400 respondents in 8 units of 50. Alone, nothing tells how alike those of a unit are, and they count for
    8: at most 1 - .025^(1/8) = .369. Beside a share of .25 that goes half by unit, its design
    effect tells.
    """
    unit = np.repeat(np.arange(8), 50)
    place = np.tile(np.arange(50), 8)
    people = pd.DataFrame(
        {"c": unit, "never": 0, "some": np.where(unit < 4, place < 20, place < 5) * 1, "w": 1.0}
    )
    people["sex"] = np.where(place % 2, "f", "m")
    people["women"] = np.where((place % 2 == 1) & (place < 30), 1, 0)
    sample = dl.declare_design(people, psu="c")
    alone = dl.estimate(sample, dl.share("never == 1"))
    assert alone.frame["ci_high"].item() == pytest.approx(1 - 0.025 ** (1 / 8))
    assert alone.provenance.rules["edge_correlation"] == "1"
    both = dl.estimate(sample, dl.share("never == 1"), dl.share("some == 1"), dl.mean("never"))
    # unit totals are 20 or 5: V = 8 / 7 * 8 * 7.5^2 / 400^2, deff = V / (.25 * .75 / 400), rho =
    # (deff - 1) / 49
    effect = 8 / 7 * 8 * 7.5**2 / 400**2 / (0.25 * 0.75 / 400)
    size = 400 / effect
    assert both.frame["std_error"][1] ** 2 == pytest.approx(effect * 0.25 * 0.75 / 400)
    assert both.frame["ci_high"][[0, 2]].tolist() == pytest.approx([1 - 0.025 ** (1 / size)] * 2)
    assert both.frame["ci_low"][[0, 2]].tolist() == [0, 0]
    assert float(both.provenance.rules["edge_correlation"]) == pytest.approx(
        (effect - 1) / 49, abs=0.005
    )
    assert "a correlation of" in str(dl.table(both).sheet.notes)
    # persons drawn one by one are as many as they are
    persons = dl.estimate(dl.declare_design(people), dl.share("never == 1"))
    assert persons.frame["ci_high"].item() == pytest.approx(1 - 0.025 ** (1 / 400))
    assert "edge_correlation" not in persons.provenance.rules
    # a mean of 0 and 1 and a table say what the share says, and a comparison takes it up
    means, shares = (
        dl.estimate(sample, each, by="sex") for each in (dl.mean("women"), dl.share("women == 1"))
    )
    assert means.frame["ci_high"][1] == pytest.approx(shares.frame["ci_high"][1])
    table = dl.crosstab(sample, "sex", "women", shares="row").frame
    assert table["ci_high"][table["estimate"] == 0].item() == pytest.approx(
        shares.frame["ci_high"][1]
    )
    assert (means.frame["estimate"][1], means.frame["ci_low"][0] > 0) == (0, True)
    for one in (means, shares):
        found = dl.contrast(one, {"alone": {"m": 1.0}}).frame
        assert found["ci_high"].item() == pytest.approx(shares.frame["ci_high"][1])
    # so does the mean of a condition that nobody or everybody meets
    conditions = dl.mean("never == 1"), dl.mean("not never == 1")
    met = dl.estimate(sample, dl.share("some == 1"), *conditions).frame.iloc[1:]
    assert met["ci_high"].tolist() == pytest.approx([1 - 0.025 ** (1 / size), 1])
    assert met["ci_low"].tolist() == pytest.approx([0, 0.025 ** (1 / size)])
    # nothing is said of amounts
    assert dl.estimate(sample, dl.mean("w")).frame[["ci_low", "ci_high"]].iloc[0].tolist() == [1, 1]
