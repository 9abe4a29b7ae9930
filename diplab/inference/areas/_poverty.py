"""`poverty`: poverty of areas from respondents' incomes and the population of areas."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from diplab.checks import check_number, check_one_of, check_seed, check_whole_number
from diplab.errors import OptionError
from diplab.estimators.poverty import arpr
from diplab.estimators.poverty_gap import fgt
from diplab.inference._estimate import estimate
from diplab.inference.areas._unit_level import (
    coefficients_of_respondents,
    provenance_of_respondents,
)
from diplab.inference.areas.respondents import (
    AreaPopulation,
    AreaRespondents,
    read_area_respondents,
    read_population,
)
from diplab.inference.areas.rows import Prediction, aligned, area_frame
from diplab.kernel.arrays import Floats, Integers
from diplab.kernel.intervals import student_deviate
from diplab.kernel.models.empirical_best import (
    PersonDistribution,
    Transformation,
    bootstrap_errors,
    fit_power,
    predict_persons,
    shift_of,
)
from diplab.kernel.models.nested_error import (
    NestedErrorModel,
    fit_nested_error,
    log_likelihood,
    sums_by_area,
)
from diplab.reference.parameter import Parameter
from diplab.results.areas import AreaEstimates, AreaFit
from diplab.sampling.sample import Sample

_POINTS = 12  # of the integral of a gap, right to 0.0001 of it
IncomeScale: TypeAlias = Literal["box_cox", "log", "identity"]


def poverty(
    sample: Sample,
    formula: str,
    population: Any,
    by: str,
    threshold: float | Parameter,
    *,
    scale: IncomeScale = "box_cox",
    replicates: int = 200,
    seed: int = 0,
    confidence: float = 0.95,
) -> AreaEstimates:
    """Estimate poverty rates and gaps of areas with few respondents, or none.

    Parameters
    ----------
    sample : Sample
    formula : str
        `"income ~ age + C(diploma)"`, as in `regress`: the outcome is a column of incomes.
    population : Microdata, pandas, Polars, or anything narwhals knows
        A row for each person of the population, with the columns of the terms and `by`.
    by : str
        Column of the areas, in both.
    threshold : float or Parameter
        Poverty line, in the unit of the incomes.
    scale : {"box_cox", "log", "identity"}
        Scale on which incomes are normal: the power of Box and Cox of the highest residual
        likelihood, logarithms, or the incomes themselves. Incomes of 0 or less are shifted above 0.
    replicates : int
        Bootstrap populations from which mean squared errors come.
    seed : int
        Of the bootstrap.
    confidence : float
        Level of the intervals.

    Returns
    -------
    AreaEstimates
        For each area of the population, `arpr`, the share under the line, and `fgt` of order 1, the
        mean gap to the line as a share of it; beside them, the direct estimates of its respondents.
        `.fit` has the variances, and the power and shift of incomes.

    Notes
    -----
    The transformed income of a person of area d is T(y) = x'b + u_d + e. Given the sample, it is
    normal, with the mean x'b + u_d predicted and the variance s_u (1 - g_d) + s_e; the best
    predictor of a rate is the mean over the people of the area of the chance of being under the
    line (Molina and Rao 2010), integrated here rather than simulated. Mean squared errors are those
    over populations drawn from the model, to each of which it is fitted again (Gonzalez-Manteiga
    and others 2008); the power is not estimated again. Weights do not enter.

    Raises
    ------
    OptionError, ColumnError
        As `unit_level`; and where the population has one row per area.

    Examples
    --------
    >>> import numpy as np, pandas as pd, diplab as dl
    >>> draw = np.random.default_rng(1)
    >>> everybody = pd.DataFrame({"area": np.repeat(list("abc"), 200), "age": 40.0})
    >>> everybody["age"] += draw.uniform(-20, 20, 600)
    >>> asked = everybody.iloc[::10].assign(income=lambda people: 500 + 20 * people["age"])
    >>> asked["income"] *= draw.lognormal(0, 0.2, len(asked))
    >>> sample = dl.declare_design(asked)
    >>> found = dl.areas.poverty(sample, "income ~ age", everybody, "area", 1200, replicates=20)
    >>> found.frame["statistic"].unique().tolist()
    ['arpr', 'fgt']
    """
    check_one_of("scale", scale, IncomeScale)
    check_whole_number("replicates", replicates, low=2)
    check_seed(seed)
    line = check_number("threshold", float(threshold), above=0)
    respondents = read_area_respondents(sample, formula, by, confidence)
    people = read_population(population, respondents, by)
    if not people.of_persons:
        raise OptionError(
            "`population` has one row per area.",
            "Poverty depends on how the covariates of persons are spread, not on means alone.",
            "Write a row for each person of the population.",
        )
    outcome = respondents.matrix.formula.outcome.text
    rate, gap = arpr(outcome, threshold=threshold), fgt(outcome, 1, threshold=threshold)
    direct = estimate(respondents.sample, rate, gap, by=by, confidence=confidence)
    transformation = _transformation(respondents, scale)
    here = respondents.x, people.areas.places(respondents.codes)[respondents.place]
    transformed = transformation.forward(respondents.y)
    model = fit_nested_error(sums_by_area(transformed, *here, len(people.areas.codes)))
    measures = _Measures(model, transformation, here, people, line)
    value, covariance = measures.predicted(), measures.errors(replicates, seed)
    fit = AreaFit(
        *(model.between, log_likelihood(model), len(respondents.codes), model.within),
        *(transformation.power, transformation.shift),
    )
    rules = {"area_model": "poverty", "area_variance": "reml", "formula": formula}
    rules |= {"income_scale": scale, "mse": "bootstrap", "area_replicates": str(replicates)}
    provenance = provenance_of_respondents(
        direct, respondents, rules, no_variance=model.between == 0
    )
    frames = []
    for at, (_, rows) in enumerate(direct.frame.groupby("statistic", sort=False)):
        of_one = slice(at * model.gamma.size, (at + 1) * model.gamma.size)
        shown = _within_bounds(value[of_one], covariance[of_one, of_one], model.gamma, confidence)
        beside = aligned(direct.rows(rows.index), people.areas)
        frames.append(area_frame(beside, people.areas, shown, fit, confidence))
    return AreaEstimates(
        pd.concat(frames, ignore_index=True),
        covariance,
        provenance,
        (by,),
        direct.codebook,
        direct.drawn,
        descriptions=direct.descriptions,
        coefficients=coefficients_of_respondents(respondents, model, provenance),
        fit=fit,
    )


def _within_bounds(
    value: Floats, covariance: Floats, weight: Floats, confidence: float
) -> Prediction:
    """Return predictions with intervals cut at 0 and 1."""
    reach = student_deviate(confidence) * np.sqrt(np.diag(covariance))
    ends = np.clip(value - reach, 0, 1), np.clip(value + reach, 0, 1)
    return Prediction(value, covariance, weight, np.full(value.size, np.inf), ends)


def _transformation(respondents: AreaRespondents, scale: IncomeScale) -> Transformation:
    """Return the transformation of incomes."""
    if scale == "identity":
        return Transformation(1.0, 1.0)  # (y + 1)^1 - 1
    y, shift = respondents.y, shift_of(respondents.y)
    if scale == "log":
        return Transformation(0.0, shift)
    areas = len(respondents.codes)
    return Transformation(fit_power(y, respondents.x, respondents.place, areas, shift), shift)


@dataclass(frozen=True, eq=False)
class _Measures:
    """Rates and gaps of areas, predicted by a model of transformed incomes."""

    model: NestedErrorModel
    transformation: Transformation
    sample: tuple[Floats, Integers]  # the columns of respondents, and the place of their area
    people: AreaPopulation
    line: float

    def predicted(self) -> Floats:
        """Return rates, then gaps, of all areas."""
        found = predict_persons(self.model, self.transformation, self.people.x, self.people.place)
        return np.concatenate([found.head_count(self.line), found.poverty_gap(self.line)])

    def errors(self, replicates: int, seed: int) -> Floats:
        """Return the mean products of errors of rates and gaps."""
        everybody = self.people.x, self.people.place
        measures = self.of_distribution, self.of_incomes
        return bootstrap_errors(
            *(self.model, self.transformation, self.sample, everybody), *measures, replicates, seed
        )

    def of_distribution(self, found: PersonDistribution) -> Floats:
        """Return rates, then gaps, of predicted distributions, to the precision of a bootstrap."""
        return np.concatenate([found.head_count(self.line), found.poverty_gap(self.line, _POINTS)])

    def of_incomes(self, transformed: Floats) -> Floats:
        """Return rates, then gaps, of a population of transformed incomes."""
        income = self.transformation.inverse(transformed)
        size = np.bincount(self.people.place)
        by_area = partial(np.bincount, self.people.place, minlength=size.size)
        gap = np.maximum(1 - income / self.line, 0.0)
        return np.concatenate([by_area(income < self.line) / size, by_area(gap) / size])
