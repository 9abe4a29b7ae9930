"""Average marginal effects for print, as a regression: categories under their variable with its reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from diplab.presentation.estimate_rows import rows_in_words, title_of
from diplab.presentation.labels import labels_over
from diplab.presentation.regression_table import regression_table
from diplab.results.estimates import Estimates
from diplab.results.regression import Regression

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook
    from diplab.presentation.notes import Notes
    from diplab.presentation.sheet import PrintedTable
    from diplab.reference.text import Language, Text

__all__ = ["effects_table", "is_of_effects"]


def is_of_effects(result: object) -> bool:
    """Return whether a result is the marginal effects of a regression, and not contrasts between them."""
    return (
        isinstance(result, Estimates)
        and set(result.frame["statistic"]) == {"marginal_effect"}
        and "contrast" not in result.provenance.rules
        and len(result.by) < 2
    )


def effects_table(
    effects: Estimates,
    language: Language,
    title: Text | str | None = None,
    labels: Codebook | None = None,
    notes: Notes | None = None,
    percent: bool | None = None,
    decimals: int | None = None,
) -> PrintedTable:
    """Return marginal effects as a table for print, the reference of each variable beside its name.

    Parameters
    ----------
    effects : Estimates
        From `marginal_effects`.
    language, title, labels, notes, percent, decimals
        As in `table`.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"sex": ["f", "f", "m", "m"], "hours": [10.0, 20.0, 30.0, 50.0]})
    >>> fit = dl.regress(dl.declare_design(people), "hours ~ sex")
    >>> shown = effects_table(dl.marginal_effects(fit), "en")
    >>> [row[0].text.strip() for row in shown.sheet.rows], shown.sheet.rows[1][1].text
    (['sex (reference: f)', 'm'], '25.0')
    """
    held = labels_over(labels, effects.codebook)
    if title is None:
        title = title_of(effects, rows_in_words(effects, language, held, percent, decimals), language, held)
    return regression_table(_as_regression(effects), language, title, labels, notes, decimals, percent)


def _as_regression(effects: Estimates) -> Regression:
    """Return effects as the rows of a regression: a block for each answer that is explained, if there are several."""
    frame = effects.frame.reset_index(drop=True)
    order = np.arange(len(frame))
    if effects.by:
        outcomes = frame[effects.by[0]]
        first = {outcome: place for place, outcome in enumerate(dict.fromkeys(outcomes))}
        order = np.argsort(outcomes.map(first).to_numpy(), kind="stable")
    said = effects.provenance.rules.get("references", "")
    pairs = (each.partition(" == ") for each in said.split("; ") if each)
    return Regression(
        frame.iloc[order].reset_index(drop=True),
        effects.covariance[np.ix_(order, order)],
        effects.provenance,
        effects.by,
        effects.codebook,
        descriptions=effects.descriptions,
        references={name: code for name, _, code in pairs},
    )
