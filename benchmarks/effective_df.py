"""Coverage of nominal 95% intervals in domains of few primary units, by the rule for degrees of freedom.

    python benchmarks/effective_df.py --draws 2000

Fifteen designs, a difference between a small group and the rest, and a slope, each drawn anew from
a population without end; then some with replicate weights, made here or read from a file. A row
tells the mean standard error over the spread of the estimates, then by rule the coverage and, in
brackets, the share of samples without an interval, which are left out of the coverage. A second
table tells how often tests of several groups at once, of the coefficients of a factor and of ranks,
reject a true hypothesis at 5%, and in brackets how often they are refused.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

import diplab as dl

RULES: dict[str, dict[str, Any]] = {
    "effective": {},
    "with Bell and McCaffrey": {"variance": "bell_mccaffrey"},
    "design": {"df": "design"},
    "domain": {"df": "domain"},
}
Draw = Callable[[np.random.Generator], tuple[pd.DataFrame, dict[str, Any]]]


def units(
    draw: np.random.Generator,
    strata: int,
    each: int,
    people: int | np.ndarray[Any, Any],
    spread: float = 0.5,
) -> pd.DataFrame:
    """Return people in units in strata, whose answers have a part in common within the unit."""
    count = strata * each
    size = np.broadcast_to(people, count)
    frame = pd.DataFrame({"c": np.repeat(np.arange(count), size)})
    frame["h"], frame["w"] = frame["c"] // each, 1.0
    frame["y"] = draw.normal(0, spread, count)[frame["c"]] + draw.normal(size=len(frame))
    return frame


CLUSTERED = {"strata": "h", "psu": "c", "weights": "w"}


def of_units(draw: np.random.Generator, chosen: list[int]) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return 6 strata of 10 units of 5 people, and a domain that is some of the units."""
    frame = units(draw, 6, 10, 5)
    return frame.assign(d=frame["c"].isin(chosen)), CLUSTERED


def of_people(draw: np.random.Generator, share: float) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return 30 strata of 2 units of 20 people, and a domain of people everywhere."""
    frame = units(draw, 30, 2, 20)
    return frame.assign(d=draw.random(len(frame)) < share), CLUSTERED


def of_whole_units(
    draw: np.random.Generator, share: float, between: float = 0.0
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return the same, and a domain of whole units; strata may differ."""
    frame = units(draw, 30, 2, 20)
    level = np.linspace(-between, between, 30)
    return frame.assign(
        d=(draw.random(60) < share)[frame["c"]], y=frame["y"] + level[frame["h"]]
    ), CLUSTERED


def of_persons(draw: np.random.Generator) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return 400 persons drawn one by one, and a domain of 15."""
    return pd.DataFrame({"y": draw.normal(size=400), "d": np.arange(400) < 15}), {}


def heavy_stratum(draw: np.random.Generator) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return 10 strata of 3 units, most of the weight in one."""
    frame = units(draw, 10, 3, 5)
    return frame.assign(d=True, w=np.where(frame["h"] == 0, 30.0, 1.0)), CLUSTERED


def uneven_sizes(draw: np.random.Generator) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return 8 strata of 4 units of uneven sizes."""
    sizes = np.ceil(draw.lognormal(2.0, 1.0, 32)).astype(int)
    return units(draw, 8, 4, sizes).assign(d=True), CLUSTERED


def uneven_weights(draw: np.random.Generator) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return 8 strata of 4 units of uneven weights."""
    frame = units(draw, 8, 4, 5)
    return frame.assign(d=True, w=draw.lognormal(0.0, 1.0, 32)[frame["c"]]), CLUSTERED


