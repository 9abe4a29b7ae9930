"""Combined tables: groups side by side, several results, counts with percentages, summaries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import pandas as pd

from diplab.microdata.codebook import Codebook
from diplab.presentation.labels import noun_of, variable_label
from diplab.presentation.language import Noun, cut_by, semicolon, term, words
from diplab.presentation.layouts import registry
from diplab.presentation.layouts.estimates import OF_ROWS, wide_sheet
from diplab.presentation.layouts.rows import EstimateRow, rows_in_words, title_of
from diplab.presentation.notes import merged_notes
from diplab.presentation.sheet import BLANK, INDENT, Align, Cell, Sheet, detail_of
from diplab.reference.text import Language
from diplab.results.estimates import Estimates


@dataclass(frozen=True)
class _NamedEstimates:
    """One of several results in a table: name, result, rows in words, labels."""

    name: str
    estimates: Estimates
    rows: list[EstimateRow]
    labels: Codebook

    def by(self, language: Language) -> list[str]:
        """Its groups in words."""
        return [variable_label(name, self.labels, language) for name in self.estimates.by]

    def cut(self, language: Language) -> list[Noun]:
        """Its groups as nouns."""
        return [noun_of(name, self.labels, language) for name in self.estimates.by]

    def title(self, language: Language) -> str:
        """The statistic and the variable, without the groups."""
        return title_of(replace(self.estimates, by=()), self.rows, language, self.labels)


@registry.layout_of_several.register(Estimates)
def estimates_together(
    first: Estimates, results: Mapping[str, Estimates], request: registry.TableRequest
) -> Sheet:
    """Return several results as one table: side by side if they have the same rows."""
    language, parts = request.language, []
    for at, (name, item) in enumerate(results.items()):
        if not isinstance(item, Estimates):
            raise registry.not_estimates("table", item)
        labels = request.labels_of(item.codebook)
        rows = rows_in_words(item, language, labels, request.percent)
        parts.append(_NamedEstimates("" if name == str(at) else name, item, rows, labels))
    every = [row for part in parts for row in part.rows]
    if request.decimals is None and len({row.statistic for row in every}) == 1:
        request = replace(request, decimals=max(row.form.decimals for row in every))
    title = semicolon(language).join(dict.fromkeys(part.title(language) for part in parts))
    cut = dict.fromkeys(noun for part in parts for noun in part.cut(language))
    sheets, sheet = _sheets_together(first, parts, request)
    details = [pd.DataFrame(one.detail[1:], columns=one.detail[0]) for one in sheets]
    return replace(
        sheet,
        title=request.title_or(words(cut_by(title, cut, language), language)),
        notes=_in_order(merged_notes(one.notes for one in sheets), language),
        detail=detail_of(pd.concat(details)),
    )


def _sheets_together(
    first: Estimates, parts: Sequence[_NamedEstimates], request: registry.TableRequest
) -> tuple[list[Sheet], Sheet]:
    """Return the table of each result, and all of them as one."""
    language = request.language
    same_by = bool(first.by) and len({part.estimates.by for part in parts}) == 1
    each_sheet: Callable[..., Sheet] = registry.layout
    if not same_by:
        request = replace(request, columns=())
        frames = (part.estimates.frame for part in parts)
        if any(len(frame[[*OF_ROWS]].drop_duplicates()) > 1 for frame in frames):
            each_sheet = partial(wide_sheet, across=OF_ROWS)
    sheets = [each_sheet(part.estimates, request=request) for part in parts]
    keys = [[row[: _keys_of(sheet)] for row in sheet.rows] for sheet in sheets]
    if same_by and all(key == keys[0] for key in keys):
        return sheets, _side_by_side(sheets, [part.name or part.title(language) for part in parts])
    heads = [part.rows[0].variable for part in parts]
    if not same_by:
        heads = [", ".join(part.by(language)) for part in parts]
    if not any(heads):
        heads = [part.title(language) for part in parts]
    heads = [part.name or head for part, head in zip(parts, heads, strict=True)]
    return sheets, _below_each_other(sheets, heads, [not part.estimates.by for part in parts])


def _keys_of(sheet: Sheet) -> int:
    """Return the number of first columns that label lines."""
    return next((at for at, side in enumerate(sheet.align) if side != "left"), 0)


def _side_by_side(sheets: Sequence[Sheet], names: Sequence[str]) -> Sheet:
    """Return sheets of the same lines as one, each under its name."""
    keys = _keys_of(sheets[0])
    header, align = sheets[0].header[:keys], sheets[0].align[:keys]
    over = ("",) * keys
    rows = [row[:keys] for row in sheets[0].rows]
    for sheet, name in zip(sheets, names, strict=True):
        header += sheet.header[keys:]
        align += sheet.align[keys:]
        over += (name,) * len(sheet.header[keys:])
        rows = [row + line[keys:] for row, line in zip(rows, sheet.rows, strict=True)]
    return replace(sheets[0], header=header, align=align, over=over, rows=tuple(rows))


def _below_each_other(
    sheets: Sequence[Sheet], heads: Sequence[str], everybody: Sequence[bool]
) -> Sheet:
    """Return sheets as blocks of one, indented under headings, with the total last."""
    keys = list(map(_keys_of, sheets))
    columns = []
    sides: dict[tuple[str, int], Align] = {}
    for sheet, at in zip(sheets, keys, strict=True):
        title = sheet.header[at:]
        # two categories may have one label
        columns.append(
            [(head, title[:position].count(head)) for position, head in enumerate(title)]
        )
        sides |= zip(columns[-1], sheet.align[at:], strict=True)
    rows: list[tuple[Cell, ...]] = []
    total: list[tuple[Cell, ...]] = []
    for sheet, at, own, head, whole in zip(sheets, keys, columns, heads, everybody, strict=True):
        block = []
        for position, line in enumerate(sheet.rows):
            name = ", ".join(cell.text for cell in line[:at] if cell.text)
            if whole:
                name = (head or term("word.all", sheet.language)) * (not position)
            elif name:
                name = INDENT + name
            cells = dict(zip(own, line[at:], strict=True))
            block.append((Cell(name), *(cells.get(side, BLANK) for side in sides)))
        if not whole:
            rows += [(Cell(head), *[BLANK] * len(sides)), *block]
        elif not total or all(everybody):  # once, unless all results are of the total
            total += block
    header = ("", *(head for head, _ in sides))
    return replace(
        sheets[0], header=header, align=("left", *sides.values()), rows=(*rows, *total), over=()
    )


def _in_order(notes: Mapping[str, str], language: Language) -> tuple[tuple[str, str], ...]:
    """Return notes in their printed order; other labels come first."""
    names = (
        "note",
        "reading",
        "coverage",
        "source",
        "status",
        "rules",
        "disclosure",
        "missing",
        "assumptions",
    )
    order = [term(f"note.{name}", language) for name in names]
    labels = sorted(notes, key=lambda label: order.index(label) if label in order else 0)
    return tuple((label, notes[label]) for label in labels)
