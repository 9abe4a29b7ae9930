"""A mark in the cells of every format, sought in what is published of a file: notices, codebooks, pages, errors."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import openpyxl
import pandas as pd
import pyreadstat
import pytest

import diplab as dl
from diplab.errors import LoadError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

MARK = "Zqxk"
NAMES = ["who", "age", "town", "said"]
PLAIN = [["a1", 31, "Lyon", "yes"], ["a2", 45, "Pau", "no"], ["a3", 28, "Lyon", "yes"]] * 6


def planted(place: int | None) -> list[list[Any]]:
    """Return answers of which one is a mark, all where no place is given."""
    number = itertools.count()
    if place is None:
        return [[f"{MARK}{next(number):04d}" for _ in row] for row in PLAIN]
    return [[f"{MARK}1" if next(number) == place else cell for cell in row] for row in PLAIN]


def text(rows: Sequence[Sequence[Any]], *above: Sequence[str], delimiter: str = ",") -> str:
    lines = [*(above or (NAMES,)), *rows]
    return "".join(delimiter.join(f'"{cell}"' for cell in line) + "\n" for line in lines)


def sheet(folder: Path, rows: Sequence[Sequence[Any]], *above: Sequence[str]) -> Path:
    book = openpyxl.Workbook()
    for row in [*(above or (NAMES,)), *rows]:
        book.active.append(list(row))
    book.save(folder / "a.xlsx")
    return folder / "a.xlsx"


def frame(rows: Sequence[Sequence[Any]]) -> pd.DataFrame:
    return pd.DataFrame([[str(cell) for cell in row] for row in rows], columns=NAMES)


def written(folder: Path, name: str, content: str) -> Path:
    (folder / name).write_text(content, encoding="utf-8")
    return folder / name


def fixed(folder: Path, rows: Sequence[Sequence[Any]], suffix: str) -> tuple[Path, dict[str, Any]]:
    setups = {
        ".sps": "DATA LIST /who 1-9 (A) age 11-19 town 21-29 (A) said 31-39 (A).\nCOMPUTE x = 1.\n",
        ".sas": "input who $ 1-9 age 11-19 town $ 21-29 said $ 31-39;\nx = y;\n",
        ".dct": "infix dictionary {\n str who 1-9\n age 11-19\n str town 21-29\n str said 31-39\n}\n",
    }
    lines = "".join(" ".join(f"{cell!s:9}" for cell in row) + "\n" for row in rows)
    own = suffix == ".dct"
    data = written(folder, "d.dct" if own else "d.dat", setups[suffix] + lines if own else lines)
    return (data, {}) if own else (data, {"structure": written(folder, f"s{suffix}", setups[suffix])})


def statistical(folder: Path, rows: Sequence[Sequence[Any]], name: str) -> Path:
    getattr(pyreadstat, f"write_{name.split('.')[1].replace('xpt', 'xport')}")(frame(rows), folder / name)
    return folder / name


def columnar(folder: Path, rows: Sequence[Sequence[Any]], name: str) -> Path:
    getattr(frame(rows), f"to_{name.split('.')[1]}")(folder / name)
    return folder / name


GOOGLE = ["Timestamp", "How old are you?", "Which town?", "What do you say?"]
QUALTRICS = (["ResponseId", "Q1", "Q2", "Q3"], ["Response ID", "Age?", "Town?", "Say?"])
MONKEY = (["Respondent ID", "Age?", "Town?", "Say?"], ["", "Response", "Response", "Open-Ended Response"])
LIME = ["id", "submitdate", "lastpage", "startlanguage", "said"]


def dated(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    return [["2021/04/13 10:12:00 AM GMT+2", *row[1:]] for row in rows]


MADE: dict[str, Callable[[Path, Any], Any]] = {
    "csv": lambda folder, rows: written(folder, "a.csv", text(rows)),
    "semicolons": lambda folder, rows: written(folder, "a.csv", text(rows, delimiter=";")),
    "tsv": lambda folder, rows: written(folder, "a.tsv", text(rows, delimiter="\t")),
    "notes": lambda folder, rows: written(folder, "a.csv", text([*rows, ["Source : Insee", "", "", ""]])),
    "gap": lambda folder, rows: written(folder, "a.csv", text([*rows[:3], ["", "", "", ""], *rows[3:]])),
    "xlsx": sheet,
    "sav": lambda folder, rows: statistical(folder, rows, "a.sav"),
    "dta": lambda folder, rows: statistical(folder, rows, "a.dta"),
    "por": lambda folder, rows: statistical(folder, rows, "a.por"),
    "xpt": lambda folder, rows: statistical(folder, rows, "a.xpt"),
    "parquet": lambda folder, rows: columnar(folder, rows, "a.parquet"),
    "feather": lambda folder, rows: columnar(folder, rows, "a.feather"),
    "json": lambda folder, rows: written(
        folder, "a.json", json.dumps([dict(zip(NAMES, map(str, row), strict=True)) for row in rows])
    ),
    "google": lambda folder, rows: written(folder, "a.csv", text(dated(rows), GOOGLE)),
    "google workbook": lambda folder, rows: sheet(folder, dated(rows), GOOGLE),
    "qualtrics": lambda folder, rows: written(folder, "a.csv", text(rows, *QUALTRICS)),
    "surveymonkey": lambda folder, rows: written(folder, "a.csv", text(rows, *MONKEY)),
    "limesurvey": lambda folder, rows: written(
        folder, "a.csv", text([[row[1], "2021-04-13 10:12:00", 2, "fr", row[3]] for row in rows], LIME)
    ),
    "kobo": lambda folder, rows: written(
        folder, "a.csv", text([[*row, f"u{at}"] for at, row in enumerate(rows)], [*NAMES, "_uuid"])
    ),
    "spss syntax": lambda folder, rows: fixed(folder, rows, ".sps"),
    "sas": lambda folder, rows: fixed(folder, rows, ".sas"),
    "dictionary": lambda folder, rows: fixed(folder, rows, ".dct"),
}


@pytest.mark.parametrize("place", [None, 5, 33, 71])
@pytest.mark.parametrize("name", list(MADE))
def test_nothing_that_somebody_answered_is_published(name: str, place: int | None, tmp_path: Path) -> None:
    made = MADE[name](tmp_path, planted(place))
    file, options = made if isinstance(made, tuple) else (made, {})
    data = dl.read(file, **options)
    shown = " ".join(map(str, data.frame.to_numpy().ravel().tolist()))
    assert MARK in shown or name in ("limesurvey", "google", "google workbook", "surveymonkey")
    dl.save(data.codebook, tmp_path / "page.html", language="fr")
    dl.write(data, tmp_path / "again.csv", formulas="keep")
    published = [(tmp_path / "page.html").read_text("utf-8"), (tmp_path / "again.codebook.toml").read_text("utf-8")]
    published += [each.en + each.fr for each in data.codebook.origin.notices]
    assert not [each for each in published if MARK in each]


@pytest.mark.parametrize("name", ["csv", "semicolons", "tsv", "json", "google", "qualtrics", "spss syntax", "sas"])
def test_no_error_of_a_damaged_file_quotes_an_answer(name: str, tmp_path: Path) -> None:
    made = MADE[name](tmp_path, planted(None))
    file, options = made if isinstance(made, tuple) else (made, {})
    content = file.read_bytes()
    said: list[str] = []
    marks = [b'"', b"\n", b"\0", b",", b";", b"\xe9", b"\t\t", b"}"]
    for number in range(60):
        at = (len(content) // 3 + 97 * number) % len(content)
        file.write_bytes(content[:at] + marks[number % len(marks)] + content[at : None if number % 3 else -40])
        try:
            dl.read(file, **options)
        except LoadError as refused:
            said.append(str(refused))
    assert said
    assert not [each for each in said if MARK in each]
