"""Estimates in words: labels from the codebook, numbers as the language prints them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from diplab.errors import OptionError
from diplab.presentation.category_words import category_in_words
from diplab.presentation.labels import merged_labels, outcome_label, value_label, variable_label
from diplab.presentation.language import number, words
from diplab.presentation.number_form import NumberForm, form_of, known
from diplab.presentation.order_words import with_order
from diplab.presentation.sheet import Cell
from diplab.presentation.size_words import (
    HALF_LIFE,
    PEOPLE,
    RATE,
    model_in_words,
    open_ended,
    people_counted,
    whole_persons,
)
from diplab.presentation.terms import rule, term, terms, wording
from diplab.results.sizes import Sizes

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from diplab.microdata.codebook import Codebook
    from diplab.reference.text import Language
    from diplab.results.estimates import Estimates

__all__ = [
    "Row",
    "compared_said",
    "is_of_reasons",
    "not_estimates",
    "rows_in_words",
    "title_of",
]

SMALL = 10
OF_AN_HOUR = ("hourly_pay_of_", "share_of_hours")
PREDICTED = ("marginal_effect", "predicted_margin", "predicted_share")


@dataclass(frozen=True)
class Row:
    """One estimate in words.

    Parameters
    ----------
    by : tuple of str
        Labels of the domain, one a domain variable.
    statistic, variable, category : str
        What was estimated.
    estimate, interval, respondents : Cell
        The point, its interval (or bounds), and the number of respondents behind it.
    remark : str
        Flag in words, empty where there is none.
    small : bool
        True under ten respondents.
    form : NumberForm
        How its numbers are printed.
    """

    by: tuple[str, ...]
    statistic: str
    variable: str
    category: str
    estimate: Cell
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
) -> list[Row]:
    """Return each estimate in words and printed numbers.

    Parameters
    ----------
    estimates : Estimates
        The numbers.
    language : {"fr", "en"}
        Language of the reader.
    labels : Codebook, optional
        Labels of variables and answers; by default the codebook of the estimates.
    as_percent : bool, optional
        True or False to print every estimate as a percentage or none; by default shares and rates are. Their
        differences are in points, and ratios of them plain numbers.
    decimals : int, optional
        Digits after the decimal mark; by default chosen by `form_of`.

    Returns
    -------
    list of Row
        In the order of the estimates.
    """
    labels = merged_labels(labels, estimates.codebook)
    rules = estimates.provenance.rules
    rows: dict[int, Row] = {}
    frame = estimates.frame.reset_index(drop=True)
    counted = people_counted(frame) if decimals is None and isinstance(estimates, Sizes) else set()
    for (statistic, _), alike in frame.groupby(["statistic", "variable"], sort=False, dropna=False):
        form = whole_persons(alike, counted) if counted else None
        form = form or form_of(estimates.description_of(str(statistic)), alike, rules, as_percent, decimals)
        for position, record in zip(alike.index, _records(alike), strict=True):
            rows[position] = _row(record, estimates, form, language, labels)
    return [rows[position] for position in range(len(frame))]


def not_estimates(verb: str, thing: object) -> OptionError:
    """Return the error for a table or a chart of something that holds no estimates.

    Examples
    --------
    >>> str(not_estimates("chart", 3))
    'A chart of a `int` was asked. Only results of `estimate`, `crosstab` and `regress` have one.
    Write `dl.chart(dl.estimate(sample, ...))`.'
    """
    made_of = {"chart": "Only results of `estimate`, `crosstab` and `regress` have one."}.get(
        verb,
        "Only results have one: of `estimate`, `crosstab`, `regress`, `reproduce`, of tests and of plans.",
    )
    return OptionError(
        f"A {verb} of a `{type(thing).__name__}` was asked.",
        made_of,
        f"Write `dl.{verb}(dl.estimate(sample, ...))`.",
    )


def title_of(estimates: Estimates, rows: list[Row], language: Language, labels: Codebook | None) -> str:
    """Return the title of estimates that were given none: what is estimated of which variable, by which domains.

    Many statistics of one variable (a sensitivity table) are named by the variable alone.

    Parameters
    ----------
    estimates : Estimates
        The numbers.
    rows : list of Row
        The same in words.
    language : {"fr", "en"}
        Language of the reader.
    labels : Codebook, optional
        Labels of variables; by default the codebook of the estimates.
    """
    labels = merged_labels(labels, estimates.codebook)
    if is_of_reasons(estimates):
        variables = list(dict.fromkeys(row.variable for row in rows))
        head = term("reasons.title", language)
        return f"{head} – {variables[0]}" if len(variables) == 1 else head
    formula = estimates.provenance.rules.get("formula", "")
    if (
        formula
        and rows
        and {row.statistic for row in rows} <= {wording("statistic", each, language) for each in PREDICTED}
    ):
        return _of_prediction(formula.partition("~")[0].strip(), estimates, rows, language, labels)
    names = {str(name) for name in estimates.frame["variable"]}
    if isinstance(estimates, Sizes) and not estimates.provenance.nested:
        return _of_sizes(estimates, rows, language, labels)
    head = _heading(rows, language, names, compared_said(estimates, language))
    if len(names) > 1 and all(each.startswith(OF_AN_HOUR) for each in estimates.frame["statistic"]):
        head = term("word.hourly_pay", language)
    if not estimates.by:
        return head
    domain = ", ".join(variable_label(name, labels, language) for name in estimates.by)
    return f"{head}, {term('word.by', language)} {domain}"


def _of_sizes(sizes: Sizes, rows: list[Row], language: Language, labels: Codebook | None) -> str:
    """Return the title of sizes: the method where there is one, what is counted, and the groups it is cut by."""
    counted = variable_label(PEOPLE, labels, language)
    variables = list(dict.fromkeys(row.variable for row in rows))
    groups = [*(variable_label(name, labels, language) for name in sizes.by)]
    if variables[0] == counted and people_counted(sizes.frame) == set(sizes.frame["statistic"]):
        groups += variables[1:]
        variables = variables[:1]
    per = sizes.provenance.rules.get("per")
    named = ", ".join(variables) + (f" ({rule('per', per, language)})" if per else "")
    methods = list(dict.fromkeys(row.statistic for row in rows))
    if len(methods) > 1:
        head = named[:1].upper() + named[1:]
    else:
        head = methods[0] if named.casefold() in methods[0].casefold() else f"{methods[0]} – {named}"
    return words(f"{head}, {term('word.by', language)} {', '.join(groups)}" if groups else head, language)


def is_of_reasons(estimates: Estimates) -> bool:
    """Return whether estimates are the rows of a file that answered, and those that did not by reason."""
    unweighted = estimates.provenance.rules.get("weights") == "none"
    return unweighted and set(estimates.frame["statistic"]) == {"count"}


def _of_prediction(
    outcome: str, estimates: Estimates, rows: list[Row], language: Language, labels: Codebook | None
) -> str:
    """Return the title of what a regression predicts: effects on its outcome, or its outcome by a variable."""
    compared = compared_said(estimates, language)
    statistic = f"{rows[0].statistic} ({compared})" if compared else rows[0].statistic
    head = f"{statistic} – {outcome_label(outcome, labels, language)}"
    if "predicted_margin" not in set(estimates.frame["statistic"]):
        return words(head, language)
    variables = ", ".join(dict.fromkeys(row.variable for row in rows))
    return words(f"{head}, {term('word.by', language)} {variables}", language)


def compared_said(estimates: Estimates, language: Language) -> str:
    """Return what a contrast is, a difference or a ratio; nothing for other estimates."""
    kind = estimates.provenance.rules.get("contrast", "").partition(" ")[0]
    return term(f"word.{kind}", language) if kind in ("difference", "ratio") else ""


def _heading(rows: list[Row], language: Language, names: set[str], compared: str) -> str:
    statistics = list(dict.fromkeys(row.statistic for row in rows))
    if compared:
        statistics = [f"{each} ({compared})" for each in statistics]
    variables = list(dict.fromkeys(row.variable for row in rows if row.variable))
    if not variables:
        return ", ".join(statistics)
    named = ", ".join(variables)
    if len(statistics) > 2:
        # The name of a column is not a word: it keeps its own letters.
        own = variables[0] in names and f"variable.{variables[0]}" not in terms()
        return named if own else named[:1].upper() + named[1:]
    return words(f"{', '.join(statistics)} – {named}", language)


def _records(frame: pd.DataFrame) -> Iterator[dict[str, Any]]:
    names = [str(name) for name in frame.columns]
    for values in frame.itertuples(index=False, name=None):
        yield dict(zip(names, values, strict=True))


def _row(
    record: dict[str, Any], estimates: Estimates, form: NumberForm, language: Language, labels: Codebook
) -> Row:
    variable = str(record["variable"])
    statistic, category = str(record["statistic"]), record["category"]
    description = estimates.description_of(statistic)
    of_shares = statistic == "predicted_margin" and description.kind == "share"
    shown = wording("statistic", "predicted_share" if of_shares else statistic, language)
    shown, category = with_order(description, statistic, shown, category, language)
    if variable in (PEOPLE, RATE):
        category = model_in_words(str(category), language)
    own = category_in_words(description, category, language)
    respondents = known(record["n"])
    small = respondents is not None and respondents < SMALL
    return Row(
        by=tuple(value_label(name, record[name], labels, language) for name in estimates.by),
        statistic=shown,
        variable=variable_label(variable, labels, language),
        category=own
        or value_label(variable, category, labels, language)
        or (term("captures.everybody", language) if _whole(record, estimates) else ""),
        estimate=form.cell(known(record["estimate"]), language),
        interval=_interval(record, form, language),
        respondents=_respondents(respondents, small, language),
        remark=", ".join(wording("flag", flag, language) for flag in str(record["flag"]).split(", ") if flag),
        small=small,
        form=form,
    )


def _whole(record: dict[str, Any], estimates: Estimates) -> bool:
    """Return whether a row is everybody, beside groups by what is known of persons."""
    if not isinstance(estimates, Sizes) or record["variable"] != PEOPLE or record["category"]:
        return False
    frame = estimates.frame
    return bool(((frame["statistic"] == record["statistic"]) & (frame["variable"] != PEOPLE)).any())


def _interval(record: dict[str, Any], form: NumberForm, language: Language) -> Cell:
    ends = record["ci_low"], record["ci_high"]
    opened = open_ended(*ends, form, language) if record["variable"] in (PEOPLE, RATE, HALF_LIFE) else None
    return opened or form.between(*ends, language)


def _respondents(count: float | None, small: bool, language: Language) -> Cell:
    if small:
        return Cell(f"{number(count, language)} *", count, '#,##0" *"')
    return Cell(number(count, language), count, "#,##0")
