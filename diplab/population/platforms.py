"""Figures of platforms, as given or imputed from traffic, with their status and source."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from diplab.checks import argument, check_left_out, check_one_of, is_number
from diplab.errors import (
    BaseMissingError,
    ColumnError,
    EmptyDomainError,
    MisleadingError,
    OptionError,
)
from diplab.kernel.arrays import Floats
from diplab.population.kernel.networks import (
    TrafficFit,
    draw_accounts,
    fit_traffic,
    predict_accounts,
)
from diplab.population.tables import check_columns
from diplab.results.estimates import Flags, weakest_status

Measure = Literal["registered", "visitors", "active"]
MEASURES: tuple[str, ...] = get_args(Measure)  # measures of a platform, each around the next
COUNTED = {"registered": "registered accounts", "active": "active accounts"}
"""Measures in the words of errors, where they differ."""
ROW_OF_TRAFFIC = "Write one row per platform: `registered`, `visitors`."
ROWS = "Write one row per platform: `platform`, `{measure}`, `status`, `source`."


@dataclass(frozen=True)
class PlatformFigure:
    """One measure of one platform, before its share in the country."""

    platform: str
    # accounts or visitors, worldwide where `share` is known; NaN where it is not known
    value: float
    # share of them in the country under study; 1 where the figure is of that country already
    share: float
    # monthly visitors, on the same footing as `value`; NaN where they are not known
    visitors: float
    # of the figure and of its share
    statuses: tuple[str, ...]
    sources: tuple[str, ...]
    flags: Flags = ()  # `imputed`, and `extrapolated` where its traffic is outside that of the fit

    @property
    def accounts(self) -> float:
        """Accounts in the country."""
        return self.value * self.share


def measure_column(sources: pd.DataFrame | Sequence[Source], measure: str | None) -> str:
    """Return the column of the measure, by default `accounts` where the table has it."""
    columns = getattr(sources, "columns", None)
    if columns is None:
        why = "They have one number of accounts each, whatever it counts; a table has a column for "
        why += "each measure."
        check_left_out("`Source` objects", why, measure=measure)
        return "accounts"
    if measure is not None:
        return check_one_of("measure", measure, Measure)
    return "registered" if "accounts" not in columns and "registered" in columns else "accounts"


def read_figures(sources: Any, measure: str) -> list[PlatformFigure]:
    """Return the figures of one measure, NaN where missing."""
    if getattr(sources, "columns", None) is None:
        figures = [
            PlatformFigure(
                source.platform, source.accounts, 1.0, math.nan, (source.status,), (source.source,)
            )
            for source in _check_sources(sources)
        ]
    else:
        needed = ("platform", measure, "status", "source")
        check_columns("`sources`", sources.columns, needed, ROWS.format(measure=measure))
        figures = [_figure(row, measure) for row in sources.to_dict("records")]
    if not figures:
        raise EmptyDomainError("`sources` has no platform.", write=ROWS.format(measure=measure))
    folded = [" ".join(figure.platform.split()).casefold() for figure in figures]
    for figure, item in zip(figures, folded, strict=True):
        if folded.count(item) > 1:
            raise MisleadingError(
                f"`sources` has the platform `{figure.platform}` {folded.count(item)} times.",
                "Its accounts would be counted twice.",
                "Write each platform once.",
            )
    return figures


def _check_sources(sources: Any) -> list[Source]:
    several = hasattr(sources, "__iter__") and not isinstance(sources, str | bytes)
    each_source = list(sources) if several else [sources]
    for item in each_source:
        if not isinstance(item, Source):
            raise OptionError(
                "`sources` is neither a table of platforms nor a list of `Source`.",
                f"It contains a {type(item).__name__}.",
                "Write one row per platform: `platform`, `accounts`, `status`, `source`.",
            )
    return each_source


def _figure(row: dict[str, Any], measure: str) -> PlatformFigure:
    # an empty cell of a table is NaN
    if row["platform"] is None or str(row["platform"]).strip() in ("", "nan", "<NA>"):
        raise BaseMissingError(
            "A row of `sources` has no `platform`.", write="Write the name of each platform."
        )
    platform = str(row["platform"])
    value = _number(row[measure], platform, measure)
    if measure == "accounts":
        # `Source` refuses a missing number
        Source(
            platform, value, _attribute(row, measure, "status"), _attribute(row, measure, "source")
        )
    visitors = _number(row.get("visitors", math.nan), platform, "visitors")
    taken = measure if math.isfinite(value) or "visitors" not in row else "visitors"
    statuses, documents = [_attribute(row, taken, "status")], [_attribute(row, taken, "source")]
    share = _share(row.get("share", math.nan), platform)
    if math.isnan(share):
        share = 1.0
    else:
        statuses += ["derived", _attribute(row, "share", "status")]
        documents.append(_attribute(row, "share", "source"))
    weakest_status(statuses)
    _check_source(platform, taken, row[taken], documents[0])
    return PlatformFigure(platform, value, share, visitors, tuple(statuses), tuple(documents))


def _attribute(row: dict[str, Any], measure: str, name: str) -> str:
    """Return a figure's status or source, by its own column (`visitors_status`) if any."""
    own = row.get(f"{measure}_{name}")
    value = own if isinstance(own, str) and own.strip() else row[name]
    return value if isinstance(value, str) else ""


