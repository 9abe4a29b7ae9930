"""The questionnaire of a Qualtrics survey: its questions, their choices, and how answers lie in columns."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from diplab.loaders.codebook_merge import plain_words
from diplab.loaders.source import open_source, refused
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["Choice", "Question", "Shape", "Survey", "read_qsf"]


Shape: TypeAlias = Literal["single", "several", "rows", "boxes", "cells", "items", "plain"]

_SEVERAL = {"MAVR", "MAHR", "MACOL", "MSB"}
_ITEMS = {"Slider", "CS", "RO", "HotSpot", "HeatMap", "DD"}


@dataclass(frozen=True)
class Choice:
    """One answer of a question, or one of its rows.

    Parameters
    ----------
    code : str
        As exported: its recode value, by default its number.
    label : Text
        As respondents saw it.
    name : str
        Its variable name, which exports of labels hold instead.
    tag : str
        Its export tag, which names its column.
    excluded : bool
        True where it is left out of analyses.
    """

    code: str
    label: Text
    name: str = ""
    tag: str = ""
    excluded: bool = False


@dataclass(frozen=True)
class Question:
    """One question, or one part of a side by side.

    Parameters
    ----------
    key : str
        `QID12`.
    tag : str
        Its export tag, which begins the names of its columns.
    kind, selector, subselector : str
        `Matrix`, `Likert`, `MultipleAnswer`.
    text : Text
        Its wording, without HTML.
    choices, answers : mapping of str to Choice
        By number. In a matrix `choices` are its rows and `answers` its columns; where items are put into groups,
        `choices` are the groups and `answers` the items.
    answer_tag : str
        Export tag of a part.
    group : Text
        Its block.
    fields : mapping of str to mapping of str to Text
        What each loop asks about, field by field, where the block is looped.
    parts : mapping of str to Question
        Questions side by side.
    low : float
        Least number that can be answered.
    """

    key: str
    tag: str
    kind: str
    selector: str
    subselector: str
    text: Text
    choices: Mapping[str, Choice]
    answers: Mapping[str, Choice]
    answer_tag: str = ""
    group: Text = NOTHING
    fields: Mapping[str, Mapping[str, Text]] = field(default_factory=dict)
    parts: Mapping[str, Question] = field(default_factory=dict)
    low: float = 0

    @property
    def shape(self) -> Shape:
        """How its answers lie in columns.

        `single`: one column, `several`: one a choice, `rows`: one a row of a matrix, `boxes` and `cells`: one a row
        and a column (boxes to tick; words or numbers), `items`: one a choice (numbers, ranks, words), `plain`: other.
        """
        if self.kind == "Matrix":
            if self.subselector == "MultipleAnswer":
                return "boxes"
            return "cells" if self.selector in ("TE", "CS", "RO") else "rows"
        if self.kind == "MC":
            return "several" if self.selector in _SEVERAL else "single"
        return "items" if self.kind in _ITEMS or (self.kind, self.selector) == ("TE", "FORM") else "plain"


@dataclass(frozen=True)
class Survey:
    """A questionnaire.

    Parameters
    ----------
    questions : mapping of str to Question
        By key, in the order of the file.
    title : Text
        Its name.
    languages : tuple of str
        The main one first.
    """

    questions: Mapping[str, Question]
    title: Text = NOTHING
    languages: tuple[str, ...] = ()


_LANGUAGES = {"ZH-S": "zh-Hans", "ZH-T": "zh-Hant"}


def read_qsf(path: Path) -> Survey:
    """Read the questionnaire of a Qualtrics survey.

    What is looked for and not found is taken as absent: Qualtrics has never published the format, and writes empty
    tables as lists.

    Raises
    ------
    LoadError
        Where the file is absent, is not JSON, or holds no question.
    """
    source = open_source(path)
    write = "Write the `.qsf` file that Qualtrics exports (Survey, Tools, Import/Export, Export Survey)."
    try:
        content = _table(json.loads(source.content))
    except (ValueError, RecursionError) as broken:
        raise refused(source, "It is not JSON, as a survey of Qualtrics is.", write) from broken
    elements = [_table(each) for each in _table(content.get("SurveyElements")).values()]
    payloads = [_table(each.get("Payload")) for each in elements if each.get("Element") == "SQ"]
    if not payloads:
        raise refused(source, "It holds no question of a Qualtrics survey.", write)
    entry = _table(content.get("SurveyEntry"))
    main = _language(_word(entry.get("SurveyLanguage")) or "EN")
    questions = {_word(each.get("QuestionID")): _question(each, main) for each in payloads}
    blocks = [each.get("Payload") for each in elements if each.get("Element") == "BL"]
    for block in [_table(each) for held in blocks for each in _table(held).values()]:
        _place_in_block(questions, block, main)
    tags = [_language(tag) for each in payloads for tag in _table(each.get("Language"))]
    return Survey(
        questions, Text.of({main: _word(entry.get("SurveyName"))}), tuple(dict.fromkeys([main, *tags]))
    )


def _table(value: Any) -> Mapping[str, Any]:
    """Return a JSON object as it is, a list by place, anything else as nothing."""
    if isinstance(value, Mapping):
        return value
    return {str(place): each for place, each in enumerate(value)} if isinstance(value, list) else {}


def _word(value: Any) -> str:
    """Return words or a whole number as words, anything else as none."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _language(tag: str) -> str:
    """Return a language of Qualtrics (`PT-BR`) as its usual tag (`pt-BR`)."""
    main, _, region = tag.partition("-")
    return _LANGUAGES.get(tag, f"{main.lower()}-{region}" if region else main.lower())


