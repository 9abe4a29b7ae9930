"""How sure a size from a regression of captures is: by the model, by a sandwich, or by the design of the sample.

A sample of persons seen has two sources of error: that of the sampling, measured by the design on the linearised size,
and that of having been seen at all, which would remain if everybody seen had been asked. They add up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from diplab.errors import MisleadingError, OptionError
from diplab.kernel.person_influence import sandwich
from diplab.kernel.represented_sizes import person_terms, size_parts
from diplab.kernel.truncated_regression import fit_truncated

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from diplab.kernel.represented_sizes import SizeParts
    from diplab.population.capture_regression.fitted import FittedCaptures
    from diplab.sampling.sample import SampleInMemory

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

__all__ = ["Spread", "spread_of_design", "spread_of_model"]


class Spread(NamedTuple):
    """Covariance of the parameters as fitted, and of the sizes."""

    parameters: Floats
    sizes: Floats


def spread_of_model(found: FittedCaptures, parts: SizeParts, variance: str) -> Spread:
    """Return covariances by the model (`analytic`), or with a sandwich for the parameters."""
    persons = found.persons
    if variance == "analytic":
        parameters = found.bread
    else:
        weight, clusters = found.fitting_weight, persons.clusters
        width, people = len(found.bread), float(weight.sum())
        groups = people if clusters is None else np.count_nonzero(np.bincount(clusters, weights=weight))
        if groups < 2 or people <= width:
            raise OptionError(
                f"The variance `{variance}` was asked for.",
                f"It needs several clusters, and more persons than parameters: there are {groups:g}, {people:g} and "
                f"{width}.",
                'Write `variance="analytic"`, or fewer terms.',
            )
        parameters = sandwich(found.terms, persons.x, weight, found.bread, variance, clusters)
    return Spread(parameters, parts.covariance(parameters))


def spread_of_design(found: FittedCaptures, parts: SizeParts, sample: SampleInMemory) -> Spread:
    """Return covariances under the design of a sample of persons seen, and of their having been seen."""
    width = len(found.bread)
    of_design = _linearised if sample.replication is None else _replicated
    joint = of_design(found, parts, sample)
    remaining = parts.covariance(found.bread)
    return Spread(joint[:width, :width] + found.bread, joint[width:, width:] + remaining)


def _linearised(found: FittedCaptures, parts: SizeParts, sample: SampleInMemory) -> Floats:
    """Return the covariance that the design gives to the linearised parameters and sizes (Binder, 1983)."""
    persons, engine = found.persons, sample.engine
    engine.units.check_lonely(sample.design.lonely_psu)
    moved = found.bread @ found.terms.scores
    width, rows, groups = len(moved), persons.y.size, len(parts.sizes)
    # a person moves the parameters, is counted in its group of each grouping, and moves all sizes through the first
    starts = width + np.cumsum([0, *(each.groups for each in persons.groupings)])[:-1]
    own = [start + each.codes for start, each in zip(starts, persons.groupings, strict=True)]
    column = np.concatenate([np.repeat(np.arange(width), rows), *own])
    value = np.concatenate([*(moved * persons.weight), *[persons.weight * found.terms.persons] * len(own)])
    unit = np.tile(engine.units.of_record[persons.kept], width + len(own))
    mix = np.eye(width + groups)
    mix[:width, width:] = parts.slopes.T
    if engine.auxiliary is not None:
        unit, column, value, mix = _less_margins(sample, persons.kept, (unit, column, value), mix)
    return engine.units.covariance(unit, column, value, len(mix), sample.design.lonely_psu, mix)


def _less_margins(
    sample: SampleInMemory, kept: Integers, entries: tuple[Integers, Integers, Floats], mix: Floats
) -> tuple[Integers, Integers, Floats, Floats]:
    """Return entries and mix with the margins of calibrated weights added, what these fix taken out."""
    engine, auxiliary, (unit, column, value) = sample.engine, sample.auxiliary, entries
    assert auxiliary is not None  # asked for with calibrated weights only
    row = np.tile(kept, value.size // kept.size)
    nobody, regressions = np.zeros(engine.rows, dtype=np.int64), []
    weight = np.where(engine.weights > 0, engine.weights, 1.0)
    for place in range(len(mix)):
        there = column == place
        line = np.zeros(engine.rows)
        line[row[there]] = value[there] / weight[row[there]]
        regressions.append(auxiliary.coefficients(line, nobody, 1)[:, 0])
    margins = auxiliary.by_unit(engine.units.of_record, engine.weights)
    return (
        np.concatenate([unit, margins[0]]),
        np.concatenate([column, len(mix) + margins[1]]),
        np.concatenate([value, margins[2]]),
        np.concatenate([mix, -np.column_stack(regressions) @ mix]),
    )


def _replicated(found: FittedCaptures, parts: SizeParts, sample: SampleInMemory) -> Floats:
    """Return the covariance of parameters and sizes over fits under each set of replicate weights."""
    persons, engine, replication = found.persons, sample.engine, sample.replication
    assert replication is not None  # asked for with replicate weights only
    under = []
    for place in range(replication.count):
        weight = replication.row_weights(place, engine.weights, engine.units.of_record)[persons.kept]
        fit = fit_truncated(found.fit.family, persons.x, persons.y, weight, found.fit.theta)
        if not fit.converged:
            raise MisleadingError(
                "The variance of a population size was asked for over replicate weights.",
                f"Under the weights of replicate {place + 1} the size is not finite.",
                "Write fewer terms, or declare the design without replicate weights.",
            )
        again = size_parts(person_terms(fit, persons.x, persons.y), weight, persons.groupings)
        under.append(np.concatenate([fit.theta, again.sizes]))
    return replication.covariance(np.stack(under), np.concatenate([found.fit.theta, parts.sizes]))
