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


def test_notebooks_are_stripped_and_valid_and_their_cells_have_ids_of_their_own(strip):
    names = {}
    for path in NOTEBOOKS:
        text = path.read_text(encoding="utf-8")
        assert text == strip.stripped(text), "write: python notebooks/strip.py"
        notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
        nbformat.validate(notebook)
        ids = [cell["id"] for cell in notebook["cells"]]
        assert len(set(ids)) == len(ids)
        names[path.stem] = {each.split("-")[0] for each in ids}
    assert names == {
        "01-rerun-a-published-figure": {"rerun"}, "02-from-file-to-table": {"table"},
        "03-weights-tables-and-models": {"models"}, "04-from-an-export-to-clean-data": {"clean"},
        "05-how-many-people": {"people"}, "06-living-on-micro-work": {"living"},
    }  # fmt: skip


def test_stripping_takes_outputs_counts_and_metadata_and_keeps_ids(strip):
    code = {"cell_type": "code", "id": "kept", "source": ["print(1)"]}
    words = {"cell_type": "markdown", "id": "words", "source": ["é"]}
    output = {"name": "stdout", "output_type": "stream", "text": ["a secret answer"]}
    ran = {
        "cells": [
            code | {"execution_count": 7, "metadata": {"scrolled": True}, "outputs": [output]},
            words | {"metadata": {"tags": ["x"]}},
        ],
        "metadata": {
            "kernelspec": {"name": "venv-of-mine"},
            "language_info": {"version": "3.12.9"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    left = json.loads(strip.stripped(json.dumps(ran)))
    assert left["cells"] == [
        code | {"execution_count": None, "metadata": {}, "outputs": []},
        words | {"metadata": {}},
    ]
    assert left["metadata"]["kernelspec"]["name"] == "python3"
    assert left["metadata"]["language_info"] == {"name": "python"}
