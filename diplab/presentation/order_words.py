"""Statistics that are told apart by a share of people, in words: the quantile of order 0.9, the best-paid 1%."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diplab.presentation.language import number, percent
from diplab.presentation.terms import term

if TYPE_CHECKING:
    from diplab.reference.text import Language

__all__ = ["with_order"]


def with_order(statistic: str, shown: str, category: Any, language: Language) -> tuple[str, Any]:
    """Return the name of a statistic with the share that its category is, and what is left of the category.

    Examples
    --------
    >>> with_order("quantile", "Quantile", 0.9, "en")
    ('Quantile 0.9', '')
    >>> with_order("top_share", "Share", 0.01, "en")[0]
    'Share of earnings of the best-paid 1%'
    >>> with_order("share", "Share", 0.9, "en")
    ('Share', 0.9)
    """
    if statistic == "fgt" and isinstance(category, str) and ", " in category:
        # the order, then the options that tell it from another of the same order
        order, _, rest = category.partition(", ")
        return with_order(statistic, shown, float(order), language)[0], rest
    if not isinstance(category, int | float):
        return shown, category
    digits = len(f"{category:g}".partition(".")[2])
    if statistic in ("quantile", "fgt"):
        return term(f"word.{statistic}", language).replace("{value}", number(category, language, digits)), ""
    if statistic == "hourly_pay_of_people_quantile":
        return f"{shown.removesuffix(')')} {number(category, language, digits)})", ""
    if statistic == "top_share":
        top = percent(category, language, max(digits - 2, 0))
        return term("word.top_share", language).replace("{value}", top), ""
    return shown, category
