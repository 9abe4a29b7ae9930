"""How a data file written by diplab holds what its format cannot hold as it is, kept in the codebook beside it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diplab.loaders.codebooks.file import Entries, refused_codebook, toml

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from diplab.microdata.variable import Code

__all__ = ["MOMENTS", "STORAGES", "Held", "Written", "read_written", "written_lines"]

_SIZED = tuple(f"{sign}{size}" for sign in ("int", "uint", "Int", "UInt") for size in (8, 16, 32, 64))
STORAGES = ("bool", "boolean", "object", "string", "float32", "Float32", "Float64", *_SIZED)
"""Kinds of columns, as pandas names them, that a statistical file does not tell from plain numbers or words."""

MOMENTS = ("datetime64[s]", "datetime64[ms]", "datetime64[ns]")


@dataclass(frozen=True)
class Held:
    """How the file holds one column, where it is not as in the frame.

    Parameters
    ----------
    name : str
        Of the column in the file; empty where it is the same.
    storage : str
        Kind of the column in the frame, as pandas names it; empty where the file gives it back.
    codes : mapping of code to code
        For missing codes: what stands in the file, and the code that it stands for.
    """

    name: str = ""
    storage: str = ""
    codes: Mapping[Code, Code] = field(default_factory=dict)


@dataclass(frozen=True)
class Written:
    """What was written, for reading it back whole.

    Parameters
    ----------
    sha256 : str
        Checksum of the data file: a file that was changed since is read like any other.
    columns : mapping of str to Held
        By their name in the frame; only those that the file holds differently.
    """

    sha256: str
    columns: Mapping[str, Held] = field(default_factory=dict)


def written_lines(written: Mapping[str, Written]) -> list[str]:
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
        for column, held in each.columns.items():
            lines += ["", f"[written.{toml(file)}.columns.{toml(column)}]"]
            lines += [f"name = {toml(held.name)}"] if held.name else []
            lines += [f"storage = {toml(held.storage)}"] if held.storage else []
            codes = [
                f"{{ held = {toml(stands)}, code = {toml(code)} }}" for stands, code in held.codes.items()
            ]
            lines += [f"codes = [{', '.join(codes)}]"] if codes else []
    return lines


def read_written(path: str | os.PathLike[str]) -> dict[str, Written]:
    """Return what a codebook file says of the data files with which it was written, by their names.

    Raises
    ------
    LoadError
        Where it says something that the format does not know.
    """
    file = Path(path)
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError):
        return {}  # `read_codebook` says what is wrong with it
    entries = Entries(file.name)
    found = {}
    for name, entry in entries.table(content.get("written", {}), None, "`written`").items():
        where = f"`written.{name}`"
        fields = entries.table(entry, ("sha256", "columns"), where)
        columns = entries.table(fields.get("columns", {}), None, where)
        found[name] = Written(
            entries.words(fields, "sha256", where),
            {column: _held(entries, each, where) for column, each in columns.items()},
        )
    return found


def _held(entries: Entries, entry: Any, where: str) -> Held:
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
    return Held(entries.words(fields, "name", where), storage, codes)
