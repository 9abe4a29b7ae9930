"""Which column of a Qualtrics export belongs to which question, row, choice and loop.

Exports of three header lines say it (`QID29_1_3`, by the numbers of the row and the choice). In those of two lines the
name alone tells: it begins with the export tag of the question, or is an export tag of a row.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from diplab.loaders.qualtrics.survey import Question, Survey

__all__ = ["Place", "import_id", "place_of_import", "place_of_name", "places_by_name"]

_IMPORT = re.compile(
    r"(?:(?P<loop>[A-Za-z0-9]+)_)?(?P<key>QID\d+)(?:#(?P<part>\d+))?(?P<tail>(?:[-_][A-Za-z0-9]+)*)"
)
_LOOPED = re.compile(r"(?P<before>[A-Za-z]?\d+)_(?P<name>.+)|(?P<same>.+)\((?P<after>\w+)\)")
_MOST_CELLS = 100_000
"""Rows times columns of a matrix, beyond which a questionnaire is damaged."""

_IMPORT_ID = re.compile(r"""["']ImportId["']\s*:\s*["']([^"']*)["']""")


@dataclass(frozen=True)
class Place:
    """Where a column stands in the questionnaire.

    Parameters
    ----------
    key : str
        Question (`QID12`).
    part : str
        Part of a side by side.
    loop : str
        Loop of a loop and merge block.
    items : tuple of str
        Numbers of the choice, or of the row and the choice.
    extra : str
        What the column holds beside: `TEXT`, `RANK`, `FIRST_CLICK`.
    """

    key: str
    part: str = ""
    loop: str = ""
    items: tuple[str, ...] = ()
    extra: str = ""

    def of(self, survey: Survey) -> Question | None:
        """Return its question, or its part of a side by side."""
        question = survey.questions.get(self.key)
        return question.parts.get(self.part) if question is not None and self.part else question


def import_id(cell: str) -> str:
    """Return the identifier that a cell of the third header line holds, as JSON or as Python writes it.

    Examples
    --------
    >>> import_id('{"ImportId":"QID1"}'), import_id("{'ImportId': 'QID9-1'}"), import_id("Do you work?")
    ('QID1', 'QID9-1', '')
    """
    found = _IMPORT_ID.search(cell) if cell.lstrip().startswith("{") else None
    return found.group(1) if found else ""


def place_of_import(identifier: str) -> Place | None:
    """Return where a column stands by its identifier; None for what is no answer (`startDate`).

    Examples
    --------
    >>> place_of_import("2_QID11#2_1_3")
    Place(key='QID11', part='2', loop='2', items=('1', '3'), extra='')
    >>> place_of_import("QID16-8-TEXT").extra, place_of_import("startDate")
    ('TEXT', None)
    """
    found = _IMPORT.fullmatch(identifier)
    if found is None:
        return None
    pieces = re.split("[-_]", found["tail"])[1:]
    count = next((place for place, each in enumerate(pieces) if not _is_number(each)), len(pieces))
    extra = "_".join(pieces[count:])
    return Place(found["key"], found["part"] or "", found["loop"] or "", tuple(pieces[:count]), extra)


def _is_number(piece: str) -> bool:
    return piece.removeprefix("x").isdigit()


def places_by_name(survey: Survey) -> dict[str, Place]:
    """Return every name that a column of a survey may have, with its place."""
    found: dict[str, Place] = {}
    for key, question in survey.questions.items():
        for name, place in _names(question, Place(key)):
            found.setdefault(name, place)
        for part, asked in question.parts.items():
            for name, place in _names(_tagged(asked, question, part), Place(key, part)):
                found.setdefault(name, place)
    return found


def place_of_name(name: str, places: Mapping[str, Place]) -> Place | None:
    """Return where a column stands by its name, `1_Q12` and `Q12(1)` being the first loop of `Q12`.

    Examples
    --------
    >>> place_of_name("2_Q1", {"Q1": Place("QID1")}).loop
    '2'
    """
    if name in places:
        return places[name]
    looped = _LOOPED.fullmatch(name)
    within = looped and places.get(looped["name"] or looped["same"])
    return replace(within, loop=looped["before"] or looped["after"]) if looped and within else None


def _tagged(part: Question, question: Question, number: str) -> Question:
    """Return a part of a side by side with its tag, by default that of the question and its number."""
    return part if part.tag else replace(part, tag=f"{question.tag}#{number}")


def _names(question: Question, place: Place) -> Iterator[tuple[str, Place]]:
    """Return the names that the columns of one question may have."""
    shape, tag = question.shape, question.tag
    answers = question.answers if len(question.answers) * len(question.choices) <= _MOST_CELLS else {}
    yield tag, place
    yield f"{tag}_TEXT", replace(place, extra="TEXT")
    for number, choice in question.choices.items():
        of_choice = replace(place, items=(number,))
        stems = [f"{tag}_{number}"]
        if choice.tag:
            stems += [choice.tag, re.sub(r"[^\w ]", "_", choice.tag), f"{tag}_{choice.tag}"]
        if question.answer_tag:
            stems += [f"{stem}: {question.answer_tag}" for stem in stems]
            stems += [f"{stem}: {place.part}" for stem in stems[:1]]
        elif place.part:
            stems.append(f"{tag.partition('#')[0]}_{number}: {place.part}")
        for stem in stems:
            if shape in ("boxes", "cells"):
                for answer in answers:
                    yield f"{stem}_{answer}", replace(of_choice, items=(number, answer))
                    text = replace(of_choice, items=(number, answer), extra="TEXT")
                    yield f"{stem}_{answer}_TEXT", text
            else:
                yield stem, of_choice
            yield f"{stem}_TEXT", replace(of_choice, extra="TEXT")
