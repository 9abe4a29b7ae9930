"""Layouts of decompositions: parts of an index, and the total."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from diplab.microdata.codebook import Codebook
from diplab.presentation.labels import merged_labels, noun_of, variable_label
from diplab.presentation.language import both, listed, term, words
from diplab.presentation.layouts import registry
from diplab.presentation.layouts.drawings import estimates_drawing
from diplab.presentation.layouts.estimates import confidence_head, estimates_sheet
from diplab.presentation.layouts.rows import EstimateRow, rows_in_words
from diplab.presentation.numbers import NumberForm, form_of, known
from diplab.presentation.sheet import Align, Cell, Sheet
from diplab.reference.text import Language
from diplab.results.tables import OF_GROUPS, Decomposition

COMPARED = ("population_share", "contribution_share")


@registry.layout.register(Decomposition)
def decomposition_sheet(parts: Decomposition, request: registry.TableRequest) -> Sheet:
    """Return a decomposition as a table for print, with the total in the last line."""
    if not parts.has_all_parts:
        return estimates_sheet(parts, request)
    language, labels = request.language, request.labels_of(parts.codebook)
    of_index = parts.frame[parts.frame["statistic"] == parts.index]
    form = form_of(
        parts.description_of(parts.index), of_index, "", request.percent, request.decimals
    )
    rows = rows_in_words(parts, language, labels)
    width = len(parts.groups)
    lines = _decomposition_lines(parts, rows, width, form, language)
    remarked = any(line[-1].text for line in lines)
    heads = [variable_label(name, labels, language) for name in parts.by]
    heads += [term(f"statistic.{COMPARED[0]}", language), _index_name(rows[0])]
    heads += [term(f"statistic.{name}", language) for name in OF_GROUPS[1:]]
    heads += [confidence_head(parts.provenance, language), term("column.n", language)]
    heads += [term("column.flag", language)] * remarked
    words_at = (*range(len(parts.by)), len(parts.by) + 6)
    sides: list[Align] = ["left" if at in words_at else "right" for at in range(len(heads))]
    lines = [line[: len(heads)] for line in lines]
    title = _decomposition_title(parts, labels, language)
    remarks = [term("sentence.small_base", language)] if any(row.small for row in rows) else []
    return registry.sheet_of_lines(
        heads, lines, sides, request, title, parts.provenance, labels, parts.frame, remarks
    )


def _decomposition_lines(
    parts: Decomposition,
    rows: Sequence[EstimateRow],
    width: int,
    form: NumberForm,
    language: Language,
) -> list[list[Cell]]:
    """Return the cells of each line: groups, parts within and between if any, then the total."""
    indices = [form.cell(known(estimate), language) for estimate in parts.frame["estimate"]]
    total, share, lines = 4 * width, rows[width].form, []
    for group in range(width):
        own, people, part, of_whole = range(group, total, width)
        cells = [
            rows[people].estimate,
            indices[own],
            indices[part],
            rows[of_whole].estimate,
            rows[of_whole].interval,
        ]
        # the remark states why an index has no error; shares without an index are blank
        lines.append(
            [*map(Cell, rows[group].by), *cells, rows[group].respondents, Cell(rows[group].remark)]
        )
    blank = [Cell("")] * (len(parts.by) - 1)
    if len(parts.frame) > total + 1:
        for offset, name in ((1, "within_groups"), (2, "between_groups")):
            of_whole = total + offset + 2
            labels = [Cell(term(f"statistic.{name}", language)), *blank, Cell(""), Cell("")]
            numbers = [indices[total + offset], rows[of_whole].estimate, rows[of_whole].interval]
            lines.append([*labels, *numbers, Cell(""), Cell("")])
    everyone = share.cell(1.0, language)
    last = [
        Cell(term("word.all", language)),
        *blank,
        everyone,
        *[indices[total]] * 2,
        everyone,
        Cell(""),
    ]
    return [*lines, [*last, rows[total].respondents, Cell("")]]


def _index_name(row: EstimateRow) -> str:
    """Return the name of the decomposed index, with its order if it has one."""
    return f"{row.statistic} ({row.category})" if row.category else row.statistic


def _decomposition_title(parts: Decomposition, labels: Codebook, language: Language) -> str:
    """Return the title of a decomposition: index, variable and groups."""
    groups = listed((noun_of(name, labels, language).text for name in parts.by), language)
    (row,) = rows_in_words(parts.rows([0]), language, labels)
    index = f"{_index_name(row)} – {row.variable}"
    return words(f"{index}, {term('word.decomposed_by', language)} {groups}", language)


@registry.drawing.register(Decomposition)
def decomposition_drawing(parts: Decomposition, request: registry.ChartRequest) -> registry.Drawing:
    """Return the drawing of a decomposition: shares of groups in the population and index."""
    if not parts.has_all_parts:
        return estimates_drawing(parts, request)
    width = len(parts.groups)
    groups = [group for group in range(width) if parts.frame["n"].iloc[group] > 0]
    shares = parts.rows([place for group in groups for place in (group + width, group + 3 * width)])
    labels = merged_labels(request.labels, parts.codebook)
    title = both(_decomposition_title, parts, labels)
    return replace(estimates_drawing(shares, request), title=title)
