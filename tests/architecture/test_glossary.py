"""GLOSSARY.md explains every statistic, verdict and status that is shown, in both languages."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECTIONS = ("statistic", "verdict", "status")


def rows() -> list[list[str]]:
    text = (ROOT / "GLOSSARY.md").read_text(encoding="utf-8")
    lines = [line.strip("|\n ") for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.split("|")] for line in lines]


def shown_terms() -> list[tuple[str, str]]:
    content = (ROOT / "diplab" / "presentation" / "terms.toml").read_text(encoding="utf-8")
    terms = tomllib.loads(content)
    return [(term["fr"], term["en"]) for section in SECTIONS for term in terms[section].values()]


@pytest.mark.parametrize(("french", "english"), shown_terms())
def test_every_shown_term_is_explained(french, english):
    known = {(row[0].casefold(), row[1].casefold()) for row in rows()[2:]}
    assert (french.casefold(), english.casefold()) in known


def test_every_row_has_a_term_and_a_sentence_in_both_languages():
    assert rows()[0] == ["Français", "English", "En une phrase", "In one sentence"]
    for row in rows()[2:]:
        assert len(row) == 4
        assert all(row), row
        assert row[2].endswith("."), row
        assert row[3].endswith("."), row


@pytest.mark.parametrize("place", [0, 1])
def test_no_term_stands_twice(place):
    terms = [row[place] for row in rows()[2:]]
    assert sorted(terms) == sorted(set(terms))


def test_french_sentences_have_french_spaces():
    for row in rows()[2:]:
        assert not re.search(r"[ ][:;!?%»]|«[^\u00a0]|\d \d{3}|'", row[0] + row[2]), row
        assert not re.search("[\u00a0\u202f«»]", row[1] + row[3]), row