def _share(value: object, platform: str) -> float:
    share = _read_number(value)
    if not math.isnan(share) and not 0 <= share <= 1:
        percent = 1 < share <= 100
        raise MisleadingError(
            f"The share of `{platform}` in the country is {value if share < 0 else f'{share:g}'}, "
            "not from 0 to 1.",
            "It looks like a percentage." if percent else "",
            f"Write {share / 100:g}."
            if percent
            else "Leave it empty where the figures are of the country already.",
        )
    return share


def _read_number(value: object) -> float:
    """Return a number, NaN for an empty cell and -1 for anything else."""
    if value is None or str(value) == "<NA>":
        return math.nan
    if isinstance(value, bool | np.bool_):
        return -1.0
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return -1.0


def _number(value: object, platform: str, measure: str) -> float:
    number = _read_number(value)
    if number < 0 or math.isinf(number):
        raise _no_accounts(platform, measure, value)
    return number


def _no_accounts(platform: str, measure: str, value: object) -> MisleadingError:
    return MisleadingError(
        f"The {COUNTED.get(measure, measure)} of `{platform}` are {value}, not a number of "
        "accounts.",
        "A platform left out makes the count too small.",
        "Write a number, zero or more; where it is not known, leave it empty in a table, or leave "
        "the platform out "
        "and say so.",
    )


def _check_source(platform: str, measure: str, value: object, source: object) -> None:
    if not str(source or "").strip():
        raise BaseMissingError(
            f"The {COUNTED.get(measure, measure)} of `{platform}` ({value}) have no source.",
            write="Write the document they were read in.",
        )


@dataclass(frozen=True)
class Source:
    """The accounts one platform reports.

    Parameters
    ----------
    platform : str
        Name of the platform.
    accounts : float
        Accounts in the country, on the same footing on each platform (registered, or active each
        month).
    status : str
        What the number rests on (one of `diplab.results.estimates.STATUSES`).
    source : str
        The document it was read in.

    Raises
    ------
    BaseMissingError
        Where the platform has no name, or the source is empty.
    OptionError
        Where the status is unknown.
    MisleadingError
        Where the number of accounts is missing or negative: a platform left out makes the count too
        small.

    Examples
    --------
    >>> Source("Wirk", 50_000, "published", "Annual report 2019, p. 4").accounts
    50000
    """

    platform: str
    accounts: float
    status: str
    source: str

    def __post_init__(self) -> None:
        weakest_status([self.status])
        if not str(self.platform or "").strip():
            raise BaseMissingError(
                f"A platform has no name ({self.platform!r}).", write="Write its name."
            )
        if not is_number(self.accounts) or not math.isfinite(self.accounts) or self.accounts < 0:
            raise _no_accounts(self.platform, "accounts", self.accounts)
        _check_source(self.platform, "accounts", self.accounts, self.source)


FEWEST = 4  # fewest platforms with both figures: with three, one degree of freedom is left


@dataclass(frozen=True, eq=False)
class PlatformAccounts:
    """Accounts of each platform in the country, with the error of those imputed."""

    figures: list[PlatformFigure]  # none missing
    covariance: Floats  # of errors of prediction; zero where the figure was given
    # (draws, platforms), from the predictive distribution; None if none imputed
    draws: Floats | None
    fit: TrafficFit | None

    @property
    def accounts(self) -> Floats:
        """Accounts of each platform in the country."""
        return np.array([figure.accounts for figure in self.figures])

    @property
    def flags(self) -> Flags:
        """Flags of all platforms, each once."""
        flags = {flag for figure in self.figures for flag in figure.flags}
        return tuple(sorted(flags, reverse=True))

    @property
    def rules(self) -> dict[str, str]:
        """The imputation, as rules of a result."""
        if self.fit is None:
            return {}
        return {
            "imputed": str(sum("imputed" in figure.flags for figure in self.figures)),
            "traffic_platforms": str(self.fit.df + 2),
            "elasticity": f"{self.fit.coefficients[1]:.4g}",
            "residual": f"{self.fit.residual:.4g}",
        }


