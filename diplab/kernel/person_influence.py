"""How far one person moves a fit, and covariances of parameters that rest on it (sandwiches).

References
----------
White (1980), *Econometrica* 48; MacKinnon and White (1985), *Journal of Econometrics* 29 (HC3);
Zeileis, Köll and Graham (2020), *Journal of Statistical Software* 95(1); Pregibon (1981), *Annals of Statistics* 9.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from diplab.kernel.represented_sizes import PersonTerms

__all__ = ["left_out", "sandwich", "size_without"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def left_out(terms: PersonTerms, x: Floats, bread: Floats, removed: Floats | float = 1.0) -> Floats:
    """Return by how much the parameters fall as a person leaves, by one Newton step with that person's information out.

    Parameters
    ----------
    terms : PersonTerms
    x : array, shape (columns, rows)
        Its first line a constant.
    bread : array, shape (parameters, parameters)
        Inverse of the information.
    removed : array, shape (rows,), or float
        How much of the row's weight leaves: one person.

    Returns
    -------
    array, shape (parameters, rows)
        (A - A_i)^-1 s_i, A being the information, A_i and s_i that and the score of the person.

    Examples
    --------
    >>> from diplab.kernel.represented_sizes import person_terms
    >>> from diplab.kernel.truncated_regression import fit_truncated
    >>> x, y, persons = np.ones((1, 3)), np.array([1.0, 2.0, 3.0]), np.array([40.0, 20.0, 10.0])
    >>> fit = fit_truncated("geometric", x, y, persons)
    >>> left_out(person_terms(fit, x, y), x, np.linalg.inv(fit.information)).round(4).tolist()
    [[-0.0144, 0.0109, 0.0367]]
    """
    found: Floats = bread @ _adjusted(terms, x, bread, removed)
    return found


def _adjusted(terms: PersonTerms, x: Floats, bread: Floats, removed: Floats | float = 1.0) -> Floats:
    """Return scores divided by one minus the leverage of their row: (I - A_i A^-1)^-1 s_i.

    A row reaches the parameters through two numbers only, its linear predictor and the shared parameter, so that the
    inverse is one of a 2 by 2 matrix.
    """
    width = len(x)
    weight = np.broadcast_to(np.asarray(removed, dtype=float), x.shape[1:])
    # the line of the constant holds the derivative by the predictor
    own = weight * terms.scores[0]
    held = weight * terms.curvature.T
    alone = np.einsum("pr,pr->r", x, bread[:width, :width] @ x)
    if len(bread) == width:
        found: Floats = x * _over(own, 1 - held[0, 0] * alone)
        return found
    both, corner = bread[width, :width] @ x, bread[width, width]
    # I - C Q, C being the curvature and Q the covariance of the two numbers
    first = 1 - (held[0, 0] * alone + held[0, 1] * both)
    last = 1 - (held[1, 0] * both + held[1, 1] * corner)
    upper = -(held[0, 0] * both + held[0, 1] * corner)
    lower = -(held[1, 0] * alone + held[1, 1] * both)
    beside = weight * terms.scores[width]
    volume = first * last - upper * lower
    by_predictor = _over(last * own - upper * beside, volume)
    return np.vstack([x * by_predictor, _over(first * beside - lower * own, volume)])


def _over(above: Floats, below: Floats) -> Floats:
    """Return a ratio; NaN where a person alone tells a parameter, which then has no value without that person."""
    told = np.abs(below) > 1e-9
    return np.where(told, above / np.where(told, below, 1.0), np.nan)


def size_without(
    terms: PersonTerms, x: Floats, bread: Floats, slope: Floats, removed: Floats | float = 1.0
) -> Floats:
    """Return by how much the size falls as each person leaves the data, by one Newton step.

    Parameters
    ----------
    terms : PersonTerms
    x : array, shape (columns, rows)
    bread : array, shape (parameters, parameters)
    slope : array, shape (parameters,)
        Derivative of the size by the parameters.
    removed : array, shape (rows,), or float

    Returns
    -------
    array, shape (rows,)
        The persons that one stands for, and what the fit without that one changes in the others.

    Examples
    --------
    >>> from diplab.kernel.represented_sizes import person_terms
    >>> from diplab.kernel.truncated_regression import fit_truncated
    >>> x, y, persons = np.ones((1, 3)), np.array([1.0, 2.0, 3.0]), np.array([40.0, 20.0, 10.0])
    >>> fit = fit_truncated("geometric", x, y, persons)
    >>> terms = person_terms(fit, x, y)
    >>> size_without(terms, x, np.linalg.inv(fit.information), terms.slopes @ persons).round(2).tolist()
    [4.49, 1.43, -1.68]
    """
    moved = left_out(terms, x, bread, removed)
    beside = slope @ moved - removed * np.einsum("pr,pr->r", terms.slopes, moved)
    found: Floats = removed * terms.persons + beside
    return found


def sandwich(
    terms: PersonTerms, x: Floats, weight: Floats, bread: Floats, kind: str, clusters: Integers | None = None
) -> Floats:
    """Return a covariance of the parameters that does not take the spread of the counts from the model.

    Parameters
    ----------
    terms : PersonTerms
    x : array, shape (columns, rows)
    weight : array, shape (rows,)
        Persons of each row.
    bread : array, shape (parameters, parameters)
    kind : str
        `HC0`, A^-1 (sum s s') A^-1; `HC1`, that times n / (n - p); `HC3`, with scores divided by one minus their
        leverage.
    clusters : array of int, shape (rows,), optional
        Cluster of each row: scores are summed within it, and the whole is multiplied by G / (G - 1), and by
        (n - 1) / (n - p) in place of n / (n - p) for `HC1`.

    Examples
    --------
    >>> from diplab.kernel.represented_sizes import person_terms
    >>> from diplab.kernel.truncated_regression import fit_truncated
    >>> x, y, persons = np.ones((1, 3)), np.array([1.0, 2.0, 3.0]), np.array([40.0, 20.0, 10.0])
    >>> fit = fit_truncated("geometric", x, y, persons)
    >>> bread = np.linalg.inv(fit.information)
    >>> sandwich(person_terms(fit, x, y), x, persons, bread, "HC0").round(6).tolist()
    [[0.023214]]
    """
    people, width = float(weight.sum()), len(bread)
    if clusters is None:
        scores = _adjusted(terms, x, bread) if kind == "HC3" else terms.scores
        meat: Floats = (scores * weight) @ scores.T
        factor = people / (people - width) if kind == "HC1" else 1.0
    else:
        totals = np.stack([np.bincount(clusters, weight * each).astype(float) for each in terms.scores])
        groups = float(np.count_nonzero(np.bincount(clusters, weights=weight)))
        meat = totals @ totals.T
        factor = groups / (groups - 1) * ((people - 1) / (people - width) if kind == "HC1" else 1.0)
    return np.asarray(factor * bread @ meat @ bread, dtype=np.float64)
