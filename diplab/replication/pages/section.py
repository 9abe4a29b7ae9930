"""What the report shows of one study, as plain data in both languages, and its tables as HTML."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from great_tables import GT

    from diplab.presentation.sheet import Sheet
    from diplab.reference.text import Language
    from diplab.replication.gallery import Drawn
    from diplab.replication.rerun import Run
    from diplab.replication.study import Study
    from diplab.results.comparison import Comparison

__all__ = ["Section", "section"]


@dataclass(frozen=True)
class Section:
    """What the report shows of one study.

    Parameters
    ----------
    study : Study
        The study.
    comparisons : mapping of language to Comparison
        Its numbers, published beside reproduced.
    tables : mapping of language to tuple of str
        Tables of its own, as HTML.
    drawn : tuple of Drawn
        Its figures.
    seconds : float
        How long it took; not in the report, which is the same at every run.
    """

    study: Study
    comparisons: dict[Language, Comparison]
    tables: dict[Language, tuple[str, ...]]
    drawn: tuple[Drawn, ...]
    seconds: float = 0.0


def section(run: Run, drawn: Sequence[Drawn], languages: Sequence[Language]) -> Section:
    """Return what the report shows of a study, while its context lasts.

    Parameters
    ----------
    run : Run
        The study, within its context.
    drawn : sequence of Drawn
        Its figures, as files.
    languages : sequence of {"fr", "en"}
        One or both.
    """
    return Section(
        study=run.study,
        comparisons={language: run.comparisons[language] for language in languages},
        tables={
            language: tuple(
                _html(table(language), f"own-{place}") for place, table in enumerate(run.tables.values(), 1)
            )
            for language in languages
        },
        drawn=tuple(drawn),
    )


def _html(table: GT, name: str) -> str:
    """Return a table of a study as HTML: from its plain content, or as great_tables writes it."""
    sheet: Sheet | None = getattr(table, "sheet", None)
    if sheet is None:
        return f'<div class="scroll">{table.as_raw_html()}</div>'
    sides = ['class="n"' if side == "right" else "" for side in sheet.align]
    head = ""
    if any(sheet.over):
        over = "".join(
            f'<th scope="colgroup" colspan="{span.stop - span.start}">{escape(span.title)}</th>'
            for span in sheet.spans()
        )
        head = f"<tr>{over}</tr>"
    titles = [_tag("th", 'scope="col"', *pair) for pair in zip(sides, sheet.header, strict=True)]
    head += f"<tr>{''.join(titles)}</tr>"
    body = []
    for row in sheet.rows:
        first, *rest = (cell.text for cell in row)
        cells = [_tag("th", 'scope="row"', sides[0], first)]
        cells += [_tag("td", "", *pair) for pair in zip(sides[1:], rest, strict=True)]
        body.append(f"<tr>{''.join(cells)}</tr>")
    subtitle = f'<span class="small">{escape(sheet.subtitle)}</span>' if sheet.subtitle else ""
    notes = "".join(f'<p class="small">{escape(line)}</p>' for line in sheet.note_lines())
    return (
        f'<div class="own"><div class="scroll" role="region" tabindex="0" aria-labelledby="{name}">'
        f'<table class="plain"><caption id="{name}"><span>{escape(sheet.title)}{subtitle}</span></caption>'
        f"<thead>{head}</thead><tbody>{''.join(body)}</tbody></table></div>{notes}</div>"
    )


def _tag(tag: str, scope: str, side: str, text: str) -> str:
    return f"<{' '.join(part for part in (tag, scope, side) if part)}>{escape(text)}</{tag}>"
