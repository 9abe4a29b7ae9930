"""Archives, compressed text and XML, read in memory within limits of size."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from diplab.loaders.source import SourceFile, refused

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


MOST_BYTES = (
    512 * 1024**2
)  # bytes that all members of an archive may have together, once decompressed
# how many times larger than its compressed form a member may be; those under a mebibyte may be
# larger
MOST_RATIO = 100
MOST_MEMBERS = 10_000  # members that an archive may have
_SMALL = 1024**2
_BEGINNING = b"PK\x03\x04"
_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError, LookupError)
"""What readers of compressed content raise where it is damaged."""
_EXPORT_AGAIN = "Copy it again from its source, or export it again from the program that made it."
_UNPACK = "Unpack it yourself if you trust where it comes from, and read the files in it."


class Archive(Mapping[str, bytes]):
    """The members of an archive by name, each decompressed in memory on access, never on disk."""

    def __init__(
        self, source: SourceFile, opened: zipfile.ZipFile, nested: tuple[str, ...]
    ) -> None:
        self._source = source
        self._nested = nested
        self._opened = opened
        self._members = {item.filename: item for item in opened.infolist() if not item.is_dir()}

    def __getitem__(self, name: str) -> bytes:
        return self.head(name, -1)

    def head(self, name: str, length: int) -> bytes:
        """Return the first bytes of a member; all where the length is -1."""
        member = self._members[name]
        try:
            with self._opened.open(member) as opened:
                content = opened.read(length)
        except DAMAGED as broken:
            found = f"Its member `{name}` is damaged: it cannot be decompressed."
            raise refused(self._source, found, _EXPORT_AGAIN) from broken
        if content.startswith(_BEGINNING) and not name.lower().endswith(self._nested):
            raise refused(self._source, f"Its member `{name}` is itself an archive.", _UNPACK)
        return content

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)


def open_archive(source: SourceFile, *, nested: tuple[str, ...] = ()) -> Archive:
    """Return the members of an archive, after its table of contents was checked.

    Some may be workbooks.
    """
    # sizes are checked before anything is decompressed; members that are archives themselves are
    # not opened
    if not zipfile.is_zipfile(io.BytesIO(source.content)):
        raise refused(source, "It is not a zip archive, or its end is cut off.", _EXPORT_AGAIN)
    try:
        opened = zipfile.ZipFile(io.BytesIO(source.content))
        members = opened.infolist()
    except DAMAGED as broken:
        raise refused(source, "Its table of contents is damaged.", _EXPORT_AGAIN) from broken
    _check_sizes(source, members)
    for member in members:
        _check_member(source, member)
    twice = len(members) - len({member.filename for member in members})
    if twice:
        raise refused(source, f"{twice} of its members have the name of another.", _EXPORT_AGAIN)
    return Archive(source, opened, nested)


def _check_sizes(source: SourceFile, members: list[zipfile.ZipInfo]) -> None:
    """Refuse an archive that would fill the memory."""
    if len(members) > MOST_MEMBERS:
        raise refused(
            source,
            f"It has {len(members):,} members, and at most {MOST_MEMBERS:,} are read.",
            _UNPACK,
        )
    total = sum(member.file_size for member in members)
    if total > MOST_BYTES:
        limit = f"at most {MOST_BYTES // 1024**2} MiB are read."
        raise refused(
            source, f"Decompressed it would hold {total // 1024**2:,} MiB, and {limit}", _UNPACK
        )
    for member in members:
        if member.file_size > max(_SMALL, MOST_RATIO * member.compress_size):
            found = (
                f"Its member `{member.filename}` is over {MOST_RATIO} times as large as its "
                "compressed form, "
                "as in files made to exhaust memory."
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
        raise refused(source, found, "Repack it as an ordinary zip archive.")


Compression: TypeAlias = Literal[".gz", ".bz2", ".xz"]
_MARKS: dict[Compression, bytes] = {".gz": b"\x1f\x8b", ".bz2": b"BZh", ".xz": b"\xfd7zXZ\0"}
_PROGRAMS: dict[Compression, str] = {".gz": "gunzip", ".bz2": "bunzip2", ".xz": "unxz"}
_ALONE = (
    ".zip",
    ".lsa",
    ".rds",
    ".rda",
    ".rdata",
)  # suffixes of files that are compressed by themselves
_MEMORY = 256 * 1024**2  # bytes that the dictionary of a file compressed by xz may take


def compression_of(path: Path) -> Compression | None:
    """Return how a file is compressed by its name (`.csv.gz`, `.dat.bz2`).

    None of one that is not.
    """
    suffix = path.suffix.lower()
    inner = path.with_suffix("").suffix.lower()
    return next((mark for mark in _MARKS if suffix == mark and inner and inner not in _ALONE), None)


def decompressed(source: SourceFile, compression: Compression) -> SourceFile:
    """Return what a compressed file holds, under its name without the last suffix."""
    most = max(_SMALL, min(MOST_BYTES, MOST_RATIO * len(source.content)))
    program = _PROGRAMS[compression]
    try:
        if not source.content.startswith(_MARKS[compression]):
            raise EOFError
        content = _inflated(source.content, compression, most + 1)
    except (*DAMAGED, lzma.LZMAError) as broken:
        found = f"It is not compressed as its suffix `{compression}` says, or is damaged."
        raise refused(source, found, _EXPORT_AGAIN) from broken
    if len(content) > most:
        found = (
            f"Decompressed it would hold more than {most // 1024**2} MiB, the most that is read."
        )
        write = f"Unpack it with `{program}` if you trust where it comes from, and read the file."
        raise refused(source, found, write)
    return source.member(source.path.with_suffix(""), content)


def _inflated(content: bytes, compression: Compression, most: int) -> bytes:
    """Return so many bytes of compressed content."""
    if compression == ".gz":
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
            return stream.read(most)
    if compression == ".bz2":
        with bz2.BZ2File(io.BytesIO(content)) as blocks:
            return blocks.read(most)
    parts, left, rest = list[bytes](), most, content
    while rest and left:
        stream_of_xz = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MEMORY)
        parts.append(stream_of_xz.decompress(rest, left))
        left -= len(parts[-1])
        if left and not stream_of_xz.eof:
            raise EOFError  # it is cut
        rest = stream_of_xz.unused_data.lstrip(b"\0")  # between streams there may be padding
    return b"".join(parts)


LARGEST_XML = 256 * 1024**2  # bytes that an XML document may have
DEEPEST_XML = 100  # deepest nesting of elements


def xml_elements(
    source: SourceFile, *, named_type: bool = False, deepest: int = DEEPEST_XML
) -> Iterator[tuple[str, Element]]:
    """Yield the `start` and `end` events of XML elements, so that none need be kept in memory."""
    from xml.etree.ElementTree import ParseError

    from defusedxml import ElementTree
    from defusedxml.common import DefusedXmlException

    if len(source.content) > LARGEST_XML:
        found = (
            f"It has {len(source.content) // 1024**2:,} MiB of XML, and at most "
            f"{LARGEST_XML // 1024**2} are read."
        )
        raise refused(source, found, "Export fewer rows or columns at a time.")
    depth = 0
    rest = source.content.partition(b"<!DOCTYPE")[2]
    strict = (
        not named_type or b"[" in rest.partition(b">")[0]
    )  # a document type with a list of its own
    try:
        for event, element in ElementTree.iterparse(
            io.BytesIO(source.content), events=("start", "end"), forbid_dtd=strict
        ):
            depth += 1 if event == "start" else -1
            if depth > deepest:
                raise refused(
                    source, f"Its elements are nested more than {deepest} deep.", _EXPORT_AGAIN
                )
            yield event, element
    except DefusedXmlException as harmful:
        found = (
            "It declares a document type or entities, which can exhaust memory or read other files."
        )
        raise refused(
            source, found, "Remove its `<!DOCTYPE ...>`, or export it again."
        ) from harmful
    except ParseError as broken:
        raise refused(source, f"It is not well-formed XML: {broken}.", _EXPORT_AGAIN) from broken
    except (LookupError, ValueError) as undecoded:
        raise refused(source, "Its encoding cannot be read.", "Save it in UTF-8.") from undecoded


def parsed_xml(
    source: SourceFile, *, named_type: bool = False, deepest: int = DEEPEST_XML
) -> Element:
    """Return the outermost element of a document, with all that it holds."""
    elements = xml_elements(source, named_type=named_type, deepest=deepest)
    _, outermost = next(elements)  # a document without one is not well-formed
    for _ in elements:
        pass
    return outermost
