"""A dated parameter in words, for the assumptions of what leans on it: its name, amount, days, and what it is of."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from diplab.reference.spacing import NARROW
from diplab.reference.text import Text

if TYPE_CHECKING:
    from diplab.reference.parameter import Parameter

__all__ = ["figure_in_words", "parameter_in_words"]

_PER = {"hour": "heure", "day": "jour", "week": "semaine", "month": "mois", "year": "an", "task": "tâche"}


def figure_in_words(value: float) -> Text:
    """Return a number as each language prints it, with all of its digits.

    Examples
    --------
    >>> figure_in_words(1457.52).en, figure_in_words(0.5).fr
    ('1,457.52', '0,5')
    """
    english = f"{value:,.10f}".rstrip("0").rstrip(".") if 1e-10 <= abs(value) < 1e15 else f"{value:g}"
    return Text(english.replace(",", NARROW).replace(".", ","), english)


def parameter_in_words(each: Parameter) -> Text:
    """Return a dated parameter in words.

    Examples
    --------
    >>> from diplab.reference.parameter import parameter
    >>> parameter_in_words(parameter("minimum_wage_hourly_gross", 2018)).en
    'Hourly minimum wage, gross: 9.88 EUR an hour (2018)'
    >>> parameter_in_words(parameter("poverty_threshold_60", 2016)).fr[-22:]
    'EUR par mois (en 2016)'
    """
    number = figure_in_words(each.value)
    words = each.unit.replace(",", " ").split()
    if len(words) >= 3 and words[1] in ("a", "an") and words[2] in _PER:
        what, per = words[0], words[2]
        french = f"{what} par {_PER[per]}"
        english = f"{what} {words[1]} {per}"
    else:
        french = english = each.unit
    days = _days(each.since, each.until)
    return Text(
        f"{each.label.fr}\u00a0: {number.fr} {french} ({days.fr})",
        f"{each.label.en}: {number.en} {english} ({days.en})",
    )


def _days(since: datetime.date, until: datetime.date | None) -> Text:
    """Return the days in which a number holds: a year where it is one."""
    whole = (since.month, since.day) == (1, 1)
    if whole and until == datetime.date(since.year, 12, 31):
        return Text(f"en {since.year}", str(since.year))
    if until is None:
        return Text(f"depuis le {since:%d/%m/%Y}", f"since {since.isoformat()}")
    return Text(f"du {since:%d/%m/%Y} au {until:%d/%m/%Y}", f"{since.isoformat()} to {until.isoformat()}")
