"""Microdata written as delimited text, with their codebook in a TOML file beside it."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.loaders.writing.write_beside import (
    check_declared,
    check_names,
    file_to_write,
    with_storage,
    with_storage_beside,
    write_linked,
    write_pair,
)
from diplab.loaders.writing.written_columns import (
    kind_of,
    refused_writing,
    storage_needed,
    without_empty_words,
    written_words,
)

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from numpy.typing import NDArray

    from diplab.microdata.microdata import Microdata

__all__ = ["write_delimited"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_OTHER_DELIMITERS = (",", ";", "\t", "|")


def write_delimited(microdata: Microdata, path: str | os.PathLike[str], *, excel_safe: bool = False) -> Path:
    """Write microdata as a CSV or TSV file in UTF-8, and their codebook beside it (`name.codebook.toml`).

    Codes are written, and in missing cells the code that stood there, so that reading the file again gives the same
    microdata. Numbers are written with a decimal point, so that none changes; dates as in ISO 8601. Where the cells
    cannot say what they are (words that look like numbers), the codebook says it. Tables that hang on the data are
    written in files beside (`name.link.csv`). An empty word is a missing answer, as everywhere in diplab.

    Parameters
    ----------
    microdata : Microdata
        What to write.
    path : path
        A `.csv` or `.tsv` file.
    excel_safe : bool
        True for a file that people open in a spreadsheet: an apostrophe is set before words which the spreadsheet
        would take for a formula. Such a file does not read back the same, and no codebook is written beside it.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    LoadError
        Where an answer would not read back as it is.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> from diplab.loaders.read import read
    >>> from diplab.microdata.codebook import Codebook
    >>> from diplab.microdata.microdata import Microdata
    >>> people = Microdata(
    ...     pd.DataFrame({"age": [31.0, 99.0], "department": ["01", "75"]}),
    ...     Codebook().described("age", missing={99: "refused"}),
    ... )
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     back = read(write_delimited(people, f"{folder}/people.csv"))
    >>> back.frame["department"].tolist(), back.frame["age"].tolist(), back.codebook.reasons["age"]
    (['01', '75'], [31.0, nan], {'refused': 1})
    """
    file = file_to_write(path, (".csv", ".tsv"))
    check_names(microdata, file)
    check_declared(microdata, file, words=True)
    microdata = replace(
        microdata,
        frame=without_empty_words(microdata.frame),
        codebook=microdata.codebook if excel_safe else with_storage_beside(microdata.codebook, file),
    )
    delimiter = "\t" if file.suffix.lower() == ".tsv" else ","
    names = list(microdata.frame.columns)
    cells = {name: written_words(microdata.frame[name], microdata.missing.get(name)) for name in names}
    if excel_safe:
        for name, words in cells.items():
            if kind_of(microdata.frame[name]) in ("words", ""):
                cells[name] = np.array([_safe(word) for word in words], dtype=object)
        text = _text([_safe(name) for name in names], cells, delimiter)
        return write_pair(_encoded(text, file, "utf-8-sig"), None, {}, file)
    _check_widest(cells, file)
    storage = {
        name: storage_needed(microdata, name, words, file, comma=delimiter != ",")
        for name, words in cells.items()
    }
    content = _encoded(_text(names, cells, delimiter), file, "utf-8")
    links = write_linked(microdata, file, write_delimited)
    return write_pair(content, with_storage(microdata.codebook, storage), links, file)


def _text(names: list[str], cells: dict[str, NDArray[Any]], delimiter: str) -> str:
    written = io.StringIO(newline="")
    odd = any(mark in name for name in names for mark in _OTHER_DELIMITERS)
    quoting: Any = csv.QUOTE_ALL if odd else csv.QUOTE_MINIMAL
    csv.writer(written, delimiter=delimiter, quoting=quoting).writerow(names)
    csv.writer(written, delimiter=delimiter).writerows(zip(*cells.values(), strict=True))
    return written.getvalue()


def _check_widest(cells: dict[str, NDArray[Any]], file: Path) -> None:
    most = csv.field_size_limit()
    for name, words in cells.items():
        widest = max(map(len, words), default=0)
        if widest > most:
            raise refused_writing(
                file,
                f"`{name}` holds an answer of {widest:,} characters, and such a file is read up to {most:,}.",
                "Write a .parquet file, or cut the answer.",
            )


def _encoded(text: str, file: Path, encoding: str) -> bytes:
    if "\0" in text:
        raise refused_writing(
            file, "An answer holds the character zero.", "Take it out: no text file holds it."
        )
    try:
        return text.encode(encoding)
    except UnicodeEncodeError as half:
        raise refused_writing(
            file, f"An answer holds half a character ({half.object[half.start]!a}).", "Take it out."
        ) from half


def _safe(word: str) -> str:
    return f"'{word}" if word.startswith(_FORMULA) else word
