"""SPSS, Stata and SAS files: codes in the frame, labels and kinds of missing in the codebook."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from diplab.errors import LoadError
from diplab.loaders.cells import Answers, microdata_of_answers, words_of
from diplab.loaders.check_header import check_header
from diplab.loaders.isolated import read_isolated
from diplab.loaders.missing import SYSTEM, unanswered
from diplab.loaders.moments import kind_of, moments_of
from diplab.loaders.native import NativeReaderError, NativeTable, read_native
from diplab.loaders.overlay import completed, described, synthetic
from diplab.loaders.source import open_source, refused, unknown_columns
from diplab.loaders.spss_sets import responses_of
from diplab.loaders.stated import stated_variable
from diplab.microdata.codebook import Codebook, Origin
from diplab.microdata.missing_codes import MissingCodes, missing_codes
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from diplab.loaders.header import Header
    from diplab.loaders.moments import Family
    from diplab.loaders.request import Request
    from diplab.loaders.source import SourceFile
    from diplab.microdata.microdata import Microdata
    from diplab.microdata.variable import Variable

__all__ = ["family_of", "native_table", "read_statistical"]

_ANEW = "Copy it again from its source, or open it in the program that made it and save it anew."
_SYNTHETIC = ("synthetic", "synthétique", "synthetique")
_CATALOGUE = ".sas7bcat"
_SAS = ".sas7bdat"


def read_statistical(source: SourceFile, request: Request) -> Microdata:
    """Read an SPSS (.sav, .zsav, .por), Stata (.dta) or SAS (.sas7bdat, .xpt) file.

    Blank words are missing, like empty numbers. A column with a date that no calendar holds, or with a time of day
    beyond 24 hours, stays numbers, and `Origin.notices` names it.

    Parameters
    ----------
    source : SourceFile
        The file.
    request : Request
        Codebook laid over what the file says; catalogue of labels (.sas7bcat) of a SAS data set; isolation in a child
        process, so that a damaged file cannot end this one; columns and rows.

    Returns
    -------
    Microdata
        Codes, and the codebook of the file.

    Raises
    ------
    LoadError
        Where the file is not of this format, is encrypted, cut or damaged, contradicts itself, or ends its reader.
    ColumnError
        Where one of `columns` is not in the file.
    """
    catalogue = _catalogue(source, request)
    header, table = native_table(source, request, request.columns)
    about, columns = table.about, request.columns
    chosen = [name for name in about["names"] if name in table.columns] if columns is None else list(columns)
    variables = described(
        {name: stated_variable(name, about, catalogue) for name in chosen}, request.codebook, source
    )
    answers = {name: _answers(table, variables[name], family_of(source)) for name in chosen}
    named, notices = _named(about, header)
    numbers = [name for name in chosen if answers[name].column.dtype.kind in "iuf"]
    impossible = [name for name in numbers if kind_of(about["formats"].get(name), family_of(source))]
    origin = Origin(
        source.path.name,
        source.sha256,
        about["reader"],
        synthetic(named, request.codebook),
        header.date or _day(about["made"]),
        (*notices, *_impossible(impossible)),
    )
    known = replace(
        completed(named, request.codebook, chosen),
        variables=variables,
        origin=origin,
        reasons={name: each.reasons for name, each in answers.items() if each.reasons},
    )
    return microdata_of_answers(answers, known)


def family_of(source: SourceFile) -> Family:
    """Return whose epoch and units the dates of a file have."""
    families: dict[str, Family] = {".dta": "stata", _SAS: "sas", ".xpt": "sas"}
    return families.get(source.suffix, "spss")


def native_table(
    source: SourceFile, request: Request, columns: Sequence[str] | None
) -> tuple[Header, NativeTable]:
    """Return what a file says of itself and the columns asked for, as stored, both checked against each other.

    Raises
    ------
    LoadError
        Where the file is not what its suffix says, is damaged, or ends its reader.
    ColumnError
        Where one of `columns` is not in the file.
    """
    header = check_header(source)
    table = _run(source, request, columns)
    names: list[str] = list(table.about["names"])
    if columns is not None and not set(columns) <= set(names):
        raise unknown_columns(source, columns, names)
    if columns is None and header.columns not in (-1, len(names)):
        raise refused(
            source, f"Its header says {header.columns} columns and {len(names)} can be read.", _ANEW
        )
    held = len(next(iter(table.columns.values()), ()))
    if request.rows is None and table.columns and header.rows not in (-1, held):
        raise refused(source, f"Its header says {header.rows} rows and {held} can be read.", _ANEW)
    return header, table


def _run(source: SourceFile, request: Request, columns: Sequence[str] | None) -> NativeTable:
    run = read_isolated if request.isolated else read_native
    try:
        return run(source.content, source.suffix, columns)
    except NativeReaderError as refusal:
        raise refused(source, str(refusal), _ANEW) from refusal


def _catalogue(source: SourceFile, request: Request) -> Mapping[str, Any] | None:
    """Return the tables of labels of a SAS data set; refuse a structure that another file has no use for."""
    structure = request.structure
    if structure is None:
        return None
    if source.suffix != _SAS or structure.suffix.lower() != _CATALOGUE:
        raise LoadError(
            f"The file `{source.path.name}` was to be read with the structure `{structure.name}`.",
            _of_no_use(source, structure),
            "Write `codebook=` and a codebook in TOML, or leave `structure` out.",
        )
    opened = open_source(structure)
    check_header(opened)
    labels: Mapping[str, Any] = _run(opened, request, None).about["label_sets"]
    return labels


def _of_no_use(source: SourceFile, structure: Path) -> str:
    if source.suffix == _SAS:
        return f"The labels of a SAS data set are in a catalogue ({_CATALOGUE}), which that is not."
    return f"A {source.suffix} file holds its labels itself."


def _named(about: Mapping[str, Any], header: Header) -> tuple[Codebook, tuple[Text, ...]]:
    """Return what the file says of the whole survey, and what its reader should know."""
    title = about["title"].strip()
    notes = " ".join([title, *about["notes"]]).casefold()
    words = [name for name, holds in about["words"].items() if holds]
    sets, notices = responses_of(header.sets, dict(zip(header.names, about["names"], strict=False)), words)
    if about["encoding"]:
        notices += (
            Text(
                f"Ses mots ne sont pas dans l’encodage qu’il annonce ; ils ont été lus en {about['encoding']}.",
                f"Its words are not in the encoding that it declares; they were read as {about['encoding']}.",
            ),
        )
    return (
        Codebook(
            origin=Origin(synthetic=any(word in notes for word in _SYNTHETIC)),
            sets=sets,
            title=Text.same(title) if title else NOTHING,
        ),
        notices,
    )


def _impossible(names: Sequence[str]) -> tuple[Text, ...]:
    if not names:
        return ()
    shown = ", ".join(f"`{name}`" for name in names)
    return (
        Text(
            f"Laissées en nombres, parce qu’une de leurs dates ou heures n’existe pas : {shown}.",
            f"Left as numbers, because one of their dates or times does not exist: {shown}.",
        ),
    )


def _day(made: str) -> str:
    return "" if made.startswith("1970-01-01") else made


def _answers(table: NativeTable, variable: Variable, family: Family) -> Answers:
    values = table.columns[variable.name]
    tags = table.tags.get(variable.name)
    if values.dtype == object:
        found = unanswered(values, variable, empty=np.array([not word for word in values], dtype=bool))
        words = words_of(np.where(found.declared, "", values))
        return Answers(words, found.reasons, missing_codes(values, found.declared))
    kind = kind_of(table.about["formats"].get(variable.name), family)
    empty = np.asarray(pd.isna(values))
    found = unanswered(values, variable, empty=empty)
    reasons, declared = found.reasons, found.declared
    held = missing_codes(values, declared)
    if tags is not None:
        dotted = np.where(tags == "", "", np.char.add(".", tags)).astype(object)
        tagged = unanswered(dotted, variable, empty=tags == "")
        system = int((empty & ~tagged.declared).sum())
        reasons = _added({**tagged.reasons, SYSTEM: 0}, {**reasons, SYSTEM: system})
        held = _mixed(np.where(tagged.declared, dotted, values.astype(object)), declared | tagged.declared)
    numbers = np.where(declared, np.nan, values) if declared.any() else values
    dated = moments_of(numbers.astype(np.float64), kind, family) if kind else None
    return Answers(pd.Series(numbers) if dated is None else dated, reasons, held)


def _added(first: Mapping[str, int], second: Mapping[str, int]) -> dict[str, int]:
    names = dict.fromkeys((*first, *second))
    return {
        name: first.get(name, 0) + second.get(name, 0)
        for name in names
        if first.get(name, 0) + second.get(name, 0)
    }


def _mixed(codes: NDArray[Any], declared: NDArray[np.bool_]) -> MissingCodes | None:
    """Return the missing codes of a column that has letters and numbers among them."""
    distinct = dict.fromkeys(codes[declared].tolist())
    if not distinct:
        return None
    plain = {code: int(code) if isinstance(code, float) and code.is_integer() else code for code in distinct}
    order = sorted(plain.values(), key=lambda code: (isinstance(code, str), code))
    rank = {code: order.index(known) for code, known in plain.items()}
    places = [
        rank[code] if gone else -1 for code, gone in zip(codes.tolist(), declared.tolist(), strict=True)
    ]
    return MissingCodes(tuple(order), np.array(places, dtype=np.int8 if len(order) < 127 else np.int32))
