"""Units drawn with unequal probabilities, without replacement: worked by hand, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

import diplab as dl
from diplab.errors import DesignError, OptionError

TOWNS = """
town p  y sex
1    .5 1 f
2    .4 2 m
3    .2 1 f
"""
JOINT = np.array([[0.5, 0.2, 0.1], [0.2, 0.4, 0.05], [0.1, 0.05, 0.2]])


def variance(sample: Any, **options: Any) -> list[float]:
    found = dl.estimate(sample, dl.total("y"), **options).frame["std_error"] ** 2
    return [float(value) for value in found]


def refused(question: Any, kind: type[dl.DiplabError] = DesignError) -> str:
    with pytest.raises(kind) as caught:
        question()
    return str(caught.value)


def joint(data: Any, form: Any = "horvitz_thompson", probabilities: Any = JOINT, **options: Any) -> dl.Sample:
    design: dict[str, Any] = {"fpc": "p", "unequal": "joint", "unequal_variance": form}
    return dl.declare_design(data, joint=probabilities, **design | options)


def test_brewer(table: Any) -> None:
    """Weighted totals 2, 5, 5, mean 4: 3 / 2 * (.5 * 4 + .6 * 1 + .8 * 1) = 5.1."""
    sample = dl.declare_design(table(TOWNS), fpc="p", unequal="brewer")
    assert dl.estimate(sample, dl.total("y")).frame["estimate"][0] == pytest.approx(12, rel=1e-12)
    assert variance(sample) == pytest.approx([5.1], rel=1e-12)


def test_overton_by_pairs(table: Any) -> None:
    """Overton: 1 - p p' / p_joint = -(1 - (p + p') / 2) / 2, which is -.275, -.325, -.35 for pairs 12, 13, 23.
    Horvitz and Thompson: .5 * 4 + .6 * 25 + .8 * 25 + 2 * (-2.75 - 3.25 - 8.75) = 7.5;
    Yates and Grundy: .275 * 9 + .325 * 9 + .35 * 0 = 5.4.
    """
    design: dict[str, Any] = {"fpc": "p", "unequal": "overton"}
    assert variance(dl.declare_design(table(TOWNS), **design)) == pytest.approx([7.5], rel=1e-12)
    sample = dl.declare_design(table(TOWNS), unequal_variance="yates_grundy", **design)
    assert variance(sample) == pytest.approx([5.4], rel=1e-12)


def test_joint_probabilities_by_pairs(table: Any) -> None:
    """1 - .5 * .4 / .2 = 0, 1 - .5 * .2 / .1 = 0, 1 - .4 * .2 / .05 = -.6.
    Horvitz and Thompson: 2 + 15 + 20 - 2 * .6 * 25 = 7; Yates and Grundy: .6 * 0 = 0, by domain .6 * 25 = 15.
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


def test_simple_random_sampling_is_a_case(table: Any) -> None:
    """3 of 6 at random: p = 1/2, pairs 3 * 2 / (6 * 5) = 1/5; every form gives the variance of an fpc of 6."""
    data = table("N p y\n6 .5 1\n6 .5 4\n6 .5 7")
    pairs = np.full((3, 3), 0.2) + np.diag([0.3] * 3)
    plain = variance(dl.declare_design(data, fpc="N"))
    assert plain == pytest.approx([(1 - 0.5) * 36 * 9 / 3], rel=1e-12)
    for form in ("horvitz_thompson", "yates_grundy"):
        assert variance(joint(data, form, pairs)) == pytest.approx(plain, rel=1e-12), form
    assert variance(dl.declare_design(data, fpc="p", unequal="brewer")) == pytest.approx(plain, rel=1e-12)


@pytest.mark.parametrize("form", ["horvitz_thompson", "yates_grundy"])
def test_rows_of_the_array_follow_the_file(table: Any, form: Any) -> None:
    """Towns of several rows, met in the order 3, 1, 2, and strata that sort them otherwise: one row a town."""
    text = "h town p y\nb 3 .2 .5\nb 3 .2 .5\na 1 .5 .25\na 1 .5 .75\na 2 .4 2"
    order = [2, 0, 1]
    found = joint(table(text), form, JOINT[np.ix_(order, order)], psu="town", strata="h")
    assert variance(found) == pytest.approx(variance(joint(table(TOWNS), form)), rel=1e-12, abs=1e-12)


