"""Numbers one a line: published beside reproduced, with base, source, status, what each rests on, and its verdict."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from diplab.presentation.layouts.comparison import comparison_rows
from diplab.presentation.terms import term
from diplab.replication.pages.page import as_written, badge, labelled, slug

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from diplab.presentation.layouts.comparison import ComparisonRow
    from diplab.reference.text import Language
    from diplab.results.comparison import Comparison

__all__ = ["Number", "number_rows", "numbers_of"]

_RAW = ("verdict", "expected", "outcome", "status", "rests_on", "table", "row", "column", "tolerance")
_HEADS = ("label", "published", "reproduced", "difference", "verdict")


@dataclass(frozen=True)
class Number:
    """One number: in words, and as the comparison has it.

    Parameters
    ----------
    row : ComparisonRow
        In the words of one language.
    raw : mapping
        Of its line in the frame of the comparison: verdict, outcome, status, what it rests on; table, row, column.
    """

    row: ComparisonRow
    raw: Mapping[str, str]

    @property
    def verdict(self) -> str:
        """Its verdict, as a key."""
        return self.raw["verdict"]

    @property
    def ours(self) -> bool:
        """Whether nobody printed it."""
        return self.raw["status"] in ("derived", "estimated")


def numbers_of(comparison: Comparison) -> list[Number]:
    """Return the numbers of a comparison, in order."""
    raw = comparison.frame[list(_RAW)].to_dict("list")
    records = zip(*(raw[name] for name in _RAW), strict=True)
    return [
        Number(row, dict(zip(_RAW, map(str, record), strict=True)))
        for row, record in zip(comparison_rows(comparison), records, strict=True)
    ]


def number_rows(
    numbers: Sequence[Number],
    title: str,
    language: Language,
    names: Mapping[str, str] | None = None,
    *,
    again: bool = False,
) -> str:
    """Return numbers as a table, two lines each.

    Parameters
    ----------
    numbers : sequence of Number
        What to show.
    title : str
        Caption, for those who do not see the heading above.
    language : {"fr", "en"}
        Language of the reader.
    names : mapping of key to str, optional
        Where each is on the page; by default its key.
    again : bool
        True where the page shows the same numbers in a table above.
    """
    head = "".join(
        f'<th scope="col"{_side(name)}>{escape(term(f"column.{name}", language))}</th>' for name in _HEADS
    )
    bodies = "\n".join(
        _body(each, (names or {}).get(each.row.key, each.row.key), language, again=again) for each in numbers
    )
    return (
        f'<table class="numbers"><caption class="unseen">{escape(title)}</caption>'
        f"<thead><tr>{head}</tr></thead>\n{bodies}</table>"
    )


def _side(name: str) -> str:
    return ' class="n"' if name in ("published", "reproduced", "difference") else ""


def _body(each: Number, name: str, language: Language, *, again: bool) -> str:
    row = each.row
    reproduced = escape(row.reproduced)
    if row.printed_way:
        said = term("report.printed_way", language).format(number=row.printed_way)
        reproduced += f'<span class="small">{escape(said)}</span>'
    verdict = badge(each.verdict, language)
    if not row.expected:
        expected = term(f"verdict.{each.raw['expected']}", language)
        said = term("report.expected", language).format(verdict=expected)
        verdict += f'<strong class="unexpected">{escape(said)}</strong>'
    if row.quotation:
        verdict += f'<span class="small">{escape(term("report.quotation", language))}</span>'
    cells = "".join(
        # its own heading beside it where the column has none: on a phone
        f'<td{_side(column)} data-head="{escape(term(f"column.{column}", language), quote=True)}">{content}</td>'
        for column, content in (
            ("published", escape(row.published)),
            ("reproduced", reproduced),
            ("difference", escape(row.difference)),
            ("verdict", verdict),
        )
    )
    base, source, status, rests_on = (
        labelled(column, getattr(row, column), language)
        for column in ("base", "source", "status", "rests_on")
    )
    rest = [source, status, rests_on]
    if each.verdict == "within tolerance":
        rest.append(labelled("tolerance", as_written(float(each.raw["tolerance"]), language), language))
    reason = f"<p>{escape(row.reason)}</p>" if row.reason else ""
    shown_again = ' data-again=""' if again else ""
    return (
        f'<tbody id="{escape(name, quote=True)}" data-v="{slug(each.verdict)}" '
        f'data-r="{slug(each.raw["rests_on"])}"{shown_again}>'
        f'<tr><th scope="row">{escape(row.label)}</th>{cells}</tr>'
        f'<tr class="why"><td colspan="{len(_HEADS)}"><p>{base}</p>{reason}'
        f'<p class="small">{". ".join(rest)}.</p></td></tr></tbody>'
    )
