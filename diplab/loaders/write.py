"""Microdata written as a file that other programs open, with a codebook beside it.

Delimited text is written here.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
import warnings
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast, get_args

import numpy as np
import pandas as pd

from diplab.checks import check_one_of, type_name
from diplab.errors import OptionError
from diplab.kernel.arrays import Array, Booleans
from diplab.loaders.answers.cells import (
    FORMULA,
    answers_in,
    code_words,
    codes_by_cell,
    storage_kind,
)
from diplab.loaders.codebooks import sidecar
from diplab.loaders.formats import WrittenSuffix
from diplab.loaders.notices import WORDS, listed_names
from diplab.loaders.source import not_written
from diplab.microdata.codebook import Codebook
from diplab.microdata.display import in_language
from diplab.microdata.microdata import Microdata, as_microdata
from diplab.microdata.missing import MissingCodes
from diplab.microdata.variable import Storage, Variable
from diplab.reference.text import Language

_SPSS = (".sav", ".zsav")
_ELSEWHERE = "Write in a folder that exists, and in which you may write."


Formulas: TypeAlias = Literal[
    "warn", "keep", "escape"
]  # what becomes of words that begin like a formula


def write(
    data: Microdata | pd.DataFrame,
    path: str | os.PathLike[str],
    *,
    language: Language = "en",
    note: str = "",
    formulas: Formulas = "warn",
) -> Path:
    """Write microdata as an SPSS, Stata, CSV or Parquet file, with their codebook beside it.

    `survey.sav` and `survey.codebook.toml` together give the same microdata back when the first is
    read: answers, kinds of columns, labels in every language, missing codes and their reasons,
    questions with several answers, steps. What `survey.sav` loses without its codebook,
    `write_limits(".sav")` lists. Linked tables are written beside it (`survey.trips.sav`).

    An SPSS file holds missing codes as they are and declares them missing; those that it cannot
    declare (`.a`, or more than three) become numbers below every answer, in one range declared
    missing. In a Stata file they become letters (.a to .z) labelled with their reason. No program
    takes a missing code for an answer, and the codebook says which code each replaces. Names that
    the format refuses are changed in the file, and put back by the codebook. SPSS and Stata files
    are read back and compared before they take their name; they hold no date, so that the same data
    give the same bytes. Spaces at the end of words are lost in an SPSS file. CSV and Parquet hold
    plain columns: categories come back as words, `Int64` and `float32` as ordinary numbers.

    Parameters
    ----------
    data : Microdata or pandas.DataFrame
        What to write: what `read` returned, or a frame. It may hold missing codes (99, refused):
        they come back as missing. Codebooks, tables and figures are written by `save`.
    path : path
        A file in `.sav`, `.zsav`, `.dta`, `.csv`, `.tsv`, `.xlsx` or `.parquet`.
    language : {"en", "fr"}
        Language of the labels within an SPSS or Stata file, which has one.
    note : str
        Words kept in an SPSS file, for its readers.
    formulas : {"warn", "keep", "escape"}
        What to do in a `.csv` or `.tsv` file with answers that begin like a formula (`=`, `+`, `-`,
        `@`, a tab), which a spreadsheet might run: keep them with a warning, keep them, or put an
        apostrophe before them, which is taken away where the file is read with its codebook.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    LoadError
        Where such a file cannot hold these data, or what was written does not read back the same.
    OptionError
        Where `data` is not data, no format has such a suffix, or `note` is passed for a format
        without notes.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> from diplab.microdata.codebook import Codebook
    >>> from diplab.microdata.microdata import Microdata
    >>> codebook = Codebook().described("age", missing={99: "refused"})
    >>> people = Microdata(pd.DataFrame({"age": [31, 99]}), codebook)
    >>> from diplab.loaders.read import read
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     back = read(write(people, f"{folder}/people.dta"))
    >>> back.frame["age"].tolist(), back.codebook.reasons["age"], back.missing["age"].codes
    ([31.0, nan], {'refused': 1}, (99,))
    """
    check_one_of("language", language, Language)
    check_one_of("formulas", formulas, Formulas)
    file, suffix = Path(path), Path(path).suffix.lower()
    answers = _as_data(data, path)
    _check_options(file, suffix, note)
    _check_place(file)
    try:
        if suffix in (".csv", ".tsv", ".xlsx"):
            return write_delimited(answers, file, formulas, language)
        if suffix == ".parquet":
            from diplab.loaders.parquet import write_parquet

            return write_parquet(answers, file)
        from diplab.loaders.readstat.write import write_statistical

        return write_statistical(answers, file, language, note, partial(write, language=language))
    except OSError as barred:
        raise not_written(
            file, f"It cannot be written there: {barred.strerror or barred}.", _ELSEWHERE
        ) from barred
    except UnicodeEncodeError as half:
        found = f"A string in it contains an unpaired surrogate ({half.object[half.start]!a})."
        raise not_written(
            file, found, "Take it out of the answers, their names and their codebook."
        ) from half


def _as_data(data: object, path: str | os.PathLike[str]) -> Microdata:
    """Return data as microdata; the error for other objects shows how to write them."""
    home = type(data).__module__.split(".")
    if isinstance(data, Codebook):
        saved = "codebook"
    elif home[0] in ("great_tables", "matplotlib"):
        saved = "figure"
        if home[0] == "great_tables":
            saved = "table"
    elif home[:2] == ["diplab", "results"]:
        saved = "dl.table(estimates)"
    else:
        return as_microdata(cast("Microdata", data))
    asked = f"`data` is of type `{type_name(data)}`, and `dl.write` writes the answers of a survey."
    raise OptionError(asked, write=f"Write `dl.save({saved}, {os.fspath(path)!r})`.")


def _check_place(file: Path) -> None:
    """Refuse a place where a file and its codebook cannot be written."""
    if not file.parent.is_dir():
        raise not_written(file, f"There is no folder `{file.parent}`.", _ELSEWHERE)
    for name in (file.name, f"{file.stem}.codebook.toml"):
        if file.with_name(name).is_dir():
            raise not_written(file, f"There is a folder named `{name}`.", "Write another name.")


def _check_options(file: Path, suffix: str, note: str) -> None:
    known = get_args(WrittenSuffix)
    task = f"The file `{file.name}` cannot be written."
    if suffix not in known:
        found = "It has no suffix."
        if suffix:
            found = f"Its suffix `{suffix}` is not one that diplab writes."
        raise OptionError(task, found, f"Write a name in one of these: {', '.join(known)}.")
    if note and suffix not in _SPSS:
        found = f"A note was given, and a {suffix} file holds none."
        raise OptionError(task, found, "Leave `note` out, or write a .sav file.")


def cell_words(column: pd.Series[Any], codes: MissingCodes | None) -> Array:
    """Return the cells of a column as words: exact numbers, and codes of missing cells."""
    if storage_kind(column):
        places, distinct = pd.factorize(column)
        words: Array = np.array([*map(_word, distinct), ""], dtype=object)[places]
    else:
        words = np.array(list(map(str, column)), dtype=object)
    if codes is not None:
        words = np.where((codes.places >= 0) & (words == ""), code_words(codes), words)
    return words


def empty_words_to_missing(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame in which an empty word is a missing answer, as it is when it is read."""
    gaps = {}
    for name, column in frame.items():
        if column.dtype == object or isinstance(column.dtype, pd.StringDtype):
            gaps[name] = (column == "").fillna(value=False).astype(bool)
    return frame.assign(
        **{str(name): frame[name].mask(cells) for name, cells in gaps.items() if cells.any()}
    )


