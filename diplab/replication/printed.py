"""A number as it was printed: its digits, its marks, and whether a computed number would be printed so."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from typing import Literal, TypeAlias

__all__ = ["Printed", "Relation", "read_printed"]

Relation: TypeAlias = Literal["equals", "above", "at least", "below", "range"]

_SIGNS: dict[str, Relation] = {"<": "below", "≤": "below", ">": "above", "≥": "at least"}
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.IGNORECASE)
_DIGITS = Context(prec=400)
_TO_NEAREST = (ROUND_HALF_UP, ROUND_HALF_EVEN)


@dataclass(frozen=True)
class Printed:
    """One printed cell.

    Parameters
    ----------
    text : str
        As printed.
    value : float
        The number (the lower end of a range); NaN for a mark that stands for a number withheld.
    high : float
        The upper end of a range; the number itself otherwise.
    relation : {"equals", "above", "at least", "below", "range"}
        What is claimed: this number; more; this or more; less; or a number between the two ends.
    exponent : int
        Power of ten of the last printed digit: -2 for `28.40`, -35 for `1.3e-34`.
    mark : bool
        True for a mark (`Q`, `--`, an empty cell).
    sign : bool
        True where the relation is printed in the cell itself (`<0.001`).
    """

    text: str
    value: float
    high: float
    relation: Relation = "equals"
    exponent: int = 0
    mark: bool = False
    sign: bool = False

    @property
    def decimals(self) -> int:
        """Decimals as printed."""
        return max(0, -self.exponent)

    def difference(self, value: float) -> float:
        """Return a computed number minus this one; for a claim of more or less, the distance to what is claimed."""
        if self.relation == "equals":
            return value - self.value
        low = -math.inf if self.relation == "below" else self.value
        high = math.inf if self.relation in ("above", "at least") else self.high
        if value < low:
            return value - low
        return value - high if value > high else 0.0

    def agrees(self, value: float, rounding: str = "nearest") -> bool:
        """Return whether a computed number would be printed with these digits.

        Parameters
        ----------
        value : float
            The computed number, not rounded.
        rounding : str
            `nearest` (half up or half to even, ties judged at twelve significant digits), `truncated`, or `twice:N`
            (first to N decimals, then to the printed ones).

        Examples
        --------
        >>> read_printed("28.4").agrees(28.449), read_printed("28.4").agrees(28.451)
        (True, False)
        >>> read_printed("0.3503").agrees(0.350245), read_printed("0.3503").agrees(0.350245, "twice:5")
        (False, True)
        >>> read_printed("<0.001").agrees(0.0004)
        True
        """
        if not math.isfinite(value) or self.mark:
            return False
        if self.relation != "equals":
            return self.sign and self._claims(value)
        # twelve significant digits: 28.45 computed as 28.449999999999996 is still a half
        computed = {Decimal(value), Decimal(f"{value:.12g}")}
        if rounding.startswith("twice:"):
            first = Decimal(1).scaleb(-int(rounding.removeprefix("twice:")))
            computed = {each.quantize(first, rule, _DIGITS) for each in computed for rule in _TO_NEAREST}
        step = Decimal(1).scaleb(self.exponent)
        rules = (ROUND_DOWN,) if rounding == "truncated" else _TO_NEAREST
        printed = Decimal(repr(self.value)).quantize(step, ROUND_HALF_EVEN, _DIGITS)
        return any(each.quantize(step, rule, _DIGITS) == printed for each in computed for rule in rules)

    def _claims(self, value: float) -> bool:
        bound = self.value
        return {"below": value < bound, "above": value > bound, "at least": value >= bound}[self.relation]


def read_printed(
    text: str, *, decimal: str = ".", thousands: str = "", marks: tuple[str, ...] = ()
) -> Printed:
    """Return a printed cell as a number or a mark.

    Parameters
    ----------
    text : str
        As printed; a percent sign, a currency sign and stars around the number play no part.
    decimal, thousands : str
        The printer's decimal mark and separator of thousands.
    marks : tuple of str
        Cells that stand for a number withheld.

    Raises
    ------
    ValueError
        Where the cell is neither a number nor a declared mark.

    Examples
    --------
    >>> read_printed("2.112.185", decimal=",", thousands=".").value
    2112185.0
    >>> read_printed("Q", marks=("Q", "N")).mark
    True
    >>> read_printed("1.3e-34").exponent
    -35
    """
    stripped = text.strip()
    if stripped in marks:
        return Printed(stripped, math.nan, math.nan, mark=True)
    plain = stripped.translate({0xA0: None, 0x202F: None, 0x20: None, 0x2212: "-"}).strip("%$€£*")
    relation: Relation = _SIGNS.get(plain[:1], "equals")
    plain = plain.lstrip("<>≤≥").strip("%$€£*")
    if thousands:
        plain = plain.replace(thousands, "")
    if decimal != ".":
        plain = plain.replace(".", "?").replace(decimal, ".")
    if not _NUMBER.fullmatch(plain):
        message = f"{text!r} is neither a number nor a declared mark"
        raise ValueError(message)
    exponent = Decimal(plain).as_tuple().exponent
    value = float(plain)
    return Printed(stripped, value, value, relation, int(exponent), sign=relation != "equals")
