"""A file of data on the disk, and the options with which `read` was called."""

from __future__ import annotations

import hashlib
import mmap
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, cast

from diplab.errors import ColumnError, LoadError, quoted_names, suggestion
from diplab.loaders.notices import WORDS, Notices, listed, notice_if
from diplab.reference.text import Text, nearest

if TYPE_CHECKING:
    from diplab.loaders.codebooks.sidecar import WrittenFile
    from diplab.loaders.questionnaire import Grid
    from diplab.microdata.codebook import Codebook
    from diplab.microdata.variable import Variable

FilePath: TypeAlias = str | os.PathLike[str]
Rows: TypeAlias = Sequence[Sequence[str]]
"""The cells of a sheet or of a text, row by row."""
WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
WITHOUT_NAMES = (".dat", ".asc", ".raw", ".txt", ".dct")
"""Suffixes of texts that have no header of their own."""
_LARGE = 1_000_000


class _Mapped(mmap.mmap):
    """A memory map with the methods of `bytes` that the readers of headers use."""

    def startswith(self, mark: bytes, at: int = 0) -> bool:
        return self[at : at + len(mark)] == mark

    def index(self, mark: bytes) -> int:
        return self.find(mark)  # whoever asks has seen it there

    def rstrip(self, letters: bytes) -> bytes:
        return bytes(self).rstrip(letters)


class SourceFile:
    """A file whose bytes are read on demand, with the encoding and delimiter of the call."""

    def __init__(
        self,
        path: Path,
        content: bytes | None = None,
        *,
        encoding: str | None = None,
        delimiter: str | None = None,
    ) -> None:
        self.path = path
        self.encoding = encoding
        self.delimiter = delimiter
        self.stored: Path | bytes = path if content is None else content
        if content is not None:
            self.content = content
        self._written = None if content is not None else _state(path)
        self.renamed: dict[
            str, str
        ] = {}  # names of columns, as repaired, by those that the file has
        self.marked: bool | None = (
            None  # whether a workbook holds words of exports of forms, once that is known
        )
        self.grid: Grid | None = None  # the rows of its sheet, where they were looked at

    def member(self, path: Path, content: bytes) -> SourceFile:
        """Return a part of this file as a `SourceFile` with the same encoding and delimiter."""
        return SourceFile(path, content, encoding=self.encoding, delimiter=self.delimiter)

    @property
    def suffix(self) -> str:
        """Suffix of the name, in small letters, with its point."""
        return suffix_of(self.path)

    @cached_property
    def content(self) -> bytes:
        """All that it holds."""
        with self._opened() as stream:
            return stream.read()

    @property
    def mapped(self) -> bytes:
        """All that it holds; a large file is mapped, and read where it is accessed."""
        if "content" in self.__dict__ or len(self.head(_LARGE)) < _LARGE:
            return self.content
        with self._opened() as stream:
            return cast("bytes", _Mapped(stream.fileno(), 0, access=mmap.ACCESS_READ))

    @cached_property
    def sha256(self) -> str:
        """Checksum of the bytes as read."""
        if "content" in self.__dict__:
            return hashlib.sha256(self.content).hexdigest()
        with self._opened() as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()

    def head(self, length: int) -> bytes:
        """Return the first bytes."""
        if "content" in self.__dict__:
            return self.content[:length]
        with self._opened() as stream:
            return stream.read(length)

    def check_unchanged(self) -> None:
        """Refuse a file that another program wrote during reading: it may mix both versions."""
        if self._written is not None and self._written != _state(self.path):
            found = "It was replaced or rewritten while it was read."
            raise refused(self, found, "Read it again once the other program has written it.")

    @contextmanager
    def _opened(self) -> Iterator[BufferedReader]:
        try:
            with self.path.open("rb") as stream:
                yield stream
        except OSError as barred:
            found = f"It cannot be opened: {barred.strerror or barred}."
            raise refused(
                self, found, "Check that you may read it, then write its name again."
            ) from barred


def repeated_names(names: Iterable[str]) -> list[str]:
    """Return the names that come more than once, each of them once."""
    return [name for name, count in Counter(names).items() if count > 1]


def suffix_of(path: Path) -> str:
    """Return the lower-case suffix of a name: the whole name for `.RData`, a workspace of R."""
    if path.name.startswith("."):
        return (path.suffix or path.name).lower()
    return path.suffix.lower()


