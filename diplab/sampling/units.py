"""The units of a sample, arranged by stage: counted once, on the whole file, whatever the domain."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from diplab.errors import LonelyPsuError
from diplab.kernel.linearisation import covariance, covariance_of_grid
from diplab.kernel.lonely import Policy, asks_for_presence, presence
from diplab.kernel.stage import Stage, lonely_groups
from diplab.sampling.collapse import collapsed
from diplab.sampling.fpc import check_not_crossing, fraction_of_groups
from diplab.sampling.unequal import inclusion_of_units, with_unequal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from diplab.sampling.design import Design

__all__ = ["Units", "arrange", "compressed"]

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


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
    lonely_psu_domain : str or None
        Policy for strata with several units, only one of which has somebody in the domain.
    rules : mapping of str to str
        Rules of the design that are no default, for the provenance.
    """

    stages: tuple[Stage, ...]
    of_record: Integers
    psu_of_unit: Integers
    weights: Floats | None
    stratum_name: Callable[[int], str]
    lonely_psu_domain: str | None = None
    rules: Mapping[str, str] = field(default_factory=dict)

    @property
    def degrees_of_freedom(self) -> int:
        """Primary units minus strata."""
        first = self.stages[0]
        return int(len(first.group) - len(first.sizes))

    def asks_who_is_there(self, lonely_psu: str) -> bool:
        """Return whether a policy depends on which units have somebody in a domain."""
        policy = Policy(lonely_psu, self.lonely_psu_domain)
        return asks_for_presence(self.stages[0], policy)

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
        mix : array, shape (columns, outputs), optional
            The variables wanted are `columns @ mix`.
        present : array of bool, shape (entries,), optional
            Whether somebody of the domain is in the unit; by default, whether the value is not zero.

        Returns
        -------
        array, shape (columns, columns), or (outputs, outputs)
        """
        policy = Policy(lonely_psu, self.lonely_psu_domain)
        if self.lonely_psu_domain == "fail":
            there = value != 0 if present is None else present
            self._check_domains(unit, column, there, columns, mix)
        return covariance(unit, column, value, columns, self.stages, policy, mix, present)

    def covariance_of_grid(self, cells: Floats, lonely_psu: str, mix: Floats | None = None) -> Floats:
        """Return the same covariance, of totals given as an array of units by variables.

        Where no policy asks who is in a unit.
        """
        return covariance_of_grid(cells, self.stages, Policy(lonely_psu, self.lonely_psu_domain), mix)

    def check_lonely(self, lonely_psu: str) -> None:
        """Refuse strata with a single primary unit, unless a policy says what to do with them."""
        if lonely_psu == "fail":
            self._check_later_stages()
        lonely = lonely_groups(self.stages[0])
        if lonely_psu not in ("fail", "collapse") or not lonely.size:
            return
        strata = len(self.stages[0].sizes)
        if lonely_psu == "collapse":
            raise LonelyPsuError(
                "A variance was asked for under `lonely_psu='collapse'`.",
                f"{self.stratum_name(int(lonely[0]))} has a single primary unit, and no other stratum that was "
                "not taken whole can be merged with it.",
                "Write `lonely_psu='remove'` or `'certainty'` if the unit was drawn with certainty.",
            )
        raise LonelyPsuError(
            "A variance was asked for under `lonely_psu='fail'`.",
            f"{lonely.size} of {strata} strata have a single primary unit: {self._named(lonely)}.",
            "Merge such strata with a neighbour, or write a policy in `declare_design`: "
            "`lonely_psu='adjust'`, `'average'`, `'collapse'`, `'remove'` or `'certainty'`.",
        )

    def _check_later_stages(self) -> None:
        for depth, stage in enumerate(self.stages[1:], start=2):
            lonely = lonely_groups(stage)
            if lonely.size:
                raise LonelyPsuError(
                    "A variance was asked for under `lonely_psu='fail'`.",
                    f"{lonely.size} of {len(stage.sizes)} units of stage {depth - 1} hold a single unit of stage "
                    f"{depth}, drawn among several.",
                    "Write `lonely_psu='remove'` in `declare_design` to give them no variance at that stage.",
                )

    def _check_domains(
        self,
        unit: Integers,
        column: Integers,
        present: Booleans,
        columns: int,
        mix: Floats | None,
    ) -> None:
        reach = presence(unit, column, present, columns, self.stages, Policy("fail", "fail"), mix)
        single = np.flatnonzero(reach.single.any(axis=1)) if reach else np.zeros(0, dtype=np.int64)
        if single.size:
            raise LonelyPsuError(
                "A variance was asked for under `lonely_psu_domain='fail'`.",
                f"{single.size} of {len(self.stages[0].sizes)} strata have several primary units, of which one "
                f"only has somebody in a domain: {self._named(single)}.",
                "Write another policy in `declare_design`: `lonely_psu_domain=None`, `'adjust'`, `'average'`, "
                "`'remove'` or `'certainty'`.",
            )

    def _named(self, strata: Integers, name: Callable[[int], str] | None = None) -> str:
        named = ", ".join((name or self.stratum_name)(int(code)) for code in strata[:3])
        return f"{named} and {strata.size - 3} more" if strata.size > 3 else named


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
        check_not_crossing(identifiers[0], strata, design, stratum_name)
    stages: list[Stage] = []
    psu_of_unit = np.arange(0)
    multiplier = np.ones(int(above.max()) + 1 if records else 1)
    weights = np.ones(records)
    for depth in range(max(len(identifiers), 1)):
        unit, first = _numbered(above, identifiers[depth] if identifiers else None)
        group = above[first]
        sizes = np.bincount(group)
        inclusion = fraction = None
        if depth == 0 and design.unequal is not None:
            inclusion = inclusion_of_units(fpc[0], unit, first, design.fpc[0])
            fraction = np.bincount(group, weights=inclusion) / sizes
        elif depth < len(fpc):
            named = None if depth else stratum_name
            fraction = fraction_of_groups(fpc[depth], above, sizes, design.fpc[depth], named)
        if depth < max(design.stages, 1):
            known = np.zeros(len(sizes)) if fraction is None else fraction
            stage = Stage(group, known, multiplier)
            stages.append(stage if inclusion is None else with_unequal(stage, inclusion, first, design))
            multiplier = (multiplier * known)[group] if inclusion is None else inclusion
            psu_of_unit = psu_of_unit[group] if depth else np.arange(len(first))
            last = unit
        if fraction is not None:
            weights = weights / (fraction[above] if inclusion is None else inclusion[unit])
        above = unit
    by_fpc = weights if fpc and len(fpc) == max(len(identifiers), 1) else None
    policy = design.lonely_psu_domain
    units = Units(tuple(stages), last, psu_of_unit, by_fpc, stratum_name, policy, design.said)
    return collapsed(units) if design.lonely_psu == "collapse" else units


def _numbered(above: Integers, identifier: Integers | None) -> tuple[Integers, Integers]:
    """Return the unit of each record, numbered within the units above, and the first record of each unit."""
    if identifier is not None:
        return compressed(above * (int(identifier.max()) + 1) + identifier)
    first = np.argsort(above, kind="stable")
    unit = np.empty_like(first)
    unit[first] = np.arange(first.size)
    return unit, first
