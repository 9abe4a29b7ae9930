"""Cells of a LimeSurvey export turned into codes: labels into the codes they stand for, ticks into 1 and 0."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from diplab.loaders.limesurvey.types import NOT_SHOWN, OTHER
from diplab.loaders.limesurvey.words import folded, written_as
from diplab.loaders.numbers import NUMBER
from diplab.loaders.source import refused
from diplab.loaders.wording import plain_words
from diplab.microdata.variable import Variable, code_written, is_short
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from diplab.loaders.limesurvey.headers import Heading
    from diplab.loaders.limesurvey.types import Column
    from diplab.loaders.source import SourceFile

__all__ = ["coded_answers", "not_asked"]

_KEYS = {"Y": "yes", "N": "no", "U": "uncertain", "I": "increase", "S": "same", "D": "decrease"}
_GENDER = {"F": "female", "M": "male"}
_CONVERTED = {
    "Y": {"1": "Y", "2": "N"},
    "G": {"1": "F", "2": "M"},
    "C": {"1": "Y", "2": "N", "3": "U"},
    "E": {"1": "I", "2": "S", "3": "D"},
}
"""How exports for SPSS and R, and those told to convert Y and N, write LimeSurvey's own answers."""

_TICKED = frozenset({"y", "1"})
_BLANK = frozenset({"n", "0", "2"})

_BOXES = Text(
    "Questions à choix multiple : une case vide vaut 0 si la personne a coché une case de la question ou écrit "
    "« autre » ; sinon rien ne dit que la question lui a été posée, et toutes ses cases sont manquantes.",
    "Multiple choice: an empty box is 0 where the person ticked a box of the question, or wrote something under "
    "“other”; elsewhere nothing says that the question was asked, and all its boxes are missing.",
)


def coded_answers(
    source: SourceFile,
    found: Sequence[Heading],
    cells: Mapping[str, NDArray[Any]],
    *,
    shown: bool = False,
) -> tuple[dict[str, NDArray[Any]], list[Text]]:
    """Return the cells of a file as codes, and what a reader should know of them.

    Lists and arrays may hold codes or labels, in any language of the survey; the file decides, column by column. A
    label becomes the code that it stands for. A code that the questionnaire does not have is kept, and told; a label
    that it does not have is refused, for nothing says what it stands for.

    A box of a multiple choice is 1 where it is ticked. LimeSurvey exports a box that was not ticked as an empty cell,
    like a question that was never asked: it is 0 where the person ticked another box of the question or wrote
    something under "other", and missing elsewhere. Where the file tells the two apart (labels: `No` and `N/A`; codes
    converted to 1 and 2; archives), what it says is followed.

    Parameters
    ----------
    source : SourceFile
        The file, for errors.
    found : sequence of Heading
        What each column is.
    cells : mapping of str to array of str
        Cells as written, by name of column.
    shown : bool
        True where the cells themselves tell a question that was not shown (`{question_not_shown}`) from one that
        was left blank.

    Raises
    ------
    LoadError
        Where a label stands for no answer, or for two, and where a box holds neither a tick nor its absence.
    """
    coded = dict(cells)
    known = {each.name: each.column for each in found if each.column is not None}
    choices = {name: column for name, column in known.items() if column.role == "choice"}
    unknown: dict[str, list[str]] = {}
    labelled = any(_is_labelled(cells[name], column) for name, column in choices.items())
    for name, column in choices.items():
        coded[name] = _codes(source, name, cells[name], column, labelled=labelled, unknown=unknown)
    boxes = {name: column for name, column in known.items() if column.role == "box"}
    ticks = {name: _ticks(source, name, cells[name]) for name in boxes}
    explicit = shown or any(np.isin(each, ["0", NOT_SHOWN]).any() for each in ticks.values())
    for code in dict.fromkeys(column.question.code for column in boxes.values()):
        members = [name for name, column in boxes.items() if column.question.code == code]
        words = [name for name, each in known.items() if each.question.code == code and name not in boxes]
        seen = _seen([ticks[name] for name in members], [cells[name] for name in words])
        for name in members:
            blank = ticks[name] == ""
            if shown or not explicit:
                coded[name] = np.where(blank & (shown | seen), "0", ticks[name])
            else:
                coded[name] = ticks[name]
    notices = [_not_known(name, words) for name, words in unknown.items()]
    if boxes and not explicit:
        notices.append(_BOXES)
    return coded, notices


def not_asked(cells: NDArray[Any], variable: Variable) -> tuple[NDArray[Any], Variable]:
    """Return cells in which a question that was not put to a respondent has a code of its own, and the variable.

    The code is -9, or -99, -999... where that is an answer: a number among numbers and words among words, so that
    SPSS can hold it. Moments have no such code; there the cell is empty.

    Examples
    --------
    >>> cells, hours = not_asked(np.array(["35", NOT_SHOWN], dtype=object), Variable("hours"))
    >>> cells.tolist(), hours.missing
    (['35', '-9'], {-9: 'not asked'})
    """
    gone = cells == NOT_SHOWN
    if not gone.any():
        return cells, variable
    if variable.storage == "moment":
        return np.where(gone, "", cells), variable
    held = {str(each).strip() for each in pd.unique(cells[~gone])} - {""}
    held |= {code_written(code) for code in variable.values}
    code = next(code for code in ("-" + "9" * length for length in count(1)) if code not in held)
    numbers = variable.storage != "words" and all(NUMBER.fullmatch(word) for word in held)
    missing = {**variable.missing, (int(code) if numbers else code): "not asked"}
    return np.where(gone, code, cells), replace(variable, missing=missing)


