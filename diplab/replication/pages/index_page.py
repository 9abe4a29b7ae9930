"""The first page of the report: what verdicts mean, and how many numbers of each study got which."""

from __future__ import annotations

from collections import Counter
from html import escape
from typing import TYPE_CHECKING

from diplab.presentation.language import number, words
from diplab.presentation.terms import term
from diplab.replication.console import COUNTED, by_verdict
from diplab.replication.pages.page import badge, file_name, filters, frame, link, slug
from diplab.results.comparison import RESTS_ON, VERDICTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from diplab.reference.text import Language
    from diplab.replication.pages.section import Section
    from diplab.results.comparison import Comparison

__all__ = ["index_page"]


def index_page(sections: Sequence[Section], language: Language, languages: Sequence[Language]) -> str:
    """Return the first page.

    Parameters
    ----------
    sections : sequence of Section
        One a study, in order.
    language : {"fr", "en"}
        Of the page.
    languages : sequence of {"fr", "en"}
        In which there are pages.
    """
    title = term("report.title", language)
    comparisons = [each.comparisons[language] for each in sections]
    verdict_heads = [term(f"summary.{name}", language) for name in ("numbers", *COUNTED, "other")]
    rests_heads = [term("summary.numbers", language)]
    rests_heads += [term(f"rests_on.{name}", language) for name in RESTS_ON]
    rests_heads.append(term("report.apart", language))
    verdicts = [name for each in comparisons for name in set(each.frame["verdict"])]
    rests_on = [name for each in comparisons for name in set(each.frame["rests_on"])]
    body = [
        f'<h1>{escape(title)}</h1><p class="lead">{escape(term("report.lead", language))}</p>',
        _legend(language),
        filters(verdicts, rests_on, language, "studies_shown") if len(sections) > 1 else "",
        _summary("by_verdict", sections, verdict_heads, [by_verdict(each) for each in comparisons], language),
        _others(comparisons, language),
        _summary(
            "by_rests_on", sections, rests_heads, [_by_rests_on(each) for each in comparisons], language
        ),
    ]
    return frame(title, "\n".join(part for part in body if part), language, languages)


def _legend(language: Language) -> str:
    lines = "".join(
        f"<dt>{badge(name, language)}</dt><dd>{escape(term(f'legend.{name}', language))}</dd>"
        for name in VERDICTS
    )
    return f'<h2>{escape(term("report.verdicts", language))}</h2><dl class="legend">{lines}</dl>'


def _by_rests_on(comparison: Comparison) -> list[int]:
    """Return how many numbers were rerun, how many rest on each thing, and how many are quotations."""
    apart = comparison.frame["quotation"].astype(bool)
    rests_on = comparison.frame.loc[~apart, "rests_on"]
    return [len(rests_on), *(int((rests_on == name).sum()) for name in RESTS_ON), int(apart.sum())]


def _others(comparisons: Sequence[Comparison], language: Language) -> str:
    """Name the verdicts that are counted together in the last column."""
    counts: Counter[str] = Counter()
    for each in comparisons:
        counts.update(each.frame.loc[~each.frame["quotation"].astype(bool), "verdict"])
    said = ", ".join(
        number(counts[name], language)
        + " "
        + term(f"{'counts' if counts[name] > 1 else 'verdict'}.{name}", language)
        for name in VERDICTS
        if counts[name] and name not in COUNTED
    )
    return (
        f'<p class="small">{escape(term("report.others", language).format(verdicts=said))}</p>'
        if said
        else ""
    )


def _summary(
    name: str,
    sections: Sequence[Section],
    heads: Sequence[str],
    counts: Sequence[list[int]],
    language: Language,
) -> str:
    """Return a line a study, and the total; the second summary shows the same studies again."""
    head = "".join(f'<th scope="col" class="n">{escape(each)}</th>' for each in heads)
    again = "" if name == "by_verdict" else ' data-again=""'
    rows = []
    for each, of_study in zip(sections, counts, strict=True):
        seen = each.comparisons[language].frame
        found = " ".join(sorted({slug(verdict) for verdict in seen["verdict"]}))
        rests = " ".join(sorted({slug(rests_on) for rests_on in seen["rests_on"]}))
        title = words(each.study.title, language)
        said = term("rests_on.synthetic file", language)
        if each.comparisons[language].synthetic and said not in title:
            title += f" ({said})"
        named = link(file_name(language, each.study.id), title)
        rows.append(
            f'<tr data-v="{found}" data-r="{rests}"{again}><th scope="row">{named}</th>'
            f"{_counts(of_study, language)}</tr>"
        )
    foot = ""
    if len(sections) > 1:
        total = [sum(column) for column in zip(*counts, strict=True)]
        said = escape(term("report.total", language))
        foot = f'<tfoot><tr><th scope="row">{said}</th>{_counts(total, language)}</tr></tfoot>'
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-labelledby="{name}"><table class="summary">'
        f'<caption id="{name}"><span>{escape(term(f"report.{name}", language))}</span></caption>'
        f'<thead><tr><th scope="col">{escape(term("summary.study", language))}</th>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody>{foot}</table></div>"
    )


def _counts(counts: Iterable[int], language: Language) -> str:
    return "".join(f'<td class="n">{number(count, language) if count else "·"}</td>' for count in counts)
