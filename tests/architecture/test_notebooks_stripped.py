"""Notebooks hold what people wrote: no outputs, no run counts, no mark of the machine they ran on."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest

if TYPE_CHECKING:
    from types import ModuleType

HOME = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(HOME.glob("*.ipynb"))


@pytest.fixture(scope="module")
def strip() -> ModuleType:
    spec = importlib.util.spec_from_file_location("strip_notebooks", HOME / "strip.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_all_notebooks_stand():
    assert [path.name for path in NOTEBOOKS] == [
        "01-rerun-a-published-figure.ipynb",
        "02-from-file-to-table.ipynb",
        "03-weights-tables-and-models.ipynb",
        "04-from-an-export-to-clean-data.ipynb",
        "05-how-many-people.ipynb",
        "06-living-on-micro-work.ipynb",
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_stripped(path, strip):
    text = path.read_text(encoding="utf-8")
    assert text == strip.stripped(text), "write: python notebooks/strip.py"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_valid_and_its_cells_have_ids_of_their_own(path):
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    assert {each.split("-")[0] for each in ids} in (
        *({"rerun"}, {"table"}, {"models"}, {"clean"}, {"people"}, {"living"}),
    )


def test_stripping_takes_outputs_counts_and_metadata_and_keeps_ids(strip):
    ran = {
        "cells": [
            {
                "cell_type": "code",
                "execution_count": 7,
                "id": "kept",
                "metadata": {"scrolled": True},
                "outputs": [{"name": "stdout", "output_type": "stream", "text": ["a secret answer"]}],
                "source": ["print(1)"],
            },
            {"cell_type": "markdown", "id": "words", "metadata": {"tags": ["x"]}, "source": ["é"]},
        ],
        "metadata": {"kernelspec": {"name": "venv-of-mine"}, "language_info": {"version": "3.12.9"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    left = json.loads(strip.stripped(json.dumps(ran)))
    assert left["cells"] == [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": "kept",
            "metadata": {},
            "outputs": [],
            "source": ["print(1)"],
        },
        {"cell_type": "markdown", "id": "words", "metadata": {}, "source": ["é"]},
    ]
    assert left["metadata"]["kernelspec"]["name"] == "python3"
    assert left["metadata"]["language_info"] == {"name": "python"}
