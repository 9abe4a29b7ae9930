"""Secondary suppression by the hypercube method: hide the corners of a cube around each cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
from scipy import sparse

from diplab.disclosure.respondents import Breakdown, RespondentSet
from diplab.errors import DisclosureError
from diplab.kernel.arrays import Booleans, Integers
from diplab.kernel.suppression import CellTable, Suppression, exposed

_ROUNDS = 30  # of new cubes for cells that the audit still discloses
_TRIED = 40  # cubes of least loss compared for one cell
_AXES = 5  # variables of a table above which cubes have too many corners


@dataclass(frozen=True, eq=False)
class Hypercubes:
    """The printed cells, by table, in which hypercubes are sought (Giessing and Repsilber 2002)."""

    masks: Booleans  # (cells, groups)
    cell_of: Mapping[RespondentSet, int]
    printed: int

    def protect(self, table: CellTable) -> Suppression:
        """Return the cells to hide; raise if linear programmes still disclose a small cell."""
        hidden = table.sensitive.copy()
        goals = np.flatnonzero((table.lower > 0) | (table.upper > 0)).tolist()
        tried: dict[int, set[tuple[int, ...]]] = {}
        # an audit of the primary cells alone finds those that need a cube
        short = exposed(table, hidden)
        for _ in range(_ROUNDS):
            asked = [cell for cell in goals if short[cell]]
            if not asked:
                break
            before = hidden.copy()
            for cell in sorted(asked, key=lambda item: -float(table.upper[item])):
                hidden |= self._cube(cell, table, hidden, tried.setdefault(cell, set()))
            if np.array_equal(before, hidden):
                break
            short = exposed(table, hidden)
        if short.any():
            raise DisclosureError(
                "Cells of the tables cannot be protected by the hypercube method.",
                f"Linear programmes still derive {int(short.sum())} of {len(goals)}.",
                "Publish fewer results together, or coarser categories.",
            )
        secondary = hidden & ~table.sensitive
        loss = float(table.cost[secondary].sum())
        return Suppression(hidden, "hypercube" if secondary.any() else "none", loss, 0.0)

    @cached_property
    def _tables(self) -> dict[Breakdown, Integers]:
        """The cells of each table as an array with one axis per variable; -1 if there is none."""
        values: dict[Breakdown, dict[tuple[object, ...], int]] = {}
        for (cut, of_cell), cell in self.cell_of.items():
            if cell >= 0 and cut.by:
                values.setdefault(cut, {})[of_cell] = cell
        tables = {}
        for cut, cells in values.items():
            axes = [list(dict.fromkeys(item)) for item in zip(*cells, strict=True)]
            grid = np.full(list(map(len, axes)), -1)
            for of_cell, cell in cells.items():
                grid[
                    tuple(axis.index(value) for axis, value in zip(axes, of_cell, strict=True))
                ] = cell
            if grid.ndim <= _AXES and grid.size > 1:
                tables[cut] = grid
        return tables

    @cached_property
    def _homes(self) -> dict[int, list[Breakdown]]:
        """The tables that each cell is in."""
        homes: dict[int, list[Breakdown]] = {}
        for cut, grid in self._tables.items():
            for cell in grid[grid >= 0].tolist():
                homes.setdefault(cell, []).append(cut)
        return homes

    @cached_property
    def _wholes(self) -> sparse.csc_array:
        """Which printed cells (rows) contain another (columns)."""
        sets = sparse.csr_array(self.masks[: self.printed].astype(float))
        size = np.asarray(sets.sum(axis=1)).ravel()
        common = sparse.coo_array(sets @ sets.T)
        row, column = common.coords
        within = common.data == size[column]
        return sparse.csc_array(
            (np.ones(within.sum()), (row[within], column[within])), common.shape
        )

    def _cube(
        self, cell: int, table: CellTable, hidden: Booleans, tried: set[tuple[int, ...]]
    ) -> Booleans:
        """Return the untried cube of least loss around a cell, with the sums it changes."""
        cubes: list[tuple[float, tuple[int, ...], list[int]]] = []
        for cut in self._homes.get(cell, []):
            grid = self._tables[cut]
            covered = np.asarray(self.masks[grid[grid >= 0]].any(axis=0))
            for loss, corners in self._cheapest(cell, grid, table, hidden, tried):
                moved = [item for item in self._moved(corners, covered) if not hidden[item]]
                if not any(table.released[item] for item in moved):
                    cubes.append((loss + float(table.cost[moved].sum()), corners, moved))
        more = np.zeros(hidden.size, dtype=bool)
        if cubes:
            _, corners, moved = min(cubes)
            tried.add(corners)
            more[[*corners, *moved]] = True
            return more & ~table.released
        # no table, or no cube left: take the smallest cell that shares respondents with it
        beside = (self.masks[: self.printed] & self.masks[cell]).any(axis=1)
        beside &= ~hidden[: self.printed] & ~table.released[: self.printed]
        if beside.any():
            more[min(np.flatnonzero(beside).tolist(), key=lambda item: float(table.cost[item]))] = (
                True
            )
        return more

    def _cheapest(
        self,
        cell: int,
        grid: Integers,
        table: CellTable,
        hidden: Booleans,
        tried: set[tuple[int, ...]],
    ) -> list[tuple[float, tuple[int, ...]]]:
        """Return the cubes of least loss around a cell in a table, each with its loss."""
        at = np.argwhere(grid == cell)[0]
        loss, room = np.zeros(grid.shape), np.zeros(grid.shape)
        for opposite in list(product((False, True), repeat=grid.ndim))[1:]:
            corner = self._corners(grid, at, opposite)
            there = np.maximum(corner, 0)
            cost = np.where(hidden[there], 0.0, table.cost[there])
            # cells across one edge move in the opposite direction, across two in the same
            level = (table.upper if sum(opposite) % 2 else table.lower)[cell]
            room = room + np.maximum(level - table.values[there], 0.0)
            loss = loss + np.where(
                (corner < 0) | (table.released[there] & ~hidden[there]), np.inf, cost
            )
        for axis, position in enumerate(at.tolist()):
            np.moveaxis(loss, axis, 0)[position] = np.inf
        # cubes with corners that cannot move far enough are a last resort
        order = np.argsort((loss + 1e3 * room).ravel(), kind="stable")[: _TRIED + len(tried)]
        cubes = []
        for flat in order.tolist():
            if not np.isfinite(loss.ravel()[flat]):
                break
            other = np.unravel_index(flat, grid.shape)
            corners = tuple(
                int(
                    grid[
                        tuple(
                            there[axis]
                            for axis, there in zip(pick, zip(at, other, strict=True), strict=True)
                        )
                    ]
                )
                for pick in product((0, 1), repeat=grid.ndim)
            )
            if corners not in tried:
                cubes.append((float((loss + 1e3 * room).ravel()[flat]), corners))
        return cubes

    @staticmethod
    def _corners(grid: Integers, at: Integers, opposite: Sequence[bool]) -> Integers:
        """Return, for each opposite corner, the corner with only its `opposite` coordinates."""
        picked = grid
        for axis, across in enumerate(opposite):
            if not across:
                picked = np.take(picked, [int(at[axis])], axis=axis)
        return np.asarray(np.broadcast_to(picked, grid.shape))

    def _moved(self, corners: Sequence[int], covered: Booleans) -> list[int]:
        """Return sums of the cells of a table that a move along the edges of a cube changes."""
        signs = np.array([(-1.0) ** bin(at).count("1") for at in range(len(corners))])
        net = np.asarray(self._wholes[:, list(corners)] @ signs).ravel()
        of_cube = set(corners)
        wholes = [item for item in np.flatnonzero(net).tolist() if item not in of_cube]
        # other sums have respondents outside this table who may offset the move
        return [whole for whole in wholes if not (self.masks[whole] & ~covered).any()]
