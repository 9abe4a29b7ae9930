"""Quantiles against R 4.5.0, survey 4.4-2, in full digits.

Rules on small tables, recorded with options(digits = 17):

    y <- c(1,1,2,3,3,3,5,8,8,13); w <- c(1.5,2,.7,3,1,2.2,4,.3,1.1,2.5)
    d <- svydesign(id=~1, weights=~w, data=data.frame(y, w))
    svyquantile(~y, d, c(.01,.05,.1,.25,.3,.5,.6,.75,.9,.99), qrule=r, ci=FALSE)

and the same for six equal weights (`even`), also with ties (`tied`). Intervals:

    d1 <- svydesign(id=~dnum, weights=~pw, fpc=~fpc, data=apiclus1)
    ds <- svydesign(id=~1, strata=~stype, weights=~pw, fpc=~fpc, data=apistrat)
    svyquantile(~api00, ds, c(.25,.5,.75), interval.type=t, qrule=r)
    svyby(~api00, ~stype, ds, svyquantile, quantiles=.5, ci=TRUE, qrule=r, df=degf(ds))

Where R is not followed, the test says what R gives, and why.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import diplab as dl
from diplab.kernel.quantiles import RULES, quantile, quantiles

if TYPE_CHECKING:
    from pathlib import Path

    from diplab.types import Sample

SHARES = (0.01, 0.05, 0.1, 0.25, 0.3, 0.5, 0.6, 0.75, 0.9, 0.99)
TABLES: dict[str, tuple[list[float], list[float]]] = {
    "uneven": ([1, 1, 2, 3, 3, 3, 5, 8, 8, 13], [1.5, 2, 0.7, 3, 1, 2.2, 4, 0.3, 1.1, 2.5]),
    "even": ([2, 4, 6, 8, 10, 12], [1] * 6),
    "tied": ([2, 4, 4, 4, 10, 12], [1] * 6),
}
RECORDED = {
    "math": {
        "uneven": [1, 1, 1, 3, 3, 3, 5, 5, 13, 13],
        "even": [2, 2, 2, 4, 4, 6, 8, 10, 12, 12],
        "tied": [2, 2, 2, 4, 4, 4, 4, 10, 12, 12],
    },
    "school": {
        "uneven": [1, 1, 1, 3, 3, 3, 5, 5, 13, 13],
        "even": [3, 3, 3, 4, 4, 7, 8, 10, 12, 12],
        "tied": [3, 3, 3, 4, 4, 4, 4, 10, 12, 12],
    },
    "hf3": {
        "uneven": [2, 2, 2, 3, 3, 3, 5, 5, 13, 13],
        "even": [4, 4, 4, 4, 4, 8, 8, 10, 12, 12],
        "tied": [4, 4, 4, 4, 4, 4, 4, 10, 12, 12],
    },
    "hf4": {
        "uneven": [1, 1, 1, 2.125, 2.4299999999999997, 3, 3.29, 4.6624999999999996, 9.3400000000000016, 12.634],
        "even": [
            0.12000000000000011, 0.60000000000000009, 1.2000000000000002, 3, 3.6000000000000001, 6,
            7.2000000000000002, 9, 10.800000000000001, 11.879999999999999,
        ],
        "tied": [
            0.12000000000000011, 0.60000000000000009, 1.2000000000000002, 3, 3.6000000000000001, 4, 4, 7,
            10.800000000000001, 11.879999999999999,
        ],
    },
    "hf5": {
        "uneven": [
            1, 1, 1, 2.3918918918918921, 2.8864864864864863, 3, 4.0838709677419356, 6.848837209302328,
            11.388888888888889, 13,
        ],
        "even": [2, 2, 2.2000000000000002, 4, 4.5999999999999996, 7, 8.1999999999999993, 10, 11.800000000000001, 12],
        "tied": [2, 2, 2.2000000000000002, 4, 4, 4, 4.5999999999999979, 10, 11.800000000000001, 12],
    },
    "hf6": {
        "uneven": [1, 1, 1, 2.3333333333333335, 2.6799999999999997, 3, 4.04, 8, 13, 13],
        "even": [2, 2, 2, 3.5, 4.2000000000000002, 7, 8.4000000000000004, 10.5, 12, 12],
        "tied": [2, 2, 2, 3.5, 4, 4, 5.2000000000000002, 10.5, 12, 12],
    },
    "hf7": {
        "uneven": [
            1, 1, 1.04, 2.6428571428571432, 3, 3, 4.163636363636364, 6.0875000000000004, 7.8650000000000002,
            12.281818181818181,
        ],
        "even": [2.1000000000000001, 2.5, 3, 4.5, 5, 7, 8, 9.5, 11, 11.9],
        "tied": [2.1000000000000001, 2.5, 3, 4, 4, 4, 4, 8.5, 11, 11.9],
    },
    "hf8": {
        "uneven": [
            1, 1, 1, 2.3656716417910446, 2.7940298507462686, 3, 4.0666666666666664, 7.5108695652173925,
            12.393442622950815, 13,
        ],
        "even": [
            2, 2, 2, 3.8333333333333335, 4.4666666666666668, 7, 8.2666666666666657, 10.166666666666666, 12, 12,
        ],
        "tied": [2, 2, 2, 3.8333333333333335, 4, 4, 4.799999999999998, 10.166666666666666, 12, 12],
    },
    "hf9": {
        "uneven": [
            1, 1, 1, 2.371345029239766, 2.8140350877192981, 3, 4.0706766917293233, 7.2999999999999989,
            12.164556962025316, 13,
        ],
        "even": [2, 2, 2, 3.875, 4.5, 7, 8.25, 10.125, 12, 12],
        "tied": [2, 2, 2, 3.875, 4, 4, 4.75, 10.125, 12, 12],
    },
}  # fmt: skip
RECORDED["interpolated"] = {
    "uneven": [
        1, 1, 1, 2.06048387096774, 2.20806451612903, 2.79838709677419, 3.29, 4.6625, 9.34, 12.634,
    ],
    "even": [2, 2, 2, 3, 3.6, 6, 7.2, 9, 10.8, 11.88],
    "tied": [
        2, 2, 2, 2.33333333333333, 2.53333333333333, 3.33333333333333, 3.73333333333333, 7, 10.8, 11.88,
    ],
}  # fmt: skip
"""`oldsvyquantile(~y, d, shares, ties="rounded")`."""

BEFORE_4_1 = {
    "uneven": [1, 1, 1, 2.125, 2.43, 3, 3.29, 4.6625, 9.34, 12.634],
    "even": [2, 2, 2, 3, 3.6, 6, 7.2, 9, 10.8, 11.88],
    "tied": [2, 2, 2, 3, 3.6, 4, 4, 7, 10.8, 11.88],
}
"""`oldsvyquantile(~y, d, shares)`, which is `ties="discrete"`: what `svyquantile` gave before survey 4.1."""

RECORDED |= {"hf1": RECORDED["math"], "hf2": RECORDED["school"]}


@pytest.mark.parametrize("rule", RECORDED)
@pytest.mark.parametrize("name", TABLES)
def test_rules(rule: str, name: str) -> None:
    values, weights = (np.array(each, dtype=float) for each in TABLES[name])
    found = np.array([quantile(values, weights, share, rule) for share in SHARES])
    recorded = np.array(RECORDED[rule][name], dtype=float)
    # below the weight of the first value R reads three rules past it: see the next test
    first = weights[values == values[0]].sum() / weights.sum()
    kept = np.asarray(SHARES) > first if rule in ("school", "hf2", "hf3", "hf4") else ...
    assert found[kept].tolist() == pytest.approx(recorded[kept].tolist(), rel=1e-8)


@pytest.mark.parametrize("name", TABLES)
def test_quantiles_of_survey_before_4_1(name: str) -> None:
    """They are `hf4`, level below the weight of the first value."""
    values, weights = (np.array(each, dtype=float) for each in TABLES[name])
    found = [quantile(values, weights, share, "hf4") for share in SHARES]
    assert found == pytest.approx(BEFORE_4_1[name], rel=1e-12)


def test_interpolated_quantiles_by_domain() -> None:
    """Each domain has its own line, one without anybody none, and ties end with their domain."""
    y, w = np.array([1.0, 2, 2, 2, 2, 3]), np.array([1.0, 1, 2, 4, 1, 1])
    starts = np.array([0, 0, 3, 4, 6])
    found = quantiles(starts, y, w, np.full(4, 0.75), "interpolated")
    assert found.tolist() == pytest.approx([np.nan, 2 - 1 / 3, 2, 2.5], nan_ok=True)


@pytest.mark.shared
def test_two_printed_quartiles_of_homes(shared: Path) -> None:
    """Slides of Zimmer and others (2021), page 33: 1153.142 and 2353.132 dollars, by survey before 4.1."""
    homes = pd.read_csv(shared / "data" / "design" / "recs2015_brr96.csv.gz")
    sample = dl.declare_design(homes, weights="NWEIGHT")
    for rule in ("hf4", "interpolated"):
        asked = [dl.quantile("TOTALDOL", share, rule=rule) for share in (0.25, 0.75)]
        assert dl.estimate(sample, *asked).frame["estimate"].round(3).tolist() == [1153.142, 2353.132]


@pytest.mark.parametrize("rule", ["school", "hf3", "hf4"])
def test_below_the_weight_of_the_first_value(rule: str) -> None:
    """Of 2, 4, 6, 8, 10, 12 the quantile of .1 is 2; R gives 3, 4 and 1.2, which nobody has (its `quantile` of types 2
    to 4 gives 2).
    """
    values, weights = (np.array(each, dtype=float) for each in TABLES["even"])
    assert quantile(values, weights, 0.1, rule) == 2.0
    assert RECORDED[rule]["even"][2] != 2


def test_nearest_even_place_counts_distinct_values() -> None:
    """R's hf3 on 2, 4, 4, 6, 8, 10 at 1/6, ..., 5/6: where F = p exactly, the value at an even place."""
    values = np.array([2.0, 4, 4, 6, 8, 10])
    found = [quantile(values, np.ones(6), place / 6, "hf3") for place in range(1, 6)]
    assert found == [4, 4, 4, 8, 8]


