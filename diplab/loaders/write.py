"""Microdata written as a file that other programs open, with a codebook beside it that brings everything back."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import OptionError
from diplab.loaders.codebooks.file import write_codebook
from diplab.loaders.read import read
from diplab.loaders.writing.file_columns import codes_in, file_names, not_written
from diplab.loaders.writing.settled import settled
from diplab.loaders.writing.spss_columns import spss_column, spss_name
from diplab.loaders.writing.stata_columns import stata_column, stata_name
from diplab.loaders.writing.write_beside import with_storage_beside, write_linked, written_of_others
from diplab.loaders.writing.write_columns import write_columns
from diplab.loaders.writing.write_sav import SYNTHETIC, note_lines, write_sav
from diplab.loaders.writing.written import Held, Written

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from diplab.loaders.links import LinkedFile
    from diplab.loaders.writing.file_columns import FileColumn
    from diplab.microdata.microdata import Microdata
    from diplab.reference.text import Language

__all__ = ["write", "write_sav"]

_SPSS = (".sav", ".zsav")
_STATA = ".dta"
_OTHERS = {
    ".csv": ("writing.write_delimited", "write_delimited"),
    ".tsv": ("writing.write_delimited", "write_delimited"),
    ".parquet": ("writing.write_parquet", "write_parquet"),
}
_LONGEST_NAME = 28
_ELSEWHERE = "Write in a folder that exists, and in which you may write."
_FIELDS = ("variables", "reasons", "sets", "title", "languages", "steps")


def write(
    data: Microdata, path: str | os.PathLike[str], *, language: Language = "en", note: str = ""
) -> Path:
    """Write microdata as an SPSS, Stata, CSV or Parquet file, with their codebook beside it.

    `survey.sav` and `survey.codebook.toml` together give the same microdata back when the first is read: answers, kinds
    of columns, labels in every language, missing codes and their reasons, questions with several answers, steps. What
    `survey.sav` alone loses, in the hands of someone else, `losses(".sav")` lists. Tables that hang on the data are
    written beside (`survey.trips.sav`).

    In an SPSS file missing codes stand as they are and are declared missing; those that it cannot declare (`.a`, or
    more than three) stand as numbers below every answer, in one range declared missing. In a Stata file they stand as
    letters (.a to .z) labelled with their reason. So no missing code enters a mean, whoever reads the file, and the
    codebook says which code each stands for. Names that the format refuses are changed in the file, and put back by
    the codebook. SPSS and Stata files are read back and compared before they take their name; they hold no date, so
    that the same data give the same bytes. Spaces at the end of words are lost in an SPSS file. CSV and Parquet hold
    plain columns: categories come back as words, `Int64` and `float32` as ordinary numbers.

    Parameters
    ----------
    data : Microdata
        What to write. The frame may hold the codes that stand for no answer (99, refused): they come back as missing.
    path : path
        A file in `.sav`, `.zsav`, `.dta`, `.csv`, `.tsv` or `.parquet`.
    language : {"en", "fr"}
        Language of the labels within an SPSS or Stata file, which has one.
    note : str
        Words kept in an SPSS file, for its readers.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    LoadError
        Where such a file cannot hold these data, or what was written does not read back the same.
    OptionError
        Where no format has such a suffix, or a note is asked of a file that holds none.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> from diplab.microdata.codebook import Codebook
    >>> from diplab.microdata.microdata import Microdata
    >>> people = Microdata(pd.DataFrame({"age": [31, 99]}), Codebook().described("age", missing={99: "refused"}))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     back = read(write(people, f"{folder}/people.dta"))
    >>> back.frame["age"].tolist(), back.codebook.reasons["age"], back.missing["age"].codes
    ([31.0, nan], {'refused': 1}, (99,))
    """
    file = Path(path)
    _check_options(file, file.suffix.lower(), note)
    _check_place(file)
    try:
        return _write(data, file, language, note)
    except OSError as barred:
        raise not_written(
            file, f"It cannot be written there: {barred.strerror or barred}.", _ELSEWHERE
        ) from barred
    except UnicodeEncodeError as half:
        raise not_written(
            file,
            f"A word in it holds half a character ({half.object[half.start]!a}).",
            "Take it out of the answers, their names and their codebook.",
        ) from half


def _write(data: Microdata, file: Path, language: Language, note: str) -> Path:
    suffix = file.suffix.lower()
    beside = file.with_name(f"{file.stem}.codebook.toml")
    if suffix in _OTHERS:
        home, name = _OTHERS[suffix]
        writer: Callable[[Microdata, Path], Path] = getattr(import_module(f"diplab.loaders.{home}"), name)
        return writer(data, file)
    whole = settled(replace(data, linked={}), file, padded=suffix in _SPSS)
    links = write_linked(data, file, partial(write, language=language))
    _write_pair(whole, file, beside, language, note, links)
    return file


def _write_pair(
    whole: Microdata, file: Path, beside: Path, language: Language, note: str, links: Mapping[str, LinkedFile]
) -> None:
    """Write a data file and its codebook under other names, read them back, and give them theirs."""
    part = file.with_name(f".{file.stem}.{os.getpid()}.part{file.suffix.lower()}")
    codebook_part = part.with_name(f"{part.stem}.codebook.toml")
    known = whole.codebook
    measures = {name: known[name].measure for name in known if known[name].measure != "unknown"}
    try:
        part.touch()
        columns = _columns(whole, file, language)
        write_columns(
            list(columns.values()),
            part,
            file,
            title=SYNTHETIC if known.origin.synthetic else known.title.in_(language),
            note=note_lines(note),
            measures={columns[name].name: measure for name, measure in measures.items() if name in columns},
        )
        held = {name: each.held for name, each in columns.items() if each.held != Held()}
        written = Written(hashlib.sha256(part.read_bytes()).hexdigest(), held)
        every = {**written_of_others(beside, known, file), file.name: written}
        write_codebook(known, codebook_part, written=every)
        _compare(whole, read(part, codebook=codebook_part, isolated=False), file)
        write_codebook(with_storage_beside(known, file), codebook_part, links=links, written=every)
        part.replace(file)
        codebook_part.replace(beside)
    finally:
        part.unlink(missing_ok=True)
        codebook_part.unlink(missing_ok=True)


def _check_place(file: Path) -> None:
    """Refuse a place where a file, and its codebook beside it, cannot stand."""
    if not file.parent.is_dir():
        raise not_written(file, f"There is no folder `{file.parent}`.", _ELSEWHERE)
    for name in (file.name, f"{file.stem}.codebook.toml"):
        if file.with_name(name).is_dir():
            raise not_written(file, f"There is a folder named `{name}`.", "Write another name.")


def _check_options(file: Path, suffix: str, note: str) -> None:
    known = (*_SPSS, _STATA, *_OTHERS)
    asked = f"The file `{file.name}` was to be written."
    if suffix not in known:
        found = f"Its suffix `{suffix}` is not one that diplab writes." if suffix else "It has no suffix."
        raise OptionError(asked, found, f"Write a name in one of these: {', '.join(known)}.")
    if note and suffix not in _SPSS:
        raise OptionError(
            asked,
            f"A note was given, and a {suffix} file holds none.",
            "Leave `note` out, or write a .sav file.",
        )


def _columns(whole: Microdata, file: Path, language: Language) -> dict[str, FileColumn]:
    stata = file.suffix.lower() == _STATA
    column = stata_column if stata else spss_column
    own = [str(name) for name in whole.frame]
    names = file_names(own, stata_name if stata else spss_name, _LONGEST_NAME)
    return {
        name: column(
            names[name], whole.frame[name], whole.missing.get(name), whole.codebook[name], language, file
        )
        for name in own
    }


def _compare(whole: Microdata, back: Microdata, file: Path) -> None:
    if list(back.frame) != list(whole.frame) or len(back) != len(whole):
        raise not_written(
            file, "What was written reads back with other rows or columns.", "Rename the columns."
        )
    rows = len(whole)
    for name in map(str, whole.frame):
        codes, again = (codes_in(each.missing.get(name), rows) for each in (whole, back))
        if not _same(whole.frame[name], back.frame[name]) or not np.array_equal(codes, again):
            raise not_written(
                file,
                f"The answers of `{name}` read back changed.",
                "Write them as numbers, words, dates or moments to the millisecond, or as a .parquet file.",
            )
    for each in _FIELDS:
        if getattr(back.codebook, each) != getattr(whole.codebook, each):
            raise not_written(
                file,
                f"The codebook read back has other {each}.",
                "Write wordings without control characters.",
            )


def _same(source: pd.Series[Any], back: pd.Series[Any]) -> bool:
    if source.dtype != back.dtype or not np.array_equal(source.isna(), back.isna()):
        return False
    there = ~np.asarray(source.isna())
    return bool(np.array_equal(source.to_numpy()[there], back.to_numpy()[there]))
