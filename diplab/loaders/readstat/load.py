"""SPSS, Stata, SAS and R files: codes in the frame, labels and kinds of missing in the codebook."""

from __future__ import annotations

import re
import zoneinfo
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from diplab.loaders.cells import microdata_of_answers
from diplab.loaders.missing import SYSTEM
from diplab.loaders.notices import naming, unreadable
from diplab.loaders.overlay import completed, described, synthetic
from diplab.loaders.readstat.spss import responses_of
from diplab.loaders.readstat.table import (
    answers_of,
    catalogue_of,
    catalogue_path,
    check_names,
    checked_table,
    family_of,
    kinds_in,
    letters_in,
    mixed_codes,
    native_table,
    stated_variable,
    without_labels,
)
from diplab.loaders.sidecar import ColumnStorage
from diplab.loaders.source import refused, unknown_columns
from diplab.microdata.codebook import Codebook, Origin
from diplab.microdata.variable import Variable
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from diplab.loaders.cells import Answers
    from diplab.loaders.dates import Kind
    from diplab.loaders.readstat.headers import Header
    from diplab.loaders.readstat.reader import NativeTable
    from diplab.loaders.sidecar import WrittenFile
    from diplab.loaders.source import Request, SourceFile
    from diplab.microdata.microdata import Microdata

__all__ = ["read_pair", "read_r_file", "read_statistical"]


_SYNTHETIC = ("synthetic", "synthétique", "synthetique")
_SPANS = re.compile(r"%-?\d*t[wmqh]")
"""Formats of Stata in which numbers count weeks, months, quarters or halves of years since 1960."""