SHAH_VAISH = {0.23: 1, 0.24: 2, 0.32: 2, 0.33: 3, 0.66: 3, 0.67: 5, 0.76: 5, 0.77: 8, 0.89: 8, 0.9: 13}


@pytest.mark.parametrize("scale", [1.0, 1000.0])
def test_shah_and_vaish(scale: float) -> None:
    """R on weights brought to a sum of n, w * length(w) / sum(w): where its value changes, to the hundredth. On
    other weights R's values depend on their scale; these do not.
    """
    values, weights = (np.array(each, dtype=float) for each in TABLES["uneven"])
    found = {share: quantile(values, scale * weights, share, "shahvaish") for share in SHAH_VAISH}
    assert found == SHAH_VAISH


def test_every_rule_is_tested() -> None:
    assert {*RECORDED, "shahvaish"} == set(RULES)


# -- intervals ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def frames(shared: Path) -> dict[str, pd.DataFrame]:
    return {name: pd.read_csv(shared / "data" / "design" / f"{name}.csv") for name in ("apiclus1", "apistrat")}


@pytest.fixture(scope="module")
def samples(frames: dict[str, pd.DataFrame]) -> dict[str, Sample]:
    return {
        "d1": dl.declare_design(frames["apiclus1"], weights="pw", psu="dnum", fpc="fpc"),
        "ds": dl.declare_design(frames["apistrat"], weights="pw", strata="stype", fpc="fpc"),
    }


