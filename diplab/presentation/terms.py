"""Every displayed term, in French and in English, from `words.toml`."""

import re
from collections.abc import Mapping

from diplab.errors import OptionError, suggestion
from diplab.presentation.language import MINUS, number, semicolon, whole_percent, words
from diplab.reference.text import LANGUAGES, NARROW, Language, Text, Words

BOTH = f" {MINUS} "  # stands between the values of a convention that compared samples do not share
OF_LAWS = ("law", "laws", "misfit")  # rules that name laws of income, with a figure of each or without
AS_WRITTEN = ("diplab", "where", "universe", "domain", "formula", "offset", "exposure", "instruments", "scores")


def terms() -> Mapping[str, Text]:
    """Return every displayed term by its key, `section.name`."""
    return Words("diplab.presentation").texts


def term(key: str, language: Language) -> str:
    """Return one displayed term in one language, its French punctuation spaced."""
    if key not in terms():
        raise OptionError(
            f"`{key}` is not a displayed term.", f"There are {len(terms())} in `words.toml`.", suggestion(key, terms())
        )
    return words(terms()[key], language)


def filled_term(key: str, language: Language, **parts: str) -> str:
    """Return one displayed term with what stands for its placeholders, spaced as a whole."""
    filled = terms()[key].in_(language)
    for name, text in parts.items():
        filled = filled.replace(f"{{{name}}}", text)
    return words(filled, language)


def term_text(key: str) -> Text:
    """Return one displayed term in both languages."""
    return Text(*(term(key, language) for language in LANGUAGES))


def wording(section: str, name: str, language: Language) -> str:
    """Return the term for a name that may be the analyst's own; an unknown one is shown as it is."""
    known = terms().get(f"{section}.{name}")
    return words(known if known is not None else name, language)


def rule(name: str, value: str, language: Language) -> str:
    """Return a convention in force as a reader understands it."""
    statistic, _, option = name.rpartition(".")
    if statistic and f"statistic.{statistic}" in terms():
        return f"{term(f'statistic.{statistic}', language)} – {rule(option, value, language)}"
    if BOTH in value:
        return _of_each(name, value.split(BOTH), language)
    if name == "estimator":
        value = ", ".join(wording("statistic", each, language) for each in value.split(", "))
    known = terms().get(f"rule.{name}={value}") or terms().get(f"rule.{name}")
    if known is None:
        return words(f"{name} = {value}", language)
    filled = words(known, language)
    if "{percent}" in filled:
        filled = filled.replace("{percent}", whole_percent(float(value), language))
    # the value of an option: several statistics may differ in it
    if "{option}" in filled:
        return filled.replace("{option}", words(_options(value, language), language))
    shown = _value(name, value, language)
    # what the analyst wrote keeps its own letters
    return filled.replace("{value}", shown if name in AS_WRITTEN else words(shown, language))


def _of_each(name: str, values: list[str], language: Language) -> str:
    """Return a convention that compared samples do not share, as that of the first, that of the second..."""
    sample = term("word.sample", language)
    return ", ".join(
        f"{rule(name, each, language)} ({sample.replace('{value}', str(place))})"
        for place, each in enumerate(values, 1)
        if each
    )


def _value(name: str, value: str, language: Language) -> str:
    """Return the value of a convention, figures as the language prints them."""
    if name in ("theta", "dispersion"):
        return number(float(value), language, 3)
    if name == "crossing" and language == "fr":
        return re.sub(r"(?<=\d)\.(?=\d)", ",", value)
    if name == "beta_law":
        return semicolon(language).join(figure_in_words(each, language) for each in value.split("; "))
    if name in OF_LAWS:
        return semicolon(language).join(_of_law(each, language) for each in re.split("[,;] ", value))
    return value if name in AS_WRITTEN else figure_in_words(value, language)


def _options(value: str, language: Language) -> str:
    """Return the values of an option of statistics, with a comma between."""
    parts = [wording("option", figure_in_words(each, language), language) for each in value.split(", ")]
    # a French figure has a comma of its own
    return (f"{NARROW}; " if language == "fr" and any("," in part for part in parts) else ", ").join(parts)


def _of_law(value: str, language: Language) -> str:
    """Return a law of income, and what may follow it, in words."""
    law, _, figure = value.rpartition(" ")
    if not law:
        return wording("answer", value, language)
    return f"{wording('answer', law, language)} {figure_in_words(figure, language)}"


def figure_in_words(value: str, language: Language) -> str:
    """Return a value as the language prints it where it is a number, maybe dated, and as it is where it is a word."""
    figure, _, date = value.partition(" (")
    if not re.fullmatch(r"-?\d+(\.\d+)?", figure):
        return value
    shown = number(float(figure), language, len(figure.partition(".")[2]))
    return f"{shown} ({date}" if date else shown
