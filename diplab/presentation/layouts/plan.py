"""A plan for print: how many respondents, for which precision, under which circumstances."""

from __future__ import annotations

from dataclasses import replace

from diplab.presentation.language import colon, number, percent, rounded, term, words
from diplab.presentation.layouts.registry import TableRequest, layout
from diplab.presentation.notes import Notes
from diplab.presentation.numbers import in_points
from diplab.presentation.sheet import Cell, Sheet, detail_of
from diplab.reference.text import LANGUAGES, NO_BREAK, Language, Text
from diplab.results.plan import Plan


@layout.register(Plan)
def plan_sheet(plan: Plan, request: TableRequest) -> Sheet:
    """Return a plan as a table, its sentence below."""
    language = request.language
    lines = {label: cell for label, cell in _lines(plan, language, request.decimals).items() if cell is not None}
    notes = request.notes or Notes()
    sentence = Text(*(plan.sentence(each) for each in LANGUAGES))
    return Sheet(
        title=request.title_or(f"{term('plan.title', language)}{colon(language)}{term(f'plan.{plan.kind}', language)}"),
        subtitle=words(notes.unit, language),
        header=(term("plan.quantity", language), term("plan.value", language)),
        rows=tuple((Cell(label), cell) for label, cell in lines.items()),
        align=("left", "right"),
        notes=replace(notes, reading=notes.reading or sentence).lines(language),
        language=language,
        detail=detail_of(plan.frame),
    )


def _lines(plan: Plan, language: Language, decimals: int | None) -> dict[str, Cell | None]:
    def people(count: int | None) -> Cell | None:
        return None if count is None else Cell(number(count, language), count, "#,##0")

    share = plan.kind.startswith("share")
    margin = _size(plan, plan.margin, language, decimals)
    respondents = "plan.n_each" if plan.groups == 2 else "column.n"
    lines = {
        term(respondents, language): people(plan.n),
        term("plan.total", language): people(2 * plan.n) if plan.groups == 2 else None,
        term("plan.contacts", language): people(plan.contacts) if plan.response_rate != 1 else None,
        term("plan.margin", language): replace(margin, text=f"±{NO_BREAK if language == 'fr' else ''}{margin.text}"),
        term("plan.confidence", language): _level(plan.confidence, language),
        term("plan.power", language): None if plan.power is None else _level(plan.power, language),
        term("plan.difference", language): None
        if plan.difference is None
        else _size(plan, abs(plan.difference), language, decimals),
    }
    for place, value in enumerate(plan.expected):
        name = term("plan.share_expected" if share else "plan.spread", language)
        head = f"{name} ({place + 1})" if len(set(plan.expected)) > 1 else name
        lines[head] = _level(value, language) if share else _number_cell(value, language, decimals)
    lines[term("column.deff", language)] = _number_cell(plan.deff, language) if plan.deff != 1 else None
    lines[term("plan.population", language)] = people(plan.population)
    answered = plan.response_rate
    lines[term("plan.response_rate", language)] = _level(answered, language) if answered != 1 else None
    return lines


def _size(plan: Plan, value: float, language: Language, decimals: int | None) -> Cell:
    """Return a margin or a difference: of shares, in points."""
    if not plan.kind.startswith("share"):
        return _number_cell(value, language, decimals)
    return Cell(in_points(value * 100, language, 1 if decimals is None else decimals), value * 100)


def _number_cell(value: float, language: Language, decimals: int | None = None) -> Cell:
    # without idle zeros, as in the sentence of the plan
    enough = next(digits for digits in (0, 1, 2) if digits == 2 or rounded(value, digits) == rounded(value, 2))
    return Cell(number(value, language, enough if decimals is None else decimals), value)


def _level(share: float, language: Language) -> Cell:
    digits = 0 if round(share * 100, 6) % 1 == 0 else 1
    return Cell(percent(share, language, digits), share, "0%" if digits == 0 else "0.0%")
