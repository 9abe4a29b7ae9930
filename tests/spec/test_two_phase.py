"""A sample drawn from a sample: worked by hand, equal to what it must equal, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import diplab as dl
from diplab.errors import ColumnError, DesignError, LonelyPsuError

if TYPE_CHECKING:
    from diplab.types import Sample

PEOPLE = """
sex N called y
f   8 1      2
f   8 1      6
m   8 1      1
m   8 0      .
"""


def variance(sample: Any, *statistics: Any, **options: Any) -> list[float]:
    found = dl.estimate(sample, *statistics or (dl.total("y"),), **options).frame["std_error"] ** 2
    return [float(value) for value in found]


def test_two_simple_random_phases(engine: Any) -> None:
    """4 of 8, then 3 of 4: the same as 3 of 8 at once. Weights 8 / 3; mean 3, spread 7: 64 (1 - 3/8) 7 / 3."""
    data = engine.draw(PEOPLE.replace("N ", "w ").replace(" 8 ", " 2 "))
    sample = dl.two_phase(dl.declare_design(data, weights="w"), "called == 1")
    assert dl.estimate(sample, dl.total("y")).frame["estimate"][0] == pytest.approx(24, rel=1e-12)
    # drawn from nearly infinitely many: 64 * 7 / 3, as a sample of 3 whose weights are 8 / 3
    assert variance(sample) == pytest.approx([64 * 7 / 3], rel=1e-12)


def test_the_second_draw_of_a_simple_random_sample_is_one(table: Any) -> None:
    """With the fpc: 64 (1 - 3/8) 7 / 3 = 280 / 3."""
    sample = dl.two_phase(dl.declare_design(table(PEOPLE), fpc="N"), "called == 1")
    found = dl.estimate(sample, dl.total("y"), dl.mean("y"))
    assert found.frame["estimate"].tolist() == pytest.approx([24, 3], rel=1e-12)
    assert found.frame["std_error"][0] ** 2 == pytest.approx(280 / 3, rel=1e-12)
    assert found.frame["n"].tolist() == [3, 3]
    assert found.frame["df"].tolist() == [2, 2]
    assert found.provenance.rules["phases"] == "two"
    assert found.provenance.missing == {}, "those who were not called miss nothing"
    # 6 of 12 people: 4 women of whom 2 were called (1, 5), 2 men, both called (4, 10). Särndal,
    # Swensson and Wretman (1992, result 9.4.1 with 9.4.4), by its two parts. Second phase: 2 women
    # of 4 with weights 2 * 2: 1/2 * 2 * ((4 - 12)^2 + (20 - 12)^2) = 128. First phase, 144 (1 -
    # 1/2) S^2 / 6 with S^2 of the six estimated: sum of y^2 is 2 * 26 + 116 = 168; products of two
    # women 2 * (1 * 5) * (4 * 3) / (2 * 1) = 60, of a woman and a man 2 * 2 * 6 * 14 = 336, of two
    # men 80: S^2 = (168 - (168 + 60 + 336 + 80) / 6) / 5 = 12.1333.
    data = table("sex N called y\nf 12 1 1\nf 12 1 5\nf 12 0 .\nf 12 0 .\nm 12 1 4\nm 12 1 10")
    sample = dl.two_phase(dl.declare_design(data, fpc="N"), "called == 1", strata="sex")
    assert dl.estimate(sample, dl.total("y")).frame["estimate"][0] == pytest.approx(
        2 * (2 * 6 + 14)
    )
    # 4 people less 2 strata of the second phase; the first has 4 people, as far as they have a
    # weight, less 1
    assert dl.estimate(sample, dl.mean("y"), df="design").frame["df"].tolist() == [2]
    spread = (168 - (168 + 60 + 336 + 80) / 6) / 5
    assert variance(sample) == pytest.approx([144 / 2 * spread / 6 + 128], rel=1e-12)
    data = table("h c N y\na 1 5 3\na 1 5 4\na 2 5 9\nb 3 6 2\nb 4 6 2\nb 4 6 7").assign(yes=True)
    first = dl.declare_design(data, strata="h", psu="c", fpc="N")
    both = dl.two_phase(first, "yes", strata="h")
    for statistic in (dl.total("y"), dl.mean("y"), dl.median("y")):
        assert variance(both, statistic) == pytest.approx(variance(first, statistic), rel=1e-12)
    # A domain said before the second phase holds after it.
    data = table(PEOPLE)
    first = dl.declare_design(data, fpc="N").where("sex == 'f'")
    before = dl.estimate(dl.two_phase(first, "called == 1"), dl.mean("y"))
    after = dl.estimate(
        dl.two_phase(dl.declare_design(data, fpc="N"), "called == 1").where("sex == 'f'"),
        dl.mean("y"),
    )
    assert before.frame["estimate"].tolist() == after.frame["estimate"].tolist() == [4]
    assert before.covariance.tolist() == after.covariance.tolist()


@settings(max_examples=15)
@given(st.integers(0, 10_000), st.sampled_from([True, False]))
def test_stages_are_phases(seed: int, whole: bool) -> None:
    """Towns, then homes of each town: the second stage is a second phase whose strata are the towns. The result of
    two-stage sampling is a case of that of two phases (Särndal, Swensson and Wretman 1992, sec.
    9.1).
    """
    draw = np.random.default_rng(seed)
    towns = [(town, int(draw.integers(3, 7))) for town in range(5)]
    homes = [
        (town % 2 if whole else 0, town, 9, size, home)
        for town, size in towns
        for home in range(size)
    ]
    file = pd.DataFrame(homes, columns=["h", "town", "N", "M", "home"])
    file["y"], file["x"] = draw.normal(10, 3, len(file)), draw.integers(1, 4, len(file))
    file["odd"] = file["home"] % 2
    file["taken"] = file["home"] < draw.integers(2, 4)
    stages = dl.declare_design(
        file[file["taken"]], strata="h", psu=["town", "home"], fpc=["N", "M"]
    )
    first = dl.declare_design(file, strata="h", psu="town", fpc="N")
    phases = dl.two_phase(first, "taken", strata="town")
    asked = [dl.total("y"), dl.mean("y"), dl.ratio("y", "x")]
    for by in ((), "odd"):
        one, two = dl.estimate(stages, *asked, by=by), dl.estimate(phases, *asked, by=by)
        assert two.frame["estimate"].tolist() == pytest.approx(
            one.frame["estimate"].tolist(), rel=1e-10
        )
        assert np.allclose(two.covariance, one.covariance, rtol=1e-8, atol=1e-9, equal_nan=True)


def test_units_of_the_second_phase(table: Any) -> None:
    """Couples drawn at random among couples: the same as couples drawn as rows of their totals."""
    text = "couple N yes y\n1 9 1 2\n1 9 1 3\n2 9 1 4\n2 9 1 4\n3 9 0 .\n3 9 0 .\n4 9 1 1\n4 9 1 0"
    data = table(text).assign(N=9)
    couples = dl.two_phase(dl.declare_design(data, psu="couple", fpc="N"), "yes == 1", psu="couple")
    rows = data.groupby("couple", as_index=False).agg({"N": "first", "yes": "first", "y": "sum"})
    single = dl.two_phase(dl.declare_design(rows, fpc="N"), "yes == 1")
    assert variance(couples) == pytest.approx(variance(single), rel=1e-12)
    assert variance(couples) == pytest.approx([81 * (1 - 3 / 9) * 37 / 3 / 3], rel=1e-12), (
        "5, 8, 1 of 9 couples: their squared distances to 14 / 3 sum to 2 * 37 / 3"
    )
    crossed = dl.two_phase(dl.declare_design(data.assign(N=16), fpc="N"), "yes == 1", psu="couple")
    # people first, then couples among them: 8 of 16, weights 2, then 3 of 4 couples, z = 8 / 3 y;
    # second phase 1/4 * 3/2 * sum of squares about the mean; first phase (1 - 1/2) 8 / 7 (B(people)
    # - B(all) / 8)
    y = np.array([2, 3, 4, 4, 1, 0]) * 8 / 3
    z = y.reshape(3, 2).sum(axis=1)
    within, between = 3 / 4, 3 * 3 / (4 * 2)
    everyone = within * (z**2).sum() + between * (z.sum() ** 2 - (z**2).sum())
    first = 4 / 7 * (within * (y**2).sum() - everyone / 8)
    second = 1 / 4 * 3 / 2 * ((z - z.mean()) ** 2).sum()
    assert variance(crossed) == pytest.approx([first + second], rel=1e-12)


def test_a_lonely_unit_of_the_second_phase(table: Any, refused: Any) -> None:
    """One man of two was called: refused; `remove` leaves the variance of the first phase, and of women none."""
    first = dl.declare_design(table(PEOPLE), fpc="N")
    refused(
        lambda: dl.estimate(dl.two_phase(first, "called == 1", strata="sex"), dl.total("y")),
        LonelyPsuError,
    )
    left = dl.declare_design(table(PEOPLE), fpc="N", lonely_psu="remove")
    # z = 4, 12, 4; (1 - 1/2) 4 / 3 (B(people) - B(all) / 4), with r = 1/2 for the man and himself
    own, everyone = 16 + 144 + 16 / 2, 20**2 - 16 / 2
    assert variance(dl.two_phase(left, "called == 1", strata="sex")) == pytest.approx(
        [2 / 3 * (own - everyone / 4)], rel=1e-12
    )


def replicated(data: pd.DataFrame) -> Sample:
    weights = {f"r{place}": np.roll([0.0, 2, 1, 1], place) for place in range(4)}
    given = dl.replicates([*weights], kind="bootstrap")
    return dl.declare_design(data.assign(w=1.0, **weights), weights="w", replicates=given)


def test_refusals(table: Any, refused: Any) -> None:
    x = table(PEOPLE)
    people, unequal = (
        dl.declare_design(x),
        dl.declare_design(x.assign(p=0.5), fpc="p", unequal="brewer"),
    )
    refused(lambda: dl.two_phase(people, "called == 2"), DesignError)
    for options in ({"strata": "called"}, {"psu": "sex"}, {"strata": "y"}):
        refused(lambda options=options: dl.two_phase(people, "called == 1", **options), DesignError)
    refused(lambda: dl.two_phase(people, "called == 1", strata="sexe"), ColumnError)
    unknown = dl.declare_design(x.assign(called=x["called"].where(x.index != 0)))
    refused(lambda: dl.two_phase(unknown, "called == 1"), DesignError)
    called, calibrated = (
        dl.two_phase(people, "called == 1"),
        dl.calibrate(people, {"sex": {"f": 3, "m": 4}}),
    )
    for sample in (called, replicated(x), calibrated, unequal):
        refused(lambda sample=sample: dl.two_phase(sample, "called == 1"), DesignError)


def test_degrees_of_freedom_are_those_of_the_phase_that_has_fewer() -> None:
    """40 people, 12 of them in two strata of a second phase: 12 - 2, of 6 women 6 - 2; R's `degf` gives the same."""
    people = pd.DataFrame(
        {"N": 400, "taken": [1] * 12 + [0] * 28, "h": list("ab") * 20, "y": range(40)}
    )
    people["sex"] = ["f"] * 6 + ["m"] * 34
    sample = dl.two_phase(dl.declare_design(people, fpc="N"), "taken == 1", strata="h")
    found = [
        dl.estimate(sample, dl.mean("y"), by=by, df="domain").frame["df"].tolist()
        for by in ((), "sex")
    ]
    assert found == [[10], [4, 4]]
    assert dl.regress(sample.where("sex == 'f'"), "y ~ 1", df="domain").residual_df == 4
