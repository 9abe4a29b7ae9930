"""Excel workbooks (.xlsx, .xlsm): the first sheet that holds a table, with the codebook in a file beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.loaders.cells import microdata_of_cells
from diplab.loaders.excel.sheet import table_of
from diplab.loaders.excel.workbook import sheets_of
from diplab.loaders.source import refused
from diplab.microdata.codebook import Codebook
from diplab.reference.text import Text

if TYPE_CHECKING:
    from diplab.loaders.request import Request
    from diplab.loaders.source import SourceFile
    from diplab.microdata.microdata import Microdata

__all__ = ["read_excel"]


def read_excel(source: SourceFile, request: Request) -> Microdata:
    """Read the first visible sheet of a workbook that holds a table, one of a single column only for want of another.

    Numbers stay numbers, days and moments are dates, true and false are 1 and 0; formulas are the values that
    they gave when the workbook was last saved. An error (`#N/A`) is missing, with its reason. Text is read as in
    a delimited file: a column of digits is numeric, codes with leading zeros stay words. The other sheets that
    hold something are named in a notice.

    Parameters
    ----------
    source : SourceFile
        The workbook.
    request : Request
        Codebook, columns and rows.

    Returns
    -------
    Microdata
        Codes as written, and the codebook.

    Raises
    ------
    LoadError
        Where it is no workbook, is damaged, is larger than the limits, or holds no table.
    ColumnError
        Where one of the columns asked for is not in the table.
    """
    sheets = [sheet for sheet in sheets_of(source) if any(sheet.rows)]
    if not sheets:
        raise refused(
            source, "Its sheets are empty.", "Write the names of the columns on the first row of a sheet."
        )
    # Hidden sheets hold lists and work; a sheet of one column in front is a cover.
    sheets.sort(key=lambda sheet: (not sheet.visible, max(map(len, sheet.rows)) < 2))
    chosen, *others = sheets
    table = table_of(chosen, source)
    if table is None:
        raise refused(
            source,
            f"Its sheet `{chosen.name}` holds no table.",
            "Write the names of its columns on its first row.",
        )
    return microdata_of_cells(
        source,
        request,
        {name: column.words for name, column in table.columns.items()},
        Codebook({name: column.variable(name) for name, column in table.columns.items()}),
        reader=f"Excel workbook, sheet `{chosen.name}`",
        notices=(*_not_read([sheet.name for sheet in others]), *table.notices),
    )


def _not_read(names: list[str]) -> tuple[Text, ...]:
    if not names:
        return ()
    listed = ", ".join(names)
    return (
        Text(
            f"Autres feuilles, qui n'ont pas été lues : {listed}.",
            f"Other sheets, which were not read: {listed}.",
        ),
    )
