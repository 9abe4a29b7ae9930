"""The headings that people give to the columns of a codebook in a table, in French and in English."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["MEASURES", "heading_of", "spelt_plainly"]

_HEADINGS: dict[str, tuple[str, ...]] = {
    "variable": (
        "variable", "variables", "variable name", "name", "var", "column", "column name", "field", "field name",
        "nom", "nom de variable", "nom de la variable", "nom variable", "colonne", "champ",
    ),
    "label": ("label", "variable label", "description", "libelle", "libelle de la variable", "libelle variable",
              "libelle de variable", "etiquette", "intitule court"),
    "question": ("question", "question text", "question wording", "wording", "fields", "texte de la question",
                 "intitule", "intitule de la question", "enonce", "formulation"),
    "measure": ("measure", "measurement", "level of measurement", "mesure", "niveau de mesure"),
    "value": ("value", "values", "code", "codes", "value code", "valeur", "valeurs", "modalite code",
              "code modalite", "code de la modalite"),
    "value_label": ("value label", "value labels", "answer", "category", "modalite", "modalites", "reponse",
                    "libelle de la valeur", "libelle valeur", "libelle de la modalite", "libelle modalite"),
    "missing": ("missing", "missing reason", "missing code", "missing codes", "missing values", "manquant",
                "manquante", "manquants", "valeur manquante", "valeurs manquantes", "raison", "motif"),
    "group": ("group", "section", "block", "theme", "groupe", "bloc", "rubrique"),
    "part_of": ("part of", "item of", "fait partie de", "item de"),
    "storage": ("storage", "stockage"),
}  # fmt: skip

_KINDS = {heading: kind for kind, headings in _HEADINGS.items() for heading in headings}

_MEASURES: dict[str, tuple[str, ...]] = {
    "nominal": ("nominal", "nominale", "categorical", "categorielle", "qualitative", "qualitatif"),
    "ordinal": ("ordinal", "ordinale", "ordered", "ordonnee", "qualitative ordinale"),
    "scale": ("scale", "echelle", "interval", "intervalle", "ratio", "numeric", "numerique", "continuous",
              "continue", "quantitative", "quantitatif"),
    "unknown": ("unknown", "inconnu", "inconnue"),
}  # fmt: skip

MEASURES = {word: measure for measure, words in _MEASURES.items() for word in words}
"""Levels of measurement by the words that say them, without accents."""

_LANGUAGE = re.compile(r"(.+?)(?:[\s_.:]{1,3}|\s{0,3}[(\[])([a-z]{2})[)\]]?")


def spelt_plainly(words: str) -> str:
    """Return words in small letters, without accents or underscores.

    Examples
    --------
    >>> spelt_plainly(" Libellé_de la  modalité ")
    'libelle de la modalite'
    """
    bare = unicodedata.normalize("NFKD", words.strip().casefold())
    return " ".join(
        "".join(each for each in bare if not unicodedata.combining(each)).replace("_", " ").split()
    )


def heading_of(words: str) -> tuple[str, str] | None:
    """Return what a heading announces and in which language; None where it is not known.

    Examples
    --------
    >>> heading_of("Variable"), heading_of("libellé_fr"), heading_of("Value label (en)"), heading_of("Notes")
    (('variable', ''), ('label', 'fr'), ('value_label', 'en'), None)
    """
    plain = spelt_plainly(words)
    if plain in _KINDS:
        return _KINDS[plain], ""
    match = _LANGUAGE.fullmatch(plain)
    if match and match[1].strip() in _KINDS:
        return _KINDS[match[1].strip()], match[2]
    return None
