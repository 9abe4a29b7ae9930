"""Laws of sizes by conditional likelihood."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from diplab import population
from diplab.population.kernel.closed import fit_conditional


def drawn(seed: int, persons: int = 600) -> pd.DataFrame:
    """Return the captures of a population where the older are caught more often, those never caught left out."""
    draw = np.random.default_rng(seed)
    age = draw.integers(18, 66, persons)
    chance = 1 / (1 + np.exp(-(-1.1 + 0.06 * (age - 40)[:, None] + np.array([-0.3, 0.2, 0.0, 0.3]))))
    seen = (draw.random((persons, 4)) < chance).astype(int)
    table = pd.DataFrame(seen, columns=list("abcd")).assign(age=age)
    return table[seen.any(axis=1)]


def test_the_true_model_finds_the_population_and_covers_it() -> None:
    """By simulation: 100 populations of 600, unbiased within three Monte Carlo errors, intervals near their level."""
    rows = [
        population.individual("a + b + c + d ~ age", drawn(seed), "Mt").frame.iloc[0] for seed in range(100)
    ]
    sizes = np.array([row["estimate"] for row in rows])
    errors = np.array([row["std_error"] for row in rows])
    assert (
        abs(sizes.mean() - 600) < 3 * sizes.std() / np.sqrt(100) + 3
    )  # a few persons of bias are of the method
    assert errors.mean() == pytest.approx(sizes.std(), rel=0.2)
    covered = np.mean([row["ci_low"] <= 600 <= row["ci_high"] for row in rows])
    assert 0.89 <= covered <= 1


def test_leaving_out_what_matters_counts_too_few() -> None:
    blind = [
        population.individual("a + b + c + d ~ 1", drawn(seed), "Mt").frame.iloc[0] for seed in range(20)
    ]
    assert np.mean([row["estimate"] for row in blind]) < 560
    assert any("contradicted" in row["flag"] for row in blind)


def test_every_person_twice_doubles_the_size() -> None:
    table = drawn(1)
    once = population.individual("a + b + c + d ~ age", table, "Mtb")
    twice = population.individual("a + b + c + d ~ age", pd.concat([table, table]), "Mtb")
    assert twice.frame["estimate"].iloc[0] == pytest.approx(2 * once.frame["estimate"].iloc[0], rel=1e-8)
    assert twice.frame["std_error"].iloc[0] ** 2 == pytest.approx(
        2 * once.frame["std_error"].iloc[0] ** 2, rel=1e-6
    )


def test_occasions_may_stand_in_any_order_where_captures_change_nothing() -> None:
    for model in ("M0", "Mt"):
        one = population.individual("a + b + c + d ~ age", drawn(2), model)  # type: ignore[arg-type]
        other = population.individual("d + b + a + c ~ age", drawn(2), model)  # type: ignore[arg-type]
        assert other.frame["estimate"].iloc[0] == pytest.approx(one.frame["estimate"].iloc[0], rel=1e-10)


def test_a_size_is_never_below_those_seen() -> None:
    draw = np.random.default_rng(4)
    for _ in range(30):
        seen = (draw.random((50, 3)) < draw.uniform(0.2, 0.9)).astype(float)
        seen = seen[seen.any(axis=1)]
        fit = fit_conditional(seen, np.ones((*seen.shape, 1)))
        assert fit.abundance.size >= len(seen)
