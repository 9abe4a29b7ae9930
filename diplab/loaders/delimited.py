"""CSV and TSV files: answers as text, with the codebook in a TOML file beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from diplab.loaders.cells import microdata_of_cells
from diplab.loaders.dialect import decoded, dialect_of, records
from diplab.microdata.codebook import Codebook

if TYPE_CHECKING:
    from diplab.loaders.request import Request
    from diplab.loaders.source import SourceFile
    from diplab.microdata.microdata import Microdata

__all__ = ["read_delimited"]


def read_delimited(source: SourceFile, request: Request) -> Microdata:
    """Read a delimited text.

    A column is numeric where every answer that is not missing is a number: a decimal comma is understood
    where the delimiter is not itself a comma; codes with leading zeros and numbers of more than fifteen
    digits stay words. An empty cell is missing. Encoding, delimiter and decimal comma are reported in
    `Origin.reader`.

    Parameters
    ----------
    source : SourceFile
        The file.
    request : Request
        Codebook, columns and rows.

    Returns
    -------
    Microdata
        Codes as written, and the codebook.

    Raises
    ------
    LoadError
        Where the file is not text, or its records are not as wide as its header.
    ColumnError
        Where one of the columns asked for is not in the file.
    """
    text, encoding = decoded(source)
    dialect = dialect_of(text, encoding, source.suffix)
    header, rows = records(source, text, dialect)
    wanted = header if request.columns is None else [name for name in header if name in request.columns]
    places = {name: place for place, name in enumerate(header)}
    cells = {
        name: np.array([row[places[name]] for row in rows] if name in wanted else [], dtype=object)
        for name in header
    }
    reader = f"delimited text, {dialect}"
    return microdata_of_cells(
        source, request, cells, Codebook(), reader=reader, comma=dialect.delimiter != ","
    )
