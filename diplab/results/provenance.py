"""Where a result comes from and which rules made it, printed under every table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["STATUSES", "Provenance"]

STATUSES = ("published", "second-hand", "derived", "inferred", "synthetic", "estimated")
"""What stands behind a number: printed by its authors, reported by others, computed here from printed figures,
reconstructed, made from synthetic data, or estimated here from data."""


@dataclass(frozen=True)
class Provenance:
    """The record that travels with a result.

    Parameters
    ----------
    rules : mapping of str to str
        Conventions in force, by name (`confidence`, `df`, `na`, `lonely_psu`, `quantile_rule`...).
    base : Text
        The denominator in words: of whom the number is a number.
    source : Text
        Document, page or table; or the data file.
    status : str
        One of `STATUSES`.
    assumptions : tuple of Text
        What must be true for the number to be right, beyond the data.
    missing : mapping of str to int
        Rows left out by each variable.
    reasons : mapping of str to mapping of str to int
        The same by reason, for variables of which the codebook knows them (`system` where it does not say).
    synthetic : bool
        True where any input is a synthetic file.
    nested : bool
        True where the rows are nested circles, which may not be added.
    indicative : bool
        True where the sample is opt-in, so that intervals hold only if it were a random one.

    Examples
    --------
    >>> Provenance(rules={"confidence": "0.95"}, status="published").rules["confidence"]
    '0.95'
    """

    rules: Mapping[str, str] = field(default_factory=dict)
    base: Text = NOTHING
    source: Text = NOTHING
    status: str = "estimated"
    assumptions: tuple[Text, ...] = ()
    missing: Mapping[str, int] = field(default_factory=dict)
    reasons: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    synthetic: bool = False
    nested: bool = False
    indicative: bool = False
