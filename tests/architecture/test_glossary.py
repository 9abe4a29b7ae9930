"""GLOSSARY.md is made from the words of `docs/glossary.toml` and of the package, with names that exist."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from diplab.presentation.language import terms

ROOT = Path(__file__).parents[2]
SCRIPT = runpy.run_path(str(ROOT / "docs" / "glossary.py"))
PAGE = (ROOT / "GLOSSARY.md").read_text(encoding="utf-8")


def rows() -> list[list[str]]:
    lines = [line.strip("|\n ") for line in PAGE.splitlines() if line.startswith("| ")]
    return [
        cells
        for cells in ([cell.strip() for cell in line.split("|")] for line in lines)
        if cells[1] != "English"
    ]


def test_the_page_is_made_from_the_words():
    """After a change: `python docs/glossary.py`."""
    assert SCRIPT["page"]() == PAGE


def test_verdicts_and_statuses_are_all_explained():
    explained = {(row[0].casefold(), row[1].casefold()) for row in rows()}
    shown = [text for key, text in terms().items() if key.startswith(("verdict.", "status."))]
    assert {(text.fr.casefold(), text.en.casefold()) for text in shown} <= explained


def test_every_row_is_whole_and_comes_once():
    found = [row for row in rows() if not row[0].startswith(":")]
    assert 120 <= len(found) <= 200
    for french, english, _, phrase, sentence in found:
        assert french
        assert english
        assert phrase.endswith("."), french
        assert sentence.endswith("."), english
        assert not re.search(r"[ ][:;!?%»]|«[^\u00a0]|\d \d{3}|'", french + phrase), french
        assert not re.search("[\u00a0\u202f«»]", english + sentence), english
    for place in (0, 1):
        assert len({row[place] for row in found}) == len(found)


def test_a_name_that_does_not_exist_is_refused():
    assert SCRIPT["typed"]("declare_design(strata=)") == "`dl.declare_design(strata=)`"
    assert SCRIPT["typed"]("lists") == "`dl.population.lists`"
    for name in ("ginny", "declare_design(stratum=)", "Sample.were"):
        with pytest.raises(AttributeError):
            SCRIPT["typed"](name)
