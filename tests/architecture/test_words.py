"""The words of every layer: both languages, the same placeholders, and every key that the code asks for."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from diplab.reference.text import spaced

PACKAGE = Path(__file__).parents[2] / "diplab"
CODE = {
    path.relative_to(PACKAGE): path.read_text(encoding="utf-8")
    for path in sorted(PACKAGE.rglob("*.py"))
}
WORDS = {
    ".".join(path.parent.relative_to(PACKAGE.parent).parts): {
        f"{section}.{name}": both
        for section, entries in tomllib.loads(path.read_text(encoding="utf-8")).items()
        for name, both in entries.items()
    }
    for path in sorted(PACKAGE.rglob("words.toml"))
}


def test_both_languages_have_the_same_placeholders_and_are_written_as_print_has_them():
    for key, both in ((key, both) for texts in WORDS.values() for key, both in texts.items()):
        assert set(both) == {"fr", "en"}, key
        french, english = (set(re.findall(r"\{(\w+)", both[language])) for language in ("fr", "en"))
        assert french == english, key
        assert "'" not in both["fr"], key
    for text in WORDS["diplab.microdata"].values():
        assert "'" not in text["en"]
        # a placeholder is a word before punctuation
        french = re.sub(r"\{(\w+)\}", r"\1", text["fr"])
        assert spaced(french) == french


def test_every_key_that_the_code_asks_for_is_there():
    for package, texts in WORDS.items():
        presentation = package == "diplab.presentation"
        asks = re.compile(rf'\b{"term(?:_text)?" if presentation else "_?WORDS"}\(\s*"([\w. ]+)"')
        homes = [path for path, code in CODE.items() if f'WORDS = Words("{package}")' in code]
        modules = (
            "|".join(".".join(("diplab", *path.with_suffix("").parts)) for path in homes) or "none"
        )
        has = re.compile(rf'Words\("{package}"\)|from (?:{modules}) import [^\n]*\bWORDS\b')
        asking = [code for code in CODE.values() if presentation or has.search(code)]
        keys = {key for code in asking for key in asks.findall(code)}
        assert keys, package
        assert keys - set(texts) == set()


def test_every_text_of_the_data_layer_is_used_and_every_key_there():
    code = "\n".join(text for path, text in CODE.items() if path.parts[0] == "microdata")
    words = WORDS["diplab.microdata"]
    assert set(re.findall(r'WORDS\(\s*"([^"]+)"', code)) <= words.keys()
    made = {
        *re.findall(r'f"(\w+?)[._]?(?:\.\w*)?\{', code),
        *re.findall(r'section\("(\w+)"\)', code),
    }
    assert [
        key for key in words if f'"{key}"' not in code and not key.startswith(tuple(made))
    ] == []
