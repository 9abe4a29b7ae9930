"""Survival: coverage of nominal 95% intervals and size of the log-rank test, and speed beside R survival.

    python benchmarks/survival.py coverage [--draws 1000]
    python benchmarks/survival.py speed [--rows 1000000] [--r Rscript]

Coverage: durations whose hazard goes with x, exp(b x), in the population, and that go together
within units (a normal copula, so that hazards stay proportional and the truth is known); unequal
probabilities by x, uniform censoring. A row tells the mean standard error over the spread of the
estimates, then the coverage; of tests, the share rejected at 5%.

Speed: the median of three runs, each on a sample declared anew, in seconds by the clock and of the
processor; R reads the same file, unweighted `survfit` (with the error of independent rows) and
weighted `coxph` with robust errors by unit; statsmodels, run once, has curves and a Cox regression
without weights in the errors.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import integrate, special, stats

import diplab as dl

EFFECT, TILT, AT = 0.5, 0.3, (0.3, 0.8, 1.6)
DESIGNS = {
    "30 units of 20 in 5 strata": (5, 6, 20),
    "12 units of 25 in 6 strata": (6, 2, 25),
    "600 people": (1, 600, 1),
}


def draw(random: np.random.Generator, strata: int, units: int, people: int) -> pd.DataFrame:
    """Return a sample of workers: x is drawn too high by TILT, which the weights undo."""
    unit = np.repeat(np.arange(strata * units), people)
    frame = pd.DataFrame({"c": unit, "h": unit // units, "x": random.normal(TILT, 1, unit.size)})
    frame["w"] = np.exp(-TILT * frame["x"])
    shared = 0.5 if people > 1 else 0.0
    together = random.normal(size=strata * units)[unit]
    z = np.sqrt(shared) * together + np.sqrt(1 - shared) * random.normal(size=unit.size)
    lasts = -special.log_ndtr(z) / np.exp(EFFECT * frame["x"])
    ends = random.uniform(0.2, 3, unit.size)
    frame["left"], frame["t"] = (lasts <= ends).astype(int), np.minimum(lasts, ends)
    frame["person"], frame["site"] = (
        random.integers(0, 2, unit.size),
        random.integers(0, 2, strata * units)[unit],
    )
    return frame


def still_there(at: float) -> float:
    return float(
        integrate.quad(lambda x: np.exp(-at * np.exp(EFFECT * x)) * stats.norm.pdf(x), -8, 8)[0]
    )


def coverage(draws: int) -> None:
    truth = {f"survival at {at}": still_there(at) for at in AT}
    times = np.linspace(0.2, 1.5, 20_001)
    truth |= {
        "median": float(np.interp(-0.5, [-still_there(at) for at in times[::200]], times[::200]))
    }
    truth |= {"Cox coefficient": EFFECT}
    for label, shape in DESIGNS.items():
        random = np.random.default_rng(7)
        rows: dict[str, list[tuple[float, ...]]] = {name: [] for name in truth}
        rejected: dict[str, list[bool]] = {
            "log-rank, groups of persons": [],
            "log-rank, groups of units": [],
        }
        for _ in range(draws):
            frame = draw(random, *shape)
            sample = dl.declare_design(
                frame, weights="w", strata="h", psu="c" if shape[2] > 1 else ()
            )
            found = [dl.survival.kaplan_meier(sample, "t", "left", at=AT).frame]
            found.append(dl.survival.cox(sample, "x", time="t", event="left").frame)
            table = pd.concat(found)[["estimate", "std_error", "ci_low", "ci_high"]]
            for name, row in zip(truth, table.to_numpy(), strict=True):
                rows[name].append(tuple(row))
            # x goes with the outcome, and groups with neither
            for name, group in zip(rejected, ("person", "site"), strict=True):
                # a group of one unit is refused
                if frame.groupby(group)["c"].nunique().min() > 1 and (
                    shape[2] > 1 or group == "person"
                ):
                    rejected[name].append(
                        dl.survival.log_rank(sample, "t", "left", group).p_value < 0.05
                    )
        print(f"\n{label}, {draws} draws: mean error over spread, coverage, without interval")
        for name, known in truth.items():
            point, error, low, high = np.array(rows[name]).T
            with_one = np.isfinite(low) & np.isfinite(high)
            held = np.mean((low <= known) & (known <= high), where=with_one)
            ratio = np.nanmean(error) / np.nanstd(point)
            print(f"{name:28} {ratio:6.2f} {100 * held:6.1f} {100 * (1 - with_one.mean()):6.1f}")
        for name, each in rejected.items():
            print(f"{name:28} {100 * np.mean(each):13.1f}" if each else f"{name:28} {'-':>13}")


SCRIPT = """
suppressMessages({library(survival)}); d <- read.csv("FILE"); d$g <- factor(d$g)
clock <- function(f) apply(sapply(1:3, function(i) {gc(FALSE); t <- system.time(f()); c(t[[3]], t[[1]] + t[[2]])}),
  1, median)
