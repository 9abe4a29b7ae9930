"""Coverage of nominal 95% intervals of quantile regressions, and their speed beside R's quantreg.

    python benchmarks/quantile_regression.py --draws 1000
    python benchmarks/quantile_regression.py --speed --rows 1000000 [--r Rscript]

Coverage: people in units that have an effect in common, drawn anew from a population without end,
with unequal weights; the spread grows with x, so that each quantile has slopes of its own, and
errors are normal or skewed. Two bandwidths, and, with `--replicates`, a bootstrap. A row tells the
mean standard error over the spread of the estimates and the coverage, of the constant, the number
and the category.

Speed: five coefficients, unequal weights, 2,000 units in 50 strata; `rq(method = "pfn")`, which has
no survey errors, and reads the same file, is timed in the same run, as is statsmodels' `QuantReg`,
which has no weights.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import special, stats

import diplab as dl

ORDERS = (0.1, 0.5, 0.9)
DESIGNS = {"one by one, 100": (100, 1), "one by one, 400": (400, 1), "20 units of 20": (20, 20),
           "60 units of 15": (60, 15), "150 units of 20": (150, 20)}  # fmt: skip


def people(random: np.random.Generator, units: int, each: int, skewed: bool) -> pd.DataFrame:
    """Return people whose answer is 10 + x + (sex == 'm') + (1 + x / 2) times an error, standard but for its skew."""
    unit = np.repeat(np.arange(units), each)
    error = np.sqrt(0.2) * random.normal(size=units)[unit] + np.sqrt(0.8) * random.normal(
        size=unit.size
    )
    frame = pd.DataFrame(
        {
            "unit": unit,
            "x": random.uniform(0, 2, unit.size),
            "w": random.lognormal(0, 0.5, unit.size),
        }
    )
    frame["sex"] = random.choice(["f", "m"], unit.size)
    error = stats.gamma.ppf(special.ndtr(error), 2.0) - 2.0 if skewed else error
    return frame.assign(y=10 + frame["x"] + (frame["sex"] == "m") + (1 + frame["x"] / 2) * error)


def truth(order: float, skewed: bool) -> np.ndarray[Any, Any]:
    error = stats.gamma.ppf(order, 2.0) - 2.0 if skewed else special.ndtri(order)
    return np.array([10 + error, 1 + error / 2, 1.0])


def one_draw(
    seed: int, units: int, each: int, skewed: bool, replicates: int
) -> np.ndarray[Any, Any]:
    """Return estimates, standard errors and whether the interval holds the truth, by way, quantile and coefficient."""
    random = np.random.default_rng(seed)
    frame = people(random, units, each, skewed)
    sample = dl.declare_design(frame, weights="w", psu="unit")
    known = np.stack([truth(order, skewed) for order in ORDERS])
    ways: list[tuple[Any, dict[str, Any]]] = [
        (sample, {"bandwidth": kind}) for kind in ("hall_sheather", "bofinger")
    ]
    if replicates:
        ways.append((dl.make_replicates(sample, "bootstrap", replicates, seed=seed), {}))
    found = []
    for one, options in ways:
        fit = dl.regress(
            one, "y ~ x + sex", family="quantile", quantile=list(ORDERS), **options
        ).frame
        columns = ("estimate", "std_error", "ci_low", "ci_high")
        point, error, low, high = (fit[name].to_numpy().reshape(3, 3) for name in columns)
        found.append([point - known, error, (low <= known) & (known <= high)])
    return np.array(found, dtype=float)


def coverage(draws: int, replicates: int, only: str) -> None:
    print(
        "| design | errors | quantile | way | bias / sd | se / sd | coverage, % "
        "|\n|---|---|---|---|---|---|---|"
    )
    for name, (units, each) in DESIGNS.items():
        if only not in name:
            continue
        for skewed in (False, True):
            draw = partial(one_draw, units=units, each=each, skewed=skewed, replicates=replicates)
            with ProcessPoolExecutor(2) as pool:
                found = np.array(list(pool.map(draw, range(draws), chunksize=25)))
            # by draw, then way, part, quantile and coefficient
            for at, order in enumerate(ORDERS):
                for way, label in enumerate(
                    ("Hall-Sheather", "Bofinger", "bootstrap")[: found.shape[1]]
                ):
                    error, std_error, holds = (found[:, way, part, at] for part in range(3))
                    spread = error.std(axis=0)
                    cells = (
                        error.mean(axis=0) / spread,
                        std_error.mean(axis=0) / spread,
                        100 * holds.mean(axis=0),
                    )
                    texts = [
                        ", ".join(f"{value:.{digits}f}" for value in cell)
                        for cell, digits in zip(cells, (2, 2, 1), strict=True)
                    ]
                    line = [name, "skewed" if skewed else "normal", f"{order:g}", label, *texts]
                    print(f"| {' | '.join(line)} |", flush=True)


IN_R = """
suppressMessages(library(quantreg)); d <- read.csv(commandArgs(TRUE)[1])
for (tau in c(.1, .5, .9)) {
  t <- system.time(b <- suppressWarnings(rq(y ~ x + z + age + sex, tau, data = d, weights = w, method = "pfn")))
  cat(tau, t[["elapsed"]], t[["user.self"]] + t[["sys.self"]], coef(b), "\\n")
}
"""


def speed(rows: int, rscript: str | None) -> None:
    random = np.random.default_rng(20261128)
    data = people(random, rows, 1, skewed=True)
    data = data.assign(
        age=random.integers(18, 70, rows),
        z=random.normal(size=rows),
        unit=random.integers(0, 2000, rows),
    )
    data["h"] = data["unit"] % 50
    known: dict[float, np.ndarray[Any, Any]] = {}
    if rscript is not None:
        with tempfile.TemporaryDirectory() as folder:
            path, script = Path(folder) / "people.csv", Path(folder) / "rq.R"
            data.to_csv(path, index=False, float_format="%.17g")
            script.write_text(IN_R)
            for line in subprocess.run(
                [rscript, script, path], check=True, capture_output=True, text=True
            ).stdout.splitlines():
                order, *numbers = map(float, line.split())
                known[order] = np.array(numbers)
    heads = (
        "quantile",
        "points, s",
        "processor",
        "with errors, s",
        "processor",
        "rq pfn, s",
        "processor",
    )
    heads = (*heads, "QuantReg, s", "processor", "apart")
    print(f"| {' | '.join(heads)} |\n{'|---' * len(heads)}|")
    from statsmodels.regression.quantile_regression import QuantReg

    from diplab.kernel.models.quantile_regression import minimise_check_loss

    x = np.stack([np.ones(rows), data["x"], data["z"], data["age"], data["sex"] == "m"]).astype(
        float
    )
    y, w = data["y"].to_numpy(), data["w"].to_numpy()
    for order in ORDERS:
        begun, worked = time.perf_counter(), time.process_time()
        line = minimise_check_loss(x, y, w, order)[0]
        points = time.perf_counter() - begun, time.process_time() - worked
        sample = dl.declare_design(data, weights="w", strata="h", psu="unit")
        dl.estimate(sample, dl.mean("x"))
        begun, worked = time.perf_counter(), time.process_time()
        fit = dl.regress(sample, "y ~ x + z + age + sex", family="quantile", quantile=order)
        whole = time.perf_counter() - begun, time.process_time() - worked
        assert np.abs(fit.frame["estimate"] - line).max() < 1e-8
        beside = known.get(order, np.full(7, np.nan))
        apart = np.abs(line - beside[2:]).max()
        begun, worked = time.perf_counter(), time.process_time()
        QuantReg(y, x.T).fit(q=order)
        theirs = time.perf_counter() - begun, time.process_time() - worked
        cells = [f"{value:.2f}" for value in (*points, *whole, *beside[:2], *theirs)]
        print(f"| {order} | {' | '.join(cells)} | {apart:.1e} |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--replicates", type=int, default=0)
    parser.add_argument("--only", default="", help="designs whose name holds this")
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--r", default=None)
    given = parser.parse_args()
    if given.speed:
        speed(given.rows, given.r)
    else:
        coverage(given.draws, given.replicates, given.only)
