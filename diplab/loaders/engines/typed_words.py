"""Columns of words that a query reads as numbers, days, yes and no: the rules of delimited text, in one pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw

from diplab.loaders.cells import TRUTH
from diplab.loaders.numbers import NO_NUMBER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from diplab.microdata.variable import Variable

__all__ = ["typed_words"]

# The same numbers as `NUMBER` and `NUMBER_WITH_COMMA`, for engines that cannot look ahead.
_PLAIN = r"^[-+\x{2212}]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$"
_COMMA = r"^[-+\x{2212}]?(?:(?:0|[1-9][0-9]*)(?:,[0-9]*)?|,[0-9]+)$"
_WHOLE = r"^[-+\x{2212}]?[0-9]+$"
_IDENTIFIER = r"^[-+\x{2212}]?[0-9]{16,}$"
_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_COUNTS = ("rows", "answers", "plain", "comma", "point", "whole", "days", "truth")


def typed_words(*, comma: bool) -> Callable[..., dict[str, tuple[nw.Expr, bool]]]:
    """Return the function that says what the columns of words of a frame write, as delimited text is read.

    A column is of numbers where every answer that is not missing is one; codes with leading zeros and numbers of more
    than fifteen digits stay words. Moments and times of day, and numbers whose thousands stand apart, stay words here.

    Parameters
    ----------
    comma : bool
        True where a decimal comma is understood.
    """

    def typed(frame: nw.LazyFrame[Any], variables: Mapping[str, Variable]) -> dict[str, tuple[nw.Expr, bool]]:
        schema = frame.collect_schema()
        names = [name for name in variables if schema[name] == nw.String]
        if not names:
            return {}
        looks = [look for name in names for look in _looks(name, variables[name], comma=comma)]
        found = frame.select(*looks).collect(backend="pyarrow").to_native().to_pylist()[0]
        counts = {name: {count: found[f"{count} {name}"] or 0 for count in _COUNTS} for name in names}
        return {name: _typed(name, variables[name], counts[name]) for name in names}

    return typed


def _bare(name: str) -> nw.Expr:
    return nw.col(name).str.strip_chars()


def _answered(name: str, variable: Variable) -> nw.Expr:
    spelt = [code for code in variable.missing if isinstance(code, str)]
    bare = _bare(name)
    return ~(bare.is_null() | (bare == "") | bare.is_in([*NO_NUMBER, *spelt]))


def _looks(name: str, variable: Variable, *, comma: bool) -> list[nw.Expr]:
    """Return the counts by which a column is judged."""
    answered, bare = _answered(name, variable), _bare(name)
    number = answered & ~bare.str.contains(_IDENTIFIER)
    plain = bare.str.contains(_PLAIN)
    tests = {
        "rows": nw.col(name).is_null() | ~nw.col(name).is_null(),
        "answers": answered,
        "plain": number & plain,
        "comma": number & ~plain & bare.str.contains(_COMMA if comma else "^$"),
        "point": answered & bare.str.contains(r"\."),
        "whole": answered & bare.str.contains(_WHOLE),
        "days": answered & bare.str.contains(_DAY),
        "truth": answered & bare.str.to_lowercase().is_in(list(TRUTH)),
    }
    return [test.cast(nw.Int64).sum().alias(f"{count} {name}") for count, test in tests.items()]


def _typed(name: str, variable: Variable, counts: Mapping[str, int]) -> tuple[nw.Expr, bool]:
    answered, bare = _answered(name, variable), _bare(name)
    words = nw.when(bare != "").then(nw.col(name))
    said = nw.when(answered).then(bare)
    if variable.storage == "date" and counts["days"] == counts["answers"]:
        return said.str.to_date(), False
    if variable.storage == "boolean" and counts["truth"] == counts["answers"]:
        yes = said.str.to_lowercase().is_in([word for word, value in TRUTH.items() if value])
        return nw.when(answered).then(yes), False
    spelt = not variable.storage and any(isinstance(code, str) for code in variable.values)
    mixed = counts["comma"] and counts["point"]
    if spelt or mixed or variable.storage not in ("", "whole", "number"):
        return words, False
    if counts["plain"] + counts["comma"] < counts["answers"]:
        return words, False
    number = said.str.replace_all("\u2212", "-", literal=True).str.replace_all(",", ".", literal=True)
    if variable.storage != "number" and counts["rows"] and counts["whole"] == counts["rows"]:
        return number.cast(nw.Int64), True
    return number.cast(nw.Float64), True
