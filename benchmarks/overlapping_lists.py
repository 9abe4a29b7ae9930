"""Sizes from overlapping lists: how often 95 % intervals hold the true size, and how long a search takes.

    python benchmarks/overlapping_lists.py [tables] [tables with a bootstrap]

5,000 persons, four lists that reach 12, 15, 10 and 8 % of them. Three truths: lists that are independent; lists 1 and 2
that attract each other (odds ratio e); persons that differ (log-odds with standard deviation 0.8). On each table: the
model of independence, the model [12,3,4], the model chosen by BIC among 113 with its own interval, the same with the
intervals of 200 replicates that choose again, and the average of models.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict

import numpy as np
import pandas as pd

from diplab import population

PERSONS, SHARES, SEED = 5000, (0.12, 0.15, 0.10, 0.08), 20261125
TRUTHS = ("independent lists", "lists 1 and 2 attract", "persons differ")


def drawn(truth: str, random: np.random.Generator) -> pd.DataFrame:
    odds = np.log(np.array(SHARES) / (1 - np.array(SHARES)))
    differ = random.normal(0, 0.8, PERSONS)[:, None] if truth == "persons differ" else 0.0
    on = random.random((PERSONS, 4)) < 1 / (1 + np.exp(-(odds + differ)))
    if truth == "lists 1 and 2 attract":
        second = 1 / (1 + np.exp(-(odds[1] + on[:, 0])))
        on[:, 1] = random.random(PERSONS) < second
    return pd.DataFrame(on[on.any(axis=1)], columns=list("abcd"))


def intervals(table: pd.DataFrame, replicates: int, seed: int) -> dict[str, tuple[float, float, float]]:
    found: dict[str, tuple[float, float, float]] = {}

    def keep(name: str, row: pd.Series) -> None:
        found[name] = (row["estimate"], row["ci_low"], row["ci_high"])

    for terms in ("[1,2,3,4]", "[12,3,4]"):
        row = population.lists(table, terms=terms).frame.iloc[0]
        keep(f"{terms}, profile", row)
    searched = population.search_lists(table, bootstrap=replicates, seed=seed)
    keep("chosen by BIC, its own interval", searched.frame.iloc[0])
    if searched.average is not None:
        keep("average of models", searched.average.frame.iloc[0])
    if searched.repeated is not None:
        keep("chosen by BIC, choice repeated, BCa", searched.repeated.frame.iloc[0])
        keep("chosen by BIC, choice repeated, percentiles", searched.repeated.frame.iloc[1])
    return found


def coverage(tables: int, with_bootstrap: int) -> None:
    for truth in TRUTHS:
        random = np.random.default_rng(SEED)
        seen: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
        for place in range(tables):
            replicates = 200 if place < with_bootstrap else 0
            for name, each in intervals(drawn(truth, random), replicates, place).items():
                seen[name].append(each)
        print(f"\n{truth}\n| interval | tables | median size | coverage, % |\n|---|---|---|---|")
        for name, rows in seen.items():
            size, low, high = np.array(rows).T
            held = ((low <= PERSONS) & (high >= PERSONS)).mean()
            print(f"| {name} | {len(rows)} | {np.median(size):,.0f} | {100 * held:.1f} |")


def timings() -> None:
    table = drawn("lists 1 and 2 attract", np.random.default_rng(SEED))
    five = table.assign(e=np.random.default_rng(1).random(len(table)) < 0.1)
    population.search_lists(table)
    print("\n| search | seconds |\n|---|---|")
    for name, given, options in (
        ("113 models of four lists", table, {}),
        ("five lists, step by step", five, {}),
        ("113 models, choice repeated 1,000 times", table, {"bootstrap": 1000, "seed": 1}),
        ("five lists step by step, repeated 1,000 times", five, {"bootstrap": 1000, "seed": 1}),
    ):
        start = time.perf_counter()
        population.search_lists(given, **options)
        print(f"| {name} | {time.perf_counter() - start:.2f} |")


if __name__ == "__main__":
    tables = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    timings()
    coverage(tables, int(sys.argv[2]) if len(sys.argv) > 2 else min(tables, 100))
