"""Plain estimates, survival and decompositions, as tables and as drawings."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import pandas as pd

from diplab.checks import argument
from diplab.errors import OptionError
from diplab.microdata.codebook import Codebook
from diplab.microdata.display import join_wordings
from diplab.presentation.labels import merged_labels, variable_label
from diplab.presentation.language import (
    capital,
    colon,
    group_names,
    number,
    rule,
    semicolon,
    term,
    terms,
    wording,
    words,
)
from diplab.presentation.layouts import registry
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
from diplab.presentation.numbers import NumberForm, form_of, known, p_value_columns
from diplab.presentation.sheet import Align, Cell, Sheet
from diplab.presentation.size_words import have_models, head_of_persons, small_warning
from diplab.reference.text import LANGUAGES, NO_BREAK, NOTHING, Language, Text
from diplab.results.estimates import Complement, Estimates, Provenance, SurvivalCurves, flags_of
from diplab.results.sizes import Sizes
from diplab.results.tables import OF_GROUPS, Decomposition


@registry.layout.register(Estimates)
def estimates_sheet(estimates: Estimates, request: registry.TableRequest) -> Sheet:
    """Return estimates as a table, one row per estimate or with groups side by side."""
    language, labels = request.language, request.labels_of(estimates.codebook)
    estimates = in_order(estimates, request.sort) if request.sort else estimates
    if across := _across(estimates, request):
        from diplab.presentation.layouts.side_by_side import wide_sheet

        return wide_sheet(estimates, request, (across,))
    rows = rows_in_words(
        estimates, language, labels, request.percent, request.decimals, unit_in_head=True
    )
    rows = rows_adding_up(estimates, rows, language) if request.sum_to_100 else rows
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
    below = tuple((each, columns.pop(each)[0][0].text) for each in same)
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
    language, bounds = (
        request.language,
        any(row.estimate.number is None and row.interval.text for row in rows),
    )
    remarks = (
        term("sentence.of_those_who_answered", language)
        if is_total_of_respondents(estimates)
        else "",
        bases_sentence(estimates, language),
        term("sentence.bounds", language) if bounds and "interval" not in request.hide else "",
        *more,
        term("sentence.sum_to_100", language) if request.sum_to_100 else "",
        small_warning(estimates, language) if any(row.small for row in rows) else "",
    )
    return [remark for remark in remarks if remark]


def _across(estimates: Estimates, request: registry.TableRequest) -> str:
    """Return the variable whose groups are side by side: as given, or by default for shares."""
    asked = request.columns
    if asked is None:
        shares = bool(len(estimates)) and estimates.rows_described(every_category=True).all()
        several = (
            shares
            and not estimates.provenance.contrast
            and estimates.frame["category"].nunique() > 1
        )
        return estimates.by[-1] if several and estimates.by else ""
    names = [asked] if isinstance(asked, str) else list(asked)
    if len(names) > 1 or any(column not in estimates.by for column in names):
        has = (
            f"The estimates are by {', '.join(f'`{name}`' for name in estimates.by)}."
            if estimates.by
            else ""
        )
        raise OptionError(
            f"{argument('columns', asked)} is not one variable by which these were estimated.",
            has or "They have no domain variable.",
            "Write one of these, or `columns=()` for one row per estimate."
            if has
            else "Omit `columns`.",
        )
    return names[0] if names else ""


@registry.drawing.register(Estimates)
def estimates_drawing(estimates: Estimates, request: registry.ChartRequest) -> registry.Drawing:
    """Return the drawing of estimates: every row."""
    rows = {
        code: rows_in_words(estimates, code, request.labels, request.percent, request.decimals)
        for code in LANGUAGES
    }
    return drawing_of_rows(estimates, rows, request.labels)


@registry.drawing.register(SurvivalCurves)
def survival_drawing(curves: SurvivalCurves, request: registry.ChartRequest) -> registry.Drawing:
    """Return the drawing of survival: the curves if there are any, without quantile times."""
    curve = curves.frame["statistic"] == "kaplan_meier"
    shown = curves.rows(curve) if curve.any() else curves
    # points have no marks, and survival of 1 or 0 is visible in the curve
    flags = flags_without_letters(shown, shows=("no variance", "undefined"))
    left_out = curves.rows(~curve) if curve.any() else shown
    times = Text(*(" ".join(_times_left_out(left_out, request, code)) for code in LANGUAGES))
    return replace(estimates_drawing(shown, request), remarks=join_wordings((flags, times), " "))


def flags_without_letters(estimates: Estimates, shows: Collection[str] = ()) -> Text:
    """Return the meaning of flags for a chart without letters, except those that it `shows`."""
    flags = dict.fromkeys(flag for each in estimates.frame["flag"] for flag in flags_of(each))
    said = [flag for flag in flags if flag and flag not in shows]
    return Text(
        *(
            " ".join(f"{capital(wording('flag', flag, code))}." for flag in said)
            for code in LANGUAGES
        )
    )


def _times_left_out(
    times: Estimates, request: registry.ChartRequest, language: Language
) -> list[str]:
    """Return the times of quantiles, which curves do not show, in a sentence per statistic."""
    said: dict[str, list[str]] = {}
    if set(times.frame["statistic"]) != {"survival_time"}:
        return []
    for row in rows_in_words(times, language, request.labels, decimals=request.decimals):
        said.setdefault(row.statistic, []).append(
            " ".join(filter(None, (", ".join(row.by), row.estimate.text, row.interval.text)))
        )
    return [
        f"{name}{colon(language)}{semicolon(language).join(each)}." for name, each in said.items()
    ]


def drawing_of_rows(
    estimates: Estimates, rows: Mapping[Language, list[EstimateRow]], labels: Codebook | None
) -> registry.Drawing:
    """Return the drawing of estimates whose rows are in words already."""
    marks, remarks = marks_of_flags(estimates, rows)
    dimensions = dimensions_of(estimates, rows, labels)
    return registry.Drawing(
        estimates=estimates,
        rows=rows,
        headings=dot_headings(dimensions, rows, marks),
        marks=marks,
        dimensions=dimensions,
        remarks=remarks,
        small=[row.small for row in rows["en"]],
        title=Text(*(title_of(estimates, rows[code], code, labels) for code in LANGUAGES)),
    )


def in_heading(
    answer: str, name: str, answers: Sequence[str], others: set[str], language: Language
) -> str:
    """Return an answer as a heading, with its variable if the answer alone is unclear."""
    # the title has the name already, and a name is often a whole question: the answer comes first
    bare = {term("word.true", language), term("word.false", language)}
    telling = all(
        one not in others and one.casefold() not in bare and any(sign.isalpha() for sign in one)
        for one in answers
        if one
    )
    return answer if telling or not answer else f"{answer} ({name})"


def marks_of_flags(
    estimates: Estimates, both: Mapping[Language, list[EstimateRow]]
) -> tuple[list[Text], Text]:
    """Return the flags of each row as letters in brackets, and their meanings."""
    # a flag of all rows needs no mark, and one in the label of a row (a lower bound) no remark;
    # sizes, whose rows rarely share flags, have them in brackets
    own = [f"{row.statistic}, {row.category}".casefold() for row in both["en"]]
    said = [
        [flag for flag in flags_of(flags) if wording("flag", flag, "en").casefold() not in words]
        for flags, words in zip(estimates.frame["flag"], own, strict=True)
    ]
    if isinstance(estimates, Sizes):
        pairs = (
            [", ".join(wording("flag", cell, language) for cell in row) for language in LANGUAGES]
            for row in said
        )
        return [Text(*(f" ({each})" if each else "" for each in pair)) for pair in pairs], NOTHING
    flags = list(dict.fromkeys(cell for row in said for cell in row))
    marked = [flag for flag in flags if not all(flag in row for row in said)]
    letter = {mark: f"({chr(ord('a') + at)})" for at, mark in enumerate(marked)}
    marks = [
        Text.same("".join(f"{NO_BREAK}{letter[cell]}" for cell in row if cell in letter))
        for row in said
    ]
    notes = []
    for language in LANGUAGES:
        every = f" ({term('word.all_rows', language)})" if len(said) > 1 else ""
        texts = ((letter.get(flag), wording("flag", flag, language)) for flag in flags)
        notes.append(
            " ".join(
                f"{mark} {text}." if mark else f"{capital(text)}{every}." for mark, text in texts
            )
        )
    return marks, Text(*notes)


def dimensions_of(
    estimates: Estimates, both: Mapping[Language, list[EstimateRow]], labels: Codebook | None
) -> dict[str, registry.Dimension]:
    """Return the labels of estimates by dimension, from the slowest to the fastest changing."""
    book = merged_labels(labels, estimates.codebook)
    columns = {code: _distinguishing_columns(both[code], estimates.by) for code in LANGUAGES}
    if estimates.rows_described(category="time").any():
        for column, words_of in columns.items():
            head = f"{term('column.time', column)}{colon(column)}"
            words_of["category"] = [
                f"{head}{time}" if time else "" for time in words_of["category"]
            ]

    def variable_of(key: str, language: Language) -> str:
        if key in estimates.by:
            return variable_label(key, book, language)
        alone = len({row.variable for row in both[language]}) == 1
        return both[language][0].variable if key == "category" and alone else ""

    return worded_dimensions(columns, variable_of)


def worded_dimensions(
    columns: Mapping[Language, Mapping[str, list[str]]], variable_of: Callable[[str, Language], str]
) -> dict[str, registry.Dimension]:
    """Return dimensions from columns of labels in each language, with their variables."""
    found: dict[str, registry.Dimension] = {}
    for key in (key for key, told in columns["en"].items() if any(told)):
        labels, heads = [], []
        for language in LANGUAGES:
            own, name = columns[language], variable_of(key, language)
            others = {
                word for other, words in own.items() if other != key for word in words if word
            }
            labels.append(own[key])
            # if the variable is named elsewhere, answers are headings as they are
            heads.append(
                [
                    in_heading(each, name, own[key], others, language) if name else each
                    for each in own[key]
                ]
            )
        found[key] = registry.Dimension(
            *([Text(*pair) for pair in zip(*texts, strict=True)] for texts in (labels, heads))
        )
    return found


def dot_headings(
    dimensions: Mapping[str, registry.Dimension],
    both: Mapping[Language, list[EstimateRow]],
    marks: Sequence[Text],
) -> list[registry.DotHeading]:
    """Return the labels of estimates: the slowest changing dimensions are headings."""
    inner = _innermost(dimensions) if len(dimensions) > 1 else None
    if inner is None:
        flat = zip(
            *([_flat_label(row, dimensions) for row in both[code]] for code in LANGUAGES),
            strict=True,
        )
        return [
            registry.DotHeading(Text(fr + mark.fr, en + mark.en))
            for (fr, en), mark in zip(flat, marks, strict=True)
        ]
    outer = [dimension for name, dimension in dimensions.items() if name != inner]
    return [
        registry.heading_of(
            [name.heads[place] for name in outer], dimensions[inner].labels[place], mark
        )
        for place, mark in enumerate(marks)
    ]


def _distinguishing_columns(rows: list[EstimateRow], by: Sequence[str]) -> dict[str, list[str]]:
    """Return the dimensions that distinguish rows, from the slowest to the fastest changing."""
    columns = {part: [getattr(row, part) for row in rows] for part in ("statistic", "variable")}
    columns = {
        part: told if len(set(told)) > 1 else [""] * len(told) for part, told in columns.items()
    }
    columns["category"] = [row.category for row in rows]
    return columns | {name: [row.by[place] for row in rows] for place, name in enumerate(by)}


def _innermost(dimensions: Mapping[str, registry.Dimension]) -> str | None:
    """Return the dimension that labels dots, if the others can be headings, or None."""
    for inner in reversed(list(dimensions)):
        if len(set(dimensions[inner].labels)) < 2:
            continue
        heads = list(
            zip(
                *(dimension.labels for name, dimension in dimensions.items() if name != inner),
                strict=True,
            )
        )
        runs = 1 + sum(one != other for one, other in pairwise(heads))
        if runs == len(set(heads)) and (runs < len(heads) or inner == "category"):
            return inner
    return None


def _flat_label(row: EstimateRow, keys: Iterable[str]) -> str:
    parts = [
        *row.by,
        *(getattr(row, part) for part in ("statistic", "variable", "category") if part in keys),
    ]
    return ", ".join(part for part in parts if part) or row.variable or row.statistic


_BEHIND = {
    "interval": ("std_error", "ci_low", "ci_high", "cv"),
    "n": ("n", "numerator", "at_risk", "events"),
    "p_value": ("p_value", "p_adjusted"),
}


def without_hidden(frame: pd.DataFrame, hidden: Sequence[str]) -> pd.DataFrame:
    """Return raw numbers without those that would disclose a hidden column."""
    return frame.drop(
        columns=[each for name in hidden for each in _BEHIND.get(name, ())], errors="ignore"
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
    for position, name in enumerate(estimates.by):
        head = variable_label(name, labels, language)
        if f"variable.{name}" in terms():
            head = capital(head)
        columns[head if head not in columns else name] = (
            [Cell(row.by[position]) for row in rows],
            "left",
        )
    if len({row.statistic for row in rows}) > 1:
        columns[term("column.statistic", language)] = (
            [Cell(row.statistic) for row in rows],
            "left",
        )
    if len({row.variable for row in rows}) > 1 and not _statistic_tells_variable(estimates):
        columns[term("column.variable", language)] = ([Cell(row.variable) for row in rows], "left")
    if any(row.category for row in rows):
        head = _category_heading(estimates, rows, language)
        columns[head] = ([Cell(row.category) for row in rows], "left")
    compared = contrast_word(estimates, language)
    head = capital(compared) or term("column.estimate", language)
    columns[head + unit_of(rows, language)] = ([row.estimate for row in rows], "right")
    if errors and any(row.std_error.number is not None for row in rows):
        own = term(f"column.std_error{'_brief' if brief else ''}", language)
        columns[own] = ([row.std_error for row in rows], "right")
    if any(row.interval.text for row in rows) and "interval" not in hidden:
        columns[interval_head(estimates, language, brief=brief)] = (
            [row.interval for row in rows],
            "right",
        )
    columns |= p_value_columns(estimates.frame, language) if "p_value" not in hidden else {}
    if any(row.respondents.number is not None for row in rows) and "n" not in hidden:
        columns[term(respondents_head(estimates), language)] = (
            [row.respondents for row in rows],
            "right",
        )
    for name in ("numerator", "at_risk", "events"):
        if name in estimates.frame and estimates.frame[name].notna().any() and "n" not in hidden:
            counts = [known(category) for category in estimates.frame[name]]
            cells = [
                Cell("") if count is None else Cell(number(count, language), count, "#,##0")
                for count in counts
            ]
            columns[term(f"column.{name}", language)] = (cells, "right")
    if any(row.remark for row in rows):
        columns[term("column.flag", language)] = ([Cell(row.remark) for row in rows], "left")
    return columns


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
    return (
        term("column.interval", language)
        if level is None
        else capital(rule("interval at", level, language))
    )


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
    groups = group_names((variable_label(name, labels, language) for name in parts.by), language)
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
    title = Text(*(_decomposition_title(parts, labels, language) for language in LANGUAGES))
    return replace(estimates_drawing(shares, request), title=title)
