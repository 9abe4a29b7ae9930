"""Read files of microdata with a reader chosen by their suffix and, if needed, their content."""

from __future__ import annotations

import codecs
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeAlias

from diplab.checks import argument, check_one_of, check_whole_number
from diplab.errors import LoadError, OptionError
from diplab.loaders.answers.numbers import DecimalMark
from diplab.loaders.codebooks.sidecar import linked_files, read_written, with_design, with_links
from diplab.loaders.deliveries import dictionary_beside, read_codebook, unpacked, with_notices
from diplab.loaders.formats import check_suffix, format_of
from diplab.loaders.limits import compression_of, decompressed
from diplab.loaders.notices import WORDS, Notices, listed
from diplab.loaders.source import (
    WITHOUT_NAMES,
    FilePath,
    Request,
    SourceFile,
    open_source,
    suffix_of,
)
from diplab.loaders.text.recognition import is_clear_table, is_kobo
from diplab.microdata.codebook import Codebook
from diplab.microdata.describe import NoAnswer, count_no_answer, declare_missing, without_no_answer
from diplab.microdata.frames import is_lazy
from diplab.microdata.microdata import Microdata

Private: TypeAlias = Literal["drop", "keep"]  # what becomes of the columns that identify people
Names: TypeAlias = Literal["repair", "refuse"]  # what becomes of odd and repeated names of columns


