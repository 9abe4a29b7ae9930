"""Files of a survey read by diplab and by the libraries beneath it, in one run.

    python benchmarks/loaders.py [--rows 1000000] [--repeat 5] [--folder FOLDER] [--only .sav]

The file is made with a seed: 32 questions with labelled codes of which one is declared missing, 8
whole numbers, 8 decimal numbers of which a tenth is missing, a town and an identifier in words; as
.sav, .zsav and .dta. The text has 50 columns too: 24 codes, 3 opinions and 2 kinds of occupations
in words, 6 whole numbers, 10 decimal numbers with gaps, departments and postcodes with leading
zeros, days, identifiers, and an open answer of a fifth of the people; once in English (commas,
decimal points) and once in French (semicolons, decimal commas). Workbooks have columns of these
kinds and of days in three shapes: long (a row for twenty of these, 12 columns), wide (2,000
columns), and twenty sheets (the first is read), with pandas' default engine for comparison. Each
reading is done in a process of its own, which first reads a file of 50 rows (so that libraries are
loaded and the first child is there) and then this one; readings alternate, so that what else the
machine does falls on all alike. Printed: medians in seconds, their ratio to the library's, the
largest memory of the process and its children together (proportional set size: what two processes
share is counted once), and its ratio.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable

SEED = 20260405
SMALL = 50
COLUMNS = ["q1", "n1", "f1"]


def make(rows: int, folder: Path, name: str) -> None:
    import pyreadstat

    random = np.random.default_rng(SEED)
    answers: dict[str, Any] = {}
    for number in range(32):
        codes = random.integers(1, 6, rows).astype(float)
        codes[random.random(rows) < 0.05] = 9
        answers[f"q{number}"] = codes
    for number in range(8):
        answers[f"n{number}"] = random.integers(0, 5000, rows).astype(float)
    for number in range(8):
        pay = random.gamma(2, 700, rows).round(2)
        pay[random.random(rows) < 0.1] = np.nan
        answers[f"f{number}"] = pay
    answers["town"] = np.array(["Paris", "Lyon", "Le Mans", "", "Orléans"], dtype=object)[
        random.integers(0, 5, rows)
    ]
    answers["id"] = np.array(
        [f"w{number:07d}" for number in random.permutation(rows)], dtype=object
    )
    questions = [f"q{number}" for number in range(32)]
    words = {**{float(code): f"answer {code}" for code in range(1, 6)}, 9.0: "refused"}
    labels = dict.fromkeys(questions, words)
    missing = {each: [9] for each in questions}
    frame = pd.DataFrame(answers)
    pyreadstat.write_sav(
        frame, folder / f"{name}.sav", variable_value_labels=labels, missing_ranges=missing
    )
    pyreadstat.write_sav(
        frame,
        folder / f"{name}.zsav",
        variable_value_labels=labels,
        missing_ranges=missing,
        compress=True,
    )
    pyreadstat.write_dta(frame, folder / f"{name}.dta", variable_value_labels=labels)


SHAPES = {"long": (20, 12, 1), "wide": (4000, 2000, 1), "sheets": (100, 12, 20)}
"""Rows of a statistical file for one of a sheet, columns and sheets of each workbook."""


def make_workbooks(rows: int, folder: Path, name: str) -> None:
    import xlsxwriter

    random = np.random.default_rng(SEED)
    for shape, (fewer, columns, sheets) in SHAPES.items():
        count = max(rows // fewer, 1)
        made = xlsxwriter.Workbook(
            folder / f"{name}.{shape}.xlsx", {"default_date_format": "yyyy-mm-dd"}
        )
        for _ in range(sheets):
            sheet = made.add_worksheet()
            sheet.write_row(0, 0, [f"c{place}" for place in range(columns)])
            for place in range(columns):
                kinds: list[Any] = [
                    random.integers(1, 6, count),
                    random.gamma(2, 700, count).round(2),
                    np.array(["Paris", "Lyon", "Le Mans", "Orléans"], dtype=object)[
                        random.integers(0, 4, count)
                    ],
                    np.array([f"w{each}" for each in random.permutation(count)], dtype=object),
                    (np.datetime64("2026-01-01") + random.integers(0, 300, count)).astype(object),
                    random.integers(0, 5000, count),
                ]
                sheet.write_column(1, place, kinds[place % len(kinds)].tolist())
        made.close()


def make_text(rows: int, file: Path, *, french: bool) -> None:
    random = np.random.default_rng(SEED)

    def drawn(words: list[str]) -> Any:
        return np.array(words, dtype=object)[random.integers(0, len(words), rows)]

    def decimals(numbers: Any, gaps: float) -> Any:
        words = numbers.astype(str).astype(object)
        words = (
            np.array([each.replace(".", ",") for each in words], dtype=object) if french else words
        )
        words[random.random(rows) < gaps] = ""
        return words

    answers: dict[str, Any] = {}
    for number in range(24):
        codes = random.integers(1, 6, rows)
        codes[random.random(rows) < 0.05] = 9
        answers[f"q{number}"] = codes
    for number in range(3):
        answers[f"opinion{number}"] = drawn(["oui"] * 10 + ["non"] * 8 + ["ne sait pas", ""])
    for number in range(2):
        answers[f"age{number}"] = random.integers(18, 80, rows)
    for number in range(4):
        answers[f"n{number}"] = random.integers(0, 5000, rows)
    for number in range(8):
        answers[f"pay{number}"] = decimals(random.gamma(2, 700, rows).round(2), 0.1)
    for number in range(2):
        answers[f"hours{number}"] = decimals(random.integers(0, 700, rows) / 10, 0.05)
    answers["department"] = drawn([*(f"{number:02d}" for number in range(1, 96)), "2A", "2B"])
    answers["postcode"] = drawn([f"{number:05d}" for number in range(1000, 96000, 16)])
    answers["town"] = drawn(["Paris", "Lyon", "Le Mans", "", "Orléans", "Bourg-en-Bresse"])
    kinds = ("temps plein", "temps partiel", "indépendante")
    answers["job"] = drawn(
        [f"{job}, {kind}" for job in ("traductrice", "livreuse à vélo") for kind in kinds]
    )
    answers["day"] = (np.datetime64("2024-01-01") + random.integers(0, 60, rows)).astype(str)
    answers["id"] = np.array(
        [f"w{number:07d}" for number in random.permutation(rows)], dtype=object
    )
    sentence = 'je fais des tâches le soir, c’est « payé » à la pièce : "trois fois rien"'
    words = np.array(sentence.split(), dtype=object)
    opened = np.full(rows, "", dtype=object)
    for place in np.flatnonzero(random.random(rows) < 0.2):
        opened[place] = " ".join(words[random.integers(0, len(words), random.integers(2, 20))])
    pd.DataFrame({**answers, "open": opened}).to_csv(file, index=False, sep=";" if french else ",")


def readings() -> dict[str, tuple[str, str, Callable[[Path], Any]]]:
    """Return by name the suffix, what it is compared with, and the call."""

    def library(reader: str, **options: Any) -> Callable[[Path], Any]:
        import pyreadstat

        return lambda file: getattr(pyreadstat, reader)(file, **options)

    def ours(**options: Any) -> Callable[[Path], Any]:
        import diplab as dl

        return lambda file: dl.read(file, **options)

    def by_pandas(file: Path) -> Any:
        return pd.read_spss(file, convert_categoricals=False)

    def workbook(file: Path) -> Any:
        return pd.read_excel(file, engine="openpyxl")

    def pandas_text(**options: Any) -> Callable[[Path], Any]:
        return lambda file: pd.read_csv(file, **options)

    workbooks: dict[str, tuple[str, str, Callable[[Path], Any]]] = {}
    for shape in SHAPES:
        suffix = f".{shape}.xlsx"
        workbooks[f"pandas {suffix}"] = (suffix, "", workbook)
        workbooks[f"diplab {suffix}"] = (suffix, f"pandas {suffix}", ours())
        workbooks[f"diplab {suffix}, isolated=False"] = (
            suffix,
            f"pandas {suffix}",
            ours(isolated=False),
        )
    few = {"columns": COLUMNS}
    return workbooks | {
        "pyreadstat .sav": (".sav", "", library("read_sav")),
        "pandas .sav": (".sav", "pyreadstat .sav", by_pandas),
        "diplab .sav": (".sav", "pyreadstat .sav", ours()),
        "diplab .sav, isolated=False": (".sav", "pyreadstat .sav", ours(isolated=False)),
        "pyreadstat .sav, 3 columns": (".sav", "", library("read_sav", usecols=COLUMNS)),
        "diplab .sav, 3 columns": (".sav", "pyreadstat .sav, 3 columns", ours(**few)),
        "diplab .sav, 1,000 rows": (".sav", "", ours(rows=1000)),
        "pyreadstat .zsav": (".zsav", "", library("read_sav")),
        "diplab .zsav": (".zsav", "pyreadstat .zsav", ours()),
        "pyreadstat .dta": (".dta", "", library("read_dta")),
        "diplab .dta": (".dta", "pyreadstat .dta", ours()),
        "pandas .csv": (".csv", "", pandas_text()),
        "diplab .csv": (".csv", "pandas .csv", ours()),
        "pandas .csv, French": (".fr.csv", "", pandas_text(sep=";", decimal=",")),
        "diplab .csv, French": (".fr.csv", "pandas .csv, French", ours()),
    }


def memory(process: int) -> int:
    """Return the proportional set size of a process and its children, in kB."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()
        own = next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        tasks = list(Path(f"/proc/{process}/task").iterdir())
        children = [child for task in tasks for child in (task / "children").read_text().split()]
    except (OSError, StopIteration):
        return 0
    return own + sum(memory(int(child)) for child in children)


