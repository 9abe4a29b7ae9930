"""Predictions of areas as estimates, with direct estimates beside them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from diplab.inference.areas.covariates import Areas
from diplab.inference.measures import check_not_a_column, measures
from diplab.inference.regression._regress import RowName, model_frame
from diplab.kernel.arrays import Booleans, Floats
from diplab.kernel.intervals import student
from diplab.results.areas import NO_AREA_VARIANCE, AreaFit
from diplab.results.estimates import MODEL_ONLY, Estimates, Provenance, flag_cell
from diplab.results.regression import Regression
from diplab.sampling.model_matrix import ModelMatrix


@dataclass(frozen=True, eq=False)
class DirectEstimates:
    """Direct estimates by area in the order of areas; NaN without one."""

    statistic: str
    variable: str
    category: Any
    estimate: Floats  # (areas,)
    std_error: Floats  # (areas,)
    n: Floats  # (areas,); 0 without respondents

    @property
    def known(self) -> Booleans:
        """The areas with an estimate."""
        return ~np.isnan(self.estimate)


def aligned(direct: Estimates, areas: Areas) -> DirectEstimates:
    """Return direct estimates in the order of areas."""
    frame, places = direct.frame, areas.places(direct.frame[direct.by[0]])
    columns = np.full((3, len(areas.codes)), np.nan)
    for line, name in enumerate(("estimate", "std_error", "n")):
        columns[line, places] = frame[name].to_numpy(dtype=float)
    without = np.ones(len(areas.codes), dtype=bool)
    without[places] = False
    columns[2, without] = 0.0
    first = frame.iloc[0]
    return DirectEstimates(first["statistic"], first["variable"], first["category"], *columns)


@dataclass(frozen=True, eq=False)
class Prediction:
    """Predicted values of areas, their errors, the ends of intervals, and the direct weight."""

    value: Floats  # (areas,)
    covariance: Floats  # (areas, areas); of errors of prediction
    weight: Floats  # (areas,); of the direct estimate
    df: Floats  # (areas,); degrees of freedom of the errors
    ends: tuple[Floats, Floats] | None = None  # of intervals that are not symmetric

    def multiplied(self, ratio: float, confidence: float) -> Prediction:
        """Return predictions times a ratio; errors and the width of intervals stay."""
        low, high = self.interval(confidence)
        shift = (ratio - 1) * self.value
        return replace(self, value=ratio * self.value, ends=(low + shift, high + shift))

    def interval(self, confidence: float) -> tuple[Floats, Floats]:
        """Return the ends of the intervals."""
        if self.ends is not None:
            return self.ends
        reach = student(confidence, self.df) * self.std_error
        return self.value - reach, self.value + reach

    @property
    def std_error(self) -> Floats:
        """The roots of the mean squared errors; NaN of a negative one."""
        squared = np.diag(self.covariance)
        return np.sqrt(np.where(squared >= 0, squared, np.nan))


def degrees_of_freedom(known: Booleans, between: float, variance: float) -> Floats:
    """Return degrees of freedom of errors of areas, from the variance of that between areas.

    The error of an area without a direct estimate is mostly that of the variance between areas, s:
    2 (s² + V(s)) / V(s) degrees of freedom, as Satterthwaite (1946), with V(s) added since s² may
    be estimated near zero. Those of the others are infinite.
    """
    return np.where(known, np.inf, 2 + 2 * between**2 / variance)


def area_frame(
    beside: DirectEstimates, areas: Areas, predicted: Prediction, fit: AreaFit, confidence: float
) -> pd.DataFrame:
    """Return a row per area: the prediction, its error and interval, and the direct estimate."""
    more = {
        "direct": beside.estimate,
        "direct_error": beside.std_error,
        "direct_weight": predicted.weight,
    }
    check_not_a_column(areas.by, "the areas of a model", *more)
    keys = {
        "statistic": beside.statistic,
        "variable": beside.variable,
        "category": beside.category,
        areas.by: list(areas.codes),
    }
    without = np.where(beside.known, "", MODEL_ONLY)
    shared = "" if fit.between > 0 else NO_AREA_VARIANCE
    flags = [flag_cell(tuple(filter(None, (flag, shared)))) for flag in without]
    low, high = predicted.interval(confidence)
    measured = measures(
        predicted.value, predicted.std_error, low, high, predicted.df, beside.n, flags
    )
    return pd.DataFrame(keys | measured | more)


def coefficients_of(
    matrix: ModelMatrix, point: Floats, covariance: Floats, provenance: Provenance, **described: Any
) -> Regression:
    """Return the coefficients of a model of areas."""
    names: list[RowName] = [
        ("coefficient", column.variable, column.category, None, 0) for column in matrix.columns
    ]
    df, level = np.full(point.size, np.inf), provenance.confidence
    frame, covariance = model_frame(names, point, covariance, df, level, ())
    return Regression(
        frame.assign(n=np.nan),
        covariance,
        provenance,
        formula=matrix.formula.text,
        family="gaussian",
        link="identity",
        references=matrix.references,
        levels=matrix.products,
        goodness="It is a model of areas.",
        **described,
    )