def with_share(
    made: Draw, share: float, draw: np.random.Generator
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return a design whose answers are yes and no, alike within units."""
    frame, design = made(draw)
    return frame.assign(
        y=(frame["y"] > stats.norm.ppf(1 - share, scale=np.sqrt(1.25))).astype(int)
    ), design


def with_amounts(made: Draw, draw: np.random.Generator) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return a design whose answers are amounts of a lognormal distribution."""
    frame, design = made(draw)
    return frame.assign(y=np.exp(frame["y"])), design


FOUR, SIX = [0, 1, 2, 3], [0, 1, 2, 10, 11, 12]
DESIGNS: dict[str, tuple[Draw, str, float]] = {
    "1. 6x10 units of 5; 3 units of one stratum": (
        partial(of_units, chosen=[0, 1, 2]),
        "mean",
        0.0,
    ),
    "2. same, 4 units": (partial(of_units, chosen=FOUR), "mean", 0.0),
    "3. same, 6 units in two strata": (partial(of_units, chosen=SIX), "mean", 0.0),
    "4. same, 6 units over six strata": (
        partial(of_units, chosen=[0, 10, 20, 30, 40, 50]),
        "mean",
        0.0,
    ),
    "5. 30x2 of 20; 10% of people": (partial(of_people, share=0.1), "mean", 0.0),
    "6. same, 1% of people": (partial(of_people, share=0.01), "mean", 0.0),
    "7. same, 10% of whole units": (partial(of_whole_units, share=0.1), "mean", 0.0),
    "8. 400 persons, domain of 15": (of_persons, "mean", 0.0),
    "9. most of the weight in one of 10 strata": (heavy_stratum, "mean", 0.0),
    "10. 8x4, unit sizes lognormal": (uneven_sizes, "mean", 0.0),
    "11. 8x4, unit weights lognormal": (uneven_weights, "mean", 0.0),
    "12. share .3, 4 units, logit": (
        partial(with_share, partial(of_units, chosen=FOUR), 0.3),
        "share",
        0.3,
    ),
    "13. share .1, spread, logit": (
        partial(with_share, partial(of_people, share=0.5), 0.1),
        "share",
        0.1,
    ),
    "14. lognormal amounts, 6 units": (
        partial(with_amounts, partial(of_units, chosen=SIX)),
        "mean",
        np.exp(0.625),
    ),
    "15. strata differ, 30x2, 20% of units": (
        partial(of_whole_units, share=0.2, between=1.0),
        "mean",
        0.0,
    ),
    "difference, 4 units less the others": (partial(of_units, chosen=FOUR), "difference", 0.0),
    "slope, x by unit, 4 units": (partial(of_units, chosen=FOUR), "slope", 0.0),
    "half-samples made, 10% of people": (partial(of_people, share=0.1), "made brr", 0.0),
    "half-samples made, 20% of whole units": (partial(of_whole_units, share=0.2), "made brr", 0.0),
    "half-samples of a file, 10% of people": (partial(of_people, share=0.1), "file brr", 0.0),
    "half-samples of a file, 20% of whole units": (
        partial(of_whole_units, share=0.2),
        "file brr",
        0.0,
    ),
    "bootstrap made, 20% of whole units": (
        partial(of_whole_units, share=0.2),
        "made bootstrap",
        0.0,
    ),
    "bootstrap of a file, 20% of whole units": (
        partial(of_whole_units, share=0.2),
        "file bootstrap",
        0.0,
    ),
    "bootstrap of a file, 6 units over six strata": (
        partial(of_units, chosen=[0, 10, 20, 30, 40, 50]),
        "file bootstrap",
        0.0,
    ),
}


def groups(
    draw: np.random.Generator,
    count: int,
    few: int = 0,
    strata: bool = False,
    calibrated: bool = False,
) -> dl.types.Sample:
    """Return 40 towns of 15 people in groups, the first of which may be all the people of few towns."""
    town = np.repeat(np.arange(40), 15)
    frame = pd.DataFrame({"c": town, "h": town % 8, "w": draw.lognormal(0.0, 0.5, town.size)})
    frame["y"] = draw.normal(0, 0.5, 40)[town] + draw.normal(size=town.size)
    own = draw.integers(0, count, town.size)
    frame["g"] = [
        f"g{each}" for each in (np.where(town < few, 0, np.maximum(own, 1)) if few else own)
    ]
    frame["sex"] = draw.choice(list("fm"), town.size)
    sample = dl.declare_design(frame, psu="c", weights="w", **({"strata": "h"} if strata else {}))
    return dl.calibrate(sample, {"sex": {"f": 400.0, "m": 400.0}}) if calibrated else sample


def whole_units(
    draw: np.random.Generator,
    strata: int,
    each: int,
    sizes: tuple[int, int, int],
    calibrated: bool = False,
) -> dl.types.Sample:
    """Return units of ten people in strata, in three groups of so many whole units."""
    frame = units(draw, strata, each, 10, spread=1.0)
    group = draw.permutation(np.repeat(np.arange(3), sizes))[frame["c"]]
    frame["g"], frame["sex"] = [f"g{own}" for own in group], draw.choice(list("fm"), len(frame))
    sample = dl.declare_design(frame, **CLUSTERED)
    return dl.calibrate(sample, {"sex": {"f": 100.0, "m": 100.0}}) if calibrated else sample


JOINT: dict[str, Callable[[np.random.Generator], dl.types.Sample]] = {
    "five groups, one of 3 towns in 40": partial(groups, count=5, few=3),
    "five groups, one of 4 towns in 40": partial(groups, count=5, few=4),
    "five groups, one of 6 towns in 40": partial(groups, count=5, few=6),
    "four groups, one of 3 towns in 40": partial(groups, count=4, few=3),
    "five groups everywhere": partial(groups, count=5),
    "four groups everywhere, 8 strata": partial(groups, count=4, strata=True),
    "five groups, one of 3 towns, calibrated": partial(groups, count=5, few=3, calibrated=True),
    "three groups of whole units, 10 strata of 2: 7, 7, 6": partial(
        whole_units, strata=10, each=2, sizes=(7, 7, 6)
    ),
    "same, 14, 4, 2": partial(whole_units, strata=10, each=2, sizes=(14, 4, 2)),
    "same, 10 strata of 4: 30, 5, 5": partial(whole_units, strata=10, each=4, sizes=(30, 5, 5)),
    "same, 7, 7, 6, calibrated": partial(
        whole_units, strata=10, each=2, sizes=(7, 7, 6), calibrated=True
    ),
    "same, 10 strata of 4: 30, 5, 5, calibrated": partial(
        whole_units, strata=10, each=4, sizes=(30, 5, 5), calibrated=True
    ),
}


def rejections(name: str, draws: int) -> str:
    """Return a line of the table of tests of several groups."""
    found: list[list[float]] = []
    for seed in range(draws):
        sample = JOINT[name](np.random.default_rng([seed, sum(map(ord, name))]))
        found.append([])
        for rule in ("effective", "design"):
            fit = dl.regress(sample, "y ~ g", df=rule)
            for test in (
                partial(dl.term_test, fit, "g"),
                partial(dl.rank_test, sample, "y", "g", df=rule),
            ):
                try:
                    found[-1].append(test().p_value)
                except dl.DiplabError:
                    found[-1].append(np.nan)
    every = np.array(found)
    known = np.isfinite(every)
    shares = [100 * (p[there] < 0.05).mean() for p, there in zip(every.T, known.T, strict=True)]
    without = 100 * (1 - known.mean(axis=0))
    cells = [
        f"{a:.1f}" + (f" ({b:.0f})" if b >= 0.5 else "")
        for a, b in zip(shares, without, strict=True)
    ]
    return f"| {name} | {' | '.join(cells)} |"


def with_replicates(
    sample: dl.types.Sample, frame: pd.DataFrame, design: dict[str, Any], wanted: str
) -> dl.types.Sample:
    """Return the sample with replicate weights made from its design, or read from columns that hold them."""
    where, kind = wanted.split()
    made = dl.make_replicates(
        sample, kind, **({"n": 100, "seed": 3} if kind == "bootstrap" else {})
    )  # type: ignore[arg-type]
    replication, engine = made.replication, made.engine
    if where == "made" or replication is None:
        return made
    weights = replication.of_rows(engine)  # type: ignore[arg-type]
    columns = {f"r{place}": weight for place, weight in enumerate(weights)}
    named = dl.replicates(list(columns), kind=kind)  # type: ignore[arg-type]
    return dl.declare_design(frame.assign(**columns), weights=design["weights"], replicates=named)


def answers(name: str, seed: int) -> list[tuple[float, float, float, float]]:
    """Return by rule the estimate, its error and the ends of its interval, for one sample."""
    made, kind, _ = DESIGNS[name]
    draw = np.random.default_rng([seed, sum(map(ord, name))])
    frame, design = made(draw)
    if not frame["d"].any():
        return [(np.nan,) * 4] * len(RULES)
    sample = dl.declare_design(frame, **design)
    found = []
    for rule, options in RULES.items():
        if kind.split()[0] in ("made", "file"):
            if rule not in ("effective", "design"):
                found.append((np.nan,) * 4)
                continue
            table = dl.estimate(
                with_replicates(sample, frame, design, kind).where("d"), dl.mean("y"), **options
            )
        elif kind == "difference":
            table = dl.contrast(
                dl.estimate(sample, dl.mean("y"), by="d", **options), {"d": (True, False)}
            )
        elif kind == "slope":
            own = dl.declare_design(frame.assign(x=frame["c"] % 10), **design).where("d")
            table = dl.regress(own, "y ~ x", **options)
        else:
            statistic = dl.mean("y") if kind == "mean" else dl.share("y == 1")
            table = dl.estimate(sample.where("d"), statistic, **options)
        row = table.frame.iloc[-1]
        found.append((row["estimate"], row["std_error"], row["ci_low"], row["ci_high"]))
    return found


def coverage(name: str, draws: int) -> str:
    """Return a line of the table."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        every = np.array([answers(name, seed) for seed in range(draws)], dtype=float)
    truth = DESIGNS[name][2]
    point, error = every[:, 0, 0], every[:, 0, 1]
    there = np.isfinite(point) & np.isfinite(error)
    cells = [f"{error[there].mean() / point[np.isfinite(point)].std():.2f}"]
    for place in range(len(RULES)):
        low, high = every[:, place, 2], every[:, place, 3]
        known = np.isfinite(low) & np.isfinite(high)
        covered = ((low <= truth) & (truth <= high))[known].sum() / max(known.sum(), 1)
        without = 1 - known.mean()
        cells.append(
            f"{100 * covered:.1f}" + (f" ({100 * without:.0f})" if without >= 0.005 else "")
        )
        cells[-1] = cells[-1] if known.any() else ""
    return f"| {name} | {' | '.join(cells)} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])  # type: ignore[union-attr]
    parser.add_argument("--draws", type=int, default=2000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--joint", action="store_true", help="the tests of several groups only")
    options = parser.parse_args()
    with ProcessPoolExecutor(options.processes) as pool:
        if not options.joint:
            print(
                f"| Mean of a domain | se/sd | {' | '.join(RULES)} "
                f"|\n|---|--:|{'--:|' * len(RULES)}"
            )
        for line in pool.map(
            partial(coverage, draws=options.draws), () if options.joint else DESIGNS
        ):
            print(line, flush=True)
        names = "effective, term", "effective, ranks", "design, term", "design, ranks"
        print(
            f"\n| True hypotheses rejected at 5% | {' | '.join(names)} "
            f"|\n|---|{'--:|' * len(names)}"
        )
        for line in pool.map(partial(rejections, draws=options.draws), JOINT):
            print(line, flush=True)


if __name__ == "__main__":
    main()
