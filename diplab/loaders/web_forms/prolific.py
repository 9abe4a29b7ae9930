"""Prolific exports: who took part, and what Prolific knows of them; also files to which these columns were joined."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.loaders.cells import microdata_of_cells
from diplab.loaders.dates import iso_moments
from diplab.loaders.notices import naming
from diplab.loaders.parting import parted_columns
from diplab.loaders.text import columns_of, first_records, read_grid
from diplab.microdata.variable import Variable
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from diplab.loaders.source import Request, SourceFile
    from diplab.microdata.microdata import Microdata

__all__ = ["is_prolific", "read_prolific"]

_GONE = {"CONSENT_REVOKED": "consent revoked", "DATA_EXPIRED": "answer expired"}
# a whole cell: what a respondent wrote may hold the words
_TAKEN_BACK = re.compile(rb"[,;\t\n]\"?(?:CONSENT_REVOKED|DATA_EXPIRED)\"?(?:[,;\t\r\n]|\Z)")
_PEOPLE = ("participantid", "prolificpid", "prolificid")
_LABELS = {
    "submissionid": Text("identifiant de la participation", "identifier of the submission"),
    "participantid": Text("identifiant du participant", "identifier of the participant"),
    "status": Text("issue de la participation", "status of the submission"),
    "startedat": Text("début", "start"),
    "completedat": Text("fin", "end"),
    "timetaken": Text("durée, en secondes", "time taken, in seconds"),
    "totalapprovals": Text("participations acceptées", "approved submissions"),
}
_NO_LETTERS = re.compile(r"[^a-z]")


def is_prolific(source: SourceFile, request: Request) -> bool:
    """Return whether a text comes from Prolific: its columns, or a cell that says that an answer was taken back."""
    records = first_records(source, 1)
    names = {_bare(name) for name in records[0]} if records else set()
    ours = "participantid" in names and bool(names & {"submissionid", "sessionid"})
    return ours or (len(names) > 1 and _TAKEN_BACK.search(source.content) is not None)


def read_prolific(source: SourceFile, request: Request) -> Microdata:
    """Read an export of Prolific.

    `CONSENT_REVOKED` is missing, "consent revoked"; `DATA_EXPIRED` is missing, "answer expired": the participant has
    not confirmed the answer for too long. Moments are read as such. Where the cells of a column hold several answers
    (lists `["a", "b"]`, or commas where that is sure), it is parted into columns of 1 and 0 and is a set.

    The identifier of the participant is kept, for it is the key to the answers, and a notice says so.

    Parameters
    ----------
    source : SourceFile
        The file.
    request : Request
        Codebook, columns and rows. A set in the codebook under the name of a column parts that column.

    Returns
    -------
    Microdata
        Answers as written, and the codebook.

    Raises
    ------
    LoadError
        Where the file is not text, or its records are not as wide as its header.
    ColumnError
        Where one of the columns asked for is not in the file.
    """
    rows, written = read_grid(source)
    columns = [
        _read_column(name, column) if _is_wanted(name, request) else (Variable(name, storage="words"), column)
        for name, column in columns_of(rows[0], rows[1:]).items()
    ]
    cells, found, notices = parted_columns(columns, request.codebook, (";", ","))
    return microdata_of_cells(
        source,
        request,
        cells,
        found,
        reader=f"Prolific, {written}",
        comma=written.delimiter != ",",
        notices=(*_people([name for name in found.variables if _is_wanted(name, request)]), *notices),
    )


def _read_column(name: str, column: NDArray[Any]) -> tuple[Variable, NDArray[Any]]:
    """Return what a column means, answers taken back among its missing codes, and its moments in ISO 8601."""
    gone = _gone(column)
    variable = Variable(name, label=_LABELS.get(_bare(name)) or Text.same(name), missing=gone)
    lost = np.array([word in gone for word in column], dtype=bool)
    moments = iso_moments(np.where(lost, "", column))
    if moments is None:
        return variable, column
    return replace(variable, storage="moment"), np.where(lost, column, moments)


def _is_wanted(name: str, request: Request) -> bool:
    """Return whether a column was asked for, or one of those into which it may be parted."""
    columns = request.columns
    return columns is None or any(each == name or each.startswith(f"{name}_") for each in columns)


def _bare(name: str) -> str:
    return _NO_LETTERS.sub("", name.lower())


def _gone(column: NDArray[Any]) -> dict[int | float | str, str]:
    """Return the codes of answers taken back that a column holds, with their reasons."""
    held = set(column)
    return {word: reason for word, reason in _GONE.items() if word in held}


def _people(names: Sequence[str]) -> tuple[Text, ...]:
    """Return a notice on the columns that name participants."""
    return naming(
        [name for name in names if _bare(name) in _PEOPLE],
        "Identifiants personnels gardés pour joindre les fichiers : {names} ; à pseudonymiser ensuite.",
        "Personal identifiers kept in order to join files: {names}; pseudonymise them afterwards.",
    )
