"""A published number beside the number that the same analysis gives here, row by row, with a verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from diplab.errors import StudyError, suggestion
from diplab.reference.display import as_html
from diplab.reference.text import NOTHING, Language, Text

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

Verdict: TypeAlias = Literal[
    "as published", "within tolerance", "our own", "differs", "error in the source", "base differs",
    "threshold not stated", "not identified", "circular", "by construction", "not reproducible", "not run",
]  # fmt: skip
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
RestsOn: TypeAlias = Literal["respondents' rows", "published figures", "inferred inputs", "synthetic file", "nothing"]
RESTS_ON: tuple[RestsOn, ...] = get_args(RestsOn)
"""What a rerun rests on, best first: answers of respondents; figures that others printed; inputs deduced from the
answer itself; a synthetic file; nothing, where the number cannot be computed."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """What a study published, rerun.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per published number: `key`, `published`, `reproduced`, `difference`, `tolerance`, `base`, `source`,
        `status`, `verdict`, `expected`, `rests_on` (one of `RESTS_ON`); then `label`, `unit`, `low`, `high` (interval
        or bounds), `reason`, `quotation` (set beside another printing of the same number, not rerun), `table`, `row`
        and `column` of a cell of a table, `printed` (as text), `mark` (that a withheld number gets here),
        `printed_way` (computed as the source did, where that is not right), `outcome` and `because` (which make the
        verdict), `as_declared` (with the assumptions of the study, where others were asked for).
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
    assumptions : mapping of str to (float, float)
        Assumptions that were changed: the value that the study declares, and the one that was asked for.
    figures : mapping of str to chart
        The figures of the study, by name; `figure` draws one.

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
    assumptions: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    figures: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def as_expected(self) -> bool:
        """Whether every row that was run got the verdict the study names; not judged under changed assumptions."""
        if self.assumptions:
            return True
        run = self.frame[self.frame["verdict"] != "not run"]
        return bool((run["verdict"] == run["expected"]).all())

    def figure(self, name: str) -> Figure:
        """Return a figure of the study, in the language of the comparison.

        Parameters
        ----------
        name : str
            As the files in `figures/<study>/` are named.

        Returns
        -------
        matplotlib.figure.Figure
            The figure; `diplab.save` writes it.

        Raises
        ------
        StudyError
            Where the study has no such figure.

        Examples
        --------
        >>> import diplab as dl
        >>> dl.reproduce("france-2019-headcount", language="fr").figure("circles").caption.title[:13]
        'Trois cercles'
        """
        if name not in self.figures:
            raise StudyError(
                f"The study `{self.study}` has no figure `{name}`.",
                f"It has {len(self.figures)} and not that one." if self.figures else "It draws none.",
                suggestion(name, self.figures) if self.figures else "Write `dl.chart(estimates)` to draw your own.",
            )
        drawn: Figure = self.figures[name].figure(self.language)
        return drawn

    def __repr__(self) -> str:
        numbers = self.frame[["key", "published", "reproduced", "base", "verdict"]]
        return f"{self.study}: {self.title.in_(self.language)}\n{numbers.to_string(index=False, na_rep='')}"

    def _repr_html_(self) -> str:
        return as_html(self)
