"""The model from which incomes are drawn within their bands: log-incomes on covariates, with its uncertainty."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import EmptyDomainError, MisleadingError, OptionError
from diplab.estimators.prepared import PreparedStatistic
from diplab.estimators.statistic import Linearised
from diplab.inference.covariance import ComputedStatistic, joint_covariance
from diplab.kernel.bands.fitting import IntervalFit, drawn_between, fit_intervals, independent_columns
from diplab.kernel.bands.interpolation import LEAST_INDEX, pareto_index
from diplab.sampling.engines.protocol import Scope
from diplab.sampling.expression import Rows
from diplab.sampling.units import compressed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from diplab.sampling.engines.columns import MemoryColumns
    from diplab.sampling.sample import Sample, SampleInMemory

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

__all__ = ["ImputationModel", "imputation_model"]

_FEWEST = 20
"""Respondents below which a model of incomes is no model."""


@dataclass(frozen=True, eq=False)
class ImputationModel:
    """A regression of log-incomes known by band.

    Parameters
    ----------
    x : array, shape (groups, columns)
        Of each group of people of equal covariates and band.
    low, high : array, shape (groups,)
        NaN where nothing was told.
    group : array of int, shape (rows,)
        Of each row of the file.
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
    group: Integers
    theta: Floats
    root: Floats
    index: float
    index_error: float

    def drawn(self, random: np.random.Generator) -> Floats:
        """Return an income for every row with a band: parameters are drawn first, from their normal law."""
        theta = self.theta + self.root @ random.standard_normal(self.theta.size)
        uniform = np.clip(random.uniform(size=self.group.size), 1e-16, 1 - 1e-16)
        ends = self.low, self.high
        found = drawn_between(self.x @ theta[:-1], float(np.exp(theta[-1])), ends, uniform, self.group)
        if np.isfinite(self.index):
            # whatever is drawn has a mean
            index = max(self.index * np.exp(self.index_error * random.standard_normal()), LEAST_INDEX)
            top = np.flatnonzero((np.isinf(self.high) & (self.low > 0))[self.group])
            found[top] = self.low[self.group[top]] * (1 - uniform[top]) ** (-1 / index)
        return found


