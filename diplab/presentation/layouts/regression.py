"""Regressions: a line per term, categories under variables; models side by side; drawings."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd

from diplab.errors import OptionError
from diplab.microdata.codebook import Codebook
from diplab.microdata.variable import code_text
from diplab.presentation.labels import merged_labels, noun_of, value_label, variable_label
from diplab.presentation.language import (
    both,
    capital,
    colon,
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
    no_effect,
    rows_in_words,
    title_of,
    unit_of,
)
from diplab.presentation.notes import conventions, merged_notes
from diplab.presentation.numbers import known, p_value_cell
from diplab.presentation.sheet import INDENT, Align, Cell, Sheet, detail_of
from diplab.reference.text import LANGUAGES, NO_BREAK, NOTHING, Language, Text
from diplab.results.estimates import Estimates
from diplab.results.regression import DesignFitStatistics, MarginalEffects, Regression


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
    rows, lines = (
        rows_in_words(fit, language, labels, percent, decimals, unit_in_head=True),
        list[CoefficientLine](),
    )
    p_values = fit.frame["p_value"] if "p_value" in fit.frame else [None] * len(rows)
    of_frame = fit.frame[["statistic", "variable", "category"]].itertuples(index=False, name=None)
    for (statistic, variable, category), row, p_value in zip(of_frame, rows, p_values, strict=True):
        key, reference = TermKey(statistic == "cut", variable, code_text(category)), ""
        if key.cut:
            head = term("regression.cuts", language)
            answers = fit.levels.get((variable, code_text(category)), ((fit.outcome, category),))
            label = " | ".join(value_label(*answer, labels, language) for answer in answers)
        elif category == "":
            head, label = "", _term_label(fit, variable, category, labels, language)
        else:
            head = _term_label(fit, variable, category, labels, language)
            reference = reference_words(fit, variable, labels, language)
            label = _categories(fit, variable, category, labels, language)
        outcome = row.by[0] if row.by else ""
        lines.append(CoefficientLine(key, outcome, head, reference, label, row, known(p_value)))
    return lines


def model_words(fit: Regression, language: Language) -> str:
    """Return the kind of a regression in words."""
    model = fit.provenance.model
    return term(f"rule.model={model}", language) if f"rule.model={model}" in terms() else model


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
    own = fit.frame.loc[fit.frame["variable"] == variable, "category"]
    reference = fit.references[variable]
    if any(key == reference for key in own):
        return ""
    category = value_label(variable, reference, labels, language)
    return words(f" ({terms()['regression.reference'].in_(language)})", language).replace(
        "{category}", category
    )


def _term_label(
    fit: Regression, variable: str, category: object, labels: Codebook, language: Language
) -> str:
    """Return the label of a term; those of its variables for a product."""
    if variable == "intercept":
        return capital(wording("variable", variable, language))
    together = fit.levels.get((variable, code_text(category)), ((variable, category),))
    return " × ".join(variable_label(name, labels, language) for name, _ in together)


def _categories(
    fit: Regression, variable: str, category: object, labels: Codebook, language: Language
) -> str:
    """Return the labels of the categories of a term; several for a product."""
    together = fit.levels.get((variable, code_text(category)), ((variable, category),))
    return " × ".join(
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
    # statsmodels does not give the number of respondents of a category
    if "n" not in request.hide and not has_no_design(fit):
        columns[term("column.n", language)] = [line.row.respondents for line in lines]
    flag = term("column.flag", language)
    if any(line.row.remark for line in lines):
        columns[flag] = [Cell(line.row.remark) for line in lines]
    head, blank = [term("regression.term", language)], [Cell("")] * len(columns)
    if fit.by:
        reference = reference_words(fit, fit.by[0], labels, language)
        head = [f"{variable_label(fit.by[0], labels, language)}{reference}", *head]
    rows: list[tuple[Cell, ...]] = []
    outcome_above, head_above = "", ""
    for position, line in enumerate(lines):
        same = line.outcome == outcome_above
        outcome = [Cell("" if same else line.outcome)] * len(fit.by)
        label = line.label
        if line.head:
            label = INDENT + label
            if (line.head, same) != (head_above, True):
                rows.append((*outcome, Cell(f"{line.head}{line.reference}"), *blank))
                outcome = [Cell("")] * len(outcome)
        rows.append((*outcome, Cell(label), *(cells[position] for cells in columns.values())))
        outcome_above, head_above = line.outcome, line.head
    rows += _fit_rows(fit, list(columns), len(head), labels, language)
    heads = [*head, *columns]
    sides: list[Align] = ["left" if item in (*head, flag) else "right" for item in heads]
    remarks = []
    if any(line.row.small for line in lines):
        remarks.append(term("sentence.small_base", language))
    if "stars" in request.show:
        remarks.append(stars_in_words(language))
    title, frame = regression_title(fit, language, labels), without_hidden(fit.frame, request.hide)
    return registry.sheet_of_lines(
        heads, rows, sides, request, title, fit.provenance, labels, frame, remarks
    )


def regression_title(fit: Regression, language: Language, labels: Codebook) -> str:
    """Return the default title of a regression: its kind and its outcome."""
    outcome = " × ".join(variable_label(name, labels, language) for name in fit.outcomes)
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
    blank = [Cell("")] * (before - 1)
    rows: list[tuple[Cell, ...]] = [
        (*blank, Cell(term("regression.fit", language)), *[Cell("")] * len(columns))
    ]
    p_value = term("column.p_value", language)
    known = fit_statistics.frame.set_index("statistic")["value"].to_dict()
    shown: list[tuple[str, float, float, float, str]] = [
        (name, known[name], fit_statistics.df_model, fit_statistics.df_residual, "")
        for name in FIT_DECIMALS
        if name in known
    ]
    if isinstance(fit_statistics, DesignFitStatistics):
        stages = fit_statistics.first_stage.items()
        shown += [
            ("first_stage", f, k, df, variable_label(name, labels, language))
            for name, (f, k, df) in stages
        ]
    for name, value, model, residual, variable in shown:
        label = term(f"regression.{name}", language).format(
            model=number(model, language), residual=number(residual, language), column=variable
        )
        cells = {column: Cell("") for column in columns}
        cells[columns[0]] = fit_cell(name, value, language)
        if name in P_VALUES and p_value in cells:
            cells[p_value] = p_value_cell(getattr(fit_statistics, P_VALUES[name]), language)
        rows.append((*blank, Cell(f"{INDENT}{label}"), *cells.values()))
    return rows


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

    def column(part: str) -> list[Cell]:
        return [getattr(line.row, part) if line else Cell("") for line in lines]

    unit = unit_of([line.row for line in lines if line], language)
    head = f"{wording('statistic', model_statistic(fit), language)}{unit}"
    estimated = [_estimate(line, shown) if line else others[at] for at, line in enumerate(lines)]
    columns = {head: estimated}
    if "std_error" in shown:
        title = term(f"column.std_error{'_brief' if others else ''}", language)
        columns[title] = column("std_error")
    elif "interval" not in hidden:
        brief = rule("interval in brief", level, language) if others and level else ""
        title = brief or confidence_head(fit.provenance, language)
        columns[title] = column("interval")
    if not {"stars", "p_value"} & {*shown, *hidden} and "p_value" in fit.frame:
        title = term("column.p_value", language)
        columns[title] = [
            p_value_cell(line.p_value, language) if line else Cell("") for line in lines
        ]
    return columns


def _estimate(line: CoefficientLine, shown: Sequence[str]) -> Cell:
    """Return a coefficient with the stars of its p-value; spreadsheets keep the number."""
    cell, p_value = line.row.estimate, math.inf if line.p_value is None else line.p_value
    stars = (
        next((stars for stars, level, _ in STARS if p_value < level), "")
        if "stars" in shown
        else ""
    )
    if stars:
        return replace(cell, text=f"{cell.text}{stars}", form=f'{cell.form}"{stars}"')
    return cell


def as_regression(effects: MarginalEffects) -> Regression:
    """Return effects as the rows of a regression, with a block for each outcome category."""
    rows: Estimates = effects
    if effects.by:
        outcomes = effects.frame[effects.by[0]]
        rows = effects.rows(np.argsort(pd.factorize(outcomes)[0], kind="stable"))
    own = {
        name: getattr(rows, name)
        for name in ("frame", "covariance", "provenance", "by", "codebook")
    }
    return Regression(
        **own, references=effects.provenance.references, descriptions=effects.descriptions
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
    named = [term("regression.reference_row", code) for code in LANGUAGES]
    for at in np.flatnonzero(terms_drawn.frame["std_error"].isna()) if request.references else ():
        lines = zip(pairs[at], named, strict=True)
        pairs[at] = tuple(
            replace(line, label=name.replace("{category}", line.label)) for line, name in lines
        )
    categories = [_words_of(pair, "label") if pair[0].head else NOTHING for pair in pairs]
    terms_of = {
        "variable": registry.Dimension(heads, heads),
        "category": registry.Dimension(categories, categories),
    }
    return replace(
        drawn,
        headings=[_heading_of_term(terms_drawn, pair) for pair in pairs],
        dimensions={
            name: dimension for name, dimension in drawn.dimensions.items() if name not in terms_of
        }
        | terms_of,
        title=both(regression_title, terms_drawn, labels=labels),
        axis=both(wording, "statistic", statistic),
    )


def _with_references(fit: Regression) -> Regression:
    """Return a regression with a row for each reference category, before the others."""
    order: list[int] = []
    added: list[tuple[Any, int]] = []
    for place, (variable, *domain) in enumerate(
        fit.frame[["variable", *fit.by]].itertuples(index=False)
    ):
        key = (variable, *domain)
        if variable in fit.references and key not in {name for name, _ in added}:
            order.append(len(fit.frame) + len(added))
            added.append((key, place))
        order.append(place)
    if not added:
        return fit
    rows = fit.frame.iloc[[place for _, place in added]].assign(estimate=no_effect(fit), flag="")
    rows["category"] = pd.Series(
        [fit.references[key[0]] for key, _ in added], index=rows.index, dtype=object
    )
    for name in rows.columns.intersection(
        ["std_error", "ci_low", "ci_high", "cv", "deff", "df", "n", "p_value"]
    ):
        rows[name] = np.nan
    frame = pd.concat([fit.frame.astype({"category": object}), rows], ignore_index=True).iloc[order]
    return replace(
        fit,
        frame=frame.reset_index(drop=True),
        covariance=np.full((len(order), len(order)), np.nan),
    )


def _words_of(pair: tuple[CoefficientLine, ...], part: str) -> Text:
    return Text(*(getattr(line, part) for line in pair))


def _heading_of_term(fit: Regression, pair: tuple[CoefficientLine, ...]) -> registry.DotHeading:
    """Return the headings of a term: the outcome category if there is one, then its variable."""
    answers = zip(pair, LANGUAGES, strict=True)
    outcome = Text(
        *(answer_words(fit, line.outcome, item) if line.outcome else "" for line, item in answers)
    )
    head, label = Text(*(f"{line.head}{line.reference}" for line in pair)), _words_of(pair, "label")
    if outcome:
        return registry.DotHeading(label, outcome, head)
    return registry.DotHeading(label, head)


FOOT = ("r2", "pseudo_r2", "deviance_r2", "aic", "daic")
"""The fit statistics printed below models side by side."""
IN_ROWS = ("formula", "scale")
"""Rules that rows and headings of the table state already."""


@dataclass(frozen=True)
class _Model:
    """A named column: a model, or several combined, with its kind and outcome in words."""

    name: str
    fit: Regression
    kind: str
    outcome: str
    respondents: tuple[float, ...]


@dataclass(frozen=True)
class _Block:
    """The terms of a model, by outcome category if several, and the reference categories."""

    model: _Model
    over: str
    lines: Mapping[TermKey, CoefficientLine]
    references: Mapping[TermKey, str]


def _title_of_models(models: Sequence[_Model], language: Language) -> str:
    """Return what models have in common: their kind, and their outcome."""
    kinds = {model.kind for model in models}
    outcomes = {model.outcome for model in models}
    title = capital(kinds.pop() if len(kinds) == 1 else term("regression.several", language))
    return f"{title} – {outcomes.pop()}" if len(outcomes) == 1 else title


def _rows_of_terms(
    ordered: Sequence[tuple[TermKey, str, str]], columns: Sequence[Sequence[Cell]]
) -> list[tuple[Cell, ...]]:
    """Return a row for each term, below the name of its variable."""
    rows, above = [], ""
    for position, (_, head, label) in enumerate(ordered):
        if head and head != above:
            rows.append((Cell(head), *[Cell("")] * len(columns)))
        above = head
        first = Cell(f"{INDENT}{label}" if head else label)
        rows.append((first, *(cells[position] for cells in columns)))
    return rows


@registry.layout_of_several.register(Regression)
@registry.layout_of_several.register(MarginalEffects)
def models_sheet(_: object, results: Mapping[str, Any], request: registry.TableRequest) -> Sheet:
    """Return models side by side, in the order of the terms of the largest."""
    request.without("sort", "columns", "sum_to_100")
    language = request.language
    names = []
    for at, name in enumerate(results):
        numbered = term("regression.model_number", language).format(place=at + 1)
        names.append(numbered if name == str(at) else words(name, language))
    fits = {name: _fits(name, result) for name, result in zip(names, results.values(), strict=True)}
    labels = request.labels_of(
        reduce(merged_labels, (fit.codebook for item in fits.values() for fit in item))
    )
    models = [_model(name, fit, labels, language) for name, fit in fits.items()]
    lines_of = _lines(models, labels, request)
    blocks = []
    for model in models:
        blocks += _blocks(model, lines_of[model.name], models, labels, language)
    ordered = _ordered(blocks)
    keys = [key for key, _, _ in ordered]
    over, header = [""], [term("regression.term", language)]
    columns: list[Sequence[Cell]] = []
    foot: dict[int, _Model] = {}
    for block in blocks:
        if block.model not in foot.values():
            foot[len(columns)] = block.model
        ref = dict.fromkeys(keys, Cell(""))
        ref |= dict.fromkeys({*ref} & {*block.references}, Cell(term("regression.ref", language)))
        lines = list(map(block.lines.get, keys))
        numbers = number_columns(block.model.fit, lines, request, list(ref.values()))
        columns += numbers.values()
        header += numbers
        over += [block.over] * len(numbers)
    right: list[Align] = ["right"] * len(columns)
    frames = pd.concat(
        {name: pd.concat([fit.frame for fit in item]) for name, item in fits.items()},
        names=["model"],
    )
    return Sheet(
        title=request.title_or(_title_of_models(models, language)),
        subtitle=request.unit,
        header=tuple(header),
        rows=(*_rows_of_terms(ordered, columns), *_foot(foot, len(columns), request)),
        align=("left", *right),
        notes=_notes(fits, blocks, request, labels),
        language=language,
        detail=detail_of(
            registry.labelled(
                without_hidden(frames.reset_index("model"), request.hide), labels, language
            )
        ),
        over=tuple(over),
    )


def _fits(name: str, thing: object) -> list[Regression]:
    """Return the models of a name; anything else raises an error."""
    fits = []
    for fit in thing if isinstance(thing, list | tuple) else [thing]:
        if isinstance(fit, MarginalEffects) and fit.holds_effects:
            fits.append(as_regression(fit))
        elif isinstance(fit, Regression) and fit.holds_coefficients:
            fits.append(fit)
        else:
            contrasts = isinstance(fit, Regression | MarginalEffects)
            found = "has contrasts of coefficients"
            if not contrasts:
                found = f"is of type `{type(fit).__name__}`"
            raise OptionError(
                f"`{name}` {found}, not a model.",
                "Models are results of `regress`, `effect_ratios`, `marginal_effects`, "
                "`survival.cox` and "
                "`log_linear`, and those that statsmodels has fitted.",
                "Omit it, or give it its own table.",
            )
    if not fits:
        raise OptionError(f"`{name}` holds no model.", write="Omit it.")
    return fits


def _model(name: str, fits: Sequence[Regression], labels: Codebook, language: Language) -> _Model:
    """Return the column of a name; several models are combined without their constants."""
    fit = fits[0]
    known = [
        getattr(column.fitted if isinstance(column.goodness, str) else column.goodness, "n", None)
        for column in fits
    ]
    counts = [float(n or item.frame["n"].max()) for n, item in zip(known, fits, strict=True)]
    if len(fits) > 1:
        frame = pd.concat([column.frame for column in fits], ignore_index=True)
        frame = frame[(frame["statistic"] != "cut") & (frame["variable"] != "intercept")]
        kinds = {
            f"{model_statistic(column)} of `{column.outcome}` ({column.provenance.model})"
            for column in fits
        }
        twice = frame["variable"][frame.duplicated(["variable", "category"])]
        if len(kinds) > 1 or fit.by or len(twice):
            why = "They explain several answers."
            if len(kinds) > 1:
                why = f"They are {' and '.join(sorted(kinds))}."
            elif len(twice) and not fit.by:
                why = f"`{twice.iloc[0]}` is a term of two of them."
            raise OptionError(
                f"The models of `{name}` do not fit in one column.",
                why,
                "Give each model a distinct name.",
            )
        references = {
            variable: code for column in fits for variable, code in column.references.items()
        }
        goodness, left = "Each has its own.", math.inf
        fit = replace(fit, frame=frame, references=references, goodness=goodness, residual_df=left)
    outcome = variable_label(fit.outcome or fit.provenance.outcome, labels, language)
    return _Model(
        name, fit, model_words(fit, language), outcome, tuple(sorted({min(counts), max(counts)}))
    )


def _lines(
    models: Sequence[_Model], labels: Codebook, request: registry.TableRequest
) -> dict[str, list[CoefficientLine]]:
    """Return the terms of each model in words, with the same decimals by statistic."""

    def of(model: _Model, decimals: int | None) -> list[CoefficientLine]:
        percent = request.percent if model_statistic(model.fit) == "marginal_effect" else False
        return coefficient_lines(model.fit, request.language, labels, decimals, percent)

    lines = {column.name: of(column, request.decimals) for column in models}
    shared = {
        name: min((line.row.form.decimals for line in found), default=0)
        for name, found in lines.items()
    }
    for model in models:
        most = max(
            shared[column.name]
            for column in models
            if model_statistic(column.fit) == model_statistic(model.fit)
        )
        if all(line.row.form.decimals < most for line in lines[model.name]):
            lines[model.name] = of(model, most)
    return lines


def _blocks(
    model: _Model,
    lines: Sequence[CoefficientLine],
    models: Sequence[_Model],
    labels: Codebook,
    language: Language,
) -> list[_Block]:
    """Return the terms of a model by outcome category."""
    fit = model.fit
    keys = [line.key for line in lines if line.key.category and not line.key.cut]
    coded = {(key.variable, key.category) for key in keys}
    varied = {key.variable for key in keys}
    references = {}
    for name, code in fit.references.items():
        text = code_text(code)
        if name in varied and (name, text) not in coded:
            references[TermKey(False, name, text)] = value_label(name, code, labels, language)
    heads = []
    if len({column.kind for column in models}) > 1:
        heads.append(model.kind)
    if len({column.outcome for column in models}) > 1:
        heads.append(model.outcome)
    if has_no_design(fit):
        heads.append(term("regression.no_design", language))
    blocks = []
    for outcome in dict.fromkeys(line.outcome for line in lines):
        answer = []
        if fit.by:
            reference = reference_words(fit, fit.by[0], labels, language)
            answer.append(f"{answer_words(fit, outcome, language)}{reference}")
        over = colon(language).join(filter(None, (model.name, ", ".join(heads + answer))))
        rows = {line.key: line for line in lines if line.outcome == outcome}
        blocks.append(_Block(model, over, rows, references))
    return blocks


def _ordered(blocks: Sequence[_Block]) -> list[tuple[TermKey, str, str]]:
    """Return all terms with headings and labels, constants first, cut points last."""
    # a single model rather than a column of several
    largest = max(
        blocks, key=lambda item: (len(item.lines), not isinstance(item.model.fit.goodness, str))
    )
    groups: dict[tuple[bool, bool, str], dict[TermKey, tuple[str, str]]] = {}
    for block in (largest, *blocks):
        for key, line in block.lines.items():
            group = groups.setdefault((key.cut, key.variable != "intercept", key.variable), {})
            # a reference precedes the other categories of its variable
            own = {
                term_name: label
                for term_name, label in block.references.items()
                if term_name.variable == key.variable
            }
            for item, label in ({} if key.cut else own).items():
                group.setdefault(item, (line.head, label))
            group.setdefault(key, (line.head, line.label))
    return [
        (key, *said)
        for position in sorted(groups, key=lambda item: item[:2])
        for key, said in groups[position].items()
    ]


def _foot(
    models: Mapping[int, _Model], width: int, request: registry.TableRequest
) -> list[tuple[Cell, ...]]:
    """Return the lines of respondents and fit statistics of each model, in its first column."""
    language, lines = (
        request.language,
        {name: [Cell("")] * width for name in ("n", *FOOT, "df_residual")},
    )
    for at, model in models.items():
        counts, goodness, left = model.respondents, model.fit.goodness, model.fit.residual_df
        if "n" not in request.hide:
            ends = f" {term('word.to', language)} ".join(
                number(count, language) for count in counts
            )
            lines["n"][at] = Cell(ends, counts[0] if len(counts) == 1 else None, "#,##0")
        if not isinstance(goodness, str):
            values, left = goodness.frame.set_index("statistic")["value"], goodness.df_residual
            for name in (name for name in FOOT if name in values):
                lines[name][at] = fit_cell(name, values[name], language)
        if math.isfinite(left):
            lines["df_residual"][at] = Cell(number(left, language), left, "#,##0")
    rows = [
        (Cell(f"{INDENT}{term(f'regression.{name}', language)}"), *cells)
        for name, cells in lines.items()
        if any(cell.text for cell in cells)
    ]
    if rows:
        rows.insert(0, (Cell(term("regression.fit", language)), *[Cell("")] * width))
    return rows


def _notes(
    fits: Mapping[str, Sequence[Regression]],
    blocks: Sequence[_Block],
    request: registry.TableRequest,
    labels: Codebook,
) -> tuple[tuple[str, str], ...]:
    """Return the notes of all models, each once; rules without a design by model name."""
    language, remarks = request.language, tuple(_remarks(blocks, request))
    of_rules, every = term("note.rules", language), []
    for name, fit in ((name, fit) for name, item in fits.items() for fit in item):
        rules = {rule: value for rule, value in fit.provenance.rules.items() if rule not in IN_ROWS}
        record = replace(fit.provenance, rules=rules, references={})
        notes = dict(
            conventions(record, language, request.notes, remarks, labels, length=request.rules)
        )
        own = name if has_no_design(fit) else of_rules
        every.append(
            [(own if label == of_rules else label, content) for label, content in notes.items()]
        )
    return tuple(merged_notes(every).items())


def _remarks(blocks: Sequence[_Block], request: registry.TableRequest) -> Iterable[str]:
    """Return remarks on the numbers: levels of stars, references, and flags with their places."""
    language, flagged = request.language, dict[str, list[str]]()
    if "stars" in request.show:
        yield stars_in_words(language)
    if any(block.references for block in blocks):
        yield term("regression.ref_note", language)
    for block in blocks:
        for line in block.lines.values():
            few = term("regression.few", language) if line.row.small else ""
            for remark in filter(None, (few, line.row.remark)):
                flagged.setdefault(remark, []).append(f"{block.over}, {line.label}")
    for flag, where in flagged.items():
        yield f"{capital(flag)}{colon(language)}{', '.join(where)}."
