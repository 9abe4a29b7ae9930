"""An XLSForm as it was asked: its questions in order, their wordings in every language, their lists of choices."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from diplab.loaders.wording import without_markdown
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from diplab.microdata.variable import Code

__all__ = ["Choices", "Form", "Question", "Repeat", "text_of"]

UNTAGGED = "default"
"""What XLSForm calls the language of a column of labels that names none."""


@dataclass(frozen=True)
class Choices:
    """A list of choices.

    Parameters
    ----------
    labels : mapping of str to mapping of str to str
        By code, as written in the form: the wordings by language.
    """

    labels: Mapping[str, Mapping[str, str]]

    @property
    def whole(self) -> bool:
        """True where every code is a whole number, so that the data hold numbers."""
        return all(code.removeprefix("-").isdecimal() and str(int(code)) == code for code in self.labels)

    def values(self, *, whole: bool) -> dict[Code, Text]:
        """Return the labels by code, as a codebook has them."""
        return {
            int(code) if whole else code: text_of(wordings) or Text.same(code)
            for code, wordings in self.labels.items()
        }

    def codes_by_label(self, language: str) -> dict[str, str]:
        """Return the code of each label in one language; labels of two codes are left out."""
        said = [
            (without_markdown(wordings.get(language, "")), code) for code, wordings in self.labels.items()
        ]
        counts = Counter(label for label, _ in said)
        return {label: code for label, code in said if label and counts[label] == 1}

    def codes_by_any_label(self, first: str) -> dict[str, str]:
        """Return the code of each label, in one language before the others."""
        # Asked for once a cell.
        if first not in self._codes:
            languages = dict.fromkeys((first, *(each for label in self.labels.values() for each in label)))
            found: dict[str, str] = {}
            for language in languages:
                found = {**self.codes_by_label(language), **found}
            self._codes[first] = found
        return self._codes[first]

    @cached_property
    def _codes(self) -> dict[str, dict[str, str]]:
        return {}


@dataclass(frozen=True)
class Question:
    """One line of a form that has a column in the data.

    Parameters
    ----------
    name : str
        Its name in the form.
    kind : str
        Its type, in the form's words (`select_one`, `integer`...).
    path : tuple of str
        The names of the groups in which it stands, the outer first.
    wordings : mapping of str to str
        The question by language, as written.
    hints : mapping of str to str
        What is said below the question, by language.
    choices : Choices or None
        Its list.
    group : mapping of str to str
        Wordings of the innermost group that has any.
    repeat : str
        Name of the innermost repeated group in which it stands; empty outside.
    part_of : str
        The question of which it is an item (a row of a score, a level of a ranking, the words of "other").
    """

    name: str
    kind: str
    path: tuple[str, ...] = ()
    wordings: Mapping[str, str] = field(default_factory=dict)
    hints: Mapping[str, str] = field(default_factory=dict)
    choices: Choices | None = None
    group: Mapping[str, str] = field(default_factory=dict)
    repeat: str = ""
    part_of: str = ""

    @property
    def label(self) -> Text:
        """The question in words."""
        return text_of(self.wordings)

    @property
    def wording(self) -> Text:
        """The question and its hint in words."""
        if not self.hints:
            return self.label
        languages = dict.fromkeys((*self.wordings, *self.hints))
        return text_of(
            {each: f"{self.wordings.get(each, '')} {self.hints.get(each, '')}" for each in languages}
        )


@dataclass(frozen=True)
class Repeat:
    """A group that is asked several times.

    Parameters
    ----------
    name : str
    wordings : mapping of str to str
        Its label by language.
    within : str
        The repeated group in which it stands; empty where in none.
    """

    name: str
    wordings: Mapping[str, str] = field(default_factory=dict)
    within: str = ""


@dataclass(frozen=True)
class Form:
    """A questionnaire.

    Parameters
    ----------
    questions : tuple of Question
        In the order of the form.
    repeats : mapping of str to Repeat
        By name.
    languages : tuple of str
        The main one first; empty where the form names none.
    title : Text
        Of the survey.
    parents : mapping of str to Question
        Groups that are one question (scores and rankings of KoboToolbox), by name.
    """

    questions: tuple[Question, ...]
    repeats: Mapping[str, Repeat] = field(default_factory=dict)
    languages: tuple[str, ...] = ()
    title: Text = NOTHING
    parents: Mapping[str, Question] = field(default_factory=dict)


def text_of(wordings: Mapping[str, str]) -> Text:
    """Return wordings by language as plain words.

    Examples
    --------
    >>> text_of({"fr": "**Votre âge**", "pt": "Idade"}).in_("pt")
    'Idade'
    >>> text_of({"default": "Age"}).others
    ()
    """
    said = {
        language: without_markdown(words) for language, words in wordings.items() if without_markdown(words)
    }
    if set(said) == {UNTAGGED}:
        return Text.same(said[UNTAGGED])
    return Text.of(said)
