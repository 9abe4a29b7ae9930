"""The labels of a SAS data set, which are in another file: its catalogue of formats (.sas7bcat)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from diplab.errors import LoadError
from diplab.loaders.notices import naming
from diplab.loaders.source import open_source
from diplab.loaders.statistical.check_header import check_header
from diplab.loaders.statistical.checked_table import native_table
from diplab.loaders.statistical.stored_moments import kind_of
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from diplab.loaders.request import Request
    from diplab.loaders.source import SourceFile

__all__ = ["catalogue_of", "catalogue_path", "without_labels"]

_CATALOGUE = ".sas7bcat"
_SAS = ".sas7bdat"
_NUMBERS = (
    "BEST F D E Z COMMA COMMAX DOLLAR DOLLARX EURO EUROX NUMX PERCENT PERCENTN NEGPAREN FRACT HEX BINARY"
)
_PARTS = "YEAR MONTH DAY WEEKDAY QTR QTRR MONNAME DOWNAME HOUR MMSS"
_WORDS = "$ $CHAR $F $VARYING $UPCASE $HEX $ASCII $QUOTE"
_OWN = frozenset(["", *f"{_NUMBERS} {_PARTS} {_WORDS}".split()])
"""Formats of SAS itself, which label nothing."""


def catalogue_path(source: SourceFile, request: Request) -> Path | None:
    """Return where the catalogue of a file is: the structure asked for, or the one beside that bears its name.

    Raises
    ------
    LoadError
        Where a structure is given for a file that has no use for it.
    """
    structure = request.structure
    if structure is None:
        beside = source.path.with_suffix(_CATALOGUE)
        return beside if source.suffix == _SAS and beside.is_file() else None
    if source.suffix == _SAS and structure.suffix.lower() == _CATALOGUE:
        return structure
    found = (
        f"The labels of a SAS data set are in a catalogue ({_CATALOGUE}), which that is not."
        if source.suffix == _SAS
        else f"A {source.suffix} file has no use for one: it holds its labels itself, or none."
    )
    raise LoadError(
        f"The file `{source.path.name}` was to be read with the structure `{structure.name}`.",
        found,
        "Leave `structure` out, or write `codebook=` and a codebook in TOML.",
    )


def catalogue_of(path: Path, request: Request) -> Mapping[str, Any]:
    """Return the tables of labels of a catalogue, by the name of their format.

    Raises
    ------
    LoadError
        Where the catalogue cannot be read.
    """
    opened = open_source(path)
    check_header(opened)
    labels: Mapping[str, Any] = native_table(opened, replace(request, rows=None), None).about["label_sets"]
    return labels


def without_labels(source: SourceFile, about: Mapping[str, Any], path: Path | None) -> tuple[Text, ...]:
    """Say where the labels of a SAS data set come from, or that they are in a catalogue that is not here."""
    if source.suffix != _SAS:
        return ()
    if path is not None:
        return (
            Text(
                f"Ses libellés viennent du catalogue `{path.name}`.",
                f"Its labels come from the catalogue `{path.name}`.",
            ),
        )
    formats = sorted({each for each in about["label_sets"].values() if _labels(each)})
    return naming(
        formats,
        "Les libellés des formats {names} sont dans un catalogue (.sas7bcat) qui n’a pas été donné.",
        "The labels of the formats {names} are in a catalogue (.sas7bcat) that was not given.",
    )


def _labels(written: str) -> bool:
    name = re.sub(r"\d*(\.\d*)?$", "", written.upper())
    return name not in _OWN and not kind_of(written, "sas")
