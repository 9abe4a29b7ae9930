"""The texts of a study's figures and tables, from its `words.toml`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from diplab.errors import StudyError, suggestion
from diplab.presentation.notes import Notes
from diplab.reference.text import LANGUAGES, Text
from diplab.replication import published

T = TypeVar("T")

SHARED = "shared"
OF_NOTES = ("unit", "note", "reading", "coverage", "source")
"""Words of a figure that go into its `Notes`; the others are arguments of the chart."""
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class StudyWords:
    """The texts of `words.toml` of a study by section and name, with placeholders."""

    study: str
    sections: Mapping[str, Mapping[str, Text]]

    def part(self, name: str, numbers: Mapping[str, object]) -> dict[str, Text]:
        """Return the texts of a section, by name, with numbers in them."""
        return {
            key: self.filled(name, key, text, numbers) for key, text in self.section(name).items()
        }

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
        """Return a section, with placeholders."""
        write = f"Write `[{name}]` there, with its texts in both languages."
        return known_name(self.study, "section of words", name, self.sections, "words.toml", write)

    def filled(self, section: str, key: str, text: Text, numbers: Mapping[str, object]) -> Text:
        """Return a text with its placeholders filled; texts of `[shared]` take numbers only."""

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
                f"Give `{name}=` to `words` or `caption`."
                + (f" {suggestion(name, numbers)}" if numbers else ""),
            )

        return Text(
            PLACEHOLDER.sub(lambda match: value(match[1], "fr"), text.fr),
            PLACEHOLDER.sub(lambda match: value(match[1], "en"), text.en),
        )


def read_words(folder: Path) -> StudyWords:
    """Read the words of a study; empty if it has no `words.toml`."""
    path = folder / "words.toml"
    problem = f"The words of the study `{folder.name}` cannot be read."
    content = published.read_toml(path, problem, "Its `words.toml`") if path.is_file() else {}
    sections: dict[str, dict[str, Text]] = {}
    for name, section in content.items():
        if not isinstance(section, dict) or set(LANGUAGES) & set(section):
            raise StudyError(
                problem,
                f"In its `words.toml` the text `{name}` is outside any section.",
                f"Write it under `[{SHARED}]`, or under the figure whose text it is.",
            )
        sections[name] = {
            key: published.read_text(
                text, problem, f"In its `words.toml` the text `{key}` of `[{name}]`"
            )
            for key, text in section.items()
        }
    return StudyWords(folder.name, sections)


def known_name(
    study: str, what: str, name: str, known: Mapping[str, T], file: str, write: str = ""
) -> T:
    """Return the value of a name in a study; an unknown name raises an error with the nearest."""
    if name not in known:
        there, near = (
            (f"{len(known)} and not that one", suggestion(name, known)) if known else ("none", "")
        )
        raise StudyError(
            f"The study `{study}` has no {what} `{name}`.",
            f"Its `{file}` has {there}.",
            " ".join(filter(None, (write, near))),
        )
    return known[name]
