"""SPSS, Stata, SAS and R files: codes in the frame, labels and kinds of missing in the codebook."""

from __future__ import annotations

import re
import zoneinfo
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from diplab.loaders.cells import merge_variables, microdata_of_answers, microdata_of_columns
from diplab.loaders.codebooks.sidecar import ColumnStorage
from diplab.loaders.notices import WORDS, column_notice, unreadable_notice
from diplab.loaders.readstat.spss import multiple_responses
from diplab.loaders.readstat.table import (
    answers_from_values,
    catalogue_notice,
    catalogue_path,
    check_names,
    checked_table,
    date_family,
    date_kinds,
    mixed_codes,
    native_table,
    read_catalogue,
    tag_codes,
    variable_in_file,
)
from diplab.loaders.source import chosen_columns, refused
from diplab.microdata.codebook import Codebook, Origin
from diplab.microdata.missing import SYSTEM
from diplab.microdata.variable import Variable
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from diplab.loaders.cells import Answers
    from diplab.loaders.codebooks.sidecar import WrittenFile
    from diplab.loaders.dates import DateKind
    from diplab.loaders.readstat.reader import NativeTable
    from diplab.loaders.source import Request, SourceFile
    from diplab.microdata.microdata import Microdata
    from diplab.microdata.multiple_response import Responses

__all__ = ["read_pair", "read_r_file", "read_statistical"]


