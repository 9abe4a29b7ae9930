"""Every cell that `read` returns beside the cells that an independent reader finds in the same file.

    python benchmarks/second_reader.py FOLDER... [--show 10]

The second readers are haven for SPSS, Stata and SAS, base R for its own files, foreign for dBASE,
pandas for the rows below the header of a delimited text (its encoding and delimiter as found here)
and of the sheet of a workbook (openpyxl for .xlsx, calamine for .xls, .xlsb and .ods) and, if
installed, PSPP for texts beside their syntax of SPSS (haven reads what that saves). Exports of
questionnaires, which are more than their cells, are left out. Compared are names, rows and cells:
numbers to the last digit, moments to the microsecond, words letter by letter, missing where
missing. Printed is a row per format: files, files of equal cells, cells compared, cells that
differ, files that one of the two refuses; and each file that differs, with its first cell.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

import diplab as dl
from diplab.errors import LoadError

BY_R = {".sav", ".zsav", ".por", ".dta", ".sas7bdat", ".xpt", ".dbf", ".rds", ".rda", ".rdata"}
TEXTS = {".csv", ".tsv", ".tab"}
NO_NUMBER = {"NA", "NaN", "nan", "."}
ENGINES = {
    ".xlsx": "openpyxl",
    ".xlsm": "openpyxl",
    ".xls": "calamine",
    ".xlsb": "calamine",
    ".ods": "calamine",
}
EPOCH = dt.datetime(1970, 1, 1)
SPSS = (86400.0, 1.0, 141_428)
DATE_AS_NUMBER = {
    ".sav": SPSS,
    ".sps": SPSS,
    ".zsav": SPSS,
    ".por": SPSS,
    ".dta": (1.0, 1000.0, 3653),
    ".sas7bdat": (1.0, 1.0, 3653),
}
"""What a file counts for a day and for a second, and how many days its count begins before 1970."""
KINDS = {"days": (1.0, 1 / 86400, 0), "moment": (86400.0, 1.0, 0)}


def with_syntax(syntax: Path) -> Path | None:
    """Return the text that a syntax of SPSS reads, where it is beside it."""
    named = re.search(rb"FILE *=? *(?P<mark>['\"])(?P<name>[^'\"]+)(?P=mark)", syntax.read_bytes())
    text = (
        syntax.with_name(re.split(r"[\\/]", named["name"].decode(errors="replace"))[-1])
        if named
        else syntax
    )
    return text if text != syntax and text.is_file() else None


def saved_by_pspp(syntax: Path, text: Path, saved: Path) -> Path:
    """Have PSPP read a text by its syntax and save what it finds; an absent file is what it refuses."""
    commands, encoding = syntax.read_bytes(), "UTF-8"
    try:
        (commands + text.read_bytes()).decode()
    except UnicodeDecodeError:
        encoding = "windows-1252"
    commands = re.sub(
        r"(?im)^SAVE OUTFILE[^.]*\.sav'\.", "", commands.decode(encoding).removeprefix("\ufeff")
    )
    opened = f"FILE='{text}' " + ("" if "ENCODING" in commands else f"ENCODING='{encoding}' ")
    commands = re.sub(r"FILE *=? *(['\"])[^'\"]+\1", lambda _: opened, commands, count=1)
    written = saved.with_suffix(".sps")
    written.write_text(
        f"SET UNDEFINED=NOWARN.\n{commands}\nEXECUTE.\nSAVE OUTFILE='{saved}'.\n", encoding="utf-8"
    )
    subprocess.run(["pspp", "-o", "/dev/null", str(written)], check=False, capture_output=True)
    return saved


def read_by_r(files: list[Path], folder: Path) -> dict[Path, dict[str, Any]]:
    """Return what R finds in each file."""
    asked = folder / "list"
    places = {file: folder / f"{number}.json" for number, file in enumerate(files)}
    asked.write_text(
        "".join(f"{file}\t{place}\n" for file, place in places.items()), encoding="utf-8"
    )
    script = Path(__file__).with_suffix(".R")
    subprocess.run(["Rscript", str(script), str(asked)], check=True, capture_output=True)
    return {
        file: json.loads(place.read_text(encoding="utf-8", errors="replace"), strict=False)
        for file, place in places.items()
    }


def own_cells(column: pd.Series[Any], kind: str, suffix: str) -> list[float | str | None]:
    """Return the cells of a column as the second reader has them; days and moments as numbers, where it has numbers."""
    counts = (
        DATE_AS_NUMBER.get(suffix, (1.0, 1.0, 0))
        if kind == "number"
        else KINDS.get(kind, (1.0, 1.0, 0))
    )
    return [
        None if missing else own_cell(each, *counts)
        for each, missing in zip(column, column.isna(), strict=True)
    ]


def own_cell(cell: Any, of_day: float, of_second: float, epoch: int) -> float | str:
    if isinstance(cell, dt.datetime):
        return ((cell - EPOCH).total_seconds() + epoch * 86400) * of_second
    if isinstance(cell, dt.date):
        return ((cell - EPOCH.date()).days + epoch) * of_day
    if isinstance(cell, dt.time):
        return (
            cell.hour * 3600 + cell.minute * 60 + cell.second + cell.microsecond / 1e6
        ) * of_second
    return cell if isinstance(cell, str) else float(cell)


def other_cells(found: dict[str, Any]) -> list[float | str | None]:
    words = found["kind"][0] == "words"
    missing = (None, "") if words else (None, "NA", "NaN")
    return [None if cell in missing else cell if words else float(cell) for cell in found["cells"]]


def differences(data: dl.Microdata, found: dict[str, Any], suffix: str) -> tuple[int, int, str]:
    """Return how many cells were compared, how many differ, and the first that does."""
    names = [name for (name,) in found["names"]]
    if list(data.frame.columns) != names or len(data.frame) != found["rows"][0]:
        shape = f"{data.frame.shape} against {(found['rows'][0], len(names))}"
        odd = [pair for pair in zip(data.frame.columns, names, strict=False) if pair[0] != pair[1]]
        return 1, 1, f"names or rows: {shape} {odd[:2]}"
    compared, differing, first = 0, 0, ""
    for name, column in zip(names, found["columns"], strict=True):
        kind = column["kind"][0]
        pairs = zip(own_cells(data.frame[name], kind, suffix), other_cells(column), strict=True)
        for row, (own, other) in enumerate(pairs):
            compared += 1
            close = (
                isinstance(own, float)
                and isinstance(other, float)
                and kind != "number"
                and abs(own - other) < 1e-5
            )
            if own != other and not close:
                differing += 1
                first = first or f"{name}[{row}]: {own!r} against {other!r}"
    return compared, differing, first


def differences_of_rows(data: dl.Microdata, file: Path) -> tuple[int, int, str]:
    """Return how many cells of a sheet or text were compared with those of pandas, how many differ, and the first."""
    options = {"header": None, "dtype": object, "keep_default_na": False, "na_values": [""]}
    reader = data.codebook.origin.reader
    if file.suffix.lower() in TEXTS:
        about = re.match("delimited text, ([^ ]+), delimiter `([^`]+)`", reader)
        assert about is not None
        delimiter, above = about[2].replace("tab", "\t"), len(data.codebook.origin.notices) > 0
        lines = file.read_text(encoding=about[1].replace("utf-8", "utf-8-sig")).splitlines()
        width = max(line.count(delimiter) for line in lines[:20]) + 1 if above else None
        names = {"names": range(width)} if width else {}
        found = pd.read_csv(file, sep=delimiter, encoding=about[1], **options, **names).dropna(
            how="all"
        )
        if "decimal comma" in reader:
            found = found.map(
                lambda cell: (
                    re.sub(r"^(-?\d*),(\d+)$", r"\1.\2", cell) if isinstance(cell, str) else cell
                )
            )
    else:
        sheet = reader.split("`")[1]
        found = pd.read_excel(
            file, sheet_name=sheet, engine=ENGINES[file.suffix.lower()], **options
        ).dropna(how="all")
    rows = [
        [None if pd.isna(each) else each for each in row] for row in found.to_numpy(dtype=object)
    ]
    names = list(data.frame)
    written = [
        {place: str(each).strip() for place, each in enumerate(row) if each is not None}
        for row in rows
    ]
    starts = [  # a repeated name is numbered
        at
        for at, row in enumerate(written)
        if len(row) == len(names) and all(map(str.startswith, names, row.values()))
    ]
    if not starts or len(rows) - starts[0] - 1 != len(data):
        return 1, 1, f"names or rows: {data.frame.shape} against {len(rows)} rows, {rows[:1]}"[:200]
    compared, differing, first = 0, 0, ""
    for name, place in zip(names, written[starts[0]], strict=True):
        missing = data.missing.get(name)
        for row, (own, other) in enumerate(
            zip(data.frame[name], rows[starts[0] + 1 :], strict=True)
        ):
            compared += 1
            code = missing is not None and missing.places[row] >= 0  # a reason stands there
            gap = pd.isna(own) and other[place] in NO_NUMBER
            if not code and not gap and shown(own) != shown(other[place]):
                differing += 1
                first = first or f"{name}[{row}]: {own!r} against {other[place]!r}"
    return compared, differing, first


def shown(cell: Any) -> float | str | None:
    """Return a cell as what both readers show: numbers, words or the first 19 signs of a moment."""
    if pd.isna(cell) or not str(cell).strip():
        return None
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat().replace("T00:00:00", "")[:19]
    if isinstance(cell, dt.timedelta):
        minutes, seconds = divmod(round(cell.total_seconds()), 60)
        return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
    word = re.sub(r"^PT(\d+)H(\d+)M(\d+)S$", r"\1:\2:\3", str(cell).strip())
    if word in NO_NUMBER:
        return word
    try:
        return float({"TRUE": 1, "FALSE": 0}.get(word.upper(), word))
    except ValueError:
        return word


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("folders", nargs="+", type=Path)
    asked.add_argument("--show", type=int, default=10)
    given = asked.parse_args()
    files = sorted(file for folder in given.folders for file in folder.rglob("*"))
    syntaxes = [file for file in files if file.suffix == ".sps"] if shutil.which("pspp") else []
    texts = {syntax: text for syntax in syntaxes if (text := with_syntax(syntax)) is not None}
    with tempfile.TemporaryDirectory() as folder:
        saved = {
            syntax: saved_by_pspp(syntax, text.resolve(), Path(folder, f"{place}.sav"))
            for place, (syntax, text) in enumerate(texts.items())
        }
        by_r = [file for file in files if file.suffix.lower() in BY_R]
        found = read_by_r([*by_r, *saved.values()], Path(folder))
    found = {file: found[saved.get(file, file)] for file in (*by_r, *texts)}
    found |= {file: {} for file in files if file.suffix.lower() in {*ENGINES, *TEXTS}}
    rows = []
    for file, other in found.items():
        row = {
            "format": file.suffix.lower(),
            "equal": 0,
            "cells": 0,
            "differ": 0,
            "refused": "",
            "first": "",
        }
        refusals = [other["error"][0]] if "error" in other else []
        try:
            data = dl.read(texts[file], structure=file) if file in texts else dl.read(file)
            if row["format"] in TEXTS and not data.codebook.origin.reader.startswith(
                "delimited text"
            ):
                continue
        except LoadError as refusal:
            refusals.append(f"diplab: {refusal}")
        else:
            if not refusals:
                by_pandas = row["format"] in ENGINES or row["format"] in TEXTS
                compared = (
                    differences_of_rows(data, file)
                    if by_pandas
                    else differences(data, other, row["format"])
                )
                row["cells"], row["differ"], row["first"] = compared
                row["equal"] = int(not row["differ"])
        row["refused"] = " / ".join(refusals)
        rows.append({"file": file.name, **row})
    table = pd.DataFrame(rows)
    summary = table.groupby("format").agg(
        files=("file", "size"), equal=("equal", "sum"), cells=("cells", "sum"), differ=("differ", "sum"),
        refused=("refused", lambda each: int(each.astype(bool).sum())),
    )  # fmt: skip
    print(summary.to_string())
    for each in (
        table[table["first"].astype(bool) | table["refused"].astype(bool)]
        .head(given.show)
        .itertuples()
    ):
        print(f"{each.file}: {each.differ} differ, {each.first} {each.refused}"[:400])


if __name__ == "__main__":
    main()
