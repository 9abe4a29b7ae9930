"""Comparisons in words: of reproduced and published numbers, and with the population."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from diplab.errors import OptionError
from diplab.microdata.codebook import Codebook
from diplab.presentation.labels import value_label, variable_label
from diplab.presentation.language import number, rounded, term, terms, wording, words
from diplab.presentation.layouts.estimates import confidence_head
from diplab.presentation.layouts.registry import TableRequest, layout, sheet_of_columns
from diplab.presentation.numbers import NumberForm, known
from diplab.presentation.sheet import Align, Cell, Sheet
from diplab.reference.text import NO_BREAK, Language
from diplab.results.comparison import Comparison, PopulationComparison

NUMBERS = ("published", "reproduced", "difference")
HEADINGS = (
    "label",
    "published",
    "reproduced",
    "difference",
    "base",
    "status",
    "rests_on",
    "verdict",
)
_SIGNS = {"above": ">", "at least": "≥", "below": "<"}


@dataclass(frozen=True)
class ComparisonRow:
    """A number of a comparison, as printed in one language, with its raw values."""

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
    raw: Mapping[str, Any]
    printed_way: str = ""
    as_declared: str = ""
    dependence: str = ""
    quotation: bool = False


def comparison_rows(comparison: Comparison) -> Iterator[ComparisonRow]:
    """Yield the rows of a comparison, as printed in its language."""
    language = comparison.language
    for record in comparison.frame.to_dict("records"):
        row = {str(name): value for name, value in record.items()}
        yield ComparisonRow(
            key=str(row["key"]),
            published=_published(row, language),
            reproduced=_reproduced(row, language),
            difference=_difference(row, language),
            **{
                name: _formatted_words(str(row[name]), language)
                for name in ("label", "base", "reason", "source")
            },
            **{
                name: term(f"{name}.{row[name]}", language)
                for name in ("status", "rests_on", "verdict")
            },
            expected=bool(comparison.assumptions) or row["verdict"] in (row["expected"], "not run"),
            raw=row,
            printed_way=_printed_way(row, language),
            as_declared=_as_declared(row, language),
            dependence=_dependence(row, language),
            quotation=bool(row["quotation"]),
        )


@layout.register(Comparison)
def comparison_sheet(comparison: Comparison, request: TableRequest) -> Sheet:
    """Return a comparison as a table, in its language: one row per published number."""
    language = comparison.language
    if request.language not in ("en", language):
        # English is the default, not a choice.
        raise OptionError(
            f"`language={request.language!r}` is not the language of this comparison of "
            f"`{comparison.study}`.",
            f"Its text is in {language!r}.",
            f"Write `dl.reproduce({comparison.study!r}, language='fr')` first.",
        )
    rows = []
    for row in comparison_rows(comparison):
        cells = {name: Cell(words(getattr(row, name), language)) for name in HEADINGS}
        for name in NUMBERS:
            cells[name] = replace(cells[name], number=known(row.raw[name]))
        rows.append(tuple(cells.values()))
    notes = [
        (term("note.note", language), term("sentence.synthetic", language))
    ] * comparison.synthetic
    if not comparison.ran:
        notes.append((term("verdict.not run", language), words(comparison.why_not, language)))
    notes.append((term("note.source", language), words(comparison.citation, language)))
    return Sheet(
        title=words(comparison.title, language),
        header=tuple(term(f"column.{name}", language) for name in HEADINGS),
        rows=tuple(rows),
        align=tuple("right" if name in NUMBERS else "left" for name in HEADINGS),
        notes=tuple(notes),
        language=language,
    )


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
    """Return a published number as printed: its relation, its digits, its unit."""
    if math.isnan(value):
        # the mark of a number withheld; a blank cell has its own words
        return printed or term("report.blank", language)
    if "e" in printed.lower():
        return _with_unit(_scientific(printed, language), unit, language, value)
    text, last = number(value, language, decimals), value
    if relation == "range" and high is not None:
        text, last = f"{text} {term('word.to', language)} {number(high, language, decimals)}", high
    if relation in _SIGNS:
        # a printed sign remains a sign; a claim in words is in words
        if printed and printed[0] in "<>≤≥":
            text = f"{_SIGNS[relation]}{NO_BREAK}{text}"
        else:
            text = f"{term(f'claim.{relation}', language)} {text}"
    return _with_unit(text, unit, language, last, decimals)


# bases and sources are common to many numbers
_formatted_words = lru_cache(maxsize=4096)(words)


def _with_unit(text: str, unit: str, language: Language, last: float, decimals: int = 0) -> str:
    """Return a number with its unit, in the singular where its last number requires it."""
    if unit == "%":
        return f"{text}{NO_BREAK}%" if language == "fr" else f"{text}%"
    if unit in ("", "1", "ratio"):
        return text
    one = ""
    if math.isfinite(last):
        shown = abs(rounded(last, decimals))
        # a French number under two is singular
        few = shown < 2 if language == "fr" and unit != "people" else shown == 1 and decimals == 0
        one = f"unit.one {unit}" * few
    word = term(one, language) if one in terms() else wording("unit", unit, language)
    return f"{text}{NO_BREAK}{word}"


def _printed_way(row: dict[str, Any], language: Language) -> str:
    """Return the number computed as in the source, if the verdict depends on it."""
    if not row["because"] or math.isnan(row["printed_way"]) or row["verdict"] != row["because"]:
        return ""
    return _computed(row["printed_way"], row, language)


def _published(row: dict[str, Any], language: Language) -> str:
    printed = {name: row[name] for name in ("relation", "unit", "printed")}
    high, decimals = row.get("published_high"), int(row["decimals"])
    return published_text(row["published"], high, decimals=decimals, language=language, **printed)


def _scientific(digits: str, language: Language) -> str:
    return digits.replace(".", ",") if language == "fr" else digits


def _computed(value: float, row: dict[str, Any], language: Language, more: int = 0) -> str:
    """Return a computed number in the form of the printed one, possibly with more decimals."""
    if math.isnan(value):
        return "–"
    decimals = int(row["decimals"]) + more
    # what a study printed is its data
    digits, exponential, _ = row["printed"].lower().partition("e")
    if exponential:
        shown = _scientific(f"{value:.{len(digits.partition('.')[2])}e}", language)
    else:
        shown = number(value, language, decimals)
    return _with_unit(shown, row["unit"], language, value, decimals)


def _reproduced(row: dict[str, Any], language: Language) -> str:
    if isinstance(row["mark"], str):
        return row["mark"] or term("report.blank", language)
    if not row["bounds"]:
        return _computed(row["reproduced"], row, language, _finer(row))
    decimals = int(row["decimals"])
    low, high = (number(row[end], language, decimals) for end in ("low", "high"))
    if math.isinf(row["high"]):
        least = _with_unit(low, row["unit"], language, row["low"], decimals)
        return f"{term('claim.at least', language)} {least}"
    ends = f"{low} {term('word.to', language)} {high}"
    return _with_unit(ends, row["unit"], language, row["high"], decimals)


def _as_declared(row: dict[str, Any], language: Language) -> str:
    """Return the number under the declared assumptions, if others are in force."""
    kept = ("as_declared", "reproduced"), ("declared_low", "low"), ("declared_high", "high")
    return _reproduced(row | {name: row.get(column, math.nan) for column, name in kept}, language)


def _dependence(row: dict[str, Any], language: Language) -> str:
    found = row.get("dependence", "")
    return term(f"dependence.{found}", language) if found not in ("", "moved") else ""


def _finer(row: dict[str, Any]) -> int:
    """Verdicts for which one more digit is printed: the printed ones suit another number."""
    lost = abs(round(row["reproduced"], int(row["decimals"])) - row["reproduced"])
    other_people = row["verdict"] == "base differs" and row["unit"] == "%" and lost > 1e-9
    return int(
        other_people or (row["verdict"] == "differs" and lost > 0.02 * abs(row["reproduced"]))
    )


def _difference(row: dict[str, Any], language: Language) -> str:
    value = float(row["difference"])
    if math.isnan(value):
        return "–"
    decimals = int(row["decimals"]) + _finer(row)
    # a difference smaller than the printed digits has one more digit, so that it is not zero
    shown = decimals if abs(value) >= 0.5 * 10**-decimals or value == 0 else decimals + 1
    return number(value, language, shown, sign=True) if round(value, shown) else number(0, language)


@layout.register(PopulationComparison)
def population_comparison_sheet(comparison: PopulationComparison, request: TableRequest) -> Sheet:
    """Return a comparison with the population as a table for print."""
    labels = request.labels_of(comparison.codebook)
    decimals = 1 if request.decimals is None else request.decimals
    columns, title = (
        _columns(comparison, request.language, labels, decimals),
        _title(comparison, request.language),
    )
    return sheet_of_columns(
        columns, request, title, comparison.provenance, labels, comparison.frame
    )


def _title(comparison: PopulationComparison, language: Language) -> str:
    head = term("compared.title", language)
    label = words(comparison.reference.label, language)
    statistics = list(dict.fromkeys(comparison.frame["statistic"]))
    if not label and len(statistics) == 1 and f"statistic.{statistics[0]}" in terms():
        # the rows already state what a plain share is a share of
        label = term(f"statistic.{statistics[0]}", language) if statistics[0] != "share" else ""
    return f"{head} – {label}" if label else head


def _columns(
    comparison: PopulationComparison, language: Language, labels: Codebook, decimals: int
) -> dict[str, tuple[list[Cell], Align]]:
    records: list[dict[Any, Any]] = comparison.frame.to_dict("records")
    share, points, plain = (
        NumberForm("percent", decimals),
        NumberForm("points", decimals),
        NumberForm("number", 2),
    )
    columns = _row_columns(comparison, records, language, labels)

    def numbers(key: str, form: NumberForm, head: str) -> None:
        columns[head] = ([form.cell(known(record[key]), language) for record in records], "right")

    def intervals(low: str, high: str, form: NumberForm, head: str) -> None:
        cells = [
            form.between(float(record[low]), float(record[high]), language) for record in records
        ]
        if any(cell.text for cell in cells):
            columns[head] = (cells, "right")

    numbers("estimate", share, term("compared.respondents", language))
    intervals("ci_low", "ci_high", share, confidence_head(comparison.provenance, language))
    numbers("reference", share, term("compared.population", language))
    numbers("difference", points, term("compared.difference", language))
    intervals(
        "difference_low",
        "difference_high",
        points,
        term("compared.interval_of_difference", language),
    )
    numbers("ratio", plain, term("compared.ratio", language))
    intervals("ratio_low", "ratio_high", plain, term("compared.interval_of_ratio", language))
    verdicts = [Cell(wording("compared", str(record["verdict"]), language)) for record in records]
    columns[term("compared.verdict", language)] = (verdicts, "left")
    if comparison.frame["n"].notna().any():
        cells = [
            Cell(number(known(record["n"]), language), known(record["n"]), "#,##0")
            for record in records
        ]
        columns[term("compared.n", language)] = (cells, "right")
    return columns


def _row_columns(
    comparison: PopulationComparison,
    records: list[dict[Any, Any]],
    language: Language,
    labels: Codebook,
) -> dict[str, tuple[list[Cell], Align]]:
    """Return the columns that identify each row: domain, variable, answer."""
    texts: dict[str, list[str]] = {}
    for name in comparison.by:
        texts[variable_label(name, labels, language)] = [
            value_label(name, record[name], labels, language) for record in records
        ]
    variables = [str(record["variable"]) for record in records]
    if comparison.frame["variable"].nunique() > 1:
        texts[term("column.variable", language)] = [
            variable_label(name, labels, language) for name in variables
        ]
    answers = [record["category"] for record in records]
    if any(answer != "" for answer in answers):
        pairs = zip(variables, answers, strict=True)
        texts[term("column.category", language)] = [
            value_label(*pair, labels, language) for pair in pairs
        ]
    return {head: (list(map(Cell, own)), "left") for head, own in texts.items()}
