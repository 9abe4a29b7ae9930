"""Exports and forms whose cells were moved, lost or overwritten: each ends in microdata or in a LoadError."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
import pytest

from diplab.errors import LoadError
from diplab.loaders.read import read
from tests.loaders.factories import csv_text, workbook

if TYPE_CHECKING:
    from pathlib import Path

FORM = {
    "survey": """type,name,label::English (en),label::Français (fr)
        begin_group,work,Work,Travail
        select_one yn,job,Job?,Emploi ?
        select_multiple tasks or_other,tasks,Tasks?,Tâches ?
        end_group,,,
        rank tasks,best,Best?,Mieux ?
        geopoint,home,Where?,Où ?
        begin_repeat,person,Person,Personne
        text,name,Name?,Nom ?
        begin_repeat,pet,Pet,Animal
        text,name,Name?,Nom ?
        end_repeat,,,
        end_repeat,,,""",
    "choices": """list_name,name,label::English (en),label::Français (fr)
        yn,1,Yes,Oui
        yn,0,No,Non
        tasks,img,Label images,Étiqueter
        tasks,txt,Write,Écrire""",
    "settings": "form_title,default_language\nWorkers,Français (fr)",
}
DATA = {
    "main": """work/job,work/tasks,work/tasks/img,work/tasks/txt,best,home,_home_latitude,start,_index,_uuid
        1,img,1,0,txt img,48 2,48,2026-01-06T15:16:21.052+01:00,1,u1
        1,img txt,1,1,txt,,,2026-01-07T15:16:21.052+01:00,2,u2
        0,,,,,,,,3,u3""",
    "person": """name,_index,_parent_table_name,_parent_index
        Ann,1,main,1
        Bob,2,main,3""",
    "pet": """name,_index,_parent_table_name,_parent_index
        Rex,1,person,2""",
}
STRANGE = [
    *("", "/", "//", "_", "tasks", "tasks/", "work/tasks/img", "type", "name", "select_one", "rank", "label::"),
    *("label::x (fr)", "begin_repeat", "end_repeat", "begin group", "end", "KEY", "PARENT_KEY", "_index"),
    *("_parent_index", "_submission__id", "_id", "person", "pet", "Oui", "img txt", "1e999", "-0", "9" * 20),
    *("2026-13-45", "TRUE", "#N/A", "=1+1", "${a}", "<b>", "**", "[a](b)", "²", "\ufeff", "x" * 300),
]


def table(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in row] for row in csv.reader(text.splitlines())]


def damaged(rows: list[list[str]], rng: np.random.Generator) -> list[list[str]]:
    for _ in range(int(rng.integers(1, 6))):
        row = int(rng.integers(len(rows)))
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
                other = int(rng.integers(len(rows)))
                rows[row], rows[other] = rows[other], rows[row]
    return rows


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_damaged_cells(tmp_path: Path, kind: str) -> None:
    ends = {"read": 0, "refused": 0}
    for seed in range(40):
        rng = np.random.default_rng(seed)
        form = {name: table(text) for name, text in FORM.items()}
        data = {name: table(text) for name, text in DATA.items()}
        hit = form if rng.random() < 0.4 else data
        name = str(rng.choice(list(hit)))
        hit[name] = damaged(hit[name], rng)
        path = tmp_path / f"{seed}.xlsx"
        if kind == "xlsx":
            workbook(path, data)
        else:
            path = tmp_path / f"{seed}.main.csv"
            for each, rows in data.items():
                (tmp_path / f"{seed}.{each}.csv").write_text(csv_text(rows), encoding="utf-8")
        try:
            read(path, structure=workbook(tmp_path / "form.xlsx", form), file_format="kobo")
            ends["read"] += 1
        except LoadError:
            ends["refused"] += 1
    assert min(ends.values()) > 0, ends


def test_undamaged(tmp_path: Path) -> None:
    """What the damage is done to is whole."""
    form = workbook(tmp_path / "form.xlsx", {name: table(text) for name, text in FORM.items()})
    data = read(workbook(tmp_path / "a.xlsx", {name: table(text) for name, text in DATA.items()}), structure=form)
    assert data.frame["job"].tolist() == [1, 1, 0]
    assert sorted(data.linked) == ["person", "pet"]
    assert data.linked["pet"].table.frame["_main_index"].tolist() == [3]


@pytest.mark.shared
def test_damaged_bytes_of_real_exports(shared: Path, tmp_path: Path) -> None:
    whole = {path.name: path.read_bytes() for path in sorted((shared / "data/loaders/kobo").glob("data_rg.*.csv"))}
    ends = {"read": 0, "refused": 0}
    for seed in range(60):
        rng = np.random.default_rng(seed)
        hit = str(rng.choice(list(whole)))
        content = bytearray(whole[hit])
        for at in rng.integers(0, len(content), size=int(rng.integers(1, 8))):
            content[int(at)] = int(rng.choice([0, 10, 34, 44, 48, 255, int(rng.integers(256))]))
        for name, each in whole.items():
            (tmp_path / name).write_bytes(bytes(content) if name == hit else each)
        try:
            read(tmp_path / "data_rg.main.csv", file_format="kobo")
            ends["read"] += 1
        except LoadError:
            ends["refused"] += 1
    assert min(ends.values()) > 0, ends
