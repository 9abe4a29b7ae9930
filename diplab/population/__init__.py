"""How many people: sizes from lists, from repeated sightings, from accounts, each with what it assumes."""

from diplab.population._dual_frame import dual_frame
from diplab.population._headcount import headcount
from diplab.population._scale_up import scale_up, scale_up_ratio
from diplab.population._weight_share import WeightShare, multiplicity, weight_share
from diplab.population.accounts import multi_homing, multi_homing_curve
from diplab.population.capture_regression.regression_of_captures import single_source_regression
from diplab.population.capture_regression.single_source_fit import SingleSourceFit
from diplab.population.closed_population.closed_models import closed
from diplab.population.counts import single_source
from diplab.population.individual_chances.individual_capture import individual
from diplab.population.methods_range import combine
from diplab.population.multiplier_method import multiplier
from diplab.population.nested_populations import Circle, circles
from diplab.population.open import open_population, schnabel
from diplab.population.overlapping_lists.model_search import search_lists
from diplab.population.overlapping_lists.one_model import lists
from diplab.population.platforms import Source
from diplab.population.propensities import beta_binomial, never_seen, propensity_factor
from diplab.population.rates import prevalence
from diplab.population.respondent_driven import rds_i, rds_ii
from diplab.population.robustness.side_by_side import sensitivity
from diplab.population.two_lists.two_list_sizes import two_sample
from diplab.population.windows import half_life, window_pairs

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
    "rds_i",
    "rds_ii",
    "scale_up",
    "scale_up_ratio",
    "schnabel",
    "search_lists",
    "sensitivity",
    "single_source",
    "single_source_regression",
    "two_sample",
    "weight_share",
    "window_pairs",
]
