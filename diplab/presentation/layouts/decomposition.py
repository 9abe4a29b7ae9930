"""A decomposition for print: one line per group, from its share of the population to its share of the index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from diplab.microdata.codebook import Codebook
from diplab.presentation.labels import merged_labels, variable_label
from diplab.presentation.language import term, words
from diplab.presentation.layouts.estimates import confidence_head, estimates_drawing, estimates_sheet
from diplab.presentation.layouts.registry import ChartRequest, Drawing, TableRequest, drawing, layout, sheet_of_columns
from diplab.presentation.layouts.rows import EstimateRow, rows_in_words
from diplab.presentation.numbers import NumberForm, form_of, known
from diplab.presentation.sheet import Align, Cell, Sheet
from diplab.reference.text import LANGUAGES, Language, Text
from diplab.results.estimates import OF_GROUPS, Decomposition

COMPARED = ("population_share", "contribution_share")


@layout.register(Decomposition)
def decomposition_sheet(parts: Decomposition, request: TableRequest) -> Sheet:
    """Return a decomposition as a table for print, everybody in the last line."""
    if not parts.has_all_parts:
        return estimates_sheet(parts, request)
    language, labels = request.language, request.labels_of(parts.codebook)
    of_index = parts.frame[parts.frame["statistic"] == parts.index]
    form = form_of(parts.description_of(parts.index), of_index, "", request.percent, request.decimals)
    rows = rows_in_words(parts, language, labels)
    width = len(parts.groups)
    lines = _lines(parts, rows, width, form, language)
    remarked = any(line[-1].text for line in lines)
    heads = [variable_label(name, labels, language) for name in parts.by]
    heads += [term(f"statistic.{COMPARED[0]}", language), _index_name(rows[0])]
    heads += [term(f"statistic.{name}", language) for name in OF_GROUPS[1:]]
    heads += [confidence_head(parts.provenance, language), term("column.n", language)]
    heads += [term("column.flag", language)] * remarked
    columns: dict[str, tuple[list[Cell], Align]] = {
        head: (list(cells), "left" if at < len(parts.by) or at == len(parts.by) + 6 else "right")
        for at, (head, cells) in enumerate(zip(heads, zip(*lines, strict=True), strict=False))
    }
    return sheet_of_columns(
        columns,
        request,
        title=request.title_or(_title(parts, labels, language)),
        provenance=parts.provenance,
        labels=labels,
        frame=parts.frame,
        remarks=[term("sentence.small_base", language)] if any(row.small for row in rows) else [],
    )


def _lines(
    parts: Decomposition, rows: Sequence[EstimateRow], width: int, form: NumberForm, language: Language
) -> list[list[Cell]]:
    """Return the cells of each line: groups, then what is within and between them where that is told, then all."""
    frame = parts.frame
    value = frame["estimate"].to_numpy(dtype=float)

    def made(place: int) -> Cell:
        return form.cell(known(value[place]), language)

    share = rows[width].form
    lines = []
    for group in range(width):
        own, people, part, of_whole = (group + block * width for block in range(4))
        cells = [Cell(label) for label in rows[group].by]
        cells += [rows[people].estimate, made(own), made(part), rows[of_whole].estimate, rows[of_whole].interval]
        # the remark says why an index has no error; shares without an index are blank
        lines.append([*cells, rows[group].respondents, Cell(rows[group].remark)])
    total = 4 * width
    blank = [Cell("")] * (len(parts.by) - 1)
    if len(frame) > total + 1:
        for offset, name in ((1, "within_groups"), (2, "between_groups")):
            of_whole = total + offset + 2
            labels = [Cell(term(f"statistic.{name}", language)), *blank, Cell(""), Cell("")]
            numbers = [made(total + offset), rows[of_whole].estimate, rows[of_whole].interval]
            lines.append([*labels, *numbers, Cell(""), Cell("")])
    everyone = share.cell(1.0, language)
    last = [Cell(term("word.all", language)), *blank, everyone, made(total), made(total), everyone, Cell("")]
    return [*lines, [*last, rows[total].respondents, Cell("")]]


def _index_name(row: EstimateRow) -> str:
    """Return the name of the index that is decomposed, with its order where it has one."""
    return f"{row.statistic} ({row.category})" if row.category else row.statistic


def _title(parts: Decomposition, labels: Codebook, language: Language) -> str:
    """Return the title of a decomposition: of what, and by what."""
    groups = ", ".join(variable_label(name, labels, language) for name in parts.by)
    (row,) = rows_in_words(parts.rows([0]), language, labels)
    index = f"{_index_name(row)} – {row.variable}"
    return words(f"{index}, {term('word.decomposed_by', language)} {groups}", language)


@drawing.register(Decomposition)
def decomposition_drawing(parts: Decomposition, request: ChartRequest) -> Drawing:
    """Return what a chart shows of a decomposition: the share of each group in the population and in the index."""
    if not parts.has_all_parts:
        return estimates_drawing(parts, request)
    width = len(parts.groups)
    groups = [group for group in range(width) if parts.frame["n"].iloc[group] > 0]
    shares = parts.rows([place for group in groups for place in (group + width, group + 3 * width)])
    labels = merged_labels(request.labels, parts.codebook)
    title = Text(*(_title(parts, labels, language) for language in LANGUAGES))
    return replace(estimates_drawing(shares, request), title=title)
