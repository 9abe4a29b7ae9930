"""What was done to a file since it was read: recodes, exclusions, joins, each a line that can be printed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from diplab.reference.text import Text

__all__ = ["Step", "StepKind"]

StepKind: TypeAlias = Literal["recode", "exclude", "join", "merge", "pseudonymise"]


@dataclass(frozen=True)
class Step:
    """One thing done to the data, kept in their codebook.

    Parameters
    ----------
    kind : {"recode", "exclude", "join", "merge", "pseudonymise"}
        What was done.
    variables : tuple of str
        Columns that were read or written.
    said : Text
        The step in words, with its rule.
    rows : int
        How many rows it changed, left out or brought in.

    Examples
    --------
    >>> from diplab.reference.text import Text
    >>> Step("exclude", ("minutes",), Text("minutes < 2 : trop rapides", "minutes < 2: speeders"), 12).rows
    12
    """

    kind: StepKind
    variables: tuple[str, ...]
    said: Text
    rows: int
