"""Laws of population sizes, whatever the counts."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from diplab import population
from diplab.errors import MisleadingError
from diplab.population.counts import estimate_counts, frequencies
from diplab.population.kernel.abundance import petersen
from diplab.population.kernel.counts import chao, chao_occasions

# The first call loads pandas, which takes longer than the usual deadline.
law = settings(deadline=None)

lists = st.tuples(st.integers(1, 500), st.integers(0, 500), st.integers(0, 500)).map(
    lambda cells: (cells[0] + cells[1], cells[0] + cells[2], cells[0])
)
counts = st.lists(st.integers(0, 400), min_size=2, max_size=8).filter(lambda seen: seen[0] > 0 and seen[1] > 0)


def point(first: int, second: int, both: int, estimator: str) -> float:
    return float(population.two_sample(first, second, both, estimator).frame["estimate"].iloc[0])  # type: ignore[arg-type]


@law
@given(lists)
@example((3, 8, 3))  # Bailey falls below those seen only where the second list holds the whole first one
def test_chapman_is_at_most_petersen_and_no_size_is_below_those_seen(cells: tuple[int, int, int]) -> None:
    first, second, both = cells
    seen = first + second - both
    assert point(*cells, "chapman") <= point(*cells, "petersen") * (1 + 1e-12)
    for estimator in ("petersen", "chapman", "bailey"):
        assert point(*cells, estimator) >= seen * (1 - 1e-12)


@law
@given(lists)
def test_swapping_the_lists_changes_nothing(cells: tuple[int, int, int]) -> None:
    first, second, both = cells
    for estimator in ("petersen", "chapman"):
        one, other = (
            population.two_sample(*order, both, estimator).frame  # type: ignore[arg-type]
            for order in ((first, second), (second, first))
        )
        for column in ("estimate", "std_error", "ci_low", "ci_high"):
            assert one[column].iloc[0] == pytest.approx(other[column].iloc[0], rel=1e-12)


@law
@given(st.integers(1, 500), st.integers(1, 500))
def test_a_list_of_everyone_gives_everyone(everyone: int, second: int) -> None:
    second = min(second, everyone)
    for estimator in ("petersen", "chapman"):
        row = population.two_sample(everyone, second, second, estimator).frame.iloc[0]  # type: ignore[arg-type]
        assert row["estimate"] == pytest.approx(everyone)
        assert row["std_error"] == 0


@law
@given(lists, st.integers(2, 20))
def test_scaling_the_lists_scales_lincoln_petersen(cells: tuple[int, int, int], factor: int) -> None:
    scaled = petersen(*(factor * cell for cell in cells))
    assert scaled.size == pytest.approx(factor * petersen(*cells).size)
    assert scaled.variance == pytest.approx(factor * petersen(*cells).variance)


@law
@given(counts, st.integers(2, 20))
def test_scaling_the_counts_scales_size_and_variance(seen: list[int], factor: int) -> None:
    for estimator in ("chao", "zelterman", "poisson", "geometric"):
        one = estimate_counts(estimator, frequencies(seen)).abundance
        many = estimate_counts(estimator, frequencies([factor * persons for persons in seen])).abundance
        assert many.size == pytest.approx(factor * one.size, rel=1e-9)
        assert many.variance == pytest.approx(factor * one.variance, rel=1e-6)


@law
@given(counts)
def test_bias_correction_lowers_the_bound(seen: list[int]) -> None:
    table = frequencies(seen)
    assert estimate_counts("chao_bc", table).abundance.size <= estimate_counts("chao", table).abundance.size


@law
@given(counts)
def test_many_occasions_come_back_to_the_plain_bound(seen: list[int]) -> None:
    once, twice, thrice = (*seen, 0)[:3]
    many = chao_occasions(once, twice, thrice, sum(seen), 10**9)
    plain = chao(once, twice, sum(seen), variance="multinomial")
    assert many.size == pytest.approx(plain.size, rel=1e-5)
    assert many.variance == pytest.approx(plain.variance, rel=1e-4)


@law
@given(counts, st.integers(8, 40))
def test_a_bound_over_occasions_is_never_below_those_seen(seen: list[int], occasions: int) -> None:
    try:
        found = estimate_counts("chao_t", frequencies(seen, occasions)).abundance
    except MisleadingError:
        assume(False)
    assert found.size >= sum(seen)
    assert found.variance >= 0


@law
@given(counts)
def test_the_multinomial_variance_of_chao_is_the_published_one(seen: list[int]) -> None:
    # Chao (1987): f2 ((f1/f2)^4 / 4 + (f1/f2)^3 + (f1/f2)^2 / 2).
    once, twice = seen[0], seen[1]
    ratio = once / twice
    worked = twice * (ratio**4 / 4 + ratio**3 + ratio**2 / 2)
    assert chao(once, twice, sum(seen), variance="multinomial").variance == pytest.approx(worked)


@law
@given(st.floats(0, 1), st.lists(st.floats(0, 50), min_size=2, max_size=20))
def test_the_multi_homing_factor_falls_towards_one(share: float, beyond: list[float]) -> None:
    sizes = sorted(share + more for more in beyond)
    factors = population.multi_homing_curve(share, sizes)
    assert all(1 <= factor <= 1 + share + 1e-12 for factor in factors)
    assert all(earlier >= later - 1e-12 for earlier, later in pairwise(factors))
