"""The small table of platforms behind a headcount: one figure a platform, with what stands behind it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.checks import is_number
from diplab.errors import (
    BaseMissingError,
    ColumnError,
    EmptyDomainError,
    MisleadingError,
    OptionError,
    nearest,
    one_of,
)
from diplab.population.kernel.platforms import TrafficFit, draw_accounts, fit_traffic, predict_accounts
from diplab.population.sizes import weakest_status

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["COUNTED", "MEASURES", "Counted", "Figure", "Source", "counted", "measured", "read_figures"]

MEASURES = ("registered", "visitors", "active")
"""Measures of a platform, each circle around the next."""

COUNTED = {"registered": "registered accounts", "active": "active accounts"}
"""Measures as errors name them; the others by their own name."""

PERCENT = "; it looks like a percentage"
SHARES = "Write a number from 0 to 1, and leave it empty where the figures are of the country already."
ROWS = "Write one row a platform: `platform`, `{measure}`, `status`, `source`."


@dataclass(frozen=True)
class Figure:
    """What one platform counts of one measure, before its share in the country."""

    platform: str  # its name
    value: float  # accounts or visitors, worldwide where `share` is known; NaN where it is not known
    share: float  # share of them in the country under study; 1 where the figure is of that country already
    visitors: float  # monthly visitors, on the same footing as `value`; NaN where they are not known
    # what stands behind the figure and behind its share
    statuses: tuple[str, ...]
    sources: tuple[str, ...]
    flag: str = ""  # `imputed`, and `extrapolated` where its traffic is outside that of the fit

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


@dataclass(frozen=True)
class Source:
    """The accounts one platform reports.

    Parameters
    ----------
    platform : str
        Name of the platform.
    accounts : float
        Accounts in the country, on the same footing on each platform (registered, or active each month).
    status : str
        What stands behind the number (one of `diplab.results.provenance.STATUSES`).
    source : str
        The document it was read in.

    Raises
    ------
    BaseMissingError
        Where the platform has no name, or the source is empty.
    OptionError
        Where the status is unknown.
    MisleadingError
        Where the number is no number, missing or negative: a platform left out makes the count too small unseen.
    """

    platform: str
    accounts: float
    status: str
    source: str

    def __post_init__(self) -> None:
        weakest_status([self.status])
        if not str(self.platform or "").strip():
            raise BaseMissingError(
                asked=f"Accounts were given for a platform named {self.platform!r}.",
                found="Nobody can tell which platform that is.",
                write="Write its name.",
            )
        if not is_number(self.accounts) or not math.isfinite(self.accounts) or self.accounts < 0:
            raise MisleadingError(
                asked=f"The accounts of `{self.platform}` were given as {self.accounts}.",
                found="That is no number of accounts, and a platform left out makes the count too small.",
                write="Write its accounts, or leave the platform out and say so.",
            )
        if not str(self.source or "").strip():
            raise BaseMissingError(
                asked=f"The accounts of `{self.platform}` were given as {self.accounts:g}.",
                found="They have no source, so nobody can check them.",
                write="Write the document they were read in.",
            )


FEWEST = 4
"""With three platforms one degree of freedom is left, and its interval says nothing."""


@dataclass(frozen=True, eq=False)
class Counted:
    """Accounts of each platform in the country, those imputed with their error."""

    figures: list[Figure]  # one a platform, none of them missing
    covariance: NDArray[np.float64]  # of errors of prediction; zero where the figure was given
    drawn: NDArray[np.float64] | None  # draws of what each may truly have; None where nothing was imputed
    fit: TrafficFit | None  # the line behind what was imputed

    @property
    def accounts(self) -> NDArray[np.float64]:
        """Accounts of each platform in the country."""
        return np.array([figure.accounts for figure in self.figures])

    @property
    def flag(self) -> str:
        """What a reader must know of the total."""
        said = [each for figure in self.figures for each in figure.flag.split(", ") if each]
        return ", ".join(dict.fromkeys(sorted(said, reverse=True)))

    @property
    def rules(self) -> dict[str, str]:
        """How missing figures were reconstructed; nothing where none was."""
        if self.fit is None:
            return {}
        return {
            "imputed": str(sum("imputed" in figure.flag for figure in self.figures)),
            "traffic_platforms": str(self.fit.df + 2),
            "elasticity": f"{self.fit.coefficients[1]:.4g}",
            "residual": f"{self.fit.residual:.4g}",
        }


def counted(
    figures: list[Figure], measure: str, traffic: pd.DataFrame | str | None, draws: int, seed: int
) -> Counted:
    """Return the figures of one measure, missing registrations imputed from traffic."""
    gone = [place for place, figure in enumerate(figures) if math.isnan(figure.value)]
    size = len(figures)
    if not gone:
        return Counted(figures, np.zeros((size, size)), None, None)
    _refuse_missing(figures, gone, measure, traffic)
    fit = _fit(*_both(figures, traffic))
    visitors = np.array([figures[place].visitors for place in gone])
    shares = np.array([figures[place].share for place in gone])
    found = predict_accounts(fit, visitors)
    if not bool(np.all(found.mean > 0)):
        raise MisleadingError(
            f"The registrations of `{figures[gone[0]].platform}` were asked for from its traffic.",
            f"Its {visitors[0]:,.0f} visitors are too far from the {fit.lowest:,.0f} to {fit.highest:,.0f} of the fit.",
            "Write platforms of that size in `traffic`, or leave the platform out and say so.",
        )
    complete = list(figures)
    for place, value, seen in zip(gone, found.mean, visitors, strict=True):
        outside = not fit.lowest <= seen <= fit.highest
        complete[place] = figures[place].imputed(
            float(value), "imputed, extrapolated" if outside else "imputed"
        )
    covariance = np.zeros((size, size))
    covariance[np.ix_(gone, gone)] = found.covariance * np.outer(shares, shares)
    drawn = np.tile([figure.accounts for figure in complete], (draws, 1))
    drawn[:, gone] = draw_accounts(fit, visitors, draws, seed) * shares
    return Counted(complete, covariance, drawn, fit)


def _refuse_missing(figures: list[Figure], gone: list[int], measure: str, traffic: Any) -> None:
    name = figures[gone[0]].platform
    asked = f"The {COUNTED.get(measure, measure)} of `{name}` were left empty."
    if measure != "registered":
        raise MisleadingError(
            asked,
            "Only registrations are imputed from traffic, and a platform left out makes the count too small.",
            "Write the number, or leave the platform out and say so.",
        )
    if traffic is None:
        raise MisleadingError(
            asked,
            "A platform left out makes the count too small.",
            "Write `traffic='visitors'` to impute it from the platforms that have both, a table of such platforms as "
            "`traffic=`, or leave the platform out and say so.",
        )
    untold = [figures[place].platform for place in gone if not figures[place].visitors > 0]
    if untold:
        raise MisleadingError(
            f"The registrations of `{untold[0]}` were asked for from its traffic.",
            "It has no positive number of visitors.",
            "Write its monthly visitors, or leave the platform out and say so.",
        )


def _both(figures: list[Figure], traffic: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return registrations and visitors of the platforms that have both."""
    if traffic is None or isinstance(traffic, str):
        if traffic not in (None, "visitors"):
            raise ColumnError(
                f"`traffic` was given as {traffic!r}.",
                "The traffic of the table of platforms stands in its column `visitors`.",
                "Write `traffic='visitors'`, or a table of platforms with `registered` and `visitors`.",
            )
        pairs = np.array([(figure.value, figure.visitors) for figure in figures])
    else:
        columns = list(getattr(traffic, "columns", ()))
        absent = [name for name in ("registered", "visitors") if name not in columns]
        if absent:
            raise ColumnError(
                "Registrations were asked for from a table of traffic.",
                f"It has no column `{absent[0]}`; the nearest is {nearest(absent[0], columns, 1)}.",
                "Write one row a platform: `registered`, `visitors`.",
            )
        pairs = _as_numbers(traffic)
    known = pairs[np.isfinite(pairs).all(axis=1) & (pairs > 0).all(axis=1)]
    return known[:, 0], known[:, 1]


