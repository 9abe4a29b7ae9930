"""What is said below a chart: its base and domain, its source, and what its marks warn of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from diplab.presentation.conventions import indicative_said, line_said, of_whom, synthetic
from diplab.presentation.labels import labels_over
from diplab.presentation.notes import Notes
from diplab.presentation.of_whom import bases_said
from diplab.presentation.punctuation import NARROW
from diplab.presentation.size_words import small_said
from diplab.reference.text import LANGUAGES, NOTHING, Text

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook
    from diplab.reference.text import Language
    from diplab.results.estimates import Estimates

__all__ = ["ChartNotes", "notes_of_chart"]


@dataclass(frozen=True, kw_only=True)
class ChartNotes(Notes):
    """Notes that name the domain too: a chart has no line of rules, where a table names it.

    Parameters
    ----------
    domain : Text
        The universe and the domain, in the words of tables.

    Examples
    --------
    >>> ChartNotes(coverage=Text("France", "France"), domain=Text("", "domain: age >= 18")).covered("en")
    'France; domain: age >= 18'
    """

    domain: Text = NOTHING

    def covered(self, language: Language) -> str:
        """Return the population covered as printed, then the domain as the analyst wrote it."""
        champ, said = super().covered(language), self.domain.in_(language)
        if not champ or not said:
            return champ or said
        if champ.endswith("."):
            return f"{champ} {said[:1].upper()}{said[1:]}"
        between = f"{NARROW}; " if language == "fr" else "; "
        return f"{champ}{between}{said}"


def notes_of_chart(
    estimates: Estimates, notes: Notes | None, labels: Codebook | None, *, small: bool
) -> ChartNotes:
    """Return the notes of a chart: those of the author, and what the record of the estimates adds.

    Parameters
    ----------
    estimates : Estimates
        The numbers.
    notes : Notes, optional
        Words of the author.
    labels : Codebook, optional
        Labels of variables; by default the codebook of the estimates.
    small : bool
        True where a row is marked as resting on few respondents.
    """
    own, provenance = notes or Notes(), estimates.provenance
    held = labels_over(labels, estimates.codebook)
    cautions = [
        " ".join(
            part
            for part in (
                indicative_said(provenance, each),
                bases_said(estimates, each),
                small_said(estimates, each) if small else "",
                # a rate without its line is no rate
                line_said(provenance, each, held),
                own.note.in_(each),
            )
            if part
        )
        for each in LANGUAGES
    ]
    return ChartNotes(
        reading=own.reading,
        coverage=own.coverage or provenance.base,
        source=own.source or provenance.source,
        note=Text(*cautions),
        unit=own.unit,
        synthetic=synthetic(provenance, notes),
        domain=Text(*(of_whom(provenance, each, held) for each in LANGUAGES)),
    )
