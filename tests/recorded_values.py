"""How tests hold what another program computed."""

from __future__ import annotations

from typing import Any

import numpy as np


def numbers(text: str) -> list[float]:
    """Return the numbers of a recorded line, as the other program printed them."""
    return [float(each) for each in text.split()]


def close(found: Any, recorded: Any, rtol: float = 1e-8, atol: float = 0.0) -> None:
    """Hold numbers to recorded ones, or to a recorded line of them."""
    known = numbers(recorded) if isinstance(recorded, str) else recorded
    np.testing.assert_allclose(np.ravel(np.asarray(found, dtype=float)), np.ravel(known), rtol, atol)