Rows = list[list[float]]
QUARTILES = (0.25, 0.5, 0.75)
INTERVALS: dict[tuple[str, str], Rows] = {
    ("d1", "woodruff"): [
        [552, 492, 627, 31.471661205399485],
        [652, 561, 714, 35.667882699452747],
        [719, 696, 777, 18.882996723239689],
    ],
    ("d1", "beta"): [
        [552, 502, 637, 31.471661205399485],
        [652, 555, 717, 37.765993446479378],
        [719, 689, 762, 17.018009392549352],
    ],
    ("d1", "xlogit"): [
        [552, 505, 631, 29.373550458372851],
        [652, 564, 714, 34.968512450443875],
        [719, 689, 759, 16.318639143540473],
    ],
    ("d1", "asin"): [
        [552, 502, 629, 29.606673874709145],
        [652, 561, 714, 35.667882699452747],
        [719, 691, 762, 16.551762559876767],
    ],
    ("ds", "woodruff"): [
        [565, 535, 597, 15.719451132039083],
        [668, 642, 694, 13.184055788161812],
        [756, 726, 778, 13.184055788161812],
    ],
    ("ds", "beta"): [
        [565, 539, 600, 15.465911597651356],
        [668, 641, 695, 13.691134856937266],
        [756, 724, 777, 13.437595322549539],
    ],
    ("ds", "xlogit"): [
        [565, 539, 599, 15.212372063263629],
        [668, 642, 694, 13.184055788161812],
        [756, 726, 777, 12.930516253774085],
    ],
    ("ds", "asin"): [
        [565, 539, 597, 14.705292994488175],
        [668, 642, 694, 13.184055788161812],
        [756, 726, 777, 12.930516253774085],
    ],
}


