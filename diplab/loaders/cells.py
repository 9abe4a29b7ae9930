"""Cells of text turned into answers: numbers, words, moments, and the codes that stand for no answer.

Every format that comes as text (CSV, Excel, LimeSurvey, Qualtrics, Kobo, forms) ends here: its loader says which
columns there are and what they mean, and `microdata_of_cells` does the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from diplab.loaders.dialect import NUMBER, NUMBER_WITH_COMMA
from diplab.loaders.missing import SYSTEM
from diplab.loaders.overlay import completed, described, synthetic
from diplab.loaders.source import unknown_columns
from diplab.microdata.microdata import Microdata
from diplab.microdata.missing_codes import MissingCodes
from diplab.microdata.variable import Variable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from diplab.loaders.request import Request
    from diplab.loaders.source import SourceFile
    from diplab.microdata.codebook import Codebook
    from diplab.microdata.microdata import Link
    from diplab.microdata.variable import Code
    from diplab.reference.text import Text

__all__ = ["Answers", "answers_in", "microdata_of_answers", "microdata_of_cells", "words_of"]

_NO_NUMBER = {"NA", "NaN", "nan", "."}
"""What R, Python and Stata write for no number; in a column of words these stay words."""

_EXACT_DIGITS = 15
_FEW = 60


@dataclass(frozen=True)
class Answers:
    """One column, read.

    Parameters
    ----------
    column : pandas.Series
        Its answers; missing ones are NaN (NaT).
    reasons : mapping of str to int
        Missing answers by reason.
    missing : MissingCodes or None
        The missing code in each cell, where there is one.
    comma : bool
        True where its numbers have a decimal comma.
    """

    column: pd.Series[Any]
    reasons: Mapping[str, int]
    missing: MissingCodes | None
    comma: bool = False


def microdata_of_cells(
    source: SourceFile,
    request: Request,
    cells: Mapping[str, NDArray[Any]],
    found: Codebook,
    *,
    reader: str,
    comma: bool = False,
    notices: tuple[Text, ...] = (),
    linked: Mapping[str, Link] | None = None,
) -> Microdata:
    """Return microdata from columns of text and what the file says of them.

    Parameters
    ----------
    source : SourceFile
        The file.
    request : Request
        Columns and rows asked for, codebook to lay over what is found.
    cells : mapping of str to array of str, shape (rows,)
        All columns of the file in its order, as written; `""` where empty. The rows asked for are taken here.
    found : Codebook
        Variables (those not named are plain), sets, title and languages as the file says. The `storage` of a
        variable decides what its cells are; where it is empty, the cells do.
    reader : str
        What read it, for `Origin.reader`.
    comma : bool
        True where a decimal comma is understood.
    notices : tuple of Text
        For `Origin.notices`.
    linked : mapping of str to Link, optional
        Tables that hang on this one.

    Raises
    ------
    ColumnError
        Where a column asked for is not in the file.
    """
    names = list(cells)
    if request.columns is not None and not set(request.columns) <= set(names):
        raise unknown_columns(source, request.columns, names)
    chosen = names if request.columns is None else list(request.columns)
    known = described(
        {name: found.variables.get(name, Variable(name)) for name in chosen}, request.codebook, source
    )
    taken = slice(None) if request.rows is None else slice(request.rows.start, request.rows.stop)
    answers = {name: answers_in(cells[name][taken], known[name], comma=comma) for name in chosen}
    decimal = ", decimal comma" if any(each.comma for each in answers.values()) else ""
    origin = replace(
        found.origin, file=source.path.name, sha256=source.sha256, reader=reader + decimal, notices=notices
    )
    codebook = replace(
        completed(found, request.codebook, chosen),
        variables=known,
        origin=replace(origin, synthetic=synthetic(found, request.codebook)),
        reasons={name: each.reasons for name, each in answers.items() if each.reasons},
    )
    return microdata_of_answers(answers, codebook, linked)


def microdata_of_answers(
    answers: Mapping[str, Answers], codebook: Codebook, linked: Mapping[str, Link] | None = None
) -> Microdata:
    """Return microdata from columns that were read."""
    # Kept as they are, a million answers are not copied; of many columns pandas makes one block, or warns later.
    columns = {name: each.column for name, each in answers.items()}
    frame = pd.DataFrame(columns, copy=len(columns) > _FEW)
    missing = {name: each.missing for name, each in answers.items() if each.missing is not None}
    return Microdata(frame, codebook, missing, linked or {})


def answers_in(cells: NDArray[Any], variable: Variable, *, comma: bool) -> Answers:
    """Return a column of text as answers.

    Parameters
    ----------
    cells : array of str, shape (rows,)
        As written.
    variable : Variable
        Its storage, its answers, its missing codes.
    comma : bool
        True where a decimal comma is understood.

    Examples
    --------
    >>> age = Variable("age", missing={99: "refused"})
    >>> read = answers_in(np.array(["31", "99", ""], dtype=object), age, comma=False)
    >>> read.column.tolist(), read.reasons, read.missing.codes
    ([31.0, nan, nan], {'refused': 1, 'system': 1}, (99,))
    """
    places, distinct = pd.factorize(cells)
    bare = np.array([str(word).strip() for word in distinct], dtype=object)
    numbers, with_comma = _numbers(bare, comma=comma)
    empty = bare == ""
    codes = _codes(bare, numbers, variable)
    declared = np.array([code is not None for code in codes], dtype=bool)
    missing = _missing(codes, places)
    reasons = {} if missing is None else dict(missing.reasons(variable))
    answered = ~(declared | empty)
    numeric = answered & ~np.isin(bare.astype(str), list(_NO_NUMBER))
    if _is_words(variable) or not _all_numbers(bare, numbers, with_comma, numeric):
        stored = _stored(np.where(answered, distinct, ""), variable)
        return Answers(
            stored.take(places).reset_index(drop=True),
            _with_system(reasons, int(empty[places].sum())),
            missing,
        )
    values = np.where(numeric, numbers, np.nan)
    gone = int((np.isnan(values) & ~declared)[places].sum())
    column = values[places]
    if variable.storage in ("", "whole") and len(bare) and numeric.all() and _all_whole(bare):
        column = column.astype(np.int64)
    elif variable.storage == "boolean" and not np.isnan(column).any():
        column = column.astype(bool)
    return Answers(
        pd.Series(column), _with_system(reasons, gone), missing, bool((with_comma & numeric).any())
    )


def words_of(values: NDArray[Any]) -> pd.Series[str]:
    """Return words as a pandas column of text, the empty ones missing."""
    blank = np.array([not word for word in values], dtype=bool)
    return pd.Series(np.where(blank, np.nan, values), dtype=pd.StringDtype(na_value=np.nan))


def _is_words(variable: Variable) -> bool:
    return variable.storage in ("words", "date", "moment", "time") or (
        not variable.storage and any(isinstance(code, str) for code in variable.values)
    )


def _stored(words: NDArray[Any], variable: Variable) -> pd.Series[Any]:
    """Return distinct words as the variable stores them; moments that cannot be read leave all as words."""
    if variable.storage in ("date", "moment"):
        moments = pd.to_datetime(pd.Series(words).replace("", None), format="ISO8601", errors="coerce")
        if not (moments.isna() & (words != "")).any():
            return moments.astype("datetime64[us]")
    return words_of(words)


def _numbers(words: NDArray[Any], *, comma: bool) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the number that each word writes (NaN for none), and which of them have a decimal comma."""
    numbers = np.full(len(words), np.nan)
    with_comma = np.zeros(len(words), dtype=bool)
    for place, word in enumerate(words):
        if sum(map(str.isdigit, word)) > _EXACT_DIGITS and word.lstrip("-+").isdigit():
            continue
        plain = word.replace("\u2212", "-")
        if NUMBER.fullmatch(word):
            numbers[place] = float(plain)
        elif comma and NUMBER_WITH_COMMA.fullmatch(word):
            numbers[place] = float(plain.replace(",", "."))
            with_comma[place] = True
    return numbers, with_comma


