"""The formats that `read` knows, how it recognises each, and what each loses when it is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, TypeAlias

from diplab.checks import argument, check_one_of
from diplab.errors import LoadError
from diplab.loaders.limits import compression_of
from diplab.loaders.notices import WORDS
from diplab.loaders.questionnaire import written_words
from diplab.loaders.source import Request, SourceFile, refused, suffix_of
from diplab.loaders.text import recognition
from diplab.loaders.text.records import first_records
from diplab.microdata.microdata import Microdata
from diplab.reference.text import Text

FileFormat: TypeAlias = Literal[
    "spss", "stata", "sas", "r", "qualtrics", "google_forms", "surveymonkey", "prolific", "limesurvey_syntax",
    "limesurvey", "limesurvey_archive", "limesurvey_structure", "kobo", "xlsform", "json", "excel", "dbase",
    "delimited", "parquet", "setup",
]  # fmt: skip
"""Names of the formats in `read(..., file_format=...)`."""
WrittenSuffix: TypeAlias = Literal[".sav", ".zsav", ".dta", ".csv", ".tsv", ".xlsx", ".parquet"]
"""Suffixes of the files that `write` makes."""


@dataclass(frozen=True)
class Format:
    """One format of files."""

    name: FileFormat  # as it is written in `read(..., file_format=...)`
    suffixes: Sequence[str]  # in small letters, with their point
    loader: str  # function of a `SourceFile` and a `Request` that returns `Microdata`, `module:function` of this layer
    recognises: str = ""
    """Function of `recognition` that judges a file of such a suffix without its loader; none where that is enough."""
    options: Sequence[str] = ()  # those of `read` that are of some formats only, which this one takes
    only_suffixes: bool = False  # true where a file of another suffix cannot be of this format

    def load(self, source: SourceFile, request: Request) -> Microdata:
        """Return what the file holds."""
        module, _, function = self.loader.partition(":")
        loaded: Microdata = getattr(import_module(f"diplab.loaders.{module}"), function)(source, request)
        return loaded

    def fits(self, source: SourceFile, request: Request) -> bool:
        """Return whether the file is of this format, by its suffix and its first lines."""
        of_suffix = source.suffix in self.suffixes
        return of_suffix and (not self.recognises or bool(getattr(recognition, self.recognises)(source, request)))


FORMATS = tuple(Format(**each) for each in written_words("formats.toml")["formats"])


def format_of(source: SourceFile, request: Request, name: FileFormat | None = None) -> Format:
    """Return the format of a file: the one named, or the first that fits."""
    chosen = _recognised(source, request) if name is None else _format_of_name(source, name)
    structure = None if request.structure is None else request.structure.name
    given: dict[str, object] = {"structure": structure, "encoding": source.encoding, "delimiter": source.delimiter}
    given |= {
        name: getattr(request, name) for name in ("table", "sheet", "decimal", "day_first", "header", "footer", "fill")
    }
    given |= {name: getattr(request, name) or None for name in ("skip", "recodes_in_comments")}
    for option, value in given.items():
        if value is not None and option not in chosen.options:
            found = f'It is of the format "{chosen.name}", which does not take `{option}`.'
            write = f"Leave `{option}` out, or write `file_format=` and the format to which it belongs."
            raise refused(source, found, write, f"with {argument(option, value)}")
    return chosen


def _recognised(source: SourceFile, request: Request) -> Format:
    own = _is_own(source, request)
    for each in FORMATS:
        # what diplab wrote is a plain file, whatever the words in it
        if not (own and each.recognises) and each.fits(source, request):
            return each
    raise _unknown_suffix(source.path)


def _format_of_name(source: SourceFile, name: FileFormat) -> Format:
    known = {each.name: each for each in FORMATS}
    chosen = known[check_one_of("file_format", name, FileFormat)]
    if chosen.only_suffixes and source.suffix not in chosen.suffixes:
        found = f"Files of that format end in {' or '.join(chosen.suffixes)}."
        write = "Leave `file_format` out, or give the file the suffix of what it is."
        raise refused(source, found, write, f'as "{name}"')
    return chosen


def _is_own(source: SourceFile, request: Request) -> bool:
    """Return whether diplab wrote a text: its codebook names the file, and describes every column."""
    # an export put in its place has more columns, such as those that identify people
    known = {} if request.codebook is None else request.codebook.variables
    if source.path.name not in request.written or source.suffix not in (".csv", ".tsv"):
        return False
    records = first_records(source, 1)
    return bool(records) and set(records[0]) <= set(known)


def check_suffix(path: Path) -> None:
    """Refuse a file whose suffix no format has, before it is opened."""
    path = path if compression_of(path) is None else path.with_suffix("")
    if not any(suffix_of(path) in each.suffixes for each in FORMATS):
        raise _unknown_suffix(path)


def refuse_description(source: SourceFile, request: Request) -> Microdata:
    """Say of a file that describes answers that it holds none."""
    known = written_words("formats.toml")["describes"]
    kind, data, *otherwise = known.get(source.suffix, known[".xlsform.xlsx"])
    option = "codebook" if source.suffix in (".xml", ".toml") else "structure"
    if source.suffix == ".xml" and source.path.is_file() and b"StartPos" in source.content:
        data, option = f"{source.path.stem}.dat", "structure"  # it says where the columns of a text are
    write = f'Write `read("{data}", {option}="{source.path.name}")`{"".join(otherwise)}.'
    raise refused(source, f"It is {kind}, without answers.", write)


def _unknown_suffix(path: Path) -> LoadError:
    """Return the error for a file whose suffix no format has."""
    suffix, not_read = suffix_of(path), written_words("formats.toml")["not_read"]
    names = " or ".join(f'"{each.name}"' for each in FORMATS if suffix in each.suffixes and each.name != "setup")
    if suffix in written_words("formats.toml")["describes"]:
        refuse_description(SourceFile(path), Request())
    if suffix in not_read:
        found, write = not_read[suffix]
        write = write.format(path.name)
    elif names:
        found = f"It is like no file `{suffix}` that diplab reads."
        write = f"Write `file_format={names}` where you know that it is one."
    else:
        found = f"Its suffix `{suffix}` is not one that diplab reads." if suffix else "It has no suffix."
        known = dict.fromkeys(suffix for each in FORMATS for suffix in each.suffixes if each.name != "setup")
        write = f"Write a file in one of these formats: {', '.join(known)}."
    return LoadError(f"The file `{path.name}` cannot be read.", found, write)


WRITE_LIMITS: Mapping[WrittenSuffix, Sequence[str]] = written_words("formats.toml")["loses"]
"""What each format loses."""


def write_limits(suffix: WrittenSuffix) -> tuple[Text, ...]:
    """Return what a file of a format loses when it is read without the codebook that `write` puts beside it.

    Parameters
    ----------
    suffix : {".sav", ".zsav", ".dta", ".csv", ".tsv", ".xlsx", ".parquet"}
        Of a format that `write` writes.

    Returns
    -------
    tuple of Text
        In French and English.

    Raises
    ------
    OptionError
        Where nothing is known of such a format.

    Examples
    --------
    >>> [each.en for each in write_limits(".sav")][3]
    'questions with several answers'
    """
    known: Any = suffix.lower() if isinstance(suffix, str) else suffix
    return tuple(WORDS(f"loss.{each}") for each in WRITE_LIMITS[check_one_of("suffix", known, WrittenSuffix)])
