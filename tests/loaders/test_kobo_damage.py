"""Exports and forms of KoboToolbox whose cells were moved, lost or overwritten: each is read, or is refused."""

from __future__ import annotations

import csv
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest

from diplab.errors import LoadError
from diplab.loaders.read import read
from tests.loaders.factories import csv_text, workbook
from tests.loaders.fuzz.mutations import FORM, KOBO

if TYPE_CHECKING:
    from pathlib import Path

STRANGE = [
    *("", "/", "//", "_", "tasks", "tasks/", "work/tasks/img", "type", "name", "select_one", "rank", "label::"),
    *("label::x (fr)", "begin_repeat", "end_repeat", "begin group", "end", "KEY", "PARENT_KEY", "_index"),
    *("_parent_index", "_submission__id", "_id", "person", "pet", "Oui", "img txt", "1e999", "-0", "9" * 20),
    *("2026-13-45", "TRUE", "#N/A", "=1+1", "${a}", "<b>", "**", "[a](b)", "²", "\ufeff", "x" * 300),
]


def tables(texts: dict[str, str]) -> dict[str, list[list[str]]]:
    read_rows = {name: csv.reader(text.splitlines()) for name, text in texts.items()}
    return {name: [[cell.strip() for cell in row] for row in rows] for name, rows in read_rows.items()}


def damage(rows: list[list[str]], rng: np.random.Generator) -> None:
    for _ in range(int(rng.integers(1, 6))):
        row, other = (int(rng.integers(len(rows))) for _ in range(2))
        at = int(rng.integers(len(rows[row]) + 1))
        word = str(rng.choice(STRANGE))
        match rng.integers(5):
            case 0:
                rows[row][at : at + 1] = [word]
            case 1:
                rows[row].insert(at, word)
            case 2:
                del rows[row][at : at + 1]
            case 3:
                rows.append(list(rows[row]))
            case _:
                rows[row], rows[other] = rows[other], rows[row]


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_damaged_cells(tmp_path: Path, kind: str) -> None:
    ends: Counter[str] = Counter()
    for seed in range(40):
        rng = np.random.default_rng(seed)
        form, data = tables(FORM), tables(KOBO)
        hit = form if rng.random() < 0.4 else data
        damage(hit[str(rng.choice(list(hit)))], rng)
        path = tmp_path / f"kobo.{kind}"
        for name, rows in data.items():
            (tmp_path / name).write_text(csv_text(rows), encoding="utf-8")
        if kind == "xlsx":
            workbook(path, {name.removesuffix(".csv"): rows for name, rows in data.items()})
        try:
            read(path, structure=workbook(tmp_path / "form.xlsx", form), file_format="kobo")
            ends["read"] += 1
        except LoadError:
            ends["refused"] += 1
    assert min(ends["read"], ends["refused"]) > 0, ends
