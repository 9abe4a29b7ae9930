"""A test as one line, as articles print it: t(13) = 1.45, p = 0.172."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from diplab.presentation.language import number
from diplab.presentation.number_form import known
from diplab.presentation.p_values import p_value_said
from diplab.presentation.punctuation import NARROW, NO_BREAK
from diplab.presentation.terms import term

if TYPE_CHECKING:
    from diplab.reference.text import Language
    from diplab.results.test import Test

__all__ = ["degrees_of_freedom_said", "law_of", "sentence_of"]

BY_STUDENT = ("t", "wilcoxon", "van_der_waerden", "median")
"""Tests with one number of degrees of freedom that follow Student's law; the others follow a chi2."""


def sentence_of(test: Test, language: Language) -> str:
    r"""Return a test as one line: its law with its degrees of freedom, its value and its p-value.

    Parameters
    ----------
    test : Test
        The test.
    language : {"fr", "en"}
        Language of the reader.

    Returns
    -------
    str
        `t(13) = 1.45, p = 0.172`; in French `t(13) = 1,45 ; p = 0,172`. A p-value under a thousandth is said so.

    Examples
    --------
    >>> from diplab.results.test import Test
    >>> said = sentence_of(Test("t", 1.445, (13.0,), 0.172, "mean of api00 equal over awards"), "en")
    >>> said.replace("\u00a0", " ")
    't(13) = 1.45, p = 0.172'
    >>> said = sentence_of(Test("wald", 79.99, (2.0, 193.0), 1e-20, "all 2 rows are 0"), "fr")
    >>> said.replace("\u00a0", " ").replace("\u202f", " ")
    'F(2 ; 193) = 79,99 ; p < 0,001'
    """
    if known(test.statistic) is None or known(test.p_value) is None:
        return term("test.undefined", language)
    law = law_of(test)
    df = "" if law == "z" else f"({degrees_of_freedom_said(test, language)})"
    between = f"{NARROW}; " if language == "fr" else ", "
    value = number(test.statistic, language, 2)
    p_value = p_value_said(test.p_value, language)
    return f"{law}{df}{NO_BREAK}={NO_BREAK}{value}{between}p{NO_BREAK}{p_value}"


def law_of(test: Test) -> str:
    """Return the letter of the law that a statistic follows under the hypothesis: t, z, F or χ².

    Examples
    --------
    >>> from diplab.results.test import Test
    >>> law_of(Test("t", 2.0, (float("inf"),), 0.05, "")), law_of(Test("rao_scott_chi2", 6.0, (2.0,), 0.05, ""))
    ('z', 'χ²')
    """
    if len(test.df) == 2:
        return "F"
    if test.name not in BY_STUDENT:
        return "χ²"
    return "z" if math.isinf(test.df[0]) else "t"


def degrees_of_freedom_said(test: Test, language: Language) -> str:
    r"""Return the degrees of freedom of a test as printed, whole numbers without decimals.

    Examples
    --------
    >>> from diplab.results.test import Test
    >>> degrees_of_freedom_said(Test("rao_scott_f", 5.19, (1.4946, 2092.6), 0.02, ""), "en").replace("\u00a0", " ")
    '1.49, 2092.60'
    """
    between = f"{NARROW};{NO_BREAK}" if language == "fr" else f",{NO_BREAK}"
    return between.join(_degrees(each, language) for each in test.df)


def _degrees(df: float, language: Language) -> str:
    # what rounding adds to a whole number is no fraction of it
    whole = not math.isfinite(df) or math.isclose(df, round(df), rel_tol=1e-9)
    shown = number(df, language, 0 if whole else 2)
    # a comma stands between the two numbers already
    return shown.replace(",", "") if language == "en" else shown
