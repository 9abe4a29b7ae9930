"""The codebook file beside data files: how it is written with them, and what it says of them."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from diplab.errors import LoadError
from diplab.loaders.codebooks.file import (
    Entries,
    read_toml,
    refused_codebook,
    tables_in,
    write_codebook,
)
from diplab.loaders.source import FilePath, new_file, not_written, repeated_names
from diplab.microdata.codebook import Codebook, Origin
from diplab.microdata.microdata import FileDesign, LinkedTable, Microdata
from diplab.microdata.variable import Code, Storage, Variable

_SIZED = tuple(
    f"{sign}{size}" for sign in ("int", "uint", "Int", "UInt") for size in (8, 16, 32, 64)
)
STORAGES = ("bool", "boolean", "object", "string", "float32", "Float32", "Float64", *_SIZED)
"""Kinds of columns, as pandas names them, that a statistical file cannot store as such."""
MOMENTS = ("datetime64[s]", "datetime64[ms]", "datetime64[ns]")


@dataclass(frozen=True)
class ColumnStorage:
    """How the file holds one column, where it is not as in the frame."""

    name: str = ""  # of the column in the file; empty where it is the same
    # kind of the column in the frame, as pandas names it; empty where the file gives it back
    storage: str = ""
    codes: Mapping[Code, Code] = field(
        default_factory=dict
    )  # missing codes in the file, and those that they replace


@dataclass(frozen=True)
class WrittenFile:
    """How a data file was written, for reading it back unchanged."""

    sha256: str  # checksum of the data file: a file that was changed since is read like any other
    # by their name in the frame; only those that the file holds differently
    columns: Mapping[str, ColumnStorage] = field(default_factory=dict)
    escaped: bool = False  # true where an apostrophe stands before cells that begin like formulas


def read_written(path: FilePath) -> dict[str, WrittenFile]:
    """Return what a codebook file says of the data files written with it, by name."""
    file = Path(path)
    try:
        content = tables_in(file)
    except LoadError:
        return {}  # `read_codebook` says what is wrong with it
    entries = Entries(file.name)
    files = {}
    for name, entry in entries.fields(content.get("written", {}), None, "`written`").items():
        where = f"`written.{name}`"
        given = entries.fields(entry, _WRITTEN, where)
        columns = {}
        for column, item in given.get("columns", {}).items():
            columns[column] = _column_storage(entries, item, where)
        files[name] = WrittenFile(given.get("sha256", ""), columns, given.get("escaped", False))
    return files


_WRITTEN = {"sha256": str, "columns": dict, "escaped": bool}
_COLUMN = {"name": str, "storage": str, "codes": [{"held": Code, "code": Code}]}


def _column_storage(entries: Entries, entry: Any, where: str) -> ColumnStorage:
    given = entries.fields(entry, _COLUMN, where)
    codes = entries.by_code(given.pop("codes", ()), where, "held")
    if given.get("storage", "") not in ("", *STORAGES, *MOMENTS):
        raise entries.error(
            f"In {where}, the storage is {given['storage']!r}.", "Write the data again."
        )
    return ColumnStorage(**given, codes={held: item["code"] for held, item in codes.items()})


@dataclass(frozen=True)
class LinkedFile:
    """A file whose rows are linked to those of another."""

    # its name, which begins as that of the other, in the same folder: `survey.trips.csv` for
    # `survey.csv`
    file: str
    key: str  # column of the other file that names its rows
    foreign: str  # column of this file that holds that name


def linked_files(codebook: FilePath) -> dict[str, LinkedFile]:
    """Return the files that a codebook file links to its data, by name."""
    path = Path(codebook)
    if path.suffix.lower() != ".toml":
        return {}
    entries = Entries(path.name)
    tables = entries.fields(tables_in(path).get("links", {}), None, "`links`")
    kinds = dict.fromkeys(("file", "key", "foreign"), str)
    given = {}
    for name, item in tables.items():
        given[name] = entries.fields(item, kinds, f"`links.{name}`")
    files: dict[str, LinkedFile] = {}
    for name, item in given.items():
        files[name] = LinkedFile(**{"file": "", **item})
    return files


def with_links(
    microdata: Microdata,
    path: Path,
    links: Mapping[str, LinkedFile],
    read: Callable[[Path], Microdata],
) -> Microdata:
    """Return microdata with the linked tables that lie beside their file."""
    linked, codebook = dict(microdata.linked), f"{path.stem}.codebook.toml"
    for name, link in links.items():
        # a name that begins as the main one and is longer: no link leaves the folder, and no file
        # is linked to itself
        if (
            not link.file.startswith(f"{path.stem}.")
            or len(link.file) <= len(path.name)
            or "/" in link.file
        ):
            found = (
                f"In `links.{name}`, the file `{link.file}` is not one of those that lie beside "
                f"`{path.name}`."
            )
            raise refused_codebook(
                codebook, found, f"Write a name such as `{path.stem}.{name}{path.suffix}`."
            )
        table = read(path.with_name(link.file))
        for column, frame, of in (
            (link.key, microdata.frame, path.name),
            (link.foreign, table.frame, link.file),
        ):
            if column not in frame:
                found = f"In `links.{name}`, the column `{column}` is not in `{of}`."
                raise refused_codebook(
                    codebook, found, "Write the columns by which the two files are joined."
                )
        linked[name] = LinkedTable(table, link.key, link.foreign)
    return replace(microdata, linked=linked)


_DESIGN: dict[str, Any] = {
    **dict.fromkeys(("weights", "before", "undeclared"), str),
    "replicates": dict,
}
_DESIGN |= {name: [str] for name in ("strata", "psu", "fpc", "categories", "numbers")}


def written_design(data: Microdata) -> dict[str, Any]:
    """Return the table of TOML of the design of microdata, whose columns they hold.

    Nothing where they have none.
    """
    if data.design is None or not {*data.design.columns} <= {*data.frame.columns}:
        return {}
    replicates = {key: value for key, value in data.design.replicates.items() if value is not None}
    return {
        **vars(data.design),
        "undeclared": data.design.undeclared or None,
        "replicates": replicates or None,
    }


def with_design(data: Microdata, codebook: FilePath) -> Microdata:
    """Return microdata with the design that the codebook file beside them gives."""
    entries = Entries(Path(codebook).name)
    given = entries.fields(tables_in(Path(codebook)).get("design", {}), _DESIGN, "`design`")
    design = None
    if given:
        design = FileDesign(**{"weights": "", **given})
    if design and {*design.columns} <= {*data.frame.columns}:
        return replace(data, design=design)
    return data


_TEXT = (".csv", ".tsv")  # formats whose cells do not say what they are


def check_zones(frame: pd.DataFrame, file: Path) -> None:
    """Refuse moments with a time zone, which no written file keeps."""
    for name, column in frame.items():
        zoned = isinstance(column.dtype, pd.DatetimeTZDtype) or (
            column.dtype == object
            and any(
                isinstance(item, dt.datetime | dt.time) and item.tzinfo is not None
                for item in column
            )
        )
        if zoned:
            found = f"`{name}` holds times with a time zone, which no file keeps."
            write = (
                "Write the hour of one place: "
                f"`frame[{name!r}].dt.tz_convert('UTC').dt.tz_localize(None)`."
            )
            raise not_written(file, found, write)


def check_declared(microdata: Microdata, file: Path, *, words: bool) -> None:
    """Refuse missing codes that the codebook does not declare: they would read back as answers."""
    for name, codes in microdata.missing.items():
        variable = microdata.codebook.variable(name)
        used = list[Any]()
        for place in sorted(set(codes.places.tolist()) - {-1}):
            used.append(codes.codes[place])
        unknown = list[Any]()
        for code in used:
            if variable.why(code) is None:
                unknown.append(code)
        undeclared = list[Any]()
        for code in unknown:
            if words or not isinstance(code, str):
                undeclared.append(code)
        if undeclared and name in microdata.frame:
            found = (
                f"The missing code {undeclared[0]!r} of `{name}` is not declared in the codebook."
            )
            write = (
                f"Write `codebook.described({name!r}, "
                f"missing={{{undeclared[0]!r}: 'the reason'}})`."
            )
            raise not_written(file, found, write)


def check_names(microdata: Microdata, file: Path) -> None:
    """Refuse names of columns that would not read back."""
    names = list(microdata.frame.columns)
    odd = [name for name in names if not isinstance(name, str) or not name or name != name.strip()]
    twice = repeated_names(names)
    if not names:
        raise not_written(file, "The data have no column.", "Write data with a column at least.")
    if odd or twice:
        name = (odd or twice)[0]
        found = "is not unique"
        if odd:
            found = "begins or ends with a blank, is empty, or is not text"
        raise not_written(file, f"The name of the column {name!r} {found}.", "Rename it.")
    check_zones(microdata.frame, file)


def with_storage(codebook: Codebook, storage: Mapping[str, Storage]) -> Codebook:
    """Return a codebook that says what the cells are, where they do not say it themselves."""
    for name, kind in storage.items():
        if kind != codebook.variable(name).storage:
            codebook = codebook.described(name, storage=kind)
    return codebook


def with_storage_beside(codebook: Codebook, file: Path) -> Codebook:
    """Return a codebook that still says what the cells of the text files beside are."""
    # they were written with this same codebook, which is about to be replaced: `01` would read back
    # as 1 from them
    beside = file.with_name(f"{file.stem}.codebook.toml")
    if not any(Path(name).suffix in _TEXT for name in written_of_others(beside, codebook, file)):
        return codebook
    storage = {}
    for name, item in read_toml(beside).variables.items():
        if item.storage:
            storage[name] = item.storage
    silent = list[str]()
    for name in storage:
        if not codebook.variable(name).storage:
            silent.append(name)
    return with_storage(codebook, {name: storage[name] for name in silent})


def write_linked(
    microdata: Microdata, file: Path, write: Callable[[Microdata, Path], Path]
) -> dict[str, LinkedFile]:
    """Write the linked tables, each in a file beside the data, and return their names."""
    links = {}
    for name, link in microdata.linked.items():
        if not re.fullmatch(r"[\w-][\w .-]*", name):
            raise not_written(
                file, f"A linked table is named {name!r}.", "Name it with letters and figures."
            )
        written = write(link.table, file.with_name(f"{file.stem}.{name}{file.suffix}"))
        links[name] = LinkedFile(written.name, link.key, link.foreign)
    return links


def write_pair(
    content: bytes,
    codebook: Codebook,
    links: Mapping[str, LinkedFile],
    file: Path,
    *,
    design: Mapping[str, Any],
    escaped: bool = False,
) -> Path:
    """Write data, and their codebook beside them.

    Each file takes its name only once it is complete.
    """
    with new_file(file) as part:
        part.write_bytes(content)
        beside = file.with_name(f"{file.stem}.codebook.toml")
        own = WrittenFile(hashlib.sha256(content).hexdigest(), escaped=escaped)
        written = {**written_of_others(beside, codebook, file), file.name: own}
        write_codebook(codebook, beside, links=links, written=written, design=design)
    return file


def written_of_others(beside: Path, codebook: Codebook, file: Path) -> dict[str, WrittenFile]:
    """Return what the codebook file there says of other files, if it is the same codebook."""
    # one codebook serves `survey.sav` and `survey.csv`: writing one must not make the other
    # unreadable
    if not beside.is_file():
        return {}
    try:
        known, written = read_toml(beside), read_written(beside)
    except LoadError:
        return {}
    if _without_storage(known) != _without_storage(codebook):
        return {}
    return {
        name: item
        for name, item in written.items()
        if name != file.name and file.with_name(name).is_file()
    }


def _without_storage(codebook: Codebook) -> Codebook:
    variables = {}
    for name, item in codebook.variables.items():
        variables[name] = replace(item, storage="")
    described = {name: item for name, item in variables.items() if item != Variable(name)}
    return replace(codebook, origin=Origin(), variables=described, reasons={})
