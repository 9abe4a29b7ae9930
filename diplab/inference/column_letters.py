"""Which columns of a table have a larger share than which others, beyond chance, by their letters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from diplab.inference.combination import with_edges
from diplab.kernel.p_values import adjusted_p_values, t_p_value
from diplab.results.crosstab import column_letter

if TYPE_CHECKING:
    from diplab.results.estimates import Estimates

__all__ = ["larger_than"]


def larger_than(
    shares: Estimates, shape: tuple[int, int, int], level: float, p_adjust: str
) -> tuple[str, ...]:
    """Return for every cell the letters of the columns whose share in the same row is smaller, beyond chance.

    The difference of two column shares has variance V(a) + V(b) - 2 C(a, b), with the covariance that the design gives
    between columns, and for a share of 0 or 1 that of its exact interval; its t has the degrees of freedom of the
    design. A share without a standard error has no letter and gives none. P-values are adjusted over the pairs of one
    row.

    Parameters
    ----------
    shares : Estimates
        Of cells in their columns, by group, row and column.
    shape : (int, int, int)
        Groups, rows, columns.
    level : float
        For example 0.05.
    p_adjust : {"holm", "bonferroni", "bh", "none"}

    Returns
    -------
    tuple of str
        In the order of the cells: `A C` where the share is larger than in columns A and C.
    """
    groups, rows, columns = shape
    point = shares.frame["estimate"].to_numpy(dtype=float).reshape(-1, columns)
    at = np.arange(point.size).reshape(-1, columns)
    first, second = np.triu_indices(columns, 1)
    covariance = with_edges(shares)
    variance = (
        covariance[at[:, first], at[:, first]]
        + covariance[at[:, second], at[:, second]]
        - 2 * covariance[at[:, first], at[:, second]]
    )
    difference = point[:, first] - point[:, second]
    df = shares.frame["df"].to_numpy(dtype=float).reshape(-1, columns)
    freedom = np.minimum(df[:, first], df[:, second])
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(variance > 0, difference / np.sqrt(variance), np.nan)
    p = t_p_value(t, freedom)
    if p_adjust != "none" and p.size:
        row = np.repeat(np.arange(groups * rows), first.size)
        p = adjusted_p_values(p.ravel(), row, p_adjust).reshape(p.shape)
    letters = [["" for _ in range(columns)] for _ in range(groups * rows)]
    for line, pair in zip(*np.nonzero(p < level), strict=True):
        a, b = int(first[pair]), int(second[pair])
        larger, smaller = (a, b) if difference[line, pair] > 0 else (b, a)
        letters[line][larger] += f" {column_letter(smaller)}"
    return tuple(" ".join(sorted(each.split())) for line in letters for each in line)
