"""The identity of a sample: whether results share one sample, one file or respondents."""

from __future__ import annotations

import uuid
import weakref
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

_KEPT = 10_000


def trace_of(values: Iterable[Any]) -> NDArray[np.uint64]:
    """Return the smallest of the numbers that distinct values are hashed to."""
    known = np.array(list(map(hash, {*values} - {None})), dtype=np.int64)
    return np.sort(known.view(np.uint64) * np.uint64(0x9E3779B97F4A7C15))[:_KEPT]


def _common(one: NDArray[np.uint64], two: NDArray[np.uint64]) -> float:
    """Return the share of values in common below the last number that both kept."""
    last = min(
        (item[-1] for item in (one, two) if item.size == _KEPT),
        default=np.uint64(0xFFFFFFFFFFFFFFFF),
    )
    one, two = one[one <= last], two[two <= last]
    return np.intersect1d(one, two).size / max(min(one.size, two.size), 1)


class SampleIdentity:
    """The identity of a sample: a token for its results, and the sources of its rows."""

    def __init__(self, sources: Iterable[str] = (), frame: Any = None, token: str = "") -> None:
        self.token = (
            token or uuid.uuid4().hex
        )  # the same for all results of one sample, those read from a file too
        self.sources = frozenset(
            filter(None, sources)
        )  # the microdata, and the checksum of their file
        # tables of Arrow, which nobody writes to, take no weak reference, and are held
        self._frame: Callable[[], Any] = (
            weakref.ref(frame) if hasattr(frame, "__weakref__") else lambda: frame
        )
        # by column, or columns, the smallest of the numbers that values are hashed to; None where
        # nobody looked
        self.traces: dict[str, NDArray[np.uint64]] | None = None

    def __reduce__(self) -> tuple[type[SampleIdentity], tuple[tuple[str, ...], None, str]]:
        # what is written to a file says nothing of identifiers
        return SampleIdentity, (tuple(sorted(self.sources)), None, self.token)

    def same_source(self, other: object) -> bool:
        """Return whether two samples are of one frame, one microdata or one file."""
        if not isinstance(other, SampleIdentity):
            return False
        frame = self._frame()
        one = self.token == other.token or (frame is not None and frame is other._frame())
        return one or not self.sources.isdisjoint(other.sources)

    def shared_with(self, other: object) -> tuple[str, float]:
        """Return the identifier with the most values in common, and their share of the smaller."""
        of_other = other.traces or {} if isinstance(other, SampleIdentity) else {}
        found = [
            (name, _common(own, of_other[name]))
            for name, own in (self.traces or {}).items()
            if name in of_other
        ]
        return max(found, key=lambda item: item[1], default=("", 0.0))
