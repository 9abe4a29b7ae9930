"""Studies in a console: the numbers of one study, a line per rerun, numbers that differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.console import RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from diplab.presentation.language import colon, number, term, wording, words
from diplab.presentation.layouts.comparison import ComparisonRow, comparison_rows, published_text
from diplab.presentation.sheet import Align, Cell, Sheet, as_console
from diplab.reference.text import Language, Text
from diplab.replication.pages.report import COUNTED, as_written, by_verdict, counted
from diplab.replication.published import Published, PublishedTable
from diplab.replication.study import Study
from diplab.results.comparison import Comparison

WIDTH = 100  # columns of output that is not a terminal: a file, a pipe


def shown_study(
    study: Study, language: Language, *, full: bool = False
) -> Iterator[RenderableType]:
    """Yield a study as the console shows it: title, citation, summary, single numbers, tables."""
    yield f"[bold]{escape(words(study.title, language))}[/bold]"
    yield escape(f"{study.citation.in_(language)}\n\n{words(study.summary, language)}\n")
    for row in study.published:
        if not row.table:
            yield from _single(row, language)
    for table in study.tables.values():
        if full:
            yield from _as_printed(table, language)
        else:
            cells = counted([cell.expected for cell in table.cells], language, "cells")
            yield escape(f"{table.name}{colon(language)}{words(table.title, language)} ({cells})")
    if study.assumptions:
        yield f"\n[bold]{escape(term('report.assumptions', language))}[/bold] (--set)"
    for name, assumption in study.assumptions.items():
        ends = {
            "low": as_written(assumption.low, language),
            "high": as_written(assumption.high, language),
        }
        between = term("report.from_to", language).format(**ends)
        yield escape(
            f"{name}={assumption.value:g} "
            f"({between}){colon(language)}{words(assumption.label, language)}"
        )
    if study.tables and not full:
        yield f"\n{escape(term('report.show_full', language).format(study=study.id))}"


def _single(row: Published, language: Language) -> Iterator[RenderableType]:
    """Yield a single number: label, base, source and expected verdict."""
    mark = colon(language)
    parts = [term("column.source", language) + mark + words(row.source, language)]
    if not row.ours:
        parts.append(term(f"status.{row.status}", language))
    parts.append(
        term("column.rests_on", language) + mark + term(f"rests_on.{row.rests_on}", language)
    )
    parts.append(
        term("column.expected", language) + mark + term(f"verdict.{row.expected}", language)
    )
    printed = published_text(
        row.printed.value,
        row.printed.high,
        relation=row.printed.relation,
        unit=row.unit,
        decimals=row.printed.decimals,
        language=language,
        printed=row.printed.text,
    )
    ours = f" [italic]({escape(term('verdict.our own', language))})[/italic]" if row.ours else ""
    lines = (
        escape(words(row.label, language) + mark + printed) + ours,
        escape(words(row.base, language)),
        escape(" · ".join(parts)),
    )
    yield f"[bold]{escape(row.key)}[/bold]"
    yield Padding("\n".join(lines), (0, 0, 0, 2), expand=False)


def _as_printed(table: PublishedTable, language: Language) -> Iterator[RenderableType]:
    """Yield a table as printed, then its units, bases and sources."""
    cells = {
        (cell.row, cell.column): f"{cell.printed.text}{'*' * cell.ours}" for cell in table.cells
    }
    rows, above = [], tuple[str, ...]()
    for labels in table.rows:
        # a question is printed once, above its answers
        once = [
            "" if labels[: position + 1] == above[: position + 1] else label
            for position, label in enumerate(labels)
        ]
        found = [cells.get((" | ".join(labels), name), "") for name in table.columns]
        rows.append(tuple(map(Cell, (*once, *found))))
        above = labels
    title = f"{words(table.title, language)} ({table.name})"
    names = (*table.labels, *table.columns)
    heads = tuple(words(table.heads[name], language) for name in names)
    sides: tuple[Align, ...] = tuple("left" if name in table.labels else "right" for name in names)
    yield ""
    yield as_console(Sheet(title, heads, tuple(rows), sides, language=language), WIDTH)
    for name in ("unit", "base", "source", "status", "rests_on", "expected"):
        texts = dict.fromkeys(_of_cell(cell, name, language) for cell in table.cells)
        text = "; ".join(filter(None, texts))
        if text:
            yield escape(f"{term(f'column.{name}', language)}{colon(language)}{text}")
    if any(cell.ours for cell in table.cells):
        yield f"* {escape(term('verdict.our own', language))}"


def _of_cell(cell: Published, name: str, language: Language) -> str:
    value = getattr(cell, name)
    if name == "unit":
        return "" if value in ("1", "ratio") else wording("unit", value, language)
    section = "verdict" if name == "expected" else name
    if isinstance(value, Text):
        return words(value, language)
    return term(f"{section}.{value}", language)


def summary(
    comparisons: Sequence[Comparison], seconds: Sequence[float], language: Language
) -> Table:
    """Return one line per study: numbers by verdict (without quotations) and seconds taken."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(term("summary.study", language), no_wrap=True)
    for head in ("numbers", *COUNTED, "other", "seconds"):
        table.add_column(term(f"summary.{head}", language), justify="right")
    totals = [0] * (len(COUNTED) + 2)
    for comparison, taken in zip(comparisons, seconds, strict=True):
        counts = by_verdict(comparison)
        totals = [total + count for total, count in zip(totals, counts, strict=True)]
        table.add_row(comparison.study, *_digits(counts, language), number(taken, language, 1))
    if len(comparisons) > 1:
        table.add_section()
        table.add_row(
            "", *_digits(totals, language), number(sum(seconds), language, 1), style="bold"
        )
    return table


