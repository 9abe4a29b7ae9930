"""Laws of sizes from counts, whatever the counts."""

from __future__ import annotations

import contextlib
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from diplab import population
from diplab.errors import MisleadingError
from diplab.population.counts import (
    ESTIMATORS,
    LOWER_BOUNDS,
    WITHOUT_BOUND,
    estimate_counts,
    frequencies,
)
from diplab.population.kernel.abundance import (
    chao_occasions,
    coverage,
    finite_chao,
    improved_chao,
    jackknife,
    too_few_seen_once,
)
from diplab.population.kernel.truncated import truncated_negative_binomial

few = settings(max_examples=25)

counts = st.lists(st.integers(0, 400), min_size=3, max_size=9).filter(
    lambda seen: seen[0] > 0 and seen[1] > 0 and seen[2] > 0
)
SCALING = (
    *(
        "chao",
        "zelterman",
        "poisson",
        "geometric",
        "one_inflated_poisson",
        "one_inflated_geometric",
    ),
    *("truncated_one_inflated_poisson", "truncated_one_inflated_geometric"),
    *("zero_one_truncated_poisson", "zero_one_truncated_geometric", "hurdle_poisson", "oichao"),
)


@given(counts, st.integers(2, 20))
def test_scaling_the_counts_scales_size_and_variance(seen, factor):
    for estimator in SCALING:
        one = estimate_counts(estimator, frequencies(seen)).abundance
        many = estimate_counts(
            estimator, frequencies([factor * persons for persons in seen])
        ).abundance
        assert many.size == pytest.approx(factor * one.size, rel=1e-8, nan_ok=True)
        assert many.variance == pytest.approx(factor * one.variance, rel=1e-6, nan_ok=True)


@few
@given(counts, st.integers(2, 9))
def test_scaling_the_counts_scales_the_negative_binomial(seen, factor):
    times, persons = np.arange(1.0, len(seen) + 1), np.array(seen, dtype=float)
    one = truncated_negative_binomial(times, persons)
    many = truncated_negative_binomial(times, factor * persons)
    # near a boundary the fit cannot be told from it
    assume(one.boundary == many.boundary)
    assume(not one.boundary and math.isnan(one.highest) and one.estimates[1] < 5)
    assert many.abundance.size == pytest.approx(factor * one.abundance.size, rel=1e-6)
    assert many.abundance.variance == pytest.approx(factor * one.abundance.variance, rel=1e-4)


@few
@given(counts)
def test_every_row_is_at_or_above_those_seen_or_has_no_number_in_its_order(seen):
    frame = population.sensitivity(seen).frame
    known = frame[frame["estimate"].notna()]
    assert (known["estimate"] >= sum(seen) * (1 - 1e-12)).all()
    assert (known["ci_low"] >= sum(seen) * (1 - 1e-12)).all()
    assert (known["ci_low"] <= known["estimate"] * (1 + 1e-12)).all()
    assert (known["ci_high"] >= known["estimate"] * (1 - 1e-12)).all()
    assert (known["std_error"] >= 0).all()
    assert set(frame["n"]) == {sum(seen)}
    unknown = frame[frame["estimate"].isna()]
    assert unknown["flag"].isin(["boundary", "ill-posed"]).all()
    assert unknown[["std_error", "ci_low", "ci_high"]].isna().all(axis=None)
    frame = population.sensitivity(seen, occasions=30).frame
    assert frame["statistic"].iloc[0] == "chao"
    assert sorted(frame["statistic"]) == sorted(set(ESTIMATORS) - {"chao1", "chao1_bc", "chao2_bc"})

    def place(row: object) -> int:
        if row.estimate != row.estimate:
            return 4
        if row.statistic in LOWER_BOUNDS:
            return 0
        if row.statistic in WITHOUT_BOUND:
            return 3
        return 2 if "below bound" in row.flag else 1

    places = [place(row) for row in frame.itertuples()]
    assert places == sorted(places)


@given(counts, st.integers(10, 60))
def test_bounds_for_finite_draws_lie_under_the_plain_ones(seen, draws):
    persons = np.array(seen, dtype=float)
    plain = estimate_counts("chao", frequencies(seen)).abundance.size
    finite = finite_chao(persons, draws).size
    assert sum(seen) <= finite <= plain
    # many draws come back to the plain bound
    assert finite_chao(persons, 1e12).size == pytest.approx(plain, rel=1e-9)
    assert finite_chao(persons, 1e12, corrected=True).size == pytest.approx(
        estimate_counts("chao_bc", frequencies(seen)).abundance.size, rel=1e-9
    )
    assert improved_chao(persons, draws).size >= finite * (1 - 1e-12)


