"""How long population sizes take, beside the limits that were set, and statsmodels on the same fit where it has one.

    python benchmarks/population.py [--repeat 5] [--replicates 1000]

Everything is made with a seed but the hares of Cormack (1989) and the lists of Abeni et al. (1994),
whose counts are below. Each operation runs once without being counted and then `--repeat` times
(the bootstrap once); printed are medians of seconds on the clock, and of processor time, which
other work on the machine changes less. The replicates are shared between the cores as the library
does by itself. The import is timed in processes of its own, beside that of `diplab` alone and of
numpy, scipy and pandas, which a session has anyway. Single-source regression and one log-linear
model are also fitted by statsmodels, whose answer must agree; its processor time is given as a
ratio, and it fits coefficients only, no size of the population.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from diplab import population

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SEED = 20260108
LISTS = (
    "0001 205 0010 621 0011 11 0100 545 0101 10 0110 35 0111 3 1000 403 1001 6 1010 20 1011 0 1100 "
    "33 1101 1 1110 3 "
    "1111 0"
)

HARES = """
111111x2 110001 110010 101100 101010 101000 100111 100100x2 100010x2 100001 100000x3 011111 011101x2 011011 011001x2
010111 010101x3 010100x3 010011 010010x3 010001 010000x6 001101 001011 001001x2 001000x5 000111 000110 000101x4
000100x3 000011x2 000010x4 000001x4
"""


class Spent(NamedTuple):
    """Seconds on the clock and of the processors, those of other processes that were started included."""

    clock: float
    processor: float


class Timed(NamedTuple):
    """An operation, its median times and the limit; `peer` the times of statsmodels on the same fit."""

    name: str
    seconds: Spent
    limit: float | None = None
    peer: Spent | None = None


def processor_time() -> float:
    return time.process_time() + sum(os.times()[2:4])


def median_of(call: Callable[[], Any], repeat: int, warm: bool = True) -> Spent:
    if warm:
        call()
    spent = []
    for _ in range(repeat):
        begun, worked = time.perf_counter(), processor_time()
        call()
        spent.append((time.perf_counter() - begun, processor_time() - worked))
    clock, processor = zip(*spent, strict=True)
    return Spent(statistics.median(clock), statistics.median(processor))


def four_lists() -> pd.DataFrame:
    cells = LISTS.split()
    table = pd.DataFrame(
        [[int(each) for each in cell] for cell in cells[::2]], columns=list("abcd")
    )
    return table.assign(persons=[int(each) for each in cells[1::2]])


def five_lists(random: np.random.Generator) -> pd.DataFrame:
    on = random.random((5000, 5)) < [0.12, 0.15, 0.10, 0.08, 0.10]
    on[:, 1] |= on[:, 0] & (random.random(5000) < 0.15)
    return pd.DataFrame(on[on.any(axis=1)].astype(int), columns=list("abcde"))


def searches(repeat: int, replicates: int) -> list[Timed]:
    four, five = four_lists(), five_lists(np.random.default_rng(SEED))
    quiet = {"progress": lambda done: None, "seed": 1}
    ways: list[tuple[str, Callable[[], Any], float, int]] = [
        ("search, 113 models of 4 lists", lambda: population.search_lists(four, "persons"), 2, repeat),
        ("search, 5 lists step by step", lambda: population.search_lists(five), 2, repeat),
        ("search, 6,893 models of 5 lists", lambda: population.search_lists(five, method="all"), None, 1),
        (f"{replicates:,} replicates that choose again among 113 models",
         lambda: population.search_lists(four, "persons", bootstrap=replicates, **quiet), 60, 1),
        (f"{replicates:,} replicates that choose again, 5 lists step by step",
         lambda: population.search_lists(five, bootstrap=replicates, **quiet), 60, 1),
    ]  # fmt: skip
    return [
        Timed(name, median_of(call, times, times > 1), limit) for name, call, limit, times in ways
    ]


def one_model(repeat: int) -> list[Timed]:
    """One log-linear model: a size with its profile interval, beside the coefficients by statsmodels."""
    import statsmodels.api as sm

    table = four_lists()
    design = table[list("abcd")].assign(ab=table["a"] * table["b"])
    design.insert(0, "one", 1.0)
    found = population.lists(table, "persons", "[12,3,4]").frame["estimate"].iloc[0]
    fit = sm.GLM(table["persons"], design, family=sm.families.Poisson()).fit()
    difference = abs(table["persons"].sum() + np.exp(fit.params["one"]) - found) / found
    assert difference < 1e-9, difference
    peer = median_of(
        lambda: sm.GLM(table["persons"], design, family=sm.families.Poisson()).fit(), repeat
    )

    def seconds(interval: Any) -> Spent:
        return median_of(
            lambda: population.lists(table, "persons", "[12,3,4]", interval=interval), repeat
        )

    ways = ("log-normal", "profile")
    return [
        Timed(f"one model of 4 lists, {each} interval", seconds(each), peer=peer) for each in ways
    ]


def persons_seen(rows: int) -> pd.DataFrame:
    random = np.random.default_rng(SEED + 1)
    people = pd.DataFrame(
        {"age": random.normal(size=2 * rows), "sex": random.integers(1, 3, 2 * rows)}
    )
    rate = np.exp(0.2 + 0.4 * people["age"] - 0.3 * (people["sex"] == 2))
    people["times"] = random.poisson(rate)
    return people[people["times"] > 0].head(rows).reset_index(drop=True)


def regressions(repeat: int) -> list[Timed]:
    seen = persons_seen(100_000)
    assert len(seen) == 100_000

    def fit(family: str, **options: Any) -> Callable[[], Any]:
        return lambda: population.single_source_regression(
            "~ age + C(sex)", seen, "times", family, **options
        )

    peer = statsmodels_truncated(seen, fit("poisson")(), repeat)
    families = ["geometric", "chao", "zelterman", "one_inflated_poisson", "negative_binomial"]
    return [
        Timed("regression on 100,000 rows, poisson", median_of(fit("poisson"), repeat), 1, peer),
        *(
            Timed(f"regression on 100,000 rows, {family}", median_of(fit(family), repeat), 1)
            for family in families
        ),
        Timed(
            "regression on 100,000 rows, poisson, HC1",
            median_of(fit("poisson", variance="HC1"), repeat),
            1,
        ),
        Timed(
            "regression on 100,000 rows, poisson, sizes by sex",
            median_of(fit("poisson", by="sex"), repeat),
            1,
        ),
    ]


def statsmodels_truncated(seen: pd.DataFrame, ours: Any, repeat: int) -> Spent:
    from statsmodels.discrete.truncated_model import TruncatedLFPoisson

    design = np.column_stack([np.ones(len(seen)), seen["age"], seen["sex"] == 2]).astype(float)
    times = seen["times"].to_numpy()

    def theirs() -> Any:
        return TruncatedLFPoisson(times, design).fit(method="newton", disp=0)

    coefficients = ours.fits[0].coefficients["estimate"].to_numpy()
    difference = float(np.abs(theirs().params - coefficients).max())
    assert difference < 1e-9, difference
    return median_of(theirs, repeat)


def others(repeat: int) -> list[Timed]:
    random = np.random.default_rng(SEED + 2)
    everyone = np.array([f"worker-{at:07d}" for at in range(2_000_000)])
    first, second = (random.choice(everyone, 1_000_000, replace=False).tolist() for _ in range(2))
    counts = [
        25984,
        5972,
        2470,
        1340,
        853,
        577,
        448,
        326,
        271,
        191,
        175,
        142,
        108,
        103,
        80,
        63,
        66,
        59,
        57,
        25,
    ]
    hares = hare_histories()
    return [
        Timed("two_sample, twice 1,000,000 identifiers", median_of(lambda: population.two_sample(first, second), 3)),
        Timed("closed, every model, 68 hares on 6 occasions",
              median_of(lambda: population.closed(hares, "all"), repeat)),
        Timed("sensitivity, 37,000 persons", median_of(lambda: population.sensitivity(counts), repeat)),
    ]  # fmt: skip


def hare_histories() -> pd.DataFrame:
    rows = [
        [int(each) for each in history]
        for history, _, times in (cell.partition("x") for cell in HARES.split())
        for _ in range(int(times or 1))
    ]
    return pd.DataFrame(rows)


def imports(repeat: int) -> list[Timed]:
    def fresh(code: str) -> Spent:
        """Return what an import takes, told by the process that makes it."""
        timed = (
            f"import time; t, w = time.perf_counter(), time.process_time(); {code}; "
            "print(time.perf_counter() - t, time.process_time() - w)"
        )
        command = [sys.executable, "-c", timed]
        told = [
            subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
            for _ in range(repeat + 1)
        ][1:]
        clock, processor = ([float(each) for each in column] for column in zip(*told, strict=True))
        return Spent(statistics.median(clock), statistics.median(processor))

    return [
        Timed("import diplab", fresh("import diplab")),
        Timed("import diplab.population", fresh("import diplab.population")),
        Timed("for comparison, import numpy, pandas, scipy.optimize and scipy.stats",
              fresh("import numpy, pandas, scipy.optimize, scipy.stats")),
    ]  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--replicates", type=int, default=1000)
    asked = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    print(
        "| operation | s | processor, s | to reach, s | reached | statsmodels / diplab, processor |"
    )
    print("|---|---|---|---|---|---|")
    parts: tuple[Callable[[], list[Timed]], ...] = (
        lambda: imports(asked.repeat),
        lambda: one_model(asked.repeat),
        lambda: regressions(asked.repeat),
        lambda: others(asked.repeat),
        lambda: searches(asked.repeat, asked.replicates),
    )
    for part in parts:
        for name, seconds, limit, peer in part():
            reached = "" if limit is None else "yes" if seconds.clock <= limit else "no"
            ratio = "" if peer is None else f"{peer.processor / seconds.processor:.2f}"
            told = [
                name,
                f"{seconds.clock:.2g}",
                f"{seconds.processor:.2g}",
                str(limit or ""),
                reached,
                ratio,
            ]
            print(f"| {' | '.join(told)} |", flush=True)


if __name__ == "__main__":
    main()
