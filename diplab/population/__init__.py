"""Population sizes from lists, repeated sightings and accounts, each with its assumptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.public_names import lazy_names

if TYPE_CHECKING:
    from diplab.population._closed import closed as closed
    from diplab.population._dual_frame import dual_frame as dual_frame
    from diplab.population._headcount import headcount as headcount
    from diplab.population._scale_up import scale_up as scale_up
    from diplab.population._scale_up import scale_up_ratio as scale_up_ratio
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
    from diplab.population.multiple_lists._search_lists import search_lists as search_lists
    from diplab.population.multiple_lists.list_models import lists as lists
    from diplab.population.multiple_lists.two_lists import two_sample as two_sample
    from diplab.population.open import open_population as open_population
    from diplab.population.open import schnabel as schnabel
    from diplab.population.platforms import Source as Source
    from diplab.population.several_sizes import Circle as Circle
    from diplab.population.several_sizes import circles as circles
    from diplab.population.several_sizes import combine as combine
    from diplab.population.sizes import prevalence as prevalence
    from diplab.population.windows import half_life as half_life
    from diplab.population.windows import survival_half_life as survival_half_life
    from diplab.population.windows import window_pairs as window_pairs

# where each name is, for Python
_HOMES = {
    "diplab.population._closed": "closed",
    "diplab.population._dual_frame": "dual_frame",
    "diplab.population._headcount": "headcount",
    "diplab.population._scale_up": "scale_up scale_up_ratio",
    "diplab.population._sensitivity": "sensitivity",
    "diplab.population._single_source_regression": "single_source_regression",
    "diplab.population._weight_share": "WeightShare multiplicity weight_share",
    "diplab.population.accounts": "multi_homing multi_homing_curve",
    "diplab.population.capture_regression": "SingleSourceFit",
    "diplab.population.counts": "single_source",
    "diplab.population.heterogeneity": "beta_binomial individual never_seen propensity_factor",
    "diplab.population.hidden_populations": "multiplier rds",
    "diplab.population.multiple_lists._search_lists": "search_lists",
    "diplab.population.multiple_lists.list_models": "lists",
    "diplab.population.multiple_lists.two_lists": "two_sample",
    "diplab.population.open": "open_population schnabel",
    "diplab.population.platforms": "Source",
    "diplab.population.several_sizes": "Circle circles combine",
    "diplab.population.sizes": "prevalence",
    "diplab.population.windows": "half_life survival_half_life window_pairs",
}
if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = lazy_names(__name__, _HOMES)
