"""One door for files of microdata: the suffix, and where it is not enough the file itself, choose the reader."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from diplab.errors import OptionError
from diplab.loaders.codebook_file import read_codebook
from diplab.loaders.formats import check_suffix, format_of
from diplab.loaders.request import Request
from diplab.loaders.source import open_source
from diplab.loaders.written import read_written
from diplab.microdata.codebook import Codebook

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from diplab.microdata.microdata import Microdata

__all__ = ["read"]


def read(
    source: str | os.PathLike[str],
    *,
    codebook: str | os.PathLike[str] | Codebook | None = None,
    structure: str | os.PathLike[str] | None = None,
    file_format: str | None = None,
    isolated: bool = True,
    columns: Sequence[str] | None = None,
    rows: range | int | None = None,
    private: bool = False,
) -> Microdata:
    r"""Read a file of answers with the meaning of its columns.

    SPSS (`.sav`, `.zsav`, `.por`), Stata (`.dta`), SAS (`.sas7bdat`, `.xpt`) and delimited text (`.csv`, `.tsv`)
    are known by their suffix. The frame holds codes, never labels; every kind of missing is NaN in it, and is
    counted by reason in the codebook. A codebook in TOML (see `codebook_file`) that lies beside the file under its
    name (`survey.codebook.toml` for `survey.csv`) is used unless another is given.

    Parameters
    ----------
    source : path
        The file.
    codebook : path or Codebook, optional
        Labels, questions and missing codes, which complete and correct what the file says. It may describe
        other columns as well.
    structure : path, optional
        The file that describes the questionnaire, or the labels of a file that has none of its own.
    file_format : str, optional
        Name of the format, where the file is not recognised as what it is.
    isolated : bool
        Read SPSS, Stata and SAS files in a child process, within limits of time and memory, because a damaged file
        can end the native reader. False for files that you trust.
    columns : sequence of str, optional
        Columns to read, in this order; all by default.
    rows : int or range, optional
        Rows to read: the first so many, or `range(start, stop)`, counted from 0.
    private : bool
        Keep what identifies people and is no answer: access codes, addresses of computers. They are left out
        by default, and `codebook.origin.notices` says so.

    Returns
    -------
    Microdata
        The answers and their codebook, with the file's checksum and reader in `codebook.origin`.

    Raises
    ------
    LoadError
        Where the file is absent, empty, cut, damaged, or not what its suffix says.
    ColumnError
        Where one of `columns` is not in the file.
    OptionError
        Where `rows` or `file_format` are not what they can be.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> file = pathlib.Path(folder.name, "workers.csv")
    >>> _ = file.write_text("sex;hours\nF;3,5\nM;\n", encoding="utf-8")
    >>> workers = read(file)
    >>> workers
    <microdata workers.csv: 2 rows, 2 columns>
    >>> workers.frame["hours"].tolist()
    [3.5, nan]
    >>> folder.cleanup()
    """
    if file_format is None:
        check_suffix(Path(source))
    opened = open_source(source)
    known = _beside(opened.path) if codebook is None else codebook
    request = Request(
        known if known is None or isinstance(known, Codebook) else read_codebook(known),
        None if structure is None else Path(structure),
        isolated,
        columns,
        _rows(rows),
        private,
        {} if known is None or isinstance(known, Codebook) else read_written(known),
    )
    return format_of(opened, request, file_format).load(opened, request)


def _beside(path: Path) -> Path | None:
    """Return the codebook that lies beside a file under its name."""
    beside = path.with_name(f"{path.stem}.codebook.toml")
    return beside if beside.is_file() else None


def _rows(rows: range | int | None) -> range | None:
    if rows is None:
        return None
    asked = range(rows) if isinstance(rows, int) and not isinstance(rows, bool) and rows >= 0 else rows
    if not isinstance(asked, range) or asked.step != 1 or asked.start < 0:
        raise OptionError(
            f"The rows {rows!r} were asked for.",
            "Rows are read from one place to another, without leaving any out.",
            "Write `rows=100` for the first hundred, or `rows=range(100, 200)` for the next.",
        )
    return asked
