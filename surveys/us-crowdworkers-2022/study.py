"""Crowd workers in the United States (Berke et al. 2024): all that the authors printed, and what we ask beside it.

The authors' numbers are recomputed in `sharing.py` (the experiment, opinions), `models.py` (their
17 logits) and `samples.py` (prescreen, census, weights), from the answers that `answers.py` reads;
ours in `ours.py`. Their tables stand in `published/`, our numbers in `published.csv`, the words of
our figures in `words.toml`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from . import displays, models, ours, samples, sharing

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from diplab.types import Comparison, Inputs, Language, PrintedTable, Result


def results(inputs: Inputs) -> dict[str, pd.DataFrame | Result | float]:
    printed: dict[str, Any] = {}
    for part in (sharing, models, samples):
        printed |= inputs.once(part.__name__, partial(part.tables, inputs))
    return printed | ours.own_results(inputs)


def figures(inputs: Inputs, _comparison: Comparison) -> dict[str, Any]:
    return displays.figures(inputs)


def tables(inputs: Inputs) -> dict[str, Callable[[Language], PrintedTable]]:
    return displays.tables(inputs)
