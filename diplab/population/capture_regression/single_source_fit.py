"""Sizes from a regression of captures, and how far each person moves them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from diplab.errors import MisleadingError
from diplab.kernel.person_influence import size_without
from diplab.kernel.represented_sizes import person_terms, size_parts
from diplab.kernel.truncated_regression import fit_truncated
from diplab.population.capture_regression.fitted import FittedCaptures
from diplab.results.sizes import Sizes

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["SingleSourceFit", "one_step"]


@dataclass(frozen=True, eq=False, repr=False)
class SingleSourceFit(Sizes):
    """Population sizes from a regression of captures: everybody first, then each group.

    Examples
    --------
    >>> import pandas as pd
    >>> from diplab import population
    >>> seen = pd.DataFrame({"times": [1, 2, 3], "persons": [40, 20, 10]})
    >>> found = population.single_source_regression("~ 1", seen, "times", "geometric", count="persons")
    >>> found.influence()["change"].round(2).tolist()
    [-4.49, -1.43, 1.68]
    """

    def influence(self, exact: bool = False) -> pd.DataFrame:
        """Return by row how the size changes where one person of it leaves the data.

        Parameters
        ----------
        exact : bool
            True fits the model again without each kind of person (slow with many rows); otherwise one Newton step
            with that person's information taken out, close to it unless one person carries much of a coefficient.

        Returns
        -------
        pandas.DataFrame
            One row a row of the data that was used: `row` (its place in the data), `captures`, `represents` (persons
            that one person stands for), `size` (without that person) and `change`. Of a survey sample the whole row
            leaves, with its weight.

        Raises
        ------
        MisleadingError
            Where the fit has no point.
        """
        import pandas as pd

        found = self.details
        if not isinstance(found, FittedCaptures):
            raise MisleadingError(
                "The influence of each person on the size was asked for.",
                "The fit lies at the edge, and has no size.",
                'Write `family="chao"`, the lower bound, which has one.',
            )
        # rows of a survey leave whole; of a count, one person leaves
        removed: Floats | float = found.persons.weight if found.sampled else 1.0
        total = float(found.persons.weight @ found.terms.persons)
        change = -(_exact(found, removed) if exact else one_step(found, removed))
        return pd.DataFrame({
            "row": found.persons.kept,
            "captures": found.persons.y.astype(int),
            "represents": found.terms.persons,
            "size": total + change,
            "change": change,
        })  # fmt: skip


def one_step(found: FittedCaptures, removed: Floats | float) -> Floats:
    """Return by how much the size falls as one person of each row leaves, by one Newton step."""
    slope = found.terms.slopes @ found.persons.weight
    return size_without(found.terms, found.persons.x, found.bread, slope, removed)


def _exact(found: FittedCaptures, removed: Floats | float) -> Floats:
    """Return the same by fits without each kind of person, each from the fit of everybody."""
    persons = found.persons
    leaving = np.broadcast_to(np.asarray(removed, dtype=float), persons.y.shape)
    kinds, first, kind = np.unique(
        np.vstack([persons.x, persons.y, leaving]), axis=1, return_index=True, return_inverse=True
    )
    falls = np.empty(kinds.shape[1])
    whole = float(persons.weight @ found.terms.persons)
    for place, row in enumerate(first):
        weight = persons.weight.copy()
        weight[row] -= leaving[row]
        fit = fit_truncated(found.fit.family, persons.x, persons.y, weight, found.fit.theta)
        terms = person_terms(fit, persons.x, persons.y)
        left = size_parts(terms, weight, persons.groupings[:1]).sizes[0] if fit.converged else np.nan
        falls[place] = whole - left
    return falls[kind.ravel()]