def rows_of(sample: Sample, **options: Any) -> Rows:
    frame = dl.estimate(sample, *[dl.quantile("api00", p, **options) for p in QUARTILES]).frame
    rows: Rows = frame[["estimate", "ci_low", "ci_high", "std_error"]].to_numpy().tolist()
    return rows


@pytest.mark.shared
@pytest.mark.parametrize(("design", "interval"), INTERVALS)
def test_intervals(samples: dict[str, Sample], design: str, interval: str) -> None:
    found = rows_of(samples[design], interval=interval)
    assert found == [pytest.approx(row, rel=1e-8) for row in INTERVALS[design, interval]]


LINES: dict[tuple[str, str], Rows] = {
    ("d1", "hf4"): [
        [551.75, 489.26455026237306, 625.49029982508466, 31.757412131031529],
        [652, 559.09459416827690, 714, 36.112077416451136],
        [717.5, 691, 769.48973481079520, 18.297795126422198],
    ],
    ("ds", "hf4"): [
        [562.20560886486999, 532.65185659572262, 592.85345321213072, 15.263484775521880],
        [667.23575596580417, 635.94259326695283, 681, 11.423833923815224],
        [755.12259607627186, 724, 776.33161826637729, 13.268134129013575],
    ],
    ("d1", "hf5"): [
        [552.25, 491.78827568200444, 627.21172431799550, 31.570376998064663],
        [652, 560.09459416827690, 714.45270291586155, 35.984489650445887],
        [718.5, 691.38856353430970, 775.98973481079508, 19.722514074026090],
    ],
    ("ds", "hf5"): [
        [565, 536.02625303631555, 597.12961449843158, 15.492117814629889],
        [667.83335887492842, 637.16901192447835, 681.00210264853285, 11.113421412951780],
        [756.62259607627186, 727.85751625281750, 777.74747436395376, 12.649076750120697],
    ],
    ("d1", "hf6"): [
        [552, 491.36635369119574, 627.13637854924139, 31.651172030970955],
        [652, 559.64155916373193, 714.68468489900840, 36.144183150864997],
        [719, 696, 777.84967341538595, 19.081075492604590],
    ],
    ("ds", "hf6"): [
        [563.70560886486999, 533.19993676860372, 593.77887971201744, 15.359156987573805],
        [668, 641.52036107291099, 695.03840893639745, 13.568940936648453],
        [757.37259607627186, 728.78562342798512, 778.28674804269292, 12.550492086481876],
    ],
    ("d1", "hf7"): [
        [552.5, 492.21019767281319, 627.28707008674962, 31.489581965158361],
        [652, 560.54762917282176, 714.22072093271481, 35.824796150026827],
        [718, 691, 771.02257778997114, 18.655136718434793],
    ],
    ("ds", "hf7"): [
        [565, 536.95822498130735, 597.44483479644578, 15.335746889222323],
        [667.60857253352333, 637.03298488257747, 680.81959165340299, 11.101635893093606],
        [755.72335328180122, 724.21895209397485, 776.51960166130061, 13.260282339475458],
    ],
    ("d1", "hf8"): [
        [552.16666666666663, 491.64763501840156, 627.18660906174421, 31.597308675700106],
        [652, 559.94358250009520, 714.53003024357724, 36.037720817252286],
        [718.66666666666674, 691.58052813091138, 777.14895088101616, 19.948003042012559],
    ],
    ("ds", "hf8"): [
        [564.64106365249233, 533.83454998668299, 593.64197386122328, 15.163546402080382],
        [667.95037057764841, 637.18885358225816, 682.27993163244469, 11.432370933884956],
        [756.87259607627186, 728.16688531120667, 777.85365888926617, 12.597561438209629],
    ],
    ("d1", "hf9"): [
        [552.1875, 491.68279518430228, 627.19288787580706, 31.590575756291255],
        [652, 559.98133541714060, 714.51069841164826, 36.024413025550679],
        [718.625, 691.53253698176093, 777.05342863061560, 19.936922429306907],
    ],
    ("ds", "hf9"): [
        [564.78765017539661, 533.91387663894295, 593.61924959759915, 15.137672460383289],
        [667.91814157283204, 637.18443530282320, 681.97189753493058, 11.355392320736419],
        [756.81009607627186, 728.08954304660938, 777.82711275793804, 12.610440266187389],
    ],
}


