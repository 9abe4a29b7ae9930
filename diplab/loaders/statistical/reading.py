"""Which reader reads a file, in this process or in a child: the native library, or for R the parser of rdata."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from diplab.loaders.statistical.native import NativeTable

__all__ = ["R_SUFFIXES", "read_stored"]

R_SUFFIXES = (".rds", ".rda", ".rdata")


def read_stored(
    file: Path | bytes,
    suffix: str,
    columns: Sequence[str] | None = None,
    rows: tuple[int, int | None] | None = None,
    table: str | None = None,
    *,
    many: bool = False,
    trusted: bool = False,
) -> NativeTable:
    """Read a file of SPSS, Stata, SAS or R.

    Each reader is loaded where its format is met only.

    Parameters
    ----------
    file, suffix, columns, rows, many
        See `native.read_native`.
    table : str, optional
        Name of an object in a file of R.
    trusted : bool
        True where a compressed file may be as large as it likes.

    Raises
    ------
    NativeReaderError
        Where the reader refuses the file.
    """
    if suffix in R_SUFFIXES:
        from diplab.loaders.r_files.native import MOST_BYTES, read_r

        return read_r(file, columns, rows, table, most=None if trusted else MOST_BYTES)
    from diplab.loaders.statistical.native import read_native

    return read_native(file, suffix, columns, rows, many=many)
