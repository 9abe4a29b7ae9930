"""Deliveries: a table with its dictionary and the file that gives the positions of its columns."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from diplab.checks import argument
from diplab.errors import LoadError, quoted_names, suggestion
from diplab.loaders.codebooks.file import read_toml, refused_codebook
from diplab.loaders.codebooks.table import (
    describes_variables,
    headings_of,
    merged_by_name,
    read_codebook_table,
    read_codebook_workbook,
)
from diplab.loaders.formats import FORMATS, format_of
from diplab.loaders.limits import Archive, open_archive
from diplab.loaders.notices import Notices, column_notice
from diplab.loaders.questionnaire import written_words
from diplab.loaders.source import (
    WITHOUT_NAMES,
    WORKBOOKS,
    FilePath,
    Request,
    SourceFile,
    open_source,
    refused,
    suffix_of,
)
from diplab.loaders.text.dialect import first_rows
from diplab.loaders.text.recognition import SETUP_FILES, is_clear_table
from diplab.loaders.text.records import delimited_text
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata

_DESCRIBES = (*written_words("formats.toml")["describes"], ".codebook.csv", ".labels.csv")
"""Ends of the names of files that describe answers."""
_STRUCTURES = {".lss": (".csv", ".tsv"), ".qsf": (".csv", ".tsv"), ".sas7bcat": (".sas7bdat",)}
"""Suffixes of the answers that a file of a suffix describes, whatever its name."""
_NESTED = (".xlsx", ".xlsm", ".xlsb", ".ods")
_TABLES = {suffix for format_ in FORMATS for suffix in format_.suffixes} - {".zip", ".lss", ".lsa"}
_DELIMITED = (".csv", ".tsv", ".tab", ".txt")
_DICTIONARY = re.compile(
    r"(?i)varmod|meta|dico|dict|modalit|codebook|variable|lexique|nomencl|libell|descri"
)
"""What names of workbooks hold that are dictionaries.

