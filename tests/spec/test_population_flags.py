"""What may mislead is named where it is shown: in the frame, in the printed table, in the error."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab import population
from diplab.errors import MisleadingError

FILTERED = [60, 183, 150, 60]
"""Fewer met once than any law of chances over eight occasions allows: some were taken out."""
EDGE = {1: 1645, 2: 183, 3: 37, 4: 13, 5: 1, 6: 1}


def _flags(found: dl.Estimates) -> list[str]:
    return [str(flag) for flag in found.frame["flag"]]


@pytest.mark.parametrize("model", ["M0", "Mh"])
def test_singletons_that_look_filtered_are_said_of_closed_populations(model: str) -> None:
    found = population.closed(FILTERED, model, occasions=8)  # type: ignore[arg-type]
    assert all("few singletons" in flag for flag in _flags(found))
    assert "few singletons" not in " ".join(_flags(population.closed([60, 30, 10], model, occasions=8)))  # type: ignore[arg-type]
    assert "seen once" in str(dl.table(found))


def test_nobody_met_once_is_said_even_beside_a_lower_bound() -> None:
    found = population.closed([0, 50, 10], "Mh", "chao", occasions=6)
    assert _flags(found) == ["lower bound, no singletons"]


def test_chances_that_differ_by_occasion_are_no_filter() -> None:
    # worked by hand: all met on the first two occasions and one in ten on the third leaves nobody met once
    met = pd.DataFrame({"a": [1, 1], "b": [1, 1], "c": [0, 1], "n": [90, 10]})
    assert not any("singletons" in flag for flag in _flags(population.closed(met, "Mt", count="n")))


def test_singletons_that_look_filtered_are_said_of_a_beta_law() -> None:
    assert all("few singletons" in flag for flag in _flags(population.beta_binomial(FILTERED, 8)))
    assert not any("few singletons" in flag for flag in _flags(population.beta_binomial([60, 30, 10], 8)))


def test_a_boundary_has_no_point_and_offers_the_bound() -> None:
    found = population.single_source(EDGE, "negative_binomial")
    assert np.isnan(found.frame["estimate"][0])
    assert np.isnan(found.frame["ci_high"][0])
    assert _flags(found) == ["boundary"]
    printed = " ".join(str(dl.table(found)).split())
    assert "boundary fit: no point" in printed
    assert "The counts allow only Chao’s lower bound." in printed
    law = population.beta_binomial(EDGE, 20)
    assert _flags(law) == ["lower bound", "boundary"]
    assert np.isnan(law.frame["estimate"][1])
    assert law.frame["estimate"][0] == pytest.approx(9273.510929, rel=1e-9)


def test_a_size_under_the_bound_says_so_and_one_inflated_models_that_there_is_none() -> None:
    under = population.single_source(EDGE, "poisson")
    assert _flags(under) == ["below bound, contradicted"]
    assert "below bound, contradicted" in str(dl.table(under))
    inflated = population.single_source(EDGE, "one_inflated_poisson")
    assert inflated.frame["estimate"][0] < population.single_source(EDGE).frame["ci_low"][0]
    assert _flags(inflated) == ["one-inflated"]
    assert "one-inflated: the bound does not hold" in str(dl.table(inflated))


def test_contradicted_is_the_interval_of_the_bound_and_not_its_point() -> None:
    """Only where the bound's interval lies wholly above the size."""
    for counts in ([100, 60, 20, 8], [100, 45, 20, 8], [200, 60, 20, 8], [400, 60, 20, 8]):
        size = population.single_source(counts, "poisson").frame
        bound = population.single_source(counts, "chao").frame
        below, above = size["estimate"][0] < bound["estimate"][0], size["estimate"][0] < bound["ci_low"][0]
        expected = "below bound, contradicted" if above else "below bound" if below else ""
        assert size["flag"][0] == expected
    assert size["flag"][0] == "below bound, contradicted"


def test_of_truly_poisson_counts_half_fall_below_the_bound_and_hardly_any_is_contradicted() -> None:
    """Rate 1 and 400 persons, 400 samples: a share of 0.5 has a standard error of 0.025, one of 0.025 of 0.008."""
    random = np.random.default_rng(20)
    flags = []
    for _ in range(400):
        counts = np.bincount(random.poisson(1.0, 400))[1:]
        flags.append(str(population.single_source(counts.tolist(), "poisson").frame["flag"][0]))
    below = sum("below bound" in flag for flag in flags) / 400
    contradicted = sum("contradicted" in flag for flag in flags) / 400
    assert 0.4 < below < 0.6
    assert contradicted <= 0.025


def test_survival_above_one_is_named_and_not_cut() -> None:
    rows = (
        [[1, 0, 1, 1]] * 5 + [[0, 1, 0, 1]] * 9 + [[1, 1, 0, 0]] * 2 + [[0, 1, 1, 0]] * 2 + [[0, 0, 1, 1]] * 3
    )
    found = population.open_population(rows)
    survival = found.frame.query("statistic == 'survival'")
    assert survival["estimate"].iloc[0] > 1
    assert survival["flag"].iloc[0] == "survival above one"
    assert "survival above one" in str(dl.table(found)).lower()


@pytest.mark.parametrize(
    ("counts", "offered"),
    [
        ([100, 0, 5], "Write the estimator `chao_bc`"),
        ([0, 50, 10], "take the number seen as the least there can be"),
    ],
)
def test_a_bound_that_divides_by_zero_offers_another(counts: list[int], offered: str) -> None:
    with pytest.raises(MisleadingError, match=offered):
        population.single_source(counts)
