"""Damaged files, and exports that are next to nothing: each ends in microdata or in a LoadError.

Two hundred damaged copies of files of every format are read within a gigabyte: one that does not
end ends the process after eleven seconds (`benchmarks/fuzz.py`, which reads ten thousand). Exports
of KoboToolbox have cells that were moved, lost or overwritten, and questionnaires of Qualtrics hold
anything in place of anything.
"""

from __future__ import annotations

import csv
import importlib.util
import json
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from diplab.errors import LoadError
from diplab.loaders.read import read
from diplab.microdata.microdata import Microdata
from tests.loaders.factories import csv_text, workbook

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "fuzz.py"
MEGABYTES = 1000
specification = importlib.util.spec_from_file_location("fuzz", SCRIPT)
assert specification is not None
assert specification.loader is not None
fuzz = importlib.util.module_from_spec(specification)
specification.loader.exec_module(fuzz)
EXPORTS, FORM, KOBO = fuzz.EXPORTS, fuzz.FORM, fuzz.KOBO


@pytest.mark.parametrize(
    "count", [70, pytest.param(130, marks=pytest.mark.shared)], ids=["own", "published"]
)
def test_mutations(tmp_path: Path, request: pytest.FixtureRequest, count: int) -> None:
    words = ["--out", str(tmp_path), "--count", str(count), "--lines"]
    if count == 130:
        words += ["--shared", str(request.getfixturevalue("shared"))]
    # in a process that may die
    ran = subprocess.run(
        [sys.executable, str(SCRIPT), *words],
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    assert ran.returncode == 0, f"{lines[-1:]} ended the process ({ran.returncode}): {ran.stderr}"
    ends = [line for line in lines if len(line) == 5]
    endings = Counter(ending for _, _, ending, _, _ in ends)
    failures = [each for each in ends if each[2] not in ("read", "refused", "died")]
    large = [each for each in ends if each[4] > MEGABYTES]
    assert (failures, large, len(ends)) == ([], [], count)
    # A fuzz test of which all files are refused at the door, or all are read, looks at nothing.
    assert min(endings["read"], endings["refused"]) > count / 10


STRANGE = [
    *(
        "",
        "/",
        "//",
        "_",
        "tasks",
        "tasks/",
        "work/tasks/img",
        "type",
        "name",
        "select_one",
        "rank",
        "label::",
    ),
    *(
        "label::x (fr)",
        "begin_repeat",
        "end_repeat",
        "begin group",
        "end",
        "KEY",
        "PARENT_KEY",
        "_index",
    ),
    *(
        "_parent_index",
        "_submission__id",
        "_id",
        "person",
        "pet",
        "Oui",
        "img txt",
        "1e999",
        "-0",
        "9" * 20,
    ),
    *(
        "2026-13-45",
        "TRUE",
        "#N/A",
        "=1+1",
        "${a}",
        "<b>",
        "**",
        "[a](b)",
        "²",
        "\ufeff",
        "x" * 300,
    ),
]


def tables(texts: dict[str, str]) -> dict[str, list[list[str]]]:
    return {name: list(csv.reader(text.splitlines())) for name, text in texts.items()}


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
def test_damaged_cells_of_kobo(tmp_path: Path, kind: str) -> None:
    ends: Counter[str] = Counter()
    sound = workbook(tmp_path / "sound.xlsx", tables(FORM))
    for seed in range(40):
        rng = np.random.default_rng(seed)
        form, data = tables(FORM), tables(KOBO)
        hit = form if rng.random() < 0.4 else data
        damage(hit[str(rng.choice(list(hit)))], rng)
        path = tmp_path / f"kobo.{kind}"
        if kind == "xlsx":
            workbook(path, {name.removesuffix(".csv"): rows for name, rows in data.items()})
        for name, rows in data.items():
            (tmp_path / name).write_text(csv_text(rows), encoding="utf-8")
        try:
            read(
                path,
                structure=workbook(tmp_path / "form.xlsx", form) if hit is form else sound,
                file_format="kobo",
            )
            ends["read"] += 1
        except LoadError:
            ends["refused"] += 1
    assert min(ends["read"], ends["refused"]) > 0, ends


@pytest.mark.parametrize("program", ["qualtrics", "google_forms", "surveymonkey", "prolific"])
def test_next_to_nothing(tmp_path: Path, program: str) -> None:
    file = tmp_path / "export.csv"
    for content in (b"\n", b"a", b"a\n\n", b",\n,", b"\xff\xfe", b"a,a\n1,2"):
        file.write_bytes(content)
        with suppress(LoadError):
            assert isinstance(read(file, file_format=program), Microdata)


VALUES = [
    None,
    3,
    1.5,
    True,
    "x",
    [],
    [1],
    {},
    {"1": None},
    {"1": {"Display": 3}},
    10**30,
    float("nan"),
]


def places_in(part: object, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside = (
        part.items()
        if isinstance(part, dict)
        else enumerate(part)
        if isinstance(part, list)
        else ()
    )
    return [
        path for key, each in inside for path in ((*above, key), *places_in(each, (*above, key)))
    ]


def test_a_questionnaire_with_values_of_any_kind(tmp_path: Path) -> None:
    """JSON that is whole, and where anything stands in place of anything."""
    file, survey = tmp_path / "export.csv", tmp_path / "export.qsf"
    file.write_text(EXPORTS["choices.csv"], encoding="utf-8")
    survey.write_text(EXPORTS["choices.qsf"], encoding="utf-8")
    codebook = read(file).codebook
    assert (list(codebook.sets), codebook["1_Q4"].label.fr) == (["Q2", "Q5"], "Dites – Uber")
    places = places_in(json.loads(EXPORTS["choices.qsf"]))
    for number, (*above, last) in enumerate(places):
        content = json.loads(EXPORTS["choices.qsf"])
        part = content
        for key in above:
            part = part[key]
        part[last] = VALUES[number % len(VALUES)]
        survey.write_text(json.dumps(content))
        with suppress(LoadError):
            assert isinstance(read(file), Microdata)
    assert len(places) > 90
