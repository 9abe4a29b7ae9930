"""Shares of respondents beside one of the population, for print: difference, ratio, and the coverage of both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diplab.presentation.conventions import conventions
from diplab.presentation.detail import detail_of
from diplab.presentation.estimate_columns import confidence_head
from diplab.presentation.labels import labels_over, variable_label
from diplab.presentation.language import number
from diplab.presentation.number_form import NumberForm, known
from diplab.presentation.punctuation import words
from diplab.presentation.sheet import Cell, Sheet
from diplab.presentation.tables import dressed
from diplab.presentation.terms import term, terms, wording
from diplab.presentation.value_labels import value_label

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook
    from diplab.presentation.notes import Notes
    from diplab.presentation.sheet import Align, PrintedTable
    from diplab.reference.text import Language, Text
    from diplab.results.population_comparison import PopulationComparison

__all__ = ["population_comparison_table"]


def population_comparison_table(
    found: PopulationComparison,
    language: Language,
    title: Text | str | None = None,
    labels: Codebook | None = None,
    notes: Notes | None = None,
    decimals: int | None = None,
) -> PrintedTable:
    r"""Return a comparison with the population as a table for print.

    Parameters
    ----------
    found : PopulationComparison
    language : {"fr", "en"}
        Language of the reader.
    title, labels, notes, decimals
        As in `table`.

    Examples
    --------
    >>> import diplab as dl
    >>> from diplab.reference.parameter import parameter
    >>> ours = dl.Coverage(2018, excluded="students", fraction=0.5)
    >>> found = dl.compare_with_population(0.22, parameter("poverty_rate_50", 2016), ours)
    >>> [cell.text for cell in population_comparison_table(found, "en").sheet.rows[0]]
    ['22.0%', '8.0%', '14.0\xa0points', '2.75', 'above, without a known error']
    """
    labels = labels_over(labels, found.codebook)
    columns = _columns(found, language, labels, 1 if decimals is None else decimals)
    return dressed(
        Sheet(
            title=_title(found, language) if title is None else words(title, language),
            subtitle=words(notes.unit, language) if notes else "",
            header=tuple(columns),
            rows=tuple(zip(*(cells for cells, _ in columns.values()), strict=True)),
            align=tuple(align for _, align in columns.values()),
            notes=conventions(found.provenance, language, notes, (), labels),
            language=language,
            detail=detail_of(found.frame),
        )
    )


def _title(found: PopulationComparison, language: Language) -> str:
    head = term("compared.title", language)
    label = words(found.reference.label, language)
    statistics = list(dict.fromkeys(found.frame["statistic"]))
    if not label and len(statistics) == 1 and f"statistic.{statistics[0]}" in terms():
        # a share of what: a plain share is told by its rows
        label = term(f"statistic.{statistics[0]}", language) if statistics[0] != "share" else ""
    return f"{head} – {label}" if label else head


def _columns(
    found: PopulationComparison, language: Language, labels: Codebook, decimals: int
) -> dict[str, tuple[list[Cell], Align]]:
    records: list[dict[Any, Any]] = found.frame.to_dict("records")
    share, points, plain = (
        NumberForm("percent", decimals),
        NumberForm("points", decimals),
        NumberForm("number", 2),
    )
    columns = _told(found, records, language, labels)

    def numbers(key: str, form: NumberForm, head: str) -> None:
        columns[head] = ([form.cell(known(each[key]), language) for each in records], "right")

    def intervals(low: str, high: str, form: NumberForm, head: str) -> None:
        cells = [form.between(float(each[low]), float(each[high]), language) for each in records]
        if any(cell.text for cell in cells):
            columns[head] = (cells, "right")

    numbers("estimate", share, term("compared.respondents", language))
    intervals("ci_low", "ci_high", share, confidence_head(found.provenance, language))
    numbers("reference", share, term("compared.population", language))
    numbers("difference", points, term("compared.difference", language))
    intervals("difference_low", "difference_high", points, term("compared.interval_of_difference", language))
    numbers("ratio", plain, term("compared.ratio", language))
    intervals("ratio_low", "ratio_high", plain, term("compared.interval_of_ratio", language))
    said = [Cell(wording("compared", str(each["verdict"]), language)) for each in records]
    columns[term("compared.verdict", language)] = (said, "left")
    if found.frame["n"].notna().any():
        cells = [Cell(number(known(each["n"]), language), known(each["n"]), "#,##0") for each in records]
        columns[term("compared.n", language)] = (cells, "right")
    return columns


def _told(
    found: PopulationComparison, records: list[dict[Any, Any]], language: Language, labels: Codebook
) -> dict[str, tuple[list[Cell], Align]]:
    """Return the columns that say what each row is: its domain, its variable, its answer."""
    columns: dict[str, tuple[list[Cell], Align]] = {}
    for name in found.by:
        cells = [Cell(value_label(name, each[name], labels, language)) for each in records]
        columns[variable_label(name, labels, language)] = (cells, "left")
    if found.frame["variable"].nunique() > 1:
        cells = [Cell(variable_label(str(each["variable"]), labels, language)) for each in records]
        columns[term("column.variable", language)] = (cells, "left")
    if any(each["category"] != "" for each in records):
        cells = [
            Cell(value_label(str(each["variable"]), each["category"], labels, language)) for each in records
        ]
        columns[term("column.category", language)] = (cells, "left")
    return columns