def _as_numbers(traffic: Any) -> NDArray[np.float64]:
    try:
        return np.asarray(traffic[["registered", "visitors"]].to_numpy(dtype=np.float64))
    except (TypeError, ValueError):
        raise MisleadingError(
            "Registrations were asked for from a table of traffic.",
            "It holds words where numbers are needed.",
            "Write numbers in `registered` and `visitors`.",
        ) from None


def _fit(registered: NDArray[np.float64], visitors: NDArray[np.float64]) -> TrafficFit:
    asked = "Registrations were asked for from traffic."
    if len(registered) < FEWEST:
        raise MisleadingError(
            asked,
            f"{len(registered)} platforms have both figures, and a line with its error needs {FEWEST}.",
            "Write more platforms with both in `traffic`, or leave out the platforms that publish nothing and say so.",
        )
    if np.ptp(np.log(visitors)) < 1e-9:
        raise MisleadingError(
            asked,
            f"All {len(visitors)} platforms with both figures have the same traffic, so it tells nothing.",
            "Write platforms of different sizes in `traffic`.",
        )
    fit = fit_traffic(registered, visitors)
    if not fit.coefficients[1] > 0:
        raise MisleadingError(
            asked,
            f"Among the {len(registered)} platforms with both, those with more visitors have no more accounts "
            f"(slope {fit.coefficients[1]:.3g}).",
            "Write figures that count the same thing, or leave out the platforms that publish nothing and say so.",
        )
    return fit
