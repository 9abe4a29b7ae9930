"""SPSS and Stata files out of columns that are ready for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyreadstat

from diplab.loaders.statistical.stata_header import stata_layout
from diplab.loaders.writing.file_columns import cut, not_written

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from diplab.loaders.writing.file_columns import FileColumn

__all__ = ["write_columns"]

_SPSS_STAMP = slice(92, 109)
_NO_SPSS_DATE = b"01 Jan 7000:00:00"
_STATA_STAMP = b"<timestamp>\x11"
_NO_STATA_DATE = b"01 Jan 1970 00:00"
_STATA = 14
"""Stata 14 to 19 read it; what later versions add is for more than 32,767 columns, and only one edition reads it."""
_MISSING, _LETTER = 0x7FE0_0000_0000_0000, 0x100_0000_0000
"""The missing value of a double in Stata, and from one letter to the next."""
_SPSS_TITLE, _STATA_TITLE = 64, 80


def write_columns(
    columns: Sequence[FileColumn],
    part: Path,
    file: Path,
    *,
    title: str,
    note: Sequence[str],
    measures: dict[str, str],
) -> None:
    """Write columns as an SPSS or Stata file, by its suffix, without a date: the same data give the same bytes.

    Parameters
    ----------
    columns : sequence of FileColumn
        In order.
    part : Path
        Where.
    file : Path
        The name that it will have, for the error.
    title : str
        Label of the file.
    note : sequence of str
        Lines kept in an SPSS file.
    measures : dict of str to str
        Levels of measurement by column, for SPSS.

    Raises
    ------
    LoadError
        Where the writer refuses them.
    """
    missing = {each.name: list(each.missing) for each in columns if each.missing}
    stata = file.suffix.lower() == ".dta"
    own: dict[str, Any] = {
        "file_label": title[:_STATA_TITLE],
        "version": _STATA,
        "missing_user_values": missing,
    }
    if not stata:
        own = {
            "file_label": cut(title, _SPSS_TITLE),
            "note": list(note) or None,
            "missing_ranges": missing,
            "variable_measure": measures,
            "compress" if file.suffix.lower() == ".zsav" else "row_compress": True,
        }
    try:
        (pyreadstat.write_dta if stata else pyreadstat.write_sav)(
            pd.DataFrame({each.name: pd.Series(each.values, dtype=each.values.dtype) for each in columns}),
            part,
            column_labels={each.name: each.label for each in columns if each.label} or None,
            variable_value_labels={each.name: dict(each.labels) for each in columns if each.labels},
            variable_format={each.name: each.display for each in columns if each.display},
            **own,
        )
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, ValueError, TypeError) as refusal:
        reason = str(refusal).strip().rstrip(".")
        raise not_written(
            file, f"Its writer refused it: {reason}.", "Change that in the data or their codebook."
        ) from refusal
    _finish(part, columns, stata=stata)


def _finish(part: Path, columns: Sequence[FileColumn], *, stata: bool) -> None:
    """Take the date out of a file, and put the letters of Stata's missing values in."""
    content = bytearray(part.read_bytes())
    if stata:
        _put_letters(content, columns)
        at = content.find(_STATA_STAMP) + len(_STATA_STAMP)
        content[at : at + len(_NO_STATA_DATE)] = _NO_STATA_DATE
    else:
        content[_SPSS_STAMP] = _NO_SPSS_DATE
    part.write_bytes(content)


def _put_letters(content: bytearray, columns: Sequence[FileColumn]) -> None:
    """Write the letters of missing answers into a Stata file that holds the plain missing value in their place."""
    # The writer looks at the first hundred answers of a column, and fails where they are all letters.
    start, sizes = stata_layout(bytes(content))
    rows = len(columns[0].values)
    if not rows:
        return
    cells = np.frombuffer(content, dtype=np.uint8, count=rows * sum(sizes), offset=start).reshape(rows, -1)
    at = 0
    for column, size in zip(columns, sizes, strict=True):
        if column.letters is not None:
            gone = column.letters > 0
            words = _MISSING + column.letters[gone].astype("<u8") * _LETTER
            cells[gone, at : at + size] = words.astype("<u8").view(np.uint8).reshape(-1, size)
        at += size
