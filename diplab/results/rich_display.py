"""How results show themselves in a notebook: the display lives above this layer, and registers itself once loaded."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["register", "shown"]

_displays: list[Callable[[object], str]] = []


def register(display: Callable[[object], str]) -> None:
    """Make known what turns any result into HTML; a second time changes nothing."""
    if display not in _displays:
        _displays.append(display)


def shown(result: object) -> str:
    """Return a result as the HTML that a notebook shows."""
    if not _displays:
        # named as text, so that no import points upwards
        import_module("diplab.presentation.display")
    return _displays[0](result)
