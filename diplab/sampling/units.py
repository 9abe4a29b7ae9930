"""The units of a sample, arranged by stage: counted once, on the whole file, whatever the domain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from diplab.errors import DesignError, LonelyPsuError
from diplab.kernel.linearisation import Stage, covariance, lonely_groups

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from diplab.sampling.design import Design

__all__ = ["Units", "arrange", "compressed"]

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Units:
    """The sampling units of a file.

    Parameters
    ----------
    stages : tuple of Stage
        Units and groups of each stage that the variance needs.
    of_record : array of int
        Unit of the last stage of each record (a row in memory; a collected unit elsewhere).
    psu_of_unit : array of int
        First-stage unit of each unit of the last stage.
    weights : array or None
        Weight of each record by the fpc, where every stage has one.
    stratum_name : callable
        Name of a stratum from its code, for errors.
    """

    stages: tuple[Stage, ...]
    of_record: Integers
    psu_of_unit: Integers
    weights: Floats | None
    stratum_name: Callable[[int], str]

    @property
    def degrees_of_freedom(self) -> int:
        """Primary units minus strata."""
        first = self.stages[0]
        return int(len(first.group) - len(first.sizes))

    def covariance(
        self,
        unit: Integers,
        column: Integers,
        value: Floats,
        columns: int,
        lonely_psu: str,
        combine: Floats | None = None,
    ) -> Floats:
        """Return the covariance of totals of linearised variables, given by unit of the last stage.

        Parameters
        ----------
        unit, column : array of int, shape (entries,)
            Unit of the last stage and variable of each entry; entries of the same place add up.
        value : array, shape (entries,)
            Weighted total of the variable in the unit.
        columns : int
            Number of variables.
        lonely_psu : str
            Policy for strata with one unit.
        combine : array, shape (columns, outputs), optional
            The variables wanted are `columns @ combine`.

        Returns
        -------
        array, shape (columns, columns), or (outputs, outputs)
        """
        return covariance(unit, column, value, columns, self.stages, lonely_psu, combine)

    def check_lonely(self, lonely_psu: str) -> None:
        """Refuse strata with a single primary unit, unless a policy says what to do with them."""
        lonely = lonely_groups(self.stages[0])
        if lonely_psu != "fail" or not lonely.size:
            return
        named = ", ".join(self.stratum_name(int(code)) for code in lonely[:3])
        more = f" and {lonely.size - 3} more" if lonely.size > 3 else ""
        raise LonelyPsuError(
            "A variance was asked for under `lonely_psu='fail'`.",
            f"{lonely.size} of {len(self.stages[0].sizes)} strata have a single primary unit: {named}{more}.",
            "Merge such strata with a neighbour, or write a policy in `declare_design`: "
            "`lonely_psu='adjust'`, `'average'`, `'remove'` or `'certainty'`.",
        )


def compressed(codes: Integers) -> tuple[Integers, Integers]:
    """Return codes renumbered 0, 1, 2... in their order, and the first record of each."""
    width = int(codes.max()) + 1 if codes.size else 0
    if width <= 4 * codes.size + 1_000_000:
        seen = np.zeros(width, dtype=bool)
        seen[codes] = True
        dense = (np.cumsum(seen) - 1)[codes]
    else:
        dense = np.unique(codes, return_inverse=True)[1]
    count = int(dense.max()) + 1 if dense.size else 0
    first = np.zeros(count, dtype=np.int64)
    first[dense[::-1]] = np.arange(codes.size - 1, -1, -1)
    return dense.astype(np.int64), first


def arrange(
    strata: Integers | None,
    identifiers: Sequence[Integers],
    fpc: Sequence[Floats],
    records: int,
    design: Design,
    stratum_name: Callable[[int], str],
) -> Units:
    """Arrange records into the units of each stage.

    Parameters
    ----------
    strata : array of int or None
        Code of the stratum of each record.
    identifiers : sequence of array of int
        Code of the unit of each record, one array a stage; none: each record is a unit.
    fpc : sequence of array
        Population count or sampling fraction of each record, one array a stage.
    records : int
        Number of records.
    design : Design
        For its rules.
    stratum_name : callable
        Name of a stratum from its code.
    """
    above = np.zeros(records, dtype=np.int64) if strata is None else strata
    if identifiers and strata is not None and not design.nest:
        _check_not_crossing(identifiers[0], strata, design, stratum_name)
    stages: list[Stage] = []
    psu_of_unit = np.arange(0)
    multiplier = np.ones(int(above.max()) + 1 if records else 1)
    weights = np.ones(records)
    for depth in range(max(len(identifiers), 1)):
        if identifiers:
            unit, first = compressed(above * (int(identifiers[depth].max()) + 1) + identifiers[depth])
        else:
            first = np.argsort(above, kind="stable")
            unit = np.empty(records, dtype=np.int64)
            unit[first] = np.arange(records)
        group = above[first]
        sizes = np.bincount(group)
        fraction = _fractions(fpc[depth], above, sizes, design.fpc[depth]) if depth < len(fpc) else None
        if depth < max(design.stages, 1):
            known = np.zeros(len(sizes)) if fraction is None else fraction
            stages.append(Stage(group, known, multiplier))
            multiplier = (multiplier * known)[group]
            psu_of_unit = psu_of_unit[group] if depth else np.arange(len(first))
            last = unit
        if fraction is not None:
            weights = weights / fraction[above]
        above = unit
    whole = bool(fpc) and len(fpc) == max(len(identifiers), 1)
    return Units(tuple(stages), last, psu_of_unit, weights if whole else None, stratum_name)


def _fractions(values: Floats, group: Integers, sizes: NDArray[np.int64], name: str) -> Floats:
    """Read an fpc column as counts or fractions, one value a group."""
    if not np.isfinite(values).all() or (values <= 0).any():
        bad = int((~np.isfinite(values) | (values <= 0)).sum())
        raise DesignError(
            f"`{name}` was asked for as the fpc.",
            f"{bad} of its {values.size} values are missing, infinite, zero or negative.",
            "Write population counts (above 1) or sampling fractions (above 0, at most 1).",
        )
    if (values > 1).any() and (values < 1).any():
        raise DesignError(
            f"`{name}` was asked for as the fpc.",
            f"It mixes values above 1 ({int((values > 1).sum())}) and below 1 ({int((values < 1).sum())}).",
            "Write counts in every row, or fractions in every row.",
        )
    by_group = np.zeros(len(sizes))
    by_group[group] = values
    if not np.allclose(by_group[group], values, rtol=1e-9):
        raise DesignError(
            f"`{name}` was asked for as the fpc.",
            "It takes several values within one stratum or unit.",
            "Write one value a stratum at the first stage, one value a unit above at later stages.",
        )
    # one unit taken of one is the same read as a count or as a fraction
    if (values > 1).any():
        short = by_group < sizes - 1e-9
        if short.any():
            where = int(np.flatnonzero(short)[0])
            raise DesignError(
                f"`{name}` was asked for as the fpc.",
                f"It says that {by_group[where]:g} units exist where the sample holds {sizes[where]}.",
                "Write the number of units in the population, not in the sample.",
            )
        return sizes / by_group
    return by_group


def _check_not_crossing(
    psu: Integers, strata: Integers, design: Design, stratum_name: Callable[[int], str]
) -> None:
    home = np.zeros(int(psu.max()) + 1, dtype=np.int64)
    home[psu] = strata
    crossing = np.flatnonzero(home[psu] != strata)
    if crossing.size:
        one = crossing[0]
        raise DesignError(
            f"`{design.psu[0]}` was asked for as unit identifiers that are unique over strata (`nest=False`).",
            f"One identifier stands in strata {stratum_name(int(strata[one]))} "
            f"and {stratum_name(int(home[psu[one]]))}.",
            "Write `nest=True` if identifiers start again in each stratum.",
        )
