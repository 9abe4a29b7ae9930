"""What stands behind a number that rests on several others: the weakest status, all the sources."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from diplab.errors import one_of
from diplab.microdata.microdata import Microdata
from diplab.population.held_table import HeldTable
from diplab.reference.text import Text
from diplab.results.provenance import STATUSES, Provenance

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["from_data", "joined", "weakest"]

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


def from_data(record: Provenance, *given: object) -> Provenance:
    """Return a record that names the files that were given, and says where nobody gave their answers.

    Parameters
    ----------
    record : Provenance
        Of a result.
    *given : Microdata, HeldTable or anything
        What it was computed from; only microdata know their file.

    Examples
    --------
    >>> from_data(Provenance(), [1, 2]).status
    'estimated'
    """
    origins = [each.codebook.origin for each in given if isinstance(each, Microdata | HeldTable)]
    sources = [Text.same(origin.file) for origin in origins if origin.file]
    if sources:
        record = replace(record, source=joined([*([record.source] if record.source else []), *sources]))
    if any(origin.synthetic for origin in origins):
        record = replace(record, synthetic=True, status="synthetic")
    return record
