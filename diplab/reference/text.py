"""A wording in French and in English, kept together so that neither can be forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from diplab.errors import one_of

Language: TypeAlias = Literal["fr", "en"]
LANGUAGES: tuple[Language, Language] = ("fr", "en")


@dataclass(frozen=True)
class Text:
    """The same words in French and in English.

    Parameters
    ----------
    fr, en : str
        The two wordings.

    Examples
    --------
    >>> Text("part", "share").in_("fr")
    'part'
    >>> Text.same("DiPLab").in_("en")
    'DiPLab'
    """

    fr: str
    en: str

    @classmethod
    def same(cls, words: str) -> Text:
        """Return a text whose wording is the same in both languages (a proper name, a title)."""
        return cls(words, words)

    def in_(self, language: Language) -> str:
        """Return the wording in one language; another language is an error."""
        if language not in LANGUAGES:
            raise one_of("`language`", language, LANGUAGES)
        return self.fr if language == "fr" else self.en

    def __bool__(self) -> bool:
        return bool(self.fr or self.en)

    def __str__(self) -> str:
        return self.en


NOTHING = Text("", "")
