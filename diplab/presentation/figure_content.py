"""What a figure is made of, as a short hash: two figures of one content are the same figure, drawn once."""

from __future__ import annotations

import hashlib
import math
import numbers
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from importlib import metadata, resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

    from diplab.presentation.charts.chart import Chart
    from diplab.reference.text import Language

__all__ = ["content_of"]

_DRAWING = ("presentation", "reference")
_LIBRARIES = ("matplotlib", "fonttools", "pillow")
DIGITS = 12
"""Significant digits of numbers: two that agree so far are one number, as they are in verdicts."""


def content_of(chart: Chart, language: Language, *code: bytes) -> str:
    """Return a hash of a chart with its numbers and words, of the code that draws it and of the libraries below.

    Parameters
    ----------
    chart : Chart
        The chart.
    language : {"fr", "en"}
        Language of the reader.
    *code : bytes
        Other code that it comes from: that of a study may draw in ways of its own.

    Returns
    -------
    str
        64 hexadecimal digits; empty where a part of the chart is of a kind not known here: nothing is equal to it.

    Examples
    --------
    >>> from diplab.presentation.charts.circles import Circle, Circles
    >>> from diplab.presentation.notes import Notes
    >>> from diplab.reference.text import Text
    >>> def drawn(size: float) -> Circles:
    ...     one = Text.same("people")
    ...     return Circles(title=one, notes=Notes(), alt=one, circles=(Circle(one, size),))
    >>> content_of(drawn(10), "en") == content_of(drawn(10), "en")
    True
    >>> content_of(drawn(10), "en") in (content_of(drawn(11), "en"), content_of(drawn(10), "fr"))
    False
    """
    try:
        whole = "\n".join(_lines(chart))
    except TypeError:
        return ""
    made = hashlib.sha256(f"{language}\n{_drawing()}\n{whole}\n".encode())
    for each in code:
        made.update(hashlib.sha256(each).digest())
    return made.hexdigest()


def _lines(thing: Any) -> Iterator[str]:
    """Yield a thing part by part, each with its kind, so that no two things are written alike."""
    if thing is None or isinstance(thing, str | bool):
        yield repr(thing)
    elif isinstance(thing, Enum):
        yield f"{type(thing).__qualname__}.{thing.name}"
    elif isinstance(thing, numbers.Real):
        value = float(thing)
        yield f"{value:.{DIGITS}g}" if math.isfinite(value) else repr(value)
    elif is_dataclass(thing) and not isinstance(thing, type):
        named = [each.name for each in fields(thing)]
        yield f"{type(thing).__module__}.{type(thing).__qualname__} {len(named)}"
        for name in named:
            yield name
            yield from _lines(getattr(thing, name))
    elif isinstance(thing, dict):
        yield f"dict {len(thing)}"
        for pair in thing.items():
            yield from _lines(pair)
    elif isinstance(thing, list | tuple):
        yield f"{type(thing).__name__} {len(thing)}"
        for each in thing:
            yield from _lines(each)
    elif hasattr(thing, "tolist") and hasattr(thing, "shape"):
        yield f"array {thing.shape}"
        yield from _lines(thing.tolist())
    else:
        raise TypeError(type(thing).__name__)


@cache
def _drawing() -> str:
    """Return a hash of the code and terms that draw, with the versions of libraries."""
    made = hashlib.sha256(" ".join(f"{each} {metadata.version(each)}" for each in _LIBRARIES).encode())
    package = resources.files("diplab")
    for part in _DRAWING:
        for name, file in _files(package / part):
            made.update(f"{part}/{name}\n".encode())
            made.update(hashlib.sha256(file.read_bytes()).digest())
    return made.hexdigest()


def _files(folder: Traversable) -> Iterator[tuple[str, Traversable]]:
    for each in sorted(folder.iterdir(), key=lambda found: found.name):
        if each.is_dir() and each.name != "__pycache__":
            yield from ((f"{each.name}/{name}", file) for name, file in _files(each))
        elif each.name.endswith((".py", ".toml")):
            yield each.name, each
