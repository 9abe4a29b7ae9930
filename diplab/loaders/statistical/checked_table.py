"""The columns of a statistical file as stored, read apart from this process and checked against its own header."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from diplab.loaders.source import refused, unknown_columns
from diplab.loaders.statistical.check_header import check_header
from diplab.loaders.statistical.isolated import read_here, read_isolated
from diplab.loaders.statistical.native import NativeReaderError, NativeTable
from diplab.loaders.statistical.stored_moments import kind_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from diplab.loaders.request import Request
    from diplab.loaders.source import SourceFile
    from diplab.loaders.statistical.header import Header
    from diplab.loaders.statistical.stored_moments import Family, Kind

__all__ = ["check_names", "checked_table", "family_of", "kinds_in", "letters_in", "native_table"]

_ANEW = "Copy it again from its source, or open it in the program that made it and save it anew."


def checked_table(
    source: SourceFile, request: Request, columns: Sequence[str] | None
) -> tuple[Header, NativeTable]:
    """Return what a file says of itself and the columns asked for, as stored.

    Raises
    ------
    LoadError
        Where the file is not what its suffix says, is damaged, ends its reader, or says other counts than it holds.
    ColumnError
        Where one of `columns` is not in the file.
    """
    header = check_header(source)
    table = native_table(source, request, columns)
    names: list[str] = list(table.about["names"])
    check_names(source, names)
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


def check_names(source: SourceFile, names: Sequence[str]) -> None:
    """Refuse a file of which a column has no name, or one that cannot be shown."""
    if not all(names):
        raise refused(source, "One of its columns has no name.", _ANEW)
    odd = [name for name in names if not name.isprintable()]
    if odd:
        raise refused(source, f"One of its columns has a name that cannot be shown: {odd[0]!r}.", _ANEW)


def native_table(source: SourceFile, request: Request, columns: Sequence[str] | None) -> NativeTable:
    """Return the columns of a file as stored, or the error with which its reader refused it."""
    run = read_isolated if request.isolated else read_here
    try:
        return run(source.stored, source.suffix, columns, request.rows, request.table)
    except NativeReaderError as refusal:
        raise refused(source, str(refusal), _ANEW) from refusal


def family_of(source: SourceFile) -> Family:
    """Return whose epoch and units the dates of a file have."""
    families: dict[str, Family] = {".dta": "stata", ".sas7bdat": "sas", ".xpt": "sas"}
    return families.get(source.suffix, "spss")


def kinds_in(table: NativeTable, source: SourceFile, columns: Sequence[str]) -> dict[str, Kind]:
    """Return what the numbers of each column are, by its display format."""
    family = family_of(source)
    return {
        name: "" if table.columns[name].dtype == object else kind_of(table.about["formats"].get(name), family)
        for name in columns
    }


def letters_in(table: NativeTable, name: str) -> NDArray[np.str_] | None:
    """Return the tagged missing values of a column as codes (`.a`), `""` elsewhere; None where it has none."""
    tags = table.tags.get(name)
    return None if tags is None else np.where(tags == "", "", np.char.add(".", tags))
