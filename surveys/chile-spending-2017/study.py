"""Monthly spending of households in Chile, 2016-2017 (EPF VIII): three official means, and what one row a person does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import diplab as dl

if TYPE_CHECKING:
    from diplab.types import Estimates

SURVEY = "chile/epf-viii"
SPENDING = "gastot_hd"
SANTIAGO, CAPITALS = 1, 2


class Found(NamedTuple):
    """Mean spending by household, in all and by zone, and by person."""

    households: Estimates
    by_zone: Estimates
    persons: Estimates
    persons_by_zone: Estimates


def _found(inputs: dl.Inputs) -> Found:
    return inputs.once("found", lambda: _computed(inputs))


def _computed(inputs: dl.Inputs) -> Found:
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


def results(inputs: dl.Inputs) -> dict[str, Any]:
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
