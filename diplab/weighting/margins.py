"""Margins: totals known from elsewhere, as they are written and what is wrong with them by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations
from math import isclose, isfinite
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import CalibrationError
from diplab.microdata.variable import code_of_answer, code_quoted
from diplab.sampling.condition import known_column

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from diplab.microdata.codebook import Codebook

__all__ = ["Margin", "name_of", "read_margins"]


@dataclass(frozen=True)
class Margin:
    """The known totals of one variable, of several crossed, or of everybody.

    Parameters
    ----------
    variables : tuple of str
        Names of the columns; none for the number of people.
    levels : tuple of tuple, or None
        Categories, one value a variable; None for the total of a numeric variable.
    totals : tuple of float
        How many people there are of each, or what their numbers sum to.

    Examples
    --------
    >>> Margin(("sex",), (("f",), ("m",)), (60.0, 40.0)).name
    '`sex`'
    """

    variables: tuple[str, ...]
    levels: tuple[tuple[Any, ...], ...] | None
    totals: tuple[float, ...]

    @property
    def name(self) -> str:
        """The margin in words, for an error."""
        return " × ".join(f"`{each}`" for each in self.variables) or "the number of people"

    @property
    def label(self) -> str:
        """The margin in a note: the names of its variables, N for the number of people."""
        return " × ".join(self.variables) or "N"

    def said(self, place: int) -> str:
        """One of its totals in words: `sex` = 'f'."""
        if self.levels is None or not self.variables:
            return f"the total of {self.name}" if self.variables else self.name
        return name_of(self.variables, self.levels[place])


def name_of(variables: Sequence[str], level: Sequence[Any]) -> str:
    """Return a category of one or several variables in words.

    Examples
    --------
    >>> name_of(["sex", "age"], ["f", 30])
    "`sex` = 'f' and `age` = 30"
    """
    pairs = zip(variables, level, strict=True)
    return " and ".join(f"`{name}` = {code_quoted(value)}" for name, value in pairs)


def read_margins(
    margins: object, names: Sequence[str], codebook: Codebook | None = None
) -> tuple[Margin, ...]:
    """Read margins as they are written, and refuse totals that cannot be totals of one population.

    Parameters
    ----------
    margins : mapping
        `{variable: {category: total}}`, `{(variable, variable): {(category, category): total}}` for crossed ones,
        `{variable: total}` for a numeric one, `{(): total}` for the number of people.
    names : sequence of str
        Columns of the data.
    codebook : Codebook, optional
        For labels given in place of codes.

    Raises
    ------
    CalibrationError
        Where a total is no number, is negative, or contradicts another.
    ColumnError
        Where a column does not exist.

    Examples
    --------
    >>> [each.name for each in read_margins({"sex": {"f": 60, "m": 40}, "income": 2e5}, ["sex", "income"])]
    ['`sex`', '`income`']
    """
    if not isinstance(margins, Mapping) or not margins:
        found = "They hold none." if isinstance(margins, Mapping) else f"They are a {type(margins).__name__}."
        raise CalibrationError(
            "Weights were to be calibrated to margins.",
            found,
            "Write for example `{'sex': {'f': 510, 'm': 490}}`, with totals of the population.",
        )
    read = tuple(_margin(key, totals, names) for key, totals in margins.items())
    for each in read:
        _check_totals(each)
    for first, second in combinations([each for each in read if each.levels is not None], 2):
        _check_agree(first, second, codebook)
    return read


def _margin(key: Any, totals: Any, names: Sequence[str]) -> Margin:
    variables = tuple(key) if isinstance(key, tuple) else (key,)
    for name in variables:
        known_column(name if name in names else str(name), names, "a margin")
    if len(set(variables)) < len(variables):
        raise CalibrationError(
            f"A margin of {' × '.join(f'`{each}`' for each in variables)} was asked for.",
            "It crosses a variable with itself.",
            "Write each variable once.",
        )
    if isinstance(totals, Real | Decimal):
        return Margin(variables, ((),) if not variables else None, (_number(totals, variables, ()),))
    if not variables or not hasattr(totals, "items"):
        raise CalibrationError(
            f"{_named(variables)} was given as a margin.",
            f"Its totals are a {type(totals).__name__}.",
            "Write a number, `{variable: total}`, or one number a category, `{variable: {category: total}}`.",
        )
    pairs = [(_level(level, variables), total) for level, total in totals.items()]
    levels = tuple(level for level, _ in pairs)
    return Margin(variables, levels, tuple(_number(total, variables, level) for level, total in pairs))


def _named(variables: Sequence[str]) -> str:
    return Margin(tuple(variables), None, ()).name.capitalize()


def _level(level: Any, variables: tuple[str, ...]) -> tuple[Any, ...]:
    if len(variables) == 1:
        return (_plain(level),)
    if not isinstance(level, tuple) or len(level) != len(variables):
        raise CalibrationError(
            f"{_named(variables)} was given as a margin.",
            f"It has a total for {level!r}, which is not one category of each of {len(variables)} variables.",
            "Write a tuple a total, for example `{('f', 'old'): 120}`.",
        )
    return tuple(_plain(each) for each in level)


def _plain(value: Any) -> Any:
    """Return a category without the dress of numpy, as the data give it."""
    return value.item() if isinstance(value, np.generic) else value


def _number(total: Any, variables: tuple[str, ...], level: Sequence[Any]) -> float:
    if not isinstance(total, Real | Decimal) or not isfinite(total):
        whom = name_of(variables, level) if level else _named(variables)
        raise CalibrationError(
            f"A total of {total!r} was given for {whom}.",
            "It is not a number of people.",
            "Write the known total of the population, or leave the margin out.",
        )
    return float(total)


def _check_totals(margin: Margin) -> None:
    if margin.levels is None:
        if len(margin.variables) > 1:
            raise CalibrationError(
                f"{_named(margin.variables)} was given as a margin with one total.",
                "A total of numbers is of one variable.",
                "Write one margin a variable, `{variable: total}`.",
            )
        return
    below = [place for place, total in enumerate(margin.totals) if total < 0]
    if below:
        raise CalibrationError(
            f"A total of {margin.totals[below[0]]:,.10g} was given for {margin.said(below[0])}.",
            "Nobody can be fewer than none.",
            "Write the known total of the population.",
        )
    if not margin.totals:
        raise CalibrationError(
            f"{_named(margin.variables)} was given as a margin.",
            "It has no category.",
            "Write one number a category, `{variable: {category: total}}`.",
        )
    together = sum(margin.totals)
    if isclose(together, 1.0, rel_tol=1e-6) or together == 0:
        raise CalibrationError(
            f"{_named(margin.variables)} was given as a margin.",
            f"Its totals sum to {together:.10g}: they are shares, not numbers of people."
            if together
            else "Its totals sum to 0.",
            "Multiply them by the size of the population, so that they are totals.",
        )


def _sums(
    margin: Margin, shared: Sequence[str], codebook: Codebook | None
) -> dict[tuple[Hashable, ...], float]:
    """Return the totals of a margin over categories of some of its variables, by their codes."""
    places = [margin.variables.index(name) for name in shared]
    sums: dict[tuple[Hashable, ...], float] = {}
    for level, total in zip(margin.levels or (), margin.totals, strict=True):
        key = tuple(_code(codebook, name, level[place]) for name, place in zip(shared, places, strict=True))
        sums[key] = sums.get(key, 0.0) + total
    return sums


def _code(codebook: Codebook | None, name: str, value: Any) -> Any:
    """Return the code that a label stands for; the value itself where it is none."""
    known = list(codebook[name].values) if codebook is not None and name in codebook else []
    code = code_of_answer(codebook, name, value, known) if codebook is not None and known else None
    return value if code is None else code


def _check_agree(first: Margin, second: Margin, codebook: Codebook | None) -> None:
    """Two margins of one population give the same totals to whatever they have in common, if only everybody."""
    shared = [name for name in first.variables if name in second.variables]
    for common in ([], shared) if shared else ([],):
        one, other = _sums(first, common, codebook), _sums(second, common, codebook)
        for level in one:
            if level in other and not isclose(one[level], other[level], rel_tol=1e-9):
                whom = f" for {name_of(common, level)}" if common else ""
                raise CalibrationError(
                    f"Weights were to be calibrated to {first.name} and {second.name} together.",
                    f"The first sums to {one[level]:,.10g}{whom} and the second to {other[level]:,.10g}, "
                    f"{abs(one[level] - other[level]):,.10g} apart.",
                    _agreement(one[level], other[level], common),
                )


def _agreement(one: float, other: float, common: Sequence[str]) -> str:
    if common:
        # everybody agrees: no factor mends it
        names = " × ".join(f"`{name}`" for name in common)
        return f"Write totals of one population: those of each category of {names} are the same in both."
    if not other:
        return "Write totals of one population."
    return (
        f"Multiply the totals of one of them, for example those of the second by {one / other:.15g}, so that both "
        "are of one population."
    )
