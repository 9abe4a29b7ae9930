"""Marginal effects and predicted margins: what may be asked, and intervals of chances."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

import diplab as dl


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    place = np.arange(120)
    found = pd.DataFrame(
        {"x": np.sin(place * 1.7), "k": place % 5, "g": np.array(["a", "b", "c"])[place % 3]}
    )
    found["y"] = (found["x"] + np.cos(place * 2.3) > 0).astype(int)
    found["estimate"] = np.digitize(found["x"] + np.cos(place * 2.3), [-0.5, 0.5])
    found["p_value"], found["level"] = found["estimate"], found["estimate"]
    return found


@pytest.fixture(scope="module")
def sample(people: pd.DataFrame) -> dl.Sample:
    return dl.declare_design(people)


@pytest.mark.parametrize("term", ["sqrt(k)", "I(k ** 0.5)", "I(k ** 0.9)", "sqrt(k * k - k)"])
def test_an_infinite_slope_is_refused(sample: dl.Sample, term: str, refused: Any) -> None:
    fit = dl.regress(sample, f"x ~ {term}")
    refused(lambda: dl.marginal_effects(fit))


@pytest.mark.parametrize(
    ("term", "slope"),
    [
        ("I(k ** 1.5)", lambda k: 1.5 * np.sqrt(k)),
        ("sqrt(k + 1e-24)", lambda k: 0.5 / np.sqrt(k + 1e-24)),
        ("I(k ** 2 - 4 * k)", lambda k: 2 * k - 4),
        ("log(k + 1)", lambda k: 1 / (k + 1)),
    ],
)
def test_slopes_that_are_finite(people: pd.DataFrame, term: str, slope: Any) -> None:
    people = people.assign(k=people["k"].replace(0, 1e-24)) if "e-24" in term else people
    fit = dl.regress(dl.declare_design(people), f"x ~ {term}")
    found = dl.marginal_effects(fit).frame["estimate"].item()
    expected = fit.frame["estimate"].iloc[1] * slope(people["k"].to_numpy(float)).mean()
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("outcome", ["estimate", "p_value"])
def test_an_outcome_named_like_a_column_of_results(sample: dl.Sample, outcome: str, refused: Any) -> None:
    fit = dl.regress(sample, f"{outcome} ~ x", family="ordinal")
    refused(lambda: dl.marginal_effects(fit))
    refused(lambda: dl.predicted_margins(fit, {"x": [0]}))


ASKED = [
    {"x": [0, 1], "g": ["a"]},
    {},
    3,
    {"k": ["a"]},
    {"k": [1, np.nan]},
    {"k": np.inf},
    {"k": []},
    {"g": "ab"},
]


@pytest.mark.parametrize("asked", ASKED)
def test_what_margins_cannot_be_of(sample: dl.Sample, asked: Any, refused: Any) -> None:
    fit = dl.regress(sample, "y ~ x + k + g", family="binomial")
    refused(lambda: dl.predicted_margins(fit, asked))


def test_one_value_may_stand_alone(sample: dl.Sample) -> None:
    fit = dl.regress(sample, "y ~ x + k + g", family="binomial")
    for one, many in (
        ({"k": 2}, {"k": [2]}),
        ({"k": np.int64(2)}, {"k": np.array([2])}),
        ({"g": "b"}, {"g": ["b"]}),
    ):
        pd.testing.assert_frame_equal(
            dl.predicted_margins(fit, one).frame, dl.predicted_margins(fit, many).frame, check_dtype=False
        )


@pytest.mark.parametrize(
    ("outcome", "family"), [("y", "binomial"), ("level", "ordinal"), ("level", "multinomial")]
)
def test_intervals_of_chances_are_on_the_log_odds(sample: dl.Sample, outcome: str, family: str) -> None:
    fit = dl.regress(sample, f"{outcome} ~ x + k", family=family)
    found = dl.predicted_margins(fit, {"k": [-30, 0, 30]})
    p, error = (found.frame[name].to_numpy() for name in ("estimate", "std_error"))
    reach = stats.t.ppf(0.975, fit.residual_df) * error / (p * (1 - p))
    np.testing.assert_allclose(found.frame["ci_low"], special.expit(special.logit(p) - reach), rtol=1e-9)
    np.testing.assert_allclose(found.frame["ci_high"], special.expit(special.logit(p) + reach), rtol=1e-9)
    assert found.frame["ci_low"].between(0, 1).all()
    assert found.frame["ci_high"].between(0, 1).all()
    assert found.provenance.rules["interval"] == "logit"
    # a mean of numbers is not bounded, and its interval is symmetric
    line = dl.predicted_margins(dl.regress(sample, "x ~ k"), {"k": [0]})
    assert "interval" not in line.provenance.rules
    np.testing.assert_allclose(line.frame["ci_low"] + line.frame["ci_high"], 2 * line.frame["estimate"])


def test_imputed_margins_have_that_interval_too(people: pd.DataFrame) -> None:
    samples = [dl.declare_design(people.assign(x=people["x"] + shift)) for shift in (0.0, 0.3, -0.2)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = dl.predicted_margins(
            dl.regress(dl.imputed(samples), "y ~ x + k", family="binomial"), {"k": [-30, 30]}
        )
    p, error, df = (found.frame[name].to_numpy() for name in ("estimate", "std_error", "df"))
    reach = stats.t.ppf(0.975, df) * error / (p * (1 - p))
    np.testing.assert_allclose(found.frame["ci_low"], special.expit(special.logit(p) - reach), rtol=1e-9)
    assert found.provenance.rules["interval"] == "logit"
