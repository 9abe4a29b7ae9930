"""What an attacker who knows the structure of a file gets of `dl.publish`: `python benchmarks/disclosure_attack.py`.

Each file has departements nested in regions, two overlapping sets of age bands, a rare flag, a rare
illness, a skewed income with a few very large ones, and hours that may be 0. Two to five results of
it are published, together or one after the other (`released=`): shares, means, totals, dispersion,
crosstabs, with conditions or without, regressions. The attacker knows which departement is in which
region, what every band holds, the variables of the regressions of each person, that nothing is
negative and that counts are whole, and knows neither who is where nor any income. Written apart
from the package: it reads what is printed and nothing else, but for the losses of its choices.

Counts: two linear programmes for each small set (integer ones with `--integer`), on the cells that
all asked sets tell apart, those that nobody of the file is in but that its variables make possible
too. A row that a table lacks tells that nobody is there. Under `opensafely`, whose rounded numbers
may narrow each other, what counts is whether one is found.

Incomes: the same on totals, the rank of all that is printed over persons, and what a mean and a sum
of squares or of fourth powers (variances, errors) tell of the largest to who knows another.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import Pool
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

import diplab as dl
from diplab.disclosure.cells import Cells
from diplab.errors import DiplabError
from diplab.kernel.arrays import Booleans, Floats
from diplab.types import Sample

SEED = 20261202
LEAST = {"standard": 10, "insee_fiscal": 11, "opensafely": 8}
ROUNDED = {"opensafely": 5}
DOMINANT, NEAR = 0.9, 0.1  # two largest of a total; how near the largest may be told
NOTES = dl.Notes(coverage=dl.Text.same("Everybody"), source=dl.Text.same("A file drawn at random"))
GROUPS = ("dept", "region", "sex", "five", "ten", "about_30", "about_31", "job", "job_group")
CONDITIONS = (
    "age < 30",
    "age < 31",
    "age < 32",
    "sex == 'f'",
    "region == 'R1'",
    "vip == 0",
    "hours > 0",
)
AMOUNT = "income"


@dataclass
class Printed:
    """What is printed, as equations: of counts of people, of sums of incomes, and of fitted regressions."""

    counts: list[tuple[Booleans, float, float]] = field(
        default_factory=list
    )  # whom, at least, at most
    sums: list[tuple[Booleans, float]] = field(default_factory=list)
    fits: list[tuple[Booleans, Floats, Floats]] = field(
        default_factory=list
    )  # of whom, columns, coefficients
    powers: list[tuple[Booleans, int, float, float]] = field(
        default_factory=list
    )  # of whom, power, mean, sum
    asked: list[Booleans] = field(default_factory=list)
    others: list[Booleans] = field(
        default_factory=list
    )  # of a base, those whom a share does not count

    def count(self, whom: Booleans, n: float, half: float) -> None:
        """Add a number of people, that may be rounded; nobody is nobody, since few are hidden."""
        half = half if n > 0 else 0.0
        self.counts.append((whom, n - half, n + half))


@dataclass(frozen=True)
class Chosen:
    """What is hidden beside small sets: cells of a system of sums, their loss, and the least that is proved."""

    integer: bool
    cells: int
    loss: float
    least: float


@dataclass(frozen=True)
class Finding:
    """What the attacker gets out of one publication."""

    number: int
    profile: str
    refused: str = ""
    results: int = 0
    hidden: int = 0
    rows: int = 0
    small: int = 0
    recovered: tuple[str, ...] = ()
    short: tuple[str, ...] = ()
    seconds: float = 0.0
    chosen: tuple[Chosen, ...] = ()


def people(random: np.random.Generator) -> pd.DataFrame:
    """Draw a file."""
    n = int(random.integers(80, 260))
    departements = [f"D{place:02d}" for place in range(int(random.integers(4, 9)))]
    sizes = random.dirichlet(np.full(len(departements), 0.8))
    frame = pd.DataFrame({"dept": random.choice(departements, n, p=sizes)})
    regions = {
        each: f"R{place % int(random.integers(2, 4))}" for place, each in enumerate(departements)
    }
    frame["region"] = frame["dept"].map(regions)
    frame["sex"] = random.choice(["f", "m"], n)
    frame["age"] = random.integers(18, 60, n)
    frame = with_ages(frame)
    jobs = [f"{group}{place}" for group in "AB" for place in range(3)]
    frame["job"] = random.choice(jobs, n, p=random.dirichlet(np.full(6, 1.0)))
    frame["job_group"] = frame["job"].str[:1]
    frame["vip"] = (np.arange(n) < random.integers(1, 6)).astype(int)
    frame["ill"] = (random.random(n) < random.uniform(0.01, 0.1)).astype(int)
    frame["hours"] = np.where(random.random(n) < 0.05, 0, random.integers(1, 60, n))
    frame[AMOUNT] = np.round(random.lognormal(7, random.uniform(0.4, 1.2), n), 2)
    return frame


def with_ages(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows with the bands of their ages."""
    for name, width in (("five", 5), ("ten", 10)):
        frame[name] = (frame["age"] // width * width).astype(str)
    for start in (30, 31):
        frame[f"about_{start}"] = np.where(
            frame["age"] < start, f"under {start}", f"{start} and over"
        )
    return frame


def possible(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the file, then a row without income for each combination of answers that its variables make possible."""
    # ages that no set could tell apart are one
    ages = with_ages(pd.DataFrame({"age": [*range(20, 60, 5), 18, 31, 32]}))
    every = ages[ages["five"].isin(frame["five"])]
    for names in (["dept", "region"], ["job", "job_group"]):
        every = every.merge(frame[names].drop_duplicates(), how="cross")
    for name, values in (("sex", ["f", "m"]), ("vip", [0, 1]), ("ill", [0, 1]), ("hours", [0, 1])):
        every = every.merge(pd.DataFrame({name: values}), how="cross")
    return pd.concat([frame, every.assign(**{AMOUNT: 0.0})], ignore_index=True)


def where(frame: pd.DataFrame, condition: str) -> Booleans:
    return frame.eval(condition).to_numpy() if condition else np.ones(len(frame), dtype=bool)


Ask = tuple[str, Callable[[Sample], Any], Callable[[Any, Printed], None]]


def asks(
    random: np.random.Generator, frame: pd.DataFrame, people: int, half: float
) -> Iterator[Ask]:
    """Yield results to ask for, each with what an attacker reads in it."""
    while True:
        kind = random.choice(
            ["share", "amount", "flag", "crosstab", "fit", "spread"],
            p=[0.2, 0.3, 0.15, 0.15, 0.15, 0.05],
        )
        condition = str(random.choice(CONDITIONS)) if random.random() < 0.4 else ""
        by = [
            str(each) for each in random.choice(GROUPS, int(random.integers(0, 2)), replace=False)
        ]
        if kind == "crosstab":
            pair = sorted(str(each) for each in random.choice(GROUPS, 2, replace=False))
            yield crosstab(frame, condition, pair, half)
        elif kind == "fit":
            factors = [
                str(each) for each in random.choice(["dept", "region", "sex", "job_group"], 1)
            ]
            numbers = [
                str(each)
                for each in random.choice(["age", "vip", "ill", "hours"], 2, replace=False)
            ]
            yield fit(frame, condition, factors, numbers)
        else:
            variable = str(random.choice(GROUPS))
            yield estimate(frame, people, condition, by, str(kind), variable, half)


def estimate(
    frame: pd.DataFrame,
    people: int,
    condition: str,
    by: list[str],
    kind: str,
    variable: str,
    half: float,
) -> Ask:
    """Return shares of a variable, means and totals of incomes, of a flag, or the dispersion of incomes."""
    statistics = {
        "share": [dl.share(variable)],
        "amount": [dl.mean(AMOUNT), dl.total(AMOUNT)],
        "flag": [dl.mean("ill"), dl.total("ill")],
        "spread": [dl.mean(AMOUNT), dl.variance(AMOUNT), dl.gini(AMOUNT)],
    }[kind]

    def read(result: Any, printed: Printed) -> None:
        means: dict[bytes, float] = {}
        printed.asked.append(where(frame, condition))
        for row in result.frame.to_dict("records"):
            base = where(frame, condition)
            for name in by:
                base = base & (frame[name] == row[name]).to_numpy()
            printed.asked.append(base)
            n, value, name = row["n"], row["estimate"], row["statistic"]
            if not np.isnan(n):
                printed.count(base, n, half)
            counted = _counted(frame, row, kind)
            if counted is not None:
                printed.asked.append(base & counted)
                printed.others.append(base & ~counted)
            if np.isnan(value) or np.isnan(n):
                continue
            if counted is not None:
                share = value if name != "total" else value / n
                printed.count(base & counted, share * n, half)
            elif name in ("mean", "total"):
                means[base.tobytes()] = value if name == "mean" else value / n
                printed.sums.append((base, value * n if name == "mean" else value))
            if (
                not half
                and base.tobytes() in means
                and kind in ("amount", "spread")
                and name != "gini"
            ):
                printed.powers += powers(base, row, means[base.tobytes()], people)

    return kind, lambda sample: dl.estimate(_domain(sample, condition), *statistics, by=by), read


def _counted(frame: pd.DataFrame, row: dict[str, Any], kind: str) -> Booleans | None:
    if kind == "share":
        return (frame[row["variable"]] == row["category"]).to_numpy()
    return (frame["ill"] == 1).to_numpy() if kind == "flag" else None


def _domain(sample: Sample, condition: str) -> Sample:
    return sample.where(condition) if condition else sample


def crosstab(frame: pd.DataFrame, condition: str, pair: list[str], half: float) -> Ask:
    """Return a crosstab of two variables, of which cells and margins are read."""

    def read(result: Any, printed: Printed) -> None:
        whole = where(frame, condition)
        printed.asked.append(whole)
        for row in result.counts.frame.to_dict("records"):
            cell = (
                whole
                & (frame[pair[0]] == row[pair[0]]).to_numpy()
                & (frame[pair[1]] == row[pair[1]]).to_numpy()
            )
            printed.asked.append(cell)
            if not np.isnan(row["estimate"]):
                printed.count(cell, row["estimate"], half)
        if half:
            # totals and shares are made of the rounded cells: they tell nothing more
            return
        for row in result.margins.frame.to_dict("records"):
            line = whole & (frame[row["variable"]] == row["category"]).to_numpy()
            printed.asked.append(line)
            if not np.isnan(row["estimate"]) and not np.isnan(row["n"]):
                printed.count(line, row["estimate"] * row["n"], half)
                printed.count(whole, row["n"], half)
        for kind, base in (("row", pair[0]), ("column", pair[1])):
            for row in result.shares_of[kind].frame.to_dict("records"):
                line = whole & (frame[base] == row[base]).to_numpy()
                cell = (
                    whole
                    & (frame[pair[0]] == row[pair[0]]).to_numpy()
                    & (frame[pair[1]] == row[pair[1]]).to_numpy()
                )
                if not np.isnan(row["estimate"]) and not np.isnan(row["n"]):
                    printed.count(cell, row["estimate"] * row["n"], half)
                    printed.count(line, row["n"], half)

    return "crosstab", lambda sample: dl.crosstab(_domain(sample, condition), *pair), read


def fit(frame: pd.DataFrame, condition: str, factors: list[str], numbers: list[str]) -> Ask:
    """Return a regression of incomes, whose columns the attacker knows of everybody."""
    formula = f"{AMOUNT} ~ {' + '.join([*factors, *numbers])}"

    def read(result: Any, printed: Printed) -> None:
        of = where(frame, condition)
        columns, found = [], []
        for row in result.frame.to_dict("records"):
            name, level = str(row["variable"]), str(row["category"])
            if name == "intercept":
                column = np.ones(len(frame))
            elif level:
                column = (frame[name] == level).to_numpy(dtype=float)
            else:
                column = frame[name].to_numpy(dtype=float)
            columns.append(np.where(of, column, 0.0))
            found.append(row["estimate"])
        printed.fits.append((of, np.array(columns), np.array(found, dtype=float)))

    return "fit", lambda sample: dl.regress(_domain(sample, condition), formula), read


def small_sets(printed: Printed, people: int, least: int) -> tuple[list[Booleans], int]:
    """Return sets of few people that the attacker would want, and how many of them are asked for, or differences.

    The others are what three sets leave, and atoms. What two numbers that are printed tell of who
    is in both is known to any reader: of these, 0 and the threshold need not both be possible, but
    they are placed in no interval narrower than that.
    """
    if not printed.asked:
        # regressions alone: of whom they are, everybody knows
        return [], 0
    sets = {each.tobytes(): each for each in printed.asked}
    for difference in differences(list(sets.values())):
        sets.setdefault(difference.tobytes(), difference)
    asked = sum(0 < each[:people].sum() < least for each in sets.values())
    for difference in differences([*printed.asked, *printed.others]):
        sets.setdefault(difference.tobytes(), difference)
    atoms, place = np.unique(np.array(printed.asked), axis=1, return_inverse=True)
    for at in range(atoms.shape[1]):
        atom = place.ravel() == at
        sets.setdefault(atom.tobytes(), atom)
    return [each for each in sets.values() if 0 < each[:people].sum() < least], asked


def differences(sets: list[Booleans]) -> Iterator[Booleans]:
    """Yield what is left of sets without others within them."""
    apart = {each.tobytes(): each for each in sets}
    for one, other in itertools.permutations(apart.values(), 2):
        if (other <= one).all():
            yield one & ~other


def attack_counts(
    printed: Printed,
    people: int,
    targets: list[Booleans],
    asked: int,
    least: int,
    *,
    integer: bool,
    rounded: bool,
) -> Iterator[tuple[str, str]]:
    """Yield the small sets whose number of people is found, or placed in too short an interval."""
    if not printed.counts or not targets:
        return
    masks = np.array([mask for mask, _, _ in printed.counts])
    # structure is known, people are not: cells that the sets of the file could tell apart
    cells, place = np.unique(
        np.vstack([np.array(printed.asked), masks]), axis=1, return_inverse=True
    )
    equations = cells[len(printed.asked) :].astype(float)
    low, high = (np.array([each[end] for each in printed.counts]) for end in (1, 2))
    low, high = np.ceil(low - 1e-6), np.floor(high + 1e-6)
    place = place.ravel()
    for at, target in enumerate(targets):
        aim = np.bincount(place[target], minlength=cells.shape[1]) > 0
        inside = np.isin(place, np.flatnonzero(aim))
        if inside.sum() != target.sum():
            continue
        ends = [
            _end(sign * aim, equations, low, high, integer=integer) * sign for sign in (1.0, -1.0)
        ]
        truth = float(target[:people].sum())
        said = f"count of {truth:.0f} in [{ends[0]:.2f}, {ends[1]:.2f}]"
        if ends[1] - ends[0] < 1 - 1e-6:
            yield "recovered", said
        elif (
            not rounded
            and not (ends[0] < 1e-6 and ends[1] > least - 1e-6)
            and (at < asked or not ends[1] - ends[0] > least - 1e-6)
        ):
            yield "short", said


def _possible(printed: Printed) -> bool:
    masks = np.array([mask for mask, _, _ in printed.counts], dtype=float)
    low, high = (np.array([each[end] for each in printed.counts]) for end in (1, 2))
    return (
        not masks.size
        or linprog(
            np.zeros(masks.shape[1]),
            A_ub=np.vstack([masks, -masks]),
            b_ub=np.concatenate([np.floor(high + 1e-6), -np.ceil(low - 1e-6)]),
            bounds=(0, None),
        ).status
        == 0
    )


def _end(aim: Floats, equations: Floats, low: Floats, high: Floats, *, integer: bool) -> float:
    if integer:
        found: Any = milp(
            aim,
            integrality=np.ones(aim.size),
            bounds=Bounds(0, np.inf),
            constraints=LinearConstraint(equations, low, high),
            options={"time_limit": 60.0},  # what is found until then is no end too far
        )
    else:
        found = linprog(
            aim,
            A_ub=np.vstack([equations, -equations]),
            b_ub=np.concatenate([high, -low]),
            bounds=(0, None),
            method="highs",
        )
    if found.status == 3 or (
        integer and found.x is None and "unbounded" in str(found.message).lower()
    ):
        return -np.inf
    if found.x is None and found.status == 1:
        return np.nan
    if found.x is None:
        raise RuntimeError(f"{found.status} {found.message}")
    return float(found.fun)


def attack_amounts(
    frame: pd.DataFrame,
    printed: Printed,
    targets: list[Booleans],
    *,
    dominance: bool,
    rounded: bool,
) -> Iterator[tuple[str, str]]:
    """Yield the small sets, or sets that few dominate, whose income is found, or nearly."""
    people = len(frame)
    income = frame[AMOUNT].to_numpy()
    if dominance:
        sets = [*printed.asked, *printed.others]
        dominated = [
            each for each in sets if each[:people].any() and _level(income[each[:people]]) > 0
        ]
        targets = list({each.tobytes(): each for each in (*targets, *dominated)}.values())
    rows = [mask[:people].astype(float) for mask, _ in printed.sums]
    rows += [
        row for _, columns, found in printed.fits for row in _known_sums(columns, found, people)
    ]
    if not rows:
        return
    matrix = np.array(rows)
    scale = np.linalg.norm(matrix, axis=1, keepdims=True)
    _, values, axes = np.linalg.svd(matrix / np.where(scale > 0, scale, 1.0), full_matrices=False)
    span = axes[values > 1e-9 * values.max()]
    singles = [np.arange(len(frame)) == person for person in range(people)] if printed.fits else []
    for target in (*targets, *singles):
        wanted = target[:people].astype(float)
        left = wanted - span.T @ (span @ wanted)
        if left @ left < 1e-8 * (wanted @ wanted):
            yield (
                "recovered",
                f"income of {target[:people].sum()} people by the rank of what is printed",
            )
        elif target[:people].sum() == 1 and left @ left < 0.1:
            yield "short", "income of one person, leverage over 0.9"
    if not rounded:
        yield from _by_programmes(frame, printed, targets, dominance=dominance)


def _known_sums(every: Floats, found: Floats, people: int) -> Floats:
    """Return sums of incomes that a regression tells: its normal equations, without coefficients that are hidden."""
    columns = every[:, :people]
    hidden = (columns @ columns.T)[:, np.isnan(found)]
    left, values, _ = np.linalg.svd(hidden)
    rank = int((values > 1e-9 * values.max(initial=0.0)).sum())
    return np.asarray(left[:, rank:].T @ columns)


def _by_programmes(
    frame: pd.DataFrame, printed: Printed, targets: list[Booleans], *, dominance: bool
) -> Iterator[tuple[str, str]]:
    """Yield what nothing being negative adds, on the sums alone."""
    if not printed.sums:
        return
    income = frame[AMOUNT].to_numpy()
    # where nobody is, there is no income
    sums = [*printed.sums, *((mask, 0.0) for mask, _, high in printed.counts if high < 0.5)]
    masks = np.array([mask for mask, _ in sums])
    cells, place = np.unique(
        np.vstack([np.array(printed.asked), masks]), axis=1, return_inverse=True
    )
    equations, place = cells[len(printed.asked) :].astype(float), place.ravel()
    unit = max(1.0, income.mean())
    values = np.array([value for _, value in sums]) / unit
    spare = 1e-9 * np.abs(values)
    for target in targets:
        aim = np.bincount(place[target], minlength=cells.shape[1]) > 0
        if np.isin(place, np.flatnonzero(aim)).sum() != target.sum():
            continue
        low, high = (
            sign * unit * _end(sign * aim, equations, values - spare, values + spare, integer=False)
            for sign in (1.0, -1.0)
        )
        own = income[target[: len(frame)]]
        truth = own.sum()
        if high - low < 1e-6 * truth:
            yield "recovered", f"income {truth:.2f} of {own.size} people"
        elif dominance and high < truth + _level(own) * (1 - 1e-6):
            yield "short", f"income {truth:.2f} of {own.size} people, at most {high:.2f}"


def _level(values: Floats) -> float:
    """Return how far above a total its interval must reach: the p% rule and dominance of two."""
    first, second = (*np.sort(values)[::-1], 0.0)[:2]
    rest = values.sum() - first - second
    return max(0.0, NEAR * first - rest, (first + second) / DOMINANT - values.sum())


def powers(
    base: Booleans, row: dict[str, Any], mean: float, people: int
) -> Iterator[tuple[Booleans, int, float, float]]:
    """Yield sums of squares and of fourth powers of distances to a mean, as errors and variances tell them."""
    n, error = row["n"], row["std_error"]
    of_error = error**2 * (people - 1) / people
    if row["statistic"] == "mean":
        yield base, 2, mean, of_error * n**2
    elif row["statistic"] == "variance":
        yield base, 2, mean, row["estimate"] * (n - 1)
        # the error is that of n / (n - 1) times the squares
        yield base, 4, mean, (of_error * n**2 + n * row["estimate"] ** 2) * ((n - 1) / n) ** 2


def attack_powers(frame: pd.DataFrame, printed: Printed) -> Iterator[tuple[str, str]]:
    """Yield where a mean and a sum of powers tell the largest income within a tenth to who knows another one."""
    for base, power, mean, total in printed.powers:
        own = np.sort(frame.loc[base[: len(frame)], AMOUNT].to_numpy())[::-1]
        if np.isnan(total) or own[0] - mean <= NEAR * own[0]:
            continue
        assert np.isclose(total, (np.abs(own - mean) ** power).sum(), rtol=1e-6), (power, total)
        tried = own[0] * np.linspace(1.0, 1.0 + 2 * NEAR, 201) - mean
        for other in own[1:] - mean:
            # what is left to the others is least where they are alike
            left = (tried + other) ** 2 / (len(own) - 2)
            if power == 4:
                squares = ((own - mean) ** 2).sum() - tried**2 - other**2
                left = np.maximum(squares, 0.0) ** 2 / (len(own) - 2)
            most = mean + tried[tried**power + other**power + left <= total].max(initial=0.0)
            if most < own[0] * (1 + NEAR) * (1 - 1e-3):
                yield (
                    "short",
                    f"largest income {own[0]:.2f} of {len(own)}, power {power}, at most {most:.2f}",
                )
                break


@contextmanager
def recorded() -> Iterator[list[Chosen]]:
    """Keep what is chosen to be hidden."""
    found: list[Chosen] = []
    protected = Cells.protected

    def kept(self: Cells, table: Any) -> Any:
        table, chosen = protected(self, table)
        beside = chosen.hidden & ~table.sensitive
        found.append(Chosen(table.integer, int(beside.sum()), chosen.loss, chosen.bound))
        return table, chosen

    with patch.object(Cells, "protected", kept):
        yield found


def one(task: tuple[int, bool]) -> Finding:
    """Draw a file, publish results of it, and attack what is printed."""
    number, integer = task
    random = np.random.default_rng([SEED, number])
    profile = str(random.choice(list(LEAST), p=[0.7, 0.15, 0.15]))
    half = ROUNDED.get(profile, 0) / 2
    frame = people(random)
    if random.random() < 0.3:
        frame.loc[int(random.integers(len(frame))), AMOUNT] = 1_234_567.0
    sample = dl.declare_design(frame)
    chosen = list(
        itertools.islice(
            asks(random, possible(frame), len(frame), half), int(random.integers(2, 6))
        )
    )
    in_turn = random.random() < 0.3
    start = time.process_time()
    printed, shown, refused = Printed(), [], ""
    results, reads = [], []
    for _, ask, read in chosen:
        try:
            results.append(ask(sample))
        except DiplabError:
            continue
        reads.append(read)
    try:
        with recorded() as chosen_cells:
            if in_turn:
                for result in results:
                    shown.append(
                        dl.publish(result, profile, sample=sample, released=shown, notes=NOTES)
                    )
            else:
                shown = dl.publish(results, profile, sample=sample, notes=NOTES) if results else []
    except (DiplabError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        refused = f"{type(error).__name__}: {str(error).splitlines()[0][:90]}"
    seconds = time.process_time() - start
    for result, read in zip(shown, reads, strict=False):
        read(result, printed)
    if profile in ROUNDED and not _possible(printed):
        # a number that is not rounded stands beside a rounded one: it is no equation that this
        # attacker reads
        return Finding(number, profile, "rounded numbers that fit no file", seconds=seconds)
    if not shown:
        return Finding(number, profile, refused or "nothing asked", seconds=seconds)
    targets, asked = small_sets(printed, len(frame), LEAST[profile])
    found = list(
        attack_counts(
            printed, len(frame), targets, asked, LEAST[profile], integer=integer, rounded=half > 0
        )
    )
    found += list(
        attack_amounts(frame, printed, targets, dominance=profile == "standard", rounded=half > 0)
    )
    if profile == "standard":
        found += list(attack_powers(frame, printed))
    frames = [each.counts.frame if hasattr(each, "counts") else each.frame for each in shown]
    return Finding(
        number, profile, refused, len(shown),
        sum(int((each["flag"] == "confidential").sum()) for each in frames), sum(map(len, frames)), len(targets),
        tuple(said for kind, said in found if kind == "recovered"),
        tuple(said for kind, said in found if kind == "short"), seconds, tuple(chosen_cells),
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument(
        "--integer", action="store_true", help="integer programmes, which take longer"
    )
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    tasks = [(number, asked.integer) for number in range(asked.first, asked.first + asked.files)]
    findings = []
    with Pool(asked.jobs) as pool:
        for found in pool.imap_unordered(one, tasks, chunksize=2):
            findings.append(found)
            for kind in ("recovered", "short"):
                for said in getattr(found, kind)[:3]:
                    print(f"{found.number} {found.profile} {kind}: {said}", flush=True)
    for profile in LEAST:
        if own := [each for each in findings if each.profile == profile]:
            print(f"{profile}: {_said(own)}")
    print(f"all: {_said(findings)}")
    for name, integer in (("numbers", True), ("amounts", False)):
        own = [
            each
            for found in findings
            for each in found.chosen
            if each.integer == integer and each.loss > 0
        ]
        proved = sum(each.loss <= each.least * (1 + 1e-6) for each in own)
        over = sum(each.loss / each.least - 1 if each.least > 0 else 1.0 for each in own) / max(
            1, len(own)
        )
        print(
            f"hidden beside, by {name}: {sum(each.cells for each in own)} cells of {len(own)} "
            "systems of sums, "
            f"the loss proved least in {proved}, on average {100 * over:.2f} % over the least that "
            "is proved"
        )
    refused = Counter(each.refused for each in findings if each.refused)
    for said, times in refused.most_common(10):
        print(f"refused {times}: {said}")


def _said(findings: list[Finding]) -> str:
    return (
        f"{len(findings)} files, {sum(each.results for each in findings)} results, "
        f"{sum(each.rows for each in findings)} rows, {sum(each.hidden for each in findings)} "
        "hidden; "
        f"{sum(each.small for each in findings)} small sets looked for; "
        f"recovered {sum(len(each.recovered) for each in findings)} in "
        f"{sum(bool(each.recovered) for each in findings)} files, "
        f"too near {sum(len(each.short) for each in findings)} in "
        f"{sum(bool(each.short) for each in findings)} files; "
        f"processor {np.median([each.seconds for each in findings]):.2f} s a file (median)"
    )


if __name__ == "__main__":
    main()
