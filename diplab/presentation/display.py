"""Results shown as tables in a notebook; importing this module registers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.presentation.comparisons import comparison_table
from diplab.presentation.tables import table
from diplab.results import comparison as compared
from diplab.results import estimates as results

if TYPE_CHECKING:
    from diplab.results.comparison import Comparison
    from diplab.results.estimates import Estimates

__all__ = ["as_html", "comparison_as_html"]


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


if as_html not in results._rich_display:
    results._rich_display.append(as_html)
if comparison_as_html not in compared._rich_display:
    compared._rich_display.append(comparison_as_html)
