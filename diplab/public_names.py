"""Public names: each is imported when it is first used, and a call with a wrong argument says which one.

A public module lists its names once, as imports that type checkers read and Python never runs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from types import FunctionType
from typing import Any

from diplab.checks import wrong_call

__all__ = ["lazy_names"]


def lazy_names(module: str, file: str) -> tuple[list[str], Callable[[str], Any], Callable[[], list[str]]]:
    """Return `__all__`, `__getattr__` and `__dir__` of a module whose names load on first use.

    Parameters
    ----------
    module : str
        The public module.
    file : str
        Its source, where each name has a line of its own: `from diplab.planning import sample_size as sample_size`.

    Examples
    --------
    >>> from diplab import planning
    >>> names, load, _ = lazy_names("diplab.planning", planning.__file__)
    >>> names, load("sample_size").__name__
    (['expected_precision', 'sample_size'], 'sample_size')
    """
    with open(file, encoding="utf-8") as lines:
        imports = [line.split() for line in lines if line.startswith("    from ") and " as " in line]
    home_of = {name: home for _, home, _, name, *_ in imports}

    def load(name: str) -> Any:
        if name not in home_of:
            message = f"module {module!r} has no attribute {name!r}"
            raise AttributeError(message, name=name, obj=sys.modules[module])
        home = home_of[name]
        value = import_module(f"{module}.{name}") if home == module else getattr(import_module(home), name)
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
