"""How wide words are on paper, so that columns are as wide as what they hold."""

from __future__ import annotations

import unicodedata
from functools import cache

__all__ = ["FACE", "text_width", "widest_piece"]

FACE = "Arial"
"""The face that widths are of: it, or one of the same widths, is on every machine."""

_WIDTHS = {
    "ijl": 0.222, " ftI,.;:/|![]’'\u00a0\u202f": 0.278, "r()-": 0.333, "Jckssvxyz*": 0.5,
    "abdeghnopqu0123456789L–«»?#$€_": 0.556, "FTZ+=<>−×±~≤≥≠": 0.611, "ABEKPSVXY&": 0.667,
    "CDHNRUw": 0.722, "GOQ": 0.778, "mM": 0.833, "%": 0.889, "W—": 1.0,
}  # fmt: skip
_UNKNOWN = 0.7
_BOLD = 1.1


@cache
def _width_of(sign: str) -> float:
    base = unicodedata.normalize("NFD", sign)[0]
    return next((width for signs, width in _WIDTHS.items() if base in signs), _UNKNOWN)


def text_width(text: str, size: float, bold: bool = False) -> float:
    """Return how wide a line of words is, in points; slightly more rather than less.

    Examples
    --------
    >>> round(text_width("100,0", 10), 1)
    25.5
    >>> text_width("m", 10, bold=True) > text_width("m", 10) > text_width("i", 10)
    True
    """
    return sum(map(_width_of, text)) * size * (_BOLD if bold else 1.02)


def widest_piece(text: str, size: float, bold: bool = False) -> float:
    """Return the width of the widest piece that no line may break: a word, or a number with its unit.

    Examples
    --------
    >>> widest_piece("a longer text", 10) == text_width("longer", 10)
    True
    """
    return max((text_width(piece, size, bold) for piece in text.split(" ")), default=0.0)
