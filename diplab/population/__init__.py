"""How many people: sizes from lists, from repeated sightings, from accounts, each with what it assumes."""

from diplab.population.accounts import headcount
from diplab.population.accounts_held import multi_homing
from diplab.population.methods_range import combine
from diplab.population.nesting import Circle, circles
from diplab.population.one_source import single_source
from diplab.population.person_weights import WeightShare, weight_share
from diplab.population.platform_samples import multiplicity
from diplab.population.rates import prevalence
from diplab.population.robustness import sensitivity
from diplab.population.second_platform import multi_homing_curve
from diplab.population.sources import Source
from diplab.population.two_frames import dual_frame
from diplab.population.two_lists import two_sample

__all__ = [
    "Circle",
    "Source",
    "WeightShare",
    "circles",
    "combine",
    "dual_frame",
    "headcount",
    "multi_homing",
    "multi_homing_curve",
    "multiplicity",
    "prevalence",
    "sensitivity",
    "single_source",
    "two_sample",
    "weight_share",
]
