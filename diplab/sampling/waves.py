"""Waves of a panel stacked in one file; each follows the design, and they share units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
from scipy import sparse

from diplab.errors import (
    ColumnError,
    DesignError,
    EmptyDomainError,
    OptionError,
    quoted_names,
    suggestion,
)
from diplab.kernel.arrays import Floats, Integers, compressed
from diplab.kernel.variance import CommonUnits, LinearisedTotals
from diplab.microdata.variable import answers_to_write, code_of_answer, code_quoted, code_text
from diplab.reference.text import Text
from diplab.sampling._two_phase import TwoPhaseUnits, two_phase
from diplab.sampling.condition import known_column
from diplab.sampling.engines.columns import MemoryColumns
from diplab.sampling.engines.memory import MemoryEngine
from diplab.sampling.expression import Column
from diplab.sampling.sample import Sample, SampleInMemory, check_sample
from diplab.sampling.units import Units

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook
    from diplab.sampling.design import Design


@dataclass(frozen=True, eq=False, kw_only=True)
class OverlappingUnits(Units):
    """The units of each wave, as if waves were strata, and those that two waves have in common."""

    wave_of_group: Integers  # (groups of the first stage,)
    common: Sequence[CommonUnits | None]  # by stage; None where a stage adds no covariance

    @property
    def degrees_of_freedom(self) -> int:
        """Primary units minus strata, of the wave that has fewest."""
        units = np.bincount(self.stages[0].group, self.weighted, self.wave_of_group.size)
        by_wave = np.bincount(self.wave_of_group, units - (units > 0))
        return int(by_wave[np.bincount(self.wave_of_group, units) > 0].min())

    def covariance(self, totals: LinearisedTotals) -> Floats:
        """Return the covariance that the design gives to totals, with that between waves."""
        apart, mix = super().covariance(totals), totals.mix
        cells = totals.grid(len(self.stages[-1].group))
        between = np.zeros((totals.columns, totals.columns))
        for stage, common in reversed(list(zip(self.stages, self.common, strict=True))):
            if common is not None:
                between += common.products(cells, stage)
            cells = sparse.csr_array(stage.membership @ cells)
        between += between.T
        return apart + (between if mix is None else mix.T @ between @ mix)

    def covariance_of_grid(self, cells: Floats, mix: Floats | None = None) -> Floats:
        """Return the same, of an array of units by variables."""
        return self.covariance(LinearisedTotals.of_grid(cells, mix))


@dataclass(frozen=True, eq=False)
class Waves:
    """The waves of a file, and who is in which of them."""

    sample: SampleInMemory  # its units are those of overlapping waves
    name: str
    categories: tuple[Any, ...]
    row: Integers  # (waves, persons): the row of each person in each wave; -1 where there is none

    def of(self, wave: int) -> SampleInMemory:
        """Return the sample of one wave, which is its universe and has its own poverty line."""
        condition = Column(self.name).is_(self.categories[wave])
        return replace(self.sample, population=(*self.sample.population, condition))

    def both(self, earlier: int, later: int) -> tuple[Integers, Integers]:
        """Return the rows of those who are in two waves, in the one and in the other."""
        there = np.flatnonzero((self.row[earlier] >= 0) & (self.row[later] >= 0))
        return self.row[earlier][there], self.row[later][there]

    def chosen(self, between: Sequence[Any] | None) -> list[int]:
        """Return the numbers of the waves that are named, by default of all; at least two."""
        if between is not None and not isinstance(between, list | tuple):
            raise OptionError(
                f"`between={between!r}` does not name waves.",
                write="Write for example `between=(1, 2)`.",
            )
        codebook, found = self.sample.codebook, []
        for item in self.categories if between is None else between:
            code = code_of_answer(codebook, self.name, item, self.categories)
            if code is None:
                words = answers_to_write(codebook, self.name, self.categories)
                raise ColumnError(
                    f"{item!r} is not a wave in `{self.name}`.",
                    write=suggestion(code_text(item), words),
                )
            found.append(self.categories.index(code))
        if not 2 <= len(found) == len({*found}):
            raise OptionError(
                "A change needs two different waves.",
                "Found: "
                f"{', '.join(code_text(self.categories[item]) for item in found) or 'none'}.",
                f"Stack the waves in one file (`dl.merge`); `{self.name}` is to distinguish them.",
            )
        return found


MOST_WAVES = 200


def read_waves(sample: Sample, wave: str, person: str) -> Waves:
    """Return the persons of each wave, with the units of each wave and those in common."""
    check_sample(sample, "A change", "compare waves")
    for name, use in ((wave, "waves"), (person, "persons")):
        known_column(name, sample.names, use)
    own = sample.collect()
    engine = own.engine
    code = engine.columns.complete_codes(wave, "waves")
    who = engine.columns.complete_codes(person, "persons")
    categories = engine.columns.factor(wave).categories
    if len(categories) > MOST_WAVES:
        raise OptionError(
            f"`wave={wave!r}` names a column of {len(categories):,} values, which are not waves.",
            write="Write the column of the year or the round in `wave=`, that of identifiers in "
            "`person=`.",
        )
    persons = int(who.max()) + 1
    row = np.full((len(categories), persons), -1, dtype=np.int64)
    row[code, who] = np.arange(engine.rows)
    twice = engine.rows - int((row >= 0).sum())
    if twice:
        raise DesignError(
            f"`{person}` does not distinguish persons.",
            f"In {twice} of {engine.rows} rows it repeats a person of the same `{wave}`.",
            "Name the column with one value for each person, the same in every wave.",
        )
    _check_design(own, row)
    if own.replication is not None:
        return Waves(own, wave, categories, row)
    units, weights = _overlapping_units(engine, wave, code, who, person), engine.weights
    if engine.design.weights is None and engine.auxiliary is None and units.weights is not None:
        # those that follow from the units of both waves together are of no wave
        weights = units.weights
    following = engine.reweighted(weights, engine.auxiliary, units.where_weighted(weights))
    return Waves(replace(own, engine=following), wave, categories, row)


def _check_design(sample: SampleInMemory, row: Integers) -> None:
    unequal, found = sample.design.unequal, ("", "")
    if isinstance(sample.engine.units, TwoPhaseUnits):
        found = "The sample has two phases.", "Declare the waves with the weights of the file."
    elif sample.replication is None and unequal is not None:
        found = (
            f"`unequal={unequal!r}` is in force.",
            "Declare the units without it, as drawn with replacement.",
        )
    elif sample.made is not None and not sample.design.psu and ((row >= 0).sum(axis=0) > 1).any():
        found = (
            "Its replicate weights were made as if every row were another person.",
            "Declare the design with `psu=` the column of persons, then make the replicates.",
        )
    if found[0]:
        raise DesignError("The covariance between waves is not known under this design.", *found)


def _overlapping_units(
    engine: MemoryEngine, wave: str, code: Integers, who: Integers, person: str
) -> OverlappingUnits:
    design = engine.design
    units = engine.arranged(replace(design, strata=(wave, *design.strata)))
    labels = _labels(engine, design, wave, who, person)[: len(units.stages)]
    of_record = [units.of_record]
    for stage in units.stages[:0:-1]:
        of_record.insert(0, stage.group[of_record[0]])
    common: list[CommonUnits | None] = []
    for depth, (stage, label, unit) in enumerate(zip(units.stages, labels, of_record, strict=True)):
        place = np.full((int(code.max()) + 1, int(label.max()) + 1), -1, dtype=np.int64)
        place[code, label] = unit
        pairs = [
            pair[:, (pair >= 0).all(axis=0)]
            for pair in (place[[*two]] for two in combinations(range(len(place)), 2))
        ]
        left, right = np.concatenate([np.zeros((2, 0), dtype=np.int64), *pairs], axis=1)
        above = np.ones(left.size)
        if depth and (higher := common[-1]) is not None:
            size = len(units.stages[depth - 1].group)
            known = higher.left * size + higher.right
            order = np.argsort(known)
            asked = stage.group[left] * size + stage.group[right]
            above = higher.below[higher.cell][order[np.searchsorted(known, asked, sorter=order)]]
        adds = left.size and above.any() and not (depth and common[-1] is None)
        common.append(CommonUnits.of(stage, left, right, above) if adds else None)
    wave_of_group = np.zeros(len(units.stages[0].sizes), dtype=np.int64)
    wave_of_group[units.stages[0].group[of_record[0]]] = code
    fields = {name: getattr(units, name) for name in Units.__dataclass_fields__}
    return OverlappingUnits(**fields, wave_of_group=wave_of_group, common=common)


def _labels(
    engine: MemoryEngine, design: Design, wave: str, who: Integers, person: str
) -> list[Integers]:
    """Return by stage what makes a row of one wave of the same unit as a row of another."""
    if not design.psu:
        return [who]
    label, found = np.zeros(engine.rows, dtype=np.int64), []
    nested = [name for name in design.strata if name != wave] if design.nest else []
    for name in (*nested, *design.psu):
        factor = engine.columns.factor(name)
        label = compressed(label * len(factor.categories) + factor.codes)[0]
        found.append(label)
    found = found[len(nested) :]
    home = np.zeros(int(who.max()) + 1, dtype=np.int64)
    home[who] = found[0]
    moved = np.unique(who[home[who] != found[0]])
    if moved.size:
        raise DesignError(
            f"Persons (`{person}`) do not belong to the same unit in every wave.",
            f"{moved.size} of {home.size} change their `{design.psu[0]}`"
            + (f" or their {quoted_names(nested, ' × ')}." if nested else "."),
            "Write in every wave the unit and the stratum in which the person was drawn at first.",
        )
    return found


def link_waves(
    sample: Sample,
    variables: str | Sequence[str],
    *,
    wave: str,
    person: str,
    between: Sequence[Any] | None = None,
    response: str | Sequence[str] | None = None,
) -> Sample:
    """Return the persons present in two waves, with the answers of each in separate columns.

    Parameters
    ----------
    sample : Sample
        The waves stacked in one file, as in `change`.
    variables : str or list of str
        Columns to keep for both waves: `pay` becomes `pay_2020` and `pay_2021`, named after the
        codes of the waves.
    wave, person : str
        Columns of the wave, and of an identifier that a person keeps from wave to wave.
    between : pair of waves, optional
        The earlier and the later, by default the first and the last of the file.
    response : str or list of str, optional
        Columns of response classes, known in the earlier wave (`[]` for one class), within which
        response in the later wave is treated as random: weights are those of the earlier wave times
        the number of persons over that of respondents, and the variance is that of two phases
        (Särndal, Swensson and Wretman 1992, ch. 15; `two_phase`). By default, weights are those of
        the later wave, as in files with longitudinal weights.

    Returns
    -------
    Sample
        In memory. Other columns are those of the later wave; with `response`, of the earlier.

    Raises
    ------
    ColumnError, DesignError
        As in `change`; where a new column has the name of another, or a class has nobody in the
        later wave.
    EmptyDomainError
        Where no one is in both waves.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> pay = [8.0, 9.0, 7.0, 9.0, 12.0]
    >>> panel = pd.DataFrame({"year": [1, 1, 1, 2, 2], "id": [1, 2, 3, 1, 2], "pay": pay})
    >>> linked = dl.link_waves(dl.declare_design(panel), "pay", wave="year", person="id")
    >>> result = dl.estimate(linked, dl.mean("pay_2 - pay_1"), dl.share("pay_2 > pay_1"))
    >>> result.frame["estimate"].tolist()
    [2.0, 1.0]
    """
    waves = read_waves(sample, wave, person)
    earlier, *_, later = waves.chosen(between)
    ends = earlier, later
    partners = waves.both(earlier, later)
    codes = [code_text(waves.categories[end]) for end in ends]
    if not partners[0].size:
        raise EmptyDomainError(
            f"No one is in both waves, {codes[0]} and {codes[1]}.",
            write=f"Check the values of `{person}`; without common persons, write `dl.change`.",
        )
    in_both = f"in_{codes[0]}_and_{codes[1]}"
    listed = (variables,) if isinstance(variables, str) else tuple(variables)
    added, codebook = _side_by_side(waves, listed, codes, partners, in_both)
    base = later if response is None else earlier
    texts = (*sample.population_text, f"`{wave}` == {code_quoted(waves.categories[base])}")
    names = (*sample.names, *(column.name for column in added))
    linked = waves.sample.engine.with_columns(*added, codebook=codebook)
    of_wave = replace(waves.of(base), population_text=texts, names=names, codebook=codebook)
    if response is None:
        return replace(of_wave, engine=linked).where(f"`{in_both}`")
    rows = np.flatnonzero(waves.sample.engine.columns.factor(wave).codes == earlier)
    classes = (response,) if isinstance(response, str) else tuple(response)
    first = _engine_of_attrition(linked, waves.sample.engine, rows, classes)
    return two_phase(replace(of_wave, engine=first), in_both, strata=response)


def _side_by_side(
    waves: Waves,
    names: Sequence[str],
    codes: Sequence[str],
    partners: tuple[Integers, Integers],
    in_both: str,
) -> tuple[list[Any], Codebook]:
    """Return the new columns, each variable once a wave, and the codebook with them."""
    sample = waves.sample
    engine, codebook, added = sample.engine, sample.codebook, []
    for name in names:
        known_column(name, sample.names, "a variable of two waves")
        variable = codebook.variable(name)
        for code, partner in zip(codes, partners, strict=True):
            # who is in one wave only keeps an answer that no estimate reads
            rows = np.arange(engine.rows)
            rows[partners[0]] = rows[partners[1]] = partner
            new = f"{name}_{code}"
            added.append(engine.columns.frame[name][rows].alias(new))
            label = variable.label
            of_wave = Text(f"{label.fr or name} ({code})", f"{label.en or name} ({code})")
            described = replace(variable, name=new, label=of_wave)
            codebook = replace(codebook, variables={**codebook.variables, new: described})
    inside = np.zeros(engine.rows, dtype=bool)
    inside[partners[0]] = inside[partners[1]] = True
    backend = engine.columns.frame.implementation
    added.append(nw.new_series(in_both, inside, nw.Boolean, backend=backend))
    label = Text(
        f"présents aux vagues {codes[0]} et {codes[1]}", f"in waves {codes[0]} and {codes[1]}"
    )
    for column in added:
        if column.name in sample.names:
            raise ColumnError(
                f"`{column.name}` cannot be a new column.",
                "The data have one of that name.",
                "Rename it before.",
            )
    return added, codebook.described(in_both, label=label)


def _engine_of_attrition(
    linked: MemoryEngine, engine: MemoryEngine, rows: Integers, classes: tuple[str, ...]
) -> MemoryEngine:
    """Return the engine of the earlier wave, whose units know the classes of attrition."""
    columns = MemoryColumns(linked.columns.frame[rows], linked.columns.codebook)
    first = MemoryEngine(columns, engine.design, engine.drawn)
    units = replace(
        first.units, rules={**first.units.rules, "attrition": (classes,) if classes else ""}
    )
    return first.reweighted(engine.weights[rows], engine.auxiliary, units)
