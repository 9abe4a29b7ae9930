"""A delimited text of any size, checked record by record without being held."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from diplab.loaders.source import SourceFile, refused
from diplab.loaders.text.delimited_columns import regular_lines
from diplab.loaders.text.dialect import header_of, record_blocks

if TYPE_CHECKING:
    from pathlib import Path

    from diplab.loaders.text.dialect import Dialect

__all__ = ["check_delimited"]

_CHUNK = 1 << 25


def check_delimited(file: Path, dialect: Dialect) -> None:
    """Refuse a text that is not in UTF-8, or whose records are not as wide as its header.

    Parameters
    ----------
    file : Path
    dialect : Dialect
        How the files of its folder are written.

    Raises
    ------
    LoadError
        Where it is so, saying the line.
    """
    source = SourceFile(file, b"")
    width, lines = 0, 0
    with file.open("rb") as opened:
        while chunk := opened.read(_CHUNK) + opened.readline():
            while chunk.count(b'"') % 2 and (more := opened.readline()):
                chunk += more
            try:
                text = chunk.decode("utf-8-sig" if not lines else "utf-8")
            except UnicodeDecodeError as broken:
                line = lines + chunk.count(b"\n", 0, broken.start) + 1
                found = f"Its line {line} is not in UTF-8, in which the texts of a folder are read."
                raise refused(source, found, "Save it in UTF-8, or read it by itself.") from broken
            if not lines:
                width = len(header_of(source, next(record_blocks(source, text, dialect, first=1), [])))
            held = np.frombuffer(text.encode(), dtype=np.uint8)
            if regular_lines(held, ord(dialect.delimiter), width) is None:
                _check_each(source, text, dialect, width, lines)
            lines += chunk.count(b"\n")
    if not lines and not width:
        raise refused(source, "It is empty.", "Copy it again from its source.")


def _check_each(source: SourceFile, text: str, dialect: Dialect, width: int, before: int) -> None:
    for block in record_blocks(source, text, dialect):
        for place, record in enumerate(block):
            if len(record) != width:
                raise refused(
                    source,
                    f"After its line {before + place}, a record has {len(record)} fields where the header has {width}.",
                    "Correct that line; if it is the last, the file is probably cut: copy it again.",
                )
