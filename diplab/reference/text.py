"""Texts in French and in English, the texts of a layer, and French spacing.

A layer uses the texts of the `words.toml` in its folder:

[premise] closed = { fr = "Population fermée entre {start} et {end}.", en = "Closed population
between {start} and {end}." }
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal, TypeAlias

from diplab.errors import MANY_NAMES, OptionError, near_names, one_of, quoted_names
from diplab.public_names import explained

Language: TypeAlias = Literal["fr", "en"]
LANGUAGES: tuple[Language, Language] = ("fr", "en")


@explained("", "A text has")
@dataclass(frozen=True)
class Text:
    """A text in French and in English.

    Parameters
    ----------
    fr, en : str
        The two wordings.
    others : tuple of (str, str)
        Wordings in further languages of a questionnaire, by their tag (`ar`, `pt-BR`), in
        alphabetical order.

    Examples
    --------
    >>> Text("part", "share").in_("fr")
    'part'
    >>> Text.same("DiPLab").in_("en")
    'DiPLab'
    """

    fr: str
    en: str
    others: tuple[tuple[str, str], ...] = field(default=(), kw_only=True)

    def __post_init__(self) -> None:
        for name, words in (("fr", self.fr), ("en", self.en)):
            if not isinstance(words, str):
                raise OptionError(
                    f"`{name}` of `Text` is {words!r}, and not words.", write=f'Write `"{words}"`.'
                )

    @classmethod
    def same(cls, words: str) -> Text:
        """Return a text that is the same in both languages (a proper name, a title)."""
        return cls(words, words)

    @classmethod
    def of(cls, wordings: Mapping[str, str]) -> Text:
        """Return a text from wordings by language; missing French or English use the first one.

        `fr-CA` and `fr` are both French: the first is used if it is the only one.

        Examples
        --------
        >>> text = Text.of({"pt": "emprego", "fr": "emploi"})
        >>> text.fr, text.en, text.in_("pt")
        ('emploi', 'emprego', 'emprego')
        """
        written = {language: words for language, words in wordings.items() if words}
        if not written:
            return NOTHING
        first = next(iter(written.values()))
        taken = {}
        for main in LANGUAGES:
            kin = [item for item in written if item.replace("_", "-").split("-")[0].lower() == main]
            if kin:
                taken[main] = main if main in kin else kin[0]
        others = tuple(
            sorted((item, words) for item, words in written.items() if item not in taken.values())
        )
        return cls(*[written.get(taken.get(main, ""), first) for main in LANGUAGES], others=others)

    def in_(self, language: str) -> str:
        """Return the wording in one language; a language that the text lacks raises an error."""
        if language in LANGUAGES:
            if language == "fr":
                return self.fr
            return self.en
        for other, words in self.others:
            if other == language:
                return words
        raise one_of("`language`", language, (*LANGUAGES, *(other for other, _ in self.others)))

    def __bool__(self) -> bool:
        return bool(self.fr or self.en or self.others)

    def __str__(self) -> str:
        return self.en


NOTHING = Text("", "")
NO_BREAK = "\N{NO-BREAK SPACE}"
NARROW = "\N{NARROW NO-BREAK SPACE}"


@lru_cache(maxsize=16_384)
def spaced(text: str, *, added: bool = True) -> str:
    """Return a French text with the no-break spaces of its punctuation."""
    # U+00A0 before `:`, `%`, `€` and inside guillemets; U+202F before `;`, `!`, `?` and between
    # thousands. Addresses, hours and figures written without a space are unchanged. If the text may
    # be in another language (`16 or older?`), spaces are replaced but none is `added`
    if "`" in text:
        # code is not spaced
        parts = text.split("`")
        parts[::2] = [spaced(part, added=added) for part in parts[::2]]
        return "`".join(parts)
    some = "*" if added else "+"
    # guillemets are French
    text = re.sub(r"«\s*", f"«{NO_BREAK}", text)
    text = re.sub(r"\s*»", f"{NO_BREAK}»", text)
    text = re.sub(rf"(?<=\w|[)\]}}»%€])[ {NARROW}{NO_BREAK}]{some}:(?=\s|$)", f"{NO_BREAK}:", text)
    text = re.sub(
        rf"(?<=\w|[)\]}}»%€])[ {NARROW}{NO_BREAK}]{some}([;!?]+)(?=[\s»)]|$)", rf"{NARROW}\1", text
    )
    text = re.sub(rf"(?<=\S)[ {NARROW}](?=[%€])", NO_BREAK, text)
    if added:
        text = re.sub(r"(?<=\d)(?=[%€])", NO_BREAK, text)
    return re.sub(
        r"(?<![\d,.])\d{1,3}(?: \d{3})+(?!\d)",
        lambda found: found.group().replace(" ", NARROW),
        text,
    )


def tied(text: str) -> str:
    r"""Return a text with no-break spaces between numbers and words, signs or ends of ranges.

    Years are words like others.

    Examples
    --------
    >>> tied("En 12 mois, de 2015 à 2023 ; [0,1 ; 0,3] et x >= 18").replace("\u00a0", "_")
    'En 12_mois, de 2015 à_2023 ; [0,1_;_0,3] et x >=_18'
    """
    return _TIES.sub(
        NO_BREAK, _INTERVALS.sub(lambda found: found.group().replace(" ", NO_BREAK), text)
    )


_INTERVALS = re.compile(r"\[[^\[\]]*\d[^\[\]]*\]")
_TIES = re.compile(
    r"(?<=\d)(?<!\b(?:19|20)\d\d) "
    r"(?!(?:et|ou|parmi|sur|entre|dans|par|and|or|of|in|by|on)\b)(?=[^\W\d_]{2})"
    r"|(?<=[\d%€] à) (?=\d)|(?<=[\d%€] to) (?=\d)|(?<=[<>=≤≥≠±×]) (?=[\d−])"
)


@dataclass(frozen=True)
class Words:
    """The texts of the `words.toml` of a package, by `section.name`.

    >>> Words("diplab.loaders")("loss.values").en
    'labels of answers'
    """

    package: str

    @property
    def texts(self) -> Mapping[str, Text]:
        """Every text by its key."""
        return _texts(self.package)

    def __call__(self, key: str, **values: object) -> Text:
        """Return a text with its placeholders filled; a `Text` is filled in each language."""
        text = self.texts[key]
        if not values:
            return text
        return Text(_filled(text.fr, values, "fr"), _filled(text.en, values, "en"))

    def section(self, name: str) -> dict[str, Text]:
        """Return the texts of a section by name."""
        start = f"{name}."
        return {
            key.removeprefix(start): text
            for key, text in self.texts.items()
            if key.startswith(start)
        }


def _filled(words: str, values: Mapping[str, object], language: str) -> str:
    return words.format(
        **{
            name: value.in_(language) if isinstance(value, Text) else value
            for name, value in values.items()
        }
    )


@cache
def _texts(package: str) -> dict[str, Text]:
    content = files(package).joinpath("words.toml").read_text(encoding="utf-8")
    return {
        f"{section}.{name}": Text(**both)
        for section, entries in tomllib.loads(content).items()
        for name, both in entries.items()
    }


def nearest(name: str, known: Iterable[str]) -> Text:
    """Return a sentence with the known names nearest to a mistyped one, in both languages."""
    words, known = Words("diplab.reference"), list(dict.fromkeys(known))
    *others, last = near_names(name, known) or [""]
    if others:
        names = words("nearest.last", first=quoted_names(others), last=f"`{last}`")
        return words("nearest.meant", names=names)
    if last:
        return words("nearest.meant", names=f"`{last}`")
    if not known:
        return words("nearest.nothing")
    if len(known) <= MANY_NAMES:
        return words("nearest.known", names=quoted_names(known))
    return words("nearest.none", count=len(known))
