"""Totals, means, counts, ratios and shares of everybody, of domains and of universes: by hand, in every engine."""

from __future__ import annotations

import sys
from math import asin, exp, log, nan, sin, sqrt
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pytest

import diplab as dl
from diplab.kernel.intervals import SHARE_INTERVALS

FOUR = "psu h sex w y N f\n1 a f 10 1 4 .5\n2 a f 10 3 4 .5\n3 b m 20 4 4 .5\n4 b m 20 8 4 .5"
EVEN = "psu sex y\n1 f 1\n2 f 3\n3 m 5\n4 m 9"
ZERO = "psu w y\n1 10 1\n2 10 3\n3 0 100"
PAY = "psu pay hours\n1 10 5\n2 30 5\n3 50 .\n4 . 5"
FIVE = """
psu  w contract pay late
1   10 open      20 True
2   10 fixed     30 False
3   20 open       5 False
4   10 none       .  True
5   10 .         15 False
"""
HOLES = "psu w sex y x\n1 1 f 1 1\n2 2 f . 0\n3 4 . 5 1\n4 8 m 9 .\n5 16 m . ."
SEVEN = "psu region income\n1 a 100\n2 a 250\n3 a 280\n4 b 500\n5 b 600\n6 b 700\n7 b 800"
T3, T4 = 3.182446305284263, 2.7764451051977987  # Student, 97.5 % (printed tables: 3.182 and 2.776)
P, SE = 0.6, sqrt(5 / 4 * 152) / 50
SIZE = P * (1 - P) / SE**2
UNITS = {"psu": "psu"}
WEIGHTED = {"weights": "w", "psu": "psu"}
STRATA = {**WEIGHTED, "strata": "h"}
# 4, -6, 8, -6, and 0 for the fifth: the residuals of `open` times w
OPEN = dl.share("contract == 'open'")
OF_DOMAIN = {"threshold_on": "domain"}

