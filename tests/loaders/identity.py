"""Whether two microdata say the same: answers, kinds of missing, meaning, history."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook
    from diplab.microdata.microdata import Microdata


def cells(microdata: Microdata, name: str) -> list[Any]:
    """Return each cell of a column: its answer, or the missing code that stands in it, or None."""
    answers = microdata.frame[name].tolist()
    codes = microdata.missing.get(name)
    places = [-1] * len(answers) if codes is None else codes.places.tolist()
    held = () if codes is None else codes.codes
    return [
        ("missing", held[place]) if place >= 0 else (None if pd.isna(answer) else answer)
        for answer, place in zip(answers, places, strict=True)
    ]


def meaning(codebook: Codebook) -> dict[str, Any]:
    """Return what a codebook says, but for the file it comes from and how that file stores its cells."""
    return {
        "variables": {name: replace(each, storage="") for name, each in codebook.variables.items()},
        "order": list(codebook.variables),
        "reasons": {name: dict(each) for name, each in codebook.reasons.items()},
        "sets": dict(codebook.sets),
        "title": codebook.title,
        "languages": codebook.languages,
        "steps": codebook.steps,
        "synthetic": codebook.origin.synthetic,
    }


def differences(one: Microdata, other: Microdata) -> list[str]:
    """Return in what two microdata differ, in words; nothing where they are the same."""
    found = []
    if list(one.frame) != list(other.frame) or len(one) != len(other):
        return [f"columns or rows: {one} and {other}"]
    for name in one.frame:
        kinds = one.frame[name].dtype, other.frame[name].dtype
        if kinds[0] != kinds[1]:
            found.append(f"`{name}` is {kinds[0]} and {kinds[1]}")
        pairs = list(zip(cells(one, name), cells(other, name), strict=True))
        odd = [pair for pair in pairs if pair[0] != pair[1] or type(pair[0]) is not type(pair[1])]
        if odd:
            found.append(f"`{name}` holds {odd[0][0]!r} and {odd[0][1]!r}")
    said, again = meaning(one.codebook), meaning(other.codebook)
    found += [f"{key}: {said[key]!r} and {again[key]!r}" for key in said if said[key] != again[key]]
    if list(one.linked) != list(other.linked):
        return [*found, f"linked: {list(one.linked)} and {list(other.linked)}"]
    for name, link in one.linked.items():
        there = other.linked[name]
        if (link.key, link.foreign) != (there.key, there.foreign):
            found.append(f"the columns that join `{name}`")
        found += [f"{name}: {each}" for each in differences(link.table, there.table)]
    return found


def same_microdata(one: Microdata, other: Microdata) -> bool:
    """Return whether two microdata say the same."""
    return not differences(one, other)
