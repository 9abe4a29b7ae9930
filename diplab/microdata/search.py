"""Variables found by words in their names, labels, questions and answers, in every language of the file."""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from diplab.errors import OptionError
from diplab.microdata.display import check_language, in_language, table_html, table_text
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from diplab.microdata.codebook import Codebook

__all__ = ["SearchResult", "fold_accents", "look_for"]


_FIELDS = {
    "name": Text("nom", "name"),
    "label": Text("libellé", "label"),
    "question": Text("question", "question"),
    "answers": Text("modalités", "answers"),
    "group": Text("partie du questionnaire", "group"),
    "set": Text("question à plusieurs réponses", "set"),
}
_SHORT = 4
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "’": "'", "ø": "o", "ł": "l"})


@dataclass(frozen=True, eq=False)
class SearchResult:
    """The variables that a search of a codebook found.

    Parameters
    ----------
    words : tuple of str
        What was looked for.
    frame : pandas.DataFrame
        One row a variable: `name`, `label_fr`, `label_en`, `question`, `found_in` (the fields that hold the words) and
        `answers` (the answers that do).
    nearest : tuple of str
        Where nothing was found: words of the codebook that look like those asked for.
    language : {"fr", "en"}
        Language of the table; its columns keep their names in `frame`.
    """

    words: tuple[str, ...]
    frame: pd.DataFrame
    nearest: tuple[str, ...] = ()
    language: str = "en"

    @property
    def names(self) -> list[str]:
        """Names of the variables, to read or describe them."""
        return list(self.frame["name"])

    def __len__(self) -> int:
        return len(self.frame)

    def _one_label(self) -> pd.DataFrame:
        """Return the table without the columns that would say nothing, or the same twice."""
        shown = self.frame.drop(
            columns=[name for name in ("question", "answers") if not any(self.frame[name])]
        )
        shown = shown.assign(found_in=[self._fields(each) for each in shown["found_in"]])
        if not self.frame["label_fr"].equals(self.frame["label_en"]):
            return shown
        return shown.drop(columns="label_fr").rename(columns={"label_en": "label"})

    def _fields(self, found_in: str) -> str:
        return ", ".join(in_language(_FIELDS[field], self.language) for field in found_in.split(", "))

    def _sentence(self) -> str:
        asked, number = " ".join(self.words), len(self.frame)
        near = ", ".join(self.nearest)
        if number:
            said = Text(f"Trouvé pour « {asked} » : {number}.", f"{number} found for “{asked}”.")
        elif near:
            said = Text(
                f"Rien trouvé pour « {asked} ». Mots les plus proches : {near}.",
                f"Nothing found for “{asked}”. Nearest words: {near}.",
            )
        else:
            said = Text(f"Rien trouvé pour « {asked} ».", f"Nothing found for “{asked}”.")
        return in_language(said, self.language)

    def __repr__(self) -> str:
        return table_text(self._one_label(), self.language, after=[self._sentence()])

    def _repr_html_(self) -> str:
        return table_html(self._one_label(), self.language, after=[self._sentence()])


def look_for(codebook: Codebook, *words: str, language: str = "en") -> SearchResult:
    """Find variables by words in their name, label, question, section or answers; accents and capitals do not matter.

    Part of a word is enough, and a plural finds the singular: `revenu` finds `Revenus du ménage`, and `revenus` finds
    `Revenu`. Where several words are given, a variable has all of them, in any of its fields and languages. The words
    are taken as they are: they are no patterns.
    """
    import pandas as pd

    check_language(language)
    wanted = [fold_accents(part) for each in words for part in str(each).split()]
    if not wanted:
        raise OptionError(
            "Variables were looked for in a codebook.",
            "No word was given.",
            'Write for example `data.codebook.look_for("income")`.',
        )
    rows = []
    for name, fields in _searched_texts(codebook):
        held = {field: [fold_accents(text) for text in texts] for field, texts in fields.items()}
        places = {
            word: [field for field in held if any(_contains_word(text, word) for text in held[field])]
            for word in wanted
        }
        if all(places.values()):
            rows.append(
                _row(codebook, name, fields, wanted, {field for each in places.values() for field in each})
            )
    frame = pd.DataFrame(rows, columns=["name", "label_fr", "label_en", "question", "found_in", "answers"])
    return SearchResult(words, frame, () if rows else _nearest(codebook, wanted), language)


def fold_accents(text: str) -> str:
    """Return words without accents and capitals."""
    plain = unicodedata.normalize("NFKD", text.casefold()).translate(_LIGATURES)
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def _contains_word(text: str, word: str) -> bool:
    """Return whether a text holds a word, or the singular of it."""
    return word in text or (len(word) > _SHORT and word[-1] in "sx" and word[:-1] in text)


def _searched_texts(codebook: Codebook) -> Iterator[tuple[str, Mapping[str, list[str]]]]:
    """Give every variable, then every question with several answers, with its texts by field."""
    for name, variable in codebook.variables.items():
        yield (
            name,
            {
                "name": [name, variable.part_of],
                "label": all_wordings(variable.label),
                "question": all_wordings(variable.question),
                "answers": [text for label in variable.values.values() for text in all_wordings(label)],
                "group": all_wordings(variable.group),
            },
        )
    for name, responses in codebook.sets.items():
        yield name, {"name": [name], "set": all_wordings(responses.label)}


def all_wordings(text: Text) -> list[str]:
    """Return the different wordings of a text."""
    return list(
        dict.fromkeys(each for each in (text.fr, text.en, *(said for _, said in text.others)) if each)
    )


def _row(
    codebook: Codebook, name: str, fields: Mapping[str, list[str]], wanted: list[str], places: set[str]
) -> dict[str, str]:
    whole = "set" in fields
    label = codebook.sets[name].label if whole else codebook[name].label
    asked = fields.get("question", [])
    fitting = [each for each in asked if any(_contains_word(fold_accents(each), word) for word in wanted)]
    answers = [
        each
        for each in fields.get("answers", [])
        if any(_contains_word(fold_accents(each), word) for word in wanted)
    ]
    return {
        "name": name,
        "label_fr": label.fr,
        "label_en": label.en,
        "question": (fitting or asked or [""])[0],
        "found_in": ", ".join(field for field in _FIELDS if field in places),
        "answers": "; ".join(answers),
    }


def _nearest(codebook: Codebook, wanted: list[str]) -> tuple[str, ...]:
    """Return the words of the codebook that look most like those that it does not hold."""
    known: dict[str, str] = {}
    for name, fields in _searched_texts(codebook):
        for text in (name, *(each for texts in fields.values() for each in texts)):
            for word in re.findall(r"\w{3,}", text):
                known.setdefault(fold_accents(word), word.casefold())
    absent = [word for word in wanted if not any(_contains_word(each, word) for each in known)]
    close = [near for word in absent or wanted for near in difflib.get_close_matches(word, list(known), n=3)]
    return tuple(dict.fromkeys(known[each] for each in close))
