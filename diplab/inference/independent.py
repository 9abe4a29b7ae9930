"""Results of independent samples, side by side, so that they can be compared: two surveys, or waves of one."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from diplab.errors import ColumnError, MisleadingError, OptionError
from diplab.inference.combination import combined, compared, key_columns
from diplab.inference.pairwise import with_adjusted
from diplab.reference.text import Text
from diplab.results.estimates import Estimates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["WAVE", "compare_samples", "compare_waves"]

_ASKED = "A contrast between two results was asked for."
_SHARES = ("share", "arpr")
WAVE = "wave"
"""The column that names the two samples of a comparison, where there are several."""


def compare_samples(both: Sequence[Estimates], kind: str) -> Estimates:
    """Compare the same rows of two results of independent samples.

    Parameters
    ----------
    both : sequence of two Estimates
        The first minus (or over) the second.
    kind : {"difference", "ratio"}
        How to compare.

    Returns
    -------
    Estimates

    Raises
    ------
    MisleadingError
        Where both come from one sample, or shares of two surveys would be divided.
    OptionError
        Where they are not two results with the same rows.
    """
    if len(both) != 2:
        raise OptionError(
            _ASKED,
            f"{len(both)} were given.",
            "Write `contrast([before, after])`"
            + (", or `pairwise='holm'` for all pairs." if len(both) > 2 else "."),
        )
    joined = _joined(both, kind)
    size = len(both[0])
    keys = both[0].frame[key_columns(both[0])].reset_index(drop=True)
    return combined(joined, compared(joined, keys, np.arange(size), np.arange(size, 2 * size), kind))


def compare_waves(results: Mapping[str, Estimates], kind: str, adjustment: str) -> Estimates:
    """Compare the same rows of all pairs of several results of independent samples.

    Parameters
    ----------
    results : mapping of str to Estimates
        By name of the wave; the earlier in the order given minus (or over) the later.
    kind : {"difference", "ratio"}
        How to compare.
    adjustment : {"holm", "bonferroni", "bh"}
        Adjusts the p-values of all pairs of one statistic of one variable in one domain.

    Returns
    -------
    Estimates
        Row by row, then by pair, named in the further domain variable `wave`.

    Raises
    ------
    ColumnError
        Where a domain variable is named `wave`.
    MisleadingError, OptionError
        As `compare_samples`.
    """
    both = list(results.values())
    if len(both) < 2:
        raise OptionError(
            _ASKED,
            f"{len(both)} were given.",
            "Write `contrast({'2018': before, '2019': after}, pairwise='holm')`.",
        )
    joined = _joined(both, kind)
    if WAVE in joined.by:
        raise ColumnError(
            f"The domain variable `{WAVE}` was asked for in a contrast between results.",
            "The contrast has a column of that name, for the samples it compares.",
            f"Rename it in the data, for example `{WAVE}_`.",
        )
    size, pairs = len(both[0]), list(combinations(range(len(both)), 2))
    row = np.repeat(np.arange(size), len(pairs))
    first, second = (np.tile(np.array([pair[side] for pair in pairs]) * size, size) + row for side in (0, 1))
    names, between = list(results), "/" if kind == "ratio" else "−"
    said = [f"{names[a]} {between} {names[b]}" for a, b in pairs] * size
    columns = key_columns(joined)
    keys = joined.frame.iloc[row][columns].reset_index(drop=True).assign(**{WAVE: said})
    found = combined(joined, compared(joined, keys, first, second, kind))
    found = replace(found, by=(*joined.by, WAVE))
    return with_adjusted(found, [name for name in columns if name != "category"], adjustment)


def _joined(results: Sequence[Estimates], kind: str) -> Estimates:
    """Return the rows of independent results one below the other; their covariance is none."""
    import pandas as pd

    first = results[0]
    _check_independent(results)
    _check_alike(results)
    if kind == "ratio" and first.frame["statistic"].isin(_SHARES).any():
        second = results[1]
        raise MisleadingError(
            "The ratio of a share in one survey to a share in another was asked for.",
            "The two shares have different bases and selections, which a quotient hides: "
            f"{first.provenance.source.en or 'the first'} and {second.provenance.source.en or 'the second'}.",
            "Show them side by side, or write `kind='difference'` for two waves of one survey.",
        )
    size = len(first)
    covariance = np.zeros((len(results) * size, len(results) * size))
    for place, each in enumerate(results):
        own = slice(place * size, (place + 1) * size)
        covariance[own, own] = each.covariance
    frame = pd.concat([each.frame for each in results], ignore_index=True)
    joined = replace(first, frame=frame, covariance=covariance)
    return joined.described(rules=_rules_of_all(results), source=_sources(results))


def _check_alike(results: Sequence[Estimates]) -> None:
    first, keys = results[0], key_columns(results[0])
    for other in results[1:]:
        if key_columns(other) != keys or not first.frame[keys].equals(other.frame[keys]):
            raise OptionError(
                _ASKED,
                "Their rows are not about the same statistics, categories and domains.",
                "Estimate the same statistics with the same `by` on both samples.",
            )
    levels = list(dict.fromkeys(each.provenance.rules.get("confidence", "0.95") for each in results))
    if len(levels) > 1:
        raise OptionError(
            _ASKED,
            f"Their intervals have the levels {' and '.join(levels)}.",
            "Estimate both with the same `confidence`.",
        )


def _rules_of_all(results: Sequence[Estimates]) -> dict[str, str]:
    """Return the rules of results, every value where they differ."""
    rules = {}
    for name in dict.fromkeys(name for each in results for name in each.provenance.rules):
        values = [each.provenance.rules.get(name, "") for each in results]
        rules[name] = values[0] if len(set(values)) == 1 else " − ".join(values)
    return rules


def _check_independent(results: Sequence[object]) -> None:
    if not all(isinstance(each, Estimates) for each in results):
        raise OptionError(
            _ASKED, "One of them is not a result of `estimate`.", "Write `contrast([before, after])`."
        )
    if len({id(each.drawn) for each in results if isinstance(each, Estimates)}) < len(results):
        raise MisleadingError(
            _ASKED,
            "Both come from one sample, and are not independent.",
            "Estimate once with `by=`, and write for example `contrast(result, {'sex': ('female', 'male')})`.",
        )


def _sources(results: Sequence[Estimates]) -> Text:
    """Return the sources of results, each once."""
    said = dict.fromkeys(each.provenance.source for each in results if each.provenance.source.en)
    return Text(
        "\N{NARROW NO-BREAK SPACE}; ".join(each.fr for each in said), "; ".join(each.en for each in said)
    )
