"""Numbers as each language prints them, and every displayed term in both, from `words.toml`.

Rounding is half up on the decimal digits one reads: 0.125 becomes 13 %, 2.675 becomes 2.68, -2.5
becomes -3. It is the rounding that readers apply when they check a figure by hand; binary and
banker's rounding would not agree with them.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import lru_cache
from typing import Any, Literal

from babel.numbers import get_currency_symbol

from diplab.checks import check_one_of
from diplab.errors import OptionError, suggestion
from diplab.microdata.variable import Gender
from diplab.reference.parameter import Parameter, parameter_date
from diplab.reference.text import LANGUAGES, NARROW, NO_BREAK, Language, Text, Words, spaced
from diplab.results.estimates import RuleValues, listed_texts


def check_language(language: Language) -> None:
    """Raise an error for a language that is neither French nor English."""
    if not isinstance(language, str) or language not in LANGUAGES:
        check_one_of("language", language, LANGUAGES)


def words(text: Text | str, language: Language) -> str:
    """Return a text as printed in one language: its apostrophes curved, French punctuation spaced.

    No space is added to a text that is the same in both languages, which may be in either.
    """
    check_language(language)
    chosen = text if isinstance(text, str) else text.in_(language)
    chosen = re.sub(r"(?<=\w)'(?=[\w«])|(?<=s)'(?=\s)", "’", chosen)
    if language == "fr":
        return spaced(chosen, added=isinstance(text, Text) and text.fr != text.en)
    return chosen


def capital(text: str) -> str:
    """Return words with an initial capital."""
    return text[:1].upper() + text[1:]


# an acronym, a name with a number and a question keep their capital
_CAPITAL = re.compile(r"^\w(?=[^\W\d_A-Z])(?!.*\?)")


def lowered(text: str, language: Language) -> str:
    """Return a label as within a sentence, without its capital unless that is of a name."""
    if text.partition(" ")[0] in term("noun.proper", language).split(", "):
        return text
    return _CAPITAL.sub(lambda first: first[0].lower(), text)


@dataclass(frozen=True)
class Noun:
    """A label within a sentence, with its gender; empty if no article can be put before it.

    English nouns have one too, which is not printed.
    """

    text: str
    gender: Gender = ""
    is_label: bool = True  # the name of a column is not a word, and keeps its own letters

    def with_article(self, language: Language, form: Literal["the", "of"] = "the") -> str:
        """Return the noun with its French article, after `de` on request."""
        article: str = self.gender
        if article.endswith("plural"):
            article = "plural"
        elif self._elides:
            article = "vowel"
        return filled_term(f"noun.{form} {article}", language, value=self.text)

    @property
    def _elides(self) -> bool:
        first = unicodedata.normalize("NFD", self.text[:1].casefold())[:1]
        word = re.split(r"[^\w-]", self.text.casefold())[0]
        return first in "aehiouœæ" and word not in term("noun.aspirated", "fr").split(", ")

    def has_complement(self, language: Language) -> bool:
        """Whether a French adjective after it could be read as one of its complement."""
        after = term("noun.complement", language).split(", ")
        return any(f" {word}" in self.text for word in after)


def listed(names: Iterable[str], language: Language) -> str:
    """Return names as a list, the last after "and"."""
    parts = list(names)
    if len(parts) > 1:
        parts = [*parts[:-2], f"{parts[-2]} {term('word.and', language)} {parts[-1]}"]
    return ", ".join(parts)


def cut_by(head: str, groups: Iterable[Noun], language: Language) -> str:
    """Return a heading with the groups that cut it."""
    nouns = list(groups)
    if not nouns:
        return head
    known = all(noun.gender for noun in nouns)
    names = [noun.with_article(language) if known else noun.text for noun in nouns]
    key = "title.by nouns" if known else "title.by"
    return filled_term(key, language, head=head, groups=listed(names, language))


def semicolon(language: Language) -> str:
    """Return the semicolon between parts of a sentence, with the spacing of the language."""
    return f"{NARROW}; " if language == "fr" else "; "


def whole_percent(share: float, language: Language) -> str:
    """Return a share as a percentage, with a decimal only if it is needed: 95%, 97.5%."""
    return percent(share, language, 0 if round(share * 100, 6) % 1 == 0 else 1)


def colon(language: Language) -> str:
    """Return the colon between a label and its content, with the spacing of the language."""
    return f"{NO_BREAK}: " if language == "fr" else ": "


_WORDS = Words("diplab.presentation")
MINUS = "\N{MINUS SIGN}"
CURRENCIES = ("EUR", "USD")


def rounded(value: float, decimals: int = 0) -> Decimal:
    """Return a number rounded half up (away from zero) on its decimal digits."""
    return _half_up(Decimal(repr(float(value))), decimals)


def number(
    value: float | None,
    language: Language,
    decimals: int = 0,
    sign: bool = False,
    absent: str | None = None,
) -> str:
    r"""Return a number as printed: 14 903,5 in French, 14,903.5 in English.

    Parameters
    ----------
    value : float or None
        The number; None and NaN print as `n.d.` (French) or `n/a` (English).
    language : {"fr", "en"}
        Language of the reader.
    decimals : int
        Digits after the decimal mark, rounded half up.
    sign : bool
        True to print `+` before positive numbers, for differences.
    absent : str, optional
        What to print for a missing number.

    Returns
    -------
    str
        French: decimal comma, U+202F between thousands. Both: U+2212 as minus.

    Raises
    ------
    OptionError
        For another language.

    Examples
    --------
    >>> number(266_126, "en"), number(-0.5, "en", 1), number(float("nan"), "fr")
    ('266,126', '−0.5', 'n.d.')
    >>> number(14_903.5, "fr", 1) == "14\u202f903,5"
    True
    """
    exact = _finite(value)
    if exact is None:
        return _undefined(value, language, absent)
    return _digits(exact, language, decimals, sign)


def percent(
    share: float | None,
    language: Language,
    decimals: int = 1,
    sign: bool = False,
    absent: str | None = None,
) -> str:
    r"""Return a share as a percentage: 12,3 % in French (no-break space), 12.3% in English.

    Parameters
    ----------
    share : float or None
        A proportion: 0.123 prints as 12.3%.
    language : {"fr", "en"}
        Language of the reader.
    decimals : int
        Digits after the decimal mark of the percentage.
    sign : bool
        True to print `+` before positive numbers.
    absent : str, optional
        What to print for a missing number.

    Returns
    -------
    str
        The percentage.

    Examples
    --------
    >>> percent(0.125, "en"), percent(0.125, "en", 0)
    ('12.5%', '13%')
    >>> percent(0.125, "fr") == "12,5\u00a0%"
    True
    """
    exact = _finite(share)
    if exact is None:
        return _undefined(share, language, absent)
    shown = _digits(exact * 100, language, decimals, sign)
    return f"{shown}{NO_BREAK}%" if language == "fr" else f"{shown}%"


def money(
    value: float | None, currency: Literal["EUR", "USD"], language: Language, decimals: int = 2
) -> str:
    r"""Return an amount with its currency: 3,25 € in French, €3.25 in English.

    Parameters
    ----------
    value : float or None
        The amount.
    currency : {"EUR", "USD"}
        Its currency.
    language : {"fr", "en"}
        Language of the reader.
    decimals : int
        Digits after the decimal mark.

    Returns
    -------
    str
        The amount.

    Raises
    ------
    OptionError
        For another currency or language.

    Examples
    --------
    >>> money(3.25, "EUR", "en"), money(7.25, "USD", "en")
    ('€3.25', '$7.25')
    >>> money(3.25, "EUR", "fr") == "3,25\u00a0€"
    True
    """
    check_one_of("currency", currency, CURRENCIES)
    exact = _finite(value)
    if exact is None:
        return _undefined(value, language, None)
    shown, symbol = (
        _digits(exact, language, decimals, False),
        get_currency_symbol(currency, locale=language),
    )
    if language == "fr":
        return f"{shown}{NO_BREAK}{symbol}"
    return f"{MINUS if shown.startswith(MINUS) else ''}{symbol}{shown.removeprefix(MINUS)}"


def interval(
    low: float | None,
    high: float | None,
    language: Language,
    decimals: int = 0,
    *,
    percent: bool = False,
    currency: Literal["EUR", "USD"] | None = None,
) -> str:
    r"""Return an interval in brackets: [10,2 ; 14,3] in French, [10.2, 14.3] in English.

    Parameters
    ----------
    low, high : float or None
        The two ends; an empty string is returned if neither is known.
    language : {"fr", "en"}
        Language of the reader.
    decimals : int
        Digits after the decimal mark.
    percent : bool
        True if the ends are shares, to print them in per cent.
    currency : {"EUR", "USD"}, optional
        Currency, if the ends are amounts.

    Returns
    -------
    str
        The interval.

    Examples
    --------
    >>> interval(0.102, 0.143, "en", 1, percent=True)
    '[10.2%, 14.3%]'
    >>> interval(10.2, 14.3, "fr", 1) == "[10,2\u202f;\u00a014,3]"
    True
    """
    if _finite(low) is None and _finite(high) is None and not (_infinite(low) or _infinite(high)):
        return ""
    between = f"{NARROW};{NO_BREAK}" if language == "fr" else ", "
    ends = between.join(
        _interval_end(end, language, decimals, percent, currency) for end in (low, high)
    )
    # in French, the bracket of an infinite end is reversed
    away = language == "fr" and _infinite(high)
    return f"[{ends}{'[' if away else ']'}"


def both(written: Callable[..., str], *values: Any, **options: Any) -> Text:
    r"""Return a number in both languages, for labels and notes that are kept in both.

    Parameters
    ----------
    written : callable
        The function that formats it: `number`, `percent`, `money`, `interval` or `term`.
    *values
        Its arguments before `language`: the number; for `money` the currency too, for `interval`
        both ends.
    **options
        Its other arguments, such as `decimals`.

    Returns
    -------
    Text
        The two wordings.

    Examples
    --------
    >>> both(percent, 0.284).en, both(money, 3.25, "EUR", decimals=2).en
    ('28.4%', '€3.25')
    >>> both(percent, 0.284).fr == "28,4\u00a0%"
    True
    """
    return Text(*(written(*values, language=language, **options) for language in LANGUAGES))


_MOST_DIGITS = 400  # of the largest float, with decimals


def _half_up(value: Decimal, decimals: int) -> Decimal:
    with localcontext() as exact:
        exact.prec = _MOST_DIGITS
        result = value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
        return result if decimals >= 0 else result.quantize(Decimal(1))


def _finite(value: float | None) -> Decimal | None:
    # None, NaN and pandas.NA all mean that there is no number.
    if value is None or type(value).__name__ == "NAType" or not math.isfinite(value):
        return None
    return Decimal(repr(float(value)))


def _infinite(value: float | None) -> bool:
    return value is not None and type(value).__name__ != "NAType" and math.isinf(value)


# a report prints thousands of numbers of few digits, most of them repeatedly
@lru_cache(maxsize=16_384)
def _digits(exact: Decimal, language: Language, decimals: int, sign: bool) -> str:
    check_language(language)
    rounded_value = _half_up(exact, decimals)
    shown = f"{rounded_value.copy_abs():,.{max(decimals, 0)}f}"
    if language == "fr":
        shown = shown.translate({ord(","): NARROW, ord("."): ","})
    if rounded_value < 0:
        return f"{MINUS}{shown}"
    return f"+{shown}" if sign and rounded_value > 0 else shown


def _undefined(value: float | None, language: Language, absent: str | None) -> str:
    check_language(language)
    if value is not None and _infinite(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    return _WORDS("word.absent").in_(language) if absent is None else absent


def _interval_end(
    value: float | None,
    language: Language,
    decimals: int,
    as_percent: bool,
    currency: Literal["EUR", "USD"] | None,
) -> str:
    if as_percent:
        return percent(value, language, decimals)
    if currency is not None and _finite(value) is not None:
        return money(value, currency, language, decimals)
    return number(value, language, decimals)


WORDS_OF_VALUES = {"estimator": "statistic", "law": "answer", "laws": "answer", "misfit": "answer"}
"""By rule, the section of the terms that its values are."""
AS_WRITTEN = (
    "diplab",
    "where",
    "universe",
    "domain",
    "formula",
    "offset",
    "exposure",
    "instruments",
    "scores",
)


def terms() -> Mapping[str, Text]:
    """Return every displayed term by its key, `section.name`."""
    return _WORDS.texts


def term(key: str, language: Language) -> str:
    """Return one displayed term in one language, its French punctuation spaced."""
    if key not in terms():
        raise OptionError(
            f"`{key}` is not a displayed term.",
            f"There are {len(terms())} in `words.toml`.",
            suggestion(key, terms()),
        )
    return words(terms()[key], language)


def filled_term(key: str, language: Language, **parts: str) -> str:
    """Return one displayed term with its placeholders filled; the values are unchanged."""
    return _PLACEHOLDER.sub(
        lambda found: parts.get(found[1], found[0]), words(terms()[key], language)
    )


_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def term_text(key: str) -> Text:
    """Return one displayed term in both languages."""
    return both(term, key)


def headed(head: str, text: str, language: Language) -> str:
    """Return a text after its head and a colon; without a head, as it is."""
    if not head:
        return text
    return f"{head}{colon(language)}{text}"


def wording(section: str, name: str, language: Language) -> str:
    """Return the term for a name, or the name itself if it is unknown, as the analyst's own."""
    known = terms().get(f"{section}.{name}")
    return words(known if known is not None else name, language)


