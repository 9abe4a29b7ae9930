"""Whether two microdata say the same: answers, kinds of missing, meaning, history."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from diplab.microdata.variable import code_written

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from diplab.microdata.codebook import Codebook
    from diplab.microdata.microdata import Microdata


KIND = np.frompyfunc(type, 1, 1)


def cells(microdata: Microdata, name: str) -> NDArray[Any]:
    """Return each cell of a column: its answer, or the missing code that stands in it, or None."""
    column = microdata.frame[name]
    answers = column.to_numpy(dtype=object, copy=True)
    answers[pd.isna(column).to_numpy()] = None
    if name in microdata.missing:
        codes = microdata.missing[name]
        words = np.array([*(f"missing {code_written(code)}" for code in codes.codes), None], dtype=object)
        assert [
            each for each, place in zip(answers, codes.places, strict=True) if place >= 0 and each is not None
        ] == []
        answers = np.where(codes.places >= 0, words[codes.places], answers)
    return answers


def meaning(codebook: Codebook, *, storage: bool = False) -> dict[str, Any]:
    """Return what a codebook means, but for the file it comes from and how that file stores its cells."""
    described = codebook.variables.items()
    return {
        "variables": {name: each if storage else replace(each, storage="") for name, each in described},
        "order": list(codebook.variables), "reasons": {name: dict(each) for name, each in codebook.reasons.items()},
        "sets": dict(codebook.sets), "title": codebook.title, "languages": codebook.languages, "steps": codebook.steps,
        "synthetic": codebook.origin.synthetic,
    }  # fmt: skip


def differences(one: Microdata, other: Microdata, *, storage: bool = False) -> list[str]:
    """Return in what two microdata differ, in words; nothing where they are the same."""
    if list(one.frame) != list(other.frame) or len(one) != len(other):
        return [f"columns or rows: {one} and {other}"]
    found = []
    if set(one.missing) != set(other.missing):
        found.append(f"missing codes in {sorted(one.missing)} and {sorted(other.missing)}")
    for name in one.frame:
        kinds = one.frame[name].dtype, other.frame[name].dtype
        if kinds[0] != kinds[1]:
            found.append(f"`{name}` is {kinds[0]} and {kinds[1]}")
        here, there = cells(one, name), cells(other, name)
        odd = np.flatnonzero((here != there) | (KIND(here) != KIND(there)))
        if len(odd):
            found.append(f"`{name}` holds {here[odd[0]]!r} and {there[odd[0]]!r}")
    words, again = (meaning(each.codebook, storage=storage) for each in (one, other))
    found += [f"{key}: {words[key]!r} and {again[key]!r}" for key in words if words[key] != again[key]]
    if list(one.linked) != list(other.linked):
        return [*found, f"linked: {list(one.linked)} and {list(other.linked)}"]
    for name, link in one.linked.items():
        there = other.linked[name]
        if (link.key, link.foreign) != (there.key, there.foreign):
            found.append(f"the columns that join `{name}`")
        found += [f"{name}: {each}" for each in differences(link.table, there.table)]
    return found
