"""What the issue of survey inference names as bad input: each has its three sentences, or a result that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import diplab as dl

if TYPE_CHECKING:
    import pandas as pd

FOUR = """
h c w g y
1 1 1 a 1
1 2 2 b 2
2 1 3 a 4
2 2 4 b 8
"""
EIGHT = """
y g h x
1 a m 1
2 a f 2
4 a m 3
8 a f 4
3 b m 5
5 b f 6
2 b m 7
7 c f 8
"""


def drawn(table: Any, **columns: Any) -> pd.DataFrame:
    return table(FOUR).assign(**columns)  # type: ignore[no-any-return]


def answers(table: Any, **columns: Any) -> dl.Sample:
    return dl.declare_design(table(EIGHT).assign(**columns))


# -- a level with one observation ---------------------------------------------------------------------------------


def test_domain_of_one_respondent(table: Any) -> None:
    found = dl.estimate(answers(table), dl.mean("y"), dl.variance("y"), by="g").frame
    assert found["flag"].tolist() == ["", "", "one respondent", "", "", "undefined"]
    assert found["n"].tolist() == [4, 3, 1] * 2
    assert np.isnan(found["estimate"].iloc[-1])


def test_category_of_one_respondent_in_a_regression(table: Any) -> None:
    """With one respondent its coefficient is that answer minus the mean of `a`, and only `a` varies."""
    found = dl.regress(answers(table), "y ~ g").frame
    assert found["flag"].tolist() == ["", "", "one respondent"]
    assert found["estimate"].tolist() == pytest.approx([3.75, 10 / 3 - 3.75, 7 - 3.75])
    assert found["std_error"].iloc[2] == pytest.approx(found["std_error"].iloc[0])


def test_category_of_one_respondent_in_a_logit(table: Any, refused: Any) -> None:
    refused(lambda: dl.regress(answers(table, b=[0, 1, 0, 1, 1, 0, 1, 1]), "b ~ g", family="binomial"))


@pytest.mark.parametrize("test", [dl.t_test, dl.rank_test])
def test_group_of_one_respondent(table: Any, test: Any, refused: Any) -> None:
    """One person has no spread: the difference would look as sure as the other group is."""
    refused(lambda: test(answers(table).where("g != 'a'"), "y", "g"))


# -- models -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog"])
def test_perfect_separation(table: Any, link: str, refused: Any) -> None:
    refused(
        lambda: dl.regress(answers(table, b=[0, 0, 0, 0, 1, 1, 1, 1]), "b ~ x", family="binomial", link=link)
    )


def test_separation_by_a_category(table: Any, refused: Any) -> None:
    refused(lambda: dl.regress(answers(table, b=[0, 0, 0, 0, 1, 1, 1, 0]), "b ~ g", family="binomial"))


def test_separation_under_a_replicate(table: Any, refused: Any) -> None:
    """The sample has two exceptions, at x = 2 and 7; the second replicate leaves them out."""
    data = table(EIGHT).assign(b=[0, 1, 0, 0, 1, 1, 0, 1], w=1.0, r1=[2, 1, 1, 0, 1, 1, 1, 1])
    data["r2"] = [1, 0, 1, 1, 1, 1, 0, 1]
    sample = dl.declare_design(data, weights="w", replicates=dl.replicates(["r1", "r2"], "bootstrap"))
    refused(lambda: dl.regress(sample, "b ~ x", family="binomial"))


def test_outcome_that_does_not_vary(table: Any, refused: Any) -> None:
    refused(lambda: dl.regress(answers(table, b=1), "b ~ x", family="binomial"))


@pytest.mark.parametrize("formula", ["y ~ x + x2", "y ~ g + g2", "y ~ k"])
def test_collinear_terms(table: Any, formula: str, refused: Any) -> None:
    data = table(EIGHT)
    sample = dl.declare_design(data.assign(x2=2 * data["x"] + 1, g2=data["g"], k=3.0))
    refused(lambda: dl.regress(sample, formula))


# -- empty cells --------------------------------------------------------------------------------------------------


def test_empty_cell_of_a_crosstab(table: Any) -> None:
    """c x m is kept: a share of 0 with an upper limit, no division by what is not there, and a test all the same."""
    found = dl.crosstab(answers(table), "g", "h")
    assert found.frame["flag"].tolist() == ["", "", "", "", "", "empty"]
    cell = found.frame.iloc[5]
    assert [cell["estimate"], cell["count"], cell["n"], cell["ci_low"]] == [0.0, 0.0, 0, 0.0]
    # the share p that one would miss 8 times out of 8 with a chance of 2.5 %: 1 - 0.025 ** (1 / 8)
    assert cell["ci_high"] == pytest.approx(1 - 0.025 ** (1 / 8))
    assert found.test is not None
    # 2 x 2 + 3 x 1: n (sum of squares over margins - 1) = 8 (4/16 + 4/16 + 1/12 + 4/12 + 1/4 - 1)
    assert found.test.estimates["pearson"] == pytest.approx(8 * (1 / 2 + 1 / 12 + 1 / 3 + 1 / 4 - 1))
