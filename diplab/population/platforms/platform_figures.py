"""The small table of platforms behind a headcount: one figure a platform, with what stands behind it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import (
    BaseMissingError,
    ColumnError,
    EmptyDomainError,
    MisleadingError,
    OptionError,
    nearest,
    one_of,
)
from diplab.population.platforms.sources import Source
from diplab.population.sizes import weakest_status

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

__all__ = ["COUNTED", "MEASURES", "Figure", "measured", "read_figures"]

MEASURES = ("registered", "visitors", "active")
"""Measures of a platform, each circle around the next."""

COUNTED = {"registered": "registered accounts", "active": "active accounts"}
"""Measures as errors name them; the others by their own name."""

PERCENT = "; it looks like a percentage"
SHARES = "Write a number from 0 to 1, and leave it empty where the figures are of the country already."
ROWS = "Write one row a platform: `platform`, `{measure}`, `status`, `source`."


@dataclass(frozen=True)
class Figure:
    """What one platform counts of one measure, before its share in the country.

    Parameters
    ----------
    platform : str
        Its name.
    value : float
        Accounts or visitors, worldwide where `share` is known; NaN where it is not known.
    share : float
        Share of them in the country under study; 1 where the figure is of that country already.
    visitors : float
        Monthly visitors, on the same footing as `value`; NaN where they are not known.
    statuses, sources : tuple of str
        What stands behind the figure and behind its share.
    flag : str
        `imputed`, and `extrapolated` where its traffic is outside that of the fit.
    """

    platform: str
    value: float
    share: float
    visitors: float
    statuses: tuple[str, ...]
    sources: tuple[str, ...]
    flag: str = ""

    @property
    def accounts(self) -> float:
        """The figure of the country."""
        return self.value * self.share

    def imputed(self, value: float, flag: str) -> Figure:
        """Return the same platform with a figure reconstructed from its traffic."""
        return replace(self, value=value, statuses=(*self.statuses, "inferred"), flag=flag)


def measured(sources: pd.DataFrame | Sequence[Source], measure: str | None) -> str:
    """Return the column that is counted: as asked, otherwise `accounts` where the table has it."""
    columns = getattr(sources, "columns", None)
    if columns is None:
        if measure is not None:
            raise ColumnError(
                f"A headcount of `{measure}` was asked for from `Source` objects.",
                "They hold one number of accounts each, whatever it counts.",
                "Write a table with the columns `platform`, `registered`, `visitors`, `active`, `status`, `source`, or "
                "leave out `measure`.",
            )
        return "accounts"
    if measure is not None:
        if measure not in MEASURES:
            raise one_of("`measure`", measure, MEASURES)
        return measure
    return "registered" if "accounts" not in columns and "registered" in columns else "accounts"


def read_figures(sources: pd.DataFrame | Sequence[Source], measure: str) -> list[Figure]:
    """Return the figures of one measure; those not known are NaN."""
    table: Any = sources
    columns = getattr(sources, "columns", None)
    if columns is None:
        table = _objects(sources)
        figures = [
            Figure(each.platform, each.accounts, 1.0, math.nan, (each.status,), (each.source,))
            for each in table
        ]
    else:
        absent = [name for name in ("platform", measure, "status", "source") if name not in columns]
        if absent:
            raise ColumnError(
                asked="A headcount was asked for from a table.",
                found=f"It has no column `{absent[0]}`; the nearest is {nearest(absent[0], columns, 1)}.",
                write=ROWS.format(measure=measure),
            )
        figures = [_figure(row, measure) for row in table.to_dict("records")]
    if not figures:
        raise EmptyDomainError(
            asked="A headcount was asked for.",
            found="No platform was given.",
            write=ROWS.format(measure=measure),
        )
    _refuse_twice([figure.platform for figure in figures])
    return figures


def _refuse_twice(names: list[str]) -> None:
    """Refuse a platform given twice, in other capitals or with other blanks too."""
    plain = [" ".join(name.split()).casefold() for name in names]
    twice = [name for name, each in zip(names, plain, strict=True) if plain.count(each) > 1]
    if twice:
        times = plain.count(" ".join(twice[0].split()).casefold())
        raise MisleadingError(
            f"{len(names)} platforms were given.",
            f"`{twice[0]}` stands there {times} times, so its accounts would be counted twice.",
            "Write each platform once.",
        )


def _objects(sources: Any) -> list[Source]:
    given = (
        list(sources) if hasattr(sources, "__iter__") and not isinstance(sources, str | bytes) else [sources]
    )
    for each in given:
        if not isinstance(each, Source):
            raise OptionError(
                f"A headcount was asked for from a {type(each).__name__}.",
                "It is no table of platforms, and holds no `Source`.",
                "Write one row a platform: `platform`, `accounts`, `status`, `source`.",
            )
    return given


def _figure(row: dict[str, Any], measure: str) -> Figure:
    platform = _named(row["platform"])
    value = _number(row[measure], platform, measure)
    if measure == "accounts":
        # the form of `Source`, which asks for its number
        Source(platform, value, _said(row, measure, "status"), _said(row, measure, "source"))
    visitors = _number(row.get("visitors", math.nan), platform, "visitors")
    taken = measure if math.isfinite(value) or "visitors" not in row else "visitors"
    statuses, documents = [_said(row, taken, "status")], [_said(row, taken, "source")]
    share = _share(row.get("share", math.nan), platform)
    if math.isnan(share):
        share = 1.0
    else:
        statuses += ["derived", _said(row, "share", "status")]
        documents.append(_said(row, "share", "source"))
    weakest_status(statuses)
    if not documents[0].strip():
        raise BaseMissingError(
            f"The {COUNTED.get(taken, taken)} of `{platform}` were given as {row[taken]}.",
            "They have no source, so nobody can check them.",
            "Write the document they were read in.",
        )
    return Figure(platform, value, share, visitors, tuple(statuses), tuple(documents))


def _said(row: dict[str, Any], measure: str, what: str) -> str:
    """Return the status or source of one figure: its own column (`visitors_status`) where it says something."""
    own = row.get(f"{measure}_{what}")
    said = own if isinstance(own, str) and own.strip() else row[what]
    return said if isinstance(said, str) else ""


def _named(value: object) -> str:
    # an empty cell of a table is NaN
    if value is None or str(value).strip() in ("", "nan", "<NA>"):
        raise BaseMissingError(
            "A headcount was asked for from a table.",
            "One of its rows has no `platform`, so nobody can tell whose accounts these are.",
            "Write the name of each platform.",
        )
    return str(value)


def _share(value: object, platform: str) -> float:
    found = _read(value)
    if not math.isnan(found) and not 0 <= found <= 1:
        percent = 1 < found <= 100
        raise MisleadingError(
            f"The share of `{platform}` in the country was given as {found:g}."
            if found >= 0
            else f"The share of `{platform}` in the country was given as {value}.",
            f"It is a share of the accounts of the platform, from 0 to 1{PERCENT if percent else ''}.",
            f"Write {found / 100:g}." if percent else SHARES,
        )
    return found


def _read(value: object) -> float:
    """Return a number, NaN for an empty cell and -1 for what is none."""
    if value is None or str(value) == "<NA>":
        return math.nan
    if isinstance(value, bool | np.bool_):
        return -1.0
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return -1.0


def _number(value: object, platform: str, what: str) -> float:
    found = _read(value)
    if found < 0 or math.isinf(found):
        raise MisleadingError(
            f"The {COUNTED.get(what, what)} of `{platform}` were given as {value}.",
            "That is no number of accounts, and a platform left out makes the count too small.",
            "Write a number, zero or more, and leave it empty where it is not known.",
        )
    return found
