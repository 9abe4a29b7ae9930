"""The units of two phases, and the variance that both phases give together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from diplab.errors import LonelyPsuError
from diplab.kernel.linearisation import covariance
from diplab.kernel.lonely import Policy, asks_for_presence
from diplab.kernel.stage import Stage, lonely_groups
from diplab.kernel.two_phase import Squares, added_squares, sum_of_squares
from diplab.sampling.units import Units, compressed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from diplab.sampling.second_phase import SecondPhase

__all__ = ["TwoPhaseUnits", "crossed"]

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True, eq=False, kw_only=True)
class TwoPhaseUnits(Units):
    """The units of the first phase, down to the cells in which they meet those of the second.

    Parameters
    ----------
    second : Stage
        Units taken by the second phase, by stratum.
    second_of_cell : array of int, shape (cells,)
        Unit of the second phase of each cell; -1 for cells that it did not take.
    added : sequence of Squares
        What the second phase adds to the variance of the first.
    second_name : callable
        Name of a stratum of the second phase from its code, for errors.
    """

    second: Stage
    second_of_cell: Integers
    added: Sequence[Squares]
    second_name: Callable[[int], str]

    @property
    def degrees_of_freedom(self) -> int:
        """Units minus strata of the phase that has fewer."""
        return min(super().degrees_of_freedom, len(self.second.group) - len(self.second.sizes))

    def asks_who_is_there(self, lonely_psu: str) -> bool:
        """Return whether a policy depends on which units have somebody in a domain."""
        policy = Policy(lonely_psu, self.lonely_psu_domain)
        return super().asks_who_is_there(lonely_psu) or asks_for_presence(self.second, policy)

    def covariance(
        self,
        unit: Integers,
        column: Integers,
        value: Floats,
        columns: int,
        lonely_psu: str,
        mix: Floats | None = None,
        present: Booleans | None = None,
    ) -> Floats:
        """Return the covariance of totals of linearised variables, given by cell; see `Units.covariance`."""
        first = super().covariance(unit, column, value, columns, lonely_psu, mix, present)
        taken = np.flatnonzero(self.second_of_cell[unit] >= 0)
        unit, column, value = unit[taken], column[taken], value[taken]
        second = covariance(
            self.second_of_cell[unit],
            column,
            value,
            columns,
            [self.second],
            Policy(lonely_psu, self.lonely_psu_domain),
            mix,
            None if present is None else present[taken],
        )
        return first + second + sum_of_squares(self.added, unit, column, value, columns, mix)

    def covariance_of_grid(self, cells: Floats, lonely_psu: str, mix: Floats | None = None) -> Floats:
        """Return the same covariance, of totals given as an array of cells by variables."""
        unit, column = (each.ravel() for each in np.indices(cells.shape))
        return self.covariance(unit, column, cells.ravel(), cells.shape[1], lonely_psu, mix)

    def check_lonely(self, lonely_psu: str) -> None:
        """Refuse strata of either phase with a single unit, unless a policy says what to do with them."""
        super().check_lonely(lonely_psu)
        lonely = lonely_groups(self.second)
        if lonely_psu not in ("fail", "collapse") or not lonely.size:
            return
        raise LonelyPsuError(
            f"A variance was asked for under `lonely_psu={lonely_psu!r}`.",
            f"{lonely.size} of {len(self.second.sizes)} strata of the second phase have a single unit, drawn among "
            f"several: {self._named(lonely, self.second_name)}.",
            "Merge such strata with a neighbour, or write a policy in `declare_design`: "
            "`lonely_psu='adjust'`, `'average'`, `'remove'` or `'certainty'`.",
        )


def crossed(first: Units, second: SecondPhase) -> TwoPhaseUnits:
    """Return the units in which those of two phases meet.

    Parameters
    ----------
    first : Units
        Of the first phase.
    second : SecondPhase
        How the second was drawn.
    """
    width = int(second.unit.max()) + 1
    cell, row = compressed(first.of_record * width + second.unit)
    unit = first.of_record[row]
    stages, psu_of_cell = first.stages, first.psu_of_unit
    if row.size > len(stages[-1].group):
        # cells are a last stage that was taken whole, and adds nothing of its own
        units = len(stages[-1].group)
        stages = (*stages, Stage(unit, np.ones(units), np.ones(units)))
        psu_of_cell = psu_of_cell[unit]
    second_of_cell = second.of_record[row]
    taken = np.flatnonzero(second_of_cell >= 0)
    return TwoPhaseUnits(
        stages,
        cell,
        psu_of_cell,
        first.weights,
        first.stratum_name,
        first.lonely_psu_domain,
        {**first.rules, "phases": "two"},
        second=second.stage,
        second_of_cell=second_of_cell,
        added=added_squares(stages, taken, second_of_cell[taken], second.stage),
        second_name=second.name,
    )
