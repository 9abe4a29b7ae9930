"""P-values as a reader sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.presentation.language import NO_BREAK, number
from diplab.presentation.number_form import known
from diplab.presentation.sheet import Cell
from diplab.presentation.terms import term

if TYPE_CHECKING:
    import pandas as pd

    from diplab.presentation.sheet import Align
    from diplab.reference.text import Language

__all__ = ["p_value_cell", "p_value_columns", "p_value_said"]

SMALLEST = 0.001
LARGEST = 0.9995
"""From here on three decimals would print 1.000, which says that nothing else is possible."""


def p_value_cell(value: float | None, language: Language) -> Cell:
    r"""Return a p-value to three decimals, the number itself kept for spreadsheets; nothing where it is undefined.

    Examples
    --------
    >>> p_value_cell(0.0123, "fr").text, p_value_cell(0.00001, "en").text, p_value_cell(float("nan"), "en").text
    ('0,012', '<\xa00.001', '')
    """
    p = known(value)
    if p is None:
        return Cell("")
    return Cell(p_value_said(p, language).removeprefix(f"={NO_BREAK}"), p, "0.000")


def p_value_said(value: float, language: Language) -> str:
    r"""Return what stands behind the letter p: a sign and three decimals, never 0.000 nor 1.000.

    Examples
    --------
    >>> [p_value_said(p, "en").replace("\u00a0", " ") for p in (0.0123, 0.00001, 0.99999, 1.0)]
    ['= 0.012', '< 0.001', '> 0.999', '= 1.000']
    """
    if value < SMALLEST:
        return f"<{NO_BREAK}{number(SMALLEST, language, 3)}"
    if LARGEST <= value < 1:
        return f">{NO_BREAK}{number(1 - SMALLEST, language, 3)}"
    return f"={NO_BREAK}{number(value, language, 3)}"


def p_value_columns(frame: pd.DataFrame, language: Language) -> dict[str, tuple[list[Cell], Align]]:
    """Return the columns of p-values that results have, by their printed names.

    Parameters
    ----------
    frame : pandas.DataFrame
        Of `Estimates`; `p_value` and `p_adjusted` may stand after the measures.
    language : {"fr", "en"}
        Language of the reader.
    """
    named = [
        name
        for name in ("p_value", "p_adjusted")
        if name in frame.columns[list(frame.columns).index("flag") :]
    ]
    return {
        term(f"column.{name}", language): ([p_value_cell(each, language) for each in frame[name]], "right")
        for name in named
    }
