"""A regression or its marginal effects: one line per term, categories under their variable; and what is drawn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from diplab.microdata.codebook import Codebook
from diplab.microdata.variable import code_from_text
from diplab.presentation.labels import merged_labels, outcome_label, value_label, variable_label
from diplab.presentation.language import number, term, terms, wording, words
from diplab.presentation.layouts.estimates import confidence_head, estimates_drawing, estimates_sheet
from diplab.presentation.layouts.registry import (
    ChartRequest,
    Dimension,
    DotHeading,
    Drawing,
    TableRequest,
    drawing,
    labelled,
    layout,
)
from diplab.presentation.layouts.rows import EstimateRow, no_effect, rows_in_words, title_of, unit_of
from diplab.presentation.notes import conventions
from diplab.presentation.numbers import p_value_cell, p_value_columns
from diplab.presentation.sheet import INDENT, Align, Cell, Sheet, detail_of
from diplab.reference.text import LANGUAGES, NOTHING, Language, Text
from diplab.results.regression import DesignFitStatistics, MarginalEffects, Regression


@dataclass(frozen=True)
class CoefficientLine:
    """One coefficient in words."""

    outcome: str
    head: str
    label: str
    row: EstimateRow
    place: int
    constant: bool


def coefficient_lines(
    fit: Regression, language: Language, labels: Codebook, decimals: int | None = None, percent: bool | None = False
) -> list[CoefficientLine]:
    """Return the coefficients of a regression in words, in its own order."""
    rows = rows_in_words(fit, language, labels, percent, decimals, unit_in_head=True)
    lines = []
    of_frame = fit.frame[["statistic", "variable", "category"]].itertuples(index=False, name=None)
    for place, ((statistic, variable, category), row) in enumerate(zip(of_frame, rows, strict=True)):
        cut = statistic == "cut"
        if cut:
            answers = (code_from_text(part) for part in str(category).split(" | "))
            head = term("regression.cuts", language)
            label = " | ".join(value_label(fit.outcome, answer, labels, language) for answer in answers)
        elif category == "":
            head, label = "", _term_label(variable, labels, language)
        else:
            head = _term_label(variable, labels, language) + reference_words(fit, variable, labels, language)
            label = _categories(fit, variable, category, labels, language)
        outcome = row.by[0] if row.by else ""
        lines.append(CoefficientLine(outcome, head, label, row, place, cut or variable == "intercept"))
    return lines


def model_words(fit: Regression, language: Language) -> str:
    """Return the kind of a regression in words, with a capital."""
    key = f"rule.model={fit.family} {fit.link}"
    words_of_model = term(key, language) if key in terms() else f"{fit.family} {fit.link}"
    return words_of_model[:1].upper() + words_of_model[1:]


def reference_words(fit: Regression, variable: str, labels: Codebook, language: Language) -> str:
    """Return the reference of a variable in brackets; nothing where all its categories have a row."""
    if variable not in fit.references:
        return ""
    own = fit.frame.loc[fit.frame["variable"] == variable, "category"]
    reference = fit.references[variable]
    if any(each == reference for each in own):
        return ""
    category = value_label(variable, reference, labels, language)
    return words(f" ({terms()['regression.reference'].in_(language)})", language).replace("{category}", category)


def _term_label(variable: str, labels: Codebook, language: Language) -> str:
    if variable == "intercept":
        label = wording("variable", variable, language)
        return label[:1].upper() + label[1:]
    if variable in labels:
        return variable_label(variable, labels, language)
    return " × ".join(variable_label(part, labels, language) for part in variable.split(":"))


def _categories(fit: Regression, variable: str, category: object, labels: Codebook, language: Language) -> str:
    """Return the labels of the categories of a term; several where the term is a product of variables."""
    of_categories = [part for part in variable.split(":") if part in fit.references] or [variable]
    if len(of_categories) == 1:
        return value_label(of_categories[0], category, labels, language)
    parts = str(category).split(":")
    if len(parts) != len(of_categories):
        return str(category)
    return " × ".join(
        value_label(name, code_from_text(part), labels, language)
        for name, part in zip(of_categories, parts, strict=True)
    )


FIT_DECIMALS = {
    "n": 0, "log_likelihood": 1, "log_likelihood_null": 1, "lr_chi2": 2, "pseudo_r2": 3, "nagelkerke": 3,
    "deviance_r2": 3, "r2": 3, "adjusted_r2": 3, "f": 2, "aic": 1, "bic": 1, "daic": 1,
}  # fmt: skip
"""The statistics of a fit that are printed, with their decimals."""
P_VALUES = {"lr_chi2": "lr_p_value", "f": "f_p_value"}
NUMBER_FORMS = ("#,##0", "#,##0.0", "#,##0.00", "0.000")


@layout.register(Regression)
def regression_sheet(fit: Regression, request: TableRequest) -> Sheet:
    """Return a regression as a table: categories indented under their variable, its reference beside it."""
    if not fit.holds_coefficients:
        # contrasts of coefficients are plain estimates
        return estimates_sheet(fit, request)
    return _term_sheet(fit, request, percent=False)


@layout.register(MarginalEffects)
def effects_sheet(effects: MarginalEffects, request: TableRequest) -> Sheet:
    """Return marginal effects as the terms of a regression, the reference of each variable beside its name."""
    if not effects.holds_effects:
        return estimates_sheet(effects, request)
    labels = request.labels_of(effects.codebook)
    rows = rows_in_words(effects, request.language, labels, request.percent, request.decimals)
    title = request.title_or(title_of(effects, rows, request.language, labels))
    return _term_sheet(_as_regression(effects), replace(request, title=title), percent=request.percent)


def _term_sheet(fit: Regression, request: TableRequest, percent: bool | None) -> Sheet:
    language, labels = request.language, request.labels_of(fit.codebook)
    lines = coefficient_lines(fit, language, labels, request.decimals, percent)
    columns = _coefficient_columns(fit, lines, language)
    head, blank = [term("regression.term", language)], [Cell("")] * len(columns)
    if fit.by:
        reference = reference_words(fit, fit.by[0], labels, language)
        head = [f"{variable_label(fit.by[0], labels, language)}{reference}", *head]
    rows: list[tuple[Cell, ...]] = []
    before = CoefficientLine("", "", "", lines[0].row, -1, False) if lines else None
    for place, line in enumerate(lines):
        outcome = [Cell(line.outcome if before and line.outcome != before.outcome else "")] if fit.by else []
        if line.head and before and (line.head, line.outcome) != (before.head, before.outcome):
            rows.append((*outcome, Cell(line.head), *blank))
            outcome = [Cell("")] * len(outcome)
        name = Cell(f"{INDENT if line.head else ''}{line.label}")
        rows.append((*outcome, name, *(cells[place] for cells, _ in columns.values())))
        before = line
    rows += _fit_rows(fit, list(columns), len(head), labels, language)
    align: list[Align] = ["left"] * len(head)
    return Sheet(
        title=request.title_or(regression_title(fit, language, labels)),
        subtitle=request.unit,
        header=(*head, *columns),
        rows=tuple(rows),
        align=(*align, *(side for _, side in columns.values())),
        notes=conventions(
            fit.provenance,
            language,
            request.notes,
            (term("sentence.small_base", language),) * any(line.row.small for line in lines),
            labels,
        ),
        language=language,
        detail=detail_of(labelled(fit.frame, labels, language)),
    )


def regression_title(fit: Regression, language: Language, labels: Codebook) -> str:
    """Return the title of a regression that was given none: its kind and its outcome."""
    return f"{model_words(fit, language)} – {outcome_label(fit.outcome, labels, language)}"


def _fit_rows(
    fit: Regression, columns: list[str], before: int, labels: Codebook, language: Language
) -> list[tuple[Cell, ...]]:
    """Return the lines below the coefficients that say how well the model fits; none where nothing says it."""
    if isinstance(fit.goodness, str):
        return []
    fit_statistics = fit.goodness
    blank = [Cell("")] * (before - 1)
    rows: list[tuple[Cell, ...]] = [(*blank, Cell(term("regression.fit", language)), *[Cell("")] * len(columns))]
    p_value = term("column.p_value", language)
    known = fit_statistics.frame.set_index("statistic")["value"].to_dict()
    shown: list[tuple[str, float, int, float, float, str]] = [
        (name, known[name], decimals, fit_statistics.df_model, fit_statistics.df_residual, "")
        for name, decimals in FIT_DECIMALS.items()
        if name in known
    ]
    if isinstance(fit_statistics, DesignFitStatistics):
        stages = fit_statistics.first_stage.items()
        shown += [("first_stage", f, 2, k, df, _term_label(name, labels, language)) for name, (f, k, df) in stages]
    for name, value, decimals, model, residual, variable in shown:
        label = term(f"regression.{name}", language).format(
            model=number(model, language), residual=number(residual, language), column=variable
        )
        cells = {column: Cell("") for column in columns}
        cells[columns[0]] = Cell(number(value, language, decimals), value, NUMBER_FORMS[decimals])
        if name in P_VALUES and p_value in cells:
            cells[p_value] = p_value_cell(getattr(fit_statistics, P_VALUES[name]), language)
        rows.append((*blank, Cell(f"{INDENT}{label}"), *cells.values()))
    return rows


def _coefficient_columns(
    fit: Regression, lines: list[CoefficientLine], language: Language
) -> dict[str, tuple[list[Cell], Align]]:
    statistic = fit.frame["statistic"].iloc[0] if len(fit.frame) else "coefficient"
    columns: dict[str, tuple[list[Cell], Align]] = {
        wording("statistic", str(statistic), language) + unit_of([line.row for line in lines], language): (
            [line.row.estimate for line in lines],
            "right",
        ),
        confidence_head(fit.provenance, language): ([line.row.interval for line in lines], "right"),
    }
    columns |= p_value_columns(fit.frame, language)
    columns[term("column.n", language)] = ([line.row.respondents for line in lines], "right")
    if any(line.row.remark for line in lines):
        columns[term("column.flag", language)] = ([Cell(line.row.remark) for line in lines], "left")
    return columns


def _as_regression(effects: MarginalEffects) -> Regression:
    """Return effects as the rows of a regression: a block for each answer that is explained, if there are several."""
    frame = effects.frame.reset_index(drop=True)
    order = np.arange(len(frame))
    if effects.by:
        outcomes = frame[effects.by[0]]
        first = {outcome: place for place, outcome in enumerate(dict.fromkeys(outcomes))}
        order = np.argsort(outcomes.map(first).to_numpy(), kind="stable")
    return Regression(
        frame.iloc[order].reset_index(drop=True),
        effects.covariance[np.ix_(order, order)],
        effects.provenance,
        effects.by,
        effects.codebook,
        references=effects.provenance.references,
        descriptions=effects.descriptions,
    )


@drawing.register(Regression)
def regression_drawing(fit: Regression, request: ChartRequest) -> Drawing:
    """Return what a chart shows of a regression: all terms but the constant and the cut points."""
    if not fit.holds_coefficients:
        return estimates_drawing(fit, request)
    frame = fit.frame
    terms_drawn = fit.rows((frame["statistic"] != "cut") & (frame["variable"] != "intercept"))
    assert isinstance(terms_drawn, Regression)  # the rows of one are one
    if request.references:
        terms_drawn = _with_references(terms_drawn)
    labels = merged_labels(request.labels, fit.codebook)
    statistic = str(next(iter(terms_drawn.frame["statistic"]), ""))
    pairs = list(zip(*(coefficient_lines(terms_drawn, language, labels) for language in LANGUAGES), strict=True))
    drawn = estimates_drawing(terms_drawn, request)
    heads = [_words_of(pair, "head") or _words_of(pair, "label") for pair in pairs]
    added = terms_drawn.frame["std_error"].isna() if request.references else [False] * len(pairs)
    pairs = [
        tuple(replace(line, label=_as_reference(line.label, each)) for line, each in zip(pair, LANGUAGES, strict=True))
        if is_reference else pair
        for pair, is_reference in zip(pairs, added, strict=True)
    ]  # fmt: skip
    categories = [_words_of(pair, "label") if pair[0].head else NOTHING for pair in pairs]
    terms_of = {"variable": Dimension(heads, heads), "category": Dimension(categories, categories)}
    return replace(
        drawn,
        headings=[_heading_of_term(terms_drawn, pair) for pair in pairs],
        dimensions={name: each for name, each in drawn.dimensions.items() if name not in terms_of} | terms_of,
        title=Text(*(regression_title(terms_drawn, each, labels) for each in LANGUAGES)),
        axis=Text(*(wording("statistic", statistic, each) for each in LANGUAGES)),
    )


def _with_references(fit: Regression) -> Regression:
    """Return a regression with a row for each category that others of its variable are compared with, before them."""
    order: list[int] = []
    added: list[tuple[Any, int]] = []
    for place, (variable, *domain) in enumerate(fit.frame[["variable", *fit.by]].itertuples(index=False)):
        key = (variable, *domain)
        if variable in fit.references and key not in {each for each, _ in added}:
            order.append(len(fit.frame) + len(added))
            added.append((key, place))
        order.append(place)
    if not added:
        return fit
    rows = fit.frame.iloc[[place for _, place in added]].assign(estimate=no_effect(fit), flag="")
    rows["category"] = pd.Series([fit.references[key[0]] for key, _ in added], index=rows.index, dtype=object)
    for name in rows.columns.intersection(["std_error", "ci_low", "ci_high", "cv", "deff", "df", "n", "p_value"]):
        rows[name] = np.nan
    frame = pd.concat([fit.frame.astype({"category": object}), rows], ignore_index=True).iloc[order]
    return replace(fit, frame=frame.reset_index(drop=True), covariance=np.full((len(order), len(order)), np.nan))


def _as_reference(label: str, language: Language) -> str:
    return term("regression.reference_row", language).replace("{category}", label)


def _words_of(pair: tuple[CoefficientLine, ...], part: str) -> Text:
    return Text(*(getattr(line, part) for line in pair))


def _heading_of_term(fit: Regression, pair: tuple[CoefficientLine, ...]) -> DotHeading:
    """Return the headings of a term: the answer of a multinomial model first, its variable under it."""
    outcome, head, label = (_words_of(pair, part) for part in ("outcome", "head", "label"))
    if fit.by == ("quantile",):
        outcome = Text(*(term("word.quantile", each).format(value=outcome.in_(each)) for each in LANGUAGES))
    return DotHeading(label, outcome, head) if outcome else DotHeading(label, head)