def test_a_later_stage_is_added(table: Any) -> None:
    """Homes of town 1: 1 and 3, 2 of 4 drawn: first stage as above, plus p times the spread of homes within:
    .5 * (1 - 2/4) * 2 * ((4 - 8)^2 + (12 - 8)^2) = 16 with weights 1 / .5 / .5 = 4.
    """
    text = "town home p M y\n1 1 .5 4 1\n1 2 .5 4 3\n2 1 .4 1 2\n3 1 .2 1 1"
    sample = joint(table(text), psu=["town", "home"], fpc=["p", "M"])
    # towns weigh 16, 5, 5: .5 * 256 + .6 * 25 + .8 * 25 - 2 * .6 * 25 = 133
    assert variance(sample) == pytest.approx([133 + 16], rel=1e-12)
    # Brewer: mean 26/3, 3/2 * (.5 * 484 + .6 * 121 + .8 * 121) / 9 = 68.566...
    brewer = dl.declare_design(table(text), psu=["town", "home"], fpc=["p", "M"], unequal="brewer")
    assert variance(brewer) == pytest.approx([1.5 * (0.5 * 484 + 0.6 * 121 + 0.8 * 121) / 9 + 16], rel=1e-12)


def test_units_that_stay_in_a_database(engine: Any) -> None:
    """Approximations need one row a unit only, and every engine gives it."""
    text = "town p w y\n1 .5 2 .25\n1 .5 2 .75\n2 .4 2.5 2\n3 .2 5 1"
    sample = dl.declare_design(engine.draw(text), weights="w", psu="town", fpc="p", unequal="brewer")
    assert variance(sample) == pytest.approx([5.1], rel=1e-12)
    people = engine.draw("p w y\n.5 2 1\n.4 2.5 2\n.2 5 1")
    rows = dl.declare_design(people, weights="w", fpc="p", unequal="brewer")
    assert variance(rows) == pytest.approx([5.1], rel=1e-12)


def test_joint_probabilities_need_an_order(table: Any, refused: Any) -> None:
    refused(lambda: joint(pl.from_pandas(table(TOWNS)).lazy()))


ORDER = "one row and one column a primary unit, in the order in which units first stand in the file"


@pytest.mark.parametrize(
    ("probabilities", "text"),
    [
        (JOINT[:2], f"of shape (2, 3). It is not square. Write {ORDER}."),
        ([0.5, 0.4], f"of shape (2,). It is not square. Write {ORDER}."),
        (JOINT[:2, :2], f"of shape (2, 2). The design has 3 primary units. Write {ORDER}."),
        (
            JOINT + np.array([[0, 0.1, 0], [0, 0, 0], [0, 0, 0]]),
            f"of shape (3, 3). Units 1 and 2 have 0.3 one way and 0.2 the other. Write a symmetric array, {ORDER}.",
        ),
        (
            np.where(JOINT == 0.05, 0, JOINT),
            (
                "of shape (3, 3). 2 of its 9 values are missing, zero, negative or above 1. Write how likely each pair "
                "was to be drawn together: two units that stand in one sample could be."
            ),
        ),
        (
            np.where(JOINT == 0.05, np.nan, JOINT),
            (
                "of shape (3, 3). 2 of its 9 values are missing, zero, negative or above 1. Write how likely each pair "
                "was to be drawn together: two units that stand in one sample could be."
            ),
        ),
        (
            np.where(JOINT == 0.05, 0.3, JOINT),
            (
                "of shape (3, 3). Units 2 and 3 have 0.3 together, more than one of them alone (0.2). Write the "
                "inclusion probability of each unit on the diagonal, and that of each pair beside it."
            ),
        ),
        (
            JOINT[::-1, ::-1],
            (
                "of shape (3, 3). Unit 1 has 0.2 on its diagonal, and 0.5 in `p`. Write the rows and columns in the "
                "order in which units first stand in the file."
            ),
        ),
    ],
)
def test_joint_probabilities_that_cannot_be(table: Any, probabilities: Any, text: str) -> None:
    found = refused(lambda: joint(table(TOWNS), probabilities=probabilities))
    assert found == f"Joint probabilities were asked for as an array {text}"


def test_too_many_pairs(table: Any, monkeypatch: pytest.MonkeyPatch, refused: Any) -> None:
    """The limit is lowered here: an array of 20,001 x 20,001 would take 3.2 GB by itself."""
    monkeypatch.setattr("diplab.sampling.units.JOINT_LIMIT", 2)
    refused(lambda: joint(table(TOWNS)))


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"unequal": "brewer"}, DesignError),
        ({"unequal": "joint", "fpc": "p"}, DesignError),
        ({"unequal": "brewer", "fpc": "p", "joint": JOINT}, DesignError),
        ({"unequal": "brewer", "fpc": "p", "lonely_psu": "collapse"}, DesignError),
        ({"unequal": "brewster", "fpc": "p"}, OptionError),
        ({"unequal": "overton", "fpc": "p", "unequal_variance": "yates"}, OptionError),
        ({"unequal": "brewer", "fpc": "town"}, DesignError),
        ({"unequal": "brewer", "fpc": "p", "psu": "one"}, DesignError),
    ],
)
def test_designs_that_cannot_be(table: Any, options: Any, kind: type[dl.DiplabError], refused: Any) -> None:
    refused(lambda: dl.declare_design(table(TOWNS).assign(one=1), **options), kind)
