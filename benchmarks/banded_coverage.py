"""How often the interval of bounds holds the true value, wherever within the bands incomes really are.

    python benchmarks/banded_coverage.py [samples] [towns]

The population has 12 strata of 40 towns; 4 towns a stratum (or as many as are asked for) are drawn
without replacement, then half of the people of each (as in `coverage.py`). Only the band of each
income is kept. Three truths share the same bands: the incomes that put the statistic at its lower
bound, those that put it at its upper bound, and log-normal ones in between. An interval that is
valid holds each at least 95 % of the time: about 95 % where the truth is one of the bounds, and
always where it is well inside (Imbens and Manski 2004). `at a cut` are bands one of which begins at
the median of the population: the line, a fraction of a median that stands at an end of a band, then
moves from sample to sample.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import coverage
import numpy as np

import diplab as dl
from diplab.inference.banded.bounds import identified_bounds
from diplab.inference.banded.data import BandedQuestion
from diplab.kernel.bands.bounds import smallest_gini
from diplab.kernel.quantiles import quantile

if TYPE_CHECKING:
    import pandas as pd

SEED = 20260202
TRUTHS = ("at the lower bound", "between", "at the upper bound")
CUTS = [0.0, 500, 800, 1100, 1500, 2200, 8000]
ASKED = {
    "rate under 1,000": ("arpr", {}, 1000.0),
    "rate under 1,100, an end": ("arpr", {}, 1100.0),
    "rate at 60 % of the median": ("arpr", {"fraction": 0.6}, None),
    "mean": ("mean", {}, None),
    "median": ("median", {}, None),
    "Gini": ("gini", {}, None),
}


def true_value(name: str, options: dict[str, float], line: float | None, y: np.ndarray) -> float:
    if name == "mean":
        return float(y.mean())
    if name == "median":
        return quantile(np.sort(y), np.ones(y.size), 0.5)
    if name == "arpr":
        middle = quantile(np.sort(y), np.ones(y.size), 0.5, "school")
        return float((y < (options["fraction"] * middle if line is None else line)).mean())
    return smallest_gini(y, y, np.ones(y.size)).gini


def asked_of(
    data: pd.DataFrame, name: str, options: dict[str, float], line: float | None, cuts: list[float]
) -> BandedQuestion:
    design = (
        {}
        if "towns" not in data
        else {"strata": "stratum", "psu": ["town", "person"], "fpc": ["towns", "town_size"]}
    )
    sample = dl.declare_design(data, **design)
    band = np.searchsorted(cuts, data["income"], side="right") - 1
    ends, lines = np.array(cuts), () if line is None else (np.full(len(data), line),) * 2
    statistic = getattr(dl, name)("income", **options)
    return BandedQuestion(
        sample, statistic, "income", ends[band], ends[band + 1], lines, (), (), 0.95, "design"
    )


def main(samples: int) -> None:
    random = np.random.default_rng(SEED)
    people = coverage.make_population(random)
    people["income"] = people["income"].clip(upper=7999)
    median = float(np.median(people["income"]))
    bands = {"": CUTS, ", at a cut": sorted({*CUTS[:3], round(median), *CUTS[4:]})}
    true = {}
    for case, cuts in bands.items():
        for what, asked in ASKED.items():
            whole = identified_bounds(
                asked_of(people.assign(person=np.arange(len(people))), *asked, cuts)
            )
            values = (
                whole.low.item(),
                true_value(*asked, people["income"].to_numpy()),
                whole.high.item(),
            )
            true |= {
                (case, truth, what): value for truth, value in zip(TRUTHS, values, strict=True)
            }
    held = dict.fromkeys(true, 0)
    width = {(case, what): 0.0 for case in bands for what in ASKED}
    bound = {(case, what): 0.0 for case in bands for what in ASKED}
    for _ in range(samples):
        data = coverage.draw(people, random)
        for case, cuts in bands.items():
            for what, (name, options, line) in ASKED.items():
                found = identified_bounds(asked_of(data, name, options, line, cuts))
                low, high = found.ci_low.item(), found.ci_high.item()
                width[case, what] += (high - low) / samples
                bound[case, what] += (found.high - found.low).item() / samples
                for truth in TRUTHS:
                    held[case, truth, what] += low <= true[case, truth, what] <= high
    print(
        f"{samples} samples; coverage in % with the truth at the lower bound, between, at the "
        "upper bound"
    )
    for case in bands:
        for what in ASKED:
            shares = [100 * held[case, truth, what] / samples for truth in TRUTHS]
            print(
                f"{what + case:<42}"
                + "".join(f"{each:8.1f}" for each in shares)
                + f"   bounds {bound[case, what]:9.4g} apart, interval {width[case, what]:9.4g} long"
            )


if __name__ == "__main__":
    coverage.DRAWN = int(sys.argv[2]) if len(sys.argv) > 2 else coverage.DRAWN
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
