"""A comparison in words: published beside reproduced, with base, status and verdict."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from diplab.presentation.language import number
from diplab.presentation.punctuation import NO_BREAK, words
from diplab.presentation.tables import table_of
from diplab.presentation.terms import term
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from diplab.presentation.sheet import Align, PrintedTable
    from diplab.reference.text import Language
    from diplab.results.comparison import Comparison

__all__ = [
    "HEADINGS",
    "ComparisonRow",
    "comparison_rows",
    "comparison_table",
    "published_text",
    "unit_in_words",
]

NUMBERS = ("published", "reproduced", "difference")
HEADINGS = ("label", "published", "reproduced", "difference", "base", "status", "rests_on", "verdict")

UNDER_TWO = re.compile(r"(?<![\d\u202f,])[01](,\d+)?$")
"""A number under two, after which French has no plural."""

_SIGNS = {"above": ">", "at least": "≥", "below": "<"}
_CLAIMS = {
    "above": Text(f"plus{NO_BREAK}de", f"more{NO_BREAK}than"),
    "at least": Text(f"au{NO_BREAK}moins", f"at{NO_BREAK}least"),
    "below": Text(f"moins{NO_BREAK}de", f"less{NO_BREAK}than"),
}

_UNITS = {
    "people": Text("personnes", "people"),
    "EUR": Text("€", "EUR"),
    "USD": Text("$", "USD"),
    "EUR per month": Text("€ par mois", "EUR per month"),
    "EUR per hour": Text("€ de l’heure", "EUR per hour"),
    "accounts per person": Text("compte par personne", "accounts per person"),
    "accounts": Text("comptes", "accounts"),
    "visitors": Text("visiteurs", "visitors"),
    "days": Text("jours", "days"),
    "years": Text("ans", "years"),
    "thousand people": Text("milliers de personnes", "thousand people"),
    "thousand dollars": Text("milliers de dollars", "thousand dollars"),
    "EUR per task": Text("€ par tâche", "EUR per task"),
    "tasks per month": Text("tâches par mois", "tasks per month"),
    "platforms": Text("plateformes", "platforms"),
    "documents": Text("document", "document"),
    "full-time equivalents": Text("équivalents temps plein", "full-time equivalents"),
    "hours per month": Text("heures par mois", "hours per month"),
    "hours per week": Text("heures par semaine", "hours per week"),
    "minutes per week": Text("minutes par semaine", "minutes per week"),
    "percentage points": Text("points", "percentage points"),
    "million people": Text("millions de personnes", "million people"),
    "million profiles": Text("millions de profils", "million profiles"),
    "answers": Text("réponses", "answers"),
    "surveys": Text("enquêtes", "surveys"),
    "thousand households": Text("milliers de ménages", "thousand households"),
    "regions": Text("régions", "regions"),
    "homes": Text("logements", "homes"),
    "million homes": Text("millions de logements", "million homes"),
    "thousand Btu": Text("milliers de Btu", "thousand Btu"),
    "USD per year": Text("$ par an", "USD per year"),
    "CLP per month": Text("pesos par mois", "pesos per month"),
}


@dataclass(frozen=True)
class ComparisonRow:
    """One number of a comparison, as printed in one language.

    Parameters
    ----------
    key : str
        Its name in the study.
    label, published, reproduced, difference, base, status, rests_on, verdict, reason, source : str
        Its cells.
    expected : bool
        Whether the verdict is the one the study names, or is not judged (not run, an assumption changed).
    printed_way : str
        The number computed as the source did, where the verdict rests on that; empty otherwise.
    as_declared : str
        The number with the assumptions as the study declares them, where others were asked for.
    quotation : bool
        Whether it is only set beside another printing of the same number.
    """

    key: str
    label: str
    published: str
    reproduced: str
    difference: str
    base: str
    status: str
    rests_on: str
    verdict: str
    reason: str
    source: str
    expected: bool
    printed_way: str = ""
    as_declared: str = ""
    quotation: bool = False


def comparison_rows(comparison: Comparison) -> Iterator[ComparisonRow]:
    """Yield the rows of a comparison, as printed in its language.

    Parameters
    ----------
    comparison : Comparison
        From `reproduce`.
    """
    language = comparison.language
    for record in comparison.frame.to_dict("records"):
        row = {str(name): value for name, value in record.items()}
        yield ComparisonRow(
            key=str(row["key"]),
            label=_formatted_words(str(row["label"]), language),
            published=_published(row, language),
            reproduced=_reproduced(row, language),
            difference=_difference(row, language),
            base=_formatted_words(str(row["base"]), language),
            status=term(f"status.{row['status']}", language),
            rests_on=term(f"rests_on.{row['rests_on']}", language),
            verdict=term(f"verdict.{row['verdict']}", language),
            reason=_formatted_words(str(row["reason"]), language),
            source=_formatted_words(str(row["source"]), language),
            expected=bool(comparison.assumptions) or row["verdict"] in (row["expected"], "not run"),
            printed_way=_printed_way(row, language),
            as_declared=_as_declared(row, language),
            quotation=bool(row["quotation"]),
        )


def comparison_table(comparison: Comparison) -> PrintedTable:
    """Return a comparison as a table for print, in its language: one row a published number.

    Parameters
    ----------
    comparison : Comparison
        From `reproduce`.

    Returns
    -------
    great_tables.GT
        The table, with its plain content in `.sheet`.
    """
    import pandas as pd

    language = comparison.language
    rows = list(comparison_rows(comparison))
    heads = {name: term(f"column.{name}", language) for name in HEADINGS}
    frame = pd.DataFrame({head: [getattr(row, name) for row in rows] for name, head in heads.items()})
    raw = comparison.frame
    numbers = pd.DataFrame({head: raw[name] if name in NUMBERS else math.nan for name, head in heads.items()})
    notes: list[str | tuple[str, str]] = []
    if comparison.synthetic:
        notes.append((term("note.note", language), term("sentence.synthetic", language)))
    if not comparison.ran:
        notes.append((term("verdict.not run", language), words(comparison.why_not, language)))
    notes.append((term("note.source", language), comparison.citation))
    right: dict[str, Align] = {heads[name]: "right" for name in NUMBERS}
    return table_of(frame, comparison.title, "", notes, right, language=language, numbers=numbers)


def published_text(
    value: float,
    high: float | None = None,
    *,
    relation: str,
    unit: str,
    decimals: int,
    language: Language,
    printed: str = "",
) -> str:
    r"""Return a published number as printed: its relation, its digits, its unit.

    Parameters
    ----------
    value : float
        The number; the lower end of a range.
    high : float, optional
        The upper end of a range; read for a range only.
    relation : {"equals", "above", "at least", "below", "range"}
        What is claimed: this number; more; this or more; less; or a number between the two ends.
    unit : str
        Unit as in `published.csv` (`%`, `people`, `EUR per month`...); one without a wording is shown as it is.
    decimals : int
        Digits after the decimal mark, as published.
    language : {"fr", "en"}
        Language of the reader.
    printed : str
        The cell as printed: the mark of a number withheld and powers of ten are shown as they are.

    Returns
    -------
    str
        The number in words of the language.

    Examples
    --------
    >>> published_text(56.1, relation="equals", unit="%", decimals=1, language="fr") == "56,1\u00a0%"
    True
    >>> published_text(2, 3, relation="range", unit="1", decimals=0, language="en")
    '2 to 3'
    """
    if math.isnan(value):
        return _mark(printed, language)
    if "e" in printed.lower():
        return _with_unit(_scientific(printed, language), unit, language)
    text = number(value, language, decimals)
    if relation == "range":
        text = _from_to(text, number(high, language, decimals), language)
    if relation in _SIGNS:
        # a sign that was printed stays one; a claim in words is told in words
        if printed and printed[0] in "<>≤≥":
            text = f"{_SIGNS[relation]}{NO_BREAK}{text}"
        else:
            text = f"{_CLAIMS[relation].in_(language)} {text}"
    return _with_unit(text, unit, language)


def _from_to(low: str, high: str, language: Language) -> str:
    """Return a range, its unit to be said once, after the upper end."""
    return f"{low} à {high}" if language == "fr" else f"{low} to {high}"


# bases and sources are those of many numbers
@lru_cache(maxsize=4096)
def _formatted_words(text: str, language: Language) -> str:
    return words(text, language)


def unit_in_words(unit: str, language: Language) -> str:
    """Return a unit in words; one without a wording is shown as it is.

    Examples
    --------
    >>> unit_in_words("people", "fr")
    'personnes'
    """
    return _UNITS.get(unit, Text.same(unit)).in_(language)


def _with_unit(text: str, unit: str, language: Language) -> str:
    if unit == "%":
        return f"{text}{NO_BREAK}%" if language == "fr" else f"{text}%"
    if unit in ("", "1", "ratio"):
        return text
    said = unit_in_words(unit, language)
    if unit == "people" and re.search(r"(?<![\d.,\u202f])1$", text):
        said = {"fr": "personne", "en": "person"}[language]
    if language == "fr" and said.startswith("millions ") and UNDER_TWO.search(text):
        said = said.replace("millions", "million", 1)
    return f"{text}{NO_BREAK}{said}"


def _mark(mark: str, language: Language) -> str:
    """Return the mark of a number withheld; a blank cell is said in words."""
    return mark or term("report.blank", language)


def _printed_way(row: dict[str, Any], language: Language) -> str:
    """Return the number computed as the source did, where the verdict rests on it."""
    if not row["because"] or math.isnan(row["printed_way"]) or row["verdict"] != row["because"]:
        return ""
    return _computed(row["printed_way"], row, language, int(row["decimals"]))


def _as_declared(row: dict[str, Any], language: Language) -> str:
    value = row.get("as_declared", math.nan)
    return "–" if math.isnan(value) else _computed(value, row, language, int(row["decimals"]))


def _published(row: dict[str, Any], language: Language) -> str:
    return published_text(
        row["published"],
        row.get("published_high"),
        relation=str(row["relation"]),
        unit=str(row["unit"]),
        decimals=int(row["decimals"]),
        language=language,
        printed=str(row["printed"]),
    )


def _scientific(digits: str, language: Language) -> str:
    return digits.replace(".", ",") if language == "fr" else digits


def _computed(value: float, row: dict[str, Any], language: Language, decimals: int) -> str:
    """Return a computed number in the form of the printed one."""
    printed = str(row["printed"]).lower()
    if "e" in printed:
        places = len(printed.partition("e")[0].partition(".")[2])
        return _with_unit(_scientific(f"{value:.{places}e}", language), str(row["unit"]), language)
    return _with_unit(number(value, language, decimals), str(row["unit"]), language)


def _reproduced(row: dict[str, Any], language: Language) -> str:
    decimals = int(row["decimals"])
    unit = str(row["unit"])
    if isinstance(row["mark"], str):
        return _mark(row["mark"], language)
    if row["bounds"] and math.isinf(row["high"]):
        least = _with_unit(number(row["low"], language, decimals), unit, language)
        return {"fr": "au moins ", "en": "at least "}[language] + least
    if row["bounds"]:
        low, high = (number(row[end], language, decimals) for end in ("low", "high"))
        return _with_unit(_from_to(low, high, language), unit, language)
    if math.isnan(row["reproduced"]):
        return "–"
    return _computed(row["reproduced"], row, language, decimals + _finer(row))


def _finer(row: dict[str, Any]) -> int:
    """One more digit where the printed ones were chosen for another number: 71% is 28.4%, 5 million are 3.3."""
    lost = abs(round(row["reproduced"], int(row["decimals"])) - row["reproduced"])
    other_people = row["verdict"] == "base differs" and row["unit"] == "%" and lost > 1e-9
    return int(other_people or (row["verdict"] == "differs" and lost > 0.02 * abs(row["reproduced"])))


def _difference(row: dict[str, Any], language: Language) -> str:
    value = float(row["difference"])
    if math.isnan(value):
        return "–"
    decimals = int(row["decimals"]) + _finer(row)
    # a difference smaller than the printed digits is shown as one more digit, not as nothing
    shown = decimals if abs(value) >= 0.5 * 10**-decimals or value == 0 else decimals + 1
    return number(value, language, shown, sign=True) if round(value, shown) else number(0, language)
