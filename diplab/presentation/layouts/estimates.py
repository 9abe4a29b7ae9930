"""Plain estimates, survival and decompositions, as tables and as drawings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile
from typing import Any

import numpy as np
import pandas as pd

from diplab.checks import argument
from diplab.errors import OptionError, quoted_names
from diplab.kernel.arrays import Integers
from diplab.microdata.codebook import Codebook
from diplab.presentation.labels import variable_label
from diplab.presentation.language import capital, filled_term, number, rule, term, terms
from diplab.presentation.layouts import registry
from diplab.presentation.layouts.drawings import marks_of_flags
from diplab.presentation.layouts.rows import (
    EstimateRow,
    contrast_word,
    in_order,
    is_total_of_respondents,
    rows_adding_up,
    rows_in_words,
    title_of,
    unit_of,
)
from diplab.presentation.notes import bases_sentence
from diplab.presentation.numbers import known, p_value_columns
from diplab.presentation.sheet import BLANK, INDENT, Align, Cell, Sheet
from diplab.presentation.size_words import have_models, head_of_persons, small_warning
from diplab.reference.text import LANGUAGES, Language
from diplab.results.estimates import Complement, Estimates, Provenance, flags_of
from diplab.results.sizes import Sizes


@registry.layout.register(Estimates)
def estimates_sheet(estimates: Estimates, request: registry.TableRequest) -> Sheet:
    """Return estimates as a table, one row per estimate or with groups side by side."""
    language, labels = request.language, request.labels_of(estimates.codebook)
    if request.sort:
        estimates = in_order(estimates, request.sort)
    if across := _across(estimates, request):
        return wide_sheet(estimates, request, (across,))
    rows = rows_in_words(
        estimates, language, labels, request.percent, request.decimals, unit_in_head=True
    )
    if request.sum_to_100:
        rows = rows_adding_up(estimates, rows, language)
    errors = request.brief or bool(request.shown("std_error"))
    has = {
        "interval": any(row.interval.text for row in rows),
        "n": any(row.respondents.number is not None for row in rows),
        "p_value": not {"p_value", "p_adjusted"}.isdisjoint(estimates.frame),
    }
    hidden = request.hidden(*(name for name, there in has.items() if there))
    columns = estimate_columns(
        estimates, rows, language, labels, errors=errors, brief=request.brief, hidden=hidden
    )
    # on one line of a terminal, if all rows are of the same people, or of the same category of a
    # domain variable
    shared = [*list(columns)[: len(estimates.by)], term(respondents_head(estimates), language)]
    same = [
        name
        for name in shared
        if name in columns and len(set(columns[name][0])) == 1 < len(rows) * request.brief
    ]
    below = tuple((item, columns.pop(item)[0][0].text) for item in same)
    title, remarks = (
        title_of(estimates, rows, language, labels),
        remarks_of(estimates, rows, request),
    )
    frame = without_hidden(estimates.frame, hidden)
    sheet = registry.sheet_of_columns(
        columns, request, title, estimates.provenance, labels, frame, remarks
    )
    return replace(sheet, notes=(*below, *sheet.notes))


def remarks_of(
    estimates: Estimates, rows: Sequence[EstimateRow], request: registry.TableRequest, *more: str
) -> list[str]:
    """Return the lines below a table of estimates."""
    language = request.language
    remarks = []
    if is_total_of_respondents(estimates):
        remarks.append(term("sentence.of_those_who_answered", language))
    remarks.append(bases_sentence(estimates, language))
    bounds = any(row.estimate.number is None and row.interval.text for row in rows)
    if bounds and "interval" not in request.hide:
        remarks.append(term("sentence.bounds", language))
    remarks += more
    if request.sum_to_100:
        remarks.append(term("sentence.sum_to_100", language))
    if any(row.small for row in rows):
        remarks.append(small_warning(estimates, language))
    return list(filter(None, remarks))


def _across(estimates: Estimates, request: registry.TableRequest) -> str:
    """Return the variable whose groups are side by side: as given, or by default for shares."""
    asked = request.columns
    if asked is None:
        shares = bool(len(estimates)) and estimates.rows_described(every_category=True).all()
        several = shares and estimates.frame["category"].nunique() > 1
        if several and estimates.by and not estimates.provenance.contrast:
            return estimates.by[-1]
        return ""
    names = [asked] if isinstance(asked, str) else list(asked)
    if len(names) > 1 or any(column not in estimates.by for column in names):
        found, write = "They have no domain variable.", "Omit `columns`."
        if estimates.by:
            found = f"The estimates are by {quoted_names(estimates.by)}."
            write = "Write one of these, or `columns=()` for one row per estimate."
        raise OptionError(
            f"{argument('columns', asked)} is not one variable by which these were estimated.",
            found,
            write,
        )
    return names[0] if names else ""


_BEHIND = {
    "interval": ("std_error", "ci_low", "ci_high", "cv"),
    "n": ("n", "numerator", "at_risk", "events"),
    "p_value": ("p_value", "p_adjusted"),
}


def without_hidden(frame: pd.DataFrame, hidden: Sequence[str]) -> pd.DataFrame:
    """Return raw numbers without those that would disclose a hidden column."""
    return frame.drop(
        columns=[item for name in hidden for item in _BEHIND.get(name, ())], errors="ignore"
    )


REPEATED = ("repeated_choice", "repeated_choice_percentile")


def estimate_columns(
    estimates: Estimates,
    rows: list[EstimateRow],
    language: Language,
    labels: Codebook | None,
    *,
    errors: bool = False,
    brief: bool = False,
    hidden: Sequence[str] = (),
) -> dict[str, tuple[list[Cell], Align]]:
    """Return the columns of a table of estimates by head: labels, numbers, respondents."""
    columns: dict[str, tuple[list[Cell], Align]] = {}

    def parts(name: str) -> list[Any]:
        return [getattr(row, name) for row in rows]

    for position, name in enumerate(estimates.by):
        head = variable_label(name, labels, language)
        if f"variable.{name}" in terms():
            head = capital(head)
        columns[name if head in columns else head] = (
            [Cell(row.by[position]) for row in rows],
            "left",
        )
    for part in ("statistic", "variable"):
        alike = len(set(parts(part))) < 2
        if alike or (part == "variable" and _statistic_tells_variable(estimates)):
            continue
        columns[term(f"column.{part}", language)] = list(map(Cell, parts(part))), "left"
    if any(parts("category")):
        head = _category_heading(estimates, rows, language)
        columns[head] = list(map(Cell, parts("category"))), "left"
    compared = contrast_word(estimates, language)
    head = capital(compared) or term("column.estimate", language)
    columns[head + unit_of(rows, language)] = parts("estimate"), "right"
    if errors and any(row.std_error.number is not None for row in rows):
        head = term(f"column.std_error{'_brief' if brief else ''}", language)
        columns[head] = parts("std_error"), "right"
    if any(row.interval.text for row in rows) and "interval" not in hidden:
        columns[interval_head(estimates, language, brief=brief)] = parts("interval"), "right"
    columns |= _beside(estimates, rows, language)
    if "p_value" not in hidden:
        columns |= p_value_columns(estimates.frame, language)
    if any(row.respondents.number is not None for row in rows) and "n" not in hidden:
        columns[term(respondents_head(estimates), language)] = parts("respondents"), "right"
    for name in ("numerator", "at_risk", "events"):
        if name in estimates.frame and estimates.frame[name].notna().any() and "n" not in hidden:
            cells = [_count_cell(known(value), language) for value in estimates.frame[name]]
            columns[term(f"column.{name}", language)] = cells, "right"
    if any(parts("remark")):
        columns[term("column.flag", language)] = list(map(Cell, parts("remark"))), "left"
    return columns


def _beside(
    estimates: Estimates, rows: list[EstimateRow], language: Language
) -> dict[str, tuple[list[Cell], Align]]:
    """Return the columns of numbers in the unit of the estimates, such as direct estimates."""
    columns: dict[str, tuple[list[Cell], Align]] = {}
    for name in estimates.beside:
        values = map(known, estimates.frame[name])
        cells = [row.form.cell(value, language) for row, value in zip(rows, values, strict=True)]
        columns[term(f"column.{name}", language)] = cells, "right"
    return columns


def _count_cell(count: float | None, language: Language) -> Cell:
    """Return a count as a cell, empty if it is missing."""
    if count is None:
        return Cell("")
    return Cell(number(count, language), count, "#,##0")


def respondents_head(estimates: Estimates) -> str:
    """Return the term for the count of estimates: persons, rows, respondents, or base."""
    if isinstance(estimates, Sizes):
        return f"column.{head_of_persons(estimates)}"
    if estimates.provenance.is_unweighted:
        # unweighted counts are of rows
        return "column.rows"
    of_shares = set(estimates.kinds) == {"share"} and not isinstance(estimates, Complement)
    return "column.base_n" if of_shares else "column.n"


def _statistic_tells_variable(estimates: Estimates) -> bool:
    """Return whether each statistic of sizes is of one variable, so that its name is clear."""
    variables = estimates.frame.groupby("statistic")["variable"].nunique()
    return isinstance(estimates, Sizes) and len(variables) > 1 and not (variables > 1).any()


def _category_heading(estimates: Estimates, rows: list[EstimateRow], language: Language) -> str:
    """Return the head of the column of categories; models of captures are not answers."""
    if isinstance(estimates, Complement):
        return term("column.base", language)
    if estimates.rows_described(category="time").any():
        return term("column.time", language)
    statistics, alone = (
        set(estimates.frame["statistic"]),
        estimates.frame["variable"].nunique() == 1,
    )
    if alone and statistics == {"predicted_margin"}:
        # predictions by the values of one variable
        return rows[0].variable
    of_models = have_models(estimates) or statistics & set(REPEATED)
    return term(f"column.{'model' if of_models and alone else 'category'}", language)


def interval_head(estimates: Estimates, language: Language, *, brief: bool = False) -> str:
    """Return the head of intervals of estimates: "bounds" if none has a point."""
    frame = estimates.frame[estimates.frame["ci_low"].notna() | estimates.frame["ci_high"].notna()]
    only_bounds = all("bounds" in flags_of(flag) for flag in frame["flag"])
    if len(frame) and only_bounds:
        return term("column.bounds", language)
    level = estimates.provenance.rules.get("confidence")
    if brief and level:
        return rule("interval in brief", level, language)
    return confidence_head(estimates.provenance, language)


def confidence_head(provenance: Provenance, language: Language) -> str:
    """Return the head of a column of intervals, with their level."""
    level = provenance.rules.get("confidence")
    if level is None:
        return term("column.interval", language)
    return capital(rule("interval at", level, language))


OF_ROWS = ("statistic", "variable", "category")
"""The columns that distinguish rows of a domain."""


def wide_sheet(
    estimates: Estimates, request: registry.TableRequest, across: tuple[str, ...]
) -> Sheet:
    """Return estimates with groups, or the statistics of each group (`OF_ROWS`), side by side."""
    language, labels = request.language, request.labels_of(estimates.codebook)
    both = {
        code: rows_in_words(estimates, code, labels, request.percent, request.decimals)
        for code in LANGUAGES
    }
    rows, frame, of_groups = both[language], estimates.frame, across != OF_ROWS
    if request.sum_to_100:
        rows = rows_adding_up(estimates, rows, language)
    hidden = request.hidden("interval", "n", *({"p_value"} & {*frame}))
    columns = estimate_columns(estimates, rows, language, labels, hidden=hidden)
    keys = list(takewhile(lambda key: columns[key][1] == "left", columns))
    aside = [keys[estimates.by.index(across[0])]] if of_groups else keys[len(estimates.by) :]
    stubs = [key for key in keys if key not in aside]
    grid = _grid(frame, [name for name in (*estimates.by, *OF_ROWS) if name not in across], across)
    marks, meaning = marks_of_flags(estimates)
    marked = []
    for row, mark in zip(rows, marks, strict=True):
        marked.append(replace(row.estimate, text=row.estimate.text + mark.in_(language)))
    layers = [("", marked)]
    if "std_error" in request.shown("std_error"):
        errors = [replace(row.std_error, text=f"({row.std_error.text})") for row in rows]
        layers.append(("", errors))
    if "interval" not in hidden:
        layers.append(("", [row.interval for row in rows]))
    beside = (term("column.numerator", language), *p_value_columns(frame, language))
    layers += [(f"{INDENT}{name}", columns[name][0]) for name in beside if name in columns]
    n_head = term(respondents_head(estimates), language)
    alone = rows[0].statistic if of_groups else term("word.all", language)
    names = []
    for line in grid:
        first = line[line >= 0][0]
        names.append([columns[stub][0][first].text for stub in stubs] or [alone])
    counts = columns[n_head][0] if n_head in columns else []
    lines = _wide_lines(grid, names, layers, counts, n_head if of_groups else "")
    heads = []
    for column in grid.T:
        first = column[column >= 0][0]
        head = ", ".join(columns[name][0][first].text for name in aside)
        heads.append(head or rows[first].statistic)
    if counts and not of_groups:
        heads.append(n_head)
    header = [*(stubs or [""]), *heads]
    align: list[Align] = ["left"] * len(names[0])
    align += ["right"] * len(heads)
    title = title_of(estimates, rows, language, labels)
    frame = without_hidden(frame, hidden)
    remarks = remarks_of(estimates, rows, request, meaning.in_(language))
    if "interval" not in hidden and request.rules != "full" and not request.brief:
        # no column and no rule states the level
        level = rule("interval at", str(estimates.provenance.confidence), language)
        remarks.append(filled_term("sentence.in_brackets", language, value=level))
    return registry.sheet_of_lines(
        header, lines, align, request, title, estimates.provenance, labels, frame, remarks
    )


def _grid(frame: pd.DataFrame, down: Sequence[str], across: Sequence[str]) -> Integers:
    """Return the rows of a frame by line and column, in order of appearance; -1 if none."""

    # lines are sorted by groups first, since statistics change more slowly in results
    def number(keys: Sequence[str]) -> Integers:
        grouped = frame.groupby(list(keys), sort=False, dropna=False).ngroup() if keys else 0
        return np.zeros(len(frame), dtype=np.int64) + np.asarray(grouped, dtype=np.int64)

    rest = number([name for name in down if name in OF_ROWS])
    order = (
        number([name for name in down if name not in OF_ROWS]) * (rest.max(initial=0) + 1) + rest
    )
    line, column = np.unique(order, return_inverse=True)[1], number(across)
    grid: Integers = np.full((line.max() + 1, column.max() + 1), -1, dtype=np.int64)
    grid[line, column] = np.arange(len(frame))
    return grid


def _wide_lines(
    grid: Integers,
    names: Sequence[Sequence[str]],
    layers: Sequence[tuple[str, Sequence[Cell]]],
    counts: Sequence[Cell],
    foot: str,
) -> list[list[Cell]]:
    """Return the lines of a wide table, with respondents at the `foot` or at the end."""
    lines: list[list[Cell]] = []
    indent = [BLANK] * (len(names[0]) - 1)
    end = [BLANK] * bool(counts and not foot)
    # the grid has -1, the last cell, where a line has no estimate
    cells_of = [[*cells, BLANK] for _, cells in layers]
    cells_of.append([*counts, BLANK] if counts else [BLANK] * (grid.size + 1))
    placed = [[[cells[at] for at in line] for cells in cells_of] for line in grid]
    above: Sequence[str] = [""] * len(names[0])
    for at, (name, (*of_layers, people)) in enumerate(zip(names, placed, strict=True)):
        # labels of the line above are not repeated, except the fastest changing
        new = 0
        while new < len(indent) and name[new] == above[new]:
            new += 1
        above = name
        n: list[Cell] = []
        if end:
            texts = dict.fromkeys(person.text for person in people)
            n = people[:1] if len(texts) == 1 else [Cell(" – ".join(texts))]
        lines.append([*indent[:new], *map(Cell, name[new:]), *of_layers[0], *n])
        for (word, _), shown in zip(layers[1:], of_layers[1:], strict=True):
            if any(cell.text for cell in shown):
                lines.append([*indent, Cell(word), *shown, *end])
        if counts and foot and (at + 1 == len(grid) or placed[at + 1][-1] != people):
            lines.append([*indent, Cell(foot), *people])
    return lines
