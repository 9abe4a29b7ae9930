"""How a result shows itself in a notebook and in a terminal: the package installs what makes its HTML and its text."""

from __future__ import annotations

from collections.abc import Callable

_INSTALLED: list[Callable[[object], str]] = []


def install_display(html: Callable[[object], str], text: Callable[[object], str]) -> None:
    """Install what turns any result into the HTML and the text of a table, in the place of what was there before."""
    _INSTALLED[:] = [html, text]


class Displayed:
    """A result that shows itself as text in a terminal, and as a table in a notebook."""

    def __repr__(self) -> str:
        return _INSTALLED[1](self)

    def _repr_html_(self) -> str:
        return _INSTALLED[0](self)
