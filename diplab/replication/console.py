"""Studies in a console: what one published, a line a study when they are rerun, and the numbers that need a look."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from diplab.presentation.comparisons import ComparisonRow, comparison_rows, published_text
from diplab.presentation.language import number
from diplab.presentation.punctuation import colon, words
from diplab.presentation.terms import term

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import RenderableType

    from diplab.reference.text import Language
    from diplab.replication.published import Published
    from diplab.replication.study import Study
    from diplab.results.comparison import Comparison

__all__ = [
    "COUNTED",
    "WIDTH",
    "by_verdict",
    "changed_numbers",
    "counted",
    "numbers",
    "shown_study",
    "summary",
    "tables_of",
]

WIDTH = 100
"""Columns of a console that is no window: a file, a pipe."""

COUNTED = ("as published", "within tolerance", "our own", "differs", "not identified", "not run")
"""Verdicts that have a column of their own in the summary; the rest is counted together."""


def shown_study(study: Study, language: Language) -> list[RenderableType]:
    """Return a study as the console shows it: title, citation, summary, and its numbers with base and source.

    Examples
    --------
    >>> from diplab.replication.registry import study
    >>> shown_study(study("france-2019-headcount"), "en")[1][:8]
    'Le Ludec'
    """
    names = ("key", "label", "published", "base", "status", "rests_on", "source", "expected")
    table = Table(*[term(f"column.{name}", language) for name in names])
    for row in study.published:
        ours = f"[italic]{term('verdict.our own', language)}[/italic]"
        table.add_row(
            *map(escape, (row.key, words(row.label, language), _published(row, language))),
            escape(words(row.base, language)),
            ours if row.ours else term(f"status.{row.status}", language),
            term(f"rests_on.{row.rests_on}", language),
            escape(words(row.source, language)),
            term(f"verdict.{row.expected}", language),
        )
    title = f"[bold]{escape(words(study.title, language))}[/bold]"
    said = f"{study.citation.in_(language)}\n\n{words(study.summary, language)}"
    return [title, escape(said), table]


def _published(row: Published, language: Language) -> str:
    printed = row.printed
    return published_text(
        printed.value,
        printed.high,
        relation=printed.relation,
        unit=row.unit,
        decimals=printed.decimals,
        language=language,
        printed=printed.text,
    )


def summary(comparisons: Sequence[Comparison], seconds: Sequence[float], language: Language) -> Table:
    """Return one line a study: its numbers by verdict, quotations apart, and the seconds it took."""
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
        table.add_row("", *_digits(totals, language), number(sum(seconds), language, 1), style="bold")
    return table


def by_verdict(comparison: Comparison) -> list[int]:
    """Return how many numbers were rerun, how many got each of the verdicts `COUNTED`, and how many another."""
    verdicts = comparison.frame.loc[~comparison.frame["quotation"].astype(bool), "verdict"]
    counts = [int((verdicts == name).sum()) for name in COUNTED]
    return [len(verdicts), *counts, len(verdicts) - sum(counts)]


def _digits(counts: Iterable[int], language: Language) -> Iterator[str]:
    return (number(count, language) if count else "·" for count in counts)


def tables_of(comparison: Comparison, language: Language) -> Iterator[str]:
    """Yield one sentence a published table: how many cells, by verdict."""
    frame = comparison.frame
    for name in dict.fromkeys(frame["table"]):
        if name:
            cells = frame.loc[frame["table"] == name, "verdict"].tolist()
            yield f"{name}{colon(language)}{counted(cells, language, 'cells')}"


def counted(verdicts: Sequence[str], language: Language, what: str = "numbers") -> str:
    """Return how many `numbers` or `cells` there are, by verdict, in words.

    Examples
    --------
    >>> counted(["as published", "differs", "as published"], "en")
    '3 numbers: 2 as published, 1 differs'
    """
    said = ", ".join(
        f"{number(count, language)} {term(f'counts.{name}' if count > 1 else f'verdict.{name}', language)}"
        for name, count in Counter(verdicts).most_common()
    )
    key = f"report.{what}" if len(verdicts) > 1 else "report.one_number"
    return term(key, language).format(numbers=number(len(verdicts), language), verdicts=said)


def numbers(comparisons: Sequence[Comparison], language: Language, *, full: bool) -> Iterator[str]:
    """Yield the numbers of studies that were not expected or differ, three lines each; every number where `full`."""
    for comparison in comparisons:
        verdicts = comparison.frame["verdict"].tolist()
        heading = f"\n[bold]{comparison.study}[/bold]"
        for row, verdict in zip(comparison_rows(comparison), verdicts, strict=True):
            if full or not row.expected or verdict in ("differs", "error in the source"):
                if heading:
                    yield heading
                    heading = ""
                yield from _number(row, language)


def _number(row: ComparisonRow, language: Language) -> Iterator[str]:
    found = [
        f"{term('column.published', language)} {row.published}",
        f"{term('column.reproduced', language)} {row.reproduced}",
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
    """Return every number with the assumptions as declared, and as changed."""
    table = Table(
        *[term(f"column.{name}", language) for name in ("label", "published", "as_declared", "reproduced")]
    )
    for row, raw in zip(comparison_rows(comparison), comparison.frame.to_dict("records"), strict=True):
        before, after = raw["as_declared"], raw["reproduced"]
        same = before == after or (math.isnan(before) and math.isnan(after))
        mark = "" if same else "[bold]"
        table.add_row(
            escape(row.label), escape(row.published), escape(row.as_declared), mark + escape(row.reproduced)
        )
    return table
