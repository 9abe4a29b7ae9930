"""Population sizes from persons seen: what a fitted regression of times seen says of everybody and of each group.

N = sum over persons seen of 1 / p, with the variance D V D' + sum (1 - p) / p^2: D is the derivative of N by the
parameters, V their covariance, and the second part is that of having been seen (van der Heijden, Cruyff and van
Houwelingen, 2003). Groups share the parameters, and so have a covariance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from diplab.kernel.truncated_families import SHARED, count_terms, represented

if TYPE_CHECKING:
    from diplab.kernel.truncated_regression import TruncatedFit

__all__ = ["Grouping", "PersonTerms", "SizeParts", "by_group", "person_terms", "size_parts"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Grouping(NamedTuple):
    """One way to cut persons into groups: the group of each row, and how many groups there are."""

    codes: Integers
    groups: int


class SizeParts(NamedTuple):
    """Sizes of groups, and what their covariance is made of.

    Parameters
    ----------
    sizes : array, shape (groups,)
    slopes : array, shape (groups, parameters)
        Derivatives of the sizes by the parameters.
    drawn : array, shape (groups, groups)
        The part of the covariance that comes from having been seen.
    """

    sizes: Floats
    slopes: Floats
    drawn: Floats

    def covariance(self, parameters: Floats) -> Floats:
        """Return the covariance of the sizes, given that of the parameters.

        Examples
        --------
        >>> one = SizeParts(np.array([20.0]), np.array([[-10.0]]), np.array([[20.0]]))
        >>> one.covariance(np.array([[0.2]])).tolist()
        [[40.0]]
        """
        found: Floats = self.slopes @ parameters @ self.slopes.T + self.drawn
        return found


class PersonTerms(NamedTuple):
    """What each row says of the parameters and of the size.

    Parameters
    ----------
    scores : array, shape (parameters, rows)
        First derivatives of the log-likelihood of one person of the row.
    curvature : array, shape (rows, 2, 2)
        Minus its second derivatives by the linear predictor and the shared parameter.
    persons : array, shape (rows,)
        Persons that one person of the row stands for.
    slopes : array, shape (parameters, rows)
        Its derivatives by the parameters.
    drawn : array, shape (rows,)
    """

    scores: Floats
    curvature: Floats
    persons: Floats
    slopes: Floats
    drawn: Floats


def person_terms(fit: TruncatedFit, x: Floats, y: Floats) -> PersonTerms:
    """Return what each row says of the parameters and of the size, at the fit.

    Parameters
    ----------
    fit : TruncatedFit
    x : array, shape (columns, rows)
    y : array, shape (rows,)

    Examples
    --------
    >>> from diplab.kernel.truncated_regression import fit_truncated
    >>> x, y, persons = np.ones((1, 3)), np.array([1.0, 2.0, 3.0]), np.array([40.0, 20.0, 10.0])
    >>> terms = person_terms(fit_truncated("geometric", x, y, persons), x, y)
    >>> bool(abs(terms.scores @ persons)[0] < 1e-8), round(float(terms.persons @ persons), 6)
    (True, 192.5)
    """
    predictor = x.T @ fit.coefficients
    counts = count_terms(fit.family, y, predictor, fit.shared)
    own = represented(fit.family, y, predictor, fit.shared)
    scores, slopes = x * counts.slope, x * own.slope
    curvature = np.zeros((y.size, 2, 2))
    curvature[:, 0, 0] = -counts.curvature
    if fit.family in SHARED:
        scores = np.vstack([scores, counts.shared_slope])
        slopes = np.vstack([slopes, own.shared_slope])
        curvature[:, 0, 1] = curvature[:, 1, 0] = -counts.cross
        curvature[:, 1, 1] = -counts.shared_curvature
    return PersonTerms(scores, curvature, own.persons, slopes, own.drawn)


def size_parts(terms: PersonTerms, weight: Floats, groupings: tuple[Grouping, ...]) -> SizeParts:
    """Return the sizes of groups of persons, those of each grouping in turn.

    Parameters
    ----------
    terms : PersonTerms
    weight : array, shape (rows,)
        Persons of each row, or what a row weighs.
    groupings : tuple of Grouping

    Examples
    --------
    >>> terms = PersonTerms(np.zeros((1, 2)), np.zeros((2, 2, 2)), np.array([2.0, 4.0]), np.ones((1, 2)), np.ones(2))
    >>> all_of_them, each = Grouping(np.zeros(2, int), 1), Grouping(np.array([0, 1]), 2)
    >>> size_parts(terms, np.array([10.0, 1.0]), (all_of_them, each)).sizes.tolist()
    [24.0, 20.0, 4.0]
    """
    sizes = by_group(groupings, weight * terms.persons)
    slopes = np.column_stack([by_group(groupings, weight * by_row) for by_row in terms.slopes])
    drawn = weight * terms.drawn
    blocks = [
        [
            np.bincount(
                one.codes * other.groups + other.codes, weights=drawn, minlength=one.groups * other.groups
            ).reshape(one.groups, other.groups)
            for other in groupings
        ]
        for one in groupings
    ]
    return SizeParts(sizes, slopes, np.block(blocks))


def by_group(groupings: tuple[Grouping, ...], value: Floats) -> Floats:
    """Return the sum of a value over each group, those of each grouping in turn.

    Examples
    --------
    >>> each = Grouping(np.array([0, 1, 1]), 2)
    >>> by_group((each,), np.array([1.0, 2.0, 3.0])).tolist()
    [1.0, 5.0]
    """
    sums = [np.bincount(each.codes, weights=value, minlength=each.groups) for each in groupings]
    return np.concatenate(sums).astype(float)
