"""Public names: each is imported when it is first used, and a call with a wrong argument says which one.

A public module lists its names twice: as imports that type checkers read, and as a table of homes that Python reads.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import wraps
from importlib import import_module
from types import FunctionType
from typing import Any

from diplab.checks import wrong_call

__all__ = ["lazy_names"]


def lazy_names(
    module: str, homes: Mapping[str, str]
) -> tuple[list[str], Callable[[str], Any], Callable[[], list[str]]]:
    """Return `__all__`, `__getattr__` and `__dir__` of a module whose names load on first use."""
    # `homes`: names, separated by blanks, by the module that defines them; a submodule is at home in itself
    home_of = {name: home for home, names in homes.items() for name in names.split()}

    def load(name: str) -> Any:
        if name not in home_of:
            message = f"module {module!r} has no attribute {name!r}"
            raise AttributeError(message, name=name, obj=sys.modules[module])
        home = import_module(home_of[name])
        value = home if home.__name__ == f"{module}.{name}" else getattr(home, name)
        value = _explain_wrong_calls(value) if isinstance(value, FunctionType) else value
        setattr(sys.modules[module], name, value)
        return value

    def listed() -> list[str]:
        return sorted([*home_of, *(["__version__"] if hasattr(sys.modules[module], "__version__") else [])])

    return list(home_of), load, listed


def _explain_wrong_calls(function: FunctionType) -> FunctionType:
    """Return a function whose calls with arguments that it does not take name the nearest ones."""

    @wraps(function)
    def call(*arguments: Any, **options: Any) -> Any:
        try:
            return function(*arguments, **options)
        except TypeError:
            from inspect import signature

            explained = wrong_call(function.__name__, signature(function), arguments, options)
            if explained is None:
                raise
        raise explained from None

    return call  # type: ignore[return-value]
