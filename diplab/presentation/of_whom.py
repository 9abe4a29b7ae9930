"""Of whom a share is a share, in one sentence: on its narrow base, and of everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.presentation.number_form import form_of, known
from diplab.presentation.punctuation import words
from diplab.presentation.terms import term
from diplab.results.complement import Complement

if TYPE_CHECKING:
    import pandas as pd

    from diplab.reference.text import Language
    from diplab.results.estimates import Estimates

__all__ = ["bases_said"]

WIDE = ("everyone", "at_least", "at_most", "wide")
"""Rows of the widest base: a point, or two bounds."""

NARROWER = ("narrow", "permanent", "employees", "employed", "known")
"""Rows of a narrower one, that which is most often quoted first."""


def bases_said(estimates: Estimates, language: Language) -> str:
    """Return what one who quotes a share must say with it; nothing for results of one base.

    Examples
    --------
    >>> import diplab as dl
    >>> bases_said(dl.rebased(0.71, 0.40), "en")
    'The share depends on whom one counts: 71.0% of “the narrow base”, 28.4% to 88.4% of “the wide base”; quote it with its base.'
    """  # noqa: E501
    if not isinstance(estimates, Complement):
        return ""
    rows = {str(each): place for place, each in enumerate(estimates.frame["category"])}
    narrow = next((name for name in NARROWER if name in rows), None)
    wide = [name for name in WIDE if name in rows]
    if narrow is None or not wide:
        return ""
    left_out = f" {term('sentence.bases_known', language)}" if "at_least" in rows else ""
    if estimates.by:
        return term("sentence.of_whom_by_domain", language) + left_out
    said = {
        "narrow": _values(estimates, [rows[narrow]], language),
        "wide": _values(estimates, [rows[name] for name in wide], language),
        "narrow_base": words(estimates.bases[narrow], language),
        "wide_base": _everybody(estimates, wide[0], language),
    }
    sentence = term("sentence.of_whom", language)
    for name, value in said.items():
        sentence = sentence.replace(f"{{{name}}}", value)
    return sentence + left_out


def _everybody(estimates: Estimates, name: str, language: Language) -> str:
    assert isinstance(estimates, Complement)  # others have no bases
    base = words(estimates.bases[name], language)
    # that bounds are of all respondents is said by their two values
    return base.partition(" (")[0] if name == "at_least" else base


def _values(estimates: Estimates, places: list[int], language: Language) -> str:
    """Return a share, or its lowest and highest value."""
    frame = estimates.frame
    form = form_of(estimates.description_of("share"), frame, {})
    columns = ("estimate", "ci_low", "ci_high")
    found = [
        known(frame[name].iloc[place]) for place in places for name in columns[: 1 + 2 * _open(frame, place)]
    ]
    values = [each for each in found if each is not None]
    shown = list(dict.fromkeys(form.cell(each, language).text for each in (min(values), max(values))))
    return f" {term('word.to', language)} ".join(shown)


def _open(frame: pd.DataFrame, place: int) -> bool:
    """Return whether a row has bounds and no point."""
    return known(frame["estimate"].iloc[place]) is None
