"""A comparison in words: published beside reproduced, with base, status and verdict."""

from __future__ import annotations

import math
from dataclasses import dataclass
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

__all__ = ["HEADINGS", "ComparisonRow", "comparison_rows", "comparison_table"]

NUMBERS = ("published", "reproduced", "difference")
HEADINGS = ("label", "published", "reproduced", "difference", "base", "status", "verdict")

_UNITS = {
    "people": Text("personnes", "people"),
    "EUR": Text("€", "EUR"),
    "USD": Text("$", "USD"),
    "EUR per month": Text("€ par mois", "EUR per month"),
    "EUR per hour": Text("€ par heure", "EUR per hour"),
    "accounts": Text("comptes", "accounts"),
    "visitors": Text("visiteurs", "visitors"),
    "days": Text("jours", "days"),
    "EUR per task": Text("€ par tâche", "EUR per task"),
    "tasks per month": Text("tâches par mois", "tasks per month"),
    "platforms": Text("plateformes", "platforms"),
    "documents": Text("document", "document"),
    "full-time equivalents": Text("équivalents temps plein", "full-time equivalents"),
    "minutes per week": Text("minutes par semaine", "minutes per week"),
    "percentage points": Text("points", "percentage points"),
}


@dataclass(frozen=True)
class ComparisonRow:
    """One number of a comparison, as printed in one language.

    Parameters
    ----------
    key : str
        Its name in the study.
    label, published, reproduced, difference, base, status, verdict, reason, source : str
        Its cells.
    expected : bool
        Whether the verdict is the one `published.csv` names, or the study did not run.
    """

    key: str
    label: str
    published: str
    reproduced: str
    difference: str
    base: str
    status: str
    verdict: str
    reason: str
    source: str
    expected: bool


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
            label=_said(row["label"], language),
            published=_published(row, language),
            reproduced=_reproduced(row, language),
            difference=_difference(row, language),
            base=_said(row["base"], language),
            status=term(f"status.{row['status']}", language),
            verdict=term(f"verdict.{row['verdict']}", language),
            reason=_said(row["reason"], language),
            source=_said(row["source"], language),
            expected=row["verdict"] in (row["expected"], "not run"),
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


def _said(text: Any, language: Language) -> str:
    return words(Text.same(str(text)), language)


def _with_unit(text: str, unit: str, language: Language) -> str:
    if unit == "%":
        return f"{text}{NO_BREAK}%" if language == "fr" else f"{text}%"
    if unit in ("", "1", "ratio"):
        return text
    said = _UNITS.get(unit, Text.same(unit)).in_(language)
    return f"{text}{NO_BREAK}{said}"


def _published(row: dict[str, Any], language: Language) -> str:
    decimals = int(row["decimals"])
    text = number(row["published"], language, decimals)
    if row["relation"] == "range":
        text = f"{text}–{number(row['published_high'], language, decimals)}"
    if row["relation"] in ("above", "below"):
        text = f"{'>' if row['relation'] == 'above' else '<'}{NO_BREAK}{text}"
    return _with_unit(text, str(row["unit"]), language)


def _reproduced(row: dict[str, Any], language: Language) -> str:
    decimals = int(row["decimals"])
    unit = str(row["unit"])
    if row["bounds"] and math.isinf(row["high"]):
        least = _with_unit(number(row["low"], language, decimals), unit, language)
        return {"fr": "au moins ", "en": "at least "}[language] + least
    if row["bounds"]:
        ends = (_with_unit(number(row[end], language, decimals), unit, language) for end in ("low", "high"))
        return {"fr": " à ", "en": " to "}[language].join(ends)
    if math.isnan(row["reproduced"]):
        return "–"
    return _with_unit(number(row["reproduced"], language, decimals + _finer(row)), unit, language)


def _finer(row: dict[str, Any]) -> int:
    """One more digit for a share of other people, which the printed digits were not chosen for: 71% is 28.4%."""
    odd = round(row["reproduced"], int(row["decimals"])) != round(row["reproduced"], 9)
    return int(row["verdict"] == "base differs" and row["unit"] == "%" and odd)


def _difference(row: dict[str, Any], language: Language) -> str:
    value = float(row["difference"])
    if math.isnan(value):
        return "–"
    decimals = int(row["decimals"]) + _finer(row)
    # a difference smaller than the printed digits is shown as one more digit, not as nothing
    shown = decimals if abs(value) >= 0.5 * 10**-decimals or value == 0 else decimals + 1
    return number(value, language, shown, sign=True) if round(value, shown) else number(0, language)
