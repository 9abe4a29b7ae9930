"""Packages that some formats need and diplab does not install by itself."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from diplab.errors import LoadError

__all__ = ["engine"]


def engine(names: tuple[str, ...], asked: str) -> Any:
    """Return the first of some packages that is installed.

    Parameters
    ----------
    names : tuple of str
        Modules, the preferred one first.
    asked : str
        What was to be done, as a sentence.

    Raises
    ------
    LoadError
        Where none is installed.
    """
    for name in names:
        try:
            return import_module(name)
        except ImportError:
            continue
    listed = " or ".join(f"`{name.split('.')[0]}`" for name in names)
    raise LoadError(
        asked, f"It needs {listed}, which is not installed.", 'Write `pip install "diplab[engines]"`.'
    )