@pytest.mark.shared
@pytest.mark.parametrize(("design", "rule"), LINES)
def test_woodruff_by_interpolating_rules(samples: dict[str, Sample], design: str, rule: str) -> None:
    found = rows_of(samples[design], rule=rule)
    assert found == [pytest.approx(row, rel=1e-8) for row in LINES[design, rule]]


@pytest.mark.shared
@pytest.mark.parametrize("design", ["d1", "ds"])
@pytest.mark.parametrize("rule", ["school", "hf1", "hf2", "hf3"])
def test_woodruff_by_rules_of_steps(samples: dict[str, Sample], design: str, rule: str) -> None:
    """R gives the same as by `math` on both files."""
    found = rows_of(samples[design], rule=rule)
    assert found == [pytest.approx(row, rel=1e-8) for row in INTERVALS[design, "woodruff"]]


@pytest.mark.shared
@pytest.mark.parametrize(
    ("design", "rule", "recorded"),
    [
        ("d1", "math", [[652, 561, 717], [608, 443, 724], [642, 528, 720]]),
        ("ds", "math", [[671, 638, 720], [635, 599, 678], [648, 601, 676]]),
        (
            "d1",
            "hf7",
            [
                [653.5, 561, 717],
                [634.5, 474.87078029124348, 723.08940627739310],
                [642, 542.23102307101908, 712.89898907162251],
            ],
        ),
        (
            "ds",
            "hf7",
            [
                [673.5, 636.80374426913738, 720],
                [638, 597.98114180602579, 678.33961939799144],
                [649, 596.38726579615752, 676.46127342038426],
            ],
        ),
    ],
)
def test_medians_by_domain(samples: dict[str, Sample], design: str, rule: str, recorded: Rows) -> None:
    frame = dl.estimate(samples[design], dl.median("api00", rule=rule), by="stype").frame
    found = frame[["estimate", "ci_low", "ci_high"]].to_numpy().tolist()
    assert found == [pytest.approx(row, rel=1e-8) for row in recorded]


# -- score ----------------------------------------------------------------------------------------------------


@pytest.mark.shared
def test_score_intervals_with_equal_weights(samples: dict[str, Sample]) -> None:
    """R: [512, 638], [564, 701], [662, 749].

    At 564 the score is -2.176, past -t(14) = -2.145, and 566 is the first value that is not rejected; R's search stops
    at 566 less its tolerance, which reads as 564.
    """
    found = rows_of(samples["d1"], interval="score")
    t = stats.t.ppf(0.975, 14)
    ends = [(512, 638), (566, 701), (662, 749)]
    assert [row[1:3] for row in found] == [[low, high] for low, high in ends]
    assert [row[3] for row in found] == pytest.approx([(high - low) / (2 * t) for low, high in ends], rel=1e-12)


@pytest.mark.shared
def test_score_intervals_with_unequal_weights(samples: dict[str, Sample], frames: dict[str, pd.DataFrame]) -> None:
    """R: [542, 601], [646, 706], [745, 788], from the same ends of the test.

    R's last step counts the share of schools under each end without the weights, and reads that share back on the
    weighted distribution: redone here, it takes our ends (or the next value, where R's search stops past it) to R's.
    """
    found = rows_of(samples["ds"], interval="score")
    assert [row[1:3] for row in found] == [[535, 596], [638, 680], [724, 776]]
    frame = frames["apistrat"].sort_values("api00", kind="stable")
    values, weights = frame["api00"].to_numpy(dtype=float), frame["pw"].to_numpy()
    searched = [(535, 596), (638, 681), (724, 776)]
    carried = [[quantile(values, weights, float(np.mean(values <= end))) for end in ends] for ends in searched]
    assert carried == [[542, 601], [646, 706], [745, 788]]


