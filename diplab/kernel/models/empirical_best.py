"""Empirical best predictors of incomes and poverty of areas (Molina and Rao 2010).

The transformed income T(y) follows the model of one effect for each area. Given the sample, T(y) of
a person of area d who was not asked is normal, of mean x'b + u_d and variance s_u (1 - gamma_d) +
s_e. Averages over persons (head count, poverty gap, mean income) are integrals of one variable, and
need no simulation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special
from scipy.optimize import minimize_scalar

from diplab.kernel.arrays import Floats, Integers
from diplab.kernel.models.nested_error import (
    NestedErrorModel,
    fit_nested_error,
    log_likelihood,
    sums_by_area,
)

_NODES = 60
_LAMBDAS = (-1.0, 2.0)  # between which the power is sought


@dataclass(frozen=True)
class Transformation:
    """Box and Cox's (1964) power of shifted incomes, ((y + shift)^power - 1) / power, or log."""

    power: float = 0.0
    shift: float = 0.0

    def forward(self, y: Floats) -> Floats:
        """Return transformed incomes; those of power 1 may be negative."""
        if self.power == 1:
            return y + (self.shift - 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(special.boxcox(y + self.shift, self.power))

    def inverse(self, value: Floats) -> Floats:
        """Return incomes; where no income has the value, the least one."""
        if self.power == 1:
            return value - (self.shift - 1)
        found = special.inv_boxcox(value, self.power)
        if self.power > 0:
            found = np.where(self.power * value > -1, found, 0.0)
        return np.asarray(found - self.shift)


def shift_of(y: Floats) -> float:
    """Return what makes all incomes positive: 0 where they are, else 1 above the least."""
    least = float(y.min())
    return 0.0 if least > 0 else 1.0 - least


def fit_power(y: Floats, x: Floats, area: Integers, areas: int, shift: float) -> float:
    """Return the power of the highest residual likelihood of the incomes themselves."""
    logs = np.log(y + shift).sum()

    def loss(power: float) -> float:
        transformed = Transformation(power, shift).forward(y)
        model = fit_nested_error(sums_by_area(transformed, x, area, areas))
        # the residual likelihood compares powers on one scale: that of the geometric mean
        freedom = y.size - x.shape[1]
        return -float(log_likelihood(model) + (power - 1) * logs * freedom / y.size)

    found = minimize_scalar(loss, bounds=_LAMBDAS, method="bounded", options={"xatol": 1e-10})
    return float(found.x)


@dataclass(frozen=True, eq=False)
class PersonDistribution:
    """The predicted distribution of the transformed income of persons of a population."""

    transformation: Transformation
    area: Integers  # (persons,)
    areas: int
    mean: Floats  # (persons,)
    deviation: Floats  # (persons,)

    def _by_area(self, value: Floats) -> Floats:
        people = np.bincount(self.area, minlength=self.areas)
        with np.errstate(invalid="ignore"):
            total = np.bincount(self.area, weights=value, minlength=self.areas)
            return np.asarray(total / people, dtype=float)

    def head_count(self, line: float) -> Floats:
        """Return by area the expected share under a poverty line."""
        limit = self.transformation.forward(np.array([line]))
        return self._by_area(special.ndtr((limit - self.mean) / self.deviation))

    def poverty_gap(self, line: float, points: int = _NODES) -> Floats:
        """Return by area the expected gap to the line, relative to it, 0 for those above it.

        The integral is over `points` of the distribution below the line.
        """
        limit = self.transformation.forward(np.array([line]))
        below = special.ndtr((limit - self.mean) / self.deviation)
        nodes, weights = np.polynomial.legendre.leggauss(points)
        gap = np.zeros(self.mean.size)
        for node, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
            value = self.mean + self.deviation * special.ndtri(node * below)
            gap += weight * below * (1 - self.transformation.inverse(value) / line)
        return self._by_area(np.where(below > 0, gap, 0.0))

    def average(self) -> Floats:
        """Return by area the expected mean income."""
        nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
        total = np.zeros(self.mean.size)
        for node, weight in zip(nodes, weights / weights.sum(), strict=True):
            value = self.mean + self.deviation * node
            total += weight * self.transformation.inverse(value)
        return self._by_area(total)


def predict_persons(
    model: NestedErrorModel, transformation: Transformation, x: Floats, area: Integers
) -> PersonDistribution:
    """Return the predicted distribution of persons; `x` (persons, coefficients)."""
    spread = np.sqrt(model.between * (1 - model.gamma) + model.within)
    return PersonDistribution(
        transformation,
        area,
        model.sums.n.size,
        x @ model.coefficients + model.effects[area],
        spread[area],
    )


def bootstrap_errors(
    model: NestedErrorModel,
    transformation: Transformation,
    sample: tuple[Floats, Integers],
    population: tuple[Floats, Integers],
    measure: Callable[[PersonDistribution], Floats],
    truth: Callable[[Floats], Floats],
    replicates: int,
    seed: int,
) -> Floats:
    """Return the mean products of errors of measures of areas, by parametric bootstrap.

    Shape (measures, measures); mean squared errors are on the diagonal.

    Each replicate draws effects and errors from the model, for the population and the sample,
    refits it to the sample and compares the predictor with the measure of the population drawn
    (Gonzalez-Manteiga and others 2008). `truth` takes transformed incomes of the population.
    """
    rng = np.random.default_rng(seed)
    areas = model.sums.n.size
    (x, area), (people, area_of_people) = sample, population
    fitted, expected = x @ model.coefficients, people @ model.coefficients
    within = np.sqrt(model.within)
    total = np.zeros(())
    for _ in range(replicates):
        effect = rng.normal(size=areas) * np.sqrt(model.between)
        drawn = expected + effect[area_of_people] + rng.normal(size=len(people)) * within
        answers = fitted + effect[area] + rng.normal(size=len(x)) * within
        again = fit_nested_error(sums_by_area(answers, x, area, areas), model.likelihood)
        predicted = predict_persons(again, transformation, people, area_of_people)
        error = measure(predicted) - truth(drawn)
        total = total + np.outer(error, error)
    return np.asarray(total / replicates)
