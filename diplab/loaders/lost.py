"""What a file alone loses, by format: what only the codebook beside it can say."""

from __future__ import annotations

from diplab.reference.text import Text

__all__ = ["LOST_ALONE"]

_MEANING = {
    "label": Text("les libellés des variables", "labels of variables"),
    "question": Text("les énoncés des questions", "wordings of questions"),
    "values": Text("les libellés des réponses", "labels of answers"),
    "measure": Text("les niveaux de mesure", "levels of measurement"),
    "missing": Text(
        "quels codes sont des non-réponses : ils sont lus comme des réponses",
        "which codes stand for no answer: they are read as answers",
    ),
    "group": Text("les rubriques du questionnaire", "sections of the questionnaire"),
    "part_of": Text("de quelle question une colonne est un item", "of which question a column is an item"),
    "sets": Text("les questions à plusieurs réponses", "questions with several answers"),
    "title": Text("le titre de l'enquête", "the title of the survey"),
    "languages": Text("les langues du questionnaire", "languages of the questionnaire"),
    "steps": Text("ce qui a été fait des données", "what was done to the data"),
    "synthetic": Text("que des données sont synthétiques", "that data are synthetic"),
    "linked": Text("les tables liées", "linked tables"),
}

_KINDS = {
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

LOST_ALONE: dict[str, dict[str, Text]] = {
    ".csv": {**_MEANING, **_KINDS},
    ".tsv": {**_MEANING, **_KINDS},
    ".parquet": _MEANING,
}
"""By suffix, what is lost where the codebook is lost, in words; everything else is in the file."""
