"""Files of R (.rds, .rda, .RData): codes in the frame, labels and kinds of missing in the codebook."""

from __future__ import annotations

import zoneinfo
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from diplab.loaders.cells import microdata_of_answers
from diplab.loaders.codebooks.merge import is_synthetic, merge_codebooks, merge_variables
from diplab.loaders.notices import naming, unreadable
from diplab.loaders.source import refused, unknown_columns
from diplab.loaders.statistical.checked_table import check_names, letters_in, native_table
from diplab.loaders.statistical.stated import stated_variable
from diplab.loaders.statistical.stored_answers import answers_of
from diplab.microdata.codebook import Codebook, Origin
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from diplab.loaders.cells import Answers
    from diplab.loaders.request import Request
    from diplab.loaders.source import SourceFile
    from diplab.loaders.statistical.native import NativeTable
    from diplab.loaders.statistical.stored_moments import Kind
    from diplab.microdata.microdata import Microdata
    from diplab.microdata.variable import Variable

__all__ = ["read_r_file"]

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
_SYNTHETIC = ("is_synthetic", "synthétique", "synthetique")


def read_r_file(source: SourceFile, request: Request) -> Microdata:
    """Read a data frame that R saved (.rds, .rda, .RData).

    Nothing in the file is run. A factor is words, with its levels as the labels of its answers, in their order; it is
    nominal, or ordinal where R has it ordered. Labels, missing codes and tagged missing values of haven go into the
    codebook. NaN is missing like NA, under the code `.nan`; blank words are missing too. A moment is the hour on
    the clocks of its zone, or in UTC where it has none. Row names that are words become the column `row.names`.

    Parameters
    ----------
    source : SourceFile
        The file.
    request : Request
        Codebook laid over what the file says; name of the object; isolation in a child process; columns and rows.

    Returns
    -------
    Microdata
        Codes, and the codebook of the file.

    Raises
    ------
    LoadError
        Where the file is none of R, is cut, damaged or too large, holds no table or several of which none is named,
        or a column of the table is no vector.
    ColumnError
        Where one of `columns` is not in the table.
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
    stated = {name: _stated(name, about) for name in chosen}
    variables = merge_variables(stated, request.codebook, source)
    answers = {name: _answers(name, table, variables[name]) for name in chosen}
    title = about["title"].strip()
    words = " ".join([title, *about["notes"]]).casefold()
    named = Codebook(
        origin=Origin(synthetic=any(word in words for word in _SYNTHETIC)),
        title=Text.same(title) if title else NOTHING,
    )
    notices = (*_notices(about, answers), *unreadable(answers, variables))
    origin = Origin(
        source.path.name,
        source.sha256,
        about["reader"],
        is_synthetic(named, request.codebook),
        notices=notices,
    )
    known = replace(
        merge_codebooks(named, request.codebook, chosen),
        variables=variables,
        origin=origin,
        reasons={name: each.reasons for name, each in answers.items() if each.reasons},
    )
    return microdata_of_answers(answers, known)


def _stated(name: str, about: Mapping[str, Any]) -> Variable:
    return replace(stated_variable(name, about), unit=about["units"].get(name, ""))


def _answers(name: str, table: NativeTable, variable: Variable) -> Answers:
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


def _notices(about: Mapping[str, Any], answers: Mapping[str, Answers]) -> tuple[Text, ...]:
    """Say how the file was read, where that is not plain from the microdata."""
    kinds, zones = about["kinds"], about["zones"]
    dated = [name for name, kind in kinds.items() if kind in ("date", "moment", "time")]
    by_zone: dict[str, list[str]] = {}
    for name, zone in zones.items():
        by_zone.setdefault(zone if _is_zone(zone) else "UTC", []).append(name)
    return (
        *_which(about),
        *_encoded(about["encoding"]),
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


def _which(about: Mapping[str, Any]) -> tuple[Text, ...]:
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


def _encoded(encoding: str) -> tuple[Text, ...]:
    if not encoding:
        return ()
    return (
        Text(
            f"Il ne dit pas l’encodage de tous ses mots ; ils ont été lus en {encoding}.",
            f"It does not say the encoding of all of its words; they were read as {encoding}.",
        ),
    )
