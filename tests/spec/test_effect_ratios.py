"""Odds ratios and rate ratios, against answers worked by hand on tables of eight people."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import OptionError

PEOPLE = pd.DataFrame(
    {"sex": list("ffffmmmm"), "poor": [1, 0, 0, 0, 1, 1, 1, 0], "kids": [1, 0, 2, 1, 2, 3, 1, 2]}
)
T6 = 2.4469118511449692
"""The 97.5 % quantile of Student's law with 6 degrees of freedom (tables)."""


def test_the_odds_ratio_of_a_table_of_four_cells() -> None:
    """By hand: odds 1/3 and 3, ratio 9. The influence of b is (y - p) / (4 p (1 - p)) in each group, whose squares add

    to 4/3 in each; 8 people drawn without fpc: variance of b = 8/7 x 8/3 = 64/21, degrees of freedom 7 + 1 - 2 = 6.
    """
    fit = dl.regress(dl.declare_design(PEOPLE), "poor ~ sex", family="binomial")
    found = dl.effect_ratios(fit).frame.iloc[0]
    error = math.sqrt(64 / 21)
    assert found["statistic"] == "odds_ratio"
    assert found["estimate"] == pytest.approx(9, rel=1e-8)
    assert found["std_error"] == pytest.approx(9 * error, rel=1e-8)
    assert found["ci_low"] == pytest.approx(9 * math.exp(-T6 * error), rel=1e-7)
    assert found["ci_high"] == pytest.approx(9 * math.exp(T6 * error), rel=1e-7)
    assert found["cv"] == pytest.approx(error, rel=1e-8)


def test_the_rate_ratio_of_two_groups() -> None:
    """By hand: 4 children for 4 women, 8 for 4 men: twice as many."""
    fit = dl.regress(dl.declare_design(PEOPLE), "kids ~ sex", family="poisson")
    found = dl.effect_ratios(fit)
    assert found.frame[["statistic", "variable", "category"]].to_numpy().tolist() == [
        ["rate_ratio", "sex", "m"]
    ]
    assert found.frame["estimate"].item() == pytest.approx(2, rel=1e-8)


def test_the_constant_is_left_out_and_the_rest_is_kept() -> None:
    fit = dl.regress(dl.declare_design(PEOPLE), "poor ~ kids + sex", family="binomial")
    found = dl.effect_ratios(fit)
    assert found.frame["variable"].tolist() == ["kids", "sex"]
    assert found.frame["p_value"].tolist() == fit.frame["p_value"].tolist()[1:]
    assert found.provenance.rules["scale"] == "exponential"
    np.testing.assert_allclose(np.sqrt(np.diag(found.covariance)), found.frame["std_error"], rtol=1e-12)


def test_cut_points_are_no_ratios() -> None:
    people = PEOPLE.assign(mood=[1, 2, 1, 3, 2, 3, 3, 1])
    fit = dl.regress(dl.declare_design(people), "mood ~ sex", family="ordinal")
    assert dl.effect_ratios(fit).frame["statistic"].tolist() == ["odds_ratio"]


def test_a_linear_regression_has_none(refused: Any) -> None:
    refused(lambda: dl.effect_ratios(dl.regress(dl.declare_design(PEOPLE), "kids ~ sex")), OptionError)
