"""Models side by side: a column each, with the terms of all, and statistics of fit below."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import pandas as pd

from diplab.errors import OptionError
from diplab.microdata.codebook import Codebook
from diplab.microdata.variable import code_text
from diplab.presentation.labels import merged_labels, value_label, variable_label
from diplab.presentation.language import capital, colon, headed, number, term, words
from diplab.presentation.layouts import registry
from diplab.presentation.layouts.estimates import without_hidden
from diplab.presentation.layouts.regression import (
    CoefficientLine,
    TermKey,
    answer_words,
    as_regression,
    coefficient_lines,
    fit_cell,
    has_no_design,
    model_statistic,
    model_words,
    number_columns,
    reference_words,
    stars_in_words,
)
from diplab.presentation.notes import conventions, merged_notes
from diplab.presentation.sheet import BLANK, INDENT, Align, Cell, Sheet, detail_of
from diplab.reference.text import Language
from diplab.results.regression import MarginalEffects, Regression

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
    title = capital(models[0].kind)
    if _differ(models, "kind"):
        title = capital(term("regression.several", language))
    if _differ(models, "outcome"):
        return title
    return f"{title} – {models[0].outcome}"


def _differ(models: Iterable[_Model], part: str) -> bool:
    return len({getattr(model, part) for model in models}) > 1


def _rows_of_terms(
    ordered: Sequence[tuple[TermKey, str, str]], columns: Sequence[Sequence[Cell]]
) -> list[tuple[Cell, ...]]:
    """Return a row for each term, below the name of its variable."""
    rows, above = [], ""
    for (_, head, label), *cells in zip(ordered, *columns, strict=True):
        if head and head != above:
            rows.append((Cell(head), *[BLANK] * len(columns)))
        above = head
        rows.append((Cell(f"{INDENT * bool(head)}{label}"), *cells))
    return rows


@registry.layout_of_several.register(Regression)
@registry.layout_of_several.register(MarginalEffects)
def models_sheet(_: object, results: Mapping[str, Any], request: registry.TableRequest) -> Sheet:
    """Return models side by side, in the order of the terms of the largest."""
    request.without("sort", "columns", "sum_to_100")
    language = request.language
    fits: dict[str, list[Regression]] = {}
    for at, (name, result) in enumerate(results.items()):
        shown = words(name, language)
        if name == str(at):
            shown = term("regression.model_number", language).format(place=at + 1)
        fits[shown] = _fits(shown, result)
    every = [fit for item in fits.values() for fit in item]
    labels = request.labels_of(reduce(merged_labels, (fit.codebook for fit in every)))
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
        ref = dict.fromkeys(block.references, Cell(term("regression.ref", language)))
        others = [ref.get(key, BLANK) for key in keys]
        lines = list(map(block.lines.get, keys))
        numbers = number_columns(block.model.fit, lines, request, others)
        columns += numbers.values()
        header += numbers
        over += [block.over] * len(numbers)
    right: list[Align] = ["right"] * len(columns)
    names = [name for name, item in fits.items() for _ in item]
    # the results of one name are below each other
    frames = pd.concat([fit.frame for fit in every], keys=names, names=["model"])
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
                without_hidden(frames.reset_index("model"), request.hide), labels, language, {}
            )
        ),
        over=tuple(over),
    )


def _fits(name: str, thing: object) -> list[Regression]:
    """Return the models of a name; anything else raises an error."""
    fits = []
    things = list(thing) if isinstance(thing, list | tuple) else [thing]
    for fit in things:
        if isinstance(fit, MarginalEffects) and fit.holds_effects:
            fits.append(as_regression(fit))
        elif isinstance(fit, Regression) and fit.holds_coefficients:
            fits.append(fit)
        else:
            found = "has contrasts of coefficients"
            if not isinstance(fit, Regression | MarginalEffects):
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
    fit, counts = fits[0], list(map(_respondents, fits))
    if len(fits) > 1:
        fit = _combined(name, fits)
    outcome = variable_label(fit.outcome or fit.provenance.outcome, labels, language)
    return _Model(
        name, fit, model_words(fit, language), outcome, tuple(sorted({min(counts), max(counts)}))
    )


def _respondents(fit: Regression) -> float:
    """Return the respondents of a model, by its fit or else those of its largest category."""
    holds = fit.fitted if isinstance(fit.goodness, str) else fit.goodness
    return float(getattr(holds, "n", None) or fit.frame["n"].max())


def _combined(name: str, fits: Sequence[Regression]) -> Regression:
    """Return models of one answer as one, without constants; others raise an error."""
    fit = fits[0]
    frame = pd.concat([column.frame for column in fits], ignore_index=True)
    frame = frame[(frame["statistic"] != "cut") & (frame["variable"] != "intercept")]
    kinds, references = set(), dict[str, Any]()
    for column in fits:
        model = column.provenance.model
        kinds.add(f"{model_statistic(column)} of `{column.outcome}` ({model})")
        references |= column.references
    twice = frame["variable"][frame.duplicated(["variable", "category"])]
    why = ""
    if len(kinds) > 1:
        why = f"They are {' and '.join(sorted(kinds))}."
    elif fit.by:
        why = "They explain several answers."
    elif len(twice):
        why = f"`{twice.iloc[0]}` is a term of two of them."
    if why:
        raise OptionError(
            f"The models of `{name}` do not fit in one column.",
            why,
            "Give each model a distinct name.",
        )
    goodness, left = "Each has its own.", math.inf
    return replace(fit, frame=frame, references=references, goodness=goodness, residual_df=left)


def _lines(
    models: Sequence[_Model], labels: Codebook, request: registry.TableRequest
) -> dict[str, list[CoefficientLine]]:
    """Return the terms of each model in words, with the same decimals by statistic."""

    def of(model: _Model, decimals: int | None) -> list[CoefficientLine]:
        percent = model_statistic(model.fit) == "marginal_effect" and request.percent
        return coefficient_lines(model.fit, request.language, labels, decimals, percent)

    lines, most = {}, dict[str, int]()
    for model in models:
        lines[model.name], statistic = of(model, request.decimals), model_statistic(model.fit)
        shared = min((line.row.form.decimals for line in lines[model.name]), default=0)
        most[statistic] = max(shared, most.get(statistic, shared))
    for model in models:
        decimals = most[model_statistic(model.fit)]
        if all(line.row.form.decimals < decimals for line in lines[model.name]):
            lines[model.name] = of(model, decimals)
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
    coded = {line.key for line in lines if line.key.category}
    varied = {key.variable for key in coded if not key.cut}
    references = {}
    for name, code in fit.references.items():
        key = TermKey(False, name, code_text(code))
        if name in varied and key not in coded:
            references[key] = value_label(name, code, labels, language)
    heads = []
    if _differ(models, "kind"):
        heads.append(model.kind)
    if _differ(models, "outcome"):
        heads.append(model.outcome)
    if has_no_design(fit):
        heads.append(term("regression.no_design", language))
    blocks = []
    for outcome in dict.fromkeys(line.outcome for line in lines):
        answer = []
        if fit.by:
            reference = reference_words(fit, fit.by[0], labels, language)
            answer.append(f"{answer_words(fit, outcome, language)}{reference}")
        over = model.name
        if heads or answer:
            over = headed(model.name, ", ".join(heads + answer), language)
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
            for reference, label in block.references.items():
                if reference.variable == key.variable and not key.cut:
                    group.setdefault(reference, (line.head, label))
            group.setdefault(key, (line.head, line.label))
    ordered = []
    for position in sorted(groups, key=lambda item: item[:2]):
        ordered += [(key, head, label) for key, (head, label) in groups[position].items()]
    return ordered


def _foot(
    models: Mapping[int, _Model], width: int, request: registry.TableRequest
) -> list[tuple[Cell, ...]]:
    """Return the lines of respondents and fit statistics of each model, in its first column."""
    language = request.language
    lines = {name: [BLANK] * width for name in ("n", *FOOT, "df_residual")}
    for at, model in models.items():
        for name, cell in _foot_of(model, language):
            lines[name][at] = cell
    if "n" in request.hide:
        del lines["n"]
    rows = []
    for name, cells in lines.items():
        if {*cells} != {BLANK}:
            rows.append((Cell(f"{INDENT}{term(f'regression.{name}', language)}"), *cells))
    if rows:
        rows.insert(0, (Cell(term("regression.fit", language)), *[BLANK] * width))
    return rows


def _foot_of(model: _Model, language: Language) -> Iterator[tuple[str, Cell]]:
    """Return the respondents and the fit statistics of a model, by their names."""
    counts, goodness, left = model.respondents, model.fit.goodness, model.fit.residual_df
    if len(counts) == 1:
        yield "n", Cell(number(counts[0], language), counts[0], "#,##0")
    else:
        low, high = (number(count, language) for count in counts)
        yield "n", Cell(f"{low} {term('word.to', language)} {high}", None, "#,##0")
    if not isinstance(goodness, str):
        values, left = goodness.frame.set_index("statistic")["value"], goodness.df_residual
        for name in values.index.intersection(list(FOOT)):
            yield name, fit_cell(name, values[name], language)
    if math.isfinite(left):
        yield "df_residual", Cell(number(left, language), left, "#,##0")


def _notes(
    fits: Mapping[str, Sequence[Regression]],
    blocks: Sequence[_Block],
    request: registry.TableRequest,
    labels: Codebook,
) -> tuple[tuple[str, str], ...]:
    """Return the notes of all models, each once; rules without a design by model name."""
    language, remarks = request.language, tuple(_remarks(blocks, request))
    every = []
    for name, item in fits.items():
        for fit in item:
            rules = dict(fit.provenance.rules)
            for rule in IN_ROWS:
                rules.pop(rule, None)
            record = replace(fit.provenance, rules=rules, references={})
            heads = {"rules": name} if has_no_design(fit) else {}
            every.append(
                conventions(
                    record,
                    language,
                    request.notes,
                    remarks,
                    labels,
                    length=request.rules,
                    heads=heads,
                )
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
            few = term("regression.few", language) * line.row.small
            for remark in filter(None, (few, line.row.remark)):
                flagged.setdefault(remark, []).append(f"{block.over}, {line.label}")
    for flag, where in flagged.items():
        yield f"{capital(flag)}{colon(language)}{', '.join(where)}."
