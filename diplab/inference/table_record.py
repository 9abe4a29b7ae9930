"""What is written down about a table: the rules in force, and the answers missing of each variable."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from diplab.errors import ColumnError
from diplab.estimators.moments import ratio
from diplab.estimators.prepared import PreparedStatistic
from diplab.estimators.statistic import Linearised
from diplab.inference.computed import Computed
from diplab.inference.record import provenance_of
from diplab.microdata.responses import Responses
from diplab.sampling.engine import Scope
from diplab.sampling.expression import ONE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from diplab.inference.tabulation import Tabulation
    from diplab.results.provenance import Provenance

__all__ = ["table_provenance"]


def table_provenance(table: Tabulation, confidence: float, df: str, rules: Mapping[str, str]) -> Provenance:
    """Return the rules in force and what is missing of each variable; refuse it under `na="fail"`."""
    sample = table.sample
    totals = sample.totals((), ())
    everyone = int(totals.n.sum())
    answered = _answered(table, everyone, rules["na"] == "level")
    computed = [
        Computed(
            PreparedStatistic("share", name, "", (), {}, ratio.on),
            totals,
            Linearised(np.zeros(1), ONE),
            np.array([n]),
        )
        for name, n in answered.items()
    ]
    provenance = provenance_of(sample, computed, confidence, df, ())
    if rules["na"] == "fail" and provenance.missing:
        said = ", ".join(f"`{name}` {count}" for name, count in provenance.missing.items())
        raise ColumnError(
            f"A table of {' × '.join(f'`{name}`' for name in answered)} was asked for with `na='fail'`.",
            f"Answers are missing among {everyone} people: {said}.",
            "Write `na='drop'` to leave them out and count them, or `na='level'` to show them.",
        )
    several = {"responses": table.row.base} if isinstance(table.row, Responses) else {}
    return replace(provenance, rules={**provenance.rules, **rules, **several})


def _answered(table: Tabulation, everyone: int, missing_as_level: bool) -> dict[str, int]:
    """Return how many respondents under study answered each variable."""
    sample = table.sample
    names = [*([table.column] if table.column else []), *table.by]
    inside = int(table.totals.n.sum())
    answered: dict[str, int] = {}
    if isinstance(table.row, Responses):
        answered[table.row.name] = everyone - inside + int(table.cells.n[table.base].sum())
    else:
        names.insert(0, table.row)
    whole = missing_as_level or inside == everyone
    for name in names:
        scope = Scope((*sample.population, *sample.domain), (name,))
        answered[name] = everyone if whole else int(sample.engine.counts(scope, ()).sum())
    return answered
