"""Shares of full-time workers beside platform work, each on a base of its own that goes with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from diplab.results.estimates import Estimates

if TYPE_CHECKING:
    from collections.abc import Mapping

    from diplab.reference.text import Text

__all__ = ["Complement"]


@dataclass(frozen=True, eq=False, repr=False)
class Complement(Estimates):
    """Shares that differ by their base: 28 of 100 respondents are 71 of 100 holders of a permanent contract.

    `category` is the base of each row, and a further column, `numerator`, the respondents counted among its `n`.

    Parameters
    ----------
    bases : mapping of str to Text
        The denominator in words, by base.

    Examples
    --------
    >>> import diplab as dl
    >>> published = dl.rebased(0.71, 0.40)
    >>> published.rows([0]).provenance.base.en
    'the narrow base'
    """

    bases: Mapping[str, Text] = field(default_factory=dict, repr=False)

    def rows(self, keep: Any) -> Complement:
        """Return the rows kept by a boolean mask or positions; where they have one base, it is that of the record."""
        kept: Any = super().rows(keep)
        named = list(dict.fromkeys(kept.frame["category"]))
        if len(named) != 1 or named[0] not in self.bases:
            return kept  # type: ignore[no-any-return]
        return kept.described(base=self.bases[named[0]])  # type: ignore[no-any-return]
