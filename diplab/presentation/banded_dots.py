"""Answers to a question on a banded variable as dots: bounds as bars, without end as arrows, misfits hollow."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from diplab.presentation.banded_answers import owed_said
from diplab.presentation.terms import term
from diplab.reference.text import LANGUAGES, Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from diplab.presentation.banded_answers import Region
    from diplab.presentation.charts.dots import Dots
    from diplab.presentation.estimate_rows import Row
    from diplab.reference.text import Language
    from diplab.results.estimates import Estimates

__all__ = ["answers_drawn"]


def answers_drawn(
    drawn: Dots, merged: Estimates, regions: Sequence[Region], both: Mapping[Language, Sequence[Row]]
) -> Dots:
    """Return the dots of answers: each region a bar in its interval, a point outside its bounds hollow.

    Parameters
    ----------
    drawn : Dots
        One dot a row of the merged answers.
    merged : Estimates
        From `as_regions`.
    regions : sequence of Region
    both : mapping of language to sequence of Row
        The same in words.
    """
    flags = [str(flag).split(", ") for flag in merged.frame["flag"]]
    rows = [
        replace(dot, hollow="misfit" in own and dot.point is not None)
        for dot, own in zip(drawn.rows, flags, strict=True)
    ]
    for region in regions:
        low, high = region.low, region.high
        if low is None or high is None or math.isinf(low):
            continue
        rows[region.place] = replace(
            rows[region.place], point=None, low=low, high=high, bounds=True, outer=region.outer
        )
    outside = Text(*(term("flag.misfit", each) for each in LANGUAGES))
    said = Text(*(_note(drawn, merged, regions, both[each], each) for each in LANGUAGES))
    return replace(drawn, rows=tuple(rows), hollow_label=outside, notes=replace(drawn.notes, note=said))


def _note(
    drawn: Dots, merged: Estimates, regions: Sequence[Region], rows: Sequence[Row], language: Language
) -> str:
    """Return the note of a figure, and what is owed to assumptions."""
    owed = owed_said(merged, regions, [rows[each.place].form for each in regions], language)
    own = drawn.notes.note.in_(language) if drawn.notes.note else ""
    return " ".join(part for part in (own, term("sentence.banded", language), owed) if part)