BY_HAND: dict[str, tuple[str, dict[str, Any], list[Any], dict[str, Any]]] = {
    # 10*1 + 10*3 + 20*4 + 20*8 = 280. Units 10, 30, 80, 160 about 70: 4/3 * 13400
    "total": (FOUR, WEIGHTED, [dl.total("y")],
        {"estimate": 280, "std_error": sqrt(4 / 3 * 13400), "cv": sqrt(4 / 3 * 13400) / 280, "df": 3, "n": 4,
        "flag": "few units", "ci_low": 280 - T3 * sqrt(4 / 3 * 13400), "ci_high": 280 + T3 * sqrt(4 / 3 * 13400),
        "statistic": "total", "variable": "y", "category": ""}),
    "rows are units where no unit is named": (FOUR, {"weights": "w"}, [dl.total("y")],
        {"std_error": sqrt(4 / 3 * 13400)}),
    # 280 / 60 = 14/3. Residuals times w: -110/3, -50/3, -40/3, 200/3, squares 56200/9, over 60^2.
    # Design effect: weighted S^2 of the residuals is 4/3 * (3540/9) / 60; simple random sampling:
    # (1 - 4/60) S^2 / 4
    "mean": (FOUR, WEIGHTED, [dl.mean("y")],
        {"estimate": 14 / 3, "std_error": sqrt(4 / 3 * 56200 / 9) / 60,
        "deff": (4 / 3 * 56200 / 9 / 3600) / ((1 - 4 / 60) * (4 / 3 * (3540 / 9) / 60) / 4)}),
    # four people of weight 1 stand for four people: nothing was sampled, and the denominator is
    # zero
    "no design effect where everyone answered": (FOUR, UNITS, [dl.mean("y")], {"estimate": 4, "deff": nan}),
    # 60 people; units 10, 10, 20, 20 about 15: 4/3 * 100
    "count": (FOUR, WEIGHTED, [dl.count()], {"estimate": 60, "std_error": sqrt(400 / 3)}),
    # units (10, 10), (30, 10), (80, 20), (160, 20) about (70, 15): 4/3 * (300 + 200 + 50 + 450)
    "covariance of a total and a count": (FOUR, WEIGHTED, [dl.total("y"), dl.count()],
        {"covariance": [[4 / 3 * 13400, 4 / 3 * 1000], [4 / 3 * 1000, 4 / 3 * 100]]}),
    # 2 * 14/3 - 1
    "an expression": (FOUR, WEIGHTED, [dl.mean("2 * y - 1")], {"estimate": 25 / 3}),
    # stratum a: 10, 30 about 20: 2 * 200; stratum b: 80, 160: 2 * 3200; half of it where 2 of 4
    # were drawn
    "strata": (FOUR, STRATA, [dl.total("y"), dl.mean("y")], {"std_error": [sqrt(6800), sqrt(6800) / 60], "df": [2, 2]}),
    **{f"finite population by {fpc}": (FOUR, {**STRATA, "fpc": fpc}, [dl.total("y"), dl.mean("y")],
        {"std_error": [sqrt(3400), sqrt(3400) / 60], "df": [2, 2]}) for fpc in "Nf"},
    # mean (10 + 30) / 20 = 2 of two people; three units: -.5, .5, 0, so 3/2 * .5; two of them have
    # weight
    "zero weights are units, not respondents": (ZERO, WEIGHTED, [dl.mean("y")],
        {"estimate": 2, "n": 2, "df": 1, "std_error": sqrt(0.75)}),
    # 40 / 10 = 4 over the first two; z = (pay - 4 hours) / 10 = -1, 1, and 0, 0: 4/3 * 2
    "ratio of rows that answer both": (PAY, UNITS, [dl.ratio("pay", "hours")],
        {"estimate": 4, "n": 2, "variable": "pay / hours", "std_error": sqrt(8 / 3), "missing": {"pay / hours": 2}}),
    # 30 is the mean of 10, 30, 50; (-20, 0, 20, 0) / 3: 4/3 * 800 / 9
    "ratio to one is the mean": (PAY, UNITS, [dl.ratio("pay", "1"), dl.mean("pay")],
        {"estimate": [30, 30], "std_error": [sqrt(4 / 3 * 800 / 9)] * 2}),
    "ratio to nothing": ("psu pay hours\n1 10 0\n2 20 0", UNITS, [dl.ratio("pay", "hours")],
        {**dict.fromkeys(["estimate", "std_error", "ci_low", "ci_high", "deff"], nan), "n": 2, "flag": "undefined"}),
    # hourly pay of each row: 10/5 = 2, 30/5 = 6, and none where hours are zero or missing: mean 4
    # of 2
    "a row divided by zero": ("psu pay hours\n1 10 5\n2 30 5\n3 50 0\n4 50 .", UNITS, [dl.mean("pay / hours")],
        {"estimate": 4, "n": 2}),
    # of 50 who answered: 10 fixed, 10 none, 30 open; the fifth did not answer
    "share of every category": (FIVE, WEIGHTED, [dl.share("contract")],
        {"category": ["fixed", "none", "open"], "estimate": [0.2, 0.2, 0.6], "n": [4, 4, 4],
        "missing": {"contract": 1}}),
    "share of a condition": (FIVE, WEIGHTED, [OPEN], {"category": "", "estimate": P, "std_error": SE}),
    # pay under 20: 20 + 10 of 50 who told their pay
    "a condition on a missing answer is missing": (FIVE, WEIGHTED, [dl.share("pay < 20")], {"estimate": 0.6, "n": 4}),
    # 10 + 10 of 60, one row and not two
    "a column of true and false is a condition": (FIVE, WEIGHTED, [dl.share("late")], {"estimate": 1 / 3}),
    # pay of at least 15: fixed and open, nobody with `none`; its share is zero, not absent
    "categories of the file stay": (FIVE, {**WEIGHTED, "where": "pay >= 15"}, [dl.share("contract")],
        {"category": ["fixed", "none", "open"], "estimate": [0.5, 0, 0.5]}),
    # (1 + 20 + 72) / 13 over three answers
    "missing answers are counted": (HOLES, WEIGHTED, [dl.mean("y")],
        {"estimate": 93 / 13, "n": 3, "missing": {"y": 2}}),
    # the third row is neither f nor m
    "a missing domain is none": (HOLES, {**WEIGHTED, "by": "sex"}, [dl.count()],
        {"sex": ["f", "m"], "estimate": [3, 24], "missing": {"sex": 1}}),
    # women: mean 2; units -.5, .5, 0, 0: 4/3 * .5 = 2/3. Cut to two rows it would be 2 * .5 = 1
    **{f"units outside a {how} stay": (EVEN, {**UNITS, how: "sex == 'f'"}, [dl.mean("y")],
        {"estimate": 2, "n": 2, "df": 3, "std_error": sqrt(2 / 3)}) for how in ("where", "universe")},
    # two of the four units hold women
    "degrees of freedom of the domain": (EVEN, {**UNITS, "where": "sex == 'f'", "df": "domain"}, [dl.mean("y")],
        {"df": 1}),
    # units (-.5, .5, 0, 0) and (0, 0, -1, 1)
    "means of domains": (EVEN, {**UNITS, "by": "sex"}, [dl.mean("y")],
        {"sex": ["f", "m"], "estimate": [2, 7], "n": [2, 2], "covariance": [[2 / 3, 0], [0, 8 / 3]]}),
    # units (1, 3, 0, 0) about 1 and (0, 0, 5, 9) about 3.5: covariance 4/3 * (0*-3.5 + 2*-3.5 +
    # -1*1.5 + -1*5.5)
    "totals of domains go together": (EVEN, {**UNITS, "by": "sex"}, [dl.total("y")],
        {"estimate": [4, 14], "covariance": [[4 / 3 * 6, 4 / 3 * -14], [4 / 3 * -14, 4 / 3 * 57]]}),
    "combinations that the file holds": ("psu sex old y\n1 f 0 1\n2 f 1 2\n3 m 0 3\n4 m 0 5",
        {**UNITS, "by": ["sex", "old"]}, [dl.mean("y")],
        {"sex": ["f", "f", "m"], "old": [0, 1, 0], "estimate": [1, 2, 4]}),
    # median 500, line 300: everybody of a is under it, nobody of b; 3 of 7 in all
    "a threshold": (SEVEN, UNITS, [dl.arpr("income")], {"estimate": 3 / 7}),
    "a threshold stays national where": (SEVEN, {**UNITS, "where": "region == 'a'"}, [dl.arpr("income")],
        {"estimate": 1}),
    "a threshold stays national by": (SEVEN, {**UNITS, "by": "region"}, [dl.arpr("income"), dl.arpt("income")],
        {"estimate": [1, 0, 300, 300]}),
    # in a alone: median 250, line 150, one of three under it
    "a universe moves the threshold": (SEVEN, {**UNITS, "universe": "region == 'a'"},
        [dl.arpt("income"), dl.arpr("income")], {"estimate": [150, 1 / 3]}),
    # a: 150, one of three; b: median midway 650, line 390, nobody
    "thresholds of domains": (SEVEN, {**UNITS, "by": "region"},
        [dl.arpt("income", **OF_DOMAIN), dl.arpr("income", **OF_DOMAIN)], {"estimate": [150, 390, 1 / 3, 0]}),
    # incomes above 100: 250, 280, 500, 600, 700, 800, median midway 550, line 330; b holds nobody
    # under it
    "where and universe hold together": (SEVEN, {**UNITS, "where": "region == 'a'", "universe": "income > 100"},
        [dl.arpt("income"), dl.arpr("income"), dl.mean("income")], {"estimate": [330, 1, 265], "n": [2, 2, 2]}),
    # nobody of b is under 300; the cell keeps its row
    "an empty cell is kept": (SEVEN, {**UNITS, "where": "income < 300", "by": "region"}, [dl.mean("income")],
        {"region": ["a", "b"], "flag": ["few units", "empty"], "n": [3, 0], "estimate": [210, nan],
        **{each: [..., nan] for each in ("std_error", "ci_low", "ci_high", "cv")}, "deff": [nan, nan],
        "covariance": [[..., nan], [nan, nan]]}),
}  # fmt: skip


