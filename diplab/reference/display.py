"""What lower layers ask of upper ones, by what the package installs: how results show themselves, conditions read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diplab.public_names import explain_methods, explained

_INSTALLED: list[Callable[[object], str]] = []


def install_display(
    html: Callable[[object], str], text: Callable[[object], str], sentence: Callable[[Any], str]
) -> None:
    """Install what turns any result into the HTML and the text of a table, and a hypothesis into a sentence."""
    _INSTALLED[:] = [html, text, sentence]


def sentence_of(hypothesis: object) -> str:
    """Return a hypothesis as a sentence in English, with columns and codes as they are."""
    return _INSTALLED[2](hypothesis)


_READERS: list[Callable[[Any, Any, str], Any]] = []


def install_reader(read: Callable[[Any, Any, str], Any]) -> None:
    """Install what computes a condition or an expression, as text, on each row of a frame that a codebook describes."""
    _READERS[:] = [read]


def answers_to(frame: Any, codebook: Any, text: str) -> Any:
    """Return a condition or an expression on each row, missing where it has no answer."""
    return _READERS[0](frame, codebook, text)


def _names_of_columns(result: Any) -> Any:
    return result.frame.columns if hasattr(type(result), "frame") or "frame" in vars(result) else ()


@explained("result", "`{}` has", "result.frame[{}]", _names_of_columns)
class Displayed:
    """A result that shows itself as text in a terminal, and as a table in a notebook."""

    def __init_subclass__(cls) -> None:
        explain_methods(cls)

    def __repr__(self) -> str:
        return _INSTALLED[1](self)

    def _repr_html_(self) -> str | None:
        # what has no table is shown as text
        return _INSTALLED[0](self) or None