Those of texts are known by their headings.
"""


@dataclass(frozen=True)
class Delivery:
    """The table of an archive, and what lies beside it there."""

    table: SourceFile
    structure: Path | None = None
    codebook: Codebook | None = None
    notices: Notices = ()  # which of the files beside it were used, and which were not


@contextmanager
def unpacked(source: SourceFile, request: Request, codebook: FilePath | None) -> Iterator[Delivery]:
    """Yield the table of an archive, read in memory, with its structure and dictionary.

    The latter are in a temporary folder, deleted on exit.
    """
    archive = open_archive(source, nested=_NESTED)
    shown = list[str]()
    for item in archive:
        if not _base(item).startswith(".") and "__MACOSX" not in item:
            shown.append(item)
    beside = list[str]()
    for item in shown:
        if item.lower().endswith(_DESCRIBES):
            beside.append(item)
    candidates = list[str]()
    for item in shown:
        if item not in beside and suffix_of(Path(item)) in _TABLES:
            candidates.append(item)
    dictionaries = _dictionaries(source, archive, candidates, codebook)
    prose = _prose(source, archive, candidates, beside)
    tables = [
        candidate for candidate in candidates if candidate not in (*dictionaries, *prose)
    ] or candidates
    chosen = _chosen(source, request, tables, candidates, shown)
    beside += [dictionary for dictionary in dictionaries if dictionary != chosen]
    if not beside:
        yield Delivery(source.member(source.path.with_name(_base(chosen)), archive[chosen]))
        return
    with TemporaryDirectory(prefix="diplab-") as folder:
        for item in beside:
            Path(folder, _base(item)).write_bytes(archive[item])
        member = source.member(Path(folder, _base(chosen)), archive[chosen])
        structure = _structure(Path(folder), member, request)
        delivery = (
            Delivery(member)
            if structure
            else _with_dictionary(Path(folder), member, request, codebook)
        )
        yield replace(delivery, structure=structure)


def _base(name: str) -> str:
    return PurePosixPath(name).name


def _chosen(
    source: SourceFile,
    request: Request,
    tables: Sequence[str],
    candidates: Sequence[str],
    shown: Sequence[str],
) -> str:
    """Return the member that the call names, or the only table."""
    names = quoted_names(tables or shown)
    if not tables:
        raise refused(
            source,
            f"It holds no table that diplab reads, but {names}.",
            "Write the path of a table.",
        )
    named = list[str]()
    for candidate in candidates:
        if request.table in (candidate, _base(candidate)):
            named.append(candidate)
    if request.table is not None and not named:
        found = f"It holds no table {argument('table', request.table)}, but {names}."
        raise refused(source, found, suggestion(str(request.table), candidates))
    chosen = named or tables
    if len(chosen) > 1:
        found = f"It holds {len(chosen)} tables: {quoted_names(chosen)}."
        raise refused(source, found, f'Write the one to read, as `table="{chosen[0]}"`.')
    return chosen[0]


def _dictionaries(
    source: SourceFile, archive: Archive, candidates: Sequence[str], codebook: FilePath | None
) -> list[str]:
    """Return the members that are dictionaries, by their headings or as the call names one."""
    if codebook is not None:
        return [
            candidate for candidate in candidates if str(codebook) in (candidate, _base(candidate))
        ]
    found = _described_members(source, archive, candidates)
    others = list[str]()
    for candidate in candidates:
        if candidate not in found:
            others.append(candidate)
    texts = list[str]()
    for other in others:
        if suffix_of(Path(other)) in _DELIMITED:
            texts.append(other)
    if len(texts) == len(others):
        columns = set()
        for text in texts:
            for name in _headings(_head_of(source, archive, text)):
                columns.add(name.casefold())
        found = [item for item in found if _names(_head_of(source, archive, item), columns)]
    if len(found) < len(candidates):
        return found
    return []


def _head_of(source: SourceFile, archive: Archive, name: str) -> SourceFile:
    return source.member(Path(_base(name)), archive.head(name, _HEAD))


def _names(member: SourceFile, columns: Collection[str]) -> bool:
    """Return whether a dictionary names columns of another table; a workbook is taken to."""
    if member.suffix not in _DELIMITED:
        return True
    header, *rows = _first_rows(member, _ENOUGH)
    place = next(place for place, (kind, _) in headings_of(header).items() if kind == "variable")
    return any(row[place].strip().casefold() in columns for row in rows if len(row) > place)


_ENOUGH = 1_000  # rows of a dictionary among which it names a column


def _described_members(
    source: SourceFile, archive: Archive, candidates: Sequence[str]
) -> list[str]:
    """Return the members whose headings are those of a dictionary."""
    found = []
    for candidate in candidates:
        suffix = suffix_of(Path(candidate))
        if suffix in _DELIMITED:
            if describes_variables(_headings(_head_of(source, archive, candidate))):
                found += [candidate]
        elif suffix in WORKBOOKS and _DICTIONARY.search(_base(candidate)):
            found.append(candidate)
    return found


_HEAD = 100_000  # bytes in which the headings of a member end


def _headings(member: SourceFile) -> list[str]:
    """Return the first record of a delimited text."""
    return [name.strip() for row in _first_rows(member, 1) for name in row]


def _first_rows(member: SourceFile, count: int) -> list[list[str]]:
    head = member.head(_HEAD)
    try:
        # what is left out may begin within a letter
        text = delimited_text(member.member(member.path, head[: head.rfind(b"\n") + 1] or head))
        return first_rows(text.head, text.dialect.delimiter, count, quote=text.dialect.quote)[0]
    except LoadError:
        return []


def _prose(
    source: SourceFile, archive: Archive, candidates: Sequence[str], beside: Sequence[str]
) -> list[str]:
    """Return the members that are texts to read and no tables: licences, lists of files, notes."""
    texts = list[str]()
    for candidate in candidates:
        if suffix_of(Path(candidate)) == ".txt":
            texts.append(candidate)
    data: set[str] = set()
    for setup in (item for item in beside if suffix_of(Path(item)) in SETUP_FILES):
        # columns of digits are not clearly a table: of all texts, their name begins most like that
        # of their setup file
        alike = {}
        for text in texts:
            alike[text] = _common(_base(text), _base(setup))
        most = max(_ALIKE, *alike.values(), 0)
        for item, common in alike.items():
            if common >= most:
                data.add(item)
    members = {}
    for text in texts:
        if text not in data:
            members[text] = source.member(Path(_base(text)), archive.head(text, _HEAD))
    return [item for item, member in members.items() if not is_clear_table(member, Request())]


_ALIKE = 5  # letters by which the names of data and of their setup file begin alike, at least


def _structure(folder: Path, member: SourceFile, request: Request) -> Path | None:
    """Return the file that describes a member: named by the call, or found by kind or name."""
    if request.structure is not None and not request.structure.exists():
        named = folder / request.structure.name
        if named.is_file():
            return named
        return None
    if request.structure is not None:
        return None
    there = sorted(folder.iterdir())
    fitting = [item for item in there if member.suffix in _STRUCTURES.get(item.suffix.lower(), ())]
    if not fitting and member.suffix in WITHOUT_NAMES and not _is_table(member):
        ranked = [
            (_common(item.name, member.path.name), item)
            for item in there
            if item.suffix.lower() in SETUP_FILES
        ]
        longest = max((common for common, _ in ranked), default=0)
        alike = [item for common, item in ranked if common == longest]
        # a setup file may be of each program: they say the same
        fitting = sorted(alike, key=lambda item: SETUP_FILES.index(item.suffix.lower()))[:1]
    if len(fitting) == 1:
        return fitting[0]
    return None


def _is_table(member: SourceFile) -> bool:
    return member.suffix == ".txt" and is_clear_table(member, Request())


def _common(name: str, other: str) -> int:
    pairs = zip(name.lower(), other.lower(), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _with_dictionary(
    folder: Path, member: SourceFile, request: Request, codebook: FilePath | None
) -> Delivery:
    """Return a member with the dictionaries that describe it.

    One of other columns is named in a notice.
    """
    if codebook is not None:
        named = folder / _base(str(codebook))
        return Delivery(member, codebook=read_codebook(named) if named.is_file() else None)
    columns, used, unused = list[str](), dict[str, Codebook](), list[str]()
    for item in sorted(folder.iterdir()):
        described = item.suffix.lower() in (".csv", ".tsv", ".tab", ".txt", ".xml", *WORKBOOKS)
        if (
            not described
            or item.name.lower().endswith(_DESCRIBES[-2:])
            or item.name.endswith(".xlsform.xlsx")
        ):
            continue
        try:
            read = read_codebook(item)
        except LoadError as wrong:
            if item.suffix.lower() != ".xml":
                raise wrong
            continue
        columns = columns or _columns(member, request)
        described_here = _named_as(read, columns)
        if described_here is None:
            unused.append(item.name)
        else:
            used[item.name] = described_here
    notices = (*column_notice("archive.dictionary", used), *column_notice("archive.unused", unused))
    return Delivery(
        member, codebook=merged_by_name(used.values()) if used else None, notices=notices
    )


def _columns(member: SourceFile, request: Request) -> list[str]:
    """Return the names of the columns of a member."""
    if member.suffix in _DELIMITED:
        return _headings(member)
    if member.suffix in WITHOUT_NAMES:
        return []
    plain = replace(request, table=None, structure=None, columns=None, rows=range(0), private=True)
    return [*format_of(member, plain).load(member, plain).frame]


def _named_as(book: Codebook, columns: Sequence[str]) -> Codebook | None:
    """Return a dictionary under the names of a table, which may write them in small letters.

    None of another table.
    """
    own = set(columns)
    spelled = {}
    if not own & set(book.variables):
        spelled = {name.casefold(): name for name in columns}
    named = {}
    for name, item in book.variables.items():
        named[spelled.get(name.casefold(), name)] = item
    variables = {}
    for name, item in named.items():
        variables[name] = replace(item, name=name)
    if own & set(variables):
        return replace(book, variables=variables)
    return None


def read_codebook(path: FilePath) -> Codebook:
    """Read a codebook from TOML, a table (`.csv`, `.tsv`, a workbook) or DDI Codebook (`.xml`)."""
    file = Path(path)
    if file.suffix.lower() in (".csv", ".tsv", ".tab", ".txt"):
        return read_codebook_table(open_source(path))
    if file.suffix.lower() in WORKBOOKS:
        return read_codebook_workbook(open_source(path))
    if file.suffix.lower() == ".xml":
        from diplab.loaders.codebooks.ddi import read_ddi

        return read_ddi(file)
    if file.suffix.lower() == ".zip":
        return codebook_in_archive(file)
    return read_toml(file)


def codebook_in_archive(path: Path) -> Codebook:
    """Return the only dictionary of an archive."""
    source = open_source(path)
    archive = open_archive(source, nested=_NESTED)
    tables = list[str]()
    for item in archive:
        if suffix_of(Path(item)) in (*_DELIMITED, *WORKBOOKS) and "__MACOSX" not in item:
            tables.append(item)
    found = list[str]()
    for item in archive:
        if item.lower().endswith((".xml", ".codebook.toml")):
            found.append(item)
    found += _described_members(source, archive, tables)
    if len(found) != 1:
        listed = ""
        if found:
            listed = f": {quoted_names(found)}"
        write = "Unpack it, and write the file in it that is the codebook."
        raise refused_codebook(
            path.name, f"It is an archive, and holds {len(found)} codebooks{listed}.", write
        )
    with TemporaryDirectory(prefix="diplab-") as folder:
        unpacked_file = Path(folder, _base(found[0]))
        unpacked_file.write_bytes(archive[found[0]])
        return read_codebook(unpacked_file)


_BESIDE = (
    "varmod_{}",
    "Varmod_{}",
    "VARMOD_{}",
    "meta_{}",
    "Meta_{}",
    "{}_metadata",
    "{}_varmod",
    "dictionnaire_{}",
)
"""Names of dictionaries beside a table, as INSEE writes them."""
_OF_DATA = re.compile(r"(?i)^(?:fd|data|base)_|_data$")
_DESCRIBED = (".csv", ".tsv", ".tab", ".txt", ".dbf", ".parquet", *WORKBOOKS)


def dictionary_beside(source: SourceFile, request: Request) -> tuple[Codebook | None, Notices]:
    """Return the dictionary next to a table under a name of INSEE, if it names its columns."""
    if source.suffix not in _DESCRIBED:
        return None, ()
    stems = dict.fromkeys((source.path.stem, _OF_DATA.sub("", source.path.stem)))
    names = list[str]()
    for stem in stems:
        for item in _BESIDE:
            for suffix in (".csv", ".CSV", ".xlsx"):
                names.append(f"{item.format(stem)}{suffix}")
    for place in (
        place
        for place in map(source.path.with_name, names)
        if place.is_file() and place != source.path
    ):
        with suppress(LoadError):
            described = _named_as(read_codebook(place), _columns(source, request))
            if described is not None:
                return described, column_notice("archive.beside", [place.name])
    return None, ()


def with_notices(data: Microdata, notices: Notices) -> Microdata:
    """Return microdata that say more of how they were read."""
    origin = data.codebook.origin
    book = replace(data.codebook, origin=replace(origin, notices=(*notices, *origin.notices)))
    if notices:
        return replace(data, codebook=book)
    return data
