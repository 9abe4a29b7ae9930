"""Which rows of a result are compared: two categories of a domain variable, or all pairs of them."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import ColumnError, OptionError, suggestion
from diplab.inference.combination import combined, compared, key_columns
from diplab.kernel.multiplicity import adjusted
from diplab.microdata.answers import answer_said, answers_to_write, code_of, code_said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from diplab.results.estimates import Estimates

__all__ = ["category_code", "compare_pairs", "every_pair", "with_adjusted"]

MOST = 5000
_NUMBER = "diplab_number"


def category_code(estimates: Estimates, name: str, category: object) -> Any:
    """Return a category of the result, from its code or from its label in the codebook.

    Raises
    ------
    ColumnError
        Where the result has no such category.
    """
    known = list(dict.fromkeys(estimates.frame[name]))
    code = code_of(estimates.codebook, name, category, known)
    if code is not None:
        return code
    words = answers_to_write(estimates.codebook, name, known)
    raise ColumnError(
        f"The category {category!r} of `{name}` was asked for in a contrast.",
        f"The result has {', '.join(words)}.",
        suggestion(code_said(category), words),
    )


def every_pair(estimates: Estimates, name: str, categories: Sequence[object] = ()) -> list[tuple[Any, Any]]:
    """Return all pairs of categories of a domain variable, in the order of the result or in that given.

    Raises
    ------
    OptionError
        Where fewer than two categories are there, or more pairs than are compared at once.
    """
    chosen = [category_code(estimates, name, each) for each in categories]
    chosen = list(dict.fromkeys(chosen or estimates.frame[name]))
    if len(chosen) < 2:
        raise OptionError(
            f"All pairs of the categories of `{name}` were asked for.",
            f"There are {len(chosen)}: {', '.join(answer_said(estimates.codebook, name, each) for each in chosen)}.",
            "Write two categories or more, or estimate with another `by`.",
        )
    count = len(chosen) * (len(chosen) - 1) // 2
    if count > MOST:
        # before they are listed: thousands of categories make millions of pairs
        raise _too_many(name, count)
    return list(combinations(chosen, 2))


def compare_pairs(
    estimates: Estimates, name: str, pairs: Sequence[tuple[Any, Any]], kind: str, adjustment: str | None
) -> Estimates:
    """Compare pairs of categories of a domain variable, for each statistic and each other domain.

    Parameters
    ----------
    estimates : Estimates
        A result with the domain variable.
    name : str
        The domain variable.
    pairs : sequence of (category, category)
        The first minus (or over) the second.
    kind : {"difference", "ratio"}
        How to compare.
    adjustment : {"holm", "bonferroni", "bh"} or None
        Adjusts the p-values of all pairs of one statistic of one variable (its categories together) in one
        combination of the other domain variables.

    Returns
    -------
    Estimates
        By statistic and other domain, then by pair; a pair of which one row is absent is left out.

    Raises
    ------
    OptionError
        Where there are too many pairs for their covariance to be kept.
    """
    frame = estimates.frame
    others = [column for column in key_columns(estimates) if column != name]
    # two quantiles of one variable bear the same keys: each is compared with its like
    number = frame.groupby([*others, name], sort=False, dropna=False).cumcount()
    group = (
        frame.assign(**{_NUMBER: number})
        .groupby([*others, _NUMBER], sort=False, dropna=False)
        .ngroup()
        .to_numpy()
    )
    categories = list(dict.fromkeys(frame[name]))
    place = np.full((group.max(initial=-1) + 1, len(categories)), -1, dtype=np.int64)
    place[group, [categories.index(each) for each in frame[name]]] = np.arange(len(frame))
    if place.shape[0] * len(pairs) > MOST:
        raise _too_many(name, place.shape[0] * len(pairs))
    first, second = (place[:, [categories.index(pair[side]) for pair in pairs]].ravel() for side in (0, 1))
    there = (first >= 0) & (second >= 0)
    between = "/" if kind == "ratio" else "−"
    said = np.array([f"{code_said(a)} {between} {code_said(b)}" for a, b in pairs], dtype=object)
    said = np.tile(said, place.shape[0])[there]
    left, right = first[there], second[there]
    keys = frame.iloc[left][key_columns(estimates)].reset_index(drop=True).assign(**{name: said})
    found = combined(estimates, compared(estimates, keys, left, right, kind))
    if adjustment is None:
        return found
    return with_adjusted(found, [column for column in others if column != "category"], adjustment)


def with_adjusted(found: Estimates, within: Sequence[str], adjustment: str) -> Estimates:
    """Return comparisons with their p-values adjusted for the number of those that are alike.

    Parameters
    ----------
    found : Estimates
        Comparisons, with `p_value`.
    within : sequence of str
        Columns: comparisons that agree on them are one family.
    adjustment : {"holm", "bonferroni", "bh"}
        How to adjust.
    """
    family = found.frame.groupby(list(within), sort=False, dropna=False).ngroup()
    p_value = found.frame["p_value"].to_numpy(dtype=float)
    counted = np.where(_said_twice(found, np.asarray(family)), np.nan, p_value)
    p_adjusted = adjusted(counted, np.asarray(family, dtype=np.int64), adjustment)
    # the second of two complementary shares bears the p-value of the first
    alike = found.frame.groupby(_all_but_category(found), sort=False, dropna=False).ngroup().to_numpy()
    first = np.unique(alike, return_index=True)[1]
    p_adjusted = np.where(np.isnan(counted), p_adjusted[first[alike]], p_adjusted)
    p_adjusted[np.isnan(p_value)] = np.nan
    return replace(found, frame=found.frame.assign(p_adjusted=p_adjusted))


def _all_but_category(found: Estimates) -> list[str]:
    return [name for name in key_columns(found) if name != "category"]


def _said_twice(found: Estimates, family: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return the differences that say nothing more: of the second of two shares that make up the whole."""
    frame = found.frame
    share = found.rows_described(every_category=True)
    grouped = frame.groupby(_all_but_category(found), sort=False, dropna=False)
    together = grouped["estimate"].transform("sum").abs().to_numpy(dtype=float)
    two = (grouped["category"].transform("nunique") == 2) & (grouped["category"].transform("size") == 2)
    by_family = frame.groupby(family)
    only_two = (by_family["category"].transform("nunique") == 2).to_numpy(dtype=bool)
    opposite = share & only_two & two.to_numpy(dtype=bool) & (together <= 1e-9)
    whole = np.bincount(family, weights=~opposite)[family] == 0
    second: NDArray[np.bool_] = whole & (grouped.cumcount().to_numpy() == 1)
    return second


def _too_many(name: str, count: int) -> OptionError:
    return OptionError(
        f"All pairs of the categories of `{name}` were asked for.",
        f"They make {count:,} comparisons, and the covariance between these is kept for {MOST:,} at most.",
        f"Write the categories that matter, for example `{{'{name}': (first, second, third)}}`, or fewer statistics.",
    )
