"""How often 95 % intervals hold the true value: 1,000 samples from one finite population, two stages, strata.

    python benchmarks/coverage.py [samples]

The population has 12 strata of 40 towns; 4 towns a stratum are drawn without replacement, then half
of the people of each. Incomes are log-normal with a town effect. Besides estimates on the whole
sample: a domain under a national line, regression coefficients (against those of the whole
population), a total after raking to known margins, and the bootstrap of Rao, Wu, Yue and Beaumont,
made in each sample with 100 replicates. Printed: bias over standard error, mean estimated standard
error over the standard deviation of the estimates, and coverage. Coverage should be between 93 and
97 %.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

import diplab as dl

if TYPE_CHECKING:
    from diplab.types import Sample

SEED = 20260101
STRATA, TOWNS, DRAWN = 12, 40, 4


def make_population(random: np.random.Generator) -> pd.DataFrame:
    size = random.integers(30, 90, STRATA * TOWNS)
    town = np.repeat(np.arange(STRATA * TOWNS), size)
    stratum = town // TOWNS
    effect = random.normal(0, 0.25, STRATA * TOWNS)[town] + stratum * 0.03
    people = pd.DataFrame({"stratum": stratum, "town": town})
    people["income"] = np.exp(7 + effect + random.normal(0, 0.6, town.size))
    people["hours"] = random.gamma(2, 5, town.size)
    people["common"] = random.random(town.size) < 0.4 + 0.1 * effect
    people["rare"] = random.random(town.size) < 0.03
    people["sex"] = np.where(random.random(town.size) < 0.56, "woman", "man")
    people["town_size"] = size[town]
    return people


def draw(people: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    towns = people["town"].drop_duplicates().to_numpy().reshape(STRATA, TOWNS)
    taken = np.concatenate([random.choice(row, DRAWN, replace=False) for row in towns])
    inside = people[people["town"].isin(taken)]
    order = inside.assign(luck=random.random(len(inside))).sort_values(["town", "luck"])
    rank = order.groupby("town").cumcount()
    kept = order[rank < (order["town_size"] + 1) // 2].copy()
    kept["person"] = np.arange(len(kept))
    kept["towns"] = float(TOWNS)
    return kept


def statistics() -> list[tuple[str, object]]:
    return [
        ("mean income", dl.mean("income")),
        ("total hours", dl.total("hours")),
        ("ratio", dl.ratio("income", "hours")),
        ("share, common", dl.share("common")),
        ("share, rare", dl.share("rare")),
        ("share, rare, Wilson", dl.share("rare", interval="wilson")),
        ("share, rare, likelihood", dl.share("rare", interval="likelihood")),
        ("variance of hours", dl.variance("hours")),
        ("correlation of income and hours", dl.correlation("income", "hours")),
        ("median income", dl.median("income")),
        ("ninth decile", dl.quantile("income", 0.9)),
        ("arpt", dl.arpt("income")),
        ("arpr, estimated line", dl.arpr("income")),
    ]


MODEL = "common ~ hours + sex"


def margins_of(people: pd.DataFrame) -> dict[str, dict[object, float]]:
    return {
        "sex": people["sex"].value_counts().astype(float).to_dict(),
        "stratum": people["stratum"].value_counts().astype(float).to_dict(),
    }


def answers(
    sample: Sample, margins: dict[str, dict[object, float]], *, drawn: bool
) -> pd.DataFrame:
    """Everything that is followed, one row per estimate; on the whole population, the truth."""
    model = dl.regress(sample, MODEL, family="binomial").frame.iloc[1:]
    raked = dl.calibrate(sample, margins, distance="raking") if drawn else sample
    replicated = dl.make_replicates(sample, "rao_wu_yue_beaumont", 100) if drawn else sample
    parts = [
        dl.estimate(sample, *[each for _, each in statistics()]).frame,
        dl.estimate(sample.where("sex == 'woman'"), dl.arpr("income")).frame,
        model.assign(statistic="logit"),
        dl.estimate(raked, dl.total("income"), dl.share("common")).frame,
        dl.estimate(
            replicated, dl.mean("income"), dl.ratio("income", "hours"), dl.median("income")
        ).frame,
    ]
    return pd.concat(parts)[["estimate", "std_error", "ci_low", "ci_high"]]


def names() -> list[str]:
    return [
        *[name for name, _ in statistics()], "arpr of women, national line",
        "logit coefficient, hours", "logit coefficient, sex", "total income, raked", "share, common, raked",
        "mean income, bootstrap", "ratio, bootstrap", "median income, bootstrap",
    ]  # fmt: skip


def main(samples: int) -> None:
    random = np.random.default_rng(SEED)
    people = make_population(random)
    margins = margins_of(people)
    truth = answers(dl.declare_design(people), margins, drawn=False)["estimate"].to_numpy()
    found = np.empty((samples, len(truth), 4))
    for sample in range(samples):
        design = dl.declare_design(
            draw(people, random),
            strata="stratum",
            psu=["town", "person"],
            fpc=["towns", "town_size"],
        )
        found[sample] = answers(design, margins, drawn=True).to_numpy()
    spread = found[:, :, 0].std(axis=0, ddof=1)
    covered = ((found[:, :, 2] <= truth) & (truth <= found[:, :, 3])).mean(axis=0)
    table = pd.DataFrame(
        {
            "statistic": names(),
            "bias / sd": (found[:, :, 0].mean(axis=0) - truth) / spread,
            "se / sd": found[:, :, 1].mean(axis=0) / spread,
            "coverage %": 100 * covered,
        }
    )
    print(
        f"{samples} samples of about {int(len(people) * DRAWN / TOWNS / 2):,} of {len(people):,} "
        f"people, seed {SEED}"
    )
    print(table.round(3).to_string(index=False))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
