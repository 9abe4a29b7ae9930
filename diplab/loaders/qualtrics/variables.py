"""Variables of a Qualtrics questionnaire: the label, question and answers of one column, from its place."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from diplab.loaders.cells import NUMBER
from diplab.microdata.variable import Variable
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from diplab.loaders.qualtrics.places import Place
    from diplab.loaders.qualtrics.survey import Choice, Question, Survey
    from diplab.microdata.variable import Code, Measure

__all__ = ["SEEN", "answered_by", "codes_of", "label_of_row", "variable_at"]

SEEN = "seen but unanswered"
_UNANSWERED = -99
_EXACT_DIGITS = 15
_EXTRAS = {
    "TEXT": Text("en clair", "text"),
    "RANK": Text("rang", "rank"),
    "GROUP": Text("groupe", "group"),
    "DO": Text("ordre d’affichage", "order shown"),
    "FIRST_CLICK": Text("premier clic, en secondes", "first click, in seconds"),
    "LAST_CLICK": Text("dernier clic, en secondes", "last click, in seconds"),
    "PAGE_SUBMIT": Text("page validée, en secondes", "page submitted, in seconds"),
    "CLICK_COUNT": Text("nombre de clics", "number of clicks"),
}
_SCALES = {"Slider", "CS"}


def variable_at(name: str, place: Place, survey: Survey) -> Variable | None:
    """Return what a column means; None where the questionnaire does not have its question.

    The label of an item is that of its row or choice, the question stands apart. In a loop, the question has the
    words of the loop where it shows them, otherwise the label ends with them.

    Parameters
    ----------
    name : str
        Of the column.
    place : Place
        Its question, part, loop, items.
    survey : Survey
        The questionnaire.
    """
    question, asked = survey.questions.get(place.key), place.of(survey)
    if question is None or asked is None:
        return None
    whole = question.text if asked is question else joined([question.text, asked.text])
    fields = question.fields.get(place.loop, {})
    label, text = _in_loop(label_at(place, asked, whole), fields), _in_loop(whole, fields)
    if place.loop and label == label_at(place, asked, whole) and text == whole:
        label = joined([label, fields.get("1") or Text.same(place.loop)])
    beside = bool(place.extra) and not _is_text_of(place, asked)
    choices = {} if beside else answered_by(place, asked)
    codes = codes_of(choices)
    missing = {codes[each]: choice.label.en for each, choice in choices.items() if choice.excluded}
    if asked.low > _UNANSWERED and _UNANSWERED not in codes.values() and asked.kind not in ("DB", "Timing"):
        missing[_UNANSWERED] = SEEN
    return Variable(
        name,
        label=label,
        question=text,
        values=_values(choices, codes, missing),
        measure="unknown" if beside else _measure(asked, list(codes.values())),
        missing=missing,
        group=question.group,
        part_of=question.tag if place.items or place.loop or place.part or beside else "",
    )


def label_at(place: Place, asked: Question, whole: Text) -> Text:
    """Return the label of a column: its row, its choice, what it holds beside; the question where it has none."""
    first = asked.choices.get(place.items[0]) if place.items else None
    second = asked.answers.get(place.items[1]) if len(place.items) > 1 else None
    pieces = [each.label for each in (first, second) if each is not None and each.label]
    if place.part and pieces:
        pieces.append(asked.text)
    if place.extra and not _is_text_of(place, asked):
        known = _EXTRAS.get(place.extra) or Text.same(place.extra.lower().replace("_", " "))
        pieces = [*(pieces or [whole]), known]
    return joined(pieces) if pieces else whole


def label_of_row(place: Place, asked: Question) -> Text:
    """Return what the boxes of one question, or of one row of a matrix, are about."""
    row = asked.choices.get(place.items[0]) if len(place.items) > 1 else None
    return asked.text if row is None else joined([row.label, asked.text])


def _is_text_of(place: Place, asked: Question) -> bool:
    """Return whether a column named `_TEXT` is the answer itself: what was typed."""
    typed = asked.kind == "TE" or asked.shape == "cells"
    return place.extra == "TEXT" and typed


def answered_by(place: Place, asked: Question) -> Mapping[str, Choice]:
    """Return the choices of which a column holds the codes; none where it holds numbers, words or ticks."""
    if asked.shape == "single" and not place.items:
        return asked.choices
    return asked.answers if asked.shape == "rows" and len(place.items) == 1 else {}


def codes_of(choices: Mapping[str, Choice]) -> dict[str, Code]:
    """Return the code of each choice as the frame holds it: numbers, or words where one of them is no number."""
    words = [choice.code for choice in choices.values()]
    if all(NUMBER.fullmatch(word) and sum(map(str.isdigit, word)) <= _EXACT_DIGITS for word in words):
        numbers = {each: float(choice.code) for each, choice in choices.items()}
        return {each: int(code) if code.is_integer() else code for each, code in numbers.items()}
    return {each: choice.code for each, choice in choices.items()}


def _values(
    choices: Mapping[str, Choice], codes: Mapping[str, Code], missing: Mapping[Code, str]
) -> dict[Code, Text]:
    """Return the labels of answers; where two choices were given one code, both."""
    values: dict[Code, Text] = {}
    for each, choice in choices.items():
        code = codes[each]
        if code not in missing:
            values[code] = joined([values[code], choice.label], " / ") if code in values else choice.label
    return values


def _measure(asked: Question, codes: list[Code]) -> Measure:
    if asked.kind in _SCALES or asked.selector == "NPS":
        return "scale"
    if asked.kind == "RO":
        return "ordinal"
    scale = (asked.selector, asked.subselector) == ("Likert", "SingleAnswer") or asked.selector == "Bipolar"
    if asked.shape == "rows" and scale and len(codes) > 2:
        numbers = [code for code in codes if not isinstance(code, str)]
        steps = {first < second for first, second in pairwise(numbers)}
        return "ordinal" if len(numbers) == len(codes) and len(steps) == 1 else "nominal"
    return "nominal" if asked.shape in ("single", "several", "rows", "boxes") else "unknown"


def _in_loop(text: Text, fields: Mapping[str, Text]) -> Text:
    """Return a wording with what the loop is about in the places that name it (`${lm://Field/1}`)."""
    for number, words in fields.items():
        mark = f"${{lm://Field/{number}}}"
        text = Text(
            text.fr.replace(mark, words.fr),
            text.en.replace(mark, words.en),
            others=tuple((tag, said.replace(mark, words.en)) for tag, said in text.others),
        )
    return text


def joined(texts: Iterable[Text], mark: str = " – ") -> Text:
    """Return wordings as one, in each language of any of them.

    Examples
    --------
    >>> joined([Text("café", "coffee"), Text.same("DiPLab")]).fr
    'café – DiPLab'
    """
    said = [text for text in texts if text]
    tags = sorted({tag for text in said for tag, _ in text.others})
    return Text(
        mark.join(text.fr for text in said),
        mark.join(text.en for text in said),
        others=tuple((tag, mark.join(dict(text.others).get(tag, text.en) for text in said)) for tag in tags),
    )