def _digits(counts: Iterable[int], language: Language) -> Iterator[str]:
    return (number(count, language) if count else "·" for count in counts)


def tables_of(comparison: Comparison, language: Language) -> Iterator[str]:
    """Yield one sentence per published table: how many cells, by verdict."""
    frame = comparison.frame
    for name, cells in frame[frame["table"] != ""].groupby("table", sort=False)["verdict"]:
        yield f"{name}{colon(language)}{counted(cells.tolist(), language, 'cells')}"


def numbers(comparisons: Sequence[Comparison], language: Language, *, full: bool) -> Iterator[str]:
    """Yield numbers that are unexpected or differ, three lines each; every number if `full`."""
    for comparison in comparisons:
        shown = [
            row
            for row in comparison_rows(comparison)
            if full
            or not row.expected
            or row.raw["verdict"] in ("differs", "error in the source", "rounded in the source")
        ]
        if shown:
            yield f"\n[bold]{comparison.study}[/bold]"
        for row in shown:
            yield from _number(row, language)


def _number(row: ComparisonRow, language: Language) -> Iterator[str]:
    found = [
        f"{term(f'column.{name}', language)} {getattr(row, name)}"
        for name in ("published", "reproduced")
    ]
    if row.printed_way:
        found.append(term("report.printed_way", language).format(number=row.printed_way))
    if row.quotation:
        found.append(term("report.quotation", language))
    verdict = row.verdict if row.expected else f"[bold red]{row.verdict} ![/bold red]"
    yield f"  {escape(row.key)}"
    yield f"    {escape(' · '.join(found))} · {verdict}"
    yield f"    {escape(row.base)} · {row.rests_on}"


def changed_numbers(comparison: Comparison, language: Language) -> Table:
    """Return every number under the declared and the changed assumptions."""
    table = Table(
        *[
            term(f"column.{name}", language)
            for name in ("label", "published", "as_declared", "reproduced")
        ]
    )
    for row in comparison_rows(comparison):
        shown = f"[bold]{escape(row.reproduced)}"
        if row.dependence:
            shown = f"{escape(row.reproduced)}\n[dim]{escape(row.dependence)}"
        table.add_row(escape(row.label), escape(row.published), escape(row.as_declared), shown)
    return table
