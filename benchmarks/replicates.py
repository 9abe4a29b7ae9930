"""Do replicate weights made here have the variance of the design, and do their intervals hold the true value?

    python benchmarks/replicates.py 1000

Three finite populations with incomes that are log-normal: towns in strata, of which a quarter to a
half are drawn; households along a street, of which every tenth is drawn from a random start; firms
drawn with probabilities that grow with their size, systematically in random order. By kind: the
mean standard error over the spread of the estimates, and the share of samples whose interval holds
the population value. `split` is `brr` and `fay` with strata of 3 to 6 towns.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
import pandas as pd

import diplab as dl

STATISTICS = {
    "total": dl.total("y"),
    "mean": dl.mean("y"),
    "median": dl.median("y"),
    "ratio": dl.ratio("y", "x"),
}
KINDS: dict[str, dict[str, Any]] = {
    "linearised": {},
    "jkn": {"kind": "jkn"},
    "rao_wu": {"kind": "rao_wu"},
    "doubled_half": {"kind": "doubled_half"},
    "generalised_bootstrap": {"kind": "generalised_bootstrap"},
    "fay_generalised": {"kind": "fay_generalised"},
    "brr, split": {"kind": "brr", "split": True},
    "fay, split": {"kind": "fay", "split": True},
}
ALONG: dict[str, dict[str, Any]] = {
    "linearised, order unknown": {},
    "sdr, 104 replicates": {"kind": "sdr", "order": "place"},
    "sdr, 80 replicates": {"kind": "sdr", "n": 80, "order": "place"},
}
UNEQUAL: dict[str, dict[str, Any]] = {
    "linearised (Hartley-Rao)": {},
    "generalised_bootstrap": {"kind": "generalised_bootstrap"},
    "fay_generalised": {"kind": "fay_generalised"},
}


def towns() -> pd.DataFrame:
    """Return 20 strata of 12 towns of 5 to 15 people."""
    draw = np.random.default_rng(1)
    people = pd.DataFrame({"c": np.repeat(np.arange(240), draw.integers(5, 16, 240))})
    people["h"] = people["c"] // 12
    effect = draw.normal(0, 0.4, 240)[people["c"]] + draw.normal(0, 0.4, 20)[people["h"]]
    people["x"] = draw.gamma(4, 8, len(people))
    return people.assign(
        y=np.exp(6 + effect + 0.01 * people["x"] + draw.normal(0, 0.6, len(people)))
    )


def street() -> pd.DataFrame:
    """Return 1,000 places, at which what households earn rises and falls along the street."""
    draw, place = np.random.default_rng(2), np.arange(1000)
    level = 0.6 * np.sin(place / 160) + np.cumsum(draw.normal(0, 0.03, 1000))
    return pd.DataFrame({"place": place, "level": level})


def firms() -> pd.DataFrame:
    """Return 200 firms, whose pay bill is nearly in proportion to their size."""
    draw = np.random.default_rng(3)
    size = draw.lognormal(3, 0.8, 200)
    bill = size * np.exp(draw.normal(1, 0.4, 200))
    return pd.DataFrame({"x": size, "y": bill, "p": np.minimum(40 * size / size.sum(), 0.9)})


Sampled = tuple[pd.DataFrame, dict[str, Any], pd.DataFrame]  # a sample, its design, and everybody


def of_towns(people: pd.DataFrame, draw: np.random.Generator) -> Sampled:
    """Return all people of 3 to 6 towns of each stratum."""
    taken = 3 + np.arange(20) % 4
    rank = draw.random((20, 12)).argsort(axis=1).argsort(axis=1).ravel()
    chosen = people[rank[people["c"]] < taken[people["h"]]].assign(N=12)
    return (
        chosen.assign(w=12 / taken[chosen["h"]]),
        {"weights": "w", "strata": "h", "psu": "c", "fpc": "N"},
        people,
    )


def of_street(people: pd.DataFrame, draw: np.random.Generator) -> Sampled:
    """Return every tenth household, each time of other people along the same street: it has ten samples only."""
    anew = people.assign(
        x=draw.gamma(4, 8, 1000), y=np.exp(7 + people["level"] + draw.normal(0, 0.6, 1000))
    )
    return anew.iloc[draw.integers(10) :: 10].assign(N=1000), {"fpc": "N"}, anew


def of_firms(people: pd.DataFrame, draw: np.random.Generator) -> Sampled:
    """Return firms drawn systematically in random order, with probability p."""
    order = draw.permutation(len(people))
    ends = np.floor(np.cumsum(people["p"].to_numpy()[order]) + draw.random())
    chosen = people.iloc[order[np.diff(ends, prepend=0.0) > 0]]
    return (
        chosen,
        {"fpc": "p", "unequal": "hartley_rao", "unequal_variance": "yates_grundy"},
        people,
    )


Drawn = Callable[[pd.DataFrame, np.random.Generator], Sampled]
CASES: list[
    tuple[str, Callable[[], pd.DataFrame], Drawn, dict[str, dict[str, Any]], tuple[str, ...]]
] = [
    ("towns", towns, of_towns, KINDS, ("total", "mean", "median")),
    ("street", street, of_street, ALONG, ("total", "ratio")),
    ("firms", firms, of_firms, UNEQUAL, ("total", "ratio")),
]


def answers(seed: int) -> list[list[tuple[float, float, float, float, float]]]:
    """Return of one sample a case the estimates, errors, intervals and population values, by kind and statistic."""
    found = []
    for place, (_, population, drawn, kinds, names) in enumerate(CASES):
        frame, design, whole = drawn(population(), np.random.default_rng([seed, place]))
        truth = dl.estimate(dl.declare_design(whole), *(STATISTICS[name] for name in names)).frame[
            "estimate"
        ]
        sample = dl.declare_design(frame, **design)
        for options in kinds.values():
            own = dl.make_replicates(sample, **{"seed": seed, **options}) if options else sample
            table = dl.estimate(own, *(STATISTICS[name] for name in names)).frame
            columns = (table[name] for name in ("estimate", "std_error", "ci_low", "ci_high"))
            found.append(list(zip(*columns, truth, strict=True)))
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("samples", type=int, nargs="?", default=1000)
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    with ProcessPoolExecutor(asked.processes) as pool:
        every = list(pool.map(answers, range(asked.samples), chunksize=10))
    place = 0
    for title, _, _, kinds, names in CASES:
        print(f"\n| {title} | {' | '.join(f'{name}, se / sd | coverage, %' for name in names)} |")
        print(f"|---|{'--:|' * 2 * len(names)}")
        for kind in kinds:
            own = np.array([each[place] for each in every], dtype=float)
            place += 1
            point, error, low, high, truth = np.moveaxis(own, 2, 0)
            held = 100 * ((low <= truth) & (truth <= high)).mean(axis=0)
            ratio = error.mean(axis=0) / (point - truth).std(axis=0)
            print(
                f"| {kind} | "
                f"{' | '.join(f'{a:.3f} | {b:.1f}' for a, b in zip(ratio, held, strict=True))} |"
            )


if __name__ == "__main__":
    main()
