"""The columns of a Qualtrics export: names, questions and identifiers from its header lines, answers below."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from diplab.loaders.qualtrics.fields import field_of
from diplab.loaders.qualtrics.places import Place, import_id, place_of_import, place_of_name, places_by_name
from diplab.loaders.text import columns_of
from diplab.loaders.wording import plain_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from diplab.loaders.qualtrics.fields import Field
    from diplab.loaders.qualtrics.survey import Survey

__all__ = ["Column", "columns_in", "header_lines", "item_labels", "shared_beginning"]

_UNNAMED = re.compile(r"V\d+")
_RESPONSE = re.compile(r"R_\w{10,}")
_DATES = ("StartDate", "EndDate", "RecordedDate")
_BESIDE = ("Finished", "Status", "ResponseSet")
_ITEM = re.compile(r"(?P<stem>.+)_(?P<item>-?\d+)")


@dataclass(frozen=True)
class Column:
    """One column of the export.

    Parameters
    ----------
    name : str
        As in the first line; where that says only `V1`, as in the second.
    text : str
        The question, as the second line has it, without HTML.
    field : Field or None
        What Qualtrics wrote beside the answers, if it is that.
    place : Place or None
        Where it stands in the questionnaire, where that is known.
    cells : array of str, shape (rows,)
        Its answers.
    """

    name: str
    text: str
    field: Field | None
    place: Place | None
    cells: NDArray[Any]


def header_lines(records: Sequence[Sequence[str]]) -> int:
    """Return how many header lines an export has, by its first three records; 0 where it is not of Qualtrics.

    Three lines hold names, questions and identifiers. Two hold names and questions: the names are then `V1`, `V2`...
    above `ResponseID`, or below the names of what Qualtrics adds (`ResponseId`, `StartDate`) stand words. A file of one
    line, whose answers were worked on, is not taken for one of two.

    Examples
    --------
    >>> header_lines([["Q1"], ["Do you work?"], ['{"ImportId":"QID1"}']])
    3
    >>> header_lines([["V1", "V8", "Q1"], ["ResponseID", "StartDate", "Work?"], ["R_2YPOQ602ER1jkf1", "", "1"]])
    2
    """
    if len(records) > 2 and 2 * sum(map(bool, map(import_id, records[2]))) > sum(map(bool, records[2])):
        return 3
    if len(records) < 2 or len(records[0]) != len(records[1]):
        return 0
    pairs = list(zip(*records[:2], strict=True))
    if any(_UNNAMED.fullmatch(name) and below.lower() == "responseid" for name, below in pairs):
        return 2
    named = dict(pairs)
    below = next((cell.strip() for name, cell in pairs if name.lower() == "responseid"), "")
    dates = [named[name] for name in _DATES if named.get(name)]
    words = any(not any(map(str.isdigit, cell)) for cell in dates) or any(
        named.get(name) == name for name in _BESIDE
    )
    asked = bool(below) and not any(map(str.isdigit, below)) and not _RESPONSE.fullmatch(below)
    return 2 if asked and words else 0


def columns_in(rows: Sequence[Sequence[str]], survey: Survey | None) -> list[Column]:
    """Return the columns of an export.

    Parameters
    ----------
    rows : sequence of sequence of str
        Its records, the header lines first.
    survey : Survey or None
        The questionnaire, where there is one.
    """
    lines = header_lines(rows[:3]) or 1
    names = list(rows[0])
    texts = list(rows[1]) if lines > 1 else [""] * len(names)
    identifiers = [import_id(cell) for cell in rows[2]] if lines == 3 else [""] * len(names)
    names = [
        text if _UNNAMED.fullmatch(name) and field_of(text) else name
        for name, text in zip(names, texts, strict=True)
    ]
    named = {} if survey is None else places_by_name(survey)
    found: list[Column] = []
    for name, cells in columns_of(names, [names, texts, identifiers, *rows[lines:]]).items():
        was, text, identifier = cells[:3]
        if lines == 3:
            field, place = field_of(identifier), place_of_import(identifier)
        else:
            place = place_of_name(was, named)
            field = field_of(was) if place is None and text in ("", was) else None
        found.append(Column(name, plain_words(text), field, place, cells[3:]))
    return found if survey is not None or lines != 2 else _guessed(found)


def _guessed(columns: Sequence[Column]) -> list[Column]:
    """Give a place to the columns of an export of two lines without its questionnaire: by name, `Q9_1` beside `Q9_2`.

    A column whose second line repeats its name is embedded data, no question.
    """
    placed = []
    for each in columns:
        found = _ITEM.fullmatch(each.name)
        asked = each.field is None and each.text not in ("", each.name)
        place = Place(found["stem"], items=(found["item"],)) if found else Place(each.name)
        placed.append(Column(each.name, each.text, each.field, place if asked else None, each.cells))
    return placed


def item_labels(texts: Sequence[str]) -> tuple[str, list[str]]:
    """Return the question that the columns of one question share, and what each of them adds after a dash.

    Examples
    --------
    >>> item_labels(["Which do you use?-Mail", "Which do you use?-Mobile phone"])
    ('Which do you use?', ['Mail', 'Mobile phone'])
    >>> item_labels(["Do you work?"])
    ('Do you work?', ['Do you work?'])
    """
    shared = shared_beginning(texts)
    cut = shared.rfind("-") + 1 if len(texts) > 1 else 0
    labels = [text[cut:].strip() for text in texts]
    if cut == 0 or not all(labels):
        return (texts[0] if len(texts) == 1 else ""), list(texts)
    return shared[:cut].rstrip(" -"), labels


def shared_beginning(words: Sequence[str]) -> str:
    """Return the letters with which all words begin.

    Examples
    --------
    >>> shared_beginning(["Q14_130", "Q14_139"])
    'Q14_13'
    """
    first, last = min(words), max(words)
    unlike = (place for place, pair in enumerate(zip(first, last, strict=False)) if len(set(pair)) > 1)
    return first[: next(unlike, len(first))]
