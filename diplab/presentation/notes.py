"""The note block of French official statistics: how to read one number, of whom, and from what source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from diplab.presentation.punctuation import words
from diplab.presentation.terms import term
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from diplab.reference.text import Language

__all__ = ["Notes"]


@dataclass(frozen=True, kw_only=True)
class Notes:
    """What stands around a table or a figure so that its numbers cannot be misread.

    Parameters
    ----------
    unit : Text
        Unit, printed under the title (`en %`).
    note : Text
        Conventions, breaks, rounding.
    reading : Text
        One sentence that reads one number in full, with its population and date (*Lecture*).
    coverage : Text
        The population covered (*Champ*).
    source : Text
        Producer, survey, year; then whose calculations.
    synthetic : bool
        True where any input is synthetic: the note then says so, whatever else it says.

    Examples
    --------
    >>> notes = Notes(coverage=Text("France, 2019", "France, 2019"), synthetic=True)
    >>> for label, content in notes.lines("en"):
    ...     print(f"{label}: {content}")
    Note: Synthetic data: nobody gave these answers.
    Coverage: France, 2019
    """

    unit: Text = NOTHING
    note: Text = NOTHING
    reading: Text = NOTHING
    coverage: Text = NOTHING
    source: Text = NOTHING
    synthetic: bool = False

    def covered(self, language: Language) -> str:
        """Return the population covered, as printed."""
        return words(self.coverage, language)

    def lines(self, language: Language) -> tuple[tuple[str, str], ...]:
        """Return the lines below a table or figure, (label, content), in the official order.

        Note, *Lecture*, *Champ*, *Source*; empty ones are left out.
        """
        note = words(self.note, language)
        if self.synthetic:
            note = " ".join(part for part in (term("sentence.synthetic", language), note) if part)
        parts = (
            ("note", note),
            ("reading", words(self.reading, language)),
            ("coverage", self.covered(language)),
            ("source", words(self.source, language)),
        )
        return tuple((term(f"note.{label}", language), content) for label, content in parts if content)
