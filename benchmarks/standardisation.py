"""Coverage of standardised means, and of expressions of estimates, in samples from one finite population.

    python benchmarks/standardisation.py [samples]

The population and its two-stage samples are those of `coverage.py` (12 strata of 40 towns), with
three ages, of which the old earn more and are few in the south. The standard is known, the
structure of the whole sample, or estimated on another sample, of 100 people drawn from the whole
population; or that one, taken as known. Printed: bias over the standard deviation of the estimates,
mean estimated standard error over it, coverage of nominal 95 % intervals.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from coverage import draw, make_population

import diplab as dl

if TYPE_CHECKING:
    from collections.abc import Iterator

SEED = 20261128
KNOWN = {"age": {"young": 0.3, "middle": 0.4, "old": 0.3}}
EXPRESSIONS = ("s / (s + n)", "log(s / n)")


def aged(random: np.random.Generator) -> pd.DataFrame:
    people = make_population(random)
    people["region"] = np.where(people["stratum"] < 4, "s", "n")
    luck, old = random.random(len(people)), np.where(people["region"] == "s", 0.06, 0.35)
    people["age"] = np.select([luck < old, luck < old + 0.3], ["old", "middle"], "young")
    people["income"] *= np.where(people["age"] == "old", 1.6, 1.0)
    people["rare"] = random.random(len(people)) < np.where(people["age"] == "old", 0.12, 0.03)
    return people


def truths(people: pd.DataFrame) -> dict[str, float]:
    """Return what the population has."""
    found: dict[str, float] = {}
    share = people["age"].value_counts(normalize=True)
    for name, weights in (
        ("known", pd.Series(KNOWN["age"])),
        ("own", share),
        ("other", share),
        ("other as known", share),
    ):
        for variable in ("income", "rare"):
            cells = people.groupby(["region", "age"])[variable].mean().unstack()
            for region, line in cells.iterrows():
                found[f"{variable}, {region}, {name}"] = float((line * weights).sum())
    s, n = found["income, s, known"], found["income, n, known"]
    return found | {
        "difference": s - n,
        "s / (s + n)": s / (s + n),
        "log(s / n)": float(np.log(s / n)),
    }


def answers(sample: pd.DataFrame, other: pd.DataFrame) -> Iterator[tuple[str, pd.Series]]:
    design = dl.declare_design(
        sample, strata="stratum", psu=["town", "person"], fpc=["towns", "town_size"]
    )
    structure = dl.estimate(dl.declare_design(other, fpc="people"), dl.count(), by="age")
    as_known = {"age": dict(zip(structure.frame["age"], structure.frame["estimate"], strict=True))}
    for name, margins in (
        ("known", KNOWN),
        ("own", "age"),
        ("other", structure),
        ("other as known", as_known),
    ):
        for variable, statistic in (("income", dl.mean("income")), ("rare", dl.share("rare"))):
            found = dl.standardise(design, statistic, margins, by="region")
            for _, row in found.frame.iterrows():
                yield f"{variable}, {row['region']}, {name}", row
            if (name, variable) == ("known", "income"):
                yield "difference", dl.contrast(found, {"region": ("s", "n")}).frame.iloc[0]
                for text in EXPRESSIONS:
                    yield text, dl.contrast(found, text).frame.iloc[0]


def main() -> None:
    samples = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    random, others = np.random.default_rng(SEED), np.random.default_rng(SEED + 1)
    people = aged(random)
    people["people"] = float(len(people))
    truth = truths(people)
    kept: dict[str, list[list[float]]] = {name: [] for name in truth}
    for _ in range(samples):
        for name, row in answers(draw(people, random), people.sample(100, random_state=others)):
            kept[name].append(
                row[["estimate", "std_error", "ci_low", "ci_high", "df"]].astype(float).tolist()
            )
    print(
        f"{len(people)} people, {samples} samples, "
        f"{people['age'].value_counts(normalize=True).round(3).to_dict()}"
    )
    for name, rows in kept.items():
        estimate, error, low, high, df = np.array(rows).T
        spread = estimate.std(ddof=1)
        inside = np.mean((low <= truth[name]) & (truth[name] <= high))
        print(
            f"| {name} | {truth[name]:.4g} | {(estimate.mean() - truth[name]) / spread:.3f} | "
            f"{error.mean() / spread:.3f} | {df.mean():.1f} | {inside:.1%} |"
        )


if __name__ == "__main__":
    main()
