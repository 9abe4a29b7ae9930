"""Formulas that would silently mean something else, or end in an error of Python: refused in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import DiplabError

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


def message(call: Any) -> str:
    with pytest.raises(DiplabError) as refusal:
        call()
    return str(refusal.value)


@pytest.mark.parametrize(
    ("formula", "found"),
    [
        ("z ~ x**2", "Between terms `x ** 2` is no arithmetic; that is written `I(x ** 2)`."),
        ("z ~ g + x^2", "Between terms `x ** 2` is no arithmetic; that is written `I(x ** 2)`."),
        ("z ~ `q r`**2", "Between terms `q r ** 2` is no arithmetic; that is written `I(q r ** 2)`."),
        ("z ~ 1/k", "Between terms `1 / k` is no arithmetic; that is written `I(1 / k)`."),
        ("z ~ x:g + 1/k", "Between terms `1 / k` is no arithmetic; that is written `I(1 / k)`."),
        ("z ~ -x", "Between terms `-x` is no arithmetic; that is written `I(-x)`."),
        ("z ~ x - k", "It takes `k` away, which is no term there; a difference is written `I(... - k)`."),
        ("z ~ 0", "It has neither terms nor a constant."),
        ("z ~ -1", "It has neither terms nor a constant."),
        ("z ~ I(" + "-" * 3000 + "x)", "It is nested too deeply to be read."),
        ("z ~ I(" + "-" * 300 + "x)", "It is nested too deeply to be read."),
        ("z ~ " + "-" * 3000 + "x", "It is nested too deeply to be read."),
    ],
)
def test_what_is_no_formula(sample: dl.Sample, formula: str, found: str) -> None:
    assert message(lambda: dl.regress(sample, formula)) == (
        f"The regression `{formula}` was asked for. {found} {WRITE}"
    )


@pytest.mark.parametrize("formula", ["z ~ z", "z ~ x + z", "z ~ x * z"])
def test_an_outcome_does_not_explain_itself(sample: dl.Sample, formula: str) -> None:
    assert message(lambda: dl.regress(sample, formula)) == (
        f"The regression `{formula}` was asked for. `z` stands on both sides of `~`, and explains itself. "
        "Leave `z` out of the terms."
    )


def test_a_term_called_intercept(sample: dl.Sample) -> None:
    assert message(lambda: dl.regress(sample, "x ~ intercept + g")) == (
        "`intercept` was asked for as a term of the regression `x ~ intercept + g`. Results call the constant by "
        "that name. Rename it in the data, for example `intercept_`, or leave the constant out: `- 1`."
    )
    alone = dl.regress(sample, "x ~ intercept - 1")
    assert dl.term_test(alone, "intercept").df == (1.0, 59.0)


def test_a_category_listed_twice(sample: dl.Sample) -> None:
    formula = "z ~ C(g, levels=['a', 'a', 'b'])"
    assert message(lambda: dl.regress(sample, formula)) == (
        f"The categories of `g` were listed in the regression `{formula}`. 'a' stands there more than once. "
        "List each category once, in the order that is wanted."
    )


@pytest.mark.parametrize(
    ("term", "n"), [("log(k)", 12), ("log(k - 1)", 24), ("sqrt(k - 1)", 12), ("I(1 / k)", 12)]
)
def test_arithmetic_without_a_value_is_refused_not_missing(sample: dl.Sample, term: str, n: int) -> None:
    said = "1 / k" if term.startswith("I") else term
    assert message(lambda: dl.regress(sample, f"z ~ {term}")) == (
        f"The term `{said}` has no finite value for {n} respondents. Write "
        "arithmetic that has a value for everybody, or a condition that leaves them out."
    )
    assert message(lambda: dl.regress(sample, f"{term} ~ z")) == (
        f"`{said}` has no finite value for {n} respondents. Write a condition that leaves them out."
    )
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


def test_a_term_of_what_is_no_regression(sample: dl.Sample) -> None:
    effects = dl.marginal_effects(dl.regress(sample, "z ~ x"))
    means = dl.estimate(sample, dl.mean("x"))
    for asked, statistic in ((effects, "marginal_effect"), (means, "mean")):
        assert message(lambda asked=asked: dl.term_test(asked, "x")) == (
            f"`term_test` is for the coefficients of a regression, not for `{statistic}`. "
            "Write the same on what `regress` returned."
        )
    assert message(lambda: dl.term_test("z ~ x", "x")) == (  # type: ignore[arg-type]
        "`term_test` is for the coefficients of a regression, not for a `str`. "
        "Write the same on what `regress` returned."
    )
