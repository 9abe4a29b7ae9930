"""The public verb that makes tables for print, and the display of results in terminals."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import pandas as pd

from diplab.checks import check_one_of
from diplab.microdata.codebook import Codebook
from diplab.presentation.labels import Labels, as_codebook
from diplab.presentation.language import check_language, number, term, words

# plain estimates, the most frequent results, load no other layout
from diplab.presentation.layouts import estimates as _estimates  # noqa: F401
from diplab.presentation.layouts import registry
from diplab.presentation.layouts.rows import with_unit
from diplab.presentation.made import remembered
from diplab.presentation.notes import Notes, Rules, sentences_of_rules
from diplab.presentation.numbers import known
from diplab.presentation.sheet import (
    Align,
    Cell,
    PrintedTable,
    Sheet,
    on_console,
    printed_table,
    stacked,
)
from diplab.reference.text import NO_BREAK, Language, Text
from diplab.results.estimates import Estimates, Provenance
from diplab.results.regression import MarginalEffects, Regression
from diplab.results.tables import Crosstab, Summary

if TYPE_CHECKING:
    from diplab.microdata.disclosure import DisclosureRisk
    from diplab.microdata.jobs.rules import JobRules
    from diplab.microdata.quality import Quality
    from diplab.results.comparison import Comparison, PopulationComparison
    from diplab.results.hypothesis_test import Test
    from diplab.results.plan import Plan


Shown: TypeAlias = Literal[
    "std_error",
    "residuals",
    "association",
    "interval",
    "n",
    "n_percent",
    "counts",
    "row_percent",
    "column_percent",
    "stars",
]
"""What a table may print in addition to its estimates."""

Hidden: TypeAlias = Literal["interval", "letters", "n", "p_value"]
"""What a table may leave out."""
_SWITCHED = (
    Estimates,
    Crosstab,
    Summary,
    Regression,
    MarginalEffects,
)  # other results have nothing to show or to hide


@remembered
def table(
    estimates: Estimates
    | Comparison
    | Crosstab
    | Summary
    | Test
    | Plan
    | Quality
    | DisclosureRisk
    | PopulationComparison
    | JobRules
    | pd.DataFrame
    | Mapping[str, Any]
    | Sequence[Any],
    language: Language = "en",
    *,
    title: Text | str | None = None,
    labels: Labels | None = None,
    notes: Notes | None = None,
    percent: bool | None = None,
    decimals: int | None = None,
    show: Shown | Sequence[Shown] = (),
    hide: Hidden | Sequence[Hidden] = (),
    columns: str | Sequence[str] | None = None,
    sort: registry.Sort | None = None,
    rules: Rules = "short",
    sum_to_100: bool = False,
    align: Mapping[str, Align] | None = None,
    numbers: pd.DataFrame | None = None,
) -> PrintedTable:
    r"""Return estimates as a table for print, in French or in English.

    Parameters
    ----------
    estimates : Estimates, Crosstab, Summary, Test, Comparison, Plan, Quality..., list or mapping of
    them, DataFrame
        The numbers, one row per estimate (one line per term for a regression); or a crosstab, or
        several side by side; or a summary of many variables; or a test; or a plan; or the quality
        of a file; or a comparison with the population; or the rules of the main job; or the rerun
        of a study, whose table is in its own language and takes no other option; or your own frame,
        with words printed as they are and numbers in the format of the language. Several results
        (by name in a mapping) are one table: side by side if they have the same rows, otherwise one
        below the other, with the total in the last line. Or models side by side: a list, or a
        mapping from names (Text or str). They may be results of `regress`, `effect_ratios`,
        `marginal_effects`, `survival.cox` and `log_linear`, and models fitted by statsmodels, which
        are marked as having no design. A list of models in place of one forms one column:
        `{"Univariate": [dl.regress(sample, f"y ~ {x}") for x in ("a", "b")], "Multivariate": fit}`.
    language : {"fr", "en"}
        Language of the reader.
    title : Text or str, optional
        Title above; by default the statistic, the variable and the domain variables.
    labels : Codebook or mapping, optional
        Labels of variables and answers; by default the codebook of the estimates. By hand, for each
        variable its label, its answers by code, or both: `{"sport": "Sport", "sex": {"1":
        "Men"}, "age": ("Age", {"1": "Under 30"})}`; words are a str or, for both languages, a
        `Text`.
    notes : Notes, optional
        *Lecture*, *Champ*, *Source*, note and unit; missing ones are taken from the provenance.
    percent : bool, optional
        Print estimates as percentages; by default shares and rates are. Their differences are in
        points.
    decimals : int, optional
        Digits after the decimal mark; by default chosen from the standard errors.
    show : str or list of str
        Additional numbers: `"std_error"` for estimates; for a crosstab of two variables the
        standardised `"residuals"` of cells, and below Cramér's V and the odds ratio
        (`"association"`), or instead of its shares `"counts"`, `"row_percent"` and
        `"column_percent"`, with an `"interval"`; for a summary `"std_error"`, `"interval"`, `"n"`,
        and before the percentages the respondents with the answer (`"n_percent"`) or the people
        whom they represent (`"counts"`);
        for models standard errors instead of intervals, and `"stars"` instead of p-values:
        `***` below 0.001, `**` below 0.01, `*` below 0.05.
    hide : {"interval", "letters", "n", "p_value"} or a list of them
        What to omit, in the sheet of raw numbers too: intervals (there with standard errors), the
        letters of a crosstab, respondents, p-values.
    columns : str, optional
        The variable whose groups are side by side; `()` for one row per estimate. By default the
        last of `by` for shares of several categories, and none for other estimates.
    sort : {"ascending", "descending"}, optional
        Order of the rows of estimates, by value: the categories of each group, or the groups if
        there is one category.
    rules : {"full", "short", "none"}
        Length of the line of rules: "short" has those without which numbers mislead, such as the
        poverty line; "full" has all, with the degrees of freedom, the variance method, the status
        and the version of the program; "none" has none. Assumptions are printed in every case.
    sum_to_100 : bool
        Print the percentages of a whole so that they add up to 100, rounding up those with the
        largest remainders; spreadsheets have the unrounded shares.
    align : mapping of str to {"left", "center", "right"}, optional
        For your own frame, by column; numbers are aligned right and words left by default.
    numbers : pandas.DataFrame, optional
        For your own frame with numbers already in words: the numbers, for spreadsheets.

    Returns
    -------
    great_tables.GT
        The table, with its plain content in `.sheet`; `diplab.save` writes it to a file.

    Raises
    ------
    OptionError
        For an unknown language, for an object without estimates, and for an option (`show`, `hide`,
        `sort`, `sum_to_100`) that does not apply to the table.

    Examples
    --------
    >>> import pandas as pd
    >>> import diplab as dl
    >>> people = pd.DataFrame({"hours": [10.0, 20.0, 30.0, 40.0] * 3})
    >>> shown = dl.table(dl.estimate(dl.declare_design(people), dl.mean("hours")), language="fr")
    >>> shown.sheet.header
    ('Estimation', 'Intervalle de confiance à 95\xa0%', 'Répondants')
    """
    registry.check_no_second_result("table", "language", language)
    if isinstance(estimates, pd.DataFrame):
        return _of_frame(estimates, language, title, notes, decimals, align, numbers)
    check_language(language)
    request = registry.TableRequest(
        language=language,
        title=title,
        labels=as_codebook(labels),
        notes=notes,
        percent=percent,
        decimals=decimals,
        show=_chosen("show", show, Shown),
        hide=_chosen("hide", hide, Hidden),
        columns=columns,
        sort=None if sort is None else check_one_of("sort", sort, registry.Sort),
        rules=check_one_of("rules", rules, Rules),
        sum_to_100=sum_to_100,
    )
    sheet = _sheet_of(estimates, request)
    return printed_table(sheet.as_printed() if _is_published(estimates) else sheet)


def _is_published(result: Any) -> bool:
    """Whether a result, or one of several, holds what may be published and no more."""
    if isinstance(result, Mapping):
        return any(map(_is_published, result.values()))
    if isinstance(result, list | tuple):
        return any(map(_is_published, result))
    if isinstance(result, Crosstab):
        result = result.cells
    return bool(getattr(getattr(result, "provenance", None), "disclosure", None))


def _sheet_of(result: Any, request: registry.TableRequest) -> Sheet:
    """Return a result, or several, as a sheet; inapplicable options raise an error."""
    if isinstance(result, Mapping | Sequence):
        return _side_by_side(result, request)
    result = registry.as_result(result)
    notes = request.notes or Notes()
    if isinstance(notes.reading, Mapping):
        from diplab.presentation.reading import with_sentence

        notes = with_sentence(notes, result, request)
    request = replace(request, notes=with_unit(notes, result, request.labels))
    registry.load_layouts(type(result), registry.layout.registry)
    known = registry.layout.dispatch(type(result))
    if known not in map(registry.layout.dispatch, _SWITCHED):
        request.shown()
        request.hidden()
        request.without("sort", "sum_to_100")
    request.without(*([] if known is registry.layout.dispatch(Estimates) else ["columns"]))
    return registry.layout(result, request)


def _chosen(name: str, given: str | Sequence[str], known: object) -> tuple[str, ...]:
    """Return the names given, one or several; an unknown one raises an error."""
    return tuple(
        check_one_of(name, item, known) for item in ((given,) if isinstance(given, str) else given)
    )


def _side_by_side(
    results: Mapping[Any, Any] | Sequence[Any], request: registry.TableRequest
) -> Sheet:
    """Lay out several results by the kind of the first; a list in place of one is a column."""
    named = results if isinstance(results, Mapping) else dict(enumerate(results))
    several: dict[str, Any] = {}
    every: list[Any] = []
    for name, item in named.items():
        head = words(name, request.language) if isinstance(name, Text) else str(name)
        if isinstance(item, list | tuple):
            several[head] = list(map(registry.as_result, item))
            every += several[head]
        else:
            several[head] = registry.as_result(item)
            every.append(several[head])
    if not every or isinstance(results, str):
        raise registry.not_estimates("table", results)
    registry.load_layouts(type(every[0]), registry.layout_of_several.registry)
    return registry.layout_of_several(every[0], several, request)


MOST_LINES = 100
"""The most lines of a table that a terminal shows."""
MOST_COLUMNS = 5
_LEFT_TO_TABLES = ("note.status", "note.source", "note.rules")


def fields_as_text(result: object) -> str:
    """Return the content of a result without a layout: its frame, or its attributes."""
    frame = getattr(result, "frame", None)
    lines = [str(frame)]
    if not isinstance(frame, pd.DataFrame):
        lines = [f"{name} = {value!r}" for name, value in getattr(result, "__dict__", {}).items()]
    return "\n".join([type(result).__name__, *lines])


def printed(result: object) -> str:
    """Return a result for terminals, in English: labels, numbers, base and missing answers.

    The source, the status and the rules are printed by `table` only, except those without which
    numbers mislead.
    """
    if not registry.has_layout(type(result)):
        return fields_as_text(result)
    short, questions = _short_labels(getattr(result, "codebook", None) or Codebook())
    sheet = registry.layout(
        result,
        registry.TableRequest(language="en", brief=True, labels=short if len(short) else None),
    )
    left = {term(name, "en") for name in _LEFT_TO_TABLES}
    notes = [note for note in sheet.notes if note[0] not in left]
    if isinstance(record := getattr(result, "provenance", None), Provenance):
        notes += [
            ("", item) for item in [sentences_of_rules(record, "en", short, tests=True)] if item
        ]
    texts = " ".join(
        (
            sheet.title,
            *sheet.header,
            *(cell.text for row in sheet.rows for cell in row),
            *map(str, notes),
        )
    )
    notes += [
        item
        for item in questions.items()
        if re.search(rf"(?<!\w){re.escape(item[0])}(?!\w)", texts)
    ]
    if len(sheet.rows) > MOST_LINES:
        hidden = f"{len(sheet.rows) - MOST_LINES:,} more lines are in `.frame`."
        notes.insert(0, ("", hidden))
    sheet = replace(sheet, rows=sheet.rows[:MOST_LINES], notes=tuple(notes))
    if len(sheet.rows) == 1 and len(sheet.header) > MOST_COLUMNS:
        sheet = stacked(sheet)  # one line of many numbers, such as a test
    width = min(max(get_terminal_size((100, 24)).columns, 60), 100)
    return "\n".join(line.rstrip() for line in on_console(sheet, width).splitlines()).replace(
        NO_BREAK, " "
    )


WIDEST_LABEL = 40
"""The longest label of a variable in a terminal; longer ones are printed below, by name."""


def _short_labels(codebook: Codebook) -> tuple[Codebook, dict[str, str]]:
    """Return a codebook with long labels replaced by names, and these labels by name."""
    long = {
        name: variable.label.en
        for name, variable in codebook.variables.items()
        if len(variable.label.en) > WIDEST_LABEL
    }
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
    """Lay out your own frame: words as they are, numbers in the format of the language."""
    if frame.index.names != [None]:
        frame = frame.reset_index()
    columns: list[list[Cell]] = []
    sides: list[Align] = []
    for position, (name, column) in enumerate(frame.items()):
        numeric = pd.api.types.is_numeric_dtype(column)
        texts: list[str] = list(map(str, column.astype(object)))
        behind: list[Any] = [None] * len(column)
        if numeric:
            behind = list(column)
            values = column.astype(float)
            digits = decimals
            if digits is None:
                digits = int((values.dropna() % 1 != 0).any())
            texts = [number(value, language, digits) for value in values]
        if numbers is not None:
            behind = list(numbers.iloc[:, position])
        pairs = zip(texts, behind, strict=True)
        columns.append([Cell(words(text, language), known(value)) for text, value in pairs])
        sides.append((align or {}).get(str(name), "right" if numeric else "left"))
    sheet = Sheet(
        title=words(title or "", language),
        subtitle=words(notes.unit, language) if notes else "",
        header=tuple(words(str(name), language) for name in frame),
        rows=tuple(zip(*columns, strict=True)),
        align=tuple(sides),
        notes=notes.lines(language) if notes else (),
        language=language,
    )
    return printed_table(sheet)
