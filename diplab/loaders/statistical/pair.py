"""A data file and the codebook that diplab wrote beside it, read back as the microdata that were written."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.loaders.cells import microdata_of_answers
from diplab.loaders.missing import SYSTEM
from diplab.loaders.source import refused, unknown_columns
from diplab.loaders.statistical.checked_table import checked_table, family_of, kinds_in, letters_in
from diplab.loaders.statistical.stored_answers import answers_of, mixed_codes
from diplab.loaders.writing.written import Held
from diplab.microdata.codebook import Codebook, Origin
from diplab.microdata.variable import Variable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from diplab.loaders.cells import Answers
    from diplab.loaders.request import Request
    from diplab.loaders.source import SourceFile
    from diplab.loaders.statistical.native import NativeTable
    from diplab.loaders.statistical.stored_moments import Kind
    from diplab.loaders.writing.written import Written
    from diplab.microdata.microdata import Microdata

__all__ = ["read_pair"]


def read_pair(source: SourceFile, request: Request, written: Written) -> Microdata:
    """Read a statistical file that diplab wrote, with the codebook written beside it.

    The codebook says everything, and the labels within the file nothing: names, kinds of columns and missing codes
    that the file holds in another manner are put back.

    Parameters
    ----------
    source : SourceFile
        The data file, unchanged since.
    request : Request
        Its codebook; columns and rows.
    written : Written
        How the file holds what its format cannot hold as it is.

    Raises
    ------
    LoadError
        Where the file cannot be read.
    ColumnError
        Where one of `columns` is not in the file.
    """
    codebook = request.codebook or Codebook()
    in_file = {name: held.name for name, held in written.columns.items() if held.name}
    in_frame = {held: name for name, held in in_file.items()}
    asked = None if request.columns is None else [in_file.get(name, name) for name in request.columns]
    header, table = checked_table(source, request, asked)
    names = [in_frame.get(name, name) for name in table.about["names"]]
    if request.columns is not None and not set(request.columns) <= set(names):
        raise unknown_columns(source, request.columns, names)
    chosen = names if request.columns is None else list(request.columns)
    kinds = kinds_in(table, source, [in_file.get(name, name) for name in chosen])
    answers = {
        name: _answers(
            table,
            written.columns.get(name, Held(name)),
            codebook.variables.get(name, Variable(name)),
            kind,
            source,
        )
        for name, kind in zip(chosen, kinds.values(), strict=True)
    }
    whole = request.columns is None and request.rows is None
    reasons = {name: each.reasons for name, each in answers.items() if each.reasons}
    known = replace(
        codebook,
        # a text file written since says nothing in the codebook of columns that have nothing to say
        variables={**{name: Variable(name) for name in names}, **codebook.variables}
        if whole
        else {name: codebook.variables.get(name, Variable(name)) for name in chosen},
        sets={name: each for name, each in codebook.sets.items() if set(each.columns) <= set(chosen)},
        origin=Origin(
            source.path.name, source.sha256, table.about["reader"], codebook.origin.synthetic, header.date
        ),
        reasons={**reasons, **codebook.reasons} if whole else reasons,
    )
    return microdata_of_answers(answers, known)


def _answers(table: NativeTable, held: Held, variable: Variable, kind: Kind, source: SourceFile) -> Answers:
    name = held.name or variable.name
    values, letters = table.columns[name], letters_in(table, name)
    codes = np.full(len(values), None, dtype=object)
    for stands, code in held.codes.items():
        codes[
            (values if values.dtype == object or letters is None else _either(values, letters)) == stands
        ] = code
    put_back = np.array([code is not None for code in codes], dtype=bool)
    if put_back.any():
        blank: Any = "" if values.dtype == object else np.nan
        values = np.where(put_back, blank, values)
        letters = None if letters is None else np.where(put_back, "", letters)
    answers = _with_codes(
        answers_of(values, letters, variable, kind, family_of(source)), codes, put_back, variable
    )
    if not held.storage:
        return answers
    try:
        return replace(answers, column=answers.column.astype(held.storage))  # type: ignore[call-overload]
    except (ValueError, TypeError) as other:
        raise refused(
            source,
            f"`{variable.name}` was written as {held.storage}, and the file holds other answers.",
            "Write the data and their codebook again.",
        ) from other


def _either(values: NDArray[Any], letters: NDArray[np.str_]) -> NDArray[Any]:
    return np.where(letters == "", values.astype(object), letters.astype(object))


def _with_codes(
    answers: Answers, codes: NDArray[Any], put_back: NDArray[np.bool_], variable: Variable
) -> Answers:
    """Return answers with the missing codes that the file holds in another manner."""
    if not put_back.any():
        return answers
    declared = put_back.copy()
    if answers.missing is not None:
        others = answers.missing.places >= 0
        known = np.array([*answers.missing.codes, None], dtype=object)
        codes = np.where(others, known[answers.missing.places], codes)
        declared |= others
    missing = mixed_codes(codes, declared)
    system = answers.reasons.get(SYSTEM, 0) - int(put_back.sum())
    reasons = {} if missing is None else dict(missing.reasons(variable))
    return replace(answers, reasons={**reasons, **({SYSTEM: system} if system else {})}, missing=missing)
