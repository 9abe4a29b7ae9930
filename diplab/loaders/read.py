"""Read files of microdata: the suffix, and where it is not enough the file itself, choose the reader."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeAlias

from diplab.checks import argument, check_one_of
from diplab.errors import OptionError
from diplab.loaders.codebooks.file import read_codebook
from diplab.loaders.codebooks.sidecar import linked_files, read_written, with_links
from diplab.loaders.formats import FileFormat, check_suffix, format_of
from diplab.loaders.limits import gunzipped, is_gzipped_text
from diplab.loaders.source import Request, open_source
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata

Private: TypeAlias = Literal["drop", "keep"]  # what becomes of the columns that identify people
Names: TypeAlias = Literal["repair", "refuse"]  # what becomes of odd and repeated names of columns
DecimalMark: TypeAlias = Literal[",", "."]


def read(
    source: str | os.PathLike[str] | Any,
    *,
    codebook: str | os.PathLike[str] | Codebook | None = None,
    structure: str | os.PathLike[str] | None = None,
    file_format: FileFormat | None = None,
    isolated: bool = True,
    columns: Sequence[str] | None = None,
    rows: range | int | None = None,
    private: Private = "drop",
    table: str | None = None,
    sheet: str | int | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    decimal: DecimalMark | None = None,
    header: int | None = None,
    skip: int = 0,
    names: Names = "repair",
) -> Microdata:
    r"""Read a file of answers with the meaning of its columns.

    The suffix names the format: SPSS (`.sav`, `.zsav`, `.por`), Stata (`.dta`), SAS (`.sas7bdat`, `.xpt`), R (`.rds`,
    `.rda`, `.RData`), Excel (`.xlsx`), Parquet, text (`.csv`, `.tsv`). Exports of LimeSurvey (`.lsa` and `.dat` too),
    Qualtrics, KoboToolbox and ODK (`.zip` too), Google Forms, SurveyMonkey and Prolific are known by their first lines.
    The frame holds codes, never labels; every kind of missing is NaN in it, and is counted by reason in the codebook. A
    codebook (TOML or CSV, see `codebook_file`, `codebook_table`) that lies beside the file under its name
    (`survey.codebook.toml` for `survey.csv`) is used unless another is given. A folder of Parquet or delimited text
    (its codebook beside it, or in it as `codebook.toml`) and a query stay where they are: their frame is lazy.

    Parameters
    ----------
    source : path, lazy frame of Polars or relation of DuckDB
        The file (delimited text may be compressed, as `.csv.gz`), the folder or the query.
    codebook : path or Codebook, optional
        Labels, questions and missing codes, which complete and correct what the file says. It may describe
        other columns as well.
    structure : path, optional
        The file that describes the questionnaire, or the labels of a file that has none of its own: a setup file of
        SPSS (`.sps`), SAS (`.sas`) or Stata (`.do`, `.dct`) says where the columns of a text are and what they mean.
    file_format : {"spss", "stata", "sas", "r", "excel", "parquet", "delimited", "kobo", "limesurvey"...}, optional
        Name of the format, where the file is not recognised as what it is.
    isolated : bool
        Read SPSS, Stata, SAS and R files in a child process, within limits of time and memory, because a damaged
        file can end the native reader. False for files that you trust.
    columns : sequence of str, optional
        Columns to read, in this order; all by default.
    rows : int or range, optional
        Rows to read: the first `rows`, or `range(start, stop)`, counted from 0. Tables linked to the file are read
        only where neither columns nor rows are chosen.
    private : {"drop", "keep"}
        What to do with the columns that identify people and are no answers: access codes, addresses of computers.
        Where they are left out, `codebook.origin.notices` says so.
    table : str, optional
        Name of the object to read from a file of R that holds several. By default the only data frame.
    sheet : str or int, optional
        Sheet of a workbook to read: its name, or its place counted from 1. By default the first that holds answers.
    encoding : str, optional
        Encoding of a text (`"utf-8"`, `"cp1252"`), where it is not recognised as what it is.
    delimiter : str, optional
        Character between the fields of a text.
    decimal : {",", "."}, optional
        Mark of decimals in text.
    header : int, optional
        Line that names the columns, counted from 1; 0 where no line does. What is above it is left out.
    skip : int
        Lines at the top to leave out before the header.
    names : {"repair", "refuse"}
        What to do where two columns have the same name, or a name holds characters that cannot be shown: number or
        clean them, with a notice, or refuse the file.

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
        Where `columns`, `rows`, `private` or `file_format` are not what they can be.

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
    path = Path(source) if isinstance(source, str | os.PathLike) else None
    folder = path is not None and os.path.isdir(path)
    if path is not None and file_format is None and not folder:
        check_suffix(path)
    opened = (
        None
        if path is None or (folder and _holds_tables(path))
        else open_source(path, encoding=encoding, delimiter=delimiter)
    )
    if opened is not None and is_gzipped_text(opened.path):
        opened = gunzipped(opened)
    known = _beside(path) if codebook is None and path is not None else codebook
    request = Request(
        known if known is None or isinstance(known, Codebook) else read_codebook(known),
        None if structure is None else Path(structure),
        isolated,
        _columns(columns),
        _rows(rows),
        check_one_of("private", private, Private) == "keep",
        {} if known is None or isinstance(known, Codebook) else read_written(known),
        table,
        sheet,
        None if decimal is None else check_one_of("decimal", decimal, DecimalMark),
        header,
        skip,
        check_one_of("names", names, Names) == "repair",
    )
    if opened is None:
        return _lazy(source, path, request)
    loaded = format_of(opened, request, file_format).load(opened, request)
    if isinstance(known, Codebook) or known is None or columns is not None or rows is not None:
        return loaded
    return with_links(loaded, opened.path, linked_files(known), partial(read, isolated=isolated, private=private))