@given(counts, st.integers(3, 40))
def test_variance_of_the_jackknife_by_hand(seen, draws):
    # the size is linear in the counts, with slopes d: variance sum d^2 f - N
    persons = np.array(seen, dtype=float)
    first = np.ones(len(seen))
    first[0] += (draws - 1) / draws
    second = np.ones(len(seen))
    second[:2] += (2 * draws - 3) / draws, -((draws - 2) ** 2) / (draws * (draws - 1))
    for order, slopes in ((1, first), (2, second)):
        found = jackknife(persons, draws, order)
        assert found.size == pytest.approx(slopes @ persons)
        assert found.variance == pytest.approx(
            max(slopes**2 @ persons - slopes @ persons, 0), abs=1e-6
        )


@given(st.floats(0.05, 5), st.floats(0.05, 20), st.integers(10**4, 10**7))
def test_expected_counts_of_mixed_rates_never_lack_singletons(mean, shape, persons):
    # a gamma mixture of Poisson laws, so that f1 >= 2 f2^2 / (3 f3) in expectation
    chances = [
        math.exp(
            math.lgamma(y + shape)
            - math.lgamma(shape)
            - math.lgamma(y + 1)
            + y * math.log(mean / (mean + shape))
            + shape * math.log(shape / (mean + shape))
        )
        for y in (1, 2, 3)
    ]
    once, twice, thrice = (persons * chance for chance in chances)
    assert once >= 2 * twice**2 / (3 * thrice) * (1 - 1e-9)
    assert not too_few_seen_once(once, twice, thrice)
    # where three in four of those seen once are filtered out, and there are many of them, it is
    # found
    if thrice > 1000 and shape > 5:
        assert too_few_seen_once(once / 4, twice, thrice)


@given(counts, st.integers(0, 400))
def test_duplicates_taken_away_are_as_if_never_counted(seen, duplicates):
    assume(duplicates < seen[0])
    declared = population.single_source(seen, duplicates=duplicates)
    cleaned = population.single_source([seen[0] - duplicates, *seen[1:]])
    assert declared.frame.equals(cleaned.frame)
    assert declared.provenance.rules["duplicates"] == str(duplicates)
    assert cleaned.provenance.rules["duplicates"] == "undeclared"
    # fewer persons seen once, fewer unseen
    assert (
        declared.frame["estimate"].iloc[0]
        <= population.single_source(seen).frame["estimate"].iloc[0]
    )


@settings(max_examples=15)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=40), st.integers(40, 60))
def test_any_counts_give_a_table(seen, occasions):
    assume(sum(seen) > 0)
    for known in (None, occasions):
        frame = population.sensitivity(seen, occasions=known).frame
        assert not np.isinf(frame["estimate"]).any()
    for estimator in ESTIMATORS:
        with contextlib.suppress(MisleadingError):
            assert len(population.single_source(seen, estimator, occasions)) == 1


@given(counts)
def test_bounds_of_chao(seen):
    table = frequencies(seen)
    assert (
        estimate_counts("chao_bc", table).abundance.size
        <= estimate_counts("chao", table).abundance.size
    )
    once, twice, thrice = (*seen, 0)[:3]
    many = chao_occasions(once, twice, thrice, sum(seen), 10**9)
    plain = finite_chao(np.array(seen, dtype=float), math.inf)
    assert many.size == pytest.approx(plain.size, rel=1e-5)
    assert many.variance == pytest.approx(plain.variance, rel=1e-4)
    # Chao (1987): f2 ((f1/f2)^4 / 4 + (f1/f2)^3 + (f1/f2)^2 / 2).
    once, twice = seen[0], seen[1]
    ratio = once / twice
    worked = twice * (ratio**4 / 4 + ratio**3 + ratio**2 / 2)
    persons = np.array(seen, dtype=float)
    assert finite_chao(persons, math.inf).variance == pytest.approx(worked)
    for other in (False, True):
        one, many = coverage(persons, None, other), coverage(persons, 1e12, other)
        assert many.size == pytest.approx(one.size, rel=1e-6)
        assert many.variance == pytest.approx(one.variance, rel=1e-3, abs=1e-6)


@given(counts, st.integers(9, 40))
def test_a_bound_over_occasions_is_never_below_those_seen(seen, occasions):
    try:
        found = estimate_counts("chao_t", frequencies(seen, occasions)).abundance
    except MisleadingError:
        assume(False)
    assert found.size >= sum(seen)
    assert found.variance >= 0
