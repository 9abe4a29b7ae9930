"""Estimates shown as a table in a notebook; importing this module registers it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.presentation.tables import table
from diplab.results import estimates as results

if TYPE_CHECKING:
    from diplab.results.estimates import Estimates

__all__ = ["as_html"]


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


if as_html not in results._rich_display:
    results._rich_display.append(as_html)
