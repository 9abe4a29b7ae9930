"""Formulas that would silently mean something else, or whose terms follow from others: refused in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import OptionError


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    place = np.arange(60)
    found = pd.DataFrame({"x": np.sin(place * 1.7), "z": np.cos(place * 2.3), "k": place % 5})
    found["g"] = np.array(["a", "b", "c"])[place % 3]
    found["intercept"], found["odd_name_0_"], found["q r"] = (
        np.sin(place),
        np.cos(place * 0.7),
        np.sin(place * 3.1),
    )
    found["level"], found["estimate"] = place % 4, place % 3
    return found


@pytest.fixture(scope="module")
def sample(people: pd.DataFrame) -> dl.Sample:
    return dl.declare_design(people)


@pytest.mark.parametrize(
    "formula",
    [
        "z ~ x**2",
        "z ~ g + x^2",
        "z ~ `q r`**2",
        "z ~ 1/k",
        "z ~ x:g + 1/k",
        "z ~ -x",
        "z ~ x - k",
        "z ~ 0",
        "z ~ -1",
        "z ~ I(" + "-" * 3000 + "x)",
        "z ~ I(" + "-" * 300 + "x)",
        "z ~ " + "-" * 3000 + "x",
        # an outcome does not explain itself
        "z ~ z",
        "z ~ x + z",
        "z ~ x * z",
        # a category listed twice
        "z ~ C(g, levels=['a', 'a', 'b'])",
    ],
)
def test_what_is_no_formula(sample: dl.Sample, formula: str, refused: Any) -> None:
    refused(lambda: dl.regress(sample, formula))


def test_a_term_called_intercept(sample: dl.Sample, refused: Any) -> None:
    refused(lambda: dl.regress(sample, "x ~ intercept + g"))
    alone = dl.regress(sample, "x ~ intercept - 1")
    assert dl.term_test(alone, "intercept").df == (1.0, 59.0)


@pytest.mark.parametrize("term", ["log(k)", "log(k - 1)", "sqrt(k - 1)", "I(1 / k)"])
def test_arithmetic_without_a_value_is_refused_not_missing(
    sample: dl.Sample, term: str, refused: Any
) -> None:
    refused(lambda: dl.regress(sample, f"z ~ {term}"))
    refused(lambda: dl.regress(sample, f"{term} ~ z"))
    # outside of the domain nobody is asked
    assert dl.regress(sample.where("k > 1"), f"z ~ {term}").frame["n"].tolist() == [36, 36]


def test_missing_numbers_stay_missing(people: pd.DataFrame) -> None:
    gaps = people.assign(k=people["k"].where(people["k"] > 0))
    fit = dl.regress(dl.declare_design(gaps), "z ~ log(k)")
    assert fit.frame["n"].tolist() == [48, 48]


def test_names_like_those_used_inside(people: pd.DataFrame, sample: dl.Sample) -> None:
    plain = people.rename(columns={"odd_name_0_": "c", "q r": "d"})
    known = dl.regress(dl.declare_design(plain), "z ~ d + c").frame
    found = dl.regress(sample, "z ~ `q r` + odd_name_0_").frame
    assert found["variable"].tolist() == ["intercept", "q r", "odd_name_0_"]
    np.testing.assert_array_equal(found["estimate"], known["estimate"])


def test_an_outcome_of_arithmetic(people: pd.DataFrame, sample: dl.Sample) -> None:
    known = dl.regress(dl.declare_design(people.assign(square=people["k"] ** 2)), "square ~ z").frame
    for formula in ("I(k ** 2) ~ z", "k ** 2 ~ z"):
        np.testing.assert_array_equal(dl.regress(sample, formula).frame["estimate"], known["estimate"])


def test_a_term_of_what_is_no_regression(sample: dl.Sample, refused: Any) -> None:
    effects = dl.marginal_effects(dl.regress(sample, "z ~ x"))
    means = dl.estimate(sample, dl.mean("x"))
    refused(lambda: dl.term_test(effects, "x"))
    refused(lambda: dl.term_test(means, "x"))
    refused(lambda: dl.term_test("z ~ x", "x"))


# -- terms that follow from others, wholly or nearly ------------------------------------------------------------------


@pytest.fixture(scope="module")
def waves() -> pd.DataFrame:
    place = np.arange(300)
    found = pd.DataFrame({"x": np.sin(place * 1.7), "z": np.cos(place * 2.3), "year": 2010 + place % 14})
    found["level"] = np.digitize(found["x"] + found["z"], [-1, 0, 1])
    found["twice"], found["five"], found["none"] = 2 * found["x"] + 1, 5.0, 0.0
    found["h"] = np.where(place % 3, "p", "q")
    found["time"] = 1.6e9 + place % 10
    return found


@pytest.mark.parametrize(
    ("family", "formula"),
    [
        ("ordinal", "level ~ x + twice"),
        ("ordinal", "level ~ x + five"),
        ("ordinal", "level ~ h - 1"),
        ("ordinal", "level ~ x + none"),
        ("ordinal", "level ~ time + I(time ** 2)"),
        ("gaussian", "z ~ I(x) + x"),
        ("gaussian", "z ~ x + I(2 * x + 3)"),
        ("gaussian", "z ~ year + I(year ** 2) + I(year ** 3) + I(year ** 4)"),
    ],
)
def test_what_follows_from_what(waves: pd.DataFrame, family: str, formula: str, refused: Any) -> None:
    refused(lambda: dl.regress(dl.declare_design(waves), formula, family=family), OptionError)


def test_centred_as_told_it_fits(waves: pd.DataFrame) -> None:
    found = dl.regress(dl.declare_design(waves), "z ~ I(time - 1600000004) + I((time - 1600000004) ** 2)")
    assert np.isfinite(found.frame["std_error"]).all()
