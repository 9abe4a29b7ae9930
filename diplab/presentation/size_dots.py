"""Population sizes as dots: the lower bound as a line, sizes under it hollow, intervals without end as arrows."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from diplab.presentation.punctuation import words
from diplab.presentation.size_headings import named_by_kind
from diplab.presentation.size_words import are_of_people, have_models
from diplab.presentation.terms import rule, term
from diplab.reference.text import LANGUAGES, Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from diplab.presentation.charts.dots import Dot, Dots
    from diplab.presentation.estimate_rows import Row
    from diplab.presentation.notes import Notes
    from diplab.reference.text import Language
    from diplab.results.estimates import Estimates

__all__ = ["sizes_drawn"]

FAR_APART = 20.0
"""Sizes further apart than this, largest over smallest, are drawn on a logarithmic axis."""


def sizes_drawn(drawn: Dots, sizes: Estimates, both: Mapping[Language, Sequence[Row]]) -> Dots:
    """Return the dots of population sizes as readers need them.

    The first lower bound is a vertical line with its words in the key; sizes under it are hollow; an interval without
    an upper end is an arrow; estimators without an answer are named in the note; the axis starts at zero, or is
    logarithmic where sizes are far apart, and says so. Where rows of a kind stand together, a heading says the kind.

    Parameters
    ----------
    drawn : Dots
        One dot a row of the sizes.
    sizes : Estimates
        The sizes.
    both : mapping of language to sequence of Row
        The same in words.
    """
    records: list[dict[Any, Any]] = sizes.frame.to_dict("records")
    dots = [
        _dot(dot, record, *(both[each][place] for each in LANGUAGES))
        for place, (dot, record) in enumerate(zip(drawn.rows, records, strict=True))
    ]
    headed = named_by_kind(records, both)
    if headed is not None:
        dots = [
            replace(dot, label=name.indented.label, group=name.group, under=name.under)
            for dot, name in zip(dots, headed, strict=True)
        ]
    kept = tuple(dot for dot in dots if dot.point is not None or dot.low is not None)
    silent = [place for place, dot in enumerate(dots) if dot.point is None and dot.low is None]
    found = replace(
        drawn, rows=kept or drawn.rows, notes=_notes(drawn.notes, silent, both) if kept else drawn.notes
    )
    if any(dot.hollow for dot in kept):
        found = replace(found, hollow_label=_said("below"))
    bound = _bound(records)
    if bound is not None:
        place, value = bound
        shown = Text(*(both[each][place].estimate.text for each in LANGUAGES))
        found = replace(found, line=value, line_label=_said("at_least", shown))
    people = are_of_people(sizes)
    if have_models(sizes) or bound is not None or not people:
        found = replace(found, axis=_said("axis") if people else _unit(sizes))
    if not _far_apart(kept):
        return found
    return replace(found, ratios=True, axis=_said("axis_log") if people else _logarithmic(found.axis))


def _unit(sizes: Estimates) -> Text:
    """Return what a rate is given for; nothing for half-lives, whose title says that they are in days."""
    per = sizes.provenance.rules.get("per")
    return Text(*(rule("per", per, each) if per else "" for each in LANGUAGES))


def _logarithmic(axis: Text) -> Text:
    scale = Text(*(term("captures.logarithmic", each) for each in LANGUAGES))
    return Text(*(" ".join(filter(None, (axis.in_(each), f"({scale.in_(each)})"))) for each in LANGUAGES))


def _dot(dot: Dot, record: Mapping[Any, Any], fr: Row, en: Row) -> Dot:
    low, high = float(record["ci_low"]), float(record["ci_high"])
    if math.isfinite(low) and high == math.inf:
        # without a point, the words of the interval are all there is to print
        dot = replace(dot, low=low, high=high, bounds=False, shown=Text(fr.interval.text, en.interval.text))
    if dot.point is not None:
        dot = replace(dot, shown=Text(fr.estimate.text, en.estimate.text))
    return replace(dot, hollow="below bound" in str(record["flag"]).split(", "))


def _bound(records: Sequence[Mapping[Any, Any]]) -> tuple[int, float] | None:
    """Return the place and the value of the first lower bound that is a number."""
    for place, record in enumerate(records):
        if "lower bound" in str(record["flag"]).split(", ") and math.isfinite(record["estimate"]):
            return place, float(record["estimate"])
    return None


def _far_apart(dots: Sequence[Dot]) -> bool:
    """Return whether a linear axis would press most sizes against its start."""
    points = [dot.point for dot in dots if dot.point is not None and dot.point > 0]
    ends = [dot.high for dot in dots if dot.high is not None and math.isfinite(dot.high)]
    return bool(points) and max([*points, *ends]) / min(points) > FAR_APART


def _notes(notes: Notes, silent: Sequence[int], both: Mapping[Language, Sequence[Row]]) -> Notes:
    """Return the notes with the rows that have neither a point nor an interval."""
    if not silent:
        return notes

    def told(language: Language) -> str:
        rows = [both[language][place] for place in silent]
        named = [
            ", ".join(part for part in (row.statistic, row.category) if part)
            + (f" ({row.remark})" if row.remark else "")
            for row in rows
        ]
        between = "\u202f; " if language == "fr" else "; "
        said = term("captures.no_point", language).replace("{value}", between.join(named))
        return " ".join(part for part in (words(notes.note, language), said) if part)

    return replace(notes, note=Text(told("fr"), told("en")))


def _said(name: str, value: Text | None = None) -> Text:
    filled = ("" if value is None else value.in_(each) for each in LANGUAGES)
    return Text(
        *(
            term(f"captures.{name}", each).replace("{value}", shown)
            for each, shown in zip(LANGUAGES, filled, strict=True)
        )
    )
