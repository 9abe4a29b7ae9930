"""Crowd workers in the United States (Berke et al. 2024): all that the authors printed, and what we ask beside it.

The authors' numbers are recomputed in `sharing.py` (the experiment, opinions), `models.py` (their 17 logits),
`census.py` (the sample against the census, weights) and `prescreen.py`; ours in `ours.py`. Their tables are in
`published/`, our numbers in `published.csv`, the words in `words.toml`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from . import census, displays, models, prescreen, sharing
from .answers import answers, sharers
from .ours import own_results

if TYPE_CHECKING:
    from collections.abc import Callable

    import diplab as dl
    from diplab.types import Inputs, Language, PrintedTable


def results(inputs: Inputs) -> dict[str, pd.DataFrame | dl.Result | float]:
    printed = {}
    for theme in (sharing, models, census, prescreen):
        printed |= theme.tables(inputs)
    return {**printed, "sample_sizes": _sizes(inputs), **own_results(inputs)}


def _sizes(inputs: Inputs) -> pd.DataFrame:
    """Return how many people are in each file of the authors, and in parts of it."""
    shared = sharers(inputs).frame
    counts = {
        ("survey.csv", "all"): len(answers(inputs)),
        ("survey.pub.csv", "sharers"): len(shared),
        ("survey.pub.csv", "male or female"): shared["sex"].notna().sum(),
    }
    counts |= {("cleaned.csv", who): n for who, n in prescreen.counts(inputs).items()}
    sizes = pd.DataFrame({"n": pd.Series(counts)})
    sizes["proportion"] = sizes["n"] / counts["cleaned.csv", "all"]
    return sizes


def figures(inputs: Inputs, _comparison: dl.Comparison) -> dict[str, Any]:
    return displays.figures(inputs)


def tables(inputs: Inputs) -> dict[str, Callable[[Language], PrintedTable]]:
    return displays.tables(inputs)