def run(name: str, folder: Path, watched: bool) -> dict[str, float]:
    """Read once in this process, after a small file; watching memory takes time, and is done in another run."""
    suffix, _, call = readings()[name]
    call(folder / f"small{suffix}")
    begun = time.perf_counter()
    call(folder / f"small{suffix}")
    small = time.perf_counter() - begun
    largest, ended = 0, threading.Event()

    def watch() -> None:
        nonlocal largest
        while not ended.wait(0.05):
            largest = max(largest, memory(os.getpid()))

    if watched:
        threading.Thread(target=watch, daemon=True).start()
    begun = time.perf_counter()
    found = call(folder / f"large{suffix}")
    seconds = time.perf_counter() - begun
    ended.set()
    assert found is not None
    return {"seconds": seconds, "small": small, "memory": max(largest, memory(os.getpid())) / 1000}


def apart(name: str, folder: Path, *, watched: bool) -> dict[str, float]:
    words = [
        sys.executable,
        __file__,
        "--folder",
        str(folder),
        "--one",
        name,
        *(["--watched"] if watched else []),
    ]
    ran = subprocess.run(words, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(ran.stdout)
    return found


def measure(folder: Path, repeat: int, only: str) -> None:
    names = [name for name in readings() if only in name]
    seconds: dict[str, list[float]] = {name: [] for name in names}
    small: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(repeat):
        for name in names:
            found = apart(name, folder, watched=False)
            seconds[name].append(found["seconds"])
            small[name].append(found["small"])
    largest = {name: apart(name, folder, watched=True)["memory"] for name in names}
    print("| reading | s | times the library | 50 rows, s | memory, MB | times the library |")
    print("|---|---|---|---|---|---|")
    for name in names:
        peer = readings()[name][1]
        pairs = zip(seconds[name], seconds.get(peer, []), strict=bool(peer))
        ratio = f"{statistics.median(own / other for own, other in pairs):.2f}" if peer else ""
        more = f"{largest[name] / largest[peer]:.2f}" if peer else ""
        middle = statistics.median(seconds[name])
        print(
            f"| {name} | {middle:.3g} | {ratio} | {statistics.median(small[name]):.3f} | "
            f"{largest[name]:.0f} | {more} |"
        )


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--rows", type=int, default=1_000_000)
    asked.add_argument("--repeat", type=int, default=5)
    asked.add_argument("--folder", type=Path)
    asked.add_argument("--only", default="", help="readings whose name holds this, such as .sav")
    asked.add_argument("--one")
    asked.add_argument("--watched", action="store_true")
    given = asked.parse_args()
    if given.one:
        print(json.dumps(run(given.one, given.folder, given.watched)))
        return
    with tempfile.TemporaryDirectory() as made:
        folder = given.folder or Path(made)
        for name, rows in (("large", given.rows), ("small", SMALL)):
            if not (folder / f"{name}.dta").exists() and not any(
                each in given.only for each in ("csv", "xlsx")
            ):
                make(rows, folder, name)
            if not (folder / f"{name}.long.xlsx").exists() and (
                ".xlsx" in given.only or not given.only
            ):
                make_workbooks(rows, folder, name)
            for suffix in (".csv", ".fr.csv"):
                if not (folder / f"{name}{suffix}").exists():
                    make_text(rows, folder / f"{name}{suffix}", french=suffix == ".fr.csv")
        measure(folder, given.repeat, given.only)


if __name__ == "__main__":
    main()
