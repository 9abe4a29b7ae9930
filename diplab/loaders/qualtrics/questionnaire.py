"""Qualtrics questionnaires (.qsf), the layout of answers in columns, and the columns of exports."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

from diplab.loaders.questionnaire import Choice, Question, Questionnaire, strip_html
from diplab.loaders.source import open_source, refused
from diplab.reference.text import Text

Shape: TypeAlias = Literal["single", "several", "rows", "boxes", "cells", "items", "plain"]
_SEVERAL = {"MAVR", "MAHR", "MACOL", "MSB"}
_ITEMS = {"Slider", "CS", "RO", "HotSpot", "HeatMap", "DD"}


@dataclass(frozen=True)
class QualtricsChoice(Choice):
    """One answer of a question, or one of its rows.

    Its code is its recode value, by default its number.
    """

    name: str = ""  # its variable name, which exports of labels hold instead
    tag: str = ""  # its export tag, which names its column
    excluded: bool = False  # left out of analyses


@dataclass(frozen=True, kw_only=True)
class QualtricsQuestion(Question):
    """One question, or one part of a side by side: `name` is its export tag, `group` its block."""

    # in a matrix `choices` are its rows and `answers` its columns; where items are grouped, the
    # groups and the items
    key: str  # `QID12`
    selector: str
    subselector: str
    choices: Mapping[str, QualtricsChoice]
    answers: Mapping[str, QualtricsChoice]
    answer_tag: str = ""  # export tag of a part
    fields: Mapping[str, Mapping[str, Text]] = field(
        default_factory=dict
    )  # what each loop asks about, by field
    parts: Mapping[str, QualtricsQuestion] = field(default_factory=dict)  # questions side by side
    low: float = 0  # least number that can be answered

    @property
    def shape(self) -> Shape:
        """How its answers lie in columns."""
        # `single`: one column, `several`: one per choice, `rows`: one per matrix row, `boxes` and
        # `cells`: one per row and a column (boxes to tick; words or numbers), `items`: one per
        # choice (numbers, ranks, words), `plain`: other
        if self.kind == "Matrix":
            if self.subselector == "MultipleAnswer":
                return "boxes"
            if self.selector in ("TE", "CS", "RO"):
                return "cells"
            return "rows"
        if self.kind == "MC":
            if self.selector in _SEVERAL:
                return "several"
            return "single"
        if self.kind in _ITEMS or (self.kind, self.selector) == ("TE", "FORM"):
            return "items"
        return "plain"


@dataclass(frozen=True)
class QualtricsSurvey(Questionnaire):
    """A questionnaire of Qualtrics."""

    questions: Mapping[str, QualtricsQuestion] = field(
        default_factory=dict
    )  # by key, in the order of the file


_LANGUAGES = {"ZH-S": "zh-Hans", "ZH-T": "zh-Hant"}


def read_qsf(path: Path) -> QualtricsSurvey:
    """Read the questionnaire of a Qualtrics survey."""
    # what is not found is absent: Qualtrics has never published the format, and writes empty tables
    # as lists
    source = open_source(path)
    write = (
        "Write the `.qsf` file that Qualtrics exports (Survey, Tools, Import/Export, Export "
        "Survey)."
    )
    try:
        content = _table(json.loads(source.content))
    except (ValueError, RecursionError) as broken:
        raise refused(source, "It is not JSON, as a survey of Qualtrics is.", write) from broken
    elements = list(map(_table, _table(content.get("SurveyElements")).values()))
    payloads = list[Mapping[str, Any]]()
    for element in elements:
        if element.get("Element") == "SQ":
            payloads.append(_table(element.get("Payload")))
    if not payloads:
        raise refused(source, "It holds no question of a Qualtrics survey.", write)
    entry = _table(content.get("SurveyEntry"))
    main = _language(_word(entry.get("SurveyLanguage")) or "EN")
    questions = {}
    for item in payloads:
        questions[_word(item.get("QuestionID"))] = _question(item, main)
    blocks = [element.get("Payload") for element in elements if element.get("Element") == "BL"]
    for block in [_table(item) for payload in blocks for item in _table(payload).values()]:
        _place_in_block(questions, block, main)
    tags = list[str]()
    for item in payloads:
        for tag in _table(item.get("Language")):
            tags.append(_language(tag))
    title = Text.of({main: _word(entry.get("SurveyName"))})
    return QualtricsSurvey(title, tuple(dict.fromkeys([main, *tags])), questions)


def _table(value: Any) -> Mapping[str, Any]:
    """Return a JSON object as it is, a list by place, anything else as nothing."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, list):
        return {str(position): item for position, item in enumerate(value)}
    return {}


