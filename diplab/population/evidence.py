"""What stands behind a number that rests on several others: the weakest status, all the sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.errors import one_of
from diplab.reference.text import Text
from diplab.results.provenance import STATUSES

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["joined", "weakest"]

STRONGEST_FIRST = ("published", "estimated", "second-hand", "derived", "inferred", "synthetic")


def weakest(statuses: Iterable[str]) -> str:
    """Return the weakest of several statuses.

    Examples
    --------
    >>> weakest(["published", "inferred", "second-hand"])
    'inferred'
    """
    found = list(statuses)
    for status in found:
        if status not in STRONGEST_FIRST:
            raise one_of("`status`", status, STATUSES)
    return max(found, key=STRONGEST_FIRST.index)


def joined(sources: Iterable[Text]) -> Text:
    """Return several sources as one text, each named once.

    Examples
    --------
    >>> str(joined([Text.same("INSEE"), Text.same("DiPLab"), Text.same("INSEE")]))
    'INSEE; DiPLab'
    """
    each = tuple(dict.fromkeys(sources))
    return Text("\u202f; ".join(text.fr for text in each), "; ".join(text.en for text in each))
