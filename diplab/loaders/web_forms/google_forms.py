"""Answers of a Google form: one line a respondent, the questions in the header."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.loaders.cells import microdata_of_cells
from diplab.loaders.dates import iso_moments
from diplab.loaders.parting import parted_columns
from diplab.loaders.personal import personal_left_out
from diplab.loaders.text import first_records, read_grid
from diplab.loaders.wording import plain_words
from diplab.microdata.variable import Variable
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from diplab.loaders.source import Request, SourceFile
    from diplab.microdata.microdata import Microdata

__all__ = ["asked_by_google", "is_google_forms", "question_names", "read_google_forms"]

_TIMESTAMP = {"Timestamp", "Horodateur", "Carimbo de data/hora", "Marca temporal", "Zeitstempel"}
_TIMESTAMP |= {"Informazioni cronologiche", "Tijdstempel", "Sygnatura czasowa"}
"""With a capital: `timestamp` is the name that diplab gives, in files that it wrote."""

_OWN_STAMP = re.compile(
    r"\d{4}/\d{1,2}/\d{1,2} \d{1,2}:\d{2}:\d{2}(?: [AaPp]\.?[Mm]\.?)? [A-Z]{2,5}(?:[+-][\d:]{1,5})?"
)
_SURE = re.compile(r"\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}(?=[T ,])")

_EMAIL = {"username", "email address", "adresse e-mail", "nom d'utilisateur", "nom d’utilisateur"}
_EMAIL |= {"endereço de e-mail", "dirección de correo electrónico", "e-mail-adresse", "indirizzo email"}


def is_google_forms(source: SourceFile, request: Request) -> bool:
    """Return whether a text holds the answers of a Google form: its first column is the timestamp of the form."""
    return asked_by_google(first_records(source, 2))


def asked_by_google(records: Sequence[Sequence[str]]) -> bool:
    """Return whether a header and the record below are those of a Google form.

    The first column is the timestamp, and holds days and hours; a question is more than a name, unless the timestamp
    is written as Google alone does, with its zone. A table of a colleague that begins with a timestamp keeps its names.

    Examples
    --------
    >>> asked_by_google([["Timestamp", "Do you work?"], ["25/11/2026 14:03:10", "yes"]])
    True
    >>> asked_by_google([["Timestamp", "temperature"], ["25/11/2026 14:03:10", "20.5"]])
    False
    """
    if not records or len(records[0]) < 2 or records[0][0].strip() not in _TIMESTAMP:
        return False
    asked = any(not name.strip().isidentifier() for name in records[0][1:])
    stamp = records[1][0].strip() if len(records) > 1 else ""
    if _OWN_STAMP.fullmatch(stamp):
        return True
    clock = ":" in stamp
    return asked and (
        not stamp or (clock and iso_moments(np.array([_SURE.sub("2000/1/1", stamp)])) is not None)
    )


def read_google_forms(source: SourceFile, request: Request) -> Microdata:
    """Read the answers of a Google form.

    Columns are named `timestamp`, then `q01`, `q02`... in the order of the form; the questions stand in the codebook.
    The rows of a grid (`Question [Row]`) are one question: `q03_1`, `q03_2`. Where the cells of a column hold
    several answers, it is parted into columns of 1 and 0, `q04_1`, `q04_2`... in the order in which the answers
    appear, and is a set. Google writes `;` between answers in a CSV, and a comma in a spreadsheet: at a comma, columns
    are parted only where it is sure. Who ticked nothing is missing.

    The e-mail address, where the form asked for it, is left out unless `private=True`.

    Parameters
    ----------
    source : SourceFile
        The file.
    request : Request
        Codebook, columns and rows. A set in the codebook under the name of a column parts that column.

    Returns
    -------
    Microdata
        Answers in words, and the codebook.

    Raises
    ------
    LoadError
        Where the file is not text, or its records are not as wide as its header.
    ColumnError
        Where one of the columns asked for is not in the file.
    """
    rows, written = read_grid(source)
    asked = _variables(rows[0])
    personal = [each.name for each in asked if each.name.startswith("email")]
    kept = [
        _dated(variable, np.array([row[place] for row in rows[1:]], dtype=object))
        for place, variable in enumerate(asked)
        if request.private or variable.name not in personal
    ]
    cells, found, notices = parted_columns(kept, request.codebook, (";", ","))
    return microdata_of_cells(
        source,
        request,
        cells,
        found,
        reader=f"Google Forms, {written}",
        comma=written.delimiter != ",",
        notices=(*personal_left_out(source, request, personal), *notices),
    )


def _dated(variable: Variable, column: NDArray[Any]) -> tuple[Variable, NDArray[Any]]:
    """Return the timestamp as moments, or as words where one cannot be read; another column as it is."""
    moments = iso_moments(column) if variable.name == "timestamp" else None
    if moments is not None:
        return replace(variable, storage="moment"), moments
    return (replace(variable, storage="words") if variable.storage else variable), column


def _variables(header: Sequence[str]) -> list[Variable]:
    """Return one variable a column: the rows of a grid, which stand side by side, are one question."""
    grids = [_grid_row(words) for words in header]
    keys = [("grid", found[0]) if found else ("alone", str(place)) for place, found in enumerate(grids)]
    emails = [place for place, words in enumerate(header) if place and words.strip().lower() in _EMAIL]
    special = ["timestamp", *[""] * (len(header) - 1)]
    for number, place in enumerate(emails, 1):
        special[place] = "email" if number == 1 else f"email_{number}"
    order = list(dict.fromkeys(key for key, name in zip(keys, special, strict=True) if not name))
    named = dict(zip(order, question_names(len(order)), strict=True))
    found: list[Variable] = []
    for place, words in enumerate(header):
        text, name = plain_words(words), special[place] or named[keys[place]]
        row = grids[place]
        if special[place]:
            found.append(Variable(name, label=Text.same(text), storage="words"))
        elif row is None or keys.count(keys[place]) == 1:
            found.append(Variable(name, label=Text.same(text), question=Text.same(text)))
        else:
            item = f"{name}_{keys[:place].count(keys[place]) + 1}"
            question, label = (Text.same(plain_words(part)) for part in row)
            found.append(Variable(item, label=label or question, question=question, part_of=name))
    return found


def _grid_row(words: str) -> tuple[str, str] | None:
    """Return the question and the row of a grid that a header names, `Question [Row]`; None for another."""
    question, mark, row = words.strip().removesuffix("]").rpartition("[")
    return (
        (question.strip(), row.strip()) if mark and words.strip().endswith("]") and question.strip() else None
    )


def question_names(count: int) -> list[str]:
    """Return short names of questions in their order, as long as one another.

    Examples
    --------
    >>> question_names(2), question_names(120)[-1]
    (['q01', 'q02'], 'q120')
    """
    width = max(2, len(str(count)))
    return [f"q{place:0{width}d}" for place in range(1, count + 1)]
