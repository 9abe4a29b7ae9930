"""What was not told of pay, in words, and the rows of which it was not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.microdata.answers import code_said
from diplab.microdata.carried_reasons import Cause
from diplab.microdata.variable import Variable
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from diplab.microdata.microdata import Microdata

__all__ = ["NOT_TOLD", "is_none", "refused_bands"]

NOT_TOLD = {
    "no_period": Text("période de la paie non dite", "period of the pay not told"),
    "no_unit": Text("brut ou net non dit", "gross or net not told"),
    "no_currency": Text("monnaie non dite", "currency not told"),
    "no_date": Text("date de la paie non dite", "date of the pay not told"),
    "no_work": Text("heures, jours ou tâches nuls ou non dits", "hours, days or tasks none or not told"),
}
"""Reasons by code."""


def is_none(words: Sequence[Any] | NDArray[Any]) -> NDArray[np.bool_]:
    """Return where nothing was told.

    Examples
    --------
    >>> is_none(["EUR", None]).tolist()
    [False, True]
    """
    return np.array([each is None for each in words], dtype=bool)


def refused_bands(data: Microdata, pay: str, bands: Mapping[Any, Any]) -> list[Cause]:
    """Return the answers that `bands` says to be no pay, each under its own code and wording."""
    told = data.frame[pay].map(
        lambda each: code_said(int(each) if _is_whole(each) else each), na_action="ignore"
    )
    labels = data.codebook.variables.get(pay, Variable(pay)).values
    said = {code_said(code): text for code, text in labels.items()}
    return [
        Cause(
            code,
            said.get(code_said(code), Text.same(code_said(code))),
            (told == code_said(code)).to_numpy(bool),
        )
        for code, band in bands.items()
        if band is None
    ]


def _is_whole(value: Any) -> bool:
    return isinstance(value, float) and value.is_integer()