_SYNTHETIC = ("synthetic", "synthétique", "synthetique")
_STATA_PERIODS = re.compile(r"%-?\d*t[wmqh]")
"""Formats of Stata in which numbers count weeks, months, quarters or halves of years since 1960."""
_R_MARKS = (
    *(b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0"),
    *(b"RDX2\n", b"RDX3\n", b"RDA2\n", b"RDA3\n", b"X\n", b"A\n", b"A\r\n"),
)
"""How files of R begin: compressed by gzip, bzip2 or xz, or not compressed."""


def read_statistical(source: SourceFile, request: Request) -> Microdata:
    """Read an SPSS (.sav, .zsav, .por), Stata (.dta) or SAS (.sas7bdat, .xpt) file.

    Blank words are missing. A column with an impossible date or time stays numbers, and a notice names it.
    """
    if request.codebook is not None:
        for written in request.written.values():
            if written.sha256 == source.sha256:
                return read_pair(source, request, written)
    labels_at = catalogue_path(source, request)
    catalogue = None if labels_at is None else read_catalogue(labels_at, request)
    header, table = checked_table(source, request, request.columns)
    about = table.about
    chosen = (
        [name for name in about["names"] if name in table.columns] if request.columns is None else list(request.columns)
    )
    kinds = date_kinds(table, source, chosen)
    variables = merge_variables(
        {name: variable_in_file(name, about, catalogue) for name in chosen}, request.codebook, source
    )
    answers = {
        name: answers_from_values(
            table.columns[name], tag_codes(table, name), variables[name], kind, date_family(source)
        )
        for name, kind in kinds.items()
    }
    sets, notices = multiple_responses(header.sets, header.names, header.words)
    periods = [name for name in chosen if _STATA_PERIODS.match(about["formats"].get(name, ""))]
    made = "" if about["made"].startswith("1970-01-01") else about["made"]
    return microdata_of_columns(
        source,
        request,
        answers,
        _codebook(about, variables, sets, header.date or made),
        reader=about["reader"],
        notices=(
            *notices,
            *([WORDS("statistical.encoding", encoding=about["encoding"])] if about["encoding"] else []),
            *_impossible_dates(kinds, answers),
            *column_notice("statistical.stata_periods", periods),
            *catalogue_notice(source, about, labels_at),
            *unreadable_notice(answers, variables),
            *([WORDS("statistical.other_version")] if request.written else []),
        ),
    )


def _codebook(
    about: Mapping[str, Any],
    variables: Mapping[str, Variable],
    sets: Mapping[str, Responses] | None = None,
    date: str = "",
) -> Codebook:
    """Return what a file says of the whole survey."""
    title = about["title"].strip()
    notes = " ".join([title, *about["notes"]]).casefold()
    return Codebook(
        variables,
        origin=Origin(synthetic=any(word in notes for word in _SYNTHETIC), date=date),
        sets=sets or {},
        title=Text.same(title) if title else NOTHING,
    )


def _impossible_dates(kinds: Mapping[str, str], answers: Mapping[str, Answers]) -> tuple[Text, ...]:
    """Say which columns of dates stay numbers, because one of them does not exist."""
    dated = [name for name, kind in kinds.items() if kind not in ("", "boolean") and name in answers]
    return column_notice(
        "statistical.impossible_dates", [name for name in dated if answers[name].column.dtype.kind in "iuf"]
    )


def read_pair(source: SourceFile, request: Request, written: WrittenFile) -> Microdata:
    """Read a statistical file that diplab wrote, with the codebook written beside it, which alone counts.

    Names, kinds of columns and missing codes that the file holds in another manner are put back.
    """
    codebook = request.codebook or Codebook()
    in_file = {name: stored.name for name, stored in written.columns.items() if stored.name}
    in_frame = {stored: name for name, stored in in_file.items()}
    wanted = None if request.columns is None else [in_file.get(name, name) for name in request.columns]
    header, table = checked_table(source, request, wanted)
    names = [in_frame.get(name, name) for name in table.about["names"]]
    chosen = chosen_columns(source, request, names)
    kinds = date_kinds(table, source, [in_file.get(name, name) for name in chosen])
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
    complete = request.columns is None and request.rows is None
    reasons = {name: each.reasons for name, each in answers.items() if each.reasons}
    known = replace(
        codebook,
        # a text file written since says nothing in the codebook of columns that have nothing to say
        variables={**{name: Variable(name) for name in names}, **codebook.variables}
        if complete
        else {name: codebook.variables.get(name, Variable(name)) for name in chosen},
        sets={name: each for name, each in codebook.sets.items() if set(each.columns) <= set(chosen)},
        origin=Origin(source.path.name, source.sha256, table.about["reader"], codebook.origin.synthetic, header.date),
        reasons={**reasons, **codebook.reasons} if complete else reasons,
    )
    return microdata_of_answers(answers, known)


def _answers_restored(
    table: NativeTable, stored: ColumnStorage, variable: Variable, kind: DateKind, source: SourceFile
) -> Answers:
    name = stored.name or variable.name
    values, letters = table.columns[name], tag_codes(table, name)
    codes = np.full(len(values), None, dtype=object)
    for stand_in, code in stored.codes.items():
        codes[(values if values.dtype == object or letters is None else _either(values, letters)) == stand_in] = code
    put_back = np.array([code is not None for code in codes], dtype=bool)
    if put_back.any():
        blank: Any = "" if values.dtype == object else np.nan
        values = np.where(put_back, blank, values)
        letters = None if letters is None else np.where(put_back, "", letters)
    answers = _with_codes(
        answers_from_values(values, letters, variable, kind, date_family(source)), codes, put_back, variable
    )
    if not stored.storage:
        return answers
    try:
        return replace(answers, column=answers.column.astype(stored.storage))  # type: ignore[call-overload]
    except (ValueError, TypeError) as other:
        raise refused(
            source,
            f"`{variable.name}` was written as {stored.storage}, and the file holds other answers.",
            "Write the data and their codebook again.",
        ) from other


def _either(values: NDArray[Any], letters: NDArray[np.str_]) -> NDArray[Any]:
    return np.where(letters == "", values.astype(object), letters.astype(object))


def _with_codes(answers: Answers, codes: NDArray[Any], put_back: NDArray[np.bool_], variable: Variable) -> Answers:
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


def read_r_file(source: SourceFile, request: Request) -> Microdata:
    """Read a data frame that R saved (.rds, .rda, .RData); nothing in the file is run.

    A factor is words, ordinal where R has it ordered; NaN is missing under the code `.nan`. A moment is the hour on the
    clocks of its zone, or in UTC. Row names that are words become the column `row.names`.
    """
    if not source.head(8).startswith(_R_MARKS):
        raise refused(
            source,
            f"It does not begin as files of R do, compressed or not, but with {source.head(8)!r}.",
            "Save it in R with `saveRDS`, or give it the suffix of what it is.",
        )
    table = native_table(source, request, request.columns)
    about = table.about
    if "refused" in about:
        raise refused(source, *about["refused"])
    check_names(source, about["names"])
    chosen_columns(source, request, about["names"])
    stated = {name: replace(variable_in_file(name, about), unit=about["units"].get(name, "")) for name in table.columns}
    variables = merge_variables(stated, request.codebook, source)
    answers = {name: _r_answers(name, table, variables[name]) for name in table.columns}
    return microdata_of_columns(
        source,
        request,
        answers,
        _codebook(about, variables),
        reader=about["reader"],
        notices=(*_r_notices(about, answers), *unreadable_notice(answers, variables)),
    )


def _r_answers(name: str, table: NativeTable, variable: Variable) -> Answers:
    """Return a column as answers: yes and no, moments on the clocks of their zone, numbers or words."""
    values, kind = table.columns[name], table.about["kinds"][name]
    if kind == "boolean":
        answers = answers_from_values(values, None, variable)
        return answers if answers.column.dtype.kind == "f" else replace(answers, column=answers.column.astype(bool))
    answers = answers_from_values(values, tag_codes(table, name), variable, cast("DateKind", kind), "r")
    zone = table.about["zones"].get(name, "")
    if answers.column.dtype.kind == "M" and _is_zone(zone):
        moments = answers.column.dt.tz_localize("UTC").dt.tz_convert(zone).dt.tz_localize(None)
        return replace(answers, column=moments)
    return answers


def _is_zone(zone: str) -> bool:
    return zone not in ("", "UTC", "GMT") and zone in zoneinfo.available_timezones()


def _r_notices(about: Mapping[str, Any], answers: Mapping[str, Answers]) -> tuple[Text, ...]:
    """Say how the file was read, where the microdata do not show it."""
    by_zone: dict[str, list[str]] = {}
    for name, zone in about["zones"].items():
        by_zone.setdefault(zone if _is_zone(zone) else "UTC", []).append(name)
    return (
        *column_notice("r.object", about["others"], name=about["object"]),
        *([WORDS("r.no_data_frame")] if about["plain"] else []),
        *([WORDS("r.encoding", encoding=about["encoding"])] if about["encoding"] else []),
        *(WORDS("r.warning", warning=each) for each in about["warnings"]),
        *column_notice("r.row_names", [name for name in about["row_names"] if name in answers]),
        *(notice for zone, names in by_zone.items() for notice in column_notice("notice.clocks", names, zone=zone)),
        *_impossible_dates(about["kinds"], answers),
        *(WORDS("r.class", unknown=unknown, name=name) for name, unknown in about["unknown"].items()),
    )
