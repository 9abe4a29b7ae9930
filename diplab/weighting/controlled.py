"""Margins put on the rows of a sample: numbers and categories of each row, in the order of their totals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from diplab.errors import CalibrationError
from diplab.kernel.calibration import Controls
from diplab.weighting.categories import check_answered, codes_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diplab.microdata.codebook import Codebook
    from diplab.sampling.memory_columns import MemoryColumns
    from diplab.weighting.margins import Margin

__all__ = ["Controlled", "controlled"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Controlled:
    """The margins on the rows.

    Parameters
    ----------
    margins : tuple of Margin
        Categorical ones, then numeric ones.
    controls : Controls
        The same on every row; code -1 and number 0 for rows that are not calibrated.
    targets : array
        All totals, in order.
    """

    margins: tuple[Margin, ...]
    controls: Controls
    targets: Floats

    def said(self, place: int) -> str:
        """Return the auxiliary variable at a place in words."""
        names = [margin.said(own) for margin in self.margins for own in range(len(margin.totals))]
        return names[place]


def controlled(
    margins: Sequence[Margin], columns: MemoryColumns, codebook: Codebook, inside: Flags
) -> Controlled:
    """Find the category or the number of each row in each margin.

    Parameters
    ----------
    margins : sequence of Margin
    columns : MemoryColumns
        The data.
    codebook : Codebook
        For labels given in place of codes.
    inside : array of bool, shape (rows,)
        Rows to calibrate: those of the universe with a positive weight.

    Raises
    ------
    CalibrationError
        Where an answer is missing, a category of the data has no total, or a total has nobody to carry it.
    """
    categorical = [each for each in margins if each.levels is not None]
    numeric = [each for each in margins if each.levels is None]
    codes = tuple(codes_of(each, columns, codebook, inside) for each in categorical)
    numbers = tuple(_numbers(each, columns, inside) for each in numeric)
    ordered = (*categorical, *numeric)
    return Controlled(
        ordered,
        Controls(codes, tuple(len(each.totals) for each in categorical), numbers),
        np.array([total for each in ordered for total in each.totals]),
    )


def _numbers(margin: Margin, columns: MemoryColumns, inside: Flags) -> Floats:
    name = margin.variables[0]
    if not columns.is_number(name):
        raise CalibrationError(
            f"Weights were to be calibrated to one total of {margin.name}.",
            "It holds words, which have no total.",
            f"Write one number a category, `{{{name!r}: {{category: total}}}}`.",
        )
    values = columns.numbers(name)
    check_answered(margin, np.isnan(values), inside)
    return values if inside.all() else np.where(inside, values, 0.0)