cat(clock(function() survfit(Surv(t,e)~g, d, weights=w, se.fit=FALSE)), clock(function() survfit(Surv(t,e)~g, d)),
  clock(function() coxph(Surv(t,e)~x0+x1+x2+x3+x4, d, weights=w, cluster=c)), "\\n")
"""


def made(rows: int) -> pd.DataFrame:
    random = np.random.default_rng(5)
    frame = pd.DataFrame(random.normal(size=(rows, 5)), columns=[f"x{k}" for k in range(5)])
    frame["c"], frame["g"] = random.integers(0, 2000, rows), random.integers(0, 5, rows)
    frame["h"], frame["w"] = frame["c"] % 50, random.uniform(0.5, 3, rows)
    hazard = np.exp(0.3 * frame["x0"] - 0.2 * frame["x1"] + random.normal(0, 0.3, 2000)[frame["c"]])
    lasts, ends = random.exponential(300, rows) / hazard, random.uniform(0, 1500, rows)
    frame["e"], frame["t"] = (lasts <= ends).astype(int), np.ceil(np.minimum(lasts, ends))
    return frame


def timed(ask: Callable[[], object]) -> tuple[float, float]:
    """Return seconds by the clock, and of the processor."""
    begun, worked = time.perf_counter(), time.process_time()
    ask()
    return time.perf_counter() - begun, time.process_time() - worked


def told(label: str, clock: float, processor: float) -> None:
    print(f"{label:32} {clock:6.2f} s {processor:6.2f} s of the processor", flush=True)


def speed(rows: int, r: str | None) -> None:
    from statsmodels.duration.hazard_regression import PHReg
    from statsmodels.duration.survfunc import SurvfuncRight

    frame = made(rows)
    asked: dict[str, Any] = {
        "curves of 5 groups, 3 times": lambda s: dl.survival.kaplan_meier(
            s, "t", "e", by="g", at=[100, 500, 1000]
        ),
        "curves of 5 groups, 100 times": lambda s: dl.survival.kaplan_meier(s, "t", "e", by="g"),
        "log-rank of 5 groups": lambda s: dl.survival.log_rank(s, "t", "e", "g"),
        "Cox, 5 coefficients": lambda s: dl.survival.cox(
            s, "x0 + x1 + x2 + x3 + x4", time="t", event="e"
        ),
    }
    for label, ask in asked.items():
        runs = []
        for _ in range(3):
            sample = dl.declare_design(frame, weights="w", strata="h", psu="c")
            dl.estimate(sample, dl.mean("w"))
            runs.append(timed(lambda ask=ask, sample=sample: ask(sample)))
        told(label, *map(statistics.median, zip(*runs, strict=True)))
    columns = frame[[f"x{k}" for k in range(5)]].to_numpy()
    told("statsmodels: curves of 5 groups", *timed(lambda: [
        SurvfuncRight(own["t"], own["e"], freq_weights=own["w"]) for _, own in frame.groupby("g")
    ]))  # fmt: skip
    told(
        "statsmodels: Cox, 5 coefficients",
        *timed(lambda: PHReg(frame["t"], columns, frame["e"], ties="efron").fit()),
    )
    if r is not None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "made.csv"
            frame.to_csv(file, index=False)
            done = subprocess.run(
                [r, "-e", SCRIPT.replace("FILE", str(file))],
                capture_output=True,
                text=True,
                check=True,
            )
        names = (
            "R: weighted curves, no errors",
            "R: unweighted curves, errors",
            "R: coxph, robust by unit",
        )
        seconds = [*map(float, done.stdout.split())]
        for name, clock, processor in zip(names, seconds[::2], seconds[1::2], strict=True):
            told(name, clock, processor)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["coverage", "speed"])
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--r", help="Rscript that holds survival")
    given = parser.parse_args()
    if given.what == "coverage":
        coverage(given.draws)
    else:
        speed(given.rows, given.r)
