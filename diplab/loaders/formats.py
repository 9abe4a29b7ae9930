"""The formats that `read` knows: which suffixes, which loader, and how two formats of one suffix are told apart."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from diplab.errors import LoadError, one_of

if TYPE_CHECKING:
    from pathlib import Path

    from diplab.loaders.request import Request
    from diplab.loaders.source import SourceFile
    from diplab.microdata.microdata import Microdata

__all__ = ["FORMATS", "Format", "check_suffix", "format_of"]


@dataclass(frozen=True)
class Format:
    """One format of files.

    Parameters
    ----------
    name : str
        As it is written in `read(..., file_format=...)`.
    suffixes : tuple of str
        In small letters, with their point.
    home : str
        Module of its loader, under `diplab.loaders`.
    loader : str
        Function of a `SourceFile` and a `Request` that returns `Microdata`.
    recognises : str
        Function of a `SourceFile` and a `Request` that says whether a file of such a suffix is of this format; empty
        where the suffix is enough.
    """

    name: str
    suffixes: tuple[str, ...]
    home: str
    loader: str
    recognises: str = ""

    def load(self, source: SourceFile, request: Request) -> Microdata:
        """Return what the file holds."""
        loaded: Microdata = self._function(self.loader)(source, request)
        return loaded

    def fits(self, source: SourceFile, request: Request) -> bool:
        """Return whether the file is of this format."""
        if source.suffix not in self.suffixes:
            return False
        return not self.recognises or bool(self._function(self.recognises)(source, request))

    def _function(self, name: str) -> Any:
        return getattr(import_module(f"diplab.loaders.{self.home}"), name)


# Where two share a suffix, the one that looks at the file stands before the one that takes any.
FORMATS: tuple[Format, ...] = (
    Format("spss", (".sav", ".zsav", ".por"), "statistical", "read_statistical"),
    Format("stata", (".dta",), "statistical", "read_statistical"),
    Format("sas", (".sas7bdat", ".xpt"), "statistical", "read_statistical"),
    Format("delimited", (".csv", ".tsv"), "delimited", "read_delimited"),
)


def format_of(source: SourceFile, request: Request, name: str | None = None) -> Format:
    """Return the format of a file: the one named, or the first that fits.

    Raises
    ------
    LoadError
        Where no format has such a suffix.
    OptionError
        Where the name is not that of a format.
    """
    if name is not None:
        for each in FORMATS:
            if each.name == name:
                return each
        raise one_of("`file_format`", name, [each.name for each in FORMATS])
    for each in FORMATS:
        if each.fits(source, request):
            return each
    raise _unknown_suffix(source.path)


def check_suffix(path: Path) -> None:
    """Refuse a file whose suffix no format has, before it is opened."""
    if not any(path.suffix.lower() in each.suffixes for each in FORMATS):
        raise _unknown_suffix(path)


def _unknown_suffix(path: Path) -> LoadError:
    """Return the error for a file whose suffix no format has."""
    suffixes = dict.fromkeys(suffix for each in FORMATS for suffix in each.suffixes)
    found = f"Its suffix `{path.suffix.lower()}` is not one that diplab reads."
    return LoadError(
        f"The file `{path.name}` was to be read.",
        found if path.suffix else "It has no suffix.",
        f"Write a file in one of these formats: {', '.join(suffixes)}.",
    )
