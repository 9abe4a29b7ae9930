"""Estimates in words: labels from the codebook, numbers as the language prints them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from diplab.presentation.language import interval, number, percent
from diplab.presentation.punctuation import words
from diplab.presentation.sheet import Cell
from diplab.presentation.terms import term, wording

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from diplab.microdata.codebook import Codebook
    from diplab.reference.text import Language
    from diplab.results.estimates import Estimates

__all__ = ["Row", "heading", "rows_in_words", "value_label", "variable_label"]

SHARES = ("share", "arpr", "relative_median_gap")
SMALL = 10


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
        Labels of variables and answers.
    as_percent : bool, optional
        True or False to print every estimate as a percentage or none; by default shares and rates are.
    decimals : int, optional
        Digits after the decimal mark; by default one for percentages, none for totals, otherwise as many as
        leave two significant digits in the largest standard error of the same statistic (at most three).

    Returns
    -------
    list of Row
        In the order of the estimates.
    """
    rows: dict[int, Row] = {}
    frame = estimates.frame.reset_index(drop=True)
    for (statistic, _), alike in frame.groupby(["statistic", "variable"], sort=False, dropna=False):
        in_percent = str(statistic) in SHARES if as_percent is None else as_percent
        kept = _decimals(str(statistic), alike, in_percent) if decimals is None else decimals
        figures = _Figures(language, in_percent, kept)
        for position, record in zip(alike.index, _records(alike), strict=True):
            rows[position] = _row(record, estimates.by, figures, labels)
    return [rows[position] for position in range(len(frame))]


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


def heading(rows: list[Row], language: Language) -> str:
    """Return the title of estimates that were given none: what is estimated of which variable.

    Many statistics of one variable (a sensitivity table) are named by the variable alone.
    """
    statistics = list(dict.fromkeys(row.statistic for row in rows))
    variables = list(dict.fromkeys(row.variable for row in rows if row.variable))
    if not variables:
        return ", ".join(statistics)
    named = ", ".join(variables)
    if len(statistics) > 2:
        return named[:1].upper() + named[1:]
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


@dataclass(frozen=True)
class _Figures:
    """How the numbers of one statistic are printed."""

    language: Language
    in_percent: bool
    decimals: int

    def cell(self, value: float | None) -> Cell:
        shown = percent if self.in_percent else number
        places = f".{'0' * self.decimals}" if self.decimals > 0 else ""
        form = f"0{places}%" if self.in_percent else f"#,##0{places}"
        return Cell(shown(value, self.language, self.decimals), value, form)

    def between(self, low: float, high: float) -> Cell:
        return Cell(interval(low, high, self.language, self.decimals, percent=self.in_percent))


def _row(record: dict[str, Any], by: tuple[str, ...], figures: _Figures, labels: Codebook | None) -> Row:
    language = figures.language
    variable = str(record["variable"])
    respondents = _number(record["n"])
    small = respondents is not None and respondents < SMALL
    return Row(
        by=tuple(value_label(name, record[name], labels, language) for name in by),
        statistic=wording("statistic", str(record["statistic"]), language),
        variable=variable_label(variable, labels, language),
        category=value_label(variable, record["category"], labels, language),
        estimate=figures.cell(_number(record["estimate"])),
        interval=figures.between(record["ci_low"], record["ci_high"]),
        respondents=_respondents(respondents, small, language),
        remark=", ".join(wording("flag", flag, language) for flag in str(record["flag"]).split(", ") if flag),
        small=small,
    )


def _respondents(count: float | None, small: bool, language: Language) -> Cell:
    if small:
        return Cell(f"{number(count, language)} *", count, '#,##0" *"')
    return Cell(number(count, language), count, "#,##0")


def _number(value: Any) -> float | None:
    if value is None or type(value).__name__ == "NAType" or math.isnan(value):
        return None
    return float(value)


def _decimals(statistic: str, alike: pd.DataFrame, in_percent: bool) -> int:
    if in_percent:
        return 1
    if statistic in ("total", "count", "headcount"):
        return 0
    errors = [float(each) for each in alike["std_error"] if _number(each) and math.isfinite(each)]
    if errors:
        return min(max(1 - math.floor(math.log10(max(errors))), 0), 3)
    sizes = [abs(float(each)) for each in alike["estimate"] if _number(each) is not None]
    largest = max(sizes, default=0.0)
    return 0 if largest >= 100 else 2
