"""Strata with one unit, in the sample or in a domain: what each policy does, worked by hand, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import diplab as dl
from diplab.errors import LonelyPsuError, OptionError

STRATA = """
h N  w y
a 4  1 1
a 4  1 3
b 9  1 4
c 8  1 10
c 8  1 14
d 5  1 6
"""

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


def variance(sample: Any, *statistics: Any, **options: Any) -> list[float]:
    found = dl.estimate(sample, *statistics or (dl.total("y"),), **options).frame["std_error"] ** 2
    return [float(value) for value in found]


def test_collapse_merges_a_lonely_stratum_with_the_next(engine: Any) -> None:
    """b (4) joins c (10, 14), and d (6), the last, joins the one before: 2 * 2 = 4 for a; 4, 10, 14, 6 have mean 8.5
    and squares 20.25 + 2.25 + 30.25 + 6.25 = 59, hence 4 / 3 * 59.
    """
    sample = dl.declare_design(engine.draw(STRATA), weights="w", strata="h", psu="y", lonely_psu="collapse")
    found = dl.estimate(sample, dl.total("y"))
    assert found.frame["std_error"][0] ** 2 == pytest.approx(4 + 4 / 3 * 59, rel=1e-12)
    assert found.frame["df"][0] == 6 - 2, "degrees of freedom are those of merged strata"
    assert found.provenance.rules["lonely_psu"] == "collapse"


def test_a_run_of_lonely_strata_pairs_up(table: Any) -> None:
    """1 and 5 make one stratum, 2 and 8 the other: 2 * (4 + 4) + 2 * (9 + 9) = 52."""
    sample = dl.declare_design(table("h w y\na 1 1\nb 1 5\nc 1 2\nd 1 8"), strata="h", lonely_psu="collapse")
    assert variance(sample) == pytest.approx([52], rel=1e-12)


def test_merged_strata_have_no_finite_population_correction(table: Any) -> None:
    """a keeps its 1 - 2/4: 2; the merged rest has none: 4 / 3 * 59. Weights still follow from the fpc, were they
    asked for.
    """
    sample = dl.declare_design(table(STRATA), weights="w", strata="h", fpc="N", lonely_psu="collapse")
    assert variance(sample) == pytest.approx([2 + 4 / 3 * 59], rel=1e-12)
    weighted = dl.declare_design(table(STRATA), strata="h", fpc="N", lonely_psu="collapse")
    total = dl.estimate(weighted, dl.total("y")).frame["estimate"][0]
    assert total == 2 * 4 + 9 * 4 + 4 * 24 + 5 * 6


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
    merged = dl.declare_design(by_hand, strata="h", fpc=["N", "M"], **units)
    both = [dl.total("y"), dl.mean("y")]
    assert variance(found, *both) == pytest.approx(variance(merged, *both), rel=1e-12)
    assert variance(found, *both, by="home") == pytest.approx(variance(merged, *both, by="home"), rel=1e-12)
    assert found.engine.units.degrees_of_freedom == merged.engine.units.degrees_of_freedom == 6 - 3
    domain = dl.estimate(found, dl.mean("y"), by="home", df="domain").frame["df"].tolist()
    assert domain == dl.estimate(merged, dl.mean("y"), by="home", df="domain").frame["df"].tolist()


@pytest.mark.parametrize("cells", [4_000_000, 0])
@pytest.mark.parametrize(
    ("policy", "women"),
    [
        # a: 2, 0, 0 with mean 2/3, 3/2 * 8/3 = 4; b: 5, 1, 0 with mean 2, 3/2 * 14 = 21; c: 2 * 2 = 4
        (None, 4 + 21 + 4),
        # stratum a has one unit with a woman, and gives nothing
        ("remove", 21 + 4),
        ("certainty", 21 + 4),
        # the mean of 25 for the three strata instead of two
        ("average", 25 * 3 / 2),
        # the mean of all eight units is 24 / 8 = 3: 3/2 * (1 + 9 + 9) instead of 4
        ("adjust", 3 / 2 * 19 + 21 + 4),
    ],
)
def test_one_unit_in_the_domain(
    engine: Any, monkeypatch: pytest.MonkeyPatch, cells: int, policy: Any, women: float
) -> None:
    for limit in ("_FEW_CELLS", "MOST_CELLS"):
        monkeypatch.setattr(f"diplab.kernel.variance.{limit}", cells)
    sample = dl.declare_design(
        engine.draw(DOMAINS), weights="w", strata="h", psu="psu", lonely_psu_domain=policy
    )
    assert variance(sample, by="sex")[0] == pytest.approx(women, rel=1e-12)
    assert variance(sample.where("sex == 'f'")) == pytest.approx([women], rel=1e-12)
    rules = dl.estimate(sample, dl.total("y")).provenance.rules
    assert rules.get("lonely_psu_domain") == policy


def test_everybody_is_nobodys_domain(engine: Any) -> None:
    """Without a domain every unit has somebody, and no policy on domains does anything."""
    plain = variance(dl.declare_design(engine.draw(DOMAINS), weights="w", strata="h", psu="psu"))
    for policy in ("fail", "remove", "certainty", "average", "adjust"):
        sample = dl.declare_design(
            engine.draw(DOMAINS), weights="w", strata="h", psu="psu", lonely_psu_domain=policy
        )
        assert variance(sample) == pytest.approx(plain, rel=1e-12)


def test_people_are_counted_not_values(engine: Any) -> None:
    """Men of stratum a are in two units, one of which has a total of zero; those of b are in one, of value zero.
    a: 0, 4, 0 with mean 4/3, 3/2 * 32/3 = 16, for the two strata that men live in.
    """
    sample = dl.declare_design(
        engine.draw(DOMAINS), weights="w", strata="h", psu="psu", lonely_psu_domain="average"
    )
    assert variance(sample, by="sex")[1] == pytest.approx(16 * 2, rel=1e-12)


def test_a_domain_that_does_not_reach_a_lonely_stratum_owes_it_nothing(engine: Any) -> None:
    """Only b is lonely, and only a woman lives there: the men of a have 2 * (1 + 1) = 4 under every policy."""
    text = "h psu w y sex\na 1 1 1 m\na 2 1 3 m\nb 3 1 9 f"
    for policy in ("remove", "certainty", "average", "adjust"):
        sample = dl.declare_design(engine.draw(text), weights="w", strata="h", psu="psu", lonely_psu=policy)
        assert variance(sample, by="sex")[1] == pytest.approx(4, rel=1e-12), policy


def test_a_combination_is_there_where_its_parts_are(table: Any) -> None:
    """A domain rate under a threshold of the whole universe is owed to everybody: no stratum has one unit of it."""
    text = "h psu w y sex\n" + "\n".join(
        f"{h} {h}{unit} 1 {10 + 3 * unit + 7 * place} {'f' if unit == 1 or h == 'b' else 'm'}"
        for place, h in enumerate("abc")
        for unit in range(4)
    )
    data = table(text)
    plain = dl.declare_design(data, weights="w", strata="h", psu="psu")
    policy = dl.declare_design(data, weights="w", strata="h", psu="psu", lonely_psu_domain="average")
    rate = dl.arpr("y", fraction=0.9)
    assert variance(policy, rate, by="sex") == pytest.approx(variance(plain, rate, by="sex"), rel=1e-12)
    fixed = dl.arpr("y", threshold=20)
    assert variance(policy, fixed, by="sex") != pytest.approx(variance(plain, fixed, by="sex"), rel=1e-3)


def test_the_refusal_of_lonely_domains(engine: Any, refused: Any) -> None:
    sample = dl.declare_design(
        engine.draw(DOMAINS), weights="w", strata="h", psu="psu", lonely_psu_domain="fail"
    )
    refused(lambda: dl.estimate(sample, dl.total("y"), by="sex"), LonelyPsuError)


def test_collapse_needs_a_neighbour(table: Any, refused: Any) -> None:
    sample = dl.declare_design(table("h N y\na 1 3\nb 5 4"), strata="h", fpc="N", lonely_psu="collapse")
    refused(lambda: dl.estimate(sample, dl.total("y")), LonelyPsuError)


def test_a_lonely_unit_of_a_later_stage(table: Any, refused: Any) -> None:
    """Town 1 has one home of 5: refused; `remove` leaves the homes of town 2 and the towns."""
    text = "town home N M w y\n1 1 4 5 1 2\n2 1 4 6 1 3\n2 2 4 6 1 5"
    units = {"weights": "w", "psu": ["town", "home"], "fpc": ["N", "M"]}
    refused(lambda: dl.estimate(dl.declare_design(table(text), **units), dl.total("y")), LonelyPsuError)
    # towns 2 and 8: 1/2 * 2 * 18 = 18; homes of town 2: 1/2 * 2/3 * 2 * 2 = 4/3
    left = dl.declare_design(table(text), lonely_psu="remove", **units)
    assert variance(left) == pytest.approx([18 + 4 / 3], rel=1e-12)


def test_an_unknown_policy_for_domains(table: Any, refused: Any) -> None:
    refused(lambda: dl.declare_design(table(DOMAINS), lonely_psu_domain="averge"), OptionError)


def test_a_domain_whose_weights_are_all_zero(engine: Any, refused: Any) -> None:
    """It is empty, and says so, beside the others; asked for alone it is refused."""
    sample = dl.declare_design(engine.draw("g w y\na 1 1\na 2 2\nb 0 3\nb 0 4"), weights="w")
    frame = dl.estimate(sample, dl.mean("y"), by="g").frame
    assert frame["n"].tolist() == [2, 0]
    assert frame["flag"].tolist() == ["", "empty"]
    assert frame[["estimate", "std_error"]].isna().all(axis=1).tolist() == [False, True]
    refused(lambda: sample.where("g == 'b'"))
