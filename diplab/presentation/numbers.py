"""The form of printed numbers: percentages, points, decimals and p-values."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from diplab.kernel.arrays import Floats
from diplab.presentation.language import interval, number, percent, rounded, term
from diplab.presentation.sheet import Align, Cell
from diplab.reference.text import NARROW, NO_BREAK, Language
from diplab.results.estimates import StatisticDescription

Kind: TypeAlias = Literal["number", "percent", "points"]


@dataclass(frozen=True)
class NumberForm:
    """The form of the numbers of one statistic; `bare` if the head of the column has the unit."""

    kind: Kind
    decimals: int
    bare: bool = False

    def cell(self, value: float | None, language: Language) -> Cell:
        """Return an estimate as printed, with the number and format for spreadsheets."""
        places = f".{'0' * self.decimals}" if self.decimals > 0 else ""
        if self.kind == "percent":
            return Cell(percent(value, language, self.decimals), value, f"0{places}%")
        if self.kind == "points":
            scaled = None if value is None else value * 100
            if self.bare:
                return Cell(number(scaled, language, self.decimals), scaled, f"#,##0{places}")
            word = point_word([scaled], self.decimals, language)
            return Cell(
                in_points(scaled, language, self.decimals), scaled, f'#,##0{places}" {word}"'
            )
        return Cell(number(value, language, self.decimals), value, f"#,##0{places}")

    def range(self, low: float, high: float, language: Language) -> str:
        """Return two bounds in words, or one if they print alike."""
        ends = dict.fromkeys(self.cell(end, language).text for end in (low, high))
        return f" {term('word.to', language)} ".join(ends)

    def between(self, low: float, high: float, language: Language) -> Cell:
        """Return an interval as printed."""
        if self.kind != "points":
            return Cell(
                interval(low, high, language, self.decimals, percent=self.kind == "percent")
            )
        ends = [low * 100, high * 100]
        text = interval(ends[0], ends[1], language, self.decimals)
        if self.bare:
            return Cell(text)
        return Cell(f"{text}{NO_BREAK}{point_word(ends, self.decimals, language)}" if text else "")


@dataclass(frozen=True)
class AnswerForm(NumberForm):
    """The form of quantiles of ordered answers: as answers, by code or rank."""

    answers: Mapping[int, str] = field(default_factory=dict)

    def cell(self, value: float | None, language: Language) -> Cell:
        """Return the answer at a value, both if it is between two, or the number."""
        if value is None:
            return Cell("")
        ends = dict.fromkeys((math.floor(value), math.ceil(value)))
        if not ends.keys() <= self.answers.keys():
            return super().cell(value, language)
        text = " / ".join(self.answers[end] for end in ends)
        # a spreadsheet keeps the number and shows the answer
        return Cell(text, value, f'"{text}"')

    def between(self, low: float, high: float, language: Language) -> Cell:
        """Return the answers at the ends of an interval."""
        ends = [self.cell(known(end), language).text for end in (low, high)]
        between = f"{NARROW};{NO_BREAK}" if language == "fr" else ", "
        return Cell(f"[{between.join(ends)}]" if all(ends) else "")


def form_of(
    description: StatisticDescription,
    alike: pd.DataFrame,
    contrast: str = "",
    as_percent: bool | None = None,
    decimals: int | None = None,
) -> NumberForm:
    """Return the form of the estimates of one statistic."""
    pure = contrast in ("ratio", "expression")
    share = description.kind == "share" and not pure if as_percent is None else as_percent
    difference = contrast == "difference" or description.is_effect
    kind: Kind = "number"
    if share:
        kind = "points" if difference else "percent"
    if decimals is not None:
        return NumberForm(kind, decimals)
    if kind != "number":
        # a slope may be a small fraction of a point per unit of its variable
        return NumberForm(
            kind,
            max(_decimals(alike[["estimate", "std_error"]] * 100), 1)
            if description.is_effect
            else 1,
        )
    if pure:
        return NumberForm(kind, max(_decimals(alike), 2))
    places = _decimals(alike, total=description.is_total)
    # otherwise lines would differ in digits, and pay would be printed in tenths of a cent
    most = places if description.most_decimals is None else description.most_decimals
    return NumberForm(kind, min(places, most))


MOST_ALIKE = {"number": 3, "percent": 1, "points": 1}
"""The most decimals of a column whose rows require different ones."""


def in_one_precision(forms: Sequence[NumberForm], sizes: Sequence[float]) -> list[NumberForm]:
    """Return forms of rows of one column with the same decimals: the most that one requires."""
    asked = [form.decimals for form in forms]
    shared = min(max(asked), max(MOST_ALIKE[forms[0].kind], min(asked)))
    alike = []
    for form, size in zip(forms, sizes, strict=True):
        # a row whose largest number would print as zero keeps its own
        printed = size if form.kind == "number" else size * 100
        zero = 0 < printed < 0.5 * 10**-shared
        alike.append(form if zero else replace(form, decimals=shared))
    return alike


def adding_up(shares: Floats, decimals: int) -> Floats:
    """Return shares rounded so that printed percentages add up to 100 (largest remainders)."""
    # shares of no whole, or unknown ones, are unchanged
    if not np.isfinite(shares).all() or abs(shares.sum() - 1) > 1e-6:
        return shares
    units: int = 10 ** (decimals + 2)
    printed = np.floor(shares * units + 1e-9)
    lacking = units - int(printed.sum())
    printed[np.argsort(printed - shares * units, kind="stable")[:lacking]] += 1
    return np.asarray(printed / units, dtype=float)


def in_points(value: float | None, language: Language, decimals: int = 1) -> str:
    """Return a difference of percentages as printed: -15.7 is −15,7 points in French."""
    shown = number(value, language, decimals)
    if known(value) is None:
        return shown
    return f"{shown}{NO_BREAK}{point_word([value], decimals, language)}"


def point_word(values: Iterable[float | None], decimals: int, language: Language) -> str:
    """Return the word for points after values: the French plural begins at two."""
    sizes = [
        abs(rounded(digits, decimals)) if math.isfinite(digits) else 2
        for digits in map(known, values)
        if digits
    ]
    few = language == "fr" and max(sizes, default=0) < 2
    return term("word.point" if few else "word.points", language)


def known(value: Any) -> float | None:
    """Return a number, or None if it is missing (None, NaN, pandas.NA)."""
    return None if pd.isna(value) else float(value)


def _decimals(alike: pd.DataFrame, *, total: bool = False) -> int:
    sizes = [
        abs(digits)
        for digits in map(known, alike["estimate"])
        if digits is not None and math.isfinite(digits)
    ]
    errors = [
        digits for digits in map(known, alike["std_error"]) if digits and math.isfinite(digits)
    ]
    if not sizes and "ci_low" in alike:
        # only bounds are known
        ends = [*map(known, alike["ci_low"]), *map(known, alike["ci_high"])]
        sizes = [abs(end) for end in ends if end is not None and math.isfinite(end)]
    largest = max(sizes, default=0.0)
    if errors:
        if total and max(errors) >= 1:
            return 0
        most = max(3, _two_digits(largest)) if largest else 3
        return min(max(_two_digits(max(errors)), 0), most)
    if total and all(size.is_integer() for size in sizes):
        return 0
    return 0 if largest >= 100 else 2


def _two_digits(size: float) -> int:
    """Decimals that leave two significant digits."""
    return 1 - math.floor(math.log10(size))


SMALLEST = 0.001
LARGEST = 0.9995  # from here on three decimals would print 1.000, which suggests certainty


def p_value_cell(value: float | None, language: Language) -> Cell:
    """Return a p-value to three decimals, with its number; empty if it is undefined."""
    p = known(value)
    if p is None:
        return Cell("")
    least, most = p_value_words(0, language), p_value_words(LARGEST, language)
    ends = f'[<{SMALLEST}]"{least}";[>={LARGEST}]"{most}";0.000'
    return Cell(
        p_value_words(p, language).removeprefix(f"={NO_BREAK}"),
        p,
        "0.000" if SMALLEST <= p < LARGEST else ends,
    )


def p_value_words(value: float, language: Language) -> str:
    """Return the sign and the three decimals after the letter p, never 0.000 nor 1.000."""
    if value < SMALLEST:
        return f"<{NO_BREAK}{number(SMALLEST, language, 3)}"
    if LARGEST <= value < 1:
        return f">{NO_BREAK}{number(1 - SMALLEST, language, 3)}"
    return f"={NO_BREAK}{number(value, language, 3)}"


def p_value_columns(frame: pd.DataFrame, language: Language) -> dict[str, tuple[list[Cell], Align]]:
    """Return the columns of p-values in results, by their printed names."""
    names = [
        name
        for name in ("p_value", "p_adjusted")
        if name in frame.columns[list(frame.columns).index("flag") :]
    ]
    return {
        term(f"column.{name}", language): (
            [p_value_cell(cell, language) for cell in frame[name]],
            "right",
        )
        for name in names
    }
