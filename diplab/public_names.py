"""Public names: each is imported when it is first used, and a call with a wrong argument says which one.

A public module lists its names as imports that type checkers read and that never run: Python looks up in them where
each name is.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from types import FunctionType
from typing import Any

from diplab.checks import wrong_call

__all__ = ["lazy_names"]
_IMPORT = re.compile(r"^    from (\S+) import (\w+) as \2$", re.MULTILINE)


def lazy_names(module: str) -> tuple[list[str], Callable[[str], Any], Callable[[], list[str]]]:
    """Return `__all__`, `__getattr__` and `__dir__` of a module whose names load on first use."""
    loader: Any = sys.modules[module].__loader__
    home_of = {name: home for home, name in _IMPORT.findall(loader.get_source(module))}

    def load(name: str) -> Any:
        if name not in home_of:
            message = f"module {module!r} has no attribute {name!r}"
            raise AttributeError(message, name=name, obj=sys.modules[module])
        is_submodule = home_of[name] == module
        value = import_module(f"{module}.{name}") if is_submodule else getattr(import_module(home_of[name]), name)
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
