"""Results shown as tables in a notebook; importing this module registers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.presentation.comparisons import comparison_table
from diplab.presentation.tables import table
from diplab.results import comparison as compared
from diplab.results import crosstab as crossed
from diplab.results import estimates as results
from diplab.results import plan as planned
from diplab.results import test as tested

if TYPE_CHECKING:
    from diplab.results.comparison import Comparison
    from diplab.results.crosstab import Banner, Crosstab
    from diplab.results.estimates import Estimates
    from diplab.results.plan import Plan
    from diplab.results.test import Test

__all__ = ["as_html", "comparison_as_html", "crosstab_as_html", "plan_as_html", "test_as_html"]


def as_html(estimates: Estimates) -> str:
    """Return estimates as the HTML table a notebook shows, in English.

    Parameters
    ----------
    estimates : Estimates
        The numbers.

    Returns
    -------
    str
        HTML, labels escaped.
    """
    return str(table(estimates, "en").as_raw_html())


def comparison_as_html(comparison: Comparison) -> str:
    """Return a comparison as the HTML table a notebook shows, in its own language.

    Parameters
    ----------
    comparison : Comparison
        What was published, rerun.

    Returns
    -------
    str
        HTML, labels escaped.
    """
    return str(comparison_table(comparison).as_raw_html())


def crosstab_as_html(crosstab: Crosstab | Banner) -> str:
    """Return a crosstab, or several side by side, as the HTML table a notebook shows, in English.

    Parameters
    ----------
    crosstab : Crosstab or Banner
        The tables.

    Returns
    -------
    str
        HTML, labels escaped.
    """
    return str(table(crosstab, "en").as_raw_html())


def test_as_html(test: Test) -> str:
    """Return a test as the HTML table a notebook shows, in English.

    Parameters
    ----------
    test : Test
        The test.

    Returns
    -------
    str
        HTML, labels escaped.
    """
    return str(table(test, "en").as_raw_html())


def plan_as_html(plan: Plan) -> str:
    """Return a plan as the HTML table a notebook shows, in English.

    Parameters
    ----------
    plan : Plan
        The plan.

    Returns
    -------
    str
        HTML.
    """
    return str(table(plan, "en").as_raw_html())


if as_html not in results._rich_display:
    results._rich_display.append(as_html)
if comparison_as_html not in compared._rich_display:
    compared._rich_display.append(comparison_as_html)
if crosstab_as_html not in crossed._rich_display:
    crossed._rich_display.append(crosstab_as_html)
if test_as_html not in tested._rich_display:
    tested._rich_display.append(test_as_html)
if plan_as_html not in planned._rich_display:
    planned._rich_display.append(plan_as_html)
