"""Round numbers: how far answers gather on those that end in 0 or 5."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from diplab.microdata.quality.findings import Finding, Skipped
from diplab.microdata.quality.impossible import is_age
from diplab.microdata.quality.questions import whole_numbers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from diplab.microdata.microdata import Microdata

__all__ = ["heaping", "whipple"]

_FEWEST = 100
_FEWEST_DISTINCT = 20
_YOUNGEST, _OLDEST = 23, 62
_HEAPED = 0.4
_BY_CHANCE = 3.0
"""Standard errors above a fifth, from which a share of round ages is not one that few people give by chance."""


def heaping(data: Microdata) -> list[Finding | Skipped]:
    """Find columns of numbers in which people rounded.

    Ages are measured by Whipple's index (see `whipple`), and named from 125 on, which the United Nations call rough,
    where it is three standard errors above 100 too. Other whole numbers of a hundred answers at least, twenty of them
    distinct, are named where two in five end in 0 or 5; one in five do by chance. A zero is none of them: nothing is
    no rounded number.

    Returns
    -------
    list of Finding or Skipped
        `age` with `whipple`; `round_numbers` with `share`, that of answers ending in 0 or 5.
    """
    found: list[Finding | Skipped] = []
    looked = False
    for name in map(str, data.frame):
        values = whole_numbers(data, name)
        values = values[values != 0]
        if len(values) < _FEWEST or len(np.unique(values)) < _FEWEST_DISTINCT:
            continue
        looked = True
        if is_age(data, name):
            index = whipple(values)
            people = int(((values >= _YOUNGEST) & (values <= _OLDEST)).sum())
            if index >= 125 and index - 100 > _BY_CHANCE * 200 / np.sqrt(people):
                found.append(Finding("heaping", "age", (name,), 0, len(values), {"whipple": index}))
            continue
        round_ones = int((values % 5 == 0).sum())
        share = round_ones / len(values)
        if share >= _HEAPED:
            found.append(
                Finding("heaping", "round_numbers", (name,), round_ones, len(values), {"share": share})
            )
    return found if looked else [Skipped("heaping", "no_whole_numbers")]


def whipple(ages: NDArray[np.float64]) -> float:
    """Return Whipple's index: people aged 25, 30, ... 60 against a fifth of those aged 23 to 62, times 100.

    100 is no preference for round ages, 500 is nothing but round ages (Shryock and Siegel 1976). NaN where nobody is
    aged 23 to 62.

    Examples
    --------
    >>> whipple(np.arange(23.0, 63.0))
    100.0
    >>> whipple(np.array([30.0, 40.0, 41.0, 43.0]))
    250.0
    """
    within = ages[(ages >= _YOUNGEST) & (ages <= _OLDEST)]
    if not len(within):
        return float("nan")
    return 500.0 * float((within % 5 == 0).sum()) / len(within)
