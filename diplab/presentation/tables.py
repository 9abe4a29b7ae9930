"""Tables for print: estimates in words, with base, source, status and the rules in force below them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import pandas as pd

from diplab.checks import check_one_of
from diplab.microdata.codebook import Codebook
from diplab.presentation._save import remembered
from diplab.presentation.language import number, term, words

# plain estimates, which most results are, load no other layout
from diplab.presentation.layouts import estimates as _estimates  # noqa: F401
from diplab.presentation.layouts.registry import TableRequest, layout, load_layouts
from diplab.presentation.notes import Notes, sentences_of_rules
from diplab.presentation.sheet import Align, Cell, PrintedTable, Sheet, on_console, printed_table, stacked
from diplab.reference.text import NO_BREAK, Language, Text
from diplab.results.crosstab import Crosstab
from diplab.results.estimates import Estimates, Provenance

if TYPE_CHECKING:
    from diplab.microdata.jobs.rules import JobRules
    from diplab.microdata.quality.findings import Quality
    from diplab.results.comparison import Comparison
    from diplab.results.plan import Plan
    from diplab.results.population_comparison import PopulationComparison
    from diplab.results.test import Test


Shown: TypeAlias = Literal["std_error", "residuals", "association"]
"""What a table may print beside its estimates."""


@remembered
def table(
    estimates: Estimates
    | Comparison
    | Crosstab
    | Test
    | Plan
    | Quality
    | PopulationComparison
    | JobRules
    | pd.DataFrame,
    language: Language = "en",
    *,
    title: Text | str | None = None,
    labels: Codebook | None = None,
    notes: Notes | None = None,
    percent: bool | None = None,
    decimals: int | None = None,
    show: Shown | Sequence[Shown] = (),
    align: Mapping[str, Align] | None = None,
    numbers: pd.DataFrame | None = None,
) -> PrintedTable:
    r"""Return estimates as a table for print, in French or in English.

    Parameters
    ----------
    estimates : Estimates, Comparison, Crosstab, Test, Plan, Quality, PopulationComparison, JobRules, DataFrame
        The numbers, one row per estimate (one line per term for a regression); or a crosstab, or several side by side;
        or a test; or a plan; or the quality of a file; or shares beside one of the population; or the rules of the main
        job; or a published study rerun, whose table is in its own language and
        takes no other option; or a frame of one's own, whose words are printed as they are and whose numbers in the
        manner of the language.
    language : {"fr", "en"}
        Language of the reader.
    title : Text or str, optional
        Title above; by default the statistic, the variable and the domain variables.
    labels : Codebook, optional
        Labels of variables and answers; by default the codebook of the estimates.
    notes : Notes, optional
        *Lecture*, *Champ*, *Source*, note and unit; what is missing there is taken from the provenance.
    percent : bool, optional
        Print estimates as percentages; by default shares and rates are. Their differences are in points.
    decimals : int, optional
        Digits after the decimal mark; by default chosen from the standard errors.
    show : {"std_error", "residuals", "association"} or a list of them
        What is printed beside: of estimates their standard errors; of a crosstab of two variables the standardised
        residual of each cell, and below Cramér's V and the odds ratio.
    align : mapping of str to {"left", "center", "right"}, optional
        Of a frame of one's own, by column; numbers are aligned right and words left by default.
    numbers : pandas.DataFrame, optional
        Of a frame of one's own whose numbers are words already: the numbers behind them, for spreadsheets.

    Returns
    -------
    great_tables.GT
        The table, with its plain content in `.sheet`; `diplab.save` writes it down.

    Raises
    ------
    OptionError
        For another language, and for a thing that is neither estimates nor a comparison.

    Examples
    --------
    >>> import pandas as pd
    >>> import diplab as dl
    >>> people = pd.DataFrame({"hours": [10.0, 20.0, 30.0, 40.0] * 3})
    >>> shown = dl.table(dl.estimate(dl.declare_design(people), dl.mean("hours")), language="fr")
    >>> shown.sheet.header
    ('Estimation', 'Intervalle de confiance à 95\xa0%', 'Répondants')
    """
    if isinstance(estimates, pd.DataFrame):
        return _of_frame(estimates, language, title, notes, decimals, align, numbers)
    load_layouts(type(estimates), layout.registry)
    beside = (show,) if isinstance(show, str) else tuple(show)
    for each in beside:
        check_one_of("show", each, Shown)
    request = TableRequest(
        language=language, title=title, labels=labels, notes=notes, percent=percent, decimals=decimals, show=beside
    )
    if layout.dispatch(type(estimates)) not in map(layout.dispatch, (Estimates, Crosstab)):
        request.shown()
    return printed_table(layout(estimates, request))


MOST_LINES = 100
"""Lines of a table that a terminal shows, of which there may be thousands."""
MOST_COLUMNS = 5
_LEFT_TO_TABLES = ("note.status", "note.source", "note.rules")


def printed(result: object) -> str:
    """Return a result as a terminal shows it: its labels, its numbers, its base and what is missing, in English.

    The source, the status and the rules are printed by `table`, but for those without which numbers mislead.
    """
    load_layouts(type(result), layout.registry)
    short, questions = _short_labels(getattr(result, "codebook", None) or Codebook())
    sheet = layout(result, TableRequest(language="en", brief=True, labels=short if len(short) else None))
    left = {term(name, "en") for name in _LEFT_TO_TABLES}
    notes = [each for each in sheet.notes if each[0] not in left]
    if isinstance(record := getattr(result, "provenance", None), Provenance):
        notes += [("", each) for each in [sentences_of_rules(record, "en", short)] if each]
    texts = " ".join((sheet.title, *sheet.header, *(cell.text for row in sheet.rows for cell in row), *map(str, notes)))
    notes += [each for each in questions.items() if re.search(rf"(?<!\w){re.escape(each[0])}(?!\w)", texts)]
    if len(sheet.rows) > MOST_LINES:
        hidden = f"{len(sheet.rows) - MOST_LINES:,} more lines are in `.frame`."
        notes.insert(0, ("", hidden))
    sheet = replace(sheet, rows=sheet.rows[:MOST_LINES], notes=tuple(notes))
    if len(sheet.rows) == 1 and len(sheet.header) > MOST_COLUMNS:
        sheet = stacked(sheet)  # one line of many numbers, as a test
    width = min(max(get_terminal_size((100, 24)).columns, 60), 100)
    return "\n".join(line.rstrip() for line in on_console(sheet, width).splitlines()).replace(NO_BREAK, " ")


WIDEST_LABEL = 40
"""Of a variable in a terminal: beyond, it is a question, which stands once below, and its name above."""


def _short_labels(codebook: Codebook) -> tuple[Codebook, dict[str, str]]:
    """Return a codebook in which long labels of variables are their names, and these labels by name."""
    long = {name: each.label.en for name, each in codebook.variables.items() if len(each.label.en) > WIDEST_LABEL}
    short = {name: replace(codebook[name], label=Text.same(name)) for name in long}
    return replace(codebook, variables={**codebook.variables, **short}), long


def _of_frame(
    frame: pd.DataFrame,
    language: Language,
    title: Text | str | None,
    notes: Notes | None,
    decimals: int | None,
    align: Mapping[str, Align] | None,
    numbers: pd.DataFrame | None,
) -> PrintedTable:
    """Lay out a frame that is no result: words as they are, numbers in the manner of the language."""
    if frame.index.names != [None]:
        frame = frame.reset_index()
    numeric = [str(name) for name in frame if pd.api.types.is_numeric_dtype(frame[name])]
    cells = frame.astype(object)
    for name in numeric:
        column = frame[name].astype(float)
        digits = decimals if decimals is not None else (0 if (column.dropna() % 1 == 0).all() else 1)
        cells[name] = [number(value, language, digits) for value in column]
    sides: dict[str, Align] = dict.fromkeys(numeric, "right")
    # the index is given for frames without a number
    behind = pd.DataFrame(
        {str(name): frame[name] if name in numeric else math.nan for name in frame}, index=frame.index
    )
    return table_of(
        cells,
        title or "",
        notes.unit if notes else "",
        notes.lines(language) if notes else (),
        sides | dict(align or {}),
        language=language,
        numbers=behind if numbers is None else numbers,
    )


def table_of(
    frame: pd.DataFrame,
    title: Text | str = "",
    subtitle: Text | str = "",
    notes_lines: Sequence[str | tuple[str, str]] = (),
    align: Mapping[str, Align] | None = None,
    *,
    language: Language = "en",
    numbers: pd.DataFrame | None = None,
) -> PrintedTable:
    """Return any frame of strings as a table for print; French words get their no-break spaces here.

    `numbers` has the shape of `frame`: the numbers behind the cells, NaN where a cell is words, for spreadsheets.
    """
    header = [str(name) for name in frame.columns]
    chosen = align or {}
    cells = tuple(
        tuple(_cell(words(str(value), language), numbers, row, column) for column, value in enumerate(values))
        for row, values in enumerate(frame.itertuples(index=False, name=None))
    )
    return printed_table(
        Sheet(
            title=words(title, language),
            subtitle=words(subtitle, language),
            header=tuple(words(name, language) for name in header),
            rows=cells,
            align=tuple(chosen.get(name, "left") for name in header),
            notes=tuple(_note(each, language) for each in notes_lines),
            language=language,
        )
    )


def _cell(text: str, numbers: pd.DataFrame | None, row: int, column: int) -> Cell:
    value: Any = None if numbers is None else numbers.iat[row, column]
    return Cell(text) if value is None or pd.isna(value) else Cell(text, float(value))


def _note(note: str | tuple[str, str], language: Language) -> tuple[str, str]:
    label, content = ("", note) if isinstance(note, str) else note
    return label, words(content, language)
