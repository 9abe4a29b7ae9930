"""Cell suppression: cells to hide so that sums do not disclose others. See docs/formulas.md."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from diplab.errors import DisclosureError
from diplab.kernel.arrays import Booleans, Floats, Integers

Method: TypeAlias = Literal["none", "cutting planes", "linear programmes in turn", "hypercube"]
# of a protection level: what rounding may take from it; of a whole number: what it may be off by
_NEAR = 1e-6
# of constraints that choices in part gain where there are more cells than `exact_up_to`
_ROUNDS = 1
# branches of the master problem where there are more cells to choose from than `exact_up_to`
_NODES = 100
_ENOUGH = 0.5  # of the best, what is enough of a programme that moves many cells
_TRIES = 3  # programmes in a row that meet no goal, after which goals have programmes of their own
_BLOCK_CELLS = 20_000  # variables of the linear programmes that are solved as one
# of a programme in whole numbers, after which what was found until then is taken: a goal that it
# leaves open is missed
_WHOLE = {"node_limit": 200, "time_limit": 20.0}


@dataclass(eq=False)
class Possible:
    """Tables that readers consider possible, as moves from the true one, found so far.

    A move keeps all sums and makes nothing negative; it stays possible as long as the cells that it
    moves are hidden.
    """

    values: Floats
    equations: sparse.csr_array
    integer: bool
    moves: Floats | None = None  # (moves, cells)

    def is_of(self, table: CellTable) -> bool:
        """Return whether they are of this table, whatever is asked of it."""
        same = self.values is table.values and self.equations is table.equations
        return same and self.integer == table.integer

    def add(self, moves: Floats) -> None:
        """Keep moves, (moves, cells)."""
        self.moves = moves if self.moves is None else np.concatenate([self.moves, moves])

    def meet(self, goals: _Goals, hidden: Booleans) -> tuple[Booleans, Floats]:
        """Return which goals known moves meet with these cells hidden, and their best moves."""
        best = np.zeros((goals.cell.size, hidden.size))
        if self.moves is None or not goals.cell.size:
            return np.zeros(goals.cell.size, dtype=bool), best
        usable = self.moves[~(self.moves[:, ~hidden] != 0).any(axis=1)]
        for insider in np.unique(goals.insider):
            own = np.flatnonzero(goals.insider == insider)
            held = usable if insider < 0 else usable[usable[:, insider] == 0]
            if len(held):
                reach = held[:, goals.cell[own]] * goals.sign[own]
                best[own] = held[reach.argmax(axis=0)]
        reach = goals.sign * best[np.arange(goals.cell.size), goals.cell]
        return reach >= goals.level * (1 - _NEAR), best


@dataclass(frozen=True, eq=False)
class CellTable:
    """One table, or several linked by shared cells, margins included; all (cells,)."""

    values: Floats  # what would be printed of each cell, weighted or not
    # (equations, cells), of -1, 0 and 1: the sums that everybody knows, `equations @ values` being
    # 0
    equations: sparse.csr_array
    sensitive: Booleans  # primary suppressions: the cells that are hidden in any case
    # protection levels of the sensitive cells, in the unit of the values; 0 of those that may be
    # derived, as are cells that are in no table but only in sums
    lower: Floats
    upper: Floats
    released: Booleans  # cells that are published already: they cannot be hidden
    cost: Floats  # information lost with each cell, 0 or more
    integer: bool  # whether readers know that the values are whole numbers, as counts are
    # cells of a single contributor (singletons), who knows the cell exactly and looks for the
    # others
    insiders: tuple[int, ...] = ()
    # cells within that of a single contributor: nobody else is looked for in them
    own: Mapping[int, Integers] = field(default_factory=dict)
    # cells that that of a single contributor is in: no smaller, to whom a lower level beyond that
    # cannot be met
    around: Mapping[int, Integers] = field(default_factory=dict)
    # kept where the same values are searched again
    possible: Possible = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        if self.possible is None or not self.possible.is_of(self):
            object.__setattr__(
                self, "possible", Possible(self.values, self.equations, self.integer)
            )

    @property
    def room(self) -> tuple[Floats, Floats]:
        """Return what readers consider possible below and above each cell: nothing is negative."""
        return self.values, np.full_like(self.values, np.inf)

    def lower_to(self, insider: int) -> Floats:
        """Return the lower levels that can be met against an insider; -1 for a reader."""
        lower, around = self.lower.copy(), self.around.get(insider, np.zeros(0, dtype=np.int64))
        lower[around] = np.minimum(
            lower[around], np.maximum(self.values[around] - self.values[insider], 0.0)
        )
        return lower


@dataclass(frozen=True, eq=False)
class Suppression:
    """Cells to hide, primary and secondary."""

    hidden: Booleans  # (cells,)
    method: Method  # `none` where the table is protected by its primary suppressions alone
    loss: float  # cost of the secondary suppressions
    # no set of cells that protects the table has less loss; equal to that where the choice is
    # optimal
    bound: float


@dataclass(frozen=True, eq=False)
class _Goals:
    """What each attacker must hold possible: cells this far below or above their values."""

    cell: Integers
    sign: Floats  # -1 below, 1 above
    level: Floats
    insider: Integers  # cell that the attacker knows; -1 for one who knows none

    @classmethod
    def of(cls, table: CellTable) -> _Goals:
        """Return the goals of the sensitive cells, against readers and each insider."""
        cells = np.flatnonzero(table.sensitive)
        sides = [
            (np.stack([cell, np.full_like(cell, who)]), sign, level[cell])
            for who in (-1, *table.insiders)
            for cell in [cells[~np.isin(cells, [who, *table.own.get(who, ())])]]
            for sign, level in ((-1.0, table.lower_to(who)), (1.0, table.upper))
        ]
        level = np.concatenate([item for *_, item in sides])
        sign = np.concatenate([np.full(item.size, sign) for _, sign, item in sides])
        cell, insider = np.concatenate([who for who, *_ in sides], axis=1)
        if table.integer:
            level = np.ceil(level - _NEAR)
        some = level > 0
        return cls(cell[some], sign[some], level[some], insider[some])

    def __getitem__(self, which: Integers | Booleans) -> _Goals:
        return _Goals(self.cell[which], self.sign[which], self.level[which], self.insider[which])

    def limits(self, table: CellTable, hidden: Booleans | Floats) -> tuple[Floats, Floats]:
        """Return how far each cell may move down and up, (goals, cells), for its attacker."""
        below, above = (
            np.tile(np.where(hidden > 0, room, 0.0), (self.cell.size, 1)) for room in table.room
        )
        goal, knows = np.arange(self.cell.size), self.insider >= 0
        for room, side in ((below, self.sign < 0), (above, self.sign > 0)):
            room[goal[knows], self.insider[knows]] = 0.0
            room[goal[side], self.cell[side]] = np.minimum(
                room[goal[side], self.cell[side]], self.level[side]
            )
        return below, above


def _unit(room: Floats) -> float:
    """Return the unit of room for solvers with absolute tolerances: at most about 10,000 units."""
    # by a power of two, which rounds nothing itself
    widest = np.abs(np.where(np.isfinite(room), room, 0.0)).max(initial=0.0)
    return float(2.0 ** np.floor(np.log2(widest / 1e4))) if widest else 1.0


def _furthest(
    equations: sparse.csr_array, cell: Integers, sign: Floats, below: Floats, above: Floats
) -> tuple[Floats, Floats]:
    """Return moves (goals, cells) furthest in one cell each, and dual prices of equations."""
    # the linear programmes, one a goal, are solved as one of many blocks
    moves, prices = np.zeros(below.shape), np.zeros((cell.size, equations.shape[0]))
    columns = np.union1d(cell, np.flatnonzero(((below > 0) | (above > 0)).any(axis=0)))
    matrix = equations[:, columns]
    rows = np.flatnonzero(np.diff(matrix.indptr))
    matrix = matrix[rows]
    where = np.searchsorted(columns, cell)
    step = max(1, _BLOCK_CELLS // max(1, columns.size))
    for start in range(0, cell.size, step):
        part = slice(start, start + step)
        low, high = -below[part][:, columns], above[part][:, columns]
        unit, size = _unit(np.array([low, high])), len(low)
        objective = np.zeros(low.shape)
        objective[np.arange(size), where[part]] = -sign[part]
        found = linprog(
            objective.ravel(),
            A_eq=sparse.kron(sparse.eye_array(size), matrix, format="csc"),
            b_eq=np.zeros(size * rows.size),
            bounds=np.column_stack([low.ravel(), high.ravel()]) / unit,
            method="highs-ds",
        )
        if found.x is None:
            raise DisclosureError("The audit of the table ended without an answer.", found.message)
        moves[np.arange(start, start + size)[:, None], columns] = found.x.reshape(size, -1) * unit
        prices[np.arange(start, start + size)[:, None], rows] = found.eqlin.marginals.reshape(
            size, -1
        )
    return moves, prices


def _integer_optimum(
    equations: sparse.csr_array, objective: Floats, low: Floats, high: Floats, gap: float = 0.0
) -> Floats | None:
    """Return integer moves within limits of nearly least objective; None if none is found."""
    columns = np.flatnonzero((low < 0) | (high > 0))
    matrix = equations[:, columns]
    found = milp(
        objective[columns],
        integrality=np.ones(columns.size),
        bounds=Bounds(low[columns], high[columns]),
        constraints=LinearConstraint(matrix[np.flatnonzero(np.diff(matrix.indptr))], 0.0, 0.0),
        options={"mip_rel_gap": gap} | _WHOLE,
    )
    if found.x is None:
        return None
    moves = np.zeros(low.size)
    moves[columns] = np.round(found.x)
    return moves


def _is_whole(moves: Floats) -> Booleans:
    """Return whether all moves, (goals, cells) or (cells,), are whole, goal by goal."""
    return np.asarray((np.abs(moves - np.round(moves)) < _NEAR).all(axis=-1))


def _reached(
    table: CellTable, goals: _Goals, hidden: Booleans, *, every: bool = False
) -> tuple[Booleans, Floats]:
    """Return the goals met with these cells hidden, and moves that meet them; `every`: all."""
    known = table.possible
    if not every:
        _move_together(table, goals, hidden)
    left = np.flatnonzero(~known.meet(goals, hidden)[0])
    while left.size:
        # what one goal asks of others often meets these
        some, left = left[: _block(table, hidden)], left[_block(table, hidden) :]
        own = goals[some]
        below, above = own.limits(table, hidden)
        moves, _ = _furthest(table.equations, own.cell, own.sign, below, above)
        far = own.sign * moves[np.arange(some.size), own.cell] >= own.level * (1 - _NEAR)
        if table.integer:
            whole = _is_whole(moves)
            known.add(np.round(moves[far & whole]))
            for goal in np.flatnonzero(far & ~whole):
                one = own[np.array([goal])]
                if not known.meet(one, hidden)[0][0]:
                    _move_whole(table, one, below[goal], above[goal])
        else:
            known.add(moves[far])
        if every and not known.meet(own, hidden)[0].all():
            break
        left = left[~known.meet(goals[left], hidden)[0]]
    return known.meet(goals, hidden)


def _block(table: CellTable, hidden: Booleans) -> int:
    """Return how many goals are solved as one programme."""
    return max(1, _BLOCK_CELLS // (4 * max(1, int(np.count_nonzero(hidden)))))


def _move_whole(table: CellTable, goal: _Goals, below: Floats, above: Floats) -> None:
    """Look for a whole move that meets one goal."""
    low, high, cell, sign = -below, above, int(goal.cell[0]), float(goal.sign[0])
    # beyond the level too: some cells move by twos
    low[cell], high[cell] = sorted(
        (sign * float(goal.level[0]), sign * table.room[int(sign > 0)][cell])
    )
    found = _integer_optimum(table.equations, np.zeros(low.size), low, high)
    if found is not None:
        table.possible.add(found[None, :])


def audit(
    table: CellTable, hidden: Booleans, asked: Booleans | None = None
) -> tuple[Floats, Floats]:
    """Return the bounds readers derive of each cell, or of `asked`; printed cells are known."""
    cells = np.flatnonzero(hidden if asked is None else hidden & asked)
    below, above = (np.where(hidden, room, 0.0) for room in table.room)
    found = np.array(table.values), np.array(table.values)
    for sign, ends in zip((-1.0, 1.0), found, strict=True):
        # a cell without end moves together with others that have none, and nothing holds them back
        free = [np.tile(np.isinf(room).astype(float), (cells.size, 1)) for room in (below, above)]
        moves, _ = _furthest(table.equations, cells, np.full(cells.size, sign), *free)
        endless = sign * moves[np.arange(cells.size), cells] > _NEAR
        ends[cells[endless]] = sign * np.inf
        rest = cells[~endless]
        room = [np.tile(item, (rest.size, 1)) for item in (below, above)]
        moves, _ = _furthest(table.equations, rest, np.full(rest.size, sign), *room)
        if table.integer:
            for goal in np.flatnonzero(~_is_whole(moves)):
                objective = np.zeros(below.size)
                objective[rest[goal]] = -sign
                whole = _integer_optimum(table.equations, objective, -below, above)
                moves[goal] = moves[goal] if whole is None else whole
            moves = np.round(moves)
        ends[rest] = table.values[rest] + moves[np.arange(rest.size), rest]
    return found


def exposed(table: CellTable, hidden: Booleans) -> Booleans:
    """Return sensitive cells that are shown or whose protection interval is narrowed."""
    goals, short = _Goals.of(table), table.sensitive & ~hidden
    short[goals.cell[~_reached(table, goals, hidden)[0]]] = True
    return short


def _move_together(table: CellTable, goals: _Goals, hidden: Booleans) -> None:
    """Look for moves that each meet many goals of one attacker, until some meet none."""
    drawn = np.random.default_rng(0)
    goals = goals[~table.possible.meet(goals, hidden)[0]]
    for insider in np.unique(goals.insider):
        own, vain = goals[goals.insider == insider], 0
        own = own[~table.possible.meet(own, hidden)[0]]
        while own.cell.size and vain < _TRIES:
            moves = _moved_together(table, own, hidden, drawn)
            if moves is not None:
                table.possible.add(moves[None, :])
            met, _ = table.possible.meet(own, hidden)
            own = own[~met]
            vain = 0 if met.any() else vain + 1


def _moved_together(
    table: CellTable, goals: _Goals, hidden: Booleans, drawn: np.random.Generator
) -> Floats | None:
    """Return a move (cells,) of one attacker with goals far below or above; None if none."""
    goals = goals[drawn.permutation(goals.cell.size)]
    goals = goals[np.unique(goals.cell, return_index=True)[1]]
    below, above = (np.where(hidden, room, 0.0) for room in table.room)
    insider = goals.insider[0]
    if insider >= 0:
        below[insider] = above[insider] = 0.0
    for side, room in ((goals.sign < 0, below), (goals.sign > 0, above)):
        room[goals.cell[side]] = np.minimum(room[goals.cell[side]], goals.level[side])
    columns = np.flatnonzero((below > 0) | (above > 0))
    if not columns.size:
        return None
    aim = np.zeros(below.size)
    aim[goals.cell] = -goals.sign * drawn.uniform(0.5, 1.0, goals.cell.size) / goals.level
    matrix = table.equations[:, columns]
    bounds = np.column_stack([-below, above])[columns]
    unit, steepest = _unit(bounds), np.abs(aim).max()
    found = linprog(
        aim[columns] / steepest, A_eq=matrix, b_eq=np.zeros(matrix.shape[0]),
        bounds=bounds / unit, method="highs-ds",
    )  # fmt: skip
    if found.x is None:
        return None
    moves = np.zeros(below.size)
    moves[columns] = found.x * unit
    if not table.integer:
        return moves
    if _is_whole(moves):
        return np.round(moves)
    return _integer_optimum(table.equations, aim, -below, above, _ENOUGH)


def protect(table: CellTable, *, exact_up_to: int = 60, time_limit: float = 60.0) -> Suppression:
    """Return the cells to hide at the least loss so that no sensitive one is disclosed."""
    # with at most `exact_up_to` cells to choose from, neither sensitive nor released, the least
    # loss is sought to the end; with more, as long as few rounds do. After `time_limit` seconds
    # cells are found by linear programmes in turn, and `bound` is what was reached
    goals = _Goals.of(table)
    if (table.sensitive & table.released).any():
        raise _refusal(table)
    if not exposed(table, table.sensitive).any():
        return Suppression(np.array(table.sensitive), "none", 0.0, 0.0)
    master = _Master.of(table, goals, time_limit)
    branches = int(np.count_nonzero(~table.sensitive & ~table.released)) <= exact_up_to
    # where few can be chosen, choices in part are a detour
    solved, relaxed = branches or master.solve(whole=False, branches=branches), master.chosen
    method: Method = "cutting planes"
    if solved and master.solve(whole=True, branches=branches):
        hidden = master.chosen > 0
    else:
        method, hidden = "linear programmes in turn", _in_turn(table, goals, relaxed)
    secondary = hidden & ~table.sensitive
    loss = float(table.cost[secondary].sum())
    return Suppression(hidden, method if secondary.any() else "none", loss, min(loss, master.bound))


def _refusal(table: CellTable) -> DisclosureError:
    """Return the error for cells that are exposed though all that may be hidden is."""
    short = exposed(table, ~table.released)
    error = DisclosureError(
        "Cells of the table cannot be protected.",
        f"With every cell hidden that is not released, {short.sum()} of {table.sensitive.sum()} "
        "can still be derived.",
        "Publish fewer totals, or coarser categories.",
    )
    error.cells = tuple(np.flatnonzero(short).tolist())
    return error


def _cuts(table: CellTable, goals: _Goals, chosen: Floats, *, narrow: bool) -> Floats:
    """Return constraints `cuts @ hidden >= 1` that a choice violates and any protection meets."""
    # with the prices of the equations, the furthest that a goal moves is at most a weighted sum of
    # the room of the cells hidden (duality); a weight beyond the level is cut to it. `narrow` lets
    # no cell move beyond the level of the goal, which gives stronger constraints of choices that
    # are not whole
    below, above = goals.limits(table, np.ones(table.values.size))
    level = goals.level[:, None]
    low, high = (np.minimum(room, level) if narrow else room for room in (below, above))
    share = np.where(chosen > _NEAR, chosen, 0.0)
    with np.errstate(invalid="ignore"):
        low, high = (np.where(share > 0, room * share, 0.0) for room in (low, high))
    _, prices = _furthest(table.equations, goals.cell, goals.sign, low, high)
    pull = prices @ table.equations
    pull[np.arange(goals.cell.size), goals.cell] += goals.sign
    pull[np.abs(pull) < 1e-9] = 0.0
    with np.errstate(invalid="ignore"):
        weights = np.minimum(
            np.where(pull > 0, pull * above, np.where(pull < 0, -pull * below, 0.0)) / level, 1.0
        )
    return np.unique(weights[weights @ chosen < 1 - _NEAR].round(12), axis=0)


@dataclass(eq=False)
class _Master:
    """The master problem, which gains a constraint for each goal that its choice misses."""

    table: CellTable
    goals: _Goals
    until: float  # reading of the monotonic clock
    cuts: sparse.csr_array
    sides: Floats
    chosen: Floats
    bound: float = 0.0

    @classmethod
    def of(cls, table: CellTable, goals: _Goals, time_limit: float) -> _Master:
        """Return the problem before any choice: no equation has a single hidden cell."""
        row, cell = table.equations.nonzero()
        asked = ~table.sensitive[cell] | np.isin(cell, goals.cell)
        row, cell = row[asked], cell[asked]
        own = sparse.csr_array(
            (np.full(row.size, 2.0), (np.arange(row.size), cell)), (row.size, table.values.size)
        )
        until, chosen = time.monotonic() + time_limit, table.sensitive.astype(float)
        return cls(
            table,
            goals,
            until,
            sparse.csr_array(abs(table.equations)[row] - own),
            np.zeros(row.size),
            chosen,
        )

    def solve(self, *, whole: bool, branches: bool = True) -> bool:
        """Solve until every goal is met, by whole cells or, for a bound, fractions of cells."""
        # without branches, it is given up where more than a few ways of hiding whole cells would
        # have to be tried
        table = self.table
        scale = max(float(table.cost.max()), np.finfo(float).tiny)
        before, rounds = None, 0
        while (left := self.until - time.monotonic()) > 0 and (branches or rounds < _ROUNDS):
            rounds += 1
            found = milp(
                np.where(table.sensitive, 0.0, table.cost) / scale,
                integrality=np.full(table.cost.size, float(whole)),
                bounds=Bounds(table.sensitive.astype(float), (~table.released).astype(float)),
                constraints=LinearConstraint(self.cuts, self.sides, np.inf),
                options={
                    "mip_rel_gap": 0.0,
                    "time_limit": left,
                    "node_limit": 10**9 if branches else _NODES,
                },
            )
            if found.status == 2:
                raise _refusal(table)
            reached = found.mip_dual_bound if whole else found.fun
            self.bound = max(self.bound, -np.inf if reached is None else float(reached) * scale)
            if found.status != 0:
                break
            self.chosen = np.round(found.x) if whole else found.x
            goals = self.goals
            if whole:
                goals = goals[~_reached(table, goals, self.chosen > 0)[0]]
            new = _cuts(table, goals, self.chosen, narrow=not whole)
            if not new.size and whole and table.integer and exposed(table, self.chosen > 0).any():
                # fewer cells would leave even less: one of the others is hidden too
                new = ((self.chosen == 0) & ~table.released).astype(float)[None, :]
            if not new.size:
                return True
            if before is not None and np.array_equal(before, self.chosen):
                break  # what the new constraints ask is less than the solver rounds
            before = self.chosen
            self.cuts = sparse.csr_array(sparse.vstack([self.cuts, new]))
            self.sides = np.concatenate([self.sides, np.ones(len(new))])
        return False


def _in_turn(table: CellTable, goals: _Goals, relaxed: Floats) -> Booleans:
    """Return cells to hide: those wholly hidden in the relaxed choice, and what goals miss."""
    # then secondary suppressions, costliest first, are printed where no goal needs them
    hidden = table.sensitive | (relaxed > 1 - _NEAR)
    met, moves = _reached(table, goals, hidden)
    hidden, moves = _opened(
        table, goals, hidden, moves, np.flatnonzero(~met), table.cost * (1 - relaxed)
    )
    secondary = np.flatnonzero(hidden & ~table.sensitive)
    near = sparse.csr_array(abs(table.equations).T @ abs(table.equations))
    for cell in secondary[np.argsort(-table.cost[secondary], kind="stable")]:
        fewer = hidden & (np.arange(hidden.size) != cell)
        # those that share a sum with the cell are missed first
        beside = np.argsort(~np.isin(goals.cell, near[[cell]].indices), kind="stable")
        met, _ = _reached(table, goals[beside], fewer, every=True)
        if met.all():
            hidden = fewer
    return hidden


def _opened(
    table: CellTable, goals: _Goals, hidden: Booleans, moves: Floats, missed: Integers, cost: Floats
) -> tuple[Booleans, Floats]:
    """Return the hidden cells with those that missed goals need, and the moves that meet goals."""
    # a linear programme moves the cell of the goal at the least cost of the cells that move with it
    hidden, moves = hidden.copy(), moves.copy()
    below, above = goals.limits(table, ~table.released)
    equations = sparse.csr_array(sparse.hstack([table.equations, -table.equations]))
    for goal in missed[np.argsort(-goals.level[missed], kind="stable")]:
        one = goals[np.array([goal])]
        met, known = table.possible.meet(one, hidden)
        if met[0]:
            moves[goal] = known[0]
            continue
        cell, sign, unit = goals.cell[goal], goals.sign[goal], goals.level[goal]
        low, high = below[goal] / unit, above[goal] / unit
        reach = np.clip(np.maximum(low, high), _NEAR, 1.0)
        missing = np.where(hidden, 0.0, cost / max(cost.max(), np.finfo(float).tiny))
        price = np.tile(np.maximum(missing, _NEAR) / reach, 2)
        least, most = np.zeros(2 * low.size), np.concatenate([high, low])
        onward, back = cell + low.size * np.array([sign < 0, sign > 0])
        least[onward], most[onward], most[back] = (
            1 - _NEAR * (not table.integer),
            table.room[int(sign > 0)][cell] / unit,
            0.0,
        )
        if most[onward] < least[onward]:
            raise _refusal(table)
        bounds = np.column_stack([least, most])
        answer = linprog(
            price,
            A_eq=equations,
            b_eq=np.zeros(equations.shape[0]),
            bounds=bounds,
            method="highs-ds",
        ).x
        if answer is None:
            raise _refusal(table)
        move = answer[: low.size] - answer[low.size :]
        opened = hidden | (np.abs(move) > _NEAR)
        if table.integer and not _is_whole(move * unit):
            # what moves in part is mostly enough for a whole move too
            met, whole = _reached(table, one, opened)
            move = whole[0] / unit
            if not met[0]:
                found = _integer_optimum(equations, price, least * unit, most * unit)
                if found is None:
                    raise _refusal(table)
                move = (found[: low.size] - found[low.size :]) / unit
                opened = hidden | (np.abs(move) > _NEAR)
        moves[goal], hidden = move * unit, opened
    return hidden, moves
