"""What a design says of the population it was drawn from: counts or fractions of units, and units within strata."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from diplab.errors import DesignError

if TYPE_CHECKING:
    from collections.abc import Callable

    from diplab.sampling.design import Design

__all__ = ["check_not_crossing", "fraction_of_groups"]

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


def fraction_of_groups(
    values: Floats,
    group: Integers,
    sizes: Integers,
    name: str,
    group_name: Callable[[int], str] | None = None,
) -> Floats:
    """Read an fpc column as counts or fractions, one value a group.

    Parameters
    ----------
    values : array, shape (records,)
        Counts (above 1) or fractions (at most 1).
    group : array of int, shape (records,)
        Stratum, or unit above, of each record.
    sizes : array of int, shape (groups,)
        How many units of each group are in the sample.
    name : str
        Of the column.
    group_name : callable, optional
        Name of a group from its code, for errors.

    Raises
    ------
    DesignError
        Where values are neither, differ within a group, or are fewer than the units in the sample.
    """
    _check_values(values, name)
    by_group = np.zeros(len(sizes))
    by_group[group] = values
    differ = np.flatnonzero(~np.isclose(by_group[group], values, rtol=1e-9))
    if differ.size:
        where = _within(group_name, int(group[differ[0]])) or " within one stratum or unit"
        raise DesignError(
            f"`{name}` was asked for as the fpc.",
            f"It takes several values{where}.",
            "Write one value a stratum at the first stage, one value a unit above at later stages.",
        )
    # one unit taken of one is the same read as a count or as a fraction
    if (values > 1).any():
        short = by_group < sizes - 1e-9
        if short.any():
            first = int(np.flatnonzero(short)[0])
            raise DesignError(
                f"`{name}` was asked for as the fpc.",
                f"It says that {by_group[first]:g} units exist where the sample holds {sizes[first]}"
                f"{_within(group_name, first)}.",
                "Write the number of units in the population, not in the sample.",
            )
        return sizes / by_group
    return by_group


def _check_values(values: Floats, name: str) -> None:
    """Refuse values that are neither counts nor fractions, or some of each."""
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


def _within(group_name: Callable[[int], str] | None, code: int) -> str:
    return f" within {group_name(code)}" if group_name is not None else ""


def check_not_crossing(
    psu: Integers, strata: Integers, design: Design, stratum_name: Callable[[int], str]
) -> None:
    """Refuse identifiers of primary units that are said to be unique over strata, and are not.

    Parameters
    ----------
    psu, strata : array of int, shape (records,)
    design : Design
    stratum_name : callable
        Name of a stratum from its code.
    """
    home = np.zeros(int(psu.max()) + 1, dtype=np.int64)
    home[psu] = strata
    crossing = np.flatnonzero(home[psu] != strata)
    if crossing.size:
        one, count = crossing[0], np.unique(psu[crossing]).size
        raise DesignError(
            f"`{design.psu[0]}` was asked for as unit identifiers that are unique over strata (`nest=False`).",
            f"{count} identifier{'s stand' if count > 1 else ' stands'} in several strata, the first in "
            f"{stratum_name(int(strata[one]))} and {stratum_name(int(home[psu[one]]))}.",
            "Write `nest=True` if identifiers start again in each stratum.",
        )
