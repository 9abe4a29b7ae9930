"""Plain estimates, and rows of a file by reason: as a table, and what a chart shows of them."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from diplab.presentation.estimate_columns import estimate_columns
from diplab.presentation.estimate_rows import rows_in_words, title_of
from diplab.presentation.labels import merged_labels, variable_label
from diplab.presentation.language import colon, number
from diplab.presentation.layouts.registry import (
    ChartRequest,
    DotHeading,
    Drawing,
    TableRequest,
    drawing,
    layout,
    sheet_of_columns,
)
from diplab.presentation.notes import bases_sentence, conventions
from diplab.presentation.number_form import NumberForm
from diplab.presentation.sheet import Cell, Sheet, detail_of
from diplab.presentation.size_words import small_warning
from diplab.presentation.terms import term
from diplab.reference.text import LANGUAGES, Text
from diplab.results.estimates import Estimates
from diplab.results.reasons import ReasonCounts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from diplab.microdata.codebook import Codebook
    from diplab.presentation.estimate_rows import Row
    from diplab.presentation.sheet import Align
    from diplab.reference.text import Language

__all__ = [
    "dot_headings",
    "drawing_of_rows",
    "estimates_drawing",
    "estimates_sheet",
    "in_heading",
    "reasons_sheet",
]


@layout.register(Estimates)
def estimates_sheet(estimates: Estimates, request: TableRequest) -> Sheet:
    """Return estimates as a table, one row an estimate."""
    language, labels = request.language, request.labels_of(estimates.codebook)
    rows = rows_in_words(estimates, language, labels, request.percent, request.decimals)
    bounds = any(row.estimate.number is None and row.interval.text for row in rows)
    remarks = (
        bases_sentence(estimates, language),
        term("sentence.bounds", language) if bounds else "",
        small_warning(estimates, language) if any(row.small for row in rows) else "",
    )
    return sheet_of_columns(
        estimate_columns(estimates, rows, language, labels),
        request,
        title=request.title_or(title_of(estimates, rows, language, labels)),
        provenance=estimates.provenance,
        labels=labels,
        frame=estimates.frame,
        remarks=[each for each in remarks if each],
    )


@layout.register(ReasonCounts)
def reasons_sheet(counts: ReasonCounts, request: TableRequest) -> Sheet:
    """Return how many rows answered, and how many did not by reason, with their share of the variable's rows."""
    language, labels = request.language, request.labels_of(counts.codebook)
    rows = rows_in_words(counts, language, labels)
    form = NumberForm("percent", 1 if request.decimals is None else request.decimals)
    several = len({row.variable for row in rows}) > 1
    lines, before = [], ""
    for row in rows:
        count, base = row.estimate.number, row.respondents.number
        share = count / base if count is not None and base else None
        # a variable is named once, above its reasons
        variable = [Cell(row.variable if row.variable != before else "")] if several else []
        lines.append((*variable, Cell(row.category), row.estimate, form.cell(share, language)))
        before = row.variable
    heads = [term("column.variable", language)] if several else []
    sides: list[Align] = ["left"] * (len(heads) + 1)
    # rows are no respondents: few of them need no star
    file_rows = number(rows[0].respondents.number if rows else 0, language)
    return Sheet(
        title=request.title_or(title_of(counts, rows, language, labels)),
        subtitle=request.unit or f"{term('column.rows', language)}{colon(language)}{file_rows}",
        header=(*heads, term("reasons.answer", language), term("reasons.rows", language), "%"),
        rows=tuple(lines),
        align=(*sides, "right", "right"),
        notes=conventions(counts.provenance, language, request.notes, (), labels),
        language=language,
        detail=detail_of(counts.frame),
    )


@drawing.register(Estimates)
def estimates_drawing(estimates: Estimates, request: ChartRequest) -> Drawing:
    """Return what a chart shows of estimates: every row."""
    rows = {
        each: rows_in_words(estimates, each, request.labels, request.percent, request.decimals)
        for each in LANGUAGES
    }
    return drawing_of_rows(estimates, rows, request.labels)


def drawing_of_rows(
    estimates: Estimates, rows: Mapping[Language, list[Row]], labels: Codebook | None
) -> Drawing:
    """Return the drawing of estimates whose rows are in words already."""
    return Drawing(
        estimates=estimates,
        rows=rows,
        headings=dot_headings(estimates, rows, labels),
        small=[row.small for row in rows["en"]],
        title=Text(*(title_of(estimates, rows[each], each, labels) for each in LANGUAGES)),
    )


def in_heading(answer: str, name: str, answers: Sequence[str], others: set[str], language: Language) -> str:
    """Return an answer as a heading: with the name of its variable only where the answer does not tell it.

    The title has the name already, and a name is often a whole question: the answer comes first.
    """
    bare = {term("word.true", language), term("word.false", language)}
    telling = all(
        each not in others and each.casefold() not in bare and any(sign.isalpha() for sign in each)
        for each in answers
        if each
    )
    return answer if telling or not answer else f"{answer} ({name})"


