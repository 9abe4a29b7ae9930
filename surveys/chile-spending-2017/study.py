"""Monthly spending of households in Chile, 2016-2017 (EPF VIII): official means, by household and by person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import diplab as dl
from diplab import wording
from diplab.presentation.charts.dots import Dot

if TYPE_CHECKING:
    from diplab.presentation.charts.chart import PrintedFigure
    from diplab.types import Comparison, Estimates, Inputs

SURVEY = "chile/epf-viii"
SPENDING = "gastot_hd"
SANTIAGO, CAPITALS = 1, 2
PRINTED = {None: "spending", SANTIAGO: "spending_santiago", CAPITALS: "spending_capitals"}


class Found(NamedTuple):
    """Mean spending by household, in all and by zone, and by person."""

    households: Estimates
    by_zone: Estimates
    persons: Estimates
    persons_by_zone: Estimates


def _found(inputs: Inputs) -> Found:
    return inputs.once("found", lambda: _computed(inputs))


def _computed(inputs: Inputs) -> Found:
    columns = ["folio", "zona", "fe", "varunit", "varstrat", SPENDING]
    persons = inputs.read(SURVEY, columns=columns, codebook="study")
    first = ~persons.frame["folio"].duplicated()
    everyone = dl.declare_design(
        persons.with_columns(first=first), weights="fe", strata="varstrat", psu="varunit"
    )
    found = [
        dl.estimate(sample, dl.mean(SPENDING), by=by, df="design")
        for sample in (everyone.where("first"), everyone)
        for by in ((), "zona")
    ]
    return Found(*found)


def results(inputs: Inputs) -> dict[str, Any]:
    found = _found(inputs)
    household = found.households.frame.iloc[0]
    zones = found.by_zone.frame.set_index("zona")["estimate"]
    return {
        "spending": household["estimate"],
        "spending_santiago": zones[SANTIAGO],
        "spending_capitals": zones[CAPITALS],
        "spending_standard_error": household["std_error"],
        "spending_by_person": found.persons.frame["estimate"].item(),
    }


def figures(inputs: Inputs, comparison: Comparison) -> dict[str, PrintedFigure]:
    found = _found(inputs)
    printed = comparison.frame.set_index("key")["published"] / 1000
    groups = inputs.words("by")
    labels = {None: inputs.words("zone")["all"], **found.by_zone.codebook["zona"].values}
    rows = []
    for by, together, apart in (
        ("households", found.households, found.by_zone),
        ("persons", found.persons, found.persons_by_zone),
    ):
        for row in [{"zona": None, **together.frame.iloc[0]}, *apart.frame.to_dict("records")]:
            point, low, high = (row[name] / 1000 for name in ("estimate", "ci_low", "ci_high"))
            published = printed[PRINTED[row["zona"]]] if by == "households" else None
            rows.append(Dot(labels[row["zona"]], point, low, high, published, group=groups[by]))
    households, persons = rows[0], rows[3]
    numbers = {
        "households": households.point,
        "low": households.low,
        "high": households.high,
        "persons": persons.point,
    }
    said = {name: wording.both(wording.number, value) for name, value in numbers.items()}
    return {"spending": dl.chart(tuple(rows), "dots", **inputs.caption("spending", **said))}
