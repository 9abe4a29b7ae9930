"""Small areas: estimates of places or groups with few respondents, or none, from a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.public_names import lazy_names

if TYPE_CHECKING:
    from diplab.inference.areas._fay_herriot import fay_herriot as fay_herriot
    from diplab.inference.areas._poverty import poverty as poverty
    from diplab.inference.areas._unit_level import unit_level as unit_level

# the module of each name, for `lazy_names`
_HOMES = {
    "diplab.inference.areas._fay_herriot": "fay_herriot",
    "diplab.inference.areas._poverty": "poverty",
    "diplab.inference.areas._unit_level": "unit_level",
}
if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = lazy_names(__name__, _HOMES)