def _word(answer: Any) -> str:
    if isinstance(answer, bool | np.bool_):
        if answer:
            return "true"
        return "false"
    if isinstance(answer, float | np.floating):
        return repr(float(answer))
    if isinstance(answer, dt.datetime):
        return answer.replace(tzinfo=None).isoformat()
    if isinstance(answer, dt.date | dt.time):
        return answer.isoformat()
    return str(answer)


def storage_needed(
    microdata: Microdata, name: str, words: Array, file: Path, *, comma: bool
) -> Storage:
    """Return the storage that the codebook must declare for words to read back unchanged."""
    column = microdata.frame[name]
    variable = microdata.codebook.variable(name)
    kind = storage_kind(column)
    # days are told from their words by a guess alone, which is not made of a file that diplab wrote
    tried: tuple[Storage, ...] = (variable.storage, "", kind)
    if kind in ("date", "moment", "time"):
        tried = (variable.storage or kind, kind)
    declared = _raw_codes(column, variable)
    own = (column.isna() & ~declared).to_numpy()
    codes = codes_by_cell(microdata.missing.get(name), len(column))[own]
    for storage in dict.fromkeys(tried):
        again = answers_in(words, replace(variable, storage=storage), comma=comma)
        same = kind and (codes == codes_by_cell(again.missing, len(column))[own]).all()
        if same and _same_answers(column.mask(declared), again.column, gaps=bool(declared.any())):
            return storage
    why = "they are of several kinds, or look like its missing codes"
    write = "Write them as words, numbers, yes and no, or dates, none of which is a missing code."
    if any(isinstance(item, str) and item and not item.strip() for item in column):
        why = "some consist of blanks, which a text file cannot distinguish from a missing answer"
        write = (
            f"Write `data.with_columns({name}=data.frame[{name!r}].str.strip().replace('', None))` "
            "first."
        )
    raise not_written(
        file, f"The answers of `{name}` would not read back as they are: {why}.", write
    )


def _raw_codes(column: pd.Series[Any], variable: Variable) -> Booleans:
    """Return which cells hold a missing code that the frame was left with."""
    if not variable.missing and not variable.missing_ranges:
        return np.zeros(len(column), dtype=bool)
    places, distinct = pd.factorize(column)
    hashable = (isinstance(item, str | int | float | np.number) for item in distinct)
    is_code = list[bool]()
    for ok, item in zip(hashable, distinct, strict=True):
        is_code.append(ok and variable.why(item) is not None)
    cells: Booleans = np.array([*is_code, False], dtype=bool)[places]
    return cells


