"""The words of every layer: both languages, the same placeholders, and every key that the code asks for."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "diplab").rglob("words.toml"))


def package_of(path: Path) -> str:
    return ".".join(path.parent.relative_to(ROOT).parts)


def texts(path: Path) -> dict[str, dict[str, str]]:
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    return {f"{section}.{name}": both for section, entries in content.items() for name, both in entries.items()}


@pytest.mark.parametrize("path", FILES, ids=package_of)
def test_both_languages_have_the_same_placeholders_and_print_apostrophes(path):
    for key, both in texts(path).items():
        assert set(both) == {"fr", "en"}, key
        french, english = (set(re.findall(r"\{(\w+)", both[language])) for language in ("fr", "en"))
        assert french == english, key
        assert "'" not in both["fr"], key


@pytest.mark.parametrize("path", FILES, ids=package_of)
def test_every_key_that_the_code_asks_for_is_there(path):
    presentation = package_of(path) == "diplab.presentation"
    keys = {
        key
        for code in map(Path.read_text, (ROOT / "diplab").rglob("*.py"))
        if presentation or f'Words("{package_of(path)}")' in code
        for key in re.findall(rf'\b{"term(?:_text)?" if presentation else "_?WORDS"}\(\s*"([\w. ]+)"', code)
    }
    assert keys
    assert keys - set(texts(path)) == set()