@pytest.mark.parametrize("case", BY_HAND)
def test_by_hand(engine: Any, estimated: Any, holds: Any, case: str) -> None:
    drawn, how, statistics, expected = BY_HAND[case]
    holds(estimated(engine.draw(drawn), *statistics, **how), expected)


def test_confidence_and_the_normal_distribution(engine: Any, estimated: Any) -> None:
    """90 %, 3 degrees of freedom: 2.353363; normal at 95 %: 1.959964 (printed tables)."""
    for options, quantile in (({"confidence": 0.9}, 2.353363), ({"df": "infinity"}, 1.959964)):
        row = estimated(engine.draw(FOUR), dl.total("y"), **WEIGHTED, **options).frame.iloc[0]
        assert (row["ci_high"] - 280) / row["std_error"] == pytest.approx(quantile, abs=5e-7)


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
        row = estimated(people, dl.arpr("income"), **UNITS, **how).frame.iloc[0]
        assert row["estimate"] == pytest.approx(0.25, rel=1e-12)
        assert row["std_error"] == pytest.approx(error(whole), rel=1e-10)
    assert error(whole) > 1.01 * error(cut)


def on_the_log_odds(side: float) -> float:
    odds = exp(log(P / (1 - P)) + side * T4 * SE / (P * (1 - P)))
    return odds / (1 + odds)


