"""Formulas, terms and margins that would silently mean something else, or have no answer: refused in words."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

import diplab as dl
from diplab.errors import OptionError

if TYPE_CHECKING:
    from diplab.types import Sample


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
def sample(people: pd.DataFrame) -> Sample:
    return dl.declare_design(people)


def test_texts_that_are_no_formula(sample: Sample, refused: Any) -> None:
    for right in (
        *("x**2", "g + x^2", "`q r`**2", "1/k", "x:g + 1/k", "-x", "x - k", "0", "-1"),
        *("I(" + "-" * 3000 + "x)", "I(" + "-" * 300 + "x)", "-" * 3000 + "x"),
        # an outcome does not explain itself, and a category is not listed twice
        *("z", "x + z", "x * z", "C(g, levels=['a', 'a', 'b'])"),
    ):
        refused(lambda right=right: dl.regress(sample, f"z ~ {right}"))


def test_a_term_called_intercept(sample: Sample, refused: Any) -> None:
    refused(lambda: dl.regress(sample, "x ~ intercept + g"))
    alone = dl.regress(sample, "x ~ intercept - 1", df="design")
    assert dl.term_test(alone, "intercept").df == (1.0, 59.0)
    effects = dl.marginal_effects(dl.regress(sample, "z ~ x"))
    means = dl.estimate(sample, dl.mean("x"))
    refused(lambda: dl.term_test(effects, "x"))
    refused(lambda: dl.term_test(means, "x"))
    refused(lambda: dl.term_test("z ~ x", "x"))


def test_arithmetic_without_a_value_is_refused_not_missing(sample: Sample, refused: Any) -> None:
    for term in ("log(k)", "log(k - 1)", "sqrt(k - 1)", "I(1 / k)"):
        refused(lambda term=term: dl.regress(sample, f"z ~ {term}"))
        refused(lambda term=term: dl.regress(sample, f"{term} ~ z"))
        # outside of the domain nobody is asked
        assert dl.regress(sample.where("k > 1"), f"z ~ {term}").frame["n"].tolist() == [36, 36]


def test_names_like_those_used_inside(people: pd.DataFrame, sample: Sample) -> None:
    plain = people.rename(columns={"odd_name_0_": "c", "q r": "d"})
    known = dl.regress(dl.declare_design(plain), "z ~ d + c").frame
    found = dl.regress(sample, "z ~ `q r` + odd_name_0_").frame
    assert found["variable"].tolist() == ["intercept", "q r", "odd_name_0_"]
    np.testing.assert_array_equal(found["estimate"], known["estimate"])
    known = dl.regress(
        dl.declare_design(people.assign(square=people["k"] ** 2)), "square ~ z"
    ).frame
    for formula in ("I(k ** 2) ~ z", "k ** 2 ~ z"):
        np.testing.assert_array_equal(
            dl.regress(sample, formula).frame["estimate"], known["estimate"]
        )
    gaps = people.assign(k=people["k"].where(people["k"] > 0))
    fit = dl.regress(dl.declare_design(gaps), "z ~ log(k)")
    assert fit.frame["n"].tolist() == [48, 48]


# -- terms that follow from others, wholly or nearly ------------------------------------------------------------------


@pytest.fixture(scope="module")
def waves() -> pd.DataFrame:
    place = np.arange(300)
    found = pd.DataFrame(
        {"x": np.sin(place * 1.7), "z": np.cos(place * 2.3), "year": 2010 + place % 14}
    )
    found["level"] = np.digitize(found["x"] + found["z"], [-1, 0, 1])
    found["twice"], found["five"], found["none"] = 2 * found["x"] + 1, 5.0, 0.0
    found["h"] = np.where(place % 3, "p", "q")
    found["time"] = 1.6e9 + place % 10
    return found


def test_terms_that_follow_from_others(waves: pd.DataFrame, refused: Any) -> None:
    sample = dl.declare_design(waves)
    for right in ("x + twice", "x + five", "h - 1", "x + none", "time + I(time ** 2)"):
        refused(
            lambda right=right: dl.regress(sample, f"level ~ {right}", family="ordinal"),
            OptionError,
        )
    for right in (
        "I(x) + x",
        "x + I(2 * x + 3)",
        "year + I(year ** 2) + I(year ** 3) + I(year ** 4)",
    ):
        refused(lambda right=right: dl.regress(sample, f"z ~ {right}"), OptionError)
    # centred as the error says it fits
    found = dl.regress(sample, "z ~ I(time - 1600000004) + I((time - 1600000004) ** 2)")
    assert np.isfinite(found.frame["std_error"]).all()


@pytest.fixture(scope="module")
def sines() -> pd.DataFrame:
    place = np.arange(120)
    found = pd.DataFrame(
        {"x": np.sin(place * 1.7), "k": place % 5, "g": np.array(["a", "b", "c"])[place % 3]}
    )
    found["y"] = (found["x"] + np.cos(place * 2.3) > 0).astype(int)
    found["estimate"] = np.digitize(found["x"] + np.cos(place * 2.3), [-0.5, 0.5])
    found["p_value"], found["level"] = found["estimate"], found["estimate"]
    return found


@pytest.fixture(scope="module")
def of_sines(sines: pd.DataFrame) -> Sample:
    return dl.declare_design(sines)


def test_infinite_slopes_and_finite_ones(
    of_sines: Sample, sines: pd.DataFrame, refused: Any
) -> None:
    for term in ("sqrt(k)", "I(k ** 0.5)", "I(k ** 0.9)", "sqrt(k * k - k)"):
        fit = dl.regress(of_sines, f"x ~ {term}")
        refused(lambda fit=fit: dl.marginal_effects(fit))
    for term, slope in (
        ("I(k ** 1.5)", lambda k: 1.5 * np.sqrt(k)), ("sqrt(k + 1e-24)", lambda k: 0.5 / np.sqrt(k + 1e-24)),
        ("I(k ** 2 - 4 * k)", lambda k: 2 * k - 4), ("log(k + 1)", lambda k: 1 / (k + 1)),
    ):  # fmt: skip
        data = sines.assign(k=sines["k"].replace(0, 1e-24)) if "e-24" in term else sines
        fit = dl.regress(dl.declare_design(data), f"x ~ {term}")
        found = dl.marginal_effects(fit).frame["estimate"].item()
        expected = fit.frame["estimate"].iloc[1] * slope(data["k"].to_numpy(float)).mean()
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


def test_margins_that_cannot_be(of_sines: Sample, refused: Any) -> None:
    for outcome in ("estimate", "p_value"):  # named like a column of results
        fit = dl.regress(of_sines, f"{outcome} ~ x", family="ordinal")
        refused(lambda fit=fit: dl.marginal_effects(fit))
        refused(lambda fit=fit: dl.predicted_margins(fit, {"x": [0]}))
    fit = dl.regress(of_sines, "y ~ x + k + g", family="binomial")
    of_k = ({"k": each} for each in (["a"], [1, np.nan], np.inf, []))
    for asked in ({"x": [0, 1], "g": ["a"]}, {}, 3, *of_k, {"g": "ab"}):
        refused(lambda asked=asked, fit=fit: dl.predicted_margins(fit, asked))
    # one value may stand alone
    for one, many in (
        ({"k": 2}, {"k": [2]}),
        ({"k": np.int64(2)}, {"k": np.array([2])}),
        ({"g": "b"}, {"g": ["b"]}),
    ):
        alone, listed = (dl.predicted_margins(fit, each).frame for each in (one, many))
        pd.testing.assert_frame_equal(alone, listed, check_dtype=False)


def on_log_odds(found: Any, df: Any) -> None:
    p, error = (found.frame[name].to_numpy() for name in ("estimate", "std_error"))
    reach = stats.t.ppf(0.975, df) * error / (p * (1 - p))
    for sign, end in ((-1, "ci_low"), (1, "ci_high")):
        np.testing.assert_allclose(
            found.frame[end], special.expit(special.logit(p) + sign * reach), rtol=1e-9
        )
        assert found.frame[end].between(0, 1).all()
    assert found.provenance.rules["interval"] == "logit"


def test_intervals_of_chances_are_on_the_log_odds(of_sines: Sample, sines: pd.DataFrame) -> None:
    for outcome, family in (("y", "binomial"), ("level", "ordinal"), ("level", "multinomial")):
        fit = dl.regress(of_sines, f"{outcome} ~ x + k", family=family)
        margins = dl.predicted_margins(fit, {"k": [-30, 0, 30]})
        on_log_odds(margins, margins.frame["df"].to_numpy())
    # a mean of numbers is not bounded, and its interval is symmetric
    line = dl.predicted_margins(dl.regress(of_sines, "x ~ k"), {"k": [0]})
    assert "interval" not in line.provenance.rules
    np.testing.assert_allclose(
        line.frame["ci_low"] + line.frame["ci_high"], 2 * line.frame["estimate"]
    )
    # and over imputations
    samples = [dl.declare_design(sines.assign(x=sines["x"] + shift)) for shift in (0.0, 0.3, -0.2)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = dl.predicted_margins(
            dl.regress(dl.imputed(samples), "y ~ x + k", family="binomial"), {"k": [-30, 30]}
        )
    on_log_odds(found, found.frame["df"].to_numpy())
