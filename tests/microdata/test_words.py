"""The words of the data layer: each is used, and written as print has it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from diplab.reference.text import spaced

FOLDER = Path(__file__).resolve().parents[2] / "diplab" / "microdata"
WORDS = {
    f"{section}.{name}": text
    for section, entries in tomllib.loads((FOLDER / "words.toml").read_text(encoding="utf-8")).items()
    for name, text in entries.items()
}
CODE = "\n".join(path.read_text(encoding="utf-8") for path in sorted(FOLDER.rglob("*.py")))


def test_every_key_in_the_code_has_its_words() -> None:
    keys = re.findall(r'WORDS\(\s*"([^"]+)"', CODE)
    assert [key for key in keys if key not in WORDS] == []


def test_every_text_is_used() -> None:
    made = set(re.findall(r'f"(\w+?)[._]?(?:\.\w*)?\{', CODE)) | set(re.findall(r'section\("(\w+)"\)', CODE))
    unused = [key for key in WORDS if f'"{key}"' not in CODE and not any(key.startswith(each) for each in made)]
    assert unused == []


def test_texts_are_written_as_print_has_them() -> None:
    for text in WORDS.values():
        assert "'" not in text["fr"] + text["en"]
        # a placeholder is a word before punctuation
        french = re.sub(r"\{(\w+)\}", r"\1", text["fr"])
        assert spaced(french) == french
