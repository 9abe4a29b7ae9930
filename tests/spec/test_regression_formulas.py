"""Formulas that would silently mean something else, or end in an error of Python: refused in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl

WRITE = (
    "Write an outcome, `~`, and terms: names (odd ones in backticks), `+ - * : ( )`, `C(x)`, `I(x ** 2)`, "
    "`log exp sqrt`; for example `pay ~ hours + C(country)`."
)


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
    ],
)
def test_what_is_no_formula(sample: dl.Sample, formula: str, refused: Any) -> None:
    refused(lambda: dl.regress(sample, formula))


@pytest.mark.parametrize("formula", ["z ~ z", "z ~ x + z", "z ~ x * z"])
def test_an_outcome_does_not_explain_itself(sample: dl.Sample, formula: str, refused: Any) -> None:
    refused(lambda: dl.regress(sample, formula))


def test_a_term_called_intercept(sample: dl.Sample, refused: Any) -> None:
    refused(lambda: dl.regress(sample, "x ~ intercept + g"))
    alone = dl.regress(sample, "x ~ intercept - 1")
    assert dl.term_test(alone, "intercept").df == (1.0, 59.0)


def test_a_category_listed_twice(sample: dl.Sample, refused: Any) -> None:
    formula = "z ~ C(g, levels=['a', 'a', 'b'])"
    refused(lambda: dl.regress(sample, formula))


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