def _word(value: Any) -> str:
    """Return words or a whole number as words, anything else as none."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return ""


def _language(tag: str) -> str:
    """Return a language of Qualtrics (`PT-BR`) as its usual tag (`pt-BR`)."""
    main, _, region = tag.partition("-")
    return _LANGUAGES.get(tag, f"{main.lower()}-{region}" if region else main.lower())


def _wording(payload: Mapping[str, Any], main: str, *keys: str) -> Text:
    """Return the words under keys, in each language of a question."""
    wordings = {main: strip_html(_word(_at(payload, keys)))}
    for tag, translated in _table(payload.get("Language")).items():
        if wording := strip_html(_word(_at(translated, keys))):
            wordings[_language(tag)] = wording
    return Text.of(wordings)


def _at(payload: Any, keys: Iterable[str]) -> Any:
    value: Any = payload
    for key in keys:
        value = _table(value).get(key)
    return value


def _question(payload: Mapping[str, Any], main: str, *within: str) -> QualtricsQuestion:
    """Return a question, or the part of a side by side under the keys `within`."""
    own = _table(_at(payload, within))
    kind = _word(own.get("QuestionType"))
    coded = "Choices"
    if kind == "Matrix":
        coded = "Answers"
    grouped = kind == "PGR"
    choices = _choices(payload, main, within, "Choices", coded=coded)
    # the groups into which items are put (pick, group and rank)
    named = _table(own.get("Groups")).items()
    groups = {}
    for item, words in named:
        groups[item] = QualtricsChoice(item, Text.of({main: strip_html(_word(words))}))
    beside = {} if within else _table(own.get("AdditionalQuestions"))
    least = _table(own.get("Configuration")).get("CSSliderMin")
    return QualtricsQuestion(
        key=_word(own.get("QuestionID")),
        name=_word(own.get("DataExportTag")),
        kind=kind,
        selector=_word(own.get("Selector")),
        subselector=_word(own.get("SubSelector")),
        wording=_wording(payload, main, *within, "QuestionText"),
        choices=groups if grouped else choices,
        answers=choices if grouped else _choices(payload, main, within, "Answers", coded=coded),
        answer_tag=_word(own.get("AnswerDataExportTag")),
        parts={part: _question(payload, main, "AdditionalQuestions", part) for part in beside},
        low=least if isinstance(least, int | float) else 0,
    )


def _choices(
    payload: Mapping[str, Any], main: str, within: tuple[str, ...], side: str, *, coded: str
) -> dict[str, QualtricsChoice]:
    """Return choices, or the answers of a matrix, in the order in which they are shown."""
    own = _table(_at(payload, within))
    table = _table(own.get(side))
    shown = list(map(_word, _table(own.get(f"{side[:-1]}Order")).values()))
    names = ("RecodeValues", "VariableNaming", "AnalyzeChoices")
    recoded, naming, analysed = (_table(own.get(name)) if side == coded else {} for name in names)
    tags = _table(own.get("ChoiceDataExportTags")) if side == "Choices" else {}
    choices: dict[str, QualtricsChoice] = {}
    for number in dict.fromkeys([*(item for item in shown if item in table), *table]):
        choices[number] = QualtricsChoice(
            code=_word(recoded.get(number)) or number,
            label=_wording(payload, main, *within, side, number, "Display"),
            name=strip_html(_word(naming.get(number))),
            tag=_word(tags.get(number)),
            excluded=_word(analysed.get(number)).lower() == "no",
        )
    return choices


def _place_in_block(
    questions: dict[str, QualtricsQuestion], block: Mapping[str, Any], main: str
) -> None:
    """Give the questions of a block its name, and what its loops ask about."""
    fields = _loops(questions, _table(block.get("Options")), main)
    unused = _word(block.get("Type")) == "Trash"
    group = Text.of({main: "" if unused else strip_html(_word(block.get("Description")))})
    for element in _table(block.get("BlockElements")).values():
        key = _word(_table(element).get("QuestionID"))
        if key in questions:
            questions[key] = replace(questions[key], group=group, fields=fields)


def _loops(
    questions: Mapping[str, QualtricsQuestion], options: Mapping[str, Any], main: str
) -> dict[str, dict[str, Text]]:
    """Return the fields of each loop: those in the block, or the choices of the looped question."""
    looping = _table(options.get("LoopingOptions"))
    written = {}
    for loop, row in _table(looping.get("Static")).items():
        written[loop] = {
            number: Text.of({main: strip_html(_word(words))})
            for number, words in _table(row).items()
        }
    looped = questions.get(_word(looping.get("QID")))
    if written or looped is None:
        return written
    loops: dict[str, dict[str, Text]] = {}
    for item, choice in looped.choices.items():
        if choice.label:
            loops[item] = {"1": choice.label}
    return loops