def rule(name: str, value: str | RuleValues, language: Language) -> str:
    """Return a convention in force in words."""
    values: RuleValues = {value: value} if isinstance(value, str) else value
    text = listed_texts(values)
    known = terms().get(f"rule.{name}={text}") or terms().get(f"rule.{name}")
    if known is None:
        return words(f"{name} = {text}", language)
    filled = words(known, language)
    if name in ("theta", "dispersion"):
        return filled.replace("{value}", number(float(text), language, 3))
    if "{percent}" in filled:
        return filled.replace("{percent}", whole_percent(float(text), language))
    if name in AS_WRITTEN:
        # what the analyst wrote keeps its own letters
        return filled.replace("{value}", text)
    section = "option" if "{option}" in filled else WORDS_OF_VALUES.get(name, "")
    parts = [value_in_words(item, language, section) for item in values.values()]
    # figures and names may have a comma of their own
    between = ", "
    if section == "answer" or any("," in part for part in parts):
        between = semicolon(language)
    shown = words(between.join(parts), language)
    return filled.replace("{option}", shown).replace("{value}", shown)


def value_in_words(value: object, language: Language, section: str = "") -> str:
    """Return the value of a rule in words: numbers, possibly dated, or a word of a section."""
    match value:
        case Parameter():
            return f"{value_in_words(value.value, language)} ({parameter_date(value)})"
        case tuple() | list():
            between = " " if isinstance(value[0], str) else semicolon(language)
            return between.join(value_in_words(item, language, section) for item in value)
        case float() | Decimal():
            exact = Decimal(f"{value:.15g}") if isinstance(value, float) else value
            return number(float(exact), language, max(-int(exact.as_tuple().exponent), 0))
    text = figure_in_words(str(value), language)
    return wording(section, text, language) if section else text


def figure_in_words(value: str, language: Language) -> str:
    """Return a value as printed: a number in the language, or a word as it is."""
    if not re.fullmatch(r"-?\d+(\.\d+)?", value):
        return value
    return number(float(value), language, max(-int(Decimal(value).as_tuple().exponent), 0))
