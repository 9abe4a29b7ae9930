"""Qualtrics exports: CSV or TSV with two or three header lines, and a questionnaire (`.qsf`)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from os.path import commonprefix
from typing import Any

import numpy as np
import pandas as pd

from diplab.kernel.arrays import Array, Booleans
from diplab.loaders.answers.numbers import NUMBER, number_codes
from diplab.loaders.notices import WORDS, column_notice, notice_if
from diplab.loaders.qualtrics.questionnaire import (
    QualtricsChoice,
    QualtricsQuestion,
    QualtricsSurvey,
    read_qsf,
)
from diplab.loaders.questionnaire import (
    FormColumns,
    distinct_words,
    grid_of,
    known_headings,
    strip_html,
    stripped,
    unrelated,
)
from diplab.loaders.source import Request, Rows, SourceFile, repeated_names
from diplab.loaders.text.recognition import header_lines, import_id
from diplab.loaders.text.records import columns_of
from diplab.microdata.codebook import Codebook
from diplab.microdata.display import join_wordings
from diplab.microdata.microdata import Microdata
from diplab.microdata.multiple_response import MOST_ANSWERS, split_answers, split_known
from diplab.microdata.search import all_wordings
from diplab.microdata.variable import Code, Measure, Storage, Variable, as_code
from diplab.reference.text import Text


@dataclass(frozen=True)
class ResponseField:
    """A column of response metadata that Qualtrics writes: when, how long, from where."""

    key: str  # of its label among the words of the loaders
    storage: Storage = "words"
    measure: Measure = "unknown"
    written: Mapping[str, str] = field(
        default_factory=dict
    )  # words that replace codes in exports of choice text
    personal: bool = False  # whether it says who answered, or where from

    def variable(self, name: str) -> Variable:
        """Return its variable."""
        values: dict[Code, Text] = {}
        for code, item in WORDS.section(f"qualtrics_{self.key}").items():
            values[int(code)] = item
        label = WORDS(f"qualtrics_column.{self.key}")
        return Variable(
            name, label=label, values=values, measure=self.measure, storage=self.storage
        )


def field_of(identifier: str) -> ResponseField | None:
    """Return what a column is by its identifier or name; None where it is an answer."""
    bare, known = identifier.strip().lower(), known_headings("qualtrics")
    entry = known.get(bare) or known.get(bare.removeprefix("panel-").removeprefix("location-"))
    if entry is None:
        return None
    return ResponseField(**entry)


_IMPORT = re.compile(
    r"(?:(?P<loop>[A-Za-z0-9]+)_)?(?P<key>QID\d+)(?:#(?P<part>\d+))?(?P<tail>(?:[-_][A-Za-z0-9]+)*)"
)
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
    """Return the place of a column by its identifier; None if it holds no answer (`startDate`)."""
    match = _IMPORT.fullmatch(identifier)
    if match is None:
        return None
    pieces = re.split("[-_]", match["tail"])[1:]
    count = next(
        (position for position, item in enumerate(pieces) if not item.removeprefix("x").isdigit()),
        len(pieces),
    )
    extra = "_".join(pieces[count:])
    return QuestionPlace(
        match["key"], match["part"] or "", match["loop"] or "", tuple(pieces[:count]), extra
    )


def places_by_name(survey: QualtricsSurvey) -> dict[str, QuestionPlace]:
    """Return every name that a column of a survey may have, with its place."""
    places: dict[str, QuestionPlace] = {}
    for key, question in survey.questions.items():
        for part, asked in {"": question, **question.parts}.items():
            # a part without a tag has that of the question and its number
            tagged = asked
            if part and not asked.name:
                tagged = replace(asked, name=f"{question.name}#{part}")
            for name, place in _names(tagged, QuestionPlace(key, part)):
                places.setdefault(name, place)
    return places


def place_of_name(name: str, places: Mapping[str, QuestionPlace]) -> QuestionPlace | None:
    """Return the place of a column by name; `1_Q12` and `Q12(1)` are the first loop of `Q12`."""
    if name in places:
        return places[name]
    looped = _LOOPED.fullmatch(name)
    within = looped and places.get(looped["name"] or looped["same"])
    if looped and within:
        return replace(within, loop=looped["before"] or looped["after"])
    return None


def _names(
    question: QualtricsQuestion, place: QuestionPlace
) -> Iterator[tuple[str, QuestionPlace]]:
    """Return the names that the columns of one question may have."""
    shape, tag = question.shape, question.name
    answers: Mapping[str, QualtricsChoice] = {}
    if len(question.answers) * len(question.choices) <= _MOST_CELLS:
        answers = question.answers
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
                    yield (
                        f"{stem}_{answer}_TEXT",
                        replace(of_choice, items=(number, answer), extra="TEXT"),
                    )
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
    cells: Array  # its answers

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
        if question.shape == "rows" and len(place.items) == 1:
            return question.answers
        return {}

    @property
    def holds_several(self) -> bool:
        """True where it holds all the answers to a question with several."""
        place, question = self.place, self.question
        return bool(
            place
            and question
            and question.shape == "several"
            and not place.items
            and not place.extra
        )


def columns_in(rows: Rows, survey: QualtricsSurvey | None) -> list[ExportColumn]:
    """Return the columns of an export."""
    lines = header_lines(rows[:3]) or 1
    names = list(rows[0])
    texts = list(rows[1]) if lines > 1 else [""] * len(names)
    identifiers = list(map(import_id, rows[2])) if lines == 3 else [""] * len(names)
    pairs = zip(names, texts, strict=True)
    names = [text if _UNNAMED.fullmatch(name) and field_of(text) else name for name, text in pairs]
    places = {}
    if survey is not None:
        places = places_by_name(survey)
    columns: list[ExportColumn] = []
    for name, cells in columns_of(names, [names, texts, identifiers, *rows[lines:]]).items():
        was, text, identifier = cells[:3]
        if lines == 3:
            field, place = field_of(identifier), place_of_import(identifier)
        else:
            place = place_of_name(was, places)
            field = None
            if place is None and text in ("", was):
                field = field_of(was)
        asked = survey.questions.get(place.key) if place and survey else None
        question = asked
        if asked and place and place.part:
            question = asked.parts.get(place.part)
        columns.append(ExportColumn(name, strip_html(text), field, place, question, cells[3:]))
    if survey is not None or lines != 2:
        return columns
    return _guess_places(columns)


def _guess_places(columns: Sequence[ExportColumn]) -> list[ExportColumn]:
    """Place columns of a two-line export without questionnaire by name (`Q9_1`, `Q9_2`)."""
    # a column whose second line repeats its name is embedded data, no question
    placed = []
    for column in columns:
        item = _ITEM.fullmatch(column.name)
        is_question = column.field is None and column.text not in ("", column.name)
        place = (
            QuestionPlace(item["stem"], items=(item["item"],))
            if item
            else QuestionPlace(column.name)
        )
        placed.append(replace(column, place=place if is_question else None))
    return placed


def item_labels(texts: Sequence[str]) -> tuple[str, list[str]]:
    """Return the question text that columns share, and what each of them adds after a dash."""
    shared = commonprefix(list(texts))  # noqa: RUF071 (letter by letter)
    cut = 0
    if len(texts) > 1:
        cut = shared.rfind("-") + 1
    labels = list[str]()
    for text in texts:
        labels.append(text[cut:].strip())
    if cut == 0 or not all(labels):
        return (texts[0] if len(texts) == 1 else ""), list(texts)
    return shared[:cut].rstrip(" -"), labels


SEEN = "seen but unanswered"
_UNANSWERED = -99
_EXACT_DIGITS = 15
_SCALES = {"Slider", "CS"}


def variable_of(column: ExportColumn, survey: QualtricsSurvey) -> Variable | None:
    """Return what a column means; None where the questionnaire does not have its question."""
    # in a loop, the question has the words of the loop where it shows them, otherwise the label
    # ends with them
    place, part = column.place, column.question
    if place is None or part is None:
        return None
    question = survey.questions[place.key]
    wording = (
        question.wording if part is question else join_wordings([question.wording, part.wording])
    )
    fields, bare = question.fields.get(place.loop, {}), _label_of(column, place, part, wording)
    label, text = _in_loop(bare, fields), _in_loop(wording, fields)
    if place.loop and label == bare and text == wording:
        label = join_wordings([label, fields.get("1") or Text.same(place.loop)])
    beside = bool(place.extra) and not column.is_text
    choices = column.choices
    codes = codes_of(choices)
    missing = {}
    for item, choice in choices.items():
        if choice.excluded:
            missing[codes[item]] = choice.label.en
    if (
        part.low > _UNANSWERED
        and _UNANSWERED not in codes.values()
        and part.kind not in ("DB", "Timing")
    ):
        missing[_UNANSWERED] = SEEN
    return Variable(
        column.name,
        label=label,
        question=text,
        values=_values(choices, codes, missing),
        measure="unknown" if beside else _measure(part, list(codes.values())),
        missing=missing,
        group=question.group,
        part_of=question.name if place.items or place.loop or place.part or beside else "",
    )


def _label_of(
    column: ExportColumn, place: QuestionPlace, question: QualtricsQuestion, text: Text
) -> Text:
    """Return the label of a column: its row, its choice, what it holds beside.

    The question where it has none.
    """
    first = None
    if place.items:
        first = question.choices.get(place.items[0])
    second = None
    if len(place.items) > 1:
        second = question.answers.get(place.items[1])
    pieces = list[Text]()
    for item in (first, second):
        if item is not None and item.label:
            pieces.append(item.label)
    if place.part and pieces:
        pieces.append(question.wording)
    if place.extra and not column.is_text:
        other = Text.same(place.extra.lower().replace("_", " "))
        pieces = [*(pieces or [text]), WORDS.section("qualtrics_extra").get(place.extra, other)]
    if pieces:
        return join_wordings(pieces)
    return text


def codes_of(choices: Mapping[str, QualtricsChoice]) -> dict[str, Code]:
    """Return the code of each choice: numbers, or words if any of them is not a number."""
    words = {}
    for item, choice in choices.items():
        words[item] = choice.code
    if all(
        NUMBER.fullmatch(word) and sum(map(str.isdigit, word)) <= _EXACT_DIGITS
        for word in words.values()
    ):
        codes: dict[str, Code] = {}
        for item, word in words.items():
            codes[item] = as_code(float(word))
        return codes
    return {**words}


def _values(
    choices: Mapping[str, QualtricsChoice], codes: Mapping[str, Code], missing: Mapping[Code, str]
) -> dict[Code, Text]:
    """Return the labels of answers; where two choices were given one code, both."""
    values: dict[Code, Text] = {}
    for item, choice in choices.items():
        code = codes[item]
        if code not in missing:
            values[code] = (
                join_wordings([values[code], choice.label], " / ")
                if code in values
                else choice.label
            )
    return values


def _measure(question: QualtricsQuestion, codes: list[Code]) -> Measure:
    if question.kind in _SCALES or question.selector == "NPS":
        return "scale"
    if question.kind == "RO":
        return "ordinal"
    scale = (question.selector, question.subselector) == (
        "Likert",
        "SingleAnswer",
    ) or question.selector == "Bipolar"
    if question.shape == "rows" and scale and len(codes) > 2:
        numbers = number_codes(codes)
        steps = set()
        for first, second in pairwise(numbers):
            steps.add(first < second)
        if len(numbers) == len(codes) and len(steps) == 1:
            return "ordinal"
        return "nominal"
    if question.shape in ("single", "several", "rows", "boxes"):
        return "nominal"
    return "unknown"


def _in_loop(text: Text, fields: Mapping[str, Text]) -> Text:
    """Return a wording with the values of the loop in place of its fields (`${lm://Field/1}`)."""
    for number, words in fields.items():
        mark = f"${{lm://Field/{number}}}"
        others = tuple((tag, wording.replace(mark, words.en)) for tag, wording in text.others)
        text = Text(text.fr.replace(mark, words.fr), text.en.replace(mark, words.en), others=others)
    return text


UNANSWERED = (
    "-99"  # what Qualtrics writes, where it is asked to, for a question seen and not answered
)
_NOT_TICKED = ("", "0", UNANSWERED)


def holds_labels(columns: Sequence[ExportColumn]) -> bool:
    """Return whether an export holds labels of choices (`choice text`), not their codes."""
    # one column is enough: it holds a label, and something that is not a code
    for column in columns:
        choices = column.choices
        words = distinct_words(column.cells) - {"", UNANSWERED}
        if choices and not words <= {choice.code for choice in choices.values()}:
            by_label = _by_label(choices)
            if any(strip_html(word) in by_label for word in words):
                return True
    return False


def as_codes(cells: Array, choices: Mapping[str, QualtricsChoice]) -> Array | None:
    """Return cells of labels as codes; None where some answers are none of the choices."""
    places, words = pd.factorize(cells)
    by_label = _by_label(choices)
    own = {"", UNANSWERED, *(choice.code for choice in choices.values())}
    codes = list[str]()
    for word in map(str, words):
        codes.append(by_label.get(strip_html(word), word.strip()))
    known = all(code in own or NUMBER.fullmatch(code) for code in codes)
    if known:
        return np.array(codes, dtype=object)[places]
    return None


def _by_label(choices: Mapping[str, QualtricsChoice]) -> dict[str, str]:
    """Return the code of each label: wordings in all languages, and names given for exports."""
    codes: dict[str, str] = {}
    for choice in choices.values():
        for words in filter(None, (choice.name, *all_wordings(choice.label))):
            codes.setdefault(words, choice.code)
    return codes


def ticks(columns: Sequence[Array]) -> tuple[Booleans, Booleans]:
    """Return which boxes are ticked, and who saw the question by what the file says (0, or -99)."""
    cells = np.array([*map(stripped, columns)], dtype=object).T
    return ~np.isin(cells, _NOT_TICKED), np.asarray(
        np.isin(cells, ("0", UNANSWERED)).any(axis=1), dtype=bool
    )


def are_boxes(columns: Sequence[ExportColumn], labels: Sequence[str]) -> bool:
    """Return whether the columns of a question without questionnaire are check boxes."""
    # each holds only 1 or its own label, and some row has a box ticked and another not, unlike a
    # matrix
    if len(columns) < 2:
        return False
    for column, label in zip(columns, labels, strict=True):
        words = distinct_words(column.cells) - set(_NOT_TICKED)
        if words - {"1"} and set(map(strip_html, words)) != {label}:
            return False
    ticked, _ = ticks([column.cells for column in columns])
    return bool((ticked.any(axis=1) & ~ticked.all(axis=1)).any())


def split_choices(
    cells: Array, choices: Mapping[str, QualtricsChoice]
) -> tuple[Booleans, Booleans] | None:
    """Return the choices in each cell of several (`1,3,5`, or labels), and who saw the question."""
    # none where a cell holds something else
    bare = np.array([strip_html(str(cell)) for cell in cells], dtype=object)
    own = {}
    for choice in choices.values():
        own[choice.code] = choice.code
    for known in (own, own | _by_label(choices)):
        seen = np.isin(bare, ("0", UNANSWERED)) & ~np.isin(bare, list(known))
        answers = np.where(seen, "", bare)
        if all(split_known(word, ",", known) is not None for word in pd.unique(answers) if word):
            labels, ticked = split_answers(answers, ",", list(known))
            codes = np.array([known[label] for label in labels], dtype=object)
            boxes = [ticked[:, codes == choice.code].any(axis=1) for choice in choices.values()]
            return np.array(boxes, dtype=bool).T, seen
    return None


def _make_boxes(form: FormColumns, columns: Sequence[ExportColumn], label: Text) -> None:
    """Make columns that are there the boxes of one question."""
    names = list[str]()
    for column in columns:
        names.append(column.name)
    for name in names:
        form.variables[name] = replace(form.variables[name], missing={}, storage="whole")
    stems = set()
    for name in names:
        stems.add(name.rpartition("_")[0])
    beginning = commonprefix(names)  # noqa: RUF071 (letter by letter)
    stem = stems.pop() if len(stems) == 1 else beginning.rstrip("_-#: ")
    own = stem
    if not stem or stem in form.sets:
        own = f"{names[0]} ({len(names)})"
    form.make_boxes(own, names, label, *ticks([column.cells for column in columns]))


def _grouped(columns: Sequence[ExportColumn], *, rows: bool) -> list[list[ExportColumn]]:
    """Return the columns that are items of one question, or of one row of a matrix."""
    groups: defaultdict[tuple[Any, ...], list[ExportColumn]] = defaultdict(list)
    for column in columns:
        place = column.place
        if place is not None and place.items and not place.extra:
            above = place.items[:-1] if rows else ()
            groups[place.key, place.part, place.loop, above].append(column)
    return list(groups.values())


def _add_columns(
    form: FormColumns,
    columns: Sequence[ExportColumn],
    survey: QualtricsSurvey | None,
    codebook: Codebook | None,
) -> None:
    labels = survey is not None and holds_labels(columns)
    worded = _variables_of_header(columns) if survey is None else {}
    for column in columns:
        if column.field is not None:
            # codes in the place of words of exports of choice text: `True`, `Imported`
            written = column.field.written
            cells = (
                [written.get(str(cell).strip(), cell) for cell in column.cells]
                if written
                else column.cells
            )
            form.add(column.field.variable(column.name), np.array(cells, dtype=object))
        elif survey is None:
            _add_answers(form, column, worded[column.name], codebook)
        else:
            _add_known(form, column, variable_of(column, survey), labels=labels)
    for group in _grouped(columns, rows=True):
        shared, items = item_labels([item.text for item in group])
        guessed = None
        if survey is None and are_boxes(group, items):
            guessed = Text.same(shared)
        label = guessed
        if survey is not None:
            label = _label_in_survey(group)
        if label is not None:
            _make_boxes(form, group, label)


def _add_known(
    form: FormColumns, column: ExportColumn, variable: Variable | None, *, labels: bool
) -> None:
    """Append a column, as boxes where it holds all the answers to a question with several."""
    if variable is None:
        text = Text.same(column.text if column.text != column.name else "")
        form.add(Variable(column.name, label=text, question=text), column.cells)
        return
    asked = column.question.choices if column.question and column.holds_several else {}
    split = None
    if 0 < len(asked) <= MOST_ANSWERS:
        split = split_choices(column.cells, asked)
    if split is not None:
        codes = list[str]()
        for choice in asked.values():
            codes.append(choice.code)
        ends = codes
        if len(set(codes)) != len(codes):
            ends = list(asked)
        boxes = list[Text]()
        for choice in asked.values():
            boxes.append(choice.label)
        form.add_boxes(replace(variable, missing={}), boxes, split[0], seen=split[1], suffixes=ends)
        return
    cells = as_codes(column.cells, column.choices) if labels else column.cells
    if cells is None or column.holds_several:
        form.doubtful.append(column.name)
        variable = replace(variable, values={}, storage="words")
    form.add(variable, column.cells if cells is None else cells)


def _label_in_survey(group: Sequence[ExportColumn]) -> Text | None:
    """Return what the boxes of one question, or of one row of a matrix, are about.

    None for columns of another kind.
    """
    place, question = group[0].place, group[0].question
    if (
        place is None
        or question is None
        or {"several": 1, "boxes": 2}.get(question.shape) != len(place.items)
    ):
        return None
    row = None
    if len(place.items) > 1:
        row = question.choices.get(place.items[0])
    if row is None:
        return question.wording
    return join_wordings([row.label, question.wording])


def _variables_of_header(columns: Sequence[ExportColumn]) -> Mapping[str, Variable]:
    """Return variables with what the second header line says of them."""
    variables: dict[str, Variable] = {}
    for item in columns:
        text = Text.same(item.text)
        missing: dict[Code, str] = {}
        if item.place is not None:
            missing = {_UNANSWERED: SEEN}
        variables[item.name] = Variable(item.name, label=text, question=text, missing=missing)
    for group in _grouped(columns, rows=False):
        shared, labels = item_labels([item.text for item in group])
        for column, label in zip(group, labels, strict=True):
            if len(group) > 1 and column.place is not None:
                stem = column.name.rpartition("_")[0] or column.place.key
                own = replace(
                    variables[column.name], label=Text.same(label), question=Text.same(shared)
                )
                variables[column.name] = replace(own, part_of=stem)
    return variables


def _add_answers(
    form: FormColumns, column: ExportColumn, variable: Variable, codebook: Codebook | None
) -> None:
    """Put a column at the end, as boxes where its cells hold several answers."""
    # codes between commas are several answers where the identifier says that nothing was typed
    # there
    place = column.place
    if place is None or place.items or place.extra:
        form.add(variable, column.cells)
        return
    cells = stripped(column.cells)
    seen = np.isin(cells, ("0", UNANSWERED))
    answers = np.where(seen, "", cells)
    codes = set()
    for word in set(answers) - {""}:
        for piece in word.split(","):
            codes.add(piece)
    several = (
        len(codes) <= MOST_ANSWERS
        and all(map(str.isdecimal, codes))
        and sum("," in word for word in answers) > 2
    )
    described = (
        codebook is not None and variable.name in codebook and variable.name not in codebook.sets
    )
    if several and place.key.startswith("QID") and not described:
        labels, ticked = split_answers(answers, ",")
        order = sorted(range(len(labels)), key=lambda place: (len(labels[place]), labels[place]))
        ends = [labels[place] for place in order]
        unmarked = replace(variable, missing={})
        form.add_boxes(
            unmarked, list(map(Text.same, ends)), ticked[:, order], seen=seen, suffixes=ends
        )
    else:
        form.add_split(variable, column.cells, codebook, (",",), seen)


_NO_RESPONDENT = ["1", "2", "9", "17", "Survey Preview", "Survey Test"]


def read_qualtrics(source: SourceFile, request: Request) -> Microdata:
    """Read a Qualtrics export, with a questionnaire (`.qsf`, given or found by name) or without."""
    # a question with several answers is a set of columns of 1 and 0: all missing where none is
    # ticked, unless -99 or 0 says that the question was seen. In other questions -99 is missing,
    # "seen but unanswered"
    path = request.structure or source.path.with_suffix(".qsf")
    survey = None
    if request.structure is not None or path.is_file():
        survey = read_qsf(path)
    grid = grid_of(source, request)
    columns = columns_in(grid.rows, survey)
    if survey is not None and not any(column.question for column in columns):
        raise unrelated(source, path.name)
    duplicates = list[str]()
    for name in repeated_names(grid.rows[0]):
        if name.strip():
            duplicates.append(name)
    personal = list[str]()
    for column in columns:
        if column.field and column.field.personal:
            personal.append(column.name)
    status = next(
        (column.cells.astype(str) for column in columns if column.field == field_of("Status")),
        np.array([], str),
    )
    previews = int(np.isin(status, _NO_RESPONDENT).sum())
    form = FormColumns(
        notices=[*grid.notices, *column_notice("qualtrics.duplicate_names", duplicates)]
    )
    form.notices += notice_if(previews, "qualtrics.previews", count=previews, rows=len(status))
    _add_columns(form, columns, survey, request.codebook)
    form.leave_out(source, request, personal)
    left = "qualtrics.unknown_answers"
    if survey is None:
        left = "multi_select.doubtful"
    form.notices += column_notice(left, form.doubtful)
    rank = {name: position for position, name in enumerate(form.cells)}
    form.sets = dict(sorted(form.sets.items(), key=lambda item: rank[item[1].columns[0]]))
    reader = f"Qualtrics, {grid.written}" + (f", questionnaire `{path.name}`" if survey else "")
    return form.microdata(source, request, reader, comma=grid.comma, questionnaire=survey)
