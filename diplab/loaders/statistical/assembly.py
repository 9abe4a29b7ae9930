"""Ranges of rows, read apart, put together again."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.loaders.statistical.native import NativeTable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["Assembly"]

_OF_ALL_ROWS = ("encoding",)
"""How cells were read, where that depends on the cells: words in which encoding."""


class Assembly:
    """The table that ranges of rows make together, whatever the order in which they come.

    Parameters
    ----------
    first : int
        Row of the file with which it begins.
    rows : int
        How many it will hold.
    """

    def __init__(self, first: int, rows: int) -> None:
        self._first = first
        self._rows = rows
        self._columns: dict[str, NDArray[Any]] = {}
        self._tags: dict[str, NDArray[Any]] = {}
        self._about: dict[str, Any] = {}
        self._blank: set[str] = set()
        self._lock = threading.Lock()
        self.agrees = True
        """False where a range was read in another way than the first: then they make no whole."""

    def add(self, start: int, table: NativeTable) -> None:
        """Put a range where it belongs."""
        with self._lock:
            self._describe(table.about)
            if not self.agrees:
                return
            for name, values in table.columns.items():
                place = slice(start - self._first, start - self._first + len(values))
                held = self._room(name, values)
                held[place] = "NaT" if held.dtype.kind in "Mm" and values.dtype.kind == "f" else values
                if name in table.tags:
                    letters = self._tags.setdefault(name, np.full(self._rows, "", dtype="<U1"))
                    letters[place] = table.tags[name]

    def table(self) -> NativeTable:
        """Return the whole."""
        return NativeTable(self._columns, self._tags, self._about)

    def _describe(self, about: Mapping[str, Any]) -> None:
        if not self._about:
            self._about.update(about)
        self.agrees = self.agrees and all(self._about.get(key) == about.get(key) for key in _OF_ALL_ROWS)
        # Letters of Stata's missing values are those met in the rows.
        known = self._about["tags"]
        for name, letters in about["tags"].items():
            known[name] = sorted({*known.get(name, []), *letters})

    def _room(self, name: str, values: NDArray[Any]) -> NDArray[Any]:
        """Return the column, of a kind that holds both what is there and what comes."""
        kind = values.dtype.kind
        blank = kind == "f" and bool(np.isnan(values).all())
        held = self._columns.get(name)
        if held is None:
            held = np.empty(self._rows, dtype=values.dtype)
            self._blank.add(name)
        elif kind in "Mm" and name in self._blank:  # empty cells do not say that they are of dates
            held = np.full(self._rows, "NaT", dtype=values.dtype)
        elif held.dtype.kind in "if" and held.dtype != values.dtype:
            held = held.astype(np.float64, copy=False)
        self._columns[name] = held
        if not blank:
            self._blank.discard(name)
        return held
