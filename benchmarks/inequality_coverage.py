"""How often 95 % intervals of inequality hold the true value: samples in two stages from one finite population.

    python benchmarks/inequality_coverage.py [samples]

The population and the samples are those of `coverage.py`: 4 of 40 towns in each of 12 strata, then
half of the people of each town. `income` is log-normal with a town effect; `skewed` is the same
with a spread of logs of 1.1 in the place of 0.6, as earnings from platforms are. Besides single
points, how often the band of a Lorenz curve holds all nine deciles at once, pointwise and
simultaneous. Symmetric intervals are the point -/+ t standard errors, those of `interval="wald"`;
the default ones are on the scale of each index.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from coverage import DRAWN, SEED, TOWNS, draw, make_population
from scipy import stats

import diplab as dl

if TYPE_CHECKING:
    from diplab.types import Sample, Statistic

REPLICATES = 100


def population(random: np.random.Generator) -> pd.DataFrame:
    people = make_population(random)
    effect = np.log(people["income"]).groupby(people["town"]).transform("mean") - 7
    people["skewed"] = np.exp(6.4 + effect + random.normal(0, 1.1, len(people)))
    people["pay"] = people["income"] / 151.67 * np.where(people["sex"] == "woman", 0.88, 1.0)
    return people


def statistics() -> dict[str, Statistic]:
    found = {}
    for income in ("income", "skewed"):
        found |= {
            f"Gini, {income}": dl.gini(income),
            f"Gini as convey, {income}": dl.gini(income, convention="convey"),
            f"Zenga, {income}": dl.zenga(income),
            f"Theil, {income}": dl.theil(income),
            f"mean logarithmic deviation, {income}": dl.generalised_entropy(income, 0),
            f"half squared coefficient of variation, {income}": dl.generalised_entropy(income, 2),
            f"Atkinson 0.5, {income}": dl.atkinson(income, 0.5),
            f"Atkinson 1, {income}": dl.atkinson(income, 1),
            f"S80/S20, {income}": dl.quintile_ratio(income),
            f"S80/S20 as convey, {income}": dl.quintile_ratio(income, convention="convey"),
            f"Palma, {income}": dl.palma_ratio(income),
            f"Lorenz at 0.1, {income}": dl.lorenz(income, at=0.1),
            f"Lorenz at 0.5, {income}": dl.lorenz(income, at=0.5),
            f"Lorenz at 0.9, {income}": dl.lorenz(income, at=0.9),
            f"generalised Lorenz at 0.5, {income}": dl.generalised_lorenz(income, at=0.5),
        }
    return found


GAPS = {
    "pay gap of means": dl.gender_pay_gap("pay", "sex == 'woman'"),
    "pay gap of medians": dl.gender_pay_gap("pay", "sex == 'woman'", gap_of="median"),
}
RESAMPLED = {
    "Gini, income, bootstrap": dl.gini("income"),
    "S80/S20, income, bootstrap": dl.quintile_ratio("income"),
    "Zenga, income, bootstrap": dl.zenga("income"),
}
BANDS = [
    f"all nine deciles of {income}, {band}"
    for income in ("income", "skewed")
    for band in ("pointwise", "simultaneous")
]
COLUMNS = ["estimate", "std_error", "ci_low", "ci_high", "df"]


def names() -> list[str]:
    women = ["Gini of women, income", "Theil of women, income"]
    return [*statistics(), *GAPS, *women, *RESAMPLED]


def answers(sample: Sample, *, drawn: bool) -> np.ndarray:
    resampled = dl.make_replicates(sample, "rao_wu_yue_beaumont", REPLICATES) if drawn else sample
    parts = [
        dl.estimate(sample, *statistics().values()).frame,
        *(dl.estimate(sample, each).frame for each in GAPS.values()),
        dl.estimate(sample.where("sex == 'woman'"), dl.gini("income"), dl.theil("income")).frame,
        dl.estimate(resampled, *RESAMPLED.values()).frame,
    ]
    found: np.ndarray = pd.concat(parts)[COLUMNS].to_numpy(dtype=float)
    return found


def curves(sample: Sample) -> np.ndarray:
    """Both ends of each band, one row per band: shape (bands, deciles, columns)."""
    found = [
        dl.estimate(sample, dl.lorenz(income, band=band)).frame[COLUMNS].to_numpy(dtype=float)
        for income in ("income", "skewed")
        for band in ("pointwise", "simultaneous")
    ]
    return np.array(found)


def main(samples: int) -> None:
    random = np.random.default_rng(SEED + 6)
    people = population(random)
    whole = dl.declare_design(people)
    truth, deciles = answers(whole, drawn=False)[:, 0], curves(whole)[..., 0]
    found = np.empty((samples, len(truth), len(COLUMNS)))
    held = np.empty((samples, len(BANDS)))
    for place in range(samples):
        sample = dl.declare_design(
            draw(people, random),
            strata="stratum",
            psu=["town", "person"],
            fpc=["towns", "town_size"],
        )
        found[place] = answers(sample, drawn=True)
        bands = curves(sample)
        held[place] = ((bands[..., 2] <= deciles) & (deciles <= bands[..., 3])).all(axis=1)
    spread = found[:, :, 0].std(axis=0, ddof=1)
    half = stats.t.ppf(0.975, found[:, :, 4]) * found[:, :, 1]
    symmetric = found[:, :, 0] - half, found[:, :, 0] + half
    default = found[:, :, 2], found[:, :, 3]
    table = pd.DataFrame(
        {
            "statistic": names(),
            "true": truth,
            "bias / sd": (found[:, :, 0].mean(axis=0) - truth) / spread,
            "se / sd": found[:, :, 1].mean(axis=0) / spread,
        }
    )
    for name, (low, high) in (("symmetric", symmetric), ("default", default)):
        table[f"{name} %"] = 100 * ((low <= truth) & (truth <= high)).mean(axis=0)
        table[f"{name}, above %"] = 100 * (low > truth).mean(axis=0)
    size = int(len(people) * DRAWN / TOWNS / 2)
    print(f"{samples} samples of about {size:,} of {len(people):,} people, seed {SEED + 6}")
    print(table.round(3).to_string(index=False))
    for name, share in zip(BANDS, held.mean(axis=0), strict=True):
        print(f"{name}: {100 * share:.1f} %")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
