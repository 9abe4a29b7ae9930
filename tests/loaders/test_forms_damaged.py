"""Exports of survey programs that are next to nothing, and questionnaires of Qualtrics that hold anything.

Bytes are damaged by the fuzz test.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from diplab.errors import LoadError
from diplab.loaders.read import read
from diplab.microdata.microdata import Microdata
from tests.loaders.fuzz.mutations import EXPORTS

if TYPE_CHECKING:
    from pathlib import Path

VALUES = [None, 3, 1.5, True, "x", [], [1], {}, {"1": None}, {"1": {"Display": 3}}, 10**30, float("nan")]


@pytest.mark.parametrize("program", ["qualtrics", "google_forms", "surveymonkey", "prolific"])
def test_next_to_nothing(tmp_path: Path, program: str) -> None:
    file = tmp_path / "export.csv"
    for content in (b"\n", b"a", b"a\n\n", b",\n,", b"\xff\xfe", b"a,a\n1,2"):
        file.write_bytes(content)
        with suppress(LoadError):
            assert isinstance(read(file, file_format=program), Microdata)


def test_a_questionnaire_with_values_of_any_kind(tmp_path: Path) -> None:
    """JSON that is whole, and where anything stands in place of anything."""
    file, survey = tmp_path / "export.csv", tmp_path / "export.qsf"
    file.write_text(EXPORTS["choices.csv"], encoding="utf-8")
    survey.write_text(EXPORTS["choices.qsf"], encoding="utf-8")
    assert list(read(file).codebook.sets) == ["Q2", "Q5"]
    assert read(file).codebook["1_Q4"].label.fr == "Dites – Uber"
    places = _places(json.loads(EXPORTS["choices.qsf"]))
    for number, path in enumerate(places):
        content = json.loads(EXPORTS["choices.qsf"])
        held = content
        for key in path[:-1]:
            held = held[key]
        held[path[-1]] = VALUES[number % len(VALUES)]
        survey.write_text(json.dumps(content))
        with suppress(LoadError):
            assert isinstance(read(file), Microdata)
    assert len(places) > 90


def _places(held: object, above: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    inside = held.items() if isinstance(held, dict) else enumerate(held) if isinstance(held, list) else ()
    return [path for key, each in inside for path in ((*above, key), *_places(each, (*above, key)))]
