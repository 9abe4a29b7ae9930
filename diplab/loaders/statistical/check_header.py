"""The beginning of a statistical file: whether it is what its suffix says, and agrees with itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from diplab.loaders.source import refused
from diplab.loaders.statistical.cursor import HeaderError
from diplab.loaders.statistical.sas_header import por_header, sas_header, xpt_header
from diplab.loaders.statistical.spss_header import spss_header
from diplab.loaders.statistical.stata_header import stata_header

if TYPE_CHECKING:
    from collections.abc import Callable

    from diplab.loaders.source import SourceFile
    from diplab.loaders.statistical.header import Header

__all__ = ["check_header"]

_ANEW = "Copy it again from its source, or open it in the program that made it and save it anew."
_ENCRYPTED = b"ENCRYPTEDSAV"
_OLD_STATA = range(104, 116)
_SAS_MARK = bytes(12) + bytes.fromhex("c2ea8160b31411cfbd92080009c7318c181f1011")
_SAS_CATALOGUE = bytes(12) + bytes.fromhex("c2ea8163b31411cfbd92080009c7318c181f1011")
_PORTABLE = b"SPSSPORT"
_TITLE = 1000
"""Bytes within which the title and the alphabet of a portable file end."""


@dataclass(frozen=True)
class _Beginning:
    program: str
    shown: str
    begins: Callable[[bytes], bool]
    header: Callable[[bytes], Header]


_SPSS = _Beginning("SPSS", "`$FL2`, `$FL3`", lambda content: content[:4] in (b"$FL2", b"$FL3"), spss_header)
_BEGINNINGS = {
    ".sav": _SPSS,
    ".zsav": _SPSS,
    ".por": _Beginning(
        "SPSS",
        "`SPSSPORT` after their title",
        lambda content: _PORTABLE in content[:_TITLE].replace(b"\r", b"").replace(b"\n", b""),
        por_header,
    ),
    ".dta": _Beginning(
        "Stata",
        "`<stata_dta>`",
        lambda content: content.startswith(b"<stata_dta>") or content[0] in _OLD_STATA,
        stata_header,
    ),
    ".sas7bdat": _Beginning(
        "SAS", "twelve zeros and `c2ea8160`", lambda content: content.startswith(_SAS_MARK), sas_header
    ),
    ".sas7bcat": _Beginning(
        "SAS", "twelve zeros and `c2ea8163`", lambda content: content.startswith(_SAS_CATALOGUE), sas_header
    ),
    ".xpt": _Beginning(
        "SAS",
        "`HEADER RECORD*******LIB`",
        lambda content: content.startswith(b"HEADER RECORD*******LIB"),
        xpt_header,
    ),
}


def check_header(source: SourceFile) -> Header:
    """Return what a statistical file says of itself, checked by what its own bytes show.

    Raises
    ------
    LoadError
        Where the file is not what its suffix says, is encrypted, is cut, or contradicts itself.
    """
    known = _BEGINNINGS[source.suffix]
    content = source.mapped
    if _ENCRYPTED in content[:64]:
        raise refused(
            source,
            "It is encrypted: SPSS asks for its password before it shows anything.",
            "Open it in SPSS with its password and save it without one.",
        )
    if not known.begins(content):
        raise refused(
            source,
            f"It does not begin as {known.program} files do ({known.shown}) but with {content[:8]!r}.",
            f"Save it as {source.suffix} from {known.program}, or give it the suffix of what it is.",
        )
    try:
        return known.header(content)
    except HeaderError as wrong:
        raise refused(source, str(wrong), _ANEW) from wrong
