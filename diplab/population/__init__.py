"""How many people: sizes from lists, from repeated sightings, from accounts, each with what it assumes."""

from diplab.population._closed import closed
from diplab.population._combine import combine
from diplab.population._individual import individual
from diplab.population._lists import lists
from diplab.population._multiplier import multiplier
from diplab.population._prevalence import prevalence
from diplab.population._search_lists import search_lists
from diplab.population._sensitivity import sensitivity
from diplab.population._single_source_regression import single_source_regression
from diplab.population.capture_regression import SingleSourceFit
from diplab.population.frames.person_weights import WeightShare, weight_share
from diplab.population.frames.platform_samples import multiplicity
from diplab.population.frames.two_frames import dual_frame
from diplab.population.networks.respondent_driven import rds_i, rds_ii
from diplab.population.networks.scale_up_statistic import scale_up_ratio
from diplab.population.networks.scaling_up import scale_up
from diplab.population.one_source.propensities import beta_binomial, never_seen, propensity_factor
from diplab.population.one_source.single_source_sizes import single_source
from diplab.population.over_time.comings_and_goings import open_population
from diplab.population.over_time.half_lives import half_life
from diplab.population.over_time.pairs_of_windows import window_pairs
from diplab.population.over_time.repeated_catches import schnabel
from diplab.population.platforms.accounts import headcount
from diplab.population.platforms.accounts_held import multi_homing
from diplab.population.platforms.nesting import Circle, circles
from diplab.population.platforms.second_platform import multi_homing_curve
from diplab.population.platforms.sources import Source
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
