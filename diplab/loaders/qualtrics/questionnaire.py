"""The questionnaire of a Qualtrics survey (.qsf), how answers lie in columns, and the columns of an export."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

from numpy.typing import NDArray

from diplab.loaders.notices import WORDS
from diplab.loaders.questionnaire import Choice, Question, Questionnaire, known_headings, strip_html, yes_no
from diplab.loaders.source import open_source, refused
from diplab.loaders.text.recognition import header_lines, import_id
from diplab.loaders.text.records import columns_of
from diplab.microdata.variable import Code, Measure, Storage, Variable
from diplab.reference.text import Text

Shape: TypeAlias = Literal["single", "several", "rows", "boxes", "cells", "items", "plain"]
_SEVERAL = {"MAVR", "MAHR", "MACOL", "MSB"}
_ITEMS = {"Slider", "CS", "RO", "HotSpot", "HeatMap", "DD"}


@dataclass(frozen=True)
class QualtricsChoice(Choice):
    """One answer of a question, or one of its rows; its code is its recode value, by default its number."""

    name: str = ""  # its variable name, which exports of labels hold instead
    tag: str = ""  # its export tag, which names its column
    excluded: bool = False  # left out of analyses


@dataclass(frozen=True, kw_only=True)
class QualtricsQuestion(Question):
    """One question, or one part of a side by side: `name` is its export tag, `group` its block."""

    # in a matrix `choices` are its rows and `answers` its columns; where items are grouped, the groups and the items
    key: str  # `QID12`
    selector: str
    subselector: str
    choices: Mapping[str, QualtricsChoice]
    answers: Mapping[str, QualtricsChoice]
    answer_tag: str = ""  # export tag of a part
    fields: Mapping[str, Mapping[str, Text]] = field(default_factory=dict)  # what each loop asks about, by field
    parts: Mapping[str, QualtricsQuestion] = field(default_factory=dict)  # questions side by side
    low: float = 0  # least number that can be answered

    @property
    def shape(self) -> Shape:
        """How its answers lie in columns."""
        # `single`: one column, `several`: one per choice, `rows`: one per matrix row, `boxes` and `cells`: one per row
        # and a column (boxes to tick; words or numbers), `items`: one per choice (numbers, ranks, words), `plain`:
        # other
        if self.kind == "Matrix":
            if self.subselector == "MultipleAnswer":
                return "boxes"
            return "cells" if self.selector in ("TE", "CS", "RO") else "rows"
        if self.kind == "MC":
            return "several" if self.selector in _SEVERAL else "single"
        return "items" if self.kind in _ITEMS or (self.kind, self.selector) == ("TE", "FORM") else "plain"


@dataclass(frozen=True)
class QualtricsSurvey(Questionnaire):
    """A questionnaire of Qualtrics."""

    questions: Mapping[str, QualtricsQuestion] = field(default_factory=dict)  # by key, in the order of the file


_LANGUAGES = {"ZH-S": "zh-Hans", "ZH-T": "zh-Hant"}


def read_qsf(path: Path) -> QualtricsSurvey:
    """Read the questionnaire of a Qualtrics survey."""
    # what is not found is absent: Qualtrics has never published the format, and writes empty tables as lists
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
    for block in [_table(each) for payload in blocks for each in _table(payload).values()]:
        _place_in_block(questions, block, main)
    tags = [_language(tag) for each in payloads for tag in _table(each.get("Language"))]
    return QualtricsSurvey(
        Text.of({main: _word(entry.get("SurveyName"))}), tuple(dict.fromkeys([main, *tags])), questions
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
    coded = "Answers" if kind == "Matrix" else "Choices"
    grouped = kind == "PGR"
    choices = _choices(payload, main, within, "Choices", coded=coded)
    # the groups into which items are put (pick, group and rank)
    named = _table(own.get("Groups")).items()
    groups = {each: QualtricsChoice(each, Text.of({main: strip_html(_word(words))})) for each, words in named}
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
    shown = [_word(each) for each in _table(own.get(f"{side[:-1]}Order")).values()]
    names = ("RecodeValues", "VariableNaming", "AnalyzeChoices")
    recoded, naming, analysed = (_table(own.get(name)) if side == coded else {} for name in names)
    tags = _table(own.get("ChoiceDataExportTags")) if side == "Choices" else {}
    return {
        each: QualtricsChoice(
            code=_word(recoded.get(each)) or each,
            label=_wording(payload, main, *within, side, each, "Display"),
            name=strip_html(_word(naming.get(each))),
            tag=_word(tags.get(each)),
            excluded=_word(analysed.get(each)).lower() == "no",
        )
        for each in dict.fromkeys([*(each for each in shown if each in table), *table])
    }


def _place_in_block(questions: dict[str, QualtricsQuestion], block: Mapping[str, Any], main: str) -> None:
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
    """Return the fields of each loop: written in the block, or the choices of the question that it loops on."""
    looping = _table(options.get("LoopingOptions"))
    written = {
        loop: {number: Text.of({main: strip_html(_word(words))}) for number, words in _table(row).items()}
        for loop, row in _table(looping.get("Static")).items()
    }
    looped = questions.get(_word(looping.get("QID")))
    if written or looped is None:
        return written
    return {each: {"1": choice.label} for each, choice in looped.choices.items() if choice.label}


@dataclass(frozen=True)
class ResponseField:
    """One column that Qualtrics writes of each response beside its answers: when, how long, from where."""

    key: str  # of its label among the words of the loaders
    storage: Storage = "words"
    measure: Measure = "unknown"
    written: Mapping[str, str] = field(default_factory=dict)  # words that replace codes in exports of choice text
    personal: bool = False  # whether it says who answered, or where from

    def variable(self, name: str) -> Variable:
        """Return its variable."""
        values: Mapping[Code, Text] = yes_no() if self.key == "finished" else {}
        if self.key == "status":
            values = {int(code): label for code, label in WORDS.section("qualtrics_status").items()}
        label = WORDS(f"qualtrics_column.{self.key}")
        return Variable(name, label=label, values=values, measure=self.measure, storage=self.storage)


def field_of(identifier: str) -> ResponseField | None:
    """Return what a column is by its identifier or name; None where it is an answer."""
    bare, known = identifier.strip().lower(), known_headings("qualtrics")
    entry = known.get(bare) or known.get(bare.removeprefix("panel-").removeprefix("location-"))
    return None if entry is None else ResponseField(**entry)


_IMPORT = re.compile(r"(?:(?P<loop>[A-Za-z0-9]+)_)?(?P<key>QID\d+)(?:#(?P<part>\d+))?(?P<tail>(?:[-_][A-Za-z0-9]+)*)")
_LOOPED = re.compile(r"(?P<before>[A-Za-z]?\d+)_(?P<name>.+)|(?P<same>.+)\((?P<after>\w+)\)")
_MOST_CELLS = 100_000  # rows times columns of a matrix, beyond which a questionnaire is damaged


@dataclass(frozen=True)
class QuestionPlace:
    """The place of a column in the questionnaire."""

    key: str  # question (`QID12`)
    part: str = ""  # part of a side by side
    loop: str = ""  # loop of a loop and merge block
    items: tuple[str, ...] = ()  # numbers of the choice, or of the row and the choice
    extra: str = ""  # what the column holds beside: `TEXT`, `RANK`, `FIRST_CLICK`


def place_of_import(identifier: str) -> QuestionPlace | None:
    """Return the place of a column by its identifier; None for what is no answer (`startDate`)."""
    match = _IMPORT.fullmatch(identifier)
    if match is None:
        return None
    pieces = re.split("[-_]", match["tail"])[1:]
    count = next((place for place, each in enumerate(pieces) if not each.removeprefix("x").isdigit()), len(pieces))
    extra = "_".join(pieces[count:])
    return QuestionPlace(match["key"], match["part"] or "", match["loop"] or "", tuple(pieces[:count]), extra)


def places_by_name(survey: QualtricsSurvey) -> dict[str, QuestionPlace]:
    """Return every name that a column of a survey may have, with its place."""
    places: dict[str, QuestionPlace] = {}
    for key, question in survey.questions.items():
        for part, asked in {"": question, **question.parts}.items():
            # a part without a tag has that of the question and its number
            tagged = asked if asked.name or not part else replace(asked, name=f"{question.name}#{part}")
            for name, place in _names(tagged, QuestionPlace(key, part)):
                places.setdefault(name, place)
    return places


def place_of_name(name: str, places: Mapping[str, QuestionPlace]) -> QuestionPlace | None:
    """Return the place of a column by its name, `1_Q12` and `Q12(1)` being the first loop of `Q12`."""
    if name in places:
        return places[name]
    looped = _LOOPED.fullmatch(name)
    within = looped and places.get(looped["name"] or looped["same"])
    return replace(within, loop=looped["before"] or looped["after"]) if looped and within else None


def _names(question: QualtricsQuestion, place: QuestionPlace) -> Iterator[tuple[str, QuestionPlace]]:
    """Return the names that the columns of one question may have."""
    shape, tag = question.shape, question.name
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
                    yield f"{stem}_{answer}_TEXT", replace(of_choice, items=(number, answer), extra="TEXT")
            else:
                yield stem, of_choice
            yield f"{stem}_TEXT", replace(of_choice, extra="TEXT")


_UNNAMED = re.compile(r"V\d+")
_ITEM = re.compile(r"(?P<stem>.+)_(?P<item>-?\d+)")


@dataclass(frozen=True)
class ExportColumn:
    """One column of the export."""

    name: str  # as in the first line; where that says only `V1`, as in the second
    text: str  # the question, as the second line has it, without HTML
    field: ResponseField | None  # what Qualtrics wrote beside the answers, if it is that
    place: QuestionPlace | None  # its place in the questionnaire, where that is known
    question: QualtricsQuestion | None  # its question there, or its part of a side by side
    cells: NDArray[Any]  # its answers

    @property
    def is_text(self) -> bool:
        """True where, though it is named `_TEXT`, it is the answer itself: what was typed."""
        place, question = self.place, self.question
        typed = question is not None and (question.kind == "TE" or question.shape == "cells")
        return typed and place is not None and place.extra == "TEXT"

    @property
    def choices(self) -> Mapping[str, QualtricsChoice]:
        """The choices of which it holds the codes; none where it holds numbers, words or ticks."""
        place, question = self.place, self.question
        if place is None or question is None or place.extra:
            return {}
        if question.shape == "single" and not place.items:
            return question.choices
        return question.answers if question.shape == "rows" and len(place.items) == 1 else {}

    @property
    def holds_several(self) -> bool:
        """True where it holds all the answers to a question with several."""
        place, question = self.place, self.question
        return bool(place and question and question.shape == "several" and not place.items and not place.extra)


def columns_in(rows: Sequence[Sequence[str]], survey: QualtricsSurvey | None) -> list[ExportColumn]:
    """Return the columns of an export."""
    lines = header_lines(rows[:3]) or 1
    names = list(rows[0])
    texts = list(rows[1]) if lines > 1 else [""] * len(names)
    identifiers = [import_id(cell) for cell in rows[2]] if lines == 3 else [""] * len(names)
    names = [
        text if _UNNAMED.fullmatch(name) and field_of(text) else name for name, text in zip(names, texts, strict=True)
    ]
    places = {} if survey is None else places_by_name(survey)
    columns: list[ExportColumn] = []
    for name, cells in columns_of(names, [names, texts, identifiers, *rows[lines:]]).items():
        was, text, identifier = cells[:3]
        if lines == 3:
            field, place = field_of(identifier), place_of_import(identifier)
        else:
            place = place_of_name(was, places)
            field = field_of(was) if place is None and text in ("", was) else None
        asked = survey.questions.get(place.key) if place and survey else None
        question = asked.parts.get(place.part) if asked and place and place.part else asked
        columns.append(ExportColumn(name, strip_html(text), field, place, question, cells[3:]))
    return columns if survey is not None or lines != 2 else _guess_places(columns)


def _guess_places(columns: Sequence[ExportColumn]) -> list[ExportColumn]:
    """Give columns of an export of two lines without questionnaire a place: by name, `Q9_1` beside `Q9_2`."""
    # a column whose second line repeats its name is embedded data, no question
    placed = []
    for each in columns:
        item = _ITEM.fullmatch(each.name)
        is_question = each.field is None and each.text not in ("", each.name)
        place = QuestionPlace(item["stem"], items=(item["item"],)) if item else QuestionPlace(each.name)
        placed.append(replace(each, place=place if is_question else None))
    return placed


def item_labels(texts: Sequence[str]) -> tuple[str, list[str]]:
    """Return the question that the columns of one question share, and what each of them adds after a dash."""
    shared = shared_beginning(texts)
    cut = shared.rfind("-") + 1 if len(texts) > 1 else 0
    labels = [text[cut:].strip() for text in texts]
    if cut == 0 or not all(labels):
        return (texts[0] if len(texts) == 1 else ""), list(texts)
    return shared[:cut].rstrip(" -"), labels


def shared_beginning(words: Sequence[str]) -> str:
    """Return the letters with which all words begin."""
    first, last = min(words), max(words)
    unlike = (place for place, pair in enumerate(zip(first, last, strict=False)) if len(set(pair)) > 1)
    return first[: next(unlike, len(first))]
