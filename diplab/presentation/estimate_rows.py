"""Estimates in words: labels from the codebook, numbers as the language prints them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from diplab.errors import OptionError
from diplab.presentation.language import number
from diplab.presentation.number_form import NumberForm, form_of, known
from diplab.presentation.punctuation import words
from diplab.presentation.sheet import Cell
from diplab.presentation.terms import term, wording

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from diplab.microdata.codebook import Codebook
    from diplab.reference.text import Language
    from diplab.results.estimates import Estimates

__all__ = [
    "Row",
    "not_estimates",
    "outcome_label",
    "rows_in_words",
    "title_of",
    "value_label",
    "variable_label",
]

SMALL = 10
PREDICTED = ("marginal_effect", "predicted_margin")


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
    labels = labels if labels is not None else estimates.codebook
    rules = estimates.provenance.rules
    rows: dict[int, Row] = {}
    frame = estimates.frame.reset_index(drop=True)
    for (statistic, _), alike in frame.groupby(["statistic", "variable"], sort=False, dropna=False):
        form = form_of(str(statistic), alike, rules, as_percent, decimals)
        for position, record in zip(alike.index, _records(alike), strict=True):
            rows[position] = _row(record, estimates.by, form, language, labels)
    return [rows[position] for position in range(len(frame))]


def not_estimates(verb: str, thing: object) -> OptionError:
    """Return the error for a table or a chart of something that holds no estimates.

    Examples
    --------
    >>> str(not_estimates("chart", 3))
    'A chart of a `int` was asked. Only results of `estimate` and of `regress` have one.
    Write `dl.chart(dl.estimate(sample, ...))`.'
    """
    made_of = {"chart": "Only results of `estimate` and of `regress` have one."}.get(
        verb,
        "Only results have one: of `estimate`, `crosstab`, `regress`, `reproduce`, of tests and of plans.",
    )
    return OptionError(
        f"A {verb} of a `{type(thing).__name__}` was asked.",
        made_of,
        f"Write `dl.{verb}(dl.estimate(sample, ...))`.",
    )


_ONE_ANSWER = re.compile(r"`?(?P<name>[^`]+?)`? == (?P<quote>['\"]?)(?P<value>.+)(?P=quote)")

CONTRASTED = (" − ", " / ")
"""What stands between the two categories of a contrast."""


def variable_label(name: str, labels: Codebook | None, language: Language) -> str:
    """Return the label of a variable, or its name where the codebook has none.

    Examples
    --------
    >>> variable_label("hours", None, "en")
    'hours'
    """
    if labels is not None and name in labels and labels[name].label:
        return words(labels[name].label, language)
    return wording("variable", name, language)


def outcome_label(outcome: str, labels: Codebook | None, language: Language) -> str:
    """Return the outcome of a regression in words: a variable, or a variable and one answer.

    Examples
    --------
    >>> outcome_label("poor == 'yes'", None, "en")
    'poor = yes'
    """
    one = _ONE_ANSWER.fullmatch(outcome)
    if one is None:
        return variable_label(outcome, labels, language)
    variable = variable_label(one["name"], labels, language)
    return f"{variable} = {value_label(one['name'], one['value'], labels, language)}"


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
    labels = labels if labels is not None else estimates.codebook
    formula = estimates.provenance.rules.get("formula", "")
    if (
        formula
        and rows
        and {row.statistic for row in rows} <= {wording("statistic", each, language) for each in PREDICTED}
    ):
        return _of_prediction(formula.partition("~")[0].strip(), estimates, rows, language, labels)
    head = _heading(rows, language, {str(name) for name in estimates.frame["variable"]})
    if not estimates.by:
        return head
    domain = ", ".join(variable_label(name, labels, language) for name in estimates.by)
    return f"{head}, {term('word.by', language)} {domain}"


def _of_prediction(
    outcome: str, estimates: Estimates, rows: list[Row], language: Language, labels: Codebook | None
) -> str:
    """Return the title of what a regression predicts: effects on its outcome, or its outcome by a variable."""
    head = f"{rows[0].statistic} – {outcome_label(outcome, labels, language)}"
    if "predicted_margin" not in set(estimates.frame["statistic"]):
        return words(head, language)
    variables = ", ".join(dict.fromkeys(row.variable for row in rows))
    return words(f"{head}, {term('word.by', language)} {variables}", language)


def _heading(rows: list[Row], language: Language, names: set[str]) -> str:
    statistics = list(dict.fromkeys(row.statistic for row in rows))
    variables = list(dict.fromkeys(row.variable for row in rows if row.variable))
    if not variables:
        return ", ".join(statistics)
    named = ", ".join(variables)
    if len(statistics) > 2:
        # The name of a column is not a word: it keeps its own letters.
        return named if variables[0] in names else named[:1].upper() + named[1:]
    return words(f"{', '.join(statistics)} – {named}", language)


def value_label(name: str, value: Any, labels: Codebook | None, language: Language) -> str:
    """Return the label of an answer, or the answer itself where the codebook has none.

    Examples
    --------
    >>> value_label("employed", True, None, "fr"), value_label("sex", 1.0, None, "en")
    ('oui', '1')
    """
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        return ""
    for between in CONTRASTED:
        if isinstance(value, str) and between in value and labels is not None and name in labels:
            return between.join(value_label(name, part, labels, language) for part in value.split(between))
    if labels is not None and name in labels:
        for code, label in labels[name].values.items():
            if _plain(code) == _plain(value) and label:
                return words(label, language)
    if _plain(value) in ("True", "False"):
        return term(f"word.{_plain(value).lower()}", language)
    return _plain(value)


def _plain(value: Any) -> str:
    # SPSS codes are floats; 1.0 reads as 1.
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _records(frame: pd.DataFrame) -> Iterator[dict[str, Any]]:
    names = [str(name) for name in frame.columns]
    for values in frame.itertuples(index=False, name=None):
        yield dict(zip(names, values, strict=True))


def _row(
    record: dict[str, Any], by: tuple[str, ...], form: NumberForm, language: Language, labels: Codebook
) -> Row:
    variable = str(record["variable"])
    respondents = known(record["n"])
    small = respondents is not None and respondents < SMALL
    return Row(
        by=tuple(value_label(name, record[name], labels, language) for name in by),
        statistic=wording("statistic", str(record["statistic"]), language),
        variable=variable_label(variable, labels, language),
        category=value_label(variable, record["category"], labels, language),
        estimate=form.cell(known(record["estimate"]), language),
        interval=form.between(record["ci_low"], record["ci_high"], language),
        respondents=_respondents(respondents, small, language),
        remark=", ".join(wording("flag", flag, language) for flag in str(record["flag"]).split(", ") if flag),
        small=small,
        form=form,
    )


def _respondents(count: float | None, small: bool, language: Language) -> Cell:
    if small:
        return Cell(f"{number(count, language)} *", count, '#,##0" *"')
    return Cell(number(count, language), count, "#,##0")
