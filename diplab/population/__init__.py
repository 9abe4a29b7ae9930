"""How many people: sizes from lists, from repeated sightings, from accounts, each with what it assumes."""

from diplab.population.capture_regression.regression_of_captures import single_source_regression
from diplab.population.capture_regression.single_source_fit import SingleSourceFit
from diplab.population.closed_population.closed_models import closed
from diplab.population.frames.person_weights import WeightShare, weight_share
from diplab.population.frames.platform_samples import multiplicity
from diplab.population.frames.two_frames import dual_frame
from diplab.population.individual_chances.individual_capture import individual
from diplab.population.methods_range import combine
from diplab.population.multiplier_method import multiplier
from diplab.population.networks.respondent_driven import rds_i, rds_ii
from diplab.population.networks.scale_up_statistic import scale_up_ratio
from diplab.population.networks.scaling_up import scale_up
from diplab.population.one_source.propensities import beta_binomial, never_seen, propensity_factor
from diplab.population.one_source.single_source_sizes import single_source
from diplab.population.over_time.comings_and_goings import open_population
from diplab.population.over_time.half_lives import half_life
from diplab.population.over_time.pairs_of_windows import window_pairs
from diplab.population.over_time.repeated_catches import schnabel
from diplab.population.overlapping_lists.model_search import search_lists
from diplab.population.overlapping_lists.one_model import lists
from diplab.population.platforms.accounts import headcount
from diplab.population.platforms.accounts_held import multi_homing
from diplab.population.platforms.nesting import Circle, circles
from diplab.population.platforms.second_platform import multi_homing_curve
from diplab.population.platforms.sources import Source
from diplab.population.rates import prevalence
from diplab.population.robustness.side_by_side import sensitivity
from diplab.population.two_lists.two_list_sizes import two_sample

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
