"""What a codebook file says of the data files beside it: how they hold their columns, and which tables are linked."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diplab.loaders.codebook.entries import Entries, refused_codebook
from diplab.loaders.codebook.lines import toml
from diplab.microdata.microdata import Link

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

    from diplab.microdata.microdata import Microdata
    from diplab.microdata.variable import Code

__all__ = [
    "MOMENTS",
    "STORAGES",
    "ColumnStorage",
    "LinkedFile",
    "WrittenFile",
    "linked_files",
    "read_written",
    "with_links",
    "written_lines",
]


_SIZED = tuple(f"{sign}{size}" for sign in ("int", "uint", "Int", "UInt") for size in (8, 16, 32, 64))
STORAGES = ("bool", "boolean", "object", "string", "float32", "Float32", "Float64", *_SIZED)
"""Kinds of columns, as pandas names them, that a statistical file does not tell from plain numbers or words."""

MOMENTS = ("datetime64[s]", "datetime64[ms]", "datetime64[ns]")


@dataclass(frozen=True)
class ColumnStorage:
    """How the file holds one column, where it is not as in the frame."""

    name: str = ""
    """Of the column in the file; empty where it is the same."""
    storage: str = ""
    """Kind of the column in the frame, as pandas names it; empty where the file gives it back."""
    codes: Mapping[Code, Code] = field(default_factory=dict)
    """For missing codes: what stands in the file, and the code that it stands for."""


@dataclass(frozen=True)
class WrittenFile:
    """What was written, for reading it back whole."""

    sha256: str
    """Checksum of the data file: a file that was changed since is read like any other."""
    columns: Mapping[str, ColumnStorage] = field(default_factory=dict)
    """By their name in the frame; only those that the file holds differently."""


def written_lines(written: Mapping[str, WrittenFile]) -> list[str]:
    r"""Return the lines of TOML of what was written, by the name of each data file.

    Examples
    --------
    >>> held = Held("my_age", codes={".a": 99})
    >>> print(*written_lines({"w.dta": Written("ab", {"my age": held})}), sep="\n")
    <BLANKLINE>
    [written."w.dta"]
    sha256 = "ab"
    <BLANKLINE>
    [written."w.dta".columns."my age"]
    name = "my_age"
    codes = [{ held = ".a", code = 99 }]
    """
    lines = []
    for file, each in written.items():
        lines += ["", f"[written.{toml(file)}]", f"sha256 = {toml(each.sha256)}"]
        for column, storage in each.columns.items():
            lines += ["", f"[written.{toml(file)}.columns.{toml(column)}]"]
            lines += [f"name = {toml(storage.name)}"] if storage.name else []
            lines += [f"storage = {toml(storage.storage)}"] if storage.storage else []
            codes = [
                f"{{ held = {toml(stands)}, code = {toml(code)} }}" for stands, code in storage.codes.items()
            ]
            lines += [f"codes = [{', '.join(codes)}]"] if codes else []
    return lines


def read_written(path: str | os.PathLike[str]) -> dict[str, WrittenFile]:
    """Return what a codebook file says of the data files with which it was written, by their names."""
    file = Path(path)
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError):
        return {}  # `read_codebook` says what is wrong with it
    entries = Entries(file.name)
    files = {}
    for name, entry in entries.table(content.get("written", {}), None, "`written`").items():
        where = f"`written.{name}`"
        fields = entries.table(entry, ("sha256", "columns"), where)
        columns = entries.table(fields.get("columns", {}), None, where)
        files[name] = WrittenFile(
            entries.words(fields, "sha256", where),
            {column: _column_storage(entries, each, where) for column, each in columns.items()},
        )
    return files


def _column_storage(entries: Entries, entry: Any, where: str) -> ColumnStorage:
    fields = entries.table(entry, ("name", "storage", "codes"), where)
    codes: dict[Code, Code] = {}
    for each in entries.entries(fields.get("codes", []), "codes", where):
        pair = entries.table(each, ("held", "code"), where)
        codes[entries.code({"code": pair.get("held")}, codes, where)] = entries.code(pair, {}, where)
    storage = entries.words(fields, "storage", where)
    if storage not in ("", *STORAGES, *MOMENTS):
        raise refused_codebook(
            entries.file, f"In {where}, the storage is {storage!r}.", "Write the data again."
        )
    return ColumnStorage(entries.words(fields, "name", where), storage, codes)


_KEYS = ("file", "key", "foreign")


@dataclass(frozen=True)
class LinkedFile:
    """A file whose rows hang on those of another."""

    file: str
    """Its name, in the same folder; it begins as the name of the other does (`survey.trips.csv` for
    `survey.csv`).
    """
    key: str
    """Column of the other file that names its rows."""
    foreign: str
    """Column of this file that holds that name."""


def linked_files(codebook: str | os.PathLike[str]) -> dict[str, LinkedFile]:
    """Return the files that a codebook file says to hang on its data, by name."""
    path = Path(codebook)
    if path.suffix.lower() != ".toml":
        return {}
    entries = Entries(path.name)
    entry_table = tomllib.loads(path.read_text(encoding="utf-8-sig")).get("links", {})
    links: dict[str, LinkedFile] = {}
    for name, entry in entries.table(entry_table, None, "`links`").items():
        where = f"`links.{name}`"
        fields = entries.table(entry, _KEYS, where)
        words = [entries.words(fields, key, where) for key in _KEYS]
        if not all(words):
            raise refused_codebook(
                path.name,
                f"In {where}, `{_KEYS[words.index('')]}` is not given.",
                'Write `file = "..."`, `key = "..."` and `foreign = "..."`.',
            )
        links[name] = LinkedFile(*words)
    return links


def with_links(
    microdata: Microdata, path: Path, links: Mapping[str, LinkedFile], read: Callable[[Path], Microdata]
) -> Microdata:
    """Return microdata on which the tables hang that stand beside their file."""
    linked = dict(microdata.linked)
    for name, link in links.items():
        # a name that begins as the main one and is longer: no folder is left, and no file hangs on itself
        if not link.file.startswith(f"{path.stem}.") or len(link.file) <= len(path.name) or "/" in link.file:
            raise refused_codebook(
                f"{path.stem}.codebook.toml",
                f"In `links.{name}`, the file `{link.file}` is not one of those that lie beside `{path.name}`.",
                f"Write a name such as `{path.stem}.{name}{path.suffix}`.",
            )
        table = read(path.with_name(link.file))
        for column, frame, of in (
            (link.key, microdata.frame, path.name),
            (link.foreign, table.frame, link.file),
        ):
            if column not in frame:
                raise refused_codebook(
                    f"{path.stem}.codebook.toml",
                    f"In `links.{name}`, the column `{column}` is not in `{of}`.",
                    "Write the columns by which the two files are joined.",
                )
        linked[name] = Link(table, link.key, link.foreign)
    return replace(microdata, linked=linked)
