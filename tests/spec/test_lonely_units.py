"""Strata with one unit, in the file or in a domain, under every policy; by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import diplab as dl
from tests.drawn_tables import COLLAPSE, HOMES, LONELY, STRATIFIED, THREE_STRATA

FOUR_STRATA = "h N w y\na 4 1 1\na 4 1 3\nb 9 1 4\nc 8 1 10\nc 8 1 14\nd 5 1 6"
ONE_WOMAN = "h psu w y sex\na 1 1 1 m\na 2 1 3 m\nb 3 1 9 f"


def variances(sample: Any, *statistics: Any, **options: Any) -> list[float]:
    """Return the variances of statistics, by default of the total of `y`."""
    errors = dl.estimate(sample, *statistics or (dl.total("y"),), **options).frame["std_error"]
    return [float(error**2) for error in errors]


@pytest.mark.parametrize(
    ("drawn", "design", "expected"),
    [
        # b (4) joins c (10, 14), and d (6), the last, joins the one before: 2 * 2 = 4 for a; 4, 10,
        # 14, 6 have mean 8.5 and squares 20.25 + 2.25 + 30.25 + 6.25 = 59, hence 4 / 3 * 59; degrees
        # of freedom are those of merged strata
        pytest.param(
            FOUR_STRATA,
            {"weights": "w", **COLLAPSE, "psu": "y"},
            {"variance": 4 + 4 / 3 * 59, "df": 6 - 2},
            id="collapse merges with the next",
        ),
        # a keeps its 1 - 2/4: 2; the merged rest has none. Weights still follow from the fpc, where
        # there are no others
        pytest.param(
            FOUR_STRATA,
            {"weights": "w", **COLLAPSE, "fpc": "N"},
            {"variance": 2 + 4 / 3 * 59},
            id="merged strata have no fpc",
        ),
        # 1 and 5 make one stratum, 2 and 8 the other: 2 * (4 + 4) + 2 * (9 + 9) = 52
        pytest.param(
            "h w y\na 1 1\nb 1 5\nc 1 2\nd 1 8",
            COLLAPSE,
            {"variance": 52},
            id="a run of lonely strata pairs up",
        ),
    ],
)
def test_collapsed_strata(
    engine: Any,
    estimated: Any,
    holds: Any,
    drawn: str,
    design: dict[str, Any],
    expected: dict[str, Any],
) -> None:
    holds(estimated(engine.draw(drawn), dl.total("y"), **design), expected)


def test_weights_of_collapsed_strata_follow_from_the_fpc(table: Any, estimated: Any) -> None:
    """4 / 2 in a, 9 / 1 in b, 8 / 2 in c and 5 / 1 in d."""
    found = estimated(table(FOUR_STRATA), dl.total("y"), **COLLAPSE, fpc="N")
    assert found.frame["estimate"].tolist() == [2 * 4 + 9 * 4 + 4 * 24 + 5 * 6]


@pytest.mark.parametrize(
    ("drawn", "design", "expected"),
    [
        # people are counted, not values: men of a are in two units, one of total zero; those of b in
        # one, of value zero. a: 0, 4, 0 with mean 4/3, 3/2 * 32/3 = 16, for the two strata that men
        # live in
        pytest.param(
            THREE_STRATA,
            {**STRATIFIED, "lonely_psu_domain": "average", "by": "sex"},
            {"variance": [..., 16 * 2]},
            id="people are counted",
        ),
        # only b is lonely, and only a woman lives there: the men of a have 2 * (1 + 1) = 4 under
        # every policy
        pytest.param(
            ONE_WOMAN,
            {**STRATIFIED, "lonely_psu": "remove", "where": "sex == 'm'"},
            {"variance": 4},
            id="remove owes nothing to men",
        ),
        pytest.param(
            ONE_WOMAN,
            {**STRATIFIED, "lonely_psu": "certainty", "where": "sex == 'm'"},
            {"variance": 4},
            id="certainty owes nothing to men",
        ),
        pytest.param(
            ONE_WOMAN,
            {**STRATIFIED, "lonely_psu": "average", "where": "sex == 'm'"},
            {"variance": 4},
            id="average owes nothing to men",
        ),
        pytest.param(
            ONE_WOMAN,
            {**STRATIFIED, "lonely_psu": "adjust", "where": "sex == 'm'"},
            {"variance": 4},
            id="adjust owes nothing to men",
        ),
        # without a domain every unit has somebody: a 3/2 * 8, b 3/2 * 14, c 2 * 2 under every policy
        # on domains
        pytest.param(
            THREE_STRATA,
            {**STRATIFIED, "lonely_psu_domain": "fail"},
            {"variance": 12 + 21 + 4},
            id="fail without a domain",
        ),
        pytest.param(
            THREE_STRATA,
            {**STRATIFIED, "lonely_psu_domain": "remove"},
            {"variance": 12 + 21 + 4},
            id="remove without a domain",
        ),
        pytest.param(
            THREE_STRATA,
            {**STRATIFIED, "lonely_psu_domain": "certainty"},
            {"variance": 12 + 21 + 4},
            id="certainty without a domain",
        ),
        pytest.param(
            THREE_STRATA,
            {**STRATIFIED, "lonely_psu_domain": "average"},
            {"variance": 12 + 21 + 4},
            id="average without a domain",
        ),
        pytest.param(
            THREE_STRATA,
            {**STRATIFIED, "lonely_psu_domain": "adjust"},
            {"variance": 12 + 21 + 4},
            id="adjust without a domain",
        ),
        # towns 2 and 8: 1/2 * 2 * 18 = 18; homes of town 2: 1/2 * 2/3 * 2 * 2 = 4/3; the only home of
        # town 1 adds nothing
        pytest.param(
            "town home N M w y\n1 1 4 5 1 2\n2 1 4 6 1 3\n2 2 4 6 1 5",
            {**HOMES, "fpc": ["N", "M"], "lonely_psu": "remove"},
            {"variance": 18 + 4 / 3},
            id="a lonely home left out",
        ),
    ],
)
def test_policies_of_lonely_units(
    engine: Any,
    estimated: Any,
    holds: Any,
    drawn: str,
    design: dict[str, Any],
    expected: dict[str, Any],
) -> None:
    holds(estimated(engine.draw(drawn), dl.total("y"), **design), expected)


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
    assert variances(found, *both) == pytest.approx(variances(merged, *both), rel=1e-12)
    assert variances(found, *both, by="home") == pytest.approx(
        variances(merged, *both, by="home"), rel=1e-12
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
    sample = dl.declare_design(engine.draw(THREE_STRATA), **STRATIFIED, lonely_psu_domain=policy)
    assert variances(sample, by="sex")[0] == pytest.approx(women, rel=1e-12)
    assert variances(sample.where("sex == 'f'")) == pytest.approx([women], rel=1e-12)
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
    plain = dl.declare_design(data, **STRATIFIED)
    policy = dl.declare_design(data, **STRATIFIED, lonely_psu_domain="average")
    rate = dl.arpr("y", fraction=0.9)
    assert variances(policy, rate, by="sex") == pytest.approx(
        variances(plain, rate, by="sex"), rel=1e-12
    )
    fixed = dl.arpr("y", threshold=20)
    assert variances(policy, fixed, by="sex") != pytest.approx(
        variances(plain, fixed, by="sex"), rel=1e-3
    )