def _state(path: Path) -> tuple[int, ...] | None:
    """Return what identifies the state of a file: its location, size and last change."""
    with suppress(OSError):
        known = path.stat()
        return known.st_dev, known.st_ino, known.st_size, known.st_mtime_ns
    return None


@contextmanager
def new_file(file: Path) -> Iterator[Path]:
    """Yield where to write a file for a `with` block.

    It takes its name only once it is complete.
    """
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        yield part
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def refused(source: SourceFile, found: str, write: str, asked: str = "") -> LoadError:
    """Return the error for a file read as `asked`: what was found and what to write instead."""
    return LoadError(
        f"The file `{source.path.name}` cannot be read{asked and f' {asked}'}.", found, write
    )


def not_written(file: Path, found: str, write: str) -> LoadError:
    """Return the error for a file that cannot be written."""
    return LoadError(f"The file `{file.name}` cannot be written.", found, write)


def chosen_columns(source: SourceFile, request: Request, names: Sequence[str]) -> list[str]:
    """Return the columns to read, in the order of the call, all by default.

    Refuse those that a file does not have.
    """
    if request.columns is None:
        return list(names)
    known = set(names)
    wanted = list[str]()
    for name in request.columns:
        wanted.append(name if name in known else source.renamed.get(name, name))
    absent = list[str]()
    for name in wanted:
        if name not in known:
            absent.append(name)
    if not absent:
        return wanted
    listed = quoted_names(absent)
    are = "are not columns"
    if len(absent) == 1:
        are = "is not a column"
    found = f"It has {len(names)} columns."
    raise ColumnError(
        f"{listed} {are} of the file `{source.path.name}`.", found, suggestion(absent[0], names)
    )


_SHOWN = 60  # characters of a name in a notice
_BLANKS = " \t\r\n"  # around a name, these are not part of it


def repaired_names(
    source: SourceFile, request: Request, names: Sequence[str]
) -> tuple[list[str], Notices]:
    """Return printable, distinct names of columns, and the notice on those repaired."""
    # one that the codebook describes is right; one that is whole keeps its name before one that
    # becomes like it
    known = request.described
    clean = [
        name if name in known else _cleaned(name) or f"column_{place}"
        for place, name in enumerate(names, 1)
    ]
    repaired, taken, numbers = list(clean), set(clean), Counter[str]()
    for place in sorted(
        range(len(names)), key=lambda place: clean[place] != names[place].strip(_BLANKS)
    ):
        name = clean[place]
        numbers[name] += 1
        if numbers[name] > 1:
            while f"{name}_{numbers[name]}" in taken:
                numbers[name] += 1
            repaired[place] = f"{name}_{numbers[name]}"
            taken.add(repaired[place])
    pairs = list[tuple[str, str]]()
    for old, new in zip(names, repaired, strict=True):
        if new != old.strip(_BLANKS):
            pairs.append((old, new))
    if pairs and not request.repairs:
        twice = repeated_names(clean)
        found = (
            f"It has two columns named `{twice[0]}`."
            if twice
            else f"One of its columns is named {pairs[0][0]!r}."
        )
        raise refused(
            source, found, 'Give each column a distinct, printable name, or write `names="repair"`.'
        )
    source.renamed |= {
        old: new for old, new in zip(names, repaired, strict=True) if old not in repaired
    }
    shown = listed([f"{old[:_SHOWN]!r} → `{new[:_SHOWN]}`" for old, new in pairs], "")
    return repaired, notice_if(pairs, "notice.names", count=len(pairs), names=shown)


def _cleaned(name: str) -> str:
    """Return a name with its accents, without invisible characters, and with blanks as spaces."""
    name = encoded_once(name)
    if name.isprintable():
        return name.strip()
    blanks = (" " if item.isspace() else item for item in name)
    return " ".join(
        "".join(
            blank for blank in blanks if unicodedata.category(blank) not in ("Cc", "Cf")
        ).split()
    )


def encoded_once(word: str) -> str:
    """Undo UTF-8 decoded as Windows-1252: return `Orléans` for `OrlÃ©ans`."""
    if word.isascii():
        return word
    try:
        return b"".join(
            item.encode("latin-1" if item < "\u0100" else "cp1252") for item in word
        ).decode()
    except UnicodeError:
        return word


