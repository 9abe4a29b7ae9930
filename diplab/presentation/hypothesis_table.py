"""A test for print: what was compared, its interval, the statistic with its degrees of freedom and its p-value."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from diplab.presentation.conventions import conventions
from diplab.presentation.detail import detail_of
from diplab.presentation.estimate_columns import confidence_head
from diplab.presentation.hypothesis import hypothesis_in_words, sides
from diplab.presentation.labels import labels_over
from diplab.presentation.language import number
from diplab.presentation.number_form import NumberForm, form_of, known
from diplab.presentation.p_values import p_value_cell
from diplab.presentation.punctuation import colon, words
from diplab.presentation.sentence import degrees_of_freedom_said, law_of
from diplab.presentation.sheet import Cell, Sheet
from diplab.presentation.tables import dressed
from diplab.presentation.terms import term, wording
from diplab.results.statistic_description import AMOUNT

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook
    from diplab.presentation.notes import Notes
    from diplab.presentation.sheet import Align, PrintedTable
    from diplab.reference.text import Language, Text
    from diplab.results.provenance import Provenance
    from diplab.results.test import Test

__all__ = ["hypothesis_table"]

_ORDER = ("mean", "mean_first", "mean_second", "difference")
_INTERVAL = ("ci_low", "ci_high")
OF_RANKS = {
    "wilcoxon": "rank_difference",
    "van_der_waerden": "score_difference",
    "median": "share_difference",
}
"""Of what a difference is, in the tests that do not compare the means themselves."""
_OF_ESTIMATES = ("interval", "shares", "p_adjust", "p_adjusted")
"""Rules of the estimates that a test was made beside, which are not its own."""


def hypothesis_table(
    test: Test,
    language: Language,
    title: Text | str | None = None,
    labels: Codebook | None = None,
    notes: Notes | None = None,
    decimals: int | None = None,
) -> PrintedTable:
    r"""Return a test as a table of one row, its hypothesis above.

    Parameters
    ----------
    test : Test
        The test.
    language : {"fr", "en"}
        Language of the reader.
    title, labels, notes, decimals
        As in `table`, with the labels of the test unless told. A title of one's own sends the hypothesis below the
        table.

    Examples
    --------
    >>> from diplab.results.test import Test
    >>> shown = hypothesis_table(Test("t", 1.445, (13.0,), 0.172, "mean of pay equal to 0"), "fr")
    >>> shown.sheet.title.replace("\u00a0", " ")
    'Test t : moyenne de « pay » égale à 0'
    >>> shown.sheet.header
    ('t', 'Degrés de liberté', 'Valeur p')
    >>> [cell.text for cell in shown.sheet.rows[0]]
    ['1,45', '13', '0,172']
    """
    labels = labels_over(labels, test.codebook)
    hypothesis = hypothesis_in_words(test.hypothesis, language, labels)
    columns = _columns(test, language, labels, decimals)
    align: list[Align] = ["right" for _ in columns]
    below = conventions(_shown_provenance(test), language, notes, (), labels)
    if title is not None:
        below = ((term("note.hypothesis", language), hypothesis), *below)
    name = wording("test", test.name, language)
    return dressed(
        Sheet(
            title=f"{name}{colon(language)}{hypothesis}" if title is None else words(title, language),
            subtitle=words(notes.unit, language) if notes else "",
            header=tuple(columns),
            rows=(tuple(columns.values()),),
            align=tuple(align),
            notes=below,
            language=language,
            detail=detail_of(_detail(test)),
        )
    )


def _shown_provenance(test: Test) -> Provenance:
    idle = _OF_ESTIMATES if "ci_low" in test.estimates else (*_OF_ESTIMATES, "confidence")
    rules = {name: value for name, value in test.provenance.rules.items() if name not in idle}
    return replace(test.provenance, rules=rules)


def _columns(test: Test, language: Language, labels: Codebook, decimals: int | None) -> dict[str, Cell]:
    columns = _estimates(test, language, labels, decimals)
    value = known(test.statistic)
    df_form = "#,##0.##" if len(test.df) == 1 else "General"
    columns[law_of(test)] = Cell(number(value, language, 2), value, "#,##0.00")
    columns[term("column.df", language)] = Cell(
        degrees_of_freedom_said(test, language), known(test.df[0]) if len(test.df) == 1 else None, df_form
    )
    columns[term("column.p_value", language)] = p_value_cell(test.p_value, language)
    if test.n:
        columns[term("column.n", language)] = Cell(number(test.n, language), test.n, "#,##0")
    return columns


def _estimates(test: Test, language: Language, labels: Codebook, decimals: int | None) -> dict[str, Cell]:
    """Return the numbers that belong to a test, by their printed names."""
    first = {name: test.estimates[name] for name in _ORDER if name in test.estimates}
    numbers = {**first, **test.estimates}
    form = _form(test, decimals)
    names = _names(test, language, labels)
    columns: dict[str, Cell] = {}
    for name, value in numbers.items():
        if name == "ci_low":
            head = confidence_head(test.provenance, language)
            columns[head] = form.between(value, numbers.get("ci_high", float("nan")), language)
        elif name not in _INTERVAL and not (name == "std_error" and "ci_low" in numbers):
            own = form if name in names or name == "std_error" else NumberForm("number", 2)
            head = names.get(name) or wording("estimate", name, language)
            columns[head] = own.cell(known(value), language)
    return columns


def _names(test: Test, language: Language, labels: Codebook) -> dict[str, str]:
    """Return the printed names of what is compared: the mean of each group bears the label of the group."""
    difference = OF_RANKS.get(test.name, "difference")
    names = {"mean": term("estimate.mean", language), "difference": term(f"estimate.{difference}", language)}
    both = sides(test.hypothesis, language, labels)
    for name, label in zip(("mean_first", "mean_second"), both or (), strict=False):
        names[name] = f"{term('estimate.mean', language)}{colon(language)}{label}"
    return names


def _form(test: Test, decimals: int | None) -> NumberForm:
    if decimals is not None:
        return NumberForm("number", decimals)
    sizes = [test.estimates[name] for name in ("mean", "difference") if name in test.estimates]
    error = test.estimates.get("std_error", float("nan"))
    return form_of(AMOUNT, pd.DataFrame({"estimate": sizes[:1], "std_error": [error][: len(sizes)]}), {})


def _detail(test: Test) -> pd.DataFrame:
    df = (
        {f"df_{place}": each for place, each in enumerate(test.df, 1)}
        if len(test.df) > 1
        else {"df": test.df[0]}
    )
    return pd.DataFrame(
        [
            {
                "test": test.name,
                "hypothesis": test.hypothesis,
                **test.estimates,
                "statistic": test.statistic,
                **df,
                "p_value": test.p_value,
                "n": test.n,
            }
        ]
    )
