"""A codebook in the words of TOML, line by line."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from diplab.loaders.links import LinkedFile
    from diplab.microdata.history import Step
    from diplab.microdata.multiple_response import Responses
    from diplab.microdata.variable import Code, Variable
    from diplab.reference.text import Text

__all__ = ["link_lines", "set_lines", "step_line", "toml", "toml_key", "variable_lines", "wording"]


def variable_lines(variable: Variable) -> list[str]:
    """Return the lines of one variable."""
    lines = [
        f"{key} = {wording(words)}"
        for key, words in (("label", variable.label), ("question", variable.question))
        if words
    ]
    lines += [f"group = {wording(variable.group)}"] if variable.group else []
    if variable.measure != "unknown":
        lines.append(f"measure = {toml(variable.measure)}")
    lines += [
        f"{key} = {toml(words)}"
        for key, words in (
            ("part_of", variable.part_of),
            ("storage", variable.storage),
            ("unit", variable.unit),
        )
        if words
    ]
    values = [
        f"{{ code = {toml(code)}, label = {wording(label)} }}" for code, label in variable.values.items()
    ]
    worded = variable.missing_labels
    missing = [
        f"{{ code = {toml(code)}, reason = {toml(why)}"
        + (f", label = {wording(worded[code])} }}" if code in worded else " }")
        for code, why in variable.missing.items()
    ]
    ranges = [
        f"{{ low = {toml(each.low)}, high = {toml(each.high)}, reason = {toml(each.reason)} }}"
        for each in variable.missing_ranges
    ]
    for key, entries in (("values", values), ("missing", missing), ("missing_ranges", ranges)):
        if entries:
            lines += [f"{key} = [", *(f"    {entry}," for entry in entries), "]"]
    return lines


def wording(words: Text) -> str:
    """Return a wording: one string where all languages say the same, otherwise a table of them."""
    if words.fr == words.en and not words.others:
        return toml(words.en)
    said = (("fr", words.fr), ("en", words.en), *words.others)
    return f"{{ {', '.join(f'{toml_key(language)} = {toml(each)}' for language, each in said)} }}"


def set_lines(responses: Responses) -> list[str]:
    """Return the lines of one question with several answers."""
    lines = [f"columns = [{', '.join(map(toml, responses.columns))}]"]
    lines += [f"label = {wording(responses.label)}"] if responses.label else []
    usual = (("base", "any"), ("kind", "dichotomies"), ("counted", 1))
    own = ((key, getattr(responses, key), default) for key, default in usual)
    return lines + [f"{key} = {toml(value)}" for key, value, default in own if value != default]


def link_lines(link: LinkedFile) -> list[str]:
    """Return the lines of one file that hangs on the data."""
    return [f"{key} = {toml(getattr(link, key))}" for key in ("file", "key", "foreign")]


def step_line(step: Step) -> str:
    """Return one thing done to the data as a table in one line."""
    columns = ", ".join(map(toml, step.variables))
    return (
        f"{{ kind = {toml(step.kind)}, variables = [{columns}], "
        f"said = {wording(step.said)}, rows = {toml(step.rows)} }}"
    )


def toml_key(key: str) -> str:
    """Return a key, bare where TOML takes it so."""
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else toml(key)


def toml(value: Code | bool) -> str:
    """Return a value as TOML writes it."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(float(value))
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
