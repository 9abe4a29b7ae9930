"""How tests hold what another program computed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np


def numbers(text: str) -> list[float]:
    """Return the numbers of a recorded line, as the other program printed them."""
    return [float(each) for each in text.split()]


def recorded_file(name: str) -> Any:
    """Return what another program computed, kept in `tests/reference/recorded`; the test of it says by what calls."""
    return json.loads(
        (Path(__file__).parent / "reference" / "recorded" / f"{name}.json").read_text(
            encoding="utf-8"
        )
    )


def close(found: Any, recorded: Any, rtol: float = 1e-8, atol: float = 0.0) -> None:
    """Hold numbers to recorded ones, or to a recorded line of them."""
    known = numbers(recorded) if isinstance(recorded, str) else recorded
    np.testing.assert_allclose(
        np.ravel(np.asarray(found, dtype=float)), np.ravel(known), rtol, atol
    )
