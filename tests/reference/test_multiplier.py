"""The multiplier method: published ratios, values worked by hand beside them, and what is refused."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest

import diplab as dl
from diplab import population
from diplab.errors import DiplabError
from diplab.population import Source
from diplab.reference.parameter import parameter

Z = 1.959963984540054


def only(found: Any) -> pd.Series:
    assert len(found) == 1
    assert found.frame["statistic"].item() == "multiplier"
    return found.frame.iloc[0]


def share() -> dl.Estimates:
    """Return a share of 8 in 40, with 39 degrees of freedom."""
    sample = dl.declare_design(pd.DataFrame({"on": [1] * 8 + [0] * 32}))
    return dl.estimate(sample, dl.share("on == 1"))


def refused(*arguments: Any, **options: Any) -> str:
    with pytest.raises(DiplabError) as caught:
        population.multiplier(*arguments, **options)
    return str(caught.value)


def test_the_region_behind_three_countries() -> None:
    # PL1, World Bank (2023): 17.5 million are 80.6% of the traffic of their region; published 21.7 million
    found = population.multiplier(17.5e6, 0.806)
    row = only(found)
    assert round(row["estimate"] / 1e6, 1) == 21.7
    assert row["estimate"] == pytest.approx(17.5e6 / 0.806, rel=1e-12)
    assert row[["std_error", "ci_low", "ci_high", "n"]].isna().all()
    assert found.provenance.status == "derived"
    assert found.provenance.rules == {"multiplier_count": "17500000", "multiplier_share": "0.806"}
    assert any("another base" in text.en for text in found.provenance.assumptions)


def test_delta_variance_by_hand() -> None:
    # Var(M)/P^2 + M^2 Var(P)/P^4 = 100 / 0.04 + 250000 x 0.0004 / 0.0016 = 2500 + 62500
    row = only(population.multiplier(500, 0.2, count_error=10, share_error=0.02))
    assert row["estimate"] == pytest.approx(2500)
    assert row["std_error"] == pytest.approx(math.sqrt(65_000), rel=1e-12)
    # the relative variances add up: 0.02^2 + 0.1^2 = 0.0104
    spread = math.exp(Z * math.sqrt(0.0104))
    assert row["ci_low"] == pytest.approx(2500 / spread, rel=1e-10)
    assert row["ci_high"] == pytest.approx(2500 * spread, rel=1e-10)
    assert math.isinf(row["df"])


def test_respondents_in_place_of_a_standard_error() -> None:
    row = only(population.multiplier(500, 0.2, share_n=400))
    # sqrt(0.2 x 0.8 / 400) = 0.02
    assert row["std_error"] == pytest.approx(500 * 0.02 / 0.04, rel=1e-12)
    assert row["n"] == 400


def test_a_share_from_a_survey_brings_its_error_and_its_degrees_of_freedom() -> None:
    part = share()
    found = population.multiplier(500, part)
    row = only(found)
    error = part.frame["std_error"].item()
    assert error == pytest.approx(math.sqrt(0.2 * 0.8 / 39), rel=1e-12)
    assert row["std_error"] == pytest.approx(500 * error / 0.04, rel=1e-12)
    spread = math.exp(2.0226909117347285 * error / 0.2)  # Student's quantile with 39 degrees of freedom
    assert row["ci_high"] == pytest.approx(2500 * spread, rel=1e-8)
    assert (row["df"], row["n"]) == (39, 40)
    # the count was copied, so that the result is no better than derived
    assert found.provenance.status == "derived"


def test_both_numbers_may_be_estimates() -> None:
    persons = population.headcount([Source("A", 1000, "second-hand", "a report")], 1.25)
    found = population.multiplier(persons, share())
    assert only(found)["estimate"] == pytest.approx(800 / 0.2)
    assert found.provenance.status == "derived"
    assert found.provenance.source.en == "a report"
    invented = population.headcount([Source("A", 1000, "synthetic", "drawn")], 1.25)
    assert population.multiplier(invented, share()).provenance.synthetic
    assert population.multiplier(share(), 0.5, share_n=10).provenance.status == "derived"
    both = population.multiplier(population.single_source([20, 10]), share())
    assert both.provenance.status == "estimated"
    assert only(both)["std_error"] > 0


def test_a_dated_parameter_keeps_its_source() -> None:
    factor = parameter("multi_homing_micro_work")
    found = population.multiplier(factor, 0.5)
    assert found.provenance.source.en == factor.source


def test_a_share_that_may_be_nil_sets_no_upper_limit() -> None:
    row = only(population.multiplier(500, 0.02, share_n=40))
    assert row["flag"] == "unbounded above"
    assert math.isinf(row["ci_high"])
    assert row["ci_low"] >= 500
    assert only(population.multiplier(500, 0.02, share_n=4000))["flag"] == ""
    # the edge is where Fieller's interval opens: P = z SE(P)
    assert only(population.multiplier(500, 0.2, share_error=0.2 / Z + 1e-9))["flag"] == "unbounded above"
    assert only(population.multiplier(500, 0.2, share_error=0.2 / Z - 1e-9))["flag"] == ""


def test_nobody_counted_is_left_out_of_the_interval() -> None:
    assert only(population.multiplier(500, 0.9, share_n=20))["ci_low"] == 500


def test_exact_counts_and_shares_have_no_spread() -> None:
    row = only(population.multiplier(500, 0.25, share_error=0))
    assert (row["estimate"], row["std_error"], row["ci_low"], row["ci_high"]) == (2000, 0, 2000, 2000)


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ((500, 0.0), {"share_n": 40}),
        ((500, 1.0), {}),
        ((500, 20), {}),
        ((500, -0.2), {}),
        ((500, math.nan), {}),
        ((-1, 0.2), {}),
        (("many", 0.2), {}),
        (([1, 2], 0.2), {}),
        ((500, 0.2), {"share_error": 0.1, "share_n": 40}),
        ((500, 0.2), {"share_error": -0.1}),
        ((500, 0.2), {"share_n": 0}),
    ],
)
def test_what_is_refused(arguments: tuple[Any, ...], options: dict[str, Any], error_text) -> None:
    error_text(refused(*arguments, **options))


def test_estimates_that_are_refused(error_text) -> None:
    sample = dl.declare_design(pd.DataFrame({"on": ["yes"] * 8 + ["no"] * 32}))
    error_text(refused(500, dl.estimate(sample, dl.share("on"))), "1")
    error_text(refused(500, share(), share_error=0.1), "2")


def test_numbers_beyond_reach_are_refused(error_text) -> None:
    error_text(refused(100, 1e-300), "1")
    error_text(refused(1e308, 0.1), "2")
    row = only(population.multiplier(1, 0.5, count_error=1e5, share_error=0.1))
    assert row["ci_low"] == pytest.approx(0, abs=1e-300)
    assert row["ci_high"] > 1e300
