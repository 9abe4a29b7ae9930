"""How many people: sizes from lists, from repeated sightings, from accounts, each with what it assumes."""

from diplab.population.accounts import Source, headcount, multi_homing_curve
from diplab.population.capture_regression.regression_of_captures import single_source_regression
from diplab.population.capture_regression.single_source_fit import SingleSourceFit
from diplab.population.nesting import Circle, circles
from diplab.population.one_source import single_source
from diplab.population.rates import prevalence
from diplab.population.robustness import sensitivity
from diplab.population.two_lists import two_sample

__all__ = [
    "Circle",
    "SingleSourceFit",
    "Source",
    "circles",
    "headcount",
    "multi_homing_curve",
    "prevalence",
    "sensitivity",
    "single_source",
    "single_source_regression",
    "two_sample",
]