# p = .6, se = .27568, t(4) = 2.7764: plain, on the log-odds, on the arcsine root
ENDS = {
    "wald": (P - T4 * SE, P + T4 * SE),
    "logit": (on_the_log_odds(-1), on_the_log_odds(1)),
    "xlogit": (on_the_log_odds(-1), on_the_log_odds(1)),
    # asin(sqrt(.6)) = .886 -/+ .781: the high end stays under pi / 2 = 1.571 only when held there
    "asin": (sin(asin(sqrt(P)) - T4 * SE / (2 * sqrt(P * (1 - P)))) ** 2, 1.0),
}


def of_open(data: Any, estimated: Any, interval: str) -> list[float]:
    share = dl.share("contract == 'open'", interval=interval)
    return estimated(data, share, **WEIGHTED).frame.iloc[0][["ci_low", "ci_high"]].tolist()


@pytest.mark.parametrize("interval", ENDS)
def test_intervals(engine: Any, estimated: Any, interval: str) -> None:
    found = of_open(engine.draw(FIVE), estimated, interval)
    assert found == pytest.approx(ENDS[interval], rel=1e-9)
    # .6 + 2.7764 * .27568 = 1.365 leaves the unit interval
    assert (found[1] <= 1) == (interval != "wald")


def test_wilson(engine: Any, estimated: Any) -> None:
    """p = .6, se = .27568, so that n* = .24 / .076 = 3.158, and k = t^2 / n* = 7.7086 / 3.158 = 2.441: the centre is
    (.6 + 1.2205) / 3.441 = .52906, half the length sqrt(2.441 * .24 + 1.4896) / 3.441 = .41866.
    """
    found = of_open(engine.draw(FIVE), estimated, "wilson")
    assert found == pytest.approx([0.52906 - 0.41866, 0.52906 + 0.41866], abs=2e-5)
    for end in found:
        assert (end - P) ** 2 == pytest.approx(T4**2 * end * (1 - end) / SIZE, rel=1e-9)
    # Four answered: n* is divided by 4 / 3. At each end 2 n* (p log(p/q) + (1-p) log((1-p)/(1-q)))
    # = t^2.
    found = of_open(engine.draw(FIVE), estimated, "likelihood")
    assert 0 < found[0] < P < found[1] < 1
    for end in found:
        fall = P * log(P / end) + (1 - P) * log((1 - P) / (1 - end))
        assert 2 * SIZE * 3 / 4 * fall == pytest.approx(T4**2, rel=1e-9)


@pytest.mark.parametrize("interval", SHARE_INTERVALS)
def test_every_interval_of_a_share(table: Any, estimated: Any, interval: str) -> None:
    """Yes and no mirror each other. Weights of 10, 10, 20 and 10 make four respondents worth 50^2 / 700 = 25/7 (Kish
    1965), of whom none is at most 1 - .025^(7/25) = .6440, and all the rest of it (Clopper and
    Pearson 1934)."""
    asked = [
        dl.share(each, interval=interval)
        for each in ("pay < 18", "pay >= 18", "pay > 99", "pay > 1")
    ]
    frame = estimated(table(FIVE), *asked, **WEIGHTED).frame
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


