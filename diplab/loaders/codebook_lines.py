"""A codebook in the words of TOML, line by line."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from diplab.microdata.variable import Code, Variable
    from diplab.reference.text import Text

__all__ = ["toml", "variable_lines", "wording"]


def variable_lines(variable: Variable) -> list[str]:
    """Return the lines of one variable."""
    lines = [
        f"{key} = {wording(words)}"
        for key, words in (("label", variable.label), ("question", variable.question))
        if words
    ]
    if variable.measure != "unknown":
        lines.append(f"measure = {toml(variable.measure)}")
    values = [
        f"{{ code = {toml(code)}, label = {wording(label)} }}" for code, label in variable.values.items()
    ]
    missing = [f"{{ code = {toml(code)}, reason = {toml(why)} }}" for code, why in variable.missing.items()]
    ranges = [
        f"{{ low = {toml(each.low)}, high = {toml(each.high)}, reason = {toml(each.reason)} }}"
        for each in variable.missing_ranges
    ]
    for key, entries in (("values", values), ("missing", missing), ("missing_ranges", ranges)):
        if entries:
            lines += [f"{key} = [", *(f"    {entry}," for entry in entries), "]"]
    return lines


def wording(words: Text) -> str:
    """Return a wording: one string where both languages say the same, otherwise a table of two."""
    if words.fr == words.en:
        return toml(words.en)
    return f"{{ fr = {toml(words.fr)}, en = {toml(words.en)} }}"


def toml(value: Code | bool) -> str:
    """Return a value as TOML writes it."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(float(value))
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
