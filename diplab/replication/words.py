"""The words of a study, from its `words.toml`: French and English, numbers filled in. See docs/written-files.md."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diplab.errors import StudyError, suggestion
from diplab.presentation.notes import Notes
from diplab.reference.text import LANGUAGES, Text

SHARED = "shared"
OF_NOTES = ("unit", "note", "reading", "coverage", "source")
"""StudyWords of a figure that stand around it, in its `Notes`; its other words are arguments of the chart."""
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class StudyWords:
    """The texts of `words.toml` of a study by section and name, placeholders not filled."""

    study: str
    sections: Mapping[str, Mapping[str, Text]]

    def part(self, name: str, numbers: Mapping[str, object]) -> dict[str, Text]:
        """Return the texts of a section, by name, with numbers in them."""
        return {key: self.filled(name, key, text, numbers) for key, text in self.section(name).items()}

    def caption(self, name: str, numbers: Mapping[str, object]) -> dict[str, Any]:
        """Return the texts of a figure as arguments of its chart; `[shared]` fills its notes."""
        shared = self.sections.get(SHARED, {})
        own = self.section(name)
        texts: dict[str, Any] = self.part(name, numbers)
        for key in OF_NOTES:
            if key in shared and key not in own:
                texts[key] = self.filled(SHARED, key, shared[key], numbers)
        notes = Notes(**{key: texts.pop(key) for key in OF_NOTES if key in texts})
        return {**texts, "notes": notes}

    def section(self, name: str) -> Mapping[str, Text]:
        """Return a section as it is written."""
        if name not in self.sections:
            raise StudyError(
                f"The study `{self.study}` has no words for `{name}`.",
                f"Its `words.toml` has no section `[{name}]`.",
                suggestion(name, self.sections)
                if self.sections
                else f"Write `[{name}]` there, with its texts in both languages.",
            )
        return self.sections[name]

    def filled(self, section: str, key: str, text: Text, numbers: Mapping[str, object]) -> Text:
        """Return a text with its placeholders filled; what `[shared]` says takes numbers only."""

        def value(name: str, language: str) -> str:
            if name in numbers:
                number = numbers[name]
                return number.in_(language) if isinstance(number, Text) else str(number)
            shared = self.sections.get(SHARED, {})
            if name in shared and section != SHARED:
                return self.filled(SHARED, name, shared[name], numbers).in_(language)
            raise StudyError(
                f"`{{{name}}}` in `{key}` of `[{section}]` has no value.",
                f"Neither the study `{self.study}` nor `[{SHARED}]` of its `words.toml` gives one.",
                f"Give `{name}=` to `words` or `caption`." + (f" {suggestion(name, numbers)}" if numbers else ""),
            )

        return Text(
            PLACEHOLDER.sub(lambda match: value(match[1], "fr"), text.fr),
            PLACEHOLDER.sub(lambda match: value(match[1], "en"), text.en),
        )


def read_words(folder: Path) -> StudyWords:
    """Read the words of a study; none where it has no `words.toml`."""
    path = folder / "words.toml"
    problem = f"The words of the study `{folder.name}` cannot be read."
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except tomllib.TOMLDecodeError as error:
        raise StudyError(problem, f"Its `words.toml` cannot be read: {error}.", "Correct that line.") from error
    sections: dict[str, dict[str, Text]] = {}
    for name, section in content.items():
        if not isinstance(section, dict) or set(LANGUAGES) & set(section):
            raise StudyError(
                problem,
                f"In its `words.toml` the text `{name}` is outside any section.",
                f"Write it under `[{SHARED}]`, or under the figure whose text it is.",
            )
        sections[name] = {}
        for key, text in section.items():
            both = dict.fromkeys(LANGUAGES, text) if isinstance(text, str) else text
            for language in LANGUAGES:
                if not isinstance(both, dict) or not isinstance(both.get(language), str):
                    raise StudyError(
                        problem,
                        f"In its `words.toml` the text `{key}` of `[{name}]` has no `{language}`.",
                        f'Write `{key} = {{ fr = "...", en = "..." }}` there.',
                    )
            sections[name][key] = Text(both["fr"], both["en"])
    return StudyWords(folder.name, sections)
