"""The functions of the kernel on small cases: `kernel.md` holds the calls and their answers."""

from __future__ import annotations

import doctest
import re
from importlib import import_module
from pathlib import Path

import pytest

CASES = dict(
    re.findall(
        r"^## (\S+)\n\n```python\n(.*?)^```",
        (Path(__file__).parent / "kernel.md").read_text("utf-8"),
        re.M | re.S,
    )
)


@pytest.mark.parametrize("module", CASES)
def test_small_cases(module: str) -> None:
    names = dict(vars(import_module(f"diplab.{module}")))
    case = doctest.DocTestParser().get_doctest(CASES[module], names, module, "kernel.md", 0)
    assert len(case.examples) > 0
    assert doctest.DocTestRunner().run(case).failed == 0


def test_every_case_is_read() -> None:
    assert len(CASES) == 17
    assert sum(text.count(">>> ") for text in CASES.values()) == 161
