"""Microdata: a frame of answers and the codebook that says what they mean."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from diplab.microdata.codebook import Codebook

__all__ = ["Microdata"]


@dataclass(frozen=True, eq=False)
class Microdata:
    """Answers of a survey, one row a respondent, with their codebook.

    Parameters
    ----------
    frame : pandas.DataFrame
        Codes as answered; every kind of missing is NaN here and has its reason in the codebook.
    codebook : Codebook
        Labels, questions, kinds of missing, origin of the file.

    Examples
    --------
    >>> import pandas as pd
    >>> from diplab.microdata.codebook import Codebook
    >>> Microdata(pd.DataFrame({"age": [17, 40]}), Codebook())
    <microdata in memory: 2 rows, 1 columns>
    """

    frame: pd.DataFrame
    codebook: Codebook

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        # No rows: a notebook saved with microdata in its outputs is a leak.
        origin = self.codebook.origin
        kind = "synthetic microdata" if origin.synthetic else "microdata"
        return (
            f"<{kind} {origin.file or 'in memory'}: {len(self.frame):,} rows, {self.frame.shape[1]} columns>"
        )

    def with_columns(self, **columns: Any) -> Microdata:
        """Return microdata with columns added or replaced (arrays or pandas Series of the same length)."""
        return replace(self, frame=self.frame.assign(**columns))
