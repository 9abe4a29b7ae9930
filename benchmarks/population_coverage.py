"""How often 95 % intervals hold the true number of persons: every estimator of `dl.population` that has an interval.

    python benchmarks/population_coverage.py [--samples 1] [--only two_sample] [--processes 2]

Each estimator is tried on samples of its own model, whose number of persons is known, and on samples that violate it
in one named way (`population_trials.py`). `--samples` multiplies the number of samples; `--only` keeps the functions
whose name holds the word. Sample k of a world is drawn with the seed (SEED, world, k), so that the table does not
depend on the number of processes. Printed, as Markdown: mean error in % of the true number, mean standard error over
the standard deviation of the estimates, share of intervals that hold the true number, share of samples without an
answer (refused, or on the boundary), and share with an answer that carries a warning. For lower bounds, where they
are bounds, *above* is the share of intervals that lie wholly above the true number, in place of coverage.
"""

from __future__ import annotations

import argparse
import multiprocessing
import time
import warnings
import zlib
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
from population_trials import Answer, worlds

from diplab.errors import DiplabError

if TYPE_CHECKING:
    from collections.abc import Sequence

SEED = 20260107
CHUNK = 20
NO_WARNING = {"", "lower bound", "one-inflated", "imputed", "bounds"}
REFUSED = Answer(np.nan, np.nan, np.nan, np.nan, "refused")

Rows = list[tuple[str, float, Answer]]


def tried(task: tuple[int, int, int]) -> tuple[int, Rows, float]:
    """Return what each reading of a world says of samples from `start` to `stop`."""
    place, start, stop = task
    world = worlds()[place]
    begun = time.perf_counter()
    rows: Rows = []
    for number in range(start, stop):
        key = zlib.crc32(f"{world.part}: {world.words}".encode())
        observed, truth = world.draw(np.random.default_rng([SEED, key, number]))
        for name, reading in world.readings.items():
            true = truth[world.truth[name]] if world.truth else truth
            try:
                found = reading(observed)
            except DiplabError:
                found = REFUSED
            rows.append((name, float(true), found))
    return place, rows, time.perf_counter() - begun


def warned(flag: str) -> bool:
    return any(each.strip() not in NO_WARNING for each in flag.split(","))


def line(name: str, found: list[tuple[float, Answer]], bound: bool) -> str:
    true = np.array([each for each, _ in found])
    estimate, error, low, high = (np.array([row[at] for _, row in found], dtype=float) for at in range(4))
    bounds_only = "bounds" in name
    answered = np.isfinite(low) if bounds_only else np.isfinite(estimate)
    flagged = np.array([warned(row.flag) for _, row in found]) & answered
    size, all_samples = int(answered.sum()), len(found)
    without = 100 * (1 - size / all_samples)
    if size < 2:
        return f"| {name} | | | | {without:.1f} | | {all_samples} |"
    e, t, s, lo, hi = (each[answered] for each in (estimate, true, error, low, high))
    bias = "" if bounds_only else f"{100 * np.mean((e - t) / t):.1f}"
    ratio = "" if bounds_only else f"{np.nanmean(s) / np.std(e - t, ddof=1):.2f}"
    with_interval = np.isfinite(lo) & ~np.isnan(hi)
    share = np.mean((lo > t)[with_interval]) if bound else np.mean(((lo <= t) & (t <= hi))[with_interval])
    shown = f"above {100 * share:.1f}" if bound else f"{100 * share:.1f}"
    return f"| {name} | {bias} | {ratio} | {shown} | {without:.1f} | {100 * flagged.sum() / size:.1f} | {all_samples} |"


def report(kept: list[int], found: dict[int, dict[str, list[tuple[float, Answer]]]]) -> None:
    part = ""
    for place in kept:
        world = worlds()[place]
        if world.part != part:
            part = world.part
            print(f"\n### `{part}`\n")
            print("| estimator | bias, % | se / sd | coverage, % | no answer, % | flagged, % | samples |")
            print("|---|---|---|---|---|---|---|")
        print(f"| *{world.words}* | | | | | | |")
        for name in world.readings:
            print(line(name, found[place][name], name in world.bounds))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=float, default=1.0)
    parser.add_argument("--only", default="")
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    kept = [at for at, world in enumerate(worlds()) if asked.only in world.part]
    tasks = []
    for at in kept:
        samples = max(2, round(worlds()[at].samples * asked.samples))
        tasks += [(at, start, min(start + CHUNK, samples)) for start in range(0, samples, CHUNK)]
    found: dict[int, dict[str, list[tuple[float, Answer]]]] = defaultdict(lambda: defaultdict(list))
    seconds: dict[int, float] = defaultdict(float)
    begun = time.perf_counter()
    with multiprocessing.Pool(asked.processes) as pool:
        for place, rows, spent in pool.imap(tried, tasks):
            seconds[place] += spent
            for name, true, each in rows:
                found[place][name].append((true, each))
    report(kept, found)
    print(f"\n{time.perf_counter() - begun:.0f} s in {asked.processes} processes; the longest worlds:")
    for place in sorted(seconds, key=lambda each: -seconds[each])[:5]:
        print(f"{seconds[place]:.0f} s: {worlds()[place].part}, {worlds()[place].words}")


if __name__ == "__main__":
    main()
