"""Drawings of estimates: labels of dots, headings, dimensions and marks of flags."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain, pairwise

from diplab.microdata.codebook import Codebook
from diplab.microdata.display import join_wordings
from diplab.presentation.labels import merged_labels, variable_label
from diplab.presentation.language import capital, colon, semicolon, term, wording
from diplab.presentation.layouts import registry
from diplab.presentation.layouts.rows import EstimateRow, rows_in_words, title_of
from diplab.reference.text import LANGUAGES, NO_BREAK, NOTHING, Language, Text
from diplab.results.estimates import Estimates, SurvivalCurves, flags_of
from diplab.results.sizes import Sizes


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
    flags = dict.fromkeys(flag for item in estimates.frame["flag"] for flag in flags_of(item))
    named = [flag for flag in flags if flag and flag not in shows]
    return Text(
        *(
            " ".join(f"{capital(wording('flag', flag, code))}." for flag in named)
            for code in LANGUAGES
        )
    )


def _times_left_out(
    times: Estimates, request: registry.ChartRequest, language: Language
) -> list[str]:
    """Return the times of quantiles, which curves do not show, in a sentence per statistic."""
    by_statistic: dict[str, list[str]] = {}
    if set(times.frame["statistic"]) != {"survival_time"}:
        return []
    for row in rows_in_words(times, language, request.labels, decimals=request.decimals):
        by_statistic.setdefault(row.statistic, []).append(
            " ".join(filter(None, (", ".join(row.by), row.estimate.text, row.interval.text)))
        )
    return [
        f"{name}{colon(language)}{semicolon(language).join(item)}."
        for name, item in by_statistic.items()
    ]


def drawing_of_rows(
    estimates: Estimates, rows: Mapping[Language, list[EstimateRow]], labels: Codebook | None
) -> registry.Drawing:
    """Return the drawing of estimates whose rows are in words already."""
    marks, remarks = marks_of_flags(estimates)
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


def marks_of_flags(estimates: Estimates) -> tuple[list[Text], Text]:
    """Return the flags of each row as letters in brackets, and their meanings."""
    # a flag of all rows needs no mark, and one that the name of the statistic says (a lower bound)
    # no remark; sizes, whose rows rarely share flags, have them in brackets
    remaining = []
    for statistic, flags in zip(estimates.frame["statistic"], estimates.flags, strict=True):
        name = wording("statistic", statistic, "en")
        remaining.append([flag for flag in flags if wording("flag", flag, "en") not in name])
    if isinstance(estimates, Sizes):
        return list(map(_flags_in_brackets, remaining)), NOTHING
    distinct = list(dict.fromkeys(chain.from_iterable(remaining)))
    marked = [flag for flag in distinct if not all(flag in row for row in remaining)]
    letter = {flag: f"({chr(ord('a') + at)})" for at, flag in enumerate(marked)}
    marks = []
    for unsaid in remaining:
        letters = [NO_BREAK + letter[flag] for flag in unsaid if flag in letter]
        marks.append(Text.same("".join(letters)))
    notes = []
    for language in LANGUAGES:
        every = f" ({term('word.all_rows', language)})" if len(remaining) > 1 else ""
        sentences = []
        for flag in distinct:
            text = wording("flag", flag, language)
            if flag in letter:
                sentences.append(f"{letter[flag]} {text}.")
            else:
                sentences.append(f"{capital(text)}{every}.")
        notes.append(" ".join(sentences))
    return marks, Text(*notes)


def _flags_in_brackets(flags: Sequence[str]) -> Text:
    """Return the flags of one row in brackets."""
    if not flags:
        return NOTHING
    fr, en = (", ".join(wording("flag", flag, code) for flag in flags) for code in LANGUAGES)
    return Text(f" ({fr})", f" ({en})")


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
    dimensions: dict[str, registry.Dimension] = {}
    for key, filled in columns["en"].items():
        if not any(filled):
            continue
        labels, heads = [], []
        for language in LANGUAGES:
            answers, name = columns[language][key], variable_of(key, language)
            elsewhere = [words for other, words in columns[language].items() if other != key]
            others = {*chain.from_iterable(elsewhere)} - {""}
            labels.append(answers)
            # if the variable is named elsewhere, answers are headings as they are
            if name:
                answers = [in_heading(word, name, answers, others, language) for word in answers]
            heads.append(answers)
        dimensions[key] = registry.Dimension(list(map(Text, *labels)), list(map(Text, *heads)))
    return dimensions


def dot_headings(
    dimensions: Mapping[str, registry.Dimension],
    both: Mapping[Language, list[EstimateRow]],
    marks: Sequence[Text],
) -> list[registry.DotHeading]:
    """Return the labels of estimates: the slowest changing dimensions are headings."""
    inner = _innermost(dimensions) if len(dimensions) > 1 else None
    outer = [dimension for name, dimension in dimensions.items() if name != inner]
    headings = []
    for position, mark in enumerate(marks):
        if inner is None:
            fr, en = (_flat_label(both[code][position], dimensions) for code in LANGUAGES)
            headings.append(registry.DotHeading(Text(fr + mark.fr, en + mark.en)))
        else:
            above = [dimension.heads[position] for dimension in outer]
            headings.append(registry.heading_of(above, dimensions[inner].labels[position], mark))
    return headings


def _distinguishing_columns(rows: list[EstimateRow], by: Sequence[str]) -> dict[str, list[str]]:
    """Return the dimensions that distinguish rows, from the slowest to the fastest changing."""
    columns: dict[str, list[str]] = {}
    for part in ("statistic", "variable"):
        columns[part] = [getattr(row, part) for row in rows]
        if len(set(columns[part])) == 1:
            columns[part] = [""] * len(rows)
    columns["category"] = [row.category for row in rows]
    for position, name in enumerate(by):
        columns[name] = [row.by[position] for row in rows]
    return columns


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
    return ", ".join(filter(None, parts)) or row.variable or row.statistic
