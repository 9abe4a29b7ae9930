"""Missing codes of a column, found and counted by reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from diplab.microdata.variable import Code, Variable

__all__ = ["SYSTEM", "Unanswered", "is_missing_code", "unanswered"]

SYSTEM = "system"
"""The reason of an answer that is missing without any code."""


@dataclass(frozen=True)
class Unanswered:
    """Which answers of a column are missing, and why."""

    declared: NDArray[np.bool_]
    """True where the answer is a code that the codebook declares missing."""
    reasons: dict[str, int]
    """How many answers are missing for each reason, `system` for those without a code."""


def unanswered(values: NDArray[Any], variable: Variable, *, empty: NDArray[np.bool_]) -> Unanswered:
    """Find the answers of a column that are missing, declared or not.

    A code with no reason is counted under the code itself, a range with no reason under `low to high`.

    Examples
    --------
    >>> from diplab.microdata.variable import Variable
    >>> age = Variable("age", missing={99: "refused"})
    >>> found = unanswered(np.array([31.0, 99.0, np.nan]), age, empty=np.array([False, False, True]))
    >>> found.declared.tolist(), found.reasons
    ([False, True, False], {'refused': 1, 'system': 1})
    """
    declared = np.zeros(len(values), dtype=bool)
    reasons: dict[str, int] = {}
    words = values.dtype.kind in "OUS"

    def mark(cells: NDArray[np.bool_], reason: str) -> None:
        fresh = cells & ~declared & ~empty
        if fresh.any():
            reasons[reason] = reasons.get(reason, 0) + int(fresh.sum())
            declared[fresh] = True

    for code, reason in variable.missing.items():
        if isinstance(code, str) == words:
            mark(np.asarray(values == code, dtype=bool), reason or _shown(code))
    if not words:
        for each in variable.missing_ranges:
            span = (values >= each.low) & (values <= each.high)
            mark(span, each.reason or f"{_shown(each.low)} to {_shown(each.high)}")
    if empty.any():
        reasons[SYSTEM] = reasons.get(SYSTEM, 0) + int(empty.sum())
    return Unanswered(declared, reasons)


def is_missing_code(code: Code, variable: Variable) -> bool:
    """Return whether a code is declared missing, by itself or within a range.

    Examples
    --------
    >>> from diplab.microdata.variable import Variable
    >>> is_missing_code(99, Variable("age", missing={99: "refused"}))
    True
    """
    if code in variable.missing:
        return True
    if isinstance(code, str):
        return False
    return any(each.low <= code <= each.high for each in variable.missing_ranges)


def _shown(code: Code) -> str:
    return code if isinstance(code, str) else f"{code:.15g}"
