"""What a written file loses when it is read without the codebook beside it, format by format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.errors import one_of
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LOSSES", "losses"]

_WORDING = {
    "label": Text("les libellés des variables", "labels of variables"),
    "values": Text("les libellés des réponses", "labels of answers"),
    "second language": Text("les libellés dans les autres langues", "labels in the other languages"),
    "question": Text("le texte des questions", "wordings of the questions"),
    "group": Text("les sections du questionnaire", "sections of the questionnaire"),
    "part_of": Text("la question dont une colonne est un item", "the question of which a column is an item"),
    "unit": Text("les unités des variables", "units of the variables"),
    "sets": Text("les questions à réponses multiples", "questions with several answers"),
    "languages": Text("les langues du questionnaire", "languages of the questionnaire"),
    "steps": Text("ce qui a été fait aux données", "what was done to the data"),
    "synthetic": Text("que des données sont synthétiques", "that data are synthetic"),
    "linked": Text("les tables liées", "linked tables"),
    "missing": Text(
        "quels codes sont des non-réponses : ils sont lus comme des réponses",
        "which codes stand for no answer: they are read as answers",
    ),
    "range reasons": Text(
        "la raison d’une plage de codes manquants", "the reason of a range of missing codes"
    ),
    "range": Text("les plages de codes manquants", "ranges of missing codes"),
    "title": Text("le titre de l’enquête", "the title of the survey"),
    "long title": Text("le titre, au-delà de sa longueur permise", "the title, beyond the length allowed"),
    "names": Text(
        "les noms de colonnes que le format refuse", "names of columns that the format does not allow"
    ),
    "storage": Text(
        "la sorte des colonnes : booléens, nombres entiers", "kinds of columns: booleans, whole numbers"
    ),
    "small storage": Text("la sorte des colonnes : booléens", "kinds of columns: booleans"),
    "many codes": Text(
        "les codes manquants, au-delà de trois ou qui ne sont pas des nombres : d’autres nombres en tiennent lieu",
        "missing codes, where there are more than three or they are no numbers: other numbers stand for them",
    ),
    "letters": Text(
        "les codes manquants : des lettres en tiennent lieu (.a à .z)",
        "missing codes: letters stand for them (.a to .z)",
    ),
    "word codes": Text(
        "quels mots sont des codes manquants, au-delà de trois ou de huit octets",
        "which words are missing codes, beyond three of them or eight bytes",
    ),
    "all word codes": Text("quels mots sont des codes manquants", "which words are missing codes"),
    "word labels": Text("les libellés des réponses en mots", "labels of answers that are words"),
    "fraction labels": Text(
        "les libellés de codes qui ne sont pas entiers", "labels of codes that are no whole numbers"
    ),
    "long labels": Text("la fin des libellés trop longs", "the end of labels that are too long"),
    "measure": Text("le niveau de mesure", "the level of measurement"),
    "words": Text(
        "les mots qui ressemblent à des nombres : ils deviennent des nombres",
        "words that look like numbers: they become numbers",
    ),
    "boolean": Text("les oui et non : ils deviennent des mots", "yes and no: they become words"),
    "date": Text("les jours : ils deviennent des mots", "days: they become words"),
    "moment": Text("les moments : ils deviennent des mots", "moments: they become words"),
    "time": Text("les heures : elles deviennent des mots", "times of day: they become words"),
    "gaps": Text(
        "les colonnes de mots ou de nombres entiers sans aucune réponse : elles deviennent des nombres",
        "columns of words, or of whole numbers, without any answer: they become numbers",
    ),
}
"""What can be lost, in words."""

_ALL = ("question", "group", "part_of", "sets", "unit", "languages", "steps", "linked")
_STATISTICAL = (*_ALL, "second language", "range reasons", "long title", "names", "long labels")
_SPSS = (*_STATISTICAL, "storage", "many codes", "word codes")
_STATA = (
    *_STATISTICAL,
    "small storage",
    "letters",
    "range",
    "all word codes",
    "word labels",
    "fraction labels",
    "measure",
)

_PARQUET = ("label", "values", *_ALL, "measure", "missing", "title", "synthetic")
_TEXT = (*_PARQUET, "words", "boolean", "date", "moment", "time", "gaps")

LOSSES: Mapping[str, tuple[str, ...]] = {
    ".sav": _SPSS,
    ".zsav": _SPSS,
    ".dta": _STATA,
    ".csv": _TEXT,
    ".tsv": _TEXT,
    ".parquet": _PARQUET,
}
"""What each format loses."""


def losses(suffix: str) -> tuple[Text, ...]:
    """Return what a file of a format loses when it is read without the codebook that `write` puts beside it.

    Parameters
    ----------
    suffix : str
        `.sav`, `.zsav`, `.dta`, `.csv`, `.tsv` or `.parquet`.

    Returns
    -------
    tuple of Text
        In French and English.

    Raises
    ------
    OptionError
        Where nothing is known of such a format.

    Examples
    --------
    >>> [each.en for each in losses(".sav")][3]
    'questions with several answers'
    """
    known = suffix.lower()
    if known not in LOSSES:
        raise one_of("`suffix`", suffix, [*LOSSES])
    return tuple(_WORDING[each] for each in LOSSES[known])
