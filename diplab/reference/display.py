"""How a result shows itself in a notebook: the package installs what makes its HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_INSTALLED: list[Callable[[object], str]] = []


def install_html(make: Callable[[object], str]) -> None:
    """Install what turns any result into the HTML of a table, in the place of what was installed before."""
    _INSTALLED[:] = [make]


def as_html(result: object) -> str:
    """Return a result as the HTML that a notebook shows."""
    return _INSTALLED[0](result)
