"""Every single-source size on the same counts, lower bound first: how much hangs on the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diplab.errors import MisleadingError
from diplab.population.count_estimators import ESTIMATORS, LOWER_BOUNDS, Found, found_by
from diplab.population.count_models import model_of
from diplab.population.one_source import counted, record_of, row_of
from diplab.population.sizes import gathered, no_size, strict_confidence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from diplab.population.frequencies import Frequencies
    from diplab.results.sizes import ModelFit, Sizes

__all__ = ["count_sensitivity", "sensitivity"]

OVER_OCCASIONS = ("chao_t", "chao2")
REPEATED = ("chao1", "chao1_bc", "chao2_bc")
"""Forms that differ from another row by one sighting or occasion in all: not a model of their own."""


def sensitivity(
    counts: Mapping[int, int] | Sequence[int],
    occasions: int | None = None,
    confidence: float = 0.95,
    duplicates: int | None = None,
) -> Sizes:
    """Return every single-source size on the same counts, the lower bound first.

    Parameters
    ----------
    counts : mapping of int to int, or sequence of int
        Persons by number of times seen, or persons seen once, twice, and so on.
    occasions : int, optional
        Occasions on which a person could be seen; adds the bounds `chao_t` and `chao2`.
    confidence : float
        Probability of the intervals.
    duplicates : int, optional
        Accounts seen once that are known to be duplicates or false; they are taken away from those seen once.

    Returns
    -------
    Sizes
        One row an estimator: Chao's bound, other lower bounds, points at or above the bound, points below it (flagged),
        models for which the bound does not hold (`one-inflated`), and last those without an answer, with NaN and the
        flag `boundary` (the likelihood rises to the edge) or `ill-posed`. Rows are the same data under different
        models: they are never averaged or added, and their covariance is NaN off the diagonal. None of the rows is a
        headline; the first is what the data carry by themselves. Property `models` holds likelihood, AIC and BIC where
        a law was fitted to everyone seen.

    Examples
    --------
    >>> from diplab import population
    >>> table = population.sensitivity([1645, 183, 37, 13, 1, 1]).frame
    >>> table[["statistic", "flag"]].values.tolist()[:3]
    [['chao', 'lower bound'], ['chao_bc', 'lower bound'], ['ichao', 'lower bound']]
    >>> table["statistic"].iloc[-1]
    'negative_binomial'
    """
    strict_confidence(confidence)
    return count_sensitivity(counted(counts, occasions, duplicates), confidence, duplicates)


def count_sensitivity(seen: Frequencies, confidence: float = 0.95, duplicates: int | None = None) -> Sizes:
    """Return every single-source size on counts already checked, the lower bound first.

    Examples
    --------
    >>> from diplab.population.frequencies import frequencies
    >>> len(count_sensitivity(frequencies([40, 22, 9, 6, 2])))
    19
    """
    left_out = REPEATED if seen.occasions is not None else (*REPEATED, *OVER_OCCASIONS)
    answers = [_answer(each, seen, confidence) for each in ESTIMATORS if each not in left_out]
    # sorting is stable: within a group the estimators keep their order
    answers.sort(key=lambda answer: _group(answer[0]))
    rows = [row for row, _, _ in answers]
    estimators = tuple(row["statistic"] for row in rows)
    record = record_of(estimators, seen, confidence, duplicates, [found for _, found, _ in answers if found])
    return gathered(rows, record, [model for _, _, model in answers])


def _answer(
    estimator: str, seen: Frequencies, confidence: float
) -> tuple[dict[str, Any], Found | None, ModelFit | None]:
    try:
        found = found_by(estimator, seen, confidence)
    except MisleadingError:
        return no_size(estimator, seen.seen, "ill-posed"), None, None
    return row_of(estimator, seen, found, confidence), found, model_of(estimator, found.fit, seen)


def _group(row: Mapping[str, Any]) -> int:
    """Return the place of a row: the bound, other bounds, points, points below the bound, one-inflated, no answer."""
    flags = row["flag"].split(", ")
    if row["estimate"] != row["estimate"]:
        return 5
    if row["statistic"] == "chao":
        return 0
    if row["statistic"] in LOWER_BOUNDS:
        return 1
    if "one-inflated" in flags:
        return 4
    return 3 if "below bound" in flags else 2
