"""Headings over population sizes of the same data: what is a bound, what is a point, what the bound speaks against."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from diplab.presentation.dot_names import Named
from diplab.presentation.terms import term, wording
from diplab.reference.text import LANGUAGES, Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from diplab.presentation.estimate_rows import Row
    from diplab.reference.text import Language

__all__ = ["named_by_kind"]

FEWEST = 4
"""Rows below which headings take more room than they save."""
AFTER_SEEN = ("Mb", "Mbh", "Mtb")
SAID = {
    "bound": ("lower bound",),
    "under": ("below bound",),
    "inflated": ("one-inflated",),
    "limits": ("bounds", "bounds only"),
    "point": (),
    "after": (),
}
"""Kinds of rows, each with the flags that its heading says."""


def named_by_kind(
    records: Sequence[Mapping[Any, Any]], both: Mapping[Language, Sequence[Row]]
) -> list[Named] | None:
    """Return the words of each size under a heading of its kind; None where rows of a kind do not stand together.

    Parameters
    ----------
    records : sequence of mapping
        Rows of `Estimates`.
    both : mapping of language to sequence of Row
        The same in words.
    """
    kinds = [_kind(record) for record in records]
    runs = [kind for kind, _ in groupby(kind for kind in kinds if kind)]
    if len(records) < FEWEST or len(set(runs)) != len(runs) or len(runs) < 2 or "bound" not in runs:
        return None
    several = len({str(record["statistic"]) for record in records}) > 1
    return [
        Named(
            Text(*(_label(both[each][place], record, kind, several, each) for each in LANGUAGES)),
            Text(*(term(f"captures.kind_{kind or 'point'}", each) for each in LANGUAGES)),
        )
        for place, (record, kind) in enumerate(zip(records, kinds, strict=True))
    ]


def _kind(record: Mapping[Any, Any]) -> str:
    """Return the kind of a row; nothing for one without an answer, which is not drawn."""
    flags = str(record["flag"]).split(", ")
    if record["estimate"] != record["estimate"]:
        return "limits" if record["ci_low"] == record["ci_low"] else ""
    if str(record["statistic"]) in AFTER_SEEN:
        return "after"
    return next((kind for kind, said in SAID.items() if set(said) & set(flags)), "point")


def _label(row: Row, record: Mapping[Any, Any], kind: str, several: bool, language: Language) -> str:
    parts = [row.statistic if several or not row.category else "", row.category]
    flags = [flag for flag in str(record["flag"]).split(", ") if flag and flag not in SAID.get(kind, ())]
    remark = ", ".join(wording("flag", flag, language) for flag in flags)
    named = ", ".join(part for part in (*row.by, *parts) if part)
    return f"{named} ({remark})" if remark else named
