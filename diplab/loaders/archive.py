"""Archives (.zip, and the formats that are one: .lsa, .xlsx) and .gz: read in memory, within declared limits."""

from __future__ import annotations

import gzip
import io
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from diplab.loaders.source import SourceFile, refused

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "MOST_BYTES",
    "MOST_MEMBERS",
    "MOST_RATIO",
    "Archive",
    "gunzipped",
    "is_gzipped_text",
    "open_archive",
]

MOST_BYTES = 512 * 1024**2
"""Bytes that all members of an archive may have together, once decompressed."""

MOST_RATIO = 100
"""How many times larger than its compressed form a member may be; those under a mebibyte are let pass."""

MOST_MEMBERS = 10_000
"""Members that an archive may have."""

_SMALL = 1024**2
_BEGINNING = b"PK\x03\x04"
_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
    LookupError,
)
_ANEW = "Copy it again from its source, or export it anew from the program that made it."
_UNPACK = "Unpack it yourself if you trust where it comes from, and read the files in it."


class Archive(Mapping[str, bytes]):
    """The members of an archive by name: each is decompressed in memory when it is asked for, never on the disk.

    Parameters
    ----------
    source : SourceFile
        The archive.
    opened : zipfile.ZipFile
        Its table of contents, checked.
    """

    def __init__(self, source: SourceFile, opened: zipfile.ZipFile) -> None:
        self._source = source
        self._opened = opened
        self._members = {each.filename: each for each in opened.infolist() if not each.is_dir()}

    def __getitem__(self, name: str) -> bytes:
        member = self._members[name]
        try:
            content = self._opened.read(member)
        except _BROKEN as broken:
            found = f"Its member `{name}` is damaged: it cannot be decompressed."
            raise refused(self._source, found, _ANEW) from broken
        if content.startswith(_BEGINNING):
            raise refused(self._source, f"Its member `{name}` is itself an archive.", _UNPACK)
        return content

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)


def open_archive(source: SourceFile) -> Archive:
    """Return the members of an archive, once its table of contents was found harmless.

    What a member is said to measure is checked before anything is decompressed, and no more than that is ever
    read of it. Members that are archives themselves are not opened.

    Parameters
    ----------
    source : SourceFile
        The archive.

    Returns
    -------
    Archive
        A mapping of name to bytes.

    Raises
    ------
    LoadError
        Where it is no archive, is cut or damaged, is larger than the limits, is encrypted, or has a member whose
        name leaves the archive or that is a link.

    Examples
    --------
    >>> from pathlib import Path
    >>> from diplab.loaders.source import SourceFile
    >>> held = io.BytesIO()
    >>> with zipfile.ZipFile(held, "w") as written:
    ...     written.writestr("survey.lss", "<document/>")
    >>> dict(open_archive(SourceFile(Path("survey.lsa"), held.getvalue())))
    {'survey.lss': b'<document/>'}
    """
    if not zipfile.is_zipfile(io.BytesIO(source.content)):
        found = "It is not a zip archive, or its end is cut off."
        raise refused(source, found, _ANEW)
    try:
        opened = zipfile.ZipFile(io.BytesIO(source.content))
        members = opened.infolist()
    except _BROKEN as broken:
        raise refused(source, "Its table of contents is damaged.", _ANEW) from broken
    _check_sizes(source, members)
    for each in members:
        _check_member(source, each)
    twice = len(members) - len({each.filename for each in members})
    if twice:
        raise refused(source, f"{twice} of its members bear the name of another.", _ANEW)
    return Archive(source, opened)


def _check_sizes(source: SourceFile, members: list[zipfile.ZipInfo]) -> None:
    """Refuse an archive that would fill the memory."""
    if len(members) > MOST_MEMBERS:
        found = f"It has {len(members):,} members, and at most {MOST_MEMBERS:,} are read."
        raise refused(source, found, _UNPACK)
    total = sum(each.file_size for each in members)
    if total > MOST_BYTES:
        found = (
            f"Decompressed it would hold {total // 1024**2:,} MiB, "
            f"and at most {MOST_BYTES // 1024**2} MiB are read."
        )
        raise refused(source, found, _UNPACK)
    for each in members:
        if each.file_size > max(_SMALL, MOST_RATIO * each.compress_size):
            found = (
                f"Its member `{each.filename}` is over {MOST_RATIO} times as large as its compressed form, "
                "as those made to fill a memory are."
            )
            raise refused(source, found, _UNPACK)


def _check_member(source: SourceFile, member: zipfile.ZipInfo) -> None:
    """Refuse a member that leaves the archive, hides, or cannot be read."""
    name = member.filename
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]:
        raise refused(source, f"Its member `{name}` has a name that leaves the archive.", _UNPACK)
    if stat.S_ISLNK(member.external_attr >> 16):
        raise refused(source, f"Its member `{name}` is a link to another file.", _UNPACK)
    if member.flag_bits & _ENCRYPTED:
        found = f"Its member `{name}` is encrypted."
        raise refused(source, found, "Unpack it with its password, and read the files in it.")
    if member.compress_type not in _METHODS:
        found = f"Its member `{name}` is compressed by a method that is not read."
        raise refused(source, found, "Pack it anew as an ordinary zip archive.")


def is_gzipped_text(path: Path) -> bool:
    """Return whether a name is that of delimited text compressed by gzip (`.csv.gz`, `.tsv.gz`)."""
    return path.suffix.lower() == ".gz" and path.with_suffix("").suffix.lower() in (".csv", ".tsv")


def gunzipped(source: SourceFile) -> SourceFile:
    """Return the text that a file compressed by gzip holds, under its name without `.gz`.

    Parameters
    ----------
    source : SourceFile
        The compressed file.

    Raises
    ------
    LoadError
        Where it is not compressed by gzip, is cut or damaged, or is larger than the limits of archives.

    Examples
    --------
    >>> from pathlib import Path
    >>> found = gunzipped(SourceFile(Path("survey.csv.gz"), gzip.compress(b"sex;hours")))
    >>> found.path.name, found.content
    ('survey.csv', b'sex;hours')
    """
    most = max(_SMALL, min(MOST_BYTES, MOST_RATIO * len(source.content)))
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(source.content)) as stream:
            content = stream.read(most + 1)
    except _BROKEN as broken:
        raise refused(source, "It is not compressed by gzip, or is damaged.", _ANEW) from broken
    if len(content) > most:
        found = f"Decompressed it would hold more than {most // 1024**2} MiB, the most that is read."
        raise refused(
            source, found, "Unpack it with `gunzip` if you trust where it comes from, and read the file."
        )
    return SourceFile(source.path.with_suffix(""), content)
