"""The indicator that CONTRIBUTING.md writes in ten lines: executed as it stands there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl

PAGE = Path(dl.__file__).resolve().parents[1] / "CONTRIBUTING.md"


def hoover() -> Any:
    (block,) = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {}
    exec(block, names)
    return names["hoover"]


def index(w: Any, y: Any) -> float:
    """Half the distance to the mean that all incomes keep, over all income."""
    mean = np.sum(w * y) / np.sum(w)
    return float(np.sum(w * np.abs(y - mean)) / (2 * np.sum(w * y)))


def test_point_and_error(engine: Any) -> None:
    """Incomes 1, 2, 3, 10 with weights 1, 2, 1, 1: mean 3.6, of 18 the excess 6.4; the error by each row's weight."""
    w, y = np.array([1.0, 2, 1, 1]), np.array([1.0, 2, 3, 10])
    sample = dl.declare_design(engine.draw("w y\n1 1\n2 2\n1 3\n1 10"), weights="w")
    row = dl.estimate(sample, hoover()("y")).frame.iloc[0]
    assert row["estimate"] == pytest.approx(6.4 / 18, rel=1e-12)
    step = 1e-5
    z = np.array([(index(w + step * e, y) - index(w - step * e, y)) / (2 * step) for e in np.eye(4)])
    assert row["std_error"] == pytest.approx(np.sqrt(4 / 3 * np.sum((w * z) ** 2)), rel=1e-7)


def test_in_domains_and_under_replicates() -> None:
    people = pd.DataFrame({"y": [1.0, 3, 5, 5, 2, 6], "g": list("aabbcc")})
    sample = dl.declare_design(people)
    found = dl.estimate(sample, hoover()("y"), by="g").frame["estimate"].tolist()
    assert found == pytest.approx([0.25, 0.0, 0.25])
    replicated = dl.make_replicates(sample, "jk1")
    y = people["y"].to_numpy()
    without = np.array([index(np.ones(5), np.delete(y, out)) for out in range(6)])
    spread = np.sqrt(5 / 6 * np.sum((without - without.mean()) ** 2))
    assert dl.estimate(replicated, hoover()("y")).frame["std_error"].item() == pytest.approx(spread, rel=1e-10)
