"""A study in a console: what it is, and each number that it published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from diplab.presentation.comparisons import published_text
from diplab.presentation.punctuation import words
from diplab.presentation.terms import term

if TYPE_CHECKING:
    from rich.console import RenderableType

    from diplab.reference.text import Language
    from diplab.replication.study import Study

__all__ = ["shown_study"]

_COLUMNS = ("key", "label", "published", "base", "status", "source", "expected")


def shown_study(study: Study, language: Language) -> list[RenderableType]:
    """Return a study as the console shows it: title, citation, summary, and its numbers with base and source.

    Examples
    --------
    >>> from diplab.replication.registry import study
    >>> shown_study(study("france-2019-headcount"), "en")[1][:8]
    'Le Ludec'
    """
    table = Table(*[term(f"column.{name}", language) for name in _COLUMNS])
    for row in study.published:
        published = published_text(
            row.value,
            row.printed.high,
            relation=row.printed.relation,
            unit=row.unit,
            decimals=row.printed.decimals,
            language=language,
        )
        table.add_row(
            row.key,
            words(row.label, language),
            published,
            words(row.base, language),
            term(f"status.{row.status}", language),
            words(row.source, language),
            term(f"verdict.{row.expected}", language),
        )
    title = f"[bold]{escape(words(study.title, language))}[/bold]"
    said = f"{study.citation.in_(language)}\n\n{words(study.summary, language)}"
    return [title, escape(said), table]
