"""Answers as KoboToolbox and ODK write them, as codes and ISO 8601 times."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from diplab.loaders.notices import WORDS, column_notice, count_notice
from diplab.loaders.questionnaire import FormColumns, number_wording, strip_markdown
from diplab.loaders.source import SourceFile, refused
from diplab.microdata.multiple_response import Responses
from diplab.microdata.variable import Storage, Variable
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from diplab.loaders.kobo.xlsform import ChoiceList, FormSource

_OFFSET = re.compile(r"(?<=\d)(?:Z|[+-]\d{2}:?\d{2})$")
_CLOCK = re.compile(r"\d{1,2}:\d{2}")
_NUMBER = re.compile(r"\d{1,10}(?:\.\d{1,9})?")
_SECONDS = (1_000_000_000, 5_000_000_000)
_DAYS = (10_000, 60_000)
_MOST_WORDS = 40


def language_of_answers(columns: Iterable[tuple[NDArray[Any], ChoiceList, bool]]) -> str:
    """Return the language in whose labels answers are written; nothing where they are codes."""
    # judged on all questions of a table together, since a label of one list may be a code of it
    hits: dict[str, int] = {"": 0}
    for words, choices, several in columns:
        distinct = {strip_markdown(word) for word in {*map(str, words)}} - {""}
        for language in dict.fromkeys(("", *(each for label in choices.labels.values() for each in label))):
            known = set(choices.codes_by_label(language)) if language else set(choices.labels)
            fitting = [
                word
                for word in distinct
                if word in known or (several and all(each in known for each in _cut(word, known)))
            ]
            hits[language] = hits.get(language, 0) + len(fitting)
    return max(hits, key=lambda language: hits[language])


def code_answers(words: NDArray[Any], choices: ChoiceList, language: str) -> tuple[NDArray[Any], int]:
    """Return answers as codes, and how many are in no list and stay as they were written."""
    known = {code: code for code in choices.labels}
    if language:
        known = {**known, **choices.codes_by_any_label(language)}
    code_of = {
        word: known.get(word.strip(), known.get(strip_markdown(word), "")) for word in dict.fromkeys(map(str, words))
    }
    strange = sum(bool(word.strip()) and not code_of[word] for word in map(str, words))
    return np.array([code_of[word] or word.strip() for word in map(str, words)], dtype=object), strange


def _cut(words: str, labels: Collection[str]) -> list[str]:
    """Return the labels of which a cell is made, the longest that fits first, and the words that are in none."""
    left = words.split()
    longest = min(max((len(label.split()) for label in labels), default=1), _MOST_WORDS)
    cuts: list[str] = []
    place = 0
    while place < len(left):
        for length in range(min(longest, len(left) - place), 0, -1):
            candidate = " ".join(left[place : place + length])
            if candidate in labels or length == 1:
                cuts.append(candidate)
                place += length
                break
    return cuts


def iso_times(words: NDArray[Any], storage: Storage) -> tuple[NDArray[Any], str]:
    """Return days and times as ISO 8601 in the clock of the device, and what was done to them."""
    cells = [str(word).strip() for word in words]
    answered = [word for word in cells if word]
    if answered and all(_NUMBER.fullmatch(word) for word in answered):
        low, high = _DAYS if storage == "date" else _SECONDS
        if storage != "time" and all(low <= float(word) <= high for word in answered):
            return np.array([_since_1970(word, storage) for word in cells], dtype=object), "numbers"
    bare = [_OFFSET.sub("", word) if _CLOCK.search(word) else word for word in cells]
    if storage == "date":
        bare = [word[:10] if _CLOCK.search(word) and word[:4].isdigit() else word for word in bare]
    return np.array(bare, dtype=object), "offset" if bare != cells else ""


def _since_1970(word: str, storage: Storage) -> str:
    if not word:
        return ""
    if storage == "date":
        return str(np.datetime64(int(float(word)), "D"))
    return str(np.datetime64(round(float(word) * 1000), "ms"))


_YES = {"1", "true", "1.0", "yes", "oui"}
_NO = {"0", "false", "0.0", "no", "non"}
_MARKS = "/_."
MOST_CHOICES = 1_000  # choices that a question with several answers may have: each becomes a column


@dataclass(kw_only=True)
class KoboColumns(FormColumns):
    """What has been made of a table so far."""

    source: SourceFile
    structure: FormSource
    language: str = ""  # in whose labels answers are written; empty where they are codes
    written: dict[str, str] = field(default_factory=dict)
    unlisted: dict[str, int] = field(default_factory=dict)  # rows whose cell holds what is in no list of the form
    disagreeing: dict[str, int] = field(default_factory=dict)  # rows whose cell of codes and columns of 0 and 1 differ
    clocks: dict[str, list[str]] = field(default_factory=dict)

    def notices(self) -> tuple[Text, ...]:
        """Return what was done to the answers."""
        language = (WORDS("kobo.labels", language=self.language),) if self.language else ()
        return (
            *language,
            *count_notice("kobo.unlisted", {name: count for name, count in self.unlisted.items() if count}),
            *count_notice("kobo.disagreeing", {name: count for name, count in self.disagreeing.items() if count}),
            *column_notice("kobo.offset", self.clocks.get("offset", ())),
            *column_notice("kobo.since_1970", self.clocks.get("numbers", ())),
        )

    def check_width(self, name: str, width: int) -> None:
        """Refuse a question of so many answers that they are no choices."""
        if width > MOST_CHOICES:
            raise refused(
                self.source,
                f"The answers to `{name}` hold {width:,} different words, and a question has at most "
                f"{MOST_CHOICES:,} choices.",
                "Export it with one column per choice, or correct its type in the form.",
            )


def add_select_multiple(
    made: KoboColumns,
    question: Variable,
    joined: NDArray[Any] | None,
    columns: Mapping[str, NDArray[Any]],
    choices: ChoiceList | None = None,
    *,
    names: Mapping[str, str] | None = None,
    labels: Mapping[str, Text] | None = None,
) -> None:
    """Add one column of 0 and 1 for each choice of a question, missing where the question was not answered."""
    boxes = {code: _ticked(cells) for code, cells in columns.items()}
    rows = len(joined) if joined is not None else max(map(len, boxes.values()), default=0)
    codes_of_rows = [] if joined is None else _codes_by_row(joined, choices, made.language)
    mentioned = dict.fromkeys(code for codes in codes_of_rows for code in codes)
    strange = set(mentioned) - set(choices.labels) if choices is not None else set()
    if boxes and choices is None and not set(mentioned) <= set(boxes):
        # Words that no column bears are labels that only the missing form could tell apart.
        mentioned, codes_of_rows = {}, []
    listed = choices.labels if choices is not None and not boxes else {}
    codes = list(dict.fromkeys((*boxes, *listed, *mentioned)))
    if not codes:
        # Nobody answered, and nothing says what could have been.
        made.add(question, np.full(rows, "", dtype=object))
        return
    made.check_width(question.name, len(codes))
    answered = _answered_rows(rows, joined, boxes)
    disagreeing = np.zeros(rows, dtype=bool)
    column_names = {code: (names or {}).get(code, f"{question.name}/{code}") for code in codes}
    known = choices.values(in_numbers=False) if choices is not None else (labels or {})
    box = replace(
        question,
        label=NOTHING,
        question=question.question or question.label,
        values={0: WORDS("answer.not_mentioned"), 1: WORDS("answer.mentioned")},
        measure="nominal",
        part_of=question.name,
    )
    for code, name in column_names.items():
        says = np.array([code in each for each in codes_of_rows] if codes_of_rows else [False] * rows, dtype=bool)
        has_box = boxes[code] != "" if code in boxes else np.zeros(rows, dtype=bool)
        ticked = np.where(has_box, boxes[code] == "1", says) if code in boxes else says
        disagreeing |= has_box & (ticked != says) if codes_of_rows else False
        cells = np.where(answered, np.where(ticked, "1", "0"), "").astype(object)
        made.add(replace(box, name=name, label=known.get(code) or Text.same(code)), cells)
    made.sets[question.name] = Responses(question.name, list(column_names.values()), label=question.label)
    made.disagreeing[question.name] = int(disagreeing.sum())
    made.unlisted[question.name] = sum(not strange.isdisjoint(codes) for codes in codes_of_rows)


def _codes_by_row(joined: NDArray[Any], choices: ChoiceList | None, language: str) -> list[list[str]]:
    """Return the codes of the choices that each cell holds, separated by spaces."""
    # where they are labels, which may hold spaces themselves, the longest label that fits is taken
    words = [str(cell) for cell in joined]
    codes = {word: word.split() for word in dict.fromkeys(words)}
    if choices is not None and language:
        labels = choices.codes_by_any_label(language)
        for word, parts in codes.items():
            if not all(part in choices.labels for part in parts):
                codes[word] = [labels.get(label, label) for label in _cut(strip_markdown(word), labels)]
    distinct = {word: list(dict.fromkeys(parts)) for word, parts in codes.items()}
    return [distinct[word] for word in words]


def _answered_rows(rows: int, joined: NDArray[Any] | None, boxes: Mapping[str, NDArray[Any]]) -> NDArray[np.bool_]:
    """Return the rows in which a question was answered: its cell, or a column of it, is not empty."""
    answered: NDArray[np.bool_] = np.zeros(rows, dtype=bool)
    for cells in boxes.values():
        answered |= cells == "1" if joined is not None else cells != ""
    if joined is not None:
        answered |= np.array([str(cell).strip() != "" for cell in joined], dtype=bool)
    return answered


def add_ranking(made: KoboColumns, question: Variable, joined: NDArray[Any], choices: ChoiceList | None) -> None:
    """Add one column for each place of a ranking, which holds the code of what was put there."""
    codes_of_rows = _codes_by_row(joined, choices, made.language)
    longest = max(map(len, codes_of_rows), default=1) or 1
    made.check_width(question.name, longest)
    names = [f"{question.name}/{place}" for place in range(1, longest + 1)]
    for place, name in enumerate(names):
        column = np.array([each[place] if place < len(each) else "" for each in codes_of_rows], dtype=object)
        in_numbers = choices is not None and choices.has_numbers and all(not w or w in choices.labels for w in column)
        ranked = replace(
            question,
            name=name,
            label=number_wording(WORDS("kobo.rank"), place + 1),
            values=choices.values(in_numbers=in_numbers) if choices is not None else {},
            measure="nominal",
            part_of=question.name,
        )
        made.add(ranked, column)
    made.sets[question.name] = Responses(question.name, names, label=question.label, kind="categories")


def find_select_multiple(columns: Mapping[str, NDArray[Any]]) -> dict[str, dict[str, str]]:
    """Return the questions with several answers that a table shows by itself: code by column, by question."""
    # a column of words is followed by columns of 0 and 1 under its name, with as many 1 as it has words
    names = list(columns)
    questions: dict[str, dict[str, str]] = {}
    for place, name in enumerate(names):
        following = _following(name, names[place + 1 :], columns)
        if len(following) < 2:
            continue
        words = np.array([len(str(cell).split()) for cell in columns[name]])
        ticked = np.sum([_ticked(columns[each]) == "1" for each in following], axis=0)
        if (words == ticked).all() and words.any():
            questions[name] = {each: each[len(name) + 1 :] for each in following}
    return questions


def _following(name: str, after: Sequence[str], columns: Mapping[str, NDArray[Any]]) -> list[str]:
    """Return the columns of 0 and 1 right after a column, under its name and one mark."""
    boxes: list[str] = []
    for each in after:
        mark = each[len(name) : len(name) + 1]
        same = not boxes or mark == boxes[0][len(name)]
        if not each.startswith(name) or mark not in _MARKS or not mark or not each[len(name) + 1 :] or not same:
            break
        if not set(_ticked(columns[each]).tolist()) <= {"", "0", "1"}:
            break
        boxes.append(each)
    return boxes


def _ticked(cells: NDArray[Any]) -> NDArray[Any]:
    """Return cells of a column of 0 and 1 as `0`, `1` and nothing; others as they are."""
    marks = {**dict.fromkeys(_YES, "1"), **dict.fromkeys(_NO, "0")}
    return np.array([marks.get(str(cell).strip().lower(), str(cell).strip()) for cell in cells], dtype=object)
