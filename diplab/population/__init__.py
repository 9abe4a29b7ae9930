"""How many people: sizes from lists, from repeated sightings, from accounts, each with what it assumes."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from diplab.population._closed import closed as closed
    from diplab.population._dual_frame import dual_frame as dual_frame
    from diplab.population._headcount import headcount as headcount
    from diplab.population._scale_up import scale_up as scale_up
    from diplab.population._scale_up import scale_up_ratio as scale_up_ratio
    from diplab.population._search_lists import search_lists as search_lists
    from diplab.population._sensitivity import sensitivity as sensitivity
    from diplab.population._single_source_regression import (
        single_source_regression as single_source_regression,
    )
    from diplab.population._weight_share import WeightShare as WeightShare
    from diplab.population._weight_share import multiplicity as multiplicity
    from diplab.population._weight_share import weight_share as weight_share
    from diplab.population.accounts import multi_homing as multi_homing
    from diplab.population.accounts import multi_homing_curve as multi_homing_curve
    from diplab.population.capture_regression import SingleSourceFit as SingleSourceFit
    from diplab.population.counts import single_source as single_source
    from diplab.population.heterogeneity import beta_binomial as beta_binomial
    from diplab.population.heterogeneity import individual as individual
    from diplab.population.heterogeneity import never_seen as never_seen
    from diplab.population.heterogeneity import propensity_factor as propensity_factor
    from diplab.population.hidden_populations import multiplier as multiplier
    from diplab.population.hidden_populations import rds as rds
    from diplab.population.list_models import lists as lists
    from diplab.population.open import open_population as open_population
    from diplab.population.open import schnabel as schnabel
    from diplab.population.platforms import Source as Source
    from diplab.population.several_sizes import Circle as Circle
    from diplab.population.several_sizes import circles as circles
    from diplab.population.several_sizes import combine as combine
    from diplab.population.sizes import prevalence as prevalence
    from diplab.population.two_lists import two_sample as two_sample
    from diplab.population.windows import half_life as half_life
    from diplab.population.windows import survival_half_life as survival_half_life
    from diplab.population.windows import window_pairs as window_pairs

_NAMES = {
    "_closed": "closed",
    "_dual_frame": "dual_frame",
    "_headcount": "headcount",
    "_scale_up": "scale_up scale_up_ratio",
    "_search_lists": "search_lists",
    "_sensitivity": "sensitivity",
    "_single_source_regression": "single_source_regression",
    "_weight_share": "WeightShare multiplicity weight_share",
    "accounts": "multi_homing multi_homing_curve",
    "capture_regression": "SingleSourceFit",
    "counts": "single_source",
    "heterogeneity": "beta_binomial individual never_seen propensity_factor",
    "hidden_populations": "multiplier rds",
    "list_models": "lists",
    "open": "open_population schnabel",
    "platforms": "Source",
    "several_sizes": "Circle circles combine",
    "sizes": "prevalence",
    "two_lists": "two_sample",
    "windows": "half_life survival_half_life window_pairs",
}
_HOMES = {name: f"diplab.population.{module}" for module, names in _NAMES.items() for name in names.split()}

__all__ = [
    "Circle",
    "SingleSourceFit",
    "Source",
    "WeightShare",
    "beta_binomial",
    "circles",
    "closed",
    "combine",
    "dual_frame",
    "half_life",
    "headcount",
    "individual",
    "lists",
    "multi_homing",
    "multi_homing_curve",
    "multiplicity",
    "multiplier",
    "never_seen",
    "open_population",
    "prevalence",
    "propensity_factor",
    "rds",
    "scale_up",
    "scale_up_ratio",
    "schnabel",
    "search_lists",
    "sensitivity",
    "single_source",
    "single_source_regression",
    "survival_half_life",
    "two_sample",
    "weight_share",
    "window_pairs",
]

if not TYPE_CHECKING:  # type checkers read the imports above

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            message = f"module 'diplab.population' has no attribute {name!r}"
            raise AttributeError(message)
        value = globals()[name] = getattr(import_module(_HOMES[name]), name)
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
