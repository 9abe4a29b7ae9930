"""Cells of text turned into answers: numbers, words, moments, and the codes that stand for no answer.

Every format that comes as text (CSV, Excel, LimeSurvey, Qualtrics, Kobo, forms) ends here: its loader says which
columns there are and what they mean, and `microdata_of_cells` does the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from diplab.loaders.missing import SYSTEM
from diplab.loaders.moments import moments_in
from diplab.loaders.notices import grouped_thousands
from diplab.loaders.numbers import NO_NUMBER, written_numbers
from diplab.loaders.overlay import completed, described, synthetic
from diplab.loaders.source import unknown_columns
from diplab.microdata.microdata import Microdata
from diplab.microdata.missing import MissingCodes
from diplab.microdata.variable import Variable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from diplab.loaders.numbers import WrittenNumbers
    from diplab.loaders.request import Request
    from diplab.loaders.source import SourceFile
    from diplab.microdata.codebook import Codebook
    from diplab.microdata.microdata import LinkedTable
    from diplab.microdata.variable import Code
    from diplab.reference.text import Text

_EXACT, _TOO_LARGE = 2**53, 2**63
"""From the first not every whole number is a float; from the second none is an integer of 64 bits."""

TRUTH = {"true": 1.0, "false": 0.0, "1": 1.0, "0": 0.0, "1.0": 1.0, "0.0": 0.0, "vrai": 1.0, "faux": 0.0}
"""Yes and no as programs write them, in a column that its codebook says to be of them."""

__all__ = ["Answers", "answers_in", "microdata_of_answers", "microdata_of_cells", "words_of"]

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
    grouped : bool
        True where spaces or commas stand between the thousands of its numbers.
    """

    column: pd.Series[Any]
    reasons: Mapping[str, int]
    missing: MissingCodes | None
    comma: bool = False
    grouped: bool = False


def microdata_of_cells(
    source: SourceFile,
    request: Request,
    cells: Mapping[str, NDArray[Any]],
    found: Codebook,
    *,
    reader: str,
    comma: bool = False,
    notices: tuple[Text, ...] = (),
    linked: Mapping[str, LinkedTable] | None = None,
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
    grouped = [name for name, each in answers.items() if each.grouped]
    said = (*notices, *([grouped_thousands(grouped)] if grouped else []))
    decimal = ", decimal comma" if any(each.comma for each in answers.values()) else ""
    origin = replace(
        found.origin, file=source.path.name, sha256=source.sha256, reader=reader + decimal, notices=said
    )
    codebook = replace(
        completed(found, request.codebook, chosen),
        variables=known,
        origin=replace(origin, synthetic=synthetic(found, request.codebook)),
        reasons={name: each.reasons for name, each in answers.items() if each.reasons},
    )
    return microdata_of_answers(answers, codebook, linked)


def microdata_of_answers(
    answers: Mapping[str, Answers], codebook: Codebook, linked: Mapping[str, LinkedTable] | None = None
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
    bare = np.array([*map(str.strip, map(str, distinct))], dtype=object)
    written = written_numbers(bare, comma=comma, exact=variable.storage in ("whole", "number"))
    empty = bare == ""
    codes = _codes(bare, written.values, variable)
    declared = np.array([code is not None for code in codes], dtype=bool)
    missing = _missing(codes, places)
    reasons = {} if missing is None else dict(missing.reasons(variable))
    answered = ~(declared | empty)
    numeric = answered & ~pd.Series(bare, dtype=object).isin(NO_NUMBER).to_numpy()
    held = None if _is_words(variable) else _held(bare, written, numeric, variable)
    if held is None:
        stored = _stored(np.where(answered, distinct, ""), variable)
        return Answers(
            stored.take(places).reset_index(drop=True),
            _with_system(reasons, int(empty[places].sum())),
            missing,
        )
    gone = int((~numeric & ~declared)[places].sum())
    return Answers(
        pd.Series(held[places]),
        _with_system(reasons, gone),
        missing,
        bool((written.comma & numeric).any()),
        bool((written.grouped & numeric).any()),
    )


def _held(
    words: NDArray[Any], written: WrittenNumbers, numeric: NDArray[np.bool_], variable: Variable
) -> NDArray[Any] | None:
    """Return distinct words as the numbers, or the yes and no, that they write; None where they are words."""
    if variable.storage == "boolean" and all(word.casefold() in TRUTH for word in words[numeric]):
        truth = np.array([TRUTH.get(word.casefold(), np.nan) for word in words], dtype=float)
        return truth.astype(bool) if numeric.all() else np.where(numeric, truth, np.nan)
    # A comma in one answer and a point in another leave in doubt which of them marks thousands.
    mixed = bool(written.comma[numeric].any()) and any("." in word for word in words[numeric])
    if np.isnan(written.values[numeric]).any() or mixed:
        return None
    wanted = variable.storage == "whole" or (not variable.storage and len(words))
    largest = np.abs(written.values).max(initial=0) if numeric.all() and written.whole else np.inf
    if not wanted or largest >= _TOO_LARGE:
        return np.where(numeric, written.values, np.nan)
    if largest >= _EXACT:
        return np.array([int(word.replace("\u2212", "-")) for word in words], dtype=np.int64)
    return written.values.astype(np.int64)


def words_of(values: NDArray[Any]) -> pd.Series[str]:
    """Return words as a pandas column of text, the empty ones missing."""
    blank = np.array([not word for word in values], dtype=bool)
    return pd.Series(np.where(blank, np.nan, values), dtype=pd.StringDtype(na_value=np.nan))


def _is_words(variable: Variable) -> bool:
    return variable.storage in ("words", "date", "moment", "time") or (
        not variable.storage and any(isinstance(code, str) for code in variable.values)
    )


def _stored(words: NDArray[Any], variable: Variable) -> pd.Series[Any]:
    """Return distinct words as the variable stores them; one moment that cannot be read leaves all as words."""
    if variable.storage in ("date", "moment", "time"):
        moments = moments_in(words, variable.storage)
        if moments is not None:
            return moments
    return words_of(words)


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


def _with_system(reasons: Mapping[str, int], count: int) -> dict[str, int]:
    return {**reasons, **({SYSTEM: count} if count else {})}