def read_statistical(source: SourceFile, request: Request) -> Microdata:
    """Read an SPSS (.sav, .zsav, .por), Stata (.dta) or SAS (.sas7bdat, .xpt) file.

    Blank words are missing, like empty numbers. A column with a date that no calendar holds, or with a time of day
    beyond 24 hours, stays numbers, and `Origin.notices` names it.
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
    variables = described(stated, request.codebook, source)
    answers = {
        name: answers_of(
            table.columns[name], letters_in(table, name), variables[name], kind, family_of(source)
        )
        for name, kind in kinds.items()
    }
    impossible = [name for name in chosen if kinds[name] and answers[name].column.dtype.kind in "iuf"]
    named, notices = _survey_stated(about, header)
    notices = (
        *notices,
        *_left_as_numbers(impossible, {name: about["formats"].get(name, "") for name in chosen}),
        *without_labels(source, about, labels_at),
        *unreadable(answers, variables),
        *_other_version_notice(request),
    )
    date = header.date or _date_made(about["made"])
    invented = synthetic(named, request.codebook)
    origin = Origin(source.path.name, source.sha256, about["reader"], invented, date, notices)
    known = replace(
        completed(named, request.codebook, chosen),
        variables=variables,
        origin=origin,
        reasons={name: each.reasons for name, each in answers.items() if each.reasons},
    )
    return microdata_of_answers(answers, known)


def _survey_stated(about: Mapping[str, Any], header: Header) -> tuple[Codebook, tuple[Text, ...]]:
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


def _other_version_notice(request: Request) -> tuple[Text, ...]:
    """Say where the codebook was written with a file that is no longer this one."""
    if not request.written:
        return ()
    return (
        Text(
            "Le livre de codes a été écrit avec une autre version de ce fichier ; il y est appliqué comme un autre.",
            "The codebook was written with another version of this file; it is laid over it like any other.",
        ),
    )


def _date_made(made: str) -> str:
    return "" if made.startswith("1970-01-01") else made


def read_pair(source: SourceFile, request: Request, written: WrittenFile) -> Microdata:
    """Read a statistical file that diplab wrote, with the codebook written beside it.

    The codebook says everything, and the labels within the file nothing: names, kinds of columns and missing codes
    that the file holds in another manner are put back.
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
        name: _answers_restored(
            table,
            written.columns.get(name, ColumnStorage(name)),
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


def _answers_restored(
    table: NativeTable, held: ColumnStorage, variable: Variable, kind: Kind, source: SourceFile
) -> Answers:
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


_BEGINNINGS = (
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ\0",
    b"RDX2\n",
    b"RDX3\n",
    b"RDA2\n",
    b"RDA3\n",
    b"X\n",
    b"A\n",
    b"A\r\n",
)
_SYNTHETIC = ("synthetic", "synthétique", "synthetique")


def read_r_file(source: SourceFile, request: Request) -> Microdata:
    """Read a data frame that R saved (.rds, .rda, .RData).

    Nothing in the file is run. A factor is words, with its levels as the labels of its answers, in their order; it is
    nominal, or ordinal where R has it ordered. Labels, missing codes and tagged missing values of haven go into the
    codebook. NaN is missing like NA, under the code `.nan`; blank words are missing too. A moment is the hour on
    the clocks of its zone, or in UTC where it has none. Row names that are words become the column `row.names`.
    """
    if not source.head(8).startswith(_BEGINNINGS):
        raise refused(
            source,
            f"It does not begin as files of R do, compressed or not, but with {source.head(8)!r}.",
            "Save it in R with `saveRDS`, or give it the suffix of what it is.",
        )
    table = native_table(source, request, request.columns)
    about = table.about
    if "refused" in about:
        found, write = about["refused"]
        raise refused(source, found, write)
    check_names(source, about["names"])
    if request.columns is not None and not set(request.columns) <= set(about["names"]):
        raise unknown_columns(source, request.columns, about["names"])
    chosen = list(table.columns)
    stated = {name: _r_variable(name, about) for name in chosen}
    variables = described(stated, request.codebook, source)
    answers = {name: _r_answers(name, table, variables[name]) for name in chosen}
    title = about["title"].strip()
    words = " ".join([title, *about["notes"]]).casefold()
    named = Codebook(
        origin=Origin(synthetic=any(word in words for word in _SYNTHETIC)),
        title=Text.same(title) if title else NOTHING,
    )
    notices = (*_r_notices(about, answers), *unreadable(answers, variables))
    origin = Origin(
        source.path.name, source.sha256, about["reader"], synthetic(named, request.codebook), notices=notices
    )
    known = replace(
        completed(named, request.codebook, chosen),
        variables=variables,
        origin=origin,
        reasons={name: each.reasons for name, each in answers.items() if each.reasons},
    )
    return microdata_of_answers(answers, known)


def _r_variable(name: str, about: Mapping[str, Any]) -> Variable:
    return replace(stated_variable(name, about), unit=about["units"].get(name, ""))


def _r_answers(name: str, table: NativeTable, variable: Variable) -> Answers:
    """Return a column as answers: yes and no, moments on the clocks of their zone, numbers or words."""
    values, kind = table.columns[name], table.about["kinds"][name]
    if kind == "boolean":
        found = answers_of(values, None, variable)
        return found if found.column.dtype.kind == "f" else replace(found, column=found.column.astype(bool))
    found = answers_of(values, letters_in(table, name), variable, cast("Kind", kind), "r")
    zone = table.about["zones"].get(name, "")
    if found.column.dtype.kind == "M" and _is_zone(zone):
        moments = found.column.dt.tz_localize("UTC").dt.tz_convert(zone).dt.tz_localize(None)
        return replace(found, column=moments)
    return found


def _is_zone(zone: str) -> bool:
    return zone not in ("", "UTC", "GMT") and zone in zoneinfo.available_timezones()


def _r_notices(about: Mapping[str, Any], answers: Mapping[str, Answers]) -> tuple[Text, ...]:
    """Say how the file was read, where that is not plain from the microdata."""
    kinds, zones = about["kinds"], about["zones"]
    dated = [name for name, kind in kinds.items() if kind in ("date", "moment", "time")]
    by_zone: dict[str, list[str]] = {}
    for name, zone in zones.items():
        by_zone.setdefault(zone if _is_zone(zone) else "UTC", []).append(name)
    return (
        *_object_notice(about),
        *_encoding_notice(about["encoding"]),
        *(Text(f"Son lecteur avertit : {each}.", f"Its reader warns: {each}.") for each in about["warnings"]),
        *naming(
            [name for name in about["row_names"] if name in answers],
            "Les noms des lignes forment la colonne {names}.",
            "The names of the rows are the column {names}.",
        ),
        *(
            notice
            for zone, names in by_zone.items()
            for notice in naming(
                names,
                f"Les heures de {{names}} sont celles des horloges de {zone}.",
                f"The hours of {{names}} are those on the clocks of {zone}.",
            )
        ),
        *naming(
            [name for name in dated if answers[name].column.dtype.kind in "iuf"],
            "Laissées en nombres, parce qu’une de leurs dates ou heures n’existe pas : {names}.",
            "Left as numbers, because one of their dates or times does not exist: {names}.",
        ),
        *(
            Text(
                f"La classe `{unknown}` de `{name}` est ignorée : la colonne est lue comme un simple vecteur.",
                f"The class `{unknown}` of `{name}` is ignored: the column is read as a plain vector.",
            )
            for name, unknown in about["unknown"].items()
        ),
    )


def _object_notice(about: Mapping[str, Any]) -> tuple[Text, ...]:
    """Say which object was read, where there are others or it is no data frame."""
    name, others = about["object"], about["others"]
    notices = naming(
        others,
        f"L’objet `{name}` a été lu ; les autres ne le sont pas : {{names}}.",
        f"The object `{name}` was read; the others were not: {{names}}.",
    )
    if not about["plain"]:
        return notices
    return (
        *notices,
        Text(
            "L’objet n’est pas un tableau de données (data frame) ; ses colonnes nommées en forment un.",
            "The object is no data frame; its named columns make one.",
        ),
    )


def _encoding_notice(encoding: str) -> tuple[Text, ...]:
    if not encoding:
        return ()
    return (
        Text(
            f"Il ne dit pas l’encodage de tous ses mots ; ils ont été lus en {encoding}.",
            f"It does not say the encoding of all of its words; they were read as {encoding}.",
        ),
    )
