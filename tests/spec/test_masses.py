"""Quantiles of many rows read a histogram that is exact where they fall: the same numbers as a full sort."""

from __future__ import annotations

import numpy as np
import pytest

from diplab.kernel import quantiles
from diplab.sampling.engines.sorting import binned, sorted_masses


@pytest.mark.parametrize("domains", [1, 5])
@pytest.mark.parametrize("kind", ["positive", "both signs", "rounded", "two values", "one value"])
def test_binned_equals_sorted(kind: str, domains: int) -> None:
    random = np.random.default_rng(5)
    rows = 120_000
    values = {
        "positive": random.lognormal(7, 1, rows),
        "both signs": random.normal(0, 1e-3, rows) * 10.0 ** random.integers(-8, 8, rows),
        "rounded": random.lognormal(3, 1, rows).round(),
        "two values": random.integers(0, 2, rows) - 0.5,
        "one value": np.full(rows, 3.0),
    }[kind]
    weights, domain = random.uniform(1, 3, rows), random.integers(0, domains, rows)
    given = (np.arange(rows), values, weights, domain if domains > 1 else None, domains)
    everything, bins = sorted_masses(*given), binned(*given)
    assert bins is not None
    shares = np.array([0.001, 0.1, 0.25, 0.5, 0.9, 0.999])
    near = bins.near(np.tile(shares, (domains, 1)))
    for place in range(domains):
        for share in shares:
            for rule in ("math", "school"):
                found = quantiles.quantile(*near.of(place), share, rule)
                assert found == quantiles.quantile(*everything.of(place), share, rule)
        assert near.of(place)[1].sum() == pytest.approx(everything.of(place)[1].sum(), rel=1e-12)


def test_few_rows_are_sorted() -> None:
    few = np.arange(5.0)
    assert binned(np.arange(5), few, np.ones(5), None, 1) is None
