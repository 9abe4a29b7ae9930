"""How many people: sizes from lists, from repeated sightings, from accounts, each with what it assumes."""

from diplab.population.accounts import Source, headcount, multi_homing_curve
from diplab.population.nesting import Circle, circles
from diplab.population.one_source import single_source
from diplab.population.overlapping_lists.model_search import search_lists
from diplab.population.overlapping_lists.one_model import lists
from diplab.population.rates import prevalence
from diplab.population.robustness import sensitivity
from diplab.population.two_lists import two_sample

__all__ = [
    "Circle",
    "Source",
    "circles",
    "headcount",
    "lists",
    "multi_homing_curve",
    "prevalence",
    "search_lists",
    "sensitivity",
    "single_source",
    "two_sample",
]
