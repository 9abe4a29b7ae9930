"""Damaged .sav files: each ends in microdata or in a LoadError, and the parent never dies."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from diplab.errors import LoadError
from diplab.loaders.read import read
from diplab.loaders.write import write
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata
from diplab.microdata.variable import Variable
from diplab.reference.text import Text

if TYPE_CHECKING:
    from pathlib import Path

# With pyreadstat 1.3.7 one of these ends the native reader with SIGSEGV (seed 10123).
SEEDS = range(10_100, 10_160)

# Half a second a file in its own child would be too long: many files share one child, which says after each
# file how it ended; where it dies, the file it died on is read again apart.
SCRIPT = """
import json, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (4 * 1024**3, 4 * 1024**3))
from diplab.errors import LoadError
from diplab.loaders.read import read
for file in json.load(sys.stdin):
    try:
        print(f"read {len(read(file, isolated=False))}", flush=True)
    except LoadError:
        print("refused", flush=True)
"""


def damaged(whole: bytes, seed: int) -> bytes:
    rng = np.random.default_rng(seed)
    content = bytearray(whole)
    for _ in range(int(rng.integers(1, 5))):
        at = int(rng.integers(4, len(content)))
        match rng.integers(4):
            case 0:
                content[at] = int(rng.integers(256))
            case 1:
                extreme = rng.choice([b"\xff\xff\xff\x7f", b"\x00\x00\x00\x80", b"\xff\xff\xff\xff", b"\0\0\0\0"])
                content[at : at + 4] = extreme.ljust(4, b"\0")
            case 2:
                del content[max(at, 200) :]
            case _:
                length = int(rng.integers(1, 64))
                source = int(rng.integers(4, len(content)))
                content[at : at + length] = content[source : source + length]
    return bytes(content)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    codes = Variable(
        "work",
        label=Text("emploi", "work"),
        values={1: Text("oui", "yes"), 2: Text("non", "no")},
        missing={9: "refused"},
    )
    frame = pd.DataFrame(
        {
            "work": [1, 2, 9, 1] * 10,
            "income_each_month": np.arange(40) / 8,
            "town": ["Orléans", "Lyon", "", "Le Mans"] * 10,
        }
    )
    whole = write(Microdata(frame, Codebook({"work": codes})), tmp_path / "whole.sav").read_bytes()
    (tmp_path / "whole.codebook.toml").unlink()
    made = []
    for seed in SEEDS:
        made.append(tmp_path / f"{seed}.sav")
        made[-1].write_bytes(damaged(whole, seed))
    return made


def outcomes(files: list[Path]) -> tuple[list[str], list[Path]]:
    """Return how each file ended in a shared child, and those on which the child died."""
    ends: list[str] = []
    deadly: list[Path] = []
    while len(ends) < len(files):
        left = [str(file) for file in files[len(ends) :]]
        child = subprocess.run(
            [sys.executable, "-c", SCRIPT], input=json.dumps(left), capture_output=True, text=True, check=False
        )
        ends += child.stdout.splitlines()
        if child.returncode > 0:
            pytest.fail(child.stderr)
        if child.returncode < 0:
            deadly.append(files[len(ends)])
            ends.append("died")
    return ends, deadly


def test_damaged_files_are_read_or_refused(files: list[Path]) -> None:
    ends, deadly = outcomes(files)
    assert len(ends) == len(SEEDS)
    assert ends.count("refused") > len(SEEDS) / 4
    assert sum(end.startswith("read") for end in ends) > 0
    for file in deadly:
        with pytest.raises(LoadError):
            read(file)


def test_a_damaged_file_ends_the_same_way_apart(files: list[Path]) -> None:
    ends, _ = outcomes(files[:4])
    for file, end in zip(files[:4], ends, strict=True):
        if end.startswith("read"):
            assert f"read {len(read(file))}" == end
        else:
            with pytest.raises(LoadError):
                read(file)
