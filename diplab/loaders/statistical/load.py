"""SPSS, Stata and SAS files: codes in the frame, labels and kinds of missing in the codebook."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from diplab.loaders.cells import microdata_of_answers
from diplab.loaders.codebooks.merge import is_synthetic, merge_codebooks, merge_variables
from diplab.loaders.notices import naming, unreadable
from diplab.loaders.statistical.checked_table import checked_table, family_of, kinds_in, letters_in
from diplab.loaders.statistical.pair import read_pair
from diplab.loaders.statistical.sas_catalogue import catalogue_of, catalogue_path, without_labels
from diplab.loaders.statistical.spss_sets import responses_of
from diplab.loaders.statistical.stated import stated_variable
from diplab.loaders.statistical.stored_answers import answers_of
from diplab.microdata.codebook import Codebook, Origin
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from diplab.loaders.request import Request
    from diplab.loaders.source import SourceFile
    from diplab.loaders.statistical.header import Header
    from diplab.microdata.microdata import Microdata

__all__ = ["read_statistical"]

_SYNTHETIC = ("is_synthetic", "synthétique", "synthetique")
_SPANS = re.compile(r"%-?\d*t[wmqh]")
"""Formats of Stata in which numbers count weeks, months, quarters or halves of years since 1960."""


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
    if request.codebook is not None:
        for written in request.written.values():
            if written.sha256 == source.sha256:
                return read_pair(source, request, written)
    labels_at = catalogue_path(source, request)
    catalogue = None if labels_at is None else catalogue_of(labels_at, request)
    header, table = checked_table(source, request, request.columns)
    about, columns = table.about, request.columns
    chosen = [name for name in about["names"] if name in table.columns] if columns is None else list(columns)
    kinds = kinds_in(table, source, chosen)
    stated = {name: stated_variable(name, about, catalogue) for name in chosen}
    variables = merge_variables(stated, request.codebook, source)
    answers = {
        name: answers_of(
            table.columns[name], letters_in(table, name), variables[name], kind, family_of(source)
        )
        for name, kind in kinds.items()
    }
    impossible = [name for name in chosen if kinds[name] and answers[name].column.dtype.kind in "iuf"]
    named, notices = _named(about, header)
    notices = (
        *notices,
        *_left_as_numbers(impossible, {name: about["formats"].get(name, "") for name in chosen}),
        *without_labels(source, about, labels_at),
        *unreadable(answers, variables),
        *_changed(request),
    )
    date = header.date or _day(about["made"])
    invented = is_synthetic(named, request.codebook)
    origin = Origin(source.path.name, source.sha256, about["reader"], invented, date, notices)
    known = replace(
        merge_codebooks(named, request.codebook, chosen),
        variables=variables,
        origin=origin,
        reasons={name: each.reasons for name, each in answers.items() if each.reasons},
    )
    return microdata_of_answers(answers, known)


def _named(about: Mapping[str, Any], header: Header) -> tuple[Codebook, tuple[Text, ...]]:
    """Return what the file says of the whole survey, and what its reader should know."""
    title = about["title"].strip()
    notes = " ".join([title, *about["notes"]]).casefold()
    sets, notices = responses_of(header.sets, header.names, header.words)
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


def _left_as_numbers(impossible: Sequence[str], formats: Mapping[str, str]) -> tuple[Text, ...]:
    """Say which columns of dates stay numbers, and why."""
    return (
        *naming(
            impossible,
            "Laissées en nombres, parce qu’une de leurs dates ou heures n’existe pas : {names}.",
            "Left as numbers, because one of their dates or times does not exist: {names}.",
        ),
        *naming(
            [name for name, written in formats.items() if _SPANS.match(written)],
            "Laissées en nombres, comme Stata les compte (semaines, mois... depuis 1960) : {names}.",
            "Left as numbers, as Stata counts them (weeks, months... since 1960): {names}.",
        ),
    )


def _changed(request: Request) -> tuple[Text, ...]:
    """Say where the codebook was written with a file that is no longer this one."""
    if not request.written:
        return ()
    return (
        Text(
            "Le livre de codes a été écrit avec une autre version de ce fichier ; il y est appliqué comme un autre.",
            "The codebook was written with another version of this file; it is laid over it like any other.",
        ),
    )


def _day(made: str) -> str:
    return "" if made.startswith("1970-01-01") else made
