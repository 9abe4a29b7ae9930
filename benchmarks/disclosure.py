"""What an attacker gets out of tables that suppression protects: `python benchmarks/disclosure.py --tables 1000`.

Random tables with all their margins, in two and three dimensions and linked by a margin, of counts
(sensitive from 1 to 9, to hold 0 and 10) and of amounts (sensitive where two contributors have over
90 %), some with cells that are released already. Each is protected, then attacked by programmes
written anew, one for each end of each sensitive cell: the attacker knows what is printed, all sums,
that nothing is negative and that counts are whole, and in turn is each person who is alone in a
cell. The least loss is found again, on small tables, by one programme that has no cutting planes.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from multiprocessing import Pool

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from diplab.errors import DisclosureError
from diplab.kernel.arrays import Booleans, Floats, Integers
from diplab.kernel.suppression import CellTable, protect

LEAST, DOMINANT = 10, 0.9
INSIDERS = 3  # attackers who are alone in a cell, of each table
KINDS = ("two dimensions", "three dimensions", "linked")
SMALL = {
    "two dimensions": ((3, 3), (4, 3), (5, 3)),
    "three dimensions": ((2, 2, 2), (3, 2, 2)),
    "linked": ((2, 2, 2), (3, 2, 2)),
}


@dataclass(frozen=True)
class Finding:
    """What became of one table."""

    kind: str
    integer: bool
    sensitive: int
    refused: bool
    method: str = ""
    recovered: int = 0
    short: int = 0
    loss: float = 0.0
    in_turn: float = float("nan")  # loss where the exact method is not tried
    bound: float = 0.0
    again: float = float("nan")  # the least loss, found another way
    seconds: float = 0.0


def margins_of(*shape: int) -> sparse.csr_array:
    """Return the equations of a table with all its margins, (equations, cells): each line ends with its total."""
    places = np.arange(np.prod([size + 1 for size in shape])).reshape([size + 1 for size in shape])
    lines = [
        line
        for axis in range(len(shape))
        for line in np.moveaxis(places, axis, -1).reshape(-1, shape[axis] + 1)
    ]
    equations = np.zeros((len(lines), places.size))
    for equation, line in zip(equations, lines, strict=True):
        equation[line] = 1.0
        equation[line[-1]] = -1.0
    return sparse.csr_array(equations)


def linked(*tables: tuple[sparse.csr_array, Integers]) -> sparse.csr_array:
    """Return the equations of tables that share cells, from those of each and the places of its cells among all."""
    cells, moved = 1 + max(int(places.max()) for _, places in tables), []
    for equations, places in tables:
        moved.append(np.zeros((equations.shape[0], cells)))
        moved[-1][:, places] = equations.toarray()
    return sparse.csr_array(np.concatenate(moved))


def with_margins(inner: Floats) -> Floats:
    for axis in range(inner.ndim):
        inner = np.concatenate([inner, inner.sum(axis, keepdims=True)], axis)
    return inner


def cells_of(
    kind: str, shape: tuple[int, ...]
) -> tuple[sparse.csr_array, Callable[[Floats], Floats], int]:
    """Return the equations of a table, what makes its cells of its inner ones, and how many of these there are."""
    if kind != "linked":
        return (
            margins_of(*shape),
            lambda inner: with_margins(inner.reshape(shape)).ravel(),
            int(np.prod(shape)),
        )
    # the same rows by one variable and by another: people are in a cell of each, and row totals are
    # shared
    rows, first, second = shape
    one = (rows + 1) * (first + 1)
    places = np.arange(one, one + (rows + 1) * (second + 1)).reshape(rows + 1, second + 1)
    places = np.concatenate(
        [
            places[:, :-1] - np.arange(rows + 1)[:, None],
            np.arange(one).reshape(rows + 1, -1)[:, -1:],
        ],
        1,
    )
    equations = linked(
        (margins_of(rows, first), np.arange(one)), (margins_of(rows, second), places.ravel())
    )

    def cells(inner: Floats) -> Floats:
        both = with_margins(inner.reshape(shape))
        return np.concatenate([both[:, :, -1].ravel(), both[:, -1, :-1].ravel()])

    return equations, cells, int(np.prod(shape))


def drawn(
    random: np.random.Generator, kind: str, shape: tuple[int, ...], *, integer: bool
) -> CellTable:
    """Draw people into the inner cells, and amounts of theirs."""
    equations, cells, inner = cells_of(kind, shape)
    mean = random.uniform(1.8, 3.2) - (kind == "linked")
    people = np.floor(random.lognormal(mean, 1.1, inner)).astype(int)
    people[random.random(inner) < 0.1] = 0
    who = np.repeat(np.arange(inner), people)
    amount = random.lognormal(3, 1.5, who.size)
    n = cells(people.astype(float))
    indicators = np.stack([cells(row) for row in np.eye(inner)], axis=1)  # (cells, inner)
    totals = cells(np.bincount(who, amount, minlength=inner))
    if integer:
        values, sensitive = n, (n > 0) & (n < LEAST)
        lower, upper = np.where(sensitive, n, 0.0), np.where(sensitive, LEAST - n, 0.0)
    else:
        of_cell = indicators[:, who] * amount
        largest = np.sort(np.pad(of_cell, [(0, 0), (2, 0)]), axis=1)[:, -2:].sum(axis=1)
        values, upper = totals, np.where(n > 0, np.maximum(largest / DOMINANT - totals, 0.0), 0.0)
        sensitive, lower = upper > 0, np.minimum(upper, totals)
    released = ~sensitive & (random.random(n.size) < (0.1 if random.random() < 1 / 3 else 0.0))
    alone = np.flatnonzero((n == 1) & sensitive)[:INSIDERS]
    cost = np.log1p(values)
    return CellTable(
        values,
        equations,
        sensitive,
        lower,
        upper,
        released,
        cost,
        integer,
        insiders=tuple(alone.tolist()),
    )


def ends(table: CellTable, low: Floats, high: Floats, cells: Integers) -> tuple[Floats, Floats]:
    """Return the ends of what is possible of cells, all within limits: programmes of those that are unknown, in one."""
    unknown, shown = np.flatnonzero(high > low), np.flatnonzero(high == low)
    known = -(table.equations[:, shown] @ low[shown])
    unit = 1.0 if table.integer else max(1.0, float(table.values[unknown].max(initial=1.0)) / 1e3)
    endless = (
        100 * table.values.sum() / unit
    )  # what no end of an interval reaches, and stands for infinity
    limits = [
        np.tile(np.minimum(each[unknown] / unit, endless), 2 * cells.size) for each in (low, high)
    ]
    aim = (unknown == cells[:, None]).astype(float)
    aims = np.concatenate([aim, -aim])
    found = milp(
        aims.ravel(),
        integrality=np.full(aims.size, float(table.integer)),
        bounds=Bounds(*limits),
        constraints=LinearConstraint(
            sparse.kron(sparse.eye_array(len(aims)), table.equations[:, unknown], format="csc"),
            *[np.tile(known / unit, len(aims))] * 2,
        ),
        options={"mip_rel_gap": 0.0},
    )
    if found.status != 0:
        raise RuntimeError(found.message)
    low, high = np.abs((found.x.reshape(aims.shape) * aims).sum(axis=1) * unit).reshape(2, -1)
    return low, np.where(high > 0.99 * endless * unit, np.inf, high)


def attack(table: CellTable, hidden: Booleans) -> tuple[int, int]:
    """Return how many sensitive cells are recovered, and how many have too short an interval, by any attacker."""
    recovered, short = ~hidden & table.sensitive, ~hidden & table.sensitive
    for insider in (-1, *table.insiders):
        cells = np.flatnonzero(table.sensitive & hidden & (np.arange(hidden.size) != insider))
        if not cells.size:
            continue
        unknown = hidden & (np.arange(hidden.size) != insider)
        low, high = ends(
            table,
            np.where(unknown, 0.0, table.values),
            np.where(unknown, np.inf, table.values),
            cells,
        )
        levels, values = (table.lower[cells], table.upper[cells]), table.values[cells]
        near = 1e-6 * (sum(levels) + (0 if table.integer else 1e-3 * table.values.max()))
        recovered[cells] |= high - low <= near
        short[cells] |= (low > values - levels[0] + near) | (high < values + levels[1] - near)
    return int(recovered.sum()), int(short.sum())


def least_loss(table: CellTable) -> float:
    """Return the least loss by one programme: whether each cell is hidden, and a table for each end and attacker."""
    size, goals = table.values.size, []
    for insider in (-1, *table.insiders):
        for cell in np.flatnonzero(table.sensitive):
            if cell != insider:
                goals += [
                    (insider, cell, move)
                    for move in (-table.lower[cell], table.upper[cell])
                    if move
                ]
    unit = 1.0 if table.integer else max(float(table.upper.max()), 1.0)
    most = (
        min(table.values.sum(), 50 * max(table.lower.max(), table.upper.max())) / unit
    )  # wider, it rounds
    eye, count = sparse.eye_array(size), len(goals)
    sums = sparse.hstack(
        [
            sparse.csr_array((count * table.equations.shape[0], size)),
            sparse.kron(sparse.eye_array(count), table.equations),
        ]
    )
    down, up = np.minimum(table.values / unit, most), np.full(size, most)
    moves = sparse.kron(sparse.eye_array(count), eye)
    lowest = sparse.hstack([sparse.vstack([sparse.diags_array(down)] * count), moves])
    highest = sparse.hstack([sparse.vstack([sparse.diags_array(up)] * count), -moves])
    low, high = np.full((count, size), -np.inf), np.full((count, size), np.inf)
    for row, (insider, cell, move) in enumerate(goals):
        low[row, cell], high[row, cell] = (
            (move / unit, np.inf) if move > 0 else (-np.inf, move / unit)
        )
        if insider >= 0:
            low[row, insider] = high[row, insider] = 0.0
    found = milp(
        np.concatenate([np.where(table.sensitive, 0.0, table.cost), np.zeros(count * size)]),
        integrality=np.concatenate([np.ones(size), np.full(count * size, float(table.integer))]),
        bounds=Bounds(
            np.concatenate([table.sensitive, low.ravel()]),
            np.concatenate([~table.released, high.ravel()]),
        ),
        constraints=[
            LinearConstraint(sums, 0, 0),
            LinearConstraint(sparse.vstack([lowest, highest]), 0, np.inf),
        ],
        options={"mip_rel_gap": 0.0, "time_limit": 120},
    )
    return float(found.fun) if found.status == 0 else float("nan")


def one(task: tuple[int, bool]) -> Finding:
    """Draw, protect and attack the table of a number; find its least loss again where it is small."""
    number, small = task
    random = np.random.default_rng([20261129, number])
    kind, integer = KINDS[number % 3], bool(number // 3 % 2)
    if small:
        shape = SMALL[kind][int(random.integers(len(SMALL[kind])))]
    else:
        shape = tuple(
            random.integers(
                *{"two dimensions": (3, 9), "three dimensions": (2, 4), "linked": (3, 5)}[kind],
                2 + (kind != "two dimensions"),
            ).tolist()
        )
    table = drawn(random, kind, shape, integer=integer)
    finding = Finding(kind, integer, int(table.sensitive.sum()), refused=False)
    start = time.process_time()
    try:
        found = protect(table)
    except DisclosureError as error:
        # everything hidden, the same cells are found
        every = replace(table, sensitive=np.isin(np.arange(table.values.size), error.cells))
        recovered, short = attack(every, ~table.released)
        if not short == len(error.cells) > 0:
            raise RuntimeError(f"table {number} was refused and can be protected") from error
        return replace(finding, refused=True)
    seconds = time.process_time() - start
    recovered, short = attack(table, found.hidden)
    finding = replace(
        finding,
        method=found.method,
        recovered=recovered,
        short=short,
        loss=found.loss,
        bound=found.bound,
        seconds=seconds,
    )
    if small or number % 11 == 0:
        in_turn = protect(table, time_limit=0)
        more = attack(table, in_turn.hidden)
        finding = replace(
            finding, in_turn=in_turn.loss, recovered=recovered + more[0], short=short + more[1]
        )
    return (
        replace(finding, again=least_loss(table)) if small and found.method != "none" else finding
    )


def rounding(random: np.random.Generator, tables: int, base: int) -> tuple[float, float]:
    """Return the share of counts of 1 to 9 that rounding gives back exactly, totals rounded on their own or summed."""
    recovered, of = np.zeros(2), 0
    for _ in range(tables):
        table = drawn(random, "two dimensions", (4, 3), integer=True)
        printed = base * np.round(table.values / base)
        half = (base - 1) / 2
        low, high = np.maximum(printed - half, 0), printed + half
        apart = replace(table, equations=table.equations[[]])
        for at, each in enumerate((table, apart)):
            least, most = ends(each, low, high, np.arange(low.size))
            recovered[at] += np.count_nonzero(table.sensitive & (least == most))
        of += np.count_nonzero(table.sensitive)
    return tuple(100 * recovered / of)


def report(findings: Iterable[Finding]) -> None:
    """Print a line a kind of table."""
    every = list(findings)
    print(
        "| tables | number | sensitive cells | refused | recovered | interval short | loss proved "
        "least "
        "| in turn / least loss, mean (highest) | processor, s, median (highest) |\n|---|"
        + "---:|"
        * 8
    )
    groups = [(kind, integer) for kind in KINDS for integer in (True, False)]
    for kind, integer in [*groups, ("all", True)]:
        of = [
            each for each in every if kind == "all" or (each.kind, each.integer) == (kind, integer)
        ]
        kept = [each for each in of if not each.refused]
        if not kept:
            continue
        best = [
            each
            for each in kept
            if each.method == "none" or each.loss - each.bound <= 1e-6 * each.loss
        ]
        ratio = np.array(
            [
                each.in_turn / each.loss
                for each in best
                if each.loss > 0 and not np.isnan(each.in_turn)
            ]
        )
        seconds = [each.seconds for each in kept]
        name = kind if kind == "all" else f"{kind}, {'counts' if integer else 'amounts'}"
        columns = [
            f"{name} | {len(of):,} | {sum(each.sensitive for each in of):,} | {len(of) - len(kept)}"
        ]
        columns += [f"{sum(each.recovered for each in kept)} | {sum(each.short for each in kept)}"]
        columns += [
            f"{len(best):,} of {len(kept):,} | {ratio.mean():.3f} ({ratio.max():.2f})"
            if ratio.size
            else f"{len(best):,} of {len(kept):,} | "
        ]
        print(f"| {' | '.join(columns)} | {np.median(seconds):.2f} ({max(seconds):.1f}) |")
    again = [each for each in every if not np.isnan(each.again)]
    apart = [each for each in again if abs(each.again - each.loss) > 1e-6 * max(1.0, each.loss)]
    print(f"\nleast loss found again by one programme: {len(again) - len(apart)} of {len(again)}")
    for each in apart:
        print(f"  {each}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", type=int, default=1000)
    parser.add_argument(
        "--small",
        type=int,
        default=300,
        help="further small tables of which the least loss is found again",
    )
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    start = time.perf_counter()
    tasks = [(number, False) for number in range(asked.tables)]
    tasks += [(number, True) for number in range(asked.tables, asked.tables + asked.small)]
    with Pool(asked.jobs) as pool:
        report(pool.imap_unordered(one, tasks, chunksize=4))
    for base in (3, 5):
        alone, summed = rounding(np.random.default_rng(base), 200, base)
        print(
            f"rounded to {base}: of counts from 1 to 9, {alone:.1f} % are recovered from totals "
            "rounded on their own,"
        )
        print(f"    {summed:.1f} % where totals are the sums of what is rounded")
    print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
