"""Crosstabs for print: shares over their intervals, totals, respondents, letters of columns, and the test below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from diplab.microdata.variable import code_text
from diplab.presentation.conventions import conventions
from diplab.presentation.crosstab_notes import letters_sentence, shown_provenance, with_tests
from diplab.presentation.crosstab_panel import NOTHING_SAID, Panel, label_of
from diplab.presentation.detail import detail_of
from diplab.presentation.expected_shares import expected_shares
from diplab.presentation.labels import labels_over, variable_label
from diplab.presentation.number_form import NumberForm
from diplab.presentation.punctuation import words
from diplab.presentation.sheet import Cell, Sheet
from diplab.presentation.tables import dressed
from diplab.presentation.terms import term
from diplab.results.crosstab import Banner

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook
    from diplab.presentation.notes import Notes
    from diplab.presentation.sheet import Align, PrintedTable
    from diplab.reference.text import Language, Text
    from diplab.results.crosstab import Crosstab

__all__ = ["crosstab_table", "crosstab_title"]


def crosstab_table(
    result: Crosstab | Banner,
    language: Language,
    title: Text | str | None = None,
    labels: Codebook | None = None,
    notes: Notes | None = None,
    decimals: int | None = None,
) -> PrintedTable:
    """Return a crosstab, or a banner of several, as a table for print.

    Parameters
    ----------
    result : Crosstab or Banner
    language : {"fr", "en"}
        Language of the reader.
    title, labels, notes, decimals
        As in `table`.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"sex": list("ffmm"), "pay": ["low", "high", "low", "low"]})
    >>> found = dl.crosstab(dl.declare_design(people), "sex", "pay", shares="row")
    >>> shown = crosstab_table(found, "fr")
    >>> shown.sheet.header
    ('sex', 'high', 'low', 'Total', 'Répondants')
    >>> [cell.text for cell in shown.sheet.rows[0]] == ["f", "50,0\u00a0%", "50,0\u00a0%", "100,0\u00a0%", "2\u00a0*"]
    True
    """
    tables = result.tables if isinstance(result, Banner) else (result,)
    first = tables[0]
    labels = labels_over(labels, first.cells.codebook)
    form = NumberForm("percent", 1 if decimals is None else decimals)
    banner = isinstance(result, Banner)
    panels = [Panel(each, language, labels, form, named=banner) for each in tables]
    alone = Panel(result.alone, language, labels, form, named=False) if isinstance(result, Banner) else None
    layout = _Layout(panels, alone, first, language, labels)
    lines = layout.lines()
    small = any(cell.form.endswith('" *"') for line in lines for cell in line)
    remarks = (
        [letters_sentence(first, language, several=banner)] if any(panel.letters for panel in panels) else []
    )
    remarks += [term("sentence.small_base", language)] if small else []
    heads, over = layout.heads()
    keys = len(first.by) + 1
    align: list[Align] = ["left" if place < keys else "right" for place in range(len(heads))]
    provenance = shown_provenance(result, letters=any(panel.letters for panel in panels))
    below = conventions(provenance, language, notes, tuple(remarks), labels)
    return dressed(
        Sheet(
            title=crosstab_title(tables, language, labels) if title is None else words(title, language),
            subtitle=words(notes.unit, language) if notes and notes.unit else _subtitle(first, language),
            header=heads,
            rows=tuple(tuple(line) for line in lines),
            align=tuple(align),
            notes=with_tests(below, tables, language, labels),
            language=language,
            detail=detail_of(result.frame),
            over=over if banner else (),
        )
    )


def crosstab_title(tables: tuple[Crosstab, ...], language: Language, labels: Codebook) -> str:
    """Return the title of tables that were given none: their variables, and those of their groups."""
    first = tables[0]
    row = variable_label(first.row, labels, language)
    columns = [variable_label(each.column, labels, language) for each in tables if each.column]
    head = f"{row} × {', '.join(columns)}" if columns else row
    if not first.by:
        return head
    groups = ", ".join(variable_label(name, labels, language) for name in first.by)
    return f"{head}, {term('word.by', language)} {groups}"


def _subtitle(first: Crosstab, language: Language) -> str:
    return "" if first.column is None else term(f"crosstab.{first.shares}", language)


def _said(line: list[Cell]) -> list[list[Cell]]:
    """Return a line of a table, or none where it says nothing."""
    return [line] if any(cell.text for cell in line) else []


@dataclass(frozen=True, eq=False)
class _Layout:
    """The lines of a printed crosstab: each row over its intervals and letters, then margins and respondents.

    The last columns are the margin of the rows and their respondents; those of a banner are about the variable of the
    rows alone, since each of its panels has its own base.
    """

    panels: list[Panel]
    alone: Panel | None
    first: Crosstab
    language: Language
    labels: Codebook

    @property
    def kind(self) -> str:
        """Of what the shares are shares; one variable alone is laid out by itself."""
        return "alone" if self.first.column is None else self.first.shares

    @property
    def expected(self) -> dict[str, float]:
        """The share of each category that those of the table were tested against, if they were."""
        return expected_shares(self.first.cells.provenance)

    def heads(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the titles of all columns, and what stands over them: the variable of each panel."""
        names = [
            variable_label(name, self.labels, self.language) for name in (*self.first.by, self.first.row)
        ]
        ends = self.ends_header()
        heads = [*names, *(head for panel in self.panels for head in panel.header), *ends]
        over = [
            *("" for _ in names),
            *(each for panel in self.panels for each in panel.over),
            *("" for _ in ends),
        ]
        return tuple(heads), tuple(over)

    def ends_header(self) -> list[str]:
        """Return the titles of the last columns."""
        n, everybody = term("column.n", self.language), term("word.all", self.language)
        if self.kind == "alone":
            return [*([term("crosstab.expected", self.language)] if self.expected else []), n]
        if self.kind == "row" and self.alone:
            return [n]
        if self.kind == "row":
            return [term("crosstab.total", self.language), n]
        return [everybody] if self.kind == "column" else [everybody, n]

    def lines(self) -> list[list[Cell]]:
        """Return every line, by group."""
        names = list(self.first.by)
        groups = list(dict.fromkeys(self.first.cells.frame[names].itertuples(index=False, name=None))) or [()]
        lines: list[list[Cell]] = []
        for group, values in enumerate(groups):
            head = [
                label_of(name, value, self.labels, self.language)
                for name, value in zip(names, values, strict=True)
            ]
            for at, line in enumerate(self._body(group) + self._foot(group)):
                lines.append([Cell(each if at == 0 else "") for each in head] + line)
        return lines

    def _body(self, group: int) -> list[list[Cell]]:
        lines = []
        for row, category in enumerate(self.panels[0].rows):
            label = Cell(label_of(self.first.row, category, self.labels, self.language))
            ends, under = self._row_ends(group, row)
            shares = [each for panel in self.panels for each in panel.shares(group, row)]
            bounds = [each for panel in self.panels for each in panel.intervals(group, row)]
            letters = [each for panel in self.panels for each in panel.larger(group, row)]
            lines.append([label, *shares, *ends])
            lines += _said([NOTHING_SAID, *bounds, *under])
            lines += _said([NOTHING_SAID, *letters, *(NOTHING_SAID for _ in ends)])
        return lines

    def _row_ends(self, group: int, row: int) -> tuple[list[Cell], list[Cell]]:
        """Return the last cells of a row, and what stands under them."""
        panel = self.alone or self.panels[0]
        n = panel.respondents_of_row(group, row)
        if self.kind == "alone":
            code = code_text(self.panels[0].rows[row])
            given = [panel.form.cell(self.expected.get(code), self.language)] if self.expected else []
            return [*given, n], [NOTHING_SAID for _ in (*given, n)]
        if self.kind == "row" and self.alone:
            return [n], [NOTHING_SAID]
        if self.kind == "row":
            return [panel.whole if n.number else NOTHING_SAID, n], [NOTHING_SAID, NOTHING_SAID]
        margin = panel.margin_of_row(group, row)
        if self.kind == "column":
            return [margin.share], [margin.interval]
        return [margin.share, n], [margin.interval, NOTHING_SAID]

    def _foot(self, group: int) -> list[list[Cell]]:
        """Return the last lines of a group: the margin of the columns, and their respondents."""
        whole, n = self.panels[0].whole, (self.alone or self.panels[0]).respondents_of_group(group)
        total, everyone = Cell(term("crosstab.total", self.language)), Cell(term("word.all", self.language))
        if self.kind == "alone":
            wholes = [whole, whole] if self.expected else [whole]
            return [[everyone, NOTHING_SAID, n] if self.first.several else [total, *wholes, n]]
        counted = [each for panel in self.panels for each in panel.respondents_of_columns(group)]
        of_columns = [Cell(term("column.n", self.language)), *counted, n]
        if self.kind == "column":
            wholes = [whole if each.number else NOTHING_SAID for each in counted]
            return [of_columns] if self.first.several else [[total, *wholes, whole], of_columns]
        margins = [each for panel in self.panels for each in panel.margins_of_columns(group)]
        last = [n] if self.kind == "row" and self.alone else [whole, n]
        lines = [
            [everyone, *(each.share for each in margins), *last],
            [NOTHING_SAID, *(each.interval for each in margins), *(NOTHING_SAID for _ in last)],
        ]
        return [*lines, [*of_columns, NOTHING_SAID]] if self.kind == "cell" else lines