def open_source(
    source: FilePath, *, encoding: str | None = None, delimiter: str | None = None
) -> SourceFile:
    """Return a file; refuse one that is absent, unreadable or empty."""
    path = Path(source)
    task = WORDS("unread.problem", name=path.name or path)
    if os.path.isdir(path):
        raise LoadError(task, WORDS("unread.folder"), WORDS("unread.write_file"))
    if is_special(path):
        raise LoadError(task, WORDS("unread.special"), WORDS("unread.write_special"))
    opened = SourceFile(path, encoding=encoding, delimiter=delimiter)
    try:
        empty = not opened.head(1)
    except LoadError as barred:
        if isinstance(barred.__cause__, FileNotFoundError):
            raise LoadError(
                task, WORDS("unread.absent", folder=path.parent), _nearby(path)
            ) from barred
        raise
    if empty:
        raise LoadError(task, WORDS("unread.empty"), WORDS("unread.copy_again"))
    return opened


def is_special(path: Path) -> bool:
    """Return whether a path is that of a pipe, a socket or a device, of which nothing is read."""
    return os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)


def _nearby(path: Path) -> Text:
    with suppress(OSError):
        if names := sorted(item.name for item in path.parent.iterdir() if item.is_file()):
            return WORDS("unread.there", nearest=nearest(path.name, names))
    return WORDS("unread.write_path")


@dataclass(frozen=True)
class Request:
    """The options of one call of `read`."""

    codebook: Codebook | None = None  # corrects and completes what the file says
    structure: Path | None = None
    """The file of the questionnaire (.lss, .qsf, XLSForm), a syntax or a catalogue of labels."""
    isolated: bool = True  # native readers run in a child process
    columns: Sequence[str] | None = None  # columns to read, in this order
    rows: range | None = (
        None  # rows to read: `range(start, stop)`, the first row of answers being 0
    )
    private: bool = (
        False  # keep what identifies people and is not an answer (access codes, IP addresses)
    )
    written: Mapping[str, WrittenFile] = field(default_factory=dict)
    """How the files that diplab wrote with the codebook hold their columns, by their names."""
    table: str | None = None  # name of a table in a file that has several (R, a zip archive)
    sheet: str | int | None = None  # sheet of a workbook: its name, or its place counted from 1
    decimal: str | None = None  # mark of decimals: `,` or `.`
    header: int | None = None  # line that names the columns, counted from 1; 0 where none does
    skip: int = 0  # lines at the top that are left out
    footer: int | None = (
        None  # rows at the end that are left out; None where what stands there decides
    )
    fill: bool | None = (
        None  # whether short lines and merged cells are filled; None where they decide
    )
    day_first: bool | None = (
        None  # whether dates in words begin with the day; None where they have to show it
    )
    repairs: bool = True  # whether odd and repeated names of columns are repaired
    recodes_in_comments: bool = (
        False  # whether recodes of missing values in comments of a setup file are followed
    )

    @property
    def described(self) -> Mapping[str, Variable]:
        """The variables of the codebook; none where there is no codebook."""
        if self.codebook is None:
            return {}
        return self.codebook.variables

    @property
    def taken(self) -> slice:
        """The rows to read, of a sequence of all of them."""
        if self.rows is None:
            return slice(0, None)
        return slice(self.rows.start, self.rows.stop)

    def decimal_comma(self, *, usual: bool) -> bool:
        """Return whether a comma marks decimals: as the call says, or else as is usual."""
        if self.decimal is None:
            return usual
        return self.decimal == ","


def as_written(source: SourceFile, request: Request) -> Request:
    """Return the request that reads a file of diplab: one header line, then only answers."""
    own = request.written.get(source.path.name)
    if own is None or own.sha256 != source.sha256:
        return request
    header = None
    if not request.skip:
        header = request.header or 1
    return replace(request, header=header, footer=request.footer or 0, fill=False)


def stem_of(path: Path) -> str:
    """Return the name that the files of one export of KoboToolbox or ODK share."""
    return re.sub(r"(?i)[-._]main\Z", "", path.stem)


def forms_beside(path: Path) -> Iterator[Path]:
    """Yield the forms next to a file that may describe it, by its name, the surest first."""
    for stem in dict.fromkeys((path.stem, stem_of(path))):
        for suffix in (".xlsform.xlsx", ".xlsx", ".labels.csv"):
            beside = path.with_name(f"{stem}{suffix}")
            if beside.name != path.name and beside.is_file():
                yield beside
