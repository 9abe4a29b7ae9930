"""`two_phase`: a sample drawn from a sample, such as a follow-up survey of respondents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.checks import counted
from diplab.errors import DesignError, LonelyPsuError
from diplab.kernel.arrays import Booleans, Floats, Integers, compressed
from diplab.kernel.variance import (
    LinearisedTotals,
    Squares,
    Stage,
    added_squares,
    covariance,
    depends_on_presence,
    lonely_groups,
    sum_of_squares,
)
from diplab.sampling.condition import known_column, parse
from diplab.sampling.engines.columns import cell_in_words
from diplab.sampling.units import Units

if TYPE_CHECKING:
    from diplab.sampling.engines.memory import MemoryEngine
    from diplab.sampling.sample import Sample


class SecondPhase:
    """How the second phase was drawn: strata, units, and which of them were taken."""

    def __init__(
        self,
        engine: MemoryEngine,
        subset: str,
        taken: Booleans,
        strata: tuple[str, ...],
        psu: str | None,
    ) -> None:
        self.taken, self.strata = taken, strata
        if not (taken & (engine.weights > 0)).any():
            raise DesignError(
                f"`{subset}` cannot be the second phase.",
                f"It holds for none of the {taken.size} rows.",
                "Write a condition that holds for people of the second phase.",
            )
        code, self._cells = engine.complete_cells(strata, "strata of the second phase")
        self.stratum = code
        self.unit = np.arange(taken.size)
        if psu is not None:
            own = engine.columns.complete_codes(psu, "units of the second phase")
            self.unit = compressed(code * (int(own.max()) + 1) + own)[0]
            inside = np.bincount(self.unit, weights=taken)
            split = np.flatnonzero((inside > 0) & (inside < np.bincount(self.unit)))
            if split.size:
                raise DesignError(
                    f"`{psu}` cannot be the units of the second phase.",
                    f"{split.size} of its {inside.size} units have rows in the second phase and "
                    "rows outside it.",
                    f"Take whole units in `{subset}`, or leave out `psu=` if rows were drawn.",
                )
        first = np.unique(self.unit, return_index=True)[1]
        self.there = np.bincount(code[first]).astype(float)
        self.drawn = np.bincount(code[first], weights=taken[first])
        missed = np.flatnonzero(self.drawn == 0)
        if missed.size:
            one = int(missed[0])
            raise DesignError(
                f"`{subset}` takes no one from a stratum of the second phase.",
                f"None was taken of the {self.there[one]:g} units of {self.name(one)}.",
                "Merge that stratum of the second phase with another, or leave its rows out of the "
                "first phase.",
            )
        self.factor = (self.there / self.drawn)[code]

    def name(self, stratum: int) -> str:
        """Return the name of a stratum, for errors."""
        return cell_in_words(self.strata, self._cells[stratum])

    @cached_property
    def stage(self) -> Stage:
        """Units taken, by stratum."""
        group = self.stratum[self._taken_units[1]]
        return Stage(group, self.drawn / self.there, np.ones(self.there.size))

    @cached_property
    def _taken_units(self) -> tuple[Integers, Integers]:
        """Number of each unit in the second phase, by stratum (-1 for others), and first rows."""
        units, first = np.unique(self.unit, return_index=True)
        selected = first[self.taken[first]]
        selected = selected[np.argsort(self.stratum[selected], kind="stable")]
        number = np.full(units.size, -1, dtype=np.int64)
        number[self.unit[selected]] = np.arange(selected.size)
        return number, selected

    @property
    def of_record(self) -> Integers:
        """Number among units taken, of each row; -1 outside the second phase."""
        return self._taken_units[0][self.unit]


@dataclass(frozen=True, eq=False, kw_only=True)
class TwoPhaseUnits(Units):
    """The units of the first phase, down to the cells in which they meet those of the second."""

    second: Stage  # units taken by the second phase, by stratum
    # (cells,); unit of the second phase of each cell; -1 for cells that it did not take
    second_of_cell: Integers
    added: Sequence[Squares]  # what the second phase adds to the variance of the first
    second_name: Callable[
        [int], str
    ]  # name of a stratum of the second phase from its code, for errors

    @property
    def degrees_of_freedom(self) -> int:
        """Units minus strata of the phase that has fewer."""
        return min(super().degrees_of_freedom, len(self.second.group) - len(self.second.sizes))

    def primary_units(self, unit: Integers) -> list[tuple[Integers, Integers]]:
        """Return those of the first phase, and those of the second."""
        second = self.second_of_cell[unit]
        return [*super().primary_units(unit), (second, self.second.group[second])]

    @cached_property
    def deletable(self) -> tuple[Integers, ...]:
        """Those of the first phase, and those of the second."""
        second = self.second_of_cell
        drawn = (second >= 0) & (self.second.fraction[self.second.group[second]] < 1)
        return *super().deletable, np.where(drawn, second, -1)

    @property
    def asks_who_is_there(self) -> bool:
        """Whether a policy depends on which units the domain reaches, in either phase."""
        return super().asks_who_is_there or depends_on_presence(self.second, self.policy)

    def covariance(self, totals: LinearisedTotals) -> Floats:
        """Return the covariance of both phases, of totals given by cell."""
        taken = totals.at(np.flatnonzero(self.second_of_cell[totals.unit] >= 0))
        of_second = replace(taken, unit=self.second_of_cell[taken.unit])
        second = covariance(of_second, [self.second], self.policy)
        return super().covariance(totals) + second + sum_of_squares(self.added, taken)

    def covariance_of_grid(self, cells: Floats, mix: Floats | None = None) -> Floats:
        """Return the same, of an array of cells by variables."""
        return self.covariance(LinearisedTotals.of_grid(cells, mix))

    def check_lonely(self) -> None:
        """Refuse strata of either phase with a single unit, unless a policy handles them."""
        super().check_lonely()
        lonely, policy = lonely_groups(self.second), self.policy.stratum
        if policy not in ("fail", "collapse") or not lonely.size:
            return
        raise LonelyPsuError(
            f"`lonely_psu={policy!r}` gives no variance to a single unit of the second phase.",
            f"{lonely.size} of {len(self.second.sizes)} strata of the second phase have a single "
            "unit, drawn among "
            f"several: {self._stratum_text(lonely, self.second_name)}.",
            "Merge such strata with a neighbour, or write a policy in `declare_design`: "
            "`lonely_psu='adjust'`, `'average'`, `'remove'` or `'certainty'`.",
        )


def two_phase_units(first: Units, second: SecondPhase) -> TwoPhaseUnits:
    """Return the units in which those of two phases meet."""
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
        stages, cell, psu_of_cell, first.weights, first.stratum_name, first.policy,
        {**first.rules, "phases": "two"}, weighted=first.weighted,
        second=second.stage, second_of_cell=second_of_cell, second_name=second.name,
        added=added_squares(stages, taken, second_of_cell[taken], second.stage),
    )  # fmt: skip


def two_phase(
    sample: Sample,
    subset: Any,
    *,
    strata: str | Sequence[str] | None = None,
    psu: str | None = None,
) -> Sample:
    """Declare how a second phase was drawn from a sample; estimates then use the second phase.

    The data have a row for each person of the first phase, with the variables known for all
    (including those used to draw the second phase) and, for those in the second phase, the answers
    to the second questionnaire. Weights become those of the first phase times the number of units
    over the number taken, in each stratum of the second phase. The variance is the sum of those of
    both phases (Särndal, Swensson and Wretman 1992, ch. 9).

    Parameters
    ----------
    sample : Sample
        The first phase, with its design.
    subset : str or narwhals expression
        Condition that holds for people of the second phase: for example the name of a column of
        true and false.
    strata : str or list of str, optional
        Columns that together name the stratum of the second phase: units were drawn at random
        within each.
    psu : str, optional
        Identifier of the units of the second phase, unique within its strata. Without it each row
        is a unit.

    Returns
    -------
    Sample
        In memory: the rows and columns of a query are collected.

    Raises
    ------
    ConditionError, ColumnError
        Where the condition cannot be read, or a column does not exist.
    DesignError
        Where a stratum has nobody in the second phase, a unit is only partly in it, selection is
        unknown for some rows, or the first phase has replicate or calibrated weights, unequal
        probabilities, or two phases already.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> called, hours = [1, 1, 1, 1, 0, 0], [4, 6, 1, 3, None, None]
    >>> people = pd.DataFrame({"sex": list("ffmmmm"), "called": called, "hours": hours})
    >>> phase_one = dl.declare_design(people)
    >>> followed = dl.two_phase(phase_one, "called == 1", strata="sex")
    >>> dl.estimate(followed, dl.mean("hours")).frame["estimate"].round(3).item()
    3.0
    """
    from diplab.sampling.sample import check_sample

    check_sample(sample, "A second phase", "use `two_phase`")
    collected = sample.collect()
    _check_first_phase(collected)
    engine = collected.engine
    condition = parse(subset, sample.names, sample.codebook, "the second phase")
    answer = engine.columns.evaluate(condition)
    unknown = int((np.isnan(answer) & (engine.weights > 0)).sum())
    if unknown:
        raise DesignError(
            f"`{subset}` is missing for {counted(int(unknown), 'respondent')} of the first phase.",
            "Selection into the second phase is part of the design.",
            "Write for everyone whether they were taken, or leave those rows out of the first "
            "phase before it is declared.",
        )
    taken = answer == 1.0
    names = (strata,) if isinstance(strata, str) else tuple(strata or ())
    for name in names:
        known_column(name, sample.names, "strata of the second phase")
    if psu is not None:
        known_column(psu, sample.names, "units of the second phase")
    second = SecondPhase(engine, str(subset), taken, names, psu)
    weights = np.where(taken, engine.weights * second.factor, 0.0)
    return replace(
        collected, engine=engine.reweighted(weights, None, two_phase_units(engine.units, second))
    )


def _check_first_phase(sample: Sample) -> None:
    unequal, why, write = sample.design.unequal, "", ""
    if isinstance(sample.engine.units, TwoPhaseUnits):
        why = "The sample has two phases already, and a third is not supported."
        write = "Declare the first phase with everybody, and one second phase."
    elif sample.replication is not None:
        why = "The first phase has replicate weights, which do not say how its units were drawn."
        write = "Declare the first phase with its strata and units."
    elif sample.auxiliary is not None:
        why = "The weights of the first phase were calibrated."
        write = "Declare the second phase first, and calibrate what it returns."
    elif unequal is not None:
        why = f"The first phase has unequal probabilities (`unequal={unequal!r}`), for which no "
        why += "two-phase variance is implemented."
        write = "Declare the first phase with strata and `fpc` in counts, or without `fpc`."
    if why:
        raise DesignError("This sample cannot have a second phase.", why, write)
