"""Models side by side: terms on rows, a group of columns for each model, and how well each fits below."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from math import isfinite
from typing import Any

import numpy as np
import pandas as pd

from diplab.errors import OptionError
from diplab.microdata.codebook import Codebook
from diplab.microdata.variable import code_text
from diplab.presentation.labels import merged_labels, outcome_label, value_label
from diplab.presentation.language import colon, number, semicolon, term, words
from diplab.presentation.layouts.registry import TableRequest, layout_of_several
from diplab.presentation.layouts.regression import (
    FIT_DECIMALS,
    NUMBER_FORMS,
    CoefficientLine,
    TermKey,
    answer_words,
    as_regression,
    coefficient_lines,
    column_decimals,
    has_no_design,
    model_statistic,
    model_words,
    number_columns,
    reference_words,
    stars_in_words,
)
from diplab.presentation.notes import conventions
from diplab.presentation.sheet import INDENT, Align, Cell, Sheet, detail_of
from diplab.reference.text import Language
from diplab.results.estimates import Provenance, join_sources, weakest_status
from diplab.results.regression import MarginalEffects, Regression

FOOT = ("r2", "pseudo_r2", "deviance_r2", "aic", "daic")
"""The statistics of a fit that are printed below models side by side."""


@dataclass(frozen=True)
class _Model:
    """What stands under one name: a model, or several of which each has terms of its own, as one."""

    name: str
    fits: tuple[Regression, ...]

    @property
    def fit(self) -> Regression:
        """The terms of all; of several without their constants, of which each has another."""
        first = self.fits[0]
        if len(self.fits) == 1:
            return first
        frame = pd.concat([each.frame for each in self.fits], ignore_index=True)
        frame = frame[(frame["statistic"] != "cut") & (frame["variable"] != "intercept")]
        references = {name: code for each in self.fits for name, code in each.references.items()}
        return replace(first, frame=frame, covariance=np.empty((0, 0)), references=references)

    def kind(self, language: Language) -> str:
        """Return what kind of model it is, in words."""
        return model_words(self.fits[0], language)

    def outcome(self, labels: Codebook, language: Language) -> str:
        """Return what it explains, in words."""
        return outcome_label(self.fits[0].outcome or self.fits[0].provenance.outcome, labels, language)


@dataclass(frozen=True)
class _Block:
    """The terms of a model, for one answer where it explains several, and the categories that others refer to."""

    model: _Model
    fit: Regression
    over: str
    lines: Mapping[TermKey, CoefficientLine]
    references: Mapping[TermKey, str]

    def terms(self) -> Iterable[tuple[TermKey, str, str]]:
        """Return each term with its heading and its label, a reference before the others of its variable."""
        references = {key.variable: (key, label) for key, label in self.references.items()}
        for key, line in self.lines.items():
            if key.variable in references and not key.cut:
                reference, label = references.pop(key.variable)
                yield reference, line.head, label
            yield key, line.head, line.label


@layout_of_several.register(Regression)
@layout_of_several.register(MarginalEffects)
def models_sheet(_: object, results: Mapping[str, Any], request: TableRequest) -> Sheet:
    """Return models side by side, in the order of the terms of the largest; a list in the place of one is a column."""
    for option in ("sort", "columns"):
        if getattr(request, option) is not None:
            raise OptionError(f"Models side by side have no `{option}`.", write=f"Leave `{option}` out.")
    language = request.language
    models = [_model(name, each, place, language) for place, (name, each) in enumerate(results.items())]
    labels = request.labels_of(reduce(merged_labels, (fit.codebook for each in models for fit in each.fits)))
    blocks = [block for each in models for block in _blocks(each, models, labels, request)]
    ordered = _ordered(blocks)
    over, header, columns, starts = [""], [term("regression.term", language)], list[Sequence[Cell]](), list[int]()
    for block in blocks:
        starts.append(len(columns))
        numbers = number_columns(block.fit, [block.lines.get(key) for key, _, _ in ordered], request, brief=True)
        columns += numbers.values()
        columns[starts[-1]] = [
            Cell(term("regression.ref", language)) if key in block.references and key not in block.lines else cell
            for (key, _, _), cell in zip(ordered, columns[starts[-1]], strict=True)
        ]
        header += numbers
        over += [block.over] * len(numbers)
    rows, above = list[tuple[Cell, ...]](), ""
    for place, (_, head, label) in enumerate(ordered):
        if head and head != above:
            rows.append((Cell(head), *[Cell("")] * len(columns)))
        above = head
        rows.append((Cell(f"{INDENT if head else ''}{label}"), *(cells[place] for cells in columns)))
    right: list[Align] = ["right"] * len(columns)
    provenance, lines_of_models = _joined(models, labels, language)
    notes = conventions(provenance, language, request.notes, _remarks(blocks, request), labels)
    frames = [
        pd.concat({each.name: fit.frame}, names=["model"]).reset_index("model") for each in models for fit in each.fits
    ]
    return Sheet(
        title=request.title_or(_title(models, labels, language)),
        subtitle=request.unit,
        header=tuple(header),
        rows=(*rows, *_foot(blocks, starts, len(columns), request)),
        align=("left", *right),
        notes=(*notes, *(lines_of_models if request.rules == "full" else ())),
        language=language,
        detail=detail_of(pd.concat(frames)),
        over=tuple(over),
    )


def _model(name: str, thing: object, place: int, language: Language) -> _Model:
    """Return what stands under one name, or under a number where it was given none; refuse what is no model."""
    numbered = term("regression.model_number", language).format(place=place + 1)
    shown = numbered if name == str(place) else words(name, language)
    fits = []
    for each in thing if isinstance(thing, list | tuple) else [thing]:
        if isinstance(each, MarginalEffects) and each.holds_effects:
            fits.append(as_regression(each))
        elif isinstance(each, Regression) and each.holds_coefficients:
            fits.append(each)
        else:
            contrasts = isinstance(each, Regression | MarginalEffects)
            found = "has contrasts of coefficients" if contrasts else f"is of type `{type(each).__name__}`"
            raise OptionError(
                f"`{shown}` {found}, and no model.",
                "Models are results of `regress`, `effect_ratios`, `marginal_effects`, `survival.cox` and "
                "`log_linear`, and those that statsmodels has fitted.",
                "Leave it out, or give it a table of its own.",
            )
    if not fits:
        raise OptionError(f"`{shown}` holds no model.", write="Leave it out.")
    model = _Model(shown, tuple(fits))
    if len(fits) > 1:
        _check_one_column(model)
    return model


def _check_one_column(model: _Model) -> None:
    """Refuse models that one column cannot hold: of several answers or kinds, or with a term twice."""
    kinds = {(each.provenance.model, each.outcome, model_statistic(each)) for each in model.fits}
    found = "One of them explains several answers." if any(each.by for each in model.fits) else ""
    if len(kinds) > 1:
        said = (f"{statistic} of {kind}, {outcome}" for kind, outcome, statistic in sorted(kinds))
        found = f"They are of several kinds: {'; '.join(said)}."
    if found:
        raise OptionError(f"The models of `{model.name}` do not fit in one column.", found, "Give each its own name.")
    terms = model.fit.frame[["variable", "category"]].astype(str)
    if terms.duplicated().any():
        raise OptionError(
            f"`{terms['variable'][terms.duplicated()].iloc[0]}` is a term of two models of `{model.name}`.",
            "One column has one number for each term.",
            "Give each model its own name, or leave one out.",
        )


def _blocks(model: _Model, models: Sequence[_Model], labels: Codebook, request: TableRequest) -> list[_Block]:
    """Return the terms of a model by the answer that they are about."""
    language, fit = request.language, model.fit
    percent = request.percent if model_statistic(fit) == "marginal_effect" else False
    alike = (each.fit for each in models if model_statistic(each.fit) == model_statistic(fit))
    least = max(column_decimals(each, percent).shared for each in alike)
    lines = coefficient_lines(fit, language, labels, request.decimals, percent, least)
    references = {}
    for name, code in fit.references.items():
        own = fit.frame.loc[fit.frame["variable"] == name, "category"].map(code_text).tolist()
        if own and code_text(code) not in own and name not in fit.by:
            label = value_label(name, code, labels, language)
            references[TermKey(False, name, code_text(code))] = label
    differing = [
        said
        for said, all_of_them in (
            (model.kind(language), {each.kind(language) for each in models}),
            (model.outcome(labels, language), {each.outcome(labels, language) for each in models}),
        )
        if len(all_of_them) > 1
    ]
    reference = reference_words(fit, fit.by[0], labels, language) if fit.by else ""
    blocks = []
    for outcome in dict.fromkeys(line.outcome for line in lines):
        answer = [f"{answer_words(fit, outcome, language)}{reference}"] if outcome else []
        said = [*differing, *[term("regression.no_design", language)] * has_no_design(fit), *answer]
        over = f"{model.name}{colon(language)}{', '.join(said)}" if said else model.name
        of_answer = {line.key: line for line in lines if line.outcome == outcome}
        blocks.append(_Block(model, fit, over, of_answer, references))
    return blocks


def _ordered(blocks: Sequence[_Block]) -> list[tuple[TermKey, str, str]]:
    """Return the terms of all with their headings and labels, by variable: constants first, cut points last."""
    # of two, one model rather than several in a column
    largest = max(blocks, key=lambda each: (len(each.lines), -len(each.model.fits)))
    groups: dict[tuple[bool, str], dict[TermKey, tuple[str, str]]] = {}
    for block in (largest, *blocks):
        for key, head, label in block.terms():
            groups.setdefault((key.cut, key.variable), {}).setdefault(key, (head, label))
    first = sorted(groups, key=lambda each: (each[0], each[1] != "intercept"))
    return [(key, *said) for each in first for key, said in groups[each].items()]


def _title(models: Sequence[_Model], labels: Codebook, language: Language) -> str:
    """Return the title of models that were given none: what all have in common."""
    kinds, outcomes = {each.kind(language) for each in models}, {each.outcome(labels, language) for each in models}
    several = term("regression.several", language)
    head = next(iter(kinds)) if len(kinds) == 1 else several
    return f"{head[:1].upper()}{head[1:]}" + (f" – {next(iter(outcomes))}" if len(outcomes) == 1 else "")


def _foot(blocks: Sequence[_Block], starts: Sequence[int], width: int, request: TableRequest) -> list[tuple[Cell, ...]]:
    """Return the lines that say of how many respondents each model is and how well it fits."""
    language, lines = request.language, dict[str, dict[int, Cell]]()
    for at, block in enumerate(blocks):
        if at and blocks[at - 1].model is block.model:
            continue
        counts = [_respondents(each) for each in block.model.fits]
        ends = [number(each, language) for each in dict.fromkeys((min(counts), max(counts)))]
        respondents = Cell(f" {term('word.to', language)} ".join(ends), counts[0] if len(ends) == 1 else None, "#,##0")
        goodness, left = block.fit.goodness, block.fit.residual_df
        values = {}
        if len(block.model.fits) == 1 and not isinstance(goodness, str):
            values, left = goodness.frame.set_index("statistic")["value"].to_dict(), goodness.df_residual
        if "n" not in request.hide:
            lines.setdefault("n", {})[starts[at]] = respondents
        for name in FOOT:
            if name in values:
                decimals = FIT_DECIMALS[name]
                printed = Cell(number(values[name], language, decimals), values[name], NUMBER_FORMS[decimals])
                lines.setdefault(name, {})[starts[at]] = printed
        if len(block.model.fits) == 1 and isfinite(left):
            lines.setdefault("df_residual", {})[starts[at]] = Cell(number(left, language), left, "#,##0")
    named = [(name, lines[name]) for name in ("n", *FOOT, "df_residual") if name in lines]
    rows = [
        (Cell(f"{INDENT}{term(f'regression.{name}', language)}"), *(cells.get(at, Cell("")) for at in range(width)))
        for name, cells in named
    ]
    return [(Cell(term("regression.fit", language)), *[Cell("")] * width), *rows] if rows else []


def _respondents(fit: Regression) -> float:
    if not isinstance(fit.goodness, str):
        return fit.goodness.n
    return float(getattr(fit.fitted, "n", None) or fit.frame["n"].max())


def _joined(models: Sequence[_Model], labels: Codebook, language: Language) -> tuple[Provenance, list[tuple[str, str]]]:
    """Return the record of all models, and a line for each of them with the rules that not all have."""
    records = [fit.provenance for each in models for fit in each.fits]
    designed = [fit.provenance for each in models if not has_no_design(each.fits[0]) for fit in each.fits] or records
    shared = {
        name: value
        for name, value in designed[0].rules.items()
        if name not in ("references", "formula") and all(each.rules.get(name) == value for each in designed)
    }
    lines = []
    between = semicolon(language)
    for model in models:
        formulas = dict.fromkeys(fit.provenance.rules.get("formula", "") for fit in model.fits)
        own = [{"formula": between.join(filter(None, formulas))}]
        for fit in model.fits:
            rules = fit.provenance.rules
            left = {name for name in rules if has_no_design(fit) or name not in shared} - {"references", "formula"}
            own.append({name: value for name, value in rules.items() if name in left})
        notes = (conventions(Provenance(rules=each), language, None, (), labels) for each in own if any(each.values()))
        said = dict.fromkeys(dict(each).get(term("note.rules", language), "") for each in notes)
        lines += [(model.name, between.join(filter(None, said)))] if any(said) else []
    missing: dict[str, int] = {}
    for each in records:
        missing |= {name: max(count, missing.get(name, 0)) for name, count in each.missing.items()}
    return Provenance(
        rules=shared,
        base=join_sources(each.base for each in records if each.base),
        source=join_sources(each.source for each in records if each.source),
        status=weakest_status(each.status for each in records),
        assumptions=tuple(dict.fromkeys(text for each in records for text in each.assumptions)),
        notices=tuple(dict.fromkeys(text for each in records for text in each.notices)),
        missing=missing,
        reasons={name: why for each in records for name, why in each.reasons.items()},
        synthetic=any(each.synthetic for each in records),
        indicative=any(each.indicative for each in records),
    ), lines


def _remarks(blocks: Sequence[_Block], request: TableRequest) -> tuple[str, ...]:
    """Return what is to be said of the numbers: levels of stars, references, and what is flagged, with its place."""
    language = request.language
    flagged: dict[str, list[str]] = {}
    for block in blocks:
        for line in block.lines.values():
            small = term("regression.few", language) if line.row.small else ""
            for each in filter(None, (small, line.row.remark)):
                flagged.setdefault(each, []).append(f"{block.over}, {line.label}")
    said = [stars_in_words(language)] if "stars" in request.show else []
    said += [term("regression.ref_note", language)] if any(block.references for block in blocks) else []
    between = semicolon(language)
    said += [f"{each[:1].upper()}{each[1:]}{colon(language)}{between.join(where)}." for each, where in flagged.items()]
    return tuple(said)
