"""Estimates of small areas from a model, with the direct estimates that they rest on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from diplab.results.estimates import Estimates
from diplab.results.regression import Regression

NO_AREA_VARIANCE = "no area variance"  # the model explains all differences between areas


@dataclass(frozen=True)
class AreaFit:
    """What was fitted to areas.

    Parameters
    ----------
    between : float
        Variance between areas beyond the formula, on the scale of the model.
    log_likelihood : float
        At the maximum; residual under REML; with its adjustment for adjusted likelihoods.
    areas : int
        Areas that the model was fitted to.
    within : float, optional
        Variance within areas, of a model of respondents.
    power, shift : float, optional
        Of a model of transformed incomes: ((y + shift)^power - 1) / power, the logarithm where
        `power` is 0.
    """

    between: float
    log_likelihood: float
    areas: int
    within: float | None = None
    power: float | None = None
    shift: float | None = None

    @property
    def intraclass_correlation(self) -> float | None:
        """Share of the residual variance that lies between areas; None of a model of areas."""
        if self.within is None:
            return None
        return self.between / (self.between + self.within)


@dataclass(frozen=True, eq=False, repr=False)
class AreaEstimates(Estimates):
    """Estimates of areas from a model, a row an area, with direct estimates beside them.

    After the measures: `direct` and `direct_error`, the direct estimate and its standard error (NaN
    of an area without respondents), and `direct_weight`, the weight of the direct estimate on the
    scale of the model, 0 to 1; the rest is that of the formula. `std_error` is the root of the mean
    squared error of prediction.

    Parameters
    ----------
    coefficients : Regression
        The coefficients of the formula.
    fit : AreaFit
        Variances and likelihood.
    unbenchmarked : mapping of area to float
        Of benchmarked estimates, those of the model itself by area; else empty.
    """

    coefficients: Regression | None = field(default=None, repr=False)
    fit: AreaFit | None = None
    unbenchmarked: Mapping[object, float] = field(default_factory=dict, repr=False)

    beside: ClassVar[tuple[str, ...]] = ("direct",)
