"""Vectors that R keeps as their rule (from 1 to n, these numbers in words), spelt out."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from rdata.parser import DEFAULT_ALTREP_MAP, RObject, RObjectInfo, RObjectType

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MISSING_PAYLOAD", "MISSING_WHOLE", "RULES", "info_of"]

MISSING_WHOLE = -(2**31)
"""The whole number that R writes for NA."""

MISSING_PAYLOAD = 1954
"""What tells NA from a number that could not be computed: the lower half of the double."""

_LONGEST = 2**27
"""Numbers that a rule may make."""


def info_of(kind: RObjectType) -> RObjectInfo:
    """Return what the parser says of a plain object of a kind."""
    return RObjectInfo(kind, object=False, attributes=False, tag=False, gp=0, reference=0)


def _sequence(state: RObject) -> tuple[RObjectInfo, NDArray[Any]]:
    count, first, step = state.value.tolist()
    if not 0 <= count <= _LONGEST:
        raise EOFError
    return info_of(RObjectType.REAL), first + step * np.arange(int(count), dtype=np.float64)


def _whole_sequence(state: RObject) -> tuple[RObjectInfo, NDArray[Any]]:
    return info_of(RObjectType.INT), _sequence(state)[1].astype(np.int32)


def _numbers_in_words(state: RObject) -> tuple[RObjectInfo, list[str | None]]:
    numbers, penalty = state.value[0], int(state.value[1].value[0])
    if numbers.info.type == RObjectType.INT:
        return info_of(RObjectType.STR), [
            None if each == MISSING_WHOLE else str(each) for each in numbers.value.tolist()
        ]
    gone = np.isnan(numbers.value) & (numbers.value.view(np.uint64) & 0xFFFFFFFF == MISSING_PAYLOAD)
    return info_of(RObjectType.STR), [
        None if lost else _in_words(each, penalty)
        for each, lost in zip(numbers.value.tolist(), gone.tolist(), strict=True)
    ]


def _in_words(number: float, penalty: int) -> str:
    """Return a number as R writes it: to fifteen digits, as a power of ten where that is shorter."""
    if not math.isfinite(number):
        return "NaN" if math.isnan(number) else "Inf" if number > 0 else "-Inf"
    mantissa, power = f"{number:.14e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".")
    scientific = f"{mantissa}e{power}"
    fixed = np.format_float_positional(float(scientific), trim="-")
    return fixed if len(fixed) <= len(scientific) + penalty else scientific


RULES = {
    **DEFAULT_ALTREP_MAP,
    b"compact_intseq": _whole_sequence,
    b"compact_realseq": _sequence,
    b"deferred_string": _numbers_in_words,
    b"wrap_list": DEFAULT_ALTREP_MAP[b"wrap_string"],
}
"""How each is spelt out, by its name in R."""
