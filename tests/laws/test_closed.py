"""Laws of closed-population sizes, whatever was seen.

Laws of sizes by conditional likelihood.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diplab import population
from diplab.population._closed import fit_one_model
from diplab.population.closed_models import fit_from_sums, fit_log_linear
from diplab.population.counts import read_captures
from diplab.population.kernel.closed import (
    all_histories,
    fit_conditional,
    frequency_cells,
    history_cells,
)
from diplab.population.kernel.loglinear import (
    fit_bounded,
    fit_loglinear,
    locate_maximum,
    unseen_size,
)

law = settings(max_examples=15)

HISTORIES = all_histories(4)
CASES = [
    ("M0", ""),
    ("Mt", ""),
    ("Mh", "chao"),
    ("Mh", "darroch"),
    ("Mth", "chao"),
    ("Mth", "poisson2"),
]
tables = st.lists(st.integers(0, 30), min_size=15, max_size=15).filter(
    lambda cells: (
        sum(n > 0 for n in cells) >= 6 and sum(cells[at] for at in (2, 4, 5, 8, 9, 11)) > 0
    )
)


def people(cells: list[int], order: tuple[int, ...] = (0, 1, 2, 3)) -> np.ndarray:
    return np.repeat(HISTORIES[:, list(order)], cells, axis=0)


def row_of(
    cells: list[int], model: str, heterogeneity: str, order: tuple[int, ...] = (0, 1, 2, 3)
) -> dict:
    return fit_one_model(read_captures(people(cells, order)), model, heterogeneity)[0].values


@law
@given(tables, st.sampled_from(CASES), st.permutations(range(4)), st.integers(2, 9))
def test_the_order_of_occasions_changes_nothing_and_more_counts_scale_the_size(
    cells, case, order, factor
):
    one, other = row_of(cells, *case), row_of(cells, *case, tuple(order))
    many = row_of([factor * n for n in cells], *case)
    for column in ("estimate", "std_error", "ci_low", "ci_high"):
        assert one[column] == pytest.approx(other[column], rel=1e-5, nan_ok=True)
    assert one["flag"] == other["flag"]
    if not (math.isnan(one["estimate"]) or math.isnan(many["estimate"]) or one["estimate"] > 1e5):
        assert many["estimate"] == pytest.approx(factor * one["estimate"], rel=1e-6)
        assert many["std_error"] == pytest.approx(
            math.sqrt(factor) * one["std_error"], rel=1e-4, nan_ok=True
        )


@law
@given(tables, st.sampled_from([*CASES, ("Mb", ""), ("Mbh", ""), ("Mtb", "")]))
def test_no_size_is_below_those_seen_and_intervals_hold_the_multinomial_point(cells, case):
    captures = read_captures(people(cells))
    poisson = fit_one_model(captures, *case)[0].values
    multinomial = fit_one_model(captures, *case, point="multinomial")[0].values
    if math.isnan(poisson["estimate"]):
        (flag,) = poisson["flag"]
        assert flag in ("boundary", "not identified", "ill-posed")
        return
    assert poisson["estimate"] >= sum(cells) * (1 - 1e-12)
    assert sum(cells) * (1 - 1e-9) <= poisson["ci_low"] <= multinomial["estimate"] * (1 + 1e-9)
    assert multinomial["estimate"] <= poisson["ci_high"] * (1 + 1e-9)


@law
@given(tables)
def test_frequencies_carry_all_that_m0_needs_and_mt_solves_the_equation_of_darroch(cells):
    counts = np.array(cells, dtype=float)
    whole = np.column_stack([np.ones(15), HISTORIES.sum(axis=1)])
    direct = fit_loglinear(whole, counts)
    counted = read_captures(people(cells))
    table = frequency_cells(counted.fitted_frequencies, 4)
    fit = fit_loglinear(table.x, table.counts, table.offset)
    assert fit.coefficients.tolist() == pytest.approx(
        direct.coefficients.tolist(), rel=1e-6, abs=1e-6
    )
    found = fit_one_model(counted, "M0")[0]
    assert found.fit is not None
    assert found.fit.deviance == pytest.approx(float(direct.deviance), abs=1e-6)
    assert found.fit.log_likelihood == pytest.approx(float(direct.log_likelihood), abs=1e-6)
    # Darroch (1958): 1 - n / N is the product of 1 - n_j / N.
    row = row_of(cells, "Mt", "")
    size, caught = row["estimate"], np.array(cells) @ HISTORIES
    if row["flag"] != "all seen" and not math.isnan(size):
        assert 1 - sum(cells) / size == pytest.approx(float(np.prod(1 - caught / size)), abs=1e-8)


@law
@given(tables)
def test_mt_needs_no_table_of_histories(cells):
    captures = read_captures(people(cells))
    whole, short = fit_log_linear(captures, "Mt"), fit_from_sums(captures, "Mt")
    if whole.abundance is None or whole.fit is None or short.fit is None or short.flag:
        assert whole.flag == short.flag
        return
    assert short.abundance == pytest.approx(whole.abundance, rel=1e-6)
    assert short.profile == pytest.approx(whole.profile, rel=1e-6)
    for name in ("deviance", "log_likelihood", "aic", "bic", "parameters"):
        assert getattr(short.fit, name) == pytest.approx(
            getattr(whole.fit, name), rel=1e-6, abs=1e-6
        )
    for column in ("estimate", "std_error"):
        one, other = short.fit.coefficients[column], whole.fit.coefficients[column]
        assert one.tolist() == pytest.approx(other.tolist(), rel=1e-5, abs=1e-5, nan_ok=True)


@law
@given(tables)
def test_a_bounded_fit_is_the_highest_that_bounds_allow(cells):
    """By its conditions: scores of free columns are zero, those of columns at zero point below it."""
    table = history_cells(HISTORIES, np.array(cells, dtype=float), ("a", "b", "c", "d"), "chao")
    if locate_maximum(table.x, table.counts, table.unseen, table.bounded) != "inside":
        return
    found = fit_bounded(table.x, table.counts, table.bounded)
    scores = (table.counts - found.fit.fitted) @ table.x
    scale = 1.0 + table.counts.sum()
    assert np.abs(scores[found.kept]).max() < 1e-5 * scale
    idle = [at for at in table.bounded if at not in found.kept]
    assert all(scores[at] <= 1e-5 * scale for at in idle)
    held = [
        value
        for at, value in zip(found.kept, found.fit.coefficients, strict=True)
        if at in table.bounded
    ]
    assert all(value >= 0 for value in held)
    assert unseen_size(found.fit, np.eye(1, len(found.kept))[0])[1] >= 0


@law
@given(st.lists(st.integers(0, 60), min_size=3, max_size=6).filter(lambda f: f[0] > 0 and f[1] > 0))
def test_chao_without_limit_is_the_formula_where_bends_allow(counts):
    """N = n + f1^2 / (2 f2) where the third frequency is at least what the first two foretell, 2 f2^2 / (3 f1)."""
    once, twice, thrice = counts[:3]
    if thrice <= 2 * twice**2 / (3 * once) or 0 in counts[3:]:
        return
    found = population.closed(counts, "Mh", "chao").frame["estimate"].iloc[0]
    if all(
        counts[at - 1] * counts[at + 1] * (at + 2) >= counts[at] ** 2 * (at + 1)
        for at in range(1, len(counts) - 1)
    ):
        assert found == pytest.approx(sum(counts) + once**2 / (2 * twice), rel=1e-6)


@law
@given(st.integers(1, 400), st.integers(0, 400), st.integers(0, 400))
def test_two_lists_give_lincoln_petersen(both, first, second):
    cells = np.repeat([[1, 1], [1, 0], [0, 1]], [both, first, second], axis=0)
    row = population.closed(cells, "Mt").frame.iloc[0]
    petersen = population.two_sample(first + both, second + both, both, "petersen").frame.iloc[0]
    assert row["estimate"] == pytest.approx(petersen["estimate"], rel=1e-7)
    if first and second:
        assert row["std_error"] == pytest.approx(petersen["std_error"], rel=1e-6)
    else:
        assert row["flag"] == "all seen"


def drawn(seed: int, persons: int = 600) -> pd.DataFrame:
    """Return the captures of a population where the older are caught more often, those never caught left out."""
    draw = np.random.default_rng(seed)
    age = draw.integers(18, 66, persons)
    chance = 1 / (
        1 + np.exp(-(-1.1 + 0.06 * (age - 40)[:, None] + np.array([-0.3, 0.2, 0.0, 0.3])))
    )
    seen = (draw.random((persons, 4)) < chance).astype(int)
    table = pd.DataFrame(seen, columns=list("abcd")).assign(age=age)
    return table[seen.any(axis=1)]


def test_the_true_model_finds_the_population_and_covers_it():
    """By simulation: 50 populations of 600, unbiased within three Monte Carlo errors, intervals near their level.

    500 of each model are in `benchmarks/README.md`.
    """
    rows = [
        population.individual("a + b + c + d ~ age", drawn(seed), "Mt").frame.iloc[0]
        for seed in range(50)
    ]
    sizes = np.array([row["estimate"] for row in rows])
    errors = np.array([row["std_error"] for row in rows])
    assert (
        abs(sizes.mean() - 600) < 3 * sizes.std() / np.sqrt(50) + 3
    )  # a few persons of bias are of the method
    assert errors.mean() == pytest.approx(sizes.std(), rel=0.2)
    covered = np.mean([row["ci_low"] <= 600 <= row["ci_high"] for row in rows])
    assert 0.89 <= covered <= 1


def test_leaving_out_what_matters_counts_too_few():
    blind = [
        population.individual("a + b + c + d ~ 1", drawn(seed), "Mt").frame.iloc[0]
        for seed in range(20)
    ]
    assert np.mean([row["estimate"] for row in blind]) < 560
    assert any("contradicted" in row["flag"] for row in blind)


def test_persons_and_occasions_by_conditional_likelihood():
    table = drawn(1)
    once = population.individual("a + b + c + d ~ age", table, "Mtb")
    twice = population.individual("a + b + c + d ~ age", pd.concat([table, table]), "Mtb")
    assert twice.frame["estimate"].iloc[0] == pytest.approx(
        2 * once.frame["estimate"].iloc[0], rel=1e-8
    )
    assert twice.frame["std_error"].iloc[0] ** 2 == pytest.approx(
        2 * once.frame["std_error"].iloc[0] ** 2, rel=1e-6
    )
    for model in ("M0", "Mt"):
        one = population.individual("a + b + c + d ~ age", drawn(2), model)
        other = population.individual("d + b + a + c ~ age", drawn(2), model)
        assert other.frame["estimate"].iloc[0] == pytest.approx(
            one.frame["estimate"].iloc[0], rel=1e-10
        )


def test_a_size_is_never_below_those_seen():
    draw = np.random.default_rng(4)
    for _ in range(30):
        seen = (draw.random((50, 3)) < draw.uniform(0.2, 0.9)).astype(float)
        seen = seen[seen.any(axis=1)]
        fit = fit_conditional(seen, np.ones((*seen.shape, 1)))
        assert fit.abundance.size >= len(seen)


@law
@given(st.lists(st.integers(0, 30), min_size=5, max_size=5).filter(lambda first: sum(first) > 4))
def test_a_removal_has_a_size_where_first_captures_fall_off(first):
    """Zippin (1956): sum of (k + 1 - 2 j) u_j above 0; what limits the size above is another question."""
    rows = np.repeat(np.eye(5), first, axis=0)
    (found,) = population.closed(rows, "Mb").frame.to_dict("records")
    assert np.isfinite(found["estimate"]) == (float(np.dot([4, 2, 0, -2, -4], first)) > 0)
    flags = ("boundary",) if np.isnan(found["estimate"]) else ("", "no upper limit", "all seen")
    assert found["flag"] in flags
    assert (found["flag"] == "no upper limit") == (found["ci_high"] == np.inf)


def test_a_removal_without_an_upper_limit():
    """N = 178.926 is Rcapture's `closedp` for Mb; a likelihood ratio of 1.92 is reached below only."""
    found = population.closed(np.repeat(np.eye(5), [21, 19, 22, 12, 13], axis=0), "Mb").frame.iloc[
        0
    ]
    assert found["estimate"] == pytest.approx(178.926442, rel=1e-7)
    assert (found["ci_low"], found["ci_high"], found["flag"]) == (
        pytest.approx(109.078667, rel=1e-6),
        np.inf,
        "no upper limit",
    )
