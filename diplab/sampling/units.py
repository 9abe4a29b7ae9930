"""The sampling units of a file by stage, counted once on the whole file.

Strata merged by `collapse` are taken as drawn with replacement: their finite population correction
is left out, and the spread between their units holds that of later stages. The variance then errs
on the high side (Wolter 2007, sec. 2.5).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import DesignError, LonelyPsuError
from diplab.kernel import variance
from diplab.kernel.arrays import Booleans, Floats, Integers, compressed
from diplab.kernel.effective_df import VarianceForm, variance_form
from diplab.kernel.variance import horvitz_thompson_pairs, unit_factors, yates_grundy_pairs
from diplab.sampling.engines.columns import cell_in_words

if TYPE_CHECKING:
    from diplab.sampling.design import Design


def fraction_of_groups(
    values: Floats,
    group: Integers,
    sizes: Integers,
    name: str,
    group_name: Callable[[int], str] | None = None,
) -> Floats:
    """Read an fpc column as counts or fractions, one value per group."""
    # shapes: `values` (records,), `group` (records,), `sizes` (groups,)
    _check_values(values, name)
    by_group = np.zeros(len(sizes))
    by_group[group] = values
    differ = np.flatnonzero(~np.isclose(by_group[group], values, rtol=1e-9))
    if differ.size:
        where = _within(group_name, int(group[differ[0]])) or " within one stratum or unit"
        raise DesignError(
            f"`{name}` cannot be the fpc.",
            f"It takes several values{where}.",
            "Write one value per stratum at the first stage, one value per unit above at later "
            "stages.",
        )
    # one unit taken of one is the same read as a count or as a fraction
    if (values > 1).any():
        short = by_group < sizes - 1e-9
        if short.any():
            first = int(np.flatnonzero(short)[0])
            raise DesignError(
                f"`{name}` cannot be the fpc.",
                f"It says that {by_group[first]:g} units exist where the sample holds "
                f"{sizes[first]}"
                f"{_within(group_name, first)}.",
                "Write the number of units in the population, not in the sample.",
            )
        return sizes / by_group
    return by_group


def _check_values(values: Floats, name: str) -> None:
    """Refuse values that are neither counts nor fractions, or some of each."""
    bad, why = int((~np.isfinite(values) | (values <= 0)).sum()), ""
    if bad:
        why = f"{bad} of its {values.size} values are missing, infinite, zero or negative."
        write = "Write population counts (above 1) or sampling fractions (above 0, at most 1)."
    elif (values > 1).any() and (values < 1).any():
        above, below = int((values > 1).sum()), int((values < 1).sum())
        why = f"It mixes values above 1 ({above}) and below 1 ({below})."
        write = "Write counts in every row, or fractions in every row."
    if why:
        raise DesignError(f"`{name}` cannot be the fpc.", why, write)


def _within(group_name: Callable[[int], str] | None, code: int) -> str:
    return f" within {group_name(code)}" if group_name is not None else ""


def check_not_crossing(
    psu: Integers, strata: Integers, design: Design, stratum_name: Callable[[int], str]
) -> None:
    """Refuse identifiers of primary units that occur in several strata under `nest=False`."""
    # shapes: `psu`, `strata` (records,)
    home = np.zeros(int(psu.max()) + 1, dtype=np.int64)
    home[psu] = strata
    crossing = np.flatnonzero(home[psu] != strata)
    if crossing.size:
        one, count = crossing[0], np.unique(psu[crossing]).size
        raise DesignError(
            f"`nest=False`: identifiers of `{design.psu[0]}` are not unique over strata.",
            f"{count} identifier{'s are' if count > 1 else ' is'} in several strata, the first in "
            f"{stratum_name(int(strata[one]))} and {stratum_name(int(home[psu[one]]))}.",
            "Write `nest=True` if identifiers start again in each stratum.",
        )


JOINT_LIMIT = 20_000


def inclusion_of_units(values: Floats, unit: Integers, first: Integers, name: str) -> Floats:
    """Read the first fpc column as inclusion probabilities, one per primary unit."""
    # shapes: `values` (records,), `unit` (records,), `first` (units,)
    refusal = f"`{name}` cannot be the inclusion probabilities of primary units."
    bad = int((~((values > 0) & (values <= 1))).sum())
    if bad:
        raise DesignError(
            refusal,
            f"{bad} of its {values.size} values are missing, zero, negative or above 1.",
            "Write how likely each unit was to be drawn: above 0, at most 1.",
        )
    by_unit = values[first]
    if not np.allclose(by_unit[unit], values, rtol=1e-9):
        raise DesignError(
            refusal, "It takes several values within one unit.", "Write one value per primary unit."
        )
    return by_unit


def checked_joint(joint: object) -> Floats:
    """Return checked joint inclusion probabilities, shape (units, units)."""
    result = np.array(joint, dtype=float)
    order = "one row and one column per primary unit, in the order in which units first "
    order += "appear in the file"
    bad, why = int((~((result > 0) & (result <= 1))).sum()), ""
    if result.ndim != 2 or result.shape[0] != result.shape[1]:
        why, write = "It is not square.", f"Write {order}."
    elif len(result) > JOINT_LIMIT:
        size = 2 * 8 * len(result) ** 2 / 1e9
        why = f"Its variance takes {size:.0f} GB; the limit is {JOINT_LIMIT:,} units."
        write = "Write an approximation that needs no pairs, for example `unequal='brewer'`."
    elif bad:
        why = f"{bad} of its {result.size} values are missing, zero, negative or above 1."
        write = "Write how likely each pair was to be drawn together: above 0 for two units of "
        write += "one sample."
    elif (apart := np.argwhere(~np.isclose(result, result.T, rtol=1e-9, atol=0))).size:
        row, column = apart[0].tolist()
        why = f"Units {row + 1} and {column + 1} have {result[row, column]:g} one way and "
        why += f"{result[column, row]:g} the other."
        write = f"Write a symmetric array, {order}."
    else:
        smaller = np.minimum(np.diag(result)[:, None], np.diag(result))
        for row, column in np.argwhere(result > smaller * (1 + 1e-9))[:1].tolist():
            why = (
                f"Units {row + 1} and {column + 1} have {result[row, column]:g} together, more "
                f"than one of them alone ({smaller[row, column]:g})."
            )
            write = "Write the inclusion probability of each unit on the diagonal, and that of "
            write += "each pair beside it."
    if why:
        raise DesignError(
            f"An array of shape {result.shape} cannot be the joint probabilities.", why, write
        )
    return result


def with_unequal(
    stage: variance.Stage, inclusion: Floats, first: Integers, design: Design
) -> variance.Stage:
    """Return a first stage with the factors that unequal probabilities give its units."""
    # shapes: `inclusion` (units,), `first` (units,)
    if design.joint is None:
        assert design.unequal is not None  # what the design was asked for
        spread, own = unit_factors(inclusion, stage.group, design.unequal, design.unequal_variance)
        return replace(stage, spread=spread, own=own)
    refusal = f"An array of shape {design.joint.shape} cannot be the joint probabilities."
    if len(design.joint) != len(inclusion):
        raise DesignError(
            refusal,
            f"The design has {len(inclusion)} primary units.",
            "Write one row and one column per primary unit, in the order in which units first "
            "appear in the file.",
        )
    place = np.empty_like(first)
    place[np.argsort(first, kind="stable")] = np.arange(first.size)
    joint = design.joint[np.ix_(place, place)]
    apart = np.flatnonzero(~np.isclose(np.diag(joint), inclusion, rtol=1e-6, atol=0))
    if apart.size:
        unit = int(apart[np.argmin(place[apart])])
        raise DesignError(
            refusal,
            f"Unit {int(place[unit]) + 1} has {joint[unit, unit]:g} on its diagonal, and "
            f"{inclusion[unit]:g} in "
            f"`{design.fpc[0]}`.",
            "Write the rows and columns in the order in which units first stand in the file.",
        )
    pairs = yates_grundy_pairs
    if design.unequal_variance == "horvitz_thompson":
        pairs = horvitz_thompson_pairs
    return replace(stage, pairs=pairs(joint))


@dataclass(frozen=True, eq=False)
class StratumNames:
    """Names of strata for errors, by code."""

    columns: tuple[str, ...]
    cells: Sequence[Any]
    heads: Integers | None = (
        None  # (merged strata,); the stratum by which each is called; None where none is merged
    )

    def __call__(self, code: int) -> str:
        """Return the name of a stratum."""
        own = code if self.heads is None else int(self.heads[code])
        return cell_in_words(self.columns, self.cells[own])


@dataclass(frozen=True, eq=False)
class Units:
    """The sampling units of a file."""

    stages: tuple[variance.Stage, ...]  # units and groups of each stage that the variance needs
    # unit of the last stage of each record (a row in memory; a collected unit elsewhere)
    of_record: Integers
    psu_of_unit: Integers  # first-stage unit of each unit of the last stage
    weights: Floats | None  # weight of each record by the fpc, where every stage has one
    stratum_name: StratumNames  # name of a stratum from its code, for errors
    policy: variance.LonelyPolicy  # for strata that have one unit, or one in a domain
    rules: Mapping[str, Any]  # those of the design that are not the default, for the provenance
    weighted: Booleans | None = (
        None  # (primary units,); where somebody has a weight; None for all of them
    )

    @property
    def degrees_of_freedom(self) -> int:
        """Primary units minus strata, of those where somebody has a weight (R's `degf`)."""
        first = self.stages[0]
        group = first.group if self.weighted is None else first.group[self.weighted]
        return int(len(group) - len(np.unique(group)))

    def where_weighted(self, weights: Floats) -> Units:
        """Return the units with degrees of freedom from the primary units that have weight.

        Shapes: `weights` (records,).
        """
        if (weights > 0).all():
            return self
        psu = self.psu_of_unit[self.of_record]
        return replace(self, weighted=np.bincount(psu, weights > 0, len(self.stages[0].group)) > 0)

    @cached_property
    def form(self) -> VarianceForm:
        """The quadratic form of the variance of a total in its totals by unit."""
        return variance_form(self.stages)

    def primary_units(self, unit: Integers) -> list[tuple[Integers, Integers]]:
        """Return the primary unit of each unit and its stratum, by phase."""
        psu = self.psu_of_unit[unit]
        return [(psu, self.stages[0].group[psu])]

    @cached_property
    def deletable(self) -> tuple[Integers, ...]:
        """By phase, the unit of each unit of the last stage whose draw it hangs on.

        -1 where nothing was drawn.
        """
        # that of the first stage, and in strata taken whole of the first later stage that was not
        node, depth = np.arange(len(self.stages[-1].group)), len(self.stages)
        found = np.full(node.size, -1, dtype=np.int64)
        first = np.cumsum([0, *(len(stage.group) for stage in self.stages)])
        for stage in reversed(self.stages):
            depth -= 1
            group = stage.group[node]
            found = np.where(stage.fraction[group] < 1, first[depth] + node, found)
            node = group
        return (found,)

    @property
    def asks_who_is_there(self) -> bool:
        """Whether a policy depends on which units the domain reaches."""
        return variance.depends_on_presence(self.stages[0], self.policy)

    def covariance(self, totals: variance.LinearisedTotals) -> Floats:
        """Return the covariance that the design gives to totals of linearised variables."""
        if self.policy.domain == "fail":
            self._check_domains(variance.units_present(totals, self.stages, self.policy))
        return variance.covariance(totals, self.stages, self.policy)

    def covariance_of_grid(self, cells: Floats, mix: Floats | None = None) -> Floats:
        """Return the same, of an array of units by variables, where no policy asks who is there."""
        return variance.covariance_of_grid(cells, self.stages, mix)

    def check_lonely(self) -> None:
        """Refuse strata with a single primary unit, unless a policy says what to do with them."""
        if self.policy.stratum == "fail":
            self._check_later_stages()
        lonely = variance.lonely_groups(self.stages[0])
        if self.policy.stratum not in ("fail", "collapse") or not lonely.size:
            return
        strata = len(self.stages[0].sizes)
        if self.policy.stratum == "collapse":
            raise LonelyPsuError(
                "`lonely_psu='collapse'` finds no stratum to merge.",
                f"{self.stratum_name(int(lonely[0]))} has a single primary unit, and no other "
                "stratum that was "
                "not taken whole can be merged with it.",
                "Write `lonely_psu='remove'` or `'certainty'` if the unit was drawn with "
                "certainty.",
            )
        raise LonelyPsuError(
            "`lonely_psu='fail'`: a stratum with a single primary unit has no variance.",
            f"{lonely.size} of {strata} strata have a single primary unit: "
            f"{self._stratum_text(lonely)}.",
            "Merge such strata with a neighbour, or write a policy in `declare_design`: "
            "`lonely_psu='adjust'`, `'average'`, `'collapse'`, `'remove'` or `'certainty'`.",
        )

    def _check_later_stages(self) -> None:
        for depth, stage in enumerate(self.stages[1:], start=2):
            lonely = variance.lonely_groups(stage)
            if lonely.size:
                raise LonelyPsuError(
                    "`lonely_psu='fail'`: a single unit of a stage has no variance.",
                    f"{lonely.size} of {len(stage.sizes)} units of stage {depth - 1} hold a single "
                    "unit of stage "
                    f"{depth}, drawn among several.",
                    "Write `lonely_psu='remove'` in `declare_design` to give them no variance at "
                    "that stage.",
                )

    def _check_domains(self, reach: variance.UnitsPresent | None) -> None:
        single = np.flatnonzero(reach.single.any(axis=1)) if reach else np.zeros(0, dtype=np.int64)
        if single.size:
            raise LonelyPsuError(
                "`lonely_psu_domain='fail'`: a stratum with a single primary unit in a domain has "
                "no variance.",
                f"{single.size} of {len(self.stages[0].sizes)} strata have several primary units, "
                "of which one "
                f"only has somebody in a domain: {self._stratum_text(single)}.",
                "Write another policy in `declare_design`: `lonely_psu_domain=None`, `'adjust'`, "
                "`'average'`, "
                "`'remove'` or `'certainty'`.",
            )

    def _stratum_text(self, strata: Integers, name: Callable[[int], str] | None = None) -> str:
        named = ", ".join((name or self.stratum_name)(int(code)) for code in strata[:3])
        return f"{named} and {strata.size - 3} more" if strata.size > 3 else named


def arrange(
    strata: Integers,
    identifiers: Sequence[Integers],
    fpc: Sequence[Floats],
    records: int,
    design: Design,
    stratum_name: StratumNames,
) -> Units:
    """Arrange records into the units of each stage."""
    if identifiers and design.strata and not design.nest:
        check_not_crossing(identifiers[0], strata, design, stratum_name)
    above = strata
    stages: list[variance.Stage] = []
    psu_of_unit = np.arange(0)
    multiplier = np.ones(int(above.max()) + 1 if records else 1)
    weights = np.ones(records)
    for depth in range(max(len(identifiers), 1)):
        if identifiers:
            unit, first = compressed(
                above * (int(identifiers[depth].max()) + 1) + identifiers[depth]
            )
        else:
            first, unit = _order(above)
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
            stage = variance.Stage(group, known, multiplier)
            stages.append(
                stage if inclusion is None else with_unequal(stage, inclusion, first, design)
            )
            multiplier = (multiplier * known)[group] if inclusion is None else inclusion
            psu_of_unit = psu_of_unit[group] if depth else np.arange(len(first))
            last = unit
        if fraction is not None:
            weights = weights / (fraction[above] if inclusion is None else inclusion[unit])
        above = unit
    by_fpc = weights if fpc and len(fpc) == max(len(identifiers), 1) else None
    policy = variance.LonelyPolicy(design.lonely_psu, design.lonely_psu_domain)
    units = Units(tuple(stages), last, psu_of_unit, by_fpc, stratum_name, policy, design.rules)
    return collapsed(units) if design.lonely_psu == "collapse" else units


def collapsed(units: Units) -> Units:
    """Return the units with lonely strata merged.

    Degrees of freedom are then those of the merged strata.
    """
    first = units.stages[0]
    target = variance.merged_groups(first)
    heads, code = np.unique(target, return_inverse=True)
    if heads.size == target.size:
        return units
    alone = np.bincount(code) == 1
    order, rank = _order(code[first.group])
    stages = [
        variance.Stage(
            code[first.group][order],
            np.where(alone, first.fraction[heads], 0.0),
            np.ones(heads.size),
        )
    ]
    psu_order, psu_rank = order, rank
    for stage in units.stages[1:]:
        above = stages[-1]
        multiplier = (above.multiplier * above.fraction)[above.group]
        fraction, group = stage.fraction[order], rank[stage.group]
        order, rank = _order(group)
        stages.append(variance.Stage(group[order], fraction, multiplier))
    psu_of_unit = (
        psu_rank[units.psu_of_unit][order] if len(stages) > 1 else np.arange(psu_order.size)
    )
    names = replace(units.stratum_name, heads=heads)
    return replace(
        units, stages=tuple(stages), of_record=rank[units.of_record], psu_of_unit=psu_of_unit,
        stratum_name=names,
    )  # fmt: skip


def _order(group: Integers) -> tuple[Integers, Integers]:
    """Return the order that sorts units by group, and the place each unit takes in it."""
    order = np.argsort(group, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(order.size)
    return order, rank
