"""The second phase of a sample: which units were drawn from those of the first, within which strata."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from diplab.errors import DesignError
from diplab.kernel.stage import Stage
from diplab.sampling.units import compressed

if TYPE_CHECKING:
    from diplab.sampling.memory_engine import MemoryEngine

__all__ = ["SecondPhase"]

Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]


class SecondPhase:
    """How the second phase was drawn: strata, units, and which of them were taken.

    Parameters
    ----------
    engine : MemoryEngine
        The first phase.
    subset : str
        The condition as written, for errors.
    taken : array of bool, shape (rows,)
        Whether the second phase took the row.
    strata : tuple of str
        Columns that together name the stratum.
    psu : str or None
        Column of unit identifiers; each row is a unit without it.

    Raises
    ------
    DesignError
        Where nobody was taken, of all or of a stratum, or a unit lies on both sides.
    """

    def __init__(
        self, engine: MemoryEngine, subset: str, taken: Booleans, strata: tuple[str, ...], psu: str | None
    ) -> None:
        self.subset, self.taken, self.strata, self.psu = subset, taken, strata, psu
        if not (taken & (engine.weights > 0)).any():
            raise DesignError(
                f"`{subset}` was asked for as the second phase.",
                f"It holds for none of the {taken.size} rows.",
                "Write a condition that holds for people of the second phase.",
            )
        code = np.zeros(taken.size, dtype=np.int64)
        self._first = np.zeros(1, dtype=np.int64)
        for name in strata:
            factor = engine.columns.factor(name)
            code, self._first = compressed(
                code * len(factor.categories)
                + engine.columns.complete_codes(name, "strata of the second phase")
            )
        self._engine = engine
        self.stratum = code
        self.unit = np.arange(taken.size)
        if psu is not None:
            own = engine.columns.complete_codes(psu, "units of the second phase")
            self.unit = compressed(code * (int(own.max()) + 1) + own)[0]
            self._check_whole()
        self._count()

    def name(self, stratum: int) -> str:
        """Return the name of a stratum, for errors."""
        row = int(self._first[stratum])
        factors = [(name, self._engine.columns.factor(name)) for name in self.strata]
        parts = [f"`{name}` = {factor.categories[factor.codes[row]]}" for name, factor in factors]
        return " and ".join(parts) or "the whole file"

    def _check_whole(self) -> None:
        inside = np.bincount(self.unit, weights=self.taken)
        split = np.flatnonzero((inside > 0) & (inside < np.bincount(self.unit)))
        if split.size:
            raise DesignError(
                f"`{self.psu}` was asked for as the units of the second phase.",
                f"{split.size} of its {inside.size} units have rows in the second phase and rows outside it.",
                f"Take whole units in `{self.subset}`, or leave out `psu=` if rows were drawn.",
            )

    def _count(self) -> None:
        _, first = np.unique(self.unit, return_index=True)
        self.there = np.bincount(self.stratum[first]).astype(float)
        self.drawn = np.bincount(self.stratum[first], weights=self.taken[first])
        missed = np.flatnonzero(self.drawn == 0)
        if missed.size:
            one = int(missed[0])
            raise DesignError(
                f"`{self.subset}` was asked for as the second phase.",
                f"Nobody was taken of the {self.there[one]:g} units of {self.name(one)}.",
                "Merge that stratum of the second phase with another, or leave its rows out of the first phase.",
            )
        self.factor = (self.there / self.drawn)[self.stratum]

    @cached_property
    def stage(self) -> Stage:
        """Units taken, by stratum."""
        group = self.stratum[self._taken_units[1]]
        return Stage(group, self.drawn / self.there, np.ones(self.there.size))

    @cached_property
    def _taken_units(self) -> tuple[Integers, Integers]:
        """Number of each unit among those taken (-1 for the others), sorted by stratum, and its first row."""
        units, first = np.unique(self.unit, return_index=True)
        kept = first[self.taken[first]]
        kept = kept[np.argsort(self.stratum[kept], kind="stable")]
        number = np.full(units.size, -1, dtype=np.int64)
        number[self.unit[kept]] = np.arange(kept.size)
        return number, kept

    @property
    def of_record(self) -> Integers:
        """Number among units taken, of each row; -1 outside the second phase."""
        return self._taken_units[0][self.unit]
