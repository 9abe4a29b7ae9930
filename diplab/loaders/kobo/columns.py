"""Columns of an export found again in its form, whichever way their header is written: by names, labels, groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from diplab.loaders.wording import without_markdown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from diplab.loaders.kobo.xlsform import Form, Question

__all__ = ["Placed", "placed_in"]

_SEPARATORS = ("/", "_", ".", ":")
_MOST_CUTS = 64


@dataclass(frozen=True)
class Placed:
    """What a column of an export is.

    Parameters
    ----------
    name : str
        Its name in the data: that of the question in the form, `question/choice` for one choice of several, the
        header where the form does not know it.
    question : Question or None
        The question that it answers.
    choice : str
        Code of the choice, where the column says whether it was made.
    """

    name: str
    question: Question | None = None
    choice: str = ""


def placed_in(headers: Sequence[str], form: Form | None, repeat: str = "") -> dict[str, Placed]:
    """Return what each column of a table is.

    The same answers exported with names or labels as headers, with or without groups, have the same names here.

    Parameters
    ----------
    headers : sequence of str
        As the file has them.
    form : Form or None
        The questionnaire, where there is one.
    repeat : str
        The repeated group of which this is the table.

    Examples
    --------
    >>> from diplab.loaders.kobo.xlsform import Choices, Form, Question
    >>> pets = Question("pets", "select_multiple", ("home",), {"en": "Pets?"}, choices=Choices({"1": {"en": "Dog"}}))
    >>> found = placed_in(["home/pets", "home/pets/1", "Pets?/Dog", "_id"], Form((pets,)))
    >>> [each.name for each in found.values()]
    ['pets', 'pets/1', 'Pets?/Dog', '_id']
    """
    if form is None:
        return {header: Placed(header) for header in headers}
    within = [each for each in form.questions if each.repeat == repeat]
    questions = _by_writing(within)
    choices = {id(each): _choices_by_writing(each) for each in within if each.kind == "select_multiple"}
    names = [each.name for each in within]
    found: dict[str, Placed] = {}
    taken: set[str] = set()
    for header in headers:
        question, choice = _found(header, questions, choices)
        name = header
        if question is not None:
            alone = names.count(question.name) == 1
            name = question.name if alone else "/".join((*question.path, question.name))
            name += f"/{choice}" if choice else ""
        if name in taken or (name != header and name in headers):
            question, choice, name = None, "", header
        taken.add(name)
        found[header] = Placed(name, question, choice)
    return found


def _by_writing(questions: Iterable[Question]) -> dict[str, Question | None]:
    """Return questions by every header that may stand for them; None for a header that stands for two."""
    found: dict[str, Question | None] = {}
    for writings in (_paths, _names, _labels):
        here: dict[str, Question | None] = {}
        for question in questions:
            for written in writings(question):
                here[written] = None if here.get(written, question) is not question else question
        found = {**here, **found}
    return found


def _paths(question: Question) -> Iterator[str]:
    if question.path:
        parts = (*question.path, question.name)
        # Inside a repeated group the path may begin at the group.
        for start in range(len(parts) - 1):
            yield "/".join(parts[start:])
            yield "-".join(parts[start:])


def _names(question: Question) -> Iterator[str]:
    yield question.name


def _labels(question: Question) -> Iterator[str]:
    for language, words in question.wordings.items():
        label = without_markdown(words)
        if label:
            yield label
            group = without_markdown(question.group.get(language, ""))
            if group:
                yield f"{group}/{label}"


def _choices_by_writing(question: Question) -> dict[str, str]:
    """Return the codes of a question's choices by code and by label."""
    if question.choices is None:
        return {}
    labels = {
        without_markdown(words): code
        for code, wordings in question.choices.labels.items()
        for words in wordings.values()
    }
    return {**labels, **{code: code for code in question.choices.labels}}


def _found(
    header: str, questions: Mapping[str, Question | None], choices: Mapping[int, Mapping[str, str]]
) -> tuple[Question | None, str]:
    """Return the question that a header stands for, and the choice that it adds."""
    bare = without_markdown(header) if header not in questions else header
    if bare in questions:
        return questions[bare], ""
    for separator in _SEPARATORS:
        cuts = [place for place, mark in enumerate(bare) if mark == separator]
        for cut in reversed(cuts[-_MOST_CUTS:]):
            question = questions.get(bare[:cut])
            known = choices.get(id(question), {}) if question is not None else {}
            if bare[cut + 1 :] in known:
                return question, known[bare[cut + 1 :]]
    head, _, tail = bare.rpartition("/")
    several = questions.get(head)
    if several is not None and several.kind == "select_multiple" and tail:
        # A choice that the form has no longer, or whose list is in another file.
        return several, tail
    last = bare.rsplit("/", 1)[-1]
    # A group that the form has no longer, or not yet.
    return (questions.get(last), "") if "/" in bare else (None, "")
