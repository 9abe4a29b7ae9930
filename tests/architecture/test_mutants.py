"""Seeded faults are of today's code: each snippet occurs once, and its tests exist."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_seeded_fault_has_its_place() -> None:
    done = subprocess.run(
        [sys.executable, "benchmarks/mutants.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
