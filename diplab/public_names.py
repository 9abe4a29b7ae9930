"""Public names: each is imported when it is first used, and a call with a wrong argument says which one.

A public module lists its names once: as imports that type checkers execute and Python only reads.
"""

from __future__ import annotations

import re
import sys
from functools import wraps
from importlib import import_module
from types import FunctionType
from typing import TYPE_CHECKING, Any

from diplab.checks import wrong_call

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["lazy_names", "names_by_home"]


def names_by_home(module: str) -> dict[str, str]:
    """Return the names, set apart by blanks, that a module imports for type checkers, by the module of each."""
    specification: Any = sys.modules[module].__spec__
    source = specification.loader.get_source(module).partition("\nif not TYPE_CHECKING:")[0]
    homes: dict[str, str] = {}
    for home, name in re.findall(r"^    from (\S+) import (\w+) as \2$", source, re.MULTILINE):
        # a submodule is at home in itself
        place = f"{home}.{name}" if home == "diplab" else home
        homes[place] = f"{homes[place]} {name}" if place in homes else name
    return dict(sorted(homes.items()))


def lazy_names(
    module: str, homes: Mapping[str, str]
) -> tuple[list[str], Callable[[str], Any], Callable[[], list[str]]]:
    """Return `__all__`, `__getattr__` and `__dir__` of a module whose names load on first use, by their `homes`."""
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
