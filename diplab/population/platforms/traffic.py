"""Registrations that a platform does not publish, reconstructed from its traffic."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import ColumnError, MisleadingError, nearest
from diplab.kernel.traffic_regression import TrafficFit, draws_of, fit_traffic, predicted
from diplab.population.platforms.platform_figures import COUNTED

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from diplab.population.platforms.platform_figures import Figure

__all__ = ["Counted", "counted"]

FEWEST = 4
"""With three platforms one degree of freedom is left, and its interval says nothing."""


@dataclass(frozen=True, eq=False)
class Counted:
    """Accounts of each platform in the country, those imputed with their error.

    Parameters
    ----------
    figures : list of Figure
        One a platform, none of them missing.
    covariance : array, shape (platforms, platforms)
        Of errors of prediction; zero where the figure was given.
    drawn : array, shape (draws, platforms), or None
        Draws of what each may truly have; None where nothing was imputed.
    fit : TrafficFit or None
        The line behind what was imputed.
    """

    figures: list[Figure]
    covariance: NDArray[np.float64]
    drawn: NDArray[np.float64] | None
    fit: TrafficFit | None

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
    """Return the figures of one measure, missing registrations imputed from traffic.

    Raises
    ------
    MisleadingError
        Where a figure is missing and cannot be imputed, or traffic says nothing of registrations.
    ColumnError
        Where `traffic` lacks what the fit needs.
    """
    gone = [place for place, figure in enumerate(figures) if math.isnan(figure.value)]
    size = len(figures)
    if not gone:
        return Counted(figures, np.zeros((size, size)), None, None)
    _refuse_missing(figures, gone, measure, traffic)
    fit = _fit(*_both(figures, traffic))
    visitors = np.array([figures[place].visitors for place in gone])
    shares = np.array([figures[place].share for place in gone])
    found = predicted(fit, visitors)
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
    drawn[:, gone] = draws_of(fit, visitors, draws, seed) * shares
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
