"""Which code stood in each cell that is missing: what the frame, where it is NaN, cannot say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from diplab.microdata.variable import Code, Variable

__all__ = ["MissingCodes", "missing_codes"]


@dataclass(frozen=True, eq=False)
class MissingCodes:
    """The declared missing codes of one column, row by row.

    Parameters
    ----------
    codes : tuple of code
        Distinct codes, as the file holds them (99, `.a`, `DATA_EXPIRED`).
    places : array of int, shape (rows,)
        Place in `codes` of the code that stood in the cell; -1 for an answer and for a cell without a code.

    Examples
    --------
    >>> found = MissingCodes((99,), np.array([-1, 0, -1], dtype=np.int8))
    >>> found.taken(np.array([1, 2])).places.tolist()
    [0, -1]
    """

    codes: tuple[Code, ...]
    places: NDArray[np.integer[Any]]

    def __len__(self) -> int:
        return len(self.places)

    def taken(self, rows: NDArray[Any]) -> MissingCodes:
        """Return the codes of some rows: their places, or true for each row kept."""
        return MissingCodes(self.codes, self.places[rows])

    def reasons(self, variable: Variable) -> Mapping[str, int]:
        """Return how many cells are missing for each reason."""
        counts = np.bincount(self.places[self.places >= 0], minlength=len(self.codes))
        found: dict[str, int] = {}
        for code, count in zip(self.codes, counts.tolist(), strict=True):
            if count:
                reason = variable.why(code) or str(code)
                found[reason] = found.get(reason, 0) + count
        return found


def missing_codes(values: NDArray[Any], declared: NDArray[np.bool_]) -> MissingCodes | None:
    """Return the codes of the cells that are declared missing; None where none is.

    Parameters
    ----------
    values : array, shape (rows,)
        Raw codes.
    declared : array of bool, shape (rows,)
        True where the cell holds a missing code.

    Examples
    --------
    >>> found = missing_codes(np.array([31.0, 99.0, 98.0]), np.array([False, True, True]))
    >>> found.codes, found.places.tolist()
    ((98, 99), [-1, 1, 0])
    """
    if not declared.any():
        return None
    distinct, inverse = np.unique(values[declared], return_inverse=True)
    size: type[np.integer[Any]] = np.int8 if len(distinct) < np.iinfo(np.int8).max else np.int32
    places: NDArray[np.integer[Any]] = np.full(len(values), -1, dtype=size)
    places[declared] = inverse
    return MissingCodes(tuple(_plain(code) for code in distinct.tolist()), places)


def _plain(code: Any) -> Code:
    whole = isinstance(code, float) and code.is_integer()
    return int(code) if whole else code
