"""Two lists under independence, and over a range of dependence that no two lists can tell."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from diplab.errors import OptionError
from diplab.kernel.abundance import lognormal_interval
from diplab.kernel.dependent_lists import dependent_lists
from diplab.population.assumptions import GIVEN_DEPENDENCE, TWO_LISTS, shared_first
from diplab.population.lower_bound import against_bound
from diplab.population.sizes import gathered, known_size, size
from diplab.population.two_lists.two_list_sizes import persons_on_lists, two_sample

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diplab.kernel.abundance import Abundance
    from diplab.results.sizes import Sizes

__all__ = ["two_list_sensitivity"]

INDEPENDENT = ("chapman", "petersen", "bailey")
DEPENDENT = "dependent_lists"


def two_list_sensitivity(
    first: Any,
    second: Any,
    both: float | None = None,
    odds_ratio: Sequence[float] = (0.5, 2.0),
    confidence: float = 0.95,
    duplicates: Any = None,
) -> Sizes:
    """Return the sizes behind two lists: at the least dependence, under independence, and the bounds of all.

    Parameters
    ----------
    first, second, both
        As for `two_sample`.
    odds_ratio : pair of float
        The least and the largest odds ratio between the lists.
    confidence : float
        Probability of the intervals.
    duplicates : str, optional
        As for `two_sample`.

    Examples
    --------
    >>> found = two_list_sensitivity(2775, 2831, 584)
    >>> found.frame[["statistic", "category", "estimate"]].round(0).values.tolist()[0]
    ['dependent_lists', 'odds ratio 0.5', 9237.0]
    """
    low, high = _range(odds_ratio)
    options = {"confidence": confidence, "duplicates": "refuse" if duplicates is None else duplicates}
    independent = {each: two_sample(first, second, both, each, **options) for each in INDEPENDENT}  # type: ignore[arg-type]
    counted = persons_on_lists(first, second, both, options["duplicates"])
    least, most = (dependent_lists(counted.first, counted.second, counted.both, each) for each in (low, high))
    points = [_point(found, low, least, confidence) for found in independent.values()]
    bottom, top = (lognormal_interval(each, confidence) for each in (least, most))
    rows = [
        size(DEPENDENT, least, bottom, "lower bound") | {"category": f"odds ratio {low:g}"},
        *points,
        {
            **known_size(DEPENDENT, math.nan, f"odds ratio {low:g} to {high:g}", "bounds"),
            "ci_low": bottom[0],
            "ci_high": top[1],
            "n": least.seen,
        },
    ]
    plain = independent["chapman"].provenance
    rules = {
        **plain.rules,
        "estimator": "several",
        "interval": "normal, log-normal if linked",
        "odds_ratio_low": f"{low:g}",
        "odds_ratio_high": f"{high:g}",
        "limits": "sampling",
    }
    given = (*(text for text in TWO_LISTS["chapman"][:2]), GIVEN_DEPENDENCE)
    said = shared_first([given, *TWO_LISTS.values()])
    each = [given, *(TWO_LISTS[estimator] for estimator in INDEPENDENT), given]
    return gathered(rows, replace(plain, rules=rules, assumptions=said), assumed=each)


def _point(found: Sizes, low: float, least: Abundance, confidence: float) -> dict[str, Any]:
    """Return the row of independent lists, set against the bound where independence is outside the range given."""
    row: dict[str, Any] = {str(name): value for name, value in found.frame.iloc[0].items()}
    below = against_bound(row["estimate"], least, confidence) if low > 1 else ""
    return row | {"flag": ", ".join(each for each in (row["flag"], below) if each)}


def _range(odds_ratio: Any) -> tuple[float, float]:
    try:
        low, high = (float(each) for each in odds_ratio)
    except (TypeError, ValueError):
        low = high = math.nan
    if not 0 < low <= high < math.inf:
        raise OptionError(
            asked=f"`odds_ratio` was given as {odds_ratio!r}.",
            found="It is the least and the largest odds ratio between two lists, 1 where they are independent.",
            write="Write `odds_ratio=(0.5, 2)`, both above zero and the smaller first.",
        )
    return low, high
