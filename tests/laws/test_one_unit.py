"""Whatever the design and the groups, all verbs say the same of what rests on one unit: what deleting units says."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from diplab.kernel.leverage import leverage
from tests.conftest import module_at

ATTACK = Path(__file__).parents[2] / "benchmarks" / "one_unit.py"


@pytest.fixture(scope="module")
def attack() -> Any:
    return module_at(ATTACK)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.mark.parametrize("seed", range(16))
def test_every_verb_says_what_deleting_units_says(seed: int, attack: Any) -> None:
    """Elements, clusters, strata, strata taken whole, replicates of a file and made; eight kinds of terms."""
    counted: Counter[str] = Counter()
    attack.judged(seed, counted)
    assert [name for name in counted if name.endswith("WRONG")] == []
    right = sum(count for name, count in counted.items() if name.endswith("right"))
    assert right > 10 or counted["collinear"]


def test_every_verb_was_asked_about_groups_with_an_error_and_without_one(attack: Any) -> None:
    """A verb that always refuses, or never does, would be right half of the time: each has to be asked both ways."""
    asked: Counter[str] = Counter()
    for seed in range(6):
        attack.groups(seed, *attack.drawn(seed), asked)
    verbs = {name.partition(":")[0] for name in asked if name.endswith(("withheld", "given"))}
    assert {
        "contrast of medians",
        "crosstab",
        "log_rank",
        "summary of shares",
        "standardise",
    } <= verbs
    assert [
        verb for verb in verbs if not (asked[f"{verb}: withheld"] and asked[f"{verb}: given"])
    ] == []


@pytest.mark.parametrize("seed", range(20))
def test_null_vectors_of_random_columns(seed: int) -> None:
    """Columns of any size and of any units, some of them all of one unit: lines are lost that deletion loses."""
    draw = np.random.default_rng(seed)
    rows, units = int(draw.integers(20, 80)), int(draw.integers(3, 12))
    unit = draw.integers(0, units, rows)
    x = np.column_stack(
        [
            np.ones(rows),
            draw.normal(size=(rows, 3)),
            unit == 0,
            (unit == 1) * draw.normal(size=rows),
        ]
    )
    x *= 10.0 ** draw.integers(-6, 7, x.shape[1])
    weight = draw.uniform(0.1, 30, rows)
    found = leverage(lambda: iter([(x.T, weight, slice(0, rows))]), unit)
    scale = np.linalg.norm(x, axis=0)
    lines = np.concatenate([np.eye(6) * scale, draw.normal(size=(4, 6)) * scale])
    expected = np.zeros(len(lines), dtype=bool)
    for each in range(units):
        _, size, vectors = np.linalg.svd(x[unit != each] / scale)
        null = vectors[np.count_nonzero(size > 1e-10 * size[0]) :] / scale
        expected |= (np.abs(lines @ null.T) > 1e-7).any(axis=1)
    assert ((found.moved(lines) != 0).any(axis=1) == expected).all()
    own = x @ np.linalg.solve((x.T * weight) @ x, lines.T)
    share = np.array(
        [(weight[:, None] * own**2)[unit == each].sum(axis=0) for each in range(units)]
    )
    heavy = unit[found.unit]
    assert set(np.flatnonzero((share / share.sum(axis=0) > 0.5).any(axis=1))) <= set(heavy)
    np.testing.assert_allclose(
        found.shares(lines), (share / share.sum(axis=0))[heavy], rtol=1e-6, atol=1e-9
    )