def _seen(boxes: list[NDArray[Any]], words: list[NDArray[Any]]) -> NDArray[np.bool_]:
    """Return where a person ticked one of the boxes of a question, or wrote something beside them."""
    ticked = np.logical_or.reduce([each == "1" for each in boxes])
    if not words:
        return np.asarray(ticked)
    wrote = np.logical_or.reduce([(each != "") & (each != NOT_SHOWN) for each in words])
    return np.asarray(ticked | wrote)


def _ticks(source: SourceFile, name: str, cells: NDArray[Any]) -> NDArray[Any]:
    """Return the cells of a box as `1`, `0`, empty, or not shown."""
    places, distinct = pd.factorize(cells)
    coded: list[str] = []
    for word in distinct:
        said = folded(str(word))
        if said in _TICKED or said in written_as("yes"):
            coded.append("1")
        elif said in _BLANK or said in written_as("no"):
            coded.append("0")
        elif said == "":
            coded.append("")
        elif str(word) == NOT_SHOWN or said in written_as("not_shown"):
            coded.append(NOT_SHOWN)
        else:
            raise refused(
                source,
                f"Its column `{name}` is a box of a multiple choice, and holds `{str(word)[:60]}`.",
                "Export the answers as codes, or give the structure (.lss) of this very survey.",
            )
    return np.array(coded, dtype=object)[places] if coded else cells


def _codes(
    source: SourceFile,
    name: str,
    cells: NDArray[Any],
    column: Column,
    *,
    labelled: bool,
    unknown: dict[str, list[str]],
) -> NDArray[Any]:
    """Return the cells of one choice as codes."""
    places, distinct = pd.factorize(cells)
    words = [str(word).strip() for word in distinct]
    codes = {code_written(code) for code in column.variable.values}
    labels = _labels(column)
    answered = [word for word in words if word and word != NOT_SHOWN and not _is_not_asked(word, column)]
    converted = _CONVERTED.get(column.question.kind, {})
    if not set(answered) <= set(converted):
        converted = {}
    all_codes, all_labels = set(answered) <= codes, all(_folded(word) in labels for word in answered)
    by_label = labelled and (all_labels or not all_codes)
    meant: dict[str, str] = {}
    for word in answered:
        if word in converted:
            meant[word] = converted[word]
        elif by_label:
            meant[word] = _of_label(source, name, word, labels, codes)
        else:
            meant[word] = word
            if word not in codes:
                unknown.setdefault(name, []).append(word)
    blank = {word: "" for word in words if word not in meant and word != NOT_SHOWN}
    coded = [{**meant, **blank}.get(word, word) for word in words]
    return np.array(coded, dtype=object)[places] if coded else cells


def _is_labelled(cells: NDArray[Any], column: Column) -> bool:
    """Return whether a choice holds something that can only be a label."""
    codes = {code_written(code) for code in column.variable.values}
    labels = _labels(column)
    return any(
        _folded(word) in labels
        for word in (str(each).strip() for each in pd.unique(cells))
        if word and word not in codes and not _is_not_asked(word, column)
    )


def _of_label(
    source: SourceFile, name: str, word: str, labels: Mapping[str, list[str]], codes: set[str]
) -> str:
    """Return the one code that a label stands for."""
    meant = labels.get(_folded(word), [])
    if len(meant) == 1:
        return meant[0]
    if not meant and word in codes:
        return word
    if meant:
        shown = ", ".join(f"`{code}`" for code in meant)
        found = f"Its column `{name}` holds the label `{word[:60]}`, which several answers share: {shown}."
    else:
        held = f"`{word}`" if is_short(word) else f"an answer of {len(word):,} letters"
        found = f"Its column `{name}` holds {held}, which is no answer of this question."
    raise refused(
        source, found, "Export the answers as codes, or give the structure (.lss) of this very survey."
    )


def _labels(column: Column) -> dict[str, list[str]]:
    """Return the codes that each label stands for, in every language of the survey."""
    found: dict[str, list[str]] = {}
    for code, label in column.variable.values.items():
        forms = {label.fr, label.en, *(words for _, words in label.others)}
        said = {_folded(form) for form in forms if form}
        key = _GENDER.get(str(code)) if column.question.kind == "G" else _KEYS.get(str(code))
        if code == OTHER:
            said |= written_as("other")
        elif key and column.question.kind in "YGCE":
            said |= written_as(key)
        for form in said:
            found.setdefault(form, []).append(code_written(code))
    if OTHER in column.variable.values:
        # An answer that the survey calls "other" itself comes before LimeSurvey's own.
        found = {form: [code for code in codes if code != OTHER] or codes for form, codes in found.items()}
    return found


def _is_not_asked(word: str, column: Column) -> bool:
    return column.question.kind in "YG" and folded(word) in written_as("not_shown")


def _folded(words: str) -> str:
    return folded(plain_words(words))


def _not_known(name: str, words: list[str]) -> Text:
    shown = ", ".join(f"`{word[:40]}`" for word in words[:5])
    return Text(
        f"`{name}` contient des codes que le questionnaire n’a pas : {shown}.",
        f"`{name}` holds codes that the questionnaire does not have: {shown}.",
    )
