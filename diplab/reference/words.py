"""The words that a layer shows to people, in French and in English, from the `words.toml` beside its code.

[premise]
closed = { fr = "Population fermée entre {start} et {end}.", en = "Closed population between {start} and {end}." }
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from diplab.reference.text import Text


@dataclass(frozen=True)
class Words:
    """The texts of one package, by `section.name`.

    Parameters
    ----------
    package : str
        The package whose folder holds `words.toml`.

    Examples
    --------
    >>> Words("diplab.loaders")("loss.values").en
    'labels of answers'
    """

    package: str

    @property
    def texts(self) -> Mapping[str, Text]:
        """Every text by its key."""
        return _texts(self.package)

    def __call__(self, key: str, **values: object) -> Text:
        """Return a text, its placeholders filled; a value that is a `Text` is filled in its language."""
        text = self.texts[key]
        if not values:
            return text
        return Text(_filled(text.fr, values, "fr"), _filled(text.en, values, "en"))

    def section(self, name: str) -> dict[str, Text]:
        """Return the texts of a section by name."""
        start = f"{name}."
        return {key.removeprefix(start): text for key, text in self.texts.items() if key.startswith(start)}


def _filled(words: str, values: Mapping[str, object], language: str) -> str:
    return words.format(
        **{name: value.in_(language) if isinstance(value, Text) else value for name, value in values.items()}
    )


@cache
def _texts(package: str) -> dict[str, Text]:
    content = files(package).joinpath("words.toml").read_text(encoding="utf-8")
    return {
        f"{section}.{name}": Text(**both)
        for section, entries in tomllib.loads(content).items()
        for name, both in entries.items()
    }