@pytest.mark.shared
@pytest.mark.parametrize("design", ["d1", "ds"])
def test_score_intervals_by_trying_every_value(
    samples: dict[str, Sample], frames: dict[str, pd.DataFrame], design: str
) -> None:
    """The ends are the smallest and largest value at which |F - p| <= t se(F), by domain too."""
    frame = frames["apiclus1" if design == "d1" else "apistrat"]
    values = np.sort(frame["api00"].unique())[:-1]
    asked = [dl.share(f"api00 <= {value}") for value in values]
    found = dl.estimate(samples[design], dl.quantile("api00", 0.4, interval="score"), by="stype").frame
    shares = dl.estimate(samples[design], *asked, by="stype").frame
    for place, kind in enumerate("EHM"):
        own = shares[shares["stype"] == kind]
        with np.errstate(divide="ignore"):
            score = ((own["estimate"] - 0.4) / own["std_error"]).to_numpy()
        kept = values[np.abs(score) <= stats.t.ppf(0.975, own["df"].iloc[0])]
        there = frame.loc[frame["stype"] == kind, "api00"].to_numpy()
        kept = kept[np.isin(kept, there)]
        assert found.loc[place, ["ci_low", "ci_high"]].tolist() == [kept.min(), kept.max()]


# -- by the density ---------------------------------------------------------------------------------------------


@pytest.mark.shared
@pytest.mark.parametrize(("key", "income"), [("ce2015_eq_positive", "eq"), ("ghana_income_positive", "income")])
def test_linearised_median_as_convey(shared: Path, key: str, income: str) -> None:
    """The poverty threshold is 0.6 times the median, and convey's linearisation has its error: 1e-6, as there."""
    recorded = json.loads((shared / "reference" / "survey_convey.json").read_text())[key]["arpt"]
    if income == "eq":
        data = pd.read_csv(shared / "data" / "design" / "ce2015_rpms.csv.gz", dtype={"CID": str, "PSU": str})
        data["eq"] = data["FINCBTAX"] / np.sqrt(data["FAM_SIZE"])
        sample = dl.declare_design(data, weights="FINLWT21", psu="CID")
    else:
        data = pd.read_csv(shared / "data" / "poverty_gpl" / "ghanaS_simpop.csv.gz")
        sample = dl.declare_design(data, weights="weight", strata="region", psu="clust")
    asked = dl.median(income, interval="linearised")
    row = dl.estimate(sample.universe(f"{income} > 0"), asked).frame.iloc[0]
    t = stats.t.ppf(0.975, row["df"])
    assert [0.6 * row["estimate"], 0.6 * row["std_error"]] == pytest.approx(
        [recorded["estimate"], recorded["std_error"]], rel=1e-6
    )
    assert [row["ci_low"], row["ci_high"]] == pytest.approx(
        [row["estimate"] - t * row["std_error"], row["estimate"] + t * row["std_error"]], rel=1e-12
    )


# -- with replicate weights -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def dwellings(shared: Path) -> Sample:
    data = pd.read_csv(shared / "data" / "design" / "recs2015_brr96.csv.gz")
    weights = dl.replicates("BRRWT*", kind="fay", fay=0.5)
    return dl.declare_design(data, weights="NWEIGHT", replicates=weights)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("interval", "rule", "recorded"),
    [
        (
            "woodruff",
            "math",
            [
                [748, 726, 763, 9.3187208908763903],
                [1682, 1650, 1716, 16.6225832107524809],
                [3700, 3630, 3840, 52.8900374887578906],
            ],
        ),
        (
            "replicate",
            "math",
            [
                [748, 732.36811796650784, 763.63188203349216, 7.8740078740118218],
                [1682, 1647.77480624952727, 1716.22519375047273, 17.2397312430714749],
                [3700, 3597.04889488182516, 3802.95110511817484, 51.8579791353268718],
            ],
        ),
        (
            "replicate",
            "hf7",
            [
                [748.68167216953861, 733.33943674647901, 764.02390759259822, 7.7281086351140171],
                [1682, 1647.85405740680540, 1716.14594259319460, 17.1998112746955947],
                [3700, 3598.15358444153571, 3801.84641555846429, 51.3015308284075360],
            ],
        ),
    ],
)
def test_deciles_with_replicate_weights(dwellings: Sample, interval: str, rule: str, recorded: Rows) -> None:
    """svrepdesign(weights=~NWEIGHT, repweights="BRRWT[0-9]+", type="Fay", rho=.5, mse=TRUE, data=recs); svyquantile(
    ~TOTSQFT_EN, ., c(.1, .5, .9), interval.type="mean" or "quantile").
    """
    asked = [dl.quantile("TOTSQFT_EN", p, interval=interval, rule=rule) for p in (0.1, 0.5, 0.9)]
    frame = dl.estimate(dwellings, *asked).frame
    found = frame[["estimate", "ci_low", "ci_high", "std_error"]].to_numpy().tolist()
    assert found == [pytest.approx(row, rel=1e-8) for row in recorded]
