"""Units drawn with unequal probabilities, without replacement: their probabilities, read and checked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from diplab.errors import DesignError
from diplab.kernel.unequal import horvitz_thompson_pairs, unit_factors, yates_grundy_pairs

if TYPE_CHECKING:
    from diplab.kernel.stage import Stage
    from diplab.sampling.design import Design

__all__ = ["JOINT_LIMIT", "checked_joint", "inclusion_of_units", "with_unequal"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

JOINT_LIMIT = 20_000


def inclusion_of_units(values: Floats, unit: Integers, first: Integers, name: str) -> Floats:
    """Read the first fpc column as inclusion probabilities, one a primary unit.

    Parameters
    ----------
    values : array, shape (records,)
    unit : array of int, shape (records,)
        Primary unit of each record.
    first : array of int, shape (units,)
        First record of each unit.
    name : str
        Of the column.

    Raises
    ------
    DesignError
        Where values are no probabilities, or differ within a unit.
    """
    asked = f"`{name}` was asked for as the inclusion probabilities of primary units."
    bad = int((~((values > 0) & (values <= 1))).sum())
    if bad:
        raise DesignError(
            asked,
            f"{bad} of its {values.size} values are missing, zero, negative or above 1.",
            "Write how likely each unit was to be drawn: above 0, at most 1.",
        )
    by_unit = values[first]
    if not np.allclose(by_unit[unit], values, rtol=1e-9):
        raise DesignError(
            asked,
            "It takes several values within one unit.",
            "Write one value a primary unit.",
        )
    return by_unit


def checked_joint(joint: object) -> Floats:
    """Return joint inclusion probabilities as an array, once they can be some.

    Parameters
    ----------
    joint : array-like, shape (units, units)

    Raises
    ------
    DesignError
        Where it is not square, too large, not symmetric, or holds what is no joint probability.
    """
    found = np.asarray(joint, dtype=float)
    asked = f"Joint probabilities were asked for as an array of shape {found.shape}."
    order = "one row and one column a primary unit, in the order in which units first stand in the file"
    if found.ndim != 2 or found.shape[0] != found.shape[1]:
        raise DesignError(asked, "It is not square.", f"Write {order}.")
    if len(found) > JOINT_LIMIT:
        raise DesignError(
            asked,
            f"Its variance takes {2 * 8 * len(found) ** 2 / 1e9:.0f} GB; the limit is {JOINT_LIMIT:,} units.",
            "Write an approximation that needs no pairs, for example `unequal='brewer'`.",
        )
    bad = int((~((found > 0) & (found <= 1))).sum())
    if bad:
        raise DesignError(
            asked,
            f"{bad} of its {found.size} values are missing, zero, negative or above 1.",
            "Write how likely each pair was to be drawn together: two units that stand in one sample could be.",
        )
    apart = np.argwhere(~np.isclose(found, found.T, rtol=1e-9, atol=0))
    if apart.size:
        row, column = (int(place) for place in apart[0])
        raise DesignError(
            asked,
            f"Units {row + 1} and {column + 1} have {found[row, column]:g} one way and "
            f"{found[column, row]:g} the other.",
            f"Write a symmetric array, {order}.",
        )
    single = np.diag(found)
    above = np.argwhere(found > np.minimum(single[:, None], single) * (1 + 1e-9))
    if above.size:
        row, column = (int(place) for place in above[0])
        raise DesignError(
            asked,
            f"Units {row + 1} and {column + 1} have {found[row, column]:g} together, more than one of them alone "
            f"({min(single[row], single[column]):g}).",
            "Write the inclusion probability of each unit on the diagonal, and that of each pair beside it.",
        )
    return found


def with_unequal(stage: Stage, inclusion: Floats, first: Integers, design: Design) -> Stage:
    """Return a first stage with the factors that unequal probabilities give its units.

    Parameters
    ----------
    stage : Stage
        Its units and strata.
    inclusion : array, shape (units,)
        Inclusion probability of each unit.
    first : array of int, shape (units,)
        First record of each unit.
    design : Design
        For its approximation, or its joint probabilities.

    Raises
    ------
    DesignError
        Where joint probabilities are not those of these units.
    """
    if design.joint is None:
        assert design.unequal is not None  # what the design was asked for
        spread, own = unit_factors(inclusion, stage.group, design.unequal, design.unequal_variance)
        return replace(stage, spread=spread, own=own)
    asked = f"Joint probabilities were asked for as an array of shape {design.joint.shape}."
    if len(design.joint) != len(inclusion):
        raise DesignError(
            asked,
            f"The design has {len(inclusion)} primary units.",
            "Write one row and one column a primary unit, in the order in which units first stand in the file.",
        )
    place = np.empty_like(first)
    place[np.argsort(first, kind="stable")] = np.arange(first.size)
    joint = design.joint[np.ix_(place, place)]
    apart = np.flatnonzero(~np.isclose(np.diag(joint), inclusion, rtol=1e-6, atol=0))
    if apart.size:
        unit = int(apart[np.argmin(place[apart])])
        raise DesignError(
            asked,
            f"Unit {int(place[unit]) + 1} has {joint[unit, unit]:g} on its diagonal, and {inclusion[unit]:g} in "
            f"`{design.fpc[0]}`.",
            "Write the rows and columns in the order in which units first stand in the file.",
        )
    pairs = horvitz_thompson_pairs if design.unequal_variance == "horvitz_thompson" else yates_grundy_pairs
    return replace(stage, pairs=pairs(joint))