def read(
    source: str | os.PathLike[str] | Any,
    *,
    codebook: str | os.PathLike[str] | Codebook | None = None,
    structure: str | os.PathLike[str] | None = None,
    file_format: str | None = None,
    isolated: bool = True,
    columns: Sequence[str] | None = None,
    rows: range | int | None = None,
    private: Private = "drop",
    table: str | None = None,
    sheet: str | int | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    decimal: DecimalMark | None = None,
    day_first: bool | None = None,
    header: int | None = None,
    skip: int = 0,
    footer: int | None = None,
    fill: bool | None = None,
    names: Names = "repair",
    recodes_in_comments: bool = False,
    no_answer: NoAnswer | None = None,
) -> Microdata:
    r"""Read a file of answers with the meaning of its columns.

    The suffix names the format: SPSS (`.sav`, `.zsav`, `.por`), Stata (`.dta`), SAS (`.sas7bdat`,
    `.xpt`), R (`.rds`, `.rda`, `.RData`), workbooks (`.xlsx`, `.xls`, `.xlsb`, `.ods`), dBASE
    (`.dbf`), Parquet, Feather, text (`.csv`, `.tsv`, `.tab`), JSON (`.json`, `.jsonl`). Exports of
    LimeSurvey (`.lsa` and `.dat` too), Qualtrics, KoboToolbox and ODK (`.zip` and JSON too), Google
    Forms, SurveyMonkey, Prolific and Typeform (JSON) are known by their first lines. The frame
    holds codes, never labels; every kind of missing is NaN in it, and is counted by reason in the
    codebook. A codebook (TOML or CSV, see `codebook_file`, `codebook_table`) that lies beside the
    file under its name (`survey.codebook.toml` for `survey.csv`) is used unless another is given. A
    folder of Parquet or delimited text (its codebook beside it, or in it as `codebook.toml`) and a
    query stay where they are: their frame is lazy.

    Parameters
    ----------
    source : path, frame of pandas, Polars or Arrow, or relation of DuckDB
        The file, the folder, the table in memory or the query. Texts and statistical files may be
        compressed (`.gz`, `.bz2`, `.xz`), and a table in a `.zip`, its codebook, dictionary or
        structure beside it there. Pipes and devices are refused.
    codebook : path or Codebook, optional
        Labels, questions and missing codes, which complete and correct what the file says. It may
        describe other columns as well.
    structure : path, optional
        The file that describes the questionnaire, or the labels of a file that has none of its own:
        a setup file of SPSS (`.sps`), SAS (`.sas`) or Stata (`.do`, `.dct`), or DDI (`.xml`), says
        where the columns of a text are and what they mean.
    file_format : {"spss", "stata", "sas", "r", "excel", "parquet", "delimited", "kobo",
    "limesurvey"...}, optional
        Name of the format, where the file is not recognised as what it is; those of other packages
        too.
    isolated : bool
        Read SPSS, Stata, SAS and R files and workbooks in a child process, within limits of time
        and memory, because a damaged file can end the native reader. False for files that you
        trust.
    columns : sequence of str, optional
        Columns to read, in this order; all by default.
    rows : int or range, optional
        Rows to read: the first `rows`, or `range(start, stop)`, counted from 0. Tables linked to
        the file are read only where neither columns nor rows are chosen.
    private : {"drop", "keep"}
        What to do with the columns that identify people and are not answers: access codes,
        addresses of computers. Where they are left out, `codebook.origin.notices` says so; of other
        columns that may say who people are, which stay, it gives the names unless `"keep"`.
    table : str, optional
        Name of the object to read from a file of R that holds several, or of the file in a `.zip`.
        By default the only table.
    sheet : str or int, optional
        Sheet of a workbook to read: its name, or its place counted from 1. By default the first
        that holds answers.
    encoding : str, optional
        Encoding of a text (`"utf-8"`, `"cp1252"`), where it is not recognised as what it is.
    delimiter : str, optional
        Character between the fields of a text.
    decimal : {",", "."}, optional
        Mark of decimals in text, and in the cells of text of a workbook.
    day_first : bool, optional
        Whether dates in words (`03/04/2021`) begin with the day (true) or the month (false). By
        default they are read where one date of the column proves the order, and stay words
        elsewhere.
    header : int, optional
        Line that names the columns, counted from 1; 0 where no line does. What is above it is left
        out. By default the first line below titles (and `sep=;`), which a notice quotes, and with
        it the lines below that name columns it leaves without a name (`Revenus / salaire`).
    skip : int
        Lines at the top to leave out; the next one is the header, unless `header=0`.
    footer : int, optional
        Rows at the end to leave out, empty ones not counted. By default notes (`Source : Insee`),
        another table below or beside, and a first or last row that is called a total and is the sum
        of the others; a notice says so. With 0, or with `rows`, nothing is left out.
    fill : bool, optional
        Whether lines that end before the last columns are filled with empty cells, and cells merged
        over several rows with what they hold. By default lines are filled where all of them end
        before the same columns, and merged cells are; with a notice.
    names : {"repair", "refuse"}
        What to do where two columns have the same name, or a name is empty or holds characters that
        nobody sees: number, fill or clean them, with a notice, or refuse the file. `columns` takes
        either name.
    recodes_in_comments : bool
        Whether to declare missing the codes that a setup file makes missing in its comments, as
        those of ICPSR do. By default they stay answers, a notice gives the line, and `data.check()`
        counts them.
    no_answer : {"labels"}, optional
        Declare missing, each under its label, the codes whose label says that there is no answer
        ("Refused", "NSP") and that the file leaves among the answers. By default they stay, and a
        notice counts them; for data that were read, `data.described(no_answer="labels")`.

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
        Where an option is not what it can be.

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
    path = None
    if isinstance(source, str | os.PathLike):
        path = Path(source)
    folder = path is not None and os.path.isdir(path)
    if path is not None and file_format is None and not folder:
        check_suffix(path)
    request = Request(
        structure=None if structure is None else Path(structure),
        isolated=isolated,
        columns=_columns(columns),
        rows=_rows(rows),
        private=check_one_of("private", private, Private) == "keep",
        table=table,
        sheet=sheet,
        decimal=None if decimal is None else check_one_of("decimal", decimal, DecimalMark),
        day_first=day_first,
        header=None if header is None else check_whole_number("header", header, low=0, example=3),
        skip=check_whole_number("skip", skip, low=0, example=2),
        footer=None if footer is None else check_whole_number("footer", footer, low=0, example=2),
        fill=fill,
        repairs=check_one_of("names", names, Names) == "repair",
        recodes_in_comments=recodes_in_comments,
    )
    if no_answer is not None:
        check_one_of("no_answer", no_answer, NoAnswer)
    if request.header and request.header <= request.skip:
        asked = (
            f"{argument('header', header)} is one of the lines that {argument('skip', skip)} "
            "leaves out."
        )
        raise OptionError(asked, write="Write `header=` alone: what is above it is left out.")
    written = {"encoding": _encoding(encoding), "delimiter": _delimiter(delimiter)}
    if path is None or (folder and _holds_tables(path)):
        known = codebook
        if codebook is None and path is not None:
            known = _beside(path)
        request = _with_codebook(request, known)
        if no_answer is not None and request.codebook is not None:
            request = replace(request, codebook=without_no_answer(request.codebook))
        found = _lazy(source, path, request, written)
        if no_answer is None or is_lazy(found.frame):
            return found
        return found.described(no_answer=no_answer)
    data = _read_unchanged(open_source(path, **written), request, codebook, file_format)
    if no_answer is None:
        return _point_out(data)
    return data.described(no_answer=no_answer)


def _read_unchanged(
    opened: SourceFile,
    request: Request,
    codebook: FilePath | Codebook | None,
    file_format: str | None,
) -> Microdata:
    """Return what a file holds, which nobody wrote to while it was read."""
    try:
        data = _read_delivered(opened, request, codebook, file_format)
    except LoadError:
        opened.check_unchanged()
        raise
    opened.check_unchanged()
    return data


def _point_out(data: Microdata) -> Microdata:
    """Add a notice on the answers whose label says that there is none."""
    counts = count_no_answer(data)
    names = list[str]()
    for name, count in counts.items():
        names.append(f"`{name}` ({count:,})")
    notice = WORDS("notice.no_answer_labels", count=len(names), names=listed(names))
    if names:
        return with_notices(data, (notice,))
    return data


def _read_delivered(
    opened: SourceFile,
    request: Request,
    codebook: FilePath | Codebook | None,
    file_format: str | None,
) -> Microdata:
    """Return what a file holds as it was delivered: compressed, in an archive, or plain."""
    if (compressed := compression_of(opened.path)) is not None:
        opened = decompressed(opened, compressed)
    if opened.suffix != ".zip" or file_format == "kobo" or is_kobo(opened, request):
        return _read_file(opened, request, codebook, file_format)
    if isinstance(codebook, str | os.PathLike) and Path(codebook) == opened.path:
        codebook = None  # the dictionary in the same archive
    named = None
    if isinstance(codebook, str | os.PathLike) and not os.path.exists(codebook):
        named = codebook
    with unpacked(opened, request, named) as delivery:
        there = request.structure is not None and request.structure.exists()
        structure = request.structure
        if delivery.structure is not None and not there:
            structure = delivery.structure
        inner = replace(request, table=None, structure=structure)
        if codebook is not None and (named is None or delivery.codebook is None):
            return _read_file(delivery.table, inner, codebook, file_format)
        known = delivery.codebook
        return with_notices(_read_file(delivery.table, inner, known, file_format), delivery.notices)


def _read_file(
    opened: SourceFile,
    request: Request,
    codebook: FilePath | Codebook | None,
    file_format: str | None,
) -> Microdata:
    request, codebook = _with_positions(opened, request, codebook)
    known = codebook
    if codebook is None:
        known = _beside(opened.path)
    notices: Notices = ()
    if known is None:
        known, notices = dictionary_beside(opened, request)
    request = _with_codebook(request, known)
    loaded = with_notices(format_of(opened, request, file_format).load(opened, request), notices)
    if (
        isinstance(known, Codebook)
        or known is None
        or request.columns is not None
        or request.rows is not None
    ):
        return loaded
    own = request.written.get(opened.path.name)
    if own is not None and own.sha256 == opened.sha256:
        loaded = with_design(loaded, known)
    private: Private = "drop"
    if request.private:
        private = "keep"
    again = partial(read, isolated=request.isolated, private=private)
    return with_links(loaded, opened.path, linked_files(known), again)


def _with_positions(
    opened: SourceFile, request: Request, codebook: FilePath | Codebook | None
) -> tuple[Request, FilePath | Codebook | None]:
    """Return the request and the codebook; a DDI file that places columns is a setup file."""
    placed = opened.suffix in WITHOUT_NAMES and not (
        opened.suffix == ".txt" and is_clear_table(opened, request)
    )
    structure = request.structure
    if (
        placed
        and structure is None
        and isinstance(codebook, str | os.PathLike)
        and _is_ddi(codebook)
    ):
        return replace(request, structure=Path(codebook)), None
    if not placed and structure is not None and codebook is None and _is_ddi(structure):
        return replace(request, structure=None), structure
    return request, codebook


def _is_ddi(path: FilePath) -> bool:
    return suffix_of(Path(path)) == ".xml"


def _with_codebook(request: Request, codebook: FilePath | Codebook | None) -> Request:
    if codebook is None or isinstance(codebook, Codebook):
        return replace(request, codebook=codebook)
    return replace(request, codebook=read_codebook(codebook), written=read_written(codebook))


def _encoding(encoding: str | None) -> str | None:
    if encoding is None:
        return None
    try:
        "é".encode(encoding, "replace")
        return codecs.lookup(encoding).name
    except (LookupError, TypeError, ValueError) as unknown:
        asked = f"{argument('encoding', encoding)} is not an encoding of text that Python knows."
        write = 'Write for example `encoding="cp1252"` (Windows), `"utf-8"` or `"mac-roman"`.'
        raise OptionError(asked, write=write) from unknown


def _delimiter(delimiter: str | None) -> str | None:
    one_sign = isinstance(delimiter, str) and len(delimiter) == 1 and delimiter.isascii()
    if delimiter is None or (one_sign and delimiter not in "\"'\r\n"):
        return delimiter
    asked = (
        f"{argument('delimiter', delimiter)} is not one character that may stand between two "
        "fields."
    )
    raise OptionError(
        asked, write='Write for example `delimiter=";"`, or `delimiter="\\t"` for a tab.'
    )


def _lazy(
    source: Any, path: Path | None, request: Request, written: Mapping[str, str | None]
) -> Microdata:
    """Return a folder or a query as lazy microdata."""
    from diplab.loaders.query import read_folder, read_table

    of_files = ("table", "sheet", "decimal", "header", "skip", "footer", "fill")
    given = {**written, **{name: getattr(request, name) or None for name in of_files}}
    for name, value in given.items():
        if value is not None:
            asked = (
                f"{argument(name, value)} does not apply to a folder, a frame or a query, which is "
                "one table."
            )
            raise OptionError(asked, write=f"Leave `{name}` out.")
    if isinstance(source, Microdata):
        return _told_more(source, request)
    if path is None:
        return read_table(source, request)
    return read_folder(path, request)


def _told_more(data: Microdata, request: Request) -> Microdata:
    """Return microdata with what a codebook says of their variables."""
    said = request.described
    names = list[str]()
    for name in data.frame.columns:
        if name in said:
            names.append(name)
    if not names:
        return data
    book = replace(
        data.codebook, variables={**data.codebook.variables, **{name: said[name] for name in names}}
    )
    return declare_missing(replace(data, codebook=book), names)


def _holds_tables(folder: Path) -> bool:
    from diplab.loaders.query import files_of_tables

    return bool(files_of_tables(folder))


def _beside(path: Path) -> Path | None:
    """Return the codebook that lies beside a file or a folder under its name, or in the folder."""
    name = path.name if os.path.isdir(path) else path.stem
    places = list[Path]()
    for suffix in (".toml", ".csv"):
        places.append(path.with_name(f"{name}.codebook{suffix}"))
    if os.path.isdir(path):
        places = [path / "codebook.toml", path / "codebook.csv", *places]
    return next((place for place in places if os.path.isfile(place)), None)


def _columns(columns: Sequence[str] | None) -> Sequence[str] | None:
    if columns is None or (
        not isinstance(columns, str) and all(isinstance(column, str) for column in columns)
    ):
        return columns
    names = [columns]
    if not isinstance(columns, str):
        names = list(map(str, columns))
    raise OptionError(
        f"{argument('columns', columns)} is not a list of names.",
        write=f"Write `columns={names!r}`.",
    )


def _rows(rows: range | int | None) -> range | None:
    if rows is None:
        return None
    wanted = rows
    if isinstance(rows, int) and not isinstance(rows, bool) and rows >= 0:
        wanted = range(rows)
    if not isinstance(wanted, range) or wanted.step != 1 or wanted.start < 0:
        asked = f"{argument('rows', rows)} is neither a count of rows nor a range without gaps."
        write = "Write `rows=100` for the first hundred, or `rows=range(100, 200)` for the next."
        raise OptionError(asked, write=write)
    return wanted
