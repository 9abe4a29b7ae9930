"""Twenty-three hundred damaged files: each ends in microdata or in a LoadError, within a gigabyte.

A file that does not end ends the process after eleven seconds (`mutations.py`).
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("mutations.py")
PARTS = 4
OWN, PUBLISHED = 900, 1400
MEGABYTES = 1000


def outcomes(folder: Path, count: int, part: int, *more: str) -> list[tuple[str, int, str, float, int]]:
    """Return name, number, ending, seconds and MB of each mutation of a part, read in a process that may die."""
    words = ["--out", str(folder), "--count", str(count), "--part", str(part), "--of", str(PARTS), *more]
    ran = subprocess.run(
        [sys.executable, str(SCRIPT), *words], capture_output=True, text=True, timeout=170, check=False
    )
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    assert ran.returncode == 0, f"{lines[-1:]} ended the process ({ran.returncode}): {ran.stderr}"
    return [tuple(line) for line in lines if len(line) == 5]


def check(found: list[tuple[str, int, str, float, int]], count: int) -> None:
    endings = Counter(ending for _, _, ending, _, _ in found)
    failures = [each for each in found if each[2] not in ("read", "refused", "died")]
    large = [each for each in found if each[4] > MEGABYTES]
    assert (failures, large) == ([], [])
    assert len(found) == count // PARTS
    # A fuzz test of which all files are refused at the door, or all are read, looks at nothing.
    assert endings["read"] > count / PARTS / 10
    assert endings["refused"] > count / PARTS / 10


@pytest.mark.parametrize("part", range(PARTS))
def test_mutations_of_files_made_here(tmp_path: Path, part: int) -> None:
    check(outcomes(tmp_path, OWN, part), OWN)


@pytest.mark.shared
@pytest.mark.parametrize("part", range(PARTS))
def test_mutations_of_published_files(tmp_path: Path, shared: Path, part: int) -> None:
    check(outcomes(tmp_path, PUBLISHED, part, "--shared", str(shared)), PUBLISHED)
