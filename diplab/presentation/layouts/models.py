"""Models side by side: terms on rows, a group of columns for each model, and how well each fits below."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from math import inf, isfinite
from typing import Any

import pandas as pd

from diplab.errors import OptionError
from diplab.microdata.codebook import Codebook
from diplab.microdata.variable import code_text
from diplab.presentation.labels import merged_labels, outcome_label, value_label
from diplab.presentation.language import capital, colon, number, semicolon, term, words
from diplab.presentation.layouts import regression
from diplab.presentation.layouts.estimates import without_hidden
from diplab.presentation.layouts.registry import TableRequest, labelled, layout_of_several
from diplab.presentation.layouts.regression import CoefficientLine, TermKey, model_statistic
from diplab.presentation.notes import conventions, rules_in_short
from diplab.presentation.sheet import INDENT, Align, Cell, Sheet, detail_of
from diplab.reference.text import Language
from diplab.results.regression import MarginalEffects, Regression

FOOT = ("r2", "pseudo_r2", "deviance_r2", "aic", "daic")
"""The statistics of a fit that are printed below models side by side."""
IN_ROWS = ("formula", "references", "scale")
"""Rules that rows and headings of the table say."""


@dataclass(frozen=True)
class _Model:
    """What stands under one name: a model, or several put together; its kind and what it explains, in words."""

    name: str
    fit: Regression
    kind: str
    outcome: str
    respondents: tuple[float, ...]


@dataclass(frozen=True)
class _Block:
    """The terms of a model, for one answer where it explains several, and the categories that others refer to."""

    model: _Model
    over: str
    lines: Mapping[TermKey, CoefficientLine]
    references: Mapping[TermKey, str]


@layout_of_several.register(Regression)
@layout_of_several.register(MarginalEffects)
def models_sheet(_: object, results: Mapping[str, Any], request: TableRequest) -> Sheet:
    """Return models side by side, in the order of the terms of the largest; a list in the place of one is a column."""
    request.without("sort", "columns", "sum_to_100")
    language = request.language
    numbered = [term("regression.model_number", language).format(place=at + 1) for at in range(len(results))]
    names = [numbered[at] if name == str(at) else words(name, language) for at, name in enumerate(results)]
    fits = {name: _fits(name, each) for name, each in zip(names, results.values(), strict=True)}
    labels = request.labels_of(reduce(merged_labels, (fit.codebook for each in fits.values() for fit in each)))
    models = [_model(name, each, labels, language) for name, each in fits.items()]
    lines_of = _lines(models, labels, request)
    blocks = [block for each in models for block in _blocks(each, lines_of[each.name], models, labels, language)]
    ordered = _ordered(blocks)
    over, header, columns, foot = [""], [term("regression.term", language)], list[Sequence[Cell]](), dict[int, _Model]()
    for block in blocks:
        if block.model not in foot.values():
            foot[len(columns)] = block.model
        lines = [block.lines.get(key) for key, _, _ in ordered]
        ref = [Cell(term("regression.ref", language) if key in block.references else "") for key, _, _ in ordered]
        numbers = regression.number_columns(block.model.fit, lines, request, ref)
        columns += numbers.values()
        header += numbers
        over += [block.over] * len(numbers)
    rows, above = list[tuple[Cell, ...]](), ""
    for at, (_, head, label) in enumerate(ordered):
        if head and head != above:
            rows.append((Cell(head), *[Cell("")] * len(columns)))
        above = head
        rows.append((Cell(f"{INDENT if head else ''}{label}"), *(cells[at] for cells in columns)))
    kinds, outcomes = ({getattr(each, name) for each in models} for name in ("kind", "outcome"))
    head = kinds.pop() if len(kinds) == 1 else term("regression.several", language)
    right: list[Align] = ["right"] * len(columns)
    frames = pd.concat({name: pd.concat([fit.frame for fit in each]) for name, each in fits.items()}, names=["model"])
    return Sheet(
        title=request.title_or(f"{capital(head)}{f' – {outcomes.pop()}' if len(outcomes) == 1 else ''}"),
        subtitle=request.unit,
        header=tuple(header),
        rows=(*rows, *_foot(foot, len(columns), request)),
        align=("left", *right),
        notes=_notes(fits, blocks, request, labels),
        language=language,
        detail=detail_of(labelled(without_hidden(frames.reset_index("model"), request.hide), labels, language)),
        over=tuple(over),
    )


def _fits(name: str, thing: object) -> list[Regression]:
    """Return the models under one name; refuse what is none."""
    fits = []
    for each in thing if isinstance(thing, list | tuple) else [thing]:
        if isinstance(each, MarginalEffects) and each.holds_effects:
            fits.append(regression.as_regression(each))
        elif isinstance(each, Regression) and each.holds_coefficients:
            fits.append(each)
        else:
            contrasts = isinstance(each, Regression | MarginalEffects)
            found = "has contrasts of coefficients" if contrasts else f"is of type `{type(each).__name__}`"
            raise OptionError(
                f"`{name}` {found}, and no model.",
                "Models are results of `regress`, `effect_ratios`, `marginal_effects`, `survival.cox` and "
                "`log_linear`, and those that statsmodels has fitted.",
                "Leave it out, or give it a table of its own.",
            )
    if not fits:
        raise OptionError(f"`{name}` holds no model.", write="Leave it out.")
    return fits


def _model(name: str, fits: Sequence[Regression], labels: Codebook, language: Language) -> _Model:
    """Return what stands under one name; of several models the terms, without constants, of which each has another."""
    fit = fits[0]
    known = [getattr(each.fitted if isinstance(each.goodness, str) else each.goodness, "n", None) for each in fits]
    counts = [float(n or each.frame["n"].max()) for n, each in zip(known, fits, strict=True)]
    if len(fits) > 1:
        frame = pd.concat([each.frame for each in fits], ignore_index=True)
        frame = frame[(frame["statistic"] != "cut") & (frame["variable"] != "intercept")]
        kinds = {f"{model_statistic(each)} of `{each.outcome}` ({each.provenance.model})" for each in fits}
        twice = frame["variable"][frame.duplicated(["variable", "category"])]
        if len(kinds) > 1 or fit.by or len(twice):
            raise OptionError(
                f"The models of `{name}` do not fit in one column.",
                f"`{twice.iloc[0]}` is a term of two of them." if len(twice) and not fit.by and len(kinds) < 2 else
                f"They are {' and '.join(sorted(kinds))}." if len(kinds) > 1 else "They explain several answers.",
                "Give each model its own name.",
            )  # fmt: skip
        references = {variable: code for each in fits for variable, code in each.references.items()}
        goodness, left = "Each has one of its own.", inf
        fit = replace(fit, frame=frame, references=references, goodness=goodness, residual_df=left)
    outcome = outcome_label(fit.outcome or fit.provenance.outcome, labels, language)
    return _Model(name, fit, regression.model_words(fit, language), outcome, tuple(sorted({min(counts), max(counts)})))


def _lines(models: Sequence[_Model], labels: Codebook, request: TableRequest) -> dict[str, list[CoefficientLine]]:
    """Return the terms of each model in words; columns of the same numbers have the same decimals."""

    def of(model: _Model, decimals: int | None) -> list[CoefficientLine]:
        percent = request.percent if model_statistic(model.fit) == "marginal_effect" else False
        return regression.coefficient_lines(model.fit, request.language, labels, decimals, percent)

    lines = {each.name: of(each, request.decimals) for each in models}
    shared = {name: min((line.row.form.decimals for line in found), default=0) for name, found in lines.items()}
    for model in models:
        most = max(shared[each.name] for each in models if model_statistic(each.fit) == model_statistic(model.fit))
        if all(line.row.form.decimals < most for line in lines[model.name]):
            lines[model.name] = of(model, most)
    return lines


def _blocks(
    model: _Model, lines: Sequence[CoefficientLine], models: Sequence[_Model], labels: Codebook, language: Language
) -> list[_Block]:
    """Return the terms of a model by the answer that they are about."""
    fit = model.fit
    coded = {(line.key.variable, line.key.category) for line in lines if line.key.category and not line.key.cut}
    references = {
        TermKey(False, name, code_text(code)): value_label(name, code, labels, language)
        for name, code in fit.references.items()
        if (name, code_text(code)) not in coded and name in {variable for variable, _ in coded}
    }
    said = [model.kind] if len({each.kind for each in models}) > 1 else []
    said += [model.outcome] if len({each.outcome for each in models}) > 1 else []
    said += [term("regression.no_design", language)] if regression.has_no_design(fit) else []
    blocks = []
    for outcome in dict.fromkeys(line.outcome for line in lines):
        reference = regression.reference_words(fit, fit.by[0], labels, language) if fit.by else ""
        answer = [f"{regression.answer_words(fit, outcome, language)}{reference}"] if fit.by else []
        over = colon(language).join(filter(None, (model.name, ", ".join([*said, *answer]))))
        blocks.append(_Block(model, over, {each.key: each for each in lines if each.outcome == outcome}, references))
    return blocks


def _ordered(blocks: Sequence[_Block]) -> list[tuple[TermKey, str, str]]:
    """Return the terms of all with their headings and labels, by variable: constants first, cut points last."""
    # of two, one model rather than several in a column
    largest = max(blocks, key=lambda each: (len(each.lines), not isinstance(each.model.fit.goodness, str)))
    groups: dict[tuple[bool, bool, str], dict[TermKey, tuple[str, str]]] = {}
    for block in (largest, *blocks):
        for key, line in block.lines.items():
            group = groups.setdefault((key.cut, key.variable != "intercept", key.variable), {})
            # a reference stands before the others of its variable
            own = {each: label for each, label in block.references.items() if each.variable == key.variable}
            for each, label in ({} if key.cut else own).items():
                group.setdefault(each, (line.head, label))
            group.setdefault(key, (line.head, line.label))
    return [(key, *said) for each in sorted(groups, key=lambda each: each[:2]) for key, said in groups[each].items()]


def _foot(models: Mapping[int, _Model], width: int, request: TableRequest) -> list[tuple[Cell, ...]]:
    """Return the lines that say of how many respondents each model is and how well it fits, by its first column."""
    language, lines = request.language, {name: [Cell("")] * width for name in ("n", *FOOT, "df_residual")}
    for at, model in models.items():
        counts, goodness, left = model.respondents, model.fit.goodness, model.fit.residual_df
        if "n" not in request.hide:
            ends = f" {term('word.to', language)} ".join(number(each, language) for each in counts)
            lines["n"][at] = Cell(ends, counts[0] if len(counts) == 1 else None, "#,##0")
        if not isinstance(goodness, str):
            values, left = goodness.frame.set_index("statistic")["value"], goodness.df_residual
            for name in (name for name in FOOT if name in values):
                lines[name][at] = regression.fit_cell(name, values[name], language)
        if isfinite(left):
            lines["df_residual"][at] = Cell(number(left, language), left, "#,##0")
    rows = [
        (Cell(f"{INDENT}{term(f'regression.{name}', language)}"), *cells)
        for name, cells in lines.items()
        if any(cell.text for cell in cells)
    ]
    return [(Cell(term("regression.fit", language)), *[Cell("")] * width), *rows] if rows else []


def _notes(
    fits: Mapping[str, Sequence[Regression]], blocks: Sequence[_Block], request: TableRequest, labels: Codebook
) -> tuple[tuple[str, str], ...]:
    """Return the notes of all models, each said once; the rules of one without a design under its name."""
    language, between, said = request.language, semicolon(request.language), dict[str, dict[str, None]]()
    remarks = tuple(_remarks(blocks, request))
    for name, fit in ((name, fit) for name, each in fits.items() for fit in each):
        rules = {rule: value for rule, value in fit.provenance.rules.items() if rule not in IN_ROWS}
        record, of_rules = replace(fit.provenance, rules=rules), term("note.rules", language)
        notes = dict(conventions(record, language, request.notes, remarks, labels))
        if request.rules != "full":
            short = rules_in_short(record, language, labels, intervals="interval" not in request.hide)
            notes[of_rules] = short if request.rules == "short" else ""
        for label, content in notes.items():
            own = regression.has_no_design(fit) and label == of_rules
            known, parts = said.setdefault(name if own else label, {}), content.split(between)
            # the version of the program, the last rule, stays the last
            known.pop(parts[-1], None)
            known.update(dict.fromkeys(parts))
    return tuple((label, between.join(parts)) for label, parts in said.items() if any(parts))


def _remarks(blocks: Sequence[_Block], request: TableRequest) -> Iterable[str]:
    """Return what is to be said of the numbers: levels of stars, references, and what is flagged, with its place."""
    language, flagged = request.language, dict[str, list[str]]()
    if "stars" in request.show:
        yield regression.stars_in_words(language)
    if any(block.references for block in blocks):
        yield term("regression.ref_note", language)
    for block in blocks:
        for line in block.lines.values():
            few = term("regression.few", language) if line.row.small else ""
            for each in filter(None, (few, line.row.remark)):
                flagged.setdefault(each, []).append(f"{block.over}, {line.label}")
    for each, where in flagged.items():
        yield f"{capital(each)}{colon(language)}{', '.join(where)}."
