"""Which seeded faults the tests catch: `python benchmarks/mutants.py [--check] [--layer kernel] [--only TEXT]`.

The package and its tests are copied to a temporary folder, once a job. Each fault of `mutants.toml`
is written into a copy in turn, the tests that are about it are run, and the file is put back. A
fault is *caught* where a test fails, *survived* where none does, *not found* where its snippet does
not occur exactly once; *broken* where pytest ran no test. `--root` names another clone, for example
one of an older commit: what is written otherwise there is found by `find_before`. `--unharmed` runs
the same tests without a fault: each of them is to survive.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from subprocess import PIPE, STDOUT
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
CAUGHT, SURVIVED, NOT_FOUND, TIMED_OUT, BROKEN = (
    "caught",
    "survived",
    "not found",
    "timed out",
    "broken",
)
OUTCOMES = (CAUGHT, SURVIVED, NOT_FOUND, TIMED_OUT, BROKEN)
FOLDERS = ("diplab", "tests", "surveys", "docs")
COPIED = (*FOLDERS, "pyproject.toml", "requirements.lock", "README.md", "GLOSSARY.md")


class Mutant(NamedTuple):
    """One fault: its layer, what it is, the snippet and what takes its place (here, and before), and its tests."""

    layer: str
    about: str
    find: str
    replace: str
    tests: tuple[str, ...]
    find_before: str = ""
    replace_before: str = ""


class Outcome(NamedTuple):
    """What became of a fault: the word for it, the seconds it took, and what tells it: a test, or the file."""

    mutant: Mutant
    said: str
    seconds: int = 0
    told_by: str = ""

    def __str__(self) -> str:
        return f"{self.mutant.layer}: {self.mutant.about}: {self.said} ({self.seconds} s) {self.told_by}"


def mutants(layer: str = "", only: str = "") -> list[Mutant]:
    """Return the faults of a layer, or those whose words, code or tests hold a text."""
    entries = tomllib.loads((HERE / "mutants.toml").read_text(encoding="utf-8"))["mutant"]
    every = [Mutant(**{**entry, "tests": tuple(entry["tests"])}) for entry in entries]
    asked = [each for each in every if not layer or each.layer == layer]
    return [each for each in asked if only in "\n".join((each.about, each.find, *each.tests))]


def sources(root: Path) -> dict[Path, str]:
    """Return the text of every file of the package that holds code or words."""
    files = sorted(each for kind in ("*.py", "*.toml") for each in (root / "diplab").rglob(kind))
    return {each.relative_to(root): each.read_text(encoding="utf-8") for each in files}


def place(mutant: Mutant, texts: dict[Path, str]) -> tuple[Path, str] | str:
    """Return the file of a fault and its text with it; or in words why there is no such place."""
    counts = []
    before = [(mutant.find_before, mutant.replace_before)] if mutant.find_before else []
    for find, replacement in [(mutant.find, mutant.replace), *before]:
        holding = [file for file, text in texts.items() if find in text]
        counts.append(sum(texts[file].count(find) for file in holding))
        if counts[-1] == 1:
            return holding[0], texts[holding[0]].replace(find, replacement)
    return f"the snippet occurs {' and '.join(map(str, counts))} times"


def copied(root: Path, into: Path) -> Path:
    """Copy what the tests need of a clone, compiled."""
    for each in (root / name for name in COPIED):
        if each.is_dir():
            shutil.copytree(each, into / each.name, ignore=shutil.ignore_patterns("__pycache__"))
        elif each.is_file():
            shutil.copy2(each, into)
    # a fault of the same length written within the same second would pass for the file compiled
    # before
    mode = ("--invalidation-mode", "checked-hash")
    subprocess.run(
        [sys.executable, "-m", "compileall", "-q", *mode, "diplab"], cwd=into, check=True
    )
    return into


def run_tests(tests: list[str], root: Path, copy: Path, timeout: float) -> tuple[str, str]:
    """Return what the tests of a copy say of a fault, and the first one that fails."""
    shared = (root / os.environ.get("DIPLAB_SHARED", "../shared")).resolve()
    ours = {"PYTHONPATH": str(copy), "DIPLAB_SHARED": str(shared), "PYTHONDONTWRITEBYTECODE": "1"}
    env = os.environ | ours
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-n0", "-p", "no:cacheprovider", *tests]
    try:
        done = subprocess.run(
            command,
            check=False,
            cwd=copy,
            env=env,
            timeout=timeout,
            stdout=PIPE,
            stderr=STDOUT,
            text=True,
        )
    except subprocess.TimeoutExpired:
        return TIMED_OUT, ""
    lines = done.stdout.splitlines()
    first = next((line for line in lines if line.startswith(("FAILED", "ERROR"))), "")
    if done.returncode in (1, 2) and first:
        return CAUGHT, first.partition(" - ")[0].partition(" ")[2]
    return (BROKEN, "".join(lines[-1:])) if done.returncode else (SURVIVED, "")


def tried(mutant: Mutant, root: Path, copy: Path, timeout: float) -> Outcome:
    """Write a fault into a copy, run its tests, and put the file back."""
    found = place(mutant, sources(copy))
    if isinstance(found, str):
        return Outcome(mutant, NOT_FOUND, told_by=found)
    file, text = found
    tests = [each for each in mutant.tests if (copy / each).is_file()]
    left_out = "".join(f", without {each}" for each in mutant.tests if each not in tests)
    if not tests:
        return Outcome(mutant, BROKEN, told_by=f"no test{left_out}")
    start, whole = time.monotonic(), (copy / file).read_bytes()
    try:
        (copy / file).write_text(text, encoding="utf-8")
        said, failed = run_tests(tests, root, copy, timeout)
    finally:
        (copy / file).write_bytes(whole)
    return Outcome(
        mutant, said, round(time.monotonic() - start), (failed or file.as_posix()) + left_out
    )


def table(outcomes: list[Outcome]) -> str:
    """Return the outcomes by layer, as Markdown."""
    lines = [
        f"| Layer | {' | '.join(OUTCOMES)} | all |",
        f"| :--- |{' ---: |' * (len(OUTCOMES) + 1)}",
    ]
    for layer in (*dict.fromkeys(each.mutant.layer for each in outcomes), "all"):
        counts = Counter(each.said for each in outcomes if layer in (each.mutant.layer, "all"))
        numbers = [layer, *(counts[each] for each in OUTCOMES), counts.total()]
        lines.append(f"| {' | '.join(map(str, numbers))} |")
    return "\n".join(lines)


def record(outcomes: list[Outcome], file: Path) -> None:
    """Write the outcomes as JSON or, by the name of the file, as Markdown."""
    heads = ("layer", "fault", "outcome", "told by", "seconds")
    rows = [(*each.mutant[:2], each.said, each.told_by, each.seconds) for each in outcomes]
    if file.suffix == ".json":
        text = json.dumps(
            [dict(zip(heads, row, strict=True)) for row in rows], ensure_ascii=False, indent=1
        )
    else:
        lines = [f"| {' | '.join(map(str, row))} |" for row in (heads, *rows)]
        text = "\n".join([table(outcomes), "", lines[0], f"|{' :--- |' * len(heads)}", *lines[1:]])
    file.write_text(f"{text}\n", encoding="utf-8")


def main() -> int:
    asked = argparse.ArgumentParser(description="Which seeded faults do the tests catch?")
    asked.add_argument("--root", type=Path, default=HERE.parent)
    asked.add_argument("--layer", default="")
    asked.add_argument("--only", default="")
    asked.add_argument("--jobs", type=int, default=2)
    asked.add_argument("--timeout", type=float, default=300.0)
    asked.add_argument("--record", type=Path)
    asked.add_argument("--check", action="store_true", help="only look for the snippets")
    asked.add_argument(
        "--unharmed", action="store_true", help="run each file of tests without a fault"
    )
    given = asked.parse_args()
    root, chosen = given.root.resolve(), mutants(given.layer, given.only)
    if given.check:
        texts = sources(root)
        lost = [
            f"{each.about}: {found}"
            for each in chosen
            if isinstance(found := place(each, texts), str)
        ]
        gone = [
            f"no {test}"
            for test in {test for each in chosen for test in each.tests}
            if not (root / test).is_file()
        ]
        print(
            *lost, *gone, f"{len(chosen) - len(lost)} of {len(chosen)} found exactly once", sep="\n"
        )
        return int(bool(lost or gone))
    if given.unharmed:
        same, files = chosen[0].find, dict.fromkeys(test for each in chosen for test in each.tests)
        chosen = [Mutant("unharmed", file, same, same, (file,)) for file in files]
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(given.jobs) as threads:
        copies: SimpleQueue[Path] = SimpleQueue()
        for _ in range(given.jobs):
            copies.put(copied(root, Path(tempfile.mkdtemp(dir=scratch))))

        def one(mutant: Mutant) -> Outcome:
            copy = copies.get()
            outcome = tried(mutant, root, copy, given.timeout)
            copies.put(copy)
            print(outcome, flush=True)
            return outcome

        outcomes = list(threads.map(one, chosen))
    print(f"\n{table(outcomes)}")
    if given.record:
        record(outcomes, given.record)
    return 0


if __name__ == "__main__":
    sys.exit(main())
