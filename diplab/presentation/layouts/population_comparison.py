"""Shares of respondents beside one of the population, for print: difference, ratio, and the coverage of both."""

from __future__ import annotations

from typing import Any

from diplab.microdata.codebook import Codebook
from diplab.presentation.labels import value_label, variable_label
from diplab.presentation.language import number, term, terms, wording, words
from diplab.presentation.layouts.estimates import confidence_head
from diplab.presentation.layouts.registry import TableRequest, layout, sheet_of_columns
from diplab.presentation.numbers import NumberForm, known
from diplab.presentation.sheet import Align, Cell, Sheet
from diplab.reference.text import Language
from diplab.results.comparison import PopulationComparison


@layout.register(PopulationComparison)
def population_comparison_sheet(comparison: PopulationComparison, request: TableRequest) -> Sheet:
    """Return a comparison with the population as a table for print."""
    labels = request.labels_of(comparison.codebook)
    decimals = 1 if request.decimals is None else request.decimals
    return sheet_of_columns(
        _columns(comparison, request.language, labels, decimals),
        request,
        title=request.title_or(_title(comparison, request.language)),
        provenance=comparison.provenance,
        labels=labels,
        frame=comparison.frame,
    )


def _title(comparison: PopulationComparison, language: Language) -> str:
    head = term("compared.title", language)
    label = words(comparison.reference.label, language)
    statistics = list(dict.fromkeys(comparison.frame["statistic"]))
    if not label and len(statistics) == 1 and f"statistic.{statistics[0]}" in terms():
        # the rows already say what a plain share is a share of
        label = term(f"statistic.{statistics[0]}", language) if statistics[0] != "share" else ""
    return f"{head} – {label}" if label else head


def _columns(
    comparison: PopulationComparison, language: Language, labels: Codebook, decimals: int
) -> dict[str, tuple[list[Cell], Align]]:
    records: list[dict[Any, Any]] = comparison.frame.to_dict("records")
    share, points, plain = (NumberForm("percent", decimals), NumberForm("points", decimals), NumberForm("number", 2))
    columns = _row_columns(comparison, records, language, labels)

    def numbers(key: str, form: NumberForm, head: str) -> None:
        columns[head] = ([form.cell(known(each[key]), language) for each in records], "right")

    def intervals(low: str, high: str, form: NumberForm, head: str) -> None:
        cells = [form.between(float(each[low]), float(each[high]), language) for each in records]
        if any(cell.text for cell in cells):
            columns[head] = (cells, "right")

    numbers("estimate", share, term("compared.respondents", language))
    intervals("ci_low", "ci_high", share, confidence_head(comparison.provenance, language))
    numbers("reference", share, term("compared.population", language))
    numbers("difference", points, term("compared.difference", language))
    intervals("difference_low", "difference_high", points, term("compared.interval_of_difference", language))
    numbers("ratio", plain, term("compared.ratio", language))
    intervals("ratio_low", "ratio_high", plain, term("compared.interval_of_ratio", language))
    verdicts = [Cell(wording("compared", str(each["verdict"]), language)) for each in records]
    columns[term("compared.verdict", language)] = (verdicts, "left")
    if comparison.frame["n"].notna().any():
        cells = [Cell(number(known(each["n"]), language), known(each["n"]), "#,##0") for each in records]
        columns[term("compared.n", language)] = (cells, "right")
    return columns


def _row_columns(
    comparison: PopulationComparison, records: list[dict[Any, Any]], language: Language, labels: Codebook
) -> dict[str, tuple[list[Cell], Align]]:
    """Return the columns that say what each row is: its domain, its variable, its answer."""
    texts: dict[str, list[str]] = {}
    for name in comparison.by:
        texts[variable_label(name, labels, language)] = [
            value_label(name, each[name], labels, language) for each in records
        ]
    variables = [str(each["variable"]) for each in records]
    if comparison.frame["variable"].nunique() > 1:
        texts[term("column.variable", language)] = [variable_label(name, labels, language) for name in variables]
    answers = [each["category"] for each in records]
    if any(answer != "" for answer in answers):
        pairs = zip(variables, answers, strict=True)
        texts[term("column.category", language)] = [value_label(*pair, labels, language) for pair in pairs]
    return {head: ([Cell(text) for text in own], "left") for head, own in texts.items()}
