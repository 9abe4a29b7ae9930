"""The formats that `read` knows, how it recognises each, and what each loses when it is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, TypeAlias

from diplab.checks import added_by_packages, argument, check_one_of
from diplab.errors import LoadError
from diplab.loaders.limits import compression_of
from diplab.loaders.notices import WORDS
from diplab.loaders.questionnaire import written_words
from diplab.loaders.source import Request, SourceFile, refused, suffix_of
from diplab.loaders.text import recognition
from diplab.loaders.text.records import first_records
from diplab.microdata.microdata import Microdata
from diplab.reference.text import Text

Loader: TypeAlias = Callable[[SourceFile, Request], Microdata]
Recogniser: TypeAlias = Callable[[SourceFile, Request], bool]
WrittenSuffix: TypeAlias = Literal[".sav", ".zsav", ".dta", ".csv", ".tsv", ".xlsx", ".parquet"]
"""Suffixes of the files that `write` makes."""


@dataclass(frozen=True)
class Format:
    """One format of files."""

    name: str  # as it is written in `read(..., file_format=...)`
    suffixes: Sequence[str]  # in small letters, with their point
    loader: str | Loader  # a function, or for ours `module:function` of this layer
    recognises: str | Recogniser = ""
    """Judges a file of such a suffix without its loader: a function, or for ours the name of one of
    `recognition`; none where the suffix is enough."""
    options: Sequence[
        str
    ] = ()  # those of `read` that are of some formats only, which this one takes
    only_suffixes: bool = False  # true where a file of another suffix cannot be of this format

    def load(self, source: SourceFile, request: Request) -> Microdata:
        """Return what the file holds."""
        loader = self.loader
        if isinstance(loader, str):
            module, _, function = loader.partition(":")
            loader = getattr(import_module(f"diplab.loaders.{module}"), function)
        loaded: Microdata = loader(source, request)
        return loaded

    def fits(self, source: SourceFile, request: Request) -> bool:
        """Return whether the file is of this format, by its suffix and its first lines."""
        if source.suffix not in self.suffixes or not self.recognises:
            return source.suffix in self.suffixes
        judges = self.recognises
        if isinstance(judges, str):
            judges = getattr(recognition, judges)
        return bool(judges(source, request))


FORMATS = tuple(Format(**item) for item in written_words("formats.toml")["formats"])


@cache
def formats_of_others() -> tuple[Format, ...]:
    """Return the formats that other packages name under the entry points `diplab.formats`."""
    return added_by_packages("diplab.formats", Format, LoadError, "format")


def formats() -> Iterator[Format]:
    """Yield the formats of diplab, then those of other packages, loaded only when needed."""
    yield from FORMATS
    yield from formats_of_others()


def format_of(source: SourceFile, request: Request, name: str | None = None) -> Format:
    """Return the format of a file: the one named, or the first that fits."""
    chosen = _recognised(source, request) if name is None else _format_of_name(source, name)
    structure = None
    if request.structure is not None:
        structure = request.structure.name
    given: dict[str, object] = {
        "structure": structure,
        "encoding": source.encoding,
        "delimiter": source.delimiter,
    }
    given |= {
        name: getattr(request, name)
        for name in ("table", "sheet", "decimal", "day_first", "header", "footer", "fill")
    }
    given |= {name: getattr(request, name) or None for name in ("skip", "recodes_in_comments")}
    for option, value in given.items():
        if value is not None and option not in chosen.options:
            found = f'It is of the format "{chosen.name}", which does not take `{option}`.'
            write = (
                f"Leave `{option}` out, or write `file_format=` and the format to which it belongs."
            )
            raise refused(source, found, write, f"with {argument(option, value)}")
    return chosen


def _recognised(source: SourceFile, request: Request) -> Format:
    own = _is_own(source, request)
    for format_ in formats():
        # what diplab wrote is a plain file, whatever the words in it
        if not (own and format_.recognises) and format_.fits(source, request):
            return format_
    raise _unknown_suffix(source.path)


def _format_of_name(source: SourceFile, name: str) -> Format:
    known = {}
    for format_ in FORMATS:
        known[format_.name] = format_
    if name not in known:
        for other in formats_of_others():
            known[other.name] = other
    chosen = known[check_one_of("file_format", name, known)]
    if chosen.only_suffixes and source.suffix not in chosen.suffixes:
        found = f"Files of that format end in {' or '.join(chosen.suffixes)}."
        write = "Leave `file_format` out, or give the file the suffix of what it is."
        raise refused(source, found, write, f'as "{name}"')
    return chosen


def _is_own(source: SourceFile, request: Request) -> bool:
    """Return whether diplab wrote a text: a codebook names it and describes every column."""
    # an export put in its place has more columns, such as those that identify people
    known = request.described
    if source.path.name not in request.written or source.suffix not in (".csv", ".tsv"):
        return False
    records = first_records(source, 1)
    return bool(records) and set(records[0]) <= set(known)


def check_suffix(path: Path) -> None:
    """Refuse a file whose suffix no format has, before it is opened."""
    if compression_of(path) is not None:
        path = path.with_suffix("")
    if not any(suffix_of(path) in format_.suffixes for format_ in formats()):
        raise _unknown_suffix(path)


def refuse_description(source: SourceFile, request: Request) -> Microdata:
    """Say of a file that describes answers that it holds none."""
    known = written_words("formats.toml")["describes"]
    kind, data, *otherwise = known.get(source.suffix, known[".xlsform.xlsx"])
    option = "structure"
    if source.suffix in (".xml", ".toml"):
        option = "codebook"
    if source.suffix == ".xml" and source.path.is_file() and b"StartPos" in source.content:
        data, option = (
            f"{source.path.stem}.dat",
            "structure",
        )  # it says where the columns of a text are
    write = f'Write `read("{data}", {option}="{source.path.name}")`{"".join(otherwise)}.'
    raise refused(source, f"It is {kind}, without answers.", write)


def _unknown_suffix(path: Path) -> LoadError:
    """Return the error for a file whose suffix no format has."""
    suffix, not_read = suffix_of(path), written_words("formats.toml")["not_read"]
    names = " or ".join(
        f'"{format_.name}"'
        for format_ in formats()
        if suffix in format_.suffixes and format_.name != "setup"
    )
    if suffix in written_words("formats.toml")["describes"]:
        refuse_description(SourceFile(path), Request())
    if suffix in not_read:
        found, write = not_read[suffix]
        write = write.format(path.name)
    elif names:
        found = f"It is like no file `{suffix}` that diplab reads."
        write = f"Write `file_format={names}` where you know that it is one."
    else:
        found = "It has no suffix."
        if suffix:
            found = f"Its suffix `{suffix}` is not one that diplab reads."
        known = dict.fromkeys(
            suffix
            for format_ in formats()
            for suffix in format_.suffixes
            if format_.name != "setup"
        )
        write = f"Write a file in one of these formats: {', '.join(known)}."
    return LoadError(f"The file `{path.name}` cannot be read.", found, write)


WRITE_LIMITS: Mapping[WrittenSuffix, Sequence[str]] = written_words("formats.toml")["loses"]
"""What each format loses."""


def write_limits(suffix: WrittenSuffix) -> tuple[Text, ...]:
    """Return what a file format loses when read without the codebook written with it.

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
    known: Any = suffix
    if isinstance(suffix, str):
        known = suffix.lower()
    return tuple(
        WORDS(f"loss.{item}") for item in WRITE_LIMITS[check_one_of("suffix", known, WrittenSuffix)]
    )
