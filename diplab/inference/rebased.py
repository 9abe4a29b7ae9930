"""A published share brought to a wider base: 71 of 100 holders of a permanent contract, as a share of all."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from diplab.errors import OptionError, one_of
from diplab.estimators.moments import share as share_statistic
from diplab.microdata.codebook import Codebook
from diplab.reference.text import NOTHING, Text
from diplab.results.estimates import COLUMNS, Complement
from diplab.results.provenance import STATUSES, Provenance

__all__ = ["rebased"]

_NARROW = Text("base étroite", "the narrow base")
_WIDE = Text("base large", "the wide base")


def rebased(
    share: float,
    base_share: float,
    *,
    never: float = 0.0,
    base: Text = _NARROW,
    wider: Text = _WIDE,
    source: Text = NOTHING,
    status: str = "derived",
) -> Complement:
    """Bring a share published on a narrow base to a wider one, with bounds for those outside of the narrow base.

    Parameters
    ----------
    share : float
        The share as published, of the narrow base (0.71 of those on a permanent contract).
    base_share : float
        The narrow base as a share of the wider one (0.40 of all respondents).
    never : float
        Share of the wider base, outside of the narrow one, of whom it is known that they are not counted (0.279 who are
        inactive).
    base, wider : Text
        Both bases in words.
    source : Text
        Where the numbers were read.
    status : str
        What stands behind them.

    Returns
    -------
    Complement
        Three rows: the share as published; of the wider base, those who are in the narrow one and counted,
        `share * base_share`; all who are counted, of whom only bounds are known, since others may be: from that product
        up to `share * base_share + (1 - base_share - never)` (Manski 1995). Published numbers have no standard error
        here.

    Raises
    ------
    OptionError
        Where one of the numbers is no share, or the parts are more than the whole.

    Examples
    --------
    >>> found = rebased(0.71, 0.40, never=0.279)
    >>> found.frame[["estimate", "ci_low", "ci_high"]].round(3).values.tolist()
    [[0.71, nan, nan], [0.284, nan, nan], [nan, 0.284, 0.605]]
    """
    _check(share, base_share, never, status)
    import pandas as pd

    inside = share * base_share
    rows: list[dict[str, Any]] = [dict.fromkeys(COLUMNS, math.nan) for _ in range(3)]
    for row, category in zip(rows, ("narrow", "both", "wide"), strict=True):
        row |= {"statistic": "share", "variable": "rebased", "category": category, "flag": ""}
    rows[0]["estimate"], rows[1]["estimate"] = share, inside
    # what rounding adds to the whole is no person
    highest = min(inside + max(1 - base_share - never, 0.0), 1.0)
    rows[2] |= {"ci_low": inside, "ci_high": highest, "flag": "bounds"}
    provenance = Provenance(base=Text("chaque ligne a son champ", "each row has a base of its own"), source=source,
                            status=status)  # fmt: skip
    return Complement(
        pd.DataFrame(rows, columns=list(COLUMNS)),
        np.full((3, 3), np.nan),
        provenance,
        codebook=_labelled(base, wider),
        descriptions={"share": share_statistic.description},
        bases={"narrow": base, "both": wider, "wide": wider},
    )


def _labelled(base: Text, wider: Text) -> Codebook:
    return Codebook().described(
        "rebased",
        label=Text("la même, d’un champ à l’autre", "the same, from base to base"),
        values={
            "narrow": base,
            "both": Text(
                f"{wider.fr} (dans le champ : {base.fr})", f"{wider.en} (inside the base: {base.en})"
            ),
            "wide": Text(
                f"{wider.fr} (avec ceux hors du champ)", f"{wider.en} (with those outside of the base)"
            ),
        },
    )


def _check(share: float, base_share: float, never: float, status: str) -> None:
    asked = f"A share of {share!r} on a base of {base_share!r} was to be brought to a wider base."
    for name, value in (("share", share), ("base_share", base_share), ("never", never)):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not 0 <= value <= 1:
            percent = number and 1 < value <= 100
            raise OptionError(
                asked,
                f"`{name}` is {value!r}, and shares lie between 0 and 1.",
                f"Write `{name}={value / 100:g}` for {value:g}%."
                if percent
                else f"Write for example `{name}=0.4`.",
            )
    if base_share + never > 1 + 1e-9:
        raise OptionError(
            asked,
            f"The base ({base_share:g}) and those never counted ({never:g}) are more than everybody.",
            "Write `never` as a share of the wider base, of people outside of the narrow one.",
        )
    if status not in STATUSES:
        raise one_of("`status`", status, STATUSES)
