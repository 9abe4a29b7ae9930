"""Every model of the same capture histories, lower bound first."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from diplab.kernel.abundance import Abundance
from diplab.population.assumptions import BASE, shared_first
from diplab.population.closed_population.assumed import assumed
from diplab.population.closed_population.every_model import WITHOUT_BOUND, every_model
from diplab.population.lower_bound import against_bound
from diplab.population.robustness.list_robustness import ListRow, list_rows
from diplab.population.robustness.order_of_rows import place_of_row
from diplab.population.sizes import gathered
from diplab.results.provenance import Provenance

if TYPE_CHECKING:
    from diplab.population.closed_population.captures import Captures
    from diplab.results.sizes import Sizes

__all__ = ["history_sensitivity"]

OF_ORDER = ("M0", "Mh", *WITHOUT_BOUND)
"""Models of occasions alike, or of what comes after being seen: they say nothing of lists without an order."""


def history_sensitivity(captures: Captures, confidence: float = 0.95, ordered: bool = True) -> Sizes:
    """Return the size under every model of histories already read, the lower bound first.

    Parameters
    ----------
    captures : Captures
        With histories of three occasions or more.
    confidence : float
        Probability of the intervals.
    ordered : bool
        Whether columns are occasions one after another; otherwise they are lists.

    Examples
    --------
    >>> import numpy as np
    >>> from diplab.population.closed_population.captures import captures_of
    >>> seen = np.repeat([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0, 1, 1]], [40, 30, 25, 9, 7], axis=0)
    >>> found = history_sensitivity(captures_of(seen), ordered=False)
    >>> found.frame["statistic"].tolist()[:2]
    ['Mth', 'chao_lists']
    """
    assert captures.histories is not None
    closed = [
        ListRow(row.values, row.fit, assumed([(str(row.values["statistic"]), str(row.values["category"]))]))
        for row in every_model(captures, confidence)
        if ordered or row.values["statistic"] not in OF_ORDER
    ]
    rows = _independence_once(closed, list_rows(captures.histories, confidence))
    rows = _against_the_first_bound(rows, confidence)
    # sorting is stable: within a place models keep their order
    rows.sort(key=lambda row: place_of_row(row.values, row.values["statistic"] in WITHOUT_BOUND))
    rules: dict[str, Any] = {
        "estimator": "several",
        "point": "poisson",
        "interval": "profile, log-normal",
        "confidence": f"{confidence:g}",
        "occasions" if ordered else "lists": (
            f"{captures.limit:.0f}" if ordered else ", ".join(captures.histories.occasions)
        ),
        "cells": "histories",
        "duplicates": "undeclared",
    }
    each = [row.assumptions for row in rows]
    record = Provenance(rules=rules, base=BASE, assumptions=shared_first(each))
    return gathered([row.values for row in rows], record, [row.fit for row in rows], assumed=each)


def _against_the_first_bound(rows: list[ListRow], confidence: float) -> list[ListRow]:
    """Return rows, points under the bound that comes first flagged too where a lower bound of their own is met."""
    bounds = [row.values for row in rows if row.values["flag"] == "lower bound"]
    # without an error the bound has no interval to set a size against
    if not bounds or math.isnan(bounds[0]["std_error"]):
        return rows
    first = Abundance(bounds[0]["estimate"], bounds[0]["std_error"] ** 2, bounds[0]["n"])
    found = []
    for row in rows:
        flags = [flag for flag in row.values["flag"].split(", ") if flag]
        exempt = {"lower bound", "below bound"} & {*flags} or row.values["statistic"] in WITHOUT_BOUND
        # equal but for rounding is not below
        said = "" if exempt else against_bound(row.values["estimate"] * (1 + 1e-9), first, confidence)
        found.append(
            row._replace(values=row.values | {"flag": ", ".join([*([said] if said else []), *flags])})
        )
    return found


def _independence_once(closed: list[ListRow], lists: list[ListRow]) -> list[ListRow]:
    """Return all rows, what is said of independent lists being said of Mt, which is the same model."""
    least = min(
        (row.fit.parameters for row in closed if row.fit and row.values["statistic"] == "Mt"), default=0
    )
    repeated = [row for row in lists if row.fit is not None and row.fit.parameters <= least]
    for row in repeated:
        for place, known in enumerate(closed):
            if known.values["statistic"] == "Mt":
                flags = dict.fromkeys((*known.values["flag"].split(", "), *row.values["flag"].split(", ")))
                said = known.values | {"flag": ", ".join(flag for flag in flags if flag)}
                closed[place] = known._replace(values=said)
    return [*closed, *(row for row in lists if row not in repeated)]
