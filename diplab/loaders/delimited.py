"""CSV and TSV files: answers as text, with the codebook in a TOML file beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from diplab.loaders.dialect import NUMBER, NUMBER_WITH_COMMA, decoded, dialect_of, records
from diplab.loaders.missing import Unanswered, unanswered
from diplab.loaders.overlay import described
from diplab.loaders.statistical import unknown_columns, words_of
from diplab.microdata.codebook import Codebook, Origin
from diplab.microdata.microdata import Microdata
from diplab.microdata.variable import Variable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from diplab.loaders.source import SourceFile

__all__ = ["read_delimited"]

_NO_NUMBER = {"NA", "NaN", "nan", "."}
"""What R, Python and Stata write for no number; in a column of words these stay words."""

_EXACT_DIGITS = 15


def read_delimited(
    source: SourceFile, *, codebook: Codebook | None = None, columns: Sequence[str] | None = None
) -> Microdata:
    """Read a delimited text.

    A column is numeric where every answer that is not missing is a number: a decimal comma is understood
    where the delimiter is not itself a comma; codes with leading zeros and numbers of more than fifteen
    digits stay words. An empty cell is missing. Encoding, delimiter and decimal comma are reported in
    `Origin.reader`.

    Parameters
    ----------
    source : SourceFile
        The file.
    codebook : Codebook, optional
        Labels, answers and missing codes.
    columns : sequence of str, optional
        Columns to read, in this order.

    Returns
    -------
    Microdata
        Codes as written, and the codebook.

    Raises
    ------
    LoadError
        Where the file is not text, or its records are not as wide as its header.
    ColumnError
        Where one of `columns` is not in the file.
    """
    text, encoding = decoded(source)
    dialect = dialect_of(text, encoding, source.path.suffix.lower())
    header, rows = records(source, text, dialect)
    if columns is not None and not set(columns) <= set(header):
        raise unknown_columns(source, columns, header)
    chosen = header if columns is None else list(columns)
    variables = described({name: Variable(name) for name in chosen}, codebook, source)
    frame, reasons, comma = {}, {}, False
    for name in chosen:
        place = header.index(name)
        cells = np.array([row[place] for row in rows], dtype=object)
        frame[name], reasons[name], used = _answers(cells, variables[name], comma=dialect.delimiter != ",")
        comma = comma or used
    reader = f"delimited text, {dialect}{', decimal comma' if comma else ''}"
    synthetic = codebook is not None and codebook.origin.synthetic
    origin = Origin(source.path.name, source.sha256, reader, synthetic)
    kept = {name: counts for name, counts in reasons.items() if counts}
    return Microdata(pd.DataFrame(frame), Codebook(variables, origin, kept))


def _answers(
    cells: NDArray[Any], variable: Variable, *, comma: bool
) -> tuple[pd.Series[Any], dict[str, int], bool]:
    """Return a column, its missing answers by reason, and whether it uses a decimal comma."""
    places, distinct = pd.factorize(cells)
    bare = np.array([str(word).strip() for word in distinct], dtype=object)
    numbers, with_comma = _numbers(bare, comma=comma)
    empty = bare == ""
    found = _both(bare, numbers, variable, places, empty[places])
    kept = ~found.declared[places]
    answers = ~(found.declared | empty | np.isin(bare.astype(str), list(_NO_NUMBER)))
    # A comma in one answer and a point in another leave in doubt which of them marks thousands.
    mixed = with_comma[answers].any() and any("." in word for word in bare[answers])
    numeric = not np.isnan(numbers[answers]).any() and not mixed
    if not numeric or any(isinstance(code, str) for code in variable.values):
        words = np.where(found.declared | empty, "", distinct)
        return words_of(words[places]), found.reasons, False
    values = np.where(answers, numbers, np.nan)
    reasons = _system(found.reasons, int((np.isnan(values)[places] & kept).sum()))
    whole = (
        bool(answers.all()) and bool(len(bare)) and all(word.lstrip("-+\u2212").isdigit() for word in bare)
    )
    column = values[places].astype(np.int64) if whole else values[places].astype(np.float64)
    return pd.Series(column), reasons, bool((with_comma & answers).any())


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


def _both(
    words: NDArray[Any],
    numbers: NDArray[np.float64],
    variable: Variable,
    places: NDArray[np.intp],
    empty: NDArray[np.bool_],
) -> Unanswered:
    """Return the distinct words declared missing, as words or as numbers, and the count of rows by reason."""
    as_words = unanswered(words[places], variable, empty=empty)
    as_numbers = unanswered(numbers[places], variable, empty=empty | as_words.declared)
    declared = np.zeros(len(words), dtype=bool)
    declared[places[as_words.declared | as_numbers.declared]] = True
    reasons = {reason: count for reason, count in as_words.reasons.items() if reason != "system"}
    for reason, count in as_numbers.reasons.items():
        if reason != "system":
            reasons[reason] = reasons.get(reason, 0) + count
    return Unanswered(declared, _system(reasons, int(empty.sum())))


def _system(reasons: dict[str, int], count: int) -> dict[str, int]:
    return {
        **{reason: n for reason, n in reasons.items() if reason != "system"},
        **({"system": count} if count else {}),
    }
