"""The words of every layer: both languages, the same placeholders, and every key that the code asks for."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = [path.read_text(encoding="utf-8") for path in (ROOT / "diplab").rglob("*.py")]
WORDS = {
    ".".join(path.parent.relative_to(ROOT).parts): {
        f"{section}.{name}": both
        for section, entries in tomllib.loads(path.read_text(encoding="utf-8")).items()
        for name, both in entries.items()
    }
    for path in sorted((ROOT / "diplab").rglob("words.toml"))
}


def test_both_languages_have_the_same_placeholders_and_print_apostrophes():
    for key, both in ((key, both) for texts in WORDS.values() for key, both in texts.items()):
        assert set(both) == {"fr", "en"}, key
        french, english = (set(re.findall(r"\{(\w+)", both[language])) for language in ("fr", "en"))
        assert french == english, key
        assert "'" not in both["fr"], key


def test_every_key_that_the_code_asks_for_is_there():
    for package, texts in WORDS.items():
        presentation = package == "diplab.presentation"
        asks = re.compile(rf'\b{"term(?:_text)?" if presentation else "_?WORDS"}\(\s*"([\w. ]+)"')
        asking = [code for code in CODE if presentation or f'Words("{package}")' in code]
        keys = {key for code in asking for key in asks.findall(code)}
        assert keys, package
        assert keys - set(texts) == set()