def impute_registrations(
    figures: list[PlatformFigure],
    measure: str,
    traffic: pd.DataFrame | str | None,
    draws: int,
    seed: int,
) -> PlatformAccounts:
    """Return the figures of one measure, missing registrations imputed from traffic."""
    missing = [at for at, figure in enumerate(figures) if math.isnan(figure.value)]
    size = len(figures)
    if not missing:
        return PlatformAccounts(figures, np.zeros((size, size)), None, None)
    _check_imputable([figures[at] for at in missing], measure, traffic)
    fit = _fit_line(*_registered_and_visitors(figures, traffic))
    visitors = np.array([figures[at].visitors for at in missing])
    shares = np.array([figures[at].share for at in missing])
    predicted = predict_accounts(fit, visitors)
    if not bool(np.all(predicted.mean > 0)):
        raise MisleadingError(
            f"The registrations of `{figures[missing[0]].platform}` cannot be imputed from "
            "traffic.",
            f"Its {visitors[0]:,.0f} visitors are too far from the {fit.lowest:,.0f} to "
            f"{fit.highest:,.0f} of the fit.",
            "Write platforms of that size in `traffic`, or leave the platform out and say so.",
        )
    complete = list(figures)
    for at, value, seen in zip(missing, predicted.mean, visitors, strict=True):
        outside = not fit.lowest <= seen <= fit.highest
        complete[at] = replace(
            figures[at],
            value=float(value),
            statuses=(*figures[at].statuses, "inferred"),
            flags=("imputed", "extrapolated") if outside else ("imputed",),
        )
    covariance = np.zeros((size, size))
    covariance[np.ix_(missing, missing)] = predicted.covariance * np.outer(shares, shares)
    drawn = np.tile([figure.accounts for figure in complete], (draws, 1))
    drawn[:, missing] = draw_accounts(fit, visitors, draws, seed) * shares
    return PlatformAccounts(complete, covariance, drawn, fit)


def _check_imputable(missing: list[PlatformFigure], measure: str, traffic: Any) -> None:
    name = missing[0].platform
    if measure != "registered":
        raise MisleadingError(
            f"The {COUNTED.get(measure, measure)} of `{name}` are missing.",
            "Only registrations are imputed from traffic, and a platform left out makes the count "
            "too small.",
            "Write the number, or leave the platform out and say so.",
        )
    if traffic is None:
        raise MisleadingError(
            f"The registered accounts of `{name}` are missing.",
            "A platform left out makes the count too small.",
            "Write `traffic='visitors'` to impute it from the platforms that have both, a table of "
            "such platforms as "
            "`traffic=`, or leave the platform out and say so.",
        )
    for figure in missing:
        if not figure.visitors > 0:
            raise MisleadingError(
                f"The registrations of `{figure.platform}` cannot be imputed from traffic.",
                "It has no positive number of visitors.",
                "Write its monthly visitors, or leave the platform out and say so.",
            )


def _registered_and_visitors(figures: list[PlatformFigure], traffic: Any) -> tuple[Floats, Floats]:
    if isinstance(traffic, str):
        if traffic != "visitors":
            raise ColumnError(
                f"{argument('traffic', traffic)} is neither 'visitors' nor a table.",
                write="Write `traffic='visitors'`, or a table of platforms with `registered` and "
                "`visitors`.",
            )
        pairs = np.array([(figure.value, figure.visitors) for figure in figures])
    else:
        columns = list(getattr(traffic, "columns", ()))
        check_columns("`traffic`", columns, ("registered", "visitors"), ROW_OF_TRAFFIC)
        try:
            pairs = np.asarray(traffic[["registered", "visitors"]].to_numpy(dtype=np.float64))
        except (TypeError, ValueError):
            raise MisleadingError(
                "`traffic` contains words where numbers are needed.",
                write="Write numbers in `registered` and `visitors`.",
            ) from None
    known = pairs[np.isfinite(pairs).all(axis=1) & (pairs > 0).all(axis=1)]
    return known[:, 0], known[:, 1]


def _fit_line(registered: Floats, visitors: Floats) -> TrafficFit:
    if len(registered) < FEWEST:
        raise MisleadingError(
            f"Only {len(registered)} platforms have both registrations and visitors.",
            f"A line with a standard error needs {FEWEST}.",
            "Write more platforms with both in `traffic`, or leave out the platforms that publish "
            "nothing and say so.",
        )
    if np.ptp(np.log(visitors)) < 1e-9:
        raise MisleadingError(
            f"All {len(visitors)} platforms with both figures have the same traffic.",
            "It does not predict registrations.",
            "Write platforms of different sizes in `traffic`.",
        )
    fit = fit_traffic(registered, visitors)
    if not fit.coefficients[1] > 0:
        raise MisleadingError(
            "Traffic does not predict registrations.",
            f"Among the {len(registered)} platforms with both, those with more visitors have no "
            "more accounts "
            f"(slope {fit.coefficients[1]:.3g}).",
            "Write figures that count the same thing, or leave out the platforms that publish "
            "nothing and say so.",
        )
    return fit