def dot_headings(
    estimates: Estimates, both: Mapping[Language, list[Row]], labels: Codebook | None
) -> list[DotHeading]:
    """Return what stands beside each estimate: what changes slowest from row to row is a heading of what follows it."""
    columns = {each: _distinguishing_columns(both[each]) for each in LANGUAGES}
    keys = [key for key, told in columns["en"].items() if any(told)]
    inner = _innermost(keys, columns) if len(keys) > 1 else None
    flat = [Text(*(_flat_label(row, keys) for row in pair)) for pair in _in_both_languages(both)]
    if inner is None:
        return [DotHeading(each) for each in flat]
    outer = [key for key in keys if key != inner]
    held = merged_labels(labels, estimates.codebook)
    headed = {
        each: {
            key: _as_headings(
                key, columns[each], _variable_of_key(key, estimates, both[each], held, each), each
            )
            for key in outer
        }
        for each in LANGUAGES
    }
    remarks = [Text(*(_remark_beside(row) for row in pair)) for pair in _in_both_languages(both)]
    return [
        _heading_of_dot(
            [Text(*(headed[each][key][place] for each in LANGUAGES)) for key in outer],
            Text(*(columns[each][inner][place] for each in LANGUAGES)),
            remark,
        )
        for place, remark in enumerate(remarks)
    ]


def _heading_of_dot(heads: list[Text], label: Text, remark: Text) -> DotHeading:
    """Return the words of one dot; where it has no label of its own, its last heading is one."""
    heads = [each for each in heads if each]
    if not label and heads:
        *heads, label = heads
    label = Text(*(label.in_(each) + remark.in_(each) for each in LANGUAGES))
    if len(heads) < 2:
        return DotHeading(label, *heads)
    *first, under = heads
    return DotHeading(
        label, Text(*(", ".join(each.in_(lang) for each in first) for lang in LANGUAGES)), under
    )


def _in_both_languages(both: Mapping[Language, list[Row]]) -> list[tuple[Row, Row]]:
    fr, en = (both[each] for each in LANGUAGES)
    return list(zip(fr, en, strict=True))


def _distinguishing_columns(rows: list[Row]) -> dict[str, list[str]]:
    """Return what tells rows from each other, from what changes slowest in a result to what changes fastest."""
    columns = {part: [getattr(row, part) for row in rows] for part in ("statistic", "variable")}
    columns = {part: told if len(set(told)) > 1 else [""] * len(told) for part, told in columns.items()}
    columns["category"] = [row.category for row in rows]
    places = range(len(rows[0].by)) if rows else range(0)
    return columns | {f"by {place}": [row.by[place] for row in rows] for place in places}


def _innermost(keys: list[str], columns: dict[Language, dict[str, list[str]]]) -> str | None:
    """Return the key that labels dots, the others being headings in one piece each; None if there is none."""
    for inner in reversed(keys):
        told = {each: columns[each][inner] for each in LANGUAGES}
        if all(len(set(each)) < 2 for each in told.values()):
            continue
        outer = [columns[each][key] for each in LANGUAGES for key in keys if key != inner]
        heads = list(zip(*outer, strict=True))
        runs = 1 + sum(one != other for one, other in pairwise(heads))
        if runs == len(set(heads)) and (runs < len(heads) or inner == "category"):
            return inner
    return None


def _variable_of_key(
    key: str, estimates: Estimates, rows: list[Row], labels: Codebook, language: Language
) -> str:
    """Return the variable of which a column holds the answers; nothing where it is said already."""
    if key.startswith("by "):
        return variable_label(estimates.by[int(key.removeprefix("by "))], labels, language)
    alone = len({row.variable for row in rows}) == 1
    return rows[0].variable if key == "category" and alone else ""


def _as_headings(key: str, columns: dict[str, list[str]], name: str, language: Language) -> list[str]:
    """Return a column of words as headings."""
    told = columns[key]
    if not name:
        return told
    others = {each for other, words in columns.items() if other != key for each in words if each}
    return [in_heading(each, name, told, others, language) for each in told]


def _flat_label(row: Row, keys: list[str]) -> str:
    parts = [*row.by, *(getattr(row, part) for part in ("statistic", "variable", "category") if part in keys)]
    named = ", ".join(part for part in parts if part) or row.variable or row.statistic
    return f"{named}{_remark_beside(row)}"


def _remark_beside(row: Row) -> str:
    """Return the remark of a row in brackets, without what its own label says already (a lower bound)."""
    own = f"{row.statistic}, {row.category}".casefold()
    said = ", ".join(part for part in row.remark.split(", ") if part.casefold() not in own)
    return f" ({said})" if said else ""
