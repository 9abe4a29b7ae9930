"""How often 95 % intervals of small areas hold the true value, and how long the models take.

    python benchmarks/small_areas.py [draws]

Each draw makes new areas: by a model of areas (60 areas, variance between areas 1, sampling
variances from 0.3 to 4), of logarithms and of shares; by a model of respondents (40 areas of 100
people, 2 to 16 of whom are asked, 4 areas without anybody): expected means of the people there, and
the rates and gaps under a line of those drawn. Coverage is the mean over areas; it should be between 92.5 and
97.5 %. The last rows are where the model is wrong: effects of a few areas are far from normal, and
weights depend on the outcome.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict

import numpy as np
import pandas as pd

import diplab as dl

SEED = 20261204
AREAS, PEOPLE = 60, 100
METHODS = ("reml", "ml", "moments", "prasad_rao", "li_lahiri", "yoshimori_lahiri")


def held(found: pd.DataFrame, truth: np.ndarray) -> float:
    return float(((found["ci_low"] <= truth) & (truth <= found["ci_high"])).mean())


def of_areas(random: np.random.Generator, cells: dict[str, list[float]]) -> None:
    x = random.normal(0, 1, AREAS)
    psi = np.tile([0.3, 0.7, 1.0, 1.5, 2.5, 4.0], AREAS // 6)
    table = pd.DataFrame({"area": range(AREAS), "x": x})
    truth = 10 + x + random.normal(0, 1, AREAS)
    direct = table.assign(estimate=truth + random.normal(0, np.sqrt(psi)), std_error=np.sqrt(psi))
    for method in METHODS:
        found = dl.areas.fay_herriot(direct, "~ x", table, "area", method=method)
        cells[f"areas, {method}"].append(held(found.frame, truth))
    known = direct["area"] >= 6
    found = dl.areas.fay_herriot(direct[known], "~ x", table, "area")
    cells["areas without a direct estimate, reml"].append(held(found.frame[:6], truth[:6]))

    income = np.exp(7 + 0.1 * x + random.normal(0, 0.1, AREAS))
    relative = 0.1 * np.sqrt(psi)
    seen = income * np.exp(random.normal(0, relative))
    direct = table.assign(estimate=seen, std_error=seen * relative)
    found = dl.areas.fay_herriot(direct, "~ x", table, "area", scale="log")
    cells["areas, logarithms"].append(held(found.frame, income))

    angle = 0.5 + 0.05 * x + random.normal(0, 0.05, AREAS)
    share, n = np.sin(angle) ** 2, np.tile([20, 40, 60, 100, 150, 200], AREAS // 6)
    counted = random.binomial(n, share) / n
    error = np.sqrt(counted * (1 - counted) / n)
    direct = table.assign(estimate=counted, std_error=error, n=n)
    options = {"scale": "arcsine", "sampling_variance": "smoothed"}
    found = dl.areas.fay_herriot(direct, "~ x", table, "area", **options)
    cells["areas, shares by arcsines, smoothed variances"].append(held(found.frame, share))

    far = np.where(np.arange(AREAS) % 20 == 0, 6.0, 0.0) + random.normal(0, 0.3, AREAS)
    truth = 10 + x + far
    direct = table.assign(estimate=truth + random.normal(0, np.sqrt(psi)), std_error=np.sqrt(psi))
    found = dl.areas.fay_herriot(direct, "~ x", table, "area")
    cells["WRONG: three areas far from the others, those areas"].append(
        held(found.frame[::20], truth[::20])
    )


def of_respondents(random: np.random.Generator, cells: dict[str, list[float]]) -> None:
    areas = 40
    area = np.repeat(np.arange(areas), PEOPLE)
    everybody = pd.DataFrame({"area": area, "x": random.normal(0, 1, area.size)})
    effect = random.normal(0, 0.15, areas)
    expected = 7 + 0.3 * everybody["x"] + effect[area]
    everybody["log"] = expected + random.normal(0, 0.5, area.size)
    everybody["income"] = np.exp(everybody["log"])
    sizes = random.integers(2, 17, areas)
    sizes[:4] = 0
    place = everybody.groupby("area").cumcount()
    asked = everybody[place.to_numpy() < sizes[area]]
    sample = dl.declare_design(asked)
    truth = expected.groupby(area).mean().to_numpy()
    for method in ("reml", "ml"):
        found = dl.areas.unit_level(sample, "log ~ x", everybody, "area", method=method)
        cells[f"respondents, {method}"].append(held(found.frame[4:], truth[4:]))
        cells[f"respondents, {method}, areas without any"].append(held(found.frame[:4], truth[:4]))
    line = float(np.exp(7))
    found = dl.areas.poverty(sample, "income ~ x", everybody, "area", line, replicates=60)
    poor = everybody["income"] < line
    gap = np.maximum(1 - everybody["income"] / line, 0)
    for statistic, value in (("arpr", poor), ("fgt", gap)):
        rows = found.frame[found.frame["statistic"] == statistic]
        truth = value.groupby(everybody["area"]).mean().to_numpy()
        cells[f"poverty, {statistic}, Box-Cox"].append(held(rows, truth))
    chance = np.where(poor, 0.16, 0.04)
    asked = everybody[random.random(area.size) < chance]
    sample = dl.declare_design(asked)
    found = dl.areas.poverty(sample, "income ~ x", everybody, "area", line, replicates=20)
    rows = found.frame[found.frame["statistic"] == "arpr"]
    truth = poor.groupby(everybody["area"]).mean().to_numpy()
    cells["WRONG: the poor are asked four times as often, arpr"].append(held(rows, truth))


def timed() -> None:
    random = np.random.default_rng(SEED)
    table = pd.DataFrame({"area": range(1000), "x": random.normal(0, 1, 1000)})
    direct = table.assign(estimate=table["x"] + random.normal(0, 1.4, 1000), std_error=1.0)
    area = np.repeat(np.arange(500), 400)
    people = pd.DataFrame({"area": area, "x": random.normal(0, 1, area.size)})
    people["y"] = people["x"] + random.normal(0, 0.3, 500)[area] + random.normal(0, 1, area.size)
    sample = dl.declare_design(people)
    calls = {
        "Fay-Herriot, 1,000 areas": lambda: dl.areas.fay_herriot(direct, "~ x", table, "area"),
        "200,000 respondents in 500 areas": lambda: dl.areas.unit_level(
            sample, "y ~ x", people, "area"
        ),
    }
    for name, call in calls.items():
        call()
        start = time.perf_counter()
        call()
        print(f"{name}: {time.perf_counter() - start:.3f} s")


def main(draws: int) -> None:
    random = np.random.default_rng(SEED)
    cells: dict[str, list[float]] = defaultdict(list)
    for _ in range(draws):
        of_areas(random, cells)
        of_respondents(random, cells)
    print(f"{draws} draws\n| model | coverage, % |\n|---|---|")
    for name, shares in cells.items():
        print(f"| {name} | {100 * np.mean(shares):.1f} |")
    timed()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
