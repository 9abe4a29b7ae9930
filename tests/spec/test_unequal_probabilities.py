"""Units drawn with unequal probabilities: Brewer, Overton, Poisson and joint probabilities, by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import diplab as dl
from tests.drawn_tables import BREWER, JOINT, OVERTON, TOWNS

if TYPE_CHECKING:
    from diplab.types import Sample


def variances(sample: Any, *statistics: Any, **options: Any) -> list[float]:
    """Return the variances of statistics, by default of the total of `y`."""
    errors = dl.estimate(sample, *statistics or (dl.total("y"),), **options).frame["std_error"]
    return [float(error**2) for error in errors]


def joint(
    data: Any, form: Any = "horvitz_thompson", probabilities: Any = JOINT, **options: Any
) -> Sample:
    design: dict[str, Any] = {"fpc": "p", "unequal": "joint", "unequal_variance": form}
    return dl.declare_design(data, joint=probabilities, **design | options)


@pytest.mark.parametrize(
    ("drawn", "design", "expected"),
    [
        # weighted totals 2, 5, 5, mean 4: 3 / 2 * (.5 * 4 + .6 * 1 + .8 * 1) = 5.1
        pytest.param(
            TOWNS,
            {**BREWER, "weights": "w"},
            {"estimate": 12, "variance": 5.1},
            id="Brewer with weights",
        ),
        pytest.param(
            "town p w y\n1 .5 2 .25\n1 .5 2 .75\n2 .4 2.5 2\n3 .2 5 1",
            {**BREWER, "weights": "w", "psu": "town"},
            {"estimate": 12, "variance": 5.1},
            id="Brewer of two people in a town",
        ),
    ],
)
def test_brewer(
    engine: Any,
    estimated: Any,
    holds: Any,
    drawn: str,
    design: dict[str, Any],
    expected: dict[str, Any],
) -> None:
    holds(estimated(engine.draw(drawn), dl.total("y"), **design), expected)


@pytest.mark.parametrize(
    ("drawn", "design", "expected"),
    [
        pytest.param(TOWNS, BREWER, {"estimate": 12, "variance": 5.1}, id="Brewer"),
        # 1 - p p' / p_joint = -(1 - (p + p') / 2) / 2, which is -.275, -.325, -.35 for pairs 12, 13,
        # 23. Horvitz and Thompson: .5 * 4 + .6 * 25 + .8 * 25 + 2 * (-2.75 - 3.25 - 8.75) = 7.5
        pytest.param(TOWNS, OVERTON, {"variance": 7.5}, id="Overton"),
        # Yates and Grundy: .275 * 9 + .325 * 9 + .35 * 0 = 5.4
        pytest.param(
            TOWNS,
            {**OVERTON, "unequal_variance": "yates_grundy"},
            {"variance": 5.4},
            id="Overton by Yates and Grundy",
        ),
    ],
)
def test_weights_that_follow_from_probabilities(
    table: Any,
    estimated: Any,
    holds: Any,
    drawn: str,
    design: dict[str, Any],
    expected: dict[str, Any],
) -> None:
    holds(estimated(table(drawn), dl.total("y"), **design), expected)


def test_joint_probabilities_by_pairs(table: Any) -> None:
    """1 - .5 * .4 / .2 = 0, 1 - .5 * .2 / .1 = 0, 1 - .4 * .2 / .05 = -.6.
    Horvitz and Thompson: 2 + 15 + 20 - 2 * .6 * 25 = 7; Yates and Grundy: .6 * 0 = 0, by domain .6
    * 25 = 15.
    """
    assert variances(joint(table(TOWNS))) == pytest.approx([7], rel=1e-12)
    grundy = joint(table(TOWNS), "yates_grundy")
    assert variances(grundy) == pytest.approx([0], abs=1e-12)
    assert variances(grundy, by="sex") == pytest.approx([15, 15], rel=1e-12)
    # women: 2 and 5, which have no joint term; men: 5
    assert variances(joint(table(TOWNS)), by="sex") == pytest.approx([2 + 20, 15], rel=1e-12)
    rules = dl.estimate(grundy, dl.total("y")).provenance.rules
    assert (rules["unequal"], rules["unequal_variance"]) == ("joint", "yates_grundy")


def test_independent_draws_are_a_sum_of_squares(table: Any) -> None:
    """Poisson sampling: joint probabilities are products, and only (1 - p) z^2 is left: 2 + 15 + 20."""
    p = np.array([0.5, 0.4, 0.2])
    products = np.outer(p, p)
    np.fill_diagonal(products, p)
    assert variances(joint(table(TOWNS), probabilities=products)) == pytest.approx([37], rel=1e-12)
    # 3 of 6 at random: p = 1/2, pairs 3 * 2 / (6 * 5) = 1/5; every form gives the variance of an
    # fpc of 6.
    data = table("N p y\n6 .5 1\n6 .5 4\n6 .5 7")
    pairs = np.full((3, 3), 0.2) + np.diag([0.3] * 3)
    plain = variances(dl.declare_design(data, fpc="N"))
    assert plain == pytest.approx([(1 - 0.5) * 36 * 9 / 3], rel=1e-12)
    for form in ("horvitz_thompson", "yates_grundy"):
        assert variances(joint(data, form, pairs)) == pytest.approx(plain, rel=1e-12), form
    assert variances(dl.declare_design(data, fpc="p", unequal="brewer")) == pytest.approx(
        plain, rel=1e-12
    )
    # Homes of town 1: 1 and 3, 2 of 4 drawn: first stage as above, plus p times the spread of homes
    # within: .5 * (1 - 2/4) * 2 * ((4 - 8)^2 + (12 - 8)^2) = 16 with weights 1 / .5 / .5 = 4.
    text = "town home p M y\n1 1 .5 4 1\n1 2 .5 4 3\n2 1 .4 1 2\n3 1 .2 1 1"
    sample = joint(table(text), psu=["town", "home"], fpc=["p", "M"])
    # towns weigh 16, 5, 5: .5 * 256 + .6 * 25 + .8 * 25 - 2 * .6 * 25 = 133
    assert variances(sample) == pytest.approx([133 + 16], rel=1e-12)
    # Brewer: mean 26/3, 3/2 * (.5 * 484 + .6 * 121 + .8 * 121) / 9 = 68.566...
    brewer = dl.declare_design(table(text), psu=["town", "home"], fpc=["p", "M"], unequal="brewer")
    assert variances(brewer) == pytest.approx(
        [1.5 * (0.5 * 484 + 0.6 * 121 + 0.8 * 121) / 9 + 16], rel=1e-12
    )
    # Towns of several rows, met in the order 3, 1, 2, and strata that sort them otherwise: one row
    # each.
    text = "h town p y\nb 3 .2 .5\nb 3 .2 .5\na 1 .5 .25\na 1 .5 .75\na 2 .4 2"
    for form in ("horvitz_thompson", "yates_grundy"):
        found = joint(
            table(text), form, JOINT[np.ix_([2, 0, 1], [2, 0, 1])], psu="town", strata="h"
        )
        assert variances(found) == pytest.approx(
            variances(joint(table(TOWNS), form)), rel=1e-12, abs=1e-12
        )
