"""Registered, monthly, active: headcounts of several measures, each circle inside the one before."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import TYPE_CHECKING

from diplab.errors import DesignError, OptionError, one_of
from diplab.population.platforms.nesting import Circle, circles
from diplab.population.platforms.platform_figures import MEASURES
from diplab.population.sizes import gather_sizes
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from diplab.results.estimates import Estimates

__all__ = ["nested_measures"]

NAMES = {
    "registered": Text("inscrits", "registered"),
    "visitors": Text("présents dans le mois", "present in the month"),
    "active": Text("actifs", "active"),
}
DEFINITIONS = {
    "registered": Text(
        "Personnes inscrites sur une plateforme au moins.", "Persons registered on one platform at least."
    ),
    "visitors": Text(
        "Personnes venues dans le mois sur une plateforme au moins.",
        "Persons who came to one platform at least in the month.",
    ),
    "active": Text(
        "Personnes actives sur une plateforme au moins.", "Persons active on one platform at least."
    ),
}


def nested_measures(measures: Sequence[str], count: Callable[[str], Estimates]) -> Estimates:
    """Return the headcount of each measure as nested circles, the largest first.

    Parameters
    ----------
    measures : sequence of str
        Two at least of `registered`, `visitors`, `active`.
    count : callable
        From a measure to its headcount.

    Raises
    ------
    DesignError
        Where a platform has more in a smaller circle than in the larger one.
    """
    ordered = _ordered(measures)
    found: dict[str, Any] = {measure: count(measure) for measure in ordered}
    for outer, inner in itertools.pairwise(ordered):
        _check_platforms(found[outer], found[inner], outer, inner)
    members = [
        Circle(
            measure,
            _largest(found[measure]),
            NAMES[measure],
            DEFINITIONS[measure],
            found[measure].provenance.source,
            found[measure].provenance.status,
            ordered[place - 1] if place else None,
        )
        for place, measure in enumerate(ordered)
    ]
    plain = circles(members)
    record = plain.provenance
    rows: list[dict[str, Any]] = [
        {**dict(found[measure].frame.iloc[0].items()), "category": measure, "statistic": "circle"}
        for measure in ordered
    ]
    each = [found[measure].provenance for measure in ordered]
    apart = {measure: it.rules["accounts"] for measure, it in zip(ordered, each, strict=True)}
    shared = {name: value for name, value in each[0].rules.items() if name not in ("accounts", "measure")}
    provenance = replace(
        record,
        rules={**apart, **shared},
        assumptions=tuple(dict.fromkeys(text for it in each for text in it.assumptions)),
        synthetic=any(it.synthetic for it in each),
        indicative=any(it.indicative for it in each),
    )
    details = {measure: found[measure].details for measure in ordered}
    return replace(gather_sizes(rows, provenance, details=details), codebook=plain.codebook)


def _ordered(measures: Sequence[str]) -> list[str]:
    for measure in measures if isinstance(measures, list | tuple) else [measures]:
        if not isinstance(measure, str) or measure not in MEASURES:
            raise one_of("`measure`", measure, MEASURES)
    ordered = [measure for measure in MEASURES if measure in measures]
    if len(ordered) < 2 or len(measures) != len(ordered):
        raise OptionError(
            f"Circles of the measures {list(measures)!r} were asked for.",
            "Two different ones at least make circles.",
            "Write for example `measure=['registered', 'active']`.",
        )
    return ordered


def _largest(found: Estimates) -> float:
    row = found.frame.iloc[0]
    return float(row["ci_high"] if math.isnan(row["estimate"]) else row["estimate"])


def _check_platforms(outer: Any, inner: Any, around: str, within: str) -> None:
    for wide, near in zip(outer.details.to_dict("records"), inner.details.to_dict("records"), strict=True):
        if near["accounts"] > wide["accounts"]:
            how = " (imputed from its traffic)" if wide["flag"] else ""
            raise DesignError(
                f"The circle `{within}` was asked for inside `{around}`.",
                f"`{wide['platform']}` has {near['accounts']:,.0f} {within} and {wide['accounts']:,.0f} {around}{how}.",
                "Write figures that count the same thing, or the measures apart.",
            )
