"""What harmonising pay assumed, in one line of the codebook, in French and in English."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.reference.parameter_words import figure_in_words
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from diplab.microdata.pay.conversions import Converted
    from diplab.microdata.pay.pay_words import RowWords

__all__ = ["said_of_work"]

_PERIODS = {
    "year": Text("par an", "a year"),
    "month": Text("par mois", "a month"),
    "fortnight": Text("par quinzaine", "a fortnight"),
    "week": Text("par semaine", "a week"),
    "day": Text("par jour", "a day"),
    "hour": Text("de l’heure", "an hour"),
    "task": Text("par tâche", "a task"),
}


def said_of_work(
    by: RowWords,
    given: Mapping[str, Any],
    tasks_per: str,
    kind: Converted,
    money: Converted,
    new: Mapping[str, Any],
    notes: list[Text],
    source: Text,
) -> Text:
    """Return the assumptions in words: source, period, year of 52 weeks, work, unit, currency, what is flagged."""
    parts = [
        source,
        _periods(by),
        Text("52 semaines et 12 mois par an", "52 weeks and 12 months a year"),
        *_work(given, tasks_per),
        *kind.said,
        *(money.said or (Text(money.into, money.into),)),
        *_found(new, notes),
    ]
    parts = [each for each in parts if each.en]
    names = ", ".join(new)
    french = "\u202f; ".join(each.fr for each in parts)
    return Text(f"{names}\u00a0: {french}", f"{names}: {'; '.join(each.en for each in parts)}")


def _work(given: Mapping[str, Any], tasks_per: str) -> list[Text]:
    """Return the hours, days, tasks and seconds that were given."""
    by_month = tasks_per == "month"
    of = {
        "hours": Text("heures par semaine", "hours a week"),
        "days": Text("jours par semaine", "days a week"),
        "tasks": Text(f"tâches par {'mois' if by_month else 'semaine'}", f"tasks a {tasks_per}"),
        "seconds_per_task": Text("secondes par tâche", "seconds a task"),
    }
    said = []
    for option, what in of.items():
        value = given[option]
        if value is not None:
            shown = Text.same(value) if isinstance(value, str) else figure_in_words(float(value))
            said.append(Text(f"{what.fr}\u00a0: {shown.fr}", f"{what.en}: {shown.en}"))
    return said


def _found(new: Mapping[str, Any], notes: list[Text]) -> list[Text]:
    """Return how many rows are without a value, and what is flagged."""
    said = []
    for name, values in new.items():
        lost = 0 if name.endswith("_flags") else int(np.isnan(np.asarray(values, dtype=float)).sum())
        if lost:
            said.append(Text(f"{name} sans valeur\u00a0: {lost}", f"{name} without a value: {lost}"))
    if not notes:
        return [*said, Text("rien de signalé", "nothing flagged")]
    french, english = ", ".join(each.fr for each in notes), ", ".join(each.en for each in notes)
    return [*said, Text(f"signalées et gardées – {french}", f"flagged and kept – {english}")]


def _periods(by: RowWords) -> Text:
    """Return the periods that rows are of, and the column that says it."""
    said = [_PERIODS[each] for each in by.used]
    french, english = ", ".join(each.fr for each in said), ", ".join(each.en for each in said)
    if by.column:
        return Text(f"période selon {by.column} ({french})", f"period by {by.column} ({english})")
    return Text(french, english)
