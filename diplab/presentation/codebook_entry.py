"""One variable of a codebook in words: its question, its answers with their counts, its kinds of no answer."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from babel.dates import format_date

from diplab.microdata.disclosure import DisclosedCount
from diplab.microdata.missing import reason_words
from diplab.microdata.variable import Variable, code_written
from diplab.presentation.language import number, percent
from diplab.presentation.punctuation import words
from diplab.presentation.terms import term

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook
    from diplab.microdata.disclosure import Disclosure, HistogramBin, NumberSummary
    from diplab.microdata.variable import Code, MissingRange
    from diplab.reference.text import Language, Text

__all__ = ["Entry", "Line", "Shape", "entry_of"]

HIDDEN = "–"
OF_ROWS = "*"
SYSTEM = "system"
_LOCALES = {"fr": "fr_FR", "en": "en_GB"}


@dataclass(frozen=True)
class Line:
    """One answer, or one reason for none.

    Parameters
    ----------
    code, label : str
        As in the file, and in words.
    people, share : str
        How many gave it, and of how many, as printed; empty where there are no data.
    part : float or None
        The share itself, for a bar; None where it is hidden.
    """

    code: str
    label: str
    people: str = ""
    share: str = ""
    part: float | None = None


@dataclass(frozen=True)
class Shape:
    """Amounts in short.

    Parameters
    ----------
    figures : tuple of (str, str)
        Minimum, quartiles, mean: name and number as printed.
    bins : tuple of Bin
        Bars between the two ends.
    low, high : str
        The two ends as printed.
    median : float
        Where the median stands.
    said : str
        The shape in a sentence, for who does not see it.
    """

    figures: tuple[tuple[str, str], ...]
    bins: tuple[HistogramBin, ...]
    low: str
    high: str
    median: float
    said: str


@dataclass(frozen=True)
class Entry:
    """One variable.

    Parameters
    ----------
    name, label, question : str
        As in the codebook.
    about : tuple of str
        Measure, question of which it is an item, number of answers.
    answers, missing : tuple of Line
        Answers, and reasons for none.
    shape : Shape or None
        For amounts that enough people gave.
    remark : str
        Why nothing more is shown; empty where all is.
    """

    name: str
    label: str
    question: str
    about: tuple[str, ...]
    answers: tuple[Line, ...]
    missing: tuple[Line, ...]
    shape: Shape | None
    remark: str


def entry_of(book: Codebook, name: str, shown: Disclosure | None, language: Language) -> Entry:
    """Return one variable in words.

    Parameters
    ----------
    book : Codebook
        The codebook; a column that it does not know has a name only.
    name : str
        The variable.
    shown : Disclosed or None
        What may be published of its answers.
    language : {"fr", "en"}
        Language of the reader.

    Examples
    --------
    >>> from diplab.microdata.codebook import Codebook
    >>> from diplab.reference.text import Text
    >>> book = Codebook().described("sex", values={1: Text("femme", "woman")}, missing={9: "refused"})
    >>> entry = entry_of(book, "sex", None, "en")
    >>> [(line.code, line.label) for line in (*entry.answers, *entry.missing)]
    [('1', 'woman'), ('9', 'refused')]
    """
    variable = book.variables.get(name, Variable(name))
    nothing = shown is not None and shown.kind == "identifier"
    shape = None if shown is None or shown.numbers is None else _shape(shown.numbers, shown.kind, language)
    return Entry(
        name,
        words(variable.label, language),
        "" if _same(variable.question, variable.label, language) else words(variable.question, language),
        _about(variable, shown, language),
        () if nothing else _answers(variable, shown, language),
        () if nothing else _missing(variable, shown, language),
        shape,
        _remark(shown, language),
    )


def _same(one: Text, two: Text, language: Language) -> bool:
    """Return whether two texts say the same in a language, spaces apart: a question that is its own label."""
    return one.in_(language).split() == two.in_(language).split()


def _about(variable: Variable, shown: Disclosure | None, language: Language) -> tuple[str, ...]:
    about = [] if variable.measure == "unknown" else [term(f"codebook.{variable.measure}", language)]
    if variable.unit:
        about.append(term("codebook.unit", language).format(unit=variable.unit))
    if variable.part_of:
        about.append(term("codebook.part_of", language).format(name=variable.part_of))
    if shown is not None:
        for name, count in (("answered", shown.answered), ("unanswered", shown.missing)):
            about.append(term(f"codebook.{name}", language).format(people=people(count, language)))
    return tuple(about)


def people(count: DisclosedCount, language: Language) -> str:
    """Return a count as printed.

    Examples
    --------
    >>> from diplab.microdata.disclosure import Count
    >>> people(Count(1200), "en"), people(Count(None, small=True), "en"), people(Count(None), "en")
    ('1,200', '<5', '–')
    """
    if count.people is None:
        return "<5" if count.small else HIDDEN
    return number(count.people, language)


def _answers(variable: Variable, shown: Disclosure | None, language: Language) -> tuple[Line, ...]:
    labels = {
        code: words(text, language) for code, text in variable.values.items() if variable.why(code) is None
    }
    if shown is None or shown.kind not in ("categories", "numbers"):
        return tuple(Line(*_named(code, label, language)) for code, label in labels.items())
    lines = [
        _line(code, labels.get(code, ""), count, shown, language) for code, count in shown.values.items()
    ]
    if shown.others is not None:
        lines.append(_line("", term("codebook.others", language), shown.others, shown, language))
    return tuple(lines)


def _line(code: Code, label: str, count: DisclosedCount, shown: Disclosure, language: Language) -> Line:
    written, label = ("", label) if code == "" else _named(code, label, language)
    base, mark = (shown.answered.people, "") if shown.answered.people else (shown.rows, OF_ROWS)
    if count.people is None or not base:
        return Line(written, label, people(count, language))
    part = count.people / base
    return Line(written, label, people(count, language), percent(part, language) + mark, part)


def _named(code: Code, label: str, language: Language) -> tuple[str, str]:
    """Return a code and its label; an answer in words that has no other label is its own."""
    if isinstance(code, bool) and not label:
        return code_written(code), term(f"word.{str(code).lower()}", language)
    return ("", code) if isinstance(code, str) and label in ("", code) else (code_written(code), label)


def _missing(variable: Variable, shown: Disclosure | None, language: Language) -> tuple[Line, ...]:
    # each with the name under which it is counted: its reason, or its code (see `Variable.why`)
    declared = [
        (reason or code_written(code), code_written(code), reason)
        for code, reason in variable.missing.items()
    ]
    for each in variable.missing_ranges:
        counted = each.reason or f"{code_written(each.low)} to {code_written(each.high)}"
        declared.append((counted, _range(each, language), each.reason))
    if shown is None:
        return tuple(
            Line(code, words(reason_words(variable, reason), language)) for _, code, reason in declared
        )
    codes: dict[str, list[str]] = {}
    labels = {SYSTEM: term("codebook.system", language)}
    for counted, code, reason in declared:
        codes.setdefault(counted, []).append(code)
        labels[counted] = words(reason_words(variable, reason), language)
    return tuple(
        Line(
            ", ".join(codes.get(reason, [])),
            labels.get(reason, words(reason_words(variable, reason), language)),
            people(shown.reasons.get(reason, DisclosedCount(0)), language),
        )
        for reason in dict.fromkeys([*codes, *shown.reasons])
    )


def _range(each: MissingRange, language: Language) -> str:
    low, high = code_written(each.low), code_written(each.high)
    if math.isinf(each.low):
        return term("codebook.range_down", language).format(high=high)
    if math.isinf(each.high):
        return term("codebook.range_up", language).format(low=low)
    return low if low == high else term("codebook.range", language).format(low=low, high=high)


def _remark(shown: Disclosure | None, language: Language) -> str:
    if shown is None:
        return ""
    if shown.kind in ("words", "identifier"):
        return term(f"codebook.{shown.kind}", language)
    few = shown.kind in ("numbers", "moments") and shown.numbers is None and shown.answered.people != 0
    return term("codebook.hidden_in_few", language) if few else ""


def _shape(numbers: NumberSummary, kind: str, language: Language) -> Shape:
    decimals = _decimals(numbers)

    def said(value: float) -> str:
        if kind == "moments":
            day = dt.datetime(1970, 1, 1) + dt.timedelta(seconds=value)
            return str(format_date(day, format="medium", locale=_LOCALES[language]))
        return number(value, language, decimals)

    low, high = said(numbers.low.value), said(numbers.high.value)
    figures: list[tuple[str, Any]] = [
        (f"low_{numbers.low.kind}", low),
        ("quarter", said(numbers.quartiles[0])),
        ("median", said(numbers.quartiles[1])),
        ("three_quarters", said(numbers.quartiles[2])),
        (f"high_{numbers.high.kind}", high),
    ]
    if kind == "numbers":
        figures += [("mean", number(numbers.mean, language, decimals + 1))]
        figures += [("deviation", number(numbers.deviation, language, decimals + 1))]
    return Shape(
        tuple((term(f"codebook.{name}", language), figure) for name, figure in figures),
        numbers.bins,
        low,
        high,
        numbers.quartiles[1],
        term("codebook.shape", language).format(low=low, high=high),
    )


def _decimals(numbers: NumberSummary) -> int:
    """Return as many decimals as the amounts shown have, at most three."""
    held = (numbers.low.value, *numbers.quartiles, numbers.high.value)
    if all(math.isclose(value, round(value), abs_tol=1e-9) for value in held):
        return 0
    spread = abs(numbers.high.value - numbers.low.value) or 1.0
    return min(max(2 - math.floor(math.log10(spread)), 1), 4)