def _wording(payload: Mapping[str, Any], main: str, *keys: str) -> Text:
    """Return what stands under keys, in each language of a question."""
    wordings = {main: _words_at(payload, keys)}
    for tag, translated in _table(payload.get("Language")).items():
        said = _words_at(_table(translated), keys)
        if said:
            wordings[_language(tag)] = said
    return Text.of(wordings)


def _words_at(payload: Mapping[str, Any], keys: Iterable[str]) -> str:
    held: Any = payload
    for key in keys:
        held = _table(held).get(key)
    return plain_words(_word(held))


def _question(payload: Mapping[str, Any], main: str, *within: str) -> Question:
    """Return a question, or the part of a side by side that stands under the keys `within`."""
    own: Mapping[str, Any] = payload
    for key in within:
        own = _table(own.get(key))
    kind = _word(own.get("QuestionType"))
    coded = "Answers" if kind == "Matrix" else "Choices"
    grouped = kind == "PGR"
    choices = _choices(payload, main, within, "Choices", coded=coded)
    least = _table(own.get("Configuration")).get("CSSliderMin")
    return Question(
        key=_word(own.get("QuestionID")),
        tag=_word(own.get("DataExportTag")),
        kind=kind,
        selector=_word(own.get("Selector")),
        subselector=_word(own.get("SubSelector")),
        text=_wording(payload, main, *within, "QuestionText"),
        choices=_groups(own, main) if grouped else choices,
        answers=choices if grouped else _choices(payload, main, within, "Answers", coded=coded),
        answer_tag=_word(own.get("AnswerDataExportTag")),
        parts={}
        if within
        else {
            part: _question(payload, main, "AdditionalQuestions", part)
            for part in _table(own.get("AdditionalQuestions"))
        },
        low=least if isinstance(least, int | float) else 0,
    )


def _choices(
    payload: Mapping[str, Any], main: str, within: tuple[str, ...], side: str, *, coded: str
) -> dict[str, Choice]:
    """Return choices, or the answers of a matrix, in the order in which they are shown."""
    own: Mapping[str, Any] = payload
    for key in within:
        own = _table(own.get(key))
    held = _table(own.get(side))
    shown = [_word(each) for each in _table(own.get(f"{side[:-1]}Order")).values()]
    names = ("RecodeValues", "VariableNaming", "AnalyzeChoices")
    recoded, named, analysed = (_table(own.get(name)) if side == coded else {} for name in names)
    tags = _table(own.get("ChoiceDataExportTags")) if side == "Choices" else {}
    return {
        each: Choice(
            code=_word(recoded.get(each)) or each,
            label=_wording(payload, main, *within, side, each, "Display"),
            name=plain_words(_word(named.get(each))),
            tag=_word(tags.get(each)),
            excluded=_word(analysed.get(each)).lower() == "no",
        )
        for each in dict.fromkeys([*(each for each in shown if each in held), *held])
    }


def _groups(payload: Mapping[str, Any], main: str) -> dict[str, Choice]:
    """Return the groups into which items are put (pick, group and rank)."""
    held = _table(payload.get("Groups"))
    return {each: Choice(each, Text.of({main: plain_words(_word(words))})) for each, words in held.items()}


def _place_in_block(questions: dict[str, Question], block: Mapping[str, Any], main: str) -> None:
    """Give the questions of a block its name, and what its loops ask about."""
    fields = _loops(questions, _table(block.get("Options")), main)
    unused = _word(block.get("Type")) == "Trash"
    group = Text.of({main: "" if unused else plain_words(_word(block.get("Description")))})
    for element in _table(block.get("BlockElements")).values():
        key = _word(_table(element).get("QuestionID"))
        if key in questions:
            questions[key] = replace(questions[key], group=group, fields=fields)


def _loops(
    questions: Mapping[str, Question], options: Mapping[str, Any], main: str
) -> dict[str, dict[str, Text]]:
    """Return the fields of each loop: written in the block, or the choices of the question that it loops on."""
    looping = _table(options.get("LoopingOptions"))
    written = {
        loop: {number: Text.of({main: plain_words(_word(words))}) for number, words in _table(row).items()}
        for loop, row in _table(looping.get("Static")).items()
    }
    asked = questions.get(_word(looping.get("QID")))
    if written or asked is None:
        return written
    return {each: {"1": choice.label} for each, choice in asked.choices.items() if choice.label}
