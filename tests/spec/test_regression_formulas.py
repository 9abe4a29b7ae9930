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
    found["intercept"], found["odd_name_0_"], found["q r"] = (np.sin(place), np.cos(place * 0.7), np.sin(place * 3.1))
    found["level"], found["estimate"] = place % 4, place % 3
    return found


@pytest.fixture(scope="module")
def sample(people: pd.DataFrame) -> Sample:
    return dl.declare_design(people)


@pytest.mark.parametrize("formula", [
    "z ~ x**2", "z ~ g + x^2", "z ~ `q r`**2", "z ~ 1/k", "z ~ x:g + 1/k", "z ~ -x", "z ~ x - k", "z ~ 0", "z ~ -1",
    "z ~ I(" + "-" * 3000 + "x)", "z ~ I(" + "-" * 300 + "x)", "z ~ " + "-" * 3000 + "x",
    # an outcome does not explain itself
    "z ~ z", "z ~ x + z", "z ~ x * z",
    # a category listed twice
    "z ~ C(g, levels=['a', 'a', 'b'])",
])  # fmt: skip
def test_what_is_no_formula(sample: Sample, formula: str, refused: Any) -> None:
    refused(lambda: dl.regress(sample, formula))


def test_a_term_called_intercept(sample: Sample, refused: Any) -> None:
    refused(lambda: dl.regress(sample, "x ~ intercept + g"))
    alone = dl.regress(sample, "x ~ intercept - 1")
    assert dl.term_test(alone, "intercept").df == (1.0, 59.0)
    effects = dl.marginal_effects(dl.regress(sample, "z ~ x"))
    means = dl.estimate(sample, dl.mean("x"))
    refused(lambda: dl.term_test(effects, "x"))
    refused(lambda: dl.term_test(means, "x"))
    refused(lambda: dl.term_test("z ~ x", "x"))


@pytest.mark.parametrize("term", ["log(k)", "log(k - 1)", "sqrt(k - 1)", "I(1 / k)"])
def test_arithmetic_without_a_value_is_refused_not_missing(sample: Sample, term: str, refused: Any) -> None:
    refused(lambda: dl.regress(sample, f"z ~ {term}"))
    refused(lambda: dl.regress(sample, f"{term} ~ z"))
    # outside of the domain nobody is asked
    assert dl.regress(sample.where("k > 1"), f"z ~ {term}").frame["n"].tolist() == [36, 36]


def test_names_like_those_used_inside(people: pd.DataFrame, sample: Sample) -> None:
    plain = people.rename(columns={"odd_name_0_": "c", "q r": "d"})
    known = dl.regress(dl.declare_design(plain), "z ~ d + c").frame
    found = dl.regress(sample, "z ~ `q r` + odd_name_0_").frame
    assert found["variable"].tolist() == ["intercept", "q r", "odd_name_0_"]
    np.testing.assert_array_equal(found["estimate"], known["estimate"])
    known = dl.regress(dl.declare_design(people.assign(square=people["k"] ** 2)), "square ~ z").frame
    for formula in ("I(k ** 2) ~ z", "k ** 2 ~ z"):
        np.testing.assert_array_equal(dl.regress(sample, formula).frame["estimate"], known["estimate"])
    gaps = people.assign(k=people["k"].where(people["k"] > 0))
    fit = dl.regress(dl.declare_design(gaps), "z ~ log(k)")
    assert fit.frame["n"].tolist() == [48, 48]


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


@pytest.mark.parametrize(("family", "formula"), [
    ("ordinal", "level ~ x + twice"), ("ordinal", "level ~ x + five"), ("ordinal", "level ~ h - 1"),
    ("ordinal", "level ~ x + none"), ("ordinal", "level ~ time + I(time ** 2)"), ("gaussian", "z ~ I(x) + x"),
    ("gaussian", "z ~ x + I(2 * x + 3)"), ("gaussian", "z ~ year + I(year ** 2) + I(year ** 3) + I(year ** 4)"),
])  # fmt: skip
def test_what_follows_from_what(waves: pd.DataFrame, family: str, formula: str, refused: Any) -> None:
    refused(lambda: dl.regress(dl.declare_design(waves), formula, family=family), OptionError)


def test_centred_as_told_it_fits(waves: pd.DataFrame) -> None:
    found = dl.regress(dl.declare_design(waves), "z ~ I(time - 1600000004) + I((time - 1600000004) ** 2)")
    assert np.isfinite(found.frame["std_error"]).all()


@pytest.fixture(scope="module")
def sines() -> pd.DataFrame:
    place = np.arange(120)
    found = pd.DataFrame({"x": np.sin(place * 1.7), "k": place % 5, "g": np.array(["a", "b", "c"])[place % 3]})
    found["y"] = (found["x"] + np.cos(place * 2.3) > 0).astype(int)
    found["estimate"] = np.digitize(found["x"] + np.cos(place * 2.3), [-0.5, 0.5])
    found["p_value"], found["level"] = found["estimate"], found["estimate"]
    return found


