"""Coverage of Cramér's V, of Cohen's d and of adjusted totals in samples of clusters, drawn from known populations.

    python benchmarks/tables_and_totals.py [draws]

Clusters share a part of what their members answer, so that design effects are about two, and
weights are unequal. Printed: the truth, the mean estimate, its mean standard error over the spread
of the estimates, the coverage of nominal 95 % intervals among samples that have one, and the share
of samples that have none.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

import diplab as dl

if TYPE_CHECKING:
    from collections.abc import Iterator

CLUSTERS, SIZE = 40, 15
"""A row of answers: the truth, the estimate, its error and its interval."""
Answer = tuple[str, float, float, float, float, float]


def drawn(random: np.random.Generator) -> pd.DataFrame:
    """Return clusters with a latent trait that members share in part, and unequal weights."""
    place = np.repeat(np.arange(CLUSTERS), SIZE)
    trait = 0.3 * random.normal(size=CLUSTERS)[place] + np.sqrt(1 - 0.3**2) * random.normal(
        size=place.size
    )
    return pd.DataFrame({"place": place, "trait": trait, "w": random.uniform(1, 3, place.size)})


def of_tables(
    random: np.random.Generator, strength: float, truth: dict[float, float]
) -> Iterator[Answer]:
    """Yield Cramér's V of three by three categories, where one trait is related to another."""
    people = drawn(random)
    other = strength * people["trait"] + np.sqrt(1 - strength**2) * random.normal(size=len(people))
    cuts = [-np.inf, -0.43, 0.43, np.inf]
    people["row"], people["column"] = (
        pd.cut(each, cuts, labels=list("abc")).astype(str) for each in (people["trait"], other)
    )
    found = dl.crosstab(
        dl.declare_design(people, weights="w", psu="place"), "row", "column"
    ).association
    for _, row in found.frame.iterrows():
        yield (
            row["statistic"],
            truth[strength],
            row["estimate"],
            row["std_error"],
            row["ci_low"],
            row["ci_high"],
        )


def true_v(strength: float) -> float:
    """Return the V of everybody, from four million of them."""
    random = np.random.default_rng(0)
    first = random.normal(size=4_000_000)
    other = strength * first + np.sqrt(1 - strength**2) * random.normal(size=first.size)
    counts = np.histogram2d(first, other, [[-99, -0.43, 0.43, 99]] * 2)[0]
    from diplab.kernel.rao_scott import cramers_v

    return float(cramers_v(counts))


def of_groups(random: np.random.Generator, difference: float) -> Iterator[Answer]:
    """Yield effect sizes of a difference in standard deviations."""
    people = drawn(random)
    people["group"] = random.integers(0, 2, len(people))
    people["y"] = people["trait"] + difference * people["group"]
    sample = dl.declare_design(people, weights="w", psu="place")
    for name in ("cohens_d", "hedges_g"):
        found = dl.t_test(sample, "y", "group", effect_size=name).estimates
        yield (
            name,
            difference,
            found[name],
            found["effect_std_error"],
            found["effect_low"],
            found["effect_high"],
        )


def of_totals(random: np.random.Generator) -> Iterator[Answer]:
    """Yield totals of y, which those with a high class answer less often; everybody is 1,200 weighted on average."""
    people = drawn(random)
    people["level"] = random.integers(0, 3, len(people))
    people["y"] = 10 + 4 * people["level"] + 3 * people["trait"]
    people.loc[random.random(len(people)) > 0.9 - 0.25 * people["level"], "y"] = np.nan
    sample = dl.declare_design(people, weights="w", psu="place")
    asked = {
        "left out": {},
        "adjusted": {"na": "adjusted"},
        "by class": {"na": "adjusted", "classes": "level"},
    }
    for name, options in asked.items():
        row = dl.estimate(sample, dl.total("y", **options)).frame.iloc[0]
        yield (
            f"total, {name}",
            2.0 * len(people) * 14,
            row["estimate"],
            row["std_error"],
            row["ci_low"],
            row["ci_high"],
        )


def main(draws: int = 400) -> None:
    """Print the table."""
    strengths = (0.0, 0.1, 0.15, 0.2, 0.3, 0.5, 0.8)
    truth = {each: true_v(each) for each in strengths}
    worlds = [
        (f"r = {each}", lambda random, each=each: of_tables(random, each, truth))
        for each in strengths
    ]
    worlds += [
        (f"d = {each}", lambda random, each=each: of_groups(random, each))
        for each in (0.0, 0.3, 1.0)
    ]
    worlds += [("missing by class", of_totals)]
    print(
        f"{draws} "
        f"draws\n{'world':18}{'estimate':22}{'truth':>9}{'mean':>9}{'se/sd':>7}{'covered':>9}{'none':>7}"
    )
    for place, (words, world) in enumerate(worlds):
        random = np.random.default_rng(place)
        answers = pd.DataFrame(
            [row for _ in range(draws) for row in world(random)], columns=list("nteslh")
        )
        for name, own in answers.groupby("n", sort=False):
            has = own["l"].notna()
            inside = ((own["l"] <= own["t"]) & (own["t"] <= own["h"]))[has].mean()
            line = f"{own['t'].iloc[0]:9.3f}{own['e'].mean():9.3f}{own['s'].mean() / own['e'].std():7.2f}"
            print(
                f"{words:18}{name:22}{line}{100 * inside:8.1f}%{100 * (1 - has.mean()):6.0f}%",
                flush=True,
            )


if __name__ == "__main__":
    main(*(int(each) for each in sys.argv[1:]))
