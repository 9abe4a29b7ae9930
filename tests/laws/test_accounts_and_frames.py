"""Laws of accounts, frames and ranges, whatever the numbers."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from diplab import population
from diplab.population.accounts import outer_bounds
from diplab.population.kernel.networks import domain_totals, hartley

law = settings(max_examples=40)

held = st.lists(st.integers(1, 12), min_size=2, max_size=30)
rows = st.lists(
    st.tuples(st.booleans(), st.integers(1, 50), st.integers(0, 9)), min_size=2, max_size=20
).filter(lambda drawn: any(both for both, _, _ in drawn))


def mean_of(numbers: list[int], sampled: str) -> float:
    return float(population.multi_homing(numbers, sampled=sampled).frame["estimate"].iloc[0])


def sample(drawn: list[tuple[bool, int, int]], scale: float = 1) -> pd.DataFrame:
    frame = pd.DataFrame(drawn, columns=["both", "weight", "y"])
    return frame.assign(weight=frame["weight"] * scale)


@law
@given(held)
def test_the_harmonic_mean_is_between_one_and_the_plain_mean(numbers):
    plain, harmonic = mean_of(numbers, "persons"), mean_of(numbers, "accounts")
    assert 1 - 1e-12 <= harmonic <= plain * (1 + 1e-12)
    assert plain <= max(numbers) * (1 + 1e-12)
    assert mean_of(np.repeat(numbers, numbers).tolist(), "accounts") == pytest.approx(
        mean_of(numbers, "persons")
    )


@law
@given(held, st.floats(0.01, 1000))
def test_the_scale_of_weights_changes_nothing(numbers, scale):
    weights = np.arange(1, len(numbers) + 1)
    one, other = (
        population.multi_homing(numbers, sampled="accounts", weights=weights * by).frame
        for by in (1, scale)
    )
    for column in ("estimate", "std_error", "ci_low", "ci_high"):
        assert one[column].iloc[0] == pytest.approx(other[column].iloc[0], rel=1e-9, abs=1e-12)


@law
@given(st.floats(0, 3), st.floats(0, 3), st.floats(0, 10), st.floats(0, 10), st.integers(3, 6))
def test_wider_inputs_give_wider_bounds(few, many, small, large, most):
    few, many = sorted((few, many))
    small, large = sorted((many + small, many + large))
    low, high = outer_bounds((few, many), (small, large), most)
    assert 1 <= low <= high * (1 + 1e-12)
    for others in (few, many):
        for size in (small, large):
            inner = outer_bounds((others, others), (size, size), most)
            assert low <= inner[0] * (1 + 1e-12)
            assert inner[1] <= high * (1 + 1e-12)
    assert outer_bounds((few, many), (small, math.inf), most)[0] == 1


@law
@given(rows, rows)
def test_swapping_the_frames_changes_nothing_and_multiplicity_is_in_the_middle(first, second):
    for estimator in ("hartley", "multiplicity", "fuller_burmeister"):
        one, other = (
            population.dual_frame(*pair, estimator, y="y").frame
            for pair in ((sample(first), sample(second)), (sample(second), sample(first)))
        )
        total = one["estimate"].iloc[0]
        assert total == pytest.approx(other["estimate"].iloc[0], rel=1e-6, abs=1e-6)
        # an error of nothing is the root of what rounding leaves of a variance
        rounding = 1e-6 * (1 + abs(total))
        assert one["std_error"].iloc[0] == pytest.approx(
            other["std_error"].iloc[0], rel=1e-6, abs=rounding
        )
    ends = [
        population.dual_frame(sample(first), sample(second), y="y", theta=theta)
        .frame["estimate"]
        .iloc[0]
        for theta in (0, 1)
    ]
    middle = (
        population.dual_frame(sample(first), sample(second), "multiplicity", y="y")
        .frame["estimate"]
        .iloc[0]
    )
    assert middle == pytest.approx(sum(ends) / 2)


@law
@given(rows, st.integers(10, 1000))
def test_a_known_frame_size_is_met(drawn, size):
    frame = sample(drawn)
    found = domain_totals(
        np.ones(len(frame)), frame["both"].to_numpy(), frame["weight"].to_numpy(float), size
    )
    assert found.totals[0] + found.totals[1] == pytest.approx(size)
    # and so has no error of its own
    assert hartley(found, found, 1).variance == pytest.approx(
        found.covariance[0, 0], abs=1e-6 * size**2
    )


@law
@given(st.permutations(range(4)))
def test_the_order_of_methods_changes_nothing(order):
    # named, since two results of one method are otherwise numbered as they are given
    methods = {
        "spring": population.two_sample(200, 180, 40),
        "counts": population.single_source([300, 90, 40]),
        "rare": population.single_source([300, 90, 40], "zelterman"),
        "autumn": population.two_sample(400, 100, 30),
    }
    names = [list(methods)[place] for place in order]
    plain, other = (
        population.combine(methods),
        population.combine({name: methods[name] for name in names}),
    )
    assert plain.frame.equals(other.frame)


@law
@given(st.dictionaries(st.sampled_from("ABC"), held, min_size=1, max_size=3), st.integers(0, 500))
def test_persons_are_at_most_accounts(sampled, more):
    limited = {
        name: [min(each, len(sampled)) for each in numbers] for name, numbers in sampled.items()
    }
    accounts = {name: len(numbers) + more for name, numbers in limited.items()}
    persons = population.multiplicity(accounts, limited).frame["estimate"].iloc[0]
    assume(persons > 0)
    assert sum(accounts.values()) / len(sampled) <= persons * (1 + 1e-12)
    assert persons <= sum(accounts.values()) * (1 + 1e-12)


@given(st.floats(0, 1), st.lists(st.floats(0, 50), min_size=2, max_size=20))
def test_the_multi_homing_factor_falls_towards_one(share, beyond):
    sizes = sorted(share + more for more in beyond)
    factors = population.multi_homing_curve(share, sizes)
    assert all(1 <= factor <= 1 + share + 1e-12 for factor in factors)
    assert all(earlier >= later - 1e-12 for earlier, later in pairwise(factors))
