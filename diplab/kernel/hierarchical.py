"""Hierarchical log-linear models of overlapping lists: their terms, their names, all of them, their model matrix.

A set of lists is a whole number, list i standing for the bit 2^(i-1): lists 1 and 3 are 5. A cell is the set of lists
a person is on, a term is the set of lists it joins, and the model matrix holds 1 where the cell includes the term.

References
----------
Bishop, Fienberg and Holland (1975), *Discrete Multivariate Analysis*, chapters 2 and 6; Rivest and Baillargeon
(2007), *Biometrics* 63, for the columns of heterogeneity.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

__all__ = [
    "HETEROGENEITY",
    "ListModel",
    "all_models",
    "closure",
    "generators",
    "members",
    "model_matrix",
    "unseen_row",
]

HETEROGENEITY = ("poisson2", "darroch", "gamma3.5")


@dataclass(frozen=True)
class ListModel:
    """A hierarchical model of some lists.

    Parameters
    ----------
    lists : int
        Number of lists.
    terms : tuple of int
        Its terms, closed downwards, lower orders first; the constant, 0, comes first.
    heterogeneity : str or None
        The column that lets persons differ, one of `HETEROGENEITY`.
    """

    lists: int
    terms: tuple[int, ...]
    heterogeneity: str | None = None

    @property
    def parameters(self) -> int:
        """Number of parameters."""
        return len(self.terms) + (self.heterogeneity is not None)


def members(of: int) -> tuple[int, ...]:
    """Return the lists of a set, the first being 0.

    Examples
    --------
    >>> members(5)
    (0, 2)
    """
    return tuple(place for place in range(of.bit_length()) if of >> place & 1)


def closure(terms: Iterable[int]) -> tuple[int, ...]:
    """Return terms with all that they include, lower orders first.

    Examples
    --------
    >>> closure([3, 4])
    (0, 1, 2, 4, 3)
    """
    found = {0}
    for term in terms:
        part = term
        while part:
            found.add(part)
            part = (part - 1) & term
    return tuple(sorted(found, key=lambda term: (term.bit_count(), term)))


def generators(terms: Iterable[int]) -> tuple[int, ...]:
    """Return the terms that no other includes, by their first list.

    Examples
    --------
    >>> generators(closure([3, 4]))
    (3, 4)
    """
    each = [term for term in terms if term]
    highest = [term for term in each if not any(term & other == term != other for other in each)]
    return tuple(sorted(highest, key=lambda term: (-term.bit_count(), members(term))))


def all_models(lists: int, heterogeneity: str | None = None) -> tuple[ListModel, ...]:
    """Return every hierarchical model that holds each list and leaves the term of all lists out.

    Parameters
    ----------
    lists : int
        Number of lists, 2 to 5.
    heterogeneity : str, optional
        A column added to each.

    Returns
    -------
    tuple of ListModel
        1, 8, 113 or 6,893 models of 2, 3, 4 or 5 lists, smaller ones first.

    Examples
    --------
    >>> [len(all_models(lists)) for lists in (2, 3, 4)]
    [1, 8, 113]
    """
    whole = 2**lists - 1
    found = {frozenset(closure(1 << place for place in range(lists)))}
    for order in range(2, lists):
        terms = [sum(1 << place for place in each) for each in combinations(range(lists), order)]
        found |= {larger for smaller in found for larger in _grown(smaller, terms)}
    ordered = sorted(
        (closure(each) for each in found if whole not in each), key=lambda each: (len(each), each)
    )
    return tuple(ListModel(lists, each, heterogeneity) for each in ordered)


def _grown(terms: frozenset[int], candidates: list[int]) -> Iterator[frozenset[int]]:
    """Yield the model with each choice of candidates whose parts it holds already."""
    allowed = [each for each in candidates if all(each & ~(1 << at) in terms for at in members(each))]
    for size in range(1, len(allowed) + 1):
        for chosen in combinations(allowed, size):
            yield terms | set(chosen)


def model_matrix(model: ListModel) -> NDArray[np.float64]:
    """Return the model matrix of the cells that can be seen, 1 to 2^lists - 1.

    Examples
    --------
    >>> model_matrix(ListModel(2, closure([1, 2]))).tolist()
    [[1.0, 1.0, 0.0], [1.0, 0.0, 1.0], [1.0, 1.0, 1.0]]
    """
    cells = np.arange(1, 2**model.lists)[:, None]
    terms = np.array(model.terms)[None, :]
    found: NDArray[np.float64] = (cells & terms == terms).astype(np.float64)
    if model.heterogeneity is None:
        return found
    times = np.bitwise_count(cells).astype(np.float64)
    return np.hstack([found, _heterogeneity(times, model.heterogeneity)])


def unseen_row(model: ListModel) -> NDArray[np.float64]:
    """Return the line of the model matrix of persons on no list: the constant alone.

    Examples
    --------
    >>> unseen_row(ListModel(2, closure([1, 2]))).tolist()
    [1.0, 0.0, 0.0]
    """
    found = np.zeros(model.parameters)
    found[0] = 1.0
    return found


def _heterogeneity(times: NDArray[np.float64], kind: str) -> NDArray[np.float64]:
    """Return the column of persons that differ, by the number of lists: 0 for those on none."""
    if kind == "poisson2":
        found = 2.0**times - 1.0
    elif kind == "darroch":
        found = times**2 / 2.0
    else:
        found = -np.log(3.5 + times) + np.log(3.5)
    return found