def imputation_model(
    sample: SampleInMemory, low: Floats, high: Floats, covariates: tuple[str, ...], top: str
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
    told = ~(np.isnan(low) | np.isnan(high))
    _check(low[told], high[told])
    scoped = engine.scoped(Scope(sample.population))
    weight = np.where(told & scoped.inside, engine.weights, 0.0)
    respondents = int(np.count_nonzero(np.where(high > 0, weight, 0.0)))
    if respondents < _FEWEST:
        raise EmptyDomainError(
            "Incomes within bands were asked for.",
            f"{respondents} people under study have a band above zero and a weight, and {_FEWEST} are needed.",
            "Write a wider universe, or ask for the bounds.",
        )
    columns = [
        np.where(told, low, np.nan),
        np.where(told, high, np.nan),
        *_columns(engine.columns, covariates),
    ]
    group, first = _grouped(columns)
    by_group = np.bincount(group, weights=weight, minlength=first.size).astype(float)
    low, high, x = (
        columns[0][first],
        columns[1][first],
        np.column_stack([each[first] for each in columns[2:]]),
    )
    # nobody without an income is drawn, and none tells how incomes spread
    kept = np.flatnonzero((by_group > 0) & ~(high <= 0))
    x = x[:, independent_columns(x[kept], by_group[kept])]
    fit = _checked_fit(x[kept], low[kept], high[kept], by_group[kept])
    influence = np.zeros((fit.theta.size, first.size))
    influence[:, kept] = fit.inverse_information @ fit.score.T
    covariance = _covariance(sample, influence, group)
    if not np.isfinite(covariance).all():
        # no unit to judge by: as of people drawn at random
        covariance = fit.inverse_information * weight.sum() / respondents
    values, axes = np.linalg.eigh(covariance)
    root = axes * np.sqrt(np.maximum(values, 0.0))
    found = ImputationModel(x, low, high, group, fit.theta, root, np.nan, np.nan)
    return _with_top(sample, found, by_group) if top == "pareto" else found


def _checked_fit(x: Floats, low: Floats, high: Floats, weight: Floats) -> IntervalFit:
    # two shares tell a centre and a spread, and take three bands
    bands = np.unique(np.stack([low, high])[:, (low > 0) | np.isfinite(high)], axis=1)
    fit = fit_intervals(x, low, high, weight) if bands.shape[1] >= 3 else None
    if fit is None or not fit.converged or not -6 < fit.theta[-1] < 3:
        raise MisleadingError(
            "Incomes within bands were asked for.",
            "The bands do not tell how far incomes spread: nearly everybody is in one or two of them.",
            "Write more bands, fewer covariates, or ask for the bounds.",
        )
    return fit


def _grouped(columns: list[Floats]) -> tuple[Integers, Integers]:
    """Return the group of each row, of equal values in every column, and the first row of each group."""
    import pandas as pd

    code = np.zeros(columns[0].size, dtype=np.int64)
    first = np.zeros(1, dtype=np.int64)
    for column in columns:
        own, values = pd.factorize(column, use_na_sentinel=False)
        code, first = compressed(code * len(values) + own)
    return code, first


def _check(low: Floats, high: Floats) -> None:
    wrong = ((high <= 0) & (low < high)) | (high < 0) | (low > high)
    if wrong.any():
        place = int(np.argmax(wrong))
        raise OptionError(
            "Incomes within bands were asked for.",
            f"A band goes from {low[place]:g} to {high[place]:g}, where a law of logarithms has nobody.",
            "Leave these people out, for example by `sample.where(...)`, or ask for the bounds.",
        )


def _covariance(sample: Sample, influence: Floats, group: Integers) -> Floats:
    """Return the covariance that the design gives to totals of what the rows of each group move."""
    universe = sample.totals((), ()).universe
    expressions = [Rows(each[group]) for each in influence]
    universe(*expressions)  # all in one query
    return joint_covariance(sample, [_as_computed(universe, each) for each in expressions])


def _as_computed(totals: Any, expression: Rows) -> ComputedStatistic:
    linearised = Linearised(np.zeros(1), expression, replicated=lambda others: others(expression)[0])
    return ComputedStatistic(PreparedStatistic("mean", "", "", (), {}, _unused), totals, linearised, totals.n)


def _unused(*_: object, **__: object) -> Linearised:
    raise AssertionError  # influences are computed before


def _with_top(sample: SampleInMemory, model: ImputationModel, weight: Floats) -> ImputationModel:
    """Return the model with Pareto's law in the open band."""
    told = ~np.isnan(model.low)
    index, moved = pareto_index(model.low[told], model.high[told], weight[None, told])
    if np.isnan(index[0]):
        raise MisleadingError(
            "Incomes of the open band drawn from Pareto's law (`top='pareto'`) were asked for.",
            "Its index comes from the open band and the last closed one, and one of them has nobody.",
            "Write `top='regression'`.",
        )
    by_group = np.zeros((1, told.size))
    by_group[0, told] = moved[0] / index[0]
    error = float(np.sqrt(np.maximum(_covariance(sample, by_group, model.group)[0, 0], 0.0)))
    return replace(model, index=float(index[0]), index_error=error if np.isfinite(error) else 0.0)


def _columns(columns: MemoryColumns, covariates: tuple[str, ...]) -> list[Floats]:
    """Return a constant, numbers on a common scale with a mark where they are missing, and marks of categories."""
    found = [np.ones(columns.rows)]
    for name in dict.fromkeys(covariates):
        if columns.is_number(name):
            value = columns.numbers(name)
            gone = ~np.isfinite(value)
            known = value[~gone]
            centre, scale = (known.mean(), known.std()) if known.size else (0.0, 0.0)
            found += [np.where(gone, 0.0, value - centre) / (scale or 1.0), gone.astype(float)]
            continue
        factor = columns.factor(name)
        found += [(factor.codes == code).astype(float) for code in [-1, *range(1, len(factor.categories))]]
    return found
