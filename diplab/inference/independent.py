"""Results of independent samples, side by side, so that they can be compared: two surveys, or waves of one."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from diplab.errors import ColumnError, MisleadingError, OptionError
from diplab.inference.aligned import aligned, covariance_of
from diplab.inference.combination import combined, compared, key_columns
from diplab.inference.pairwise import with_adjusted
from diplab.microdata.answers import code_said
from diplab.reference.text import Text
from diplab.results.estimates import Estimates
from diplab.results.statistic_description import joined_descriptions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["WAVE", "compare_samples", "compare_waves"]

_ASKED = "A contrast between two results was asked for."
_ABOUT = ("statistic", "variable", "category")
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
    size = len(joined) // 2
    keys = joined.frame[key_columns(joined)].iloc[:size].reset_index(drop=True)
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
    size, pairs = len(joined) // len(both), list(combinations(range(len(both)), 2))
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
    if kind == "ratio" and any("share" in each.kinds for each in results):
        second = results[1]
        raise MisleadingError(
            "The ratio of a share in one survey to a share in another was asked for.",
            "The two shares have different bases and selections, which a quotient hides: "
            f"{first.provenance.source.en or 'the first'} and {second.provenance.source.en or 'the second'}.",
            "Show them side by side, or write `kind='difference'` for two waves of one survey.",
        )
    every = _on_all_rows(results)
    size = len(every[0][0])
    covariance = np.zeros((len(results) * size, len(results) * size))
    for place, (_, own_covariance) in enumerate(every):
        own = slice(place * size, (place + 1) * size)
        covariance[own, own] = own_covariance
    frame = pd.concat([own_frame for own_frame, _ in every], ignore_index=True)
    descriptions = joined_descriptions(each.descriptions for each in results)
    joined = replace(first, frame=frame, covariance=covariance, descriptions=descriptions)
    return joined.described(rules=_rules_of_all(results), source=_sources(results))


def _check_alike(results: Sequence[Estimates]) -> None:
    first = results[0]
    for place, other in enumerate(results[1:], start=2):
        if key_columns(other) != key_columns(first):
            raise OptionError(
                _ASKED,
                f"The first is by {_said(first.by)}, number {place} by {_said(other.by)}.",
                "Estimate the same statistics with the same `by` on both samples.",
            )
    levels = list(dict.fromkeys(each.provenance.rules.get("confidence", "0.95") for each in results))
    if len(levels) > 1:
        raise OptionError(
            _ASKED,
            f"Their intervals have the levels {' and '.join(levels)}.",
            "Estimate both with the same `confidence`.",
        )


def _said(by: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in by) or "nothing"


def _on_all_rows(results: Sequence[Estimates]) -> list[tuple[pd.DataFrame, NDArray[np.float64]]]:
    """Return frame and covariance of each result on the rows of all; a category that nobody has is a share of 0."""
    keys, layouts = aligned(results)
    names = key_columns(results[0])
    found = []
    for each, layout in zip(results, layouts, strict=True):
        absent = np.flatnonzero(layout == -1)
        if absent.size:
            row = dict(zip(names, keys.iloc[absent[0]], strict=True))
            number = next(at for at, other in enumerate(results, 1) if other is each)
            raise OptionError(
                _ASKED,
                f"Number {number} has no row for {_row_said(row)}, which another has"
                + (f" ({absent.size} such rows)." if absent.size > 1 else "."),
                "Estimate the same statistics with the same `by` on both samples, or narrow both with `where` to what "
                "they share.",
            )
        taken = np.where(layout < 0, -2 - layout, layout)
        frame = each.frame.iloc[taken].reset_index(drop=True)
        frame[names] = keys[names]
        nobody = layout < 0
        frame.loc[nobody, ["estimate", "std_error"]] = 0.0
        frame.loc[nobody, "flag"] = ""
        found.append((frame, covariance_of(each, layout)))
    return found


def _row_said(row: Mapping[str, object]) -> str:
    about = f"{row['statistic']} of `{row['variable']}`" if row["variable"] else str(row["statistic"])
    where = [f"`{name}` = {code_said(value)}" for name, value in row.items() if name not in _ABOUT]
    category = f" = {code_said(row['category'])}" if row["category"] != "" else ""
    return about + category + (f" where {' and '.join(where)}" if where else "")


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
