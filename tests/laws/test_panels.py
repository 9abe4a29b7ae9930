"""Laws of panels: net change is a difference of levels, without and with overlap; flows add up to the waves."""

from __future__ import annotations

from itertools import combinations, product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import diplab as dl

WAVES: dict[str, Any] = {"wave": "wave", "person": "id"}
MEASURES = ["estimate", "std_error"]
SEEDS = st.integers(0, 2**32 - 1)


def panel(seed: int, common: float) -> pd.DataFrame:
    """Two waves of 24 persons in two strata, of whom a share is in both; weights and answers differ by wave."""
    random = np.random.default_rng(seed)
    first, second = np.arange(24), np.arange(24)
    second[int(24 * common) :] += 100
    people = pd.DataFrame({"id": np.r_[first, second], "wave": np.repeat([1, 2], 24)})
    people["h"] = people["id"] % 2
    people["w"] = random.uniform(1, 9, 48)
    people["y"] = random.normal(size=48) + people["h"]
    people["status"] = random.choice(list("abc"), 48)
    people["region"] = random.choice(["n", "s"], 48)
    return people


def wave_of(people: pd.DataFrame, wave: int):
    return dl.declare_design(people[people["wave"] == wave], weights="w", strata="h")


STATISTICS = (dl.mean("y"), dl.total("y"), dl.median("y"), dl.share("status == 'a'"))


@settings(max_examples=6, deadline=None)
@given(SEEDS, st.sampled_from([0.0, 0.5, 1.0]))
def test_net_change_is_the_difference_of_the_levels(seed, common):
    people = panel(seed, common)
    for by in ([], ["region"]):
        found = dl.change(
            dl.declare_design(people, weights="w", strata="h"), *STATISTICS, by=by, **WAVES
        ).frame
        one, two = (
            dl.estimate(wave_of(people, wave), *STATISTICS, by=by).frame["estimate"]
            for wave in (1, 2)
        )
        np.testing.assert_allclose(found["estimate"], two - one, atol=1e-12)


@settings(max_examples=6, deadline=None)
@given(SEEDS)
def test_without_a_common_person_waves_are_independent_samples(seed):
    people = panel(seed, 0.0)
    found = dl.change(dl.declare_design(people, weights="w", strata="h"), *STATISTICS, **WAVES)
    apart = dl.contrast([dl.estimate(wave_of(people, wave), *STATISTICS) for wave in (2, 1)])
    np.testing.assert_allclose(
        found.frame[[*MEASURES, "n"]], apart.frame[[*MEASURES, "n"]], rtol=1e-9
    )
    np.testing.assert_allclose(found.covariance, apart.covariance, atol=1e-12)


@settings(max_examples=6, deadline=None)
@given(SEEDS)
def test_with_the_same_persons_change_is_the_mean_of_their_changes(seed):
    """The standard error of a paired t test, by hand."""
    people = panel(seed, 1.0)
    found = dl.change(dl.declare_design(people), dl.mean("y"), **WAVES).frame
    each = people["y"].to_numpy()[24:] - people["y"].to_numpy()[:24]
    assert found[[*MEASURES, "df", "n"]].iloc[0].tolist() == pytest.approx(
        [each.mean(), each.std(ddof=1) / np.sqrt(24), 23, 24]
    )


@settings(max_examples=6, deadline=None)
@given(SEEDS)
def test_flows_add_up_to_the_waves(seed):
    people = panel(seed, 1.0).assign(w=2.5)
    drawn = dl.declare_design(people, weights="w", strata="h")
    counts = dl.gross_flows(drawn, "status", **WAVES).counts
    for wave in (1, 2):
        margin = f"status_{wave}"
        for status in "abc":
            rows = (counts.frame[margin] == status).to_numpy()
            level = (
                dl.estimate(wave_of(people, wave), dl.total(f"status == '{status}'"))
                .frame[MEASURES]
                .iloc[0]
            )
            assert counts.rows(rows).sum() == pytest.approx(tuple(level), abs=1e-9)


@settings(max_examples=6, deadline=None)
@given(SEEDS)
def test_response_within_the_classes_of_the_status_gives_the_earlier_wave_back(seed):
    """Those who left are made up for by those of their status who stayed."""
    people = panel(seed, 1.0).assign(w=2.5)
    # two of a status stay at least, where there are two: one of several has no variance, and is
    # refused
    first_two = people.iloc[:24].groupby("status").cumcount() < 2
    stays = (np.random.default_rng(seed).random(24) < 0.6) | first_two
    kept = people[(people["wave"] == 1) | np.tile(stays, 2)]
    table = dl.gross_flows(
        dl.declare_design(kept, weights="w"), "status", response="status", **WAVES
    )
    found = table.counts.frame.groupby("status_1")["estimate"].sum()
    pd.testing.assert_series_equal(
        found,
        2.5 * people[people["wave"] == 1].groupby("status")["w"].count(),
        check_names=False,
        check_dtype=False,
    )


CASES = [(4, 1, 1, 1), (5, 2, 1, 1), (5, 2, 0, 1)]


@pytest.mark.parametrize(("size", "common", "left", "new"), CASES)
def test_the_variance_of_change_is_unbiased_over_all_samples(size, common, left, new):
    """Every rotation of a population of 4 or 5, by hand: the mean estimated variance is the variance of change.

    With fewer common units than two as well, where the regression of Berger and Priam knows no
    covariance.
    """
    before, after = np.array([1.0, 4, 2, 9, 5])[:size], np.array([2.0, 5, 1, 12, 4])[:size]
    points, variances = [], []
    for both in combinations(range(size), common):
        others = sorted({*range(size)} - {*both})
        for gone, came in product(combinations(others, left), combinations(others, new)):
            if {*gone} & {*came}:
                continue
            waves = [[*both, *gone], [*both, *came]]
            people = pd.DataFrame(
                [
                    {"wave": wave, "id": each, "y": y[each]}
                    for wave, y in enumerate((before, after))
                    for each in waves[wave]
                ]
            ).assign(N=float(size))
            drawn = dl.declare_design(people, psu="id", fpc="N")
            found = dl.change(drawn, dl.total("y"), **WAVES)
            points.append(found.frame["estimate"].item())
            variances.append(found.covariance.item())
    assert np.mean(points) == pytest.approx((after - before).sum())
    assert np.mean(variances) == pytest.approx(np.var(points))
