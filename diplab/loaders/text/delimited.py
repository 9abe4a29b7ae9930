"""CSV and TSV files: answers as text, with the codebook in a TOML file beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.loaders.cells import microdata_of_cells
from diplab.loaders.text.delimited_columns import delimited_columns
from diplab.loaders.text.dialect import dialect_of
from diplab.loaders.text.encoding import decode
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
    digits stay words. Thousands that stand apart are understood where nothing else can be meant. True and false
    are words, unless the codebook says `storage = "boolean"`. An empty cell is missing. Encoding, delimiter and
    decimal comma are reported in `Origin.reader`, what was not certain in `Origin.notices`.

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
    found = decode(source)
    dialect = dialect_of(found.text, found.encoding, source.suffix)
    cells = delimited_columns(source, found.text, dialect, request.columns, request.rows)
    return microdata_of_cells(
        source,
        request,
        cells,
        Codebook(),
        reader=f"delimited text, {dialect}",
        comma=dialect.delimiter != ",",
        notices=found.notices,
    )
