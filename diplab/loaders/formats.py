"""The formats that `read` knows: which suffixes, which loader, and how two formats of one suffix are told apart."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from diplab.errors import LoadError, one_of
from diplab.loaders import recognition
from diplab.loaders.archive import is_gzipped_text
from diplab.loaders.text.grid import first_records

if TYPE_CHECKING:
    from pathlib import Path

    from diplab.loaders.request import Request
    from diplab.loaders.source import SourceFile
    from diplab.microdata.microdata import Microdata

__all__ = ["FORMATS", "Format", "check_suffix", "format_of"]


@dataclass(frozen=True)
class Format:
    """One format of files.

    Parameters
    ----------
    name : str
        As it is written in `read(..., file_format=...)`.
    suffixes : tuple of str
        In small letters, with their point.
    home : str
        Module of its loader, under `diplab.loaders`.
    loader : str
        Function of a `SourceFile` and a `Request` that returns `Microdata`.
    recognises : str
        Function of `diplab.loaders.recognition`, of a `SourceFile` and a `Request`, that says whether a file of such a
        suffix is of this format; empty where the suffix is enough.
    structured : bool
        True where the loader says itself what structure it takes, or that it takes none.
    only_suffixes : bool
        True where a file of another suffix cannot be of this format.
    tables : bool
        True where a file may hold several tables, of which one is named.
    """

    name: str
    suffixes: tuple[str, ...]
    home: str
    loader: str
    recognises: str = ""
    structured: bool = False
    only_suffixes: bool = False
    tables: bool = False

    def load(self, source: SourceFile, request: Request) -> Microdata:
        """Return what the file holds."""
        home = import_module(f"diplab.loaders.{self.home}")
        loaded: Microdata = getattr(home, self.loader)(source, request)
        return loaded

    def fits(self, source: SourceFile, request: Request) -> bool:
        """Return whether the file is of this format."""
        if source.suffix not in self.suffixes:
            return False
        recogniser: Any = getattr(recognition, self.recognises) if self.recognises else None
        return recogniser is None or bool(recogniser(source, request))


_STATISTICAL = ("statistical.load", "read_statistical", "", True, True)

# Where two share a suffix, the one that looks at the file stands before the one that takes any.
FORMATS: tuple[Format, ...] = (
    Format("spss", (".sav", ".zsav", ".por"), *_STATISTICAL),
    Format("stata", (".dta",), *_STATISTICAL),
    Format("sas", (".sas7bdat", ".xpt"), *_STATISTICAL),
    Format("r", (".rds", ".rda", ".rdata"), "r_files.load", "read_r_file", only_suffixes=True, tables=True),
    Format(
        "qualtrics", (".csv", ".tsv"), "qualtrics.load", "read_qualtrics", "is_qualtrics", structured=True
    ),
    Format("google_forms", (".csv", ".tsv"), "forms", "read_google_forms", "is_google_forms"),
    Format("surveymonkey", (".csv", ".tsv"), "forms", "read_surveymonkey", "is_surveymonkey"),
    Format("prolific", (".csv", ".tsv"), "forms", "read_prolific", "is_prolific"),
    Format(
        "limesurvey_syntax", (".csv", ".dat"), "limesurvey.syntax", "read_with_syntax", "has_syntax", True
    ),
    Format(
        "limesurvey", (".csv", ".tsv"), "limesurvey.load", "read_limesurvey", "is_limesurvey", structured=True
    ),
    Format("limesurvey_archive", (".lsa",), "limesurvey.load", "read_limesurvey_archive"),
    Format("limesurvey_structure", (".lss",), "limesurvey.load", "refuse_structure", "", True, True),
    Format("kobo", (".csv", ".xlsx", ".zip"), "kobo.load", "read_kobo", "is_kobo", structured=True),
    Format("xlsform", (".xlsx",), "kobo.load", "refuse_form", "is_form_alone", True, True),
    Format("excel", (".xlsx", ".xlsm"), "excel.load", "read_excel"),
    Format("delimited", (".csv", ".tsv"), "text.delimited", "read_delimited"),
    Format("parquet", (".parquet",), "engines.parquet", "read_parquet"),
)


_SAVE = "Open it in Excel or LibreOffice and save it as .xlsx."
_NO_ANSWERS = {
    ".xls": ("It is an old binary workbook of Excel, which diplab does not read.", _SAVE),
    ".xlsb": ("It is a binary workbook of Excel, which diplab does not read.", _SAVE),
    ".ods": ("It is a workbook of LibreOffice, which diplab does not read.", _SAVE),
    ".qsf": (
        "It is the questionnaire of a Qualtrics survey, without answers.",
        'Write `read("answers.csv", structure="{}")`.',
    ),
    ".r": ("It is a syntax of R, without answers.", 'Write `read("data.csv", structure="{}")`.'),
    ".sps": ("It is a syntax of SPSS, without answers.", 'Write `read("data.dat", structure="{}")`.'),
    ".sas7bcat": (
        "It is a catalogue of labels of SAS, without answers.",
        'Write `read("data.sas7bdat", structure="{}")`.',
    ),
    ".xml": (
        "It is XML, which may be a codebook (DDI) and holds no answers.",
        'Write `read("answers.csv", codebook="{}")`.',
    ),
    ".toml": (
        "It is a codebook, without answers.",
        'Write `read("answers.csv", codebook="{}")`.',
    ),
    ".gz": ("It is compressed.", "Unpack it with `gunzip`, and write the name of the file that was in it."),
    ".txt": (
        "Its suffix does not say how it is written.",
        'Write `read("{}", file_format="delimited")` where it is a table, its columns named on the first line.',
    ),
}
"""Files that are known and are not answers that can be read, and what to write instead."""


def format_of(source: SourceFile, request: Request, name: str | None = None) -> Format:
    """Return the format of a file: the one named, or the first that fits.

    Raises
    ------
    LoadError
        Where no format has such a suffix, the one named has others, or takes no structure, or no name of a table, and
        one is given.
    OptionError
        Where the name is not that of a format.
    """
    found = _recognised(source, request) if name is None else _named(source, name)
    if request.structure is not None and not found.structured:
        raise LoadError(
            f"The file `{source.path.name}` was to be read with the structure `{request.structure.name}`.",
            f'It is of the format "{found.name}", which takes no structure.',
            "Leave `structure` out, or write `file_format=` and the format to which the structure belongs.",
        )
    if request.table is not None and not found.tables:
        raise LoadError(
            f"The table `{request.table}` of the file `{source.path.name}` was to be read.",
            f'It is of the format "{found.name}", whose files hold one table.',
            "Leave `table` out.",
        )
    return found


def _recognised(source: SourceFile, request: Request) -> Format:
    own = _is_own(source, request)
    for each in FORMATS:
        # what diplab wrote is a plain file, whatever the words in it
        if each.fits(source, request) and not (own and each.recognises):
            return each
    raise _unknown_suffix(source.path)


def _named(source: SourceFile, name: str) -> Format:
    found = next((each for each in FORMATS if each.name == name), None)
    if found is None:
        raise one_of("`file_format`", name, [each.name for each in FORMATS])
    if found.only_suffixes and source.suffix not in found.suffixes:
        raise LoadError(
            f'The file `{source.path.name}` was to be read as "{name}".',
            f"Files of that format end in {' or '.join(found.suffixes)}.",
            "Leave `file_format` out, or give the file the suffix of what it is.",
        )
    return found


def _is_own(source: SourceFile, request: Request) -> bool:
    """Return whether diplab wrote a text: its codebook names the file, and describes every column.

    One that was changed since (a cell corrected) is its own still; an export of a survey put in its place has more
    columns than the codebook describes, such as those that identify people.
    """
    if source.path.name not in request.written or source.suffix not in (".csv", ".tsv"):
        return False
    header = first_records(source, 1)
    known = {} if request.codebook is None else request.codebook.variables
    return bool(header) and set(header[0]) <= set(known)


def check_suffix(path: Path) -> None:
    """Refuse a file whose suffix no format has, before it is opened."""
    if not is_gzipped_text(path) and not any(path.suffix.lower() in each.suffixes for each in FORMATS):
        raise _unknown_suffix(path)


def _unknown_suffix(path: Path) -> LoadError:
    """Return the error for a file whose suffix no format has."""
    if path.suffix.lower() in _NO_ANSWERS:
        found, write = _NO_ANSWERS[path.suffix.lower()]
        return LoadError(f"The file `{path.name}` was to be read.", found, write.format(path.name))
    suffixes = dict.fromkeys(suffix for each in FORMATS for suffix in each.suffixes)
    if path.suffix.lower() in suffixes:
        names = " or ".join(f'"{each.name}"' for each in FORMATS if path.suffix.lower() in each.suffixes)
        return LoadError(
            f"The file `{path.name}` was to be read.",
            f"It is like no file `{path.suffix.lower()}` that diplab reads.",
            f"Write `file_format={names}` where you know that it is one.",
        )
    found = f"Its suffix `{path.suffix.lower()}` is not one that diplab reads."
    return LoadError(
        f"The file `{path.name}` was to be read.",
        found if path.suffix else "It has no suffix.",
        f"Write a file in one of these formats: {', '.join(suffixes)}.",
    )
