"""Sums and quantiles under many sets of weights at once equal those of one set after the other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.kernel.quantiles import quantiles, replicated_quantiles
from diplab.kernel.replication import replicated_sums
from diplab.sampling.replication import MultipliedWeights

ROWS = 30_000


def sets_of_weights(seed: int, *, whole: bool) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    drawn = [random.integers(0, 4, ROWS).astype(float) for _ in range(5)]
    return drawn if whole else [each * random.uniform(0.5, 2.0, ROWS) for each in drawn]


@pytest.mark.parametrize("cells", [1, 3, 200])
@pytest.mark.parametrize("made_when_read", [False, True])
def test_sums(cells: int, made_when_read: bool) -> None:
    random = np.random.default_rng(5)
    cell, values = random.integers(0, cells, ROWS), [random.normal(size=ROWS), np.ones(ROWS)]
    weights: Any = sets_of_weights(1, whole=False)
    found = replicated_sums(
        MultipliedWeights(weights, np.ones(ROWS)) if made_when_read else weights,
        values,
        cell if cells > 1 else None,
        cells,
    )
    for place, own in enumerate(weights):
        for variable, value in enumerate(values):
            one = pd.Series(own * value).groupby(cell).sum().to_numpy()
            np.testing.assert_allclose(found[place, variable], one, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("rule", ["math", "school", "hf1", "hf2", "hf3", "hf7", "shahvaish"])
@pytest.mark.parametrize("domains", [1, 4])
@pytest.mark.parametrize("whole", [True, False], ids=["exact hits", "no exact hit"])
def test_quantiles(rule: str, domains: int, whole: bool) -> None:
    """Values with ties, weights of zero, a domain of nobody and one of few; shares from end to end."""
    random = np.random.default_rng(7)
    domain = np.minimum(random.integers(0, 8 * domains, ROWS), domains - 1)
    values = random.lognormal(7, 1, ROWS).round(-1)
    order = np.lexsort((values, domain))
    starts = np.searchsorted(domain[order], np.arange(domains + 1))
    starts = np.r_[starts, starts[-1]]  # the last domain holds nobody
    weights = sets_of_weights(2, whole=whole)
    for share in (0.0, 1e-4, 0.25, 0.5, 0.9, 1.0):
        shares = np.full((len(weights), domains + 1), share)
        found = replicated_quantiles(starts, values[order], order, weights, shares, rule)
        for place, own in enumerate(weights):
            held = own[order]
            kept = held > 0
            one = quantiles(
                np.r_[0, np.cumsum(kept)][starts], values[order][kept], held[kept], shares[place], rule
            )
            np.testing.assert_allclose(found[place], one, rtol=1e-12)


def test_negative_replicate_weights_do_not_reach_quantiles() -> None:
    """Some producers publish them (ACS): they count in totals, and a quantile leaves such rows out."""
    values = np.arange(ROWS, dtype=float)
    weights = np.ones(ROWS)
    weights[::2] = -1.0
    found = replicated_quantiles(
        np.array([0, ROWS]), values, np.arange(ROWS), [weights, weights], np.full((2, 1), 0.5)
    )
    assert found.tolist() == [[14_999.0]] * 2


def test_a_poverty_rate_over_many_rows() -> None:
    """With its line in every replicate, the rate equals that of one declaration a replicate, the long way."""
    random = np.random.default_rng(3)
    answers = pd.DataFrame({"w": random.uniform(1, 5, ROWS), "y": random.lognormal(7, 0.8, ROWS)})
    for place in range(4):
        answers[f"r{place}"] = answers["w"] * random.integers(0, 3, ROWS)
    sample = dl.declare_design(answers, weights="w", replicates=dl.replicates("r", "bootstrap", scale=1.0))
    one = [
        dl.estimate(dl.declare_design(answers, weights=name), dl.arpr("y")).frame["estimate"].item()
        for name in ("w", "r0", "r1", "r2", "r3")
    ]
    found = dl.estimate(sample, dl.arpr("y")).covariance.item()
    assert found == pytest.approx(sum((each - one[0]) ** 2 for each in one[1:]), rel=1e-9)
