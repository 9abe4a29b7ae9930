"""The coefficients of a regression in words: terms, with the categories of each under its name and its reference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from diplab.microdata.variable import code_from_text
from diplab.presentation.estimate_rows import Row, rows_in_words
from diplab.presentation.labels import variable_label
from diplab.presentation.punctuation import words
from diplab.presentation.terms import term, terms, wording
from diplab.presentation.value_labels import value_label

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook
    from diplab.reference.text import Language
    from diplab.results.regression import Regression

__all__ = ["CoefficientLine", "coefficient_lines", "is_of_coefficients", "model_said"]

COEFFICIENTS = ("coefficient", "cut", "odds_ratio", "rate_ratio")


@dataclass(frozen=True)
class CoefficientLine:
    """One coefficient in words.

    Parameters
    ----------
    outcome : str
        The answer that it is about, for a multinomial model; else empty.
    head : str
        What stands above it: a variable of categories with its reference; empty for a number.
    label : str
        The category, or the variable itself.
    row : Row
        Its numbers.
    place : int
        Its row in the result.
    constant : bool
        True for the constant and the cut points.
    """

    outcome: str
    head: str
    label: str
    row: Row
    place: int
    constant: bool


def is_of_coefficients(fit: Regression) -> bool:
    """Return whether the rows are those of a regression, and not contrasts between them."""
    of_outcome = fit.by in ((), (fit.outcome,))
    return of_outcome and bool(fit.frame["statistic"].isin(COEFFICIENTS).all())


def coefficient_lines(
    fit: Regression,
    language: Language,
    labels: Codebook,
    decimals: int | None = None,
    percent: bool | None = False,
) -> list[CoefficientLine]:
    """Return the coefficients of a regression in words, in its own order.

    Parameters
    ----------
    fit : Regression
        From `regress` or `effect_ratios`.
    language : {"fr", "en"}
        Language of the reader.
    labels : Codebook
        Labels of variables and answers.
    decimals : int, optional
        Digits after the decimal mark; by default chosen from the standard errors.
    percent : bool, optional
        As in `table`; coefficients are plain numbers.
    """
    rows = rows_in_words(fit, language, labels, percent, decimals)
    lines = []
    of_frame = fit.frame[["statistic", "variable", "category"]].itertuples(index=False, name=None)
    for place, ((statistic, variable, category), row) in enumerate(zip(of_frame, rows, strict=True)):
        cut = statistic == "cut"
        if cut:
            head, label = (
                term("regression.cuts", language),
                _cut(str(category), fit.outcome, labels, language),
            )
        elif category == "":
            head, label = "", _term_label(variable, labels, language)
        else:
            head = _head(fit, variable, labels, language)
            label = _categories(fit, variable, category, labels, language)
        outcome = row.by[0] if row.by else ""
        lines.append(CoefficientLine(outcome, head, label, row, place, cut or variable == "intercept"))
    return lines


def model_said(fit: Regression, language: Language) -> str:
    """Return the kind of a regression in words, with a capital.

    Examples
    --------
    >>> from diplab.results.regression import Regression
    >>> fit = Regression(None, None, None, family="binomial", link="logit")
    >>> model_said(fit, "fr")
    'Régression logistique'
    """
    key = f"rule.model={fit.family} {fit.link}"
    said = term(key, language) if key in terms() else f"{fit.family} {fit.link}"
    return said[:1].upper() + said[1:]


def reference_said(fit: Regression, variable: str, labels: Codebook, language: Language) -> str:
    """Return the reference of a variable in brackets; nothing where all its categories have a row."""
    if variable not in fit.references:
        return ""
    own = fit.frame.loc[fit.frame["variable"] == variable, "category"]
    reference = fit.references[variable]
    if any(each == reference for each in own):
        return ""
    category = value_label(variable, reference, labels, language)
    return words(f" ({terms()['regression.reference'].in_(language)})", language).replace(
        "{category}", category
    )


def _head(fit: Regression, variable: str, labels: Codebook, language: Language) -> str:
    name = _term_label(variable, labels, language)
    return f"{name}{reference_said(fit, variable, labels, language)}"


def _term_label(variable: str, labels: Codebook, language: Language) -> str:
    if variable == "intercept":
        said = wording("variable", variable, language)
        return said[:1].upper() + said[1:]
    if variable in labels:
        return variable_label(variable, labels, language)
    return " × ".join(variable_label(part, labels, language) for part in variable.split(":"))


def _categories(
    fit: Regression, variable: str, category: object, labels: Codebook, language: Language
) -> str:
    """Return the labels of the categories of a term; several where the term is a product of variables."""
    of_categories = [part for part in variable.split(":") if part in fit.references] or [variable]
    if len(of_categories) == 1:
        return value_label(of_categories[0], category, labels, language)
    parts = str(category).split(":")
    if len(parts) != len(of_categories):
        return str(category)
    return " × ".join(
        value_label(name, code_from_text(part), labels, language)
        for name, part in zip(of_categories, parts, strict=True)
    )


def _cut(category: str, outcome: str, labels: Codebook, language: Language) -> str:
    return " | ".join(
        value_label(outcome, code_from_text(part), labels, language) for part in category.split(" | ")
    )
