"""What every writer of data with a codebook beside them does: names, linked files, and one file after another."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from diplab.errors import LoadError
from diplab.loaders.codebook_file import read_codebook, write_codebook
from diplab.loaders.sidecar import LinkedFile, WrittenFile, read_written
from diplab.loaders.source import not_written
from diplab.microdata.codebook import Codebook, Origin
from diplab.microdata.variable import Variable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from diplab.microdata.microdata import Microdata
    from diplab.microdata.variable import Storage

__all__ = [
    "check_declared",
    "check_names",
    "check_zones",
    "file_to_write",
    "with_storage",
    "with_storage_beside",
    "write_linked",
    "write_pair",
    "written_of_others",
]


_TEXT = (".csv", ".tsv")
"""Formats whose cells do not say what they are."""


def file_to_write(path: str | os.PathLike[str], suffixes: tuple[str, ...]) -> Path:
    """Return where to write; refuse a name whose suffix is not one of the format."""
    file = Path(path)
    if file.suffix.lower() not in suffixes:
        raise not_written(
            file, f"Its suffix is `{file.suffix}`.", f"Write a name that ends in {' or '.join(suffixes)}."
        )
    return file


def check_zones(frame: pd.DataFrame, file: Path) -> None:
    """Refuse moments with a time zone, which no file of ours keeps."""
    for name, column in frame.items():
        zoned = isinstance(column.dtype, pd.DatetimeTZDtype) or (
            column.dtype == object
            and any(isinstance(each, dt.datetime | dt.time) and each.tzinfo is not None for each in column)
        )
        if zoned:
            raise not_written(
                file,
                f"`{name}` holds times with a time zone, which no file keeps.",
                f"Write the hour of one place: `frame[{name!r}].dt.tz_convert('UTC').dt.tz_localize(None)`.",
            )


def check_declared(microdata: Microdata, file: Path, *, words: bool) -> None:
    """Refuse missing codes that the codebook does not declare: they would read back as answers."""
    for name, codes in microdata.missing.items():
        variable = microdata.codebook.variables.get(name, Variable(name))
        used = [codes.codes[place] for place in sorted(set(codes.places.tolist()) - {-1})]
        unknown = [code for code in used if variable.why(code) is None]
        undeclared = [code for code in unknown if words or not isinstance(code, str)]
        if undeclared and name in microdata.frame:
            raise not_written(
                file,
                f"The missing code {undeclared[0]!r} of `{name}` is not declared in the codebook.",
                f"Write `codebook.described({name!r}, missing={{{undeclared[0]!r}: 'the reason'}})`.",
            )


def check_names(microdata: Microdata, file: Path) -> None:
    """Refuse names of columns that would not read back."""
    names = list(microdata.frame.columns)
    odd = [name for name in names if not isinstance(name, str) or not name or name != name.strip()]
    twice = [name for name, times in Counter(names).items() if times > 1]
    if not names:
        raise not_written(file, "The data have no column.", "Write data with a column at least.")
    if odd or twice:
        name = (odd or twice)[0]
        found = (
            "stands twice" if twice and not odd else "begins or ends with a blank, is empty, or is no word"
        )
        raise not_written(file, f"The name of the column {name!r} {found}.", "Rename it.")
    check_zones(microdata.frame, file)


def with_storage(codebook: Codebook, storage: Mapping[str, Storage]) -> Codebook:
    """Return a codebook that says what the cells are, where they do not say it themselves."""
    for name, kind in storage.items():
        if kind != codebook.variables.get(name, Variable(name)).storage:
            codebook = codebook.described(name, storage=kind)
    return codebook


def with_storage_beside(codebook: Codebook, file: Path) -> Codebook:
    """Return a codebook that still says what the cells of the text files beside are.

    They were written with this same codebook, which is about to be replaced: `01` would read back as 1 from them.
    """
    beside = file.with_name(f"{file.stem}.codebook.toml")
    if not any(Path(name).suffix in _TEXT for name in written_of_others(beside, codebook, file)):
        return codebook
    storage = {name: each.storage for name, each in read_codebook(beside).variables.items() if each.storage}
    silent = [name for name in storage if not codebook.variables.get(name, Variable(name)).storage]
    return with_storage(codebook, {name: storage[name] for name in silent})


def write_linked(
    microdata: Microdata, file: Path, write: Callable[[Microdata, Path], Path]
) -> dict[str, LinkedFile]:
    """Write the tables that hang on the data, each in a file beside, and return their names."""
    links = {}
    for name, link in microdata.linked.items():
        if not re.fullmatch(r"[\w-][\w .-]*", name):
            raise not_written(
                file, f"A table that hangs on it is named {name!r}.", "Name it with letters and figures."
            )
        written = write(link.table, file.with_name(f"{file.stem}.{name}{file.suffix}"))
        links[name] = LinkedFile(written.name, link.key, link.foreign)
    return links


def write_pair(
    content: bytes, codebook: Codebook | None, links: Mapping[str, LinkedFile], file: Path
) -> Path:
    """Write data, and their codebook beside them; each file takes its name only once it is whole."""
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        if codebook is not None:
            beside = file.with_name(f"{file.stem}.codebook.toml")
            own = WrittenFile(hashlib.sha256(content).hexdigest())
            written = {**written_of_others(beside, codebook, file), file.name: own}
            write_codebook(codebook, beside, links=links, written=written)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return file


def written_of_others(beside: Path, codebook: Codebook, file: Path) -> dict[str, WrittenFile]:
    """Return what the codebook that stands there says of other files, where it is this same codebook.

    One codebook serves `survey.sav`, `survey.dta` and `survey.csv`: writing one must not make another unreadable. What
    a text file needs to be told of its cells (`storage`), and counts of reasons, make no difference.
    """
    if not beside.is_file():
        return {}
    try:
        known, written = read_codebook(beside), read_written(beside)
    except LoadError:
        return {}
    if _without_storage(known) != _without_storage(codebook):
        return {}
    return {
        name: each for name, each in written.items() if name != file.name and file.with_name(name).is_file()
    }


def _without_storage(codebook: Codebook) -> Codebook:
    variables = {name: replace(each, storage="") for name, each in codebook.variables.items()}
    described = {name: each for name, each in variables.items() if each != Variable(name)}
    return replace(codebook, origin=Origin(), variables=described, reasons={})
