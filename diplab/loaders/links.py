"""Files beside a file of data that hang on it: the trips of people, the people of households."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from diplab.loaders.codebook.entries import Entries, refused_codebook
from diplab.microdata.microdata import LinkedTable

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

    from diplab.microdata.microdata import Microdata

__all__ = ["LinkedFile", "linked_files", "with_links"]

_KEYS = ("file", "key", "foreign")


@dataclass(frozen=True)
class LinkedFile:
    """A file whose rows hang on those of another.

    Parameters
    ----------
    file : str
        Its name, in the same folder; it begins as the name of the other does (`survey.trips.csv` for `survey.csv`).
    key : str
        Column of the other file that names its rows.
    foreign : str
        Column of this file that holds that name.
    """

    file: str
    key: str
    foreign: str


def linked_files(codebook: str | os.PathLike[str]) -> dict[str, LinkedFile]:
    """Return the files that a codebook file says to hang on its data, by name.

    Parameters
    ----------
    codebook : path
        A codebook in TOML; others say nothing of files.

    Raises
    ------
    LoadError
        Where a link does not say its file, its key and its foreign column.
    """
    path = Path(codebook)
    if path.suffix.lower() != ".toml":
        return {}
    entries = Entries(path.name)
    found = tomllib.loads(path.read_text(encoding="utf-8-sig")).get("links", {})
    links: dict[str, LinkedFile] = {}
    for name, entry in entries.table(found, None, "`links`").items():
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
    """Return microdata on which the tables hang that stand beside their file.

    Parameters
    ----------
    microdata : Microdata
        What the file holds.
    path : Path
        The file.
    links : mapping of str to LinkedFile
    read : callable
        Reads one file.

    Raises
    ------
    LoadError
        Where a link leaves the folder, or names a column that a table does not have.
    """
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
        linked[name] = LinkedTable(table, link.key, link.foreign)
    return replace(microdata, linked=linked)