@pytest.fixture(scope="module")
def of_sines(sines: pd.DataFrame) -> Sample:
    return dl.declare_design(sines)


@pytest.mark.parametrize("term", ["sqrt(k)", "I(k ** 0.5)", "I(k ** 0.9)", "sqrt(k * k - k)"])
def test_an_infinite_slope_is_refused(of_sines: Sample, term: str, refused: Any) -> None:
    fit = dl.regress(of_sines, f"x ~ {term}")
    refused(lambda: dl.marginal_effects(fit))


@pytest.mark.parametrize(("term", "slope"), [
    ("I(k ** 1.5)", lambda k: 1.5 * np.sqrt(k)), ("sqrt(k + 1e-24)", lambda k: 0.5 / np.sqrt(k + 1e-24)),
    ("I(k ** 2 - 4 * k)", lambda k: 2 * k - 4), ("log(k + 1)", lambda k: 1 / (k + 1)),
])  # fmt: skip
def test_slopes_that_are_finite(sines: pd.DataFrame, term: str, slope: Any) -> None:
    sines = sines.assign(k=sines["k"].replace(0, 1e-24)) if "e-24" in term else sines
    fit = dl.regress(dl.declare_design(sines), f"x ~ {term}")
    found = dl.marginal_effects(fit).frame["estimate"].item()
    expected = fit.frame["estimate"].iloc[1] * slope(sines["k"].to_numpy(float)).mean()
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("outcome", ["estimate", "p_value"])
def test_an_outcome_named_like_a_column_of_results(of_sines: Sample, outcome: str, refused: Any) -> None:
    fit = dl.regress(of_sines, f"{outcome} ~ x", family="ordinal")
    refused(lambda: dl.marginal_effects(fit))
    refused(lambda: dl.predicted_margins(fit, {"x": [0]}))


ASKED: list[Any] = [
    {"x": [0, 1], "g": ["a"]}, {}, 3, {"k": ["a"]}, {"k": [1, np.nan]}, {"k": np.inf}, {"k": []}, {"g": "ab"},
]  # fmt: skip


def test_what_margins_cannot_be_of(of_sines: Sample, refused: Any) -> None:
    fit = dl.regress(of_sines, "y ~ x + k + g", family="binomial")
    for asked in ASKED:
        refused(lambda asked=asked: dl.predicted_margins(fit, asked))


def test_one_value_may_stand_alone(of_sines: Sample) -> None:
    fit = dl.regress(of_sines, "y ~ x + k + g", family="binomial")
    for one, many in (({"k": 2}, {"k": [2]}), ({"k": np.int64(2)}, {"k": np.array([2])}), ({"g": "b"}, {"g": ["b"]})):
        pd.testing.assert_frame_equal(
            dl.predicted_margins(fit, one).frame, dl.predicted_margins(fit, many).frame, check_dtype=False
        )


@pytest.mark.parametrize(("outcome", "family"), [("y", "binomial"), ("level", "ordinal"), ("level", "multinomial")])
def test_intervals_of_chances_are_on_the_log_odds(of_sines: Sample, outcome: str, family: str) -> None:
    fit = dl.regress(of_sines, f"{outcome} ~ x + k", family=family)
    found = dl.predicted_margins(fit, {"k": [-30, 0, 30]})
    p, error = (found.frame[name].to_numpy() for name in ("estimate", "std_error"))
    reach = stats.t.ppf(0.975, fit.residual_df) * error / (p * (1 - p))
    np.testing.assert_allclose(found.frame["ci_low"], special.expit(special.logit(p) - reach), rtol=1e-9)
    np.testing.assert_allclose(found.frame["ci_high"], special.expit(special.logit(p) + reach), rtol=1e-9)
    assert found.frame["ci_low"].between(0, 1).all()
    assert found.frame["ci_high"].between(0, 1).all()
    assert found.provenance.rules["interval"] == "logit"
    # a mean of numbers is not bounded, and its interval is symmetric
    line = dl.predicted_margins(dl.regress(of_sines, "x ~ k"), {"k": [0]})
    assert "interval" not in line.provenance.rules
    np.testing.assert_allclose(line.frame["ci_low"] + line.frame["ci_high"], 2 * line.frame["estimate"])


def test_imputed_margins_have_that_interval_too(sines: pd.DataFrame) -> None:
    samples = [dl.declare_design(sines.assign(x=sines["x"] + shift)) for shift in (0.0, 0.3, -0.2)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = dl.predicted_margins(dl.regress(dl.imputed(samples), "y ~ x + k", family="binomial"), {"k": [-30, 30]})
    p, error, df = (found.frame[name].to_numpy() for name in ("estimate", "std_error", "df"))
    reach = stats.t.ppf(0.975, df) * error / (p * (1 - p))
    np.testing.assert_allclose(found.frame["ci_low"], special.expit(special.logit(p) - reach), rtol=1e-9)
    assert found.provenance.rules["interval"] == "logit"
