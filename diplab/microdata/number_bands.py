"""Numbers gathered in bands: 18 to 24, 25 to 34, 35 and over."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from diplab.errors import ColumnError, OptionError
from diplab.microdata.recode_rules import Recoded
from diplab.microdata.recoded_missing import missing_after
from diplab.microdata.variable import code_written
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from diplab.microdata.microdata import Microdata
    from diplab.microdata.variable import Code

__all__ = ["bands_of"]


def bands_of(data: Microdata, name: str, limits: Sequence[float], others: str, asked: str) -> Recoded:
    """Return the band of each number: 1 for the first, and so on; a limit belongs to the band that it begins.

    Numbers outside the limits are refused, or made missing under `others="missing"`.
    """
    import pandas as pd

    column = data.frame[name]
    if not pd.api.types.is_numeric_dtype(column) or column.dtype.kind == "b":
        raise ColumnError(
            asked,
            f"`{name}` holds no numbers to gather in bands.",
            "Write `rules` from its answers to new codes.",
        )
    ends = _checked(limits, others, asked)
    values = column.to_numpy(dtype=float, na_value=np.nan)
    there = ~np.isnan(values)
    band = np.searchsorted(ends, values, side="right")
    if math.isinf(ends[-1]):
        band[np.isposinf(values)] = len(ends) - 1  # what is open has no end
    inside = there & (band >= 1) & (band < len(ends))
    outside = there & ~inside
    if outside.any() and others == "fail":
        below, above = int((values[outside] < ends[0]).sum()), int((values[outside] >= ends[-1]).sum())
        raise OptionError(
            asked,
            f"{below} of its numbers are below {code_written(ends[0])}, and {above} are {code_written(ends[-1])} "
            "or more.",
            "Write wider limits (`-math.inf` and `math.inf` for open bands), or `others='missing'`.",
        )
    new = band.astype(object)
    new[~inside] = None
    missing, reasons = missing_after(data, name, inside, [], {}, ())
    known = values[np.isfinite(values)]
    labels = _labels(ends, whole=bool((known % 1 == 0).all()) and all(_whole(each) for each in ends))
    said = "; ".join(f"{label.en} → {code}" for code, label in labels.items())
    french = " ; ".join(f"{label.fr} → {code}" for code, label in labels.items())
    if outside.any():
        # without their number: a codebook with its steps is published
        said += "; outside → no answer"
        french += " ; en dehors → sans réponse"
    return Recoded(new, inside, missing, reasons, labels, "ordinal", Text(french, said), int(there.sum()))


def _checked(limits: Sequence[float], others: str, asked: str) -> NDArray[np.float64]:
    ends = np.asarray(list(limits), dtype=float)
    if len(ends) < 2 or np.isnan(ends).any() or not (np.diff(ends) > 0).all():
        raise OptionError(
            asked,
            f"The limits {list(limits)!r} do not increase, or are fewer than two.",
            "Write for example `bands=[18, 25, 35, 50]`.",
        )
    if others == "keep":
        raise OptionError(
            asked,
            "Numbers outside the bands were to be kept as they are, beside the codes of the bands.",
            "Write wider limits, or `others='missing'`.",
        )
    return ends


def _labels(ends: NDArray[np.float64], *, whole: bool) -> dict[Code, Text]:
    found: dict[Code, Text] = {}
    for code, (low, high) in enumerate(pairwise(ends.tolist()), start=1):
        if math.isinf(low) and math.isinf(high):
            found[code] = Text("tous", "all")
        elif math.isinf(low):
            found[code] = Text(f"moins de {_number(high, 'fr')}", f"under {_number(high, 'en')}")
        elif math.isinf(high):
            found[code] = Text(f"{_number(low, 'fr')} et plus", f"{_number(low, 'en')} and over")
        elif whole and high - low == 1:
            found[code] = Text(_number(low, "fr"), _number(low, "en"))
        elif whole:
            found[code] = Text(
                f"{_number(low, 'fr')}-{_number(high - 1, 'fr')}",
                f"{_number(low, 'en')}-{_number(high - 1, 'en')}",
            )
        else:
            found[code] = Text(
                f"{_number(low, 'fr')} à moins de {_number(high, 'fr')}",
                f"{_number(low, 'en')} to under {_number(high, 'en')}",
            )
    return found


def _number(value: float, language: str) -> str:
    written = code_written(value)
    return written.replace(".", ",") if language == "fr" else written


def _whole(value: float) -> bool:
    return math.isinf(value) or float(value).is_integer()
