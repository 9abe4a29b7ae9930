"""Statistics that are told apart by a share of people, in words: the quantile of order 0.9, the best-paid 1%."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diplab.presentation.language import number, percent
from diplab.presentation.terms import term, terms

if TYPE_CHECKING:
    from diplab.reference.text import Language
    from diplab.results.statistic_description import StatisticDescription

__all__ = ["with_order"]


def with_order(
    description: StatisticDescription, statistic: str, shown: str, category: Any, language: Language
) -> tuple[str, Any]:
    """Return the name of a statistic with the share that its category is, and what is left of the category.

    Examples
    --------
    >>> import diplab as dl
    >>> with_order(dl.quantile("y", 0.9).description, "quantile", "Quantile", 0.9, "en")
    ('Quantile 0.9', '')
    >>> with_order(dl.top_share("y").description, "top_share", "Share", 0.01, "en")[0]
    'Share of earnings of the best-paid 1%'
    >>> with_order(dl.share("y").description, "share", "Share", 0.9, "en")
    ('Share', 0.9)
    """
    if description.category not in ("order", "top"):
        return shown, category
    rest = ""
    if isinstance(category, str) and ", " in category:
        # the order, then the options that tell it from another of the same order
        order, _, rest = category.partition(", ")
        category = float(order)
    if not isinstance(category, int | float):
        return shown, category
    digits = len(f"{category:g}".partition(".")[2])
    if description.category == "top":
        figure = percent(category, language, max(digits - 2, 0))
    else:
        figure = number(category, language, digits)
    if f"word.{statistic}" in terms():
        return term(f"word.{statistic}", language).replace("{value}", figure), rest
    return (f"{shown.removesuffix(')')} {figure})" if shown.endswith(")") else f"{shown} {figure}"), rest