def _lazy(source: Any, path: Path | None, request: Request) -> Microdata:
    """Return a folder or a query as lazy microdata."""
    from diplab.loaders.query import read_folder, read_query

    if request.table is not None:
        raise OptionError(
            f"{argument('table', request.table)} names no table: a folder or a query is one table.",
            write="Leave `table` out.",
        )
    return read_query(source, request) if path is None else read_folder(path, request)


def _holds_tables(folder: Path) -> bool:
    from diplab.loaders.query import files_of_tables

    return bool(files_of_tables(folder))


def _beside(path: Path) -> Path | None:
    """Return the codebook that lies beside a file or a folder under its name, or in the folder."""
    name = path.name if os.path.isdir(path) else path.stem
    places = [path.with_name(f"{name}.codebook{suffix}") for suffix in (".toml", ".csv")]
    if os.path.isdir(path):
        places = [path / "codebook.toml", path / "codebook.csv", *places]
    return next((place for place in places if os.path.isfile(place)), None)


def _columns(columns: Sequence[str] | None) -> Sequence[str] | None:
    if columns is None or (not isinstance(columns, str) and all(isinstance(each, str) for each in columns)):
        return columns
    names = [columns] if isinstance(columns, str) else [str(each) for each in columns]
    raise OptionError(f"{argument('columns', columns)} is not a list of names.", write=f"Write `columns={names!r}`.")


def _rows(rows: range | int | None) -> range | None:
    if rows is None:
        return None
    wanted = range(rows) if isinstance(rows, int) and not isinstance(rows, bool) and rows >= 0 else rows
    if not isinstance(wanted, range) or wanted.step != 1 or wanted.start < 0:
        raise OptionError(
            f"{argument('rows', rows)} is neither a count of rows nor a range without gaps.",
            write="Write `rows=100` for the first hundred, or `rows=range(100, 200)` for the next.",
        )
    return wanted
