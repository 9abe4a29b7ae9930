"""Strata, stages, finite populations, lonely units and unequal probabilities: worked by hand, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest

import diplab as dl
from diplab.errors import ColumnError, DesignError, LonelyPsuError, OptionError

if TYPE_CHECKING:
    from diplab.types import Sample

TWO_STAGES = """
town home w N1 N2  f1 f2  y
1    1    4  4  4  .5 .5  1
1    2    4  4  4  .5 .5  3
2    1    4  4  4  .5 .5  5
2    2    4  4  4  .5 .5  9
"""
NESTED = "h psu w N y\na 1 1 4 1\na 2 1 4 3\nb 1 1 9 4\nb 2 1 9 8"
LONELY = "s psu w y\n1 1 10 1\n1 2 10 3\n2 3 20 4\n2 4 20 8\n3 5 30 10"
STRATA = "h N w y\na 4 1 1\na 4 1 3\nb 9 1 4\nc 8 1 10\nc 8 1 14\nd 5 1 6"
DOMAINS = """
h psu w y sex
a 1   1 2 f
a 2   1 4 m
a 3   1 0 m
b 4   1 5 f
b 5   1 1 f
b 6   1 0 m
c 7   1 7 f
c 8   1 9 f
"""
TOWNS = "town p w y sex\n1 .5 2 1 f\n2 .4 2.5 2 m\n3 .2 5 1 f"
TOWN_WHOLE = "h psu w N y\na 1 2 4 1\na 2 2 4 2\nb 3 1 1 9"
ONE_WOMAN = "h psu w y sex\na 1 1 1 m\na 2 1 3 m\nb 3 1 9 f"
JOINT = np.array([[0.5, 0.2, 0.1], [0.2, 0.4, 0.05], [0.1, 0.05, 0.2]])
HOMES = {"weights": "w", "psu": ["town", "home"]}
WEIGHTED = {"weights": "w"}
UNITS = {"weights": "w", "strata": "h", "psu": "psu"}
OVERTON = {"fpc": "p", "unequal": "overton"}
BREWER = {"fpc": "p", "unequal": "brewer"}
COLLAPSE = {"strata": "h", "lonely_psu": "collapse"}

# the total of y under each design
BY_HAND: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    # towns 16 and 56: (1 - 1/2) * 2 * 800 = 800. Homes 4, 12 and 20, 36, times the 1/2 of the
    # towns: 1/2 * 1/2 * (2 * 32 + 2 * 128) = 80
    "two stages by counts": (TWO_STAGES, {**HOMES, "fpc": ["N1", "N2"]}, {"estimate": 72, "variance": 880}),
    "two stages by fractions": (TWO_STAGES, {**HOMES, "fpc": ["f1", "f2"]}, {"estimate": 72, "variance": 880}),
    # with replacement: 2 * 800, homes or no homes; with the fpc of towns alone, homes add 1/2 * 320
    # = 160
    "homes without an fpc": (TWO_STAGES, HOMES, {"estimate": 72, "variance": 1600}),
    "towns without an fpc": (TWO_STAGES, {**HOMES, "psu": "town"}, {"estimate": 72, "variance": 1600}),
    "fpc of towns alone": (TWO_STAGES, {**HOMES, "fpc": "N1"}, {"estimate": 72, "variance": 960}),
    # all 2 of 2 towns: only the homes vary, 1/2 * (2 * 32 + 2 * 128) = 160
    "towns taken whole leave the homes": (TWO_STAGES.replace(" 4  4  .5", " 2  4   1"), {**HOMES, "fpc": ["N1", "N2"]},
        {"estimate": 72, "variance": 160}),
    # four units in two strata: 2 * 2 + 2 * 8 = 20
    "identifiers start again in each stratum": (NESTED, UNITS, {"variance": 20, "df": 2}),
    # strata (a, 1), (a, 2), (b, 1): 2 * 2, 2 * 8, 2 * 2; six units minus three strata
    "strata of two columns": ("h k psu y\na 1 1 1\na 1 2 3\na 2 3 4\na 2 4 8\nb 1 5 1\nb 1 6 3",
        {"strata": ["h", "k"], "psu": "psu"}, {"variance": 24, "df": 3}),
    # towns 4 and 12, 2 * 32 = 64; the people in them do not count apart
    "clusters": ("town y\n1 1\n1 3\n2 4\n2 8", {"psu": "town"}, {"variance": 64, "df": 1, "n": 4}),
    # one of one: nothing was drawn in stratum b, nothing is missing from its variance: a gives 1/2
    # * 2 * 2
    "a unit taken whole is not lonely": (TOWN_WHOLE, {**UNITS, "fpc": "N"}, {"estimate": 15, "variance": 2}),
    # b (4) joins c (10, 14), and d (6), the last, joins the one before: 2 * 2 = 4 for a; 4, 10, 14,
    # 6 have mean 8.5 and squares 20.25 + 2.25 + 30.25 + 6.25 = 59, hence 4 / 3 * 59; degrees of
    # freedom are those of merged strata
    "collapse merges with the next": (STRATA, {"weights": "w", **COLLAPSE, "psu": "y"},
        {"variance": 4 + 4 / 3 * 59, "df": 6 - 2}),
    # a keeps its 1 - 2/4: 2; the merged rest has none. Weights still follow from the fpc, where
    # there are no others
    "merged strata have no fpc": (STRATA, {"weights": "w", **COLLAPSE, "fpc": "N"}, {"variance": 2 + 4 / 3 * 59}),
    # 1 and 5 make one stratum, 2 and 8 the other: 2 * (4 + 4) + 2 * (9 + 9) = 52
    "a run of lonely strata pairs up": ("h w y\na 1 1\nb 1 5\nc 1 2\nd 1 8", COLLAPSE, {"variance": 52}),
    # people are counted, not values: men of a are in two units, one of total zero; those of b in
    # one, of value zero. a: 0, 4, 0 with mean 4/3, 3/2 * 32/3 = 16, for the two strata that men
    # live in
    "people are counted": (DOMAINS, {**UNITS, "lonely_psu_domain": "average", "by": "sex"},
        {"variance": [..., 16 * 2]}),
    # only b is lonely, and only a woman lives there: the men of a have 2 * (1 + 1) = 4 under every
    # policy
    **{f"{policy} owes nothing to men": (ONE_WOMAN, {**UNITS, "lonely_psu": policy, "where": "sex == 'm'"},
        {"variance": 4}) for policy in ("remove", "certainty", "average", "adjust")},
    # without a domain every unit has somebody: a 3/2 * 8, b 3/2 * 14, c 2 * 2 under every policy on
    # domains
    **{f"{policy} without a domain": (DOMAINS, {**UNITS, "lonely_psu_domain": policy},
        {"variance": 12 + 21 + 4}) for policy in ("fail", "remove", "certainty", "average", "adjust")},
    # towns 2 and 8: 1/2 * 2 * 18 = 18; homes of town 2: 1/2 * 2/3 * 2 * 2 = 4/3; the only home of
    # town 1 adds nothing
    "a lonely home left out": ("town home N M w y\n1 1 4 5 1 2\n2 1 4 6 1 3\n2 2 4 6 1 5",
        {**HOMES, "fpc": ["N", "M"], "lonely_psu": "remove"}, {"variance": 18 + 4 / 3}),
    # weighted totals 2, 5, 5, mean 4: 3 / 2 * (.5 * 4 + .6 * 1 + .8 * 1) = 5.1
    "Brewer with weights": (TOWNS, {**BREWER, "weights": "w"}, {"estimate": 12, "variance": 5.1}),
    "Brewer of two people in a town": ("town p w y\n1 .5 2 .25\n1 .5 2 .75\n2 .4 2.5 2\n3 .2 5 1",
        {**BREWER, "weights": "w", "psu": "town"}, {"estimate": 12, "variance": 5.1}),
}  # fmt: skip
IN_MEMORY: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    # weights follow from rows at hand only. 2 of 4 towns, 2 of 4 homes: each home stands for 2 * 2
    # = 4
    "weights follow from the fpc": (TWO_STAGES, {"psu": ["town", "home"], "fpc": ["N1", "N2"]},
        {"estimate": 72, "variance": 880}),
    # 2 of 4 and 2 of 10: each of a stands for 2, each of b for 5: 2 * (1 + 3) + 5 * (2 + 4) = 38
    "weights of strata follow from the fpc": ("h N y\na 4 1\na 4 3\nb 10 2\nb 10 4", {"strata": "h", "fpc": "N"},
        {"estimate": 38}),
    # homes have no fpc: no weight follows
    "rows weigh one without every fpc": (TWO_STAGES, {"psu": ["town", "home"], "fpc": "N1"}, {"estimate": 18}),
    "weights of merged strata": (STRATA, {**COLLAPSE, "fpc": "N"}, {"estimate": 2 * 4 + 9 * 4 + 4 * 24 + 5 * 6}),
    "Brewer": (TOWNS, BREWER, {"estimate": 12, "variance": 5.1}),
    # 1 - p p' / p_joint = -(1 - (p + p') / 2) / 2, which is -.275, -.325, -.35 for pairs 12, 13,
    # 23. Horvitz and Thompson: .5 * 4 + .6 * 25 + .8 * 25 + 2 * (-2.75 - 3.25 - 8.75) = 7.5
    "Overton": (TOWNS, OVERTON, {"variance": 7.5}),
    # Yates and Grundy: .275 * 9 + .325 * 9 + .35 * 0 = 5.4
    "Overton by Yates and Grundy": (TOWNS, {**OVERTON, "unequal_variance": "yates_grundy"}, {"variance": 5.4}),
}  # fmt: skip


@pytest.mark.parametrize("case", BY_HAND)
def test_by_hand(engine: Any, estimated: Any, holds: Any, case: str) -> None:
    drawn, how, expected = BY_HAND[case]
    holds(estimated(engine.draw(drawn), dl.total("y"), **how), expected)


@pytest.mark.parametrize("case", IN_MEMORY)
def test_by_hand_in_memory(table: Any, estimated: Any, holds: Any, case: str) -> None:
    drawn, how, expected = IN_MEMORY[case]
    holds(estimated(table(drawn), dl.total("y"), **how), expected)


def variance(sample: Any, *statistics: Any, **options: Any) -> list[float]:
    found = dl.estimate(sample, *statistics or (dl.total("y"),), **options).frame["std_error"] ** 2
    return [float(value) for value in found]


def test_opt_in_samples_and_domains_without_weight_are_flagged(
    engine: Any, estimated: Any, refused: Any
) -> None:
    """People who chose themselves: the numbers are the same, the intervals indicative."""
    found = estimated(engine.draw(NESTED), dl.mean("y"), kind="opt-in", psu="psu", strata="h")
    assert found.provenance.indicative
    assert found.frame["estimate"].tolist() == [4]
    # It is empty, and flagged, beside the others; refused alone.
    sample = dl.declare_design(engine.draw("g w y\na 1 1\na 2 2\nb 0 3\nb 0 4"), weights="w")
    frame = dl.estimate(sample, dl.mean("y"), by="g").frame
    assert (frame["n"].tolist(), frame["flag"].tolist()) == ([2, 0], ["few units", "empty"])
    assert frame[["estimate", "std_error", "ci_low", "ci_high"]].isna().all(axis=1).tolist() == [
        False,
        True,
    ]
    refused(lambda: sample.where("g == 'b'"))


@pytest.mark.parametrize(("policy", "expected", "recorded"), [
    ("remove", 68 / 81, 0.91625), ("certainty", 68 / 81, 0.91625), ("average", 68 / 81 * 3 / 2, 1.12217),
    ("adjust", 68 / 81 + (32 / 27) ** 2, 1.49806),
])  # fmt: skip
def test_lonely_units(
    engine: Any, estimated: Any, policy: Any, expected: float, recorded: float
) -> None:
    """Mean 580/90. Strata 1 and 2 give (20/90)^2 + (80/90)^2 = 68/81; the third has one unit, whose residual is
    30 (10 - 58/9) / 90 = 32/27 about a mean of all units of zero. Recorded from R survey 4.4-2.
    """
    how = {"weights": "w", "strata": "s", "psu": "psu", "lonely_psu": policy}
    row = estimated(engine.draw(LONELY), dl.mean("y"), **how).frame.iloc[0]
    assert [row["estimate"], row["std_error"] ** 2] == pytest.approx([58 / 9, expected], rel=1e-12)
    assert row["std_error"] == pytest.approx(recorded, abs=5e-6)


def test_collapse_steps_over_strata_taken_whole_and_keeps_later_stages(table: Any) -> None:
    """Stratum 2 is lonely, 3 was taken whole, so 2 joins 4: the same as declaring one stratum of both, drawn from
    nearly infinitely many. The towns stand in another order than their strata.
    """
    text = """
    h town home N  M w y
    2 1    1    20 6 1 4
    2 1    2    20 6 1 7
    4 2    1    30 5 1 1
    4 2    2    30 5 1 9
    3 3    1    1  8 1 5
    3 3    2    1  8 1 8
    4 4    1    30 7 1 3
    4 4    2    30 7 1 4
    1 5    1    12 4 1 2
    1 5    2    12 4 1 6
    1 6    1    12 9 1 3
    1 6    2    12 9 1 5
    """
    data = table(text)
    units = {"psu": ["town", "home"], "weights": "w"}
    found = dl.declare_design(data, strata="h", fpc=["N", "M"], lonely_psu="collapse", **units)
    by_hand = data.assign(
        h=data["h"].replace(4, 2), N=np.where(data["h"].isin([2, 4]), 1e15, data["N"]).astype(float)
    )
    assert dl.estimate(found, dl.total("y")).provenance.rules["lonely_psu"] == "collapse"
    merged = dl.declare_design(by_hand, strata="h", fpc=["N", "M"], **units)
    both = [dl.total("y"), dl.mean("y")]
    assert variance(found, *both) == pytest.approx(variance(merged, *both), rel=1e-12)
    assert variance(found, *both, by="home") == pytest.approx(
        variance(merged, *both, by="home"), rel=1e-12
    )
    assert found.engine.units.degrees_of_freedom == merged.engine.units.degrees_of_freedom == 6 - 3
    domain = dl.estimate(found, dl.mean("y"), by="home", df="domain").frame["df"].tolist()
    assert domain == dl.estimate(merged, dl.mean("y"), by="home", df="domain").frame["df"].tolist()


@pytest.mark.parametrize("cells", [4_000_000, 0])
@pytest.mark.parametrize(("policy", "women"), [
    # a: 2, 0, 0 with mean 2/3, 3/2 * 8/3 = 4; b: 5, 1, 0 with mean 2, 3/2 * 14 = 21; c: 2 * 2 = 4
    (None, 4 + 21 + 4),
    # stratum a has one unit with a woman, and gives nothing
    ("remove", 21 + 4), ("certainty", 21 + 4),
    # the mean of 25 for the three strata instead of two
    ("average", 25 * 3 / 2),
    # the mean of all eight units is 24 / 8 = 3: 3/2 * (1 + 9 + 9) instead of 4
    ("adjust", 3 / 2 * 19 + 21 + 4),
])  # fmt: skip
def test_one_unit_in_the_domain(
    engine: Any, monkeypatch: pytest.MonkeyPatch, cells: int, policy: Any, women: float
) -> None:
    for limit in ("_FEW_CELLS", "MOST_CELLS"):
        monkeypatch.setattr(f"diplab.kernel.variance.{limit}", cells)
    sample = dl.declare_design(engine.draw(DOMAINS), **UNITS, lonely_psu_domain=policy)
    assert variance(sample, by="sex")[0] == pytest.approx(women, rel=1e-12)
    assert variance(sample.where("sex == 'f'")) == pytest.approx([women], rel=1e-12)
    rules = dl.estimate(sample, dl.total("y")).provenance.rules
    assert rules.get("lonely_psu_domain") == policy


def test_a_combination_is_there_where_its_parts_are(table: Any) -> None:
    """A domain rate under a threshold of the whole universe is owed to everybody: no stratum has one unit of it."""
    text = "h psu w y sex\n" + "\n".join(
        f"{h} {h}{unit} 1 {10 + 3 * unit + 7 * place} {'f' if unit == 1 or h == 'b' else 'm'}"
        for place, h in enumerate("abc")
        for unit in range(4)
    )
    data = table(text)
    plain = dl.declare_design(data, **UNITS)
    policy = dl.declare_design(data, **UNITS, lonely_psu_domain="average")
    rate = dl.arpr("y", fraction=0.9)
    assert variance(policy, rate, by="sex") == pytest.approx(
        variance(plain, rate, by="sex"), rel=1e-12
    )
    fixed = dl.arpr("y", threshold=20)
    assert variance(policy, fixed, by="sex") != pytest.approx(
        variance(plain, fixed, by="sex"), rel=1e-3
    )


def joint(
    data: Any, form: Any = "horvitz_thompson", probabilities: Any = JOINT, **options: Any
) -> Sample:
    design: dict[str, Any] = {"fpc": "p", "unequal": "joint", "unequal_variance": form}
    return dl.declare_design(data, joint=probabilities, **design | options)


def test_joint_probabilities_by_pairs(table: Any) -> None:
    """1 - .5 * .4 / .2 = 0, 1 - .5 * .2 / .1 = 0, 1 - .4 * .2 / .05 = -.6.
    Horvitz and Thompson: 2 + 15 + 20 - 2 * .6 * 25 = 7; Yates and Grundy: .6 * 0 = 0, by domain .6
    * 25 = 15.
    """
    assert variance(joint(table(TOWNS))) == pytest.approx([7], rel=1e-12)
    grundy = joint(table(TOWNS), "yates_grundy")
    assert variance(grundy) == pytest.approx([0], abs=1e-12)
    assert variance(grundy, by="sex") == pytest.approx([15, 15], rel=1e-12)
    # women: 2 and 5, which have no joint term; men: 5
    assert variance(joint(table(TOWNS)), by="sex") == pytest.approx([2 + 20, 15], rel=1e-12)
    rules = dl.estimate(grundy, dl.total("y")).provenance.rules
    assert (rules["unequal"], rules["unequal_variance"]) == ("joint", "yates_grundy")


def test_independent_draws_are_a_sum_of_squares(table: Any) -> None:
    """Poisson sampling: joint probabilities are products, and only (1 - p) z^2 is left: 2 + 15 + 20."""
    p = np.array([0.5, 0.4, 0.2])
    products = np.outer(p, p)
    np.fill_diagonal(products, p)
    assert variance(joint(table(TOWNS), probabilities=products)) == pytest.approx([37], rel=1e-12)
    # 3 of 6 at random: p = 1/2, pairs 3 * 2 / (6 * 5) = 1/5; every form gives the variance of an
    # fpc of 6.
    data = table("N p y\n6 .5 1\n6 .5 4\n6 .5 7")
    pairs = np.full((3, 3), 0.2) + np.diag([0.3] * 3)
    plain = variance(dl.declare_design(data, fpc="N"))
    assert plain == pytest.approx([(1 - 0.5) * 36 * 9 / 3], rel=1e-12)
    for form in ("horvitz_thompson", "yates_grundy"):
        assert variance(joint(data, form, pairs)) == pytest.approx(plain, rel=1e-12), form
    assert variance(dl.declare_design(data, fpc="p", unequal="brewer")) == pytest.approx(
        plain, rel=1e-12
    )
    # Homes of town 1: 1 and 3, 2 of 4 drawn: first stage as above, plus p times the spread of homes
    # within: .5 * (1 - 2/4) * 2 * ((4 - 8)^2 + (12 - 8)^2) = 16 with weights 1 / .5 / .5 = 4.
    text = "town home p M y\n1 1 .5 4 1\n1 2 .5 4 3\n2 1 .4 1 2\n3 1 .2 1 1"
    sample = joint(table(text), psu=["town", "home"], fpc=["p", "M"])
    # towns weigh 16, 5, 5: .5 * 256 + .6 * 25 + .8 * 25 - 2 * .6 * 25 = 133
    assert variance(sample) == pytest.approx([133 + 16], rel=1e-12)
    # Brewer: mean 26/3, 3/2 * (.5 * 484 + .6 * 121 + .8 * 121) / 9 = 68.566...
    brewer = dl.declare_design(table(text), psu=["town", "home"], fpc=["p", "M"], unequal="brewer")
    assert variance(brewer) == pytest.approx(
        [1.5 * (0.5 * 484 + 0.6 * 121 + 0.8 * 121) / 9 + 16], rel=1e-12
    )
    # Towns of several rows, met in the order 3, 1, 2, and strata that sort them otherwise: one row
    # each.
    text = "h town p y\nb 3 .2 .5\nb 3 .2 .5\na 1 .5 .25\na 1 .5 .75\na 2 .4 2"
    for form in ("horvitz_thompson", "yates_grundy"):
        found = joint(
            table(text), form, JOINT[np.ix_([2, 0, 1], [2, 0, 1])], psu="town", strata="h"
        )
        assert variance(found) == pytest.approx(
            variance(joint(table(TOWNS), form)), rel=1e-12, abs=1e-12
        )


FOUR = "h c w g y\n1 1 1 a 1\n1 2 2 b 2\n2 1 3 a 4\n2 2 4 b 8"
ONE_HOME = "town home N M w y\n1 1 4 5 1 2\n2 1 4 6 1 3\n2 2 4 6 1 5"


def total(table: Any, drawn: str, columns: dict[str, Any], by: Any = (), **design: Any) -> Any:
    return dl.estimate(
        dl.declare_design(table(drawn).assign(**columns), **design), dl.total("y"), by=by
    )


REFUSED: list[tuple[type[dl.DiplabError], str, dict[str, Any], dict[str, Any]]] = [
    (DesignError, FOUR, {"w": [1.0, -2.0, 3.0, 4.0]}, WEIGHTED),
    (DesignError, FOUR, {"w": [1.0, np.nan, 3.0, 4.0]}, WEIGHTED),
    (DesignError, FOUR, {"w": [1.0, np.inf, 3.0, 4.0]}, WEIGHTED),
    (DesignError, FOUR, {"w": [-1.0, np.nan, np.inf, 4.0]}, WEIGHTED), (DesignError, FOUR, {"w": 0.0}, WEIGHTED),
    (DesignError, FOUR, {}, {"strata": "h", "psu": "c", "nest": False}),
    (DesignError, FOUR, {"N": 3}, {"fpc": "N"}),
    (DesignError, FOUR, {"N": 1.5}, {"fpc": "N", "strata": "h", "psu": "c"}),
    (ColumnError, FOUR, {}, {"weights": "w", "replicates": dl.replicates(["r1", "r2"])}),
    (ColumnError, FOUR, {}, {"weights": "w", "replicates": dl.replicates("r*")}),
    (ColumnError, FOUR, {}, {"weights": "w", "replicates": dl.replicates("BRR")}),
    (LonelyPsuError, LONELY, {}, {"weights": "w", "strata": "s", "psu": "psu"}),
    (LonelyPsuError, DOMAINS, {}, {**UNITS, "lonely_psu_domain": "fail", "by": "sex"}),
    (LonelyPsuError, "h N y\na 1 3\nb 5 4", {}, {**COLLAPSE, "fpc": "N"}),
    (LonelyPsuError, ONE_HOME, {}, {**HOMES, "fpc": ["N", "M"]}),
    (OptionError, DOMAINS, {}, {"lonely_psu_domain": "averge"}), (DesignError, TOWNS, {}, {"unequal": "brewer"}),
    (DesignError, TOWNS, {}, {"unequal": "joint", "fpc": "p"}), (DesignError, TOWNS, {}, {**BREWER, "joint": JOINT}),
    (DesignError, TOWNS, {}, {**BREWER, "lonely_psu": "collapse"}),
    (OptionError, TOWNS, {}, {"unequal": "brewster", "fpc": "p"}),
    (OptionError, TOWNS, {}, {**OVERTON, "unequal_variance": "yates"}),
    (DesignError, TOWNS, {}, {"unequal": "brewer", "fpc": "town"}),
    (DesignError, TOWNS, {"one": 1}, {**BREWER, "psu": "one"}),
]  # fmt: skip
ARRAYS: list[Any] = [
    JOINT[:2], [0.5, 0.4], JOINT[:2, :2], JOINT + np.array([[0, 0.1, 0], [0, 0, 0], [0, 0, 0]]),
    np.where(JOINT == 0.05, 0, JOINT), np.where(JOINT == 0.05, np.nan, JOINT), np.where(JOINT == 0.05, 0.3, JOINT),
    JOINT[::-1, ::-1],
]  # fmt: skip


def test_refused(table: Any, refused: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for error, drawn, columns, how in REFUSED:
        refused(lambda d=drawn, c=columns, h=how: total(table, d, c, **h), error)
    for array in ARRAYS:
        refused(lambda array=array: joint(table(TOWNS), probabilities=array), DesignError)
    # joint probabilities need an order
    refused(lambda: joint(pl.from_pandas(table(TOWNS)).lazy()), DesignError)
    # The limit is lowered here: an array of 20,001 x 20,001 would take 3.2 GB by itself.
    monkeypatch.setattr("diplab.sampling.units.JOINT_LIMIT", 2)
    refused(lambda: joint(table(TOWNS)), DesignError)
