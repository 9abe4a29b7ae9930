"""The few log-linear models of lists that a table of many models shows: the best of a search, and their average."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from diplab.population.assumptions import BOUND, CLOSED, MATCHED
from diplab.population.overlapping_lists.dependence import assumptions_of_search
from diplab.population.overlapping_lists.fitted_model import bound_row
from diplab.population.overlapping_lists.list_table import MOST_LISTS, ListTable
from diplab.population.overlapping_lists.model_search import search_lists

if TYPE_CHECKING:
    from diplab.population.closed_population.histories import Histories
    from diplab.reference.text import Text
    from diplab.results.sizes import ModelFit

__all__ = ["ListRow", "list_rows"]

MOST = 6
"""Most lists searched: beyond, a table of models takes longer than it tells."""


class ListRow(NamedTuple):
    """A row of a result, the model behind it, and what it supposes."""

    values: dict[str, Any]
    fit: ModelFit | None
    assumptions: tuple[Text, ...]


def list_rows(histories: Histories, confidence: float = 0.95) -> list[ListRow]:
    """Return Chao's bound for lists, the models of lowest BIC and AIC, and the size averaged over all models.

    Independence, the model of main effects, is Mt too, and in it only where its BIC or AIC is lowest. Nothing where
    there are fewer than three lists or too many, one has nobody, or nobody is on two.

    Parameters
    ----------
    histories : Histories
        The lists are its occasions.
    confidence : float
        Probability of the intervals.
    """
    names, seen = histories.occasions, histories.seen.astype(int)
    told = (seen.sum(axis=1) > 1) @ histories.persons
    if not 3 <= len(names) <= MOST_LISTS or not told or not (histories.persons @ seen).all():
        return []
    cells = np.zeros(2 ** len(names))
    np.add.at(cells, seen @ (1 << np.arange(len(names))), histories.persons)
    bound = ListRow(bound_row(ListTable(names, cells[1:]), confidence), None, (CLOSED, MATCHED, BOUND))
    return [bound, *_searched(histories, confidence)] if len(names) <= MOST else [bound]


def _searched(histories: Histories, confidence: float) -> list[ListRow]:
    import pandas as pd

    names = list(histories.occasions)
    count = "_".join(("persons", *names))
    frame = pd.DataFrame(histories.seen.astype(int), columns=names).assign(**{count: histories.persons})
    found = search_lists(frame, count, confidence=confidence)
    supposed = assumptions_of_search(None)
    measured = found.models
    lowest = {
        criterion: int(np.nanargmin(measured[criterion].to_numpy(dtype=float)))
        for criterion in ("bic", "aic")
    }
    rows = []
    for at in dict.fromkeys(lowest.values()):
        fit = found.fits[at]
        if fit is None:
            continue
        row: dict[str, Any] = {str(name): value for name, value in found.frame.iloc[at].items()}
        named = [f"lowest {criterion}" for criterion, place in lowest.items() if place == at]
        flag = ", ".join(each for each in (row["flag"], *named) if each)
        rows.append(ListRow(row | {"flag": flag}, fit, supposed))
    if found.average is not None:
        average: dict[str, Any] = {str(name): value for name, value in found.average.frame.iloc[0].items()}
        rows.append(ListRow(average, None, supposed))
    return rows
