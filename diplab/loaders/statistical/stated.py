"""What a statistical file states of one column, as a variable of the codebook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diplab.microdata.variable import Code, MissingRange, Variable
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["stated_variable"]


def stated_variable(
    name: str, about: Mapping[str, Any], catalogue: Mapping[str, Any] | None = None
) -> Variable:
    """Return a column of an SPSS, Stata or SAS file as a variable: its labels, its codes that stand for no answer.

    Parameters
    ----------
    name : str
        The column.
    about : mapping
        What the native reader says of the file (`NativeTable.about`).
    catalogue : mapping, optional
        Tables of labels by the name of their SAS format.

    Examples
    --------
    >>> about = {"values": {"age": [[99.0, "refused"]]}, "ranges": {"age": [[99.0, 99.0]]}, "tags": {}, "labels": {}}
    >>> stated_variable("age", {**about, "measures": {}, "words": {}}).missing
    {99.0: 'refused'}
    """
    labels: dict[Code, str] = dict(about["values"].get(name, []))
    if catalogue is not None:
        known = {key.upper(): codes for key, codes in catalogue.items()}
        labels |= dict(known.get(_format(name, about), []))
    missing: dict[Code, str] = {}
    ranges: list[MissingRange] = []
    for low, high in about["ranges"].get(name, []):
        if low == high:
            missing[low] = labels.get(low, "")
        else:
            ranges.append(MissingRange(low, high))
    missing |= {
        code: label
        for code, label in labels.items()
        if not isinstance(code, str) and any(each.low <= code <= each.high for each in ranges)
    }
    if not about["words"].get(name, False):
        # A letter in a column of numbers is a tagged missing value of Stata or SAS.
        letters = {code for code in labels if isinstance(code, str)} | set(about["tags"].get(name, []))
        missing |= {f".{letter}": labels.pop(letter, "") for letter in sorted(map(str, letters))}
    measure = about["measures"].get(name, "unknown")
    return Variable(
        name,
        label=Text.same(about["labels"].get(name, "")),
        values={code: Text.same(label) for code, label in labels.items() if code not in missing},
        measure=measure if measure in {"nominal", "ordinal", "scale"} else "unknown",
        missing=missing,
        missing_ranges=tuple(ranges),
    )


def _format(name: str, about: Mapping[str, Any]) -> str:
    return str(about["label_sets"].get(name, "")).upper()