def with_nan_and_null(engine: Any) -> Any:
    """One row 1, one NaN, one null, one 4, as the engine can hold them."""
    frame = pl.DataFrame(
        {"psu": [1, 2, 3, 4], "w": [1.0, 2.0, 4.0, 8.0], "y": [1.0, nan, None, 4.0]}
    )
    if engine.name == "polars":
        return frame.lazy()
    return frame.to_pandas() if engine.name == "pandas" else engine.relation(frame)


def test_nan_and_divisions_by_zero_are_missing_like_null(engine: Any, estimated: Any) -> None:
    """Mean (1 + 32) / 9 of two answers; nothing about NaN is above 2, or not above 2."""
    asked = [dl.mean("y"), dl.median("y"), dl.share("y > 2"), dl.share("not (y > 2)")]
    frame = estimated(with_nan_and_null(engine), *asked, **WEIGHTED).frame
    assert frame["estimate"].tolist() == pytest.approx([33 / 9, 4, 8 / 9, 1 / 9], rel=1e-12)
    assert frame["n"].tolist() == [2, 2, 2, 2]
    assert estimated(with_nan_and_null(engine), dl.count(), by="y", **WEIGHTED).frame[
        "y"
    ].tolist() == [1, 4]
    # engines order NaN above every number, or below none; here it is no answer, in all of them
    conditions = [
        (nw.col("y") > 2, 8),
        (~(nw.col("y") > 2), 1),
        (nw.col("y") != 4, 1),
        (nw.col("y") < 9, 9),
    ]
    for condition, weight in conditions:
        found = estimated(with_nan_and_null(engine), dl.count(), where=condition, **WEIGHTED)
        assert found.frame["estimate"].tolist() == [weight]
    sample = dl.declare_design(engine.draw("y z x\n1 2 0\n2 1 2\n4 5 4\n7 9 1"))
    assert dl.estimate(sample, dl.mean("y / x")).frame[["estimate", "n"]].values.tolist() == [
        [3.0, 3.0]
    ]
    together = dl.estimate(sample, dl.mean(["y", "z"])).sum()
    assert together == pytest.approx(
        (7.75, dl.estimate(sample, dl.mean("y + z")).frame["std_error"].item())
    )


def test_pandas_extension_types_are_read_alike(estimated: Any) -> None:
    """Nullable integers, words and booleans of pandas: mean 2 of (1, 3), one answer missing in each."""
    values = {"Int64": [1, None, 3], "string": ["a", "b", None], "boolean": [True, None, False]}
    frame = pd.DataFrame({kind: pd.array(each, dtype=kind) for kind, each in values.items()})
    found = estimated(frame, dl.mean("Int64"), dl.share("string == 'a'"), dl.share("boolean")).frame
    assert found["estimate"].tolist() == pytest.approx([2, 0.5, 0.5], rel=1e-12)
    assert found["n"].tolist() == [2, 2, 2]


def test_estimates_go_to_polars_with_one_type_a_column(
    monkeypatch: pytest.MonkeyPatch, refused: Any
) -> None:
    people = pd.DataFrame(
        {"code": [1.0, 2.0, 1.0, 2.0], "pay": [1.0, 2.0, 4.0, 8.0], "all": [5.0] * 4}
    )
    found = dl.estimate(
        dl.declare_design(people), dl.share("code"), dl.mean("pay"), dl.share("all == 5")
    )
    frame = found.to_polars()
    assert frame.columns == [str(name) for name in found.frame]
    # codes beside the empty category of a mean are words; a number that is missing is null
    assert frame["category"].to_list() == ["1", "2", "", ""]
    assert frame["estimate"].to_list() == found.frame["estimate"].tolist()
    assert frame["deff"].dtype == pl.Float64
    assert frame["deff"].null_count() == int(found.frame["deff"].isna().sum()) > 0
    monkeypatch.setitem(sys.modules, "polars", None)
    refused(found.to_polars)


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
