"""Estimates in words: labels from the codebook, numbers as the language prints them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from diplab.errors import OptionError
from diplab.estimators.measurement import ONE_PERSON
from diplab.estimators.prepared import option_text
from diplab.microdata.codebook import Codebook
from diplab.presentation import size_words
from diplab.presentation.labels import (
    answer_of,
    category_label,
    clause_of,
    condition_columns,
    merged_labels,
    noun_of,
    nouns_of,
    value_labels,
    variable_label,
    variable_labels,
)
from diplab.presentation.language import (
    Noun,
    both,
    capital,
    cut_by,
    filled_term,
    listed,
    lowered,
    number,
    percent,
    rule,
    term,
    terms,
    value_in_words,
    wording,
    words,
)
from diplab.presentation.layouts.registry import ChartRequest, Sort, TableRequest, distinct
from diplab.presentation.notes import STANDARDS, Notes
from diplab.presentation.numbers import (
    AnswerForm,
    NumberForm,
    adding_up,
    form_of,
    in_one_precision,
    known,
)
from diplab.presentation.sheet import Cell
from diplab.reference.parameter import read_unit, unit_in_words
from diplab.reference.text import LANGUAGES, NO_BREAK, NOTHING, Language, Text
from diplab.results.estimates import (
    CONFIDENTIAL,
    CONTRAST,
    LOW_RELIABILITY,
    MODEL_ONLY,
    NOT_RELIABLE,
    Estimates,
    StatisticDescription,
    flags_of,
)
from diplab.results.sizes import Sizes
from diplab.sampling.expression import Expression

SMALL = 10
PREDICTED = ("marginal_effect", "predicted_margin")


@dataclass(frozen=True)
class EstimateRow:
    """One estimate in words."""

    by: tuple[str, ...]
    statistic: str
    variable: str
    category: str
    estimate: Cell
    std_error: Cell
    interval: Cell
    respondents: Cell
    remark: str
    small: bool
    form: NumberForm


def rows_in_words(
    estimates: Estimates,
    language: Language,
    labels: Codebook | None = None,
    as_percent: bool | None = None,
    decimals: int | None = None,
    *,
    unit_in_head: bool = False,
) -> list[EstimateRow]:
    """Return estimates in words and printed numbers, with the same decimals in a column."""
    # with `unit_in_head`, points are plain numbers if all rows are in points: see `unit_of`
    labels = merged_labels(labels, estimates.codebook)
    contrast = estimates.provenance.contrast
    rows: dict[int, EstimateRow] = {}
    frame = estimates.frame.reset_index(drop=True)
    counted = set()
    if decimals is None and isinstance(estimates, Sizes):
        counted = size_words.people_counted(frame)
    # a ratio of odds is read by its distance from 1
    null = float(estimates.provenance.is_exponential)
    judged = frame.assign(estimate=frame["estimate"] - null)
    groups, forms = [], []
    for (name, variable), alike in judged.groupby(
        ["statistic", "variable"], sort=False, dropna=False
    ):
        statistic = str(name)
        form = size_words.persons_form(alike, counted)
        if form is None:
            described = estimates.description_of(statistic)
            form = form_of(described, alike, contrast, as_percent, decimals)
        if null and decimals is None:
            # 1.009 is precise enough for a ratio near 1; 1.0004 needs its fourth digit
            form = replace(form, decimals=min(form.decimals, max(3, form.decimals - 1)))
        groups.append((statistic, str(variable), alike))
        forms.append(form)
    if decimals is None and not isinstance(estimates, Sizes):
        _share_precision(forms, groups, estimates.provenance.outcome, labels)
    bare = unit_in_head and all(form.kind == "points" for form in forms)
    records = frame.to_dict("records")
    for (_, _, alike), form in zip(groups, forms, strict=True):
        own = replace(form, bare=bare)
        rows |= {at: _row(records[at], estimates, own, language, labels) for at in alike.index}
    return [rows[position] for position in range(len(frame))]


def rows_in_both(
    estimates: Estimates, labels: Codebook | None, request: TableRequest | ChartRequest
) -> dict[Language, list[EstimateRow]]:
    """Return estimates in words of both languages, as a table or a chart asks for them."""
    return {
        language: rows_in_words(estimates, language, labels, request.percent, request.decimals)
        for language in LANGUAGES
    }


def any_small(rows: Iterable[EstimateRow]) -> bool:
    """Return whether few respondents are behind a row."""
    return any(row.small for row in rows)


def _share_precision(
    forms: list[NumberForm],
    groups: Sequence[tuple[str, str, pd.DataFrame]],
    outcome: str,
    labels: Codebook,
) -> None:
    """Give the groups of a column the same decimals."""
    # the terms of a model are in one column, and so is a statistic of several variables
    columns: dict[tuple[str, str], list[int]] = {}
    for at, (statistic, _, _) in enumerate(groups):
        columns.setdefault((forms[at].kind, outcome or statistic), []).append(at)
    for places in columns.values():
        decimals = [forms[at].decimals for at in places]
        units = {labels.variable(groups[at][1]).unit or groups[at][1] for at in places}
        if not outcome and len(units) > 1 and max(decimals) - min(decimals) > 1:
            continue
        sizes = []
        for at in places:
            numbers = groups[at][2][["estimate", "std_error"]].astype(float)
            sizes.append(float(numbers.abs().max().max()))
        shared = in_one_precision([forms[at] for at in places], sizes)
        for at, form in zip(places, shared, strict=True):
            forms[at] = form


def rows_adding_up(
    estimates: Estimates, rows: list[EstimateRow], language: Language
) -> list[EstimateRow]:
    """Return rows rounded so that percentages add up to 100; results without any raise an error."""
    wholes = estimates.rows_described(every_category=True)
    groups: dict[tuple[Any, ...], list[int]] = {}
    keys = estimates.frame[["statistic", "variable", *estimates.by]].itertuples(
        index=False, name=None
    )
    for at, key in enumerate(keys):
        if wholes[at] and rows[at].form.kind == "percent":
            groups.setdefault(key, []).append(at)
    if not any(len(places) > 1 for places in groups.values()):
        raise OptionError(
            "`sum_to_100=True` does not apply to this table.",
            "None of its statistics is the share of every category of a variable, in per cent.",
            "Leave `sum_to_100` out.",
        )
    shown, shares = list(rows), estimates.frame["estimate"].to_numpy(dtype=float)
    for places in groups.values():
        form = rows[places[0]].form
        for at, share in zip(places, adding_up(shares[places], form.decimals), strict=True):
            cell = replace(form.cell(share, language), number=rows[at].estimate.number)
            shown[at] = replace(rows[at], estimate=cell)
    return shown


def in_order(estimates: Estimates, sort: Sort) -> Estimates:
    """Return estimates sorted by value: the categories of each group, or the groups."""
    frame = estimates.frame
    of_categories = (
        frame.groupby(["statistic", "variable"], dropna=False)["category"].transform("nunique") > 1
    )
    keys = frame[["statistic", "variable", *estimates.by]].itertuples(index=False, name=None)
    groups = [key if many else key[:2] for key, many in zip(keys, of_categories, strict=True)]
    values = frame["estimate"].to_numpy(dtype=float)
    if sort == "descending":
        values = -values
    # missing values come last
    return estimates.rows(np.lexsort((values, np.array(distinct(groups)[1]))))


def unit_of(rows: list[EstimateRow], language: Language) -> str:
    """Return the unit of rows for the head of their column, in brackets.

    Empty if printed in rows.
    """
    if not rows or not rows[0].form.bare:
        return ""
    return f" ({term('word.points', language)})"


def title_of(
    estimates: Estimates, rows: list[EstimateRow], language: Language, labels: Codebook | None
) -> str:
    """Return the default title of estimates: statistic, variable and domains."""
    labels = merged_labels(labels, estimates.codebook)
    outcome = estimates.provenance.outcome
    if outcome and rows and set(estimates.frame["statistic"]) <= set(PREDICTED):
        return _title_of_prediction(outcome, estimates, rows, language, labels)
    if isinstance(estimates, Sizes) and not estimates.provenance.nested:
        return _title_of_sizes(estimates, rows, language, labels)
    names = list(dict.fromkeys(map(str, estimates.frame["variable"])))
    head = _heading(estimates, rows, list(filter(None, names)), language, labels)
    if len(names) > 1 and estimates.rows_described(of_an_hour=True).all():
        head = term("word.hourly_pay", language)
    if is_total_of_respondents(estimates):
        head += f" ({term('word.of_those_who_answered', language)})"
    for standard in {*STANDARDS} & estimates.provenance.columns.keys():
        (crossed,) = estimates.provenance.columns[standard]
        equal = ", ".join(variable_labels(crossed, labels, language))
        head += f" ({term('word.standardised', language).replace('{value}', equal)})"
    # what is crossed or predicted, and the name of contrasts, cuts nothing
    known = {CONTRAST, *names}
    for name in {*names} & estimates.provenance.combined.keys():
        known.update(estimates.provenance.combined[name].parts)
    cut = [name for name in estimates.by if name not in known]
    return cut_by(head, nouns_of(cut, labels, language), language)


def _heading(
    estimates: Estimates,
    rows: list[EstimateRow],
    names: Sequence[str],
    language: Language,
    labels: Codebook,
) -> str:
    """Return statistics and variables, without groups."""
    worded = dict.fromkeys(row.statistic for row in rows)
    statistics = [compared_statistic(name, estimates, language) for name in worded]
    if not names:
        return ", ".join(statistics)
    combined = estimates.provenance.combined
    nouns = [noun_of(name, labels, language, combined.get(name)) for name in names]
    about = ", ".join(noun.text for noun in nouns)
    if len(statistics) > 2:
        # many statistics of one variable (a sensitivity table) are named by the variable alone
        return _with_capital(about, nouns[0])
    if len(names) == len(statistics) == 1 and not estimates.provenance.contrast:
        return _of_one(estimates, statistics[0], names[0], nouns[0], language, labels)
    return _named(statistics, nouns, language)


def _of_one(
    estimates: Estimates,
    statistic: str,
    name: str,
    noun: Noun,
    language: Language,
    labels: Codebook,
) -> str:
    """Return one statistic of one variable."""
    key = str(estimates.frame["statistic"].iloc[0])
    description = estimates.description_of(key)
    if description.every_category and description.kind == "share":
        return _of_shares(estimates, statistic, name, noun, language, labels)
    if description.poverty_line or description.kind == "share":
        return filled_term("title.line", language, statistic=statistic, variable=noun.text)
    if not noun.gender:
        return _named([statistic], [noun], language)
    agreed = f"title.{key} {noun.gender}"
    if agreed in terms() and not description.label and not noun.has_complement(language):
        return capital(filled_term(agreed, language, variable=noun.text))
    return filled_term(
        "title.of", language, statistic=statistic, variable=noun.with_article(language, "of")
    )


def _of_shares(
    estimates: Estimates,
    statistic: str,
    name: str,
    noun: Noun,
    language: Language,
    labels: Codebook,
) -> str:
    """Return the shares of all answers, of one answer, or of a condition."""
    if any(category not in ("", None) for category in estimates.frame["category"]):
        return _named([term("title.distribution", language)], [noun], language)
    variable, answer = answer_of(name, labels, language)
    if not variable and not condition_columns(name, labels):
        return _named([term("title.distribution", language)], [noun], language)
    if not variable:
        clause = clause_of(name, labels, language)
        return filled_term("title.condition", language, statistic=statistic, condition=clause)
    about = noun_of(variable, labels, language)
    head = filled_term("title.answer", language, variable=about.text, answer=answer)
    return _with_capital(head, about)


def _with_capital(head: str, first: Noun) -> str:
    """Return a title with a capital, unless it begins with the name of a variable."""
    if head.startswith(first.text) and not first.is_label:
        return head
    return capital(head)


def _named(statistics: Sequence[str], nouns: Sequence[Noun], language: Language) -> str:
    """Return statistics of variables that are named as they are, without an article."""
    named = listed((lowered(statistic, language) for statistic in statistics), language)
    about = listed((noun.text for noun in nouns), language)
    head = filled_term("title.named", language, statistic=named, variable=about)
    return _with_capital(head, nouns[0])


def _title_of_sizes(
    sizes: Sizes, rows: list[EstimateRow], language: Language, labels: Codebook | None
) -> str:
    """Return the title of sizes: the method if there is one, the quantity, and the groups."""
    counted = variable_label(size_words.PEOPLE, labels, language)
    variables = list(dict.fromkeys(row.variable for row in rows))
    groups = nouns_of(sizes.by, labels, language)
    if variables[0] == counted and size_words.people_counted(sizes.frame) == set(
        sizes.frame["statistic"]
    ):
        groups += [Noun(lowered(variable, language)) for variable in variables[1:]]
        variables = variables[:1]
    per = sizes.provenance.rate_base
    about = ", ".join(variables)
    if per:
        about += f" ({rule('per', per, language)})"
    head, *others = dict.fromkeys(row.statistic for row in rows)
    if others:
        head = capital(about)
    elif about.casefold() not in head.casefold():
        head += f" – {about}"
    return words(cut_by(head, groups, language), language)


def _title_of_prediction(
    outcome: str,
    estimates: Estimates,
    rows: list[EstimateRow],
    language: Language,
    labels: Codebook,
) -> str:
    """Return the title of predictions of a regression: effects, or the outcome by a variable."""
    statistic = compared_statistic(rows[0].statistic, estimates, language)
    head = f"{statistic} – {variable_label(outcome, labels, language)}"
    if "predicted_margin" not in set(estimates.frame["statistic"]):
        return words(head, language)
    variables = dict.fromkeys(map(str, estimates.frame["variable"]))
    return words(cut_by(head, nouns_of(variables, labels, language), language), language)


def shared_unit(result: object, labels: Codebook | None) -> Text:
    """Return the common unit of the numbers of a result; empty if there is none."""
    if not isinstance(result, Estimates) or isinstance(result, Sizes):
        return NOTHING
    book, own = (
        merged_labels(labels, result.codebook),
        result.rows_described(kind="amount", unit=""),
    )
    units = {book.variable(str(name)).unit for name in result.frame["variable"]}
    pure = result.provenance.contrast in ("ratio", "expression")
    if pure or not own.all() or len(units) != 1 or units == {""}:
        return NOTHING
    return both(_in_unit, unit_in_words(units.pop()))


def _in_unit(unit: Text, language: Language) -> str:
    return filled_term("word.in_unit", language, unit=unit.in_(language))


def with_unit(notes: Notes, result: object, labels: Codebook | None) -> Notes:
    """Return notes with the common unit of a result, unless they have a unit."""
    return replace(notes, unit=notes.unit or shared_unit(result, labels))


def is_total_of_respondents(estimates: Estimates) -> bool:
    """Return whether rows are totals that leave out missing answers."""
    totals = estimates.rows_described(is_total=True, kind="amount") & ~estimates.rows_described(
        kind="count"
    )
    adjusted = estimates.provenance.rules.get("na") == "adjusted"
    variables = estimates.frame["variable"][totals].astype(str)
    return not adjusted and any(map(estimates.provenance.missing.get, variables))


def contrast_word(estimates: Estimates, language: Language) -> str:
    """Return the kind of a contrast, such as a difference; empty for other estimates."""
    kind = estimates.provenance.contrast
    if not kind:
        return ""
    return term(f"word.{kind}", language)


def compared_statistic(statistic: str, estimates: Estimates, language: Language) -> str:
    """Return a statistic with the kind of its contrast in brackets, if there is one."""
    compared = contrast_word(estimates, language)
    if not compared:
        return statistic
    return f"{statistic} ({compared})"


def statistic_in_words(description: StatisticDescription, name: str, language: Language) -> str:
    """Return what a statistic is called: as its author calls it, else by its term."""
    if description.label:
        return words(description.label, language)
    return wording("statistic", name, language)


def term_of_statistic(record: Mapping[Any, Any], estimates: Estimates, labels: Codebook) -> str:
    """Return the term for the statistic of a row; predicted shares and low pay have their own."""
    name = str(record["statistic"])
    if name == "predicted_margin" and estimates.description_of(name).kind == "share":
        return "predicted_share"
    # below a line, pay of one person is low pay: poverty is of people, and of what their household
    # has
    low_pay = f"{name} of one person"
    unit = labels.variable(str(record["variable"])).unit
    if f"statistic.{low_pay}" not in terms() or not _of_one_person(estimates, unit):
        return name
    fixed = f"{low_pay}, fixed line"
    known_line = f"statistic.{fixed}" in terms() and "threshold" in estimates.provenance.rules
    return fixed if known_line else low_pay


def _row(
    record: dict[Any, Any],
    estimates: Estimates,
    form: NumberForm,
    language: Language,
    labels: Codebook,
) -> EstimateRow:
    variable, combined = str(record["variable"]), estimates.provenance.combined
    statistic = str(record["statistic"])
    description = estimates.description_of(statistic)
    category = record["category"]
    category, options = estimates.provenance.categories.get(category) or (category, {})
    name = term_of_statistic(record, estimates, labels)
    shown = statistic_in_words(description, name, language)
    shown, category = with_order(description, name, shown, category, language)
    if isinstance(estimates, Sizes) and variable in (size_words.PEOPLE, size_words.RATE):
        model = estimates.captures.get(str(category), category)
        category = size_words.model_in_words(model, language)
    pairs = estimates.provenance.pairs
    pieces = [
        category_in_words(description, category, language)
        or category_label(variable, category, pairs, labels, language)
    ]
    pieces += [
        _option_in_words(description, *option, language, labels) for option in options.items()
    ]
    respondents = known(record["n"])
    flags = flags_of(record["flag"])
    # an area without respondents discloses nobody
    small = respondents is not None and respondents < SMALL and MODEL_ONLY not in flags
    hidden = CONFIDENTIAL in flags
    form = answer_form(form, estimates, statistic, variable, labels, language)
    std_error = Cell("")
    if not isinstance(form, AnswerForm):
        std_error = form.cell(known(record["std_error"]), language)
    count = Cell(number(respondents, language), respondents, "#,##0")
    if small:
        count = replace(count, text=f"{count.text} *", form=f'{count.form}" *"', small=True)
    elif hidden:
        count = hidden_cell(language)
    words_of_category = ", ".join(filter(None, pieces))
    if not words_of_category and _is_everybody(record, estimates):
        words_of_category = term("captures.everybody", language)
    domains = [category_label(name, record[name], pairs, labels, language) for name in estimates.by]
    return EstimateRow(
        by=tuple(domains),
        statistic=shown,
        variable=variable_label(variable, labels, language, combined.get(variable)),
        category=words_of_category,
        estimate=published_cell(
            form.cell(known(record["estimate"]), language), str(record["flag"]), language
        ),
        std_error=std_error,
        interval=_interval(record, form, language),
        respondents=count,
        remark=", ".join(flags_in_words(flags, language)),
        small=small,
        form=form,
    )


def flags_in_words(flags: Iterable[str], language: Language) -> list[str]:
    """Return the meanings of flags."""
    return [wording("flag", flag, language) for flag in flags]


def _of_one_person(estimates: Estimates, unit: str) -> bool:
    """Return whether amounts are of one person, by their unit or by that of all lines."""
    if read_unit(unit).per:
        return read_unit(unit).per == ONE_PERSON
    lines = estimates.provenance.values_of("threshold_unit") or ("",)
    return all(read_unit(line).per == ONE_PERSON for line in lines)


def published_cell(cell: Cell, flag: str, language: Language) -> Cell:
    """Return a number as its flags allow: hidden, too uncertain, or in parentheses."""
    flags = flags_of(flag)
    if CONFIDENTIAL in flags:
        return hidden_cell(language)
    if NOT_RELIABLE in flags:
        return Cell(term("word.not_reliable", language))
    if LOW_RELIABILITY in flags and cell.text:
        return Cell(f"({cell.text})", cell.number, f'"("{cell.form}")"')
    return cell


def hidden_cell(language: Language) -> Cell:
    """Return the mark of a number that may not be published."""
    return Cell(term("word.confidential", language))


def _is_everybody(record: dict[Any, Any], estimates: Estimates) -> bool:
    """Return whether a row is the total of groups of persons."""
    if (
        not isinstance(estimates, Sizes)
        or record["variable"] != size_words.PEOPLE
        or record["category"]
    ):
        return False
    frame = estimates.frame
    of_groups = frame["statistic"][frame["variable"] != size_words.PEOPLE]
    return bool((of_groups == record["statistic"]).any())


def answer_form(
    form: NumberForm,
    estimates: Estimates,
    statistic: str,
    variable: str,
    labels: Codebook,
    language: Language,
) -> NumberForm:
    """Return the form of a quantile: an answer if the variable is ordered, or a number."""
    record = estimates.provenance
    if (
        variable not in record.ordered
        or record.contrast
        or estimates.description_of(statistic).scale != "order"
    ):
        return form
    answers: Mapping[int, Any] = dict(enumerate(record.ordered[variable], start=1))
    if not answers:
        answers = {code: code for code in labels.variable(variable).values if isinstance(code, int)}
    shown = value_labels(variable, answers.values(), labels, language)
    return AnswerForm(form.kind, form.decimals, form.bare, dict(zip(answers, shown, strict=True)))


def _interval(record: dict[Any, Any], form: NumberForm, language: Language) -> Cell:
    ends = record["ci_low"], record["ci_high"]
    opened = None
    if record["variable"] in (size_words.PEOPLE, size_words.RATE, size_words.HALF_LIFE):
        opened = size_words.open_ended(*ends, form, language)
    return opened or form.between(*ends, language)


def category_in_words(
    description: StatisticDescription, category: object, language: Language
) -> str | None:
    """Return the category of a row in words; None if it is an answer or empty."""
    form = description.category
    if form == "undecided" and category in ("no", "yes"):
        return term(f"word.undecided_{category}", language)
    if isinstance(category, bool) or not isinstance(category, int | float):
        return None
    if form == "poorest":
        shown = percent(category, language, _decimals_of(100 * category))
        return term("word.poorest", language).replace("{value}", shown)
    if form == "group":
        return term("word.group", language).replace("{value}", number(category, language, 0))
    if form == "time":
        return number(category, language, _decimals_of(category))
    if form in ("α", "ε"):
        return f"{form} = {number(category, language, _decimals_of(category))}"
    if description.poverty_line:
        return _of_median(category, language)
    return None


def _option_in_words(
    description: StatisticDescription, name: str, value: Any, language: Language, labels: Codebook
) -> str:
    """Return an option that tells a row from others."""
    if name == "fraction":
        return _of_median(value, language)
    if isinstance(value, Expression):
        value = variable_label(option_text(value), labels, language)
    known = description.rule_of(name)
    if f"rule.{known}" in terms() or f"rule.{known}={option_text(value)}" in terms():
        return rule(known, {option_text(value): value}, language)
    return f"{name} = {value_in_words(value, language)}"


def _of_median(fraction: float, language: Language) -> str:
    shown = percent(fraction, language, _decimals_of(100 * fraction))
    return term("word.of_median", language).replace("{value}", shown)


def _decimals_of(value: float) -> int:
    return len(f"{value:.6g}".partition(".")[2])


def with_order(
    description: StatisticDescription, statistic: str, shown: str, category: Any, language: Language
) -> tuple[str, Any]:
    """Return the name of a statistic with its category, and the rest of the category."""
    if description.category not in ("order", "top"):
        return shown, category
    if not isinstance(category, int | float):
        return shown, category
    digits = len(f"{category:g}".partition(".")[2])
    if description.category == "top":
        figure = percent(category, language, max(digits - 2, 0))
    else:
        figure = number(category, language, digits)
    if f"word.{statistic}" in terms():
        return term(f"word.{statistic}", language).replace("{value}", figure), ""
    return f"{shown} {figure}", ""


EFFECTS = ("coefficient", "marginal_effect")


def are_ratios(estimates: Estimates) -> bool:
    """Return whether all rows are ratios, which are drawn on a logarithmic axis."""
    if estimates.provenance.contrast == "ratio":
        return bool((estimates.frame["estimate"] > 0).all())
    return len(estimates) > 0 and bool(estimates.rows_described(no_change=1.0).all())


def no_effect(estimates: Estimates) -> float | None:
    """Return the value of no effect: 1 for ratios, 0 for differences and effects, or None."""
    contrast = estimates.provenance.contrast
    if contrast == "ratio" or are_ratios(estimates):
        return 1.0
    effects = estimates.frame["statistic"].isin(EFFECTS)
    if contrast == "difference" or (len(effects) and effects.all()):
        return 0.0
    return None


def respondents_cell(count: float, language: Language) -> Cell:
    """Return a number of respondents, with a mark if it is small."""
    if 0 < count < SMALL:
        return Cell(f"{number(count, language)}{NO_BREAK}*", count, '#,##0" *"', small=True)
    return count_cell(count, language)


def count_cell(count: float, language: Language) -> Cell:
    """Return a count of rows, which may be hidden."""
    if np.isnan(count):
        return hidden_cell(language)
    return Cell(number(count, language), count, "#,##0")
