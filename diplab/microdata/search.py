"""Search of variables by words in names, labels, questions and answers, in any language."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files
from itertools import chain
from typing import TYPE_CHECKING, Any

import pandas as pd

from diplab.errors import OptionError, near_names
from diplab.microdata.display import WORDS, ShownTable, check_language, in_language, terms
from diplab.reference.text import Text

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook

_FIELDS = ("name", "label", "question", "answers", "group", "set")
_SHORT = 4
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "’": "'", "ø": "o", "ł": "l"})


@dataclass(frozen=True, eq=False, repr=False)
class SearchResult(ShownTable):
    """The variables found in a codebook, or the `nearest` words if there are none."""

    # `frame` has a row per variable: `name`, `label_fr`, `label_en`, `question`, `found_in` (fields
    # that contain the words) and `answers` (those that do)
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

    def _shown(self) -> tuple[pd.DataFrame, str, list[str], list[str]]:
        # without empty columns, and with one label if both languages have the same
        shown = self.frame.drop(
            columns=[name for name in ("question", "answers") if not any(self.frame[name])]
        )
        names = terms(WORDS.section("search_field"), self.language)
        found_in = [
            ", ".join(map(names.__getitem__, fields))
            for fields in shown["found_in"].str.split(", ")
        ]
        shown = shown.assign(found_in=found_in)
        if self.frame["label_fr"].equals(self.frame["label_en"]):
            shown = shown.drop(columns="label_fr").rename(columns={"label_en": "label"})
        words, near = " ".join(self.words), ", ".join(self.nearest)
        key = "search.nearest" if near else "search.nothing"
        if len(self.frame):
            key = "search.found"
        sentence = WORDS(key, words=words, number=len(self.frame), near=near)
        return shown, self.language, [], [in_language(sentence, self.language)]


def look_for(codebook: Codebook, *words: str, language: str = "en") -> SearchResult:
    """Find variables by words in name, label, question, section or answers, in any language.

    Accents and capitals do not matter. Part of a word is enough, and a plural finds the singular:
    `revenu` finds `Revenus du ménage`, and `revenus` finds `Revenu`. A variable must contain all
    words, in any of its fields and languages. Words are literal, not patterns.

    Parameters
    ----------
    *words : str
        In any language of the codebook.
    language : {"fr", "en"}
        Language of the table.

    Returns
    -------
    SearchResult
        A table in a notebook; `.frame` and `.names` for more.

    Raises
    ------
    OptionError
        Where no word is given, or the language is neither French nor English.
    """
    check_language(language)
    wanted = list(map(fold_accents, " ".join(map(str, words)).split()))
    if not wanted:
        raise OptionError(
            "There is no word to search for.",
            write='Write for example `data.codebook.look_for("income")`.',
        )
    rows = []
    for name, fields in _searched_texts(codebook):
        found: dict[str, list[str]] = {word: [] for word in wanted}
        for field, texts in fields.items():
            folded = list(map(fold_accents, texts))
            for word in wanted:
                if _occurs(word, folded):
                    found[word].append(field)
        if all(found.values()):
            rows.append(_row(codebook, name, fields, wanted, set(chain(*found.values()))))
    frame = pd.DataFrame(
        rows, columns=["name", "label_fr", "label_en", "question", "found_in", "answers"]
    )
    return SearchResult(
        tuple(map(str, words)), frame, () if rows else _nearest(codebook, wanted), language
    )


def fold_accents(text: str) -> str:
    """Return words without accents, ligatures and capitals."""
    if text.isascii():
        return text.lower()
    letters = unicodedata.normalize("NFKD", text.casefold()).translate(_LIGATURES)
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def lexicon(section: str) -> dict[str, tuple[str, ...]]:
    """Return the words of a section of `lexicon.toml`, by meaning."""
    return {meaning: tuple(words) for meaning, words in lexicon_file()[section].items()}


def lexicon_by_word(section: str) -> dict[str, str]:
    """Return the meaning of each word of a section of `lexicon.toml`."""
    return {word: meaning for meaning, words in lexicon(section).items() for word in words}


def lexicon_pattern(section: str, meaning: str) -> re.Pattern[str]:
    """Return a pattern that matches any of the alternatives of the lexicon."""
    return re.compile("|".join(lexicon(section)[meaning]))


def lexicon_patterns(section: str, *meanings: str) -> Iterator[re.Pattern[str]]:
    """Return a pattern for each meaning."""
    return map(partial(lexicon_pattern, section), meanings)


@cache
def lexicon_file() -> dict[str, dict[str, list[Any]]]:
    """Return all sections of `lexicon.toml`."""
    return tomllib.loads(
        files("diplab.microdata").joinpath("lexicon.toml").read_text(encoding="utf-8")
    )


def _contains_word(text: str, word: str) -> bool:
    """Return whether a text contains a word, or its singular."""
    return word in text or (len(word) > _SHORT and word[-1] in "sx" and word[:-1] in text)


def _occurs(word: str, texts: Iterable[str]) -> bool:
    """Return whether any of the texts contains a word, or its singular."""
    return any(_contains_word(text, word) for text in texts)


def _searched_texts(codebook: Codebook) -> Iterator[tuple[str, Mapping[str, list[str]]]]:
    """Yield every variable, then every multiple-response question, with its texts by field."""
    for name, variable in codebook.variables.items():
        yield (
            name,
            {
                "name": [name, variable.part_of],
                "label": all_wordings(variable.label),
                "question": all_wordings(variable.question),
                "answers": list(chain(*map(all_wordings, variable.values.values()))),
                "group": all_wordings(variable.group),
            },
        )
    for name, responses in codebook.sets.items():
        yield name, {"name": [name], "set": all_wordings(responses.label)}


def all_wordings(text: Text) -> list[str]:
    """Return the distinct wordings of a text."""
    return list(dict.fromkeys(filter(None, (text.fr, text.en, *dict(text.others).values()))))


def _row(
    codebook: Codebook,
    name: str,
    fields: Mapping[str, list[str]],
    wanted: list[str],
    places: set[str],
) -> dict[str, str]:
    label = codebook.sets[name].label if "set" in fields else codebook[name].label

    def matching(field: str) -> list[str]:
        return [
            text
            for text in fields.get(field, [])
            if any(_contains_word(fold_accents(text), word) for word in wanted)
        ]

    return {
        "name": name,
        "label_fr": label.fr,
        "label_en": label.en,
        "question": (matching("question") or fields.get("question") or [""])[0],
        "found_in": ", ".join(field for field in _FIELDS if field in places),
        "answers": "; ".join(matching("answers")),
    }


_NEAR_WORDS = 0.75  # a file has many words: the threshold is stricter than for names of arguments


def _nearest(codebook: Codebook, wanted: list[str]) -> tuple[str, ...]:
    """Return the words of the codebook that are nearest to words that it does not contain."""
    known: dict[str, str] = {}
    for name, fields in _searched_texts(codebook):
        for text in chain((name,), *fields.values()):
            for word in re.findall(r"\w{3,}", text):
                known.setdefault(fold_accents(word), word.casefold())
    absent = [word for word in wanted if not _occurs(word, known)]
    close: list[str] = []
    for word in absent or wanted:
        close += near_names(word, known, near=_NEAR_WORDS)
    return tuple(dict.fromkeys(map(known.__getitem__, close)))


DESIGN_PARTS = ("weights", "strata", "psu")
_FEWEST_UNITS = 10


def columns_of_design(
    names: Iterable[str], codebook: Codebook, frame: Any = None
) -> dict[str, list[str]]:
    """Return the columns that look like weights, strata or primary units, by part of the design."""
    # by name or label, and for a pandas frame by content too: bodies have a weight, typologies
    # clusters
    known = lexicon("design")
    found: dict[str, list[str]] = {part: [] for part in DESIGN_PARTS}
    for name in names:
        label = codebook.variable(name).label
        words = _words_of(name) | _words_of(label.fr) | _words_of(label.en)
        part = next((part for part in DESIGN_PARTS if words & {*known[part]}), "")
        either = not part and bool(words & {*known["either"]})
        of_bodies = any(re.fullmatch("|".join(known["body"]), word) for word in words)
        asks = of_bodies or len(_words_of(label.en)) > _LONG_LABEL
        if not (part or either) or asks or (either and frame is None):
            continue
        if frame is None or _holds_design(
            frame[name], part or "either", labelled=bool(codebook.variable(name).values)
        ):
            found[part or "weights"].append(name)
    # of numbered columns, such as replicate weights, the first is kept
    return {part: named if len(named) <= _FEW_NAMES else named[:1] for part, named in found.items()}


_FEW_NAMES = 5


def _words_of(text: str) -> set[str]:
    """Return the words of a name or a label, and the whole, without digits at the end."""
    folded = fold_accents(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", text))
    return {
        re.sub(r"\d+$", "", word)
        for word in (*re.split(r"[^a-z0-9]+", folded), folded.replace("_", ""))
        if word
    }


def _holds_design(column: pd.Series[Any], part: str, *, labelled: bool) -> bool:
    """Return whether the content of a column fits a part of a design, in every row."""
    distinct, rows = column.nunique(), len(column)
    if column.isna().any() or rows < 2 * _FEWEST_UNITS or distinct < 2:
        return False
    if part in ("strata", "psu"):
        return 2 * distinct <= rows and (part == "strata" or distinct >= _FEWEST_UNITS)
    if labelled or not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return False
    values = column.to_numpy(dtype=float)
    mean = float(values.mean())
    # among possible body weights, sampling weights have mean 1 or sum to a population
    return bool((values >= 0).all()) and (
        part == "weights" or abs(mean - 1) < _NEAR or mean > _MANY
    )


_NEAR, _MANY = 0.5, 200
_LONG_LABEL = 8  # words of a label that is a question
