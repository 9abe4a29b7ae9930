"""Every single-source size on the same counts, lower bound first: how much hangs on the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diplab.errors import MisleadingError
from diplab.kernel.abundance import lognormal_interval
from diplab.population.frequencies import Frequencies, frequencies
from diplab.population.one_source import ESTIMATORS, abundance_of, flag_of, record_of
from diplab.population.sizes import gathered, no_size, size, strict_confidence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from diplab.results.estimates import Estimates

__all__ = ["sensitivity"]


def sensitivity(
    counts: Mapping[int, int] | Sequence[int], occasions: int | None = None, confidence: float = 0.95
) -> Estimates:
    """Return every single-source size on the same counts, the lower bound first.

    Parameters
    ----------
    counts : mapping of int to int, or sequence of int
        Persons by number of times seen, or persons seen once, twice, and so on.
    occasions : int, optional
        Occasions on which a person could be seen; adds the bound `chao_t`.
    confidence : float
        Probability of the intervals.

    Returns
    -------
    Estimates
        One row an estimator. Rows are the same data under different models: they are never averaged or added,
        and their covariance is NaN off the diagonal. An estimator without an answer has NaN and the flag
        `ill-posed`. None of the rows is a headline; the first is what the data carry by themselves.

    Examples
    --------
    >>> from diplab import population
    >>> population.sensitivity([1645, 183, 37, 13, 1, 1]).frame[["statistic", "flag"]].values.tolist()[:3]
    [['chao', 'lower bound'], ['chao_bc', 'lower bound'], ['zelterman', '']]
    """
    strict_confidence(confidence)
    seen = frequencies(counts, occasions)
    estimators = tuple(each for each in ESTIMATORS if each != "chao_t" or occasions is not None)
    rows = [_row(seen, estimator, confidence) for estimator in estimators]
    return gathered(rows, record_of(estimators, seen, confidence))


def _row(seen: Frequencies, estimator: str, confidence: float) -> dict[str, Any]:
    try:
        found = abundance_of(seen, estimator)
    except MisleadingError:
        return no_size(estimator, seen.seen, "ill-posed")
    flag = flag_of(seen, estimator, found, confidence)
    return size(estimator, found, lognormal_interval(found, confidence), flag)
