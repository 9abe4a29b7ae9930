"""The encoding that a statistical file declares, believed where its words are in it and replaced where they are not.

Like `native`, it runs in a child process: it imports pyreadstat only.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pyreadstat

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["decoded"]

_OTHERS = ("WINDOWS-1252", "ISO-8859-1")
"""What the words of a file are tried in, where they are not in the encoding that it declares."""

_CUT = 60
"""Bytes of the shortest label that SPSS and its like cut."""


def decoded(
    read: Callable[..., tuple[dict[str, list[Any]], Any]], columns: list[str] | None, *, labels: bool
) -> tuple[dict[str, list[Any]], Any, str]:
    """Read a file in the encoding that it declares or, where its words are in another, in one that reads them.

    Parameters
    ----------
    read : function
        Of the options of pyreadstat; returns columns and what the file says of them.
    columns : list of str or None
        Columns to read.
    labels : bool
        Look at the labels first: where the file says UTF-8, the library leaves out in silence a letter in another
        encoding that is the last of its label.

    Returns
    -------
    tuple
        Columns, what the file says of them, and the encoding used where it is not the one declared.
    """
    first: Exception = UnicodeError("its labels are not in the encoding that it declares")
    if not labels or _labels_fit(read):
        try:
            return *read(usecols=columns), ""
        except (pyreadstat.ReadstatError, UnicodeDecodeError) as refusal:
            if not _of_encoding(refusal):
                raise
            first = refusal
    for encoding in _OTHERS:
        with contextlib.suppress(pyreadstat.ReadstatError, UnicodeDecodeError):
            return *read(usecols=columns, encoding=encoding), encoding
    raise first


def _of_encoding(refusal: Exception) -> bool:
    return isinstance(refusal, UnicodeDecodeError) or "onvert string" in str(refusal)


def _labels_fit(read: Callable[..., tuple[dict[str, list[Any]], Any]]) -> bool:
    try:
        declared = read(metadataonly=True)[1].file_encoding or ""
    except (pyreadstat.ReadstatError, UnicodeDecodeError) as refusal:
        return not _of_encoding(refusal)
    if declared.upper().replace("-", "") != "UTF8":
        return True
    # Every byte is a letter of this encoding, so that the bytes come back.
    meta = read(metadataonly=True, encoding="ISO-8859-1")[1]
    labels = [
        *meta.column_labels,
        *(label for codes in meta.value_labels.values() for label in codes.values()),
    ]
    for label in labels:
        raw = (label or "").encode("latin-1", "ignore")
        try:
            raw.decode("utf-8")
        except UnicodeDecodeError as broken:
            # Some programs cut a long label within a letter: that is no other encoding.
            if broken.reason != "unexpected end of data" or len(raw) < _CUT:
                return False
    return True
