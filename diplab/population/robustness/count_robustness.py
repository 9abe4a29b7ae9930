"""Every single-source size on the same counts, lower bound first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diplab.errors import MisleadingError
from diplab.population.counts import (
    ESTIMATORS,
    CountEstimate,
    count_model,
    count_provenance,
    count_row,
    estimate_counts,
)
from diplab.population.robustness.order_of_rows import place_of_row
from diplab.population.sizes import gathered, no_size

if TYPE_CHECKING:
    from diplab.population.counts import Frequencies
    from diplab.results.sizes import ModelFit, Sizes

__all__ = ["count_sensitivity"]

OVER_OCCASIONS = ("chao_t", "chao2")
REPEATED = ("chao1", "chao1_bc", "chao2_bc")
"""Forms that differ from another row by one sighting or occasion in all: not a model of their own."""


def count_sensitivity(seen: Frequencies, confidence: float = 0.95, duplicates: int | None = None) -> Sizes:
    """Return every single-source size on counts already checked, the lower bound first.

    Examples
    --------
    >>> from diplab.population.counts import frequencies
    >>> len(count_sensitivity(frequencies([40, 22, 9, 6, 2])))
    19
    """
    left_out = REPEATED if seen.occasions is not None else (*REPEATED, *OVER_OCCASIONS)
    answers = [_answer(each, seen, confidence) for each in ESTIMATORS if each not in left_out]
    # sorting is stable: within a place the estimators keep their order
    answers.sort(key=lambda answer: place_of_row(answer[0], "one-inflated" in answer[0]["flag"].split(", ")))
    rows = [row for row, _, _ in answers]
    estimators = tuple(row["statistic"] for row in rows)
    record = count_provenance(
        estimators, seen, confidence, duplicates, [found for _, found, _ in answers if found]
    )
    each = [
        count_provenance(
            (row["statistic"],), seen, confidence, duplicates, [found] if found else []
        ).assumptions
        for row, found, _ in answers
    ]
    return gathered(rows, record, [model for _, _, model in answers], assumed=each)


def _answer(
    estimator: str, seen: Frequencies, confidence: float
) -> tuple[dict[str, Any], CountEstimate | None, ModelFit | None]:
    try:
        found = estimate_counts(estimator, seen, confidence)
    except MisleadingError:
        return no_size(estimator, seen.seen, "ill-posed"), None, None
    return count_row(estimator, seen, found, confidence), found, count_model(estimator, found.fit, seen)
