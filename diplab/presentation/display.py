"""Results shown as tables in a notebook; importing this module registers them."""

from __future__ import annotations

from typing import Any

from diplab.presentation.tables import table
from diplab.results.rich_display import register

__all__ = ["as_html"]


def as_html(result: Any) -> str:
    """Return a result as the HTML table a notebook shows: in English, a published study rerun in its own language.

    Parameters
    ----------
    result : Estimates, Comparison, Crosstab, Banner, Test, Plan or Quality
        Anything that `table` takes.

    Returns
    -------
    str
        HTML, labels escaped.
    """
    return str(table(result, "en").as_raw_html())


register(as_html)
