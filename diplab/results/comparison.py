"""A published number beside the number that the same analysis gives here, row by row, with a verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from diplab.reference.text import NOTHING, Language, Text
from diplab.results.rich_display import shown

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["VERDICTS", "Comparison"]

VERDICTS = (
    "as published",
    "within tolerance",
    "differs",
    "base differs",
    "threshold not stated",
    "not identified",
    "circular",
    "by construction",
    "not reproducible",
    "not run",
)


@dataclass(frozen=True, eq=False)
class Comparison:
    """What a study published, rerun.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a published number: `key`, `published`, `reproduced`, `difference`, `tolerance`, `base`, `source`,
        `status`, `verdict`, `expected`; then `label`, `unit`, `low`, `high` (interval or bounds), `reason`.
    study : str
        Identifier of the study.
    title : Text
        Its title.
    citation : str
        What was rerun.
    language : {"fr", "en"}
        Of the words in the frame.
    synthetic : bool
        True where the study ran on a synthetic file.
    ran : bool
        False where the data are neither here nor to be had.
    why_not : Text
        Why it did not run.

    Examples
    --------
    >>> import pandas as pd
    >>> row = {"key": "people", "verdict": "as published", "expected": "as published"}
    >>> Comparison(pd.DataFrame([row]), "france-2019-headcount", NOTHING, "").as_expected
    True
    """

    frame: pd.DataFrame
    study: str
    title: Text
    citation: str
    language: Language = "en"
    synthetic: bool = False
    ran: bool = True
    why_not: Text = NOTHING

    @property
    def as_expected(self) -> bool:
        """Whether every row that was run got the verdict its `published.csv` names."""
        run = self.frame[self.frame["verdict"] != "not run"]
        return bool((run["verdict"] == run["expected"]).all())

    def __repr__(self) -> str:
        numbers = self.frame[["key", "published", "reproduced", "base", "verdict"]]
        return f"{self.study}: {self.title.en}\n{numbers.to_string(index=False, na_rep='')}"

    def _repr_html_(self) -> str:
        return shown(self)
