"""Regressions: a line per term, categories under variables; models side by side; drawings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from diplab.microdata.codebook import Codebook
from diplab.microdata.variable import code_text
from diplab.presentation.labels import (
    merged_labels,
    noun_of,
    value_label,
    variable_label,
    variable_labels,
)
from diplab.presentation.language import (
    both,
    capital,
    filled_term,
    number,
    rule,
    semicolon,
    term,
    terms,
    wording,
    words,
)
from diplab.presentation.layouts import registry
from diplab.presentation.layouts.drawings import estimates_drawing
from diplab.presentation.layouts.estimates import confidence_head, estimates_sheet, without_hidden
from diplab.presentation.layouts.rows import (
    EstimateRow,
    any_small,
    no_effect,
    rows_in_words,
    title_of,
    unit_of,
)
from diplab.presentation.numbers import known, p_value_cell
from diplab.presentation.sheet import BLANK, INDENT, Align, Cell, Sheet
from diplab.reference.text import LANGUAGES, NO_BREAK, NOTHING, Language, Text
from diplab.results.estimates import Estimates
from diplab.results.regression import (
    DesignFitStatistics,
    FitStatistics,
    MarginalEffects,
    Regression,
)


@dataclass(frozen=True)
class TermKey:
    """The identity of a coefficient, the same in all models."""

    cut: bool
    variable: str
    category: str


@dataclass(frozen=True)
class CoefficientLine:
    """A coefficient in words, with its heading and the reference of its variable."""

    key: TermKey
    outcome: str
    head: str
    reference: str
    label: str
    row: EstimateRow
    p_value: float | None


def coefficient_lines(
    fit: Regression,
    language: Language,
    labels: Codebook,
    decimals: int | None = None,
    percent: bool | None = False,
) -> list[CoefficientLine]:
    """Return the coefficients of a regression in words, in its own order."""
    rows = rows_in_words(fit, language, labels, percent, decimals, unit_in_head=True)
    lines: list[CoefficientLine] = []
    for record, row in zip(fit.frame.to_dict("records"), rows, strict=True):
        variable, category = str(record["variable"]), record["category"]
        key, reference = TermKey(record["statistic"] == "cut", variable, code_text(category)), ""
        if key.cut:
            head = term("regression.cuts", language)
            label = _categories(fit, fit.outcome, key, category, " | ", labels, language)
        elif category == "":
            head, label = "", _term_label(fit, key, labels, language)
        else:
            head = _term_label(fit, key, labels, language)
            reference = reference_words(fit, variable, labels, language)
            label = _categories(fit, variable, key, category, " × ", labels, language)
        outcome, p_value = "".join(row.by[:1]), known(record.get("p_value"))
        lines.append(CoefficientLine(key, outcome, head, reference, label, row, p_value))
    return lines


def model_words(fit: Regression, language: Language) -> str:
    """Return the kind of a regression in words."""
    model = fit.provenance.model
    if f"rule.model={model}" not in terms():
        return model
    return term(f"rule.model={model}", language)


def model_statistic(fit: Estimates) -> str:
    """Return the statistic of the terms of a model: coefficients, ratios or effects."""
    return str(next(iter(fit.frame["statistic"]), "coefficient"))


def has_no_design(fit: Estimates) -> bool:
    """Return whether a model was fitted by another package, without a design."""
    return fit.provenance.rules.get("design") == "none"


def answer_words(fit: Regression, answer: str, language: Language) -> str:
    """Return the outcome category or the quantile of coefficients as a heading."""
    if fit.by == ("quantile",):
        return term("word.quantile", language).format(value=answer)
    return answer


def reference_words(fit: Regression, variable: str, labels: Codebook, language: Language) -> str:
    """Return the reference of a variable in brackets; empty if all categories have a row."""
    if variable not in fit.references:
        return ""
    reference = fit.references[variable]
    if (fit.frame["category"][fit.frame["variable"] == variable] == reference).any():
        return ""
    category = value_label(variable, reference, labels, language)
    return words(f" ({terms()['regression.reference'].in_(language)})", language).replace(
        "{category}", category
    )


def _term_label(fit: Regression, key: TermKey, labels: Codebook, language: Language) -> str:
    """Return the label of a term; those of its variables for a product."""
    if key.variable == "intercept":
        return capital(wording("variable", key.variable, language))
    together = fit.levels.get((key.variable, key.category), ((key.variable, None),))
    return " × ".join(variable_labels((name for name, _ in together), labels, language))


def _categories(
    fit: Regression,
    variable: str,
    key: TermKey,
    category: object,
    between: str,
    labels: Codebook,
    language: Language,
) -> str:
    """Return the labels of the categories of a term; several for a product or a cut point."""
    together = fit.levels.get((key.variable, key.category), ((variable, category),))
    return between.join(
        value_label(name, level, labels, language) for name, level in together if level is not None
    )


FIT_DECIMALS = {
    "n": 0, "log_likelihood": 1, "log_likelihood_null": 1, "lr_chi2": 2, "pseudo_r2": 3,
    "nagelkerke": 3, "deviance_r2": 3, "r2": 3, "adjusted_r2": 3, "f": 2, "aic": 1, "bic": 1,
    "daic": 1, "first_stage": 2,
}  # fmt: skip
"""The printed statistics of a fit, with their decimals."""
P_VALUES = {"lr_chi2": "lr_p_value", "f": "f_p_value"}
NUMBER_FORMS = ("#,##0", "#,##0.0", "#,##0.00", "0.000")


@registry.layout.register(Regression)
def regression_sheet(fit: Regression, request: registry.TableRequest) -> Sheet:
    """Return a regression as a table: categories indented under variables with references."""
    if not fit.holds_coefficients:
        # contrasts of coefficients are plain estimates
        return estimates_sheet(fit, request)
    return _term_sheet(fit, request, percent=False)


@registry.layout.register(MarginalEffects)
def effects_sheet(effects: MarginalEffects, request: registry.TableRequest) -> Sheet:
    """Return marginal effects as the terms of a regression, with references of variables."""
    if not effects.holds_effects:
        return estimates_sheet(effects, request)
    labels = request.labels_of(effects.codebook)
    rows = rows_in_words(effects, request.language, labels, request.percent, request.decimals)
    title = request.title_or(title_of(effects, rows, request.language, labels))
    return _term_sheet(
        as_regression(effects), replace(request, title=title), percent=request.percent
    )


def _term_sheet(fit: Regression, request: registry.TableRequest, percent: bool | None) -> Sheet:
    language, labels = request.language, request.labels_of(fit.codebook)
    lines = coefficient_lines(fit, language, labels, request.decimals, percent)
    columns = number_columns(fit, lines, request)
    # statsmodels does not give the number of respondents of a category, models of areas have none
    if "n" not in request.hide and not has_no_design(fit) and fit.frame["n"].notna().any():
        columns[term("column.n", language)] = [line.row.respondents for line in lines]
    flag = term("column.flag", language)
    remarks_of_rows = [Cell(line.row.remark) for line in lines]
    if any(cell.text for cell in remarks_of_rows):
        columns[flag] = remarks_of_rows
    head, blank = [term("regression.term", language)], [BLANK] * len(columns)
    if fit.by:
        reference = reference_words(fit, fit.by[0], labels, language)
        head = [f"{variable_label(fit.by[0], labels, language)}{reference}", *head]
    rows: list[tuple[Cell, ...]] = []
    outcome_above, head_above = "", ""
    for position, line in enumerate(lines):
        outcome, label = [BLANK] * len(fit.by), line.label
        if line.outcome != outcome_above:
            outcome, head_above = [Cell(line.outcome)] * len(fit.by), ""
        if line.head:
            label = INDENT + label
            if line.head != head_above:
                rows.append((*outcome, Cell(f"{line.head}{line.reference}"), *blank))
                outcome = [BLANK] * len(outcome)
        rows.append((*outcome, Cell(label), *(cells[position] for cells in columns.values())))
        outcome_above, head_above = line.outcome, line.head
    rows += _fit_rows(fit, list(columns), len(head), labels, language)
    heads = [*head, *columns]
    sides: dict[str, Align] = dict.fromkeys(columns, "right")
    sides |= dict.fromkeys((*head, flag), "left")
    align = list(map(sides.__getitem__, heads))
    remarks = []
    if any_small(line.row for line in lines):
        remarks.append(term("sentence.small_base", language))
    if "stars" in request.show:
        remarks.append(stars_in_words(language))
    title, frame = regression_title(fit, language, labels), without_hidden(fit.frame, request.hide)
    return registry.sheet_of_lines(
        heads, rows, align, request, title, fit.provenance, labels, frame, remarks
    )


def regression_title(fit: Regression, language: Language, labels: Codebook) -> str:
    """Return the default title of a regression: its kind and its outcome."""
    outcome = " × ".join(variable_labels(fit.outcomes, labels, language))
    title = f"{model_words(fit, language)} – {outcome}"
    if len(fit.outcomes) == 1:
        title = _title_of_model(model_words(fit, language), fit.outcomes[0], labels, language)
    if has_no_design(fit):
        title = f"{title} ({term('regression.no_design', language)})"
    return capital(title)


def _title_of_model(model: str, outcome: str, labels: Codebook | None, language: Language) -> str:
    """Return a kind of regression and its outcome."""
    noun = noun_of(outcome, labels, language)
    if not noun.gender:
        return f"{model} – {variable_label(outcome, labels, language)}"
    variable = noun.with_article(language, "of")
    return filled_term("title.of", language, statistic=model, variable=variable)


def fit_cell(name: str, value: float, language: Language) -> Cell:
    """Return a statistic of a fit as printed."""
    decimals = FIT_DECIMALS[name]
    return Cell(number(value, language, decimals), value, NUMBER_FORMS[decimals])


def _fit_rows(
    fit: Regression, columns: list[str], before: int, labels: Codebook, language: Language
) -> list[tuple[Cell, ...]]:
    """Return the lines of fit statistics below the coefficients; empty if there are none."""
    if isinstance(fit.goodness, str):
        return []
    fit_statistics = fit.goodness
    blank = [BLANK] * (before - 1)
    rows: list[tuple[Cell, ...]] = [
        (*blank, Cell(term("regression.fit", language)), *[BLANK] * len(columns))
    ]
    p_value = term("column.p_value", language)
    for name, value, model, residual, variable in _printed_statistics(fit_statistics):
        label = term(f"regression.{name}", language).format(
            model=number(model, language),
            residual=number(residual, language),
            column=variable and variable_label(variable, labels, language),
        )
        cells = dict.fromkeys(columns, BLANK)
        cells[columns[0]] = fit_cell(name, value, language)
        if name in P_VALUES and p_value in cells:
            cells[p_value] = p_value_cell(getattr(fit_statistics, P_VALUES[name]), language)
        rows.append((*blank, Cell(f"{INDENT}{label}"), *cells.values()))
    return rows


def _printed_statistics(
    fit: FitStatistics | DesignFitStatistics,
) -> Iterator[tuple[str, float, float, float, str]]:
    """Return the name, value and degrees of freedom of statistics; the column of a first stage."""
    values = fit.frame.set_index("statistic")["value"]
    for name in FIT_DECIMALS:
        if name in values:
            yield name, values[name], fit.df_model, fit.df_residual, ""
    if isinstance(fit, DesignFitStatistics):
        for column, stage in fit.first_stage.items():
            yield "first_stage", *stage, column


STARS = (("***", 0.001, 3), ("**", 0.01, 2), ("*", 0.05, 2))
"""Stars, with the level that a p-value is below, and its decimals."""


def stars_in_words(language: Language) -> str:
    """Return the sentence on the levels of stars."""
    below = f"{NO_BREAK}p{NO_BREAK}<{NO_BREAK}"
    parts = [
        f"{stars}{below}{number(level, language, decimals)}" for stars, level, decimals in STARS
    ]
    return f"{semicolon(language).join(parts)}."


def number_columns(
    fit: Estimates,
    lines: Sequence[CoefficientLine | None],
    request: registry.TableRequest,
    others: Sequence[Cell] = (),
) -> dict[str, list[Cell]]:
    """Return the numbers of terms by column head; `others` replace the estimates, in brief."""
    # standard errors replace intervals on request, and stars replace p-values
    language, level = request.language, fit.provenance.rules.get("confidence")
    shown, hidden = request.shown("std_error", "stars"), request.hidden("interval", "p_value", "n")

    def column(cell_of: Callable[[CoefficientLine], Cell]) -> list[Cell]:
        return [cell_of(line) if line else BLANK for line in lines]

    unit = unit_of([line.row for line in lines if line], language)
    head = f"{wording('statistic', model_statistic(fit), language)}{unit}"
    columns = {head: column(lambda line: line.row.estimate)}
    if "stars" in shown:
        columns = {head: column(_with_stars)}
    if others:
        pairs = zip(lines, columns[head], others, strict=True)
        columns[head] = [cell if line else other for line, cell, other in pairs]
    title = confidence_head(fit.provenance, language)
    if "std_error" in shown:
        title = term(f"column.std_error{'_brief' * bool(others)}", language)
        columns[title] = column(lambda line: line.row.std_error)
    elif "interval" not in hidden:
        if others and level:
            title = rule("interval in brief", level, language)
        columns[title] = column(lambda line: line.row.interval)
    if not {"stars", "p_value"} & {*shown, *hidden} and "p_value" in fit.frame:
        title = term("column.p_value", language)
        columns[title] = column(lambda line: p_value_cell(line.p_value, language))
    return columns


def _with_stars(line: CoefficientLine) -> Cell:
    """Return a coefficient with the stars of its p-value; spreadsheets keep the number."""
    cell = line.row.estimate
    for stars, level, _ in STARS:
        if line.p_value is not None and line.p_value < level:
            return replace(cell, text=f"{cell.text}{stars}", form=f'{cell.form}"{stars}"')
    return cell


def as_regression(effects: MarginalEffects) -> Regression:
    """Return effects as the rows of a regression, with a block for each outcome category."""
    rows: Estimates = effects
    if effects.by:
        outcomes = effects.frame[effects.by[0]]
        rows = effects.rows(np.argsort(pd.factorize(outcomes)[0], kind="stable"))
    return Regression(
        rows.frame,
        rows.covariance,
        rows.provenance,
        by=rows.by,
        codebook=rows.codebook,
        references=effects.provenance.references,
        descriptions=effects.descriptions,
    )


@registry.drawing.register(Regression)
def regression_drawing(fit: Regression, request: registry.ChartRequest) -> registry.Drawing:
    """Return the drawing of a regression: all terms except the constant and the cut points."""
    if not fit.holds_coefficients:
        return estimates_drawing(fit, request)
    frame = fit.frame
    terms_drawn = fit.rows((frame["statistic"] != "cut") & (frame["variable"] != "intercept"))
    assert isinstance(terms_drawn, Regression)  # the rows of one are one
    if request.references:
        terms_drawn = _with_references(terms_drawn)
    labels = merged_labels(request.labels, fit.codebook)
    statistic = model_statistic(terms_drawn)
    pairs = list(
        zip(
            *(coefficient_lines(terms_drawn, language, labels) for language in LANGUAGES),
            strict=True,
        )
    )
    drawn = estimates_drawing(terms_drawn, request)
    heads = [_words_of(pair, "head") or _words_of(pair, "label") for pair in pairs]
    if request.references:
        for at in np.flatnonzero(terms_drawn.frame["std_error"].isna()):
            pairs[at] = tuple(map(_as_reference, pairs[at], LANGUAGES))
    categories = [_words_of(pair, "label") if pair[0].head else NOTHING for pair in pairs]
    # the dimensions of terms come last
    dimensions = dict(drawn.dimensions)
    for name, texts in (("variable", heads), ("category", categories)):
        dimensions.pop(name, None)
        dimensions[name] = registry.Dimension(texts, texts)
    return replace(
        drawn,
        headings=[_heading_of_term(terms_drawn, pair) for pair in pairs],
        dimensions=dimensions,
        title=both(regression_title, terms_drawn, labels=labels),
        axis=both(wording, "statistic", statistic),
    )


def _as_reference(line: CoefficientLine, language: Language) -> CoefficientLine:
    """Return the line of a reference category, named as one."""
    label = filled_term("regression.reference_row", language, category=line.label)
    return replace(line, label=label)


def _with_references(fit: Regression) -> Regression:
    """Return a regression with a row for each reference category, before the others."""
    frame = fit.frame.reset_index(drop=True).astype({"category": object})
    first = frame.drop_duplicates(["variable", *fit.by])
    rows = first[first["variable"].isin([*fit.references])].assign(estimate=no_effect(fit), flag="")
    if rows.empty:
        return fit
    categories = list(map(fit.references.__getitem__, rows["variable"]))
    rows["category"] = pd.Series(categories, rows.index, dtype=object)
    rows[rows.columns.intersection(_OF_ESTIMATES)] = np.nan
    frame = pd.concat([rows, frame]).sort_index(kind="stable").reset_index(drop=True)
    return replace(fit, frame=frame, covariance=np.full((len(frame), len(frame)), np.nan))


_OF_ESTIMATES = ["std_error", "ci_low", "ci_high", "cv", "deff", "df", "n", "p_value"]
"""Columns that a reference, which is not estimated, has no number in."""


def _words_of(pair: tuple[CoefficientLine, ...], part: str) -> Text:
    return Text(*(getattr(line, part) for line in pair))


def _heading_of_term(fit: Regression, pair: tuple[CoefficientLine, ...]) -> registry.DotHeading:
    """Return the headings of a term: the outcome category if there is one, then its variable."""
    head, label = Text(*(f"{line.head}{line.reference}" for line in pair)), _words_of(pair, "label")
    if not pair[0].outcome:
        return registry.DotHeading(label, head)
    fr, en = _words_of(pair, "outcome").fr, _words_of(pair, "outcome").en
    outcome = Text(answer_words(fit, fr, "fr"), answer_words(fit, en, "en"))
    return registry.DotHeading(label, outcome, head)
