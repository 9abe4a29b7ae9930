"""How often 95 % intervals of poverty indicators hold the true value: 1,000 samples in two stages from one population.

    python benchmarks/poverty_coverage.py [samples]

The population has 12 strata of 40 towns; 6 towns a stratum are drawn without replacement, then half
of the people of each. Incomes are log-normal with a town effect, higher in the second region; a
fifth are aged 65 or more, of whom incomes are lower; deprivation and low work intensity are
commoner where incomes are low, and one person in twelve did not say about deprivation. Printed:
bias over standard deviation, mean estimated standard error over the standard deviation of the
estimates, and coverage. Two bandwidths are behind the densities: weights add up to the population,
or (the last rows) to the sample, as those of an opt-in survey often do.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

import diplab as dl

if TYPE_CHECKING:
    from diplab.types import Sample

SEED = 20260406
STRATA, TOWNS, DRAWN = 12, 40, 6


def make_population(random: np.random.Generator) -> pd.DataFrame:
    size = random.integers(30, 90, STRATA * TOWNS)
    town = np.repeat(np.arange(STRATA * TOWNS), size)
    stratum = town // TOWNS
    effect = random.normal(0, 0.2, STRATA * TOWNS)[town] + stratum * 0.03
    n = town.size
    people = pd.DataFrame({"stratum": stratum, "town": town, "town_size": size[town]})
    people["older"] = random.random(n) < 0.2
    people["income"] = np.exp(7.2 + effect - 0.15 * people["older"] + random.normal(0, 0.55, n))
    low = people["income"] < 900
    people["deprived"] = np.where(
        random.random(n) < 1 / 12, np.nan, random.random(n) < 0.05 + 0.25 * low
    )
    people["idle"] = random.random(n) < 0.04 + 0.15 * low
    people["pension"] = np.where(
        people["older"], people["income"] * random.uniform(0.4, 0.9, n), np.nan
    )
    people["region"] = np.where(stratum < 4, "north", "south")
    return people


def draw(people: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    towns = people["town"].drop_duplicates().to_numpy().reshape(STRATA, TOWNS)
    taken = np.concatenate([random.choice(row, DRAWN, replace=False) for row in towns])
    inside = people[people["town"].isin(taken)]
    order = inside.assign(luck=random.random(len(inside))).sort_values(["town", "luck"])
    rank = order.groupby("town").cumcount()
    kept = order[rank < (order["town_size"] + 1) // 2].copy()
    kept["person"], kept["towns"] = np.arange(len(kept)), float(TOWNS)
    people_of_town = kept.groupby("town")["person"].transform("size")
    kept["w"] = TOWNS / DRAWN * kept["town_size"] / people_of_town
    return kept


WHOLE = {
    "poverty rate, estimated line": dl.arpr("income"),
    "relative median gap": dl.relative_median_gap("income"),
    "poverty gap (FGT 1), estimated line": dl.fgt("income", 1),
    "severity (FGT 2), estimated line": dl.fgt("income", 2),
    "poverty gap, fixed line": dl.fgt("income", 1, threshold=900),
    "median income of the older over the others": dl.relative_median_income_ratio(
        "income", "older"
    ),
    "median pension over median income": dl.aggregate_replacement_ratio(
        "pension", "older", "income", "not older"
    ),
    "poverty or exclusion, undecided out": dl.arope("income", "deprived", "idle"),
    "poverty or exclusion, lower bound": dl.arope("income", "deprived", "idle", undecided="no"),
}
NORTH = {
    "poverty rate of the north, line of all": dl.arpr("income"),
    "poverty rate of the north, its own line": dl.arpr("income", threshold_on="domain"),
    "the same, slope of vardpoor": dl.arpr("income", threshold_on="domain", convention="vardpoor"),
    "median gap of the north, line of all": dl.relative_median_gap("income"),
    "poverty gap of the north, line of all": dl.fgt("income", 1),
}
SMALL_WEIGHTS = {
    "poverty rate, weights of mean 1": dl.arpr("income"),
    "relative median gap, weights of mean 1": dl.relative_median_gap("income"),
    "poverty gap, weights of mean 1": dl.fgt("income", 1),
}
SHARE = "share of the poor who live in the north"
MEASURES = ["estimate", "std_error", "ci_low", "ci_high"]


def answers(sample: Sample, small: Sample, bootstrap: Sample) -> np.ndarray:
    parts = [
        dl.estimate(sample, *WHOLE.values()),
        dl.estimate(sample.where("region == 'north'"), *NORTH.values()),
        dl.estimate(small, *SMALL_WEIGHTS.values()),
        dl.estimate(bootstrap, WHOLE["relative median gap"], WHOLE["poverty rate, estimated line"]),
    ]
    split = dl.decompose(sample, dl.arpr("income"), "region").frame
    share = split[(split["region"] == "north") & (split["statistic"] == "contribution_share")]
    return pd.concat([*(each.frame for each in parts), share])[MEASURES].to_numpy(float)


def names() -> list[str]:
    made = ["relative median gap, bootstrap (100 replicates)", "poverty rate, bootstrap"]
    return [*WHOLE, *NORTH, *SMALL_WEIGHTS, *made, SHARE]


def main(samples: int) -> None:
    random = np.random.default_rng(SEED)
    people = make_population(random)
    whole = dl.declare_design(people)
    truth = answers(whole, whole, whole)[:, 0]
    found = np.empty((samples, len(truth), 4))
    design = {"strata": "stratum", "psu": ["town", "person"], "fpc": ["towns", "town_size"]}
    for place in range(samples):
        drawn = draw(people, random)
        sample = dl.declare_design(drawn, **design)
        small = dl.declare_design(
            drawn.assign(w=drawn["w"] / drawn["w"].mean()), weights="w", **design
        )
        found[place] = answers(
            sample, small, dl.make_replicates(sample, "rao_wu_yue_beaumont", 100)
        )
    spread = found[:, :, 0].std(axis=0, ddof=1)
    covered = ((found[:, :, 2] <= truth) & (truth <= found[:, :, 3])).mean(axis=0)
    table = pd.DataFrame(
        {
            "statistic": names(),
            "truth": truth,
            "bias / sd": (found[:, :, 0].mean(axis=0) - truth) / spread,
            "se / sd": found[:, :, 1].mean(axis=0) / spread,
            "coverage %": 100 * covered,
        }
    )
    size = int(len(people) * DRAWN / TOWNS / 2)
    print(f"{samples} samples of about {size:,} of {len(people):,} people, seed {SEED}")
    print(table.round(3).to_string(index=False))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
