"""How many people: sizes from lists, from repeated sightings, from accounts, each with what it assumes."""

from diplab.population.accounts import headcount
from diplab.population.accounts_held import multi_homing
from diplab.population.capture_regression.regression_of_captures import single_source_regression
from diplab.population.capture_regression.single_source_fit import SingleSourceFit
from diplab.population.closed_population.closed_models import closed
from diplab.population.comings_and_goings import open_population
from diplab.population.half_lives import half_life
from diplab.population.individual_capture import individual
from diplab.population.methods_range import combine
from diplab.population.multiplier_method import multiplier
from diplab.population.nesting import Circle, circles
from diplab.population.one_source import single_source
from diplab.population.overlapping_lists.model_search import search_lists
from diplab.population.overlapping_lists.one_model import lists
from diplab.population.pairs_of_windows import window_pairs
from diplab.population.person_weights import WeightShare, weight_share
from diplab.population.platform_samples import multiplicity
from diplab.population.propensities import beta_binomial, never_seen, propensity_factor
from diplab.population.rates import prevalence
from diplab.population.repeated_catches import schnabel
from diplab.population.respondent_driven import rds_i, rds_ii
from diplab.population.robustness import sensitivity
from diplab.population.scale_up_statistic import scale_up_ratio
from diplab.population.scaling_up import scale_up
from diplab.population.second_platform import multi_homing_curve
from diplab.population.sources import Source
from diplab.population.two_frames import dual_frame
from diplab.population.two_lists import two_sample

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
