"""The checkers find nothing: ruff's rules and format, mypy in strict mode with pandas-stubs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "words",
    [
        ("ruff", "check", "--no-cache", "."),
        ("ruff", "format", "--check", "--no-cache", "."),
        ("mypy", "diplab"),
    ],
    ids=["ruff", "format", "mypy"],
)
def test_the_checker_finds_nothing(words, tmp_path):
    options = [f"--cache-dir={tmp_path}"] if words[0] == "mypy" else []
    found = subprocess.run(
        [sys.executable, "-m", *words, *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr
