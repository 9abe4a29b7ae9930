"""How often 95 % intervals hold the true value where some did not answer, and how long it takes.

    python benchmarks/nonresponse.py [samples]

Samples of 1,000 in 4 strata from a population of 20,000, y = 2 + 1.5 x1 + x2 + e; who answers
follows a logit in x1 and x2. Rows: means, a domain and a median by each method, the mean after
calibration to the strata, and the mean with weights taken as fixed. Coverage should be between 92.5
and 97.5 %; the last rows are where the assumption fails: answering depends on y itself, and weights
taken as fixed have too wide intervals.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from typing import Any

import numpy as np
import pandas as pd

import diplab as dl

SEED = 20261204
SIZE, N = 20_000, 1_000


def population(random: np.random.Generator) -> pd.DataFrame:
    people = pd.DataFrame({"x1": random.normal(size=SIZE), "x2": random.random(SIZE) < 0.4})
    people["x2"] = people["x2"].astype(float)
    people["y"] = 2 + 1.5 * people["x1"] + people["x2"] + random.normal(size=SIZE)
    order = people["x1"] + random.normal(size=SIZE)
    people["h"] = pd.qcut(order, [0, 0.1, 0.3, 0.6, 1], labels=False)
    people["band"] = pd.qcut(people["x1"], 8, labels=False)
    people["woman"] = random.random(SIZE) < 0.5
    return people


def answers(people: pd.DataFrame, random: np.random.Generator, *, of_y: bool = False) -> Any:
    logit = 0.4 + 0.7 * people["x1"] - 0.5 * people["x2"]
    if of_y:
        logit = 0.4 + 0.8 * (people["y"] - people["y"].mean()) / people["y"].std()
    return random.random(len(people)) < 1 / (1 + np.exp(-logit))


def main(samples: int) -> None:
    random = np.random.default_rng(SEED)
    people = population(random)
    truth = {
        "mean": people["y"].mean(),
        "women": people["y"][people["woman"]].mean(),
        "median": people["y"].median(),
    }
    sizes = people.groupby("h").size()
    found: dict[str, list[tuple[float, float, bool]]] = defaultdict(list)

    def add(name: str, sample: Any, statistic: Any, value: float) -> None:
        row = dl.estimate(sample, statistic).frame.iloc[0]
        held = row["ci_low"] <= value <= row["ci_high"]
        found[name].append((row["estimate"] - value, row["std_error"], held))

    for _ in range(samples):
        drawn = people.groupby("h").sample(N // 4, random_state=random.integers(2**31)).copy()
        drawn["w"] = (sizes / (N // 4)).loc[drawn["h"]].to_numpy()
        drawn["answered"] = answers(drawn, random)
        drawn["stubborn"] = answers(drawn, random, of_y=True)
        sample = dl.declare_design(drawn, weights="w", strata="h")
        ways: dict[str, tuple[Any, dict[str, Any]]] = {
            "logit": ("~ x1 + x2", {}),
            "logit, unweighted": ("~ x1 + x2", {"weighted": False}),
            "8 x 2 classes": (["band", "x2"], {}),
            "5 classes of the propensity": ("~ x1 + x2", {"method": "score_classes"}),
        }
        for name, (model, options) in ways.items():
            adjusted = dl.selection.nonresponse(sample, "answered", model, **options)
            add(f"{name}, mean", adjusted, dl.mean("y"), truth["mean"])
            add(f"{name}, women", adjusted.where("woman"), dl.mean("y"), truth["women"])
            add(f"{name}, median", adjusted, dl.median("y"), truth["median"])
        adjusted = dl.selection.nonresponse(sample, "answered", "~ x1 + x2")
        margins = {"h": sizes.astype(float).to_dict()}
        calibrated = dl.calibrate(adjusted, margins)
        add("logit, then calibrated, mean", calibrated, dl.mean("y"), truth["mean"])
        fixed = drawn.assign(w=adjusted.engine.weights)
        fixed = fixed[fixed["w"] > 0]
        taken = dl.declare_design(fixed, weights="w", strata="h")
        add("WRONG: weights taken as fixed, mean", taken, dl.mean("y"), truth["mean"])
        wrong = dl.selection.nonresponse(sample, "stubborn", "~ x1 + x2")
        add("WRONG: answering depends on y, mean", wrong, dl.mean("y"), truth["mean"])

    print(f"{samples} samples\n| weights | bias / sd | se / sd | coverage, % |\n|---|---|---|---|")
    for name, rows in found.items():
        error, spread, held = (np.array(column) for column in zip(*rows, strict=True))
        sd = error.std()
        print(
            f"| {name} | {error.mean() / sd:.2f} | {spread.mean() / sd:.3f} "
            f"| {100 * held.mean():.1f} |"
        )

    many = pd.DataFrame(random.normal(size=(1_000_000, 10))).add_prefix("x")
    many["answered"] = random.random(len(many)) < 1 / (1 + np.exp(-0.5 * many["x0"]))
    sample = dl.declare_design(many)
    start = time.perf_counter()
    terms = " + ".join(f"x{at}" for at in range(10))
    dl.selection.nonresponse(sample, "answered", f"~ {terms}")
    print(f"1,000,000 rows, 10 terms: {time.perf_counter() - start:.2f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
