"""How many people: sizes from lists, from repeated sightings, from accounts, each with what it assumes."""

from diplab.population.accounts import Source, headcount, multi_homing_curve
from diplab.population.comings_and_goings import open_population
from diplab.population.half_lives import half_life
from diplab.population.nesting import Circle, circles
from diplab.population.one_source import single_source
from diplab.population.pairs_of_windows import window_pairs
from diplab.population.propensities import beta_binomial, never_seen, propensity_factor
from diplab.population.rates import prevalence
from diplab.population.repeated_catches import schnabel
from diplab.population.robustness import sensitivity
from diplab.population.two_lists import two_sample

__all__ = [
    "Circle",
    "Source",
    "beta_binomial",
    "circles",
    "half_life",
    "headcount",
    "multi_homing_curve",
    "never_seen",
    "open_population",
    "prevalence",
    "propensity_factor",
    "schnabel",
    "sensitivity",
    "single_source",
    "two_sample",
    "window_pairs",
]
