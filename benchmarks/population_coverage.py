"""How often 95 % intervals hold the true number of persons: every estimator of `dl.population` that has an interval.

    python benchmarks/population_coverage.py [--samples 1] [--only two_sample] [--processes 2]

Each estimator is tried on samples of its own model, whose number of persons is known, and on
samples that violate it in one named way (`population_trials.py`). `--samples` multiplies the number
of samples; `--only` keeps the functions whose name holds the word. Sample k of a world is drawn
with the seed (SEED, world, k), so that the table does not depend on the number of processes.
Printed, as Markdown: mean error in % of the true number; mean standard error over the standard
deviation of the estimates (both over the true number); share of intervals that hold the true
number, left out for lower bounds where they are meant to lie below it; share of intervals that lie
wholly above the true number (2.5 % are to be expected where an estimator is right, and no more than
that for a lower bound); share of samples without an answer (refused, or on the boundary); of the
answers, the share with a warning, and the share with the warning that Chao's bound contradicts
them.
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
COLUMNS = (
    "estimator", "bias, %", "se / sd", "coverage, %", "above, %", "no answer, %", "flagged, %", "contradicted, %",
    "samples",
)  # fmt: skip
NO_WARNING = {"", "lower bound", "one-inflated", "imputed", "bounds"}
REFUSED = Answer(np.nan, np.nan, np.nan, np.nan, "refused")

Rows = list[tuple[str, float, Answer]]


def tried(task: tuple[int, int, int]) -> tuple[Rows, float]:
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
    return rows, time.perf_counter() - begun


def warned(flag: str) -> bool:
    return any(each.strip() not in NO_WARNING for each in flag.split(","))


def refuted(flag: str) -> bool:
    return "contradicted" in flag


def line(name: str, found: list[tuple[float, Answer]], bound: bool) -> str:
    true = np.array([each for each, _ in found])
    estimate, error, low, high = (
        np.array([row[at] for _, row in found], dtype=float) for at in range(4)
    )
    answered = np.isfinite(low) if "(bounds)" in name else np.isfinite(estimate)
    samples, kept = len(found), int(answered.sum())
    without = f"{100 * (1 - kept / samples):.1f}"
    if kept < 2:
        return f"| {name} | | | | | {without} | | | {samples} |"
    e, t, s, lo, hi = (each[answered] for each in (estimate, true, error, low, high))
    flags = [row.flag for (_, row), there in zip(found, answered, strict=True) if there]
    flagged, contradicted = (
        100 * np.mean([test(flag) for flag in flags]) for test in (warned, refuted)
    )
    bias = 100 * np.mean((e - t) / t)
    ratio = np.nanmean(s / t) / np.std(e / t, ddof=1)
    about = "| |" if "(bounds)" in name else f"{bias:.1f} | {ratio:.2f} |"
    inside = "" if bound else f"{100 * np.mean((lo <= t) & (t <= hi)):.1f}"
    above = f"{100 * np.mean(lo > t):.1f}"
    return f"| {name} | {about} {inside} | {above} | {without} | {flagged:.1f} | {contradicted:.1f} | {samples} |"


def report(place: int, found: dict[str, list[tuple[float, Answer]]]) -> None:
    world = worlds()[place]
    if place == 0 or worlds()[place - 1].part != world.part:
        print(f"\n### `{world.part}`\n\n| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}")
    print(f"| *{world.words}* |{' |' * (len(COLUMNS) - 1)}")
    for name in world.readings:
        print(line(name, found[name], name in world.bounds), flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=float, default=1.0)
    parser.add_argument("--only", default="")
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    kept = [at for at, world in enumerate(worlds()) if asked.only in world.part]
    samples = {at: max(2, round(worlds()[at].samples * asked.samples)) for at in kept}
    tasks = [
        (at, start, min(start + CHUNK, samples[at]))
        for at in kept
        for start in range(0, samples[at], CHUNK)
    ]
    found: dict[int, dict[str, list[tuple[float, Answer]]]] = defaultdict(lambda: defaultdict(list))
    seconds: dict[int, float] = defaultdict(float)
    begun = time.perf_counter()
    with multiprocessing.Pool(asked.processes) as pool:
        for (place, _, stop), (rows, spent) in zip(tasks, pool.imap(tried, tasks), strict=True):
            seconds[place] += spent
            for name, true, each in rows:
                found[place][name].append((true, each))
            if stop == samples[place]:
                report(place, found.pop(place))
    print(
        f"\n{time.perf_counter() - begun:.0f} s in {asked.processes} processes; the longest worlds:"
    )
    for place in sorted(seconds, key=lambda each: -seconds[each])[:5]:
        print(f"{seconds[place]:.0f} s: {worlds()[place].part}, {worlds()[place].words}")


if __name__ == "__main__":
    main()
