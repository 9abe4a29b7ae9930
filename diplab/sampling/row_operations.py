"""Operations on arrays row by row: arithmetic, comparisons, three-valued logic, functions of a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from diplab.sampling.engine import Floats

__all__ = ["apply"]


def apply(operation: str, values: list[Floats]) -> Floats:
    """Apply an operation row by row; NaN is missing, and conditions follow three-valued logic."""
    left, right = values[0], values[-1]
    with np.errstate(all="ignore"):
        match operation:
            case "+":
                return left + right
            case "-":
                return left - right
            case "*":
                return left * right
            case "/":
                # a division by zero has no answer, in every engine
                return np.where(right == 0, np.nan, left / right)
            case "exp":
                return np.exp(left)
            case "log":
                return np.where(left > 0, np.log(left), np.nan)
            case "power":
                raised = np.power(left, right)
                return np.where(np.isinf(raised), np.nan, raised)
            case "only_where":
                return np.where(left == 0, 0.0, left * right)
            case "not":
                return 1.0 - left
            case "and":
                return np.where((left == 0) | (right == 0), 0.0, left * right)
            case "or":
                return np.where((left == 1) | (right == 1), 1.0, left + right)
        compared = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal,
                    "==": np.equal, "!=": np.not_equal}[operation]  # fmt: skip
        found = compared(left, right).astype(float)
        gaps = np.isnan(left) | np.isnan(right)
        return np.where(gaps, np.nan, found) if np.any(gaps) else found
