"""Hooks by which lower layers call upper ones: display of results, reading of conditions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diplab.public_names import explain_methods, explained

_INSTALLED: list[Callable[[object], str]] = []


def install_display(
    html: Callable[[object], str], text: Callable[[object], str], sentence: Callable[[Any], str]
) -> None:
    """Install the functions that display results as HTML and text, and hypotheses."""
    _INSTALLED[:] = [html, text, sentence]


def sentence_of(hypothesis: object) -> str:
    """Return a hypothesis as a sentence in English, with columns and codes as they are."""
    return _INSTALLED[2](hypothesis)


_READERS: list[Callable[[Any, Any, str], Any]] = []


def install_reader(read: Callable[[Any, Any, str], Any]) -> None:
    """Install the function that computes a condition or an expression on each row of a frame."""
    _READERS[:] = [read]


def answers_to(frame: Any, codebook: Any, text: str) -> Any:
    """Return a condition or an expression on each row, missing if an operand is."""
    return _READERS[0](frame, codebook, text)


def _names_of_columns(result: Any) -> Any:
    if hasattr(type(result), "frame") or "frame" in vars(result):
        return result.frame.columns
    return ()


@explained("result", "`{}` has", "result.frame[{}]", _names_of_columns)
class Displayed:
    """A result that is displayed as text in terminals and as a table in notebooks."""

    def __init_subclass__(cls) -> None:
        explain_methods(cls)

    def __repr__(self) -> str:
        return _INSTALLED[1](self)

    def _repr_html_(self) -> str | None:
        # results without a table are shown as text
        return _INSTALLED[0](self) or None
