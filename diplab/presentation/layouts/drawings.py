"""Drawings of estimates: labels of dots, headings, dimensions and marks of flags."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

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
