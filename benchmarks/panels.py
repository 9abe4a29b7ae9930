"""Do 95 % intervals of change between two waves hold the true change, whatever part of the units is new?

    python benchmarks/panels.py [samples]

One finite population in 20 strata, whose persons keep most of their pay and of their status between
two waves. Two designs: persons (60 units of 400 a stratum, rotated by a part) and a few large units
(4 of 40 a stratum, of 10 to 30 persons, of which one or two are new). Printed for the variance of
diplab, for that of the stacked sample and of independent waves, and for the regression of Berger
and Priam as published (correlation of residuals around the mean of common units, times both
standard errors): mean standard error over the standard deviation of the estimates; and the coverage
of diplab's intervals, of gross flows too, with attrition by class.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd

import diplab as dl

SEED = 20261128
STRATA = 20
DESIGNS = {"persons": (400, 60, 1), "units": (40, 4, 20)}
"""Units a stratum in the population, in each wave, and persons a unit."""
WAVES = {"wave": "wave", "person": "id"}


def population(random: np.random.Generator, units: int, size: int) -> pd.DataFrame:
    """Return one row per person, with the answers of both waves."""
    unit = np.repeat(
        np.arange(STRATA * units),
        random.integers((size + 1) // 2, size + size // 2 + 1, STRATA * units),
    )
    people = pd.DataFrame({"id": np.arange(unit.size), "h": unit // units, "c": unit})
    effect = random.normal(0, 0.3, STRATA * units)[unit] + people["h"] * 0.05
    own = random.normal(0, 0.5, unit.size)
    for wave in (1, 2):
        people[f"pay_{wave}"] = np.exp(
            2 + 0.03 * wave + effect + own + random.normal(0, 0.2, unit.size)
        )
    first = random.random(unit.size) < 1 / (1 + np.exp(-effect * 3))
    people["works_1"], people["works_2"] = (
        first,
        np.where(random.random(unit.size) < 0.15, ~first, first),
    )
    people["class"] = 1 + people["h"] % 2 + 2 * (people["pay_1"] > people["pay_1"].median())
    return people


def draw(
    people: pd.DataFrame, random: np.random.Generator, drawn: int, common: int
) -> pd.DataFrame:
    """Return two waves stacked: `drawn` units a stratum in each, `common` of them the same."""
    by_stratum = people["c"].drop_duplicates().to_numpy().reshape(STRATA, -1)
    order = random.permuted(by_stratum, axis=1)
    waves = []
    for wave, taken in ((1, order[:, :drawn]), (2, order[:, drawn - common : 2 * drawn - common])):
        inside = people[people["c"].isin(taken.ravel())]
        waves.append(
            pd.DataFrame(
                {
                    "wave": wave, "id": inside["id"], "h": inside["h"], "c": inside["c"], "class": inside["class"],
                    "N": float(by_stratum.shape[1]), "w": by_stratum.shape[1] / drawn,
                    "pay": inside[f"pay_{wave}"], "works": inside[f"works_{wave}"],
                }
            )
        )  # fmt: skip
    return pd.concat(waves, ignore_index=True)


def others(
    stacked: pd.DataFrame, residual: pd.Series, drawn: int, fraction: float
) -> dict[str, float]:
    """Return the error of a change by stacking, by independence, and by Berger and Priam."""
    totals = residual.groupby([stacked["h"], stacked["c"], stacked["wave"]]).sum().unstack()
    deviation = totals - totals.groupby("h").transform("mean")
    factor = (1 - fraction) * drawn / (drawn - 1)
    variance = [factor * (deviation[wave] ** 2).sum() for wave in (1, 2)]
    whole = totals.fillna(0.0)
    change = whole[2] - whole[1]
    size = change.groupby("h").transform("size")
    stacking = (
        (1 - fraction) * size / (size - 1) * (change - change.groupby("h").transform("mean")) ** 2
    ).sum()
    kind = totals.notna().astype(int) @ np.array([1, 2])
    left = totals - totals.groupby(["h", kind.rename("kind")]).transform("mean")
    with np.errstate(invalid="ignore", divide="ignore"):
        rho = np.nan_to_num(
            (left[1] * left[2]).sum() / np.sqrt((left[1] ** 2).sum() * (left[2] ** 2).sum())
        )
    return {
        "stacked": np.sqrt(stacking),
        "independent": np.sqrt(sum(variance)),
        "Berger and Priam": np.sqrt(
            max(sum(variance) - 2 * rho * np.sqrt(variance[0] * variance[1]), 0.0)
        ),
    }


def flows_of(stacked: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """Return gross flows where two fifths to nine tenths of each class come back."""
    stays = (
        random.random(len(stacked))
        < np.array([0.9, 0.75, 0.6, 0.4])[stacked["class"].to_numpy() - 1]
    )
    kept = stacked[(stacked["wave"] == 1) | stays]
    sample = dl.declare_design(kept, weights="w", strata="h", psu="c", fpc="N")
    table = dl.gross_flows(sample, "works", response="class", **WAVES)
    return table.rows.frame.iloc[[1, 3]][["estimate", "std_error", "ci_low", "ci_high"]]


def trial(samples: int, design: str, common: int) -> None:
    units, drawn, size = DESIGNS[design]
    random = np.random.default_rng(SEED)
    people = population(random, units, size)
    truth = [
        people["pay_2"].mean() - people["pay_1"].mean(),
        people["pay_2"].sum() - people["pay_1"].sum(),
        people["pay_2"].mean() / people["pay_1"].mean(),
        people["works_2"].mean() - people["works_1"].mean(),
    ]
    names = ["mean pay", "total pay", "mean pay, ratio", "share who work"]
    if common == drawn:
        both = people.groupby("works_1")["works_2"].mean()
        truth += [both[False], both[True]]
        names += ["jobless who find work, attrition", "workers who stay, attrition"]
    found, peers = [], []
    for _ in range(samples):
        stacked = draw(people, random, drawn, common)
        sample = dl.declare_design(stacked, weights="w", strata="h", psu="c", fpc="N")
        asked = (dl.mean("pay"), dl.total("pay"), dl.share("works"))
        rows = dl.change(sample, *asked, **WAVES).frame
        ratio = dl.change(sample, dl.mean("pay"), kind="ratio", **WAVES).frame
        parts = [rows.iloc[:2], ratio, rows.iloc[2:]] + (
            [flows_of(stacked, random)] if common == drawn else []
        )
        found.append(
            pd.concat(
                [each[["estimate", "std_error", "ci_low", "ci_high"]] for each in parts]
            ).to_numpy()
        )
        total = stacked["w"] * stacked["pay"]
        weight = stacked.groupby("wave")["w"].transform("sum")
        mean = (
            total - stacked["w"] * total.groupby(stacked["wave"]).transform("sum") / weight
        ) / weight
        peers.append([others(stacked, each, drawn, drawn / units) for each in (mean, total)])
    values = np.array(found)
    spread = values[:, :, 0].std(axis=0, ddof=1)
    covered = ((values[:, :, 2] <= truth) & (truth <= values[:, :, 3])).mean(axis=0)
    print(f"{design}, {common} of {drawn} units a stratum in both waves, {samples} samples")
    table = pd.DataFrame(
        {
            "statistic": names,
            "se / sd": values[:, :, 1].mean(axis=0) / spread,
            "coverage": 100 * covered,
        }
    )
    print(table.round(3).to_string(index=False))
    for place, name in enumerate(names[:2]):
        errors = pd.DataFrame([each[place] for each in peers]).mean() / spread[place]
        print(f"  {name}, se / sd of others: {errors.round(3).to_dict()}")


def main(samples: int) -> None:
    for design, overlaps in (("persons", (60, 45, 30, 0)), ("units", (4, 3, 2, 1))):
        for common in overlaps:
            trial(samples, design, common)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
