"""Combined tables: groups side by side, several results, counts with percentages, summaries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import pandas as pd

from diplab.microdata.codebook import Codebook
from diplab.presentation.labels import nouns_of, variable_labels
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
        return variable_labels(self.estimates.by, self.labels, language)

    def cut(self, language: Language) -> list[Noun]:
        """Its groups as nouns."""
        return nouns_of(self.estimates.by, self.labels, language)

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
    titles: dict[str, None] = {}
    cut: dict[Noun, None] = {}
    for part in parts:
        titles[part.title(language)] = None
        cut |= dict.fromkeys(part.cut(language))
    title = semicolon(language).join(titles)
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
    titles = [part.name or part.title(language) for part in parts]
    stubs = list(map(_labels_of_lines, sheets))
    if same_by and stubs.count(stubs[0]) == len(stubs):
        return sheets, _side_by_side(sheets, titles)
    heads = [part.rows[0].variable for part in parts]
    if not same_by:
        heads = [", ".join(part.by(language)) for part in parts]
    if not any(heads):
        heads = titles
    heads = [part.name or head for part, head in zip(parts, heads, strict=True)]
    return sheets, _below_each_other(sheets, heads, [not part.estimates.by for part in parts])


def _labels_of_lines(sheet: Sheet) -> list[tuple[Cell, ...]]:
    """Return the cells that label each line."""
    return [row[: sheet.stub] for row in sheet.rows]


def _side_by_side(sheets: Sequence[Sheet], names: Sequence[str]) -> Sheet:
    """Return sheets of the same lines as one, each under its name."""
    keys = sheets[0].stub
    header, align = sheets[0].header[:keys], sheets[0].align[:keys]
    over = ("",) * keys
    rows = _labels_of_lines(sheets[0])
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
    sides: dict[tuple[str, int], Align] = {}
    for sheet in sheets:
        sides |= zip(_columns_of(sheet), sheet.align[sheet.stub :], strict=True)
    rows: list[tuple[Cell, ...]] = []
    total: list[tuple[Cell, ...]] = []
    for sheet, head, whole in zip(sheets, heads, everybody, strict=True):
        block = []
        for position, (line, texts) in enumerate(zip(sheet.rows, sheet.texts, strict=True)):
            name = ", ".join(filter(None, texts[: sheet.stub]))
            if whole:
                name = (head or term("word.all", sheet.language)) * (not position)
            elif name:
                name = INDENT + name
            cells = dict.fromkeys(sides, BLANK)
            cells |= zip(_columns_of(sheet), line[sheet.stub :], strict=True)
            block.append((Cell(name), *cells.values()))
        if not whole:
            rows += [(Cell(head), *[BLANK] * len(sides)), *block]
        elif not total or all(everybody):  # once, unless all results are of the total
            total += block
    header = ("", *(head for head, _ in sides))
    return replace(
        sheets[0], header=header, align=("left", *sides.values()), rows=(*rows, *total), over=()
    )


def _columns_of(sheet: Sheet) -> list[tuple[str, int]]:
    """Return the heads of columns of numbers, each with its rank among those of the same head."""
    # two categories may have one label
    heads = sheet.header[sheet.stub :]
    return [(head, heads[:at].count(head)) for at, head in enumerate(heads)]


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
    place = registry.positions(term(f"note.{name}", language) for name in names)
    return tuple(sorted(notes.items(), key=lambda note: place.get(note[0], 0)))