def _same_answers(before: pd.Series[Any], after: pd.Series[Any], *, gaps: bool) -> bool:
    answered = before.notna().to_numpy()
    if not (answered == after.notna().to_numpy()).all():
        return False
    kinds = storage_kind(before), storage_kind(after)
    loose = gaps or not answered.all()
    if kinds[0] != kinds[1] and not (
        loose and kinds[0] in ("whole", "boolean") and kinds[1] == "number"
    ):
        return False
    return bool(
        (before.to_numpy(dtype=object)[answered] == after.to_numpy(dtype=object)[answered]).all()
    )


def _whole_words(words: Array) -> Array:
    places, distinct = pd.factorize(words)
    whole: Array = np.array([item.removesuffix(".0") for item in distinct], dtype=object)[places]
    return whole


_OTHER_DELIMITERS = (",", ";", "\t", "|")


def write_delimited(
    microdata: Microdata, file: Path, formulas: Formulas = "keep", language: Language = "en"
) -> Path:
    """Write a workbook, CSV or TSV (UTF-8), and its codebook next to it (`name.codebook.toml`)."""
    # missing cells hold the code that stood there; what cells cannot say of themselves, the
    # codebook says. Linked tables are written beside (`name.link.csv`). An empty word is a missing
    # answer
    sidecar.check_names(microdata, file)
    sidecar.check_declared(microdata, file, words=True)
    microdata = replace(
        microdata,
        frame=empty_words_to_missing(microdata.frame),
        codebook=sidecar.with_storage_beside(microdata.codebook, file),
    )
    delimiter = ","
    if file.suffix.lower() == ".tsv":
        delimiter = "\t"
    names = list(microdata.frame.columns)
    workbook = file.suffix.lower() == ".xlsx"
    cells = {}
    for name in names:
        cells[name] = cell_words(microdata.frame[name], microdata.missing.get(name))
    if workbook:  # which holds 3.0 as 3
        cells |= {
            name: _whole_words(cells[name])
            for name in names
            if storage_kind(microdata.frame[name]) == "number"
        }
    comma = delimiter != "," and not workbook
    storage = {}
    for name, words in cells.items():
        storage[name] = storage_needed(microdata, name, words, file, comma=comma)
    like = {}
    if not (formulas == "keep" or workbook):
        like = _like_formulas(cells, microdata.frame)
    if formulas == "escape":
        cells |= {
            name: np.where(found, "'" + cells[name], cells[name]) for name, found in like.items()
        }
    elif like:
        sentence = WORDS("notice.formulas", names=listed_names(like, "."))
        warnings.warn(in_language(sentence, language), stacklevel=3)
    if workbook:
        from diplab.loaders.excel import workbook_content

        kinds = {}
        for name in names:
            kinds[name] = storage_kind(microdata.frame[name])
        content = workbook_content({name: (cells[name], kinds[name]) for name in names}, file)
    else:
        content = _content(cells, delimiter, file)
    links = sidecar.write_linked(
        microdata, file, partial(write_delimited, formulas=formulas, language=language)
    )
    known = sidecar.with_storage(microdata.codebook, storage)
    design, escaped = sidecar.written_design(microdata), formulas == "escape" and bool(like)
    return sidecar.write_pair(content, known, links, file, design=design, escaped=escaped)


def _like_formulas(cells: Mapping[str, Array], frame: pd.DataFrame) -> dict[str, Booleans]:
    """Return which cells of columns of words begin like a formula, by column.

    None where none does.
    """
    of_words = list[str]()
    for name in cells:
        if storage_kind(frame[name]) == "words":
            of_words.append(name)
    found = {}
    for name in of_words:
        found[name] = np.array(
            [FORMULA.match(word) is not None for word in cells[name]], dtype=bool
        )
    return {name: item for name, item in found.items() if item.any()}


def _content(cells: dict[str, Array], delimiter: str, file: Path) -> bytes:
    most = csv.field_size_limit()
    for name, words in cells.items():
        widest = max(map(len, words), default=0)
        if widest > most:
            found = (
                f"`{name}` holds an answer of {widest:,} characters, and such a file is read up to "
                f"{most:,}."
            )
            raise not_written(file, found, "Write a .parquet file, or cut the answer.")
    written = io.StringIO(newline="")
    odd = any(mark in name for name in cells for mark in _OTHER_DELIMITERS)
    quoting: Any = csv.QUOTE_MINIMAL
    if odd:
        quoting = csv.QUOTE_ALL
    csv.writer(written, delimiter=delimiter, quoting=quoting).writerow(cells)
    csv.writer(written, delimiter=delimiter).writerows(zip(*cells.values(), strict=True))
    text = written.getvalue()
    if "\0" in text:
        raise not_written(
            file,
            "An answer contains a null character (U+0000).",
            "Remove it: a text file cannot contain it.",
        )
    return text.encode()
