"""The cells of one crosstab as printed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from diplab.presentation.estimate_rows import SMALL
from diplab.presentation.labels import variable_label
from diplab.presentation.language import number
from diplab.presentation.number_form import NumberForm, known
from diplab.presentation.punctuation import NO_BREAK
from diplab.presentation.sheet import Cell
from diplab.presentation.terms import term
from diplab.presentation.value_labels import value_label
from diplab.results.crosstab import column_letter
from diplab.sampling.engines.columns import MISSING

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook
    from diplab.reference.text import Language
    from diplab.results.crosstab import Crosstab

__all__ = ["NOTHING_SAID", "Panel", "label_of", "respondents"]

NOTHING_SAID = Cell("")


def label_of(name: str, value: Any, labels: Codebook, language: Language) -> str:
    """Return the label of a category of a table; no answer has its own words."""
    return (
        term("missing.system", language) if value == MISSING else value_label(name, value, labels, language)
    )


@dataclass(frozen=True)
class Marginal:
    """A share of the margins, with its interval."""

    share: Cell
    interval: Cell


class Panel:
    """The cells of one crosstab as printed, by group, row and column."""

    def __init__(
        self, table: Crosstab, language: Language, labels: Codebook, form: NumberForm, *, named: bool
    ) -> None:
        # the variable of the columns is named over them where there are several
        self.table = table
        self.language = language
        self.form = form
        cells = table.cells.frame
        self.rows = table.categories(table.row)
        self.columns = table.categories(table.column) if table.column else [None]
        self.groups = len(cells) // (len(self.rows) * len(self.columns))
        self.shape = (self.groups, len(self.rows), len(self.columns))
        self.letters = table.shares == "column" and any(table.larger_than)
        self.header = [self._head(at, labels) for at in range(len(self.columns))]
        over = variable_label(table.column, labels, language) if named and table.column else ""
        self.over = [over] * len(self.columns)
        self._share = cells["estimate"].to_numpy(dtype=float).reshape(self.shape)
        self._low = cells["ci_low"].to_numpy(dtype=float).reshape(self.shape)
        self._high = cells["ci_high"].to_numpy(dtype=float).reshape(self.shape)
        # over imputations the respondents of cells do not add up: each base has its own number
        of_row = (table.rows if table.column else table.counts).frame["n"]
        self._of_row = of_row.to_numpy().reshape(self.shape)[:, :, 0]
        self._of_column = table.columns.frame["n"].to_numpy().reshape(self.shape)[:, 0, :]
        self._of_group = table.shares_of["cell"].frame["n"].to_numpy().reshape(self.shape)[:, 0, 0]

    def _head(self, at: int, labels: Codebook) -> str:
        name = self.table.column
        if name is None:
            return term("statistic.share", self.language)
        head = label_of(name, self.columns[at], labels, self.language)
        return f"{head}{NO_BREAK}({column_letter(at)})" if self.letters else head

    def shares(self, group: int, row: int) -> list[Cell]:
        """Shares of a row."""
        return [self.form.cell(known(each), self.language) for each in self._share[group, row]]

    def intervals(self, group: int, row: int) -> list[Cell]:
        """Their intervals."""
        bounds = zip(self._low[group, row], self._high[group, row], strict=True)
        return [self.form.between(low, high, self.language) for low, high in bounds]

    def larger(self, group: int, row: int) -> list[Cell]:
        """The letters of the columns that each is larger than; empty where they are not printed."""
        if not self.letters:
            return [NOTHING_SAID] * len(self.columns)
        start = (group * len(self.rows) + row) * len(self.columns)
        return [Cell(each) for each in self.table.larger_than[start : start + len(self.columns)]]

    def respondents_of_columns(self, group: int) -> list[Cell]:
        """Respondents of each column."""
        return [respondents(int(each), self.language) for each in self._of_column[group]]

    def respondents_of_group(self, group: int) -> Cell:
        """Respondents of the group."""
        return respondents(int(self._of_group[group]), self.language)

    def respondents_of_row(self, group: int, row: int) -> Cell:
        """Respondents of a row."""
        return respondents(int(self._of_row[group, row]), self.language)

    def margin_of_row(self, group: int, row: int) -> Marginal:
        """Share of a row in its group."""
        return self._margin(group * len(self.rows) + row)

    def margins_of_columns(self, group: int) -> list[Marginal]:
        """Share of each column in its group."""
        start = self.groups * len(self.rows) + group * len(self.columns)
        return [self._margin(start + at) for at in range(len(self.columns))]

    def _margin(self, at: int) -> Marginal:
        line = self.table.margins.frame.iloc[at]
        return Marginal(
            self.form.cell(known(line["estimate"]), self.language),
            self.form.between(line["ci_low"], line["ci_high"], self.language),
        )

    @property
    def whole(self) -> Cell:
        """One hundred per cent."""
        return self.form.cell(1.0, self.language)


def respondents(count: int, language: Language) -> Cell:
    """Return a number of respondents, marked where it is small."""
    if 0 < count < SMALL:
        return Cell(f"{number(count, language)}{NO_BREAK}*", count, '#,##0" *"')
    return Cell(number(count, language), count, "#,##0")
