"""Every statistic that the package offers, found in it and not in a list of names, and how tests call it."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from typing import Any, Literal, get_args, get_origin

import diplab
from diplab.estimators.statistic import Statistic, StatisticFunction

CONDITIONS = ("condition", "deprived", "low_work", "retired", "women", "working", "x")
"""Parameters that are conditions on the rows; any other column holds amounts."""

CALLS: dict[str, dict[str, Any]] = {
    "below_minimum_wage": {"on": 2018, "gross": True},
    "scale_up_ratio": {"sizes": (500.0,)},
    "multi_homing": {"sampled": "persons"},
}
"""Arguments that have no default that works."""

_OPTIONS_OF_CALLS = {name for options in CALLS.values() for name in options}


def _functions() -> dict[str, Any]:
    """Every function that makes a statistic of columns: decorated, or declared to return one."""
    functions: dict[str, Any] = {}
    for module in pkgutil.walk_packages(diplab.__path__, "diplab."):
        if not module.name.startswith(
            ("diplab.estimators", "diplab.population", "diplab.inference")
        ):
            continue
        for name, thing in vars(importlib.import_module(module.name)).items():
            returns = getattr(thing, "__annotations__", {}).get("return", "")
            public = (
                inspect.isfunction(thing)
                and not name.startswith("_")
                and thing.__module__ == module.name
            )
            if isinstance(thing, StatisticFunction) or (
                public and "Statistic" in str(returns).split(" | ")
            ):
                functions[getattr(thing, "name", name)] = thing
    return functions


FUNCTIONS = _functions()


def columns_of(function: Any) -> list[str]:
    """The names of its columns, three of those of which it takes several."""
    parameters = inspect.signature(function).parameters
    if isinstance(function, StatisticFunction):
        names: list[str] = []
        for name in function.columns:
            several = parameters[name].kind is inspect.Parameter.VAR_POSITIONAL
            names += (
                [f"{name}_{place}" for place in (1, 2, 3)]
                if several and name != "known"
                else [name]
            )
        return names
    return [
        name
        for name, each in parameters.items()
        if each.default is each.empty and name not in _OPTIONS_OF_CALLS
    ]


def options_of(name: str) -> tuple[str, ...]:
    """The options of a statistic."""
    function = FUNCTIONS[name]
    if isinstance(function, StatisticFunction):
        return function.description.options
    return tuple(inspect.signature(function).parameters)


def called(name: str, **options: Any) -> Statistic:
    """A statistic of columns that bear the names of its parameters."""
    function = FUNCTIONS[name]
    parameters = inspect.signature(function).parameters
    required = {
        each: 0.5
        for each, parameter in parameters.items()
        if isinstance(function, StatisticFunction)
        and each not in function.columns
        and parameter.default is parameter.empty
        and function.types[each] is float
    }
    return function(
        *columns_of(function), **{**required, **_words(function), **CALLS.get(name, {}), **options}
    )


def _words(function: Any) -> dict[str, Any]:
    """Options without a default that are one of some words: the first."""
    if not isinstance(function, StatisticFunction):
        return {}
    parameters = inspect.signature(function).parameters
    return {
        each: get_args(type_of)[0]
        for each, type_of in function.types.items()
        if get_origin(type_of) is Literal and parameters[each].default is inspect.Parameter.empty
    }


OTHERS: dict[str, Any] = {
    "at": (0.25, 0.5), "groups": 4, "threshold": 900.0, "on": "2019-05-01", "gross": False, "period": "month",
    "quantiles": (0.2,), "sizes": (600.0,),
}  # fmt: skip
"""Another value of an option that is neither a number nor one of some words."""


def other_values(name: str, option: str) -> list[Any]:
    """Other values of an option than that of the call."""
    function, usual = FUNCTIONS[name], called(name).options.get(option)
    if option in OTHERS:
        return [OTHERS[option]]
    type_of = function.types[option] if isinstance(function, StatisticFunction) else None
    if get_origin(type_of) is Literal:
        return [each for each in get_args(type_of) if each != usual]
    if isinstance(usual, float):
        return [usual * 0.9]
    return {"interval": ["wald", "beta"], "rule": ["hf7"]}.get(option, [])