def _codes(words: NDArray[Any], numbers: NDArray[np.float64], variable: Variable) -> list[Code | None]:
    """Return, for each distinct word, the missing code that it is, as the codebook writes it; None for an answer."""
    if not variable.missing and not variable.missing_ranges:
        return [None] * len(words)
    codes: list[Code | None] = []
    for word, number in zip(words, numbers.tolist(), strict=True):
        if word and variable.why(word) is not None:
            codes.append(word)
        elif not np.isnan(number) and variable.why(number) is not None:
            codes.append(int(number) if number.is_integer() else number)
        else:
            codes.append(None)
    return codes


def _missing(codes: list[Code | None], places: NDArray[np.intp]) -> MissingCodes | None:
    held = list(dict.fromkeys(code for code in codes if code is not None))
    if not held:
        return None
    size: type[np.integer[Any]] = np.int8 if len(held) <= np.iinfo(np.int8).max else np.int32
    rank = {code: place for place, code in enumerate(held)}
    of_word: NDArray[np.integer[Any]] = np.array(
        [-1 if code is None else rank[code] for code in codes], dtype=size
    )
    return MissingCodes(tuple(held), of_word[places])


def _all_numbers(
    words: NDArray[Any],
    numbers: NDArray[np.float64],
    with_comma: NDArray[np.bool_],
    numeric: NDArray[np.bool_],
) -> bool:
    # A comma in one answer and a point in another leave in doubt which of them marks thousands.
    mixed = bool(with_comma[numeric].any()) and any("." in word for word in words[numeric])
    return not np.isnan(numbers[numeric]).any() and not mixed


def _all_whole(words: NDArray[Any]) -> bool:
    return all(word.lstrip("-+\u2212").isdigit() for word in words)


def _with_system(reasons: Mapping[str, int], count: int) -> dict[str, int]:
    return {**reasons, **({SYSTEM: count} if count else {})}
