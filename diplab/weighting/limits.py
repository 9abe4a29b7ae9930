"""How far weights may be pulled: bounds on their ratio, limits on the weights themselves."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite, isnan
from numbers import Real
from typing import TYPE_CHECKING, get_args

import numpy as np
from numpy.typing import NDArray

from diplab.errors import CalibrationError, OptionError, one_of
from diplab.kernel.distance import Distance, DistanceName

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Limits", "read_limits"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Limits:
    """The distance of a calibration and the limits it keeps.

    Parameters
    ----------
    distance : {"linear", "raking", "logit"}
    bounds : tuple of float or None
        Lowest and highest ratio of the weights after and before; infinite where open.
    trim : tuple of float or None
        Lowest and highest weight after calibration.

    Examples
    --------
    >>> Limits("linear", (0.5, 2.0), None).said
    '`bounds=(0.5, 2)`'
    """

    distance: DistanceName
    bounds: tuple[float, float] | None
    trim: tuple[float, float] | None

    @property
    def said(self) -> str:
        """The limits as they are written."""
        # a weight of zero is the least there is: as good as no limit
        trim = None if self.trim is None else (self.trim[0] or -inf, self.trim[1])
        given = {"bounds": self.bounds, "trim": trim}
        words = [f"`{name}={_pair(pair)}`" for name, pair in given.items() if pair is not None]
        return " and ".join(words) or "no weight below zero"

    def of(self, weights: Floats, inside: NDArray[np.bool_]) -> Distance:
        """Return the distance with its bounds, one pair a row where the weights themselves are limited.

        Parameters
        ----------
        weights : array, shape (rows,)
            Weights before calibration.
        inside : array of bool, shape (rows,)
            Rows to calibrate.

        Raises
        ------
        CalibrationError
            Where no ratio within the bounds brings a row within the limits.
        """
        low, high = self.bounds or (-inf, inf)
        if self.trim is None:
            return Distance.of(self.distance, low, high)
        known = np.where(inside, weights, 1.0)
        # rows outside are not pulled at all: any bounds do
        lows = np.where(inside, np.maximum(low, self.trim[0] / known), 0.5)[:, None]
        highs = np.where(inside, np.minimum(high, self.trim[1] / known), 2.0)[:, None]
        self._check_crossed(int((lows > highs).sum()), int(inside.sum()))
        if self.distance == "logit":
            self._check_around_one(int(((lows >= 1) | (highs <= 1)).sum()), int(inside.sum()))
        return Distance(self.distance, lows, highs)

    def _check_crossed(self, count: int, rows: int) -> None:
        if count:
            raise CalibrationError(
                f"Weights were to be calibrated with {self.said}.",
                f"{count} of {rows} rows cannot keep both.",
                "Write wider bounds, or wider limits of the weights.",
            )

    def _check_around_one(self, count: int, rows: int) -> None:
        if count:
            raise CalibrationError(
                f"Weights were to be calibrated with {self.said} and the logit distance.",
                f"{count} of {rows} weights are outside these limits before calibration already, "
                "and this distance starts from inside.",
                "Write `distance='linear'` or `distance='raking'`, or wider limits.",
            )


def read_limits(
    distance: object, bounds: Sequence[float | None] | None, trim: Sequence[float | None] | None
) -> Limits:
    """Read the options of a calibration.

    Parameters
    ----------
    distance : str
    bounds, trim : pair of numbers, None for an open end; or None

    Raises
    ------
    OptionError
        Where they are no limits, or not those that the distance needs.
    """
    if distance not in get_args(DistanceName):
        raise one_of("`distance`", distance, get_args(DistanceName))
    name: DistanceName = distance  # type: ignore[assignment]
    limits = Limits(name, _read("bounds", bounds), _read("trim", trim))
    if name == "logit":
        _check_logit(limits)
    return limits


def _check_logit(limits: Limits) -> None:
    given = limits.bounds or limits.trim
    if given is None or not all(isfinite(end) for end in given):
        raise OptionError(
            "Weights were to be calibrated by the logit distance.",
            "It lies between two bounds, which were not both given.",
            "Write for example `bounds=(0.5, 2)`: the lowest and the highest ratio of weights after and before.",
        )
    if limits.bounds is not None and not limits.bounds[0] < 1 < limits.bounds[1]:
        raise OptionError(
            f"Weights were to be calibrated by the logit distance with {limits.said}.",
            "This distance starts from a ratio of 1, which is not between these bounds.",
            "Write one bound below 1 and one above, or `distance='linear'`.",
        )


def _read(name: str, given: Sequence[float | None] | None) -> tuple[float, float] | None:
    if given is None:
        return None
    opened = (0.0 if name == "trim" else -inf, inf)
    ends: list[object] = []
    if isinstance(given, tuple | list | np.ndarray) and len(given) == 2:
        ends = [opened[place] if end is None else end for place, end in enumerate(given)]
    known = [float(end) for end in ends if isinstance(end, Real) and not isnan(end)]
    if len(known) < 2 or not known[0] < known[1] or -inf < known[0] < 0:
        raise OptionError(
            f"`{name}` was given as {given!r}.",
            "It is a pair of numbers not below zero, the lower one first; None leaves an end open.",
            "Write for example `bounds=(0.5, 2)`."
            if name == "bounds"
            else "Write for example `trim=(20, 300)`.",
        )
    return known[0], known[1]


def _pair(pair: tuple[float, float]) -> str:
    ends = ["None" if not isfinite(end) else f"{end:g}" for end in pair]
    return f"({', '.join(ends)})"
