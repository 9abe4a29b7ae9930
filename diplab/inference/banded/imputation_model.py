"""The model from which incomes are drawn within their bands: log-incomes on covariates, with its uncertainty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import EmptyDomainError, MisleadingError, OptionError
from diplab.estimators.statistic import Bound, Linearised
from diplab.inference.computed import Computed, joint_covariance
from diplab.kernel.income_laws.interval_regression import drawn_between, fit_intervals, independent_columns
from diplab.kernel.income_laws.spread_evenly import pareto_index
from diplab.sampling.engine import Scope
from diplab.sampling.expression import Rows
from diplab.sampling.memory_engine import MemoryEngine

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from diplab.sampling.sample import Sample

    Floats = NDArray[np.float64]

__all__ = ["ImputationModel", "imputation_model"]

_FEWEST = 20
"""Respondents below which a model of incomes is no model."""


@dataclass(frozen=True, eq=False)
class ImputationModel:
    """A regression of log-incomes known by band.

    Parameters
    ----------
    x : array, shape (rows, columns)
        Of every row of the file.
    low, high : array, shape (rows,)
        NaN where nothing was told.
    theta : array, shape (columns + 1,)
        Coefficients and log(sigma).
    root : array, shape (columns + 1, columns + 1)
        A square root of their covariance, that which the design gives.
    index, index_error : float
        Of Pareto's law in the open band, and the standard error of its logarithm; NaN where incomes there are drawn
        from the regression.
    """

    x: Floats
    low: Floats
    high: Floats
    theta: Floats
    root: Floats
    index: float
    index_error: float

    def drawn(self, random: np.random.Generator) -> Floats:
        """Return an income for every row with a band: parameters are drawn first, from their normal law."""
        theta = self.theta + self.root @ random.standard_normal(self.theta.size)
        uniform = random.uniform(size=self.low.size)
        told = ~np.isnan(self.low)
        place = np.flatnonzero(told)
        found = np.full(self.low.size, np.nan)
        found[place] = drawn_between(
            self.x[place] @ theta[:-1],
            float(np.exp(theta[-1])),
            self.low[place],
            self.high[place],
            np.clip(uniform[place], 1e-16, 1 - 1e-16),
        )
        if np.isfinite(self.index):
            index = self.index * np.exp(self.index_error * random.standard_normal())
            top = np.flatnonzero(np.isinf(self.high) & (self.low > 0))
            found[top] = self.low[top] * (1 - uniform[top]) ** (-1 / index)
        return found


def imputation_model(
    sample: Sample, low: Floats, high: Floats, covariates: tuple[str, ...], top: str
) -> ImputationModel:
    """Fit the regression that incomes are drawn from, on everybody under study.

    Parameters
    ----------
    sample : Sample
        In memory.
    low, high : array, shape (rows,)
    covariates : tuple of str
        Columns: numbers as they are, words as categories; a missing answer is one of them.
    top : {"regression", "pareto"}
        What incomes in the open band are drawn from.

    Raises
    ------
    EmptyDomainError
        Where fewer than 20 people under study have a band.
    OptionError
        Where a band ends at or below zero.
    MisleadingError
        Where bands do not tell the regression.
    """
    engine = sample.engine
    assert isinstance(engine, MemoryEngine)  # what `Asked` holds
    told = ~(np.isnan(low) | np.isnan(high))
    _check(low[told], high[told])
    scoped = engine.scoped(Scope(sample.population))
    weight = np.where(told & scoped.inside, engine.weights, 0.0)
    kept = np.flatnonzero(weight > 0)
    if kept.size < _FEWEST:
        raise EmptyDomainError(
            "Incomes within bands were asked for.",
            f"{kept.size} people under study have a band and a weight, and {_FEWEST} are needed.",
            "Write a wider universe, or ask for the bounds.",
        )
    x = _columns(engine, covariates)
    x = x[:, independent_columns(x[kept], weight[kept])]
    fit = fit_intervals(x[kept], low[kept], high[kept], weight[kept])
    if not fit.converged or not -6 < fit.theta[-1] < 3:
        raise MisleadingError(
            "Incomes within bands were asked for.",
            "The bands do not tell how far incomes spread: nearly everybody is in one or two of them.",
            "Write more bands, fewer covariates, or ask for the bounds.",
        )
    influence = np.zeros((fit.theta.size, engine.rows))
    influence[:, kept] = fit.bread @ fit.score.T
    covariance = _covariance(sample, influence)
    if not np.isfinite(covariance).all():
        # no policy or no unit to judge by: as of people drawn at random
        covariance = fit.bread * weight.sum() / kept.size
    values, axes = np.linalg.eigh(covariance)
    root = axes * np.sqrt(np.maximum(values, 0.0))
    clean_low, clean_high = np.where(told, low, np.nan), np.where(told, high, np.nan)
    index, error = _top(sample, clean_low, clean_high, weight) if top == "pareto" else (np.nan, np.nan)
    return ImputationModel(x, clean_low, clean_high, fit.theta, root, index, error)


def _check(low: Floats, high: Floats) -> None:
    wrong = (high <= 0) | (low > high)
    if wrong.any():
        place = int(np.argmax(wrong))
        raise OptionError(
            "Incomes within bands were asked for.",
            f"A band goes from {low[place]:g} to {high[place]:g}, where a law of logarithms has nobody.",
            "Leave out people without an income, for example `sample.universe('income > 0')`.",
        )


def _covariance(sample: Sample, influence: Floats) -> Floats:
    """Return the covariance that the design gives to totals of what rows move."""
    totals = sample.totals((), ())
    universe = totals.universe
    expressions = [Rows(each) for each in influence]
    universe(*expressions)  # all in one query
    computed = [_as_computed(universe, each) for each in expressions]
    return joint_covariance(sample, computed)


def _as_computed(totals: Any, expression: Rows) -> Computed:
    linearised = Linearised(np.zeros(1), expression, replicated=lambda others: others(expression)[0])
    return Computed(Bound("mean", "", "", (), {}, _unused), totals, linearised, totals.n)


def _unused(*_: object, **__: object) -> Linearised:
    raise AssertionError  # influences are computed before


def _top(sample: Sample, low: Floats, high: Floats, weight: Floats) -> tuple[float, float]:
    kept = np.flatnonzero(weight > 0)
    ends, code = np.unique(np.stack([low[kept], high[kept]]), axis=1, return_inverse=True)
    by_band = np.bincount(code.ravel(), weights=weight[kept], minlength=ends.shape[1])
    index, moved = pareto_index(ends[0], ends[1], by_band[None, :])
    if np.isnan(index[0]):
        raise MisleadingError(
            "Incomes of the open band drawn from Pareto's law (`top='pareto'`) were asked for.",
            "Its index comes from the open band and the last closed one, and one of them has nobody.",
            "Write `top='regression'`.",
        )
    by_row = np.zeros((1, low.size))
    by_row[0, kept] = moved[0][code.ravel()] / index[0]
    error = float(np.sqrt(np.maximum(_covariance(sample, by_row)[0, 0], 0.0)))
    return float(index[0]), error if np.isfinite(error) else 0.0


def _columns(engine: MemoryEngine, covariates: tuple[str, ...]) -> Floats:
    """Return a constant, numbers on a common scale with a mark where they are missing, and marks of categories."""
    found = [np.ones(engine.rows)]
    for name in dict.fromkeys(covariates):
        if engine.columns.is_number(name):
            value = engine.columns.numbers(name)
            gone = ~np.isfinite(value)
            known = value[~gone]
            centre, scale = (known.mean(), known.std()) if known.size else (0.0, 0.0)
            found += [np.where(gone, 0.0, value - centre) / (scale or 1.0), gone.astype(float)]
            continue
        factor = engine.columns.factor(name)
        found += [(factor.codes == code).astype(float) for code in [-1, *range(1, len(factor.categories))]]
    return np.column_stack(found)
